"""Imports go down, never sideways or up, and ``import course_utils`` costs nothing heavy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "course_utils"
FLOORS = [
    {"style", "runtime", "fetching", "packaged", "shapes", "toys", "misconceptions", "judging", "variants", "checks"},
    {"drawing", "training", "models", "data"},
    {"widgets", "practice", "progress"},
    {"labs"},
]
GROUND_ORDER = ["style", "runtime", "shapes", "toys", "misconceptions", "judging", "variants", "checks"]
INSTRUCTORS = {"grading", "course", "masters", "release", "doctor", "launch", "demo", "packing", "cli", "__main__"}
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
MODULES = sorted(PACKAGE.rglob("*.py"))
LESSONS = [path for path in sorted((ROOT / "solutions").glob("*/*.py")) if path.stem == path.parent.name]


def part(module: Path) -> str:
    """Return which part of the package a file belongs to: ``checks`` for course_utils/checks/shapes.py."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Return the dotted names of everything that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where they lead"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def lab(module: Path) -> str | None:
    """Return the lab to whose folder a file belongs, if there is one."""
    parts = module.relative_to(PACKAGE).parts
    return parts[1] if parts[0] == "labs" and len(parts) > 2 else None


def is_of(module: Path, kind: str) -> bool:
    """Tell whether a file is a lab's ``figures`` or ``widgets``, or lies in that folder of the lab's."""
    return lab(module) is not None and module.relative_to(PACKAGE).parts[2].removesuffix(".py") == kind


def our_parts(path: Path) -> set[str]:
    """Return the parts of the package that a file imports from."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("course_utils.")}


def uses(path: Path, *libraries: str) -> bool:
    """Tell whether a file imports one of the libraries, or a module of theirs."""
    return any(name == each or name.startswith(f"{each}.") for name in imports(path) for each in libraries)


def called(module: Path) -> str:
    return str(module.relative_to(ROOT))


@pytest.mark.parametrize("module", MODULES, ids=called)
def test_every_part_has_its_floor(module):
    assert part(module) in {*FLOOR, *INSTRUCTORS, "__init__"}


@pytest.mark.parametrize("module", [m for m in MODULES if part(m) in FLOOR], ids=called)
def test_imports_go_down(module):
    own = part(module)
    wrong = {name for name in our_parts(module) - {own} if FLOOR.get(name, 99) >= FLOOR[own]}
    below = set(GROUND_ORDER[: GROUND_ORDER.index(own)]) if own in GROUND_ORDER else set()
    assert wrong - below == set()


@pytest.mark.parametrize("module", [m for m in MODULES if part(m) == "labs"], ids=called)
def test_no_lab_imports_another_one(module):
    assert {name.split(".")[2] for name in imports(module) if name.startswith("course_utils.labs.")} <= {lab(module)}


@pytest.mark.parametrize("module", [m for m in MODULES if is_of(m, "figures")], ids=called)
def test_figures_know_no_widgets(module):
    assert not any(name.startswith(f"course_utils.labs.{lab(module)}.widgets") for name in imports(module))


@pytest.mark.parametrize("lesson", LESSONS, ids=called)
def test_lessons_never_import_the_instructors_side(lesson):
    assert our_parts(lesson) & INSTRUCTORS == set()


@pytest.mark.parametrize("module", [m for m in MODULES if part(m) == "checks"], ids=called)
def test_checks_import_torch_numpy_and_the_standard_library_only(module):
    tops = {name.split(".")[0] for name in imports(module)}
    assert tops - {"torch", "numpy", "course_utils"} - sys.stdlib_module_names == set()


@pytest.mark.parametrize("module", MODULES, ids=called)
def test_pyplot_is_imported_in_drawing_and_in_figures_only(module):
    assert part(module) == "drawing" or is_of(module, "figures") or not uses(module, "matplotlib.pyplot")


@pytest.mark.parametrize("module", MODULES, ids=called)
def test_widget_libraries_are_imported_in_widgets_only(module):
    assert part(module) == "widgets" or is_of(module, "widgets") or not uses(module, "ipywidgets", "anywidget")


@pytest.mark.parametrize("statement", ["import course_utils", "import course_utils.cli"])
def test_importing_loads_nothing_heavy(statement):
    heavy = ["torch", "matplotlib", "ipywidgets", "anywidget", "pandas", "jupytext", "nbgrader"]
    code = f"{statement}; import sys; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
