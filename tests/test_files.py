"""A file is there as a whole or not at all."""

import os
import stat

import pytest

from course_utils import files


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_and_bytes_are_written_and_folders_made(tmp_path):
    files.write(tmp_path / "a" / "text", "ä\n")
    files.write(tmp_path / "a" / "data", b"\x00")
    written = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert written == {"text": b"\xc3\xa4\n", "data": b"\x00"}


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "some"
    path.write_text("old")
    half = files.aside(path)
    half.__enter__().write_text("half")
    assert len(names(tmp_path)) == 2
    half.__exit__(OSError, OSError("no space"), None)
    assert (names(tmp_path), path.read_text()) == (["some"], "old")


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_permissions_are_there_from_the_start(tmp_path, monkeypatch):
    seen = []
    replace = type(tmp_path).replace
    monkeypatch.setattr(
        type(tmp_path), "replace", lambda self, to: seen.append(stat.S_IMODE(self.stat().st_mode)) or replace(self, to)
    )
    files.write(tmp_path / "some", b"", mode=0o444)
    assert seen == [0o444]


def test_what_is_written_durably_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append((tmp_path / "some").exists()))
    files.write(tmp_path / "some", b"content", durably=True)
    assert synced == [False, True]  # the file, then its folder
