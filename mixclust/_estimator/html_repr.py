"""Estimators as HTML: parameters, fitted attributes and the report, for notebooks.

The HTML has neither scripts nor style sheets nor links, so that a notebook that strips these shows
the same. Every text is escaped.
"""

import contextlib
import html

import numpy as np

from .._inputs.wording import count

__all__ = ["html_of"]

MAX_ITEMS = 8
"""Numbers of an array that are shown."""


def html_of(estimator, params, changed):
    """Return an estimator as HTML.

    Parameters
    ----------
    estimator : Estimator
    params : dict of str to str
        All parameters as texts.
    changed : container of str
        Names of the parameters that differ from their defaults, which are shown in bold.

    Returns
    -------
    text : str
        A ``<details>`` element.
    """
    is_fitted = estimator.__sklearn_is_fitted__()
    state = f"fitted on {count(estimator.n_features_in_, 'feature')}" if is_fitted else "not fitted"
    rows = [(_bold(name) if name in changed else name, text) for name, text in params.items()]
    parts = [_table("Parameters", rows)]
    if is_fitted:
        fitted = _fitted_attributes(estimator)
        report = fitted.pop("report_", None)
        parts.append(
            _table("Fitted attributes", [(name, _short(fitted[name])) for name in sorted(fitted)])
        )
        if report is not None:
            parts.append(f"<p>Report</p>{report._repr_html_()}")
    return (
        f"<details><summary><b>{html.escape(type(estimator).__name__)}</b> ({state})</summary>"
        f"{''.join(parts)}</details>"
    )


def _fitted_attributes(estimator):
    """Return the public fitted attributes by name; properties that are not there are left out."""
    names = {name for name in (*vars(estimator), *dir(type(estimator))) if _is_public(name)}
    found = {}
    for name in names:
        # A property may raise any error, for example after a parameter was changed.
        with contextlib.suppress(Exception):
            found[name] = getattr(estimator, name)
    return found


def _is_public(name):
    return name.endswith("_") and not name.startswith("_")


def _table(caption, rows):
    cells = "".join(
        f"<tr><td>{name}</td><td><code>{html.escape(text)}</code></td></tr>" for name, text in rows
    )
    return f"<table><caption>{caption}</caption>{cells}</table>"


def _bold(name):
    return f"<b>{name}</b>"


def _short(value):
    """Return a value as one line: of an array its numbers if they are few, else its shape."""
    if isinstance(value, np.ndarray):
        if value.ndim == 1 and value.size <= MAX_ITEMS:
            return f"[{', '.join(_number(item) for item in value.tolist())}]"
        dtype = f", {value.dtype}" if value.dtype.names is None else ""
        return f"array of shape {value.shape}{dtype}"
    if isinstance(value, list) and len(value) > MAX_ITEMS:
        return f"list of {len(value)}, the last {_number(value[-1])}"
    if isinstance(value, float):
        return _number(value)
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."


def _number(item):
    return f"{item:.6g}" if isinstance(item, float) else str(item)
