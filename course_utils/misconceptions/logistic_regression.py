"""Wrong ways with scores, odds, log-loss, softmax and boundaries (lab 04).

Kinds: LW score, LD odds, LP probability, LT logit, LL log-loss, LG gradient and training, LS the signs of loss and
update, LX softmax, LC counting, LB boundary line, LE hidden layers, LM multiple choice.
"""

import math

from course_utils.misconceptions import Misconception, read_again, register

ODDS = "Odds and the sigmoid"
LOG_LOSS = "Log-loss: likelihood with a minus"
TRAINING = "Gradient and training"
SIGNS = "Two wrongs that make a right"
SOFTMAX = "Many classes"
COUNTING = "Exercise 4.6. Count and shape"
LINE = "The boundary line"
LAYERS = "Hidden layers bend the line"
CARD = "The recipe card"


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


# --- score: procedure(weight, x, bias); None where this way is no wrong way
register(
    Misconception(
        "LW1",
        "bias left out of the score",
        "This is the sum of products alone. What does a neuron add to it?",
        ODDS,
        lambda weight, x, bias: sum(w * v for w, v in zip(weight, x, strict=True)) if bias else None,
    ),
    Misconception(
        "LW2",
        "signs of the products lost",
        "This adds up the products as if none were negative. Which of them pull the score down?",
        ODDS,
        lambda weight, x, bias: sum(abs(w * v) for w, v in zip(weight, x, strict=True)) + bias,
    ),
)

# --- odds: procedure(score)
register(
    Misconception(
        "LD1",
        "probability given where odds are asked",
        "This is a probability: yes out of all. Odds compare yes with no. How large can they become?",
        ODDS,
        lambda score: _sigmoid(score),
    ),
    Misconception(
        "LD2",
        "odds turned over: against instead of for",
        "These are the odds against. Is the score positive or negative, and what should the odds be then?",
        ODDS,
        lambda score: math.exp(-score),
    ),
    Misconception(
        "LD3",
        "score given where odds are asked",
        "This is the score, the logarithm of the odds. What undoes a logarithm?",
        ODDS,
        lambda score: score,
    ),
)

# --- probability: procedure(score)
register(
    Misconception(
        "LP1",
        "odds given where a probability is asked",
        "These are odds. Can a probability be larger than 1, and out of how many is it counted?",
        ODDS,
        lambda score: math.exp(score),
    ),
    Misconception(
        "LP2",
        "probability of the other class",
        "This is the probability of the other class. With which sign does the score stand in the exponent?",
        ODDS,
        lambda score: _sigmoid(-score),
    ),
)

# --- from a probability back to the score: procedure(probability)
register(
    Misconception(
        "LT1",
        "logit turned over",
        "This is the score times -1. Should a probability above one half have a positive or a negative score?",
        ODDS,
        lambda probability: math.log((1 - probability) / probability),
    ),
    Misconception(
        "LT2",
        "sigmoid taken again instead of undone",
        "This sends the probability through the sigmoid once more. Which function goes the way back?",
        ODDS,
        lambda probability: _sigmoid(probability),
    ),
    Misconception(
        "LT3",
        "logarithm of the probability, not of the odds",
        "This is the logarithm of the probability, so it can never be positive. Which ratio has its logarithm taken?",
        ODDS,
        lambda probability: math.log(probability),
    ),
    Misconception(
        "LT4",
        "logarithm of another base",
        "This logarithm has the base 10 or 2. Which base undoes the exp of the sigmoid?",
        ODDS,
        lambda probability: math.log10(probability / (1 - probability)),
    ),
    Misconception(
        "LT5",
        "stopped at the odds",
        "These are the odds. The score is one step further: which one?",
        ODDS,
        lambda probability: probability / (1 - probability),
    ),
)

# --- log-loss: computed where the arrays are, in checks.logistic_regression
register(
    Misconception(
        "LL1",
        "loss summed over the batch instead of averaged",
        "This is the sum over the examples. What would happen to it if the batch were twice as long?",
        LOG_LOSS,
    ),
    Misconception(
        "LL2",
        "one half of the log-loss only",
        "Examples of one label cost nothing here. What should a confident wrong answer on those cost?",
        LOG_LOSS,
    ),
    Misconception(
        "LL3",
        "labels exchanged",
        "This rewards the wrong label. Which label does a large positive score stand for?",
        LOG_LOSS,
    ),
    Misconception(
        "LL4",
        "probability clipped before the logarithm",
        "A very wrong score costs too little: the probability was kept away from 0. How does the loss grow with the "
        "score?",
        LOG_LOSS,
    ),
    Misconception(
        "LL5",
        "one loss for each example instead of their mean",
        "There is one number for each example here. A loss is one number for the whole batch: which one?",
        LOG_LOSS,
    ),
    Misconception(
        "LL6",
        "logarithm of base 2 in the loss",
        "This is measured in bits. Which logarithm goes with exp?",
        LOG_LOSS,
    ),
)

# --- gradient and training
register(
    Misconception(
        "LG1",
        "slope of the sigmoid left in the gradient",
        "This has the slope p(1 - p) in it, as with a squared error. What cancels it in the log-loss?",
        TRAINING,
    ),
    Misconception(
        "LG2",
        "scores instead of probabilities in the gradient",
        "This takes score minus label, as for a straight line. Where has the sigmoid gone?",
        TRAINING,
    ),
    Misconception(
        "LG3",
        "decisions instead of probabilities in the gradient",
        "This rounds the probability to 0 or 1 first. How unsure may a right answer be and still teach something?",
        TRAINING,
    ),
    Misconception(
        "LG4",
        "bias never updated",
        "The bias is still where it started. Which parameters does a step change?",
        TRAINING,
    ),
    Misconception(
        "LG5",
        "walked uphill",
        "These steps make the loss larger. Does the gradient point up or down?",
        TRAINING,
    ),
    Misconception(
        "LG6",
        "one step too many or too few",
        "This is where one step more or one less would end. How often does your loop run?",
        TRAINING,
    ),
    Misconception(
        "LG7",
        "learning rate left out",
        "These steps are as long as the gradient itself. What should scale them?",
        TRAINING,
    ),
)

# --- the signs of loss and update
register(
    Misconception(
        "LS1",
        "took the slide's pair for one that fails",
        "Run pair a again and look at the loss. What do two minus signs make?",
        SIGNS,
    ),
    Misconception(
        "LS2",
        "took one repair for enough",
        "This repairs one of the two slips. What did your run of such a pair do?",
        SIGNS,
    ),
    Misconception(
        "LS3",
        "renamed the method instead of repairing the formulas",
        "Then the slide is right, but it no longer says loss and descent. Which changes keep the words?",
        SIGNS,
    ),
    Misconception(
        "LS4",
        "changed more than necessary",
        "This would do, but something in it is not needed. Which of your changes can be taken back?",
        SIGNS,
    ),
    Misconception(
        "LS5",
        "sign of the loss not carried into its gradient",
        "The sign of the loss changes nothing here. What becomes of a gradient if its loss is multiplied by -1?",
        SIGNS,
    ),
    Misconception(
        "LS6",
        "sign of the update not used",
        "The sign of the update changes nothing here. Where does the step use it?",
        SIGNS,
    ),
    Misconception(
        "LS7",
        "all runs turned round",
        "Each of these runs goes where its opposite should. Which sign has the gradient of the slide's own formula?",
        SIGNS,
    ),
)

# --- softmax
register(
    Misconception(
        "LX1",
        "exponentials not divided by their sum",
        "These are the exponentials alone. What must the probabilities of one example add up to?",
        SOFTMAX,
    ),
    Misconception(
        "LX2",
        "one maximum for the whole batch",
        "This breaks where two rows are far apart. Whose maximum should be subtracted from a row?",
        SOFTMAX,
    ),
    Misconception(
        "LX3",
        "scores divided by their sum, without exponentials",
        "These rows add up to 1, but the scores were divided as they are. What makes them positive first?",
        SOFTMAX,
    ),
    Misconception(
        "LX4",
        "averaged over the classes, too",
        "This is divided by the number of classes as well. Over what does the mean run?",
        SOFTMAX,
    ),
    Misconception(
        "LX5",
        "label not subtracted in the gradient",
        "These are the probabilities alone. What is the gradient for a prediction that is right and sure?",
        SOFTMAX,
    ),
    Misconception(
        "LX6",
        "each class squashed by a sigmoid of its own",
        "Each score went through a sigmoid by itself. Do these probabilities of one example add up to 1?",
        SOFTMAX,
    ),
)

register(
    Misconception(
        "LX7",
        "normalised over the whole batch",
        "All numbers of the batch together add up to 1. Which numbers are the probabilities of one example?",
        SOFTMAX,
    ),
)

# --- counting
register(
    Misconception(
        "LC1",
        "channels forgotten",
        "This counts one number a pixel. How many numbers has a pixel in colour?",
        COUNTING,
    ),
    Misconception(
        "LC2",
        "one row of the picture only",
        "This counts one row of pixels. How many numbers has the whole picture?",
        COUNTING,
    ),
    Misconception(
        "LC3",
        "batch counted among the parameters",
        "This grows with the batch. Does a layer need other weights for a second picture?",
        COUNTING,
    ),
)

# --- the boundary line
register(
    Misconception(
        "LB1",
        "sign of the intercept",
        "This line is parallel to the right one, on the other side of the origin. What happens to b when it changes "
        "sides?",
        LINE,
    ),
    Misconception(
        "LB2",
        "the two weights exchanged",
        "This line has the two weights exchanged. By which weight do you divide to get x2?",
        LINE,
    ),
    Misconception(
        "LB3",
        "bias left out",
        "This line goes through the origin. What does the bias do to the place where the score is 0?",
        LINE,
    ),
    Misconception(
        "LB4",
        "division by zero",
        "There is nan, inf or a division by zero for a weight w2 = 0. Which line is it then, and which coordinate is "
        "free?",
        LINE,
    ),
    Misconception(
        "LB5",
        "points in columns instead of rows",
        "These are the right numbers with a point in each column. Which axis should count the points?",
        LINE,
    ),
    Misconception(
        "LB6",
        "level line where it should be upright",
        "With w2 = 0 the score does not depend on x2. Is the line level or upright then?",
        LINE,
    ),
    Misconception(
        "LB7",
        "sign of the slope",
        "This line leans the other way. What happens to w1 x1 when it changes sides?",
        LINE,
    ),
)

# --- hidden layers
register(
    Misconception(
        "LE1",
        "took one hidden layer for convex regions only",
        "The slide says convex, so this set would need more. What did the runs with fewer layers reach?",
        LAYERS,
    ),
    Misconception(
        "LE2",
        "named the most layers that work, not the fewest",
        "This many layers work. Would fewer do?",
        LAYERS,
    ),
    Misconception(
        "LE3",
        "took a straight line for enough",
        "Without a hidden layer the boundary is a straight line. How many of these runs are above the target?",
        LAYERS,
    ),
    Misconception(
        "LE4",
        "went by the best run, or by the shape of the curve, not by most runs",
        "Count the runs above the target, one by one. Are they more than half?",
        LAYERS,
    ),
)

# --- multiple choice
register(
    Misconception(
        "LM1",
        "takes loss and metric for one thing",
        "How does the accuracy change when one weight moves by a millionth?",
        CARD,
    ),
    Misconception(
        "LM2",
        "takes cross-entropy and maximum likelihood for alternatives",
        "Write the likelihood of the labels down, take the logarithm, put a minus before it. What do you get?",
        CARD,
    ),
)

# --- shared ones, in the words of this lab
read_again(
    "logistic_regression",
    DS1=(COUNTING, "This is the weight turned over. What does each row of nn.Linear's weight belong to?"),
    DS2=(COUNTING, "The batch axis is missing. How many rows of scores come out if N pictures go in?"),
    DS3=(COUNTING, "This has a bias for each example. To what does a bias belong, an example or a class?"),
    DS4=COUNTING,
    PC1=(COUNTING, "These are the weights alone. What else does each class add to its score?"),
    PC2=(COUNTING, "This has one bias for all classes together. Do they have to share it?"),
    GR1=TRAINING,
    GR2=TRAINING,
    GR3=(TRAINING, "This is the right gradient times the number of examples. Is the loss a sum or a mean over them?"),
    GR5=(TRAINING, "The bias takes part in the score of every example. Over which axis is its gradient averaged?"),
    PR1=SOFTMAX,
    PR2=(LOG_LOSS, "There is nan or inf in this answer. Which exponent is large here, and how could it be avoided?"),
    PR3=LOG_LOSS,
    PR4=(LOG_LOSS, "This is the right number times -1: below 0, so better than perfect. Can a loss be that?"),
    PR5=LOG_LOSS,
    PR6=SOFTMAX,
)
