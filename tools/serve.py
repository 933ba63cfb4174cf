"""Serve the built book on localhost: python tools/serve.py [FOLDER] [--port 8000]. A taken port: the next free one."""

import argparse
import errno
import functools
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from build import FINISHED

ROOT = Path(__file__).resolve().parents[1]


class Handler(SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Cache-Control", "no-cache")  # after a rebuild, a reload shows the new page
        super().end_headers()

    def log_message(self, format, *args):
        pass


class Server(ThreadingHTTPServer):
    allow_reuse_address = sys.platform != "win32"  # there it would take over a port that another server listens on
    daemon_threads = True


def listen(folder, port):
    """A server on `port` or the first free one of the twenty that follow."""
    handler = functools.partial(Handler, directory=str(folder))
    for candidate in range(port, port + 20):
        try:
            return Server(("127.0.0.1", candidate), handler)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            print(f"Port {candidate} is taken.", flush=True)
    sys.exit(f"No free port from {port} to {port + 19}: choose another with PORT=... or --port.")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    if not (arguments.folder / "index.html").is_file():
        sys.exit(f"There is no site in {arguments.folder}: build it first, with make book.")
    if not (arguments.folder / FINISHED).exists():
        sys.exit(f"The site in {arguments.folder} is half built: wait for its build, or repeat it, with make book.")
    server = listen(arguments.folder, arguments.port)
    print(f"\n  Initialization Lab is at http://localhost:{server.server_port}/\n  Stop with Ctrl+C.\n", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
