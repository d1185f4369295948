"""Check pages for accessibility with axe, light and dark, and with all that is folded open.

What axe calls serious or critical fails.

Usage: python .ci/axe.py PAGE.html ...

Needs axe-playwright-python, and chromium or google-chrome on the PATH.
"""

import shutil
import sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

OPEN = "document.querySelectorAll('details').forEach(each => each.open = true)"
THEME = {"exclude": [[".has-children > details > summary"]]}  # arrows without text, in its sidebar


def main(paths):
    """Print what axe finds in each page; exit with 1 if it finds anything."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    n_found = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_page(color_scheme=scheme, bypass_csp=True)
            for path in paths:
                page.goto(Path(path).resolve().as_uri())
                page.evaluate(OPEN)
                for each in Axe().run(page, THEME).response["violations"]:
                    if each["impact"] in ("serious", "critical"):
                        n_found += 1
                        targets = [node["target"] for node in each["nodes"]]
                        print(f"{path}, {scheme}: {each['help']}: {targets}", flush=True)
        browser.close()
    sys.exit(n_found > 0)


if __name__ == "__main__":
    main(sys.argv[1:])
