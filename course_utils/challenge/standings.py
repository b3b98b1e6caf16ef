"""Who stands where: outcomes of runs, counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from course_utils.challenge.jobs import Outcome
from course_utils.challenge.ranking import Score, levelled, ranked

HOUSE = ""  # in the place of a student: the lab's own network, and the control


@dataclass(frozen=True)
class Duel:
    """An attack against a defence, by students, and what came of it."""

    attack: str
    defence: str
    outcome: Outcome

    @property
    def counts(self) -> bool:
        """Whether there are figures."""
        return "fooled" in self.outcome


@dataclass
class Ranking:
    """One list of a challenge.

    Parameters
    ----------
    name
        "networks", "attacks" or "defences".
    counted
        What a score counts, in words.
    scores
        In order.
    left_out
        Why somebody has no place, by student.
    """

    name: str
    counted: str
    scores: list[Score] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def best(self) -> Score | None:
        """The first of the class; None if there is none."""
        return next((one for one in self.scores if one.student), None)


@dataclass
class Standing:
    """All that is shown of a challenge.

    Parameters
    ----------
    lab
        Its full name.
    rankings
        The lists.
    duels
        Who met whom; none where networks are compared.
    control
        What random signs do to each defence, by student.
    rules
        How it was measured, a sentence each.
    aside
        How many have handed in the lab, and nothing for the challenge.
    failures
        What could not be run, through nobody's fault here; the next run tries again.
    ran, known
        How many results are of this run, and of earlier ones.
    """

    lab: str
    rankings: list[Ranking]
    duels: list[Duel] = field(default_factory=list)
    control: dict[str, Outcome] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)
    aside: int = 0
    failures: list[str] = field(default_factory=list)
    ran: int = 0
    known: int = 0

    @property
    def students(self) -> list[str]:
        """Everybody who takes part."""
        found = {one.student for ranking in self.rankings for one in ranking.scores}
        found |= {student for ranking in self.rankings for student in ranking.left_out}
        return sorted(found - {HOUSE})


def of_networks(outcomes: Mapping[str, Outcome]) -> Ranking:
    """Return the list of the homework's networks."""
    ranking = Ranking("networks", "hidden pictures that are recognised")
    for student, outcome in outcomes.items():
        if "right" in outcome:
            note = f"{outcome['parameters']:,} parameters"
            ranking.scores.append(Score(student, outcome["right"], outcome["of"], note=note))
        elif "why" in outcome:
            ranking.left_out[student] = outcome["why"]
    ranking.scores = ranked(ranking.scores)
    return ranking


def of_attacks(duels: list[Duel], pictures: int) -> Ranking:
    """Return the list of attacks. A pairing in which one broke a rule counts as one that fooled nothing."""
    shares = {
        (one.attack, one.defence): one.outcome["fooled"] / max(one.outcome["clean"], 1) if one.counts else 0.0
        for one in duels
    }
    levels, _ = levelled(shares)
    ranking = Ranking("attacks", "pictures fooled, of those that were right before")
    for student in dict.fromkeys(one.attack for one in duels):
        mine = [one for one in duels if one.attack == student]
        failed = Counter(one.outcome.get("why", "it was not run") for one in mine if not one.counts)
        why, often = failed.most_common(1)[0] if failed else ("", 0)
        if often == len(mine):
            ranking.left_out[student] = f"{why} (in {often} of {len(mine)} pairings)"
            continue
        count = sum(one.outcome["fooled"] for one in mine if one.counts)
        of = sum(one.outcome["clean"] if one.counts else pictures for one in mine)
        note = f"{why} (in {often} of {len(mine)} pairings)" if failed else ""
        ranking.scores.append(Score(student, count, of, len(mine), note=note, level=levels[student]))
    ranking.scores = ranked(ranking.scores)
    return ranking


def of_defences(duels: list[Duel], control: Mapping[str, Outcome]) -> Ranking:
    """Return the list of defences. Attacks that broke a rule count for nothing here."""
    counted = {(one.attack, one.defence): one.outcome["right"] / one.outcome["of"] for one in duels if one.counts}
    _, levels = levelled(counted)
    ranking = Ranking("defences", "pictures still right under attack")
    for student in control:
        mine = [one.outcome for one in duels if one.defence == student and one.counts]
        if not mine and student != HOUSE:
            ranking.left_out[student] = "no attack that counts has met it"
        elif mine:
            of, clean = (sum(one[name] for one in mine) for name in ("of", "clean"))
            note = f"{clean / of:.0%} right without attack"
            count = sum(one["right"] for one in mine)
            ranking.scores.append(Score(student, count, of, len(mine), note=note, level=levels[student]))
    ranking.scores = ranked(ranking.scores)
    return ranking


def together(duels: list[Duel], **who: str) -> dict[str, Any]:
    """Return the figures of all duels of one attack, or of one defence (``attack="ada"``), joined.

    ``whole`` and ``moved`` are means; ``taken_for`` is the class that most fooled pictures were taken for in the most
    pairings.
    """
    (side, student), *_ = who.items()
    mine = [one for one in duels if getattr(one, side) == student and one.counts]
    if not mine:
        return {}
    sums = {name: sum(one.outcome[name] for one in mine) for name in ("of", "clean", "right", "fooled")}
    means = {name: sum(one.outcome[name] for one in mine) / len(mine) for name in ("whole", "moved")}
    taken = Counter[str]()
    for one in mine:
        taken[one.outcome["taken_for"]] += one.outcome["taken"]
    hardest = min(mine, key=lambda one: (one.outcome["right"] / one.outcome["of"], one.attack))
    easiest = max(mine, key=lambda one: (one.outcome["fooled"] / max(one.outcome["clean"], 1), one.defence))
    return {**sums, **means, "met": len(mine), "taken": taken.most_common(1)[0], "worst": hardest, "best": easiest}
