"""Practice of lab 08: budgets in honest units."""

from course_utils.practice.topic import Topic
from course_utils.variants import adversarial_examples as questions


def _length_text(q) -> str:
    return (
        f"A colour picture of {q.height}×{q.width} pixels; each of its numbers moves by {q.levels} grey levels.\n"
        "How large is the change in L2, in grey levels? (A whole number.)"
    )


def _back_text(q) -> str:
    return (
        f"A network subtracts 0.5 and divides by {q.std:g}. Behind it a change is {q.thousandths / 1000:.3f}.\n"
        "How many grey levels out of 255 is that, rounded to a whole number?"
    )


TOPICS: dict[str, Topic] = {
    "perturbation-length": Topic(
        questions.practice_length, _length_text, questions.count_length, questions.wrong_lengths
    ),
    "grey-levels": Topic(questions.practice_back, _back_text, lambda q: q.levels, questions.wrong_levels),
}
