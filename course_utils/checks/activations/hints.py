"""Hints for lab 02, shown one at a time: each is a question, none is an answer."""

HINTS = {
    "three-functions": [
        "Work out np.exp(-z) for z = -1000 on paper. And np.exp(z) for z = 1000? Which of the two is needed where?",
        "With e = np.exp(-np.abs(z)), no exponent is positive. How is the sigmoid of a negative z written with e?",
        "Tanh looks up a sigmoid at another place and stretches it. At which place, and from which range to which?",
        "ReLU compares each number with 0. Does np.max do that, or does it look for one number in the whole array?",
    ],
    "three-slopes": [
        "Section 2 writes two of the slopes with the function's own value. Which of your functions gives that value?",
        "Take z = 0: which slope does each curve have there in the figure? What does your function say?",
        "For ReLU: which numbers of z > 0 become 1, and which 0, if you multiply by 1.0?",
    ],
    "sigmoid-by-hand": [
        "What is e to the power of ln 3? And e to the power of -ln 3?",
        "The slope is σ(1 - σ). For which σ is this product largest, if σ lies between 0 and 1?",
        "tanh runs from -1 to 1, the sigmoid from 0 to 1. What stretches the one range into the other?",
        "The chain rule: do slopes in a row add or multiply? How many factors are there?",
    ],
    "deep-gradients": [
        "The section counts and measures for scale 2. What changes in these two lines for another scale?",
        "A share lies between 0 and 1. Over how many layers and units do you count?",
        "If the first layer's gradient is the larger one, is your ratio above or below 1?",
    ],
    "mlp-forward": [
        "Which two things does the list hold before the first layer has done anything, and after it?",
        "W has a row for each unit of the new layer. Which of X @ W and X @ W.T has a column for each of them?",
        "How does your loop know that it has come to the last layer? What does it leave out there?",
    ],
    "weights-by-hand": [
        "Both answers of XOR depend on x1 + x2 only. For which sums should the net say yes?",
        "If one hidden unit says 'the sum is above 0.5' and the other 'the sum is above 1.5': what about yes minus no?",
        "For an edge from A to B: which linear function of a point is 0 on the whole edge? What sign has it at C?",
        "Three ones add up to 3. Between which two numbers may the threshold lie so that only 3 passes?",
    ],
    "refute-convexity": [
        "Play with the painter above: what does the region look like if one yes is enough?",
        "Take two half-planes that do not meet. Where does their union have a gap?",
        "Write both hidden units for the x axis alone. At which x does each say yes, and which bias makes one enough?",
    ],
    "interval-experiment": [
        "Without a bend the net is one cut. How many of the 40 points are right if it stands at x = 0.5?",
        "A run has solved the task if its share is exactly 1. For how many of the ten numbers is that so?",
    ],
    "choose-and-explain": [
        "For a, b and c: which values may the answer take, and must they add up to 1?",
        "For d: what is the slope of ReLU at a negative sum, and what does the weights' gradient get multiplied by?",
        "For f: look at the right panel of the folding picture. Where is the straight line?",
    ],
}
