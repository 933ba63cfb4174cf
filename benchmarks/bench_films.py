"""One played frame of a film: script, style, layout and paint on the browser's main thread, in CPU time; and how long a
part of the films takes to be there once it has arrived.

Measured as bench_explorer.py measures a step of a slider, in a trace of Chromium: all tasks of the main thread from the
one that draws a frame until 60 ms later, for one run and for two side by side. Compared with an animation on the same
page that only moves the mark of a slider; and with the same on an empty page, which tells how fast the machine is just
now.
"""

import itertools
import json
import sys
from pathlib import Path

from common import Row
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]


from bench_explorer import LIMIT, percentile, tasks_of_thread  # noqa: E402
from build import build  # noqa: E402
from harness import explorers, guess_nothing, launch, visit  # noqa: E402

from initlab_book.figure import Film  # noqa: E402

AFTER, ROUNDS = 60, 3  # ms after a frame that belong to it; times that a film is played
CATEGORIES = ["devtools.timeline", "toplevel", "blink.user_timing"]
MARK = """(figure) => new MutationObserver(() => performance.mark("film-frame"))
    .observe(figure.querySelector(".il-scrub .il-output"), { childList: true, characterData: true, subtree: true })"""
# Presses "Play" and waits for the end by itself: the polling of a test tool would be work of the page, too.
PLAY = """async (figure, rounds) => {
    const play = figure.querySelector(".il-buttons button");
    for (let i = 0; i < rounds; i += 1) {
        await new Promise((end) => {
            performance.mark("film-begin");
            play.click();
            const over = new MutationObserver(() => { if (play.textContent === "Play") { over.disconnect(); end(); } });
            over.observe(play, { childList: true, characterData: true, subtree: true });
        });
        await new Promise((rest) => setTimeout(rest, 1000));
    }
}"""
BARE = """(figure) => {
    const slider = Object.assign(document.createElement("input"), { type: "range", max: 40, value: 0 });
    figure.before(slider);
    return new Promise((resolve) => {
        const move = () => {
            if (slider.value === "40") { resolve(); return; }
            slider.value = +slider.value + 1;
            performance.mark("film-frame");
            setTimeout(() => requestAnimationFrame(move), 150);
        };
        requestAnimationFrame(move);
    });
}"""
# Text of a script to a part: what a page does when a part has arrived. The unpacking of a film is part of its frame.
DECODE = """(code) => {
    const times = [];
    for (let i = 0; i < 9; i += 1) {
        const begin = performance.now();
        (0, eval)(code);
        times.push(performance.now() - begin);
    }
    return times.sort((a, b) => a - b)[4];
}"""


WINDOWS = {"desktop": {}, "phone": {"width": 360, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}}


def measure():
    rows = []
    with sync_playwright() as playwright:
        pages = build(fresh=False)
        browser = launch(playwright)
        films = [placed for placed in explorers() if isinstance(placed.demo, Film)]
        with visit(browser, "data:text/html,<p>") as visitor:
            empty = percentile(traced(browser, visitor.page, lambda: visitor.page.locator("p").evaluate(BARE)), 95)
            for placed in films:
                parts = sorted((pages / "_static" / "films").glob(f"{placed.demo.name}-*.js"))
                slow = max(visitor.page.evaluate(DECODE, path.read_text(encoding="utf-8")) for path in parts)
                heaviest = max(path.stat().st_size for path in parts)
                what = f"film {placed.demo.name}: reading a part"
                rows.append(Row(what, f"{slow:.1f} ms", f"{heaviest / 1000:.0f} KB", None, "", True))
        for placed, (window, options) in itertools.product(films, WINDOWS.items()):
            name, url = placed.demo.name, (pages / f"{placed.page}.html").as_uri()
            with visit(browser, url, **options) as visitor:
                visitor.settle()
                guess_nothing(visitor.page)
                root = visitor.page.locator(f"#explorer-{name}")
                root.evaluate("(figure) => figure.scrollIntoView()")
                bare = percentile(traced(browser, visitor.page, lambda root=root: root.evaluate(BARE)), 95)
                root.evaluate(MARK)
                for sides in (1, 2):
                    if sides == 2:
                        root.get_by_role("button", name="Compare two").click()
                        visitor.settle()
                    if window == "desktop":
                        root.get_by_role("button", name="Play").hover()  # there the reader's mouse is
                    slow = percentile(traced(browser, visitor.page, lambda root=root: root.evaluate(PLAY, ROUNDS)), 95)
                    what = f"film {name}, {window}, {sides} shown: one frame, 95th percentile"
                    others = f"bare slider {bare:.2f} ms, on an empty page {empty:.2f} ms"
                    rows.append(Row(what, f"{slow:.2f} ms", others, slow / bare, f"< {LIMIT} ms", slow < LIMIT))
        browser.close()
    return rows


def traced(browser, page, act):
    """CPU time in ms of the main thread for each frame while `act` goes on."""
    page.wait_for_timeout(500)
    browser.start_tracing(page=page, categories=CATEGORIES)
    act()
    page.wait_for_timeout(200)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    marks = sorted((e for e in events if e["name"] == "film-frame"), key=lambda mark: mark["ts"])
    # The first frame, drawn at once, is an answer to the button.
    begun = [e["ts"] for e in events if e["name"] == "film-begin"]
    tasks, begins = tasks_of_thread(events, marks)
    ends = [min(begin + 1000 * AFTER, after) for begin, after in itertools.pairwise([*begins, float("inf")])]
    cost = [
        sum(t["tdur"] for t in tasks if begin <= t["ts"] < end) / 1000 for begin, end in zip(begins, ends, strict=True)
    ]
    return [
        c for mark, c in zip(marks, cost, strict=True) if not any(0 <= mark["ts"] - begin < 100_000 for begin in begun)
    ]
