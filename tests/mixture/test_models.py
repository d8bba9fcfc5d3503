"""The fourteen covariance models, against plain NumPy and by their constraints."""

import numpy as np
import pytest
from scipy.stats import ortho_group
from support.mclust_models import MODELS, groups
from support.mixtures import PARAMETERS, fit_mixture
from support.samples import quiet_fit
from support.tables import table

from mixclust import GaussianMixture
from mixclust._mixture.data import MixtureData
from mixclust._mixture.structures import covariance_types, structure_of

OWN = tuple(name for name in MODELS if structure_of(name).name == name)
SHARED_AXES = ("EVE", "VVE")
EXACT = {"reg_covar": 0, "tol": 1e-13, "max_iter": 20_000}


def scatters_of(X, labels):
    """Sizes, and scatter matrices about the means, of labelled groups."""
    sizes = np.bincount(labels).astype(np.float64)
    parts = [X[labels == k] - X[labels == k].mean(axis=0) for k in range(len(sizes))]
    return sizes, np.array([part.T @ part for part in parts])


def loss(sizes, scatters, covariances):
    """Twice minus the log-likelihood of the covariances, but for a constant."""
    logs = np.linalg.slogdet(covariances)[1]
    traces = np.trace(np.linalg.solve(covariances, scatters), axis1=1, axis2=2)
    return sizes @ logs + traces.sum()


def perturbed(structure, covariances, sizes, seed):
    """Covariances of a model close to others: the nearest ones to random changes."""
    generator = np.random.default_rng(seed)
    roots = np.linalg.cholesky(structure.matrices(covariances, *sizes))
    noise = np.eye(sizes[1]) + 0.02 * generator.normal(size=(*sizes, sizes[1]))
    matrices = np.einsum("kij,kjl,kml,knm->kin", roots, noise, noise, roots)
    matrices = (matrices + matrices.swapaxes(1, 2)) / 2
    if structure.family == "full":
        return structure.nearest(matrices, None)[0]
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    if structure.family == "spherical":
        variances = variances.mean(axis=1)
    return structure.nearest(variances.copy(), None)[0]


@pytest.mark.parametrize("model", OWN)
def test_no_other_covariances_of_the_model_are_likelier(model):
    X = table("banknote")
    labels = groups(X, 4)
    sizes, scatters = scatters_of(X, labels)
    structure = structure_of(model)
    data = MixtureData(X, None, structure, 1)
    data.describe(0.0)
    kernel = data.fitter(4)
    kernel.start(labels=labels)
    covariances = data.parameters(kernel).covariances
    shape = 4, X.shape[1]
    least = loss(sizes, scatters, structure.matrices(covariances, *shape))
    found = [
        loss(
            sizes,
            scatters,
            structure.matrices(perturbed(structure, covariances, shape, seed), *shape),
        )
        for seed in range(20)
    ]
    assert least < min(found)
    assert max(found) - least > 1e-3  # the changes are large enough to be seen


@pytest.mark.parametrize("model", SHARED_AXES)
def test_common_axes_are_the_best_of_many_starts(model):
    """Rotations in planes, from random axes, in plain NumPy, end no lower."""
    X = table("iris")
    labels = groups(X, 5)
    sizes, scatters = scatters_of(X, labels)

    def objective(axes):
        variances = np.einsum("ji,kjl,li->ki", axes, scatters, axes)
        if model == "VVE":
            return sizes @ np.log(variances).sum(axis=1)
        return np.exp(np.log(variances).mean(axis=1)).sum()

    def descend(axes):
        angles = np.linspace(-np.pi / 4, np.pi / 4, 181)
        for _ in range(12):
            for i in range(4):
                for j in range(i):
                    turned = []
                    for angle in angles:
                        turn = np.eye(4)
                        turn[[i, j], [i, j]] = np.cos(angle)
                        turn[i, j], turn[j, i] = np.sin(angle), -np.sin(angle)
                        turned.append(axes @ turn)
                    axes = min(turned, key=objective)
        return objective(axes)

    data = MixtureData(X, None, structure_of(model), 1)
    data.describe(0.0)
    kernel = data.fitter(5)
    kernel.start(labels=labels)
    _, _, axes = structure_of(model).decompose(data.parameters(kernel).covariances, 5, 4)
    best = min(descend(axes) for axes in ortho_group.rvs(4, size=3, random_state=0))
    assert objective(axes[0]) <= best + 1e-9 * abs(best)


@pytest.mark.parametrize("model", MODELS)
def test_volumes_shapes_and_orientations(model):
    X = table("banknote")
    mixture = fit_mixture(X, 3, covariance_type=model, random_state=0)
    volumes, shapes, axes = mixture.volumes_, mixture.shapes_, mixture.orientations_
    matrices = np.einsum("k,kij,kj,klj->kil", volumes, axes, shapes, axes)
    expected = structure_of(model).matrices(mixture.covariances_, 3, 6)
    np.testing.assert_allclose(matrices, expected, atol=1e-12)
    np.testing.assert_allclose(np.prod(shapes, axis=1), 1)
    np.testing.assert_allclose(axes @ axes.swapaxes(1, 2), [np.eye(6)] * 3, atol=1e-12)
    for letter, part in zip(model, (volumes, shapes, axes), strict=True):
        if letter == "E":
            np.testing.assert_allclose(part, np.broadcast_to(part[:1], part.shape), rtol=1e-9)
        elif letter == "V":
            assert abs(part[1:] - part[:1]).max() > 1e-3
        else:
            np.testing.assert_allclose(part[0], np.eye(6) if part is axes else np.ones(6))


def test_synonyms_fit_the_same_bits():
    X = table("iris")
    pairs = {"VVV": "full", "EEE": "tied", "VVI": "diag", "VII": "spherical"}
    for name, familiar in (pairs | {"tied-diag": "EEI", "tied-spherical": "EII"}).items():
        ours = fit_mixture(X, 3, covariance_type=name, random_state=0)
        same = fit_mixture(X, 3, covariance_type=familiar, random_state=0)
        assert ours.covariance_type == name
        for parameter in PARAMETERS:
            assert (getattr(ours, parameter) == getattr(same, parameter)).all()


@pytest.mark.parametrize("model", MODELS)
def test_one_feature(model):
    """All models are "E" or "V"."""
    X = table("faithful")[:, 1:]
    mixture = fit_mixture(X, 3, covariance_type=model, resp_init=groups(X, 3), **EXACT)
    same = fit_mixture(X, 3, covariance_type=model[0], resp_init=groups(X, 3), **EXACT)
    np.testing.assert_allclose(mixture.score(X), same.score(X), rtol=1e-9)
    n_volumes = 3 if model[0] == "V" else 1
    assert mixture._n_parameters() == n_volumes + 3 + 2 == same._n_parameters()


@pytest.mark.parametrize("letter", ["E", "V"])
def test_names_for_one_feature_refuse_more(letter):
    message = f"covariance_type='{letter}' is for one feature, but X has 4; pass '{letter}II'"
    with pytest.raises(ValueError, match=message):
        GaussianMixture(2, covariance_type=letter).fit(table("iris"))


def test_an_unknown_model_lists_the_names():
    with pytest.raises(ValueError, match=r"covariance_type='VEX' must be one of .*'VEV'.*'VVV'"):
        GaussianMixture(2, covariance_type="VEX").fit(table("iris"))


@pytest.mark.parametrize("model", OWN)
def test_given_covariances_must_satisfy_the_constraint(model):
    X = table("iris")
    mixture = fit_mixture(X, 3, covariance_type=model, random_state=0)
    given = mixture.weights_, mixture.means_, mixture.covariances_
    again = GaussianMixture.from_parameters(*given, covariance_type=model)
    assert (again.predict(X) == mixture.predict(X)).all()
    other = fit_mixture(X, 3, covariance_type=structure_of(model).family, random_state=0)
    given = other.weights_, other.means_, other.covariances_
    with pytest.raises(ValueError, match=rf"covariances\[\d\] is not of the model '{model}'"):
        GaussianMixture.from_parameters(*given, covariance_type=model)


@pytest.mark.parametrize("model", OWN)
def test_precisions_to_start_from_become_those_of_the_model(model):
    """The bound rises from the first iteration on, so that it is one of the model."""
    X = table("iris")
    other = fit_mixture(X, 3, covariance_type=structure_of(model).family, random_state=0)
    start = {"weights_init": other.weights_, "means_init": other.means_}
    start["precisions_init"] = other.precisions_
    mixture = fit_mixture(X, 3, covariance_type=model, reg_covar=0, **start)
    assert np.diff(mixture.lower_bounds_).min() > -1e-13
    assert mixture.lower_bounds_[0] < other.score(X)


@pytest.mark.parametrize("model", MODELS)
def test_a_component_without_rows_keeps_the_constraint(model):
    X = table("iris")
    labels = groups(X, 3)
    labels[labels == 2] = 1
    mixture = fit_mixture(X, 3, covariance_type=model, resp_init=labels, max_iter=1)
    assert mixture.weights_[2] == 0
    assert np.isfinite(mixture.score(X))
    if structure_of(model).name == model:
        structure_of(model).check_constraint(mixture.covariances_)


@pytest.mark.parametrize("model", OWN)
@pytest.mark.parametrize("n_rows", [3, 5])
def test_few_rows_are_said_and_leave_finite_parameters(model, n_rows):
    X = table("banknote")[:n_rows]
    mixture = fit_mixture(X, 2, covariance_type=model, random_state=0)
    assert np.isfinite(mixture.score(X))
    assert np.isfinite(mixture.covariances_).all()


@pytest.mark.parametrize("model", OWN)
def test_parts_of_a_mixture_have_a_model_that_fits(model):
    X = table("banknote")
    mixture = fit_mixture(X, 3, covariance_type=model, random_state=0)
    full = structure_of(model).matrices(mixture.covariances_, 3, 6)
    part = mixture.marginal([4, 1])
    structure = structure_of(part.covariance_type)
    matrices = structure.matrices(part.covariances_, 3, 2)
    np.testing.assert_allclose(matrices, full[:, [4, 1]][:, :, [4, 1]])
    for found in (part, mixture.condition({0: X[0, 0], 3: X[0, 3]})):
        GaussianMixture.from_parameters(
            found.weights_, found.means_, found.covariances_, covariance_type=found.covariance_type
        )


def test_all_models_are_tested():
    assert {structure_of(name) for name in MODELS} == {structure_of(n) for n in covariance_types()}


@pytest.mark.parametrize("model", ["EEI", "VEI", "EVI", "VVI"])
def test_features_in_units_that_differ_by_any_factor(model):
    X = table("iris")[:, :3]
    factors = np.array([1e-100, 1, 1e100])
    start = groups(X, 3)
    mixture = fit_mixture(X, 3, covariance_type=model, resp_init=start)
    scaled = fit_mixture(X * factors, 3, covariance_type=model, resp_init=start)
    np.testing.assert_allclose(scaled.covariances_, mixture.covariances_ * factors**2, rtol=1e-6)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("on_collapse", ["floor", "drop"])
def test_features_that_differ_by_all_of_the_range_of_float64(model, on_collapse):
    """A shape of determinant 1 would hold variances of zero and of infinity."""
    X = np.full((4, 8), -3.6e-93)
    X[1, [0, 2, 4]] = 0, 2.1e80, 2.1e98
    X[2, 1] = 4.2e-54
    mixture = GaussianMixture(2, covariance_type=model, on_collapse=on_collapse, max_iter=8)
    quiet_fit(mixture.set_params(init_params="kmeans", random_state=0), X)
    assert np.isfinite(mixture.lower_bounds_).all()
    assert np.isfinite(mixture.covariances_).all()
