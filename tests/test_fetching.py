"""Downloads, from a server on this machine: never unasked, continued when broken off, checked, never half there."""

import hashlib
import io
import os
import pickle
import tarfile

import numpy as np
import pytest
from remote import open_shop
from torchvision.datasets import CIFAR10

from course_utils import cli, fetching, models
from course_utils.data import DataUnavailable, fetch, load_colour, load_fashion
from course_utils.data import cifar10 as cifar10_module
from course_utils.data import fashion as fashion_module
from course_utils.fetching import Remote, fetch_file
from course_utils.models import mobilenet

CONTENT = bytes(range(256)) * 4000  # 1 MB: several blocks


@pytest.fixture
def shop(monkeypatch):
    """A server that has one file, and a course that may use the network."""
    monkeypatch.delenv("COURSE_OFFLINE")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with open_shop() as opened:
        opened.files["big.bin"] = CONTENT
        yield opened


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Folders of this test's own for data and weights, all empty."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(fashion_module, "DEBIAN", tmp_path / "debian")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def remote(shop, name="big.bin", content=CONTENT):
    return Remote(shop.url + name, "sha256:" + hashlib.sha256(content).hexdigest(), len(content))


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# one file


def test_a_file_arrives_whole_and_the_bar_is_told(shop, tmp_path):
    seen = []
    path = fetch_file(remote(shop), tmp_path / "new" / "place", watch=lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["big.bin"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_what_is_here_is_not_fetched_again(shop, tmp_path):
    (tmp_path / "big.bin").write_bytes(CONTENT)
    fetch_file(remote(shop), tmp_path)
    assert shop.asked == []


def test_a_damaged_file_is_fetched_again(shop, tmp_path):
    (tmp_path / "big.bin").write_bytes(CONTENT[:-1])
    assert fetch_file(remote(shop), tmp_path).read_bytes() == CONTENT


def test_a_transfer_that_breaks_off_leaves_nothing_at_the_place_and_is_continued(shop, tmp_path):
    shop.breaks_after = 300_000
    with pytest.raises(DataUnavailable, match=r"after 300,000 of 1,024,000 bytes.*run the same command again"):
        fetch_file(remote(shop), tmp_path)
    assert names(tmp_path) == ["big.bin.part"]
    assert fetch_file(remote(shop), tmp_path).read_bytes() == CONTENT
    assert shop.asked == [("big.bin", ""), ("big.bin", "bytes=300000-")]
    assert names(tmp_path) == ["big.bin"]


def test_a_server_that_cannot_continue_is_asked_for_all(shop, tmp_path):
    shop.knows_ranges = False
    (tmp_path / "big.bin.part").write_bytes(b"other" * 10)
    seen = []
    path = fetch_file(remote(shop), tmp_path, watch=lambda done, total: seen.append(done))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == len(CONTENT)


@pytest.mark.parametrize("length", [len(CONTENT), len(CONTENT) + 5])
def test_a_part_that_is_too_long_is_begun_anew(shop, tmp_path, length):
    (tmp_path / "big.bin.part").write_bytes(b"x" * length)
    assert fetch_file(remote(shop), tmp_path).read_bytes() == CONTENT


def test_another_file_than_the_one_wanted_is_thrown_away(shop, tmp_path):
    shop.files["big.bin"] = CONTENT[::-1]
    with pytest.raises(DataUnavailable, match="not the file wanted"):
        fetch_file(remote(shop), tmp_path)
    assert names(tmp_path) == []


def test_a_wrong_file_does_not_take_the_place_of_one_that_is_there(shop, tmp_path):
    (tmp_path / "big.bin").write_bytes(b"old")
    shop.files["big.bin"] = CONTENT[::-1]
    with pytest.raises(DataUnavailable):
        fetch_file(remote(shop), tmp_path)
    assert (tmp_path / "big.bin").read_bytes() == b"old"


def test_a_missing_file_and_a_silent_server_are_named(shop, tmp_path):
    with pytest.raises(DataUnavailable, match=r"none\.bin could not be fetched from .*404"):
        fetch_file(remote(shop, "none.bin"), tmp_path)
    nowhere = Remote("http://127.0.0.1:9/none.bin", "md5:0", 1)
    with pytest.raises(DataUnavailable, match=r"could not be fetched from http://127\.0\.0\.1:9"):
        fetch_file(nowhere, tmp_path)


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_offline_refuses_before_anything_is_asked_or_made(shop, tmp_path, monkeypatch, value):
    monkeypatch.setenv("COURSE_OFFLINE", value)
    with pytest.raises(DataUnavailable, match=r"^big\.bin was not fetched, because COURSE_OFFLINE forbids") as refused:
        fetch_file(remote(shop), tmp_path / "new")
    assert shop.asked == []
    assert not (tmp_path / "new").exists()
    assert refused.value._render_traceback_() == [str(refused.value)]


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_these_values_do_not_mean_offline(monkeypatch, value):
    monkeypatch.setenv("COURSE_OFFLINE", value)
    assert not fetching.is_offline()


# CIFAR-10, in torchvision's own layout


def batch(labels, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (len(labels), 3072), dtype=np.uint8)
    return {"data": pixels, "labels": list(labels), "batch_label": "a batch", "filenames": ["x.png"] * len(labels)}


@pytest.fixture
def cifar10(monkeypatch):
    """The files of a tiny CIFAR-10, by name: 5 × 20 and 20 pictures; torchvision knows their checksums."""
    labels = list(range(10)) * 2
    files = {f"data_batch_{k}": pickle.dumps(batch(labels, k)) for k in range(1, 6)}
    files["test_batch"] = pickle.dumps(batch(labels, 0))
    classes = [f"class {k}" for k in range(10)]
    files["batches.meta"] = pickle.dumps({"label_names": classes, "num_vis": 3072, "num_cases_per_batch": 20})
    md5 = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr(CIFAR10, "train_list", [[f"data_batch_{k}", md5[f"data_batch_{k}"]] for k in range(1, 6)])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", md5["test_batch"]]])
    meta = {"filename": "batches.meta", "key": "label_names", "md5": md5["batches.meta"]}
    monkeypatch.setattr(CIFAR10, "meta", meta)
    monkeypatch.setattr(cifar10_module, "SIZES", (100, 20))
    return files


def lay_out(files, folder):
    place = folder / "cifar-10-batches-py"
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).write_bytes(content)
    return place


def pack(files):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize("where", ["data", "cache/neural-network-labs"])
def test_cifar10_is_read_where_torchvision_has_put_it(home, cifar10, where):
    lay_out(cifar10, home / where)
    train, test = load_colour(50, 20)
    assert (train.source, train.classes[3]) == ("cifar10", "class 3")
    assert np.bincount(train.labels).tolist() == [5] * 10
    batches = np.concatenate([pickle.loads(cifar10[f"data_batch_{k}"])["data"] for k in range(1, 6)])
    originals = {row.tobytes() for row in batches}
    assert all(image.transpose(2, 0, 1).tobytes() in originals for image in train.images)
    assert sorted(map(bytes, test.images.transpose(0, 3, 1, 2).reshape(20, -1))) == sorted(
        map(bytes, pickle.loads(cifar10["test_batch"])["data"])
    )


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch", "batches.meta"])
@pytest.mark.parametrize("harm", [lambda path: path.write_bytes(b"\x80junk"), lambda path: path.unlink()])
def test_a_damaged_or_missing_file_of_cifar10_is_named_and_never_unpickled(home, cifar10, name, harm, monkeypatch):
    harm(lay_out(cifar10, home / "data") / name)
    monkeypatch.setattr(pickle, "load", lambda *arguments, **options: pytest.fail("it was unpickled"))
    with pytest.raises(DataUnavailable, match=f"{name} is (damaged|missing).*course data fetch cifar10"):
        load_colour(50, 20)


def test_without_cifar10_every_place_and_what_to_do_are_said_in_one_sentence(home):
    with pytest.raises(DataUnavailable) as refused:
        load_colour(source="cifar10")
    message = str(refused.value)
    assert message.count("\n") == 0
    for part in (str(home / "data"), "neural-network-labs", "course data fetch cifar10", "source='shapes'"):
        assert part in message


def test_cifar10_is_fetched_unpacked_and_read(home, shop, cifar10, monkeypatch):
    archive = pack(cifar10)
    shop.files["cifar-10-python.tar.gz"] = archive
    monkeypatch.setattr(cifar10_module, "REMOTE", remote(shop, "cifar-10-python.tar.gz", archive))
    train, _ = load_colour(50, 20, download=True)
    assert train.source == "cifar10"
    assert names(home / "data") == sorted(cifar10)
    assert load_colour(50, 20).train.source == "cifar10"
    assert len(shop.asked) == 1


def test_an_archive_with_other_files_is_no_cifar10(home, shop, cifar10, monkeypatch):
    archive = pack({**cifar10, "test_batch": b"other"})
    shop.files["cifar-10-python.tar.gz"] = archive
    monkeypatch.setattr(cifar10_module, "REMOTE", remote(shop, "cifar-10-python.tar.gz", archive))
    with pytest.raises(DataUnavailable, match="test_batch is damaged"):
        fetch("cifar10")


def test_an_archive_cannot_write_outside_its_place(home, shop, cifar10, monkeypatch):
    archive = pack({**cifar10, "../../escaped": b"x"})
    shop.files["cifar-10-python.tar.gz"] = archive
    monkeypatch.setattr(cifar10_module, "REMOTE", remote(shop, "cifar-10-python.tar.gz", archive))
    with pytest.raises(DataUnavailable, match="could not be unpacked"):
        fetch("cifar10")
    assert names(home / "data") == ["cifar-10-python.tar.gz"]
    assert not list(home.rglob("escaped"))


def test_nothing_is_fetched_unasked(home, shop, cifar10, monkeypatch):
    monkeypatch.setattr(cifar10_module, "REMOTE", remote(shop))
    monkeypatch.setattr(mobilenet, "REMOTE", remote(shop))
    monkeypatch.setattr(mobilenet, "find_spec", lambda name: None)
    monkeypatch.setattr(fashion_module, "REMOTES", [remote(shop)])
    assert load_colour(50, 10).train.source == "shapes"
    for load in (
        lambda: load_colour(50, 10, source="cifar10"),
        lambda: load_fashion(source="full"),
        models.load_mobilenet,
    ):
        with pytest.raises(DataUnavailable, match="once with a network"):
            load()
    assert shop.asked == []


# the command line


def course(*words):
    with pytest.raises(SystemExit) as ended:
        cli.app(["data", *words], prog_name="course", standalone_mode=True)
    return ended.value.code


def test_the_command_fetches_and_says_where(home, shop, monkeypatch, capsys):
    monkeypatch.setattr(mobilenet, "REMOTE", remote(shop))
    assert course("fetch", "mobilenet_v2") == 0
    place = home / "torch" / "hub" / "checkpoints" / "big.bin"
    assert capsys.readouterr().out == f"mobilenet_v2 is here: {place}\n"
    assert place.read_bytes() == CONTENT


def test_the_command_lists_what_there_is(home, capsys):
    assert course() == 0
    out = capsys.readouterr().out
    assert "here      shapes: 10 + 5 shapes" in out
    assert "not here  cifar10" in out
    assert "To get it: course data fetch cifar10 (170 MB)." in out
    assert "mobilenet_v2" in out


@pytest.mark.parametrize("name", ["cifar10", "fashion", "mobilenet_v2"])
def test_offline_the_command_refuses_in_one_sentence(home, monkeypatch, capsys, name):
    assert os.environ["COURSE_OFFLINE"] == "1"
    monkeypatch.setattr("sys.argv", ["course", "data", "fetch", name])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert (ended.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "COURSE_OFFLINE forbids every use of the network" in said.err


def test_the_command_names_what_can_be_fetched(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["course", "data", "fetch", "imagenet"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert (ended.value.code, said) == (
        2,
        "There is no 'imagenet' to fetch. There are: cifar10, fashion, mobilenet_v2.\n",
    )
