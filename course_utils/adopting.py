"""Adopting a course: a few lines in its nbgrader_config.py, so that this engine grades it; and taking them out again.

Nothing else of the course changes: its sources, releases, gradebook and submissions stay where they are, and so do
nbgrader's own commands and screens.
"""

import ast
from dataclasses import dataclass, field
from pathlib import Path

from course_utils import files
from course_utils.course import CONFIG, MASTERS, CourseError, folders, labs, released_labs
from course_utils.grading import nbgrader_says

BEGIN = "# >>> course adopt: graded by course_utils; taken out by: course adopt --undo"
END = "# <<< course adopt"
LINES = f"""{BEGIN}
from course_utils.grading import adopted  # noqa: E402

adopted.configure(get_config())  # noqa: F821
{END}
"""
SET_BY_US = ("exporter_class", "pre_convert_hook", "sanitize_preprocessors", "autograde_preprocessors")
NEW = """c = get_config()  # noqa: F821  nbgrader defines it

"""


@dataclass
class Adoption:
    """What adopting a course changes.

    Parameters
    ----------
    path
        The settings' file.
    before, after
        Its text, with the line ends that it has; None where there is no file.
    sentences
        What there is to say.
    """

    path: Path
    before: str | None
    after: str | None
    sentences: list[str] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        """Whether the file becomes another one."""
        return self.before != self.after


def plan(folder: Path, *, undo: bool = False) -> Adoption:
    """Return what adopting the course in a folder, or giving it back, changes. Nothing is written.

    Raises
    ------
    CourseError
        If there is no course, or its settings are no Python.
    """
    root = _root(folder)
    path = root / CONFIG
    before = path.read_bytes().decode("utf-8") if path.is_file() else None
    if before is not None:
        _see_that_it_is_python(path, before)
    plain = without_our_lines(before or "")
    if undo:
        after = None if plain.strip() == NEW.strip() else plain
        return Adoption(path, before, after if before is not None else None)
    end = _line_end(plain)
    after = (plain.rstrip("\r\n") + 2 * end if plain.strip() else NEW) + LINES.replace("\n", end)
    return Adoption(path, before, after, _sentences(root, plain))


def apply(adoption: Adoption) -> None:
    """Write what was planned."""
    if adoption.after is None:
        adoption.path.unlink(missing_ok=True)
    else:
        files.write(adoption.path, adoption.after)


def without_our_lines(text: str) -> str:
    """Return settings without what adopting has put there."""
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        return text
    rest = text[end + len(END) :].lstrip("\r\n")
    before = text[:begin].rstrip("\r\n")
    return (before + _line_end(text) if before else "") + rest


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _root(folder: Path) -> Path:
    for place in (folder, *folder.parents):
        names = folders(place)
        if (place / CONFIG).is_file() or (place / names.masters).is_dir() or (place / names.released).is_dir():
            return place
    raise CourseError(
        f"{folder} is no course of nbgrader's: it has neither {CONFIG} nor a folder source or release in it."
    )


def _see_that_it_is_python(path: Path, text: str) -> None:
    try:
        ast.parse(text.encode())
    except SyntaxError as error:
        raise CourseError(f"{path} is no Python: {error.msg} in line {error.lineno}. Mend it first.") from None


def _sentences(root: Path, plain: str) -> list[str]:
    """Say what was found, and which settings of the course are no longer used."""
    there, out = labs(root), released_labs(root)
    names = folders(root)
    said = [f"Assignments in {names.masters}/: {', '.join(there) or 'none'}; released: {', '.join(out) or 'none'}."]
    for node in ast.walk(ast.parse(plain.encode())):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Attribute) and target.attr in SET_BY_US:
            said.append(f"Not used any more: {ast.unparse(target)} (line {target.lineno}).")
    if not out:
        how = "course release NAME" if names.masters == MASTERS else "nbgrader generate_assignment NAME"
        said.append(f"Release an assignment first: {how}.")
    said += [f"Not supported: {what}" for what in nbgrader_says.unsupported(root)]
    return said
