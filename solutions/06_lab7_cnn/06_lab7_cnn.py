# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
r"""
# Build and train a convolutional network
"""

# %% [markdown]
r"""
**You will** build a convolutional network, train it on small colour pictures and judge it fairly. (On the slides this is "Lab 7"; here it is Lab 06.)

**You will learn** to

- predict every shape and every parameter of a network before it runs;
- write the training loop and an evaluation that hides nothing;
- count what LeNet, VGG-16 and ResNet are made of, and correct a listing that is not what it says.

**You need** Lab 05 (sizes, kernels, pooling) and from Labs 03 and 04 gradients and cross-entropy. Time: about 140 minutes, and 200 more for what is marked *Further*, with a good place to stop after section 3.
"""

# %% [markdown]
r"""
| letter | meaning | in code |
|---|---|---|
| N | pictures in a batch | `N, C, H, W = x.shape` |
| C | channels | `in_channels`, `out_channels` |
| H, W | height, width in pixels | `height`, `width` |
| D | numbers of a flattened picture | `in_features` |
| K | classes | `n_classes` |

All shapes are in PyTorch's order: N, C, H, W. Where a listing has another order, we say so.
"""

# %%
import numpy as np
import torch
import torch.nn.functional as F
from IPython.display import display
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision import models

from course_utils import predictions
from course_utils.data import load_colour, load_shapes
from course_utils.data.loaders import make_loader
from course_utils.labs import lab7_cnn
from course_utils.labs.lab7_cnn import figures, widgets
from course_utils.labs.lab7_cnn.vgg import VGG16
from course_utils.models import load_trained
from course_utils.runtime import seed_everything
from course_utils.training import run_epochs

seed_everything(0)

# %% [markdown]
r"""
**Your own numbers.** Write your student id between the quotes, as your instructor knows it. Some questions then use numbers of your own. With an empty id you get the numbers of the lesson.
"""

# %%
student_id = ""

# %% nbgrader={"grade": false, "grade_id": "lab", "locked": true, "schema_version": 3, "solution": false}
lab = lab7_cnn.for_student(student_id)
lab

# %% [markdown]
r"""
## 1 The data and chance level

Networks of this kind are often tried on CIFAR-10, 60,000 photographs of 32×32 pixels. This lab downloads nothing: the computer draws its pictures. Ten classes of shapes, in any colour, place, size and light, on cluttered ground. Colour says nothing about the class here; only form does.

There are three parts: pictures to learn from (**train**), pictures on which you compare and choose (**validation**), and pictures that you look at once, when everything is chosen (**test**).
"""

# %%
train, test = load_shapes(3000, 1000)
validation = load_shapes(10, 500, seed=1).test
for name, part in {"train": train, "validation": validation, "test": test}.items():
    print(f"{name:10} {len(part):5} pictures, {part.source}")
figures.show(figures.plot_shapes(train))

# %% [markdown]
r"""
A picture is stored as whole numbers from 0 to 255. `tensors()` divides by 255, as PyTorch's `ToTensor` does. As in the original lab, each number is then moved to the range from −1 to 1, and the pictures are handed out in batches; `make_loader` does both.

<details><summary>If you know the slides</summary>
Their text says that such pictures lie in [0, 1]. They do only after <code>ToTensor</code>.
</details>
"""

# %%
pixels, _ = train.tensors()  # (N, 3, 32, 32)
print(f"pixels from {pixels.min():.2f} to {pixels.max():.2f}")
train_loader = make_loader(train, shuffle=True)  # batches of 32, from -1 to 1
validation_loader, test_loader = make_loader(validation), make_loader(test)
images, labels = next(iter(train_loader))
print(tuple(images.shape), tuple(labels.shape))

# %% [markdown]
r"""
**Before you train, ask what nothing costs.** Someone who guesses among ten equally frequent classes is right once in ten times: chance level 10 %. The cross-entropy loss has a chance level, too. A network that gives each class the same score gives each the probability 1/10.
"""

# %%
same_score = torch.zeros(32, 10)
print(f"{F.cross_entropy(same_score, labels).item():.4f}")

# %% [markdown]
r"""
That is $-\ln\frac{1}{10} = \ln 10$, with the natural logarithm: `np.log(10)`. Remember the number: a fresh network should start close to it. If yours starts at 5, or at 0.7, something is wrong before training begins.

Why does all this work now, although the ideas are old? Four things came together: faster machines (GPUs), some new ideas such as ReLU and dropout, far more labelled pictures, and the habit of feeding **raw pixels** in place of features made by hand.
"""

# %% [markdown]
r"""
## 2 Predict all shapes

The classic order of a convolutional network: (convolution + ReLU) once or more, pool, and again; then flatten, dense layers, and a softmax, which in PyTorch lives inside the loss. Here is a small one with other numbers than yours. The taller a block, the taller its maps; the wider, the more channels it has. (Widths grow with the logarithm, so that 300 still fits beside 3.)
"""

# %%
example = nn.Sequential(
    nn.Conv2d(3, 8, kernel_size=3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(8, 12, kernel_size=4),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(12 * 5 * 5, 20),
    nn.ReLU(),
    nn.Linear(20, 4),
)
x, shapes = torch.zeros(1, 3, 30, 30), {"input": (3, 30, 30)}
for layer in example:
    x = layer(x)
    if not isinstance(layer, nn.ReLU):
        shapes[f"{len(shapes)} {type(layer).__name__}"] = tuple(x.shape[1:])
figures.show(figures.plot_example_ribbon(shapes))

# %% [markdown]
r"""
Read it from the left. A 3×3 kernel takes two pixels off each side's length, 30 becomes 28; 2×2 pooling makes 14 of it. A 4×4 kernel takes three: 11. Now look: pooling does **not** halve 11. It finds five pairs and leaves one row and one column out: in general

$$H_\text{out} = \left\lfloor H / 2 \right\rfloor,$$

in code `height // 2`.

<details><summary>If you know the slides</summary>
They say "reduced by 2 on each side" and "halved". That holds for even sides only.
</details>
"""

# %% [markdown]
r"""
Now predict before you see. The widget knows another small network. Type the shape that you expect, such as 8×28×28, and press the button.
"""

# %%
widgets.explore_ribbon(
    nn.Sequential(
        nn.Conv2d(1, 5, kernel_size=5),
        nn.MaxPool2d(2),
        nn.Conv2d(5, 9, kernel_size=3),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(9 * 4 * 4, 7),
    ),
    input_shape=(1, 25, 25),
)

# %% [markdown]
r"""
Here is your network. Each convolution has stride 1 and no padding and is followed by ReLU and 2×2 max-pooling; ReLUs follow fc1 and fc2, too.
"""

# %%
lab.shape_trace

# %% [markdown]
r"""
## Exercise 6.1. Predict every shape

A whole batch of pictures goes through your network. Give the shape after each step as a tuple, the batch axis first: `(N, C, H, W)` for maps, `(N, D)` for rows of numbers. On paper first. (2 points, 10 minutes, ●○○ easy)

Example: two pictures, 2×3×30×30, in the network of the figure: after the first convolution `(2, 8, 28, 28)`, after the flatten step `(2, 300)`.

<details><summary>Hint</summary>
Which number of a shape does a convolution set by itself, whatever comes in?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "shape-trace", "locked": false, "schema_version": 3, "solution": true}
shapes = {
    "conv1": None,
    "pool1": None,
    "conv2": None,
    "pool2": None,
    "flatten": None,
    "fc1": None,
    "fc2": None,
    "fc3": None,
}
### BEGIN SOLUTION
shapes = {
    "conv1": (4, 6, 28, 28),
    "pool1": (4, 6, 14, 14),
    "conv2": (4, 16, 10, 10),
    "pool2": (4, 16, 5, 5),
    "flatten": (4, 400),
    "fc1": (4, 120),
    "fc2": (4, 84),
    "fc3": (4, 10),
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "shape-trace-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.shape_trace.check(shapes)

# %% [markdown]
r"""
Next, what training changes. PyTorch lists a network's parameter tensors by name. Here are the first two of ten of the figure's network. What are the other eight?

<details><summary>If you know the slides</summary>
They call the step from 3 to 6 to 16 channels "doubling". Doubling is a common habit, but 16 is not twice 6.
</details>
"""

# %%
for name, parameter in list(example.named_parameters())[:2]:
    print(name, tuple(parameter.shape))

# %% [markdown]
r"""
## Exercise 6.1. Part two: count every parameter

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

For your network: the number of parameters of each layer (`pool` is a pooling layer) and their `total`; then the shapes of the eight tensors that follow `conv1.weight` and `conv1.bias`, as PyTorch keeps them. (2 points, 15 minutes, ●●○ medium)

Example: in the figure's network the first convolution has $8 \cdot (3 \cdot 3 \cdot 3 + 1) = 224$ parameters in the tensors (8, 3, 3, 3) and (8,), the last dense layer 84 in (4, 20) and (4,).

<details><summary>Hint</summary>
How many numbers reach one unit of fc1?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "parameter-counts", "locked": false, "schema_version": 3, "solution": true}
parameters = {
    "conv1": None,
    "pool": None,
    "conv2": None,
    "fc1": None,
    "fc2": None,
    "fc3": None,
    "total": None,
}
tensors = {
    "conv2.weight": None,
    "conv2.bias": None,
    "fc1.weight": None,
    "fc1.bias": None,
    "fc2.weight": None,
    "fc2.bias": None,
    "fc3.weight": None,
    "fc3.bias": None,
}
### BEGIN SOLUTION
parameters = {"conv1": 456, "pool": 0, "conv2": 2416}
parameters |= {"fc1": 48120, "fc2": 10164, "fc3": 850, "total": 62006}
tensors = {"conv2.weight": (16, 6, 5, 5), "conv2.bias": (16,)}
tensors |= {"fc1.weight": (120, 400), "fc1.bias": (120,)}
tensors |= {"fc2.weight": (84, 120), "fc2.bias": (84,)}
tensors |= {"fc3.weight": (10, 84), "fc3.bias": (10,)}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "parameter-counts-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.parameter_counts.check(parameters, tensors)

# %% [markdown]
r"""
Parameters are memory. Time is multiplications: each weight of a kernel is used once for **every place** of the window. For the network that you build in section 3 the two are very different. The cell below draws both, once your counts are written.
"""

# %%
if lab.parameter_counts.is_written(parameters):
    figures.show(figures.plot_layer_costs())

# %% [markdown]
r"""
<details><summary>What the bars say</summary>
The first convolution has fewer than 1 % of the parameters and does more than half of the 651,720 multiplications. In the dense layers it is the other way round.
</details>
"""

# %% [markdown]
r"""
For more: <code>lab.shape_trace.practice()</code> and <code>lab.parameter_counts.practice()</code>.
"""

# %% [markdown]
r"""
## 3 Build it

The network, line by line:

| layer | arguments | then |
|---|---|---|
| `conv1` | 3 to 6 channels, kernel 5 | ReLU, 2×2 max-pooling |
| `conv2` | 6 to 16 channels, kernel 5 | ReLU, 2×2 max-pooling |
| | flatten to 400 numbers | |
| `fc1` | 400 to 120 | ReLU |
| `fc2` | 120 to 84 | ReLU |
| `fc3` | 84 to 10 | nothing |

<details><summary>If you know the slides</summary>
The listing there has lost its <code>class</code> line, a <code>def</code> and the place of its <code>return</code>. Their text calls the scores energies; with energies, lower would be likelier.
</details>
"""

# %% [markdown]
r"""
A network in PyTorch is a class. `__init__` makes the layers, **once**; PyTorch finds their parameters because they are attributes of `self`. `forward` says how a batch goes through. A smaller example:
"""


# %%
class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, kernel_size=3)
        self.fc = nn.Linear(2 * 15 * 15, 4)

    def forward(self, x):  # (N, 3, 32, 32)
        x = F.max_pool2d(F.relu(self.conv(x)), 2)  # (N, 2, 15, 15)
        return self.fc(x.flatten(1))  # (N, 4)


print(tuple(Tiny()(images).shape))

# %% [markdown]
r"""
`flatten(1)` stretches everything **from axis 1 on** and so leaves the batch alone. The numbers that come out are called **logits**, or scores: they may be negative, do not add up to 1, and a higher one means a likelier class. No softmax: the loss has it inside.
"""

# %% [markdown]
r"""
## Exercise 6.2. Build the network

Write `class CNN(nn.Module)` after the table, with the attribute names `conv1`, `conv2`, `fc1`, `fc2`, `fc3`. It takes `(N, 3, 32, 32)` for any N and returns logits `(N, 10)`. (3 points, 25 minutes, ●●○ medium)

Example: `CNN()(images)` for 32 pictures has the shape `(32, 10)`.

<details><summary>Hint</summary>
Which of the things in the table have weights, and so must be made in <code>__init__</code>?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "build-cnn", "locked": false, "schema_version": 3, "solution": true}
class CNN(nn.Module):
    """The network of section 3: pictures (N, 3, 32, 32) to logits (N, 10)."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(3, 6, kernel_size=5)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        x = self.pool(F.relu(self.conv1(x)))  # (N, 6, 14, 14)
        x = self.pool(F.relu(self.conv2(x)))  # (N, 16, 5, 5)
        x = x.flatten(1)  # (N, 400)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)  # (N, 10)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "build-cnn-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.build_cnn.check(CNN)
### BEGIN HIDDEN TESTS
lab.build_cnn.check_hidden(CNN, seed=7103)
### END HIDDEN TESTS

# %% [markdown]
r"""
Yours will not run yet? After the last hint, `CNN = lab.build_cnn.rescue()` in a cell of your own lends you one for the cells that follow. It earns nothing here.
"""

# %% [markdown]
r"""
The check gives your network weights of its own and compares the scores with PyTorch's, for batches of several sizes. Yours works? Then look at its shapes from inside: the next cell runs *your* network.
"""

# %%
if lab.build_cnn.is_written(CNN):
    display(widgets.explore_ribbon(CNN(), input_shape=(3, 32, 32)))

# %% [markdown]
r"""
**A good place to stop.** Save the notebook. Next time, run all cells up to here and go on.
"""

# %% [markdown]
r"""
## 4 What if the pictures were 64×64?

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

The original listing flattens with `x.view(-1, 400)`: "make rows of 400, as many as it takes". For pictures of 32×32 that is right. It hides a trap, because `view` knows nothing of pictures. It only counts numbers.
"""

# %%
maps = torch.zeros(3, 16, 10, 10)  # three pictures with 1,600 numbers each
print(tuple(maps.view(-1, 400).shape))

# %% [markdown]
r"""
Three pictures have become twelve rows. Nothing was raised: the network would answer with twelve rows of scores, and each would see a quarter of a picture. Only the loss might protest, if it is given three labels. With other sizes `view` does raise an error, namely where the numbers cannot be cut into rows of 400.
"""

# %%
lab.larger_pictures

# %% [markdown]
r"""
## Exercise 6.3. What if the pictures were larger?

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Take pictures of *your side* and the listing with `x.view(-1, 400)`. Give the `features` of one picture behind the second pooling; whether `view` "raises" or "passes" for a `batch of 4` and for a `batch of 25`; how many `rows for 25` come out; and `another batch` size, not 25, that passes. (1 point, 15 minutes, ●●○ medium)

Example: maps of 16×10×10, as above, have 1,600 features; a batch of 3 passes, with 12 rows.

<details><summary>Hint</summary>
When can a number of values be cut into rows of 400?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "larger-pictures", "locked": false, "schema_version": 3, "solution": true}
larger = {
    "features": None,
    "batch of 4": None,
    "batch of 25": None,
    "rows for 25": None,
    "another batch": None,
}
### BEGIN SOLUTION
larger = {
    "features": 2704,
    "batch of 4": "raises",
    "batch of 25": "passes",
    "rows for 25": 169,
    "another batch": 50,
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "larger-pictures-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.larger_pictures.check(larger)

# %% [markdown]
r"""
`flatten(1)` in place of `view` would raise an error for every batch, because fc1 does not get the 400 numbers that it expects. An error at once is the better friend. There are two ways to mend the network itself: give fc1 the right number of inputs, or make the maps the same size whatever comes in. `nn.AdaptiveAvgPool2d(5)` does that.
"""

# %%
for side in (7, 11, 29):
    print(side, tuple(nn.AdaptiveAvgPool2d(5)(torch.zeros(1, 16, side, side)).shape))

# %% [markdown]
r"""
## Exercise 6.3. Part two: mend the network

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Write `class CNN64(nn.Module)`: the same two convolutions, each with its ReLU and 2×2 max-pooling, for pictures `(N, 3, 64, 64)`, logits `(N, 10)`. Every row must come from its own picture, and from the whole of it: a point each. How you mend it, and what follows behind the second pooling, is up to you. (2 points, 15 minutes, ●●○ medium)

Example: `CNN64()(torch.zeros(25, 3, 64, 64))` has the shape `(25, 10)`.

<details><summary>Hint</summary>
Which layer has the size of the picture written into it?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "mend-the-network", "locked": false, "schema_version": 3, "solution": true}
class CNN64(nn.Module):
    """The network of section 3 for pictures (N, 3, 64, 64), to logits (N, 10)."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(3, 6, kernel_size=5)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 13 * 13, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        x = self.pool(F.relu(self.conv1(x)))  # (N, 6, 30, 30)
        x = self.pool(F.relu(self.conv2(x)))  # (N, 16, 13, 13)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))  # (N, 10)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mend-the-network-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.mend_the_network.check(CNN64)
### BEGIN HIDDEN TESTS
lab.mend_the_network.check_hidden(CNN64, seed=88)
### END HIDDEN TESTS

# %% [markdown]
r"""
## 5 The training loop

Training repeats five calls for each batch: forget the old gradients, compute the scores (**forward**), compute the loss, compute the gradients (**backward**), take a **step**. Why forget? Because `backward` *adds* to the gradients that are there.
"""

# %%
weight = torch.tensor([2.0], requires_grad=True)
for _ in range(3):
    (3 * weight).sum().backward()  # the gradient is 3, each time
    print(weight.grad)

# %% [markdown]
r"""
3, 6, 9: without `optimiser.zero_grad()` each step would follow the sum of all gradients so far. The next numbers show what that does to a ball in a bowl, $y = \frac{1}{2} w^2$ (`y = w**2 / 2`), where every step should go one half of the way to the middle.
"""

# %%
places = {"with zero_grad": [4.0], "without": [4.0]}
total = 0.0
for _ in range(8):
    places["with zero_grad"].append(places["with zero_grad"][-1] * 0.5)
    total += places["without"][-1]
    places["without"].append(places["without"][-1] - 0.5 * total)
for name, values in places.items():
    print(f"{name:15}", *(f"{value:5.2f}" for value in values))

# %% [markdown]
r"""
With `zero_grad` the ball settles. Without, it swings from side to side: after the first step, no step is the one that the loss asks for.

One number to report: the mean loss of the epoch over all **pictures**. The loss function gives the mean of a *batch*; the last batch may be shorter than the others and must then count less. And the number must be a number: a tensor would keep the whole graph of its batch in memory.
"""

# %% [markdown]
r"""
## Exercise 6.4. Train for one epoch

Write `train_one_epoch(model, loader, optimiser, loss_fn)`. It puts the model into train mode, makes one step for each batch `(images, labels)` of the loader, and returns the mean loss over all pictures as a `float` (no tensor). (3 points, 25 minutes, ●●○ medium)

Example: batches of 4, 4 and 2 pictures with the mean losses 1, 2 and 3 have the mean $(4 \cdot 1 + 4 \cdot 2 + 2 \cdot 3) / 10 = 1.8$, not 2.

<details><summary>Hint</summary>
Which five calls does each batch take, and in which order?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "train-one-epoch", "locked": false, "schema_version": 3, "solution": true}
def train_one_epoch(model, loader, optimiser, loss_fn):
    """Make one step for each batch of the loader; return the mean loss over all pictures."""
    ### BEGIN SOLUTION
    model.train()
    total, count = 0.0, 0
    for images, labels in loader:
        optimiser.zero_grad()
        loss = loss_fn(model(images), labels)
        loss.backward()
        optimiser.step()
        total += loss.item() * len(labels)
        count += len(labels)
    return total / count
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train-one-epoch-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.train_one_epoch.check(train_one_epoch)
### BEGIN HIDDEN TESTS
lab.train_one_epoch.check_hidden(train_one_epoch, seed=664)
### END HIDDEN TESTS

# %% [markdown]
r"""
Yours will not run yet? After the last hint, `train_one_epoch = lab.train_one_epoch.rescue()` in a cell of your own lends you one for the cells that follow. It earns nothing here.
"""

# %% [markdown]
r"""
The check hands your function a model and an optimiser that write down which of their methods are called, in which order and in which mode.
"""

# %% [markdown]
r"""
## 6 Evaluate honestly

Accuracy is one number and hides who is confused with whom. A **confusion matrix** counts pictures: row = true class, column = predicted class. The diagonal is what is right. Take 6 pictures of three classes.
"""

# %%
true = torch.tensor([0, 0, 0, 1, 1, 2])
predicted = torch.tensor([0, 0, 1, 1, 1, 0])
confusion = torch.zeros(3, 3)
for t, p in zip(true, predicted, strict=True):
    confusion[t, p] += 1
figures.show(figures.plot_three_animals(confusion))

# %% [markdown]
r"""
Four of six are right: accuracy 0.67. Per class it is 2/3, 1 and 0: divide the diagonal by the sums of the **rows**. A class without pictures has no accuracy: 0/0 is `nan`, not 0.

Two traps. A loop that runs to a fixed batch size goes wrong at the last, shorter batch. And the **test pictures have no say** in anything before: no mean, no choice of optimiser, rate or epoch. That is what the validation pictures are for.

<details><summary>If you know the slides</summary>
The loop of the original lab runs to a fixed size; its predecessor counted 4 of every 8 pictures.
</details>
"""

# %% [markdown]
r"""
## Exercise 6.5. Evaluate

Write `evaluate(model, loader, n_classes)`: a dict with `"accuracy"` (from 0 to 1, over all pictures), `"per_class"` (K numbers, `nan` for a class without pictures) and `"confusion"` (K×K counts). In eval mode, without recording a graph; afterwards the model is in the mode in which it was. Each of the three entries, and the modes, is worth a quarter. (3 points, 25 minutes, ●●● hard)

Example: the six pictures above give accuracy 4/6 and per class [2/3, 1, 0].

<details><summary>Hint</summary>
Which two switches belong around an evaluation: one for the model, one for the graph?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "evaluate", "locked": false, "schema_version": 3, "solution": true}
def evaluate(model, loader, n_classes):
    """Return accuracy, accuracy per class (K,) and confusion matrix (K, K), rows the true classes."""
    ### BEGIN SOLUTION
    mode = model.training
    model.eval()
    confusion = torch.zeros(n_classes, n_classes)
    with torch.no_grad():
        for images, labels in loader:
            predicted = model(images).argmax(dim=1)
            for t, p in zip(labels, predicted, strict=True):
                confusion[t, p] += 1
    model.train(mode)
    right = confusion.diag()
    return {
        "accuracy": (right.sum() / confusion.sum()).item(),
        "per_class": right / confusion.sum(dim=1),  # 0/0 is nan
        "confusion": confusion,
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "evaluate-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.evaluate.check(evaluate)
### BEGIN HIDDEN TESTS
lab.evaluate.check_hidden(evaluate, seed=61)
### END HIDDEN TESTS

# %% [markdown]
r"""
Yours will not run yet? After the last hint, `evaluate = lab.evaluate.rescue()` in a cell of your own lends you one for the cells that follow. It earns nothing here.
"""

# %% [markdown]
r"""
Everything is there: network, loop, evaluation. Now let it learn. `run_epochs(train, epochs)` calls a function of yours once for each epoch, shows a progress bar and collects the losses. (`lambda:` makes a function without arguments of the call behind it.) When your notebook is graded, your cells are run again, and each is stopped after 30 seconds.
"""

# %% [markdown]
r"""
What is a good accuracy here? That of rivals says it. **Predict first:** three networks learn from the 3,000 pictures and judge 1,000 that were drawn anew. What share does each get right? Write your three numbers, from 0 to 1, into the cell; then run it.
"""

# %%
my_guess = predictions.keep({"softmax": None, "dense": None, "convolutional": None})

# %%
figures.show(figures.plot_rivals(my_guess))
predictions.beside(my_guess, figures.rivals_reached())

# %% [markdown]
r"""
In numbers, from several seeds each:

| network | epochs | right |
|---|---|---|
| softmax regression | 5 | 11 to 12 % |
| dense, 120 and 84 hidden units | 5 | 20 to 22 % |
| dense, 256 hidden units | 15 | 37 to 39 % |
| the network of section 3, Adam (0.002) | 1 | 25 to 38 % |
| the same | 2 | 63 to 69 % |
| the same | 3 | 69 to 72 % |
| the same | 5 | about 80 % |

Only form says what these pictures show, and a dense layer has to learn a form anew at every place.
"""

# %% [markdown]
r"""
Which step? **Plain descent**, `torch.optim.SGD(network.parameters(), lr=…)`, goes against the gradient, with one rate for all weights. With `momentum=0.9` it keeps a **velocity**, nine tenths of the old one plus the new gradient: steps to and fro cancel, steps that agree add up. **Adam**, `torch.optim.Adam(…, lr=…)`, divides a running mean of each weight's gradients by the root of the mean of their squares: every weight moves about as far as the others, however small its gradient. (The homework `06_training_homework` lets all three walk down a valley.)
"""

# %% [markdown]
r"""
## Exercise 6.6. The first run

Train your `network` for `EPOCHS` epochs, and note in `first_run` where it started and what it reaches. **60 %** are wanted, on pictures that the check draws anew; about 80 % can be reached. (2 points, 20 minutes, ●●○ medium)

Example: Adam with learning rate 0.002 is a good start; the original lab's SGD (0.001, momentum 0.9) needs far more epochs.

<details><summary>Hint</summary>
Not enough? What do another optimiser or learning rate change?
</details>
"""

# %% [markdown]
r"""
In steps, or at once, as you like. The cell below your answer says which steps are right, and which comes next.

1. **Guessing.** Note the `loss of guessing` (two decimals or more) and the `chance` level. (3 minutes)
2. **First loss.** Note the loss of a fresh `CNN()` on a batch, before any step. (4 minutes)
3. **Training.** Make a `network`, train it with your functions, and keep the `history`. `run_epochs(…, EPOCHS, evaluate=…)` keeps losses, and accuracies on the **validation** pictures: by these choose optimiser and learning rate. (10 minutes)
4. **Test.** When you have chosen, let the cell compute the `accuracy` on the test pictures, once. A second run may give another number. (3 minutes)
"""

# %% nbgrader={"grade": false, "grade_id": "first-run", "locked": false, "schema_version": 3, "solution": true}
EPOCHS = 5
train, test = load_shapes(3000, 1000)
train_loader, test_loader = make_loader(train, shuffle=True), make_loader(test)
network = None
history = None  # what run_epochs returns
first_run = {
    "first loss": None,
    "loss of guessing": None,
    "chance": None,
    "accuracy": None,
}
### BEGIN SOLUTION
torch.manual_seed(1)
network = CNN()
images, labels = next(iter(train_loader))
first_loss = F.cross_entropy(network(images), labels).item()
optimiser = torch.optim.Adam(network.parameters(), lr=0.002)
history = run_epochs(
    lambda: train_one_epoch(network, train_loader, optimiser, F.cross_entropy),
    EPOCHS,
    evaluate=lambda: evaluate(network, validation_loader, 10)["accuracy"],
)
first_run = {
    "first loss": first_loss,
    "loss of guessing": float(np.log(10)),
    "chance": 0.1,
    "accuracy": evaluate(network, test_loader, 10)["accuracy"],
}
print(first_run)
### END SOLUTION

# %%
lab.first_run.step(first_run, network)  # what is right, and what comes next

# %% nbgrader={"grade": true, "grade_id": "first-run-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.first_run.check(first_run, network)

# %% [markdown]
r"""
Look at your run as curves: how the loss moved, and how far above chance the accuracy on the validation pictures is.
"""

# %%
if lab.first_run.is_written(history):
    figures.show(figures.plot_run(history))

# %% [markdown]
r"""
And who is confused with whom? If you have a trained `network`, it is judged here; if not, a network that comes with the course. Which two classes are hardest to tell apart, and can you see why? Say one sentence about your best and your worst class (nobody marks it).
"""

# %%
trained = network if lab.first_run.is_written(network) else load_trained("shapes")
if lab.evaluate.is_written(evaluate):
    found = evaluate(trained, make_loader(test), 10)
    figures.show(figures.plot_confusion_of_shapes(found["confusion"], test))

# %% [markdown]
r"""
**And on photographs?** The same network, fresh, and real garments in colours by chance, 32×32. Here form counts as well, and there is no clutter; but a shirt and a coat differ by little. **Predict** before you run: after three epochs, are more of the new pictures right than of the shapes after as many (69 to 72 %), or fewer?
"""

# %%
garments, new_garments = load_colour(3000, 500, source="fashion_colour")
figures.show(figures.plot_garments(garments))

# %%
if lab.are_written(build_cnn=CNN, train_one_epoch=train_one_epoch, evaluate=evaluate):
    torch.manual_seed(1)
    dresser, unseen = CNN(), make_loader(new_garments)
    batches = make_loader(garments, shuffle=True)
    adam = torch.optim.Adam(dresser.parameters(), lr=0.002)
    found = run_epochs(
        lambda: train_one_epoch(dresser, batches, adam, F.cross_entropy),
        3,
        evaluate=lambda: evaluate(dresser, unseen, 10)["accuracy"],
    )
    print(found)

# %% [markdown]
r"""
A little above 60 %: fewer. What a convolution is worth depends on the pictures. The original lab reports 54 % on CIFAR-10 after two epochs, with 76 % for horses and 36 % for dogs. An average hides such differences; that is why you wrote more than one number.
"""

# %% [markdown]
r"""
## 7 Repeatability

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Run your training twice, and you get two networks. Two things are drawn by chance: the **first weights**, and the **order of the pictures** in each epoch. Both come from PyTorch's generator, unless you give them their own.
"""

# %%
for _ in range(2):
    torch.manual_seed(5)
    print(nn.Linear(3, 2).bias.detach())

# %% [markdown]
r"""
The same seed, the same weights. But a seed that is set *after* the network was made comes too late for its weights, and `DataLoader(toy, shuffle=True, generator=g)` with a generator that somebody else has used goes on where that one stopped.
"""

# %% [markdown]
r"""
## Exercise 6.7. Run it again

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Write `reproducible_run(seed)`. Each call makes a `small_network()` (see the cell), trains it for two epochs on all of `toy` in shuffled batches of 16 (any optimiser) and returns the final weights as a list of tensors. The same seed always gives the same weights, whatever ran before; another seed gives others. (1 point, 10 minutes, ●●○ medium)

Example: `reproducible_run(1)` twice in a row: `torch.equal` holds for every tensor of the two lists.

<details><summary>Hint</summary>
Which things in your function are drawn by chance, and when?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "reproducible-run", "locked": false, "schema_version": 3, "solution": true}
toy = TensorDataset(torch.randn(60, 3, 12, 12), torch.arange(60) % 10)


def small_network():
    return nn.Sequential(
        nn.Conv2d(3, 4, kernel_size=5),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * 8 * 8, 10),
    )


def reproducible_run(seed):
    """Train small_network() on toy for two epochs; return its final weights, a list of tensors."""
    ### BEGIN SOLUTION
    torch.manual_seed(seed)
    network = small_network()
    order = torch.Generator().manual_seed(seed)
    loader = DataLoader(toy, batch_size=16, shuffle=True, generator=order)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    for _ in range(2):
        for images, labels in loader:
            optimiser.zero_grad()
            F.cross_entropy(network(images), labels).backward()
            optimiser.step()
    return [parameter.detach().clone() for parameter in network.parameters()]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reproducible-run-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.reproducible_run.check(reproducible_run)
### BEGIN HIDDEN TESTS
lab.reproducible_run.check_hidden(reproducible_run, seed=415)
### END HIDDEN TESTS

# %% [markdown]
r"""
A repeatable run is not a better one. Accuracies of three seeds often differ by a few points, so compare methods over several seeds, not one lucky run.
"""

# %% [markdown]
r"""
## 8 What did it learn?

One often sees a ladder of abstraction: pixels, edges, parts of objects, objects. We do not know beforehand which levels are the right ones; a network finds its own. Only its **first** layer can be looked at directly, because its kernels live in colour space, like pictures.
"""

# %%
kernels = next(
    layer.weight for layer in trained.modules() if isinstance(layer, nn.Conv2d)
)
figures.show(figures.plot_first_kernels(kernels))

# %% [markdown]
r"""
Look for a change from light to dark across a kernel, or from one colour to another. Some of these small ones show it, others look like noise; the kernels of large networks trained on photographs show edges, spots and changes of colour more clearly (Lab 07, *Inside a network of a million photographs*, shows some, beside those of a network that has learned nothing). Deeper kernels see maps in place of colours, and a wider part of the picture (Lab 05's receptive field): there we can only say what makes them answer. "Hierarchical representation" is a fair summary of many studies; a clean ladder with a name on each rung is not what one finds in a small network.
"""

# %% [markdown]
r"""
## 9 A Keras listing in PyTorch

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Other libraries write the same networks down in another way. Keras writes channels **last**, and names only what comes out; what goes in is inferred.

<details><summary>If you know the slides</summary>
Their listing takes pictures of 28×28×3, although the data it is meant for, MNIST and Fashion-MNIST, is grey: one channel.
</details>
"""

# %%
lab.keras_network

# %% [markdown]
r"""
PyTorch wants one thing more, the input channels of each layer, and one thing less: no `softmax` in the last layer, because its loss has it inside.
"""

# %% [markdown]
r"""
## Exercise 6.8. Translate and count

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

For the listing above: the `keras_shapes` of one picture in PyTorch's order, `(C, H, W)` or `(D,)`; the parameters of each layer, their `total`, the `total for grey` pictures (one channel), and the `share of dense1` in percent of the total, to one decimal. No padding, stride 1. (3 points, 20 minutes, ●●○ medium)

Example: a `Conv2D(4, 3)` on 20×20×3 gives 18×18×4 in Keras's order, `(4, 18, 18)` in PyTorch's, and has 112 parameters.

<details><summary>Hint</summary>
In which layer do all features meet? How many numbers reach each of its units?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "keras-network", "locked": false, "schema_version": 3, "solution": true}
keras_shapes = {
    "conv1": None,
    "pool1": None,
    "conv2": None,
    "pool2": None,
    "flatten": None,
    "dense1": None,
    "dense2": None,
}
keras_counts = {
    "conv1": None,
    "conv2": None,
    "dense1": None,
    "dense2": None,
    "total": None,
    "total for grey": None,
    "share of dense1": None,
}
### BEGIN SOLUTION
keras_shapes = {
    "conv1": (32, 24, 24),
    "pool1": (32, 12, 12),
    "conv2": (64, 10, 10),
    "pool2": (64, 5, 5),
}
keras_shapes |= {"flatten": (1600,), "dense1": (256,), "dense2": (10,)}
keras_counts = {"conv1": 2432, "conv2": 18496, "dense1": 409856, "dense2": 2570}
keras_counts |= {"total": 433354, "total for grey": 431754, "share of dense1": 94.6}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "keras-network-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.keras_network.check(keras_shapes, keras_counts)

# %% [markdown]
r"""
Where do most parameters sit? Larger networks put a pooling over the whole map in front of such a layer; you will see it in ResNet.
"""

# %% [markdown]
r"""
## 10 Counting giants

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

**LeNet** (1998) is the ancestor: 32×32 grey pictures, kernels of 5×5, 6 and 16 maps. With a full second convolution it has 61,706 parameters. Historically that layer was wired in part only, to save work: 1,516 parameters in place of 2,416.

**AlexNet** (2012): five convolutions, three of them pooled, three dense layers, 1000 classes. It won the contest of 2012 with 15.3 % top-5 error. Pictures of 227 pixels fit its first layer:

$$\frac{227 - 11}{4} + 1 = 55,$$

in code `(227 - 11) // 4 + 1`.

<details><summary>If you know the slides</summary>
The figure there names the contest of 2010, and a picture of 224 pixels, which does not fit: (224 − 11)/4 + 1 = 54.25.
</details>
"""

# %%
names = "alexnet vgg16 resnet18 resnet34 resnet50 resnet101 resnet152"
with torch.device("meta"):  # shapes only: no memory, no time
    giants = {name: getattr(models, name)() for name in names.split()}
for name, giant in giants.items():
    print(f"{name:10} {sum(p.numel() for p in giant.parameters()):12,}")

# %% [markdown]
r"""
AlexNet's number depends on who counts. The original ran on two cards, with convolutions in two groups: 60,965,224. As one group it has 62,378,344; torchvision has a later variant.
"""

# %% [markdown]
r"""
<details><summary>Count it yourself, then open</summary>

| layer | kernels · (inputs · side² + 1) | | one group |
|---|---|---|---|
| 1 | 96 · (3 · 121 + 1) | 34,944 | 34,944 |
| 2, halved | 256 · (48 · 25 + 1) | 307,456 | 614,656 |
| 3 | 384 · (256 · 9 + 1) | 885,120 | 885,120 |
| 4, halved | 384 · (192 · 9 + 1) | 663,936 | 1,327,488 |
| 5, halved | 256 · (192 · 9 + 1) | 442,624 | 884,992 |
| 6, dense | 4096 · (256 · 36 + 1) | 37,752,832 | 37,752,832 |
| 7, dense | 4096 · (4096 + 1) | 16,781,312 | 16,781,312 |
| 8, dense | 1000 · (4096 + 1) | 4,097,000 | 4,097,000 |
</details>
"""

# %% [markdown]
r"""
In two groups each kernel sees one half of the maps. That halves three layers, and the sum shrinks by 1,413,120 only, for most weights are in layer 6.
"""

# %% [markdown]
r"""
Now one that nobody has counted before you: a relative of AlexNet, with numbers of your own.
"""

# %%
lab.alexnet_counts

# %% [markdown]
r"""
## Bonus. A relative of AlexNet

**Further:** worth nothing, and nothing else needs it.

Give the sides `side1` behind conv1 and `side2` behind pool2; the parameters, biases included, of `conv1`, of `conv2` in two groups and of the `dense` layer; and `saved`, by how many parameters conv2 has fewer than it would have as one group. Where a window does not fit any more, no number comes out: sides are rounded down. (0 points, 15 minutes, ●●○ medium)

Example: 256 kernels of 5×5 in two groups on 96 maps have $256 \cdot (48 \cdot 25 + 1)$ parameters.

<details><summary>Hint</summary>
On how many places does a window of 11 stand that moves by 4?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "alexnet-counts", "locked": false, "schema_version": 3, "solution": true}
relative = {
    "side1": None,
    "side2": None,
    "conv1": None,
    "conv2": None,
    "saved": None,
    "dense": None,
}
### BEGIN SOLUTION
relative = {
    "side1": 49,
    "side2": 11,
    "conv1": 23296,
    "conv2": 128160,
    "saved": 128000,
    "dense": 39651328,
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "alexnet-counts-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.alexnet_counts.check(relative)

# %% [markdown]
r"""
**VGG-16** is regular: 3×3 convolutions with padding 1, then 2×2 pooling, five times; then three dense layers. A list says it all. Numbers before `"flatten"` are kernels, numbers after it are dense units.
"""

# %%
print(VGG16)

# %% [markdown]
r"""
## Exercise 6.9. Count a network from its list

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Write `count_params(config, in_channels=3, size=224, padding=1)`: the number of parameters, biases included, of the network that such a list describes, for pictures of `size`×`size` pixels. Convolutions are 3×3 with stride 1 and the given padding; `"pool"` is 2×2. (2 points, 25 minutes, ●●● hard)

Example: `count_params([8, "pool", 16, "flatten", 10], size=12)` is 224 + 1,168 + 5,770 = 7,162.

<details><summary>Hint</summary>
Which two numbers must your loop carry along from entry to entry?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "count-params", "locked": false, "schema_version": 3, "solution": true}
def count_params(config, in_channels=3, size=224, padding=1):
    """Count the parameters of a network given as a list of kernels, "pool", "flatten" and dense units."""
    ### BEGIN SOLUTION
    total, inputs, dense = 0, in_channels, False
    for entry in config:
        if entry == "pool":
            size = size // 2
        elif entry == "flatten":
            inputs, dense = inputs * size * size, True
        elif dense:
            total += (inputs + 1) * entry
            inputs = entry
        else:
            total += (9 * inputs + 1) * entry
            inputs, size = entry, size + 2 * padding - 2
    return total
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "count-params-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.count_params.check(count_params)
### BEGIN HIDDEN TESTS
lab.count_params.check_hidden(count_params, seed=690)
### END HIDDEN TESTS

# %% [markdown]
r"""
## 11 The listing that is not VGG

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Here is how a listing called "VGG-16 in Keras" begins. It takes pictures of 224×224 pixels and has the layers of the list above, in the same order, with kernels of 3×3, pooling of 2×2 and these arguments:

```python
Convolution2D(64, 3, 3, activation="relu")
MaxPooling2D((2, 2), strides=(2, 2))
```

In Keras 1, whose style this is, the two threes are the sides of the kernel. Where an argument is left out, Keras does as in section 9. One of the four words below makes another network of it: count, and you will see which.
"""

# %% [markdown]
r"""
<details><summary>If you know the slides</summary>
In later versions of Keras the third number is the <em>stride</em>. The pictures are (3, 224, 224), channels <strong>first</strong>, where the other listing of the same lecture has them last. The text has also lost the <code>Flatten</code> line and two <code>Dropout(0.5)</code> lines between the dense layers; those have no parameters, so they do not change the count.
</details>
"""

# %% [markdown]
r"""
## Exercise 6.9. Part two: what the listing really builds

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

With your function or on paper: of VGG-16, the `conv share`, all convolutions, and the `first dense share`, each in percent of all parameters, to one decimal. Of the listing as it stands, the number of `features in the listing` that reach its first dense layer, and the parameters of that layer. And the `reason`: "padding", "stride", "kernels" or "dropout". (1 point, 15 minutes, ●●○ medium)

Example: in Exercise 6.9's example the convolutions have 1,392 of 7,162 parameters: 19.4 %.

<details><summary>Hint</summary>
How can you find the parameters of the first dense layer with two calls of count_params?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "not-vgg", "locked": false, "schema_version": 3, "solution": true}
vgg = {
    "conv share": None,
    "first dense share": None,
    "features in the listing": None,
    "first dense in the listing": None,
    "reason": None,
}
### BEGIN SOLUTION
vgg = {
    "conv share": 10.6,
    "first dense share": 74.3,
    "features in the listing": 512,
    "first dense in the listing": 2101248,
    "reason": "padding",
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "not-vgg-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.not_vgg.check(vgg)

# %% [markdown]
r"""
Both networks, side by side along the layers, once your numbers are written:
"""

# %%
if lab.not_vgg.is_written(vgg):
    figures.show(figures.plot_vgg_staircases(VGG16))

# %% [markdown]
r"""
<details><summary>What happened</summary>
A missing argument, and a layer of 102,764,544 parameters shrinks to a fiftieth. Nothing is raised: the listing runs. Counting is how you notice.
</details>
"""

# %% [markdown]
r"""
## 12 Residual blocks

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Is deeper better? Plain networks say no: with 56 layers they had a larger error than with 20, on the *training* pictures, too, so it was not overfitting. They were harder to train. A **residual block** (He and others, CVPR 2016) adds its input to its output, so its convolutions only learn the *difference*: $y = \mathrm{ReLU}(F(x) + x)$, in code `F.relu(f(x) + x)`.
"""

# %%
figures.show(figures.plot_basic_block())

# %% [markdown]
r"""
To do nothing, such a block needs weights of zero; a plain block would have to learn a copy of its input. So depth does no harm at the start, and the gradient has a short way back. ResNets of 18, 34, 50, 101 and 152 layers are built of them; you have seen their counts above. **Deeper is better when the deeper network can still be trained.**
"""

# %% [markdown]
r"""
The two ways must have the same shape to be added. Where the block changes the channels or halves the side, the shortcut gets a 1×1 convolution (with the same stride) and a batch norm. Convolutions before a batch norm have no bias, since the norm brings its own shift: it learns two numbers a channel.
"""

# %%
for name, block in lab.residual_block.question.items():
    channels = f"{block.in_channels} channels in, {block.out_channels} out"
    print(f"{name:6} {channels}, stride {block.stride}")

# %% [markdown]
r"""
## Exercise 6.9. Part three: residual blocks

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Give the parameters of your two blocks, `basic` and `down`: two 3×3 convolutions and two batch norms, and a shortcut of 1×1 convolution and batch norm where one is needed. And which of these blocks `needs 1x1`? As a set of letters: **a** 64 to 64 channels, stride 1; **b** 64 to 128, stride 1; **c** 64 to 64, stride 2; **d** 64 to 128, stride 2. (1 point, 15 minutes, ●●○ medium)

Example: 8 channels in and out, stride 1: $2 \cdot (8 \cdot 8 \cdot 9) + 2 \cdot 16 = 1184$, in code `2 * (8 * 8 * 9) + 2 * 16`.

<details><summary>Hint</summary>
Can maps of 32×32 and of 16×16 be added?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "residual-block", "locked": false, "schema_version": 3, "solution": true}
residual = {"basic": None, "down": None, "needs 1x1": None}
### BEGIN SOLUTION
residual = {"basic": 73984, "down": 230144, "needs 1x1": {"b", "c", "d"}}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "residual-block-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.residual_block.check(residual)

# %% [markdown]
r"""
## 13 Rates that change, pictures that change

**Further:** worth nothing, and nothing else needs it.

A large rate gets far quickly and then jumps about; a small one settles, and takes long. So let the rate change while you train: a **schedule**. A common one climbs for a few steps (**warm-up**), as the first gradients of fresh weights are of little use; then it falls along half a cosine, from the peak to 0:

$$\eta(s) = \frac{\text{peak}}{2} \left(1 + \cos \pi\, \frac{s - \text{warm-up}}{\text{steps} - \text{warm-up}}\right)$$
"""

# %% [markdown]
r"""
## Bonus. A rate for every step

**Further:** worth nothing, and nothing else needs it.

Write `rate_at(step, steps, peak, warmup)`, the learning rate of one of the steps 0 to steps − 1. The first `warmup` steps climb in equal parts: step 0 has peak/warmup, the last of them the peak. From step `warmup` on the formula holds; 0 would be reached at step `steps`. `warmup` may be 0. (0 points, 10 minutes, ●●○ medium)

Example: 8 steps, peak 0.1, warm-up 4: 0.025, 0.05, 0.075, 0.1, 0.1, 0.085, 0.05, 0.015.

<details><summary>Hint</summary>
How far behind the warm-up is step s, as a share of what is left?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "rate-schedule", "locked": false, "schema_version": 3, "solution": true}
def rate_at(step, steps, peak, warmup):
    """Return the learning rate of a step: a climb, then half a cosine."""
    ### BEGIN SOLUTION
    if step < warmup:
        return peak * (step + 1) / warmup
    along = (step - warmup) / (steps - warmup)
    return peak * (1 + np.cos(np.pi * along)) / 2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rate-schedule-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.rate_schedule.check(rate_at)
### BEGIN HIDDEN TESTS
lab.rate_schedule.check_hidden(rate_at, seed=611)
### END HIDDEN TESTS

# %% [markdown]
r"""
In a loop it is one line before each step: `optimiser.param_groups[0]["lr"] = rate_at(…)`.

Does it help? The network of section 3, Adam, 3,000 pictures, five epochs, 470 steps; accuracy on the test pictures, three seeds each:

| rate | right |
|---|---|
| 0.002 all the time | 79 to 85 % |
| 0.006 all the time | 66, 10, 78 % |
| 0.006, half a cosine, no warm-up | 70, 10, 72 % |
| 0.006, times 0.3 after half of the steps, times 0.1 after four fifths | 68, 10, 76 % |
| 0.006, warm-up of 47 steps, half a cosine | 83 to 85 % |
"""

# %% [markdown]
r"""
Read the second row first: with the large rate one network of three never leaves chance, and no later fall of the rate brings it back. What helped is the *warm-up*. With it the large rate does at least as well as the small one, and its worst run is better than the other's middle one. How much a schedule brings depends on the rate that it is compared with; compare it with the best constant one that you have.
"""

# %% [markdown]
r"""
**A shortcut that fails here.** Some libraries look for a rate with one sweep, the *range test* (Smith, 2017): the rate grows with each batch, from 0.0001 to 1, the loss is drawn beside it, and a good rate lies where the loss falls fastest. For this network there is no fall: in three seeds the mean loss of nine batches never went below 2.25, with 2.30 at chance, until large rates made it explode. A sweep can show something only where a loss falls within a few batches. It is a measurement like others: look at it before you believe the number that comes out.
"""

# %% [markdown]
r"""
**Pictures that change.** A shifted or mirrored ring is a ring. **Augmentation** shows each training picture a little differently every time: shifted by up to 3 pixels each way, mirrored or not. (Lab 07 has you write it.) It is no gift: what changes must not matter for the class, and only training pictures may be changed.
"""

# %% [markdown]
r"""
Measured with 600 pictures, Adam (0.002), three seeds each:

| training pictures | epochs | right in training | right on test pictures |
|---|---|---|---|
| as they are | 30 | 100 % | 65 to 72 % |
| augmented | 30 | 86 to 91 % | 75 to 81 % |

Without augmentation the network knows its 600 pictures by heart. With it no picture comes twice, and so it takes more epochs: after 12 of them it was still behind in two seeds of three (54 to 71 % against 62 to 68 %).
"""

# %% [markdown]
r"""
## 14 Recall and practice

Four questions with options first. Answer with the word in quotes.
"""

# %%
lab.depth

# %% [markdown]
r"""
## Exercise 6.10. Depth

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Choose one option for each of the four questions. (2 points, 10 minutes, ●○○ easy)

Example: `"deeper": "always"` chooses the option with that word.

<details><summary>Hint</summary>
Which figure of this lab answers the question: the two bars, the kernels, or the block?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "depth", "locked": false, "schema_version": 3, "solution": true}
choices = {"deeper": None, "residual": None, "costs": None, "kernels": None}
### BEGIN SOLUTION
choices = {
    "deeper": "trainable",
    "residual": "difference",
    "costs": "dense conv",
    "kernels": "edges",
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "depth-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.depth.check(choices)

# %% [markdown]
r"""
Now without options. Answer aloud, then open. Two are from earlier labs.

<details><summary>A fresh network of 100 classes: about which first loss?</summary>
ln 100 = 4.6.
</details>

<details><summary>Why must the last batch count less in the mean loss?</summary>
It has fewer pictures, and the mean goes over pictures.
</details>

<details><summary>A pooling layer gets 16×13×13. What comes out?</summary>
16×6×6: the thirteenth row and column are left out.
</details>

<details><summary>Which two things must be seeded to repeat a training?</summary>
The first weights and the order of the pictures (and dropout, if there is any).
</details>
"""

# %% [markdown]
r"""
<details><summary>From Lab 05: how many parameters has a batch norm of 16 channels, and what are its other numbers?</summary>
32 parameters. Running means, running variances and a counter are buffers: kept, not learned.
</details>

<details><summary>From Lab 04: what does cross-entropy do first with the scores?</summary>
Softmax, or rather its logarithm, in a way that cannot overflow.
</details>
"""

# %% [markdown]
r"""
Practise until it is easy: `lab.shape_trace.practice()`, `lab.parameter_counts.practice()`, `lab.residual_block.practice()`.
"""

# %%
lab.shape_trace.practice(12)

# %% [markdown]
r"""
**In this lab you have**

- predicted every shape and every parameter of a network before it ran;
- written the training loop and an evaluation that hides nothing;
- counted what giants are made of, and found out what a listing really builds.
"""

# %% [markdown]
r"""
## On your own, and homework

Not graded: replace `load_shapes` by `load_colour(..., source="cifar10")` if you have CIFAR-10 (`course data fetch cifar10`), or `source="fashion_colour"`, and compare. Try another loss, more epochs, more channels (mind the sizes!). Send pictures of 64×64 through `CNN64`.

The homework, a convolutional network on Fashion-MNIST that beats your own dense network, is a notebook of its own, `06_lab7_cnn_homework`: you have all you need for it now. A second one, `06_training_homework`, is a clinic: ten trainings are broken, and you find out by what. Then comes Lab 07, "Borrow a network's eyes": what to do when you have only 20 pictures of each class.
"""
