"""The rows of a streamed table: a sample of them, fits to all of them, and answers about all."""

import math
import warnings
from contextlib import closing
from typing import NamedTuple

import numpy as np

from .._inputs.errors import CollapseWarning, ConvergenceWarning
from .._kmeans.kmeans import KMeans
from .._mixture.answers import weighted_sum
from .._mixture.criteria import criteria_of
from .._mixture.gaussian import GaussianMixture
from .._mixture.selection import Chosen
from .._passes.chunks import Chunks
from .._passes.parts import Parts
from .._passes.sources.stores import BlockStore, StoredSource
from .._passes.survey import survey
from .._passes.threads import resolve_threads
from .cluster_advice import ColumnTraits
from .wording import count

__all__ = ["AllRows", "FitToAll", "Tally"]

MIN_SAMPLED_ROWS = 1000
SAMPLE_BYTES = 64 << 20
"""Bytes of the sample, at most, if it has more rows than the number above."""


TICK = 1e-9
"""Seconds, so that no time is divided by zero where a clock ticks slowly."""


class Tally:
    """Number of rows and mean uncertainty of each component.

    Parameters
    ----------
    n_components : int
    """

    def __init__(self, n_components):
        self.counts = np.zeros(n_components, dtype=np.int64)
        self._sums = np.zeros(n_components)

    def add(self, labels, uncertainty):
        """Count some rows.

        Parameters
        ----------
        labels : ndarray of shape (n_rows,)
            From 0 on; -1, the label of noise, counts for the last component.
        uncertainty : ndarray of shape (n_rows,)
        """
        n_components = len(self.counts)
        labels = np.where(labels < 0, n_components - 1, labels)
        self.counts += np.bincount(labels, minlength=n_components)
        self._sums += np.bincount(labels, weights=uncertainty, minlength=n_components)

    @property
    def uncertainty(self):
        """Mean uncertainty of the rows of each component; NaN for one without rows."""
        with np.errstate(invalid="ignore"):
            return self._sums / self.counts


class FitToAll(NamedTuple):
    """A mixture that was fitted to all rows, after it was chosen on a sample.

    Attributes
    ----------
    mixture : GaussianMixture
    chosen : Chosen
        The mixture, and its answers about the sample.
    tally : Tally
        Of all rows.
    value : float
        The criterion; NaN where a component collapsed.
    numbers : dict of str to float
        The log-likelihood in nats, "log_likelihood", the number of free parameters,
        "n_parameters", and all criteria by their names.
    is_converged, is_collapsed : bool
    """

    mixture: GaussianMixture
    chosen: Chosen
    tally: Tally
    value: float
    numbers: dict[str, float]
    is_converged: bool
    is_collapsed: bool


class AllRows:
    """The rows without missing values of a streamed table.

    Parameters
    ----------
    selection : Selection
    seed : int
        Of the sample.
    n_threads : int or None
    progress : callable
        ``progress(step, share)`` is called with the share of a step that is done.
    """

    def __init__(self, selection, seed, n_threads, progress):
        self._selection, self._progress = selection, progress
        self._seed, self._n_threads = seed, n_threads
        self._step = ""
        self._chunks = self._make_chunks()

    def _make_chunks(self, scales=None):
        store = _SelectionStore(self._selection, scales)
        return Chunks(StoredSource([store], "auto"), self._report)

    def _report(self, state):
        step = self._step.format(state.pass_number)
        self._progress(step, state.seconds / max(state.seconds + state.seconds_left, TICK))

    def look(self, n_sample):
        """Look at all rows once.

        Parameters
        ----------
        n_sample : int
            Rows of the sample, at most.

        Returns
        -------
        sample : ndarray of shape (n_sampled, n_columns), float64
            Rows drawn by their numbers, in their order; of positive weight.
        weights : ndarray of shape (n_sampled,), float64, or None
            Their weights.
        traits : ColumnTraits

        Raises
        ------
        ValueError
            If squares of the numbers overflow.
        """
        self._step = "drawing a sample"
        n_columns = len(self._selection.names)
        n_sample = min(n_sample, max(MIN_SAMPLED_ROWS, SAMPLE_BYTES // (8 * n_columns)))
        n_threads, _ = resolve_threads(self._n_threads)
        traits = ColumnTraits(n_columns)
        found = survey(_Watched(self._chunks, traits), n_sample, self._seed, n_threads)
        return found.sample, found.sample_weight, traits

    def fit(self, mixture, criterion, sample):
        """Fit a mixture to all rows, from its parameters.

        Parameters
        ----------
        mixture : GaussianMixture
            Fitted to the sample.
        criterion : {"bic", "aic", "icl"}
        sample : ndarray of shape (n_sampled, n_columns)

        Returns
        -------
        fit : FitToAll
        """
        size, kind = mixture.n_components, mixture.covariance_type
        self._step = f"fitting {count(size, 'component')}, {kind}, to all rows, pass {{}}"
        fitted = GaussianMixture(
            size,
            covariance_type=kind,
            weights_init=mixture.weights_,
            means_init=mixture.means_,
            precisions_init=mixture.precisions_,
            random_state=self._seed,
            n_threads=self._n_threads,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", CollapseWarning)
            fitted.fit(self._chunks)
        report = fitted.report_
        is_collapsed = bool(report.runs[report.best].collapsed.any())
        chosen = Chosen(fitted, sample)
        tally, numbers = self._ask(fitted, chosen)
        value = math.nan if is_collapsed else numbers[criterion]
        is_converged = bool(fitted.converged_)
        return FitToAll(fitted, chosen, tally, value, numbers, is_converged, is_collapsed)

    def fit_centers(self, kmeans, scales):
        """Fit centres to all rows, from given ones.

        Parameters
        ----------
        kmeans : KMeans
            Fitted to the sample.
        scales : ndarray of shape (n_columns,) or None
            Divisors of the columns.

        Returns
        -------
        fitted : KMeans
        """
        self._step = f"fitting {count(kmeans.n_clusters, 'cluster')} to all rows, pass {{}}"
        fitted = KMeans(
            kmeans.n_clusters,
            init=kmeans.cluster_centers_,
            random_state=self._seed,
            n_threads=self._n_threads,
        )
        return fitted.fit(self._make_chunks(scales)).set_params(init="k-means++")

    def _ask(self, mixture, chosen):
        """Count the rows of each component, and compute likelihood and criteria."""
        self._step = "counting the rows of components"
        tally = Tally(len(chosen.weights))
        log_likelihood = log_largest = 0.0
        with closing(self._chunks.read()) as parts:
            for part in parts:
                labels, _, uncertainty = chosen.answer(part.X)
                tally.add(labels, uncertainty)
                log_prob, log_resp = mixture.score_samples(part.X), np.log(1 - uncertainty)
                log_likelihood += weighted_sum(log_prob, part.weights)[0]
                log_largest += weighted_sum(log_resp, part.weights)[0]
                del part
        n_parameters = mixture._n_parameters()
        found = criteria_of(log_likelihood, n_parameters, self._selection.total_weight, log_largest)
        return tally, {"log_likelihood": log_likelihood, "n_parameters": n_parameters, **found}


class _Watched(Parts):
    """Rows in parts, of which the traits are gathered in the first pass over them.

    Parameters
    ----------
    chunks : Chunks
    traits : ColumnTraits
        Without rows.
    """

    def __init__(self, chunks, traits):
        self._chunks, self._traits = chunks, traits
        self.n_features, self.feature_names = chunks.n_features, None
        self.dtype, self.n_rows = chunks.dtype, chunks.n_rows

    def total(self, task, request, n_threads):
        def watched(part, request, n_threads):
            if part.first == self._traits.n_rows:
                self._traits.add(part.X)
            return task(part, request, n_threads)

        return self._chunks.total(watched, request, n_threads)


class _SelectionStore(BlockStore):
    """The rows without missing values, from the temporary file with the numbers of the table.

    Parameters
    ----------
    selection : Selection
    scales : ndarray of shape (n_columns,) or None
        Divisors of the columns.
    """

    label = "the table"
    dtype = np.dtype(np.float64)

    def __init__(self, selection, scales):
        self._selection, self._scales = selection, scales
        self.n_rows, self.n_features = selection.n_complete, len(selection.names)
        self.has_weights = selection.has_weights

    def check_unchanged(self):
        pass  # no other process can change the file

    def blocks(self):
        return (_Block(X, weights) for _, X, weights in self._selection.weighted_blocks())

    def copy(self, block, rows, X, weights):
        X[...] = block.X[rows]
        if self._scales is not None:
            X /= self._scales
        if weights is not None:
            weights[...] = block.weights[rows]


class _Block(NamedTuple):
    """Some rows and their weights, or None."""

    X: np.ndarray
    weights: np.ndarray | None

    def __len__(self):
        return len(self.X)
