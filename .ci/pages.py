"""Run the commands and the code of each page in a fresh environment, as a reader would.

Usage: python .ci/pages.py [PAGE ...]

Each page gets a copy of the repository and an environment with nothing but pip; what it needs, its
own install lines install. Blocks of shell commands and of Python code run in their order. Below a
command, the words of a block of output must be those that it prints; numbers may differ, and
``...`` stands for anything. So must those of a ``console`` block, a command after ``$`` with its
output; it runs at the end, so that a page can show a result before it says how to install. A line
``% by hand: reason`` above a block leaves the block out.
"""

import doctest
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TUTORIAL = ROOT / "docs" / "tables.md"
BLOCK = re.compile(
    r"(?P<by_hand>^% by hand: [^\n]*\n\s*)?^```(?P<language>sh|python)\n(?P<code>.*?)^```\n"
    r"(?:\s*^```text\n(?P<output>.*?)^```)?",
    re.M | re.S,
)
CONSOLE = re.compile(r"^```console\n\$ (?P<code>.*?\n)(?P<output>.*?)^```", re.M | re.S)
SKIPPED = re.compile(r"^% skip: start.*?^% skip: end|^% skip: next.*?^```.*?^```", re.M | re.S)


def main(names):
    """Run the given pages, or all that have commands."""
    pages = [ROOT / name for name in names] or [
        page
        for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
        if re.search("^```(sh|console)$", page.read_text("utf-8"), re.M)
    ]
    failed = [page.name for page in pages if not run_page(page)]
    sys.exit(f"Pages with a command that fails: {', '.join(failed)}" if failed else 0)


def run_page(page):
    """Run one page; return whether all of it worked."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "scratchmlp"
        subprocess.run(["git", "clone", "-q", ROOT, copy], check=True)
        shutil.copy(page, copy / page.relative_to(ROOT))
        subprocess.run([sys.executable, "-m", "venv", Path(folder) / "venv"], check=True)
        # A page may make an environment of its own, in the folder of the source.
        path = os.pathsep.join([f"{copy}/.venv/bin", f"{folder}/venv/bin", os.environ["PATH"]])
        environment = {**os.environ, "PATH": path, "MPLBACKEND": "agg", "COLUMNS": "100"}
        try:
            run_blocks(page, {"cwd": copy, "env": environment, "check": True})
        except subprocess.CalledProcessError as error:
            print(f"{page.name}: {error}", flush=True)
            return False
    print(f"{page.name}: all commands work", flush=True)
    return True


def run_blocks(page, settings):
    """Run the blocks of a page: code before the next command, or the end, as one script."""
    script = Path(settings["cwd"]) / "page.py"
    pending = False
    text = page.read_text("utf-8")
    if 'model = load("income.model")' in text:  # its reader comes from the tutorial
        text = TUTORIAL.read_text("utf-8") + text
    text = SKIPPED.sub("", text)
    for block in BLOCK.finditer(text):
        if block["by_hand"] or "pytest" in block["code"]:  # .ci/run runs README's tests
            continue
        if block["language"] == "python":
            with script.open("a", encoding="utf-8") as file:
                file.write(source(block["code"]))
            pending = True
            continue
        if pending:
            subprocess.run(["python", script.name], stdout=subprocess.DEVNULL, **settings)
        pending = False
        run_commands(block, settings)
    if pending:
        subprocess.run(["python", script.name], stdout=subprocess.DEVNULL, **settings)
    for block in CONSOLE.finditer(text):
        run_commands(block, settings)


def source(code):
    """Return the code of a block, without prompts and output."""
    return doctest.script_from_examples(code) if code.startswith(">>>") else f"{code}\n"


def run_commands(block, settings):
    """Run a block of commands, and compare the words of its output."""
    print(block["code"].strip(), flush=True)
    command = ["bash", "-euo", "pipefail", "-c", block["code"]]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, **settings)
    pattern = ".*".join(map(words, (block["output"] or "").split("...")))
    if not re.search(pattern, words(done.stdout)):
        print(f"shown:\n{block['output']}\nprinted:\n{done.stdout}")
        raise subprocess.CalledProcessError(1, "output differs from the page's")


def words(text):
    """Return the words of a text, without numbers and rows of other characters."""
    return " ".join(re.findall(r"[A-Za-z_]\w*", text))


if __name__ == "__main__":
    main(sys.argv[1:])
