"""What an exception says of its cause: each with code that raises it."""

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.judging import raised
from course_utils.judging.cases import Case
from course_utils.judging.findings import Wrong
from course_utils.judging.raised import RAISED, way_of


def without_super():
    class Network(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(1, 1)

    return Network()


def twice():
    x = torch.ones(2, requires_grad=True)
    loss = (x * x).sum()
    loss.backward()
    loss.backward()


def in_place():
    x = torch.ones(2, requires_grad=True)
    x += 1


CODE = {
    "SL53": lambda: nn.Linear(3, 2)(torch.ones(1, 4)),
    "SL54": lambda: torch.ones(1).sum().backward(),
    "SL55": lambda: nn.functional.cross_entropy(torch.ones(1, 2), torch.tensor([2])),
    "SL56": lambda: torch.cat([torch.ones(2, 3), torch.ones(1, 2)]),
    "SL57": lambda: torch.cat([]),
    "SL58": without_super,
    "SL59": lambda: torch.ones(5).view(2, 3),
    "SL60": lambda: np.ones(3) + np.ones(4),
    "SL61": lambda: nn.functional.cross_entropy(torch.tensor([1, 2]), torch.ones(2)),
    "SL62": twice,
    "SL63": in_place,
    "SL64": lambda: nowhere,  # noqa: F821
    "SL65": lambda: [1, 2][2],
    "SL66": lambda: (lambda x: x)(),
    "SL77": lambda: nn.Sequential(nn.LazyConv2d(1, 2)).to("meta")(torch.ones(1, 1, 3, 3, device="meta")),
    "SL67": lambda: torch.ones(1, requires_grad=True).numpy(),
    "SL90": lambda: nn.Conv2d(3, 2, 1)(torch.ones(1, 4, 2, 2)),
    "SL91": lambda: 1 / 0,
    "SL92": lambda: {"a": 1}["b"],
    "SL93": lambda: None + 1,
    "SL94": lambda: [1].shape,
}


def named(*, epochs):
    return epochs


def message_of(code) -> str:
    with pytest.raises(Wrong) as error:
        Case("a case").call(CODE[code], "f")
    return error.value.message


@pytest.mark.parametrize("way", RAISED, ids=str)
def test_an_exception_names_its_cause_below_the_learners_own_line(way):
    said = message_of(way.code).split("\n")
    assert said[0].startswith("f raised ")
    assert said[-1] == way.hint


def test_a_hidden_case_keeps_the_words_of_the_exception_to_itself():
    with pytest.raises(Wrong) as error:
        Case("a case", hidden=True).call(CODE["SL59"], "f")
    assert error.value.message == f"f raised RuntimeError on a case drawn at grading.\n{raised.SL59.hint}"


def test_what_is_no_exception_or_says_nothing_sure_has_no_name():
    assert way_of("f should return a number; it says: cannot be broadcast") is None
    assert way_of("f raised ValueError: anything else") is None


def test_an_argument_that_has_only_a_name_is_missed_like_any_other():
    with pytest.raises(Wrong) as error:
        Case("a case").call(lambda: named(), "f")
    assert error.value.message.endswith(raised.SL66.hint)


def test_shapes_that_a_product_along_axes_cannot_take_are_told_so():
    def code():
        return np.tensordot(np.ones((2, 3)), np.ones((2, 3)), 1)

    with pytest.raises(Wrong) as error:
        Case("a case").call(code, "f")
    assert "shape-mismatch" in error.value.message
    assert error.value.codes == ("SL60",)
