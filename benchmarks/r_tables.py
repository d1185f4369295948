"""Real tables of mixed types, from R packages, as a user reads them: with pandas.read_csv.

Each table is split once: a third of the rows is the test set, stratified by class. Rows without a
target and classes of fewer than 20 rows are left out.

To repeat the measurements, save each table as NAME.csv.gz, with the columns of the package but for
the row numbers and those named here. The tables are also in the collection Rdatasets, as CSV files:
https://vincentarelbundock.github.io/Rdatasets/

============  ===============================  ==============================================
name          package::table                   columns left out
============  ===============================  ==============================================
wa_churn      modeldata::wa_churn
mlc_churn     modeldata::mlc_churn
stroke        MLDataR::stroke_classification   pat_id
thyroid       MLDataR::thyroid_disease         patient_age
covid         medicaldata::covid_testing       subject_id, fake_first_name, fake_last_name
hmda          AER::HMDA
lending_club  modeldata::lending_club
ames          modeldata::ames
loans         openintro::loans_full_schema     grade, sub_grade
star          AER::STAR                        read3
diamonds      ggplot2::diamonds
============  ===============================  ==============================================
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "real"
MIN_ROWS = 20  # of a class
CLASSES = {  # the target of each table
    "wa_churn": "churn",
    "mlc_churn": "churn",
    "stroke": "stroke",
    "thyroid": "ThryroidClass",
    "covid": "result",
    "hmda": "deny",
    "lending_club": "Class",
}
NUMBERS = {"ames": "Sale_Price", "loans": "interest_rate", "star": "math3", "diamonds": "price"}


def load(name: str, directory: Path = DATA) -> tuple[pd.DataFrame, np.ndarray]:
    """Read a table and its target.

    Raises
    ------
    FileNotFoundError
        If the folder has no such file.
    """
    path = directory / f"{name}.csv.gz"
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}")
    table = pd.read_csv(path)
    y = table.pop((CLASSES | NUMBERS)[name])
    known = y.notna()
    if name in CLASSES:
        known &= y.map(y.value_counts()) >= MIN_ROWS
    return table[known].reset_index(drop=True), y[known].to_numpy()


def split(y: np.ndarray, *, stratified: bool) -> tuple[np.ndarray, np.ndarray]:
    """Split the row numbers into two thirds for training and a third for the test."""
    stratify = y if stratified else None
    train, test = train_test_split(
        np.arange(len(y)), test_size=1 / 3, random_state=42, stratify=stratify
    )
    return train, test
