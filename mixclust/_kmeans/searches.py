"""The search for the nearest centres of dense rows that suits their number and shape."""

from ..kernels.kmeans.bounded_nearest import BoundedNearest
from ..kernels.kmeans.coarse_nearest import CoarseNearest
from ..kernels.kmeans.island_nearest import IslandNearest
from ..kernels.kmeans.sorted_nearest import SortedNearest
from .center_groups import group_centers
from .coarse import CoarseChoice

__all__ = ["PASSES_OF_FIT", "Searches"]

MIN_BOUNDS_COST = 2000
"""Multiply-adds a row, below which measuring every centre costs no more than bounds do."""

MIN_SORTED_CLUSTERS = 128
"""Clusters of rows of one feature, from which sorted centres are searched sooner than measured."""

MIN_COARSE_FEATURES = 96
"""Number of features from which a prefix of rotated features may pay."""

MIN_COARSE_PAIRS = 4_000_000
"""Rows times clusters, below which rotating a sample costs more than a prefix can save."""

MIN_COARSE_COST = 8_000_000_000
"""Multiply-adds of a pass, below which the trial of a prefix may cost a fit more than 3 %."""

MIN_SINGLE_COARSE_COST = 40_000_000_000
"""The same of a single pass."""

PASSES_OF_FIT = 8
"""Passes of a fit that are expected to share the rotated rows."""


class Searches:
    """The searches for the nearest centres of dense rows, from which passes choose.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
    n_clusters : int
    cost : int
        Multiply-adds of a pass.
    """

    def __init__(self, X, n_clusters, cost):
        self._X, self._n_clusters, self._cost = X, n_clusters, cost
        self.sorts_centers = X.shape[1] == 1 and n_clusters >= MIN_SORTED_CLUSTERS

    def plain(self, blocks, keep_panels=False):
        """Return the search that knows nothing of earlier passes.

        Parameters
        ----------
        blocks : Blocks
            The rows, in any order, and their frame.
        keep_panels : bool, default=False
            Keep packed rows between passes.

        Returns
        -------
        search : NearestCenter
        """
        if self.sorts_centers:
            return SortedNearest(blocks, self._n_clusters)
        return IslandNearest(blocks, self._n_clusters, keep_panels)

    def of_fit(self, blocks, keep_panels, algorithm):
        """Return the search of a fit, with bounds that are kept between passes where they may pay.

        Parameters
        ----------
        blocks, keep_panels
            As for `plain`.
        algorithm : {"auto", "lloyd", "elkan"}

        Returns
        -------
        search : NearestCenter
        """
        few = self._cost < MIN_BOUNDS_COST * len(self._X)
        if self.sorts_centers or algorithm == "lloyd" or (algorithm == "auto" and few):
            return self.plain(blocks, keep_panels)
        always = algorithm == "elkan"
        return BoundedNearest(blocks, self._n_clusters, keep_panels, group_centers, always)

    def with_first_look(self, full, blocks, frame, n_passes, max_bytes):
        """Let rotated features or bytes take the first look, where features are many.

        Parameters
        ----------
        full : NearestCenter
            The search over all features.
        blocks : Blocks
            The rows in the order of X.
        frame : Frame
        n_passes : int
            Passes that are expected.
        max_bytes : int
            Size of the data of rows that may be kept between passes.

        Returns
        -------
        search : NearestCenter
        """
        n_samples, n_features = self._X.shape
        min_cost = MIN_COARSE_COST if n_passes > 1 else MIN_SINGLE_COARSE_COST
        if (
            n_features < MIN_COARSE_FEATURES
            or self._cost < min_cost
            or n_samples * self._n_clusters < MIN_COARSE_PAIRS
        ):
            return full
        choice = CoarseChoice(self._X, frame, max_bytes, n_passes)
        return CoarseNearest(blocks, self._n_clusters, full, choice, max_bytes)
