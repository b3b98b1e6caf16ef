"""``course export --feedback``: feedback pages in one ZIP, named so that Canvas or Moodle give each to its student.

- Canvas (*Gradebook, an assignment's menu, Upload Submissions*) finds whose a file is by the first two whole numbers
  between underscores in its name: the user's, and that of the file that was handed in, as they stand in the names that
  it gave the submissions. The file becomes a comment on the submission.
- Moodle (*View all submissions, Upload multiple feedback files in a zip*) reads a name as
  ``FULL NAME_PARTICIPANT_assignfeedback_file_FILE``; the participant's number stands in the names that it gave the
  submissions.

Both numbers are known from ``course collect``, which notes where a submission came from.
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from course_utils import files
from course_utils.collecting.layouts import CANVAS, MOODLE
from course_utils.collecting.taking import NOTE
from course_utils.course import CourseError, folders
from course_utils.grading.results import graded_students
from course_utils.term.platforms import FIXED_TIME

Name = Callable[[PurePosixPath, str], str]  # of a page, from where the submission was found and the page's own name


@dataclass
class Pages:
    """The pages of a lab, for one platform.

    Parameters
    ----------
    lab, platform
        What they are of, and for.
    pages
        The page by its name in the ZIP.
    left_out
        Who gets none, and why.
    """

    lab: str
    platform: str
    pages: dict[str, Path] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """What the ZIP is called."""
        return f"feedback_{self.platform}_{self.lab}.zip"


def _for_canvas(origin: PurePosixPath, page: str) -> str:
    """Return the name of the file that was handed in, with the page's ending."""
    match = None if MOODLE.fullmatch(origin.name) else CANVAS.fullmatch(origin.name)
    if match is None:
        return ""
    late = match["late"] or ""
    return f"{match['who']}_{late}{match['number']}_{match['order']}_{page}"


def _for_moodle(origin: PurePosixPath, page: str) -> str:
    """Return the participant's name and number as Moodle wrote them, and the page's name."""
    match = next((found for part in origin.parts if (found := MOODLE.fullmatch(part))), None)
    return f"{match['who'].replace('_', ' ')}_{match['number']}_assignfeedback_file_{page}" if match else ""


TAKEN_BACK: dict[str, Name] = {"canvas": _for_canvas, "moodle": _for_moodle}


def refuse_other(platform: str) -> None:
    """Raise where a platform takes no files back in bulk.

    Raises
    ------
    CourseError
        Naming those that do.
    """
    if platform not in TAKEN_BACK:
        raise CourseError(
            f"--feedback makes files for --to {' or '.join(TAKEN_BACK)}, not for {platform or 'no system'}: "
            f"other systems take none back in bulk. The pages lie in the course's folder of feedback."
        )


def gather(root: Path, lab: str, platform: str) -> Pages:
    """Name the pages of a lab as a platform wants them, and write nothing.

    Raises
    ------
    CourseError
        If nobody was graded, or the platform takes none back.
    """
    refuse_other(platform)
    students = graded_students(root, lab)
    if not students:
        raise CourseError(f"Nobody has been graded in {lab}. Run: course grade {lab}")
    made = Pages(lab, platform)
    for student in students:
        mine = _own_pages(root, lab, student)
        named = {TAKEN_BACK[platform](_origin(root, lab, student), page.name): page for page in mine}
        if not mine:
            made.left_out[student] = f"there is no page; run course feedback {lab}"
        elif "" in named:
            made.left_out[student] = f"it was not collected from {platform}, so nobody knows what it calls it"
        else:
            made.pages |= named
    return made


def _own_pages(root: Path, lab: str, student: str) -> Sequence[Path]:
    """Return a student's pages; of one that lies there under a second name, too, the lab's own."""
    found = sorted((root / folders(root).feedback / student / lab).glob("*.html"))
    own = [path for path in found if path.stem == lab]
    return own or found


def _origin(root: Path, lab: str, student: str) -> PurePosixPath:
    """Return where a submission was found when it was collected."""
    try:
        note = json.loads((root / folders(root).submitted / student / lab / NOTE).read_text(encoding="utf-8"))
        return PurePosixPath(str(note["origin"]))
    except (OSError, ValueError, KeyError, TypeError):
        return PurePosixPath()


def zipped(pages: Mapping[str, Path]) -> bytes:
    """Return pages as a ZIP; the same pages give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, path in sorted(pages.items()):
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())
    return out.getvalue()


def write(root: Path, made: Pages, into: Path | None = None) -> Path:
    """Write the ZIP into a folder, the course's if none is named; return its path.

    Raises
    ------
    CourseError
        If the folder is a file.
    """
    folder = into or root
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is no folder; --into names the folder.")
    path = folder / made.file_name
    files.write(path, zipped(made.pages))
    return path


def lines_of(made: Pages) -> list[str]:
    """Return what there is to say of it, a line each."""
    lines = [f"{made.lab}: {len(made.pages)} pages for {made.platform}"]
    for why in dict.fromkeys(made.left_out.values()):
        names = [student for student, reason in made.left_out.items() if reason == why]
        lines.append(f"  left out, {why}: {', '.join(names)}")
    return lines
