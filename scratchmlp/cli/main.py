"""The command line, `scratchmlp` or ``python -m scratchmlp``: what it runs, and its exit status.

- Without arguments, a comparison on Iris (`article`).
- With a CSV file and its target, a comparison of models on that table, which can save one of them.
- With a CSV file and a saved model, predictions.

Results go to stdout; notes and errors go to stderr.
"""

import sys
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NoReturn

from scratchmlp.cli.messages import InputError, discard, open_streams, say_before_exit
from scratchmlp.cli.options import Options, parse


def main(
    argv: Sequence[str] | None = None, imports: AbstractContextManager[None] | None = None
) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, default=None
        Command-line arguments; None takes those of the process.
    imports : context manager, default=None
        Context of the slow imports, which ``--help`` and ``--version`` do not need.

    Returns
    -------
    int
        Exit status: 0, or 1 if the reader of stdout or stderr has closed it, or 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        With status 2 if an argument or a file cannot be used, something cannot be written, or
        memory is short; with 0 after ``--help`` and ``--version``.
    """
    try:
        open_streams()
        _run(parse(argv), imports or nullcontext())
        sys.stdout.flush()  # here, so that the errors below are caught
    except InputError as error:
        _fail(str(error))
    except MemoryError as error:
        detail = f": {error}" if str(error) else ""
        _fail(
            f"there is not enough memory{detail}. Close other programs, raise the memory limit of "
            "this process, or use a smaller table or model."
        )
    except KeyboardInterrupt:
        say_before_exit("interrupted")
        return 130
    except BrokenPipeError:  # its reader has left (`| head`)
        discard(sys.stdout)
        discard(sys.stderr)
        return 1
    except OSError as error:  # such as a full disk behind stdout
        discard(sys.stdout)
        _fail(f"cannot write: {error.strerror or error}")
    return 0


def _run(options: Options, imports: AbstractContextManager[None]) -> None:
    """Check the files, then run what the arguments ask for."""
    with imports:  # these take a second or more
        from sklearn.exceptions import DataConversionWarning

        from scratchmlp.cli.files import FORMS, check_files
        from scratchmlp.cli.predictions import predict_table
        from scratchmlp.cli.reading import STDIN
        from scratchmlp.cli.training import compare_and_train
        from scratchmlp.tabular.misleading.findings import MisleadingDataWarning

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


def _fail(message: str) -> NoReturn:
    """Print an error as one line, and end with status 2."""
    say_before_exit(f"error: {' '.join(message.split())}")
    sys.exit(2)
