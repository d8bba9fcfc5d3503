"""Centres of a stream of batches: their state between batches, files, scikit-learn's estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._estimator.base import MissingAttribute
from .._inputs.annotations import Float64Array, FloatArray, Int32Array, Seed, Self
from .._inputs.errors import warn_convergence
from .._inputs.random import check_random_state, check_seed, draw_seed
from .fitted import FittedCenters
from .minibatch_runs import Stream

if TYPE_CHECKING:
    import sklearn.cluster

    from .report import KMeansReport

__all__ = ["FittedStream"]


class FittedStream(FittedCenters):
    """Centres that take in one batch of rows after the other.

    A subclass has the parameters `random_state` and `compute_labels`. The state between batches is
    `counts_`, `n_steps_`, the centres in float64 (`_means`, where `cluster_centers_` is float32),
    the rows since light clusters were looked for (`_n_since_reassignment`), and the seed of draws
    (`_stream_seed`).
    """

    random_state: Seed
    compute_labels: bool

    cluster_centers_: FloatArray
    labels_: Int32Array
    inertia_: float
    total_weight_: float
    n_iter_: int
    counts_: Float64Array
    n_steps_: int
    _means: Float64Array
    _n_since_reassignment: int
    _stream_seed: int

    labels_ = MissingAttribute(
        "it was fitted with compute_labels=False, or loaded from a file without labels; predict(X) "
        "labels any rows"
    )

    @classmethod
    def from_sklearn(cls, estimator: sklearn.cluster.MiniBatchKMeans) -> Self:  # type: ignore[override]
        """A fitted MiniBatchKMeans with the centres and counts of scikit-learn's.

        Its `partial_fit` continues the stream.

        Parameters
        ----------
        estimator : sklearn.cluster.MiniBatchKMeans
            Fitted.

        Returns
        -------
        kmeans : MiniBatchKMeans
            It predicts the same, but where rounding decides. Parameters of the constructor,
            `labels_`, `inertia_`, `n_iter_` and `n_steps_` are taken over; arrays are copies. It
            lacks `total_weight_`, which scikit-learn does not keep.

        Raises
        ------
        TypeError, ValueError
            If it is another kind of estimator, is not fitted, or its centres are not finite.

        Examples
        --------
        >>> from mixclust import MiniBatchKMeans
        >>> from sklearn.cluster import MiniBatchKMeans as Theirs  # doctest: +SKIP
        >>> theirs = Theirs(2).fit([[0.0], [1.0], [8.0], [9.0]])  # doctest: +SKIP
        >>> MiniBatchKMeans.from_sklearn(theirs).predict([[0.0]])  # doctest: +SKIP
        """
        from .from_sklearn import minibatch_from_sklearn

        return minibatch_from_sklearn(cls, estimator)

    def to_sklearn(self) -> sklearn.cluster.MiniBatchKMeans:  # type: ignore[override]
        """A scikit-learn MiniBatchKMeans with these centres, counts and labels, fitted.

        Its `partial_fit` continues the stream. `forgetting_factor`, `callback` and `n_threads`
        stay behind, and a Generator becomes the RandomState over its bits.

        Returns
        -------
        estimator : sklearn.cluster.MiniBatchKMeans
            Its arrays are copies; it predicts the same, but where rounding decides. Its methods
            take rows of the dtype of its centres only: pass
            ``X.astype(estimator.cluster_centers_.dtype)``.

        Raises
        ------
        ImportError
            If scikit-learn is not installed.
        NotFittedError
            Before `fit` and `partial_fit`.

        Examples
        --------
        >>> from mixclust import MiniBatchKMeans
        >>> kmeans = MiniBatchKMeans(2, random_state=0).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> theirs = kmeans.to_sklearn()  # doctest: +SKIP
        >>> bool((theirs.labels_ == kmeans.labels_).all())  # doctest: +SKIP
        True
        """
        from .to_sklearn import minibatch_to_sklearn

        self._check_is_fitted()
        return minibatch_to_sklearn(self)

    @property
    def report_(self) -> KMeansReport:
        """The report of the fit, or of all batches so far: inertia, weights behind the centres.

        Returns
        -------
        report : KMeansReport
            A new object, which prints as a table. Its `sizes` are `counts_`.
        """
        from .report import KMeansReport  # here, since most processes never need it

        return KMeansReport(
            inertia=self.inertia_,
            sizes=self.counts_,
            total_weight=getattr(self, "total_weight_", None),
            n_features=self.n_features_in_,
            n_clusters=len(self.cluster_centers_),
            n_iter=getattr(self, "n_iter_", None),
            n_steps=self.n_steps_,
        )

    def _forget_stream(self, n_iter):
        """Remove the state of earlier fits and batches, at the end of a fit."""
        self.n_iter_ = n_iter
        for name in ("_means", "_stream_seed"):
            vars(self).pop(name, None)

    def _stream(self, params):
        """State after the batches so far."""
        centers = self.cluster_centers_
        if len(centers) != params.n_clusters:
            raise ValueError(
                f"n_clusters={params.n_clusters} differs from the {len(centers)} clusters of the "
                "batches so far; call fit, or partial_fit of a clone, to begin anew."
            )
        means = getattr(self, "_means", None)
        # The centres may have been replaced.
        if means is None or not np.array_equal(means.astype(centers.dtype), centers):
            means = centers.astype(np.float64)
        return Stream(means, self.counts_, self._n_since_reassignment)

    def _random_state_of_step(self):
        """RandomState of one batch: a function of the seed and the number of the batch alone.

        So a stream continues with the same draws from a file, which holds no generator.
        """
        if not hasattr(self, "_stream_seed"):
            seed = self.random_state
            is_seed = check_seed(seed)
            self._stream_seed = int(seed) if is_seed else draw_seed(check_random_state(seed))
        return np.random.RandomState([self._stream_seed, getattr(self, "n_steps_", 0)])

    def _keep_stream(self, stream, data, n_steps, estimate):
        """Set the fitted attributes; `estimate` is the inertia unless rows are to be labelled."""
        dtype = data.X.dtype
        self.cluster_centers_ = stream.centers.astype(dtype)
        self._means = stream.centers
        if dtype == np.float64:
            del self._means
        self.counts_ = stream.counts
        self.n_steps_ = n_steps
        self._n_since_reassignment = stream.n_since_reassignment
        self.total_weight_ = data.total_weight
        self.inertia_ = float(estimate)
        vars(self).pop("labels_", None)
        if self.compute_labels:
            centers = np.ascontiguousarray(self.cluster_centers_, dtype=np.float64)
            self.labels_, self.inertia_ = data.label(centers)

    def _warn_if_empty(self):
        n_clusters = len(self.cluster_centers_)
        n_distinct = np.count_nonzero(np.bincount(self.labels_, minlength=n_clusters))
        if n_distinct < n_clusters:
            warn_convergence(
                f"Number of distinct clusters ({n_distinct}) found smaller than "
                f"n_clusters ({n_clusters}). Possibly due to duplicate points in X."
            )

    def _fitted_layouts(self):
        from .._estimator.persistence import Layout

        layouts = super()._fitted_layouts()
        for name in ("init_inertias_", "n_empty_clusters_refilled_", "_cluster_sizes"):
            del layouts[name]
        return layouts | {
            "counts_": Layout("<f8", ("n_clusters",), low=0),
            "n_iter_": Layout("int", low=0, optional=True),
            "n_steps_": Layout("int", low=0),
            "_means": Layout("<f8", ("n_clusters", "n_features_in_"), optional=True),
            "_n_since_reassignment": Layout("int", low=0),
            "_stream_seed": Layout("int", low=0, optional=True),
        }
