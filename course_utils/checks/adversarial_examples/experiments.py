"""Checks of numbers, of an experiment with its control, and of what the lab's findings mean."""

from collections.abc import Mapping

import torch
from torch import nn

from course_utils.checks.adversarial_examples import networks
from course_utils.checks.choices import Choice, Option, mark_choices
from course_utils.checks.sets import mark, what_was_given
from course_utils.judging.answers import as_dict, as_numbers, is_missing, read_numbers
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit
from course_utils.variants.adversarial_examples import Budget, close, wrong_values

EPSILONS = (1, 2, 4, 8)  # grey levels out of 255


# --- budgets


@quiet()
def budget_units(answers: dict, question: Budget) -> Credit:
    """Check a budget in normalised units, its largest L2 size, and in grey levels, all to within 1 %. 2 points.

    Parameters
    ----------
    answers
        ``{"normalised": …, "L2": …, "grey levels": …}``.
    question
        From :func:`course_utils.variants.adversarial_examples.budget`.
    """
    right, ways = _torch_budget(question), wrong_values(question)
    given = read_numbers(answers, right, "budget")
    marks = {part: None if given[part] is None else close(given[part], right[part]) for part in right}
    codes = [
        code
        for part in right
        if marks[part] is False
        for code, values in ways[part].items()
        if any(close(given[part], value) for value in values)
    ]
    return mark(marks, 2, codes, what_was_given(marks, given, "{:.4g}".format))


def _torch_budget(question: Budget) -> dict[str, float]:
    """Change a grey picture as far as allowed, and measure: behind the normalisation, in L2, in an 8-bit file."""
    shape = (3, question.height, question.width)
    before = torch.full(shape, 100 / 255, dtype=torch.float64)
    after = before + question.levels / 255
    normalised = [(picture - 0.5) / question.std for picture in (before, after)]
    files = [(picture * 255).round() for picture in (before, after)]
    return {
        "normalised": float((normalised[1] - normalised[0]).max()),
        "L2": float(torch.linalg.vector_norm(after - before)),
        "grey levels": float((files[1] - files[0]).max()),
    }


# --- the experiment with its control

CONCLUSION = Choice(
    "What does the control show?",
    {
        "size": Option("The size of the noise does the harm: more noise, more errors.", "ET4"),
        "any noise": Option("Any noise harms: both rows fall.", "ET5"),
        "direction": Option(
            "The direction of the noise does the harm: noise of the same size without it does almost none."
        ),
        "nothing": Option("Nothing: the two noises have different sizes.", "EQ1"),
    },
    "direction",
)


@quiet()
def control_experiment(answers: dict, network: nn.Module, pictures) -> Credit:
    """Check the table of accuracies under fgsm and under random signs, and the conclusion. 2 points.

    Parameters
    ----------
    answers
        ``{"clean": accuracy, "fgsm": [four], "random": [four], "conclusion": key}`` for 1, 2, 4 and 8 of 255.
    network
        The lesson's network.
    pictures
        Test pictures (:class:`course_utils.data.Pictures`) on which the table was made.
    """
    parts = ("clean", "fgsm", "random", "conclusion")
    answers = as_dict(answers, parts, "control")
    rows = {part: _row(answers[part], part) for part in parts[:3]}
    right = measure(network, pictures)
    marks: dict[str, bool | None] = {
        part: None if rows[part] is None else _near(rows[part], right[part], 0.03 if part == "random" else 0.02)
        for part in rows
    }
    key = answers["conclusion"]
    marks["conclusion"] = None if is_missing(key) else _key(key) == CONCLUSION.right
    codes = _table_codes(marks, rows, right)
    if marks["conclusion"] is False:
        codes += [CONCLUSION.options[_key(key)].code]
    given = {part: answers[part] for part in parts}
    return mark(marks, 2, codes, what_was_given(marks, given))


def measure(network: nn.Module, pictures) -> dict[str, list[float]]:
    """Measure the accuracies with autograd's gradient and with random signs."""
    model, (x, y) = networks.judge(networks.weights_of(network)), pictures.tensors()
    up = networks.slope(model, x, y).sign()
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).sign()

    def row(direction):
        return [networks.accuracy(model, (x + eps / 255 * direction).clamp(0, 1), y) for eps in EPSILONS]

    return {"clean": [networks.accuracy(model, x, y)], "fgsm": row(up), "random": row(noise)}


def _row(answer, part: str) -> list[float] | None:
    if is_missing(answer):
        return None
    numbers, wanted = as_numbers(answer), 1 if part == "clean" else len(EPSILONS)
    if numbers is None or len(numbers) != wanted:
        raise CheckFailed(
            f"control[{part!r}] should be {'a number' if wanted == 1 else f'a list of {wanted} numbers'}."
        )
    return numbers


def _near(given: list[float], right: list[float], tolerance: float) -> bool:
    return all(abs(one - other) <= tolerance for one, other in zip(given, right, strict=True))


def _key(key) -> str:
    known = " ".join(key.lower().split()) if type(key) is str else ""
    if known not in CONCLUSION.options:
        raise CheckFailed(f"control['conclusion'] should be one of {', '.join(map(repr, CONCLUSION.options))}.")
    return known


def _table_codes(marks: Mapping, rows: Mapping, right: Mapping) -> list[str]:
    """Name the wrong ways that give exactly these rows."""
    fgsm, random = rows["fgsm"], rows["random"]
    wrong = [part for part in ("clean", "fgsm", "random") if marks[part] is False]
    codes = []
    if fgsm and random and _near(fgsm, right["random"], 0.03) and _near(random, right["fgsm"], 0.03) and wrong:
        codes.append("ET1")
    elif marks["fgsm"] is False and min(fgsm) >= right["clean"][0] and fgsm != sorted(fgsm, reverse=True):
        codes.append("AD1")  # under an attack that goes the wrong way the accuracy rises
    for part in wrong:
        if _near([1 - value for value in rows[part]], right[part], 0.03):
            codes.append("ET2")
        elif _near([value / 100 for value in rows[part]], right[part], 0.03):
            codes.append("ET3")
    return list(dict.fromkeys(codes))


# --- what it means

MEANING = {
    "control": Choice(
        "Random signs of 8/255 leave the accuracy where it was; `fgsm` with 8/255 destroys it. What does that prove?",
        {
            "noise": Option("That the network cannot stand noise.", "EQ1"),
            "gradient": Option("That the harm comes from following the gradient, not from the amount of noise."),
            "chance": Option("That the attack was lucky: random noise has the same chance to hit.", "EQ1"),
            "eye": Option("That noise of 8/255 is invisible to everybody.", "EQ1"),
        },
        "gradient",
    ),
    "confidence": Choice(
        "A picture that looks like noise gets 0.999 for “star”. What follows?",
        {
            "hidden star": Option("There is a star in it that we cannot see.", "EQ2"),
            "probability": Option("With probability 0.999 the picture shows a star.", "EQ2"),
            "training": Option("The picture is like one of the training pictures.", "EQ2"),
            "share": Option("Only that the star's score is far above the nine others; there need not be a star."),
        },
        "share",
    ),
    "humans": Choice(
        "People who saw a picture for less than a tenth of a second were misled by perturbations made for networks, a "
        "little more often than by controls. Which of these does the study support?",
        {
            "same": Option("People see as convolutional networks do.", "EQ3"),
            "long": Option("People are fooled however long they look.", "EQ3"),
            "brief": Option("A brief look can be misled by changes that were made for networks."),
            "small": Option("The changes were too small to be seen.", "EQ3"),
        },
        "brief",
    ),
    "honest test": Choice(
        "Which statements about testing attacks and defences hold?",
        {
            "price": Option("A defended network may lose accuracy on clean pictures, and its training takes longer."),
            "free": Option("Adversarial training costs nothing once it is done.", "EQ4"),
            "complete": Option("What withstands `fgsm` withstands every attack of the same size.", "EQ4"),
            "unseen": Option("A universal noise is judged on pictures that it was not made from."),
            "seen": Option("A universal noise may be judged on the pictures it was made from.", "EQ5"),
        },
        {"unseen", "price"},
    ),
}


@quiet()
def meaning(answers: dict) -> Credit:
    """Check what the control, a high confidence, the human experiment and a defence mean. 2 points.

    Parameters
    ----------
    answers
        A key for each label of :data:`MEANING`; a set of keys for ``"honest test"``.
    """
    return mark_choices(answers, MEANING, 2, "meaning")
