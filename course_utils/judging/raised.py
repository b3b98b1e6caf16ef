"""What an exception in a learner's code says of its cause, in words of the course.

Only messages whose cause is sure have a name; the learner's own line stands above it (``protocol.calling.sentence``).
"""

import re

from course_utils.judging.misconceptions import Misconception

SL53 = Misconception(
    "SL53",
    "a matrix or a dense layer meets another number of columns than it is made for",
    "The two numbers in the middle should be equal: what comes in, and what is there to meet it. Which one is wrong?",
)
SL54 = Misconception(
    "SL54",
    "cut off from what should have a gradient",
    "Nothing leads back from here to what should have a gradient. What cuts it off: detach, .data, .item(), no_grad?",
)
SL55 = Misconception(
    "SL55",
    "fewer scores than classes",
    "A label is larger than there are scores for. From what does your code take the number of classes?",
)
SL56 = Misconception(
    "SL56",
    "joined along the wrong axis",
    "The pieces that are joined here differ along another axis. Along which axis do they follow one another?",
)
SL57 = Misconception(
    "SL57",
    "nothing collected",
    "There is nothing to join here. For which input does your loop not run even once?",
)
SL58 = Misconception(
    "SL58",
    "super().__init__() left out",
    "A module must be set up before it gets layers. Which line does the first line of __init__ lack?",
)
SL59 = Misconception(
    "SL59",
    "a size written into a shape",
    "There are not as many numbers as the shape in this line asks for. Which of its sizes should come from the input?",
)
SL60 = Misconception(
    "SL60",
    "two shapes that do not fit",
    "Two shapes do not fit each other in this line. Print both in front of it: along which axis do they differ?",
)
SL61 = Misconception(
    "SL61",
    "whole numbers where fractions belong, or the other way round",
    "Labels are whole numbers, scores are not. In which order does this function take them?",
)
SL62 = Misconception(
    "SL62",
    "backward twice through one graph",
    "A graph is gone after one backward. What is computed once, and used in two of them?",
)
SL63 = Misconception(
    "SL63",
    "changed in place what a gradient needs",
    "Something that PyTorch needs for a gradient is changed in place. Which line makes a new one in its stead?",
)
SL64 = Misconception(
    "SL64",
    "a name that is not there",
    "Your code uses a name that nobody has made. Is it spelt as it was, and has the cell run that makes it?",
)
SL65 = Misconception(
    "SL65",
    "a place that is not there",
    "A place is asked for that there is not. Where does counting begin, and how long is what you count?",
)
SL66 = Misconception(
    "SL66",
    "called with other arguments",
    "A function is called with more or fewer arguments than it takes. Compare its first line with the one above.",
)
SL67 = Misconception(
    "SL67",
    "NumPy asked for what has a gradient",
    "NumPy knows no gradients. What takes a tensor out of the graph before it is handed over?",
)
SL90 = Misconception(
    "SL90",
    "maps with another number of channels than a convolution takes",
    "This convolution takes another number of channels than it gets. Which layer stands in front of it, and how many "
    "maps does that one make?",
)
SL91 = Misconception(
    "SL91",
    "divided by zero",
    "Something is divided by zero here. For which input is that number zero, and is the line needed then?",
)
SL92 = Misconception(
    "SL92",
    "a key that is not there",
    "A dict is asked for a key that it does not have. Which keys has it, and is this one spelt like them?",
)
SL93 = Misconception(
    "SL93",
    "None where a value belongs",
    "Something is None here. Which function that your code calls returns nothing, or which name has no value yet?",
)
SL94 = Misconception(
    "SL94",
    "an attribute that this kind of object does not have",
    "This object has no such attribute. Of which type is it, and of which did you think it was?",
)
SL77 = Misconception(
    "SL77",
    "a lazy layer moved to meta before it has a shape",
    "A lazy layer learns its shape from the first batch. What happens if that comes first, or if the layer is made on "
    "that device?",
)

RAISED = (
    SL53,
    SL54,
    SL55,
    SL56,
    SL57,
    SL58,
    SL59,
    SL60,
    SL61,
    SL62,
    SL63,
    SL64,
    SL65,
    SL66,
    SL67,
    SL77,
    SL90,
    SL91,
    SL92,
    SL93,
    SL94,
)

_MESSAGES: tuple[tuple[str, Misconception], ...] = (
    (r"a lazy layer was moved to the device meta", SL77),
    (r"mat1 and mat2 shapes cannot be multiplied|matmul: .* mismatch in its core dimension", SL53),
    (r"does not require grad and does not have a grad_fn|appears to not have been used in the graph", SL54),
    (r"Target -?\d+ is out of bounds", SL55),
    (
        r"Sizes of tensors must match except in dimension|except for the concatenation axis must match|stack expects",
        SL56,
    ),
    (r"expected a non-empty list of Tensors|need at least one array to", SL57),
    (r"before Module\.__init__\(\) call", SL58),
    (r"is invalid for input of size|cannot reshape array of size", SL59),
    (r"shape[- ]mismatch|could not (be )?broadcast|must match the (existing )?size|cannot be broadcast", SL60),
    (r"not implemented for 'Long'|expected scalar type Long but found|0D or 1D target tensor expected", SL61),
    (r"backward through the graph a second time", SL62),
    (r"leaf Variable that requires grad|modified by an inplace operation", SL63),
    (r"raised NameError|raised UnboundLocalError", SL64),
    (r"raised IndexError: .*(out of range|out of bounds)", SL65),
    (r"raised TypeError: .*(required (positional|keyword-only)|positional arguments? but|unexpected keyword)", SL66),
    (r"raised ZeroDivisionError", SL91),
    (r"raised KeyError", SL92),
    (r"'NoneType'", SL93),
    (r"raised AttributeError: .*has no attribute", SL94),
    (r"to have \d+ channels, but got \d+ channels instead", SL90),
    (r"Can't call numpy\(\) on Tensor that requires grad", SL67),
)


def way_of(message: str) -> Misconception | None:
    """Return what the sentence on an exception says of its cause; None where it says nothing sure, or is none."""
    line = message.split("\n")[0]
    if " raised " not in line:
        return None
    return next((way for pattern, way in _MESSAGES if re.search(pattern, line)), None)
