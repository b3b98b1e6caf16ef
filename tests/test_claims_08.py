"""What lab 08 says of accuracies and fooling rates comes out again: its own cells, with other seeds and pictures."""

from types import SimpleNamespace

import pytest
import torch
from lesson import Lesson
from thorough import one_in

from course_utils.data import load_shapes
from course_utils.labs import adversarial_examples
from course_utils.models import load_trained
from course_utils.training import accuracy

pytestmark = pytest.mark.slow

lesson = Lesson("08_adversarial_examples")
SEEDS = (0, 1, 2)
EPS = 8 / 255


@pytest.fixture(scope="module", params=one_in(3, SEEDS), ids=lambda seed: f"seed{seed}")
def run(request) -> SimpleNamespace:
    """What the lesson has at hand, with pictures and chance of another seed."""
    seed, names = request.param, lesson.imports()
    names["train"], names["test"] = load_shapes(3000, 200, seed=seed)
    names["x"], names["y"] = names["test"].tensors()
    names["X"], names["Y"] = names["train"].tensors()
    names["network"] = load_trained("shapes")
    for answer in ("input-gradient", "fgsm", "pgd", "universal-perturbation", "fooling-image"):
        exec(lesson.cells()[answer].source, names)
    chance = torch.Generator().manual_seed(seed)
    names["lab"] = adversarial_examples.for_student()
    names["signs"] = torch.randn(names["x"].shape, generator=chance).sign()
    kept = {key: names[key] for key in ("x", "y", "network")}
    return SimpleNamespace(seed=seed, chance=chance, names=names, **kept)


def right(run, model, pictures=None) -> float:
    """Return a model's accuracy on some changed pictures."""
    pictures = run.x if pictures is None else torch.as_tensor(pictures)
    return accuracy(model, pictures, run.y[: len(pictures)])


def noisy(run, eps: float) -> torch.Tensor:
    return (run.x + eps * run.names["signs"]).clamp(0, 1)


# --- sections 3 to 5: one step, its control, many steps


def test_an_attack_does_more_with_each_budget_and_random_signs_almost_nothing(run):
    clean = right(run, run.network)
    fgsm = [right(run, run.network, run.names["fgsm"](run.network, run.x, run.y, k / 255)) for k in (1, 2, 4, 8)]
    random = [right(run, run.network, noisy(run, k / 255)) for k in (1, 2, 4, 8)]
    assert clean > 0.88
    assert sorted([clean, *fgsm], reverse=True) == [clean, *fgsm]
    assert fgsm[-1] < 0.3
    assert min(random) > clean - 0.04


def test_ten_careful_steps_beat_a_large_one(run):
    x, y = run.x[:100], run.y[:100]
    one = run.names["fgsm"](run.network, x, y, 4 / 255)
    ten = run.names["pgd"](run.network, x, y, 4 / 255, 1 / 255, 10)
    assert right(run, run.network, ten) < right(run, run.network, one) - 0.03


# --- section 6: one noise for all


def test_one_noise_fools_a_quarter_of_unseen_pictures_and_random_signs_few(run):
    eps, network = 16 / 255, run.network
    delta = run.names["universal_perturbation"](network, run.names["X"][:200], eps, 6)
    before = network(run.x).argmax(1)

    def fooled(noise) -> float:
        return float((network((run.x + noise).clamp(0, 1)).argmax(1) != before).double().mean())

    draws = [fooled(eps * torch.randn((1, 3, 32, 32), generator=run.chance).sign()) for _ in range(3)]
    assert fooled(delta) > 0.2
    assert sum(draws) / 3 < 0.06  # the lesson says 3 of 100
    assert fooled(delta) > 3 * sum(draws) / 3


# --- section 7: confident about nothing


def test_noise_becomes_any_class_with_a_confidence_of_almost_1(run):
    found = [run.names["fooling_image"](run.network, target, 60, run.chance)[1] for target in range(10)]
    assert min(found) > 0.99


# --- section 8: transfer


def test_an_attack_works_best_where_it_was_made_and_part_of_it_transfers(run):
    change = ("seed_everything(1)", f"seed_everything({run.seed + 1})")
    lesson.run("def another_network", run.names, change)
    models = run.network, run.names["second"]
    for own, other in (models, models[::-1]):
        attacked = run.names["fgsm"](own, run.x, run.y, EPS)
        random = noisy(run, EPS)
        fall, transferred = (right(run, model) - right(run, model, attacked) for model in (own, other))
        assert fall > 0.4
        assert 0.02 < transferred < 0.6 * fall
        assert right(run, other, attacked) < right(run, other, random) - 0.02


# --- section 9: a defence and its price


def test_the_defended_network_withstands_twice_as_well_and_pays_for_it(run):
    lesson.run("adam = torch.optim.Adam(defended", run.names, ("manual_seed(0)", f"manual_seed({run.seed})"))
    plain, defended, fgsm, pgd = run.network, run.names["defended"], run.names["fgsm"], run.names["pgd"]
    attacked = {model: right(run, model, fgsm(model, run.x, run.y, EPS)) for model in (plain, defended)}
    assert 1.5 < attacked[defended] / attacked[plain] < 4  # "about twice as often"
    price = right(run, plain) - right(run, defended)
    assert 0 < price < 0.15
    x, y = run.x[:100], run.y[:100]
    one, many = fgsm(defended, x, y, 2 * EPS), pgd(defended, x, y, 2 * EPS, 2 * EPS / 3, 5)
    assert right(run, defended, many) < right(run, defended, one) < 0.3, "at 16/255 both are lost, under pgd earlier"


# --- section 11: how much is left


@pytest.mark.thorough
def test_more_steps_take_a_third_of_what_the_defence_keeps_and_blinding_defends_nothing(run):
    names = run.names
    lesson.run("adam = torch.optim.Adam(defended", names, ("manual_seed(0)", f"manual_seed({run.seed})"))
    exec(lesson.cells()["accuracy-left"].source, names)
    names |= {"few": run.x[:100], "few_labels": run.y[:100]}
    for words in ("guess_left = predictions.keep", "attacks = {"):
        lesson.run(words, names)
    alone = [right(run, names["defended"], one) for one in names["tried"]]
    left = names["accuracy_left"](names["defended"], torch.stack(names["tried"]), names["few_labels"])
    assert alone[3] < 0.75 * alone[1], "twenty steps against the one it was trained on"
    assert left <= min(alone) + 1e-6
    lesson.run("blinded = load_trained", names)
    own, others = (
        right(run, names["blinded"], names["fgsm"](one, run.x[:100], run.y[:100], EPS))
        for one in (names["blinded"], run.network)
    )
    assert own > right(run, run.network, run.x[:100]) - 0.03
    assert others < 0.35
    assert float((names["own"] == 0).double().mean()) > 0.8


# --- section 12: a patch


@pytest.mark.thorough
def test_a_learned_patch_turns_pictures_where_it_was_learned_and_noise_turns_none(run):
    names = run.names | {"is_grading": lambda: False}
    exec(lesson.cells()["patch-step"].source, names)
    for words in ("def paste(", "def learn_patch("):
        lesson.run(words, names)
    lesson.run("chance = torch.Generator", names, ("manual_seed(0)", f"manual_seed({run.seed})"))
    lesson.run("guess_patches = predictions.keep", names)
    lesson.run("become dots, patch lies", names)
    rates = names["rates"]
    assert max(*rates["random"], *rates["cut from dots"]) < 0.05
    assert rates["learned in the middle"][0] > 0.9
    assert rates["learned in the middle"][1] < 0.36
    assert 0.36 < rates["learned anywhere"][1] < 0.68
    assert rates["learned anywhere"][0] > 0.8
    patch = names["learn_patch"](names["patch_step"], 0, names["anywhere"])
    others = run.x[run.y != 0]
    carrying = names["paste"](others, patch, names["anywhere"](len(others)))
    assert 0.08 < float((run.network(carrying).argmax(1) == 0).double().mean()) < 0.28, "one in six become a disc"


# --- section 13: pictures for an inner unit


def neighbours_alike(picture: torch.Tensor) -> float:
    """Return how far each pixel correlates with its neighbour: along rows or along columns, whichever is more."""
    pairs = (picture[..., 1:], picture[..., :-1]), (picture[..., 1:, :], picture[..., :-1, :])
    return max(float(torch.corrcoef(torch.stack([one.flatten() for one in pair]))[0, 1]) for pair in pairs)


@pytest.mark.thorough
def test_pictures_for_units_show_what_was_learned_and_not_what_the_network_needs(run):
    pictures, labels = load_shapes(10, 500, seed=run.seed)[1].tensors()
    names = run.names | {"x": pictures, "y": labels}
    exec(lesson.cells()["unit-step"].source, names)
    for words in ("body = network[:9]", "guess_times = predictions.keep"):
        lesson.run(words, names)
    seeds = ("manual_seed(0)", f"manual_seed({run.seed})"), ("seed=0", f"seed={run.seed}")
    lesson.run("def climb(", names, *seeds)
    lesson.run("strongest = y", names)
    assert names["alive"].sum() > 48
    assert 1.3 < min(names["times"]) < max(names["times"]) < 8
    assert 2.5 < sum(names["times"]) / 6 < 5.5
    alike = [neighbours_alike(one) for both in names["made"] for one in both]
    assert min(alike) > 0.2, "bars"
    assert sum(alike) / len(alike) > 0.35
    assert max(neighbours_alike(one) for one in names["untaught"]) < min(0.2, min(alike)), "grain"
    same = names["strongest"] == names["kinds"]
    assert (same.sum(0) >= 7).sum() > 20, "many units answer most to one class"
    maps, classes = names["maps"], [labels == k for k in names["kinds"]]
    before = run.network[9:](maps).argmax(1) == labels
    for unit in range(64):
        silenced = maps.clone()
        silenced[:, unit] = 0
        after = run.network[9:](silenced).argmax(1) == labels
        lost = before[classes[unit]].double().mean() - after[classes[unit]].double().mean()
        assert lost < 0.16, "no unit alone holds its class"
        assert unit not in names["units"][:4] or lost < 0.08
        assert unit not in names["units"][:4] or (names["answers"][:, unit] > 0).double().mean() > 0.95


@pytest.mark.thorough
def test_pictures_for_units_of_the_photo_network_are_no_grain(run):
    from course_utils.models.mobilenet import find_weights

    if find_weights()[0] is None:
        pytest.skip("the weights of MobileNetV2 are not here")
    names = run.names | {"photo_network": run.names["load_mobilenet"]()}
    exec(lesson.cells()["unit-step"].source, names)
    names["x"], names["y"] = run.x[:20], run.y[:20]
    lesson.run("body = network[:9]", names)
    seeds = ("manual_seed(0)", f"manual_seed({run.seed})"), ("seed=0", f"seed={run.seed}")
    lesson.run("def climb(", names, *seeds)
    torch.manual_seed(run.seed)
    lesson.run("photo_net = photo_network.network", names, ("    figures.show", "    figures.plot_photo_units  #"))
    alike = {name: [neighbours_alike(one) for one in rows] for name, rows in names["rows"].items()}
    assert sum(alike["trained"]) / 3 > sum(alike["untaught"]) / 3 + 0.15
