"""The class report: how each exercise of a lab went, what is behind the wrong answers, who needs a look.

Everything here is plain data without a name; a student is a number, in an order that tells nothing. `report_text` and
`report_page` show it.
"""

import ast
import contextlib
import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from course_utils import reference
from course_utils.course import folders
from course_utils.files import as_csv
from course_utils.grading.trusted import NOBODYS, OTHERS
from course_utils.grading.worth import changes_in, read_kept
from course_utils.judging.misconceptions import name_of
from course_utils.term.roster import Person, class_of
from course_utils.term.sheets import ESSAY, Answered, Sheet, read_sheets
from course_utils.term.similar import Both, Pair, pairs_of

STANDINGS = ("right", "partly", "wrong", "blank", "open")
STOPPED = {"stopped", "not graded"}
LEAST = 8  # students, for a number that tells them apart
FEW = 0.1  # of a class: an answer is unusual if no more have given it
SHORT = 20  # characters: a shorter answer may be the same by chance
LINES, LETTERS = 14, 700  # of an example
UNCOUNTED = "no misconception that is known"


@dataclass
class Wrong:
    """One way in which an exercise was answered wrongly.

    Parameters
    ----------
    code, name
        Of the misconception; of an error that nobody has named, "" and what the check said.
    exercise
        Where it was met.
    count
        By how many.
    example
        One answer, without names.
    said
        What its student reads.
    """

    code: str
    name: str
    exercise: str
    count: int
    example: str = ""
    said: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Code and name."""
        return f"{self.code} {self.name}".strip()


@dataclass
class Exercise:
    """How an exercise went.

    Parameters
    ----------
    name
        Its grade_id.
    kind
        "check" or "essay".
    most
        Points that can be had.
    standings
        Students by :data:`STANDINGS`; "open" is stopped, waiting for a person, or a check that failed itself.
    share
        The share of the points that was earned on average: how easy it is; None if nobody has points yet.
    discrimination
        How its points go with those of the other exercises, from -1 to 1: near 0 it does not tell who knows the rest,
        below 0 it is answered better by those who know less. None for a small class, or where all have the same.
    verdicts
        Students by the engine's own words.
    title
        Its number and heading, as students read them; "" if the notebook has none.
    """

    name: str
    kind: str
    most: float
    standings: Counter[str] = field(default_factory=Counter)
    share: float | None = None
    discrimination: float | None = None
    verdicts: Counter[str] = field(default_factory=Counter)
    title: str = ""

    @property
    def counted(self) -> str:
        """Standings as "12 right, 3 wrong"."""
        return ", ".join(f"{self.standings[one]} {one}" for one in STANDINGS if self.standings[one])


@dataclass
class Look:
    """Something that a person should look at.

    Parameters
    ----------
    what
        The heading under which it stands.
    who
        Numbers of students.
    detail
        What is known.
    names
        Ids and names; filled only where names are asked for.
    """

    what: str
    who: list[int]
    detail: str
    names: list[str] = field(default_factory=list)


@dataclass
class Alike:
    """Two students whose answers are unusually alike: a question to ask, not a verdict.

    Parameters
    ----------
    who
        Their numbers.
    exercises
        For each exercise its name, how close the two answers are, how close answers of the class usually are (from 0
        to 1), and both texts, without names.
    names
        Ids and names; filled only where names are asked for.
    """

    who: list[int]
    exercises: list[Both]
    names: list[str] = field(default_factory=list)

    @property
    def detail(self) -> str:
        """The exercises, and how close."""
        return ", ".join(f"{one.exercise} ({one.close:.0%}; usual are {one.usual:.0%})" for one in self.exercises)


@dataclass
class Report:
    """The report of one lab.

    Parameters
    ----------
    lab
        Its name.
    students, unreadable
        How many were graded, and how many of them handed in something that could not be read.
    mean, middle, most
        Points of the others on average and in the middle, and full marks.
    spread
        How many of them are in each tenth of the points, from the lowest.
    exercises, wrong, looks
        See the classes; wrong ways by frequency.
    late, taken_off
        How many lose points for being late, and how many points all of them together. All other points are without it.
    notes
        What else is to be known of the numbers.
    alike
        Pairs whose answers are unusually alike, the most unusual first.
    """

    lab: str
    students: int
    unreadable: int
    mean: float
    middle: float
    most: float
    spread: list[int]
    exercises: list[Exercise] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    late: int = 0
    taken_off: float = 0.0
    notes: list[str] = field(default_factory=list)
    alike: list[Alike] = field(default_factory=list)

    @property
    def title(self) -> str:
        """One line that says whose report this is."""
        unread = f", {self.unreadable} of them unreadable" if self.unreadable else ""
        mean = f"{self.mean:.1f} of {self.most:g} points on average"
        late = f", before {self.taken_off:g} taken off {self.late} late" if self.late else ""
        return f"{self.lab}: {self.students} submissions{unread}, {mean}{late}"


def read_report(root: Path, lab: str, *, names: bool = False) -> Report:
    """Return the report of a lab.

    Parameters
    ----------
    root, lab
        The course, and the lab's full name.
    names
        Whether who needs a look is said by name.

    Raises
    ------
    CourseError
        If nobody has been graded.
    """
    report = report_of(lab, read_sheets(root, lab), class_of(root), names=names)
    titles = _titles(root, lab)
    for one in report.exercises:
        one.title = titles.get(one.name, "")
    if kept := read_kept(root, lab):
        what = f"{len(kept)} handed in before the exercises changed ({changes_in(kept)})"
        report.notes.append(f"{what}, and keep their share of the points")
    return report


def _titles(root: Path, lab: str) -> dict[str, str]:
    """Return number and heading of each exercise by grade_id, as they stand in what was handed out."""
    found: dict[str, str] = {}
    for path in sorted((root / folders(root).released / lab).glob("*.ipynb")):
        with contextlib.suppress(OSError, ValueError):
            entries = reference.entries_in(reference.read_cells(path))
            found |= {name: f"{one.number} {one.title}".strip() for name, one in entries.items()}
    return found


def report_of(lab: str, sheets: Sequence[Sheet], people: Mapping[str, Person], *, names: bool = False) -> Report:
    """Look at a class."""
    read = [sheet for sheet in sheets if not sheet.reason]
    points, most = [sheet.points for sheet in read], max((sheet.most for sheet in sheets), default=0.0)
    made = Report(
        lab,
        len(sheets),
        len(sheets) - len(read),
        sum(points) / len(points) if points else 0.0,
        median(points) if points else 0.0,
        most,
        spread_of(points, most),
        late=sum(sheet.penalty > 0 for sheet in sheets),
        taken_off=round(sum(sheet.penalty for sheet in sheets), 2),
    )
    order = list(dict.fromkeys(name for sheet in read for name in sheet.exercises))
    made.exercises = [_exercise(name, read) for name in order]
    hide = Hider(people, [sheet.student for sheet in sheets])
    made.wrong = sorted(
        (one for name in order for one in _wrong_ways(name, read, hide)),
        key=lambda one: (not one.code, -one.count, order.index(one.exercise)),
    )
    for one in made.wrong:
        one.exercise = shown(one.exercise)
    numbers = _numbers(sheets)
    made.looks = [
        Look(what, sorted(numbers[student] for student in who), detail, _called(who, people) if names else [])
        for what, who, detail in _looks(sheets, order)
    ]
    made.alike = [_alike_pair(pair, numbers, people if names else None, hide) for pair in pairs_of(read)]
    return made


def shown(name: str) -> str:
    """Return what an exercise is called: its grade_id without "-check"."""
    return name.removesuffix("-check")


def spread_of(points: Iterable[float], most: float) -> list[int]:
    """Return how many are in each tenth of the points."""
    found = [0] * 10
    for one in points:
        found[min(9, max(0, int(10 * one / most)))] += 1 if most else 0
    return found


def _numbers(sheets: Sequence[Sheet]) -> dict[str, int]:
    """Number the students in an order that follows from what they handed in, not from their names."""
    ordered = sorted(sheets, key=lambda one: hashlib.sha256(f"{one.key}{one.points}".encode()).hexdigest())
    return {sheet.student: number for number, sheet in enumerate(ordered, start=1)}


def _called(students: Iterable[str], people: Mapping[str, Person]) -> list[str]:
    return [people[student].called if student in people else student for student in students]


# --- exercises ------------------------------------------------------------------------------------


def standing_of(one: Answered) -> str:
    """Return how an answer stands, by :data:`STANDINGS`."""
    if one.points is None or one.verdict in STOPPED:
        return "open"
    if one.verdict in ("not attempted", "blank"):
        return "blank"
    return one.verdict if one.verdict in STANDINGS else _by_points(one)


def _by_points(one: Answered) -> str:
    points = one.points or 0.0
    return "right" if points >= one.most else "partly" if points > 0 else "wrong"


def _exercise(name: str, sheets: Sequence[Sheet]) -> Exercise:
    mine = [(sheet, sheet.exercises[name]) for sheet in sheets if name in sheet.exercises]
    made = Exercise(shown(name), mine[0][1].kind, max(one.most for _, one in mine))
    made.standings.update(standing_of(one) for _, one in mine)
    made.verdicts.update(one.verdict for _, one in mine if one.verdict)
    decided = [(one.points, earned(sheet) - one.points) for sheet, one in mine if one.points is not None]
    if decided and made.most:
        made.share = sum(own for own, _ in decided) / len(decided) / made.most
    made.discrimination = correlation(decided)
    return made


def earned(sheet: Sheet) -> float:
    """Return what all exercises gave, also beyond full marks."""
    return sum(one.points or 0.0 for one in sheet.exercises.values())


def correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return Pearson's correlation of some pairs; None if there are few, or one side does not vary."""
    count = len(pairs)
    if count < LEAST:
        return None
    means = [sum(side) / count for side in zip(*pairs, strict=True)]
    squares = [sum((pair[side] - means[side]) ** 2 for pair in pairs) for side in (0, 1)]
    if min(squares) < 1e-9:
        return None
    both = sum((one - means[0]) * (other - means[1]) for one, other in pairs)
    return float(both / math.sqrt(squares[0] * squares[1]))


# --- wrong ways -----------------------------------------------------------------------------------


class Hider:
    """Takes names, ids and addresses of a class out of a text."""

    def __init__(self, people: Mapping[str, Person], students: Iterable[str]) -> None:
        known = {value for one in people.values() for value in (one.email, one.first_name, one.last_name)}
        known |= {value for one in people.values() for value in (one.login, one.sis_id, one.canvas_id)}
        words = sorted((word for word in known | {*people, *students} if len(word) > 2), key=len, reverse=True)
        self.pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.I) if words else None

    def __call__(self, text: str) -> str:
        """Return the text with an ellipsis in the place of each."""
        return self.pattern.sub("…", text) if self.pattern else text


def _wrong_ways(name: str, sheets: Sequence[Sheet], hide: Hider) -> list[Wrong]:
    """Return the misconceptions met in an exercise, and other errors that several have made, each with an example."""
    found: dict[tuple[str, str], list[Answered]] = {}
    for sheet in sheets:
        one = sheet.exercises.get(name)
        if one is None or standing_of(one) not in ("wrong", "partly") or one.kind == ESSAY:
            continue
        ways = [(code, name_of(code)) for code in one.codes] or [
            ("", hide(one.said[0])[:160] if one.said else UNCOUNTED)
        ]
        for way in dict.fromkeys(ways):
            found.setdefault(way, []).append(one)
    return [
        Wrong(code, words, name, len(some), *_example(code, some, hide))
        for (code, words), some in found.items()
        if code or len(some) > 1
    ]


def _example(code: str, some: Sequence[Answered], hide: Hider) -> tuple[str, list[str]]:
    """Return the clearest of some answers: one with no other misconception, and the shortest of these.

    And what its student reads, if that is about this misconception: of several, the first is told.
    """
    one = min(some, key=lambda one: (one.codes[:1] != [code], len(one.codes), len(one.answer), one.answer))
    lines = hide(one.answer).strip().splitlines()
    text = "\n".join(lines[:LINES])
    cut = len(lines) > LINES or len(text) > LETTERS
    said = one.said if one.codes[:1] in ([], [code]) else []
    return text[:LETTERS] + ("\n…" if cut else ""), [hide(line) for line in said]


# --- who needs a look -----------------------------------------------------------------------------

Found = tuple[str, list[str], str]  # heading, students, detail
NOT_THEIRS = "numbers that are not the student's own"
ELSEWHERE = "answers that were not in their cell"
OTHERS_SHORT, NOBODYS_SHORT = "those of another id", "no id: the lectures' numbers"
ALIKE = "the same unusual wrong answer"


def _looks(sheets: Sequence[Sheet], order: Sequence[str]) -> list[Found]:
    """Return what a person should look at, the most urgent first."""
    read = [sheet for sheet in sheets if not sheet.reason]
    found: list[Found] = []
    for name in order:
        broken = [one.student for one in read if _is(one, name, "undecided") and one.exercises[name].points is None]
        found += [("a check that failed, by our fault", broken, shown(name))] if broken else []
    for name in order:
        lost = [one.student for one in read if _is(one, name, "interrupted") and one.exercises[name].points is None]
        found += [("grading was interrupted: grade again", lost, shown(name))] if lost else []
    for name in order:
        waits = [one.student for one in read if _waits(one, name)]
        found += [("essays that wait for a person", waits, shown(name))] if waits else []
    for name in order:
        again = [one.student for one in read if name in one.exercises and one.exercises[name].again]
        found += [("points of a person's, to be looked at again", again, shown(name))] if again else []
    found += _by_detail("nothing could be read", ((one.student, one.reason) for one in sheets if one.reason))
    found += _by_detail("a notebook could not be read", ((one.student, why) for one in read for why in one.unread))
    found += _by_detail(NOT_THEIRS, _noted(read, lambda note: OTHERS in note or NOBODYS in note, hide=True))
    found += [one for name in order for one in _alike(name, read)]
    elsewhere = ("answer cells", "its cell is", "it was written in")
    found += _by_detail(ELSEWHERE, _noted(read, lambda note: any(words in note for words in elsewhere)))
    ended = ((one.student, ", ".join(dict.fromkeys(one.stopped))) for one in read if one.stopped)
    found += _by_detail("a box was ended, or met a limit", ended)
    for name in order:
        stopped = [one.student for one in read if _is(one, name, "stopped")]
        found += [("a check was stopped", stopped, shown(name))] if stopped else []
    return found


def _is(sheet: Sheet, name: str, verdict: str) -> bool:
    return name in sheet.exercises and sheet.exercises[name].verdict == verdict


def _waits(sheet: Sheet, name: str) -> bool:
    one = sheet.exercises.get(name)
    return one is not None and one.points is None and one.verdict not in ("undecided", "interrupted")


def _noted(sheets: Sequence[Sheet], wanted: Callable[[str], bool], *, hide: bool = False) -> Iterable[tuple[str, str]]:
    for sheet in sheets:
        for note in sheet.notes:
            if wanted(note):
                yield sheet.student, (OTHERS_SHORT if OTHERS in note else NOBODYS_SHORT) if hide else note


def _by_detail(what: str, pairs: Iterable[tuple[str, str]]) -> list[Found]:
    """Put together whom the same is said of."""
    found: dict[str, list[str]] = {}
    for student, detail in pairs:
        found.setdefault(detail, []).append(student)
    return [(what, students, detail) for detail, students in found.items()]


def _alike(name: str, sheets: Sequence[Sheet]) -> list[Found]:
    """Return groups of the same wrong answer that few have given and that no well-known way leads to."""
    groups: dict[str, list[Sheet]] = {}
    for sheet in sheets:
        one = sheet.exercises.get(name)
        if one is not None and one.kind != ESSAY and standing_of(one) in ("wrong", "partly"):
            groups.setdefault(normal(one.answer), []).append(sheet)
    by_codes = Counter(tuple(sheet.exercises[name].codes) for some in groups.values() for sheet in some)
    few, found = max(2, int(FEW * len(sheets))), []
    for text, some in groups.items():
        codes = tuple(some[0].exercises[name].codes)
        well_known = bool(codes) and by_codes[codes] > len(some)
        if 1 < len(some) <= few and len(text) >= SHORT and not well_known:
            found.append((ALIKE, [sheet.student for sheet in some], f"{shown(name)}: look at both, and ask"))
    return found


def normal(answer: str) -> str:
    """Return an answer without what does not matter: spaces, comments and quotes."""
    try:
        return ast.unparse(ast.parse(answer))
    except (SyntaxError, ValueError, RecursionError):
        return " ".join(answer.split())


def _alike_pair(pair: Pair, numbers: Mapping[str, int], people: Mapping[str, Person] | None, hide: Hider) -> Alike:
    """Return a pair in the order of its numbers, which tells nothing of the names."""
    order = sorted((0, 1), key=lambda side: numbers[pair.students[side]])
    students = [pair.students[side] for side in order]
    exercises = [
        Both(shown(one.exercise), one.close, one.usual, (hide(one.texts[order[0]]), hide(one.texts[order[1]])))
        for one in pair.exercises
    ]
    return Alike([numbers[one] for one in students], exercises, [] if people is None else _called(students, people))


# --- as a table -----------------------------------------------------------------------------------

WORDS = ("right", "partly", "wrong", "not attempted", "stopped", "undecided", "interrupted")


def to_csv(reports: Sequence[Report]) -> str:
    """Return reports as CSV: one row an exercise."""
    head = ["lab", "exercise", "kind", "points", *(word.replace(" ", "_") for word in WORDS), "open"]
    rows: list[list[object]] = [[*head, "mean_share", "discrimination", "misconceptions"]]
    for report in reports:
        for one in report.exercises:
            named = "; ".join(
                f"{way.title} ({way.count})" for way in report.wrong if way.exercise == one.name and way.code
            )
            counts = [one.verdicts[word] for word in WORDS]
            if one.kind == ESSAY:
                counts[:4] = [one.standings[word] for word in ("right", "partly", "wrong", "blank")]
            numbers = [None if x is None else round(x, 3) for x in (one.share, one.discrimination)]
            rows.append([report.lab, one.name, one.kind, one.most, *counts, one.standings["open"], *numbers, named])
    return as_csv(rows)


def to_json(reports: Sequence[Report]) -> str:
    """Return all of the reports as JSON."""
    return json.dumps(list(reports), default=vars, indent=1, ensure_ascii=False) + "\n"
