"""Run a benchmark, or list what each one prints.

Usage: python -m benchmarks [NAME [ARGUMENT ...]]
"""

import ast
import subprocess
import sys
from pathlib import Path


def benchmarks() -> dict[str, str]:
    """Return what each benchmark prints, by name: the first line of its docstring."""
    modules = sorted(Path(__file__).resolve().parent.glob("[!_]*.py"))
    texts = {path.stem: ast.get_docstring(ast.parse(path.read_text("utf-8"))) for path in modules}
    return {name: text.splitlines()[0] for name, text in texts.items()}


def main() -> int:
    """Run the benchmark that the command line names, or list all."""
    known, (name, *arguments) = benchmarks(), sys.argv[1:] or ["--help"]
    if name in known:
        return subprocess.call([sys.executable, "-m", f"benchmarks.{name}", *arguments])
    print(*(f"{listed:<16}{what}" for listed, what in known.items()), sep="\n")
    print("\npython -m benchmarks NAME --help describes the arguments of one.")
    return int(name not in ("-h", "--help"))


if __name__ == "__main__":
    sys.exit(main())
