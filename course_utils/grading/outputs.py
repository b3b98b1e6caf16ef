"""What a student's process says a cell gave out, made into outputs that are safe to keep and to show.

Outputs end up on an instructor's screen and on feedback pages, inside the instructor's own Jupyter. So what could run
there is taken out: scripts, and everything in HTML but the words, tables and pictures that lessons show.
"""

import re
from typing import Any

import nh3

MOST = 1_000
MAX_TEXT = 300_000  # characters of one text
MAX_DATA = 6 << 20  # characters of one entry of displayed data
SHOWN = ("text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "application/json")
PICTURES = ("image/png", "image/jpeg")
SCRIPT_ADDRESS = re.compile(r"(javascript|vbscript)\s*:", re.IGNORECASE)  # MathJax knows links, too
TAGS = nh3.ALLOWED_TAGS | {"figure", "figcaption", "section"}
ATTRIBUTES = {name: set(allowed) for name, allowed in nh3.ALLOWED_ATTRIBUTES.items()}
ATTRIBUTES["*"] = {"class", "id", "style", "title", "role", "aria-label", "lang"}
ATTRIBUTES["img"] = {"src", "alt", "width", "height"}
STYLES = {
    "border",
    "border-radius",
    "box-sizing",
    "color",
    "height",
    "line-height",
    "margin",
    "max-width",
    "padding",
    "text-align",
    "white-space",
    "width",
}
STYLES |= {"background", "background-color", "font-family", "font-size", "font-style", "font-weight", "vertical-align"}


def clean(outputs: list[Any]) -> list[dict[str, Any]]:
    """Return those of the outputs that are ones, in nbformat's form.

    Parameters
    ----------
    outputs
        Anything: it comes from a student's process.
    """
    found = [_one(output) for output in outputs[:MOST] if type(output) is dict]
    return [output for output in found if output]


def _one(output: dict[str, Any]) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": _text(output.get("text"))}
    if kind == "error":
        lines = output.get("traceback")
        lines = [_text(line)[:4000] for line in lines[:100]] if type(lines) is list else []
        error = {"ename": _text(output.get("ename"))[:100], "evalue": _text(output.get("evalue"))[:2000]}
        return {"output_type": "error", **error, "traceback": lines}
    if kind in ("display_data", "execute_result") and type(output.get("data")) is dict:
        data = {mime: _data(mime, output["data"][mime]) for mime in SHOWN if mime in output["data"]}
        shown = {"output_type": kind, "data": data, "metadata": _sizes(output.get("metadata"))}
        return shown | ({"execution_count": None} if kind == "execute_result" else {})
    return None


def _text(value: Any) -> str:
    return value[:MAX_TEXT].encode("utf-8", "replace").decode() if type(value) is str else ""


def _data(mime: str, value: Any) -> str:
    text = value[:MAX_DATA].encode("utf-8", "replace").decode() if type(value) is str else ""
    if mime in ("text/html", "text/markdown"):
        return safe_html(text)
    return SCRIPT_ADDRESS.sub("", text) if mime == "text/latex" else text


def size_of(output: dict[str, Any]) -> int:
    """Return how many characters an output of :func:`clean` has."""
    texts = [
        output.get("text", ""),
        output.get("evalue", ""),
        *output.get("traceback", ()),
        *output.get("data", {}).values(),
    ]
    return sum(map(len, texts))


def safe_html(text: str) -> str:
    """Return HTML without anything that runs, loads or covers something; pictures inside the text stay."""
    return nh3.clean(
        SCRIPT_ADDRESS.sub("", text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "data"},
        attribute_filter=_harmless,
        filter_style_properties=STYLES,
    )


def _harmless(tag: str, attribute: str, value: str) -> str | None:
    """Keep pictures that lie inside the text, drop those that would be loaded and links that are data."""
    if attribute == "src":
        return value if value.startswith(("data:image/png;base64,", "data:image/jpeg;base64,")) else None
    if attribute == "href":
        return value if value.startswith(("http://", "https://", "mailto:", "#")) else None
    if attribute == "style" and ("url(" in value or "expression" in value):
        return None
    return value


def _sizes(metadata: Any) -> dict[str, Any]:
    """Keep of an output's metadata the sizes of pictures."""
    if type(metadata) is not dict:
        return {}
    entries: dict[str, Any] = {mime: metadata.get(mime) for mime in PICTURES if type(metadata.get(mime)) is dict}
    return {
        mime: {side: entry[side] for side in ("width", "height") if type(entry.get(side)) is int}
        for mime, entry in entries.items()
    }
