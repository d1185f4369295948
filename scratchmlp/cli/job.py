"""What the command line runs for its arguments.

- Without arguments, a comparison on Iris (`article`).
- With a CSV file and its target, a comparison of models on that table, which can save one of them.
- With a CSV file and a saved model, predictions.
"""

import warnings

from sklearn.exceptions import DataConversionWarning

from scratchmlp.cli.files import FORMS, check_files
from scratchmlp.cli.options import Options
from scratchmlp.cli.predictions import predict_table
from scratchmlp.cli.reading import STDIN
from scratchmlp.cli.training import compare_and_train
from scratchmlp.tabular.misleading.findings import MisleadingDataWarning


def run(options: Options) -> None:
    """Check the files, then run what the arguments ask for.

    Parameters
    ----------
    options : Options
        The arguments.

    Raises
    ------
    InputError
        If an argument or a file cannot be used, or something cannot be written.
    """
    data, written = options.data, {option: getattr(options, option) for option in FORMS}
    read = [None if data == STDIN else data, options.load]
    check_files(read, options.save, written)
    with (
        warnings.catch_warnings(action="ignore", category=DataConversionWarning),
        warnings.catch_warnings(action="ignore", category=MisleadingDataWarning),
    ):  # `decide_columns` says what the encoder warns of
        if data is None:
            from scratchmlp.cli.article import run_iris  # imports what no table needs

            run_iris(options.plot)
        elif options.load is not None:
            predict_table(data, options)
        else:
            compare_and_train(data, options)
