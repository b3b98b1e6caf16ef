"""Running a challenge: what is known is not run again, the rest goes to the grader's workers, all of it is counted."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils.challenge import entries, jobs, pairing, people, standings
from course_utils.challenge.entries import Entry
from course_utils.challenge.jobs import DUELS, NETWORKS, Outcome
from course_utils.challenge.ranking import LEVEL, RULE
from course_utils.challenge.standings import HOUSE, Duel, Standing
from course_utils.challenge.store import Store, key_of
from course_utils.course import CourseError
from course_utils.grading.cluster import Cluster
from course_utils.grading.driver import Watcher, limits
from course_utils.grading.here import Here, NotGraded
from course_utils.grading.job import Graded, Job, versions
from course_utils.grading.reading import handed_in, students_of

LABS = (NETWORKS, DUELS)


def refuse_other(lab: str) -> None:
    """Raise CourseError for a lab that has no challenge."""
    if lab not in LABS:
        raise CourseError(f"{lab} has no challenge. There are: {', '.join(LABS)}.")


@dataclass
class Challenge:
    """A challenge while it is run.

    Parameters
    ----------
    root, lab
        The course, and the lab's full name.
    hired
        Who runs learners' code.
    rivals, seed
        As for :func:`course_utils.challenge.pairing.pairings`.
    fresh
        Run everything, known or not.
    watcher
        Is told how it goes on.
    """

    root: Path
    lab: str
    hired: Here | Cluster
    rivals: int | None = None
    seed: int = 1
    fresh: bool = False
    watcher: Watcher = field(default_factory=Watcher)
    failures: list[str] = field(default_factory=list)
    ran: int = 0

    def run(self) -> Standing:
        """Run what is to be run, and return who stands where.

        Raises
        ------
        CourseError
            If the lab has no challenge, nobody takes part, or nothing can be run here.
        """
        refuse_other(self.lab)
        self.store, self.key = Store(self.root, self.lab, self.fresh), people.key_of(self.root)
        with self.store.locked():
            standing = self._networks() if self.lab == NETWORKS else self._duels()
        standing.failures, standing.ran = self.failures, self.ran
        left_out = handed_in(self.root, self.lab).left_out
        standing.failures += [f"left out: {line}" for line in left_out]
        if not standing.students and not standing.failures:
            raise CourseError(f"Nobody of those who handed in {self.lab} takes part in its challenge.")
        return standing

    # --- the homework's networks

    def _networks(self) -> Standing:
        seed, allowed = people.drawn(self.key, "garments"), limits(self.root, self.lab)
        outcomes: dict[str, Outcome] = {}
        asked: dict[str, Job] = {}
        for student in students_of(self.root, self.lab):
            entry = entries.read_network(self.root, self.lab, student)
            if not entry.takes_part:
                outcomes[student] = {}
            elif entry.why:
                outcomes[student] = {"why": entry.why["network"]}
            else:
                asked[student] = jobs.network(entry.cells, seed, allowed)
        keys = {student: job.key() for student, job in asked.items()}
        known = {student: found for student, key in keys.items() if (found := self.store.find(key)) is not None}
        todo = {student: job for student, job in asked.items() if student not in known}
        for student, found in self._done(todo, dict.fromkeys(todo, 1)):
            for outcome in found.values():
                self.store.keep({keys[student]: outcome})
                outcomes[student] = outcome
        outcomes |= known
        ranking = standings.of_networks({student: outcomes[student] for student in sorted(outcomes)})
        rules = ["1,000 pictures of garments, moved in a way that only this course's grader knows.", RULE]
        aside = sum(outcome == {} for outcome in outcomes.values())
        return Standing(self.lab, [ranking], rules=rules, aside=aside, known=len(known))

    # --- attack and defence

    def _duels(self) -> Standing:
        from course_utils.labs.adversarial_examples import challenge
        from course_utils.models import load_trained

        handed_out = entries.attack_handed_out(self.root, self.lab)
        everybody = students_of(self.root, self.lab)
        read = [entries.read_duellist(self.root, self.lab, student, handed_out) for student in everybody]
        found = {entry.student: entry for entry in read if entry.takes_part}
        attacks = {student: entry for student, entry in found.items() if entry.cells}
        weights = {student: entry.defence for student, entry in found.items() if entry.defence}
        drawn = pairing.pairings(attacks, weights, self.rivals, self.seed)
        weights[HOUSE] = challenge.as_text(challenge.checked(load_trained("shapes").state_dict()))
        pairs = [*drawn, *((student, HOUSE) for student in attacks)]
        outcomes, known = self._meet(attacks, weights, pairs)
        duels = [Duel(*pair, outcomes[pair]) for pair in sorted(outcomes)]
        control = {student: self._control(student, text) for student, text in weights.items()}
        ranked = [standings.of_attacks(duels, challenge.PICTURES), standings.of_defences(duels, control)]
        for ranking, name in zip(ranked, ("attack", "defence"), strict=True):
            ranking.left_out |= {who: entry.why[name] for who, entry in found.items() if name in entry.why}
        rules = [
            f"Budget {challenge.EPS * 255:g}/255 for each pixel; {challenge.PICTURES} new pictures for each pairing, "
            "drawn by a seed that only this course's grader knows.",
            self._who_met(drawn, attacks, weights),
            LEVEL,
            RULE,
        ]
        return Standing(self.lab, ranked, duels, control, rules, len(everybody) - len(found), known=known)

    def _who_met(self, drawn: list[tuple[str, str]], attacks: dict[str, Entry], weights: dict[str, str]) -> str:
        all_of_them = sum(one != other for one in attacks for other in weights if other != HOUSE)
        house = "and every attack the lab's own network"
        if len(drawn) == all_of_them:
            return f"Every attack has met every other learner's defence, {house}."
        least, most = pairing.spread(drawn)
        some = f"{least}" if least == most else f"{least} to {most}"
        return (
            f"Drawn pairings: {len(drawn)} of {all_of_them}, {some} for each attack and each defence "
            f"(seed {self.seed}), {house}. The intervals say what chance does with pictures, not with who was met."
        )

    def _meet(
        self, attacks: dict[str, Entry], weights: dict[str, str], pairs: list[tuple[str, str]]
    ) -> tuple[dict[tuple[str, str], Outcome], int]:
        """Return what came of each pairing, and how many were known."""
        about = json.dumps([versions(), jobs.DUEL_SECONDS])
        codes = {student: json.dumps(entry.cells) for student, entry in attacks.items()}
        digests = {student: key_of(text) for student, text in weights.items()}
        seeds = {pair: people.drawn(self.key, "duel", *pair) for pair in pairs}
        keys = {pair: key_of(codes[pair[0]], digests[pair[1]], str(seeds[pair]), about) for pair in pairs}
        outcomes = {pair: found for pair, key in keys.items() if (found := self.store.find(key)) is not None}
        known = len(outcomes)
        parts = dict(_in_parts([pair for pair in pairs if pair not in outcomes]))

        def job(part: str) -> Job:
            mine = {f"against-{number}": (weights[pair[1]], seeds[pair]) for number, pair in enumerate(parts[part])}
            return jobs.duels(attacks[parts[part][0][0]].cells, mine)

        made = _Lazily(parts, job)
        for part, found in self._done(made, {part: len(mine) for part, mine in parts.items()}):
            names = {f"against-{number}": pair for number, pair in enumerate(parts[part])}
            came = {names[name]: outcome for name, outcome in found.items()}
            self.store.keep({keys[pair]: outcome for pair, outcome in came.items()})
            outcomes |= came
        return outcomes, known

    def _control(self, student: str, text: str) -> Outcome:
        """Return what random signs do to a defence. No learner's code runs, so that is done here."""
        from course_utils.labs.adversarial_examples import challenge

        seed = people.drawn(self.key, "control", student)
        key = key_of("control", text, str(seed), json.dumps(versions()))
        found = self.store.find(key)
        if found is None:
            x, y = challenge.pictures(seed)
            found = challenge.measured(challenge.from_text(text), x, y, challenge.random_signs(x, seed).numpy())
            self.store.keep({key: found})
        return found

    # --- both

    def _done(self, made: Any, sizes: dict[str, int]) -> Iterator[tuple[str, dict[str, Outcome]]]:
        """Have jobs done, by their names, and yield what came of each as it comes."""
        if not sizes:
            return
        keys: dict[str, str] = {}

        def packed() -> Iterator[tuple[str, bytes]]:
            for name in sizes:
                job = made[name]
                keys[name] = job.key()
                yield name, job.pack()

        self.watcher.begin(self.lab, sum(sizes.values()))
        try:
            for name, result in self.hired.run(packed()):
                graded = Graded.unpack(result) if isinstance(result, bytes) else result
                bad = isinstance(graded, NotGraded) or graded.key != keys[name]
                for _ in range(sizes[name]):
                    self.watcher.step(name, bad)
                if isinstance(graded, NotGraded):
                    self._failed(graded.reason)
                elif bad:
                    self._failed("a worker has other versions of the libraries")
                else:
                    found = jobs.outcomes_of(graded)
                    self.ran += len(found)
                    if len(found) < sizes[name]:
                        self._failed("a process was ended from outside; the next run tries again")
                    yield name, found
        finally:
            self.watcher.end()

    def _failed(self, reason: str) -> None:
        sentence = f"not run: {reason}"
        self.failures += [sentence] if sentence not in self.failures else []


@dataclass
class _Lazily:
    """Jobs that are made when they are handed out: each holds the weights of ten defences."""

    parts: dict[str, list[tuple[str, str]]]
    make: Any

    def __getitem__(self, name: str) -> Job:
        job: Job = self.make(name)
        return job


def _in_parts(pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the pairings of each attack, not more than a job takes, each part under a name."""
    mine: dict[str, list[tuple[str, str]]] = {}
    for pair in pairs:
        mine.setdefault(pair[0], []).append(pair)
    for student, all_of_them in mine.items():
        for begin in range(0, len(all_of_them), jobs.AT_ONCE):
            yield f"{student}#{begin}", all_of_them[begin : begin + jobs.AT_ONCE]
