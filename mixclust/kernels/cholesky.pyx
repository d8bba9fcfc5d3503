"""Cholesky factors of small matrices, without a call into LAPACK for each.

A mixture of a hundred components on a few features factorises a hundred tiny matrices in every
iteration; calls from Python would take longer than the pass. Rows are updated whole, so that the
compiler vectorises the innermost loops, and the same numbers come out whatever BLAS is installed.
"""
from libc.math cimport log, sqrt
from libc.string cimport memcpy

cdef enum:
    ATTEMPTS = 14   # times ten: how far a matrix that cannot be factorised is raised


cdef Py_ssize_t factorise(
    double* matrix,             # INOUT (n, n) symmetric in; U with U'U = matrix out, zeros below
    Py_ssize_t n,
) noexcept nogil:
    """Factorise in place; returns n, or the first pivot that is not positive."""
    cdef Py_ssize_t i, j, m
    cdef double pivot, factor
    cdef double* row
    cdef double* other
    for i in range(n):
        row = matrix + i * n
        if not row[i] > 0:
            return i
        pivot = sqrt(row[i])
        for j in range(i):
            row[j] = 0
        row[i] = pivot
        for j in range(i + 1, n):
            row[j] = row[j] / pivot
        for m in range(i + 1, n):
            factor = row[m]
            other = matrix + m * n
            for j in range(m, n):
                other[j] -= factor * row[j]
    return n


cdef void invert_triangle(
    const double* upper,        # IN   (n, n) upper triangular
    Py_ssize_t n,
    double* inverse,            # OUT  (n, n) upper triangular
) noexcept nogil:
    """The inverse of U: of U'U = covariance it is the upper factor P of the precision PP'."""
    cdef Py_ssize_t i, j, m
    cdef double factor
    cdef double* row
    cdef const double* other
    for i in range(n - 1, -1, -1):
        row = inverse + i * n
        for j in range(n):
            row[j] = 0
        row[i] = 1
        for m in range(i + 1, n):
            factor = upper[i * n + m]
            other = inverse + m * n
            for j in range(m, n):
                row[j] -= factor * other[j]
        factor = 1 / upper[i * n + i]
        for j in range(i, n):
            row[j] *= factor


cdef double log_diagonal(const double* upper, Py_ssize_t n) noexcept nogil:
    """The sum of the logarithms of the diagonal: half a log-determinant."""
    cdef Py_ssize_t i
    cdef double total = 0
    for i in range(n):
        total += log(upper[i * n + i])
    return total


cdef bint precision_factor(
    double* covariance,         # INOUT (n, n) symmetric; raised where it cannot be factorised
    Py_ssize_t n,
    const double* limit,        # IN   (n,) pivots of no more are the floor's alone
    const double* rescue,       # IN   (n,) by what the diagonal is raised first
    double* factor,             # OUT  (n, n) U with U'U = covariance
    double* inverse,            # OUT  (n, n) P = U^-1, so that PP' is the precision
) noexcept nogil:
    """Factorise a covariance that may be singular; returns whether it was, but for the floor."""
    cdef Py_ssize_t i, _attempt
    cdef double step = 1
    cdef bint singular = False
    for _attempt in range(ATTEMPTS):
        memcpy(factor, covariance, n * n * sizeof(double))
        if factorise(factor, n) == n and _well_conditioned(factor, covariance, n):
            break
        singular = True
        for i in range(n):
            covariance[i * n + i] += step * rescue[i]
        step *= 10
    for i in range(n):
        singular = singular or factor[i * n + i] * factor[i * n + i] <= limit[i]
    invert_triangle(factor, n, inverse)
    return singular


cdef bint _well_conditioned(
    const double* factor, const double* covariance, Py_ssize_t n
) noexcept nogil:
    """Whether every pivot is more than the rounding of the variance that it is left from."""
    cdef Py_ssize_t i
    for i in range(n):
        if factor[i * n + i] * factor[i * n + i] < 1e-14 * covariance[i * n + i]:
            return False
    return True
