"""The class report in a terminal, 80 columns wide or more."""

import textwrap
from collections.abc import Sequence

from course_utils.term.class_report import STANDINGS, Alike, Exercise, Look, Report, Wrong

SIGNS = {"right": "█", "partly": "▓", "wrong": "▒", "blank": "·", "open": "?"}
LONGEST = 30  # characters of an exercise's name
BAR = 20
MOST_NAMED = 2  # wrong ways of an exercise


def lines_of(report: Report, width: int = 80) -> list[str]:
    """Return the report in lines of at most so many characters (80 at least)."""
    width = max(width, 80)
    room = min(LONGEST, max((len(one.name) for one in report.exercises), default=8))
    legend = "  ".join(f"{SIGNS[one]} {one}" for one in STANDINGS)
    notes = [line for note in report.notes for line in textwrap.wrap(f"note: {note}", width)]
    lines = [*textwrap.wrap(report.title, width), *notes, legend, ""]
    lines.append(f"{'exercise':<{room}} {'':<{BAR}} right  mean  tells apart")
    for one in report.exercises:
        lines += _exercise(one, report, room, width)
    looks = [line for one in report.looks for line in _look(one, width)]
    lines += ["", *(["Who needs a look:", *looks] if looks else ["Nobody needs a look."])]
    if report.alike:
        lines += ["", "Unusually alike, a question to ask and no verdict (both texts: --html):"]
        lines += [line for one in report.alike for line in _alike(one, width)]
    return [*lines, ""]


def _alike(one: Alike, width: int) -> list[str]:
    who = " and ".join(one.names or [f"student {number}" for number in one.who])
    return textwrap.wrap(f"{who}: {one.detail}", width, initial_indent="  ", subsequent_indent="    ")


def _exercise(one: Exercise, report: Report, room: int, width: int) -> list[str]:
    name = one.name if len(one.name) <= room else one.name[: room - 1] + "…"
    right = f"{one.standings['right']} of {sum(one.standings.values())}"
    share = "" if one.share is None else f"{one.share:.0%}"
    apart = "" if one.discrimination is None else f"{one.discrimination:+.1f}".replace("-0.0", "+0.0")
    lines = [f"{name:<{room}} {bar(one):<{BAR}} {right:>8} {share:>5} {apart:>6}".rstrip()]
    ways = [way for way in report.wrong if way.exercise == one.name][:MOST_NAMED]
    return lines + [line for way in ways for line in _way(way, width)]


def bar(one: Exercise) -> str:
    """Return a bar of :data:`BAR` signs, in which everything that there is has one at least."""
    total = sum(one.standings.values())
    if not total:
        return ""
    parts = {name: one.standings[name] for name in STANDINGS if one.standings[name]}
    widths = {name: max(1, round(BAR * count / total)) for name, count in parts.items()}
    while sum(widths.values()) != BAR:
        widest = max(widths, key=lambda name: widths[name])
        widths[widest] += 1 if sum(widths.values()) < BAR else -1
    return "".join(SIGNS[name] * count for name, count in widths.items())


def _way(way: Wrong, width: int) -> list[str]:
    start = f"  {way.count:>3} × "
    return textwrap.wrap(way.title, width, initial_indent=start, subsequent_indent=" " * len(start))


def _look(one: Look, width: int) -> list[str]:
    who = ", ".join(one.names) if one.names else f"{len(one.who)} {'students' if len(one.who) > 1 else 'student'}"
    text = f"{one.what}: {one.detail} ({who})"
    return textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def trend_of(reports: Sequence[Report]) -> list[str]:
    """Return a line for each of several labs, so that they can be compared."""
    if len(reports) < 2:
        return []
    room = max(len(one.lab) for one in reports)
    return [
        f"{one.lab:<{room}} {'█' * round(BAR * one.mean / one.most if one.most else 0):<{BAR}} "
        f"{one.mean / one.most if one.most else 0:>4.0%} of {one.most:g} points, {one.students} submissions"
        for one in reports
    ] + [""]
