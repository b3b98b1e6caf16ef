"""Checks in ordinary Python under attack, and what of a student's objects they may believe."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_plain_checks import HIDDEN, SHOWN, cell, notebook
from thorough import one_in

from course_utils.grading.engine import Engine
from course_utils.grading.job import Bundle, Check, Graded, Job, Limits, ReleasedCell, Submission
from course_utils.grading.objects import Objects
from course_utils.grading.plain_checks import is_quiet
from course_utils.grading.sharing import Shared, put_into
from course_utils.grading.slicing import stand_on

LIMITS = Limits(memory_mb=1024)  # no test here runs into a limit of time: a starved machine shall stop nobody


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(ours=False) as found:
        yield found


def grade(engine: Engine, cells: list[ReleasedCell], *, ways=None, asked=None, **answers: str) -> Graded:
    """Grade a submission of a release whose checks run in these ways."""
    bundle = Bundle("small", cells, {}, ways or {}, asked=asked or {})
    done = engine.grade(Job(bundle, Submission("ada", notebook(cells, **answers)), LIMITS).pack())
    return Graded.unpack(done)


def check_of(engine: Engine, check: str, answer: str, *, way: str = "", asked: list[str] | None = None) -> Check:
    """Grade one answer by one check and return what came of it."""
    cells = [cell("...", "answer"), cell(check, "check", points=1.0)]
    ways, told = ({"check": way} if way else {}), ({} if asked is None else {"check": asked})
    return grade(engine, cells, ways=ways, asked=told, answer=answer).checks["check"]


# --- arguments that a function changes

SORTED = "numbers = [3, 1, 2]\ninner = [numbers]\nassert sort(numbers) is numbers\nassert inner[0] == [1, 2, 3]"
CHANGED = {
    "a list": (SORTED, "def sort(xs):\n    xs.sort()\n    return xs", 1),
    "a list that is not changed": (SORTED, "def sort(xs):\n    return sorted(xs)", 0),
    "rows that change places": (
        "m = [[1], [2]]\nfirst = m[0]\nturn(m)\nassert m == [[2], [1]] and m[1] is first",
        "def turn(m):\n    m.reverse()",
        1,
    ),
    "rows that are changed": (
        "m = [[1], [2]]\nfirst = m[0]\nturn(m)\nassert first == [9]",
        "def turn(m):\n    m[0][0] = 9",
        1,
    ),
    "an array, a dict and a set": (
        "import numpy as np\na, d, s = np.zeros(2), {}, {1}\nfill(a, d, found=s)\n"
        "assert a.tolist() == [1, 1] and d == {'a': [1]} and s == set()",
        "def fill(a, d, found):\n    a += 1\n    d['a'] = [1]\n    found.clear()",
        1,
    ),
    "before an exception": (
        "box = [1]\ntry:\n    spill(box)\nexcept ValueError:\n    assert box == []\nelse:\n    assert False",
        "def spill(box):\n    box.clear()\n    raise ValueError",
        1,
    ),
    "a list in itself": ("x = [1]\ngrow(x)\nassert x == [1]", "def grow(x):\n    x.append(x)", 0),
    "an array of another shape": (
        "import numpy as np\na = np.zeros(4)\nturn(a)\nassert a.shape == (4,)",
        "def turn(a):\n    a.shape = (2, 2)",
        0,
    ),
}


@pytest.mark.parametrize("what", one_in(4, list(CHANGED)))
def test_what_a_function_changes_of_its_arguments_comes_back(engine: Engine, what: str):
    check, answer, points = CHANGED[what]
    found = check_of(engine, check, answer, way="changing")
    assert found.points == points, found.message
    assert not found.inside or not points


def test_a_change_that_the_check_would_see_costs_what_it_costs_in_a_notebook(engine: Engine):
    check = "given = [3, 1]\nassert largest(given) == 3\nassert given == [3, 1]"
    changes = "def largest(xs):\n    xs.sort()\n    return xs[-1]"
    assert check_of(engine, check, changes, way="outside").points == 0
    assert check_of(engine, check.rsplit("\n", 1)[0], changes, way="outside").points == 1
    assert check_of(engine, check, "def largest(xs):\n    return max(xs)", way="outside").points == 1


def test_a_change_never_makes_an_answer_right(engine: Engine):
    check = "given = [3, 1]\nassert total(given) == sum(given)"
    assert check_of(engine, check, "def total(xs):\n    xs.clear()\n    return 0", way="outside").points == 0


FORGED_CHANGES = {
    "of another kind": "[[0, b'\\x81\\xa4dict\\x90']]",
    "of what was not given": "[[7, b'\\x81\\xa4list\\x90']]",
    "of what there is none": "[[0, b'\\x81\\xa4list\\x90']] * 9",
    "that are no document": "[[0, b'\\xc1']]",
    "that are no bytes": "[[0, {'list': []}]]",
    "that are no list": "{'a': 1}",
    "with numbers of their own": "[[1, b'\\x81\\xa6shared\\x92\\x05\\x81\\xa4list\\x90']]",
}


@pytest.mark.parametrize("what", one_in(8, list(FORGED_CHANGES)))
def test_forged_changes_are_refused(engine: Engine, what: str):
    answer = (
        "from course_utils.grading import student\n"
        f"student.Student.do_use = lambda self, *a: ['used', None, '', {FORGED_CHANGES[what]}]\n"
        "def sort(xs):\n    pass"
    )
    check = check_of(engine, "x = [2, 1]\nsort(x)\nassert x == [1, 2]", answer, way="changing")
    assert (check.points, check.inside) == (0, "")


def test_an_object_takes_only_what_its_like_holds():
    for target, new in (([1], {}), ({1}, [1]), ({}, [])):
        with pytest.raises(ValueError, match="another kind"):
            put_into(target, new)
    for target, new in (([1], [2, 3]), ({1: 2}, {3: 4}), ({1}, {2}), (bytearray(b"a"), bytearray(b"bc"))):
        put_into(target, new)
        assert target == new


def test_many_arguments_are_not_followed():
    shared = Shared()
    assert shared.takes([0] * 10_000)
    assert not shared.takes([0] * 10_000)


# --- forging

ROOT = "assert abs(root - 2 ** 0.5) < 1e-6"
PLEASES = "class Pleases:\n    def __getattr__(self, name):\n        return lambda *a, **k: {}\n    def {}(self, *a):\n"
PLEASES += "        return {}\n"
FORGING = {
    "a difference of its own": (ROOT, [], PLEASES.format(0, "__sub__", "0.0") + "root = Pleases()"),
    "a quotient of its own": (
        "assert root / 7 == 1",
        [],
        PLEASES.format(0, "__truediv__", "1") + "root = Pleases()",
    ),
    "a reflected difference": ("assert 7 - root == 0", [], PLEASES.format(0, "__rsub__", "0") + "root = Pleases()"),
    "an array's difference": (
        "import numpy as np\nassert np.abs(root - np.arange(3)).max() < 1",
        [],
        PLEASES.format(0, "__sub__", "0") + "root = Pleases()",
    ),
    "a method of its own": (
        "import pandas as pd\nassert table.equals(pd.DataFrame({'a': [1]}))",
        [],
        PLEASES.format("True", "equals", "True") + "table = Pleases()",
    ),
    "a text that begins with everything": (
        "assert word.startswith('sec') and word.lower() == 'secret'",
        [],
        PLEASES.format("'secret'", "__str__", "'x'") + "word = Pleases()",
    ),
    "a number with a difference of its own": (
        ROOT,
        [],
        "class Near(float):\n    def __sub__(self, other):\n        return 0.0\nroot = Near(3)",
    ),
    "a module that runs commands": (
        "machine.run(program)\nassert False",
        None,
        "import subprocess as machine\nprogram = ['touch', '{place}']",
    ),
    "a class that runs commands": (
        "machine.__class__(program)\nassert False",
        None,
        "import subprocess\nclass P:\n    pass\nfrom course_utils.grading import using\n"
        "using.OPERATIONS['about'] = lambda value: [['subprocess:Popen', 'builtins:object'], []]\n"
        "machine, program = P(), ['touch', '{place}']",
    ),
    "a module that runs texts": (
        "machine.timeit(program, number=1)\nassert False",
        None,
        'import timeit as machine\nprogram = \'open("{place}", "w")\'',
    ),
    "a manager that forgives": (
        "with manager():\n    assert False",
        None,
        "class manager:\n    def __enter__(self):\n        return self\n"
        "    def __exit__(self, *e):\n        return True",
    ),
    "another class of assertions": (
        "try:\n    f()\nexcept AssertionError:\n    pass\nassert f() == 3",
        None,
        "class AssertionError(AssertionError):\n    pass\ndef f():\n    raise AssertionError",
    ),
}


@pytest.mark.parametrize("how", one_in(6, list(FORGING)))
def test_no_object_talks_a_check_into_points(engine: Engine, how: str, tmp_path: Path):
    check, asked, answer = FORGING[how]
    place = tmp_path / "written"
    found = check_of(engine, check, answer.replace("{place}", str(place)), way="outside", asked=asked)
    assert (found.points, found.inside) == (0, "")
    assert not place.exists()


def test_what_the_model_answers_objects_are_asked_others_are_asked_too(engine: Engine):
    answer = "class V:\n    def __init__(self, x):\n        self.x = x\n"
    answer += "    def __add__(self, n):\n        return V(self.x + n)"
    check = "v = V(1) + 2\nassert v.x == 3"
    first = check_of(engine, check, answer, way="outside")
    assert (first.points, first.asked) == (1, [".x", "add"])
    again = check_of(engine, check, answer, way="outside", asked=first.asked)
    assert (again.points, again.asked) == (1, [])


def test_an_object_that_is_data_is_looked_at_as_data(engine: Engine):
    check = "import numpy as np\nassert abs(m - 2).sum() == 4 and m.tolist() == [[0, 0]]"
    assert check_of(engine, check, "import numpy as np\nm = np.matrix([[0, 0]])", way="outside", asked=[]).points == 1


# --- what a check may say and do


def test_a_value_behind_which_a_semicolon_stands_is_no_number_of_points():
    assert is_quiet("a = 1\na;")
    assert is_quiet("a ;  # that is all")
    assert not is_quiet("a = ';'\na")
    assert not is_quiet("f(';')")
    assert not is_quiet("")


EXCEPTIONS = {
    "one above it": (
        "class Base(Exception):\n    n = 0\nclass Mine(Base):\n    def __init__(self, text):\n"
        "        super().__init__(text)\n        self.n = 3\ndef f():\n    raise Mine('x')"
    ),
    "one that nobody knew": (
        "class Base(Exception):\n    pass\ndef f():\n"
        "    error = type('New', (Base,), {})('x')\n    error.n = 3\n    raise error"
    ),
}


@pytest.mark.parametrize("how", EXCEPTIONS)
def test_an_exception_is_caught_as_its_base(engine: Engine, how: str):
    check = (
        "try:\n    f()\nexcept Base as error:\n    assert str(error) == 'x' and error.n == 3\nelse:\n    assert False"
    )
    found = check_of(engine, check, EXCEPTIONS[how], way="outside")
    assert (found.points, found.inside) == (1, ""), found.message


def test_a_with_block_is_left_with_its_exception(engine: Engine):
    answer = (
        "import contextlib\nlog = []\n@contextlib.contextmanager\ndef step():\n    try:\n        yield 1\n"
        "    finally:\n        log.append('left')"
    )
    check = "try:\n    with step():\n        raise KeyError('a')\nexcept KeyError:\n    pass\nassert len(log) == 0"
    found = check_of(engine, check, answer, way="outside")  # a name is fetched once, before, and then it grows
    assert (found.points, found.inside) == (0, "an object changes of which it has a copy")
    right = check.replace("len(log) == 0", "tail() == ['left']")
    assert check_of(engine, right, answer + "\ndef tail():\n    return log[-1:]", way="outside").points == 1
    kind = "import types\nassert isinstance(step, types.FunctionType)\nassert isinstance(g(), types.GeneratorType)"
    assert check_of(engine, kind, answer + "\ndef g():\n    yield 1", way="outside").points == 1


def test_an_exit_is_an_exception_with_a_code(engine: Engine):
    check = "try:\n    leave()\nexcept SystemExit as error:\n    assert error.code == 2\nelse:\n    assert False"
    assert check_of(engine, check, "import sys\ndef leave():\n    sys.exit(2)", way="outside").points == 1
    assert check_of(engine, "leave()", "import sys\ndef leave():\n    sys.exit(0)", way="outside").points == 0


@pytest.mark.parametrize("way", ["outside", "inside"])
def test_a_check_that_fails_keeps_no_later_one_from_running(engine: Engine, way: str):
    cells = [
        cell("import numpy as np"),
        cell("...", "a"),
        cell("np.testing.assert_equal(a, 1)\nseen = []\nseen.append(a[0])\nlast = seen", "a-check", points=1.0),
        cell("...", "b"),
        cell("assert np.sum(b) == 3\nassert last == seen == []", "b-check", points=1.0),
    ]
    graded = grade(engine, cells, ways={"b-check": way}, a="a = 2", b="b = [1, 2]")
    assert [check.points for check in graded.checks.values()] == [0, 1]


def test_an_assertion_changes_nothing():
    before = [cell("import numpy as np\nnp.testing.assert_equal(a, 1)\nnp.random.seed(1)", "a-check", points=1.0)]
    assert [one.source for one in stand_on("np.sum(b)", before).local] == ["import numpy as np", "np.random.seed(1)"]


# --- leaking

SECRET = (
    f"assert f(2) == 4\n{HIDDEN}\nassert f(317) == 100489\nimport math\nassert math.isclose(f(31.7), 1004.89)\n{SHOWN}"
)
SPIES = {
    "an argument in its own class's name": "def f(x):\n    return type(f'N{x}', (int,), {})(x * x)",
    "a changed list": "kept = []\ndef f(x):\n    kept.append(x)\n    return x * x",
    "an attribute": "def f(x):\n    f.seen = x\n    return x * x",
    "a docstring": "def f(x):\n    f.__doc__ = str(x)\n    return x * x",
    "a default": "def f(x):\n    f.__defaults__ = (x,)\n    return x * x",
    "the linecache": (
        "import linecache\ndef f(x):\n    linecache.cache['x'] = (1, None, [str(x)], 'x')\n    return x * x"
    ),
    "a warning": "import warnings\ndef f(x):\n    warnings.warn(str(x))\n    return x * x",
    "a log": "import logging\ndef f(x):\n    logging.getLogger().critical('%s', x)\n    return x * x",
    "notes on an exception": (
        "def f(x):\n    e = ValueError('no')\n    e.add_note(str(x))\n    if x > 30:\n        raise e\n    return x * x"
    ),
    "the cause of an exception": (
        "def f(x):\n    if x > 30:\n        raise ValueError('no') from KeyError(x)\n    return x * x"
    ),
}


@pytest.mark.parametrize("how", one_in(10, list(SPIES)))
def test_no_hidden_argument_comes_out(engine: Engine, how: str):
    cells = [
        cell("...", "f"),
        cell(SECRET, "f-check", points=1.0),
        cell("...", "g"),
        cell("print(g())\nassert g() == 1", "g-check", points=1.0),
        cell("pass", "last"),
    ]
    look = "print(globals().get('kept'), f.__dict__, f.__doc__, f.__defaults__)\n"
    look += "import linecache\nprint(linecache.cache.get('x'))"
    tell = "def g():\n    return [globals().get('kept'), f.__dict__, f.__doc__, f.__defaults__]"
    graded = grade(engine, cells, f=SPIES[how], g=tell, last=look)
    told = repr([graded.cells, graded.checks, graded.notes]).replace(repr(SECRET)[1:-1], "")
    assert not {"317", "100489", "31"} & set(re.findall(r"\d+", told))


def test_a_stand_in_has_no_way_around_what_may_be_asked():
    class Wire:
        def use(self, operation, args, kwargs):
            raise TypeError("no data")

    objects = Objects(Wire(), allowed=frozenset({".name"}))
    one = objects._stand_in(0, "Dog", "", False)
    with pytest.raises(AttributeError):
        _ = one.age
    for use in (lambda: one + 1, lambda: 1 - one, lambda: divmod(one, 2), lambda: one**2):
        with pytest.raises(TypeError):
            use()
