"""The sample class of lab 01: who hands in what, and what each must get for it.

Three kinds: right in different ways, wrong in the ways learners are known to take, and accidents. Used by
``course demo`` and by the tests of the grading round trip. Holds answers: never handed out.
"""

from course_utils.grading.sample import (
    Sample,
    by_check,
    changed,
    copy_cell,
    nothing_for,
    truncate,
)
from course_utils.labs import neurons
from course_utils.labs.neurons.batch_size import right_answers
from course_utils.labs.neurons.hand_neuron import fire
from course_utils.labs.neurons.largest_rate import largest_rate, rate_answers
from course_utils.labs.neurons.network_shapes import count_parameters
from course_utils.labs.neurons.picture_weights import counting_right

HAND = "hand-neuron"
LAYER = "dense-layer"
SHAPES = "network-shapes"
LINE = "line-by-descent"
FOOLED = "fool-colleague"
STACK = "collapse-stack"
COUNTS = "picture-weights"
RECIPE = "recipe-card"
RATES = "largest-rate"
EPOCH = "sgd-epoch"
BATCHES = "batch-size"


# --- answers to the questions with numbers, for any student id


def own_answers(student: str) -> dict[str, str]:
    """Work out the right answers to a student's own questions, by counting."""
    lab = neurons.for_student(student)
    hand, trial = lab.hand_neuron.question, lab.largest_rate.question
    return {
        HAND: f"neuron = {{'z': {fire(hand.neuron)}, 'z doubled': {fire(hand.after)}}}",
        SHAPES: shapes(student),
        COUNTS: f"counts = {counting_right(lab.picture_weights.question)}",
        RATES: f"largest = {rate_answers(trial, largest_rate)}",
        BATCHES: f"batches = {right_answers(lab.batch_size.question)}",
    }


def shapes(student: str = "", *, flat: bool = False, **changes) -> str:
    """Write the cell of the shapes, with some of PyTorch's rows changed; ``flat`` writes the lecture's biases flat."""
    network = neurons.for_student(student).network_shapes.question
    N, D, H, K = network
    lecture = {
        "x": (D, N),
        "W1": (D, H),
        "b1": (H, 1),
        "h": (H, N),
        "W2": (H, K),
        "b2": (K, 1),
        "o": (K, N),
    }
    pytorch = {
        "x": (N, D),
        "W1": (H, D),
        "b1": (H,),
        "h": (N, H),
        "W2": (K, H),
        "b2": (K,),
        "o": (N, K),
    }
    parameters = changes.pop("parameters", count_parameters(network))
    lecture |= {"b1": [H], "b2": [K]} if flat else {}
    return f"shapes = {{'lecture': {lecture}, 'PyTorch': {pytorch | changes}, 'parameters': {parameters}}}"


# --- other right ways

LAYER_BY_LOOPS = """def linear_neuron(x, w, b):
    if len(x) != len(w):
        raise ValueError("not as many weights as inputs")
    total = b
    for i in range(len(x)):
        total += w[i] * x[i]
    return total

def dense(X, W, b):
    if len(b) != len(W):
        raise ValueError("not as many biases as units")
    return [[linear_neuron(row, weight, bias) for weight, bias in zip(W, b)] for row in X]
"""
LAYER_BY_TORCH = """def linear_neuron(x, w, b):
    if x.shape != w.shape:
        raise ValueError(f"{x.shape} and {w.shape}")
    return (torch.tensor(x) * torch.tensor(w)).sum() + b

def dense(X, W, b):
    if X.shape[1] != W.shape[1] or len(W) != len(b):
        raise ValueError("sizes do not fit")
    return nn.functional.linear(torch.tensor(X), torch.tensor(W), torch.tensor(b))
"""
LAYER_BY_EINSUM = """def linear_neuron(x, w, b):
    return dense(np.array([x]), np.array([w]), np.array([b]))[0, 0]

def dense(X, W, b):
    if X.shape[1] != W.shape[1] or b.shape != W.shape[:1]:
        raise ValueError("sizes do not fit")
    return np.einsum("nd,kd->nk", X, W).astype(np.float32) + b
"""
LINE_BY_LOOPS = """def mse(y_hat, y):
    total = 0
    for i in range(len(y)):
        total += (y_hat[i] - y[i]) ** 2
    return total / len(y)

def mse_grads(x, y, w, b):
    dw = db = 0
    for one, target in zip(x, y):
        dw += 2 * (w * one + b - target) * one / len(x)
        db += 2 * (w * one + b - target) / len(x)
    return [dw, db]

def sgd_step(params, grads, lr):
    return [params[0] - lr * grads[0], params[1] - lr * grads[1]]
"""
LINE_BY_AUTOGRAD = """def mse(y_hat, y):
    return nn.functional.mse_loss(torch.as_tensor(y_hat), torch.as_tensor(y))

def mse_grads(x, y, w, b):
    p = torch.tensor([w, b], dtype=torch.float64, requires_grad=True)
    mse(p[0] * torch.as_tensor(x) + p[1], y).backward()
    return p.grad

def sgd_step(params, grads, lr):
    return np.array(params) - lr * np.array(grads)
"""
STACK_BY_PROBING = """def collapse(layers):
    def run(x):
        for W, b in layers:
            x = W @ x + b
        return x
    D = layers[0][0].shape[1]
    b = run(np.zeros(D))
    return [np.stack([run(unit) - b for unit in np.eye(D)], axis=1), b]
"""
STACK_BY_AUGMENTING = """def collapse(layers):
    whole = np.eye(layers[0][0].shape[1] + 1)
    for W, b in layers:
        step = np.zeros((len(W) + 1, W.shape[1] + 1))
        step[:-1, :-1], step[:-1, -1], step[-1, -1] = W, b, 1
        whole = step @ whole
    return whole[:-1, :-1], whole[:-1, -1]
"""
FAR_APART = (
    "fooled = {'y_hat': np.array([100.0, -50.0, -30.0, -20.0, 0.0]), 'y': np.zeros(5)}"
)
EQUAL = "fooled = {'y_hat': [1, 2, 3, 4], 'y': [1, 2, 3, 4]}"
MIXED_UP = """recipe = {
    "a": "bends",
    "b": dict.fromkeys(["weights", "biases", "learning rate"], "parameter")
    | dict.fromkeys(["number of layers", "units in a layer", "batch size"], "hyper-parameter")
    | dict.fromkeys(["mean squared error", "accuracy"], "metric")
    | dict.fromkeys(["gradient descent", "stochastic gradient descent"], "optimiser"),
    "c": "as good",
}"""


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id."""
    return [*_right_ways(model), *_wrong_ways(model), *_accidents(model)]


def _right_ways(model) -> list[Sample]:
    bela = {
        LAYER: LAYER_BY_TORCH,
        LINE: LINE_BY_AUTOGRAD,
        STACK: STACK_BY_PROBING,
        SHAPES: shapes("bela", flat=True),
    }
    chen = {LAYER: LAYER_BY_EINSUM, STACK: STACK_BY_AUGMENTING, FOOLED: FAR_APART}
    dana = {LAYER: LAYER_BY_LOOPS, LINE: LINE_BY_LOOPS}
    done = (HAND, LAYER, SHAPES, LINE)
    undone = nothing_for(name for name in model if name not in done)
    return [
        Sample("ada", "right, own numbers", model | own_answers("ada"), own_id="ada"),
        Sample(
            "bela",
            "right, with tensors and autograd",
            model | own_answers("bela") | bela,
            own_id="bela",
        ),
        Sample(
            "chen",
            "right, with einsum and float32",
            model | own_answers("chen") | chen,
            own_id="chen",
        ),
        Sample(
            "dana",
            "right, in plain Python",
            model | own_answers("dana") | dana,
            own_id="dana",
        ),
        Sample("finn", "blank", {}, loses=nothing_for(model)),
        Sample("gita", "half done", {name: model[name] for name in done}, loses=undone),
    ]


def _wrong_ways(model) -> list[Sample]:
    def student(name, about, answers, loses):
        return Sample(name, about, model | answers, loses=by_check(loses))

    no_bias = {
        HAND: "neuron = {'z': 7, 'z doubled': 16}",
        SHAPES: shapes(parameters=20),
        COUNTS: "counts = {'grey weights': 20_000_000, 'grey': 20_000_000, 'colour': 60_000_000, "
        "'large': 921_600_000, 'megabytes': 3686.4}",
    }
    turned = {
        LAYER: changed(model[LAYER], "X @ W.T + b", "X @ W + b"),
        SHAPES: shapes(W1=(3, 4), W2=(4, 2)),
    }
    in_the_columns = {SHAPES: shapes(x=(3, 6), h=(4, 6), o=(2, 6), b1=(6,), b2=(6,))}
    along = {LAYER: changed(model[LAYER], "X @ W.T + b", "X @ W.T + b[:, None]")}
    one_channel = (
        "counts = {'grey weights': 20_000_000, 'grey': 20_000_500, 'colour': 20_000_500, "
        "'large': 307_201_000, 'megabytes': 9830.4}"
    )
    return [
        student(
            "hugo",
            "leaves the bias out",
            no_bias,
            {HAND: (0, ("NE1",)), SHAPES: (2.625, ("PC1",)), COUNTS: (0.8, ("PC1",))},
        ),
        student(
            "ines",
            "turns the weight over",
            turned,
            {LAYER: (1, ("DS1",)), SHAPES: (2.25, ("DS1",))},
        ),
        student(
            "joan",
            "puts the batch into the columns",
            in_the_columns,
            {SHAPES: (1.125, ("ND1", "DS3"))},
        ),
        student("kira", "adds the bias along the batch", along, {LAYER: (1, ("DS3",))}),
        student(
            "lars",
            "adds the errors before squaring, and is not fooled",
            {
                LINE: changed(
                    model[LINE], "np.mean((y_hat - y) ** 2)", "np.mean(y_hat - y) ** 2"
                ),
                FOOLED: EQUAL,
            },
            {LINE: (2, ("NM1",)), FOOLED: (0, ("NB1",))},
        ),
        student(
            "mina",
            "walks uphill",
            {LINE: changed(model[LINE], "p - lr * g", "p + lr * g")},
            {LINE: (2, ("NM6",))},
        ),
        student(
            "nils",
            "sums where the mean is due",
            {
                LINE: changed(
                    model[LINE], "2 * np.mean(errors * x)", "2 * np.sum(errors * x)"
                )
            },
            {LINE: (2, ("GR3",))},
        ),
        student(
            "olga",
            "forgets that biases pass through later layers",
            {STACK: changed(model[STACK], "weight @ b + bias", "b + bias")},
            {STACK: (0, ("NC2",))},
        ),
        student(
            "paul",
            "counts grey for colour",
            {COUNTS: one_channel},
            {COUNTS: (0.8, ("NP1",))},
        ),
        student(
            "qian",
            "mixes up the recipe",
            {RECIPE: MIXED_UP},
            {RECIPE: (2 / 3, ("NQ1", "NQ3", "NQ5"))},
        ),
        student(
            "rosa",
            "shifts the weights, takes the fastest rate",
            {
                HAND: "neuron = {'z': 2, 'z doubled': -4}",
                RATES: "largest = {'raw': 0.05, 'standardised': 0.45}",
            },
            {HAND: (0, ("NE3",)), RATES: (0, ("NR2", "NR1"))},
        ),
        student(
            "sven",
            "leaves the last short batch out",
            {
                EPOCH: changed(
                    model[EPOCH],
                    "range(0, len(order), size)",
                    "range(0, len(order) - size + 1, size)",
                ),
                BATCHES: "batches = {'steps': 45, 'last': 32, 'calmer': 25}",
            },
            {EPOCH: (0, ("MB1",)), BATCHES: (0, ("MB20", "MB22", "MB24"))},
        ),
    ]


def _accidents(model) -> list[Sample]:
    endless = {STACK: "def collapse(layers):\n    while True:\n        pass"}
    blank = "def collapse(layers):\n    raise NotImplementedError()"
    no_points = nothing_for(model)
    return [
        Sample(
            "xena", "copied a solution cell", model, accident=copy_cell(STACK, blank)
        ),
        Sample(
            "amir", "endless loop", model | endless, loses={f"{STACK}-check": (0, ())}
        ),
        Sample(
            "dora",
            "truncated file",
            model,
            accident=truncate,
            loses=no_points,
            zero_because="not a whole notebook",
        ),
        Sample(
            "erik",
            "a classmate's numbers",
            model | own_answers("ada"),
            own_id="ada",
            note="that student's numbers",
        ),
    ]
