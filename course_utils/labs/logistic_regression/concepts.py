"""Practice to exercise 4.9: scores, probabilities, losses and metrics in other questions than those that are graded."""

from course_utils.judging.choices import Choice, concepts
from course_utils.judging.options import Option

QUESTIONS = {
    "shift": Choice(
        "All scores of a softmax grow by 5. What happens to the probabilities?",
        {
            "nothing": Option("They stay as they are."),
            "grow": Option("All of them grow.", None, "They sum to 1 before and after. Can all of them grow?"),
            "sharper": Option(
                "The largest grows, the others shrink.", None, "exp(z + 5) is exp(5) exp(z). Where does exp(5) go?"
            ),
        },
        "nothing",
    ),
    "scale": Choice(
        "All scores of a softmax are doubled; they were not all equal. What happens to the probabilities?",
        {
            "sharper": Option("The largest grows: the network sounds surer."),
            "nothing": Option(
                "They stay as they are.", None, "Try the scores 0 and 1, then 0 and 2. Are the odds the same?"
            ),
            "flatter": Option(
                "They come closer together.", None, "The differences between scores double. What do they do to odds?"
            ),
        },
        "sharper",
    ),
    "accuracy": Choice(
        "Between two epochs the accuracy stays at 90 % while the log-loss falls. What can have happened?",
        {
            "surer": Option("The same examples are right, with larger probabilities for their labels."),
            "mistake": Option(
                "There is a mistake: the two always move together.",
                None,
                "A probability of the label rises from 0.6 to 0.9. Which of the two numbers notices?",
            ),
            "fewer": Option(
                "Fewer examples are wrong than before.", None, "What would the accuracy do if fewer were wrong?"
            ),
        },
        "surer",
    ),
    "zero": Choice(
        "A sigmoid neuron has the score 0. What does it say of the class?",
        {
            "half": Option("Yes and no are equally likely."),
            "no": Option("Surely no.", None, "Which score would belong to a probability of 0?"),
            "nothing": Option("Nothing: the neuron is off.", None, "What is 1 / (1 + exp(0))?"),
        },
        "half",
    ),
    "surely wrong": Choice(
        "One example of a hundred gets the probability 0.000001 for its label. What does it do to the mean log-loss?",
        {
            "much": Option("It adds as much as many examples that are a little wrong."),
            "little": Option(
                "Hardly anything: it is one of a hundred.", None, "What is −log 0.000001, and what is −log 0.9?"
            ),
            "one": Option("It adds one hundredth, as every error does.", None, "Which number counts errors so?"),
        },
        "much",
    ),
    "two classes": Choice(
        "When does a softmax over two classes give the same probabilities as a sigmoid?",
        {
            "difference": Option("If the sigmoid's score is the difference of the two scores."),
            "never": Option(
                "Never: one has two outputs.", None, "Divide both terms of the softmax by exp(z1): what is left?"
            ),
            "always": Option(
                "Always, with either of the two scores.", None, "Add 5 to both scores. Which one notices?"
            ),
        },
        "difference",
    ),
}

CONCEPTS = concepts("losses-and-probabilities", QUESTIONS)
