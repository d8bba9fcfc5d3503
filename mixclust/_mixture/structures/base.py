"""The part of a covariance structure that all structures share: how its compiled model is made."""

from functools import partial

from ...kernels.mixture.diagonal import DiagonalMoments
from ...kernels.mixture.model import Model
from ...kernels.mixture.parameters import Parameters
from ..maximiser import StepInPython
from ..statistics import Statistics

__all__ = ["Structure", "shares"]

TINY = 1e-300
"""Added to divisors that may be zero."""


class Structure:
    """Shapes, counting, algebra and sampling of covariances, and the compiled parts that fit them.

    A structure is a class that is never instantiated. Shapes of covariances and of
    `precisions_cholesky` are scikit-learn's.

    Attributes
    ----------
    name : str
        The `covariance_type` of the structure.
    family : str
        The name of the structure without constraints that has covariances of the same shape.
    closed : bool
        Whether some of the features of a mixture, and a mixture in which some features are given,
        have the same structure; else they have the structure `family`.
    maximise : callable or None
        M step in Python, ``maximise(statistics, parameters, floor)``: see `StepInPython`. None
        for the compiled `maximiser`.
    maximiser : type
        Compiled M step.
    n_factorisations : int
        Factorisations of a matrix that take as long as the work of an M step on it.
    shares_covariance : bool
        Whether all components have one covariance, so that one prior holds for it.
    """

    maximise = None
    closed = True
    n_factorisations = 1
    shares_covariance = False

    @classmethod
    def model(cls, n_components, data):
        """The compiled model to be fitted.

        Parameters
        ----------
        n_components : int
        data : MixtureData
            Described: its `limits`, `smallest_count` and `scatter` are known.

        Returns
        -------
        model : kernels.mixture.model.Model
        """
        n_features = data.n_features
        shape = cls.factor_shape(n_components, n_features)
        parameters = Parameters(n_components, n_features, shape)
        shape = cls.scatter_shape(n_components, n_features)
        statistics = Statistics(n_components, n_features, shape)
        if cls.maximise is None:
            maximiser = cls.maximiser(data.limits, data.smallest_count)
        else:
            maximiser = StepInPython(cls, data)
        if data.prior is not None:
            from ..priors import posterior_maximiser  # rarely used

            maximiser = posterior_maximiser(data, maximiser, statistics)
        quick = cls.quick(n_components, data)
        if data.noise_box is not None:
            parameters.log_volume = data.noise_box.log_volume
        if (data.noise_box is not None or data.weights_vary) and (
            quick is not None and quick[1].needs_all_rows
        ):
            # It relies on sums of all rows: with noise, responsibilities do not add up to weights.
            quick = None
        return Model(parameters, statistics, maximiser, partial(cls.exact, parameters), quick)

    @classmethod
    def nearest(cls, covariances, precisions_cholesky):
        """The covariances and factors of the structure that are nearest to given ones.

        Here every covariance that has the shape is of the structure.
        """
        return covariances, precisions_cholesky

    @classmethod
    def check_constraint(cls, covariances):
        """Raise ValueError if positive definite covariances are not of the structure."""

    @classmethod
    def losses_by_mergers(cls, parameters):
        """Losses of likelihood by mergers of two components, as far as covariances tell them.

        Parameters
        ----------
        parameters : Parameters

        Returns
        -------
        losses : callable
            ``losses(i, j)`` returns them for arrays of components i and j, in nats for each unit of
            the weight of all components.
        """
        weights, means, covariances = parameters.weights, parameters.means, parameters.covariances
        own = weights * cls.log_determinants(covariances, means.shape[1])

        def losses(i, j):
            both, share = shares(weights, i, j)
            joined = cls.joined(covariances, i, j, share, means[j] - means[i])
            return (both * cls.log_determinants(joined, means.shape[1]) - own[i] - own[j]) / 2

        return losses

    @staticmethod
    def quick(n_components, data):
        """Density and moments that are quicker while components are close, or None.

        Of the data they may depend on the number of features and on the scatter, but not on the
        shift: a stream keeps a model for further batches unless the structure needs the scatter.
        """
        return None

    @staticmethod
    def moments_of_all_rows(n_features):
        """Moments that describe all rows as one component, and the shape of their scatter."""
        return DiagonalMoments(1, n_features), (1, n_features, 1)

    @staticmethod
    def to_kernel(values, n_features):
        """Factors or covariances as the kernels keep them, in any shape."""
        return values

    @staticmethod
    def from_kernel(values):
        """Factors or covariances from an array (n_matrices, n_features, n_columns)."""
        return values


def shares(weights, i, j):
    """Weights of components i and j together, and the share of i in both."""
    both = weights[i] + weights[j] + TINY
    return both, weights[i] / both
