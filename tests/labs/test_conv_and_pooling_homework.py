"""The homework of lab 05: own functions, layers, a network that is proved and trained; every known wrong way."""

import copy
from functools import cache

import numpy as np
import pytest
import torch
from harness import WrongWay, exercises_by_lab, judged, right_answers
from lesson import Lesson, edited
from thorough import one_in

from course_utils.labs import conv_and_pooling_homework
from course_utils.labs.conv_and_pooling_homework import borrowed, garments, optimisers, torch_says, unbroadcast

LONG = {"garments"}  # networks are trained, or looked at one by one
BUILT_UP = {  # answers that call others: without those they cannot be there either
    "dense-and-relu": ["carried-parts"],
    "conv-and-pool": ["carried-parts", "pooling-backward"],
    "gradient-check": ["network"],
    "training-loop": ["network"],
    "garments": ["dense-and-relu", "conv-and-pool", "network", "training-loop"],
}

lesson = Lesson("05_conv_and_pooling_homework")
lab = conv_and_pooling_homework.for_student()

CARRIED, POOLING, DENSE, CONV = "carried-parts", "pooling-backward", "dense-and-relu", "conv-and-pool"
NETWORK, CHECK, LOOP, GARMENTS, STEPS = "network", "gradient-check", "training-loop", "garments", "optimisers"
GIVES = {
    CARRIED: ("dense_backward", "conv2d", "conv2d_backward"),
    POOLING: ("max_pool2d_backward",),
    DENSE: ("Dense", "ReLU"),
    CONV: ("Conv2d", "MaxPool2d"),
    NETWORK: ("softmax_loss", "Network"),
    CHECK: ("gradient_error",),
    LOOP: ("sgd_step", "fit"),
    STEPS: ("momentum_step", "adam_step"),
}


@cache
def model() -> dict:
    """Return all that the master's cells define, but for the trained network."""
    names = lesson.imports()
    lesson.run("class Flatten(Layer)", names)
    for exercise in GIVES:
        exec(lesson.cells()[exercise].source, names)
    return names


def changed(exercise: str, *changes: tuple[str, str]) -> tuple:
    """Return what an exercise's check is handed if passages of the model answer are others."""
    names = dict(model())
    exec(edited(lesson.cells()[exercise].source, *changes), names)
    return tuple(names[name] for name in GIVES[exercise])


def slip(code: str, exercise: str, share: float | None, *changes: tuple[str, str], **more) -> WrongWay:
    """Return a wrong way that is the model answer with some passages changed."""
    return WrongWay(code, exercise, lambda: changed(exercise, *changes), share, **more)


WALK = "        grad_x[n, c, top + rows, left + columns] += grad_out[:, :, i, j]\n"


def spread(mask: str) -> tuple[str, str]:
    """Change how the gradient of a window is spread over it."""
    place = "grad_x[:, :, top : top + kernel_size, left : left + kernel_size]"
    return WALK, f"        {place} += ({mask}) * grad_out[:, :, i, j][:, :, None, None]\n"


TOP = "window == window.max(axis=(2, 3), keepdims=True)"
KEPT = '        self.grads = {"weight": grads[1], "bias": grads[2]}\n'
LATER = KEPT.replace("self.grads = ", "self.grads = self.grads or ")
ADDED = """        for name, one in zip(("weight", "bias"), grads[1:]):
            self.grads[name] = self.grads.get(name, 0) + one
"""
LEARNS = KEPT + '        self.params["bias"] = self.params["bias"] - 0.1 * grads[2]\n'
RENAMED = KEPT.replace('"weight"', '"w"').replace('"bias"', '"b"')
LAYERS = {"LY1": ADDED, "LY2": LEARNS, "LY3": RENAMED, "LY4": LATER}
HINGE = "(np.maximum(0, 1 + scores - scores[range(len(y)), y][:, None]) * (1 - one_hot)).sum() / len(y)"
MOVE = "layer.params[name] -= learning_rate * layer.grads[name]"
DECAY = "    grad = grad + weight_decay * param\n    memory"
VELOCITY = """    memory["velocity"] = momentum * memory.get("velocity", 0.0) + grad
    return param - rate * memory["velocity"]
"""


def without_its_stride() -> tuple:
    """Return layers of which the convolution forgets its stride on the way back; by the loops of Lab 05."""
    names = dict(model()) | {"conv2d_backward": Lesson("05_conv_and_pooling").solution("conv2d-backward")}
    exec(edited(lesson.cells()[CONV].source, ('self.params["weight"], self.stride)\n        self', FORGETS)), names)
    return names["Conv2d"], names["MaxPool2d"]


FORGETS = 'self.params["weight"])\n        self'


def by_heart() -> tuple:
    """Return a linear network that was fitted to the test pictures."""
    test, _ = garments.held_out()
    x = garments.standardised(test).reshape(len(test), -1)
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    weights = np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ np.eye(10)[test.labels])
    last = borrowed.Dense(weight=weights[:-1].T.copy(), bias=weights[-1].copy())
    return (borrowed.Network([model()["Flatten"](), last]),)


def with_a_wrong_layer() -> tuple:
    """Return the trained network; its last layer keeps half of its gradients."""
    (network,) = copy.deepcopy(right_answers(type(lab.garments)))

    class Half(type(network.layers[-1])):
        def backward(self, grad_out):
            grad_x = super().backward(grad_out)
            self.grads = {name: one / 2 for name, one in self.grads.items()}
            return grad_x

    network.layers[-1].__class__ = Half
    return (network,)


WRONG_WAYS = [
    slip("GR3", CARRIED, 2 / 3, ("return dY @ W, dY.T @ X,", "return dY @ W, dY.T @ X / len(X),")),
    slip("OW1", CARRIED, 2 / 3, ("windows = windows[:, :, ::stride, ::stride]  # (N", "# (N")),
    slip("OW2", CARRIED, 2 / 3, ("return dY @ W, dY.T @ X, dY.sum(axis=0)", "return dY.T @ X, dY @ W, dY.sum(axis=0)")),
    slip("OW3", CARRIED, 2 / 3, ("(windows, weight, ([1", "(windows, weight[:, :, ::-1, ::-1], ([1")),
    slip("OW3", CARRIED, 2 / 3, (":, i, j], weight, 1)", ":, i, j], weight[:, :, ::-1, ::-1], 1)")),
    slip("OW4", CARRIED, 2 / 3, ("grad_x[:, :, rows, columns] += add", "grad_x[:, :, rows, columns] = add")),
    slip("SL36", CARRIED, 2 / 3, ("grad_out.sum(axis=(0, 2, 3))", "grad_out.sum(axis=(2, 3))")),
    slip("PB4", POOLING, 1 / 2, ("] += grad_out", "] = grad_out")),
    slip("PB6", POOLING, None, ("top + rows, left + columns", "rows, columns")),
    slip("PB8", POOLING, None, ("top + rows, left + columns", "i + rows, j + columns")),
    slip("PB7", POOLING, None, ("    return grad_x", "    return grad_out")),
    slip("SL41", POOLING, None, ("+= grad_out[:, :, i, j]", "+= 1")),
    slip("PB1", POOLING, None, spread("np.ones(window.shape) / kernel_size**2")),
    slip("PB2", POOLING, None, spread("np.ones(window.shape)")),
    slip("PB3", POOLING, 1 / 2, spread(TOP)),
    slip("PB3", POOLING, 1 / 2, spread(f"({TOP}) / ({TOP}).sum(axis=(2, 3), keepdims=True)")),
    slip("PB4", POOLING, 1 / 2, (WALK, spread("first")[1].replace("+=", "=")), ("        rows, columns", FIRST := """\
        first = np.zeros(window.shape)
        np.put_along_axis(first.reshape(N, C, -1), largest[:, :, None], 1, axis=2)
        rows, columns""")),
    slip("PB5", POOLING, 1 / 2, (
        "largest = window.reshape(N, C, -1).argmax(axis=2)",
        "largest = kernel_size**2 - 1 - window.reshape(N, C, -1)[..., ::-1].argmax(axis=2)",
    )),
    slip("PL2", POOLING, 1 / 2, ("stride = kernel_size if", "stride = 1 if")),
    *(slip(code, DENSE, 1 / 2, (KEPT, line)) for code, line in LAYERS.items()),
    *(
        slip(code, exercise, 1 / 2, change)
        for exercise in (DENSE, CONV)
        for code, change in {
            "LY9": ("return grads[0]", "return grads[1]"),
            "LY10": ("grads[1], \"bias\": grads[2]", "grads[2], \"bias\": grads[1]"),
            "LY11": ("self.x = x\n        return", "type(self).x = x\n        return"),
        }.items()
    ),
    slip("SL42", DENSE, 1 / 2, ("return x * self.passes", "return x * ~self.passes")),
    slip("LY14", DENSE, 1 / 2, ("grad_out * self.passes", "np.where(self.passes, grad_out, 0.01 * grad_out)")),
    slip("LY14", DENSE, 1 / 2, ("return x * self.passes", "return np.where(self.passes, x, 0.1 * x)")),
    slip("LY12", CONV, 1 / 2, ('self.params["bias"], self.stride)', 'self.params["bias"])')),
    slip("LY13", CONV, 1 / 2, ("windows[:, :, ::size, ::size]", "windows")),
    slip("SL37", CONV, 1 / 2, ("max(axis=(4, 5))", "mean(axis=(4, 5))")),
    slip("LY5", DENSE, 1 / 2, ("return grad_out * self.passes", "return grad_out * (grad_out > 0)")),
    slip("LY6", DENSE, 1 / 2, ("self.passes = x > 0", "self.passes = x >= 0")),
    slip("LY7", DENSE, 1 / 2, ("return grad_out * self.passes", "return grad_out")),
    *(slip(code, CONV, 1 / 2, (KEPT, line)) for code, line in LAYERS.items()),
    WrongWay("LY8", CONV, without_its_stride, 1 / 2),
    slip("PR2", NETWORK, 1 / 2, ("shifted = scores - scores.max(axis=1, keepdims=True)", "shifted = scores")),
    slip("NW1", NETWORK, 1 / 2, ("(np.exp(log_p) - one_hot) / len(y)", "np.exp(log_p) - one_hot")),
    slip("NW2", NETWORK, 1 / 2, ("-(log_p * one_hot).sum() / len(y)", "-(log_p * one_hot).sum()")),
    slip("NW3", NETWORK, 1 / 2, ("reversed(self.layers)", "self.layers")),
    slip("NW4", NETWORK, 1 / 2, ("x = layer.forward(x)", "out = layer.forward(x)"), ("return x\n", "return out\n")),
    slip("SL70", NETWORK, 1 / 2, ("in self.layers:\n            x", "in self.layers[:-1]:\n            x")),
    slip("NW5", NETWORK, 1 / 2, ("(np.exp(log_p) - one_hot) / len(y)", "np.exp(log_p) / len(y)")),
    slip("NW5", NETWORK, 1 / 2, ("(np.exp(log_p) - one_hot) / len(y)", "np.exp(log_p)")),
    slip("NW6", NETWORK, 1 / 2, (
        "return -(log_p * one_hot).sum() / len(y), (np.exp(log_p) - one_hot) / len(y)",
        "return (np.exp(log_p) - one_hot) / len(y), -(log_p * one_hot).sum() / len(y)",
    )),
    slip("NW7", NETWORK, 1 / 2, ("        return x\n", "        return 1 / (1 + np.exp(-x))\n")),
    slip("NW8", NETWORK, 1 / 2, ("reversed(self.layers)", "reversed(self.layers[:-1])")),
    slip("NW10", NETWORK, 1 / 2, ("-(log_p * one_hot).sum() / len(y)", HINGE)),
    slip("NW9", NETWORK, 1 / 2, ("-(log_p * one_hot).sum() / len(y)", "-(log_p * one_hot).mean()")),
    slip("GC8", CHECK, None, ("return max(errors)", "return float(np.mean(errors))")),
    slip("GC8", CHECK, None, ("return max(errors)", "return sum(errors)")),
    slip("GC9", CHECK, None, ("np.abs(g).max() + np.abs(s).max()", "np.abs(g).max()")),
    slip("GC10", CHECK, None, ("(2 * way)", "way")),
    slip("GC11", CHECK, None, ("return max(errors)", "return min(errors)")),
    slip("GC1", CHECK, None, ("                array[place] = number\n", "")),
    slip("GC2", CHECK, None, ("for way in (1e-5, -1e-5):\n", "for way in (1e-5,):\n"),
         ("s[place] += softmax_loss(network.forward(x), y)[0] / (2 * way)",
          "s[place] = (softmax_loss(network.forward(x), y)[0] - before) / way"),
         ("    errors = []\n", "    errors, before = [], softmax_loss(network.forward(x), y)[0]\n")),
    slip("GC3", CHECK, None, ("in layer.params.items():", "in list(layer.params.items())[:1]:")),
    slip("GC4", CHECK, None, ("for layer in network.layers:", "for layer in network.layers[:1]:")),
    slip("GC4", CHECK, None, ("for layer in network.layers:", "for layer in network.layers[-1:]:")),
    slip("GC5", CHECK, None, ("np.abs(g - s).max()", "(g - s).max()")),
    slip("GC5", CHECK, None, ("np.abs(g - s).max()", "np.abs(g).max() - np.abs(s).max()")),
    slip("GC6", CHECK, None, ("np.abs(g - s).max()", "np.abs(g - s).mean()")),
    slip("GC7", CHECK, None, ("errors.append(difference / size)", "errors.append(difference)")),
    slip("FT1", LOOP, None, (MOVE, MOVE.replace("-=", "+="))),
    slip("FT2", LOOP, None, (MOVE, f"if name != 'bias':\n                {MOVE}")),
    slip("FT3", LOOP, 1 / 2, ("range(0, len(x), batch_size)", "range(0, len(x) - batch_size + 1, batch_size)")),
    slip("FT4", LOOP, 1 / 2, ("np.random.permutation(len(x))", "np.arange(len(x))")),
    slip("FT5", LOOP, 1 / 2, ("y[some])", "y[start : start + batch_size])")),
    slip("FT6", LOOP, 1 / 2, ("history.append(np.mean(losses))", "history.append(loss)")),
    slip("FT7", LOOP, 1 / 2, ("        for start in", "        batch_size = len(x)\n        for start in")),
    slip("FT8", LOOP, 1 / 2, ("            sgd_step(network, learning_rate)\n", "")),
    slip("FT9", LOOP, 1 / 2, ("losses.append(loss)", "history.append(loss)"),
         ("history.append(np.mean(losses))", "pass")),
    slip("FT11", LOOP, 1 / 2, ("history.append(np.mean(losses))", "history.append(min(losses))")),
    slip("FT10", LOOP, 1 / 2, ("    return history", "        return history")),
    slip("FT12", LOOP, 1 / 2, ("            sgd_step(network, learning_rate)\n", ""),
         ("        history.append", "        sgd_step(network, learning_rate)\n        history.append")),
    slip("FT13", LOOP, 1 / 2, ("for layer in network.layers:", "for layer in network.layers[-1:]:")),
    slip("FT14", LOOP, 1 / 2, ("            network.backward(gradient)\n            sgd_step(network, learning_rate)\n",
         "            if start or history:\n                sgd_step(network, learning_rate)\n"
         "            network.backward(gradient)\n")),
    slip("FT15", LOOP, 1 / 2, ("    history = []\n", "    history, kept = [], {}\n"),
         ("            sgd_step(network, learning_rate)\n",
          "            for layer in network.layers:\n                for name, slope in layer.grads.items():\n"
          "                    kept[id(layer), name] = 0.9 * kept.get((id(layer), name), 0) + slope\n"
          "                    layer.params[name] -= learning_rate * kept[id(layer), name]\n")),
    slip("SL75", LOOP, None, (MOVE, MOVE.replace("layer.grads[name]", "np.sign(layer.grads[name])"))),
    slip("SL41", LOOP, None, (MOVE, MOVE.replace("learning_rate * ", ""))),
    WrongWay("TR6", GARMENTS, by_heart),
    WrongWay("GA1", GARMENTS, with_a_wrong_layer),
    slip("OP1", STEPS, 1 / 3, (VELOCITY, """\
    memory["velocity"] = momentum * memory.get("velocity", 0.0) + rate * grad
    return param - memory["velocity"]
""")),
    slip("SL30", STEPS, 1 / 3, ("return param - rate * memory", "return param + rate * memory")),
    slip("SL34", STEPS, 1 / 3, ("b1, b2 = betas", "b2, b1 = betas")),
    slip("OP2", STEPS, 1 / 3, ('"velocity", 0.0) + grad', '"velocity", 0.0) + (1 - momentum) * grad')),
    slip("OP3", STEPS, 1 / 3, ("(m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + eps)", "m / (np.sqrt(s) + eps)")),
    slip("OP4", STEPS, 1 / 3, ("(np.sqrt(s / (1 - b2**t)) + eps)", "np.sqrt(s / (1 - b2**t) + eps)")),
    slip("OP5", STEPS, 2 / 3, (DECAY, "    memory"), (
        'return param - rate * memory["velocity"]',
        'return param * (1 - rate * weight_decay) - rate * memory["velocity"]',
    )),
    slip("OP7", STEPS, 1 / 3, (
        'return param - rate * memory["velocity"]',
        'return param - rate * (grad + momentum * memory["velocity"])',
    )),
    slip("OP6", STEPS, 2 / 3, (DECAY, "    memory")),
]  # fmt: skip

POSITIVE = "it is positive wherever somebody trains"
SIZE = "difference, size = (np.abs(g - s).max(), np.abs(g).max() + np.abs(s).max())"
EQUIVALENT: dict[str, dict[str, str]] = {
    CARRIED: {
        "dense_backward, conv2d, conv2d_backward = (None, None, None) → pass": "the functions stand below this line",
    },
    POOLING: {
        "largest = window.reshape(N, C, -1).argmax(axis=2) → largest = window.reshape(N, C, -2).argmax(axis=2)": (
            "NumPy takes any negative number for the rest"
        ),
    },
    DENSE: {"forward(x): without negative numbers (2)": "that of ReLU, which drops them anyway"},
    CHECK: {f"{SIZE} → {SIZE.replace('g - s', 's - g')}": "the same without its sign"},
    LOOP: {
        "sgd_step(learning_rate): without negative numbers": POSITIVE,
        "fit(learning_rate): without negative numbers": POSITIVE,
    },
    STEPS: {
        f"{function}({name}): without negative numbers": POSITIVE
        for function, names in (
            ("momentum_step", ("rate", "momentum", "weight_decay")),
            ("adam_step", ("rate", "betas", "eps", "weight_decay")),
        )
        for name in names
    },
}
EXCLUDED_FORMS = {STEPS: {"returns arrays with 32 bits": "ten digits need 64 bits"}}


# --- what is borrowed


BORROWED = {
    CARRIED: (borrowed.dense_backward, borrowed.conv2d, borrowed.conv2d_backward),
    POOLING: (borrowed.max_pool2d_backward,),
    DENSE: (borrowed.Dense, borrowed.ReLU),
    CONV: (borrowed.Conv2d, borrowed.MaxPool2d),
    NETWORK: (borrowed.softmax_loss, borrowed.Network),
    LOOP: (borrowed.sgd_step, borrowed.fit),
}


@pytest.mark.parametrize("exercise", BORROWED)
def test_what_is_borrowed_earns_nothing(exercise):
    found = judged(getattr(lab, exercise.replace("-", "_")).check, *BORROWED[exercise])
    assert found.share == 0
    assert "wants your own" in found.text


@pytest.mark.parametrize("exercise", [one for one in BORROWED if one != CARRIED])
def test_what_is_borrowed_does_what_the_exercise_asks_for(exercise, monkeypatch):
    for one in BORROWED[exercise]:
        monkeypatch.delattr(one, "is_lent_by_the_course")
    mine = getattr(lab, exercise.replace("-", "_"))
    for name in ("carried_parts", "pooling_backward", "running", "network"):
        monkeypatch.setattr(f"course_utils.labs.conv_and_pooling_homework.{name}.NOT_OWN", ("no such operator",))
    assert judged(mine.check, *BORROWED[exercise]).share == 1
    assert judged(mine.check_hidden, *BORROWED[exercise], seed=3).share == 1


def test_a_borrowed_part_loses_its_own_points_alone():
    names = dict(model())
    names["conv2d"], names["dense_backward"] = borrowed.conv2d, borrowed.dense_backward
    for exercise in (DENSE, CONV, NETWORK, CHECK, LOOP):
        exec(lesson.cells()[exercise].source, names)
    given = [names[name] for name in GIVES[CARRIED]]
    assert judged(lab.carried_parts.check, *given).share == pytest.approx(1 / 3)
    for exercise in (NETWORK, CHECK, LOOP):
        answers = [names[name] for name in GIVES[exercise]]
        assert judged(getattr(lab, exercise.replace("-", "_")).check, *answers).share == 1


@pytest.mark.parametrize("part", ["dense_backward", "conv2d", "conv2d_backward"])
def test_a_function_of_pytorchs_in_a_wrapper_is_refused(part):
    names = dict(model())
    names["inner"] = getattr(borrowed, part)
    exec(f"def {part}(*args):\n    return inner(*args)", names)
    found = judged(lab.carried_parts.check, *[names[name] for name in GIVES[CARRIED]])
    assert found.share == pytest.approx(2 / 3)


def test_a_function_that_was_read_from_another_notebook_is_told_that_grading_will_not_have_it():
    names = dict(model())
    exec(lesson.cells()[CARRIED].source, names)
    names["conv2d"].was_read_from = "05_conv_and_pooling.ipynb"
    found = judged(lab.carried_parts.check, *[names[name] for name in GIVES[CARRIED]])
    assert found.share == pytest.approx(2 / 3)
    assert "Grading sees this notebook alone" in found.text


# --- networks on garments


TOLD = {
    "a module of PyTorch's": (lambda: torch.nn.Linear(784, 10), "made of your own layers"),
    "no network": (lambda: 5, "made of your own layers"),
    "an untrained one": (lambda: untrained(), "of the test pictures right; 80 % are wanted"),
    "one score a picture": (lambda: scores_of(lambda x: x[:, 0, 0, :1]), "ten scores for each picture"),
    "a list": (lambda: scores_of(lambda x: [1.0]), "should return an array (N, 10)"),
}


class scores_of:
    def __init__(self, forward):
        self.forward, self.layers = forward, []

    def backward(self, slope):
        return slope


def untrained():
    rng = np.random.default_rng(3)
    last = borrowed.Dense(weight=rng.normal(size=(10, 784)) / 30, bias=np.zeros(10))
    return borrowed.Network([model()["Flatten"](), last])


@pytest.mark.parametrize(("make", "words"), TOLD.values(), ids=TOLD)
def test_wrong_networks_are_told(make, words):
    found = judged(lab.garments.check, make())
    assert (found.share, words in found.text) == (0, True), found.text


def test_a_network_is_left_as_it_was():
    network = untrained()
    before = copy.deepcopy(network.layers[1].params)
    judged(lab.garments.check, network)
    assert all(np.array_equal(before[name], network.layers[1].params[name]) for name in before)


def test_losses_may_be_means_over_examples():
    sizes = "[len(order[s : s + batch_size]) for s in range(0, len(x), batch_size)]"
    weighted = f"history.append(np.average(losses, weights={sizes}))"
    assert judged(lab.training_loop.check, *changed(LOOP, ("history.append(np.mean(losses))", weighted))).share == 1


def test_a_torch_convolution_inside_a_layer_is_refused():
    names = dict(model()) | {
        "conv2d": lambda *given: torch_says.forward_and_back(torch_says.conv(given[3]), given[:3])[0]
    }
    exec(lesson.cells()[CONV].source, names)
    found = judged(lab.conv_and_pool.check, names["Conv2d"], names["MaxPool2d"])
    assert found.share == 1 / 2
    assert "PyTorch's" in found.text


def test_weight_decay_is_that_of_pytorch_to_ten_digits():
    (momentum, adam) = right_answers(type(lab.optimisers))
    rng = np.random.default_rng(8)
    param, grads = rng.normal(size=5), [rng.normal(size=5) for _ in range(30)]
    for kind, step in ((optimisers.MOMENTUM, momentum), (optimisers.ADAM, adam)):
        found = optimisers.run_steps(step, param, grads, [0.05] * 30, {"weight_decay": 0.01})["param"]
        right = optimisers.torch_steps(kind, param, grads, [0.05] * 30, 0.01)
        assert np.abs(found - right).max() < 1e-10


def test_the_homework_is_worth_twelve_points_and_three_of_them_are_for_words():
    assert sum(lesson.points().values()) + 3 == 12
    assert lesson.cells()["report"].metadata.nbgrader.points == 3
    assert {one.id for one in exercises_by_lab()[lesson.lab]} == {
        *GIVES,
        GARMENTS,
        "dropout-layer",
        "batch-norm",
        "unbroadcast",
    }


# --- the table of the lesson


def trained(seed: int, layers, epochs: int, batch_size: int, rate: float) -> float:
    """Return the accuracy on the test pictures of a network that the model's own loop has trained."""
    names = dict(model())
    lesson.run("garments, _ = load_fashion()", names)
    np.random.seed(seed)
    network = names["Network"](layers(names))
    names["fit"](network, names["x_train"], names["y_train"], epochs, batch_size, rate)
    test, _ = garments.held_out()
    return float((network.forward(garments.standardised(test)).argmax(1) == test.labels).mean())


def linear(names):
    weight = np.random.normal(0, 0.03, (10, 784))
    return [names["Flatten"](), names["Dense"](weight=weight, bias=np.zeros(10))]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("epochs", "rate", "low", "high"),
    one_in(
        4, [(20, 0.02, 0.765, 0.795), (5, 0.02, 0.735, 0.775), (60, 0.02, 0.775, 0.795), (150, 0.005, 0.785, 0.7949)]
    ),
)
def test_no_linear_model_reaches_the_bar(epochs, rate, low, high):
    for seed in one_in(3, (0, 1, 2)):
        reached = trained(seed, linear, epochs, 32, rate)
        assert low <= reached <= high < garments.BAR


@pytest.mark.slow
def test_the_model_network_is_above_the_bar():
    for seed in one_in(3, (0, 1, 2)):
        names = dict(model())
        lesson.run("garments, _ = load_fashion()", names)
        source = edited(lesson.cells()[GARMENTS].source, ("np.random.seed(0)", f"np.random.seed({seed})"))
        exec(source, names)
        found = judged(lab.garments.check, names["network"])
        assert found.share == 1, found.text
        test, _ = garments.held_out()
        scores = names["network"].forward(garments.standardised(test))
        assert 0.805 < (scores.argmax(1) == test.labels).mean() < 0.825
        assert names["history"][-1] < 0.3 < names["history"][0]


# --- further: dropout and batch normalisation

TWO_MORE = {
    "dropout-layer": """
def dropout(x, p, rng, training=True):
    factors = (rng.random(x.shape) >= p) / (1 - p) if training else np.ones(x.shape)
    return x * factors, (factors, rng, p)

def dropout_backward(grad_out, memory):
    factors, rng, p = memory
    return grad_out * factors
""",
    "batch-norm": """
def batch_norm(x, scale, shift, eps=1e-5):
    mean, variance = x.mean(axis=0), x.var(axis=0)
    root = np.sqrt(variance + eps)
    hat = (x - mean) / root
    return scale * hat + shift, (x, hat, root, scale)

def batch_norm_backward(grad_out, memory):
    x, hat, root, scale = memory
    g = grad_out * scale
    grad_x = (g - g.mean(axis=0) - hat * (g * hat).mean(axis=0)) / root
    return grad_x, (grad_out * hat).sum(axis=0), grad_out.sum(axis=0)
""",
}


def of_two(code: str, exercise: str, share: float | None, *changes: tuple[str, str]) -> WrongWay:
    def answers():
        names: dict = {"np": np}
        exec(edited(TWO_MORE[exercise], *changes), names)
        return tuple(one for name, one in names.items() if name.startswith(("dropout", "batch")))

    return WrongWay(code, exercise, answers, share)


GRAD_X = "(g - g.mean(axis=0) - hat * (g * hat).mean(axis=0)) / root"
ROWS = "x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)"
DRAWS = "(rng.random(x.shape) >= p)"
WRONG_WAYS += [
    of_two("DO1", "dropout-layer", 1 / 3, (" / (1 - p) if", " * 1.0 if")),
    of_two("DO2", "dropout-layer", 1 / 3, (">= p", "< p")),
    of_two("DO3", "dropout-layer", 2 / 3, ("grad_out * factors", "grad_out")),
    of_two(
        "DO4", "dropout-layer", 1 / 3, ("grad_out * factors", "grad_out * (rng.random(grad_out.shape) >= p) / (1 - p)")
    ),
    of_two("DO5", "dropout-layer", 2 / 3, ("grad_out * factors", "grad_out * (factors > 0)")),
    of_two("DO6", "dropout-layer", 1 / 3, ("rng.random(x.shape)", "rng.random(x.shape[1:])")),
    of_two("DO7", "dropout-layer", 2 / 3, (" if training else np.ones(x.shape)", "")),
    of_two("DO8", "dropout-layer", 1 / 3, (f"{DRAWS} / (1 - p)", f"{DRAWS} / p")),
    of_two("DO9", "dropout-layer", 2 / 3, ("rng.random(x.shape)", "np.random.random(x.shape)")),
    of_two("DO9", "dropout-layer", 2 / 3, ("rng.random(x.shape)", "np.random.default_rng(4).random(x.shape)")),
    of_two(
        "BT10",
        "batch-norm",
        1 / 2,
        ("(grad_out * hat).sum(axis=0), grad_out.sum(axis=0)", "grad_out.sum(axis=0), (grad_out * hat).sum(axis=0)"),
    ),
    of_two("BT11", "batch-norm", 1 / 2, (GRAD_X, GRAD_X.replace("mean", "sum"))),
    of_two("SL30", "batch-norm", 1 / 2, (GRAD_X, GRAD_X.replace("- hat", "+ hat"))),
    of_two("BT1", "batch-norm", 1 / 2, (GRAD_X, "g / root")),
    of_two("BT2", "batch-norm", 1 / 2, (GRAD_X, "(g - g.mean(axis=0)) / root")),
    of_two("BT3", "batch-norm", None, ("x.var(axis=0)", "x.var(axis=0, ddof=1)")),
    of_two("BT4", "batch-norm", None, ("x.mean(axis=0), x.var(axis=0)", ROWS)),
    of_two("BT5", "batch-norm", None, ("np.sqrt(variance + eps)", "np.sqrt(variance) + eps")),
    of_two("BT6", "batch-norm", 1 / 2, ("g = grad_out * scale", "g = grad_out")),
    of_two(
        "BT7",
        "batch-norm",
        1 / 2,
        ("(grad_out * hat).sum(axis=0), grad_out.sum", "(grad_out * hat).mean(axis=0), grad_out.mean"),
    ),
    of_two("BT8", "batch-norm", 1 / 2, ("(grad_out * hat).sum", "(grad_out * x).sum")),
    of_two("BT9", "batch-norm", None, ("np.sqrt(variance + eps)", "(variance + eps)")),
]

OWN_MEMORY = "what is remembered is the learner's own, and meets arrays"
EXCLUDED_FORMS |= {
    exercise: dict.fromkeys(("returns arrays as tensors", "returns arrays as tensors with a gradient"), OWN_MEMORY)
    for exercise in TWO_MORE
}
DRAWN = "factors = (rng.random(x.shape) >= p) / (1 - p) if training else np.ones(x.shape)"
EQUIVALENT |= {
    "batch-norm": {"batch_norm(eps): without negative numbers": "eps is never below 0"},
    "dropout-layer": {
        "dropout(p): without negative numbers": "no probability is below 0",
        "dropout_backward(memory): without negative numbers": "no factor is below 0",
        f"{DRAWN} → {DRAWN.replace('>=', '>')}": "no number that is drawn is exactly p",
    },
}


# --- further: an engine for arrays

UNBROADCAST = """
def unbroadcast(grad, shape):
    added = grad.ndim - len(shape)
    front = tuple(range(added))
    stretched = tuple(added + axis for axis, size in enumerate(shape) if size == 1 and grad.shape[added + axis] > 1)
    return np.sum(grad, axis=front + stretched, keepdims=True).reshape(shape)
"""
WHOLE_SUM = "np.sum(grad, axis=front + stretched, keepdims=True).reshape(shape)"


def undoes(code: str, *changes: tuple[str, str]) -> WrongWay:
    def answer():
        names: dict = {"np": np}
        exec(edited(UNBROADCAST, *changes), names)
        return (names["unbroadcast"],)

    return WrongWay(code, "unbroadcast", answer)


WRONG_WAYS += [
    undoes("UB1", ("np.sum", "np.mean")),
    undoes("UB2", (WHOLE_SUM, "grad.sum(axis=front)")),
    undoes("UB3", (WHOLE_SUM, "grad.sum(axis=stretched, keepdims=True)")),
    undoes("UB4", (WHOLE_SUM, "grad.sum(axis=front + stretched)")),
    undoes("UB5", (WHOLE_SUM, "grad.sum(axis=tuple(range(len(shape), grad.ndim)))")),
    undoes(
        "UB6",
        (WHOLE_SUM, "np.take(grad[(0,) * added], [0], axis=stretched[0] - added) if stretched else grad[(0,) * added]"),
    ),
    undoes("UB7", (WHOLE_SUM, "np.full(shape, grad.sum())")),
    undoes("UB4", (" and grad.shape[added + axis] > 1", ""), (WHOLE_SUM, "grad.sum(axis=front + stretched)")),
]


def test_the_engine_for_arrays_gives_what_pytorch_gives():
    names = dict(model()) | {"lab": lab}
    for cell in ("class Tensor", "def backward(loss)", "def unbroadcast", "def two_layers"):
        lesson.run(cell, names)
    apart = unbroadcast.tensors_and_torch(*(names[one] for one in ("two_layers", "Tensor", "backward", "arrays")))
    assert set(apart) == {"x", "w1", "b1", "w2", "b2", "scale"}
    assert max(apart.values()) < 1e-12


EQUAL = "(window == window.max(axis=(2, 3), keepdims=True))"
WINDOWS = "largest = window.reshape(N, C, -1).argmax(axis=2)"
FORMULA = "difference, size = np.abs(g - s).max(), np.abs(g).max() + np.abs(s).max()"
WRONG_WAYS += [
    slip("PB3", POOLING, 1 / 2, spread(f"{EQUAL} / {EQUAL}.sum(axis=(2, 3), keepdims=True)")),
    slip("PB9", POOLING, None, (WINDOWS, WINDOWS.replace("window", "(-window)"))),
    slip("PB9", POOLING, None, (WINDOWS, WINDOWS.replace("window", "abs(window)"))),
    slip("PB9", POOLING, None, ("rows, columns = np", "columns, rows = np")),
    slip("PB10", POOLING, 1 / 2, ("stride = kernel_size if stride is None else stride", "stride = kernel_size"),
         ("np.ndindex(grad_out.shape[2:])", "np.ndindex(x.shape[2] // stride, x.shape[3] // stride)")),
    slip("PB11", POOLING, None, ("    return grad_x", "    return grad_x * x")),
    slip("GC12", CHECK, None, (FORMULA, "difference, size = (np.abs(g - s) / (np.abs(g) + np.abs(s))).max(), 1")),
    slip("GC13", CHECK, None, (FORMULA,
           "difference, size = np.linalg.norm(g - s), np.linalg.norm(g) + np.linalg.norm(s)")),
    slip("FT16", LOOP, 1 / 2, ("losses.append(loss)",
           "losses.append(softmax_loss(network.forward(x[some]), y[some])[0])")),
    slip("FT17", LOOP, 1 / 2, ("np.random.permutation(len(x))", "np.random.randint(0, len(x), len(x))")),
    slip("FT18", LOOP, 1 / 2, ("sgd_step(network, learning_rate)\n",
           "sgd_step(network, learning_rate / batch_size)\n")),
    slip("FT18", LOOP, 1 / 2, ("        history.append",
           "        learning_rate = learning_rate * 0.5\n        history.append")),
    slip("FT19", LOOP, 1 / 2, ("np.mean(losses)", "softmax_loss(network.forward(x), y)[0]")),
    slip("", LOOP, 1 / 2, ("        for start in",
           "        x[:], y[:], order = x[order], y[order], np.arange(len(x))\n        for start in")),
    slip("OP1", STEPS, 1 / 3, (VELOCITY, """\
    memory["velocity"] = rate * (momentum * memory.get("velocity", 0.0) + grad)
    return param - memory["velocity"]
""")),
    slip("OP8", STEPS, 1 / 3, ("    return param - rate * (m /",
           "    memory['m'] = m / (1 - b1**t)\n    return param - rate * (m /")),
    slip("OP9", STEPS, 2 / 3, (DECAY, "    grad = grad + rate * weight_decay * param\n    memory")),
    slip("OP10", STEPS, 1 / 3, ("b1**t", "b1 * t"), ("b2**t", "b2 * t")),
    slip("SL123", STEPS, 1 / 3, ("(1 - b2) * grad**2\n", "(1 - b2) * grad\n")),
    slip("OP11", STEPS, 2 / 3, ("(1 - b2) * grad**2\n",
           "(1 - b2) * grad**2\n    s = memory['s'] = np.maximum(s, memory.get('most', 0))\n    memory['most'] = s\n")),
    of_two("BT12", "batch-norm", 1 / 2, ("return grad_x, (grad_out * hat).sum(axis=0), grad_out.sum(axis=0)",
           "return (grad_out * hat).sum(axis=0), grad_out.sum(axis=0), grad_x")),
    of_two("BT13", "batch-norm", 1 / 2, ("(x, hat, root, scale)", "(x, scale * hat + shift, root, scale)")),
    of_two("", "dropout-layer", 1 / 3, ("    return x * factors, (f", "    x *= factors\n    return x, (f")),
]  # fmt: skip

LOSS, SLOPE = "-(log_p * one_hot).sum() / len(y)", "(np.exp(log_p) - one_hot) / len(y)"
WRONG_WAYS += [
    slip("SL134", DENSE, 1 / 2, ("return x * self.passes", "return np.clip(x, 0, 6)")),
    slip("NW11", NETWORK, 1 / 2, (LOSS, "-(np.log(np.exp(log_p) + 1e-3) * one_hot).sum() / len(y)")),
    slip("NW12", NETWORK, 1 / 2, (LOSS, f"{LOSS} / np.log(2)")),
    slip("NW13", NETWORK, 1 / 2, (LOSS, "((np.exp(log_p) - one_hot) ** 2).sum() / len(y)")),
    slip("NW14", NETWORK, 1 / 2, ("(log_p * one_hot)", "(log_p * (0.9 * one_hot + 0.1 / len(one_hot[0])))")),
    slip("NW14", NETWORK, 1 / 2, (SLOPE, "(np.exp(log_p) - 0.9 * one_hot - 0.1 / len(one_hot[0])) / len(y)")),
    slip("NW15", NETWORK, 1 / 2, ("np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
         "np.log(np.exp(shifted).sum(axis=0, keepdims=True))")),
    slip("NW16", NETWORK, 1 / 2, (SLOPE, "np.exp(log_p) * (1 - np.exp(log_p)) / len(y)")),
    slip("NW16", NETWORK, 1 / 2, (SLOPE, f"({SLOPE}) * np.exp(log_p) * (1 - np.exp(log_p))")),
    slip("NW17", NETWORK, 1 / 2, ("grad_out = layer.backward(grad_out)", "layer.backward(grad_out)")),
    slip("OW5", CARRIED, 2 / 3, ("slice(i * stride, i * stride + size[0])", "slice(i, i + size[0])")),
]  # fmt: skip


@pytest.mark.parametrize("call", ["borrowed.", "Lent.", ""])
def test_a_layer_may_call_what_is_borrowed_in_any_way(call):
    names = dict(model()) | {"borrowed": borrowed}
    exec(lesson.cells()[CARRIED].source, names)
    exec(
        "class Lent:\n    conv2d = staticmethod(borrowed.conv2d)\n"
        "    conv2d_backward = staticmethod(borrowed.conv2d_backward)\n"
        "    max_pool2d_backward = staticmethod(borrowed.max_pool2d_backward)",
        names,
    )
    source = lesson.cells()[CONV].source
    for name in ("conv2d(x", "conv2d_backward(grad", "max_pool2d_backward(grad"):
        source = source.replace(f" {name}", f" {call}{name}")
    exec(source, names)
    answers = [names[name] for name in GIVES[CONV]]
    assert judged(lab.conv_and_pool.check, *answers).share == 1
    assert judged(lab.conv_and_pool.check_hidden, *answers, seed=3).share == 1
