"""Wrong ways with scenes, choices and tables (homework H7).

Kinds: TS split by scene, TW features of a baseline, TP picking one way, TI an improvement, TG a table of results.
"""

from course_utils.misconceptions import Misconception, read_again, register

SPLIT = "Split by scene"
BASELINE = "A frozen baseline"
CHOOSE = "Choose without the test"
IMPROVE = "One improvement"
TABLE = "Catalogue and wild"

SHARED = ("KE6", "KF4", "KF5", "KF7")  # born in Lab 7; TR6, TL and PR1 speak in the words of lab 07
read_again(
    "transfer_learning",
    KE6=(TABLE, "This is a percentage. Which number between 0 and 1 is asked for?"),
    KF4=(TABLE, "Your own functions do not reach this number. On which pictures did you measure?"),
    KF5=(SPLIT, "The same seed gave another split. Where does your chance come from?"),
    KF7=(SPLIT, "Six seeds gave the same split. Where does your function use its argument?"),
)

# --- a split by scene
register(
    Misconception(
        "TS1",
        "split by photo: a scene on both sides",
        "Pictures of one scene are on both sides. What does a test measure that shows the same bike in the same place?",
        SPLIT,
    ),
    Misconception(
        "TS2",
        "pictures left out, or there twice",
        "Not every picture is there exactly once. On which side is each, and does it stand there more than once?",
        SPLIT,
    ),
    Misconception(
        "TS3",
        "a class on one side only",
        "A class is missing on one side. From which scenes do you draw: from all at once, or from those of each class?",
        SPLIT,
    ),
    Misconception(
        "TS4",
        "the two parts exchanged",
        "The larger part comes out as the test part. Which part comes first in the result?",
        SPLIT,
    ),
    Misconception(
        "TS5",
        "another share of the scenes",
        "The test part of a class has far more or fewer scenes than its share. A share of which number is asked for?",
        SPLIT,
    ),
)

register(
    Misconception(
        "TS6",
        "scenes drawn in the order of a set",
        "A set has another order in every session, and your split goes with it. What gives the scenes an order of "
        "their own?",
        SPLIT,
    ),
)

# --- a frozen baseline
register(
    Misconception(
        "TW1",
        "a head on pixels",
        "This comes out for a head on the pixels themselves. What goes into the source's own head?",
        BASELINE,
    ),
    Misconception(
        "TW2",
        "a head on the source's scores",
        "This comes out for a head on the source's ten scores. How many numbers stand before its head?",
        BASELINE,
    ),
    Misconception(
        "TW3",
        "pictures standardised twice",
        "This comes out when the pictures are standardised before the network. What does its first layer do?",
        BASELINE,
    ),
)

# --- choosing between ways
register(
    Misconception(
        "TP1",
        "chosen by a look at the test part",
        "The test part had a say in the choice. Whom does its accuracy then still surprise?",
        CHOOSE,
    ),
    Misconception(
        "TP2",
        "chosen on the pictures that it learned from",
        "Your choice looks at pictures that the ways had learned from. Who wins there: one that understands, or one "
        "that remembers?",
        CHOOSE,
    ),
    Misconception(
        "TP3",
        "the least is chosen",
        "This way is the worst on the validation part. In which direction does your comparison look?",
        CHOOSE,
    ),
    Misconception(
        "TP4",
        "validation accuracy reported as test accuracy",
        "This is the accuracy on the validation part, where the way was chosen. On which part is it to be reported?",
        CHOOSE,
    ),
)

# --- an improvement
register(
    Misconception(
        "TI1",
        "the baseline under another name",
        "Every answer is that of your baseline. What does your function do differently?",
        IMPROVE,
    ),
    Misconception(
        "TI2",
        "gained in the wild, lost in the catalogue",
        "The wild pictures gain, but the catalogue loses more than is allowed. What does your change take from it?",
        IMPROVE,
    ),
)

# --- a table
register(
    Misconception(
        "TG1",
        "rows exchanged",
        "This number is right for the other method. Which function belongs to which row?",
        TABLE,
    ),
    Misconception(
        "TG2",
        "columns exchanged",
        "This number is right for the other column. Which pictures are the wild ones?",
        TABLE,
    ),
    Misconception(
        "TG3",
        "all pictures counted as training pictures",
        "This counts the test part, too. From how many pictures did the method learn?",
        TABLE,
    ),
    Misconception(
        "TG4",
        "test pictures counted",
        "This counts pictures of a test. From how many pictures did the method learn?",
        TABLE,
    ),
)
