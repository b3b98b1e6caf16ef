"""The clinic: right answers, every known wrong way, and that its curves and experiments tell the causes apart."""

import json
from functools import cache

import numpy as np
import pytest
import torch
from harness import WrongWay, exercises_by_lab, judged, right_answers
from lesson import Lesson, edited
from thorough import one_in

from course_utils.labs import training_homework
from course_utils.labs.training_homework import clinic, deep, early_stopping, patients, trainings, valley
from course_utils.labs.training_homework.early_stopping import Curve, stops
from course_utils.labs.training_homework.patients import ALL, FAULTS, HEALTHY, Patient

lesson = Lesson("06_training_homework")
lab = training_homework.for_student()

STEPS, STOP, CLINIC, MEND, BLOCK = "first-steps", "early-stopping", "clinic", "mending", "block"
MINE = lab.first_steps.question
NUMBERS = valley.right(MINE)


def step_way(way) -> WrongWay:
    every = {**valley.wrong_ways(MINE), **valley.more_ways(MINE)}
    given = {part: value for part, value in every[way].items() if value is not None}
    given = {part: value[0] if isinstance(value, list) else value for part, value in given.items()}
    also = ("VW9",) if way.code == "VW10" else ()  # to three digits one of its two numbers is the other's, too
    return WrongWay(way.code, STEPS, lambda: (NUMBERS | given,), 1 - len(given) / 5, also=also)


@cache
def names() -> dict:
    return lesson.imports()


def changed(exercise: str, name: str, *changes: tuple[str, str]) -> tuple:
    """Return the model answer of an exercise with some passages changed."""
    mine = dict(names())
    exec(edited(lesson.cells()[exercise].source, *changes), mine)
    return (mine[name],)


def stop(code: str, *changes: tuple[str, str]) -> WrongWay:
    return WrongWay(code, STOP, lambda: changed(STOP, "stop_early", *changes))


def mend(code: str, *changes: tuple[str, str], share: float = 4 / 5) -> WrongWay:
    return WrongWay(code, MEND, lambda: changed(MEND, "train_and_judge", *changes), share)


def block(code: str, share: float | None, *changes: tuple[str, str]) -> WrongWay:
    return WrongWay(code, BLOCK, lambda: changed(BLOCK, "Block", *changes), share)


def all_of(way) -> WrongWay:
    cause = next(key for key, one in clinic.WAYS.items() if one is way)
    known = [one.fault for one in lab.clinic.question.values()]
    return WrongWay(way.code, CLINIC, lambda: (dict.fromkeys(patients.LETTERS, cause),), known.count(cause) / 10)


RETURNS, LAST = "return best + 1, epoch + 1", "return best + 1, len(losses)"
FORWARD = "return F.relu(self.two(F.relu(self.one(x))) + self.around(x))"
COUNTED = """    best, worse = 0, 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch:
            worse += 1
            if worse == patience:
                return best + 1, epoch + 1
"""
BEFORE = """    best, worse = 0, 0
    for epoch, loss in enumerate(losses):
        best = epoch if loss < losses[best] else best
        worse = worse + 1 if epoch and loss >= losses[epoch - 1] else 0
        if worse == patience:
            return best + 1, epoch + 1
"""
LOOP = """    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch - best == patience:
            return best + 1, epoch + 1
"""
STEPPED = "3, stride=stride, padding=1)\n        self.around"
SCALED = "(x - mean) / deviation, (x_there - mean) / deviation"

WRONG_WAYS = [
    *map(step_way, (*valley.WAYS, *valley.MORE_WAYS)),
    stop("ES1", (RETURNS, "return epoch + 1, epoch + 1")),
    stop("ES2", (LOOP, BEFORE)),
    stop("ES2", ("loss < losses[best]", "loss < losses[epoch - 1]")),
    stop("ES3", (LOOP, COUNTED)),
    stop("ES4", ("epoch - best == patience", "epoch - best > patience")),
    stop("ES5", ("loss < losses[best]", "loss <= losses[best]")),
    stop("ES6", (RETURNS, "return best, epoch"), (LAST, "return best, len(losses) - 1")),
    stop("ES7", (RETURNS, "return losses.index(min(losses)) + 1, epoch + 1")),
    stop("ES8", ("epoch - best == patience", "epoch - best == max(1, patience - 1)")),
    stop("ES9", ("epoch - best == patience", "False")),
    stop("ES10", ("loss < losses[best]", "loss > losses[best]")),
    stop("ES11", (RETURNS, "return epoch + 1, best + 1"), (LAST, "return len(losses), best + 1")),
    stop("ES12", (RETURNS, "return losses[best], loss"), (LAST, "return losses[best], losses[-1]")),
    stop("ES14", ("epoch - best == patience", "epoch - best == 1")),
    stop("ES15", ("epoch - best == patience", "sum(x > losses[best] for x in losses[best : epoch + 1]) == patience")),
    stop("ES16", (RETURNS, "return epoch, epoch + 1"), (LAST, "return len(losses) - 1, len(losses)")),
    stop("ES13", (RETURNS, "return best + 1, epoch"), (LAST, "return best + 1, len(losses) - 1")),
    *map(all_of, clinic.WAYS.values()),
    mend("MT1", ("in order.split(32):", "in enumerate(order.split(32)):"), ("for some", "for k, some"),
         ("y[some]", "y[32 * k : 32 * k + len(some)]")),
    mend("MT2", ("            optimiser.zero_grad()\n", "")),
    mend("MT3", ("F.cross_entropy(network(x[some]), y", "F.cross_entropy(network(x[some]).softmax(1), y"),
         ("F.cross_entropy(network(x_there), y", "F.cross_entropy(network(x_there).softmax(1), y")),
    mend("MT4", ("        network.eval()\n", "")),
    mend("MT5", ("        network.train()\n", "")),
    mend("MT6", (SCALED, "(x - mean) / deviation, x_there")),
    mend("MT7", (SCALED, "(x - mean) / deviation, (x_there - x_there.mean()) / x_there.std()")),
    mend("MT8", ("            optimiser.zero_grad()\n", ""),
         (".train()\n", ".train()\n        optimiser.zero_grad()\n")),
    mend("MT15", (".backward()\n", ".backward()\n            optimiser.zero_grad()\n")),
    mend("MT15", ("            optimiser.step()\n", "")),
    mend("MT9", ("F.cross_entropy(network(x[some])", "F.nll_loss(network(x[some])")),
    mend("MT10", ("network.train()", "network.eval()")),
    mend("MT11", ("x.mean(), x.std()", "x.mean(0), x.std(0)")),
    mend("MT12", ("network(x_there), y_there", "network(x), y"), share=0),
    mend("MT13", ("lr=learning_rate", "lr=learning_rate, momentum=0.9"), share=0),
    mend("MT14", ("order.split(32)", "order.split(16)"), share=0),
    block("RB1", None, (" + self.around(x)", "")),
    block("RB2", None, (FORWARD, "return F.relu(self.two(F.relu(self.one(x)))) + self.around(x)")),
    block("RB3", None, (FORWARD, "return self.two(F.relu(self.one(x))) + self.around(x)")),
    block("RB4", None, ("F.relu(self.one(x))", "self.one(x)")),
    block("RB5", 1 / 2, ("if stride != 1 or in_channels != out_channels:", "if True:")),
    block("RB7", None, ("F.relu(self.one(x))", "F.relu(self.one(x)).detach()")),
    block("RB6", None, ("+ self.around(x)", "+ F.relu(self.around(x))")),
    block("RB8", 1 / 2, ("3, stride=stride, padding=1", "3, padding=1"),
          ("3, padding=1)\n        self.around", STEPPED)),
    block("RB9", None, ("out_channels, 3, padding=1", "out_channels, 3")),
    block("RB10", 1 / 2, ("1, stride=stride", "1")),
    block("RB11", 1 / 2, ("if stride != 1 or", "if stride != 1 and")),
    block("RB12", 1 / 2, ("1, stride=stride", "1, stride=stride, bias=False")),
    block("RB13", None, ("F.relu(self.one(x))", "F.dropout(F.relu(self.one(x)))")),
    block("RB14", 1 / 2, ("in_channels, out_channels, 3", "in_channels, in_channels, 3"),
          ("nn.Conv2d(out_channels", "nn.Conv2d(in_channels")),
    block("RB15", None, (FORWARD, "x = self.one(x)\n        return F.relu(self.two(F.relu(x)) + x)")),
    block("RB16", None, (" + self.around(x)", " * self.around(x)")),
    block("RB17", None, ("F.relu(self.one(x))", "torch.tanh(self.one(x))")),
    block("RB18", None, ("self.two(F", "self.one(F")),
    block("RB21", None, (FORWARD, "return F.relu(self.two(F.relu(self.one(x)) + self.around(x)))")),
    block("RB20", None, ("self.two(F.relu(self.one(x)))",
          "nn.Conv2d(self.two.in_channels, self.two.out_channels, 3, padding=1)(F.relu(self.one(x)))")),
    block("RB19", 1 / 2, ("1, stride=stride", "3, stride=stride, padding=1")),
]  # fmt: skip
FINGERPRINTS = {
    "block": "7c7e0cb712fc57edc70303d52cc6b2fa",
    "practice parameters-of-a-block": "9bb9820034d624c02539945dcbf17d79",
    "clinic": "643c94606d19b9d0237f90d3d0d7d598",
    "practice causes-of-broken-trainings": "bdd45ec4a1e8bbe1fa7aab2e4a98b8d6",
    "early-stopping": "c4d60b2f26297c084ee5057f569e761f",
    "practice early-stopping": "8d17bc593c7b53a85eaec2f517e8c173",
    "first-steps": "8c204ffa560c1176702d133b25cf6e1e",
    "practice steps-with-momentum": "0a9466d990e650233140e4540074605c",
}


# --- the clinic


def has(patient: Patient, fault: str) -> bool:
    """Tell whether two experiments and the curves of a training speak for a fault, as the lesson and its hints say."""
    curves = patient.curves
    loss, there, right, right_there = (curves[name] for name in patients.CURVES)
    heart, tenth = patient.numbers("by heart"), patient.numbers("tenth of the rate")
    twice, (new,), (first,) = (patient.numbers(one) for one in ("judge twice", "new pictures", "first loss"))
    moves = float(np.ptp(loss)) > 1e-4
    return {
        "large rate": first < 3 and np.nanmin(loss) > 1.8 and np.ptp(loss) > 0.2 and tenth[-1] < 1.3,
        "small rate": moves and np.all(np.diff(loss) < 0) and loss[-1] > 2.2 and heart[2] > 2.1,
        "unscaled pixels": first > 20,
        "few pictures": loss[-1] < 0.1 and there[-1] > there.min() + 0.15,
        "two softmaxes": right[-1] > 0.5 and loss.min() > 1.46 and heart[2] > 1.46,
        "torn pairs": moves and first < 3 and 2.2 < loss[-1] < 2.4 and right[-1] < 0.2 and heart[2] < 0.5,
        "sorted pictures": heart[1] < 0.0005,
        "other parameters": not moves,
        "kept gradients": heart[2] > heart[1] > heart[0],
        "leak": right_there[-1] > new + 0.05 and there[-1] < 0.6,
        "training mode": twice[0] != twice[1],
        "shifted labels": right_there[-1] < 0.07 and right[-1] > 0.7,
    }[fault]


@pytest.mark.parametrize("seed", patients.SEEDS)
@pytest.mark.parametrize("name", ALL)
def test_curves_and_experiments_speak_for_one_cause(name, seed):
    found = [fault for fault in FAULTS if has(Patient("A", name, seed), fault)]
    assert found == ([] if name == HEALTHY else [name])


@pytest.mark.thorough
def test_further_seeds_show_the_same(monkeypatch):
    for seed in (3, 4, 5):
        runs = {name: trainings.look_into(trainings.RECIPES[name], seed) for name in ALL}
        found = {what: np.array([[run[what]] * 3 for run in runs.values()]) for what in runs[HEALTHY]}
        monkeypatch.setattr(patients, "kept", lambda found=found: found)
        for name in ALL:
            assert [fault for fault in FAULTS if has(Patient("A", name, 0), fault)] == [name] * (name != HEALTHY)


@pytest.mark.thorough
def test_the_package_holds_what_the_script_makes():
    for name, seed in (("healthy", 0), ("leak", 2)):
        again = trainings.look_into(trainings.RECIPES[name], seed)
        kept = patients.kept()["curves"][ALL.index(name), seed]
        assert np.abs(again["curves"][:, 0] - kept[:, 0]).max() < 0.05


def test_each_learner_has_ten_patients_of_twelve_causes_in_an_order_of_their_own():
    drawn = [training_homework.for_student(f"student{number}").clinic.question for number in range(40)]
    assert all(len({one.fault for one in mine.values()}) == 10 for mine in drawn)
    assert {one.fault for mine in drawn for one in mine.values()} == set(FAULTS)
    assert len({json.dumps([one.fault for one in mine.values()]) for mine in drawn}) == 40


def test_a_patient_does_not_say_what_it_has():
    mine = lab.clinic.question["A"]
    told = [repr(mine), str(mine), *(mine.experiment(one) for one in patients.EXPERIMENTS)]
    assert not any(fault in text for fault in FAULTS for text in told)


def test_a_wrong_cause_is_answered_with_what_would_be_seen():
    (right,) = right_answers(type(lab.clinic))
    found = judged(lab.clinic.check, right | {"A": "Two  Softmaxes"})
    assert (found.share, found.codes) == (9 / 10, ("CL5",))
    assert "above 1.46" in found.text


def test_two_softmaxes_cannot_come_below_what_the_hint_says():
    certain = torch.eye(10)[:1] * 1e3
    loss = torch.nn.functional.cross_entropy(certain.softmax(1), torch.tensor([0]))
    assert loss.item() == pytest.approx(1.46, abs=0.005)


# --- what the lesson says


def test_the_healthy_training_is_as_the_lesson_says():
    for seed in patients.SEEDS:
        _, there, right, right_there = Patient("A", HEALTHY, seed).curves.values()
        assert 0.84 < right[-1] < 0.92
        assert 0.74 < right_there[-1] < 0.82
        assert there[-1] < 0.75


@pytest.mark.slow
def test_fifty_pictures_are_overfitted():
    for seed in one_in(3, (0, 1, 2)):
        loss, there = trainings.overfit(seed).values()
        assert loss[-1] < 0.2
        assert 2 <= int(np.argmin(there)) <= 11
        assert there[-1] > min(there) + 0.03


def test_deep_plain_networks_stay_at_guessing_and_residual_ones_learn():
    plain, residual = deep.read_depths().loss
    assert np.abs(plain[1] - np.log(10)).max() < 0.02
    assert residual[1, :, -1].max() < 1.1
    assert max(plain[0, :, -1].max(), residual[0, :, -1].max()) < 1.1


@pytest.mark.thorough
def test_the_depths_are_what_the_script_makes():
    for depth in one_in(2, deep.DEPTHS):
        again = deep.train(depth, True, 0)[0]
        assert np.abs(again - deep.read_depths().loss[1, deep.DEPTHS.index(depth), 0]).max() < 0.1


def test_early_stopping_is_that_of_a_training_that_goes_on_epoch_by_epoch():
    rng = np.random.default_rng(1)
    for _ in range(200):
        curve = Curve(tuple(rng.integers(0, 9, rng.integers(1, 12)).tolist()), int(rng.integers(1, 4)))
        (answer,) = changed(STOP, "stop_early")
        assert answer(list(curve.losses), curve.patience) == stops(curve)
        assert set(early_stopping.wrong_ways(curve)) >= set(early_stopping.WAYS)


def test_the_listing_has_all_five_faults_and_the_mended_one_learns():
    mine = names() | {}
    lesson.run("def broken(network", mine)
    found = judged(lab.mending.check, mine["broken"])
    assert (found.share, set(found.codes)) == (0, {"MT1", "MT2", "MT3", "MT4", "MT6"})


@pytest.mark.slow
def test_the_mended_loop_comes_to_what_the_lesson_says():
    mine = names() | {}
    lesson.run("def broken(network", mine)
    lesson.run("def run_on_garments(loop", mine)
    (mended,) = changed(MEND, "train_and_judge")
    for seed in (0, 1, 2):
        assert 0.6 < mine["run_on_garments"](mended, seed)[-1] < 0.8
        assert mine["run_on_garments"](mine["broken"], seed)[-1] > 2.2


def test_a_block_of_batch_norms_is_told_that_it_has_more_than_it_needs():
    (found,) = changed(
        BLOCK,
        "Block",
        (
            "        self.around = nn.Identity()\n",
            "        self.around = nn.Identity()\n        self.spare = nn.Linear(2, 2)\n",
        ),
    )
    assert "other parameters" in judged(lab.block.check, found).text


def test_two_slips_of_early_stopping_are_told_together():
    late, places = ("- best == patience", "- best > patience"), (LAST, "return best, len(losses) - 1")
    (found,) = changed(STOP, "stop_early", late, (RETURNS, "return best, epoch"), places)
    assert judged(lab.early_stopping.check, found).codes[:2] == ("ES4", "ES6")


def test_a_fault_of_ones_own_is_told_beside_one_of_the_listing():
    changes = ("        network.eval()\n", ""), ("x.mean(), x.std()", "x.mean(0), x.std(0)")
    found = judged(lab.mending.check, *changed(MEND, "train_and_judge", *changes))
    assert (found.share, set(found.codes)) == (3 / 5, {"MT4", "MT11"})


def test_a_curve_that_ends_early_keeps_its_best_epoch():
    (last,) = changed(STOP, "stop_early", (LAST, "return len(losses), len(losses)"))
    assert judged(lab.early_stopping.check, last).share == 0
    (rounded,) = changed(
        STOP, "stop_early", ("    best = 0\n", "    losses, best = [round(one, 1) for one in losses], 0\n")
    )
    assert judged(lab.early_stopping.check, rounded).share == 0


def test_the_deviation_of_all_pixels_counts_as_one():
    assert judged(lab.mending.check, *changed(MEND, "train_and_judge", ("x.std()", "x.std(correction=0)"))).share == 1


def test_a_block_of_functions_with_parameters_of_its_own_is_right():
    class Own(torch.nn.Module):
        def __init__(self, in_channels, out_channels, stride=1):
            super().__init__()
            shapes = [(out_channels, in_channels, 3, 3), (out_channels, out_channels, 3, 3)]
            if stride != 1 or in_channels != out_channels:
                shapes.append((out_channels, in_channels, 1, 1))
            self.weights = torch.nn.ParameterList(torch.randn(shape) for shape in shapes)
            self.biases = torch.nn.ParameterList(torch.zeros(out_channels) for _ in shapes)
            self.stride = stride

        def forward(self, x):
            ways = list(zip(self.weights, self.biases, strict=True))
            inside = torch.nn.functional.conv2d(x, *ways[0], stride=self.stride, padding=1).relu()
            inside = torch.nn.functional.conv2d(inside, *ways[1], padding=1)
            return (inside + (torch.conv2d(x, *ways[2], stride=self.stride) if ways[2:] else x)).relu()

    assert judged(lab.block.check, Own).share == 1
    assert judged(lab.block.check_hidden, Own, seed=3).share == 1


def test_a_number_counts_to_three_digits_whatever_they_are():
    wrong = NUMBERS | {"adam y1": 7.99}  # Adam without the root comes near
    assert judged(lab.first_steps.check, wrong).share == 4 / 5
    assert judged(lab.first_steps.check, NUMBERS | {"largest rate": 0.1, "momentum x2": -2.4}).share == 1


def test_the_homework_is_worth_fifteen_points_and_a_fifth_of_them_is_for_words():
    assert sum(lesson.points().values()) + 3 == 15
    assert lesson.cells()["report"].metadata.nbgrader.points == 3
    assert {one.id for one in exercises_by_lab()[lesson.lab]} == {STEPS, STOP, CLINIC, MEND, BLOCK}


EQUIVALENT: dict[str, dict[str, str]] = {
    "early-stopping": {"stop_early(losses): without negative numbers": "a cross-entropy is never negative"},
    "mending": {
        "losses.append(F.cross_entropy(network(x_there), y_there).item()) → "
        "losses.append(F.cross_entropy(network(x_there), y_there))": "a number counts in a tensor, too",
        "with torch.no_grad(): → losses.append(F.cross_entropy(network(x_there), y_there).item())": (
            "the losses are the same, and slower"
        ),
        "train_and_judge(learning_rate): without negative numbers": "a learning rate is positive",
    },
}


WRONG_WAYS += [
    stop("ES6", (RETURNS, "return best, epoch"), (LAST, "return best, len(losses)")),
    stop("ES17", (LAST, "return best + 1, best + 1 + patience")),
    stop("ES18", ("loss < losses[best]", "loss < losses[best] - 0.1")),
    stop("ES19", ("    best = 0\n", """\
    windows = [losses[max(0, i - 1) : i + 2] for i in range(len(losses))]
    losses, best = [sum(one) / len(one) for one in windows], 0
""")),
    stop("ES20", (RETURNS,
           "return min(range(epoch - patience + 1, epoch + 1), key=lambda i: losses[i]) + 1, epoch + 1")),
]  # fmt: skip

WRONG_WAYS += [stop("ES21", ("epoch - best == patience", "epoch - best == 2 * patience"))]


@pytest.mark.parametrize("letter", patients.LETTERS)
def test_a_patients_numbers_fit_into_a_page_of_1024_pixels(letter):
    one = lab.clinic.question[letter]
    assert max(map(len, str(one).splitlines())) < 70


TWICE = "F.relu(self.two(F.relu(self.one(x))) + self.around(x))"
NARROW = """self.two = nn.Sequential(
            nn.Conv2d(out_channels, out_channels, 1), nn.ReLU(), nn.Conv2d(out_channels, out_channels, 3, padding=1)
        )"""
WRONG_WAYS += [
    stop("ES8", ("epoch - best == patience", "epoch - best == patience - 1")),
    stop("ES18", ("loss < losses[best]", "loss < 0.99 * losses[best]")),
    mend("MT1", ("y[some])", "y[: len(some)])")),
    mend("MT13", ("lr=learning_rate)", "lr=learning_rate / 2)"), share=0),
    mend(
        "MT16", ("optimiser.step()", "nn.utils.clip_grad_norm_(network.parameters(), 1.0); optimiser.step()"), share=0
    ),
    mend("MT13", ("lr=learning_rate)", "lr=learning_rate, momentum=0.9, nesterov=True)"), share=0),
    block("RB19", None, ("self.two = nn.Conv2d(out_channels, out_channels, 3, padding=1)", NARROW)),
    block("RB23", None, ("out_channels, 3, padding=1)", "out_channels, 3, padding=1, groups=out_channels)")),
    block("RB24", None, ("self.around(x)", "self.around(x.detach())")),
    block("RB22", None, ("3, padding=1)", "3, padding=1, padding_mode='reflect')")),
]
