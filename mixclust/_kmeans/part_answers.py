"""Answers of fitted centres about rows in parts, and answers that go to a file or a given array."""

from contextlib import closing

from .._estimator.row_results import check_out, gather
from .._passes.parts import Parts, check_parts
from .._passes.survey import refusing_part
from .._passes.threads import resolve_threads
from .dense_data import DenseData
from .part_tasks import inertia_part

__all__ = ["answer", "answers", "inertia_of_parts"]


def answer(estimator, X, measure, width, dtype, out):
    """Return ``measure(data, centers)`` of all rows, or put it into `out`.

    Parameters
    ----------
    estimator : FittedCenters
    X : array-like or Parts
    measure : function
        Returns an ndarray with a result of shape `width` for each row of the data.
    width : tuple of int
    dtype : dtype or None
        Of the results; None: that of X.
    out : str, path-like, ndarray or None

    Returns
    -------
    results : ndarray of shape (n_samples, *width)
    """
    if isinstance(X, Parts):
        dtype = dtype or X.dtype
        X.check_output(out)
        out = check_out(out, width, dtype)
        pieces = answers(estimator, X, measure)
        return gather(pieces, width, dtype, out, X.n_rows)
    data, centers = estimator._ready(X, None)
    if out is None:
        return measure(data, centers)
    dtype = dtype or data.X.dtype
    out = check_out(out, width, dtype)
    pieces = (measure(data, centers) for _ in range(1))
    return gather(pieces, width, dtype, out, data.X.shape[0])


def answers(estimator, parts, measure):
    """Check parts, and return an iterator over ``measure(data, centers)`` of each.

    Parameters
    ----------
    estimator : FittedCenters
    parts : Parts
    measure : function

    Returns
    -------
    answers : generator
    """
    check_parts(parts, estimator, reset=False)
    n_threads, _ = resolve_threads(estimator.n_threads)
    return _answers(parts, measure, estimator._centers(), n_threads)


def _answers(parts, measure, centers, n_threads):
    with closing(parts.read()) as read:
        for part in read:
            with refusing_part(part):
                found = measure(DenseData(part.X, None, len(centers), n_threads), centers)
            yield found


def inertia_of_parts(estimator, parts, sample_weight):
    """Return the weighted sum of squared distances of all rows to their nearest centres."""
    check_parts(parts, estimator, reset=False, sample_weight=sample_weight)
    n_threads, _ = resolve_threads(estimator.n_threads)
    return parts.total(inertia_part, estimator._centers(), n_threads)
