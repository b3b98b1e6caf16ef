"""nbgrader on many submissions: one ``NbGraderAPI`` a process, each handed one student at a time.

nbgrader grades in series and stops the batch at some errors; called for one student at a time, an error stays with
the student whose it is.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from course_utils.course import CONFIG, environment

LOG = "grading.log"
_api = None  # one in each worker process


def grade(root: Path, lab: str, students: Iterable[str], *, workers: int = 2) -> Iterator[tuple[str, str]]:
    """Autograde students and make their feedback pages. Yields (student, reason), reason "" where all went well.

    Students come in the order in which they are done.
    """
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start, initargs=(root,)) as pool:
        tasks = {pool.submit(_grade_one, lab, student): student for student in students}
        for task in as_completed(tasks):
            student = tasks[task]
            try:
                yield student, task.result()
            except Exception as error:  # the worker died: its student's own fault or not, the batch goes on
                yield student, f"grading stopped: {type(error).__name__}"


def _start(root: Path) -> None:
    """Prepare a worker process: nbgrader reads its settings from the folder it runs in."""
    global _api
    os.chdir(root)
    os.environ["PATH"] = environment()["PATH"]
    log = os.open(root / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):  # what nbgrader and the kernels say would break the progress bar
        os.dup2(log, stream)
    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config.loader import PyFileConfigLoader

    _api = NbGraderAPI(config=PyFileConfigLoader(CONFIG, path=str(root)).load_config())


def _grade_one(lab: str, student: str) -> str:
    for step in (_api.autograde, _api.generate_feedback):
        result = step(lab, student)
        if not result["success"]:
            return _reason(result)
    return ""


def _reason(result: dict) -> str:
    lines = [line for line in (result.get("log", "") + result.get("error", "")).splitlines() if line.strip()]
    telling = [line for line in lines if "Error" in line and "nbgrader" not in line.lower()] or lines[-1:]
    return f"nbgrader could not grade it: {telling[-1].strip()[:120]}" if telling else "nbgrader could not grade it"
