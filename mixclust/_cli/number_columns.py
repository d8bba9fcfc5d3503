"""Columns of numbers in a table: the reasons why a column is none, and the weights of rows."""

import difflib
import math

import numpy as np

from .errors import CommandError
from .options import option_text
from .table_fields import is_grouped
from .wording import count, listing

__all__ = ["find_name", "number_column", "weight_column", "why_constant", "why_not_clustered"]

MAX_SHOWN = 30  # characters of a field that messages show


def find_name(name, names, noun):
    """Refuse a name that is not among `names`, and suggest the most similar one.

    Parameters
    ----------
    name : str
    names : list of str
    noun : str
        The word for a name in the message, for example "column".

    Returns
    -------
    name : str
        The same name.
    """
    if name in names:
        return name
    near = difflib.get_close_matches(name.lower(), [other.lower() for other in names], n=1)
    if near:
        match = next(other for other in names if other.lower() == near[0])
        raise CommandError(f"there is no {noun} {name!r}; did you mean {match!r}?")
    raise CommandError(f"there is no {noun} {name!r}; there is {listing(map(repr, names))}.")


def number_column(table, name, use="be clustered"):
    """Give a column of numbers by its name.

    Parameters
    ----------
    table : CsvTable
    name : str
    use : str, default="be clustered"
        The end of "cannot" in messages.

    Returns
    -------
    column : Column
        It may be constant, or hold no value.

    Raises
    ------
    CommandError
        If there is no column of the name, or it holds something else than numbers.
    """
    names = [column.name for column in table.columns]
    column = table.columns[names.index(find_name(name, list(filter(None, names)), "column"))]
    reason = _why_no_numbers(table, column)
    if reason:
        raise CommandError(f"{table.path}: column {name!r} cannot {use}: {reason}.")
    return column


def weight_column(table, name):
    """Give the column with the weights of rows, after its numbers were checked.

    Parameters
    ----------
    table : CsvTable
    name : str

    Returns
    -------
    column : Column

    Raises
    ------
    CommandError
        If a row has no weight, or one below 0.
    """
    column = number_column(table, name, "hold weights")
    if column.n_missing or column.low < 0:
        place, first = table.columns.index(column), 0
        for block in table.values.blocks([place]):
            bad = ~(block[:, 0] >= 0)
            if bad.any():
                row = int(np.argmax(bad))
                found = "no weight" if np.isnan(block[row, 0]) else f"{block[row, 0]:.6g}"
                raise CommandError(
                    f"{table.path}: column {name!r}, {table.place_of(first + row)}: has "
                    f"{found}; every row needs a weight of at least 0."
                )
            first += len(block)
    return column


def why_not_clustered(table, column):
    """Give the reason why a column cannot be clustered, or None if it can.

    Parameters
    ----------
    table : CsvTable
    column : Column

    Returns
    -------
    reason : str or None

    Raises
    ------
    CommandError
        If most fields of the column are numbers but some are not.
    """
    return _why_no_numbers(table, column) or why_constant(column)


def _why_no_numbers(table, column):
    """Give the reason why a column does not hold numbers, or None if it does."""
    if column.text is not None:
        if column.is_numeric and column.name:
            raise CommandError(f"{table.path}: {_odd_field(table, column)}.")
        reason = f"text: {_shorten(column.text)!r} in {table.place} {column.line}"
        if column.n_numbers:
            n_fields = column.n_numbers + column.n_text
            reason += f"; {column.n_numbers} of {n_fields} fields are numbers"
        return reason
    if not column.name:
        return "no name"
    if column.name in table.thousands:
        line, text = table.thousands[column.name]
        raise CommandError(
            f"{table.path}: column {column.name!r}, line {line}: {text!r} may be a number in "
            "thousands; write numbers without separators between thousands, or pass --decimal . "
            f"if that is the decimal sign, or pass {option_text('--exclude', [column.name])}."
        )
    return None


def why_constant(column):
    """Give the reason why the numbers of a column do not vary, or None if they do."""
    if not column.n_numbers:
        return "no values"
    if column.low == column.high:
        return f"constant: {column.low:.6g}"
    return None


def _odd_field(table, column):
    """Describe the first field of a column of numbers that is not a number, and the remedies."""
    text = _shorten(column.text)
    exclude = option_text("--exclude", [column.name])
    where = f"column {column.name!r}, {table.place} {column.line}: {text!r}"
    other = "," if table.decimal == "." else "."
    if is_grouped(column.text):
        remedy = "write numbers without separators between thousands"
        if text.count(other) == 1 and table.decimal not in text:
            remedy += f", or pass --decimal {other} if that is the decimal sign"
        return f"{where} may be a number in thousands; {remedy}, or pass {exclude}"
    if column.n_other_decimal and other in text:
        return (
            f"{where} has another decimal sign than {table.decimal!r}; pass --decimal {other}, "
            f"write all numbers alike, or pass {exclude}"
        )
    try:
        infinite = math.isinf(float(column.text))
    except ValueError:
        infinite = False
    problem = "is not finite" if infinite else "is not a number"
    odd = count(column.n_text, "field")
    return (
        f"{where} {problem}, but {count(column.n_numbers, 'field')} of the column are numbers and "
        f"{odd} not; correct the table, pass {option_text('--na', [text])} if this means a missing "
        f"value, or pass {exclude}"
    )


def _shorten(text):
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
