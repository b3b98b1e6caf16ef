"""Imports go down, never sideways or up, and ``import course_utils`` costs nothing heavy."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "course_utils"
FLOORS = [  # from the ground up: a part imports from those below it, and from nothing beside it
    {
        "cells",
        "course",
        "files",
        "formulas",
        "full_marks",
        "mistakes",
        "packaged",
        "runtime",
        "shapes",
        "style",
        "toys",
    },
    {"fetching", "reference", "showing"},
    {"start_page", "workplace"},
    {"deadlines", "journal", "predictions"},
    {"judging", "progress"},
    {"inspecting", "models", "training"},
    {"data"},
    {"drawing"},
    {"widgets"},
    {"handing_in", "labs"},
    {"own", "practice"},
    {"due_dates", "lab_options"},
    {"masters"},
    {"grading"},
    {"adopting", "bundle", "collecting", "doctor", "launch", "overview", "packing", "proof", "rehearsing"},
    {"care", "challenge", "release", "term"},
    {"desk"},
    {"demo", "site"},
    {"cli"},
    {"__main__"},
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
INSTRUCTORS = {"course", *(name for name, floor in FLOOR.items() if floor >= FLOOR["masters"])}
BELOW_THE_GRADER = {
    *(
        "cells",
        "course",
        "due_dates",
        "files",
        "formulas",
        "full_marks",
        "judging",
        "lab_options",
        "masters",
        "reference",
    ),
    *("runtime", "showing"),
}
HANDED_OUT = PACKAGE / "handout"  # start.py is copied into bundles, and imports nothing
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if HANDED_OUT not in path.parents]
LESSONS = [path for path in sorted((ROOT / "solutions").glob("*/*.py")) if path.stem == path.parent.name]


def part(module: Path) -> str:
    """Return which part of the package a file belongs to: ``checks`` for course_utils/checks/shapes.py."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name_of(module: Path) -> str:
    """Return a file's dotted name: course_utils.data for course_utils/data/__init__.py."""
    return ".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield everything in a file that is run: all but what only type checkers read."""
    yield node
    for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    for child in node.orelse if for_types else ast.iter_child_nodes(node):
        yield from nodes(child)


@cache
def imports(path: Path) -> frozenset[str]:
    """Return the dotted names of everything that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where they lead"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


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


def graph(files: Iterable[Path]) -> dict[str, set[str]]:
    """Return which modules each module imports, by dotted names. A package stands for what it gathers."""
    known = {name_of(path): path for path in files}
    return {
        name: {best for imported in imports(path) if (best := _longest(imported, known))} - {name}
        for name, path in known.items()
    }


def _longest(imported: str, known: Iterable[str]) -> str:
    """Return the module that an import leads to, "" if it is none of ours."""
    while imported and imported not in known:
        imported = imported.rpartition(".")[0]
    return imported


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other, directly or by way of others."""
    graph = {name: set(targets) for name, targets in graph.items()}
    while ends := [name for name, targets in graph.items() if not targets & set(graph)]:  # those without a way back
        for name in ends:
            del graph[name]
    found: list[list[str]] = []
    for name in graph:
        group = sorted(other for other in reached(graph, name) if name in reached(graph, other))
        if group and group not in found:
            found.append(group)
    return found


def reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """Return the modules that one module imports, directly or by way of others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph[waiting.pop()] & set(graph) - found
        found |= new
        waiting += new
    return found


def uses(path: Path, *libraries: str) -> bool:
    """Tell whether a file imports one of the libraries, or a module of theirs."""
    return any(name == each or name.startswith(f"{each}.") for name in imports(path) for each in libraries)


def called(module: Path) -> str:
    return str(module.relative_to(ROOT))


def test_every_part_has_its_floor():
    assert {part(module) for module in MODULES} - {"__init__"} == set(FLOOR)


def wrong(modules: Iterable[Path], fault: Callable[[Path], object]) -> dict[str, object]:
    """Return what is wrong with some files, by their names."""
    found = {called(module): fault(module) for module in modules}
    assert found, "there are no such files"
    return {name: one for name, one in found.items() if one}


def test_imports_go_down():
    def too_high(module):
        own = part(module)
        return {name for name in our_parts(module) - {own} if FLOOR[name] >= FLOOR.get(own, 1)}

    assert wrong(MODULES, too_high) == {}


def test_the_grader_knows_no_lab_and_no_lesson():
    mine = [module for module in MODULES if part(module) == "grading"]
    assert wrong(mine, lambda module: our_parts(module) - {"grading"} - BELOW_THE_GRADER) == {}


def test_there_are_no_circles():
    assert circles(graph(MODULES)) == []


def test_circles_are_found():
    ways = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"a", "f"}, "f": {"e"}}
    assert circles(ways) == [["b", "c"], ["e", "f"]]


def test_an_import_in_a_function_counts_and_one_for_types_does_not(tmp_path):
    path = tmp_path / "some.py"
    path.write_text("if TYPE_CHECKING:\n    import a\nelse:\n    import b\ndef f():\n    from c import d\n")
    assert imports(path) == {"b", "c.d"}


def test_no_lab_imports_another_one():
    def others(module):
        return {one.split(".")[2] for one in imports(module) if one.startswith("course_utils.labs.")} - {lab(module)}

    assert wrong([module for module in MODULES if part(module) == "labs"], others) == {}


def test_figures_know_no_widgets():
    def widgets(module):
        return [one for one in imports(module) if one.startswith(f"course_utils.labs.{lab(module)}.widgets")]

    assert wrong([module for module in MODULES if is_of(module, "figures")], widgets) == {}


def test_lessons_never_import_the_instructors_side():
    assert wrong(LESSONS, lambda lesson: our_parts(lesson) & INSTRUCTORS) == {}


def judges(module: Path) -> bool:
    """Tell whether a file is imported where an answer is judged: what exercises share, and the exercises."""
    return part(module) == "judging" or (
        lab(module) is not None and not is_of(module, "figures") | is_of(module, "widgets")
    )


def test_exercises_import_torch_numpy_and_the_standard_library_only():
    def foreign(module):
        tops = {name.split(".")[0] for name in imports(module)}
        return tops - {"torch", "numpy", "course_utils"} - sys.stdlib_module_names | (
            our_parts(module) & {"drawing", "widgets"}
        )

    assert wrong(filter(judges, MODULES), foreign) == {}


def test_the_grader_knows_no_lab():
    from harness import PACKAGES, every_exercise

    grader = [module for module in MODULES if part(module) == "grading"]
    assert [called(module) for module in grader if "labs" in our_parts(module)] == []
    names = {*PACKAGES, *PACKAGES.values(), *(one.id for one in every_exercise() if "-" in one.id)}
    text = "\n".join(module.read_text(encoding="utf-8") for module in grader)
    assert sorted(name for name in names if name in text) == []


def test_pyplot_is_imported_in_drawing_and_in_figures_only():
    others = [module for module in MODULES if part(module) != "drawing" and not is_of(module, "figures")]
    assert wrong(others, lambda module: uses(module, "matplotlib.pyplot")) == {}


def test_widget_libraries_are_imported_in_widgets_only():
    others = [one for one in MODULES if part(one) not in ("widgets", "desk") and not is_of(one, "widgets")]
    assert wrong(others, lambda module: uses(module, "ipywidgets", "anywidget")) == {}


@pytest.mark.parametrize("statement", ["import course_utils", "import course_utils.cli"])
def test_importing_loads_nothing_heavy(statement):
    heavy = ["torch", "matplotlib", "ipywidgets", "anywidget", "pandas", "jupytext", "nbgrader"]
    code = f"{statement}; import sys; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_no_gradient_is_asked_for_in_the_way_that_imports_sympy():
    """``torch.autograd.grad(out, tensors, slope)`` does at its first call, in each submission anew."""

    def asked(module):
        calls = [one for one in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(one, ast.Call)]
        found = [one for one in calls if ast.unparse(one.func).endswith("autograd.grad")]
        return [one.lineno for one in found if len(one.args) > 2 or any(k.arg == "grad_outputs" for k in one.keywords)]

    assert wrong(MODULES, asked) == {}
