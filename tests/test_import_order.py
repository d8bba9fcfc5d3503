"""The order of imports that docs/architecture.md describes: down only, and in no circle."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import mixclust

PACKAGE = Path(mixclust.__file__).parent

# A room may import from rooms on later lines; rooms on one line know nothing of each other.
FLOORS = [
    ["__main__"],
    ["_cli"],
    ["__init__"],
    ["plot", "images", "dask"],
    ["_mixture"],
    ["_kmeans"],
    ["_config"],
    ["_passes", "_estimator"],
    ["kernels", "_inputs"],
    ["_version", "_import_error"],
]
KERNEL_FLOORS = [["kmeans", "mixture"], ["rows"], ["core"], ["cpu"]]


def floor_of(name, floors):
    """The floor, from the top, of a module named `name` below its root."""
    room = name.partition(".")[0] or "__init__"
    return next(i for i, rooms in enumerate(floors) if room in rooms)


def python_imports(path):
    """Modules of mixclust that a Python file imports, inside functions too, as names below it.

    Left out are imports for type checkers alone, which no running program follows.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    package = list(path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or id(node) in typing:
            continue
        if node.level:
            base = package[: len(package) - node.level + 1]
        elif node.module == "mixclust" or (node.module or "").startswith("mixclust."):
            base = []
        else:
            continue
        module = (node.module or "").removeprefix("mixclust").strip(".")
        base = ".".join([*base, *([module] if module else [])])
        for alias in node.names:
            yield f"{base}.{alias.name}".strip(".") if is_module(base, alias.name) else base


def is_module(base, name):
    """Whether `name` is a module of the package `base`, and not a name inside it."""
    place = PACKAGE.joinpath(*base.split(".")) if base else PACKAGE
    return (place / name).is_dir() or (place / f"{name}.py").exists()


def python_modules():
    """Names below mixclust of all Python modules, with the modules that each imports."""
    modules = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if not any(part in ("_baseline", "_v3", "_v4") for part in parts):
            name = ".".join(part for part in parts if part != "__init__")
            modules[name] = {found for found in python_imports(path) if found != name}
    return modules


def kernel_modules():
    """Names below mixclust.kernels of all kernels, with the kernels that each imports."""
    modules = {}
    root = Path(__file__).parents[1] / "mixclust" / "kernels"
    for path in [*root.glob("*/*.pyx"), *root.glob("*/*.pxd")]:
        name = f"{path.parent.name}.{path.stem}"
        found = re.findall(r"^\s*from (\.+)([\w.]*) c?import", path.read_text("utf-8"), re.M)
        rooms = [f"{path.parent.name}." if dots == "." else "" for dots, _ in found]
        targets = {room + module for room, (_, module) in zip(rooms, found, strict=True)}
        modules.setdefault(name, set()).update(targets - {name})
    return modules


@pytest.mark.parametrize(
    ("modules", "floors"),
    [(python_modules, FLOORS), (kernel_modules, KERNEL_FLOORS)],
    ids=["python", "kernels"],
)
def test_imports_go_down(modules, floors):
    imports = modules()
    assert len(imports) > 20
    for name, targets in imports.items():
        room, floor = name.partition(".")[0], floor_of(name, floors)
        for target in targets:
            below = floor_of(target, floors) > floor
            assert below or target.partition(".")[0] == room, f"{name} imports {target}"


@pytest.mark.parametrize("modules", [python_modules, kernel_modules])
def test_no_circle_of_imports(modules):
    imports = modules()
    order = list(TopologicalSorter(imports).static_order())  # raises CycleError
    assert set(imports) <= set(order)
