"""A page in Chromium, which would report errors and scripts of the table."""

import shutil
import subprocess

import pytest

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(BROWSER is None, reason="needs chromium or google-chrome on the PATH")
def test_a_browser_shows_the_page_and_reports_no_error(classes, tmp_path):
    page = tmp_path / "report.html"
    page.write_text(classes.html, encoding="utf-8")
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND",
        "--enable-logging=stderr", "--v=0", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "<h1>How well &lt;u&gt;t&lt;/u&gt; can be predicted</h1>" in ran.stdout
    assert "CONSOLE" not in ran.stderr
