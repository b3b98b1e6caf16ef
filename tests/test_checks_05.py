"""Right by any way counts, wrong never does, odd input is told in a sentence, and nothing is given away."""

import io
import logging
import os
import re
import sys
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lesson import Lesson
from test_misconceptions_05 import BACKWARD, CONV, MATRIX, POOL, SETS, build, rule

from course_utils.checks import CheckFailed, Credit, NotAttempted
from course_utils.checks import conv_and_pooling as check
from course_utils.checks.conv_and_pooling import arrays, experiments, sizes
from course_utils.judging.protocol.calling import call, no_shortcuts, quiet
from course_utils.judging.variants import Dice
from course_utils.variants import conv_and_pooling as questions

lesson = Lesson("05_conv_and_pooling")

QUIETLY = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


# --- right, by any way


def padded(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def by_windows(x, weight, bias, stride=1, padding=0):
    view = np.lib.stride_tricks.sliding_window_view(padded(x, padding), weight.shape[2:], axis=(2, 3))
    return np.einsum("ncijab,kcab->nkij", view[:, :, ::stride, ::stride], weight) + bias[:, None, None]


def by_strides(x, weight, bias, stride=1, padding=0):
    x = np.ascontiguousarray(padded(x, padding))
    sizes_out = [(n - f) // stride + 1 for n, f in zip(x.shape[2:], weight.shape[2:], strict=True)]
    n, c, h, w = x.strides
    shape = (*x.shape[:2], *sizes_out, *weight.shape[2:])
    view = np.lib.stride_tricks.as_strided(x, shape, (n, c, h * stride, w * stride, h, w))
    return np.tensordot(view, weight, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2) + bias[None, :, None, None]


def by_matrix(x, weight, bias, stride=1, padding=0):
    matrix, x = lesson.solution("convolution-matrix"), padded(x, padding)
    rows, columns = (x.shape[i] - weight.shape[i] + 1 for i in (2, 3))
    out = np.zeros((len(x), len(weight), rows, columns))
    for k, c in np.ndindex(weight.shape[:2]):
        flat = x[:, c].reshape(len(x), -1) @ matrix(weight[k, c], *x.shape[2:]).T
        out[:, k] += flat.reshape(-1, rows, columns)
    return (out + bias[:, None, None])[:, :, ::stride, ::stride]


def by_columns(x, weight, bias, stride=1, padding=0):
    x, (kernels, _, height, width) = padded(x, padding), weight.shape
    tops, lefts = (range(0, n - f + 1, stride) for n, f in ((x.shape[2], height), (x.shape[3], width)))
    columns = np.stack([x[:, :, i : i + height, j : j + width].reshape(len(x), -1) for i in tops for j in lefts], 2)
    return (weight.reshape(kernels, -1) @ columns + bias[:, None]).reshape(len(x), kernels, len(tops), len(lefts))


def by_torch_views(x, weight, bias, stride=1, padding=0):
    view = torch.tensor(padded(x, padding)).unfold(2, weight.shape[2], stride).unfold(3, weight.shape[3], stride)
    return torch.einsum("ncijab,kcab->nkij", view, torch.tensor(weight)) + torch.tensor(bias)[:, None, None]


WAYS = [build("conv2d"), by_windows, by_strides, by_matrix, by_columns, by_torch_views]
GIVEN_AS = {
    "float32": lambda a: np.float32(a),
    "a list": lambda a: np.asarray(a).tolist(),
    "a tensor": lambda a: torch.tensor(np.asarray(a)),
    "a tensor with a gradient": lambda a: torch.tensor(np.asarray(a), requires_grad=True),
    "not contiguous": lambda a: np.asfortranarray(np.repeat(a, 2, axis=-1))[..., ::2],
    "read-only": lambda a: np.broadcast_to(a, np.shape(a)),
    "a tuple of arrays": lambda a: tuple(a),
}
FUNCTIONS = {"conv2d": CONV, "pool2d": POOL, "conv_as_matrix": MATRIX, "conv2d_backward": BACKWARD}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("hidden", [None, 5])
def test_a_convolution_counts_however_it_is_computed(way, hidden):
    assert check.conv2d(way, hidden=hidden) is None


@pytest.mark.parametrize("form", GIVEN_AS.values(), ids=GIVEN_AS)
@pytest.mark.parametrize("name", ["conv2d", "pool2d", "conv_as_matrix"])
def test_an_array_counts_in_any_form(name, form):
    right = build(name)
    assert getattr(check, name)(lambda *args: form(right(*args))) is None


@pytest.mark.parametrize("exercise", ["build-conv2d", "build-pool2d", "convolution-matrix", "output-size-rule"])
def test_the_lessons_own_function_counts(exercise):
    name = {"convolution-matrix": "conv_as_matrix", "output-size-rule": "output_size_rule"}.get(exercise, exercise[6:])
    assert getattr(check, name)(lesson.solution(exercise), hidden=2) is None


@pytest.mark.parametrize("number", [int, np.int64, np.uint8, np.int32, torch.tensor, np.array])
def test_a_size_counts_as_any_whole_number(number):
    right = rule(lambda n, f, s, p: number((n + 2 * p - f) // s + 1))
    assert check.output_size_rule(right) is None


MAP = [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
SAME_MAPS = [
    MAP,
    tuple(map(tuple, MAP)),
    np.array(MAP),
    np.array(MAP, dtype=np.float32),
    torch.tensor(MAP),
    np.uint8(MAP),
]
SAME_BACK = [[5, 6], (6, 5), {5, 6}, np.array([5, 6]), torch.tensor([6, 5]), [5.0, np.int64(6)]]
SAME_LETTERS = [{"a"}, ["a"], ("a",), "a", "A", frozenset("a")]


@pytest.mark.parametrize("given", SAME_MAPS, ids=lambda g: type(g).__name__)
def test_a_map_counts_as_list_tuple_array_or_tensor(given):
    answers = {"feature map": given, "products": np.array([[0, 3, 2], [4, 4, 0], [0, 2, 4]])}
    assert check.convolve_by_hand(answers, questions.hand_convolution()) == 2


@pytest.mark.parametrize("given", SAME_BACK, ids=lambda g: type(g).__name__)
def test_sizes_count_in_any_order_and_collection(given):
    answers = {"size": 5, "sizes back": given, "output padding": np.int64(1), "is a pair": " No "}
    assert check.transposed_sizes(answers, questions.stamps()) == 3


@pytest.mark.parametrize("given", SAME_LETTERS, ids=repr)
def test_letters_count_in_any_collection(given):
    assert check.shift_behaviour(lesson.solution("shift-behaviour") | {"equivariant": given}) == 2


@pytest.mark.parametrize("pair", [(27, 49), [27, 49], np.array([27, 49]), torch.tensor([27.0, 49.0])], ids=repr)
def test_a_pair_counts_in_any_form(pair):
    assert check.shift_behaviour(lesson.solution("shift-behaviour") | {"weights": pair}) == 2


@pytest.mark.parametrize(
    "kernels",
    [
        {"vertical edge": [[0, 0, 0], [5, 0, -5], [0, 0, 0]], "horizontal edge": [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]},
        {"blur": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16, "main diagonal": 9 * np.eye(3)},
        {"blur": [[0.25, 0.25, 0], [0.25, 0.25, 0], [0, 0, 0]], "main diagonal": np.eye(3) * 3 - 1},
    ],
)
def test_any_kernel_with_the_property_counts(kernels):
    assert check.design_kernels(lesson.solution("design-kernels") | kernels) == 2


# --- wrong, never


@QUIETLY
@given(st.data())
def test_one_changed_number_of_an_array_is_never_accepted(data):
    name = data.draw(st.sampled_from(["conv2d", "pool2d", "conv_as_matrix"]))
    right, change = build(name), data.draw(st.floats(0.01, 100)) * data.draw(st.sampled_from([-1, 1]))
    place = data.draw(st.integers(0, 10_000))

    def changed(*args):
        out = np.array(right(*args))
        out.flat[place % out.size] += change * max(1, abs(out).max() / 100)
        return out

    with pytest.raises(CheckFailed):
        getattr(check, name)(changed)


@QUIETLY
@given(st.data())
def test_one_changed_gradient_is_never_accepted(data):
    right, place, which = build("conv2d_backward"), data.draw(st.integers(0, 10_000)), data.draw(st.integers(0, 2))

    def changed(*args):
        out = [np.array(one) for one in right(*args)]
        out[which].flat[place % out[which].size] += data.draw(st.floats(0.1, 100))
        return out

    with pytest.raises(CheckFailed):
        check.conv2d_backward(changed)


NUMBERS = st.one_of(st.integers(-3, 2000), st.floats(), st.integers(), st.booleans())


@QUIETLY
@given(st.dictionaries(st.sampled_from("abcde"), NUMBERS), st.sampled_from(["", "ada", "eva"]))
def test_sizes_earn_points_for_right_ones_only(given, student):
    asked = questions.windows(student)
    right = {letter: questions.count_windows(q) for letter, q in asked.items()}
    mine = {k: v for k, v in given.items() if type(v) is not bool}
    answers = {k: {"size": v, "units": v * v, "leftover": questions.count_leftover(asked[k])} for k, v in mine.items()}
    wanted = sum(mine.get(letter) == right[letter] for letter in right)
    assert (check.output_sizes(answers, asked) if mine else 0) == wanted


@QUIETLY
@given(st.dictionaries(st.sampled_from(["a", "b", "c", "pooling", "dense"]), NUMBERS, min_size=1))
def test_counts_earn_points_for_right_ones_only(given):
    right = {"a": 760, "b": 140, "c": 1510, "pooling": 0, "dense": 31467520}
    try:
        credit = check.parameter_counts(given, questions.counting())
    except CheckFailed:
        assert any(type(value) is bool for value in given.values())
    else:
        assert float(credit) == pytest.approx(3 * sum(given.get(part) == right[part] for part in right) / 5)


@QUIETLY
@given(st.lists(st.integers(1, 12), min_size=1), st.integers(0, 12))
def test_going_up_earns_points_for_right_answers_only(back, size):
    credit = check.transposed_sizes({"sizes back": back, "size": size}, questions.stamps())
    assert credit == 0.75 * ((sorted(back) == [5, 6]) + (size == 5))


@QUIETLY
@given(st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=3, max_size=3))
def test_a_wrong_map_is_never_accepted(given):
    credit = check.convolve_by_hand({"feature map": given}, questions.hand_convolution())
    assert credit == (given == MAP)


@pytest.mark.parametrize("mutant", SETS, ids=lambda mutant: mutant.code)
def test_credit_of_a_wrong_set_is_below_full(mutant):
    credit = mutant.run()
    assert credit < credit.points


@pytest.mark.parametrize("kernel", [np.zeros((3, 3)), np.full((3, 3), np.nan), np.full((3, 3), np.inf), -np.eye(3)])
def test_no_exercise_accepts_a_kernel_without_its_property(kernel):
    answers = dict.fromkeys(["vertical edge", "horizontal edge", "blur", "main diagonal"], kernel)
    assert check.design_kernels(answers) == 0


# --- odd input


class AllEqual:
    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


class NoRepr:
    def __repr__(self):
        raise RuntimeError("this object cannot be shown")


ODD = {
    "text": "x",
    "bytes": b"x",
    "nothing": [],
    "ragged": [[1, 2], [3]],
    "empty dict": {},
    "dict": {"a": 1},
    "object equal to all": AllEqual(),
    "list of such": [AllEqual()],
    "object without repr": [[NoRepr()]],
    "dict with such": {"a": NoRepr()},
    "nan": float("nan"),
    "inf": -float("inf"),
    "complex": 1j,
    "bool": True,
    "mixed set": {1, "a", (2,)},
    "5,000 digits": 10**5000,
    "list of long numbers": [10**400] * 9,
    "very large": 1e200,
    "infinities": [[np.inf, -np.inf, 0]] * 3,
    "no numbers": np.zeros(0),
    "large array": np.zeros((300, 300)),
    "objects": np.array([1, None]),
    "letters": np.array(["a"]),
    "masked": np.ma.zeros((3, 3)),
    "meta tensor": torch.zeros(2, device="meta"),
    "meta number": torch.tensor(1.0, device="meta"),
    "bfloat16": torch.full((3, 3), 77.0, dtype=torch.bfloat16),
    "sparse": torch.eye(3).to_sparse(),
    "complex tensor": torch.zeros(3, 3, dtype=torch.complex64),
    "long double": np.longdouble("1e4000"),
    "time span": np.timedelta64(5, "D"),
    "date": np.datetime64("2020"),
    "type": object,
    "function": len,
    "generator": iter("ab"),
    "dots": ...,
}
SET_PARTS = {
    "convolve_by_hand": (("feature map", "products"), questions.hand_convolution()),
    "output_sizes": (tuple("abcde"), questions.windows()),
    "parameter_counts": (("a", "b", "c", "dense"), questions.counting()),
    "transposed_sizes": (("size", "sizes back", "output padding", "is a pair"), questions.stamps()),
    "design_kernels": (("vertical edge", "horizontal edge", "blur", "main diagonal"),),
    "shift_behaviour": (("equivariant", "invariant", "receptive field", "weights", "sharing"),),
    "dropout_batch_norm": (("mean in train", "mean in eval", "kept value", "parameters", "buffer numbers"),),
}


def verdict(run, capsys) -> tuple[float, str]:
    """Run a check; return the points and what the learner reads. Any other exception is an error of the check."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            credit = run()
        except (CheckFailed, NotAttempted) as refusal:
            return 0.0, refusal.message
    return float(credit) if isinstance(credit, Credit) else -1.0, capsys.readouterr().out


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", SET_PARTS)
def test_an_odd_answer_in_a_set_earns_nothing_and_is_told_in_four_lines(name, odd, capsys):
    parts, *question = SET_PARTS[name]
    tries = [odd, *({part: odd} for part in parts)]
    if name == "output_sizes":
        tries += [{part: {"size": odd, "units": odd, "other": odd}} for part in parts]
    found = [verdict(lambda answer=answer: getattr(check, name)(answer, *question), capsys) for answer in tries]
    assert [(points, text) for points, text in found if points != 0 or not 1 <= text.count("\n") + 1 <= 5] == []


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", ["conv2d", "pool2d", "conv_as_matrix", "conv2d_backward", "output_size_rule"])
def test_an_odd_result_of_a_function_is_refused(name, odd):
    for answer in (odd, lambda *args: odd, lambda *args: (odd, odd, odd)):
        with pytest.raises((CheckFailed, NotAttempted)):
            getattr(check, name)(answer)


class OwnNumber(int):
    """A number with a mind of its own."""

    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


def test_a_number_of_ones_own_making_is_refused():
    with pytest.raises(CheckFailed, match="should be a number, not an OwnNumber"):
        check.parameter_counts({"a": OwnNumber(760)}, questions.counting())


# --- calling a student's function


@pytest.mark.parametrize("name", ["conv2d", "pool2d", "conv_as_matrix", "conv2d_backward"])
def test_a_function_that_changes_its_input_is_told(name):
    right = build(name)

    def changing(*args):
        out = right(*args)
        args[0][...] = 0
        return out

    with pytest.raises(CheckFailed, match=f"^{name} changed the array that it was given"):
        getattr(check, name)(changing)


def test_the_error_names_the_students_own_line():
    names = {}
    exec(compile("def conv2d(*args):\n    return 1 / 0\n", "<ipython-input>", "exec"), names)
    with pytest.raises(CheckFailed, match="conv2d raised ZeroDivisionError: division by zero"):
        check.conv2d(names["conv2d"])


@pytest.mark.parametrize("answer", [None, lambda *args: exec("raise NotImplementedError")])
def test_a_function_that_is_not_written_is_not_attempted(answer):
    with pytest.raises(NotAttempted, match=r"write conv2d|conv2d is None"):
        check.conv2d(answer)


@pytest.mark.parametrize("leave", [SystemExit, RuntimeError, MemoryError, RecursionError])
def test_a_function_that_leaves_is_told(leave):
    def leaving(*args):
        raise leave

    with pytest.raises(CheckFailed, match=f"raised {leave.__name__}"):
        check.conv2d(leaving)


def torch_arguments(x, weight, bias, *rest):
    return *(torch.tensor(np.asarray(a)) for a in (x, weight, bias)), *rest


kept_conv2d = F.conv2d  # a name that was bound before the check began


def by_module(x, weight, bias, *rest):
    layer = torch.nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2:], *rest, dtype=torch.float64)
    return layer(torch.tensor(x))


def by_unfold(x, weight, bias, *rest):
    return F.unfold(torch.tensor(x), weight.shape[2:])


CONV_SHORTCUTS = {
    "F.conv2d": lambda *args: F.conv2d(*torch_arguments(*args)),
    "torch.conv2d": lambda *args: torch.conv2d(*torch_arguments(*args)),
    "a name of one's own": lambda *args: kept_conv2d(*torch_arguments(*args)),
    "torch.convolution": lambda x, w, b, *rest: torch.convolution(
        *torch_arguments(x, w, b), [1, 1], [0, 0], [1, 1], False, [0, 0], 1
    ),
    "torch.ops": lambda *args: torch.ops.aten.conv2d(*torch_arguments(*args)),
    "nn.Conv2d": by_module,
    "F.unfold": by_unfold,
    "F.conv3d": lambda x, w, b, *rest: F.conv3d(torch.tensor(x)[:, None], torch.tensor(w)[:, None]),
}
POOL_SHORTCUTS = {
    "F.max_pool2d": lambda x, k, *rest: F.max_pool2d(torch.tensor(x), k),
    "nn.MaxPool2d": lambda x, k, *rest: torch.nn.MaxPool2d(k)(torch.tensor(x)),
    "F.avg_pool2d": lambda x, k, *rest: F.avg_pool2d(torch.tensor(x), k),
    "adaptive": lambda x, k, *rest: F.adaptive_max_pool2d(torch.tensor(x), 2),
}


@pytest.mark.parametrize("shortcut", CONV_SHORTCUTS.values(), ids=CONV_SHORTCUTS)
def test_a_convolution_of_pytorch_is_refused(shortcut):
    with pytest.raises(CheckFailed, match=r"^conv2d calls PyTorch's \w+\. Build it yourself here"):
        check.conv2d(shortcut)


@pytest.mark.parametrize("shortcut", POOL_SHORTCUTS.values(), ids=POOL_SHORTCUTS)
def test_a_pooling_of_pytorch_is_refused(shortcut):
    with pytest.raises(CheckFailed, match=r"^pool2d calls PyTorch's \w+\. Build it yourself here"):
        check.pool2d(shortcut)


def test_pytorch_is_as_before_after_a_function_that_raised():
    before = [F.conv2d, torch.conv2d, F.max_pool2d, F.unfold, torch.nn.Conv2d.forward]
    with pytest.raises(CheckFailed):
        check.conv2d(lambda *args: 1 / 0)
    assert [F.conv2d, torch.conv2d, F.max_pool2d, F.unfold, torch.nn.Conv2d.forward] == before


def test_pytorch_works_again_after_a_shortcut_was_refused():
    with pytest.raises(CheckFailed):
        check.conv2d(CONV_SHORTCUTS["F.conv2d"])
    assert F.conv2d(torch.ones(1, 1, 3, 4), torch.ones(1, 1, 2, 2)).shape == (1, 1, 2, 3)


def test_other_functions_of_pytorch_are_allowed():
    with no_shortcuts():
        answer = call(lambda: torch.ones(2, 3).matmul(torch.ones(3, 4)).unfold(1, 2, 1), "function")
    assert answer.shape == (2, 3, 2)


def test_pytorch_is_refused_inside_the_function_only():
    with no_shortcuts("softmax"):
        torch.softmax(torch.ones(2), 0)
        with pytest.raises(CheckFailed, match="calls PyTorch's softmax"):
            call(lambda: torch.softmax(torch.ones(2), 0), "function")
    call(lambda: torch.softmax(torch.ones(2), 0), "function")


# --- silence


NOISES = {
    "print": lambda: print("here", file=sys.stderr),
    "a warning": lambda: warnings.warn("here", stacklevel=1),
    "descriptor 2": lambda: os.write(2, b"here"),
    "a program": lambda: os.system("echo here >&2"),
    "a logger": lambda: logging.getLogger("lesson").warning("here"),
}


@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_nothing_reaches_stderr(noise, capfd):
    with quiet():
        noise()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_stderr_works_again_afterwards(noise, capfd):
    with pytest.raises(ZeroDivisionError), quiet():
        1 / 0  # noqa: B018
    os.write(2, b"first ")
    print("second", file=sys.stderr)
    assert capfd.readouterr().err == "first second\n"


def test_a_stream_that_was_kept_is_silent_and_then_speaks(monkeypatch):
    class Stream(io.StringIO):
        """As the kernel's: written in Python, so that its write can be replaced."""

    stream = Stream()
    monkeypatch.setattr(sys, "stderr", stream)
    with quiet(), quiet():
        stream.write("within")
    stream.write("after")
    assert stream.getvalue() == "after"


def test_descriptors_are_given_back():
    def lowest_free():
        descriptor = os.open(os.devnull, os.O_RDONLY)
        os.close(descriptor)
        return descriptor

    before = lowest_free()
    check.output_size_rule(rule(lambda n, f, s, p: (n + 2 * p - f) // s + 1))
    assert lowest_free() == before


def test_a_program_without_stderr_can_check():
    saved = os.dup(2)
    try:
        os.close(2)
        with quiet():
            found = 1
    finally:
        os.dup2(saved, 2)
        os.close(saved)
    assert found == 1


@pytest.mark.parametrize("name", check.__all__)
def test_every_check_is_silent_throughout(name):
    function = getattr(check, name)
    is_check = callable(function) and name not in ("hint", "shift_layers")
    assert not is_check or hasattr(function, "__wrapped__")


# --- nothing is given away


def texts_of_wrong_shapes() -> dict[str, str]:
    """Return what each array check says to results of wrong shapes, with the right shape."""
    found = {}
    changes = [
        lambda a: a[..., :-1],
        lambda a: a[..., :-1, :],
        lambda a: np.pad(a, 1),
        lambda a: a[None],
        lambda a: a.reshape(-1),
        lambda a: a[:0],
    ]
    for name in ("conv2d", "pool2d", "conv_as_matrix"):
        for hidden in (None, 5):
            for number, change in enumerate(changes):
                right, shapes = build(name), []

                def changed(*args, right=right, change=change, shapes=shapes):
                    out = right(*args)
                    shapes.append(out.shape)
                    return change(out)

                with pytest.raises(CheckFailed) as failure:
                    getattr(check, name)(changed, hidden=hidden)
                found[f"{name}, change {number}, hidden {hidden}"] = (failure.value.message, shapes[-1])
    return found


WRONG_SHAPES = texts_of_wrong_shapes()


@pytest.mark.parametrize(("text", "shape"), WRONG_SHAPES.values(), ids=WRONG_SHAPES)
def test_the_right_shape_is_never_told(text, shape):
    tuples = {tuple(map(int, re.findall("[0-9]+", found))) for found in re.findall(r"\([0-9, ]+\)", text)}
    assert shape not in tuples


@pytest.mark.parametrize("text", [text for name, (text, _) in WRONG_SHAPES.items() if "hidden 5" in name])
def test_a_hidden_case_is_not_described(text):
    assert "a case drawn at grading" in text.splitlines()[0]


@pytest.mark.parametrize("text", [text for name, (text, _) in WRONG_SHAPES.items() if "hidden 5" in name])
def test_a_hidden_case_shows_no_shape(text):
    assert re.findall(r"\([0-9, ]+\)", text) == []


@pytest.mark.parametrize("name", ["conv2d", "pool2d", "conv_as_matrix"])
def test_a_hidden_case_shows_no_numbers_of_its_own(name):
    with pytest.raises(CheckFailed) as failure:
        getattr(check, name)(lambda *args: np.asarray(build(name)(*args)) + 0.123, hidden=5)
    assert re.findall("[0-9]", failure.value.message.replace("conv2d", "").replace("pool2d", "")) == []


WRONG_RULES = {
    "too large": rule(lambda n, f, s, p: 777),
    "text": rule(lambda n, f, s, p: "777"),
    "no leftover named": lambda n, f, s=1, p=0, strict=False: silent_rule(n, f, s, p, strict),
}


def silent_rule(n, f, s, p, strict):
    room = n + 2 * p - f
    if room < 0 or (strict and room % s):
        raise ValueError(f"{n}, {f}, {s}, {p}: no")
    return room // s + 1


@pytest.mark.parametrize("wrong", WRONG_RULES.values(), ids=WRONG_RULES)
def test_a_hidden_window_is_not_described(wrong):
    with pytest.raises(CheckFailed) as failure:
        check.output_size_rule(wrong, hidden=5)
    assert re.findall("[0-9]", failure.value.message) == []


def test_part_of_a_number_is_not_the_leftover():
    def rounded(n, f, s=1, p=0, strict=False):
        room = n + 2 * p - f
        if room < 0 or (strict and room % s):
            raise ValueError("112 cells are left over")
        return room // s + 1

    with pytest.raises(CheckFailed, match="should say how many cells are left over"):
        check.output_size_rule(rounded)


@pytest.mark.parametrize("letter", "abcde")
def test_a_wrong_size_is_not_corrected(letter, capsys):
    asked = questions.windows()
    check.output_sizes({letter: {"size": 77, "units": 78}}, asked)
    right = questions.count_windows(asked[letter])
    assert not {str(right), str(right**2)} & set(re.findall("[0-9]+", capsys.readouterr().out))


@pytest.mark.parametrize("part", ["a", "b", "c", "dense"])
def test_a_wrong_count_is_not_corrected(part, capsys):
    right = {"a": 760, "b": 140, "c": 1510, "dense": 31467520}[part]
    check.parameter_counts({part: 77}, questions.counting())
    assert str(right) not in capsys.readouterr().out.replace(",", "")


# --- what is right: PyTorch against slow loops


DRAWN = [questions.sample_window(Dice("test", number)) for number in range(60)]


@pytest.mark.parametrize("window", DRAWN, ids=lambda w: "-".join(map(str, w)))
def test_pytorchs_output_size_is_the_number_of_places(window):
    assert sizes.torch_output_size(*window) == questions.count_windows(window)


@pytest.mark.parametrize("number", range(30))
def test_pytorchs_transposed_size_is_the_width_of_the_stamps(number):
    window = questions.sample_stamps(Dice("test", number))
    assert sizes.torch_transposed_size(*window) == questions.count_stamped(window)


@pytest.mark.parametrize("number", range(10))
def test_pytorchs_parameter_count_is_counted_one_by_one(number):
    layer = questions.sample_layer(Dice("test", number))
    assert sizes.torch_parameter_count(layer) == questions.count_parameters(layer)


@pytest.mark.parametrize("case", arrays.CONV_CASES + arrays.HIDDEN_CONV_CASES, ids=lambda case: case.new)
def test_pytorchs_convolution_is_the_slow_one(case):
    x, weight, bias = arrays.conv_inputs(case, 5)
    right = F.conv2d(*torch_arguments(x, weight, bias), case.stride, case.padding).numpy()
    np.testing.assert_allclose(build("conv2d")(x, weight, bias, case.stride, case.padding), right, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (1, 4)])
def test_pytorchs_matrix_is_the_slow_one(shape):
    kernel = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    np.testing.assert_array_equal(arrays.torch_matrix(kernel, 5, 6), build("conv_as_matrix")(kernel, 5, 6))


def test_sliding_with_pytorch_is_sliding_with_loops():
    question = questions.hand_convolution("ada")
    np.testing.assert_array_equal(sizes.slide(*question), questions.slide(*question))


@pytest.mark.parametrize("case", arrays.BACKWARD_CASES, ids=lambda case: case.new)
def test_pytorchs_gradients_are_finite_differences(case):
    inputs = list(arrays.conv_inputs(case, 2))
    conv2d, step = build("conv2d"), 1e-5
    grad_out = np.random.default_rng(3).normal(size=conv2d(*inputs, case.stride, case.padding).shape)
    exact = arrays.torch_gradients(*inputs, torch.tensor(grad_out), case)
    for which, place in ((0, 7), (1, 3), (2, 0)):
        losses = []
        for sign in (1, -1):
            moved = [array.copy() for array in inputs]
            moved[which].flat[place] += sign * step
            losses.append((conv2d(*moved, case.stride, case.padding) * grad_out).sum())
        assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(exact[which].flatten()[place].item(), abs=1e-6)


def test_the_shift_test_says_the_same_whatever_the_seed():
    found = set()
    for seed in range(5):
        torch.manual_seed(seed)
        equivariant, invariant = experiments.shift_properties()
        found.add((*equivariant, "|", *invariant))
    assert found == {("a", "|", "c")}


def test_three_small_kernels_see_seven_pixels():
    assert experiments._torch_receptive_field() == 7


def test_a_notebook_without_gradients_is_checked_all_the_same():
    with torch.no_grad():
        assert check.conv2d_backward(build("conv2d_backward")) is None
        assert check.shift_behaviour(lesson.solution("shift-behaviour")) == 2


def test_weights_are_counted_in_units_of_channels_squared():
    assert (experiments._torch_weights(3, 3), experiments._torch_weights(7, 1)) == (27, 49)


@pytest.mark.parametrize("seed", range(3))
def test_checks_leave_the_random_state_alone(seed):
    torch.manual_seed(seed)
    before = torch.get_rng_state()
    check.dropout_batch_norm(lesson.solution("dropout-batch-norm"))
    assert torch.equal(torch.get_rng_state(), before)
