"""Reports of all estimators: criteria against the methods, plain values, files, pickles, HTML."""

import copy
import io
import json
import pickle
import zipfile
from html.parser import HTMLParser

import numpy as np
import pytest
from support.samples import blobs, quiet_fit

import mixclust
from mixclust import (
    GaussianMixture,
    GaussianMixtureIC,
    KMeans,
    MiniBatchKMeans,
    MixtureClassifier,
    MixtureImputer,
)

X = blobs(0, 300, 3, 4)
Y = (X[:, 0] > 0).astype(int)
W = np.arange(300) % 4.0
NAMES = np.array(["<b>", "a & b"])[Y]

FITS = {
    "KMeans": lambda: KMeans(4, n_init=3, init="random", random_state=0).fit(X),
    "KMeans, weights": lambda: KMeans(4, random_state=0).fit(X, sample_weight=W),
    "KMeans, refined": lambda: KMeans(9, refine="breathing", random_state=0).fit(X),
    "KMeans, chunks": lambda: KMeans(4, random_state=0).fit(mixclust.chunks([X[:99], X[99:]])),
    "MiniBatchKMeans": lambda: MiniBatchKMeans(4, random_state=0).fit(X),
    "MiniBatchKMeans, a batch": lambda: MiniBatchKMeans(4, random_state=0).partial_fit(X),
    "GaussianMixture": lambda: GaussianMixture(4, n_init=2, random_state=0).fit(X),
    "GaussianMixture, noise": lambda: GaussianMixture(3, noise=True, random_state=0).fit(X),
    "GaussianMixture, no iteration": lambda: GaussianMixture(2, max_iter=0).fit(X),
    "GaussianMixtureIC": lambda: GaussianMixtureIC(
        (1, 4), covariance_type="full,EVE", random_state=0
    ).fit(X),
    "MixtureClassifier": lambda: MixtureClassifier(2, random_state=0).fit(X, Y),
    "MixtureClassifier, apart": lambda: MixtureClassifier(
        covariance_type={"<b>": "diag", "a & b": "full"}
    ).fit(X, NAMES),
}


@pytest.fixture(scope="module", params=FITS)
def fitted(request):
    return FITS[request.param]()


def test_reports_are_plain_values(fitted):
    values = fitted.report_.to_dict()
    assert json.loads(json.dumps(values, allow_nan=False)) == values


def test_reports_survive_files_pickles_and_copies(fitted, tmp_path):
    fitted.save(tmp_path / "fit")
    loaded = type(fitted).load(tmp_path / "fit")
    again = pickle.loads(pickle.dumps(loaded))
    others = [loaded, again, pickle.loads(pickle.dumps(fitted)), copy.copy(fitted)]
    for other in [*others, copy.deepcopy(fitted)]:
        assert other.report_.to_dict() == fitted.report_.to_dict()
        assert repr(other.report_) == repr(fitted.report_)
    loaded.save(tmp_path / "again")
    assert type(fitted).load(tmp_path / "again").report_.to_dict() == fitted.report_.to_dict()


class Tags(HTMLParser):
    """Reads HTML, and checks that each element is closed in its order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.seen, self.text = [], set(), ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert not attrs
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_html_shows_parameters_attributes_and_the_report(fitted):
    page = Tags(fitted._repr_html_())
    # Nothing that a notebook strips, and no text that became an element.
    allowed = ["details", "summary", "b", "table", "caption", "tr", "td", "code", "p", "pre"]
    assert page.seen == set(allowed)
    for name in fitted.get_params():
        assert name in page.text
    for name in vars(fitted):
        assert (
            name.startswith("_") or not name.endswith("_") or name == "report_" or name in page.text
        )
    assert repr(fitted.report_) in page.text


def test_html_before_a_fit_has_no_attributes():
    page = Tags(KMeans(2, init=np.zeros((2, 2)))._repr_html_())
    assert "not fitted" in page.text
    assert "Fitted attributes" not in page.text
    assert "pre" not in page.seen


def test_html_without_a_report():
    mixture = GaussianMixture.from_parameters([1.0], [[0.0]], [[[1.0]]])
    assert "Fitted attributes" in Tags(mixture._repr_html_()).text
    assert "imputer" in Tags(MixtureImputer().fit(X)._repr_html_()).text.lower()


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("kind", ["full", "tied", "EVE", "spherical"])
def test_criteria_of_a_mixture(kind, noise):
    options = {"covariance_type": kind, "noise": noise, "random_state": 0, "prior": "default"}
    mixture = quiet_fit(GaussianMixture(3, **options), X, sample_weight=W)
    report = mixture.report_
    for name in ("bic", "aic", "icl"):
        expected = getattr(mixture, name)(X, sample_weight=W)
        assert getattr(report, name) == pytest.approx(expected, rel=1e-12)
    assert report.df == mixture._n_parameters()
    assert report.means is mixture.means_
    values = report.to_dict()
    assert values["means"] == mixture.means_.tolist()
    assert values["sizes"] == pytest.approx(mixture.weights_ * W.sum())
    assert f"BIC {report.bic:.2f}, ICL {report.icl:.2f}" in repr(report)


def test_criteria_without_a_pass_of_their_own(monkeypatch):
    """Of many rows and of chunks the last iteration computed the log-likelihood."""
    monkeypatch.setattr("mixclust._mixture.em.MAX_BYTES_OF_ROWS", 10)
    start = {"means_init": X[:3], "tol": 1e-6}
    for rows in (X, mixclust.chunks([X[:99], X[99:]])):
        mixture = GaussianMixture(3, **start).fit(rows)
        report = mixture.report_
        assert report.icl is None
        assert "ICL not computed" in repr(report)
        gap = report.bic - mixture.bic(X)
        assert -1e-9 <= gap < 2 * mixture.tol * len(X)
    with_prior = GaussianMixture(3, prior="default", **start).fit(X).report_
    assert with_prior.bic is with_prior.log_likelihood is with_prior.to_dict()["aic"] is None
    assert "criteria" not in repr(with_prior)


def test_report_of_a_classifier():
    classifier = MixtureClassifier(2, covariance_type="bic", random_state=0).fit(X, Y)
    report = classifier.report_
    assert report.bic == pytest.approx(classifier.bic(X, Y), rel=1e-12)
    assert report.bic == min(report.criteria.values())
    assert report.df == classifier.n_parameters_
    assert report.fits[0].bic is None  # the classifier has the criteria
    apart = FITS["MixtureClassifier, apart"]().report_
    assert apart.bic == pytest.approx(FITS["MixtureClassifier, apart"]().bic(X, NAMES), rel=1e-12)
    assert apart.fits[0].bic == pytest.approx(
        GaussianMixture(1, covariance_type="diag").fit(X[Y == 0]).bic(X[Y == 0])
    )


def test_report_of_a_selection():
    search = FITS["GaussianMixtureIC"]()
    best = search.report_.best
    assert best.bic == search.report_.ranked[0].bic
    assert best.icl == pytest.approx(search.best_estimator_.icl(X), rel=1e-12)
    assert search.report_.to_dict()["best"]["means"] == search.means_.tolist()
    assert len(search.report_.to_dict()["rows"]) == 4


def test_report_of_k_means():
    kmeans = FITS["KMeans"]()
    report = kmeans.report_
    np.testing.assert_array_equal(report.sizes, np.bincount(kmeans.labels_))
    assert (report.inertia, report.n_iter) == (kmeans.inertia_, kmeans.n_iter_)
    assert report.best == np.argmin(kmeans.init_inertias_)
    assert report.n_agreeing == np.sum(
        kmeans.init_inertias_ < kmeans.init_inertias_.min() * (1 + 1e-5)
    )
    assert report.refinement_gain is None
    assert "refinement" not in repr(report)
    weighted = FITS["KMeans, weights"]()
    np.testing.assert_allclose(
        weighted.report_.sizes, np.bincount(weighted.labels_, W, minlength=4), rtol=1e-12
    )
    weighted.fit(X)  # forgets the weights
    np.testing.assert_array_equal(weighted.report_.sizes, np.bincount(weighted.labels_))
    refined = FITS["KMeans, refined"]()
    gain = 1 - refined.inertia_ / refined.init_inertias_.min()
    assert refined.report_.refinement_gain == pytest.approx(gain)
    in_chunks = FITS["KMeans, chunks"]()
    counts = np.bincount(in_chunks.predict(X), minlength=4)
    np.testing.assert_array_equal(in_chunks.report_.sizes, counts)


def test_no_report_without_a_fit():
    for kmeans in (KMeans(2), KMeans(2).fit(X)):
        vars(kmeans).pop("init_inertias_", None)  # as of centres that scikit-learn found
        with pytest.raises(AttributeError, match="has no attribute 'report_'"):
            _ = kmeans.report_
    assert not hasattr(GaussianMixture(2), "report_")
    assert not hasattr(GaussianMixture(2, random_state=0).partial_fit(X), "report_")


def edited(path, edit):
    """Rewrite the report in the header of a file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(members["mixclust.json"])
    edit(header["attributes"]["report_"])
    members["mixclust.json"] = json.dumps(header).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    path.write_bytes(buffer.getvalue())


@pytest.mark.parametrize(
    "edit",
    [
        lambda report: report.pop("best"),
        lambda report: report.update(more=1),
        lambda report: report.update(best=2),
        lambda report: report.update(sizes=[1.0]),
        lambda report: report.update(sizes="1"),
        lambda report: report.update(sums=[1.0]),
        lambda report: report.update(noise_size=1.0),
        lambda report: report.update(covariance_type="none"),
        lambda report: report["runs"][0].update(n_iter="many"),
        lambda report: report["runs"][0].update(ended="somehow"),
    ],
)
def test_damaged_reports_are_refused(edit, tmp_path):
    path = tmp_path / "fit"
    FITS["GaussianMixture"]().save(path)
    edited(path, edit)
    with pytest.raises(ValueError, match="cannot be loaded as GaussianMixture: report_"):
        GaussianMixture.load(path)


def test_damaged_reports_of_others_are_refused(tmp_path):
    edits = {
        "GaussianMixtureIC": lambda report: report.update(criterion="best"),
        "MixtureClassifier": lambda report: report.update(n_components=[1]),
    }
    for name, edit in edits.items():
        estimator = FITS[name]()
        estimator.save(tmp_path / "fit")
        edited(tmp_path / "fit", edit)
        with pytest.raises(ValueError, match="report_"):
            type(estimator).load(tmp_path / "fit")


def test_a_file_without_a_report_loads(tmp_path):
    """As files of earlier versions are."""
    path = tmp_path / "fit"
    FITS["GaussianMixture"]().save(path)
    with zipfile.ZipFile(path) as archive:
        header = json.loads(archive.read("mixclust.json"))
        members = {name: archive.read(name) for name in archive.namelist()}
    del header["attributes"]["report_"]
    members["mixclust.json"] = json.dumps(header).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    assert not hasattr(GaussianMixture.load(path), "report_")
