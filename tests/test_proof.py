"""A lab goes out only if the grader gives its model answers everything and its stubs nothing."""

from pathlib import Path

import fake_engine
import nbformat
import pytest
from classroom import LAB
from sample import SAMPLE, WITH_LAB, add_lab

from course_utils import proof
from course_utils import release as releasing
from course_utils.course import CourseError
from course_utils.grading import job, own_code
from course_utils.grading.bundle import read_bundle
from course_utils.grading.here import Here
from course_utils.masters import read_master

OUT = Path(LAB, f"{LAB}.ipynb")


@pytest.fixture(scope="module")
def engine():
    here = Here(2)
    yield here
    here.close()


@pytest.fixture
def fake():
    return Here(1, fake_engine.make)


def prove(root: Path, hired: Here, text: str = SAMPLE) -> list[str]:
    """Make the sample lab, or what a test has made of it, and prove it."""
    assert read_master(add_lab(root, LAB, text)).cells
    masters = releasing.read_masters(root, [LAB])
    return proof.prove(root, masters, releasing.build(root, masters), hired).labs


@pytest.mark.slow
@pytest.mark.parametrize("text", [SAMPLE, WITH_LAB], ids=["sample", "with a lab"])
def test_a_good_lab_is_proved_once(sample_course, engine, text):
    assert prove(sample_course, engine, text) == [LAB]
    assert prove(sample_course, None, text) == []


BAD = {
    "a wrong model answer": (
        [("twice = x + x", "twice = 3 * x")],
        "double-check: the model answer earns 0 of 2 points: not yet right for 1",
    ),
    "a model answer that is wrong on a hidden case": (
        [("twice = x + x", "twice = 2 * abs(x)")],
        "double-check: the model answer earns 0 of 2 points: ",
    ),
    "a model answer that is half right": (
        [("math.fsum([answers", "0.5 * math.fsum([answers")],
        "sizes-check: the model answer earns 0.5 of 1 points: 0.5 of 1 point",
    ),
    "a check that the stub passes": (
        [('raise NotAttempted("no answer yet")', "return 1.0")],
        "sizes-check: the untouched stub earns 1 of 1 points",
    ),
    "a check that is always content": (
        [("if call(answer", "if False and call(answer")],
        "double-check: the untouched stub earns 2 of 2 points",
    ),
    "a check that fails itself": (
        [('answers["a"] == 7', 'answers["b"] == 7')],
        "sizes-check: the check itself fails at the model answer: KeyError: 'b'",
    ),
    "a check that fails at the stub": (
        [('answers["a"] is None', 'answers["a"] + 0 is None')],
        "sizes-check: the check itself fails at the untouched stub: TypeError: ",
    ),
    "a name that the lesson does not bind": (
        [("check_sizes(answers)\n", "check_sizes(anwsers)\n")],
        "sizes-check: the model answer earns 0 of 1 points: Not attempted yet: anwsers is not there.",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", BAD)
def test_a_bad_lab_is_refused_with_the_cell_and_the_reason(sample_course, engine, what):
    changes, wanted = BAD[what]
    text = SAMPLE
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    with pytest.raises(CourseError) as refusal:
        prove(sample_course, engine, text)
    lines = str(refusal.value).splitlines()
    assert any(line.startswith(f"solutions/{LAB}/{LAB}.py: {wanted}") for line in lines)
    assert len(lines) == 2, lines
    assert "course release --no-proof" in lines[-1]
    assert not (sample_course / ".spool" / "proofs" / LAB).exists()


@pytest.mark.slow
def test_a_release_asks_for_a_proof_and_a_refusal_leaves_everything(sample_course, monkeypatch):
    def refuse(root, masters, files, *, strict=False):
        assert list(files) == [OUT]
        raise CourseError("not proved")

    monkeypatch.setattr(proof, "prove", refuse)
    with pytest.raises(CourseError, match="not proved"):
        releasing.release(sample_course, [], gradebook=True)
    assert sorted(path.name for path in sample_course.iterdir()) == ["nbgrader_config.py", "solutions"]
    assert not list(sample_course.rglob("*.ipynb"))
    assert releasing.release(sample_course, [], prove=False).written == [OUT]
    assert releasing.check(sample_course, []).fresh
    with pytest.raises(CourseError, match="not proved"):
        releasing.check(sample_course, [], prove=True)


# --- what was proved before


def change_nothing(root, monkeypatch):
    return SAMPLE


def change_a_hidden_case(root, monkeypatch):
    return SAMPLE.replace("cases=(-3, 21)", "cases=(-3, 22)")


def change_a_sentence(root, monkeypatch):
    return SAMPLE.replace("Twice a number", "Double a number")


def change_a_model_answer(root, monkeypatch):
    return SAMPLE.replace("twice = x + x", "twice = 2 * x")


def change_points(root, monkeypatch):
    return SAMPLE.replace('"points": 2', '"points": 3')


def change_our_code(root, monkeypatch):
    monkeypatch.setattr(own_code, "digest", lambda: "0" * 64)
    job.versions.cache_clear()
    return SAMPLE


@pytest.mark.slow
@pytest.mark.parametrize("change", [change_nothing, change_a_hidden_case, change_a_sentence, change_a_model_answer])
def test_a_proof_is_kept_as_long_as_nothing_has_changed(sample_course, fake, log, monkeypatch, change):
    check_record(sample_course, fake, log, monkeypatch, change)


@pytest.mark.slow
@pytest.mark.parametrize("change", [change_points, change_our_code])
def test_a_proof_depends_on_points_and_on_our_code(sample_course, fake, log, monkeypatch, change):
    try:
        check_record(sample_course, fake, log, monkeypatch, change)
    finally:
        monkeypatch.undo()
        job.versions.cache_clear()


def check_record(root, fake, log, monkeypatch, change):
    assert prove(root, fake) == [LAB]
    again = prove(root, fake, change(root, monkeypatch))
    assert again == ([] if change is change_nothing else [LAB])
    assert len(log()) == (2 if change is change_nothing else 4)


@pytest.mark.slow
def test_a_machine_that_cannot_grade_is_said_so_and_notes_nothing(sample_course, fake):
    with pytest.raises(CourseError, match=r"01_double: the model answer could not be graded .* works? .*--no-proof"):
        prove(sample_course, fake, SAMPLE.replace("twice = x + x", "twice = 2 * x  # machine fails"))
    assert not (sample_course / ".spool").exists()


def test_what_is_proved_is_what_will_be_graded(root):
    master = read_master(root / "solutions" / LAB / f"{LAB}.py")
    released = nbformat.read(root / "notebooks" / OUT, as_version=4)
    assert proof.bundle_of(LAB, master, released) == read_bundle(root, LAB)
