"""What a network does, whatever it is made of: watched at PyTorch's dispatcher, where every convolution ends up.

For probes: they run beside the learner's network. Layers or functions, one class or several, make no difference here.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

Change = Callable[[torch.Tensor], torch.Tensor]
CONVOLUTIONS = ("convolution", "_convolution", "conv1d", "conv2d", "conv3d", "mkldnn_convolution")
WINDOWS = ("im2col", "unfold")  # convolutions of one's own: windows are cut out, then multiplied


class Convolved(NamedTuple):
    """One call of a convolution: its kernels, what it looked at, and what came out."""

    weight: torch.Tensor
    x: torch.Tensor
    maps: torch.Tensor

    @property
    def kernels(self) -> tuple[int, ...]:
        """The shape of the kernels."""
        return tuple(self.weight.shape)

    @property
    def looks_around(self) -> bool:
        """Whether a kernel is wider than a pixel and used at several places; else it does what a dense layer does."""
        return max(self.kernels[2:], default=1) > 1 and max(self.maps.shape[2:], default=1) > 1


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the convolutions that are computed while it is on, and those that are trained.

    Parameters
    ----------
    kernels
        What to put in the place of kernels that look around (and of windows that are cut out by hand).
    maps
        What to put in the place of what comes out, by the shape of the kernels.
    """

    def __init__(self, *, kernels: Change | None = None, maps: Mapping[tuple[int, ...], Change] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kernels, self.maps = kernels, maps or {}
        self.computed: list[Convolved] = []
        self.trained: list[torch.Tensor] = []  # what a convolution looked at for which gradients were computed
        self.windows = 0  # how often windows were cut out
        self.kept: dict[int, int] = {}  # of what can be trained and took part: where it lies, how many numbers
        self.names: Counter[str] = Counter()  # of the operations

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute, note, and put something else in place if so asked."""
        name = func.overloadpacket.__name__
        self.names[name.rstrip("_")] += 1
        self.kept |= {place_of(one): one.numel() for one in args if _is_leaf(one)}
        if name == "convolution_backward":
            self.trained.append(args[1].detach().clone())
        if name in CONVOLUTIONS:
            return self._convolve(func, args, kwargs or {})
        out = func(*args, **(kwargs or {}))
        if name in WINDOWS:
            self.windows += 1
            return out if self.kernels is None else out.flip(1 if name == "im2col" else -1)
        return out

    def _convolve(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
        maps: torch.Tensor = func(*args, **kwargs)
        seen = Convolved(args[1].detach().clone(), args[0].detach(), maps.detach())
        self.computed.append(seen)
        if self.kernels is not None and seen.looks_around:
            return func(args[0], self.kernels(args[1]), *args[2:], **kwargs)  # type: ignore[no-any-return]
        change = self.maps.get(seen.kernels)
        return maps if change is None else change(maps)


class Products(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes matrices of one width that are multiplied by another: what goes into a dense layer.

    Parameters
    ----------
    width
        How many columns they have.
    """

    def __init__(self, width: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.width = width
        self.low, self.high = torch.full((width,), math.inf), torch.full((width,), -math.inf)
        self.seen: list[tuple[int, torch.Tensor, torch.Tensor]] = []  # rows, and mean and width of each column

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute, and note the ends of each column of what lies between -1 and 1."""
        place = {"mm": 0, "addmm": 1}.get(func.overloadpacket.__name__)
        one = args[place].detach().double() if place is not None and args[place].shape[1] == self.width else None
        if one is not None and len(one) > 1:
            self.seen.append((len(one), one.mean(0), one.std(0)))
        if one is not None and one.abs().max() <= 1 + 1e-5:
            one = one.float()
            self.low, self.high = torch.minimum(self.low, one.amin(0)), torch.maximum(self.high, one.amax(0))
        return func(*args, **(kwargs or {}))

    def are_standardised(self, rows: int) -> bool:
        """Whether one of those with so many rows has means 0 and deviations 1; also where none was seen."""
        some = [(mean, width) for number, mean, width in self.seen if number == rows]
        good = [bool((mean.abs() < 0.03).all() and ((width - 1).abs() < 0.06).all()) for mean, width in some]
        return any(good) or not good

    @property
    def end_at_one(self) -> bool:
        """Whether, of all columns that are not constant, the largest number is 1 (or the smallest -1)."""
        varying = self.high > self.low
        largest = torch.maximum(self.high, -self.low)[varying]
        return bool(varying.any()) and bool((largest > 1 - 1e-5).all())


def scores_of(model: nn.Module, pictures: torch.Tensor, *, size: int = 250) -> list[Any]:
    """Run a model on pictures in eval mode, in parts; its mode is afterwards as it was.

    Returns
    -------
    list
        ``[scores, ""]``; ``[None, the kind of what else it returned]``.
    """
    mode, parts = model.training, []
    model.eval()
    try:
        with torch.no_grad():
            for start in range(0, len(pictures), size):
                out = model(pictures[start : start + size])
                if not isinstance(out, torch.Tensor) or not out.ndim:
                    return [None, type(out).__name__]
                parts.append(out.detach())
    finally:
        model.train(mode)
    return [torch.cat(parts), ""]


def count_kept(model: nn.Module, watch: Watch) -> int:
    """Count the numbers that a network keeps: its parameters, and what took part without being registered."""
    own = {place_of(parameter): parameter.numel() for parameter in model.parameters()}
    return sum((watch.kept | own).values())


def place_of(tensor: torch.Tensor) -> int:
    """Return where a tensor's numbers lie: the same for a tensor and its transpose."""
    return tensor.untyped_storage().data_ptr()


def _is_leaf(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad and value.is_leaf


def reached(named: dict[str, nn.Parameter], out: torch.Tensor) -> set[str]:
    """Return the names of the parameters from which a result was computed, as autograd sees it."""
    if not out.requires_grad or not named:
        return set()
    slopes = torch.autograd.grad(out.sum(), list(named.values()), allow_unused=True)
    return {name for name, slope in zip(named, slopes, strict=True) if slope is not None}
