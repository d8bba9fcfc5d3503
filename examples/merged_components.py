"""
Clusters of several components
==============================

Round components that are merged to stretched clusters: eruptions of Old Faithful.
"""

import matplotlib.pyplot as plt
import numpy as np
from common import DATA, WIDTH, headline, save

from mixclust import GaussianMixture, merge_components
from mixclust.plot import ComponentsDisplay, MergingDisplay, draw_rows

table = np.loadtxt(DATA / "faithful.csv", delimiter=",", skiprows=1)
X = table / table.std(axis=0)  # round components need features of one scale
mixture = GaussianMixture(4, covariance_type="spherical", random_state=0).fit(X)
merged = merge_components(mixture, X)
n_clusters = merged.n_clusters_

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(WIDTH, 3.2))
ComponentsDisplay.from_estimator(mixture, X, ax=left)
MergingDisplay.from_merged(merged, ax=middle)
draw_rows(X, merged.predict(X), ax=right)
for ax in (left, right):
    ax.set(xlabel="eruption (standard deviations)", ylabel="wait (standard deviations)")
left.set_title("4 components")
middle.set_title("entropy while components merge")
right.set_title(f"{n_clusters} clusters")
headline(figure, "Components that overlap belong to one cluster")
print(f"{len(mixture.weights_)} components, {n_clusters} clusters")
print(f"entropy {merged.entropies_[0]:.1f} and {merged.entropies_[-n_clusters]:.1f} nats")
save(figure, "merged_components.png")
