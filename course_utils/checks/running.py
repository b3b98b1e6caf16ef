"""Calling a student's function: quietly, on its own copies, with its errors turned into sentences."""

import contextlib
import io
import traceback
import warnings
from collections.abc import Callable
from types import FunctionType

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.checks.answers import kind
from course_utils.checks.verdict import CheckFailed, NotAttempted

SHORTCUTS = [
    (torch, "conv1d"),
    (torch, "conv2d"),
    (torch, "conv_transpose2d"),
    (torch, "max_pool2d"),
    (torch, "nn.Conv2d.forward"),
    (torch, "nn.MaxPool2d.forward"),
    (torch, "nn.AvgPool2d.forward"),
    (F, "conv1d"),
    (F, "conv2d"),
    (F, "unfold"),
    (F, "conv_transpose2d"),
    (F, "max_pool2d"),
    (F, "avg_pool2d"),
]


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
        with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args, **kwargs)
    except NotImplementedError:
        raise NotAttempted(f"write {name}, run its cell, then this one") from None
    except Shortcut as error:
        raise CheckFailed(f"{name} calls {error}. Here you build it yourself: loops and NumPy only.") from None
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
def no_shortcuts():
    """Let PyTorch's own convolutions and poolings raise while a student's function runs."""
    saved = []
    for owner, path in SHORTCUTS:
        *parents, attribute = path.split(".")
        for parent in parents:
            owner = getattr(owner, parent)
        saved.append((owner, attribute, getattr(owner, attribute)))
        setattr(owner, attribute, _refuse(f"{owner.__name__}.{attribute}"))
    try:
        yield
    finally:
        for owner, attribute, original in saved:
            setattr(owner, attribute, original)


def _refuse(name: str) -> FunctionType:
    def refuse(*args, **kwargs):
        raise Shortcut(name)

    return refuse


def _copy(value):
    if isinstance(value, np.ndarray):
        return value.copy()
    return value.clone() if isinstance(value, torch.Tensor) else value


def _same(before, after) -> bool:
    if isinstance(before, np.ndarray):
        return before.shape == after.shape and np.array_equal(before, after)
    return torch.equal(before, after) if isinstance(before, torch.Tensor) else True
