"""Exercise 6.17: ten broken trainings, each told from its curves and from experiments. Graded by cause.

What the prompt says, and what tries it: each of the learner's ten trainings is a part; the cause is one of twelve, in
any case and spacing. Whoever names another cause is told what would be seen with it.
"""

from collections.abc import Mapping
from typing import Any

from course_utils.judging.choices import Choice, concepts, judge_choices
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Findings
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.options import Option
from course_utils.labs.training_homework.headings import CLINIC
from course_utils.labs.training_homework.patients import FAULTS, Patient, draw_patients

CL1 = Misconception(
    "CL1",
    "named a large rate",
    "With too large a rate the loss jumps, although it begins near 2.3, and a tenth of the rate cures it. Which of the "
    "three is not so here?",
    CLINIC,
)
CL2 = Misconception(
    "CL2",
    "named a small rate",
    "With too small a rate the loss falls a little in every epoch, and 200 steps hardly move a single batch. Do both "
    "hold here?",
    CLINIC,
)
CL3 = Misconception(
    "CL3",
    "named unscaled pixels",
    "Pixels up to 255 make scores in the hundreds before anything is learned. How far from 2.3 is the first loss here?",
    CLINIC,
)
CL4 = Misconception(
    "CL4",
    "named few pictures",
    "With few pictures the training loss goes towards 0 while the validation loss turns up again. Do the curves part "
    "like that here?",
    CLINIC,
)
CL5 = Misconception(
    "CL5",
    "named two softmaxes",
    "A second softmax keeps the loss of a batch that is known by heart above 1.46. Where does it end here?",
    CLINIC,
)
CL6 = Misconception(
    "CL6",
    "named torn pairs",
    "Where labels belong to other pictures, nothing can be learned but one batch by heart. Which of the two is not so "
    "here?",
    CLINIC,
)
CL7 = Misconception(
    "CL7",
    "named sorted pictures",
    "Sorted pictures make batches of one class: such a batch is known by heart to three zeros in 100 steps. Is it?",
    CLINIC,
)
CL8 = Misconception(
    "CL8",
    "named other parameters",
    "If the optimiser moves another network's parameters, this one's curves stay exactly where they are. Do they here?",
    CLINIC,
)
CL9 = Misconception(
    "CL9",
    "named kept gradients",
    "Kept gradients add up, so the loss of a single batch grows with every hundred steps. Does it here?",
    CLINIC,
)
CL10 = Misconception(
    "CL10",
    "named a leak",
    "Pictures that were learned from look better than new ones. How far are validation accuracy and that on new "
    "pictures apart here?",
    CLINIC,
)
CL11 = Misconception(
    "CL11",
    "named the training mode",
    "Dropout that is still at work gives another accuracy each time. What do two judgements of one network say here?",
    CLINIC,
)
CL12 = Misconception(
    "CL12",
    "named shifted labels",
    "Labels that are shifted for validation alone make its accuracy lower than guessing while training goes well. "
    "Is it so here?",
    CLINIC,
)
WAYS = dict(zip(FAULTS, (CL1, CL2, CL3, CL4, CL5, CL6, CL7, CL8, CL9, CL10, CL11, CL12), strict=True))

TEXTS = {
    "large rate": "The learning rate is 50 times what it should be.",
    "small rate": "The learning rate is a two-thousandth of what it should be.",
    "unscaled pixels": "Pixels go in from -255 to 255 in place of -1 to 1.",
    "few pictures": "There are 50 pictures to learn from, seen again and again.",
    "two softmaxes": "Softmax stands before a loss that has one inside.",
    "torn pairs": "Pictures are mixed before each epoch, their labels are not.",
    "sorted pictures": "Pictures come sorted by class, not mixed.",
    "other parameters": "The optimiser was given the parameters of another network.",
    "kept gradients": "Gradients are not set to zero before a step.",
    "leak": "The validation pictures are among those to learn from.",
    "training mode": "Dropout is at work while the network is judged.",
    "shifted labels": "The labels of the validation pictures are too large by 1.",
}


def told(label: str, text: str, right: str, others: Mapping[str, str]) -> Choice:
    """Return a question of practice: what was seen, the right cause, and others with what speaks against them."""
    options = {right: Option(TEXTS[right])} | {key: Option(TEXTS[key], WAYS[key], why) for key, why in others.items()}
    return Choice(f"{label}: {text} Which cause?", {key: options[key] for key in FAULTS if key in options}, right)


PRACTICE = {
    "one": told(
        "A sound classifier",
        "the loss begins at 4.61 for 100 classes and stays between 4.60 and 4.62; one batch alone goes down to 0.05.",
        "torn pairs",
        {
            "small rate": "Then the one batch would not go down to 0.05 either.",
            "other parameters": "Then the one batch would stay where it was.",
            "two softmaxes": "Then the one batch could not come near 0.",
        },
    ),
    "two": told(
        "Leaves of five trees",
        "97 % on training pictures, 96 % on validation pictures, 71 % on those of the next week.",
        "leak",
        {
            "few pictures": "Then the validation pictures would do badly, too.",
            "training mode": "That costs a point or two on all pictures alike.",
            "shifted labels": "Then validation would lie below guessing, 20 %.",
        },
    ),
    "three": told(
        "Handwritten digits",
        "the first loss is 310; then 2.30 for ever.",
        "unscaled pixels",
        {
            "large rate": "The rate has no say in the first loss: no step was made yet.",
            "torn pairs": "Then the first loss would be near ln 10.",
            "kept gradients": "Before the first step there is no gradient to keep.",
        },
    ),
    "four": told(
        "Ten kinds of birds",
        "training accuracy 92 %, validation accuracy 1.5 %.",
        "shifted labels",
        {
            "few pictures": "A network that knows nothing of new pictures still guesses: 10 %.",
            "leak": "A leak makes validation better, not worse.",
            "training mode": "That costs points in both, and few.",
        },
    ),
    "five": told(
        "Two hundred scans",
        "the training loss falls to 0.01; the validation loss falls to 0.8, then climbs to 1.9.",
        "few pictures",
        {
            "large rate": "Then the training loss would not fall to 0.01.",
            "leak": "Then the validation loss would fall with the training loss.",
            "two softmaxes": "Then no loss could be 0.01.",
        },
    ),
}


class Clinic(Exercise):
    """Name the cause of each of ten broken trainings: ``causes = {"A": "large rate", …}``."""

    id = "clinic"
    hints = (
        "Is the first loss near ln 10? Does any epoch move it? Ask the curves these two first.",
        "Can it learn 32 pictures by heart? What can, has a network, a loss and an optimiser that work together.",
        "Do training and validation part? Then judge twice, and on new pictures: which of the numbers does not belong?",
    )
    worked = """
        A patient of another clinic: the loss is 2.35, 2.34, 2.34 and 2.33 in its first epochs.

        1. It begins near guessing and hardly falls. Three causes do that: steps too small, labels of other pictures,
           an optimiser that moves something else.
        2. Experiment "by heart": 2.36, then 2.34, then 2.33. So not the labels: one batch would have been learned.
        3. Experiment with a tenth of the rate: it falls, but by less still. What is not moved at all would not fall.
        4. The steps are too small. With a larger rate the same network learns.
    """
    misconceptions = tuple(WAYS.values())
    topics = (concepts("causes-of-broken-trainings", PRACTICE),)

    def draw(self) -> dict[str, Patient]:
        """Return this student's ten patients."""
        return draw_patients(self.dice())

    def text(self) -> str:
        """Return the causes to choose from."""
        return "\n".join(["The causes, of which ten are yours:", "", *(f"- `{key!r}`: {TEXTS[key]}" for key in FAULTS)])

    def judge(self, causes: Any) -> Findings:
        """Return how each patient's cause stands."""
        options = {key: Option(TEXTS[key], WAYS[key]) for key in FAULTS}
        questions = {name: Choice(name, options, one.fault) for name, one in self.question.items()}
        return judge_choices(causes, questions, "causes")
