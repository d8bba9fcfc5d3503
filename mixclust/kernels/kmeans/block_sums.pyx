"""Sums of dense rows in blocks: a leaf that belongs to one cluster adds the sum of its rows."""
cimport cython
from libc.stdint cimport int32_t

from ..rows.rows cimport Blocks
from .center_sums cimport DenseSums
from .row_blocks cimport LEAF_ROWS, RowBlocks, is_uniform


@cython.final
cdef class BlockSums(DenseSums):
    """Sums of rows in their order along a curve.

    Parameters
    ----------
    blocks, n_clusters, n_shards
        As for `DenseSums`; a shard begins with a leaf.
    leaves : RowBlocks
        Of the same rows under the same frame.
    n_slices : int, default=0
        As for `DenseSums`: with slices, rows are added one by one.
    """

    cdef RowBlocks leaves

    def __init__(
        self, Blocks blocks, Py_ssize_t n_clusters, Py_ssize_t n_shards, RowBlocks leaves,
        Py_ssize_t n_slices=0,
    ):
        DenseSums.__init__(self, blocks, n_clusters, n_shards, n_slices)
        if leaves.rows is not blocks.rows or leaves.frame is not blocks.frame:
            raise ValueError("leaves and blocks must have the same rows and the same frame")
        self.leaves = leaves

    cdef void add(
        self, Py_ssize_t s, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t j, leaf, height, end = start + n
        cdef int32_t label
        if start % LEAF_ROWS:
            DenseSums.add(self, s, start, n, labels, buffer)
            return
        while start < end:
            height = min(<Py_ssize_t>LEAF_ROWS, self.rows.n_samples - start)
            label = labels[start]
            if start + height > end or not is_uniform(labels + start, height):
                height = min(height, end - start)
                DenseSums.add(self, s, start, height, labels, buffer)
            else:
                leaf = start // LEAF_ROWS
                self._table_counts[s, label] += self.leaves.counts[leaf]
                for j in range(self.width):
                    self._tables[s, label, j] += self.leaves.sums[leaf, j]
            start += height
