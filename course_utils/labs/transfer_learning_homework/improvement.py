"""Exercise 7.12: one improvement, which must show in the wild.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
arguments and result of the baseline                   every call
5 points more of the wild pictures                     the lesson's wild pictures; at grading, others
at most 10 points less of the catalogue                a test part by scene
wild pictures never for learning                       refuse_other_labels: labels exchanged, answers exchanged
(each test picture by itself)                          refuse_leak: other test pictures change nothing
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import torch

from course_utils.data import load_bike_scenes
from course_utils.data.scenes import BikeScenes
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.probabilities import ask_probabilities
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.transfer_learning_homework.headings import IMPROVE
from course_utils.labs.transfer_learning_homework.methods import (
    KNOWN,
    KNOWS_WILD,
    TI3,
    TR6,
    Trial,
    agreement,
    by_scene,
    right_share,
)

TI1 = Misconception(
    "TI1",
    "the baseline under another name",
    "Every answer is that of your baseline. What does your function do differently?",
    IMPROVE,
)
TI2 = Misconception(
    "TI2",
    "gained in the wild, lost in the catalogue",
    "The wild pictures gain, but the catalogue loses more than is allowed. What does your change take from it?",
    IMPROVE,
)
TI4 = Misconception(
    "TI4",
    "worse at home and in the wild",
    "Your change makes both worse. Does each picture still stand beside its own label, and is it still a bike?",
    IMPROVE,
)

NAME, BEFORE = "improved", "frozen_baseline"
GAIN = 0.05  # how much more of the wild pictures an improvement gets right
LOSS = 0.10  # how much fewer of the catalogue's it may
LESSON, OTHER = 5, 2  # seeds of the bikes in the notebook, and of others


@cache
def bikes(seed: int) -> BikeScenes:
    """Return a catalogue and wild pictures."""
    return load_bike_scenes(seed=seed)


class Improvement(Implementation):
    """Write ``improved(X_train, y_train, X_test) -> (M, K)``: five points more of the wild pictures right."""

    id = "improvement"
    hints = (
        "What is the mean brightness of a wild picture, and of one of the catalogue?",
        "How large is a wild bike? nn.functional.interpolate makes pictures smaller: what belongs around them?",
        "If all pictures are changed alike, is each test picture changed by itself, without the others?",
    )
    worked = """
    Another catalogue shows leaves on white paper, sharp; the wild ones were taken by people who were walking.

    1. Look: what differs? The wild pictures are blurred along a line. Form and colour are the same.
    2. Do that to the training part: each picture comes once as it is and once blurred, with the same label.
    3. The test pictures stay as they are, and no wild picture is learned from.

    ```python
    def improved_leaves(X_train, y_train, X_test):
        blurred = (X_train.roll(-1, 3) + X_train + X_train.roll(1, 3)) / 3
        X, y = torch.cat([X_train, blurred]), torch.cat([y_train, y_train])
        return frozen_baseline(X, y, X_test)
    ```

    4. Measure both at home and in the wild: a gain outside that costs little at home is an improvement.
    """
    misconceptions = (TI1, TI2, TI3, TI4, TR6)

    def cases(self) -> Sequence[Case]:
        """Return the lesson's own bikes; the catalogue is split by scene here."""
        return [Case("144 pictures to learn from, 48 of the catalogue, 200 wild", partial(bikes, LESSON))]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other bikes."""
        return [Case("other bikes", partial(bikes, OTHER))]

    def try_case(self, case: Case, answer: Callable[..., Any], baseline: Callable[..., Any]) -> None:
        """Run the improvement and the learner's baseline, at home and in the wild."""
        must_be_function(answer, NAME)
        must_be_function(baseline, BEFORE)
        catalogue, wild = case.data()
        train, test = by_scene(catalogue)
        (x, y), (inside, at_home), (outside, in_the_wild) = train.tensors(), test.tensors(), wild.tensors()
        pictures, truth = torch.cat([inside[:20], outside]), torch.cat([at_home[:20], in_the_wild])
        few = Trial(case, answer, NAME, (x, y), (pictures, truth))
        few.refuse_leak()
        tried, classes = (x, y, torch.cat([inside, outside])), len(train.classes)
        after = ask_probabilities(case, answer, NAME, tried, classes, KNOWN)
        before = ask_probabilities(case, baseline, BEFORE, tried, classes, KNOWN)
        if agreement(after, before) == 1:
            raise case.wrong(NAME, TI1)
        cut = len(inside)
        home, home_before = (right_share(each[:cut], at_home) for each in (after, before))
        away, away_before = (right_share(each[cut:], in_the_wild) for each in (after, before))
        if away < away_before - 1e-9 and home < home_before - LOSS - 1e-9:
            raise case.wrong(NAME, TI4)
        if away < away_before + GAIN - 1e-9:
            raise _too_little(case, away, away_before)
        if home < home_before - LOSS - 1e-9:
            raise case.wrong(NAME, TI2)
        few.refuse_other_labels(KNOWS_WILD)


def _too_little(case: Case, reached: float, before: float) -> Wrong:
    told = f"{NAME} gets {100 * reached:.1f} % of the wild pictures right, your baseline {100 * before:.1f} %."
    rest = (
        " Five points more are wanted.\n"
        "Hint: Put a wild picture beside one of the catalogue. What differs, and can the training pictures differ so?"
    )
    return case.wrong(NAME, detail=f"  {told}{rest}", hidden=f"  On these wild pictures the gain is smaller.{rest}")
