"""What a lesson loads is found in the sandbox, too: no folder of the learner's or the instructor's is seen there."""

import json
import shutil
import subprocess
import sys

import pytest

from course_utils.course import CourseError
from course_utils.grading import sandbox
from course_utils.models import mobilenet

CODE = """
import json, sys
import torch
from course_utils import data, models, training
from course_utils.grading import sandbox
from course_utils.grading.job import Limits
from course_utils.grading.sandbox.inside import inside

def load(_):
    shapes = data.load_colour(20, 100)
    found = [shapes.train.source, data.load_fashion(20, 20).train.source, data.load_bikes(20, 20).train.source]
    found += [data.load_colour(20, 20, source="fashion_colour").train.source, data.load_photos(size=32).source]
    found.append(training.accuracy(models.load_trained(), *shapes.test.tensors()) > 0.85)
    try:
        data.load_colour(20, 20, source="cifar10")
    except data.DataUnavailable:
        found.append("no cifar10")
    try:
        found.append(len(models.load_mobilenet().classes))
    except data.DataUnavailable:
        found.append(1000)
    return found

torch.set_num_threads(1)
with inside(sandbox.best_tier(sys.argv[1]), load, None, Limits(), sandbox.readable_paths([])) as box:
    print(json.dumps(box.answer(120)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["namespaces", "landlock"])
def test_everything_that_ships_or_is_drawn_is_found_in_the_box(name, tmp_path, monkeypatch):
    if sys.platform != "linux":
        pytest.skip("these kinds are Linux's")
    try:
        sandbox.best_tier(name)
    except CourseError as error:
        pytest.skip(str(error))
    (tmp_path / "data" / "cifar-10-batches-py").mkdir(parents=True)  # damaged: whoever looked would stop
    whole, _ = mobilenet.find_weights()
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    if whole:  # the box must not stumble over a file that it may see and not read
        (tmp_path / "torch" / "hub" / "checkpoints").mkdir(parents=True)
        shutil.copy(whole, tmp_path / "torch" / "hub" / "checkpoints")
    done = subprocess.run([sys.executable, "-c", CODE, name], capture_output=True, text=True, check=True)
    sources = ["shapes", "fashion", "bikes", "fashion_colour", "photos"]
    assert json.loads(done.stdout) == [*sources, True, "no cifar10", 1000]
