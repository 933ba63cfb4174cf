"""One step of a control: what the browser's main thread does between the key and the finished picture, in CPU time.

A trace of Chromium gives every task of the page's main thread: script, style, layout, paint and handing the picture
over. The tasks between one key and the next are added up; the keys are far enough apart for all work to be done. Not
included is turning the recorded picture into pixels, which happens in other threads. Measured on the pages of the built
book, for every explorer: a slider where there is one, else a menu or a toggle. Compared with a slider on the same page
that does nothing but move.
"""

import json
import sys
from pathlib import Path

from common import Row
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]


from build import build  # noqa: E402
from harness import explorers, guess_nothing, launch, visit  # noqa: E402

from initlab_book.figure import Menu, Slider, Toggle  # noqa: E402

KEYS, APART, LIMIT = 80, 60, 8  # events; ms between them; the budget in ms
CATEGORIES = ["devtools.timeline", "toplevel"]
CONTROLS = {  # in the order of preference: the key that goes on, the one that goes back, and what of it acts
    Slider: (".il-slider input", "ArrowRight", "ArrowLeft", "keydown"),
    Menu: (".il-menu select", "ArrowDown", "ArrowUp", "keydown"),
    Toggle: (".il-toggle input", "Space", "Space", "keyup"),
}
BARE_SLIDER = """(explorer) => {
    const slider = Object.assign(document.createElement("input"), { type: "range", max: 40, value: 20, id: "bare" });
    explorer.before(slider);
}"""


def measure():
    rows = []
    with sync_playwright() as playwright:
        pages = build(fresh=False)
        browser = launch(playwright)
        for placed in explorers():
            url = (pages / f"{placed.page}.html").as_uri()
            explorer = f"#explorer-{placed.demo.name}"
            offered = {type(control) for control in placed.demo.controls}
            control, *keys = next(CONTROLS[kind] for kind in CONTROLS if kind in offered)
            slow = percentile(step_times(browser, url, explorer, f"{explorer} {control}", *keys), 95)
            bare = percentile(step_times(browser, url, explorer, "#bare", *CONTROLS[Slider][1:]), 95)
            name = f"explorer {placed.demo.name}: one step, 95th percentile"
            figures = f"{slow:.2f} ms", f"bare slider {bare:.2f} ms", slow / bare
            rows.append(Row(name, *figures, f"< {LIMIT} ms", slow < LIMIT))
        browser.close()
    return rows


def step_times(browser, url, explorer, control, on, back, acts):
    """CPU time in ms of the main thread for each of many steps of a control, in the explorer or bare beside it."""
    with visit(browser, url) as visitor:
        page = visitor.page
        visitor.settle()
        guess_nothing(visitor.page)
        if control == "#bare":
            page.locator(explorer).evaluate(BARE_SLIDER)
        page.locator(control).first.focus()
        page.wait_for_timeout(1000)
        browser.start_tracing(page=page, categories=CATEGORIES)
        for i in range(KEYS):
            page.keyboard.press(on if i // 9 % 2 == 0 else back)
            page.wait_for_timeout(APART)
        return cost_of_keys(json.loads(browser.stop_tracing())["traceEvents"], acts)


def cost_of_keys(events, acts):
    def all_of(kind):
        return [e for e in events if e["name"] == "EventDispatch" and e["args"].get("data", {}).get("type") == kind]

    tasks, begins = tasks_of_thread(events, all_of(acts))
    _, presses = tasks_of_thread(events, all_of("keydown"))
    ends = [*presses[1:], begins[-1] + 1000 * APART]
    cost = [
        sum(t["tdur"] for t in tasks if begin <= t["ts"] < end) / 1000 for begin, end in zip(begins, ends, strict=True)
    ]
    return cost[5:]  # the first ones compile the script


def tasks_of_thread(events, marks):
    """The tasks of the thread in which the marked events lie; and when the task of each began, a little earlier."""
    thread = marks[0]["pid"], marks[0]["tid"]
    tasks = [e for e in events if e["name"].endswith("RunTask") and (e["pid"], e["tid"]) == thread and "tdur" in e]
    return tasks, [max(t["ts"] for t in tasks if t["ts"] <= mark["ts"]) for mark in marks]


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share / 100))]
