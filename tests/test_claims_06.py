"""What lab 06 and its homework say of accuracies comes out again, in three seeds."""

import pytest
from lesson import Lesson

from course_utils.checks.lab7_cnn.homework import look_at_network
from course_utils.data import load_fashion, load_shapes
from course_utils.data.loaders import make_loader

lesson, homework = Lesson("06_lab7_cnn"), Lesson("06_lab7_cnn_homework")
SEEDS = (1, 2, 3)
ANSWERS = ("build-cnn", "train-one-epoch", "evaluate")


@pytest.fixture(scope="module")
def names() -> dict:
    """What the lesson has at hand in section 6."""
    names = lesson.imports() | {"student_id": ""}
    for answer in ANSWERS:
        exec(lesson.cells()[answer].source, names)
    return names


@pytest.fixture(scope="module")
def reached(names) -> list[float]:
    """Accuracies of the lesson's first run, each from other first weights."""
    found = []
    for seed in SEEDS:
        source = lesson.cells()["first-run"].source.replace("torch.manual_seed(1)", f"torch.manual_seed({seed})")
        exec(source, names)
        found.append(names["first_run"]["accuracy"])
        assert names["first_run"]["first loss"] == pytest.approx(names["first_run"]["loss of guessing"], abs=0.15)
    return found


def test_about_80_percent_can_be_reached(reached):
    assert min(reached) > 0.72, reached
    assert sum(reached) / 3 == pytest.approx(0.8, abs=0.05), reached


def test_seeds_differ_by_a_few_points(reached):
    assert 0.003 < max(reached) - min(reached) < 0.12, reached


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sketch_rises_well_above_chance(names, seed):
    train, test = load_shapes(3000, 500)
    names["train_loader"], names["test_loader"] = make_loader(train, shuffle=True), make_loader(test)
    lesson.run("sketch = nn.Sequential", names, ("seed_everything(0)", f"seed_everything({seed})"))
    curves = names["curves"]
    assert curves.accuracy[-1] > 0.2
    assert curves.loss[-1] < curves.loss[0]


# --- the homework's model report


@pytest.fixture(scope="module")
def garments() -> list[tuple[float, float, float]]:
    """For each seed the accuracies of the model's baseline and convnet, and what the ablation's layer brings."""
    names, found = homework.imports(), []
    homework.run("learn, _ = load_fashion()", names)
    homework.run("def fit(network, pictures", names)
    pictures, labels = load_fashion().test.tensors()
    for seed in SEEDS:
        for answer in ("dense-baseline", "beat-the-baseline", "ablation"):
            source = homework.cells()[answer].source
            exec(source.replace("torch.manual_seed(0)", f"torch.manual_seed({seed})"), names)
        scores = [look_at_network(names[key], (pictures - 0.5) / 0.5)[0] for key in ("baseline", "convnet")]
        table = names["table"]
        found.append(
            (
                *((one.argmax(1) == labels).double().mean().item() for one in scores),
                table["accuracy with"] - table["accuracy without"],
            )
        )
    assert sum(p.numel() for p in names["convnet"].parameters()) == 59_126
    return found


def test_the_reports_accuracies_come_out(garments):
    for baseline, convnet, _ in garments:
        assert baseline == pytest.approx(0.805, abs=0.015)
        assert convnet == pytest.approx(0.835, abs=0.02)
        assert convnet > baseline + 0.01


def test_batch_norm_brings_points_in_a_small_network(garments):
    assert all(gain > 0 for *_, gain in garments), garments
    assert sum(gain for *_, gain in garments) / 3 > 0.015
