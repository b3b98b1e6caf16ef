"""The text of a notebook's file, in whichever encoding it was saved, and the object that it holds."""

import json
from typing import Any

LEFT_BEHIND = "\0 \t\r\n"  # what some programs leave behind the end


class NoNotebook(ValueError):
    """The text holds no object of JSON. Its words say why."""


def text_of(content: bytes) -> tuple[str, list[str]]:
    """Return a file's text, and remarks: UTF-8, UTF-16 (as Windows' shell writes it), UTF-32, or else Windows-1252.

    Windows-1252 is Latin-1 with quotation marks and dashes where that has signs that nobody types. Its five gaps are
    read as Latin-1.
    """
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding).removeprefix("\ufeff").strip(LEFT_BEHIND), []
    except UnicodeDecodeError:
        remark = "the file is not in UTF-8; it was read as {}"
    try:
        return content.decode("cp1252").strip(LEFT_BEHIND), [remark.format("Windows-1252")]
    except UnicodeDecodeError:
        return content.decode("latin-1").strip(LEFT_BEHIND), [remark.format("Latin-1")]


def object_in(text: str) -> tuple[Any, list[str]]:
    """Return the object that a notebook's text begins with, and remarks.

    Some programs write the text of a notebook as one text of JSON, or leave something behind its end.

    Raises
    ------
    NoNotebook
        If it begins with none.
    """
    found, end = _first(text)
    if isinstance(found, str):
        return object_in(found.strip()) if found.lstrip().startswith("{") else (found, [])
    return found, ["what stands behind the notebook in its file was left out"] if text[end:].strip(LEFT_BEHIND) else []


def _first(text: str) -> tuple[Any, int]:
    try:
        return json.JSONDecoder(parse_constant=str).raw_decode(text)
    except RecursionError as error:
        raise NoNotebook(f"the notebook is damaged: {type(error).__name__}") from None
    except ValueError as error:  # also of a number with too many digits
        where = error.pos if isinstance(error, json.JSONDecodeError) else 0
        if where >= len(text) or str(error).startswith("Unterminated string"):
            raise NoNotebook("it is not a whole notebook: it breaks off") from None
        raise NoNotebook(f"the notebook is damaged: {str(error)[:80]}") from None
