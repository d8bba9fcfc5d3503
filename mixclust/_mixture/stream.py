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

from .._passes.shards import MAX_SHARDS
from ..kernels.mixture.em import EM
from ..kernels.mixture.online import OnlineEM
from ..kernels.mixture.parameters import VarianceLimits
from .data import ROWS_PER_TABLE, cut_rows
from .em import HANDLERS
from .fit_data import FitData
from .priors import Prior
from .statistics import Statistics

__all__ = ["Kernel", "Stream", "make_step", "pack", "statistics_of", "unpack"]

N_SCALARS = 3
"""Numbers at the begin of a packed stream."""

FINENESS = 2
"""Shards of a batch for each one that its work is worth: a batch has few, and two threads wait for
half of one on average."""

MAX_KEPT_NUMBERS = 1 << 20
"""Numbers in a kernel that is kept between steps, 8 MiB. The time to make a larger one is small
beside that of a pass."""

N_OTHER_TABLES = 6
"""Copies of parameters, statistics and packed factors in a kernel, beside a table a shard."""


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


class Kernel(NamedTuple):
    """The compiled EM of a step, which the next step of the same stream may use again.

    It holds room for sums and parameters, and no number that a step reads from an earlier one.
    """

    em: OnlineEM
    shape: tuple
    """Structure, number of components, features and rows, whether there is noise, and threads."""


def make_step(stream, parameters, rows, share, policy, kernel=None):
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
    kernel : Kernel, default=None
        The kernel that the last step of the stream returned.

    Returns
    -------
    stream : Stream
    parameters : Parameters
    bound : float
        Mean log-likelihood of a row of the batch under the parameters before; with a prior, its
        log-density over the weight of the batch is added.
    collapsed : ndarray of shape (n_components,), bool
    kernel : Kernel or None
        For the next step, without the rows of the batch.
    """
    batch = _Batch(stream, parameters, rows, share)
    kernel = batch.kernel(kernel)
    em = kernel.em
    batch.use(em, parameters)
    bounds, _, _ = em.run(1, 0.0)
    collapsed = em.collapsed
    if collapsed.any() and policy in HANDLERS:
        parameters = batch.parameters(HANDLERS[policy](batch, em))
        statistics = statistics_of(rows.structure, parameters, batch.floor)
        sums, noise_count = statistics.sums_of_rows(), statistics.noise_count
        kernel = None
    else:
        parameters = batch.parameters(em)
        sums, noise_count = em.result(batch.weight)
        em.release()
        kernel = kernel if batch.keeps_kernel else None
    stream = stream._replace(weight=batch.weight, sums=sums, noise_count=noise_count)
    return stream, parameters, bounds[0], collapsed, kernel


class _Batch(FitData):
    """A batch of a stream and the statistics of the rows before it, as one step reads them."""

    def __init__(self, stream, parameters, rows, share):
        self._stream, self._means, self._rows = stream, parameters.means, rows
        self.structure, self.n_features = rows.structure, rows.n_features
        self.total_weight = self.given_weight = rows.total_weight
        self.scatter = rows.scatter
        self.noise_box, self.prior = parameters.noise_box, stream.prior
        self.floor, _, self.rescue, _ = stream.limits
        self.smallest_count = stream.smallest_count
        self.shift, self.frame = rows.shift, rows.frame
        self.weight = rows.total_weight / share

    @property
    def n_present(self):
        """Rows of positive weight in the batch."""
        return self._rows.n_present

    @property
    def limits(self):
        """Limits of the variances, as the kernels read them."""
        return VarianceLimits(self._stream.limits)

    @cached_property
    def variances(self):
        """Variances of the features in the batch, (n_features,)."""
        if not hasattr(self._rows, "variances"):
            self._rows.describe("auto")
        return self._rows.variances

    def worst_rows(self, parameters):
        """Distinct rows of positive weight that a mixture explains worst, the worst first."""
        return self._rows.worst_rows(parameters)

    @property
    def keeps_kernel(self):
        """Whether the kernel of this batch fits the next one, and is small.

        The frame or the scatter of a batch is in the M step of a prior, in an M step in Python, and
        in the discriminants of "tied".
        """
        structure, (n_rows, _) = self.structure, self._rows.X.shape
        depends = self.scatter is not None or self.prior is not None or structure.maximise
        _, table_size = structure.sizes(self.n_features)
        n_tables = min(MAX_SHARDS, 1 + n_rows // ROWS_PER_TABLE) + N_OTHER_TABLES
        return not depends and n_tables * len(self._means) * table_size <= MAX_KEPT_NUMBERS

    def kernel(self, kept):
        """The EM of which one iteration is a step: a kept one, if it fits.

        Parameters
        ----------
        kept : Kernel or None

        Returns
        -------
        kernel : Kernel
        """
        rows, stream, n_components = self._rows, self._stream, len(self._means)
        has_noise = self.noise_box is not None
        model_shape = self.structure, n_components, self.n_features, has_noise
        shape = *model_shape, len(rows.X), rows.n_threads
        if kept is not None and kept.shape == shape:
            kept.em.exchange(rows.rows, self.frame, self.total_weight, rows.refuse)
        else:
            if kept is not None and kept.shape[:4] == model_shape:
                model = kept.em.model
            else:
                model = self.structure.model(n_components, self)
            cut = cut_rows(self.structure, rows.X.shape, n_components, rows.n_threads, FINENESS)
            em = OnlineEM(rows.rows, self.frame, model, *cut, self.total_weight, rows.refuse)
            kept = Kernel(em, shape)
        if has_noise:
            kept.em.model.parameters.log_volume = self.noise_box.log_volume
        if stream.sums is not None:
            origins = np.ascontiguousarray(self._means - self.shift)
            weight = self.weight - rows.total_weight
            kept.em.go_on_from(stream.sums, origins, stream.noise_count, weight)
        return kept

    def fitter(self, n_components):
        """A compiled EM of another number of components, to hold parameters."""
        model = self.structure.model(n_components, self)
        cut = cut_rows(self.structure, self._rows.X.shape, n_components, 1)
        return EM(self._rows.rows, self.frame, model, *cut, self.total_weight)


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
