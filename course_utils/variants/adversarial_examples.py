"""The questions of lab 08: the lesson's own numbers without a student id, a student's own with one."""

from typing import NamedTuple

from course_utils.judging.variants import Dice, draw, student_id

FAR_ENOUGH = 0.1  # right and wrong answers differ by a tenth at least: nobody loses points to rounding
STDS = (0.2, 0.25, 0.4, 0.5)


class Budget(NamedTuple):
    """An attack of ``levels``/255 on 3×``height``×``width`` pictures; the network has mean 0.5 and std ``std``."""

    levels: int
    std: float
    height: int
    width: int


LESSON_BUDGET = Budget(8, 0.5, 32, 32)


def budget(student: str = "") -> Budget:
    """Return the attack whose budget is converted."""
    if not student_id(student):
        return LESSON_BUDGET
    return draw(Dice(student, "budget-units"), sample_budget, is_telling)


def sample_budget(dice: Dice) -> Budget:
    """Draw a budget, a standard deviation and a size."""
    return Budget(dice.between(2, 16), dice.choose(STDS), dice.between(20, 64), dice.between(20, 64))


def right_values(question: Budget) -> dict[str, float]:
    """Convert the budget number by number: the size of a change of every pixel by ``levels``."""
    eps = question.levels / 255
    squares = sum(eps * eps for _ in range(3 * question.height * question.width))
    return {"normalised": eps / question.std, "L2": squares**0.5, "grey levels": question.levels}


def wrong_values(question: Budget) -> dict[str, dict[str, list[float]]]:
    """For each part, and each code, what wrong ways give."""
    eps, places = question.levels / 255, question.height * question.width
    return {
        "normalised": {
            "AD4": [eps * question.std, eps, question.levels / question.std],
            "EB1": [(eps - 0.5) / question.std],
        },
        "L2": {
            "EB2": [3 * places * eps, 3 * places * eps**2],
            "EB3": [places**0.5 * eps],
            "EB4": [eps],
            "AD4": [(3 * places) ** 0.5 * eps / question.std, (3 * places) ** 0.5 * eps * question.std],
        },
        "grey levels": {
            "EB5": [2 * question.levels, 2 * question.levels + 1],
            "EB6": [eps],
            "AD4": [question.levels * question.std],
        },
    }


def close(one: float, other: float, share: float = 0.01) -> bool:
    """Tell whether two numbers differ by at most a share of the second."""
    return abs(one - other) <= share * abs(other)


def is_telling(question: Budget) -> bool:
    """Tell whether every wrong way is far from the right value, and from those with another code."""
    right = right_values(question)
    for part, ways in wrong_values(question).items():
        values = [(code, value) for code, results in ways.items() for value in results] + [("", right[part])]
        for number, (code, value) in enumerate(values):
            for other_code, other in values[number + 1 :]:
                if code != other_code and close(value, other, FAR_ENOUGH if not other_code else 0.03):
                    return False
    return True


# --- practice: answers are whole numbers

SQUARES = ((12, 4), (12, 16), (24, 32), (27, 16), (12, 25), (27, 9), (48, 16), (27, 25), (3, 36), (48, 36))


class Length(NamedTuple):
    """Every number of a 3×``height``×``width`` picture moves by ``levels`` grey levels."""

    levels: int
    height: int
    width: int


class Back(NamedTuple):
    """A budget in normalised units, ``thousandths``/1000, and the standard deviation that was divided by."""

    levels: int
    std: float
    thousandths: int


def practice_length(dice: Dice) -> Length:
    """Draw a picture whose L2 change is a whole number of grey levels."""
    return Length(dice.between(2, 16), *dice.choose(SQUARES))


def count_length(question: Length) -> int:
    """Add the squares up one by one; take the root."""
    total = sum(question.levels**2 for _ in range(3 * question.height * question.width))
    return round(total**0.5)


def wrong_lengths(question: Length) -> dict[str, float]:
    """For each code, the L2 size that a wrong way gives."""
    numbers = 3 * question.height * question.width
    return {
        "EB2": numbers * question.levels,
        "EB2:2": numbers * question.levels**2,
        "EB3": (question.height * question.width) ** 0.5 * question.levels,
        "EB4": question.levels,
    }


def practice_back(dice: Dice) -> Back:
    """Draw a budget in normalised units that comes from whole grey levels."""
    return draw(dice, _sample_back, lambda q: round(q.thousandths / 1000 * q.std * 255) == q.levels)


def _sample_back(dice: Dice) -> Back:
    levels, std = dice.between(2, 20), dice.choose(STDS)
    return Back(levels, std, round(1000 * levels / 255 / std))


def wrong_levels(question: Back) -> dict[str, float]:
    """For each code, the grey levels that a wrong way gives, rounded as the question asks."""
    size = question.thousandths / 1000
    return {
        "AD4": round(size * 255),
        "AD4:2": round(size / question.std * 255),
        "EB1": round((size * question.std + 0.5) * 255),
        "EB5": round(2 * size * question.std * 255),
    }
