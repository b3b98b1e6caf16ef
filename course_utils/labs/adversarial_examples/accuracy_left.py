"""Exercise 8.10: what is left of a network's accuracy, if each picture may be attacked in the way that hurts it most.

| claim of the prompt | case |
|---|---|
| a picture counts if it is recognised under *every* attack | three attacks that hurt different pictures |
| a share of the pictures | other numbers of pictures and attacks; one attack |
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.practice import Topic
from course_utils.judging.slips import TwoSlips
from course_utils.judging.variants import Dice
from course_utils.labs.adversarial_examples import networks
from course_utils.labs.adversarial_examples.attacks import plainly, read
from course_utils.labs.adversarial_examples.headings import LEFT
from course_utils.labs.adversarial_examples.networks import Recipe

AL1 = Misconception(
    "AL1",
    "the accuracy under the strongest attack alone",
    "This is the smallest of the attacks' accuracies. An attacker may choose another attack for each picture: what "
    "happens to one that only a weaker attack fools?",
    LEFT,
)
AL2 = Misconception(
    "AL2",
    "the mean over attacks",
    "This is the mean of the attacks' accuracies. Does an attacker choose by chance?",
    LEFT,
)
AL3 = Misconception(
    "AL3",
    "right under any attack is enough",
    "A picture counts here if one attack fails. How many attacks must fail before it is safe?",
    LEFT,
)
AL4 = Misconception(
    "AL4",
    "the first or the last attack only",
    "This is the accuracy under one of the attacks, by its place in the row. Which axis counts the attacks, and who "
    "asks the others?",
    LEFT,
)
AL5 = Misconception(
    "AL5",
    "a number of pictures, not a share",
    "This is a count, or a percentage. Between which two numbers lies a share?",
    LEFT,
)
AL6 = Misconception(
    "AL6",
    "the share that is fooled",
    "This is the share that some attack fools. Which share is left?",
    LEFT,
)
AL7 = Misconception(
    "AL7",
    "the product of the accuracies",
    "The accuracies are multiplied here, as if one attack knew nothing of the other. Do two attacks fool different "
    "pictures, or mostly the same ones?",
    LEFT,
)
AL8 = Misconception(
    "AL8",
    "the share that all attacks fool, or that a number of them do",
    "This counts pictures by another rule: fooled by every attack, or left by most of them. Which pictures are left "
    "when the attacker may choose for each of them?",
    LEFT,
)
AL9 = Misconception(
    "AL9",
    "scores or pictures of the attacks averaged first",
    "One way to get this: the attacks are averaged before the network decides. How often does it look at each picture?",
    LEFT,
)
AL10 = Misconception(
    "AL10",
    "accuracies put together by arithmetic",
    "One way to get this: the accuracies are added, or their falls multiplied, or pictures are counted once for each "
    "attack. Can two numbers say which pictures both attacks fool?",
    LEFT,
)
AL11 = Misconception(
    "AL11",
    "compared with predictions in place of labels",
    "One way to get this: predictions are compared with each other, not with y. When is a picture recognised?",
    LEFT,
)
AL12 = Misconception(
    "AL12",
    "judged in train mode",
    "The model judges in train mode here, where each picture is seen together with its batch. Who changed its mode?",
    LEFT,
)
AL13 = Misconception(
    "AL13",
    "a share of those that one attack leaves",
    "One way to get this: what is left is divided by what one of the attacks leaves. "
    "Of how many pictures is the share?",
    LEFT,
)
AL14 = Misconception(
    "AL14",
    "the class with the lowest score",
    "Here the lowest score names the class, or nothing is ever recognised. Which score stands for what the model sees?",
    LEFT,
)
AL15 = Misconception(
    "AL15",
    "asked of attacks, not of pictures",
    "Here it is looked at attacks that leave all pictures, or for a share of them. "
    "Along which axis do the attacks lie?",
    LEFT,
)

NAME = "accuracy_left"
WORKED = """
Three bridges over a river, five lorries. Which share gets across, if the river may choose which bridge it floods for
each lorry? 1 says that a lorry is safe on a bridge.

| | A | B | C | D | E |
|---|---|---|---|---|---|
| bridge 1 | 1 | 1 | 0 | 1 | 1 |
| bridge 2 | 1 | 0 | 1 | 1 | 0 |
| bridge 3 | 1 | 1 | 1 | 0 | 1 |

1. The rows' shares are 0.8, 0.6 and 0.8; their smallest is 0.6.
2. But look down the *columns*: B and E drown on bridge 2, C on bridge 1, D on bridge 3. Only A is safe on all.
3. 1 of 5 is left: 0.2.
"""


class Plan(NamedTuple):
    """What one call gets: the network's recipe, how many pictures, how many attacks."""

    recipe: Recipe
    pictures: int
    attacks: int


class Row(NamedTuple):
    """Of 100 pictures: those that attack A fools, those that B fools, and those that both fool."""

    first: int
    second: int
    both: int


def left_of(row: Row) -> int:
    """Return how many of 100 pictures are left."""
    fooled = set(range(row.first)) | set(range(row.first - row.both, row.first - row.both + row.second))
    return 100 - len(fooled)


def wrong_counts(row: Row) -> dict[Misconception, int | float]:
    """Return what each wrong way gives for a question of practice."""
    left = (100 - row.first, 100 - row.second)
    return {
        AL1: min(left),
        AL2: sum(left) / 2,
        AL3: 100 - row.both,
        AL6: 100 - left_of(row),
        AL7: left[0] * left[1] / 100,
    }


def draw_row(dice: Dice) -> Row:
    """Draw two attacks that share some of the pictures they fool."""
    first, second = dice.between(20, 45), dice.between(20, 45)
    return Row(first, second, dice.between(5, min(first, second) - 5))


TOPIC = Topic(
    "what-is-left",
    draw_row,
    lambda row: (
        f"Of 100 pictures that a network recognises attack A fools {row.first}, attack B {row.second}, and {row.both} "
        "of these are fooled by both. How many are left, if the attacker may choose for each picture?"
    ),
    left_of,
    wrong_counts,
    lambda row: [
        f"{row.first} + {row.second} counts those that both fool twice; there are {row.both} of them.",
        f"So {row.first + row.second - row.both} are fooled by one or the other, and {left_of(row)} are left.",
    ],
)


class AccuracyLeft(Implementation):
    """Write ``accuracy_left(model, attacked, y)``: the share of pictures recognised under every attack."""

    id = "accuracy-left"
    hints = (
        "For one attack: which tensor of True and False (N,) says whose label is still predicted?",
        "Put these rows under one another, (A, N). What must a column hold if its picture is safe?",
    )
    worked = WORKED
    names_explain_all = True
    misconceptions = (AL1, AL2, AL3, AL4, AL5, AL6, AL7, AL8, AL9, AL10, AL11, AL12, AL13, AL14, AL15)
    topics = (TOPIC,)

    def cases(self) -> Sequence[Case]:
        """Return three attacks, one, and two on other pictures."""
        return [
            Case("three attacks on 20 pictures", Plan(Recipe(71), 20, 3)),
            Case("one attack on 12 pictures", Plan(Recipe(72, 5, 6), 12, 1)),
            Case("two attacks on 25 pictures", Plan(Recipe(73, 7, 5), 25, 2)),
            Case("two attacks, a model with batch normalisation", Plan(Recipe(76, norm=True), 24, 2)),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return four attacks on other pictures."""
        return [Case("four attacks", Plan(Recipe(74, 6, 6), 30, 4)), Case("two attacks", Plan(Recipe(75), 15, 2))]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with a loop over pictures."""
        plan: Plan = case.data
        attacked, y = given(plan, case.seed)
        array = read(case, case.ask(ask_left, answer, tuple(plan.recipe), attacked, y), NAME)
        right = recognised(plan, attacked, y)
        ways: Ways = {AL12: lambda: _in_train_mode(plan, attacked, y), **wrong_shares(right)}
        ways |= {AL8: lambda: other_shares(right), AL9: lambda: averaged(plan, attacked, y)}
        ways |= {AL10: lambda: _reckoned(right), AL11: lambda: _agreeing(plan, attacked)}
        ways |= {AL13: lambda: _relative(right)}
        ways |= {AL14: lambda: _lowest(plan, attacked, y), AL15: lambda: [float(right.all(axis=1).mean())]}
        case.compare(NAME, array, safe_share(right), ways)


def ask_left(function: Callable[..., Any], recipe: tuple[Any, ...], attacked, y) -> Any:
    """Probe: call ``function`` once."""
    return plainly(function(networks.make(Recipe(*recipe)), attacked, y))


def _in_train_mode(plan: Plan, attacked: torch.Tensor, y: torch.Tensor) -> list[float]:
    """Return the share if batch normalisation looks at the batch; nothing for a model without it."""
    if not plan.recipe.norm:
        return []
    model = networks.make(plan.recipe).train()
    with torch.no_grad():
        apart = [model(one).argmax(1) == y for one in attacked]
        together = model(attacked.flatten(0, 1)).argmax(1).reshape(attacked.shape[:2]) == y
    return [float(torch.stack(apart).all(0).double().mean()), float(together.all(0).double().mean())]


def _lowest(plan: Plan, attacked: torch.Tensor, y: torch.Tensor) -> list[float]:
    model = networks.make(plan.recipe)
    with torch.no_grad():
        named = torch.stack([model(one).argmin(1) == y for one in attacked])
    return [float(named.all(0).double().mean())]


def _relative(right: np.ndarray) -> list[float]:
    each, safe = right.mean(axis=1), safe_share(right)
    return [float(safe / one) for one in each if one]


def given(plan: Plan, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw pictures under each attack, (A, N, 3, H, W), and labels (N,), so that no wrong way gives the right share."""
    for number in range(200):
        rng = np.random.default_rng([seed, plan.recipe.seed, number])
        shape = (plan.pictures, 3, plan.recipe.height, plan.recipe.width)
        clean = rng.uniform(0, 1, shape)
        noise = rng.uniform(-0.6, 0.6, (plan.attacks, *shape))
        attacked = torch.tensor(np.clip(clean + noise, 0, 1))
        y = networks.predict(networks.make(plan.recipe), torch.tensor(clean))
        right = recognised(plan, attacked, y)
        share = safe_share(right)
        ways = [way for one in wrong_shares(right).values() for way in one()] + _in_train_mode(plan, attacked, y)
        if 0.1 < share < 0.9 and all(abs(way - share) > 1e-3 for way in ways):
            return attacked, y
    raise LookupError(f"no pictures for {plan}")


def recognised(plan: Plan, attacked: torch.Tensor, y: torch.Tensor) -> np.ndarray:
    """Return whether each picture is recognised under each attack, (A, N)."""
    model = networks.make(plan.recipe)
    return np.array([(networks.predict(model, one) == y).tolist() for one in attacked])


def safe_share(right: np.ndarray) -> float:
    """Return the share of pictures that no attack fools."""
    return sum(all(column) for column in right.T) / right.shape[1]


def wrong_shares(right: np.ndarray) -> dict[Misconception, Callable[[], list[float]]]:
    """For each wrong way, a function that computes its shares; of one attack most are right."""
    each, safe = right.mean(axis=1), safe_share(right)
    several = len(right) > 1
    return {
        AL1: lambda: [float(each.min())] if several else [],
        AL2: lambda: [float(each.mean())] if several else [],
        AL3: lambda: [float(right.any(axis=0).mean())] if several else [],
        AL4: lambda: [float(each[0]), float(each[-1])] if several else [],
        AL5: lambda: [safe * right.shape[1], 100 * safe],
        AL6: lambda: [1 - safe],
        TwoSlips.of(AL1, AL5): lambda: [100 * float(each.min())] if several else [],
        TwoSlips.of(AL2, AL5): lambda: [100 * float(each.mean())] if several else [],
        TwoSlips.of(AL3, AL5): lambda: [100 * float(right.any(axis=0).mean())] if several else [],
        TwoSlips.of(AL2, AL6): lambda: [1 - float(each.mean())] if several else [],
        TwoSlips.of(AL1, AL6): lambda: [1 - float(each.min())] if several else [],
        TwoSlips.of(AL6, AL5): lambda: [100 - 100 * safe, (1 - safe) * right.shape[1]],
        AL7: lambda: [float(each.prod())] if several else [],
    }


def other_shares(right: np.ndarray) -> list[float]:
    """Return the shares by other rules: of pictures that all attacks fool, or that most leave."""
    return [
        float((~right).all(axis=0).mean()),
        float((right.mean(axis=0) > 0.5).mean()),
        float((right.mean(axis=0) >= 0.5).mean()),
    ]


def averaged(plan: Plan, attacked: torch.Tensor, y: torch.Tensor) -> list[float]:
    """Return the accuracy on mean pictures, on mean scores and on mean probabilities of all attacks."""
    model = networks.make(plan.recipe)
    with torch.no_grad():
        scores = torch.stack([model(one) for one in attacked])
        seen = (model(attacked.mean(0)), scores.mean(0), scores.softmax(2).mean(0), scores.amax(0))
    return [float((one.argmax(1) == y).double().mean()) for one in seen]


def _reckoned(right: np.ndarray) -> list[float]:
    each, safe = right.mean(axis=1), safe_share(right)
    return [float(each.sum()), float(1 - (1 - each).sum()), float(1 - (1 - each).prod()), safe / len(right)]


def _agreeing(plan: Plan, attacked: torch.Tensor) -> list[float]:
    """Return the shares of pictures whose predictions agree: under all attacks, and with those under each one."""
    model = networks.make(plan.recipe)
    seen = torch.stack([networks.predict(model, one) for one in attacked])
    return [float((seen == one).all(0).double().mean()) for one in seen]
