"""Exercise 7.7: when transfer helps, and when it does not."""

from typing import ClassVar

from course_utils.judging.choices import Choice, ChoiceExercise, Option, Questions, Sorting
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.transfer_learning.headings import CONTROLS, FAILS, FINE_TUNING, NETWORK

TM1 = Misconception(
    "TM1",
    "took more source data for a nearer task",
    "A large source helps where its features fit. What do the two tasks have in common?",
    NETWORK,
)
TM2 = Misconception(
    "TM2",
    "took nearness of names for nearness of features",
    "The names are near. Are the details that tell the two classes apart in the features, too?",
    FAILS,
)
TM3 = Misconception(
    "TM3",
    "took preprocessing for a matter of taste",
    "The weights were trained on inputs of one kind. What does the first layer see if the scale is another?",
    FAILS,
)
TM4 = Misconception(
    "TM4",
    "took fine-tuning for always better",
    "Fine-tuning changes all weights with few pictures. What does your table say at 5 pictures a class?",
    FINE_TUNING,
)
TM5 = Misconception(
    "TM5",
    "took one run for a result",
    "One run is one draw of pictures. How far apart do three draws lie?",
    CONTROLS,
)

PAIRS = Sorting(
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
        ("photographs to blood tables", "large"): TM1,
        ("shapes to birdsong", "large"): TM1,
        ("photographs to insects", "small"): TM2,
        ("shapes to new shapes", "small"): TM2,
    },
)
TRUCKS = Choice(
    "A tiny network, trained on 5,000 small photographs of eight classes, gained nothing on automobile against "
    "truck: 63.8 % frozen, 63.1 % from scratch. What is the best explanation?",
    {
        "weak source": Option(
            "The source network was poor itself, and the details that tell the two apart were in no class of it."
        ),
        "near": Option(
            "The classes are near to the source's classes, and near tasks never transfer.",
            TM2,
            "New shapes were near, too, and gained much. What did the features of the tiny network lack?",
        ),
        "too few": Option(
            "100 pictures a class are too few for a head on frozen features.",
            TM1,
            "Your table has a head that works with 5 pictures a class. What must the features be, then?",
        ),
        "mode": Option(
            "Frozen networks cannot be used for two classes, only for as many as they were trained on.",
            None,
            "Which layer has as many outputs as classes, and what became of it?",
        ),
    },
    "weak source",
)
PREPROCESSING = Choice(
    "The head was fitted on features of standardised pictures. At test time somebody leaves the source's "
    "standardisation out. What did this notebook's bars show?",
    {
        "drop": Option("The accuracy falls, for some pictures more than for others, and no error is raised."),
        "error": Option(
            "PyTorch raises an error, because the numbers have another range.",
            TM3,
            "Which layer looks at the range of its input before it multiplies?",
        ),
        "same": Option(
            "Nothing changes: the head standardises its features anyway.",
            TM3,
            "The head uses the statistics of the training part. Of which pictures were those features?",
        ),
    },
    "drop",
)
FEW = Choice(
    "Five pictures a class, and a network that was trained on a related task. Which hold?",
    {
        "head first": Option("A head on frozen features is the cheapest thing to try first.", TM4),
        "tune all": Option("Fine-tuning all weights is always better, because more can adapt.", TM4),
        "controls": Option(
            "Without pixels and random features beside it, nobody knows what the pretraining has brought.",
            TM5,
            "A number alone says nothing of where it comes from. What would random features have reached?",
        ),
        "three draws": Option("One draw of five pictures says little: the spread belongs to the result.", TM5),
    },
    {"head first", "controls", "three draws"},
)


class WhenItHelps(ChoiceExercise):
    """Choose what explains that transfer helped or did not."""

    id = "when-it-helps"
    hints = (
        "Ask of each pair: which details did the source have to see, and does the target need them?",
        "Which row of your table stands for doing without the source?",
    )
    worked = """
    Another pair: a network trained on the voices of 10,000 speakers, and the target is to tell two *new* speakers
    apart, with 20 recordings each. What gain over training from scratch is to be expected?

    1. What did the source have to look at? Pitch, timbre and rhythm, since these tell speakers apart.
    2. Does the target need these? Yes: new speakers differ in the same things.
    3. So a large gain is to be expected. Had the target been to tell two *rooms* apart by their echo, the source would
       have learned to ignore just that: hardly any gain, however many speakers there were.
    """
    misconceptions = (TM1, TM2, TM3, TM4, TM5)
    questions: ClassVar[Questions] = {"pairs": PAIRS, "trucks": TRUCKS, "preprocessing": PREPROCESSING, "few": FEW}
