"""The history of figures: a step back is seen, on the same machine only, and a damaged file is said."""

import importlib.util
import sys

import pytest
from conftest import ROOT

from course_utils.course import CourseError


@pytest.fixture(scope="module")
def history():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    about = importlib.util.spec_from_file_location("history", ROOT / "benchmarks" / "history.py")
    module = importlib.util.module_from_spec(about)
    sys.modules["history"] = module
    about.loader.exec_module(module)
    yield module
    sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture
def entries(history):
    def entry(number, page, machine="mine", yardstick=0.2):
        return history.Entry(f"c{number}", "2026-11-29", machine, yardstick, {"start": 2.0, "page": page})

    slow = entry(4, 0.6, yardstick=0.4)  # twice the seconds on a machine that is half as fast: the same
    return [entry(1, 0.3), entry(2, 0.31), entry(3, 9.0, machine="other"), slow]


def test_a_slower_machine_or_another_one_is_no_step_back(history, entries):
    assert [history.steps_back(entries, number) for number in range(4)] == [{}, {}, {}, {}]
    assert history.sentence(entries) == "No step back at c4, beside 2 of this machine."


def test_a_step_back_is_named_with_its_size(history, entries):
    entries.append(history.Entry("c5", "2026-11-30", "mine", 0.2, {"start": 2.1, "page": 0.45, "foreign": 0.1}))
    assert history.steps_back(entries, 4) == {"page": pytest.approx(1.5)}
    assert history.sentence(entries) == "A step back at c5: page 1.50 times the median of before."
    assert history.shown(entries)[-1] == ["c5", "2026-11-30", "mine", "2.1", *3 * "–", "0.1", "0.45 ▲ 1.50×"]


def test_a_page_says_the_same(history, entries):
    page = history.page(entries)
    assert "No step back at c4" in page
    assert all(f"<td>c{number}" in page for number in range(1, 5))
    assert 'aria-label="page: 1.5 at first, 1.5 now"' in page
    assert "Nothing was measured yet." in history.page([])


def test_what_is_written_is_read_and_a_damaged_file_is_said(history, entries, tmp_path):
    path = tmp_path / "history.json"
    assert history.read(path) == []
    history.write(entries, path)
    assert history.read(path) == entries
    for text in ("[{", '[{"commit": "x"}]', "3"):
        path.write_text(text)
        with pytest.raises(CourseError, match="no history of figures"):
            history.read(path)
