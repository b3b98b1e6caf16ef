"""Lab 06: each student's own networks: always the same, good questions, right against another computation."""

import hashlib

import pytest
import torch
from torch import nn
from torchvision.models import resnet, vgg16

from course_utils.checks import lab7_cnn as check
from course_utils.checks.lab7_cnn import reference
from course_utils.judging.variants import Dice
from course_utils.variants import lab7_cnn as questions

STUDENTS = [f"student{number}" for number in range(150)] + [f"{number:08d}@uni.example" for number in range(50)]
EXERCISES = {
    "shape-trace": questions.network,
    "larger-pictures": questions.larger_side,
    "keras-network": questions.keras_net,
    "residual-block": questions.blocks,
}


@pytest.fixture(scope="module")
def drawn():
    """The questions of all students, by exercise."""
    return {name: [draw(student) for student in STUDENTS] for name, draw in EXERCISES.items()}


def digest(student: str) -> str:
    text = repr([exercise(student) for exercise in EXERCISES.values()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(("student", "fingerprint"), [("ada", "8d402f42a2813f95"), ("s1234567", "ca68292b4cfcc4cd")])
def test_a_students_questions_never_change(student, fingerprint):
    assert digest(student) == fingerprint, "students would find other questions than the ones they have answered"


def test_students_get_different_questions(drawn):
    few = {"larger-pictures": 15, "residual-block": 8}
    for name, asked in drawn.items():
        assert len({repr(question) for question in asked}) >= few.get(name, 120), name


def test_without_an_id_come_the_lectures_numbers():
    assert questions.network() == questions.LAB7
    assert questions.keras_net() == questions.KERAS
    assert (questions.larger_side(), questions.blocks()["down"]) == (64, questions.Block(64, 128, 2))


@pytest.mark.parametrize("draw", EXERCISES.values(), ids=EXERCISES)
def test_a_bad_id_is_refused(draw):
    with pytest.raises(ValueError, match="student id"):
        draw("no spaces here")


# --- separable: no wrong way is right, no two give the same


def distinct(ways: dict, right: dict) -> bool:
    given = [tuple(way.items()) for way in ways.values()]
    return tuple(right.items()) not in given and len(set(given)) == len(given)


def test_wrong_traces_differ_from_the_right_one_and_from_each_other(drawn):
    for network in drawn["shape-trace"]:
        assert distinct(questions.trace_ways(network), questions.trace(network))


def test_wrong_counts_and_tensors_differ_from_the_right_ones_and_from_each_other(drawn):
    for network in drawn["shape-trace"]:
        assert distinct(questions.parameter_ways(network), questions.parameters(network))
        assert distinct(questions.tensor_ways(network), questions.tensors(network))


def test_wrong_ways_of_the_keras_net_differ(drawn):
    for net in drawn["keras-network"]:
        assert distinct(questions.keras_trace_ways(net), questions.keras_trace(net))
        assert distinct(questions.keras_count_ways(net), questions.keras_counts(net))


def test_a_students_network_has_a_pooling_that_leaves_a_row_over(drawn):
    for network in drawn["shape-trace"]:
        conv1, _, conv2, last = questions.sides(network.side, (network.kernel_size,) * 2)
        assert conv1 % 2 or conv2 % 2
        assert last >= 3


def test_larger_pictures_raise_for_4_and_pass_for_25(drawn):
    for side in drawn["larger-pictures"]:
        assert not reference.view_passes(4, side)
        assert reference.view_passes(25, side)
        assert 36 <= side <= 96
        features = 16 * reference.torch_last_side(side) ** 2
        assert features not in questions.larger_ways(side).values()


def test_wrong_blocks_differ(drawn):
    for blocks in drawn["residual-block"]:
        for block in blocks.values():
            ways = [way for way in questions.block_ways(block).values() if way is not None]
            assert questions.block_parameters(block) not in ways
            assert len(set(ways)) == len(ways)


# --- right against PyTorch


def test_counting_agrees_with_pytorch(drawn):
    for network in [questions.LAB7, *drawn["shape-trace"][:60]]:
        model, n = reference.torch_network(network), network
        batch = (n.batch, n.in_channels, n.side, n.side)
        assert questions.trace(network) == reference.torch_trace(model, batch)
        assert questions.tensors(network) == reference.torch_tensors(model)
        counts = reference.torch_counts(model)
        assert questions.parameters(network) == {
            name: counts.get(name, sum(counts.values()) if name == "total" else 0)
            for name in questions.parameters(network)
        }


def test_counting_the_keras_net_agrees_with_pytorch(drawn):
    for net in [questions.KERAS, *drawn["keras-network"][:60]]:
        model = reference.torch_keras(net)
        shapes = reference.torch_trace(model, (1, net.in_channels, net.side, net.side))
        assert questions.keras_trace(net) == {name: shape[1:] for name, shape in shapes.items()}
        grey = sum(reference.torch_counts(reference.torch_keras(net._replace(in_channels=1))).values())
        counts = reference.torch_counts(model)
        assert questions.keras_counts(net) == counts | {"total": sum(counts.values()), "total for grey": grey}


@pytest.mark.parametrize("block", [questions.Block(64, 64, 1), questions.Block(64, 128, 2), questions.Block(24, 48, 2)])
def test_a_block_is_torchvisions(block):
    shortcut = None
    if questions.needs_projection(block):
        shortcut = nn.Sequential(resnet.conv1x1(*block), nn.BatchNorm2d(block.out_channels))
    made = resnet.BasicBlock(block.in_channels, block.out_channels, block.stride, shortcut)
    assert questions.block_parameters(block) == sum(p.numel() for p in made.parameters())
    assert reference.torch_block_count(block) == questions.block_parameters(block)


def test_situations_are_judged_as_pytorch_adds():
    needed = {letter: questions.needs_projection(block) for letter, block in questions.SITUATIONS.items()}
    assert needed == {letter: not reference.can_be_added(b) for letter, b in questions.SITUATIONS.items()}


def test_the_list_of_vgg_is_torchvisions():
    with torch.device("meta"):
        right = sum(p.numel() for p in vgg16().parameters())
    assert sum(p.numel() for layer in reference.torch_vgg(check.VGG16, 3, 224, 1) for p in layer.parameters()) == right


# --- practice draws


@pytest.mark.parametrize("number", range(40))
def test_practice_questions_tell_wrong_ways_apart(number):
    features, row = (draw(Dice("p", number)) for draw in (questions.sample_features, questions.sample_row))
    assert questions.features_tell_apart(features)
    assert questions.row_tells_apart(row)
    assert questions.count_features(features) == reference.torch_features(features)
    assert questions.count_multiplications(row) == reference.torch_multiplications(row)
