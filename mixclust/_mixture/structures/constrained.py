"""The models that tie the covariances of components: equal volumes, shapes or orientations.

A model is named by three letters, for the volumes, shapes and orientations of the components: E,
equal in all; V, varying; I, round, or along the axes of the features [1]_. The four models with a
familiar name, VVV ("full"), EEE ("tied"), VVI ("diag") and VII ("spherical"), have modules of their
own; the others are made here.

References
----------
.. [1] G. Celeux and G. Govaert, "Gaussian parsimonious clustering models", Pattern Recognition 28,
   1995.
"""

import numpy as np

from ...kernels.mixture.constrained import SpectralMaximiser
from ...kernels.mixture.full import FullMoments
from ...kernels.mixture.mapped import SharedAxesDensity, WhitenedDensity
from ...kernels.mixture.oriented import OrientedMaximiser, ProportionalMaximiser
from ...kernels.mixture.parameters import Parameters, VarianceLimits
from ..linear_algebra import common_axes, decompose_along
from ..statistics import Statistics
from .diagonal import Diagonal
from .full import Full
from .spherical import Spherical

__all__ = ["constrained_model"]

MIN_ROWS_TO_MAP = 1000
"""Rows of positive weight from which an E step along common axes costs less: to find the axes of
four features takes as long as the gain by them for a thousand rows and seven components."""

MAX_CHANGE = 1e-5
"""Largest change of a covariance by the constraint, in units of the standard deviations of its
features, for which given covariances satisfy the constraint."""


class Constrained:
    """The part that all models with a constraint share; a class for each base is below.

    Its name is three letters.
    """

    @classmethod
    def n_parameters(cls, n_components, n_features):
        """Free parameters of the covariances."""
        volume, shape, orientation = cls.name
        n_angles = n_features * (n_features - 1) // 2
        n_volumes = {"E": 1, "V": n_components}[volume]
        n_shapes = {"I": 0, "E": 1, "V": n_components}[shape] * (n_features - 1)
        n_orientations = {"I": 0, "E": 1, "V": n_components}[orientation] * n_angles
        return n_volumes + n_shapes + n_orientations

    @classmethod
    def nearest(cls, covariances, precisions_cholesky):
        """The covariances of the model that are nearest to others, and their factors.

        They minimise the sum of the Kullback-Leibler divergences of the components: an M step from
        components of equal weight.
        """
        n_components = len(covariances)
        n_features = covariances.shape[1] if covariances.ndim > 1 else 1
        shape = cls.scatter_shape(n_components, n_features)
        statistics = Statistics(n_components, n_features, shape)
        statistics.set(1 / n_components, covariances.reshape(shape) / n_components)
        parameters = Parameters(
            n_components, n_features, cls.factor_shape(n_components, n_features)
        )
        limits = VarianceLimits(np.zeros((4, n_features)))
        cls.maximiser(limits, 0.0).maximise_once(statistics, parameters)
        _, _, factors, covariances = parameters.get()
        return cls.from_kernel(covariances), cls.from_kernel(factors)

    @classmethod
    def check_constraint(cls, covariances):
        """Raise ValueError if covariances, which are positive definite, break the constraint."""
        nearest, _ = cls.nearest(covariances, None)
        scales = np.sqrt(cls.variances(covariances))
        if covariances.ndim > 2:
            scales = scales[:, :, np.newaxis] * scales[:, np.newaxis]
        else:
            scales = np.square(scales).reshape(covariances.shape)
        changes = abs(nearest - covariances) / scales
        if changes.max() > MAX_CHANGE:
            k = int(np.argmax(changes.reshape(len(changes), -1).max(axis=1)))
            raise ValueError(
                f"covariances[{k}] is not of the model {cls.name!r}: the nearest covariances of "
                f"that model differ by {changes.max():.2g} of the variances; pass covariance_type="
                f"{cls.family!r}, or covariances that have {_in_words(cls.name)}."
            )

    @classmethod
    def from_free(cls, vector, shape, scales):
        """Factors of the model, the nearest to the ones of a vector that `to_free` made."""
        factors = super().from_free(vector, shape, scales)
        return cls.nearest(cls.invert(cls.precisions(factors)), factors)[1]

    @classmethod
    def reset(cls, covariances, precisions_cholesky, which, variances):
        """Covariances and factors with new variances for all: some alone would not satisfy the
        constraint, and the nearest ones that do may give a row no density."""
        return super().reset(covariances, precisions_cholesky, np.ones_like(which), variances)

    @classmethod
    def put(cls, covariances, precisions_cholesky, which, new_covariances, new_factors):
        """Covariances and factors of the model, after new ones at the indices `which`."""
        return cls.nearest(
            *super().put(covariances, precisions_cholesky, which, new_covariances, new_factors)
        )


def _in_words(letters):
    """The constraint of a model in words."""
    parts = zip(("volumes", "shapes", "orientations"), letters, strict=True)
    return " and ".join(f"equal {part}" for part, letter in parts if letter == "E")


class RoundModel(Constrained, Spherical):
    """One variance for all components and features."""

    @classmethod
    def maximiser(cls, limits, smallest_count):
        """The compiled M step."""
        return SpectralMaximiser(limits, smallest_count, False, False, True)


class AxisModel(Constrained, Diagonal):
    """Variances of equal volumes or shapes, along the axes of the features."""

    @classmethod
    def maximiser(cls, limits, smallest_count):
        """The compiled M step."""
        return SpectralMaximiser(limits, smallest_count, cls.name[0] == "V", cls.name[1] == "V")


class OrientedModel(Constrained, Full):
    """Covariance matrices of equal volumes, shapes or orientations."""

    n_factorisations = 10

    @classmethod
    def maximiser(cls, limits, smallest_count):
        """The compiled M step."""
        return OrientedMaximiser(limits, smallest_count, *(letter == "V" for letter in cls.name))


class CommonAxesModel(OrientedModel):
    """Covariance matrices of equal orientations."""

    n_factorisations = 100

    @staticmethod
    def quick(n_components, data):
        """Density along the common axes, and the moments of covariance matrices."""
        if data.n_present < MIN_ROWS_TO_MAP:
            return None
        shape = n_components, data.n_features
        return SharedAxesDensity(*shape), FullMoments(*shape)

    @classmethod
    def decompose(cls, covariances, n_components, n_features):
        """Volumes, shapes and orientations of the components, see `decompose_along`."""
        return decompose_along(common_axes(covariances), covariances)


class ProportionalModel(OrientedModel):
    """Covariance matrices of equal shapes and orientations."""

    @classmethod
    def maximiser(cls, limits, smallest_count):
        """The compiled M step."""
        return ProportionalMaximiser(limits, smallest_count)

    @staticmethod
    def quick(n_components, data):
        """Density of whitened rows, and the moments of covariance matrices."""
        shape = n_components, data.n_features
        return WhitenedDensity(*shape), FullMoments(*shape)

    @classmethod
    def decompose(cls, covariances, n_components, n_features):
        """Volumes, shapes and orientations of the components, see `decompose_along`."""
        return decompose_along(common_axes(covariances[:1]), covariances)


def constrained_model(letters, *, closed):
    """Make the structure of a model.

    Parameters
    ----------
    letters : str
        Three letters for volumes, shapes and orientations, each E, V or I.
    closed : bool
        As for `Structure`.

    Returns
    -------
    structure : type
    """
    _, shape, orientation = letters
    if shape == "I":
        base = RoundModel
    elif orientation == "I":
        base = AxisModel
    elif orientation == "V":
        base = OrientedModel
    else:
        base = ProportionalModel if shape == "E" else CommonAxesModel
    members = {"name": letters, "closed": closed, "__doc__": base.__doc__}
    members["shares_covariance"] = letters in ("EII", "EEI")
    structure = type(letters, (base,), members)
    globals()[letters] = structure  # where pickle looks for it
    return structure
