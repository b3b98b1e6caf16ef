# ruff: noqa: E501  an exercise reads best as few lines as it has parts
"""Tiny nbgrader assignments, one for each way in which checks in ordinary Python are written, in groups.

Each feature is an answer with its model and a half-right version, what stands before it, and a check. They are made
into source notebooks that stock nbgrader and this package's engine both release and grade.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
import warm
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
HIDDEN, SHOWN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"


@dataclass(frozen=True)
class Feature:
    """One exercise: code above it, its answer (with %s where model or half stand), and its check.

    Parameters
    ----------
    name
        grade_id of the answer.
    answer
        With one ``%s``.
    model, half
        What stands there in the model answer, and in a half-right submission.
    check
        The check's text.
    before
        Open cells above it.
    locked
        A locked cell above it.
    points
        Of the check.
    outside
        Whether the check can run outside of the student's process.
    """

    name: str
    answer: str
    model: str
    half: str
    check: str
    before: tuple[str, ...] = ()
    locked: str = ""
    points: float = 1
    outside: bool = True


def function(body: str, name: str = "f", arguments: str = "x") -> str:
    """Return an answer that is a function with a body."""
    return f"def {name}({arguments}):\n%s"


def body(text: str) -> str:
    """Return a function's body."""
    return "\n".join(f"    {line}" for line in text.split("\n"))


GROUPS: dict[str, list[Feature]] = {
    "values": [
        Feature("int", "number = None\n%s", "number = 7", "number = 8", "assert number == 7"),
        Feature(
            "light",
            "few = None\n%s",
            "few = 2",
            "few = 3",
            "import sys\nassert few == 2 and 'torch' not in sys.modules",
        ),
        Feature(
            "float",
            "root = None\n%s",
            "root = 2 ** 0.5",
            "root = 1.4",
            "from numpy.testing import assert_allclose\nassert_allclose(root, math.sqrt(2))",
            ("import math",),
        ),
        Feature(
            "statistics",
            "mean = None\n%s",
            "mean = 2.5",
            "mean = 2",
            "assert mean == statistics.mean([1, 2, 3, 4])",
            ("import math", "import statistics"),
        ),
        Feature(
            "text",
            "word = None\n%s",
            "word = 'Yes'",
            "word = 'No'",
            "def same(a, b):\n    return a.lower() == b.lower()\n\nassert same(word, 'yes')",
        ),
        Feature(
            "counter",
            "table = None\n%s",
            "import collections\ntable = collections.Counter('abca')",
            "table = {}",
            "assert table['a'] == 2\nassert table['z'] == 0\nassert len(table) == 3",
        ),
        Feature(
            "ordered",
            "order = None\n%s",
            "from collections import OrderedDict\norder = OrderedDict(b=1, a=2)",
            "order = {'a': 2, 'b': 1}",
            "assert list(order) == ['b', 'a']\nassert order == {'a': 2, 'b': 1}",
        ),
        Feature(
            "default",
            "groups = None\n%s",
            "from collections import defaultdict\ngroups = defaultdict(list)\ngroups[1].append(2)",
            "groups = {1: [2]}",
            "assert groups[1] == [2]\nassert groups[7] == []",
        ),
        Feature(
            "fraction",
            "third = None\n%s",
            "from fractions import Fraction\nthird = Fraction(1, 3)",
            "third = 0.33",
            "from fractions import Fraction\nassert third == Fraction(1, 3)\nassert third * 3 == 1",
        ),
        Feature(
            "decimal",
            "price = None\n%s",
            "from decimal import Decimal\nprice = Decimal('1.10')",
            "price = 1.1",
            "from decimal import Decimal\nassert price == Decimal('1.1')",
        ),
        Feature(
            "date",
            "day = None\n%s",
            "import datetime\nday = datetime.date(2024, 2, 29)",
            "day = '2024-02-29'",
            "import datetime\nassert day + datetime.timedelta(days=1) == datetime.date(2024, 3, 1)",
        ),
        Feature(
            "named",
            "point = None\n%s",
            "from collections import namedtuple\nPoint = namedtuple('Point', 'x y')\npoint = Point(1, 2)",
            "point = (1, 2)",
            "assert point.x == 1 and point[1] == 2\nassert point == (1, 2)\nassert isinstance(point, tuple)",
        ),
        Feature(
            "keys",
            "table2 = None\n%s",
            "table2 = {'a': 1, 'b': 2}",
            "table2 = {'a': 1}",
            "assert table2.keys() == {'a', 'b'}\nassert sorted(table2.values()) == [1, 2]",
        ),
        Feature("set", "odd = None\n%s", "odd = {1, 3}", "odd = [1, 3]", "assert odd == {1, 3} and type(odd) is set"),
        Feature("nan", "nothing = None\n%s", "nothing = float('nan')", "nothing = 0.0", "assert nothing != nothing"),
        Feature(
            "hash",
            "secret = None\n%s",
            "secret = 42",
            "secret = 41",
            "from hashlib import sha1\nassert sha1(str(type(secret)).encode()).hexdigest() == "
            "sha1(b\"<class 'int'>\").hexdigest()\nassert str(secret) == '42'",
        ),
        Feature(
            "partial",
            "three = None\n%s",
            "three = [1, 2, 3]",
            "three = [1, 2, 0]",
            "sum(a == b for a, b in zip(three, [1, 2, 3]))",
            points=3,
        ),
        Feature("nothing-said", "anything = None\n%s", "anything = 1", "anything = None", "anything"),
    ],
    "functions": [
        Feature(
            "square",
            function("", "square"),
            body("return x * x"),
            body("return x + x"),
            f"assert square(2) == 4\n{HIDDEN}\nassert square(3) == 9\nassert square(-1) == 1\n{SHOWN}",
            points=2,
        ),
        Feature(
            "raises",
            function("", "safe"),
            body("if x < 0:\n    raise ValueError('below 0')\nreturn x"),
            body("return x"),
            "try:\n    safe(-1)\nexcept ValueError as error:\n    assert 'below' in str(error)\n"
            "else:\n    raise AssertionError('did not raise')",
        ),
        Feature(
            "own-error",
            "class TooSmall(Exception):\n    pass\n\ndef big(x):\n%s",
            body("if x < 0:\n    raise TooSmall(x)\nreturn x"),
            body("return x"),
            "try:\n    big(-2)\n    assert False\nexcept TooSmall as e:\n    assert e.args == (-2,)",
        ),
        Feature(
            "pytest-raises",
            function("", "root2"),
            body("if x < 0:\n    raise ValueError\nreturn x ** 0.5"),
            body("return x ** 0.5"),
            "import pytest\nwith pytest.raises(ValueError):\n    root2(-1)\nassert root2(4) == 2",
        ),
        Feature(
            "unittest",
            function("", "twice"),
            body("return 2 * x"),
            body("return x"),
            "import unittest\ntc = unittest.TestCase()\ntc.assertEqual(twice(4), 8)\ntc.assertAlmostEqual(twice(.1), .2)",
        ),
        Feature(
            "callback",
            "def apply(f, xs):\n%s",
            body("return [f(x) for x in xs]"),
            body("return xs"),
            "assert apply(lambda x: x + 1, [1, 2]) == [2, 3]\nassert apply(abs, [-1]) == [1]\n"
            "def add(n):\n    return n + 10\nassert apply(add, (0,)) == [10]",
        ),
        Feature(
            "numpy-callback",
            "def slope(f, x):\n%s",
            body("return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6"),
            body("return 0"),
            "import numpy as np\nassert abs(slope(np.sin, 0.0) - 1) < 1e-6",
        ),
        Feature(
            "returned",
            "def adder(n):\n%s",
            body("return lambda x: x + n"),
            body("return n"),
            "assert callable(adder(1))\nassert adder(2)(3) == 5",
        ),
        Feature(
            "generator",
            "def count(n):\n%s",
            body("for i in range(n):\n    yield i"),
            body("return range(n - 1)"),
            "assert list(count(3)) == [0, 1, 2]\ng = count(2)\nassert next(g) == 0 and sum(count(4)) == 6",
        ),
        Feature(
            "printed",
            "def hello(name):\n%s",
            body("print('Hello, ' + name)"),
            body("return 'Hello, ' + name"),
            "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    hello('Ada')\n"
            "assert out.getvalue().strip() == 'Hello, Ada'",
        ),
        Feature(
            "source",
            "def total(xs):\n%s",
            body("t = 0\nfor x in xs:\n    t += x\nreturn t"),
            body("return sum(xs)"),
            "import inspect\nassert 'sum(' not in inspect.getsource(total)\nassert total([1, 2]) == 3",
        ),
        Feature(
            "docstring",
            "def documented():\n%s",
            body('"""Say why."""\nreturn 1'),
            body("return 1"),
            "assert documented.__doc__ and documented.__name__ == 'documented'",
        ),
        Feature(
            "keyword",
            "def power(base, exponent=2):\n%s",
            body("return base ** exponent"),
            body("return base ** 2"),
            "assert power(3) == 9\nassert power(2, exponent=3) == 8\nassert power(**{'base': 1}) == 1",
        ),
        Feature(
            "loop",
            "def fib(n):\n%s",
            body("return n if n < 2 else fib(n - 1) + fib(n - 2)"),
            body("return n"),
            "for n, wanted in enumerate([0, 1, 1, 2, 3, 5]):\n    assert fib(n) == wanted, n\n"
            "assert [fib(k) for k in range(3)] == [0, 1, 1]",
        ),
        Feature(
            "mutates",
            "def clear(xs):\n%s",
            body("xs.append(1)\nreturn xs"),
            body("return []"),
            "assert clear([]) == [1]",
        ),
        Feature(
            "changed-argument",
            "def fill(xs):\n%s",
            body("xs.append(1)"),
            body("pass"),
            "mine = []\nfill(mine)\nassert mine == [1]",
        ),
        Feature(
            "earlier",
            "def third(x):\n%s",
            body("return x / 3"),
            body("return x"),
            "result = third(9)\nassert result == 3",
        ),
        Feature("later", "def half(x):\n%s", body("return x / 2"), body("return x"), "assert half(result) == 1.5"),
        Feature(
            "helper",
            "def cube(x):\n%s",
            body("return x ** 3"),
            body("return x"),
            "verify(cube, 2, 8)",
            locked="def verify(f, x, wanted):\n    got = f(x)\n    assert got == wanted, f'{got} is not {wanted}'",
        ),
        Feature(
            "locked-data",
            "def largest(xs):\n%s",
            body("return max(xs)"),
            body("return xs[0]"),
            "assert largest(DATA) == max(DATA)",
            locked="DATA = [3, 9, 2]",
        ),
        Feature(
            "open-data",
            "def smallest(xs):\n%s",
            body("return min(xs)"),
            body("return xs[0]"),
            "assert smallest(numbers) == 2",
            ("numbers = [3, 9, 2]",),
        ),
        Feature(
            "while",
            "def steps(n):\n%s",
            body("k = 0\nwhile n > 1:\n    n //= 2\n    k += 1\nreturn k"),
            body("return n"),
            "k = 0\nwhile k < 4:\n    assert steps(2 ** k) == k\n    k += 1",
        ),
    ],
    "classes": [
        Feature(
            "dog",
            "class Dog:\n    def __init__(self, name):\n        self.name = name\n    def speak(self):\n%s",
            body(body("return self.name + '!'")),
            body(body("return 'x'")),
            "d = Dog('Rex')\nassert d.name == 'Rex'\nassert d.speak() == 'Rex!'\nassert isinstance(d, Dog)\n"
            "assert hasattr(d, 'name') and not hasattr(d, 'age')\nd.age = 3\nassert d.age == 3",
        ),
        Feature(
            "vector",
            "class Vector:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n%s",
            body(
                "def __add__(self, other):\n    return Vector(self.x + other.x, self.y + other.y)\n"
                "def __eq__(self, other):\n    return (self.x, self.y) == (other.x, other.y)\n"
                "def __repr__(self):\n    return f'Vector({self.x}, {self.y})'"
            ),
            body("pass"),
            "v = Vector(1, 2) + Vector(3, 4)\nassert v == Vector(4, 6)\nassert repr(v) == 'Vector(4, 6)'\n"
            "assert v != Vector(0, 0)",
        ),
        Feature(
            "stack",
            "class Stack:\n    def __init__(self):\n        self.items = []\n%s",
            body(
                "def push(self, x):\n    self.items.append(x)\ndef pop(self):\n    return self.items.pop()\n"
                "def __len__(self):\n    return len(self.items)"
            ),
            body("pass"),
            "s = Stack()\ns.push(1)\ns.push('b')\nassert len(s) == 2 and s.pop() == 'b'\n"
            "try:\n    Stack().pop()\n    assert False\nexcept IndexError:\n    pass",
        ),
        Feature(
            "inherit",
            "class Shape:\n    pass\nclass Circle(Shape):\n    def __init__(self, r):\n        self.r = r\n%s",
            body("@property\ndef area(self):\n    return 3 * self.r ** 2"),
            body("def area(self):\n    return 0"),
            "assert issubclass(Circle, Shape)\nassert Circle(2).area == 12\nassert type(Circle(1)).__name__ == 'Circle'",
        ),
        Feature(
            "dataclass",
            "from dataclasses import dataclass\n%s",
            "@dataclass\nclass P:\n    x: int\n    y: int = 0",
            "class P:\n    x = 0",
            "p = P(3)\nassert p.x == 3 and p.y == 0\nassert P(1, 2) == P(1, 2)",
        ),
        Feature(
            "context",
            "class Timer:\n%s",
            body(
                "def __enter__(self):\n    self.open = True\n    return self\n"
                "def __exit__(self, *error):\n    self.open = False"
            ),
            body("pass"),
            "with Timer() as t:\n    assert t.open\nassert not t.open",
        ),
        Feature(
            "iterator",
            "class Countdown:\n    def __init__(self, n):\n        self.n = n\n%s",
            body(
                "def __iter__(self):\n    k = self.n\n    while k:\n        yield k\n        k -= 1\n"
                "def __getitem__(self, i):\n    return self.n - i"
            ),
            body("pass"),
            "assert list(Countdown(3)) == [3, 2, 1]\nassert Countdown(5)[2] == 3\nassert 2 in Countdown(3)",
        ),
        Feature(
            "sorting",
            "class Card:\n    def __init__(self, n):\n        self.n = n\n%s",
            body("def __lt__(self, other):\n    return self.n < other.n"),
            body("pass"),
            "cards = sorted([Card(3), Card(1)])\nassert [c.n for c in cards] == [1, 3]",
        ),
        Feature(
            "enum",
            "import enum\n%s",
            "class Colour(enum.Enum):\n    RED = 1\n    BLUE = 2",
            "class Colour:\n    RED = 1",
            "assert Colour.RED.value == 1\nassert Colour.RED != Colour.BLUE\nassert Colour(2).name == 'BLUE'",
        ),
    ],
    "arrays": [
        Feature(
            "zeros",
            "a = None\n%s",
            "a = np.zeros((2, 3))",
            "a = np.zeros(6)",
            "assert a.shape == (2, 3) and isinstance(a, np.ndarray)\nnp.testing.assert_array_equal(a, np.zeros((2, 3)))",
            ("import numpy as np",),
        ),
        Feature(
            "dtype",
            "b = None\n%s",
            "b = np.arange(3, dtype=np.float32)",
            "b = np.arange(3)",
            "assert b.dtype == np.float32\nassert np.allclose(b, [0, 1, 2])",
        ),
        Feature(
            "vectorised",
            "def norm(x):\n%s",
            body("return np.sqrt((x ** 2).sum(axis=-1))"),
            body("return x.sum()"),
            "x = np.random.RandomState(0).rand(4, 3)\nassert np.allclose(norm(x), np.linalg.norm(x, axis=-1))",
        ),
        Feature(
            "seeded",
            "def draw(n):\n%s",
            body("return np.random.rand(n)"),
            body("return np.zeros(n)"),
            "np.random.seed(3)\nmine = draw(2)\nnp.random.seed(3)\nassert np.allclose(mine, np.random.rand(2))",
        ),
        Feature(
            "python-seed",
            "import random\ndef roll():\n%s",
            body("return random.randint(1, 6)"),
            body("return 0"),
            "import random\nrandom.seed(1)\na1 = roll()\nrandom.seed(1)\nassert a1 == random.randint(1, 6)",
        ),
        Feature(
            "linalg",
            "def solve(A, b):\n%s",
            body("return np.linalg.solve(A, b)"),
            body("return b"),
            "assert np.allclose(solve(np.eye(2) * 2, np.ones(2)), .5)\ntry:\n    solve(np.zeros((2, 2)), np.ones(2))\n"
            "    assert False\nexcept np.linalg.LinAlgError:\n    pass",
        ),
        Feature(
            "texts",
            "names = None\n%s",
            "names = np.array(['a', 'bc'])",
            "names = ['a', 'bc']",
            "assert names.shape == (2,) and names[1] == 'bc'",
        ),
        Feature(
            "torch",
            "t = None\n%s",
            "t = torch.ones(2, 2)",
            "t = torch.ones(2)",
            "assert torch.equal(t, torch.ones(2, 2)) and t.dtype == torch.float32",
            ("import torch",),
        ),
        Feature(
            "module",
            "net = None\n%s",
            "net = torch.nn.Linear(3, 2)",
            "net = torch.nn.Linear(2, 2)",
            "assert isinstance(net, torch.nn.Module)\nassert net(torch.zeros(1, 3)).shape == (1, 2)\n"
            "assert sum(p.numel() for p in net.parameters()) == 8",
        ),
    ],
    "frames": [
        Feature(
            "frame",
            "df = None\n%s",
            "df = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
            "df = pd.DataFrame({'a': [1, 2]})",
            "assert df.shape == (2, 2)\nassert list(df.columns) == ['a', 'b']\nassert df['a'].sum() == 3\n"
            "assert isinstance(df, pd.DataFrame)",
            ("import pandas as pd\nimport numpy as np",),
        ),
        Feature(
            "equal",
            "wide = None\n%s",
            "wide = pd.DataFrame({'k': [1.5, None]}, index=['r', 's'])",
            "wide = pd.DataFrame()",
            "pd.testing.assert_frame_equal(wide, pd.DataFrame({'k': [1.5, np.nan]}, index=['r', 's']))",
        ),
        Feature(
            "series",
            "s = None\n%s",
            "s = pd.Series([3, 1], index=list('ab'), name='n')",
            "s = pd.Series([3, 1])",
            "assert s['a'] == 3 and s.name == 'n' and s.idxmin() == 'b'",
        ),
        Feature(
            "grouped",
            "def means(frame):\n%s",
            body("return frame.groupby('g')['v'].mean()"),
            body("return frame['v']"),
            "given = pd.DataFrame({'g': list('aab'), 'v': [1, 3, 5]})\nfound = means(given)\n"
            "assert found['a'] == 2 and found['b'] == 5",
        ),
        Feature(
            "dates",
            "days = None\n%s",
            "days = pd.date_range('2024-01-01', periods=3)",
            "days = []",
            "assert len(days) == 3 and days[1] == pd.Timestamp('2024-01-02')",
        ),
        Feature(
            "category",
            "size = None\n%s",
            "size = pd.Series(['s', 'm', 's'], dtype='category')",
            "size = pd.Series(['s'])",
            "assert size.dtype == 'category' and size.nunique() == 2",
        ),
        Feature(
            "csv",
            "table3 = None\n%s",
            "table3 = pd.read_csv('numbers.csv')",
            "table3 = pd.DataFrame({'x': [1]})",
            "assert table3['x'].tolist() == [1, 2] and table3.loc[0, 'y'] == 'a'",
        ),
    ],
    "files": [
        Feature(
            "write",
            "%s",
            "with open('out.txt', 'w') as f:\n    f.write('hello')",
            "open('out.txt', 'w').close()",
            "assert open('out.txt').read() == 'hello'\nimport os\nassert os.path.exists('out.txt')",
        ),
        Feature(
            "read",
            "def lines(name):\n%s",
            body("return open(name).read().splitlines()"),
            body("return []"),
            "with open('in.txt', 'w') as f:\n    f.write('a\\nb')\nassert lines('in.txt') == ['a', 'b']",
        ),
        Feature(
            "json",
            "import json\ndef store(value):\n%s",
            body("json.dump(value, open('v.json', 'w'))"),
            body("pass"),
            "store({'a': 1})\nassert json.load(open('v.json')) == {'a': 1}",
        ),
        Feature(
            "module",
            "from shapes import area\n%s",
            "mine = area(2)",
            "mine = 0",
            "from shapes import area\nassert mine == area(2)",
        ),
    ],
    "figures": [
        Feature(
            "title",
            "ax = None\n%s",
            "fig, ax = plt.subplots()\nax.set_title('T')",
            "fig, ax = plt.subplots()",
            "assert ax.get_title() == 'T'",
            ("import matplotlib.pyplot as plt",),
        ),
        Feature(
            "line",
            "ax2 = None\n%s",
            "fig2, ax2 = plt.subplots()\nax2.plot([1, 2], [3, 4])",
            "fig2, ax2 = plt.subplots()",
            "assert len(ax2.lines) == 1\nassert list(ax2.lines[0].get_ydata()) == [3, 4]",
        ),
        Feature(
            "bars",
            "ax3 = None\n%s",
            "fig3, ax3 = plt.subplots()\nax3.bar(['a', 'b'], [1, 2])",
            "fig3, ax3 = plt.subplots()",
            "assert [p.get_height() for p in ax3.patches] == [1, 2]",
        ),
    ],
    "inside": [
        Feature(
            "input",
            "def ask():\n%s",
            body("return int(input()) + 1"),
            body("return 0"),
            "import builtins\nold = builtins.input\nbuiltins.input = lambda *a: '4'\nassert ask() == 5\nbuiltins.input = old",
            outside=False,
        ),
        Feature(
            "globals",
            "%s",
            "secret_name = 5",
            "other = 5",
            "assert 'secret_name' in globals()\nassert secret_name == 5",
            outside=False,
        ),
        Feature(
            "eval",
            "formula = None\n%s",
            "formula = '1 + 2'",
            "formula = '1 + 1'",
            "assert eval(formula) == 3",
            outside=False,
        ),
        Feature(
            "patched",
            "import random\ndef flip():\n%s",
            body("return 'heads' if random.random() < .5 else 'tails'"),
            body("return 'heads'"),
            "from unittest import mock\nwith mock.patch('random.random', return_value=.9):\n    assert flip() == 'tails'",
            outside=False,
        ),
        Feature(
            "tree",
            "def depth(tree):\n%s",
            body("return 1 + max(map(depth, tree.children), default=0)"),
            body("return 1"),
            "class Node:\n    def __init__(self, *children):\n        self.children = children\n"
            "assert depth(Node(Node(), Node(Node()))) == 3",
            outside=False,
        ),
    ],
}
FILES = {"frames": {"numbers.csv": "x,y\n1,a\n2,b\n"}, "files": {"shapes.py": "def area(r):\n    return 3 * r * r\n"}}


def cell(source: str, **settings: object) -> NotebookNode:
    """Return a code cell with nbgrader's settings."""
    made = new_code_cell(source)
    if settings:
        made.metadata["nbgrader"] = {"schema_version": 3, "grade": False, "locked": False, "solution": False} | settings
    return made


def solution(text: str, indented: bool) -> str:
    """Return a model answer between nbgrader's marks."""
    margin = "    " if indented else ""
    return f"{margin}{BEGIN}\n{text}\n{margin}{END}"


def notebook(features: list[Feature], version: str = "source") -> NotebookNode:
    """Return a group as a notebook: as its source, or with half-right answers as a submission."""
    cells = [new_markdown_cell("# A group of exercises")]
    for one in features:
        cells += [cell(text) for text in one.before]
        if one.locked:
            cells.append(cell(one.locked, grade_id=f"{one.name}-locked", locked=True))
        text = one.model if version == "source" else one.half
        filled = one.answer % (solution(text, text.startswith("    ")) if version == "source" else text)
        cells.append(cell(filled, grade_id=one.name, solution=True))
        cells.append(cell(one.check, grade_id=f"{one.name}-check", grade=True, locked=True, points=one.points))
    made = new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    for number, one in enumerate(made.cells):
        one.id = f"cell-{number}"
    return made


def make_course(root: Path, groups: dict[str, list[Feature]], files: dict[str, dict[str, str]] = FILES) -> Path:
    """Make a course in nbgrader's own layout, released, with a right, a half and a blank submission of each group."""
    for name, features in groups.items():
        folder = root / "source" / name
        folder.mkdir(parents=True)
        nbformat.write(notebook(features), folder / f"{name}.ipynb")
        for path, text in files.get(name, {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'small'\n")
    for name, features in groups.items():
        run(root, "nbgrader", "generate_assignment", name)
        for who in ("right", "half", "blank"):
            folder = root / "submitted" / who / name
            folder.mkdir(parents=True)
            if who == "half":
                nbformat.write(filled(root, name, features), folder / f"{name}.ipynb")
            else:
                shutil.copy(root / ("source" if who == "right" else "release") / name / f"{name}.ipynb", folder)
    return root


def write(made: NotebookNode, path: Path) -> None:
    """Write a notebook, and make the folder above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)


def filled(root: Path, lab: str, features: list[Feature], name: str = "") -> NotebookNode:
    """Return a released notebook with half-right answers."""
    released = nbformat.read(root / "release" / lab / f"{name or lab}.ipynb", as_version=4)
    halves = {one.name: one.answer % one.half for one in features}
    for one in released.cells:
        name = one.metadata.get("nbgrader", {}).get("grade_id", "")
        one.source = halves.get(name, one.source)
    return released


def run(root: Path, program: str, *arguments: str, status: int | None = 0) -> str:
    """Run nbgrader, or course, in a course; return what it says. ``status`` is the one that it must end with."""
    words = ["-m", program if program == "nbgrader" else "course_utils", *arguments]
    done = warm.run(words, root)
    assert status in (None, done.returncode), f"{words[1:]}: {done.stdout[-2000:]}{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def points(root: Path) -> dict[tuple[str, str, str], float | None]:
    """Return the points of every graded cell in a course's gradebook: None where a person has to give them."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        return {
            (submission.assignment.name, submission.student.id, grade.name): grade.auto_score
            for assignment in book.assignments
            for submission in assignment.submissions
            for notebook in submission.notebooks
            for grade in notebook.grades
        }
