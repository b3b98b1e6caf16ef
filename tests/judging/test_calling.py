"""Reaching a student's objects: beside them and elsewhere, quietly."""

import io
import logging
import os
import sys
import warnings

import numpy as np
import pytest
import torch

from course_utils.judging.protocol import calling as running
from course_utils.judging.protocol.proxy import Proxy
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted


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


def untouched(x):
    return len(x)


def write_into(x):
    x[...] = 0
    return x


def write_first(x):
    x[0] = 0
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


@pytest.mark.parametrize("x", [np.array([1.0, np.nan]), torch.tensor([1.0, torch.nan])])
def test_what_is_no_number_is_unchanged_while_it_stays_none(place, x):
    assert running.call(place(untouched), "untouched", x) == 2
    with pytest.raises(CheckFailed, match="changed the array"):
        running.call(place(write_into), "write_into", x)


def test_a_list_that_was_changed_is_noticed_and_called_one(place):
    with pytest.raises(CheckFailed, match="changed the list"):
        running.call(place(write_first), "write_first", [1.0, 2.0])


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
    with running.quiet():
        noise()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_stderr_works_again_afterwards(noise, capfd):
    with pytest.raises(ZeroDivisionError), running.quiet():
        1 / 0  # noqa: B018
    os.write(2, b"first ")
    print("second", file=sys.stderr)
    assert capfd.readouterr().err == "first second\n"


def test_a_stream_that_was_kept_is_silent_and_then_speaks(monkeypatch):
    class Stream(io.StringIO):
        """As the kernel's: written in Python, so that its write can be replaced."""

    stream = Stream()
    monkeypatch.setattr(sys, "stderr", stream)
    with running.quiet(), running.quiet():
        stream.write("within")
    stream.write("after")
    assert stream.getvalue() == "after"


def test_descriptors_are_given_back():
    def lowest_free():
        descriptor = os.open(os.devnull, os.O_RDONLY)
        os.close(descriptor)
        return descriptor

    before = lowest_free()
    with running.quiet():
        pass
    assert lowest_free() == before


def test_a_program_without_stderr_can_check():
    saved = os.dup(2)
    try:
        os.close(2)
        with running.quiet():
            found = 1
    finally:
        os.dup2(saved, 2)
        os.close(saved)
    assert found == 1


def test_pytorch_is_refused_inside_the_function_only():
    with running.no_shortcuts("softmax"):
        torch.softmax(torch.ones(2), 0)
        with pytest.raises(CheckFailed, match="calls PyTorch's softmax"):
            running.call(lambda: torch.softmax(torch.ones(2), 0), "function")
    running.call(lambda: torch.softmax(torch.ones(2), 0), "function")


def test_windows_of_a_tensor_are_no_shortcut():
    with running.no_shortcuts():
        answer = running.call(lambda: torch.ones(2, 3).matmul(torch.ones(3, 4)).unfold(1, 2, 1), "function")
    assert answer.shape == (2, 3, 2)


def test_pytorch_is_as_before_after_a_function_that_raised():
    functional = torch.nn.functional
    before = [functional.conv2d, torch.conv2d, functional.max_pool2d, functional.unfold, torch.nn.Conv2d.forward]
    with running.no_shortcuts(), pytest.raises(CheckFailed):
        running.call(lambda: 1 / 0, "function")
    now = [functional.conv2d, torch.conv2d, functional.max_pool2d, functional.unfold, torch.nn.Conv2d.forward]
    assert now == before


@pytest.mark.parametrize("leave", [SystemExit, GeneratorExit, RuntimeError, MemoryError, RecursionError])
def test_a_function_that_leaves_is_told(leave):
    def leaving():
        raise leave

    with pytest.raises(CheckFailed, match=f"raised {leave.__name__}"):
        running.call(leaving, "leaving")


class Rude:
    """Raises at whatever it is asked."""

    def __getattr__(self, name):
        raise RuntimeError(name)


@pytest.mark.parametrize(("target", "name"), [(Rude, "Rude"), (Rude(), ""), (len, "len"), (3, "")], ids="abcd")
def test_what_cannot_say_its_name_has_none(target, name):
    assert running.name_of(target) == name


def test_what_a_learner_stops_is_told_without_a_traceback():
    def endless():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        running.call(endless, "endless")
    assert stopped.value._render_traceback_() == ["endless was stopped."]


def test_what_the_grader_stops_keeps_its_reason():
    def late():
        raise KeyboardInterrupt("stopped after 3 s")

    with pytest.raises(KeyboardInterrupt, match="stopped after 3 s"):
        running.call(late, "late")


class Speechless(Exception):
    """Cannot say what is wrong."""

    def __str__(self):
        raise RuntimeError("no words")


def raise_speechless(x):
    raise Speechless


def test_an_exception_whose_text_cannot_be_made_is_told():
    with pytest.raises(CheckFailed, match="raise_speechless raised Speechless"):
        running.call(raise_speechless, "raise_speechless", np.zeros(2))


def keyword_only(x, *, factor=2, more=0):
    return factor * x + more


@pytest.mark.parametrize("args", [(3,), (3, 2), (3, 2, 0)])
def test_what_a_function_takes_by_keyword_alone_may_be_handed_over_by_position(args):
    assert running.call(keyword_only, "f", *args) == 6


def test_too_many_arguments_are_still_told():
    with pytest.raises(CheckFailed, match="takes 1 positional argument"):
        running.call(keyword_only, "f", 3, 2, 0, 1)
