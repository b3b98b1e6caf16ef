"""Checks of predicted shapes and counts. What is right is asked of PyTorch; it is never printed."""

from collections.abc import Hashable, Mapping

from course_utils.checks import diagnosis
from course_utils.checks.lab7_cnn import reference
from course_utils.checks.sets import mark, what_was_given
from course_utils.judging.answers import as_dict, as_numbers, is_missing, kind, read_numbers, short
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit
from course_utils.variants import lab7_cnn as questions
from course_utils.variants.lab7_cnn import Block, KerasNet, Network

WORDS = ("raises", "passes")
REASONS = ("padding", "stride", "kernels", "dropout")


# --- sets of shapes


def read_shapes(answers: dict, keys, what: str) -> dict[str, tuple | None]:
    """Return the shapes of an answer's dict as tuples of Python's own numbers; None where there is none yet.

    Raises
    ------
    CheckFailed
        If it is no dict, or holds something else than tuples of numbers.
    """
    found: dict[str, tuple | None] = {}
    for key, value in as_dict(answers, keys, what).items():
        if is_missing(value):
            found[key] = None
            continue
        numbers = as_numbers(value)
        if numbers is None:
            raise CheckFailed(f"{what}[{key!r}] should be a tuple of numbers, not {kind(value)}.")
        found[key] = tuple(numbers)
    return found


def explain(given: Mapping[str, Hashable], right: Mapping, ways: Mapping[str, Mapping]) -> list[str]:
    """Return the wrong way that gives every answer, else every wrong one, else one for each wrong one."""
    answered = {key: value for key, value in given.items() if value is not None}
    wrong = [key for key, value in answered.items() if value != right[key]]

    def given_by(value, key) -> bool:  # None: this way gives the right answer here
        return answered[key] == (right[key] if value is None else value)

    def giving(keys) -> list[str]:
        return [code for code, way in ways.items() if all(given_by(way[key], key) for key in keys)]

    for keys in (list(answered), wrong) if wrong else ():
        if found := giving(keys):
            return found[:1]
    single = [next(iter(giving([key])), None) for key in wrong]
    return [code for code in dict.fromkeys(single) if code]


def _compared(given: Mapping, right: Mapping) -> dict[str, bool | None]:
    return {key: None if given[key] is None else given[key] == right[key] for key in right}


# --- every shape of the lab's network


@quiet()
def shape_trace(answers: dict, question: Network) -> Credit:
    """Check the eight shapes of a batch on its way through the network. 2 points.

    Parameters
    ----------
    answers
        A tuple for each of conv1, pool1, conv2, pool2, flatten, fc1, fc2, fc3, batch axis first.
    question
        From :func:`course_utils.variants.lab7_cnn.network`.
    """
    batch = (question.batch, question.in_channels, question.side, question.side)
    right = reference.torch_trace(reference.torch_network(question), batch)
    given = read_shapes(answers, right, "shapes")
    marks = _compared(given, right)
    codes = explain(given, right, questions.trace_ways(question))
    return mark(marks, 2, codes, what_was_given(marks, given))


@quiet()
def parameter_trace(answers: dict, tensors: dict, question: Network) -> Credit:
    """Check the parameters of each layer, their total, and the shapes of eight parameter tensors. 2 points.

    Parameters
    ----------
    answers
        A number for each of conv1, conv2, pool, fc1, fc2, fc3 and total.
    tensors
        A tuple for each parameter tensor but the two of conv1.
    question
        From :func:`course_utils.variants.lab7_cnn.network`.
    """
    model = reference.torch_network(question)
    counts = reference.torch_counts(model)
    right = counts | {"pool": 0, "total": sum(counts.values())}
    shapes = {name: s for name, s in reference.torch_tensors(model).items() if not name.startswith("conv1.")}
    given = read_numbers(answers, right, "parameters")
    given_shapes = read_shapes(tensors, shapes, "tensors")
    marks = _compared(given, right) | _compared(given_shapes, shapes)
    codes = _count_codes(given, right, question) + explain(given_shapes, shapes, questions.tensor_ways(question))
    note = what_was_given(marks, given | given_shapes)
    return mark(marks, 2, list(dict.fromkeys(codes)), note)


def _count_codes(given: dict, right: dict, question: Network) -> list[str]:
    layers = {key: given[key] for key in right if key != "total"}
    codes = ["PC9"] if given["pool"] not in (None, 0) else []
    found = explain(layers, right, questions.parameter_ways(question))
    codes += [code for code in found if code not in codes]
    if None not in given.values() and given["total"] not in (right["total"], sum(layers.values())):
        codes.append("KA7")
    return codes


# --- larger pictures


@quiet()
def larger_pictures(answers: dict, side: int) -> Credit:
    """Check what larger pictures do to the listing with ``view(-1, 400)``. 1 point.

    Parameters
    ----------
    answers
        ``{"features": number, "batch of 4": word, "batch of 25": word, "rows for 25": number,
        "another batch": number}``; the words are "raises" and "passes".
    side
        Of the pictures, in pixels.
    """
    words, numbers = ("batch of 4", "batch of 25"), ("features", "rows for 25", "another batch")
    answers = as_dict(answers, (*words, *numbers), "larger")
    given = read_numbers(answers, numbers, "larger") | {key: _word(answers[key], key) for key in words}
    features = 16 * reference.torch_last_side(side) ** 2
    right = {
        "features": features,
        "batch of 4": _what_happens(4, side),
        "batch of 25": _what_happens(25, side),
        "rows for 25": 25 * features // 400,
    }
    marks = _compared({key: given[key] for key in right}, right)
    marks["another batch"] = None if given["another batch"] is None else _passes_silently(given["another batch"], side)
    return mark(marks, 1, _larger_codes(given, right, marks, side), what_was_given(marks, given))


def _word(answer, key: str) -> str | None:
    if is_missing(answer):
        return None
    word = answer.strip().lower() if type(answer) is str else ""
    if word not in WORDS:
        raise CheckFailed(f'larger[{key!r}] should be "raises" or "passes", not {short(answer)}.')
    return word


def _what_happens(batch: int, side: int) -> str:
    return WORDS[reference.view_passes(batch, side)]


def _passes_silently(batch, side: int) -> bool:
    whole = batch == int(batch) if abs(batch) < 10**6 else False
    return whole and 0 < batch <= 10_000 and batch != 25 and reference.view_passes(int(batch), side)


def _larger_codes(given: dict, right: dict, marks: dict, side: int) -> list[str]:
    codes = []
    if marks["features"] is False:
        ways = questions.larger_ways(side)
        codes += [code for code, way in ways.items() if diagnosis.same_number(given["features"], way)][:1]
    if given["batch of 25"] == "raises" or given["batch of 4"] == "passes" or marks["another batch"] is False:
        codes.append("KC5")
    return codes


# --- the second lecture's network


@quiet()
def keras_network(shapes: dict, counts: dict, question: KerasNet) -> Credit:
    """Check shapes, parameters and the share of the first dense layer of a Keras listing. 3 points.

    Parameters
    ----------
    shapes
        Tuples for conv1, pool1, conv2, pool2, flatten, dense1, dense2: one picture, channels first.
    counts
        Numbers for conv1, conv2, dense1, dense2, total, "total for grey" and "share of dense1" (in percent).
    question
        From :func:`course_utils.variants.lab7_cnn.keras_net`.
    """
    model = reference.torch_keras(question)
    picture = (1, question.in_channels, question.side, question.side)
    right_shapes = {name: s[1:] for name, s in reference.torch_trace(model, picture).items()}
    right = _keras_counts(question)
    given_shapes = read_shapes(shapes, right_shapes, "keras_shapes")
    given = read_numbers(counts, (*right, "share of dense1"), "keras_counts")
    share = 100 * right["dense1"] / right["total"]
    marks = {f"{name} shape": value for name, value in _compared(given_shapes, right_shapes).items()}
    marks |= _compared(given, right)
    marks["share of dense1"] = _near(given["share of dense1"], share, 0.06)
    codes = explain(given_shapes, right_shapes, questions.keras_trace_ways(question))
    codes += explain({key: given[key] for key in right}, right, questions.keras_count_ways(question))
    codes += ["KG1"] if _near(given["share of dense1"], share / 100, 0.002) else []
    return mark(
        marks,
        3,
        list(dict.fromkeys(codes)),
        what_was_given(marks, {f"{name} shape": s for name, s in given_shapes.items()} | given),
    )


def _keras_counts(question: KerasNet) -> dict[str, int]:
    counts = reference.torch_counts(reference.torch_keras(question))
    grey = reference.torch_counts(reference.torch_keras(question._replace(in_channels=1)))
    return counts | {"total": sum(counts.values()), "total for grey": sum(grey.values())}


def _near(given, right: float, by: float) -> bool | None:
    return None if given is None else abs(given - right) <= by


# --- the listing that is not VGG


@quiet()
def not_vgg(answers: dict) -> Credit:
    """Check the shares of VGG-16 and what the listing really gives. 1 point.

    Parameters
    ----------
    answers
        ``{"conv share": percent, "first dense share": percent, "features in the listing": number,
        "first dense in the listing": number, "reason": word}``.
    """
    numbers = ("conv share", "first dense share", "features in the listing", "first dense in the listing")
    answers = as_dict(answers, (*numbers, "reason"), "vgg")
    given = read_numbers(answers, numbers, "vgg")
    true, listed = (_vgg_parts(padding) for padding in (1, 0))
    right = dict(zip(numbers, (*true["shares"], listed["features"], listed["first dense"]), strict=True))
    marks = {key: _near(given[key], right[key], 0.06 if "share" in key else 0) for key in numbers}
    marks["reason"] = _reason(answers["reason"])
    codes = []
    if any(_near(given[key], right[key] / 100, 0.002) for key in numbers[:2]):
        codes.append("KG1")
    if given[numbers[2]] == true["features"] or given[numbers[3]] == true["first dense"]:
        codes.append("KG9")
    return mark(marks, 1, codes, what_was_given(marks, answers))


def _vgg_parts(padding: int) -> dict:
    layers = reference.torch_vgg(reference.VGG16, 3, 224, padding)
    counts = [sum(p.numel() for p in layer.parameters()) for layer in layers]
    dense = next(place for place, layer in enumerate(layers) if hasattr(layer, "in_features"))
    shares = [100 * sum(counts[:dense]) / sum(counts), 100 * counts[dense] / sum(counts)]
    return {"shares": shares, "features": layers[dense].in_features, "first dense": counts[dense]}


def _reason(answer) -> bool | None:
    if is_missing(answer):
        return None
    word = answer.strip().lower() if type(answer) is str else ""
    if word not in REASONS:
        raise CheckFailed(f'vgg["reason"] should be one of {", ".join(map(repr, REASONS))}, not {short(answer)}.')
    return word == REASONS[0]


# --- residual blocks


@quiet()
def residual_block(answers: dict, question: dict[str, Block]) -> Credit:
    """Check the parameters of two residual blocks and which blocks need a 1×1 convolution. 1 point.

    Parameters
    ----------
    answers
        ``{"basic": number, "down": number, "needs 1x1": set of letters}``.
    question
        From :func:`course_utils.variants.lab7_cnn.blocks`.
    """
    answers = as_dict(answers, ("basic", "down", "needs 1x1"), "residual")
    given = read_numbers(answers, ("basic", "down"), "residual")
    right = {
        name: sum(p.numel() for p in reference.torch_block(block).parameters()) for name, block in question.items()
    }
    needed = {letter for letter, block in questions.SITUATIONS.items() if not reference.can_be_added(block)}
    letters = None if is_missing(answers["needs 1x1"]) else _letters(answers["needs 1x1"])
    marks = _compared(given, right) | {"needs 1x1": None if letters is None else letters == needed}
    codes = explain(given, right, _block_answers(question))
    if letters is not None and letters != needed:
        codes += ["KG8"] if "c" not in letters else ["KG10"] if letters > needed else []
    return mark(marks, 1, list(dict.fromkeys(codes)), what_was_given(marks, answers))


def _block_answers(question: dict[str, Block]) -> dict[str, dict[str, int | None]]:
    ways = {name: questions.block_ways(block) for name, block in question.items()}
    return {code: {name: ways[name][code] for name in question} for code in ways["down"]}


def _letters(answer) -> set[str]:
    given = list(answer) if type(answer) in (set, frozenset, list, tuple, str) else None
    if given is None or not all(type(letter) is str for letter in given):
        raise CheckFailed('residual["needs 1x1"] should be a set of letters such as {"a", "b"}.')
    return {letter.strip().lower() for letter in given} - {"", ",", " "}
