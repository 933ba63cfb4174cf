"""One step of a slider: what the browser's main thread does between the key and the finished picture, in CPU time.

A trace of Chromium gives every task of the page's main thread: script, style, layout, paint and handing the picture
over. The tasks between one key and the next are added up; the keys are far enough apart for all work to be done. Not
included is turning the recorded picture into pixels, which happens in other threads. Measured on the pages of the built
book, for every explorer; compared with a page that holds one slider and one curve of 51 points, redrawn in one line.
"""

import itertools
import itertools
import json
import sys
import tempfile
from pathlib import Path

from common import Row
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]


from build import build  # noqa: E402
from harness import explorers, launch, visit  # noqa: E402

KEYS, APART, LIMIT = 80, 60, 8  # events; ms between them; the budget in ms
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline"]
ONE_CURVE = """<!doctype html><title>One curve</title><input type=range min=0 max=40 value=20>
<svg width=600 height=250><path fill=none stroke=black /></svg><script>
const [input, path] = [document.querySelector("input"), document.querySelector("path")];
const y = (x) => 125 + 100 * Math.sin(x * input.value / 100);
input.oninput = () => path.setAttribute("d", "M" + Array.from({length: 51}, (_, i) => [12 * i, y(i)]).join("L"));
</script>"""


def measure():
    rows = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        pages = build(fresh=False)
        simple = Path(folder, "curve.html")
        simple.write_text(ONE_CURVE)
        browser = launch(playwright)
        one_curve = percentile(step_times(browser, simple.as_uri(), "input"), 95)
        for placed in explorers():
            url = (pages / f"{placed.page}.html").as_uri()
            times = step_times(browser, url, f"#explorer-{placed.demo.name} .il-slider input")
            slow = percentile(times, 95)
            rows.append(
                Row(
                    f"explorer {placed.demo.name}: one step, 95th percentile",
                    f"{slow:.2f} ms",
                    f"one curve {one_curve:.2f} ms",
                    slow / one_curve,
                    f"< {LIMIT} ms",
                    slow < LIMIT,
                )
            )
        browser.close()
    return rows


def step_times(browser, url, slider):
    """CPU time in ms of the main thread for each of many steps of the first slider that the selector finds."""
    with visit(browser, url) as visitor:
        page = visitor.page
        page.wait_for_load_state("networkidle")
        page.locator(slider).first.focus()
        page.wait_for_timeout(1000)
        browser.start_tracing(page=page, categories=CATEGORIES)
        for i in range(KEYS):
            page.keyboard.press("ArrowRight" if i // 9 % 2 == 0 else "ArrowLeft")
            page.wait_for_timeout(APART)
        return cost_of_keys(json.loads(browser.stop_tracing())["traceEvents"])


def cost_of_keys(events):
    def kind(event):
        return event.get("args", {}).get("data", {}).get("type")

    keys = [e for e in events if e["name"] == "EventDispatch" and kind(e) == "keydown"]
    main = keys[0]["pid"], keys[0]["tid"]
    tasks = [e for e in events if e["name"].endswith("RunTask") and (e["pid"], e["tid"]) == main and "tdur" in e]
    # A key is dispatched within a task, so that task began a little earlier.
    starts = [max(t["ts"] for t in tasks if t["ts"] <= key["ts"]) for key in keys]
    bounds = [*starts, starts[-1] + 1000 * APART]
    cost = [sum(t["tdur"] for t in tasks if begin <= t["ts"] < end) / 1000 for begin, end in itertools.pairwise(bounds)]
    return cost[5:]  # the first ones compile the script


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share / 100))]
