"""The command line: what it says, what it returns, and that it starts what it should."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib import metadata
from pathlib import Path

import pytest
import typer
from sample import SAMPLE, add_lab
from typer.testing import CliRunner

from course_utils import cli, doctor, launch
from course_utils.course import find_root
from course_utils.models import mobilenet

ROOT = Path(__file__).resolve().parent.parent


WORDS = ["", "release", "lab", "doctor", "submit", "show-answers", "bundle", "data", "data fetch"]


@pytest.mark.parametrize("word", map(str.split, WORDS), ids=WORDS)
def test_every_word_explains_itself(word, course):
    result = course(*word, "--help")
    assert result.returncode == 0
    assert "Usage: course" in result.stdout


def test_help_has_each_word_once_under_its_reader(course):
    readers, found = re.split(r"^(Learn|Teach|Write lessons):\n", course("--help").stdout, flags=re.M)[1:], {}
    for reader, words in zip(readers[::2], readers[1::2], strict=True):
        found[reader] = re.findall(r"^  (\S+)", words, re.M)
    assert found == {
        "Learn": ["lab", "doctor", "submit", "show-answers", "data"],
        "Teach": [
            *("adopt", "grade", "regrade", "due", "collect", "feedback", "report", "challenge", "export", "students"),
            *("new-term", "variants", "anonymise", "demo"),
        ],
        "Write lessons": ["release", "bundle", "site"],
    }


def test_the_version_is_that_of_the_package(course):
    done = course("--version")
    assert done.returncode == 0
    assert done.stdout.split() == ["course-utils", metadata.version("course-utils")]


def test_every_word_has_its_reader():
    words = typer.main.get_command(cli.app).commands
    assert [name for name, word in words.items() if word.rich_help_panel not in (cli.LEARN, cli.TEACH, cli.WRITE)] == []


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


@pytest.mark.parametrize("words", [["release"], ["lab", "--teach"]], ids=" ".join)
def test_outside_any_course_there_is_one_sentence(course, tmp_path, words):
    result = course(*words, cwd=tmp_path)
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


@pytest.mark.thorough
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
        option
        for option in launch.lab_command(tmp_path, "START.ipynb", [])
        if "root" in option and "root_dir" not in option
    ] == flags


def test_a_hub_starts_its_own_server_on_the_same_page(tmp_path, monkeypatch):
    assert "jupyterlab" in launch.lab_command(tmp_path, "START.ipynb", [])
    monkeypatch.setenv(launch.BY_A_HUB, "token")
    command = launch.lab_command(tmp_path, "START.ipynb", [])
    assert command[1:3] == ["-m", "jupyterhub.singleuser"]
    assert "--ServerApp.default_url=/lab/tree/START.ipynb" in command


def test_the_list_of_assignments_is_told_where_the_exchange_and_the_labs_are(tmp_path):
    launch._with_exchange(tmp_path, {"root": "/srv/exchange", "course": "nn"}, Path("/home/ada/labs"))
    told = json.loads((tmp_path / "nbgrader_config.json").read_text())
    assert told["Exchange"] == {"root": "/srv/exchange", "assignment_dir": "/home/ada/labs"}
    assert told["CourseDirectory"] == {"course_id": "nn"}


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
            [sys.executable, "-m", "course_utils", "lab", "--teach", *options],
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
