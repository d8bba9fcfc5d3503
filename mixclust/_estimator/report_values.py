"""Reports as plain values: for `to_dict`, and for the header of a file."""

import math

import numpy as np

__all__ = ["check_values", "listed_sizes", "plain", "spread_text", "text_html"]

MAX_LISTED = 12
"""Sizes that a report prints."""


def plain(value):
    """Return a value as Python's own types, which `json` writes in any of its modes.

    Parameters
    ----------
    value : object
        A number, a string, None, an array, or a dict or sequence of these.

    Returns
    -------
    value : object
        Arrays and sequences are lists, keys are strings; NaN and infinity are None.
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_values(value, schema, name="report_"):
    """Raise ValueError unless a value of a file has the types of a schema.

    Parameters
    ----------
    value : object
        As ``json.loads`` returns it.
    schema : type, tuple, list or dict
        A type; a tuple of types of which one is to match; a list of the schema of each item; a
        dict of schemas by key, or with the one key `str` for any keys.
    name : str, default="report_"
        The name of the value, for the message.
    """
    if isinstance(schema, list):
        fits = type(value) is list
        for item in value if fits else ():
            check_values(item, schema[0], name)
    elif isinstance(schema, dict):
        fits = type(value) is dict and (str in schema or value.keys() == schema.keys())
        for key, item in value.items() if fits else ():
            check_values(item, schema[str] if str in schema else schema[key], f"{name}.{key}")
    else:
        fits = type(value) in (schema if isinstance(schema, tuple) else (schema,))
    if not fits:
        raise ValueError(f"{name} does not match the layout of a report")


def listed_sizes(sizes):
    """Return sizes as text: the first twelve."""
    more = ", ..." if len(sizes) > MAX_LISTED else ""
    return ", ".join(f"{size:.4g}" for size in sizes[:MAX_LISTED]) + more


def spread_text(values):
    """Return the range of some numbers as text."""
    least, most = min(values), max(values)
    return f"{least:.6g}" if least == most else f"{least:.6g} to {most:.6g}"


def text_html(text):
    """Return text as an HTML element that keeps its columns, without scripts and style sheets."""
    import html  # here, since most processes never need it

    return f"<pre>{html.escape(text)}</pre>"
