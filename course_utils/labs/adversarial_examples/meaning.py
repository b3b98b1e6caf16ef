"""Exercise 8.8: what the control, a high confidence, the human experiment and a defence mean."""

from course_utils.judging.choices import Choice, ChoiceExercise, Option
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.adversarial_examples.headings import DEFENCE, FOOLING, SEEING, UNITS, UNIVERSAL

EQ1 = Misconception(
    "EQ1",
    "control misread",
    "The random noise is as large as the attack's. What differs between the two, if not the size?",
    UNITS,
)
EQ2 = Misconception(
    "EQ2",
    "took a high softmax value for evidence",
    "Softmax shares out 1 among ten classes, whatever the picture. Which class could a picture of nothing go to?",
    FOOLING,
)
EQ3 = Misconception(
    "EQ3",
    "read more into the human experiment than it shows",
    "Those people saw each picture for less than a tenth of a second. What does one see with more time?",
    SEEING,
)
EQ4 = Misconception(
    "EQ4",
    "took adversarial training for free, or for complete",
    "Look at the curves far to the right, at PGD beside FGSM, and at what each batch costs. Where is the price?",
    DEFENCE,
)
EQ5 = Misconception(
    "EQ5",
    "tested a noise on the pictures it was made from",
    "A noise may learn its own pictures by heart. Which pictures tell what it does to others?",
    UNIVERSAL,
)
MEANING = {
    "control": Choice(
        "Random signs of 8/255 leave the accuracy where it was; `fgsm` with 8/255 destroys it. What does that prove?",
        {
            "noise": Option("That the network cannot stand noise.", EQ1),
            "gradient": Option("That the harm comes from following the gradient, not from the amount of noise."),
            "chance": Option("That the attack was lucky: random noise has the same chance to hit.", EQ1),
            "eye": Option("That noise of 8/255 is invisible to everybody.", EQ1),
        },
        "gradient",
    ),
    "confidence": Choice(
        "A picture that looks like noise gets 0.999 for “star”. What follows?",
        {
            "hidden star": Option("There is a star in it that we cannot see.", EQ2),
            "probability": Option("With probability 0.999 the picture shows a star.", EQ2),
            "training": Option("The picture is like one of the training pictures.", EQ2),
            "share": Option("Only that the star's score is far above the nine others; there need not be a star."),
        },
        "share",
    ),
    "humans": Choice(
        "People who saw a picture for less than a tenth of a second were misled by perturbations made for networks, a "
        "little more often than by controls. Which of these does the study support?",
        {
            "same": Option("People see as convolutional networks do.", EQ3),
            "long": Option("People are fooled however long they look.", EQ3),
            "brief": Option("A brief look can be misled by changes that were made for networks."),
            "small": Option("The changes were too small to be seen.", EQ3),
        },
        "brief",
    ),
    "honest test": Choice(
        "Which statements about testing attacks and defences hold?",
        {
            "price": Option("A defended network may lose accuracy on clean pictures, and its training takes longer."),
            "free": Option("Adversarial training costs nothing once it is done.", EQ4),
            "complete": Option("What withstands `fgsm` withstands every attack of the same size.", EQ4),
            "unseen": Option("A universal noise is judged on pictures that it was not made from."),
            "seen": Option("A universal noise may be judged on the pictures it was made from.", EQ5),
        },
        {"unseen", "price"},
    ),
}

WORKED = """
The same kind of question: *a spelling program says "certain: 0.98" for a word of a language that it does not know. What
follows?* `language`: the word exists; `forced`: it had to choose among the words that it knows; `retrain`: 98 of 100
such words are right.

1. What does the number compare? The scores of the words in its list, and nothing outside of it.
2. Could it have said "none of these"? No. So a high number says that one score stands out among those.
3. Is there a count of right and wrong answers on such words? None was made, so that no share of right ones follows.
4. `forced` claims no more than was measured. The others claim something about the world.
"""


class Meaning(ChoiceExercise):
    """What do the lab's findings mean?"""

    id = "meaning"
    hints = (
        "Read section 4 again: what do the two rows share, and in what do they differ?",
        "What would softmax give for a picture of nothing? Must its numbers add up to 1?",
    )
    misconceptions = (EQ1, EQ2, EQ3, EQ4, EQ5)
    worked = WORKED
    questions = MEANING
    answers_are_called = "meaning"
