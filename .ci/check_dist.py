"""Check the contents of wheels and source distributions before anybody installs them.

Usage: python .ci/check_dist.py FILE...
"""

import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

WHEEL_LIMIT = 6_500_000  # bytes; three levels of every kernel on x86-64 take 6.2 MB with gcc 12
WHEEL_SUFFIXES = {".py", ".pyi", ".pxd", ".h", ".typed", ".so", ".pyd"}
SDIST_NEEDS = {
    "pyproject.toml",
    "setup.py",
    "LICENSE",
    "mixclust/kernels/cpu.pyx",
    "mixclust/kernels/core/simd.h",
    "docs/architecture.md",
    "tests/support/kernel_doors.pyx",
}
ROOMS = ("core", "rows", "kmeans", "mixture")
OPENMP = (b"libgomp", b"libomp", b"libiomp", b"vcomp140", b"GOMP_parallel", b"__kmpc_fork_call")


def check_wheel(path):
    """Yield a sentence for each fault of a wheel."""
    if path.stat().st_size > WHEEL_LIMIT:
        yield f"is {path.stat().st_size} bytes, more than {WHEEL_LIMIT}"
    with zipfile.ZipFile(path) as archive:
        names = [PurePosixPath(i.filename) for i in archive.infolist() if not i.is_dir()]
        for name in names:
            # A folder beside the package, like mixclust.libs, would hold shared libraries.
            if name.parts[0] != "mixclust" and not name.parts[0].endswith(".dist-info"):
                yield f"holds {name}, outside the package"
            elif name.parts[0] == "mixclust" and name.suffix not in WHEEL_SUFFIXES:
                yield f"holds {name}"
            if name.suffix in {".so", ".pyd"}:
                binary = archive.read(str(name))
                yield from (f"{name} mentions {word!r}" for word in OPENMP if word in binary)
    built = {}  # names of the kernels of each level: "ROOM/NAME"
    for name in names:
        if name.suffix in {".so", ".pyd"} and len(name.parts) == 5:
            _, _, level, room, file = name.parts
            built.setdefault(level, set()).add(f"{room}/{file}")
    expected = ["_baseline", *["_v3", "_v4"] * path.stem.endswith(("x86_64", "amd64"))]
    for level in expected:
        kernels = built.get(level, set())
        rooms = {kernel.partition("/")[0] for kernel in kernels}
        yield from (f"has no kernels in {level}/{room}" for room in ROOMS if room not in rooms)
        missing = built.get("_baseline", set()) - kernels
        yield from (f"lacks {level}/{kernel}" for kernel in sorted(missing))


def check_sdist(path):
    """Yield a sentence for each fault of a source distribution."""
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
