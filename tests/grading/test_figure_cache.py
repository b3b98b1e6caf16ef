"""Which pictures of a release are drawn once for everybody, and which must not be."""

import importlib
import inspect
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from lesson import master_of
from shortened import ROOT, bundle

from course_utils.course import labs
from course_utils.grading import figure_cache
from course_utils.grading.alignment import align
from course_utils.grading.drawn import Drawn
from course_utils.grading.shell import Shell, build

FIRST = "import numpy as np\nimport torch\nfrom torch import nn"
FIRST += "\nfrom course_utils.labs.conv_and_pooling import figures, widgets"
FIRST += "\nfrom course_utils.runtime import seed_everything"
PICTURE = "figures.show(figures.plot_grids([grid], ['a']), alt='a grid')"


def cell(source: str, grade_id: str = "", *, solution: bool = False, check: bool = False) -> dict:
    return {
        "cell_type": "code",
        "source": source,
        "grade_id": grade_id,
        "grade": check,
        "locked": check,
        "solution": solution,
        "points": float(check),
    }


START = cell('student_id = ""')
ANSWER = cell("def answer(x):\n    raise NotImplementedError", "answer", solution=True)
CHECK = cell("check(answer)", "answer-check", check=True)


def release(*sources: str) -> list[dict]:
    return [cell(FIRST), START, ANSWER, CHECK, *(cell(source) for source in sources)]


def pictures(*sources: str) -> list[str]:
    """Return the pictures of cells that are the same for everybody."""
    return [figure.picture for figure in figure_cache.find_figures(release(*sources))]


GRID = "grid = np.eye(3)"


def test_a_picture_of_the_lessons_own_numbers_is_drawn_once():
    assert pictures(GRID, PICTURE) == [PICTURE]
    assert pictures("grid = nn.functional.relu(torch.eye(3)).numpy()", PICTURE) == [PICTURE]
    assert pictures("grid = np.random.default_rng(0).normal(size=(3, 3))", PICTURE) == [PICTURE]
    assert pictures(f"{GRID}\n{PICTURE}") == [PICTURE]
    assert figure_cache.find_figures(release(f"{GRID}\n{PICTURE}"))[0].rest == GRID


@pytest.mark.parametrize(
    "made",
    [
        "grid = answer(3) * np.eye(3)",
        "grid = len(student_id) * np.eye(3)",
        "grid = np.random.default_rng().normal(size=(3, 3))",
        "grid = np.random.default_rng(len(student_id)).normal(size=(3, 3))",
        "grid = np.random.default_rng(0).normal(size=(3, 3)) + np.random.normal(size=3)",
        "grid = np.random.default_rng(0).normal(np.random.rand(), size=(3, 3))",
        "grid = torch.rand(3, 3).numpy()",
        "grid = nn.Linear(3, 3).weight.detach().numpy()",
        "grid = nn.functional.dropout(torch.eye(3)).numpy()",
        "other = answer(3)\ngrid = other + np.eye(3)",
        "grid = np.eye(3)\ngrid[0] = answer(3)",
        "grid = np.eye(3)\nanswer(grid)",
        "def make():\n    return answer(3)\ngrid = make()",
        "class Maker:\n    def make(self):\n        return answer(3)\ngrid = Maker().make()",
        "if student_id:\n    grid = np.eye(3)\nelse:\n    grid = np.eye(4)",
        "for _ in range(answer(3)):\n    grid = np.eye(3)",
    ],
)
def test_what_may_depend_on_the_student_or_on_chance_is_not(made):
    assert pictures(made, PICTURE) == []
    assert pictures(f"{made}\n{PICTURE}") == []


def test_a_name_that_is_made_anew_depends_on_nothing_before():
    assert pictures("grid = answer(3)", GRID, PICTURE) == [PICTURE]
    assert pictures("other = answer(3)\ngrid = other", GRID, PICTURE) == [PICTURE]


def test_after_a_seed_in_the_same_cell_chance_is_the_same_for_everybody():
    drawn = "grid = torch.rand(3, 3).numpy()"
    assert pictures(f"seed_everything(0)\n{drawn}\n{PICTURE}") == [PICTURE]
    assert pictures("seed_everything(0)", f"{drawn}\n{PICTURE}") == []
    assert pictures(f"{drawn}\nseed_everything(0)\n{PICTURE}") == []
    assert pictures(f"seed_everything(answer(1))\n{drawn}\n{PICTURE}") == []
    assert pictures("seed_everything(0)\nfigures.show(figures.plot_grids([torch.rand(3, 3)], ['a']), alt='a')") == []
    assert pictures(f"seed_everything(0)\ngrid = answer(torch.rand(3, 3))\n{PICTURE}") == []


def test_what_is_shown_with_a_written_answer_is_not_run_in_grading():
    shown = "if lab.thing.is_written(answer):\n    grid[0] = answer(grid)"
    assert pictures(GRID, shown, PICTURE) == [PICTURE]
    assert pictures(GRID, f"{shown}\n{PICTURE}") == [PICTURE]
    assert pictures(GRID, f"{shown}\nelse:\n    grid = torch.rand(3, 3).numpy()", PICTURE) == []
    assert pictures(GRID, shown.replace("is_written", "is_there"), PICTURE) == []


def test_an_argument_of_the_learners_is_no_part_of_the_picture():
    shown = "widgets.explore_convolution(grid, grid)"
    assert pictures(GRID, "widgets.explore_convolution(grid, grid, your_conv2d=answer)") == [shown]
    assert pictures(GRID, "widgets.explore_convolution(grid, grid, conv2d=answer)") == []
    assert pictures(GRID, "widgets.explore_signs(answer, grid, grid)") == []
    assert pictures(GRID, "widgets.explore_convolution(grid, grid, your_conv2d=answer(grid))") == []
    assert pictures(GRID, "figures.show(figures.plot_grids([grid], ['a'], your_conv2d=answer), alt='a')") == []


OF_LABS = "from course_utils.labs.logistic_regression.layers import accuracies"


def needless(source: str, *others: str) -> list[bool]:
    """Return of each picture, or cell that only prints, whether all of its cell was run for everybody."""
    rest = release(source, *others)[1:]
    found = figure_cache.find_figures([cell(f"{FIRST}\n{OF_LABS}"), *rest])
    return [figure.binds is not None for figure in found if figure.cell == len(release())]


@pytest.mark.parametrize(
    ("source", "alone"),
    [
        ("for name, shares in accuracies(0).items():\n    print(name, ', '.join(map(str, shares)))", [True]),
        (f"made = accuracies(0)\n{PICTURE.replace('[grid]', '[list(made)]')}", [True]),
        ("print(accuracies(len(student_id)))", []),
        ("print(accuracies(answer(0)))", []),
        ("print(torch.rand(3))", []),
        ("torch.set_grad_enabled(False)", []),
        ("made = accuracies(0)\nmade['more'] = 3", []),
        ("open('a file', 'w')", []),
        ("import os", []),
        (f"seed_everything(0)\ngrid = np.eye(3)\n{PICTURE}", [False]),
        (f"grid = np.eye(3)\n{PICTURE}", [False]),  # who knows what functions of others do
    ],
)
def test_what_only_computes_and_prints_the_same_for_everybody_is_run_once(source, alone):
    assert needless(source) == alone


def test_what_another_cell_uses_is_run_for_each():
    assert needless("made = accuracies(0)") == [True]
    assert needless("made = accuracies(0)", "made = 3\nprint(made)") == [True]
    assert needless("made = accuracies(0)", "print(made)") == []
    assert needless("made = accuracies(0)", "def later():\n    return made") == []
    assert needless(f"made = accuracies(0)\n{PICTURE.replace('[grid]', '[list(made)]')}", "print(made)") == [False]


@pytest.mark.parametrize(
    "imports",
    ["from course_utils import drawing as figures", "import figures", "from my.course import figures"],
)
def test_a_picture_is_known_by_its_function_wherever_that_is_from(imports):
    made = [cell(f"{imports}\nimport numpy as np"), *(cell(source) for source in (GRID, PICTURE))]
    assert [figure.picture for figure in figure_cache.find_figures(made)] == [PICTURE]


@pytest.mark.parametrize(
    "source",
    [
        "figures.plot_grids([grid], ['a'])",
        "grid.show(grid)",
        "show(grid)",
        "figures.show()",
        "figures.grids.show(grid)",
    ],
)
def test_what_else_stands_last_in_a_cell_is_no_picture(source):
    assert pictures(GRID, source) == []


@pytest.mark.parametrize("source", ["lab = figures.for_student(student_id)", "lab = 3"])
def test_what_a_locked_cell_makes_may_depend_on_the_student(source):
    made = [cell(FIRST), START, {**cell(source, "lab"), "locked": True}, cell("figures.show(lab.grid, alt='a')")]
    assert figure_cache.find_figures(made) == []


def live(make: Callable) -> list[str]:
    """Return a widget's arguments for a function of the learner's that only its sliders ask."""
    return [word for word in inspect.signature(make).parameters if word.startswith(figure_cache.LEARNERS)]


def explorers() -> dict[str, Callable]:
    """Return all labs' widgets that take such a function."""
    names = [path.parent.name for path in (ROOT / "course_utils" / "labs").glob("*/widgets")]
    modules = [importlib.import_module(f"course_utils.labs.{name}.widgets") for name in names]
    made = {name: getattr(module, name) for module in modules for name in module.__all__}
    return {name: make for name, make in sorted(made.items()) if live(make)}


POINTS = ([-1.0, 0.0, 1.0], [0, 1, 0])
ARGUMENTS = {"explore_convolution": ([[1.0, 2.0], [3.0, 4.0]], [[1.0]]), "explore_folding": POINTS, "explore_graph": ()}


def test_there_are_such_widgets():
    assert set(explorers()) == set(ARGUMENTS)


@pytest.mark.parametrize(("name", "make"), explorers().items())
def test_such_a_widget_gives_the_same_picture_with_the_function_and_never_calls_it(name, make):
    (word,) = live(make)

    class Learners:
        def __init__(self, *_values, **_named):
            raise AssertionError("asked")

    def shown(**named):
        return make(*ARGUMENTS[name], **named)._repr_mimebundle_()[0]["text/html"]

    assert shown(**{word: Learners}) == shown()


# --- in a submission


def submission(cells: list[dict]) -> bytes:
    """Return a notebook that holds such cells."""
    written = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {"nbgrader": {**one, "schema_version": 3}} if one["grade_id"] else {},
            "source": one["source"],
            "outputs": [],
            "execution_count": None,
        }
        for number, one in enumerate(cells)
    ]
    for one in written:
        for word in ("source", "cell_type"):
            one["metadata"].get("nbgrader", {}).pop(word, None)
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture(scope="module")
def shell() -> Shell:
    return build()


RELEASED = release(GRID, PICTURE, "other = 2 * grid\nfigures.show(figures.plot_grids([other], ['b']), alt='another')")


def used(handed_in: list[dict], drawn: list[figure_cache.CachedFigure]) -> list[str]:
    """Return the pictures that are not drawn again for a submission."""
    steps = align(RELEASED, submission(handed_in)).steps
    return [figure.picture for figure in figure_cache.usable(RELEASED, steps, drawn).values()]


@pytest.fixture(scope="module")
def drawn(shell) -> list[figure_cache.CachedFigure]:
    found = figure_cache.unpack(figure_cache.paint(RELEASED, shell))
    assert all("<figure" in str(figure.outputs) for figure in found)
    return found


def test_shares_of_the_pictures_are_all_of_them(shell, drawn):
    shares = [figure_cache.unpack(figure_cache.paint(RELEASED, shell, part, 2)) for part in (0, 1)]
    assert sorted(shares[0] + shares[1], key=lambda figure: figure.cell) == drawn
    assert all(shares)


@pytest.mark.parametrize(("rest", "pictures"), [("mine = answer(3)", 1), ("grid = grid * [mine := 1] + answer", 0)])
def test_what_stands_before_a_picture_may_speak_of_answers_if_the_picture_does_not(shell, rest, pictures):
    cells = [*release(GRID)[:1], cell(GRID)]
    figure = figure_cache.CachedFigure(2, rest, PICTURE, frozenset({1}), frozenset({"grid"}))
    found = figure_cache._drawn([*cells, cell(f"{rest}\n{PICTURE}")], {2: figure}, shell)
    assert len(found) == pictures


def test_pictures_are_kept_from_run_to_run_and_for_nothing_else(tmp_path):
    before = bundle("05_conv_and_pooling")
    other = replace(before, cells=[*before.cells[1:]])
    assert Drawn(tmp_path).find(before) is None
    Drawn(tmp_path).keep(before, b"pictures")
    assert Drawn(tmp_path).find(before) == b"pictures"
    assert Drawn(tmp_path).find(other) is None
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    file.write_bytes(file.read_bytes()[:20])
    assert Drawn(tmp_path).find(before) is None
    (tmp_path / "a file").touch()
    kept = Drawn(tmp_path / "a file")  # no folder can be made there
    kept.keep(before, b"pictures")
    assert kept.find(before) == b"pictures"


def test_an_untouched_and_an_answered_notebook_take_all_pictures(drawn):
    assert len(used(RELEASED, drawn)) == 2
    answer = cell("def answer(x):\n    return x", "answer", solution=True)
    assert len(used([answer if one is ANSWER else one for one in RELEASED], drawn)) == 2


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("grid = np.ones(3)", 0),
        ("grid[0] = 7", 0),
        ("other = 3", 1),  # made anew by its own cell; but who knows what else holds it
        ("np = None", 0),
        ("globals()['grid'] = 1", 0),
        ("exec('grid = 1')", 0),
        ("import builtins\nbuiltins.exec('grid = 1')", 0),
        ("from importlib import reload", 0),
        ("get_ipython().run_cell('grid = 1')", 0),
        ("!ls", 0),
        ("from unittest.mock import patch\npatch.object(figures, 'show').start()", 0),
        ("def show():\n    global figures\n    figures = None\nshow()", 0),
        ("await later(grid)", 0),
        ("this is no Python", 2),  # nothing of it is run
        ("mine = 1", 2),
        ("model = nn.Linear(3, 1)\nmodel.eval()", 2),
        ("def forward(x):\n    figures, patch = [x], 3\n    return figures, patch", 2),
        ("class Net(nn.Module):\n    np = 3\n    def eval(self):\n        return self", 2),
    ],
)
def test_a_cell_of_the_students_that_may_change_a_picture_has_it_drawn_again(drawn, source, left):
    handed_in = [*RELEASED[:5], cell(source), *RELEASED[5:]]
    assert len(used(handed_in, drawn)) == left


def test_an_answer_that_may_change_a_picture_has_it_drawn_again(drawn):
    answer = cell("def answer(x):\n    return x\nfigures.show = print", "answer", solution=True)
    assert used([answer if one is ANSWER else one for one in RELEASED], drawn) == []


NEEDLESS = "print(accuracies(0, ('ring',)))"
BOTH = "shares = accuracies(0, ('ring',))\nfigures.show(figures.plot_grids([[*shares.values()]], ['a']), alt='a')"


@pytest.fixture(scope="module")
def computing(shell) -> tuple[list[dict], list[figure_cache.CachedFigure]]:
    """Return a release with two cells of which nothing need be run, and what was drawn and printed of them."""
    cells = [cell(f"{FIRST}\n{OF_LABS}"), *release(NEEDLESS, BOTH)[1:]]
    return cells, figure_cache.unpack(figure_cache.paint(cells, shell))


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("mine = 1", ["", ""]),
        ("mine = shares", [""]),  # what the picture stands on may be changed
        ("def mine():\n    return shares", [""]),
        ("def mine():\n    shares = 3\n    return shares", ["", ""]),
        ("exec('mine = shares')", []),
    ],
)
def test_a_cell_that_only_prints_is_not_run_again_unless_a_student_names_what_it_binds(computing, source, left):
    cells, drawn = computing
    assert [[output["output_type"] for output in figure.printed] for figure in drawn] == [["stream"], []]
    steps = align(cells, submission([*cells[:4], cell(source), *cells[4:]])).steps
    found = figure_cache.usable(cells, steps, drawn)
    assert [figure.rest for figure in found.values()] == left
    assert all(figure.outputs for figure in found.values())


def test_a_cell_further_down_that_names_it_has_it_run(computing):
    cells, drawn = computing
    steps = align(cells, submission([*cells, cell("print(shares)")])).steps
    first, second = figure_cache.usable(cells, steps, drawn).values()
    assert (first.rest, second.rest) == ("", BOTH.splitlines()[0])


@pytest.mark.parametrize("index", [4, 5, 6])
def test_a_cell_that_was_edited_is_run_as_it_stands(drawn, index):
    handed_in = [*RELEASED]
    handed_in[index] = cell(RELEASED[index]["source"] + "  # mine")
    assert len(used(handed_in, drawn)) == {4: 0, 5: 0, 6: 1}[index]


def test_a_cell_that_was_moved_up_is_run_as_it_stands(drawn):
    assert len(used([*RELEASED[:4], RELEASED[5], RELEASED[4], RELEASED[6]], drawn)) == 0


@pytest.mark.parametrize("lab", labs(ROOT))
def test_most_lessons_have_pictures_that_are_drawn_once(lab):
    whole = [
        {**cell(one.source, one.metadata.get("nbgrader", {}).get("grade_id", "")), "cell_type": one.cell_type}
        | {key: one.metadata.get("nbgrader", {}).get(key, False) for key in ("grade", "solution", "locked")}
        for one in master_of(lab).cells
    ]
    found = figure_cache.find_figures(whole)
    assert bundle(lab).lab == lab
    assert found or lab.endswith("homework")
