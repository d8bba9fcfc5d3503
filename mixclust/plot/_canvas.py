"""What all pictures share: axes to draw on, colours and markers, the plane of two features."""

from .._csr import is_sparse
from .._features import feature_index
from .._validation import check_rows

__all__ = [
    "MARKERS",
    "axes_or_new",
    "color_of",
    "columns_of",
    "feature_pair",
    "marker_of",
    "name_axes",
]

# Okabe and Ito's, which readers with any colour vision tell apart, but for their yellow, which is
# hardly seen on white, and with grey for black.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
MARKERS = "os^DvP"


def color_of(k):
    """Colour of component k; `marker_of` tells those of one colour apart."""
    return COLORS[k % len(COLORS)]


def marker_of(k):
    """Marker of component k."""
    return MARKERS[k // len(COLORS) % len(MARKERS)]


def axes_or_new(ax):
    """Axes to draw on: those that were passed, or those of a new figure of pyplot's.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Axes that the caller has.

    Returns
    -------
    ax : matplotlib.axes.Axes

    Raises
    ------
    ImportError
        If matplotlib cannot be imported.
    """
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"mixclust.plot needs matplotlib, which cannot be imported ({error}); "
            "run: pip install 'mixclust[plot]'"
        ) from error
    return plt.subplots(layout="constrained")[1]


def feature_pair(estimator, features):
    """Two features of a fitted estimator: their indices and their names.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    features : pair of int or str
        Two different features, by index or by name.

    Returns
    -------
    indices : list of int
        Two of them.
    names : list of str
        What the axes are called.

    Raises
    ------
    TypeError, ValueError
        If they are not two different features of the estimator.
    """
    if estimator.n_features_in_ < 2:
        raise ValueError(
            f"this {type(estimator).__name__} was fitted with one feature, but a plane has two; "
            "draw a histogram of the feature instead."
        )
    if isinstance(features, str) or not hasattr(features, "__len__") or len(features) != 2:
        raise ValueError(f"features={features!r} must be a pair of indices or names: (0, 1).")
    indices = [feature_index(estimator, feature, "features") for feature in features]
    if indices[0] == indices[1]:
        raise ValueError(f"features={features!r} is one feature twice; pass two different ones.")
    names = getattr(estimator, "feature_names_in_", None)
    return indices, [f"feature {j}" if names is None else names[j] for j in indices]


def columns_of(X, estimator, indices):
    """Some features of rows, as a dense array.

    Parameters
    ----------
    X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
        Rows as the fitted estimator takes them.
    estimator : object
        A fitted estimator.
    indices : list of int
        Which features.

    Returns
    -------
    columns : ndarray of shape (n_samples, len(indices)), float32 or float64
    """
    columns = check_rows(X, estimator, reset=False)[:, indices]
    return columns.toarray() if is_sparse(columns) else columns


def name_axes(ax, names):
    """Write names of features at the axes, where there are such."""
    if names is not None:
        ax.set(xlabel=names[0], ylabel=names[1])
