"""Open index.html in headless Chromium, and compare its predictions with those of Python.

Usage: python docs/serving/check_page.py [--screenshot page.png]

It needs Chromium (``apt-get install chromium``), and onnxruntime-web in this folder
(``npm install --prefix docs/serving onnxruntime-web@1.30``).
"""

import argparse
import re
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(__file__).parent
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
#: Largest difference of a probability.
TOLERANCE = 1e-5


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


def open_page(*arguments: str) -> str:
    """Serve the folder, open its page in Chromium, and return what Chromium prints."""
    server = ThreadingHTTPServer(("localhost", 0), partial(_Quiet, directory=FOLDER))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://localhost:{server.server_port}/index.html"
    # The page has as much time as it wants: the budget is virtual.
    command = ["chromium", *FLAGS, "--virtual-time-budget=60000", *arguments, url]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    server.shutdown()
    return run.stdout


def main() -> None:
    """Print the largest difference, and end with status 1 if it is too large."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--screenshot", metavar="FILE.png", help="save a picture of the page")
    screenshot = parser.parse_args().screenshot
    if not (FOLDER / "node_modules" / "onnxruntime-web").exists():
        sys.exit("npm install --prefix docs/serving onnxruntime-web@1.30")
    page = open_page("--dump-dom")
    found = re.search(r"Largest difference [^:]*: ([-.e\d]+)", page)
    if found is None:
        sys.exit(f"the page has not predicted: {re.findall('<output>.*?</output>', page)}")
    print(found[0])
    if screenshot:
        open_page(f"--screenshot={Path(screenshot).resolve()}", "--window-size=700,560")
    sys.exit(float(found[1]) > TOLERANCE)


if __name__ == "__main__":
    main()
