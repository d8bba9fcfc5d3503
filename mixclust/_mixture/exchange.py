"""The methods of a mixture that take parameters from elsewhere, and hand them over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._inputs.annotations import ArrayLike, Self
from .._inputs.parameters import check_bool
from .given import check_names, check_parameters

if TYPE_CHECKING:
    import onnx
    import sklearn.mixture

    from .._estimator.onnx_graph import OnnxType
    from .structures import CovarianceType

__all__ = ["Exchange"]


class Exchange:
    """The exchange of parameters with users and scikit-learn; `GaussianMixture` inherits this."""

    @classmethod
    def from_parameters(
        cls,
        weights: ArrayLike,
        means: ArrayLike,
        covariances: ArrayLike,
        *,
        covariance_type: CovarianceType = "full",
        feature_names: Sequence[str] | None = None,
        **params: Any,
    ) -> Self:
        """A mixture that has its parameters without a fit.

        It answers like a fitted mixture. It lacks `report_`, `converged_`, `n_iter_` and
        `lower_bound_`, which describe a fit; its `fit` starts anew.

        Parameters
        ----------
        weights : array-like of shape (n_components,)
            Mixing weights, of at least 0, which add up to 1; if their sum differs from 1 by at most
            1e-6, they are divided by it.
        means : array-like of shape (n_components, n_features)
            Means, in units of the rows.
        covariances : array-like
            Covariances, of the shape of `covariances_`: symmetric positive definite matrices, or
            positive variances.
        covariance_type : str, default="full"
            Structure of `covariances`, as for the constructor.
        feature_names : sequence of str, default=None
            Names of the features.
        **params : object
            Other parameters of the constructor, for example `random_state` or `n_threads`.

        Returns
        -------
        mixture : GaussianMixture
            Its arrays are copies, in float64.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> mixture = GaussianMixture.from_parameters(
        ...     [0.5, 0.5], [[0.0], [10.0]], [1.0, 1.0], covariance_type="spherical"
        ... )
        >>> mixture.predict([[1.0], [8.0]])
        array([0, 1], dtype=int32)
        """
        parameters = check_parameters(weights, means, covariances, covariance_type)
        n_components, n_features = parameters.means.shape
        if params.pop("n_components", n_components) != n_components:
            raise ValueError(f"n_components is that of means, {n_components}; leave it out.")
        names = check_names(feature_names, n_features)
        mixture = cls._of(parameters, names, covariance_type=covariance_type, **params)
        mixture._check_params()
        return mixture

    @classmethod
    def from_sklearn(cls, estimator: sklearn.mixture.GaussianMixture) -> Self:
        """A mixture with the parameters of a fitted scikit-learn mixture.

        Parameters
        ----------
        estimator : sklearn.mixture.GaussianMixture
            Fitted.

        Returns
        -------
        mixture : GaussianMixture
            It predicts the same, up to rounding. Parameters of the constructor, `converged_`,
            `n_iter_` and lower bounds are taken over; arrays are copies. It lacks `report_`.

        Raises
        ------
        TypeError, ValueError
            If it is another kind of estimator, is not fitted, or if its `precisions_cholesky_` does
            not belong to its `covariances_`.

        Examples
        --------
        >>> from sklearn.mixture import GaussianMixture as Theirs  # doctest: +SKIP
        >>> theirs = Theirs(2).fit([[0.0], [1.0], [8.0], [9.0]])  # doctest: +SKIP
        >>> GaussianMixture.from_sklearn(theirs).predict([[0.0]])  # doctest: +SKIP
        """
        from .from_sklearn import parameters_of_sklearn

        parameters, names, params, run = parameters_of_sklearn(estimator)
        mixture = cls._of(parameters, names, **params | {"n_components": len(parameters.weights)})
        mixture._check_params()
        vars(mixture).update(run)
        return mixture

    def to_sklearn(self) -> sklearn.mixture.GaussianMixture:
        """A scikit-learn mixture with these parameters, fitted.

        Options that scikit-learn does not have are replaced: ``reg_covar="auto"`` becomes a
        number, a millionth of the least variance of a feature; ``init_params="auto"`` and
        callables become "kmeans"; a Generator becomes a RandomState that draws from the same bit
        generator. `on_collapse`, `callback` and `n_threads` are left out; starting parameters too,
        if components were dropped.

        Returns
        -------
        estimator : sklearn.mixture.GaussianMixture
            Its arrays are copies; it predicts the same, up to rounding.

        Raises
        ------
        ImportError
            If scikit-learn is not installed.
        NotFittedError
            Before `fit`.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> X = [[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]
        >>> mixture = GaussianMixture(2, random_state=0).fit(X)
        >>> theirs = mixture.to_sklearn()  # doctest: +SKIP
        >>> theirs.predict_proba(X).shape  # doctest: +SKIP
        (6, 2)
        """
        from .to_sklearn import mixture_to_sklearn

        self._check_is_fitted()
        return mixture_to_sklearn(self)

    def to_onnx(
        self, dtype: OnnxType = "float64", *, score_samples: bool = False
    ) -> onnx.ModelProto:
        """An ONNX model that predicts as this mixture does, for any program that runs ONNX.

        The model computes in float64, relative to the means, for any `dtype`: rows of float32
        with any offset keep the labels of `predict`. It needs opset 13. Its input "X" has any
        number of rows; its outputs have the names that skl2onnx gives them: "label", int64 of
        shape (n_samples,), -1 for noise, and "probabilities", as of `predict_proba`, of the type of
        the input. Its metadata hold the version of mixclust and the names of the features. It does
        not check rows: they must be finite, and not so far from every component that `predict`
        would find no density.

        Parameters
        ----------
        dtype : {"float32", "float64"} or numpy.dtype, default="float64"
            Type of the rows that the model takes; ``X.dtype`` and ``numpy.float32`` do, too.
        score_samples : bool, default=False
            Whether the model has a third output "score_samples", the log-density of each row in
            nats, of shape (n_samples,): low values are outliers.

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
            If an argument is not as described, or the parameters take more than the 2 GiB that an
            ONNX file can hold.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> X = [[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]
        >>> mixture = GaussianMixture(2, random_state=0).fit(X)
        >>> model = mixture.to_onnx("float32")  # doctest: +SKIP
        >>> [output.name for output in model.graph.output]  # doctest: +SKIP
        ['label', 'probabilities']
        """
        from .to_onnx import mixture_to_onnx

        self._check_is_fitted()
        check_bool("score_samples", score_samples)
        return mixture_to_onnx(self, dtype, bool(score_samples))
