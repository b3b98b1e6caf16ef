"""What can be set for one lab: ``lab.toml`` beside its source. Every key may be left out.

::

    cell_seconds = 60            # a cell may compute so long, and a function that a check calls
    total_seconds = 900          # the whole notebook, on the clock
    memory_mb = 4096             # of one student's process
    modules = ["pandas"]         # imported once, before the first notebook is run
    hand_out = ["data/*.csv"]    # files beside the source that students get
    rules_off = ["kebab"]        # rules of this package for masters that do not hold here; "all" turns off every one
    platform_title = "Lab 5 (48213)"  # what Canvas or Moodle calls the assignment; the lab's name if left out
    own_numbers = "required"     # grade with the numbers of the folder's student, whatever the notebook says

    [checks]
    plot-check = "inside"        # run this check in the student's process; "outside" does not

Nothing here is handed to students.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from course_utils.course import CourseError, folders

NAME = "lab.toml"
RULES = ("tag", "kebab", "solution-cell", "placeholder", "last-call", "check-follows")
ALL = "all"
SLOW_MODULES = {name: name for name in ("pandas", "scipy", "sklearn", "torch", "torchvision", "networkx", "sympy")}
SLOW = re.compile(rf"\b(?:import|from) ({'|'.join(SLOW_MODULES)})\b".encode())
BEHIND = {b"mobilenet": "torchvision.models"}  # words of our own lessons, and what is imported where they are used
LABS = re.compile(rb"\b(?:import|from) course_utils\.labs(?:\.| import )(\w+)")
OURS = re.compile(rb"\b(?:import|from) course_utils([.\w]*)")
PROTOCOL = ".judging.protocol"  # what a check may say: all that a course of somebody else's uses of this package
OF_PROTOCOL = tuple(f"course_utils{PROTOCOL}.{name}" for name in ("calling", "verdicts"))
Way = Literal["outside", "inside"]


@dataclass(frozen=True)
class LabOptions:
    """The options of one lab; see the module.

    Parameters
    ----------
    cell_seconds, total_seconds, memory_mb
        Limits; None leaves the usual ones.
    modules
        What is imported before the first notebook is run.
    hand_out
        Patterns of files beside the source that students get.
    rules_off
        Names of rules that do not hold for this lab's master.
    own_numbers
        "required" to grade with the numbers of the student whose folder it is.
    platform_title
        What the learning platform calls the assignment; "" if it has the lab's name.
    checks
        Which way a check runs, by grade_id.
    """

    cell_seconds: int | None = None
    total_seconds: int | None = None
    memory_mb: int | None = None
    modules: tuple[str, ...] = ()
    hand_out: tuple[str, ...] = ()
    rules_off: tuple[str, ...] = ()
    own_numbers: Literal["", "required"] = ""
    platform_title: str = ""
    checks: dict[str, Way] = field(default_factory=dict)

    def holds(self, rule: str) -> bool:
        """Tell whether a rule holds for this lab's master."""
        return rule not in self.rules_off and ALL not in self.rules_off


def read_options(root: Path, lab: str) -> LabOptions:
    """Return the options of a lab; the usual ones where there is no file.

    Raises
    ------
    CourseError
        Naming the key that is wrong, what was wanted and what stands there.
    """
    path = root / folders(root).masters / lab / NAME
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return LabOptions()
    except (OSError, ValueError) as error:
        raise CourseError(f"{path.relative_to(root)} cannot be read: {error}") from None
    known = {one.name for one in fields(LabOptions)}
    where = path.relative_to(root)
    if odd := sorted(set(said) - known):
        raise CourseError(f"{where}: there is no option {odd[0]!r}. There are: {', '.join(sorted(known))}.")
    return LabOptions(**{key: _value(where, key, value) for key, value in said.items()})


@dataclass(frozen=True)
class Imports:
    """What is imported once, before any notebook is run, so that no notebook waits for it.

    Parameters
    ----------
    ours
        Whether the notebooks use this package for more than what checks say, and so all that it stands on.
    modules
        What else they import that is slow to import. Of a package of labs all modules are.
    """

    ours: bool = True
    modules: tuple[str, ...] = ()


EVERYTHING = Imports(modules=("course_utils.labs", *BEHIND.values()))  # where the labs are not known beforehand


def imports_of(root: Path, labs: Iterable[str]) -> Imports:
    """Return what the released notebooks of some labs import, and what the labs' options name."""
    names = list(labs)
    released = [path for lab in names for path in (root / folders(root).released / lab).glob("*.ipynb")]
    return imports_in(root, names, b"\n".join(path.read_bytes() for path in released))


def imports_in(root: Path, labs: Iterable[str], text: bytes) -> Imports:
    """Return what the notebooks of some labs import, whose text this is, and what the labs' options name."""
    found = [name for lab in labs for name in read_options(root, lab).modules]
    mentioned = dict.fromkeys(name.decode() for name in SLOW.findall(text))
    found += [SLOW_MODULES[name] for name in mentioned if find_spec(name)]
    ours = OURS.findall(text)
    if not text:
        return Imports(modules=(*found, *EVERYTHING.modules))
    lessons = any(not name.startswith(PROTOCOL.encode()) for name in ours)
    found += OF_PROTOCOL if ours and not lessons else ()
    if lessons:
        wanted = [f"course_utils.labs.{name.decode()}" for name in LABS.findall(text)]
        wanted += [module for word, module in BEHIND.items() if word in text]
        found += [name for name in wanted if find_spec(name)]
    return Imports(lessons, tuple(dict.fromkeys(found)))


def _value(where: Path, key: str, value: Any) -> Any:
    if key in ("cell_seconds", "total_seconds", "memory_mb"):
        if type(value) is not int or value < 1:
            raise CourseError(f"{where}: {key} must be a whole number above 0, not {value!r}")
        return value
    if key in ("modules", "hand_out", "rules_off"):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise CourseError(f"{where}: {key} must be a list of texts, not {value!r}")
        unknown = [one for one in value if one not in (*RULES, ALL)] if key == "rules_off" else []
        if unknown:
            raise CourseError(f"{where}: there is no rule {unknown[0]!r}. There are: {', '.join((*RULES, ALL))}.")
        return tuple(value)
    if key == "platform_title":
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise CourseError(f"{where}: platform_title must be a text in one line, not {value!r}")
        return value.strip()
    if key == "own_numbers":
        if value not in ("", "required"):
            raise CourseError(f'{where}: own_numbers is "required" or left out, not {value!r}')
        return value
    if not isinstance(value, dict) or any(way not in ("outside", "inside") for way in value.values()):
        raise CourseError(f'{where}: [checks] says "outside" or "inside" for a grade_id, not {value!r}')
    return dict(value)
