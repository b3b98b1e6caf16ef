# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
r"""
# Turn scores into probabilities
"""

# %% [markdown]
r"""
**You will** build logistic and softmax regression from their losses up, and see where they stop being enough.

**You will learn** to

- turn a score into odds and a probability, and back;
- write the log-loss with its sign, safely for large scores, and train with its gradient;
- draw the boundary of a classifier and tell when it needs hidden layers.

**You need** NumPy arrays, the dense layer of Lab 01, the sigmoid of Lab 02 and the chain rule of Lab 03. Time: about 150 minutes, and 70 more for what is marked *Further*.
"""

# %% [markdown]
r"""
| letter | meaning | in code |
|---|---|---|
| N | examples in a batch | `N, D = X.shape` |
| D | numbers that describe an example | `num_features` |
| K | classes, numbered 0 to K − 1 | `num_classes` |
| z | score (PyTorch: *logit*) | `z`, in bulk `Z` (N, K) |
| p | probability | `p` |
| y | label: 0 or 1, or a class | `y` |
| w, b | weights and bias | `w` (D,), `b` |
"""

# %%
import numpy as np
import torch
import torch.nn.functional as F
from IPython.display import display
from torch import nn

from course_utils import predictions
from course_utils.data import load_faces
from course_utils.labs import logistic_regression
from course_utils.labs.logistic_regression import faces, figures, widgets
from course_utils.labs.logistic_regression.layers import accuracies
from course_utils.runtime import seed_everything
from course_utils.toys import load_toy, load_weather

seed_everything(0)

# %% [markdown]
r"""
**Your own numbers.** Write your student id between the quotes, as your instructor knows it. Some questions then use numbers of your own. With an empty id you get the numbers of the lesson.
"""

# %%
student_id = ""

# %% nbgrader={"grade": false, "grade_id": "lab", "locked": true, "schema_version": 3, "solution": false}
lab = logistic_regression.for_student(student_id)
lab

# %% [markdown]
r"""
## 1 Is it too hot?

In Lab 01, *Build a neuron, and a layer of them*, a neuron predicted a number, the temperature. Now the answer is yes or no: *is it too hot?* Think of a hundred people asked on a hundred days (a computer drew them; nobody was asked). Each day is two numbers: temperature (0 means 25 °C, one unit is 5 °C) and humidity (0 means 50 %, one unit is 20 %).
"""

# %%
X, y = load_weather()
figures.show(figures.plot_hundred_days(X, y))

# %% [markdown]
r"""
People disagree in the middle, so no line can be right for all. A linear classifier gives each class a **score**, $W x + b$, with one row of W and one number of b for each class. The class with the larger score wins. Here are the scores of three days.
"""

# %%
W, b = np.array([[-1.0, -0.4], [1.0, 0.4]]), np.array([0.25, -0.25])
for day in ([-1.0, 0.0], [0.3, 0.1], [2.0, 1.0]):
    not_hot, hot = W @ np.array(day) + b  # (K, D) @ (D,) + (K,)
    print(f"day {day}: not too hot {not_hot:5.2f}, too hot {hot:5.2f}")

# %% [markdown]
r"""
The second day is a narrow win and the third a clear one, but what does a score of 2.15 *mean*? It has no unit and no upper end. We would like to say "too hot, with probability 0.9". The way from a score to a probability leads through betting.
"""

# %% [markdown]
r"""
## 2 Odds and the sigmoid

If it is too hot on three days out of four, the **odds** are 3 to 1, in short 3: yes divided by no. A probability of one half is odds of 1. Odds run from 0 to infinity, and their logarithm runs over all numbers: positive when yes is likelier, negative when no is.
"""

# %%
print("probability   odds   log of the odds")
for p in (0.01, 0.25, 0.5, 0.75, 0.99):
    print(f"{p:11.2f} {p / (1 - p):6.2f} {np.log(p / (1 - p)):12.2f}")

# %% [markdown]
r"""
Logistic regression says: **the score is the logarithm of the odds**. This logarithm, $\log(p / (1 - p))$, is called the *logit*. Going back gives odds $e^z$ and the probability

$$p = \frac{e^z}{1 + e^z} = \frac{1}{1 + e^{-z}} = \sigma(z).$$

That is the sigmoid of Lab 02. So a logistic regression is one neuron: multiply, add, sigmoid.
"""

# %%
figures.show(figures.plot_three_scores())

# %% [markdown]
r"""
A score of 0 is one half, and scores of opposite sign give probabilities that add up to 1. Over the plane of all days, the probability climbs from dark to bright. The line is where it is one half.
"""

# %%
figures.show(figures.plot_too_hot(X, y))

# %% [markdown]
r"""
Move the weights and the bias. What does the bias do to the line? What happens to the *width* of the change from dark to bright when you double both weights and the bias? Watch the loss, too: section 3 says what it is.
"""

# %%
widgets.explore_probabilities(X, y, weight=(1, 0.4), bias=-0.3)

# %% [markdown]
r"""
The bias moves the line and does not turn it. Doubling all three leaves the line where it is and makes the neuron surer on both sides. Now one neuron by hand.
"""

# %%
lab.score_and_odds

# %% [markdown]
r"""
## Exercise 4.1. Score, odds, probability

For your neuron above give the `score`, the `odds` (to three digits that count) and the `probability` (to four decimals). Then go back: which score belongs to the probability in the last line (`score back`, two decimals)? A calculator or `np.exp` and `np.log` may help. (2 points, 10 minutes, ●○○ easy)

Example: weights (1, −2), inputs (3, 1), bias 1: the score is 3 − 2 + 1 = 2, the odds are $e^2 = 7.39$, the probability is $7.39 / 8.39 = 0.8808$. The probability 0.25 has odds 1/3 and the score −1.10.

<details><summary>Hint</summary>
If the odds are 7 to 1, how many days out of eight are a yes?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "score-and-odds", "locked": false, "schema_version": 3, "solution": true}
odds = {"score": None, "odds": None, "probability": None, "score back": None}
### BEGIN SOLUTION
odds = {"score": 9, "odds": 8103, "probability": 0.99988, "score back": 1.386}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "score-and-odds-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.score_and_odds.check(odds)

# %% [markdown]
r"""
Stuck? `lab.score_and_odds.hint()` shows a hint, and the next one each time. For more: `lab.score_and_odds.practice(topic="odds")`, and likewise the topics `"probability"` and `"logit"`.
"""

# %%
question = lab.score_and_odds.practice(1, topic="logit")
question

# %% [markdown]
r"""
## 3 Log-loss: likelihood with a minus

Which weights are good? Those that make what was observed likely. If the model gives the labels of four days the probabilities 0.9, 0.8, 0.6 and 0.3, it gives all four together their product. That is the **likelihood**.
"""

# %%
given = np.array([0.9, 0.8, 0.6, 0.3])  # the probability of what was in fact observed
print(f"likelihood          {given.prod():7.4f}")
print(f"log-likelihood      {np.log(given).sum():7.4f}")
print(f"mean of minus log p {-np.log(given).mean():7.4f}")

# %% [markdown]
r"""
A product of a thousand probabilities is too small for a computer; a sum of logarithms is not. A logarithm of a probability is never positive, so the log-likelihood is *maximised*. Losses are minimised, so put a **minus** before it, and take the mean so that it does not grow with the batch:

$$\ell_i = -\bigl[\, y_i \log p_i + (1 - y_i) \log(1 - p_i) \,\bigr], \qquad L = \frac{1}{N} \sum_{i=1}^{N} \ell_i$$
"""

# %%
figures.show(figures.plot_three_losses())

# %% [markdown]
r"""
For label 1 the first half counts, for label 0 the second. A right and sure answer costs almost nothing, a coin costs log 2 = 0.69, and a wrong answer costs the more the surer it was. Other names: *log-loss*, *binary cross-entropy*, *negative log-likelihood* (NLL).
"""

# %% [markdown]
r"""
Written down as it stands, the formula breaks. The sigmoid of 40 is so close to 1 that the computer stores 1, and $1 - p$ is 0.
"""

# %%
with np.errstate(all="ignore"):  # keep NumPy's warnings off the page
    for z in (2.0, 40.0, -1000.0):
        p = 1 / (1 + np.exp(-z))
        losses = 0 - np.log(1 - p), 0 - np.log(p)
        print("z = {:6}, label 0: loss {:.3f}; label 1: loss {:.3f}".format(z, *losses))

# %% [markdown]
r"""
The true loss of z = 40 with label 0 is about 40: a large number, not an infinite one. The remedy is to compute the loss from the **score**, without a probability in between. For label 1 it is $-\log \sigma(z) = \log(1 + e^{-z})$. For a very negative z this is nearly $-z$, and a computer should say so. PyTorch calls such a loss "with logits".
"""

# %% [markdown]
r"""
## Exercise 4.2. Write the log-loss

Write `bce_with_logits(z, y)`: the mean log-loss as one number. `z` (N,) are scores, `y` (N,) labels 0 or 1, as whole numbers or floats. It must be right for scores such as 1000 and −1000. NumPy only: ready-made losses, log-sigmoids and log-sum-exps of other libraries may not be used. (2 points, 15 minutes, ●●○ medium)

Example: `bce_with_logits(np.array([0.0, 2.0]), np.array([1, 1]))` is (0.6931 + 0.1269) / 2 = 0.41.

<details><summary>Hint</summary>
$\log(1 + e^a)$ with a large a: which part of the sum can be taken out of the logarithm, so that what is left is small?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "log-loss", "locked": false, "schema_version": 3, "solution": true}
def bce_with_logits(z, y):
    """Return the mean log-loss of scores z (N,) with labels y (N,)."""
    ### BEGIN SOLUTION
    return (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "log-loss-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.log_loss.check(bce_with_logits)
### BEGIN HIDDEN TESTS
lab.log_loss.check_hidden(bce_with_logits, seed=4021)
### END HIDDEN TESTS

# %% [markdown]
r"""
This loss is never below 0. If yours ever was, it was better than perfect, and that is how one notices a lost minus.
"""

# %% [markdown]
r"""
## 4 Gradient and training

How does the loss change with the score? By the chain rule of Lab 03, *Send a gradient back through a computation*,

$$\frac{d\ell}{dz} = \frac{d\ell}{dp} \cdot \frac{dp}{dz}.$$

For label 1 the first factor is $-1/p$, and the second, the sigmoid's slope, is $p\,(1 - p)$. Multiply them: the p cancels. Then do label 0. Or let automatic differentiation do it, for a few scores:
"""

# %%
print("    z  label      p   slope of the loss")
for score, label in ((-2.0, 0.0), (-2.0, 1.0), (0.0, 1.0), (3.0, 0.0), (3.0, 1.0)):
    z = torch.tensor(score, requires_grad=True)
    F.binary_cross_entropy_with_logits(z, torch.tensor(label)).backward()
    print(f"{score:5} {label:6} {torch.sigmoid(z).item():6.2f} {z.grad.item():8.2f}")

# %% [markdown]
r"""
The slope is $p - y$: the probability minus the label. A right and sure answer has none, a wrong and sure one has nearly 1 or −1. Nothing saturates on the wrong side, because the sigmoid's flat ends cancel against the steep logarithm. With a squared error they would not.

A weight takes part in N scores, and each score changes with it by its input. The gradient by the weights is therefore the mean of $(p - y)\,x$ over the batch, and by the bias the mean of $p - y$.
"""

# %% [markdown]
r"""
**Training** takes small steps *opposite* the gradient: $w \leftarrow w - \eta \, dL/dw$, and b likewise. *Stochastic* gradient descent looks at one example, or a mini-batch, for each step; here the data are few and every step may look at all. One warning: with a sum in place of the mean the gradient is N times as long, so the same learning rate η takes steps N times as large.
"""

# %% [markdown]
r"""
## Exercise 4.3. Gradient and fit

Write `logreg_grads(X, y, w, b)`, which returns `dw` (D,) and `db`, the gradient of the **mean** log-loss, also for large scores and for labels as whole numbers. Then `fit_logreg(X, y, lr, steps)`: it starts from zeros, takes `steps` steps of `lr` with all examples, and returns `w` and `b`. (3 points, 20 minutes, ●●○ medium)

Example: one example X = [[2.0, −1.0]], y = [1], w = 0, b = 0: p is one half, so dw = [−1, 0.5] and db = −0.5. After one step with `lr=0.1`: w = [0.1, −0.05], b = 0.05.

<details><summary>Hint</summary>
X has the shape (N, D) and the errors (N,). Which product of the two has the shape (D,)?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "logistic-gradient", "locked": false, "schema_version": 3, "solution": true}
def logreg_grads(X, y, w, b):
    """Return the gradient of the mean log-loss by w (D,) and by b."""
    ### BEGIN SOLUTION
    z = X @ w + b
    p = np.exp(-np.logaddexp(0, -z))  # the sigmoid, safe for large scores
    error = p - y  # (N,)
    return X.T @ error / len(X), error.mean()
    ### END SOLUTION


def fit_logreg(X, y, lr, steps):
    """Train from zeros with all examples in each step. Returns w (D,) and b."""
    ### BEGIN SOLUTION
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        dw, db = logreg_grads(X, y, w, b)
        w, b = w - lr * dw, b - lr * db
    return w, b
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "logistic-gradient-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.logistic_gradient.check(logreg_grads, fit_logreg)
### BEGIN HIDDEN TESTS
lab.logistic_gradient.check_hidden(logreg_grads, fit_logreg, seed=4033)
### END HIDDEN TESTS

# %% [markdown]
r"""
Each function earns its own points. In PyTorch the same training is the loop that every network uses: **batch, forward, backward, update**. Here it is on the hundred days of section 1.
"""

# %%
days, too_hot = (
    torch.tensor(X, dtype=torch.float32),
    torch.tensor(y, dtype=torch.float32),
)
seed_everything(0)
neuron = nn.Linear(2, 1)
optimizer = torch.optim.SGD(neuron.parameters(), lr=0.5)
for _ in range(300):
    z = neuron(days)[:, 0]  # forward: (N, 2) -> (N, 1) -> (N,)
    loss = F.binary_cross_entropy_with_logits(z, too_hot)
    optimizer.zero_grad()
    loss.backward()  # gradients by automatic differentiation
    optimizer.step()  # opposite the gradient
right = ((z > 0) == (too_hot > 0)).float().mean()
print(f"loss {loss.item():.3f}, right on {100 * right.item():.0f} % of the days")

# %% [markdown]
r"""
A coin would have the loss 0.693. The line gets about four days out of five right. More it cannot: people disagree.
"""

# %% [markdown]
r"""
## 5 Check a printed recipe

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

A slide of a lecture prints the recipe like this: the loss is $y \log p + (1 - y) \log(1 - p)$; then, "by gradient descent", update $W \leftarrow W + \alpha \, dL/dW$. Section 4 steps *opposite* the gradient. They cannot both be descent. Look at the slide's formula over a single weight (the temperature's), and at the same formula with a minus.
"""

# %%
figures.show(figures.plot_two_signs(X[:, 0], y))

# %% [markdown]
r"""
The slide's formula is a **hill**: it is the log-likelihood, at most 0, and good weights are at its top. The loss is the **valley** below. An arrow that climbs a hill ends at the same weight as one that descends the valley. So there are two signs, and four pairs of them:

| pair | `loss_sign` | `update_sign` | which is |
|---|---|---|---|
| a | 1 | 1 | as on the slide |
| b | 1 | −1 | update repaired |
| c | −1 | 1 | loss repaired |
| d | −1 | −1 | both repaired |
"""

# %% [markdown]
r"""
Four changes to the slide are on offer for the repair:
"""

# %%
lab.two_signs

# %% [markdown]
r"""
## Exercise 4.4. Find the two slips

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Write `train_with_signs(X, y, loss_sign, update_sign, lr, steps)`. Its loss is `loss_sign` times the mean of $y \log p + (1 - y) \log(1 - p)$; each step *adds* `update_sign * lr` times the gradient of that. Start from zeros; return `w`, `b`. Run all four pairs and look at the true log-loss. Then fill in `converge`: **all** pairs that end at good weights; and `repair`: the fewest changes that make the slide right and keep its words "loss" and "descent". (3 points, 20 minutes, ●●● hard)

Example: with `loss_sign=-1` and `update_sign=-1` it is your `fit_logreg`.

<details><summary>Hint</summary>
If a loss is multiplied by −1, what becomes of its gradient?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "two-signs", "locked": false, "schema_version": 3, "solution": true}
def train_with_signs(X, y, loss_sign, update_sign, lr, steps):
    """Train with a sign for the loss and a sign for the update. Returns w (D,) and b."""
    ### BEGIN SOLUTION
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        p = 1 / (1 + np.exp(-(X @ w + b)))
        error = y - p  # the gradient of y log p + (1 - y) log(1 - p) by the score
        dw, db = loss_sign * (X.T @ error) / len(X), loss_sign * error.mean()
        w, b = w + update_sign * lr * dw, b + update_sign * lr * db
    return w, b
    ### END SOLUTION


signs = {"converge": None, "repair": None}  # sets, such as {"b", "c"} and {"3"}
### BEGIN SOLUTION
signs = {"converge": {"a", "d"}, "repair": {"1", "2"}}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "two-signs-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.two_signs.check(train_with_signs, signs)
### BEGIN HIDDEN TESTS
lab.two_signs.check_hidden(train_with_signs, signs, seed=4044)
### END HIDDEN TESTS

# %% [markdown]
r"""
Play your four runs, step by step. Do any of them move the same weights in the same way?
"""

# %%
if lab.two_signs.is_written(train_with_signs, signs):
    display(widgets.explore_signs(train_with_signs, X, y))

# %% [markdown]
r"""
<details><summary>What the four runs show, once yours have run</summary>
The slide trains well as printed, so its slips do not show. They cancel, and whoever repairs only one of them breaks it.
</details>
"""

# %% [markdown]
r"""
In this course a loss has its minus and an update goes opposite the gradient:

$$L = -\text{mean}\bigl[\, y \log p + (1 - y) \log(1 - p) \,\bigr], \qquad w \leftarrow w - \eta \, \frac{dL}{dw}.$$
"""

# %% [markdown]
r"""
## 6 Many classes

Two classes may be written with vectors, too: scores $(z_0, z_1)$ from a matrix of two rows and two biases. With K classes there are K scores. **Softmax** makes probabilities of them: exponentials first, so that all are positive, then divided by their sum.

$$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
"""

# %%
figures.show(figures.plot_three_softmaxes())

# %% [markdown]
r"""
Adding a number to all scores of a row changes nothing: numerator and denominator are multiplied by the same. So one may subtract the row's largest score first, and no exponential is ever too large. And two classes are nothing new: their softmax is the sigmoid of the **difference** of the scores.
"""

# %%
z0, z1 = 0.5, 2.0
print(
    torch.softmax(torch.tensor([z0, z1]), dim=0)[1],
    torch.sigmoid(torch.tensor(z1 - z0)),
)

# %% [markdown]
r"""
The loss is minus the logarithm of the probability of the true class. With labels as rows of zeros and a single one (*one-hot*) it reads $-\sum_k y_k \log p_k$. For two classes it is exactly the binary log-loss. By the score $z_k$ its slope is $p_k - y_k$ again, now with $y_k$ from the one-hot row. PyTorch's `F.cross_entropy` wants **scores** and class numbers: softmax is inside.

<details><summary>If you know the slides</summary>
They print the loss of two classes beside softmax as if it held for any number of classes; and, before that, without its minus and without the mean (section 5).
</details>
"""

# %%
Z = torch.tensor([[2.0, 1.0, -1.0], [0.0, 0.0, 3.0]])  # (N, K)
classes = torch.tensor([0, 1])  # (N,)
p = torch.softmax(Z, dim=1)
print(p)
print("cross-entropy by hand", -(p[0, 0].log() + p[1, 1].log()).item() / 2)
print("PyTorch's            ", F.cross_entropy(Z, classes).item())
print("softmax done twice   ", F.cross_entropy(p, classes).item(), "(wrong)")

# %% [markdown]
r"""
## Exercise 4.5. Softmax and cross-entropy

Write `softmax(Z)` (N, K); `cross_entropy(Z, y)`, the mean loss of scores `Z` with class numbers `y` (N,); and `softmax_ce_grad(Z, y)`, its gradient by `Z`, (N, K). All three must work for scores up to 10,000, also where rows are far apart. NumPy only: ready-made softmaxes, log-sum-exps and losses of other libraries may not be used. (3 points, 25 minutes, ●●● hard)

Example: in the cell above the first row has the probabilities 0.7054, 0.2595, 0.0351 and the true class 0. In a batch of two its gradient is [−0.1473, 0.1298, 0.0176].

<details><summary>Hint</summary>
$\log(a / c)$ is $\log a - \log c$. What is log softmax then, and does it need a division?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true}
def softmax(Z):
    """Return the probabilities (N, K) of scores Z (N, K), row by row."""
    ### BEGIN SOLUTION
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
    ### END SOLUTION


def cross_entropy(Z, y):
    """Return the mean loss of scores Z (N, K) with class numbers y (N,)."""
    ### BEGIN SOLUTION
    Z = Z - Z.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(Z).sum(axis=1))  # (N,)
    return (log_sum - Z[np.arange(len(Z)), y]).mean()
    ### END SOLUTION


def softmax_ce_grad(Z, y):
    """Return the gradient of cross_entropy(Z, y) by Z, (N, K)."""
    ### BEGIN SOLUTION
    gradient = softmax(Z)
    gradient[np.arange(len(Z)), y] -= 1
    return gradient / len(Z)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "softmax-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.softmax.check(softmax, cross_entropy, softmax_ce_grad)
### BEGIN HIDDEN TESTS
lab.softmax.check_hidden(softmax, cross_entropy, softmax_ce_grad, seed=4055)
### END HIDDEN TESTS

# %% [markdown]
r"""
Softmax regression on pictures: flatten each picture into one row of D numbers, then one dense layer to K scores. This is a *linear* classifier, $\text{softmax}(W x + b)$, and the baseline that every network should beat. These are your pictures.
"""

# %%
lab.count_and_shape

# %% [markdown]
r"""
## Exercise 4.6. Count and shape

How many parameters, biases included, has softmax regression on your `grey` and on your `colour` pictures? And for a batch of the **colour** pictures, in PyTorch's order: the shapes of the flattened batch `X`, of `nn.Linear`'s `weight` and `bias`, and of the `scores`. (2 points, 10 minutes, ●○○ easy)

Example: 5 grey pictures of 4×6 pixels, 2 classes: 2 · (24 + 1) = 50 parameters; X (5, 24), weight (2, 24), bias (2,), scores (5, 2).

<details><summary>Hint</summary>
How many numbers feed one score? What is added to it?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "count-and-shape", "locked": false, "schema_version": 3, "solution": true}
counts = {
    "grey": None,
    "colour": None,
    "X": None,  # shapes are tuples
    "weight": None,
    "bias": None,
    "scores": None,
}
### BEGIN SOLUTION
counts = {
    "grey": 7850,
    "colour": 30730,
    "X": (64, 3072),
    "weight": (10, 3072),
    "bias": (10,),
    "scores": (64, 10),
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "count-and-shape-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.count_and_shape.check(counts)

# %% [markdown]
r"""
<details><summary>If you know the slides, and your answers stand</summary>
The first lecture does this for pictures of 32×32 in colour: stretched to 3,072 numbers, its W is 10×3,072, that is 30,720 weights, and 10 biases that the slide leaves out.
</details>
"""

# %% [markdown]
r"""
More: `lab.count_and_shape.practice()`, with two topics to choose from at its top.
"""

# %% [markdown]
r"""
## 7 The boundary line

A classifier with two inputs changes its mind where the probability is one half, that is, where the score is 0:

$$w_1 x_1 + w_2 x_2 + b = 0$$

That is a straight line. In D dimensions it is a *hyperplane*. The weights stand at right angles to it and point to the side of label 1. Dividing by $w_2$ gives $x_2$ for each $x_1$, except where $w_2$ is 0: then $x_2$ does not matter, and the line is upright.
"""

# %%
figures.show(figures.plot_upright_line(X, y))

# %% [markdown]
r"""
This neuron has the weights (2, 0) and the bias −0.5: its score is 0 at $x_1 = 0.25$, whatever the humidity.
"""

# %% [markdown]
r"""
## Exercise 4.7. Draw the line

Write `boundary_points(w, b, x1_range)`: two points on the line, one in each row of a (2, 2) array. `x1_range` is a pair such as (−3, 3) or (2.5, −1), and the points have these x1, in this order. The weights may have any sign, and w1 may be 0. If w2 is 0, return any two different points of the upright line. (2 points, 15 minutes, ●●○ medium)

Example: `boundary_points(np.array([1.0, 2.0]), -4.0, (0, 2))` is [[0, 2], [2, 1]]: the score 0 + 2 · 2 − 4 is 0, and so is 2 + 2 · 1 − 4.

<details><summary>Hint</summary>
Solve the equation for x2. And if you cannot divide, which coordinate does the equation fix?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "boundary-points", "locked": false, "schema_version": 3, "solution": true}
def boundary_points(w, b, x1_range):
    """Return two points (2, 2) of the line on which the score is 0."""
    ### BEGIN SOLUTION
    if w[1] == 0:
        x1 = -b / w[0]
        return np.array([[x1, -1.0], [x1, 1.0]])
    x1 = np.array(x1_range, dtype=float)
    return np.stack([x1, -(w[0] * x1 + b) / w[1]], axis=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "boundary-points-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.boundary_points.check(boundary_points)
### BEGIN HIDDEN TESTS
lab.boundary_points.check_hidden(boundary_points, seed=4077)
### END HIDDEN TESTS

# %% [markdown]
r"""
## 8 Hidden layers bend the line

A straight line is not always enough. Four toy data sets, each with two labels:
"""

# %%
toys = {name: load_toy(name) for name in ("blobs", "ring", "corners", "spiral")}
figures.show(figures.plot_four_toys(toys))

# %% [markdown]
r"""
The remedy is a *logistic-regression network*: neurons that feed another neuron. This one turns a patient's age 34, gender 2 and stage 4 into about 0.6, the probability of being alive (a made-up example).
"""

# %%
x = torch.tensor([34.0, 2.0, 4.0])
W1 = torch.tensor([[0.05, -0.3, -0.4], [-0.04, 0.2, 0.5]])  # (2, 3)
b1 = torch.zeros(2)
w2, b2 = torch.tensor([1.5, -0.5]), 0.2
h = torch.sigmoid(W1 @ x + b1)  # two hidden neurons
print("hidden", h, " output", torch.sigmoid(w2 @ h + b2))

# %% [markdown]
r"""
By hand: the first hidden sum is $0.05 \cdot 34 - 0.3 \cdot 2 - 0.4 \cdot 4 = -0.5$, the second 1.04; their sigmoids are 0.378 and 0.739. The output's sum is $1.5 \cdot 0.378 - 0.5 \cdot 0.739 + 0.2 = 0.397$, and its sigmoid 0.598.

The last neuron is still a logistic regression: it draws a straight line, but through the *hidden* values. In the plane of the inputs that line may bend. The next figure shows the same networks with no hidden layer, with one and with two, six tanh units in each.
"""

# %%
figures.show(figures.plot_three_depths(widgets.boundary_maps("spiral")))

# %% [markdown]
r"""
Choose a data set, a number of hidden layers and a run. The runs differ in their first weights and their points. Look for sets on which the number of layers matters, and for runs that were unlucky.
"""

# %%
widgets.explore_boundaries("ring")

# %% [markdown]
r"""
One run proves little. Here are five of each, measured on points that the networks have not seen: the share of them that each run gets right, in percent.
"""

# %%
for hidden in (0, 1, 2):
    print("hidden layers:", hidden)
    for name, shares in accuracies(hidden).items():
        print(f"   {name:8}", "  ".join(f"{100 * share:5.1f}" for share in shares))

# %% [markdown]
r"""
## Exercise 4.8. How many hidden layers?

For each data set give the **fewest** hidden layers, 0, 1 or 2, with which *most* of the five runs are above 93 %. (2 points, 10 minutes, ●●○ medium)

Example: runs of 90, 94, 95, 91 and 97 % are above the target three times out of five, so that is enough.

<details><summary>Hint</summary>
In how many of the five numbers of a row does 93 not suffice? Start with the upper table.
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "hidden-layers", "locked": false, "schema_version": 3, "solution": true}
fewest = {"blobs": None, "ring": None, "corners": None, "spiral": None}
### BEGIN SOLUTION
fewest = {"blobs": 0, "ring": 1, "corners": 1, "spiral": 2}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "hidden-layers-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.hidden_layers.check(fewest)

# %% [markdown]
r"""
<details><summary>How this fits a rule that is often told, once your answers stand</summary>
No hidden layer, a hyperplane; one, a convex region; two, combinations of convex regions. The first part holds. The last is true as "two suffice". The middle part is not true in general: the opposite corners are no convex region, and one layer is enough for them.
</details>
"""

# %% [markdown]
r"""
How many units there are, how long one trains and from where all matter, too: six units in one layer do not follow the spiral; twenty did when we tried, with three times the steps.
"""

# %% [markdown]
r"""
## 9 The recipe card

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

All of machine learning in this course follows one card. It is called *empirical risk minimisation*; its three main ingredients are a function, a loss, an optimisation. In the table the left column names the part, the right one what it was in this lab.
"""

# %% [markdown]
r"""
| ingredient | in general | here |
|---|---|---|
| data | pairs $(x_i, y_i)$, i = 1 … N, preprocessed to mean 0 and variance 1 | days, too hot or not |
| model (decision function) | $\hat y_i = f_\theta(x_i)$ | $\sigma(w \cdot x_i + b)$ |
| loss | $\ell(\hat y_i, y_i)$, a number for each example | −log of the true label's probability |
| goal | $\theta^* = \arg\min_\theta \sum_i \ell(f_\theta(x_i), y_i)$ | best w and b |
| optimiser | $\theta \leftarrow \theta - \eta \nabla \ell$ on one example or a mini-batch | all days at once |
| metric | what people care about | share of days right |
"""

# %% [markdown]
r"""
The prediction has an index: each example has its own $\hat y_i$, be it "face" or "not a face". *Parameters* (weights, biases) are learned. *Hyper-parameters* (number of layers and units, activation, η) are chosen, and compared on data that was held back. Loss and metric are two things: the loss must have a slope, the metric must make sense to people.

A slide on networks lists as losses "max likelihood (min NLL), cross-entropy, etc." Think of section 3 before you answer.
"""

# %%
lab.meaning

# %% [markdown]
r"""
## Exercise 4.9. What the loss means

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Answer the two questions above with the keys of the options, in quotes. (1 point, 5 minutes, ●○○ easy)

Example: if the option "bound" were right, you would write `"a": "bound"`.

<details><summary>Hint</summary>
What would training do if the thing to be minimised did not change under small steps?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "meaning", "locked": false, "schema_version": 3, "solution": true}
choices = {"a": None, "b": None}
### BEGIN SOLUTION
choices = {"a": "slope", "b": "same"}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "meaning-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.meaning.check(choices)

# %% [markdown]
r"""
## 10 Face, or not a face?

**Further:** worth nothing, and nothing else needs it.

Real pictures now: a hundred faces, and a hundred other pieces of the same photographs, which were in the news. A picture is a row of 625 numbers, so the classifier is the one you know: 625 weights and a bias.
"""

# %%
pictures = load_faces()
print(pictures.note)
figures.show(figures.plot_faces(pictures.images))

# %% [markdown]
r"""
Shuffle, then split in three: **training** pictures for the weights, **validation** pictures for what training cannot choose, **test** pictures for one look at the end. Mean and spread come from the training pictures alone.
"""

# %%
order = np.random.default_rng(0).permutation(len(pictures.images))
train, validation, test = order[:60], order[60:130], order[130:]
rows, labels = pictures.images.reshape(200, -1), pictures.labels  # (N, D)
rows = (rows - rows[train].mean()) / rows[train].std()
print(len(train), len(validation), len(test))

# %% [markdown]
r"""
With 625 weights for 60 pictures a line can be laid between any labels. So the loss gets a **penalty** on large weights, of the strength λ (in code `l2`); the bias is free:

$$L = \frac{1}{N} \sum_{i=1}^{N} \ell_i + \lambda \sum_{j=1}^{D} w_j^2$$

Its gradient is what training needs.
"""

# %% [markdown]
r"""
## Exercise 4.10. Penalise large weights

**Further:** worth nothing, and nothing else needs it.

Write `ridge_grads(X, y, w, b, l2)`: `dw` (D,) and `db`, the gradient of the loss above: the mean log-loss, and `l2` times the sum of the squared weights. Labels `y` are 0 or 1; the scores here are small; `l2` may be 0. (0 points, 15 minutes, ●●○ medium)

Example: for one picture `X = np.array([[2.0]])` with `y = np.array([1])`, w = 0 and b = 0 the probability is 0.5, so `dw` is −1 and `db` is −0.5, whatever `l2` is: a weight of 0 pays no penalty.

<details><summary>Hint</summary>
The loss is a sum of two parts. What does each say about w, and what about b?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "ridge-gradient", "locked": false, "schema_version": 3, "solution": true}
def ridge_grads(X, y, w, b, l2):
    """Return dw (D,) and db: mean log-loss, and l2 times the sum of the squared weights."""
    ### BEGIN SOLUTION
    p = 1 / (1 + np.exp(-(X @ w + b)))
    return X.T @ (p - y) / len(y) + 2 * l2 * w, np.mean(p - y)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ridge-gradient-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.ridge_gradient.check(ridge_grads)
### BEGIN HIDDEN TESTS
lab.ridge_gradient.check_hidden(ridge_grads, seed=613)
### END HIDDEN TESTS

# %% [markdown]
r"""
Which strength? Before you run the next cell, write down: will the training pictures choose a weak penalty or a strong one? And which do you choose?
"""

# %%
guess = predictions.keep({"training chooses": None, "I choose": None})

# %%
fitted = faces.fit_all(rows[train], labels[train], strengths=(0.001, 0.01, 0.1, 1, 10))
right = {
    l2: [model.right(rows[some], labels[some]) for some in (train, validation)]
    for l2, model in fitted.items()
}
for l2, (on_train, held_back) in right.items():
    print(f"strength {l2:<6} {on_train} of 60 in training, {held_back} of 70 held back")
weakest = min(right, key=lambda l2: (-right[l2][0], l2))
strongest = max(right, key=lambda l2: (right[l2][1], l2))
chosen = {"training chooses": weakest, "I choose": strongest}
predictions.beside(guess, chosen, digits=3)

# %% [markdown]
r"""
On the training pictures the weakest penalty is always among the best: there it can only help to remember. The held-back pictures turn the strongest penalty down, and cannot tell the other four apart. Of equals take the strongest: the simplest model that does as well. What has it learned? Its weights are a picture, too: a **template** that is laid over each photograph.
"""

# %%
templates = {f"strength {l2:g}": fitted[l2].w.reshape(25, 25) for l2 in (0.001, 1)}
figures.show(figures.plot_templates(templates))

# %% [markdown]
r"""
Orange lowers the score, purple raises it where a pixel is bright. There is a bright forehead, there are two dark eyes and bright cheeks. With the weak penalty single pixels stand out as well: what fits these sixty pictures, and nothing else.

Now, once, the test pictures.
"""

# %%
right = fitted[1].right(rows[test], labels[test])
wobble = faces.standard_error(right, len(test))
print(f"{right} of {len(test)}: accuracy {right / len(test):.3f} ± {wobble:.3f}")

# %% [markdown]
r"""
The ± is the **standard error**: by so much would the share change from one drawing of 70 pictures to the next. A picture is right (1) or wrong (0), with the variance $p(1-p)$; the mean of n has $\sqrt{p(1-p)/n}$. Two of them reach from 0.87 to 0.99: seventy pictures do not tell 0.93 from 0.90, and the third decimal is noise. Now the numbers of somebody else.
"""

# %%
lab.honest_accuracy

# %% [markdown]
r"""
## Exercise 4.11. Choose, report, and say how sure

**Further:** worth nothing, and nothing else needs it.

From your table: the `strength` to choose, of equals the strongest; the `accuracy` that may be reported for it, between 0 and 1; and the standard `error` of that. Three decimals are enough. (0 points, 10 minutes, ●●○ medium)

Example: with 90 of 100 test pictures right the accuracy is 0.9 and its standard error 0.03.

<details><summary>Hint</summary>
Which pictures have decided nothing yet?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "honest-accuracy", "locked": false, "schema_version": 3, "solution": true}
report = {"strength": None, "accuracy": None, "error": None}
### BEGIN SOLUTION
report = {"strength": 1, "accuracy": 0.91, "error": 0.029}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "honest-accuracy-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.honest_accuracy.check(report)

# %% [markdown]
r"""
## 11 Recall and practice

Answer aloud, then open. Two are from earlier labs.

<details><summary>The score doubles. What happens to the odds?</summary>
They are squared: $e^{2z}$ is the square of $e^z$.
</details>

<details><summary>Why does a classifier with p = 0.5 for everything have the log-loss 0.693, whatever the labels?</summary>
Each example costs $-\log 0.5 = \log 2$.
</details>

<details><summary>All weights and the bias of a logistic regression are doubled. What happens to line and probabilities?</summary>
The line stays, all probabilities move away from one half.
</details>

<details><summary>Why does PyTorch's cross_entropy want scores and not probabilities?</summary>
It computes log softmax in one go, which is safe for large scores. With probabilities softmax would be taken twice.
</details>
"""

# %% [markdown]
r"""
<details><summary>From Lab 02: what is the largest slope of the sigmoid, and where?</summary>
One quarter, at 0. The log-loss cancels it, so $p - y$ does not get small where the answer is wrong.
</details>

<details><summary>From Lab 03: a weight is used by all N examples. What becomes of its N gradients?</summary>
They add up, here with the factor 1/N of the mean.
</details>
"""

# %% [markdown]
r"""
Practise until it is easy: `lab.score_and_odds.practice()` with its three topics, `lab.count_and_shape.practice()` with its two, `lab.honest_accuracy.practice()`.
"""

# %%
lab.count_and_shape.practice(4)

# %% [markdown]
r"""
**In this lab you have**

- turned scores into odds and probabilities, and back;
- written the log-loss with its sign, safely, and trained with its gradient;
- drawn the boundary of a classifier and told when it needs hidden layers.

**On your own** (not graded): fit the hundred days with your `fit_logreg` and draw your own boundary with `figures.plot_boundary(X, y, boundary_points(w, b, (-3, 3)))`. Then leave out the humidity: how much worse is the log-loss? Next: Lab 05, *Slide a kernel over an image*, where pictures get layers of their own.
"""
