"""Fits of a `GaussianMixture` to a stream of batches: `partial_fit`."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from .._estimator.base import MissingAttribute, unchanged_on_error
from .._inputs.annotations import ArrayLike, Real, Request, Rows, Self
from .._inputs.errors import warn_collapse
from .._inputs.random import lent_random_state, rewound_on_error
from .._inputs.rows import check_rows, check_sample_weight
from .._inputs.wording import count
from .._passes.parts import Parts
from .._passes.threads import resolve_threads
from ..kernels.mixture.online import find_middle
from .data import MixtureData
from .em import with_noise_of_data
from .gaussian_fit import check_n_samples
from .kept_step import Kept, options_of, step_on
from .noise import describe_noise
from .priors import describe_prior
from .starts import make_start
from .stream import Stream, make_step, pack, statistics_of, unpack
from .structures import structure_for, structure_of
from .weights import sized_weights

__all__ = ["Online", "forget_stream"]

_GAUSSIANS = ("weights_", "means_", "covariances_", "precisions_cholesky_")
_PARAMETERS = (*_GAUSSIANS, "noise_weight_", "noise_volume_")
_OF_A_STREAM = "partial_fit alone sets it; call partial_fit to have it"


class Online:
    """The steps of online EM; `GaussianMixture` inherits this.

    Between two steps it keeps the compiled kernel of the last one. That is room for numbers and no
    state: it is in no copy, pickle or file, and a step without it returns the same bits.
    """

    __slots__ = ("__dict__", "__weakref__", "_kept")

    learning_decay: Real
    forgetting_factor: Real | None
    n_steps_: int
    weight_seen_: float
    lower_bound_: float

    if not TYPE_CHECKING:  # type checkers would take these for attributes of all instances
        n_steps_ = MissingAttribute(_OF_A_STREAM)
        weight_seen_ = MissingAttribute("its parameters were given or derived; fit to have it")

    def partial_fit(
        self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Take a batch of rows into the mixture: one step of online EM [1]_.

        The first call starts as `fit` does, on this batch, which should hold many rows for each
        component; floors of variances, a prior and the box of noise are the ones of this batch.
        After `fit`, `load` or `from_parameters`, the first call goes on from the parameters, and
        the rows of that fit count with their weight. Each call then takes one E step over the
        batch. Its expected statistics get the share ``(w / weight_seen_) ** learning_decay`` in
        the statistics so far, where w is the weight of the batch and `weight_seen_` counts it too:
        of equal batches, number t gets ``t ** -learning_decay``. With `forgetting_factor`, the
        weight of all earlier rows is multiplied by that factor before they are added up. An M step
        follows. Streams that end may be passed again, as a second epoch.

        `n_init`, `max_iter`, `tol`, `acceleration`, `warm_start`, `verbose` and `callback` concern
        `fit` alone.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            The batch, with the features of the first one; after that one, a row is enough.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, in the same unit in all batches.

        Returns
        -------
        self : GaussianMixture
            The mixture after the step; an error or Ctrl-C leaves it as before. The result depends
            on the order of the batches and on their sizes, but not on the number of threads.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is not as described, if the first batch has fewer rows than
            components, or if `n_components` or `covariance_type` changed since the fit.
            With a prior, if the mixture was fitted by `fit`, or if `on_collapse` is not "floor".

        Warns
        -----
        CollapseWarning
            If components collapsed in this step.

        References
        ----------
        .. [1] O. Cappé and E. Moulines, "On-line expectation-maximization algorithm for latent data
           models", Journal of the Royal Statistical Society B 71, 2009.

        Examples
        --------
        >>> import numpy as np
        >>> from mixclust import GaussianMixture
        >>> rng = np.random.default_rng(0)
        >>> mixture = GaussianMixture(2, random_state=0)
        >>> for _ in range(50):
        ...     batch = rng.normal([[0.0], [10.0]], size=(2, 200)).reshape(-1, 1)
        ...     mixture = mixture.partial_fit(batch)
        >>> mixture.n_steps_
        50
        >>> np.sort(mixture.means_, axis=0).round().astype(int)
        array([[ 0],
               [10]])
        """
        is_first = not self.__sklearn_is_fitted__()
        source = self.random_state if is_first else None  # later batches draw nothing
        with unchanged_on_error(self), rewound_on_error(source):
            kept = self._take_kept()
            params = self._check_params() if kept is None else kept.options
            if isinstance(X, Parts):
                raise TypeError(
                    "X holds rows in parts, and partial_fit takes one batch at a time; pass "
                    "batches as arrays, or pass X to fit."
                )
            X = check_rows(X, self, reset=is_first)
            if kept is not None and sample_weight is None and self._step_on(kept, X):
                return self
            rows = _rows_of(params, X, check_sample_weight(sample_weight, X.shape[0]))
            n_steps = vars(self).get("n_steps_", 0)
            seen = rows.total_weight
            if n_steps:
                seen += self.weight_seen_
                parameters, stream = _go_on(self, params, rows)
            elif is_first:
                parameters, stream = _begin(params, rows)
            else:
                seen += _weight_of_fit(self)
                parameters, stream = _go_on_from_fit(self, params, rows)
            share = _share(rows.total_weight, seen, stream.weight, params)
            stream, parameters, bound, collapsed, kernel = make_step(
                stream, parameters, rows, share, params.on_collapse, kept and kept.kernel
            )
            for name in ("converged_", "n_iter_", "lower_bounds_", "report_"):
                vars(self).pop(name, None)
            self._set_step(parameters, pack(stream), bound, seen)
            if kernel is not None:
                options = options_of(self, params) if kept is None else params
                self._keep_for_next(kernel, parameters, options)
            _warn_of_collapse(collapsed, params.on_collapse)
        return self

    def _step_on(self, kept, X):
        """Make a step as the last one was, if its kernel fits; returns whether it was made."""
        attributes, params = vars(self), kept.options
        for name, value in zip(_GAUSSIANS, kept.parameters, strict=True):
            if attributes.get(name) is not value:
                return False
        weight = float(len(X))
        seen = weight + self.weight_seen_
        share = _share(weight, seen, float(kept.state[0]), params)
        n_threads, _ = resolve_threads(params.n_threads)
        found = step_on(kept.kernel, X, n_threads, kept.parameters, kept.state, share)
        if found is None:
            return False
        parameters, state, bound, collapsed = found
        if collapsed is not None and params.on_collapse != "floor":
            return False  # components are moved or removed
        self._set_step(parameters, state, bound, seen)
        self._keep_for_next(kept.kernel, parameters, params)
        if collapsed is not None:
            _warn_of_collapse(collapsed, params.on_collapse)
        return True

    def _set_step(self, parameters, state, bound, weight_seen):
        """Set the attributes that a step changes."""
        self._set_parameters(parameters)
        self.n_steps_ = vars(self).get("n_steps_", 0) + 1
        self.weight_seen_, self.lower_bound_, self._stream = weight_seen, bound, state

    def _keep_for_next(self, kernel, parameters, options):
        """Keep the objects that the next step may use again.

        They are in a deque, since a thread takes them out in one indivisible step.
        """
        gaussians = tuple(parameters)
        self._kept = deque([Kept(self._stream, gaussians, kernel, options)])

    if TYPE_CHECKING:  # `Estimator` adds this

        def set_partial_fit_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...

    def _take_kept(self):
        """Take the objects that the last step has kept, so that no other thread finds them.

        None if it kept none, or if the stream or an option was replaced since then.
        """
        try:
            kept = self._kept.pop()
        except (AttributeError, IndexError):
            return None
        attributes = vars(self)
        if kept.state is not attributes.get("_stream") or "n_steps_" not in attributes:
            return None
        for name, value in kept.options.given.items():
            if attributes.get(name, attributes) is not value:
                return None
        return kept

    def _fitted_layouts(self):
        from .._estimator.persistence import Layout

        return super()._fitted_layouts() | {
            "n_steps_": Layout("int", low=1, optional=True),
            "weight_seen_": Layout("float", low=0, optional=True),
            "_stream": Layout("<f8", ("n_numbers_of_stream",), optional=True),
        }

    def _check_loaded(self):
        super()._check_loaded()
        names = {"n_steps_", "weight_seen_", "_stream"} & vars(self).keys()
        if "_stream" in names or "n_steps_" in names:
            if len(names) < 3:
                raise ValueError("the state of its stream is not complete")
            _stream_of(self)


def forget_stream(mixture):
    """Remove the state of a stream from a mixture.

    Parameters
    ----------
    mixture : GaussianMixture
        The mixture, which a fit gives other parameters.
    """
    for name in ("n_steps_", "weight_seen_", "_stream"):
        vars(mixture).pop(name, None)


def _stream_of(mixture):
    """The state of the stream of a mixture."""
    structure = structure_of(mixture.covariance_type)
    return unpack(mixture._stream, structure, *mixture.means_.shape)


def _rows_of(params, X, sample_weight):
    """The rows of a batch; a ValueError refuses weights of a unit that float64 does not square."""
    if sample_weight is not None and sized_weights(sample_weight) is not sample_weight:
        raise ValueError(
            f"sample_weight holds {sample_weight.max():.3g}; partial_fit keeps the unit of the "
            "weights, so multiply the weights of all batches by one constant."
        )
    n_threads, _ = resolve_threads(params.n_threads)
    structure = structure_for(params.covariance_type, X.shape[1])
    return MixtureData(X, sample_weight, structure, n_threads)


def _begin(params, rows):
    """Parameters and stream at a start that is sought in the rows of the first batch."""
    check_n_samples(rows.n_present, params.n_components)
    _check_prior_and_policy(params)
    _describe(params, rows)
    describe_prior(rows, params)
    rows.warn_of_too_few_rows()
    with lent_random_state(params.random_state, kept=callable(params.init_params)) as source:
        start = make_start(params, rows, None, source)
        kernel = rows.fitter(params.n_components)
        start(kernel)
    return rows.parameters(kernel), _new_stream(rows)


def _go_on(mixture, params, rows):
    """Parameters and stream after earlier batches."""
    mixture._check_is_fitted()
    _check_n_components(mixture, params)
    _check_prior_and_policy(params)
    stream = _stream_of(mixture)
    _check_same_model(params, mixture._has_noise(), stream.prior is not None)
    parameters = _finite_parameters(mixture)
    weights, means = map(np.ascontiguousarray, parameters[:2])
    middle = find_middle(weights, means)
    rows.frame_about(middle, parameters.noise_box is not None)
    return parameters, stream


def _finite_parameters(mixture):
    """The parameters of a mixture; a ValueError refuses ones that are not finite."""
    parameters = mixture._parameters()
    total = parameters.noise_weight
    if parameters.noise_box is not None:
        total += parameters.noise_box.log_volume
    with np.errstate(over="ignore", invalid="ignore"):
        for values in parameters:
            total += np.add.reduce(values, axis=None)  # faster than a look at every number
    if not math.isfinite(total):  # or finite numbers overflow
        _refuse_parameters(mixture)
    return parameters


def _refuse_parameters(mixture):
    """Raise ValueError if a parameter of a mixture is not finite."""
    for name in _PARAMETERS:
        values = getattr(mixture, name, 0.0)  # there may be no noise
        if not np.isfinite(values).all():
            found = "NaN" if np.isnan(values).any() else "infinity"
            raise ValueError(
                f"{name} holds {found}, and partial_fit goes on from it; set finite numbers, or "
                "call fit, which starts anew."
            )


def _check_same_model(params, has_noise, has_prior):
    """Raise ValueError if noise or a prior was added to or taken from a stream that began."""
    for name, had in (("noise", has_noise), ("prior", has_prior)):
        value = getattr(params, name)
        if (value is not None and value is not False) != had:
            began = "with it" if had else "without it"
            raise ValueError(
                f"{name}={value!r}, but the stream began {began}; set it back, or begin another "
                "stream with a new mixture."
            )


def _go_on_from_fit(mixture, params, rows):
    """Parameters and stream after a fit, or with parameters that were given."""
    mixture._check_is_fitted()
    _check_n_components(mixture, params)
    if params.prior is not None:
        raise ValueError(
            "partial_fit does not go on from a fit with a prior, of which only the parameters are "
            "known; begin the stream with partial_fit, or set prior=None."
        )
    _describe(params, rows)
    parameters = with_noise_of_data(rows, _finite_parameters(mixture))
    stream, weight = _new_stream(rows), _weight_of_fit(mixture)
    if weight > 0:
        statistics = statistics_of(rows.structure, parameters, rows.floor)
        stream = stream._replace(
            weight=weight, sums=statistics.sums_of_rows(), noise_count=statistics.noise_count
        )
    return parameters, stream


def _describe(params, rows):
    """Look at the rows of a batch that sets the floors and the box of noise."""
    rows.describe(params.reg_covar)
    describe_noise(rows, params)


def _new_stream(rows):
    """A stream with the floors of a batch, and no rows yet."""
    limits = np.array([rows.floor, rows.limit, rows.rescue, rows.rounding])
    return Stream(0.0, None, 0.0, limits, rows.smallest_count, rows.prior)


def _weight_of_fit(mixture):
    """Weight of the rows of the fit from which a stream goes on; 0 if it is not known."""
    report = vars(mixture).get("report_")
    return vars(mixture).get("weight_seen_", 0.0 if report is None else report.total_weight)


def _share(weight, seen, earlier, params):
    """Share of a batch in the statistics, the step size, for its weight, that of all rows so far,
    and that of the statistics."""
    if earlier == 0:
        return 1.0
    if params.forgetting_factor is not None:
        return weight / (params.forgetting_factor * earlier + weight)
    return (weight / seen) ** params.learning_decay


def _check_n_components(mixture, params):
    n_found, n_wanted = len(mixture.weights_), params.n_components
    if n_found > n_wanted or (n_found < n_wanted and params.on_collapse != "drop"):
        raise ValueError(
            f"partial_fit goes on from {count(n_found, 'component')}, but n_components={n_wanted}; "
            "leave it as it was, or start a new estimator."
        )


def _check_prior_and_policy(params):
    if params.prior is not None and params.on_collapse != "floor":
        raise ValueError(
            f"on_collapse={params.on_collapse!r} changes statistics, which partial_fit cannot do "
            "with a prior; set on_collapse='floor' or prior=None."
        )


def _warn_of_collapse(collapsed, policy):
    if collapsed.any():
        n_collapsed = np.count_nonzero(collapsed)
        handled = {"restart": " and were restarted", "drop": " and were dropped"}.get(policy, "")
        warn_collapse(
            f"{n_collapsed} of {count(len(collapsed), 'component')} collapsed in this step of "
            f"partial_fit{handled}: they have less than a row's weight, or a variance no larger "
            "than the floor; pass larger batches or fewer components, or set on_collapse."
        )
