"""Options of the commands that read a table, and the reading of it."""

import argparse
from functools import partial

from .csv_table import read_table
from .options import read_path, split_names

__all__ = ["add_output", "add_reading_options", "add_stream", "add_table", "open_table"]


def add_table(parser):
    """Add the argument that names the table."""
    parser.add_argument(
        "table",
        metavar="TABLE.csv",
        type=read_path,
        help="the table: CSV with a header, its fields separated by comma, semicolon, tab, | or "
        "blanks, in UTF-8 or in UTF-16 with a byte-order mark, compressed by gzip or not; or "
        "Parquet",
    )


def add_output(parser, added):
    """Add the option for the table that is written; `added` names its further columns."""
    parser.add_argument(
        "-o",
        "--output",
        type=read_path,
        metavar="OUT.csv",
        help=f"write all rows with {added}; a name that ends in .gz makes a compressed file",
    )


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
    step = f"reading {arguments.table}"
    progress.show(step)
    return read_table(
        arguments.table,
        arguments.header,
        arguments.decimal,
        arguments.na,
        stream=stream,
        folder=arguments.output and arguments.output.parent,
        report=partial(progress.show, step),
    )
