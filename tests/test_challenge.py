"""The class against itself: who meets whom, what counts, what is kept, what is shown, and what nobody sees."""

import contextlib
import io
import json
import pickle
import re
import shlex
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import call

from course_utils import handing_in
from course_utils.challenge import page, pairing, people, ranking, running, standings, tables, words
from course_utils.challenge.jobs import DUELS, NETWORKS
from course_utils.challenge.needed import needed
from course_utils.challenge.store import Store
from course_utils.course import CourseError
from course_utils.data import load_shapes
from course_utils.grading import workers
from course_utils.grading.here import NotGraded
from course_utils.grading.job import Check, Graded, Job
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.lab_options import Imports
from course_utils.labs.adversarial_examples import challenge
from course_utils.models import load_trained

ROOT = Path(__file__).resolve().parent.parent
IMPORTS = "import torch\nimport torch.nn.functional as F"
HANDED_OUT = "def attack(network, pictures, labels, eps):\n    return pictures"


# --- who meets whom


@pytest.mark.parametrize(("ones", "others", "rivals"), [(300, 300, 8), (40, 17, 5), (13, 50, 3), (20, 20, None)])
def test_drawn_pairings_are_balanced(ones, others, rivals):
    attacks, defences = {f"s{n}" for n in range(ones)}, {f"s{n}" for n in range(others)}
    found = pairing.pairings(attacks, defences, rivals, seed=3)
    wanted = rivals or pairing.RIVALS
    counts = Counter(one for one, _ in found), Counter(other for _, other in found)
    assert len(set(found)) == len(found)
    assert all(one != other for one, other in found)
    assert all(min(count.values()) >= wanted and max(count.values()) - min(count.values()) <= 3 for count in counts)
    assert tuple(map(len, counts)) == (ones, others)
    assert found == pairing.pairings(sorted(attacks), sorted(defences), rivals, seed=3)
    assert found != pairing.pairings(attacks, defences, rivals, seed=4)


def test_in_a_small_class_everybody_meets_everybody_else():
    who = list("abcde")
    assert sorted(pairing.pairings(who, who)) == sorted((a, b) for a in who for b in who if a != b)
    assert pairing.pairings(["a"], ["a"]) == pairing.pairings([], who) == []


# --- counting


def test_wilsons_interval():
    low, high = ranking.wilson(0, 10)
    assert (low, round(high, 3)) == (0.0, 0.278)
    assert [round(end, 3) for end in ranking.wilson(81, 263)] == [0.255, 0.366]  # Newcombe 1998, table I
    assert ranking.wilson(0, 0) == (0.0, 1.0)


def test_who_cannot_be_told_apart_shares_a_rank():
    scores = [ranking.Score(name, count, 1000) for name, count in zip("cabde", (800, 820, 700, 690, 300), strict=True)]
    order = ranking.ranked([*scores, ranking.Score("", 750, 1000)])
    assert [(one.student, one.rank) for one in order] == [("a", 1), ("c", 1), ("", 0), ("b", 3), ("d", 3), ("e", 5)]


def test_ties_are_measured_from_the_first_of_a_rank_and_do_not_creep():
    scores = [ranking.Score(str(number), 500 - 30 * number, 1000) for number in range(6)]
    assert [one.rank for one in ranking.ranked(scores)] == [1, 1, 1, 4, 4, 4]


def test_nobody_gains_or_loses_by_whom_they_have_met():
    attacks, defences = {"a": 0.1, "b": 0.4, "c": 0.0}, {"a": 0.3, "b": 0.5, "c": 0.2}
    met = {(one, other): attacks[one] + defences[other] for one in "abc" for other in "abc" if one != other}
    mine, theirs = ranking.levelled(met)
    for name in "abc":
        assert mine[name] == pytest.approx(attacks[name] + np.mean(list(defences.values())))
        assert theirs[name] == pytest.approx(defences[name] + np.mean(list(attacks.values())))


# --- names


def test_pseudonyms_stay_and_are_nobodys_to_guess():
    students = [f"s{number}" for number in range(300)]
    names = people.pseudonyms(b"key", students)
    assert len(set(names.values())) == 300
    assert all(re.fullmatch(r"[a-z]+-[a-z]+-\d\d(/\d)?", name) for name in names.values())
    few = people.pseudonyms(b"key", students[:20])
    assert few == {student: names[student] for student in few}
    assert sum(one == names[student] for student, one in people.pseudonyms(b"other", students).items()) < 5


def test_the_key_is_made_once_and_is_for_its_owner_alone(tmp_path):
    key = people.key_of(tmp_path)
    assert people.key_of(tmp_path) == key
    assert (tmp_path / people.KEY).stat().st_mode & 0o077 == 0


# --- what is run of a notebook


def test_an_attack_takes_what_it_stands_on_and_nothing_else():
    cells = [
        f"{IMPORTS}\nimport antigravity",
        "for _ in range(10**12):\n    pass",
        "def step(x, g):\n    return x + SIZE * g.sign()",
        "SIZE = 0.1\nfigure = draw()",
        "surrogate = make()\nfor epoch in range(3):\n    train(surrogate)",
        "def make():\n    return torch.nn.Linear(1, 1)",
        "%matplotlib inline",
        "def attack(network, x, y, eps):\n    surrogate(x)\n    return step(x, F.relu(x))",
        "print(attack)",
    ]
    assert needed(cells, "attack") == [IMPORTS, cells[2], "SIZE = 0.1", cells[4], cells[5], cells[7]]
    assert needed(cells[:-2], "attack") == []


@pytest.mark.parametrize("bomb", ["(" * 5000, "a" + "+a" * 9000, "def attack(", "-" * 15_000 + "1", "\0", "[" * 150])
def test_no_text_ends_the_reading(bomb):
    assert needed([bomb, HANDED_OUT], "attack") == [HANDED_OUT]
    with pytest.raises(ValueError, match="more than 150,000 characters"):
        needed([bomb] * (150_001 // len(bomb) + 1), "attack")


# --- a defence is data


def saved(**arrays) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in load_trained("shapes").state_dict().items()}


def test_weights_come_back_as_they_were_saved(tmp_path, weights, monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    assert "33,834 numbers" in challenge.save_defence(load_trained("shapes"), tmp_path / "defence.npz")
    read = challenge.read_defence((tmp_path / "defence.npz").read_bytes())
    again = challenge.from_text(challenge.as_text(read))
    assert list(again) == list(weights)
    assert all(np.array_equal(again[name].numpy(), weights[name]) for name in weights)


def test_nothing_is_saved_without_a_defence_or_at_grading(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert challenge.save_defence(None) == "No defence: nothing was written."
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    challenge.save_defence(load_trained("shapes"))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="not those of the lab's network"):
        challenge.save_defence(torch.nn.Linear(2, 2))


class Evil:
    """What pickle would run."""

    def __reduce__(self):
        return exec, ("raise SystemExit('it was run')",)


def with_header(name: str, header: str) -> bytes:
    """Return an archive with an array that claims to be something."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        text = header.encode() + b" " * (118 - len(header)) + b"\n"
        archive.writestr(name, b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + b"\0" * 100)
    return out.getvalue()


def zeros_that_unpack(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("head.bias.npy", b"\0" * size)
    return out.getvalue()


BROKEN = {
    "damaged": lambda w: saved(**w)[:-30],
    "no file of save_defence": lambda w: pickle.dumps(Evil()),
    "floating-point": lambda w: saved(**w | {"head.bias": np.array([Evil()] * 10, dtype=object)}),
    "head.bias has the shape": lambda w: saved(**w | {"head.bias": np.zeros(11)}),
    "head.bias is missing": lambda w: saved(**{name: one for name, one in w.items() if name != "head.bias"}),
    "'more' is none of its arrays": lambda w: saved(**w, more=np.zeros(3)),
    "not finite": lambda w: saved(**w | {"head.bias": np.full(10, np.nan)}),
    "beyond 1,000": lambda w: saved(**w | {"head.bias": np.full(10, 1e30)}),
    "1,000,000 are allowed": lambda w: b"\0" * 1_000_001,
    "more than a network's numbers": lambda w: zeros_that_unpack(50_000_000),
    "as many numbers as it says": lambda w: with_header(
        "head.bias.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }"
    ),
    "is no array": lambda w: with_header("head.bias.npy", "{'descr': '<f4', 'shape': __import__('os')}"),
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_broken_defence_is_refused_in_a_sentence(why, weights):
    with pytest.raises(ValueError, match=re.escape(why)):
        challenge.read_defence(BROKEN[why](weights))


# --- an attack keeps the rules, or does not count


def duel(attack, weights, number: int = 20):
    text = challenge.as_text(challenge.checked(weights))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        challenge.duel(attack, text, seed=5, number=number)
    return json.loads(out.getvalue())


def fgsm(network, x, y, eps):
    x = x.requires_grad_(True)
    (slope,) = torch.autograd.grad(torch.nn.functional.cross_entropy(network(x), y), x)
    return (x + eps * slope.sign()).clamp(0, 1)


def test_an_attack_within_the_budget_is_measured(weights):
    found = duel(fgsm, weights)
    assert (found["of"], found["fooled"]) == (20, found["clean"] - found["right"])
    assert found["fooled"] > 8
    assert found["whole"] > 0.8
    assert 0 < found["taken"] <= found["fooled"]
    assert duel(lambda network, x, y, eps: x.numpy(), weights)["fooled"] == 0


def spoiling(network, x, y, eps):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    return x


def test_an_attack_cannot_spoil_the_network_that_it_is_measured_in(weights):
    assert duel(spoiling, weights)["fooled"] == 0


class Secret(Exception):
    """A learner's own kind of error, whose name could say anything."""


def raising_a_class_of_its_own():
    yield from ()
    raise Secret


RULES = {
    "it moved a pixel by 0.0325, and 0.0314 is allowed": lambda n, x, y, eps: (x + 0.0325 * (x < 0.5)).clamp(0, 1),
    "it returned pixels from": lambda n, x, y, eps: x + eps * 0.99,
    "no finite numbers": lambda n, x, y, eps: x * float("nan"),
    "the shape (1, 3, 32, 32), and (20, 3, 32, 32) is wanted": lambda n, x, y, eps: x[:1],
    "it raised ValueError": lambda n, x, y, eps: int("the secret pictures"),
    "it failed, or returned no pictures": lambda n, x, y, eps: next(raising_a_class_of_its_own()),
    "returned no pictures": lambda n, x, y, eps: "the secret pictures",
}


@pytest.mark.parametrize("why", RULES)
def test_an_attack_that_breaks_a_rule_does_not_count_and_says_nothing_of_its_own(why, weights):
    with pytest.raises(CheckFailed, match=re.escape(why)) as caught:
        duel(RULES[why], weights)
    assert "ecret" not in str(caught.value)


# --- a class of four, without boxes


class Hired:
    """Runs nothing: what an attack does is read off its text. Notes what it was asked, and may be broken off."""

    def __init__(self, jobs: int = 10**6, fails: str = "nobody", interrupted: bool = False) -> None:
        self.asked, self.left, self.fails, self.interrupted = [], jobs, fails, interrupted

    def run(self, jobs):
        """Yield a result for each job."""
        for name, packed in jobs:
            job = Job.unpack(packed)
            checks = {cell["grade_id"]: self._check(job) for cell in job.bundle.cells if cell["grade"]}
            if self.fails in name:
                yield name, NotGraded("the machine")
                continue
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            self.asked += [f"{name}:{one}" for one in checks]
            yield name, Graded(job.submission.student, job.bundle.lab, job.key(), checks=checks).pack()

    def _check(self, job: Job) -> Check:
        text = job.submission.notebook.decode()
        if "breaks" in text:
            return Check(0.0, 1.0, "wrong", message="it moved a pixel by 0.1000, and 0.0314 is allowed")
        if "dies" in text:
            return Check(0.0, 1.0, "stopped", message="words of the check's own")
        if self.interrupted and "58" in text:
            return Check(0.0, 1.0, "interrupted", message="words of the check's own")
        fooled = int(re.search(r"fools (\d+)", text)[1])
        figures = {"of": 100, "clean": 90, "right": 90 - fooled, "fooled": fooled, "whole": 0.5, "moved": 0.7}
        return Check(1.0, 1.0, "right", message=json.dumps(figures | {"taken_for": "star", "taken": fooled // 2}))


def notebook(*cells: str) -> str:
    made = [{"cell_type": "code", "source": text, "metadata": {}} for text in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def hand_in(root: Path, student: str, attack: str = HANDED_OUT, defence: bytes = b"") -> None:
    folder = root / "submitted" / student / DUELS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{DUELS}.ipynb").write_text(notebook(IMPORTS, attack))
    if defence:
        (folder / "defence.npz").write_bytes(defence)


def attack_that(what: str) -> str:
    return f'def attack(network, x, y, eps):\n    """{what}"""\n    return x'


@pytest.fixture
def course_of_four(tmp_path, weights, monkeypatch) -> Path:
    monkeypatch.setattr(challenge, "pictures", lambda seed: load_shapes(1, 4, seed=seed).test.tensors())
    root = tmp_path / "course"
    for folder in (f"solutions/{DUELS}", f"notebooks/{DUELS}"):
        (root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (root / "solutions" / DUELS / f"{DUELS}.py").write_text("# %%\n")
    (root / "notebooks" / DUELS / f"{DUELS}.ipynb").write_text(notebook(IMPORTS, HANDED_OUT))
    hand_in(root, "ada", attack_that("fools 60"), saved(**weights))
    hand_in(root, "bela", attack_that("fools 58"), saved(**weights | {"head.bias": np.zeros(10)}))
    hand_in(root, "cleo", attack_that("breaks"), saved(**weights | {"head.bias": np.ones(10)}))
    hand_in(root, "dora", attack_that("dies"), b"PK\x03\x04 no archive")
    hand_in(root, "emil")  # as it was handed out
    return root


def run(root: Path, hired: Hired, **options) -> standings.Standing:
    return running.Challenge(root, DUELS, hired, **options).run()


def test_what_one_hands_in_costs_its_own_row_alone(course_of_four):
    found = run(course_of_four, Hired())
    attacks, defences = found.rankings
    assert [(one.student, one.rank, one.count, one.of) for one in attacks.scores] == [
        ("ada", 1, 180, 270),
        ("bela", 1, 174, 270),
    ]
    assert attacks.left_out == {
        "cleo": "it moved a pixel by 0.1000, and 0.0314 is allowed (in 3 of 3 pairings)",
        "dora": "it ran too long, used too much memory, or ended its process (in 4 of 4 pairings)",
    }
    assert defences.left_out == {"dora": "defence.npz is damaged, or no file of save_defence"}
    assert {one.student for one in defences.scores} == {"", "ada", "bela", "cleo"}
    assert all(one.rank == 1 for one in defences.scores if one.student)
    assert (found.aside, found.failures) == (1, [])


def test_nothing_is_run_twice_and_what_changed_is(course_of_four, weights):
    first = Hired()
    before = run(course_of_four, first)
    assert len(first.asked) == before.ran == 3 * 2 + 3 * 1 + 4  # others' defences and the lab's own
    again = Hired()
    assert run(course_of_four, again).rankings == before.rankings
    assert again.asked == []
    hand_in(course_of_four, "bela", attack_that("fools 10"))
    changed = Hired()
    assert [one.student for one in run(course_of_four, changed).rankings[0].scores] == ["ada", "bela"]
    assert {name.partition("#")[0] for name in changed.asked} == {"bela"}
    hand_in(course_of_four, "cleo", attack_that("breaks"), saved(**weights | {"head.bias": np.full(10, 2.0)}))
    other = Hired()
    run(course_of_four, other)
    assert sorted(name.partition(":")[0] for name in other.asked) == ["ada#0", "bela#0", "dora#0"]
    fresh = Hired()
    run(course_of_four, fresh, fresh=True)
    assert len(fresh.asked) == len(first.asked)


def test_a_run_that_was_killed_goes_on_where_it_was(course_of_four):
    killed, rest = Hired(jobs=2), Hired()
    with pytest.raises(KeyboardInterrupt):
        run(course_of_four, killed)
    path = course_of_four / ".spool" / f"challenge@{DUELS}" / "results.jsonl"
    path.write_bytes(path.read_bytes() + b'0123456789abcdef ["half a li')
    found = run(course_of_four, rest)
    assert len(killed.asked) + len(rest.asked) == 13
    assert not set(killed.asked) & set(rest.asked)
    assert found.known == len(killed.asked)
    assert len(Store(course_of_four, DUELS).known) == 13 + 4  # pairings, and random signs against four networks


def test_what_the_machine_could_not_do_is_said_and_tried_again(course_of_four):
    found = run(course_of_four, Hired(fails="ada"))
    assert found.failures == ["not run: the machine"]
    assert "ada" not in {one.student for one in found.rankings[0].scores}
    assert {name.partition("#")[0] for name in _asked(course_of_four)} == {"ada"}


def test_what_was_interrupted_from_outside_is_nobodys_loss_and_tried_again(course_of_four):
    found = run(course_of_four, Hired(interrupted=True))
    assert found.failures == ["not run: a process was ended from outside; the next run tries again"]
    assert [one.student for one in found.rankings[0].scores] == ["ada"]
    assert "bela" not in found.rankings[0].left_out
    assert {name.partition("#")[0] for name in _asked(course_of_four)} == {"bela"}


def _asked(root: Path) -> list[str]:
    hired = Hired()
    run(root, hired)
    return hired.asked


def test_a_job_holds_not_more_pairings_than_its_time_is_for(course_of_four, monkeypatch):
    monkeypatch.setattr(running.jobs, "AT_ONCE", 2)
    hired = Hired()
    run(course_of_four, hired)
    parts = Counter(name.partition(":")[0] for name in hired.asked)
    assert parts["ada#0"] + parts["ada#2"] == 3
    assert max(parts.values()) == 2


@pytest.fixture
def commanded(course_of_four, monkeypatch):
    """Run the command in the course of four."""

    @contextlib.contextmanager
    def hire(root, *, make=None, **_options):
        yield Hired()

    monkeypatch.setattr(workers, "hire", hire)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_: type("Size", (), {"columns": 80})())
    return lambda *words: call(monkeypatch, course_of_four, "challenge", *words)


def test_the_guide_s_commands_do_what_it_says(commanded, course_of_four):
    guide = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
    lines = re.findall(r"^course (challenge [^\n#]*)", guide.partition("## The class against itself")[2], re.M)
    assert len(lines) >= 3
    said = {line.strip(): commanded(*shlex.split(line)[1:]) for line in lines if NETWORKS not in line}
    assert {status for status, _ in said.values()} == {0}
    for name in ("challenge.html", "challenge.csv", "challenge.json"):
        assert (course_of_four / name).is_file()
    assert any("ada" in told for line, (_, told) in said.items() if "--names" in line)
    assert all("ada" not in told for line, (_, told) in said.items() if "--names" not in line)
    assert all(len(line) <= 80 for _, told in said.values() for line in told.splitlines() if "━" not in line)


def test_neither_ids_nor_hidden_pictures_are_on_the_page(course_of_four):
    found = run(course_of_four, Hired())
    key = people.key_of(course_of_four)
    called = words.called_for(people.pseudonyms(key, found.students))
    seeds = [str(people.drawn(key, "duel", one.attack, one.defence)) for one in found.duels]
    for text in (page.page_of(found, called), tables.to_csv(found, called), tables.to_json(found, called)):
        assert not [name for name in ("ada", "bela", "cleo", "dora", "emil", *seeds) if re.search(rf"\b{name}\b", text)]
        assert "<img" not in text
        assert called("ada") in text
    shown = page.page_of(found, called)
    assert "<svg" in shown
    assert not re.findall(r"(?:src|href)=|url\(|@import", shown)
    assert tables.to_csv(found, words.called_for({}), {"ada": "grey-owl-01"}).splitlines()[1].endswith("grey-owl-01")


def test_a_large_class_is_shown_in_groups():
    students = [f"s{number:02}" for number in range(50)]
    figures = {"of": 100, "clean": 90, "whole": 0.5, "moved": 0.5, "taken_for": "star", "taken": 1}
    duels = [
        standings.Duel(one, other, figures | {"right": 90 - int(one[1:]), "fooled": int(one[1:])})
        for one, other in pairing.pairings(students, students, 8)
    ]
    control = dict.fromkeys(students, figures | {"right": 85})
    lists = [standings.of_attacks(duels, 100), standings.of_defences(duels, control)]
    shown = page.page_of(standings.Standing(DUELS, lists, duels, control), words.called_for({}))
    picture = shown.partition("Who fools whom")[2].partition("</svg>")[0]
    numbers = [int(number) for number in re.findall(r">(\d+)</text>", picture)]
    assert "attacks 1 to 5<" in picture
    assert "defences 46 to 50<" in picture
    assert len(numbers) <= page.GROUPS**2
    assert 41 <= numbers[0] <= 45  # of attacks that fool 45 to 49
    assert 86 <= numbers[-1] <= 90  # and 0 to 4
    assert "s49" not in picture


def test_what_is_unusual_in_ids_stays_text(course_of_four):
    odd = "<script>alert(1)</script>&=1"
    found = run(course_of_four, Hired())
    called = words.called_for({"ada": odd, "cleo": odd})
    assert "<script>" not in page.page_of(found, called)


def test_bad_words_are_answered_in_one_sentence(commanded, course_of_four):
    (course_of_four / "solutions" / "01_neurons").mkdir()
    (course_of_four / "solutions" / "01_neurons" / "01_neurons.py").write_text("# %%\n")
    status, told = commanded("1")
    assert (status, told) == (2, f"01_neurons has no challenge. There are: {NETWORKS}, {DUELS}.\n")
    shutil.rmtree(course_of_four / "submitted")
    assert commanded("8")[0] == 2
    hand_in(course_of_four, "emil")
    status, told = commanded("8")
    assert (status, told) == (2, f"Nobody of those who handed in {DUELS} takes part in its challenge.\n")


def test_two_runs_at_a_time_are_refused(course_of_four):
    with (
        Store(course_of_four, DUELS).locked(),
        pytest.raises(CourseError, match="being graded by another process"),
    ):
        run(course_of_four, Hired())


def test_networks_are_ranked_and_who_wrote_nothing_stands_aside():
    outcomes = {
        "ada": {"right": 720, "of": 1000, "parameters": 9000},
        "bela": {"right": 730, "of": 1000, "parameters": 90_000},
        "cleo": {"why": "it raised ValueError"},
        "dora": {},
        "emil": {"right": 500, "of": 1000, "parameters": 1000},
    }
    found = standings.of_networks(outcomes)
    assert [(one.student, one.rank) for one in found.scores] == [("bela", 1), ("ada", 1), ("emil", 3)]
    assert found.left_out == {"cleo": "it raised ValueError"}


# --- handing in


def test_a_defence_is_handed_in_beside_its_notebook(tmp_path, monkeypatch):
    mine = tmp_path / f"{DUELS}.ipynb"
    shutil.copy(ROOT / "notebooks" / DUELS / mine.name, mine)
    (tmp_path / "defence.npz").write_bytes(b"weights")
    done = handing_in.submit(mine, "ada")
    assert (tmp_path / "hand-in" / "ada__defence.npz").read_bytes() == b"weights"
    assert done.sentences[-1].startswith("Upload these files ")
    assert done.sentences[-1].endswith(f"ada__{DUELS}.ipynb and {tmp_path}/hand-in/ada__defence.npz")


# --- in real boxes

FGSM = """def attack(network, pictures, labels, eps):
    x = pictures.requires_grad_(True)
    (slope,) = torch.autograd.grad(F.cross_entropy(network(x), labels), x)
    return (x + eps * slope.sign()).clamp(0, 1)"""
THIEF = """import os
from pathlib import Path

ROOT = Path({root!r})

def attack(network, pictures, labels, eps):
    places = [ROOT / ".challenge-key", ROOT / "submitted/ada/{lab}/defence.npz", ROOT / ".spool"]
    names = [name for place in (".", "/tmp", os.environ["HOME"]) for _, _, names in os.walk(place) for name in names]
    if any(os.path.exists(place) for place in places) or any("npz" in name for name in names):
        raise KeyError("a thief could see something")
    return pictures"""
HOSTILE = {
    "bela": (THIEF, ""),
    "cleo": ("import os\n\ndef attack(network, pictures, labels, eps):\n    os._exit(0)", "ended its process"),
    "dora": ("def attack(network, pictures, labels, eps):\n    while True:\n        pass", "took too long"),
    "emil": ("def attack(network, pictures, labels, eps):\n    return torch.zeros(10**10)", "raised RuntimeError"),
    "fred": ("attack = undefined\n\ndef attack(*all_of_them):\n    return 1", "does not run|returned"),
}


@pytest.mark.thorough
@pytest.mark.slow
def test_in_boxes_attacks_see_nothing_of_others_and_cost_nobody_else(course_of_four, monkeypatch):
    monkeypatch.undo()  # pictures as they are
    monkeypatch.setattr(running.jobs, "DUEL_SECONDS", 2)
    hand_in(course_of_four, "ada", FGSM)
    for student, (text, _) in HOSTILE.items():
        hand_in(course_of_four, student, text.replace("{root!r}", repr(str(course_of_four))).replace("{lab}", DUELS))
    with workers.hire(course_of_four, workers=1, imports=Imports()) as hired:
        found = run(course_of_four, hired)
    attacks, defences = found.rankings
    assert [(one.student, one.rank) for one in attacks.scores] == [("ada", 1), ("bela", 2)]
    assert attacks.scores[0].share > 0.5
    assert (attacks.scores[1].count, attacks.scores[1].note) == (0, "")
    assert set(attacks.left_out) == {"cleo", "dora", "emil", "fred"}
    for student, why in attacks.left_out.items():
        assert re.search(HOSTILE[student][1], why), (student, why)
    assert found.failures == []
    assert {one.met for one in defences.scores} == {1, 2}  # those two attacks, but one's own


NETWORK = "convnet = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))"


@pytest.mark.thorough
@pytest.mark.slow
def test_networks_of_the_homework_are_tried_on_hidden_pictures(tmp_path):
    for folder in (f"solutions/{NETWORKS}", f"notebooks/{NETWORKS}"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copy(ROOT / "notebooks" / NETWORKS / f"{NETWORKS}.ipynb", tmp_path / "notebooks" / NETWORKS)
    answers = {
        "ada": NETWORK,
        "bela": NETWORK.replace("784, 10)", "784, 1000), nn.Linear(1000, 10)"),
        "cleo": "int('no number')\n" + NETWORK,
        "dora": "convnet = 3",
        "emil": None,
    }
    for student, answer in answers.items():
        folder = tmp_path / "submitted" / student / NETWORKS
        folder.mkdir(parents=True)
        read = json.loads((tmp_path / "notebooks" / NETWORKS / f"{NETWORKS}.ipynb").read_bytes())
        cells = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in read["cells"]}
        cells["dense-baseline"]["source"] = "baseline = None"
        if answer is not None:
            cells["beat-the-baseline"]["source"] = answer
        (folder / f"{NETWORKS}.ipynb").write_text(json.dumps(read))
    with workers.hire(tmp_path, workers=1, imports=Imports()) as hired:
        found = running.Challenge(tmp_path, NETWORKS, hired).run()
    (ranked,) = found.rankings
    (only,) = ranked.scores
    assert (only.student, only.rank, only.of, only.note) == ("ada", 1, 1000, "7,850 parameters")
    assert 0 < only.share < 0.3  # never trained
    assert ranked.left_out == {
        "bela": "it has 795,010 parameters, and fewer than 100,000 are allowed",
        "cleo": "its cell does not run to its end",
        "dora": "convnet is no trained network that gives ten scores for each picture",
    }
    assert found.aside == 1


def test_a_rehearsal_leaves_a_notebook_as_it_found_it():
    network = load_trained("shapes")
    x, y = challenge.pictures(1, 4)
    torch.manual_seed(5)
    wanted = torch.rand(2)
    torch.manual_seed(5)
    said = challenge.rehearse(lambda _network, pictures, _labels, _eps: pictures + 0 * torch.rand(1), network, x, y)
    assert said.startswith("Keeps the rules.")
    assert torch.equal(torch.rand(2), wanted), "the random numbers go on where they were"
    assert float(torch.tensor([1e-40]) * 1) > 0, "small numbers stay what they are"
