"""What the suite promises of itself: patches stay in the package, and a test that hangs ends it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from sklearn.linear_model import Ridge

from scratchmlp.tabular.ensemble import part_fits

OF_LIBRARIES = [(time, "time"), (part_fits.time, "time"), (Ridge, "fit"), ("os.replace",)]
OF_LIBRARIES.append(("scratchmlp.utils.atomic_write.os.replace",))
OF_LIBRARIES.append(("sklearn.linear_model.Ridge.fit",))


@pytest.mark.parametrize("target", OF_LIBRARIES)
def test_a_patch_of_another_library_is_refused(target, monkeypatch):
    with pytest.raises(ValueError, match="is used in the whole process"):
        monkeypatch.setattr(*target, None)


def test_a_name_of_a_library_is_replaced_in_one_module(monkeypatch):
    monkeypatch.setattr_in(part_fits, time, time=lambda: 0.0)
    assert part_fits.time.time() == 0 < time.time()
    assert part_fits.time.perf_counter is time.perf_counter
    monkeypatch.undo()
    assert part_fits.time is time


HANGS = """
import time
def test_first(): pass
def test_that_hangs(): time.sleep(600)
"""


@pytest.mark.nightly  # runs a suite of its own
def test_a_test_that_hangs_ends_the_suite(tmp_path):
    """It is the last one of its file: another process in its place would get no more tests."""
    (tmp_path / "test_a.py").write_text(HANGS)
    for name in "bcde":
        (tmp_path / f"test_{name}.py").write_text("def test_passes(): pass")
    settings = Path(__file__).parents[1] / "pyproject.toml"
    options = ["-p", "no:cacheprovider", "-n", "2", "--dist", "loadfile"]
    options += ["-c", settings, "--rootdir", ".", "-o", "faulthandler_timeout=1"]
    suite = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert suite.returncode == 1
    assert "crashed while running 'test_a.py::test_that_hangs'" in suite.stdout
    assert "in test_that_hangs" in suite.stderr
