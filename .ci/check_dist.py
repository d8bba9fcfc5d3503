"""Check what is inside wheels and source distributions before anybody installs them.

Usage: python .ci/check_dist.py FILE...
"""

import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

WHEEL_LIMIT = 3_000_000  # bytes; a wheel holds three levels of every kernel on x86-64
WHEEL_SUFFIXES = {".py", ".pyi", ".pxd", ".h", ".typed", ".so", ".pyd"}
SDIST_NEEDS = {"pyproject.toml", "setup.py", "LICENSE", "mixclust/kernels/cpu.pyx"}
OPENMP = (b"libgomp", b"libomp", b"libiomp", b"vcomp140", b"GOMP_parallel", b"__kmpc_fork_call")


def check_wheel(path):
    """Yield what is wrong with a wheel."""
    if path.stat().st_size > WHEEL_LIMIT:
        yield f"is {path.stat().st_size} bytes, more than {WHEEL_LIMIT}"
    with zipfile.ZipFile(path) as archive:
        names = [PurePosixPath(i.filename) for i in archive.infolist() if not i.is_dir()]
        for name in names:
            # A sibling such as mixclust.libs would hold shared libraries brought along.
            if name.parts[0] != "mixclust" and not name.parts[0].endswith(".dist-info"):
                yield f"holds {name}, outside the package"
            elif name.parts[0] == "mixclust" and name.suffix not in WHEEL_SUFFIXES:
                yield f"holds {name}"
            if name.suffix in {".so", ".pyd"}:
                binary = archive.read(str(name))
                yield from (f"{name} mentions {word!r}" for word in OPENMP if word in binary)
    built = {name.parts[2] for name in names if name.suffix in {".so", ".pyd"}}
    expected = ["_baseline", *["_v3", "_v4"] * path.stem.endswith(("x86_64", "amd64"))]
    yield from (f"has no kernels in {level}" for level in expected if level not in built)


def check_sdist(path):
    """Yield what is wrong with a source distribution."""
    with tarfile.open(path) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    for name in sorted(names):
        if PurePosixPath(name).suffix in {".c", ".cpp", ".o", ".so", ".pyd", ".pyc"}:
            yield f"holds {name}"
    yield from (f"lacks {name}" for name in sorted(SDIST_NEEDS - names))


def main():
    """Check every file named on the command line; the exit status says whether all are good."""
    n_wrong = 0
    for path in map(Path, sys.argv[1:]):
        wrong = list(check_wheel(path) if path.suffix == ".whl" else check_sdist(path))
        n_wrong += len(wrong)
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {'; '.join(wrong) or 'good'}")
    return 1 if n_wrong or len(sys.argv) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
