"""Some iterations of EM, and how good their end is."""

from typing import NamedTuple

import numpy as np

from .parameters import Parameters

__all__ = ["Fit", "fit_from"]


class Fit(NamedTuple):
    """The end of some iterations of EM."""

    n_collapsed: int
    """Components that collapsed."""
    n_few: int
    """Components that collapsed on no more rows than features: their likelihood is unbounded, and
    does not say how good the fit is."""
    bound: float
    """Mean log-likelihood of a row, in nats."""
    parameters: Parameters

    @property
    def score(self):
        """Rank among fits: fewer components on few rows come first, then the larger bound."""
        return (-self.n_few, self.bound)


def fit_from(data, fitter, begin, n_iter, tol):
    """Iterate from a start.

    Parameters
    ----------
    data : MixtureData
    fitter : kernels.mixture.em.EM
        Of the data.
    begin : callable
        ``begin(fitter)`` sets its parameters.
    n_iter : int
    tol : float

    Returns
    -------
    fit : Fit
    """
    begin(fitter)
    bounds, _, n_collapsed = fitter.run(n_iter, tol)
    few = data.X.shape[1] * min(1.0, data.total_weight / len(data.X))
    n_few = int(np.sum(fitter.collapsed & (fitter.counts <= few))) if n_collapsed else 0
    return Fit(n_collapsed, n_few, bounds[-1], data.parameters(fitter))
