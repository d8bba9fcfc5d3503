"""
New hand-written digits
=======================

New hand-written digits, drawn from a mixture of 110 Gaussians that was fitted to 1,797 real ones.
"""

import matplotlib.pyplot as plt
import numpy as np
from common import DATA, WIDTH, headline, save

from mixclust import GaussianMixture

N_COMPONENTS = 110
ROWS, COLUMNS = 8, 10


def principal_axes(X, share):
    """Compute the mean, and axes of variance 1 that hold a share of the total variance."""
    mean = X.mean(axis=0)
    _, lengths, axes = np.linalg.svd(X - mean, full_matrices=False)
    explained = np.cumsum(lengths**2) / np.sum(lengths**2)
    kept = np.searchsorted(explained, share) + 1
    return mean, lengths[:kept, np.newaxis] / np.sqrt(len(X) - 1) * axes[:kept]


def draw(ax, digits):
    """Draw digits of 8 x 8 pixels as one picture."""
    tiles = digits[: ROWS * COLUMNS].reshape(ROWS, COLUMNS, 8, 8)
    framed = np.pad(tiles, ((0, 0), (0, 0), (1, 1), (1, 1)))
    ax.imshow(
        framed.swapaxes(1, 2).reshape(10 * ROWS, 10 * COLUMNS), cmap="gray_r", vmin=0, vmax=16
    )
    ax.axis("off")


pixels = np.loadtxt(DATA / "digits.csv.gz", delimiter=",")[:, :-1]
mean, axes = principal_axes(pixels, 0.99)
X = (pixels - mean) @ np.linalg.pinv(axes)
# About 16 rows a component are too few for a covariance matrix of its own: all share one.
mixture = GaussianMixture(N_COMPONENTS, covariance_type="tied", random_state=0).fit(X)
new, _ = mixture.sample(ROWS * COLUMNS)
new = new[np.random.default_rng(0).permutation(len(new))] @ axes + mean

# %%
# The new digits beside real ones.

figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.6))
figure.get_layout_engine().set(wspace=0.06)
draw(left, pixels)
left.set_title(f"{ROWS * COLUMNS} of the {len(pixels):,} that people wrote")
draw(right, new)
right.set_title(f"{ROWS * COLUMNS} drawn from {N_COMPONENTS} components in {X.shape[1]} dimensions")
headline(figure, "New hand-written digits, drawn from a mixture")
print(f"{N_COMPONENTS} components in {X.shape[1]} dimensions, converged: {mixture.converged_}")
save(figure, "digits.png")
