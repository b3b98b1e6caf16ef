# ruff: noqa: E501  an exercise reads best as few lines as it has parts
"""Assignments in the styles of still other public courses: cases of unittest, queries, iterators, classes, checks that
run things, and references beside the source.

The form is that of :mod:`assignments`.
"""

import pickle

from assignments import HIDDEN, SHOWN, Feature, body

GROUPS: dict[str, list[Feature]] = {}
FILES: dict[str, dict[str, str]] = {}
GROUPS["cases"] = [
    Feature(
        "case-in-a-cell",
        "def median(xs):\n%s",
        body(
            "if not xs:\n    raise ValueError('no numbers')\nxs = sorted(xs)\nn = len(xs)\nreturn (xs[(n - 1) // 2] + xs[n // 2]) / 2"
        ),
        body("return sorted(xs)[len(xs) // 2]"),
        "class MedianCase(unittest.TestCase):\n    def setUp(self):\n        self.numbers = [3, 1, 2]\n    def test_odd(self):\n        self.assertEqual(median(self.numbers), 2)\n        self.assertListEqual(self.numbers, [3, 1, 2])\n    def test_cases(self):\n        for xs, wanted in (([1, 2], 1.5), ([5], 5), ([4, 1, 3, 2], 2.5)):\n            with self.subTest(xs=xs):\n                self.assertAlmostEqual(median(xs), wanted)\n    def test_empty(self):\n        with self.assertRaisesRegex(ValueError, 'no numbers'):\n            median([])\nreport(MedianCase)",
        ("import unittest",),
        "import io\ndef report(case):\n    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case)\n    result = unittest.TextTestRunner(stream=io.StringIO(), verbosity=2).run(suite)\n    assert result.wasSuccessful(), f'{len(result.failures)} failed, {len(result.errors)} stopped'",
        points=3,
    ),
    Feature(
        "class-in-set-up",
        "class Stack:\n%s",
        body(
            "def __init__(self):\n    self._items = []\ndef push(self, x):\n    self._items.append(x)\ndef pop(self):\n    return self._items.pop()\ndef __len__(self):\n    return len(self._items)\n@property\ndef top(self):\n    return self._items[-1]"
        ),
        body("def push(self, x):\n    self.x = x\ndef pop(self):\n    return self.x"),
        "import io, unittest\nclass StackCase(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls):\n        cls.letters = 'abc'\n    def setUp(self):\n        self.stack = Stack()\n        for letter in self.letters:\n            self.stack.push(letter)\n        self.addCleanup(self.stack.pop)\n    def test_length(self):\n        self.assertEqual(len(self.stack), 3)\n    def test_order(self):\n        self.assertEqual([self.stack.pop(), self.stack.pop()], ['c', 'b'])\n        self.assertEqual(self.stack.top, 'a')\n        self.assertIsInstance(self.stack, Stack)\n        self.assertTrue(self.stack)\noutcome = unittest.main(argv=['x'], exit=False, defaultTest='StackCase', testRunner=unittest.TextTestRunner(stream=io.StringIO())).result\nassert outcome.testsRun == 2 and not outcome.errors and not outcome.failures",
        outside=False,
    ),
    Feature(
        "share-of-cases",
        "def roman(n):\n%s",
        body(
            "out = ''\nfor value, letters in ((10, 'X'), (9, 'IX'), (5, 'V'), (4, 'IV'), (1, 'I')):\n    while n >= value:\n        out, n = out + letters, n - value\nreturn out"
        ),
        body("return 'I' * n"),
        "passed, wrong = 0, []\ncases = {1: 'I', 3: 'III', 4: 'IV', 9: 'IX', 14: 'XIV'}\nfor number, wanted in cases.items():\n    try:\n        got = roman(number)\n        assert got == wanted, f'roman({number}) is {got!r}, not {wanted!r}'\n    except Exception as error:\n        wrong.append(f'{type(error).__name__}: {error}')\n    else:\n        passed += 1\nprint('\\n'.join(wrong) or 'all of them')\nround(5 * passed / len(cases), 1)",
        points=5,
    ),
    Feature(
        "examples-of-a-docstring",
        "def clamp(x, low, high):\n%s",
        body(
            '"""Keep x between two numbers.\n\n>>> clamp(5, 0, 3)\n3\n>>> clamp(-1, 0, 3)\n0\n"""\nreturn max(low, min(high, x))'
        ),
        body('"""Keep x between two numbers.\n\n>>> clamp(5, 0, 3)\n3\n"""\nreturn x'),
        "import contextlib, doctest, io\nseen = io.StringIO()\nwith contextlib.redirect_stdout(seen):\n    doctest.run_docstring_examples(clamp, {'clamp': clamp}, name='clamp')\nassert seen.getvalue() == '', seen.getvalue()\nassert clamp.__doc__.count('>>>') >= 2\nassert clamp(2, 0, 3) == 2",
    ),
    Feature(
        "examples-of-the-instructor",
        "def initials(name):\n%s",
        body("return ''.join(part[0] for part in name.split())"),
        body("return name[0]"),
        "import doctest\nprompt = '>' * 3  # IPython takes prompts out of a cell\nexamples = f'''\n{prompt} initials('ada king lovelace')\n'akl'\n{prompt} initials('')\n''\n{prompt} initials(3)  # doctest: +IGNORE_EXCEPTION_DETAIL\nTraceback (most recent call last):\nAttributeError: no\n'''\ntest = doctest.DocTestParser().get_doctest(examples, {'initials': initials}, 'initials', None, 0)\nresult = doctest.DocTestRunner(verbose=False).run(test)\nassert result.failed == 0 and result.attempted == 3",
    ),
    Feature(
        "printed-table",
        "class Menu:\n    def __init__(self, dishes):\n        self.dishes = dishes\n%s",
        body(
            "def show(self, *, file=None, end='.'):\n    for name, price in self.dishes.items():\n        print(f'{name:<8}{price:>6.2f}', file=file)\n    print('done', end=end)"
        ),
        body("def show(self, *, file=None, end='.'):\n    print(self.dishes)"),
        "from contextlib import redirect_stdout\nfrom io import StringIO\nimport textwrap\nwith redirect_stdout(StringIO()) as out:\n    returned = Menu({'soup': 3.5, 'bread': 1}).show(end='!')\nassert returned is None\nwanted = textwrap.dedent('''\\\n    soup      3.50\n    bread     1.00\n    done!''')\nassert out.getvalue() == wanted, 'you printed:\\n' + out.getvalue()",
    ),
    Feature(
        "shows-the-object",
        "class Dot:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n%s",
        body(
            "def __repr__(self):\n    return f'Dot({self.x!r}, {self.y!r})'\ndef __eq__(self, other):\n    return isinstance(other, Dot) and (self.x, self.y) == (other.x, other.y)\ndef __hash__(self):\n    return hash((self.x, self.y))\ndef __format__(self, spec):\n    return f'<{self.x:{spec}}|{self.y:{spec}}>'"
        ),
        body("def __repr__(self):\n    return 'Dot'"),
        "d = Dot(1, 'a')\nassert repr(d) == \"Dot(1, 'a')\", f'{d!r} of {d}, %s' % d\nassert str([d, d]) == \"[Dot(1, 'a'), Dot(1, 'a')]\", 'got {}'.format([d])\nassert f'{Dot(1, 2):.1f}' == '<1.0|2.0>' and format(Dot(0.25, 1), '.2f') == '<0.25|1.00>'\nassert {d, Dot(1, 'a')} == {d} and len({d: 1, Dot(1, 'a'): 2}) == 1\nassert eval(repr(d), {'Dot': Dot}) == d",
        points=2,
        outside=False,
    ),
]
GROUPS["queries"] = [
    Feature(
        "query-text",
        "%s",
        "busiest = 'SELECT city, COUNT(*) AS n FROM trips GROUP BY city HAVING n > 1 ORDER BY n DESC, city'",
        "busiest = 'SELECT city, COUNT(*) FROM trips GROUP BY city'",
        f"rows = db.execute(busiest).fetchall()\nassert rows == [('Bern', 3), ('Aarau', 2)], rows\n{HIDDEN}\nwith db:\n    db.execute(\"INSERT INTO trips VALUES ('Chur', 1), ('Chur', 2), ('Chur', 3), ('Chur', 4)\")\nassert db.execute(busiest).fetchone() == ('Chur', 4)\n{SHOWN}",
        (
            "import sqlite3\ndb = sqlite3.connect(':memory:')\ndb.execute('CREATE TABLE trips (city TEXT, km REAL)')\ndb.executemany('INSERT INTO trips VALUES (?, ?)', [('Bern', 1), ('Aarau', 2), ('Bern', 3), ('Zug', 4), ('Aarau', 5), ('Bern', 6)])\ndb.commit()",
        ),
    ),
    Feature(
        "connection-handed-over",
        "def longest(connection, city):\n%s",
        body(
            "row = connection.execute('SELECT MAX(km) FROM trips WHERE city = ?', (city,)).fetchone()\nreturn row[0] or 0"
        ),
        body("return connection.execute(f\"SELECT km FROM trips WHERE city = '{city}'\").fetchone()[0]"),
        "import sqlite3\nother = sqlite3.connect(':memory:')\nother.executescript(\"CREATE TABLE trips (city, km); INSERT INTO trips VALUES ('A', 3), ('A', 9), (char(39), 1);\")\nassert longest(other, 'A') == 9\nassert longest(other, 'nowhere') == 0\nassert longest(other, \"x' OR '1\") == 0, 'never paste words into a query'",
        outside=False,
    ),
    Feature(
        "frame-of-a-query",
        "import pandas as pd\n%s",
        "per_city = pd.read_sql_query('SELECT city, SUM(km) AS km FROM trips GROUP BY city ORDER BY city', db, index_col='city')",
        "per_city = pd.read_sql_query('SELECT * FROM trips', db)",
        "import pandas as pd\nassert per_city.index.name == 'city' and list(per_city.columns) == ['km']\nassert per_city.loc['Bern', 'km'] == 10\nassert per_city.km.sort_values(ascending=False).index[0] == 'Bern'",
    ),
    Feature(
        "pattern-on-cases",
        "%s",
        "import re\nPLATE = re.compile(r'^(?P<canton>[A-Z]{2})[ -]?(?P<number>\\d{1,6})$', re.M)",
        "import re\nPLATE = re.compile(r'[A-Z]+ \\d+')",
        "good = {'ZH 1': ('ZH', '1'), 'BE-12': ('BE', '12'), 'GR123456': ('GR', '123456')}\nfor text, wanted in good.items():\n    found = PLATE.match(text)\n    assert found, f'{PLATE.pattern!r} does not find {text!r}'\n    assert found.groups() == wanted and found['canton'] == wanted[0]\nfor text in ('zh 1', 'Z 1', 'ZH 1234567', ''):\n    assert PLATE.fullmatch(text) is None, text\nassert [m.groupdict()['number'] for m in PLATE.finditer('ZH 1\\nno\\nBE 2')] == ['1', '2']\nassert PLATE.groups == 2 and dict(PLATE.groupindex) == {'canton': 1, 'number': 2}",
        points=2,
    ),
    Feature(
        "function-for-sub",
        "def shout(match):\n%s",
        body("return match.group(1).upper() + match[2] * 2"),
        body("return match.group(0)"),
        "import re\nassert re.sub(r'(\\w+)([!?])', shout, 'hi! you? me.') == 'HI!! YOU?? me.'\nassert re.subn('(a)(b)', shout, 'abab', count=1) == ('Abbab', 1)",
        outside=False,
    ),
    Feature(
        "tokens",
        "def tokens(text):\n%s",
        body(
            "import re\nfor found in re.finditer(r'(?P<NUMBER>\\d+)|(?P<OP>[-+*/])|(?P<SPACE>\\s+)|(?P<BAD>.)', text):\n    if found.lastgroup == 'BAD':\n        raise SyntaxError(f'{found.group()!r} at {found.start()}')\n    if found.lastgroup != 'SPACE':\n        yield found.lastgroup, found.group()"
        ),
        body("for part in text.split():\n    yield 'NUMBER', part"),
        "assert list(tokens('1 + 23')) == [('NUMBER', '1'), ('OP', '+'), ('NUMBER', '23')]\nassert dict(tokens('7')) == {'NUMBER': '7'} and ''.join(text for _, text in tokens('1 *2')) == '1*2'\nkinds, texts = zip(*tokens('4/2'), strict=True)\nassert kinds == ('NUMBER', 'OP', 'NUMBER') and texts == ('4', '/', '2')\nlazy = tokens('1 ?')\nassert next(lazy) == ('NUMBER', '1')\ntry:\n    next(lazy)\nexcept SyntaxError as error:\n    assert error.msg == \"'?' at 2\" and str(error) == \"'?' at 2\"\nelse:\n    raise AssertionError('? is no token')",
        points=2,
        outside=False,
    ),
]
GROUPS["iterating"] = [
    Feature(
        "sends",
        "def averager():\n%s",
        body(
            "total, count, average = 0, 0, None\ntry:\n    while True:\n        total, count = total + (yield average), count + 1\n        average = total / count\nfinally:\n    closed.append(count)"
        ),
        body("while True:\n    yield 0"),
        "g = averager()\nassert next(g) is None\nassert [g.send(x) for x in (2, 4, 9)] == [2, 3, 5]\ng.close()\nassert closed == [3]\nassert next(g, 'over') == 'over'",
        ("closed = []",),
        outside=False,
    ),
    Feature(
        "throws",
        "def patient(xs):\n%s",
        body(
            "for x in xs:\n    try:\n        yield x\n    except KeyError as error:\n        yield f'no {error.args[0]}'"
        ),
        body("yield from xs"),
        "g = patient([1, 2, 3])\nassert next(g) == 1\nassert g.throw(KeyError('key')) == 'no key'\nassert list(g) == [2, 3]\nwith pytest.raises(StopIteration):\n    next(g)",
        ("import pytest",),
        outside=False,
    ),
    Feature(
        "infinite-pairs",
        "import itertools\n%s",
        "def triangle():\n    yield from itertools.accumulate(itertools.count(1))\ndef pairs(xs):\n    a, b = itertools.tee(xs)\n    next(b, None)\n    return zip(a, b)",
        "def triangle():\n    yield from [1, 3, 6]\ndef pairs(xs):\n    return []",
        "from itertools import chain, islice, takewhile, zip_longest\nassert list(islice(triangle(), 2, 5)) == [6, 10, 15]\nassert list(takewhile(lambda n: n < 20, triangle())) == [1, 3, 6, 10, 15]\nassert list(pairs('abc')) == [('a', 'b'), ('b', 'c')] and list(pairs(iter([1]))) == []\nassert list(chain.from_iterable(pairs(range(3)))) == [0, 1, 1, 2]\nassert list(islice(pairs(triangle()), 2)) == [(1, 3), (3, 6)]\nassert list(zip_longest(pairs('ab'), islice(triangle(), 2))) == [(('a', 'b'), 1), (None, 3)]\nassert not isinstance(pairs('ab'), (list, tuple))",
        points=3,
        outside=False,
    ),
    Feature(
        "own-iterator",
        "class Countdown:\n    def __init__(self, n):\n        self.n = n\n%s",
        body(
            "def __iter__(self):\n    return self\ndef __next__(self):\n    if self.n <= 0:\n        raise StopIteration\n    self.n -= 1\n    return self.n + 1"
        ),
        body("def __iter__(self):\n    return iter([self.n])"),
        "from collections.abc import Iterable, Iterator\nc = Countdown(4)\nassert isinstance(c, Iterator) and isinstance(c, Iterable) and iter(c) is c\nassert next(c) == 4\nfirst, *rest = c\nassert first == 3 and rest == [2, 1] and list(c) == []\nassert sum(Countdown(4)) == 10 and max(Countdown(3)) == 3 and sorted(Countdown(3)) == [1, 2, 3]\nassert 2 in Countdown(3) and 9 not in Countdown(3)\nassert [*Countdown(2), *Countdown(1)] == [2, 1, 1] and {**dict.fromkeys(Countdown(2))} == {2: None, 1: None}\nassert list(map(str, Countdown(2))) == ['2', '1'] and list(enumerate(Countdown(1))) == [(0, 1)]\nassert any(n == 1 for n in Countdown(3)) and set(Countdown(2)) | {5} == {1, 2, 5}",
        points=2,
        outside=False,
    ),
    Feature(
        "keys-and-folds",
        "def by_length(word):\n%s",
        body("return (len(word), word)"),
        body("return len(word)"),
        "import functools, heapq, itertools\nwords = ['pear', 'fig', 'kiwi', 'apple', 'date']\nassert sorted(words, key=by_length) == ['fig', 'date', 'kiwi', 'pear', 'apple']\nassert max(words, key=by_length) == 'apple' and heapq.nsmallest(2, words, key=by_length) == ['fig', 'date']\nassert [k for k, _ in itertools.groupby(['a', 'a', 'b'], by_length)] == [(1, 'a'), (1, 'b')]\nassert list(filter(by_length, ['', 'a'])) == ['', 'a']\nassert functools.reduce(lambda a, b: min(a, by_length(b)), words, (9, '')) == (3, 'fig')",
    ),
    Feature(
        "matched",
        "from dataclasses import dataclass\n%s",
        "@dataclass(frozen=True, order=True)\nclass Version:\n    major: int\n    minor: int = 0\ndef parse(text):\n    match text.split('.'):\n        case [major]:\n            return Version(int(major))\n        case [major, minor]:\n            return Version(int(major), int(minor))\n        case _:\n            raise ValueError(text)",
        "@dataclass\nclass Version:\n    major: int\n    minor: int = 0\ndef parse(text):\n    return Version(int(text[0]))",
        "import dataclasses\nv = parse('3.11')\nmatch v:\n    case Version(major=3, minor=n):\n        assert n == 11\n    case _:\n        raise AssertionError(f'{v} is no Version 3')\nassert parse('4') > v > Version(3) and max(map(parse, ['1.2', '1.10', '1.9'])) == Version(1, 10)\nassert dataclasses.is_dataclass(v) and dataclasses.asdict(v) == {'major': 3, 'minor': 11} and dataclasses.astuple(v) == (3, 11)\nassert [f.name for f in dataclasses.fields(Version)] == ['major', 'minor']\nassert dataclasses.replace(v, minor=0) == Version(3) and len({v, parse('3.11')}) == 1\ntry:\n    v.major = 4\nexcept dataclasses.FrozenInstanceError:\n    pass\nelse:\n    raise AssertionError('frozen')\nassert str(v) == 'Version(major=3, minor=11)'",
        points=3,
        outside=False,
    ),
]
GROUPS["models"] = [
    Feature(
        "abstract-shapes",
        "from abc import ABC, abstractmethod\nimport math\n%s",
        "class Shape(ABC):\n    made = 0\n    def __init__(self, name):\n        self.name = name\n        type(self).made += 1\n    @property\n    @abstractmethod\n    def area(self): ...\n    def __lt__(self, other):\n        return self.area < other.area\n    def __str__(self):\n        return f'{self.name} of {self.area:.1f}'\nclass Square(Shape):\n    def __init__(self, side):\n        super().__init__('square')\n        self.side = side\n    @property\n    def area(self):\n        return self.side ** 2\nclass Disc(Shape):\n    def __init__(self, r):\n        super().__init__('disc')\n        self.r = r\n    @property\n    def area(self):\n        return math.pi * self.r ** 2",
        "class Shape:\n    pass\nclass Square(Shape):\n    def __init__(self, side):\n        self.side = side\n    def area(self):\n        return self.side ** 2\nclass Disc(Shape):\n    pass",
        "import inspect\nassert issubclass(Square, Shape) and issubclass(Disc, Shape) and not issubclass(Square, Disc)\nassert inspect.isabstract(Shape) and Shape.__abstractmethods__ == {'area'}\ntry:\n    Shape('x')\nexcept TypeError:\n    pass\nelse:\n    raise AssertionError('Shape is abstract')\nshapes = [Disc(1), Square(1), Square(3)]\nassert [str(s) for s in sorted(shapes)] == ['square of 1.0', 'disc of 3.1', 'square of 9.0']\nassert min(shapes) is shapes[1] and isinstance(type(shapes[0]).area, property)\nassert [c.__name__ for c in Square.__mro__[:2]] == ['Square', 'Shape'] and {c.__name__ for c in Shape.__subclasses__()} == {'Square', 'Disc'}\nassert Square.made == 2 and Disc.made == 1 and Shape.made == 0\nassert 'area' in vars(Square) and 'super()' in inspect.getsource(Square.__init__)",
        points=3,
        outside=False,
    ),
    Feature(
        "guarded",
        "class Celsius:\n%s",
        body(
            "def __init__(self, degrees=0):\n    self.degrees = degrees\n@property\ndef degrees(self):\n    return self._degrees\n@degrees.setter\ndef degrees(self, value):\n    if value < -273.15:\n        raise ValueError(f'{value} is too cold')\n    self._degrees = float(value)\n@degrees.deleter\ndef degrees(self):\n    self._degrees = 0.0\n@property\ndef kelvin(self):\n    return self._degrees + 273.15\n@classmethod\ndef of_kelvin(cls, k):\n    return cls(k - 273.15)\n@staticmethod\ndef is_warm(d):\n    return d > 20"
        ),
        body("def __init__(self, degrees=0):\n    self.degrees = degrees\n    self.kelvin = degrees + 273.15"),
        "t = Celsius(5)\nt.degrees += 10\nassert t.degrees == 15.0 and type(t.degrees) is float and t.kelvin == 288.15\nwith pytest.raises(ValueError, match='too cold') as caught:\n    t.degrees = -300\nassert '-300' in str(caught.value) and caught.type is ValueError\nassert t.degrees == 15\nwith pytest.raises(AttributeError):\n    t.kelvin = 3\ndel t.degrees\nassert t.degrees == 0 and Celsius.of_kelvin(373.15).degrees == pytest.approx(100)\nassert isinstance(Celsius.kelvin, property) and Celsius.kelvin.fset is None and Celsius.is_warm(21)\nsetattr(t, 'degrees', 3)\nassert getattr(t, 'degrees') == 3 and hasattr(t, 'kelvin') and not hasattr(t, 'fahrenheit')",
        ("import pytest",),
        points=2,
    ),
    Feature(
        "sequence",
        "from collections.abc import Sequence\n%s",
        "class Poly(Sequence):\n    def __init__(self, *c):\n        self.c = list(c)\n    def __len__(self):\n        return len(self.c)\n    def __getitem__(self, k):\n        return Poly(*self.c[k]) if isinstance(k, slice) else self.c[k]\n    def __setitem__(self, k, v):\n        self.c[k] = v\n    def __eq__(self, o):\n        return isinstance(o, Poly) and self.c == o.c\n    def __add__(self, o):\n        if o == 0:\n            return self\n        n = max(len(self), len(o))\n        return Poly(*((self.c + [0] * n)[k] + (o.c + [0] * n)[k] for k in range(n)))\n    __radd__ = __add__\n    def __neg__(self):\n        return Poly(*(-x for x in self.c))\n    def __matmul__(self, o):\n        return sum(a * b for a, b in zip(self, o))\n    def __call__(self, x):\n        return sum(a * x ** k for k, a in enumerate(self.c))\n    def __bool__(self):\n        return any(self.c)\n    def __contains__(self, x):\n        return self(x) == 0\n    def __iadd__(self, x):\n        self.c[0] += x\n        return self",
        "class Poly(list):\n    def __init__(self, *c):\n        super().__init__(c)",
        "p = Poly(1, 2, 3)\nassert isinstance(p, Sequence) and len(p) == 3 and p[-1] == 3 and p[:2] == Poly(1, 2) and list(reversed(p)) == [3, 2, 1]\nassert p + Poly(1) == Poly(2, 2, 3) and sum([p, p, Poly(0)]) == Poly(2, 4, 6) and -p == Poly(-1, -2, -3)\nassert p @ p == 14 and p(2) == 17 and [Poly(0, 1)(x) for x in (1, 2)] == [1, 2]\nassert not Poly(0, 0) and p and 1 in Poly(-1, 1) and 5 not in Poly(-1, 1)\nassert p.index(3) == 2 and p.count(9) == 0\np[0] = 7\nq = p\nq += 1\nassert p[0] == 8 and q is p\na, *b = p\nassert (a, b) == (8, [2, 3])\ntry:\n    p[9]\nexcept IndexError:\n    pass\nelse:\n    assert False\nassert p != [8, 2, 3] and p != Poly(8)",
        points=2,
        outside=False,
    ),
    Feature(
        "errors-with-a-cause",
        "%s",
        "class BankError(Exception):\n    pass\nclass TooLittle(BankError):\n    def __init__(self, balance, wanted):\n        super().__init__(f'{wanted} of {balance}')\n        self.balance, self.wanted = balance, wanted\n    @property\n    def missing(self):\n        return self.wanted - self.balance\ndef pay(accounts, who, much):\n    try:\n        balance = accounts[who]\n    except KeyError as error:\n        raise BankError(who) from error\n    if balance < much:\n        raise TooLittle(balance, much)\n    accounts[who] -= much",
        "class BankError(Exception):\n    pass\nclass TooLittle(Exception):\n    pass\ndef pay(accounts, who, much):\n    accounts[who] -= much",
        "accounts = {'ada': 10}\npay(accounts, 'ada', 4)\nassert accounts == {'ada': 6}\ntry:\n    pay(accounts, 'ada', 9)\nexcept BankError as error:\n    caught = error\nassert type(caught) is TooLittle and caught.missing == 3 and caught.args == ('9 of 6',) and isinstance(caught, BankError)\nassert issubclass(TooLittle, BankError) and issubclass(BankError, Exception) and not issubclass(BankError, KeyError)\ntry:\n    pay(accounts, 'bob', 1)\nexcept TooLittle:\n    assert False, 'bob has no account'\nexcept BankError as error:\n    assert isinstance(error.__cause__, KeyError) and str(error) == 'bob'\nelse:\n    assert False\nassert accounts == {'ada': 6}",
        points=2,
        outside=False,
    ),
    Feature(
        "kept-and-copied",
        "class Card:\n    __slots__ = ('suit', 'rank')\n%s",
        body(
            "def __init__(self, suit, rank):\n    self.suit, self.rank = suit, rank\ndef __eq__(self, o):\n    return (self.suit, self.rank) == (o.suit, o.rank)\ndef __reduce__(self):\n    return Card, (self.suit, self.rank)"
        ),
        body("def __init__(self, suit, rank):\n    self.suit, self.rank = suit, 0"),
        "import copy, pickle\nc = Card('hearts', 7)\nd = copy.deepcopy(c)\nassert d == c and d is not c and pickle.loads(pickle.dumps(c)) == c and copy.copy(c).rank == 7\ntry:\n    c.colour = 'red'\nexcept AttributeError:\n    pass\nelse:\n    assert False, 'slots'",
        outside=False,
    ),
    Feature(
        "enumerated",
        "import enum\nfrom typing import NamedTuple\n%s",
        "class Level(enum.IntEnum):\n    LOW = 1\n    HIGH = 3\nclass Alarm(NamedTuple):\n    level: Level\n    text: str = ''\n    def loud(self):\n        return self.level is Level.HIGH",
        "class Level(enum.Enum):\n    LOW = 1\n    HIGH = 3\nclass Alarm(NamedTuple):\n    level: int\n    text: str\n    def loud(self):\n        return False",
        "a = Alarm(Level.HIGH)\nassert a.loud() and not Alarm(Level.LOW, 'x').loud() and Alarm._fields == ('level', 'text')\nassert isinstance(a, tuple) and a == (3, '') and a._asdict() == {'level': 3, 'text': ''} and a._replace(text='y').text == 'y'\nlevel, text = a\nassert level is Level.HIGH and level.name == 'HIGH' and Level['LOW'] == 1 and Level(3) is Level.HIGH and [x.value for x in Level] == [1, 3]\nassert Level.LOW < Level.HIGH and len(Level) == 2 and isinstance(Level.LOW, int)",
        points=2,
        outside=False,
    ),
]
GROUPS["running"] = [
    Feature(
        "module-of-a-cell",
        "%%%%writefile lengths.py\n%s",
        'KM = 1000\n\ndef to_metres(km):\n    """Return metres."""\n    return km * KM',
        "KM = 100\n\ndef to_metres(km):\n    return km * KM",
        "import importlib, lengths\nimportlib.reload(lengths)\nassert lengths.to_metres(2) == 2000\nfrom lengths import KM as metres\nassert metres == 1000",
        outside=False,
    ),
    Feature(
        "written-script",
        "%%%%writefile add_up.py\nimport sys\n%s",
        "total = sum(float(word) for word in sys.argv[1:])\nif __name__ == '__main__':\n    print('sum', total)",
        "print(sys.argv[1:])",
        "import subprocess, sys\ndone = subprocess.run([sys.executable, 'add_up.py', '1', '2.5'], capture_output=True, text=True)\nassert done.returncode == 0 and done.stdout == 'sum 3.5\\n', done.stderr\nassert 'sys.argv' in open('add_up.py').read()",
        outside=False,
    ),
    Feature(
        "run-a-script",
        "scale = None\n%s",
        "scale = 3",
        "scale = 4",
        "%run -i given.py 5\nassert scaled == 15",
        outside=False,
    ),
    Feature(
        "time-limit",
        "def primes(n):\n%s",
        body(
            "sieve = [True] * (n + 1)\nfor k in range(2, int(n ** 0.5) + 1):\n    if sieve[k]:\n        sieve[k * k :: k] = [False] * len(sieve[k * k :: k])\nreturn [k for k in range(2, n + 1) if sieve[k]]"
        ),
        body("while True:\n    pass"),
        "with time_limit(2):\n    assert primes(30) == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]\nwith time_limit(2):\n    assert len(primes(20_000)) == 2262",
        (),
        "import contextlib, signal\n\n@contextlib.contextmanager\ndef time_limit(seconds):\n    def stop(signum, frame):\n        raise TimeoutError(f'slower than {seconds} s')\n    before = signal.signal(signal.SIGALRM, stop)\n    signal.alarm(seconds)\n    try:\n        yield\n    finally:\n        signal.alarm(0)\n        signal.signal(signal.SIGALRM, before)",
        points=2,
        outside=False,
    ),
    Feature(
        "future-with-a-timeout",
        "def collatz(n):\n%s",
        body("steps = 0\nwhile n != 1:\n    n, steps = (n // 2 if n % 2 == 0 else 3 * n + 1), steps + 1\nreturn steps"),
        body("return 0"),
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(max_workers=2) as pool:\n    assert pool.submit(collatz, 27).result(timeout=20) == 111\n    assert list(pool.map(collatz, [1, 2, 3])) == [0, 1, 7]",
    ),
    Feature(
        "own-context",
        "class Indent:\n    depth = 0\n%s",
        body(
            "def __enter__(self):\n    Indent.depth += 1\n    return self\ndef __exit__(self, kind, error, trace):\n    Indent.depth -= 1\n    self.kind = kind\n    return kind is ZeroDivisionError\ndef say(self, text):\n    return '  ' * Indent.depth + text"
        ),
        body(
            "def __enter__(self):\n    return self\ndef __exit__(self, *error):\n    pass\ndef say(self, text):\n    return text"
        ),
        "from contextlib import ExitStack\nwith Indent() as one, Indent() as two:\n    assert one.say('x') == two.say('x') == '    x'\nassert Indent.depth == 0 and one.kind is None\nwith Indent() as one:\n    1 / 0\nassert one.kind is ZeroDivisionError\ntry:\n    with Indent():\n        raise KeyError('k')\nexcept KeyError as error:\n    assert error.args == ('k',) and Indent.depth == 0\nwith ExitStack() as stack:\n    for _ in range(3):\n        last = stack.enter_context(Indent())\n    assert last.say('') == ' ' * 6\nassert Indent.depth == 0",
        points=2,
        outside=False,
    ),
    Feature(
        "queue-of-tasks",
        "import asyncio\n%s",
        "async def worker(queue, done):\n    while (item := await queue.get()) is not None:\n        await asyncio.sleep(0)\n        done.append(item * 2)\n        queue.task_done()\nasync def all_of(*coroutines):\n    return await asyncio.gather(*coroutines, return_exceptions=True)",
        "async def worker(queue, done):\n    done.append(1)\nasync def all_of(*coroutines):\n    return []",
        "import asyncio\nqueue, done = asyncio.Queue(), []\nfor item in (1, 2, None):\n    queue.put_nowait(item)\nawait asyncio.wait_for(worker(queue, done), timeout=10)\nassert done == [2, 4]\nasync def broken():\n    raise KeyError('x')\nfirst, second = await all_of(asyncio.sleep(0, 'one'), broken())\nassert first == 'one' and isinstance(second, KeyError)",
        outside=False,
    ),
    Feature(
        "caching-decorator",
        "import functools\n%s",
        "def remember(function):\n    cache = {}\n    @functools.wraps(function)\n    def inner(*args):\n        if args not in cache:\n            inner.misses += 1\n            cache[args] = function(*args)\n        return cache[args]\n    inner.misses, inner.cache = 0, cache\n    return inner\n\n@remember\ndef fib(n):\n    'Fibonacci.'\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\n@functools.lru_cache(maxsize=None)\ndef paths(a, b):\n    return 1 if 0 in (a, b) else paths(a - 1, b) + paths(a, b - 1)",
        "def remember(function):\n    return function\ndef fib(n):\n    return n\ndef paths(a, b):\n    return 1",
        "assert fib(60) == 1548008755920 and fib.misses == 61 and fib.cache[(10,)] == 55\nassert fib.__name__ == 'fib' and fib.__doc__ == 'Fibonacci.' and fib.__wrapped__ is not fib\nfib(60)\nassert fib.misses == 61\nassert paths(16, 16) == 601080390 and paths.cache_info().misses < 300\npaths.cache_clear()\nassert paths.cache_info().currsize == 0 and paths.cache_info().maxsize is None",
        points=2,
        outside=False,
    ),
    Feature(
        "counts-the-calls",
        "def bisect(f, low, high, close=1e-6):\n%s",
        body(
            "while high - low > close:\n    middle = (low + high) / 2\n    if f(low) * f(middle) <= 0:\n        high = middle\n    else:\n        low = middle\nreturn (low + high) / 2"
        ),
        body("return (low + high) / 2"),
        "calls = []\ndef counted(x):\n    calls.append(x)\n    return x * x - 2\nroot = bisect(counted, 0, 2)\nassert abs(root - 2 ** .5) < 1e-5, f'{root} after {len(calls)} calls'\nassert 10 < len(calls) < 100 and min(calls) >= 0\ndef broken(x):\n    raise OverflowError('no')\ntry:\n    bisect(broken, 0, 1)\nexcept OverflowError as error:\n    assert str(error) == 'no'\nelse:\n    raise AssertionError('f is not called')",
    ),
]
FILES["running"] = {"given.py": "import sys\nscaled = scale * int(sys.argv[1])\n"}
GROUPS["references"] = [
    Feature(
        "frame-beside",
        "import numpy as np\nimport pandas as pd\nsales = pd.read_csv('data/sales.csv', parse_dates=['day'])\n%s",
        "summary = (sales.assign(month=sales.day.dt.month).groupby(['shop', 'month'], as_index=False)\n           .agg(total=('sold', 'sum'), mean=('sold', 'mean')))",
        "summary = sales.groupby('shop', as_index=False).sold.sum()",
        "import pandas as pd\nwanted = pd.read_csv('data/summary.csv')\nassert list(summary.columns) == list(wanted.columns), summary.columns.tolist()\npd.testing.assert_frame_equal(summary.sort_values(['shop', 'month']).reset_index(drop=True), wanted, check_dtype=False)",
        points=2,
    ),
    Feature(
        "pickle-beside",
        "def shares(frame, by):\n%s",
        body("return (frame[by].value_counts(normalize=True).round(3)).to_dict()"),
        body("return frame[by].value_counts().to_dict()"),
        "import pickle\nwith open('data/shares.pkl', 'rb') as file:\n    wanted = pickle.load(file)\nfor column, answer in wanted.items():\n    got = shares(sales, column)\n    assert got == answer, f'{column}: {got}'\nassert all(abs(sum(shares(sales, c).values()) - 1) < .01 for c in ('shop', 'sold'))",
        outside=False,
    ),
    Feature(
        "helper-beside",
        "def slope(x, y):\n%s",
        body("return np.cov(x, y)[0, 1] / np.var(x, ddof=1)"),
        body("return y[-1] - y[0]"),
        "from tools_for_checks import Examiner\nexaminer = Examiner(slope, total=4)\nexaminer.case([0, 1, 2], [1, 3, 5], wanted=2)\nexaminer.case([0, 1], [5, 5], wanted=0)\nexaminer.case(np.arange(4), np.array([0, 1, 1, 2]), wanted=.6)\nexaminer.random_cases(seed=3)\nprint(examiner)\nexaminer.points",
        points=4,
    ),
    Feature(
        "generators-of-numbers",
        "import random\n%s",
        "def walk(rng, n):\n    return np.cumsum(rng.choice([-1, 1], size=n))\ndef hand(dice, deck):\n    deck = deck[:]\n    dice.shuffle(deck)\n    return deck[:3]",
        "def walk(rng, n):\n    return np.cumsum(np.random.choice([-1, 1], size=n))\ndef hand(dice, deck):\n    return deck[:3]",
        "def reference(rng, n):\n    return np.cumsum(rng.choice([-1, 1], size=n))\na, b = np.random.default_rng(5), np.random.default_rng(5)\nnp.testing.assert_array_equal(walk(a, 50), reference(b, 50))\nassert a.random() == b.random(), 'draw no more than you need'\nimport random\nd = list(range(10))\nc1, c2 = random.Random(4), random.Random(4)\nc2.shuffle(e := d[:])\nassert hand(c1, d) == e[:3] and d == list(range(10)) and c1.random() == c2.random()",
        points=2,
        outside=False,
    ),
    Feature(
        "axes-of-the-day",
        "import matplotlib.pyplot as plt\nplt.figure()\n%s\nshown = plt.gca()",
        "plt.bar(['a', 'b', 'c'], [1, 4, 2], color='tab:red', label='sold')\nplt.axhline(2, ls='--', label='mean')\nplt.title('Shops')\nplt.xlabel('shop')\nplt.ylim(0, 5)\nplt.legend()\nplt.grid(True)",
        "plt.plot([1, 4, 2])",
        "ax = shown\nassert [bar.get_height() for bar in ax.patches] == [1, 4, 2], 'three bars'\nassert ax.get_title() and ax.get_xlabel().lower() == 'shop' and ax.get_ylim() == (0, 5)\nassert {t.get_text() for t in ax.get_legend().get_texts()} == {'mean', 'sold'}\nassert [t.get_text() for t in ax.get_xticklabels()] == ['a', 'b', 'c']\nimport matplotlib.colors as mc\nassert mc.same_color(ax.patches[0].get_facecolor(), 'tab:red') and ax.lines[0].get_linestyle() == '--'\nassert len(ax.figure.axes) == 1",
        points=2,
    ),
    Feature(
        "drawn-by-a-function",
        "def scatter_fit(x, y):\n%s",
        body(
            "plt.scatter(x, y, s=30, c='k')\nk, d = np.polyfit(x, y, 1)\nplt.plot(x, k * x + d, 'r-')\nplt.xscale('log')\nplt.text(1, 1, f'{k:.2f}')"
        ),
        body("plt.scatter(x, y)"),
        "plt.close('all')\nx = np.array([1., 2., 4.])\nscatter_fit(x, 2 * x + 1)\nax = plt.gca()\nassert ax.collections[0].get_offsets().tolist() == [[1, 3], [2, 5], [4, 9]]\nassert np.allclose(ax.lines[0].get_xydata(), [[1, 3], [2, 5], [4, 9]]) and ax.get_lines()[0].get_color() in ('r', 'red')\nassert ax.get_xscale() == 'log' and ax.texts[0].get_text() == '2.00'\nfig, axes = plt.subplots(1, 2)\nplt.sca(axes[1])\nscatter_fit(x, x)\nassert len(axes[1].lines) == 1 and not axes[0].has_data()\nplt.close('all')",
        points=2,
        outside=False,
    ),
    Feature(
        "frame-through-functions",
        "def grade(row):\n%s",
        body("return 'high' if row['sold'] > 10 else 'low'"),
        body("return 'low'"),
        "kinds = sales.apply(grade, axis=1)\nassert kinds.value_counts().to_dict() == {'low': 4, 'high': 2}, kinds\nassert sales.groupby('shop')[['sold']].apply(lambda part: part.apply(grade, axis=1).iloc[-1]).to_dict() == {'A': 'low', 'B': 'high'}\nassert grade(sales.iloc[0]) == 'low' and grade({'sold': 11}) == 'high'",
    ),
]
FILES["references"] = {
    "data/sales.csv": "shop,day,sold\nA,2024-01-03,4\nA,2024-01-09,12\nB,2024-01-04,7\nB,2024-02-01,9\nA,2024-02-02,3\nB,2024-02-05,20\n",
    "data/summary.csv": "shop,month,total,mean\nA,1,16,8.0\nA,2,3,3.0\nB,1,7,7.0\nB,2,29,14.5\n",
    "data/shares.pkl": pickle.dumps(
        {"shop": {"A": 0.5, "B": 0.5}, "sold": dict.fromkeys((4, 12, 7, 9, 3, 20), 0.167)}, protocol=0
    ).decode(),
    "tools_for_checks.py": '''"""What the checks of this assignment use."""

import numpy as np


class Examiner:
    """Ask a function, and count."""

    def __init__(self, function, total):
        self.function, self.total, self.notes, self.right, self.asked = function, total, [], 0, 0

    def case(self, *arguments, wanted):
        self.asked += 1
        try:
            got = self.function(*arguments)
        except Exception as error:
            self.notes.append(f"{type(error).__name__} for {arguments}")
            return
        if np.isclose(got, wanted):
            self.right += 1
        else:
            self.notes.append(f"{got} is not {wanted}")

    def random_cases(self, seed):
        rng = np.random.default_rng(seed)
        x, noise = rng.random(9), rng.normal(size=9)
        self.case(x, 2 * x + noise, wanted=np.polyfit(x, 2 * x + noise, 1)[0])

    @property
    def points(self):
        return self.total * self.right / self.asked

    def __str__(self):
        return "; ".join(self.notes) or "all right"
''',
}
