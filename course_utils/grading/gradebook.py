"""Where a course's gradebook is, and how it is opened.

nbgrader's own settings say so, which is why a gradebook on a PostgreSQL server (``c.CourseDirectory.db_url``) needs
nothing else. Everything of this package that reads or writes a gradebook in this process opens it here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_core.paths import jupyter_config_path
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from course_utils.course import CONFIG, CourseError
from course_utils.grading import nbgrader_says

BLANK = ("zero", "wait")  # the first is meant where nothing is said


@dataclass(frozen=True)
class Settings:
    """What nbgrader's settings say of a course.

    Parameters
    ----------
    config
        All of nbgrader's settings.
    db_url
        The gradebook's address, as SQLAlchemy has it; may hold a password.
    course_id
        nbgrader's name of the course.
    groupshared
        Whether a group of people shares the course's files.
    blank_essays
        What becomes of a question that was left blank: "zero" points, as with nbgrader, or "wait" for a person.
    """

    config: Config
    db_url: str
    course_id: str
    groupshared: bool
    blank_essays: str = "zero"

    @property
    def file(self) -> Path | None:
        """The gradebook's file; None where the gradebook is on a server."""
        url = make_url(self.db_url)
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None

    @property
    def exists(self) -> bool:
        """Whether there is a gradebook. One on a server is taken to be there: opening it will tell."""
        return self.file is None or self.file.is_file()

    @property
    def shown_url(self) -> str:
        """The gradebook's address without its password."""
        return make_url(self.db_url).render_as_string(hide_password=True)


def read_settings(root: Path) -> Settings:
    """Return nbgrader's settings of a course: the course's own file, above those of the user and the machine."""
    config = Config()
    for folder in (*reversed(jupyter_config_path()), str(root)):
        if (Path(folder) / CONFIG).is_file():
            config.merge(PyFileConfigLoader(CONFIG, path=folder).load_config())
    course = CourseDirectory(config=config)
    nbgrader_says.refuse_what_is_computed(root, course)
    blank = config.Course.get("blank_essays", BLANK[0])
    if blank not in BLANK:
        raise CourseError(f"c.Course.blank_essays in {CONFIG} must be one of: {', '.join(map(repr, BLANK))}.")
    return Settings(config, course.db_url, course.course_id, course.groupshared, blank)


@contextmanager
def open_gradebook(root: Path, settings: Settings | None = None) -> Iterator[Gradebook]:
    """Open a course's gradebook.

    Raises
    ------
    CourseError
        If there is none, or if it cannot be used: damaged, old, locked, its server not there, the disk full.
    """
    settings = settings or read_settings(root)
    if not settings.exists:
        raise CourseError(f"There is no gradebook {settings.file}. Make one: course release --gradebook")
    try:
        with Gradebook(settings.db_url, settings.course_id) as book:
            yield book
    except DatabaseError as error:
        raise CourseError(_sentence(settings, str(error.orig or error))) from error


def _sentence(settings: Settings, said: str) -> str:
    """Return what is wrong with a gradebook, and what to do."""
    said = (said.strip().splitlines() or ["it says nothing"])[0]
    what = f"The gradebook {settings.shown_url} cannot be used: {said}."
    if "no such column" in said or "no such table" in said or "does not exist" in said:
        return f"{what} It was made by an older nbgrader: copy it, then run nbgrader db upgrade."
    if "not a database" in said or "malformed" in said:
        return (
            f"{what} It is damaged: put back a copy, or move it away, run course release --gradebook and grade again."
        )
    if "disk is full" in said or "disk I/O" in said:
        return f"{what} Make room, then run the command again: it goes on where it stopped."
    if "readonly" in said:
        return f"{what} It may not be written to here."
    if "locked" in said:
        return f"{what} Another program is writing to it: wait, then run the command again."
    return what
