"""The built site, a server over it, and a browser: made once a session, and only when a test asks for them.

INITLAB_SITE_DIR=_build/html makes the tests use the site that is there, as `make test` does for its processes
(pytest-xdist). While it is being built, those tests run that need none. There are more processes than cores, because
those that drive a browser wait much of their time.
"""

import gc
import os
import sys
from pathlib import Path

# The tests' matrices are small: threads would only get in each other's way. Set before NumPy is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from harness import PATIENCE, ROOT, NoBrowserError, launch, serve, visit
from playwright.sync_api import expect, sync_playwright

MEASURED = pytest.StashKey()
expect.set_options(timeout=PATIENCE)
collect_ignore_glob = [
    "peers/record*.py",  # scripts that need PyTorch and JAX
    "peers/cluster.py",  # and Dask
    "toy_experiments.py",  # to be copied into a package
]


def pytest_addoption(parser):
    parser.addoption("--rounding", type=int, metavar="N", help="change learning rates by N in the last place")


@pytest.fixture(scope="session", autouse=True)
def other_rounding(pytestconfig):
    """Training at large rates is chaotic: a processor that adds up in another order ends elsewhere. With `--rounding N`
    all learning rates differ in the last place, to see whether the claims would hold there, too."""
    from initlab import training

    places = pytestconfig.getoption("rounding")

    def nearly(learning_rate, network, exact=training._check_rates):
        return exact(learning_rate, network) * (1 + places * np.finfo(network.dtype).eps)

    with pytest.MonkeyPatch.context() as patch:
        if places:
            patch.setattr(training, "_check_rates", nearly)
        yield


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of a site that was built from nothing, with warnings as errors."""
    sys.path.insert(0, str(ROOT / "tools"))
    from build import FINISHED, BuildError, alone_in, build

    if folder := os.environ.get("INITLAB_SITE_DIR"):
        path = Path(folder).resolve()
        with alone_in(path.parents[1]):  # once no build is at work there
            whole = (path / FINISHED).is_file()
        if not whole:
            pytest.exit(f"INITLAB_SITE_DIR={folder} holds no site, or one that is half built")
        return path
    try:
        return build(tmp_path_factory.mktemp("book"), fresh=True)
    except BuildError as error:
        pytest.fail(f"the book could not be built: {error}; the log is in the captured output", pytrace=False)


@pytest.fixture(scope="session")
def served(site):
    """The address of the site on a local web server."""
    with serve(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """Chromium. Without one the tests fail, for a skipped test is soon forgotten."""
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except NoBrowserError as error:
            pytest.fail(str(error), pytrace=False)
        yield browser
        browser.close()


@pytest.fixture
def bare(open_page, tmp_path):
    """bare(demo, ...) -> (Figure, Visit): a page that holds nothing but figures, opened from the disk."""
    from figure import Figure, bare_page  # in tests/browser, where only its tests find it

    def bare(*demos, **options):
        path = tmp_path / "bare.html"
        path.write_text(bare_page(*demos), encoding="utf-8")
        visitor = open_page(path.as_uri(), **options)
        return Figure(visitor.page, demos[0]), visitor

    return bare


@pytest.fixture
def open_page(browser):
    """open_page(url, width=..., theme=..., ...) -> Visit, as often as a test likes; all windows close with the test."""
    opened = []

    def open_page(url, **options):
        window = visit(browser, url, **options)
        visitor = window.__enter__()
        opened.append(window)
        return visitor

    yield open_page
    for window in reversed(opened):
        window.__exit__(None, None, None)


@pytest.fixture(scope="session")
def measured(pytestconfig):
    """A list of lines to show at the end of the run: what depends on the machine is reported, not asserted."""
    return pytestconfig.stash.setdefault(MEASURED, [])


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):  # a process of pytest-xdist tells the one that reports
        session.config.workeroutput["measured"] = session.config.stash.get(MEASURED, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    lines = getattr(node, "workeroutput", {}).get("measured", [])
    node.config.stash.setdefault(MEASURED, []).extend(lines)


# The tests of a file stay in one process, where they share what they compute, a browser, or an environment; but some
# take so long that each goes where there is room.
LONG = ("tests/book/test_build.py", "tests/book/test_installing.py", "tests/book/test_experiments.py")
# The order in which they begin: those that need no site, which is being built; then those that take longest.
ORDER = (
    "tests/claims/",
    *LONG,
    "tests/browser/test_site.py",
    "tests/browser/test_explorers.py",
    "tests/browser/test_quizzes.py",
    "tests/browser/test_one_screen.py",
    "tests/browser/test_jupyterlab.py",
    "tests/browser/test_binder.py",
    "tests/browser/",
    "tests/book/",
    "",
)


def group(nodeid):
    file = nodeid.partition("::")[0]
    return nodeid if file in LONG else file


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Tests that were collected stay to the end: no search for garbage need go through them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: next(i for i, start in enumerate(ORDER) if item.nodeid.startswith(start)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Groups in their order, each in one process."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group(nodeid)

    config.option.loadscopereorder = False  # it would go by the number of tests, not by the time that they take
    return Scheduling(config, log)


def pytest_terminal_summary(terminalreporter, config):
    lines = config.stash.get(MEASURED, [])
    if lines:
        terminalreporter.section("measured")
    for line in lines:
        terminalreporter.write_line(line)
