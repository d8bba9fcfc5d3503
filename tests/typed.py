"""The types of the public interface, for type checkers and for tests/test_typing.py.

Type checkers compare inferred types with each ``assert_type``; the test runs the functions, where
`assert_type` compares the values with the same types. A line of ``# type: ignore`` is one that type
checkers must refuse.
"""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import mixclust
from mixclust import (
    FitProgress,
    GaussianMixture,
    GaussianMixtureIC,
    KMeans,
    MiniBatchKMeans,
    MixtureClassifier,
    MixtureImputer,
    ProgressBar,
    bootstrap,
    chunks,
    k_means,
    kmeans_plusplus,
    likelihood_ratio_test,
    merge_components,
    select,
    show_config,
)
from mixclust.images import (
    apply_palette,
    color_difference,
    distortion,
    dither,
    load_palette,
    quantize,
    save_palette,
)

if TYPE_CHECKING:
    from typing_extensions import assert_type
else:
    from support.typing_values import assert_type

X = np.random.default_rng(0).normal(size=(60, 2)) + np.repeat([[0.0], [9.0]], 30, axis=0)
WEIGHTS = [1.0] * 60


def kmeans_answers() -> None:
    kmeans = KMeans(2, n_init=10, random_state=0).fit(X, sample_weight=WEIGHTS)
    assert_type(kmeans, KMeans)
    assert_type(kmeans.cluster_centers_, NDArray[np.floating[Any]])
    assert_type(kmeans.labels_, NDArray[np.int32])
    assert_type(kmeans.inertia_, float)
    assert_type(kmeans.total_weight_, float)
    assert_type(kmeans.n_iter_, int)
    assert_type(kmeans.init_inertias_, NDArray[np.float64])
    assert_type(kmeans.n_empty_clusters_refilled_, int)
    assert_type(kmeans.n_features_in_, int)
    assert_type(kmeans.predict([[0.0, 1.0], [2, 3]]), NDArray[np.int32])
    assert_type(kmeans.fit_predict(X), NDArray[np.int32])
    assert_type(kmeans.score(X), float)
    assert_type(kmeans.transform(X), Any)
    assert_type(kmeans.fit_transform(X), Any)
    assert_type(kmeans.nearest_centers(X), tuple[NDArray[np.int32], NDArray[np.float64]])
    assert_type(kmeans.silhouette_samples(X), NDArray[np.float64])
    assert_type(kmeans.to_gaussian_mixture("diag"), GaussianMixture)
    assert_type(KMeans.from_sklearn(kmeans.to_sklearn()), KMeans)
    assert_type(kmeans.set_params(n_clusters=3), KMeans)
    assert_type(kmeans.set_output(transform="default"), KMeans)
    assert_type(kmeans.get_params(), dict[str, Any])
    assert_type(kmeans.get_feature_names_out(), NDArray[np.object_])


def kmeans_arguments(path: Path) -> None:
    KMeans(np.int64(2), n_init="auto", tol=np.float32(0.1), random_state=np.random.default_rng(1))
    KMeans(2, init=[[0.0, 0.0], [9.0, 9.0]], n_threads=1, callback=lambda state: state.inertia > 0)
    KMeans(2, init=lambda X, n_clusters, random_state: X[:n_clusters]).fit([X[0], X[1]])
    KMeans(2, refine="breathing").set_params(refine=None)
    k_means(X, 2, refine="breathing", random_state=0)
    k_means(X, 2, frozen_centers=[[0.0, 0.0]], random_state=0)
    KMeans(2, frozen_centers=X[:1].astype(np.float32)).set_params(frozen_centers=None).fit(X)
    kmeans = KMeans(2, init=X[:2], algorithm="elkan").fit(X.astype(np.float32).T.copy().T)
    kmeans.save(path, labels=True)
    assert_type(KMeans.load(str(path)), KMeans)
    assert_type(kmeans.predict(X, out=np.empty(60, dtype=np.int32)), NDArray[np.int32])
    kmeans.transform(X, out=str(path.with_suffix(".npy")))


def kmeans_over_chunks(path: Path) -> None:
    rows = chunks(X, chunk_rows=7)
    kmeans = KMeans(2, random_state=0).fit(rows)
    assert_type(kmeans, KMeans)
    assert_type(kmeans.predict(rows, out=path), NDArray[np.int32])
    assert_type(kmeans.transform(rows, out=path), Any)
    assert_type(kmeans.fit_predict(rows), NDArray[np.int32])
    assert_type(kmeans.fit_transform(rows), Any)
    assert_type(kmeans.score(rows), float)
    assert_type(kmeans.nearest_centers(rows), tuple[NDArray[np.int32], NDArray[np.float64]])
    assert_type(kmeans.silhouette_samples(rows), NDArray[np.float64])
    _, labels, inertia = k_means(rows, 2, random_state=0)
    assert_type(labels, NDArray[np.int32])
    assert_type(inertia, float)


def mini_batch_kmeans(path: Path) -> None:
    kmeans = MiniBatchKMeans(2, random_state=0).fit(X, sample_weight=WEIGHTS)
    assert_type(kmeans, MiniBatchKMeans)
    assert_type(kmeans.cluster_centers_, NDArray[np.floating[Any]])
    assert_type(kmeans.labels_, NDArray[np.int32])
    assert_type(kmeans.counts_, NDArray[np.float64])
    assert_type(kmeans.inertia_, float)
    assert_type(kmeans.total_weight_, float)
    assert_type(kmeans.n_iter_, int)
    assert_type(kmeans.n_steps_, int)
    assert_type(kmeans.partial_fit(X[:10], sample_weight=WEIGHTS[:10]), MiniBatchKMeans)
    assert_type(kmeans.fit_predict(X), NDArray[np.int32])
    assert_type(kmeans.fit_transform(X), Any)
    assert_type(kmeans.predict(X), NDArray[np.int32])
    assert_type(kmeans.to_gaussian_mixture("diag"), GaussianMixture)
    assert_type(kmeans.set_output(transform="default"), MiniBatchKMeans)
    MiniBatchKMeans(2, init=X[:2], max_no_improvement=None, init_size=np.int64(30), tol=0.1).fit(X)
    MiniBatchKMeans(2, callback=lambda state: state.ewa_inertia > 0, forgetting_factor=0.5).fit(X)
    kmeans.save(path, labels=True)
    assert_type(MiniBatchKMeans.load(path), MiniBatchKMeans)


def functions() -> None:
    centers, labels, inertia = k_means(X, 2, random_state=0)
    assert_type(centers, NDArray[np.floating[Any]])
    assert_type(labels, NDArray[np.int32])
    assert_type(inertia, float)
    _, _, _, n_iter = k_means(X, 2, random_state=0, return_n_iter=True)
    assert_type(n_iter, int)
    seeds, indices = kmeans_plusplus(X, 3, random_state=0)
    assert_type(seeds, NDArray[np.floating[Any]])
    assert_type(indices, NDArray[np.intp])
    assert_type(show_config("dicts"), dict[str, Any])
    assert_type(mixclust.__version__, str)


def mixture_answers() -> None:
    mixture = GaussianMixture(2, random_state=0, reg_covar=1e-9).fit(X, sample_weight=WEIGHTS)
    assert_type(mixture, GaussianMixture)
    assert_type(mixture.weights_, NDArray[np.float64])
    assert_type(mixture.means_, NDArray[np.float64])
    assert_type(mixture.covariances_, NDArray[np.float64])
    assert_type(mixture.precisions_, NDArray[np.float64])
    assert_type(mixture.precisions_cholesky_, NDArray[np.float64])
    assert_type(mixture.converged_, bool)
    assert_type(mixture.n_iter_, int)
    assert_type(mixture.lower_bound_, float)
    assert_type(mixture.lower_bounds_, list[float])
    stream = GaussianMixture(2, learning_decay=0.7, forgetting_factor=0.9)
    assert_type(stream.partial_fit(X, sample_weight=WEIGHTS), GaussianMixture)
    assert_type(stream.n_steps_, int)
    assert_type(stream.weight_seen_, float)
    assert_type(mixture.report_.effective_sizes, NDArray[np.float64])
    assert_type(mixture.report_.n_collapsed, int)
    assert_type(mixture.report_.seconds, dict[str, float])
    assert_type(mixture.report_.runs[0].lower_bound, float | None)
    assert_type(mixture.report_.runs[0].collapsed, NDArray[np.bool_])
    assert_type(mixture.report_.runs[0].ended, str | None)
    assert_type(mixture.report_.runs[0].last_gains, NDArray[np.float64])
    assert_type(mixture.report_.runs[0].gain_to_come, float)
    assert_type(mixture.report_.near_duplicates(), list[tuple[int, int]])
    assert_type(mixture.predict(X), NDArray[np.int32])
    assert_type(mixture.fit_predict(X, resp_init=[0, 1] * 30), NDArray[np.int32])
    labels, uncertainty = mixture.predict(X, return_uncertainty=True)
    assert_type(labels, NDArray[np.int32])
    assert_type(uncertainty, NDArray[np.float64])
    assert_type(mixture.predict_proba(X), NDArray[np.float64])
    assert_type(mixture.score_samples(X), NDArray[np.float64])
    assert_type(mixture.uncertainty(X), NDArray[np.float64])
    assert_type(mixture.entropy(X), NDArray[np.float64])
    assert_type(mixture.score(X), float)
    assert_type(mixture.bic(X, WEIGHTS), float)
    assert_type(mixture.aic(X), float)
    assert_type(mixture.icl(X), float)
    assert_type(mixture.score_samples_by_component(X), NDArray[np.float64])
    assert_type(mixture.sample(5, random_state=0), tuple[NDArray[np.float64], NDArray[np.intp]])
    assert_type(mixture.sample(np.int64(5)), tuple[NDArray[np.float64], NDArray[np.intp]])
    assert_type(mixture.marginal([1]), GaussianMixture)
    assert_type(mixture.condition({0: 1.0}), GaussianMixture)
    noisy = GaussianMixture(2, noise=True, noise_volume=50.0).fit(X, noise_init=[False] * 60)
    assert_type(noisy.noise_weight_, float)
    assert_type(noisy.noise_volume_, float)
    assert_type(noisy.noise_corner_, NDArray[np.float64])
    assert_type(noisy.noise_edges_, NDArray[np.float64])
    assert_type(noisy.without_noise(), GaussianMixture)
    assert_type(mixture.impute(X.astype(np.float32)), NDArray[np.floating[Any]])


def selections(path: Path) -> None:
    search = GaussianMixtureIC(range(1, 3), covariance_type=["full", "EEI"], random_state=0)
    assert_type(search.fit(X, sample_weight=WEIGHTS), GaussianMixtureIC)
    assert_type(search.best_estimator_, GaussianMixture)
    assert_type(search.best_params_, dict[str, Any])
    assert_type(search.criteria_, Any)
    assert_type(search.weights_, NDArray[np.float64])
    assert_type(search.means_, NDArray[np.float64])
    assert_type(search.report_.ranked[0].bic, float)
    assert_type(search.report_.ranked[0].covariance_type, str)
    assert_type(search.report_.seconds, dict[str, float])
    assert_type(search.predict(X), NDArray[np.int32])
    labels, uncertainty = search.predict(X, return_uncertainty=True)
    assert_type(labels, NDArray[np.int32])
    assert_type(uncertainty, NDArray[np.float64])
    assert_type(search.fit_predict(X), NDArray[np.int32])
    assert_type(search.predict_proba(X), NDArray[np.float64])
    assert_type(search.score_samples(X), NDArray[np.float64])
    assert_type(search.score_samples_by_component(X), NDArray[np.float64])
    assert_type(search.uncertainty(X), NDArray[np.float64])
    assert_type(search.entropy(X), NDArray[np.float64])
    assert_type(search.score(X, sample_weight=WEIGHTS), float)
    assert_type(search.bic(X, WEIGHTS), float)
    assert_type(search.aic(X), float)
    assert_type(search.icl(X), float)
    assert_type(search.sample(5), tuple[NDArray[np.float64], NDArray[np.intp]])
    assert_type(search.marginal([1]), GaussianMixture)
    assert_type(search.condition({0: 1.0}), GaussianMixture)
    assert_type(search.impute(X.astype(np.float32)), NDArray[np.floating[Any]])
    search.save(path)
    assert_type(GaussianMixtureIC.load(path), GaussianMixtureIC)
    assert_type(select(X, 2, "full,tied", "icl", n_threads=1), GaussianMixtureIC)
    GaussianMixtureIC([1, np.int64(2)], callback=lambda state: state.n_fitted > 99).fit(X)
    with_options = GaussianMixtureIC(2, noise=True, noise_volume=9, prior={"dof": 7}).fit(X)
    assert_type(with_options.without_noise(), GaussianMixture)


def given_mixtures() -> None:
    mixture = GaussianMixture.from_parameters(
        [0.5, 0.5], [[0.0, 0.0], [9.0, 9.0]], [1.0, 2.0], covariance_type="spherical", n_threads=1
    )
    assert_type(mixture, GaussianMixture)
    assert_type(GaussianMixture.from_sklearn(mixture.to_sklearn()), GaussianMixture)


def merged_and_resampled_mixtures() -> None:
    mixture = GaussianMixture(3, random_state=0).fit(X)
    merged = merge_components(mixture, X, sample_weight=WEIGHTS)
    assert_type(merged.merges_, NDArray[np.intp])
    assert_type(merged.entropies_, NDArray[np.float64])
    assert_type(merged.n_clusters_, int)
    assert_type(merged.component_labels(2), NDArray[np.intp])
    assert_type(merged.predict(X), NDArray[np.int32])
    assert_type(merged.predict_proba(X, np.int64(2)), NDArray[np.float64])
    result = bootstrap(GaussianMixture(2, random_state=0).fit(X), X, n_resamples=9, verbose=False)
    assert_type(result.weights_, NDArray[np.float64])
    assert_type(result.standard_errors.means, NDArray[np.float64])
    assert_type(result.intervals(0.9).low.covariances, NDArray[np.float64])
    assert_type(result.n_collapsed, int)
    tests = likelihood_ratio_test(
        GaussianMixture(random_state=0), X, n_resamples=9, max_components=1, search=False
    )
    assert_type(tests.p_values_, NDArray[np.float64])
    assert_type(tests.n_components_, int)
    assert_type(tests.mixtures_[1], GaussianMixture)


def mixture_callbacks() -> None:
    seen: list[NDArray[np.float64]] = []
    GaussianMixture(2, callback=lambda state: seen.append(state.parameters().means)).fit(X)
    assert_type(seen[0], NDArray[np.float64])


def watched_fits() -> None:
    texts: list[tuple[str, str, int, float, float | None]] = []

    def watch(state: FitProgress) -> bool:
        texts.append((state.phase, state.message, state.n_runs, state.seconds, state.seconds_left))
        return False

    KMeans(2, callback=watch).fit(X)
    GaussianMixture(2, callback=ProgressBar(watch)).fit(X)
    GaussianMixtureIC((1, 2), covariance_type="full", callback=ProgressBar()).fit(X)
    MiniBatchKMeans(2, callback=ProgressBar()).fit(X)
    assert_type(texts, list[tuple[str, str, int, float, float | None]])


def reports() -> None:
    kmeans = KMeans(2, random_state=0).fit(X).report_
    assert_type(kmeans.inertia, float)
    assert_type(kmeans.sizes, NDArray[np.float64] | None)
    assert_type(kmeans.best, int | None)
    assert_type(kmeans.n_agreeing, int | None)
    assert_type(kmeans.refinement_gain, float | None)
    assert_type(kmeans.to_dict(), dict[str, Any])
    assert_type(MiniBatchKMeans(2, random_state=0).fit(X).report_.n_steps, int | None)
    mixture = GaussianMixture(2, random_state=0).fit(X).report_
    assert_type(mixture.bic, float | None)
    assert_type(mixture.icl, float | None)
    assert_type(mixture.df, int)
    assert_type(mixture.means, NDArray[np.float64])
    assert_type(mixture.to_dict(), dict[str, Any])
    selection = GaussianMixtureIC((1, 2), covariance_type="full", random_state=0).fit(X).report_
    assert_type(selection.best.log_likelihood, float | None)
    assert_type(selection.to_dict(), dict[str, Any])


def chunks_of_rows(path: Path) -> None:
    states: list[mixclust.ChunkProgress] = []
    chunks = mixclust.chunks(X, columns=[0, 1], sample_weight=WEIGHTS, progress=states.append)
    assert_type(chunks, mixclust.Chunks)
    assert_type(chunks.n_features, int)
    assert_type(chunks.n_rows, int | None)
    assert_type(chunks.n_chunks, int | None)
    assert_type(chunks.chunk_rows, int | None)
    assert_type(chunks.has_weights, bool)
    for part in chunks.read():
        assert_type(part.first, int)
        assert_type(part.X, NDArray[np.floating[Any]])
        assert_type(part.weights, NDArray[np.float64] | None)
    assert_type(states[0].rows_done, int)
    assert_type(states[0].seconds_left, float | None)
    np.save(path / "rows.npy", X)
    mixclust.chunks(path / "rows.npy", chunk_rows=np.int64(7), progress=True)
    mixclust.chunks([str(path / "rows.npy")], sample_weight=WEIGHTS)
    mixclust.chunks(lambda: iter([X]), chunk_rows="auto")


def imputer_answers() -> None:
    imputer = MixtureImputer(2, covariance_type="diag", draw=True, random_state=0).fit(X)
    assert_type(imputer, MixtureImputer)
    assert_type(imputer.mixture_, GaussianMixture)
    assert_type(imputer.means_, NDArray[np.float64])
    assert_type(imputer.n_complete_rows_, int)
    assert_type(imputer.n_iter_, int)
    assert_type(imputer.transform([[np.nan, 1.0]]), Any)
    assert_type(imputer.fit_transform(X, sample_weight=WEIGHTS), Any)
    assert_type(imputer.set_output(transform="pandas"), MixtureImputer)
    assert_type(imputer.get_feature_names_out(), NDArray[np.object_])


def to_onnx() -> None:
    import onnx

    assert_type(KMeans(2).fit(X).to_onnx("float32"), onnx.ModelProto)
    assert_type(KMeans(2).fit(X).to_onnx(np.float32), onnx.ModelProto)
    assert_type(GaussianMixture(2).fit(X).to_onnx(X.dtype), onnx.ModelProto)
    assert_type(GaussianMixture(2).fit(X).to_onnx(score_samples=True), onnx.ModelProto)


def over_dask() -> None:
    from mixclust.dask import GaussianMixture as DaskMixture
    from mixclust.dask import KMeans as DaskKMeans

    rows: Any = importlib.import_module("dask.array").from_array(X, chunks=(20, 2))
    kmeans = DaskKMeans(2, random_state=0, client=None, progress=lambda state: state.seconds)
    assert_type(kmeans.fit(rows, sample_weight=WEIGHTS), DaskKMeans)
    assert_type(kmeans.cluster_centers_, NDArray[np.floating[Any]])
    assert_type(kmeans.inertia_, float)
    assert_type(kmeans.score(rows), float)
    assert_type(kmeans.to_local(), KMeans)
    mixture = DaskMixture(2, random_state=0).fit(rows)
    assert_type(mixture.means_, NDArray[np.float64])
    assert_type(mixture.bic(rows), float)
    assert_type(mixture.sample(3), tuple[NDArray[np.float64], NDArray[np.intp]])
    assert_type(mixture.to_local(), GaussianMixture)


def classifier_answers() -> None:
    y = ["low", "high"] * 30
    classifier = MixtureClassifier("bic", covariance_type="diag", random_state=0)
    assert_type(classifier.fit(X, y, sample_weight=WEIGHTS), MixtureClassifier)
    assert_type(classifier.priors_, NDArray[np.float64])
    assert_type(classifier.weights_, NDArray[np.float64])
    assert_type(classifier.component_classes_, NDArray[np.int32])
    assert_type(classifier.covariance_type_, str)
    assert_type(classifier.n_parameters_, int)
    assert_type(classifier.mixtures_, list[GaussianMixture])
    assert_type(classifier.converged_, bool)
    assert_type(classifier.n_iter_, int)
    assert_type(classifier.lower_bound_, float)
    assert_type(classifier.lower_bounds_, list[float])
    assert_type(classifier.report_.unlabelled_weight, float)
    assert_type(classifier.report_.criteria, dict[str, float])
    assert_type(classifier.report_.log_likelihood, float)
    assert_type(classifier.predict_proba(X), NDArray[np.float64])
    assert_type(classifier.predict_log_proba(X), NDArray[np.float64])
    assert_type(classifier.decision_function(X), NDArray[np.float64])
    assert_type(classifier.log_densities(X), NDArray[np.float64])
    assert_type(classifier.score_samples(X), NDArray[np.float64])
    assert_type(classifier.score(X, y), float)
    assert_type(classifier.bic(X), float)
    assert_type(classifier.aic(X, y, WEIGHTS), float)
    assert_type(classifier.sample(5)[0], NDArray[np.float64])
    MixtureClassifier({0: 1, 1: 2}, covariance_type={0: "full", 1: "bic"}, priors={0: 0.5, 1: 0.5})
    MixtureClassifier(priors=[0.5, 0.5], callback=lambda state: state.lower_bound > 0)


def images() -> None:
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    recolored, palette, labels = quantize(image, 3, random_state=0)
    assert_type(recolored, NDArray[np.uint8])
    assert_type(palette, NDArray[np.uint8])
    assert_type(labels, NDArray[np.unsignedinteger[Any]])
    assert_type(distortion(image, recolored).psnr, float)
    assert_type(color_difference(image, recolored), float)
    dither(image, palette, method="blue-noise")
    quantize(image, 3, space="lab", keep=palette, max_error=2.5, accents=0.5)
    if len(palette) > 1000:  # never: only the types are checked
        save_palette("palette.gpl", palette, shares=[0.5, 0.5], title="two")
        palette = load_palette("palette.gpl")
    assert_type(dither(image, palette).recolored, NDArray[np.uint8])
    assert_type(apply_palette(image, palette, space="rgb").labels, NDArray[np.unsignedinteger[Any]])


def plots() -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure
    from matplotlib.patches import Ellipse
    from matplotlib.text import Annotation, Text

    kmeans, mixture = KMeans(2, random_state=0).fit(X), GaussianMixture(2).fit(X)
    ax = Figure().subplots()
    curves = mixclust.plot.CriteriaDisplay.from_search(select(X, [1, 2], "full,EEI"), ax=ax)
    assert_type(curves, mixclust.plot.CriteriaDisplay)
    components = mixclust.plot.ComponentsDisplay.from_estimator(mixture, X, ax=ax)
    assert_type(components, mixclust.plot.ComponentsDisplay)
    assert_type(components.ellipses_, list[list[Ellipse]])
    assert_type(components.points_, dict[int, PathCollection])
    assert_type(components.numbers_, list[Annotation])
    silhouette = mixclust.plot.SilhouetteDisplay.from_estimator(kmeans, X, ax=ax)
    assert_type(silhouette.plot(ax=ax), mixclust.plot.SilhouetteDisplay)
    criteria = mixclust.plot.CriteriaDisplay.from_estimator(mixture, X, n_components=[1, 2], ax=ax)
    assert_type(criteria.best("bic")[0], int)
    merged = mixclust.plot.MergingDisplay.from_merged(merge_components(mixture, X), ax=ax)
    assert_type(merged.plot(against="merged rows", ax=ax), mixclust.plot.MergingDisplay)
    density = mixclust.plot.DensityDisplay.from_estimator(mixture, X, shares=0.5, ax=ax)
    assert_type(density, mixclust.plot.DensityDisplay)
    assert_type(density.density(X), NDArray[np.float64])
    histogram = mixclust.plot.HistogramDisplay.from_estimator(
        mixture, X, feature=1, bins=5, sample_weight=[1.0] * len(X), ax=ax
    )
    assert_type(histogram.plot(ax), mixclust.plot.HistogramDisplay)
    elbow = mixclust.plot.ElbowDisplay.from_estimator(kmeans, X, n_clusters=[1, 2], ax=ax)
    assert_type(elbow.best(), int)
    projection = mixclust.plot.ProjectionDisplay.from_estimator(kmeans, X, mean_weight=1, ax=ax)
    assert_type(projection.plot(ax), mixclust.plot.ProjectionDisplay)
    axes = Figure().subplots(2, 2)
    pairs = mixclust.plot.PairsDisplay.from_estimator(mixture, X, features=[1, 0], axes=axes)
    assert_type(pairs.planes_[1, 0], mixclust.plot.ComponentsDisplay)
    means = mixclust.plot.MeansDisplay.from_estimator(mixture, max_features=1, ax=ax)
    assert_type(means.texts_, list[Text])


def refused() -> None:
    """Type checkers refuse each of these calls; the test does not make them."""
    KMeans(n_init="ten")  # type: ignore
    KMeans(init="k-mean")  # type: ignore
    KMeans(algorithm="fast")  # type: ignore
    KMeans(refine="swaps")  # type: ignore
    KMeans(frozen_centers=1)  # type: ignore
    MixtureImputer(draw="yes")  # type: ignore
    KMeans(random_state="0")  # type: ignore
    KMeans(n_cluster=3)  # type: ignore
    KMeans().fit("table.csv")  # type: ignore
    KMeans().predict(X, out=3)  # type: ignore
    MiniBatchKMeans(batch_size="all")  # type: ignore
    MiniBatchKMeans(algorithm="lloyd")  # type: ignore
    MiniBatchKMeans().partial_fit("table.csv")  # type: ignore
    KMeans().fit([1.0, 2.0])  # type: ignore
    KMeans().set_output(transform="numpy")  # type: ignore
    GaussianMixture(covariance_type="round")  # type: ignore
    GaussianMixture(on_collapse=None)  # type: ignore
    GaussianMixture(reg_covar="none")  # type: ignore
    GaussianMixture(callback=3)  # type: ignore
    GaussianMixture().predict(None)  # type: ignore
    bootstrap(GaussianMixture(), X, method="jackknife")  # type: ignore
    merge_components(KMeans(), X)  # type: ignore
    MixtureClassifier("aic")  # type: ignore
    MixtureClassifier(covariance_type="round")  # type: ignore
    MixtureClassifier().fit(X)  # type: ignore
    mixclust.chunks(X, chunk_rows="ten")  # type: ignore
    mixclust.chunks(X, progress=3)  # type: ignore
    quantize("photo.png", 8)  # type: ignore
