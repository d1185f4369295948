"""How networks learned the Adult table: the picture of trust.md."""

import matplotlib.pyplot as plt
from tutorial import model

from scratchmlp.plotting import TrainingCurveDisplay

_, ax = plt.subplots(figsize=(5.2, 4.6), layout="constrained")
TrainingCurveDisplay.from_estimator(model.named_estimators_["networks"], ax=ax)
