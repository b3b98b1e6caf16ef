"""Every known wrong way is fed to its check: it gets its own code, its own question, and loses exactly its points."""

import inspect
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks import CheckFailed
from course_utils.checks import conv_and_pooling as check
from course_utils.misconceptions import conv_and_pooling as registered
from course_utils.variants import conv_and_pooling as questions

lesson = Lesson("05_conv_and_pooling")

CODES = re.findall(r'^        "([A-Z]+[0-9]+)",$', inspect.getsource(registered), re.MULTILINE)
STUDENT = "ada"  # for questions on which the lectures' own numbers do not tell two wrong ways apart


class Mutant(NamedTuple):
    """A wrong way, the check that gets it, and the points that are left (None: the check must refuse)."""

    code: str
    run: Callable
    points: float | None = None


# --- sets of answers


def rows(size: Callable) -> dict:
    """Answer the lectures' five questions with a wrong rule; units and leftover follow from what it gives."""
    given = {letter: size(*window) for letter, window in questions.windows().items()}
    answers = {letter: {"size": value, "units": value**2} for letter, value in given.items()}
    answers["d"]["leftover"] = 1
    return answers


def sizes(**changes) -> dict:
    """Answer the lectures' five questions rightly, but for some values."""
    answers = rows(lambda n, f, s, p: len(range(0, n + 2 * p - f + 1, s)))
    for place, value in changes.items():
        letter, key = place.split("_")
        answers[letter][key] = value
    return answers


WRONG_SIZES = {
    "SZ1": (lambda n, f, s, p: (n - f + 2 * p) // s, 0),
    "SZ2": (lambda n, f, s, p: (n - f + p) // s + 1, 3),
    "SZ3": (lambda n, f, s, p: n - f + 2 * p + 1, 3),
    "SZ4": (lambda n, f, s, p: -(-(n - f + 2 * p) // s) + 1, 4),
    "SZ5": (lambda n, f, s, p: (n - f + 2 * p + 1) // s, 3),
    "SZ6": (lambda n, f, s, p: (n - f) // s + 1, 3),
    "SZ7": (lambda n, f, s, p: (n + 2 * p) // s, 2),
    "SZ8": (lambda n, f, s, p: n, 2),
    "SZ9": (lambda n, f, s, p: round((n - f + 2 * p) / s + 1, 2), 4),
}


def size_set(answers: dict) -> Callable:
    return lambda: check.output_sizes(answers, questions.windows())


def counts(count: Callable | None = None, **changes) -> Callable:
    """Count the lectures' layers, rightly or by a wrong rule."""
    count = count or (lambda c, k, f, places: k * (c * f * f + 1))
    answers = {letter: count(*layer) for letter, layer in questions.counting().layers.items()}
    answers |= {"pooling": 0, "dense": 3072 * 10240 + 10240} | changes
    return lambda: check.parameter_counts(answers, questions.counting())


WRONG_COUNTS = {
    "PC1": lambda c, k, f, places: f * f * c * k,
    "PC2": lambda c, k, f, places: f * f * c * k + 1,
    "PC3": lambda c, k, f, places: (f * f + 1) * k,
    "PC4": lambda c, k, f, places: f * f * c * k + c,
    "PC6": lambda c, k, f, places: (f * c + 1) * k,
    "PC7": lambda c, k, f, places: f * f * c + 1,
    "PC8": lambda c, k, f, places: (f * f * c + 1) * k * places,
}


def up(**changes) -> Callable:
    """Answer the lectures' transposed convolution rightly, but for some values."""
    answers = {"size": 5, "sizes back": [5, 6], "output padding": 1, "is a pair": "no"}
    answers |= {key.replace("_", " "): value for key, value in changes.items()}
    return lambda: check.transposed_sizes(answers, questions.stamps())


def up_wrongly(size: Callable) -> Callable:
    """Answer a student's transposed convolution rightly, but for the size."""
    question = questions.stamps(STUDENT)
    back = questions.sizes_back(question)
    answers = {
        "size": size(*question),
        "sizes back": back,
        "output padding": max(back) - questions.count_stamped(question),
        "is a pair": "no",
    }
    return lambda: check.transposed_sizes(answers, question)


WRONG_STAMPS = {
    "TC1": lambda n, f, s, p: (n + 2 * p - f) // s + 1,
    "TC2": lambda n, f, s, p: (n - 1) * s + f + 2 * p,
    "TC3": lambda n, f, s, p: n * s,
    "TC4": lambda n, f, s, p: n * s + f - 2 * p,
    "TC5": lambda n, f, s, p: (n - 1) * s + f,
}


def by_hand(make: Callable) -> Callable:
    """Answer a student's convolution by hand with a wrong map and the right products."""
    question = questions.hand_convolution(STUDENT)
    answers = {
        "feature map": make(np.array(question.image), np.array(question.kernel)),
        "products": [[0, 3, 2], [4, 4, 0], [0, 2, 4]],
    }
    return lambda: check.convolve_by_hand(answers, question)


def products(make: Callable) -> Callable:
    """Answer with the right map and wrong products."""
    answers = {
        "feature map": questions.slide(questions.LECTURE_IMAGE, questions.LECTURE_KERNEL),
        "products": make(np.array(check.FIGURE_IMAGE), np.array(check.FIGURE_KERNEL)),
    }
    return lambda: check.convolve_by_hand(answers, questions.hand_convolution())


def loops(image, kernel, stride=1, padding=0):
    """Slide a kernel over one picture, with loops."""
    image = np.pad(image, padding)
    places = range(0, image.shape[0] - 2, stride)
    return [[int((image[i : i + 3, j : j + 3] * kernel).sum()) for j in places] for i in places]


def kernels(**changes) -> Callable:
    """Give four good kernels, but for some."""
    answers = lesson.solution("design-kernels") | {key.replace("_", " "): value for key, value in changes.items()}
    return lambda: check.design_kernels(answers)


def shifts(**changes) -> Callable:
    answers = lesson.solution("shift-behaviour") | {key.replace("_", " "): value for key, value in changes.items()}
    return lambda: check.shift_behaviour(answers)


def modes(**changes) -> Callable:
    answers = lesson.solution("dropout-batch-norm") | {key.replace("_", " "): value for key, value in changes.items()}
    return lambda: check.dropout_batch_norm(answers)


SETS = [
    *(Mutant(code, size_set(rows(rule)), points) for code, (rule, points) in WRONG_SIZES.items()),
    Mutant("SZ11", size_set(sizes(a_units=5)), 4),
    Mutant("SZ12", size_set(sizes(a_units=10, b_units=6)), 3),
    Mutant("SZ13", size_set(sizes(d_leftover=2)), 4),
    Mutant("SZ13", size_set(sizes(d_leftover=0.33)), 4),
    *(Mutant(code, counts(rule), 1.2) for code, rule in WRONG_COUNTS.items()),
    Mutant("PC9", counts(pooling=4), 2.4),
    Mutant("PC9", counts(pooling=40), 2.4),
    Mutant("PC11", counts(dense=3072 * 10240), 2.4),
    Mutant("PC12", counts(dense=760), 2.4),
    *(Mutant(code, up_wrongly(rule), 2.25) for code, rule in WRONG_STAMPS.items()),
    Mutant("TC6", up(sizes_back=[5]), 2.25),
    Mutant("TC6", up(sizes_back=6), 2.25),
    Mutant("TC7", up(is_a_pair="yes"), 2.25),
    Mutant("CV1", by_hand(lambda image, kernel: loops(image, kernel[::-1, ::-1])), 1),
    Mutant("CV7", by_hand(lambda image, kernel: loops(image, kernel.T)), 1),
    Mutant("DS6", by_hand(lambda image, kernel: np.array(loops(image, kernel)).T.tolist()), 1),
    Mutant("CV9", by_hand(lambda image, kernel: loops(image, kernel, stride=3)), 1),
    Mutant("CV9", by_hand(lambda image, kernel: loops(image, kernel, stride=3, padding=2)), 1),
    Mutant("CV10", by_hand(lambda image, kernel: loops(image, kernel, padding=1)), 1),
    Mutant("CV10", by_hand(lambda image, kernel: np.pad(loops(image, kernel), 1).tolist()), 1),
    Mutant("CV11", by_hand(lambda image, kernel: (image[:3, :3] * kernel).tolist()), 1),
    Mutant("CV12", products(lambda image, kernel: image[:3, :3] * kernel), 1),
    Mutant("CV12", products(lambda image, kernel: image[2:, 1:4] * kernel), 1),
    Mutant("CV1", products(lambda image, kernel: image[1:4, 2:] * kernel[::-1, ::-1]), 1),
    Mutant("KD1", kernels(vertical_edge=[[-1, -1, -1], [0, 0, 0], [1, 1, 1]]), 1.5),
    Mutant("KD1", kernels(horizontal_edge=[[0, 0, 0], [-2, 0, 2], [0, 0, 0]]), 1.5),
    Mutant("KD2", kernels(blur=np.ones((3, 3))), 1.5),
    Mutant("KD3", kernels(main_diagonal=[[0, 0, 1], [0, 1, 0], [1, 0, 0]]), 1.5),
    Mutant("KD4", kernels(blur=[[0, 0, 0], [0, 1, 0], [0, 0, 0]]), 1.5),
    Mutant("KD5", kernels(vertical_edge=[[1, 1, 1], [1, 1, 1], [1, 1, 1]]), 1.5),
    Mutant("KD5", kernels(horizontal_edge=[[0, 0, 0], [0, 0, 0], [1, 1, 1]]), 1.5),
    Mutant("SH1", shifts(equivariant={"c"}, invariant={"a"}), 1.2),
    Mutant("SH2", shifts(equivariant={"a", "b"}), 1.6),
    Mutant("SH3", shifts(receptive_field=9), 1.6),
    Mutant("DB1", modes(mean_in_train=0.5), 0.8),
    Mutant("DB1", modes(kept_value=1), 0.8),
    Mutant("DB2", modes(mean_in_eval=0.5), 0.8),
    Mutant("PC10", modes(parameters=65), 0.8),
    Mutant("PC10", modes(parameters=64), 0.8),
]


# --- functions: right ones with one line changed

CONV = """
def conv2d(x, weight, bias, stride=1, padding=0):
    N, C, H, W = x.shape
    K, _, FH, FW = weight.shape
    OH, OW = (H + 2 * padding - FH) // stride + 1, (W + 2 * padding - FW) // stride + 1
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    out = np.zeros((N, K, OH, OW))
    for n, k, i, j in np.ndindex(out.shape):
        total = bias[k]
        for c, a, b in np.ndindex(C, FH, FW):
            total += x[n, c, i * stride + a, j * stride + b] * weight[k, c, a, b]
        out[n, k, i, j] = total
    return out
"""
POOL = """
def pool2d(x, kernel_size, stride=None, mode="max"):
    stride = stride or kernel_size
    N, C, H, W = x.shape
    OH, OW = (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1
    out = np.zeros((N, C, OH, OW))
    for n, c, i, j in np.ndindex(out.shape):
        rows, columns = range(i * stride, i * stride + kernel_size), range(j * stride, j * stride + kernel_size)
        best, total = -np.inf, 0.0
        for row in rows:
            for column in columns:
                if row < H and column < W:
                    best = max(best, x[n, c, row, column])
                    total += x[n, c, row, column]
        out[n, c, i, j] = best if mode == "max" else total / kernel_size**2
    return out
"""
MATRIX = """
def conv_as_matrix(kernel, height, width):
    FH, FW = kernel.shape
    OH, OW = height - FH + 1, width - FW + 1
    matrix = np.zeros((OH * OW, height * width))
    for i, j, a, b in np.ndindex(OH, OW, FH, FW):
        matrix[i * OW + j, (i + a) * width + j + b] = kernel[a, b]
    return matrix
"""
BACKWARD = """
def conv2d_backward(grad_out, x, weight, stride=1, padding=0):
    N, K, OH, OW = grad_out.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    grad_x, grad_weight, grad_bias = np.zeros(x.shape), np.zeros(weight.shape), np.zeros(K)
    for n, k, i, j in np.ndindex(grad_out.shape):
        top, left, g = i * stride, j * stride, grad_out[n, k, i, j]
        grad_bias[k] += g
        for c, a, b in np.ndindex(weight.shape[1:]):
            grad_x[n, c, top + a, left + b] += g * weight[k, c, a, b]
            grad_weight[k, c, a, b] += g * x[n, c, top + a, left + b]
    inside = slice(padding, x.shape[2] - padding), slice(padding, x.shape[3] - padding)
    return grad_x[:, :, *inside], grad_weight, grad_bias
"""
SOURCES = {"conv2d": CONV, "pool2d": POOL, "conv_as_matrix": MATRIX, "conv2d_backward": BACKWARD}


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Return the function called ``name`` with some of its text replaced."""
    source = SOURCES[name]
    for old, new in changes:
        assert old in source, f"{old!r} is not in {name}"
        source = source.replace(old, new)
    names = {"np": np}
    exec(source, names)
    return names[name]


def mutant(code: str, name: str, *changes: tuple[str, str], hidden: int | None = None) -> Mutant:
    """Change a right function and feed it to its check; hidden cases too where only they tell."""
    return Mutant(code, lambda: getattr(check, name)(build(name, *changes), hidden=hidden))


def rule(size: Callable) -> Callable:
    """Write a size rule that refuses where it should, but counts in a wrong way."""

    def conv_output_size(size_, kernel_size, stride=1, padding=0, strict=False):
        room = size_ + 2 * padding - kernel_size
        if room < 0 or (strict and room % stride):
            raise ValueError(f"{room % stride} cells are left over")
        return size(size_, kernel_size, stride, padding)

    return conv_output_size


ONE_SIDE = ("(padding, padding), (padding, padding)", "(padding, 0), (padding, 0)")
OTHER_SIDE = ("(padding, padding), (padding, padding)", "(0, padding), (0, padding)")
SHORTER = ("2 * padding", "padding")
ALL_CHANNELS = ("x[n, c, row, column]", "x[n, :, row, column].max()")

FUNCTIONS = [
    *(Mutant(code, lambda f=f: check.output_size_rule(rule(f))) for code, (f, _) in WRONG_SIZES.items()),
    *(Mutant(code, lambda f=f: check.output_size_rule(rule(f), hidden=3)) for code, (f, _) in WRONG_SIZES.items()),
    Mutant("TY1", lambda: check.output_size_rule(rule(lambda n, f, s, p: float((n - f + 2 * p) // s + 1)))),
    Mutant("TY1", lambda: check.output_size_rule(rule(lambda n, f, s, p: np.floor((n - f + 2 * p) / s + 1)))),
    mutant("CV1", "conv2d", ("weight[k, c, a, b]", "weight[k, c, FH - 1 - a, FW - 1 - b]")),
    mutant("CV7", "conv2d", ("weight[k, c, a, b]", "weight[k, c, b, a]")),
    mutant("CV2", "conv2d", ("np.ndindex(C, FH, FW)", "np.ndindex(1, FH, FW)")),
    mutant("CV2", "conv2d", ("x[n, c, i", "x[n, C - 1, i"), ("weight[k, c,", "weight[k, C - 1,"), ("(C, FH", "(1, FH")),
    mutant(
        "CV2",
        "conv2d",
        ("np.zeros((N, K, OH, OW))", "np.zeros((N, K, C, OH, OW))"),
        ("for n, k, i, j", "for n, k, c, i, j"),
        ("for c, a, b in np.ndindex(C, FH, FW)", "for a, b in np.ndindex(FH, FW)"),
        ("out[n, k, i, j]", "out[n, k, c, i, j]"),
        ("return out", "return out if C > 1 else out[:, :, 0]"),
    ),
    mutant("CV3", "conv2d", ("total = bias[k]", "total = 0.0")),
    mutant("CV3", "conv2d", ("total = bias[k]", "total = C * bias[k]")),
    mutant("CV3", "conv2d", ("total = bias[k]", "total = bias[0]")),
    mutant("CV4", "conv2d", ("i * stride", "i"), ("j * stride", "j")),
    mutant("CV5", "conv2d", ("(padding, padding)))", "(padding, padding)), mode='edge')")),
    mutant("CV5", "conv2d", ("(padding, padding)))", "(padding, padding)), mode='reflect')")),
    mutant("CV8", "conv2d", ONE_SIDE, SHORTER),
    mutant("CV8", "conv2d", OTHER_SIDE, SHORTER),
    mutant("SZ1", "conv2d", ("// stride + 1", "// stride")),
    mutant("SZ3", "conv2d", ("// stride + 1", "+ 1"), ("* stride", "")),
    mutant("SZ6", "conv2d", ("N, C, H, W = x.shape", "N, C, H, W = x.shape; padding = 0")),
    mutant("SZ10", "conv2d", ("return out", "return out.transpose(1, 0, 2, 3)")),
    mutant("DS2", "conv2d", ("return out", "return out[0]")),
    mutant("DS2", "conv2d", ("return out", "return out.squeeze(0) if N == 1 else out")),
    mutant("DS5", "conv2d", ("return out", "return out.transpose(0, 2, 3, 1)")),
    mutant("DS6", "conv2d", ("return out", "return out.transpose(0, 1, 3, 2)")),
    mutant("CV6", "pool2d", ("-np.inf", "0.0")),
    mutant("PL1", "pool2d", ('mode == "max"', 'mode == "avg"')),
    mutant("PL2", "pool2d", ("stride or kernel_size", "stride or 1")),
    mutant("PL3", "pool2d", ALL_CHANNELS),
    mutant("PL3", "pool2d", ALL_CHANNELS, ("return out", "return out[:, :1]")),
    mutant("PL3", "pool2d", ALL_CHANNELS, ("return out", "return out[:, 0] if C > 1 else out")),
    mutant("PL4", "pool2d", ("total / kernel_size**2", "total")),
    mutant("PL5", "pool2d", ("- kernel_size) // stride", "- kernel_size + stride - 1) // stride"), hidden=3),
    mutant("SZ1", "pool2d", ("// stride + 1", "// stride")),
    mutant("DS2", "pool2d", ("return out", "return out[0]")),
    mutant("DS5", "pool2d", ("return out", "return out.transpose(0, 2, 3, 1)")),
    mutant("DS6", "pool2d", ("return out", "return out.transpose(0, 1, 3, 2)")),
    mutant("MX1", "conv_as_matrix", ("return matrix", "return matrix.T")),
    mutant("MX2", "conv_as_matrix", ("(i + a) * width + j + b", "(j + b) * height + i + a")),
    mutant("MX2", "conv_as_matrix", ("i * OW + j", "j * OH + i")),
    mutant(
        "MX2", "conv_as_matrix", ("i * OW + j", "j * OH + i"), ("(i + a) * width + j + b", "(j + b) * height + i + a")
    ),
    mutant("MX3", "conv_as_matrix", ("(i + a) * width + j + b", "i * width + j + a * FW + b")),
    mutant("CV1", "conv_as_matrix", ("kernel[a, b]", "kernel[FH - 1 - a, FW - 1 - b]")),
    mutant("CV7", "conv_as_matrix", ("kernel[a, b]", "kernel[b, a]")),
    mutant("GR1", "conv2d_backward", ("return grad_x[:, :, *inside]", "return -grad_x[:, :, *inside]")),
    mutant("GR1", "conv2d_backward", ("grad_weight[k, c, a, b] += g", "grad_weight[k, c, a, b] -= g")),
    mutant("GR2", "conv2d_backward", ("+= g * x", "+= 2 * g * x")),
    mutant("GR2", "conv2d_backward", ("+= g * weight", "+= g / 2 * weight")),
    mutant("GR3", "conv2d_backward", ("grad_out[n, k, i, j]", "grad_out[n, k, i, j] / N")),
    mutant("GR4", "conv2d_backward", ("grad_weight, grad_bias\n", "grad_weight.transpose(0, 1, 3, 2), grad_bias\n")),
    mutant("GR4", "conv2d_backward", ("grad_weight, grad_bias\n", "grad_weight.swapaxes(0, 1), grad_bias\n")),
    mutant("GR5", "conv2d_backward", ("grad_weight, grad_bias\n", "grad_weight, grad_out.sum(axis=(2, 3))\n")),
    mutant("GR5", "conv2d_backward", ("grad_weight, grad_bias\n", "grad_weight, grad_out.sum(axis=0)\n")),
    mutant("GR5", "conv2d_backward", ("grad_weight, grad_bias\n", "grad_weight, grad_out\n")),
    mutant("CV1", "conv2d_backward", ("* weight[k, c, a, b]", "* weight[k, c, -1 - a, -1 - b]")),
    mutant("CV1", "conv2d_backward", ("grad_weight[k, c, a, b]", "grad_weight[k, c, -1 - a, -1 - b]")),
]


def called(mutants: list[Mutant]) -> list[str]:
    """Name each mutant by its code and a running number."""
    return [f"{mutant.code}-{number}" for number, mutant in enumerate(mutants)]


def printed_and_codes(mutant: Mutant, capsys) -> tuple[str, tuple[str, ...]]:
    """Run a mutant and return what the learner reads and the codes."""
    if mutant.points is None:
        with pytest.raises(CheckFailed) as failure:
            mutant.run()
        return failure.value.message, failure.value.codes
    credit = mutant.run()
    return capsys.readouterr().out, credit.codes


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("hidden", [None, 3])
def test_a_function_without_its_mutation_is_right(name, hidden):
    assert getattr(check, name)(build(name), hidden=hidden) is None


@pytest.mark.parametrize("mutant", SETS + FUNCTIONS, ids=called(SETS + FUNCTIONS))
def test_a_wrong_way_gets_its_own_code_alone(mutant, capsys):
    assert printed_and_codes(mutant, capsys)[1] == (mutant.code,)


@pytest.mark.parametrize("mutant", SETS + FUNCTIONS, ids=called(SETS + FUNCTIONS))
def test_a_wrong_way_gets_its_own_question(mutant, capsys):
    assert misconceptions.get(mutant.code).feedback in printed_and_codes(mutant, capsys)[0]


@pytest.mark.parametrize("mutant", SETS + FUNCTIONS, ids=called(SETS + FUNCTIONS))
def test_a_check_says_at_most_four_lines(mutant, capsys):
    assert 2 <= len(printed_and_codes(mutant, capsys)[0].strip().splitlines()) <= 4


@pytest.mark.parametrize("mutant", SETS, ids=called(SETS))
def test_a_wrong_way_loses_exactly_its_points(mutant):
    assert float(mutant.run()) == pytest.approx(mutant.points, abs=1e-12)


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_mutant(code):
    assert code in {mutant.code for mutant in SETS + FUNCTIONS}


# --- the registry


def test_codes_are_read_from_the_registry():
    assert set(CODES) <= set(misconceptions.all_codes())


def test_codes_are_unique():
    assert len(set(CODES)) == len(CODES) > 60


def test_a_taken_code_is_refused():
    with pytest.raises(ValueError, match="SZ1 is the code of another misconception: counted the steps"):
        misconceptions.register(misconceptions.Misconception("SZ1", "", "", ""))


@pytest.mark.parametrize("code", CODES)
def test_feedback_asks(code):
    assert "?" in misconceptions.get(code).feedback


@pytest.mark.parametrize("code", CODES)
def test_the_section_to_read_again_exists(code):
    assert misconceptions.get(code).section in lesson.headings()


RIGHT_NUMBERS = {
    "SZ": {"5", "25", "3", "9", "7", "49", "2", "4", "32", "1024"},
    "PC": {"760", "140", "1510", "0", "31467520", "32", "33"},
    "TC": {"5", "6"},
    "SH": {"7", "27", "49"},
    "DB": {"1", "2"},
}


@pytest.mark.parametrize("code", [code for code in CODES if code.rstrip("0123456789") in RIGHT_NUMBERS])
def test_feedback_never_tells_a_right_number(code):
    told = set(re.findall("[0-9]+", misconceptions.get(code).feedback.replace(",", "").replace("3×3", "")))
    assert told & RIGHT_NUMBERS[code.rstrip("0123456789")] == set()


# --- several wrong ways, the same answers


def practice_question(text: str):
    """Return the practice question that a check's output offers."""
    from course_utils.practice import TOPICS, practice

    topic, number = re.search(r'practice\("([a-z-]+)", ([0-9]+)\)', text).groups()
    return TOPICS[topic], practice(topic, int(number)).numbers


SAME_ANSWERS = {
    "sizes": (("SZ1", "SZ5"), size_set(sizes(b_size=2, b_units=4))),
    "counts": (("PC3", "PC6"), counts(b=50)),
    "transposed": (("TC4", "TC5"), up(size=7)),
}


@pytest.mark.parametrize(("codes", "run"), SAME_ANSWERS.values(), ids=SAME_ANSWERS)
def test_wrong_ways_with_the_same_answers_are_all_named(codes, run, capsys):
    credit, text = run(), capsys.readouterr().out
    assert (credit.codes, [c for c in codes if misconceptions.get(c).name not in text]) == (codes, [])


@pytest.mark.parametrize(("codes", "run"), SAME_ANSWERS.values(), ids=SAME_ANSWERS)
def test_practice_is_offered_that_tells_them_apart(codes, run, capsys):
    run()
    topic, question = practice_question(capsys.readouterr().out)
    ways = topic.ways(question)
    assert len({ways[code] for code in codes} - {None}) == len(codes)


@pytest.mark.parametrize(("codes", "run"), SAME_ANSWERS.values(), ids=SAME_ANSWERS)
def test_naming_several_takes_at_most_four_lines(codes, run, capsys):
    run()
    assert len(capsys.readouterr().out.splitlines()) <= 4


def test_slips_of_different_kinds_are_all_counted(capsys):
    assert size_set(sizes(c_size=5, c_units=25, d_size=5, d_units=25))().codes == ("SZ6", "SZ3")


def test_an_unknown_wrong_way_gets_no_code():
    assert size_set(rows(lambda n, f, s, p: 100))().codes == ()
