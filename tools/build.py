"""Build the book strictly: warnings are errors, and every page of _toc.yml must be there.

    python tools/build.py [--fresh] [FOLDER]

puts the site into FOLDER/_build/html (FOLDER is the repository by default) and prints where it is. --fresh executes
every notebook and reads every page again; tests and releases are built so. One build at a time works in a folder: a
second one waits.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

try:
    import fcntl
except ImportError:  # Windows: there nothing keeps two builds apart
    fcntl = None

ROOT = Path(__file__).resolve().parents[1]
SUFFIXES = (".ipynb", ".md")
FINISHED = ".finished"  # in the folder of a site that is whole: book/_ext/initialization_lab.py puts it there
# Noise that no reader of the log can act on: settings, and a remark of every kernel.
NOISE = re.compile(r"NbParserConfig|MdParserConfig|IPKernelApp|Using jupyter-cache|traceback saved in")
# Sphinx's headline of a failure, such as "Extension error:".
EXPLANATION = re.compile(r"[A-Z][\w ]* (error|occurred):$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class BuildError(Exception):
    """The book could not be built; the log above says why."""


def build(outdir=ROOT, fresh=True):
    """Build the site below `outdir` and return the folder of its pages."""
    out = Path(outdir).resolve() / "_build"
    out.mkdir(parents=True, exist_ok=True)
    with alone_in(out.parent) as lock:
        return _build(out, fresh, lock)


def _build(out, fresh, lock):
    html = out / "html"
    # An incremental build would not miss the source of a page that it has read before.
    if absent := [page for page in pages() if not any((ROOT / page).with_suffix(s).is_file() for s in SUFFIXES)]:
        raise BuildError(f"_toc.yml names pages that do not exist: {', '.join(absent)}")
    # What an interrupted build has left may be half a page, or half an entry of the notebook cache: start from nothing.
    if fresh or (html.exists() and not (html / FINISHED).exists()):
        (html / FINISHED).unlink(missing_ok=True)  # first: we may be interrupted, too
        shutil.rmtree(out, ignore_errors=True)
    # On its first use Matplotlib looks for the fonts of the machine and says so, which would count as a warning.
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], check=True, capture_output=True)
    # jsonschema checks internet addresses where this package is installed: none of ours, and it takes a second to load.
    without = "import sys; sys.modules['rfc3987_syntax'] = None"
    book = [sys.executable, "-c", f"{without}; from jupyter_book.cli.main import main; main()"]
    options = ["build", str(ROOT), "--path-output", str(out.parent), "-W", "-n", "--keep-going"]
    status, complaints = run([*book, *options], lock)
    missing = [page for page in pages() if not (html / f"{page}.html").is_file()]
    if status or missing:
        # Sphinx would not repeat the warnings of pages that it has already read: let it read all of them next time.
        shutil.rmtree(html, ignore_errors=True)
        shutil.rmtree(out / ".doctrees", ignore_errors=True)
        if not status:
            complaints += [f"page missing: {page}" for page in missing]
        raise BuildError("\n".join(complaints) or f"jupyter-book ended with exit code {status}")
    return html


@contextlib.contextmanager
def alone_in(folder):
    """Wait until no other build is at work in the folder, and keep others waiting. Yields what holds the lock: who
    inherits it goes on holding it. It is the folder itself that is locked, for files in it come and go."""
    lock = os.open(folder, os.O_RDONLY) if fcntl else None
    try:
        if fcntl:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"Another build is at work in {folder}: waiting for it to end.", flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        if fcntl:
            os.close(lock)


def run(command, lock=None):
    """Run and show the log as it comes, up to the Python traceback with which jupyter-book ends a failure.
    Return the exit code, and once more the lines that say what is wrong."""
    explaining = over = False
    complaints = []
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "cwd": ROOT}
    options["pass_fds"] = [] if lock is None else [lock]  # should we be killed, others wait until the process has ended
    with subprocess.Popen(command, start_new_session=True, **options) as process, _no_orphans(process):
        for line in process.stdout:
            plain = COLOUR.sub("", line).rstrip()
            over = over or (explaining and plain.startswith("Traceback (most recent call last)"))
            if over or NOISE.search(line):
                continue
            print(line, end="", flush=True)
            explaining = explaining or EXPLANATION.match(plain) is not None
            if plain and (explaining or "WARNING: " in plain):
                complaints.append(plain)
    return process.returncode, complaints


@contextlib.contextmanager
def _no_orphans(process):
    """End what the process started when it ends itself, for a child that lived on would keep the pipe open, and whoever
    reads from it waiting; and end them all when we are interrupted."""

    def end_children():
        with contextlib.suppress(ProcessLookupError, AttributeError):  # none left; no process groups on Windows
            os.killpg(process.pid, signal.SIGTERM)

    threading.Thread(target=lambda: (process.wait(), end_children()), daemon=True).start()
    try:
        yield
    except BaseException:
        _kill_family(process.pid)
        raise


def _kill_family(pid):
    """Kill a process and all its descendants. Kernels are in sessions of their own, out of reach of os.killpg, and can
    be found only as long as their parent is there; so it is stopped first, and starts no more of them."""
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        parent.suspend()
        family = [*parent.children(recursive=True), parent]
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=2)


def pages():
    from sphinx_external_toc.parsing import parse_toc_yaml

    documents = parse_toc_yaml(ROOT / "_toc.yml").values()
    return [Path(document.docname).with_suffix("").as_posix() for document in documents]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=ROOT, type=Path)
    parser.add_argument("--fresh", action="store_true")
    arguments = parser.parse_args()
    start = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C does: first end what we have started
    try:
        html = build(arguments.folder, fresh=arguments.fresh)
    except BuildError as error:
        sys.exit(f"\nThe book was not built.\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nThe build was interrupted.")
    print(f"Built in {time.monotonic() - start:.1f} s: {html / 'index.html'}")


if __name__ == "__main__":
    main()
