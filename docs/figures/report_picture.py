"""The top of the report on the tutorial's model, as a picture for README and the front page.

It needs Chromium or Chrome. To make it again, run in the root of the source:
python docs/figures/report_picture.py docs/_static/report.png
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageOps
from tutorial import X, model, y

from scratchmlp import report

WIDTH, HEIGHT = 998, 1318
N_COLORS = 64  # few make a small file

browser = shutil.which("chromium") or shutil.which("google-chrome")
if not browser:
    sys.exit("Install chromium or google-chrome, and run this again.")
with TemporaryDirectory() as folder:
    page, picture = Path(folder, "report.html"), Path(folder, "report.png")
    report(model, X, y, path=page)
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={folder}/profile", "--host-resolver-rules=MAP * ~NOTFOUND",
        "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={picture}",
        page.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    with Image.open(picture) as screen:
        framed = ImageOps.expand(screen.convert("RGB"), border=1, fill="#cccccc")
        framed.quantize(N_COLORS).save(sys.argv[1], optimize=True)
