"""One thing that is tried on a learner's function, and the only way to speak of it.

A case knows whether it is hidden. All that is said of a case goes through it, and a hidden case says nothing of its
own numbers: not how it is called, no shape, no value, nothing that the learner's code said about it.
"""

import builtins
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

import numpy as np

from course_utils.judging import findings, raised, slips
from course_utils.judging.answers import as_array
from course_utils.judging.closeness import ATOL, RTOL, as_float64, close, ways_that_fit
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import contradict, how_many, may_explain, neighbours_that_fit
from course_utils.judging.protocol import calling
from course_utils.judging.protocol.verdicts import CheckFailed

DRAWN = "a case drawn at grading"
Ways = Mapping[Misconception, Callable[[], object]]
Near = Callable[[], Iterable[tuple[Misconception, Any]]]

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Case:
    """Something to try.

    Parameters
    ----------
    label
        What is tried, for the learner, for example ``"stride=2"``. Never said of a hidden case.
    data
        What the exercise needs to try it.
    part
        The part of the exercise that it belongs to; "" where the exercise has none.
    seed
        For the numbers of the case; 0 for a public one.
    hidden
        Whether it is drawn at grading. Set by :class:`~course_utils.judging.exercise.Implementation` alone.
    """

    label: str
    data: Any = None
    part: str = ""
    seed: int = 0
    hidden: bool = False

    def rng(self, *more: int) -> np.random.Generator:
        """Return a generator that is the case's own: of its seed, and of more numbers to tell its arrays apart."""
        return np.random.default_rng([self.seed, *more])

    # --- speaking

    def title(self, what: str) -> str:
        """Return the first line on an answer that is not right."""
        return f"{what}: not yet right ({DRAWN if self.hidden else self.label})."

    def wrong(
        self,
        what: str,
        because: Misconception | Iterable[Misconception] | None = None,
        *,
        detail: str = "",
        hidden: str = "",
    ) -> findings.Wrong:
        """Return the error for a wrong answer in this case.

        Parameters
        ----------
        what
            Name of the student's function, and of the part of its answer if it has several.
        because
            The wrong way that gives exactly this.
        detail
            A line that may hold the case's numbers: not said of a hidden case.
        hidden
            A line that holds none, said in its place of a hidden case.
        """
        return findings.refuse(self.title(what), because, detail=hidden if self.hidden else detail)

    def sentence(
        self, public: str, because: Misconception | Iterable[Misconception] | None = None, *, hidden: str = ""
    ) -> findings.Wrong:
        """Return the error for a wrong answer in one's own words: ``public`` ones may hold the case's numbers.

        ``hidden`` stands for them where the case is hidden, and holds none.
        """
        return findings.refuse((hidden or f"Not yet right ({DRAWN}).") if self.hidden else public, because)

    def always(self, line: str, because: Misconception | Iterable[Misconception] | None = None) -> findings.Wrong:
        """Return the error for a wrong answer in a line that holds no number of any case: said of every case."""
        return self.sentence(line, because, hidden=line)

    def remark(self, line: str) -> str | None:
        """Return a line to print below "Correct."; None if the case is hidden."""
        return None if self.hidden else line

    def censored(self, error: CheckFailed, name: str) -> CheckFailed:
        """Return an error that was not made by a case as this case may tell it."""
        if not self.hidden or isinstance(error, findings.Wrong):
            return error
        raised = re.search(r" raised ([A-Za-z]+)", error.message)
        known = raised and isinstance(getattr(builtins, raised.group(1), None), type)
        return CheckFailed(f"{name} {f'raised {raised.group(1)}' if raised and known else 'failed'} on {DRAWN}.")

    # --- trying

    def call(self, function: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a student's function, as :func:`course_utils.judging.protocol.calling.call` does."""
        return self._tell(name, calling.call, function, name, *args, **kwargs)

    def ask(self, probe: Callable[..., Any], target: Any, *args: Any) -> Any:
        """Run a probe on a student's object, as :func:`course_utils.judging.protocol.calling.ask` does."""
        return self._tell(calling.name_of(target) or "Your code", calling.ask, probe, target, *args)

    def array(self, answer: Any, what: str) -> np.ndarray:
        """Return an answer as a float64 array, as :func:`course_utils.judging.answers.as_array` does."""
        return self._tell(what, as_array, answer, what)

    def _tell(self, name: str, act: Callable[..., Answer], *args: Any, **kwargs: Any) -> Answer:
        try:
            return act(*args, **kwargs)
        except CheckFailed as error:
            told, way = self.censored(error, name), raised.way_of(error.message)
            if way is None or isinstance(error, findings.Wrong):
                raise told from None
            raise findings.refuse(told.message, way) from None

    def compare(
        self,
        what: str,
        given: np.ndarray,
        right: Any,
        ways: Ways | None = None,
        rtol: float = RTOL,
        atol: float = ATOL,
        near: Near | None = None,
    ) -> None:
        """Raise unless an array is right; say which wrong way gives exactly this one.

        Parameters
        ----------
        what
            Name of the student's function, and of the part of its answer if it has several.
        given
            The student's array, from :meth:`array`.
        right
            What PyTorch (or a slow loop) says.
        ways
            For each wrong way, a function that computes its result, or several in a list.
        near
            Yields neighbours of what is right, tried where no wrong way fits: :func:`course_utils.judging.near.nearly`
            with a recipe and its arguments.

        Raises
        ------
        Wrong
            With the case, what is wrong with shape or values, and the hint that belongs to the wrong way.
        """
        right = as_float64(right)
        if right.ndim == 0 and given.size == 1:
            given = given.reshape(())  # one number is one number, also in an array
        if close(given, right, rtol, atol):
            contradict(ways or {}, right, what)
            return
        known = {way: cache(compute) for way, compute in (ways or {}).items() if may_explain(way)}  # each computed once
        fitting = tuple(ways_that_fit(given, known))
        seen = slips.in_array(given, right, known)
        unexplained = not fitting and all(way in slips.WEAK for way in seen[:1])
        vague = not fitting and any(way in slips.VAGUE for way in seen[:1])
        by_chance = vague or (bool(fitting) and given.size == 1)  # further cases may speak for a neighbour instead
        own = fitting
        if near and (how_many() == "some" or ((unexplained or by_chance) and how_many() == "all")):
            fitting = (*fitting, *neighbours_that_fit(given, near, only_single=by_chance))
        told = own or (() if vague or given.size == 1 else fitting) or tuple(seen)
        fitting = (*fitting, *seen)
        if given.shape != right.shape:
            line = _shape_line(given, right)
            error = self.wrong(what, told[:1], detail=f"  {_yours(given, right, line)}", hidden=f"  {_upper(line)}")
        else:
            error = self.wrong(what, told[:1], detail=_value_line(given, right, rtol, atol))
        raise findings.Wrong(replace(error.finding, fitting=fitting, neighbours=near is not None))


def _shape_line(given: np.ndarray, right: np.ndarray) -> str:
    if right.ndim == 0:
        return "it should be one number, not an array."
    if given.ndim != right.ndim:
        axes = "axis" if given.ndim == 1 else "axes"
        return f"your result has {given.ndim} {axes}: too {'few' if given.ndim < right.ndim else 'many'}."
    axis = next(i for i, (a, b) in enumerate(zip(given.shape, right.shape, strict=True)) if a != b)
    return f"axis {axis} of your result is too {'long' if given.shape[axis] > right.shape[axis] else 'short'}."


def _yours(given: np.ndarray, right: np.ndarray, line: str) -> str:
    return f"Your shape is {given.shape}: {line}" if right.ndim and given.ndim == right.ndim else _upper(line)


def _upper(line: str) -> str:
    return line[:1].upper() + line[1:]


def _value_line(given: np.ndarray, right: np.ndarray, rtol: float, atol: float) -> str:
    if given.ndim == 0:
        return f"  Yours is {given:.4g}, PyTorch's {right:.4g}."
    differ = ~np.isclose(given, right, rtol=rtol, atol=atol)
    place = tuple(int(i) for i in np.argwhere(differ)[0])
    where = ", ".join(map(str, place))
    one = f"at [{where}] yours is {given[place]:.4g}, PyTorch's {right[place]:.4g}"
    return f"  {int(differ.sum())} of {differ.size} numbers differ; {one}."
