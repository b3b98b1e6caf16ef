"""Pages of students' notebooks: nothing in them runs, and what a lesson says stays readable."""

import base64
import re

import pytest
from lesson import master_of
from nbconvert import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook
from traitlets.config import Config

from course_utils.course import find_labs, find_root
from course_utils.drawing.frames import CARD
from course_utils.grading.outputs import safe_html
from course_utils.grading.pages import safe_markdown

PICTURE = "data:image/png;base64," + base64.b64encode(b"\x89PNG picture").decode()
ROOT = find_root()


def page(*texts: str, attachments: dict | None = None) -> str:
    """Return the cells of a page as formgrader makes it."""
    cells = [new_markdown_cell(text) for text in texts]
    if attachments:
        cells[0]["attachments"] = attachments
    exporter = HTMLExporter(config=Config({"HTMLExporter": {"filters": {"markdown2html": safe_markdown}}}))
    exporter.template_name = "classic"
    body, _ = exporter.from_notebook_node(new_notebook(cells=cells))
    return body[body.index("<main") :]


@pytest.mark.parametrize(
    "text",
    [
        "<script>steal()</script>",
        "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
        '<b onclick="steal()">press</b>',
        "<img src=x onerror=steal()>",
        '<svg onload="steal()"></svg>',
        "[press](javascript:steal())",
        "[press](JaVaScRiPt:steal())",
        r"$\href{javascript:x}{press}$",
        '<iframe srcdoc="steal()"></iframe>',
        '<a href="data:text/html;base64,c3RlYWwoKQ==">press</a>',
        '<form action="/steal()"><button>press</button></form>',
        '<style>@import "steal()";</style>',
        '<meta http-equiv="refresh" content="0;url=steal()">',
        '<base href="steal()">',
        '<math><mtext><style><img src=x onerror="steal()"></style></mtext></math>',
        '<p style="background:url(steal())">x</p>',
    ],
)
def test_nothing_runs(text):
    shown = page(text)
    for word in ("steal()", "javascript:", "<script", "<iframe", "<form", "<base", "<meta", "data:text", "onerror"):
        assert word.lower() not in shown.lower()


@pytest.mark.parametrize("source", ["https://evil.example/x.png", "//evil.example/x.png", "file:///etc/passwd"])
def test_no_picture_is_loaded_from_elsewhere(source):
    assert source not in page(f"![seen]({source})")


def test_a_picture_in_the_text_stays():
    assert PICTURE in page(f'<img src="{PICTURE}" alt="a plot">')


def test_an_attached_picture_stays():
    attachments = {"plot.png": {"image/png": PICTURE.partition(",")[2]}}
    assert PICTURE in page("![a plot](attachment:plot.png)", attachments=attachments)


def test_formulas_tables_and_code_stay():
    shown = page("# Title\n\n$a<b$ and $$x &< y$$\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint(1 < 2)\n```")
    for part in ('<h1 id="Title">', "$a&lt;b$", "$$x &amp;&lt; y$$", "<td>1</td>", 'class="nb">print'):
        assert part in shown


@pytest.mark.slow
@pytest.mark.parametrize("lab", find_labs(ROOT, []))
def test_a_lesson_loses_no_word(lab):
    """Every cell of a lesson reads the same with and without the filter."""
    texts = [cell.source for cell in master_of(lab).cells if cell.cell_type == "markdown"]
    plain = HTMLExporter(template_name="classic")
    before, _ = plain.from_notebook_node(new_notebook(cells=[new_markdown_cell(text) for text in texts]))
    assert words(page(*texts)) == words(before[before.index("<main") :])


def words(html: str) -> list[str]:
    """Return the words of a page, without its tags."""
    return re.sub(r"<[^>]*>", " ", html).split()


def test_a_figure_of_a_lesson_stays_as_it_is():
    figure = (
        f'<figure style="margin:0"><img alt="A &quot;row&quot; of cells" src="{PICTURE}" '
        f'style="width:300px;{CARD}"></figure>'
    )
    assert safe_html(figure) == figure
