"""Make what ships in ``course_utils/packaged``, from its sources: for authors, by hand, seldom.

    python -m course_utils.packing fashion [FOLDER]   the four files of Fashion-MNIST; Debian's if left out
    python -m course_utils.packing networks           trains the small networks (some minutes)
    python -m course_utils.packing clinic             makes the clinic's broken trainings (a minute)
    python -m course_utils.packing depth              trains plain and residual networks (half a minute)
    python -m course_utils.packing weather FILE       seattle-weather.csv of the package vega_datasets

Checksums go into ``packaged/checksums.json``; licences and sizes stand in ``packaged/SOURCES.md``.
"""

import csv
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from course_utils import files, packaged
from course_utils.data.fashion import DEBIAN, SHIPPED, read_folder
from course_utils.data.pictures import balanced
from course_utils.data.shapes import load_shapes
from course_utils.models import make_small_cnn


def pack_fashion(folder: Path = DEBIAN) -> None:
    """Choose the shipped part of Fashion-MNIST, the same number of each class."""
    arrays = {}
    for part, number, (images, labels) in zip(("train", "test"), SHIPPED, read_folder(folder), strict=True):
        places = balanced(labels, number, seed=0)
        arrays |= {f"{part}_images": images[places], f"{part}_labels": labels[places].astype(np.uint8)}
    write("fashion", arrays)


def pack_weather(file: Path) -> None:
    """Take dates, highest temperatures and rain from a table of daily weather."""
    with file.open(newline="", encoding="utf-8") as table:
        days = list(csv.DictReader(table))
    arrays = {
        "date": np.array([day["date"].replace("/", "-") for day in days], dtype="datetime64[D]").astype(np.int32),
        "temperature": np.array([round(10 * float(day["temp_max"])) for day in days], dtype=np.int16),
        "rain": np.array([round(10 * float(day["precipitation"])) for day in days], dtype=np.int16),
    }
    write("weather", arrays)


def pack_networks() -> None:
    """Train the small network on drawn shapes: 12,000 pictures, 8 epochs."""
    from course_utils.training import fit

    train, test = load_shapes(12_000, 2000)
    model = make_small_cnn(len(train.classes))
    print(fit(model, *train.tensors(), epochs=8, test=test.tensors()))
    write("network_shapes", {key: value.numpy() for key, value in model.state_dict().items()})


def pack_clinic() -> None:
    """Train the clinic's patients, and make their experiments: each training with each of three seeds."""
    from course_utils.labs.training_homework import patients, trainings

    found = [[trainings.look_into(trainings.RECIPES[name], seed) for seed in patients.SEEDS] for name in patients.ALL]
    watched = ("curves", *patients.EXPERIMENTS)
    write("clinic", {what: np.array([[run[what] for run in runs] for runs in found], np.float32) for what in watched})


def pack_depth() -> None:
    """Train plain and residual networks of each depth, with each of three seeds."""
    from course_utils.labs.training_homework import deep

    runs = np.array(
        [[[deep.train(depth, kind, seed) for seed in deep.SEEDS] for depth in deep.DEPTHS] for kind in (False, True)],
        np.float32,
    )
    write("depth", {"loss": runs[..., 0, :], "accuracy": runs[..., 1, :]})


def write(name: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays and their checksum into the package."""
    path, sums = packaged.FOLDER / f"{name}.npz", packaged.FOLDER / packaged.CHECKSUMS
    with files.aside(path) as part, part.open("wb") as file:
        np.savez_compressed(file, **arrays)
    known = json.loads(sums.read_text(encoding="utf-8")) if sums.exists() else {}
    known[name] = packaged.checksum(arrays)
    files.write(sums, json.dumps(known, indent=1, sort_keys=True) + "\n")
    print(f"{path.name}: {path.stat().st_size:,} bytes, {known[name]}")


def main(arguments: list[str]) -> None:
    """Run what the command line asks for."""
    match arguments:
        case ["fashion"]:
            pack_fashion()
        case ["fashion", folder]:
            pack_fashion(Path(folder))
        case ["networks"]:
            pack_networks()
        case ["clinic"]:
            pack_clinic()
        case ["depth"]:
            pack_depth()
        case ["weather", file]:
            pack_weather(Path(file))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
