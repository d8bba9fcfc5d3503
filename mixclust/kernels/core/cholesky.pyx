"""Cholesky factors: of small matrices in registers, of large ones by LAPACK.

A mixture of a hundred components on a few features factorises a hundred tiny matrices in every
iteration; calls from Python would take longer than the pass. A row is finished in registers: the
products with all rows before it are summed there. The result does not depend on the BLAS that is
installed.

From `LARGE` rows on, LAPACK is faster, since its blocks stay in cache.
"""
from libc.math cimport log, sqrt
from libc.string cimport memcpy

from .large_cholesky cimport factorise_large, invert_large, multiply_large, square_large
from .simd cimport F64_LANES, f64v, f64v_load, f64v_set, f64v_store

cdef enum:
    ATTEMPTS = 14   # times ten: how far a matrix that cannot be factorised is raised
    LARGE = 200     # rows of a matrix that LAPACK factorises and inverts
    LARGE_PRODUCT = 100     # rows of a triangle that LAPACK multiplies by its transpose
    MAX_FEW = 4             # rows of a small matrix: its loops are compiled for its size


# A pivot of a smaller share of its variance has lost the digits that the likelihood needs: its
# error, squared, would show in the bound.
cdef double DIGITS = 1e-12


cdef void subtract_rows(
    double* row,                # INOUT (n,) the part left of `first` may be overwritten
    Py_ssize_t first,
    Py_ssize_t n,
    const double* rows,         # IN   (n_rows, n)
    Py_ssize_t n_rows,
    const double* factors,      # IN   (n_rows,) `stride` apart
    Py_ssize_t stride,
) noexcept nogil:
    """``row[first:] -= factors . rows[:, first:]``, vectors counted from the end of the row."""
    cdef Py_ssize_t m, _, L = F64_LANES, j = n - 4 * L
    cdef const double* x
    cdef const double* f
    cdef double total
    cdef f64v a, b, c, d, t
    while j >= 0 and j + 3 * L > first:
        a, b = f64v_load(row + j), f64v_load(row + j + L)
        c, d = f64v_load(row + j + 2 * L), f64v_load(row + j + 3 * L)
        x, f = rows + j, factors
        for _ in range(n_rows):
            t = f64v_set(f[0])
            a, b = a - t * f64v_load(x), b - t * f64v_load(x + L)
            c, d = c - t * f64v_load(x + 2 * L), d - t * f64v_load(x + 3 * L)
            x, f = x + n, f + stride
        f64v_store(row + j, a)
        f64v_store(row + j + L, b)
        f64v_store(row + j + 2 * L, c)
        f64v_store(row + j + 3 * L, d)
        j -= 4 * L
    j += 3 * L
    while j >= 0 and j + L > first:
        a, b = f64v_load(row + j), f64v_set(0)
        x, f = rows + j, factors
        for _ in range(n_rows // 2):
            a = a - f64v_set(f[0]) * f64v_load(x)
            b = b - f64v_set(f[stride]) * f64v_load(x + n)
            x, f = x + 2 * n, f + 2 * stride
        if n_rows % 2:
            a = a - f64v_set(f[0]) * f64v_load(x)
        f64v_store(row + j, a + b)
        j -= L
    for j in range(first, j + L):
        total = row[j]
        for m in range(n_rows):
            total -= factors[m * stride] * rows[m * n + j]
        row[j] = total


cdef Py_ssize_t factorise(
    double* matrix,             # INOUT (n, n) symmetric in; U with U'U = matrix out, zeros below
    Py_ssize_t n,
) noexcept nogil:
    """Factorise in place; returns n, or the first pivot that is not positive."""
    cdef Py_ssize_t i, j
    cdef double pivot
    cdef double* row
    if n <= MAX_FEW and n < F64_LANES:
        if n == 2:
            return _factorise_few(matrix, 2)
        if n == 3:
            return _factorise_few(matrix, 3)
        if n == 4:
            return _factorise_few(matrix, 4)
    for i in range(n):
        row = matrix + i * n
        subtract_rows(row, i, n, matrix, i, matrix + i, n)
        if not row[i] > 0:
            return i
        for j in range(i):
            row[j] = 0
        row[i] = sqrt(row[i])
        pivot = 1 / row[i]
        for j in range(i + 1, n):
            row[j] *= pivot
    return n


cdef inline Py_ssize_t _factorise_few(
    double* matrix,
    Py_ssize_t n,               # IN   a constant where this is called: loops are unrolled
) noexcept nogil:
    """As `factorise`, to the last bit: a call for each row takes longer than the row."""
    cdef Py_ssize_t i, j, m
    cdef double pivot, total
    for i in range(n):
        for j in range(i, n):
            total = matrix[i * n + j]
            for m in range(i):
                total -= matrix[m * n + i] * matrix[m * n + j]
            matrix[i * n + j] = total
        if not matrix[i * n + i] > 0:
            return i
        for j in range(i):
            matrix[i * n + j] = 0
        matrix[i * n + i] = sqrt(matrix[i * n + i])
        pivot = 1 / matrix[i * n + i]
        for j in range(i + 1, n):
            matrix[i * n + j] *= pivot
    return n


cdef Py_ssize_t _factorise_any(double* matrix, Py_ssize_t n) except -1 nogil:
    """As `factorise`, for any n."""
    return factorise(matrix, n) if n < LARGE else factorise_large(matrix, n)


cdef void invert_triangle(
    const double* upper,        # IN   (n, n) upper triangular
    Py_ssize_t n,
    double* inverse,            # OUT  (n, n) upper triangular
) noexcept nogil:
    """The inverse of U: of U'U = covariance it is the upper factor P of the precision PP'."""
    cdef Py_ssize_t i, j
    cdef double pivot
    cdef double* row
    if n <= MAX_FEW and n < F64_LANES:
        if n == 2:
            _invert_few(upper, 2, inverse)
            return
        if n == 3:
            _invert_few(upper, 3, inverse)
            return
        if n == 4:
            _invert_few(upper, 4, inverse)
            return
    for i in range(n - 1, -1, -1):
        row = inverse + i * n
        for j in range(n):
            row[j] = 0
        row[i] = 1
        subtract_rows(row, i + 1, n, row + n, n - 1 - i, upper + i * n + i + 1, 1)
        pivot = 1 / upper[i * n + i]
        for j in range(i, n):
            row[j] *= pivot


cdef inline void _invert_few(
    const double* upper,
    Py_ssize_t n,               # IN   a constant where this is called: loops are unrolled
    double* inverse,
) noexcept nogil:
    """As `invert_triangle`, to the last bit."""
    cdef Py_ssize_t i, j, m
    cdef double pivot, total
    for i in range(n - 1, -1, -1):
        pivot = 1 / upper[i * n + i]
        for j in range(i):
            inverse[i * n + j] = 0
        inverse[i * n + i] = pivot
        for j in range(i + 1, n):
            total = 0
            for m in range(i + 1, j + 1):
                total -= upper[i * n + m] * inverse[m * n + j]
            inverse[i * n + j] = total * pivot


cdef int precision_of_factor(
    const double* upper,        # IN   (n, n) P, upper triangular
    Py_ssize_t n,
    double* precision,          # OUT  (n, n) PP', symmetric
) except -1 nogil:
    """Multiply the factor of a precision by its transpose."""
    cdef Py_ssize_t i, j, m
    if n >= LARGE_PRODUCT:
        memcpy(precision, upper, n * n * sizeof(double))
        return multiply_large(precision, n)
    for i in range(n):
        for j in range(n):
            precision[i * n + j] = 0
            for m in range(max(i, j), n):
                precision[i * n + j] += upper[i * n + m] * upper[j * n + m]
    return 0


cdef double log_diagonal(const double* upper, Py_ssize_t n) noexcept nogil:
    """The sum of the logarithms of the diagonal: half a log-determinant.

    A logarithm takes as long as twenty products, so products are gathered first.
    """
    cdef Py_ssize_t i
    cdef double total = 0, product = 1
    for i in range(n):
        product *= upper[i * n + i]
        if not 1e-100 < product < 1e100:
            total += log(product)
            product = 1
    return total + log(product)


cdef int precision_factor(
    double* covariance,         # INOUT (n, n) symmetric; replaced where it cannot be factorised
    Py_ssize_t n,
    const double* limit,        # IN   (n,) diagonal matrix that the floor alone explains
    const double* rescue,       # IN   (n,) added to the diagonal first
    const double* rounding,     # IN   (n,) a variance of no more is nothing but rounding
    double* scratch,            # OUT  (n, n)
    double* inverse,            # INOUT (n, n) P, upper triangular: PP' is the precision; zeros in
                                # where there was none before
) except -1 nogil:
    """Factorise a covariance that may be singular; returns whether it was, but for the floor.

    Where it is singular to rounding the covariance before is kept: with any other the likelihood
    could fall. Where there was none before, the diagonal is raised until it can be factorised.
    """
    cdef Py_ssize_t i, _attempt
    cdef double step = 1
    cdef bint singular = False
    for _attempt in range(ATTEMPTS):
        if is_sound(covariance, n, rounding, scratch):
            break
        if inverse[0] > 0:
            recover_covariance(inverse, n, scratch, covariance)
            return True
        singular = True
        for i in range(n):
            covariance[i * n + i] += step * rescue[i]
        step *= 10
    if n < LARGE:
        invert_triangle(scratch, n, inverse)
    else:
        memcpy(inverse, scratch, n * n * sizeof(double))
        invert_large(inverse, n)
    return singular or not _exceeds(covariance, limit, inverse, n, scratch)


cdef bint is_sound(
    const double* covariance,   # IN   (n, n) symmetric
    Py_ssize_t n,
    const double* rounding,     # IN   (n,) as for `precision_factor`
    double* scratch,            # OUT  (n, n)
) except -1 nogil:
    """Whether a covariance can be factorised, with digits left."""
    memcpy(scratch, covariance, n * n * sizeof(double))
    return _factorise_any(scratch, n) == n and _has_digits(scratch, covariance, rounding, n)


cdef int recover_covariance(
    const double* inverse,      # IN   (n, n) P, upper triangular
    Py_ssize_t n,
    double* scratch,            # OUT  (n, n)
    double* covariance,         # OUT  (n, n) the inverse of PP'
) except -1 nogil:
    """The covariance of a precision's factor."""
    cdef Py_ssize_t i, j, m
    if n >= LARGE:
        memcpy(scratch, inverse, n * n * sizeof(double))
        invert_large(scratch, n)
        return square_large(scratch, n, covariance)
    invert_triangle(inverse, n, scratch)
    for i in range(n):
        for j in range(n):
            covariance[i * n + j] = 0
    for m in range(n):
        for i in range(m, n):
            for j in range(m, n):
                covariance[i * n + j] += scratch[m * n + i] * scratch[m * n + j]
    return 0


cdef int _exceeds(
    const double* covariance, const double* limit, const double* inverse, Py_ssize_t n,
    double* scratch,
) except -1 nogil:
    """Whether a covariance is more than a diagonal matrix in every direction, so that their
    difference can be factorised, for any order of the features and in any units."""
    cdef Py_ssize_t i, j
    cdef double share = 0
    # With P the inverse of the factor, the trace of P' diag(limit) P is at least its largest
    # eigenvalue, below which the difference is positive: nearly always, and cheap to see.
    for i in range(n):
        for j in range(i, n):
            share += limit[i] * inverse[i * n + j] * inverse[i * n + j]
    if share < 1:
        return True
    memcpy(scratch, covariance, n * n * sizeof(double))
    for i in range(n):
        scratch[i * n + i] -= limit[i]
    return _factorise_any(scratch, n) == n


cdef bint _has_digits(
    const double* factor, const double* covariance, const double* rounding, Py_ssize_t n
) noexcept nogil:
    """Whether every variance, and its part that earlier features leave, is far from rounding."""
    cdef Py_ssize_t i
    for i in range(n):
        if not (
            factor[i * n + i] * factor[i * n + i] >= DIGITS * covariance[i * n + i]
            and covariance[i * n + i] > rounding[i]
        ):
            return False
    return True
