"""The sample class of lab 02: who hands in what, and what each must get for it.

Three kinds: right in different ways, wrong in the ways learners are known to take, and accidents. Used by
``course demo`` and by the tests of the grading round trip. Holds answers: never handed out.
"""

from course_utils.grading.sample import (
    Sample,
    by_check,
    changed,
    delete_cell,
    nothing_for,
)
from course_utils.labs import activations
from course_utils.labs.activations.sigmoid_by_hand import ByHand, right_numbers

VALUES = "three-functions"
SLOPES = "three-slopes"
BY_HAND = "sigmoid-by-hand"
DEEP = "deep-gradients"
FORWARD = "mlp-forward"
WEIGHTS = "weights-by-hand"
CONVEX = "refute-convexity"
INTERVAL = "interval-experiment"
CHOICES = "choose-and-explain"
DEAD = "dead-units"


# --- answers to the questions with numbers, for any student id


def numbers_of(student: str) -> ByHand:
    """Return a student's numbers for the exercise by hand."""
    return activations.for_student(student).sigmoid_by_hand.question


def by_hand(student: str = "", **changes) -> str:
    """Write the cell of the numbers by hand, worked out by fractions; ``changes`` replace some of them."""
    right = {
        part: float(value) for part, value in right_numbers(numbers_of(student)).items()
    }
    return f"numbers = {right | {key.replace('_', ' '): value for key, value in changes.items()}}"


def own_answers(student: str) -> dict[str, str]:
    """Work out the right answers to a student's own question with numbers."""
    return {BY_HAND: by_hand(student)}


# --- other right ways

VALUES_BY_MASKS = """def sigmoid(z):
    z = np.asarray(z)
    out = np.empty_like(z)
    left = z < 0
    e = np.exp(z[left])
    out[left] = e / (1 + e)
    out[~left] = 1 / (1 + np.exp(-z[~left]))
    return out


def tanh(z):
    t = np.expm1(-2 * np.abs(z))
    return -np.sign(z) * t / (2 + t)


def relu(z):
    return z * (z > 0)
"""
VALUES_BY_TORCH = """def sigmoid(z):
    t = torch.as_tensor(z)
    e = torch.exp(-t.abs())
    return torch.where(t < 0, e, torch.ones_like(e)) / (1 + e)


def tanh(z):
    e = torch.exp(-2 * torch.as_tensor(z).abs())
    return (torch.as_tensor(z).sign() * (1 - e) / (1 + e)).numpy()


def relu(z):
    return (z + np.abs(z)) / 2
"""
SLOPES_BY_EXPONENTIALS = """def d_sigmoid(z):
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2


def d_tanh(z):
    e = np.exp(-2 * np.abs(z))
    return 4 * e / (1 + e) ** 2


def d_relu(z):
    return z > 0
"""
FORWARD_BY_EINSUM = """def mlp_forward(X, params, act):
    found = (X,)
    for number, (W, b) in enumerate(params, start=1):
        z = np.einsum("nd,hd->nh", found[-1], W) + b[None]
        found += (act(z) if number < len(params) else z,)
    return found
"""
FORWARD_BY_LOOPS = """def mlp_forward(X, params, act):
    rows = [list(map(float, row)) for row in X]
    found = [rows]
    for number, (W, b) in enumerate(params):
        sums = [[sum(w * v for w, v in zip(unit, row)) + c for unit, c in zip(W, b)] for row in found[-1]]
        found.append(sums if number == len(params) - 1 else act(np.array(sums)).tolist())
    return found
"""
WEIGHTS_WITH_RELU = """def xor_net():
    return [([[1, 1], [1, 1]], [0, -1]), ([[1, -2]], [-0.5])]


def triangle_net(vertices):
    middle = vertices.mean(axis=0)
    edges = np.roll(vertices, -1, axis=0) - vertices
    normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1)
    inside = (normals * (middle - vertices)).sum(axis=1)
    normals = normals * np.where(inside > 0, 1, -1)[:, None]
    return (torch.tensor(normals), -(normals * vertices).sum(axis=1)), ([[2, 2, 2]], [-5])
"""
OTHER_COUNTEREXAMPLE = """counterexample = {
    "params": [(np.array([[1.0, 1.0], [-1.0, -1.0], [0.0, 1.0]]), np.array([-3.0, -3.0, 9.0])),
               (np.array([[1.0, 1.0, 0.1]]), np.array([-0.6]))],
    "p": np.array([2.0, 2.0]),
    "q": [-2, -2],
}"""

# --- wrong ways

NAIVE_VALUES = """def sigmoid(z):
    return np.exp(z) / (1 + np.exp(z))


def tanh(z):
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


def relu(z):
    return np.maximum(z, 0)
"""
MIXED_SLOPES = """def d_sigmoid(z):
    return z * (1 - z)


def d_tanh(z):
    return 1 - tanh(z)


def d_relu(z):
    return np.where(z >= 0, 1.0, 0.0)
"""
TURNED_OVER = """deep = {
    "saturated": (0.0, 0.1, 46),
    "ratio": (1 / 0.00161, 1 / 0.272, 1 / 48.4),
    "steady scale": 1,
    "at scale 4": "shrinks",
}"""
AND_REGION = """counterexample = {
    "params": [([[1, 0], [-1, 0]], [1, 1]), ([[1, 1]], [-1.5])], "p": (0.5, 0), "q": (-0.5, 0)
}"""
OTHER_CHOICES = """choices = {
    "a": "relu", "b": "sigmoid", "c": "softmax", "d": "saturated", "e": "nothing", "f": "fold"
}"""


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id."""
    return [*_right_ways(model), *_wrong_ways(model), *_accidents(model)]


def _right_ways(model) -> list[Sample]:
    def own(student, **answers):
        return model | {BY_HAND: by_hand(student)} | answers

    bela = {
        VALUES: VALUES_BY_MASKS,
        SLOPES: SLOPES_BY_EXPONENTIALS,
        FORWARD: FORWARD_BY_EINSUM,
    }
    chen = {
        VALUES: VALUES_BY_TORCH,
        SLOPES: SLOPES_BY_EXPONENTIALS,
        FORWARD: FORWARD_BY_LOOPS,
    }
    chen |= {WEIGHTS: WEIGHTS_WITH_RELU, CONVEX: OTHER_COUNTEREXAMPLE}
    done = (VALUES, SLOPES, BY_HAND, FORWARD)
    return [
        Sample("ada", "right, own numbers", own("ada"), own_id="ada"),
        Sample(
            "bela",
            "right, with masks, exponentials and einsum",
            own("bela") | bela,
            own_id="bela",
        ),
        Sample(
            "chen",
            "right, with tensors, lists and ReLU units",
            own("chen") | chen,
            own_id="chen",
        ),
        Sample("finn", "blank", {}, loses=nothing_for(model)),
        Sample(
            "gita",
            "half done",
            {name: model[name] for name in done},
            loses=nothing_for(name for name in model if name not in done),
        ),
    ]


def _wrong_ways(model) -> list[Sample]:
    def student(name, about, answers, loses, own_id=""):
        return Sample(
            name, about, model | answers, own_id=own_id, loses=by_check(loses)
        )

    third = 2 / 3
    same_side = changed(model[WEIGHTS], " * np.sign(normal @ (third - start))", "")
    same_side = changed(same_side, "[-0.5, -1.5]", "[-0.5, -2.5]")
    too_high = changed(model[WEIGHTS], "[-2.5]", "[-3]")
    largest = changed(model[VALUES], "np.maximum(z, 0)", "max(0, np.max(z, initial=0))")
    joan = numbers_of("joan")
    numbers = by_hand("joan", tanh=2 * joan.doubled, bound=joan.layers / 4)
    guesses = "interval = {'identity': 0.5, 'solved more': 'relu'}"
    return [
        student(
            "hugo",
            "naive formulas",
            {VALUES: NAIVE_VALUES},
            {VALUES: (1, ("PR2",)), SLOPES: (third, ("PR2",))},
        ),
        student(
            "ines",
            "slopes mixed up",
            {SLOPES: MIXED_SLOPES},
            {SLOPES: (0, ("GR11", "AS1", "AS3"))},
        ),
        student(
            "joan",
            "adds slopes",
            {BY_HAND: numbers},
            {BY_HAND: (4 / 3, ("AH6", "AH9"))},
            own_id="joan",
        ),
        student(
            "kira",
            "activation on the output, too",
            {
                FORWARD: changed(
                    model[FORWARD],
                    "[*activations, activations",
                    "[*activations, act(activations",
                ).replace("W.T + b]", "W.T + b)]")
            },
            {FORWARD: (0, ("AN1",))},
        ),
        student(
            "lars",
            "weights turned over",
            {FORWARD: model[FORWARD].replace("W.T", "W")},
            {FORWARD: (0, ("DS1",))},
        ),
        student(
            "mina",
            "one side only, OR for XOR",
            {WEIGHTS: same_side},
            {WEIGHTS: (0, ("AX2", "AT1"))},
        ),
        student(
            "nils",
            "threshold never passed, a convex counterexample",
            {WEIGHTS: too_high, CONVEX: AND_REGION},
            {WEIGHTS: (1.5, ("AT2",)), CONVEX: (0, ("AC3",))},
        ),
        student(
            "olga",
            "experiments misread",
            {DEEP: TURNED_OVER, INTERVAL: guesses, CHOICES: OTHER_CHOICES},
            {
                DEEP: (0.5, ("AE2", "AE1", "AE6")),
                INTERVAL: (0, ("AI1", "AI3")),
                CHOICES: (third, ("AO1", "AO3", "AO2", "AO4")),
            },
        ),
        student(
            "paul",
            "largest element for ReLU",
            {VALUES: largest},
            {VALUES: (2, ("AF1",))},
        ),
        student(
            "rita",
            "asks which pictures leave all units silent",
            {DEAD: changed(model[DEAD], "axis=0", "axis=1")},
            {DEAD: (0, ("DU2",))},
        ),
    ]


def _accidents(model) -> list[Sample]:
    noisy = "def mlp_forward(X, params, act):\n    import sys, warnings\n    warnings.warn('slow')\n"
    noisy += "    print('working ...')\n    print('50 %', file=sys.stderr)\n"
    body = model[FORWARD].split('"""\n', 1)[1]
    return [
        Sample("cleo", "warnings and prints", model | {FORWARD: noisy + body}),
        Sample(
            "yuri",
            "deleted a check cell",
            model,
            accident=delete_cell(f"{WEIGHTS}-check"),
        ),
    ]
