"""The base of the estimators, without scikit-learn: parameters, output, pickling, exceptions."""

import copy
import inspect
import pickle
import sys
import textwrap
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn.exceptions
from support.processes import run_code

import mixclust
from mixclust import ConvergenceWarning, KMeans, NotFittedError
from mixclust._estimator.base import Estimator, unchanged_on_error
from mixclust._inputs.errors import raise_not_fitted, warn_convergence
from mixclust._inputs.rows import check_rows


class Doubler(Estimator):
    """A minimal estimator with a transform."""

    def __init__(self, factor=2, *, inner=None, table=None):
        self.factor = factor
        self.inner = inner
        self.table = table

    @property
    def _n_features_out(self):
        return self.n_features_in_

    def fit(self, X, y=None, sample_weight=None):
        check_rows(X, self, reset=True)
        return self

    def transform(self, X):
        self._check_is_fitted()
        return self.factor * check_rows(X, self, reset=False)

    def fit_transform(self, X, y=None, sample_weight=None):
        return self.fit(X).transform(X)


class Silent(Estimator):
    """An estimator without a transform."""

    def __init__(self, level=0):
        self.level = level

    def fit(self, X, y=None):
        check_rows(X, self, reset=True)
        return self


FIRST = np.arange(6.0).reshape(3, 2)

# Parameters ----------------------------------------------------------------------------------


def test_get_params_in_order_of_the_signature():
    assert list(KMeans().get_params()) == list(inspect.signature(KMeans).parameters)
    assert KMeans(3).get_params() == {**KMeans().get_params(), "n_clusters": 3}


def test_nested_params():
    estimator = Doubler(inner=Doubler(3))
    assert estimator.get_params()["inner__factor"] == 3
    assert "inner__factor" not in estimator.get_params(deep=False)
    assert Doubler(inner=Doubler).get_params()["inner"] is Doubler
    assert estimator.set_params(inner__factor=5, factor=7) is estimator
    assert (estimator.factor, estimator.inner.factor) == (7, 5)


def test_new_nested_estimator_and_its_parameter_together():
    estimator = Doubler().set_params(inner__factor=9, inner=Doubler(4))
    assert estimator.inner.factor == 9


@pytest.mark.parametrize("name", ["factr", "factr__x", "fit"])
def test_unknown_parameter(name):
    estimator = Doubler(factor=4)
    message = (
        f"Invalid parameter {name.split('__')[0]!r} for estimator Doubler(factor=4). "
        "Valid parameters are: ['factor', 'inner', 'table']."
    )
    with pytest.raises(ValueError, match="Invalid parameter") as error:
        estimator.set_params(**{"factor": 5, name: 1})
    assert str(error.value) == message
    assert estimator.factor == 4


# Text ----------------------------------------------------------------------------------------


def test_repr_shows_parameters_that_differ_from_the_defaults():
    assert repr(KMeans()) == "KMeans()"
    assert repr(KMeans(8, tol=1e-4)) == "KMeans()"
    estimator = KMeans(3, init="random", random_state=0)
    assert repr(estimator) == "KMeans(n_clusters=3, init='random', random_state=0)"
    assert (
        repr(Doubler(float("nan"), inner=Doubler(1)))
        == "Doubler(factor=nan, inner=Doubler(factor=1))"
    )


def test_repr_is_one_short_line():
    assert repr(Doubler(table=np.eye(2))) == "Doubler(table=array([[1., 0.], [0., 1.]]))"
    shown = repr(Doubler(table=np.zeros((500, 3), np.float32)))
    assert shown == "Doubler(table=<array of shape (500, 3), float32>)"
    shown = repr(Doubler(table=list(range(1000))))
    assert shown.startswith("Doubler(table=[0, 1, 2")
    assert shown.endswith("998, 999])")
    assert len(shown) < 120


def test_html():
    text = Doubler("<script>").__class__("<b>&")._repr_html_()
    assert "<b>Doubler</b> (not fitted)" in text
    assert "<b>factor</b></td><td><code>&#x27;&lt;b&gt;&amp;&#x27;</code>" in text
    assert "<td>inner</td><td><code>None</code></td>" in text
    assert "(fitted on 2 features)" in Doubler().fit(FIRST)._repr_html_()
    bundle = Doubler(3)._repr_mimebundle_(include=None, exclude=None)
    assert bundle == {"text/plain": "Doubler(factor=3)", "text/html": Doubler(3)._repr_html_()}


# Fitted or not -------------------------------------------------------------------------------


def test_not_fitted():
    message = "This Doubler is not fitted yet; call fit before predict, transform or score."
    with pytest.raises(NotFittedError) as error:
        Doubler().transform(FIRST)
    assert str(error.value) == message
    assert isinstance(error.value, (ValueError, AttributeError))
    assert not Doubler().__sklearn_is_fitted__()
    assert Doubler().fit(FIRST).__sklearn_is_fitted__()


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_unchanged_on_error(kind):
    estimator = Doubler().fit(pd.DataFrame(FIRST, columns=["a", "b"]))
    before = dict(vars(estimator))

    def fail():
        with unchanged_on_error(estimator):
            estimator.fit(np.zeros((2, 5)))
            estimator.extra_ = 1
            raise kind

    with pytest.raises(kind):
        fail()
    assert vars(estimator) == before


def test_changed_without_error():
    estimator = Doubler().fit(FIRST)
    with unchanged_on_error(estimator):
        estimator.fit(np.zeros((2, 5)))
    assert estimator.n_features_in_ == 5


# Pickling and copies -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_copies(duplicate):
    estimator = (
        Doubler(3).fit(pd.DataFrame(FIRST, columns=["a", "b"])).set_output(transform="pandas")
    )
    twin = duplicate(estimator)
    assert vars(twin).keys() == vars(estimator).keys()
    assert repr(twin) == "Doubler(factor=3)"
    frame = pd.DataFrame(FIRST, columns=["a", "b"])
    pd.testing.assert_frame_equal(twin.transform(frame), estimator.transform(frame))


def test_pickle_of_another_version_warns():
    state = Doubler(3).__getstate__()
    assert state["_mixclust_version"] == mixclust.__version__
    state["_mixclust_version"] = "0.0.1"
    message = "This Doubler was pickled by mixclust 0.0.1 and is loaded by mixclust "
    twin = Doubler.__new__(Doubler)
    with pytest.warns(UserWarning, match=message):
        twin.__setstate__(state)
    assert vars(twin) == vars(Doubler(3))
    assert state["_mixclust_version"] == "0.0.1"


# Output --------------------------------------------------------------------------------------


def test_only_transformers_have_outputs():
    for name in ("set_output", "get_feature_names_out"):
        assert hasattr(KMeans, name)
        assert not hasattr(Silent, name)
        assert not hasattr(Silent(), name)


def test_wrapping_keeps_signatures():
    assert list(inspect.signature(Doubler.fit_transform).parameters) == [
        "self",
        "X",
        "y",
        "sample_weight",
    ]
    assert Doubler.transform.__name__ == "transform"


@pytest.mark.parametrize("method", ["transform", "fit_transform"])
def test_pandas_output_keeps_the_index(method):
    frame = pd.DataFrame(FIRST, columns=["a", "b"], index=[7, 5, 6])
    estimator = Doubler().fit(frame).set_output(transform="pandas")
    table = getattr(estimator, method)(frame)
    expected = pd.DataFrame(2 * FIRST, columns=["doubler0", "doubler1"], index=[7, 5, 6])
    pd.testing.assert_frame_equal(table, expected)
    assert estimator.set_output(transform=None).fit(FIRST).transform(X=FIRST).index.tolist() == [
        0,
        1,
        2,
    ]


def test_polars_output():
    estimator = Doubler().set_output(transform="polars")
    table = estimator.fit_transform(FIRST.astype(np.float32))
    assert isinstance(table, pl.DataFrame)
    assert table.schema == {"doubler0": pl.Float32, "doubler1": pl.Float32}
    assert table.to_numpy().tolist() == (2 * FIRST).tolist()
    assert isinstance(estimator.set_output(transform="default").transform(FIRST), np.ndarray)


def test_unknown_output():
    message = "transform='numpy' must be one of 'default', 'pandas', 'polars'."
    with pytest.raises(ValueError, match=r"^transform='numpy'") as error:
        Doubler().set_output(transform="numpy")
    assert str(error.value) == message


def test_output_of_a_library_that_is_not_there(monkeypatch):
    estimator = Doubler().fit(FIRST).set_output(transform="polars")
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ImportError, match="transform output 'polars' needs polars; install it"):
        estimator.transform(FIRST)


def test_feature_names_out():
    estimator = Doubler()
    with pytest.raises(NotFittedError):
        estimator.get_feature_names_out()
    estimator.fit(pd.DataFrame(FIRST, columns=["a", "b"]))
    for features in (None, ["a", "b"], np.array(["a", "b"])):
        names = estimator.get_feature_names_out(features)
        assert names.dtype == object
        assert names.tolist() == ["doubler0", "doubler1"]
    with pytest.raises(ValueError, match=r"^input_features is not equal to feature_names_in_$"):
        estimator.get_feature_names_out(["b", "a"])
    with pytest.raises(
        ValueError, match=r"input_features should have length equal .* \(2\), got 3"
    ):
        estimator.fit(FIRST).get_feature_names_out(list("abc"))


# Metadata routing ----------------------------------------------------------------------------


def test_requests_by_method():
    with sklearn.config_context(enable_metadata_routing=True):
        routing = KMeans().get_metadata_routing()
        assert routing.fit.requests == routing.score.requests == {"sample_weight": None}
        assert routing.predict.requests == routing.transform.requests == {}
        estimator = KMeans().set_fit_request(sample_weight="mass")
        assert estimator.set_score_request(sample_weight=False) is estimator
        routing = estimator.get_metadata_routing()
        assert routing.fit.requests == {"sample_weight": "mass"}
        assert routing.score.requests == {"sample_weight": False}
        estimator.set_fit_request()
        assert estimator.get_metadata_routing().fit.requests == {"sample_weight": "mass"}
        assert KMeans().get_metadata_routing().fit.requests == {"sample_weight": None}


def test_request_setters():
    assert str(inspect.signature(KMeans().set_fit_request)) == "(*, sample_weight='$UNCHANGED$')"
    assert "sample_weight" in KMeans.set_fit_request.__doc__
    assert not hasattr(Silent, "set_fit_request")
    with (
        sklearn.config_context(enable_metadata_routing=True),
        pytest.raises(TypeError, match=r"\['mass'\] are not metadata of fit"),
    ):
        KMeans().set_fit_request(mass=True)
    with pytest.raises(RuntimeError, match="only available when metadata routing is enabled"):
        KMeans().set_fit_request(sample_weight=True)


# Exceptions ----------------------------------------------------------------------------------


def test_raised_classes_derive_from_both():
    with pytest.raises(sklearn.exceptions.NotFittedError) as error:
        raise_not_fitted(Silent())
    assert isinstance(error.value, NotFittedError)
    assert type(error.value).__name__ == "NotFittedError"
    twin = pickle.loads(pickle.dumps(error.value))
    assert type(twin) is type(error.value)
    assert twin.args == error.value.args


def test_convergence_warning_is_both_classes_and_points_at_the_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_convergence("stopped early")
        line = inspect.currentframe().f_lineno - 1
    (warning,) = caught
    assert (warning.filename, warning.lineno) == (__file__, line)
    assert issubclass(warning.category, ConvergenceWarning)
    assert issubclass(warning.category, sklearn.exceptions.ConvergenceWarning)
    twin = pickle.loads(pickle.dumps(warning.message))
    assert isinstance(twin, ConvergenceWarning)
    assert twin.args == ("stopped early",)


def run(code):
    """Words that code prints in a fresh interpreter, where a warning is an error."""
    return run_code(textwrap.dedent(code), options=["-W", "error"]).split()


def test_scikit_learn_is_not_imported():
    printed = run(
        """
        import pickle, sys
        import numpy as np
        from mixclust import KMeans, NotFittedError
        try:
            KMeans().predict([[1.0]])
        except NotFittedError as error:
            assert type(error) is NotFittedError
            assert type(pickle.loads(pickle.dumps(error))) is NotFittedError
        estimator = KMeans(2, n_init=1).fit(np.arange(8.0).reshape(4, 2))
        repr(estimator), estimator._repr_html_(), estimator.transform([[1, 2]])
        pickle.loads(pickle.dumps(estimator)).set_params(tol=0).get_params()
        heavy = {"sklearn", "pandas", "polars", "pyarrow", "scipy.sparse", "matplotlib", "PIL"}
        print(*(heavy & set(sys.modules)))
        """
    )
    assert printed == []


def test_error_pickled_with_scikit_learn_loads_without_it():
    printed = run(
        """
        import pickle, subprocess, sys
        import sklearn.exceptions
        from mixclust import KMeans
        try:
            KMeans().predict([[1.0]])
        except sklearn.exceptions.NotFittedError as error:
            data = pickle.dumps(error)
        code = "import pickle, sys; e = pickle.loads(bytes.fromhex(sys.argv[1])); " \\
            "print(type(e).__module__, 'sklearn' in sys.modules)"
        subprocess.run([sys.executable, "-c", code, data.hex()], check=True)
        """
    )
    assert printed == ["mixclust._inputs.errors", "False"]
