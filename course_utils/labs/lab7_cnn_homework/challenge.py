"""The class's networks of garments against each other: what ``course challenge 06_lab7_cnn_homework`` measures.

The pictures are the test pictures, moved in a way that only the grader knows; the rules are those of exercise 6.12.
"""

import json
from typing import Any

import numpy as np
import torch

from course_utils.judging.cases import Case
from course_utils.judging.findings import Wrong
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.labs.lab7_cnn_homework.beat_the_baseline import MOST_PARAMETERS
from course_utils.labs.lab7_cnn_homework.networks import LEAK, accuracy_of, look_at
from course_utils.labs.lab7_cnn_homework.pictures import moved_pictures, unseen_pictures, validation_pictures

NAME = "convnet"
NO_NETWORK = f"{NAME} is no trained network that gives ten scores for each picture"
MOST_SAID = 10_000_000  # parameters: a larger number could say something else


def garments(convnet: Any, seed: int) -> None:
    """Check of the challenge: count the hidden pictures that a learner's network gets right, and print the figures.

    Parameters
    ----------
    convnet
        The learner's network; None if there is none.
    seed
        Of the way in which the pictures are moved.

    Raises
    ------
    NotAttempted
        If there is no network.
    CheckFailed
        Why the network does not count. Nothing of it is in the learner's own words.
    """
    case, sets = Case("hidden pictures", hidden=True), (moved_pictures(seed), unseen_pictures(), validation_pictures())
    try:
        found = look_at(case, convnet, NAME, torch.cat([pictures for pictures, _ in sets]))
    except Wrong:  # its words name what the learner's side says of itself
        raise CheckFailed(NO_NETWORK) from None
    count = min(max(found.parameters, 0), MOST_SAID)
    if count >= MOST_PARAMETERS:
        raise CheckFailed(f"it has {count:,} parameters, and fewer than {MOST_PARAMETERS:,} are allowed")
    parts = np.split(found.scores, np.cumsum([len(labels) for _, labels in sets])[:-1])
    (hidden, right), still, chosen = ((part, labels) for part, (_, labels) in zip(parts, sets, strict=True))
    if accuracy_of(*still) - accuracy_of(*chosen) > LEAK:
        raise CheckFailed("it does better on the test pictures than on others: it was probably trained on them")
    hits = int((hidden.argmax(1) == right.numpy()).sum())
    print(json.dumps({"right": hits, "of": len(right), "parameters": count}))
