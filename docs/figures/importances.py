"""Which columns of the Adult table matter: the picture of trust.md."""

import matplotlib.pyplot as plt
from tutorial import X, model, y

from scratchmlp.plotting import ImportancesDisplay

result = model.oof_importances(X, y, random_state=0)
_, ax = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
ImportancesDisplay.from_importances(result, ax)
