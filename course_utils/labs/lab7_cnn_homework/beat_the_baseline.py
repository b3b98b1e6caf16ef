"""Exercise 6.12: a convolutional network that beats the learner's own baseline within a budget."""

from typing import Any

from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look, refuse
from course_utils.labs.lab7_cnn_homework.networks import DENSE_BAR, reached, unseen_pictures

GAIN = 0.01
MOST_PARAMETERS = 100_000


class BeatTheBaseline(Exercise):
    """A convolutional network below 100,000 parameters that beats the baseline by a point."""

    id = "beat-the-baseline"
    hints = (
        "How many numbers reach your first dense layer, and how does one more pooling change that?",
        "Which layer holds most of your parameters? Where would more channels cost less?",
    )

    def judge(self, network: Any, baseline: Any) -> dict[str, Finding]:
        """Judge a trained network beside the learner's own baseline."""
        return {"": look(lambda: _look_at(network, baseline))}


def _look_at(network: Any, baseline: Any) -> None:
    found = reached(network, "convnet", unseen_pictures())
    before = reached(baseline, "baseline", unseen_pictures()).accuracy
    if not found.convolutions:
        raise refuse("convnet has no convolution. Which layer of Lab 05 looks at neighbouring pixels?")
    if found.parameters >= MOST_PARAMETERS:
        raise refuse(
            f"convnet has {found.parameters:,} parameters; fewer than {MOST_PARAMETERS:,} are allowed.",
            detail="Hint: which layer holds most of them, and how many numbers reach it?",
        )
    if before < DENSE_BAR:
        raise refuse("First let your baseline reach its own bar: a weak baseline is easily beaten.")
    if found.accuracy < before + GAIN - 1e-9:
        raise refuse(
            f"convnet: {100 * found.accuracy:.1f} %, baseline: {100 * before:.1f} % of the test pictures.",
            detail="One point more is wanted. Hint: more epochs, more channels early on, fewer numbers at the flatten "
            "step?",
        )
