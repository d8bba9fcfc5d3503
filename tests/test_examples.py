"""Every example runs as it stands, writes a picture worth looking at, and says the right thing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "common")


def run(name, directory, *arguments):
    """The output of the example; a warning is an error."""
    process = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / f"{name}.py", *arguments],
        cwd=directory,
        env=os.environ | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def circles_and_ellipses(k_means, mixture):
    assert k_means < 90
    assert mixture > 97


def uncertainty(sure, level):
    assert 80 < sure < 99
    assert level == 0.1


def covariance_structures(spherical, diag, tied, full):
    assert full < min(spherical, diag, tied) - 100


def moons_density(points, new_points):
    assert new_points == pytest.approx(points, rel=0.2)
    assert points < 0.05


def number_of_components(bic, aic):
    assert 5 <= bic <= 12
    assert bic <= aic <= 24


def model_by_bic(n_components, bic, margin):
    assert (n_components, bic) == (3, 2314.3)
    assert margin > 2


def noise(found, n_errors, lost, n_eruptions, share):
    assert found > 0.9 * n_errors
    assert lost < 0.05 * n_eruptions
    assert share == pytest.approx(n_errors / (n_errors + n_eruptions), rel=0.3)


def merged_components(n_components, n_clusters, before, after):
    assert (n_components, n_clusters) == (4, 2)
    assert after < before / 20


def classify(*numbers):
    errors, (n_known, partly, alone) = numbers[:6], numbers[6:]
    assert max(errors) < 2.1
    assert n_known < 25
    assert partly <= alone < 10


def digits(n_components, n_dimensions):
    assert (n_components, n_dimensions) == (110, 41)


def displays(n_clusters):
    assert n_clusters == 2


def photo_colors(n_colors, mean_error, levels, psnr):
    assert (n_colors, levels) == (16, 255)
    assert mean_error < 7
    assert psnr > 29


# The output of each example, and checks of the numbers in it.
PRINTED = {
    "circles_and_ellipses": (
        r"k-means: #% of the rows are where they belong\n"
        r"mixture: #% of the rows are where they belong\n",
        circles_and_ellipses,
    ),
    "uncertainty": (r"#% of the rows have an uncertainty below #\n", uncertainty),
    "covariance_structures": (
        r"spherical +BIC +#\ndiag +BIC +#\ntied +BIC +#\nfull +BIC +#\nleast BIC: full\n",
        covariance_structures,
    ),
    "moons_density": (
        r"mean distance of points to the moons: #\n"
        r"mean distance of new points to the moons: #\n",
        moons_density,
    ),
    "number_of_components": (r"BIC: # components, AIC: # components\n", number_of_components),
    "model_by_bic": (
        r"tied with # components, BIC #\nsecond best: # more\n",
        model_by_bic,
    ),
    "noise": (
        r"# of # errors are left out\n# of # eruptions are left out\n"
        r"estimated share of noise: #\n",
        noise,
    ),
    "merged_components": (
        r"# components, # clusters\nentropy # and # nats\n",
        merged_components,
    ),
    "classify": (
        r"cross-validated error with all six lengths, and with two of them\n"
        r"one Gaussian a class +#% +#%\none shared covariance +#% +#%\n"
        r"mixtures chosen by BIC +#% +#%\n"
        r"# labels known: error #% with the help of the other rows, #% without\n",
        classify,
    ),
    "digits": (r"# components in # dimensions, converged: True\n", digits),
    "displays": (r"largest silhouette: # clusters\n", displays),
    "photo_colors": (r"# colours, mean error # of #, PSNR # dB\n", photo_colors),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_example(name, tmp_path):
    pattern, judge = PRINTED[name]
    printed = run(name, tmp_path, "picture.png")
    match = re.fullmatch(pattern.replace("#", r"([\d.]+)") + r"wrote picture\.png\n", printed)
    assert match, printed
    judge(*map(float, match.groups()))
    with Image.open(tmp_path / "picture.png") as picture:
        grey = np.asarray(picture.convert("L"))
    assert grey.shape[1] == 1200
    assert np.mean(grey < 250) > 0.02, "blank"
    assert len(np.unique(grey)) > 50, "blank"
    # Nothing but the background at the edges: no text is cut off.
    assert (grey[[0, -1]] == 255).all()
    assert (grey[:, [0, -1]] == 255).all()


def test_the_pictures_of_a_page_are_the_ones_of_the_displays(tmp_path):
    run("displays", tmp_path, ".")
    written = sorted(path.name for path in tmp_path.iterdir())
    docs = EXAMPLES.parent / "docs"
    page = (docs / "plot.md").read_text("utf-8")
    assert written == sorted(set(re.findall(r"\]\((plot-\w+\.png)\)", page)))
    for name in written:
        assert (docs / name).stat().st_size < 60_000
        with Image.open(docs / name) as shown, Image.open(tmp_path / name) as new:
            assert shown.size == new.size


def test_picture_goes_here_by_default(tmp_path):
    assert run("uncertainty", tmp_path).endswith("wrote uncertainty.png\n")
    assert [path.name for path in tmp_path.iterdir()] == ["uncertainty.png"]


def test_examples_are_short_and_listed():
    listed = re.findall(
        r"^\| `python (\w+)\.py` \|", (EXAMPLES / "README.md").read_text("utf-8"), re.M
    )
    assert sorted(listed) == SCRIPTS == sorted(PRINTED)
    for path in EXAMPLES.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 100, path.name


@pytest.mark.parametrize("name", SCRIPTS)
def test_example_has_the_form_of_the_gallery(name):
    """sphinx-gallery reads the title from the docstring, and defines no `__file__`."""
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    title = re.match(r'"""\n(.+)\n(=+)\n\n\w[^"]*\.\n"""\n', text)
    assert title
    assert len(title[1]) == len(title[2])
    assert "__file__" not in text


def test_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    theirs = load_digits()
    ours = np.loadtxt(EXAMPLES / "digits.csv.gz", delimiter=",")
    np.testing.assert_array_equal(ours[:, :-1], theirs.data)
    np.testing.assert_array_equal(ours[:, -1], theirs.target)
