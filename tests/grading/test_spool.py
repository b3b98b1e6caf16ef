"""Results on the disk: whole or absent, under their key, one writer a lab."""

import multiprocessing
import os
from dataclasses import asdict, replace

import pytest

from course_utils.course import CourseError
from course_utils.grading.job import Bundle, Check, Graded, Job, Limits, Submission
from course_utils.grading.spool import Spool, differences, seal, unseal

KEY = "0" * 64


def result(points=1.0, key=KEY, student="ada"):
    cells = [{"cell_type": "code", "source": "1", "grade_id": "", "outputs": [], "status": "ok"}]
    return Graded(student, "05_lab", key, checks={"a-check": Check(points, 2.0, "partly", ["X1"])}, cells=cells)


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path, "05_lab")


def kept(spool, student="ada"):
    return sorted(path.name for path in (spool.folder / student).iterdir())


def test_a_result_comes_back_as_it_was(spool):
    assert spool.find("ada", KEY) is None
    assert spool.keep(result()) == []
    assert spool.find("ada", KEY) == result()


def test_another_key_takes_the_place_of_the_old_one(spool):
    spool.keep(result())
    spool.keep(result(2.0, key="1" * 64))
    assert kept(spool) == [f"{'1' * 64}.msgpack"]
    assert spool.find("ada", KEY) is None


def test_the_old_result_goes_only_when_the_new_one_is_there(spool, monkeypatch):
    spool.keep(result())
    monkeypatch.setattr(os, "fsync", lambda handle: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        spool.keep(result(key="1" * 64))
    assert kept(spool) == [f"{KEY}.msgpack"]


def test_the_first_result_stays_and_a_differing_second_is_told(spool):
    spool.keep(result(1.0))
    assert spool.keep(result(2.0)) == ["checks.a-check.points: 1.0, 2.0"]
    assert spool.find("ada", KEY) == result(1.0)
    assert spool.keep(result(2.0), anew=True) == ["checks.a-check.points: 1.0, 2.0"]
    assert spool.find("ada", KEY) == result(2.0)
    assert spool.keep(result(2.0)) == []


def test_half_a_file_counts_as_none_whatever_half(spool):
    spool.keep(result())
    (path,) = (spool.folder / "ada").iterdir()
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert spool.find("ada", KEY) is None
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert spool.find("ada", KEY) is None
    spool.keep(result())
    assert path.read_bytes() == whole


def test_a_result_of_another_version_counts_as_none():
    import hashlib

    import msgpack

    packed = msgpack.packb({"student": "ada", "colour": "blue"})
    content = seal(result())[:9] + hashlib.sha256(packed).digest() + packed
    with pytest.raises(ValueError, match="not a result"):
        unseal(content)


def test_what_a_kill_left_behind_is_cleared(spool):
    spool.keep(result())
    (spool.folder / "ada" / f".{KEY}.msgpack.1.part").write_bytes(b"half")
    spool.keep(result(key="1" * 64))
    assert kept(spool) == [f"{'1' * 64}.msgpack"]


def test_differences_name_the_field():
    other = result()
    other.cells[0]["outputs"] = [{"output_type": "stream"}]
    other.notes.append("slow")
    assert [line.split(":")[0] for line in differences(result(), other)] == ["notes", "cells[0].outputs"]


def hold(folder, ready, go):
    with Spool(folder, "05_lab").locked():
        ready.set()
        go.wait(60)


def test_one_process_grades_a_lab_and_a_dead_one_holds_nothing(tmp_path, spool):
    spawn = multiprocessing.get_context("spawn")
    ready, go = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(tmp_path, ready, go))
    other.start()
    assert ready.wait(60)
    with pytest.raises(CourseError, match="05_lab is being graded by another process"), spool.locked():
        pass
    with Spool(tmp_path, "06_lab").locked():
        pass
    other.kill()
    other.join()
    with spool.locked():
        pass


# --- limits


def done(job: Job, **changed) -> Graded:
    """Return a result of a job that met no limit."""
    graded = Graded("ada", "01_double", job.key(), limits=asdict(job.limits))
    return replace(graded, **changed)


def test_other_limits_do_not_change_the_key():
    bundle, submission = Bundle("01_double", []), Submission("ada", b"")
    assert Job(bundle, submission, Limits()).key() == Job(bundle, submission, Limits(cell_seconds=60)).key()
    assert Job(bundle, submission).key() != Job(bundle, Submission("ada", b" ")).key()


@pytest.mark.parametrize(
    ("now", "changed", "holds"),
    [
        (Limits(), {}, True),
        (Limits(cell_seconds=60), {}, True),
        (Limits(cell_seconds=60), {"restarts": 1}, False),
        (Limits(cell_seconds=60), {"checks": {"a": Check(0, 1, "stopped")}}, False),
        (Limits(), {"checks": {"a": Check(0, 1, "stopped")}}, True),
        (Limits(cell_seconds=5), {}, False),
        (Limits(memory_mb=4096, cell_seconds=5), {}, False),
        (Limits(), {"limits": {}}, False),
    ],
)
def test_a_result_holds_under_limits_that_cannot_change_it(now, changed, holds):
    bundle, submission = Bundle("01_double", []), Submission("ada", b"")
    graded = done(Job(bundle, submission, Limits()), **changed)
    assert Job(bundle, submission, now).holds(graded) is holds


def test_a_result_under_other_limits_takes_the_place_of_the_first(tmp_path):
    spool, job = Spool(tmp_path, "01_double"), Job(Bundle("01_double", []), Submission("ada", b""))
    spool.keep(done(job, checks={"a": Check(0, 1, "stopped")}))
    wider = asdict(Limits(cell_seconds=99))
    assert spool.keep(done(job, checks={"a": Check(1, 1, "right")}, limits=wider)) == []
    found = spool.find("ada", job.key())
    assert found is not None
    assert found.checks["a"].verdict == "right"
