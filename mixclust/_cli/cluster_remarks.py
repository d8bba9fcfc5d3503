"""Remarks of the reports of ``mixclust cluster``: about the table, the choice and the fit."""

from .._mixture.selection import has_matrices
from .._mixture.structures import FAMILIAR_TYPES
from .cluster_advice import find_counters, find_dependences, find_labels
from .cluster_columns import list_counts
from .cluster_data import best_mixture
from .options import option_text
from .report_text import NO_BREAK
from .wording import count, listing

__all__ = ["MAX_NAMES", "chosen_text", "table_remarks", "uncertain_text", "verdicts"]

MAX_NAMES = 20  # names of columns in a remark
NOTABLE_UNCERTAINTY = 0.25  # of rows that are counted as uncertain
MAX_MEAN_WEIGHT = 1.5
"""Mean weight from which on the criteria differ by far from the ones of as many rows."""
EVIDENCE = [(2, "hardly any"), (6, "positive"), (10, "strong")]
"""Words of Kass and Raftery for the evidence of a difference in BIC, below each number."""


def table_remarks(table, rows, skipped):
    """Describe everything about the rows and columns that a reader of the report has to know.

    Parameters
    ----------
    table : CsvTable
    rows : Rows
    skipped : list of str
        Covariance structures for which the table has too few rows.

    Returns
    -------
    remarks : list of (str, str)
        A word for each remark, and the remark.
    """
    selection = rows.selection
    remarks = [("note", note) for note in table.notes]
    if selection.has_weights:
        remarks.append(("weights", selection.describe_weights() + _hint_at_scale(selection)))
    if selection.left_out:
        reasons = (f"{name} ({reason})" for name, reason in selection.left_out.items())
        remarks.append(("left out", listing(reasons, MAX_NAMES)))
    if selection.missing:
        n_left = selection.n_rows - selection.n_complete
        text = list_counts(selection.missing)
        if n_left or not selection.keeps_gaps:
            kind = " without any value" if selection.keeps_gaps else ""
            verb = "is" if n_left == 1 else "are"
            text += f"; {count(n_left, 'row')}{kind} {verb} left out of the fit"
        remarks.append(("missing", text))
    if rows.is_sample:
        text = f"chosen on a sample of {len(rows.X):,} of {selection.n_complete:,} rows"
        remarks.append(("sample", f"{text}; fitted to all rows"))
    if rows.filling:
        size, kind = rows.filling.n_components, rows.filling.covariance_type
        text = f"{count(size, 'component')}, {kind}: missing values drawn for the fit, and rows"
        remarks.append(("filled in", f"{text} labelled by the values that they have"))
    if skipped:
        n_columns = rows.X.shape[1]
        remarks.append(
            (
                "skipped",
                f"{' and '.join(skipped)}: covariances of {n_columns} columns need at least "
                f"{n_columns + 1} rows, but {rows.n_present} came",
            )
        )
    return remarks + _advice(rows)


def _hint_at_scale(selection):
    """Tell how to scale weights that may be no counts; nothing if their mean is near 1."""
    mean = selection.total_weight / selection.n_present
    if 1 / MAX_MEAN_WEIGHT < mean < MAX_MEAN_WEIGHT:
        return ""
    return (
        "; the criteria take the sum as the number of rows: if the weights are no counts, divide "
        "them by their mean"
    )


def _advice(rows):
    """Name the columns that may hide the groups, and the option that leaves them out."""
    names, X = rows.selection.names, rows.X
    remarks = []
    counters = find_counters(names, rows.traits, X)
    if counters:
        text = f"{listing(counters)}: number the rows or rise with them, which hides groups"
        remarks.append(("counters", f"{text}; to leave out: {_exclude(counters)}"))
    labels = find_labels(names, rows.traits)
    if labels:
        shown = listing(f"{name} ({n_values} values)" for name, n_values in labels.items())
        text = f"{shown}: few whole numbers, as labels have, which hide other groups"
        remarks.append(("labels", f"{text}; to leave out: {_exclude(labels)}"))
    for dependence in find_dependences(names, X)[:MAX_NAMES]:
        name = dependence.name
        text = f"{name} = {dependence.formula}"
        if dependence.collapses:
            kinds = [kind for kind in FAMILIAR_TYPES if has_matrices(kind)]
            text += f", so that {' and '.join(kinds)} collapse"
        else:
            text += f", but for {100 * dependence.residual:.1g} % of its spread"
        remarks.append(("depends", f"{text}; to leave out: {_exclude([name])}"))
    return remarks


def _exclude(names):
    return option_text("--exclude", names).replace(" ", NO_BREAK)


def verdicts(choice, n_rows):
    """Compare the best mixture with the second best, and name signs that a better one exists.

    Parameters
    ----------
    choice : Choice
    n_rows : int
        Number of rows that a mixture can be fitted to.

    Returns
    -------
    texts : list of str
    """
    texts = []
    size, _ = choice.best
    if choice.runner_up:
        other_size, other_kind = choice.runner_up
        worse = choice.values[choice.runner_up] - choice.values[choice.best]
        text = (
            f"runner-up: {count(other_size, 'component')}, {other_kind}, "
            f"{choice.criterion.upper()} {worse:.1f} more"
        )
        if choice.criterion == "bic":
            word = next((word for limit, word in EVIDENCE if worse < limit), "very strong")
            text += f" ({word} evidence for the best)"
        texts.append(text)
    first, last = min(choice.sizes), max(choice.sizes)
    if first < size == last < n_rows:
        texts.append(
            f"the best has the most components that were tried; try more: "
            f"--components{NO_BREAK}{size}-{min(2 * size, n_rows)}"
        )
    if 1 < first == size < last:
        texts.append(
            "the best has the fewest components that were tried; try fewer: "
            f"--components{NO_BREAK}1-{size}"
        )
    return texts


def chosen_text(choice, result, n_rows):
    """Describe the chosen mixture: its size, log-likelihood, free parameters and criteria.

    Parameters
    ----------
    choice : Choice
    result : Result
    n_rows : int
        Rows that it was fitted to.

    Returns
    -------
    text : str
    """
    best = best_mixture(choice, result)
    size, kind = choice.best
    how = "best" if result.fit is None else f"fitted to all {n_rows:,} rows"
    criteria = ", ".join(f"{name.upper()} {best[name]:.1f}" for name in ("bic", "icl", "aic"))
    text = (
        f"{how}: {count(size, 'component')}, {kind}, {criteria}, "
        f"log-likelihood {best['log_likelihood']:.1f}, df {best['n_parameters']}"
    )
    return text if best["converged"] else f"{text}, not converged"


def uncertain_text(rows, result):
    """Count the rows that may belong to another component.

    Parameters
    ----------
    rows : Rows
    result : Result

    Returns
    -------
    text : str
    """
    uncertainty = result.chosen.uncertainty
    n_uncertain = int((uncertainty > NOTABLE_UNCERTAINTY).sum())
    of = "rows of the sample" if rows.is_sample else "rows"
    return (
        f"{n_uncertain:,} of {len(uncertainty):,} {of} ({100 * n_uncertain / len(uncertainty):.1f} "
        f"%) belong elsewhere with a probability above {NOTABLE_UNCERTAINTY:g}"
    )
