"""Training on a folder of Parquet files, a row group at a time."""

import numpy as np
import pandas as pd
import pytest

from scratchmlp import ScratchMLPClassifier

parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

FIT = {"hidden_layer_sizes": (8,), "batch_size": 50, "shuffle": False, "random_state": 0}


def test_partial_fit_on_row_groups(tmp_path):
    """One row group is in memory at a time. Training on all at once gives the same network."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1200, 4)), rng.integers(0, 2, 1200)
    table = pd.DataFrame(X, columns=list("abcd")).assign(y=y)
    for number, part in enumerate((table[:400], table[400:800], table[800:])):
        part.to_parquet(tmp_path / f"{number}.parquet", row_group_size=200)
    network, whole = ScratchMLPClassifier(**FIT), ScratchMLPClassifier(**FIT)
    for _ in range(2):
        for path in sorted(tmp_path.iterdir()):
            file = parquet.ParquetFile(path)
            assert file.num_row_groups == 2
            for group in range(file.num_row_groups):
                frame = file.read_row_group(group).to_pandas()
                network.partial_fit(frame[list("abcd")], frame["y"], classes=[0, 1])
        whole.partial_fit(table[list("abcd")], y, classes=[0, 1])
    np.testing.assert_allclose(network.theta_, whole.theta_, rtol=1e-9)
