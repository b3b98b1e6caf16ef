"""Fresh questions without end, with the same diagnosis as the graded ones.

``practice("output-size")`` shows a question; ``.answer(5)`` says whether 5 is right, and if not, which wrong way gives
exactly 5. A number as second argument chooses the question, so that two people can talk about the same one.
"""

import random

from course_utils import misconceptions
from course_utils.checks import diagnosis
from course_utils.checks.sets import alternatives
from course_utils.judging.answers import as_array, is_missing, kind, plain, short
from course_utils.judging.variants import Dice
from course_utils.practice import (
    adversarial_examples,
    conv_and_pooling,
    neurons,
)
from course_utils.practice.topic import Topic

LAST_NUMBER = 9999  # question numbers run from 1 to this
LABS = {  # in the order of the labs
    "neurons": neurons.TOPICS,
    "conv_and_pooling": conv_and_pooling.TOPICS,
    "adversarial_examples": adversarial_examples.TOPICS,
}
TOPICS: dict[str, Topic] = {name: topic for topics in LABS.values() for name, topic in topics.items()}
LAB_OF = {name: lab for lab, topics in LABS.items() for name in topics}


class Question:
    """One practice question. Shows its text; :meth:`answer` says right, or which wrong way it was."""

    def __init__(self, topic: str, number: int) -> None:
        self.topic, self.number = topic, number
        self.numbers = TOPICS[topic].sample(Dice("practice", topic, number))

    def __repr__(self) -> str:
        return f"{TOPICS[self.topic].text(self.numbers)}\n(question {self.number}; answer with .answer(...))"

    def answer(self, answer) -> bool:
        """Print whether an answer is right and, if a known wrong way gives exactly it, which; return True if right."""
        right = TOPICS[self.topic].right(self.numbers)
        is_right, codes = self._look(answer, right)
        if is_right:
            print("Correct.")
        else:
            print(f"Not yet: you gave {'an array' if hasattr(answer, '__len__') else short(answer)}.")
            with misconceptions.spoken_in(LAB_OF[self.topic]):
                print(self._explain(codes))
        return is_right

    def _explain(self, codes: list[str]) -> str:
        codes = list(dict.fromkeys(code.split(":")[0] for code in codes))  # "GR7:2" is a second way of GR7
        if len(codes) > 1:
            return alternatives(codes, f'practice("{self.topic}")')
        return diagnosis.feedback(codes[0]) if codes else "No known wrong way gives this. Draw it on paper?"

    def _look(self, answer, right) -> tuple[bool, list[str]]:
        ways = TOPICS[self.topic].ways(self.numbers)
        if hasattr(right, "shape"):
            given = as_array(answer, "the answer")
            code = diagnosis.explain_array(given, {code: (lambda way=way: way) for code, way in ways.items()})
            return diagnosis.close(given, right), [code] if code else []
        number = plain(answer)
        if is_missing(answer) or number is None:
            raise TypeError(f"answer with a number, not {kind(answer)}")
        codes = [code for code, way in ways.items() if diagnosis.same_number(number, way)]
        return diagnosis.same_number(number, right), codes


def practice(topic: str, number: int | None = None) -> Question:
    """Draw a practice question.

    Parameters
    ----------
    topic
        One of the names in :data:`TOPICS`.
    number
        Which question, from 1. A random one if left out.

    Raises
    ------
    ValueError
        If there is no such topic or no such question.
    """
    if topic not in list(TOPICS):
        raise ValueError(f"there is practice in {', '.join(TOPICS)}; not in {topic!r}")
    if number is not None and (type(number) is not int or number < 1):
        raise ValueError(f"number chooses a question, from 1 up; not {short(number)}")
    return Question(topic, random.SystemRandom().randint(1, LAST_NUMBER) if number is None else number)
