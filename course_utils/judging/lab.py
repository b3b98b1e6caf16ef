"""The exercises of one lab, bound to one student: ``lab = conv_and_pooling.for_student(student_id)``."""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from typing import Any

from course_utils.judging.answer import paragraphs
from course_utils.judging.exercise import WORDS, Exercise
from course_utils.judging.variants import in_term, read_student_id
from course_utils.mistakes import Mistake, NoSuchName

OTHERS = ("figures", "widgets", "rescue")  # what else lies in a lab's folder, and is slow to import


def exercises_of(package: str, path: Iterable[str]) -> tuple[type[Exercise], ...]:
    """Return the exercises that stand in the modules of a lab's folder, by name.

    Parameters
    ----------
    package, path
        The folder's ``__name__`` and ``__path__``.

    Raises
    ------
    ValueError
        If two have the same id.
    """
    names = [module.name for module in pkgutil.iter_modules(path) if module.name not in OTHERS]
    modules = [importlib.import_module(f"{package}.{name}") for name in names]
    found: dict[str, type[Exercise]] = {}
    for module in modules:
        for one in vars(module).values():
            is_ours = isinstance(one, type) and issubclass(one, Exercise) and one.__module__ == module.__name__
            if is_ours and hasattr(one, "id"):  # else it is what several have in common
                if one.name() in found:
                    raise ValueError(f"{one.__name__} and {found[one.name()].__name__} both have the id {one.id!r}")
                found[one.name()] = one
    return tuple(found[name] for name in sorted(found))


class Lab:
    """All exercises of a lab, each an attribute named after its id: ``lab.two_words``. Found by the Tab key.

    Parameters
    ----------
    exercises
        The lab's exercises.
    student
        What the notebook has for a student id; "" for the lesson's own numbers, which also stand in for what is no id.
    term
        In each term the same student has other numbers; "" for those of old.
    """

    def __init__(self, exercises: Sequence[type[Exercise]], student: object = "", term: str = "") -> None:
        self._student, self._remark = read_student_id(student)
        drawn_from = in_term(self._student, term)
        self._exercises = {exercise.name(): exercise(drawn_from) for exercise in exercises}
        vars(self).update(self._exercises)

    def __getattr__(self, name: str) -> Exercise:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in WORDS:
            raise NoSuchName(f"the name of an exercise stands before {name}: {self.meant}")
        raise NoSuchName(f"this lab has {', '.join(self._exercises)}; not {name}")

    def __call__(self, *_arguments: Any, **_named: Any) -> None:
        """Say how an exercise is asked for."""
        raise Mistake(f"lab is no function; {self.meant}")

    def __getitem__(self, _name: object) -> Exercise:
        """Say how an exercise is asked for."""
        raise Mistake(f"an exercise follows a dot, without brackets: {self.meant}")

    @property
    def meant(self) -> str:
        """How an exercise is asked for, by the example of the first."""
        first = next(iter(self._exercises), "NAME")
        return f"lab.{first} shows a question, lab.{first}.check(...) judges an answer"

    def are_written(self, **answers: Any) -> bool:
        """Tell whether answers of several exercises are written; where not, show each exercise to do first.

        Parameters
        ----------
        answers
            What :meth:`Exercise.is_written` takes, by the exercise's name.
        """
        asked = [getattr(self, name).is_written(answer) for name, answer in answers.items()]
        return all(asked)

    def __dir__(self) -> list[str]:
        return list(self._exercises)

    def __repr__(self) -> str:
        return "\n".join(self._lines(self._exercises))

    def _repr_html_(self) -> str:
        return f"<div>{paragraphs(tuple(self._lines(f'`{name}`' for name in self._exercises)))}</div>"

    def _lines(self, names: Iterable[str]) -> list[str]:
        return [*filter(None, [self._remark]), f"{self._whose()} Exercises: {', '.join(names)}."]

    def _whose(self) -> str:
        if not any(exercise.has_own_numbers() for exercise in self._exercises.values()):
            return "The questions are the same for everybody."
        return f"The numbers are {self._student}'s." if self._student else "The numbers are the lesson's own."
