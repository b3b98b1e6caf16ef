# ruff: noqa: E501  an exercise reads best as few lines as it has parts
"""More tiny nbgrader assignments, as strangers write them: whole habits of courses rather than one value each.

The form is that of :mod:`assignments`; beside it stand the ways in which notebooks come back from other programs.
"""

import json
from collections.abc import Callable
from hashlib import md5, sha1

import nbformat
from assignments import HIDDEN, SHOWN, Feature, body


def sha(text: str) -> str:
    """Return a text's digest as courses print it into their checks."""
    return sha1(text.encode()).hexdigest()


NUMBER, VALUE = sha("<class 'numpy.float64'>b"), sha("2.333b")

GROUPS: dict[str, list[Feature]] = {
    "strings": [
        Feature(
            "caesar",
            "def caesar(text, shift):\n%s",
            body("return ''.join(chr((ord(c) - 97 + shift) % 26 + 97) if c.isalpha() else c for c in text)"),
            body("return text"),
            "for text, shift, wanted in [('abc', 1, 'bcd'), ('xyz', 3, 'abc'), ('a b', 2, 'c d')]:\n"
            "    got = caesar(text, shift)\n    assert got == wanted, f'caesar({text!r}, {shift}) gave {got!r}'\n"
            f"{HIDDEN}\nimport string\nfor k in range(26):\n"
            "    assert caesar(caesar(string.ascii_lowercase, k), -k) == string.ascii_lowercase\n" + SHOWN,
        ),
        Feature(
            "pattern",
            "import re\npattern = None\n%s",
            "pattern = re.compile(r'(\\w+)@(\\w+)\\.org')",
            "pattern = re.compile(r'.*')",
            "m = pattern.match('ada@course.org')\nassert m.group(1) == 'ada' and m.groups() == ('ada', 'course')\n"
            "assert pattern.match('nobody') is None\nassert pattern.findall('a@b.org c@d.org') == [('a', 'b'), ('c', 'd')]\n"
            "assert isinstance(pattern, re.Pattern)",
            ("import re",),
        ),
        Feature(
            "found",
            "def digits(text):\n%s",
            body("return re.search(r'\\d+', text)"),
            body("return ''.join(c for c in text if c.isdigit())"),
            "found = digits('ab12')\nassert found and found.group() == '12' and found.span() == (2, 4)\nassert not digits('none')",
        ),
        Feature(
            "unicode-names",
            "größe = None\nπ = 3.14\n%s",
            "größe = 'ß' * 3\nπ = 3.14159",
            "größe = 'ss'",
            "assert größe.upper() == 'SSSSSS'\nassert abs(π - 3.14159) < 1e-6\nassert 'ß' in größe and len(größe) == 3",
        ),
        Feature(
            "table-printed",
            "def show(rows):\n%s",
            body("for name, n in rows:\n    print(f'{name:<5}|{n:>4}')"),
            body("for row in rows:\n    print(row)"),
            "import io, sys\nbuffer = io.StringIO()\nold = sys.stdout\nsys.stdout = buffer\nshow([('a', 1), ('bb', 22)])\n"
            "sys.stdout = old\nassert buffer.getvalue().split('\\n') == ['a    |   1', 'bb   |  22', '']",
        ),
        Feature(
            "lazy",
            "evens = None\n%s",
            "evens = filter(lambda n: n % 2 == 0, range(6))",
            "evens = (n for n in range(6))",
            "assert list(evens) == [0, 2, 4]",
        ),
        Feature(
            "zipped",
            "pairs = None\n%s",
            "pairs = zip('ab', [1, 2])",
            "pairs = [('a', 1)]",
            "assert dict(pairs) == {'a': 1, 'b': 2}",
        ),
        Feature(
            "encoded",
            "def shorten(text):\n%s",
            body("return text.encode('utf-8')[:3]"),
            body("return text[:3]"),
            "assert shorten('é!x') == b'\\xc3\\xa9!' and isinstance(shorten('abc'), bytes)",
        ),
        Feature(
            "most-common",
            "def words(text):\n%s",
            body(
                "counts = {}\nfor w in text.lower().split():\n    counts[w] = counts.get(w, 0) + 1\n"
                "return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))"
            ),
            body("return list(text.split())"),
            "top, *rest = words('b a B c a b')\nassert top == ('b', 3)\nassert [w for w, _ in rest] == ['a', 'c']",
        ),
        Feature(
            "hanoi",
            "def hanoi(n, a='A', b='B', c='C'):\n%s",
            body("return [] if n == 0 else hanoi(n - 1, a, c, b) + [(a, c)] + hanoi(n - 1, b, a, c)"),
            body("return [(a, c)]"),
            "assert hanoi(1) == [('A', 'C')]\nassert len(hanoi(6)) == 63\n"
            "pegs = {'A': [3, 2, 1], 'B': [], 'C': []}\nfor start, end in hanoi(3):\n"
            "    disk = pegs[start].pop()\n    assert not pegs[end] or pegs[end][-1] > disk\n    pegs[end].append(disk)\n"
            "assert pegs['C'] == [3, 2, 1]",
        ),
    ],
    "changing": [
        Feature(
            "sort-in-place",
            "def bubble(xs):\n%s",
            body(
                "for i in range(len(xs)):\n    for j in range(len(xs) - 1 - i):\n        if xs[j] > xs[j + 1]:\n"
                "            xs[j], xs[j + 1] = xs[j + 1], xs[j]"
            ),
            body("return sorted(xs)"),
            "numbers = [3, 1, 2]\nassert bubble(numbers) is None\nassert numbers == [1, 2, 3]\n"
            f"{HIDDEN}\nimport random\nmany = random.sample(range(100), 20)\nkept = list(many)\nbubble(many)\nassert many == sorted(kept)\n{SHOWN}",
        ),
        Feature(
            "untouched",
            "def largest_two(xs):\n%s",
            body("return sorted(xs)[-2:]"),
            body("xs.sort()\nreturn xs[-2:]"),
            "given = [5, 9, 1]\nassert largest_two(given) == [5, 9]\nassert given == [5, 9, 1], 'leave the list as it is'",
        ),
        Feature(
            "matrix-rows",
            "def swap(matrix, i, j):\n%s",
            body("matrix[i], matrix[j] = matrix[j], matrix[i]"),
            body("return matrix"),
            "m = [[1, 2], [3, 4], [5, 6]]\nfirst = m[0]\nswap(m, 0, 2)\nassert m == [[5, 6], [3, 4], [1, 2]]\nassert m[2] is first",
        ),
        Feature(
            "nested",
            "def transpose(square):\n%s",
            body(
                "for i in range(len(square)):\n    for j in range(i):\n        square[i][j], square[j][i] = square[j][i], square[i][j]"
            ),
            body("square.reverse()"),
            "grid = [[1, 2], [3, 4]]\nrow = grid[0]\ntranspose(grid)\nassert grid == [[1, 3], [2, 4]]\nassert row == [1, 3]",
        ),
        Feature(
            "dictionary",
            "def count_into(counts, words):\n%s",
            body("for w in words:\n    counts[w] = counts.get(w, 0) + 1"),
            body("return {w: words.count(w) for w in words}"),
            "seen = {'a': 1}\ncount_into(seen, ['a', 'b'])\ncount_into(seen, ['b'])\nassert seen == {'a': 2, 'b': 2}",
        ),
        Feature(
            "set-and-array",
            "def mark(found, board, place):\n%s",
            body("found.add(place)\nboard[place] = 1"),
            body("found.add(place)"),
            "places, board = set(), np.zeros((3, 3))\nmark(places, board, (1, 2))\nassert places == {(1, 2)}\n"
            "assert board[1, 2] == 1 and board.sum() == 1",
            ("import numpy as np",),
        ),
        Feature(
            "normalise",
            "def normalise(data):\n%s",
            body("data -= data.mean(axis=0)\ndata /= data.std(axis=0)"),
            body("return (data - data.mean(0)) / data.std(0)"),
            "table = np.array([[1., 10.], [3., 30.]])\nnormalise(table)\nnp.testing.assert_allclose(table, [[-1, -1], [1, 1]])",
        ),
        Feature(
            "counter-global",
            "calls = 0\ndef tick():\n%s",
            body("global calls\ncalls += 1\nreturn calls"),
            body("return 1"),
            "before = calls\ntick()\ntick()\nassert calls == before + 2",
            outside=False,
        ),
        Feature(
            "shared-list",
            "basket = []\ndef put(item):\n%s",
            body("basket.append(item)\nreturn len(basket)"),
            body("return 1"),
            "put('apple')\nput('pear')\nassert basket[-2:] == ['apple', 'pear']",
            outside=False,
        ),
        Feature(
            "default-argument",
            "def collect(item, into=None):\n%s",
            body("into = [] if into is None else into\ninto.append(item)\nreturn into"),
            body("return [item]"),
            "assert collect(1) == [1] and collect(2) == [2]\nmine = [0]\nassert collect(3, mine) is mine\nassert mine == [0, 3]",
        ),
        Feature(
            "accounts",
            "def transfer(accounts, a, b, amount):\n%s",
            body(
                "if accounts[a]['balance'] < amount:\n    raise ValueError('not enough')\n"
                "accounts[a]['balance'] -= amount\naccounts[b]['balance'] += amount"
            ),
            body("accounts[a]['balance'] -= amount"),
            "bank = {'x': {'balance': 10}, 'y': {'balance': 0}}\ntransfer(bank, 'x', 'y', 4)\nassert bank['y']['balance'] == 4\n"
            "try:\n    transfer(bank, 'x', 'y', 100)\nexcept ValueError:\n    assert bank['x']['balance'] == 6\nelse:\n    assert False",
        ),
        Feature(
            "queue",
            "def rotate(queue, n):\n%s",
            body("for _ in range(n):\n    queue.append(queue.popleft())"),
            body("pass"),
            "from collections import deque\nq = deque([1, 2, 3])\nrotate(q, 1)\nassert list(q) == [2, 3, 1]",
        ),
        Feature(
            "frame-column",
            "def add_total(df):\n%s",
            body("df['total'] = df['a'] + df['b']"),
            body("return df['a'] + df['b']"),
            "import pandas as pd\nsales = pd.DataFrame({'a': [1, 2], 'b': [3, 4]})\nadd_total(sales)\n"
            "assert 'total' in sales.columns\nassert list(sales['total']) == [4, 6]",
        ),
        Feature(
            "set-by-check",
            "limit = 3\ndef under(x):\n%s",
            body("return x < limit"),
            body("return x < 3"),
            "limit = 10\nassert under(7)\nlimit = 1\nassert not under(2)",
            outside=False,
        ),
    ],
    "objects": [
        Feature(
            "account",
            "class Account:\n    opened = 0\n    def __init__(self, owner, balance=0):\n        self.owner, self._balance = owner, balance\n        Account.opened += 1\n%s",
            body(
                "@property\ndef balance(self):\n    return self._balance\n@balance.setter\ndef balance(self, value):\n"
                "    if value < 0:\n        raise ValueError('below zero')\n    self._balance = value\n"
                "@classmethod\ndef empty(cls, owner):\n    return cls(owner)\n@staticmethod\ndef fee(amount):\n    return amount * 0.01\n"
                "def __str__(self):\n    return f'{self.owner}: {self._balance}'"
            ),
            body("balance = 5"),
            "before = Account.opened\na = Account('Ada', 5)\nassert Account.opened == before + 1\nassert a.balance == 5\na.balance = 7\n"
            "assert str(a) == 'Ada: 7' and f'{a}' == 'Ada: 7'\nassert Account.fee(100) == 1\nb = Account.empty('Bo')\n"
            "assert isinstance(b, Account) and b.balance == 0\ntry:\n    b.balance = -1\nexcept ValueError as e:\n    assert 'zero' in str(e)\n"
            "else:\n    assert False, 'a negative balance'",
            points=4,
        ),
        Feature(
            "shapes",
            "import abc\n%s",
            "class Figure(abc.ABC):\n    @abc.abstractmethod\n    def area(self): ...\n    def twice(self):\n        return 2 * self.area()\n"
            "class Square(Figure):\n    def __init__(self, a):\n        self.a = a\n    def area(self):\n        return self.a ** 2",
            "class Figure:\n    pass\nclass Square(Figure):\n    def area(self):\n        return 1",
            "try:\n    Figure()\n    made = True\nexcept TypeError:\n    made = False\nassert not made, 'abstract'\n"
            "assert Square(3).twice() == 18 and isinstance(Square(1), Figure)\nassert Square.__mro__[1] is Figure\nassert Square.__bases__ == (Figure,)",
        ),
        Feature(
            "super",
            "class Animal:\n    def __init__(self, name):\n        self.name = name\n    def hello(self):\n        return 'I am ' + self.name\n%s",
            "class Cat(Animal):\n    def __init__(self, name, lives=9):\n        super().__init__(name)\n        self.lives = lives\n    def hello(self):\n        return super().hello() + ', meow'",
            "class Cat(Animal):\n    lives = 9",
            "cat = Cat('Tom')\nassert cat.hello() == 'I am Tom, meow'\nassert vars(cat) == {'name': 'Tom', 'lives': 9}\n"
            "assert str(type(cat)) == \"<class '__main__.Cat'>\"\nassert type(cat) == Cat and type(cat) is Cat and cat.__class__ is Cat",
            outside=False,
        ),
        Feature(
            "poly",
            "class Poly:\n    def __init__(self, *c):\n        self.c = c\n%s",
            body(
                "def __call__(self, x):\n    return sum(k * x ** i for i, k in enumerate(self.c))\n"
                "def __mul__(self, k):\n    return Poly(*(k * a for a in self.c))\n__rmul__ = __mul__\n"
                "def __neg__(self):\n    return self * -1\ndef __len__(self):\n    return len(self.c)\n"
                "def __eq__(self, other):\n    return isinstance(other, Poly) and self.c == other.c\n"
                "def __hash__(self):\n    return hash(self.c)\ndef __bool__(self):\n    return any(self.c)"
            ),
            body("def __call__(self, x):\n    return self.c[0]"),
            "p = Poly(1, 2)\nassert p(3) == 7 and (2 * p)(3) == 14 and (-p)(1) == -3\nassert len(p) == 2 and p == Poly(1, 2) and p != Poly(1)\n"
            "assert bool(Poly(1)) and not Poly(0)\nassert hash(p) == hash(Poly(1, 2))\nassert len({p, Poly(1, 2), Poly(3)}) == 2\nassert p in [Poly(1, 2)]",
            points=2,
            outside=False,
        ),
        Feature(
            "ordered-data",
            "from dataclasses import dataclass, field, asdict\n%s",
            "@dataclass(order=True, frozen=True)\nclass Version:\n    major: int\n    minor: int = 0\n    notes: list = field(default_factory=list, compare=False)",
            "@dataclass\nclass Version:\n    major: int\n    minor: int = 0",
            "import dataclasses\nassert Version(1, 2) < Version(1, 10) and max(Version(1), Version(2)).major == 2\n"
            "assert sorted([Version(3), Version(1)])[0] == Version(1)\ntry:\n    Version(1).major = 2\nexcept dataclasses.FrozenInstanceError:\n    pass\n"
            "else:\n    assert False\nassert dataclasses.is_dataclass(Version)\nassert repr(Version(1)) == 'Version(major=1, minor=0, notes=[])'",
        ),
        Feature(
            "as-dict",
            "from dataclasses import dataclass\n%s",
            "@dataclass\nclass Pixel:\n    x: int\n    y: int",
            "class Pixel:\n    def __init__(self, x, y):\n        self.x = x",
            "import dataclasses\nassert dataclasses.asdict(Pixel(1, 2)) == {'x': 1, 'y': 2}\n"
            "assert [f.name for f in dataclasses.fields(Pixel)] == ['x', 'y']",
            outside=False,
        ),
        Feature(
            "typed",
            "from typing import NamedTuple, Optional\n%s",
            "class Item(NamedTuple):\n    name: str\n    price: float = 1.0\n\ndef cheapest(items: list[Item]) -> Optional[Item]:\n    return min(items, key=lambda i: i.price, default=None)",
            "def Item(name, price=1.0):\n    return (name, price)\n\ndef cheapest(items):\n    return items[0]",
            "assert cheapest([Item('a', 2.0), Item('b')]) == ('b', 1.0)\nassert cheapest([]) is None\nassert Item('x')._asdict() == {'name': 'x', 'price': 1.0}\n"
            "name, price = Item('q', 3)\nassert name == 'q' and price == 3\nassert cheapest.__annotations__['return'] is not None",
        ),
        Feature(
            "linked",
            "class Node:\n    def __init__(self, value, next=None):\n        self.value, self.next = value, next\n\nclass LinkedList:\n    def __init__(self):\n        self.head = None\n%s",
            body(
                "def push(self, value):\n    self.head = Node(value, self.head)\ndef __iter__(self):\n    node = self.head\n    while node:\n        yield node.value\n        node = node.next\n"
                "def reverse(self):\n    node, before = self.head, None\n    while node:\n        node.next, before, node = before, node, node.next\n    self.head = before"
            ),
            body("def push(self, value):\n    self.head = Node(value)"),
            "xs = LinkedList()\nfor k in range(3):\n    xs.push(k)\nassert list(xs) == [2, 1, 0]\nassert xs.head.next.value == 1\nxs.reverse()\n"
            "assert [*xs] == [0, 1, 2]\nassert xs.head.next.next.next is None\nassert sum(xs) == 3 and max(xs) == 2",
        ),
        Feature(
            "decorator",
            "import functools\ndef counted(f):\n%s",
            body(
                "@functools.wraps(f)\ndef inner(*a, **k):\n    inner.calls += 1\n    return f(*a, **k)\ninner.calls = 0\nreturn inner"
            ),
            body("return f"),
            "@counted\ndef hello(name):\n    'Say hello.'\n    return 'hello ' + name\nassert hello('a') == 'hello a'\nassert hello('b') == 'hello b'\n"
            "assert hello.calls == 2\nassert hello.__name__ == 'hello' and hello.__doc__ == 'Say hello.'",
            outside=False,
        ),
        Feature(
            "cached",
            "import functools\n%s",
            "@functools.lru_cache(maxsize=None)\ndef stairs(n):\n    return 1 if n < 2 else stairs(n - 1) + stairs(n - 2)",
            "def stairs(n):\n    return n",
            "assert stairs(50) == 20365011074\nassert stairs.cache_info().hits > 0\nstairs.cache_clear()",
        ),
        Feature(
            "managed",
            "from contextlib import contextmanager\nlog = []\n%s",
            "@contextmanager\ndef step(name):\n    log.append('begin ' + name)\n    try:\n        yield name.upper()\n    finally:\n        log.append('end ' + name)",
            "class step:\n    def __init__(self, name):\n        self.name = name\n    def __enter__(self):\n        return self.name\n    def __exit__(self, *a):\n        pass",
            "with step('one') as s:\n    assert s == 'ONE'\ntry:\n    with step('two'):\n        raise KeyError('x')\nexcept KeyError:\n    pass\n"
            "assert log[-4:] == ['begin one', 'end one', 'begin two', 'end two']",
            outside=False,
        ),
        Feature(
            "coroutine",
            "def averager():\n%s",
            body(
                "total, n, mean = 0, 0, None\nwhile True:\n    x = yield mean\n    total, n = total + x, n + 1\n    mean = total / n"
            ),
            body("yield 0"),
            "g = averager()\nnext(g)\nassert g.send(10) == 10\nassert g.send(20) == 15\ng.close()",
        ),
        Feature(
            "infinite",
            "def primes():\n%s",
            body("n = 2\nwhile True:\n    if all(n % d for d in range(2, n)):\n        yield n\n    n += 1"),
            body("yield from [2, 3, 5]"),
            "import itertools, types\nassert list(itertools.islice(primes(), 5)) == [2, 3, 5, 7, 11]\nassert isinstance(primes(), types.GeneratorType)\n"
            "for p in primes():\n    if p > 20:\n        break\nassert p == 23",
        ),
        Feature(
            "own-errors",
            "class CourseError(Exception):\n    pass\nclass NotFound(CourseError):\n    def __init__(self, name, where='here'):\n        super().__init__(f'{name} is not {where}')\n        self.name = name\n\ndef find(name):\n%s",
            body("try:\n    return {'a': 1}[name]\nexcept KeyError as e:\n    raise NotFound(name) from e"),
            body("return {'a': 1}[name]"),
            "assert find('a') == 1\ntry:\n    find('z')\nexcept CourseError as e:\n    assert isinstance(e, NotFound) and e.name == 'z'\n    assert str(e) == 'z is not here'\n"
            "    assert isinstance(e.__cause__, KeyError)\nelse:\n    assert False",
            outside=False,
        ),
        Feature(
            "attributes",
            "class Bag:\n%s",
            body(
                "def __init__(self):\n    object.__setattr__(self, 'd', {})\ndef __getattr__(self, name):\n    try:\n        return self.d[name]\n    except KeyError:\n        raise AttributeError(name) from None\n"
                "def __setattr__(self, name, value):\n    self.d[name] = value\ndef __getitem__(self, k):\n    return self.d[k]\ndef __setitem__(self, k, v):\n    self.d[k] = v\n"
                "def __delitem__(self, k):\n    del self.d[k]\ndef __contains__(self, k):\n    return k in self.d"
            ),
            body("pass"),
            "b = Bag()\nb.colour = 'red'\nassert b['colour'] == 'red' and 'colour' in b\nb['n'] = 2\nassert b.n == 2\ndel b['n']\nassert not hasattr(b, 'n')\n"
            "assert getattr(b, 'zzz', None) is None",
            outside=False,
        ),
    ],
}
GROUPS |= {
    "science": [
        Feature(
            "generator-given",
            "def simulate(rng, n):\n%s",
            body("return rng.normal(size=n).mean()"),
            body("return 0.0"),
            "rng1, rng2 = np.random.default_rng(7), np.random.default_rng(7)\nassert np.isclose(simulate(rng1, 5), rng2.normal(size=5).mean())",
            ("import numpy as np", "rng = np.random.default_rng(0)"),
            outside=False,
        ),
        Feature(
            "generator-open",
            "draws = None\n%s",
            "draws = rng.integers(0, 10, 4)",
            "draws = np.zeros(4)",
            "np.testing.assert_array_equal(draws, np.random.default_rng(0).integers(0, 10, 4))",
        ),
        Feature(
            "hashed-number",
            "answer = None\n%s",
            "answer = np.round(np.mean([1, 2, 4]), 3)",
            "answer = 2",
            "from hashlib import sha1\n"
            f'assert sha1(str(type(answer)).encode("utf-8")+b"b").hexdigest() == "{NUMBER}", "type of answer is not correct"\n'
            f'assert sha1(str(answer).encode("utf-8")+b"b").hexdigest() == "{VALUE}", "value"',
        ),
        Feature(
            "hashed-list",
            "order = None\n%s",
            "order = ['b', 'a', 'c']",
            "order = ['a', 'b', 'c']",
            f"import hashlib\nassert hashlib.md5(''.join(order).encode()).hexdigest() == '{md5(b'bac').hexdigest()}'\n"
            f"assert hashlib.sha1(str(sorted(map(str, order))).encode('utf-8')).hexdigest() == '{sha(str(['a', 'b', 'c']))}'\n"
            "assert hashlib.md5(repr(order).encode()).digest()[0] == 0x%02x"
            % md5(repr(["b", "a", "c"]).encode()).digest()[0],
        ),
        Feature(
            "structured",
            "people = None\n%s",
            "people = np.array([('a', 3), ('b', 5)], dtype=[('name', 'U5'), ('age', 'i4')])",
            "people = np.array([[1, 3]])",
            "assert people['age'].mean() == 4\nassert people.dtype.names == ('name', 'age')\nassert people[0]['name'] == 'a'",
        ),
        Feature(
            "masked",
            "clean = None\n%s",
            "clean = np.ma.masked_less([1, -1, 3], 0)",
            "clean = np.array([1, 3])",
            "assert clean.mean() == 2 and clean.mask.tolist() == [False, True, False]\nassert isinstance(clean, np.ma.MaskedArray)",
        ),
        Feature(
            "polynomial",
            "p = None\n%s",
            "p = np.poly1d([1, 0, -4])",
            "p = [1, 0, -4]",
            "assert p(3) == 5\nassert np.allclose(sorted(p.roots), [-2, 2])\nassert p.deriv()(1) == 2",
        ),
        Feature(
            "nan",
            "def fill(a):\n%s",
            body("return np.where(np.isnan(a), 0, a)"),
            body("a[np.isnan(a)] = 0\nreturn a"),
            "given = np.array([1., np.nan])\nassert np.array_equal(fill(given), [1, 0])\nassert np.isnan(given[1]), 'the given array was changed'",
        ),
        Feature(
            "complex",
            "def roots(a, b, c):\n%s",
            body("d = np.sqrt(complex(b * b - 4 * a * c))\nreturn (-b + d) / (2 * a), (-b - d) / (2 * a)"),
            body("return 0, 0"),
            "assert set(np.round(roots(1, 0, 1), 6)) == {1j, -1j}\nx, y = roots(1, -3, 2)\nassert {x, y} == {1, 2}",
        ),
        Feature(
            "loops-forbidden",
            "def pairwise(X):\n%s",
            body("return np.sqrt(((X[:, None] - X[None]) ** 2).sum(-1))"),
            body(
                "n = len(X)\nD = np.zeros((n, n))\nfor i in range(n):\n    for j in range(n):\n        D[i, j] = np.linalg.norm(X[i] - X[j])\nreturn D"
            ),
            "import inspect, ast\ntree = ast.parse(inspect.getsource(pairwise))\nassert not any(isinstance(n, (ast.For, ast.While)) for n in ast.walk(tree)), 'no loops'\n"
            "assert pairwise(np.eye(3))[0, 1] == np.sqrt(2)",
        ),
        Feature(
            "model-class",
            "class Line:\n%s",
            body(
                "def fit(self, X, y):\n    A = np.c_[np.ones(len(X)), X]\n    self.coef_, *_ = np.linalg.lstsq(A, y, rcond=None)\n    return self\n"
                "def predict(self, X):\n    return np.c_[np.ones(len(X)), X] @ self.coef_\ndef score(self, X, y):\n    return 1 - ((y - self.predict(X)) ** 2).sum() / ((y - y.mean()) ** 2).sum()"
            ),
            body("def fit(self, X, y):\n    return self\ndef predict(self, X):\n    return X[:, 0]"),
            "np.random.seed(4)\nX = np.random.rand(20, 2)\ny = 3 + X @ [1, 2]\nm = Line()\nassert m.fit(X, y) is m\nnp.testing.assert_allclose(m.coef_, [3, 1, 2])\n"
            "assert m.score(X, y) > 0.999\nassert Line().fit(X, y).predict(X).shape == (20,)",
            points=3,
        ),
        Feature(
            "callback-counted",
            "def bisect(f, a, b, eps=1e-6):\n%s",
            body(
                "while b - a > eps:\n    m = (a + b) / 2\n    if f(a) * f(m) <= 0:\n        b = m\n    else:\n        a = m\nreturn (a + b) / 2"
            ),
            body("return (a + b) / 2"),
            "count = 0\ndef g(x):\n    global count\n    count += 1\n    return x ** 2 - 2\nassert abs(bisect(g, 0, 2) - 2 ** 0.5) < 1e-5\nassert 0 < count < 100",
            outside=False,
        ),
        Feature(
            "property-loop",
            "def softmax(z):\n%s",
            body("e = np.exp(z - z.max())\nreturn e / e.sum()"),
            body("return np.exp(z)"),
            "for trial in range(25):\n    z = np.random.randn(trial + 1) * 10\n    s = softmax(z)\n    assert np.isclose(s.sum(), 1) and (s >= 0).all()\n"
            "    assert np.allclose(s, softmax(z + 100))\n    assert s.argmax() == z.argmax()",
        ),
    ],
    "tables": [
        Feature(
            "merged",
            "both = None\n%s",
            "both = left.merge(right, on='k', how='left')",
            "both = left",
            "assert both.shape == (3, 3)\nassert both['w'].isna().sum() == 1\nassert both.loc[both.k == 'a', 'w'].iloc[0] == 10\nassert list(both.columns) == ['k', 'v', 'w']\n"
            "assert both.equals(left.merge(right, on='k', how='left'))",
            (
                "import numpy as np\nimport pandas as pd",
                "left = pd.DataFrame({'k': list('abc'), 'v': [1, 2, 3]})\nright = pd.DataFrame({'k': ['a', 'b'], 'w': [10, 20]})",
            ),
        ),
        Feature(
            "multi-index",
            "grouped = None\n%s",
            "grouped = pd.DataFrame({'a': list('xxy'), 'b': [1, 1, 2], 'v': [1., 2., 3.]}).groupby(['a', 'b'])['v'].agg(['mean', 'count'])",
            "grouped = pd.DataFrame({'mean': [1.5]})",
            "assert grouped.loc[('x', 1), 'mean'] == 1.5\nassert grouped.index.names == ['a', 'b']\nassert grouped['count'].tolist() == [2, 1]",
        ),
        Feature(
            "zone",
            "moment = None\n%s",
            "moment = pd.Timestamp('2024-03-01 12:00', tz='UTC')",
            "moment = pd.Timestamp('2024-03-01 12:00')",
            "assert str(moment.tz) == 'UTC'\nassert moment == pd.Timestamp('2024-03-01 13:00', tz='Europe/Berlin')",
            outside=False,
        ),
        Feature(
            "zones",
            "times = None\n%s",
            "times = pd.Series(pd.date_range('2024-01-01', periods=2, tz='UTC'))",
            "times = pd.Series(pd.date_range('2024-01-01', periods=2))",
            "assert times.dt.tz is not None\nassert times.dt.day.tolist() == [1, 2]\nassert isinstance(times, pd.Series)",
        ),
        Feature(
            "resampled",
            "def weekly(s):\n%s",
            body("return s.resample('W').sum()"),
            body("return s"),
            "s = pd.Series(1, index=pd.date_range('2024-01-01', periods=14))\nout = weekly(s)\nassert out.tolist() == [7, 7]\nassert isinstance(out.index, pd.DatetimeIndex)\nassert out.index[0] == pd.Timestamp('2024-01-07')",
        ),
        Feature(
            "binned",
            "ages = None\n%s",
            "ages = pd.cut([1, 15, 40], bins=[0, 10, 20, 100], labels=['child', 'teen', 'adult'])",
            "ages = ['child']",
            "assert list(ages) == ['child', 'teen', 'adult']\nassert ages.categories.tolist() == ['child', 'teen', 'adult'] and ages.ordered",
        ),
        Feature(
            "intervals",
            "bins = None\n%s",
            "bins = pd.Series([1, 5]).pipe(pd.cut, bins=[0, 3, 6])",
            "bins = pd.Series([1, 5])",
            "assert bins.value_counts().sum() == 2\nassert bins.iloc[0].right == 3 and 2 in bins.iloc[0]",
            outside=False,
        ),
        Feature(
            "nullable",
            "whole = None\n%s",
            "whole = pd.Series([1, None, 3], dtype='Int64')",
            "whole = pd.Series([1, None, 3])",
            "assert str(whole.dtype) == 'Int64' and whole.sum() == 4\nassert whole[1] is pd.NA",
        ),
        Feature(
            "applied",
            "def clean(df):\n%s",
            body(
                "out = df.copy()\nout['name'] = out['name'].str.strip().str.title()\nreturn out.dropna().reset_index(drop=True)"
            ),
            body("df['name'] = df['name'].str.strip()\nreturn df"),
            "raw = pd.DataFrame({'name': [' ada ', 'BOB', None], 'n': [1, 2, 3]})\nkept = raw.copy()\nout = clean(raw)\n"
            "pd.testing.assert_frame_equal(out, pd.DataFrame({'name': ['Ada', 'Bob'], 'n': [1, 2]}))\npd.testing.assert_frame_equal(raw, kept)",
        ),
        Feature(
            "pivot",
            "wide = None\n%s",
            "wide = pd.DataFrame({'d': [1, 1, 2], 'c': list('aba'), 'v': [1, 2, 3]}).pivot_table(index='d', columns='c', values='v', fill_value=0)",
            "wide = pd.DataFrame()",
            "assert wide.columns.name == 'c' and wide.at[1, 'b'] == 2\nassert wide.T.loc['a'].sum() == 4\nassert wide.to_dict('index')[2]['b'] == 0",
        ),
        Feature(
            "query",
            "def rich(df, limit):\n%s",
            body("return df.query('income > @limit').sort_values('income', ascending=False)"),
            body("return df"),
            "df = pd.DataFrame({'income': [1, 5, 3]}, index=list('abc'))\nassert rich(df, 2).index.tolist() == ['b', 'c']\nassert rich(df, 99).empty",
        ),
        Feature(
            "lists-in-column",
            "tokens = None\n%s",
            "tokens = pd.Series(['a b', 'c']).str.split()",
            "tokens = pd.Series(['a', 'b'])",
            "assert tokens[0] == ['a', 'b']\nassert tokens.apply(len).tolist() == [2, 1]\nassert tokens.explode().tolist() == ['a', 'b', 'c']",
        ),
        Feature(
            "partial-table",
            "score_me = None\n%s",
            "score_me = pd.DataFrame({'a': [1, 2], 'b': [3., 4.]})",
            "score_me = pd.DataFrame({'a': [1, 2]})",
            "earned = 0\nif isinstance(score_me, pd.DataFrame):\n    earned += 0.5\nif list(score_me.columns) == ['a', 'b']:\n    earned += 1\ntry:\n    assert score_me['b'].dtype == float\n    earned += 1.5\nexcept Exception:\n    pass\nearned",
            points=3,
        ),
    ],
    "plots": [
        Feature(
            "scatter",
            "fig, ax = None, None\n%s",
            "fig, ax = plt.subplots()\nax.scatter([1, 2], [3, 4], c='red', label='dots')\nax.legend()\nax.set(xlabel='x', ylabel='y', xlim=(0, 5))",
            "fig, ax = plt.subplots()\nax.scatter([1], [3])",
            "assert ax.collections[0].get_offsets().tolist() == [[1, 3], [2, 4]]\nassert [t.get_text() for t in ax.get_legend().get_texts()] == ['dots']\n"
            "assert ax.get_xlabel() == 'x' and ax.get_xlim() == (0, 5)\nassert isinstance(ax, matplotlib.axes.Axes) and isinstance(fig, plt.Figure)\nassert fig.axes[0] is ax\n"
            "assert tuple(ax.collections[0].get_facecolor()[0]) == matplotlib.colors.to_rgba('red')",
            ("import matplotlib\nimport matplotlib.pyplot as plt\nimport numpy as np",),
        ),
        Feature(
            "plotting-function",
            "def draw(ys, ax=None):\n%s",
            body(
                "ax = ax or plt.gca()\nax.plot(ys, '--', color='k', lw=3)\nax.set_title(f'{len(ys)} values')\nreturn ax"
            ),
            body("plt.plot(ys)"),
            "figure, axes = plt.subplots(1, 2)\nout = draw([1, 4, 9], ax=axes[1])\nassert out is axes[1]\nline = axes[1].get_lines()[0]\n"
            "np.testing.assert_array_equal(line.get_ydata(), [1, 4, 9])\nassert line.get_linestyle() == '--' and line.get_linewidth() == 3\nassert axes[1].get_title() == '3 values'\nplt.close('all')",
            outside=False,
        ),
        Feature(
            "grid",
            "fig2, axs = None, None\n%s",
            "fig2, axs = plt.subplots(2, 2, figsize=(6, 4), sharex=True)\nfor k, one in enumerate(axs.flat):\n    one.hist(np.arange(10), bins=5)\n    one.set_title(str(k))",
            "fig2, axs = plt.subplots(2, 1)",
            "assert axs.shape == (2, 2)\nassert [a.get_title() for a in axs.ravel()] == list('0123')\nassert len(axs[0, 1].patches) == 5\nassert tuple(fig2.get_size_inches()) == (6, 4)\nassert sum(p.get_height() for p in axs[1][1].patches) == 10",
        ),
        Feature(
            "picture",
            "im = None\n%s",
            "im = plt.imshow(np.eye(3), cmap='gray')\nplt.colorbar(im)\nplt.savefig('eye.png')",
            "im = plt.imshow(np.zeros((3, 3)))",
            "assert im.get_array().shape == (3, 3) and im.get_cmap().name == 'gray'\nassert np.array_equal(np.asarray(im.get_array()), np.eye(3))\nimport os\nassert os.path.getsize('eye.png') > 100",
        ),
        Feature(
            "current-axes",
            "plt.figure()\n%s\nhere = plt.gca()",
            "plt.bar(['p', 'q'], [1, 2])\nplt.xticks(rotation=45)\nplt.ylabel('count')",
            "plt.bar(['p'], [1])",
            "assert [b.get_height() for b in here.containers[0]] == [1, 2]\nassert here.get_ylabel() == 'count'\nassert here.get_xticklabels()[0].get_rotation() == 45\nassert [t.get_text() for t in here.get_xticklabels()] == ['p', 'q']",
        ),
        Feature(
            "pandas-plot",
            "ax5 = None\n%s",
            "import pandas as pd\nax5 = pd.DataFrame({'a': [1, 2], 'b': [2, 1]}).plot(kind='line', title='lines')",
            "fig, ax5 = plt.subplots()",
            "assert ax5.get_title() == 'lines' and len(ax5.lines) == 2\nassert ax5.lines[1].get_label() == 'b'",
        ),
    ],
}
GROUPS |= {
    "system": [
        Feature(
            "written-module",
            "%s",
            "import pathlib\npathlib.Path('mymath.py').write_text('def add(a, b):\\n    return a + b\\n')",
            "pass",
            "from mymath import add\nassert add(1, 2) == 3",
            ("import os, sys, json",),
            outside=False,
        ),
        Feature(
            "shell",
            "%s",
            "!echo one > words.txt\n!echo two >> words.txt\nfound = !cat words.txt",
            "found = []",
            "assert list(found) == ['one', 'two']\nassert open('words.txt').read() == 'one\\ntwo\\n'",
        ),
        Feature(
            "captured",
            "%s",
            "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    print('hello')",
            "out = 'hello'",
            "assert out.getvalue() == 'hello\\n'",
        ),
        Feature(
            "timed",
            "def quick(n):\n%s",
            body("return n * (n + 1) // 2"),
            body("return sum(range(n))"),
            "import time\nbegun = time.perf_counter()\nassert quick(10 ** 6) == 500000500000\nassert time.perf_counter() - begun < 5",
        ),
        Feature(
            "child",
            "import subprocess, sys\ndef ask(text):\n%s",
            body(
                "done = subprocess.run([sys.executable, '-c', 'print(input()[::-1])'], input=text, capture_output=True, text=True)\nreturn done.stdout.strip()"
            ),
            body("return text"),
            "assert ask('abc') == 'cba'",
        ),
        Feature(
            "logged",
            "import logging\nlogger = logging.getLogger('mine')\ndef divide(a, b):\n%s",
            body("if b == 0:\n    logger.warning('no division by %s', b)\n    return None\nreturn a / b"),
            body("return None if b == 0 else a / b"),
            "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        with self.assertLogs('mine', level='WARNING') as seen:\n            divide(1, 0)\n        self.assertIn('division', seen.output[0])\n"
            "result = unittest.TextTestRunner(stream=open('log.txt', 'w')).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))\nassert result.wasSuccessful()\nassert divide(1, 2) == .5",
            outside=False,
        ),
        Feature(
            "warned",
            "import warnings\ndef old(x):\n%s",
            body("warnings.warn('old is old', DeprecationWarning)\nreturn x"),
            body("return x"),
            "import warnings\nwith warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')\n    assert old(1) == 1\n"
            "assert len(seen) == 1 and issubclass(seen[0].category, DeprecationWarning)",
            outside=False,
        ),
        Feature(
            "pytest-warns",
            "import warnings\ndef noisy(x):\n%s",
            body("warnings.warn('careful', UserWarning)\nreturn x"),
            body("return x"),
            "import pytest\nwith pytest.warns(UserWarning, match='care'):\n    noisy(1)",
            outside=False,
        ),
        Feature(
            "testcase",
            "def grade_of(points):\n%s",
            body(
                "if not 0 <= points <= 100:\n    raise ValueError(points)\nreturn 'ABCDF'[min(int((100 - points) // 10), 4)]"
            ),
            body("return 'A' if points > 90 else 'F'"),
            "import unittest\n\nclass TestGrades(unittest.TestCase):\n    def test_letters(self):\n        for points, letter in [(95, 'A'), (85, 'B'), (5, 'F')]:\n            with self.subTest(points=points):\n                self.assertEqual(grade_of(points), letter)\n"
            "    def test_range(self):\n        with self.assertRaises(ValueError) as caught:\n            grade_of(101)\n        self.assertEqual(caught.exception.args, (101,))\n        self.assertRaisesRegex(ValueError, '-1', grade_of, -1)\n\n"
            "suite = unittest.TestLoader().loadTestsFromTestCase(TestGrades)\nouter = unittest.TestResult()\nsuite.run(outer)\nassert outer.wasSuccessful(), outer.failures + outer.errors",
        ),
        Feature(
            "doctest",
            "def double(x):\n%s",
            body('"""Double.\n\n>>> double(2)\n4\n"""\nreturn 2 * x'),
            body("return 2 * x"),
            "import doctest\nfinder = doctest.DocTestFinder()\nrunner = doctest.DocTestRunner(verbose=False)\nfor t in finder.find(double, 'double', globs={'double': double}):\n    runner.run(t)\n"
            "assert runner.tries == 1 and runner.failures == 0",
        ),
        Feature(
            "asks-twice",
            "def sum_of_two():\n%s",
            body("a = int(input('first '))\nb = int(input('second '))\nprint(a + b)\nreturn a + b"),
            body("return 3"),
            "from unittest.mock import patch\nwith patch('builtins.input', side_effect=['3', '4']) as asked, patch('builtins.print') as said:\n    assert sum_of_two() == 7\nassert asked.call_count == 2\nsaid.assert_called_once_with(7)",
            outside=False,
        ),
        Feature(
            "input-by-name",
            "def greet():\n%s",
            body("return 'Hi ' + input('name? ')"),
            body("return 'Hi'"),
            "def input(prompt=''):\n    return 'Ada'\nassert greet() == 'Hi Ada'\ndel input",
            outside=False,
        ),
        Feature(
            "stdin",
            "import sys\ndef read_all():\n%s",
            body("return [int(line) for line in sys.stdin]"),
            body("return []"),
            "import io, sys\nsys.stdin = io.StringIO('1\\n2\\n')\nassert read_all() == [1, 2]\nsys.stdin = sys.__stdin__",
            outside=False,
        ),
        Feature(
            "awaited",
            "import asyncio\nasync def slow(x):\n%s\n\nanswer_later = await slow(20)",
            body("await asyncio.sleep(0)\nreturn x + 1"),
            body("return x"),
            "import inspect\nassert answer_later == 21\nassert inspect.iscoroutinefunction(slow)",
        ),
        Feature(
            "gathered",
            "import asyncio\nasync def square_later(x):\n%s",
            body("await asyncio.sleep(0)\nreturn x * x"),
            body("return x"),
            "results = await asyncio.gather(*(square_later(k) for k in range(4)))\nassert results == [0, 1, 4, 9]",
            outside=False,
        ),
        Feature(
            "threads",
            "from concurrent.futures import ThreadPoolExecutor\ndef all_squares(xs):\n%s",
            body("with ThreadPoolExecutor(2) as pool:\n    return list(pool.map(lambda x: x * x, xs))"),
            body("return xs"),
            "assert all_squares([1, 2, 3]) == [1, 4, 9]",
        ),
        Feature(
            "when",
            "import datetime\ndef age(born, today=None):\n%s",
            body(
                "today = today or datetime.date.today()\nreturn today.year - born.year - ((today.month, today.day) < (born.month, born.day))"
            ),
            body("return today.year - born.year"),
            "from datetime import date, timedelta\nassert age(date(2000, 6, 1), date(2020, 5, 31)) == 19\nassert age(date.today() - timedelta(days=366 * 30)) in (29, 30)",
        ),
    ],
    "storing": [
        Feature(
            "csv-rows",
            "import csv\ndef save(rows, name):\n%s",
            body(
                "with open(name, 'w', newline='') as f:\n    writer = csv.DictWriter(f, fieldnames=['a', 'b'])\n    writer.writeheader()\n    writer.writerows(rows)"
            ),
            body("open(name, 'w').write('a,b')"),
            "import csv, os\nsave([{'a': 1, 'b': 'x,y'}], 'rows.csv')\nwith open('rows.csv') as f:\n    back = list(csv.DictReader(f))\nassert back == [{'a': '1', 'b': 'x,y'}]\nos.remove('rows.csv')",
            ("import csv, json, sqlite3",),
        ),
        Feature(
            "database",
            "import sqlite3\nconn = sqlite3.connect(':memory:')\n%s",
            "conn.execute('CREATE TABLE people (name TEXT, age INT)')\nconn.executemany('INSERT INTO people VALUES (?, ?)', [('ada', 36), ('bo', 5)])\nconn.commit()",
            "conn.execute('CREATE TABLE people (name TEXT)')",
            "assert conn.execute('SELECT COUNT(*) FROM people').fetchone() == (2,)\nrows = conn.execute('SELECT name FROM people WHERE age > ?', (10,)).fetchall()\nassert rows == [('ada',)]\n"
            "names = [c[1] for c in conn.execute('PRAGMA table_info(people)')]\nassert names == ['name', 'age']",
        ),
        Feature(
            "database-given",
            "def oldest(connection):\n%s",
            body("return connection.execute('SELECT name FROM p ORDER BY age DESC').fetchone()[0]"),
            body("return 'ada'"),
            "import sqlite3\ndb = sqlite3.connect(':memory:')\ndb.execute('CREATE TABLE p (name, age)')\ndb.executemany('INSERT INTO p VALUES (?, ?)', [('x', 1), ('y', 2)])\nassert oldest(db) == 'y'",
            outside=False,
        ),
        Feature(
            "text-stream",
            "def parse(stream):\n%s",
            body("return [line.split(',') for line in stream.read().splitlines()]"),
            body("return []"),
            "import io\nassert parse(io.StringIO('a,b\\nc,d')) == [['a', 'b'], ['c', 'd']]",
            outside=False,
        ),
        Feature(
            "path-given",
            "from pathlib import Path\ndef size(path):\n%s",
            body("return sum(len(line) for line in Path(path).open())"),
            body("return 0"),
            "from pathlib import Path\nPath('size.txt').write_text('12345')\nassert size(Path('size.txt')) == 5\nassert size('size.txt') == 5",
            outside=False,
        ),
        Feature(
            "folder",
            "import os\n%s",
            "os.makedirs('results/deep', exist_ok=True)\nfor k in range(2):\n    with open(f'results/deep/{k}.txt', 'w') as f:\n        f.write(str(k))",
            "os.makedirs('results', exist_ok=True)",
            "import os, glob\nassert sorted(os.listdir('results/deep')) == ['0.txt', '1.txt']\nassert [open(p).read() for p in sorted(glob.glob('results/*/*.txt'))] == ['0', '1']\nassert os.path.isdir('results')",
        ),
        Feature(
            "own-data",
            "def load(name):\n%s",
            body("return json.load(open('data/' + name + '.json'))"),
            body("return {}"),
            "assert load('town')['people'] == 1200\nassert len(json.load(open('data/town.json'))) == 2",
        ),
        Feature(
            "own-package",
            "%s",
            "from tools.geometry import Rect\nr = Rect(2, 3)",
            "r = (2, 3)",
            "from tools.geometry import Rect\nassert isinstance(r, Rect)\nassert r.area() == 6\nassert r == Rect(2, 3)",
            outside=False,
        ),
        Feature(
            "temporary",
            "def count_lines(path):\n%s",
            body("with open(path) as f:\n    return len(f.readlines())"),
            body("return 1"),
            "import tempfile, os\nwith tempfile.NamedTemporaryFile('w', suffix='.txt', delete=False) as f:\n    f.write('a\\nb\\n')\nassert count_lines(f.name) == 2\nos.unlink(f.name)",
            outside=False,
        ),
        Feature(
            "pickled",
            "import pickle\n%s",
            "with open('p.pkl', 'wb') as f:\n    pickle.dump({'a': (1, 2)}, f)",
            "open('p.pkl', 'wb').close()",
            "import pickle\nassert pickle.load(open('p.pkl', 'rb')) == {'a': (1, 2)}",
            outside=False,
        ),
    ],
    "scoring": [
        Feature(
            "inside-function",
            "def gcd(a, b):\n%s",
            body("while b:\n    a, b = b, a % b\nreturn a"),
            body("return b"),
            f"def test_gcd():\n    assert gcd(12, 8) == 4, 'gcd(12, 8)'\n    {HIDDEN}\n    assert gcd(17, 5) == 1\n    assert gcd(8, 0) == 8\n    {SHOWN}\n    assert gcd(2, 2) == 2\n    print('Success!')\ntest_gcd()",
            points=2.5,
        ),
        Feature(
            "three-tests",
            "def clamp(x, low, high):\n%s",
            body("return max(low, min(x, high))"),
            body("return max(low, x)"),
            "score = 0\nfor args, wanted in [((5, 0, 3), 3), ((-5, 0, 3), 0), ((1, 0, 3), 1)]:\n    try:\n        score += clamp(*args) == wanted\n    except Exception:\n        pass\nscore",
            points=3,
        ),
        Feature("semicolon", "shown = None\n%s", "shown = 3", "shown = 0", "assert shown\nshown;", points=3),
        Feature(
            "fraction-points",
            "part = None\n%s",
            "part = 1",
            "part = 2",
            "0.75 if part == 2 else 1.5 if part == 1 else 0",
            points=1.5,
        ),
        Feature("text-last", "quiet = None\n%s", "quiet = 1", "quiet = None", "assert quiet == 1\n'well done'"),
        Feature("number-as-text", "half_text = None\n%s", "half_text = 1", "half_text = 0", "assert half_text\n'0.5'"),
        Feature("true-last", "truth = None\n%s", "truth = 1", "truth = 0", "assert truth == 1\ntruth == 1"),
        Feature(
            "displayed",
            "seen_number = None\n%s",
            "seen_number = 2",
            "seen_number = 0",
            "from IPython.display import display\ndisplay(0)\nassert seen_number == 2",
        ),
        Feature(
            "warns-itself",
            "calm = None\n%s",
            "calm = 1",
            "calm = 0",
            "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    warnings.warn('x')\nassert calm == 1",
        ),
        Feature(
            "otter",
            "def increment(x):\n%s",
            body("return x + 1"),
            body("return x"),
            "test = {'name': 'q1', 'points': 2, 'suites': [{'cases': [{'code': '>>> increment(1)\\n2'}, {'code': '>>> increment(-1) == 0\\nTrue'}]}]}\n"
            "import doctest\ndef run_test(t, env):\n    right = 0\n    for case in t['suites'][0]['cases']:\n        parsed = doctest.DocTestParser().get_doctest(case['code'], env, 'q', None, 0)\n"
            "        right += doctest.DocTestRunner(verbose=False).run(parsed, out=lambda s: None).failed == 0\n    return right / len(t['suites'][0]['cases']) * t['points']\nrun_test(test, {'increment': increment})",
            points=2,
        ),
        Feature(
            "names-of-before",
            "def scale(x):\n%s",
            body("return FACTOR * x"),
            body("return x"),
            "def check_scale(f, pairs=((1, 10), (2, 20))):\n    return all(f(a) == b for a, b in pairs)\nassert check_scale(scale)\nFACTOR_SEEN = FACTOR",
            ("FACTOR = 10",),
        ),
        Feature(
            "names-used-later",
            "twice_factor = None\n%s",
            "twice_factor = 2 * FACTOR",
            "twice_factor = FACTOR",
            "assert twice_factor == 2 * FACTOR_SEEN\nassert check_scale(lambda x: 10 * x)",
        ),
        Feature(
            "exits",
            "def leave(n):\n%s",
            body("if n < 0:\n    raise SystemExit(2)\nreturn n"),
            body("return n"),
            "try:\n    leave(-1)\nexcept SystemExit as e:\n    assert e.code == 2\nelse:\n    assert False",
        ),
        Feature(
            "messages",
            "def mean_of(xs):\n%s",
            body("return sum(xs) / len(xs)"),
            body("return 0"),
            "assert mean_of([1, 2, 3]) == 2, (\n    'The mean of 1, 2, 3 '\n    'is 2')\nassert isinstance(mean_of([1]), float), f'a float, not {type(mean_of([1]))}'\nprint('All tests passed!')",
        ),
        Feature(
            "skipped",
            "def rarely(x):\n%s",
            body("return x"),
            body("return 0"),
            "if 'rarely' not in dir():\n    raise NameError('write rarely')\nassert rarely(3) == 3",
        ),
        Feature(
            "defined",
            "%s",
            "wanted_name = [1, 2]",
            "unwanted = 1",
            "try:\n    wanted_name\nexcept NameError:\n    raise AssertionError('wanted_name is not there')\nassert len(wanted_name) == 2 and type(wanted_name) == list",
        ),
    ],
}
FILES = {
    "storing": {
        "data/town.json": '{"people": 1200, "name": "Ä"}',
        "tools/__init__.py": "",
        "tools/geometry.py": "from dataclasses import dataclass\n\n@dataclass\nclass Rect:\n    a: float\n    b: float\n\n    def area(self):\n        return self.a * self.b\n",
    }
}


def as_colab(book: dict) -> None:
    """Write a notebook as Colab does: its own metadata, ids in other places, no execution counts."""
    book["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
    book["nbformat_minor"] = 0
    for number, one in enumerate(book["cells"]):
        one.pop("id", None)
        one["metadata"] |= {"id": f"c{number}", "colab": {"base_uri": "https://localhost:8080/"}}
        if one["cell_type"] == "code":
            one["execution_count"] = None


def as_an_editor(book: dict) -> None:
    """Write a notebook as VS Code does: no kernel, sources as lists of lines."""
    book["metadata"] = {"language_info": {"name": "python"}, "orig_nbformat": 4}
    for one in book["cells"]:
        one["metadata"]["vscode"] = {"languageId": "python"}
        one["source"] = "".join(one["source"]).splitlines(keepends=True)


def in_another_cell(book: dict) -> None:
    """Write each answer in a cell of one's own, below the one that is for it."""
    cells = []
    for one in book["cells"]:
        cells.append(one)
        if one["metadata"].get("nbgrader", {}).get("solution"):
            cells.append(one | {"metadata": {}, "id": f"mine-{len(cells)}"})
            cells[-2] = one | {"source": "raise NotImplementedError()"}
    book["cells"] = cells


def copied(book: dict) -> None:
    """Copy the first answer's cell, metadata and all, and edit the copy."""
    place = next(n for n, one in enumerate(book["cells"]) if one["metadata"].get("nbgrader", {}).get("solution"))
    answer = book["cells"][place]
    book["cells"].insert(place, answer | {"source": "pass", "id": "copied"})


def loud(book: dict) -> None:
    """Leave large outputs, and errors, in the notebook."""
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 3_000_000}
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["t"] * 1000}
    for one in book["cells"]:
        if one["cell_type"] == "code":
            one["outputs"], one["execution_count"] = [output, error], 10**6
            break


def of_one_id(book: dict) -> None:
    """Give all cells the same id, as scripts that put notebooks together do."""
    for cell in book["cells"]:
        cell["id"] = "same"


def old(minor: int) -> Callable[[dict], None]:
    """Write a notebook in an older format, without ids."""

    def change(book: dict) -> None:
        book["nbformat_minor"] = minor
        for one in book["cells"]:
            one.pop("id", None)

    return change


ODD: dict[str, Callable[[dict], None]] = {
    "colab": as_colab,
    "editor": as_an_editor,
    "below": in_another_cell,
    "copied": copied,
    "loud": loud,
    "old0": old(0),
    "old2": old(2),
    "no-ids": old(5),
    "newer": old(6),
    "one-id": of_one_id,
}
ODD_BYTES: dict[str, Callable[[bytes], bytes]] = {
    "bom": lambda data: b"\xef\xbb\xbf" + data,
    "cr": lambda data: data.replace(b"\n", b"\r"),
    "version-3": lambda data: json.dumps(nbformat.convert(nbformat.reads(data.decode(), 4), 3)).encode(),
    "crlf": lambda data: data.replace(b"\\n", b"\\r\\n"),
    "indented": lambda data: json.dumps(json.loads(data), indent=8, ensure_ascii=False).replace("\n", "\r\n").encode(),
}
