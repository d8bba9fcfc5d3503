"""An M step that is written in Python, in place of the compiled one."""

from ..kernels.mixture.model import Maximiser
from .parameters import Parameters

__all__ = ["StepInPython"]


class StepInPython(Maximiser):
    """Calls the function ``structure.maximise(statistics, parameters, floor)`` once a pass.

    It is given the `Statistics` of the pass and the `Parameters` before it, both in units of X,
    and the ndarray of shape (n_features,) that is to be added to every variance; it returns the
    new weights, means and covariances, in the shapes of the structure.

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
        weights, means, covariances = structure.maximise(statistics, before, self._floor)
        factors = structure.factors_of(covariances)
        parameters.set(
            weights,
            means - self._shift,
            structure.to_kernel(factors, n_features),
            structure.to_kernel(covariances, n_features),
        )
        return statistics.counts < self.smallest_count


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
    )
