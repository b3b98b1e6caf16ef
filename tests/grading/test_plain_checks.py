"""Checks in ordinary Python: what they stand on, what cannot be forged in them, and what never comes out of them."""

import json
import re
from collections.abc import Iterable, Iterator

import pytest
import stranger_assignments
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from course_utils.grading import ways
from course_utils.grading.engine import Engine
from course_utils.grading.job import Bundle, Graded, Job, Limits, ReleasedCell, Submission
from course_utils.grading.plain_checks import parts_of
from course_utils.grading.slicing import code_before, shared_statements, stand_on, why_inside

HIDDEN, SHOWN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"


def cell(source: str, name: str = "", *, points: float | None = None, locked: bool = False, **more) -> ReleasedCell:
    """Return a cell of a release: an answer if it has a name, a check if it has points."""
    grade = points is not None
    settings = {"grade": grade, "solution": bool(name) and not grade and not locked, "locked": locked or grade}
    return {"cell_type": "code", "source": source, "grade_id": name, "points": points or 0.0, **settings, **more}


def notebook(cells: list[ReleasedCell], **answers: str) -> bytes:
    """Return a release as a submission, with some of its cells answered."""
    made: list[NotebookNode] = []
    for one in cells:
        name = one["grade_id"]
        new = new_code_cell(answers.get(name.replace("-", "_"), one["source"]))
        if name:
            new.metadata["nbgrader"] = {key: one[key] for key in ("grade", "solution", "locked", "grade_id", "points")}
        made.append(new)
    return json.dumps(new_notebook(cells=made)).encode()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as found:
        yield found


def grade(engine: Engine, cells: list[ReleasedCell], files: dict[str, bytes] | None = None, **answers: str) -> Graded:
    """Grade a submission of a release."""
    bundle = Bundle("small", cells, files or {})
    job = Job(bundle, Submission("ada", notebook(cells, **answers)), Limits(cell_seconds=5, check_seconds=5))
    return Graded.unpack(engine.grade(job.pack()))


SQUARE = [
    cell("def square(x):\n    ...", "square"),
    cell(f"assert square(2) == 4\n{HIDDEN}\nassert square(317) == 100489\n{SHOWN}", "square-check", points=2.0),
]
FORGED = {
    "equal to everything": "class Any:\n    def __eq__(self, other):\n        return True\n"
    "def square(x):\n    return Any()",
    "a number equal to everything": "class Any(int):\n    def __eq__(self, other):\n        return True\n"
    "    __hash__ = int.__hash__\ndef square(x):\n    return Any(0)",
    "an array equal to everything": "import numpy as np\nclass Any(np.ndarray):\n    def __eq__(self, other):\n"
    "        return True\ndef square(x):\n    return np.zeros(1).view(Any)",
    "patched operations": "from course_utils.grading import using\nusing.OPERATIONS.clear()\n"
    "using.OPERATIONS.update({name: lambda *a, **k: True for name in 'call eq data bool'.split()})\n"
    "def square(x):\n    return 4",
    "a patched answer": "from course_utils.grading import student\n"
    "student.Student.do_use = lambda self, *a: ['used', True, '']\ndef square(x):\n    return 4",
    "an exit": "def square(x):\n    raise SystemExit(0)",
    "an end": "import os\ndef square(x):\n    os._exit(0)",
    "an interrupt": "def square(x):\n    raise KeyboardInterrupt",
    "no end": "def square(x):\n    while True:\n        pass",
    "only what is seen": "def square(x):\n    return 4",
    "an exception of ours": "class CannotCross(TypeError):\n    pass\nclass NotAttempted(Exception):\n    pass\n"
    "def square(x):\n    raise CannotCross('that')",
    "a forged message": "import os\ndef square(x):\n    import gc\n"
    "    from course_utils.grading.channel import Channel\n"
    "    [c.send(['used', 4, '']) for c in gc.get_objects() if isinstance(c, Channel)]\n    return 5",
    "another assert": "import builtins\nclass AssertionError(Exception):\n    pass\n"
    "builtins.AssertionError = AssertionError\n"
    "def square(x):\n    return 0",
}


def first_ones(names: Iterable[str], number: int) -> list:
    """Return names as parameters, all but the first ones slow: each is a student in the sandbox."""
    return [pytest.param(name, marks=[pytest.mark.slow] * (place >= number)) for place, name in enumerate(names)]


@pytest.mark.parametrize("how", first_ones(FORGED, 2))
def test_a_wrong_answer_earns_nothing_however_it_answers(engine: Engine, how: str):
    check = grade(engine, SQUARE, square=FORGED[how]).checks["square-check"]
    assert check.points == 0, check
    assert not {"317", "100489"} & set(re.findall(r"\d+", check.message))


def test_a_right_answer_earns_everything(engine: Engine):
    check = grade(engine, SQUARE, square="def square(x):\n    return x * x").checks["square-check"]
    assert (check.points, check.verdict, check.inside) == (2.0, "right", "")


def test_what_nobody_wrote_is_not_attempted(engine: Engine):
    stub = "def square(x):\n    raise NotImplementedError()"
    assert grade(engine, SQUARE, square=stub).checks["square-check"].verdict == "not attempted"
    assert grade(engine, SQUARE, square="pass").checks["square-check"].verdict == "not attempted"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("def square(x):\n    return None", "wrong"),
        ("def square(x):\n    return missing", "wrong"),
        ("pass", "not attempted"),
        ("raise NotImplementedError()", "not attempted"),
    ],
)
def test_a_name_of_the_checks_own_that_is_not_bound_is_no_missing_answer(engine: Engine, answer: str, verdict: str):
    caught = "try:\n    square('a')\nexcept TypeError as error:\n    caught = error\nassert caught and globals()"
    cells = [cell("def square(x):\n    ...", "square"), cell(caught, "square-check", points=1.0)]
    check = grade(engine, cells, square=answer).checks["square-check"]
    assert (check.verdict, check.points, check.inside) == (verdict, 0.0, "it uses globals")


def test_assignments_as_strangers_write_them_are_graded_outside(engine: Engine):
    """What stock nbgrader says of them: tests/grading/test_conformance_more.py."""
    groups = ("cases", "queries", "iterating", "models", "running")
    features = [one for group in groups for one in stranger_assignments.GROUPS[group] if one.outside]
    cells = []
    for one in features:
        cells += [cell(text) for text in one.before]
        cells += [cell(one.locked, f"{one.name}-locked", locked=True)] if one.locked else []
        cells += [cell("...", one.name), cell(one.check, f"{one.name}-check", points=one.points)]
    right = grade(engine, cells, **{one.name.replace("-", "_"): one.answer % one.model for one in features}).checks
    half = grade(engine, cells, **{one.name.replace("-", "_"): one.answer % one.half for one in features}).checks
    assert {name: (check.points, check.inside) for name, check in right.items()} == {
        f"{one.name}-check": (one.points, "") for one in features
    }
    assert all(half[f"{one.name}-check"].points < one.points for one in features)


@pytest.mark.parametrize(
    "answer",
    [
        "sum = 3\ndef square(x):\n    return x * x",
        "import sys, warnings\ndef square(x):\n    warnings.warn('slow')\n    print('slow', file=sys.stderr)\n"
        "    return x * x",
    ],
    ids=["a name of Python's own", "words on stderr"],
)
def test_what_costs_everything_in_stock_nbgrader_costs_nothing_here(engine: Engine, answer: str):
    cells = [SQUARE[0], cell("assert sum([square(2), square(3)]) == 13", "square-check", points=2.0)]
    check = grade(engine, cells, square=answer).checks["square-check"]
    assert (check.points, check.inside) == (2.0, "")


def test_threads_of_a_check_take_turns(engine: Engine):
    text = "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(8) as pool:\n"
    text += "    assert list(pool.map(square, range(99))) == [n * n for n in range(99)]\n"
    text += "    assert list(pool.map(lambda n: call(lambda x: square(x) + n), range(40))) == list(range(4, 44))"
    cells = [SQUARE[0], cell("def call(f):\n    ...", "call"), cell(text, "threads-check", points=1.0)]
    right = {"square": "def square(x):\n    return x * x", "call": "def call(f):\n    return f(2)"}
    check = grade(engine, cells, **right).checks["threads-check"]
    assert (check.points, check.message, check.inside) == (1.0, "", "")
    check = grade(engine, cells, **right | {"call": "def call(f):\n    return 4"}).checks["threads-check"]
    assert check.points == 0


def test_a_library_sees_that_a_function_is_one(engine: Engine):
    text = "import pandas as pd\nfrom collections.abc import Iterable\nframe = pd.DataFrame({'n': [2, 3]})\n"
    text += "assert frame.apply(lambda row: square(row['n']), axis=1).tolist() == [4, 9]\n"
    text += "assert frame.n.apply(square).tolist() == frame.n.agg(square).tolist() == [4, 9]\n"
    text += "assert not isinstance(square, Iterable)\ntry:\n    list(square)\nexcept TypeError:\n    pass\n"
    text += "else:\n    assert False"
    check = grade(engine, [SQUARE[0], cell(text, "frame-check", points=1.0)], square="def square(x):\n    return x * x")
    found = check.checks["frame-check"]
    assert (found.points, found.message, found.inside) == (1.0, "", "")


def test_two_objects_are_equal_only_if_they_carry_the_same(engine: Engine):
    cells = [
        cell("class Box:\n    ...\n\ndef make(n):\n    ...", "make"),
        cell("assert make(1) == make(1)\nassert not make(1) == make(2)", "make-check", points=1.0),
        cell("assert make(3) == make(4)", "other-check", points=1.0),
    ]
    fair = (
        "class Box:\n    def __init__(self, n):\n        self.n = n\n    def __eq__(self, other):\n        return {}\n"
    )
    fair += "def make(n):\n    return Box(n)\n"
    honest, forged = fair.format("self.n == other.n"), fair.format("True")
    graded = grade(engine, cells, make=honest)
    assert [graded.checks[name].points for name in ("make-check", "other-check")] == [1.0, 0.0]
    assert grade(engine, cells, make=forged).checks["other-check"].points == 0


LEAKS = {
    "a file": (
        "def square(x):\n    open('/tmp/seen', 'a').write(str(x) + ';')\n    return x * x",
        "def cube(x):\n    raise ValueError(open('/tmp/seen').read())",
    ),
    "a file beside the notebook": (
        "def square(x):\n    open('seen.txt', 'a').write(str(x) + ';')\n    return x * x",
        "def cube(x):\n    raise ValueError(open('seen.txt').read())",
    ),
    "words": (
        "def square(x):\n    if x > 100:\n        raise ValueError(x)\n    return x * x",
        "def cube(x):\n    return 0",
    ),
    "the name of an exception": (
        "def square(x):\n    if x > 100:\n        raise type(f'E{x}', (Exception,), {})()\n    return x * x",
        "def cube(x):\n    return 0",
    ),
    "print": ("def square(x):\n    print('secret', x)\n    return x * x", "def cube(x):\n    print(x)\n    return 0"),
    "the name of a type": (
        "def square(x):\n    return x * x if x < 100 else type(f'T{x}', (), {})()",
        "def cube(x):\n    return 0",
    ),
}


@pytest.mark.parametrize("how", first_ones(LEAKS, 1))
def test_no_hidden_number_comes_out_in_words(engine: Engine, how: str):
    square, cube = LEAKS[how]
    cells = [
        *SQUARE,
        cell("def cube(x):\n    ...", "cube"),
        cell("assert cube(2) == 8", "cube-check", points=1.0),
        cell("pass", "last"),
    ]
    graded = grade(engine, cells, square=square, cube=cube, last="print(open('/tmp/seen').read())")
    told = repr([graded.cells, graded.checks, graded.notes]).replace(repr(SQUARE[1]["source"])[1:-1], "")
    assert not {"317", "100489"} & set(re.findall(r"\d+", told))


def test_a_students_text_and_files_never_become_code_here(engine: Engine):
    words = ["eval(answer)", "exec(answer)", "import pickle\npickle.load(open('x', 'rb'))", "pd.read_pickle('x')"]
    words += [
        "__import__(answer)",
        "import subprocess\nsubprocess.run(answer)",
        "from sympy import sympify\nsympify(answer)",
    ]
    words += ["import importlib\nimportlib.import_module(answer)", "get_ipython().run_cell(answer)", "globals()['x']"]
    for text in words:
        assert why_inside(text, stand_on(text, [])), text
    cells = [cell("answer = None", "answer"), cell("assert eval(answer) == 3", "answer-check", points=1.0)]
    check = grade(engine, cells, answer="answer = \"__import__('os').getpid() and 3\"").checks["answer-check"]
    assert (check.points, check.inside) == (1, "it uses eval")


def test_a_check_that_was_decided_to_run_outside_still_runs_inside_where_its_text_is_dangerous(engine: Engine):
    cells = [cell("answer = None", "answer"), cell("assert eval(answer) == 3", "answer-check", points=1.0)]
    bundle = Bundle("small", cells, {}, {"answer-check": "outside"})
    graded = Graded.unpack(engine.grade(Job(bundle, Submission("ada", notebook(cells, answer="answer = '3'"))).pack()))
    assert graded.checks["answer-check"].inside == "it uses eval"


def test_modules_beside_the_release_are_the_releases_own(engine: Engine):
    cells = [
        cell("from tool import wanted\nmine = None", "mine"),
        cell("import tool\nassert mine == tool.wanted", "mine-check", points=1.0),
    ]
    files = {"tool.py": b"wanted = 7\n"}
    assert grade(engine, cells, files, mine="from tool import wanted\nmine = wanted").checks["mine-check"].points == 1
    forged = "open('tool.py', 'w').write('wanted = 1')\nmine = 1"
    assert grade(engine, cells, files, mine=forged).checks["mine-check"].points == 0


def test_what_a_check_binds_is_there_for_later_answers_but_not_what_is_hidden(engine: Engine):
    cells = [
        cell("one = None", "one"),
        cell(f"import math\nlimit = 5\nassert one == 1\n{HIDDEN}\nsecret = 9\n{SHOWN}", "one-check", points=1.0),
        cell("two = None", "two"),
        cell("assert two == 10", "two-check", points=1.0),
    ]
    graded = grade(engine, cells, one="one = 1", two="two = math.floor(limit) * 2")
    assert [check.points for check in graded.checks.values()] == [1, 1]
    graded = grade(engine, cells, one="one = 1", two="two = secret + 1")
    assert graded.checks["two-check"].points == 0


class Alone:
    """Whoever is hired to grade, where there is one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def run(self, jobs):
        return ((name, self.engine.grade(packed)) for name, packed in jobs)


def test_a_model_answer_that_earns_too_little_here_is_said_with_the_first_error_in_it(engine: Engine):
    cells = [
        *SQUARE,
        cell("fit = None", "fit"),
        cell("assert fit == 3", "fit-check", points=1.0),
        cell("assert fit is not None", "fit-again-check", points=1.0),
    ]
    right, bundle = "def square(x):\n    return x * x", Bundle("small", cells)

    def said(fit: str) -> list[str]:
        return ways.shortfall(bundle, notebook(cells, square=right, fit=fit), Alone(engine), Limits(cell_seconds=5))

    assert said("fit = 3") == []
    (sentence,) = said("import no_such_library\nfit = 3")
    assert sentence.startswith(
        "small: graded here, the model answer gets 2 of 4 points; too little from fit-check and 1 more: "
    )
    assert sentence.endswith("The first error in it: ModuleNotFoundError: No module named 'no_such_library'")


def test_a_count_of_many_words_and_a_copy_of_an_object_cross(engine: Engine):
    cells = [
        cell("counts = None\nclass Box:\n    ...", "counts"),
        cell("assert counts['w41'] == 1\nassert len(counts) == 30000", "counts-check", points=1.0),
        cell(
            "import copy\nb = Box([1])\nc = copy.deepcopy(b)\nc.n = [2]\nassert b.n == [1]",
            "copy",
            points=1.0,
        ),
    ]
    answer = "counts = {f'w{i}': 1 for i in range(30000)}\nclass Box:\n    def __init__(self, n):\n"
    answer += "        self.n = n"
    graded = grade(engine, cells, counts=answer)
    assert [(check.points, check.inside) for check in graded.checks.values()] == [(1, ""), (1, "")]


@pytest.mark.thorough
def test_a_box_that_is_no_copy_imports_no_more_than_a_copy_has():
    cells = [cell("pass", "seen"), cell("assert not loaded", "seen-check", points=1.0)]
    answer = "import sys\nloaded = 'torch' in sys.modules"
    with Engine(spawn=True, ours=False) as foreign:
        assert grade(foreign, cells, seen=answer).checks["seen-check"].points == 1
    with Engine(spawn=True) as ours:
        assert grade(ours, cells, seen=answer).checks["seen-check"].points == 0


@pytest.mark.parametrize("module", ["random", "numpy.random"])
def test_a_seed_that_is_set_twice_counts_twice(engine: Engine, module: str):
    check = f"import {module} as r\nr.seed(7)\na = roll()\nr.seed(7)\nb = roll()\nassert a == b\nassert roll() != a"
    cells = [cell("pass", "roll"), cell(check, "roll-check", points=1.0)]
    check = grade(engine, cells, roll=f"import {module} as q\ndef roll():\n    return q.random()").checks["roll-check"]
    assert (check.points, check.inside) == (1, ""), check


@pytest.mark.parametrize(
    ("last", "points"),
    [
        ("np.float64(0.5)", 0.5),
        ("np.int64(1)", 1),
        ("np.bool_(True)", 2),
        ("-1", 0),
        ("7", 2),
        ("'1'", 2),
        ("True", 2),
        ("1;", 2),
    ],
)
@pytest.mark.parametrize("way", ["outside", pytest.param("inside", marks=pytest.mark.slow)])
def test_a_number_on_the_last_line_is_the_points_in_either_way(engine: Engine, last: str, points: float, way: str):
    cells = [cell("pass", "it"), cell(f"import numpy as np\n{last}", "it-check", points=2.0)]
    bundle = Bundle("small", cells, {}, {"it-check": way})
    graded = Graded.unpack(engine.grade(Job(bundle, Submission("ada", notebook(cells))).pack()))
    assert graded.checks["it-check"].points == points


# --- what a check stands on


def test_imports_and_functions_of_the_release_run_here_and_the_rest_is_asked_for():
    before = [
        cell("import math\nDATA = [1]"),
        cell("def verify(f):\n    assert f(2) == math.sqrt(4)", "help", locked=True),
        cell("LIMIT = 3", "limit", locked=True),
        cell("def root(x):\n    ...", "root"),
        cell("class Shape:\n    pass", "shape", locked=True),
    ]
    found = stand_on("verify(root)\nassert DATA and LIMIT and Shape and len([])", before)
    assert [one.source.split("\n")[0] for one in found.local] == ["import math", "def verify(f):", "LIMIT = 3"]
    assert found.asked == ("DATA", "Shape", "root")
    assert not found.is_ours


def test_a_check_of_this_packages_own_is_known():
    first = cell("from course_utils.judging.protocol.calling import call")
    assert stand_on("assert call(square, 'square', 2) == 4", [first]).is_ours
    assert stand_on("from course_utils.labs import neurons\nneurons", []).is_ours
    assert not stand_on("assert square(2) == 4", [first]).is_ours


def test_what_stands_below_a_magic_is_bound_for_later_checks():
    for check in ("%%capture out\nsay()", "%%time\nout = 3", "%time out = say()"):
        found = stand_on("assert out", [cell(check, "first-check", points=1.0)])
        assert ["magic(" in one.source for one in found.local] == [True]
        assert why_inside("assert out", found) == "it uses get_ipython"


def test_a_name_used_before_it_is_bound_is_asked_for():
    assert stand_on("x = f(x)\nassert x == 1", []).asked == ("f", "x")
    assert stand_on("for i in range(3):\n    assert f(i) == i", []).asked == ("f",)
    assert stand_on("def helper():\n    return later()\ndef later():\n    return f", []).asked == ("f",)


def test_hidden_bindings_of_an_earlier_check_are_no_part_of_it():
    before = [cell(f"a = 1\n{HIDDEN}\nb = 2\n{SHOWN}", "a-check", points=1.0)]
    assert [one.source for one in stand_on("assert a", before).local] == ["a = 1"]
    assert stand_on("assert b", before).asked == ("b",)


def test_code_before_a_check_ends_at_it():
    cells = [cell("a = 1"), cell("assert a", "a-check", points=1.0), cell("b = 1")]
    assert [one["source"] for one in code_before(cells, "a-check")] == ["a = 1"]


def test_a_check_is_cut_at_its_first_hidden_line_or_not_at_all():
    assert parts_of(f"a\n{HIDDEN}\nb\n{SHOWN}\nc") == ("a", f"{HIDDEN}\nb\n{SHOWN}\nc")
    assert parts_of("a\nb") == ("a\nb", "")
    inside = f"def t():\n    a()\n    {HIDDEN}\n    b()\n    {SHOWN}\nt()"
    assert parts_of(inside) == ("", inside)


def test_only_what_later_cells_use_is_shared():
    check = "import math\nfrom os import path\ndef near(a, b):\n    return math.isclose(a, b)\nassert near(x, 1)"
    assert shared_statements(check, ["y = near(1, 2)"]).split("\n")[:2] == ["import math", "def near(a, b):"]
    assert shared_statements(check, ["y = 1"]) == ""
