"""Log-loss against the time of a fit, as measured by benchmarks/accuracy.py.

README shows the same picture. To draw it again, run in this folder:
python quality.py ../_static/quality.png
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

benchmarks = Path.cwd().parents[1] / "benchmarks"  # a figure is drawn in its own folder
sys.path.insert(0, str(benchmarks))

from accuracy import small_sets  # noqa: E402
from runs import latest  # noqa: E402
from tradeoff import draw  # noqa: E402

# No contestant is given: each one's last version counts, not the one installed here.
title, summaries, measures, ours = small_sets(latest(benchmarks / "measured.jsonl", {}))
plt.rcParams["font.size"] = 12  # readable on a phone
figure = plt.figure()
draw(figure, title.capitalize(), summaries, {"log_loss": measures["log_loss"]}, ours)
if len(sys.argv) > 1:
    figure.savefig(sys.argv[1], dpi=110)
