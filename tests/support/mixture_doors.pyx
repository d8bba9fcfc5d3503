# cython: language_level=3, boundscheck=True
"""A Python-visible door to each kernel of mixtures that is a plain cdef function.

Compiled by tests/doors.py against the installed package, to which the notes of kernel_doors.pyx
apply. Buffers have room for `GUARD` more numbers than a kernel may write, which must stay NaN.
"""
import numpy as np

from libc.stdint cimport int64_t

from mixclust.kernels.core.cholesky cimport (
    factorise, invert_triangle, log_diagonal, precision_factor,
)
from mixclust.kernels.mixture.density_tiles cimport (
    diagonal_log_density, full_log_density, pack_triangle, packed_triangle_size,
    two_linear_scores,
)
from mixclust.kernels.mixture.moment_tiles cimport (
    add_diagonal_moments, add_few_features, add_outer_blocks, are_few, weigh_rows,
)
from mixclust.kernels.mixture.responsibilities cimport likeliest, measure_reach, normalise
from mixclust.kernels.rows.rows cimport Frame, Rows
from mixclust.kernels.rows.strips cimport strip_unit

cdef extern from "<float.h>":
    const double DBL_MAX

GUARD = 64


def _guarded(*shape):
    """Numbers to be written and a guard behind them, all NaN; and the numbers in their shape."""
    size = int(np.prod(shape))
    buffer = np.full(size + GUARD, np.nan)
    return buffer, buffer[:size].reshape(shape)


def _check(*buffers):
    """Fail if a kernel wrote behind a buffer."""
    for buffer in buffers:
        assert np.isnan(buffer[-GUARD:]).all(), "a kernel wrote behind its buffer"


def unit():
    """Rows that a tile takes at a time."""
    return strip_unit()


def strip(
    Rows rows, Frame frame, Py_ssize_t start, Py_ssize_t n_rows, Py_ssize_t height
):
    """Rows as a strip of shape (n_features, height)."""
    buffer, out = _guarded(rows.n_features, height)
    cdef double[::1] to = buffer
    rows.read_strip(frame, start, n_rows, height, &to[0])
    _check(buffer)
    return out


def full(
    const double[:, ::1] strip, const double[::1] mean, const double[:, ::1] upper,
    double constant,
):
    """Log-densities of a strip under a full covariance."""
    cdef Py_ssize_t d = strip.shape[0], height = strip.shape[1]
    triangle, _ = _guarded(packed_triangle_size(d))
    buffer, out = _guarded(height)
    cdef double[::1] packed = triangle, to = buffer
    pack_triangle(&upper[0, 0], &mean[0], d, &packed[0])
    full_log_density(&strip[0, 0], height, d, &packed[0], constant, &to[0])
    _check(triangle, buffer)
    return out


def diagonal(
    const double[:, ::1] strip, const double[::1] mean, const double[::1] inverse_scales,
    double constant,
):
    """Log-densities of a strip under independent features."""
    buffer, out = _guarded(strip.shape[1])
    cdef double[::1] to = buffer
    diagonal_log_density(
        &strip[0, 0], strip.shape[1], strip.shape[0], &mean[0], &inverse_scales[0], constant,
        &to[0],
    )
    _check(buffer)
    return out


def linear(
    const double[:, ::1] strip, const double[:, ::1] slopes, double first_constant,
    double second_constant,
):
    """Linear scores of a strip for the two columns of `slopes`."""
    one, first = _guarded(strip.shape[1])
    two, second = _guarded(strip.shape[1])
    cdef double[::1] to_first = one, to_second = two
    two_linear_scores(
        &strip[0, 0], strip.shape[1], strip.shape[0], &slopes[0, 0], first_constant,
        second_constant, &to_first[0], &to_second[0],
    )
    _check(one, two)
    return first, second


def responsibilities(
    const double[:, ::1] log_density, const double[::1] weights, double log_noise=-DBL_MAX
):
    """Responsibilities times weights, log-probabilities, log-likelihood and count of noise."""
    cdef Py_ssize_t n_components = log_density.shape[0], height = log_density.shape[1]
    table, resp = _guarded(n_components, height)
    resp[:] = log_density
    buffer, log_prob = _guarded(height)
    cdef double[::1] at = table, to = buffer
    cdef double noise_count = 0
    total = normalise(
        &at[0], n_components, height, &weights[0], log_noise, &to[0], &noise_count
    )
    _check(table, buffer)
    return resp, log_prob, total, noise_count


def reach(
    const double[::1] log_prob, const double[::1] weights, double largest
):
    """Upper bounds of the squared distances of rows, per unit weight."""
    buffer, out = _guarded(log_prob.shape[0])
    cdef double[::1] to = buffer
    measure_reach(&log_prob[0], &weights[0], log_prob.shape[0], largest, &to[0])
    _check(buffer)
    return out


def labels(
    const double[:, ::1] log_density, Py_ssize_t otherwise, double log_noise=-DBL_MAX
):
    """The likeliest component of each row, and the log-density of rows without one."""
    buffer, out = _guarded(log_density.shape[1])
    cdef double[::1] to = buffer
    lost = likeliest(
        &log_density[0, 0], log_density.shape[0], log_density.shape[1], otherwise, log_noise,
        &to[0],
    )
    _check(buffer)
    return out.astype(np.int32), lost


def weigh(
    const double[:, ::1] strip, const double[::1] mean, const double[::1] resp,
    const double[::1] reach, double threshold,
):
    """Differences from the mean of the rows that matter, and the same times responsibility."""
    cdef Py_ssize_t d = strip.shape[0], height = strip.shape[1]
    cdef int64_t[::1] picked = np.full(height + 1, -77, dtype=np.int64)
    one, differences = _guarded(d + 2, height)
    two, weighted = _guarded(d + 2, height)
    cdef double[::1] to_differences = one, to_weighted = two
    length = weigh_rows(
        &strip[0, 0], height, d, &mean[0], &resp[0], &reach[0], threshold, &picked[0],
        &to_differences[0], &to_weighted[0],
    )
    assert picked[height] == -77, "weigh_rows wrote behind its buffer"
    _check(one, two)
    return differences[:, :length], weighted[:, :length]


def outer_blocks(
    const double[:, ::1] left, const double[:, ::1] right, Py_ssize_t length,
    const Py_ssize_t[:, ::1] blocks, const double[:, :, ::1] sums,
):
    """The sums, (n_blocks, 2, 2), with the products of the blocks' rows added."""
    buffer, out = _guarded(sums.shape[0], 2, 2)
    out[:] = sums
    cdef double[::1] to = buffer
    add_outer_blocks(
        &left[0, 0], &right[0, 0], left.shape[1], length, &blocks[0, 0], blocks.shape[0], &to[0]
    )
    _check(buffer)
    return out


def few_features(
    const double[:, ::1] strip, const double[::1] mean, const double[::1] resp,
    const double[::1] sums,
):
    """The sums, ((n_features + 1) (n_features + 2) / 2,), with a strip's added."""
    buffer, out = _guarded(sums.shape[0])
    out[:] = sums
    cdef double[::1] to = buffer
    add_few_features(&strip[0, 0], strip.shape[1], strip.shape[0], &mean[0], &resp[0], &to[0])
    _check(buffer)
    return out


def counts_as_few(Py_ssize_t n_features):
    return are_few(n_features)


def diagonal_moments(
    const double[:, ::1] strip, const double[::1] mean, const double[::1] resp,
    const double[:, ::1] moments,
):
    """The moments, (n_features + 2, 2), with a strip's added."""
    buffer, out = _guarded(strip.shape[0], 2)
    out[:] = moments
    cdef double[::1] to = buffer
    add_diagonal_moments(
        &strip[0, 0], strip.shape[1], strip.shape[0] - 2, &mean[0], &resp[0], &to[0]
    )
    _check(buffer)
    return out


def upper_factor(const double[:, ::1] matrix):
    """Cholesky factor of a matrix, and the pivot at which the kernel stopped."""
    cdef Py_ssize_t n = matrix.shape[0]
    buffer, out = _guarded(n, n)
    out[:] = matrix
    cdef double[::1] at = buffer
    stopped = factorise(&at[0], n)
    _check(buffer)
    return out, stopped


def inverse(const double[:, ::1] upper):
    """Inverse of an upper triangle, and the sum of the logarithms of its diagonal."""
    cdef Py_ssize_t n = upper.shape[0]
    buffer, out = _guarded(n, n)
    cdef double[::1] to = buffer
    invert_triangle(&upper[0, 0], n, &to[0])
    _check(buffer)
    return out, log_diagonal(&upper[0, 0], n)


def precision(
    const double[:, ::1] covariance, const double[::1] limit, const double[::1] rescue,
    const double[::1] rounding=None, before=0.0,
):
    """A covariance, raised where need be, the factor of the precision, and whether it collapsed.

    `before` is the factor that the component had.
    """
    cdef Py_ssize_t n = covariance.shape[0]
    one, raised = _guarded(n, n)
    two, _ = _guarded(n, n)
    three, inverted = _guarded(n, n)
    raised[:] = covariance
    inverted[:] = before
    rounding = np.zeros(n) if rounding is None else rounding
    cdef double[::1] at = one, to_scratch = two, to_inverse = three
    singular = precision_factor(
        &at[0], n, &limit[0], &rescue[0], &rounding[0], &to_scratch[0], &to_inverse[0]
    )
    _check(one, two, three)
    return raised, inverted, bool(singular)
