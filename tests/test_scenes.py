"""Bikes in scenes: what a scene shares, what the wild ones lack; and photographs in folders, with their scenes."""

import hashlib
import itertools
import time
from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils.data import DataUnavailable, Pictures, load_bike_scenes, load_photo_scenes, scenes_of
from course_utils.labs.transfer_learning_homework.frozen_baseline import guess
from course_utils.labs.transfer_learning_homework.methods import right_share
from course_utils.models import load_trained


def digest(pictures):
    content = pictures.images.tobytes() + pictures.labels.tobytes() + "".join(pictures.names).encode()
    return hashlib.sha256(content).hexdigest()[:16]


# --- drawn


def test_both_parts_have_the_form_of_all_pictures():
    catalogue, wild = load_bike_scenes(6, 3, 10)
    for part, number in ((catalogue, 18), (wild, 10)):
        assert part.images.shape == (number, 32, 32, 3)
        assert (part.images.dtype, part.labels.dtype) == (np.uint8, np.int64)
        assert part.classes == ("road bike", "mountain bike")
        assert np.bincount(part.labels).tolist() == [number // 2] * 2
        assert len(set(part.names)) == number


def test_a_scene_has_its_pictures_and_one_class():
    catalogue = load_bike_scenes(10, 4, 2).catalogue
    scenes = scenes_of(catalogue)
    assert Counter(scenes) == dict.fromkeys(set(scenes), 4)
    assert len(set(zip(scenes, catalogue.labels.tolist(), strict=True))) == len(set(scenes)) == 10
    assert all(scene.startswith(catalogue.classes[k]) for scene, k in zip(scenes, catalogue.labels, strict=True))


def test_a_wild_picture_is_a_scene_of_its_own_and_darker():
    catalogue, wild = load_bike_scenes(seed=3)
    assert len(set(scenes_of(wild))) == len(wild) == 200
    assert not set(scenes_of(wild)) & set(scenes_of(catalogue))
    assert wild.images.mean() < 0.75 * catalogue.images.mean()


def test_pictures_come_in_mixed_order():
    catalogue = load_bike_scenes().catalogue
    scenes = scenes_of(catalogue)
    assert np.mean([one == next_ for one, next_ in itertools.pairwise(scenes)]) < 0.2
    assert (np.diff(catalogue.labels) != 0).mean() > 0.3


def test_pictures_of_a_scene_are_alike_and_never_the_same():
    catalogue = load_bike_scenes(12, 4, 2, seed=1).catalogue
    pixels, scenes = catalogue.images.reshape(48, -1).astype(float), np.array(scenes_of(catalogue))
    distances = np.sqrt(((pixels[:, None] - pixels) ** 2).mean(2))
    same = (scenes[:, None] == scenes) & ~np.eye(48, dtype=bool)
    assert distances[same].min() > 0
    assert distances[same].mean() < 0.6 * distances[scenes[:, None] != scenes].mean()


def test_a_seed_gives_the_same_pictures_and_another_one_others():
    one, again, other = (load_bike_scenes(4, 2, 6, seed=seed) for seed in (3, 3, 4))
    assert [digest(part) for part in one] == [digest(part) for part in again]
    assert not {digest(part) for part in one} & {digest(part) for part in other}


def test_scenes_are_the_same_to_the_last_bit_on_every_machine():
    assert [digest(part) for part in load_bike_scenes(seed=5)] == ["7e9bf93b51ebd711", "d245b160bf037625"]


def test_drawing_leaves_the_global_generators_alone():
    np.random.seed(0)
    torch.manual_seed(0)
    before = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    load_bike_scenes(4, 2, 6)
    assert (np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == before


def test_drawing_takes_less_than_two_seconds():
    load_bike_scenes(2, 1, 1)
    start = time.process_time()
    load_bike_scenes()
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("numbers", "name"),
    [((1, 8, 8), "scenes must be at least 2"), ((4, 0, 8), "per_scene must"), ((4, 1, 0), "n_wild must")],
)
def test_a_number_that_is_too_small_is_named(numbers, name):
    with pytest.raises(ValueError, match=name):
        load_bike_scenes(*numbers)
    with pytest.raises(ValueError, match="seed must be at least 0"):
        load_bike_scenes(seed=-1)


# --- what they are there to show


def features(pictures):
    images, labels = pictures.tensors()
    with torch.no_grad():
        return load_trained("shapes")[:-1](images), labels


def parts_by_photo(scenes, chance):
    mixed = chance.permutation(len(scenes))
    return mixed[len(mixed) // 4 :], mixed[: len(mixed) // 4]


def parts_by_scene(scenes, chance):
    kinds = [sorted({scene for scene in scenes if scene.startswith(kind)}) for kind in ("road", "mountain")]
    held = {scene for kind in kinds for scene in chance.permutation(kind)[: len(kind) // 4]}
    aside = np.array([scene in held for scene in scenes])
    return np.flatnonzero(~aside), np.flatnonzero(aside)


@pytest.fixture(scope="module")
def measured():
    """Accuracies of a head on frozen features in three seeds: by photo, by scene (four splits each), in the wild."""
    found = {}
    for seed in (0, 1, 2):
        catalogue, wild = load_bike_scenes(seed=seed)
        (x, y), scenes = features(catalogue), scenes_of(catalogue)
        found[seed] = {"wild": right_share(guess(x, y, features(wild)[0]), wild.tensors()[1])}
        for way, split in (("photo", parts_by_photo), ("scene", parts_by_scene)):
            runs = [split(scenes, np.random.default_rng(number)) for number in range(4)]
            found[seed][way] = np.mean([right_share(guess(x[a], y[a], x[b]), y[b]) for a, b in runs])
    return found


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_split_by_photo_looks_better_than_one_by_scene(measured, seed):
    assert measured[seed]["photo"] >= 0.97
    assert measured[seed]["photo"] - measured[seed]["scene"] >= 0.05


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_wild_is_harder_than_the_catalogue(measured, seed):
    assert measured[seed]["wild"] <= measured[seed]["scene"] - 0.04


def test_by_scene_the_features_are_worth_something(measured):
    assert np.mean([each["scene"] for each in measured.values()]) > 0.7
    assert np.mean([each["photo"] - each["scene"] for each in measured.values()]) > 0.1


# --- own photographs


def write(folder, names, size=(40, 30)):
    for place, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (40 * place % 256, 100, 0 if name.startswith("a") else 255)).save(path)
    return folder


FOLDERS = ("a/garage/1.jpg", "a/garage/2.jpg", "a/yard/1.png", "b/garage/1.jpg", "b/street/x.webp", "b/street/y.webp")
PREFIXES = ("a/garage_1.jpg", "a/garage_2.jpg", "a/yard_1.png", "b/garage_1.jpg", "b/street_x.webp", "b/street_y.webp")
SCENES = ["a/garage", "a/garage", "a/yard", "b/garage", "b/street", "b/street"]


@pytest.mark.parametrize("names", [FOLDERS, PREFIXES], ids=["sub-folders", "prefixes"])
def test_photographs_come_with_their_scenes(tmp_path, names):
    pictures = load_photo_scenes(write(tmp_path / "own", names), size=16)
    assert pictures.images.shape == (6, 16, 16, 3)
    assert (pictures.classes, pictures.labels.tolist()) == (("a", "b"), [0, 0, 0, 1, 1, 1])
    assert pictures.names == names
    assert scenes_of(pictures) == SCENES
    assert scenes_of(pictures.at([5, 2])) == ["b/street", "a/yard"]


def test_sub_folders_and_prefixes_may_be_mixed(tmp_path):
    folder = write(tmp_path / "own", (*FOLDERS[:3], *PREFIXES[3:], "a/old_shed_7.jpg"))
    assert set(scenes_of(load_photo_scenes(folder))) == {*SCENES, "a/old_shed"}


def test_what_is_no_photograph_is_left_out(tmp_path):
    folder = write(tmp_path / "own", FOLDERS)
    (folder / "a" / "garage" / "notes.txt").write_text("no picture")
    (folder / "a" / ".thumbnails").mkdir()
    write(folder, ("a/.thumbnails/1.png",))
    (folder / "readme.md").write_text("mine")
    assert len(load_photo_scenes(folder)) == 6


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((*FOLDERS, "a/7.jpg"), r"^a/7\.jpg says no scene: call it a/SCENE_7\.jpg, or put it into a folder a/SCENE\.$"),
        (("a/IMG_1.jpg", "a/IMG_2.jpg", *FOLDERS[3:]), r"^a has one scene only, 'a/IMG': .* two scenes at least"),
        ((*FOLDERS[:3], "b/street/1.jpg", "b/street/2.jpg"), r"^b has one scene only, 'b/street': "),
        (FOLDERS[:3], r"must hold at least two folders with photographs .* and holds 1\.$"),
    ],
    ids=["no scene", "a camera's names", "one folder", "one class"],
)
def test_a_folder_that_is_wrong_is_told_in_a_sentence(tmp_path, names, told):
    with pytest.raises(DataUnavailable, match=told) as failure:
        load_photo_scenes(write(tmp_path / "own", names))
    assert "\n" not in str(failure.value)


def test_no_folder_and_a_broken_file_are_named(tmp_path):
    with pytest.raises(DataUnavailable, match=r"There is no folder .*nowhere: make one"):
        load_photo_scenes(tmp_path / "nowhere")
    folder = write(tmp_path / "own", FOLDERS)
    (folder / "b" / "street" / "z.jpg").write_bytes(b"no picture")
    with pytest.raises(DataUnavailable, match=r"street.z\.jpg cannot be read as a picture"):
        load_photo_scenes(folder)


def test_pictures_without_names_have_no_scenes():
    pictures = Pictures(np.zeros((2, 8, 8, 3), np.uint8), np.array([0, 1]), ("a", "b"), "x", "y")
    with pytest.raises(ValueError, match=r"pictures must have names such as 'road/garage_012\.jpg'; these have none"):
        scenes_of(pictures)
