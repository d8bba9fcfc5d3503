"""One step of online EM, and the state of a stream between two steps.

The state holds the expected sufficient statistics: a mean over the rows so far, in which newer rows
count more [1]_. A batch takes its share in that mean, and the M step of the structure follows.

References
----------
.. [1] O. Cappé and E. Moulines, "On-line expectation-maximization algorithm for latent data
   models", Journal of the Royal Statistical Society B 71, 2009.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..kernels.mixture.parted import PartedEM, PartPass
from .data import cut_rows
from .em import HANDLERS
from .fit_data import FitData
from .part_pass import LOG_LIKELIHOOD_OF_LOST_ROWS
from .priors import Prior
from .statistics import Statistics

__all__ = ["Stream", "make_step", "pack", "statistics_of", "unpack"]

SMALLEST_SHARE = 1e-200
"""Share of the weight below which a component has no rows left: its sums would underflow."""


N_SCALARS = 3
"""Numbers at the begin of a packed stream."""


class Stream(NamedTuple):
    """The state of a stream, in units of X. A step makes a new one and changes none."""

    weight: float
    """Weight of the statistics, in the unit of the weights of the last batch."""
    sums: np.ndarray | None
    """Counts, sums and scatters of rows of weight 1, about the means; None before the first
    batch."""
    noise_count: float
    """The same of noise."""
    limits: np.ndarray
    """Floor, limit, rescue and rounding of the variances, (4, n_features)."""
    smallest_count: float
    """A component of less weight is empty."""
    prior: Prior | None


def make_step(stream, parameters, rows, share, policy):
    """Take a batch into the statistics, and maximise.

    Parameters
    ----------
    stream : Stream
        Before the batch; not changed.
    parameters : Parameters
        Before the batch.
    rows : MixtureData
        The batch, described or framed.
    share : float
        Of the batch in the new statistics: the step size. 1 without statistics.
    policy : {"floor", "restart", "drop"}
        For components that collapse.

    Returns
    -------
    stream : Stream
    parameters : Parameters
    bound : float
        Mean log-likelihood of a row of the batch under the parameters before; with a prior, its
        log-density over the weight of the batch is added.
    collapsed : ndarray of shape (n_components,), bool
    """
    batch = _Batch(stream, parameters, rows, share)
    kernel = batch.fitter(len(parameters.weights))
    batch.use(kernel, parameters)
    bounds, _, _ = kernel.run(1, 0.0)
    collapsed = kernel.collapsed
    if collapsed.any() and policy in HANDLERS:
        kernel = HANDLERS[policy](batch, kernel)
        parameters = batch.parameters(kernel)
        statistics = statistics_of(rows.structure, parameters, batch.floor)
    else:
        parameters = batch.parameters(kernel)
        statistics = kernel.model.statistics.about(parameters.means - batch.shift)
        statistics *= 1 / batch.weight
        counts = statistics.counts
        if counts.min() < SMALLEST_SHARE:
            statistics.clear(counts < SMALLEST_SHARE)
    stream = stream._replace(
        weight=batch.weight, sums=statistics.sums_of_rows(), noise_count=statistics.noise_count
    )
    return stream, parameters, bounds[0], collapsed


class _Batch(FitData):
    """A batch of a stream and the statistics of the rows before it, as one step reads them."""

    def __init__(self, stream, parameters, rows, share):
        self._stream, self._means, self._rows = stream, parameters.means, rows
        self.structure, self.n_features = rows.structure, rows.n_features
        self.n_present = rows.n_present
        self.total_weight = self.given_weight = rows.total_weight
        self.scatter = rows.scatter
        self.noise_box, self.prior = parameters.noise_box, stream.prior
        self.floor, self.limit, self.rescue, self.rounding = stream.limits
        self._set_limits()
        self.smallest_count = stream.smallest_count
        self._set_shift(rows.shift)
        self.weight = rows.total_weight / share

    @cached_property
    def variances(self):
        """Variances of the features in the batch, (n_features,)."""
        if not hasattr(self._rows, "variances"):
            self._rows.describe("auto")
        return self._rows.variances

    def worst_rows(self, parameters):
        """Distinct rows of positive weight that a mixture explains worst, the worst first."""
        return self._rows.worst_rows(parameters)

    def fitter(self, n_components):
        """The EM of which one iteration is a step."""
        model = self.structure.model(n_components, self)
        return PartedEM(model, self.total_weight, self._sum_up)

    def _sum_up(self, model):
        """The statistics after the batch, in the frame, about the origins of the model."""
        rows, n_components = self._rows, model.parameters.n_components
        cut = cut_rows(self.structure, rows.X.shape, n_components, rows.n_threads)
        kernel = PartPass(rows.rows, self.frame, model, *cut, 1.0)
        total = kernel.add_part()
        is_sound = np.isfinite(total.numbers).all()
        if not (is_sound and total.log_likelihood > LOG_LIKELIHOOD_OF_LOST_ROWS):
            rows.refuse()
        if self._stream.sums is not None:
            before = Statistics(n_components, self.n_features, model.statistics.scatter_shape)
            before.set_sums(self._stream.sums, self._means - self.shift)
            before.noise_count = self._stream.noise_count
            total.add_times(before, self.weight - rows.total_weight)
        return total


def statistics_of(structure, parameters, floor):
    """Statistics of rows of weight 1 from which an M step without a prior makes given parameters.

    Parameters
    ----------
    structure : type of `Structure`
    parameters : Parameters
    floor : ndarray of shape (n_features,), float64
        That the M step adds to every variance.

    Returns
    -------
    statistics : Statistics
        About the means.
    """
    n_components, n_features = parameters.means.shape
    shape = structure.scatter_shape(n_components, n_features)
    _, n_rows, n_columns = shape
    covariances = structure.to_kernel(parameters.covariances, n_features)
    if n_columns > 1:
        covariances = covariances.reshape(-1, n_rows, n_columns) - np.diag(floor)
    else:
        covariances = (covariances.reshape(n_components, n_features) - floor)[:, :, np.newaxis]
        if n_rows == 1:
            covariances = covariances.sum(axis=1, keepdims=True)
    counts = parameters.weights
    shares = counts if shape[0] == n_components else counts.sum(keepdims=True)
    statistics = Statistics(n_components, n_features, shape)
    statistics.set(counts, shares[:, np.newaxis, np.newaxis] * covariances, parameters.means)
    statistics.noise_count = parameters.noise_weight
    return statistics


# One array of all numbers, which is saved and pickled


def pack(stream):
    """All numbers of a stream, as one array of float64.

    Parameters
    ----------
    stream : Stream

    Returns
    -------
    numbers : ndarray of shape (n_numbers,), float64
    """
    prior = stream.prior
    parts = [
        [stream.weight, stream.smallest_count, stream.noise_count],
        stream.limits.ravel(),
        stream.sums,
    ]
    if prior is not None:
        parts += [prior.mean, [prior.kappa, prior.dof], prior.scale.ravel()]
    return np.concatenate(parts)


def unpack(numbers, structure, n_components, n_features):
    """The stream of an array that `pack` made.

    Parameters
    ----------
    numbers : ndarray of shape (n_numbers,), float64
    structure : type of `Structure`
    n_components, n_features : int

    Returns
    -------
    stream : Stream
        Shares memory with the array.

    Raises
    ------
    ValueError
        If the array is not as long as the sizes tell, or holds a negative weight.
    """
    shape = structure.scatter_shape(n_components, n_features)
    end_of_limits = N_SCALARS + 4 * n_features
    end_of_sums = end_of_limits + n_components * (1 + n_features) + math.prod(shape)
    n_prior = n_features + 2 + shape[1] * shape[2]
    if numbers.size not in (end_of_sums, end_of_sums + n_prior):
        raise ValueError("the state of its stream does not fit its parameters")
    weight, smallest_count, noise_count = numbers[:N_SCALARS].tolist()
    limits = numbers[N_SCALARS:end_of_limits].reshape(4, n_features)
    sums = numbers[end_of_limits:end_of_sums]
    if min(weight, smallest_count, noise_count, sums[:n_components].min()) < 0:
        raise ValueError("the state of its stream holds negative weights")
    prior = None
    if numbers.size > end_of_sums:
        mean, pair, scale = np.split(numbers[end_of_sums:], [n_features, n_features + 2])
        prior = Prior(mean, *pair.tolist(), scale.reshape(shape[1:]))
    return Stream(weight, sums, noise_count, limits, smallest_count, prior)
