# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
r"""
# Build a neuron, and a layer of them
"""

# %% [markdown]
r"""
**You will** build a linear neuron and a dense layer, let a neuron find a line through data, and check each against PyTorch.

**You will learn** to

- compute a neuron by hand and say which shapes a layer takes and gives, before you run it;
- train a neuron with small steps against the gradient;
- tell what a stack of linear layers can do, and how many weights a layer has.

**You need** NumPy arrays and school algebra. Time: about 140 minutes, and 30 more for what is marked *Further*, with a good place to stop after section 4.
"""

# %% [markdown]
r"""
| letter | meaning | in code |
|---|---|---|
| N | examples in a batch | `N, D = X.shape` |
| D | inputs of a layer (features of an example) | `in_features` |
| K, H | units of a layer; of a hidden layer | `out_features` |
| w, b | weights, bias (in section 2 also written w0) | `weight, bias` |
| z | what a neuron answers before any activation | `z` |
| ŷ, y | prediction, target | `y_hat, y` |

Activations, the bent functions behind z, come in Lab 02, *Bend a line with hidden units*. Here everything is straight.
"""

# %%
import numpy as np
import torch
from torch import nn

from course_utils.data import load_days, load_photo
from course_utils.labs import neurons
from course_utils.labs.neurons import experiments, figures, widgets
from course_utils.runtime import seed_everything
from course_utils.training import descend

seed_everything(0)

# %% [markdown]
r"""
**Your own numbers.** Write your student id between the quotes, as your instructor knows it. Some questions then use numbers of your own. With an empty id you get the numbers of the lesson.
"""

# %%
student_id = ""

# %% nbgrader={"grade": false, "grade_id": "lab", "locked": true, "schema_version": 3, "solution": false}
lab = neurons.for_student(student_id)
lab

# %% [markdown]
r"""
## 1 Pigeons and pixels

Pigeons can be trained to peck at pictures of breast tissue: benign or malignant. In a study (Levenson and others, PLOS ONE, 2015) the birds did well on tissue under the microscope, **also on new pictures**, and better still when several birds voted.

<details><summary>If you know the slides</summary>
The first lecture opens with these birds. "Just as well as radiologists", says the slide: that is too much.
</details>
"""

# %% [markdown]
r"""
But with masses in mammograms, a task that is hard for people too, they were right only on the pictures they had been trained with. On new ones they failed.

Before you read on: what did the birds learn in the second task, and how do you know?

To be right on new examples is called to **generalise**. A table of everything seen so far does not. Here is one, of days and their highest temperature.
"""

# %%
days = load_days()
print(days.note)
memory = dict(zip(days.date.tolist(), days.temperature.tolist(), strict=True))
print("1 June 2015, which it has seen:", memory.get("2015-06-01"), "°C")
print("1 June 2016:", memory.get("2016-06-01"))

# %% [markdown]
r"""
The table is right about every day in it and has no answer for 1 June 2016. A rule such as "2 °C more for each hour of daylight" is wrong by a few degrees on most days, and answers always. This course is about such rules, with many more numbers in them.
"""

# %%
photo = load_photo("camera", size=128)
# each number of the small photo as a block of 16 x 16
small = np.kron(load_photo("camera", size=8), np.ones((16, 16)))
figures.show(figures.plot_coarse_photo(photo, small))

# %% [markdown]
r"""
Are neural networks magic? No: a network is a *complicated function* from pixels to one number for each class, $f(\text{image}) = [x_0, \dots, x_9]$. Nothing else. Complicated means: made of many simple pieces. The piece is the neuron.
"""

# %% [markdown]
r"""
## 2 One neuron

Several inputs come in, each with a **weight** on its edge. The node adds them up, adds a **bias**, and passes the result on:

$$z = w_0 + w_1 x_1 + w_2 x_2 + w_3 x_3$$

w0 is the bias. It stands alone: no input belongs to it. Here are three neurons. Thick edges have large weights, dashed ones negative weights.
"""

# %%
x, weight, bias = (1, 4, 2), (3, 1, -2), 5
figures.show(figures.plot_three_neurons(x, weight, bias))

# %% [markdown]
r"""
The first answers $5 + 3 \cdot 1 + 1 \cdot 4 - 2 \cdot 2 = 8$. Without its bias (middle) it answers 3. On the right the second input has doubled, and the answer grew by one term only, from 8 to 12.

Turn the dials. Which ones change the answer when all inputs are 0?
"""

# %%
widgets.explore_neuron(x, weight, bias)

# %% [markdown]
r"""
**How much brain is in it?** The name is a metaphor.

| a nerve cell | a neuron here |
|---|---|
| sends pulses over time | gives one number, at once |
| thousands of connections, chemistry of many kinds | a weight for each input |
| learns locally, in ways that are not fully known | learns from one error at the far end (Lab 03) |
| lives in a tangle with loops | stands in layers, edges point forward |

Read "neuron" as *weighted sum and bias*, and nothing in this course depends on biology. Here is a neuron for you.
"""

# %%
mine = lab.hand_neuron.question
for name, numbers in (("x", mine.neuron.x), ("w", mine.neuron.weight)):
    print(*(f"{name}{place} = {number:<4}" for place, number in enumerate(numbers, 1)))
print("w0 =", mine.neuron.bias)
print(f"afterwards x{mine.doubled} doubles")

# %% [markdown]
r"""
## Exercise 1.1. Compute a neuron by hand

Give your neuron's answer `z`, on paper first. Then the one named input doubles and everything else stays: give `z doubled`. (2 points, 5 minutes, ●○○ easy)

Example: in the figure above, z is 8, and 12 after the second input has doubled.

<details><summary>Hint</summary>
Which of your four numbers has no input attached?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "hand-neuron", "locked": false, "schema_version": 3, "solution": true}
neuron = {"z": None, "z doubled": None}
### BEGIN SOLUTION
neuron = {"z": 1, "z doubled": 10}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "hand-neuron-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.hand_neuron.check(neuron)

# %% [markdown]
r"""
**What "Correct." says.** Numbers, shapes and choices are judged whole: "Correct." is all the points of the exercise. A function is tried on cases of every kind that its text names. There "Correct." says that it is right in these; grading tries further ones of the same kinds, with other numbers, before it gives the points.
"""

# %% [markdown]
r"""
Stuck? `lab.hand_neuron.hint()` shows a hint, and the next one each time you run it. After the last, `lab.hand_neuron.worked_example()` answers a question of the same kind in steps. For more neurons, without end: `lab.hand_neuron.practice()`.
"""

# %%
question = lab.hand_neuron.practice(1)
question

# %% [markdown]
r"""
Type your answer, then Enter; `question.answer(7)` in a cell does the same. Without the 1, each call draws another question.

The same neuron may be written as $f(x) = \sigma(w \cdot x + b)$: the simplest network of the world. The σ is an activation. With $\sigma(a) = a$, the identity, the neuron is *linear*, and that is what you build now.
"""

# %% [markdown]
r"""
## 3 A layer and a batch

A **dense layer** is several neurons that read the same inputs. Stack their weights as rows of a matrix W (K, D): one row for each unit. Put the examples into the rows of X (N, D). Then one product computes every neuron on every example:

$$Z = X W^\top + b, \qquad (N, D)\,(D, K) + (K) \to (N, K)$$
"""

# %%
figures.show(figures.plot_layer_shapes())

# %% [markdown]
r"""
Five examples with two inputs each go in, three numbers for each example come out. The inner sizes, 2 and 2, must agree. The bias has one number for each *unit*; NumPy adds it to every row. Numbers for it:
"""

# %%
X = np.array([[1.0, 2.0], [0.0, 1.0]])  # N=2 examples, D=2 inputs
W = np.array([[3.0, -1.0], [0.0, 2.0], [1.0, 1.0]])  # K=3 units
b = np.array([10.0, 20.0, 30.0])
print(nn.functional.linear(*map(torch.tensor, (X, W, b))).numpy())

# %% [markdown]
r"""
Row 0 is example 0: $3 \cdot 1 - 1 \cdot 2 + 10 = 11$, then $0 \cdot 1 + 2 \cdot 2 + 20 = 24$, then $1 \cdot 1 + 1 \cdot 2 + 30 = 33$. Where N, D and K happen to be equal, many wrong formulas run without an error and give wrong numbers. Always try a layer with three different sizes.
"""

# %% [markdown]
r"""
## Exercise 1.2. Build a neuron and a dense layer

Write `linear_neuron(x, w, b)` for one example: x and w have the shape (D,), the result is one number. Write `dense(X, W, b)` for a batch: X (N, D), W (K, D), b (K,), result (N, K). Sizes that do not fit, an array of length 1 among them, must raise `ValueError` and no other error. Each function is worth a point. (2 points, 10 minutes, ●●○ medium)

Example: for `x = np.array([1, 2])`, `w = np.array([3, -1])` and `b = 10` the neuron gives 11, the first number printed above.

<details><summary>Hint</summary>
What happens with your functions if you try N=2, D=3, K=4?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "dense-layer", "locked": false, "schema_version": 3, "solution": true}
def linear_neuron(x, w, b):
    """Return w·x + b, one number, for x (D,) and w (D,)."""
    ### BEGIN SOLUTION
    if np.shape(x) != np.shape(w):
        raise ValueError(f"x {np.shape(x)} and w {np.shape(w)} should be equally long")
    return float(np.dot(x, w) + b)
    ### END SOLUTION


def dense(X, W, b):
    """Return the outputs (N, K) of K linear neurons on a batch X (N, D); W (K, D), b (K,)."""
    ### BEGIN SOLUTION
    if X.shape[1] != W.shape[1] or b.shape != (W.shape[0],):
        raise ValueError(f"X {X.shape}, W {W.shape} and b {b.shape} do not fit")
    return X @ W.T + b
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dense-layer-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.dense_layer.check(linear_neuron, dense)
### BEGIN HIDDEN TESTS
lab.dense_layer.check_hidden(linear_neuron, dense, seed=211)
### END HIDDEN TESTS

# %% [markdown]
r"""
Layers stand behind each other. Computing a network from its inputs to its outputs is called the **forward pass**. Here is a network of two layers: three inputs, a hidden row of five units, two outputs.
"""

# %%
figures.show(figures.plot_two_layers())

# %% [markdown]
r"""
Two conventions are in use. With $W^\top$ in front, as in $W^\top x + b$, W has the shape *(inputs, units)* and an example is a **column**. PyTorch keeps W as *(units, inputs)* and an example in a **row**.

<details><summary>If you know the slides</summary>
They write $h = g(W_1^\top x + b_1)$ and $o = g(W_2^\top h + b_2)$, the first convention. The function behind the outputs need not be the hidden one: it depends on the task (identity for a temperature, softmax for classes).
</details>
"""

# %% [markdown]
r"""
| what | lecture: Wᵀx + b | PyTorch: x Wᵀ + b |
|---|---|---|
| one example is | a column | a row |
| batch of N examples, D inputs | (D, N) | (N, D) |
| weight from D inputs to K units | (D, K) | (K, D) |
| bias | (K, 1), or flat (K,) | (K,) |
| output | (K, N) | (N, K) |

Neither is wrong. Mixing them is. The widget follows a batch through two layers in PyTorch's order; click on a layer, then change the batch. Which shapes change?
"""

# %%
widgets.explore_shapes([5, 7, 3], batch=4)

# %% [markdown]
r"""
Only *in* and *out* have the batch in them. Weights and biases are the same for every example: that is what makes them the network's **parameters**. Here are the sizes of your network.
"""

# %%
net = lab.network_shapes.question
print(f"{net.inputs} inputs, H = {net.hidden} hidden units, {net.outputs} outputs")
print(f"a batch of N = {net.batch} examples")

# %% [markdown]
r"""
## Exercise 1.3. Name every shape

For your network and batch, give the shapes of x, W1, b1, h, W2, b2 and o as tuples or lists, in the `lecture`'s convention and in `PyTorch`'s. Then the number of `parameters`. (3 points, 10 minutes, ●●○ medium)

Example: for 5 inputs, 7 hidden units, 3 outputs and a batch of 4, PyTorch's W1 is (7, 5), the lecture's (5, 7), and PyTorch's h is (4, 7).

<details><summary>Hint</summary>
Which shapes would not change if the batch had one example more?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "network-shapes", "locked": false, "schema_version": 3, "solution": true}
shapes = {
    "lecture": {
        "x": None,
        "W1": None,
        "b1": None,
        "h": None,
        "W2": None,
        "b2": None,
        "o": None,
    },
    "PyTorch": {
        "x": None,
        "W1": None,
        "b1": None,
        "h": None,
        "W2": None,
        "b2": None,
        "o": None,
    },
    "parameters": None,
}
### BEGIN SOLUTION
shapes = {
    "lecture": {"x": (3, 6), "W1": (3, 4), "b1": (4, 1), "h": (4, 6)}
    | {"W2": (4, 2), "b2": (2, 1), "o": (2, 6)},
    "PyTorch": {"x": (6, 3), "W1": (4, 3), "b1": (4,), "h": (6, 4)}
    | {"W2": (2, 4), "b2": (2,), "o": (6, 2)},
    "parameters": 26,
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "network-shapes-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.network_shapes.check(shapes)

# %% [markdown]
r"""
To practise: `lab.network_shapes.practice()` asks for one shape in PyTorch's order, or, by the topic at its top, for a count.
"""

# %% [markdown]
r"""
## 4 More sunshine, more hot

The longer the sun shines, the hotter the day. One input, one neuron, $y = W x + b$: **linear regression is a single linear neuron**. The days are real. y is the highest temperature of a day, measured in Seattle. How long the sun shone there nobody measured; x is how long it *could*: the hours from sunrise to sunset, computed from date and latitude.
"""

# %%
guesses = {"w = 1, b = 4": (1, 4), "w = 2, b = -8": (2, -8)}
figures.show(figures.plot_days(days, guesses))

# %% [markdown]
r"""
Which line is better? **Training data** are pairs $(x_i, y_i)$, $i = 1 \dots N$. A **loss** turns a prediction $\hat y_i$ and its target $y_i$ into one number. The mean squared error averages the squares of the errors:

$$\text{MSE} = \frac{1}{N} \sum_{i=1}^{N} (\hat y_i - y_i)^2$$

The order matters: square each error, *then* average. Errors of +3 and −3 must not cancel.
"""

# %%
for label, (w, b) in guesses.items():
    y_hat = w * days.hours + b
    loss = nn.functional.mse_loss(torch.tensor(y_hat), torch.tensor(days.temperature))
    print(f"{label}:  MSE {loss:.2f} °C²")

# %% [markdown]
r"""
To find a better line, ask how the loss changes when w or b moves a little: the **gradient**. Then take a small step *against* it. With the whole batch at once this is gradient descent; with one example or a few at a time it is **stochastic** gradient descent (SGD). They are two algorithms with the same step rule:

$$w \leftarrow w - \eta \, \frac{\partial L}{\partial w}, \qquad b \leftarrow b - \eta \, \frac{\partial L}{\partial b}$$

<details><summary>If you know the slides</summary>
One shows the one-example form beside the sum over all, without an index on ŷ. Each example has its own prediction.
</details>
"""

# %% [markdown]
r"""
η (eta) is the **learning rate**. Whether a loss sums or averages over examples changes the gradient by a factor of N, and with it the rate you need. Here it averages, so the gradients carry a factor 2/N. Measure one before you derive it: move w by a little, and look at the loss.
"""

# %%
x3, y3 = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([3.0, 5.0, 6.0])
w, b, little = 2.0, 0.5, 0.001
losses = [
    nn.functional.mse_loss((w + move) * x3 + b, y3).item() for move in (-little, little)
]
print(
    "slope of the loss by w, measured:",
    round((losses[1] - losses[0]) / (2 * little), 2),
)

# %% [markdown]
r"""
## Exercise 1.4. Descend to a line

Write `mse(y_hat, y)`; `mse_grads(x, y, w, b)`, the pair $(\partial \text{MSE} / \partial w, \; \partial \text{MSE} / \partial b)$ for the line $\hat y = w x + b$; and `sgd_step(params, grads, lr)`, which returns the new parameters as a tuple. x, y and ŷ have the shape (N,). Forty steps of yours must find a line that is known: the check draws days around 15 °C and 1.3 °C an hour. Each function is worth a point. (3 points, 20 minutes, ●●○ medium)

Example: for the three points above, w = 2 and b = 0.5, the slope by w is 17/3, which was measured as 5.67.

<details><summary>Hint</summary>
How does $(\hat y - y)^2$ change when ŷ grows a little, and how does ŷ change when w grows a little?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "line-by-descent", "locked": false, "schema_version": 3, "solution": true}
def mse(y_hat, y):
    """Return the mean of the squared errors, one number."""
    ### BEGIN SOLUTION
    return np.mean((y_hat - y) ** 2)
    ### END SOLUTION


def mse_grads(x, y, w, b):
    """Return the slopes of the mean squared error of w·x + b by w and by b."""
    ### BEGIN SOLUTION
    errors = w * x + b - y
    return 2 * np.mean(errors * x), 2 * np.mean(errors)
    ### END SOLUTION


def sgd_step(params, grads, lr):
    """Return the parameters, a tuple of two numbers, after one step against the gradient."""
    ### BEGIN SOLUTION
    return tuple(p - lr * g for p, g in zip(params, grads, strict=True))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "line-by-descent-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.line_by_descent.check(mse, mse_grads, sgd_step)
### BEGIN HIDDEN TESTS
lab.line_by_descent.check_hidden(mse, mse_grads, sgd_step, seed=149)
### END HIDDEN TESTS

# %% [markdown]
r"""
Now walk forty steps. `descend` repeats gradient and step as you wrote them, with PyTorch's gradients; a loop of your own functions must find the same line. The input is **standardised** first: subtract the mean, divide by the standard deviation. Afterwards the slope is translated back into °C an hour.
"""

# %%
mean, spread = days.hours.mean(), days.hours.std()
standardised = (days.hours - mean) / spread
way = descend(standardised, days.temperature, learning_rate=0.2, steps=40)
slope = way.w[-1] / spread
print(f"slope {slope:.2f} °C an hour, intercept {way.b[-1] - slope * mean:.1f} °C")

# %% [markdown]
r"""
Two degrees more for each hour of daylight. Two numbers learned, by forty steps; the largest networks learn in the same way, with billions of numbers. How good is the line? On a usual day it is wrong by 5 °C: clouds, wind and the warm sea of autumn are not in x. No step can learn what is not in the data.

<details><summary>If you know the slides</summary>
The second lecture draws its days by a computer, around a line with slope 1.3, intercept 15 and noise 1. Such days have a right answer, so the check used them.
</details>
"""

# %% [markdown]
r"""
A colleague computes the error by the function below (the original notebook of this example does, and calls it *accuracy*). Read it slowly.
"""


# %%
def colleagues_mse(y_hat, y):
    return np.sum(np.asarray(y_hat) - np.asarray(y)) ** 2 / len(y)


line = 2 * days.hours - 7
print(f"colleague: {colleagues_mse(line, days.temperature):.2f}")
print(f"MSE:       {np.mean((line - days.temperature) ** 2):.2f}")

# %% [markdown]
r"""
## Exercise 1.5. Fool a colleague's error

Give four or more predictions `y_hat` and targets `y`, numbers below 10⁹, for which the colleague's function reports 0, although the true mean squared error is above 1. Any such pair counts. (2 points, 5 minutes, ●○○ easy)

Example: `y_hat = [1, 2, 3, 4]` with `y = [0, 0, 0, 0]` does not fool it: it reports 25, the true MSE is 7.5.

<details><summary>Hint</summary>
In which line do errors meet before they are squared?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "fool-colleague", "locked": false, "schema_version": 3, "solution": true}
fooled = {"y_hat": None, "y": None}
### BEGIN SOLUTION
fooled = {"y_hat": [3, -3, 3, -3], "y": [0, 0, 0, 0]}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "fool-colleague-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.fool_colleague.check(fooled)

# %% [markdown]
r"""
## 5 What do stacked linear neurons buy?

One neuron draws a line. Will a stack of layers draw something bent? Predict first. Here are two linear layers with a hidden layer of 50 units between them, and what they answer along a row of inputs.
"""

# %%
seed_everything(0)
stack = nn.Sequential(nn.Linear(1, 50), nn.Linear(50, 1))
row = torch.linspace(-3, 3, 25)[:, None]  # (N, 1)
with torch.no_grad():
    answers = stack(row)[:, 0].numpy()
figures.show(figures.plot_straight_stack(row[:, 0].numpy(), answers))

# %% [markdown]
r"""
A straight line, with 151 parameters. A product of linear maps is linear: that is the whole answer without biases. With them each layer is *affine*, a linear map and a shift, and the shifts do not get lost: they travel through the layers behind them. Still, one affine layer does the work of the whole stack. Which one?
"""

# %% [markdown]
r"""
## Exercise 1.6. Collapse a stack

Write `collapse(layers)`: `layers` is a list of one or more pairs (W, b) in PyTorch's convention, the first layer first. Return one pair (W, b) that computes the same. (2 points, 15 minutes, ●●○ medium)

Example: the layers W1 = [[2.]], b1 = [1.] and W2 = [[3.]], b2 = [4.] collapse to W = [[6.]], b = [7.].

<details><summary>Hint</summary>
Feed a zero input through all layers. What comes out?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "collapse-stack", "locked": false, "schema_version": 3, "solution": true}
def collapse(layers):
    """Return (W, b) of the one layer that computes what a list of linear layers (W, b) does."""
    ### BEGIN SOLUTION
    W, b = layers[0]
    for weight, bias in layers[1:]:
        W, b = weight @ W, weight @ b + bias
    return W, b
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "collapse-stack-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.collapse_stack.check(collapse)
### BEGIN HIDDEN TESTS
lab.collapse_stack.check_hidden(collapse, seed=83)
### END HIDDEN TESTS

# %% [markdown]
r"""
<details><summary>Two layers as a formula, once your function is written</summary>

$$W = W_2 W_1, \qquad b = W_2 b_1 + b_2$$
</details>
"""

# %% [markdown]
r"""
Depth alone buys nothing, and it can cost something: through a middle layer of a single unit only one number passes (the *rank* of W is 1), whatever comes before and after. What makes depth worth having is a bend between the layers, an activation: Lab 02.
"""

# %% [markdown]
r"""
## 6 Why pictures are a problem

A picture becomes the input of a dense layer when it is stretched into one row: `Flatten`. A grey picture of 100×100 pixels and 500 units: $100 \cdot 100 \cdot 500$ is 5 million weights. That is the *weights* of a *grey* picture; each unit also has a bias, and a colour picture has three numbers for each pixel.
"""

# %%
seed_everything(0)
layers = {
    "8×8, 10 units": nn.Linear(8 * 8, 10),
    "28×28, 10 units": nn.Linear(28 * 28, 10),
    "28×28, 500 units": nn.Linear(28 * 28, 500),
    "100×100, 500 units": nn.Linear(100 * 100, 500),
    "100×100×3, 500 units": nn.Linear(100 * 100 * 3, 500, device="meta"),
}
sizes = {
    name: sum(p.numel() for p in layer.parameters()) for name, layer in layers.items()
}
figures.show(figures.plot_picture_layers(sizes))

# %% [markdown]
r"""
On a logarithmic axis equal steps are equal factors: from 28×28 pixels to 100×100 the bar grows by a little, the layer by thirteen times. Numbers take room, too: a `float32` has 4 bytes, so a million parameters take 4 megabytes (MB). Here are the pictures for you to count.
"""

# %%
pictures = lab.picture_weights.question
print("small:", pictures.small)
print("large:", pictures.large, "(in colour)")

# %% [markdown]
r"""
## Exercise 1.7. Count the weights of a picture

A dense layer on your `small` picture: `grey weights` (without biases), `grey` and `colour` (with biases). On your `large` picture in colour, with biases: the number of parameters (`large`), and how many `megabytes` they take at 4 bytes each, rounded to half a percent; a megabyte may be 10⁶ or 2²⁰ bytes. (2 points, 10 minutes, ●○○ easy)

Example: 8×8 grey pixels and 10 units have 640 weights, with biases 650 parameters.

<details><summary>Hint</summary>
How many numbers does one unit read, and what does it add to its sum?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "picture-weights", "locked": false, "schema_version": 3, "solution": true}
counts = {
    "grey weights": None,
    "grey": None,
    "colour": None,
    "large": None,
    "megabytes": None,
}
### BEGIN SOLUTION
counts = {
    "grey weights": 20_000_000,
    "grey": 20_000_500,
    "colour": 60_000_500,
    "large": 921_601_000,
    "megabytes": 3686,
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "picture-weights-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.picture_weights.check(counts)

# %% [markdown]
r"""
Such counts stand for three problems: memory, time, and the examples that are needed to set so many numbers. Lab 05, *Slide a kernel over an image*, has the answer, convolution. More to count: `lab.picture_weights.practice()`.

<details><summary>If you know the slides, and your answers stand</summary>
The "20 million" of the first lecture are the weights of a <em>grey</em> picture, without biases. The second lecture rounds 921,601,000 parameters and puts an exclamation mark behind them.
</details>
"""

# %% [markdown]
r"""
## 7 The recipe card

What you did with the days is a recipe, and it is the same for every network in this course. Its ingredients:

| ingredient | in section 4 |
|---|---|
| **data**, prepared | days; hours standardised to mean 0 and spread 1 |
| **model** with its structure | one linear neuron |
| **parameters**, learned | w and b |
| **hyper-parameters**, set before | the learning rate, the number of steps |
| **loss**, what training makes small | mean squared error |
| **metric**, what people care about | here the same; in Lab 04 the share of right answers |
| **optimisation** | gradient descent |
"""

# %% [markdown]
r"""
As a formula: find the parameters θ with the least average loss on the training data,

$$\theta^* = \arg\min_\theta \frac{1}{N} \sum_{i=1}^{N} \ell\,(f_\theta(x_i), y_i)$$

This is called **empirical risk minimisation** (ERM). *Empirical* is the warning in the name: it is the loss on the examples you have. A table that remembers everything has none at all, and section 1 showed what it is worth on a new day.
"""

# %%
lab.recipe_card

# %% [markdown]
r"""
## Exercise 1.8. Sort the recipe

Answer the three questions above with the keys in front of the options: `a` and `c` with one key each, `b` with a box for each card. (2 points, 10 minutes, ●○○ easy)

Example: a card "momentum" would go under `'hyper-parameter'`: you set it before training starts.

<details><summary>Hint</summary>
For each card: does training change it, do you set it, does it judge, or does it improve?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "recipe-card", "locked": false, "schema_version": 3, "solution": true}
recipe = {
    "a": None,
    "b": {
        "weights": None,
        "biases": None,
        "learning rate": None,
        "number of layers": None,
        "units in a layer": None,
        "batch size": None,
        "mean squared error": None,
        "accuracy": None,
        "gradient descent": None,
        "stochastic gradient descent": None,
    },
    "c": None,
}
### BEGIN SOLUTION
set_before = ["learning rate", "number of layers", "units in a layer", "batch size"]
recipe = {
    "a": "nothing",
    "b": dict.fromkeys(["weights", "biases"], "parameter")
    | dict.fromkeys(set_before, "hyper-parameter")
    | dict.fromkeys(["mean squared error", "accuracy"], "metric")
    | dict.fromkeys(["gradient descent", "stochastic gradient descent"], "optimiser"),
    "c": "remembered",
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "recipe-card-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.recipe_card.check(recipe)

# %% [markdown]
r"""
## 8 How large a step?

Too small a learning rate takes for ever. Too large a one overshoots, further at each step. Three walks over the loss, as a map with w to the right and b upwards: from the black square towards the star, the minimum.
"""

# %%
ways = {
    f"learning rate {rate}": descend(
        standardised, days.temperature, learning_rate=rate, steps=25
    )[:2]
    for rate in (0.03, 0.4, 0.8)
}
figures.show(figures.plot_round_descent(standardised, days.temperature, ways))

# %% [markdown]
r"""
How PyTorch finds the gradients is Lab 03. The hours as they are make another map: a long narrow valley, steep across and flat along. The largest step that does not overshoot is decided by the steepest direction, and the flattest then takes the longest.
"""

# %%
ways = {
    f"learning rate {rate}": descend(
        days.hours, days.temperature, learning_rate=rate, steps=25
    )[:2]
    for rate in (0.001, 0.005, 0.01)
}
figures.show(figures.plot_valley_descent(days, ways))

# %% [markdown]
r"""
Now days and rates of your own, drawn by a computer, for the raw hours and for the standardised ones. A rate **converges** if the loss settles at its least value, however long that takes and however much it wobbles; it **diverges** if the loss grows without end.
"""

# %%
trial = lab.largest_rate.question
raw, heat = np.array(trial.hours), np.array(trial.temperature)
inputs = {"raw": raw, "standardised": (raw - raw.mean()) / raw.std()}
for kind, hours in inputs.items():
    print(f"{kind}: loss after 0, 20, 100 and 200 steps")
    for tried in trial.rates:
        left = descend(hours, heat, learning_rate=tried, steps=200).loss
        print(f"  rate {tried:<7g}", *(f"{left[at]:10.3g}" for at in (0, 20, 100, 200)))

# %% [markdown]
r"""
## Exercise 1.9. Find the largest rate

From the rates in the table, give the largest with which gradient descent still converges: for the `raw` and for the `standardised` hours. (2 points, 10 minutes, ●●○ medium)

Example: if the table had its first two rates only, the second would be the answer for the raw hours. Its loss has not settled after 200 steps, but it keeps going down.

<details><summary>Hint</summary>
Is the fastest rate of a column also the largest that gets there?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "largest-rate", "locked": false, "schema_version": 3, "solution": true}
largest = {"raw": None, "standardised": None}
### BEGIN SOLUTION
largest = {"raw": 0.02, "standardised": 0.9}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "largest-rate-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.largest_rate.check(largest)

# %% [markdown]
r"""
Now watch it, for the standardised hours: move the slider from the smallest rate to the largest. Where does the walk begin to jump across the star, and where does it get lost?
"""

# %%
widgets.explore_descent(
    standardised,
    days.temperature,
    rates=[0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.03],
    index=2,
)

# %% [markdown]
r"""
Standardised inputs make the valley round, so one rate suits both directions, and it may be large. That is what it is good for to bring inputs to mean 0 and spread 1. The limit is 2 divided by the largest curvature of the loss; you will meet curvature again when a network will not train.

<details><summary>If you know the slides</summary>
They call it "preprocessing N(0,1)".
</details>
"""

# %% [markdown]
r"""
## 9 A few days at a time

**Further:** worth nothing, and nothing else needs it.

Every step so far looked at all 1,461 days. Must it? A gradient from a few days, drawn by chance, points the same way on average, and costs a fraction. It also wobbles. Here is the slope by w at the line 0, from many such **batches**.
"""

# %%
rng = np.random.default_rng(0)
for size in (1, 4, 16, 64):
    drawn = rng.integers(0, len(standardised), (5000, size))
    slopes = -2 * np.mean(standardised[drawn] * days.temperature[drawn], axis=1)
    print(
        f"batches of {size:>2}: mean {slopes.mean():6.1f}, spread {slopes.std():5.1f}"
    )

# %% [markdown]
r"""
The mean stays, the spread halves each time the batch grows fourfold: a mean of B independent numbers spreads with $1/\sqrt{B}$. So what pays better, a few exact steps or many rough ones? **Mini-batch SGD** deals the shuffled days into batches and takes a step after each; one pass through all days is an **epoch**.
"""

# %% [markdown]
r"""
## Exercise 1.10. Walk in batches

**Further:** worth nothing, and nothing else needs it.

Write `sgd_epoch(x, y, w, b, lr, order, size)`: one pass through the examples x, y (N,), from the line $w x + b$. `order` (N,) holds their positions, shuffled. Cut it into batches of `size`; the last may be shorter, and `size` may be above N. After each batch take one step against the gradient of *that batch's* mean squared error. Return (w, b). (0 points, 20 minutes, ●●○ medium)

Example: x = (1, 2, 4), y = (3, 5, 6), w = 2, b = 0.5, a rate of 0.1, the order (2, 0, 1) and batches of 2. The first batch holds the third example and the first: its slopes by w and b are 9.5 and 2, so w becomes 1.05 and b 0.3.

<details><summary>Hint</summary>
At which line does the second batch take its gradient?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "sgd-epoch", "locked": false, "schema_version": 3, "solution": true}
def sgd_epoch(x, y, w, b, lr, order, size):
    """Return (w, b) after one pass through the examples, in batches of size, in this order."""
    ### BEGIN SOLUTION
    for start in range(0, len(order), size):
        batch = order[start : start + size]
        errors = w * x[batch] + b - y[batch]
        dw, db = 2 * np.mean(errors * x[batch]), 2 * np.mean(errors)
        w, b = w - lr * dw, b - lr * db
    return w, b
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sgd-epoch-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.sgd_epoch.check(sgd_epoch)
### BEGIN HIDDEN TESTS
lab.sgd_epoch.check_hidden(sgd_epoch, seed=97)
### END HIDDEN TESTS

# %% [markdown]
r"""
Now the experiment, with your function: five epochs, a rate of 0.1, batches of 1, 16, 128 and all 1,461 days. Write down before you run it: after five epochs, which size is nearest to the best line, and which is furthest away?
"""

# %%
guess = {"nearest": None, "furthest": None}

# %%
if lab.sgd_epoch.is_written(sgd_epoch):
    curves = experiments.try_batch_sizes(sgd_epoch, standardised, days.temperature)
    figures.show(figures.plot_batch_sizes(curves))
    print("your guess:", *(f"{name} {size}" for name, size in guess.items() if size))
    for size, above in curves.items():
        print(f"batches of {size:>4}: {above[-1]:7.3f} above the best line's MSE")

# %% [markdown]
r"""
<details><summary>What the four walks show, once yours have run</summary>
All days at once take five steps in five epochs, and are not there yet. One day at a time takes 7,305 steps, gets near within an epoch and then is thrown about by every odd day, for ever: the wobble does not shrink with the distance. In between, 128 days take 60 steps and end within 0.1 of the best. A smaller rate would calm the smaller batches: size and rate belong together.
</details>
"""

# %% [markdown]
r"""
Here are numbers of your own.
"""

# %%
lab.batch_size

# %% [markdown]
r"""
## Exercise 1.11. Count steps, weigh noise

**Further:** worth nothing, and nothing else needs it.

For your numbers: the `steps` of one epoch, how many examples are in its `last` batch, and how many times `calmer` the gradient of the larger batch is than that of the smaller one: the ratio of their spreads. (0 points, 5 minutes, ●○○ easy)

Example: 10 examples in batches of 4 make 3 steps, the last with 2 examples; a batch of 64 is 4 times calmer than one of 4.

<details><summary>Hint</summary>
By what was the spread divided in the table, when the batch grew fourfold?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "batch-size", "locked": false, "schema_version": 3, "solution": true}
batches = {"steps": None, "last": None, "calmer": None}
### BEGIN SOLUTION
batches = {"steps": 46, "last": 21, "calmer": 5}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "batch-size-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.batch_size.check(batches)

# %% [markdown]
r"""
## 10 Recall and practice

Answer aloud, then open.

<details><summary>Inputs (1, 2, 3), weights (2, 0, −1), bias 4: what is z?</summary>
$4 + 2 + 0 - 3 = 3$.
</details>

<details><summary>Which shape has the weight of a dense layer from 3 to 5 units in PyTorch?</summary>
(5, 3): units first. It computes x @ weight.T + bias.
</details>

<details><summary>Why does the bias not have the shape (N,)?</summary>
Its numbers belong to the units, and N is the number of examples, which may change with every batch.
</details>

<details><summary>Two linear layers without activation: what can they compute that one cannot?</summary>
Nothing. $W_2 W_1$ and $W_2 b_1 + b_2$ do the same in one layer.
</details>

<details><summary>What is the difference between a parameter and a hyper-parameter?</summary>
Training changes the first. You set the second.
</details>
"""

# %% [markdown]
r"""
Practise until it is easy: `lab.hand_neuron.practice()`, `lab.network_shapes.practice()` with its two topics, `lab.picture_weights.practice()`.
"""

# %%
lab.network_shapes.practice(3)

# %% [markdown]
r"""
**In this lab you have**

- computed a neuron by hand and said which shapes a layer takes and gives, before running it;
- trained a neuron with small steps against the gradient;
- told what a stack of linear layers can do, and how many weights a layer has.

**On your own** (not graded): give the neuron of section 4 a second input, `days.rain`, or the hours of thirty days before (summer's heat comes after its light). By how much does the error on a usual day fall? Next: Lab 02, *Bend a line with hidden units*, where a bend between the layers changes everything.
"""
