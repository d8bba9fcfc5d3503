"""The report that ``mixclust cluster`` prints."""

import math

import numpy as np

from .cluster_contrast import contrast_of
from .cluster_numbers import count_texts, criterion_text, moment_texts
from .cluster_remarks import MAX_NAMES, chosen_text, table_remarks, uncertain_text, verdicts
from .files import print_written
from .report_text import print_blocks, print_entry, printable, share_text
from .wording import count, listing

__all__ = ["print_report"]

MAX_COMPONENTS = 20  # components that are described
MAX_COLUMNS = 20  # columns with printed means
MAX_APART = 4  # columns that are named for each component
MAX_CROSSTABS = 5
MAX_VALUES = 12  # of a crosstab
MAX_VALUE_LENGTH = 30  # characters
MAX_NAME_LENGTH = 40  # characters of a name above its means
HOW_TO_READ = (
    "Weight: share of all rows. Uncertainty: how probably its rows belong elsewhere. Then the "
    "means, and the standard deviations in parentheses."
)


def print_report(arguments, table, rows, skipped, choice, result, look):
    """Print the clustered columns, the criterion of every mixture, and the best one's components.

    Parameters
    ----------
    arguments : argparse.Namespace
    table : CsvTable
    rows : Rows
    skipped : list of str
        Covariance structures for which the table has too few rows.
    choice : Choice
    result : Result
    look : Look
    """
    selection = rows.selection
    names = listing(selection.names, MAX_NAMES)
    print_entry(f"{table.path}: {selection.n_rows} rows, clustered by {names}")
    for word, text in table_remarks(table, rows, skipped):
        print_entry(f"{word:<10}{text}")
    _print_criterion(choice, rows.is_sample)
    print()
    print_entry(chosen_text(choice, result, selection.n_complete))
    for text in verdicts(choice, selection.n_present):
        print_entry(text)
    _print_components(selection, result, rows)
    _print_crosstabs(look, selection.has_weights, len(result.chosen.weights))
    written = arguments.output, arguments.plot, arguments.report, arguments.save
    if any(written):
        print()
    print_written(*written)


def _print_criterion(choice, is_sample):
    """Print a table of the criterion by number of components and structure."""
    name = choice.criterion.upper()
    of = " on the sample" if is_sample else ""
    print(f"\n{name} of each mixture{of} (less is better, * is best):\n")
    sizes = ["components", *map(str, choice.sizes)]
    columns = [
        [
            f"{kind} ",
            *(
                criterion_text(choice.values[size, kind], (size, kind) == choice.best)
                for size in choice.sizes
            ),
        ]
        for kind in choice.kinds
    ]
    print_blocks([sizes], sizes, columns)
    if choice.collapsed:
        print("\n- : a component shrank to a point or a plane, so that the likelihood says nothing")
    for size, kind in choice.unconverged:
        print(f"\n{count(size, 'component')}, {kind}: not converged")


def _print_components(selection, result, rows):
    """Print the components, and as many columns side by side as a line has room for."""
    chosen, counts, uncertainty = result.chosen, result.tally.counts, result.tally.uncertainty
    names = selection.names
    contrast = contrast_of(chosen.weights, chosen.means, chosen.deviations)
    shown = slice(MAX_COMPONENTS)
    numbers = ["component", *map(str, range(len(counts[shown])))]
    left = [
        numbers,
        ["rows", *map(str, counts[shown])],
        ["weight", *(f"{weight:.3f}" for weight in chosen.weights[shown])],
        ["uncertainty", *map(share_text, uncertainty[shown])],
    ]
    indices = contrast.columns(MAX_COLUMNS)
    means = [
        [
            printable(names[j], MAX_NAME_LENGTH),
            *moment_texts(chosen.means[:, j], chosen.deviations[:, j])[shown],
        ]
        for j in indices
    ]
    print()
    print_blocks(left, numbers, means)
    print()
    print_entry(HOW_TO_READ, "")
    n_more = len(names) - len(indices)
    if n_more:
        columns = "1 more column, which separates" if n_more == 1 else f"{n_more} more columns, "
        columns += "" if n_more == 1 else "which separate"
        print_entry(f"The means of {columns} the components less, are not shown.", "")
    n_more = len(counts) - MAX_COMPONENTS
    if n_more > 0:
        n_rows, share = counts[MAX_COMPONENTS:].sum(), chosen.weights[MAX_COMPONENTS:].sum()
        print_entry(
            f"{count(n_more, 'smaller component')} with {count(n_rows, 'row')}, weight "
            f"{share:.3f}, {'is' if n_more == 1 else 'are'} not shown.",
            "",
        )
    if len(counts) > 1:
        _print_apart(contrast, names, min(len(counts), MAX_COMPONENTS))
        print(f"\nuncertain: {uncertain_text(rows, result)}")


def _print_apart(contrast, names, n_components):
    """Print the columns that set each component apart."""
    print()
    print_entry(
        "Set apart by (mean less the mean of all other rows, in pooled standard deviations, SD):",
        "",
    )
    print()
    for k in range(n_components):
        print_entry(f"  {k:>9}  {contrast.sentence(k, names, MAX_APART)}", " " * 13)


def _print_crosstabs(look, has_weights, n_components):
    """Print columns of text against the components."""
    for crosstab in look.crosstabs[:MAX_CROSSTABS]:
        unit = "sum of weights" if has_weights else "rows"
        index = crosstab.rand_index
        agreement = "" if has_weights or math.isnan(index) else f"; adjusted Rand index {index:.2f}"
        print(f"\n{printable(crosstab.name, MAX_VALUE_LENGTH)} by component ({unit}){agreement}:\n")
        values, counts = crosstab.largest(MAX_VALUES)
        left = [
            printable(crosstab.name, MAX_VALUE_LENGTH),
            *(printable(value, MAX_VALUE_LENGTH) for value in values),
        ]
        columns = [
            [str(k), *count_texts(counts[:, k])] for k in range(min(n_components, MAX_COMPONENTS))
        ]
        if n_components > MAX_COMPONENTS:
            columns.append(["smaller", *count_texts(counts[:, MAX_COMPONENTS:].sum(axis=1))])
        columns.append(["all", *count_texts(np.sum(counts, axis=1))])
        print_blocks([left], left, columns, n_left=1)
    more = [crosstab.name for crosstab in look.crosstabs[MAX_CROSSTABS:]]
    if more:
        print()
        print_entry(f"crosstabs of more columns are not shown: {listing(more)}")
    if look.many_valued:
        print()
        print_entry(f"no crosstab, as there are many distinct values: {listing(look.many_valued)}")
