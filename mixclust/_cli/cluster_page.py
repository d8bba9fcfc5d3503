"""The HTML report of ``mixclust cluster``: one file that needs nothing beside it."""

import base64
import math
import shlex
import struct

import numpy as np

from .._version import __version__
from ..plot._canvas import color_of
from .cluster_contrast import contrast_of
from .cluster_data import best_mixture
from .cluster_numbers import count_texts, criterion_text, moment_texts
from .cluster_pictures import SIZE, cluster_pictures, criterion_picture
from .cluster_remarks import MAX_NAMES, table_remarks, uncertain_text, verdicts
from .html_text import Markup, element, page, table
from .report_text import NO_BREAK, share_text
from .wording import count, listing

__all__ = ["write_page"]

NO_BREAK_SPACE, MINUS = "\xa0", "\N{MINUS SIGN}"
MAX_COMPONENTS = 50  # components that are described
MAX_COLUMNS = 100  # columns with means
MAX_SIZES = 50  # numbers of components in the table of the criterion
MAX_CROSSTABS = 20
MAX_APART = 5  # columns that are named for each component
MAX_VALUES = 8  # columns of the uncertain rows
MIN_UNCERTAINTY = 0.01  # of an uncertain row
FULL_SHADE_IN_SD = 3.0  # standardised difference with the strongest colour


def write_page(file, arguments, table, rows, skipped, choice, result, look, axes):
    """Write the report as an HTML page.

    Parameters
    ----------
    file : binary file object
    arguments : argparse.Namespace
    table : CsvTable
    rows : Rows
    skipped : list of str
        Covariance structures for which the table has too few rows.
    choice : Choice
    result : Result
    look : Look
    axes : pair of int or None
        Columns of a picture of a plane.
    """
    selection, chosen = rows.selection, result.chosen
    names = selection.names
    contrast = contrast_of(chosen.weights, chosen.means, chosen.deviations)
    columns = contrast.columns(MAX_COLUMNS)
    size, kind = choice.best
    sections = [
        ("summary", "Summary", _summary(arguments, table, rows, skipped, choice, result)),
        ("components", "Components", _components(names, result, contrast)),
        ("means", "Means", _means(names, chosen, contrast, columns)),
        ("pictures", "Pictures", [_gallery(cluster_pictures(rows, chosen, axes))]),
        ("choice", "Choice of the mixture", _choice(choice, rows.is_sample)),
        ("crosstabs", "Left-out columns", _crosstabs(look, len(chosen.weights), selection)),
        ("uncertain", "Uncertain rows", _uncertain(table, rows, result, look, arguments.id)),
        ("apply", "Apply the model", _how_to_apply(arguments)),
        ("reading", "How to read this report", _how_to_read()),
    ]
    text = page(
        f"Groups in {table.path}",
        f"{count(selection.n_rows, 'row')}, {count(len(names), 'clustered column')}: "
        f"{count(size, 'component')}, {kind}",
        [(name, title, content) for name, title, content in sections if content],
        f"Written by mixclust {__version__}.",
    )
    file.write(text.encode("utf-8", "replace"))


def _summary(arguments, csv_table, rows, skipped, choice, result):
    selection = rows.selection
    best = best_mixture(choice, result)
    size, kind = choice.best
    chosen = f"{count(size, 'component')}, {kind}"
    facts = [
        ("table", str(csv_table.path)),
        ("rows", f"{selection.n_complete:,} clustered of {selection.n_rows:,}"),
        ("columns", listing(selection.names, MAX_NAMES)),
        ("mixture", chosen if best["converged"] else f"{chosen}, not converged"),
        ("log-likelihood", f"{best['log_likelihood']:.2f}"),
        ("df", f"{best['n_parameters']} free parameters"),
        *((name.upper(), f"{best[name]:.2f}") for name in ("bic", "icl", "aic")),
        *(_split(text) for text in verdicts(choice, selection.n_present)),
        *table_remarks(csv_table, rows, skipped),
        ("tried", f"{_sizes(choice.sizes)} components; {', '.join(choice.kinds)} covariances"),
        ("starts", f"{arguments.n_init} of each mixture, seed {arguments.seed}"),
    ]
    return [table("", [], [[word, text.replace(NO_BREAK, " ")] for word, text in facts], "facts")]


def _split(text):
    """Divide a verdict into its word and the rest; one without a word is a hint."""
    word, found, rest = text.partition(": ")
    return (word, rest) if found and " " not in word else ("hint", text)


def _sizes(sizes):
    """Write numbers of components, with a dash in place of many that follow each other."""
    if len(sizes) > 2 and sizes[-1] - sizes[0] == len(sizes) - 1:
        return f"{sizes[0]}-{sizes[-1]}"
    return listing(map(str, sizes), MAX_NAMES)


def _components(names, result, contrast):
    chosen, tally = result.chosen, result.tally
    n_shown = min(len(chosen.weights), MAX_COMPONENTS)
    uncertainty = tally.uncertainty
    rows = []
    for k in range(n_shown):
        row = [_chip(k), f"{tally.counts[k]:,}", f"{100 * chosen.weights[k]:.1f} %"]
        rows.append([*row, share_text(uncertainty[k])])
    head = ["component", "rows", "weight", "uncertainty"]
    content = [table("The components, the largest first", head, rows)]
    if len(chosen.weights) > 1:
        texts = (contrast.sentence(k, names, MAX_APART) for k in range(n_shown))
        apart = [[_chip(k), _unbroken(text)] for k, text in enumerate(texts)]
        caption = "Set apart by: mean less the mean of all other rows, in pooled SD"
        content.append(table(caption, [], apart, "facts"))
    n_more = len(chosen.weights) - n_shown
    if n_more:
        n_rows = int(tally.counts[n_shown:].sum())
        text = f"{count(n_more, 'smaller component')} with {count(n_rows, 'row')} not shown."
        content.append(element("p", text))
    return content


def _unbroken(text):
    """Write a sentence of a contrast so that no line ends before a difference or in it."""
    return text.replace(f"{NO_BREAK}-", f"{NO_BREAK_SPACE}{MINUS}").replace(
        NO_BREAK, NO_BREAK_SPACE
    )


def _chip(k):
    """Name a component beside its colour in the pictures."""
    color = element("span", class_="chip", style=f"background:{color_of(k)}", aria_hidden="true")
    return Markup(f"{color}{k}")


def _means(names, chosen, contrast, columns):
    shown = range(min(len(chosen.weights), MAX_COMPONENTS))
    head = ["column", *map(_chip, shown)]
    texts = {j: moment_texts(chosen.means[:, j], chosen.deviations[:, j]) for j in columns}
    content = [
        table(
            "Mean (standard deviation) of each component",
            [*head, "between"],
            (
                [names[j], *(texts[j][k] for k in shown), f"{100 * contrast.separation[j]:.0f} %"]
                for j in columns
            ),
        )
    ]
    if len(chosen.weights) > 1:
        content.append(
            table(
                "Standardised differences: mean less the mean of all other rows, in pooled SD",
                head,
                (
                    [names[j], *(_shaded(contrast.differences[k, j]) for k in shown)]
                    for j in columns
                ),
            )
        )
    n_more = len(names) - len(columns)
    if n_more:
        text = f"{count(n_more, 'column')} more, with less difference between components"
        content.append(element("p", f"{text}, not shown."))
    return content


def _shaded(difference):
    """Write a standardised difference in a cell of its colour."""
    share = min(abs(difference) / FULL_SHADE_IN_SD, 1.0)
    class_ = "up" if difference > 0 else "down"
    text = f"{difference:+.2f}".replace("-", MINUS)
    return element("td", text, class_=class_, style=f"--share:{share:.2f}")


def _gallery(pictures):
    return element("div", *map(_figure, pictures), class_="pictures")


def _figure(picture):
    data = picture.png()
    width, height = struct.unpack(">II", data[16:24])  # of the header of a PNG file
    image = Markup(
        f'<img src="data:image/png;base64,{base64.b64encode(data).decode()}" '
        f'width="{width}" height="{height}" alt="{element("i", picture.description)[3:-4]}">'
    )
    size = {"class_": "large"} if picture.size > SIZE else {}
    return element("figure", image, element("figcaption", picture.caption), **size)


def _choice(choice, is_sample):
    name = choice.criterion.upper()
    sizes = choice.sizes
    if len(sizes) > MAX_SIZES:
        middle = sizes.index(choice.best[0])
        first = min(max(0, middle - MAX_SIZES // 2), len(sizes) - MAX_SIZES)
        sizes = sizes[first : first + MAX_SIZES]
    rows = []
    for size in sizes:
        cells = []
        for kind in choice.kinds:
            is_best = (size, kind) == choice.best
            text = criterion_text(choice.values[size, kind], is_best).strip()
            cells.append(element("td", text, class_="best") if is_best else text)
        rows.append([str(size), *cells])
    of = " on the sample" if is_sample else ""
    caption = f"{name} of each mixture{of}; less is better, * is best"
    content = [table(caption, ["components", *choice.kinds], rows)]
    if len(sizes) < len(choice.sizes):
        n_more = len(choice.sizes) - len(sizes)
        content.append(element("p", f"{n_more} more numbers of components not shown."))
    if choice.collapsed:
        content.append(
            element(
                "p",
                "- : a component shrank to a point or a plane, so that the likelihood says "
                "nothing.",
            )
        )
    if choice.unconverged:
        texts = (f"{size} {kind}" for size, kind in choice.unconverged)
        content.append(element("p", f"Not converged: {listing(texts, MAX_NAMES)}."))
    return [*content, _gallery([criterion_picture(choice)])]


def _crosstabs(look, n_components, selection):
    unit = "sum of weights" if selection.has_weights else "rows"
    shown = min(n_components, MAX_COMPONENTS)
    content = []
    for crosstab in look.crosstabs[:MAX_CROSSTABS]:
        index = crosstab.rand_index
        agreement = ""
        if not (selection.has_weights or math.isnan(index)):
            agreement = f"; adjusted Rand index {index:.2f}"
        counts = crosstab.counts
        columns = [count_texts(counts[:, k]) for k in range(shown)]
        head = ["value", *map(_chip, range(shown))]
        if n_components > shown:
            columns.append(count_texts(counts[:, shown:].sum(axis=1)))
            head.append("smaller")
        columns.append(count_texts(np.sum(counts, axis=1)))
        caption = f"{crosstab.name} by component ({unit}){agreement}"
        content.append(table(caption, [*head, "all"], zip(crosstab.values, *columns, strict=True)))
    more = [crosstab.name for crosstab in look.crosstabs[MAX_CROSSTABS:]]
    if more:
        content.append(element("p", f"Crosstabs not shown: {listing(more, MAX_NAMES)}."))
    if look.many_valued:
        text = listing(look.many_valued, MAX_NAMES)
        content.append(element("p", f"No crosstab, as there are many distinct values: {text}."))
    return content


def _uncertain(csv_table, rows, result, look, row_id):
    chosen = result.chosen
    if len(chosen.weights) == 1:
        return []
    names = rows.names[:MAX_VALUES]
    place = None
    if row_id is not None:
        place = [column.name for column in csv_table.columns].index(row_id)
    elif csv_table.has_row_names:
        place = 0
    content = [element("p", f"{uncertain_text(rows, result)}.")]
    uncertain = [row for row in look.uncertain if row.uncertainty >= MIN_UNCERTAINTY]
    if not uncertain:
        return content
    _, resp, _ = chosen.answer(np.array([row.values for row in uncertain]))
    lines = []
    for row, shares in zip(uncertain, resp, strict=True):
        first, second = np.argsort(-shares, kind="stable")[:2].tolist()
        name = [] if place is None else [row.fields[place]]
        likeliest = [_likely(k, shares[k]) for k in (first, second)]
        values = ("-" if np.isnan(x) else f"{x:.6g}" for x in row.values[: len(names)])
        lines.append([str(row.line), *name, *likeliest, *values])
    head = [csv_table.place, *([] if place is None else [row_id or "row name"]), "component", "or"]
    caption = "Rows of the table that may belong to another component, the most uncertain first"
    return [*content, table(caption, [*head, *names], lines)]


def _likely(k, share):
    return Markup(f"{_chip(k)} ({100 * share:.0f} %)")


def _how_to_apply(arguments):
    if arguments.save is None:
        return [
            element(
                "p",
                "This mixture was not saved. With --save MODEL the same command writes it to "
                "a file; then",
            ),
            element("pre", element("code", "mixclust predict MODEL NEW.csv -o LABELLED.csv")),
            element(
                "p",
                "gives each row of a table with the same columns its component, its "
                "probabilities and its uncertainty.",
            ),
        ]
    model = str(arguments.save)
    shell = f"mixclust predict {shlex.quote(model)} NEW.csv -o LABELLED.csv"
    python = (
        "from mixclust import GaussianMixture\n\n"
        f"mixture = GaussianMixture.load({model!r})\n"
        "labels = mixture.predict(X)  # X has the columns of the summary, in their order"
    )
    return [
        element(
            "p",
            "The mixture is in a file. This gives each row of a table with the same columns "
            "its component, its probabilities and its uncertainty:",
        ),
        element("pre", element("code", shell)),
        element("p", "In Python:"),
        element("pre", element("code", python)),
    ]


def _how_to_read():
    texts = [
        ("component", "a group of rows, one Gaussian of the mixture; 0 is the largest"),
        ("weight", "share of all rows that the mixture expects of a component"),
        (
            "uncertainty",
            "one minus the probability of a row's likeliest component; for a component, "
            "the mean over its rows",
        ),
        ("SD", "standard deviation"),
        ("between", "share of a column's variance that lies between the means of components"),
        (
            "pooled SD",
            "standard deviation within both groups of a comparison: the component and all "
            "other rows; 0.2 is a small difference, 0.8 a large one",
        ),
        (
            "BIC",
            "-2 log-likelihood + df ln(rows): less is better; a difference below 2 says hardly "
            "anything, above 10 it is very strong evidence",
        ),
        ("ICL", "BIC with a penalty for components that overlap"),
        ("df", "free parameters of the mixture"),
        (
            "Rand index",
            "agreement of the values of a column and the components: 1 is the same "
            "division of rows, 0 is chance",
        ),
    ]
    return [table("", [], [list(pair) for pair in texts], "facts")]
