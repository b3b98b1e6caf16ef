"""A network, a training loop and an evaluation, lent to those whose own will not run yet: section 7 stands on them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.judging.lending import lent
from course_utils.labs.lab7_cnn.networks import LAB7, torch_network

LAST = "fc3"


@lent
class CNN(nn.Sequential):
    """The network of section 3: pictures (N, 3, 32, 32) to logits (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        for name, layer in torch_network(LAB7).to_empty(device="cpu").named_children():
            self.add_module(name, layer)
            if isinstance(layer, nn.Conv2d | nn.Linear):
                layer.reset_parameters()
                if name != LAST:
                    self.add_module(f"relu_{name}", nn.ReLU())


@lent
def train_one_epoch(
    model: nn.Module, loader: Any, optimiser: torch.optim.Optimizer, loss_fn: Callable[..., Any]
) -> float:
    """Make one step for each batch of the loader; return the mean loss over all pictures."""
    model.train()
    losses, sizes = [], []
    for images, labels in loader:

        def compute(images: torch.Tensor = images, labels: torch.Tensor = labels) -> torch.Tensor:
            optimiser.zero_grad()
            loss: torch.Tensor = loss_fn(model(images), labels)
            loss.backward()
            return loss

        losses.append(float(optimiser.step(compute)))
        sizes.append(len(labels))
    return float(np.average(losses, weights=sizes))


@lent
def evaluate(model: nn.Module, loader: Any, n_classes: int) -> dict[str, Any]:
    """Return accuracy, accuracy per class (K,) and confusion matrix (K, K), rows the true classes."""
    mode, pairs = model.training, torch.zeros(n_classes**2, dtype=torch.long)
    model.eval()
    with torch.inference_mode():
        for images, labels in loader:
            pairs += torch.bincount(n_classes * labels + model(images).argmax(1), minlength=n_classes**2)
    model.train(mode)
    confusion = pairs.reshape(n_classes, n_classes).float()
    per_class = confusion.diag() / confusion.sum(1)
    return {"accuracy": float(confusion.trace() / confusion.sum()), "per_class": per_class, "confusion": confusion}
