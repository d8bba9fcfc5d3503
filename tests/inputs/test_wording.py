"""Numbers with their nouns and names with their articles, and messages that hold them."""

from types import SimpleNamespace

import pytest
from support.samples import blobs

from mixclust import GaussianMixture, KMeans, chunks, merge_components
from mixclust._inputs.wording import count, with_article
from mixclust._mixture.model_search import _row

X = blobs(0, 40, 1, 1)


def test_one_has_no_plural():
    assert [count(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]


@pytest.mark.parametrize(
    "text", ["a list", "an ndarray", "an int", "an ExtraTree", "a uint8", "a numpy.matrix"]
)
def test_articles_are_the_spoken_ones(text):
    assert with_article(text.split()[1]) == text


def test_reports_of_one_component_or_cluster_have_no_plural():
    mixture = GaussianMixture(1).fit(X)
    merged = merge_components(mixture, X)
    assert repr(merged).startswith("1 component, merged by entropy; the entropy bends at 1 cluster")
    assert repr(mixture.report_).startswith("1 component, 'full' covariances")
    kmeans = KMeans(1, n_init=1).fit(X)
    assert repr(kmeans.report_).startswith("1 cluster of rows of 1 feature\n")
    assert "fitted on 1 feature)" in kmeans._repr_html_()
    assert ": 40 rows, 1 column, " in repr(chunks([X]))


@pytest.mark.parametrize(("size", "noun"), [(1, "component"), (7, "components")])
def test_the_noun_belongs_to_the_number_of_all_components(size, noun):
    end = SimpleNamespace(n_collapsed=1, n_iter=5)
    assert _row("full", size, 3, None, end, "").note == f"1 of {size} {noun} collapsed"
