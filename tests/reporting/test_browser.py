"""A page in Chromium: no request, no error, no script of the table."""

import json
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
#: The browser itself may ask its vendor, for updates and the like; the page asks nobody.
VENDOR = {
    "accounts.google.com",
    "android.clients.google.com",
    "clients2.google.com",
    "clients2.googleusercontent.com",
    "content-autofill.googleapis.com",
    "edgedl.me.gvt1.com",
    "optimizationguide-pa.googleapis.com",
    "redirector.gvt1.com",
    "safebrowsingohttpgateway.googleapis.com",
    "update.googleapis.com",
    "www.google.com",
}


@pytest.mark.skipif(BROWSER is None, reason="needs chromium or google-chrome on the PATH")
def test_a_browser_loads_nothing_else_and_reports_no_error(classes, tmp_path):
    page, log = tmp_path / "report.html", tmp_path / "net.json"
    page.write_text(classes.html, encoding="utf-8")
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND",
        "--enable-logging=stderr", "--v=0", f"--log-net-log={log}", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "<h1>How well &lt;u&gt;t&lt;/u&gt; can be predicted</h1>" in ran.stdout
    assert "CONSOLE" not in ran.stderr
    events = json.loads(log.read_text(encoding="utf-8", errors="replace"))["events"]
    urls = {event.get("params", {}).get("url", "") for event in events}
    asked = {urlsplit(url).hostname for url in urls if url.startswith(("http", "ws"))}
    assert asked <= VENDOR
