"""SIGKILL at any moment, then the same command again: nothing lost, nothing doubled, the same bytes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import warm
from classroom import LAB, RIGHT, files, hand_in, rows, state
from thorough import THOROUGH

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")]
TESTS = Path(__file__).resolve().parent.parent
FAKE = TESTS / "course_with_fake_engine.py"
COUNT = 10


def command(root: Path, *arguments: str, **variables: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(FAKE), *arguments],
        cwd=root,
        env=environment() | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=heed_ctrl_c,
    )


def heed_ctrl_c() -> None:
    """Heed SIGINT, which a program in the background of a shell inherits as one to be ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(root: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    done = warm.run([str(FAKE), *arguments], root, environment() | variables, together=True)
    return done.returncode, done.stdout


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ["PYTHONPATH"]])}


def handed_in(root: Path) -> Path:
    """Let everybody hand in, at one time, and return the course."""
    for number in range(COUNT):
        hand_in(root, f"s{number}", (RIGHT, "half", "wrong")[number % 3], timestamp="2026-11-02 10:00:00 UTC")
    return root


@pytest.fixture
def course(root):
    return handed_in(root)


@pytest.fixture(scope="module")
def undisturbed(template, tmp_path_factory):
    """What there is after a run that nobody has disturbed."""
    other = handed_in(Path(shutil.copytree(template, tmp_path_factory.mktemp("undisturbed") / "course")))
    status, said = run(other, "grade", "1")
    assert status == 0, said
    return state(other)


def graded(root: Path) -> int:
    return len(list((root / "autograded").glob(f"*/{LAB}/{LAB}.ipynb")))


@pytest.mark.thorough  # the soak kills processes, too
@pytest.mark.parametrize("workers", ["2", "1"])
def test_a_killed_run_goes_on_where_it_stopped(course, undisturbed, tmp_path, workers):
    log = tmp_path / "log"
    slow = {"FAKE_ENGINE_SECONDS": "0.3", "FAKE_ENGINE_LOG": str(log)}
    process = command(course, "grade", "1", "--workers", workers, **slow)
    while graded(course) < 3:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    rows(course)  # the gradebook is in order
    spooled = len(list((course / ".spool" / LAB).glob("*/*.msgpack")))
    before = log.read_text().count("grade ")
    assert 3 <= graded(course) <= spooled < COUNT
    status, said = run(course, "grade", "1", FAKE_ENGINE_LOG=str(log))
    assert status == 0, said
    assert state(course) == undisturbed
    assert f"{COUNT - spooled} graded, {spooled} graded before" in said
    assert log.read_text().count("grade ") - before <= COUNT - spooled + int(workers)
    status, said = run(course, "grade", "1", FAKE_ENGINE_LOG=str(log))
    assert "nothing to do" in said
    assert state(course) == undisturbed


def test_ctrl_c_ends_in_one_word_and_loses_nothing(course, undisturbed):
    process = command(course, "grade", "1", FAKE_ENGINE_SECONDS="1")
    while graded(course) < 2:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 130
    assert "Traceback" not in said
    assert run(course, "grade", "1")[0] == 0
    assert state(course) == undisturbed


def test_a_second_command_is_refused_in_one_sentence(course):
    first = command(course, "grade", "1", FAKE_ENGINE_SECONDS="4")
    while not graded(course):
        assert first.poll() is None, first.stdout.read()
        time.sleep(0.05)
    status, said = run(course, "grade", "1")
    assert (status, said) == (2, f"{LAB} is being graded by another process. Wait for it, or stop it.\n")
    assert first.communicate(timeout=300)[0]
    assert first.returncode == 0


# --- the writer, killed at each of its steps


def whole(root: Path, name: str = "s1") -> dict:
    """Return what must be old or new, never in between: the rows of one student, and the notebook."""
    about = {key: [row for row in value if row[0] == name] for key, value in rows(root).items()}
    return {"rows": about, "notebook": files(root / "autograded" / name).get(f"{LAB}/{LAB}.ipynb")}


def test_a_writer_that_is_killed_at_any_step_leaves_the_old_or_the_new(root, tmp_path):
    old = hand_in(root, "s1", "half", timestamp="2026-11-02 10:00:00 UTC")
    (old / "data.csv").write_text("1")
    (old / "old.csv").write_text("1")
    assert run(root, "grade", "1")[0] == 0
    before = whole(root)
    new = hand_in(root, "s1", RIGHT, sizes='answers = {"a": 7}', timestamp="2026-11-03 10:00:00 UTC")
    (new / "data.csv").write_text("2")
    (new / "old.csv").unlink()
    finished = Path(shutil.copytree(root, tmp_path / "finished"))
    assert run(finished, "grade", "1")[0] == 0
    after, wanted = whole(finished), state(finished)
    assert before["rows"] != after["rows"]

    for step in range(1, 500, 1 if THOROUGH else 60):
        here = Path(shutil.copytree(root, tmp_path / f"killed at {step}"))
        status, said = run(here, "grade", "1", COURSE_KILL_AT=str(step))
        if status == 0:
            break
        assert status == -signal.SIGKILL, said
        found = whole(here)
        for part in ("rows", "notebook"):
            assert found[part] in (before[part], after[part]), (step, part)
        assert found["rows"] == after["rows"] or found["notebook"] == before["notebook"], "the notebook comes last"
        status, said = run(here, "grade", "1")
        assert status == 0, said
        assert state(here) == wanted, step
        shutil.rmtree(here)
    assert step > 15, "the steps of a write were counted"
