"""Numbers, nouns and lists in sentences."""

from .._inputs.wording import count

__all__ = ["count", "listing", "plain_name"]

MAX_LISTED = 5  # items of a list in a message of one line


def listing(texts, n_listed=MAX_LISTED):
    """Write the first texts, separated by commas, and the number of the others."""
    texts = list(texts)
    n_more = len(texts) - n_listed
    return ", ".join(texts[:n_listed]) + (f" and {n_more} more" if n_more > 0 else "")


def plain_name(text):
    """Write the name of a column in one line, as messages print it and options take it."""
    return " ".join(text.split())
