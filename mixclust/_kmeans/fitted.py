"""The answers of fitted centres: labels, distances, silhouettes, files, other estimators."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .._estimator.base import Estimator, MissingAttribute, raise_missing
from .._estimator.row_results import NewArray
from .._inputs.annotations import (
    ArrayLike,
    Float64Array,
    FloatArray,
    Int,
    Int32Array,
    Out,
    Path,
    Rows,
    Transformed,
)
from .._inputs.parameters import check_bool
from .._inputs.rows import check_rows, check_sample_weight
from .._passes.parts import Parts
from .._passes.threads import resolve_threads
from .data_kinds import data_class
from .exchange import Exchange
from .part_answers import answer, answers, inertia_of_parts
from .silhouettes import silhouettes_of

if TYPE_CHECKING:
    from .._mixture.gaussian import GaussianMixture
    from .._mixture.structures import CovarianceType
    from .report import KMeansReport

__all__ = ["OF_A_FIT", "FittedCenters"]

OF_A_FIT = "the centres come from scikit-learn, which does not keep it; call fit to have it"
"""Why an attribute of a fit may be missing."""


class _SizesOfLabels:
    """Descriptor of the sizes of clusters, where rows have no weights: counts of `labels_`.

    They are counted when they are asked for, since that takes a small fit some percent longer.
    """

    def __get__(self, estimator, owner):
        labels = None if estimator is None else vars(estimator).get("labels_")
        if labels is None:
            raise AttributeError("_cluster_sizes")
        n_clusters = len(estimator.cluster_centers_)
        return np.bincount(labels, minlength=n_clusters).astype(np.float64)


class FittedCenters(Exchange, Estimator):
    """Clusters with `cluster_centers_`, each row belonging to the nearest.

    A subclass has the parameter `n_threads`, and `fit` sets the attributes.
    """

    n_threads: Int | None

    cluster_centers_: FloatArray
    labels_: Int32Array
    inertia_: float
    total_weight_: float
    n_iter_: int
    init_inertias_: Float64Array
    n_empty_clusters_refilled_: int

    _estimator_type = "clusterer"
    _mixture_of: ClassVar[Callable[..., GaussianMixture]]  # set by mixclust._mixture.from_kmeans
    labels_ = MissingAttribute(
        "it was fitted to chunks, or loaded from a file without labels; predict(X) labels any "
        "rows, and save(path, labels=True) keeps the labels of a fit to an array"
    )
    if not TYPE_CHECKING:  # type checkers would take these for attributes of all instances
        total_weight_ = MissingAttribute(OF_A_FIT)
        _cluster_sizes = _SizesOfLabels()

    def predict(self, X: Rows | Parts, *, out: Out = None) -> Int32Array:
        """Nearest centre of each row; the lowest index wins a tie.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), or Chunks
            Rows of any numeric dtype and layout.
        out : str, path-like, ndarray or None, default=None
            Where the labels go: a .npy file, which has this name once it is complete, or an int32
            array or memmap. None makes a new array.

        Returns
        -------
        labels : ndarray of shape (n_samples,), int32
            The same for a row alone as among others. `out` if it is an array, a read-only memmap
            of the file if it is a path.
        """
        self._check_is_fitted()
        return answer(self, X, _labels, (), np.int32, out)

    def score(
        self, X: Rows | Parts, y: object = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Negative inertia of rows under the fitted centres: larger is better.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), or Chunks
            Rows.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; chunks have weights of their own.

        Returns
        -------
        score : float
            Minus the weighted sum of squared distances, in squared units of X times weight.
        """
        self._check_is_fitted()
        if isinstance(X, Parts):
            return -inertia_of_parts(self, X, sample_weight)
        data, centers = self._ready(X, sample_weight)
        _, inertia = data.label(centers)
        return -inertia

    def transform(self, X: Rows | Parts, *, out: Out = None) -> Transformed:
        """Distances of rows to all centres.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), or Chunks
            Rows.
        out : str, path-like, ndarray or None, default=None
            Where the distances go: a .npy file, or an array or memmap of the dtype of X.

        Returns
        -------
        distances : ndarray of shape (n_samples, n_clusters), float32 or float64 as X
            Euclidean distances, in units of X. `out` if it is an array, a read-only memmap of the
            file if it is a path.
        """
        return answer(self, X, _distances, (self._n_clusters(),), None, out)

    def nearest_centers(self, X: Rows | Parts) -> tuple[Int32Array, Float64Array]:
        """The nearest and the second nearest centre of each row, and how far they are.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), or Chunks
            Rows.

        Returns
        -------
        labels : ndarray of shape (n_samples, 2), int32
            The nearest centre, as `predict` says, and the next one.
        distances : ndarray of shape (n_samples, 2), float64
            Euclidean distances to the two, in units of X.

        Raises
        ------
        ValueError
            If there is only one cluster.

        Examples
        --------
        >>> import numpy as np
        >>> from mixclust import KMeans
        >>> kmeans = KMeans(2, init=[[0.0], [10.0]]).fit([[0.0], [10.0]])
        >>> kmeans.nearest_centers([[4.0]])
        (array([[0, 1]], dtype=int32), array([[4., 6.]]))
        """
        if self._n_clusters() < 2:
            raise ValueError(
                "n_clusters=1 leaves no second nearest centre; fit with at least 2 clusters."
            )
        if not isinstance(X, Parts):
            return _nearest_two(*self._ready(X, None))
        labels, distances = NewArray((2,), np.int32), NewArray((2,), np.float64)
        with closing(answers(self, X, _nearest_two)) as pieces:
            for piece in pieces:
                labels.put(piece[0])
                distances.put(piece[1])
        return labels.end(), distances.end()

    def silhouette_samples(self, X: Rows | Parts) -> Float64Array:
        """Simplified silhouette of each row: how much nearer its centre is than the next.

        With the distance ``a`` to the nearest centre and ``b`` to the second nearest it is
        ``(b - a) / b``: 1 at a centre, 0 halfway between two. It takes one pass over rows and
        centres, where the silhouette over all pairs of rows [1]_ takes one over pairs.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), or Chunks
            Rows.

        Returns
        -------
        silhouette : ndarray of shape (n_samples,), float64
            Between 0 and 1; 0 where two centres coincide with the row.

        Raises
        ------
        ValueError
            If there is only one cluster.

        References
        ----------
        .. [1] P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation
           of cluster analysis", J. Comput. Appl. Math. 20, 1987. The simplified form: E. R.
           Hruschka et al., "Evolutionary algorithms for clustering gene-expression data", ICDM
           2004.

        Examples
        --------
        >>> import numpy as np
        >>> from mixclust import KMeans
        >>> kmeans = KMeans(2, init=[[0.0], [10.0]]).fit([[0.0], [10.0]])
        >>> kmeans.silhouette_samples([[0.0], [4.0], [5.0]]).round(3)
        array([1.   , 0.333, 0.   ])
        """
        _, distances = self.nearest_centers(X)
        return silhouettes_of(distances)

    def to_gaussian_mixture(self, covariance_type: CovarianceType = "full") -> GaussianMixture:
        """The mixture that this solution implies: from hard to soft.

        k-means is the limit, and its inertia the classification likelihood, of a mixture of equal
        weights and of one variance for all components and features [1]_. Its means are the
        centres, its variance ``inertia_ / (total_weight_ * n_features)``. It answers at once,
        with the labels of `predict`; its parameters are also the start of a fit, so that
        ``fit(X)`` refines it without other starts.

        Parameters
        ----------
        covariance_type : str, default="full"
            The structure that the variance is written in, and that `fit` refines.

        Returns
        -------
        mixture : GaussianMixture
            Fitted, with `weights_init`, `means_init` and `precisions_init`. It has no
            `report_`, `converged_` and so on until it is fitted.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If all rows lie on their centres, which leaves no variance.

        References
        ----------
        .. [1] G. Celeux and G. Govaert, "A classification EM algorithm for clustering and two
           stochastic versions", Computational Statistics & Data Analysis 14, 1992.

        Examples
        --------
        >>> from mixclust import KMeans
        >>> X = [[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]
        >>> mixture = KMeans(2, random_state=0).fit(X).to_gaussian_mixture()
        >>> mixture.predict_proba([[5.0]])
        array([[0.5, 0.5]])
        >>> mixture.fit(X).means_.round(3)
        array([[9.],
               [1.]])
        """
        self._check_is_fitted()
        return self._mixture_of(self, covariance_type)

    def save(self, path: Path, *, labels: bool = False) -> None:
        """Write the parameters and fitted attributes to a file, without pickle.

        The file is a zip of an array each and of a JSON header; ``numpy.load`` shows the arrays.
        A file that it replaces stays until the new one is whole. The labels of the fitted rows,
        requests for metadata and containers asked of `set_output` are not saved.

        Parameters
        ----------
        path : str or path-like
            The file to write or replace, under any name.
        labels : bool, default=False
            Whether to save `labels_` too, at 4 bytes a row. An estimator that is loaded without
            them answers like the one saved, but has no `labels_` until it is fitted.

        Raises
        ------
        TypeError
            If a parameter is of a wrong type, or is not None, a bool, a number, a string or an
            array of numbers, for example a callable or a RandomState; the message names it.
        ValueError
            If a parameter has a wrong value, if fitted attributes were replaced by ones that do
            not fit together, or if `labels` is true, but there are none.
        OSError
            If the file cannot be written.

        Examples
        --------
        >>> import os, tempfile
        >>> from mixclust import KMeans
        >>> kmeans = KMeans(2, random_state=0).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     path = os.path.join(directory, "kmeans.mixclust")
        ...     kmeans.save(path)
        ...     loaded = KMeans.load(path)
        >>> bool(loaded.predict([[2.0]])[0] == kmeans.predict([[2.0]])[0])
        True
        >>> hasattr(loaded, "labels_")
        False
        """
        check_bool("labels", labels)
        if labels and self.__sklearn_is_fitted__() and not hasattr(self, "labels_"):
            raise ValueError(
                f"labels=True, but this {type(self).__name__} has no labels_, since it was fitted "
                "to chunks or loaded from a file without them; pass labels=False, or fit it to an "
                "array."
            )
        # The sizes of clusters follow from the labels, unless rows have weights.
        sizes = () if "_cluster_sizes" in vars(self) else ("_cluster_sizes",)
        self._write(path, sizes if labels else ("labels_",))

    @property
    def _n_features_out(self):
        return self.cluster_centers_.shape[0]

    @property
    def report_(self) -> KMeansReport:
        """The report of the fit: inertia, sizes of the clusters, runs and how they compare.

        Returns
        -------
        report : KMeansReport
            A new object, which prints as a table.
        """
        from .report import KMeansReport  # here, since most processes never need it

        if "init_inertias_" not in vars(self):
            raise_missing(self, type(self), "report_", OF_A_FIT)
        return KMeansReport(
            inertia=self.inertia_,
            sizes=getattr(self, "_cluster_sizes", None),
            total_weight=getattr(self, "total_weight_", None),
            n_features=self.n_features_in_,
            n_clusters=len(self.cluster_centers_),
            n_iter=self.n_iter_,
            init_inertias=self.init_inertias_,
            n_refilled=self.n_empty_clusters_refilled_,
            is_refined=getattr(self, "refine", None) is not None,
        )

    def _keep(self, run, inertias, dtype, total_weight, sizes=None):
        """Set the fitted attributes; a run over parts has no labels, but sizes."""
        vars(self).pop("_cluster_sizes", None)
        if sizes is not None:
            self._cluster_sizes = sizes
        self.cluster_centers_ = run.centers.astype(dtype)
        if run.labels is not None:
            self.labels_ = run.labels
        else:
            vars(self).pop("labels_", None)
        self.inertia_ = run.inertia
        self.total_weight_ = total_weight
        self.n_iter_ = run.n_iter
        self.init_inertias_ = inertias
        self.n_empty_clusters_refilled_ = run.n_refilled

    def _fitted_layouts(self):
        from .._estimator.persistence import Layout

        return super()._fitted_layouts() | {
            "cluster_centers_": Layout("<f4 <f8", ("n_clusters", "n_features_in_")),
            "labels_": Layout("<i4", ("n_samples",), low=0, below="n_clusters", optional=True),
            "inertia_": Layout("float", low=0),
            "total_weight_": Layout("float", low=0, optional=True),
            "n_iter_": Layout("int", low=0),
            "init_inertias_": Layout("<f8", ("n_init",), low=0, optional=True),
            "n_empty_clusters_refilled_": Layout("int", low=0, optional=True),
            "_cluster_sizes": Layout("<f8", ("n_clusters",), low=0, optional=True),
        }

    def _attributes_at(self, state):
        return {"cluster_centers_": state.centers()}

    def _n_clusters(self):
        self._check_is_fitted()
        return len(self.cluster_centers_)

    def _centers(self):
        """The fitted centres in float64."""
        return np.ascontiguousarray(self.cluster_centers_, dtype=np.float64)

    def _ready(self, X, sample_weight):
        """The data of rows to be measured, and the fitted centres in float64."""
        X = check_rows(X, self, reset=False)
        sample_weight = check_sample_weight(sample_weight, X.shape[0])
        n_threads, _ = resolve_threads(self.n_threads)
        centers = self._centers()
        return data_class(X)(X, sample_weight, len(centers), n_threads), centers


def _labels(data, centers):
    return data.label(centers, measure=False)[0]


def _distances(data, centers):
    return data.distances(centers)


def _nearest_two(data, centers):
    return data.nearest_two(centers)
