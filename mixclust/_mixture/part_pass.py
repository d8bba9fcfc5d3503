"""The pass of a mixture over one part of the rows: a function that may run on another machine."""

import numpy as np

from .._passes.frame import largest_distance
from .._passes.survey import refuse_far_part, refuse_part
from ..kernels.mixture.em import EM
from ..kernels.mixture.model import Density, Maximiser, Model
from ..kernels.mixture.online import LOG_LIKELIHOOD_OF_LOST_ROWS
from ..kernels.mixture.parameters import Parameters as CompiledParameters
from ..kernels.mixture.parameters import VarianceLimits
from ..kernels.mixture.parted import PartPass
from ..kernels.rows.dense_rows import DenseRows
from ..kernels.rows.rows import Frame
from .data import MixtureData, cut_rows
from .outer_rows import extent_along, worst_rows
from .statistics import Statistics
from .structures.tied import Tied

__all__ = ["PartRequest", "add_part", "add_scatter", "find_worst_rows", "measure_extent"]


class PartRequest:
    """The model under its current parameters, as a pass over a part needs it.

    In the process that made it, passes share the model: they must not run at the same time. It
    pickles as numbers, of which each pass makes a model of its own.

    Parameters
    ----------
    data : FitData
        Frame and floors of the fit.
    model : kernels.mixture.model.Model
    """

    def __init__(self, data, model):
        self.structure = data.structure
        self.shift = data.shift
        self.has_noise = data.noise_box is not None
        self._data = data
        self._model = model

    def pass_over(self, part, n_threads):
        """Sum the rows of a part.

        Parameters
        ----------
        part : Part
        n_threads : int

        Returns
        -------
        statistics : Statistics
            Of the model: the next pass overwrites them.
        """
        n_components = self._model.parameters.n_components
        return self._kernel(self._model, n_components, part, n_threads).add_part()

    def _kernel(self, model, n_components, part, n_threads):
        rows = DenseRows(part.X, part.weights)
        cut = cut_rows(self.structure, part.X.shape, n_components, n_threads)
        return PartPass(rows, Frame(self.shift), model, *cut, 1.0)

    def __reduce__(self):
        model, statistics = self._model, self._model.statistics
        numbers = (*model.parameters.get(), model.parameters.noise_weight)
        origins = statistics.origins
        return _SentRequest, (self._data.without_rows(), numbers, origins, model.is_exact)


class _SentRequest(PartRequest):
    """A request that was pickled.

    Parameters
    ----------
    data : FitData
    numbers : tuple
        Arguments of ``EM.set_parameters``.
    origins : ndarray of shape (n_components, n_features), float64
    is_exact : bool
    """

    def __init__(self, data, numbers, origins, is_exact):
        super().__init__(data, None)
        self._numbers, self._origins, self._is_exact = numbers, origins, is_exact

    def pass_over(self, part, n_threads):
        weights, means, factors, covariances, noise_weight = self._numbers
        n_components = len(weights)
        model = self.structure.model(n_components, self._data)
        kernel = self._kernel(model, n_components, part, n_threads)
        kernel.set_parameters(weights, means, factors, covariances, noise_weight)
        return kernel.add_part(self._origins, self._is_exact)

    def __reduce__(self):
        return _SentRequest, (self._data, self._numbers, self._origins, self._is_exact)


def add_part(part, request, n_threads):
    """Sum the rows of a part under the parameters of a model: a task for `Parts.total`.

    Parameters
    ----------
    part : Part
    request : PartRequest
    n_threads : int

    Returns
    -------
    statistics : Statistics
        About the origins of the request, without the terms that are known before the pass.

    Raises
    ------
    ValueError
        If the part holds NaN or infinity. With noise also if it holds numbers that are too large to
        square: rows without a density would become noise.
    """
    if request.has_noise:
        rows = DenseRows(part.X, part.weights)
        refuse_far_part(part, largest_distance(rows, request.shift, n_threads))
    statistics = request.pass_over(part, n_threads)
    if not statistics.log_likelihood > LOG_LIKELIHOOD_OF_LOST_ROWS:
        refuse_part(part)
    return statistics.copy()


def add_scatter(part, shift, n_threads):
    """Sum the scatter of the rows of a part about a point: a task for `Parts.total`.

    Parameters
    ----------
    part : Part
    shift : ndarray of shape (n_features,), float64
    n_threads : int

    Returns
    -------
    statistics : Statistics
        Of one component, with a scatter matrix.
    """
    n_features = len(shift)
    moments, scatter_shape = Tied.moments_of_all_rows(n_features)
    statistics = Statistics(1, n_features, scatter_shape)
    model = Model(
        CompiledParameters(1, n_features, scatter_shape[::2]),
        statistics,
        Maximiser(VarianceLimits(np.zeros((4, n_features))), 0.0),
        lambda: (Density(1, n_features), moments),
    )
    rows = DenseRows(part.X, part.weights)
    cut = cut_rows(Tied, part.X.shape, 1, n_threads)
    EM(rows, Frame(shift), model, *cut, 1.0).sum_given()
    return statistics


def find_worst_rows(part, request, n_threads):
    """Find the rows of a part that a mixture explains worst: a task for `Parts.total`.

    Parameters
    ----------
    part : Part
    request : tuple of a type of `Structure` and `Parameters`
    n_threads : int

    Returns
    -------
    worst : WorstRows
    """
    structure, parameters = request
    return worst_rows(MixtureData(part.X, part.weights, structure, n_threads), parameters)


def measure_extent(part, request, n_threads):
    """Measure the extent of the rows of a part along axes: a task for `Parts.total`.

    Parameters
    ----------
    part : Part
    request : tuple of two ndarrays
        Shift and axes.
    n_threads : int

    Returns
    -------
    extent : Extent
    """
    return extent_along(part.X, part.weights, *request)
