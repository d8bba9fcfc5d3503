"""Which kind of k-means problem rows make."""

from .._inputs.sparse import is_sparse
from .csr_data import SparseProblem
from .dense_data import DenseProblem

__all__ = ["described_problem", "problem_class"]


def problem_class(X):
    """The class of problems on rows such as X."""
    return SparseProblem if is_sparse(X) else DenseProblem


def described_problem(X, sample_weight, n_clusters, n_threads):
    """The problem of finding clusters in rows that have not been looked at yet.

    Raises
    ------
    ValueError
        If there are fewer rows than clusters, or numbers that cannot be clustered.
    """
    if X.shape[0] < n_clusters:
        raise ValueError(
            f"n_clusters={n_clusters} exceeds n_samples={X.shape[0]}; "
            "pass at least as many rows as clusters."
        )
    problem = problem_class(X)(X, sample_weight, n_clusters, n_threads)
    problem.describe()
    return problem
