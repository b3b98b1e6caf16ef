"""Exercise 6.12: a convolutional network that beats the learner's own baseline within a budget.

| the prompt says | what is tried |
|---|---|
| a convolutional network | kernels wider than a pixel move over the pictures, and the scores depend on it |
| fewer than 100,000 parameters | the numbers that it keeps and that took part, registered or not |
| beats *your* baseline, which reaches its bar | both on the same pictures |
| on moved pictures | the test pictures moved by a public seed, and at grading by one that is in no notebook |
| never trained on the test pictures | not better there than on validation pictures, nor much better than when moved |

What a learner could still do: train on all pictures of the package, moved about. That is found by nobody but a reader
of the report: the pictures themselves are in the package, only the ways in which they are moved are not.
"""

from collections.abc import Sequence
from typing import Any

from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.labs.lab7_cnn_homework.networks import (
    DENSE_BAR,
    TR6,
    accuracies,
    look_at,
    refuse_leaks,
)
from course_utils.labs.lab7_cnn_homework.pictures import moved_pictures, unseen_pictures

GAIN = 0.04  # between a 1×1 convolution with pooling (0.03) and one of 5×5 (0.055 to 0.09)
BY_HEART = (0.9, 0.16)  # above the one as they are, and more than the other lost by moving: honest ones do one at most
MOST_PARAMETERS = 100_000


class BeatTheBaseline(Implementation):
    """A convolutional network below 100,000 parameters that beats the baseline on moved pictures by four points."""

    id = "beat-the-baseline"
    hints = (
        "How many numbers reach your first dense layer, and how does one more pooling change that?",
        "Which layer holds most of your parameters? Where would more channels cost less?",
        "What stays where it was when a picture moves by a pixel: a single pixel, or the largest of a window?",
    )
    worked = """
        A budget for pictures of 1×12×12: fewer than 3,000 parameters.

        1. 8 kernels of 3×3: 8 · (9 + 1) = 80. The maps have 10×10 cells.
        2. Flattened at once, 800 numbers reach a dense layer of 10: 8,010 parameters. Too many.
        3. Pooled 2×2 first: 200 numbers, 2,010; together 2,090. It fits.
        4. Pooled over windows of 5: 32 numbers, 330. Now there is room for a second convolution instead.
    """
    misconceptions = (TR6,)

    def cases(self) -> Sequence[Case]:
        """Return one case: the test pictures, moved."""
        return [Case("moved pictures")]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return one case: the test pictures, moved in other ways."""
        return [Case("moved in other ways")]

    def try_case(self, case: Case, network: Any, baseline: Any) -> str | None:
        """Judge a trained network beside the learner's own baseline."""
        pictures, _ = unseen_pictures()
        found = look_at(case, network, "convnet", pictures[:250])
        if not found.convolves:
            raise case.always(
                "convnet has no convolution that counts: no kernel wider than a pixel moves over its pictures and "
                "changes its scores.\nHint: Which layer of Lab 05 looks at neighbouring pixels?"
            )
        if found.parameters >= MOST_PARAMETERS:
            raise case.always(
                f"convnet has {found.parameters:,} parameters; fewer than {MOST_PARAMETERS:,} are allowed.\n"
                "Hint: Which layer holds most of them, and how many numbers reach it?"
            )
        if refuse_leaks(case, baseline, "baseline") < DENSE_BAR:
            raise case.always("First let your baseline reach its own bar: a weak baseline is easily beaten.")
        return self._compare(case, network, baseline, refuse_leaks(case, network, "convnet"))

    @staticmethod
    def _compare(case: Case, network: Any, baseline: Any, still: float) -> str | None:
        moved = moved_pictures(case.seed)
        (reached,), (before,) = (
            accuracies(case, *one, moved) for one in ((network, "convnet"), (baseline, "baseline"))
        )
        if still > BY_HEART[0] and still - reached > BY_HEART[1]:
            raise case.wrong("convnet", TR6)
        told = f"convnet: {100 * reached:.1f} %, baseline: {100 * before:.1f} % of the moved pictures"
        if reached < before + GAIN - 1e-9:
            advice = "Hint: More epochs, more channels early on, a second pooling?"
            raise case.sentence(
                f"{told}; {100 * GAIN:.0f} points more are wanted.\n{advice}",
                hidden="convnet does not beat the baseline on pictures that were moved at grading by as much as the "
                f"task asks.\n{advice}",
            )
        return case.remark(f"{told}.")
