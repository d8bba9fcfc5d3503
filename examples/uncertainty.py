"""
How sure a mixture is of each row
=================================

The size of each marker shows the uncertainty of its row: the probability that the row belongs to
another component.
"""

import matplotlib.pyplot as plt
from common import WIDTH, headline, save, stretched_blobs

from mixclust import GaussianMixture
from mixclust.plot import ComponentsDisplay, UncertaintyDisplay

X, _ = stretched_blobs(spread=1.3)
mixture = GaussianMixture(4, n_init=10, random_state=0).fit(X)
sure = mixture.uncertainty(X) < 0.1

figure, ax = plt.subplots(figsize=(WIDTH, 5.8))
UncertaintyDisplay.from_estimator(mixture, X, ax=ax)
ComponentsDisplay.from_estimator(mixture, coverage=[0.9], ax=ax)
ax.set_aspect("equal")
ax.set_title("Large markers are uncertain rows; each ellipse holds 90% of its component")
headline(figure, f"The mixture is sure of {sure.mean():.0%} of the rows")
print(f"{sure.mean():.0%} of the rows have an uncertainty below 0.1")
save(figure, "uncertainty.png")
