"""Where and how a notebook is running: threads, seeds, grading or not, somebody at the screen or not."""

import contextlib
import os
import random
import sys
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

T = TypeVar("T")
SHORTEST = 1.0  # seconds; work that is done sooner shows no bar in a notebook


def use_one_thread() -> None:
    """Let PyTorch and the BLAS libraries use one thread, unless the user has set OMP_NUM_THREADS."""
    if "OMP_NUM_THREADS" in os.environ:
        return
    for variable in THREAD_VARIABLES:
        os.environ.setdefault(variable, "1")
    if "torch" in sys.modules:  # the variables come too late for a library that is loaded already
        sys.modules["torch"].set_num_threads(1)


def seed_everything(seed: int) -> None:
    """Make what follows repeatable: seed Python's, NumPy's and PyTorch's global generators."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def seed_what_is_there(seed: int) -> None:
    """Seed the generators of Python, NumPy and PyTorch, as far as these are imported: importing them takes long.

    Of PyTorch's only the one of the CPU: to have those of each kind of card seeded takes a hundred times as long.
    """
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.manual_seed(seed)


def is_grading() -> bool:
    """Tell whether nbgrader is running this notebook (autograde or Validate)."""
    return "NBGRADER_EXECUTION" in os.environ


def has_front_end() -> bool:
    """Tell whether somebody may be there to move a slider.

    False while nbgrader grades and in continuous integration (the variable CI is set there): figures are
    drawn in place of widgets then, since no page would ever show them.
    """
    return not is_grading() and os.environ.get("CI", "").lower() in ("", "0", "false")


@contextlib.contextmanager
def progress_bar(what: str, total: float, *, unit: str = "") -> Iterator[Callable[..., None]]:
    """Show how far long work has come, where somebody may be looking.

    A notebook keeps one line of text (not inside :func:`passing_bars`), a terminal nothing. Silent while nbgrader
    grades, in continuous integration, where the output is neither a notebook nor a terminal, and inside work that has
    a bar of its own.

    Parameters
    ----------
    what
        A word or two that stand before the bar.
    total
        The amount of work, in ``unit``: ``"MB"``, ``"epochs"``.

    Yields
    ------
    function
        ``advance(done, note="")`` moves the bar to ``done`` and writes ``note`` behind it.
    """
    _bars.append(what)
    try:
        if not has_front_end() or len(_bars) > 1:
            yield lambda done, note="": None
        elif in_notebook():
            bar = _BarInNotebook(what, total, unit)
            yield bar.advance
            if _passing:
                bar.take_away()
        else:
            with _bar_in_terminal(what, total, unit) as advance:
                yield advance
    finally:
        _bars.remove(what)


_bars: list[str] = []  # of work that is going on
_passing: list[bool] = []  # blocks that are being run


@contextlib.contextmanager
def passing_bars() -> Iterator[None]:
    """Let a bar in a notebook go when its work is done: a check's answer stands alone, without what it took."""
    _passing.append(True)
    try:
        yield
    finally:
        _passing.pop()


def with_progress(items: Collection[T], what: str, *, unit: str = "") -> Iterator[T]:
    """Yield items one by one, under one bar (as :func:`progress_bar`) for all the work that is done with them."""
    with progress_bar(what, len(items), unit=unit) as advance:
        for number, item in enumerate(items, 1):
            yield item
            advance(number)


def in_notebook() -> bool:
    """Tell whether this process is a notebook's kernel."""
    ipython = sys.modules.get("IPython")
    return bool(ipython) and hasattr(ipython.get_ipython(), "kernel")


class _BarInNotebook:
    """A line of text that is replaced at each step; no widget, so that the saved notebook shows it.

    Work that is done within `SHORTEST` seconds shows nothing: many small trainings in a row would fill the page.
    """

    def __init__(self, what: str, total: float, unit: str) -> None:
        self._what, self._total, self._unit = what, total, unit
        self._start = time.monotonic()
        self._handle: Any = None  # of what IPython displays, once there is something

    def advance(self, done: float, note: str = "") -> None:
        from IPython.display import display

        if self._handle:
            self._handle.update(self._line(done, note), raw=True)
        elif time.monotonic() - self._start >= SHORTEST:
            self._handle = display(self._line(done, note), raw=True, display_id=True)

    def take_away(self) -> None:
        """Let the next thing that the cell shows take its place."""
        from IPython.display import clear_output

        if self._handle:
            clear_output(wait=True)

    def _line(self, done: float, note: str) -> dict[str, str]:
        full = round(24 * min(1, done / self._total)) if self._total else 24
        bar = "█" * full + "░" * (24 - full)
        unit = self._unit.removesuffix("s") if self._total == 1 else self._unit
        return {"text/plain": f"{self._what}  {bar}  {done:.0f} of {self._total:.0f} {unit}  {note}".rstrip()}


@contextlib.contextmanager
def _bar_in_terminal(what: str, total: float, unit: str) -> Iterator[Callable[..., None]]:
    """Draw a bar on stderr, with the time that is left, and take it away at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    count = TextColumn(f"{{task.completed:.0f}} of {{task.total:.0f}} {unit}")
    columns = (TextColumn("{task.description}"), BarColumn(), count, TextColumn("{task.fields[note]}"))
    hidden = not console.is_terminal
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task(what, total=total, note="")
        yield lambda done, note="": progress.update(task, completed=done, note=note)
