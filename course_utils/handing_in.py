"""Making the file that a learner hands in, and laying the model answers beside it once they are released.

The file is called ``STUDENT__LAB.ipynb``, which is what the instructor's collector reads (``nbgrader zip_collect``).
"""

import json
import re
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils import deadlines, files, workplace
from course_utils.course import CourseError, nbgrader
from course_utils.inspecting import HOW_TO_PUT_BACK, Pair, lost, read_pair, unanswered
from course_utils.judging.variants import STUDENT_ID

HAND_IN = "hand-in"
ID_CELL = re.compile(r"^student_id\s*=\s*([\"'])(.*)\1\s*(?:#.*)?$", re.M)
ANSWERS = "answers*.zip"
OWN_NUMBERS = "**Your own numbers.**"  # stands before the start cell of a lab that draws questions for each student
NO_ID = "Its start cell has no student id: the questions have the lesson's numbers, and are graded so."
BESIDE = ("defence.npz",)  # what a lesson may write beside its notebook to be handed in with it


@dataclass
class HandedIn:
    """The file that was made, and what a learner should know of it."""

    path: Path
    sentences: list[str] = field(default_factory=list)


def submit(notebook: Path, student: str = "", *, exchange: bool = False) -> HandedIn:
    """Make the file to hand in, from a notebook that is left as it is.

    Parameters
    ----------
    notebook
        The learner's own.
    student
        Student id; what stands in the notebook, else what was given before, if left out.
    exchange
        Hand it to nbgrader's exchange, so that nothing is to be uploaded.

    Raises
    ------
    CourseError
        If the notebook is none, or no student id is known or it is none.
    """
    pair = read_pair(notebook)
    home = workplace.find_workplace(notebook.resolve().parent) or notebook.resolve().parent
    written, kept = id_in(pair), known_id(home)
    who = student or written or kept
    if not who:
        raise CourseError("Whose notebook is it? Give your student id: course submit LAB --student ID")
    if not STUDENT_ID.fullmatch(who):
        raise CourseError(
            f"A student id is up to 64 letters, digits and . _ @ -, starting with a letter or digit; not {who!r}."
        )
    lab = pair.original.stem
    done = HandedIn(home / HAND_IN / f"{who}__{lab}.ipynb")
    files.write(done.path, notebook.read_bytes())
    more = [_put_beside(done.path, who, path) for name in BESIDE if (path := notebook.with_name(name)).is_file()]
    keep_id(home, who)
    done.sentences = [*_about_the_id(pair, who, written), *_about_lost_cells(pair), _about_answers(pair)]
    done.sentences += filter(None, [deadlines.sentence(home, lab)])
    done.sentences.append(_hand_to_exchange(home, lab, done.path) if exchange else _where_to(home, done.path, *more))
    return done


def _put_beside(made: Path, who: str, path: Path) -> Path:
    """Copy a file that lies beside a notebook to the file that is handed in, under a name that says whose it is."""
    target = made.with_name(f"{who}__{path.name}")
    files.write(target, path.read_bytes())
    return target


def id_in(pair: Pair) -> str:
    """Return the student id that stands in a notebook's start cell, "" if none does."""
    for cell in pair.notebook.cells:
        if cell.cell_type == "code" and (found := ID_CELL.search(cell.source)):
            return found[2].strip()
    return ""


def known_id(home: Path) -> str:
    """Return the student id that was given before, "" if none was."""
    found = workplace.remembered(home).get("student", "")
    return found if isinstance(found, str) else ""


def keep_id(home: Path, student: str) -> None:
    """Remember a student id, so that nobody is asked twice."""
    known = workplace.remembered(home)
    if known.get("student") != student:
        workplace.remember(home, known | {"student": student})


def lacks_id(pair: Pair) -> bool:
    """Tell whether a lab has numbers for each student, and the notebook says of none whose they are."""
    return not id_in(pair) and any(OWN_NUMBERS in cell.source for cell in pair.reference.cells)


def _about_the_id(pair: Pair, who: str, written: str) -> list[str]:
    if written == who:
        return []
    if not written:
        return [NO_ID] if lacks_id(pair) else []
    return [f"The notebook's start cell says {written!r}, the file is handed in for {who!r}. Is that meant?"]


def _about_lost_cells(pair: Pair) -> list[str]:
    missing = lost(pair)
    return [f"Lost: {'; '.join(missing)}. {HOW_TO_PUT_BACK} brings them back; then do this again."] if missing else []


def _about_answers(pair: Pair) -> str:
    empty = unanswered(pair)
    return f"Not answered: {'; '.join(empty)}." if empty else "Every exercise has an answer."


def _where_to(home: Path, *paths: Path) -> str:
    said = workplace.handed_out(home).get("upload")
    where = said if isinstance(said, str) and said else "where your instructor collects the labs"
    what = "this file" if len(paths) == 1 else "these files"
    return f"Upload {what} {where}: {' and '.join(map(str, paths))}"


# --- nbgrader's exchange


def exchange_of(home: Path) -> dict[str, str]:
    """Return folder and course of nbgrader's exchange, where the instructor named one that is here; else nothing."""
    found = workplace.handed_out(home).get("exchange")
    if not isinstance(found, dict) or not {"root", "course"} <= set(found):
        return {}
    there = (Path(str(found["root"])) / str(found["course"]) / "inbound").is_dir()
    return {key: str(found[key]) for key in ("root", "course")} if there else {}


def _hand_to_exchange(home: Path, lab: str, made: Path) -> str:
    found = exchange_of(home)
    if not found:
        raise CourseError(f"There is no exchange of nbgrader's here. {_where_to(home, made)}")
    options = [f"--Exchange.root={found['root']}", f"--course={found['course']}"]
    options += [f"--CourseDirectory.root={home / workplace.LABS}", "--log-level=ERROR"]
    done = subprocess.run(
        nbgrader("submit", lab, *options), cwd=home / workplace.LABS, capture_output=True, text=True, check=False
    )
    if done.returncode:
        telling = [line for line in done.stderr.splitlines() if "ERROR" in line] or done.stderr.splitlines()[-1:]
        raise CourseError(f"nbgrader's exchange did not take it: {' '.join(telling)} {_where_to(home, made)}")
    return f"Handed in: nbgrader's exchange has it, course {found['course']}. There is nothing to upload."


# --- after the deadline


def show_answers(lab: str, home: Path, archive: Path | None = None) -> Path:
    """Lay a lab's model answers beside the learner's own notebook, from the archive that an instructor releases.

    Raises
    ------
    CourseError
        If there is no such archive, or the lab is not in it.
    """
    archives = [archive] if archive else sorted(home.glob(ANSWERS))
    if not archives:
        raise CourseError(
            f"The answers come in an archive that your instructor releases after the deadline; put it into {home}."
        )
    for one in archives:
        content = _from_archive(one, lab)
        if content is not None:
            target = home / workplace.LABS / lab / f"{lab} (answers).ipynb"
            files.write(target, content)
            return target
    raise CourseError(f"{', '.join(one.name for one in archives)} does not hold the answers of {lab}.")


def _from_archive(archive: Path, lab: str) -> bytes | None:
    try:
        with zipfile.ZipFile(archive) as opened:
            content = opened.read(f"{lab}.ipynb")
        found: Any = json.loads(content)
        return content if isinstance(found, dict) and "cells" in found else None
    except KeyError:
        return None
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise CourseError(f"{archive} is not an archive of answers: {error}") from error
