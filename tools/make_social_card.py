"""Draw book/assets/social-card.png, the picture that shared links show: python tools/make_social_card.py

Not a sketch: each strand is the size of one signal in a random linear network of 60 layers, at a gain below, at and
above one. Colours and curves are those of the logo.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

TARGET = Path(__file__).resolve().parents[1] / "book" / "assets" / "social-card.png"
GROUND, INK = "#12263a", "#f4f7fa"
REGIMES = {0.8: "#7aa7ff", 1.0: "#5fd3bc", 1.25: "#ff8552"}  # gain: colour
DEPTH, WIDTH, STRANDS = 60, 24, 22
WORDS = """How to choose the first weights
of a neural network, so that
signals neither die nor explode.

An interactive primer."""


def strands(gain, rng):
    """log10 of the size of the signal after each layer, one row for each network."""
    signal = rng.standard_normal((STRANDS, WIDTH, 1))
    sizes = [np.ones(STRANDS)]
    signal /= np.sqrt((signal**2).mean(axis=(1, 2), keepdims=True))
    for _ in range(DEPTH):
        weights = gain / np.sqrt(WIDTH) * rng.standard_normal((STRANDS, WIDTH, WIDTH))
        signal = weights @ signal
        sizes.append(np.sqrt((signal**2).mean(axis=(1, 2))))
    return np.log10(sizes).T


def main():
    fig = plt.figure(figsize=(12, 6.3), dpi=100, facecolor=GROUND)
    axes = fig.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(-31, DEPTH + 1), ylim=(-7.5, 7.5))
    layers = np.arange(DEPTH + 1)
    for gain, colour in REGIMES.items():
        for strand in strands(gain, np.random.default_rng(7)):
            axes.plot(layers, strand, color=colour, alpha=0.35, linewidth=1.5, solid_capstyle="round")
    axes.plot(0, 0, "o", color=INK, markersize=9)
    fig.text(0.055, 0.735, "Initialization\nLab", color=INK, size=48, weight="bold", va="center", linespacing=1.1)
    fig.text(0.058, 0.27, WORDS, color="#c9d6e2", size=18.5, va="center", linespacing=1.45)
    fig.savefig(TARGET, facecolor=GROUND, pil_kwargs={"optimize": True})
    plt.close(fig)
    # 64 colours are enough for this picture and keep it small.
    Image.open(TARGET).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(TARGET, optimize=True)
    print(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
