"""GaussianMixtureIC: its table against mclust and against its own mixtures, gaps, ties, files."""

import csv
import pickle
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from support.samples import blobs, normal, quiet_fit
from support.tables import table

import mixclust
from mixclust import CollapseWarning, ConvergenceWarning, GaussianMixture, GaussianMixtureIC, select
from mixclust._mixture import shared_search
from mixclust._mixture.selection_report import COLUMNS, Row, SelectionReport, as_table
from mixclust._mixture.structures import covariance_types, is_within, structure_of

DATA = Path(__file__).parents[1] / "data"
TABLES = ("iris", "faithful", "diabetes", "banknote")
NATS_A_ROW = 1e-3


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
    report = SelectionReport(rows, "bic", {"VVV": "another name of 'full'"}, [10.0], "", {})
    assert [found.covariance_type for found in report.ranked] == ["full", "tied", "diag", "EEI"]
    assert [found.covariance_type for found in report.ties()] == ["tied", "diag"]
    text = repr(report)
    assert "best       full 1: BIC 100.00" in text
    assert "second     tied 1" in text
    assert "0.00 more (equal to rounding)" in text
    assert "diag 1 (weak evidence)" in text
    assert "skipped    VVV: another name of 'full'" in text
    for more, word in ((4, "positive"), (9, "strong"), (11, "very strong")):
        shown = repr(SelectionReport([rows[0], row("V", 1, 100.0 + more)], "bic", {}, [1], "", {}))
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
    named = select(normal(0, 80, 1), (1, 2), ["E", "V"], random_state=0)
    assert [found.n_parameters for found in named.report_.rows] == [2, 4, 2, 5]


# Arguments


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"covariance_type": "full,VXV"}, ValueError, r"'VXV' must be one of .*'VEV'"),
        ({"covariance_type": ["full", 3]}, TypeError, "covariance_type must be one of"),
        ({"covariance_type": 3}, TypeError, "the models are full, tied"),
        ({"covariance_type": []}, ValueError, "covariance_type is empty"),
        ({"covariance_type": "V"}, ValueError, "is for one feature, but X has 2"),
        ({"n_components": []}, ValueError, "n_components holds 0 numbers"),
        ({"n_components": [0, 1]}, ValueError, "n_components=0 must be at least 1"),
        ({"n_components": [1.5]}, TypeError, "n_components must be an int"),
        ({"n_components": "3"}, TypeError, "n_components must be an int of at least 1 or a seq"),
        ({"criterion": "BIC"}, ValueError, "criterion='BIC' must be one of 'bic', 'aic', 'icl'"),
        ({"starts": "own"}, ValueError, "starts='own' must be one of 'shared', 'independent'"),
        ({"max_iter": 0}, ValueError, "max_iter=0 must be at least 1"),
    ],
)
def test_arguments_are_refused_by_name(options, error, message):
    search = GaussianMixtureIC(**options)
    with pytest.raises(error, match=message):
        search.fit(normal(0, 40, 2))
    assert not hasattr(search, "best_estimator_")
    assert not hasattr(search, "criteria_")


def test_clone_and_parameters():
    search = GaussianMixtureIC(range(1, 4), covariance_type=["full", "EEI"], random_state=3)
    copy = clone(search)
    assert copy.get_params() == search.get_params()
    assert repr(copy) == (
        "GaussianMixtureIC(n_components=range(1, 4), covariance_type=['full', 'EEI'], "
        "random_state=3)"
    )


# Watching and ending


def test_steps_are_watched_and_printed(capsys):
    seen = []
    GaussianMixtureIC((1, 2, 3), random_state=0, verbose=1, callback=seen.append).fit(
        table("faithful")
    )
    assert [state.step for state in seen] == ["first fits", "exchange", "other models", "order"]
    assert [state.n_fitted for state in seen] == [12, 12, 42, 42]
    assert {state.n_mixtures for state in seen} == {42}
    assert capsys.readouterr().out.splitlines()[0] == "first fits: 12 of 42 mixtures"


@pytest.mark.parametrize("starts", ["shared", "independent"])
def test_a_callback_ends_the_search(starts):
    search = GaussianMixtureIC(
        (1, 2), covariance_type="full,VEV", starts=starts, random_state=0, callback=lambda _: True
    ).fit(table("faithful"))
    assert search.best_estimator_.covariance_type == "full"
    notes = {found.note for found in search.report_.rows if found.covariance_type == "VEV"}
    assert notes == {"the callback ended the search before"}
    assert "ended      by the callback" in repr(search.report_)


def test_an_interrupt_leaves_the_estimator_as_it_was(monkeypatch):
    search = GaussianMixtureIC((1, 2), random_state=0).fit(table("faithful"))
    before = dict(vars(search))

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(shared_search, "read_resp_and_log_prob", interrupt)
    with pytest.raises(KeyboardInterrupt):
        search.set_params(n_components=(1, 2)).fit(table("iris"))
    assert vars(search) == before | {"n_components": (1, 2)}


# Tables, files, imports


def test_the_table_is_an_array_or_a_frame(monkeypatch):
    search = searched("faithful")
    frame = search.criteria_
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == list(COLUMNS) == list(Row._fields)
    monkeypatch.delitem(sys.modules, "pandas")
    array = search.criteria_
    assert array.dtype.names == Row._fields
    for name in COLUMNS:
        assert array[name].tolist() == frame[name].tolist() or name in (
            "log_likelihood", "bic", "aic", "icl",
        )  # fmt: skip
        np.testing.assert_array_equal(array[name], frame[name].to_numpy(array[name].dtype))
    assert as_table({name: [] for name in COLUMNS}).shape == (0,)


def test_nothing_is_imported_for_a_selection():
    code = (
        "import sys, numpy as np, mixclust\n"
        "X = np.random.default_rng(0).normal(size=(60, 2))\n"
        "search = mixclust.select(X, (1, 2), random_state=0)\n"
        "repr(search.report_), search.criteria_\n"
        "print([name for name in ('pandas', 'matplotlib', 'sklearn') if name in sys.modules])"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (process.stdout, process.stderr) == ("[]\n", "")


@pytest.mark.parametrize("kinds", ["full", "tied", "diag,EEI", "EII", "EVE,VEV", "all"])
def test_files_and_pickles(tmp_path, kinds):
    frame = pd.DataFrame(table("faithful"), columns=["eruptions", "waiting"])
    search = GaussianMixtureIC(range(1, 4), covariance_type=kinds, random_state=0).fit(frame)
    search.save(tmp_path / "search")
    loaded = GaussianMixtureIC.load(tmp_path / "search")
    for other in (loaded, pickle.loads(pickle.dumps(search))):
        assert other.best_params_ == search.best_params_
        pd.testing.assert_frame_equal(other.criteria_, search.criteria_)
        for name in ("predict", "predict_proba", "score_samples"):
            np.testing.assert_array_equal(getattr(other, name)(frame), getattr(search, name)(frame))
        assert other.best_estimator_.covariance_type == search.best_estimator_.covariance_type
        assert other.marginal("waiting").means_.shape[1] == 1
        np.testing.assert_array_equal(other.sample(3)[0], search.sample(3)[0])
    assert not hasattr(loaded, "report_")
    with pytest.raises(ValueError, match="it holds a GaussianMixtureIC"):
        GaussianMixture.load(tmp_path / "search")


def test_a_file_without_covariances_is_refused(tmp_path):
    search = GaussianMixtureIC((1, 2), random_state=0).fit(table("faithful"))
    family = structure_of(search._best_kind).family
    delattr(search, f"_covariances_{family}")
    search.save(tmp_path / "search")
    with pytest.raises(ValueError, match=f"_covariances_{family} is missing"):
        GaussianMixtureIC.load(tmp_path / "search")


def test_select_is_a_search():
    assert mixclust.select is select
    one = select(table("faithful"), random_state=0)
    assert isinstance(one, GaussianMixtureIC)
    assert repr(one.report_.rows) == repr(searched("faithful").report_.rows)
