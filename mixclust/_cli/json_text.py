"""JSON on standard output."""

import json
import math

__all__ = ["plain", "print_json"]


def print_json(data):
    """Print one JSON object; NaN and infinity, which JSON lacks, become null.

    Characters beyond ASCII are escaped, so that any encoding of standard output can take them.

    Parameters
    ----------
    data : dict
        As `plain` takes it.
    """
    print(json.dumps(plain(data), indent=2, allow_nan=False))


def plain(value):
    """Convert numbers and arrays of NumPy, and containers of them, to objects of Python.

    Parameters
    ----------
    value : object
        A dict, list, tuple, array, number, string, bool or None, or a nest of them.

    Returns
    -------
    value : object
        With None in place of NaN and infinity.
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):  # of NumPy
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
