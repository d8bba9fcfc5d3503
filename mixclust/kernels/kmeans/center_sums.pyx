"""Sums of the rows of each cluster, from which the centres are updated.

A table holds, for each cluster, the weighted sum of its rows less the shift of the frame, and their
weight behind the features; rows of positive weight are counted in integers, so that empty clusters
are known exactly. Where rows have no weights, the merged weight is the count. Every shard fills a
table of its own, and the tables are merged in shard order. Where a table is too large to have once
a shard there is one table, and slices of the clusters fill it side by side, each in a pass over all
rows.

It is given labels, and knows nothing of how they were found.
"""
cimport cython
from libc.stdint cimport int32_t
from libc.string cimport memcpy, memset

import numpy as np

from ..core.simd cimport (
    F64_LANES, f64v, f64v_from_f32, f64v_from_f32_part, f64v_load, f64v_load_part, f64v_set,
    f64v_store,
)
from ..rows.csr_rows cimport CSRRows
from ..rows.panels cimport padded_width, panel_rows
from ..rows.rows cimport Blocks, Frame, Rows, check_frame

cdef enum:
    CSR_SLICES = 16         # slices of the clusters that sum sparse rows side by side


cdef class CenterSums:
    """Tables of sums and the sums merged from them; a subclass adds rows.

    Parameters
    ----------
    rows : Rows
    frame : Frame
    n_clusters : int
    n_shards : int
        Tables of sums, unless there are slices.
    n_slices : int
        Slices of the clusters that fill one table; 0: every shard fills a table of its own.
    """

    def __init__(
        self, Rows rows, Frame frame, Py_ssize_t n_clusters, Py_ssize_t n_shards,
        Py_ssize_t n_slices,
    ):
        check_frame(frame, rows.n_features)
        self.rows = rows
        self.frame = frame
        self.n_clusters = n_clusters
        self.n_features = rows.n_features
        self.n_slices = n_slices
        self.width = padded_width(rows.n_features)
        self.buffer_bytes = 0
        n_tables = 1 if n_slices else n_shards
        self._tables = np.zeros((n_tables, n_clusters, self.width))
        self._table_counts = np.zeros((n_tables, n_clusters), dtype=np.intp)
        self.sums = np.zeros((n_clusters, self.width))
        self.counts = np.zeros(n_clusters, dtype=np.intp)

    cdef void begin_shard(self, Py_ssize_t s) noexcept nogil:
        """Clear the table of shard s."""
        self._clear(s, 0, self.n_clusters)

    cdef void _clear(self, Py_ssize_t table, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
        """Clear the sums of clusters begin..end."""
        memset(&self._tables[table, begin, 0], 0, (end - begin) * self.width * sizeof(double))
        memset(&self._table_counts[table, begin], 0, (end - begin) * sizeof(Py_ssize_t))

    cdef void add(
        self,
        Py_ssize_t s,               # IN  shard
        Py_ssize_t start,           # IN  first row, a multiple of panel_rows()
        Py_ssize_t n,
        const int32_t* labels,      # IN  (n_samples,) of all rows
        void* buffer,               # (buffer_bytes,)
    ) noexcept nogil:
        """Add n rows of shard s to the sums of their labels."""

    cdef void move(
        self,
        Py_ssize_t s,               # IN  shard
        const Py_ssize_t* changed,  # IN  (n,) rows
        const int32_t* old,         # IN  (n,) their labels when they were added
        Py_ssize_t n,
        const int32_t* labels,      # IN  (n_samples,) of all rows
        void* buffer,               # (buffer_bytes,)
    ) noexcept nogil:
        """Move rows of shard s from the sums of their old labels to the sums of the new ones."""

    cdef void begin_slices(self, Py_ssize_t n_changed) noexcept nogil:
        """Begin a pass of all slices, after so many rows have changed their label."""

    cdef void begin_slice(self, Py_ssize_t s) noexcept nogil:
        """Clear the sums of slice s."""

    cdef void add_to_slice(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, const int32_t* labels
    ) noexcept nogil:
        """Add the rows among lo..hi that belong to a cluster of slice s."""

    cdef void end_slices(self, const int32_t* labels) noexcept nogil:
        """Note that all slices have added all rows."""

    cdef void merge(self) noexcept nogil:
        """Merge the tables in shard order into `sums` and `counts`."""
        cdef Py_ssize_t s, j, k, d = self.n_features
        for k in range(self.n_clusters):
            self.counts[k] = 0
            for j in range(d + 1):
                self.sums[k, j] = 0
        for s in range(self._tables.shape[0]):
            for k in range(self.n_clusters):
                self.counts[k] += self._table_counts[s, k]
                for j in range(d + 1):
                    self.sums[k, j] += self._tables[s, k, j]
        if self.rows.weights == NULL:
            for k in range(self.n_clusters):
                self.sums[k, d] = self.counts[k]


cdef class DenseSums(CenterSums):
    """Sums of dense rows.

    Parameters
    ----------
    blocks : Blocks
    n_clusters, n_shards, n_slices
        As for `CenterSums`.
    """

    def __init__(
        self, Blocks blocks, Py_ssize_t n_clusters, Py_ssize_t n_shards, Py_ssize_t n_slices=0
    ):
        CenterSums.__init__(self, blocks.rows, blocks.frame, n_clusters, n_shards, n_slices)
        self.blocks = blocks
        self.dense = blocks.rows
        self._is_plain = (
            not blocks.rows.is_double and self.dense.col_stride == sizeof(float)
            and not blocks._is_kept.shape[0]
        )
        self.buffer_bytes = panel_rows() * self.width * sizeof(double)
        self._slice_rows = np.empty((n_slices, self.width))

    cdef void add(
        self, Py_ssize_t s, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t end = start + n, height, P = panel_rows()
        cdef const double* weights = self.rows.weights
        if self._is_plain and weights == NULL:
            add_plain_rows(
                self.dense.row(start), self.dense.row_stride, n, self.n_features,
                self.frame.shift, self.width, labels + start,
                &self._tables[s, 0, 0], &self._table_counts[s, 0],
            )
            return
        while start < end:
            height = min(P, end - start)
            add_rows(
                self.blocks.read(start, height, <double*>buffer), height, self.n_features,
                self.width,
                labels + start, weights + start if weights != NULL else NULL,
                &self._tables[s, 0, 0], &self._table_counts[s, 0],
            )
            start += P

    cdef void move(
        self, Py_ssize_t s, const Py_ssize_t* changed, const int32_t* old, Py_ssize_t n,
        const int32_t* labels, void* buffer,
    ) noexcept nogil:
        cdef Py_ssize_t i, j, q, r, m, first = 0, L = F64_LANES, P = panel_rows()
        cdef double weight
        cdef const double* row
        cdef double* source
        cdef double* target
        cdef f64v part
        cdef int32_t listed[48]
        while first < n:
            m = min(P, n - first)
            for r in range(m):      # the rows of a block of labels: a few thousands at most
                listed[r] = <int32_t>(changed[first + r] - changed[0])
            self.dense.read_listed(changed[0], listed, m, self.frame.shift, <double*>buffer)
            for r in range(m):
                i = changed[first + r]
                weight = self.rows.weight(i)
                row = <double*>buffer + r * self.width
                source = &self._tables[s, old[first + r], 0]
                target = &self._tables[s, labels[i], 0]
                for q in range(self.width // L):
                    j = q * L
                    part = f64v_set(weight) * f64v_load(row + j)
                    f64v_store(source + j, f64v_load(source + j) - part)
                    f64v_store(target + j, f64v_load(target + j) + part)
                self._table_counts[s, old[first + r]] -= weight > 0
                self._table_counts[s, labels[i]] += weight > 0
            first += P

    cdef void begin_slice(self, Py_ssize_t s) noexcept nogil:
        self._clear(0, slice_begin(self, s), slice_begin(self, s + 1))

    cdef void add_to_slice(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, const int32_t* labels
    ) noexcept nogil:
        cdef Py_ssize_t i, begin = slice_begin(self, s), end = slice_begin(self, s + 1)
        cdef double* row = &self._slice_rows[s, 0]
        for i in range(lo, hi):
            if begin <= labels[i] < end:
                self.rows.read_framed(self.frame, i, 1, row)
                add_rows(
                    row, 1, self.n_features, self.width, labels + i,
                    self.rows.weights + i if self.rows.weights != NULL else NULL,
                    &self._tables[0, 0, 0], &self._table_counts[0, 0],
                )


@cython.final
cdef class CSRSums(CenterSums):
    """Sums of sparse rows.

    There are always slices: a table a shard would cost more to clear and to merge than the few
    numbers of sparse rows cost to add up. Where few rows have changed their label since the sums
    were made, only these are moved.

    Parameters
    ----------
    rows : CSRRows
    frame : Frame
        Its shift is zero.
    n_clusters : int
    """

    def __init__(self, CSRRows rows, Frame frame, Py_ssize_t n_clusters):
        CenterSums.__init__(self, rows, frame, n_clusters, 1, min(n_clusters, CSR_SLICES))
        self.stored = rows
        self._labels_before = np.empty(rows.n_samples, dtype=np.int32)
        self._moving = False

    cdef void begin_slices(self, Py_ssize_t n_changed) noexcept nogil:
        self._moving = 8 * n_changed < self.rows.n_samples

    cdef void begin_slice(self, Py_ssize_t s) noexcept nogil:
        if not self._moving:
            self._clear(0, slice_begin(self, s), slice_begin(self, s + 1))

    cdef void add_to_slice(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, const int32_t* labels
    ) noexcept nogil:
        cdef Py_ssize_t i, begin = slice_begin(self, s), end = slice_begin(self, s + 1)
        cdef bint move = self._moving
        cdef int32_t before = -1
        for i in range(lo, hi):
            if move:
                before = self._labels_before[i]
                if labels[i] == before:
                    continue
                if begin <= before < end:
                    self._add_row(i, before, -1)
            if begin <= labels[i] < end:
                self._add_row(i, labels[i], 1)

    cdef void end_slices(self, const int32_t* labels) noexcept nogil:
        if self.rows.n_samples:
            memcpy(&self._labels_before[0], labels, self.rows.n_samples * sizeof(int32_t))

    cdef void _add_row(self, Py_ssize_t i, Py_ssize_t k, int sign) noexcept nogil:
        """Add row i to the sums of cluster k, or subtract it."""
        cdef Py_ssize_t p
        cdef double weight = sign * self.rows.weight(i)
        cdef double* sums = &self._tables[0, k, 0]
        for p in range(self.stored.begin(i), self.stored.begin(i + 1)):
            sums[self.stored.column(p)] += weight * self.stored.value(p)
        sums[self.n_features] += weight
        if weight != 0:
            self._table_counts[0, k] += sign


cdef inline Py_ssize_t slice_begin(CenterSums sums, Py_ssize_t s) noexcept nogil:
    """First cluster of slice s."""
    return s * sums.n_clusters // sums.n_slices


cdef void add_rows(
    const double* block,        # IN     (n, width)
    Py_ssize_t n,
    Py_ssize_t n_features,
    Py_ssize_t width,
    const int32_t* labels,      # IN     (n,)
    const double* weights,      # IN     (n,) or NULL
    double* sums,               # INOUT  (n_clusters, width)
    Py_ssize_t* counts,         # INOUT  (n_clusters,) rows of positive weight
) noexcept nogil:
    """Add each row of a block, its weight included, to the sums of its label.

    Without weights the weight of a cluster is its count, and the sum of ones may be left out.
    """
    cdef Py_ssize_t i, j, q, L = F64_LANES, n_vectors = width // L
    cdef const double* row
    cdef double* out
    if weights == NULL:
        n_vectors = (n_features + L - 1) // L
    for i in range(n):
        counts[labels[i]] += weights == NULL or weights[i] > 0
        row = block + i * width
        out = sums + labels[i] * width
        if weights == NULL:
            for q in range(n_vectors):
                j = q * L
                f64v_store(out + j, f64v_load(out + j) + f64v_load(row + j))
        else:
            for q in range(n_vectors):
                j = q * L
                f64v_store(
                    out + j, f64v_load(out + j) + f64v_set(weights[i]) * f64v_load(row + j)
                )


cdef void add_plain_rows(
    const char* X,              # IN     first row: float32, its features adjacent
    Py_ssize_t row_stride,      # IN     in bytes
    Py_ssize_t n,
    Py_ssize_t n_features,
    const double* shift,        # IN     (n_features,)
    Py_ssize_t width,
    const int32_t* labels,      # IN     (n,)
    double* sums,               # INOUT  (n_clusters, width)
    Py_ssize_t* counts,         # INOUT  (n_clusters,)
) noexcept nogil:
    """Add each row less the shift to the sums of its label: the numbers of `add_rows`, without a
    block of float64 in between."""
    cdef Py_ssize_t i, j, L = F64_LANES, whole = n_features // L * L
    cdef int rest = <int>(n_features - whole)
    cdef f64v last = f64v_load_part(shift + whole, rest)
    cdef const float* row
    cdef double* out
    for i in range(n):
        counts[labels[i]] += 1
        row = <const float*>(X + i * row_stride)
        out = sums + labels[i] * width
        j = 0
        while j < whole:
            f64v_store(
                out + j, f64v_load(out + j) + (f64v_from_f32(row + j) - f64v_load(shift + j))
            )
            j += L
        if rest:
            f64v_store(
                out + whole,
                f64v_load(out + whole) + (f64v_from_f32_part(row + whole, rest) - last),
            )
