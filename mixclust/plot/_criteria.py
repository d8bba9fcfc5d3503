"""Information criteria against the number of components and the structure of covariances."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._inputs.annotations import ArrayLike, Float64Array, Rows, Self
from .._inputs.errors import CollapseWarning
from .._inputs.parameters import check_option
from .._inputs.wording import count
from .._mixture.gaussian import GaussianMixture
from .._mixture.gaussian_ic import GaussianMixtureIC
from .._mixture.selection import CRITERIA, Criterion, criteria_of
from .._mixture.structures import FAMILIAR_TYPES, CovarianceType
from .._mixture.sweep import fit_sweep
from ._canvas import MARKERS, axes_or_new, color_of, count_along_x
from ._estimators import check_kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

__all__ = ["CriteriaDisplay"]

DASHES = {"bic": "-", "aic": "--", "icl": ":"}

MAX_MEDIANS = 5.0
"""Largest height of the curve of the best structure that counts for the limits of the axis, in
distances of the median of the curve from its least value."""
MAX_CURVES = 3.0
"""Largest height of the axis, in heights of the curve of the best structure."""
MARGIN_SHARE = 0.08
"""Space below and above the values that are shown, as a share of their range."""
MAX_HIDDEN_SHARE = 0.002
"""Largest difference of curves that cover each other, as a share of the axis."""
MAX_ENTRIES = 7
"""Largest number of entries of a legend inside the axes."""


class CriteriaDisplay:
    """Information criteria of many mixtures: the least value belongs to the best mixture.

    Parameters
    ----------
    n_components : array-like of shape (n_sizes,), int
        Numbers of components.
    values : dict of (str, str) to array-like of shape (n_sizes,)
        Value of a criterion for each number of components, by the criterion ("bic", "aic", "icl")
        and the structure: ``values["bic", "full"]``. NaN leaves a gap.

    Attributes
    ----------
    lines_ : dict of (str, str) to matplotlib.lines.Line2D
        The curves that were drawn, by criterion and structure.
    rings_ : dict of str to matplotlib.lines.Line2D
        The ring around the least value of each criterion, unless all its values are NaN.
    ax_ : matplotlib.axes.Axes
        The axes that hold the curves.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    Notes
    -----
    Mixtures that are much worse than the best ones would flatten the curves, and are above the
    limits of the axis. The legend gives the number of these values of each curve, for example
    "spherical (all above)"; ``display.ax_.autoscale()`` shows them. The legend also gives the
    number of values that are NaN, and names a curve that covers an earlier one.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import GaussianMixture
    >>> from mixclust.plot import CriteriaDisplay
    >>> X = np.random.default_rng(1).normal(size=(90, 2)) + np.repeat([[0], [9]], 45, axis=0)
    >>> display = CriteriaDisplay.from_estimator(
    ...     GaussianMixture(random_state=0), X, n_components=[1, 2, 3],
    ...     covariance_types=["full", "spherical"], ax=Figure().subplots()
    ... )
    >>> display.best("bic")
    (2, 'spherical')
    """

    values: dict[tuple[Criterion, CovarianceType], Float64Array]
    lines_: dict[tuple[str, str], Line2D]
    rings_: dict[str, Line2D]
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        n_components: Sequence[int],
        values: Mapping[tuple[Criterion, CovarianceType], Float64Array],
    ) -> None:
        self.n_components = n_components
        self.values = {key: np.asarray(curve, float) for key, curve in values.items()}

    @classmethod
    def from_estimator(
        cls,
        estimator: GaussianMixture,
        X: Rows,
        *,
        n_components: Sequence[int] = range(1, 10),
        covariance_types: Sequence[CovarianceType] = FAMILIAR_TYPES,
        criteria: Sequence[Criterion] = ("bic",),
        sample_weight: ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Fit a mixture of each size and structure, and draw the criteria.

        Each mixture starts as `estimator` says, and is then tried from the mixtures of the next
        smaller and larger sizes, by a split of a component or a merger of two. The better fit is
        kept, so that no mixture is less likely than one of fewer components.

        A mixture with a collapsed component is a gap in its curve, and never the best: its
        likelihood depends on `reg_covar` rather than on the rows.

        Parameters
        ----------
        estimator : GaussianMixture
            Every mixture takes its other parameters. It is not changed, and need not be fitted.
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows to fit.
        n_components : sequence of int, default=range(1, 10)
            Numbers of components, in the order of the drawing.
        covariance_types : sequence of str, default=("full", "tied", "diag", "spherical")
            Structures of covariances.
        criteria : sequence of {"bic", "aic", "icl"}, default=("bic",)
            Criteria to draw.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : CriteriaDisplay
            The display that was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator is not a mixture, or a parameter or X is not as described.
        """
        remedy = "; information criteria need a likelihood: pass a GaussianMixture."
        check_kind(estimator, GaussianMixture, remedy)
        for criterion in criteria:
            check_option("criteria", criterion, CRITERIA)
        n_components = list(n_components)
        named = {
            "n_components": n_components,
            "covariance_types": covariance_types,
            "criteria": criteria,
        }
        for name, sequence in named.items():
            if len(sequence) == 0:
                raise ValueError(f"{name} is empty; name at least one.")
        values = {
            (criterion, kind): np.full(len(n_components), np.nan)
            for criterion in criteria
            for kind in covariance_types
        }
        options = estimator.get_params(deep=False)
        for kind in covariance_types:
            template = type(estimator)(**options | {"covariance_type": kind})
            with warnings.catch_warnings():
                # A collapsed mixture is a gap in its curve; the legend counts the gaps.
                warnings.simplefilter("ignore", CollapseWarning)
                mixtures = fit_sweep(template, n_components, X, sample_weight)
            for i, size in enumerate(n_components):
                found = criteria_of(mixtures[size], criteria, X, sample_weight)
                for criterion, value in zip(criteria, found, strict=True):
                    values[criterion, kind][i] = value
        return cls(n_components, values).plot(ax=ax)

    @classmethod
    def from_search(
        cls,
        search: GaussianMixtureIC,
        *,
        criteria: Sequence[Criterion] | None = None,
        covariance_types: Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the table of a fitted search over models and sizes; nothing is fitted.

        Parameters
        ----------
        search : GaussianMixtureIC
            Fitted.
        criteria : sequence of {"bic", "aic", "icl"}, default=None
            Criteria to draw. None: the criterion of the search.
        covariance_types : sequence of str, default=None
            Models to draw, of the ones in the table. None: all.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : CriteriaDisplay
            The display that was drawn. A mixture that cannot be had is a gap in its curve.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the search is not a GaussianMixtureIC, is not fitted, or a parameter is not as
            described.
        """
        check_kind(search, GaussianMixtureIC, "; pass a fitted GaussianMixtureIC.")
        search._check_is_fitted()
        if criteria is None:
            criteria = [search.criterion]
        for criterion in criteria:
            check_option("criteria", criterion, CRITERIA)
        table = search.criteria_
        models = np.asarray(table["covariance_type"], dtype=object)
        known = list(dict.fromkeys(models))
        kinds = known if covariance_types is None else list(covariance_types)
        for kind in kinds:
            check_option("covariance_types", kind, known)
        for name, sequence in {"criteria": criteria, "covariance_types": kinds}.items():
            if len(sequence) == 0:
                raise ValueError(f"{name} is empty; name at least one.")
        values = {
            (criterion, kind): np.asarray(table[criterion])[models == kind]
            for criterion in criteria
            for kind in kinds
        }
        sizes = [int(size) for size in dict.fromkeys(np.asarray(table["n_components"]))]
        return cls(sizes, values).plot(ax=ax)

    def best(self, criterion: Criterion) -> tuple[int, CovarianceType]:
        """Find the number of components and the structure with the least value of a criterion.

        Parameters
        ----------
        criterion : {"bic", "aic", "icl"}
            A criterion that was computed.

        Returns
        -------
        n_components : int
            Number of components.
        covariance_type : str
            Structure of the covariances.

        Raises
        ------
        ValueError
            If the criterion was not computed, or is NaN for every mixture.
        """
        check_option("criterion", criterion, self._criteria())
        curves = self._curves(criterion)
        if not curves:
            raise ValueError(
                f"criterion={criterion!r} is NaN for every mixture, as it is where a component "
                "collapsed; try fewer components, or other structures."
            )
        kind = min(curves, key=lambda kind: np.nanmin(curves[kind]))
        return int(self.n_components[np.nanargmin(curves[kind])]), kind

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw a curve for each criterion and structure, and a ring around each least value.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        self : CriteriaDisplay
            The display; its attributes hold the artists that were drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        is_own = ax is None
        ax = axes_or_new(ax)
        from matplotlib.ticker import ScalarFormatter

        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = {key: self._draw_line(ax, *key) for key in self.values}
        self.rings_ = {
            criterion: self._draw_ring(ax, criterion)
            for criterion in self._criteria()
            if self._curves(criterion)
        }
        names = " and ".join(criterion.upper() for criterion in self._criteria())
        ax.set(xlabel="components", ylabel=f"{names} (less is better)")
        count_along_x(ax, self.n_components)
        # Write values in full: a power of ten or an offset above the axis would be hard to read.
        if isinstance(ax.yaxis.get_major_formatter(), ScalarFormatter):
            ax.ticklabel_format(axis="y", style="plain", useOffset=False)
        if self.rings_:
            self._limit_axis(ax)
        self._remark(ax)
        self._draw_legend(ax, is_own)
        return self

    def _draw_legend(self, ax, is_own):
        """Draw the legend, beside the axes if it is long and the layout of the figure makes space.

        It is also beside the axes in a figure of its own.
        """
        n_entries = len(self.lines_) + len(self.rings_)
        has_room = n_entries > MAX_ENTRIES and ax.figure.get_layout_engine() is not None
        beside = {"frameon": False, "loc": "upper left", "bbox_to_anchor": (1, 1)}
        ax.legend(
            fontsize="small",
            labelspacing=0.8,  # rings are larger than other markers
            **(beside if is_own or has_room else {}),
        )

    def _limit_axis(self, ax):
        """Limit the axis to the best mixtures if others would flatten their curves."""
        limits = [self._limits(criterion) for criterion in self.rings_]
        least, most = min(low for low, _ in limits), max(high for _, high in limits)
        margin = MARGIN_SHARE * (most - least)
        low, high = least - margin, most + margin
        if not ax.get_autoscaley_on():  # limits were set, by another display or by the caller
            bottom, top = ax.get_ylim()
            ax.set_ylim(min(bottom, low), max(top, high))
        elif any(np.nanmax(curve, initial=least) > most for curve in self.values.values()):
            ax.set_ylim(low, high)

    def _remark(self, ax):
        """Name in the legend the parts of curves that are not visible."""
        bottom, top = ax.get_ylim()
        remarks = {key: [] for key in self.lines_}
        for key, curve in self.values.items():
            n_values, n_above = np.count_nonzero(~np.isnan(curve)), np.count_nonzero(curve > top)
            if n_values < len(curve):
                remarks[key] += [f"{len(curve) - n_values if n_values else 'all'} missing"]
            if n_above:
                remarks[key] += [f"{'all' if n_above == len(curve) else n_above} above"]
            for other in self.values:
                if other == key:
                    break
                atol = MAX_HIDDEN_SHARE * (top - bottom)
                same = np.allclose(curve, self.values[other], rtol=0, atol=atol, equal_nan=True)
                if same and n_above < n_values:
                    remarks[key].append(f"covers {self.lines_[other].get_label()}")
                    break
        for key, line in self.lines_.items():
            if remarks[key]:
                line.set_label(f"{line.get_label()} ({', '.join(remarks[key])})")

    def _limits(self, criterion):
        """Compute the least and the largest value of a criterion to show."""
        curves = self._curves(criterion)
        values = np.concatenate(list(curves.values()))
        values = values[~np.isnan(values)]
        best = np.asarray(curves[self.best(criterion)[1]])
        best = best[~np.isnan(best)]
        if np.ptp(best) == 0:  # a single size, or equal values
            best = values
        least = values.min()
        height = np.ptp(best)
        median = np.median(best) - least
        if median > 0:
            height = min(height, MAX_MEDIANS * median)
        return least, values[values <= least + MAX_CURVES * height].max()

    def _draw_line(self, ax, criterion, kind):
        kinds, criteria = self._kinds(), self._criteria()
        # With one structure the colours distinguish the criteria.
        k = kinds.index(kind) if len(kinds) > 1 else criteria.index(criterion)
        parts = [kind] * (len(kinds) > 1) + [criterion.upper()] * (len(criteria) > 1)
        [line] = ax.plot(
            self.n_components,
            self.values[criterion, kind],
            color=color_of(k),
            linestyle=DASHES[criterion],
            marker=MARKERS[k % len(MARKERS)],
            markersize=5,
            label=", ".join(parts) or kind,
        )
        return line

    def _draw_ring(self, ax, criterion):
        size, kind = self.best(criterion)
        value = np.nanmin(self.values[criterion, kind])
        shown = f", {kind}" if len(self._kinds()) > 1 else ""
        [ring] = ax.plot(
            size,
            value,
            color="black",
            linestyle="none",
            marker="o",
            markersize=13,
            markerfacecolor="none",
            label=f"least {criterion.upper()}: {count(size, 'component')}" + shown,
        )
        return ring

    def _criteria(self):
        return list(dict.fromkeys(criterion for criterion, _ in self.values))

    def _curves(self, criterion):
        """Give the values of a criterion by structure, without structures of NaN alone."""
        curves = {kind: self.values[criterion, kind] for kind in self._kinds()}
        return {kind: curve for kind, curve in curves.items() if not np.isnan(curve).all()}

    def _kinds(self):
        return list(dict.fromkeys(kind for _, kind in self.values))
