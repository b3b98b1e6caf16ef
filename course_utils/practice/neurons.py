"""Practice of lab 01: a neuron by hand, shapes, parameters of a network, weights of a picture."""

import numpy as np

from course_utils.checks.neurons import numbers
from course_utils.practice.topic import Topic
from course_utils.variants import neurons as questions

NAMES = {
    "x": "the batch x",
    "W1": "the first weight W1",
    "h": "the hidden values h",
    "W2": "the second weight W2",
    "o": "the output o",
}


def _neuron_text(q) -> str:
    return (
        f"Inputs x1, x2, x3 = {', '.join(map(str, q.x))}; weights w1, w2, w3 = {', '.join(map(str, q.weight))}; "
        f"bias w0 = {q.bias}.\nWhat is z?"
    )


def _network_text(q) -> str:
    return (
        f"Two dense layers: {q.inputs} inputs, {q.hidden} hidden units, {q.outputs} outputs; a batch of {q.batch}.\n"
        "How many parameters?"
    )


def _shape_text(q) -> str:
    n = q.network
    return (
        f"Two dense layers: {n.inputs} inputs, {n.hidden} hidden units, {n.outputs} outputs; a batch of {n.batch}.\n"
        f"Which shape has {NAMES[q.row]} in PyTorch? Answer with a tuple."
    )


def _picture_text(q) -> str:
    return (
        f"A picture in colour of {q.height}×{q.width} pixels, and a dense layer of {q.units} units with biases.\n"
        "How many parameters?"
    )


def _shape_ways(q) -> dict[str, list]:
    right = {"PyTorch": numbers.torch_shapes(q.network), "lecture": numbers.lecture_shapes(q.network)}
    ways = {code: rows["PyTorch"].get(q.row) for code, rows in numbers.shape_ways(right, q.network).items()}
    one_each = {code: ways[code] for code in ("DS1", "ND1", "DS2") if ways[code]}
    return {code: np.array(shapes[0]) for code, shapes in one_each.items()}


def _without_forms(ways: dict[str, float]) -> dict[str, float]:
    """Leave out second forms of a wrong way."""
    return {code: answer for code, answer in ways.items() if not code.endswith("+")}


TOPICS: dict[str, Topic] = {
    "neuron": Topic(
        questions.practice_neuron,
        _neuron_text,
        numbers.torch_neuron,
        lambda q: _without_forms(questions.neuron_ways(q)),
    ),
    "layer-shape": Topic(
        questions.practice_shape, _shape_text, lambda q: np.array(numbers.torch_shapes(q.network)[q.row]), _shape_ways
    ),
    "network-parameters": Topic(
        questions.practice_network, _network_text, numbers.torch_network_count, questions.network_ways
    ),
    "dense-count": Topic(
        questions.practice_picture,
        _picture_text,
        lambda q: numbers.torch_count(q, 3),
        lambda q: _without_forms(questions.picture_ways(q, 3)),
    ),
}
