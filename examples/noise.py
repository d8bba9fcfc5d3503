"""
Rows that belong to no cluster
==============================

Eruptions of Old Faithful with 60 rows of typing errors among them: a plain mixture stretches its
components over the errors; a mixture with noise leaves them out, as label -1.
"""

import matplotlib.pyplot as plt
import numpy as np
from common import DATA, WIDTH, headline, save

from mixclust import GaussianMixture
from mixclust.plot import ComponentsDisplay

N_ERRORS = 60

eruptions = np.loadtxt(DATA / "faithful.csv", delimiter=",", skiprows=1)
errors = np.random.default_rng(0).uniform([0, 20], [7, 120], size=(N_ERRORS, 2))
X = np.concatenate([eruptions, errors])
plain = GaussianMixture(2, random_state=0).fit(X)
robust = GaussianMixture(2, noise=True, random_state=0).fit(X)

left_out = robust.predict(X) == -1
print(f"{left_out[-N_ERRORS:].sum()} of {N_ERRORS} errors are left out")
print(f"{left_out[:-N_ERRORS].sum()} of {len(eruptions)} eruptions are left out")
print(f"estimated share of noise: {robust.noise_weight_:.2f}")

# %%
# Both mixtures; rows of noise are grey crosses.

figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.6), sharex=True, sharey=True)
for ax, name, mixture in zip(axes, ("plain", "with noise"), (plain, robust), strict=True):
    ComponentsDisplay.from_estimator(mixture, X, ax=ax)
    ax.set(xlabel="eruption / min", ylabel="wait for the next / min")
    ax.set_title(name)
    ax.label_outer()
headline(figure, "Noise takes the rows that belong to no cluster")
save(figure, "noise.png")
