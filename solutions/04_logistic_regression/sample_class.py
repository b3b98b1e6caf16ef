"""The sample class of lab 04: who hands in what, and what each must get for it.

Three kinds: right in different ways, wrong in the ways learners are known to take, and an accident. Used by
``course demo`` and by the tests of the grading round trip. Holds answers: never handed out.
"""

import math

from course_utils.grading.sample import Sample, by_check, changed, nothing_for
from course_utils.labs.logistic_regression import for_student
from course_utils.labs.logistic_regression.count_and_shape import count_parameters
from course_utils.labs.logistic_regression.honest_accuracy import right_numbers
from course_utils.labs.logistic_regression.score_and_odds import add_up

ODDS = "score-and-odds"
LOSS = "log-loss"
GRADIENT = "logistic-gradient"
SIGNS = "two-signs"
SOFTMAX = "softmax"
COUNTS = "count-and-shape"
LINE = "boundary-points"
LAYERS = "hidden-layers"
MEANING = "meaning"
RIDGE = "ridge-gradient"
REPORT = "honest-accuracy"

# --- answers to the questions with numbers, for any student id


def own_answers(student: str) -> dict[str, str]:
    """Work out the right answers to a student's own questions."""
    lab = for_student(student)
    (neuron, back), pictures = lab.score_and_odds.question, lab.count_and_shape.question
    score, p = add_up(neuron), back.probability
    chance = math.exp(score)
    answers = [
        score,
        round(chance, 6),
        round(chance / (1 + chance), 5),
        round(math.log(p / (1 - p)), 3),
    ]
    odds = dict(
        zip(("score", "odds", "probability", "score back"), answers, strict=True)
    )
    size, classes, batch = (
        pictures.colour**2 * pictures.channels,
        pictures.classes,
        pictures.batch,
    )
    counts = {
        "grey": count_parameters(pictures.grey, 1, classes),
        "colour": count_parameters(pictures.colour, pictures.channels, classes),
        "X": (batch, size),
        "weight": (classes, size),
        "bias": (classes,),
        "scores": (batch, classes),
    }
    report = right_numbers(lab.honest_accuracy.question)
    return {
        ODDS: f"odds = {odds}",
        COUNTS: f"counts = {counts}",
        REPORT: f"report = {report}",
    }


# --- other right ways

LOSS_BY_LOGADDEXP = """def bce_with_logits(z, y):
    return np.mean(np.logaddexp(0, np.where(y == 1, -z, z)))
"""
LOSS_BY_LOOP = """def bce_with_logits(z, y):
    import math
    total = 0.0
    for score, label in zip(z.tolist(), y.tolist()):
        total += max(score, 0) - score * label + math.log1p(math.exp(-abs(score)))
    return total / len(z)
"""
LOSS_BY_TORCH = """def bce_with_logits(z, y):
    z, y = torch.tensor(z), torch.tensor(y)
    return (torch.logaddexp(z, torch.zeros_like(z)) - z * y).mean()
"""
GRADIENT_BY_LOOPS = """def logreg_grads(X, y, w, b):
    N, D = X.shape
    dw, db = [0.0] * D, 0.0
    for n in range(N):
        z = sum(X[n, d] * w[d] for d in range(D)) + b
        error = 1 / (1 + np.exp(-np.clip(z, -500, 500))) - y[n]
        for d in range(D):
            dw[d] += error * X[n, d] / N
        db += error / N
    return dw, db


def fit_logreg(X, y, lr, steps):
    w, b = [0.0] * X.shape[1], 0.0
    for _ in range(steps):
        p = 1 / (1 + np.exp(-(X @ np.array(w) + b)))
        dw, db = (p - y) @ X / len(X), np.mean(p - y)
        w, b = [old - lr * slope for old, slope in zip(w, dw)], b - lr * db
    return w, b
"""
GRADIENT_BY_AUTOGRAD = """def logreg_grads(X, y, w, b):
    X, y = torch.tensor(X, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    w = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    b = torch.tensor(float(b), dtype=torch.float64, requires_grad=True)
    F.binary_cross_entropy_with_logits(X @ w + b, y).backward()
    return w.grad, b.grad


def fit_logreg(X, y, lr, steps):
    w, b = torch.zeros(X.shape[1], dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    X, y = torch.tensor(X), torch.tensor(y)
    for _ in range(steps):
        error = torch.sigmoid(X @ w + b) - y
        w, b = w - lr * X.T @ error / len(X), b - lr * error.mean()
    return [w, b]
"""
SOFTMAX_BY_LOGS = """def log_softmax(Z):
    return Z - np.logaddexp.reduce(Z, axis=1)[:, None]


def softmax(Z):
    return np.exp(log_softmax(Z))


def cross_entropy(Z, y):
    return -np.mean((np.eye(Z.shape[1])[y] * log_softmax(Z)).sum(axis=1))


def softmax_ce_grad(Z, y):
    return (softmax(Z) - np.eye(Z.shape[1])[y]) / Z.shape[0]
"""
SOFTMAX_BY_LOOPS = """def softmax(Z):
    import math
    rows = []
    for row in Z.tolist():
        powers = [math.exp(z - max(row)) for z in row]
        rows.append([power / sum(powers) for power in powers])
    return rows


def cross_entropy(Z, y):
    import math
    losses = []
    for row, label in zip(Z.tolist(), y.tolist()):
        losses.append(max(row) + math.log(sum(math.exp(z - max(row)) for z in row)) - row[label])
    return sum(losses) / len(losses)


def softmax_ce_grad(Z, y):
    p = softmax(Z)
    for n, label in enumerate(y):
        p[n][label] -= 1
    return [[one / len(p) for one in row] for row in p]
"""
LINE_BY_LISTS = """def boundary_points(w, b, x1_range):
    if abs(w[1]) < 1e-12:
        return [[-b / w[0], 0], [-b / w[0], 5]]
    return [[x1, -(w[0] * x1 + b) / w[1]] for x1 in x1_range]
"""


# --- wrong ways: the model answer with one thing changed


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id."""
    return [*_right_ways(model), *_wrong_ways(model), *_accidents(model)]


def _right_ways(model) -> list[Sample]:
    bela = {LOSS: LOSS_BY_LOGADDEXP, SOFTMAX: SOFTMAX_BY_LOGS}
    chen = {
        LOSS: LOSS_BY_TORCH,
        GRADIENT: GRADIENT_BY_AUTOGRAD,
        MEANING: "choices = {'a': ' Slope', 'b': ['same']}",
    }
    dana = {
        LOSS: LOSS_BY_LOOP,
        GRADIENT: GRADIENT_BY_LOOPS,
        SOFTMAX: SOFTMAX_BY_LOOPS,
        LINE: LINE_BY_LISTS,
    }
    return [
        Sample("ada", "right, own numbers", model | own_answers("ada"), own_id="ada"),
        Sample(
            "bela",
            "right, by logaddexp and one-hot rows",
            model | own_answers("bela") | bela,
            own_id="bela",
        ),
        Sample(
            "chen",
            "right, with tensors and autograd",
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
    ]


def _wrong_ways(model) -> list[Sample]:
    def student(name, about, answers, loses):
        return Sample(name, about, model | answers, loses=by_check(loses))

    def edit(exercise, before, after):
        return {exercise: changed(model[exercise], before, after)}

    naive = "def bce_with_logits(z, y):\n    p = 1 / (1 + np.exp(-z))\n"
    naive += "    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()"
    one_repaired = {
        SIGNS: changed(model[SIGNS], '"repair": {"1", "2"}', '"repair": {"1"}')
    }
    one_repaired[SIGNS] = changed(one_repaired[SIGNS], '{"a", "d"}', '{"b", "c"}')
    no_biases = changed(changed(model[COUNTS], "7850", "7840"), "30730", "30720")
    unsafe = "powers = np.exp(Z)"
    return [
        student(
            "hugo",
            "exchanges odds and probability, turns the logit over",
            {
                ODDS: "odds = {'score': 9, 'odds': 0.9999, 'probability': 8103, 'score back': -1.39}"
            },
            {ODDS: (0.5, ("LD1", "LP1", "LT1"))},
        ),
        student(
            "ines", "takes the logarithm of zero", {LOSS: naive}, {LOSS: (0, ("PR3",))}
        ),
        student(
            "joan",
            "lost the minus",
            edit(LOSS, "return (", "return -("),
            {LOSS: (0, ("PR4",))},
        ),
        student(
            "kira",
            "the gradient's sign, so the training climbs, too",
            edit(GRADIENT, "error = p - y", "error = y - p"),
            {GRADIENT: (0, ("GR1", "LG5"))},
        ),
        student("lars", "repairs one slip only", one_repaired, {SIGNS: (1, ("LS2",))}),
        student(
            "mina",
            "softmax without a maximum, and so its gradient",
            edit(SOFTMAX, "powers = np.exp(Z - Z.max(axis=1, keepdims=True))", unsafe),
            {SOFTMAX: (1, ("PR2",))},
        ),
        student(
            "nils",
            "forgets biases; transposes the weight",
            {COUNTS: changed(no_biases, "(10, 3072)", "(3072, 10)")},
            {COUNTS: (1, ("PC1", "DS1"))},
        ),
        student(
            "olga",
            "divides by zero on an upright line",
            edit(LINE, "if w[1] == 0:", "if False:"),
            {LINE: (0, ("LB4",))},
        ),
        student(
            "paul",
            "believes the slide on convex regions; takes loss for metric",
            {
                LAYERS: changed(model[LAYERS], '"corners": 1', '"corners": 2'),
                MEANING: "choices = {'a': 'same'}",
            },
            {LAYERS: (1.5, ("LE1",)), MEANING: (0, ("LM1",))},
        ),
        student(
            "quin",
            "pulls at the bias; chooses and reports by the test pictures",
            {
                RIDGE: changed(
                    model[RIDGE], "np.mean(p - y)", "np.mean(p - y) + 2 * l2 * b"
                ),
                REPORT: "report = {'strength': 0.01, 'accuracy': 0.93, 'error': 0.029}",
            },
            {RIDGE: (0, ("FC2",)), REPORT: (0, ("FC21",))},
        ),
    ]


def _accidents(model) -> list[Sample]:
    noisy = "def bce_with_logits(z, y):\n    import sys, warnings\n    warnings.warn('slow')\n"
    noisy += "    print('50 %', file=sys.stderr)\n    return np.logaddexp(0, np.where(y == 1, -z, z)).mean()"
    return [
        Sample("cleo", "warnings and prints", model | {LOSS: noisy}),
    ]
