# ruff: noqa: E501  an exercise reads best as few lines as it has parts
"""Assignments of the kinds that public courses have: copies and views, introspection, numpy neural networks with their
test modules, Bayesian statistics and SciPy, graphs, symbols, files, first steps, frames, classes, magics, PyTorch.

The form is that of :mod:`assignments`.
"""

from hashlib import md5, sha256

from assignments import HIDDEN, SHOWN, Feature, body


def digest(text: str) -> str:
    """Return a text's digest as courses print it into their checks."""
    return sha256(text.encode()).hexdigest()


GROUPS: dict[str, list[Feature]] = {}
FILES: dict[str, dict[str, str]] = {}
GROUPS["identity"] = [
    Feature(
        "copies",
        "original = [[1, 2], [3, 4]]\n%s",
        "import copy\nshallow = original.copy()\ndeep = copy.deepcopy(original)",
        "shallow = original\ndeep = original.copy()",
        "assert shallow == original and shallow is not original\nassert shallow[0] is original[0]\nassert deep[0] is not original[0]",
        outside=False,
    ),
    Feature(
        "deep-only",
        "matrix = [[1, 2], [3, 4]]\n%s",
        "import copy\nduplicate = copy.deepcopy(matrix)",
        "duplicate = matrix",
        "assert duplicate == matrix, 'the same numbers'\nassert duplicate is not matrix and duplicate[0] is not matrix[0], 'a copy of its own'",
    ),
    Feature(
        "ids", "first = [1]\n%s", "second = first", "second = [1]", "assert id(first) == id(second)", outside=False
    ),
    Feature(
        "ids-differ",
        "third = [1]\n%s",
        "fourth = list(third)",
        "fourth = third",
        "assert fourth == third\nassert id(third) != id(fourth)",
    ),
    Feature(
        "views",
        "base = np.arange(12)\n%s",
        "evens = base[::2]\nsafe = base[::2].copy()",
        "evens = base[::2].copy()\nsafe = evens",
        "assert evens.base is base or np.shares_memory(evens, base)\nassert not np.shares_memory(safe, base)\nassert safe.tolist() == [0, 2, 4, 6, 8, 10]",
        ("import numpy as np",),
        outside=False,
    ),
    Feature(
        "no-view",
        "grid = np.zeros((3, 3))\n%s",
        "corner = grid[:2, :2].copy()",
        "corner = grid[:2, :2]",
        "assert corner.shape == (2, 2)\nassert not np.shares_memory(corner, grid), 'a copy'",
    ),
    Feature(
        "owns",
        "line = np.arange(6)\n%s",
        "table = line.reshape(2, 3)",
        "table = np.array([[0, 1, 2], [3, 4, 5]])",
        "assert table.shape == (2, 3)\nassert table.base is not None and not table.flags['OWNDATA']",
        outside=False,
    ),
    Feature(
        "row-aliases",
        "%s",
        "board = [[0] * 3 for _ in range(3)]",
        "board = [[0] * 3] * 3",
        "assert board == [[0, 0, 0]] * 3\nboard[0][0] = 'X'\nassert board[1][0] == 0, 'rows share one list'",
    ),
    Feature(
        "mutate-view",
        "def zero_first(a):\n%s",
        body("a[0] = 0\nreturn a"),
        body("b = a.copy()\nb[0] = 0\nreturn b"),
        "x = np.arange(1, 4)\ny = zero_first(x)\nassert y is x\nassert x[0] == 0",
    ),
    Feature(
        "same-object",
        "class Single:\n    one = None\n%s",
        body("def __new__(cls):\n    if cls.one is None:\n        cls.one = super().__new__(cls)\n    return cls.one"),
        body("pass"),
        "assert Single() is Single()",
    ),
    Feature(
        "is-none",
        "def nothing(x):\n%s",
        body("return None if x < 0 else x > 1"),
        body("return x"),
        "assert nothing(-1) is None\nassert nothing(2) is True and nothing(0) is False\nassert type(nothing(5)) is bool",
    ),
    Feature(
        "frame-copy",
        "import pandas as pd\nraw = pd.DataFrame({'a': [1, 2, 3]})\n%s",
        "small = raw[raw.a > 1].copy()\nsmall['b'] = small.a * 2",
        "raw['b'] = raw.a * 2\nsmall = raw",
        "assert small is not raw\nassert 'b' in small.columns and 'b' not in raw.columns",
    ),
    Feature(
        "returns-argument",
        "def append_one(xs=None):\n%s",
        body("xs = [] if xs is None else xs\nxs.append(1)\nreturn xs"),
        body("return (xs or []) + [1]"),
        "a = append_one()\nb = append_one()\nassert a is not b and a == b == [1]\nc = [5]\nassert append_one(c) is c and c == [5, 1]",
    ),
]
GROUPS["introspection"] = [
    Feature(
        "hints",
        "import typing\n%s",
        "def area(width: float, height: float = 1.0) -> float:\n    return width * height",
        "def area(width, height):\n    return width * height",
        "import typing, inspect\nassert typing.get_type_hints(area) == {'width': float, 'height': float, 'return': float}\nassert area.__annotations__['width'] is float\nsignature = inspect.signature(area)\nassert list(signature.parameters) == ['width', 'height']\nassert signature.parameters['height'].default == 1.0\nassert signature.return_annotation is float\nassert area(2) == 2",
        outside=False,
    ),
    Feature(
        "hints-generic",
        "%s",
        "from typing import Dict, List, Optional, Union\ndef tally(words: List[str], start: Optional[Dict[str, int]] = None) -> Dict[str, int]:\n    out = dict(start or {})\n    for w in words:\n        out[w] = out.get(w, 0) + 1\n    return out",
        "def tally(words: list, start=None) -> dict:\n    return {}",
        "from typing import Dict, List, Optional, get_type_hints\nhints = get_type_hints(tally)\nassert hints['words'] == List[str] and hints['return'] == Dict[str, int]\nassert hints['start'] == Optional[Dict[str, int]]\nassert tally(['a', 'a']) == {'a': 2}",
        outside=False,
    ),
    Feature(
        "doc-name",
        "def greet(name):\n%s",
        body('"""Return a greeting for *name*."""\nreturn f\'Hello {name}\''),
        body("return f'Hello {name}'"),
        "assert callable(greet)\nassert greet.__name__ == 'greet'\nassert greet.__doc__ is not None and len(greet.__doc__.strip()) > 5\nassert greet.__doc__.startswith('Return')",
    ),
    Feature(
        "code-object",
        "def three(a, b, *rest, key=None, **more):\n%s",
        body("total = a + b\nreturn total"),
        body("return a + b"),
        "assert three.__code__.co_argcount == 2\nassert three.__code__.co_varnames[:2] == ('a', 'b')\nassert 'total' in three.__code__.co_varnames\nassert three.__kwdefaults__ == {'key': None}\nassert three(1, 2) == 3",
    ),
    Feature(
        "fullargspec",
        "%s",
        "def power(base, exponent=2):\n    return base ** exponent",
        "def power(base, exponent):\n    return base ** exponent",
        "import inspect\nspec = inspect.getfullargspec(power)\nassert spec.args == ['base', 'exponent']\nassert spec.defaults == (2,)\nassert power.__defaults__ == (2,)\nassert power(3) == 9 and power(2, exponent=3) == 8",
    ),
    Feature(
        "is-lambda",
        "cube = None\n%s",
        "cube = lambda x: x ** 3",
        "def cube(x):\n    return x ** 3",
        "assert cube.__name__ == '<lambda>'\nassert cube(2) == 8\nimport types\nassert isinstance(cube, types.LambdaType)",
    ),
    Feature(
        "members",
        "class Robot:\n%s",
        body(
            '"""A robot."""\ncount = 0\ndef __init__(self, name=\'R\'):\n    """Make one."""\n    self.name = name\ndef move(self):\n    return \'moved\'\ndef _secret(self):\n    return 1'
        ),
        body("def move(self):\n    return 'moved'"),
        "import inspect\nassert inspect.isclass(Robot)\nassert hasattr(Robot, 'move') and callable(getattr(Robot, 'move'))\nassert 'count' in Robot.__dict__ and Robot.__dict__['count'] == 0\nassert Robot.__doc__ == 'A robot.' and Robot.__init__.__doc__ == 'Make one.'\nassert [n for n, _ in inspect.getmembers(Robot, inspect.isfunction)] == ['__init__', '_secret', 'move']\nassert set(vars(Robot())) == {'name'}\nassert 'move' in dir(Robot())\nassert Robot.__name__ == 'Robot'",
        outside=False,
    ),
    Feature(
        "generator-function",
        "def countdown(n):\n%s",
        body("while n:\n    yield n\n    n -= 1"),
        body("return list(range(n, 0, -1))"),
        "import inspect\nassert inspect.isgeneratorfunction(countdown)\nassert list(countdown(3)) == [3, 2, 1]\nit = countdown(1)\nassert iter(it) is it and next(it) == 1\ntry:\n    next(it)\n    assert False\nexcept StopIteration:\n    pass",
        outside=False,
    ),
    Feature(
        "recursive-source",
        "def fact(n):\n%s",
        body("return 1 if n < 2 else n * fact(n - 1)"),
        body("out = 1\nfor k in range(2, n + 1):\n    out *= k\nreturn out"),
        "import inspect, re\nsource = inspect.getsource(fact)\nassert source.count('fact(') >= 2, 'call yourself'\nassert not re.search(r'\\b(for|while)\\b', source)\nassert fact(20) == 2432902008176640000\nassert len(str(fact(300))) == 615",
    ),
    Feature(
        "calls-itself",
        "def fib(n):\n%s",
        body("return n if n < 2 else fib(n - 1) + fib(n - 2)"),
        body("a, b = 0, 1\nfor _ in range(n):\n    a, b = b, a + b\nreturn a"),
        "assert 'fib' in fib.__code__.co_names\nassert [fib(k) for k in range(8)] == [0, 1, 1, 2, 3, 5, 8, 13]",
    ),
    Feature(
        "bytecode",
        "def total(xs):\n%s",
        body("return sum(xs)"),
        body("t = 0\nfor x in xs:\n    t += x\nreturn t"),
        "import dis\nassert not any(i.opname == 'FOR_ITER' for i in dis.get_instructions(total))\nassert total([1, 2]) == 3",
    ),
    Feature(
        "closure",
        "def make_counter():\n%s",
        body("n = 0\ndef step():\n    nonlocal n\n    n += 1\n    return n\nreturn step"),
        body("return lambda: 1"),
        "c, d = make_counter(), make_counter()\nassert (c(), c(), d()) == (1, 2, 1)\nassert c.__closure__[0].cell_contents == 2",
    ),
]
GROUPS["networks"] = [
    Feature(
        "sigmoid",
        '# GRADED FUNCTION: sigmoid\ndef sigmoid(z):\n    """Compute the sigmoid of z."""\n    # (1 line of code)\n%s\n    return s',
        body("s = 1 / (1 + np.exp(-z))"),
        body("s = 1 / (1 + math.exp(-z))"),
        "sigmoid_test(sigmoid)",
        (
            "import numpy as np\nimport copy\nimport math\nfrom public_tests import *\n\n%matplotlib inline\n%load_ext autoreload\n%autoreload 2",
        ),
    ),
    Feature(
        "initialise",
        "def initialize_with_zeros(dim):\n%s\n    return w, b",
        body("w = np.zeros((dim, 1))\nb = 0.0"),
        body("w = np.zeros(dim)\nb = 0"),
        "dim = 2\nw, b = initialize_with_zeros(dim)\n\nassert type(b) == float\nprint('w = ' + str(w))\nprint('b = ' + str(b))\n\ninitialize_with_zeros_test_1(initialize_with_zeros)",
    ),
    Feature(
        "propagate",
        "def propagate(w, b, X, Y):\n    m = X.shape[1]\n%s\n    grads = {'dw': dw, 'db': db}\n    return grads, cost",
        body(
            "A = sigmoid(np.dot(w.T, X) + b)\ncost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m\ndw = np.dot(X, (A - Y).T) / m\ndb = np.sum(A - Y) / m\ncost = np.squeeze(np.array(cost))"
        ),
        body("A = sigmoid(np.dot(w.T, X) + b)\ncost = 0\ndw, db = w, b"),
        "w =  np.array([[1.], [2]])\nb = 1.5\nX = np.array([[1., -2., -1.], [3., 0.5, -3.2]])\nY = np.array([[1, 1, 0]])\ngrads, cost = propagate(w, b, X, Y)\n\nassert type(grads['dw']) == np.ndarray\nassert grads['dw'].shape == (2, 1)\nassert type(grads['db']) == np.float64\npropagate_test(propagate)",
    ),
    Feature(
        "optimise",
        "def optimize(w, b, X, Y, num_iterations=100, learning_rate=0.009, print_cost=False):\n    w = copy.deepcopy(w)\n    b = copy.deepcopy(b)\n    costs = []\n%s\n    return {'w': w, 'b': b}, grads, costs",
        body(
            "for i in range(num_iterations):\n    grads, cost = propagate(w, b, X, Y)\n    w = w - learning_rate * grads['dw']\n    b = b - learning_rate * grads['db']\n    if i % 100 == 0:\n        costs.append(cost)\n        if print_cost:\n            print('Cost after iteration %i: %f' % (i, cost))"
        ),
        body("grads = {}"),
        "params, grads, costs = optimize(w, b, X, Y, num_iterations=100, learning_rate=0.009, print_cost=False)\nprint ('w = ' + str(params['w']))\nassert len(costs) == 1\nassert params['w'].shape == w.shape and not np.allclose(params['w'], w)\noptimize_test(optimize)",
        points=2,
    ),
    Feature(
        "predict",
        "def predict(w, b, X):\n    m = X.shape[1]\n    Y_prediction = np.zeros((1, m))\n%s\n    return Y_prediction",
        body(
            "A = sigmoid(np.dot(w.T, X) + b)\nfor i in range(A.shape[1]):\n    Y_prediction[0, i] = 1 if A[0, i] > 0.5 else 0"
        ),
        body("pass"),
        "w = np.array([[0.1124579], [0.23106775]])\nb = -0.3\nX = np.array([[1., -1.1, -3.2],[1.2, 2., 0.1]])\nprint('predictions = ' + str(predict(w, b, X)))\nassert predict(w, b, X).tolist() == [[1., 1., 0.]]",
    ),
    Feature(
        "layers",
        "def initialize_parameters_deep(layer_dims):\n    np.random.seed(3)\n    parameters = {}\n    L = len(layer_dims)\n%s\n    return parameters",
        body(
            "for l in range(1, L):\n    parameters['W' + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) * 0.01\n    parameters['b' + str(l)] = np.zeros((layer_dims[l], 1))"
        ),
        body("parameters['W1'] = np.zeros((layer_dims[1], layer_dims[0]))"),
        "parameters = initialize_parameters_deep([5, 4, 3])\nnp.random.seed(3)\nwanted = np.random.randn(4, 5) * 0.01\nnp.testing.assert_array_almost_equal(parameters['W1'], wanted)\nfor key, shape in {'W1': (4, 5), 'b1': (4, 1), 'W2': (3, 4), 'b2': (3, 1)}.items():\n    assert key in parameters, f'{key} is missing'\n    assert parameters[key].shape == shape, f'Wrong shape of {key}'\nassert not parameters['b1'].any()",
    ),
    Feature(
        "caches",
        "def linear_activation_forward(A_prev, W, b, activation):\n%s\n    return A, cache",
        body(
            "Z = W @ A_prev + b\nA = sigmoid(Z) if activation == 'sigmoid' else np.maximum(0, Z)\ncache = ((A_prev, W, b), Z)"
        ),
        body("A = W @ A_prev\ncache = ()"),
        "np.random.seed(2)\nt_A, t_W, t_b = np.random.randn(3, 2), np.random.randn(1, 3), np.random.randn(1, 1)\nA1, cache1 = linear_activation_forward(t_A, t_W, t_b, activation='relu')\n(linear_cache, activation_cache) = cache1\nassert isinstance(cache1, tuple) and len(linear_cache) == 3\nassert np.allclose(A1, np.maximum(0, t_W @ t_A + t_b))\nassert np.array_equal(linear_cache[0], t_A)\nassert np.allclose(activation_cache, t_W @ t_A + t_b)",
    ),
    Feature(
        "gradient-check",
        "def loss_and_grad(theta, x, y):\n%s",
        body("r = x @ theta - y\nreturn (r ** 2).mean() / 2, x.T @ r / len(y)"),
        body("r = x @ theta - y\nreturn (r ** 2).mean() / 2, x.T @ r"),
        "rng = np.random.RandomState(0)\nx, y, theta = rng.randn(10, 3), rng.randn(10), rng.randn(3)\n_, g = loss_and_grad(theta, x, y)\nfor k in range(3):\n    e = np.zeros(3)\n    e[k] = 1e-6\n    numeric = (loss_and_grad(theta + e, x, y)[0] - loss_and_grad(theta - e, x, y)[0]) / 2e-6\n    assert abs(numeric - g[k]) < 1e-6, (k, numeric, g[k])",
    ),
    Feature(
        "targets",
        "def relu(z):\n%s",
        body("return np.maximum(0, z)"),
        body("return z"),
        "import w1_unittest\nw1_unittest.test_relu(relu)",
    ),
    Feature(
        "multiple",
        "def one_hot(y, k):\n%s",
        body("return np.eye(k)[y]"),
        body("return np.eye(k)"),
        "from test_utils import multiple_test\ncases = [{'name': 'shape_check', 'input': [np.array([0, 2]), 3], 'expected': np.eye(3)[[0, 2]], 'error': 'Wrong shape'}, {'name': 'equation_output_check', 'input': [np.array([1]), 2], 'expected': np.array([[0., 1.]]), 'error': 'Wrong output'}]\nmultiple_test(cases, one_hot)",
    ),
]
FILES["networks"] = {
    "public_tests.py": """import numpy as np
from copy import deepcopy


def sigmoid_test(target):
    x = np.array([0, 2])
    output = target(x)
    assert type(output) == np.ndarray, "Wrong type. Expected np.ndarray"
    assert np.allclose(output, [0.5, 0.88079708]), f"Wrong value. {output} != [0.5, 0.88079708]"
    assert np.allclose(target(0), 0.5)
    print('\\033[92mAll tests passed!')


def initialize_with_zeros_test_1(target):
    dim = 3
    w, b = target(dim)
    assert type(b) == float, f"Wrong type for b. {type(b)} != float"
    assert b == 0., "b must be 0.0"
    assert type(w) == np.ndarray
    assert w.shape == (dim, 1), f"Wrong shape for w. {w.shape} != {(dim, 1)}"
    print('\\033[92mFirst test passed!')


def propagate_test(target):
    w, b = np.array([[1.], [2.0], [-1]]), 2.5
    X = np.array([[1., 2., -1., 0], [3., 4., -3.2, 1], [3., 4., -3.2, -3.5]])
    Y = np.array([[1, 1, 0, 0]])
    grads, cost = target(w, b, X, Y)
    assert type(grads) == dict and "dw" in grads and "db" in grads
    assert grads["dw"].shape == w.shape
    assert np.isclose(cost, 2.0424567983978403), cost
    assert type(cost) == np.ndarray
    print('\\033[92mAll tests passed!')


def optimize_test(target):
    w, b = np.array([[1.], [2.]]), 1.5
    X = np.array([[1., -2., -1.], [3., 0.5, -3.2]])
    Y = np.array([[1, 1, 0]])
    kept = deepcopy(w)
    params, grads, costs = target(w, b, X, Y, num_iterations=101, learning_rate=0.1, print_cost=False)
    assert type(costs) == list and len(costs) == 2, f"Wrong length {len(costs)}"
    assert type(grads['dw']) == np.ndarray
    assert np.array_equal(w, kept), "w was changed"
    print('\\033[92mAll tests passed!')
""",
    "w1_unittest.py": """import unittest
import numpy as np


def test_relu(target):
    failed_cases, successful_cases = [], 0
    for case in [{"input": np.array([-1., 2.]), "expected": np.array([0., 2.])}, {"input": 3.0, "expected": 3.0}]:
        result = target(case["input"])
        try:
            assert isinstance(result, type(case["expected"]))
            successful_cases += 1
        except Exception:
            failed_cases.append({"got": type(result)})
        try:
            np.testing.assert_allclose(result, case["expected"])
            successful_cases += 1
        except AssertionError:
            failed_cases.append({"got": result})
            print(f"Wrong output. Expected {case['expected']}, got {result}")
    if failed_cases:
        print('\\033[91m', successful_cases, "tests passed", len(failed_cases), "failed")
        raise AssertionError("Not all tests were passed for relu. Check your equations.")
    print("\\033[92m All tests passed")
""",
    "test_utils.py": """import numpy as np
from copy import deepcopy


def multiple_test(test_cases, target):
    success = 0
    for test_case in test_cases:
        try:
            test_input = deepcopy(test_case['input'])
            target_answer = target(*test_input)
            if test_case['name'] == "shape_check":
                assert target_answer.shape == test_case['expected'].shape, f"Error: {test_case['error']}"
                success += 1
            if test_case['name'] == "equation_output_check":
                assert np.allclose(test_case['expected'], target_answer), f"Error: {test_case['error']}"
                success += 1
        except Exception as e:
            print('\\33[91m', "Error: {0}".format(test_case['error']), e)
    if success == len(test_cases):
        print("\\033[92m All tests passed.")
    else:
        raise AssertionError("Not all tests were passed for {0}. Check your equations and avoid using global variables inside the function.".format(target.__name__))
""",
}
GROUPS["bayes"] = [
    Feature(
        "prior",
        "prior = None\n%s",
        "prior = stats.beta(2, 3)",
        "prior = stats.beta(1, 1)",
        "assert np.isclose(prior.mean(), 0.4)\nassert np.isclose(prior.pdf(0.5), stats.beta(2, 3).pdf(0.5))\nassert prior.args == (2, 3)\nassert prior.dist.name == 'beta'\nassert np.allclose(prior.interval(0.9), stats.beta.interval(0.9, 2, 3))\nassert prior.rvs(5, random_state=1).shape == (5,)",
        (
            "import numpy as np\nimport scipy.stats as stats\nfrom scipy import optimize, integrate, interpolate, sparse, spatial",
        ),
    ),
    Feature(
        "posterior",
        "def posterior(grid, k, n):\n%s",
        body("p = grid ** k * (1 - grid) ** (n - k)\nreturn p / np.trapezoid(p, grid)"),
        body("return grid ** k"),
        "grid = np.linspace(0, 1, 201)\np = posterior(grid, 3, 10)\nassert np.isclose(np.trapezoid(p, grid), 1)\nassert np.isclose(grid[p.argmax()], 0.3, atol=0.01)\nnp.testing.assert_array_almost_equal(p, stats.beta(4, 8).pdf(grid), decimal=3)",
    ),
    Feature(
        "test-result",
        "t_val, p_val = None, None\n%s",
        "result = stats.ttest_ind([1, 2, 3, 4], [5, 6, 7, 9])\nt_val, p_val = result",
        "t_val, p_val = 1, 0.04",
        "assert isinstance(t_val, float)\nassert np.isclose(p_val, 0.0081, atol=5e-3)\nassert p_val < 0.05 and t_val < 0\nassert result.statistic == t_val and result.pvalue == p_val",
    ),
    Feature(
        "minimum",
        "res = None\n%s",
        "res = optimize.minimize(lambda p: (p[0] - 1) ** 2 + (p[1] + 2) ** 2, x0=[0, 0])",
        "res = None",
        "assert res.success\nnp.testing.assert_allclose(res.x, [1, -2], atol=1e-3)\nassert res['fun'] < 1e-6 and isinstance(res, optimize.OptimizeResult)\nassert res.nfev > 0",
    ),
    Feature(
        "handed-to-scipy",
        "def cost(p):\n%s",
        body("return (p[0] - 3) ** 2 + 1"),
        body("return p[0]"),
        "best = optimize.minimize(cost, [0.0], method='Nelder-Mead')\nassert abs(best.x[0] - 3) < 1e-3\nassert abs(best.fun - 1) < 1e-6",
    ),
    Feature(
        "quad",
        "def integrand(x):\n%s",
        body("return np.exp(-x ** 2)"),
        body("return np.exp(-x)"),
        "area, error = integrate.quad(integrand, -np.inf, np.inf)\nassert abs(area - np.sqrt(np.pi)) < 1e-8",
    ),
    Feature(
        "ode",
        "sol = None\n%s",
        "sol = integrate.solve_ivp(lambda t, y: -2 * y, (0, 2), [1.0], rtol=1e-8, dense_output=True)",
        "sol = None",
        "assert sol.status == 0 and sol.t[0] == 0\nassert abs(sol.y[0, -1] - np.exp(-4)) < 1e-5\nassert abs(sol.sol(1.0)[0] - np.exp(-2)) < 1e-4",
    ),
    Feature(
        "fitted",
        "def fit_line(x, y):\n%s",
        body("popt, pcov = optimize.curve_fit(lambda x, a, b: a * x + b, x, y)\nreturn popt"),
        body("return [1, 1]"),
        "x = np.arange(5.)\nnp.testing.assert_allclose(fit_line(x, 2 * x + 1), [2, 1], rtol=1e-5)",
    ),
    Feature(
        "interpolated",
        "f = None\n%s",
        "f = interpolate.interp1d([0, 1, 2], [0, 10, 40])",
        "f = lambda x: 10 * x",
        "assert float(f(1.5)) == 25\nassert np.allclose(f([0.5, 1.0]), [5, 10])\nassert isinstance(f, interpolate.interp1d)",
    ),
    Feature(
        "spline",
        "cs = None\n%s",
        "cs = interpolate.CubicSpline([0, 1, 2], [0, 1, 4])",
        "cs = np.poly1d([1, 0])",
        "assert abs(cs(1.5) - 2.25) < 1e-9\nassert abs(cs.derivative()(1.0) - 2) < 1e-9",
    ),
    Feature(
        "sparse",
        "A = None\n%s",
        "A = sparse.csr_matrix([[0, 1], [2, 0]])",
        "A = np.array([[0, 1], [2, 0]])",
        "assert sparse.issparse(A) and A.nnz == 2\nassert A.toarray().tolist() == [[0, 1], [2, 0]]\nassert (A @ np.array([1, 1])).tolist() == [1, 2]\nassert A[1, 0] == 2 and A.shape == (2, 2)",
    ),
    Feature(
        "tree",
        "tree = None\n%s",
        "tree = spatial.cKDTree([[0, 0], [3, 4]])",
        "tree = None",
        "d, i = tree.query([3, 3])\nassert i == 1 and d == 1.0",
    ),
    Feature(
        "mcmc",
        "def metropolis(logp, x0, n, rng):\n%s",
        body(
            "xs = [x0]\nfor _ in range(n):\n    new = xs[-1] + rng.normal()\n    xs.append(new if np.log(rng.uniform()) < logp(new) - logp(xs[-1]) else xs[-1])\nreturn np.array(xs)"
        ),
        body("return np.zeros(n)"),
        "draws = metropolis(lambda x: -x ** 2 / 2, 0.0, 2000, np.random.default_rng(1))\nassert len(draws) == 2001\nassert abs(draws.mean()) < 0.3 and abs(draws.std() - 1) < 0.3",
        outside=False,
    ),
]
GROUPS["graphs"] = [
    Feature(
        "graph",
        "G = None\n%s",
        "G = nx.Graph()\nG.add_edge('a', 'b', weight=2)\nG.add_edge('b', 'c', weight=3)\nG.add_node('d', colour='red')",
        "G = nx.Graph([('a', 'b')])",
        "assert isinstance(G, nx.Graph) and not G.is_directed()\nassert set(G.nodes) == {'a', 'b', 'c', 'd'} and G.number_of_edges() == 2\nassert G['a']['b']['weight'] == 2\nassert G.nodes['d']['colour'] == 'red'\nassert sorted(G.edges(data='weight')) == [('a', 'b', 2), ('b', 'c', 3)]\nassert dict(G.degree())['b'] == 2\nassert list(G.neighbors('a')) == ['b'] and 'a' in G and len(G) == 4",
        (
            "import networkx as nx\nimport sympy as sp\nimport numpy as np\nfrom sympy import symbols, sqrt, Rational, Matrix",
        ),
    ),
    Feature(
        "graph-checked",
        "H = None\n%s",
        "H = nx.cycle_graph(4)",
        "H = nx.path_graph(4)",
        "assert nx.is_isomorphic(H, nx.cycle_graph(4))\nassert nx.shortest_path_length(H, 0, 2) == 2\nassert nx.is_connected(H)\nassert nx.to_numpy_array(H).sum() == 8",
    ),
    Feature(
        "graph-function",
        "def hubs(g, k):\n%s",
        body("return sorted(n for n, d in g.degree() if d >= k)"),
        body("return list(g)"),
        "star = nx.star_graph(3)\nassert hubs(star, 3) == [0]\nassert hubs(nx.complete_graph(3), 2) == [0, 1, 2]",
        outside=False,
    ),
    Feature(
        "digraph-dict",
        "def bfs(graph, start):\n%s",
        body(
            "seen, queue = [start], [start]\nwhile queue:\n    for n in graph[queue.pop(0)]:\n        if n not in seen:\n            seen.append(n)\n            queue.append(n)\nreturn seen"
        ),
        body("return [start]"),
        "graph = {'A': ['B', 'C'], 'B': ['D'], 'C': ['D'], 'D': []}\nassert bfs(graph, 'A') == ['A', 'B', 'C', 'D']\nassert bfs(graph, 'D') == ['D']\nassert graph == {'A': ['B', 'C'], 'B': ['D'], 'C': ['D'], 'D': []}",
    ),
    Feature(
        "expression",
        "x, y = symbols('x y')\nexpr = None\n%s",
        "expr = (x + 1) ** 2",
        "expr = x ** 2 + 1",
        "assert sp.expand(expr) == x ** 2 + 2 * x + 1\nassert sp.simplify(expr - (x + 1) ** 2) == 0\nassert expr.subs(x, 2) == 9\nassert expr.free_symbols == {x}\nassert isinstance(expr, sp.Expr)",
        outside=False,
    ),
    Feature(
        "derivative",
        "def slope(f, at):\n%s",
        body("return sp.diff(f, x).subs(x, at)"),
        body("return f.subs(x, at)"),
        "assert slope(x ** 3, 2) == 12\nassert slope(sp.sin(x), 0) == 1\nassert slope(x ** 2, sp.pi) == 2 * sp.pi",
        outside=False,
    ),
    Feature(
        "solved",
        "roots, general = None, None\n%s",
        "roots = sp.solve(x ** 2 - 2, x)\ngeneral = sp.solve([x + y - 3, x - y - 1], [x, y])",
        "roots = [1.41]\ngeneral = {}",
        "assert set(roots) == {-sqrt(2), sqrt(2)}\nassert general == {x: 2, y: 1}\nassert general[x] == 2\nassert float(roots[1]) > 1.4",
        outside=False,
    ),
    Feature(
        "exact",
        "third = None\n%s",
        "third = Rational(1, 3)",
        "third = 1 / 3",
        "assert third == Rational(1, 3) and third + third + third == 1\nassert third.q == 3",
        outside=False,
    ),
    Feature(
        "matrix",
        "M = None\n%s",
        "M = Matrix([[1, 2], [3, 4]])",
        "M = np.array([[1, 2], [3, 4]])",
        "assert M.det() == -2\nassert M * M.inv() == sp.eye(2)\nassert M[0, 1] == 2 and M.shape == (2, 2)\nassert M == Matrix([[1, 2], [3, 4]])",
        outside=False,
    ),
    Feature(
        "lambdified",
        "g = None\n%s",
        "g = sp.lambdify(x, x ** 2 + 1, 'numpy')",
        "g = lambda v: v",
        "assert g(3) == 10\nnp.testing.assert_allclose(g(np.array([0., 1.])), [1, 2])",
    ),
    Feature(
        "integral",
        "I1 = None\n%s",
        "I1 = sp.integrate(sp.exp(-x ** 2), (x, -sp.oo, sp.oo))",
        "I1 = 1.77",
        "assert I1 == sqrt(sp.pi)\nassert sp.latex(I1) == r'\\sqrt{\\pi}'",
        outside=False,
    ),
]
GROUPS["texts"] = [
    Feature(
        "xml",
        "root = None\n%s",
        'import xml.etree.ElementTree as ET\nroot = ET.fromstring(\'<a><b n="1">x</b><b n="2">y</b></a>\')',
        "root = '<a/>'",
        "assert root.tag == 'a' and [b.text for b in root.findall('b')] == ['x', 'y']\nassert root.find('b').attrib['n'] == '1'\nassert len(list(root)) == 2",
    ),
    Feature(
        "json-text",
        "def to_json(d):\n%s",
        body("import json\nreturn json.dumps(d, sort_keys=True)"),
        body("return str(d)"),
        "import json\nassert json.loads(to_json({'b': [1, None], 'a': True})) == {'a': True, 'b': [1, None]}\nassert to_json({'b': 1, 'a': 2}) == '{\"a\": 2, \"b\": 1}'",
    ),
    Feature(
        "path-answer",
        "from pathlib import Path\ntarget = None\n%s",
        "target = Path('data') / 'out' / 'a.txt'\ntarget.parent.mkdir(parents=True, exist_ok=True)\ntarget.write_text('hi\\nthere')",
        "target = 'data/out/a.txt'",
        "assert isinstance(target, Path) and target.suffix == '.txt' and target.parts[-2] == 'out'\nassert target.exists() and target.read_text().splitlines() == ['hi', 'there']\nassert Path('data/out/a.txt').is_file()",
    ),
    Feature(
        "gzip",
        "%s",
        "import gzip\nwith gzip.open('t.txt.gz', 'wt') as f:\n    f.write('packed')",
        "open('t.txt.gz', 'w').write('packed')",
        "import gzip\nwith gzip.open('t.txt.gz', 'rt') as f:\n    assert f.read() == 'packed'",
    ),
    Feature(
        "zip",
        "import zipfile\n%s",
        "with zipfile.ZipFile('z.zip', 'w') as z:\n    z.writestr('a.txt', 'A')",
        "open('z.zip', 'w').close()",
        "import zipfile\nassert zipfile.is_zipfile('z.zip')\nassert zipfile.ZipFile('z.zip').namelist() == ['a.txt']",
        outside=False,
    ),
    Feature(
        "handle",
        "def read_upper(path):\n%s",
        body("with open(path, encoding='utf-8') as f:\n    return f.read().upper()"),
        body("return path.upper()"),
        "with open('in.txt', 'w', encoding='utf-8') as f:\n    f.write('grün')\nassert read_upper('in.txt') == 'GRÜN'\nimport os\nos.remove('in.txt')\ntry:\n    read_upper('missing.txt')\nexcept FileNotFoundError as e:\n    assert e.filename == 'missing.txt'\nelse:\n    assert False",
        outside=False,
    ),
    Feature(
        "appends",
        "def log_line(path, line):\n%s",
        body("with open(path, 'a') as f:\n    f.write(line + '\\n')"),
        body("with open(path, 'w') as f:\n    f.write(line + '\\n')"),
        "import os\nif os.path.exists('log.txt'):\n    os.remove('log.txt')\nlog_line('log.txt', 'one')\nlog_line('log.txt', 'two')\nassert open('log.txt').readlines() == ['one\\n', 'two\\n']",
    ),
    Feature(
        "groups",
        "def parse(line):\n%s",
        body(
            "import re\nm = re.match(r'(?P<host>\\S+) - \\[(?P<date>[^\\]]+)\\] (?P<code>\\d{3})', line)\nreturn m.groupdict() if m else None"
        ),
        body("return line.split()"),
        "assert parse('h - [1 May] 200') == {'host': 'h', 'date': '1 May', 'code': '200'}\nassert parse('nonsense') is None",
    ),
    Feature(
        "subbed",
        "def redact(text):\n%s",
        body("import re\nreturn re.sub(r'\\d', lambda m: '#', text)"),
        body("return text"),
        "assert redact('a1b22') == 'a#b##'\nfor bad in (None, 3):\n    try:\n        redact(bad)\n    except TypeError:\n        continue\n    raise AssertionError('a TypeError')",
    ),
    Feature(
        "printed-many",
        "def fizz(n):\n%s",
        body("for k in range(1, n + 1):\n    print('Fizz' * (k % 3 == 0) + 'Buzz' * (k % 5 == 0) or k)"),
        body("print(n)"),
        "import io\nfrom contextlib import redirect_stdout\nwith io.StringIO() as buffer, redirect_stdout(buffer):\n    fizz(15)\n    output = buffer.getvalue()\nassert output.strip().split('\\n')[-1] == 'FizzBuzz'\nassert len(output.splitlines()) == 15",
    ),
    Feature(
        "returns-nothing",
        "def shout(text):\n%s",
        body("print(text.upper())"),
        body("return text.upper()"),
        "import sys, io\nkept = sys.stdout\nsys.stdout = io.StringIO()\ntry:\n    out = shout('a')\n    said = sys.stdout.getvalue()\nfinally:\n    sys.stdout = kept\nassert out is None and said == 'A\\n'",
    ),
    Feature(
        "template",
        "from string import Template\nletter = None\n%s",
        "letter = Template('Dear $who')",
        "letter = 'Dear $who'",
        "assert letter.substitute(who='Ada') == 'Dear Ada'\nassert letter.template == 'Dear $who'",
    ),
    Feature(
        "bytes",
        "packed = None\n%s",
        "import struct\npacked = struct.pack('<IH', 7, 1)",
        "packed = b'7'",
        "import struct\nassert struct.unpack('<IH', packed) == (7, 1) and len(packed) == 6\nassert isinstance(packed, bytes) and packed[0] == 7",
    ),
]

GROUPS["first-steps"] = [
    Feature(
        "hash-str",
        "answer1 = None\n%s",
        "answer1 = 42",
        "answer1 = 41",
        f"import hashlib\nassert hashlib.sha256(str(answer1).encode()).hexdigest() == '{digest('42')}', 'wrong'",
    ),
    Feature(
        "choice",
        "q2 = ''\n%s",
        "q2 = 'B'",
        "q2 = 'C'",
        f"import hashlib\nassert isinstance(q2, str) and len(q2) == 1\nassert q2.upper() in 'ABCD'\nassert hashlib.md5(q2.lower().encode('utf-8')).hexdigest() == '{md5(b'b').hexdigest()}'",
    ),
    Feature(
        "case-methods",
        "def mean(xs):\n%s",
        body("return sum(xs) / len(xs)"),
        body("return sum(xs)"),
        "from unittest import TestCase\ntc = TestCase()\ntc.assertAlmostEqual(mean([1, 2, 4]), 2.3333, places=3)\ntc.assertIsInstance(mean([1]), float)\ntc.assertCountEqual([mean([1]), mean([2])], [2.0, 1.0])\ntc.assertRaises(ZeroDivisionError, mean, [])\nwith tc.assertRaises(TypeError) as caught:\n    mean(None)\nassert caught.exception is not None",
    ),
    Feature(
        "doctest-run",
        "def cube(x):\n%s",
        body('"""Return x**3.\n\n>>> cube(2)\n8\n"""\nreturn x ** 3'),
        body('"""Return x**3.\n\n>>> cube(2)\n8\n"""\nreturn x'),
        "import doctest, io, contextlib\nbuffer = io.StringIO()\nwith contextlib.redirect_stdout(buffer):\n    doctest.run_docstring_examples(cube, {'cube': cube})\nassert buffer.getvalue() == ''\nassert cube.__doc__ and '>>>' in cube.__doc__",
    ),
    Feature(
        "own-import",
        "%s",
        "import math\nroot2 = math.sqrt(2)",
        "root2 = 2 ** 0.5",
        "assert math.isclose(root2, 1.41421356, rel_tol=1e-6)",
    ),
    Feature(
        "try-message",
        "def inverse(x):\n%s",
        body("if x == 0:\n    raise ValueError('x must not be 0')\nreturn 1 / x"),
        body("return 1 / x"),
        "try:\n    inverse(0)\nexcept ValueError as error:\n    assert 'must not' in str(error)\nexcept Exception as error:\n    raise AssertionError(f'expected ValueError, got {type(error).__name__}')\nelse:\n    raise AssertionError('nothing raised')",
    ),
    Feature(
        "random-many",
        "import random\ndef roll(n):\n%s",
        body("return [random.randint(1, 6) for _ in range(n)]"),
        body("return [random.randint(0, 6) for _ in range(n)]"),
        "import random\nrandom.seed(3)\nrolls = roll(2000)\nassert len(rolls) == 2000 and set(rolls) == {1, 2, 3, 4, 5, 6}\nrandom.seed(7)\na = roll(5)\nrandom.seed(7)\nassert roll(5) == a",
    ),
    Feature(
        "against-reference",
        "def is_prime(n):\n%s",
        body("return n > 1 and all(n % d for d in range(2, int(n ** 0.5) + 1))"),
        body("return n % 2 == 1"),
        "def _ref(n):\n    return n > 1 and not any(n % d == 0 for d in range(2, n))\nfor n in range(-5, 1200):\n    assert is_prime(n) == _ref(n), f'n = {n}'",
    ),
    Feature(
        "many-calls",
        "def collatz(n):\n%s",
        body("return n // 2 if n % 2 == 0 else 3 * n + 1"),
        body("return n // 2"),
        "for n in range(1, 6000):\n    assert collatz(n) == (n // 2 if n % 2 == 0 else 3 * n + 1)",
    ),
    Feature(
        "deep",
        "def depth(n):\n%s",
        body("return 0 if n == 0 else 1 + depth(n - 1)"),
        body("return n + 1"),
        "assert depth(500) == 500\ntry:\n    depth(10 ** 6)\n    assert False\nexcept RecursionError:\n    pass",
    ),
    Feature(
        "walrus-match",
        "def kind(x):\n%s",
        body(
            "match x:\n    case int():\n        return 'int'\n    case [a, *_]:\n        return 'list'\n    case {'k': v}:\n        return v\n    case _:\n        return None"
        ),
        body("return 'int'"),
        "assert kind(3) == 'int' and kind([1]) == 'list' and kind({'k': 'v'}) == 'v'\nassert (found := kind(None)) is None",
    ),
    Feature(
        "partial-points",
        "def stats(xs):\n%s",
        body("return min(xs), max(xs), sum(xs) / len(xs)"),
        body("return min(xs), max(xs), 0"),
        "points = 0\ng = stats([1, 2, 6])\nif g[0] == 1: points += 1\nif g[1] == 6: points += 1\nif g[2] == 3: points += 1\npoints",
        points=3,
    ),
    Feature(
        "all-hidden",
        "secret = None\n%s",
        "secret = [4, 5]",
        "secret = [4]",
        f"# hidden\n{HIDDEN}\nassert secret == [4, 5]\nassert isinstance(secret, list)\n{SHOWN}",
    ),
]
GROUPS["numbers"] = [
    Feature(
        "decimals",
        "from decimal import Decimal, getcontext\nprice = None\n%s",
        "price = (Decimal('1.10') + Decimal('2.20')).quantize(Decimal('0.01'))",
        "price = 3.3",
        "from decimal import Decimal\nassert price == Decimal('3.30') and isinstance(price, Decimal)\nassert str(price) == '3.30' and price.as_tuple().exponent == -2",
    ),
    Feature(
        "fractions",
        "from fractions import Fraction\ndef egyptian(f):\n%s",
        body(
            "import math\nout = []\nwhile f:\n    d = math.ceil(1 / f)\n    out.append(Fraction(1, d))\n    f -= Fraction(1, d)\nreturn out"
        ),
        body("return [f]"),
        "from fractions import Fraction\nassert egyptian(Fraction(5, 6)) == [Fraction(1, 2), Fraction(1, 3)]\nassert sum(egyptian(Fraction(7, 15))) == Fraction(7, 15)\nassert all(p.numerator == 1 for p in egyptian(Fraction(3, 7)))",
    ),
    Feature(
        "dates",
        "import datetime as dt\n%s",
        "start = dt.datetime(2024, 2, 28, 12, tzinfo=dt.timezone.utc)\ndelta = dt.timedelta(days=2, hours=3)\nweekdays = [(start + dt.timedelta(days=k)).strftime('%a') for k in range(3)]",
        "start = dt.datetime(2024, 2, 28, 12)\ndelta = 2\nweekdays = []",
        "import datetime\nassert start + delta == datetime.datetime(2024, 3, 1, 15, tzinfo=datetime.timezone.utc)\nassert start.tzinfo is not None and start.isoformat() == '2024-02-28T12:00:00+00:00'\nassert delta.total_seconds() == 183600 and weekdays == ['Wed', 'Thu', 'Fri']\nassert isinstance(start.date(), datetime.date) and (datetime.date(2024, 3, 1) - start.date()).days == 2",
    ),
    Feature(
        "counted",
        "from collections import Counter, defaultdict, deque, ChainMap, namedtuple\n%s",
        "c = Counter('mississippi')\nd = defaultdict(list)\nd['a'].append(1)\nq = deque([1, 2, 3], maxlen=3)\nq.append(4)\nm = ChainMap({'a': 1}, {'a': 2, 'b': 3})\nPoint = namedtuple('Point', 'x y')\np = Point(1, y=2)",
        "c = {}\nd = {}\nq = []\nm = {}\np = (1, 2)",
        "from collections import Counter, defaultdict, deque\nassert isinstance(c, Counter) and c.most_common(1) == [('i', 4)]\nassert c - Counter('miss') == Counter({'i': 3, 's': 2, 'p': 2})\nassert c['zzz'] == 0\nassert isinstance(d, defaultdict) and d['b'] == [] and d.default_factory is list\nassert q == deque([2, 3, 4]) and q.maxlen == 3\nassert m['a'] == 1 and dict(m) == {'a': 1, 'b': 3} and m.parents['a'] == 2\nassert p.x == 1 and p._fields == ('x', 'y') and p._replace(x=5) == (5, 2) and p == (1, 2)",
    ),
    Feature(
        "itertools",
        "import itertools\n%s",
        "pairs = list(itertools.combinations('abc', 2))\ngroups = {k: list(g) for k, g in itertools.groupby('aabbc')}\nendless = itertools.count(5, 5)",
        "pairs = []\ngroups = {}\nendless = [5]",
        "import itertools\nassert pairs == [('a', 'b'), ('a', 'c'), ('b', 'c')]\nassert groups['b'] == ['b', 'b']\nassert list(itertools.islice(endless, 3)) == [5, 10, 15]\nassert next(endless) == 20",
    ),
    Feature(
        "reduced",
        "from functools import reduce, partial, singledispatch, total_ordering\n%s",
        "product = lambda xs: reduce(lambda a, b: a * b, xs, 1)\nadd3 = partial(lambda a, b: a + b, 3)\n@singledispatch\ndef name(x):\n    return 'other'\n@name.register\ndef _(x: int):\n    return 'int'",
        "product = sum\nadd3 = lambda b: b\ndef name(x):\n    return 'int'",
        "import functools\nassert product([2, 3, 4]) == 24 and product([]) == 1\nassert add3(4) == 7 and isinstance(add3, functools.partial) and add3.args == (3,)\nassert name(1) == 'int' and name('x') == 'other'",
    ),
    Feature(
        "complex-number",
        "z = None\n%s",
        "z = (1 + 2j) * 1j",
        "z = 1j",
        "import cmath\nassert z == -2 + 1j and z.real == -2 and abs(z) ** 2 - 5 < 1e-9 and z.conjugate() == -2 - 1j\nassert cmath.isclose(cmath.exp(z), cmath.exp(-2) * cmath.exp(1j))",
    ),
    Feature(
        "bits",
        "def flags(n):\n%s",
        body("return [n >> k & 1 for k in range(4)], bin(n), f'{n:04b}', hex(n), n.bit_length()"),
        body("return [], '', '', '', 0"),
        "assert flags(10) == ([0, 1, 0, 1], '0b1010', '1010', '0xa', 4)",
    ),
    Feature(
        "nan-inf",
        "values = None\n%s",
        "values = [float('nan'), float('inf'), -0.0]",
        "values = [0, 0, 0]",
        "import math\nassert math.isnan(values[0]) and values[1] == math.inf and math.copysign(1, values[2]) == -1\nassert values[0] != values[0]",
    ),
    Feature(
        "np-types",
        "import numpy as np\n%s",
        "a = np.float32(1.5)\nb = np.int64(3)\nc2 = np.bool_(True)\ns = np.str_('x')\ndt64 = np.datetime64('2024-03-01')\ntd = np.timedelta64(3, 'D')",
        "a, b, c2, s, dt64, td = 1.5, 3.0, True, 'x', '2024', 3",
        "import numpy as np\nassert type(a) == np.float32 and a.dtype == np.float32 and isinstance(b, np.integer)\nassert isinstance(c2, (bool, np.bool_)) and c2\nassert dt64 + td == np.datetime64('2024-03-04') and isinstance(s, str)\nassert type(dt64) is np.datetime64 and dt64.astype(object).year == 2024",
    ),
    Feature(
        "np-kinds",
        "import numpy as np\n%s",
        "dates = np.arange('2024-01', '2024-03', dtype='datetime64[M]')\nwords = np.array(['ab', 'c'])\nthings = np.array([1, 'a', None], dtype=object)\nrec = np.rec.array([(1, 2.0)], names='i,f')\nbig = np.array([1, 2], dtype='>i4')\nfort = np.asfortranarray(np.eye(2))",
        "dates, words, things, rec, big, fort = [], [], [], [], np.array([1, 2]), np.eye(2)",
        "import numpy as np\nassert dates.shape == (2,) and dates.dtype == np.dtype('datetime64[M]')\nassert words.dtype.kind == 'U' and words[0] == 'ab' and np.char.upper(words).tolist() == ['AB', 'C']\nassert things.dtype == object and things[2] is None\nassert rec.i[0] == 1 and rec.f[0] == 2.0\nassert big.tolist() == [1, 2]\nassert np.isfortran(fort)",
        outside=False,
    ),
    Feature(
        "broadcast",
        "import numpy as np\ndef table(n):\n%s",
        body("k = np.arange(1, n + 1)\nreturn k[:, None] * k"),
        body("return np.ones((n, n))"),
        "import numpy as np\nT = table(4)\nnp.testing.assert_array_equal(T, [[1, 2, 3, 4], [2, 4, 6, 8], [3, 6, 9, 12], [4, 8, 12, 16]])\nnp.testing.assert_array_almost_equal(T / 3, T / 3.0, decimal=6)\nassert T.dtype.kind == 'i' and T.ndim == 2 and T.size == 16 and T.T is not T\nassert (T == T.T).all() and T[T > 9].sum() == 40 and np.trace(T) == 30",
    ),
    Feature(
        "big-array",
        "import numpy as np\n%s",
        "image = np.arange(2_000_000, dtype=float).reshape(1000, 2000)",
        "image = np.zeros((1000, 2000))",
        "assert image.shape == (1000, 2000) and image[-1, -1] == 1_999_999 and image.nbytes == 16_000_000",
    ),
]
GROUPS["cleaning"] = [
    Feature(
        "columns",
        "df = None\n%s",
        "df = pd.DataFrame({'Name ': ['Ada', 'Bo', 'Bo'], 'Age': ['36', 'n/a', '5']})\ndf.columns = df.columns.str.strip().str.lower()\ndf['age'] = pd.to_numeric(df['age'], errors='coerce')\ndf = df.drop_duplicates('name').set_index('name')",
        "df = pd.DataFrame({'Name ': ['Ada', 'Bo'], 'Age': ['36', 'n/a']})",
        "assert isinstance(df, pd.DataFrame)\nassert set(df.columns) == {'age'}\nassert df.index.name == 'name' and df.index.is_unique\nassert df['age'].isna().sum() == 1 and df['age'].dtype == float\nassert df.loc['Ada', 'age'] == 36\nassert df.shape == (2, 1)\nassert pd.api.types.is_numeric_dtype(df['age'])",
        (
            "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\nimport sqlite3\nfrom pandas.testing import assert_frame_equal, assert_series_equal",
        ),
    ),
    Feature(
        "frame-equal",
        "def monthly(df):\n%s",
        body(
            "out = df.assign(month=pd.to_datetime(df['day']).dt.month).groupby('month', as_index=False)['v'].sum()\nreturn out"
        ),
        body("return df"),
        "given = pd.DataFrame({'day': ['2024-01-02', '2024-01-05', '2024-02-01'], 'v': [1, 2, 3]})\nassert_frame_equal(monthly(given), pd.DataFrame({'month': [1, 2], 'v': [3, 3]}), check_dtype=False)\nassert list(given.columns) == ['day', 'v'], 'given was changed'",
    ),
    Feature(
        "group-object",
        "grouped = None\n%s",
        "grouped = pd.DataFrame({'k': list('aab'), 'v': [1, 2, 3]}).groupby('k')",
        "grouped = pd.DataFrame({'k': list('ab')})",
        "assert grouped.ngroups == 2 and len(grouped.get_group('a')) == 2\nassert grouped['v'].mean().to_dict() == {'a': 1.5, 'b': 3.0}\nassert isinstance(grouped, pd.core.groupby.DataFrameGroupBy)",
    ),
    Feature(
        "memory",
        "slim = None\n%s",
        "slim = pd.DataFrame({'c': pd.Categorical(['a', 'b', 'a']), 'n': np.array([1, 2, 3], dtype='int8')})",
        "slim = pd.DataFrame({'c': ['a', 'b', 'a'], 'n': [1, 2, 3]})",
        "assert slim['c'].dtype == 'category' and slim['n'].dtype == np.int8\nassert list(slim['c'].cat.categories) == ['a', 'b']\nassert slim.dtypes.astype(str).to_dict() == {'c': 'category', 'n': 'int8'}",
    ),
    Feature(
        "sql",
        "conn = sqlite3.connect(':memory:')\npd.DataFrame({'name': ['Ada', 'Bo', 'Cy'], 'age': [36, 5, 50]}).to_sql('people', conn, index=False)\nquery = ''\n%s",
        "query = 'SELECT name FROM people WHERE age > 10 ORDER BY age DESC'",
        "query = 'SELECT name FROM people'",
        "result = pd.read_sql(query, conn)\nassert list(result['name']) == ['Cy', 'Ada']\nassert 'order by' in query.lower()\nassert conn.execute(query).fetchall() == [('Cy',), ('Ada',)]",
    ),
    Feature(
        "sql-function",
        "def count_over(db, limit):\n%s",
        body(
            "with sqlite3.connect(db) as c:\n    return c.execute('SELECT COUNT(*) FROM t WHERE x > ?', (limit,)).fetchone()[0]"
        ),
        body("return 0"),
        "import os, sqlite3\nif os.path.exists('t.db'):\n    os.remove('t.db')\nc = sqlite3.connect('t.db')\nc.execute('CREATE TABLE t (x INT)')\nc.executemany('INSERT INTO t VALUES (?)', [(k,) for k in range(5)])\nc.commit()\nc.close()\nassert count_over('t.db', 2) == 2",
    ),
    Feature(
        "row-factory",
        "def rows_of(q):\n%s",
        body("c = sqlite3.connect(':memory:')\nc.row_factory = sqlite3.Row\nreturn c.execute(q).fetchall()"),
        body("return []"),
        "r = rows_of('SELECT 1 AS a, 2 AS b')[0]\nassert r['a'] == 1 and r.keys() == ['a', 'b'] and tuple(r) == (1, 2)",
    ),
    Feature(
        "xydata",
        "fig, axes = None, None\n%s",
        "fig, axes = plt.subplots(1, 2, figsize=(8, 3))\naxes[0].plot([0, 1, 2], [0, 1, 4], 'o-', label='squares')\naxes[1].bar(['a', 'b'], [1, 2], color='C1')\naxes[1].set_yscale('log')\nfig.suptitle('Two')",
        "fig, axes = plt.subplots(1, 2)",
        "import matplotlib\nnp.testing.assert_array_equal(axes[0].lines[0].get_xydata(), [[0, 0], [1, 1], [2, 4]])\nassert len(fig.axes) == 2 and fig.axes[1] is axes[1]\nassert fig._suptitle.get_text() == 'Two'\nassert axes[1].get_yscale() == 'log'\nassert axes[0].lines[0].get_marker() == 'o' and axes[0].get_lines()[0].get_label() == 'squares'\nassert [p.get_height() for p in axes[1].patches] == [1, 2]\nassert matplotlib.colors.same_color(axes[1].patches[0].get_facecolor(), 'C1')",
    ),
    Feature(
        "current-figure",
        "plt.figure()\nplt.plot([1, 2], [3, 4])\n%s\nf1 = plt.gcf()",
        "plt.xlabel('time')\nplt.legend(['a'])",
        "plt.ylabel('time')",
        "ax1 = f1.gca()\nassert ax1.get_xlabel() == 'time' and ax1.has_data()\nassert ax1.get_legend() is not None\nassert f1.axes[0] is ax1",
        outside=False,
    ),
    Feature(
        "melted",
        "long = None\n%s",
        "long = pd.DataFrame({'id': [1, 2], 'x': [3, 4], 'y': [5, 6]}).melt(id_vars='id').sort_values(['id', 'variable']).reset_index(drop=True)",
        "long = pd.DataFrame({'id': [1]})",
        "assert long['value'].tolist() == [3, 5, 4, 6] and long.columns.tolist() == ['id', 'variable', 'value']\nassert long.groupby('variable')['value'].sum()['x'] == 7\nassert long.iloc[0].to_dict() == {'id': 1, 'variable': 'x', 'value': 3}",
    ),
    Feature(
        "applied-here",
        "def grade_of(p):\n%s",
        body("return 'A' if p >= 90 else 'B'"),
        body("return 'A'"),
        "points = pd.Series([95, 80])\nassert points.apply(grade_of).tolist() == ['A', 'B']\nassert points.map(grade_of).value_counts()['A'] == 1\nassert list(map(grade_of, [90, 1])) == ['A', 'B'] and sorted([1, 95], key=grade_of) == [95, 1]\nassert np.vectorize(grade_of)([90, 0]).tolist() == ['A', 'B']",
        outside=False,
    ),
    Feature(
        "timedelta",
        "waits = None\n%s",
        "waits = pd.to_timedelta(['1 days', '36 hours'])",
        "waits = [1, 1.5]",
        "assert waits.total_seconds().tolist() == [86400, 129600]\nassert waits.max() == pd.Timedelta('1.5 days')",
    ),
    Feature(
        "periods",
        "per = None\n%s",
        "per = pd.period_range('2024-01', periods=3, freq='M')",
        "per = []",
        "assert str(per[0]) == '2024-01' and len(per) == 3 and per[-1].month == 3",
        outside=False,
    ),
    Feature(
        "strings-dtype",
        "st = None\n%s",
        "st = pd.Series(['a', None, 'c'], dtype='string')",
        "st = pd.Series(['a', None, 'c'])",
        "assert st.dtype == 'string' and st.isna().tolist() == [False, True, False] and st[1] is pd.NA",
    ),
    Feature(
        "big-frame",
        "big = None\n%s",
        "rng = np.random.default_rng(0)\nbig = pd.DataFrame(rng.normal(size=(100_000, 4)), columns=list('abcd')).assign(k=rng.integers(0, 5, 100_000).astype(str))",
        "big = pd.DataFrame()",
        "assert big.shape == (100_000, 5)\nassert big.groupby('k').size().sum() == 100_000\nassert abs(big['a'].mean()) < 0.02 and big['k'].nunique() == 5",
    ),
]
GROUPS["class-habits"] = [
    Feature(
        "sub-of-list",
        "%s",
        "class Stack(list):\n    def push(self, x):\n        self.append(x)\n    def peek(self):\n        return self[-1]",
        "class Stack:\n    def __init__(self):\n        self.items = []\n    def push(self, x):\n        self.items.append(x)\n    def peek(self):\n        return self.items[-1]",
        "s = Stack()\ns.push(1)\ns.push(2)\nassert s.peek() == 2 and len(s) == 2 and s == [1, 2] and isinstance(s, list)\nassert s.pop() == 2 and 1 in s and s[0] == 1 and [x for x in s] == [1] and bool(s)",
    ),
    Feature(
        "sub-of-dict",
        "%s",
        "class Lower(dict):\n    def __setitem__(self, k, v):\n        super().__setitem__(k.lower(), v)\n    def __missing__(self, k):\n        return 0",
        "class Lower(dict):\n    pass",
        "d = Lower()\nd['A'] = 1\nassert d['a'] == 1 and d['zz'] == 0 and 'a' in d and list(d) == ['a'] and d == {'a': 1}\nassert isinstance(d, dict) and d.get('q') is None and dict(d) == {'a': 1}",
    ),
    Feature(
        "sub-of-float",
        "%s",
        "class Celsius(float):\n    @property\n    def fahrenheit(self):\n        return self * 9 / 5 + 32",
        "def Celsius(x):\n    return float(x)",
        "c = Celsius(100)\nassert c.fahrenheit == 212 and c == 100 and isinstance(c, float) and c + 1 == 101 and round(c / 3, 2) == 33.33",
    ),
    Feature(
        "slots",
        "%s",
        "class P:\n    __slots__ = ('x', 'y')\n    def __init__(self, x, y):\n        self.x, self.y = x, y",
        "class P:\n    def __init__(self, x, y):\n        self.x, self.y = x, y",
        "p = P(1, 2)\nassert (p.x, p.y) == (1, 2)\ntry:\n    p.z = 3\n    assert False, 'slots'\nexcept AttributeError:\n    pass\nassert not hasattr(p, '__dict__')",
    ),
    Feature(
        "protocol",
        "%s",
        "class Duck:\n    def quack(self):\n        return 'Quack'",
        "class Duck:\n    def bark(self):\n        return 'Wau'",
        "from typing import Protocol, runtime_checkable\n@runtime_checkable\nclass Quacks(Protocol):\n    def quack(self) -> str: ...\nassert isinstance(Duck(), Quacks)\nassert Duck().quack() == 'Quack'",
    ),
    Feature(
        "checks-subclass",
        "class Base:\n    def run(self):\n        return self.step() + 1\n%s",
        body("def step(self):\n    raise NotImplementedError"),
        body("def step(self):\n    return 1"),
        "class Mine(Base):\n    def step(self):\n        return 41\nassert Mine().run() == 42\ntry:\n    Base().run()\nexcept NotImplementedError:\n    pass\nelse:\n    assert False",
        outside=False,
    ),
    Feature(
        "collections-abc",
        "%s",
        "class Grid:\n    def __init__(self, n):\n        self.n = n\n    def __len__(self):\n        return self.n\n    def __getitem__(self, k):\n        if not 0 <= k < self.n:\n            raise IndexError(k)\n        return k * k\n    def __contains__(self, x):\n        return x == 'magic'",
        "class Grid(list):\n    def __init__(self, n):\n        super().__init__([0] * n)",
        "g = Grid(4)\nassert len(g) == 4 and list(g) == [0, 1, 4, 9] and g[3] == 9 and list(reversed(g))[0] == 9\nassert 'magic' in g\ntry:\n    g[10]\nexcept IndexError:\n    pass\nelse:\n    assert False",
        outside=False,
    ),
    Feature(
        "iterable-abc",
        "%s",
        "class Range2:\n    def __iter__(self):\n        yield from (1, 2)",
        "class Range2:\n    pass",
        "import collections.abc\nassert isinstance(Range2(), collections.abc.Iterable)\nassert list(Range2()) == [1, 2] and sum(Range2()) == 3\na, b = Range2()\nassert (a, b) == (1, 2) and [*Range2(), 3] == [1, 2, 3] and max(Range2()) == 2 and set(Range2()) == {1, 2}",
    ),
    Feature(
        "enum2",
        "import enum\n%s",
        "class Suit(enum.Enum):\n    HEARTS = 'h'\n    SPADES = 's'\n    @property\n    def red(self):\n        return self is Suit.HEARTS",
        "class Suit:\n    HEARTS = 'h'\n    SPADES = 's'",
        "import enum\nassert issubclass(Suit, enum.Enum) and len(Suit) == 2 and Suit('h') is Suit.HEARTS and Suit['SPADES'].value == 's'\nassert Suit.HEARTS.red and not Suit.SPADES.red and [s.name for s in Suit] == ['HEARTS', 'SPADES'] and Suit.HEARTS.name == 'HEARTS'",
        outside=False,
    ),
    Feature(
        "descriptor",
        "%s",
        "class Positive:\n    def __set_name__(self, owner, name):\n        self.name = '_' + name\n    def __get__(self, o, t=None):\n        return getattr(o, self.name)\n    def __set__(self, o, v):\n        if v <= 0:\n            raise ValueError('positive')\n        setattr(o, self.name, v)\nclass Item:\n    price = Positive()\n    def __init__(self, price):\n        self.price = price",
        "class Item:\n    def __init__(self, price):\n        self.price = price",
        "i = Item(3)\nassert i.price == 3\ni.price = 4\nassert i.price == 4\ntry:\n    i.price = -1\nexcept ValueError:\n    pass\nelse:\n    assert False\nassert i.price == 4",
    ),
    Feature(
        "ordering",
        "from functools import total_ordering\n%s",
        "@total_ordering\nclass Card:\n    def __init__(self, rank):\n        self.rank = rank\n    def __eq__(self, o):\n        return self.rank == o.rank\n    def __lt__(self, o):\n        return self.rank < o.rank\n    def __repr__(self):\n        return f'Card({self.rank})'",
        "class Card:\n    def __init__(self, rank):\n        self.rank = rank",
        "a, b = Card(2), Card(10)\nassert a < b and b >= a and a == Card(2) and a != b\nassert sorted([b, a])[0] == a and max(a, b) == b and str([a, b]) == '[Card(2), Card(10)]'",
    ),
    Feature(
        "async-object",
        "import asyncio\n%s",
        "class Timer:\n    async def __aenter__(self):\n        return self\n    async def __aexit__(self, *a):\n        return False\n    async def ticks(self):\n        for k in range(3):\n            yield k\nasync def collect():\n    async with Timer() as t:\n        return [k async for k in t.ticks()]",
        "async def collect():\n    return []",
        "assert await collect() == [0, 1, 2]\nimport inspect\nassert inspect.iscoroutinefunction(collect)",
        outside=False,
    ),
    Feature(
        "run-async",
        "import asyncio\n%s",
        "async def later(x):\n    await asyncio.sleep(0)\n    return x + 1",
        "async def later(x):\n    return x",
        "import asyncio\nassert asyncio.iscoroutinefunction(later)\nassert await asyncio.gather(later(1), later(2)) == [2, 3]",
        outside=False,
    ),
    Feature(
        "decorator-args",
        "%s",
        "import functools\ndef repeat(n):\n    def wrap(f):\n        @functools.wraps(f)\n        def inner(*a, **k):\n            return [f(*a, **k) for _ in range(n)]\n        return inner\n    return wrap",
        "def repeat(n):\n    return lambda f: f",
        "@repeat(3)\ndef hi(name='x'):\n    'Doc.'\n    return 'hi ' + name\nassert hi('a') == ['hi a'] * 3 and hi.__name__ == 'hi' and hi.__doc__ == 'Doc.'\nassert repeat(2)(lambda: 1)() == [1, 1]",
        outside=False,
    ),
    Feature(
        "timer-decorator",
        "import time\n%s",
        "def timed(f):\n    def inner(*a):\n        t = time.perf_counter()\n        out = f(*a)\n        inner.seconds = time.perf_counter() - t\n        return out\n    return inner",
        "def timed(f):\n    return f",
        "slow = timed(lambda n: sum(range(n)))\nassert slow(1000) == 499500 and slow.seconds >= 0",
    ),
    Feature(
        "context2",
        "import contextlib\n%s",
        "@contextlib.contextmanager\ndef quiet(*kinds):\n    try:\n        yield\n    except kinds:\n        pass",
        "@contextlib.contextmanager\ndef quiet(*kinds):\n    yield",
        "with quiet(ZeroDivisionError):\n    1 / 0\ntry:\n    with quiet(KeyError):\n        raise ValueError('x')\nexcept ValueError:\n    pass\nelse:\n    assert False",
        outside=False,
    ),
    Feature(
        "generator2",
        "def chunks(xs, n):\n%s",
        body("for k in range(0, len(xs), n):\n    yield xs[k:k + n]"),
        body("return [xs[:n]]"),
        "import types\ng = chunks([1, 2, 3], 2)\nassert isinstance(g, types.GeneratorType) and next(g) == [1, 2] and next(g) == [3]\nassert next(g, 'end') == 'end' and list(chunks('abcd', 3)) == ['abc', 'd']",
    ),
]
GROUPS["magics"] = [
    Feature(
        "timeit",
        "def fast(n):\n%s",
        body("return n * (n + 1) // 2"),
        body("return 0"),
        "%timeit -n 1 -r 1 fast(10)\nassert fast(10) == 55",
        outside=False,
    ),
    Feature(
        "ls", "%s", "open('made.txt', 'w').write('x')", "pass", "files = !ls\nassert 'made.txt' in files", outside=False
    ),
    Feature(
        "writefile",
        "name_of_module = None\n%s",
        "open('helpers_x.py', 'w').write('VALUE = 7')\nname_of_module = 'helpers_x'",
        "name_of_module = 'helpers_x'",
        "import importlib\nimportlib.invalidate_caches()\nmodule = importlib.import_module(name_of_module)\nassert module.VALUE == 7",
        outside=False,
    ),
    Feature(
        "time-cell",
        "counted_up = None\n%s",
        "counted_up = list(range(5))",
        "counted_up = []",
        "%%time\nassert counted_up == [0, 1, 2, 3, 4]",
        outside=False,
    ),
    Feature(
        "inline",
        "yes = None\n%s",
        "yes = True",
        "yes = False",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nassert yes is True",
        outside=False,
    ),
    Feature(
        "underscore",
        "val = None\n%s",
        "val = 3",
        "val = 4",
        "assert 'val' in dir()\nassert 'val' in locals() and 'val' in globals()\nassert val == 3",
        outside=False,
    ),
    Feature(
        "help-text",
        "def doc_me():\n%s",
        body("'''Explain.'''"),
        body("pass"),
        "import pydoc\nassert 'Explain.' in pydoc.render_doc(doc_me)",
    ),
    Feature(
        "alarm",
        "def quick(n):\n%s",
        body("return n"),
        body("return -1"),
        "import signal\ndef stop(*a):\n    raise TimeoutError\nsignal.signal(signal.SIGALRM, stop)\nsignal.alarm(5)\ntry:\n    assert quick(3) == 3\nfinally:\n    signal.alarm(0)",
    ),
    Feature(
        "traced",
        "def lean():\n%s",
        body("return sum(k for k in range(1000))"),
        body("return 0"),
        "import tracemalloc\ntracemalloc.start()\nassert lean() == 499500\n_, peak = tracemalloc.get_traced_memory()\ntracemalloc.stop()\nassert peak < 10 ** 7",
    ),
    Feature(
        "timeit-module",
        "def quick2(n):\n%s",
        body("return n * n"),
        body("return n"),
        "import timeit\nassert timeit.timeit(lambda: quick2(3), number=50) < 5\nassert quick2(3) == 9",
    ),
    Feature(
        "display",
        "shown_frame = None\n%s",
        "shown_frame = [1]",
        "shown_frame = []",
        "from IPython.display import display, Markdown\ndisplay(Markdown('**checking**'))\nassert shown_frame == [1]\nprint('\\n(Passed.)')",
    ),
    Feature(
        "logging2",
        "import logging\ndef act(n):\n%s",
        body("logging.getLogger('app').info('got %s', n)\nreturn n"),
        body("return n"),
        "import logging, io\nstream = io.StringIO()\nhandler = logging.StreamHandler(stream)\nlog = logging.getLogger('app')\nlog.setLevel(logging.INFO)\nlog.addHandler(handler)\nact(3)\nlog.removeHandler(handler)\nassert stream.getvalue() == 'got 3\\n'",
        outside=False,
    ),
    Feature(
        "warn2",
        "import warnings\ndef legacy():\n%s",
        body("warnings.warn('old', DeprecationWarning)\nreturn 1"),
        body("return 1"),
        "import warnings\nwith warnings.catch_warnings(record=True) as w:\n    warnings.simplefilter('always')\n    legacy()\nassert [x.category for x in w] == [DeprecationWarning] and 'old' in str(w[0].message)",
        outside=False,
    ),
    Feature(
        "error-as-filter",
        "import numpy as np\ndef safe_log(x):\n%s",
        body("return np.log(np.where(x > 0, x, 1))"),
        body("return np.log(x)"),
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('error')\n    assert safe_log(np.array([0.0, 1.0])).tolist() == [0, 0]",
    ),
    Feature(
        "np-errstate",
        "import numpy as np\ndef ratio(a, b):\n%s",
        body("with np.errstate(divide='ignore', invalid='ignore'):\n    return np.where(b == 0, 0, a / b)"),
        body("return a / b"),
        "with np.errstate(all='raise'):\n    assert ratio(np.array([1.0, 2.0]), np.array([0.0, 2.0])).tolist() == [0, 1]",
    ),
]
GROUPS["tensors"] = [
    Feature(
        "net",
        "net = None\n%s",
        "net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))",
        "net = nn.Linear(4, 2)",
        "assert isinstance(net, nn.Module) and isinstance(net[0], nn.Linear) and len(net) == 3\nassert net(torch.zeros(5, 4)).shape == (5, 2)\nassert sum(p.numel() for p in net.parameters()) == 58\nassert list(net.state_dict()) == ['0.weight', '0.bias', '2.weight', '2.bias']\nassert net[0].in_features == 4 and net.training",
        ("import torch\nimport torch.nn as nn\nimport torch.nn.functional as F",),
    ),
    Feature(
        "net-class",
        "class Net(nn.Module):\n    def __init__(self, hidden=3):\n        super().__init__()\n%s",
        "        self.a = nn.Linear(2, hidden)\n        self.b = nn.Linear(hidden, 1)\n    def forward(self, x):\n        return torch.sigmoid(self.b(torch.tanh(self.a(x))))",
        "        self.a = nn.Linear(2, 1)\n    def forward(self, x):\n        return self.a(x)",
        "torch.manual_seed(0)\nm = Net(5)\ny = m(torch.randn(7, 2))\nassert y.shape == torch.Size([7, 1]) and (y > 0).all() and (y < 1).all()\nassert hasattr(m, 'b') and m.a.weight.shape == (5, 2) and isinstance(m.a, nn.Linear)",
    ),
    Feature(
        "gradient",
        "def loss_of(w, x, y):\n%s",
        body("return ((x @ w - y) ** 2).mean()"),
        body("return (x @ w - y).mean()"),
        "w = torch.zeros(2, requires_grad=True)\nx, y = torch.eye(2), torch.ones(2)\nl = loss_of(w, x, y)\nl.backward()\nassert torch.allclose(w.grad, torch.tensor([-1.0, -1.0])) and l.item() == 1",
        outside=False,
    ),
    Feature(
        "step",
        "def train(model, steps):\n%s",
        body(
            "opt = torch.optim.SGD(model.parameters(), lr=0.1)\nfor _ in range(steps):\n    opt.zero_grad()\n    loss = (model(torch.ones(1, 1)) - 3).pow(2).mean()\n    loss.backward()\n    opt.step()\nreturn loss.item()"
        ),
        body("return 0.0"),
        "torch.manual_seed(0)\nmodel = nn.Linear(1, 1)\nbefore = model.weight.clone()\nfinal = train(model, 50)\nassert final < 1e-3 and not torch.equal(before, model.weight)",
        outside=False,
    ),
    Feature(
        "student-model-trained-here",
        "lin = None\n%s",
        "torch.manual_seed(1)\nlin = nn.Linear(1, 1)",
        "lin = None",
        "opt = torch.optim.SGD(lin.parameters(), lr=0.1)\nfor _ in range(60):\n    opt.zero_grad()\n    loss = (lin(torch.ones(1, 1)) - 3).pow(2).mean()\n    loss.backward()\n    opt.step()\nassert loss.item() < 1e-3",
        outside=False,
    ),
    Feature(
        "no-grad",
        "def infer(model, x):\n%s",
        body("with torch.no_grad():\n    return model(x)"),
        body("return model(x)"),
        "out = infer(nn.Linear(2, 2), torch.zeros(1, 2))\nassert not out.requires_grad",
        outside=False,
    ),
    Feature(
        "dataset",
        "%s",
        "class Squares(torch.utils.data.Dataset):\n    def __len__(self):\n        return 10\n    def __getitem__(self, k):\n        return torch.tensor([float(k)]), k ** 2",
        "class Squares:\n    pass",
        "from torch.utils.data import DataLoader, Dataset\nds = Squares()\nassert isinstance(ds, Dataset) and len(ds) == 10 and ds[3][1] == 9\nxb, yb = next(iter(DataLoader(ds, batch_size=4)))\nassert xb.shape == (4, 1) and yb.tolist() == [0, 1, 4, 9]",
    ),
    Feature(
        "dtype-device",
        "t = None\n%s",
        "t = torch.arange(6, dtype=torch.int32).reshape(2, 3)",
        "t = torch.arange(6.0)",
        "assert t.dtype == torch.int32 and t.device.type == 'cpu' and t.shape == (2, 3) and t.sum() == 15 and not t.is_floating_point()\nassert torch.equal(t[1], torch.tensor([3, 4, 5], dtype=torch.int32)) and t.numpy().tolist() == [[0, 1, 2], [3, 4, 5]]",
    ),
    Feature(
        "loss-object",
        "criterion = None\n%s",
        "criterion = nn.CrossEntropyLoss()",
        "criterion = nn.MSELoss()",
        "assert isinstance(criterion, nn.CrossEntropyLoss)\nassert abs(criterion(torch.zeros(1, 2), torch.tensor([0])).item() - 0.6931) < 1e-3",
    ),
    Feature(
        "shared-weights",
        "one, two = None, None\n%s",
        "one = nn.Linear(2, 2)\ntwo = nn.Linear(2, 2)\ntwo.weight = nn.Parameter(one.weight.detach().clone())",
        "one = nn.Linear(2, 2)\ntwo = one",
        "assert torch.equal(one.weight, two.weight)\nassert one.weight is not two.weight and one is not two",
    ),
]
