"""``mixclust predict``: label the rows of a table by a model that was saved."""

import math
from contextlib import closing
from functools import partial

import numpy as np

from .cluster_data import predict_data
from .cluster_output import check_new_names, check_table_name, write_labelled
from .cluster_stream import Tally
from .errors import CommandError
from .files import STANDARD_STREAM, check_input, check_outputs, printing
from .json_text import print_json
from .model_columns import select_for_model
from .options import check_threads, read_path, split_names, whole_number
from .predict_report import print_report
from .progress import Progress
from .saved_models import CLASSES, read_saved
from .table_options import (
    add_output,
    add_reading_options,
    add_report_options,
    add_stream,
    add_table,
    check_report_options,
    open_table,
    output_file,
    prints_report,
)


def add_command(commands):
    """Add the parser of ``predict`` to the sub-parsers."""
    *others, last = CLASSES
    parser = commands.add_parser(
        "predict",
        allow_abbrev=False,
        help="label the rows of a new table by a saved model",
        description="Label the rows of a table by a model that 'mixclust cluster --save' or "
        "'mixclust kmeans --save' wrote, or the method save of a "
        f"{', '.join(others)} or {last}. The columns of the model are found by their names, "
        "in any order; all others are carried through.",
    )
    parser.add_argument("model", metavar="MODEL", type=read_path, help="the file of the model")
    add_table(parser)
    add_output(
        parser, "the answers of the model, as 'mixclust cluster' and 'mixclust kmeans' write them"
    )
    parser.add_argument(
        "--columns",
        action="extend",
        type=split_names,
        metavar="A,B",
        help="the columns in the order of the model, if the model has no names",
    )
    add_reading_options(
        parser,
        ["drop", "impute", "error"],
        "give rows with missing values empty fields, label them by their other values, or refuse "
        "them",
    )
    add_stream(parser, "read the table twice instead of keeping it in memory")
    parser.add_argument(
        "--threads",
        type=whole_number(1),
        metavar="N",
        help="number of threads (default: as many as are useful)",
    )
    add_report_options(parser)
    parser.set_defaults(run=run)


def run(arguments):
    """Label a table as the arguments say, and print a report."""
    check_report_options(arguments)
    if str(arguments.model) == STANDARD_STREAM:
        raise CommandError("standard input holds the table, if any; name the file of the model.")
    for path, kind in ((arguments.model, "model"), (arguments.table, "table")):
        check_input(path, kind)
        check_outputs(path, kind, [("--output", output_file(arguments), None)])
    check_table_name(arguments.output)
    check_threads(arguments.threads)
    model = read_saved(arguments.model, arguments.threads)
    with Progress(arguments.quiet) as progress:
        table = open_table(arguments, progress, arguments.stream)
        with closing(table.values):
            selection = select_for_model(
                table, model, arguments.model, arguments.columns, arguments.missing
            )
            tally = _label(arguments, table, selection, model.labels, progress)
    if prints_report(arguments):
        with printing():
            if arguments.json:
                print_json(predict_data(arguments, table, selection, model, tally))
            else:
                print_report(arguments, table, selection, model, tally)


class FitTally(Tally):
    """Number of rows and mean measure of each group, and the mean fit of all rows.

    Parameters
    ----------
    labels : MixtureLabels or CenterLabels
    """

    def __init__(self, labels):
        super().__init__(labels.n_groups + labels.has_noise)
        self._labels = labels
        self._n_rows, self._sum = 0, 0.0

    def add_fit(self, X):
        """Measure the fit of the rows without missing values."""
        X = X[~np.isnan(X).any(axis=1)]
        self._n_rows += len(X)
        self._sum += self._labels.measure_fit(X)

    @property
    def fit(self):
        """The mean of `measure_fit` over the rows without missing values; NaN without any."""
        return self._sum / self._n_rows if self._n_rows else math.nan


def _label(arguments, table, selection, labels, progress):
    """Label all rows, write them if an output is named, and count the rows of each group."""
    tally = FitTally(labels)

    def answer(X):
        found = labels.answer(X)
        tally.add(found[0], found[-1])
        tally.add_fit(X)
        return found

    if arguments.output:
        check_new_names(table, labels.names)
        table.text.report = partial(progress.show, f"writing {arguments.output}")
        write_labelled(arguments.output, table, selection, labels.names, answer)
        return tally
    n_rows, step = 0, "labelling rows"
    for complete, X in selection.blocks():
        answer(X)
        n_rows += len(complete)
        progress.show(step, n_rows / selection.n_rows)
    return tally
