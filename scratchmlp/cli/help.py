"""The texts of ``--help``. argparse replaces %(prog)s by the command that the user typed."""

USAGE = """\
%(prog)s [--plot FILE.png]
       %(prog)s DATA.csv --target COLUMN [options]
       %(prog)s DATA.csv --load MODEL [options]
"""

DESCRIPTION = """\
Compare four models on your own table: an ensemble of neural networks and
trees, gradient-boosted trees alone, a linear model and a constant baseline.
Save the ensemble and predict new rows. Without a table, run a demonstration
on Iris.

examples:
  Run the demonstration, then run it again and save a picture:
    %(prog)s
    %(prog)s --plot iris.png

  Compare models on your own table:
    %(prog)s customers.csv --target churned

  Save the ensemble, then predict new rows:
    %(prog)s customers.csv --target churned --save churned.model
    %(prog)s new.csv --load churned.model --out predictions.csv

  Write a page about the ensemble, for people who ask how good it is:
    %(prog)s customers.csv --target churned --report churned.html

  Save it for programs without Python too, as an ONNX model:
    %(prog)s customers.csv --target churned --export churned.onnx

  Say what columns contain, and copy the customer number to the predictions:
    %(prog)s customers.csv --target churned --categorical zip \\
        --date joined --text complaint --ignore notes plan --id customer

  Predict new patients, or later days:
    %(prog)s visits.csv --target diagnosis --groups patient
    %(prog)s sales.csv --target sold --time day --metric MAE
"""

FILE = """\
The command recognizes the separator, the decimal mark and the encoding. It
prints those other than commas, points and UTF-8. Excel and Parquet files need
more packages: pip install "scratchmlp[files]". Missing values are empty
cells, "?", and words such as NA, NaN, null and None.
"""

COLUMNS = """\
The command decides what each column is, and prints it. Correct it with these
options. Columns with a single value, columns without values and columns that
identify rows are left out; a table to predict does not need them. Put
DATA.csv before these options: an option takes all names that follow it.
"""

ROWS = """\
Without these options, the rows must be independent of each other.
"""

COMPARISON = """\
All models are evaluated by cross-validation on the same 5 folds, or 3 folds
for more than 2,000 rows. There are fewer folds if there are too few rows of
a class, groups or times.
"""

PREDICTIONS = """\
With --load, you can use --id, --out, --allow-pickle and the options of the
table file.
"""

DETAILS = """\
scores:
  Lower log-loss, RMSE and MAE are better. Higher accuracy, AUC, balanced
  accuracy and R² are better. "balanced acc." is the mean over the classes of
  the fraction of rows predicted correctly. It is shown if the largest class has
  at least twice as many rows as the smallest class. "macro AUC" is the mean
  over the classes of the AUC of one class against all others. "RMSE / 1e9" is
  the RMSE divided by 1e9. For f1, precision and recall, the positive class is
  the second of the two classes in sorted order.

ensemble:
  The rows below the ensemble show its parts, each alone, with their weights in
  the predictions of the ensemble: networks, gradient-boosted trees and, if the
  table is not large, a forest. Scores and weights are means over the folds. The
  fit time of the ensemble includes its parts. The output says that the networks
  alone predict about as well if the gain of the ensemble in the decisive metric
  is at most its standard error over the folds.

predictions:
  The output has a header and one line for each row of DATA.csv, in the same
  order. In classification, a line has the predicted class and the probability
  of each class. In regression, a line has the prediction and the "std of
  members": the standard deviation of the predictions of the ensemble's members.
  Each member is trained without another fold, one eighth of the rows. A large
  standard deviation means that the prediction depends much on the rows. The
  standard deviation is not the error of the prediction. If DATA.csv contains
  the target, the scores of the predictions are printed to stderr.
"""
