"""`partial_fit`: refusals, and an estimator that a failed batch leaves as it was."""

import warnings

import numpy as np
import pytest
from support.samples import assert_same
from support.streams import BATCHES, X, pass_on

import mixclust
from mixclust import CollapseWarning, GaussianMixture
from mixclust._mixture.structures import covariance_types


class Named:
    """Rows with names, as a DataFrame has them."""

    columns = ("length", "width", "height")

    def __array__(self, dtype=None, copy=None):
        return X


@pytest.mark.parametrize(
    ("work", "error", "message"),
    [
        (lambda m: m.partial_fit(X[:, :2]), ValueError, "X has 2 features, but GaussianMixture"),
        (lambda m: m.partial_fit(np.where(X > 3, np.nan, X)), ValueError, "X contains NaN"),
        (lambda m: m.partial_fit(np.where(X > 3, 1e200, X)), ValueError, "overflow float64"),
        (lambda m: m.partial_fit(X[:0]), ValueError, "0 sample"),
        (lambda m: m.partial_fit(X, None, np.zeros(len(X))), ValueError, "zero for every row"),
        (lambda m: m.partial_fit(X, None, 1e-200), ValueError, "keeps the unit of the weights"),
        (lambda m: m.partial_fit(mixclust.chunks([X])), TypeError, "X holds rows in parts"),
        (lambda m: m.set_params(learning_decay=0.5).partial_fit(X), ValueError, "learning_decay"),
        (lambda m: m.set_params(learning_decay=1.1).partial_fit(X), ValueError, "at most 1"),
        (
            lambda m: m.set_params(forgetting_factor=-1).partial_fit(X),
            ValueError,
            "forgetting_factor=-1 must be at least 0",
        ),
        (lambda m: m.set_params(forgetting_factor=2).partial_fit(X), ValueError, "at most 1"),
        (lambda m: m.set_params(n_components=4).partial_fit(X), ValueError, "from 3 components"),
        (lambda m: m.set_params(covariance_type="diag").partial_fit(X), ValueError, "was fitted"),
        (
            lambda m: m.set_params(prior="default", on_collapse="drop").partial_fit(X),
            ValueError,
            "on_collapse='drop'",
        ),
        (
            lambda m: m.set_params(prior="default").fit(X).partial_fit(X),
            ValueError,
            "begin the stream with partial_fit",
        ),
    ],
)
def test_a_refused_batch_leaves_the_estimator_as_it_was(work, error, message):
    mixture = pass_on(GaussianMixture(3, random_state=0), BATCHES)
    kept = {name: value for name, value in vars(mixture).items() if name.endswith("_")}
    with pytest.raises(error, match=message):
        work(mixture)
    if "report_" in vars(mixture):  # the fit before went well
        return
    assert all(vars(mixture)[name] is value for name, value in kept.items())
    assert not {name for name in vars(mixture) if name.endswith("_")} - kept.keys()


def test_the_first_batch_needs_a_row_for_each_component():
    mixture = GaussianMixture(3)
    with pytest.raises(ValueError, match="n_components=3 needs at least 3 rows"):
        mixture.partial_fit(X[:2])
    assert not hasattr(mixture, "n_features_in_")


def test_names_of_features_are_those_of_the_first_batch():
    mixture = GaussianMixture(3, random_state=0).partial_fit(Named())
    assert mixture.feature_names_in_.tolist() == list(Named.columns)

    class Renamed(Named):
        columns = ("length", "height", "width")

    with pytest.raises(ValueError, match="should match"):
        mixture.partial_fit(Renamed())
    assert mixture.n_steps_ == 1


@pytest.mark.parametrize(
    "place",
    [
        "stream.OnlineEM",
        "stream._Batch.use",
        "stream._Batch.parameters",
        "stream.Stream._replace",
        "kept_step.DenseRows",
        "kept_step.Parameters",
    ],
)
def test_ctrl_c_leaves_the_estimator_as_it_was(place, monkeypatch):
    mixture, other = (
        pass_on(GaussianMixture(3, random_state=0), [*BATCHES, *BATCHES]) for _ in range(2)
    )
    kept = dict(vars(mixture))

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"mixclust._mixture.{place}", interrupt)
        rows = X if place == "stream.OnlineEM" else BATCHES[-1]
        weights = np.ones(len(rows)) if place.startswith("stream.") else None
        with pytest.raises(KeyboardInterrupt):
            mixture.partial_fit(rows, sample_weight=weights)
    assert vars(mixture).keys() == kept.keys()
    assert all(vars(mixture)[name] is kept[name] for name in kept)
    for batch in (BATCHES[-1], BATCHES[0]):
        assert_same(mixture.partial_fit(batch), other.partial_fit(batch))


def test_a_stream_goes_on_after_a_batch_that_was_refused():
    """The refused batch has the shape of the one before, and spoilt the kernel that was kept."""
    mixture, other = (
        pass_on(GaussianMixture(3, random_state=0), [X[:400], X[400:800]]) for _ in range(2)
    )
    with pytest.raises(ValueError, match="X contains NaN"):
        mixture.partial_fit(np.where(X[:400] > 3, np.nan, X[:400]))
    for batch in (X[800:], X[:400]):
        assert_same(mixture.partial_fit(batch), other.partial_fit(batch))


def test_rows_of_weight_zero_have_to_be_finite():
    mixture = pass_on(GaussianMixture(3, random_state=0), BATCHES)
    bad = np.vstack([X[:50], [[np.nan, 0, 0]]])
    with pytest.raises(ValueError, match=r"NaN.*leave them out with X\[sample_weight > 0\]"):
        mixture.partial_fit(bad, sample_weight=np.append(np.ones(50), 0))
    assert mixture.n_steps_ == 3


@pytest.mark.parametrize("began", [True, False])
@pytest.mark.parametrize(
    ("name", "value", "other"), [("noise", True, False), ("prior", "default", None)]
)
def test_noise_and_prior_stay_as_the_stream_began(name, value, other, began):
    X = np.random.default_rng(0).normal(size=(300, 2))
    first, second = (value, other) if began else (other, value)
    mixture = GaussianMixture(2, random_state=0, **{name: first}).partial_fit(X)
    mixture.set_params(**{name: second})
    with pytest.raises(ValueError, match=f"{name}=.* but the stream began"):
        mixture.partial_fit(X)
    mixture.set_params(**{name: first}).partial_fit(X)


# ---------------------------------------------------------------------------- not finite

CLUSTERS = np.r_[X[:150], X[:150] + 20]
REFUSED = {
    np.nan: "Input X contains NaN",
    np.inf: "Input X contains infinity",
    -np.inf: "Input X contains infinity",
    1e160: "spreads over 1e[+]160, and squared distances overflow float64",
}
BEFORE = {
    "first batch": lambda mixture, rows: mixture,
    "second batch": lambda mixture, rows: mixture.partial_fit(rows),
    "third batch": lambda mixture, rows: mixture.partial_fit(rows).partial_fit(rows),
    "after fit": lambda mixture, rows: mixture.fit(rows),
    "batch after fit": lambda mixture, rows: mixture.fit(rows).partial_fit(rows),
}


@pytest.mark.parametrize("noise", [True, False])
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("covariance_type", covariance_types())
def test_numbers_that_are_not_finite_are_refused_by_every_model(covariance_type, before, noise):
    """One row alone, one row of many, and a row of weight zero; with noise, far rows too."""
    rows = CLUSTERS[:, :1] if covariance_type in ("E", "V") else CLUSTERS
    mixture = GaussianMixture(2, covariance_type=covariance_type, noise=noise, random_state=0)
    BEFORE[before](mixture, rows)
    kept = dict(vars(mixture))
    for value, message in REFUSED.items():
        bad = rows[:40].copy()
        bad[-1, -1] = value
        batches = [(bad, None)]
        if np.isfinite(value):
            batches += [(bad[-1:], None)] if before == "second batch" else []
        else:
            batches += [(bad, np.append(np.ones(39), 0))]
            batches += [] if before == "first batch" else [(bad[-1:], None)]
        for batch, weights in batches:
            with pytest.raises(ValueError, match=message):
                mixture.partial_fit(batch, sample_weight=weights)
            # The kernel that a step kept is no state: a refused batch drops it.
            assert all(vars(mixture)[name] is kept[name] for name in kept)
            assert vars(mixture).keys() == kept.keys()
    assert mixture.partial_fit(rows).n_steps_ == kept.get("n_steps_", 0) + 1


def test_rows_near_the_middle_of_a_mixture_with_noise():
    """Distances that underflow are no reason to refuse a batch."""
    rows = np.r_[CLUSTERS, -CLUSTERS]
    mixture = GaussianMixture(2, noise=True, random_state=0).partial_fit(rows)
    mixture.means_ = np.array([[-5.0] * 3, [5.0] * 3])
    mixture.weights_ = np.full(2, (1 - mixture.noise_weight_) / 2)
    assert mixture.partial_fit([[1e-200, 0, 0]]).n_steps_ == 2


ATTRIBUTES = ("weights_", "means_", "covariances_", "precisions_cholesky_", "noise_weight_")


@pytest.mark.parametrize("name", [*ATTRIBUTES, "noise_volume_"])
@pytest.mark.parametrize("before", ["second batch", "third batch", "after fit"])
def test_parameters_that_are_not_finite_are_refused(before, name):
    mixture = GaussianMixture(2, noise=True, random_state=0)
    BEFORE[before](mixture, CLUSTERS)
    for value, found in ((np.nan, "NaN"), (np.inf, "infinity")):
        kept = getattr(mixture, name)
        changed = np.array(kept)
        changed[(-1,) * changed.ndim] = value
        setattr(mixture, name, changed if changed.ndim else float(changed))
        with pytest.raises(ValueError, match=f"^{name} holds {found}, and partial_fit goes on"):
            mixture.partial_fit(CLUSTERS)
        setattr(mixture, name, kept)
    mixture.means_[:] = np.nan
    with pytest.raises(ValueError, match="means_ holds NaN"):
        mixture.partial_fit(CLUSTERS)
    assert mixture.fit(CLUSTERS).converged_


@pytest.mark.parametrize("covariance_type", ["full", "tied", "spherical"])
def test_without_noise_parameters_have_to_be_finite_too(covariance_type):
    mixture = GaussianMixture(2, covariance_type=covariance_type, random_state=0)
    mixture.partial_fit(CLUSTERS)
    mixture.covariances_[:] = 1e308  # finite, but sums are not; no E step of a stream reads them
    mixture.partial_fit(CLUSTERS)
    mixture.covariances_.flat[0] = np.inf
    with pytest.raises(ValueError, match="covariances_ holds infinity"):
        mixture.partial_fit(CLUSTERS)


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])
def test_a_refused_first_batch_draws_no_random_numbers(kind):
    source = kind(3)
    mixture = GaussianMixture(4, random_state=source)
    copies = np.repeat(CLUSTERS[:4], 50, axis=0)
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("error", CollapseWarning)
            with pytest.raises(CollapseWarning):
                mixture.partial_fit(copies)
        assert not hasattr(mixture, "means_")
    fits = [GaussianMixture(2, random_state=each) for each in (source, kind(3))]
    with pytest.raises(ValueError, match="NaN"):
        fits[0].partial_fit(np.where(CLUSTERS > 3, np.nan, CLUSTERS))
    for fit in fits:
        fit.partial_fit(CLUSTERS)
    np.testing.assert_array_equal(fits[0].means_, fits[1].means_)
    draws = [fit.random_state.uniform() for fit in fits]
    assert draws[0] == draws[1] != kind(3).uniform()
