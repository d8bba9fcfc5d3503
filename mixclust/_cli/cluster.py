"""``python -m mixclust cluster``: the mixture that suits a table, and its rows with labels."""

import argparse
import contextlib
import csv
import gzip
import io
import re
from pathlib import Path

from .._mixture.selection import CRITERIA, Choice, Chosen, distinct_kinds, has_matrices
from .._mixture.structures import covariance_types
from .cluster_report import print_report
from .cluster_rows import find_name, select
from .csv_table import read_table, split_names
from .options import (
    CommandError,
    add_fit_options,
    check_input,
    check_output,
    check_threads,
    open_output,
    same_path,
)
from .progress import Progress

PICTURES = [".png", ".pdf", ".svg"]
NOT_CSV = {".parquet", ".xlsx", ".xls", ".feather", ".zip", ".bz2", ".xz", ".zst"}
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
        help="the table: a header, then rows; separated by comma, semicolon, tab, | or blanks; "
        "UTF-8, or UTF-16 with a byte-order mark; compressed by gzip or not; or Parquet",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT.csv",
        help="write all rows with their component, probabilities p_0, p_1, ... and uncertainty, "
        "compressed if the name ends in .gz",
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
        help=f"covariance structures to try: all, or some of {', '.join(covariance_types())} "
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
        action="extend",
        type=split_names,
        metavar="A,B",
        help="columns to cluster by (default: all that hold numbers)",
    )
    parser.add_argument(
        "--exclude",
        action="extend",
        type=split_names,
        metavar="A,B",
        default=[],
        help="columns not to cluster by, such as labels and row numbers; they stay in the output",
    )
    parser.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line holds the names of the columns, even if they are numbers "
        "(default: it does, but must not look like a row); without, they are x1, x2, ...",
    )
    parser.add_argument(
        "--decimal",
        choices=[".", ","],
        metavar="SIGN",
        help="the decimal sign (default: a comma where numbers show it and fields are separated "
        "by something else, otherwise a point)",
    )
    parser.add_argument(
        "--na",
        action="extend",
        type=split_names,
        metavar="A,B",
        default=[],
        help="further words for missing values, such as lost,-999 or --na=-999,-1 (an empty "
        "field, NA, N/A, NULL, None, NaN, ?, - and alike are known)",
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
    ranges = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,18})(?:\s*-\s*([0-9]{1,18}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a list of whole numbers from 1 on, such as 3, 1-9 or 2,4,8"
            )
        ranges.append(range(first, last + 1))
    n_sizes = sum(sizes.stop - sizes.start for sizes in ranges)
    if n_sizes > MAX_SIZES:
        raise argparse.ArgumentTypeError(
            f"{text!r} names {n_sizes:,} numbers of components; name at most {MAX_SIZES:,}"
        )
    return sorted(set().union(*ranges))


def _read_kinds(text):
    """Covariance structures, in the order of `covariance_types`."""
    kinds = covariance_types()
    if text.strip() == "all":
        return list(kinds)
    named = [name.strip() for name in text.split(",")]
    try:
        for name in named:
            find_name(name, kinds, "structure")
    except CommandError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None
    return [kind for kind in kinds if kind in named]


def run(arguments):
    """Cluster a table as the arguments say, and print what was found."""
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
            _check_new_names(table, arguments.components[-1])
        kinds, skipped = _fitting_kinds(arguments, selection)
        choice = _choose(arguments, selection, kinds, progress.show)
        chosen = Chosen(choice.mixture, selection.X)
        progress.show("writing")
        if arguments.output:
            _write_labelled(arguments.output, table, selection, chosen)
        if arguments.plot:
            from .cluster_plot import draw

            with open_output(arguments.plot) as file:
                draw(file, arguments.plot.suffix[1:].lower(), selection, choice, chosen, axes)
    if not arguments.quiet:
        print_report(arguments, table, selection, skipped, choice, chosen)


def _check_outputs(arguments):
    """Refuse, before any work, what could not be written after it."""
    if arguments.output:
        check_output(arguments.output, arguments.table, "table")
        if arguments.output.suffix.lower() in NOT_CSV:
            raise CommandError(
                f"{arguments.output}: the output is CSV; let its name end in .csv or .csv.gz."
            )
    if arguments.axes and not arguments.plot:
        raise CommandError("--axes says what --plot draws; give --plot PICTURE too.")
    if not arguments.plot:
        return
    check_output(arguments.plot, arguments.table, "table", PICTURES)
    if arguments.output and same_path(arguments.output, arguments.plot):
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


def _fitting_kinds(arguments, selection):
    """The structures to try, and the structures that the table has too few rows for.

    With no more rows than columns, each covariance matrix of all columns is singular.
    """
    n_rows, n_columns = selection.X.shape
    kinds, skipped = arguments.covariance, []
    if n_columns == 1:
        kinds = distinct_kinds(kinds, 2, 1)
    if n_rows <= n_columns:
        skipped = [kind for kind in kinds if has_matrices(kind)]
        kinds = [kind for kind in kinds if kind not in skipped]
    if not kinds:
        others = ",".join(kind for kind in covariance_types() if not has_matrices(kind))
        raise CommandError(
            f"{arguments.table}: {' and '.join(skipped)} covariances of {n_columns} columns need "
            f"at least {n_columns + 1} rows, but {n_rows} came; choose fewer columns with "
            f"--columns, or pass --covariance {others}."
        )
    return kinds, skipped


def _choose(arguments, selection, kinds, progress):
    options = {
        "random_state": arguments.seed,
        "n_init": arguments.n_init,
        "n_threads": arguments.threads,
    }
    sizes, criterion = arguments.components, arguments.criterion
    try:
        choice = Choice(selection.X, sizes, kinds, criterion, options, progress)
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
    with open_output(path) as file, _text_of(file, path, table.encoding) as text:
        if table.separator_line:
            text.write(table.separator_line + table.line_end)
        writer = csv.writer(text, delimiter=table.delimiter, lineterminator=table.line_end)
        writer.writerow(table.header + new)
        for fields, complete in zip(table.rows(), selection.complete, strict=True):
            if complete:
                label, resp, uncertainty = next(rows)
                numbers = [f"{value:.6g}" for value in (*resp, uncertainty)]
                if table.decimal == ",":
                    numbers = [number.replace(".", ",") for number in numbers]
                writer.writerow([*fields, label, *numbers])
            else:
                writer.writerow(fields + [""] * len(new))


@contextlib.contextmanager
def _text_of(file, path, encoding):
    """Write text to a binary file, which stays open; compressed if the name ends in .gz."""
    with contextlib.ExitStack() as stack:
        if path.suffix.lower() == ".gz":
            # Neither a name nor a time: the same rows give the same bytes.
            file = stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0))
        text = io.TextIOWrapper(file, encoding=encoding, newline="")
        yield text
        text.detach()  # flushes it, and leaves the file open
