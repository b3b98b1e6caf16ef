"""Probes: they run beside the student's function, make its network there, and return plain data and tensors.

What is right is computed elsewhere. A recipe crosses as a tuple, a generator as its seed.
"""

import torch

from course_utils.checks.adversarial_examples import networks


def _plainly(answer):
    return answer.detach() if isinstance(answer, torch.Tensor) else answer


def gradient(function, recipe, x, y, training, stored) -> dict:
    """Call ``function(model, x, y)`` and look at what it left behind.

    With `training` the model comes in train mode, with `stored` its parameters hold a gradient already.
    """
    model, before = networks.make(networks.Recipe(*recipe)), x.clone()
    model.train(training)
    if stored:
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
    buffers = [buffer.clone() for buffer in model.buffers()]
    answer = function(model, x, y)
    grads = [parameter.grad for parameter in model.parameters()]
    clean = [grad is not None and bool((grad == 1).all()) if stored else grad is None for grad in grads]
    still = [torch.equal(one, other) for one, other in zip(buffers, model.buffers(), strict=True)]
    return {
        "answer": _plainly(answer),
        "grads": all(clean),
        "mode": model.training is bool(training) and all(still),
        "trainable": all(parameter.requires_grad for parameter in model.parameters()),
        "x": not x.requires_grad and x.grad is None and torch.equal(x, before),
    }


def attack(function, recipe, x, y, numbers, options) -> dict:
    """Call ``function(model, x, y, *numbers, **options)``; say whether it changed x."""
    before = x.clone()
    answer = function(networks.make(networks.Recipe(*recipe)), x, y, *numbers, **options)
    return {"answer": _plainly(answer), "x": torch.equal(x, before)}


def universal(function, weights, pictures, eps, epochs):
    """Call ``function(model, pictures, eps, epochs)`` on the network with these weights."""
    torch.manual_seed(0)
    return _plainly(function(networks.rebuild(weights), pictures, eps, epochs))


def fooling(function, weights, targets, steps, seeds):
    """Call ``function(model, target, steps, rng)`` for each target, steps and seed; return a list of what came."""
    model, answers = networks.rebuild(weights), []
    for target, number, seed in zip(targets, steps, seeds, strict=True):
        answer = function(model, target, number, torch.Generator().manual_seed(seed))
        answers.append([_plainly(part) for part in answer] if type(answer) in (tuple, list) else _plainly(answer))
    return answers


def defended(function, weights, x, y, eps, epochs) -> dict:
    """Call ``function(model, x, y, eps, epochs)`` and return the weights that the model has then."""
    torch.manual_seed(0)
    model = networks.rebuild(weights)
    function(model, x, y, eps, epochs)
    return networks.weights_of(model)
