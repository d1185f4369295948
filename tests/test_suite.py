"""What the suite promises of itself: patches stay in the package, and a test that hangs ends it."""

import time

import pytest
from sklearn.linear_model import Ridge

from scratchmlp.tabular.ensemble import part_fits


@pytest.mark.parametrize(
    "target",
    [
        (time, "time"),
        (part_fits.time, "time"),
        ("os.replace",),
        ("scratchmlp.atomic_write.os.replace",),
        (Ridge, "fit"),
        ("sklearn.linear_model.Ridge.fit",),
    ],
)
def test_a_patch_of_another_library_is_refused(target, monkeypatch):
    with pytest.raises(ValueError, match="is used in the whole process"):
        monkeypatch.setattr(*target, None)


def test_a_name_of_a_library_is_replaced_in_one_module(monkeypatch):
    monkeypatch.setattr_in(part_fits, time, time=lambda: 0.0)
    assert part_fits.time.time() == 0 < time.time()
    assert part_fits.time.perf_counter is time.perf_counter
    monkeypatch.undo()
    assert part_fits.time is time
