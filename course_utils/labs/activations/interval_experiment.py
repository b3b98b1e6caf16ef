"""Exercise 2.8: does training find the fold? Ten runs on the interval task.

The learner runs the experiment and reads it; the check runs it again.

What the prompt says, and what tries it:

- the best share of any cut → `best_cut` tries them all
- which solved more of ten runs → the runs are repeated
"""

from typing import Any

from course_utils.judging.answers import as_dict, plain, short
from course_utils.judging.closeness import same_number
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.activations import deep_gradients
from course_utils.labs.activations.deep_gradients import attempted
from course_utils.labs.activations.experiments import POINTS, interval_data, train_interval
from course_utils.labs.activations.headings import TRAIN

AE2 = deep_gradients.AE2.in_lab(TRAIN)
AI1 = Misconception(
    "AI1",
    "chance level for the best of a straight cut",
    "This is what guessing gets. Put one cut on the line: how many of the four quarters can be right?",
    TRAIN,
)
AI2 = Misconception(
    "AI2",
    "a straight cut taken to solve the task",
    "Without a bend the network is one straight cut. Can one cut put the middle on one side and both ends on the "
    "other?",
    TRAIN,
)
AI3 = Misconception(
    "AI3",
    "took ReLU to solve it more often",
    "Count the runs that reach every point again. Which two ReLU units would have to be alive, and where?",
    TRAIN,
)
AI4 = Misconception(
    "AI4",
    "mean of the runs instead of the best that can be reached",
    "This is the mean of the ten runs. What could a straight cut reach at best?",
    TRAIN,
)

AI5 = Misconception(
    "AI5",
    "a count instead of a share",
    "This is a number of points, or of quarters. What is it as a share of all of them?",
    TRAIN,
)
AI6 = Misconception(
    "AI6",
    "what is left over instead of what is right",
    "This share, or more, is what a cut leaves wrong, or one class alone. Which points does the cut get right?",
    TRAIN,
)


def best_cut() -> float:
    """Try every straight cut of the interval, both ways round, and return the largest share of points it gets right."""
    x, y = interval_data()
    places = [-2.0, *((x[1:] + x[:-1]) / 2)]
    shares = [float(((x > place) == (y > 0.5)).mean()) for place in places]
    return max(*shares, *(1 - share for share in shares))


class IntervalExperiment(Exercise):
    """The best that two hidden units can reach without a bend, and which bend solved more of ten runs."""

    id = "interval-experiment"
    hints = (
        "Without a bend the net is one cut. How many of the 40 points are right if it stands at x = 0.5?",
        "A run has solved the task if its share is exactly 1. For how many of the ten numbers is that so?",
    )
    worked = """
    Another line: fifty points in five equal groups, and the classes of the groups are A, B, A, B, A.

    1. One cut has a left and a right side. Try a cut behind each group, with A on the left and B on the right,
       then turned.
    2. Behind group 1, A on the left: group 1 is right, and the two groups B: 30 of 50 points.
    3. Behind group 2, A on the left: group 1 and one group B, 20 points. Turned: 30.
    4. No cut at all, everything A: three groups, 30 points. So the best is 30 / 50 = 0.6, whatever the weights are.
    5. Which activation solved more? If the ten shares are 1, 0.6, 1, 1, 0.8, …, count the numbers that are
       exactly 1.
    """
    misconceptions = (AI1, AI2, AE2, AI4, AI3, AI5, AI6)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"identity": a share, "solved more": "tanh" or "relu"}``."""
        given = as_dict(answers, ("identity", "solved more"), "interval")
        return look_at(
            {
                "identity": lambda: _look_at_best(given["identity"]),
                "solved more": lambda: _look_at_winner(given["solved more"]),
            }
        )


def _look_at_best(value: Any) -> None:
    attempted(value, "interval['identity']")
    share, right = plain(value), best_cut()
    if not same_number(share, right):
        runs = train_interval("identity")
        ways = {AI1: 0.5, AI2: 1.0, AE2: 100 * right, AI4: sum(runs) / len(runs)}
        ways |= {AI5: right * POINTS, AI6: 1 - right}
        way = next((way for way, number in ways.items() if same_number(share, number)), None)
        way = AI5 if share == right * 4 else way
        raise refuse(f"identity: you gave {short(value)}.", way)


def _look_at_winner(value: Any) -> None:
    attempted(value, "interval['solved more']")
    word = value.strip().lower() if type(value) is str else ""
    if word not in ("tanh", "relu"):
        raise refuse(f'interval["solved more"] should be "tanh" or "relu", not {short(value)}.')
    solved = {name: sum(share == 1 for share in train_interval(name)) for name in ("tanh", "relu")}
    if word != max(solved, key=lambda name: solved[name]):
        raise refuse(f"solved more: you gave {short(value)}.", AI3)
