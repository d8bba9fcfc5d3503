"""
A density, and new points drawn from it
=======================================

The density of two moons by a mixture of 16 components, and new points drawn from it.
"""

import matplotlib.pyplot as plt
import numpy as np
from common import WIDTH, headline, moons, save

from mixclust import GaussianMixture

N_COMPONENTS = 16


def distance_to_moons(rows):
    """Compute the distance of each row to the two half circles."""
    curve = moons(2000, noise=0)
    return np.sqrt(((rows[:, np.newaxis] - curve) ** 2).sum(axis=-1).min(axis=1))


X = moons(1000)
mixture = GaussianMixture(N_COMPONENTS, random_state=0).fit(X)
new, _ = mixture.sample(len(X))

x, y = np.meshgrid(np.linspace(-1.4, 2.4, 190), np.linspace(-0.9, 1.4, 115))
log_density = mixture.score_samples(np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape)

figure, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.3), sharex=True, sharey=True)
axes[0].scatter(*X.T, s=2, color="#0072B2")
axes[0].set_title(f"{len(X):,} points")
axes[1].contourf(x, y, log_density, levels=np.arange(-6, 2), cmap="Blues", extend="max")
axes[1].set_title(f"log-density, {N_COMPONENTS} components")
axes[2].scatter(*new.T, s=2, color="#D55E00")
axes[2].set_title(f"{len(new):,} new points")
for ax in axes:
    ax.set_aspect("equal")
    ax.label_outer()
headline(figure, "A mixture is a density: here of two moons, with new points drawn from it")

for name, rows in (("points", X), ("new points", new)):
    print(f"mean distance of {name} to the moons: {distance_to_moons(rows).mean():.3f}")
save(figure, "moons_density.png")
