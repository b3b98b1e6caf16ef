"""What a student's process says a cell gave out, made into outputs that are safe to keep and to show.

Outputs end up on an instructor's screen and on feedback pages, inside the instructor's own Jupyter. So what could run
there is taken out: scripts, and everything in HTML but the words, tables and pictures that lessons show.
"""

import re
from dataclasses import dataclass
from typing import Any

import nh3

MOST = 1_000  # outputs of one cell
MOST_IN_ALL = 5_000  # outputs of one submission
MOST_TAGS = 20_000  # in one piece of HTML: what cleans it takes a second for so many that lie in each other
MOST_TAGS_IN_ALL = 60_000  # in one submission
MAX_TEXT = 300_000  # characters of one text
MAX_DATA = 6 << 20  # characters of one entry of displayed data
SHOWN = ("text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "application/json")
PICTURES = ("image/png", "image/jpeg")
TOO_MANY_TAGS = "<p><em>… HTML with very many tags was left out here …</em></p>"
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


@dataclass
class Room:
    """What the outputs of a submission may still have: outputs, and tags of HTML."""

    outputs: int = MOST_IN_ALL
    tags: int = MOST_TAGS_IN_ALL


def clean(outputs: list[Any], room: Room | None = None) -> list[dict[str, Any]]:
    """Return those of the outputs that are ones, in nbformat's form.

    Parameters
    ----------
    outputs
        Anything: it comes from a student's process. Of too many the first and the last stay: an error stands last.
    room
        What there is room for; used up by what is returned.
    """
    room = room or Room()
    most = max(min(MOST, room.outputs), 0)
    if len(outputs) > most:
        note = {"output_type": "stream", "name": "stderr", "text": f"… {len(outputs) - most} outputs were left out …\n"}
        outputs = [*outputs[: most - most // 2], note, *outputs[len(outputs) - most // 2 :]]
    room.outputs -= min(len(outputs), most)
    found = [_one(output, room) for output in outputs if type(output) is dict]
    return [output for output in found if output]


def _one(output: dict[str, Any], room: Room) -> dict[str, Any] | None:
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
        data = {mime: _data(mime, output["data"][mime], room) for mime in SHOWN if mime in output["data"]}
        shown = {"output_type": kind, "data": data, "metadata": _sizes(output.get("metadata"))}
        return shown | ({"execution_count": None} if kind == "execute_result" else {})
    return None


def _text(value: Any) -> str:
    return value[:MAX_TEXT].encode("utf-8", "replace").decode() if type(value) is str else ""


def _data(mime: str, value: Any, room: Room) -> str:
    text = value[:MAX_DATA].encode("utf-8", "replace").decode() if type(value) is str else ""
    if mime in ("text/html", "text/markdown"):
        room.tags -= text.count("<")
        return safe_html(text) if room.tags >= 0 else TOO_MANY_TAGS
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
    """Return HTML without anything that runs, loads or covers something; pictures inside the text stay.

    HTML with very many tags is left out: cleaning a million that lie in each other would take hours.
    """
    if text.count("<") > MOST_TAGS:
        return TOO_MANY_TAGS
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
