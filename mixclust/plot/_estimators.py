"""Fitted estimators: their kind, and two of their features."""

from .._inputs.features import feature_index
from .._inputs.rows import check_finite, check_rows, check_sample_weight
from .._inputs.sparse import is_sparse
from .._inputs.wording import with_article

__all__ = ["check_kind", "check_weights", "columns_of", "feature_pair", "names_of"]


def check_kind(estimator, kinds, remedy):
    """Refuse an estimator of another class.

    Parameters
    ----------
    estimator : object
        The argument of a user.
    kinds : class or tuple of class
        The classes that can be drawn.
    remedy : str
        End of the message, unless the argument is a search that found a fitting estimator.

    Raises
    ------
    TypeError
        If the estimator is not an instance of one of the classes.
    """
    if not isinstance(estimator, kinds):
        if isinstance(getattr(estimator, "best_estimator_", None), kinds):
            remedy = "; pass its best_estimator_."
        raise TypeError(f"estimator is {with_article(type(estimator).__name__)}{remedy}")


def feature_pair(estimator, features):
    """Find the indices and the names of two features of a fitted estimator.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    features : pair of int or str
        Two different features, by index or by name.

    Returns
    -------
    indices : list of int
        Indices of both features.
    names : list of str
        Their names, for the axes.

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
    names = names_of(estimator)
    return indices, [names[j] for j in indices]


def names_of(estimator):
    """Give the names of the features of a fitted estimator, for axes.

    Parameters
    ----------
    estimator : object
        A fitted estimator.

    Returns
    -------
    names : list of str
    """
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return [f"feature {j}" for j in range(estimator.n_features_in_)]
    return list(names)


def columns_of(X, estimator, indices):
    """Take some features of rows as a dense array.

    Parameters
    ----------
    X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
        Rows as the fitted estimator takes them.
    estimator : object
        A fitted estimator.
    indices : list of int
        Indices of the features.

    Returns
    -------
    columns : ndarray of shape (n_samples, len(indices)), float32 or float64

    Raises
    ------
    TypeError, ValueError
        If X does not fit the estimator, or one of these numbers is not finite.
    """
    columns = check_rows(X, estimator, reset=False)[:, indices]
    columns = columns.toarray() if is_sparse(columns) else columns
    check_finite(columns)
    return columns


def check_weights(sample_weight, rows):
    """Check the weights of the rows that are drawn.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), number, or None
        The argument of a user.
    rows : ndarray of shape (n_samples, ...), or None
        The rows, if there are any.

    Returns
    -------
    sample_weight : ndarray of shape (n_samples,), float64, or None

    Raises
    ------
    TypeError, ValueError
        If the weights do not fit the rows, or come without rows.
    """
    if rows is None:
        if sample_weight is not None:
            raise ValueError("sample_weight came without X, the rows that it weighs; pass both.")
        return None
    return check_sample_weight(sample_weight, len(rows))
