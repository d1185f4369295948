"""The texts of ``--help`` beside those of single options."""

from scratchmlp.utils.extras import install_command

USAGE = """\
%(prog)s [--plot FILE.png]
       %(prog)s DATA.csv --target COLUMN [options]
       %(prog)s DATA.csv --load MODEL [options]
"""

DESCRIPTION = """\
Compare four models on your own table: an ensemble of neural networks and
trees, gradient-boosted trees alone, a linear model and a constant baseline.
Save the ensemble, or the best of the four, and predict new rows. Without a
table, run a demonstration on Iris.

examples:
  Run the demonstration, then run it again and save a picture:
    %(prog)s
    %(prog)s --plot iris.png

  Compare models on your own table:
    %(prog)s customers.csv --target churned

  Save the ensemble, then predict new rows:
    %(prog)s customers.csv --target churned --save churned.model
    %(prog)s new.csv --load churned.model --out predictions.csv

  Save the simplest model that is as good as the best:
    %(prog)s customers.csv --target churned --keep simplest \\
        --save churned.model

  Compare with the models of other packages too:
    %(prog)s customers.csv --target churned --with catboost lightgbm

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

ABOUT_FILE = f"""\
The command recognizes the separator, the decimal mark and the encoding. It
prints those other than commas, points and UTF-8. Missing values are empty
cells, "?", and words such as NA, NaN, null and None. Excel and Parquet files
need more packages: {install_command("files")}.
"""

ABOUT_COLUMNS = """\
The command decides what each column is, and prints it. Correct it with these
options. Columns with a single value, columns without values and columns that
identify rows are left out; a table to predict does not need them. Put
DATA.csv before these options: an option takes all names that follow it.
"""

ABOUT_ROWS = """\
Without these options, the rows must be independent of each other.
"""

ABOUT_COMPARISON = """\
All models are evaluated by cross-validation on the same folds. There are
fewer than --folds if there are too few rows of a class, groups or times.
"""

ABOUT_PREDICTIONS = """\
With --load, you can use these options, --id and those of the table file.
"""

DETAILS = """\
scores:
  "0.846 ± 0.025" is the mean of the scores of the folds, and their standard
  deviation: how much they vary, not how far the mean may be off. "fit (s)" is
  the mean wall time of a fit, in seconds.

  Lower log-loss, RMSE and MAE are better. Higher accuracy, AUC, balanced
  accuracy and R² are better. "balanced acc." is the mean over the classes of
  the fraction of rows predicted correctly. It is shown if the largest class has
  at least twice as many rows as the smallest class. "macro AUC" is the mean
  over the classes of the AUC of one class against all others. "RMSE / 1e9" is
  the RMSE divided by 1e9. For f1, precision and recall, the positive class is
  that of --positive.

ensemble:
  The rows below the ensemble show its parts, each alone, with their weights in
  the predictions of the ensemble: networks, gradient-boosted trees and, if the
  table is not large, a linear model and a forest. Weights are means over all
  folds, 0 where the ensemble leaves a part out. Scores of a part are means over
  the folds that keep it: before "(1 of 3 folds)", they are not comparable with
  the other rows. The fit time of the ensemble includes its parts.

verdict:
  A model is as good as the best if it is worse in the decisive metric by at
  most the standard error of the difference, which is corrected for training
  sets that overlap. If the 95% confidence interval of the difference contains
  0, it is "not sure" that the model is worse. The networks of the ensemble
  count as a model of their own. From simple to complex, the models are:
  baseline, linear model, trees, networks, ensemble.

predictions:
  The output has a header and one line for each row of DATA.csv, in the same
  order. In classification, a line has the predicted class and the probability
  of each class. In regression, a line has the prediction and the ends of an
  interval, "low" and "high". The intervals are meant to contain the true number
  in 90% of the rows, or in the share that --coverage sets. They are computed
  from the errors of the predictions for rows of the training table, each by the
  members that did not learn from the row. If DATA.csv contains the target, the
  scores of the predictions are printed to stderr.
"""
