"""
Four structures of covariances
==============================

The four structures of covariances that scikit-learn has too, on the same rows, and the BIC of each.
"""

import matplotlib.pyplot as plt
from common import WIDTH, headline, save, stretched_blobs

from mixclust import GaussianMixture
from mixclust.plot import ComponentsDisplay

SHAPES = {
    "spherical": "circles of any size",
    "diag": "ellipses along the axes",
    "tied": "one ellipse for all",
    "full": "any ellipse",
}

X, _ = stretched_blobs()
figure, axes = plt.subplots(2, 2, figsize=(WIDTH, 6.5), sharex=True, sharey=True)
criterion = {}
for ax, (kind, shape) in zip(axes.flat, SHAPES.items(), strict=True):
    mixture = GaussianMixture(4, covariance_type=kind, n_init=20, random_state=0).fit(X)
    criterion[kind] = mixture.bic(X)
    ComponentsDisplay.from_estimator(mixture, X, ax=ax)
    ax.set_title(f"{kind}: {shape}, BIC {criterion[kind]:,.0f}")
    ax.set_aspect("equal")
    ax.label_outer()
    print(f"{kind:<9}  BIC {criterion[kind]:7.1f}")
best = min(criterion, key=criterion.get)
headline(figure, f"“{best}” describes these rows best: its BIC is the least")
print(f"least BIC: {best}")
save(figure, "covariance_structures.png")
