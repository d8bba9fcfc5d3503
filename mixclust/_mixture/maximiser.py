"""An M step that is written in Python, in place of the compiled one."""

import numpy as np

from ..kernels.mixture.model import Maximiser
from .parameters import MAX_SUM_ERROR, Parameters

__all__ = ["StepInPython"]


class StepInPython(Maximiser):
    """Calls the function ``structure.maximise(statistics, parameters, floor)`` once a pass.

    It is given the `Statistics` of the pass and the `Parameters` before it, both in units of X,
    and the ndarray of shape (n_features,) that is to be added to every variance; it returns the
    new weights, means and covariances, in the shapes of the structure. A ValueError tells which of
    them has another shape, holds NaN or infinity, or cannot be the parameter of a mixture.

    Parameters
    ----------
    structure : type
        A `Structure`, which turns covariances into factors of precisions.
    data : MixtureData
    """

    def __init__(self, structure, data):
        super().__init__(data.limits, data.smallest_count)
        self._structure = structure
        self._shift = data.shift
        self._floor = data.floor

    def step(self, statistics, parameters):
        """Change compiled parameters in place; returns which components have no rows."""
        structure, n_features = self._structure, parameters.n_features
        before = parameters_in_units(parameters, structure, self._shift)
        statistics = statistics.shifted(self._shift)
        counts = statistics.counts
        found = structure.maximise(statistics, before, self._floor.copy())
        weights, means, covariances = _check_step(found, before)
        factors = structure.factors_of(covariances)
        total = counts.sum() + statistics.noise_count
        noise_weight = statistics.noise_count / total if total > 0 else 0.0
        parameters.set(
            weights * (1 - noise_weight),
            means - self._shift,
            structure.to_kernel(factors, n_features),
            structure.to_kernel(covariances, n_features),
            noise_weight,
        )
        return counts < self.smallest_count


def _check_step(found, before):
    """Check new weights, means and covariances; return float64 arrays of the former shapes."""
    try:
        found = dict(zip(("weights", "means", "covariances"), found, strict=True))
    except (TypeError, ValueError):
        raise TypeError(
            f"maximise returned {type(found).__name__}; return weights, means and covariances."
        ) from None
    for name, value in found.items():
        found[name] = array = np.array(value, dtype=np.float64)
        if array.shape != getattr(before, name).shape:
            raise ValueError(
                f"maximise returned {name} of shape {array.shape}; return an array of shape "
                f"{getattr(before, name).shape}."
            )
        if not np.isfinite(array).all():
            raise ValueError(f"maximise returned {name} that hold NaN or infinity.")
    total = found["weights"].sum()
    if found["weights"].min() < 0 or abs(total - 1) > MAX_SUM_ERROR:
        raise ValueError(
            f"maximise returned weights that add up to {total:g}, the smallest is "
            f"{found['weights'].min():g}; return weights of at least 0 that add up to 1."
        )
    return found.values()


def parameters_in_units(parameters, structure, shift):
    """Compiled parameters as arrays of the shapes of a structure, in units of X.

    Parameters
    ----------
    parameters : kernels.mixture.parameters.Parameters
    structure : type
    shift : ndarray of shape (n_features,), float64
        Of the frame in which the compiled means are.

    Returns
    -------
    parameters : Parameters
    """
    weights, means, factors, covariances = parameters.get()
    return Parameters(
        weights,
        means + shift,
        structure.from_kernel(covariances),
        structure.from_kernel(factors),
        parameters.noise_weight,
    )
