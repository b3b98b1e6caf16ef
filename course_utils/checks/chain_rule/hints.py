"""Hints for lab 03, shown one at a time: each is a question, none is an answer."""

HINTS = {
    "chain-slopes": [
        "Which number goes into f, and which number goes into g? Write both down first.",
        "How much does f move when t moves a little, and how much does g move when f moves a little?",
        "For three paths: how much reaches g along each path alone? What do the three amounts do together?",
    ],
    "numerical-gradient": [
        "Which number of x do you move, and what must it be again before you move the next one?",
        "f(x + a little) and f(x - a little): how far apart are these two places?",
        "Which type has the array that you move, if x comes as whole numbers? np.ndindex(x.shape) visits any shape.",
    ],
    "value-class": [
        "What should a + b return: a float, or something that can be added to again?",
        "If other is the number 3, how do you make a Value of it?",
        "For a product a · b: if a moves by 1 and b stays, by how much does the product move? That is its slope by a.",
    ],
    "backward-order": [
        "Which values may be asked first on the way back, and what must have happened before a value is asked?",
        "If every parent stands in a list before all that was made from it, what is that list turned around?",
        "Instead of a function that calls itself, keep a list of what is still to do. When you take a value from it, "
        "how do you know whether its parents are done?",
    ],
    "value-backward": [
        "Which gradient do you know before you start?",
        "A value has gathered all that comes back to it. What does it pass on to each of its parents?",
        "If a value is used twice, two amounts come back. Do you replace the first one? And if backward is called a "
        "second time, which sums must start at 0 again?",
    ],
    "value-functions": [
        "Each function makes one new Value from one parent. What is the new number, and what is the slope?",
        "Write the slope of tanh by its own output: which number have you computed already?",
        "For ReLU: what is the slope on the right of 0, what on the left?",
    ],
    "more-functions": [
        "What is the slope of sin at 0: 1, 0 or -1? Which function is that at every other place?",
        "Does the slope of log want the input or the output? And that of the sigmoid?",
    ],
    "dense-backward": [
        "Write down the shapes of dY, X and W. Which products of two of them have the shape of W, which that of X?",
        "b is added to every row of Y. How many numbers of dY does one number of b answer for?",
        "For ReLU: which numbers came through on the way forwards? What comes back for them, and what for the others?",
    ],
    "gradient-shapes": [
        "How many numbers could you turn in W1? For each of them there is one slope.",
        "Does the number of biases grow with the batch? Does the number of entries of Z1?",
        "Write the shapes of X, W1, b1, Z1, A1, W2, b2, Y in a row. What does a gradient have to do with them?",
    ],
    "train-with-values": [
        "In which order: gradients to 0, loss, backward, move? Which of these comes first in a step?",
        "Which attribute of a Value do you change to move it: data or grad? In which direction?",
        "The difference is asked for the first backward. How large is |mine - PyTorch's| compared with |PyTorch's|?",
    ],
    "autograd-questions": [
        "Section 7 ran each of these. What did the printed lines say?",
        "For the snippets: go through two steps by hand. What is in w.grad at the end of each?",
    ],
}
ENGINE = ("value-class", "backward-order", "value-backward", "value-functions")
