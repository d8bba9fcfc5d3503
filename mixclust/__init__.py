"""K-means and Gaussian mixtures as fast as the machine allows, with scikit-learn's interface."""

from . import kernels  # first: chooses the level of instructions, or says why it cannot
from ._config import show_config
from ._exceptions import CollapseWarning, ConvergenceWarning, NotFittedError
from ._gaussian_mixture import GaussianMixture
from ._kmeans import KMeans
from ._kmeans_functions import k_means, kmeans_plusplus

__version__ = "0.1.0"

__all__ = [
    "CollapseWarning",
    "ConvergenceWarning",
    "GaussianMixture",
    "KMeans",
    "NotFittedError",
    "__version__",
    "k_means",
    "kernels",
    "kmeans_plusplus",
    "show_config",
]
