"""The columns of a table that a saved model needs, found by name."""

from .cluster_columns import Selection, refuse_missing
from .errors import CommandError
from .number_columns import number_column
from .wording import count, listing

__all__ = ["select_for_model"]

MAX_NAMES = 20  # names in a message


def select_for_model(table, model, path, wanted, missing):
    """Find the columns of a model in a table, in the order of the model.

    Parameters
    ----------
    table : CsvTable
    model : SavedModel
    path : pathlib.Path
        Of the model, for messages.
    wanted : list of str or None
        The columns in the order of the model, for a model without names.
    missing : {"drop", "impute", "error"}
        Whether rows with missing values have no answers, are answered by their other values, or
        are an error.

    Returns
    -------
    selection : Selection

    Raises
    ------
    CommandError
        If the table lacks a column of the model, or one does not hold numbers.
    """
    names = _names_of(table, model, path, wanted)
    keeps_gaps = missing == "impute"
    if keeps_gaps and model.labels.group == "cluster":
        raise CommandError(
            f"{path}: the model has centres and no distribution of missing values; pass --missing "
            "drop, or a model of 'mixclust cluster'."
        )
    if keeps_gaps and model.labels.has_noise:
        raise CommandError(
            f"{path}: the noise of the model has no density for some of the columns alone; pass "
            "--missing drop."
        )
    columns = [number_column(table, name, "be a column of the model") for name in names]
    selection = Selection(table, columns, {}, keeps_gaps=keeps_gaps)
    if missing == "error":
        refuse_missing(table, selection)
    return selection


def _names_of(table, model, path, wanted):
    """Give the names of the model's columns, all of which the table has."""
    if model.names is None:
        if wanted is None or len(wanted) != model.n_columns or len(set(wanted)) < len(wanted):
            given = "" if wanted is None else f", not {count(len(wanted), 'name')}"
            raise CommandError(
                f"{path}: the model has no names of columns; pass --columns with the names of its "
                f"{count(model.n_columns, 'column')} in the order of its fit, each once{given}."
            )
        return wanted
    if wanted is not None:
        raise CommandError(
            f"{path}: the model names its columns ({listing(model.names, MAX_NAMES)}), which are "
            "found by these names; leave out --columns."
        )
    present = [column.name for column in table.columns if column.name]
    lacking = [name for name in model.names if name not in present]
    if lacking:
        noun = "column" if len(lacking) == 1 else "columns"
        raise CommandError(
            f"{table.path}: lacks the {noun} {listing(map(repr, lacking), MAX_NAMES)} of the model "
            f"{path}; it has {listing(map(repr, present), MAX_NAMES)}."
        )
    return model.names
