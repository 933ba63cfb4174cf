"""The lab while it plays: pictures a second, from the CPU time that one takes on the page's thread and in the worker.

The page of the built book, in Chromium, with the experiment that it opens with: six layers of 16 units, 5 updates a
picture. A telephone is taken to be four times as slow. Chromium slows down the page's thread that much, but not the
worker; so the worker's time, which a trace tells, is multiplied here: what a picture takes is the slower of the two.
How many were shown is told beside it, and fewer where other programs run.
"""

import json
import sys
from pathlib import Path

from common import Row
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

from bench_films import CATEGORIES, WINDOWS  # noqa: E402
from build import build  # noqa: E402
from harness import launch, visit  # noqa: E402

SECONDS, PICTURES, SLOWER = 5, 30, 4  # watched; a second, at least; times as slow as this machine
SCREEN = 60  # pictures a second, at most
WATCH = """(seconds) => new Promise((resolve) => {
    const button = [...document.querySelectorAll(".initlab-lab button")].find((each) => each.textContent === "Play");
    const text = document.querySelector(".initlab-lab .il-text");
    let shown = 0;
    new MutationObserver(() => { shown += 1; }).observe(text, { childList: true, characterData: true, subtree: true });
    button.click();
    setTimeout(() => { shown = 0; performance.mark("begin"); }, 500);
    setTimeout(() => { performance.mark("end"); button.click(); resolve(shown); }, 500 + 1000 * seconds);
})"""


def measure():
    rows = []
    with sync_playwright() as playwright:
        url = (build(fresh=False) / "book" / "lab.html").as_uri()
        browser = launch(playwright)
        for sides in (1, 2):
            with visit(browser, url, **WINDOWS["phone"]) as visitor:
                page = visitor.page
                visitor.settle()
                if sides == 2:
                    page.get_by_role("button", name="Compare two").click()
                    visitor.settle()
                page.locator(".initlab-lab .il-text").first.evaluate("(text) => text.scrollIntoView()")
                shown, of_page, of_worker = watched(browser, page, SLOWER)
                limit = min(SCREEN, 1000 / max(of_page, SLOWER * of_worker))
                what = f"lab, phone, {sides} shown: pictures a second"
                taken = f"page {of_page:.1f} ms a picture, worker {SLOWER} x {of_worker:.1f} ms"
                taken += f"; {shown / SECONDS:.0f} shown"
                rows.append(Row(what, f"{limit:.0f}", taken, None, f">= {PICTURES}", limit >= PICTURES))
        browser.close()
    return rows


def watched(browser, page, slower):
    """Pictures that were shown; CPU time in ms of the page's thread, and of the worker, for each."""
    tools = page.context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    browser.start_tracing(page=page, categories=CATEGORIES)
    shown = page.evaluate(WATCH, SECONDS)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    begin, end = (
        next(e for e in events if e["name"] == name and e["cat"] == "blink.user_timing") for name in ("begin", "end")
    )
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    spent = {}
    for e in events:
        if e["name"].endswith("RunTask") and "tdur" in e and begin["ts"] <= e["ts"] < end["ts"]:
            thread = e["pid"], e["tid"]
            spent[thread] = spent.get(thread, 0) + e["tdur"] / 1000
    worker = next(
        spent[thread]
        for thread, name in names.items()
        if name == "DedicatedWorker thread" and thread[0] == begin["pid"] and thread in spent
    )
    return shown, spent[begin["pid"], begin["tid"]] / shown, worker / shown
