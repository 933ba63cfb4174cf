"""The picture that a shared link to a chapter shows: its title, its question, and one of its own pictures."""

import math
import textwrap
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

GROUND, INK, SOFT, LINE = "#12263a", "#f4f7fa", "#c9d6e2", "#5fd3bc"
WIDTH, HEIGHT, MARGIN = 1200, 630, 60
PICTURE = (560, 470)  # the most room that the picture takes


def draw(title, question, picture, target):
    card = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    pen = ImageDraw.Draw(card)
    with Image.open(picture) as shown:
        shown = shown.convert("RGBA")
        scale = min(PICTURE[0] / shown.width, PICTURE[1] / shown.height)
        shown = shown.resize([math.floor(scale * size) for size in shown.size], Image.Resampling.LANCZOS)
    left, top = WIDTH - MARGIN - shown.width, (HEIGHT - shown.height) // 2
    pen.rounded_rectangle((left - 14, top - 14, left + shown.width + 14, top + shown.height + 14), 16, "white")
    card.paste(shown, (left, top), shown)

    room = left - 14 - 2 * MARGIN + 20
    pen.text((MARGIN, MARGIN), "Initialization Lab", LINE, _font(26, "-Bold"))
    size, words = _fit(title, room, 3, (52, 46, 40, 34), "-Bold")
    pen.multiline_text((MARGIN, 125), words, INK, _font(size, "-Bold"), spacing=10)
    end = pen.multiline_textbbox((MARGIN, 125), words, _font(size, "-Bold"), spacing=10)[3]
    size, words = _fit(question, room, (HEIGHT - MARGIN - end - 30) // 34, (24, 21, 18))
    pen.multiline_text((MARGIN, end + 32), words, SOFT, _font(size), spacing=9)
    target.parent.mkdir(parents=True, exist_ok=True)
    card.quantize(128, dither=Image.Dither.NONE).save(target)


def _fit(text, room, most, sizes, style=""):
    """The text in lines, and its size: the first at which it takes no more than `most` lines; the last ends early."""
    for size in sizes:
        font = _font(size, style)
        lines, letters = [], len(text) + 1
        while not lines or max(map(font.getlength, lines)) > room:
            letters -= 1
            lines = textwrap.wrap(text, max(letters, 1), break_on_hyphens=False) or [""]
        if len(lines) <= most:
            break
    return size, "\n".join(lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1] + " …"])


def _font(size, style=""):
    return ImageFont.truetype(Path(matplotlib.get_data_path(), f"fonts/ttf/DejaVuSans{style}.ttf"), size)
