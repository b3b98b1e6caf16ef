"""Notebooks of students as web pages: formgrader's screens and feedback.

Such a page is shown by the instructor's own Jupyter server, so a script in it could do whatever the instructor can.
nbconvert takes HTML in Markdown as it stands; the filters below take the place of its own in ``nbgrader_config.py``.
Outputs are cleaned earlier, when they leave the student's process (:mod:`course_utils.grading.outputs`).

What makes a page is slow on text that was made to be slow: a formula that never ends, a line of a hundred thousand
dots, a colour for each letter. So each kind of text has a length up to which it is dressed, and the page has room for
so many letters; what is longer is shown as plain text, and what has no room is cut, with a remark. Both are counted in
letters and not in seconds: the same notebook makes the same page.
"""

import html
import re
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters import Highlight2HTML, ansi2html, strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from course_utils.grading.outputs import MOST_TAGS, safe_html
from course_utils.grading.page_formulas import Formulas, without

ROOM = 160_000  # letters of HTML for the cells that give points, and as many for all others
DRESSED = 20_000  # letters of one text
DRESSED_IN_ALL = 100_000  # letters of one page, for each of the two
DRESSED_LINE = 1_000  # letters of a line of code
COLOURS = 500  # in one output
SHOWN = 20_000  # letters of one output, half from its beginning and half from its end
FENCED = 2_000  # letters of code in Markdown
REMEMBERED = 512  # texts of each kind, from one page to the next
PICTURE = re.compile(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/=\s]*")
KEPT = "course_room"  # in a page's resources


@dataclass
class Room:
    """What a page still has room for, in letters.

    Parameters
    ----------
    graded, others
        HTML of cells that give points, or hold what does, and of all others.
    dressed
        Text that may be given its own form, by whether its cell is one of the former.
    """

    graded: int = ROOM
    others: int = ROOM
    dressed: dict[bool, int] = field(default_factory=lambda: dict.fromkeys((True, False), DRESSED_IN_ALL))

    def left(self, graded: bool) -> int:
        """Return how many letters of HTML a cell may still have."""
        return max(self.graded if graded else self.others, 0)

    def take(self, graded: bool, letters: int) -> None:
        """Take room for so many letters of HTML."""
        if graded:
            self.graded -= letters
        else:
            self.others -= letters


@pass_context
def safe_markdown(context: Context, source: str) -> str:
    """Return Markdown as HTML in which nothing runs and nothing is loaded from elsewhere."""
    cell = context.get("cell", {})
    pictures = cell.get("attachments") or {}
    return _shown(context, source, lambda text: _markdown(text, pictures) if pictures else _plain_markdown(text))


@pass_context
def shown_code(context: Context, source: str, metadata: object = None) -> str:
    """Return code as HTML, in colours unless it is long."""
    long_line = max(map(len, source.split("\n"))) > DRESSED_LINE
    return _shown(context, source, plain if long_line else _coloured)


@pass_context
def shown_text(context: Context, source: str) -> str:
    """Return printed text as HTML, in its colours unless there are very many."""
    if len(source) > SHOWN:
        cut = len(source) - SHOWN
        source = f"{source[: SHOWN // 2]}\n… {cut} letters were left out here …\n{source[-SHOWN // 2 :]}"
    dress = ansi2html if source.count("\x1b") <= COLOURS else lambda text: html.escape(strip_ansi(text))
    return _shown(context, source, dress, lambda text: html.escape(strip_ansi(text)))


def keep_addresses(text: str) -> str:
    """Return HTML as it is: nbconvert would look for old addresses in it, for seconds if it is full of brackets."""
    return text


FILTERS = {
    "markdown2html": safe_markdown,
    "highlight_code": shown_code,
    "ansi2html": shown_text,
    "strip_files_prefix": keep_addresses,
}


def plain(text: str) -> str:
    """Return a text as HTML that shows it letter by letter."""
    return f'<pre style="white-space:pre-wrap">{html.escape(text)}</pre>'


def _shown(context: Context, source: str, dress: Callable[[str], str], undressed: Callable[[str], str] = plain) -> str:
    """Return a text as HTML, dressed where it is short enough, cut where the page has no room for it."""
    room, graded = _room(context), _is_graded(context)
    left = room.left(graded)
    if not left:
        return ""
    made = _dressed(source, dress, room, graded) if len(source) <= left else None
    if made is None or _size(made) > left:
        made = undressed(source[:left])
    if len(source) > left or _size(made) > left:
        kept = left // 6  # a letter may take six in HTML
        remark = f"<p><em>… {len(source) - kept} letters and all further text were cut here …</em></p>"
        made = undressed(source[:kept]) + remark
        room.take(graded, left)
    room.take(graded, _size(made))
    return made


def _dressed(source: str, dress: Callable[[str], str], room: Room, graded: bool) -> str | None:
    """Return a text as HTML in its own form; None if it is too long for that, or a library stumbles over it."""
    if len(source) > min(DRESSED, room.dressed[graded]):
        return None
    room.dressed[graded] -= len(source)
    try:
        return dress(source)
    except Exception:
        return None


def _size(made: str) -> int:
    """Return how long HTML is without its pictures, which are counted elsewhere, and the elements of its formulas."""
    return len(without(PICTURE.sub("", made) if "data:image/" in made else made))


def _room(context: Context) -> Room:
    resources = context.get("resources")
    if not isinstance(resources, MutableMapping):
        return Room()
    room: Room = resources.setdefault(KEPT, Room())
    return room


def _is_graded(context: Context) -> bool:
    settings = context.get("cell", {}).get("metadata", {}).get("nbgrader") or {}
    return bool(settings.get("grade") or settings.get("solution"))


@lru_cache(maxsize=REMEMBERED)
def _coloured(source: str) -> str:
    """Return code in colours. Most of a class's cells are the same."""
    made: str = Highlight2HTML(pygments_lexer="ipython3")(source)
    return made


@lru_cache(maxsize=REMEMBERED)
def _plain_markdown(text: str) -> str:
    """Return Markdown without pictures of its own as HTML. Most of a class's cells are the same."""
    return _markdown(text, {})


def _markdown(text: str, attachments: dict[str, Any]) -> str:
    renderer = _Renderer(escape=False, attachments=attachments, embed_images=False, path="", anchor_link_text="¶")
    made = MarkdownWithMath(renderer=renderer).render(text)
    return renderer.formulas.put(safe_html(made)) if made.count("<") <= MOST_TAGS else plain(text)


class _Renderer(IPythonRenderer):
    """nbconvert's own, which would raise where a picture was pasted that is not there, and has no formulas."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.formulas = Formulas()

    def inline_math(self, body: str) -> str:
        """Return a formula in a line."""
        return self.formulas.hold(body, block=False) or str(super().inline_math(body))

    def block_math(self, body: str) -> str:
        """Return a formula that stands by itself."""
        return self.formulas.hold(body, block=True) or str(super().block_math(body))

    def block_html(self, html: str) -> str:
        """Return HTML that stands in Markdown."""
        return str(super().block_html(self.formulas.hold_those_in(html)))

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Return a picture, or what it was to show."""
        name = url.removeprefix("attachment:")
        if name != url and not _is_picture(self.attachments.get(name)):
            return f"<em>[{html.escape(text or name)}: this picture cannot be shown here]</em>"
        made: str = super().image(text, url, title)
        return made

    def block_code(self, code: str, info: str | None = None) -> str:
        """Return code in Markdown, in colours if it is short."""
        made: str = super().block_code(code, info=info if len(code) <= FENCED else None)
        return made


def _is_picture(attachment: object) -> bool:
    return isinstance(attachment, dict) and any(kind in attachment for kind in ("image/png", "image/jpeg"))
