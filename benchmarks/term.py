"""Take a generated class through a term, by what README and docs/instructors.md say, and show what each command said.

Run ``python benchmarks/term.py FOLDER`` from the course; FOLDER is new or empty, and keeps everything that was made,
for somebody to look at: pages, tables, archives, and ``term.txt`` with every command and what it said. Without more
words it takes 60 students through five labs; ``python benchmarks/term.py FOLDER 1 --students 6`` is a try.

What happens in the term: each lab comes from another system (Canvas, Moodle, Gradescope, files of `course submit`),
one student is late and one has an extension, essays of the homework are read, hidden tests change and the lab is
regraded, one student appeals and gets points by hand, marks and pages go to each system, the class is shared without
names, and the next term begins. The last line says how many commands ended in another status than they should.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from course_utils.course import CONFIG, GRADEBOOK, MASTERS, RELEASED, environment, find_labs, find_root
from course_utils.grading import sample
from course_utils.grading.gradebook import open_gradebook

LABS = ("1", "2", "4", "5", "06_lab7_cnn_homework")
ESSAY = "The convolutional network is better by more than chance moves it. With a formula =1+1, and ünïcode."
DATES = """zone = "Europe/Zurich"

[due]
{dates}

[late]
percent_per_day = 10
grace_minutes = 15

[extensions.{extended}]
{first} = "2026-11-20 23:59"

[handed_in.{late}]
{first} = "2026-11-17 08:00"

[handed_in.{extended}]
{first} = "2026-11-17 08:00"
"""


@dataclass
class Term:
    """A course, its class, and what has happened so far."""

    root: Path
    labs: list[str]
    students: list[str]
    said: list[str] = field(default_factory=list)
    amiss: list[str] = field(default_factory=list)

    def course(self, *words: str, status: tuple[int, ...] = (0,)) -> str:
        """Run a command of the guide's; note what it said, and whether it ended as it should."""
        start = time.monotonic()
        command = [sys.executable, "-m", "course_utils", *words]
        done = subprocess.run(command, cwd=self.root, env=environment(), capture_output=True, text=True, check=False)
        line = f"$ course {' '.join(words)}   [{done.returncode}, {time.monotonic() - start:.0f} s]"
        self.said += [line, done.stdout, done.stderr]
        print(line, flush=True)
        if done.returncode not in status or "Traceback" in done.stdout + done.stderr:
            self.amiss.append(f"{line}\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
        (self.root.parent / "term.txt").write_text("\n".join(self.said), encoding="utf-8")
        return done.stdout


# --- the class


def names(count: int) -> list[str]:
    """Return logins."""
    return [f"student{number:02}" for number in range(count)]


def roster(students: list[str]) -> str:
    """Return the class as Canvas's gradebook has it; the first names are hard on tables."""
    odd = ["O'Neill, Zoë", "van der Berg, Łukasz", "Müller-Lüdenscheidt, 李", "=SUM(A1), Bobby"]
    people = [f'"{odd[i] if i < len(odd) else f"Family{i:02}, Given{i:02}"}"' for i in range(len(students))]
    lines = [f"{name},{900 + i},u{i:03},{who},Mon" for i, (name, who) in enumerate(zip(people, students, strict=True))]
    return "\n".join(["Student,ID,SIS User ID,SIS Login ID,Section", *lines, ""])


def notebooks(term: Term, lab: str) -> dict[str, str]:
    """Return what each student hands in: the sample class over and over, every third with all that is asked of them."""
    classmates = [one for one in sample.load_class(term.root, lab) if not one.is_endless and not one.zero_because]
    model = sample.model_answers(term.root, lab)
    found = {}
    for number, student in enumerate(term.students[: -1 if len(term.students) > 2 else None]):  # the last never does
        one = classmates[number % len(classmates)]
        if number % 3 == 0 and not lab.endswith("homework"):
            one = sample.Sample(student, "right", model | sample.own_answers(term.root, lab, student), student)
        made = nbformat.read(term.root / RELEASED / lab / f"{lab}.ipynb", as_version=4)
        sample.fill_in(made, one)
        if lab.endswith("homework") and number % 2 == 0:
            _write_essays(made)
        text = one.accident(made) if one.accident else None
        found[student] = nbformat.writes(made) if text is None else text
    return found


def _write_essays(made: nbformat.NotebookNode) -> None:
    for cell in made.cells:
        settings = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown" and settings.get("solution"):
            cell.source = ESSAY


# --- how it is handed in


def as_canvas(lab: str, handed_in: dict[str, str]) -> dict[str, str]:
    """Return files as Canvas names them; the second student is late."""
    late = {1: "LATE_"}
    return {
        f"{who}_{late.get(i, '')}{900 + i}_{i}_{lab}.ipynb": text for i, (who, text) in enumerate(handed_in.items())
    }


def as_moodle(lab: str, handed_in: dict[str, str]) -> dict[str, str]:
    """Return files as Moodle lays them out."""
    numbered = enumerate(handed_in.items())
    return {f"{who}_{900 + i}_assignsubmission_file_/{lab}.ipynb": text for i, (who, text) in numbered}


def as_gradescope(lab: str, handed_in: dict[str, str]) -> dict[str, str]:
    """Return files as Gradescope lays them out."""
    found, about = {}, []
    for i, (who, text) in enumerate(handed_in.items()):
        found[f"submission_{i}/{lab}.ipynb"] = text
        about.append(f"submission_{i}:\n  :submitters:\n  - :name: {who}\n    :sid: u{i:03}\n")
        about.append("  :created_at: 2026-11-16 10:00:00.000000000 Z\n")
    return found | {"submission_metadata.yml": "---\n" + "".join(about)}


def as_files(lab: str, handed_in: dict[str, str]) -> dict[str, str]:
    """Return files as ``course submit`` makes them."""
    return {f"{who}__{lab}.ipynb": text for who, text in handed_in.items()}


SYSTEMS: tuple[Callable[[str, dict[str, str]], dict[str, str]], ...] = (as_canvas, as_moodle, as_gradescope, as_files)


def download(term: Term, number: int, lab: str) -> Path:
    """Return a ZIP as one of the systems gives it."""
    folder = term.root.parent / "downloads" / lab
    for name, text in SYSTEMS[number % len(SYSTEMS)](lab, notebooks(term, lab)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Path(shutil.make_archive(str(folder), "zip", folder))


# --- the term


def begin(root: Path, place: Path, wanted: list[str], students: int) -> Term:
    """Make a course with some labs, its class and its dates."""
    course = place / "course"
    course.mkdir(parents=True)
    shutil.copyfile(root / CONFIG, course / CONFIG)
    labs = find_labs(root, wanted)
    for lab in labs:
        ignored = shutil.ignore_patterns("*.ipynb", "__pycache__")
        shutil.copytree(root / MASTERS / lab, course / MASTERS / lab, ignore=ignored)
    shutil.copyfile(root / MASTERS / "jupytext.toml", course / MASTERS / "jupytext.toml")
    (course / RELEASED).mkdir()
    term = Term(course, labs, names(students))
    (course / "class.csv").write_text(roster(term.students), encoding="utf-8")
    dates = "\n".join(f'"{lab}" = "2026-11-16 23:59"' for lab in labs)
    about = {"dates": dates, "first": f'"{labs[0]}"', "late": term.students[0], "extended": term.students[1]}
    (course / "due.toml").write_text(DATES.format(**about), encoding="utf-8")
    return term


def teach(term: Term, number: int, lab: str) -> None:
    """Hand a lab out, collect, grade, read the class, and give back."""
    term.course("release", "--gradebook", "--no-proof", lab)
    archive = download(term, number, lab)
    term.course("collect", str(archive), "--dry-run")
    term.course("collect", str(archive), "--yes")
    term.course("students", lab)
    term.course("grade", lab)
    term.course("grade", lab)  # nothing to do
    term.course("due", lab, "--dry-run")
    term.course("feedback", lab)
    term.course("report", lab, "--html", f"report-{lab}.html", "--csv", f"report-{lab}.csv", "--names")


def read_essays(term: Term, lab: str) -> None:
    """Read what waits for a person, as formgrader writes it down."""
    with open_gradebook(term.root) as book:
        for submission in book.assignment_submissions(lab):
            for grade in [one for notebook in submission.notebooks for one in notebook.grades]:
                if grade.needs_manual_grade:
                    grade.manual_score, grade.needs_manual_grade = grade.max_score / 2, False
        book.db.commit()


def change_one_s_mind(term: Term, lab: str) -> None:
    """Change a lab's hidden tests and a check's points, and regrade."""
    master = term.root / MASTERS / lab / f"{lab}.py"
    text = re.sub(r"\bseed=(\d+)", lambda match: f"seed={int(match[1]) + 1}", master.read_text(encoding="utf-8"))
    master.write_text(re.sub(r'("points": )(\d+)', lambda m: f"{m[1]}{int(m[2]) + 1}", text, count=1), encoding="utf-8")
    term.course("grade", lab)  # says that a check was corrected and not released
    term.course("release", "--gradebook", "--no-proof", lab)
    term.course("regrade", lab, "--dry-run")
    term.course("regrade", lab, "--yes")
    term.course("regrade", lab, "--log")


def appeal(term: Term, lab: str) -> None:
    """Look at what a student was asked, give points by hand, and see that they stay."""
    student = term.students[0]
    term.course("variants", lab, "--student", student)
    with open_gradebook(term.root) as book:
        (notebook,) = book.find_submission(lab, student).notebooks
        grade = next(one for one in notebook.grades if one.auto_score is not None)
        grade.manual_score, grade.extra_credit = grade.max_score, 0.5
        book.db.commit()
    term.course("regrade", lab, "--yes")
    term.course("feedback", lab)


def hand_back(term: Term) -> None:
    """Send marks and pages to each system."""
    for system in ("canvas", "moodle", "gradescope", "csv"):
        term.course("export", "--to", system, *term.labs, status=(0, 3))
        term.course("export", "--to", system, *term.labs, status=(0, 3))  # nothing has changed
    term.course("export")
    for number, system in enumerate(("canvas", "moodle")):
        if number < len(term.labs):
            term.course("export", "--feedback", "--to", system, term.labs[number], status=(0, 1))
    term.course("report", *term.labs, "--html", "report.html", "--json", "report.json")


def end(term: Term) -> None:
    """Share the class, and begin anew."""
    term.course("anonymise", term.labs[0], "--to", "shared", status=(0, 3))
    term.course("new-term", "2027-spring", "--dry-run")
    term.course("new-term", "2027-spring", "--yes")
    term.course("new-term", "--verify", ".")
    term.course("grade", term.labs[0], status=(2,))  # it is frozen
    new = Term(term.root.with_name(f"{term.root.name}-2027-spring"), term.labs, term.students, term.said, term.amiss)
    new.course("release", "--gradebook", "--no-proof", term.labs[0])
    new.course("students", status=(0, 2))


def main() -> int:
    """Walk through a term; return 1 if a command ended as it should not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="new or empty; everything is made there")
    parser.add_argument("labs", nargs="*", default=LABS, help="labs by name or number")
    parser.add_argument("--students", type=int, default=60, help="in the class")
    options = parser.parse_args()
    term = begin(find_root(), options.folder.resolve(), list(options.labs), options.students)
    term.course("students", "--import", "class.csv", "--dry-run")
    term.course("students", "--import", "class.csv", "--yes")
    for number, lab in enumerate(term.labs):
        teach(term, number, lab)
    for lab in [one for one in term.labs if one.endswith("homework")]:
        read_essays(term, lab)
        term.course("feedback", lab)
    hand_back(term)
    change_one_s_mind(term, term.labs[0])
    appeal(term, term.labs[0])
    hand_back(term)
    end(term)
    print("\n".join(term.amiss))
    print(json.dumps({"commands": sum(line.startswith("$ ") for line in term.said), "amiss": len(term.amiss)}))
    assert (term.root / GRADEBOOK).exists()
    return bool(term.amiss)


if __name__ == "__main__":
    sys.exit(main())
