"""JupyterLab, for the tests: a server over a folder of notebooks, and a window with one whose cells have run."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from figure import Figure, expected_reading, home, plots
from harness import PATIENCE, guess_nothing, visit
from playwright.sync_api import expect

TOKEN = "initialization"
SETTINGS = {
    # No questions, and every cell in the page, so that what is far down can be looked at as well.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none", "autoStartDefaultKernel": True},
}
PLACES = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
}


def fresh_settings(folder, environment=os.environ):
    """An environment in which Jupyter keeps all that it remembers in `folder`, and nothing of the user's own."""
    kept = {key: value for key, value in environment.items() if not key.startswith(("INITLAB_", "JUPYTER"))}
    return kept | {key: str(folder / place) for key, place in PLACES.items()}


@contextmanager
def serve_lab(root, folder, command=(sys.executable, "-m", "jupyterlab"), environment=os.environ):
    """The address of a JupyterLab over the notebooks in `root`; its settings and its log go into `folder`.

    `command` starts it: in another environment, or as another of Jupyter's servers that brings JupyterLab along.
    """
    for name, settings in SETTINGS.items():
        path = folder / PLACES["JUPYTERLAB_SETTINGS_DIR"] / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}"]
    options += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"]
    log = folder / "log.txt"
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, *options],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=fresh_settings(folder, environment),
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/api/status?token={TOKEN}", server, log)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for(url, server, log):
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


@contextmanager
def opened_notebook(browser, lab, name):
    """A notebook in a window, with all of its cells run."""
    with visit(browser, f"{lab}/lab/tree/{name}.ipynb?token={TOKEN}&reset") as visitor:
        page = visitor.page
        idle = page.locator("#jp-main-statusbar", has_text="Python 3 (ipykernel) | Idle")
        idle.wait_for(timeout=PATIENCE)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        # Every code cell gets its number when it has run: one is waited for after the other, however long all take.
        prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
        for prompt in (*prompts.all(), prompts.last):  # the last must be there, whatever was shown at first
            expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=PATIENCE)
        idle.wait_for(timeout=PATIENCE)
        yield page


def complaints(page):
    """What cells show in red: errors, and warnings."""
    red = ".jp-RenderedText:is([data-mime-type$=error], [data-mime-type$=stderr])"
    return page.locator(red).all_text_contents()


def live(page, demo, which=0):
    """The figure, its picture shown."""
    root = page.get_by_role("group", name=f"Interactive figure: {demo.title}", exact=True).nth(which)
    expect(root).to_be_attached()
    guess_nothing(page)
    return Figure(page, demo, root)


def shows(figure, **settings):
    """Wait until the kernel has answered, then compare sentence and legends with the demo's numbers."""
    frame = figure.demo.frame(**settings)
    expect(figure.root.locator(".il-text")).to_have_text(frame["text"], timeout=PATIENCE)
    figure.wait_until_drawn()
    for i, panel in enumerate(plots(figure.demo)):
        data = frame["panels"][panel.name]
        assert figure.reading(i) == expected_reading(panel, data, home(panel, data))
