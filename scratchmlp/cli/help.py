"""The texts of ``--help``. argparse replaces %(prog)s by the command that the user typed."""

USAGE = """\
%(prog)s [--plot FILE.png]
       %(prog)s DATA.csv --target COLUMN [options]
       %(prog)s DATA.csv --load MODEL [--id COLUMN]
                            [--out PREDICTIONS.csv]
"""

DESCRIPTION = """\
Compare four models on your own table: an ensemble of neural networks,
gradient-boosted trees, a linear model and a constant baseline. Save the
ensemble and predict new rows. Without a table, run a demonstration on Iris.

examples:
  Run the demonstration, then run it again and save a picture:
    %(prog)s
    %(prog)s --plot iris.png

  Compare models on your own table:
    %(prog)s customers.csv --target churned

  Save the ensemble, then predict new rows:
    %(prog)s customers.csv --target churned --save churned.model
    %(prog)s new.csv --load churned.model --out predictions.csv

  Say what columns contain, and copy the customer number to the predictions:
    %(prog)s customers.csv --target churned --categorical zip \\
        --date joined --text complaint --ignore notes plan --id customer

  Predict new patients, or later days:
    %(prog)s visits.csv --target diagnosis --groups patient
    %(prog)s sales.csv --target sold --time day --metric MAE
"""

DETAILS = """\
table files:
  DATA.csv is a text file with a header, an Excel file or a Parquet file. The
  file may be compressed (for example .gz or .zip). Write - instead of DATA.csv
  to read the table from stdin.

  Text files: commas, semicolons, tabs or bars separate the columns. The decimal
  mark is a point or a comma. The encoding is UTF-8, UTF-16 or cp1252. The
  command recognizes all three, and prints a note if the file has other marks
  than commas and points, or is not UTF-8. If the note is wrong, use --sep,
  --decimal and --encoding. The comma in 1,234 separates thousands, unless other
  numbers in the file have decimal commas.

  Excel files: the command reads the first sheet. Excel and Parquet files need
  more packages: pip install 'scratchmlp[files]'

  These cells are missing values: empty cells, "?", infinite numbers (except in
  a target of classes), and words such as NA, NaN, null and None. Use --keep-na
  if such a word is a value. Among codes of two to five capital letters, such
  as those of countries (USA, FRA, ITA), NA is a value.

columns:
  The command decides what each column is, and prints it. A column contains
  numbers (also 1,234.50, $12 or 12%), dates (also 17.05.2024 or 17 May 2024),
  times of the day, booleans (true or false), text of several words, or
  otherwise categories. Numbers with leading zeros and whole numbers that look
  like codes, such as zip codes, are categories. A few cells that are not
  numbers or dates, such as "err", count as missing values.

  Use --numeric, --categorical, --text and --date if the command is wrong.

  Columns with a single value, columns without values and columns that identify
  rows, such as a customer number, are left out. A table to predict does not
  need them. No model uses the columns that --ignore, --id and --groups name.

  These four options and --ignore take several names. Put DATA.csv first:
  otherwise the option takes DATA.csv as the name of a column.

target:
  The task is classification if the target is not numeric. Numbers may be
  written like those of other columns, for example as $12 or 12%.

  The task is also classification if a numeric target has two different values,
  or if it has at most 50 different values and at least three rows per value on
  average. If all targets are whole numbers, 7 and 07 are the same class.

  Otherwise, the task is regression. Use --task to choose the task yourself, for
  example --task regression for the number of visits.

  Rows without a target value are left out. In classification, classes with
  fewer than three rows are left out too.

rows:
  Without --groups and --time, the rows must be independent of each other.

  --groups is for several rows that belong together, such as the visits of a
  patient. All rows of a group are in the same fold, so the scores are those of
  predictions for new groups. There must be at least three groups. Rows without
  a group are left out.

  --time is for rows in the order of time. The rows are sorted by this column,
  and models predict later rows from earlier rows. Rows of the same time are in
  the same part of the comparison. The column contains numbers or dates, with at
  least nine different values. Rows without a time are left out. The column is
  not used to predict, because all new rows have later times than those in
  training. If the month or the day of the week matters, name the column in
  --date too.

comparison:
  All models are evaluated by cross-validation on the same folds. There are 5
  folds, or 3 folds if the table has more than 2,000 rows. There are fewer folds
  if a class has too few rows, or if there are too few groups or times.

  Lower log-loss, RMSE and MAE are better. Higher accuracy, AUC, balanced
  accuracy and R² are better. With more than two classes, "macro AUC" is the
  mean over the classes of the AUC of one class against all others. "balanced
  acc." is the balanced accuracy, the mean over the classes of the fraction of
  rows predicted correctly. It is shown if the largest class has at least twice
  as many rows as the smallest class. A column "RMSE / 1e9" shows the RMSE
  divided by 1e9.

  The best model is the one with the lowest log-loss or RMSE. --metric chooses
  another metric. It takes one of the names above or a scorer of scikit-learn,
  such as f1_macro. For f1, precision and recall, the positive class is the
  second of the two classes in sorted order.

predictions:
  Below a header, the output has one line for each row of DATA.csv, in the same
  order. With --id, the first column is the one that --id names. The name that
  --out gives ends in .csv, .csv.gz or .parquet. Without --out, and also with
  --out -, the command prints the predictions.

  Classification: each line has the predicted class and the probability of each
  class.

  Regression: each line has the prediction and the "std of members". The members
  are the neural networks of the ensemble, by default eight. The "std of
  members" is the standard deviation of their predictions. A large standard
  deviation means that the members disagree. The standard deviation is not the
  error of the prediction.

  If DATA.csv contains the target, the scores of the predictions are printed
  too, to stderr.

demonstration:
  Without DATA.csv, the command uses the Iris data. It first trains the network
  of a tutorial article twice: without biases and with biases. Then the command
  compares a tuned network with logistic regression.

security:
  A saved model is a pickle file. Loading a pickle file runs any code that the
  file contains. Load only files that you trust.
"""
