"""What a learner does with a notebook before the deadline: look it over, run it, put lost cells back, hand it in.

The terminal (``course doctor``, ``course submit``) and the desk on the start page both say what is said here.
"""

from dataclasses import dataclass
from pathlib import Path

from course_utils import deadlines, handing_in, inspecting, workplace
from course_utils.inspecting import PUT_BACK, Diagnosis


@dataclass(frozen=True)
class Deed:
    """One of them: what its button is called, and which command does the same."""

    button: str
    command: str
    what: str


LOOK = Deed("Look it over", "course doctor LAB", "look your notebook over")
RUN = Deed("Run it as grading does", "course doctor LAB --run", "run it as grading does")
MEND = Deed(PUT_BACK, "course doctor LAB --mend", "put lost cells back")
SUBMIT = Deed("Make the file to hand in", "course submit LAB", "make the file to hand in")
GIVE_ID = "Write yours there, as your instructor knows it; run all cells, and answer with your own numbers."
DEEDS = (LOOK, RUN, MEND, SUBMIT)


def look(path: Path, *, run: bool = False, mend: bool = False) -> list[Diagnosis]:
    """Look a notebook over, and run it or mend it first if that is wanted; return what there is to say.

    Raises
    ------
    CourseError
        If it is no notebook of the course.
    """
    pair, found = inspecting.read_pair(path), []
    if mend:
        found = _mended(inspecting.mend(pair))
        pair = inspecting.read_pair(path)
    found += inspecting.look_over(pair)
    if handing_in.lacks_id(pair):
        found.append(Diagnosis(handing_in.NO_ID[:1].lower() + handing_in.NO_ID[1:].rstrip("."), GIVE_ID, optional=True))
    home = workplace.find_workplace(path.resolve().parent)
    found += [Diagnosis(said) for said in [deadlines.sentence(home, pair.original.stem) if home else ""] if said]
    if run:
        from course_utils.rehearsing import rehearse

        found += rehearse(pair)
    return found


def _mended(done: list[str]) -> list[Diagnosis]:
    if not done:
        return [Diagnosis("nothing was lost or edited")]
    reload = "If the notebook is open, take the new file: File, Reload Notebook from Disk."
    return [*map(Diagnosis, done[:-1]), Diagnosis(done[-1], reload, optional=True)]


def in_sum(found: list[Diagnosis]) -> str:
    """Say in a few words how it stands."""
    wrong = sum(not one.well for one in found)
    return f"{wrong} to mend." if wrong else "All is well."


def submit(path: Path, student: str = "", *, exchange: bool = False) -> list[Diagnosis]:
    """Make the file to hand in; return what there is to say, the last of it where it goes now.

    Raises
    ------
    CourseError
        As :func:`course_utils.handing_in.submit` does.
    """
    done = handing_in.submit(path, student, exchange=exchange)
    return [Diagnosis(f"made: {done.path.parent.name}/{done.path.name}"), *map(Diagnosis, done.sentences)]
