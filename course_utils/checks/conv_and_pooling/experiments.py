"""Checks of answers that come from an experiment: shifts, receptive fields, dropout and batch normalisation."""

import torch
from torch import nn

from course_utils.checks.sets import mark, what_was_given
from course_utils.judging.answers import as_dict, as_numbers, is_missing, kind, plain, read_numbers
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit

SHARING_ANSWER = "b"


def shift_layers() -> dict[str, nn.Module]:
    """Make the four layers of the shift test, with circular borders, in float64 and with fixed weights.

    "a" convolution, "b" convolution + max-pool, "c" convolution + global average, "d" dense. Input (N, 1, 8, 8).
    """
    generator = torch.Generator().manual_seed(5)

    def conv():
        layer = nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular", dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator, dtype=torch.float64))
        return layer

    dense = nn.Linear(64, 64, dtype=torch.float64)
    with torch.no_grad():
        dense.weight.copy_(torch.randn(64, 64, generator=generator, dtype=torch.float64))
    return {
        "a": conv(),
        "b": nn.Sequential(conv(), nn.MaxPool2d(2)),
        "c": nn.Sequential(conv(), nn.AdaptiveAvgPool2d(1)),
        "d": nn.Sequential(nn.Flatten(), dense, nn.Unflatten(1, (1, 8, 8))),
    }


def shift_properties() -> tuple[set[str], set[str]]:
    """Run the shift test: the letters of the layers that are equivariant, and of those that are invariant.

    A shift by one pixel cannot be repeated on a map of another size than the picture's, so a layer whose output is
    smaller counts as equivariant only if no shift of its output, in any whole number of cells, undoes it.
    """
    x = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    equivariant, invariant = set(), set()
    with torch.no_grad():
        for letter, layer in shift_layers().items():
            before, after = layer(x), layer(x.roll(1, dims=3))
            if torch.allclose(after, before):
                invariant.add(letter)
            elif any(torch.allclose(after, before.roll(step, dims=3)) for step in range(1, before.shape[3])):
                equivariant.add(letter)
    return equivariant, invariant


@quiet()
def shift_behaviour(answers: dict) -> Credit:
    """Check what moves along, what stays, what three small kernels see, and what sharing assumes. 2 points.

    Parameters
    ----------
    answers
        ``{"equivariant": set of letters, "invariant": set of letters, "receptive field": number,
        "weights": (three 3×3, one 7×7) in units of C², "sharing": letter}``.
    """
    parts = ("equivariant", "invariant", "receptive field", "weights", "sharing")
    answers = as_dict(answers, parts, "shifts")
    equivariant, invariant = shift_properties()
    given = {part: None if is_missing(answers[part]) else answers[part] for part in parts}
    letters = {part: _letters(given[part], part) for part in ("equivariant", "invariant", "sharing")}
    field = None if given["receptive field"] is None else plain(given["receptive field"])
    weights = None if given["weights"] is None else as_numbers(given["weights"])
    marks = {
        "equivariant": letters["equivariant"] == equivariant,
        "invariant": letters["invariant"] == invariant,
        "receptive field": field == _torch_receptive_field(),
        "weights": weights == [_torch_weights(3, 3), _torch_weights(7, 1)],
        "sharing": letters["sharing"] == {SHARING_ANSWER},
    }
    marks = {part: None if given[part] is None else value for part, value in marks.items()}
    codes = _shift_codes(marks, letters, field, equivariant, invariant)
    return mark(marks, 2, codes, what_was_given(marks, given))


def _letters(answer, part: str) -> set[str] | None:
    if answer is None:
        return None
    answer = list(answer) if type(answer) in (set, list, tuple, frozenset, str) else [answer]
    if not all(type(letter) is str for letter in answer):
        raise CheckFailed(
            f"shifts[{part!r}] should be letters such as {{'a', 'b'}}, not {kind(answer)} of other things."
        )
    return {letter.strip().lower() for letter in answer} - {"", ",", " "}


def _shift_codes(marks, letters, field, equivariant, invariant) -> list[str]:
    codes = []
    if letters["equivariant"] == invariant and letters["invariant"] == equivariant:
        codes.append("SH1")
    elif letters["equivariant"] is not None and "b" in letters["equivariant"] - equivariant:
        codes.append("SH2")
    if marks["receptive field"] is False and field == 9:
        codes.append("SH3")
    return codes


def _torch_receptive_field() -> int:
    """Ask autograd how many pixels of a row reach one output of three stacked 3-wide convolutions."""
    x = torch.zeros(1, 1, 21, requires_grad=True)
    out = x
    with torch.enable_grad():  # a notebook may have switched it off
        for _ in range(3):
            out = nn.functional.conv1d(out, torch.ones(1, 1, 3))
        (gradient,) = torch.autograd.grad(out[0, 0, out.shape[2] // 2], x)
    return int((gradient != 0).sum())


def _torch_weights(kernel_size: int, layers: int, channels: int = 4) -> int:
    """Count the weights of stacked layers with as many outputs as inputs, in units of channels squared."""
    layer = nn.Conv2d(channels, channels, kernel_size, bias=False, device="meta")
    return layers * layer.weight.numel() // channels**2


@quiet()
def dropout_batch_norm(answers: dict) -> Credit:
    """Check what dropout does in both modes and what batch normalisation keeps. 1 point.

    Parameters
    ----------
    answers
        ``{"mean in train": …, "mean in eval": …, "kept value": …, "parameters": …, "buffer numbers": …}`` for
        dropout with p = 0.5 on a large input of ones, and batch normalisation of 16 channels. Means may be off by 0.1.
    """
    right, loose = _torch_modes(), {"mean in train", "mean in eval"}
    given = read_numbers(answers, right, "modes")
    marks = {
        part: None if given[part] is None else abs(given[part] - right[part]) <= (0.1 if part in loose else 1e-6)
        for part in right
    }
    return mark(marks, 1, _mode_codes(given, right), what_was_given(marks, given, "{:g}".format))


def _torch_modes() -> dict[str, float]:
    torch_state = torch.get_rng_state()
    torch.manual_seed(0)
    layer, ones = nn.Dropout(0.5), torch.ones(100, 100)
    dropped, kept = layer.train()(ones), layer.eval()(ones)
    torch.set_rng_state(torch_state)
    norm = nn.BatchNorm2d(16)
    return {
        "mean in train": float(dropped.mean()),
        "mean in eval": float(kept.mean()),
        "kept value": float(dropped.max()),
        "parameters": sum(p.numel() for p in norm.parameters()),
        "buffer numbers": sum(b.numel() for b in norm.buffers()),
    }


def _mode_codes(given, right) -> list[str]:
    codes = []
    if (given["mean in train"] is not None and abs(given["mean in train"] - 0.5) <= 0.1) or given["kept value"] == 1:
        codes.append("DB1")
    if given["mean in eval"] is not None and abs(given["mean in eval"] - 0.5) <= 0.1:
        codes.append("DB2")
    numbers = right["parameters"] + right["buffer numbers"]
    if given["parameters"] in (numbers, numbers - 1, 2 * right["parameters"]):
        codes.append("PC10")
    return codes
