"""Error and log-loss against the time of a fit, on the small data sets."""

import matplotlib.pyplot as plt
from small_sets import draw

draw(plt.figure(), "error", "log_loss")
