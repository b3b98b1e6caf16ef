"""Checks of homework H6: a convolutional network on garments that beats the learner's own dense network."""

import torch
from torch import nn

from course_utils.checks import diagnosis
from course_utils.checks.sets import mark, what_was_given
from course_utils.judging.answers import as_array, as_dict, is_missing, read_numbers, short
from course_utils.judging.protocol.calling import ask, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

DENSE_BAR = 0.76  # accuracy on the test pictures; a linear model reaches about 0.79 on 5,000 pictures
GAIN = 0.01
MOST_PARAMETERS = 100_000
LAYERS = {"dropout": ("Dropout", "Dropout1d", "Dropout2d"), "batch norm": ("BatchNorm1d", "BatchNorm2d")}
NO_LAYERS = ("Identity", "Sequential", "ModuleList", "ModuleDict")  # they compute nothing


def look_at_network(model, pictures: torch.Tensor) -> list:
    """Probe: return the scores of a network in eval mode, its number of parameters, and the kinds of its layers."""
    if not isinstance(model, nn.Module):
        return [None, 0, [type(model).__name__]]
    mode = model.training
    model.eval()
    try:
        with torch.no_grad():
            scores = torch.cat([model(part) for part in pictures.split(250)]).detach()
    finally:
        model.train(mode)
    kinds = [type(layer).__name__ for layer in model.modules() if not list(layer.children())]
    return [scores, sum(p.numel() for p in model.parameters()), kinds]


def _judge(network, name: str, pictures, labels) -> tuple[float, int, list]:
    """Return accuracy, number of parameters and kinds of layers of a student's network."""
    if network is None:
        raise NotAttempted(f"{name} is None")
    scores, parameters, kinds = ask(look_at_network, network, (pictures - 0.5) / 0.5)
    if scores is None:
        raise CheckFailed(f"{name} should be your trained network, not of the kind {kinds[0]}.")
    scores = as_array(scores, f"What {name} returns")
    if scores.shape != (len(labels), 10):
        raise CheckFailed(f"{name} should give ten scores for each picture; its scores have the shape {scores.shape}.")
    return float((scores.argmax(1) == labels.numpy()).mean()), parameters, kinds


@quiet()
def dense_baseline(network, pictures: torch.Tensor, labels: torch.Tensor) -> None:
    """Check a dense network: no convolutions, and an accuracy above its bar. 3 points.

    Parameters
    ----------
    network
        The student's trained network; takes standardised pictures ``(N, 1, 28, 28)``.
    pictures, labels
        Test pictures, pixels from 0 to 1, and their classes.
    """
    reached, _, kinds = _judge(network, "baseline", pictures, labels)
    if convolutions := [kind for kind in kinds if "Conv" in kind]:
        raise CheckFailed(
            f"baseline should be dense, but it has a {convolutions[0]}. What is it there to be compared with?"
        )
    if reached < DENSE_BAR:
        raise CheckFailed(
            f"baseline gets {100 * reached:.1f} % of the test pictures right; {100 * DENSE_BAR:.0f} % are wanted.\n"
            "Hint: does the training loss still fall in the last epoch?"
        )
    print("Correct.")


@quiet()
def beats_baseline(network, baseline, pictures: torch.Tensor, labels: torch.Tensor) -> None:
    """Check a convolutional network below 100,000 parameters that beats the baseline by a point. 4 points.

    Parameters
    ----------
    network, baseline
        The student's trained networks.
    pictures, labels
        Test pictures, pixels from 0 to 1, and their classes.
    """
    reached, parameters, kinds = _judge(network, "convnet", pictures, labels)
    before, _, _ = _judge(baseline, "baseline", pictures, labels)
    if not any("Conv" in kind for kind in kinds):
        raise CheckFailed("convnet has no convolution. Which layer of Lab 05 looks at neighbouring pixels?")
    if parameters >= MOST_PARAMETERS:
        raise CheckFailed(
            f"convnet has {parameters:,} parameters; fewer than {MOST_PARAMETERS:,} are allowed.\n"
            "Hint: which layer holds most of them, and how many numbers reach it?"
        )
    if before < DENSE_BAR:
        raise CheckFailed("First let your baseline reach its own bar: a weak baseline is easily beaten.")
    if reached < before + GAIN - 1e-9:
        raise CheckFailed(
            f"convnet: {100 * reached:.1f} %, baseline: {100 * before:.1f} % of the test pictures.\n"
            "One point more is wanted. Hint: more epochs, more channels early on, fewer numbers at the flatten step?"
        )
    print("Correct.")


@quiet()
def ablation(answers: dict, with_layer, without_layer, pictures: torch.Tensor, labels: torch.Tensor) -> Credit:
    """Check the comparison of two networks that differ in dropout or batch norm. 2 points.

    Parameters
    ----------
    answers
        ``{"layer": "dropout" or "batch norm", "accuracy with": number, "accuracy without": number}``.
    with_layer, without_layer
        The student's two trained networks.
    pictures, labels
        Validation pictures, pixels from 0 to 1, and their classes: those on which the learner measured.
    """
    parts = ("accuracy with", "accuracy without")
    answers = as_dict(answers, ("layer", *parts), "table")
    if is_missing(answers["layer"]):
        raise NotAttempted('fill in the table: "layer" is empty')
    word = answers["layer"].strip().lower() if type(answers["layer"]) is str else ""
    if word not in LAYERS:
        raise CheckFailed(f'table["layer"] should be "dropout" or "batch norm", not {short(answers["layer"])}.')
    given = read_numbers(answers, parts, "table")
    found = [
        _judge(one, name, pictures, labels)
        for one, name in ((with_layer, "with_layer"), (without_layer, "without_layer"))
    ]
    there = [any(kind in LAYERS[word] for kind in kinds) for _, _, kinds in found]
    others = [sorted(kind for kind in kinds if kind not in (*LAYERS[word], *NO_LAYERS)) for _, _, kinds in found]
    marks = {"layer": there == [True, False] and others[0] == others[1]}
    codes = []
    for part, (reached, _, _) in zip(parts, found, strict=True):
        marks[part] = None if given[part] is None else abs(given[part] - reached) <= 0.006
        if marks[part] is False:
            codes.append("KE6" if given[part] > 1 else "KF4")
    note = what_was_given(marks, given | {"layer": word})
    if there != [True, False]:
        note = f"layer: with_layer should have {word}, without_layer none."
    elif not marks["layer"]:
        note = f"layer: your two networks differ in more than {word}. Which difference made the accuracies differ?"
    other = diagnosis.feedback(codes[0]) if codes else ""
    return mark(marks, 2, list(dict.fromkeys(codes)), note, other)
