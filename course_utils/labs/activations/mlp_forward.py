"""Exercise 2.5: a forward pass that keeps all activations. Weights are in PyTorch's order, (out, in).

What the prompt says, and what tries it:

- a list of all activations, X first → every net: entries and their number
- one pair for each layer, any number of them → public: one, two and three layers; hidden: four
- the last layer gets no activation → tanh, ReLU and sigmoid; AN1
- (N, …), also for one example → public and hidden: a batch of one; DS2
- X and the weights stay as they are → `run_forward`: changed
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.answers import kind
from course_utils.judging.cases import Case
from course_utils.judging.closeness import close
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import SCALES, note_contradicted
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.activations.functions import ACTIVATIONS
from course_utils.labs.activations.headings import SPACE
from course_utils.labs.activations.weights import DS1, Params

AN1 = Misconception(
    "AN1",
    "activation on the output, too",
    "The last layer went through the activation as well. Which layer has none here?",
    SPACE,
)
AN2 = Misconception(
    "AN2",
    "input left out of the list",
    "Your list begins with the first hidden layer. What does the list hold at place 0?",
    SPACE,
)
AN3 = Misconception(
    "AN3",
    "output alone instead of the list",
    "This is the output alone. Which numbers would you need to draw what the hidden layer does?",
    SPACE,
)
AN4 = Misconception(
    "AN4",
    "no activation anywhere",
    "This is the result without any activation. Where in your loop is act called?",
    SPACE,
)
AN5 = Misconception(
    "AN5",
    "bias left out",
    "A layer of yours has no bias here, or none has. What is added to each unit's sum?",
    SPACE,
)
AN6 = Misconception(
    "AN6",
    "pre-activations listed instead of activations",
    "Your hidden entries are the sums before the activation. What does the next layer get to see?",
    SPACE,
)
AN7 = Misconception(
    "AN7",
    "activation on the input",
    "The input went through the activation before the first layer. To which numbers does act belong?",
    SPACE,
)
AN8 = Misconception(
    "AN8",
    "X fed to every layer",
    "Every layer gets X here. From which entry of the list does the second layer start?",
    SPACE,
)
AN9 = Misconception(
    "AN9",
    "sums listed besides the activations",
    "Your list holds each layer's sum and its activation. Which of the two is what the next layer gets to see?",
    SPACE,
)
AN10 = Misconception(
    "AN10",
    "list ends too early",
    "Your list is right as far as it goes. Where does your loop end, and where does your return statement stand?",
    SPACE,
)
AN11 = Misconception(
    "AN11",
    "activation on the output alone",
    "Here only the last layer is bent. Which layers have the activation, and which has none?",
    SPACE,
)
AN12 = Misconception(
    "AN12",
    "bias subtracted",
    "This takes the biases away. Which sign stands before b in the formula?",
    SPACE,
)
AN13 = Misconception(
    "AN13",
    "one number of each bias for all units",
    "All units of a layer get the same bias here. How many numbers has b, and to which column does each belong?",
    SPACE,
)
AN14 = Misconception(
    "AN14",
    "activation before the layer instead of behind it",
    "Here act comes before each layer, at its input. Does a unit bend what comes in, or its own sum?",
    SPACE,
)
AN15 = Misconception(
    "AN15",
    "activation before the bias, or on the weights",
    "Here act meets the product before the bias is added, or the weights alone. What is the whole sum z?",
    SPACE,
)
AN16 = Misconception(
    "AN16",
    "activation listed but not passed on",
    "Your list holds the activations, but the next layer starts from the sum. Which variable goes into the next step?",
    SPACE,
)
AN17 = Misconception(
    "AN17",
    "layers or list in reverse",
    "This begins at the other end. Which layer comes first in params, and what stands first in the list?",
    SPACE,
)
AN18 = Misconception(
    "AN18",
    "another activation than act",
    "Your hidden layers use a function of their own, not the one that is handed over. Where do you call act?",
    SPACE,
)
AN19 = Misconception(
    "AN19",
    "a fixed number of layers",
    "This treats the second layer as the last. How many pairs may params have?",
    SPACE,
)
AN20 = Misconception(
    "AN20",
    "bias added twice",
    "The bias is in this twice, in all layers or in some. In which two places of your code is it added?",
    SPACE,
)
AN21 = Misconception(
    "AN21",
    "activation applied twice",
    "The activation is applied twice in each hidden layer. Where does your code call act, and on what?",
    SPACE,
)
AN22 = Misconception(
    "AN22",
    "probabilities at the end",
    "The output has gone through a softmax or a sigmoid. Which function does the task put behind the last layer?",
    SPACE,
)
AN23 = Misconception(
    "AN23",
    "layers standardised on the way",
    "The sums or the activations of a layer are standardised here, as batch norm does. Is that asked for?",
    SPACE,
)
AN24 = Misconception(
    "AN24",
    "what comes in added to what comes out",
    "What goes into a layer is added to its output here, as in a residual block. Is that asked for?",
    SPACE,
)
DS2 = shared.DS2.in_lab(SPACE, "The numbers are right, the batch axis is gone. What shape has a batch of one example?")
DS3 = shared.DS3.in_lab(
    SPACE, "This adds the bias along the batch. To what does each number of a bias belong, an example or a unit?"
)

AN25 = Misconception(
    "AN25",
    "some hidden layers without an activation",
    "One hidden layer of yours has an activation, another one has none. In which turns of your loop is act called?",
    SPACE,
)
AN26 = Misconception(
    "AN26",
    "what enters a layer centred or scaled first",
    "What enters a layer is centred or scaled here, over the batch or in each row. Does the task ask for it?",
    SPACE,
)
FURTHER = (AN14, AN15, AN16, AN17, AN18, AN19, AN20, AN21, AN22, AN23, AN24, AN25, AN26)
NAME = "mlp_forward"
OWN_LISTS = (AN1, AN4, AN5, AN6, AN7, AN8, AN9, AN11, AN12, AN13, DS1, DS3)  # the forward pass itself is another one
Tensors = list[torch.Tensor]


class Net(NamedTuple):
    """A forward pass to try: number of examples, sizes of all layers, activation."""

    batch: int
    layers: tuple[int, ...]
    act: str


class MlpForward(Implementation):
    """Write ``mlp_forward(X (N, D), params, act)``, which returns a list of all activations, the input first."""

    id = "mlp-forward"
    hints = (
        "Which two things does the list hold before the first layer has done anything, and after it?",
        "W has a row for each unit of the new layer. Which of X @ W and X @ W.T has a column for each of them?",
        "How does your loop know that it has come to the last layer? What does it leave out there?",
    )
    worked = """
    Another function that keeps everything: `chain(x, functions)` sends x through a list of functions and returns
    all values.

    1. Before anything has happened there is x: the list begins as `[x]`.
    2. Each function starts from the *last* entry of the list, `values[-1]`, not from x, and adds one entry.
    3. With (x + 1, 2x, x²) and x = 3 the list is [3, 4, 8, 64]: one entry more than there are functions.
    4. If the last one is to be treated differently, the loop has to know where it is:
       `for place, f in enumerate(functions)`
       and `place == len(functions) - 1`; or it ends one earlier, and the last one has a line of its own.

    ```python
    def chain(x, functions):
        values = [x]
        for f in functions:
            values.append(f(values[-1]))
        return values
    ```
    """
    misconceptions = (AN1, AN2, AN3, AN4, AN5, AN6, AN7, AN8, AN9, AN10, AN11, AN12, AN13, *FURTHER, DS1, DS2, DS3)
    names_explain_all = True
    right_cases_contradict = True

    def cases(self) -> Sequence[Case]:
        """Return a net whose shapes hide a slip in the axes, and others whose shapes show it; one to three layers."""
        return [
            Case("two layers of 3 units, 3 examples, tanh", Net(3, (3, 3, 3), "tanh")),
            Case("layers of 2, 4 and 3 units, 5 examples, ReLU", Net(5, (2, 4, 3), "relu")),
            Case("layers of 3, 2, 4 and 1 units, one example, sigmoid", Net(1, (3, 2, 4, 1), "sigmoid")),
            Case("one layer of 2 units, 4 examples, tanh", Net(4, (3, 2), "tanh")),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other depths, a batch of one, and a net without a bend."""
        return [
            Case("one layer", Net(3, (2, 5), "relu")),
            Case("three layers", Net(6, (2, 5, 4, 1), "tanh")),
            Case("four layers, one example", Net(1, (3, 4, 2, 5, 2), "relu")),
            Case("no bend: the layers collapse", Net(3, (4, 4, 4, 4), "identity")),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare the list with PyTorch's, entry by entry; nothing that is handed over may be changed."""
        must_be_function(answer, NAME)
        X, params = draw_net(case.data, case.seed)
        weights, biases = [w for w, _ in params], [b for _, b in params]
        found = case.ask(run_forward, answer, X, weights, biases, case.data.act)
        value = found.get("value") if type(found) is dict else None
        if value is None:
            raise case.always(f"{NAME} returned None. Does it end in a return statement?")
        if found.get("changed") is not False:
            raise case.always(f"{NAME} changed what it was given: X, the list of pairs, a weight or a bias.")
        _compare_lists(case, value, X, params)


# --- the probe, which runs where the student's function lives


def run_forward(
    mlp_forward: Callable[..., Any], X: np.ndarray, weights: list[np.ndarray], biases: list[np.ndarray], act: str
) -> dict[str, Any]:
    """Probe: call a student's ``mlp_forward`` with an activation that is made here, beside it.

    Returns
    -------
    dict
        ``"value"``: what it returns; ``"changed"``: whether it changed its input or the weights.
    """
    before = [X.copy(), *(w.copy() for w in weights), *(b.copy() for b in biases)]
    params = list(zip(weights, biases, strict=True))
    pairs = list(map(id, params))
    value = mlp_forward(X, params, numpy_activation(act))
    after = [X, *weights, *biases]
    same = pairs == list(map(id, params)) and all(map(np.array_equal, before, after))
    return {"value": value, "changed": not same}


def numpy_activation(name: str) -> Callable[[Any], Any]:
    """Return an activation for arrays, computed by PyTorch; tensors stay tensors."""
    act = ACTIVATIONS[name]
    return lambda z: act(z) if isinstance(z, torch.Tensor) else act(torch.as_tensor(np.asarray(z, float))).numpy()


# --- right and wrong lists


def draw_net(net: Net, seed: int) -> tuple[np.ndarray, Params]:
    """Draw inputs (N, D) and parameters."""
    rng = np.random.default_rng([seed, net.batch, *net.layers])
    sizes = list(zip(net.layers[1:], net.layers[:-1], strict=True))
    signs = [np.where(np.arange(units) % 2, -1, 1) for units, _ in sizes]
    params = [
        (rng.normal(size=size), sign * (1 + rng.random(size[0]))) for size, sign in zip(sizes, signs, strict=True)
    ]
    return rng.normal(size=(net.batch, net.layers[0])), params


def torch_forward(X: np.ndarray, params: Params, act_name: str, way: Misconception | None = None) -> Tensors:
    """Run a net with PyTorch and return all activations, the input first; rightly, or in a wrong way."""
    act, none = ACTIVATIONS[act_name], ACTIVATIONS["identity"]
    h = torch.as_tensor(X, dtype=torch.float64)
    listed = [act(h) if way == AN7 else h]
    h = listed[0]
    for number, pair in enumerate(params):
        weight, bias = (torch.as_tensor(array, dtype=torch.float64) for array in pair)
        z = (listed[0] if way == AN8 else h) @ (weight if way == DS1 else weight.T)
        z = z + _bias_in(way, bias)
        last = number == len(params) - 1
        bend = none if way == AN4 or (last != (way == AN11) and way != AN1) else act
        h = bend(z)
        listed += [z, h] if way == AN9 and not last else [z if way == AN6 else h]
    return listed


def _bias_in(way: Misconception | None, bias: torch.Tensor) -> torch.Tensor:
    """Return what is added to the sums of a layer, rightly or in a wrong way."""
    changed = {AN5: 0 * bias, AN12: -bias, AN13: bias[0], DS3: bias[:, None]}
    return bias if way is None else changed.get(way, bias)


class _Layer(NamedTuple):
    """One layer of a forward pass: weight and bias, and where it stands."""

    weight: torch.Tensor
    bias: torch.Tensor
    place: int
    last: bool

    def sums(self, h: torch.Tensor) -> torch.Tensor:
        """Return the sums for what comes in."""
        return h @ self.weight.T + self.bias


Stepper = Callable[[torch.Tensor, _Layer], tuple[torch.Tensor, torch.Tensor]]  # to what is listed, and passed on


def _run_layers(X: np.ndarray, params: Params, step: Stepper) -> Tensors:
    listed = [h := torch.as_tensor(X, dtype=torch.float64)]
    for place, pair in enumerate(params):
        weight, bias = (torch.as_tensor(array, dtype=torch.float64) for array in pair)
        shown, h = step(h, _Layer(weight, bias, place, place == len(params) - 1))
        listed.append(shown)
    return listed


def _other_steps(act_name: str) -> list[tuple[Misconception, Stepper]]:
    """Pair wrong ways with what they do in each layer."""
    act = ACTIVATIONS[act_name]

    def before(h: torch.Tensor, layer: _Layer) -> tuple[torch.Tensor, torch.Tensor]:
        return (layer.sums(act(h)),) * 2

    def without_bias(h: torch.Tensor, layer: _Layer) -> tuple[torch.Tensor, torch.Tensor]:
        return (layer.sums(h) if layer.last else act(h @ layer.weight.T) + layer.bias,) * 2

    def on_weights(h: torch.Tensor, layer: _Layer) -> tuple[torch.Tensor, torch.Tensor]:
        return (h @ act(layer.weight.T) + layer.bias,) * 2

    def not_passed_on(h: torch.Tensor, layer: _Layer) -> tuple[torch.Tensor, torch.Tensor]:
        z = layer.sums(h)
        return z if layer.last else act(z), z

    def bent(z: torch.Tensor, layer: _Layer) -> tuple[torch.Tensor, torch.Tensor]:
        return (z if layer.last else act(z),) * 2

    def transposed(last: bool) -> Stepper:
        """Turn the weight over in the last layer alone, or in all others."""
        return lambda h, layer: bent(h @ (layer.weight if layer.last == last else layer.weight.T) + layer.bias, layer)

    def biased(last: bool, times: int) -> Stepper:
        """Add the bias so many times in the last layer alone, or in all others."""
        return lambda h, layer: bent(h @ layer.weight.T + (times if layer.last == last else 1) * layer.bias, layer)

    def second_is_last(h: torch.Tensor, layer: _Layer) -> tuple[torch.Tensor, torch.Tensor]:
        z = layer.sums(h)
        return (z if layer.place == 1 else act(z),) * 2

    def standardised(axis: int, first: bool) -> Stepper:
        """Standardise each hidden layer, its sums or its activations, over the batch or over its units."""

        def to_one(z: torch.Tensor) -> torch.Tensor:
            return (z - z.mean(axis, keepdim=True)) / z.std(axis, correction=0, keepdim=True)

        def hidden(z: torch.Tensor) -> torch.Tensor:
            return act(to_one(z)) if first else to_one(act(z))

        return lambda h, layer: (layer.sums(h) if layer.last else hidden(layer.sums(h)),) * 2

    def added(inside: bool, everywhere: bool) -> Stepper:
        """Add what comes in, where it fits, before the bend or behind it, in the last layer too or not."""

        def step(h: torch.Tensor, layer: _Layer) -> tuple[torch.Tensor, torch.Tensor]:
            z = layer.sums(h)
            more = h if z.shape == h.shape and (everywhere or not layer.last) else torch.zeros_like(z)
            bend = ACTIVATIONS["identity"] if layer.last else act
            return (bend(z + more) if inside else bend(z) + more,) * 2

        return step

    def bent_in(places: Callable[[int], bool]) -> Stepper:
        """Bend some of the hidden layers, by their place; "the one before the last" is told by its successor."""
        return lambda h, layer: (act(layer.sums(h)) if not layer.last and places(layer.place) else layer.sums(h),) * 2

    def scaled_between(scale: Callable[[torch.Tensor], torch.Tensor]) -> Stepper:
        return lambda h, layer: bent(layer.sums(scale(h) if layer.place else h), layer)

    def at_the_end(function: Callable[[torch.Tensor], torch.Tensor]) -> Stepper:
        return lambda h, layer: (function(layer.sums(h)) if layer.last else act(layer.sums(h)),) * 2

    return [
        (AN14, before),
        (AN15, without_bias),
        (AN15, on_weights),
        *((DS1, transposed(last)) for last in (True, False)),
        *((AN5, biased(last, 0)) for last in (True, False)),
        *((AN12, biased(last, -1)) for last in (True, False)),
        *((AN20, biased(last, 2)) for last in (True, False)),
        (AN20, lambda h, layer: bent(layer.sums(h) + layer.bias, layer)),
        (AN21, lambda h, layer: bent(layer.sums(h) if layer.last else act(layer.sums(h)), layer)),
        *((AN22, at_the_end(function)) for function in (lambda z: z.softmax(1), torch.sigmoid)),
        *((AN23, standardised(axis, first)) for axis in (0, 1) for first in (True, False)),
        *((AN24, added(inside, everywhere)) for inside in (True, False) for everywhere in (True, False)),
        *((AN25, bent_in(places)) for places in (lambda place: place == 0, lambda place: place > 0)),
        *((AN26, scaled_between(SCALES[name])) for name in ("_rows_to_one", "_centred", "_to_one")),
        (AN16, not_passed_on),
        (AN19, second_is_last),
    ]


def _wrong_lists(X: np.ndarray, params: Params, act: str) -> list[tuple[Misconception, Callable[[], Tensors]]]:
    """Pair each wrong forward pass with a function that computes its list; a way may have several."""
    right = torch_forward(X, params, act)
    return [
        *((way, lambda way=way: torch_forward(X, params, act, way)) for way in OWN_LISTS),
        (AN2, lambda: right[1:]),
        (AN10, lambda: right[:-1]),
        (AN10, lambda: right[:2]),
        *((way, partial(_run_layers, X, params, step)) for way, step in _other_steps(act)),
        (AN25, lambda: _without_the_last_bend(X, params, act)),
        *((AN26, lambda scale=scale: _after_scaling(scale, X, params, act)) for scale in SCALES.values()),
        (AN17, lambda: right[::-1]),
        (AN17, lambda: torch_forward(X, params[::-1], act)),
        *((AN18, partial(torch_forward, X, params, other)) for other in ACTIVATIONS if other != "identity"),
        (AN9, lambda: [*torch_forward(X, params, act, AN9), ACTIVATIONS[act](right[-1])]),
        (DS2, lambda: [a.squeeze(0) for a in right]),
        (DS2, lambda: [a.squeeze() for a in right]),
        (DS2, lambda: [*right[:-1], right[-1].squeeze(0)]),
    ]


def _without_the_last_bend(X: np.ndarray, params: Params, act: str) -> Tensors:
    """Return a list in which the last hidden layer is not bent."""
    before, bare = torch_forward(X, params[:-1], act), torch_forward(X, params[-1:], act)
    (weight, bias), h = params[-1], before[-1]
    return [*before, h @ torch.as_tensor(weight).T + torch.as_tensor(bias)] if len(params) > 1 else bare


def _after_scaling(scale: Callable[[Any], Any], X: np.ndarray, params: Params, act: str) -> Tensors:
    """Return a list whose input is X, and what follows comes of X scaled."""
    return [torch.as_tensor(X), *torch_forward(scale(X), params, act)[1:]]


def _compare_lists(case: Case, value: Any, X: np.ndarray, params: Params) -> None:
    right = torch_forward(X, params, case.data.act)
    if type(value) not in (list, tuple):
        readable = not (isinstance(value, np.ndarray) and value.dtype.kind == "O")
        alone = readable and close(case.array(value, f"What {NAME} returns"), right[-1].numpy())
        line = f"{NAME} should return a list of arrays"
        raise case.sentence(f"{line}, not {kind(value)}.", AN3 if alone else None, hidden=f"{line}.")
    given = [case.array(one, f"activations[{place}]") for place, one in enumerate(value)]
    every = _wrong_lists(X, params, case.data.act)
    ways = list(dict.fromkeys(_ways_to_list(given, every)))
    if len(given) == len(right) and all(close(one, wanted.numpy()) for one, wanted in zip(given, right, strict=True)):
        note_contradicted((way for way, _ in every), ways)
    if len(given) != len(right):
        more = "more" if len(given) > len(right) else "fewer"
        error = case.always(f"{NAME}: the list has {more} entries than input and layers.", ways[:1])
        raise Wrong(replace(error.finding, fitting=tuple(ways)))
    for place, (one, wanted) in enumerate(zip(given, right, strict=True)):
        case.compare(f"activations[{place}]", one, wanted, dict.fromkeys(ways, one.copy))


def _ways_to_list(
    given: list[np.ndarray], ways: list[tuple[Misconception, Callable[[], Tensors]]]
) -> Iterator[Misconception]:
    for way, compute in ways:
        try:
            listed = [array.numpy() for array in compute()]
        except (RuntimeError, IndexError):  # shapes do not fit that wrong way
            continue
        if len(listed) == len(given) and all(map(close, given, listed)):
            yield way
