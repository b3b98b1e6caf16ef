# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
r"""
# Borrow a network's eyes
"""

# %% [markdown]
r"""
**You will** take a network that was trained on one task, fit a new head on it with a handful of pictures, and measure honestly what the borrowing has brought.

**You will learn** to

- use a network as a fixed transformer of features, and freeze it so that nothing in it moves;
- fit a head without leaking the test part into it, and compare it with fair controls;
- tell when transfer helps, and recognise labels and preprocessing that ruin it.

**You need** the convolutional network of Lab 06 and softmax regression from Lab 04. Time: about 150 minutes, and 90 more for what is marked *Further*.
"""

# %% [markdown]
r"""
| letter | meaning | in code |
|---|---|---|
| N, M | pictures in the training part, in the test part | `len(F_train)`, `len(F_test)` |
| C, H, W | channels, height, width | `N, C, H, W = X.shape` |
| D | features of a picture | `F_train.shape[1]` |
| K | classes | `num_classes` |
| n | training pictures **per class** | `n` |

*Source* is the task that the network was trained on, *target* the one we want. The *body* of a network is all of it but its last layer, the *head*.
"""

# %%
from copy import deepcopy

import numpy as np
import torch
from IPython.display import display
from torch import nn
from torchvision.models import mobilenet_v2

from course_utils import predictions
from course_utils.data import DataUnavailable, load_bikes, load_photos, load_shapes
from course_utils.labs import transfer_learning
from course_utils.labs.transfer_learning import figures, widgets
from course_utils.models import load_mobilenet, load_trained, make_small_cnn
from course_utils.runtime import is_grading, seed_everything, with_progress
from course_utils.training import accuracy, fit, predict, probabilities

seed_everything(0)

# %% [markdown]
r"""
**Your own numbers.** Write your student id between the quotes, as your instructor knows it. Some questions then use numbers of your own. With an empty id you get the numbers of the lesson.
"""

# %%
student_id = ""

# %% nbgrader={"grade": false, "grade_id": "lab", "locked": true, "schema_version": 3, "solution": false}
lab = transfer_learning.for_student(student_id)
lab

# %% [markdown]
r"""
## 1 Can ten pictures be enough?

The best networks were trained on millions of pictures, for weeks, on many graphics cards. You have ten pictures and this laptop. Here they are: five hearts and five arrows, drawn by the computer on cluttered grounds, where colour says nothing about the class.
"""

# %%
train, test = load_shapes(400, 300, classes=("heart", "arrow"), seed=1)
ten = train.few(5, seed=0)
figures.show(figures.plot_hearts_and_arrows(ten))

# %% [markdown]
r"""
Prediction: trained on these ten pictures alone, how many of 300 new pictures will a fresh convolutional network get right? Guessing gives one half. Write your number, a share from 0 to 1, in the place of None; then run both cells.
"""

# %%
my_guess = predictions.keep({"on 300 new pictures": None})

# %%
X_ten, y_ten = ten.tensors()
X_test, y_test = test.tensors()
fresh = make_small_cnn(2, seed=0)
fit(fresh, X_ten, y_ten, epochs=6 if is_grading() else 60, batch_size=16)
print("on the ten pictures   ", accuracy(fresh, X_ten, y_ten))
reached = {"on 300 new pictures": accuracy(fresh, X_test, y_test)}
predictions.beside(my_guess, reached)

# %% [markdown]
r"""
It has learned the ten pictures by heart, and is hardly better than guessing on new ones. There is too little in ten pictures to find out what an outline is, what a ground is, and that colour does not matter. But somebody may have found out already.
"""

# %% [markdown]
r"""
## 2 The network and its first task

This network has seen 12,000 pictures of ten *other* shapes: discs, rings, stars, stripes and so on, but no heart and no arrow. Its last layer is nothing but logistic regression; the layers before it **change the representation** until logistic regression can do the rest.
"""

# %%
source = load_trained("shapes")
for name, layer in source.named_children():
    count = sum(p.numel() for p in layer.parameters())
    print(f"{name:12} {type(layer).__name__:12} {count:7,} parameters")

# %% [markdown]
r"""
They are 33,834 in all. What do we want of it? Not its ten answers: the head is of no use for hearts. We want the 1,024 numbers that go *into* the head. They were good for telling ten shapes apart; perhaps they are good for two more.

This is to use the network as a **feature transformer**. Deep learning comes in two ways: keep the features fixed and tune the last step, or adjust every step. The second can find a representation that nobody knew of, and needs many pictures for it. You have few, so begin with the first.
"""

# %% [markdown]
r"""
<details><summary>If you know the slides</summary>
One calls deep learning ideal when a good representation is not known. That it is not known is not enough: the pictures must be many enough to find it in. With ten of them a fresh network was hardly better than guessing, although nobody knows a good representation for hearts. What helps then is a representation found elsewhere, on 12,000 pictures here.
</details>
"""

# %% [markdown]
r"""
## 3 Features from the middle

How do you get at the numbers between two layers? PyTorch lets you hang a **forward hook** on a layer: a function that it calls with `(module, inputs, output)` each time the layer has run. Whatever the hook stores, you can read afterwards. `handle.remove()` takes it off.
"""

# %%
caught = []
handle = source.pool3.register_forward_hook(
    lambda module, inputs, output: caught.append(output.detach())
)
source(X_ten)
handle.remove()
print(caught[0].shape)  # (N, C, H, W)

# %% [markdown]
r"""
Ten pictures, 64 maps of 4×4 numbers each. As a table with one row a picture that is 10×1,024.

Four things go wrong easily. In *train* mode dropout and batch norm give a picture other features each time. A graph that is kept fills the memory. A hook that is left behind goes on working. And the last batch is shorter than the others.
"""

# %% [markdown]
r"""
## Exercise 7.1. Extract features

Write `extract_features(model, X, layer, batch=64)`. `X` is (N, C, H, W); `layer` is a name such as `"pool3"` or `"body.norm"` (`model.get_submodule(layer)` finds it). Send at most `batch` pictures at once through the model **in eval mode, without a graph**; return what comes out of the layer, flattened to (N, D), in the order of `X`. Afterwards the model is in the mode in which it was, and your hook is gone. (3 points, 20 minutes, ●●○ medium)

Example: `extract_features(source, X_ten, "pool3")` has the shape (10, 1024), and so has `"flatten"`.

<details><summary>Hint</summary>
Which axis must stay when the maps of each picture are flattened?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "extract-features", "locked": false, "schema_version": 3, "solution": true}
def extract_features(model, X, layer, batch=64):
    """Return the outputs (N, D) of one layer for the pictures X (N, C, H, W)."""
    ### BEGIN SOLUTION
    outputs = []

    def keep(module, inputs, output):
        outputs.append(output.flatten(1))

    mode = model.training
    handle = model.get_submodule(layer).register_forward_hook(keep)
    model.eval()
    try:
        with torch.no_grad():
            for part in X.split(batch):
                model(part)
    finally:
        handle.remove()
        model.train(mode)
    return torch.cat(outputs)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "extract-features-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.extract_features.check(extract_features)
### BEGIN HIDDEN TESTS
lab.extract_features.check_hidden(extract_features, seed=71)
### END HIDDEN TESTS

# %% [markdown]
r"""
Yours will not run yet? After the last hint, `extract_features = lab.extract_features.rescue()` in a cell of your own lends you one for the cells that follow. It earns nothing here.
"""

# %% [markdown]
r"""
What is in these numbers? Here are 120 pictures, none of which the network was trained on, in the two directions in which their numbers vary most: once the pixels themselves, once your features.
"""

# %%
some = test.at(range(120))
X_some, y_some = some.tensors()
in_two_directions = {"3,072 pixels": X_some.flatten(1)}
if lab.extract_features.is_written(extract_features):
    found = extract_features(source, X_some, "flatten")
    in_two_directions["1,024 features"] = found
figures.show(figures.plot_directions(in_two_directions, y_some, some.classes))

# %% [markdown]
r"""
In pixels the two classes lie through each other: what varies most there is the colour of the ground. In features they come apart, though nobody told the network that there are hearts. In 1,024 directions they come apart further than two can show.
"""

# %% [markdown]
r"""
## 4 Freezing, really

Often you do not take the features out, but leave the network whole, put a new head on it and train the head alone. Then the body must be **frozen**. Watch what happens if only its weights are: a batch-norm layer with `requires_grad = False`, five batches, no optimiser at all.
"""

# %%
norm = nn.BatchNorm2d(3)
for parameter in norm.parameters():
    parameter.requires_grad = False
norm.train()
for _ in range(5):
    norm(torch.rand(8, 3, 4, 4))
print("weight", norm.weight.data, " running mean", norm.running_mean)

# %% [markdown]
r"""
The weights stood still, the running mean moved: it is a *buffer*, no gradient changes it, and in train mode every batch does. So next week the "frozen" body gives other features than today. Freezing takes two things: no gradients for the parameters, and eval mode for the layers.

Mind the order: `model.train()` sets *all* layers to train mode, so `freeze` comes after it.
"""

# %% [markdown]
r"""
## Exercise 7.2. Freeze

Write `freeze(module)`: after it no training step changes anything inside `module`, neither parameters nor running statistics; the rest of the network learns on. And write `trainable_parameters(model)`: the list of those parameters of a model that are to be trained, for the optimiser. (2 points, one for each function, 15 minutes, ●●○ medium)

Example: after `freeze(model.body)` the list holds the head's weight and bias only.

<details><summary>Hint</summary>
Who reads <code>requires_grad</code>: the module, or each of its parameters?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "freezing", "locked": false, "schema_version": 3, "solution": true}
def freeze(module):
    """Let no training step change anything inside the module."""
    ### BEGIN SOLUTION
    for parameter in module.parameters():
        parameter.requires_grad = False
    module.eval()
    ### END SOLUTION


def trainable_parameters(model):
    """Return the list of the parameters that are to be trained."""
    ### BEGIN SOLUTION
    return [parameter for parameter in model.parameters() if parameter.requires_grad]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "freezing-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.freezing.check(freeze, trainable_parameters)
### BEGIN HIDDEN TESTS
lab.freezing.check_hidden(freeze, trainable_parameters, seed=72)
### END HIDDEN TESTS

# %% [markdown]
r"""
The check trains for five steps and compares the numbers before and after, bit by bit. That is a good test for networks of your own, too.
"""

# %% [markdown]
r"""
## 5 A head on top

A head is one linear layer from $D$ features to $K$ scores: $K \cdot (D + 1)$ numbers, in code `K * (D + 1)`. How large $D$ is depends on where you cut. AlexNet, for example, ends in 256 maps of 6×6. You can flatten them, or average each map to one number first (global average pooling).
"""

# %%
for D in (6 * 6 * 256, 256):
    head = nn.Linear(D, 5, device="meta")  # five classes
    print(f"{D:6,} features: {sum(p.numel() for p in head.parameters()):9,}")

# %% [markdown]
r"""
With few pictures the difference matters: every number of the head has to be found from them. Below are your three heads, the third on our own network, whose body has 23,584 parameters.
"""

# %%
lab.head_sizes

# %% [markdown]
r"""
## Exercise 7.3. Count what is trained

Give the parameters, biases included, of heads `a`, `b` and `c` above. Then for our network with head c: `full`, how many parameters train when nothing is frozen, and `share`, how many **per cent** of them train when the body is frozen (one decimal). (3 points, 10 minutes, ●○○ easy)

Example: on 10 maps of 2×2, flattened, a head for 3 classes has $3 \cdot (40 + 1) = 123$ parameters.

<details><summary>Hint</summary>
Which layers of our network hold the 23,584, and which layer is gone?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "head-sizes", "locked": false, "schema_version": 3, "solution": true}
numbers = {"a": None, "b": None, "c": None, "full": None, "share": None}
### BEGIN SOLUTION
numbers = {"a": 50178, "b": 1026, "c": 2050, "full": 25634, "share": 8.0}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "head-sizes-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.head_sizes.check(numbers)

# %% [markdown]
r"""
For more of these: `lab.head_sizes.practice()`.

Now fit one. Features have units of their own: one runs from 0 to 0.1, another from 0 to 40, and the small one may be the telling one. So each is **standardised**: $(x - \text{mean}) / \text{std}$, minus its mean, divided by its standard deviation. Whose mean? The test part stands for pictures that do not exist yet. Its numbers may take no part in anything that is learned, also not in a mean.
"""

# %%
if lab.extract_features.is_written(extract_features):
    F_ten = np.asarray(extract_features(source, X_ten, "flatten"))
    F_ten = torch.as_tensor(F_ten, dtype=torch.float32)
    spread = F_ten.std(0)
    print(f"standard deviations from {spread.min():.3f} to {spread.max():.3f}")
    print("features that never change:", int((spread == 0).sum()), "of", len(spread))

# %% [markdown]
r"""
Some features are the same for all ten pictures. What does dividing by their standard deviation give?
"""

# %% [markdown]
r"""
## Exercise 7.4. Fit a head

Write `fit_head(F_train, y_train, F_test)`. `F_train` (N, D) and `F_test` (M, D) are tensors of features, `y_train` (N,) holds labels from 0 to K − 1. Standardise all features with statistics **of the training part**, fit a linear layer, return the probabilities (M, K) of the test part as a tensor without a graph. (3 points, 20 minutes, ●●○ medium)

The course's `fit(model, x, y, epochs=100, batch_size=len(x), learning_rate=0.01)` may do the training; a loop of your own may, too.

Example: `fit_head(F_ten, y_ten, F_ten[:3])` has the shape (3, 2), and each row adds up to 1.

<details><summary>Hint</summary>
Over which axis is the mean of each feature, and what may stand in for a standard deviation of 0?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "fit-head", "locked": false, "schema_version": 3, "solution": true}
def fit_head(F_train, y_train, F_test):
    """Fit a linear head on standardised features; return probabilities (M, K)."""
    ### BEGIN SOLUTION
    mean, std = F_train.mean(0), F_train.std(0)
    std = torch.where(std > 0, std, torch.ones_like(std))
    head = nn.Linear(F_train.shape[1], int(y_train.max()) + 1)
    nn.init.zeros_(head.weight)
    x = (F_train - mean) / std
    fit(head, x, y_train, epochs=100, batch_size=len(x), learning_rate=0.01)
    with torch.no_grad():
        return head((F_test - mean) / std).softmax(1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fit-head-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.fit_head.check(fit_head)
### BEGIN HIDDEN TESTS
lab.fit_head.check_hidden(fit_head, seed=74)
### END HIDDEN TESTS

# %% [markdown]
r"""
Yours will not run yet? After the last hint, `fit_head = lab.fit_head.rescue()` in a cell of your own lends you one for the cells that follow. It earns nothing here.
"""

# %% [markdown]
r"""
Two short names for what follows: the features of pictures, and the share that a head gets right, both with your functions. Then back to the ten pictures of section 1. The same ten, the same 300 new ones, but seen through borrowed eyes:
"""

# %%
if lab.are_written(extract_features=extract_features, fit_head=fit_head):

    def features(network, X):
        """Features (N, 1024) of pictures, as a tensor."""
        found = np.asarray(extract_features(network, X, "flatten"))
        return torch.as_tensor(found, dtype=torch.float32)

    def share_right(F_train, y_train, F_new, y_new):
        """Fit a head, and return its accuracy on other pictures."""
        guesses = torch.as_tensor(fit_head(F_train, y_train, F_new)).argmax(1)
        return (guesses == y_new).double().mean().item()

    F_ten, F_test = features(source, X_ten), features(source, X_test)
    reached = share_right(F_ten, y_ten, F_test, y_test)
    print("on 300 new pictures   ", round(reached, 2))

# %% [markdown]
r"""
Compare with the fresh network of section 1. Ten pictures were not enough to learn to see; they are enough to learn two names.
"""

# %% [markdown]
r"""
## 6 Fine-tuning

The second way adjusts *every* step: new head, nothing frozen, a small learning rate, few epochs. The body starts where the source task left it and may move a little.
"""


# %%
def borrowed(num_classes):
    """A copy of the source network with a fresh head."""
    network = deepcopy(source)
    network.head = nn.Linear(1024, num_classes)
    nn.init.zeros_(network.head.weight)
    return network


tuned = borrowed(2)
epochs = 3 if is_grading() else 30
fit(tuned, X_ten, y_ten, epochs=epochs, batch_size=16, learning_rate=1e-3)
print("fine-tuned on ten     ", round(accuracy(tuned, X_test, y_test), 2))

# %% [markdown]
r"""
Better than the head alone, or worse? One draw of ten pictures cannot tell; section 8 takes three. More can adapt, but what tells it how? With ten pictures, all the numbers of the body can move to please them; frozen, only the head's can. Fine-tuning tends to pay when pictures are many or the target is far from the source. One result is known from photographs of ants and bees, with about 120 pictures of each: frozen features reached 94.8 %, fine-tuning 92.8 %, and frozen was three times as quick. Frozen first, then see.
"""

# %% [markdown]
r"""
## 7 Honest controls

"0.7 or more with ten pictures!" Is that due to the source task? To find out, take it away and leave the rest as it is:

- **pixels**: the same head, on the 3,072 pixel values;
- **random**: the same network and layer, but never trained;
- **scratch**: a fresh network, trained on the target pictures alone, and for long enough.

And because five pictures a class are a lucky or an unlucky draw, each is done with three draws.
"""

# %%
EPOCHS = {"fine-tuned": {5: 25, 10: 20, 25: 12, 100: 8}}
EPOCHS["scratch"] = {5: 40, 10: 40, 25: 30, 100: 22}


def by_head(way, X, y, seed):
    """Accuracy of a head on pixels, on random features or on borrowed ones."""
    if way == "pixels":
        before, after = X.flatten(1), X_test.flatten(1)
    else:
        network = source if way == "frozen" else make_small_cnn(2, seed=seed)
        before = features(network, X)
        after = F_test if way == "frozen" else features(network, X_test)
    return share_right(before, y, after, y_test)


# %% [markdown]
r"""
The two that train a whole network use Adam with batches of 32 and the epochs above. From scratch takes more of them and a larger learning rate: a control that is not trained properly is no control.
"""


# %%
def by_training(way, X, y, n, seed):
    """Accuracy of a network that is trained from the borrowed or from fresh weights."""
    start = borrowed(2) if way == "fine-tuned" else make_small_cnn(2, seed=seed)
    rate = 1.5e-3 if way == "fine-tuned" else 3e-3
    epochs = EPOCHS[way][n]
    fit(start, X, y, epochs=epochs, batch_size=32, learning_rate=rate, seed=seed)
    return accuracy(start, X_test, y_test)


# %% [markdown]
r"""
## 8 The learning curve

The whole experiment: five ways, four sizes, three draws. It takes less than a minute.
"""


# %%
def experiment(sizes, draws):
    """Accuracies of all five ways: {way: {n: [one for each draw]}}."""
    ways = ("frozen", "fine-tuned", "scratch", "random", "pixels")
    runs = {way: {n: [] for n in sizes} for way in ways}
    trials = [(n, seed) for n in sizes for seed in draws]
    for n, seed in with_progress(trials, "experiment", unit="draws"):
        X, y = train.few(n, seed=seed).tensors()
        for way in ("pixels", "random", "frozen"):
            runs[way][n].append(by_head(way, X, y, seed))
        for way in ("fine-tuned", "scratch"):
            runs[way][n].append(by_training(way, X, y, n, seed))
    return runs


# %%
if lab.are_written(extract_features=extract_features, fit_head=fit_head):
    runs = experiment(sizes=(5, 10, 25, 100), draws=(0, 1, 2))
    table = {}
    for way, row in runs.items():
        table[way] = {n: round(float(np.mean(accs)), 3) for n, accs in row.items()}
    print(table)
    figures.show(figures.plot_learning_curve(runs, chance=0.5))

# %% [markdown]
r"""
The printed line is your table: the mean of three draws for each way and each n. In the figure a band reaches from the worst draw to the best. Where bands overlap, do not believe in an order.
"""

# %% [markdown]
r"""
## Exercise 7.5. Read the learning curve

Paste the printed table under `"table"`. Then read off it: `scratch reaches`, the smallest n of the four at which scratch is at least as good as *frozen with 5 pictures a class* (`"none"` if it never is); `random beats pixels`, at how many of the four n random features are above pixels; `gain at 5`, by how many **points** (hundredths) frozen is above scratch at n = 5. (4 points, 15 minutes, ●●○ medium)

Example: from 0.48 to 0.60 is a gain of 12 points.

<details><summary>Hint</summary>
Which number do you carry along the row of scratch, from left to right?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "learning-curve", "locked": false, "schema_version": 3, "solution": true}
results = {
    "table": None,
    "scratch reaches": None,
    "random beats pixels": None,
    "gain at 5": None,
}
### BEGIN SOLUTION
results = {
    "table": {
        "frozen": {5: 0.736, 10: 0.887, 25: 0.911, 100: 0.918},
        "fine-tuned": {5: 0.727, 10: 0.846, 25: 0.896, 100: 0.927},
        "scratch": {5: 0.502, 10: 0.522, 25: 0.553, 100: 0.723},
        "random": {5: 0.527, 10: 0.532, 25: 0.524, 100: 0.581},
        "pixels": {5: 0.486, 10: 0.52, 25: 0.5, 100: 0.501},
    },
    "scratch reaches": "none",
    "random beats pixels": 4,
    "gain at 5": 23,
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "learning-curve-check", "locked": true, "points": 4, "schema_version": 3, "solution": false}
lab.learning_curve.check(results)

# %% [markdown]
r"""
Read it once more with the question of section 7: what is due to the source task? Then open.

<details><summary>What the curve says</summary>
Random features are a fair control: same architecture, same head. They stay close to guessing, so it is the <em>training on other shapes</em> that helps, not the convolutions as such. And scratch rises steeply at the end: with thousands of pictures it would catch up. (Whether its 100 pictures a class match five borrowed ones hangs on the draw: in some runs they just do, in others they just do not.) Borrowing replaces pictures that you do not have.
</details>
"""

# %% [markdown]
r"""
## 9 When it fails

**Far, and yet near enough.** Features help where the source had to look at what the target needs. Take road bikes against mountain bikes: thin tyres and bent bars against thick tyres and straight bars, drawn here at 32×32 pixels. No source class was a bike. Predict: better or worse than hearts and arrows?
"""

# %%
bikes, more_bikes = load_bikes(200, 300, seed=0)
figures.show(figures.plot_bikes(bikes))

# %%
X_bikes, y_bikes = bikes.tensors()
X_more, y_more = more_bikes.tensors()
if lab.are_written(extract_features=extract_features, fit_head=fit_head):
    F_bikes, F_more = features(source, X_bikes), features(source, X_more)
    right = share_right(F_bikes, y_bikes, F_more, y_more)
    print("bikes, 100 pictures a class, frozen:", round(right, 2))

# %% [markdown]
r"""
As many right as hearts and arrows had with as many pictures, or a few more: rings, bars and the ground between them are what the source had to tell apart, too. With real photographs, VGG-16, whose source was a million of them, got 98.1 % of 53 held-out ones right.

**Too fine.** A harder lesson comes from small photographs: a tiny network trained on 5,000 pictures of eight classes (animals, ships, planes), target automobile against truck, 100 pictures of each. Frozen 63.8 %, from scratch 63.1 %: **no gain at all**. (Measured when this course was made; not run here.)
"""

# %% [markdown]
r"""
**Wrong preprocessing.** A network expects pictures as its source had them. Ours takes pixels from 0 to 1 and standardises them itself in its first layer. What if the test pictures come in another way? The head stays as it was, fitted on 25 correct pictures a class.
"""

# %%
X_25, y_25 = train.few(5 if is_grading() else 25, seed=0).tensors()
without = deepcopy(source)
without.standardise = nn.Identity()  # somebody forgot it
size = 50 if is_grading() else 300
X_new, y_new = X_test[:size], y_test[:size]
smaller = nn.functional.avg_pool2d(X_new, 2)
cases = {
    "as in training": (source, X_new),
    "pixels from 0 to 255": (source, X_new * 255),
    "standardisation forgotten": (without, X_new),
    "darker: times 0.4": (source, X_new * 0.4),
    "half the size": (source, nn.functional.pad(smaller, (8,) * 4, value=0.5)),
    "upside down": (source, X_new.flip(2)),
}

# %%
if lab.are_written(extract_features=extract_features, fit_head=fit_head):
    F_25 = features(source, X_25)
    measured = {
        name: share_right(F_25, y_25, features(network, X), y_new)
        for name, (network, X) in cases.items()
    }
    figures.show(figures.plot_mismatches(measured, chance=0.5))

# %% [markdown]
r"""
No error, no warning: only fewer right answers. The last three bars are not mistakes of preprocessing but **shifted pictures**: a catalogue shows bikes one way, the street another. Accuracy on a held-out part of the catalogue says nothing about the street.
"""

# %% [markdown]
r"""
**A real one.** MobileNetV2 was trained on 1.2 million photographs of 1,000 classes (ImageNet). Where its weights are on this machine, the cell below shows its guess for five photographs, then the guess without the standardisation that it was trained with.
"""

# %%
photos = load_photos(("cat",)) if is_grading() else load_photos()
try:
    mobilenet = load_mobilenet()
except DataUnavailable as missing:
    mobilenet = None
    print(missing)
if mobilenet is not None:
    X_photos, _ = photos.tensors()
    chances = probabilities(mobilenet, X_photos).max(1)
    careless = predict(mobilenet.network, X_photos)  # without the first layer
    for name, p, k, j in zip(photos.classes, *chances, careless, strict=True):
        guess, other = mobilenet.classes[k], mobilenet.classes[j]
        print(f"{name:11} {guess} ({p:.2f});  careless: {other}")

# %% [markdown]
r"""
Some careless guesses survive, others do not: a large network forgives more, and so the slip is noticed later. This one has 1,280 features before its head. A head for your own two classes of photographs would have 2 · 1,281 = 2,562 parameters, and `extract_features(mobilenet, X, "network.classifier.0")` would give you the features: a project for the end of this lab.
"""

# %% [markdown]
r"""
**Wrong labels.** Somebody puts the features of all road bikes before those of all mountain bikes, and then builds the labels with the two lengths exchanged: `zeros(len(mountain))`, then `ones(len(road))`. The lengths fit, nothing complains.

<details><summary>If you know the slides</summary>
The live solution of the lecture's homework does this. There were 211 photographs, an odd number, so the two counts cannot be equal and at least one label was wrong.
</details>
"""

# %%
road, mountain = 2, 5  # a small example
print("pictures", *["road"] * road, *["mountain"] * mountain)
print("labels  ", *[0] * mountain, *[1] * road)

# %%
lab.label_bug

# %% [markdown]
r"""
## Exercise 7.6. Find the wrong labels

Road is 0, mountain is 1, the labels were built with the lengths of *your folders* exchanged. Give `wrong`, how many labels are wrong, and the numbers (from 0) of the `first` and the `last` picture with a wrong label. Then write `repair_labels(labels, names)`: `names[i]` is the file of picture i, such as `"road/007.jpg"` or `"mountain/012.jpg"`, in any order. It returns the right labels. (2 points, 15 minutes, ●●● hard)

Example: in the small example above pictures 2, 3 and 4 are wrong.

<details><summary>Hint</summary>
Where does the list of names change from road to mountain, and where do the labels change from 0 to 1?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "label-bug", "locked": false, "schema_version": 3, "solution": true}
bug = {"wrong": None, "first": None, "last": None}
### BEGIN SOLUTION
bug = {"wrong": 15, "first": 98, "last": 112}
### END SOLUTION


def repair_labels(labels, names):
    """Return the right labels: 0 for files in road/, 1 for files in mountain/."""
    ### BEGIN SOLUTION
    return [0 if name.startswith("road/") else 1 for name in names]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "label-bug-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.label_bug.check(bug, repair_labels)

# %% [markdown]
r"""
<details><summary>Which labels are wrong</summary>
Only those between the two changes: as many as the difference of the counts.
</details>
"""

# %% [markdown]
r"""
A few wrong labels in a hundred hardly show in an accuracy, which is why such a slip lives long. Looking at ten pictures with their labels finds it. For more: `lab.label_bug.practice()`.
"""

# %%
lab.when_it_helps

# %% [markdown]
r"""
## Exercise 7.7. When does it help?

Answer the questions above with the keys in quotes: `pairs` with a dict from pair to box, `trucks` and `preprocessing` with one key each, `few` with a set of keys. (2 points, 10 minutes, ●○○ easy)

Example: a question with the options `'yes'` and `'no'` is answered with `"yes"`.

<details><summary>Hint</summary>
What must the source have looked at, so that the target can use it?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "when-it-helps", "locked": false, "schema_version": 3, "solution": true}
choices = {
    "pairs": {
        "photographs to insects": None,
        "shapes to new shapes": None,
        "shapes to birdsong": None,
        "photographs to blood tables": None,
    },
    "trucks": None,
    "preprocessing": None,
    "few": None,
}
### BEGIN SOLUTION
choices = {
    "pairs": {
        "photographs to insects": "large",
        "shapes to new shapes": "large",
        "shapes to birdsong": "small",
        "photographs to blood tables": "small",
    },
    "trucks": "weak source",
    "preprocessing": "drop",
    "few": {"head first", "controls", "three draws"},
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "when-it-helps-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.when_it_helps.check(choices)

# %% [markdown]
r"""
**Pictures for nothing.** A bike that faces left is as much a bike as one that faces right, and so is one that stands two pixels further up. *Augmentation* makes such pictures anew in every epoch, with the same labels. What may be changed depends on the classes: a *b* turned left to right is a *d*, and a 6 on its head is a 9.
"""

# %%
one = bikes.at([0]).tensors()[0]  # (1, 3, 32, 32)
turned = torch.cat([one, one.flip(3), one.flip(2)])
figures.show(figures.plot_turned_bike(turned))

# %% [markdown]
r"""
## Exercise 7.8. Augment

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Write `augment(X, rng)`: `X` is an array (N, C, H, W), `rng` a generator such as `np.random.default_rng(0)`. Each picture **by itself** is flipped from left to right with probability ½ and moved by −2 to 2 whole pixels down, and by another such number across. Fill in what you like behind the edge, but not what left on the other side. Return a new array of the same shape; leave `X` as it is, and take all chance from `rng`. (1 point, 20 minutes, ●●● hard)

Example: the row [1, 2, 3, 4, 5], moved by 1 and filled with 0, is [0, 1, 2, 3, 4].

<details><summary>Hint</summary>
Of a picture padded by 2 on all sides, which windows are the moved ones?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "augment", "locked": false, "schema_version": 3, "solution": true}
def augment(X, rng):
    """Flip and shift each picture of X (N, C, H, W) by itself."""
    ### BEGIN SOLUTION
    N, _, H, W = X.shape
    padded = np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2)), mode="edge")
    out = np.empty_like(X)
    for i in range(N):
        down, across = rng.integers(0, 5, size=2)
        window = padded[i, :, down : down + H, across : across + W]
        out[i] = window[:, :, ::-1] if rng.random() < 0.5 else window
    return out
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "augment-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.augment.check(augment)
### BEGIN HIDDEN TESTS
lab.augment.check_hidden(augment, seed=78)
### END HIDDEN TESTS

# %% [markdown]
r"""
Augment the training part only. A test part that is shifted and flipped at random measures something else each time.
"""

# %% [markdown]
r"""
## 10 Teach a machine

There are pages on which anybody can teach a machine with a camera: a frozen network, a small head, a few examples. Here is one that runs on *your* functions. This is a session with two pictures taught of each class:
"""

# %%
three, _ = load_shapes(60, 3, classes=("crescent", "heart", "arrow"), seed=3)
if lab.are_written(extract_features=extract_features, fit_head=fit_head):
    machine = widgets.teach_machine(
        three,
        features=lambda X: extract_features(source, X, "flatten"),
        fit_head=fit_head,
    )
    figures.show(figures.plot_taught(machine))

# %% [markdown]
r"""
Now yourself: pick a picture or draw one, look at the probabilities, teach it, look again. Can you teach it a class of your own in the place of another? How many drawings does it take?
"""

# %%
if lab.are_written(extract_features=extract_features, fit_head=fit_head):
    display(machine)

# %% [markdown]
r"""
Each press fits the whole head anew, with your `fit_head`, in a fraction of a second. That is what frozen features buy.
"""

# %% [markdown]
r"""
## 11 Inside a network of a million photographs

**Further:** worth nothing, and nothing else needs it.

What does MobileNetV2 hold? The pictures below are in every course. What most leave out stands beside each here: the **same picture from a fresh network**, whose weights are still random. What looks alike in both has not been learned. (Without the weights on this machine the cells stay silent; the two exercises work.)
"""

# %%
fresh_photo = mobilenet_v2().train()  # in train mode its batch norm has scales to use
if mobilenet is not None:
    first = [net.features[0][0].weight for net in (mobilenet.network, fresh_photo)]
    figures.show(figures.plot_first_kernels(*first))
    silent = (first[0].detach().flatten(1).norm(dim=1) < 0.2).sum()
    print(f"trained kernels that are almost 0: {silent} of {len(first[0])}")

# %% [markdown]
r"""
Nine numbers a colour is little room, and yet: stripes, an edge between two colours, one colour alone. The fresh ones are noise. So this *has* been learned; and seven kernels have been given up, so that they answer to nothing. Now what layers of growing depth make of the cat, of each layer the map that varies most.
"""

# %%
depths = ("0", "2", "4", "7", "14", "18")
cat = load_photos(("cat",), size=64 if is_grading() else 224).tensors()[0]


def maps_by_depth(features, picture):
    """Return the maps (C, H, W) of some layers of MobileNetV2."""
    found, x = {}, picture
    with torch.no_grad():
        for name, layer in features.named_children():
            x = layer(x)
            if name in depths:
                found[f"layer {name}"] = x[0]
    return found


if mobilenet is not None:
    seen = mobilenet.standardise(cat)
    rows = {"trained": mobilenet.network.features, "fresh": fresh_photo.features}
    rows = {name: maps_by_depth(features, seen) for name, features in rows.items()}
    figures.show(figures.plot_depth(rows))

# %% [markdown]
r"""
The first column shows a cat twice. *Any* small kernel, also a random one, leaves a photograph recognisable: one of the 32 fresh maps follows the grey cat with a correlation of about 0.9. "Look, the network sees ears" is no evidence that anything was learned. In the middle they part: layers 4 and 7 of the trained network still show eyes and a nose, those of the fresh one noise. In the last layer neither shows a cat to us, and only one of them knows it.
"""

# %% [markdown]
r"""
**Where does a score come from?** The last maps are 1,280 of 7×7. The network averages each over its places, and its head weighs the averages: $z_k = \sum_c w_{kc}\, \overline{m_c} + b_k$. Averaging and weighing may be exchanged. So weigh first,

$$M_k(i, j) = \sum_c w_{kc}\, m_c(i, j),$$

at each place (i, j), and you have a map whose *mean* is the score without its bias: a **class activation map** (Zhou and others, 2016).
"""

# %% [markdown]
r"""
## Bonus. A class activation map

**Further:** worth nothing, and nothing else needs it.

Write $M_k$ as a function for maps of any size: `class_map(maps, weight, k)`. `maps` is (C, H, W), `weight` the head's (K, C), `k` the class from 0. Return (H, W), with its signs, not scaled. (0 points, 10 minutes, ●●○ medium)

Example: maps of two channels [[1]] and [[4]], weights [[3, −1]]: class 0 gets [[−1]].

<details><summary>Hint</summary>
What would the head make of the C numbers at one place?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "class-map", "locked": false, "schema_version": 3, "solution": true}
def class_map(maps, weight, k):
    """Return where the score of class k comes from, (H, W)."""
    ### BEGIN SOLUTION
    return (weight[k][:, None, None] * maps).sum(0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "class-map-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.class_map.check(class_map)
### BEGIN HIDDEN TESTS
lab.class_map.check_hidden(class_map, seed=79)
### END HIDDEN TESTS

# %% [markdown]
r"""
A map of one cat looks fine whatever made it. A test needs several things in one picture: here are four photographs in one, and for each the map of its own class. The number is the share of the map's positive part that lies in the right quarter; by chance it is 0.25.
"""


# %%
four = load_photos(("cat", "coffee", "motorcycle", "rocket"), size=cat.shape[-1])
tl, tr, bl, br = four.tensors()[0]
mosaic = torch.cat([torch.cat([tl, tr], 2), torch.cat([bl, br], 2)], 1)[None]
named = ("Egyptian cat", "espresso", "motor scooter", "missile")


def share_in_quarter(found, quarter):
    """Return the share of the positive part that lies in quarter 0 to 3, row by row."""
    positive = torch.as_tensor(found).detach().clamp(min=0)
    half = positive.shape[0] // 2
    parts = [positive[i : i + half, j : j + half] for i in (0, half) for j in (0, half)]
    return float(parts[quarter].sum() / (positive.sum() + 1e-9))


if mobilenet is not None and lab.class_map.is_written(class_map):
    places = [mobilenet.classes.index(name) for name in named]
    head, shuffled = (
        mobilenet.network.classifier[1].weight.detach(),
        torch.randperm(1000),
    )
    with torch.no_grad():
        trained_maps = mobilenet.network.features(mobilenet.standardise(mosaic))[0]
        fresh_maps = fresh_photo.features(mobilenet.standardise(mosaic))[0]
    ways = {
        "trained": (trained_maps, head),
        "rows shuffled": (trained_maps, head[shuffled]),
        "fresh body": (fresh_maps, head),
    }

# %%
if mobilenet is not None and lab.class_map.is_written(class_map):
    print(
        f"{'in its quarter':14}", *(f"{name.split()[-1]:9}" for name in named), "mean"
    )
    for name, (maps, weight) in ways.items():
        found = [class_map(maps, weight, k) for k in places]
        shares = [share_in_quarter(one, quarter) for quarter, one in enumerate(found)]
        numbers = " ".join(f"{share:<9.2f}" for share in shares)
        print(f"{name:14} {numbers} {np.mean(shares):.2f}")
    drawn = {name: class_map(trained_maps, head, k) for name, k in zip(named, places)}
    figures.show(figures.plot_four_maps(mosaic, drawn))

# %% [markdown]
r"""
With its own head two thirds or more of each map lie where the thing is. With the head's rows exchanged the maps look as convincing, and lie anywhere; so do those of a fresh body. (Only the mean of several tells: a single one may hit its quarter by luck.) Adebayo and others (2018) tried this on methods in wide use. Some made the same picture from a network with random weights: they had shown edges of the photograph, and nothing of the network.
"""

# %% [markdown]
r"""
**A second opinion**, which needs no look inside: cover a piece of the picture with grey and see how far the class falls. Then cover the next piece. Where it falls most, something counted.
"""

# %% [markdown]
r"""
## Bonus. Cover it up

**Further:** worth nothing, and nothing else needs it.

Write `occlusion(model, picture, k, size, stride, fill)`. `picture` is (1, C, H, W). Cover a square of `size` pixels with the number `fill`, in all channels; start at the upper left, and move it by `stride` as far as it fits. Return (rows, columns): by how much the probability of class `k` has fallen for each place. The model comes in eval mode; the picture stays as it is. (0 points, 20 minutes, ●●○ medium)

Example: 224 pixels, squares of 64, stride 32: a grid of 6×6.

<details><summary>Hint</summary>
Where does the last square of a row start? And from which picture does each try begin?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "occlusion", "locked": false, "schema_version": 3, "solution": true}
def occlusion(model, picture, k, size, stride, fill):
    """Return how far the probability of class k falls, place by place."""
    ### BEGIN SOLUTION
    _, _, H, W = picture.shape
    with torch.no_grad():
        whole = model(picture).softmax(1)[0, k]
        falls = torch.zeros((H - size) // stride + 1, (W - size) // stride + 1)
        for i in range(falls.shape[0]):
            for j in range(falls.shape[1]):
                covered, top, left = picture.clone(), i * stride, j * stride
                covered[:, :, top : top + size, left : left + size] = fill
                falls[i, j] = whole - model(covered).softmax(1)[0, k]
    return falls
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "occlusion-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.occlusion.check(occlusion)
### BEGIN HIDDEN TESTS
lab.occlusion.check_hidden(occlusion, seed=710)
### END HIDDEN TESTS

# %%
if mobilenet is not None and lab.are_written(class_map=class_map, occlusion=occlusion):
    k, side = places[0], cat.shape[-1]
    fall = torch.as_tensor(occlusion(mobilenet, cat, k, side * 2 // 7, side // 7, 0.5))
    with torch.no_grad():
        maps = mobilenet.network.features(mobilenet.standardise(cat))[0]
    own = class_map(maps, head, k)
    print(
        f"mean of the map + bias {own.mean() + mobilenet.network.classifier[1].bias[k]:.3f}"
    )
    print(f"score of the class     {mobilenet(cat)[0, k]:.3f}")
    figures.show(figures.plot_two_opinions(cat, {"class map": own, "occlusion": fall}))

# %% [markdown]
r"""
The two agree: the lower right, with the nose and one eye, counts most, the upper left not. They correlate with 0.7. Do not stop there: maps of *other* classes correlate with the same falls by up to 0.8, others by as much as −0.8. One picture with one thing in it cannot tell a good explanation from a lucky one. That is why the mosaic came first.
"""

# %% [markdown]
r"""
## 12 A rate in one sweep

**Further:** worth nothing, and nothing else needs it.

Every head of this lab was trained with a learning rate that somebody had tried out for you. How do you find one for your own task? Smith (2017) takes one short training in which the rate *grows*, and watches: the **range test**. He let it grow evenly over some epochs and read the accuracy; libraries made of it a single sweep that grows from batch to batch by the same *factor*, and read the loss. Too small a rate moves nothing; then the loss falls; in the end it explodes. A good rate lies well before that.
"""

# %% [markdown]
r"""
Rules for the choice differ. Ours: single batches are noisy, so put in the place of each loss the *mean* of itself and its neighbours. Where that mean is least, the rate is at the edge of too large: take a tenth of it.

In Lab 06 this showed nothing, as that network's loss does not fall within a few batches. A head on good features is another case. Or is it?
"""

# %% [markdown]
r"""
## Bonus. Sweep and choose

**Further:** worth nothing, and nothing else needs it.

Write `sweep_rates(first, last, steps)`: `steps` rates (2 or more), each the same factor above the one before, `first` and `last` among them. And `choose_rate(rates, losses, around)`: put in the place of each loss the mean of itself and up to `around` neighbours on each side, at the ends those that there are; return *a tenth* of the rate at the least mean. From the first loss on that is not finite (`inf`, `nan`), nothing counts. Both lists are arrays of the same length. (0 points, 20 minutes, ●●○ medium)

Example: three rates from 0.1 to 10 are 0.1, 1, 10. For them the losses 3, 1, 5 with `around=1` have the means 2, 3, 3: choose 0.01.

<details><summary>Hint</summary>
How many steps lie between n rates, and what is their product?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "rate-finder", "locked": false, "schema_version": 3, "solution": true}
def sweep_rates(first, last, steps):
    """Return rates that grow by one factor from the first to the last."""
    ### BEGIN SOLUTION
    return [first * (last / first) ** (i / (steps - 1)) for i in range(steps)]
    ### END SOLUTION


def choose_rate(rates, losses, around):
    """Return a tenth of the rate at which the mean of neighbouring losses is least."""
    ### BEGIN SOLUTION
    means = []
    for i in range(len(losses)):
        if not np.isfinite(losses[i]):
            break
        window = losses[max(i - around, 0) : i + around + 1]
        if not np.isfinite(window).all():
            window = window[: np.argmin(np.isfinite(window))]
        means.append(np.mean(window))
    return rates[np.argmin(means)] / 10
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rate-finder-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.rate_finder.check(sweep_rates, choose_rate)
### BEGIN HIDDEN TESTS
lab.rate_finder.check_hidden(sweep_rates, choose_rate, seed=711)
### END HIDDEN TESTS

# %% [markdown]
r"""
Now a sweep: a fresh head on hearts and arrows, 100 of each, batches of 32, one batch, drawn anew, for each of 60 rates from 0.00001 to 10. Once by plain SGD, once by Adam.
"""


# %%
def train_head(F, y, optimiser, rates):
    """Train a fresh head, a batch for each rate; return it and the losses."""
    head, losses = nn.Linear(F.shape[1], 2), []
    nn.init.zeros_(head.weight)
    trainer = optimiser(head.parameters())
    for rate in rates:
        batch = torch.randint(len(F), (32,))
        trainer.param_groups[0]["lr"] = float(rate)
        loss = nn.functional.cross_entropy(head(F[batch]), y[batch])
        trainer.zero_grad()
        loss.backward()
        trainer.step()
        losses.append(float(loss.detach()))
    return head, np.array(losses)


# %% [markdown]
r"""
A sweep is a shortcut. What it saves is the long way: train a head of its own with each of some *constant* rates, 18 batches each, and measure the loss on **new** pictures. Heads are cheap, so here we can afford both, and five sweeps in place of one, each with batches of its own. **Predict** for both: with the worst of the five rates that your rule chooses, how large is the loss on new pictures? (Guessing has log 2 = 0.69.)
"""

# %%
guess_sweep = predictions.keep({"SGD": None, "Adam": None})

# %%
torch.manual_seed(0)
F_head = None  # until what makes it is written
if lab.are_written(extract_features=extract_features, fit_head=fit_head):
    X_head, y_head = train.few(100, seed=0).tensors()
    F_head = features(source, X_head)
    mean, std = F_head.mean(0), F_head.std(0)
    std[std == 0] = 1
    F_head, F_unseen = (F_head - mean) / std, (F_test - mean) / std


def on_new(optimiser, rate):
    """Return the loss on new pictures after 18 batches with a constant rate."""
    head = train_head(F_head, y_head, optimiser, [rate] * 18)[0]
    return float(nn.functional.cross_entropy(head(F_unseen), y_test).detach())


# %% [markdown]
r"""
The sweeps and the long way, for both:
"""

# %%
sweeps = {}
if F_head is not None and lab.rate_finder.is_written(sweep_rates, choose_rate):
    rates = np.array(sweep_rates(1e-5, 10, 60))
    for optimiser in (torch.optim.SGD, torch.optim.Adam):
        runs_of = [train_head(F_head, y_head, optimiser, rates)[1] for _ in range(5)]
        chosen = [float(choose_rate(rates, losses, 2)) for losses in runs_of]
        long_way = {
            rate: on_new(optimiser, rate) for rate in (1e-4, 1e-3, 0.01, 0.1, 1)
        }
        sweeps[optimiser.__name__] = (rates, runs_of[0], long_way, chosen)

# %%
if sweeps:
    figures.show(figures.plot_sweeps(sweeps))
    worst = {}
    for name, (_, _, long_way, chosen) in sweeps.items():
        optimiser = getattr(torch.optim, name)
        there = [on_new(optimiser, rate) for rate in chosen]
        worst[name] = max(there)
        print(f"{name}: rates from {min(chosen):.3f} to {max(chosen):.3f} are chosen,")
        print(
            f"  with losses on new pictures from {min(there):.2f} to {max(there):.2f};"
        )
        print(f"  the best of the long way has {min(long_way.values()):.2f}")
    predictions.beside(guess_sweep, worst)

# %% [markdown]
r"""
For SGD the shortcut is worth its price: whichever batches come, each chosen rate does about as well on new pictures as the best of the long way, where a rate of 0.0001 has hardly begun. For Adam the same rule is a matter of luck: some of its rates are good, and with the worst of the five the loss on new pictures is higher than that of guessing.
"""

# %% [markdown]
r"""
The curve says why. Adam has the 200 pictures by heart while its rates are still small. Then the loss stays near 0 for a long stretch, in which single batches jump, and the least mean may be anywhere in it. So look at the curve before you believe the number: a fall, one lowest stretch, a rise behind it. And mind what it measures: the *training* loss of the first steps, nothing else.
"""

# %% [markdown]
r"""
## 13 Recall and practice

Answer aloud, then open. Two are from earlier labs.

<details><summary>Which two things does freezing a body take?</summary>
No gradients for its parameters, and eval mode, so that running statistics stay.
</details>

<details><summary>Why are random features in the comparison?</summary>
They have the architecture and the head, but not the source task: what frozen has more is due to the source.
</details>

<details><summary>From which part do the mean and standard deviation of the features come, and why?</summary>
From the training part. The test part stands for pictures that do not exist yet.
</details>

<details><summary>From Lab 04: what does softmax make of a row of equal scores?</summary>
Equal probabilities, 1/K each.
</details>

<details><summary>From Lab 05: how many parameters has a convolution from 32 to 64 channels with 3×3 kernels?</summary>
64 · (32 · 9 + 1) = 18,496, the largest layer of our body.
</details>
"""

# %%
lab.head_sizes.practice(3)

# %% [markdown]
r"""
**In this lab you have**

- used a network as a fixed transformer of features, and frozen it so that nothing in it moved;
- fitted a head without leaking the test part into it, and compared it with fair controls;
- told when transfer helps, and recognised labels and preprocessing that ruin it.

**On your own** (not graded): repeat section 8 with features from `"pool2"` instead of `"flatten"`. Are earlier features better for hearts? For bikes? Then take two folders of your own photographs, `load_photo_classes(folder)` from `course_utils.data`, and put a head on MobileNetV2. Such a project, with a story of its own, is the homework, `07_transfer_learning_homework`. Next: Lab 08, where networks are fooled.
"""
