"""Formgrader's page of a submission, made in a process with limits (:mod:`course_utils.grading.page_makers`).

nbgrader makes it in the Jupyter server itself: a notebook that takes minutes to show, or gigabytes, would stop
everything that the instructor has open. The process that makes pages stays for the next one.
"""

import html
import json
import tempfile
import threading
from functools import cache
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.formgrader import formgrader

from course_utils.grading.gradebook import read_settings
from course_utils.grading.page_makers import ENDED, SLOW, Maker

SECONDS = 20  # that a page may compute
PATIENCE = 3  # seconds on the clock for each of them
MOST = 8_000_000  # bytes of a page
NOT_MADE = "This page could not be made: {}. The notebook itself lies in {}"


class LimitedExporter(HTMLExporter):
    """Stands in formgrader's server where nbgrader has nbconvert's own exporter."""

    def from_filename(  # type: ignore[override]  # nbconvert's own says that a page is a notebook
        self, filename: str, resources: dict[str, Any] | None = None, **_options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page of a notebook, or one that says in a sentence why there is none."""
        about, mine = resources or {}, self.config.HTMLExporter
        looks = {"template_name": mine.template_name, "extra_template_basedirs": list(mine.extra_template_basedirs)}
        with tempfile.TemporaryDirectory(prefix="course-page-") as folder:
            target = Path(folder, "page.html")
            reason = _worker.make(CourseDirectory(config=self.config).root, filename, json.dumps(about), looks, target)
            if not reason and target.stat().st_size <= MOST:
                return target.read_text(encoding="utf-8"), about
        words = NOT_MADE.format(reason or f"it has more than {MOST // 1_000_000} MB", filename)
        return f"<!DOCTYPE html><title>No page</title><p>{html.escape(words)}</p>", about


class Worker:
    """The one process that makes formgrader's pages, started when the first is wanted."""

    def __init__(self) -> None:
        self.lock, self.maker = threading.Lock(), list[Maker]()

    def make(self, *arguments: Any) -> str:
        """Have :func:`make_page` make a page; return why it could not, "" if it could."""
        with self.lock:
            if not self.maker:
                self.maker = [Maker(make_page, SECONDS, PATIENCE)]
            (maker,) = self.maker
            maker.begin("page", arguments)
            while (reason := maker.hear()) is None:
                wait([maker.wire], timeout=1)
            if reason in (SLOW, ENDED) or not maker.usable:
                maker.end()
                self.maker.clear()
        return f"making it took more than {SECONDS} seconds" if reason == SLOW else reason


_worker = Worker()


def make_page(root: str, filename: str, about: str, looks: dict[str, Any], target: Path) -> str:
    """Write a page to a file, in the process with limits."""
    page, _ = _exporter(root, json.dumps(looks)).from_filename(filename, resources=json.loads(about))
    target.write_text(page, encoding="utf-8")
    return ""


@cache
def _exporter(root: str, looks: str) -> Any:
    config = read_settings(Path(root)).config
    config.HTMLExporter.merge(json.loads(looks))
    return HTMLExporter(config=config)


def take_place() -> None:
    """Let formgrader's server, if this process becomes one, make its pages so: nbgrader has no setting for it."""
    formgrader.HTMLExporter = LimitedExporter
