"""Data for the lessons: the same form whatever the source, the same pictures for a seed, and honest names."""

import gzip
import hashlib
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils import data, packaged
from course_utils.data import DataUnavailable, Pictures, fashion, photos
from course_utils.data.canvas import PictureDice, in_chunks
from course_utils.data.shapes import OUTLINES

SHAPES = ("disc", "ring", "square", "triangle", "cross", "star", "horizontal", "vertical", "checker", "dots")
GARMENTS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
LOADERS = {
    "shapes": lambda *n, **o: data.load_colour(*n, source="shapes", **o),
    "fashion_colour": lambda *n, **o: data.load_colour(*n, source="fashion_colour", **o),
    "new shapes": lambda *n, **o: data.load_shapes(*n, classes=data.NEW_SHAPES, **o),
    "bikes": data.load_bikes,
    "fashion": data.load_fashion,
}
SHAPE = {name: (28, 28, 1) if name == "fashion" else (32, 32, 3) for name in LOADERS}
CLASSES = {
    "shapes": SHAPES,
    "fashion_colour": GARMENTS,
    "new shapes": ("crescent", "heart", "arrow", "diagonal", "frame"),
    "bikes": ("road bike", "mountain bike"),
    "fashion": GARMENTS,
}
every_loader = pytest.mark.parametrize("name", LOADERS)


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No data set on this machine: the learner's folders are empty ones."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(fashion, "DEBIAN", tmp_path / "debian")
    monkeypatch.chdir(tmp_path)


def digest(pictures):
    return hashlib.sha256(pictures.images.tobytes() + pictures.labels.tobytes()).hexdigest()[:16]


def rows(pictures):
    return {image.tobytes() for image in pictures.images}


# one form for all


@every_loader
def test_shapes_types_ranges_and_names_are_the_same_for_all(name):
    for part, number in zip(LOADERS[name](60, 20), (60, 20), strict=True):
        assert part.images.shape == (number, *SHAPE[name])
        assert (part.images.dtype, part.labels.dtype) == (np.uint8, np.int64)
        assert part.images.min() < 30
        assert part.images.max() > 225
        assert part.classes == CLASSES[name]
        assert len(part) == number
        assert part.source
        assert part.caption in repr(part)


@every_loader
def test_each_class_is_there_equally_often(name):
    train, test = LOADERS[name](200, 100)
    for part in (train, test):
        counts = np.bincount(part.labels, minlength=len(part.classes))
        assert counts.tolist() == [len(part) // len(part.classes)] * len(part.classes)


@every_loader
def test_labels_come_in_mixed_order(name):
    labels = LOADERS[name](100, 20).train.labels
    assert (np.diff(labels) != 0).mean() > 0.3
    assert not (np.diff(labels) == 1).mean() > 0.8


@every_loader
def test_a_seed_gives_the_same_pictures_and_another_one_others(name):
    one, again, other = (LOADERS[name](60, 20, seed=seed) for seed in (3, 3, 4))
    assert [digest(part) for part in one] == [digest(part) for part in again]
    assert [digest(part) for part in one] != [digest(part) for part in other]


@every_loader
def test_no_picture_is_both_for_learning_and_for_testing(name):
    train, test = LOADERS[name](500, 300)
    assert not rows(train) & rows(test)


@every_loader
def test_loading_leaves_the_global_generators_alone(name):
    np.random.seed(0)
    torch.manual_seed(0)
    before = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    LOADERS[name](20, 10)
    assert (np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == before


@every_loader
@pytest.mark.parametrize("numbers", [(0, 10), (10, 0), (-5, 10)])
def test_a_number_below_1_is_named(name, numbers):
    with pytest.raises(ValueError, match=r"n_(train|test) must be (at least 1|from 1 to)"):
        LOADERS[name](*numbers)


def test_tensors_are_what_a_network_takes():
    train = data.load_shapes(20, 10).train
    x, y = train.tensors()
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((20, 3, 32, 32), torch.float32, (20,), torch.int64)
    assert x.is_contiguous()
    assert float(x[4, 1, 20, 7]) == pytest.approx(train.images[4, 20, 7, 1] / 255)
    assert 0 <= float(x.min()) < float(x.max()) <= 1
    x.zero_()
    y.zero_()
    assert train.images.max() > 0
    assert train.labels.max() > 0


def test_places_are_taken_in_their_order_or_by_a_mask():
    images = np.arange(5, dtype=np.uint8)[:, None, None, None]
    pictures = Pictures(images, np.array([0, 1, 0, 1, 0]), ("a", "b"), "x", "y", ("p", "q", "r", "s", "t"))
    some = pictures.at([3, 0])
    assert (some.images.ravel().tolist(), some.labels.tolist(), some.names) == ([3, 0], [1, 0], ("s", "p"))
    assert pictures.at(pictures.labels == 1).names == ("q", "s")
    assert len(pictures.at([])) == 0


def test_few_are_drawn_of_each_class():
    train = data.load_shapes(300, 10).train
    few = train.few(7, seed=2)
    assert np.bincount(few.labels).tolist() == [7] * 10
    assert rows(few) <= rows(train)
    assert len(rows(few)) == 70
    assert digest(few) == digest(train.few(7, seed=2)) != digest(train.few(7, seed=3))
    with pytest.raises(ValueError, match="per_class must be from 1 to 30, the pictures of disc; not 31"):
        train.few(31)


# drawn pictures


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("shapes", "030ddcfd73ad0501"),
        ("new shapes", "87957ecc86e8037c"),
        ("bikes", "750f44a18a068ac3"),
        ("fashion_colour", "d0af3bb8f052c588"),
    ],
)
def test_drawn_pictures_are_the_same_to_the_last_bit_on_every_machine(name, wanted):
    assert digest(LOADERS[name](600, 10).train) == wanted


@pytest.mark.parametrize("name", ["shapes", "new shapes", "bikes"])
def test_more_pictures_begin_with_the_same_ones(name):
    few, many = LOADERS[name](30, 10), LOADERS[name](1100, 10)
    np.testing.assert_array_equal(many.train.images[:30], few.train.images)
    np.testing.assert_array_equal(many.train.labels[:30], few.train.labels)
    assert digest(many.test) == digest(few.test)


def test_any_round_of_labels_has_each_class_once():
    _, labels = in_chunks(1000, 10, (0,), lambda dice, labels: np.zeros((len(labels), 32, 32, 3), np.uint8))
    assert (np.sort(labels.reshape(-1, 10), axis=1) == np.arange(10)).all()


def test_chunks_do_not_repeat():
    train = data.load_shapes(1500, 10).train
    assert len(rows(train)) == 1500


def test_colour_says_nothing_about_the_class():
    train = data.load_shapes(3000, 10).train
    means = train.images.reshape(3000, -1, 3).mean(axis=1) / 255
    within = np.array([means[train.labels == label].mean(axis=0) for label in range(10)])
    assert np.ptp(within, axis=0).max() < 0.09  # the standard error of a class's mean is about 0.013


@pytest.mark.parametrize("name", OUTLINES)
def test_a_shape_is_inside_in_part_and_never_reaches_far(name):
    v, u = np.mgrid[-2:2:81j, -2:2:81j].astype(np.float32)
    depth = OUTLINES[name](u, v, np.float32(0.5), np.float32(0.5), np.float32(0.1))
    assert 0.02 < (depth > 0).mean() < 0.35
    assert not (depth[(np.abs(u) > 1.2) | (np.abs(v) > 1.2)] > 0).any()


def test_an_arrow_points_up_and_stripes_run_as_they_are_called():
    v, u = np.mgrid[-1:1:41j, -1:1:41j].astype(np.float32)
    half, none = np.float32(0.5), np.float32(0)
    arrow = OUTLINES["arrow"](u, v, half, half, none) > 0
    assert arrow[:20].sum() > 1.5 * arrow[21:].sum()
    stripes = OUTLINES["horizontal"](u, v, half, half, none) > 0
    assert (stripes == stripes[:, :1]).all()
    np.testing.assert_array_equal(OUTLINES["vertical"](v, u, half, half, none) > 0, stripes)


@pytest.mark.parametrize("classes", [(), ("disc", "disc"), ("disc", "potato")])
def test_unknown_shapes_are_named(classes):
    with pytest.raises(ValueError, match="classes must be different shapes of disc, ring"):
        data.load_shapes(10, 10, classes=classes)


def test_throws_are_nearly_normal():
    throws = PictureDice(1, 0).bell(200_000)
    assert abs(throws.mean()) < 0.01
    assert throws.std() == pytest.approx(1, abs=0.01)
    assert (np.abs(throws) < 1).mean() == pytest.approx(0.68, abs=0.02)


# sources


def test_auto_draws_shapes_where_there_is_nothing_else():
    assert data.load_colour(10, 10).train.source == "shapes"


def test_while_grading_auto_looks_at_no_folder(monkeypatch, tmp_path):
    (tmp_path / "data" / "cifar-10-batches-py").mkdir(parents=True)  # a damaged copy: reading it would stop
    with pytest.raises(DataUnavailable):
        data.load_colour(10, 10)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert data.load_colour(10, 10).train.source == "shapes"


@pytest.mark.parametrize("load", [data.load_colour, data.load_fashion])
def test_an_unknown_source_is_answered_with_the_known_ones(load):
    with pytest.raises(ValueError, match=r"source must be 'auto', .* not 'mnist'"):
        load(10, 10, source="mnist")


def test_sources_say_what_is_here(tmp_path):
    listed = {one.name: one for one in data.sources()}
    assert listed["shapes"].here
    assert listed["fashion"].here
    assert not listed["cifar10"].here
    assert not listed["fashion, full"].here
    assert listed["cifar10"].get == "course data fetch cifar10 (170 MB)"
    (tmp_path / "data" / "cifar-10-batches-py").mkdir(parents=True)
    assert {one.name: one.where for one in data.sources()}["cifar10"] == str(tmp_path / "data" / "cifar-10-batches-py")


# Fashion-MNIST


def test_the_shipped_garments_are_those_of_the_checksum_and_balanced():
    train, test = data.load_fashion()
    assert (len(train), len(test)) == (6000, 1000)
    assert np.bincount(train.labels).tolist() == [600] * 10
    assert np.bincount(test.labels).tolist() == [100] * 10
    assert not rows(train) & rows(test)


def test_garments_in_colour_are_the_same_garments_moved():
    grey, coloured = data.load_fashion(50, 10, seed=0).train, data.load_colour(50, 10, source="fashion_colour").train
    np.testing.assert_array_equal(grey.labels, coloured.labels)
    assert coloured.source == "fashion_colour"


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return head + array.tobytes()


@pytest.fixture
def full(monkeypatch):
    """The four files of a tiny full set, by name, not packed: 60 and 20 pictures."""
    monkeypatch.setattr(fashion, "FULL", (60, 20))
    monkeypatch.setattr(fashion, "SHIPPED", (6, 2))
    chance = np.random.default_rng(0)
    files = {}
    for (images, labels), number in zip(fashion.STEMS, (60, 20), strict=True):
        files[images] = idx(chance.integers(0, 256, (number, 28, 28), dtype=np.uint8))
        files[labels] = idx(np.arange(number, dtype=np.uint8) % 10)
    return files


def lay_out(files, folder, packed):
    folder.mkdir(parents=True)
    for name, content in files.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "as torchvision leaves them"])
@pytest.mark.parametrize("where", ["data/FashionMNIST/raw", "debian", "cache/neural-network-labs/FashionMNIST/raw"])
def test_the_full_set_is_read_where_torchvision_or_debian_have_put_it(full, tmp_path, where, packed):
    lay_out(full, tmp_path / where, packed)
    train, test = data.load_fashion(60, 20)
    assert (len(train), len(test)) == (60, 20)
    original = np.frombuffer(full[fashion.STEMS[0][0]], np.uint8, offset=16).reshape(60, 28, 28)
    np.testing.assert_array_equal(train.images[..., 0], original)
    assert train.labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert "full set" in train.caption
    some = data.load_fashion(30, 20).train
    assert np.bincount(some.labels).tolist() == [3] * 10


def test_torchvision_reads_the_same(full, tmp_path):
    from torchvision.datasets import FashionMNIST

    lay_out(full, tmp_path / "data" / "FashionMNIST" / "raw", packed=False)
    theirs = FashionMNIST(tmp_path / "data", train=True)
    ours = data.load_fashion(60, 20).train
    np.testing.assert_array_equal(theirs.data.numpy(), ours.images[..., 0])
    assert tuple(theirs.classes) == ours.classes


@pytest.mark.parametrize("harm", [lambda b: b[: len(b) // 2], lambda b: b"junk" + b[4:], lambda b: b""])
@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
def test_a_damaged_file_is_named(full, tmp_path, harm, packed):
    folder = lay_out(full, tmp_path / "debian", packed)
    path = folder / (fashion.STEMS[1][0] + (".gz" if packed else ""))
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(DataUnavailable, match=r"t10k-images-idx3-ubyte.* is damaged .*course data fetch fashion"):
        data.load_fashion(60, 20)


def test_numbers_of_another_type_are_not_taken_for_bytes(tmp_path):
    path = tmp_path / "floats"
    path.write_bytes(b"\0\0\x0d\x01\0\0\0\x04" + bytes(4))
    with pytest.raises(DataUnavailable, match=r"floats is damaged .it does not begin as such a file does"):
        fashion.read_idx(path)


def test_files_that_do_not_belong_together_are_named(full, tmp_path):
    folder = lay_out(full, tmp_path / "debian", False)
    (folder / fashion.STEMS[0][1]).write_bytes(full[fashion.STEMS[1][1]])
    with pytest.raises(DataUnavailable, match=r"train-labels-idx1-ubyte .* hold arrays of the shapes"):
        data.load_fashion(60, 20)


def test_without_the_full_set_every_place_is_said(tmp_path):
    with pytest.raises(DataUnavailable) as refused:
        data.load_fashion(7000, 1000)
    for part in (str(tmp_path / "data"), str(tmp_path / "debian"), "course data fetch fashion", "source='shipped'"):
        assert part in str(refused.value)
    with pytest.raises(ValueError, match="n_train must be from 1 to 6000 for source='shipped', not 7000"):
        data.load_fashion(7000, 1000, source="shipped")


# what ships with the package


def test_every_shipped_file_is_whole_and_described():
    described = (packaged.FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    for path in packaged.FOLDER.glob("*.npz"):
        assert packaged.checksum(packaged.read(path.stem)) in described
        assert f"{path.stat().st_size:,}" in described


@pytest.mark.parametrize("harm", ["cut", "changed", "other", "missing"])
def test_a_damaged_file_of_the_package_is_named(tmp_path, monkeypatch, harm):
    shutil.copytree(packaged.FOLDER, tmp_path / "packaged")
    monkeypatch.setattr(packaged, "FOLDER", tmp_path / "packaged")
    path = tmp_path / "packaged" / "fashion.npz"
    content = bytearray(path.read_bytes())
    if harm == "cut":
        path.write_bytes(content[:1000])
    elif harm == "changed":
        content[100_000] ^= 1
        path.write_bytes(content)
    elif harm == "other":
        np.savez(path, train_images=np.zeros(3))
    else:
        path.unlink()
    with pytest.raises(packaged.PackageDamaged, match=r"fashion\.npz.*install the package again"):
        data.load_fashion(10, 10)


# photographs


def test_photographs_are_square_and_give_credit():
    pictures = data.load_photos(("cat", "rocket"), size=64)
    assert pictures.images.shape == (2, 64, 64, 3)
    assert (pictures.classes, pictures.labels.tolist()) == (("cat", "rocket"), [0, 1])
    assert "S. van der Walt, CC0" in pictures.caption
    assert data.load_photos("coffee", size=32).names == ("coffee",)


def test_all_photographs_of_scikit_image_are_here():
    assert len(data.load_photos(size=32)) == 5


@pytest.mark.parametrize("names", [("dog",), (), ("cat", "dog")])
def test_unknown_photographs_are_named(names):
    with pytest.raises(ValueError, match="names must be of cat, coffee"):
        data.load_photos(names)


def test_a_photograph_of_a_package_that_is_missing_is_explained(monkeypatch):
    monkeypatch.setattr(photos, "find_spec", lambda name: None)
    with pytest.raises(DataUnavailable, match=r"'palace' ships with scikit-learn, .* pip install scikit-learn"):
        data.load_photos("palace")


def test_a_photograph_of_scikit_learn_is_read_where_it_is_installed(monkeypatch, tmp_path):
    (tmp_path / "sklearn" / "datasets" / "images").mkdir(parents=True)
    Image.new("RGB", (60, 40), (200, 10, 10)).save(tmp_path / "sklearn" / "datasets" / "images" / "china.jpg")
    spec = SimpleNamespace(origin=str(tmp_path / "sklearn" / "__init__.py"))
    monkeypatch.setattr(photos, "find_spec", lambda name: spec)
    assert data.load_photos("palace", size=16).images.mean(axis=(0, 1, 2)) == pytest.approx([200, 10, 10], abs=4)


@pytest.fixture
def own(tmp_path):
    """A learner's folder: three photographs of road bikes and two of mountain bikes, in several formats."""
    for name, colour, size in (
        ("road/a.jpg", (255, 0, 0), (50, 30)),
        ("road/b.PNG", (255, 0, 0), (30, 50)),
        ("road/c.gif", (255, 0, 0), (30, 30)),
        ("mountain/x.jpeg", (0, 0, 255), (80, 60)),
        ("mountain/y.webp", (0, 0, 255), (60, 60)),
    ):
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, colour).save(path)
    (tmp_path / "own" / "road" / "notes.txt").write_text("not a picture")
    (tmp_path / "own" / "road" / "._a.jpg").write_bytes(b"what macOS leaves")
    (tmp_path / "own" / "empty").mkdir()
    return tmp_path / "own"


def test_own_photographs_come_class_by_class_with_their_names(own):
    pictures = data.load_photo_classes(own, size=24)
    assert pictures.images.shape == (5, 24, 24, 3)
    assert pictures.classes == ("mountain", "road")
    assert pictures.labels.tolist() == [0, 0, 1, 1, 1]
    assert pictures.names == ("mountain/x.jpeg", "mountain/y.webp", "road/a.jpg", "road/b.PNG", "road/c.gif")
    assert pictures.images[3, 12, 12].tolist() == [255, 0, 0]


def test_a_photograph_is_turned_upright(tmp_path):
    halves = np.zeros((40, 40, 3), np.uint8)
    halves[:20] = 255
    picture, exif = Image.fromarray(halves), Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways: top of the scene is at the right
    for name in ("a", "b"):
        (tmp_path / "own" / name).mkdir(parents=True)
        picture.save(tmp_path / "own" / name / "p.jpg", exif=exif, quality=95)
    image = data.load_photo_classes(tmp_path / "own", size=20).images[0]
    assert image[10, 17].min() > 200
    assert image[10, 3].max() < 50


def test_a_photograph_that_cannot_be_read_is_named(own):
    (own / "road" / "d.jpg").write_bytes(b"no picture")
    with pytest.raises(DataUnavailable, match=r"road/d\.jpg cannot be read as a picture.*JPEG or PNG"):
        data.load_photo_classes(own)


def test_too_few_classes_or_no_folder_are_explained(own, tmp_path):
    with pytest.raises(DataUnavailable, match="There is no folder"):
        data.load_photo_classes(tmp_path / "none")
    shutil.rmtree(own / "road")
    with pytest.raises(DataUnavailable, match=r"at least two folders with photographs .* and holds 1"):
        data.load_photo_classes(own)


# days of weather


def test_days_of_weather_are_those_of_four_years_and_their_light_is_the_seasons():
    days = data.load_days()
    assert (days.date[0], days.date[-1], len(days.date)) == ("2012-01-01", "2015-12-31", 1461)
    shortest, longest = days.date[days.hours.argmin()], days.date[days.hours.argmax()]
    assert shortest[5:7] == "12"
    assert longest[5:7] == "06"
    assert days.hours.max() + days.hours.min() == pytest.approx(24, abs=0.1)
    assert (days.temperature.min(), days.temperature.max(), days.rain.min()) == (-1.6, 35.6, 0)


def test_what_somebody_paints_over_is_not_in_the_next_one_that_is_loaded():
    train, _ = data.load_shapes(20, 10)
    before = train.images.copy(), train.labels.copy()
    train.images[:] = 0
    train.labels[:] = 0
    again, _ = data.load_shapes(20, 10)
    assert (again.images == before[0]).all()
    assert (again.labels == before[1]).all()
