"""Run a benchmark, or list what each one prints and which pages quote it.

Usage: python -m benchmarks [NAME [ARGUMENT ...]]
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]


def benchmarks() -> dict[str, str]:
    """Return what each benchmark prints, by name: the first line of its docstring."""
    sources = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("[!_]*.py")}
    return {
        name: str(ast.get_docstring(ast.parse(source))).splitlines()[0]
        for name, source in sorted(sources.items())
        if "\nUsage: python -m benchmarks" in source
    }


def pages(name: str) -> list[str]:
    """Return the pages that quote a benchmark."""
    command = re.compile(rf"python -m\s+benchmarks\s+{name}\b")
    texts = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
    return [page for page, text in texts.items() if command.search(text)]


def main() -> int:
    """Run the benchmark that the command line names, or list all."""
    known, (name, *arguments) = benchmarks(), sys.argv[1:] or ["--help"]
    if name in known:
        return subprocess.call([sys.executable, "-m", f"benchmarks.{name}", *arguments])
    for listed, what in known.items():
        print(f"{listed:<16}{what}\n{'':<16}{', '.join(pages(listed))}")
    print("\npython -m benchmarks NAME --help describes the arguments of one.")
    return int(name not in ("-h", "--help"))


if __name__ == "__main__":
    sys.exit(main())
