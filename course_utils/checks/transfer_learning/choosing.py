"""The multiple-choice questions of lab 07: when transfer helps, and when it does not."""

from course_utils.checks.choices import Choice, Option, Sorting, mark_choices
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import Credit

CHOICES = {
    "pairs": Sorting(
        "Put each pair of source and target into a box: what gain over training from scratch is to be expected with 20 "
        "examples a class? Photographs: a network trained on a million photographs. Shapes: the network of this lab. "
        "Targets: photographs of ants and bees; two new drawn shapes; birdsong as a curve of sound; tables of blood "
        "values.",
        {"large": "a large gain is to be expected", "small": "hardly any"},
        {
            "photographs to insects": "large",
            "shapes to new shapes": "large",
            "shapes to birdsong": "small",
            "photographs to blood tables": "small",
        },
        {
            ("photographs to blood tables", "large"): "TM1",
            ("shapes to birdsong", "large"): "TM1",
            ("photographs to insects", "small"): "TM2",
            ("shapes to new shapes", "small"): "TM2",
        },
    ),
    "trucks": Choice(
        "A tiny network, trained on 5,000 small photographs of eight classes, gained nothing on automobile against "
        "truck: 63.8 % frozen, 63.1 % from scratch. What is the best explanation?",
        {
            "weak source": Option(
                "The source network was poor itself, and the details that tell the two apart were in no class of it."
            ),
            "near": Option(
                "The classes are near to the source's classes, and near tasks never transfer.",
                "TM2",
                "New shapes were near, too, and gained much. What did the features of the tiny network lack?",
            ),
            "too few": Option(
                "100 pictures a class are too few for a head on frozen features.",
                "TM1",
                "Your table has a head that works with 5 pictures a class. What must the features be, then?",
            ),
            "mode": Option(
                "Frozen networks cannot be used for two classes, only for as many as they were trained on.",
                "",
                "Which layer has as many outputs as classes, and what became of it?",
            ),
        },
        "weak source",
    ),
    "preprocessing": Choice(
        "The head was fitted on features of standardised pictures. At test time somebody leaves the source's "
        "standardisation out. What did this notebook's bars show?",
        {
            "drop": Option("The accuracy falls, for some pictures more than for others, and no error is raised."),
            "error": Option(
                "PyTorch raises an error, because the numbers have another range.",
                "TM3",
                "Which layer looks at the range of its input before it multiplies?",
            ),
            "same": Option(
                "Nothing changes: the head standardises its features anyway.",
                "TM3",
                "The head uses the statistics of the training part. Of which pictures were those features?",
            ),
        },
        "drop",
    ),
    "few": Choice(
        "Five pictures a class, and a network that was trained on a related task. Which hold?",
        {
            "head first": Option("A head on frozen features is the cheapest thing to try first.", "TM4"),
            "tune all": Option(
                "Fine-tuning all weights is always better, because more can adapt.",
                "TM4",
            ),
            "controls": Option(
                "Without pixels and random features beside it, nobody knows what the pretraining has brought.", "TM5"
            ),
            "three draws": Option("One draw of five pictures says little: the spread belongs to the result.", "TM5"),
        },
        {"head first", "controls", "three draws"},
    ),
}


@quiet()
def when_it_helps(answers: dict) -> Credit:
    """Check the choices on when transfer helps. 2 points.

    Parameters
    ----------
    answers
        ``{"pairs": {pair: box}, "trucks": key, "preprocessing": key, "few": set of keys}``.
    """
    return mark_choices(answers, CHOICES, 2)
