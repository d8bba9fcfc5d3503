"""Eigenvalues and eigenvectors of symmetric matrices: of small ones by Jacobi's rotations [1]_, of
large ones by LAPACK.

A mixture decomposes a small matrix for each component in every iteration; calls from Python would
take longer than the pass. Rotations also find small eigenvalues to their last digits.

References
----------
.. [1] G. H. Golub and C. F. Van Loan, "Matrix Computations", 4th edition, section 8.5, Johns
   Hopkins University Press, 2013.
"""
from libc.math cimport copysign, fabs, sqrt

import numpy as np

cdef enum:
    LANES = 8           # matrices that are decomposed side by side
    SMALL = 10          # rows of these matrices at most
    LARGE = 40          # rows of a matrix that LAPACK decomposes
    MAX_SWEEPS = 60     # each rotates every pair of rows once; five to ten are needed

# An entry off the diagonal of a smaller share of the smaller one of its two diagonal entries is
# rounding.
cdef double ROUNDING = 1e-17

# A sweep of smaller tangents is the last one: the entries that it leaves are smaller by as much.
cdef double LAST_TANGENT = 1e-9

# Multiples of it, less their whole parts, are all different.
cdef double GOLDEN_SHARE = 0.6180339887498949


cdef double share_in_sum(Py_ssize_t k) noexcept nogil:
    """Share of matrix k in a sum of matrices with common axes, which shows the axes.

    Different axes may have equal sums with equal shares. These shares, between 1 and 2, all differ.
    """
    cdef double multiple = GOLDEN_SHARE * k
    return 1 + multiple - <Py_ssize_t>multiple


cdef void rotate_rows(
    double* first,              # INOUT (n,) cosine * first + sine * second
    double* second,             # INOUT (n,) cosine * second - sine * first
    Py_ssize_t n,
    double cosine,
    double sine,
) noexcept nogil:
    """Rotate two rows of a matrix in the plane that they span."""
    _rotate_rows(first, second, n, cosine, sine)


cdef inline void _rotate_rows(
    double* first, double* second, Py_ssize_t n, double cosine, double sine
) noexcept nogil:
    cdef Py_ssize_t m
    cdef double a, b
    for m in range(n):
        a, b = first[m], second[m]
        first[m] = cosine * a + sine * b
        second[m] = cosine * b - sine * a


cdef void rotate_matrix(
    double* matrix,             # INOUT (n, n) symmetric
    Py_ssize_t n,
    Py_ssize_t i,
    Py_ssize_t j,
    double cosine,
    double sine,
) noexcept nogil:
    """Rotate the rows and the columns i and j of a symmetric matrix."""
    _rotate_matrix(matrix, n, i, j, cosine, sine)


cdef inline void _rotate_matrix(
    double* matrix, Py_ssize_t n, Py_ssize_t i, Py_ssize_t j, double cosine, double sine
) noexcept nogil:
    cdef Py_ssize_t m
    cdef double p = matrix[i * n + i], q = matrix[i * n + j], r = matrix[j * n + j]
    _rotate_rows(matrix + i * n, matrix + j * n, n, cosine, sine)
    for m in range(n):
        matrix[m * n + i] = matrix[i * n + m]
        matrix[m * n + j] = matrix[j * n + m]
    matrix[i * n + i] = cosine * cosine * p + 2 * cosine * sine * q + sine * sine * r
    matrix[j * n + j] = sine * sine * p - 2 * cosine * sine * q + cosine * cosine * r
    q = (cosine * cosine - sine * sine) * q + cosine * sine * (r - p)
    matrix[i * n + j] = matrix[j * n + i] = q


cdef int symmetric_eigen(
    double* matrix,             # IN   (n, n) symmetric; destroyed
    Py_ssize_t n,
    double* values,             # OUT  (n,) in descending order
    double* vectors,            # OUT  (n, n) an eigenvector a row
) except -1 nogil:
    """Decompose a symmetric matrix of finite numbers."""
    cdef Py_ssize_t i
    if n >= LARGE:
        return _decompose_large(matrix, n, values, vectors)
    if n == 2:
        _rotate_until_diagonal(matrix, 2, vectors)
    elif n == 3:
        _rotate_until_diagonal(matrix, 3, vectors)
    elif n == 4:
        _rotate_until_diagonal(matrix, 4, vectors)
    else:
        _rotate_until_diagonal(matrix, n, vectors)
    for i in range(n):
        values[i] = matrix[i * n + i]
    _sort(n, values, vectors)
    return 0


cdef void _sort(Py_ssize_t n, double* values, double* vectors) noexcept nogil:
    """Put eigenvalues in descending order, and their vectors."""
    cdef Py_ssize_t i, j, m, largest
    for i in range(n):
        largest = i
        for j in range(i + 1, n):
            if values[j] > values[largest]:
                largest = j
        values[i], values[largest] = values[largest], values[i]
        for m in range(n):
            vectors[i * n + m], vectors[largest * n + m] = (
                vectors[largest * n + m], vectors[i * n + m]
            )


cdef int symmetric_eigen_of_each(
    double* matrices,           # IN   (n_matrices, n, n) symmetric; destroyed
    Py_ssize_t n_matrices,
    Py_ssize_t n,
    double* values,             # OUT  (n_matrices, n) each in descending order
    double* vectors,            # OUT  (n_matrices, n, n) an eigenvector a row
) except -1 nogil:
    """Decompose symmetric matrices; small ones side by side, in the lanes of a vector.

    A decomposition does not depend on the other matrices.
    """
    cdef Py_ssize_t k, size = n * n
    if n > SMALL or n_matrices == 1:
        for k in range(n_matrices):
            symmetric_eigen(matrices + k * size, n, values + k * n, vectors + k * size)
        return 0
    k = 0
    while k < n_matrices:
        if n == 2:
            _decompose_lanes(matrices, k, n_matrices, 2, values, vectors)
        elif n == 3:
            _decompose_lanes(matrices, k, n_matrices, 3, values, vectors)
        elif n == 4:
            _decompose_lanes(matrices, k, n_matrices, 4, values, vectors)
        else:
            _decompose_lanes(matrices, k, n_matrices, n, values, vectors)
        k += LANES
    return 0


cdef inline void _decompose_lanes(
    double* matrices, Py_ssize_t first, Py_ssize_t n_matrices,
    Py_ssize_t n,               # IN   a constant for the smallest ones: loops are unrolled
    double* values, double* vectors,
) noexcept nogil:
    """Decompose up to `LANES` matrices, from the first one on."""
    cdef double matrix[SMALL * SMALL * LANES]
    cdef double axes[SMALL * SMALL * LANES]
    cdef double done[LANES]
    cdef Py_ssize_t i, j, v, _sweep, last = min(LANES, n_matrices - first)
    for i in range(n):
        for j in range(n):
            for v in range(LANES):
                axes[(i * n + j) * LANES + v] = matrix[(i * n + j) * LANES + v] = i == j
            for v in range(last):
                matrix[(i * n + j) * LANES + v] = matrices[((first + v) * n + i) * n + j]
    for v in range(LANES):
        done[v] = 0
    for _sweep in range(MAX_SWEEPS):
        if _sweep_lanes(matrix, n, axes, done):
            break
    for v in range(last):
        for i in range(n):
            values[(first + v) * n + i] = matrix[(i * n + i) * LANES + v]
            for j in range(n):
                vectors[((first + v) * n + i) * n + j] = axes[(i * n + j) * LANES + v]
        _sort(n, values + (first + v) * n, vectors + (first + v) * n * n)


cdef inline bint _sweep_lanes(
    double* matrix, Py_ssize_t n, double* axes,
    double* done,               # INOUT (LANES,) 1 for a matrix that is decomposed
) noexcept nogil:
    """One sweep in all lanes; returns whether all matrices are decomposed."""
    cdef double cosine[LANES]
    cdef double sine[LANES]
    cdef double largest[LANES]
    cdef double p, q, r, ratio, tangent, total = 0
    cdef double* first
    cdef double* second
    cdef double* cross
    cdef Py_ssize_t i, j, m, v
    cdef bint counts
    for v in range(LANES):
        largest[v] = 0
    for i in range(n - 1):
        for j in range(i + 1, n):
            first, second = matrix + i * (n + 1) * LANES, matrix + j * (n + 1) * LANES
            cross = matrix + (i * n + j) * LANES
            for v in range(LANES):
                p, q, r = first[v], cross[v], second[v]
                counts = (done[v] == 0) & (fabs(q) > ROUNDING * min(fabs(p), fabs(r)))
                ratio = (p - r) / (2 * q if counts else 1)
                tangent = copysign(1, ratio) / (fabs(ratio) + sqrt(1 + ratio * ratio))
                tangent = tangent if counts else 0
                largest[v] = max(largest[v], fabs(tangent))
                cosine[v] = 1 / sqrt(1 + tangent * tangent)
                sine[v] = tangent * cosine[v]
                first[v] = (
                    cosine[v] * cosine[v] * p + 2 * cosine[v] * sine[v] * q
                    + sine[v] * sine[v] * r
                )
                second[v] = (
                    sine[v] * sine[v] * p - 2 * cosine[v] * sine[v] * q
                    + cosine[v] * cosine[v] * r
                )
                cross[v] = 0 if counts else q
            for m in range(n):
                if m != i and m != j:
                    _rotate_lanes(
                        matrix + (min(m, i) * n + max(m, i)) * LANES,
                        matrix + (min(m, j) * n + max(m, j)) * LANES, cosine, sine,
                    )
                _rotate_lanes(
                    axes + (i * n + m) * LANES, axes + (j * n + m) * LANES, cosine, sine
                )
    for v in range(LANES):
        done[v] = 0 if largest[v] > LAST_TANGENT else 1
        total += done[v]
    return total == LANES


cdef inline void _rotate_lanes(
    double* first, double* second, const double* cosine, const double* sine
) noexcept nogil:
    """As `rotate_rows`, with another angle in each lane."""
    cdef Py_ssize_t v
    cdef double a, b
    for v in range(LANES):
        a, b = first[v], second[v]
        first[v] = cosine[v] * a + sine[v] * b
        second[v] = cosine[v] * b - sine[v] * a


cdef inline void _rotate_until_diagonal(
    double* matrix,
    Py_ssize_t n,               # IN   a constant for the smallest ones: loops are unrolled
    double* vectors,
) noexcept nogil:
    """Rotate a matrix until it is diagonal, and collect the rotations."""
    cdef Py_ssize_t i, j, _sweep
    for i in range(n):
        for j in range(n):
            vectors[i * n + j] = i == j
    for _sweep in range(MAX_SWEEPS):
        if not _rotate_all_pairs(matrix, n, vectors):
            break


cdef inline bint _rotate_all_pairs(double* matrix, Py_ssize_t n, double* vectors) noexcept nogil:
    """One sweep; returns whether another one is needed."""
    cdef Py_ssize_t i, j
    cdef double p, q, r, ratio, tangent, cosine
    cdef bint rotated = False
    for i in range(n - 1):
        for j in range(i + 1, n):
            p, q, r = matrix[i * n + i], matrix[i * n + j], matrix[j * n + j]
            if not fabs(q) > ROUNDING * min(fabs(p), fabs(r)):
                continue
            # The smaller angle that makes the entry zero.
            ratio = (p - r) / (2 * q)
            tangent = copysign(1, ratio) / (fabs(ratio) + sqrt(1 + ratio * ratio))
            cosine = 1 / sqrt(1 + tangent * tangent)
            rotated |= fabs(tangent) > LAST_TANGENT
            _rotate_matrix(matrix, n, i, j, cosine, tangent * cosine)
            matrix[i * n + j] = matrix[j * n + i] = 0
            _rotate_rows(vectors + i * n, vectors + j * n, n, cosine, tangent * cosine)
    return rotated


cdef int _decompose_large(
    double* matrix, Py_ssize_t n, double* values, double* vectors
) except -1 with gil:
    """As `symmetric_eigen`, by LAPACK."""
    cdef double[:, ::1] given = <double[:n, :n]>matrix
    cdef double[::1] found = <double[:n]>values
    cdef double[:, ::1] axes = <double[:n, :n]>vectors
    ascending, columns = np.linalg.eigh(np.asarray(given))
    np.asarray(found)[:] = ascending[::-1]
    np.asarray(axes)[:] = columns.T[::-1]
    return 0
