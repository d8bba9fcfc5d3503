"""What ``python -m mixclust cluster`` prints."""

import math
import textwrap

import numpy as np

from ._cli_cluster_rows import list_counts

__all__ = ["print_report"]

WIDTH = 100
HOW_TO_READ = (
    "Weight: share of all rows. Uncertainty: how probably its rows belong elsewhere. "
    "Then the means."
)


def print_report(arguments, selection, choice, chosen):
    """Print what was clustered, the criterion of every mixture, and the components of the best."""
    _print_selection(arguments.table, selection)
    _print_criterion(choice)
    _print_components(selection, chosen)
    print("\n" + HOW_TO_READ)
    written = [str(path) for path in (arguments.output, arguments.plot) if path]
    if written:
        print("wrote  " + ", ".join(written))


def _print_selection(path, selection):
    n_rows = len(selection.complete)
    _print_entry(f"{path}: {n_rows} rows, clustered by " + ", ".join(selection.names))
    if selection.left_out:
        reasons = (f"{name} ({reason})" for name, reason in selection.left_out.items())
        _print_entry("left out  " + ", ".join(reasons))
    if selection.missing:
        n_left = n_rows - len(selection.X)
        rows = "1 row is" if n_left == 1 else f"{n_left} rows are"
        _print_entry(f"missing   {list_counts(selection.missing)}; {rows} left out of the fit")


def _print_entry(text):
    print(textwrap.fill(text, WIDTH, subsequent_indent=" " * 10, break_long_words=False))


def _print_criterion(choice):
    name = choice.criterion.upper()
    print(f"\n{name} of each mixture (less is better, * is best):\n")
    rows = [["components", *(f"{kind} " for kind in choice.kinds)]]
    for size in choice.sizes:
        cells = [
            _criterion_text(choice.values[size, kind], (size, kind) == choice.best)
            for kind in choice.kinds
        ]
        rows.append([str(size), *cells])
    _print_table(rows)
    if choice.collapsed:
        print("\n- : a component shrank to a point or a plane, so that the likelihood says nothing")
    for size, kind in choice.unconverged:
        print(f"\n{size} components, {kind}: not converged")


def _criterion_text(value, is_best):
    return "- " if math.isnan(value) else f"{value:.1f}{'*' if is_best else ' '}"


def _print_components(selection, chosen):
    """Print the components, the columns in as many blocks as the width asks for."""
    counts, uncertainty = chosen.summarize()
    deviations = np.sqrt(np.diagonal(chosen.covariances, axis1=1, axis2=2)).min(axis=0)
    numbers = ["component", *map(str, range(len(counts)))]
    left = [
        numbers,
        ["rows", *map(str, counts)],
        ["weight", *(f"{weight:.3f}" for weight in chosen.weights)],
        ["uncertainty", *map(_small_text, uncertainty)],
    ]
    means = [
        [name, *_mean_texts(values, deviation)]
        for name, values, deviation in zip(selection.names, chosen.means.T, deviations, strict=True)
    ]
    for block in _blocks(left, numbers, means):
        print()
        _print_table(zip(*block, strict=True))


def _blocks(left, numbers, columns):
    """Cut columns into blocks of at most `WIDTH` characters, each with the components' numbers."""
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
    """Means of a column, down to the second digit of the smallest standard deviation."""
    decimals = 1 - math.floor(math.log10(deviation))
    largest = np.abs(means).max()
    if decimals <= 6 and largest < 1e9:
        decimals = max(0, decimals)
        return [f"{round(float(mean), decimals) + 0.0:.{decimals}f}" for mean in means]
    digits = decimals + math.floor(math.log10(largest)) if largest > 0 else 1
    return [f"{mean:.{min(max(digits, 1), 15)}e}" for mean in means]


def _small_text(share):
    if math.isnan(share):
        return "-"
    return "<0.001" if 0 < share < 0.0005 else f"{share:.3f}"


def _print_table(rows):
    """Print rows of texts, each column right-aligned."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print(
            "".join(f"  {text:>{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
        )
