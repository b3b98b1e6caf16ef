"""Where and how a notebook is running: threads, seeds, grading or not, somebody at the screen or not."""

import contextlib
import os
import random
import sys
import time
from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

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
    """Seed the generators of Python, NumPy and PyTorch, as far as these are imported: importing them takes long."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


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

    A notebook keeps one line of text, a terminal nothing. Silent while nbgrader grades, in continuous integration,
    where the output is neither a notebook nor a terminal, and inside work that has a bar of its own.

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
            yield _bar_in_notebook(what, total, unit)
        else:
            with _bar_in_terminal(what, total, unit) as advance:
                yield advance
    finally:
        _bars.remove(what)


_bars: list[str] = []  # of work that is going on


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


def _bar_in_notebook(what: str, total: float, unit: str) -> Callable[..., None]:
    """Display a line of text that is replaced at each step; no widget, so that the saved notebook shows it.

    Work that is done within `SHORTEST` seconds shows nothing: many small trainings in a row would fill the page.
    """
    from IPython.display import display

    def line(done: float, note: str = "") -> dict[str, str]:
        full = round(24 * min(1, done / total)) if total else 24
        bar = "█" * full + "░" * (24 - full)
        return {"text/plain": f"{what}  {bar}  {done:.0f} of {total:.0f} {unit}  {note}".rstrip()}

    start, handle = time.monotonic(), None

    def advance(done: float, note: str = "") -> None:
        nonlocal handle
        if handle:
            handle.update(line(done, note), raw=True)
        elif time.monotonic() - start >= SHORTEST:
            handle = display(line(done, note), raw=True, display_id=True)

    return advance


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
