"""Practice of lab 02: sigmoids by hand, tanh from the sigmoid, a product of slopes."""

import torch

from course_utils.misconceptions.activations import by_hand_ways
from course_utils.practice.topic import Topic
from course_utils.variants import activations as questions


def _point_text(z) -> str:
    return f"z = ln({z.p}/{z.q}). What is σ(z)? (two decimals will do)"


def _point_right(z) -> float:
    return torch.sigmoid(torch.tensor(z.p / z.q, dtype=torch.float64).log()).item()


def _point_ways(z) -> dict[str, float]:
    return {
        "AH1": z.q / (z.p + z.q),
        "AH2": z.p / z.q,
        "AH3": torch.sigmoid(torch.tensor(z.p / z.q, dtype=torch.float64)).item(),
    }


def _doubled_text(s) -> str:
    return f"σ(2z) = {s.hundredths / 100:g}. What is tanh(z)?"


def _doubled_right(s) -> float:
    half = torch.logit(torch.tensor(s.hundredths / 100, dtype=torch.float64)) / 2
    return torch.tanh(half).item()


def _doubled_ways(s) -> dict[str, float]:
    return {code: by_hand_ways(2, 3, s.hundredths / 100, 5)[code]["tanh"] for code in ("AH6", "AH7", "AH8")}


def _chain_text(chain) -> str:
    return (
        f"A gradient passes {chain.layers} sigmoids in a row. By which number, at most, do their slopes multiply it?\n"
        "(two digits will do, such as 1.2e-5)"
    )


def _chain_right(chain) -> float:
    return torch.full((chain.layers,), 0.25, dtype=torch.float64).prod().item()


def _chain_ways(chain) -> dict[str, float]:
    ways = by_hand_ways(2, 3, 0.9, chain.layers)
    return {code: ways[code]["bound"] for code in ("AH5", "AH9", "AH10")} | {"AH11": 0.25 ** (chain.layers - 1)}


TOPICS: dict[str, Topic] = {
    "sigmoid-by-hand": Topic(questions.practice_point, _point_text, _point_right, _point_ways),
    "tanh-from-sigmoid": Topic(questions.practice_doubled, _doubled_text, _doubled_right, _doubled_ways),
    "slope-bound": Topic(questions.practice_chain, _chain_text, _chain_right, _chain_ways),
}
