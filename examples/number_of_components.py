"""
The number of components
========================

The number of components for two moons, by two information criteria.
"""

import matplotlib.pyplot as plt
from common import WIDTH, headline, moons, save

from mixclust import GaussianMixture
from mixclust.plot import CriteriaDisplay

X = moons()
figure, ax = plt.subplots(figsize=(WIDTH, 4))
display = CriteriaDisplay.from_estimator(
    GaussianMixture(random_state=0),
    X,
    n_components=range(1, 25),
    covariance_types=["full"],
    criteria=["bic", "aic"],
    ax=ax,
)
bic, aic = (display.best(criterion)[0] for criterion in ("bic", "aic"))
headline(figure, f"BIC chooses {bic} components; AIC, which penalises size less, {aic}")
print(f"BIC: {bic} components, AIC: {aic} components")
save(figure, "number_of_components.png")
