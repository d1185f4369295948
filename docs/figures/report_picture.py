"""The top of the report on the tutorial's model, as pictures for README and the front page.

One is for light pages, one for dark ones. They need Chromium or Chrome. To make them again, run in
the root of the source: python docs/figures/report_picture.py docs/_static
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageOps
from tutorial import X, model, y

from scratchmlp import report

WIDTH, HEIGHT = 650, 706
N_COLORS = 64  # few make a small file
#: By the end of a file's name: the number that Chromium gives the mode, and the color of the frame.
MODES = {"": (1, "#cccccc"), "-dark": (0, "#444c56")}

browser = shutil.which("chromium") or shutil.which("google-chrome")
if not browser:
    sys.exit("Install chromium or google-chrome, and run this again.")
with TemporaryDirectory() as folder:
    page, picture = Path(folder, "report.html"), Path(folder, "report.png")
    report(model, X, y, path=page)
    for mode, (number, frame) in MODES.items():
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={folder}/profile", "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--blink-settings=preferredColorScheme={number}",
            "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={picture}",
            page.as_uri(),
        ]  # fmt: skip
        subprocess.run(command, check=True, timeout=120, capture_output=True)
        with Image.open(picture) as screen:
            framed = ImageOps.expand(screen.convert("RGB"), border=1, fill=frame)
            framed.quantize(N_COLORS).save(Path(sys.argv[1], f"report{mode}.png"), optimize=True)
