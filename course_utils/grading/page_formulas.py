"""Formulas on a page as MathML, which needs neither a script nor a network; nbconvert leaves them to MathJax.

A text is made safe as HTML without its formulas, which come into their places afterwards. MathML has letters of the
student's in it, so it is looked at first: nothing but elements of mathematics, with attributes that say how they look.
"""

import html
import re

from course_utils.formulas import as_mathml

LONGEST = 400  # letters of a formula; a longer one stays as it is, for MathJax where there is a network
MOST = 200  # formulas in one text
LOOKS = "xmlns display displaystyle mathvariant stretchy form fence accent accentunder largeop movablelimits symmetric"
LOOKS += " width height depth lspace rspace voffset minsize maxsize linethickness notation class scriptlevel"
LOOKS += " columnalign columnspacing rowspacing"
ATTRIBUTE = rf' (?:{"|".join(LOOKS.split())})="[\w.:/ %+-]*"'
HARMLESS = re.compile(rf"(?:[^<>]|<m[a-z]+(?:{ATTRIBUTE})*\s*/?>|</m[a-z]+>)*")
INDENT = re.compile(r"\n\s*")
BETWEEN_TAGS = re.compile(r"(?<=>)[^<>]*\$[^<>]*(?=<)")
IN_TEXT = re.compile(r"\$\$(?P<block>[^$]+)\$\$|\$(?P<line>[^$\n]+)\$")
PLACE = '<span id="formula-{}"></span>'


class Formulas:
    """The formulas of one text."""

    def __init__(self) -> None:
        self.held: list[str] = []

    def hold(self, formula: str, *, block: bool) -> str:
        """Return what stands in the place of a formula until it is put there; "" if it cannot be written as MathML."""
        made = _mathml(formula, block=block) if len(formula) <= LONGEST and len(self.held) < MOST else ""
        if not made:
            return ""
        self.held.append(made)
        place = PLACE.format(len(self.held) - 1)
        return f"<div>{place}</div>" if block else place

    def hold_those_in(self, page: str) -> str:
        """Return HTML of a student's with places for the formulas between its tags."""
        return BETWEEN_TAGS.sub(lambda text: IN_TEXT.sub(self._hold_found, text[0]), page)

    def _hold_found(self, found: re.Match[str]) -> str:
        formula = found["block"] or found["line"]
        return self.hold(html.unescape(formula), block=found["block"] is not None) or found[0]

    def put(self, page: str) -> str:
        """Return HTML with the formulas in their places."""
        for number, made in enumerate(self.held):
            page = page.replace(PLACE.format(number), made, 1)
        return page


def without(page: str) -> str:
    """Return HTML without what formulas add to their letters."""
    return re.sub(r"</?m[a-z]+[^<>]*>", "", page) if "<math" in page else page


def _mathml(formula: str, *, block: bool) -> str:
    try:
        made = INDENT.sub("", as_mathml(formula, block=block))
    except Exception:  # a learner's text may hold anything between two dollars
        return ""
    return made if HARMLESS.fullmatch(made) else ""
