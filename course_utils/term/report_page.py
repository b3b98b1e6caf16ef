"""The class report as a page that needs no other file: bars with text beside them, for light and dark screens."""

from collections.abc import Sequence
from html import escape

from course_utils.term.class_report import LEAST, STANDINGS, Exercise, Look, Report, Wrong
from course_utils.term.sheets import ESSAY

WORDS = {"right": "right", "partly": "partly right", "wrong": "wrong", "blank": "blank", "open": "not decided"}
STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --soft: #f3f4f6; --line: #c9ccd1; --dim: #55595f;
  --right: #007a57; --partly: #c78500; --wrong: #b23a00; --blank: #8b9097; --open: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececec; --paper: #16181b; --soft: #22262b; --line: #43484f;
  --dim: #aab0b8; --right: #2bb38a; --partly: #e0a030; --wrong: #e8703c; --blank: #767c84; --open: #4aa3df; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 66rem;
  margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin: 0 0 .5rem; } h2 { font-size: 1.35rem; margin: 3rem 0 .6rem; }
h3 { font-size: 1.08rem; margin: 2rem 0 .6rem; } p { margin: .4rem 0; max-width: 46em; }
.dim { color: var(--dim); } .tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: .8rem 0; }
.tile { background: var(--soft); border-radius: 8px; padding: .6rem 1rem; min-width: 7.5rem; }
.tile b { display: block; font-size: 1.4rem; line-height: 1.25; }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; margin: .4rem 0 .8rem; }
.key i, .bar i { background: var(--c); } .key i { display: inline-block; width: .9em; height: .9em;
  border-radius: 2px; margin-right: .4em; vertical-align: -.1em; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .8rem .5rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--dim); font-weight: 600; font-size: .88rem; vertical-align: bottom; }
tbody th { font-weight: 600; } td.n, th.n { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.bar { display: flex; gap: 2px; height: 1.05rem; min-width: 14rem; border-radius: 3px; overflow: hidden; }
.bar i { flex: var(--f) 0 3px; } .small { font-size: .88rem; color: var(--dim); }
th .small { font-weight: normal; }
.spread { display: flex; align-items: flex-end; gap: 4px; height: 7.5rem; max-width: 34rem; padding: 0;
  margin: .6rem 0 0; list-style: none; }
.spread li { flex: 1; text-align: center; font-size: .8rem; color: var(--dim); }
.spread i { display: block; background: var(--open); border-radius: 3px 3px 0 0; }
.way { border-left: 4px solid var(--line); padding: .1rem 0 .1rem 1rem; margin: .8rem 0; }
.way summary { cursor: pointer; } .way .two { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
@media (max-width: 46rem) { .way .two { grid-template-columns: 1fr; } }
pre { background: var(--soft); padding: .7rem .9rem; border-radius: 6px; overflow-x: auto; font-size: .85rem;
  margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
blockquote { margin: .3rem 0; padding: .4rem .9rem; background: var(--soft); border-radius: 6px; font-size: .92rem; }
ul.looks { padding-left: 1.2rem; } ul.looks li { margin: .35rem 0; }
"""
UNFOLDED = 5  # wrong ways whose example is seen at once
MOST_NUMBERS = 6  # of students in a line
ALIKE_MEANS = (
    "A question to ask, and no verdict: these answers are much closer to each other than either is to the class, "
    "whatever names and comments they have. People who learn together write alike; so do those who read the same page."
)
TELLS = (
    "“Tells apart” says how the points here go with those of the other exercises: near 1, who gets this right knows "
    "the rest, too; near 0 it says nothing about that; below 0 look at the exercise: those who know more get it wrong."
)


def page_of(reports: Sequence[Report], *, names: bool = False) -> str:
    """Return reports as a page."""
    title = f"Class report: {reports[0].lab}" if len(reports) == 1 else "Class report"
    who = "It names students: do not project it." if names else "No student is named on it."
    body = [f"<h1>{escape(title)}</h1>", f'<p class="dim">{who}</p>', _trend(reports)]
    body += [_lab(report, alone=len(reports) == 1) for report in reports]
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{''.join(filter(None, body))}</main>\n</body>\n</html>\n"
    )


def _trend(reports: Sequence[Report]) -> str:
    if len(reports) < 2:
        return ""
    rows = []
    for one in reports:
        share = one.mean / one.most if one.most else 0.0
        bar = _bar([("right", share), ("blank", 1 - share)], f"{share:.0%} of the points on average")
        link = f'<a href="#{escape(one.lab)}">{escape(one.lab)}</a>'
        rows.append(
            f'<tr><th scope="row">{link}</th><td>{bar}</td><td class="n">{share:.0%}</td>'
            f'<td class="n">{one.students}</td></tr>\n'
        )
    head = '<th scope="col">lab</th><th scope="col">points on average</th><th class="n" scope="col">mean</th>'
    last = '<th class="n" scope="col">submissions</th>'
    return f"<h2>From lab to lab</h2>\n{_table(head + last, rows)}"


def _table(head: str, rows: Sequence[str]) -> str:
    return (
        f'<div class="scroll" tabindex="0"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{''.join(rows)}</tbody>\n</table></div>\n"
    )


def _bar(parts: Sequence[tuple[str, float]], words: str) -> str:
    pieces = "".join(f'<i style="--c: var(--{name}); --f: {part:.4g}"></i>' for name, part in parts if part > 0)
    return f'<div class="bar" role="img" aria-label="{escape(words)}">{pieces}</div>'


def _lab(report: Report, *, alone: bool) -> str:
    head = "" if alone else f'<h2 id="{escape(report.lab)}">{escape(report.lab)}</h2>\n'
    return "".join(
        (head, _tiles(report), _spread(report), _looks(report), _exercises(report), _ways(report), _pairs(report)),
    )


def _tiles(report: Report) -> str:
    tiles = [
        ("submissions", f"{report.students}"),
        (f"of {report.most:g} points on average", f"{report.mean:.1f}"),
        ("points in the middle", f"{report.middle:g}"),
    ]
    tiles += [("could not be read", f"{report.unreadable}")] if report.unreadable else []
    tiles += [(f"points taken off for being late ({report.late})", f"{report.taken_off:g}")] if report.late else []
    waiting = len({who for look in report.looks if "person" in look.what or "fault" in look.what for who in look.who})
    tiles += [("wait for a person", f"{waiting}")] if waiting else []
    made = "".join(f'<div class="tile"><b>{escape(number)}</b>{escape(words)}</div>' for words, number in tiles)
    notes = "".join(f"<p>{escape(note)}.</p>\n" for note in report.notes)
    return f'<div class="tiles">{made}</div>\n{notes}'


def _spread(report: Report) -> str:
    """Return how the points are spread: ten columns, each with its number."""
    highest, columns = max([*report.spread, 1]), []
    for place, count in enumerate(report.spread):
        low, high = report.most * place / 10, report.most * (place + 1) / 10
        columns.append(
            f'<li title="{low:g} to {high:g} points: {count}">{count or ""}'
            f'<i style="height: {5 * count / highest:.2f}rem"></i>{low:g}</li>'
        )
    return (
        "<h3>How the points are spread</h3>\n"
        f'<ul class="spread" aria-label="students by points, in tenths">{"".join(columns)}</ul>\n'
        f'<p class="small">Students by points, in tenths of {report.most:g}.</p>\n'
    )


def _exercises(report: Report) -> str:
    key = "".join(f'<li><i style="--c: var(--{name})"></i>{words}</li>' for name, words in WORDS.items())
    head = '<th scope="col">exercise</th><th scope="col">how it went</th><th class="n" scope="col">points</th>'
    head += '<th class="n" scope="col">mean</th><th class="n" scope="col">tells apart</th>'
    small = "" if any(one.discrimination is not None for one in report.exercises) else f" It wants {LEAST} students."
    return (
        f'<h3>Exercise by exercise</h3>\n<ul class="key">{key}</ul>\n'
        f"{_table(head, [_exercise(one) for one in report.exercises])}"
        f'<p class="small">{TELLS}{small}</p>\n'
    )


def _exercise(one: Exercise) -> str:
    bar = _bar([(name, one.standings[name]) for name in STANDINGS], one.counted)
    below = [one.name] * bool(one.title) + ["a person gives the points"] * (one.kind == ESSAY)
    small = "".join(f'<br><span class="small">{escape(line)}</span>' for line in below)
    called = f'<th scope="row">{escape(one.title or one.name)}{small}</th>'
    mean = "–" if one.share is None else f"{one.share:.0%}"
    apart = "–" if one.discrimination is None else f"{one.discrimination:+.2f}"
    counted = ", ".join(f"{one.standings[name]} {WORDS[name]}" for name in STANDINGS if one.standings[name])
    return (
        f'<tr>{called}<td>{bar}<span class="small">{counted}</span></td>'
        f'<td class="n">{one.most:g}</td><td class="n">{mean}</td><td class="n">{apart}</td></tr>\n'
    )


def _ways(report: Report) -> str:
    if not report.wrong:
        return ""
    read = report.students - report.unreadable
    ways = [_way(one, read, unfolded=place < UNFOLDED) for place, one in enumerate(report.wrong)]
    return "<h3>What is behind the wrong answers</h3>\n" + "".join(ways)


def _way(one: Wrong, students: int, *, unfolded: bool) -> str:
    said = "".join(f"<p>{escape(line)}</p>" for line in one.said)
    share = f"{one.count} of {students} students, in {one.exercise}"
    example = f'<div><span class="small">One answer</span><pre>{escape(one.example)}</pre></div>' if one.example else ""
    told = (
        f'<div><span class="small">What its student reads</span><blockquote>{said}</blockquote></div>' if said else ""
    )
    return (
        f'<details class="way"{" open" if unfolded else ""}><summary><strong>{escape(one.title)}</strong> '
        f'<span class="small">{escape(share)}</span></summary><div class="two">{example}{told}</div></details>\n'
    )


def _pairs(report: Report) -> str:
    """Return the pairs that are unusually alike, each with both texts side by side."""
    if not report.alike:
        return ""
    items = []
    for one in report.alike:
        who = " and ".join(one.names or [f"student {number}" for number in one.who])
        texts = "".join(
            f'<p class="small">{escape(both.exercise)}</p><div class="two">'
            f"<pre>{escape(both.texts[0])}</pre><pre>{escape(both.texts[1])}</pre></div>"
            for both in one.exercises
        )
        items.append(
            f'<details class="way"><summary><strong>{escape(who)}</strong> <span class="small">{escape(one.detail)}'
            f"</span></summary>{texts}</details>\n"
        )
    return f"<h3>Unusually alike</h3>\n<p>{ALIKE_MEANS}</p>\n{''.join(items)}"


def _looks(report: Report) -> str:
    if not report.looks:
        return "<h3>Who needs a look</h3>\n<p>Nobody.</p>\n"
    named = any(look.names for look in report.looks)
    hint = "" if named else '<p class="small">Who it is: course report --names.</p>\n'
    items = "".join(f"<li>{_look(look)}</li>\n" for look in report.looks)
    return f'<h3>Who needs a look</h3>\n<ul class="looks">\n{items}</ul>\n{hint}'


def _look(look: Look) -> str:
    who = ", ".join(look.names) or (
        f"{len(look.who)} students"
        if len(look.who) > MOST_NUMBERS
        else f"student{'s' if len(look.who) > 1 else ''} {', '.join(map(str, look.who))}"
    )
    return f'<strong>{escape(look.what)}</strong>: {escape(look.detail)} <span class="dim">({escape(who)})</span>'
