"""install/start.py of a bundle installs once, goes on after an interruption, and says in a sentence what is wrong."""

import errno
import importlib.util
import subprocess
from pathlib import Path

import pytest

HANDOUT = Path(__file__).resolve().parent.parent / "course_utils" / "handout"


@pytest.fixture
def start(tmp_path, monkeypatch):
    """The module as it lies in a bundle's folder, with a wheel; it installs nothing, and remembers what it would."""
    specification = importlib.util.spec_from_file_location("start", HANDOUT / "start.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    (tmp_path / "install").mkdir()
    (tmp_path / "install" / "course_utils-1-py3-none-any.whl").write_bytes(b"a wheel")
    venv = tmp_path / ".venv"
    places = {"HERE": tmp_path, "INSTALL": tmp_path / "install", "LOCK": tmp_path / "install" / ".lock"}
    places |= {"VENV": venv, "PYTHON": venv / "bin" / "python", "DONE": venv / "installed"}
    for name, place in places.items():
        monkeypatch.setattr(module, name, place)
    monkeypatch.setattr(module.sys, "argv", ["start.py", "--only-install"])
    module.said = []
    monkeypatch.setattr(module, "pip", lambda *words, **_: module.said.append(words) or 0)

    def make_environment():
        module.said.append(("venv",))
        module.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        module.PYTHON.write_text("#!/bin/sh\n")
        module.PYTHON.chmod(0o755)

    monkeypatch.setattr(module, "make_environment", make_environment)
    return module


def wheel_of(start) -> Path:
    return next(start.INSTALL.glob("*.whl"))


def test_it_installs_once(start):
    assert start.main() == 0
    assert ("venv",) in start.said
    start.said.clear()
    assert start.main() == 0
    assert start.said == []


def test_a_newer_wheel_of_the_same_version_is_installed_in_place_of_the_older(start):
    start.main()
    wheel_of(start).write_bytes(b"a newer wheel")
    start.said.clear()
    start.main()
    assert [words[0] for words in start.said if "torch" not in words] == ["uninstall", "install", "install"]


def test_a_folder_that_was_moved_gets_commands_that_know_where_they_are(start, monkeypatch):
    start.main()
    start.said.clear()
    monkeypatch.setattr(start, "VENV", Path("/elsewhere/.venv"))
    start.main()
    assert any(words[0] == "uninstall" for words in start.said)


def test_an_environment_that_was_not_finished_is_made_anew(start):
    start.main()
    start.DONE.unlink()
    start.PYTHON.write_text("#!/bin/sh\nexit 1\n")  # no pip in it
    start.said.clear()
    assert start.main() == 0
    assert ("venv",) in start.said


def test_where_nothing_can_be_written_it_says_so_and_where_to_unpack(start, monkeypatch, capsys):
    def refuse(**_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(start.tempfile, "TemporaryFile", refuse)
    assert start.main() == 2
    said = capsys.readouterr().err
    assert "cannot be written to (Read-only file system). Unpack the archive" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (subprocess.CalledProcessError(1, "pip"), 2, "needs a network connection"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "No space left on device"),
        (KeyboardInterrupt(), 130, "Stopped. Start again to go on."),
    ],
)
def test_what_stops_an_installation_is_said_in_a_sentence(start, monkeypatch, capsys, error, status, sentence):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(start, "pip", fail)
    assert start.main() == status
    assert sentence in capsys.readouterr().err
    assert not start.DONE.exists()


def test_two_windows_do_not_install_at_once(start, capsys):
    with start.LOCK.open("a") as file:
        assert start.is_alone(file)
        assert start.main() == 2
        assert "already, in another window" in capsys.readouterr().err
    assert start.said == []
    assert start.main() == 0


def test_a_start_from_inside_the_archive_is_told_to_unpack_it():
    assert "if not exist install\\start.py" in (HANDOUT / "start.bat").read_text()
