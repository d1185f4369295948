"""Log-loss against the time of a fit, on the small data sets.

README shows the same picture. To draw it again, run in this folder:
python quality.py ../_static/quality.png
"""

import sys

import matplotlib.pyplot as plt
from small_sets import draw

plt.rcParams["font.size"] = 12  # readable on a phone
figure = plt.figure()
draw(figure, "log_loss")
if len(sys.argv) > 1:
    figure.savefig(sys.argv[1], dpi=110)
