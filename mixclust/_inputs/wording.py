"""Numbers with their nouns and names with their articles, in messages and reports."""

__all__ = ["count", "with_article"]

SPOKEN_AS_VOWEL = ("a", "e", "i", "o", "ndarray")


def count(n, noun):
    """Write a number and its noun, for example ``1 field`` or ``2 fields``."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def with_article(name):
    """Write a name with its article, for example ``a list`` or ``an ndarray``."""
    article = "an" if name.lower().startswith(SPOKEN_AS_VOWEL) else "a"
    return f"{article} {name}"
