"""The report that ``mixclust cluster`` prints."""

import itertools
import math
import textwrap

import numpy as np

from .._mixture.selection import has_matrices
from .._mixture.structures import FAMILIAR_TYPES
from .cluster_advice import find_counters, find_dependences, find_labels
from .cluster_columns import list_counts
from .files import print_written
from .options import option_text
from .wording import count, listing

__all__ = ["print_report"]

WIDTH = 100  # characters of a line
NO_BREAK = "\0"  # in place of a space in an option, so that no line break divides the option
MAX_NAMES = 20  # names of columns in an entry
MAX_MEANS = 50  # columns with printed means
HOW_TO_READ = (
    "Weight: share of all rows. Uncertainty: how probably its rows belong elsewhere. "
    "Then the means."
)


def print_report(arguments, table, rows, skipped, choice, result):
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
    """
    selection = rows.selection
    _print_selection(table, selection)
    if rows.is_sample:
        _print_entry(
            f"sample    chosen on a sample of {len(rows.X):,} of {selection.n_complete:,} rows; "
            "fitted to all rows"
        )
    if rows.filling:
        size, kind = rows.filling.n_components, rows.filling.covariance_type
        _print_entry(
            f"filled in {count(size, 'component')}, {kind}: missing values drawn for the fit, and "
            "rows labelled by the values that they have"
        )
    if skipped:
        n_rows, n_columns = rows.X.shape
        _print_entry(
            f"skipped   {' and '.join(skipped)}: covariances of {n_columns} columns need at least "
            f"{n_columns + 1} rows, but {n_rows} came"
        )
    _print_advice(rows)
    _print_criterion(choice, rows.is_sample)
    _print_verdict(choice, selection.n_complete)
    if result.fit is not None:
        _print_fit(choice, result.fit, selection.n_complete)
    _print_components(selection, result)
    print("\n" + HOW_TO_READ)
    print_written(arguments.output, arguments.plot, arguments.save)


def _print_selection(table, selection):
    n_rows = selection.n_rows
    names = listing(selection.names, MAX_NAMES)
    _print_entry(f"{table.path}: {n_rows} rows, clustered by {names}")
    for note in table.notes:
        _print_entry(f"note      {note}")
    if selection.left_out:
        reasons = (f"{name} ({reason})" for name, reason in selection.left_out.items())
        _print_entry("left out  " + listing(reasons, MAX_NAMES))
    if selection.missing:
        n_left = n_rows - selection.n_complete
        verb = "is" if n_left == 1 else "are"
        text = f"missing   {list_counts(selection.missing)}"
        if n_left or not selection.keeps_gaps:
            kind = " without any value" if selection.keeps_gaps else ""
            text += f"; {count(n_left, 'row')}{kind} {verb} left out of the fit"
        _print_entry(text)


def _print_advice(rows):
    """Print the columns that may hide the groups, and the option that leaves them out."""
    names, X = rows.selection.names, rows.X
    counters = find_counters(names, rows.traits, X)
    if counters:
        _print_entry(
            f"counters  {listing(counters)}: number the rows or rise with them, which hides "
            f"groups; to leave out: {_exclude(counters)}"
        )
    labels = find_labels(names, rows.traits)
    if labels:
        shown = listing(f"{name} ({n_values} values)" for name, n_values in labels.items())
        _print_entry(
            f"labels    {shown}: few whole numbers, as labels have, which hide other groups; "
            f"to leave out: {_exclude(labels)}"
        )
    for dependence in find_dependences(names, X)[:MAX_NAMES]:
        name = dependence.name
        text = f"depends   {name} = {dependence.formula}"
        if dependence.collapses:
            kinds = [kind for kind in FAMILIAR_TYPES if has_matrices(kind)]
            text += f", so that {' and '.join(kinds)} collapse"
        else:
            text += f", but for {100 * dependence.residual:.1g} % of its spread"
        _print_entry(f"{text}; to leave out: {_exclude([name])}")


def _exclude(names):
    return option_text("--exclude", names).replace(" ", NO_BREAK)


def _print_entry(text):
    """Print a text in lines of at most `WIDTH` characters, the later ones indented."""
    filled = textwrap.fill(
        text, WIDTH, subsequent_indent=" " * 10, break_long_words=False, break_on_hyphens=False
    )
    print(filled.replace(NO_BREAK, " "))


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
                _criterion_text(choice.values[size, kind], (size, kind) == choice.best)
                for size in choice.sizes
            ),
        ]
        for kind in choice.kinds
    ]
    for i, block in enumerate(_blocks([sizes], sizes, columns)):
        if i > 0:
            print()
        _print_table(zip(*block, strict=True))
    if choice.collapsed:
        print("\n- : a component shrank to a point or a plane, so that the likelihood says nothing")
    for size, kind in choice.unconverged:
        print(f"\n{count(size, 'component')}, {kind}: not converged")


def _print_verdict(choice, n_rows):
    """Print the difference to the second best mixture, and signs that a better one exists."""
    texts = []
    size, _ = choice.best
    if choice.runner_up:
        other_size, other_kind = choice.runner_up
        worse = choice.values[choice.runner_up] - choice.values[choice.best]
        texts.append(
            f"runner-up: {count(other_size, 'component')}, {other_kind}, "
            f"{choice.criterion.upper()} {worse:.1f} more"
        )
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
    if texts:
        print()
    for text in texts:
        _print_entry(text)


def _print_fit(choice, fit, n_rows):
    """Print the criterion of the chosen mixture that was fitted to all rows."""
    size, kind = choice.best
    text = (
        f"fitted to all {n_rows:,} rows: {count(size, 'component')}, {kind}, "
        f"{choice.criterion.upper()} {fit.value:.1f}"
    )
    print()
    _print_entry(text if fit.is_converged else f"{text}, not converged")


def _criterion_text(value, is_best):
    return "- " if math.isnan(value) else f"{value:.1f}{'*' if is_best else ' '}"


def _print_components(selection, result):
    """Print the components, and as many columns side by side as a line has room for."""
    chosen, counts, uncertainty = result.chosen, result.tally.counts, result.tally.uncertainty
    numbers = ["component", *map(str, range(len(counts)))]
    left = [
        numbers,
        ["rows", *map(str, counts)],
        ["weight", *(f"{weight:.3f}" for weight in chosen.weights)],
        ["uncertainty", *map(_small_text, uncertainty)],
    ]
    means = [
        [name, *_mean_texts(values, deviation)]
        for name, values, deviation in itertools.islice(
            zip(selection.names, chosen.means.T, chosen.deviations, strict=True), MAX_MEANS
        )
    ]
    for block in _blocks(left, numbers, means):
        print()
        _print_table(zip(*block, strict=True))
    more = len(selection.names) - MAX_MEANS
    if more > 0:
        print(f"\nThe means of {more} more columns are not shown.")


def _blocks(left, numbers, columns):
    """Divide columns of text into blocks of at most `WIDTH` characters.

    Each block begins with the numbers of the components.
    """
    block = left
    for column in columns:
        if _width(block) + _width([column]) > WIDTH and len(block) > 1:
            yield block
            block = [numbers]
        block = [*block, column]
    yield block


def _width(columns):
    return sum(2 + max(map(len, column)) for column in columns)


def _mean_texts(means, deviation):
    """Write the means of a column, to the second digit of its smallest standard deviation."""
    decimals = 1 - math.floor(math.log10(deviation))
    largest = np.abs(means).max()
    if decimals <= 6 and largest < 1e9:
        decimals = max(0, decimals)
        return [f"{round(float(mean), decimals) + 0.0:.{decimals}f}" for mean in means]
    digits = decimals + math.floor(math.log10(largest)) if largest > 0 else 1
    return [f"{mean:.{min(max(digits, 1), 15)}e}" for mean in means]


def _small_text(share):
    """Write a share with three decimals; one that would show as 0 is ``<0.001``."""
    if math.isnan(share):
        return "-"
    return "<0.001" if 0 < share < 0.0005 else f"{share:.3f}"


def _print_table(rows):
    """Print rows of texts with right-aligned columns."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print(
            "".join(f"  {text:>{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
        )
