"""Toy data sets: the same everywhere, as many of each label, and of the shape that their names say."""

import hashlib
import random

import numpy as np
import pytest

from course_utils.toys import TOYS, load_toy, load_weather

FINGERPRINTS = {
    "blobs": "98e5b8baa9d1",
    "ring": "6b9cc0c035b2",
    "corners": "2d16e6acb3ed",
    "spiral": "45d3d935a419",
}


def digest(points, labels) -> str:
    return hashlib.sha256(repr((points.tolist(), labels.tolist())).encode()).hexdigest()[:12]


@pytest.mark.parametrize("name", TOYS)
def test_the_same_seed_gives_the_same_points_on_every_machine(name):
    assert digest(*load_toy(name, count=50, seed=3)) == FINGERPRINTS[name]


def test_the_weather_never_changes():
    assert digest(*load_weather(count=50)) == "92b60e5b18e8"


@pytest.mark.parametrize("name", TOYS)
def test_another_seed_gives_other_points(name):
    assert not np.array_equal(load_toy(name, seed=1)[0], load_toy(name, seed=2)[0])


@pytest.mark.parametrize("name", TOYS)
def test_labels_take_turns_and_points_stay_near(name):
    points, labels = load_toy(name, count=301)
    assert points.shape == (301, 2)
    assert labels.tolist() == [number % 2 for number in range(301)]
    assert abs(points).max() < 1.5


def test_the_ring_surrounds_the_disc():
    points, labels = load_toy("ring", count=500)
    radius = np.hypot(*points.T)
    assert radius[labels == 1].max() < 0.46 < 0.64 < radius[labels == 0].min()


def test_opposite_corners_have_the_same_label():
    points, labels = load_toy("corners", count=500)
    assert np.array_equal(points.prod(axis=1) > 0, labels == 1)


def test_the_weather_is_no_matter_of_one_line():
    days, too_hot = load_weather(count=2000)
    share = ((days @ [2.0, 0.8] - 0.5 > 0) == too_hot).mean()
    assert 0.75 < share < 0.9


def test_the_global_generator_is_not_touched():
    random.seed(1)
    before = random.getstate()
    load_toy("spiral")
    load_weather()
    assert random.getstate() == before


@pytest.mark.parametrize("call", [lambda: load_toy("rings"), lambda: load_toy(""), lambda: load_toy("Ring")])
def test_an_unknown_set_is_told(call):
    with pytest.raises(ValueError, match="there are the toy data sets blobs, ring, corners, spiral; not "):
        call()


@pytest.mark.parametrize("load", [lambda n: load_toy("ring", count=n), lambda n: load_weather(count=n)])
@pytest.mark.parametrize("count", [1, 0, -3])
def test_too_few_points_are_told(load, count):
    with pytest.raises(ValueError, match=f"count must be at least 2, not {count}"):
        load(count)
