"""``python -m mixclust cluster``: the mixture that suits a table, and its rows with labels."""

import argparse
import csv
import io
import re
from pathlib import Path

from ._cli_cluster_report import print_report
from ._cli_cluster_rows import find_name, select
from ._cli_shared import (
    CommandError,
    add_fit_options,
    check_input,
    check_output,
    check_threads,
    open_output,
)
from ._covariance import COVARIANCE_TYPES
from ._csv_table import read_table, split_names
from ._mixture_choice import CRITERIA, Choice, Chosen

PICTURES = [".png", ".pdf", ".svg"]


def add_command(commands):
    """Add the parser of ``cluster`` to the sub-parsers."""
    parser = commands.add_parser(
        "cluster",
        allow_abbrev=False,
        help="find the groups in a table",
        description="Fit Gaussian mixtures to the numeric columns of a CSV file, choose the number "
        "of components and the structure of their covariances, and write each row's component.",
    )
    parser.add_argument(
        "table",
        metavar="TABLE.csv",
        type=Path,
        help="the table: a header, then rows; comma, semicolon or tab; UTF-8",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT.csv",
        help="write all rows with their component, probabilities p_0, p_1, ... and uncertainty",
    )
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="PICTURE",
        help="draw the components and the criterion, as .png, .pdf or .svg",
    )
    _add_model_options(parser)
    _add_table_options(parser)
    add_fit_options(parser)
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(run=run)


def _add_model_options(parser):
    parser.add_argument(
        "--components",
        type=_read_sizes,
        default="1-9",
        metavar="LIST",
        help="numbers of components to try, such as 3, 1-9 or 2,4,8 (default: 1-9)",
    )
    parser.add_argument(
        "--covariance",
        type=_read_kinds,
        default="all",
        metavar="LIST",
        help=f"covariance structures to try: all, or some of {', '.join(COVARIANCE_TYPES)} "
        "(default: all)",
    )
    parser.add_argument(
        "--criterion",
        choices=CRITERIA,
        default="bic",
        help="what to choose by; less is better (default: bic)",
    )


def _add_table_options(parser):
    parser.add_argument(
        "--columns",
        type=split_names,
        metavar="A,B",
        help="columns to cluster by (default: all that hold numbers)",
    )
    parser.add_argument(
        "--missing",
        choices=["drop", "error"],
        default="drop",
        help="leave rows with missing values out of the fit, or refuse them (default: drop)",
    )
    parser.add_argument(
        "--axes",
        type=split_names,
        metavar="A,B",
        help="the two columns that --plot draws (default: where the components differ most)",
    )


def _read_sizes(text):
    """Numbers of components in ascending order, from a list such as 1-4,8."""
    sizes = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]+)(?:\s*-\s*([0-9]+))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a list of whole numbers from 1 on, such as 3, 1-9 or 2,4,8"
            )
        sizes.update(range(first, last + 1))
    return sorted(sizes)


def _read_kinds(text):
    """Covariance structures, in the order of `COVARIANCE_TYPES`."""
    if text.strip() == "all":
        return list(COVARIANCE_TYPES)
    named = [name.strip() for name in text.split(",")]
    try:
        for name in named:
            find_name(name, COVARIANCE_TYPES, "structure")
    except CommandError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None
    return [kind for kind in COVARIANCE_TYPES if kind in named]


def run(arguments):
    """Cluster a table as the arguments say, and print what was found."""
    check_input(arguments.table, "table")
    check_threads(arguments.threads)
    _check_outputs(arguments)
    table = read_table(arguments.table)
    selection = select(table, arguments.columns, arguments.missing == "error")
    axes = _check_axes(arguments.axes, selection.names)
    _check_sizes(arguments, selection)
    if arguments.output:
        _check_new_names(table, arguments.components[-1])
    choice = _choose(arguments, selection)
    chosen = Chosen(choice.mixture, selection.X)
    if arguments.output:
        _write_labelled(arguments.output, table, selection, chosen)
    if arguments.plot:
        from ._cli_cluster_plot import draw

        with open_output(arguments.plot) as file:
            draw(file, arguments.plot.suffix[1:].lower(), selection, choice, chosen, axes)
    if not arguments.quiet:
        print_report(arguments, selection, choice, chosen)


def _check_outputs(arguments):
    """Refuse, before any work, what could not be written after it."""
    if arguments.output:
        check_output(arguments.output, arguments.table, "table")
    if arguments.axes and not arguments.plot:
        raise CommandError("--axes says what --plot draws; give --plot PICTURE too.")
    if not arguments.plot:
        return
    check_output(arguments.plot, arguments.table, "table", PICTURES)
    if arguments.output and arguments.output.resolve() == arguments.plot.resolve():
        raise CommandError(f"--output and --plot are both {arguments.plot}; give two names.")
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise CommandError(
            "drawing needs matplotlib, which is not installed; run: pip install 'mixclust[plot]'"
        ) from None


def _check_axes(axes, names):
    """Indices of the columns that --axes names, or None."""
    if axes is None:
        return None
    if len(axes) != 2 or axes[0] == axes[1]:
        raise CommandError(f"--axes {','.join(axes)} must name two different columns.")
    return [names.index(find_name(name, names, "clustered column")) for name in axes]


def _check_sizes(arguments, selection):
    n_rows, size = len(selection.X), arguments.components[-1]
    if n_rows < max(2, size):
        kind = " without missing values" if selection.missing else ""
        remedy = f"pass --components 1-{n_rows}" if n_rows > 1 else "there is nothing to cluster"
        raise CommandError(
            f"{arguments.table}: {size} components need at least {max(2, size)} rows, "
            f"but {n_rows} came{kind}; {remedy}."
        )


def _check_new_names(table, size):
    """Refuse a table that has columns of the names that the output adds."""
    new = _new_names(size)
    for column in table.columns:
        if column.name in new:
            raise CommandError(
                f"{table.path}: has a column {column.name!r} already, which -o would add; "
                "rename it, or cluster the table as it was before."
            )


def _new_names(n_components):
    return ["component", *(f"p_{k}" for k in range(n_components)), "uncertainty"]


def _choose(arguments, selection):
    kinds = arguments.covariance
    if len(selection.names) == 1 and "full" in kinds:
        kinds = [kind for kind in kinds if kind in ("full", "tied")]  # the others are full's equals
    options = {
        "random_state": arguments.seed,
        "n_init": arguments.n_init,
        "n_threads": arguments.threads,
    }
    try:
        choice = Choice(selection.X, arguments.components, kinds, arguments.criterion, options)
    except ValueError as error:  # numbers whose squares overflow
        raise CommandError(f"{arguments.table}: {error}") from None
    if choice.mixture is None:
        raise CommandError(
            f"{arguments.table}: every mixture has a component that shrank to nothing, as happens "
            "where columns depend on each other or rows repeat; try fewer components, other "
            "columns or --covariance diag."
        )
    return choice


def _write_labelled(path, table, selection, chosen):
    """Write the table as it was, with new fields that are empty where values were missing."""
    new = _new_names(len(chosen.weights))
    rows = zip(chosen.labels, chosen.resp, chosen.uncertainty, strict=True)
    with open_output(path) as file:
        text = io.TextIOWrapper(
            file, encoding="utf-8-sig" if table.has_bom else "utf-8", newline=""
        )
        writer = csv.writer(text, delimiter=table.delimiter, lineterminator=table.line_end)
        writer.writerow(table.header + new)
        for fields, complete in zip(table.rows(), selection.complete, strict=True):
            if complete:
                label, resp, uncertainty = next(rows)
                numbers = [f"{value:.6g}" for value in (*resp, uncertainty)]
                writer.writerow([*fields, label, *numbers])
            else:
                writer.writerow(fields + [""] * len(new))
        text.detach()  # flushes it, and leaves the file open
