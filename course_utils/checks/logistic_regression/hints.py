"""Hints for lab 04, shown one at a time: each is a question, none is an answer."""

HINTS = {
    "score-and-odds": [
        "Multiply weight by input, six times, and add. Which products are negative?",
        "Odds of 3 to 1 are the number 3. Which function turns a score into odds?",
        "If the odds are o to 1, how often out of o + 1 times is it a yes?",
        "For the way back: turn the probability into odds first. What undoes exp?",
    ],
    "log-loss": [
        "Write the loss of one example with label 1 as a function of its score. What is it for a very large score?",
        "Which number with a large exponent could be infinite? Can you bring it to a form with exp(-|z|)?",
        "NumPy has a function for log(exp(a) + exp(b)) that never overflows. Look up np.logaddexp: which a and b?",
    ],
    "logistic-gradient": [
        "Which two numbers does the error of one example compare?",
        "A weight takes part in all N scores. What is each error multiplied by before they are averaged?",
        "What shape must dw have? Which of X.T @ e and X @ e has it?",
        "For fit_logreg: with which numbers do you start, and how often do you step?",
    ],
    "two-signs": [
        "You have the gradient of the true loss already. Which sign turns it into that of the slide's formula?",
        "Run each pair for 200 steps and print bce_with_logits of the scores. Which of them falls?",
        "Look at the list of changes: which of them touch the words loss and descent?",
    ],
    "softmax": [
        "Over which axis of Z must the probabilities add up to 1? What does keepdims=True do there?",
        "What changes in softmax if the same number is taken away from all scores of a row?",
        "log(softmax) can be written without a division. What is the logarithm of a quotient?",
        "In the gradient: which entry of each row is special, and over what does the mean run?",
    ],
    "count-and-shape": [
        "How many numbers does one picture become when it is flattened?",
        "Each class has a score of its own. How many weights and how many biases does one score need?",
        "In which order does nn.Linear keep its weight: outputs first or inputs first?",
    ],
    "boundary-points": [
        "On the line the score is 0. Which equation for x1 and x2 is that?",
        "Solve it for x2. By what do you divide, and what if that is 0?",
        "If w2 = 0, which x1 makes the score 0? Does x2 matter then?",
    ],
    "hidden-layers": [
        "Read the printed rows: how many of the five runs are above 0.93?",
        "Go from 0 layers upwards. At which number do most runs exceed the target for the first time?",
    ],
    "meaning": [
        "Move one weight by a millionth in your mind. Which of the two numbers changes?",
        "Write down the probability that the model gives to all labels together. What is minus its logarithm?",
    ],
}
