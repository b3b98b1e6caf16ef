"""What a course sets in its nbgrader_config.py to be graded by this engine: ours, and any other (``course adopt``)."""

from typing import Any

from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import CheckCellMetadata

from course_utils.grading import autograde, feedback_page, formgrader_page, hooks, lateness, pages, shortening


def configure(c: Any) -> None:
    """Set what grading and feedback need. What the course has set of other things stays.

    Parameters
    ----------
    c
        What ``get_config()`` gives in nbgrader_config.py.
    """
    c.Autograde.exporter_class = autograde.GradedExporter
    c.Autograde.pre_convert_hook = autograde.take_the_labs_notebook
    c.Autograde.sanitize_preprocessors = []
    c.Autograde.autograde_preprocessors = [autograde.SaveScores, lateness.LatePenalties, CheckCellMetadata]

    # pages of students' notebooks: formgrader's screens and feedback
    c.HTMLExporter.filters = pages.FILTERS
    c.HTMLExporter.preprocessors = [shortening.shorten]
    formgrader_page.take_place()
    c.GenerateFeedback.exporter_class = feedback_page.FeedbackExporter
    c.GenerateFeedback.post_convert_hook = feedback_page.name_as_handed_in
    plain = GenerateFeedback.preprocessors.default_args[0]
    c.GenerateFeedback.preprocessors = [hooks.HideHiddenTests, *plain, feedback_page.lay_out]
