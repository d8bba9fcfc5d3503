"""``mixclust kmeans``: find clusters in a table by k-means, and their number."""

from contextlib import closing
from functools import partial

from .cluster_columns import select
from .cluster_output import check_new_names, check_table_name, write_labelled
from .errors import CommandError
from .files import check_input, check_outputs, printing
from .json_text import print_json
from .kmeans_fit import BY_ELBOW, BY_SILHOUETTE, fit_clusters
from .kmeans_report import kmeans_data, print_report
from .options import add_fit_options, check_threads, read_path, read_sizes
from .progress import Progress
from .row_labels import center_names
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


def add_command(commands):
    """Add the parser of ``kmeans`` to the sub-parsers."""
    parser = commands.add_parser(
        "kmeans",
        allow_abbrev=False,
        help="find round groups in a table by k-means",
        description="Divide the rows of a table into clusters about centres, choose the number of "
        "clusters, and write each row's cluster.",
    )
    add_table(parser)
    add_output(parser, "their cluster, the distance to its centre and the silhouette")
    parser.add_argument(
        "--save",
        type=read_path,
        metavar="MODEL",
        help="write the centres to a file, which 'mixclust predict' applies to new rows and "
        "KMeans.load reads; with --standardize a mixture of the same labels, for "
        "GaussianMixture.load",
    )
    parser.add_argument(
        "--clusters",
        type=read_sizes,
        default="2-10",
        metavar="LIST",
        help="numbers of clusters to try, for example 3, 2-10 or 2,4,8 (default: 2-10)",
    )
    parser.add_argument(
        "--criterion",
        choices=[BY_SILHOUETTE, BY_ELBOW],
        default=BY_SILHOUETTE,
        help="choose by the largest mean silhouette, or the elbow of the inertia (default: "
        "silhouette)",
    )
    parser.add_argument(
        "--standardize",
        action="store_true",
        help="divide each column by its standard deviation, so that units do not matter",
    )
    add_column_options(parser)
    add_reading_options(
        parser, ["drop", "error"], "leave rows with missing values out, or refuse them"
    )
    add_stream(
        parser,
        "read the table anew in every pass instead of keeping it in memory, and choose the number "
        "of clusters on a sample of the rows",
    )
    add_sample(parser)
    add_fit_options(parser)
    add_report_options(parser)
    parser.set_defaults(run=run)


def run(arguments):
    """Cluster a table as the arguments say, and print a report."""
    check_input(arguments.table, "table")
    check_threads(arguments.threads)
    check_report_options(arguments)
    outputs = [("--output", output_file(arguments), None), ("--save", arguments.save, None)]
    check_outputs(arguments.table, "table", outputs)
    check_table_name(arguments.output)
    check_model_name(arguments.save)
    with Progress(arguments.quiet) as progress:
        table = open_table(arguments, progress, arguments.stream)
        with closing(table.values):
            selection, clusters = _cluster(arguments, table, progress)
    if prints_report(arguments):
        with printing():
            if arguments.json:
                print_json(kmeans_data(arguments, table, selection, clusters))
            else:
                print_report(arguments, table, selection, clusters)


def _cluster(arguments, table, progress):
    """Find the clusters, and write the outputs."""
    selection = select(
        table,
        arguments.columns,
        arguments.exclude,
        arguments.missing == "error",
        arguments.weights,
        arguments.id,
    )
    if selection.n_present < arguments.clusters[0]:
        raise CommandError(
            f"{table.path}: {arguments.clusters[0]} clusters need as many rows, but "
            f"{selection.n_present} came; pass --clusters {selection.n_present} or less."
        )
    if arguments.output:
        check_new_names(table, center_names(arguments.clusters[-1]))
    clusters = fit_clusters(arguments, selection, table.text.is_streamed, progress.show)
    progress.show("writing")
    if arguments.save:
        save_model(arguments.save, clusters.model(selection.names))
    if arguments.output:  # last, since standard output cannot be taken back
        table.text.report = partial(progress.show, f"writing {arguments.output}")
        labels = clusters.labels
        write_labelled(arguments.output, table, selection, labels.names, labels.answer)
    return selection, clusters
