"""The answers of a model about rows, as the columns that a command adds to a table."""

import numpy as np

from .._mixture.conditional import resp_of_known

__all__ = ["NOISE", "MixtureLabels", "component_names"]

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
    weights : ndarray of shape (n_components,)
        Mixing weights, and behind them the weight of noise if there is noise.
    """

    def __init__(self, mixture):
        self._mixture = mixture
        self.n_groups = len(mixture.weights_)
        self.has_noise = hasattr(mixture, "noise_weight_")
        self.weights = mixture.weights_
        if self.has_noise:
            self.weights = np.append(self.weights, mixture.noise_weight_)
        self.names = component_names(self.n_groups, self.has_noise)

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
