"""A plugin of pytest for mutation.py: record what each test calls, or run chosen tests in an order.

The environment variable `RECORD` names a file for what is recorded of each test: its seconds, and
the functions and classes of scratchmlp that it calls, by module and name. The variable `CHOSEN`
names a file that lists the tests to run.
"""

import json
import os
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

RECORD, CHOSEN = "MUTATION_RECORD", "MUTATION_CHOSEN"

called: set[tuple[str, str]] = set()
called_by_fixture: dict[str, set[tuple[str, str]]] = {}
recorded: dict[str, Any] = {}


@cache
def package() -> str:
    """Return the folder of the package, which is in that of the tests."""
    return f"{Path.cwd() / 'scratchmlp'}{os.sep}"


def note_call(frame: Any, event: str, argument: Any) -> None:
    """Note the module and the function or class of a call."""
    code = frame.f_code
    if code.co_filename == "<string>" and code.co_name == "__init__":  # that of a dataclass
        kind = type(frame.f_locals["self"])
        called.add((kind.__module__.partition(".")[2].replace(".", "/"), kind.__name__))
    if code.co_filename.startswith(package()):
        module = code.co_filename[len(package()) : -len(".py")].replace(os.sep, "/")
        called.add((module, code.co_qualname.partition(".")[0]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    """Record a test, and what its fixtures have called."""
    if RECORD not in os.environ:
        return (yield)
    called.clear()
    start = time.perf_counter()
    sys.settrace(note_call)
    threading.settrace(note_call)  # of threads that start now, such as workers of Dask
    try:
        return (yield)
    finally:
        sys.settrace(None)
        threading.settrace(None)
        for name in getattr(item, "fixturenames", ()):
            called.update(called_by_fixture.get(name, ()))
        recorded[item.nodeid] = time.perf_counter() - start, sorted(called)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Any:
    """Note what a fixture calls, for all tests that share it."""
    before = called.copy()
    called.clear()
    try:
        return (yield)
    finally:
        called_by_fixture[fixturedef.argname] = called.copy()
        called.update(before)


def pytest_sessionstart() -> None:
    """Note what fixtures call, also for tests that ask for them while they run."""
    get = pytest.FixtureRequest.getfixturevalue

    def get_and_note(request: pytest.FixtureRequest, argname: str) -> Any:
        value = get(request, argname)
        called.update(called_by_fixture.get(argname, ()))
        return value

    if RECORD in os.environ:
        pytest.FixtureRequest.getfixturevalue = get_and_note  # type: ignore[method-assign]


def pytest_sessionfinish() -> None:
    """Write the record."""
    if RECORD in os.environ:
        Path(os.environ[RECORD]).write_text(json.dumps(recorded), encoding="utf-8")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the chosen tests, in their order."""
    if CHOSEN in os.environ:
        tests = {item.nodeid: item for item in items}
        chosen = Path(os.environ[CHOSEN]).read_text(encoding="utf-8").splitlines()
        items[:] = [tests[name] for name in chosen if name in tests]
