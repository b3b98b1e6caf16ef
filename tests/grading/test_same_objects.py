"""Checks outside have copies: what shows only where two names are one object costs what it costs in a notebook."""

from collections.abc import Iterator

import pytest
from test_plain_checks import cell, notebook
from thorough import one_in

from course_utils.grading.engine import Engine
from course_utils.grading.held import Held
from course_utils.grading.job import Bundle, Graded, Job, Limits, Submission

WRONG = {  # answer that is right, one that is not, and a check that tells them apart in a notebook
    "a copy that is none": ("duplicate = list(matrix)", "duplicate = matrix", "assert duplicate is not matrix"),
    "by its id": ("duplicate = list(matrix)", "duplicate = matrix", "assert id(duplicate) != id(matrix)"),
    "a row that is the same": (
        "duplicate = [list(row) for row in matrix]",
        "duplicate = list(matrix)",
        "assert duplicate[0] is not matrix[0]",
    ),
    "rows that are one": (
        "duplicate = [[0] * 3 for _ in range(3)]",
        "duplicate = [[0] * 3] * 3",
        "duplicate[0][0] = 1\nassert duplicate[1][0] == 0",
    ),
    "changed through another name": (
        "duplicate = matrix[:]",
        "duplicate = matrix",
        "duplicate.append(9)\nassert 9 not in matrix",
    ),
    "a view": (
        "import numpy as np\ngrid = np.zeros(4)\nduplicate = grid[:2].copy()",
        "import numpy as np\ngrid = np.zeros(4)\nduplicate = grid[:2]",
        "duplicate[0] = 5\nassert grid[0] == 0",
    ),
    "the memory of another": (
        "import numpy as np\ngrid = np.zeros(4)\nduplicate = grid[:2].copy()",
        "import numpy as np\ngrid = np.zeros(4)\nduplicate = grid[:2]",
        "import numpy as np\nassert not np.shares_memory(duplicate, grid)",
    ),
    "an inner list that is given out": (
        "class Bag:\n    kept = [1]\n    def all(self):\n        return list(self.kept)",
        "class Bag:\n    kept = [1]\n    def all(self):\n        return self.kept",
        "bag = Bag()\nbag.all().append(2)\nmine = bag.all()\nmine.append(3)\nassert bag.all() == [1]",
    ),
    "an argument that is kept": (
        "class Bag:\n    def __init__(self, kept):\n        self.kept = list(kept)",
        "class Bag:\n    def __init__(self, kept):\n        self.kept = kept",
        "given = [1]\nbag = Bag(given)\ngiven.append(2)\nassert bag.kept == [1]",
    ),
    "one list, yielded again and again": (
        "def heads(xs):\n    for k in range(len(xs)):\n        yield xs[: k + 1]",
        "def heads(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n        yield out",
        "assert list(heads([1, 2])) == [[1], [1, 2]]",
    ),
    "a default that grows": (
        "def put(x, into=None):\n    into = [] if into is None else into\n    into.append(x)\n    return into",
        "def put(x, into=[]):\n    into.append(x)\n    return into[-1:] if len(into) > 1 else into",
        "first = put(1)\nput(2)\nassert first == [1]",
    ),
    "global data that are changed": (
        "def total():\n    return sum(sum(row) for row in matrix)",
        "def total():\n    matrix.append([5])\n    return 10",
        "assert total() == 10\nassert matrix == [[1, 2], [3, 4]]",
    ),
    "a name that is bound anew": (
        "level = 3\ndef look():\n    return 3",
        "level = 3\ndef look():\n    global level\n    level = 4\n    return 3",
        "assert look() == 3\nassert level == 3",
    ),
    "the argument itself": (
        "def clone(xs):\n    return list(xs)",
        "def clone(xs):\n    return xs",
        "assert clone(matrix) is not matrix",
    ),
    "the check's own argument": (
        "def clone(xs):\n    return list(xs)",
        "def clone(xs):\n    return xs",
        "given = [1]\nassert clone(given) == given and clone(given) is not given",
    ),
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("how", one_in(5, sorted(WRONG)))
def test_it_earns_what_it_earns_in_a_notebook(engine: Engine, how: str):
    right, wrong, check = WRONG[how]
    cells = [cell("matrix = [[1, 2], [3, 4]]"), cell("pass", "it"), cell(check, "it-check", points=1.0)]
    found = []
    for answer in (right, wrong):
        bundle = Bundle("small", cells, {}, {"it-check": "outside"})
        job = Job(bundle, Submission("ada", notebook(cells, it=answer)), Limits(cell_seconds=5, check_seconds=5))
        graded = Graded.unpack(engine.grade(job.pack()))
        found.append((graded.checks["it-check"].points, bool(graded.checks["it-check"].inside), graded.restarts))
    assert found == [(1.0, False, 0), (0.0, True, 0)]


def test_what_nobody_else_holds_is_told_from_what_somebody_does():
    held = Held(lambda value: repr(value))
    inner = [1]
    assert [held.note_result(value) for value in ([1], [[1]], 3, "text")] == [False] * 4
    assert [held.note_result([inner]), held.note_result((inner,)), held.note_result({"a": inner})] == [True] * 3
    assert [held.note_name("one", [2]), held.note_name("two", inner)] == [False, True]
    names = {"one": held.names["one"], "two": inner}
    assert not held.has_changed(names)
    inner.append(2)
    assert held.has_changed(names)


def test_a_tensor_without_one_storage_is_looked_at_all_the_same():
    torch = pytest.importorskip("torch")
    held = Held(lambda value: repr(value))
    sparse, plain = torch.eye(2).to_sparse(), torch.zeros(4)
    assert [held.note_name("a", sparse), held.note_name("b", sparse)] == [False, True]
    assert [held.note_name("c", plain), held.note_name("d", plain[:2])] == [False, True]
