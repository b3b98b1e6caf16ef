"""Calling a student's function: quietly, on its own copies, with its errors turned into sentences."""

import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from course_utils.checks.answers import kind
from course_utils.checks.verdict import CheckFailed, NotAttempted

SHORTCUT_WORDS = ("conv", "pool", "im2col", "col2im")  # in the names of PyTorch's functions, however they are reached
SHORTCUT_FUNCTIONS = (F.unfold, F.fold)  # not by name: Tensor.unfold only looks at windows, which is fair


class Shortcut(Exception):
    """Raised inside a student's function when it calls what it was asked to build."""


def call(function: Callable, name: str, *args, **kwargs):
    """Call a student's function with copies of its array arguments and return its answer.

    What it writes to stderr is swallowed: nbgrader would take the points of a check that wrote a warning.

    Raises
    ------
    NotAttempted
        If it raises NotImplementedError or is None.
    CheckFailed
        If it raises anything else (the message names the student's own line), returns None, changes its input,
        or uses a shortcut.
    """
    if function is None:
        raise NotAttempted(f"{name} is None")
    if not callable(function):
        raise CheckFailed(f"{name} should be a function, not {kind(function)}.")
    given = [_copy(value) for value in args]
    answer = _run(function, name, given, kwargs)
    if answer is None:
        raise CheckFailed(f"{name} returned None. Does it end in a return statement?")
    if not all(_same(before, after) for before, after in zip(args, given, strict=True)):
        raise CheckFailed(f"{name} changed the array that it was given. Work on a copy: x = x.copy()")
    return answer


def _run(function, name, args, kwargs):
    try:
        with quiet():
            return function(*args, **kwargs)
    except NotImplementedError:
        raise NotAttempted(f"write {name}, run its cell, then this one") from None
    except Shortcut as error:
        raise CheckFailed(f"{name} calls PyTorch's {error}. Build it yourself here, with loops and NumPy.") from None
    except (Exception, SystemExit) as error:
        raise CheckFailed(sentence(error, name)) from None


def sentence(error: BaseException, name: str) -> str:
    """Turn a student's exception into two lines: what happened, and in which of their lines."""
    reason = str(error).strip().split("\n")[0][:120]
    text = f"{name} raised {type(error).__name__}" + (f": {reason}" if reason else ".")
    mine = [f for f in traceback.extract_tb(error.__traceback__) if "ipykernel_" in f.filename or f.filename[:1] == "<"]
    if mine and mine[-1].line:
        text += f"\n  in line {mine[-1].lineno} of {mine[-1].name}: {mine[-1].line.strip()[:90]}"
    return text


@contextlib.contextmanager
def quiet():
    """Swallow all that is written to stderr: nbgrader gives no points to a cell that wrote to it.

    That is Python's ``sys.stderr``, warnings, streams that somebody kept from before (as a logging handler does), and
    file descriptor 2, to which libraries in C write. A check that is decorated with ``@quiet()`` is silent throughout.
    """
    with open(os.devnull, "w", encoding="utf-8", errors="replace") as nowhere, contextlib.ExitStack() as restore:
        with contextlib.suppress(OSError):  # there may be no descriptor 2, as in a program without a terminal
            saved = os.dup(2)
            restore.callback(os.close, saved)
            restore.callback(os.dup2, saved, 2)
            os.dup2(nowhere.fileno(), 2)
        stream = sys.stderr
        with contextlib.suppress(AttributeError, TypeError):  # not every stream can be silenced, the kernel's can
            before = vars(stream).get("write")
            stream.write = nowhere.write
            restore.callback(_put_back, stream, before)
        restore.enter_context(contextlib.redirect_stderr(nowhere))
        restore.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        yield


def _put_back(stream, write) -> None:
    if write is None:
        del stream.write
    else:
        stream.write = write


class no_shortcuts(TorchFunctionMode):
    """Let PyTorch's own convolutions and poolings raise while a student's function runs.

    PyTorch asks a function mode about every call, so that it does not matter by which name a student reaches a
    function, and nothing in PyTorch has to be replaced and put back.
    """

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """Refuse a shortcut, let everything else through."""
        name = getattr(function, "__name__", "")
        if function in SHORTCUT_FUNCTIONS or any(word in name for word in SHORTCUT_WORDS):
            raise Shortcut(name.split(".")[0])
        return function(*args, **(kwargs or {}))


def _copy(value):
    if isinstance(value, np.ndarray):
        return value.copy()
    return value.clone() if isinstance(value, torch.Tensor) else value


def _same(before, after) -> bool:
    if isinstance(before, np.ndarray):
        return before.shape == after.shape and np.array_equal(before, after)
    return torch.equal(before, after) if isinstance(before, torch.Tensor) else True
