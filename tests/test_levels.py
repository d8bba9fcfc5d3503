"""The level of instructions: how it is chosen, errors of the choice, and the modules that it binds.

A level can only be chosen once a process, so each is forced in a subprocess.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import mixclust
from mixclust import kernels
from mixclust.kernels import cpu

FIT = """
import json, sys
import numpy as np
import mixclust

X = np.random.default_rng(7).standard_normal((400, 5))
report = {"level": mixclust.kernels.LEVEL, "reason": mixclust.kernels.LEVEL_REASON}
report["packages"] = [name for name in sys.modules if name.startswith("mixclust.kernels._")]
for dtype in ("float32", "float64"):
    model = mixclust.KMeans(9, init=X[:9].astype(dtype), n_init=1).fit(X.astype(dtype))
    report[dtype] = {"labels": model.labels_.tolist(), "inertia": model.inertia_}
print(json.dumps(report))
"""


def run(code, isa, cwd=None):
    """Run Python code in a process of its own with MIXCLUST_ISA set to `isa`."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"MIXCLUST_ISA": isa},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("level", kernels.AVAILABLE_LEVELS)
def test_forced_level_fits_as_this_one(level):
    process = run(FIT, level)
    assert process.returncode == 0, process.stderr
    report = json.loads(process.stdout)
    assert report["level"] == level
    assert report["reason"] == f"MIXCLUST_ISA={level}"
    loaded = {name.split(".")[2] for name in report["packages"]} - {"_shared"}
    assert loaded == {f"_{level}"}, "modules of another level were loaded"
    X = np.random.default_rng(7).standard_normal((400, 5))
    for dtype in ("float32", "float64"):
        here = mixclust.KMeans(9, init=X[:9].astype(dtype), n_init=1).fit(X.astype(dtype))
        assert report[dtype]["labels"] == here.labels_.tolist()
        assert report[dtype]["inertia"] == pytest.approx(here.inertia_, rel=1e-12)


def test_empty_variable_chooses_the_highest_level():
    code = "import mixclust.kernels as k; print(k.LEVEL, '|', k.LEVEL_REASON)"
    process = run(code, "")
    assert process.stdout == (
        f"{kernels.AVAILABLE_LEVELS[-1]} | the highest level built that this CPU supports\n"
    ), process.stderr


def test_unknown_level_is_refused_at_import():
    process = run("import mixclust", "avx2")
    assert process.returncode == 1
    assert process.stderr.endswith(
        "ImportError: MIXCLUST_ISA='avx2' is not a level of instructions; set it to one of "
        f"{', '.join(kernels.AVAILABLE_LEVELS)}, or unset it.\n"
    )


def pretend(monkeypatch, *, supported, built):
    """Make the choice of a level see a CPU that supports, and a build that holds, these levels."""
    monkeypatch.setattr(kernels, "cpu", SimpleNamespace(supported_levels=lambda: supported))
    monkeypatch.setattr(kernels, "_kernel_names", lambda level: ["lloyd"] * (level in built))


def test_unsupported_level_is_refused(monkeypatch):
    pretend(monkeypatch, supported=("baseline",), built=("baseline", "v3", "v4"))
    with pytest.raises(
        ImportError,
        match=r"^MIXCLUST_ISA='v4' is not supported by this CPU; "
        r"set it to one of baseline, or unset it\.$",
    ):
        kernels._choose_level("v4")
    level, reason, available = kernels._choose_level(None)
    assert (level, available) == ("baseline", ("baseline",))
    assert reason == "the highest level built that this CPU supports"


def test_level_that_was_not_built_is_refused(monkeypatch):
    pretend(monkeypatch, supported=("baseline", "v3"), built=("baseline",))
    with pytest.raises(ImportError, match=r"^MIXCLUST_ISA='v3' was not built; set it to one of"):
        kernels._choose_level("v3")


def test_build_without_kernels_is_refused(monkeypatch):
    pretend(monkeypatch, supported=("baseline", "v3"), built=())
    with pytest.raises(ImportError, match=r"no compiled kernels .* `python -m pip install \.`"):
        kernels._choose_level(None)


def test_sources_that_were_not_built_are_refused_in_one_sentence(tmp_path):
    source = Path(mixclust.__path__[0])
    compiled = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    shutil.copytree(source, tmp_path / "mixclust", ignore=compiled)
    process = run("import mixclust", "", cwd=tmp_path)
    assert process.returncode == 1
    last_line = process.stderr.splitlines()[-1]
    assert last_line.startswith("ImportError: mixclust in ")
    assert last_line.endswith(
        " has no compiled kernels; after `python -m pip install .` run Python in another "
        "directory, or build them here with `python -m pip install -e .`."
    )


def test_package_of_an_unsupported_level_refuses_to_load():
    with pytest.raises(ImportError, match="this CPU cannot run the kernels compiled for 'v9'"):
        cpu.require("v9")


def test_kernels_are_known_without_their_level():
    names = list(kernels._kernel_names(kernels.LEVEL))
    assert names
    for name in names:
        module = sys.modules[f"mixclust.kernels.{name}"]
        room, _, kernel = name.partition(".")
        assert getattr(getattr(kernels, room), kernel) is module
        assert module.__name__ == f"mixclust.kernels._{kernels.LEVEL}.{name}"


@pytest.mark.parametrize("level", kernels.AVAILABLE_LEVELS)
def test_every_level_has_every_kernel(level):
    assert [*kernels._kernel_names(level)] == [*kernels._kernel_names(kernels.LEVEL)]


def flags_of_this_cpu():
    """Return the feature flags that Linux reports, or None where nobody reports any."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return None
    return next((set(line.split()[2:]) for line in lines if line.startswith("flags")), None)


def test_cpu_agrees_with_the_operating_system():
    v3 = {"avx2", "fma", "f16c", "bmi1", "bmi2", "abm", "movbe", "popcnt"}
    v4 = v3 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
    flags = flags_of_this_cpu()
    levels = cpu.supported_levels()
    if platform.machine().lower() not in ("x86_64", "amd64"):
        assert levels == ("baseline",)
    elif flags is None:
        assert levels == ("baseline", "v3", "v4")[: len(levels)]
    else:
        assert levels == ("baseline", *["v3"] * (flags >= v3), *["v4"] * (flags >= v4))
