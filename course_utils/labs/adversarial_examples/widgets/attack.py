"""Move the budget of the learner's own attack, beside random noise of the same size."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import traitlets

from course_utils.labs.adversarial_examples import figures
from course_utils.widgets.base import Explorer, script, whole

MOST = 16  # grey levels where the slider ends
RANDOM, OWN = "random signs", "your fgsm"


class AttackExplorer(Explorer):
    """What `explore_attack` returns. Everything is computed at the start; the slider turns pages."""

    _esm = script(__file__, "attack")
    level = traitlets.Int(8, min=0).tag(sync=True)  # grey levels out of 255
    levels = traitlets.List().tag(sync=True)
    classes = traitlets.List().tag(sync=True)
    size = traitlets.List().tag(sync=True)  # height, width
    rows = traitlets.List().tag(sync=True)  # names of the twins
    pixels = traitlets.Bytes().tag(sync=True)  # uint8 (rows, levels, H, W, 3)
    chances = traitlets.List().tag(sync=True)  # probabilities (rows, levels, K)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(self, twins: dict[str, torch.Tensor], **traits: Any):
        self._twins = twins
        super().__init__(**traits)

    def static_figure(self) -> tuple[Any, str]:
        """Draw the twins at the present budget."""
        place = self.levels.index(self.level)
        changed = {name: twins[place] for name, twins in self._twins.items()}
        chances = {name: np.array(self.chances[row][place]) for row, name in enumerate(self.rows)}
        axes = figures.plot_attack(next(iter(self._twins.values()))[0], changed, chances, self.classes)
        best = {name: self.classes[int(values.argmax())] for name, values in chances.items()}
        says = "; ".join(f"{name}: {best[name]}" for name in self.rows)
        return axes, f"Twins of a picture, changed by {self.level}/255. What the network sees: {says}. {self.note}"


def explore_attack(
    model: torch.nn.Module, x: Any, y: Any, classes: Sequence[str], *, fgsm: Callable | None = None, level: int = 8
) -> AttackExplorer:
    """Move the budget of an attack with a slider, beside random signs of the same size.

    Parameters
    ----------
    model
        Takes pictures ``(N, 3, H, W)`` from 0 to 1, gives scores ``(N, K)``.
    x, y
        One picture ``(1, 3, H, W)`` and its label ``(1,)``.
    classes
        Names of the ``K`` classes.
    fgsm
        The learner's function ``fgsm(model, x, y, eps)``. Without it, or where it fails, random signs stand alone.
    level
        Where the slider starts, in grey levels from 0 to 16.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    level = whole("level", level, 0, MOST)
    x = torch.as_tensor(x)
    if x.ndim != 4 or x.shape[:2] != (1, 3):
        raise ValueError(f"x must be one picture of the shape (1, 3, H, W), not {tuple(x.shape)}")
    signs = torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).sign()
    levels = list(range(MOST + 1))
    twins = {RANDOM: torch.cat([(x + each / 255 * signs).clamp(0, 1) for each in levels])}
    own, note = learners_twins(fgsm, model, x, y, levels) if fgsm else (None, "")
    if own is not None:
        twins = {OWN: own, **twins}
    with torch.no_grad():
        chances = [model(each).softmax(1).tolist() for each in twins.values()]
    pages = torch.stack([each.clamp(0, 1) for each in twins.values()]).permute(0, 1, 3, 4, 2)
    return AttackExplorer(
        twins,
        level=level,
        levels=levels,
        classes=list(classes),
        size=list(x.shape[2:]),
        rows=list(twins),
        pixels=(pages * 255).round().to(torch.uint8).contiguous().numpy().tobytes(),
        chances=chances,
        note=note,
    )


def learners_twins(
    fgsm: Callable, model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, levels: Sequence[int]
) -> tuple[torch.Tensor | None, str]:
    """Ask a learner's ``fgsm`` for the picture at each budget: ``(levels, 3, H, W)``, or None and why not."""
    try:
        twins = [fgsm(model, x.clone(), y, each / 255) for each in levels]
    except NotImplementedError:
        return None, "Your fgsm is not written yet."
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0].strip().rstrip(":")
        return None, f"Your fgsm raised {reason}."
    if any(not isinstance(twin, torch.Tensor) or twin.shape != x.shape for twin in twins):
        return None, "Your fgsm did not return a picture of the shape of x."
    return torch.cat([twin.detach().float() for twin in twins]), ""
