"""Labs 07 and 08 where MobileNetV2's weights are not: one sentence stands in its place, and the lesson goes on."""

import matplotlib.pyplot as plt
import pytest
from lesson import Lesson, master_of

from course_utils.models import mobilenet

CELLS = {"07_transfer_learning": 1, "08_adversarial_examples": 5}  # how many show the photo network


@pytest.mark.parametrize("lab", CELLS)
def test_without_weights_one_sentence_says_how_to_get_them(lab, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(mobilenet, "places", lambda: [tmp_path / mobilenet.REMOTE.name])
    lesson, ran = Lesson(lab), 0
    names = lesson.imports()
    for cell in master_of(lesson.lab).cells:
        words = ("load_mobilenet()", "look(", "photo_network")
        if cell.cell_type == "code" and any(word in cell.source for word in words):
            exec(cell.source, names)
            plt.close("all")
            ran += 1
    assert ran == CELLS[lab]
    said = [line for line in capsys.readouterr().out.splitlines() if "MobileNetV2" in line]
    assert len(said) == 1
    assert mobilenet.INSTALL in said[0]
