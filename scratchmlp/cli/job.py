"""What the command line runs for its arguments.

- Without arguments, a comparison on Iris (`article`).
- With a CSV file and its target, a comparison of models on that table, which can save one of them.
- With a CSV file and a saved model, predictions.
"""

import warnings

from sklearn.exceptions import DataConversionWarning

from scratchmlp.cli.article import run_iris
from scratchmlp.cli.files import FORMS, check_files, check_form, check_table_name
from scratchmlp.cli.options import Options
from scratchmlp.cli.predictions import predict_table
from scratchmlp.cli.reading import STDIN
from scratchmlp.cli.training import compare_and_train
from scratchmlp.tabular.inspection.findings import MisleadingDataWarning


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
    data, load, save, plot = options.data, options.load, options.save, options.plot
    for option in FORMS:
        check_form(option, getattr(options, option))
    out = check_table_name(options.out)
    written = [plot, save, options.export, options.report, out]
    check_files(read=[None if data == STDIN else data, load], written=written)
    with (
        warnings.catch_warnings(action="ignore", category=DataConversionWarning),
        warnings.catch_warnings(action="ignore", category=MisleadingDataWarning),
    ):  # `decide_columns` says what the encoder warns of
        if data is None:
            run_iris(plot)
        elif load is not None:
            predict_table(data, options, out)
        else:
            compare_and_train(data, options)
