"""Declare the extension modules: every kernel, once for each level of instruction set.

Metadata is in pyproject.toml. A kernel is any ``mixclust/kernels/ROOM/NAME.pyx``; it becomes
``mixclust.kernels._baseline.ROOM.NAME`` and, on x86-64, ``_v3.ROOM.NAME`` and ``_v4.ROOM.NAME``
too. The sources of a level are staged together below ``build/``, so that a relative cimport binds
inside the level, and no generated C reaches the source tree. ``mixclust.kernels._shared`` holds
Cython's code for memoryviews once, in place of a copy in every kernel.

Environment variables: ``MIXCLUST_LEVELS=v3`` (comma-separated) builds only the levels named;
``MIXCLUST_DEBUG=1`` turns on bounds checks and assertions; ``MIXCLUST_SANITIZE=address`` (or
``undefined``) builds with that sanitizer.
"""

import filecmp
import os
import shutil
import sysconfig
from pathlib import Path

import Cython
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

KERNELS = Path("mixclust", "kernels")
SHARED = "mixclust.kernels._shared"
DEBUG = os.environ.get("MIXCLUST_DEBUG", "") not in ("", "0")
SANITIZE = os.environ.get("MIXCLUST_SANITIZE", "")
N_JOBS = os.cpu_count() or 1

# The instruction sets of a level, one flag for each, since older GCCs do not know
# -march=x86-64-v3; kernels/cpu.h asks the CPU for exactly these sets.
V3 = ["-mavx2", "-mfma", "-mf16c", "-mbmi", "-mbmi2", "-mlzcnt", "-mmovbe", "-mpopcnt"]
V4 = [*V3, "-mavx512f", "-mavx512bw", "-mavx512cd", "-mavx512dq", "-mavx512vl"]
LEVEL_FLAGS = {
    "baseline": {"unix": [], "msvc": []},
    "v3": {"unix": V3, "msvc": ["/arch:AVX2"]},
    "v4": {"unix": [*V4, "-mprefer-vector-width=512"], "msvc": ["/arch:AVX512"]},
}
# Products and sums may fuse, and sqrt need not set errno; no -ffast-math, which would break
# infinities and NaN and change the floating-point state of the whole process.
COMMON_FLAGS = {
    "unix": ["-O3", "-ffp-contract=fast", "-fno-math-errno", "-fvisibility=hidden", "-Wall"],
    "msvc": ["/O2", "/fp:contract"],
}
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "initializedcheck": DEBUG,
    "cdivision": True,
    "embedsignature": True,
    "freethreading_compatible": True,
    # Cython would write code to pickle every class, a seventh of all compiled code. Nearly all hold
    # pointers, which are never pickled; a class that is pickled defines __reduce__.
    "auto_pickle": False,
}


def levels_to_build():
    """Return the levels of this platform, or the levels that MIXCLUST_LEVELS names."""
    x86_64 = sysconfig.get_platform().endswith(("x86_64", "amd64"))
    levels = list(LEVEL_FLAGS) if x86_64 else ["baseline"]
    wanted = os.environ.get("MIXCLUST_LEVELS")
    if not wanted:
        return levels
    wanted = wanted.split(",")
    unknown = sorted(set(wanted) - set(levels))
    if unknown:
        raise SystemExit(f"MIXCLUST_LEVELS names {unknown}; this platform has {levels}.")
    return wanted


def declare_extensions():
    """Return an Extension for every kernel and level, one for cpu.pyx and one for shared code."""
    headers = [str(path) for path in sorted(KERNELS.rglob("*.h"))]

    def extension(name, source):
        return Extension(name, [str(source)], include_dirs=[str(KERNELS)], depends=headers)

    kernels = sorted(KERNELS.glob("*/*.pyx"))
    return [
        extension("mixclust.kernels.cpu", KERNELS / "cpu.pyx"),
        extension(SHARED, "_shared.c"),  # written by Cython
        *(
            extension(f"mixclust.kernels._{level}.{path.parent.name}.{path.stem}", path)
            for level in levels_to_build()
            for path in kernels
        ),
    ]


def copy_if_changed(source, target):
    """Copy a file unless the target is equal: a new time stamp would rebuild the kernel."""
    if not (target.exists() and filecmp.cmp(source, target, shallow=False)):
        shutil.copyfile(source, target)


def stage(package, source, root):
    """Copy the Cython sources of the folder `source` to a package below `root`.

    Each package on the way gets an ``__init__.py``, without which Cython resolves no relative
    cimport. Returns the package's directory.
    """
    directory = root.joinpath(*package.split("."))
    directory.mkdir(parents=True, exist_ok=True)
    for parent in [directory, *directory.parents]:
        if parent == root:
            break
        (parent / "__init__.py").touch()
    sources = {path.name: path for path in [*source.glob("*.pyx"), *source.glob("*.pxd")]}
    for path in [*directory.glob("*.pyx"), *directory.glob("*.pxd")]:
        if path.name not in sources:  # a file that is gone would still be cimported
            path.unlink()
    for name, path in sources.items():
        copy_if_changed(path, directory / name)
    return directory


def sanitizer_flags():
    """Return the flags of MIXCLUST_SANITIZE, for the compiler and the linker alike."""
    return [f"-fsanitize={SANITIZE}", "-fno-omit-frame-pointer", "-g"] if SANITIZE else []


class BuildKernels(build_ext):
    """Stage and translate the kernels, then compile each with the flags of its level."""

    def run(self):
        if self.inplace:  # setuptools copies into folders that exist; Git holds no empty ones
            for ext in self.extensions:
                Path(*ext.name.split(".")[:-1]).mkdir(parents=True, exist_ok=True)
        super().run()
        self.remove_stale(Path(self.build_lib))
        if self.inplace:
            self.remove_stale(Path())

    def remove_stale(self, root):
        """Remove modules that only an earlier build made: of another level, or an old name."""
        made = {root / self.get_ext_filename(ext.name) for ext in self.extensions}
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        for path in set((root / KERNELS).rglob(f"*{suffix}")) - made:
            path.unlink()

    def build_extensions(self):
        # Options that change the generated C change the directory. Options that change only the
        # compilation change `stamp`, on which every object depends.
        root = Path("build", f"cython-{Cython.__version__}{'-debug' if DEBUG else ''}")
        stamp = root / "options.txt"
        for ext in self.extensions:
            source = Path(ext.sources[0]).parent
            if ext.name == SHARED:
                source = KERNELS
            directory = stage(ext.name.rpartition(".")[0], source, root)
            ext.sources = [str(directory / Path(ext.sources[0]).name)]
            self.set_flags(ext)
            ext.depends.append(str(stamp))
        self.write_stamp(stamp)
        cythonize(
            [Extension(ext.name, list(ext.sources)) for ext in self.extensions],
            compiler_directives=DIRECTIVES,
            shared_utility_qualified_name=SHARED,
            nthreads=N_JOBS,
        )
        for ext in self.extensions:
            ext.sources = [str(Path(ext.sources[0]).with_suffix(".c"))]
        super().build_extensions()

    def set_flags(self, ext):
        """Give an extension the common flags and the flags of the level in its name."""
        family = "msvc" if self.compiler.compiler_type == "msvc" else "unix"
        below = ext.name.split(".")[2:]  # the level, the room and the name, or the name alone
        level = below[0].removeprefix("_") if len(below) == 3 else "baseline"
        debug = [] if DEBUG else ["-DCYTHON_WITHOUT_ASSERTIONS"]
        ext.extra_compile_args = [
            *COMMON_FLAGS[family],
            *LEVEL_FLAGS[level][family],
            *debug,
            *sanitizer_flags(),
        ]
        ext.extra_link_args = sanitizer_flags()

    @staticmethod
    def write_stamp(stamp):
        """Record compiler and flags; an unchanged record keeps its time stamp."""
        environment = [os.environ.get(name) for name in ("CC", "CFLAGS", "LDFLAGS")]
        record = f"{[environment, COMMON_FLAGS, LEVEL_FLAGS, sanitizer_flags()]}\n"
        if not stamp.exists() or stamp.read_text() != record:
            stamp.write_text(record)


if __name__ == "__main__":
    setup(
        ext_modules=declare_extensions(),
        cmdclass={"build_ext": BuildKernels},
        options={"build_ext": {"parallel": N_JOBS}},
    )
