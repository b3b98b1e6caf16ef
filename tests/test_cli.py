"""The command line: what it says, what it returns, and that it starts what it should."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from sample import SAMPLE, add_lab
from typer.testing import CliRunner

from course_utils import cli, doctor, launch, release
from course_utils.course import CourseError, find_root
from course_utils.masters import read_master
from course_utils.models import mobilenet

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("word", [[], ["release"], ["lab"], ["doctor"], ["data"], ["data", "fetch"]], ids=" ".join)
def test_every_word_explains_itself(word, course):
    result = course(*word, "--help")
    assert result.returncode == 0
    assert "Usage: course" in result.stdout


def test_help_loads_nothing_heavy(course):
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "course_utils", "--help"], capture_output=True, text=True, check=True
    )
    loaded = {line.split("|")[-1].strip() for line in result.stderr.splitlines() if "import time" in line}
    assert loaded & {"torch", "matplotlib", "numpy", "nbgrader", "jupytext", "jupyterlab"} == set()


def test_an_unknown_lab_is_answered_in_one_sentence(course):
    result = course("release", "9")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "There is no lab '9'. There are: 01_double.\n"


@pytest.mark.parametrize("word", ["release", "lab"])
def test_outside_any_course_there_is_one_sentence(course, tmp_path, word):
    result = course(word, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "is not inside the course" in result.stderr


def test_an_unknown_word_or_option_ends_with_status_2(course):
    assert course("relase").returncode == 2
    assert course("release", "--chek").returncode == 2


def test_the_course_root_is_found_from_below(sample_course):
    assert find_root(sample_course / "solutions" / "01_double") == sample_course


@pytest.mark.slow
def test_release_and_check_say_what_they_did(course, sample_course):
    early = course("release", "--check")
    assert (early.returncode, early.stdout) == (1, "")
    assert "missing    notebooks/01_double/01_double.ipynb\n" in early.stderr
    done = course("release", "1", cwd=sample_course / "solutions" / "01_double")
    assert (done.returncode, done.stdout) == (
        0,
        "proved     01_double\nwritten    notebooks/01_double/01_double.ipynb\n",
    )
    again = course("release")
    assert (again.returncode, again.stdout) == (0, "unchanged  notebooks/01_double/01_double.ipynb\n")
    late = course("release", "--check")
    assert (late.returncode, late.stderr) == (0, "")


@pytest.mark.slow
def test_a_lab_that_cannot_be_proved_is_refused_and_a_draft_is_not(course, sample_course):
    add_lab(sample_course, "01_double", SAMPLE.replace("twice = x + x", "twice = 3 * x"))
    refused = course("release", "--gradebook")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "01_double.py: double-check: the model answer earns 0 of 2 points: not yet right for 1\n" in refused.stderr
    assert "Nothing was released." in refused.stderr
    assert not (sample_course / "notebooks").exists()
    assert not (sample_course / "gradebook.db").exists()
    assert course("release", "--no-proof").stdout == "written    notebooks/01_double/01_double.ipynb\n"
    assert course("release", "--check").returncode == 0
    assert course("release", "--check", "--proof").returncode == 2


def test_a_lint_message_names_the_file_and_the_cell(course, sample_course):
    add_lab(sample_course, "01_double", SAMPLE.replace('"double-check"', '"other-check"'))
    result = course("release")
    assert result.returncode == 2
    assert result.stderr.startswith("solutions/01_double/01_double.py: double: the next graded cell is other-check")


def test_this_python_is_first_on_path_for_what_is_started(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.setattr(cli, "app", lambda prog_name: None)
    cli.main()
    assert os.environ["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


# --- course lab


def test_jupyter_gets_a_spare_place_only_where_home_cannot_be_written(monkeypatch, tmp_path):
    for name in launch.WRITTEN_BY_JUPYTER:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert not set(launch.WRITTEN_BY_JUPYTER) & set(launch.lab_environment())
    monkeypatch.setattr(Path, "home", lambda: Path("/proc/nobody"))
    assert set(launch.WRITTEN_BY_JUPYTER) <= set(launch.lab_environment())


@pytest.mark.parametrize(("user", "flags"), [(0, ["--allow-root"]), (1000, [])], ids=["superuser", "somebody"])
def test_the_superuser_of_a_container_can_open_the_labs(tmp_path, monkeypatch, user, flags):
    monkeypatch.setattr("os.geteuid", lambda: user, raising=False)
    assert [
        option for option in launch.lab_command(tmp_path, []) if "root" in option and "root_dir" not in option
    ] == flags


def test_a_broken_master_does_not_keep_jupyterlab_from_starting(sample_course, capsys):
    add_lab(sample_course, "02_broken").write_bytes(b"\xff\xfe")
    assert launch.make_instructor_notebooks(sample_course) == ["01_double"]
    assert "02_broken could not be made into a notebook" in capsys.readouterr().err
    assert launch.make_instructor_notebooks(sample_course) == []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def ask(url: str):
    """Open a page. The server writes down its port a little before it listens: be patient where it refuses."""
    for _ in range(300):
        try:
            return answer(url)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.2)
    raise AssertionError(f"nobody listens at {url}")


def answer(url: str):
    with urllib.request.urlopen(url, timeout=300) as page:
        return page.url, page.read()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="HOME in /proc is Linux's")
def test_jupyterlab_starts_though_the_port_is_taken_and_home_cannot_be_written(sample_course, tmp_path):
    log = tmp_path / "log"
    (sample_course / "README.md").write_text("# The labs")
    with socket.create_server(("127.0.0.1", 0)) as taken, log.open("w") as out:
        port = taken.getsockname()[1]
        options = ["--no-browser", f"--ServerApp.port={port}", "--IdentityProvider.token=word"]
        server = subprocess.Popen(
            [sys.executable, "-m", "course_utils", "lab", *options],
            cwd=sample_course / "solutions" / "01_double",
            env={**os.environ, "HOME": "/proc/nobody", "TMPDIR": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
        try:
            info = running(tmp_path, server, log)
            assert (info["port"] != port, info["root_dir"]) == (True, str(sample_course))
            base = f"http://127.0.0.1:{info['port']}"
            page, _ = ask(f"{base}/?token=word")
            assert page.startswith(f"{base}/lab/tree/README.md")
            _, settings = ask(f"{base}/lab/api/settings/@jupyterlab/docmanager-extension:plugin?token=word")
            assert json.loads(settings)["schema"]["properties"]["defaultViewers"]["default"] == {
                "markdown": "Markdown Preview"
            }
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(300)
    assert (sample_course / "solutions" / "01_double" / "01_double.ipynb").exists()
    assert "Traceback" not in log.read_text()


def running(place: Path, server: subprocess.Popen, log: Path) -> dict:
    """Wait for the server's own description of itself, in its spare runtime folder."""
    for _ in range(1500):  # a limit, not a measure
        found = list(place.glob("course-lab-*/jupyter/runtime/jpserver-*.json"))
        if found:
            return json.loads(found[0].read_text())
        assert server.poll() is None, log.read_text()
        time.sleep(0.2)
    raise AssertionError(log.read_text())


# --- course doctor


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory) -> Path:
    """A course with one released lab."""
    root = tmp_path_factory.mktemp("doctor") / "course"
    (root / "solutions").mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copy(ROOT / "solutions" / "jupytext.toml", root / "solutions")
    add_lab(root, "01_double")
    release.release(root, [], prove=False)
    return root


@pytest.fixture
def mine(handed_out, tmp_path):
    """A function that changes the solved notebook, saves it as a student's and has it examined."""

    def examine(change, run=False) -> list[str]:
        notebook = read_master(handed_out / "solutions" / "01_double" / "01_double.py")
        released = nbformat.read(handed_out / "notebooks" / "01_double" / "01_double.ipynb", as_version=4)
        for cell, out in zip(notebook.cells, released.cells, strict=True):
            cell.source = out.source if out.metadata.get("nbgrader", {}).get("locked") else cell.source
        change({cell.id: cell for cell in notebook.cells}, notebook)
        place = tmp_path / "work"
        place.mkdir(exist_ok=True)
        nbformat.write(notebook, place / "01_double.ipynb")
        os.chdir(handed_out)
        diagnoses = doctor.examine_notebook(place / "01_double.ipynb")
        return [one.what for one in diagnoses if not one.well]

    before = Path.cwd()
    yield examine
    os.chdir(before)


@pytest.fixture
def not_run(monkeypatch):
    monkeypatch.setattr(doctor, "_run", lambda *arguments: [])


def test_doctor_finds_a_missing_cell(mine, not_run):
    assert mine(lambda cell, nb: nb.cells.remove(cell["sizes-check"])) == ["the cell sizes-check is missing"]


def test_doctor_finds_a_cell_that_is_there_twice(mine, not_run):
    def copy(cell, nb):
        nb.cells.insert(0, nbformat.from_dict({**cell["double"], "id": "copy"}))

    assert mine(copy) == ["the cell double is there 2 times"]


def test_doctor_finds_a_check_that_was_edited(mine, not_run):
    def edit(cell, nb):
        cell["double-check"].source = "print('Correct.')"

    assert mine(edit) == ["the check double-check was changed"]


def test_doctor_finds_what_is_not_answered(mine, not_run):
    def empty(cell, nb):
        cell["sizes"].source = 'answers = {"a": None}  # a whole number'

    assert mine(empty) == ["not answered yet: sizes"]


def test_doctor_finds_another_kernel(mine, not_run):
    def rename(cell, nb):
        nb.metadata["kernelspec"]["name"] = "mine"

    assert mine(rename) == ["the notebook asks for the kernel 'mine'"]


@pytest.mark.slow
def test_doctor_runs_the_notebook_and_says_which_check_fails(mine):
    assert mine(lambda cell, nb: None) == []

    def spoil(cell, nb):
        cell["double"].source = "def double(x):\n    return 3 * x"
        cell["sizes"].source = "answers = {'a': 8}"

    assert mine(spoil) == ["double-check: not yet right for 1", "sizes-check: 0 of 1 points"]


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("none.ipynb", None, "There is no file"),
        ("broken.ipynb", "{", "is not a notebook that Jupyter can read"),
        (
            "other.ipynb",
            json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}),
            "is none of the",
        ),
    ],
)
def test_doctor_answers_bad_input_in_one_sentence(handed_out, tmp_path, name, content, wanted):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(CourseError, match=wanted) as refusal:
        doctor.examine_notebook(tmp_path / name)
    assert "\n" not in str(refusal.value)


def test_doctor_finds_an_old_package(monkeypatch):
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: ["rich>=999", "nothing-at-all>=1", "typer>=0.1"])
    assert [one.what.split(",")[0].split(" 1")[0] for one in doctor._packages()] == [
        "rich",
        "nothing-at-all is not installed",
        "1 of 3 packages are new enough",
    ]


def test_doctor_notes_that_weights_are_not_here_and_is_content(monkeypatch):
    monkeypatch.setattr(doctor, "examine_environment", lambda: [doctor._weights()])
    monkeypatch.setattr(mobilenet, "find_weights", lambda: (None, []))
    done = CliRunner().invoke(cli.app, ["doctor"])
    assert done.exit_code == 0
    assert done.output.startswith("note   weights of MobileNetV2: labs 07 and 08 leave out")
    assert "All is well." in done.output
    monkeypatch.setattr(mobilenet, "find_weights", lambda: (None, [Path("broken.pth")]))
    done = CliRunner().invoke(cli.app, ["doctor"])
    assert done.exit_code == 1
    assert "wrong  weights" in done.output
    assert "broken.pth: damaged" in done.output


def test_doctor_asks_for_one_thread(monkeypatch):
    assert doctor._threads().well
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert not doctor._threads().well


def test_doctor_ends_with_status_1_where_something_is_wrong(course, tmp_path):
    result = course("doctor", cwd=tmp_path)
    assert result.returncode == 1
    assert "is not inside the course" in result.stdout
