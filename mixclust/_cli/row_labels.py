"""The answers of a model about rows, as the columns that a command adds to a table."""

import numpy as np

from .._mixture.conditional import resp_of_known
from .wording import count

__all__ = ["NOISE", "CenterLabels", "MixtureLabels", "center_names", "component_names"]

NOISE = -1
"""Label of a row that belongs to the noise of a mixture."""


def component_names(n_components, has_noise=False):
    """Names of the columns with the answers of a mixture.

    Parameters
    ----------
    n_components : int
    has_noise : bool, default=False

    Returns
    -------
    names : list of str
    """
    noise = ["p_noise"] if has_noise else []
    return ["component", *(f"p_{k}" for k in range(n_components)), *noise, "uncertainty"]


def center_names(n_clusters):
    """Names of the columns with the answers of centres.

    Parameters
    ----------
    n_clusters : int

    Returns
    -------
    names : list of str
    """
    return ["cluster", "distance", *(["silhouette"] if n_clusters > 1 else [])]


class MixtureLabels:
    """Component, probabilities and uncertainty of rows.

    Parameters
    ----------
    mixture : GaussianMixture
        Fitted.

    Attributes
    ----------
    names : list of str
        Names of the columns.
    n_groups : int
        Number of components.
    has_noise : bool
    group, measure, fit_measure : str
        The words for a group, for the mean number of its rows, and for the fit of rows.
    weights : ndarray of shape (n_components,)
        Mixing weights, and behind them the weight of noise if there is noise.
    """

    group, measure, fit_measure = "component", "uncertainty", "log-density"

    def __init__(self, mixture):
        self._mixture = mixture
        self.n_groups = len(mixture.weights_)
        self.has_noise = hasattr(mixture, "noise_weight_")
        self.weights = mixture.weights_
        if self.has_noise:
            self.weights = np.append(self.weights, mixture.noise_weight_)
        self.names = component_names(self.n_groups, self.has_noise)

    @property
    def of_fit(self):
        """Mean log-density of a row of the fit, in nats; None if the model does not tell it."""
        if self._mixture.prior is not None or hasattr(self._mixture, "n_steps_"):
            return None  # `lower_bound_` holds the density of the prior, or is of the last batch
        return getattr(self._mixture, "lower_bound_", None)

    def measure_fit(self, X):
        """Give the sum of the log-densities of rows without missing values, in nats."""
        return float(self._mixture.score_samples(X).sum()) if len(X) else 0.0

    def describe(self):
        """Describe the model in a few words."""
        noise = " and noise" if self.has_noise else ""
        return f"{count(self.n_groups, 'component')}, {self._mixture.covariance_type}{noise}"

    def answer(self, X):
        """Answers about rows.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Without noise NaN is a missing value: the row is answered by its other values.

        Returns
        -------
        labels : ndarray of shape (n_rows,)
            From 0 on, in the order of the components of the model; -1 for noise.
        resp : ndarray of shape (n_rows, n_components)
            With one more column, the last one, if there is noise.
        uncertainty : ndarray of shape (n_rows,)
        """
        if len(X):
            resp = resp_of_known(self._mixture, X)
        else:
            resp = np.empty((0, self.n_groups + self.has_noise))
        labels = resp.argmax(axis=1)
        labels[labels == self.n_groups] = NOISE
        return labels, resp, 1 - resp.max(axis=1)


class CenterLabels:
    """Cluster, distance and silhouette of rows.

    Parameters
    ----------
    kmeans : KMeans or MiniBatchKMeans
        Fitted.
    scales : ndarray of shape (n_columns,), default=None
        Divisors of the columns.

    Attributes
    ----------
    names : list of str
        Names of the columns; without the silhouette if there is one cluster.
    n_groups : int
        Number of clusters.
    has_noise : bool
    weights : None
        A model of centres expects no sizes of clusters.
    """

    group, measure, fit_measure = "cluster", "silhouette", "squared distance"
    has_noise, weights = False, None

    def __init__(self, kmeans, scales=None):
        self._kmeans, self._scales = kmeans, scales
        self.n_groups = len(kmeans.cluster_centers_)
        self.names = center_names(self.n_groups)

    @property
    def of_fit(self):
        """Mean squared distance of a row of the fit; None if the model does not tell it."""
        total = getattr(self._kmeans, "total_weight_", None)
        return self._kmeans.inertia_ / total if total else None

    def measure_fit(self, X):
        """Give the sum of the squared distances of rows to the nearest centre."""
        return -self._kmeans.score(X) if len(X) else 0.0

    def describe(self):
        """Describe the model in a few words."""
        return count(self.n_groups, "cluster")

    def answer(self, X):
        """Answers about rows.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)

        Returns
        -------
        labels : ndarray of shape (n_rows,)
            The nearest centre, from 0 on in the order of the model.
        distances : ndarray of shape (n_rows,)
            To that centre, in units of the columns or of `scales`.
        silhouettes : ndarray of shape (n_rows,)
            The simplified ones; only if there are several clusters.
        """
        if self._scales is not None:
            X = X / self._scales
        if self.n_groups == 1:
            distances = self._kmeans.transform(X)[:, 0] if len(X) else np.empty(0)
            return np.zeros(len(X), dtype=np.intp), distances
        if not len(X):
            return np.empty(0, dtype=np.intp), np.empty(0), np.empty(0)
        labels, distances = self._kmeans.nearest_centers(X)
        near, far = distances.T
        silhouettes = np.divide(far - near, far, out=np.zeros_like(far), where=far > 0)
        return labels[:, 0], near, silhouettes
