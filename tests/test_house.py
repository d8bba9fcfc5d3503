"""The rules of docs/architecture.md for modules and structures, held for the whole package."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

from mixclust._mixture.structures import (
    Diagonal,
    Full,
    Spherical,
    Structure,
    Tied,
    covariance_types,
    structure_of,
)

PACKAGE = Path(__file__).parents[1] / "mixclust"
MODULES = sorted(
    path
    for path in PACKAGE.rglob("*")
    if path.suffix in (".py", ".pyx", ".pxd")
    and not {"_baseline", "_v3", "_v4", "__pycache__"} & set(path.parts)
)
MAX_LINES = 420
# Names and attributes that may hold the name of a structure.
ASKED = ("covariance_type", "covariance_types", "name", "kind", "structure")


def label(path):
    return str(path.relative_to(PACKAGE))


def is_name(node):
    """Whether an expression is the name of a structure: `covariance_type`, `structure.name`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr in ASKED
    return isinstance(node, ast.Name) and node.id in ASKED


def holds_structure(node):
    """Whether an expression is the literal name of a structure, or a literal that holds one."""
    return any(
        isinstance(inner, ast.Constant) and inner.value in covariance_types()
        for inner in ast.walk(node)
    )


def questions(tree):
    """Lines that compare the name of a structure with a literal, or look names up in a table."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(is_name, sides)) and any(map(holds_structure, sides)):
                yield node.lineno
        elif isinstance(node, ast.Match):
            if is_name(node.subject):
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            asks = node.func.attr in ("startswith", "endswith") and is_name(node.func.value)
            if asks and any(map(holds_structure, node.args)):
                yield node.lineno
        elif isinstance(node, ast.Dict):  # a table to look names up in
            keys = [key for key in node.keys if isinstance(key, ast.Constant)]
            if any(map(holds_structure, keys)):
                yield node.lineno


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ("covariance_type == 'full'", True),
        ("'diag' != self.covariance_type", True),
        ("structure.name in ('full', 'tied')", True),
        ("if x and mixture.covariance_type[0] == 'full': pass", True),
        ("{'full': 1}[covariance_type]", True),
        ("TABLE = {'full': 1, 'tied': 2}", True),
        ("covariance_type.startswith('diag')", True),
        ("mode == 'full'", False),
        ("covariance_type == other", False),
        ("column.name == 'x'", False),
    ],
)
def test_a_question_is_found(code, asks):
    assert bool(list(questions(ast.parse(code)))) == asks


def test_no_code_asks_a_structure_for_its_name():
    found = []
    for path in MODULES:
        if path.suffix == ".py" and "structures" not in path.parts:
            tree = ast.parse(path.read_text("utf-8"))
            found += [f"{label(path)}:{line}" for line in questions(tree)]
    assert found == []


def test_no_kernel_knows_the_name_of_a_structure():
    named = re.compile(rf"['\"](?:{'|'.join(covariance_types())})['\"]")
    prose = re.compile(r'"""(?:.|\n)*?"""|#[^\n]*')
    kernels = [path for path in MODULES if path.suffix != ".py"]
    assert len(kernels) > 40
    assert [label(p) for p in kernels if named.search(prose.sub("", p.read_text("utf-8")))] == []


def test_modules_are_short():
    lengths = {label(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: n_lines for name, n_lines in lengths.items() if n_lines > MAX_LINES} == {}


def test_modules_have_docstrings():
    begin = re.compile(r'(?:#[^\n]*\n)*"""\S')
    assert [label(p) for p in MODULES if not begin.match(p.read_text("utf-8"))] == []


def members(structure):
    """Public attributes of a structure, without the ones of every class."""
    return {name for name in dir(structure) if not name.startswith("_")}


@pytest.mark.parametrize("structure", [structure_of(name) for name in covariance_types()])
def test_structures_are_complete(structure):
    """Every structure answers the calls that `Full` does, by the same arguments."""
    assert issubclass(structure, Structure)
    assert members(Full) - members(structure) == set()
    for name in members(Full):
        own, expected = getattr(structure, name), getattr(Full, name)
        if inspect.isroutine(expected):
            assert inspect.signature(own) == inspect.signature(expected), name
            assert own.__doc__, name


def test_registry_lists_all_structures():
    found = [structure_of(name) for name in covariance_types()]
    assert found[:4] == [Full, Tied, Diagonal, Spherical]
    assert [structure.name for structure in found] == list(covariance_types())
    assert len(found) == 14


def declared(node):
    """Public names in the body of a class of a stub."""
    for item in node.body:
        name = getattr(item, "name", None) or getattr(getattr(item, "target", None), "id", "_")
        if not name.startswith("_"):
            yield name


STUBS = sorted(PACKAGE.glob("kernels/*/*.pyi"))


@pytest.mark.parametrize("path", STUBS, ids=label)
def test_stubs_name_the_attributes_of_compiled_classes(path):
    kernel = importlib.import_module(f"mixclust.kernels.{path.parent.name}.{path.stem}")
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found = vars(getattr(kernel, node.name))
            assert {name for name in found if not name.startswith("_")} == set(declared(node))
        elif isinstance(node, ast.FunctionDef):
            assert callable(getattr(kernel, node.name))


def test_kernels_that_python_imports_have_stubs():
    imported = set()
    for path in MODULES:
        if path.suffix == ".py" and "kernels" not in path.parts:
            text = path.read_text("utf-8")
            imported |= set(re.findall(r"from \.+kernels\.(\w+\.\w+) import", text))
            for room, names in re.findall(r"from \.+kernels\.(\w+) import ([\w, ]+)", text):
                imported |= {f"{room}.{name.split(' as ')[0].strip()}" for name in names.split(",")}
    assert len(imported) > 15
    assert imported - {f"{path.parent.name}.{path.stem}" for path in STUBS} == set()


def test_every_folder_of_the_package_is_installed():
    """setuptools installs the listed packages alone; an editable install hides that one lacks."""
    root = Path(__file__).parents[1]
    settings = (root / "pyproject.toml").read_text("utf-8")
    listed = re.search(r"^packages = \[(.*?)\]", settings, re.M | re.S)
    folders = {
        ".".join(path.parent.relative_to(root).parts)
        for path in (root / "mixclust").rglob("__init__.py")
    }
    assert set(re.findall(r'"([\w.]+)"', listed[1])) == folders
