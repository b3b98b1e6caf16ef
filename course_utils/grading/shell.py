"""The notebook's shell in a student's process: IPython without a kernel, its outputs caught and bounded.

It is built in the preloaded process, before any submission is known, and runs in the forks of it. There is no event
loop, no thread and no history file. What a cell prints, shows and raises is collected in the form in which nbformat
keeps it.
"""

import ast
import base64
import contextlib
import io
import re
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any, Literal

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell

from course_utils.grading.channel import PATIENCE, Patience

INLINE = "module://matplotlib_inline.backend_inline"
MAX_TEXT = 200_000  # characters of printed text in one cell
MAX_MEDIA = 4 << 20  # characters of displayed data in one cell
MAX_OUTPUTS = 500  # outputs in one cell
MAX_LINES = 40  # lines of a traceback
MARKS = (">>>", "...:", "In [", "\\")  # the first ones of a pasted session
BLANK = re.compile(r"^[^\S\n]+$", re.MULTILINE)


class Outputs(list[Any]):
    """The outputs of one cell."""

    def __init__(self) -> None:
        super().__init__()
        self.printed = self.shown = 0

    def write(self, name: str, text: str) -> None:
        """Append printed text: to the last output if that belongs to the same stream."""
        room = MAX_TEXT - self.printed
        self.printed += len(text)
        if room <= 0:
            return
        text = text if len(text) <= room else text[:room] + "\n… the rest was left out …\n"
        if self and self[-1].get("name") == name:
            self[-1]["text"] += text
        elif len(self) < MAX_OUTPUTS:
            self.append({"output_type": "stream", "name": name, "text": text})

    def show(self, kind: str, data: dict[str, Any], metadata: dict[str, Any] | None) -> None:
        """Append displayed data by MIME type; what is too much is replaced by a remark."""
        data = {str(mime)[:100]: _as_text(content) for mime, content in data.items()}
        self.shown += sum(map(len, data.values()))
        if len(self) >= MAX_OUTPUTS:
            return
        if self.shown > MAX_MEDIA:
            data = {"text/plain": "… an output that is too large was left out …"}
        output = {"output_type": kind, "data": data, "metadata": _plain(metadata)}
        self.append(output | ({"execution_count": None} if kind == "execute_result" else {}))

    def fail(self, error: BaseException, lines: list[str]) -> None:
        """Append an exception."""
        name, value = type(error).__name__[:100], _message(error)[:2000]
        kept = [str(line)[:4000] for line in lines][-MAX_LINES:]
        self.append({"output_type": "error", "ename": name, "evalue": value, "traceback": kept})


def _as_text(content: Any) -> str:
    if isinstance(content, bytes):
        return base64.b64encode(content).decode()
    return content if isinstance(content, str) else str(content)


def _plain(metadata: Any) -> dict[str, Any]:
    """Keep of an output's metadata what frontends use for pictures: whole numbers under a picture's MIME type."""
    found = {}
    for mime, entry in dict(metadata or {}).items():
        if isinstance(mime, str) and mime.startswith("image/") and isinstance(entry, dict):
            found[mime] = {k: v for k, v in entry.items() if k in ("width", "height") and type(v) is int}
    return found


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # the student's own __str__ may do anything
        return ""


class _Stream(io.TextIOBase):
    """Standard output or standard error of a cell."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, outputs: Outputs, name: str, number: int) -> None:
        self.outputs, self.name, self.number = outputs, name, number

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.outputs.write(self.name, text)
        return len(text)

    def fileno(self) -> int:
        return self.number


class _Publisher(DisplayPublisher):
    def publish(self, data: Any, metadata: Any = None, source: Any = None, **_options: Any) -> None:
        self.shell.outputs.show("display_data", data, metadata)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear()


class _Hook(DisplayHook):
    shell: Any

    def __call__(self, result: Any = None) -> None:
        if result is None or self.quiet():
            return
        data, metadata = self.compute_format_data(result)
        if data:
            self.shell.outputs.show("execute_result", data, metadata)
        self.update_user_ns(result)


class _NoHistory(HistoryManager):
    def __init__(self, shell: Any = None, parent: Any = None, **_options: Any) -> None:
        super().__init__(shell=shell, parent=parent, hist_file=":memory:", enabled=False)


class Shell(InteractiveShell):
    """An IPython shell that hands back the outputs of a cell."""

    outputs = Outputs()

    def init_history(self) -> None:
        """Keep no history: it would need a database and a thread."""
        self.history_manager = _NoHistory(shell=self, parent=self)

    def init_virtualenv(self) -> None:
        """Leave sys.path alone."""

    def init_io(self) -> None:
        """Leave the streams alone."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Have no event loop."""

    def ask_exit(self) -> None:
        """Go on after exit() and quit(): the cell is over, the notebook is not."""

    def system(self, command: str) -> None:
        """Run ``!command``, without a terminal."""
        line = self.var_expand(command, depth=1)
        done = subprocess.run(["/bin/sh", "-c", line], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        sys.stdout.write(done.stdout)
        sys.stderr.write(done.stderr)
        self.user_ns["_exit_code"] = done.returncode

    def _showtraceback(self, etype: Any, evalue: BaseException, stb: Any) -> None:
        lines = stb if isinstance(stb, list) else str(stb).splitlines()
        self.outputs.fail(evalue, lines)

    def transform_cell(self, raw_cell: str) -> str:
        """Leave a cell as it is that is Python already: IPython reads it token by token, which takes a millisecond."""
        cell = raw_cell if raw_cell.endswith("\n") else raw_cell + "\n"
        return cell if is_python(cell) and not self.input_transformers_post else super().transform_cell(raw_cell)

    def should_run_async(self, raw_cell: str, *, transformed_cell: str | None = None, **options: Any) -> bool:
        """Tell whether a cell awaits something; only one with such a word is compiled to find out."""
        words = ("await", "async")
        possible = any(word in (transformed_cell or raw_cell) for word in words)
        return possible and super().should_run_async(raw_cell, transformed_cell=transformed_cell, **options)

    def run(self, source: str, seconds: float) -> tuple[Literal["ok", "error", "timeout"], Outputs]:
        """Run one cell.

        Parameters
        ----------
        seconds
            After these the cell is interrupted, as by the stop button.

        Returns
        -------
        str, Outputs
            "ok", "error" or "timeout", and what the cell gave out.
        """
        self.outputs = outputs = Outputs()
        with _caught(outputs), interrupted_after(seconds) as late:
            try:
                good = self.run_cell(source, store_history=False).success
            except BaseException as error:  # what even IPython lets through
                outputs.fail(error, traceback.format_exception_only(error))
                good = False
        self.outputs = Outputs()
        return ("timeout" if late else "ok" if good else "error"), outputs


def is_python(cell: str) -> bool:
    """Tell whether IPython, too, would surely run a cell as it stands: several lines of Python, not set off.

    One line alone may be a command's name without its ``%``; prompts, what stands above or left of a cell, and spaces
    in an empty line are taken away. What holds a backslash may bring a warning, which is to come once.
    """
    if cell[:1].isspace() or cell.count("\n") < 2 or any(mark in cell for mark in MARKS) or BLANK.search(cell):
        return False
    try:
        compile(cell, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


@contextlib.contextmanager
def _caught(outputs: Outputs) -> Iterator[None]:
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Stream(outputs, "stdout", 1), _Stream(outputs, "stderr", 2)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextlib.contextmanager
def interrupted_after(seconds: float) -> Iterator[list[Any]]:
    """Raise KeyboardInterrupt in this block after so many seconds, and again every second; yield what tells of it.

    Counted is the time that this process computes, so that a busy machine stops nobody; against sleep there is the
    clock on the wall, with :data:`PATIENCE` and what this process has had to wait for a processor. Where a platform has
    no such timers (Windows) nothing is raised: there the trusted side ends the process.
    """
    late: list[bool] = []
    if not hasattr(signal, "setitimer"):
        yield late
        return

    def interrupt(_number: int, _frame: object) -> None:
        late.append(True)
        raise KeyboardInterrupt(f"stopped after {seconds:g} s")

    def look_at_the_clock(number: int, frame: object) -> None:
        left = patience() - time.monotonic()
        if left <= 0:
            interrupt(number, frame)
        signal.setitimer(signal.ITIMER_REAL, left, 1.0)

    seconds = max(seconds, 0.01)
    handlers = {signal.SIGPROF: interrupt, signal.SIGALRM: look_at_the_clock}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    patience = Patience(seconds * PATIENCE)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    signal.setitimer(signal.ITIMER_REAL, patience.seconds, 1.0)
    try:
        yield late
    finally:
        for number, timer in ((signal.SIGPROF, signal.ITIMER_PROF), (signal.SIGALRM, signal.ITIMER_REAL)):
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def build() -> Shell:
    """Return the shell, with matplotlib's inline pictures."""
    shell = Shell.instance(displayhook_class=_Hook, display_pub_class=_Publisher)
    shell.colors = "nocolor"
    from matplotlib_inline import backend_inline

    backend_inline.configure_inline_support(shell, INLINE)
    backend_inline._enable_matplotlib_integration()
    return shell
