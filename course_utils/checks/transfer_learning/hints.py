"""Hints for lab 07 and its homework, shown one at a time: each is a question, none is an answer."""

HINTS = {
    "extract-features": [
        "A forward hook is called with (module, inputs, output) whenever its layer runs. Where can it put the output?",
        "X.split(batch) gives the batches in order, the last one shorter. What do you do with a list of them?",
        "Which three things have you changed on the way: a mode, a hook, a graph? How do you leave each as it was?",
    ],
    "freezing": [
        "Each parameter has an attribute requires_grad. Which loop reaches all parameters of a module?",
        "Batch norm has numbers that no gradient changes. In which mode does it leave them alone?",
        "For the list: which test decides whether a parameter goes in?",
    ],
    "head-sizes": [
        "How many numbers does one output of the head multiply, and what does it add?",
        "Averaging over a map leaves how many numbers of each channel?",
        "Frozen: which of the network's parameters change? A share is a part of all of them, in per cent.",
    ],
    "fit-head": [
        "One mean and one standard deviation for each column: over which axis, and over which part of the data?",
        "What is the standard deviation of a column that never changes? What may stand in its place?",
        "nn.Linear gives scores. Which function turns a row of scores into probabilities?",
    ],
    "learning-curve": [
        "Look along the row of scratch, from left to right. With which one number of another row do you compare?",
        "A gain of 3 points is an accuracy that is higher by 0.03. Which two numbers at n = 5?",
    ],
    "label-bug": [
        "Write both label vectors below each other for 2 road and 3 mountain bikes. Where do they differ?",
        "The two vectors change from 0 to 1 at two places. What lies between these places?",
        "The name of a file begins with its folder. Which label belongs to which folder?",
    ],
    "when-it-helps": [
        "Ask of each pair: which details did the source have to see, and does the target need them?",
        "Which row of your table stands for doing without the source?",
    ],
    "augment": [
        "rng.random(N) < 0.5 decides about N pictures at once. Which axis is left to right?",
        "np.pad puts a border around a picture. Which window of the larger picture is the picture moved by 1?",
    ],
    # homework H7
    "split-by-scene": [
        "Draw scenes first, then ask of each picture whether its scene was drawn. What do you need for the first step?",
        "How many scenes has each class? Draw from each class by itself: what can then not happen?",
        "np.random.default_rng(seed) is the same in every session. Is the order of what you draw from, too?",
    ],
    "frozen-baseline": [
        "source[:-1] gives 1,024 numbers a picture. What did fit_head of Lab 07 do with such numbers?",
        "Does the network standardise its pictures itself? Look at its first layer.",
        "Ask for one test picture alone and among others: is its probability the same?",
    ],
    "choose": [
        "Which of the three parts decides, and how often is it looked at?",
        "max(ways, key=...) wants a function of a name. Which number should it return?",
    ],
    "improvement": [
        "What is the mean brightness of a wild picture, and of one of the catalogue?",
        "How large is a wild bike? nn.functional.interpolate makes pictures smaller: what belongs around them?",
        "If all pictures are changed alike, is each test picture changed by itself, without the others?",
    ],
    "results-table": [
        "The cell above prints all that the table asks for. Which of its numbers is n?",
        "Run the cell above once more after each change of your functions. Are the numbers in the table the last ones?",
    ],
}
