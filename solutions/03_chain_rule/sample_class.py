"""The sample class of lab 03: who hands in what, and what each must get for it.

Three kinds: right in different ways, wrong in the ways learners are known to take, and accidents. Used by
``course demo`` and by the tests of the grading round trip. Holds answers: never handed out.
"""

from course_utils.grading.sample import (
    Sample,
    add_cell,
    by_check,
    changed,
    copy_cell,
    delete_cell,
    nothing_for,
)
from course_utils.labs import chain_rule
from course_utils.labs.chain_rule.chain_slopes import (
    GR6,
    parallel_slope,
    parallel_ways,
    series_slope,
    series_ways,
)
from course_utils.labs.chain_rule.gradient_shapes import LESSON_LAYERS, TwoLayers

SLOPES = "chain-slopes"
DIFFERENCES = "numerical-gradient"
VALUE = "value-class"
ORDER = "backward-order"
BACKWARD = "value-backward"
FUNCTIONS = "value-functions"
MORE = "more-functions"
DENSE = "dense-backward"
SHAPES = "gradient-shapes"
TRAINING = "train-with-values"
CHOICES = "autograd-questions"
ENGINE = (VALUE, ORDER, BACKWARD, FUNCTIONS, MORE)


def own_answers(student: str) -> dict[str, str]:
    """Work out the right answers to a student's own questions."""
    lab = chain_rule.for_student(student)
    asked, sizes = lab.chain_slopes.question, lab.gradient_shapes.question
    return {
        SLOPES: slopes(series_slope(asked.series), parallel_slope(asked.parallel)),
        SHAPES: f"shapes = {right_shapes(sizes)}",
    }


def slopes(series: int, parallel: int) -> str:
    """Write the cell of the slopes by hand."""
    return f"slopes = {{'series': {series}, 'parallel': {parallel}}}"


def right_shapes(sizes: TwoLayers) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all gradients: each has the shape of its variable."""
    N, D, H, K = sizes
    batch = {"dY": (N, K), "dA1": (N, H), "dZ1": (N, H), "dX": (N, D)}
    return batch | {"dW1": (H, D), "db1": (H,), "dW2": (K, H), "db2": (K,)}


# --- other right ways

DIFFERENCES_FLAT = """def numerical_gradient(f, x, eps=1e-5):
    flat = [float(number) for number in np.ravel(x)]
    def at(place, move):
        moved = list(flat)
        moved[place] += move
        return f(np.array(moved).reshape(np.shape(x)))
    slopes = [(at(i, eps) - at(i, -eps)) / (2 * eps) for i in range(len(flat))]
    return np.reshape(slopes, np.shape(x)).tolist()
"""
CLOSURES = """class Value(Arithmetic):
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents = data, 0, list(parents)
        self.slopes = list(slopes)
        self.hand_back = lambda arrived: ()

    def __add__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        out = Value(self.data + other.data, (self, other), (1, 1))
        out.hand_back = lambda arrived: ((self, arrived), (other, arrived))
        return out

    def __mul__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        out = Value(self.data * other.data, (self, other), (other.data, self.data))
        out.hand_back = lambda arrived: ((self, arrived * other.data), (other, arrived * self.data))
        return out
"""
ORDER_BY_COUNTING = """def backward_order(self):
    users, todo = {self: 0}, [self]
    while todo:
        for parent in todo.pop().parents:
            if parent not in users:
                users[parent] = 0
                todo.append(parent)
            users[parent] += 1
    order, ready = [], [self]
    while ready:
        value = ready.pop(0)
        order.append(value)
        for parent in value.parents:
            users[parent] -= 1
            if users[parent] == 0:
                ready.append(parent)
    return tuple(order)

Value.backward_order = backward_order
"""
BACKWARD_BY_CLOSURES = """def backward(self):
    arrived = {self: 1}
    for value in self.backward_order():
        value.grad += arrived[value]
        for parent, amount in value.hand_back(arrived[value]):
            arrived[parent] = arrived.get(parent, 0) + amount

Value.backward = backward
"""
FUNCTIONS_BY_CLOSURES = """def one(parent, data, slope):
    out = Value(data, (parent,))
    out.hand_back = lambda arrived: ((parent, arrived * slope),)
    return out

def power(self, k):
    return one(self, self.data**k, k * self.data**k / self.data)

def exp(self):
    return one(self, np.exp(self.data), np.exp(self.data))

def tanh(self):
    return one(self, np.tanh(self.data), 1 / np.cosh(self.data) ** 2)

def relu(self):
    return one(self, np.maximum(self.data, 0), 1 if self.data > 0 else 0)

Value.__pow__, Value.exp, Value.tanh, Value.relu = power, exp, tanh, relu
"""
MORE_BY_CLOSURES = """def sin(self):
    return one(self, np.sin(self.data), np.cos(self.data))

def log(self):
    return one(self, np.log(self.data), 1 / self.data)

def sigmoid(self):
    return 1 / ((-self).exp() + 1)

Value.sin, Value.log, Value.sigmoid = sin, log, sigmoid
"""
DENSE_BY_SUMS = """def dense_backward(dY, X, W):
    dX = np.einsum("nk,kd->nd", dY, W)
    dW = sum(np.outer(dy, x) for dy, x in zip(dY, X))
    return [dX.astype(np.float32), dW, [float(column.sum()) for column in dY.T]]

def relu_backward(dA, Z):
    return np.where(Z > 0, dA, 0)
"""
DENSE_BY_TENSORS = """def dense_backward(dY, X, W):
    dY, X, W = map(torch.tensor, (dY, X, W))
    return dY @ W, (X.T @ dY).T, torch.ones(len(dY), dtype=dY.dtype) @ dY

def relu_backward(dA, Z):
    out = dA.copy()
    out[Z <= 0] = 0
    return out
"""
FUNCTIONS_FROM_OTHERS = """def power(self, k):
    return Value(self.data**k, (self,), (k * self.data ** (k - 1),))

def exp(self):
    return Value(math.exp(self.data), (self,), (math.exp(self.data),))

def tanh(self):
    e = (self * 2).exp()
    return (e - 1) / (e + 1)

def relu(self):
    return self * (1.0 if self.data > 0 else 0.0)

Value.__pow__, Value.exp, Value.tanh, Value.relu = power, exp, tanh, relu
"""

# --- wrong ways

ONE_SIDED = """def numerical_gradient(f, x, eps=1e-5):
    x = np.array(x, dtype=float)
    grad = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        moved = x.copy()
        moved[place] += eps
        grad[place] = (f(moved) - f(x)) / eps
    return grad
"""
FIRST_MET = """def backward_order(self):
    order = []
    def visit(value):
        if value not in order:
            order.append(value)
            for parent in value.parents:
                visit(parent)
    visit(self)
    return order

Value.backward_order = backward_order
"""
RECURSIVE = """def backward(self, first=True):
    if first:
        self.grad = 1.0
    for parent, slope in zip(self.parents, self.slopes):
        parent.grad += slope * self.grad
        parent.backward(first=False)

Value.backward = backward
"""


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id."""
    return [*_right_ways(model), *_wrong_ways(model), *_accidents(model)]


def _right_ways(model) -> list[Sample]:
    bela = {
        DIFFERENCES: DIFFERENCES_FLAT,
        VALUE: CLOSURES,
        ORDER: ORDER_BY_COUNTING,
        BACKWARD: BACKWARD_BY_CLOSURES,
        FUNCTIONS: FUNCTIONS_BY_CLOSURES,
        MORE: MORE_BY_CLOSURES,
        DENSE: DENSE_BY_SUMS,
    }
    chen = {
        ORDER: ORDER_BY_COUNTING,
        FUNCTIONS: FUNCTIONS_FROM_OTHERS,
        DENSE: DENSE_BY_TENSORS,
    }
    done = (SLOPES, DIFFERENCES, DENSE, SHAPES)
    undone = nothing_for(name for name in model if name not in done)
    stuck = {name: model[name] for name in model if name not in ENGINE}
    return [
        Sample(
            "ada",
            "right, the lesson's way, own numbers",
            model | own_answers("ada"),
            own_id="ada",
        ),
        Sample(
            "bela",
            "right, with closures, flat lists, sums",
            model | own_answers("bela") | bela,
            own_id="bela",
        ),
        Sample(
            "chen",
            "right, counting users, with tensors",
            model | own_answers("chen") | chen,
            own_id="chen",
        ),
        Sample(
            "dana",
            "stuck with the engine, goes on with the rescue",
            stuck,
            accident=add_cell(f"{MORE}-check", "Value = lab.value_backward.rescue()"),
            loses=nothing_for(ENGINE),
        ),
        Sample("finn", "blank", {}, loses=nothing_for(model)),
        Sample("gita", "half done", {name: model[name] for name in done}, loses=undone),
    ]


def _wrong_ways(model) -> list[Sample]:
    def student(name, about, answers, loses, own_id=""):
        return Sample(
            name, about, model | answers, own_id=own_id, loses=by_check(loses)
        )

    asked = chain_rule.for_student("hugo").chain_slopes.question
    wrong_place = slopes(
        *series_ways(asked.series)[GR6], *parallel_ways(asked.parallel)[GR6]
    )
    transposed = changed(
        changed(model[DENSE], "dY.T @ X", "X.T @ dY"),
        "dY.sum(axis=0)",
        "dY.sum(axis=1)",
    )
    turned = right_shapes(LESSON_LAYERS)
    turned |= {part: turned[part][::-1] for part in ("dW1", "dW2")}
    exp_of_exp = "out = math.exp(self.data)\n    return Value(out, (self,), (out,))"
    own_output = changed(
        model[FUNCTIONS], exp_of_exp, exp_of_exp.replace("(out,))", "(math.exp(out),))")
    )
    own_output = changed(own_output, "self.data > 0", "self.data < 0")
    return [
        student(
            "hugo",
            "takes outer slopes at the wrong place",
            own_answers("hugo") | {SLOPES: wrong_place},
            {SLOPES: (0, ("GR6",))},
            own_id="hugo",
        ),
        student(
            "ines",
            "looks to one side",
            {DIFFERENCES: ONE_SIDED},
            {DIFFERENCES: (0, ("VN1",))},
        ),
        student(
            "joan",
            "assigns instead of adding up",
            {
                BACKWARD: changed(
                    model[BACKWARD], "arrived[id(parent)] +=", "arrived[id(parent)] ="
                )
            },
            {
                BACKWARD: (0, ("GR9",)),
                MORE: (1.5, ()),
                TRAINING: (0, ("VT9",)),
            },
        ),
        student(
            "kira",
            "asks values when first met",
            {ORDER: FIRST_MET},
            {
                ORDER: (0, ("VE1",)),
                BACKWARD: (1.25, ("VE1", "VE4")),
                MORE: (1.5, ()),
                TRAINING: (0, ("VT9",)),
            },
        ),
        student(
            "lars",
            "recursion without an order",
            {BACKWARD: RECURSIVE},
            {BACKWARD: (1, ("VE1", "VE4"))},
        ),
        student(
            "mina",
            "never sets gradients to zero",
            {TRAINING: changed(model[TRAINING], "number.grad = 0.0", "pass")},
            {TRAINING: (0.5, ("VT1",))},
        ),
        student(
            "nils",
            "gradients transposed, biases along the batch",
            {DENSE: transposed},
            {DENSE: (1.5, ("GR4", "GR5"))},
        ),
        student(
            "olga",
            "feeds formulas with the wrong number",
            {FUNCTIONS: own_output},
            {FUNCTIONS: (0.6, ("GR11", "GR10")), MORE: (1.5, ())},
        ),
        student(
            "paul",
            "transposes shapes, mixes up no_grad",
            {
                SHAPES: f"shapes = {turned}",
                CHOICES: "choices = {'no recording': 'eval', 'no zeroing': 'last', 'corner': 'kink', 'snippet': 'c'}",
            },
            {SHAPES: (1.5, ("DS1",)), CHOICES: (0.75, ("VT5", "GR9", "VT1"))},
        ),
    ]


def _accidents(model) -> list[Sample]:
    blank = "def relu_backward(dA, Z):\n    raise NotImplementedError()"
    return [
        Sample(
            "xena", "copied a solution cell", model, accident=copy_cell(DENSE, blank)
        ),
        Sample(
            "yuri",
            "deleted a check cell",
            model,
            accident=delete_cell(f"{DENSE}-check"),
        ),
    ]
