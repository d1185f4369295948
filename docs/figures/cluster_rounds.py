"""What two workers do during a fit on a cluster, as Dask records it: three rounds."""

import warnings

import dask.array as da
import matplotlib.pyplot as plt
from distributed import Client, get_task_stream
from drawing import BACKWARD, FORWARD, NEUTRAL
from matplotlib.patches import Patch
from sklearn.exceptions import ConvergenceWarning

from scratchmlp import ScratchMLPClassifier
from scratchmlp.dask import fit

PARTITIONS, ROUNDS = 8, 3
network = ScratchMLPClassifier((100,), batch_size="full", max_iter=ROUNDS, random_state=0)
cluster = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": ":0"}
with (
    Client(**cluster) as client,
    warnings.catch_warnings(action="ignore", category=ConvergenceWarning),
):
    X = da.random.default_rng(0).normal(size=(200_000, 30), chunks=(200_000 // PARTITIONS, 30))
    y = (X[:, 0] > X[:, 1]).astype(int)
    with get_task_stream(client) as stream:
        fit(network, X, y)

colors = {"sums": FORWARD, "reporting_failures": NEUTRAL}
labels = ("read and move", BACKWARD), ("check and convert", NEUTRAL), ("loss and gradient", FORWARD)
tasks = sorted(
    (each["startstops"][-1]["start"], each["startstops"][-1]["stop"], each["worker"], each["key"])
    for each in stream.data
)
begin, workers = tasks[0][0], sorted({worker for _, _, worker, _ in tasks})
figure, ax = plt.subplots(figsize=(5.2, 2.3), layout="constrained")
for start, stop, worker, key in tasks:
    color = colors.get(str(key).split("-")[0], BACKWARD)
    style = {"color": color, "edgecolor": "white", "linewidth": 0.5}
    ax.barh(workers.index(worker), stop - start, 0.7, start - begin, **style)
sums = [task for task in tasks if str(task[3]).startswith("sums")]
for number in range(ROUNDS):
    batch = sums[PARTITIONS * number : PARTITIONS * (number + 1)]
    middle = (batch[0][0] + max(task[1] for task in batch)) / 2 - begin
    ax.text(middle, 1.55, f"round {number + 1}", ha="center", color=FORWARD)
ax.set(xlabel="seconds", ylim=(-0.5, 1.95))
ax.set_yticks([0, 1], ["worker 1", "worker 2"])
ax.spines[["top", "right"]].set_visible(False)
handles = [Patch(color=color, label=label) for label, color in labels]
figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False, fontsize=9)
