"""k-means and Gaussian mixtures over the arrays and dataframes of Dask.

The estimators have the names and parameters of `mixclust.KMeans` and `mixclust.GaussianMixture`.
A fit sends small tasks to the workers in every iteration, and only sums come back: no worker ever
needs all rows. Answers about rows are dask arrays, which nothing computes before the user.

Needs the packages dask and distributed, which ``pip install "mixclust[dask]"`` installs.
"""

try:
    import dask.array  # noqa: F401
    import distributed  # noqa: F401
except ImportError as _error:
    raise ImportError(
        f'mixclust.dask needs the packages dask and distributed ({_error}); pip install "'
        'mixclust[dask]" installs them.'
    ) from _error

from ._gaussian_mixture import GaussianMixture
from ._kmeans import KMeans

__all__ = ["GaussianMixture", "KMeans"]
