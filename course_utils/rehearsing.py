"""Running a learner's notebook as grading runs it: from top to bottom, in a fresh kernel, with a limit a cell."""

import re
import time
from collections.abc import Iterator
from typing import Any

from course_utils.cells import KERNELSPEC, grade_id, is_check
from course_utils.inspecting import Diagnosis, Pair, graded, unanswered

SLOW = 0.5  # of the limit: a slower machine, or a busy one, may not finish such a cell
QUIET = ["--log-level=ERROR"]  # the kernel would warn of how it is reached


def rehearse(pair: Pair) -> list[Diagnosis]:
    """Run a copy of a notebook and return which cells stop or are slow, and what the checks say.

    The figures of lessons are drawn small and training is short, as at grading.
    """
    from nbclient.exceptions import DeadKernelError

    run = _Run(pair)
    try:
        run.execute()
    except DeadKernelError:
        what = f"the kernel died in {run.where(run.last)}"
        return [Diagnosis(what, "Often too much memory, or a crash in a library: restart it and run that cell alone.")]
    checks = "the check of every answered exercise" if run.empty else "every public check"
    return list(run.findings()) or [Diagnosis(f"it runs from top to bottom, and {checks} passes")]


class _Run:
    def __init__(self, pair: Pair) -> None:
        from course_utils.grading.hooks import cell_seconds

        self.pair, self.notebook = pair, pair.notebook
        empty = unanswered(pair)
        self.empty = {name for name, what in pair.names.items() if what in empty}  # said by who looks it over
        self.limit, self.last, self.started = cell_seconds(), 0, 0.0
        self.seconds: dict[int, float] = {}
        self.interrupted: set[int] = set()

    def execute(self) -> None:
        from nbclient import NotebookClient

        for cell in self.notebook.cells:
            cell.metadata.pop("tags", None)
        client = NotebookClient(
            self.notebook,
            allow_errors=True,
            timeout=self.limit,
            interrupt_on_timeout=True,
            kernel_name=KERNELSPEC["name"],
            shutdown_kernel="immediate",
            extra_arguments=QUIET,
            on_cell_start=self._start,
            on_cell_executed=self._executed,
            resources={"metadata": {"path": str(self.pair.path.resolve().parent)}},
        )
        client.execute(env=_environment())

    def _start(self, cell: Any, cell_index: int) -> None:
        self.last, self.started = cell_index, time.monotonic()

    def _executed(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        self.seconds[cell_index] = time.monotonic() - self.started
        if self.seconds[cell_index] >= self.limit:
            self.interrupted.add(cell_index)

    def where(self, index: int) -> str:
        """Name a cell for its writer: by its exercise, else by its place and first line."""
        cell = self.notebook.cells[index]
        name = self.pair.names.get(grade_id(cell))
        first = next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
        return name or f"cell {index + 1} from the top, which begins: {first[:60]}"

    def findings(self) -> Iterator[Diagnosis]:
        """Yield what there is to say, in the order of the cells."""
        checks = {name for name, cell in graded(self.pair.reference).items() if is_check(cell)}
        for index, cell in enumerate(self.notebook.cells):
            if index in self.interrupted:
                what = f"{self.where(index)}: it was stopped after {self.limit} seconds"
                yield Diagnosis(what, "Grading stops it, too. Is there a loop that never ends, or a training too long?")
            elif self.seconds.get(index, 0) > SLOW * self.limit:
                what = f"{self.where(index)}: it took {self.seconds[index]:.0f} seconds"
                yield Diagnosis(
                    what, f"Grading stops a cell after {self.limit} seconds. Can it do less?", optional=True
                )
            elif (found := _result(self.where(index), cell, grade_id(cell) in checks)) and not self._is_said(
                found, cell
            ):
                yield found

    def _is_said(self, found: Diagnosis, cell: Any) -> bool:
        """Tell whether a check complains of nothing but that there is no answer yet."""
        return found.optional and grade_id(cell).removesuffix("-check") in self.empty


def _environment() -> dict[str, str]:
    from course_utils.course import environment

    return environment() | {"NBGRADER_EXECUTION": "validate"}


def _result(where: str, cell: Any, is_a_check: bool) -> Diagnosis | None:
    """Return what a cell that has run has to complain of."""
    from nbgrader.utils import determine_grade

    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    advice = "Restart the kernel, run all cells down to it, and read what it says."
    if errors:
        return Diagnosis(f"{where}: {_error(errors[0])}", advice, optional=errors[0].ename == "NotAttempted")
    if not is_a_check:
        return None
    score, most = determine_grade(cell)
    return Diagnosis(f"{where}: {score:g} of {most:g} points", advice) if score < most else None


def _error(output: Any) -> str:
    """Return what an error says, without colours and codes."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", output.evalue or output.ename)
    text = re.sub(r" \[codes: [^\]]*\]$", "", text)
    lines = [line for line in text.splitlines() if line.strip()]
    kind = "" if output.ename in ("CheckFailed", "NotAttempted") else f"{output.ename}: "
    return kind + f"\n{'':7}".join(lines or [output.ename])
