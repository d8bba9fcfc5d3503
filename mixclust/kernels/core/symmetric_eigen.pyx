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
    LARGE = 40          # rows of a matrix that LAPACK decomposes
    MAX_SWEEPS = 60     # each rotates every pair of rows once; five to ten are needed

# An entry off the diagonal of a smaller share of the root of its two diagonal entries is rounding.
cdef double ROUNDING = 1e-17

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
    cdef Py_ssize_t m
    cdef double p = matrix[i * n + i], q = matrix[i * n + j], r = matrix[j * n + j]
    rotate_rows(matrix + i * n, matrix + j * n, n, cosine, sine)
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
    cdef Py_ssize_t i, j, m, largest, _sweep
    if n >= LARGE:
        return _decompose_large(matrix, n, values, vectors)
    for i in range(n):
        for j in range(n):
            vectors[i * n + j] = i == j
    for _sweep in range(MAX_SWEEPS):
        if not _rotate_all_pairs(matrix, n, vectors):
            break
    for i in range(n):
        values[i] = matrix[i * n + i]
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
    return 0


cdef bint _rotate_all_pairs(double* matrix, Py_ssize_t n, double* vectors) noexcept nogil:
    """One sweep; returns whether an entry off the diagonal was more than rounding."""
    cdef Py_ssize_t i, j
    cdef double p, q, r, ratio, tangent, cosine
    cdef bint rotated = False
    for i in range(n - 1):
        for j in range(i + 1, n):
            p, q, r = matrix[i * n + i], matrix[i * n + j], matrix[j * n + j]
            if not fabs(q) > ROUNDING * sqrt(fabs(p)) * sqrt(fabs(r)):
                continue
            rotated = True
            # The smaller angle that makes the entry zero.
            ratio = (p - r) / (2 * q)
            tangent = copysign(1, ratio) / (fabs(ratio) + sqrt(1 + ratio * ratio))
            cosine = 1 / sqrt(1 + tangent * tangent)
            rotate_matrix(matrix, n, i, j, cosine, tangent * cosine)
            matrix[i * n + j] = matrix[j * n + i] = 0
            rotate_rows(vectors + i * n, vectors + j * n, n, cosine, tangent * cosine)
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
