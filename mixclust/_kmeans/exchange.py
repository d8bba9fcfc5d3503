"""The methods of k-means that take centres from elsewhere, and hand them over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._inputs.annotations import Self

if TYPE_CHECKING:
    import onnx
    import sklearn.cluster

    from .._estimator.onnx_graph import OnnxType

__all__ = ["Exchange"]


class Exchange:
    """The exchange of centres with scikit-learn and ONNX, for all estimators with centres."""

    @classmethod
    def from_sklearn(cls, estimator: sklearn.cluster.KMeans) -> Self:
        """A fitted KMeans with the centres of a fitted scikit-learn KMeans.

        Parameters
        ----------
        estimator : sklearn.cluster.KMeans
            Fitted.

        Returns
        -------
        kmeans : KMeans
            It predicts the same, but where rounding decides. Parameters of the constructor,
            `labels_`, `inertia_` and `n_iter_` are taken over; arrays are copies. It lacks
            `total_weight_`, `init_inertias_` and `n_empty_clusters_refilled_`, which scikit-learn
            does not keep.

        Raises
        ------
        TypeError, ValueError
            If it is another kind of estimator, is not fitted, or its centres are not finite.

        Examples
        --------
        >>> from mixclust import KMeans
        >>> from sklearn.cluster import KMeans as Theirs  # doctest: +SKIP
        >>> theirs = Theirs(2).fit([[0.0], [1.0], [8.0], [9.0]])  # doctest: +SKIP
        >>> KMeans.from_sklearn(theirs).predict([[0.0]])  # doctest: +SKIP
        """
        from .from_sklearn import kmeans_from_sklearn

        return kmeans_from_sklearn(cls, estimator)

    def to_sklearn(self) -> sklearn.cluster.KMeans:
        """A scikit-learn KMeans with these centres and labels, fitted.

        Where scikit-learn has no counterpart: ``algorithm="auto"`` becomes "lloyd", a Generator
        the RandomState over its bits; and `refine`, `frozen_centers`, `callback` and `n_threads`
        stay behind, so that a fit of the copy moves all centres. Converters to ONNX and PMML
        take it; docs/to-sklearn.md shows how.

        Returns
        -------
        estimator : sklearn.cluster.KMeans
            Its arrays are copies; it predicts the same, but where rounding decides. Its `predict`
            and `score` take rows of the dtype of its centres only, as after a fit of its own:
            pass ``X.astype(estimator.cluster_centers_.dtype)``. Without `labels_` if this
            estimator was loaded without them.

        Raises
        ------
        ImportError
            If scikit-learn is not installed.
        NotFittedError
            Before `fit`.

        Examples
        --------
        >>> from mixclust import KMeans
        >>> kmeans = KMeans(2, random_state=0).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> theirs = kmeans.to_sklearn()  # doctest: +SKIP
        >>> bool((theirs.labels_ == kmeans.labels_).all())  # doctest: +SKIP
        True
        """
        from .to_sklearn import kmeans_to_sklearn

        self._check_is_fitted()
        return kmeans_to_sklearn(self)

    def to_onnx(self, dtype: OnnxType = "float64") -> onnx.ModelProto:
        """An ONNX model that predicts as this estimator does, for any program that runs ONNX.

        The model computes in float64, relative to the centres, for any `dtype`: rows of float32
        with any offset keep the labels of `predict`. It needs opset 13. Its input "X" has any
        number of rows; its outputs have the names that skl2onnx gives them: "label", int64 of
        shape (n_samples,), and "scores", the distances of `transform`, of the type of the input.
        Its metadata hold the version of mixclust and the names of the features. It does not check
        rows: they must be finite.

        Parameters
        ----------
        dtype : {"float32", "float64"} or numpy.dtype, default="float64"
            Type of the rows that the model takes; ``X.dtype`` and ``numpy.float32`` do, too. It
            does not have to be the one of the rows of `fit`.

        Returns
        -------
        model : onnx.ModelProto
            ``model.SerializeToString()`` is the content of an .onnx file.

        Raises
        ------
        ImportError
            If onnx is not installed.
        NotFittedError
            Before `fit`.
        TypeError, ValueError
            If `dtype` is not one of the two, or the centres take more than the 2 GiB that an ONNX
            file can hold.

        Examples
        --------
        >>> from mixclust import KMeans
        >>> kmeans = KMeans(2, random_state=0).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model = kmeans.to_onnx("float32")  # doctest: +SKIP
        >>> [output.name for output in model.graph.output]  # doctest: +SKIP
        ['label', 'scores']
        """
        from .to_onnx import centers_to_onnx

        self._check_is_fitted()
        return centers_to_onnx(self, dtype)
