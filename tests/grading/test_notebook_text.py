"""The text of a notebook's file, in whichever encoding it was saved."""

import pytest

from course_utils.grading.notebook_text import text_of


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_unicode_is_read_without_a_remark(encoding: str):
    assert text_of("{“é” – ü}".encode(encoding)) == ("{“é” – ü}", [])


def test_quotation_marks_of_windows_are_read_as_what_was_typed():
    text, remarks = text_of("{“é” – ü}".encode("cp1252"))
    assert text == "{“é” – ü}"
    assert remarks == ["the file is not in UTF-8; it was read as Windows-1252"]


def test_bytes_that_windows_does_not_know_are_read_all_the_same():
    assert text_of(b"{\xe9 \x81}") == ("{é \x81}", ["the file is not in UTF-8; it was read as Latin-1"])
