"""A learner's own progress: what is kept and where, what is never kept, and the page that shows it."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import IPython.display  # noqa: F401  asked for where IPython itself is a stand-in
import pytest

from course_utils import journal, progress, reference, workplace
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted
from course_utils.labs import conv_and_pooling

LAB = "05_conv_and_pooling"
lab = conv_and_pooling.for_student("")


@pytest.fixture(autouse=True)
def nothing_in_memory(monkeypatch):
    monkeypatch.setattr(journal, "_in_memory", [])


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The file in which progress is kept."""
    path = tmp_path / "mine" / "progress.jsonl"
    monkeypatch.setenv(journal.VARIABLE, str(path))
    return path


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A workplace with one lab, its notebook's folder the working folder, and a folder for the user's data."""
    folder = tmp_path / "Übung von Jörg"
    notebook = folder / "labs" / LAB / f"{LAB}.ipynb"
    notebook.parent.mkdir(parents=True)
    notebook.write_bytes(reference.path_of(LAB).read_bytes())
    (folder / workplace.START).write_text("{}")
    monkeypatch.delenv(journal.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(notebook.parent)
    return folder


@pytest.fixture
def a_person(monkeypatch):
    """Somebody who runs a cell in JupyterLab."""
    request = {"header": {"msg_type": "execute_request"}, "metadata": {"cellId": "output-sizes"}}
    shell = SimpleNamespace(kernel=object(), get_parent=lambda: request)
    silent = SimpleNamespace(display=lambda *args, **kwargs: None)
    ipython = SimpleNamespace(get_ipython=lambda: shell, display=silent)
    monkeypatch.setitem(journal.sys.modules, "IPython", ipython)
    monkeypatch.delenv("CI", raising=False)
    return request


def right():
    sizes = {
        label: (window.size + 2 * window.padding - window.kernel_size) // window.stride + 1
        for label, window in lab.output_sizes.question.items()
    }
    answers = {label: {"size": size, "units": size**2} for label, size in sizes.items()}
    return answers | {"d": answers["d"] | {"leftover": 1}}


def written(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]  # an empty one does no harm


# --- what a check keeps


def test_a_check_keeps_the_share_of_the_points_and_the_best_one(kept):
    lab.output_sizes.check(right())
    part = lab.output_sizes.check(right() | {next(iter(right())): 0})
    tried = journal.read().exercises[LAB, "output-sizes"]
    assert (tried.best, tried.last, tried.times) == (1, pytest.approx(part.share, abs=1e-3), 2)


def test_an_exercise_without_an_answer_was_not_tried(kept):
    with pytest.raises(NotAttempted):
        lab.output_sizes.check(dict.fromkeys(right()))
    assert not kept.exists()


def test_a_failed_check_of_one_part_was_tried(kept):
    with pytest.raises(CheckFailed):
        lab.convolve_by_hand.check([[1, 2], [3, 4]])
    assert journal.read().exercises[LAB, "convolve-by-hand"].last == 0


def test_practice_counts_right_wrong_and_in_a_row(kept):
    for answer in ("wrong", "right", "right"):
        question = lab.output_sizes.practice(1)
        question.answer(-1 if answer == "wrong" else question.topic.right(question.numbers))
    practised = journal.read().practice[LAB, "output-size"]
    assert (practised.right, practised.wrong, practised.streak) == (2, 1, 2)


# --- when and where


def test_nothing_is_kept_while_a_notebook_is_graded(kept, home, a_person, monkeypatch):
    monkeypatch.setenv(journal.VARIABLE, str(kept))
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    lab.output_sizes.check(right())
    assert not kept.exists()
    assert not (home / ".course").exists()


@pytest.mark.parametrize(
    ("metadata", "kept_there"), [({"cellId": "output-sizes"}, True), ({}, False)], ids=["a person", "a program"]
)
def test_only_what_a_person_runs_is_kept(home, a_person, metadata, kept_there):
    a_person["metadata"] = metadata
    lab.output_sizes.check(right())
    assert (home / ".course" / "progress.jsonl").exists() == kept_there


def test_nothing_is_kept_in_continuous_integration(home, a_person, monkeypatch):
    monkeypatch.setenv("CI", "true")
    lab.output_sizes.check(right())
    assert not (home / ".course").exists()


def test_where_the_workplace_cannot_be_written_the_users_folder_is_taken(home, a_person, tmp_path):
    (home / ".course").write_text("a file where a folder should be")
    lab.output_sizes.check(right())
    assert written(tmp_path / "data" / "neural-network-labs" / "progress.jsonl")[0]["lab"] == LAB
    assert journal.read().exercises[LAB, "output-sizes"].last == 1


def test_where_nothing_can_be_written_it_is_said_once_and_kept_in_memory(home, a_person, tmp_path, capsys):
    (home / ".course").write_text("")
    (tmp_path / "data").write_text("")
    lab.output_sizes.check(right())
    lab.output_sizes.check(right())
    said = capsys.readouterr()
    assert said.out.count("kept only until the kernel stops") == 1
    assert said.err == ""
    record = journal.read()
    assert record.exercises[LAB, "output-sizes"].times == 2
    assert "cannot be written" in record.remarks[0]


def test_a_workplace_that_moves_keeps_its_progress(home, a_person, tmp_path, monkeypatch):
    lab.output_sizes.check(right())
    monkeypatch.chdir(tmp_path)
    home.rename(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "elsewhere" / "labs")
    assert journal.read().exercises[LAB, "output-sizes"].last == 1


# --- the file


def test_a_damaged_file_is_set_aside_with_a_sentence_and_what_can_be_read_is_kept(kept):
    journal.note_check(LAB, "output-sizes", 1)
    with kept.open("ab") as file:
        file.write(b'{"lab": \x00\xff\n')
    journal.note_check(LAB, "conv-output-size", 0.5)
    record = journal.read()
    assert len(record.exercises) == 2
    assert "set aside as progress.damaged-1.jsonl" in record.remarks[0]
    assert kept.with_name("progress.damaged-1.jsonl").exists()
    assert journal.read() == replace(record, remarks=[])


def test_a_line_that_broke_off_does_not_spoil_the_next(kept):
    journal.note_check(LAB, "output-sizes", 1)
    with kept.open("ab") as file:
        file.write(b'{"lab": "05')
    assert journal.read().remarks == []  # it may be being written
    journal.note_check(LAB, "conv-output-size", 0.5)
    assert set(journal.read().exercises) == {(LAB, "output-sizes"), (LAB, "conv-output-size")}


@pytest.mark.parametrize("event", [{"lab": 3}, {"lab": LAB, "exercise": "x", "share": "1"}, {"lab": LAB, "new": 1}])
def test_a_line_that_is_not_understood_is_passed_over(kept, event):
    kept.parent.mkdir()
    kept.write_text(json.dumps(event) + "\n")
    record = journal.read()
    assert not record.exercises
    assert record.remarks == []
    assert written(kept) == [event]


def test_notebooks_that_write_at_once_keep_every_line(kept):
    write = f"from course_utils import journal\nfor _ in range(200): journal.note_check({LAB!r}, 'output-sizes', 1)"
    writers = [subprocess.Popen([sys.executable, "-c", write]) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(written(kept)) == 600


def test_a_check_never_fails_because_of_its_journal(kept, monkeypatch):
    monkeypatch.setattr(journal, "_append", lambda event: 1 / 0)
    assert lab.output_sizes.check(right()) is None


# --- the page


def test_the_page_says_where_to_go_on_and_how_each_exercise_stands(home, kept, capsys, monkeypatch):
    monkeypatch.setenv(journal.VARIABLE, str(kept))
    journal.note_check(LAB, "convolve-by-hand", 1)
    journal.note_check(LAB, "output-sizes", 0.5)
    journal.note_practice(LAB, "output-size", 3, True)
    progress.show_progress()
    said = capsys.readouterr().out
    entries = list(reference.entries(LAB).values())
    third = next(one for one in entries if one.id not in ("convolve-by-hand", "output-sizes") and not one.further)
    assert said.startswith(f"Go on here: lab 05, {third.called}, {third.title}")
    assert re.search(rf"2 of {len(entries)} tried, 1 right", said)
    assert re.search(r"◐ 5\.\d+ .*: tried: [\d.]+ of \d+ points", said)
    assert "Practice: output size 1 of 1 right." in said


def test_what_goes_further_comes_when_the_core_is_right(kept, capsys, monkeypatch):
    monkeypatch.setenv(journal.VARIABLE, str(kept))
    core, further = ([one for one in reference.entries(LAB).values() if one.further is far] for far in (False, True))
    for entry in core[1:]:
        journal.note_check(LAB, entry.id, 1)
    journal.note_check(LAB, core[0].id, 0.5)
    for following in (core[0], further[0]):
        progress.show_progress()
        assert capsys.readouterr().out.startswith(f"Go on here: lab 05, {following.called}, {following.title}")
        journal.note_check(LAB, core[0].id, 1)


def test_the_page_links_to_the_notebook_and_its_exercise(home, kept, monkeypatch):
    monkeypatch.setenv(journal.VARIABLE, str(kept))
    journal.note_check(LAB, "convolve-by-hand", 0)
    shown = []
    monkeypatch.setattr(progress.showing, "show", lambda text, html: shown.append(html))
    progress.show_progress()
    prompt = reference.entries(LAB)["convolve-by-hand"].prompt
    text = next(cell["source"] for cell in reference.cells(LAB) if cell["id"] == prompt)
    assert "Exercise 5.1. " in text
    assert f'<a href="{LAB}.ipynb#cell-id={prompt}">' in shown[0]
    monkeypatch.chdir(home)
    progress.show_progress()
    assert f'<a href="labs/{LAB}/{LAB}.ipynb#cell-id={prompt}">' in shown[1]
    assert "01_neurons.ipynb" not in shown[1]  # it is not there


def test_whoever_begins_is_sent_to_the_first_exercise(kept, capsys):
    progress.show_progress()
    assert capsys.readouterr().out.startswith("Go on here: lab 01, exercise 1.1,")


def test_what_a_person_marks_counts_as_no_check():
    rows = progress._rows("06_lab7_cnn_homework", journal.Record())
    report = next(row for row in rows if row.entry.id == "report")
    assert report.stands.startswith("a person marks it")
    assert not report.is_checked
