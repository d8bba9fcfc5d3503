"""Sums over partitions that scores and criteria need: tasks for `Parts.total`."""

import numpy as np

from .._kmeans.part_tasks import inertia_part
from .._mixture.answers import largest, weighted_sum
from .._passes.survey import refusing_part

__all__ = ["add_inertia", "add_log_prob", "add_resp"]


def add_inertia(part, model, n_threads):
    """Weighted sum of squared distances of a part to the nearest centres: for `Parts.total`.

    Parameters
    ----------
    part : Part
    model : mixclust.KMeans
    n_threads : int

    Returns
    -------
    inertia : float
    """
    return inertia_part(part, model._centers(), n_threads)


def add_log_prob(part, model, n_threads):
    """Weighted sum of log-densities of a part, and its weight: a task for `Parts.total`.

    Parameters
    ----------
    part : Part
    model : mixclust.GaussianMixture
    n_threads : int

    Returns
    -------
    sums : ndarray of shape (2,), float64
    """
    model.n_threads = n_threads
    with refusing_part(part):
        return np.array(model._log_likelihood(part.X, part.weights))


def add_resp(part, model, n_threads):
    """The sums of `add_log_prob`, and that of the logarithms of largest responsibilities.

    Parameters
    ----------
    part : Part
    model : mixclust.GaussianMixture
    n_threads : int

    Returns
    -------
    sums : ndarray of shape (3,), float64
    """
    sums = add_log_prob(part, model, n_threads)
    certainty, _ = weighted_sum(np.log(largest(model.predict_proba(part.X))), part.weights)
    return np.array([*sums, certainty])
