"""The engine in Chromium: updates a second of a small network, beside NumPy and TensorFlow Playground; how long a
figure takes from the control to the picture; and what its script weighs.

PLAYGROUND=path/to/nn.ts names the engine of TensorFlow Playground (github.com/tensorflow/playground, src/nn.ts), which
is no part of this repository; without it, that row is left out.
"""

import gzip
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import Row
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

from build import build  # noqa: E402
from harness import guess_nothing, launch, visit  # noqa: E402

from initlab.datasets import spiral  # noqa: E402
from initlab.initializers import xavier_normal  # noqa: E402
from initlab.network import sample  # noqa: E402
from initlab.training import train  # noqa: E402
from initlab_book import engine  # noqa: E402
from initlab_book.host.front_end import bundle  # noqa: E402

UPDATES, WIDTHS, BATCH = 2000, [2, 16, 16, 16, 16, 16, 2], 20
FRAME, TIMES_PLAYGROUND, PICTURE, WEIGHT = 16, 3, 500, 14_000  # ms for ten updates, ratio, ms, bytes
OURS = """([updates, widths, batchSize]) => {
    const { sample, descend, spiral, xavierNormal } = engine;
    const { x, y } = spiral({ examples: 200, seed: 0 });
    const network = sample({ widths, activation: "tanh", initializer: xavierNormal(), seed: 0 });
    const how = { loss: "softmax_cross_entropy", learningRate: 0.03, steps: updates, batchSize };
    const run = () => { for (const _ of descend(network, x, y, how)); };
    run();
    const begin = performance.now();
    run();
    return performance.now() - begin;
}"""
THEIRS = """([updates, widths, batchSize]) => {
    const { buildNetwork, forwardProp, backProp, updateWeights, Activations, Errors } = playground;
    const shape = [...widths.slice(0, -1), 1];
    const network = buildNetwork(shape, Activations.TANH, Activations.TANH, null, ["x", "y"], false);
    const run = () => {
        for (let i = 0; i < updates; i += 1) {
            for (let j = 0; j < batchSize; j += 1) {
                forwardProp(network, [Math.sin(i + j), Math.cos(i * j)]);
                backProp(network, j % 2 ? 1 : -1, Errors.SQUARE);
            }
            updateWeights(network, 0.03, 0);
        }
    };
    run();
    const begin = performance.now();
    run();
    return performance.now() - begin;
}"""
# Types a number into a field and waits for the sentence to change; the longest pause of the page between two pictures.
TYPE = """async ([figure, field, number]) => {
    const text = figure.querySelector(".il-text"), input = figure.querySelector(field);
    let last = performance.now(), pause = 0, over = false;
    (function beat() {
        const now = performance.now();
        pause = Math.max(pause, now - last);
        last = now;
        if (!over) requestAnimationFrame(beat);
    })();
    const begin = performance.now();
    await new Promise((then) => {
        new MutationObserver(then).observe(text, { childList: true, characterData: true, subtree: true });
        input.value = number;
        input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    over = true;
    return [performance.now() - begin, pause];
}"""


def playground():
    """Playground's engine as a script, or None."""
    if not (source := os.environ.get("PLAYGROUND")):
        return None
    with tempfile.TemporaryDirectory() as folder:
        tsc = ROOT / "tools" / "js" / "node_modules" / ".bin" / "tsc"
        options = ["--outDir", folder, "--target", "es2020", "--module", "esnext", "--ignoreConfig"]
        subprocess.run([tsc, source, *options], check=False, stdout=subprocess.DEVNULL)
        code = (Path(folder) / "nn.js").read_text(encoding="utf-8").replace("export ", "")
    names = "buildNetwork, forwardProp, backProp, updateWeights, Activations, Errors"
    return f"window.playground = (() => {{ {code}\nreturn {{ {names} }}; }})();"


def numpy_seconds():
    network = sample(WIDTHS, "tanh", xavier_normal, rng=0)
    how = {"loss": "softmax_cross_entropy", "learning_rate": 0.03, "batch_size": BATCH, "rng": 0}
    train(network, *spiral(200, rng=0), steps=100, **how)
    begin = time.perf_counter()
    train(network, *spiral(200, rng=0), steps=UPDATES, **how)
    return time.perf_counter() - begin


def mirror():
    """The modules of the engine that are named as in `initlab`, with draws, matrices and the line to the page."""
    folder = Path(engine.__file__).parent
    named = {path.stem for path in (ROOT / "src" / "initlab").glob("*.py")} | {"random", "matrix", "serve"}
    with tempfile.TemporaryDirectory() as empty:
        paths = (path for path in folder.glob("*.js") if path.stem in named)
        entry = Path(empty) / "entry.js"
        entry.write_text("".join(f'import {{ }} from "{os.path.relpath(path, empty)}";\n' for path in paths))
        return bundle(entry)


def weight_of(script):
    return len(gzip.compress(script.encode()))


def measure():
    weight = weight_of(mirror())
    scripts = (f"for {name} {weight_of(engine.script(name)) / 1000:.1f} KB" for name in ("figures", "lab"))
    what = "engine: what mirrors initlab, gzipped"
    budget = f"<= {WEIGHT / 1000:g} KB", weight <= WEIGHT
    rows = [Row(what, f"{weight / 1000:.1f} KB", f"with what it computes {', '.join(scripts)}", None, *budget)]
    names = "{ sample, descend, spiral, xavierNormal }"
    exposed = engine.script("lab").replace("return serveLab;", f"window.engine = {names};")
    task = [UPDATES, WIDTHS, BATCH]
    other = playground()
    with sync_playwright() as playwright:
        pages = build(fresh=False)
        browser = launch(playwright)
        for device, slower in (("desktop", 1), ("phone, 4 x slower", 4)):
            with visit(browser, "data:text/html,<p>") as visitor:
                page = visitor.page
                tools = page.context.new_cdp_session(page)
                page.evaluate(f"() => {{ {exposed} initlabEngines.lab(); }}")
                tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
                ours = min(page.evaluate(OURS, task) for _ in range(3)) / 1e3
                ten = 1e4 * ours / UPDATES
                what = f"{device}: ten updates of 2-16x5-2, batch {BATCH}"
                numpy = min(numpy_seconds() for _ in range(3))
                versus = f"NumPy {1e4 * numpy / UPDATES:.2f} ms"
                rows.append(Row(what, f"{ten:.2f} ms", versus, ours / numpy, f"<= {FRAME} ms", ten <= FRAME))
                if other:
                    page.evaluate(other)
                    theirs = min(page.evaluate(THEIRS, task) for _ in range(3)) / 1e3
                    rows.append(
                        Row(
                            f"{device}: updates a second",
                            f"{UPDATES / ours:.0f}",
                            f"TensorFlow Playground {UPDATES / theirs:.0f}",
                            theirs / ours,
                            f">= {TIMES_PLAYGROUND} x",
                            theirs / ours >= TIMES_PLAYGROUND,
                        )
                    )
            with visit(browser, (pages / "book" / "index.html").as_uri()) as visitor:
                visitor.settle()
                guess_nothing(visitor.page)
                figure = visitor.page.locator("#explorer-signal").element_handle()
                tools = visitor.page.context.new_cdp_session(visitor.page)
                tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
                seen = [visitor.page.evaluate(TYPE, [figure, ".il-seed input", seed]) for seed in range(1, 8)]
                taken, pause = max(seen[1:])[0], max(pause for _, pause in seen[1:])
                rows.append(
                    Row(
                        f"{device}: another seed on the front page, to the picture",
                        f"{taken:.0f} ms",
                        f"longest pause of the page {pause:.0f} ms",
                        None,
                        f"<= {PICTURE} ms",
                        taken <= PICTURE or slower > 1,
                    )
                )
        browser.close()
    return rows
