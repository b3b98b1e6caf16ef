"""A challenge as CSV and as JSON: for a spreadsheet, and for whoever wants to go on counting."""

import json
from collections.abc import Mapping
from typing import Any

from course_utils import files
from course_utils.challenge.ranking import Score
from course_utils.challenge.standings import Standing
from course_utils.challenge.words import Called, strongest

HEAD = ["list", "rank", "who", "pictures", "of", "share", "low", "high", "pairings", "note"]


Pseudonyms = Mapping[str, str] | None  # by id, to be told beside the ids; None where ids are not told


def to_csv(standing: Standing, called: Called, known: Pseudonyms = None) -> str:
    """Return a row for each score and for each who has no place, with pseudonyms in a last column beside ids."""

    def more(student: str) -> list[object]:
        return [] if known is None else [known.get(student, "")]

    rows: list[list[object]] = [[*HEAD, *(["pseudonym"] if known is not None else [])]]
    for ranking in standing.rankings:
        for one in ranking.scores:
            low, high = (round(end, 4) for end in one.interval)
            figures = [one.count, one.of, round(one.share, 4), low, high, one.met, one.note]
            row = [ranking.name, one.rank or None, called(one.student), *figures]
            rows.append([*row, *more(one.student)])
        for student, why in ranking.left_out.items():
            row = [ranking.name, None, called(student), *[None] * 6, why]
            rows.append([*row, *more(student)])
    return files.as_csv(rows)


def to_json(standing: Standing, called: Called, known: Pseudonyms = None) -> str:
    """Return everything as JSON: lists, duels, control, rules; pseudonyms by id only where ids are told."""
    found: dict[str, Any] = {
        "lab": standing.lab,
        "lists": [
            {
                "name": ranking.name,
                "counted": ranking.counted,
                "scores": [_score(one, called) for one in ranking.scores],
                "without a place": {called(student): why for student, why in ranking.left_out.items()},
            }
            for ranking in standing.rankings
        ],
        "duels": [
            {"attack": called(one.attack), "defence": called(one.defence), **one.outcome} for one in standing.duels
        ],
        "random signs": {called(student): outcome for student, outcome in standing.control.items()},
        "strongest": strongest(standing, called),
        "rules": standing.rules,
    }
    if known is not None:
        found["pseudonyms"] = dict(known)
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _score(one: Score, called: Called) -> dict[str, Any]:
    low, high = one.interval
    return {
        "who": called(one.student),
        "rank": one.rank or None,
        "pictures": one.count,
        "of": one.of,
        "share": round(one.share, 4),
        "interval": [round(low, 4), round(high, 4)],
        "pairings": one.met,
        "note": one.note,
    }
