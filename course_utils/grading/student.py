"""What a student's process does: run cells, copy itself, and answer questions about its objects.

This is the one module that runs beside student code, in the same process, so nothing of it is trusted by anybody: a
student may replace every function here. It can only send data, and the other side looks at all of it.
"""

import builtins
import contextlib
import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

from course_utils.grading import codec, using
from course_utils.grading.channel import Channel, Gone, take
from course_utils.grading.held import Held
from course_utils.grading.sharing import Shared
from course_utils.grading.shell import Shell, interrupted_after
from course_utils.runtime import seed_what_is_there

MOST_DATA = 1 << 16  # bytes of what a check asks for, where no copy of this process waits for its questions


class Student:
    """Serves the requests that come over a channel: lists whose first element names one of the methods below.

    Parameters
    ----------
    channel
        To the trusted side.
    shell
        Where the cells run.
    """

    def __init__(self, channel: Channel, shell: Shell) -> None:
        self.channel, self.shell = channel, shell
        self.handles: list[Any] = []
        self.numbers: dict[int, int] = {}  # handles by the identity of what they hold
        self.known_files: dict[str, tuple[int, int]] = {}
        self.held = Held(self._packed)

    def serve(self) -> None:
        """Answer requests until the other side is gone."""
        self.channel.send(["here"])
        while True:
            try:
                operation, *values = self.channel.receive()
            except Gone:
                return
            reply = self._reply(operation, values)
            if reply is not None:
                self.channel.send(reply)

    def _reply(self, operation: str, values: list[Any]) -> Any:
        try:
            return getattr(self, f"do_{operation}")(*values)
        except KeyboardInterrupt:
            return ["slow"]
        except codec.TooLarge as error:
            return ["failed", f"what it gives is too large to be looked at ({error})"]
        except BaseException as error:  # whatever a student's objects raise when they are looked at
            return ["failed", f"{type(error).__name__}"]

    def do_run(self, source: str, seconds: float) -> list[Any]:
        """Run a cell; reply with its status and outputs."""
        status, outputs = self.shell.run(source, seconds)
        return ["ran", status, list(outputs)]

    def do_fork(self) -> list[Any] | None:
        """Copy this process, as it is now, for one check; the copy answers on the socket that is passed on."""
        other = take(self.channel.sock)
        if os.fork():
            other.close()
            return ["forked"]
        self.channel.close()
        if shortcuts := sys.modules.get("course_utils.judging.protocol.shortcuts"):
            shortcuts.stay_refused()
        self.channel = Channel(other)
        return ["here"]

    def do_get(self, name: str) -> list[Any]:
        """Reply with the value of a name, or that there is none."""
        names = self.shell.user_ns
        return ["value", codec.pack(names[name], self._keep)] if name in names else ["missing"]

    def do_data(self, names: list[str]) -> list[Any]:
        """Reply with the values of some names, where there is nothing but a little plain data in them."""
        values = self.shell.user_ns
        try:
            found = {name: codec.pack(values[name]) for name in names if name in values}
            little = len(codec.frame(found)) <= MOST_DATA
        except (TypeError, codec.TooLarge):
            return ["no data"]
        return ["data", found] if little else ["no data"]

    def do_perform(
        self, handle: int, name: str, probe: str, args: list[Any], kwargs: list[Any], refused: list[Any], seconds: float
    ) -> list[Any]:
        """Call one of this process's objects, or a probe on it, and reply with what came of it."""
        from course_utils.judging.protocol import calling  # imports PyTorch, which not every notebook needs

        given, options = codec.unpack(args, self._held), codec.unpack(kwargs, self._held)
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), interrupted_after(seconds):
            outcome = calling.perform(self.handles[handle], name, probe, given, options, tuple(refused))
        return ["value", codec.pack(outcome, self._keep)]

    def do_fetch(self, name: str) -> list[Any]:
        """Reply with the value of a name for a check in ordinary Python, and whether it stands elsewhere, too."""
        names = self.shell.user_ns
        if name not in names:
            return ["missing"]
        return ["value", self._packed(names[name]), self.held.note_name(name, names[name])]

    def do_use(self, operation: str, args: Any, kwargs: Any, seconds: float, known: bool = False) -> list[Any]:
        """Do something to an object; reply with what came of it, what was printed, and which arguments it has changed.

        The last of the reply says whether what came of it, or an argument, is held on to. ``known`` says whether an
        argument that is given back shall go back as the one that it is.
        """
        printed, shared = Printed(), Shared()
        with contextlib.redirect_stdout(printed), interrupted_after(seconds):
            try:
                given = codec.unpack(args, self._held, rich=True, shared=shared)
                options = codec.unpack(kwargs, self._held, rich=True, shared=shared)

                def content(value: Any) -> Any:
                    return codec.pack(value, self._keep, rich=True, shared=shared)

                before, alone, held = shared.contents(content), shared.references(), False
                try:
                    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
                        value = using.OPERATIONS[operation](*given, **options)
                    came = ["used", content(value) if known else self._packed(value)]
                    held = self.held.note_result(value)
                    del value
                except (KeyboardInterrupt, codec.TooLarge):
                    raise
                except BaseException as error:
                    came = ["raised", using.raised(error, self._keep)]
                held = held or shared.references() != alone
                return [*came, printed.text, shared.changes(before, content), held]
            except codec.TooLarge as error:
                return ["failed", f"what it gives is too large to be looked at ({error})"]

    def do_look_back(self) -> list[Any]:
        """Reply whether something that was given away has changed since."""
        return ["changed" if self.held.has_changed(self.shell.user_ns) else "as it was"]

    def do_inside(self, source: str, seconds: float) -> list[Any]:
        """Run a part of a check here, beside student code, and reply with its status and outputs."""
        return self.do_run(source, seconds)

    def do_files(self) -> list[Any]:
        """Reply with the files of the working folder that are new, or other than they were."""
        return ["files", using.files_below(Path.cwd(), self.known_files)]

    def do_put(self, name: str, content: bytes) -> list[Any]:
        """Write a file that a check has written."""
        path = Path.cwd() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        about = path.stat()
        self.known_files[name] = (about.st_mtime_ns, about.st_size)
        return ["done"]

    def do_generators(self, states: Any) -> list[Any]:
        """Put the random generators where the check's are."""
        using.set_generators(codec.unpack(states))
        return ["done"]

    def _packed(self, value: Any) -> Any:
        return codec.pack(value, self._keep, rich=True)

    def _unpacked(self, document: Any) -> Any:
        return codec.unpack(document, self._held, rich=True)

    def _keep(self, value: Any) -> tuple[int, str, str, bool]:
        number = self.numbers.setdefault(id(value), len(self.handles))
        if number == len(self.handles):
            self.handles.append(value)
        called = getattr(value, "__name__", "")
        called = called if isinstance(called, str) else ""
        return number, type(value).__name__[:100], called[:100], callable(value)

    def _held(self, number: int, kind: str, called: str, _callable: bool) -> Any:
        """Return what a handle stands for: an object here, the check's own function, or a library's."""
        if kind == LIBRARYS:
            return using.find_named(called)
        return self.handles[number] if number >= 0 else self._function_of_the_check(-1 - number, called)

    def _function_of_the_check(self, number: int, called: str) -> Any:
        """Return a function that has the check run one of its own. What the check asks meanwhile is answered."""

        def function(*args: Any, **kwargs: Any) -> Any:
            self.channel.send(["call back", number, self._packed(list(args)), self._packed(kwargs)])
            while True:
                operation, *values = self.channel.receive()
                if operation == "returns":
                    return self._unpacked(values[0])
                if operation == "raises":
                    kind = getattr(builtins, values[0], RuntimeError)
                    raise kind(*self._unpacked(values[1]))
                self.channel.send(self._reply(operation, values))

        function.__name__ = called or "function"
        return function


LIBRARYS = "of a library"  # a handle's type name where it means a function, class or module of a library


class Printed(io.TextIOBase):
    """What is printed while a check uses an object, as far as it is kept."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Keep a text, up to :data:`course_utils.grading.using.MAX_TEXT` characters in all."""
        self.text += text[: max(using.MAX_TEXT - len(self.text), 0)]
        return len(text)


def settle(seed: int, folder: str) -> None:
    """Prepare this process to run a student's cells.

    Parameters
    ----------
    seed
        Of all random generators.
    folder
        The folder of the notebook's files; the working directory.
    """
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8", "MPLCONFIGDIR": folder}
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    os.environ.clear()
    os.environ.update(environment | kept | {"NBGRADER_EXECUTION": "autograde"})
    os.chdir(folder)
    sys.path.insert(0, folder)
    seed_what_is_there(seed)
    builtins.input = _no_input
    signal.signal(signal.SIGINT, signal.default_int_handler)


_KEPT = {"MPLBACKEND", "TMPDIR", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "COURSE_OFFLINE"} | (
    {"PATH", "SYSTEMROOT", "TEMP", "TMP"} if sys.platform == "win32" else set()
)


def _no_input(*_prompt: object) -> str:
    raise RuntimeError("input() has nobody to ask while a notebook is graded")
