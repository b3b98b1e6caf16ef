"""Exercise 6.11: a dense network to be beaten."""

from typing import Any

from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look, refuse
from course_utils.labs.lab7_cnn_homework.networks import DENSE_BAR, reached, unseen_pictures


class DenseBaseline(Exercise):
    """A dense network: no convolutions, and an accuracy above its bar."""

    id = "dense-baseline"
    hints = (
        "What has to happen to a picture of 28×28 before a dense layer can take it?",
        "Does the training loss still fall in the last epoch? What does one more hidden layer change?",
    )

    def judge(self, network: Any) -> dict[str, Finding]:
        """Judge a trained network; it takes standardised pictures ``(N, 1, 28, 28)``."""
        return {"": look(lambda: _look_at(network))}


def _look_at(network: Any) -> None:
    found = reached(network, "baseline", unseen_pictures())
    if found.convolutions:
        raise refuse(
            f"baseline should be dense, but it has a {found.convolutions[0]}. What is it there to be compared with?"
        )
    if found.accuracy < DENSE_BAR:
        raise refuse(
            f"baseline gets {100 * found.accuracy:.1f} % of the test pictures right; "
            f"{100 * DENSE_BAR:.0f} % are wanted.",
            detail="Hint: does the training loss still fall in the last epoch?",
        )
