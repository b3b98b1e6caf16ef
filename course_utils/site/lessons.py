"""Lessons as pages: the notebooks as they are handed out, run as they are. What is not in them cannot be shown."""

import base64
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from course_utils import files
from course_utils.cells import Role, grade_id, is_solution, role
from course_utils.grading import own_code

SECONDS = 600  # a cell: a limit against endless loops, not a measure
QUIETLY = {"CI": "true", "OMP_NUM_THREADS": "1", "COURSE_OFFLINE": "1"}  # stills for widgets, one thread, no network
WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURE = re.compile(r'<img (alt="[^"]*" )?src="data:image/png;base64,([^"]+)"')
FOLD = re.compile(r"<details><summary>(.*?)</summary>\n(.*?)\n</details>", re.S)
NEEDS_YOU = '<p class="needs-an-answer">This cell uses an answer of yours: in the notebook it shows more.</p>'


def run(notebook: Path, cache: Path, say: Callable[[str], None]) -> NotebookNode:
    """Return a handed-out notebook with its outputs: from the cache, or run now and kept there.

    Kept under the digest of the notebook and of the package's code: what has changed in neither is not run again.
    """
    key = hashlib.sha256(notebook.read_bytes() + own_code.digest().encode()).hexdigest()[:16]
    kept = cache / f"{notebook.stem}-{key}.ipynb"
    if not kept.exists():
        say(f"running    {notebook.stem}")
        executed = _execute(nbformat.read(notebook, as_version=4))
        for old in cache.glob(f"{notebook.stem}-{'?' * 16}.ipynb"):
            old.unlink()
        files.write(kept, nbformat.writes(executed))
    found: NotebookNode = nbformat.read(kept, as_version=4)
    return found


def _execute(notebook: NotebookNode) -> NotebookNode:
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory(prefix="course-site-") as folder:
        client = NotebookClient(
            notebook,
            allow_errors=True,
            timeout=SECONDS,
            resources={"metadata": {"path": folder}},
            kernel_name="python3",
        )
        client.execute(env={**os.environ, **QUIETLY}, stderr=subprocess.DEVNULL)
    return notebook


def as_page(notebook: NotebookNode, pictures: Path, way_to_pictures: str) -> NotebookNode:
    """Return a page's notebook: no verdicts and no tracebacks, figures as files, a target for each exercise.

    Parameters
    ----------
    notebook
        A handed-out one, with outputs.
    pictures
        The folder for the figures, each under a name made from what it shows.
    way_to_pictures
        The address of that folder, seen from the page.
    """
    cells: list[NotebookNode] = []
    for cell in notebook.cells:
        page_cell = _without_metadata(cell)
        if cell.cell_type == "markdown":
            page_cell.source = FOLD.sub(r"<details><summary>\1</summary>\n\n\2\n\n</details>", cell.source)
        else:
            page_cell.outputs = list(_outputs(cell, pictures, way_to_pictures))
        if is_solution(cell):
            _aim_at(cells, grade_id(cell))
        cells.append(page_cell)
    return NotebookNode(
        nbformat=4, nbformat_minor=5, metadata=NotebookNode(kernelspec=notebook.metadata.kernelspec), cells=cells
    )


def _without_metadata(cell: NotebookNode) -> NotebookNode:
    bare = NotebookNode(cell_type=cell.cell_type, id=cell.id, metadata=NotebookNode(), source=cell.source)
    return bare if cell.cell_type == "markdown" else NotebookNode(bare, execution_count=None, outputs=[])


def _aim_at(cells: list[NotebookNode], exercise: str) -> None:
    """Put a target, where links to an exercise lead, before the last heading."""
    heading = next((cell for cell in reversed(cells) if cell.cell_type == "markdown" and "## " in cell.source), None)
    if heading is not None:
        heading.source = f'<span id="{exercise}"></span>\n\n{heading.source}'


def _outputs(cell: NotebookNode, pictures: Path, way: str) -> Iterator[NotebookNode]:
    """Yield what a cell shows a reader; of an answer and of its check, nothing."""
    if role(cell) in (Role.SOLUTION, Role.CHECK, Role.ESSAY):
        return
    for output in cell.outputs:
        if output.output_type == "error":
            yield nbformat.v4.new_output("display_data", {"text/html": NEEDS_YOU, "text/plain": ""})
        elif output.output_type == "stream":
            if output.name == "stdout":
                yield output
        elif data := {kind: value for kind, value in output.data.items() if kind != WIDGET}:
            yield nbformat.v4.new_output("display_data", _with_files(data, pictures, way))


def _with_files(data: dict[str, Any], pictures: Path, way: str) -> dict[str, Any]:
    """Return an output with its pictures as files beside the page: a page that carries them is megabytes."""

    def moved(match: re.Match[str]) -> str:
        content = base64.b64decode(match[2])
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.png"
        if not (pictures / name).exists():
            files.write(pictures / name, content)
        return f'<img loading="lazy" {match[1] or ""}src="{way}/{name}"'

    if "text/html" not in data:
        return data
    return {**data, "text/html": PICTURE.sub(moved, data["text/html"])}
