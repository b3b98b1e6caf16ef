"""A challenge in the terminal, and its strongest in sentences that are made from figures, never from code."""

import textwrap
from collections import Counter
from collections.abc import Callable

from course_utils.challenge.ranking import Score
from course_utils.challenge.standings import HOUSE, Ranking, Standing, together

Called = Callable[[str], str]
HOUSES = "the lab's own network"
MOST = 25  # lines of a list in the terminal
BITS = 255  # grey levels


def lines_of(standing: Standing, called: Called, width: int = 80) -> list[str]:
    """Return all that the terminal shows, a line each, not wider than ``width``."""
    lines: list[str] = []
    for ranking in standing.rankings:
        lines += textwrap.wrap(f"{standing.lab}: {ranking.name} ({ranking.counted})", width)
        lines += [*table_of(ranking, called, width), ""]
    for sentence in [*strongest(standing, called), *standing.rules, sum_of(standing)]:
        lines += textwrap.wrap(sentence, width, break_long_words=False)
    return lines


def table_of(ranking: Ranking, called: Called, width: int) -> list[str]:
    """Return a list as lines: rank, who, count, share, interval, and a note on lines of its own."""
    if not ranking.scores and not ranking.left_out:
        return ["  nobody"]
    room = max([len(called(one.student)) for one in ranking.scores] + [len("who")])
    room = min(room, width - 45)
    head = f"{'rank':>5}  {'who':<{room}}  {'pictures':>14}  {'share':>6}  {'95 %':>11}"
    lines = [head] if ranking.scores else []
    for one in ranking.scores[:MOST]:
        lines.append(_line(one, called(one.student), room))
        lines += _below(one.note, width)
    if len(ranking.scores) > MOST:
        lines.append(f"       and {len(ranking.scores) - MOST} more; all of them: --html, --csv or --json")
    for student, why in list(ranking.left_out.items())[:MOST]:
        lines += textwrap.wrap(f"without a place: {called(student)}: {why}", width, subsequent_indent="    ")
    if len(ranking.left_out) > MOST:
        lines.append(f"and {len(ranking.left_out) - MOST} more without a place")
    return lines


def _line(one: Score, name: str, room: int) -> str:
    low, high = one.interval
    count, between = f"{one.count:,} of {one.of:,}", f"{low:.1%} – {high:.1%}".replace("%", "")
    name = name if len(name) <= room else name[: room - 1] + "…"
    return f"{one.rank or '–':>5}  {name:<{room}}  {count:>14}  {one.share:>6.1%}  {between:>11}"


def _below(note: str, width: int) -> list[str]:
    return textwrap.wrap(note, width - 7, initial_indent=" " * 7, subsequent_indent=" " * 7) if note else []


def called_for(names: dict[str, str]) -> Called:
    """Return what everybody is called, the lab's own network among them."""
    return lambda student: HOUSES if student == HOUSE else names.get(student, student)


def strongest(standing: Standing, called: Called) -> list[str]:
    """Return what the first of each list did, in a sentence or two of figures."""
    say = {"networks": _network, "attacks": _attack, "defences": _defence}
    return [
        say[ranking.name](standing, ranking, best, called)
        for ranking in standing.rankings
        if (best := ranking.best) is not None
    ]


def _shared(ranking: Ranking) -> str:
    others = sum(one.rank == 1 for one in ranking.scores) - 1
    return f" It shares the first rank with {others} other{'s' if others > 1 else ''}." if others else ""


def _network(_standing: Standing, ranking: Ranking, best: Score, called: Called) -> str:
    return (
        f"The strongest network, {called(best.student)}'s, recognises {best.count} of {best.of:,} hidden pictures with "
        f"{best.note}.{_shared(ranking)}"
    )


def _attack(standing: Standing, ranking: Ranking, best: Score, called: Called) -> str:
    found = together(standing.duels, attack=best.student)
    name, often = found["taken"]
    easiest = found["best"]
    return (
        f"The strongest attack, {called(best.student)}'s, fools {best.share:.0%} of the pictures that were right. It "
        f"moves {found['whole']:.0%} of the pixels by the whole budget, and uses {found['moved']:.0%} of it on "
        f"average; what it fools is taken for a {name} most often ({often} of {found['fooled']}). Its easiest prey was "
        f"{_of(called(easiest.defence))}: {easiest.outcome['right']} of {easiest.outcome['of']} stayed right."
        f"{_shared(ranking)}"
    )


def _defence(standing: Standing, ranking: Ranking, best: Score, called: Called) -> str:
    found = together(standing.duels, defence=best.student)
    worst = found["worst"]
    chance = standing.control.get(best.student, {})
    noise = f"; random signs of the same size leave {chance['right']} of {chance['of']}" if chance else ""
    return (
        f"The strongest defence, {called(best.student)}'s, stays right on {best.share:.0%} of the attacked pictures, "
        f"of {found['clean'] / found['of']:.0%} without attack{noise}. {_upper(_of(called(worst.attack)))} attack cost "
        f"it most: {worst.outcome['right']} of {worst.outcome['of']} stayed right.{_shared(ranking)}"
    )


def _of(name: str) -> str:
    return name if name == HOUSES else f"{name}'s"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def sum_of(standing: Standing) -> str:
    """Return in a line how many take part, and what was run."""
    return f"{who_takes_part(standing)} {standing.ran} results are new, {standing.known} were known."


def who_takes_part(standing: Standing) -> str:
    """Return how many take part."""
    aside = f", and of {standing.aside} more there is nothing for it" if standing.aside else ""
    return f"Taking part: {len(standing.students)}{aside}."


def lines_of_failures(standing: Standing) -> list[str]:
    """Return what could not be run, each sentence once."""
    return [f"{line} ({count}×)" if count > 1 else line for line, count in Counter(standing.failures).items()]
