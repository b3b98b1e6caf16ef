"""The walk downhill of a line through points."""

import numpy as np
import pytest
import torch

from course_utils.labs.neurons.figures import best_line
from course_utils.training import descend

X = np.array([0.0, 1.0, 2.0, 4.0, 5.0])
Y = np.array([1.0, 2.5, 2.0, 5.0, 7.0])


def test_a_step_goes_against_pytorchs_gradient():
    way = descend(X, Y, learning_rate=0.03, steps=1, start=(0.5, -1.0))
    params = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)
    loss = torch.nn.functional.mse_loss(params[0] * torch.tensor(X) + params[1], torch.tensor(Y))
    loss.backward()
    np.testing.assert_allclose([way.w[1], way.b[1]], (params - 0.03 * params.grad).detach())
    assert way.loss[0] == pytest.approx(loss.item())


def test_a_long_walk_arrives_at_the_least_squares():
    way = descend(X, Y, learning_rate=0.05, steps=3000)
    np.testing.assert_allclose([way.w[-1], way.b[-1]], best_line(X, Y), rtol=1e-6)


def test_a_walk_that_leaves_the_numbers_ends_in_infinity():
    way = descend(X, Y, learning_rate=5.0, steps=1500)
    assert np.isinf(way.loss[-1])
    assert not np.isnan(np.array(way)).any()


@pytest.mark.parametrize(
    ("x", "rate", "steps"), [(X[:3], 0.1, 3), (X, 0, 3), (X, -1, 3), (X, 0.1, -1), (X[None], 0.1, 1), ([], 0.1, 1)]
)
def test_a_walk_that_makes_no_sense_is_refused(x, rate, steps):
    with pytest.raises(ValueError, match="must be"):
        descend(x, Y, learning_rate=rate, steps=steps)
