"""Practice of lab 07: the numbers of a head, and labels in the wrong order."""

from course_utils.checks.transfer_learning import heads
from course_utils.practice.topic import Topic
from course_utils.variants import transfer_learning as questions


def _head_text(q) -> str:
    given = f"{q.channels} maps of {q.height}×{q.width} numbers"
    if q.pooled:
        given += ", each averaged to one number"
    return f"A linear head for {q.classes} classes on {given}, with biases; batches of {q.batch}.\nHow many parameters?"


def _folders_text(q) -> str:
    return (
        f"{q.first} road bikes, then {q.second} mountain bikes. The labels are {q.second} zeros, then {q.first} ones; "
        "they should be 0 for road, 1 for mountain.\nHow many labels are wrong?"
    )


TOPICS: dict[str, Topic] = {
    "head-size": Topic(questions.practice_head, _head_text, heads.torch_head, questions.head_ways),
    "label-bug": Topic(
        questions.practice_folders, _folders_text, lambda q: len(questions.wrong_places(q)), questions.bug_ways
    ),
}
