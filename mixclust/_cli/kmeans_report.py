"""The report that ``mixclust kmeans`` prints, and its numbers as plain data."""

import itertools

import numpy as np

from .._version import __version__
from .cluster_columns import list_counts
from .cluster_data import table_data, written_files
from .files import print_written
from .kmeans_fit import BY_ELBOW
from .report_text import mean_texts, print_blocks, print_entry, print_table, share_text
from .wording import count, listing

__all__ = ["kmeans_data", "print_report"]

MAX_NAMES = 20  # names of columns in an entry
MAX_MEANS = 50  # columns with printed means
MAX_SHARE_OF_VARIANCE = 0.9
"""Share of the variance of all columns from which on one column decides nearly alone."""

WEAK_SILHOUETTE = 0.5
HOW_TO_READ = (
    "Silhouette: 1 for rows at their centre, 0 halfway to another. Spread: root of the mean "
    "squared\ndistance to the centre. Then the means."
)


def print_report(arguments, table, selection, clusters):
    """Print the clustered columns, every number of clusters, and the chosen clusters.

    Parameters
    ----------
    arguments : argparse.Namespace
    table : CsvTable
    selection : Selection
    clusters : Clusters
    """
    names = listing(selection.names, MAX_NAMES)
    print_entry(f"{table.path}: {count(selection.n_rows, 'row')}, clustered by {names}")
    for note in table.notes:
        print_entry(f"note      {note}")
    if selection.has_weights:
        print_entry(f"weights   {selection.describe_weights()}")
    if selection.left_out:
        reasons = (f"{name} ({reason})" for name, reason in selection.left_out.items())
        print_entry("left out  " + listing(reasons, MAX_NAMES))
    if selection.missing:
        n_left = selection.n_rows - selection.n_complete
        missing = list_counts(selection.missing)
        print_entry(f"missing   {missing}; {count(n_left, 'row')} left out of the fit")
    if clusters.n_sampled:
        print_entry(
            f"sample    chosen on a sample of {clusters.n_sampled:,} of {selection.n_complete:,} "
            "rows; fitted to all rows"
        )
    if clusters.scales is not None:
        print_entry(
            "scaled    each column is divided by its standard deviation, and so are distances"
        )
    elif widest := _widest(selection, clusters):
        name, share = widest
        print_entry(
            f"units     {name} has {100 * share:.1f} % of the variance, so that the other columns "
            "hardly count; to give all columns the same: --standardize"
        )
    print()
    _print_sizes(clusters)
    print()
    print_entry(_reason(arguments, clusters))
    if clusters.n_sampled:
        size = clusters.of_all
        print_entry(
            f"fitted to all {selection.n_complete:,} rows: inertia {size.inertia:.6g}, "
            f"{100 * size.explained:.1f} % explained, silhouette {share_text(size.silhouette)}"
        )
    print()
    _print_clusters(selection, clusters)
    print("\n" + HOW_TO_READ)
    print_written(arguments.output, arguments.save)


def kmeans_data(arguments, table, selection, clusters):
    """Collect the numbers of the report.

    Parameters
    ----------
    arguments, table, selection, clusters
        As for `print_report`.

    Returns
    -------
    data : dict
        As `cluster_data` gives it.
    """
    names = selection.names
    return {
        "mixclust": __version__,
        "command": "kmeans",
        "table": table_data(table, selection),
        "standardized": clusters.scales is not None,
        "criterion": arguments.criterion,
        "sizes": [size._asdict() for size in clusters.sizes],
        "elbow": clusters.elbow,
        "n_distinct_rows": clusters.n_distinct,
        "sample": {"n_rows": clusters.n_sampled} if clusters.n_sampled else None,
        "best": clusters.of_all._asdict(),
        "reason": _reason(arguments, clusters),
        "clusters": [
            {
                "cluster": k,
                "n_rows": clusters.counts[k],
                "share": clusters.shares[k],
                "silhouette": clusters.silhouettes[k],
                "spread": clusters.spreads[k],
                "means": dict(zip(names, clusters.means[k], strict=True)),
                "standard_deviations": dict(zip(names, clusters.deviations[k], strict=True)),
            }
            for k in range(len(clusters.counts))
        ],
        "written": written_files(arguments.output, arguments.save),
    }


def _widest(selection, clusters):
    """Give the column that has nearly all of the variance, and its share; None without one."""
    if len(selection.names) == 1:
        return None
    shares, means = clusters.shares[:, np.newaxis], clusters.means
    off = means - (shares * means).sum(axis=0)
    variances = (shares * (clusters.deviations**2 + off**2)).sum(axis=0)
    place = int(np.argmax(variances))
    share = float(variances[place] / variances.sum())
    return (selection.names[place], share) if share > MAX_SHARE_OF_VARIANCE else None


def _print_sizes(clusters):
    """Print a row for each number of clusters; the chosen one is marked."""
    rows = [["clusters", "inertia ", "explained", "silhouette "]]
    for size in clusters.sizes:
        mark = "*" if size is clusters.best else " "
        elbow = "e" if size.n_clusters == clusters.elbow else " "
        rows.append(
            [
                str(size.n_clusters),
                f"{size.inertia:.6g}{elbow}",
                f"{100 * size.explained:.1f} %",
                f"{share_text(size.silhouette)}{mark}",
            ]
        )
    print_table(rows)


def _reason(arguments, clusters):
    """Say why the number of clusters was chosen, and how clear the choice is."""
    best, elbow = clusters.best, clusters.elbow
    chosen = count(best.n_clusters, "cluster")
    if len(arguments.clusters) == 1:
        text = f"{chosen}, as asked for"
    elif arguments.criterion == BY_ELBOW and elbow is not None:
        text = f"{chosen}*: the elbow (e) of the inertia; more clusters lower it much less"
    elif len(clusters.sizes) == 1:
        text = f"{chosen}: the only number that was tried"
    else:
        text = f"{chosen}*: the largest mean silhouette"
        if elbow == best.n_clusters:
            text += ", and the elbow (e) of the inertia"
        elif elbow is not None:
            text += f"; the elbow (e) of the inertia is at {elbow}"
    if clusters.n_distinct is not None:
        text += f"; more were not tried, as there are {count(clusters.n_distinct, 'distinct row')}"
    if best.silhouette < WEAK_SILHOUETTE:
        text += f"; a mean silhouette below {WEAK_SILHOUETTE} is weak: the clusters touch"
    return text


def _print_clusters(selection, clusters):
    """Print the clusters, and as many columns side by side as a line has room for."""
    numbers = ["cluster", *map(str, range(len(clusters.counts)))]
    left = [
        numbers,
        ["rows", *map(str, clusters.counts)],
        ["share", *map(share_text, clusters.shares)],
        ["silhouette", *map(share_text, clusters.silhouettes)],
        ["spread", *(f"{spread:.3g}" for spread in clusters.spreads)],
    ]
    columns = zip(selection.names, clusters.means.T, clusters.deviations.T, strict=True)
    means = [
        [name, *mean_texts(values, _smallest_spread(values, deviations))]
        for name, values, deviations in itertools.islice(columns, MAX_MEANS)
    ]
    print_blocks(left, numbers, means)
    more = len(selection.names) - MAX_MEANS
    if more > 0:
        print(f"\nThe means of {count(more, 'more column')} are not shown.")


def _smallest_spread(means, deviations):
    """Give the smallest standard deviation of a column in any cluster that is greater than 0.

    Clusters of equal rows have none; then it is the distance of the means, or 1.
    """
    positive = deviations[deviations > 0]
    return float(positive.min() if len(positive) else np.ptp(means) or 1.0)
