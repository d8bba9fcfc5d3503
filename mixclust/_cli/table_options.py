"""Options of the commands that read a table, and the reading of it."""

import argparse
import sys
from functools import partial

from .csv_table import read_table
from .errors import CommandError
from .files import STANDARD_STREAM, shown_name
from .options import read_path, split_names, whole_number

__all__ = [
    "add_column_options",
    "add_output",
    "add_reading_options",
    "add_report_options",
    "add_sample",
    "add_stream",
    "add_table",
    "check_report_options",
    "open_table",
    "output_file",
    "prints_report",
]


def add_table(parser):
    """Add the argument that names the table."""
    parser.add_argument(
        "table",
        metavar="TABLE.csv",
        type=read_path,
        help="the table: CSV with a header, its fields separated by comma, semicolon, tab, | or "
        "blanks, in UTF-8 or in UTF-16 with a byte-order mark, compressed by gzip or not; or "
        "Parquet; - is standard input",
    )


def add_output(parser, added):
    """Add the option for the table that is written; `added` names its further columns."""
    parser.add_argument(
        "-o",
        "--output",
        type=read_path,
        metavar="OUT.csv",
        help=f"write all rows with {added}; a name that ends in .gz makes a compressed file, one "
        "that ends in .parquet a file of Parquet, and - is standard output, in place of the report",
    )


def add_report_options(parser):
    """Add the options that replace the report."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object with the numbers of the report, in place of the report",
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")


def check_report_options(arguments):
    """Refuse two uses of standard output, and a standard output that is closed."""
    if str(arguments.output) == STANDARD_STREAM:
        if arguments.json:
            raise CommandError("-o - and --json both write to standard output; name a file for -o.")
        if sys.stdout is None:
            raise CommandError("standard output is closed; name a file for -o.")
    if arguments.json and arguments.quiet:
        raise CommandError("--json prints, and --quiet prints nothing; leave one of them out.")


def prints_report(arguments):
    """Whether the report, as text or as JSON, goes to standard output."""
    return not arguments.quiet and str(arguments.output) != STANDARD_STREAM


def output_file(arguments):
    """Give the file of the option -o; None if there is none, or it is standard output."""
    return None if str(arguments.output) == STANDARD_STREAM else arguments.output


def add_column_options(parser):
    """Add the options that choose the columns to cluster."""
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
        "--id",
        type=_read_name,
        metavar="COLUMN",
        help="the column that names the rows: it is not clustered, and stays in the output",
    )
    parser.add_argument(
        "--weights",
        type=_read_name,
        metavar="COLUMN",
        help="the column with the weight of each row, at least 0: a whole number counts as that "
        "many copies",
    )


def _read_name(text):
    """Read the name of one column."""
    names = split_names(text)
    if len(names) > 1:
        raise argparse.ArgumentTypeError(f"{text!r} names {len(names)} columns; name one")
    return names[0]


def add_reading_options(parser, missing, missing_help):
    """Add the options about the text of the table.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    missing : list of str
        Choices of --missing, the default first.
    missing_help : str
    """
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
        choices=missing,
        default=missing[0],
        help=f"{missing_help} (default: {missing[0]})",
    )


def add_stream(parser, how):
    """Add the option that keeps a table out of memory; `how` says how it is read then."""
    parser.add_argument(
        "--stream",
        action=argparse.BooleanOptionalAction,
        help=f"{how} (default: tables of more than 256 MiB, decompressed)",
    )


def add_sample(parser):
    """Add the option with the rows of the sample of a streamed table."""
    parser.add_argument(
        "--sample",
        type=whole_number(2),
        default=100_000,
        metavar="N",
        help="rows of the sample of a streamed table, at most (default: 100000)",
    )


def open_table(arguments, progress, stream):
    """Read the table that the arguments name.

    Parameters
    ----------
    arguments : argparse.Namespace
    progress : Progress
    stream : bool or None
        Whether to keep neither text nor numbers in memory; None decides by the size.

    Returns
    -------
    table : CsvTable
    """
    step = f"reading {shown_name(arguments.table)}"
    progress.show(step)
    output = output_file(arguments)
    return read_table(
        arguments.table,
        arguments.header,
        arguments.decimal,
        arguments.na,
        stream=stream,
        folder=output.parent if output else None,
        report=partial(progress.show, step),
    )
