"""Choice of the class of data by the kind of the rows."""

from .._inputs.sparse import is_sparse
from .csr_data import CSRData
from .dense_data import DenseData

__all__ = ["data_class", "described_data"]


def data_class(X):
    """The class of data for the rows X."""
    return CSRData if is_sparse(X) else DenseData


def described_data(X, sample_weight, n_clusters, n_threads, frozen=None):
    """Data for finding clusters in X beside frozen centres, with its columns described.

    Raises
    ------
    ValueError
        If there are fewer rows than free clusters, or numbers that cannot be clustered.
    """
    data = data_class(X)(X, sample_weight, n_clusters, n_threads)
    data.frozen = frozen
    if X.shape[0] < data.n_free:
        raise ValueError(
            f"n_clusters={n_clusters}{data.beside_frozen} exceeds n_samples={X.shape[0]}; "
            "pass at least as many rows as clusters."
        )
    data.describe()
    return data
