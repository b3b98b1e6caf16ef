"""Hints for lab 01, shown one at a time: each is a question, none is an answer."""

HINTS = {
    "hand-neuron": [
        "Which input belongs to w1, which to w2, which to w3? Write the three products below each other.",
        "One of the four numbers has no input. What happens to it?",
        "When one input doubles, which of your products change?",
    ],
    "dense-layer": [
        "What is one number of dense's result: which row of X meets which row of W?",
        "W has one row for each unit, X one row for each example. Which of the two must be turned for @ to fit?",
        "b has K numbers and the result K columns. Which axis does NumPy match when it adds them?",
        "Which of your lines would notice that x and w differ in length? What if one of them has length 1?",
    ],
    "network-shapes": [
        "In PyTorch's order, which axis counts the examples: the first or the last?",
        "For W1, ask: how many units does it feed, and how many inputs does each of them read?",
        "How many weights has one hidden unit, and what does it add to its sum?",
    ],
    "line-by-descent": [
        "Write the errors first, as an array. What do you do to them before you add?",
        "By the chain rule, how does (w·x + b - y)² change when w moves a little? And when b does?",
        "The gradient points uphill. Which way should the step go?",
    ],
    "fool-colleague": [
        "Which line of the function loses information about the errors?",
        "Can an error of one example make up for an error of another, if they are added before squaring?",
    ],
    "collapse-stack": [
        "Send one x through two layers on paper: W2 (W1 x + b1) + b2. Which terms contain x?",
        "What comes out if x is zero? Follow it through every layer.",
        "Start with the first layer's pair. What happens to each of the two when one more layer comes on top?",
    ],
    "picture-weights": [
        "How many numbers is the picture once it is stretched into a row? How many of them does one unit read?",
        "What does each unit have besides its weights?",
        "How many bytes do all the numbers take together, and how many of them make a megabyte?",
    ],
    "recipe-card": [
        "For each card ask: does training change it, do I set it, does it judge, or does it improve?",
        "For the pigeons: on which pictures were they right, and on which not?",
    ],
    "largest-rate": [
        "Which rates end with a loss that is still shrinking or has settled? Which end in a huge number?",
        "The largest that converges need not be the quickest. Is there a larger one whose loss still goes down?",
    ],
}
