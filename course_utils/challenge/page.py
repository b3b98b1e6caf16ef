"""A challenge as a page that needs no other file: lists with bars, who fools whom, and the same in words."""

from collections.abc import Iterable
from html import escape

from course_utils.challenge.ranking import Score
from course_utils.challenge.standings import Duel, Ranking, Standing
from course_utils.challenge.words import Called, strongest, who_takes_part

TITLES = {"networks": "Networks", "attacks": "Attacks", "defences": "Defences"}
LEGIBLE = 16  # attacks or defences: in a larger picture cells hold no numbers and names stand in the tips
SIDE, SMALL_SIDE, LARGEST = 34, 12, 900  # pixels of a cell, of a cell without a number, of the whole
NAMES = 150  # pixels for names
STEPS = ("#fde725", "#8fd744", "#35b779", "#21908c", "#31688e", "#443a83", "#440154")  # few stay right: dark
STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --soft: #f3f4f6; --line: #c9ccd1; --dim: #55595f;
  --bar: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececec; --paper: #16181b; --soft: #22262b; --line: #43484f;
  --dim: #aab0b8; --bar: #4aa3df; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 66rem;
  margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin: 0 0 .5rem; } h2 { font-size: 1.35rem; margin: 2.5rem 0 .6rem; }
p, li { max-width: 46em; } .dim { color: var(--dim); } .scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .35rem .8rem .35rem 0;
  border-top: 1px solid var(--line); vertical-align: top; } thead th { border-top: 0; color: var(--dim);
  font-size: .88rem; } td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.beside { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; } .beside > * { flex: 0 1 auto; }
.beside > .told { flex: 1 1 18rem; } svg text { fill: currentColor; font: 12px system-ui, sans-serif; }
svg { max-width: 100%; height: auto; }
.key { display: flex; gap: .8rem; list-style: none; padding: 0; flex-wrap: wrap; }
.key i { display: inline-block; width: .9em; height: .9em; margin-right: .35em; vertical-align: -.1em; }
"""


def page_of(standing: Standing, called: Called) -> str:
    """Return the page. Whoever takes part is called by what ``called`` says, and no picture is on it."""
    sentences = "".join(f"<p>{escape(one)}</p>\n" for one in strongest(standing, called))
    rules = "".join(f"<li>{escape(one)}</li>\n" for one in standing.rules)
    lists = "".join(_list(ranking, called) for ranking in standing.rankings)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Challenge {escape(standing.lab)}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>The class against itself: {escape(standing.lab)}</h1>\n<p>{escape(who_takes_part(standing))}</p>\n"
        f"{sentences}{_who_fools_whom(standing, called)}{lists}<h2>How it was measured</h2>\n<ul>\n{rules}</ul>\n"
        "</body></html>\n"
    )


# --- lists


def _list(ranking: Ranking, called: Called) -> str:
    rows = "".join(_row(one, called(one.student)) for one in ranking.scores)
    without = "".join(
        f"<li><strong>{escape(called(student))}</strong>: {escape(why)}</li>\n"
        for student, why in ranking.left_out.items()
    )
    left_out = f"<p>Without a place:</p>\n<ul>\n{without}</ul>\n" if without else ""
    head = (
        '<thead><tr><th class="n">rank</th><th>who</th><th>share and 95 % interval</th><th class="n">pictures</th>'
        '<th class="n">pairings</th><th>note</th></tr></thead>'
    )
    table = f'<div class="scroll"><table>{head}<tbody>\n{rows}</tbody></table></div>\n' if rows else "<p>Nobody.</p>\n"
    return f'<h2>{TITLES[ranking.name]}</h2>\n<p class="dim">Counted: {escape(ranking.counted)}.</p>\n{table}{left_out}'


def _row(one: Score, name: str) -> str:
    low, high = one.interval
    return (
        f'<tr><td class="n">{one.rank or "–"}</td><td>{escape(name)}</td><td>{_bar(one)} {one.share:.1%} '
        f'<span class="dim">({low:.1%} to {high:.1%})</span></td><td class="n">{one.count:,} of {one.of:,}</td>'
        f'<td class="n">{one.met}</td><td>{escape(one.note)}</td></tr>\n'
    )


def _bar(one: Score) -> str:
    low, high = one.interval
    return (
        '<svg width="160" height="12" viewBox="0 0 160 12" aria-hidden="true">'
        '<rect width="160" height="12" fill="var(--soft)"/>'
        f'<rect width="{160 * one.share:.1f}" height="12" fill="var(--bar)" opacity=".55"/>'
        f'<path d="M{160 * low:.1f} 6H{160 * high:.1f}" stroke="currentColor" stroke-width="2"/></svg>'
    )


# --- who fools whom


def _who_fools_whom(standing: Standing, called: Called) -> str:
    if not standing.duels:
        return ""
    attacks, defences = ([one.student for one in ranking.scores] for ranking in standing.rankings)
    attacks += [one for one in standing.rankings[0].left_out if one in {duel.attack for duel in standing.duels}]
    met = {duel.defence for duel in standing.duels}
    defences = [one for one in defences if one in met] + sorted(met - set(defences))
    return (
        '<h2>Who fools whom</h2>\n<div class="beside">\n'
        f"<div>{_matrix(standing.duels, attacks, defences, called)}</div>\n"
        f'<div class="told">{_key()}<p>Each row is an attack, each column a defence, the strongest first. A cell says '
        "how many of 100 attacked pictures the defence still recognises: the darker, the more are fooled. A cross is a "
        "pairing in which the attack broke a rule; an empty place is one that was not drawn, or both are of the same "
        f"learner.</p>{_beside(standing, called)}</div>\n</div>\n"
    )


def _key() -> str:
    each = 100 / len(STEPS)
    parts = [f"{each * place:.0f}–{each * (place + 1):.0f}" for place in range(len(STEPS))]
    pairs = zip(reversed(STEPS), parts, strict=True)
    items = "".join(f'<li><i style="background:{colour}"></i>{part}</li>' for colour, part in pairs)
    return f'<ul class="key">{items}<li>of 100 still right</li></ul>'


def _beside(standing: Standing, called: Called) -> str:
    """Return the picture in words: for the first attacks, whom they fool most and least."""
    lines = []
    for one in standing.rankings[0].scores[:5]:
        mine = sorted(
            (duel.outcome["right"] / duel.outcome["of"], called(duel.defence))
            for duel in standing.duels
            if duel.attack == one.student and duel.counts
        )
        (least, prey), (most, wall) = mine[0], mine[-1]
        lines.append(
            f"<li><strong>{escape(called(one.student))}</strong>: {escape(prey)} still sees {least:.0%} right, "
            f"{escape(wall)} {most:.0%}.</li>"
        )
    return f"<ul>{''.join(lines)}</ul>" if lines else ""


def _matrix(duels: Iterable[Duel], attacks: list[str], defences: list[str], called: Called) -> str:
    most = max(len(attacks), len(defences))
    legible = most <= LEGIBLE
    side = SIDE if legible else max(min(SMALL_SIDE, LARGEST / most), 2.5)
    left = top = NAMES if legible else 4
    width, height = left + side * len(defences), top + side * len(attacks)
    rows, columns = ({who: place for place, who in enumerate(them)} for them in (attacks, defences))
    cells = "".join(
        _cell(duel, left + side * columns[duel.defence], top + side * rows[duel.attack], side, legible, called)
        for duel in duels
    )
    names = _names(attacks, defences, side, called) if legible else ""
    told = f"{len(attacks)} attacks against {len(defences)} defences; the lists below hold the figures."
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-label="{escape(told)}">{names}{cells}</svg>'
    )


def _names(attacks: list[str], defences: list[str], side: float, called: Called) -> str:
    rows = [
        f'<text x="{NAMES - 6}" y="{NAMES + side * (place + 0.62):g}" text-anchor="end">{_short(called(who))}</text>'
        for place, who in enumerate(attacks)
    ]
    columns = [
        f'<text transform="translate({NAMES + side * (place + 0.62):g} {NAMES - 6}) rotate(-90)">'
        f"{_short(called(who))}</text>"
        for place, who in enumerate(defences)
    ]
    return "".join(rows + columns)


def _short(name: str, most: int = 21) -> str:
    return escape(name if len(name) <= most else name[: most - 1] + "…")


def _cell(duel: Duel, x: float, y: float, side: float, legible: bool, called: Called) -> str:
    who = f"{called(duel.attack)} against {called(duel.defence)}"
    place = f'x="{x:g}" y="{y:g}" width="{side - 1:g}" height="{side - 1:g}"'
    middle = f'x="{x + side / 2 - 0.5:g}" y="{y + side * 0.62:g}" text-anchor="middle"'
    if not duel.counts:
        told = escape(f"{who}: {duel.outcome.get('why', 'not run')}")
        mark = f"<text {middle}>×</text>" if legible else ""
        return f'<g><title>{told}</title><rect {place} fill="var(--soft)" stroke="var(--line)"/>{mark}</g>'
    right, of = duel.outcome["right"], duel.outcome["of"]
    step = min(int(right / of * len(STEPS)), len(STEPS) - 1)
    colour, ink = STEPS[len(STEPS) - 1 - step], "#000" if step > 2 else "#fff"
    number = f'<text {middle} style="fill:{ink}">{100 * right / of:.0f}</text>' if legible else ""
    told = escape(f"{who}: {right} of {of} still right")
    return f'<g><title>{told}</title><rect {place} fill="{colour}"/>{number}</g>'
