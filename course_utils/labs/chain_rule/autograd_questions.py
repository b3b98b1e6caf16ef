"""Exercise 3.8: four questions on gradients in PyTorch."""

from course_utils.judging.choices import Choice, ChoiceExercise, Option
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.chain_rule.gradients import GR9, VT1
from course_utils.labs.chain_rule.headings import TORCH, TRUST
from course_utils.labs.chain_rule.reading_autograd import READ_AUTOGRAD, VT7

VT4 = Misconception(
    "VT4",
    "took not recording for not computing",
    "The forward pass is computed in either case. What else does PyTorch keep while it computes?",
    TORCH,
)
VT5 = Misconception(
    "VT5",
    "took no_grad for freezing or for eval mode",
    "Values and modes are not changed by this. What is written down, and for whom?",
    TORCH,
)
VT6 = Misconception(
    "VT6",
    "blamed rounding for a kink",
    "At 1e-5 rounding is far too small for this. What does a ReLU look like just left and just right of 0?",
    TRUST,
)
SNIPPETS = """Which snippet trains rightly, again and again? (`loss_of(w)` computes a loss that is recorded.)

```
A  loss = loss_of(w); loss.backward(); w = w - 0.1 * w.grad
B  loss = loss_of(w); loss.backward()
   with torch.no_grad(): w -= 0.1 * w.grad
   w.grad = None
C  loss = loss_of(w); loss.backward()
   with torch.no_grad(): w -= 0.1 * w.grad
D  with torch.no_grad(): loss = loss_of(w)
   loss.backward(); w -= 0.1 * w.grad; w.grad = None
```"""

QUESTIONS = {
    "no recording": Choice(
        "A trained network only has to predict. What is gained by computing under `torch.no_grad()`?",
        {
            "memory": Option(
                "PyTorch keeps no graph and no intermediate results for a way back: memory and some time are saved."
            ),
            "no forward": Option("The forward pass is left out, so it is much faster.", VT4),
            "frozen": Option("The weights are protected: nothing can change them any more.", VT5),
            "eval": Option("Dropout and batch normalisation switch to their behaviour for prediction.", VT5),
        },
        "memory",
    ),
    "no zeroing": Choice(
        "A training loop never sets the gradients to zero. What does step 3 move the weights by?",
        {
            "sum": Option("By the sum of the gradients of steps 1, 2 and 3."),
            "last": Option(
                "By the gradient of step 3 alone; `backward` overwrites.",
                GR9,
                "Does backward set grad, or does it add to what is there?",
            ),
            "mean": Option(
                "By the mean of the three gradients.",
                VT1,
                "Who would divide by 3 here? What does backward do with what is in grad already?",
            ),
            "error": Option(
                "By nothing: PyTorch raises an error.",
                VT1,
                "Try it in a cell: w.grad after two calls of backward. Is there an error?",
            ),
        },
        "sum",
    ),
    "corner": Choice(
        "A gradient check with steps of 1e-5 fails for one weight of a network with ReLUs and agrees for all others. "
        "The backward pass is right. Why can that be?",
        {
            "kink": Option(
                "A ReLU's input is so close to 0 that the two places of the difference lie on both sides of the corner."
            ),
            "rounding": Option("Rounding: a step of 1e-5 is too small for float64.", VT6),
            "relu": Option(
                "A ReLU has no derivative anywhere, so checks with ReLUs never work.",
                VT6,
                "What is the slope of ReLU at 2, and at -2? Where alone is there none?",
            ),
            "zero": Option(
                "The gradient of a ReLU is 0 for negative inputs, and 0 cannot be checked.",
                VT6,
                "What does a two-sided difference give where a function is flat?",
            ),
        },
        "kink",
    ),
    "snippet": Choice(
        SNIPPETS,
        {
            "a": Option(
                "Snippet A.",
                VT7,
                "After this line w is no longer the tensor that PyTorch keeps grad for. What is w.grad in the next "
                "step?",
            ),
            "b": Option("Snippet B."),
            "c": Option("Snippet C.", VT1),
            "d": Option(
                "Snippet D.",
                VT7,
                "Under no_grad the loss remembers nothing. From what should backward start?",
            ),
        },
        "b",
    ),
}


class AutogradQuestions(ChoiceExercise):
    """Answer four questions: on recording, on zeroing, on a corner, on snippets."""

    id = "autograd-questions"
    hints = (
        "Section 7 ran each of these. What did the printed lines say?",
        "For the snippets: go through two steps by hand. What is in w.grad at the end of each?",
    )
    worked = """
    A question of the same kind. `x` is 3 and records; what is `x.grad` after `y = x.detach() * x; y.backward()`?

    1. The number: `detach` changes none, so y = 9.
    2. The recording: `x.detach()` is a 3 without a history, a constant. Only the second factor remembers x.
    3. So the slope is that of 3 · x: 3, not 6. After a second round without zeroing it would be 3 + 3 = 6.
    4. To rule out an option, say what it claims and run it: two lines in a cell of your own decide.
    """
    misconceptions = (VT1, VT4, VT5, VT6, VT7, GR9)
    questions = QUESTIONS
    topics = (READ_AUTOGRAD,)
