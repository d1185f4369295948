"""Training on a folder of Parquet files, a row group at a time."""

import numpy as np
import pandas as pd
import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")


from scratchmlp import ScratchMLPClassifier


def test_partial_fit_on_row_groups(tmp_path):
    """One row group is in memory at a time. Training on all at once gives the same network."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1200, 4)), rng.integers(0, 2, 1200)
    for number, rows in enumerate(np.split(np.arange(1200), 3)):
        columns = {f"x{i}": X[rows, i] for i in range(4)} | {"y": y[rows]}
        path = tmp_path / f"{number}.parquet"
        pd.DataFrame(columns).to_parquet(path, row_group_size=200)
    network = ScratchMLPClassifier((8,), batch_size=50, shuffle=False, random_state=0)
    n_groups = 0
    for _ in range(2):
        for path in sorted(tmp_path.glob("*.parquet")):
            file = parquet.ParquetFile(path)
            for group in range(file.num_row_groups):
                frame = file.read_row_group(group).to_pandas()
                assert len(frame) == 200
                network.partial_fit(frame.drop(columns="y"), frame["y"], classes=[0, 1])
                n_groups += 1
    assert n_groups == 12
    whole = ScratchMLPClassifier((8,), batch_size=50, shuffle=False, random_state=0)
    for _ in range(2):
        whole.partial_fit(X, y, classes=[0, 1])
    np.testing.assert_allclose(network.theta_, whole.theta_, rtol=1e-9)
