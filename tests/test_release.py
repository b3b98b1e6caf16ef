"""The release: nothing leaks, every machine makes the same bytes, and a failure leaves everything as it was."""

import json
import os
import re
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from lesson import master_of
from sample import SAMPLE, add_lab, make_sample_course

from course_utils import release as releasing
from course_utils.cells import Region
from course_utils.course import CourseError, find_labs, labs
from course_utils.masters import lint, read_master, region_lines, write_instructor_notebook

ROOT = Path(__file__).resolve().parent.parent
LABS = labs(ROOT)
OUT = Path("notebooks/01_double/01_double.ipynb")
every_lab = pytest.mark.parametrize("lab", LABS)


def tree(root: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


# --- the course itself -------------------------------------------------------------------------------------------


def test_only_notebooks_are_released():
    released = [path for path in (ROOT / "notebooks").rglob("*") if path.is_file()]
    mine = [path for path in released if not releasing.NOT_OURS & set(path.parts)]
    assert [path.name for path in mine if path.suffix != ".ipynb"] == []


@every_lab
def test_no_line_of_an_answer_or_a_hidden_test_is_released(lab):
    master = master_of(lab)
    released = nbformat.read(ROOT / "notebooks" / lab / f"{lab}.ipynb", as_version=4)
    assert leaks(master, released) == []


def leaks(master, released) -> list[str]:
    """Return the lines of answers and hidden tests that stand in a released notebook.

    A line that also stands outside of every region of the master is no secret: a shared ``return total``.
    """
    secret = {line for region in Region for line in region_lines(master, region)}
    public = deepcopy(master)
    for cell in public.cells:
        for region in Region:
            cell.source = re.sub(rf"### {region.begin}.*?### {region.end}", "", cell.source, flags=re.S)
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "markdown":
            secret |= {line.strip() for line in cell.source.splitlines() if line.strip()}
            cell.source = ""
    known = {line.strip() for cell in public.cells for line in cell.source.splitlines()}
    out = {line.strip() for cell in released.cells for line in cell.source.splitlines()}
    marks = [mark for mark in Region if any(mark in line for line in out)]
    return sorted(secret & (out - known)) + marks


# --- the pipeline, on a small course -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Path:
    """A course whose lab has been released once. Tests copy it; none changes it."""
    root = tmp_path_factory.mktemp("released") / "course"
    make_sample_course(root)
    releasing.release(root, [], prove=False)
    return root


@pytest.fixture
def fresh(released, tmp_path) -> Path:
    """A copy of the released course."""
    shutil.copytree(released, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_release_leaks_nothing(released):
    master = read_master(released / "solutions" / "01_double" / "01_double.py")
    text = (released / OUT).read_text(encoding="utf-8")
    assert leaks(master, nbformat.reads(text, as_version=4)) == []
    assert "x + x" not in text
    assert "model answer" not in text
    assert leaks(master, master) != []  # the test itself can see


def test_the_file_has_nbgraders_form(released):
    content = (released / OUT).read_bytes()
    text = content.decode("utf-8")
    assert b"\r" not in content
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def test_a_placeholder_stands_alone_and_a_body_keeps_its_stub(released):
    nb = nbformat.read(released / OUT, as_version=4)
    source = {cell.id: cell.source for cell in nb.cells}
    assert source["sizes"] == 'answers = {"a": None}  # a whole number'
    assert source["double"].endswith('raise NotImplementedError("replace this line with your code")')


@pytest.mark.slow
def test_validate_does_not_call_an_untouched_notebook_changed(released):
    from nbgrader.validator import Validator

    results = Validator().validate(str(released / OUT))
    assert set(results) == {"failed"}  # not "changed", nor "type_changed"


@pytest.mark.slow
def test_every_way_to_release_makes_the_same_bytes(fresh, course):
    wanted = (fresh / OUT).read_bytes()
    for arguments, variables in [
        (["01"], {}),
        (["--no-gradebook"], {"PYTHONHASHSEED": "1"}),
        (["--gradebook"], {"PYTHONHASHSEED": "2", "LC_ALL": "C"}),
    ]:
        shutil.rmtree(fresh / "notebooks")
        assert course("release", "--no-proof", *arguments, cwd=fresh, **variables).returncode == 0
        assert (fresh / OUT).read_bytes() == wanted


@pytest.mark.slow
def test_formgraders_button_makes_the_same_bytes(fresh):
    wanted = (fresh / OUT).read_bytes()
    shutil.rmtree(fresh / "notebooks")
    press = """
from nbgrader.apps import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
app = NbGrader()
app.initialize([])
result = NbGraderAPI(config=app.config).generate_assignment("01_double")
assert result["success"], result
"""
    subprocess.run([sys.executable, "-c", press], cwd=fresh, check=True, capture_output=True)
    assert (fresh / OUT).read_bytes() == wanted


def test_check_finds_what_differs_is_missing_or_is_a_stranger_and_writes_nothing(fresh):
    add_lab(fresh, "02_new")
    (fresh / OUT).write_text((fresh / OUT).read_text().replace("Twice", "Thrice"))
    (fresh / "notebooks" / "notes.txt").write_text("mine")
    before = tree(fresh)
    outcome = releasing.check(fresh, [])
    assert [str(path) for path in outcome.missing] == ["02_new/02_new.ipynb"]
    assert [str(path) for path in outcome.differing] == ["01_double/01_double.ipynb"]
    assert [str(path) for path in outcome.strangers] == ["notes.txt"]
    assert not outcome.fresh
    assert tree(fresh) == before


@pytest.mark.slow
def test_check_is_content_with_what_was_just_released(released):
    before = tree(released)
    assert releasing.check(released, []).fresh
    assert tree(released) == before


def test_a_second_release_changes_nothing(fresh, monkeypatch):
    monkeypatch.setattr(releasing, "build", lambda root, notebooks: {Path("01_double/01_double.ipynb"): content})
    content, before = (fresh / OUT).read_bytes(), (fresh / OUT).stat().st_mtime_ns
    outcome = releasing.release(fresh, [], prove=False)
    assert (outcome.written, [str(p) for p in outcome.unchanged]) == ([], ["01_double/01_double.ipynb"])
    assert (fresh / OUT).stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_failing_build_leaves_everything_as_it_was(fresh):
    add_lab(fresh, "02_new")
    config = fresh / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.ClearSolutions.code_stub = {"R": "stop"}\n')
    before = tree(fresh)
    with pytest.raises(CourseError, match=r"(?s)nbgrader failed.*left as it was.*language 'python'"):
        releasing.release(fresh, [], prove=False)
    assert tree(fresh) == before


def test_a_full_disk_leaves_the_old_notebooks(fresh, monkeypatch):
    made = {Path("01_double/01_double.ipynb"): b"new", Path("02_new/02_new.ipynb"): b"new"}
    before, write = tree(fresh / "notebooks"), Path.write_bytes

    def full(path, content):
        if "02_new.ipynb" in path.name:
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(releasing, "build", lambda root, notebooks: made)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        releasing.release(fresh, [], prove=False)
    assert tree(fresh / "notebooks") == before


def test_an_interrupted_swap_leaves_whole_files_and_the_next_release_mends_it(fresh, monkeypatch):
    add_lab(fresh, "02_new")
    made = {Path(f"{lab}/{lab}.ipynb"): b"new" for lab in ("01_double", "02_new")}
    rename, calls = Path.replace, []

    def interrupted(path, target):
        if target.parent.parent.name == "notebooks":
            calls.append(target)
            if len(calls) == 2:
                raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(releasing, "build", lambda root, notebooks: made)
    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        releasing.release(fresh, [], prove=False)
    assert tree(fresh / "notebooks") == {"01_double/01_double.ipynb": b"new"}
    releasing.release(fresh, [], prove=False)
    assert set(tree(fresh / "notebooks").values()) == {b"new"}
    assert len(tree(fresh / "notebooks")) == 2


def test_an_instructor_notebook_that_says_the_same_keeps_its_outputs(fresh):
    path = fresh / "solutions" / "01_double" / "01_double.ipynb"
    nb = nbformat.read(path, as_version=4)
    nb.cells[1].outputs = [nbformat.v4.new_output("stream", text="seen")]
    nbformat.write(nb, path)
    assert write_instructor_notebook(fresh, "01_double") is False
    assert "seen" in path.read_text()
    path.with_suffix(".py").write_text(SAMPLE.replace("Twice", "Double"))
    assert write_instructor_notebook(fresh, "01_double") is True
    assert "seen" not in path.read_text()


# --- submissions -------------------------------------------------------------------------------------------------


def rename_check(root: Path) -> None:
    """Rename an exercise of the sample after it was released."""
    add_lab(root, "01_double", SAMPLE.replace('"sizes', '"size'))


def test_a_lab_with_submissions_keeps_its_graded_cells(fresh):
    (fresh / "submitted" / "ada" / "01_double").mkdir(parents=True)
    rename_check(fresh)
    before = tree(fresh)
    with pytest.raises(CourseError, match=r"01_double has submissions.*: sizes-check\.") as refusal:
        releasing.release(fresh, [], prove=False)
    assert "why" not in str(refusal.value)
    assert tree(fresh) == before


def test_a_manually_graded_cell_is_kept_too(fresh):
    (fresh / "submitted" / "ada" / "01_double").mkdir(parents=True)
    add_lab(fresh, "01_double", SAMPLE.replace('"why"', '"reason"'))
    with pytest.raises(CourseError, match="would lose the graded cells: why"):
        releasing.release(fresh, [], prove=False)


def test_a_lab_without_submissions_may_change(fresh, monkeypatch):
    (fresh / "submitted" / "ada" / "02_other").mkdir(parents=True)
    rename_check(fresh)
    monkeypatch.setattr(releasing, "build", lambda root, notebooks: {Path("01_double/01_double.ipynb"): b"new"})
    assert [str(path) for path in releasing.release(fresh, [], prove=False).written] == ["01_double/01_double.ipynb"]


@pytest.mark.slow
def test_a_gradebook_with_submissions_is_respected(fresh):
    from nbgrader.api import Gradebook

    releasing.release(fresh, [], gradebook=True, prove=False)
    with Gradebook(f"sqlite:///{fresh}/gradebook.db") as book:
        book.add_student("ada")
        book.add_submission("01_double", "ada")
    shutil.rmtree(fresh / "notebooks")  # the gradebook knows the cells by itself
    rename_check(fresh)
    with pytest.raises(CourseError, match="would lose the graded cells: sizes-check"):
        releasing.release(fresh, [], prove=False)
    more = (
        SAMPLE + "\n\n" + SAMPLE.split("# How large is it?")[1].split("# %% [markdown]")[0].replace('"sizes', '"more')
    )
    add_lab(fresh, "01_double", more)
    with pytest.raises(CourseError, match="nbgrader cannot add: more-check"):
        releasing.release(fresh, [], prove=False)
    assert releasing.release(fresh, [], gradebook=False, prove=False).written


@pytest.mark.slow
def test_a_gradebook_is_made_only_when_asked_for(fresh):
    shutil.rmtree(fresh / "notebooks")
    assert not releasing.release(fresh, [], prove=False).registered
    assert not (fresh / "gradebook.db").exists()
    assert releasing.release(fresh, [], gradebook=True, prove=False).registered
    assert releasing.release(fresh, [], prove=False).registered
    assert not list(fresh.glob("*.part*"))


# --- names and lint ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["5", "05", "05_conv", "05_conv/"])
def test_a_lab_has_three_names(tmp_path, name):
    add_lab(tmp_path, "05_conv")
    add_lab(tmp_path, "06_lab7")
    assert find_labs(tmp_path, [name]) == ["05_conv"]


def test_an_unknown_lab_is_answered_with_those_there_are(tmp_path):
    add_lab(tmp_path, "05_conv")
    with pytest.raises(CourseError, match=r"There is no lab '7'\. There are: 05_conv\."):
        find_labs(tmp_path, ["7"])


def broken(old: str, new: str, wanted: str):
    return pytest.param(old, new, wanted, id=wanted[:40])


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        broken('"double-check"', '"other-check"', "double: the next graded cell is other-check"),
        broken('"grade_id": "sizes"', '"grade_id": "double"', "double: this grade_id is there twice"),
        broken('"grade_id": "sizes"', '"grade_id": "Sizes_2"', "(Sizes_2): a grade_id is kebab-case"),
        broken('"grade_id": "why"', f'"grade_id": "{"long-" * 9}x"', "at most 40 characters"),
        broken("check_sizes(answers)\n", "score = 1\n", "(sizes-check): it must end in the call of a check"),
        broken("check_double(double)\n###", "x = 1\n###", "without its hidden tests it must end in the call"),
        broken("### END HIDDEN TESTS\n", "", "### BEGIN HIDDEN TESTS and ### END HIDDEN TESTS do not pair up"),
        broken("    ### END SOLUTION\n", "", "### BEGIN SOLUTION and ### END SOLUTION do not pair up"),
        broken("import math\n", "import math\n### BEGIN SOLUTION\n### END SOLUTION\n", "belongs into a solution cell"),
        broken("# %%\nimport", '# %% tags=["raises-exception"]\nimport', "the tag 'raises-exception' has no place"),
        broken("# %%\nimport", '# %% tags=["skip-execution"]\nimport', "the tag 'skip-execution' has no place"),
        broken('"points": 2, ', "", "(double-check): a graded cell has points, 0 or more"),
        broken('"points": 2', '"points": -2', "(double-check): a graded cell has points, 0 or more"),
        broken('"schema_version": 3, "solution": true}\ndef', '"solution": true}\ndef', "settings lack schema_version"),
        broken('answers = {"a": None}  # a whole number\n', "print(1)\n", "needs a placeholder above it"),
        broken('"locked": true, "points": 1', '"locked": false, "points": 1', "(sizes-check): a check is locked"),
    ],
)
def test_lint_names_the_cell_and_the_fault(sample_course, old, new, wanted):
    assert old in SAMPLE
    master = add_lab(sample_course, "01_double", SAMPLE.replace(old, new, 1))
    problems = lint(read_master(master))
    assert any(wanted in problem for problem in problems), problems


def test_the_sample_is_clean_and_a_fault_stops_the_release(sample_course):
    assert lint(read_master(sample_course / "solutions" / "01_double" / "01_double.py")) == []
    add_lab(sample_course, "01_double", SAMPLE.replace("check_sizes(answers)\n", "0.5\n"))
    (sample_course / "solutions" / "01_double" / "answers.csv").write_text("7")
    with pytest.raises(CourseError) as refusal:
        releasing.release(sample_course, [], prove=False)
    first, second = str(refusal.value).splitlines()
    assert first.startswith("solutions/01_double/01_double.py: cell 8 (sizes-check): it must end")
    assert second.startswith("solutions/01_double/answers.csv: to hand this file out, name it in hand_out")
    assert not (sample_course / "notebooks").exists()
    assert os.listdir(sample_course / "solutions" / "01_double") != []
