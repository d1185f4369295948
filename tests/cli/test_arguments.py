"""The arguments: what they mean, and what is said about mistakes before any work."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import scratchmlp
from scratchmlp.cli import main as command_line
from scratchmlp.cli.baselines import BASELINES
from scratchmlp.cli.options import (
    BASELINE_PACKAGES,
    LISTS,
    FileFormat,
    Roles,
    command,
    parse,
)
from scratchmlp.cli.reading import read_file
from scratchmlp.cli.table import load_table
from scratchmlp.utils import atomic_write
from tests.helpers.cli_output import refused

SINGLE = ("id", "groups", "time")


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    """A folder as a user may have it: tables and models."""
    folder = tmp_path_factory.mktemp("user")
    for target, each in trained.items():
        shutil.copy(each.folder / "y.model", folder / f"{target}.model")
        each.table.to_csv(folder / f"{target}.csv", index=False)
    table = trained["class"].table
    table.assign(prediction=1, low=1).to_csv(folder / "new.csv", index=False)
    table.assign(size="large").to_csv(folder / "text.csv", index=False)
    table[:0].to_csv(folder / "empty.csv", index=False)
    table[["code", "day"]].to_csv(folder / "few.csv", index=False)
    (folder / "latin.csv").write_bytes("a;b\n1,5;é\n".encode("latin-1"))
    (folder / "tabs.csv").write_text("a\tb\n1\t2\n")
    (folder / "review.csv").write_text("review,y\n" + "big dog,1\nred sun sky,0\n" * 20)
    (folder / "subfolder").mkdir()
    return folder


@pytest.fixture(autouse=True)
def _in_the_folder(folder, monkeypatch):
    """Run in the folder. Mistakes neither change its files nor add any."""
    monkeypatch.chdir(folder)
    before = {path: path.is_file() and path.read_bytes() for path in folder.iterdir()}
    yield
    assert before == {path: path.is_file() and path.read_bytes() for path in folder.iterdir()}


#: What the user types after the name of the command, and a part of the error.
MISTAKES = """
    --traget y d.csv                 -> there is no option '--traget'. Did you mean --target?
    d.csv --catgorical=a             -> no option '--catgorical'. Did you mean --categorical?
    d.csv --target y --bogus         -> '--bogus'. python -m scratchmlp --help lists all options.
    my table.csv --target y          -> it is not clear what 'table.csv' is
    d.csv --target y --task guess    -> argument --task: invalid choice: 'guess'
    d.csv --folds 1                  -> argument --folds: '1' is not a whole number above 1
    d.csv --seed=-1                  -> argument --seed: '-1' is not a whole number from 0 to 429
    d.csv --header=-1                -> argument --header: '-1' is not a whole number from 0
    d.csv --jobs 0                   -> argument --jobs: '0' is not a whole number above 0, or -1
    d.csv --max-time 0               -> argument --max-time: '0' is not a number of seconds above 0
    d.csv --max-time soon            -> argument --max-time: 'soon' is not a
    d.csv --threshold 1.5            -> argument --threshold: '1.5' is not a probability from 0 to 1
    d.csv --coverage 0               -> argument --coverage: '0' is not a number above 0 and below 1
    class.csv --target y --sep ::    -> --sep is '::', which cannot separate columns. Choose comma
    class.csv --decimal ';'          -> --decimal is ';'. Choose comma or point.
    class.csv --encoding utf-9       -> 'utf-9', which is no encoding of text. Choose one
    class.csv --encoding base64      -> --encoding is 'base64', which is no encoding
    tabs.csv --target c --sep '\\t' --decimal comma            -> Its columns: 'a', 'b'.
    tabs.csv --target c --sep tab --decimal point             -> Its columns: 'a', 'b'.
    latin.csv --target c --sep ; --encoding latin-1           -> Its columns: 'a', 'b'.
    latin.csv --target c --sep semicolon --encoding latin-1   -> Its columns: 'a', 'b'.
    latin.csv --target a --encoding utf-8 -> it is not the text of a table in utf-8.

    --target y                       -> --target needs a table. Add DATA.csv
    --plot y.png --save y.model      -> --save needs a table
    --load y.model                   -> --load needs a table. Add DATA.csv
    --with catboost                  -> --with needs a table
    --id key                         -> --id needs a table. Add DATA.csv.
    --na 999                         -> --na needs a table. Add DATA.csv.
    --explain 3                      -> --explain needs a table. Add DATA.csv.
    --positive big                   -> --positive needs a table. Add DATA.csv.
    --keep-na class.csv --target a   -> --keep-na need a table. Put DATA.csv first.
    class.csv                        -> Add --target COLUMN to compare models, or --load MODEL to
    d.csv --target y --out p.csv     -> --out saves predictions, which need a model. Add --load
    d.csv --target y --allow-pickle  -> --allow-pickle is about the file of --load. Add --load
    d.csv --target y --coverage 0.8  -> --coverage is about the predictions of --load. Add --load
    d.csv --target y --keep best     -> --keep chooses the model of --save, --export, --plot, --rep
    d.csv --load m --target y --seed 0 --max-time 2 -> Remove --target, --seed, --max-time.
    d.csv --load m --text t --model ensemble --keep best -> Remove --keep, --text, --model.
    d.csv --load m --plot p.png --report r.html -> Remove --plot, --report.
    d.csv --load m --with catboost --export y.onnx -> Remove --export, --with.
    d.csv --target y --fast --model networks -> --fast is about the ensemble. Remove --fast or --m
    d.csv --target y --groups g --time t -> --groups and --time split the rows in different ways

    class.csv --target class --save class.csv           -> another argument names the same file
    class.csv --load class.model --out ../{folder}/class.csv -> another argument names the same file
    class.csv --load new.csv --out new.csv              -> another argument names the same file
    class.csv --target class --save p.png --plot p.png  -> another argument names the same file
    class.csv --load class.model --out none/p.csv       -> there is no folder
    --plot none/curve.png                               -> there is no folder
    class.csv --target class --save subfolder           -> it is a folder. Add a file name.
    n.csv --load m --out p.txt       -> p.txt as a table. Its name must end in .csv, .csv.gz or .pa
    n.csv --load m --out p.csv.zip   -> p.csv.zip as a table. Its name must end in .csv
    --plot curve.xyz                 -> Its name must end in .png, .svg or .pdf
    n.csv --target y --report y.pdf  -> Its name must end in .html or .htm.
    n.csv --target y --export y.pkl  -> y.pkl as an ONNX model. Its name must end in .onnx
    class.csv --load none            -> No such file or directory. Train
    class.csv --load subfolder       -> cannot read subfolder:
    class.model --target class       -> a model saved with --save, not a table. Use it with --load.
    none.csv --target y              -> cannot read none.csv: No such file or directory.

    class.csv --target Class         -> 'Class', which --target names. Did you mean 'class'?
    class.csv --target zzz           -> which --target names. Its columns: 'size', 'code',
    class.csv --target class --header 81 -> row 81 of class.csv, counted from 0, is empty. Give the
    class.csv --target class --sheet A   -> class.csv is no Excel file, so it has no sheets. Remove
    class.csv --target class --keep-na Size -> 'Size', which --keep-na names. Did you mean 'size'?
    class.csv --target class --na Size=9    -> 'Size', which --na names. Did you mean 'size'?
    class.csv --target class --na class=big -> --na names 'class', the column to predict.
    class.csv --target class --na day=x --id day -> No model uses the column of --id. Remove
    class.csv --target class --ignore day --text day -> the same column, 'day'. No model uses the
    class.csv --target class --categorical day --text day -> 'day'. A column has one type. Remove
    class.csv --target class --text day --date day -> --text and --date name the same column, 'day'
    class.csv --target class --categorical day --id day -> No model uses the column of --id. Remove
    class.csv --target class --na day=x --time day -> --time and --na name the same column, 'day'.
    class.csv --target class --groups day --date day --na day=x -> --date and --groups name the same
    class.csv --target class --ignore day --time day -> uses the column of --ignore or --time.
    new.csv --target class --id prediction -> of a column of the predictions, 'prediction'. Rename
    new.csv --target size --id low         -> of a column of the predictions, 'low'. Rename it.
    new.csv --load class.model --id prediction -> of a column of the predictions, 'prediction'.
    new.csv --load class.model --id Size   -> no column 'Size', which --id names. Did you mean

    class.csv --target class --positive Big -> 'Big', which is not a class of the target. Did you
    class.csv --target class --positive x   -> not a class of the target. Its classes: 'big', 'sma
    class.csv --target code --threshold 0.3 -> --threshold decides between two classes, but the tar
    number.csv --target number --positive 1 -> --positive is about classes, but the target is numer
    number.csv --load number.model --threshold 0 -> --threshold is about classes, but the target is
    class.csv --load class.model --positive Big  -> 'Big', which is not a class of the target. Did

    class.csv --target class --explain 080 -> '080', which is not the number of a row, counted from
    class.csv --target class --id key --explain 80 -> not a value of 'key', in the rows that can be
    class.csv --target class --time day --explain 63 -> here 16 of 80, from '64' on. Choose one of
    class.csv --load class.model --explain 80 -> not a value of 'key', in the rows that can be used.

    empty.csv --load class.model     -> has no rows
    few.csv --load class.model       -> was trained on: 'size', 'cost in $, with a $', 'size_mis
    text.csv --load class.model      -> 'size' contains text, such as 'large', but contained numbers
    class.csv --load class.model --coverage 0.8 -> class.model predicts classes. Remove --coverage.
    review.csv --target y --text review --export y.onnx -> y.onnx: Column 'review' is free text
"""
NEEDS = {"--export": "onnx", "--report": "jinja2", "--plot": "matplotlib"}
ROWS = [line.split("->") for line in MISTAKES.splitlines() if line]
ABOUT_COLUMNS = [
    ("Size", "class.csv has no column 'Size', which --{} names. Did you mean 'size'? Its "),
    ("class", "--{} names 'class', the column to predict. "),
]


@pytest.mark.parametrize(("typed", "message"), ROWS, ids=[typed.strip() for typed, _ in ROWS])
def test_a_mistake_is_named_before_any_work(typed, message, folder):
    for option, package in NEEDS.items():
        if option in typed:
            pytest.importorskip(package)
    assert message.strip() in refused(*shlex.split(typed.format(folder=folder.name)))


@pytest.mark.parametrize(("name", "message"), ABOUT_COLUMNS)
@pytest.mark.parametrize("option", [*LISTS, *SINGLE])
def test_an_option_that_cannot_name_a_column(option, name, message):
    line = refused("class.csv", "--target", "class", f"--{option}", name)
    assert message.format(option) in line


@pytest.mark.parametrize("option", [f"--{name}" for name in LISTS])
def test_an_option_that_has_taken_the_table(option):
    assert (
        f"there is no table: {option} takes all names that follow it, here 'a', 'b', 'd.csv'. "
        "Put DATA.csv first, before the options."
    ) in refused(option, "a", "b", "d.csv", "--target", "y")
    assert parse([option, "a", "--target", "y", "--", "d.csv"]).data == "d.csv"


PACKAGES = [
    ("--export", "y.onnx", "onnx", "onnx"),
    ("--report", "r.html", "jinja2 and matplotlib", "report"),
    ("--plot", "p.png", "matplotlib", "plot"),
    ("--load none.model --out", "p.parquet", "pyarrow", "files"),
]


@pytest.mark.parametrize(("option", "name", "needs", "extra"), PACKAGES)
def test_a_missing_package_is_named_before_the_work(option, name, needs, extra, monkeypatch):
    monkeypatch.setattr("scratchmlp.utils.extras.find_spec", lambda name: None)
    *load, option = option.split()
    line = refused("class.csv", *(load or ["--target", "class"]), option, name)
    assert f"{option} needs {needs}. To install what is missing, run pip install" in line
    assert f'pip install ".[{extra}]" in the folder of the source.' in line


@pytest.mark.parametrize("error", [ImportError("no module"), OSError("libgomp.so.1 is missing")])
def test_a_package_that_cannot_be_imported_is_named_before_the_work(error, monkeypatch):
    def fail(name):
        raise error

    monkeypatch.setattr("scratchmlp.cli.training.import_module", fail)
    line = refused("class.csv", "--target", "class", "--with", "lightgbm")
    assert f"--with lightgbm needs the package lightgbm, which cannot be imported: {error}." in line
    assert "To install it, run pip install lightgbm." in line


DENIED = [("class.csv", "write to it"), ("", "create files in")]


@pytest.mark.parametrize(("denied", "permission"), DENIED)
def test_a_file_without_permission_is_refused(denied, permission, folder, monkeypatch):
    monkeypatch.setattr_in(
        atomic_write, os, access=lambda path, _: folder / path != folder / denied
    )
    line = refused("number.csv", "--load", "number.model", "--out", "class.csv")
    assert f"you have no permission to {permission}" in line


# What options mean.


def test_options_that_are_repeated_add_up():
    typed = "--ignore a b --ignore c --with catboost --with lightgbm --na -9 --na a=none"
    options = parse(["d.csv", "--target", "y", *typed.split()])
    na = [("", "-9"), ("a", "none")]
    assert options.roles == Roles(["a", "b", "c"], [], [], [], [], na=na)
    assert options.baselines == ["catboost", "lightgbm"]


TOGETHER = [
    ["id", "groups"],
    ["id", "time"],
    ["time", "date"],
    ["id", "time", "date"],
    ["time", "date", "na"],
    ["id", "date", "na"],
]


@pytest.mark.parametrize("fields", TOGETHER)
def test_options_that_may_name_the_same_column(fields):
    named = {field: ["day"] if field in LISTS else "day" for field in fields}
    roles = Roles(**named | {"na": [("day", "1900-01-01")]} if "na" in fields else named)
    table = load_table("class.csv", "class", roles=roles)
    assert ("day" in table.X) == ("date" in fields)


def test_a_column_may_be_ignored_twice():
    assert "day" not in load_table("class.csv", "class", roles=Roles(ignore=["day", "day"])).X


#: What may follow each option, and its value.
VALUES = {
    **{f"--{name}": ("a b", ["a", "b"]) for name in (*LISTS, "keep-na")},
    **{f"--{name}": ("a", "a") for name in (*SINGLE, "target", "metric")},
    **{f"--{name}": ("n", Path("n")) for name in ("save", "export", "plot", "report")},
    **{f"--{name}": ("n", Path("n")) for name in ("load", "out")},
    "--sep": ("tab", "\t"),
    "--decimal": ("comma", ","),
    "--encoding": ("cp1252", "cp1252"),
    "--header": ("2", 2),
    "--sheet": ("Sales", "Sales"),
    "--task": ("regression", "regression"),
    "--keep": ("best", "best"),
    "--model": ("networks", "networks"),
    "--fast": ("", "fast"),
    "--with": ("catboost lightgbm", ["catboost", "lightgbm"]),
    "--folds": ("5", 5),
    "--seed": ("7", 7),
    "--jobs": ("-1", -1),
    "--max-time": ("1.5", 1.5),
    "--explain": ("7", "7"),
    "--allow-pickle": ("", True),
    "--coverage": ("0.5", 0.5),
    "--positive": ("big", "big"),
    "--threshold": ("0.3", 0.3),
    "--na": ("a=b=-9", [("a=b", "-9")]),
}
TO_PREDICT = ("--load", "--out", "--coverage", "--allow-pickle")
ALWAYS = (
    "--id",
    "--explain",
    "--positive",
    "--threshold",
    "--sep",
    "--decimal",
    "--encoding",
    "--keep-na",
    "--header",
    "--sheet",
)


def values_of(*arguments):
    """Parse arguments; return the value of each."""
    values = vars(parse(["d.csv", *arguments]))
    values |= values.pop("roles")._asdict() | values.pop("file_format")._asdict()
    return {k: v for k, v in values.items() if k != "command"}


@pytest.mark.parametrize("option", VALUES)
def test_an_option_has_one_value_and_load_takes_it_or_refuses_it(option):
    typed, expected = VALUES[option]
    given, load = (option, *typed.split()), ("--load", "m")
    others = load if option in TO_PREDICT else ("--target", "y", "--save", "m")
    before, after = values_of(*others), values_of(*others, *given)
    changed = [after[name] for name in after if after[name] != before[name]]
    assert repr(changed) == repr([expected])  # 7 is not 7.0
    if option in (*TO_PREDICT, *ALWAYS):
        values_of(*load, *given)
    else:
        assert f"Remove {option}." in refused("d.csv", *load, *given)


def test_every_option_is_tested(capsys):
    with pytest.raises(SystemExit, match="0"):
        parse(["--help"])
    options = re.findall(r"^  (--[\w-]+)", capsys.readouterr().out, flags=re.MULTILINE)
    assert {*options} == {*VALUES, "--version"}
    numbers = {option for option, (_, value) in VALUES.items() if type(value) in (int, float)}
    assert numbers == {*re.findall(r"argument (--[\w-]+): '\S+' is not", MISTAKES)}


@pytest.mark.parametrize("name", ["scratchmlp", "scratchmlp.exe", "__main__.py"])
def test_messages_name_the_command_that_the_user_typed(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [f"/usr/bin/{name}"])
    typed = "python -m scratchmlp" if name == "__main__.py" else "scratchmlp"
    assert command() == typed
    with pytest.raises(SystemExit, match="0"):
        parse(["--help"])
    out = capsys.readouterr().out
    assert out.startswith(f"usage: {typed} [")
    assert f"\n    {typed} customers.csv --target churned\n" in out
    assert ("python -m" in out) == (typed != "scratchmlp")
    assert 'need more packages: pip install ".[files]" in the folder of the source.' in out
    assert all(f"--{option} COLUMN" in out for option in (*LISTS, *SINGLE))
    assert max(map(len, out.splitlines())) <= 80


def test_the_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        command_line.main(["--version"])
    assert capsys.readouterr().out == f"scratchmlp {scratchmlp.__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["--targt", "y"]])
def test_what_needs_no_table_needs_no_slow_import(arguments):
    """Python itself starts in a tenth of the time that NumPy, pandas and scikit-learn take."""
    code = f"""
import sys
from scratchmlp.cli.main import main
try:
    main({arguments})
except SystemExit:
    slow = {{"numpy", "scipy", "pandas", "sklearn"}} & {{*sys.modules}}
    assert not slow, slow
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_with_takes_the_packages_that_have_a_model():
    assert {*BASELINE_PACKAGES} == {*BASELINES}


FORMATS = [
    (b"a,b\nx,y\n", {"sep": ";"}, {"a,b": ["x,y"]}),
    (b"a  b\n1    2\n", {"sep": " "}, {"a": ["1"], "b": ["2"]}),
    (b'a;b\n"12,5";1\n', {"decimal": "."}, {"a": ["12,5"], "b": ["1"]}),
    ("a:b\n1,234:ж\n5:x\n".encode("cp1251"), {"sep": ":", "decimal": ",", "encoding": "cp1251"},
     {"a": ["1.234", "5"], "b": ["ж", "x"]}),
]  # fmt: skip


@pytest.mark.parametrize(("content", "options", "expected"), FORMATS)
def test_options_choose_how_a_file_is_read(content, options, expected, csv):
    raw = read_file(csv(content), FileFormat(**options))
    assert {name: raw.readable(name).to_list() for name in raw.frame} == expected
