"""Notebooks of students as web pages: formgrader's screens and feedback.

Such a page is shown by the instructor's own Jupyter server, so a script in it could do whatever the instructor can.
nbconvert takes HTML in Markdown as it stands; the filter below takes its place in ``nbgrader_config.py``. Outputs are
cleaned earlier, when they leave the student's process (:mod:`course_utils.grading.outputs`).
"""

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from course_utils.grading.outputs import safe_html


@pass_context
def safe_markdown(context: Context, source: str) -> str:
    """Return Markdown as HTML in which nothing runs and nothing is loaded from elsewhere."""
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = IPythonRenderer(escape=False, attachments=attachments, embed_images=False, path="", anchor_link_text="¶")
    return safe_html(MarkdownWithMath(renderer=renderer).render(source))
