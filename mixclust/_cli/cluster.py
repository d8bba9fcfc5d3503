"""``mixclust cluster``: fit mixtures to a table, choose one, and label the rows."""

import argparse
from contextlib import closing
from functools import partial

from .._mixture.selection import CRITERIA
from .._mixture.structures import FAMILIAR_TYPES, covariance_types, structure_of
from .cluster_columns import select
from .cluster_crosstabs import look_at_rows
from .cluster_data import cluster_data
from .cluster_fit import choose, finish, fitting_kinds, take_rows
from .cluster_gaps import fill_gaps
from .cluster_output import check_new_names, check_table_name, write_labelled
from .cluster_report import print_report
from .errors import CommandError, require_package
from .files import check_input, check_outputs, open_output, printing
from .json_text import print_json
from .number_columns import find_name
from .options import (
    add_fit_options,
    check_threads,
    read_path,
    read_sizes,
    split_names,
)
from .progress import Progress
from .row_labels import component_names
from .saved_models import check_model_name, save_model
from .table_options import (
    add_column_options,
    add_output,
    add_reading_options,
    add_report_options,
    add_sample,
    add_stream,
    add_table,
    check_report_options,
    open_table,
    output_file,
    prints_report,
)
from .wording import count

PICTURE_SUFFIXES = [".png", ".pdf", ".svg"]
REPORT_SUFFIXES = [".html", ".htm"]


def add_command(commands):
    """Add the parser of ``cluster`` to the sub-parsers."""
    parser = commands.add_parser(
        "cluster",
        allow_abbrev=False,
        help="find the groups in a table",
        description="Fit Gaussian mixtures to the numeric columns of a table, choose the number "
        "of components and the structure of their covariances, and write each row's component.",
    )
    add_table(parser)
    add_output(parser, "their component, probabilities p_0, p_1, ... and uncertainty")
    parser.add_argument(
        "--save",
        type=read_path,
        metavar="MODEL",
        help="write the chosen mixture to a file, which 'mixclust predict' applies to new rows "
        "and GaussianMixture.load reads",
    )
    parser.add_argument(
        "--plot",
        type=read_path,
        metavar="PICTURE",
        help="draw the components and the criterion, as .png, .pdf or .svg",
    )
    parser.add_argument(
        "--report",
        type=read_path,
        metavar="REPORT.html",
        help="write the report with pictures to one HTML file, which any browser shows",
    )
    _add_model_options(parser)
    _add_table_options(parser)
    add_fit_options(parser)
    add_report_options(parser)
    parser.set_defaults(run=run)


def _add_model_options(parser):
    parser.add_argument(
        "--components",
        type=read_sizes,
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
    add_column_options(parser)
    add_reading_options(
        parser,
        ["drop", "impute", "error"],
        "leave rows with missing values out of the fit, fill the values in for the fit and label "
        "the row by its other values, or refuse them",
    )
    add_stream(
        parser,
        "read the table anew in every pass instead of keeping it in memory, and choose the "
        "mixture on a sample of the rows",
    )
    add_sample(parser)
    parser.add_argument(
        "--axes",
        type=split_names,
        metavar="A,B",
        help="the two columns that --plot and --report draw (default: the two in which components "
        "differ most)",
    )


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
        table = open_table(arguments, progress, arguments.stream)
        with closing(table.values):
            report = _cluster(arguments, table, progress)
    if prints_report(arguments):
        with printing():
            if arguments.json:
                print_json(cluster_data(arguments, table, *report))
            else:
                print_report(arguments, table, *report)


def _cluster(arguments, table, progress):
    """Cluster a table, write the outputs, and return the arguments of the report."""
    keeps_gaps = arguments.missing == "impute"
    if keeps_gaps and table.text.is_streamed:
        raise CommandError(
            f"{table.path}: --missing impute needs the table in memory; pass --no-stream."
        )
    selection = select(
        table,
        arguments.columns,
        arguments.exclude,
        arguments.missing == "error",
        arguments.weights,
        arguments.id,
        keeps_gaps,
    )
    axes = _check_axes(arguments.axes, selection.names)
    _check_sizes(arguments, selection)
    if arguments.output:
        check_new_names(table, component_names(arguments.components[-1]))
    rows = take_rows(arguments, selection, table.text.is_streamed, progress.show)
    if keeps_gaps and selection.missing:
        rows = fill_gaps(arguments, rows, progress.show)
    kinds, skipped = fitting_kinds(arguments, rows)
    choice = choose(arguments, rows, kinds, progress.show)
    result = finish(arguments, rows, choice)
    progress.show("writing")
    if arguments.plot:
        from .cluster_plot import draw

        with open_output(arguments.plot) as file:
            suffix = arguments.plot.suffix[1:].lower()
            draw(file, suffix, rows, choice, result.chosen, axes)
    look = _look(arguments, table, selection, result, progress)
    report = rows, skipped, choice, result, look
    if arguments.report:
        from .cluster_page import write_page

        progress.show(f"writing {arguments.report}")
        with open_output(arguments.report) as file:
            write_page(file, arguments, table, *report, axes)
    if arguments.save:
        save_model(arguments.save, result.chosen.ordered(selection.names))
    if arguments.output:  # last, since standard output cannot be taken back
        table.text.report = partial(progress.show, f"writing {arguments.output}")
        names = component_names(len(result.chosen.weights))
        write_labelled(arguments.output, table, selection, names, result.chosen.answer)
    return report


def _look(arguments, table, selection, result, progress):
    """Look at the text of the rows, if a report shows it; else None."""
    if not (arguments.report or prints_report(arguments)):
        return None
    step = "comparing text columns"
    table.text.report = partial(progress.show, step)
    apart = {arguments.id, arguments.weights}
    return look_at_rows(table, selection, result.chosen, apart, bool(arguments.report))


def _check_outputs(arguments):
    """Refuse, before any work, outputs that cannot be written after it."""
    check_report_options(arguments)
    outputs = [
        ("--output", output_file(arguments), None),
        ("--plot", arguments.plot, PICTURE_SUFFIXES),
        ("--report", arguments.report, REPORT_SUFFIXES),
        ("--save", arguments.save, None),
    ]
    check_outputs(arguments.table, "table", outputs)
    check_model_name(arguments.save)
    check_table_name(arguments.output)
    if arguments.plot:
        require_package("drawing", "matplotlib", "mixclust[plot]", "matplotlib.figure")
    if arguments.report:
        require_package("--report", "matplotlib", "mixclust[plot]", "matplotlib.figure")
    if arguments.axes and not (arguments.plot or arguments.report):
        raise CommandError(
            "--axes chooses the columns of --plot and --report; give --plot PICTURE too."
        )


def _check_axes(axes, names):
    """Find the indices of the columns that --axes names; None without --axes."""
    if axes is None:
        return None
    if len(axes) != 2 or axes[0] == axes[1]:
        raise CommandError(f"--axes {','.join(axes)} must name two different columns.")
    return [names.index(find_name(name, names, "clustered column")) for name in axes]


def _check_sizes(arguments, selection):
    """Refuse more components than rows."""
    n_rows, size = selection.n_present, arguments.components[-1]
    if n_rows < max(2, size):
        kind = " of positive weight" if selection.has_weights else ""
        kind += " without missing values" if selection.missing else ""
        remedy = f"pass --components 1-{n_rows}" if n_rows > 1 else "there is nothing to cluster"
        raise CommandError(
            f"{selection.path}: {count(size, 'component')} need{'s' * (size == 1)} at least "
            f"{max(2, size)} rows, "
            f"but {n_rows} came{kind}; {remedy}."
        )
