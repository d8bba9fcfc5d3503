"""
Circles and ellipses
====================

K-means and a mixture on stretched clusters: circles cut them, ellipses follow them.
"""

import matplotlib.pyplot as plt
from common import WIDTH, agreement, headline, save, stretched_blobs
from scipy.optimize import linear_sum_assignment

from mixclust import GaussianMixture, KMeans
from mixclust.plot import ComponentsDisplay

X, truth = stretched_blobs()
kmeans = KMeans(4, n_init=10, random_state=0).fit(X)
mixture = GaussianMixture(4, n_init=10, random_state=0).fit(X)

# The same k-means clusters in the order of the components, so that colours match.
_, order = linear_sum_assignment(kmeans.transform(mixture.means_))
kmeans = KMeans(4, init=kmeans.cluster_centers_[order]).fit(X)

figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.5), sharex=True, sharey=True)
for ax, name, estimator in zip(axes, ("k-means", "mixture"), (kmeans, mixture), strict=True):
    ComponentsDisplay.from_estimator(estimator, X, ax=ax)
    share = agreement(estimator.predict(X), truth)
    ax.set_title(f"{name}: {share:.0%} of the rows are where they belong")
    ax.set_aspect("equal")
    ax.label_outer()
    print(f"{name}: {share:.0%} of the rows are where they belong")
headline(figure, "K-means cuts stretched clusters into circles; a mixture follows them")
save(figure, "circles_and_ellipses.png")
