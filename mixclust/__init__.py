"""K-means and Gaussian mixtures as fast as the machine allows, with scikit-learn's interface."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

try:
    from . import kernels  # first, since it chooses the level of instructions or raises
except ImportError as _error:
    from ._import_error import end_command

    end_command(_error)
    raise
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
    from . import dask, images, plot
    from ._config import show_config

__all__ = [
    "ChunkProgress",
    "Chunks",
    "CollapseWarning",
    "ConvergenceWarning",
    "GaussianMixture",
    "GaussianMixtureIC",
    "KMeans",
    "MiniBatchKMeans",
    "MixtureClassifier",
    "MixtureImputer",
    "NotFittedError",
    "__version__",
    "bootstrap",
    "chunks",
    "dask",
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
    """Import `dask`, `images`, `plot` and `show_config` at their first use."""
    if name in ("dask", "images", "plot"):
        return importlib.import_module(f"{__name__}.{name}")
    if name == "show_config":
        return importlib.import_module(f"{__name__}._config").show_config
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
