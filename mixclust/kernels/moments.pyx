"""Weighted sums of a strip: the M step's tiles.

A scatter is cut into blocks of two features by two; the tile takes three blocks at a time, twelve
accumulators whose lanes are rows, and runs over all rows of the strip. Features are followed by a
row of ones, so that the same tile sums the rows and the responsibilities too. Everything is
centred on the component's current mean, so that no covariance is the difference of large numbers.
"""
from .simd cimport F64_LANES, f64v, f64v_add_sums, f64v_load, f64v_set, f64v_store


cdef Py_ssize_t select_rows(
    const double* resp,         # IN   (height,)
    const double* reach,        # IN   (height,) what a responsibility may be multiplied by
    Py_ssize_t height,
    double threshold,
    Py_ssize_t* selected,       # OUT  (height,)
) noexcept nogil:
    """Rows whose responsibility can matter to a sum; returns their number."""
    cdef Py_ssize_t i, n = 0
    for i in range(height):
        selected[n] = i
        n += resp[i] * reach[i] > threshold
    return n


cdef Py_ssize_t weigh_rows(
    const double* strip,        # IN   (n_features, height)
    Py_ssize_t height,
    Py_ssize_t n_features,
    const double* mean,         # IN   (n_features,)
    const double* resp,         # IN   (height,) responsibilities times weights
    const Py_ssize_t* selected,  # IN  (n_selected,) rows wanted
    Py_ssize_t n_selected,
    double* differences,        # OUT  (n_features + 2, height) ``x - mean``, then 1, then 0
    double* weighted,           # OUT  (n_features + 2, height) the same times responsibility
) noexcept nogil:
    """Collect the rows wanted, less the mean, and times their responsibility; returns how many
    places of `height` hold anything: a whole number of vectors."""
    cdef Py_ssize_t i, j, v, L = F64_LANES, length
    cdef double* x
    cdef double* r = weighted + n_features * height
    cdef f64v m
    if 4 * n_selected > 3 * height:
        # Nearly all: rows that do not matter cost less than picking the others out.
        length = height
        for v in range(length // L):
            i = v * L
            f64v_store(r + i, f64v_load(resp + i))
        for j in range(n_features):
            m = f64v_set(mean[j])
            for v in range(length // L):
                i = v * L
                f64v_store(
                    differences + j * height + i, f64v_load(strip + j * height + i) - m
                )
    else:
        length = (n_selected + L - 1) // L * L
        for i in range(n_selected):
            r[i] = resp[selected[i]]
        for i in range(n_selected, length):
            r[i] = 0
        for j in range(n_features):
            x = differences + j * height
            for i in range(n_selected):
                x[i] = strip[j * height + selected[i]] - mean[j]
            for i in range(n_selected, length):
                x[i] = 0
    for j in range(n_features):
        for v in range(length // L):
            i = v * L
            f64v_store(
                weighted + j * height + i,
                f64v_load(r + i) * f64v_load(differences + j * height + i),
            )
    for i in range(length):
        differences[n_features * height + i] = 1
        differences[(n_features + 1) * height + i] = 0
        weighted[(n_features + 1) * height + i] = 0
    return length


cdef void add_outer_blocks(
    const double* left,         # IN   rows `stride` apart
    const double* right,        # IN   rows `stride` apart
    Py_ssize_t stride,
    Py_ssize_t length,          # IN   a multiple of the lanes
    const Py_ssize_t* blocks,   # IN   (n_blocks, 2) first of two rows of `left` and of `right`
    Py_ssize_t n_blocks,        # IN   a multiple of three
    double* sums,               # INOUT (n_blocks, 2, 2)
) noexcept nogil:
    """Add ``left[a] . right[b]`` for the two by two rows of every block."""
    cdef Py_ssize_t t, i, step, L = F64_LANES
    cdef const double* a0
    cdef const double* a1
    cdef const double* a2
    cdef const double* b0
    cdef const double* b1
    cdef const double* b2
    cdef f64v x, y, u, v
    cdef f64v p0, q0, r0, s0, p1, q1, r1, s1, p2, q2, r2, s2
    for t in range(0, n_blocks, 3):
        a0 = left + blocks[2 * t] * stride
        b0 = right + blocks[2 * t + 1] * stride
        a1 = left + blocks[2 * t + 2] * stride
        b1 = right + blocks[2 * t + 3] * stride
        a2 = left + blocks[2 * t + 4] * stride
        b2 = right + blocks[2 * t + 5] * stride
        p0 = q0 = r0 = s0 = p1 = q1 = r1 = s1 = p2 = q2 = r2 = s2 = f64v_set(0)
        for step in range(length // L):
            i = step * L
            x, y = f64v_load(a0 + i), f64v_load(a0 + stride + i)
            u, v = f64v_load(b0 + i), f64v_load(b0 + stride + i)
            p0 = p0 + x * u
            q0 = q0 + x * v
            r0 = r0 + y * u
            s0 = s0 + y * v
            x, y = f64v_load(a1 + i), f64v_load(a1 + stride + i)
            u, v = f64v_load(b1 + i), f64v_load(b1 + stride + i)
            p1 = p1 + x * u
            q1 = q1 + x * v
            r1 = r1 + y * u
            s1 = s1 + y * v
            x, y = f64v_load(a2 + i), f64v_load(a2 + stride + i)
            u, v = f64v_load(b2 + i), f64v_load(b2 + stride + i)
            p2 = p2 + x * u
            q2 = q2 + x * v
            r2 = r2 + y * u
            s2 = s2 + y * v
        f64v_add_sums(sums + 4 * t, p0, q0, r0, s0)
        f64v_add_sums(sums + 4 * t + 4, p1, q1, r1, s1)
        f64v_add_sums(sums + 4 * t + 8, p2, q2, r2, s2)


cdef void add_diagonal_moments(
    const double* strip,        # IN   (n_features, height)
    Py_ssize_t height,          # IN   a multiple of six vectors
    Py_ssize_t n_features,
    const double* mean,         # IN   (n_features,)
    const double* resp,         # IN   (height,) responsibilities times weights
    double* moments,            # INOUT (n_features + 1, 4) sums of r (x - mean) and of its product
                                # with x - mean, 0, 0; in the last row of r
) noexcept nogil:
    """Add one component's sums about its mean, feature by feature."""
    cdef Py_ssize_t i, j, v, L = F64_LANES
    cdef const double* x
    cdef f64v m, r, t, s0, s1, s2, q0, q1, q2, zero = f64v_set(0)
    for j in range(n_features):
        x = strip + j * height
        m = f64v_set(mean[j])
        s0 = s1 = s2 = q0 = q1 = q2 = zero
        for v in range(height // (3 * L)):
            i = 3 * v * L
            t = f64v_load(x + i) - m
            r = f64v_load(resp + i) * t
            s0 = s0 + r
            q0 = q0 + r * t
            t = f64v_load(x + i + L) - m
            r = f64v_load(resp + i + L) * t
            s1 = s1 + r
            q1 = q1 + r * t
            t = f64v_load(x + i + 2 * L) - m
            r = f64v_load(resp + i + 2 * L) * t
            s2 = s2 + r
            q2 = q2 + r * t
        f64v_add_sums(moments + 4 * j, s0 + s1 + s2, q0 + q1 + q2, zero, zero)
    s0 = s1 = s2 = zero
    for v in range(height // (3 * L)):
        i = 3 * v * L
        s0 = s0 + f64v_load(resp + i)
        s1 = s1 + f64v_load(resp + i + L)
        s2 = s2 + f64v_load(resp + i + 2 * L)
    f64v_add_sums(moments + 4 * n_features, s0 + s1 + s2, zero, zero, zero)
