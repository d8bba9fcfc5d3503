"""Mixtures fitted by R's mclust, in a process of its own: used where both are installed.

Debian and Ubuntu have the package r-cran-mclust; R installs it by `install.packages("mclust")`.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

__all__ = ["MODEL_NAMES", "fit_all", "installed_version"]

MODEL_NAMES = {"full": "VVV", "tied": "EEE", "diag": "VVI", "spherical": "VII"}
"""The names of the structures in mclust."""

SCRIPT = """
suppressMessages(library(mclust))
for (line in readLines("sets.txt")) {
  fields <- strsplit(line, " ")[[1]]
  sizes <- as.integer(fields[2:5])
  X <- matrix(readBin(fields[1], "double", sizes[1] * sizes[2]), sizes[1], sizes[2])
  for (seed in seq_len(sizes[4])) {
    set.seed(seed)
    begin <- Sys.time()
    fit <- tryCatch(
      Mclust(X, G = sizes[3], modelNames = fields[6], verbose = FALSE), error = function(e) NULL
    )
    seconds <- as.numeric(Sys.time() - begin, units = "secs")
    bound <- if (is.null(fit)) NaN else fit$loglik / sizes[1]
    cat(sprintf("%.17g %.6f\\n", bound, seconds))
  }
}
"""


def installed_version():
    """Give the version of mclust; None if R or mclust is not installed."""
    if shutil.which("Rscript") is None:
        return None
    ask = ["Rscript", "-e", 'cat(as.character(packageVersion("mclust")))']
    found = subprocess.run(ask, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else None


def fit_all(sets, kind, n_seeds):
    """Fit every data set from mclust's own start, with one thread and its own tolerance.

    Parameters
    ----------
    sets : list of (ndarray of shape (n_samples, n_features), int)
        Rows and the number of components.
    kind : {"full", "tied", "diag", "spherical"}
    n_seeds : int
        Fits of each data set.

    Returns
    -------
    bounds : ndarray of shape (n_sets, n_seeds)
        Mean log-likelihood of a row, in nats; NaN where mclust found no mixture.
    seconds : float
        Time of all calls of Mclust together, without the start of R and the reading of files.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as name:
        folder, lines = Path(name), []
        for i, (X, n_components) in enumerate(sets):
            X.astype(np.float64).ravel(order="F").tofile(folder / f"{i}.bin")
            n_samples, n_features = X.shape
            fields = (f"{i}.bin", n_samples, n_features, n_components, n_seeds, MODEL_NAMES[kind])
            lines.append(" ".join(map(str, fields)) + "\n")
        (folder / "sets.txt").write_text("".join(lines), encoding="ascii")
        (folder / "fit.R").write_text(SCRIPT, encoding="ascii")
        process = subprocess.run(
            ["Rscript", "--vanilla", "fit.R"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    numbers = np.array([line.split() for line in process.stdout.splitlines()], dtype=np.float64)
    return numbers[:, 0].reshape(len(sets), n_seeds), float(numbers[:, 1].sum())
