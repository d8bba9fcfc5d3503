"""Cholesky factors of large matrices, by LAPACK and BLAS.

They are called through SciPy, with the GIL: beside the arithmetic that takes no time. Threads
within a call belong to BLAS, and their number does not depend on `n_threads`.

A call cannot be interrupted, and takes long where other processes want the cores. So matrices are
halved until a call is short, and the calling thread looks for Ctrl-C in between.

Names are LAPACK's. The transpose of a C array is one of Fortran's, so the lower triangle L that
LAPACK reads and writes is the upper triangle U of `cholesky.pyx`.
"""
from cpython.exc cimport PyErr_CheckSignals

import numpy as np

cdef enum:
    PIECE = 256     # rows of a matrix that is not halved
    BLOCK = 32      # rows and columns of a block that is transposed within the first cache


cdef Py_ssize_t factorise_large(
    double* matrix,             # INOUT (n, n) symmetric in; U with U'U = matrix out, zeros below
    Py_ssize_t n,
) except -1 with gil:
    """Factorise in place; returns n, or the first pivot that is not positive."""
    return _factorise(_transpose(matrix, n))


cdef int invert_large(
    double* matrix,             # INOUT (n, n) upper triangular, and so is its inverse
    Py_ssize_t n,
) except -1 with gil:
    """Invert a triangle in place."""
    _invert(_transpose(matrix, n))
    return 0


cdef int multiply_large(
    double* matrix,             # INOUT (n, n) P, upper triangular, in; the symmetric PP' out
    Py_ssize_t n,
) except -1 with gil:
    """Multiply a triangle by its transpose, in place."""
    cdef Py_ssize_t a, b, i, j
    _multiply(_transpose(matrix, n))
    # Block by block: the numbers of a column are far apart.
    for a in range((n + BLOCK - 1) // BLOCK):
        for b in range(a + 1):
            for i in range(a * BLOCK, min((a + 1) * BLOCK, n)):
                for j in range(b * BLOCK, min((b + 1) * BLOCK, i)):
                    matrix[i * n + j] = matrix[j * n + i]
    return 0


cdef int square_large(
    double* matrix,             # IN   (n, n) U, upper triangular, zeros below
    Py_ssize_t n,
    double* square,             # OUT  (n, n) U'U
) except -1 with gil:
    """Multiply the transpose of a triangle by the triangle, a piece of its rows at a time."""
    cdef Py_ssize_t start
    lower, product = _transpose(matrix, n), _transpose(square, n)
    for start in range(0, n, PIECE):
        PyErr_CheckSignals()
        product[:, start:start + PIECE] = lower @ lower[start:start + PIECE].T
    return 0


cdef object _transpose(double* matrix, Py_ssize_t n):
    cdef double[:, ::1] view = <double[:n, :n]>matrix
    return np.asarray(view).T


cdef Py_ssize_t _factorise(a) except -1:
    """Replace the lower triangle of `a` by L with LL' = a, and the part above it by zeros."""
    # SciPy takes a while to import, and nothing else needs it.
    from scipy.linalg.blas import dsyrk, dtrsm
    from scipy.linalg.lapack import dpotrf

    cdef Py_ssize_t n = len(a), half = n // 2, pivot
    PyErr_CheckSignals()
    if n <= PIECE:
        a[:], info = dpotrf(a, lower=1, clean=1, overwrite_a=1)
        if info != 0:
            return info - 1
        # LAPACK may let a pivot pass that is not a number.
        positive = np.diagonal(a) > 0
        return n if positive.all() else np.argmin(positive)
    pivot = _factorise(a[:half, :half])
    if pivot < half:
        return pivot
    a[half:, :half] = dtrsm(1.0, a[:half, :half], a[half:, :half], side=1, lower=1, trans_a=1)
    a[:half, half:] = 0
    PyErr_CheckSignals()
    a[half:, half:] = dsyrk(-1.0, a[half:, :half], beta=1.0, c=a[half:, half:], lower=1)
    return half + _factorise(a[half:, half:])


cdef int _invert(a) except -1:
    """Replace a lower triangle by its inverse."""
    from scipy.linalg.blas import dtrmm
    from scipy.linalg.lapack import dtrtri

    cdef Py_ssize_t n = len(a), half = n // 2
    PyErr_CheckSignals()
    if n <= PIECE:
        a[:], _ = dtrtri(a, lower=1, overwrite_c=1)
        return 0
    _invert(a[:half, :half])
    _invert(a[half:, half:])
    below = dtrmm(-1.0, a[half:, half:], a[half:, :half], lower=1)
    PyErr_CheckSignals()
    a[half:, :half] = dtrmm(1.0, a[:half, :half], below, side=1, lower=1, overwrite_b=1)
    return 0


cdef int _multiply(a) except -1:
    """Replace a lower triangle L by that of L'L."""
    from scipy.linalg.blas import dsyrk, dtrmm
    from scipy.linalg.lapack import dlauum

    cdef Py_ssize_t n = len(a), half = n // 2
    PyErr_CheckSignals()
    if n <= PIECE:
        a[:], _ = dlauum(a, lower=1, overwrite_c=1)
        return 0
    _multiply(a[:half, :half])
    a[:half, :half] = dsyrk(
        1.0, a[half:, :half], beta=1.0, c=a[:half, :half], trans=1, lower=1
    )
    PyErr_CheckSignals()
    a[half:, :half] = dtrmm(1.0, a[half:, half:], a[half:, :half], lower=1, trans_a=1)
    return _multiply(a[half:, half:])
