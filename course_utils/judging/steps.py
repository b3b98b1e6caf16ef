"""A larger exercise in steps: ``lab.build_conv2d.step(conv2d)`` says which are right, and which comes next.

Steps are not graded. A learner extends the one answer step by step and runs the same line after each; whoever writes
all at once leaves them out. All steps right, the public cases of the check are right, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course_utils.judging.answer import Answer, Standing, Verdict
from course_utils.judging.findings import MISSING, RIGHT, Finding, said_below_parts, told
from course_utils.judging.misconceptions import Misconception


@dataclass(frozen=True)
class Step:
    """One step.

    Parameters
    ----------
    name
        A word or two. The prompt numbers the steps and writes the names in bold.
    task
        What is to be added to the answer, in a sentence, as it stands in the prompt, too.
    parts
        Of an answer that is data: those that answer for this step.
    unbegun
        What an answer gives to which this step has not been added yet: it is not wrong then.
    """

    name: str
    task: str
    parts: tuple[str, ...] = ()
    unbegun: tuple[Misconception, ...] = ()

    def stands(self, finding: Finding) -> Finding:
        """Return how this step stands by what was found: not attempted, if it has not been added yet."""
        return MISSING if finding.because and {*finding.because} <= {*self.unbegun} else finding


def joined(findings: Iterable[Finding]) -> Finding:
    """Return how several parts stand together: the wrong one that speaks, else a missing one, else right."""
    every = list(findings)
    missing = [one for one in every if one.standing is Standing.MISSING]
    return told(every) or next(iter(missing), RIGHT)


def answer_of_steps(steps: Sequence[Step], found: Sequence[Finding], check: str) -> Answer:
    """Return what a learner reads of all steps. Of those that are not right the first speaks.

    A later one that is not right either may only stand on that one: it is not called wrong.

    Parameters
    ----------
    steps, found
        The steps, and how each of them stands.
    check
        How the lesson calls the check, for sentences.
    """
    right = [one.standing is Standing.RIGHT for one in found]
    if all(right):
        return Answer(
            Verdict.RIGHT, (f"All steps are right. {check} gives the points.",), _table(steps, found), 1.0, unit="step"
        )
    place = right.index(False)
    first = found[place]
    shown = [one if one.standing is Standing.RIGHT or at == place else MISSING for at, one in enumerate(found)]
    lines = _said(first) or [_task(steps, place)]
    verdict = Verdict.PARTLY if any(right) else _verdict(first)
    return Answer(verdict, tuple(lines), _table(steps, shown), sum(right) / len(right), codes=first.codes, unit="step")


def answer_of_step(steps: Sequence[Step], place: int, finding: Finding, check: str) -> Answer:
    """Return what a learner reads of one step alone; parameters as in :func:`answer_of_steps`."""
    if finding.standing is not Standing.RIGHT:
        return Answer(_verdict(finding), tuple(_said(finding) or [_task(steps, place)]), codes=finding.codes)
    last = place == len(steps) - 1
    return Answer(Verdict.RIGHT, (f"The last step: {check} gives the points." if last else _task(steps, place + 1),))


def _verdict(finding: Finding) -> Verdict:
    return Verdict.MISSING if finding.standing is Standing.MISSING else Verdict.WRONG


def _said(finding: Finding) -> list[str]:
    return said_below_parts(finding) if finding.standing is Standing.WRONG else []


def _task(steps: Sequence[Step], place: int) -> str:
    return f"Next, step {place + 1}, {steps[place].name}: {steps[place].task}"


def _table(steps: Sequence[Step], found: Sequence[Finding]) -> tuple[tuple[str, Standing], ...]:
    numbered = zip(range(1, len(steps) + 1), steps, found, strict=True)
    return tuple((f"{number} {step.name}", one.standing) for number, step, one in numbered)
