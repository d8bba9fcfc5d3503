"""
The covariance model and the number of components
=================================================

Fourteen covariance models with one to six components on eruptions of Old Faithful: the curve of BIC
of each model, and the mixture that has the least.
"""

import matplotlib.pyplot as plt
import numpy as np
from common import DATA, WIDTH, headline, save

import mixclust
from mixclust.plot import ComponentsDisplay, CriteriaDisplay

X = np.loadtxt(DATA / "faithful.csv", delimiter=",", skiprows=1)
search = mixclust.select(X, range(1, 7), random_state=0)
best, second = search.report_.ranked[:2]
print(f"{best.covariance_type} with {best.n_components} components, BIC {best.bic:.1f}")
print(f"second best: {second.bic - best.bic:.1f} more")

# %%
# The table of the search, and the chosen mixture.

figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 4), width_ratios=[1.2, 1])
CriteriaDisplay.from_search(search, ax=left)
ComponentsDisplay.from_estimator(search.best_estimator_, X, ax=right)
right.set(xlabel="eruption / min", ylabel="wait for the next / min")
right.set_title(f"{best.covariance_type}, {best.n_components} components")
headline(figure, f"“{best.covariance_type}” with {best.n_components} components has the least BIC")
save(figure, "model_by_bic.png")
