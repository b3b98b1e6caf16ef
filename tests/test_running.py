"""Reaching a student's objects: beside them, elsewhere, and in the words of a lab."""

import numpy as np
import pytest
import torch

from course_utils import misconceptions
from course_utils.judging.protocol import calling as running
from course_utils.judging.protocol.proxy import Proxy
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted
from course_utils.misconceptions import Misconception


class Far(Proxy):
    """An object elsewhere, whose `perform` is answered here, as the grading engine answers it."""

    def __init__(self, target, outcome=None):
        self.target, self.outcome, self.asked = target, outcome, []
        self.kind, self.called = type(target).__name__, getattr(target, "__name__", "")
        self.callable = callable(target)

    def perform(self, name, probe, args, kwargs, refused):
        """Answer as told, or run it."""
        self.asked.append((name, probe, refused))
        return self.outcome or running.perform(self.target, name, probe, args, kwargs, refused)


def double(x):
    return 2 * x


def leave_alone(x):
    return x


def write_into(x):
    x[...] = 0
    return x


def raise_value_error(x):
    raise ValueError("seven cells are left")


def not_written(x):
    raise NotImplementedError


def length_of(target, extra=0):
    """Probe: return a length, and more."""
    return len(target) + extra


def not_yet(target):
    """Probe: find nothing done."""
    raise NotAttempted("write it")


def not_right(target):
    """Probe: find a fault."""
    raise CheckFailed("That is not right.", ("SZ1",))


@pytest.fixture(autouse=True)
def probes_of_this_file_count(monkeypatch):
    here = {name: value for name, value in globals().items() if callable(value)}
    monkeypatch.setattr(running, "_find_probe", lambda where: here[where.partition(":")[2]])


@pytest.fixture(params=["here", "elsewhere"])
def place(request):
    return (lambda target: target) if request.param == "here" else Far


# --- call


def test_an_answer_is_returned(place):
    assert running.call(place(double), "double", 21) == 42


def test_arguments_are_copies(place):
    x = np.ones(3)
    with pytest.raises(CheckFailed, match="changed the array"):
        running.call(place(write_into), "write_into", x)
    assert x.sum() == 3


def test_a_tensor_that_was_changed_is_noticed(place):
    with pytest.raises(CheckFailed, match="changed the array"):
        running.call(place(write_into), "write_into", torch.ones(3))


def test_an_error_becomes_a_sentence(place):
    with pytest.raises(CheckFailed, match="raise_value_error raised ValueError: seven cells are left"):
        running.call(place(raise_value_error), "raise_value_error", 1)


def test_what_is_not_written_is_not_attempted(place):
    with pytest.raises(NotAttempted, match="write not_written"):
        running.call(place(not_written), "not_written", 1)


def test_none_is_asked_for_its_return_statement(place):
    with pytest.raises(CheckFailed, match="return statement"):
        running.call(place(lambda x: None), "f", 1)


def test_what_cannot_be_called_is_told(place):
    with pytest.raises(CheckFailed, match="should be a function"):
        running.call(place([1, 2]), "f", 1)


def test_shortcuts_are_refused(place):
    def convolve(x):
        return torch.nn.functional.conv2d(x, x)

    with running.no_shortcuts(), pytest.raises(CheckFailed, match="calls PyTorch's conv2d"):
        running.call(place(convolve), "convolve", torch.ones(1, 1, 2, 2))


def test_other_words_are_refused_when_named(place):
    def activate(x):
        return torch.relu(x)

    with running.no_shortcuts("relu"), pytest.raises(CheckFailed, match="calls PyTorch's relu"):
        running.call(place(activate), "activate", torch.ones(2))
    assert running.call(place(activate), "activate", torch.ones(2)).sum() == 2


# --- ask


def test_a_probe_runs_on_the_object(place):
    assert running.ask(length_of, place([1, 2, 3]), 10) == 13


def test_a_probe_may_find_nothing_done(place):
    with pytest.raises(NotAttempted, match="write it"):
        running.ask(not_yet, place([]))


def test_a_probe_may_find_a_fault(place):
    with pytest.raises(CheckFailed, match="That is not right"):
        running.ask(not_right, place([]))


def test_what_a_student_object_raises_inside_a_probe_becomes_a_sentence(place):
    class Shy:
        def __len__(self):
            raise KeyError("nobody home")

    with pytest.raises(CheckFailed, match="raised KeyError"):
        running.ask(length_of, place(Shy()))


def test_only_functions_of_the_checks_are_probes(monkeypatch):
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"function of course_utils"):
        running._find_probe("os:system")


# --- what comes from elsewhere is not trusted


@pytest.mark.parametrize("changed", [None, 1, "no", True, 0])
def test_unchanged_means_false_and_nothing_else(changed):
    with pytest.raises(CheckFailed, match="changed the array"):
        running.call(Far(double, {"answer": 42, "changed": changed}), "double", 21)


def test_an_outcome_without_an_answer_is_none():
    with pytest.raises(CheckFailed, match="returned None"):
        running.call(Far(double, {"changed": False}), "double", 21)


def test_the_refused_words_travel():
    far = Far(double)
    with running.no_shortcuts("tanh"):
        running.call(far, "double", 1)
    running.call(far, "double", 1)
    assert [refused for _, _, refused in far.asked] == [("tanh",), ()]


# --- the words of a lab


@pytest.fixture
def lonely_code(monkeypatch):
    monkeypatch.setattr(misconceptions, "_REGISTRY", dict(misconceptions._REGISTRY))
    monkeypatch.setattr(misconceptions, "_IN_LAB", dict(misconceptions._IN_LAB))
    misconceptions.register(Misconception("ZZ9", "a name", "Did you count twice?", "Somewhere"))
    return "ZZ9"


def test_a_code_has_the_words_it_was_registered_with(lonely_code):
    assert misconceptions.get(lonely_code).feedback == "Did you count twice?"


def test_a_lab_names_its_own_heading(lonely_code):
    misconceptions.read_again("neurons", ZZ9="Counting weights")
    with misconceptions.spoken_in("neurons"):
        spoken = misconceptions.get(lonely_code)
    assert (spoken.section, spoken.feedback) == ("Counting weights", "Did you count twice?")
    assert misconceptions.get(lonely_code).section == "Somewhere"


def test_a_lab_may_ask_in_its_own_words(lonely_code):
    misconceptions.read_again("neurons", ZZ9=("Counting weights", "Did you count the bias twice?"))
    with misconceptions.spoken_in("neurons"):
        assert misconceptions.get(lonely_code).feedback == "Did you count the bias twice?"
    with misconceptions.spoken_in("activations"):
        assert misconceptions.get(lonely_code).feedback == "Did you count twice?"


def test_a_check_speaks_in_the_words_of_its_lab(lonely_code):
    misconceptions.read_again("neurons", ZZ9="Counting weights")

    def check():
        return misconceptions.get(lonely_code).section

    check.__module__ = "course_utils.checks.neurons.sizes"
    assert running.quiet()(check)() == "Counting weights"


def test_a_code_is_given_once(lonely_code):
    with pytest.raises(ValueError, match="ZZ9"):
        misconceptions.register(Misconception("ZZ9", "another", "Why?", "Elsewhere"))
