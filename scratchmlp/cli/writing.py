"""The files of predictions: their names, and their types."""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from scratchmlp.cli.files import write
from scratchmlp.cli.messages import InputError

STDOUT = Path("-")
SUFFIXES = (".csv", ".csv.gz", ".parquet")


def check_table_name(path: Path | None) -> Path | None:
    """Check, before any work, that a table can be saved under a name.

    Parameters
    ----------
    path : Path or None
        The name.

    Returns
    -------
    Path or None
        The file to write; None stands for stdout, which "-" names.

    Raises
    ------
    InputError
        If the suffix is not one of `SUFFIXES`, or a package is missing.
    """
    if path is None or path == STDOUT:
        return None
    is_device = path.exists() and not path.is_file()  # it gets CSV
    if not is_device and not path.name.lower().endswith(SUFFIXES):
        raise InputError(
            f"cannot save {path}: its type is not known. Choose a name that ends in .csv, .csv.gz "
            "or .parquet, or - for stdout."
        )
    if _is_parquet(path) and not find_spec("pyarrow"):
        raise InputError(
            f"cannot save {path}: Parquet files need another package. Install it with "
            'pip install "scratchmlp[files]", or choose a name that ends in .csv.'
        )
    return path


def save_table(path: Path, table: pd.DataFrame) -> None:
    """Save a table in a file of the type that its suffix names: one of `SUFFIXES`.

    Parameters
    ----------
    path : Path
        File to write.
    table : DataFrame
        The table, which is saved without its index.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if _is_parquet(path):
        write(path, lambda new: new.write_bytes(table.to_parquet(index=False)))
    elif path.suffix.lower() == ".gz":
        write(path, lambda new: table.to_csv(new, index=False, compression="gzip"))
    else:
        write(path, lambda new: table.to_csv(new, index=False, compression=None))


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"
