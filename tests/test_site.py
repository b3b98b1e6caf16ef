"""The site to read: complete, without answers, offline, and for every reader."""

import html
import json
import re
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from lesson import master_of
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from thorough import THOROUGH

from course_utils.cells import KERNELSPEC, Region, Role, role
from course_utils.course import CourseError, labs
from course_utils.formulas import as_mathml
from course_utils.masters import region_lines
from course_utils.site import building, launching, lessons, pages

ROOT = Path(__file__).resolve().parent.parent
LABS = labs(ROOT)
SHOWN = LABS if THOROUGH else ["05_conv_and_pooling"]
KINDS_OF_PAGES = ["labs/05_conv_and_pooling.html", "glossary.html", "api/course_utils.data.html", "search.html"]
EYES = [(1280, "light"), (375, "dark")] + [(1280, "dark"), (375, "light")] * THOROUGH  # width in pixels, colours
REPOSITORY = "https://github.com/somebody/labs"
TELLING = 12  # letters; shorter lines, such as "return a", are anybody's
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(?!\s)([^$\n]+?)(?<!\s)\$", re.S)


pytestmark = [
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),  # of extensions, about Sphinx 11
    *([pytest.mark.timeout(3600)] if THOROUGH else []),  # all notebooks are run before the first test
]


def released(lab):
    return json.loads((ROOT / "notebooks" / lab / f"{lab}.ipynb").read_text(encoding="utf-8"))["cells"]


def prose(lab):
    return "\n\n".join("".join(cell["source"]) for cell in released(lab) if cell["cell_type"] == "markdown")


# --- the whole site -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return a course with the labs that are shown, the folder of its site, and what was said while it was made."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "docs", root / "docs")
    shutil.copy(ROOT / "pyproject.toml", root)
    for lab in SHOWN:
        shutil.copytree(ROOT / "notebooks" / lab, root / "notebooks" / lab)
    said = []
    warnings = building.build(root, root / "site", SHOWN, said.append, launching.read_address(REPOSITORY))
    return root, root / "site", said, warnings


@pytest.fixture(scope="module")
def site(course):
    return course[1]


@pytest.fixture(scope="module")
def browser():
    from browser import start
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = start(playwright)
        yield chromium
        chromium.close()


def made_pages(site):
    found = [path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html"))]
    return [name for name in found if not name.startswith("_static/")]


def answers(lab):
    """Return the lines of a lab's model answers and hidden tests that say something, and are handed out in no lab."""
    master = master_of(lab)
    lines = {line for region in Region for line in region_lines(master, region)}
    lines |= {line.strip() for cell in master.cells if role(cell) == Role.ESSAY for line in cell.source.splitlines()}
    handed_out = "\n".join("".join(cell["source"]) for one in LABS for cell in released(one))
    return sorted(line for line in lines if len(line) >= TELLING and line not in handed_out)


def shown_by(path):
    """Return a file's text as it is, and as a browser shows it."""
    raw = path.read_bytes().decode("utf-8", errors="replace")
    return raw + "\n" + html.unescape(re.sub(r"<[^>]+>", "", raw))


@pytest.mark.slow
def test_every_page_is_understood(course):
    assert course[3] == []


@pytest.mark.slow
def test_no_built_file_holds_an_answer_or_a_hidden_test(site):
    lines = {line for lab in LABS for line in answers(lab)}
    files = [path for path in site.rglob("*") if path.is_file() and path.suffix not in (".png", ".woff2", ".ttf")]
    assert len(lines) > 400
    found = {path: [line for line in lines if line in text] for path in files for text in [shown_by(path)]}
    assert {path.name: some for path, some in found.items() if some} == {}


@pytest.mark.slow
def test_an_answer_on_a_page_would_be_found(site, tmp_path):
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    line = answers("05_conv_and_pooling")[0]
    (tmp_path / "page.html").write_text(highlight(line, PythonLexer(), HtmlFormatter()), encoding="utf-8")
    assert line in shown_by(tmp_path / "page.html")


@pytest.mark.slow
def test_figures_of_the_lesson_are_there_with_their_texts(site):
    page = (site / "labs/05_conv_and_pooling.html").read_text(encoding="utf-8")
    pictures = re.findall(r'<img loading="lazy" alt="([^"]{20,})"[^>]*? src="\.\./(_static/figures/\w+\.png)"', page)
    assert len(pictures) >= 20
    assert all((site / name).is_file() for _, name in pictures)
    assert "data:image/png" not in page


@pytest.mark.slow
def test_a_lesson_leads_to_where_it_opens(site):
    page = (site / "labs/05_conv_and_pooling.html").read_text(encoding="utf-8")
    (buttons,) = re.findall(r'<p class="launch">(.*?)</p>', page, re.S)
    found = dict(reversed(one) for one in re.findall(r'href="([^"]*)">(.*?)<', buttons))
    path = "labs/05_conv_and_pooling/05_conv_and_pooling.ipynb"
    assert found == {
        "Open at Binder": f"https://mybinder.org/v2/gh/somebody/labs/main?urlpath={quote(f'lab/tree/{path}', safe='')}",
        "Open at Colab": f"https://colab.research.google.com/github/somebody/labs/blob/main/{path}",
        "Notebook": f"{REPOSITORY}/blob/main/{path}",
    }
    assert f"%pip install {REPOSITORY}/raw/main/install/course_utils-" in shown_by(
        site / "labs/05_conv_and_pooling.html"
    )


@pytest.mark.slow
def test_the_second_time_nothing_is_run(course):
    root, site, said, _ = course
    assert any(line.startswith("running") for line in said)
    again = []
    building.build(root, site, SHOWN, again.append)
    assert not any(line.startswith("running") for line in again)


@pytest.mark.slow
def test_pages_ask_nothing_of_a_network(site, browser):
    page, asked = browser.new_page(), []

    def answer(route):
        if route.request.url.startswith(("file:", "data:", "blob:")):
            return route.continue_()
        asked.append(route.request.url)
        return route.abort()

    page.route("**/*", answer)
    for name in made_pages(site):
        page.goto(f"file://{site}/{name}")
    assert asked == []


@pytest.mark.slow
@pytest.mark.parametrize(("width", "mode"), EYES)
def test_pages_are_for_every_reader(site, browser, width, mode):
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=mode).new_page()
    violations, wide = [], []
    for name in made_pages(site) if THOROUGH else KINDS_OF_PAGES:
        page.goto(f"file://{site}/{name}")
        found = Axe().run(page).response["violations"]
        violations += [(name, one["id"], one["nodes"][0]["html"][:200]) for one in found]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)
    assert (violations, wide) == ([], [])


@pytest.mark.slow
def test_the_search_finds_a_word_of_a_lesson(site, browser):
    page = browser.new_page()
    page.goto(f"file://{site}/search.html?q=cross-correlation")
    page.wait_for_selector("#search-results ul.search li a")
    found = page.eval_on_selector_all("#search-results ul.search li a", "links => links.map(one => one.href)")
    assert any("labs/05_conv_and_pooling.html" in address for address in found)


@pytest.mark.slow
def test_paper_is_white_in_dark_mode_too(site, browser):
    page = browser.new_context(color_scheme="dark").new_page()
    page.goto(f"file://{site}/glossary.html")
    themes = """() => {
        const theme = () => document.documentElement.dataset.theme;
        const seen = [theme()];
        window.addEventListener("beforeprint", () => seen.push(theme()));
        window.addEventListener("afterprint", () => seen.push(theme()));
        ["beforeprint", "afterprint"].forEach((name) => window.dispatchEvent(new Event(name)));
        return seen;
    }"""
    assert page.evaluate(themes) == ["dark", "light", "dark"]


# --- pages of lessons -----------------------------------------------------------------------------


def check_cell(outputs):
    settings = {"grade": True, "grade_id": "a-check", "locked": True, "points": 1, "solution": False}
    return new_code_cell("lab.a.check(a)", outputs=outputs, metadata={"nbgrader": settings})


def answer_cell():
    settings = {"grade": False, "grade_id": "an-answer", "locked": False, "solution": True}
    return new_code_cell("a = None", metadata={"nbgrader": settings})


def page_of(folder, *cells):
    notebook = new_notebook(cells=list(cells), metadata={"kernelspec": KERNELSPEC})
    return lessons.as_page(notebook, folder, "../figures").cells


def printed(text):
    return new_output("stream", name="stdout", text=text)


def failed():
    return new_output("error", ename="NameError", evalue="cnn", traceback=["a long one"])


def test_a_check_shows_no_verdict(tmp_path):
    (cell,) = page_of(tmp_path, check_cell([printed("Not yet.")]))
    assert (cell.source, cell.outputs) == ("lab.a.check(a)", [])


def test_a_cell_that_needs_an_answer_says_so_without_a_traceback(tmp_path):
    (cell,) = page_of(tmp_path, new_code_cell("show(cnn)", outputs=[printed("before"), failed()]))
    assert [output.output_type for output in cell.outputs] == ["stream", "display_data"]
    assert cell.outputs[1].data["text/html"] == lessons.NEEDS_YOU


def test_warnings_and_live_widgets_are_left_out(tmp_path):
    outputs = [
        new_output("stream", name="stderr", text="a warning"),
        new_output("display_data", {lessons.WIDGET: {"model_id": "1"}}),
        new_output("display_data", {lessons.WIDGET: {"model_id": "1"}, "text/html": "<p>a still</p>"}),
    ]
    (cell,) = page_of(tmp_path, new_code_cell("widget", outputs=outputs))
    assert [output.data for output in cell.outputs] == [{"text/html": "<p>a still</p>"}]


def test_a_link_to_an_exercise_leads_to_its_heading(tmp_path):
    heading, _, answer = page_of(
        tmp_path, new_markdown_cell("## Exercise 1.1. A"), new_markdown_cell("more"), answer_cell()
    )
    assert heading.source == '<span id="an-answer"></span>\n\n## Exercise 1.1. A'
    assert answer.source == "a = None"


def test_what_is_folded_is_read_as_text_with_formulas(tmp_path):
    folded = "<details><summary>Hint</summary>\nTry $x$.\n</details>"
    (cell,) = page_of(tmp_path, new_markdown_cell(folded))
    assert cell.source == "<details><summary>Hint</summary>\n\nTry $x$.\n\n</details>"


def test_the_same_picture_is_kept_once(tmp_path):
    shown = new_output(
        "display_data", {"text/html": '<img alt="A dot." src="data:image/png;base64,aGVsbG8=" width="9">'}
    )
    (cell,) = page_of(tmp_path, new_code_cell("dot()", outputs=[shown, shown]))
    (picture,) = tmp_path.iterdir()
    assert picture.read_bytes() == b"hello"
    assert (
        f'<img loading="lazy" alt="A dot." src="../figures/{picture.name}" width="9">'
        == cell.outputs[1].data["text/html"]
    )


@pytest.mark.parametrize("lab", LABS)
def test_every_formula_of_a_lesson_is_drawn(lab):
    formulas = [block or inline for block, inline in FORMULA.findall(prose(lab))]
    assert [one for one in formulas if "<math" not in as_mathml(one)] == []


def test_large_brackets_without_a_side_are_drawn():
    assert as_mathml(r"\big(x\Big)").count("<mo") == 2


def test_three_dots_are_drawn():
    assert "…" in as_mathml(r"x_1 \dots x_n")


# --- where lessons open


@pytest.mark.parametrize(
    ("address", "read"),
    [
        (REPOSITORY, ("github", "somebody/labs", "main")),
        (f"{REPOSITORY}.git", ("github", "somebody/labs", "main")),
        (f"{REPOSITORY}/tree/autumn/2026/", ("github", "somebody/labs", "autumn/2026")),
        ("https://gitlab.com/somebody/labs/-/tree/autumn", ("gitlab", "somebody/labs", "autumn")),
    ],
)
def test_an_address_says_host_name_and_branch(address, read):
    assert launching.read_address(address) == launching.Repository(*read)


@pytest.mark.parametrize(
    "address", ["labs", "http://github.com/a/b", "https://example.org/a/b", f"{REPOSITORY}/blob/x"]
)
def test_what_is_no_address_of_a_repository_is_said(address):
    with pytest.raises(CourseError, match="--repository wants https"):
        launching.read_address(address)


def test_names_and_branches_are_one_word_for_binder_and_colab_opens_nothing_of_gitlab():
    ways = launching.read_address("https://gitlab.com/a/b/-/tree/c/d").ways_to("x")
    assert ways == {
        "Open at Binder": "https://mybinder.org/v2/gl/a%2Fb/c%2Fd?urlpath=lab%2Ftree%2Flabs%2Fx%2Fx.ipynb",
        "Notebook": "https://gitlab.com/a/b/-/blob/c/d/labs/x/x.ipynb",
    }


# --- other pages ----------------------------------------------------------------------------------


def test_the_reference_lists_what_lessons_import():
    source = (
        "from course_utils.labs.neurons import figures, headings\nfrom course_utils.data import load_photo\nimport x"
    )
    notebook = NotebookNode(cells=[new_code_cell(source), new_code_cell("not python, course_utils")])
    assert pages.modules_of([notebook]) == ["course_utils.data", "course_utils.labs.neurons.figures"]


def test_words_of_the_glossary_are_in_order_and_name_their_lab():
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    entries = pages.ENTRY.findall(text)
    words = [word.lower() for word, _ in entries]
    assert len(words) >= 100
    assert words == sorted(set(words))
    known = {f"Lab {lab[:2]}" + (", homework" if lab.endswith("homework") else "") for lab in LABS}
    named = [meaning.rsplit("(", 1)[1].removesuffix(")") for _, meaning in entries]
    assert set(named) <= known | {"all labs"}


def test_every_lab_has_further_reading():
    text = (ROOT / "docs/reading.md").read_text(encoding="utf-8")
    listed = re.findall(r"^## Lab (\d\d): .*\n\n(?=- )", text, re.M)
    assert listed == sorted({lab[:2] for lab in LABS})


def test_links_out_of_the_guides_are_named_only(tmp_path):
    (tmp_path / "guide.md").write_text("See [the tests](../tests/a.py) and [words](glossary.md).", encoding="utf-8")
    assert pages._guide(tmp_path / "guide.md") == "See the tests and [words](glossary.md)."


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(building, "NEEDED", ("sphinx", "no_such_theme"))
    with pytest.raises(CourseError, match=r"needs no_such_theme. Install the extra: pip install -e \"\.\[docs\]\""):
        building.build(ROOT, tmp_path / "site", [], print)


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(CourseError, match="holds something that is no site"):
        building.build(ROOT, tmp_path, [], print)
