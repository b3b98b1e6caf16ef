"""The form of the lessons: every rule of style that a machine can check."""

import ast
import importlib
import re
from pathlib import Path

import jupytext
import nbformat
import pytest
from jupytext.config import load_jupytext_config
from lesson import master_of
from nbformat.v4 import new_code_cell, new_markdown_cell

from course_utils.cells import grade_id, role
from course_utils.course import labs
from course_utils.masters import lint, master_path, write_instructor_notebook
from course_utils.reference import DIFFICULTY

ROOT = Path(__file__).resolve().parent.parent
LABS = labs(ROOT)

MOST_LINES = 30
MOST_WORDS = 150
MOST_CODE_CELLS = 2
HEADING = re.compile(r"^(#{1,6}) +(.+)$", re.M)
IMAGE = re.compile(r"!\[(.*?)\]\(.*?\)|<img\b([^>]*)>", re.S)
EXERCISE = re.compile(r"^#{2,3} (?:Bonus|Exercise \d+\.\d+)\. \S", re.M)
FORBIDDEN = {  # what it looks like: why it has no place in a lesson
    r"^\s*[%!]": "a magic or a shell command: plain Python only",
    r"\bsys\.path\b": "sys.path: course_utils is installed",
    r"\bos\.chdir\b": "os.chdir: a lesson stays where it is",
    r"\b(urllib|requests|urlretrieve|load_dataset)\b|download\s*=\s*True": "a download: lessons work offline",
    r"\.cuda\(|\bto\(['\"]cuda": "a GPU: none is needed",
    r"\bplt\.show\(": "plt.show(): use figures.show(figure, alt=...)",
    r"^\s*assert\b": "assert: its message is a traceback; use a check",
    r"\bnum_workers\s*=\s*[1-9]": "worker processes in a loader",
}


@pytest.fixture(scope="module", params=LABS)
def master(request) -> Path:
    return master_path(ROOT, request.param)


@pytest.fixture(scope="module")
def cells(master):
    return master_of(master.stem).cells


def prose(cells):
    return [cell for cell in cells if cell.cell_type == "markdown"]


def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


def first_line(cell) -> str:
    return next((line for line in cell.source.splitlines() if line.strip()), "")


def without_code(text: str) -> str:
    """Return Markdown without its code blocks, in which a # is no heading and an image none."""
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.S | re.M)


# --- the file


def test_jupyterlab_would_save_it_unchanged(master):
    config, text = load_jupytext_config(str(master)), master.read_text(encoding="utf-8")
    notebook = jupytext.reads(text, "py:percent", config=config)
    assert jupytext.writes(notebook, "py:percent", config=config) == text


def test_it_passes_the_lint_of_the_release(master):
    assert lint(master_of(master.stem)) == []


def test_the_instructor_notebook_has_the_same_ids_every_time(master, tmp_path):
    lab = master.stem
    texts = []
    for name in ("one", "two"):
        copy = tmp_path / name / "solutions" / lab / master.name
        copy.parent.mkdir(parents=True)
        copy.write_bytes(master.read_bytes())
        (copy.parent.parent / "jupytext.toml").write_bytes((ROOT / "solutions" / "jupytext.toml").read_bytes())
        assert write_instructor_notebook(tmp_path / name, lab)
        texts.append(copy.with_suffix(".ipynb").read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    notebook = nbformat.reads(texts[0], as_version=4)
    nbformat.validate(notebook)
    assert all(cell.id == grade_id(cell) for cell in notebook.cells if grade_id(cell))


# --- rules, each a function that returns what breaks it


def too_long_code(cells):
    return [first_line(cell) for cell in code(cells) if len(cell.source.splitlines()) > MOST_LINES]


def too_long_prose(cells):
    return [first_line(cell) for cell in prose(cells) if len(without_code(cell.source).split()) > MOST_WORDS]


def too_much_code_in_a_row(cells):
    """An answer and its check belong together and count as one; so do the student's id and the lab with its numbers."""
    found, run = [], 0
    for cell in cells:
        run = 0 if cell.cell_type != "code" else run + (role(cell) != "check" and grade_id(cell) != "lab")
        if run > MOST_CODE_CELLS:
            found.append(first_line(cell))
    return found


def bad_first_code_cell(cells):
    source = code(cells)[0].source
    *imports, last = ast.parse(source).body
    wrong = [ast.unparse(node) for node in imports if not isinstance(node, ast.Import | ast.ImportFrom)]
    return wrong if ast.unparse(last) == "seed_everything(0)" else [*wrong, f"ends in {ast.unparse(last)}"]


def late_imports(cells):
    nodes = [node for cell in code(cells)[1:] for node in ast.parse(strip_magics(cell.source)).body]
    return [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


def strip_magics(source: str) -> str:
    return re.sub(r"^\s*[%!].*$", "", source, flags=re.M)


def forbidden(cells):
    return [
        f"{first_line(cell)}: {why}"
        for cell in code(cells)
        for pattern, why in FORBIDDEN.items()
        if re.search(pattern, cell.source, re.M)
    ]


def images_without_a_text(cells):
    found = []
    for cell in prose(cells):
        for match in IMAGE.finditer(without_code(cell.source)):
            alt = match[1] if match[2] is None else (re.search(r'\balt="([^"]*)"', match[2]) or ["", ""])[1]
            found += [] if alt.strip() else [match[0]]
    return found


def headings_out_of_order(cells):
    found, depth = [], 0
    levels = [(len(m[1]), m[2]) for cell in prose(cells) for m in HEADING.finditer(without_code(cell.source))]
    if [level for level, _ in levels].count(1) != 1 or levels[0][0] != 1:
        found.append("a lesson has one H1, which comes first")
    for level, text in levels:
        if level > depth + 1:
            found.append(f"{text}: level {level} after level {depth}")
        depth = level
    return found


def figures_not_shown_with_a_text(cells):
    """A figure goes through figures.show, so that those who cannot see it have its sentence.

    The sentence is given there, or held by the lab's figure function.
    """
    found, lab = [], figures_of(cells)
    for cell in code(cells):
        tree = ast.parse(strip_magics(cell.source))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        shows = [call for call in calls if ast.unparse(call.func) == "figures.show"]
        found += [ast.unparse(call) for call in shows if not (alt_text(call) or held_text(call, lab))]
        plotted = [call for call in calls if ast.unparse(call.func).startswith("figures.plot_")]
        if plotted and not shows:
            found.append(ast.unparse(plotted[0]))
        found += [ast.unparse(call) for call in calls if ast.unparse(call.func).startswith("plt.")]
    return found


def figures_of(cells):
    """Return the module that a lesson calls figures; None if it has none."""
    nodes = [node for node in ast.walk(ast.parse(code(cells)[0].source)) if isinstance(node, ast.ImportFrom)]
    names = [node.module for node in nodes if node.module and "figures" in [name.name for name in node.names]]
    return importlib.import_module(f"{names[0]}.figures") if names else None


def held_text(call: ast.Call, lab) -> bool:
    """Tell whether figures.show shows what a figure function of the lab draws that holds its text."""
    drawn = call.args[0] if call.args else None
    if not isinstance(drawn, ast.Call) or not isinstance(drawn.func, ast.Attribute):
        return False
    return len(getattr(getattr(lab, drawn.func.attr, None), "alt", "").split()) >= 3


def alt_text(call: ast.Call) -> bool:
    """Tell whether a call of figures.show has a text: literal words, also around values (an f-string)."""
    given = [word.value for word in call.keywords if word.arg == "alt"] + call.args[1:2]
    words = [n.value for each in given for n in ast.walk(each) if isinstance(n, ast.Constant)]
    return any(isinstance(word, str) and len(word.split()) >= 3 for word in words)


def incomplete_prompts(cells):
    """A prompt: heading, task, minutes and difficulty, an example or a formula or a picture, and one hint that asks."""
    found, prompt = [], ""
    for cell in cells:
        if cell.cell_type == "markdown" and not grade_id(cell):
            prompt = cell.source if EXERCISE.search(cell.source) else prompt + "\n" + cell.source
        if role(cell) not in ("solution", "essay"):
            continue
        lacks = []
        if not EXERCISE.search(prompt):
            lacks.append("a heading such as: ## Exercise 5.1. How large is the output?")
        if not re.search(r"\b\d+ minutes?\b", prompt):
            lacks.append("the minutes")
        if not re.search(rf"\b\d+ minutes?, ({'|'.join(map(' '.join, DIFFICULTY.items()))})\b", prompt):
            lacks.append("how hard it is, behind the minutes, such as ●●○ medium")
        if "## Bonus. " in prompt and "**Further:** " not in prompt:
            lacks.append("a line **Further:**, as every bonus has")
        hints = re.findall(r"<details><summary>Hint.*?</summary>(.*?)</details>", prompt, re.S)
        if role(cell) == "solution" and not any("?" in hint for hint in hints):
            lacks.append("a <details> hint that asks a question")
        found += [f"{grade_id(cell)} lacks {lack}" for lack in lacks]
        prompt = ""
    return found


def folded_notes_that_look_wrong(cells) -> list[str]:
    """What JupyterLab shows as it is typed: Markdown in a note. What it glues together: a note and the text below."""
    found = []
    for cell in prose(cells):
        for note in re.findall(r"<details>.*?</details>", cell.source, re.DOTALL):
            if "</summary>\n\n" not in note:  # behind an empty line it is read as Markdown
                found += re.findall(r"`[^`]*`|\*+\w[^*\n]*\*+", re.sub(r"\$[^$]*\$", "", note))
        found += re.findall(r"</details>\n+(?!<details>)(\S[^\n]*)", cell.source)
    return found


RULES = [
    too_long_code,
    too_long_prose,
    too_much_code_in_a_row,
    bad_first_code_cell,
    late_imports,
    forbidden,
    images_without_a_text,
    headings_out_of_order,
    folded_notes_that_look_wrong,
    figures_not_shown_with_a_text,
    incomplete_prompts,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_lesson_keeps_the_rule(cells, rule):
    assert rule(cells) == []


# --- the rules themselves

TITLE, IMPORTS = new_markdown_cell("# A lesson"), new_code_cell("import torch\n\nseed_everything(0)")
PROMPT = """## Exercise 5.1. How large is it?

Write `f(x)`. (5 minutes, ●○○ easy)

<details><summary>Hint</summary>
What stays?
</details>"""
ANSWER = new_code_cell(
    "x = 1", metadata={"nbgrader": {"grade_id": "size", "grade": False, "solution": True, "locked": False}}
)


@pytest.mark.parametrize(
    ("rule", "cell"),
    [
        (too_long_code, new_code_cell("\n".join(["x = 1"] * 31))),
        (too_long_prose, new_markdown_cell("word " * 151)),
        (late_imports, new_code_cell("import os")),
        (forbidden, new_code_cell("%matplotlib inline")),
        (forbidden, new_code_cell("!pip install x")),
        (forbidden, new_code_cell("sys.path.insert(0, '..')")),
        (forbidden, new_code_cell("os.chdir('..')")),
        (forbidden, new_code_cell("CIFAR10('data', download=True)")),
        (forbidden, new_code_cell("plt.show()")),
        (forbidden, new_code_cell("x = 1\nassert x")),
        (images_without_a_text, new_markdown_cell("![](figure.png)")),
        (images_without_a_text, new_markdown_cell('<img src="figure.png">')),
        (headings_out_of_order, new_markdown_cell("# A second title")),
        (headings_out_of_order, new_markdown_cell("### Too deep")),
        (folded_notes_that_look_wrong, new_markdown_cell("<details><summary>Hint</summary>\nWhat is `x`?\n</details>")),
        (folded_notes_that_look_wrong, new_markdown_cell("<details><summary>Hint</summary>\n*Why*?\n</details>")),
        (folded_notes_that_look_wrong, new_markdown_cell("<details><summary>Why</summary>\nSo.\n</details>\n\nOn.")),
        (figures_not_shown_with_a_text, new_code_cell("figures.show(figures.plot_images(x))")),
        (figures_not_shown_with_a_text, new_code_cell("figures.show(figures.plot_images(x), alt='')")),
        (figures_not_shown_with_a_text, new_code_cell("figures.plot_images(x)")),
        (figures_not_shown_with_a_text, new_code_cell("plt.plot(x)")),
    ],
    ids=lambda value: getattr(value, "__name__", None) or value.source[:30],
)
def test_a_rule_sees_what_breaks_it(rule, cell):
    assert rule([TITLE, IMPORTS]) == []
    assert rule([TITLE, IMPORTS, cell]) != []


def test_three_code_cells_in_a_row_are_one_too_many():
    one = new_code_cell("x = 1")
    assert too_much_code_in_a_row([one, one, TITLE, one]) == []
    assert too_much_code_in_a_row([one, one, one]) == ["x = 1"]


@pytest.mark.parametrize("source", ["import torch", "seed_everything(1)", "x = 1\nseed_everything(0)"])
def test_the_first_code_cell_holds_imports_and_the_seed(source):
    assert bad_first_code_cell([IMPORTS]) == []
    assert bad_first_code_cell([new_code_cell(source)]) != []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## Exercise 5.1. ", "## "),
        ("Exercise 5.1. ", "Bonus. "),
        ("(5 minutes, ●○○ easy)", ""),
        (", ●○○ easy", ""),
        ("easy", "hard"),
        ("What stays?", "Add one."),
        ("<details>", ""),
    ],
)
def test_a_prompt_has_all_its_pieces(old, new):
    assert incomplete_prompts([new_markdown_cell(PROMPT), ANSWER]) == []
    assert incomplete_prompts([new_markdown_cell(PROMPT.replace(old, new)), ANSWER]) != []
