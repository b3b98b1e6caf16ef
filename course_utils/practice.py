"""Practice over all labs so far: ``practice.review()`` in any notebook asks one question after the other."""

import importlib
import random
import sys
from pathlib import Path

from course_utils import journal, reference
from course_utils.judging.practice import Deck, Question, Source
from course_utils.mistakes import Mistake, Spoken, called_as

SPOKEN = "practice.review()"
sys.modules[__name__].__class__ = Spoken


@called_as('practice.review(), or practice.review("neuron") for one topic')
def review(topic: str = "") -> Question:
    """Draw a question from the labs so far: all up to the one that is open, and those in which anything was tried.

    Parameters
    ----------
    topic
        The name of one topic; of any if left out.

    Raises
    ------
    Mistake
        If there is no such topic in these labs.
    """
    sources = [source for lab in labs_so_far() for source in sources_of(lab)]
    names = {source.topic.name for source in sources}
    if topic and topic not in names:
        raise Mistake(f"the labs so far have practice in {', '.join(sorted(names))}; not in {str(topic)[:60]!r}")
    again = f"practice.review({topic!r})" if topic else "practice.review()"
    deck = Deck(sources, mixed=not topic, again=again)
    return deck.draw(topic or random.SystemRandom().choice(sorted(names)))


def labs_so_far() -> list[str]:
    """Return the labs whose topics are mixed; the first where nothing is known."""
    labs, record = reference.labs(), journal.read()
    begun = {lab for lab, _ in (*record.exercises, *record.practice)}
    here = Path.cwd().name
    last = labs.index(here) if here in labs else 0
    return [lab for number, lab in enumerate(labs) if number <= last or lab in begun]


def sources_of(lab: str) -> list[Source]:
    """Return what can be practised in a lab."""
    package = importlib.import_module(f"course_utils.labs.{lab.split('_', 1)[-1]}")
    return [Source(topic, f"lab.{exercise.name()}", lab) for exercise in package.EXERCISES for topic in exercise.topics]
