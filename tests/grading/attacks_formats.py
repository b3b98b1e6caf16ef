"""Formats: files that are no notebooks, nearly notebooks, or notebooks of another kind."""

import json
from typing import Any

from attacks import BASE, add, as_bytes, changed
from shortened import id_of, packed, text_of


def each(notebook: dict, change: Any) -> dict:
    """Do something with every cell."""
    for cell in notebook["cells"]:
        change(cell)
    return notebook


def as_format_3(notebook: dict) -> bytes:
    """Return the notebook as IPython wrote it until 2014."""
    for cell in notebook["cells"]:
        cell["input"] = cell.pop("source")
        cell["language"] = "python"
    return packed({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": notebook["cells"]}]})


UNREADABLE = {
    "half a file": lambda data: data[: len(data) // 2],
    "an empty file": b"",
    "blanks": b"  \n ",
    "NUL bytes": bytes(10**5),
    "noise": bytes(range(256)) * 1000,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "a list": b"[1, 2, 3]",
    "a number": b"28",
    "null": b"null",
    "no cells": b'{"nbformat": 4, "metadata": {}}',
    "cells that are text": b'{"nbformat": 4, "metadata": {}, "cells": "all of them"}',
    "cells in a dict": b'{"nbformat": 4, "metadata": {}, "cells": {"0": {}}}',
    "very deep lists": b'{"cells": ' + b"[" * 10**5,
    "a very long number": b'{"cells": [' + b"9" * 10**6 + b"]",
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "a web page": b"<!DOCTYPE html><html><body>Please log in</body></html>",
}
for name, content in UNREADABLE.items():
    add("format", name, as_bytes(content), unreadable=True)
add("format", "no notebook", as_bytes(None), unreadable=True)
add("format", "too many cells", changed(lambda nb: nb["cells"].extend([{}] * 3000)), unreadable=True)

READABLE = {
    "format 3": as_format_3,
    "format 99": lambda nb: packed(nb | {"nbformat": 99, "nbformat_minor": 7}),
    "format of another type": lambda nb: packed(nb | {"nbformat": [None], "nbformat_minor": "x"}),
    "no kernel": lambda nb: packed(nb | {"metadata": {}}),
    "another language": lambda nb: packed(nb | {"metadata": {"kernelspec": {"name": "ir", "language": "R"}}}),
    "metadata that is text": lambda nb: packed(nb | {"metadata": "none"}),
    "a mark at the start": lambda nb: b"\xef\xbb\xbf" + packed(nb),
    "Latin-1": lambda nb: json.dumps(
        nb | {"cells": [*nb["cells"], {"cell_type": "markdown", "metadata": {}, "source": "größer"}]},
        ensure_ascii=False,
    ).encode("latin-1"),
    "NUL characters": lambda nb: packed(each(nb, lambda cell: cell.update(source="\0".join(["", *text_of(cell)])))),
    "lone surrogates": lambda nb: packed(each(nb, lambda cell: cell.update(source=text_of(cell) + "\n# \ud800"))),
    "Windows lines": lambda nb: packed(each(nb, lambda cell: cell.update(source=text_of(cell).replace("\n", "\r\n")))),
    "sources as lists of lines": lambda nb: packed(
        each(nb, lambda cell: cell.update(source=text_of(cell).splitlines(keepends=True)))
    ),
    "cells that are none": lambda nb: packed(nb | {"cells": [None, 1, "x", [], *nb["cells"], {}, {"source": None}]}),
    "sources of other types": lambda nb: packed(
        nb | {"cells": [*nb["cells"], *({"cell_type": "code", "source": s} for s in (1, None, {}, [1, None, {}]))]}
    ),
    "settings of other types": lambda nb: packed(
        nb
        | {"cells": [*nb["cells"], *({"cell_type": "code", "metadata": {"nbgrader": s}} for s in (1, None, [], "x"))]}
    ),
    "names of other types": lambda nb: packed(
        nb
        | {
            "cells": [
                *nb["cells"],
                *({"metadata": {"nbgrader": {"grade_id": s}}} for s in (1, None, [], {}, "", "x" * 10**5)),
            ]
        }
    ),
    "outputs of other types": lambda nb: packed(each(nb, lambda cell: cell.update(outputs="many", execution_count={}))),
    "ids that are the same": lambda nb: packed(each(nb, lambda cell: cell.update(id="the same"))),
    "old settings": lambda nb: packed(
        each(nb, lambda cell: id_of(cell) and cell["metadata"]["nbgrader"].update(schema_version=1))
    ),
    "settings of the future": lambda nb: packed(
        each(nb, lambda cell: id_of(cell) and cell["metadata"]["nbgrader"].update(schema_version=99))
    ),
    "settings twice": lambda nb: packed(nb).replace(b'"nbgrader":', b'"nbgrader": {"grade_id": "x"}, "nbgrader":'),
    "numbers that JSON has not": lambda nb: packed(nb | {"metadata": {"x": float("nan"), "y": float("inf")}}),
    "a very long line": lambda nb: packed(
        nb | {"cells": [*nb["cells"], {"cell_type": "code", "metadata": {}, "source": "x = '" + "y" * 10**6 + "'"}]}
    ),
    "scripts in text": lambda nb: packed(
        nb | {"cells": [*nb["cells"], {"cell_type": "markdown", "metadata": {}, "source": "<script>steal()</script>"}]}
    ),
}
for name, make in READABLE.items():
    add("format", name, make)
add(
    "format",
    "answers retyped as text",
    changed(lambda nb: each(nb, lambda cell: id_of(cell) in BASE and cell.update(cell_type="markdown"))),
)
