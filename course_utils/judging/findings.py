"""How the parts of an answer stand, what is said of it, and what it is worth.

Each part of an exercise is judged and paid by itself. Of the parts that are wrong one speaks: the first whose wrong way
is known, else the first. The value that is shown, the hint and the section to read again are that part's.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

MOST_LINES = 4  # of a message


class Standing(Enum):
    """How one part stands; the value is what it is called on the first line of a message."""

    RIGHT = "Right"
    MISSING = "No answer yet"
    WRONG = "Not yet"


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
    """

    standing: Standing
    first: str = ""
    detail: str = ""
    because: tuple[Misconception, ...] = ()
    advice: str = ""
    fitting: tuple[Misconception, ...] | None = None

    @property
    def lines(self) -> list[str]:
        """What there is to say, line by line."""
        hint = self.advice or (self.because[0].hint if self.because else "")
        return [line for text in (self.first, self.detail, hint) for line in text.split("\n") if line]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the wrong ways."""
        return tuple(way.code for way in self.because)


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
        return wrong(error.message)
    return Finding(Standing.RIGHT, remark) if isinstance(remark, str) else RIGHT


def confirmed(first: Finding, others: Iterable[Finding]) -> Finding:
    """Return the finding on a wrong case, named only as the other cases allow.

    One number may come of a wrong way by chance. Where other cases are wrong as well, a way is named only if it gives
    what was answered in one of them, too; of several ways the one that does so most often.
    """
    wrong_ones = [one for one in others if one.standing is Standing.WRONG and (one.because or one.fitting is not None)]
    if not first.because or not wrong_ones:
        return first
    known = first.fitting or first.because
    counts = {way: sum(way in (one.fitting or one.because) for one in wrong_ones) for way in known}
    most = max(counts.values())
    return replace(first, because=tuple(way for way in known if most and counts[way] == most)[:1])


def look_at(parts: Mapping[str, Callable[[], object]]) -> dict[str, Finding]:
    """Return how each of some parts stands, each tried by a function of its own."""
    return {part: look(try_part) for part, try_part in parts.items()}


# --- what comes of it


def report(findings: Findings, worth: Mapping[str, float] | None = None, more: str = "") -> Credit | None:
    """Print how the parts stand, in at most four lines, and return the share that is earned if it is not all.

    Parameters
    ----------
    findings
        How each part stands.
    worth
        Weights of the parts; 1 for a part that is not named.
    more
        A line to print where all is right: what is not known yet.

    Raises
    ------
    NotAttempted
        If no part has an answer.
    CheckFailed
        If there is one part only and it is wrong.
    """
    every = list(findings.values())
    if all(one.standing is Standing.MISSING for one in every):
        raise NotAttempted(every[0].first or "fill in the values, run that cell, then this one")
    if all(one.standing is Standing.RIGHT for one in every):
        print("\n".join(filter(None, ["Correct.", *(one.first for one in every), more])))
        return None
    if len(every) == 1:
        raise CheckFailed("\n".join(every[0].lines), every[0].codes)
    print("\n".join(_how_they_stand(findings)))
    weights = {part: (worth or {}).get(part, 1.0) for part in findings}
    earned = sum(weights[part] for part, one in findings.items() if one.standing is Standing.RIGHT)
    codes = dict.fromkeys(code for one in every if one.standing is Standing.WRONG for code in one.codes)
    right = sum(one.standing is Standing.RIGHT for one in every)
    return Credit(earned / sum(weights.values()), tuple(codes), parts=(right, len(every)))


def _how_they_stand(findings: Findings) -> list[str]:
    groups = {
        standing: [part for part, one in findings.items() if one.standing is standing]
        for standing in (Standing.RIGHT, Standing.WRONG, Standing.MISSING)
    }
    line = ". ".join(f"{standing.value}: {', '.join(parts)}" for standing, parts in groups.items() if parts) + "."
    told = _told(findings)
    if told is None:
        return [line]
    lines = told.lines
    if len(lines) >= MOST_LINES and told.detail:
        lines = [line for line in lines if line not in told.detail.split("\n")]
    return [line, *lines[: MOST_LINES - 1]]


def _told(findings: Findings) -> Finding | None:
    """Return the part that speaks: the first wrong one whose wrong way is known, else the first wrong one."""
    failed = [one for one in findings.values() if one.standing is Standing.WRONG]
    return next((one for one in failed if one.because), failed[0] if failed else None)
