"""The part of a covariance structure that all structures share: how its compiled model is made."""

from functools import partial

from ...kernels.mixture.diagonal import DiagonalMoments
from ...kernels.mixture.model import Model
from ...kernels.mixture.parameters import Parameters
from ..maximiser import StepInPython
from ..statistics import Statistics

__all__ = ["Structure"]


class Structure:
    """Shapes, counting, algebra and sampling of covariances, and the compiled parts that fit them.

    A structure is a class that is never instantiated. Shapes of covariances and of
    `precisions_cholesky` are scikit-learn's.

    Attributes
    ----------
    name : str
        The `covariance_type` of the structure.
    maximise : callable or None
        M step in Python, ``maximise(statistics, parameters, floor)``: see `StepInPython`. None
        for the compiled `maximiser`.
    maximiser : type
        Compiled M step.
    """

    maximise = None

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
        n_features = data.X.shape[1]
        shape = cls.factor_shape(n_components, n_features)
        parameters = Parameters(n_components, n_features, shape)
        shape = cls.scatter_shape(n_components, n_features)
        statistics = Statistics(n_components, n_features, shape)
        if cls.maximise is None:
            maximiser = cls.maximiser(data.limits, data.smallest_count)
        else:
            maximiser = StepInPython(cls, data)
        quick = cls.quick(n_components, data)
        if quick is not None and data.weights_vary and quick[1].needs_all_rows:
            quick = None  # it relies on sums of all rows, which depend on the weights
        return Model(parameters, statistics, maximiser, partial(cls.exact, parameters), quick)

    @staticmethod
    def quick(n_components, data):
        """Density and moments that are quicker while components are close, or None."""
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
