"""Lab 03: right by any way counts, wrong never does, odd input is told in a sentence, and nothing is given away."""

import contextlib
import io
import math
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lesson import Lesson
from test_misconceptions_03 import (
    ARITHMETIC,
    MUTANTS,
    RIGHT_CHOICES,
    RIGHT_SHAPES,
    build,
)

from course_utils.checks import CheckFailed, Credit, NotAttempted
from course_utils.checks import chain_rule as check
from course_utils.checks.chain_rule import engine, programs, torch_values, wrong_engines
from course_utils.checks.chain_rule.programs import SEVEN_NODES, program
from course_utils.grading import sample
from course_utils.judging.protocol import calling as running
from course_utils.judging.protocol.proxy import Proxy
from course_utils.misconceptions import get
from course_utils.variants import chain_rule as questions

lesson = Lesson("03_chain_rule")
ROOT = lesson.master.parent.parent.parent
CLASS = sample._import(lesson.master.parent / "sample_class.py")

QUIETLY = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
ENGINE_CHECKS = ["value_class", "backward_order", "value_backward", "value_functions", "more_functions"]
SEED = 11


def full(result) -> bool:
    """Tell whether a check accepted everything."""
    return result is None or (isinstance(result, Credit) and result == result.points)


def right_functions() -> tuple:
    names = build("dense_backward")
    return names["dense_backward"], names["relu_backward"]


# --- right, by any way


def engine_of(*sources: str):
    """Return the class Value that some cells bind."""
    names = {"np": np, "math": math}
    for source in (ARITHMETIC, *sources):
        exec(source, names)
    return names["Value"]


def lessons_engine():
    names = [*CLASS.ENGINE]
    return engine_of(*(lesson.cells()[name].source for name in names))


def closures():
    bela = (CLASS.CLOSURES, CLASS.ORDER_BY_COUNTING, CLASS.BACKWARD_BY_CLOSURES)
    return engine_of(*bela, CLASS.FUNCTIONS_BY_CLOSURES, CLASS.MORE_BY_CLOSURES)


def functions_from_others():
    cells = [lesson.cells()[name].source for name in (CLASS.VALUE, CLASS.BACKWARD, CLASS.MORE)]
    return engine_of(cells[0], CLASS.ORDER_BY_COUNTING, cells[1], CLASS.FUNCTIONS_FROM_OTHERS, cells[2])


def numpy_numbers():
    return build("Value", ("float(data)", "np.float64(data)"), ("0.0\n", "np.float64(0)\n"))["Value"]


WAYS = [lessons_engine, closures, functions_from_others, numpy_numbers]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", ENGINE_CHECKS)
def test_an_engine_counts_however_it_is_built(way, name):
    assert full(getattr(check, name)(way()))


@pytest.mark.parametrize("way", WAYS[:3], ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", ENGINE_CHECKS[1:])
def test_an_engine_counts_on_hidden_cases(way, name):
    assert full(getattr(check, name)(way(), hidden=SEED))


FORMS = {
    "float32": np.float32,
    "a list": lambda a: np.asarray(a).tolist(),
    "a tensor": lambda a: torch.tensor(np.asarray(a)),
    "not contiguous": lambda a: np.repeat(np.asarray(a), 2, axis=-1)[..., ::2],
    "read-only": lambda a: np.broadcast_to(a, np.shape(a)),
    "Fortran": np.asfortranarray,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_gradients_of_layers_count_in_any_form(form):
    dense, relu = right_functions()
    assert full(check.dense_backward(lambda *a: tuple(map(form, dense(*a))), lambda *a: form(relu(*a)), hidden=SEED))


@pytest.mark.parametrize("form", [FORMS[name] for name in FORMS if name != "float32"])
def test_a_numerical_gradient_counts_in_any_form(form):
    right = build("numerical_gradient")["numerical_gradient"]
    assert check.numerical_gradient(lambda *a: form(right(*a)), hidden=SEED) is None


def by_five_points(f, x, eps=1e-5):
    """A better formula than was asked for."""
    x = np.array(x, dtype=float)
    out = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        values = []
        for steps in (-2, -1, 1, 2):
            moved = x.copy()
            moved[place] += steps * eps
            values.append(f(moved))
        out[place] = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * eps)
    return out


def in_place(f, x, eps=1e-5):
    """Works on x itself where it can, and puts every number back."""
    x = x if x.dtype == float else x.astype(float)
    out = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        x[place] += eps
        above = f(x)
        x[place] -= 2 * eps
        out[place] = (above - f(x)) / (2 * eps)
        x[place] += eps
    return out


def flat(f, x, eps=1e-5):
    names = {"np": np}
    exec(CLASS.DIFFERENCES_FLAT, names)
    return names["numerical_gradient"](f, x, eps)


@pytest.mark.parametrize("way", [by_five_points, in_place, flat])
@pytest.mark.parametrize("hidden", [None, SEED])
def test_a_numerical_gradient_counts_however_it_is_computed(way, hidden):
    assert check.numerical_gradient(way, hidden=hidden) is None


@pytest.mark.parametrize("number", [int, float, np.int64, np.float32, torch.tensor, np.array])
def test_a_slope_counts_as_any_number(number):
    assert full(check.chain_slopes({"series": number(50), "parallel": number(46)}, questions.slopes()))


@pytest.mark.parametrize("form", [tuple, list, np.array])
def test_a_shape_counts_as_tuple_list_or_array(form):
    answers = {part: form(shape) for part, shape in RIGHT_SHAPES.items()}
    assert full(check.gradient_shapes(answers, questions.two_layers()))


def test_one_axis_may_be_given_as_a_number():
    assert full(check.gradient_shapes(RIGHT_SHAPES | {"db1": 8, "db2": np.int64(3)}, questions.two_layers()))


@pytest.mark.parametrize("form", [list, tuple, np.array, torch.tensor])
def test_losses_count_in_any_form(form):
    assert full(check.train_with_values({"losses": form(check.torch_training()), "difference": 0}))


def test_a_loss_after_the_last_move_may_be_given_too():
    assert full(check.train_with_values({"losses": check.torch_training(61), "difference": 1e-9}))


# --- wrong, never


@QUIETLY
@given(st.integers(-500, 500), st.integers(-500, 500), st.sampled_from(["", "ada", "eva"]))
def test_slopes_earn_points_for_right_ones_only(series, parallel, student):
    asked = questions.slopes(student)
    right = questions.series_slope(asked.series), questions.parallel_slope(asked.parallel)
    credit = check.chain_slopes({"series": series, "parallel": parallel}, asked)
    assert credit == (series == right[0]) + (parallel == right[1])


@QUIETLY
@given(st.data())
def test_one_changed_number_of_a_layers_gradient_is_never_accepted(data):
    dense, relu = right_functions()
    which, place = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 1000))
    change = data.draw(st.floats(0.01, 100)) * data.draw(st.sampled_from([-1, 1]))

    def moved(array):
        array = np.array(array)
        array.flat[place % array.size] += change
        return array

    def wrong_dense(*args):
        return [moved(one) if number == which else one for number, one in enumerate(dense(*args))]

    credit = check.dense_backward(wrong_dense, (lambda *a: moved(relu(*a))) if which == 3 else relu)
    assert credit == 2.25


@QUIETLY
@given(st.integers(0, 1000), st.floats(1e-4, 100), st.sampled_from([-1, 1]))
def test_one_changed_number_of_a_numerical_gradient_is_never_accepted(place, change, sign):
    right = build("numerical_gradient")["numerical_gradient"]

    def wrong(*args):
        out = right(*args)
        out.flat[place % out.size] += sign * change * max(1, abs(out).max())
        return out

    with pytest.raises(CheckFailed):
        check.numerical_gradient(wrong)


@QUIETLY
@given(st.sampled_from(["+ other.data", "* other.data"]), st.floats(0.001, 10), st.sampled_from("+-*"))
def test_an_engine_with_wrong_numbers_is_never_accepted(where, change, sign):
    changed = build("Value", (where, f"{where} {sign} {1 + change}"))["Value"]
    with pytest.raises(CheckFailed):
        check.value_class(changed)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("value_class", ("self.data + other.data", "self.data + other.data * 1.000001")),
        ("value_backward", ("(1.0, 1.0)", "(1.000001, 1.0)")),
        ("value_functions", ("1 - out**2", "1.000001 - out**2")),
        ("more_functions", ("1 / self.data,", "1.000001 / self.data,")),
    ],
)
def test_a_millionth_is_too_much(name, change):
    changed = build("Value", change)["Value"]
    with contextlib.suppress(CheckFailed):
        assert not full(getattr(check, name)(changed))


def test_a_right_gradient_that_leaves_x_changed_is_told():
    right = build("numerical_gradient")["numerical_gradient"]

    def careless(f, x, eps=1e-5):
        out = right(f, x, eps)
        x += eps
        return out

    with pytest.raises(CheckFailed, match=r"afterwards a number of x has moved by 0\.01") as failure:
        check.numerical_gradient(careless)
    assert failure.value.codes == ("VN2",)


@QUIETLY
@given(st.dictionaries(st.sampled_from(list(RIGHT_SHAPES)), st.lists(st.integers(1, 40), max_size=3).map(tuple)))
def test_shapes_earn_points_for_right_ones_only(given_shapes):
    credit = check.gradient_shapes(RIGHT_SHAPES | given_shapes, questions.two_layers())
    right = sum((RIGHT_SHAPES | given_shapes)[part] == shape for part, shape in RIGHT_SHAPES.items())
    assert credit == pytest.approx(2 * right / 8)


@pytest.mark.parametrize("number", [-1e-9, 1e-6, float("nan"), float("inf")])
def test_a_difference_out_of_range_is_never_accepted(number):
    assert check.train_with_values({"losses": check.torch_training(), "difference": number}) == 0.5


def test_losses_of_another_training_are_never_accepted():
    losses = np.array(check.torch_training())
    losses[30] *= 1.001
    assert check.train_with_values({"losses": losses, "difference": 0.0}) == 0.5


# --- odd input


class AllEqual:
    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


ODD = {
    "text": "x",
    "nothing": [],
    "ragged": [[1, 2], [3]],
    "dict": {"a": 1},
    "object equal to all": AllEqual(),
    "list of such": [AllEqual()],
    "nan": float("nan"),
    "complex": 1j,
    "bool": True,
    "set": {1, 2},
    "5,000 digits": 10**5000,
    "objects": np.array([1, None]),
    "meta tensor": torch.zeros(2, device="meta"),
    "type": object,
    "function": len,
    "generator": iter("ab"),
    "dots": ...,
}
SETS = {
    "chain_slopes": (("series", "parallel"), questions.slopes()),
    "gradient_shapes": (tuple(RIGHT_SHAPES), questions.two_layers()),
    "train_with_values": (("losses", "difference"),),
    "autograd_questions": (tuple(RIGHT_CHOICES),),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", SETS)
def test_an_odd_answer_in_a_set_earns_nothing_and_is_told_in_four_lines(name, odd, capsys):
    parts, *question = SETS[name]
    for answers in (odd, *({part: odd} for part in parts)):
        try:
            points = float(getattr(check, name)(answers, *question))
            text = capsys.readouterr().out
        except (CheckFailed, NotAttempted) as refusal:
            points, text = 0.0, refusal.message
        assert (points, 1 <= len(text.strip().splitlines()) <= 4) == (0, True)


@pytest.mark.parametrize("odd", [*ODD.values(), None], ids=[*ODD, "None"])
def test_an_odd_result_of_a_function_earns_nothing(odd):
    for answer in (odd, lambda *args: odd):
        with pytest.raises((CheckFailed, NotAttempted)):
            check.numerical_gradient(answer)
        with contextlib.suppress(CheckFailed, NotAttempted):
            assert check.dense_backward(answer, answer) == 0


@pytest.mark.parametrize(
    "odd", [*ODD.values(), None, int, float, dict], ids=[*ODD, "None", "int", "float", "dict class"]
)
@pytest.mark.parametrize("name", ENGINE_CHECKS)
def test_something_else_than_a_class_earns_nothing(name, odd):
    try:
        credit = getattr(check, name)(odd)
    except (CheckFailed, NotAttempted):
        return
    assert credit == 0


@pytest.mark.parametrize("name", ENGINE_CHECKS)
def test_an_engine_that_is_not_written_is_not_attempted(name):
    stub = engine_of(
        "class Value(Arithmetic):\n"
        "    def __init__(self, data, parents=(), slopes=()):\n        self.data, self.grad = float(data), 0.0\n"
        "    def undone(self, *others):\n        raise NotImplementedError\n"
        "    __add__ = __mul__ = __pow__ = backward_order = backward = undone\n"
        "    exp = tanh = relu = sin = log = sigmoid = undone\n"
    )
    with pytest.raises(NotAttempted):
        getattr(check, name)(stub)


def test_parts_that_are_not_written_are_told_apart(capsys):
    credit = check.value_functions(
        build("Value", ("        out = math.tanh(self.data)\n", "        raise NotImplementedError\n"))["Value"]
    )
    assert (float(credit), "No answer yet: tanh." in capsys.readouterr().out) == (pytest.approx(0.8), True)


def test_untouched_answers_are_not_attempted():
    for name, (parts, *question) in SETS.items():
        with pytest.raises(NotAttempted):
            getattr(check, name)(dict.fromkeys(parts), *question)


def test_a_function_that_changes_its_input_is_told(capsys):
    dense, relu = right_functions()

    def changing(dA, Z):
        out = relu(dA, Z)
        dA[:] = 0
        return out

    assert check.dense_backward(dense, changing) == 2.25
    assert "relu_backward changed the array that it was given" in capsys.readouterr().out


def test_an_error_of_the_students_is_told_with_its_line():
    names = {"Arithmetic": object}
    source = "class Value:\n    def __init__(self, data):\n        self.data = data / 0\n"
    exec(compile(source, "<ipython-input>", "exec"), names)
    with pytest.raises(CheckFailed, match="Value raised ZeroDivisionError: float division by zero"):
        check.value_class(names["Value"])


# --- hidden cases tell nothing


@pytest.mark.parametrize(
    ("check_name", "changes"),
    [
        ("value_class", [("self.data * other.data, (", "self.data * other.data * 1.5, (")]),
        ("backward_order", [("finished[::-1]", "finished")]),
        ("value_backward", [("arrived[id(parent)] +=", "arrived[id(parent)] =")]),
    ],
)
def test_a_hidden_engine_case_names_no_program(check_name, changes, capsys):
    Value = build("Value", *changes)["Value"]
    try:
        getattr(check, check_name)(Value, hidden=SEED)
        text = capsys.readouterr().out
    except CheckFailed as failure:
        text = failure.message
        assert "a case drawn at grading" in text
    told = [line for line in text.splitlines() if "v1" in line or "v3" in line]
    assert told == []


def test_a_hidden_gradient_case_shows_no_number():
    wrong = build("numerical_gradient", ("(2 * eps)", "eps"))["numerical_gradient"]
    with pytest.raises(CheckFailed) as failure:
        check.numerical_gradient(wrong, hidden=SEED)
    assert "a case drawn at grading" in failure.value.message
    assert not set("0123456789") & set(
        failure.value.message.replace(get("GR2").feedback, "").replace("factor of 2", "")
    )


def test_no_message_tells_the_right_slope_or_shape(capsys):
    check.chain_slopes({"series": 49, "parallel": 1}, questions.slopes())
    check.gradient_shapes(dict.fromkeys(RIGHT_SHAPES, (1, 1)), questions.two_layers())
    text = capsys.readouterr().out
    assert [told for told in ("50", "46", "32", "(8", "(3") if told in text] == []


# --- quiet


def test_noise_on_stderr_is_swallowed(capsys):
    dense, relu = right_functions()

    def noisy(*args):
        warnings.warn("careful", stacklevel=1)
        print("50 %", file=sys.stderr)
        return dense(*args)

    assert full(check.dense_backward(noisy, relu))
    assert capsys.readouterr().err == ""


# --- where the student's class lives elsewhere


class Far(Proxy):
    """An object elsewhere, answered here as the grading engine answers."""

    def __init__(self, target):
        self.target, self.kind, self.called = target, type(target).__name__, getattr(target, "__name__", "")
        self.callable = callable(target)

    def perform(self, name, probe, args, kwargs, refused):
        plain = (dict, list, tuple, str, int, float, bool, type(None), np.ndarray, torch.Tensor)
        assert all(isinstance(argument, plain) for argument in args)
        return running.perform(self.target, name, probe, args, kwargs, refused)


FAR = {
    "numerical_gradient": lambda: [Far(build("numerical_gradient")["numerical_gradient"])],
    "dense_backward": lambda: [Far(one) for one in right_functions()],
    **{name: (lambda: [Far(build("Value")["Value"])]) for name in ENGINE_CHECKS},
}


@pytest.mark.parametrize("name", FAR)
def test_right_answers_count_from_elsewhere(name):
    assert full(getattr(check, name)(*FAR[name](), hidden=SEED))


# --- programs, and engines that are wrong


def test_pytorch_gives_the_gradients_of_the_seven_nodes():
    assert programs.torch_all_gradients(SEVEN_NODES) == {"a": -13, "b": 5, "c": -7, "d": 3, "e": 1, "f": 1, "y": 1}


def test_an_edge_has_a_slope_for_each_place():
    edges = programs.torch_edges(program("b = a * a; y = 3 * b", a=5))
    assert [tuple(edge) for edge in edges] == [("b", "a", 5.0), ("b", "a", 5.0), ("y", "b", 3.0)]


@pytest.mark.parametrize("line", ["a + b", "a, b = c", "x.y = a"])
def test_a_line_that_names_nothing_is_refused(line):
    with pytest.raises(ValueError, match="a line gives a name to one expression"):
        program(line, a=1)


@pytest.mark.parametrize("seed", range(60))
def test_random_programs_have_moderate_numbers_and_gradients(seed):
    drawn = programs.random_program(seed)
    numbers = [*programs.torch_numbers(drawn).values(), *programs.torch_gradients(drawn).values()]
    assert max(map(abs, numbers)) < 1e6


@pytest.mark.parametrize("case", [SEVEN_NODES, engine.DIAMOND], ids=["seven nodes", "diamond"])
def test_the_test_graphs_tell_overwriting_from_the_right_way(case):
    right = programs.torch_gradients(case)
    assert not any(programs.close(one, right) for one in wrong_engines.wrong_gradients(case)["GR9"])


@pytest.mark.parametrize("code", ["GR1", "GR9", "VE1", "VE5", "VE10", "VE13"])
def test_the_diamond_gives_every_wrong_engine_away(code):
    right = programs.torch_gradients(engine.DIAMOND)
    assert not any(programs.close(one, right) for one in wrong_engines.wrong_gradients(engine.DIAMOND)[code])


# --- the rescue


@pytest.fixture
def nobody_grades(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(check, "_engine_hints", set())


def test_the_rescue_opens_after_three_hints(nobody_grades, capsys):
    for seen in range(3):
        with pytest.raises(ValueError, match=f"opens after 3 hints for the engine, you have read {seen}"):
            check.rescue()
        check.hint("value-backward")
    assert check.rescue() is torch_values.TorchValue


def test_hints_for_other_exercises_do_not_open_it(nobody_grades, capsys):
    for _ in range(4):
        check.hint("dense-backward")
    with pytest.raises(ValueError, match="you have read 0"):
        check.rescue()


def test_the_same_hint_three_times_is_one_hint(nobody_grades, capsys):
    for _ in range(3):
        check.hint("value-class", 1)
    with pytest.raises(ValueError, match="you have read 1"):
        check.rescue()


def test_at_grading_the_rescue_is_open(nobody_grades, monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert check.rescue() is torch_values.TorchValue


@pytest.mark.parametrize("name", ENGINE_CHECKS)
def test_the_rescue_earns_nothing_where_an_engine_is_asked_for(name):
    with contextlib.suppress(CheckFailed):
        assert getattr(check, name)(torch_values.TorchValue) == 0


@pytest.mark.parametrize("seed", range(10))
def test_the_rescue_gives_pytorchs_gradients(seed):
    drawn = programs.random_program(seed)
    found = engine.probe_gradients(torch_values.TorchValue, dict(drawn.inputs), list(drawn.lines), calls=2)
    right = {name: 2 * slope for name, slope in programs.torch_gradients(drawn).items()}
    assert programs.close(found["gradients"], right)


def test_the_rescue_can_be_moved_and_zeroed():
    value = torch_values.TorchValue(3)
    (value * value).backward()
    value.data -= 0.5 * value.grad
    value.grad = 0.0
    (2 * value).backward()
    assert (value.data, value.grad) == (0.0, 2.0)


def test_no_installed_file_holds_the_lessons_answers():
    """Whoever searches the package for a line of the engine finds checks and no answer."""
    package = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "course_utils").rglob("*.py")))
    answers = [lesson.cells()[name].source for name in (*CLASS.ENGINE, "dense-backward")]
    lines = {line.strip() for source in answers for line in source.splitlines() if len(line.strip()) > 25}
    lines = {line for line in lines if "###" not in line and not line.startswith(('"""', "def ", "class "))}
    assert [line for line in sorted(lines) if line in package] == []


# --- all mutants speak briefly, and the lesson's own answers are right


def test_mutants_cover_many_ways():
    assert len(MUTANTS) > 120


@pytest.mark.parametrize("exercise", ["chain-slopes", "gradient-shapes", "autograd-questions"])
def test_the_lessons_own_answers_earn_full_marks(exercise):
    answers = lesson.solution(exercise)
    more = {"chain-slopes": [questions.slopes()], "gradient-shapes": [questions.two_layers()]}.get(exercise, [])
    assert full(getattr(check, exercise.replace("-", "_"))(answers, *more))


def test_the_points_of_the_lesson_are_twenty():
    assert sum(lesson.points().values()) == 20


def test_a_check_prints_one_word_where_all_is_right():
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        check.value_class(build("Value")["Value"])
    assert out.getvalue() == "Correct.\n"
