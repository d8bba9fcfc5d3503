"""Runs of mini-batch k-means: where they start, which rows they draw, and reassigned clusters."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from .._estimator.show import show
from .._inputs.errors import warn_caller
from ..kernels.kmeans.minibatch import RunningMeans
from .minibatch_monitor import MiniBatchMonitor
from .seeding import make_starts

__all__ = ["Stream", "first_centers", "fit_batches", "take_in"]

RANDOM_STARTS = 3
"""Starts that `n_init="auto"` compares where they are not k-means++ and not given."""

REASONS = {"shift": "small centers change", "inertia": "lack of improvement in inertia"}
"""Reasons of the kernel for the end of a fit, in the words of scikit-learn."""


class Stream(NamedTuple):
    """State of mini-batch k-means between two batches."""

    centers: np.ndarray
    """Shape (n_clusters, n_features), float64."""
    counts: np.ndarray
    """Weight of the rows that each centre is the mean of; shape (n_clusters,), float64."""
    n_since_reassignment: int = 0


def fit_batches(data, params, random_state):
    """Draw batches from all rows until the centres or the inertia settle.

    Draws are made in the order in which scikit-learn makes them.

    Parameters
    ----------
    data : DenseData or CSRData
    params : namespace
        Checked parameters of a `MiniBatchKMeans`.
    random_state : RandomState or Generator

    Returns
    -------
    stream : Stream
    n_steps : int
        Batches taken in.
    ewa_inertia : float
        Smoothed mean inertia of a row.
    """
    n_samples, n_clusters = data.n_present, data.n_clusters
    size = min(params.batch_size, n_samples)
    init_size = _sample_size(params, n_samples)
    validation = _draw_rows(data, random_state, init_size)
    n_steps = params.max_iter * n_samples // size
    monitor = MiniBatchMonitor(params, n_steps)
    centers = _best_start(data, params, random_state, init_size, validation, monitor)
    counts = np.zeros(n_clusters)
    means = RunningMeans(centers, counts, params.reassignment_ratio, params.forgetting_factor)
    batches = data.batches(size, random_state.random, *_cumulative_weights(data))
    patience = -1 if params.max_no_improvement is None else params.max_no_improvement

    def reassign(centers, counts):
        _reassign(data, batches.indices, params, random_state, centers, counts)

    n_done, smoothed, reason = means.run(
        batches,
        n_steps,
        params.tol * data.mean_variance,
        min(1.0, 2.0 * size / (n_samples + 1)),
        patience,
        reassign,
        monitor.hook,
    )
    data.require(np.isfinite(smoothed))
    if params.verbose and reason is not None:
        show(f"Converged ({REASONS[reason]}) at step {n_done}/{n_steps}")
    return Stream(centers, counts, means.n_since_reassignment), n_done, smoothed


def take_in(data, stream, params, random_state):
    """Take in all rows as one batch.

    Parameters
    ----------
    data : DenseData or CSRData
    stream : Stream
        Not changed.
    params : namespace
    random_state : callable
        Returns the RandomState by which light clusters are reassigned.

    Returns
    -------
    stream : Stream
    inertia : float
        Of the rows under the centres before they move.
    """
    centers, counts = stream.centers.copy(), stream.counts.copy()
    means = RunningMeans(
        centers,
        counts,
        params.reassignment_ratio,
        params.forgetting_factor,
        stream.n_since_reassignment,
    )

    def reassign(centers, counts):
        _reassign(data, data.present(), params, random_state(), centers, counts)

    labels = np.empty(data.X.shape[0], dtype=np.int32)
    inertia = means.step(data.single_pass(), labels, reassign)
    data.require(np.isfinite(inertia))
    return Stream(centers, counts, means.n_since_reassignment), inertia


def _reassign(data, indices, params, random_state, centers, counts):
    """Move light clusters to rows of the batch that are drawn with equal probability.

    At most half as many clusters as the batch has rows. Their counts become the least count of the
    others, so that they are not light at once again.
    """
    n_rows = data.n_present if isinstance(indices, int) else len(indices)
    light = counts < params.reassignment_ratio * counts.max()
    if light.sum() > 0.5 * n_rows:
        light[np.argsort(counts, kind="stable")[int(0.5 * n_rows) :]] = False
    n_light = np.count_nonzero(light)
    if n_light == 0:
        return
    if params.verbose:
        show(f"[MiniBatchKMeans] Reassigning {n_light} cluster centers.")
    chosen = random_state.choice(n_rows, replace=False, size=n_light)
    centers[light] = data.take(chosen if isinstance(indices, int) else indices[chosen])
    counts[light] = counts[~light].min()


# Starts


def first_centers(data, params, random_state):
    """Centres before the first batch of a stream, from a sample of its rows.

    Parameters
    ----------
    data : DenseData or CSRData
        The first batch.
    params : namespace
    random_state : RandomState or Generator

    Returns
    -------
    centers : ndarray of shape (n_clusters, n_features), float64
    """
    return _start(data, params, random_state, _sample_size(params, data.n_present))


def _best_start(data, params, random_state, init_size, validation, monitor):
    """The centres of the start under which the rows `validation` have the least inertia."""
    n_starts = _n_starts(params)
    monitor.begin_starts(n_starts)
    judge = _sample(data, validation) if n_starts > 1 or params.verbose else None
    best, lowest = None, np.inf
    for i in range(n_starts):
        if params.verbose:
            show(f"Init {i + 1}/{n_starts} with method {params.init}")
        centers = _start(data, params, random_state, init_size)
        if not _is_given(params.init):
            monitor.show_start_of(i, centers)
        if judge is not None:
            _, inertia = judge.label(centers)
            if params.verbose:
                show(f"Inertia for init {i + 1}/{n_starts}: {inertia}")
            if best is not None and not inertia < lowest:
                continue
            lowest = inertia
        best = centers
    monitor.start_found()
    return best


def _is_given(init):
    return not isinstance(init, str) and not callable(init)


def _n_starts(params):
    """Number of starts; given centres are one."""
    init, n_init = params.init, params.n_init
    is_given = _is_given(init)
    if is_given and n_init not in ("auto", 1):
        warn_caller(
            "Explicit initial center position passed: performing only one init in "
            f"MiniBatchKMeans instead of n_init={n_init}.",
            RuntimeWarning,
        )
    if is_given or (n_init == "auto" and isinstance(init, str) and init == "k-means++"):
        return 1
    return RANDOM_STARTS if n_init == "auto" else n_init


def _start(data, params, random_state, init_size):
    """Centres of one start."""
    rows = _draw_rows(data, random_state, init_size) if init_size < data.n_present else None
    sample = data
    if rows is not None and (isinstance(params.init, str) or callable(params.init)):
        sample = _sample(data, rows)
        sample.describe()
    one = SimpleNamespace(init=params.init, n_init=1, random_state=random_state)
    starts = make_starts(one, sample)
    if starts.centers is not None:
        return starts.centers[0]
    rows = starts.rows[0]
    if starts.uniforms is not None:
        sample.seeding(starts.n_trials, data.n_threads).run(starts.uniforms[0], rows)
    return sample.take(rows)


def _sample_size(params, n_samples):
    """Rows of the sample that centres start from."""
    size = params.init_size
    if size is None:
        size = 3 * min(params.batch_size, n_samples)
    elif size < params.n_clusters:
        warn_caller(
            f"init_size={size} should be larger than n_clusters={params.n_clusters}. "
            "Setting it to min(3*n_clusters, n_samples)",
            RuntimeWarning,
        )
    if size < params.n_clusters:
        size = 3 * params.n_clusters
    return min(size, n_samples)


def _draw_rows(data, random_state, size):
    """Rows of positive weight, drawn with replacement and with equal probability."""
    draw = getattr(random_state, "integers", None) or random_state.randint
    drawn = draw(0, data.n_present, size)
    present = data.present()
    return drawn if isinstance(present, int) else present[drawn]


def _sample(data, rows):
    """The data of some rows."""
    weights = data.sample_weight
    return data.part(data.X[rows], None if weights is None else weights[rows])


def _cumulative_weights(data):
    """Cumulative weights that add up to 1, and a guide into them; twice None for equal weights."""
    weights = data.sample_weight
    if weights is None or weights.min() == weights.max():
        return None, None
    cumulative = np.cumsum(weights / data.total_weight)
    cumulative /= cumulative[-1]
    guide = np.searchsorted(cumulative, np.arange(len(weights)) / len(weights), side="right")
    return cumulative, guide.astype(np.intp, copy=False)
