"""The report that ``mixclust predict`` prints."""

from .cluster_columns import list_counts
from .files import print_written
from .report_text import print_entry, print_table, share_text
from .row_labels import NOISE
from .wording import count, listing

__all__ = ["print_report"]

MAX_NAMES = 20  # names of columns in an entry
HOW_TO_READ = (
    "Share: of the labelled rows. Weight: share that the model expects. Uncertainty: how probably "
    "its\nrows belong elsewhere."
)


def print_report(arguments, table, selection, model, tally):
    """Print the model, the rows without answers, and the number of rows of each component.

    Parameters
    ----------
    arguments : argparse.Namespace
    table : CsvTable
    selection : Selection
    model : SavedModel
    tally : Tally
    """
    columns = listing(selection.names, MAX_NAMES)
    print_entry(f"{table.path}: {count(selection.n_rows, 'row')}, labelled by {columns}")
    n_groups, kind = model.labels.n_groups, model.estimator.covariance_type
    noise = " and noise" if model.labels.has_noise else ""
    print_entry(f"model     {arguments.model}: {count(n_groups, 'component')}, {kind}{noise}")
    for note in table.notes:
        print_entry(f"note      {note}")
    if selection.missing:
        n_left = selection.n_rows - selection.n_complete
        print_entry(
            f"missing   {list_counts(selection.missing)}; {count(n_left, 'row')} without answers"
        )
    weights = [float(weight) for weight in model.labels.weights]
    names = [*map(str, range(n_groups)), *([str(NOISE)] if model.labels.has_noise else [])]
    rows = [["component", "rows", "share", "weight", "uncertainty"]]
    for name, n_rows, weight, uncertainty in zip(
        names, tally.counts.tolist(), weights, tally.uncertainty.tolist(), strict=True
    ):
        share = n_rows / max(1, selection.n_complete)
        texts = [share_text(share), share_text(weight), share_text(uncertainty)]
        rows.append([name, str(n_rows), *texts])
    print()
    print_table(rows)
    print("\n" + HOW_TO_READ)
    print_written(arguments.output)
