"""An exercise: its id, hints, misconceptions and practice, how its question is drawn, and how an answer is judged.

A lesson uses it in one way for all: ``lab.two_words`` shows the question, ``lab.two_words.check(answer)`` judges,
``.step(answer)`` says of a larger exercise how far it has come, ``.hint()`` helps on, ``.practice()`` draws fresh
questions. An exercise is a class; an object of it is the exercise of
one student. Two kinds: answers that are data (:class:`Exercise`), and functions that are tried on cases, some of them
hidden (:class:`Implementation`).
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial, wraps
from html import escape
from typing import Any, ClassVar

from course_utils import journal, reference
from course_utils.judging.answer import Standing, is_heard, paragraphs, tell
from course_utils.judging.answers import in_plain_containers, is_missing, short
from course_utils.judging.cases import Case
from course_utils.judging.findings import (
    MISSING,
    Finding,
    Findings,
    Wrong,
    confirmed,
    look,
    may_be_slip,
    report,
    slips_give_way,
)
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import contradicted, neighbours_alone, only
from course_utils.judging.practice import Question, Topic, fresh_question
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.undisturbed import undisturbed
from course_utils.judging.protocol.verdicts import CheckFailed, Credit
from course_utils.judging.slips import SL29, SL88, is_slip
from course_utils.judging.steps import Step, answer_of_step, answer_of_steps, joined
from course_utils.judging.variants import Dice, student_id
from course_utils.judging.written import is_written
from course_utils.mistakes import Listed, Mistake, NoSuchName, called_as, fits
from course_utils.runtime import is_grading, passing_bars
from course_utils.showing import show

CHECKED = "lab.NAME.check(...), with the same answers as in the cell below your answer"
FURTHER = "Grading tries further cases of the same kinds before it gives the points."
GIVEN = re.compile(r"you gave (-?[\d.,]+\d|[(\[][\d., ]+[)\]])\.$")
WORDS = ("check", "step", "hint", "worked_example", "practice", "rescue", "question")  # of an exercise, for a learner


def _say(*lines: str) -> None:
    """Show lines of plain text, which wrap at spaces in a notebook."""
    show("\n".join(lines).replace("`", ""), f"<div>{paragraphs(lines)}</div>")


class Worked:
    """A worked example: a notebook renders it, a terminal shows its source."""

    def __init__(self, markdown: str) -> None:
        self.markdown = inspect.cleandoc(markdown)

    def __repr__(self) -> str:
        return self.markdown

    def _repr_markdown_(self) -> str:
        return self.markdown


def kept(check: Callable[..., Credit | None]) -> Callable[..., Credit | None]:
    """Let a check keep what it found in the learner's own journal; an exercise without an answer was not tried."""

    @wraps(check)
    def and_keep(exercise: "Exercise", *answers: Any) -> Credit | None:
        try:
            credit = check(exercise, *answers)
        except CheckFailed:
            journal.note_check(exercise.lab, exercise.id, 0.0)
            raise
        journal.note_check(exercise.lab, exercise.id, 1.0 if credit is None else credit.share)
        return credit

    return and_keep


class Exercise:
    """One exercise of one student. An exercise that is made from it says what stands below, and writes :meth:`judge`.

    Parameters
    ----------
    student
        Student id; "" for the lecture's own numbers.

    Raises
    ------
    ValueError
        If the id has characters that no folder name should have.
    """

    id: ClassVar[str]
    """The grade_id of its solution cell, for example ``"two-words"``. Never renamed."""

    hints: ClassVar[Sequence[str]] = ()
    """In order: each is a question or a reason, none is an answer."""

    worked: ClassVar[str] = ""
    """The floor under the hints, as Markdown: a question of the same kind, with other numbers, answered in steps."""

    misconceptions: ClassVar[Sequence[Misconception]] = ()
    """All wrong ways that the exercise tells."""

    topics: ClassVar[Sequence[Topic]] = ()
    """What can be practised; often one topic, or none."""

    worth: ClassVar[Mapping[str, float]] = {}
    """Weights of its parts; 1 for a part that is not named."""

    steps: ClassVar[Sequence[Step]] = ()
    """Of an exercise that is too large for one: what is added one after the other. The last makes it whole."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if hasattr(cls, "id"):
            cls.hints, cls.steps = Listed(cls.hints), Listed(cls.steps)
            cls.hints.meant = f"lab.{cls.name()}.hint() shows a hint, and at each call the next one"
            cls.steps.meant = f"lab.{cls.name()}.step(...) says of your answer which steps are right"

    def __init__(self, student: str = "") -> None:
        self.student = student_id(student)
        self._shown = 0  # hints

    @classmethod
    def name(cls) -> str:
        """Return what the exercise is called in a lab: ``two_words`` for ``"two-words"``."""
        return cls.id.replace("-", "_")

    # --- the question

    def draw(self) -> Any:
        """Return the question of this student, as data. None where it is the same for everybody."""
        return None

    @classmethod
    def has_own_numbers(cls) -> bool:
        """Tell whether each student has a question of their own."""
        return cls.draw is not Exercise.draw

    @cached_property
    def question(self) -> Any:
        """The question of this student, as data."""
        return self.draw()

    def dice(self, *more: str) -> Dice:
        """Return the dice for this student's question."""
        return Dice(self.student, self.id, *more)

    def text(self) -> str:
        """Return the question as Markdown."""
        if not isinstance(self.question, Mapping):
            return f"`{self.question}`" if self.question is not None else "The question stands above."
        return "\n\n".join(f"{label}) `{one}`" for label, one in self.question.items())

    def __repr__(self) -> str:
        return self.text()

    def _repr_markdown_(self) -> str:
        return self.text()

    # --- the answer

    def judge(self, *answers: Any) -> Findings:
        """Return how each part of an answer stands.

        An exercise of one part has the part ``""``. Values that cannot be read make their own part wrong.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it is judged")

    @called_as(CHECKED)
    @kept
    def check(self, *answers: Any) -> Credit | None:
        """Judge an answer: say "Correct." or how its parts stand, and return the share that is earned if not all is.

        Parameters
        ----------
        answers
            What the learner has written, as the check cell hands it over.

        Raises
        ------
        NotAttempted
            If there is no answer.
        CheckFailed
            If it is wrong, and the exercise has no parts.
        """
        with quiet(), undisturbed(), passing_bars():
            return report(self._judge(answers), self.worth, most=self.points, sections=self._sections)

    def is_missing(self, answer: Any) -> bool:
        """Tell whether there is no answer yet: a placeholder still, or nothing but placeholders."""
        return is_missing(answer)

    def _judge(self, answers: tuple[Any, ...]) -> Findings:
        answers = in_plain_containers(answers)
        if answers and all(map(self.is_missing, answers)):
            return {"": MISSING}
        if not self._can_judge(answers):
            raise Mistake(f"call lab.{self.name()}.check with the same answers as the cell below your answer does")
        found: list[Findings] = []

        def judge() -> None:
            found.append(self.judge(*answers))

        failed = look(judge)  # an answer that cannot be read at all
        return {part: self._seen_in_example(one) for part, one in found[0].items()} if found else {"": failed}

    def _can_judge(self, answers: tuple[Any, ...]) -> bool:
        """Tell whether there are as many answers as are judged."""
        return fits(self.judge, *answers)

    def _seen_in_example(self, finding: Finding) -> Finding:
        """Return a finding that says so if an unexplained answer is a number, or a shape, of the prompt's example."""
        given = GIVEN.search(finding.first)
        if finding.standing is not Standing.WRONG or finding.because or finding.advice or not given:
            return finding
        answer = given[1].replace(",", "").strip("[]()")
        example = reference.example_of(self.lab, self.id).replace(",", "").replace("[", "(").replace("]", ")")
        stands = re.search(rf"(?<![\w.]){re.escape(answer)}(?![\w]|\.\d)", example)
        return replace(finding, because=(SL29,)) if len(answer) > 1 and stands else finding

    # --- on the way to an answer

    @called_as("lab.NAME.step(...), with the same answers as its check")
    def step(self, *answers: Any, number: int | None = None) -> None:
        """Say which steps are right, and which comes next; nothing is earned or lost. At grading it does nothing.

        Parameters
        ----------
        answers
            As for :meth:`check`, as far as they have come.
        number
            Of one step, from 1, to look at it alone; all of them if left out.

        Raises
        ------
        Mistake
            If the exercise has no steps, or not this one.
        """
        if not self.steps:
            raise Mistake(f"lab.{self.name()} has no steps: its check looks at all of it")
        if number is not None and (type(number) is not int or not 1 <= number <= len(self.steps)):
            raise Mistake(f"there are steps 1 to {len(self.steps)}, not {short(number)}")
        if not answers:
            raise Mistake(f"lab.{self.name()}.step(...) takes the same answers as lab.{self.name()}.check(...)")
        if is_grading():
            return
        check = f"`lab.{self.name()}.check`"
        with quiet(), undisturbed(), passing_bars():
            if number is None:
                found = self._look_at_steps(self.steps, answers)
                answer = answer_of_steps(self.steps, found, check)
            else:
                (one,) = self._look_at_steps(self.steps[number - 1 : number], answers)
                answer = answer_of_step(self.steps, number - 1, one, check)
        tell(replace(answer, sections=self._sections))

    def judge_steps(self, steps: Sequence[Step], *answers: Any) -> list[Finding]:
        """Return how each of some steps stands, by the parts of the answer that belong to it."""
        found = self.judge(*answers)
        return [joined(found[part] for part in step.parts) for step in steps]

    def _look_at_steps(self, steps: Sequence[Step], answers: tuple[Any, ...]) -> list[Finding]:
        answers = in_plain_containers(answers)
        if all(map(self.is_missing, answers)):
            return [MISSING for _ in steps]
        found: list[Finding] = []
        failed = look(lambda: found.extend(self.judge_steps(steps, *answers)))  # an answer that cannot be read at all
        return [step.stands(one) for step, one in zip(steps, found or [failed] * len(steps), strict=True)]

    # --- before an answer is used

    def is_written(self, *answers: Any) -> bool:
        """Tell whether answers are written, so that a cell can use them; where not, show which exercise to do first.

        While nbgrader grades it is False: what a cell shows with a learner's answers is for the learner, no check
        looks at it, and it took half of the time. What such a cell binds is nobody's answer, and no check's.

        Parameters
        ----------
        answers
            As for :meth:`check`. A wrong answer is written, too.
        """
        if is_grading():
            return False
        if all(map(is_written, answers)):
            return True
        missing = next(answer for answer in answers if not is_written(answer))
        name = getattr(missing, "__name__", "")
        entry = self.entry
        where = entry.full if entry else self.id
        text = f"Your {name or 'answer'} is not written yet: {where}. This cell uses it."
        link = f'<a href="#cell-id={entry.prompt if entry else self.id}">{escape(where)}</a>'
        what = f"<code>{escape(name)}</code>" if name else "answer"
        show(text, f"<p>Your {what} is not written yet: {link}. This cell uses it.</p>")
        return False

    @property
    def entry(self) -> reference.Entry | None:
        """What the handed-out notebook says of this exercise; None where it was not handed out."""
        return reference.entries(self.lab).get(self.id)

    @property
    def lab(self) -> str:
        """The lab that it belongs to, as its folder is called; "" where none was handed out."""
        return reference.lab_of(".".join(type(self).__module__.split(".")[-2:-1]))

    @property
    def points(self) -> float | None:
        """The points of its check as handed out; None where they are not known, or somebody who knows better grades."""
        entry = None if is_heard() else self.entry
        return entry.points if entry else None

    @property
    def _sections(self) -> dict[str, str]:
        """Where the lab's sections are, for links; nothing where somebody else shows what a check says."""
        return {} if is_heard() else reference.sections(self.lab)

    # --- help

    @property
    def meant(self) -> str:
        """What shows the question, and what judges an answer."""
        return f"lab.{self.name()} shows the question; lab.{self.name()}.check(...) judges an answer"

    @property
    def instead(self) -> Mapping[str, str]:
        """What is meant by data that is called, where that is a word of another name."""
        return {
            "question": f"lab.{self.name()}.question is the question as data, without brackets",
            "worked": f"lab.{self.name()}.worked_example() shows a worked example",
            "topics": f"lab.{self.name()}.practice() asks you more of this kind",
        }

    def __call__(self, *_answers: Any, **_named: Any) -> None:
        """Say what shows the question, and what judges an answer."""
        raise Mistake(self.meant)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in dir(type(self)):
            raise AttributeError(f"{type(self).__name__} has no {name}")
        raise NoSuchName(f"lab.{self.name()} has {', '.join(WORDS)}; not {name}")

    def __dir__(self) -> list[str]:
        return list(WORDS)

    @called_as("lab.NAME.hint(), or lab.NAME.hint(1) for the first one again")
    def hint(self, number: int | None = None) -> None:
        """Print the next hint, or hint ``number`` (from 1).

        Raises
        ------
        Mistake
            If there is no such hint.
        """
        if not self.hints:
            _say("There is no hint for this exercise.")
            return
        wanted = min(self._shown + 1, len(self.hints)) if number is None else number
        if type(wanted) is not int or not 1 <= wanted <= len(self.hints):
            raise Mistake(f"there are hints 1 to {len(self.hints)}, not {short(wanted)}")
        self._shown = wanted
        lines = [f"Hint {wanted} of {len(self.hints)}: {self.hints[wanted - 1]}"]
        if wanted == len(self.hints):
            further = f" A worked example of the same kind: `lab.{self.name()}.worked_example()`" if self.worked else ""
            lines.append(f"That was the last hint.{further}")
        _say(*lines)

    @called_as("lab.NAME.worked_example()")
    def worked_example(self) -> Worked:
        """Return the worked twin of this exercise: the same kind of question with other numbers, step by step.

        Raises
        ------
        Mistake
            If there is none.
        """
        if not self.worked:
            raise Mistake(f"there is no worked example for lab.{self.name()}")
        return Worked(self.worked)

    def lend(self) -> Any:
        """Return what :meth:`rescue` lends; None where no later cell stands on this exercise."""
        return None

    @called_as("lab.NAME.rescue()")
    def rescue(self) -> Any:
        """Lend what later cells need of this exercise, once the last hint has been read; at grading at once.

        What is lent is no answer: the exercise itself refuses it. Once opened it is open after a restart, too.

        Raises
        ------
        Mistake
            If no later cell needs it, or there is a hint left to try first.
        """
        given = self.lend()
        if given is None:
            raise Mistake(f"no later cell needs lab.{self.name()}: nothing is lent for it")
        if self._shown < len(self.hints) and not is_grading() and not self._was_lent():
            raise Mistake(f"the rescue opens after the last hint: lab.{self.name()}.hint() shows the next one")
        journal.note_lent(self.lab, self.id)
        _say("Lent to you for the cells that follow. This exercise itself wants your own.")
        return given

    def _was_lent(self) -> bool:
        return journal.is_kept() and (self.lab, self.id) in journal.read().lent

    @called_as("lab.NAME.practice(), or lab.NAME.practice(7) for question 7")
    def practice(self, number: int | None = None, topic: str = "") -> Question:
        """Draw a fresh question of this kind; answer it with its ``.answer(...)``.

        Parameters
        ----------
        number
            Which question, from 1, so that two people can talk about the same one. A random one if left out.
        topic
            Where an exercise has several kinds of question, which of them; the first if left out.

        Raises
        ------
        Mistake
            If there is no such question or no such topic.
        """
        return fresh_question(self.topics, number, topic, f"lab.{self.name()}", self.lab)


MORE_TRIES = 2  # of a case without a name: something may come in by chance
LONGEST_LABEL = 60  # of a case that is named in a hint
MOST_SHOWN = 2  # cases that are named in a hint


class Implementation(Exercise):
    """An exercise whose answer is a function or a class, or several, tried on cases.

    It lists its public cases and draws its hidden ones, and writes :meth:`try_case`. The cases of one part stand or
    fall together; parts are named by :attr:`Case.part`.
    """

    names_are_confirmed: ClassVar[bool] = False
    """Whether a wrong way is named only if further wrong cases of its kind, where there are any, speak for it, too."""

    names_explain_all: ClassVar[bool] = False
    """Whether a wrong way is named only if it gives what was answered in each such case: where one answer, such as a
    place that is chosen, comes about in many ways."""

    right_cases_contradict: ClassVar[bool] = False
    """Whether a wrong way is not named that would have given something else in a case where the answer is right."""

    def __init__(self, student: str = "") -> None:
        super().__init__(student)
        self._tried: tuple[tuple[Any, ...], Findings] | None = None

    def cases(self) -> Sequence[Case]:
        """Return the public cases: every kind that the prompt names."""
        raise NotImplementedError(f"{type(self).__name__} has no cases")

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return cases of the same kinds with other numbers, for grading."""
        return ()

    def try_case(self, case: Case, *answers: Any) -> str | None:
        """Raise unless an answer is right in this case; what is said goes through the case.

        A text that is returned (:meth:`Case.remark`) is printed below "Correct.".
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how a case is tried")

    def _can_judge(self, answers: tuple[Any, ...]) -> bool:
        return fits(self.try_case, None, *answers)

    def judge_cases(self, cases: Sequence[Case], *answers: Any) -> Findings:
        """Return how each part stands: a part is right if all its cases are, and its first wrong case speaks."""
        by_part: dict[str, list[Case]] = {}
        for case in cases:
            by_part.setdefault(case.part, []).append(case)
        return slips_give_way({part: look(partial(self._try_all, some, answers)) for part, some in by_part.items()})

    def step_cases(self, step: Step) -> Sequence[Case]:
        """Return public cases that need a step, and those before it, and nothing of those that follow."""
        raise NotImplementedError(f"{type(self).__name__} has no cases for the step {step.name}")

    def judge_steps(self, steps: Sequence[Step], *answers: Any) -> list[Finding]:
        """Return how each of some steps stands: it is right if all its cases are."""
        return [look(partial(self._try_all, list(self.step_cases(step)), answers)) for step in steps]

    def _try_all(self, cases: list[Case], answers: tuple[Any, ...]) -> str | None:
        remarks = []
        for number, case in enumerate(cases, 1):
            try:
                remarks.append(self.try_case(case, *answers))
            except Wrong as error:
                if not (self.names_are_confirmed or self.names_explain_all) and not may_be_slip(error.finding):
                    raise
                alike = [other for other in cases[number:] if type(other.data) is type(case.data)]
                found = self._confirmed(error.finding, alike, answers)
                if error.finding.because and not found.because and found.neighbours:
                    with neighbours_alone():  # what was listed has been contradicted: is there what has not?
                        again = look(partial(self.try_case, case, *answers))
                        found = self._confirmed(again, alike, answers) if again.because else found
                if self.right_cases_contradict:
                    found = self._not_contradicted(found, [other for other in cases if other is not case], answers)
                found = found if found.because else self._perhaps_by_chance(case, found, answers)
                raise Wrong(
                    found if found.because else self._right_elsewhere(found, cases, number - 1, answers)
                ) from None
        return "\n".join(remark for remark in remarks if remark) or None

    def _confirmed(self, first: Finding, further: list[Case], answers: tuple[Any, ...]) -> Finding:
        """Return the finding on a wrong case as further cases of its kind allow it."""
        with only(first.fitting or ()):
            others = [look(partial(self.try_case, other, *answers)) for other in further]
        return confirmed(first, others, strictly=self.names_explain_all)

    def _not_contradicted(self, found: Finding, others: list[Case], answers: tuple[Any, ...]) -> Finding:
        """Return a finding without the wrong ways that would have given something else where the answer is right."""
        if not found.fitting or not found.because or all(map(is_slip, found.because)):
            return found
        with contradicted(found.fitting, found.first) as amiss:
            for other in others:
                look(partial(self.try_case, other, *answers))
        if amiss.isdisjoint(found.because):
            return found
        left = (way for way in found.fitting if way not in amiss and not is_slip(way))
        return replace(found, because=tuple(left)[:1])

    def _perhaps_by_chance(self, case: Case, found: Finding, answers: tuple[Any, ...]) -> Finding:
        """Return the finding on a wrong case without a name, named if the same case comes out otherwise again."""
        if found.advice:
            return found
        with only(()):
            again = [look(partial(self.try_case, case, *answers)) for _ in range(MORE_TRIES)]
        same = all(
            (one.standing, one.first, one.detail) == (found.standing, found.first, found.detail) for one in again
        )
        return found if same else replace(found, because=(SL88,))

    def _right_elsewhere(self, found: Finding, cases: list[Case], place: int, answers: tuple[Any, ...]) -> Finding:
        """Return the finding on a wrong public case without a name, with some public cases in which all is right.

        All cases before it are; those behind it are tried until there are enough.
        """
        case, shown = cases[place], dict[str, None]()
        if case.hidden or found.advice:
            return found
        with only(()):
            for number, other in enumerate(cases):
                alike = number != place and type(other.data) is type(case.data) and len(other.label) <= LONGEST_LABEL
                if len(shown) == MOST_SHOWN or not alike or not getattr(other.data, "size", 1):  # of no numbers all are
                    continue
                if number < place or look(partial(self.try_case, other, *answers)).standing is Standing.RIGHT:
                    shown[other.label] = None
        if not shown:
            return found
        return replace(found, advice=f"Hint: Yours is right here: {'; '.join(shown)}. What is different in this case?")

    def judge(self, *answers: Any) -> Findings:
        """Return how each part stands in the public cases."""
        return self.judge_cases(list(self.cases()), *answers)

    @called_as(CHECKED)
    @kept
    def check(self, *answers: Any) -> Credit | None:
        """Judge an answer by the public cases, as :meth:`Exercise.check` does."""
        with quiet(), undisturbed(), passing_bars():
            found = self._judge(answers)
            self._tried = answers, found
            has_hidden = type(self).hidden_cases is not Implementation.hidden_cases
            more = FURTHER if has_hidden and self.points != 0 and not is_heard() else ""
            return report(found, self.worth, more, self.points, self._sections)

    def check_hidden(self, *answers: Any, seed: int) -> Credit | None:
        """Judge an answer by the public cases and by hidden ones: a part is right if it is right in both.

        Parameters
        ----------
        answers
            As handed to :meth:`check`, whose result is used again if it stood in the line before.
        seed
            Of the hidden cases.
        """
        with quiet(), undisturbed(), passing_bars():
            public = self._remembered(answers) or self._judge(answers)
            cases = [replace(case, hidden=True, seed=case.seed or seed) for case in self.hidden_cases(seed)]
            hidden = self.judge_cases(cases, *in_plain_containers(answers))
            both = {part: self._worse(part, one, hidden) for part, one in public.items()}
            return report(both, self.worth, most=self.points)

    def _remembered(self, answers: tuple[Any, ...]) -> Findings | None:
        if self._tried is None or len(self._tried[0]) != len(answers):
            return None
        same = all(one is other for one, other in zip(self._tried[0], answers, strict=True))
        return self._tried[1] if same else None

    @staticmethod
    def _worse(part: str, public: Finding, hidden: Findings) -> Finding:
        return public if public.standing is not Standing.RIGHT else hidden.get(part, public)
