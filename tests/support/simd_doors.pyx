# cython: language_level=3
"""Doors to inline functions: the functions of the vector type, exp and log.

Arrays of float64 come in as addresses, `n` is a multiple of the lanes. Compiled by tests/doors.py
once for each level of instructions, with the flags of that level.
"""
from libc.stdint cimport int64_t

from mixclust.kernels.core.elementary cimport exp_lanes, log_lanes
from mixclust.kernels.core.simd cimport (
    F64_LANES, ROUND_TO_INTEGER, f64v, f64v_add_sums, f64v_gather, f64v_load, f64v_power_of_two,
    f64v_set, f64v_split, f64v_store, f64v_store_picked,
)


def lanes():
    """Numbers in a vector."""
    return F64_LANES


def exp(size_t x, size_t out, Py_ssize_t n):
    """out = e^x"""
    cdef Py_ssize_t v
    for v in range(0, n, F64_LANES):
        f64v_store(<double*>out + v, exp_lanes(f64v_load(<const double*>x + v)))


def log(size_t x, size_t out, Py_ssize_t n):
    """out = log(x)"""
    cdef Py_ssize_t v
    for v in range(0, n, F64_LANES):
        f64v_store(<double*>out + v, log_lanes(f64v_load(<const double*>x + v)))


def gather(size_t x, size_t places, size_t out, Py_ssize_t n):
    """out = x[places]"""
    cdef Py_ssize_t v
    for v in range(0, n, F64_LANES):
        f64v_store(
            <double*>out + v, f64v_gather(<const double*>x, <const int64_t*>places + v)
        )


def store_picked(size_t x, size_t out, int bits):
    """A vector of x, of which the lanes with a bit come first."""
    f64v_store_picked(<double*>out, f64v_load(<const double*>x), bits)


def power_of_two(size_t exponents, size_t out, Py_ssize_t n):
    """out = 2^exponents"""
    cdef Py_ssize_t v
    for v in range(0, n, F64_LANES):
        f64v_store(
            <double*>out + v,
            f64v_power_of_two(
                f64v_load(<const double*>exponents + v) + f64v_set(ROUND_TO_INTEGER + 1023.0)
            ),
        )


def split(size_t x, size_t exponents, size_t fractions, Py_ssize_t n):
    """x = 2^exponents times fractions"""
    cdef Py_ssize_t v
    cdef f64v exponent
    for v in range(0, n, F64_LANES):
        f64v_store(<double*>fractions + v, f64v_split(f64v_load(<const double*>x + v), &exponent))
        f64v_store(<double*>exponents + v, exponent)


def add_sums(size_t out, size_t vectors):
    """Add to the four numbers at `out` the sums of the lanes of four vectors."""
    cdef const double* p = <const double*>vectors
    f64v_add_sums(
        <double*>out, f64v_load(p), f64v_load(p + F64_LANES), f64v_load(p + 2 * F64_LANES),
        f64v_load(p + 3 * F64_LANES),
    )
