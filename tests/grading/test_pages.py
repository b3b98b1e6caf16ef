"""Pages of students' notebooks: nothing in them runs, and what a lesson says stays readable."""

import base64
import re
from html.parser import HTMLParser

import pytest
from lesson import master_of
from nbconvert import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook
from traitlets.config import Config

from course_utils.course import find_labs, find_root
from course_utils.drawing.frames import CARD
from course_utils.grading.outputs import safe_html
from course_utils.grading.page_formulas import LONGEST, MOST
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
    for part in ('<h1 id="Title">', "<mi>a</mi><mo>&lt;</mo><mi>b</mi>", "<td>1</td>", 'class="nb">print'):
        assert part in shown
    assert "$$x &amp;&lt; y$$" in shown, "what is no formula to docutils is left to MathJax"


@pytest.mark.parametrize(
    "text",
    [
        r"$\text{<img src=x onerror=steal()>}$",
        r'![a $\text{" onerror="steal() }$](x.png)',
        r"<span title='$\text{ onerror=steal() }$'>x</span>",
        r"<div>x</div><p title='> $\text{ onerror=steal() }$ <'>x</p>",
        r"$\begin{array}{<b>}x\end{array}$",
        r'<span id="formula-1"></span> $a$ $\text{<script>steal()</script>}$',
    ],
)
def test_a_formula_brings_no_element_but_those_of_mathematics(text):
    shown = page(text)
    tags: list[tuple[str, list]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.append((tag, attributes))
    parser.feed(shown)
    assert not {"script", "b"} & {tag for tag, _ in tags}
    assert not [name for _, attributes in tags for name, _ in attributes if name.startswith(("on", "src"))]
    assert not [name for _, attributes in tags for name, _ in attributes if "math" in name]  # a formula in an attribute


def test_very_many_or_very_long_formulas_are_left_as_they_are():
    shown = page(" ".join(f"$x_{number}$" for number in range(MOST + 5)))
    assert (shown.count("<math"), shown.count("$x_")) == (MOST, 5)
    assert "<math" not in page(f"${'x' * (LONGEST + 1)}$")


@pytest.mark.slow
@pytest.mark.parametrize("lab", find_labs(ROOT, []))
def test_a_lesson_loses_no_word(lab):
    """Every cell of a lesson reads the same with and without the filter."""
    texts = [cell.source for cell in master_of(lab).cells if cell.cell_type == "markdown"]
    plain = HTMLExporter(template_name="classic")
    before, _ = plain.from_notebook_node(new_notebook(cells=[new_markdown_cell(text) for text in texts]))
    ours, theirs = page(*texts), before[before.index("<main") :]
    assert ours.count("$") <= theirs.count("$") / 20, "formulas are written as MathML"
    assert words(MATHML.sub("", ours)) == words(TEX.sub("", theirs))


MATHML = re.compile("<math.*?</math>", re.DOTALL)
TEX = re.compile(r"\$\$.+?\$\$|\$[^$]+\$", re.DOTALL)


def words(html: str) -> list[str]:
    """Return the words of a page, without its tags."""
    return re.sub(r"<[^>]*>", " ", html).split()


def test_a_figure_of_a_lesson_stays_as_it_is():
    figure = (
        f'<figure style="margin:0"><img alt="A &quot;row&quot; of cells" src="{PICTURE}" '
        f'style="width:300px;{CARD}"></figure>'
    )
    assert safe_html(figure) == figure
