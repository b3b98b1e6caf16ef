"""What Canvas, Moodle and Gradescope import, made from marks and the class.

- Canvas: the table that its gradebook exports and imports: ``Student, ID, SIS User ID, SIS Login ID, Section``, then
  a column for each assignment, called ``NAME (NUMBER)`` where Canvas is to find it by its number; the second line says
  the points possible.
- Moodle: a table for *Grades, Import, CSV file*: ``ID number, Email address``, then a column for each grade item.
- Gradescope takes no table of marks. It takes an autograder: a ZIP whose ``run_autograder`` writes a submission's
  ``results.json``. Ours looks the mark up, by SID or address, in a table inside the ZIP.
- csv: every number that is known of a person, for anything else.

An empty cell is somebody who has not handed in. Points are plain numbers.
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from course_utils.files import as_csv
from course_utils.term.marks import LabMarks, Mark
from course_utils.term.roster import Person

POINTS_POSSIBLE = "    Points Possible"  # with Canvas's four spaces
PROGRAM_MODE = 0o755 << 16
FIXED_TIME = (2020, 1, 1, 0, 0, 0)  # the same marks give the same bytes
SETUP = "#!/usr/bin/env bash\n# Nothing to install: the marks were made elsewhere.\n"
RUN = '''\
#!/usr/bin/env python3
"""Give a submission the mark in marks.json, found by the student's SID or address."""

import json
import os
import sys
from pathlib import Path

HOME = Path(os.environ.get("AUTOGRADER", "/autograder"))
MARKS = json.loads((HOME / "source" / "marks.json").read_text(encoding="utf-8"))
users = json.loads((HOME / "submission_metadata.json").read_text(encoding="utf-8"))["users"]
keys = [str(user.get(name) or "").strip().casefold() for user in users for name in ("sid", "email")]
found = [MARKS["marks"][key] for key in keys if key and key in MARKS["marks"]]
if not found:
    sys.exit("There is no mark for this student yet.")  # Gradescope shows a failed autograder, not 0 points
test = {"name": MARKS["lab"], "score": found[0], "max_score": MARKS["most"]}
results = HOME / "results"
results.mkdir(exist_ok=True)
(results / "results.json").write_text(json.dumps({"score": found[0], "tests": [test]}), encoding="utf-8")
'''


@dataclass
class Made:
    """What was made for a platform.

    Parameters
    ----------
    contents
        By file name.
    left_out
        Who has a mark and cannot be in it, and why.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


Titles = Mapping[str, str]  # what the platform calls a lab
People = Mapping[str, Person]


def number(mark: Mark | None) -> float | int | None:
    """Return points as a table shows them: 3, 2.5; None where there is no mark."""
    if mark is None:
        return None
    return int(mark.points) if mark.points == int(mark.points) else mark.points


def _unreachable(people: People, labs: Sequence[LabMarks], needs: Sequence[str], words: str) -> dict[str, str]:
    """Return who has a mark but none of the numbers that a platform knows people by."""
    marked = dict.fromkeys(student for lab in labs for student in lab.marks)
    lost = [name for name in marked if not any(getattr(people[name], key) for key in needs)]
    return dict.fromkeys(lost, f"there is no {words} in students.csv")


def for_canvas(people: People, labs: Sequence[LabMarks], titles: Titles) -> Made:
    """Return Canvas's gradebook table."""
    lost = _unreachable(people, labs, ("canvas_id", "sis_id", "login"), "canvas_id, sis_id or login")
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *(titles[lab.lab] for lab in labs)]
    rows: list[list[object]] = [[POINTS_POSSIBLE, "", "", "", "", *(_plain(lab.most) for lab in labs)]]
    for name, one in people.items():
        if name in lost or not (one.canvas_id or one.sis_id or one.login):
            continue
        about = [one.name or name, one.canvas_id, one.sis_id, one.login, one.section]
        rows.append([*about, *(number(lab.marks.get(name)) for lab in labs)])
    return Made({"grades_canvas.csv": as_csv([head, *rows]).encode()}, lost)


def for_moodle(people: People, labs: Sequence[LabMarks], titles: Titles) -> Made:
    """Return a table for Moodle's import of grades."""
    lost = _unreachable(people, labs, ("sis_id", "email"), "sis_id or email")
    head = ["First name", "Last name", "ID number", "Email address", *(titles[lab.lab] for lab in labs)]
    rows = [
        [one.first_name, one.last_name, one.sis_id, one.email, *(number(lab.marks.get(name)) for lab in labs)]
        for name, one in people.items()
        if name not in lost and (one.sis_id or one.email)
    ]
    return Made({"grades_moodle.csv": as_csv([head, *rows]).encode()}, lost)


def for_gradescope(people: People, labs: Sequence[LabMarks], titles: Titles) -> Made:
    """Return an autograder for each lab, as a ZIP."""
    made = Made(left_out=_unreachable(people, labs, ("sis_id", "email"), "sis_id or email"))
    for lab in labs:
        marks = {
            key.casefold(): number(mark)
            for name, mark in sorted(lab.marks.items())
            for key in (people[name].sis_id, people[name].email)
            if key
        }
        said = {"lab": titles[lab.lab], "most": _plain(lab.most), "marks": marks}
        made.contents[f"grades_gradescope_{lab.lab}.zip"] = _zipped(
            {"setup.sh": SETUP, "run_autograder": RUN, "marks.json": json.dumps(said, indent=1, ensure_ascii=False)}
        )
    return made


def for_anything(people: People, labs: Sequence[LabMarks], titles: Titles) -> Made:
    """Return a plain table with all that is known of people."""
    about = ("student_id", "last_name", "first_name", "email", "canvas_id", "sis_id", "login", "section")
    rows = [
        [*(getattr(one, key) for key in about), *(number(lab.marks.get(name)) for lab in labs)]
        for name, one in people.items()
    ]
    head = [*about, *(f"{titles[lab.lab]} ({lab.most:g})" for lab in labs)]
    return Made({"grades_csv.csv": as_csv([head, *rows]).encode()})


PLATFORMS: dict[str, Callable[[People, Sequence[LabMarks], Titles], Made]] = {
    "canvas": for_canvas,
    "moodle": for_moodle,
    "gradescope": for_gradescope,
    "csv": for_anything,
}


def _plain(points: float) -> float | int:
    return int(points) if points == int(points) else points


def _zipped(contents: Mapping[str, str]) -> bytes:
    """Return an archive whose files can be run, and whose bytes say nothing of when it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.external_attr = PROGRAM_MODE
            archive.writestr(info, text)
    return out.getvalue()
