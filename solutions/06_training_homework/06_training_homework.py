# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
r"""
# Find out why a network does not learn (homework to Lab 06)
"""

# %% [markdown]
r"""
**You will** run a clinic: ten trainings are broken, and you say of each by what.

**You will learn** to

- walk down a valley with plain descent, with momentum and with Adam;
- see overfitting, and stop before it;
- tell a cause from curves and experiments, mend it, and build a network of 32 layers that still learns.

**You need** Lab 06. Time: about 170 minutes, with a good place to stop after section 3. 15 points.
"""

# %%
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.data import load_fashion
from course_utils.labs import training_homework
from course_utils.labs.training_homework import figures
from course_utils.labs.training_homework.deep import read_depths
from course_utils.labs.training_homework.patients import healthy
from course_utils.labs.training_homework.trainings import overfit
from course_utils.runtime import seed_everything

seed_everything(0)

# %% [markdown]
r"""
Write your student id between the quotes, as your instructor knows it. Your valley, your curve and your ten patients are your own. With an empty id you get those of the lesson.
"""

# %%
student_id = ""

# %% nbgrader={"grade": false, "grade_id": "lab", "locked": true, "schema_version": 3, "solution": false}
lab = training_homework.for_student(student_id)
lab

# %% [markdown]
r"""
## 1 A step with a memory

A loss with two parameters, $L = \frac{a}{2} x^2 + \frac{b}{2} y^2$, is a valley: steep along x (large a), nearly level along y (small b). Its slopes are $a x$ and $b y$. Here is yours, with 40 steps of three kinds.
"""

# %%
figures.show(figures.plot_valley(lab.first_steps.question))
lab.first_steps

# %% [markdown]
r"""
**Plain descent** takes one rate for both directions. A step turns $x$ into $(1 - \eta a) x$ and $y$ into $(1 - \eta b) y$. A large rate makes x jump from side to side, a small one leaves y where it is.

**Momentum** keeps a velocity, in which steps to and fro cancel and steps that agree add up:

$$v \leftarrow \mu v + g, \qquad x \leftarrow x - \eta v$$

in code `v = momentum * v + g`, `x = x - rate * v`. Before the first step v is 0.
"""

# %% [markdown]
r"""
**Adam** gives each parameter a step of its own size. It keeps a running mean of the gradient and one of its square, and divides the first by the root of the second:

$$m \leftarrow \beta_1 m + (1 - \beta_1) g, \qquad s \leftarrow \beta_2 s + (1 - \beta_2) g^2$$

$$x \leftarrow x - \eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{s / (1 - \beta_2^t)}}$$

in code `x = x - rate * m_hat / s_hat**0.5`. The divisors $1 - \beta^t$ make up for means that began at 0: after step t = 1, what is left of m is g, and of s it is g².
"""

# %% [markdown]
r"""
## Exercise 6.15. First steps

For your valley: the `largest rate` below which plain descent settles in both directions; x after one step with momentum (`momentum x1`) and after two (`momentum x2`); x and y after the first step of Adam (`adam x1`, `adam y1`). Three digits are enough. (2 points, 20 minutes, ●●○ medium)

Example: a = 4, x = 1, rate 0.1, momentum 0.5: the first velocity is 4 and x becomes 0.6; the second is 0.5 · 4 + 2.4 = 4.4 and x becomes 0.16.

<details><summary>Hint</summary>
By which number is x multiplied in each plain step, and when does that make it smaller?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "first-steps", "locked": false, "schema_version": 3, "solution": true}
steps = {
    "largest rate": None,
    "momentum x1": None,
    "momentum x2": None,
    "adam x1": None,
    "adam y1": None,
}
### BEGIN SOLUTION
steps = {"largest rate": 0.1, "momentum x1": 0.8, "momentum x2": -2.4}
steps |= {"adam x1": 3.96, "adam y1": 7.96}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "first-steps-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.first_steps.check(steps)

# %% [markdown]
r"""
For more: `lab.first_steps.practice()`. In PyTorch the three are `torch.optim.SGD(…, lr=…)`, the same with `momentum=0.9`, and `torch.optim.Adam(…, lr=…)`.
"""

# %% [markdown]
r"""
## 2 When to stop

Three words first. The **loss** is what descent makes smaller; a **metric**, such as accuracy, is what you want. Both are measured on **training** pictures and on **validation** pictures. By the latter you choose: rate, network, epoch. What you have chosen is measured once on **test** pictures, because whatever is chosen by some pictures looks too good on them.

Fifty pictures of garments, seen again and again:
"""

# %%
few = overfit()
figures.show(figures.plot_two_losses(few))

# %% [markdown]
r"""
The training loss goes towards 0. The validation loss turns up: from there on the network learns these fifty pictures, no longer garments. That is **overfitting**. **Early stopping** keeps the weights of the best epoch so far, and gives up after some epochs in a row, the *patience*, that bring no better one.
"""

# %%
lab.early_stopping

# %% [markdown]
r"""
## Exercise 6.16. Stop early

Write `stop_early(losses, patience)` for validation losses, one an epoch. Return two numbers, epochs counted from 1: the epoch that is kept (the first of equal ones), and the last one that is run. That is the one in which the patience is used up, so many epochs in a row without one better than the best so far; or else the last of all. (2 points, 20 minutes, ●●○ medium)

Example: `stop_early([9, 7, 8, 6, 6, 7, 5], 2)` is `(4, 6)`: epochs 5 and 6 are not better than epoch 4.

<details><summary>Hint</summary>
What do you have to remember from epoch to epoch?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "early-stopping", "locked": false, "schema_version": 3, "solution": true}
def stop_early(losses, patience):
    """Return (best epoch, last epoch), both counted from 1."""
    ### BEGIN SOLUTION
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch - best == patience:
            return best + 1, epoch + 1
    return best + 1, len(losses)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "early-stopping-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.early_stopping.check(stop_early)
### BEGIN HIDDEN TESTS
lab.early_stopping.check_hidden(stop_early, seed=616)
### END HIDDEN TESTS

# %% [markdown]
r"""
What would yours have kept of the fifty pictures?
"""

# %%
if lab.early_stopping.is_written(stop_early):
    losses = few["validation loss"]
    for patience in (1, 2, 4):
        print(f"patience {patience}: best and last epoch", stop_early(losses, patience))

# %% [markdown]
r"""
## 3 The clinic

All patients are the same small network: 784 pixels, 128 hidden units with dropout, ten scores. It learns from 1,000 garments with momentum, for 15 epochs. This is how it does when nothing is wrong:
"""

# %%
print(healthy())
figures.show(figures.plot_patient(healthy()))

# %% [markdown]
r"""
Ten trainings of yours have one fault each. First their curves, training full and validation dashed. Losses above 10 are cut off. `print(patients["A"])` gives the numbers.
"""

# %%
patients = lab.clinic.question
figures.show(figures.plot_patients(patients))

# %%
lab.clinic

# %% [markdown]
r"""
Curves alone leave several causes open. An **experiment** tells them apart: choose one whose outcome would differ. Two are enough for each patient.

| experiment | what is done |
|---|---|
| `"first loss"` | the loss of a batch before any step |
| `"by heart"` | one batch of 32 is learned from, over and over |
| `"last batch"` | the loss of the last batch of all, before its step |
| `"tenth of the rate"` | three epochs with a tenth of the learning rate |
| `"judge twice"` | the trained network is judged two times on validation pictures |
| `"new pictures"` | it is judged, with care, on 500 pictures that nobody has used |
"""

# %%
print(healthy().experiment("by heart"))
print(patients["A"].experiment("by heart"))
print(patients["A"].experiment("new pictures"))

# %% [markdown]
r"""
## Exercise 6.17. Ten causes

Give the cause of each patient, with the words of the list. Each cause occurs at most once. Each patient counts by itself. (4 points, 40 minutes, ●●● hard)

Example: a loss of 2.303 that no epoch moves, and 32 pictures that are learned by heart: the network, the loss and the optimiser work together. What is left are the labels: `"torn pairs"`.

<details><summary>Hint</summary>
What can a network do that learns 32 pictures by heart, and what is not at fault then?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "clinic", "locked": false, "schema_version": 3, "solution": true}
causes = dict.fromkeys("ABCDEFGHIJ")  # such as "large rate"
### BEGIN SOLUTION
causes |= {"A": "large rate", "B": "small rate", "C": "training mode"}
causes |= {"D": "shifted labels", "E": "unscaled pixels", "F": "other parameters"}
causes |= {"G": "kept gradients", "H": "two softmaxes", "I": "torn pairs"}
causes |= {"J": "few pictures"}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "clinic-check", "locked": true, "points": 4, "schema_version": 3, "solution": false}
lab.clinic.check(causes)

# %% [markdown]
r"""
More cases, in words: `lab.clinic.practice()`.

**A good place to stop.** Save the notebook. Next time, run all cells up to here and go on.
"""

# %% [markdown]
r"""
## 4 Mend one

This loop runs, and five things are wrong with it. It takes pictures and labels to train with and to validate with, an order of the pictures for each epoch, and a learning rate. It returns the validation loss after each epoch.
"""


# %%
def broken(network, train, validation, orders, learning_rate):
    (x, y), (x_there, y_there), losses = train, validation, []
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    x = (x - x.mean()) / x.std()
    for order in orders:
        for start in range(0, len(order), 32):
            some = order[start : start + 32]
            scores = network(x[some]).softmax(1)
            loss = F.cross_entropy(scores, y[start : start + 32])
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            scores = network(x_there).softmax(1)
            losses.append(F.cross_entropy(scores, y_there).item())
    return losses


# %% [markdown]
r"""
On 1,000 garments, with a network that has a batch norm:
"""


# %%
def run_on_garments(loop, seed=0):
    pictures, labels = load_fashion(1500)[0].tensors()
    train, validation = (
        (pictures[:1000], labels[:1000]),
        (pictures[1000:], labels[1000:]),
    )
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 64),
        nn.BatchNorm1d(64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
    orders = [torch.randperm(1000) for _ in range(5)]
    return loop(network, train, validation, orders, 0.03)


print([f"{loss:.2f}" for loss in run_on_garments(broken)])

# %% [markdown]
r"""
## Exercise 6.18. Mend the loop

Write `train_and_judge`, the listing without its faults. Five things count by themselves: the `pairs` of pictures and labels, the `gradients`, the `softmax`, the `modes` (the network judges in evaluation mode and trains in training mode, in every epoch), and the `pixels` (validation pixels are scaled like those of training, with the numbers of training). All else stays: batches of 32, plain SGD, what is returned. (2 points, 25 minutes, ●●○ medium)

Example: mended, the garments of the cell above come to a validation loss of about 0.7 in five epochs.

<details><summary>Hint</summary>
Which lines of your loop of Lab 06 have no counterpart here?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "mending", "locked": false, "schema_version": 3, "solution": true}
def train_and_judge(network, train, validation, orders, learning_rate):
    """Train an epoch for each order; return the validation loss after each."""
    ### BEGIN SOLUTION
    (x, y), (x_there, y_there), losses = train, validation, []
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    mean, deviation = x.mean(), x.std()
    x, x_there = (x - mean) / deviation, (x_there - mean) / deviation
    for order in orders:
        network.train()
        for some in order.split(32):
            optimiser.zero_grad()
            F.cross_entropy(network(x[some]), y[some]).backward()
            optimiser.step()
        network.eval()
        with torch.no_grad():
            losses.append(F.cross_entropy(network(x_there), y_there).item())
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mending-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.mending.check(train_and_judge)
### BEGIN HIDDEN TESTS
lab.mending.check_hidden(train_and_judge, seed=618)
### END HIDDEN TESTS

# %%
if lab.mending.is_written(train_and_judge):
    print([f"{loss:.2f}" for loss in run_on_garments(train_and_judge)])

# %% [markdown]
r"""
## 5 Thirty-two layers

A fault that no line of a loop holds: depth. Lab 06 said that plain networks of many layers are hard to train, and that a residual block adds its input to what its two convolutions make of it. **Predict** before you run the next cell: after three epochs on 1,000 garments, what is the training loss of a plain network with 32 convolutions of eight channels, and what is it with 16 residual blocks in their place?
"""

# %%
my_prediction = {"plain, 32": None, "residual, 32": None}
figures.show(figures.plot_depths(read_depths(), my_prediction))

# %% [markdown]
r"""
<details><summary>What the curves say</summary>
With two layers both kinds learn alike. With 32, the plain network stays at ln 10 = 2.30 for every seed, on the pictures it trains with: that is no overfitting. The residual one, with as many parameters, learns like the shallow ones. Such a network takes some seconds to train, so these runs come with the course; <code>python -m course_utils.packing depth</code> makes them again.
</details>
"""

# %% [markdown]
r"""
Each layer makes small differences between pictures smaller still; after 32 nothing is left of them, and nothing of the gradient on its way back. A way around hands both on.
"""

# %% [markdown]
r"""
## Exercise 6.19. Build the block

Write `class Block(nn.Module)`, made with `Block(in_channels, out_channels, stride=1)`, without batch norm:

$$y = \mathrm{ReLU}(F(x) + x),$$

in code `F.relu(inside + around)`. F is a 3×3 convolution with the stride, ReLU, and a 3×3 convolution with stride 1, both with padding 1 and biases. Where F(x) has another shape than x, and only there, x goes through a 1×1 convolution with the same stride and a bias. Equal shapes and other shapes count by themselves. (2 points, 20 minutes, ●●○ medium)

Example: `Block(8, 8)` has 1,168 parameters and `Block(8, 16, 2)` 3,632; the latter turns 8×14×14 into 16×7×7.

<details><summary>Hint</summary>
Which of the two ways changes the number of channels, and which the side?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "block", "locked": false, "schema_version": 3, "solution": true}
class Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        ### BEGIN SOLUTION
        self.one = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1)
        self.two = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.around = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.around = nn.Conv2d(in_channels, out_channels, 1, stride=stride)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return F.relu(self.two(F.relu(self.one(x))) + self.around(x))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "block-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.block.check(Block)
### BEGIN HIDDEN TESTS
lab.block.check_hidden(Block, seed=619)
### END HIDDEN TESTS

# %% [markdown]
r"""
What is left of the gradient at the first of 16 of your blocks, and of 32 convolutions without a way around? The same small change of the input, all the way through both:
"""


# %%
def first_gradient(layers):
    torch.manual_seed(0)
    network = nn.Sequential(*[make() for make in layers])
    x = torch.rand(4, 8, 7, 7, requires_grad=True)
    return torch.autograd.grad(network(x).std(), x)[0].norm().item()


if lab.block.is_written(Block):
    plain = [lambda: nn.Conv2d(8, 8, 3, padding=1), nn.ReLU] * 32
    print(f"plain {first_gradient(plain):.1e}")
    print(f"yours {first_gradient([lambda: Block(8, 8)] * 16):.1e}")

# %% [markdown]
r"""
## 6 Report

## Exercise 6.20. Notes on two patients

Write half a page in the cell below. Choose two of your patients. For each: which causes did the curves leave open, which experiment did you choose, and what would each of these causes have shown in it (1 point each)? And one sentence for a friend, without a formula: why does a way around help 32 layers to learn (1 point)? A person reads it. (3 points, 20 minutes, ●●○ medium)
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "report", "locked": false, "points": 3, "schema_version": 3, "solution": true}
r"""
*A patient that stays at 2.3.* The curves left open: steps too small, torn pairs, other parameters. I chose "by heart". Torn pairs would learn one batch, steps too small would hardly move it, other parameters not at all.

*A patient that looks too well.* Validation was as good as training. Either it is so, or the pictures were seen before. On new pictures it would be as good, or worse. It was 9 points worse: a leak.

*A way around.* What a layer spoils it does not spoil alone: the input goes on beside it, unharmed, and so does what comes back.
"""

# %% [markdown]
r"""
**In this lab you have**

- walked down a valley in three ways;
- seen overfitting, and stopped before it;
- told ten causes from curves and experiments, mended a loop, and built the block that lets 32 layers learn.

**On your own** (not graded): break your own training of Lab 06 in one of the twelve ways, and let a friend find out which.
"""
