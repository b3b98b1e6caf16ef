"""What lab 07 says of accuracies comes out again: its own cells, run with other pictures and draws."""

import pytest
from lesson import Lesson

from course_utils.data import load_bikes, load_shapes
from course_utils.models import load_trained

lesson = Lesson("07_transfer_learning")
SEEDS = (1, 2, 3)
FEW, MANY = 5, 100  # pictures a class


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed{seed}")
def names(request) -> dict:
    """What the lesson has at hand in section 8, with pictures of another seed."""
    return at_hand(request.param)


def at_hand(seed: int) -> dict:
    """Return what the lesson has at hand in section 8, with pictures of a seed."""
    names = lesson.imports()
    names["seed_everything"](seed)
    names["train"], names["test"] = load_shapes(400, 300, classes=("heart", "arrow"), seed=seed)
    names["ten"], names["source"], names["draw"] = names["train"].few(FEW, seed=seed), load_trained("shapes"), seed
    names["X_ten"], names["y_ten"] = names["ten"].tensors()
    names["X_test"], names["y_test"] = names["test"].tensors()
    for answer in ("extract-features", "fit-head"):
        exec(lesson.cells()[answer].source, names)
    for words in ("def share_right", "def borrowed", "def by_head", "def by_training", "def experiment"):
        lesson.run(words, names)
    return names


@pytest.fixture(scope="module")
def runs(names) -> dict[str, dict[int, float]]:
    """The lesson's experiment, one draw of the smallest and the largest training part."""
    found = names["experiment"]((FEW, MANY), (names["draw"],))
    return {way: {n: accs[0] for n, accs in row.items()} for way, row in found.items()}


def test_the_model_answer_holds_the_table_that_the_lesson_prints():
    """A graded notebook does not run the whole experiment: its table is pasted, and must be that of these pictures."""
    names = at_hand(1)  # the lesson's own pictures
    pasted = lesson.solution("learning-curve")["table"]
    for way, row in names["experiment"]((5, 10), (0, 1, 2)).items():
        for n, accs in row.items():
            assert sum(accs) / 3 == pytest.approx(pasted[way][n], abs=0.04), (way, n)


def test_a_fresh_network_learns_ten_pictures_by_heart_and_little_else(names):
    lesson.run("fresh = make_small_cnn", names)
    accuracy, fresh = names["accuracy"], names["fresh"]
    assert accuracy(fresh, names["X_ten"], names["y_ten"]) == 1
    assert accuracy(fresh, names["X_test"], names["y_test"]) < 0.65


def test_borrowed_features_start_far_above_chance_and_rise(runs):
    for way in ("frozen", "fine-tuned"):
        assert 0.55 < runs[way][FEW] < runs[way][MANY]
        assert runs[way][MANY] > 0.85
    assert runs["frozen"][FEW] > max(runs[way][FEW] for way in ("scratch", "random", "pixels")) + 0.08


def test_the_controls_stay_near_chance(runs):
    assert max(runs["pixels"].values()) < 0.62
    assert max(runs["random"].values()) < 0.7
    assert runs["scratch"][FEW] < 0.62


def test_scratch_leaves_chance_with_many_pictures_and_is_then_where_frozen_was_with_few(runs):
    assert 0.6 < runs["scratch"][MANY] < runs["frozen"][MANY] - 0.05
    assert abs(runs["scratch"][MANY] - runs["frozen"][FEW]) < 0.2


def test_bikes_are_about_as_well_known_as_hearts(names, runs):
    names["bikes"], names["more_bikes"] = load_bikes(200, 300, seed=names["draw"])
    lesson.run("F_bikes, F_more", names)
    assert names["right"] == pytest.approx(runs["frozen"][MANY], abs=0.09)


def test_no_wrong_preprocessing_is_as_good_as_the_right_one(names):
    lesson.run("without.standardise = nn.Identity()", names)
    lesson.run("F_25 = features(source, X_25)", names)
    measured = names["measured"]
    best = measured.pop("as in training")
    assert max(measured.values()) < best, measured
    assert max(measured["half the size"], measured["upside down"]) < best - 0.15, measured
