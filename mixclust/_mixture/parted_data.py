"""The rows of a fit in parts: they are surveyed once, and summed part by part in every pass."""

import numpy as np

from .._passes.survey import survey
from ..kernels.mixture.parted import PartedEM
from .data import MixtureData
from .fit_data import FitData
from .part_pass import PartRequest, add_part, add_scatter, find_worst_rows, measure_extent

__all__ = ["PartedData"]

MAX_ROWS_OF_SAMPLE = 100_000
"""Rows of the sample in which a fit looks for its start."""

MIN_ROWS_OF_SAMPLE = 1000
"""The same, however many features there are."""

SAMPLE_BYTES = 32 * 2**20
"""Bytes of the sample, about."""


class PartedData(FitData):
    """Rows in parts, and the mixtures of a structure over them.

    Parameters
    ----------
    parts : Parts
    structure : type of `Structure`
    n_threads : int
    seed : int
        Of the sample of rows in which starts are sought.
    """

    def __init__(self, parts, structure, n_threads, seed):
        self.parts, self.structure = parts, structure
        self.n_threads, self._seed = n_threads, seed
        self.n_features, self.itemsize = parts.n_features, parts.dtype.itemsize

    def describe(self, reg_covar):
        """Look at all rows once: refuse numbers that are not finite; set the frame and the floors.

        Structures with one covariance for all components take another pass.

        Parameters
        ----------
        reg_covar : float or "auto"
            Addition to every variance, in squared units of X.

        Raises
        ------
        ValueError
            If X holds NaN, infinity, or numbers too large to square.
        """
        n_sample = SAMPLE_BYTES // (self.n_features * self.itemsize)
        n_sample = max(MIN_ROWS_OF_SAMPLE, min(n_sample, MAX_ROWS_OF_SAMPLE))
        found = survey(self.parts, n_sample, self._seed, self.n_threads)
        self.n_samples, self.n_present = found.n_rows, found.n_present
        self.is_weighted = found.sample_weight is not None
        self.total_weight = self.given_weight = found.total_weight
        self._set_shift(found.mean)
        self.variances, self.scatter = found.variance, None
        _, (_, _, n_columns) = self.structure.moments_of_all_rows(self.n_features)
        if n_columns > 1:
            self.scatter = self.measure_scatter()
            self.variances = np.diagonal(self.scatter) / self.total_weight
        self._sample = found.sample, found.sample_weight
        self.set_floors(reg_covar, found.extremes)

    def measure_scatter(self):
        """The scatter of all rows about their mean, (n_features, n_features), of any structure."""
        statistics = self.parts.total(add_scatter, self.shift, self.n_threads)
        return statistics.covariances()[0] * self.total_weight

    def sample(self):
        """The rows in which starts are sought, with the floors of all rows.

        Returns
        -------
        sample : MixtureData
            With the noise and the prior of these data.
        """
        X, weights = self._sample
        sample = MixtureData(X, weights, self.structure, self.n_threads)
        sample.describe("auto")
        sample.noise_box = self.noise_box
        return sample._take_floors(self)

    def worst_rows(self, parameters):
        """Distinct rows of positive weight that a mixture explains worst, the worst first."""
        request = self.structure, parameters
        return self.parts.total(find_worst_rows, request, self.n_threads).distinct()

    def extent_along(self, axes):
        """Extent of ``(X - shift) @ axes`` over rows of positive weight."""
        return self.parts.total(measure_extent, (self.shift, axes), self.n_threads)

    def fitter(self, n_components):
        """The EM of a model to be fitted.

        Parameters
        ----------
        n_components : int

        Returns
        -------
        kernel : kernels.mixture.parted.PartedEM
        """
        model = self.structure.model(n_components, self)
        return PartedEM(model, self.total_weight, self._sum_parts)

    def _sum_parts(self, model):
        return self.parts.total(add_part, PartRequest(self, model), self.n_threads)
