"""GaussianMixtureIC: its table against mclust and against its own mixtures, gaps, ties."""

import csv
import warnings
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from support.samples import blobs, normal, quiet_fit
from support.tables import table

from mixclust import CollapseWarning, ConvergenceWarning, GaussianMixtureIC, select
from mixclust._mixture.selection_report import Row, SelectionReport
from mixclust._mixture.structures import covariance_types, is_within, structure_of

DATA = Path(__file__).parents[1] / "data"
TABLES = ("iris", "faithful", "diabetes", "banknote")
NATS_A_ROW = 1e-3
BEST = SimpleNamespace(effective_sizes=[10.0])  # as far as a report prints it


@cache
def mclust():
    """Fits of mclust from its own starts, by table, model and size: `mclust_selection.R`."""
    with (DATA / "mclust_selection.csv").open() as lines:
        return {
            (row["table"], row["model"], int(row["n_components"])): row
            for row in csv.DictReader(lines)
        }


@cache
def searched(name, n_threads=1):
    return quiet_fit(GaussianMixtureIC(random_state=0, n_threads=n_threads), table(name))


def letters_of(kind):
    return next(model for model in MODELS if structure_of(model) is structure_of(kind))


MODELS = ("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV",
          "EVV", "VVV")  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_parameters_are_counted_as_mclust_counts(name):
    for row in searched(name).report_.rows:
        expected = mclust()[name, letters_of(row.covariance_type), row.n_components]
        assert row.n_parameters == int(expected["n_parameters"])


@pytest.mark.parametrize("name", TABLES)
def test_the_best_is_at_least_as_good_as_mclusts(name):
    n = len(table(name))
    best = min(
        -2 * float(row["log_likelihood"]) + int(row["n_parameters"]) * np.log(n)
        for (of, _, _), row in mclust().items()
        if of == name and row["log_likelihood"]
    )
    search = searched(name)
    assert search.best_estimator_.bic(table(name)) <= best + 1e-6 * abs(best)


@pytest.mark.parametrize("name", TABLES)
def test_hardly_any_mixture_is_less_likely_than_mclusts(name):
    """At most one in five: both searches may miss optima."""
    n, less, few = len(table(name)), [], []
    for row in searched(name).report_.rows:
        text = mclust()[name, letters_of(row.covariance_type), row.n_components]["log_likelihood"]
        if text and not row.log_likelihood >= float(text) - NATS_A_ROW * n:
            less.append(row)
            few += [row] if row.n_components < 4 else []
    assert len(less) <= 126 / 5
    assert len(few) <= 4


@pytest.mark.parametrize("name", TABLES)
def test_no_mixture_is_less_likely_than_one_that_it_includes(name):
    """But for the few from which EM goes on to a collapse, which have many components."""
    less = set()
    rows = {(row.covariance_type, row.n_components): row for row in searched(name).report_.rows}
    tolerance = 1e-4 * len(table(name))  # by `reg_covar`, which lowers the likelihood a little
    for (kind, size), row in rows.items():
        inside = [
            other
            for (name_of_other, size_of_other), other in rows.items()
            if (name_of_other == kind and size_of_other <= size)
            or (
                size_of_other == size and is_within(structure_of(name_of_other), structure_of(kind))
            )
        ]
        for other in inside:
            if row.log_likelihood < other.log_likelihood - tolerance:
                less.add((kind, size))
    assert len(less) <= 4, less
    assert all(size > 4 for _, size in less)


def test_models_within_models():
    kinds = [structure_of(name) for name in ("EII", "VII", "VVI", "EEE", "EVE", "VVV")]
    inside = {(a.name, b.name) for a in kinds for b in kinds if a is not b and is_within(a, b)}
    assert ("EII", "full") in inside
    assert ("tied", "EVE") in inside
    assert ("diag", "full") in inside
    assert ("tied", "diag") not in inside
    assert ("spherical", "tied") not in inside
    assert ("full", "EII") not in inside


@pytest.mark.parametrize("weighted", [False, True])
def test_the_row_of_the_best_is_what_its_mixture_says(weighted):
    X = blobs(3, 300, 3, 4).astype(np.float32)
    weights = np.arange(300) % 3 + 0.5 if weighted else None
    search = GaussianMixtureIC(range(1, 7), random_state=0).fit(X, sample_weight=weights)
    best = search.report_.ranked[0]
    mixture = search.best_estimator_
    assert search.best_params_ == {
        "n_components": best.n_components,
        "covariance_type": best.covariance_type,
    }
    assert search.bic(X, weights) == mixture.bic(X, weights) == best.bic
    assert search.aic(X, weights) == best.aic
    assert search.icl(X, weights) == best.icl
    assert best.bic == min(row.bic for row in search.report_.ranked)
    np.testing.assert_array_equal(search.fit_predict(X, sample_weight=weights), search.predict(X))
    np.testing.assert_array_equal(search.means_, mixture.means_)
    total = 300 if weights is None else weights.sum()
    assert sum(mixture.report_.effective_sizes) == pytest.approx(total)


def test_every_row_is_that_of_a_mixture():
    """The criteria of a row are the ones of a fit that starts at the end of the search."""
    X = table("diabetes")
    search = searched("diabetes")
    for row in search.report_.rows[::7]:
        if row.note:
            continue
        alone = GaussianMixtureIC(
            row.n_components, covariance_type=row.covariance_type, random_state=0
        )
        assert quiet_fit(alone, X).report_.ranked[0].n_parameters == row.n_parameters
        bic = -2 * row.log_likelihood + row.n_parameters * np.log(len(X))
        assert row.bic == pytest.approx(bic, rel=1e-12)
        assert row.aic == pytest.approx(-2 * row.log_likelihood + 2 * row.n_parameters, rel=1e-12)
        assert row.icl >= row.bic


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl"])
def test_each_criterion_chooses_its_least(criterion):
    search = GaussianMixtureIC(criterion=criterion, random_state=0)
    quiet_fit(search, table("faithful"))
    values = search.criteria_[criterion]
    assert getattr(search, criterion)(table("faithful")) == np.nanmin(values)


# The same numbers


def test_the_same_bits_for_any_number_of_threads():
    one = searched("iris")
    for n_threads in (2, 3):
        other = searched("iris", n_threads)
        assert repr(other.report_.rows) == repr(one.report_.rows)
        np.testing.assert_array_equal(other.means_, one.means_)


def test_the_same_bits_on_a_part_of_many_rows():
    X = blobs(0, 20_000, 6, 3)
    found = [
        GaussianMixtureIC(
            (2, 3), covariance_type="full,EVI", random_state=0, n_threads=n_threads
        ).fit(X)
        for n_threads in (1, 2)
    ]
    assert repr(found[0].report_.rows) == repr(found[1].report_.rows)
    assert found[0].best_params_["n_components"] == 3


def test_integer_weights_are_copies():
    X = normal(0, 60, 2) + np.repeat([[0], [6]], 30, axis=0)
    weights = np.arange(60) % 3
    options = {"covariance_type": "tied,EEI", "random_state": 0}
    weighted = GaussianMixtureIC((1, 2), **options).fit(X, sample_weight=weights)
    copies = GaussianMixtureIC((1, 2), **options).fit(np.repeat(X, weights, axis=0))
    assert weighted.best_params_ == copies.best_params_
    for name in ("log_likelihood", "bic", "icl"):
        np.testing.assert_allclose(
            list(weighted.criteria_[name]), list(copies.criteria_[name]), rtol=1e-5
        )


@pytest.mark.parametrize("starts", ["shared", "independent"])
def test_more_searches_are_never_worse(starts):
    X, options = table("diabetes"), {"covariance_type": "full,spherical", "starts": starts}
    rows = [
        quiet_fit(GaussianMixtureIC((2, 5), n_init=n, random_state=0, **options), X).report_.rows
        for n in (1, 3)
    ]
    if starts == "shared":
        for one, three in zip(*rows, strict=True):
            assert three.log_likelihood >= one.log_likelihood - 1e-9 * abs(one.log_likelihood)
    assert [row.n_components for row in rows[0]] == [2, 5, 2, 5]


# Gaps


def test_more_components_than_rows_are_gaps():
    X = normal(0, 6, 1)
    search = quiet_fit(GaussianMixtureIC((1, 2, 8), covariance_type="tied", random_state=0), X)
    rows = search.report_.rows
    assert rows[2].note == "more components than the 6 rows"
    assert np.isnan(rows[2].bic)
    assert "missing    tied 8: more components than the 6 rows" in repr(search.report_)
    with pytest.raises(ValueError, match="n_components=8 needs at least 8 rows"):
        GaussianMixtureIC((8, 9)).fit(X)


def test_matrices_need_more_rows_than_features():
    X = normal(0, 5, 8)
    search = quiet_fit(GaussianMixtureIC((1, 2), random_state=0), X)
    notes = {row.covariance_type: row.note for row in search.report_.rows}
    for kind in ("full", "tied", "VEV", "EVE"):
        assert notes[kind] == "covariance matrices of 8 features need at least 9 rows, but 5 came"
    without_matrices = ("EII", "EEI", "VEI", "EVI", "spherical", "diag")
    assert search.best_params_["covariance_type"] in without_matrices


def test_a_collapsed_mixture_is_a_gap():
    X = np.repeat(normal(0, 4, 2), [40, 40, 10, 10], axis=0)
    X[:40] += normal(1, 40, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a gap of the table is no warning
        search = GaussianMixtureIC((1, 2, 3, 4), random_state=0).fit(X)
    gaps = [row for row in search.report_.rows if row.collapsed]
    assert gaps
    for row in gaps:
        assert np.isnan([row.bic, row.aic, row.icl, row.log_likelihood]).all()
        assert row.note.endswith("collapsed")
        assert row not in search.report_.ranked
    assert f"collapsed  {len(gaps)} mixture" in repr(search.report_)


def test_rows_that_are_all_alike_have_a_mixture():
    X = np.repeat(normal(0, 3, 2), 20, axis=0)
    with pytest.warns(CollapseWarning, match="Every mixture has a collapsed component"):
        search = GaussianMixtureIC((4, 5), covariance_type="full", random_state=0).fit(X)
    assert search.report_.ranked == []
    assert "none: no mixture could be had" in repr(search.report_)
    assert np.isfinite(search.means_).all()


def test_a_run_that_ended_too_early_is_said():
    search = GaussianMixtureIC((3,), covariance_type="full", max_iter=2, tol=0, random_state=0)
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        search.fit(normal(0, 200, 3))
    assert not search.criteria_["converged"][0]
    assert "unfinished full 3" in repr(search.report_)


# The report


def row(kind, size, bic, n_parameters=3, note=""):
    return Row(kind, size, -bic / 2, n_parameters, bic, bic, bic, True, 1, 0, note)


def test_ties_and_evidence():
    rows = [
        row("full", 1, 100.0),
        row("tied", 1, 100.0, 5),
        row("diag", 1, 101.9),
        row("EEI", 1, 105.0),
        row("EEI", 2, np.nan, note="1 of 2 components collapsed"),
        row("EII", 1, 99.0, note="the same mixture as 'full'"),
    ]
    report = SelectionReport(rows, "bic", {"VVV": "another name of 'full'"}, BEST, "", {})
    assert [found.covariance_type for found in report.ranked] == ["full", "tied", "diag", "EEI"]
    assert [found.covariance_type for found in report.ties()] == ["tied", "diag"]
    text = repr(report)
    assert "best       full 1: BIC 100.00" in text
    assert "second     tied 1" in text
    assert "0.00 more (equal to rounding)" in text
    assert "diag 1 (weak evidence)" in text
    assert "skipped    VVV: another name of 'full'" in text
    for more, word in ((4, "positive"), (9, "strong"), (11, "very strong")):
        shown = repr(SelectionReport([rows[0], row("V", 1, 100.0 + more)], "bic", {}, BEST, "", {}))
        assert f"({word} evidence)" in shown
        assert "none within 2 of the best" in shown


def test_a_model_under_two_names_has_one_row():
    search = select(normal(0, 50, 2), 1, "VVV,full,EEE", random_state=0)
    assert [found.covariance_type for found in search.report_.rows] == ["VVV", "EEE"]
    assert search.report_.rows[1].note == "the same mixture as 'VVV'"
    assert search.report_.skipped == {"full": "another name of 'VVV'"}
    assert search.best_estimator_.covariance_type == "VVV"


def test_one_feature_has_two_models():
    search = select(normal(0, 80, 1), (1, 2), random_state=0)
    assert {found.covariance_type for found in search.report_.rows} == {"full", "tied"}
    assert len(search.report_.skipped) == len(covariance_types()) - 2
    # In the order of the models, which no hash seed changes.
    in_order = [kind for kind in covariance_types() if kind in search.report_.skipped]
    assert list(search.report_.skipped) == in_order
    named = select(normal(0, 80, 1), (1, 2), ["E", "V"], random_state=0)
    assert [found.n_parameters for found in named.report_.rows] == [2, 4, 2, 5]
