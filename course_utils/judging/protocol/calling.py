"""Reaching what a student handed over: quietly, on copies, with errors turned into sentences, wherever it lives."""

import contextlib
import importlib
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial, wraps
from inspect import CO_VARARGS
from types import FunctionType
from typing import Any, Self

import numpy as np
import torch

from course_utils.judging.answers import in_plain_containers, kind
from course_utils.judging.lending import is_lent
from course_utils.judging.protocol.proxy import Proxy
from course_utils.judging.protocol.shortcuts import get_ready, ready_made, refusing
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted

YOURSELF = "Build it yourself here, with loops and NumPy."
LONGEST_LINE = 90  # letters of a learner's line in a message
LAZY = "a lazy layer was moved to the device meta before it had a shape"
CHANGED = ("array", "list")
WINDOWS = ("conv(?!ert)", "pool", "im2col", "col2im", "correlat", "filter", "block_reduce")

_refused: ContextVar[tuple[str, ...]] = ContextVar("refused", default=())


class Stopped(KeyboardInterrupt):
    """A learner has stopped their code while a check ran it; a notebook shows where that was, and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).split("\n")


def be_ready() -> None:
    """Do now what the first call of a process takes longer for; its copies then have it."""
    get_ready(WINDOWS)


def call(function: Any, name: str, *args: Any, **kwargs: Any) -> Any:
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
    must_be_function(function, name)
    outcome = _perform(function, name, "", list(args), kwargs)
    if outcome.get("answer") is None:
        raise CheckFailed(f"{name} returned None. Does it end in a return statement?")
    if outcome.get("changed") is not False:
        what = str(outcome.get("changed")) if outcome.get("changed") in CHANGED else CHANGED[0]
        raise CheckFailed(f"{name} changed the {what} that it was given. Work on a copy: x = x.copy()")
    return in_plain_containers(outcome["answer"])


def must_be_function(function: Any, name: str) -> None:
    """Raise NotAttempted if there is no function yet, CheckFailed if it is something else."""
    if function is None:
        raise NotAttempted(f"{name} is None")
    if not (function.callable if isinstance(function, Proxy) else callable(function)):
        raise CheckFailed(f"{name} should be a function, not {kind(function)}.")


def ask(probe: Callable[..., Any], target: Any, *args: Any) -> Any:
    """Run a probe on a student's object and return what it finds out.

    For what is neither plain data nor a function to be called once: a class, an instance, a module. While a class is
    graded such an object lives in another process, and only plain data, arrays and tensors come from there: the probe
    runs beside the object, and what is right is computed here, outside the probe.

    Parameters
    ----------
    probe
        A function of one of our modules, called as ``probe(target, *args)``. It returns plain
        data, arrays and tensors, also inside lists, tuples and dicts.
    target
        The student's object.
    args
        Plain data, arrays and tensors.

    Raises
    ------
    NotAttempted, CheckFailed
        As in :func:`call`, if the student's code raises; also if the probe itself raises one of them.
    """
    return _perform(target, name_of(target) or "Your code", f"{probe.__module__}:{probe.__qualname__}", list(args), {})[
        "answer"
    ]


def name_of(target: Any) -> str:
    """Return what a student's object is called; "" if it has no name, or cannot say it."""
    try:
        name = target.called if isinstance(target, Proxy) else getattr(target, "__name__", "")
    except Exception:  # an object with a mind of its own
        return ""
    return name if type(name) is str else ""


def _perform(target: Any, name: str, probe: str, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Perform here or elsewhere, and raise what was found. What comes from elsewhere is data, and not trusted."""
    do = target.perform if isinstance(target, Proxy) else partial(perform, target)
    outcome = do(name, probe, args, kwargs, _refused.get())
    if "not attempted" in outcome:
        raise NotAttempted(str(outcome["not attempted"]))
    if "failed" in outcome:
        raise CheckFailed(str(outcome["failed"]))
    return outcome


def perform(
    target: Any, name: str, probe: str, args: list[Any], kwargs: dict[str, Any], refused: tuple[str, ...]
) -> dict[str, Any]:
    """Call a student's object, or a probe on it, and tell what came of it.

    Parameters
    ----------
    target
        The student's object.
    name
        How sentences call it.
    probe
        "" to call the object itself, else where the probe stands: ``"module:function"``.
    args, kwargs
        Arguments. Arrays are copied first.
    refused
        What may not be used: regular expressions, as in :func:`no_shortcuts`.

    Returns
    -------
    dict
        ``{"answer": value, "changed": False, or what kind of argument was changed}``, or ``{"failed": sentence}``, or
        ``{"not attempted": sentence}``.
    """
    given = [_copy(value) for value in args]
    taking = by_position(target)
    run = partial(_find_probe(probe), taking) if probe else taking
    with quiet(), refusing(refused) as called:
        outcome = _run(partial(run, *given, **kwargs), target, name, refused)
    if called:
        return {"failed": f"{name} calls PyTorch's {called[0]}. {YOURSELF}"}
    return outcome | {"changed": _changed(args, given)} if "answer" in outcome else outcome


def by_position(target: Any) -> Any:
    """Return a function that takes by position what a learner's takes by keyword alone; anything else as it is.

    A learner who writes ``def pool2d(x, kernel_size, *, stride=None)`` has answered what was asked.
    """
    code = getattr(target, "__code__", None)
    if type(target) is not FunctionType or code is None or not code.co_kwonlyargcount or code.co_flags & CO_VARARGS:
        return target
    names = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]

    @wraps(target)
    def taking(*args: Any, **kwargs: Any) -> Any:
        more = args[code.co_argcount :]
        if len(more) > len(names):
            return target(*args, **kwargs)  # too many in any case: Python says so
        return target(*args[: code.co_argcount], **dict(zip(names, more, strict=False)), **kwargs)

    return taking


def _run(run: Callable[[], Any], target: Any, name: str, refused: tuple[str, ...]) -> dict[str, Any]:
    try:
        if is_lent(target):
            return {"failed": f"{name} is lent to you for the cells that follow. This exercise wants your own."}
        if shortcut := ready_made(target, refused):
            return {"failed": f"{name} calls {shortcut}. {YOURSELF}"}
        return {"answer": run()}
    except NotAttempted as error:
        return {"not attempted": error.what}
    except NotImplementedError as error:
        if " not implemented for " in _text(error):  # PyTorch's own: a type of numbers that an operation does not take
            return {"failed": sentence(error, name)}
        return {"not attempted": f"write {_what_is_missing(error, target, name)}, run its cell, then this one"}
    except CheckFailed as error:
        return {"failed": error.message}
    except KeyboardInterrupt as error:
        if error.args:  # not the learner's: it says why
            raise
        raise Stopped(f"{name} was stopped.{_where(error)}") from None
    except BaseException as error:
        return {"failed": sentence(error, name)}


def _what_is_missing(error: NotImplementedError, target: Any, name: str) -> str:
    """Name what is not written yet: the function itself, or another one that it calls."""
    codes = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    own, last = getattr(target, "__code__", None), codes[-1]
    return f"{last.co_name}, which {name} calls" if own in codes[:-1] and last.co_name.isidentifier() else name


def _find_probe(where: str) -> Callable[..., Any]:
    module, _, name = where.partition(":")
    if not module.startswith("course_utils."):
        raise ValueError(f"a probe is a function of course_utils, not {where}")
    probe: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return probe


def sentence(error: BaseException, name: str) -> str:
    """Turn a student's exception into two lines: what happened, and in which of their lines."""
    reason = LAZY if _is_lazy_on_meta(error) else _text(error).strip().split("\n")[0][:120]
    text = f"{name} raised {type(error).__name__}" + (f": {reason}" if reason else ".")
    return text + _where(error)


def _where(error: BaseException) -> str:
    """Return a second line that names the last of the student's own lines that an error came through; "" if none."""
    mine = [f for f in traceback.extract_tb(error.__traceback__) if "ipykernel_" in f.filename or f.filename[:1] == "<"]
    if not mine or not mine[-1].line:
        return ""
    line = mine[-1].line.strip()
    shown = line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 2]} …"
    return f"\n  in line {mine[-1].lineno} of {mine[-1].name}: {shown}"


def _is_lazy_on_meta(error: BaseException) -> bool:
    """Tell whether PyTorch has failed to follow the shape of a layer that has none yet: its own words say nothing."""
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, IndexError) and bool(frames) and frames[-1].filename.endswith("_meta_registrations.py")


def _text(error: BaseException) -> str:
    """Return what an exception says; "" if a learner's own class cannot say it."""
    try:
        return str(error)
    except Exception:
        return ""


class quiet(contextlib.ExitStack[bool | None]):
    """Swallow all that is written to stderr: nbgrader gives no points to a cell that wrote to it.

    That is Python's ``sys.stderr``, warnings, streams that somebody kept from before (as a logging handler does), and
    file descriptor 2, to which libraries in C write.
    """

    def __enter__(self) -> Self:
        """Put a sink in place of everything that ends in stderr."""
        super().__enter__()
        nowhere = self.enter_context(open(os.devnull, "w", encoding="utf-8", errors="replace"))
        with contextlib.suppress(OSError):  # there may be no descriptor 2, as in a program without a terminal
            saved = os.dup(2)
            self.callback(os.close, saved)
            self.callback(os.dup2, saved, 2)
            os.dup2(nowhere.fileno(), 2)
        stream: Any = sys.stderr
        with contextlib.suppress(AttributeError, TypeError):  # not every stream can be silenced, the kernel's can
            before = vars(stream).get("write")
            stream.write = nowhere.write
            self.callback(_put_back, stream, before)
        self.enter_context(contextlib.redirect_stderr(nowhere))
        self.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        return self


def _put_back(stream: Any, write: Any) -> None:
    if write is None:
        del stream.write
    else:
        stream.write = write


@contextlib.contextmanager
def no_shortcuts(*words: str) -> Iterator[None]:
    """Refuse ready-made functions while a student's function is called: by default what convolves and pools.

    Parameters
    ----------
    words
        Regular expressions to find in names of functions, which read ``"torch.conv2d"``, ``"numpy.convolve"``.
        How they are found, :mod:`course_utils.judging.protocol.shortcuts` says.
    """
    before = _refused.set(words or WINDOWS)
    try:
        yield
    finally:
        _refused.reset(before)


def _copy(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) is list:
        return [_copy(one) for one in value]
    return value.clone() if isinstance(value, torch.Tensor) else value


def _changed(args: list[Any], given: list[Any]) -> bool | str:
    """Return False if arguments are as they were, else what the first of the others is: one of :data:`CHANGED`."""
    changed = next((one for one, other in zip(args, given, strict=True) if not _same(one, other)), None)
    return False if changed is None else CHANGED[type(changed) is list]


def _same(before: Any, after: Any) -> bool:
    """Tell whether an argument is as it was; a number that is none (nan) is as it was where it is none still."""
    if type(before) is list:
        return type(after) is list and len(before) == len(after) and all(map(_same, before, after))
    if isinstance(before, np.ndarray):
        return before.shape == after.shape and np.array_equal(before, after, equal_nan=before.dtype.kind in "fc")
    if not isinstance(before, torch.Tensor):
        return before is after or not isinstance(before, int | float | str) or bool(before == after or before != before)
    if torch.equal(before, after):
        return True
    same = before.shape == after.shape and (before == after) | (before.isnan() & after.isnan())
    return bool(torch.as_tensor(same).all())
