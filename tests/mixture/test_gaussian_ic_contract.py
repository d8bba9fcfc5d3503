"""GaussianMixtureIC as an estimator: arguments, callbacks, tables, files, imports."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from support.samples import normal, quiet_fit
from support.tables import table

import mixclust
from mixclust import GaussianMixture, GaussianMixtureIC, select
from mixclust._mixture import shared_search
from mixclust._mixture.selection_report import COLUMNS, Row, as_table
from mixclust._mixture.structures import structure_of

SEARCH = quiet_fit(GaussianMixtureIC(random_state=0), table("faithful"))


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
        ({"n_components": {1, 2}}, TypeError, "n_components must be .* or a sequence of them"),
        ({"n_components": iter([1])}, TypeError, "n_components must be .* or a sequence of them"),
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
    search = SEARCH
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
    assert loaded.report_.to_dict() == search.report_.to_dict()
    assert repr(loaded.best_estimator_.report_) == repr(search.best_estimator_.report_)
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
    assert repr(one.report_.rows) == repr(SEARCH.report_.rows)
