"""How the parts of an answer stand, what is said of it, and what it is worth.

Each part of an exercise is judged and paid by itself. Of the parts that are wrong one speaks: the first whose wrong way
is known, else the first. The value that is shown, the hint and the section to read again are that part's.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from course_utils.judging.answer import Answer, Standing, Verdict, is_heard, shown_live, tell
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import Nearly
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted
from course_utils.judging.raised import RAISED, way_of
from course_utils.judging.slips import SL123, WEAK, TwoSlips, is_slip
from course_utils.runtime import in_notebook

MOST_LINES = 4  # of a message
UNANSWERED = "fill in the values, run that cell, then this one"


@dataclass(frozen=True)
class Finding:
    """How one part stands, and what to say of it.

    Parameters
    ----------
    standing
        Right, wrong, or not answered yet.
    first
        A line on what was given or tried; of a missing answer, what is missing; of a right one, a remark or "".
    detail
        A further line, left out where there is no room for it.
    because
        The wrong ways that give exactly this answer; with several of them none is known to be the learner's.
    advice
        Lines to say instead of the first wrong way's hint.
    fitting
        Every wrong way that gives this in the case that was tried (``because`` holds the first of them); None where
        nothing was compared.
    neighbours
        Whether neighbours of what is right were among them (:mod:`course_utils.judging.near`).
    """

    standing: Standing
    first: str = ""
    detail: str = ""
    because: tuple[Misconception, ...] = ()
    advice: str = ""
    fitting: tuple[Misconception, ...] | None = None
    neighbours: bool = False

    @property
    def lines(self) -> list[str]:
        """What there is to say, line by line."""
        hint = self.advice or (self.because[0].hint if self.because else "")
        return [line for text in (self.first, self.detail, hint) for line in text.split("\n") if line]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the wrong ways; of a slip on top of one, both."""
        return tuple(code for way in self.because for code in way.code.split("+"))


RIGHT = Finding(Standing.RIGHT)
MISSING = Finding(Standing.MISSING)
Findings = Mapping[str, Finding]  # by part; an exercise that has no parts has one, called ""


class Wrong(CheckFailed):
    """A wrong answer with all that is known of it. Raised where one part is looked at."""

    def __init__(self, finding: Finding) -> None:
        super().__init__("\n".join(finding.lines), finding.codes)
        self.finding = finding

    def __reduce__(self) -> tuple[type["Wrong"], tuple[Finding]]:
        return Wrong, (self.finding,)


def wrong(
    first: str, because: Misconception | Iterable[Misconception] | None = None, *, detail: str = "", advice: str = ""
) -> Finding:
    """Return the finding for a wrong part: a line on it, and the wrong way (or ways) that gives exactly this."""
    ways = () if because is None else (because,) if isinstance(because, Misconception) else tuple(because)
    return Finding(Standing.WRONG, first, detail, ways, advice)


def refuse(
    first: str, because: Misconception | Iterable[Misconception] | None = None, *, detail: str = "", advice: str = ""
) -> Wrong:
    """Return the error that makes a part wrong; parameters as in :func:`wrong`."""
    return Wrong(wrong(first, because, detail=detail, advice=advice))


def look(try_part: Callable[[], object]) -> Finding:
    """Return how a part stands that is tried by a function, which raises unless it is right.

    A text that the function returns is a remark on a right answer, such as what was measured.
    """
    try:
        remark = try_part()
    except NotAttempted as error:
        return Finding(Standing.MISSING, error.what)
    except Wrong as error:
        return error.finding
    except CheckFailed as error:
        return wrong(error.message, way_of(error.message))
    return Finding(Standing.RIGHT, remark) if isinstance(remark, str) else RIGHT


def confirmed(first: Finding, others: Iterable[Finding], *, strictly: bool = False) -> Finding:
    """Return the finding on a wrong case, named only as the other cases allow.

    One number may come of a wrong way by chance. Where other cases are wrong as well, a way is named only if it gives
    what was answered in one of them, too; of several ways the one that does so most often, and two slips together
    or a neighbour of what is right before one that does not explain all. Where code only raised, nothing was answered.
    ``strictly``, one that does not explain all is not named, but for what is seen in the numbers themselves.
    """
    if _only_raised(first):
        return first
    wrong_ones = [
        one
        for one in others
        if one.standing is Standing.WRONG
        and (one.because or one.fitting is not None)
        and not _only_raised(one)
        and (one.fitting != (SL123,) or one.fitting == first.fitting)  # no numbers, nothing to compare
    ]
    if not first.because:
        return replace(first, because=slip_of_all(first, wrong_ones))
    if not wrong_ones:
        return first
    known = first.fitting or first.because
    counts = {way: sum(way in (one.fitting or one.because) for one in wrong_ones) for way in known}
    every = [one.fitting or () for one in wrong_ones if one.neighbours]
    counts |= {way: len(wrong_ones) if all(map(way.agrees, every)) else 0 for way in known if isinstance(way, Nearly)}
    own = {way: count for way, count in counts.items() if count and not is_slip(way)}
    if max(own.values(), default=0) < len(wrong_ones):  # by chance, if there is what explains them all
        everywhere = [way for way in counts if isinstance(way, TwoSlips | Nearly) and counts[way] == len(wrong_ones)]
        own = dict.fromkeys(everywhere[:1], len(wrong_ones)) or ({} if strictly else own)
        counts = {way: count for way, count in counts.items() if is_slip(way) or not strictly}
    counts = {way: count for way, count in counts.items() if way not in WEAK or count == len(wrong_ones)}
    left = own or {way: count for way, count in counts.items() if count}
    return replace(first, because=tuple(way for way in left if left[way] == max(left.values()))[:1])


def _only_raised(finding: Finding) -> bool:
    """Tell whether all that is known of a wrong case is what the learner's code raised in it."""
    return finding.fitting is None and bool(finding.because) and all(way in RAISED for way in finding.because)


def slips_give_way(found: Findings) -> Findings:
    """Return findings without slips where a wrong way of the exercise's own explains another part of the same code.

    So it is with what the code raised in a part.
    """
    if not any(not _is_general(way) for finding in found.values() for way in finding.because):
        return found
    return {
        part: replace(one, because=tuple(way for way in one.because if not _is_general(way)))
        if any(map(_is_general, one.because))
        else one
        for part, one in found.items()
    }


def _is_general(way: Misconception) -> bool:
    return is_slip(way) or way in RAISED


def may_be_slip(finding: Finding) -> bool:
    """Tell whether a wrong answer was compared, and is a slip by name, or has no name yet."""
    return finding.fitting is not None and all(map(is_slip, finding.because))


def slip_of_all(first: Finding, others: list[Finding]) -> tuple[Misconception, ...]:
    """Return the slip that shows in all other wrong cases, two or more, where one was too small to show it.

    A neighbour of what is right must show in the first one and in each of the others.
    """
    if first.fitting is None or first.advice or not others:
        return ()
    every = [one.fitting or () for one in others if one.neighbours] or [()]
    near = [way for way in first.fitting if isinstance(way, Nearly) and all(map(way.agrees, every))]
    if near or len(others) == 1:
        return tuple(near[:1])
    shared = [way for way in others[0].fitting or () if all(way in (one.fitting or ()) for one in others)]
    return tuple(way for way in shared if is_slip(way))[:1]


def look_at(parts: Mapping[str, Callable[[], object]]) -> dict[str, Finding]:
    """Return how each of some parts stands, each tried by a function of its own."""
    return {part: look(try_part) for part, try_part in parts.items()}


# --- what comes of it


def answer_of(
    findings: Findings, worth: Mapping[str, float] | None = None, more: str = "", most: float | None = None
) -> Answer:
    """Return what a learner reads of findings; parameters as in :func:`report`."""
    every = list(findings.values())
    weights = {part: (worth or {}).get(part, 1.0) for part in findings}
    earned = sum(weights[part] for part, one in findings.items() if one.standing is Standing.RIGHT)
    share = earned / sum(weights.values())
    parts = tuple((part, one.standing) for part, one in findings.items()) if len(every) > 1 else ()
    if all(one.standing is Standing.MISSING for one in every):
        return Answer(Verdict.MISSING, (_sentence(every[0].first or UNANSWERED),), most=most)
    if all(one.standing is Standing.RIGHT for one in every):
        remarks = (*(one.first for one in every), more)
        return Answer(Verdict.RIGHT, tuple(filter(None, remarks)), share=1.0, most=most)
    codes = dict.fromkeys(code for one in every if one.standing is Standing.WRONG for code in one.codes)
    lines = _said(findings) if parts else every[0].lines
    verdict = Verdict.PARTLY if earned else Verdict.WRONG
    return Answer(verdict, tuple(lines), parts, share, most, tuple(codes))


def report(
    findings: Findings,
    worth: Mapping[str, float] | None = None,
    more: str = "",
    most: float | None = None,
    sections: Mapping[str, str] | None = None,
) -> Credit | None:
    """Tell how the parts stand, with at most four lines beside the points, and return the share if it is not all.

    Parameters
    ----------
    findings
        How each part stands.
    worth
        Weights of the parts; 1 for a part that is not named.
    more
        A line to say where all is right: what is not known yet.
    most
        The points of the exercise; None if they are not known.
    sections
        Where one may read again, as :class:`Answer` has it.

    Raises
    ------
    NotAttempted
        If no part has an answer.
    CheckFailed
        If there is one part only and it is wrong.
    """
    answer = replace(answer_of(findings, worth, more, most), sections=sections or {})
    if answer.verdict is Verdict.MISSING:
        what = next(iter(findings.values())).first or UNANSWERED
        raise NotAttempted(what, answer, shown_live(answer))
    if answer.verdict is Verdict.RIGHT:
        tell(answer)
        return None
    if not answer.parts:
        raise CheckFailed("\n".join(answer.lines), answer.codes, answer, shown_live(answer))
    if is_heard() or not in_notebook():  # a notebook shows it as the value of the cell
        tell(answer)
    right = sum(standing is Standing.RIGHT for _, standing in answer.parts)
    return Credit(answer.share, answer.codes, (right, len(answer.parts)), answer)


def _sentence(what: str) -> str:
    return what[:1].upper() + what[1:] + ("" if what.endswith((".", "?")) else ".")


def _said(findings: Findings) -> list[str]:
    """Return what is said of the part that speaks, in as many lines as there is room for below the parts."""
    one = told(findings.values())
    return said_below_parts(one) if one else []


def said_below_parts(finding: Finding) -> list[str]:
    """Return what is said of a part, in as many lines as there is room for below the parts."""
    lines = finding.lines
    if len(lines) >= MOST_LINES and finding.detail:
        lines = [line for line in lines if line not in finding.detail.split("\n")]
    return lines[: MOST_LINES - 1]


def told(findings: Iterable[Finding]) -> Finding | None:
    """Return the part that speaks: the first wrong one whose wrong way is known, else the first wrong one."""
    failed = [one for one in findings if one.standing is Standing.WRONG]
    return next((one for one in failed if one.because), failed[0] if failed else None)
