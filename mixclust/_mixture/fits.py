"""Some iterations of EM, and how good their end is."""

from typing import NamedTuple

import numpy as np

from .parameters import Parameters

__all__ = [
    "MIN_GAIN_IN_NATS",
    "N_ITER_OF_TRIAL",
    "TOL_OF_TRIAL_IN_NATS",
    "Fit",
    "fit_from",
    "trial_from",
]

N_ITER_OF_TRIAL = 100
"""Iterations of EM at most, after which a fit counts as nearly converged."""

TOL_OF_TRIAL_IN_NATS = 2e-4
"""Gain still to come at which a fit counts as nearly converged."""

N_ITER_OF_STAGE = 10
"""Iterations of EM after which a trial ends if it is not going to reach its target."""

MIN_GAIN_IN_NATS = 1e-4
"""A trial is kept if it gains more than this, in the mean log-likelihood of a row."""


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
    n_iter: int = 0
    """Iterations that led here."""

    @property
    def score(self):
        """Rank among fits: fewer components on few rows come first, then the larger bound."""
        return (-self.n_few, self.bound)

    def is_better_than(self, other, min_gain):
        """Whether the bound is larger by a gain, and no further component collapsed."""
        is_better = self.score > (-other.n_few, other.bound + min_gain)
        return is_better and self.n_collapsed <= other.n_collapsed


def fit_from(data, fitter, begin, n_iter=N_ITER_OF_TRIAL, tol=TOL_OF_TRIAL_IN_NATS):
    """Iterate from a start.

    Parameters
    ----------
    data : MixtureData
    fitter : kernels.mixture.em.EM
        Of the data.
    begin : callable
        ``begin(fitter)`` sets its parameters.
    n_iter : int
        At most.
    tol : float
        Gain still to come, in nats, at which the iterations end.

    Returns
    -------
    fit : Fit
    """
    begin(fitter)
    bounds, _, n_collapsed = fitter.run(n_iter, tol)
    few = (data.X.shape[1] + 0.5) * min(1.0, data.total_weight / len(data.X))
    n_few = int(np.sum(fitter.collapsed & (fitter.counts < few))) if n_collapsed else 0
    return Fit(n_collapsed, n_few, bounds[-1], data.parameters(fitter), fitter.n_iter)


def trial_from(data, fitter, resp, target):
    """Iterate from responsibilities, as long as the gain to come may lead beyond a fit.

    Parameters
    ----------
    data : MixtureData
    fitter : kernels.mixture.em.EM
        Of the data.
    resp : ndarray of shape (n_samples, n_components), float64
    target : Fit

    Returns
    -------
    fit : Fit
    """
    trial = fit_from(data, fitter, lambda kernel: kernel.start(resp=resp), N_ITER_OF_STAGE)
    n_iter = trial.n_iter
    while n_iter < N_ITER_OF_TRIAL and fitter.gain_to_come >= TOL_OF_TRIAL_IN_NATS:
        if trial.bound + fitter.gain_to_come < target.bound:
            break
        trial = fit_from(data, fitter, lambda kernel: None, 2 * N_ITER_OF_STAGE)
        n_iter += trial.n_iter
    return trial._replace(n_iter=n_iter)
