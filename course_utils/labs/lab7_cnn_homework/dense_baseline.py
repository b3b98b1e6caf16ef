"""Exercise 6.11: a dense network to be beaten.

| the prompt says | what is tried |
|---|---|
| dense layers only | no kernels wider than a pixel that have a say in the scores |
| at least one hidden layer | the scores halfway between two pictures are not those halfway |
| takes ``(N, 1, 28, 28)``, returns ten logits | the shape of its scores |
| its bar on the test pictures | measured on them |
| never trained on them | not better there than on the validation pictures |
"""

from collections.abc import Sequence
from typing import Any

from course_utils.judging import shared
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.labs.lab7_cnn_homework.networks import (
    DENSE_BAR,
    TR6,
    are_probabilities,
    is_linear,
    look_at,
    refuse_leaks,
)
from course_utils.labs.lab7_cnn_homework.pictures import unseen_pictures

BASELINE = "A baseline"  # the heading of its section
HARDLY_TRAINED = 0.3  # of the pictures right: less is little above chance
PR5 = shared.PR5.in_lab(
    BASELINE, "Your network returns probabilities. What does the cross-entropy loss do first with what it gets?"
)


class DenseBaseline(Implementation):
    """A dense network with a hidden layer, and an accuracy above its bar.

    There are no hidden cases: a weak baseline is of no use to anybody, and exercise 6.12 measures it on others.
    """

    id = "dense-baseline"
    hints = (
        "What has to happen to a picture of 28×28 before a dense layer can take it?",
        "Does the training loss still fall in the last epoch? What does one more hidden layer change?",
    )
    worked = """
        A dense network for other pictures: 1×8×8 digits, ten classes.

        1. A dense layer takes rows: flatten first, 8 · 8 = 64 numbers.
        2. Two dense layers without anything between them are one: put an activation there. 64 → 32 → 10.
        3. Train while the validation accuracy rises; stop where it does not.

        ```python
        layers = nn.Flatten(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10)
        digits_net = nn.Sequential(*layers)
        ```
    """
    misconceptions = (TR6, PR5)

    def cases(self) -> Sequence[Case]:
        """Return one case: the test pictures."""
        return [Case("the test pictures")]

    def try_case(self, case: Case, network: Any) -> str | None:
        """Raise unless a trained network is dense, and good enough."""
        pictures, _ = unseen_pictures()
        found = look_at(case, network, "baseline", pictures[:250])
        if found.convolves:
            raise case.always(
                "baseline should be dense, but kernels move over its pictures. What is it there to be compared with?"
            )
        if is_linear(case, network, "baseline"):
            raise case.always(
                "baseline has no hidden layer: halfway between two pictures its scores are halfway, too.\n"
                "Hint: What must stand between two dense layers, so that they are more than one?"
            )
        reached = refuse_leaks(case, network, "baseline")
        if are_probabilities(found.scores):
            raise case.wrong("baseline", PR5)
        if reached < DENSE_BAR:
            still = "Does the training loss still fall in the last epoch"
            advice = still if reached >= HARDLY_TRAINED else "Is this the network that fit has trained"
            raise case.always(
                f"baseline gets {100 * reached:.1f} % of the test pictures right; {100 * DENSE_BAR:.0f} % are wanted.\n"
                f"Hint: {advice}?"
            )
        return case.remark(f"{100 * reached:.1f} % of the test pictures are right.")
