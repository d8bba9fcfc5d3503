"""The report that ``mixclust predict`` prints."""

import math

from .cluster_columns import list_counts
from .files import print_written
from .report_text import print_entry, print_table, share_text
from .row_labels import NOISE
from .wording import count, listing

__all__ = ["print_report"]

MAX_NAMES = 20  # names of columns in an entry
HOW_TO_READ = {
    "component": "Share: of the labelled rows. Weight: share that the model expects. Uncertainty: "
    "how probably its\nrows belong elsewhere.",
    "cluster": "Share: of the labelled rows. Silhouette: 1 for rows at their centre, 0 halfway to "
    "another.",
}


def print_report(arguments, table, selection, model, tally):
    """Print the model, the rows without answers, and the number of rows of each component.

    Parameters
    ----------
    arguments : argparse.Namespace
    table : CsvTable
    selection : Selection
    model : SavedModel
    tally : FitTally
    """
    columns = listing(selection.names, MAX_NAMES)
    print_entry(f"{table.path}: {count(selection.n_rows, 'row')}, labelled by {columns}")
    labels = model.labels
    print_entry(f"model     {arguments.model}: {labels.describe()}")
    for note in table.notes:
        print_entry(f"note      {note}")
    if selection.missing:
        n_left = selection.n_rows - selection.n_complete
        print_entry(
            f"missing   {list_counts(selection.missing)}; {count(n_left, 'row')} without answers"
        )
    _print_fit(labels, tally)
    n_labelled = max(1, selection.n_complete)
    names = [*range(labels.n_groups), *([NOISE] if labels.has_noise else [])]
    columns = [
        [labels.group, *map(str, names)],
        ["rows", *map(str, tally.counts)],
        ["share", *(share_text(n_rows / n_labelled) for n_rows in tally.counts)],
    ]
    if labels.weights is not None:
        columns.append(["weight", *map(share_text, labels.weights)])
    if labels.measure in labels.names:
        columns.append([labels.measure, *map(share_text, tally.uncertainty)])
    print()
    print_table(zip(*columns, strict=True))
    print("\n" + HOW_TO_READ[labels.group])
    print_written(arguments.output)


def _print_fit(labels, tally):
    """Print how well the model fits the rows, beside the rows of its fit."""
    if math.isnan(tally.fit):
        return
    text = f"fit       {labels.fit_measure} {tally.fit:.4g} a row"
    if labels.of_fit is not None:
        text += f"; {labels.of_fit:.4g} in the table of the model"
    print_entry(text)
