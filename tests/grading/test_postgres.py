"""The gradebook on a real PostgreSQL server, which the test starts, with nothing but nbgrader's ``db_url`` changed."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom import LAB, RIGHT, ROWS, grade, hand_in
from sample import add_lab
from sqlalchemy import create_engine, text

from course_utils.course import CourseError
from course_utils.grading import feedback, results
from course_utils.grading.bundle import read_bundle
from course_utils.grading.export import export
from course_utils.grading.gradebook import open_gradebook
from course_utils.grading.job import Job
from course_utils.grading.reading import read_submission
from course_utils.release import release
from course_utils.term import class_report

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="Debian's PostgreSQL")]
ROOT = Path(__file__).resolve().parents[2]
USER = "postgres"


def server_folder() -> Path:
    """Return the folder of PostgreSQL's own programs; skip where there is none, but never in CI."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    if not found:
        assert not os.environ.get("CI"), "CI installs PostgreSQL: see the Makefile"
        pytest.skip("there is no PostgreSQL server here (Debian: apt-get install postgresql)")
    return Path(found).parent


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run a server that listens on a socket in a folder alone; return the address of its databases."""
    programs, folder = server_folder(), Path(tempfile.mkdtemp(prefix="course-postgres-"))
    as_user = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        as_user = ["runuser", "-u", USER, "--"]
        shutil.chown(folder, USER)

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(programs / program), *arguments]
        done = subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done.stderr

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", USER, "-A", "trust", "-N")
    run("pg_ctl", "-D", data, "-w", "-l", f"{data}/log", "-o", f"-k {folder} -h '' -F", "start")
    try:
        yield f"postgresql+psycopg://{USER}@/{{}}?host={folder}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def make_database(server: str, name: str, like: str = "template1") -> str:
    """Make a database, a copy of another one, and return its address."""
    engine = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name} template {like}"))
    engine.dispose()
    return server.format(name)


def set_address(root: Path, address: str) -> None:
    """Let the settings of a course end in the address of its gradebook."""
    settings = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    (root / "nbgrader_config.py").write_text(f"{settings}\nc.CourseDirectory.db_url = {address!r}\n", encoding="utf-8")


@pytest.fixture(scope="module")
def pattern(server, tmp_path_factory) -> Path:
    """A course that has its gradebook on the server, with one released lab and three submissions; made once."""
    root = tmp_path_factory.mktemp("pattern") / "course"
    (root / "solutions").mkdir(parents=True)
    set_address(root, make_database(server, "pattern"))
    shutil.copy(ROOT / "solutions" / "jupytext.toml", root / "solutions")
    add_lab(root, LAB)
    release(root, [], gradebook=True, prove=False)
    for name, answer in {"ada": RIGHT, "bela": "wrong", "cleo": "half"}.items():
        hand_in(root, name, answer)
    return root


@pytest.fixture
def course(server, pattern, tmp_path, request) -> Path:
    """A copy of the course and of its gradebook, for one test."""
    root = Path(shutil.copytree(pattern, tmp_path / "course"))
    set_address(root, make_database(server, request.node.name[:60], like="pattern"))
    return root


def rows_of(root: Path) -> dict[str, list[tuple]]:
    """Return what the gradebook says."""
    with open_gradebook(root) as book:
        return {name: sorted(map(tuple, book.db.execute(text(query))), key=repr) for name, query in ROWS.items()}


def test_a_class_is_graded_into_it(course):
    outcome = grade(course)
    assert outcome.well
    assert not (course / "gradebook.db").exists()
    scores = {(who, cell): auto for who, cell, auto, *_ in rows_of(course)["grades"]}
    assert [scores[name, "double-check"] for name in ("ada", "bela", "cleo")] == [2, 0, 1]
    assert results.read_results(course, LAB, ["cleo"])["cleo"].points == 1


def test_grading_again_changes_nothing(course):
    grade(course)
    before = rows_of(course)
    assert grade(course).graded == []
    assert len(grade(course, fresh=True).graded) == 3
    assert rows_of(course) == before


def test_two_workers_write_what_one_writes(course):
    grade(course, workers=2)
    two = rows_of(course)
    grade(course, fresh=True)
    assert rows_of(course) == two


def test_a_persons_grade_stays(course):
    grade(course)
    with open_gradebook(course) as book:
        (rows,) = book.find_submission(LAB, "bela").notebooks
        essay = next(one for one in rows.grades if one.name == "why")
        essay.manual_score, essay.needs_manual_grade = 1, False
        book.db.commit()
    hand_in(course, "bela", RIGHT)
    grade(course)
    grades = {cell: row for who, cell, *row in rows_of(course)["grades"] if who == "bela"}
    assert grades["why"][1] == 1, "the person's"
    assert grades["double-check"][0] == 2


def test_feedback_report_and_export_read_it(course):
    grade(course)
    assert feedback.make_feedback(course, LAB).made == ["ada", "bela", "cleo"]
    assert class_report.read_report(course, LAB).students == 3
    table, _ = export(course, course / "grades.csv")
    assert table.read_text().count("\n") == 4


def test_a_lab_with_submissions_is_not_robbed_of_a_cell(course):
    grade(course)
    master = course / "solutions" / LAB / f"{LAB}.py"
    master.write_text(master.read_text().replace('"sizes-check"', '"other-check"'))
    with pytest.raises(CourseError, match="sizes-check"):
        release(course, [], prove=False)


def test_a_server_that_is_gone_is_said_so_without_its_password(course):
    set_address(course, "postgresql+psycopg://ada:secret@127.0.0.1:1/course")
    shown = re.escape("postgresql+psycopg://ada:***@127.0.0.1:1/course")
    with pytest.raises(CourseError, match=f"^The gradebook {shown} cannot be used"):
        grade(course)


def test_no_worker_hears_its_address(course):
    job = Job(read_bundle(course, LAB), read_submission(course, LAB, "ada"))
    assert b"postgresql" not in job.pack()
