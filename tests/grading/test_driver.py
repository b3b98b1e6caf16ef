"""The driver, with a fake engine: what is graded, what is not graded again, and what goes wrong alone."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from unittest.mock import ANY

import fake_engine
import pytest
from classroom import LAB, RIGHT, grade, hand_in, rows, scores, state
from thorough import THOROUGH

from course_utils.course import CourseError
from course_utils.grading import driver
from course_utils.grading.driver import Watcher
from course_utils.grading.here import Here, NotGraded
from course_utils.grading.job import Graded, Job

TESTS = Path(__file__).resolve().parent.parent


@pytest.fixture
def course(root):
    for name, answer in {"ada": RIGHT, "bela": "wrong", "cleo": "half"}.items():
        hand_in(root, name, answer)
    return root


def test_everybody_is_graded_and_nobody_twice(course, log):
    outcome = grade(course)
    assert (outcome.graded, outcome.students, outcome.well) == (["ada", "bela", "cleo"],) * 2 + (True,)
    assert {name: scores(course, name)["double-check"] for name in outcome.students} == {"ada": 2, "bela": 0, "cleo": 1}
    before = state(course)
    again = grade(course)
    assert (again.graded, again.students) == ([], ["ada", "bela", "cleo"])
    assert log() == ["ada", "bela", "cleo"]
    assert len(log("start")) == len(log("close")) == 2, "engines start early, and are ended"
    assert state(course) == before


def test_a_changed_submission_is_graded_and_no_other(course, log):
    grade(course)
    hand_in(course, "bela", RIGHT)
    assert grade(course).graded == ["bela"]
    assert log() == ["ada", "bela", "cleo", "bela"]
    assert scores(course, "bela")["double-check"] == 2
    assert len(list((course / ".spool" / LAB / "bela").iterdir())) == 1


def test_a_changed_limit_grades_everybody_anew(course, log, monkeypatch):
    grade(course)
    monkeypatch.setenv("COURSE_CELL_SECONDS", "7")
    assert len(grade(course).graded) == 3


def test_only_the_students_who_are_named_are_graded(course, log):
    assert grade(course, students=["cleo"]).students == ["cleo"]
    assert log() == ["cleo"]
    with pytest.raises(CourseError, match=r"Not handed in: submitted/zoe/01_double\."):
        grade(course, students=["zoe"])


def test_fresh_grades_again_and_changes_nothing(course, log):
    grade(course)
    before = state(course)
    assert len(grade(course, fresh=True).graded) == 3
    assert state(course) == before


def test_verify_grades_a_second_time_and_compares_every_field(course, log):
    outcome = grade(course, verify=2)
    assert (outcome.verified, outcome.differing, len(log())) == (2, {}, 5)
    assert grade(course, verify=10).verified == 3


class Moody(fake_engine.FakeEngine):
    """Gives another answer each time."""

    times = 0

    def grade(self, packed):
        graded = Graded.unpack(super().grade(packed))
        type(self).times += 1
        graded.notes.append(f"time {self.times}")
        return graded.pack()


def test_results_that_differ_are_told_and_the_first_stays(course):
    outcome = grade(course, make=Moody, verify=1)
    assert not outcome.well
    assert outcome.differing == {"ada": ["notes[0]: 'time 1', 'time 4'"]}
    before = state(course)
    grade(course, make=Moody)
    assert state(course) == before


def test_fresh_tells_that_results_differ_and_takes_the_new_one(course):
    grade(course, make=Moody)
    outcome = grade(course, make=Moody, fresh=True)
    assert sorted(outcome.differing) == ["ada", "bela", "cleo"]
    assert grade(course, make=Moody).graded == []


# --- what goes wrong


def test_a_submission_that_cannot_be_graded_costs_only_itself(course, log):
    hand_in(course, "boris", "machine fails")
    outcome = grade(course)
    assert outcome.failures == {"boris": "Grading does not work on this machine."}
    assert outcome.students == ["ada", "bela", "cleo"]
    assert log().count("boris") == 2, "tried again"
    assert "boris" not in str(rows(course)), "nobody gets zero for a fault of the machine"
    hand_in(course, "boris", RIGHT)
    assert grade(course).graded == ["boris"]


class Broken(fake_engine.FakeEngine):
    """Can grade nothing at all."""

    def grade(self, packed):
        super().grade(packed)
        raise CourseError("Grading does not work on this machine.")


def test_a_machine_on_which_nothing_can_be_graded_is_said_so_at_once(root, log):
    for number in range(20):
        hand_in(root, f"s{number:02}")
    with pytest.raises(CourseError, match=r"Nothing could be graded\. s00: Grading does not work"):
        grade(root, make=Broken)
    assert log()[:6] == ["s00", "s00", "s01", "s01", "s02", "s02"]
    assert len(log("grade")) == 8, "three submissions and an empty notebook, each tried twice"


def test_bad_submissions_are_no_reason_to_stop(root, log):
    for number in range(20):
        hand_in(root, f"s{number:02}", "machine fails")
    outcome = grade(root)
    assert (len(outcome.failures), outcome.students) == (20, [])


def test_an_engine_that_does_not_start_is_said_so(course):
    def none(private, at_once):
        raise CourseError("The process that grades does not start: no torch")

    with pytest.raises(CourseError, match="does not start: no torch"):
        grade(course, make=none)


class Confused(fake_engine.FakeEngine):
    """Answers something else, by student."""

    def grade(self, packed):
        job = Job.unpack(packed)
        graded = Graded.unpack(super().grade(packed))
        match job.submission.student:
            case "bela":
                return b"nothing"
            case "cleo":
                graded.key = "0" * 64
            case "dan":
                graded.student = "ada"
            case "emil":
                graded.checks["double-check"].points = 1.5
        return graded.pack()


def test_an_answer_that_is_not_the_result_of_the_job_is_not_believed(course):
    for name in ("dan", "emil"):
        hand_in(course, name)
    outcome = grade(course, make=Confused)
    assert outcome.students == ["ada"]
    words = {"bela": "no result", "cleo": "other versions", "dan": "answered for ada", "emil": "cannot be written"}
    assert all(word in outcome.failures[name] for name, word in words.items())


def test_an_unreadable_submission_is_a_result_and_no_failure(course):
    (hand_in(course, "dora") / f"{LAB}.ipynb").write_text("{")
    outcome = grade(course)
    assert outcome.well
    assert scores(course, "dora") == {"double-check": 0, "sizes-check": 0, "why": 0}


def test_interrupting_loses_nothing(course, log):
    class Impatient(Watcher):
        def step(self, student, failed):
            if student == "bela":
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(course, watcher=Impatient())
    assert grade(course).graded == ["cleo"]
    assert log() == ["ada", "bela", "cleo"]


def test_two_at_a_time_are_refused(course):
    with driver.Spool(course, LAB).locked(), pytest.raises(CourseError, match="is being graded by another process"):
        grade(course)


def test_an_engine_is_told_what_no_student_may_see(course):
    seen = []

    def make(private, at_once):
        seen.extend(private)
        return fake_engine.FakeEngine()

    grade(course, make=make)
    assert {course / name for name in ("solutions", "submitted", "gradebook.db", ".spool", "autograded")} <= set(seen)


@pytest.mark.parametrize("workers", [1, 3])
def test_all_workers_here_share_an_engine_and_close_it(log, workers):
    here = Here(workers, fake_engine.make)
    assert [reason for _, reason in here.run([("ada", b"no job"), ("bela", b"no job")])] == [NotGraded(ANY)] * 2
    here.close()
    assert len(log("start")) == len(log("close")) == 1
    assert here.grade(b"no job") == NotGraded("Grading was ended.")


class Meeting(fake_engine.FakeEngine):
    """Waits until two submissions are graded at the same time."""

    barrier = threading.Barrier(2, timeout=60)

    def grade(self, packed):
        self.barrier.wait()
        return super().grade(packed)


def test_two_workers_grade_two_submissions_at_a_time(course):
    hand_in(course, "dan")
    assert len(grade(course, make=Meeting, workers=2).graded) == 4


@pytest.mark.parametrize("workers", [1, 2])
def test_few_submissions_are_held_at_a_time(course, workers):
    taken, done = [], []

    def jobs():
        for number in range(40):
            taken.append(number)
            yield str(number), b""

    for name, _ in Here(workers, fake_engine.make).run(jobs()):
        done.append(name)
        assert len(taken) - len(done) <= 2 * workers


def test_two_workers_write_what_one_writes(course, log):
    outcome = grade(course, workers=2, verify=2)
    assert (len(outcome.graded), outcome.differing, outcome.failures) == (3, {}, {})
    two = state(course)
    grade(course, fresh=True)
    assert state(course) == two


def test_stopping_ends_what_is_under_way(course, log):
    class Impatient(Watcher):
        def step(self, student, failed):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(course, workers=2, watcher=Impatient())
    assert len(log("close")) == 1
    left = grade(course, workers=2).graded
    assert 1 <= len(left) <= 2


# --- many submissions

MANY = """
import resource, sys
from pathlib import Path
from dataclasses import replace
import fake_engine
from course_utils.grading import driver
from course_utils.grading.workers import hire

if __name__ == "__main__":
    root, count, workers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    one = driver.read_submission(root, "01_double", "ada")
    names = [f"s{number:04}" for number in range(count)]
    padding = b" " * 100_000  # a submission of a common size
    driver.students_of = lambda *_: names
    driver.read_submission = lambda root, lab, name: replace(one, student=name, notebook=one.notebook + padding)
    peaks = []

    class Memory(driver.Watcher):
        def step(self, student, failed):
            now = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
            peaks.append(now / 2**20)

    with hire(root, workers=workers, make=fake_engine.make) as hired:
        outcome = driver.grade_lab(root, "01_double", hired, watcher=Memory())
    assert len(outcome.graded) == count, outcome.failures
    print(max(peaks[count // 10 : count // 5]), max(peaks))
"""


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory as Linux tells it")
@pytest.mark.parametrize("workers", [1, 2] if THOROUGH else [2])
def test_many_submissions_need_no_more_memory_than_a_fifth_of_them(course, tmp_path, workers):
    many = 1000 if THOROUGH else 400
    script = tmp_path / "many.py"
    script.write_text(MANY)
    arguments = [str(course), str(many), str(workers)]
    paths = os.pathsep.join([str(TESTS), os.environ["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    early, peak = map(float, done.stdout.split()[-2:])
    assert peak < early + 30, f"{early:.0f} MB after a fifth of {many} submissions, {peak:.0f} MB at the most"
    assert len(rows(course)["submissions"]) == many
