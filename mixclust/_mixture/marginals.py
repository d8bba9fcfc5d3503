"""The methods of a mixture that answer by its marginals and conditionals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._inputs.annotations import FloatArray, Real, Rows, Self
from .._inputs.rows import check_rows
from .._inputs.tables import masked_as_nan

__all__ = ["Marginals"]


class Marginals:
    """Marginals and conditionals of a `FittedMixture`, which inherits this."""

    def marginal(self, features: int | str | Sequence[int | str]) -> Self:
        """The mixture of some of the features, with the others integrated out.

        Parameters
        ----------
        features : int, str, or sequence of them
            Features by index or, where X had names, by name, in the order of the result.

        Returns
        -------
        mixture : GaussianMixture
            A mixture of the same `covariance_type`; of "full" or "diag", if some of the features
            need not satisfy the constraint of the model. It answers like a fitted mixture, but
            lacks the attributes that describe a fit, `report_` and `converged_` among them.

        Raises
        ------
        TypeError, ValueError
            If a feature is unknown or named twice, or none is named, or there is noise: see
            `without_noise`.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> X = [[0.0, 1.0], [1.0, 2.0], [2.0, 3.5], [8.0, 1.0], [9.0, 0.0], [10.0, 2.0]]
        >>> mixture = GaussianMixture(random_state=0).fit(X)
        >>> mixture.marginal(0).means_
        array([[5.]])
        """
        from .conditional import marginal

        self._check_is_fitted()
        return marginal(self, features)

    def without_noise(self) -> Self:
        """The mixture of the Gaussians alone, without the noise component.

        Returns
        -------
        mixture : GaussianMixture
            The weights are divided by their sum. It answers like a fitted mixture, but lacks the
            attributes that describe a fit, `report_` and `converged_` among them.

        Raises
        ------
        ValueError
            If noise has all the weight.

        Examples
        --------
        >>> import numpy as np
        >>> from mixclust import GaussianMixture
        >>> rng = np.random.default_rng(0)
        >>> X = np.r_[rng.normal(size=(100, 2)), rng.uniform(-9, 9, size=(20, 2))]
        >>> mixture = GaussianMixture(noise=True, random_state=0).fit(X)
        >>> mixture.without_noise().weights_
        array([1.])
        """
        from .conditional import without_noise

        self._check_is_fitted()
        return without_noise(self)

    def condition(
        self, given: Mapping[int, Real] | Mapping[str, Real] | Mapping[int | str, Real]
    ) -> Self:
        """The mixture of the other features, given the values of some.

        The weight of each component is multiplied by its density at the given values, and its mean
        becomes the regression of the other features on the given ones. The conditional expectation
        is ``weights_ @ means_`` of the result; `impute` computes it for many rows.

        Parameters
        ----------
        given : dict of int or str to float
            Values of features by index or, where X had names, by name.

        Returns
        -------
        mixture : GaussianMixture
            A mixture of the other features, in their order, and of a `covariance_type` as
            `marginal` has it. It answers like a fitted mixture, but lacks the attributes that
            describe a fit, `report_`
            and `converged_` among them.

        Raises
        ------
        TypeError, ValueError
            If a feature is unknown or given twice, if all are given, or if a value is not finite
            or so far from every component that its log-density overflows, or there is noise: see
            `without_noise`.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> X = [[0.0, 0.9], [1.0, 3.1], [2.0, 5.1], [3.0, 6.9]]
        >>> mixture = GaussianMixture(random_state=0).fit(X)
        >>> mixture.condition({0: 10.0}).means_.round(2)
        array([[21.]])
        """
        from .conditional import condition

        self._check_is_fitted()
        return condition(self, given)

    def impute(self, X: Rows) -> FloatArray:
        """Replace missing values by their expectations given the other values of the row.

        Each NaN becomes the conditional expectation under the mixture [1]_, which is valid where
        values are missing at random: a column of NaN is predicted from the other columns.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows, in which NaN, None and NA of tables, and masked values are missing values.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float32 or float64 as X
            A copy without NaN.

        Raises
        ------
        TypeError, ValueError
            If X is not as described, holds infinity, or a row lies so far from every component
            that its log-density overflows, or if there is noise: see `without_noise`.

        References
        ----------
        .. [1] Z. Ghahramani and M. I. Jordan, "Supervised learning from incomplete data via an EM
           approach", Advances in Neural Information Processing Systems 6, 1994.

        Examples
        --------
        >>> import numpy as np
        >>> from mixclust import GaussianMixture
        >>> X = [[0.0, 0.9], [1.0, 3.1], [2.0, 5.1], [3.0, 6.9]]
        >>> mixture = GaussianMixture(random_state=0).fit(X)
        >>> mixture.impute([[10.0, np.nan], [np.nan, np.nan]]).round(2)
        array([[10. , 21. ],
               [ 1.5,  4. ]])
        """
        from .conditional import impute

        self._check_is_fitted()
        return impute(self, check_rows(masked_as_nan(X), self, reset=False))
