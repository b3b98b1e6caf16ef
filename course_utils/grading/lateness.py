"""What is taken off late work: by the rule in ``due.toml`` (:mod:`course_utils.due_dates`), else by nbgrader's plugin.

Dates and extensions of ``due.toml`` are written into the gradebook, so that nbgrader's own screens and programs show
them. A lab that the file does not name keeps what the gradebook has.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties

from course_utils.course import CONFIG, CourseError, folders
from course_utils.due_dates import NAME, duration, read_due_dates, shown
from course_utils.full_marks import add_up
from course_utils.grading.gradebook import Settings, read_settings
from course_utils.grading.reading import read_timestamp
from course_utils.grading.totals import Further, further_cells, parts_of


class Lateness:
    """What being late costs in a course.

    Parameters
    ----------
    root, settings
        The course, and nbgrader's settings of it.

    Raises
    ------
    CourseError
        If ``due.toml`` is wrong, or there are two rules.
    """

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root, self.dates = root, read_due_dates(root)
        self._further: dict[str, Further] = {}
        self.plugin = AssignLatePenalties(config=settings.config)
        self.plugin.init_plugin()
        theirs = settings.config.AssignLatePenalties.get("plugin_class")
        if self.dates.rule and theirs is not None:
            raise CourseError(
                f"There are two rules for late work: [late] in {NAME}, and AssignLatePenalties.plugin_class in "
                f"{CONFIG}. Take one of them out."
            )

    def sent(self, lab: str, student: str) -> datetime | None:
        """Return when somebody has handed in (UTC, without a zone): as ``due.toml`` says, else ``timestamp.txt``."""
        return self.dates.sent(lab, student) or read_timestamp(self.root, lab, student)[1]

    def tell(self, submission: SubmittedAssignment) -> None:
        """Write what ``due.toml`` says of a submission into its rows: the lab's date, an extension, when it came."""
        lab, student = submission.assignment.name, submission.student.id
        if moment := self.dates.due.get(lab):
            submission.assignment.duedate = moment.plain
            submission.extension = self.dates.extension(lab, student)
            if (self.root / folders(self.root).submitted / student / lab).is_dir():  # else nobody knows any more
                submission.timestamp = self.sent(lab, student)

    def said(self, submission: SubmittedAssignment) -> str:
        """Return when a submission was due, and how late it came, in sentences; "" where it has no date."""
        if submission.duedate is None:
            return ""
        moment = self.dates.of(submission.assignment.name, submission.student.id)
        words = [f"Due {moment.shown if moment else shown(submission.duedate.replace(tzinfo=UTC))}."]
        late = submission.total_seconds_late
        if submission.timestamp is None:
            words.append("Nobody knows when it was handed in, so it does not count as late.")
        elif late > 0:
            rule = self.dates.rule
            cost = f" {rule.percent(late):g} % of the points are taken off. {rule.sentence}" if rule else ""
            words.append(f"Handed in {duration(late)} late.{cost}")
        return " ".join(words)

    def penalty(
        self, submission: SubmittedAssignment, rows: SubmittedNotebook, score: float | None = None
    ) -> float | None:
        """Return what is taken off a notebook of a submission, at most all of it; None if it is not late.

        Parameters
        ----------
        submission, rows
            The submission, and the notebook of it.
        score
            The notebook's points; those in the gradebook if left out.
        """
        late, score = submission.total_seconds_late, rows.score if score is None else score
        if late <= 0:
            return None
        if self.dates.rule:
            found: float | None = self.dates.rule.penalty(self._counted(submission, rows, score), late)
        else:
            found = self.plugin.plugin_inst.late_submission_penalty(submission.student.id, score, late)
        return None if found is None else min(max(found, 0), score)

    def _counted(self, submission: SubmittedAssignment, rows: SubmittedNotebook, score: float) -> float:
        """Return what of a notebook's points counts: what goes further makes up for lost ones, up to full marks."""
        lab = submission.assignment.name
        if lab not in self._further:
            self._further[lab] = further_cells(self.root, lab)
        total = add_up(parts_of(rows, self._further[lab]))
        return min(score, total.most) if total.further else score


class LatePenalties(AssignLatePenalties):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's own step, by the same rule: for ``nbgrader autograde`` and formgrader's button."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Take off what the notebook of a submission loses for being late."""
        here, root = resources["nbgrader"], Path(self.parent.parent.coursedir.root)  # of the exporter's converter
        lateness = Lateness(root, read_settings(root))
        with Gradebook(here["db_url"]) as book:
            submission = book.find_submission(here["assignment"], here["student"])
            lateness.tell(submission)
            book.db.flush()
            rows = book.find_submission_notebook(here["notebook"], here["assignment"], here["student"])
            rows.late_submission_penalty = lateness.penalty(submission, rows)
            book.db.commit()
        return nb, resources
