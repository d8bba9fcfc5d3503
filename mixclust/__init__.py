"""K-means and Gaussian mixtures as fast as the machine allows, with scikit-learn's interface.

`KMeans` gives each row to the nearest of k centres; `GaussianMixture` gives each row a probability
for each of k Gaussians, of fourteen forms. Both take arrays, DataFrames and rows in chunks, with
weights, use all cores, and give the same bits for the same seed on any number of threads.

============================================ ===================================================
`KMeans`, `MiniBatchKMeans`, `k_means`       hard clusters, of rows in memory, files or streams
`GaussianMixture`                            soft clusters, densities, outliers, new rows
`select`, `GaussianMixtureIC`                choose the model and the number of clusters by BIC
`merge_components`                           clusters of several components
`bootstrap`, `likelihood_ratio_test`         standard errors; k against k + 1 components
`MixtureClassifier`                          classes, some labels unknown
`MixtureImputer`                             missing values, as a transformer
`chunks`                                     rows that do not fit in memory
`ProgressBar`                                the progress of a fit, as its `callback`
`plot`, `images`, `dask`                     pictures; palettes; clusters of machines
============================================ ===================================================

``mixclust --help`` lists the commands: clusters of a table and colours of a photograph.

Examples
--------
Two clusters, how sure each row is of its own, and the number of clusters that BIC chooses:

>>> import numpy as np
>>> import mixclust
>>> rng = np.random.default_rng(0)
>>> X = np.concatenate([rng.normal(0, 1, (100, 2)), rng.normal(5, 1, (50, 2))])
>>> kmeans = mixclust.KMeans(2, random_state=0).fit(X)
>>> np.bincount(kmeans.labels_).tolist()
[100, 50]
>>> mixture = mixclust.GaussianMixture(2, random_state=0).fit(X)
>>> mixture.weights_.round(2).tolist()
[0.67, 0.33]
>>> mixture.predict_proba([[2.6, 2.4]]).round(2)
array([[0.32, 0.68]])
>>> mixclust.select(X, range(1, 5), random_state=0).best_params_
{'n_components': 2, 'covariance_type': 'EII'}
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

try:
    from . import kernels  # first, since it chooses the level of instructions or raises
except ImportError as _error:
    from ._import_error import end_command

    end_command(_error)
    raise
from ._estimator.clock import FitProgress
from ._inputs.errors import CollapseWarning, ConvergenceWarning, NotFittedError
from ._kmeans.functions import k_means, kmeans_plusplus
from ._kmeans.kmeans import KMeans
from ._kmeans.minibatch import MiniBatchKMeans
from ._mixture import from_kmeans as _from_kmeans  # noqa: F401  (to_gaussian_mixture)
from ._mixture.bootstrap import bootstrap
from ._mixture.classifier import MixtureClassifier
from ._mixture.gaussian import GaussianMixture
from ._mixture.gaussian_ic import GaussianMixtureIC
from ._mixture.imputer import MixtureImputer
from ._mixture.likelihood_ratio import likelihood_ratio_test
from ._mixture.merging import merge_components
from ._mixture.select import select
from ._passes.chunks import Chunks, chunks
from ._passes.progress import ChunkProgress
from ._version import __version__

if TYPE_CHECKING:
    from . import dask as dask
    from . import images, plot
    from ._config import show_config
    from ._estimator.progress_bar import ProgressBar

__all__ = [
    "ChunkProgress",
    "Chunks",
    "CollapseWarning",
    "ConvergenceWarning",
    "FitProgress",
    "GaussianMixture",
    "GaussianMixtureIC",
    "KMeans",
    "MiniBatchKMeans",
    "MixtureClassifier",
    "MixtureImputer",
    "NotFittedError",
    "ProgressBar",
    "__version__",
    "bootstrap",
    "chunks",
    "images",
    "k_means",
    "kernels",
    "kmeans_plusplus",
    "likelihood_ratio_test",
    "merge_components",
    "plot",
    "select",
    "show_config",
]


def __getattr__(name: str) -> Any:
    """Import `ProgressBar`, `dask`, `images`, `plot` and `show_config` at their first use."""
    if name in ("dask", "images", "plot"):
        return importlib.import_module(f"{__name__}.{name}")
    if name == "show_config":
        return importlib.import_module(f"{__name__}._config").show_config
    if name == "ProgressBar":
        return importlib.import_module(f"{__name__}._estimator.progress_bar").ProgressBar
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    # `dask` is in neither list: help and `import *` read all names, and it may not be installed.
    return sorted({*globals(), *__all__})
