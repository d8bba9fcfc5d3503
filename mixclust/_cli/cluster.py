"""``mixclust cluster``: fit mixtures to a table, choose one, and label the rows."""

import argparse
import re
from pathlib import Path

from .._mixture.choice import Choice
from .._mixture.selection import CRITERIA, Chosen, distinct_kinds, has_matrices
from .._mixture.structures import FAMILIAR_TYPES, covariance_types, structure_of
from .cluster_columns import find_name, select
from .cluster_output import check_new_names, write_labelled
from .cluster_report import print_report
from .csv_table import read_table
from .errors import CommandError, require_package
from .files import check_input, check_outputs, open_output
from .options import add_fit_options, check_threads, split_names
from .progress import Progress

PICTURE_SUFFIXES = [".png", ".pdf", ".svg"]
OTHER_TABLE_SUFFIXES = {".parquet", ".xlsx", ".xls", ".feather", ".zip", ".bz2", ".xz", ".zst"}
MAX_SIZES = 10_000  # numbers of components in one command


def add_command(commands):
    """Add the parser of ``cluster`` to the sub-parsers."""
    parser = commands.add_parser(
        "cluster",
        allow_abbrev=False,
        help="find the groups in a table",
        description="Fit Gaussian mixtures to the numeric columns of a table, choose the number "
        "of components and the structure of their covariances, and write each row's component.",
    )
    parser.add_argument(
        "table",
        metavar="TABLE.csv",
        type=Path,
        help="the table: CSV with a header, its fields separated by comma, semicolon, tab, | or "
        "blanks, in UTF-8 or in UTF-16 with a byte-order mark, compressed by gzip or not; or "
        "Parquet",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT.csv",
        help="write all rows with their component, probabilities p_0, p_1, ... and uncertainty; "
        "a name that ends in .gz makes a compressed file",
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
        help="numbers of components to try, for example 3, 1-9 or 2,4,8 (default: 1-9)",
    )
    parser.add_argument(
        "--covariance",
        type=_read_kinds,
        default=",".join(FAMILIAR_TYPES),
        metavar="LIST",
        help=f"covariance models to try: all, or some of {', '.join(covariance_types())} "
        f"(default: {','.join(FAMILIAR_TYPES)})",
    )
    parser.add_argument(
        "--criterion",
        choices=CRITERIA,
        default="bic",
        help="criterion of the choice; less is better (default: bic)",
    )


def _add_table_options(parser):
    parser.add_argument(
        "--columns",
        action="extend",
        type=split_names,
        metavar="A,B",
        help="columns to cluster by (default: all columns of numbers)",
    )
    parser.add_argument(
        "--exclude",
        action="extend",
        type=split_names,
        metavar="A,B",
        default=[],
        help="columns to leave out of the fit, for example labels; they stay in the output",
    )
    parser.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="the first line holds the names of the columns, even if they are numbers; "
        "--no-header: it is a row, and the names are x1, x2, ... (default: --header, but refuse "
        "a first line that looks like a row)",
    )
    parser.add_argument(
        "--decimal",
        choices=[".", ","],
        metavar="SIGN",
        help="the decimal sign (default: a comma if numbers show it and another sign separates "
        "fields, otherwise a point)",
    )
    parser.add_argument(
        "--na",
        action="extend",
        type=split_names,
        metavar="A,B",
        default=[],
        help="further words for missing values, for example lost,-999 or --na=-999,-1 (known are "
        "an empty field, NA, N/A, NULL, None, NaN, ?, - and other common words)",
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
        help="the two columns that --plot draws (default: the two in which components differ most)",
    )


def _read_sizes(text):
    """Read numbers of components, for example 1-4,8; the answer is in ascending order."""
    ranges = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,18})(?:\s*-\s*([0-9]{1,18}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a list of whole numbers from 1 on like 3, 1-9 or 2,4,8"
            )
        ranges.append(range(first, last + 1))
    n_sizes = sum(sizes.stop - sizes.start for sizes in ranges)
    if n_sizes > MAX_SIZES:
        raise argparse.ArgumentTypeError(
            f"{text!r} names {n_sizes:,} numbers of components; name at most {MAX_SIZES:,}"
        )
    return sorted(set().union(*ranges))


def _read_kinds(text):
    """Read covariance models; the answer is in the order of `covariance_types`, each once."""
    kinds = covariance_types()
    if text.strip() == "all":
        return list(kinds)
    named = {}
    for name in (part.strip() for part in text.split(",")):
        try:
            named.setdefault(structure_of(name).name, name)
        except ValueError:
            try:
                find_name(name, kinds, "structure")
            except CommandError as error:
                raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None
    return [named[kind] for kind in kinds if kind in named]


def run(arguments):
    """Cluster a table as the arguments say, and print a report."""
    check_input(arguments.table, "table")
    check_threads(arguments.threads)
    _check_outputs(arguments)
    with Progress(arguments.quiet) as progress:
        progress.show(f"reading {arguments.table}")
        table = read_table(arguments.table, arguments.header, arguments.decimal, arguments.na)
        selection = select(
            table, arguments.columns, arguments.exclude, arguments.missing == "error"
        )
        axes = _check_axes(arguments.axes, selection.names)
        _check_sizes(arguments, selection)
        if arguments.output:
            check_new_names(table, arguments.components[-1])
        kinds, skipped = _fitting_kinds(arguments, selection)
        choice = _choose(arguments, selection, kinds, progress.show)
        chosen = Chosen(choice.mixture, selection.X)
        progress.show("writing")
        if arguments.output:
            write_labelled(arguments.output, table, selection, chosen)
        if arguments.plot:
            from .cluster_plot import draw

            with open_output(arguments.plot) as file:
                draw(file, arguments.plot.suffix[1:].lower(), selection, choice, chosen, axes)
    if not arguments.quiet:
        print_report(arguments, table, selection, skipped, choice, chosen)


def _check_outputs(arguments):
    """Refuse, before any work, outputs that cannot be written after it."""
    outputs = [("--output", arguments.output, None), ("--plot", arguments.plot, PICTURE_SUFFIXES)]
    check_outputs(arguments.table, "table", outputs)
    if arguments.output and arguments.output.suffix.lower() in OTHER_TABLE_SUFFIXES:
        raise CommandError(
            f"{arguments.output}: the output is CSV; let its name end in .csv or .csv.gz."
        )
    if arguments.plot:
        require_package("drawing", "matplotlib", "mixclust[plot]", "matplotlib.figure")
    elif arguments.axes:
        raise CommandError("--axes chooses the columns of --plot; give --plot PICTURE too.")


def _check_axes(axes, names):
    """Find the indices of the columns that --axes names; None without --axes."""
    if axes is None:
        return None
    if len(axes) != 2 or axes[0] == axes[1]:
        raise CommandError(f"--axes {','.join(axes)} must name two different columns.")
    return [names.index(find_name(name, names, "clustered column")) for name in axes]


def _check_sizes(arguments, selection):
    """Refuse more components than rows."""
    n_rows, size = len(selection.X), arguments.components[-1]
    if n_rows < max(2, size):
        kind = " without missing values" if selection.missing else ""
        remedy = f"pass --components 1-{n_rows}" if n_rows > 1 else "there is nothing to cluster"
        raise CommandError(
            f"{arguments.table}: {size} components need at least {max(2, size)} rows, "
            f"but {n_rows} came{kind}; {remedy}."
        )


def _fitting_kinds(arguments, selection):
    """Give the structures to try, and the structures for which the table has too few rows.

    With at most as many rows as columns, each full covariance matrix is singular.
    """
    n_rows, n_columns = selection.X.shape
    kinds, skipped = arguments.covariance, []
    if n_columns == 1:
        kinds = distinct_kinds(kinds, 2, 1)
    if n_rows <= n_columns:
        skipped = [kind for kind in kinds if has_matrices(kind)]
        kinds = [kind for kind in kinds if kind not in skipped]
    if not kinds:
        others = ",".join(kind for kind in FAMILIAR_TYPES if not has_matrices(kind))
        raise CommandError(
            f"{arguments.table}: {' and '.join(skipped)} covariances of {n_columns} columns need "
            f"at least {n_columns + 1} rows, but {n_rows} came; choose fewer columns with "
            f"--columns, or pass --covariance {others}."
        )
    return kinds, skipped


def _choose(arguments, selection, kinds, progress):
    """Fit every mixture, and choose the best."""
    options = {
        "random_state": arguments.seed,
        "n_init": arguments.n_init,
        "n_threads": arguments.threads,
    }
    sizes, criterion = arguments.components, arguments.criterion
    try:
        choice = Choice(selection.X, sizes, kinds, criterion, options, progress)
    except ValueError as error:  # squares of the numbers overflow
        raise CommandError(f"{arguments.table}: {error}") from None
    if choice.mixture is None:
        raise CommandError(
            f"{arguments.table}: every mixture has a component that shrank to nothing, as happens "
            "where columns depend on each other or rows repeat; try fewer components, other "
            "columns or --covariance diag."
        )
    return choice
