"""What a learner reads of an answer: how it stands, what that is worth here, its parts, and what to look at next.

One object in two forms. HTML wraps at spaces and stands in notebooks, in practice and on feedback pages; the text
holds the same for terminals, for nbgrader's Validate and for whoever reads outputs as text. What a learner wrote may be
part of either: in HTML nothing of it is markup. Colours are the badges' own, so that they can be read on light and on
dark pages; the words say the same without them.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from html import escape

from course_utils.runtime import in_notebook, is_grading
from course_utils.showing import show


class Standing(Enum):
    """How one part stands; the value is what it is called on the first line of a message."""

    RIGHT = "Right"
    MISSING = "No answer yet"
    WRONG = "Not yet"


class Verdict(Enum):
    """How a whole answer stands: a sign, the words beside it, and the badge's colour behind white letters."""

    RIGHT = "✓", "Correct.", "#1b5e20"
    PARTLY = "◐", "Partly right.", "#6d4c00"
    WRONG = "✗", "Not yet.", "#8c1d18"
    MISSING = "○", "Not attempted yet.", "#455a64"


SIGNS = {Standing.RIGHT: "✓", Standing.WRONG: "✗", Standing.MISSING: "○"}
BADGE = "color: #ffffff; background-color: {}; padding: 2px 8px; white-space: nowrap"
CELL = "text-align: left; padding: 2px 16px 2px 0; vertical-align: top"
LINE = "margin: 6px 0; max-width: 46em"
AGAIN = re.compile(r"^(Read again:) “(.*)”\.$")
LABEL = re.compile(r"^(Hint(?: \d+ of \d+|, if [^:.]+)?:|Read again:)")
MORE = re.compile(r"^  +([a-z])(?=[a-z]+ (?!gets \d))")
OWN_LINE = re.compile(r"^(In line \d+ of )(.+?)(: )(.+)$")  # of the learner's code, as ``protocol.calling`` words it
CODE = re.compile(
    r"`(?P<ticks>[^`]+)`"
    r"|(?<=you gave )(?P<given>(?!an? |nothing|no )[^.]+?(?:\.[^.\s]+?)*)(?=\.?$)"
    r"|(?<=you chose )(?P<chosen>'[^']*'(?:, '[^']*')*)(?=\.)"
    r"|(?<=with )(?P<made>[a-z]\w* = \S.*?)(?= you got)"
    r"|(?P<call>(?<![\w.])[a-z_]\w*\((?!s\))[a-z_][\w.]*(?:, [\w.=]+)*\))"
    r"|(?:(?<=Write )|(?<=, which ))(?P<missing>[A-Za-z_]\w*)(?=, run its cell|, which \w+ calls| calls, run)"
    r"|(?P<blamed>(?<![\w.])[A-Za-z_][\w.]*(?= raised [A-Z]\w*[.:]|: not yet right| gets \d))"
    r"|(?P<set>(?<![\w.])[A-Za-z_]\w*=[-\w.]*\w)"
    r"|(?P<name>[A-Za-z_]\w*(?:\.\w+)*\(\)|[A-Za-z]\w*_\w+(?:\.\w+)*|(?<![\w.])[a-z]\w*\.(?:[a-z]\w+))"
    r"|\((?P<case>(?=[A-Za-z_]\w* ?=)[^()]*(?:\([^()]*\)[^()]*)*=[^()]*(?:\([^()]*\)[^()]*)*)\)"
)


@dataclass(frozen=True)
class Answer:
    """How an answer stands, in two forms: :attr:`text` and :attr:`html`.

    Parameters
    ----------
    verdict
        Right, right in part, wrong or not attempted.
    lines
        What there is to say of it.
    parts
        How each part stands, by name; of an answer that has no parts nothing.
    share
        What part of the points it earns, from 0 to 1.
    most
        How many points there are; None where that is not known.
    codes
        Of the wrong ways that were recognised: data, never shown.
    unit
        What a part is called: "part", or "step".
    sections
        The ids of the cells that one may read again, by heading: HTML links to them.
    """

    verdict: Verdict
    lines: tuple[str, ...] = ()
    parts: tuple[tuple[str, Standing], ...] = ()
    share: float = 0.0
    most: float | None = None
    codes: tuple[str, ...] = ()
    unit: str = "part"
    sections: Mapping[str, str] = field(default_factory=dict, compare=False, hash=False)

    def of(self, most: float | None) -> "Answer":
        """Return the same of so many points."""
        return replace(self, most=most)

    @property
    def counted(self) -> str:
        """What is earned, as "3 of 5 points here"; of parts where no points are known, "" of a single one."""
        if self.most == 0:
            return "a bonus, no points"
        if self.most is not None:
            return f"{in_words(self.share * self.most, self.most)} here"
        right = sum(standing is Standing.RIGHT for _, standing in self.parts)
        return f"{right} of {len(self.parts)} {self.unit}s" if self.parts else ""

    @property
    def headline(self) -> str:
        """The first line: sign, words, points."""
        sign, words, _ = self.verdict.value
        return f"{sign} {words} {self._begun}." if self.counted else f"{sign} {words}"

    @property
    def _begun(self) -> str:
        return self.counted[:1].upper() + self.counted[1:]

    @property
    def short(self) -> str:
        """One sentence, for where the whole stands beside it."""
        words = self.verdict.value[1].rstrip(".")
        return f"{words}: {self.counted}." if self.counted else f"{words}."

    @property
    def text(self) -> str:
        """The whole as text."""
        return "\n".join([self.headline, *([in_groups(self.parts)] if self.parts else []), *self.lines])

    @property
    def html(self) -> str:
        """The whole as HTML."""
        sign, words, colour = self.verdict.value
        points = f" {escape(self._begun)}." if self.counted else ""
        badge = f'<strong style="{BADGE.format(colour)}">{sign} {words}</strong>'
        return f'<div><p style="{LINE}">{badge}{points}</p>{self._table()}{paragraphs(self.lines, self.sections)}</div>'

    def _table(self) -> str:
        if not self.parts:
            return ""
        head = "".join(f'<th scope="col" style="{CELL}">{title}</th>' for title in (self.unit, "standing"))
        rows = "".join(
            f'<tr><td style="{CELL}">{escape(part)}</td>'
            f'<td style="{CELL}">{SIGNS[standing]} {standing.value.lower()}</td></tr>'
            for part, standing in self.parts
        )
        return f'<table style="margin: 6px 0"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def in_words(earned: float, most: float) -> str:
    """Return "3 of 5 points"."""
    return f"{round(earned, 2):g} of {most:g} {'point' if most == 1 else 'points'}"


def in_groups(parts: tuple[tuple[str, Standing], ...]) -> str:
    """Return how parts stand in one line: "Right: b. Not yet: a.", those that stand alike together."""
    order = (Standing.RIGHT, Standing.WRONG, Standing.MISSING)
    groups = {standing: [part for part, one in parts if one is standing] for standing in order}
    return ". ".join(f"{standing.value}: {', '.join(some)}" for standing, some in groups.items() if some) + "."


def paragraphs(lines: tuple[str, ...], sections: Mapping[str, str] | None = None) -> str:
    """Return lines of plain text as paragraphs of HTML, with what is code in them as code, and links to sections.

    What is indented in the text, and goes on there in small letters, is a sentence of its own here.
    """
    every = [MORE.sub(lambda found: found[1].upper(), line).strip() for text in lines for line in text.split("\n")]
    return "".join(f'<p style="{LINE}">{_line(line, sections or {})}</p>' for line in every)


def _line(text: str, sections: Mapping[str, str]) -> str:
    label = LABEL.match(text)
    if (again := AGAIN.match(text)) and again[2] in sections:
        return f'<strong>{again[1]}</strong> “<a href="#cell-id={escape(sections[again[2]])}">{escape(again[2])}</a>”.'
    if own := OWN_LINE.match(text):
        return f"{own[1]}<code>{escape(own[2])}</code>{own[3]}<code>{escape(own[4])}</code>"
    start = f"<strong>{label[0]}</strong>" if label else ""
    rest, made, last = text[len(label[0]) :] if label else text, [], 0
    for found in CODE.finditer(rest):
        code = found[found.lastgroup or 0]
        place = found.start(found.lastgroup or 0), found.end(found.lastgroup or 0)
        before = rest[last : place[0]].removesuffix("`")
        made += [escape(before), f"<code>{escape(code)}</code>"]
        last = place[1] + (found.lastgroup == "ticks")
    return start + "".join(made) + escape(rest[last:])


# --- where it is said

_listeners: list[list[Answer]] = []


@contextlib.contextmanager
def heard() -> Iterator[list[Answer]]:
    """Collect what checks say in this block instead of showing it: the grader knows the points, and shows it itself."""
    told: list[Answer] = []
    _listeners.append(told)
    try:
        yield told
    finally:
        _listeners.remove(told)


def is_heard() -> bool:
    """Tell whether somebody collects what checks say."""
    return bool(_listeners)


def shown_live(answer: Answer) -> bool:
    """Show an answer to a learner who sits before a notebook; elsewhere do nothing and return False."""
    if is_heard() or not in_notebook() or is_grading():
        return False
    show(answer.text, answer.html)
    return True


def tell(answer: Answer) -> None:
    """Say an answer where it can be said: to who collects it, as HTML in a notebook, else as text."""
    if is_heard():
        _listeners[-1].append(answer)
    elif not shown_live(answer):
        print(answer.text)
