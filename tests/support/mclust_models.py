"""Fits of mixclust beside the ones of R's mclust that tests/data/mclust_models.R writes.

Each cell is a table, an option ("plain", "noise", "prior" or "both"), a model and a number of
components. Both libraries begin at the same responsibilities; see the head of the R script.
"""

import copy
import csv
import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from mixclust import GaussianMixture
from mixclust._mixture.data import MixtureData
from mixclust._mixture.noise import describe_noise
from mixclust._mixture.priors import prior_of
from mixclust._mixture.structures import structure_for
from support.samples import quiet_fit
from support.tables import table

MODELS = (
    "EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV",
    "VVV",
)  # fmt: skip
NO_PRIOR = ("VEE", "EVE", "VVE", "EVV")
"""mclust has no prior for these models."""

MCLUST_PRIORS = {
    "EII": "the scale of the prior is left out",
    "EEI": "means are not shrunk, and K means count as one",
    "VEI": "a volume is divided by n d + dof + 3 in place of d (n + dof + 3)",
    "EVI": "the volume is divided by N + dof + 2 in place of N + K (dof + 3)",
    "EEV": "the volume is divided by N + dof + d + 2 in place of N + K (dof + d + 2)",
    "VEV": "a volume is divided by n d in place of d (n + dof + d + 2)",
}
"""Models for which the M step of mclust is not the mode of the posterior under its prior, and its
rule: n rows of a component, N rows in all, d features, K components."""

NOISE_PERIOD = 12
"""Every row of this number is noise at the start."""

EXACT = {"reg_covar": 0, "tol": 1e-13}
MAX_ITER = 20_000


class Cell(NamedTuple):
    """Numbers of mclust; NaN where it has none."""

    table: str
    option: str
    model: str
    n_components: int
    volume: float
    n_parameters: int
    first_log_likelihood: float
    """After one iteration, as all that begins with `first`."""
    first_icl: float
    first_expected: float
    """Objective of the M step, without a prior."""
    log_likelihood: float
    """At the end, as `bic` and `icl`."""
    bic: float
    icl: float
    gap: str
    """Why there is no number at the end."""

    @property
    def has_noise(self):
        return self.option in ("noise", "both")

    @property
    def has_prior(self):
        return self.option in ("prior", "both")


def stored_cells():
    """The cells that tests/data keeps."""
    with gzip.open(Path(__file__).parents[1] / "data" / "mclust_models.csv.gz", "rt") as lines:
        return read_cells(lines)


def read_cells(lines):
    """The cells in the lines that the R script prints."""
    return [
        Cell(*(_value(name, row[name]) for name in Cell._fields)) for row in csv.DictReader(lines)
    ]


def _value(name, text):
    kind = Cell.__annotations__[name]
    return float(text or "nan") if kind is float else kind(text)


def groups(X, n_groups):
    """Rows in groups of nearly equal size by the sum of their standardised features."""
    total = ((X - X.mean(axis=0)) / X.std(axis=0, ddof=1)).sum(axis=1).round(9)
    ranks = total.argsort(kind="stable").argsort(kind="stable")
    return (ranks * n_groups // len(X)).astype(np.int32)


def responsibilities(cell):
    """The start, of shape (n_rows, n_components or one more for noise)."""
    X = table(cell.table)
    resp = np.eye(cell.n_components)[groups(X, cell.n_components)]
    if cell.has_noise:
        is_noise = np.arange(1, len(X) + 1) % NOISE_PERIOD == 0
        resp = np.column_stack([resp * ~is_noise[:, np.newaxis], is_noise])
    return resp


def fit_cell(cell, max_iter):
    """A mixture from the start: after its first M step with `max_iter=0`."""
    X = table(cell.table)
    mixture = GaussianMixture(
        cell.n_components, covariance_type=cell.model, noise=cell.has_noise, max_iter=max_iter,
        prior="default" if cell.has_prior else None, **EXACT,
    )  # fmt: skip
    start = {"resp_init": groups(X, cell.n_components)}
    if cell.has_noise:
        start["noise_init"] = responsibilities(cell)[:, -1] > 0
    return quiet_fit(mixture, X, **start)


def expected(cell, mixture):
    """Expected log-likelihood of rows and components under the responsibilities of the start."""
    X, resp = table(cell.table), responsibilities(cell)
    joint = mixture.score_samples_by_component(X) + np.log(mixture.weights_)
    if cell.has_noise:
        noise = np.log(mixture.noise_weight_ / mixture.noise_volume_)
        joint = np.column_stack([joint, np.full(len(X), noise)])
    return (resp * np.where(resp > 0, joint, 0)).sum()


def log_likelihood_from(cell, resp):
    """Ours after one iteration from other responsibilities, without a prior."""
    data = _data(cell)
    kernel = data.fitter(cell.n_components)
    kernel.start(resp=resp)
    return data.scorer(data.parameters(kernel)).sums()[0]


def log_likelihoods_by_mclusts_rule(cell, max_iter):
    """Ours with the prior that the M step of mclust has: after one iteration, and at the end.

    Returns
    -------
    first, last : float
    has_collapsed : bool
        Whether a component is singular or empty at the end.
    """
    X, resp = table(cell.table), np.ascontiguousarray(responsibilities(cell))
    data = copy.copy(_data(cell))
    data.prior = _prior_of_mclust(cell, prior_of(data, "default", cell.n_components), X.shape[1])
    kernel = data.fitter(cell.n_components)
    kernel.start(resp=resp)
    if cell.model == "EEI":
        return _run_without_shrinkage(data, kernel, resp, max_iter)
    first = data.scorer(data.parameters(kernel)).sums()[0]
    kernel.run(max_iter, EXACT["tol"])
    last = data.scorer(data.parameters(kernel)).sums()[0]
    return first, last, kernel.collapsed.any()


def _prior_of_mclust(cell, prior, n_features):
    """The prior of which the M step of mclust is the mode, but for the means of EEI."""
    n_components = cell.n_components
    # The counts that a component gets beside the one of its mean.
    count = {
        "EII": prior.dof + 2,
        "EEI": prior.dof + 2 - n_components,
        "VEI": (prior.dof + 3) / n_features - 1,
        "EVI": (prior.dof + 2) / n_components - 1,
        "EEV": (prior.dof + n_features + 2) / n_components - 1,
        "VEV": -1,
    }[cell.model]
    return prior._replace(
        dof=count - (2 if cell.model.endswith("I") else n_features + 1),
        scale=prior.scale * (cell.model != "EII"),
    )


def _run_without_shrinkage(data, kernel, resp, max_iter):
    """EM of which the means are the weighted means of the rows, as mclust's of EEI with a prior."""
    n_components, log_prob = kernel.model.parameters.n_components, np.empty(len(data.X))
    bounds = []
    while True:
        of_clusters = resp[:, :n_components]
        means = of_clusters.T @ data.X / of_clusters.sum(axis=0)[:, np.newaxis]
        scorer = data.scorer(data.parameters(kernel)._replace(means=means))
        bounds.append(scorer.sums()[0])
        is_at_end = len(bounds) > 1 and abs(bounds[-1] - bounds[-2]) < 1e-14 * abs(bounds[-1])
        if len(bounds) > max_iter or is_at_end:
            return bounds[0], bounds[-1], kernel.collapsed.any()
        scorer.responsibilities(resp, log_prob)
        kernel.start(resp=resp)


def _data(cell):
    """The rows with the noise of a cell."""
    data = MixtureData(table(cell.table), None, structure_for(cell.model, 2), 1)
    data.describe(0.0)
    describe_noise(data, SimpleNamespace(noise=cell.has_noise, noise_volume=None))
    return data
