"""What a course of somebody else's sets in its nbgrader_config.py to be graded by this engine; see ``course adopt``."""

from typing import Any

from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata

from course_utils.grading import autograde, hooks, pages


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
    c.Autograde.autograde_preprocessors = [autograde.SaveScores, AssignLatePenalties, CheckCellMetadata]
    c.HTMLExporter.filters = {"markdown2html": pages.safe_markdown}
    c.GenerateFeedback.preprocessors = [hooks.HideHiddenTests, *GenerateFeedback.preprocessors.default_args[0]]
