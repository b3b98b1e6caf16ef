# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
r"""
# Bend a line with hidden units
"""

# %% [markdown]
r"""
**You will** build the three classic activation functions with their slopes, and a forward pass that shows what a hidden layer does to its inputs.

**You will learn** to

- compute sigmoid, tanh and ReLU for any number, and say where their slopes vanish;
- predict what becomes of a gradient on its way through ten layers;
- set the weights of small networks by hand, and say which regions they can make.

**You need** NumPy arrays and, from Lab 01, *Build a neuron, and a layer of them*, the dense layer. Time: about 150 minutes, and 20 more for what is marked *Further*, with a good place to stop after section 4.
"""

# %% [markdown]
r"""
| letter | meaning | in code |
|---|---|---|
| N, D | examples in a batch, numbers in an example | `N, D = X.shape` |
| H | units of a hidden layer | `H, D = W.shape` |
| z | pre-activation: weighted sum plus bias | `z = X @ W.T + b` |
| g, σ | any activation function, the sigmoid | `act`, `sigmoid` |
| L | number of layers | `len(params)` |

Weights are kept as PyTorch keeps them, a row for each unit of the new layer: `W` is (H, D), `b` is (H,).
"""

# %%
import numpy as np
import torch

from course_utils.labs import activations
from course_utils.labs.activations import figures, widgets
from course_utils.labs.activations.experiments import (
    deep_net,
    interval_data,
    train_interval,
)
from course_utils.labs.activations.garments import train_garments
from course_utils.runtime import seed_everything

seed_everything(0)

# %% [markdown]
r"""
**Your own numbers.** Write your student id between the quotes, as your instructor knows it. Some questions then use numbers of your own. With an empty id you get the numbers that are printed in this lab.
"""

# %%
student_id = ""

# %% nbgrader={"grade": false, "grade_id": "lab", "locked": true, "schema_version": 3, "solution": false}
lab = activations.for_student(student_id)
lab

# %% [markdown]
r"""
## 1 Which curve is which?

A unit adds up its inputs, $z = w \cdot x + b$, and passes the sum through an **activation function** g. Here are three of them. One never goes below 0 and never stops rising. One answers 0.5 to z = 0. One answers −1 to very negative sums. Which is which? Decide before you go on.
"""

# %%
figures.show(figures.plot_three_curves())

# %% [markdown]
r"""
<details><summary>Which is which?</summary>
A is ReLU, the <em>rectified linear unit</em>; B the sigmoid; C tanh, the hyperbolic tangent.
</details>
"""

# %% [markdown]
r"""
Lab 01 has shown why there must be one of them at all: layers without an activation collapse into a single layer. All three *bend*, and this lab is about what a bend is good for, and what it costs.
"""

# %% [markdown]
r"""
## 2 Three functions and their slopes

| function | formula | values |
|---|---|---|
| sigmoid | $\sigma(z) = 1 / (1 + e^{-z})$ | between 0 and 1 |
| tanh | $\tanh(z) = (e^z - e^{-z}) / (e^z + e^{-z})$ | between −1 and 1 |
| ReLU | $\max(0, z)$ | 0 and above |

Training moves weights along slopes, so the slope of g matters as much as g. Two slopes can be written with the function's own *value*: for $a = \sigma(z)$ the slope at z is $a\,(1 - a)$, and for $a = \tanh(z)$ it is $1 - a^2$. ReLU has slope 0 on the left and 1 on the right.
"""

# %%
figures.show(figures.plot_curves_and_slopes())

# %% [markdown]
r"""
Where sigmoid and tanh run flat they are **saturated**: the slope is nearly 0, and a weight behind such a unit hardly learns. Exactly at 0 ReLU has a corner and no slope. PyTorch takes 0 there, and so does this lab. Move the tangent: where is the sigmoid steepest, and how steep?
"""

# %%
widgets.explore_curves("sigmoid")

# %% [markdown]
r"""
Sigmoid and tanh are one curve in two sizes: $\tanh(z) = 2\,\sigma(2z) - 1$. A few values follow without a calculator. Since $e^{-\ln 2} = 1/2$, the sigmoid of $\ln 2$ is $1 / (1 + 1/2) = 2/3$.
"""

# %%
z = torch.tensor([np.log(2), 0.7])
print("sigmoid of ln 2:       ", torch.sigmoid(z[0]).item())
print("tanh of 0.7:           ", torch.tanh(z[1]).item())
print("2 sigmoid(1.4) minus 1:", (2 * torch.sigmoid(2 * z[1]) - 1).item())

# %% [markdown]
r"""
You need not believe a formula for a slope. Move z by a tiny step to both sides and see how the value moves: a **finite difference**. It agrees with $1 - \tanh^2$ in nine digits or more.
"""


# %%
def finite_difference(function, z, step=1e-5):
    """Return the slope of a function at each number of z, measured."""
    return (function(z + step) - function(z - step)) / (2 * step)


for point in (-1.0, 0.0, 0.7):
    slope = 1 - np.tanh(point) ** 2
    print(f"{finite_difference(np.tanh, point):.12f}   {slope:.12f}")

# %% [markdown]
r"""
## 3 Numbers that break naive formulas

The formulas are right, and yet a computer fails on them. The largest number that 64 bits can hold is about $e^{709}$. Here are three ways to type a formula, for a large and a very negative sum.
"""

# %%
z = np.array([1000.0, -1000.0])
with np.errstate(all="ignore"):  # without this line, NumPy warns
    print("1 / (1 + e^-z)     ", 1 / (1 + np.exp(-z)))
    print("e^z / (1 + e^z)    ", np.exp(z) / (1 + np.exp(z)))
    print("tanh, as it stands ", (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)))
    print("e^1000, e^-1000    ", np.exp(z))

# %% [markdown]
r"""
`nan` is what infinity divided by infinity gives. The first way gives right numbers, but only because 1 / infinity happens to be 0; NumPy warns of the overflow on the way. The cure is the last line: $e^{-1000}$ is a harmless 0. An exponential is safe as long as its **exponent is never positive**.
"""

# %% [markdown]
r"""
## Exercise 2.1. Three functions that never overflow

Write `sigmoid(z)`, `tanh(z)` and `relu(z)` for arrays of any shape, also () and (0,), from `np.exp`, `np.abs`, `np.where`, `np.maximum` and the like, without a ready-made `np.tanh` (nor SciPy's or PyTorch's functions of these kinds). For z = ±1000 they give finite numbers and **no warning**; float32 in, float32 out; the array that comes in stays as it is. (3 points, 20 minutes, ●●○ medium)

Example: `relu(np.array([[-2.0, 3.0]]))` is [[0, 3]].

<details><summary>Hint</summary>
Which of $e^z$ and $e^{-z}$ is at most 1 for a negative z? And which for both signs, if you write $-|z|$?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "three-functions", "locked": false, "schema_version": 3, "solution": true}
def sigmoid(z):
    """Return 1 / (1 + e^-z) for each number of z."""
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(z))  # at most 1
    return np.where(z >= 0, 1, e) / (1 + e)
    ### END SOLUTION


def tanh(z):
    """Return the hyperbolic tangent of each number of z."""
    ### BEGIN SOLUTION
    return 2 * sigmoid(2 * z) - 1
    ### END SOLUTION


def relu(z):
    """Return each number of z, 0 in place of the negative ones."""
    ### BEGIN SOLUTION
    return np.maximum(z, 0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "three-functions-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.three_functions.check(sigmoid, tanh, relu)
### BEGIN HIDDEN TESTS
lab.three_functions.check_hidden(sigmoid, tanh, relu, seed=2021)
### END HIDDEN TESTS

# %% [markdown]
r"""
Each function is worth a point. Stuck? `lab.three_functions.hint()` shows a hint, and the next one each time you run it. After the last one `sigmoid, tanh, relu = lab.three_functions.rescue()` in a cell of your own lends you PyTorch's: they serve the next exercise, and earn nothing in this one.
"""

# %% [markdown]
r"""
## Exercise 2.2. Their slopes

Write `d_sigmoid(z)`, `d_tanh(z)` and `d_relu(z)`: the slope at each number of z, an array of the same shape. `z` is the sum, not the activation. Take 0 for ReLU at 0. For z = ±1000 the slopes are finite, too, and come without a warning; z itself stays as it is. (2 points, 10 minutes, ●●○ medium)

Example: `d_tanh(np.array([0.0]))` is [1]. You can test yours with `finite_difference(tanh, z)`.

<details><summary>Hint</summary>
In $a\,(1 - a)$, is a the z that comes in, or something that you must compute first?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "three-slopes", "locked": false, "schema_version": 3, "solution": true}
def d_sigmoid(z):
    """Return the slope of the sigmoid at each number of z."""
    ### BEGIN SOLUTION
    return sigmoid(z) * (1 - sigmoid(z))
    ### END SOLUTION


def d_tanh(z):
    """Return the slope of tanh at each number of z."""
    ### BEGIN SOLUTION
    return 1 - tanh(z) ** 2
    ### END SOLUTION


def d_relu(z):
    """Return the slope of ReLU at each number of z, 0 at 0."""
    ### BEGIN SOLUTION
    return np.where(z > 0, 1.0, 0.0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "three-slopes-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.three_slopes.check(d_sigmoid, d_tanh, d_relu)
### BEGIN HIDDEN TESTS
lab.three_slopes.check_hidden(d_sigmoid, d_tanh, d_relu, seed=3022)
### END HIDDEN TESTS

# %% [markdown]
r"""
## 4 Slopes multiply

In a deep network a gradient comes back from the last layer to the first. At every layer it is multiplied by the slope of that layer's activation (the chain rule, Lab 03). So with a sigmoid in every layer there is a bound, whatever the sums are: no factor is larger than the top of the sigmoid's bump in section 2. Here are your numbers for an exercise by hand.
"""

# %%
mine = lab.sigmoid_by_hand.question
print(f"a) z = 0    b) z = ln {mine.p}    c) z = -ln {mine.q}")
print(f"σ(2z) = {mine.doubled}    number of sigmoids in a row: {mine.layers}")

# %% [markdown]
r"""
## Exercise 2.3. Sigmoids by hand

Without code: σ at your points `a`, `b` and `c`; the `largest slope` that the sigmoid has anywhere; `tanh` of that z for which σ(2z) is printed above; and the `bound`, the largest number by which the slopes of your row of sigmoids can multiply a gradient. Two decimals will do; for the bound two digits, such as `1.2e-5`. (2 points, 10 minutes, ●○○ easy)

Example: σ(ln 2) is 2/3; if σ(2z) is 0.5, then tanh(z) is 0.

<details><summary>Hint</summary>
What is $e^{-\ln 3}$? For which a is $a\,(1 - a)$ largest?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "sigmoid-by-hand", "locked": false, "schema_version": 3, "solution": true}
numbers = {
    "a": None,
    "b": None,
    "c": None,
    "largest slope": None,
    "tanh": None,
    "bound": None,
}
### BEGIN SOLUTION
numbers = {
    "a": 0.5,
    "b": 0.75,
    "c": 0.2,
    "largest slope": 0.25,
    "tanh": 0.8,
    "bound": 9.54e-7,
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "sigmoid-by-hand-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.sigmoid_by_hand.check(numbers)

# %% [markdown]
r"""
<details><summary>What the bound means, once yours stands</summary>
Ten sigmoids let through less than a millionth, whatever the sums are.
</details>
"""

# %% [markdown]
r"""
A gradient that becomes smaller with every layer is called the **vanishing gradient**. For more questions of these kinds: `lab.sigmoid_by_hand.practice()`, with three topics to choose from at its top.
"""

# %%
question = lab.sigmoid_by_hand.practice(7)
question

# %% [markdown]
r"""
Type your answer, then Enter; `question.answer(0.5)` in a cell does the same. Without the 7, each call draws another question.
"""

# %% [markdown]
r"""
The weights multiply the gradient as well, so small slopes are half the story. `deep_net(scale)` sends a batch through ten tanh layers of 64 units with random weights of standard deviation $\text{scale} / \sqrt{64}$, and a gradient back. It returns `activations` and `gradients` (by the sums z), an array for each layer. The **size** of a gradient is its root mean square.
"""

# %%
net = deep_net(scale=2)
share = np.mean([np.abs(h) > 0.99 for h in net.activations])
size = [np.sqrt((g**2).mean()) for g in net.gradients]
print(f"saturated units: a share of {share:.3f} in all ten layers")
print(f"gradient at the first layer / at the last: {size[0] / size[-1]:.2f}")

# %% [markdown]
r"""
At scale 2 about one tanh in eleven is saturated (beyond ±0.99), and the gradient at the first layer is a few times larger than at the last. With much smaller or much larger weights the picture is another one.
"""

# %%
flow = {}
for scale in (0.25, 2, 8):
    gradients = deep_net(scale).gradients
    flow[f"scale {scale}"] = [np.sqrt((g**2).mean()) for g in gradients]
figures.show(figures.plot_three_scales(flow))

# %% [markdown]
r"""
Small weights starve the first layers; large weights flood them, which is the **exploding gradient**. Try other scales, and other activations. Which two activations keep their gradient at the scale 1.4, and which loses it at every scale?
"""

# %%
widgets.explore_gradient_flow(deep_net)

# %% [markdown]
r"""
ReLU does not saturate on the right. On the left it has its own trouble: where a sum is negative for **every** example, the slope is always 0, no gradient reaches the unit's weights, and by itself it never comes back. It is **dead**. Here are 200 units that a bad update has pushed down by −3.
"""

# %%
generator = torch.Generator().manual_seed(0)
inputs = torch.randn(1000, 4, generator=generator)
layer = torch.nn.Linear(4, 200)
for push in (0, -1, -3):
    torch.nn.init.constant_(layer.bias, push)
    dead = (layer(inputs) <= 0).all(dim=0)
    print(f"bias {push}: {int(dead.sum())} of 200 units are dead")

# %% [markdown]
r"""
Now you. The three scales are 0.5, 1 and 4, in this order.

## Exercise 2.4. Ten layers deep

Run `deep_net` at the scales 0.5, 1 and 4. Give `saturated`, the three shares of saturated tanh units; `ratio`, the three sizes of the gradient at the first layer divided by the last (shares to 0.01, ratios to 5 %); the `steady scale`, the one whose ratio lies between 0.1 and 10; and whether `at scale 4` the gradient "grows" or "shrinks" on its way back, although so many units are saturated. (2 points, 10 minutes, ●●○ medium)

Example: at scale 2 the share is 0.089 and the ratio about 3.5.

<details><summary>Hint</summary>
Which lines of the cells above count and measure for scale 2? What must change in them?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "deep-gradients", "locked": false, "schema_version": 3, "solution": true}
deep = {
    "saturated": (None, None, None),
    "ratio": (None, None, None),
    "steady scale": None,
    "at scale 4": None,
}
### BEGIN SOLUTION
deep = {
    "saturated": (0.0, 0.001, 0.46),
    "ratio": (0.00161, 0.272, 48.4),
    "steady scale": 1,
    "at scale 4": "grows",
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "deep-gradients-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.deep_gradients.check(deep)

# %% [markdown]
r"""
<details><summary>What follows for the first weights, once your answers stand</summary>
They are drawn with a standard deviation near $1 / \sqrt{\text{number of inputs}}$: sums stay where the slopes are not small, and the product of weights and slopes stays near 1. ReLU, which silences half of its sums, needs $\sqrt{2}$ times as much.
</details>
"""

# %% [markdown]
r"""
**A good place to stop.** Save the notebook. Next time, run all cells up to here and go on.
"""

# %% [markdown]
r"""
## 5 A hidden layer redraws the space

So much for the cost. What does a bend buy? Take points on a line: class 1 is the middle, up to a third on either side of 0; class 0 lies beyond two thirds; between them are gaps. One cut on the line cannot separate them. Two tanh units look at each point: their two answers are a place in a plane.
"""

# %%
x, y = interval_data()
slopes, biases = np.array([3.0, -3.0]), np.array([1.5, 1.5])
hidden = torch.tanh(torch.tensor(x[:, None] * slopes + biases)).numpy()
figures.show(figures.plot_bent_line(x, y, hidden))

# %% [markdown]
r"""
The thread in the right panel is the line, bent. Its order is unchanged, no point is lost, but now **one straight cut** is enough. This is how a network with hidden layers can be read: the earlier layers change the *representation*, and the last layer is a plain linear classifier (logistic regression, Lab 04) on what it gets. Networks are called *feature transformers* for this reason.
"""

# %% [markdown]
r"""
As a formula, with PyTorch's weights (out, in) and examples in rows, the forward pass of two layers is

$$H = g(X W_1^\top + b_1), \qquad O = H W_2^\top + b_2,$$

in code `H = act(X @ W1.T + b1)`. The last layer gets a function of its own, which depends on the task (section 8). Until then it has none.

<details><summary>If you know the slides</summary>
They write $h = g(W_1^\top x + b_1)$ and $o = g(W_2^\top h + b_2)$: weights (in, out), one example as a column, and the same g at the output, where it need not be.
</details>
"""

# %% [markdown]
r"""
## Exercise 2.5. A forward pass that keeps everything

Write `mlp_forward(X, params, act)`. `X` is (N, D); `params` is a list of pairs `(W, b)`, one for each layer, `W` (out, in) and `b` (out,); `act` is a function for arrays. Return the **list** of all activations: `X` itself, each hidden layer, the output. The last layer gets no activation; X, the list `params` and the weights stay as they are. (3 points, 15 minutes, ●●○ medium)

Example: with one layer, `W = [[2]]` and `b = [1]`, the batch `X = [[3]]` gives the list [[[3]], [[7]]], whatever `act` is.

<details><summary>Hint</summary>
How does your loop know that it is at the last pair? Which entry of the list does a layer start from?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "mlp-forward", "locked": false, "schema_version": 3, "solution": true}
def mlp_forward(X, params, act):
    """Return the activations of all layers, the input first: a list of arrays (N, ...)."""
    ### BEGIN SOLUTION
    activations = [X]
    for W, b in params[:-1]:
        activations.append(act(activations[-1] @ W.T + b))  # (N, out)
    W, b = params[-1]
    return [*activations, activations[-1] @ W.T + b]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mlp-forward-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.mlp_forward.check(mlp_forward)
### BEGIN HIDDEN TESTS
lab.mlp_forward.check_hidden(mlp_forward, seed=606)
### END HIDDEN TESTS

# %% [markdown]
r"""
Now fold the line yourself. Entry 1 of *your* list is the plane on the right; until your function is written, PyTorch's numbers stand in. It starts without a fold: both units have the same corner. Find settings for tanh, then for ReLU. What can `identity` do to the thread, and what not?
"""

# %%
my_forward = mlp_forward if lab.mlp_forward.is_written(mlp_forward) else None
widgets.explore_folding(x, y, your_mlp_forward=my_forward)

# %% [markdown]
r"""
Without a bend the thread stays straight: it can be turned and stretched, never folded, and no cut in the plane does more than a cut on the line. With ReLU both units must have their corner *inside* the line; beyond its ends a unit is dead or does not bend.
"""

# %% [markdown]
r"""
## 6 Half-planes, convex regions, unions

What regions can a network say yes to? Take **step** units, which answer 1 where their sum is above 0, and 0 elsewhere. One unit on two inputs splits the plane along a straight line (a *hyperplane*, in more dimensions) and says yes on one side: a half-plane. Further layers combine such answers.
"""

# %%
line = [([[1, 1]], [0])]
square = ([[1, 0], [-1, 0], [0, 1], [0, -1]], [1, 1, 1.5, 1.5])
both = [square, ([[1, 1, 1, 1]], [-3.5])]
two = [square, ([[1, 1, 0, 0], [0, 0, 1, 1]], [-1.5, -1.5]), ([[1, 1]], [-0.5])]
deeper = [*two[:2], ([[1, 1], [-1, -1]], [-0.5, 1.5]), ([[1, 1]], [-1.5])]
figures.show(figures.plot_four_networks(line, both, two, deeper))

# %% [markdown]
r"""
The rectangle is four half-planes joined by AND: the output unit adds four answers and asks whether the sum passes 3.5. The cross is two strips joined by OR. The last net says yes where exactly one of the strips does.

There is a slogan on such pictures, also on the slides: *no hidden layer, a half-plane; one, a convex region, open or closed; two, combinations of convex regions.* A region is **convex** if, for any two of its points, everything between them belongs to it.
"""

# %% [markdown]
r"""
One of the three statements is not true as it stands. To find out which, set some weights yourself. For a triangle, each edge gives a half-plane. The edge from A to B has the direction $d = B - A$; turned by a quarter it is $n = (-d_2, d_1)$, and $n \cdot (x - A)$ is 0 on the edge, positive on one side, negative on the other. Which side the triangle is on depends on the order of its vertices.
"""

# %%
A, B, C = np.array([0.0, 0.0]), np.array([4.0, 1.0]), np.array([1.0, 3.0])
d = B - A
n = np.array([-d[1], d[0]])
print("n =", n, " at C:", n @ (C - A))
print("at the point (1, -2):", n @ (np.array([1, -2]) - A))

# %% [markdown]
r"""
## Exercise 2.6. Weights by hand

Write `xor_net()`, a 2-2-1 net (hidden units step or ReLU, the check tries both), and `triangle_net(vertices)`, a 2-3-1 net of step units that says yes inside the triangle `vertices` (3, 2). Both return `[(W1, b1), (W2, b2)]`; the output says yes where its sum is above 0. (3 points, 20 minutes, ●●● hard)

Example: `[([[1, 0], [0, 1]], [-0.5, -0.5]), ([[1, 1]], [-1.5])]` says yes at (1, 1) only: AND.

<details><summary>Hint</summary>
At how many corners is $x_1 + x_2$ above 0.5? And above 1.5? For the triangle: which vertex tells you the sign of an edge's half-plane?
</details>
"""

# %% [markdown]
r"""
In steps, or at once, as you like. The cell below your answer says which steps are right, and which comes next.

1. **XOR.** `xor_net()` says yes at (0, 1) and (1, 0), and no at (0, 0) and (1, 1). (5 minutes)
2. **Margin.** The same answers where each input is up to 0.1 off. (2 minutes)
3. **Three lines.** `triangle_net(vertices)`: each hidden unit's line lies on an edge; sides and output may still be wrong. (7 minutes)
4. **Inwards.** Each hidden unit says yes on the triangle's side, for vertices in either order. (4 minutes)
5. **All three.** The output says yes where all three hidden units do. (2 minutes)
"""


# %% nbgrader={"grade": false, "grade_id": "weights-by-hand", "locked": false, "schema_version": 3, "solution": true}
def xor_net():
    """Return [(W1 (2, 2), b1 (2,)), (W2 (1, 2), b2 (1,))]."""
    ### BEGIN SOLUTION
    hidden = np.array([[1, 1], [1, 1]]), np.array([-0.5, -1.5])
    output = np.array([[1, -1]]), np.array([-0.5])
    return [hidden, output]
    ### END SOLUTION


def triangle_net(vertices):
    """Return [(W1 (3, 2), b1 (3,)), (W2 (1, 3), b2 (1,))] for vertices (3, 2)."""
    ### BEGIN SOLUTION
    normals, offsets = [], []
    for i in range(3):
        start, end, third = vertices[i], vertices[(i + 1) % 3], vertices[(i + 2) % 3]
        normal = np.array([start[1] - end[1], end[0] - start[0]])
        normal = normal * np.sign(normal @ (third - start))  # look at the third vertex
        normals.append(normal)
        offsets.append(-normal @ start)
    return [
        (np.array(normals), np.array(offsets)),
        (np.ones((1, 3)), np.array([-2.5])),
    ]
    ### END SOLUTION


# %%
lab.weights_by_hand.step(xor_net, triangle_net)  # what is right, and what comes next

# %% nbgrader={"grade": true, "grade_id": "weights-by-hand-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.weights_by_hand.check(xor_net, triangle_net)
### BEGIN HIDDEN TESTS
lab.weights_by_hand.check_hidden(xor_net, triangle_net, seed=88)
### END HIDDEN TESTS

# %% [markdown]
r"""
You have joined three half-planes by AND: all three must say yes. The figure does it with four, with three of them and with two: the region is closed or open, and convex each time.
"""

# %%
weight, bias = np.array([[1, 0], [-1, -0.6], [0.3, 1], [0.4, -1]]), [1, 1.2, 1.2, 1.6]
nets = [[(weight[:H], bias[:H]), (np.ones((1, H)), [0.5 - H])] for H in (4, 3, 2)]
figures.show(figures.plot_joined_half_planes(nets))

# %% [markdown]
r"""
Paint for yourself: switch half-planes on and off, and choose how many must say yes. Everything you can paint here is a net with **one** hidden layer.
"""

# %%
widgets.explore_regions()

# %% [markdown]
r"""
## Exercise 2.7. Refute the slogan

"A network with one hidden layer makes convex regions." Give a counterexample: `params`, a net with one hidden layer of step units (any number) and one output, `[(W1, b1), (W2, b2)]`, and two points `p` and `q` at which its output is positive, while at the point **halfway between them** it is not. (2 points, 10 minutes, ●●● hard)

Example of the form, which refutes nothing: `[([[1, 0]], [0]), ([[1]], [-0.5])]` with p = (1, 0) and q = (2, 0) is positive at both points, and at (1.5, 0) as well.

<details><summary>Hint</summary>
Which two half-planes have no point in common? What does the output unit need, so that either of them is enough?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "refute-convexity", "locked": false, "schema_version": 3, "solution": true}
counterexample = {"params": None, "p": None, "q": None}
### BEGIN SOLUTION
counterexample = {
    "params": [([[1, 0], [-1, 0]], [-1, -1]), ([[1, 1]], [-0.5])],
    "p": (2, 0),
    "q": (-2, 0),
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "refute-convexity-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.refute_convexity.check(counterexample)

# %% [markdown]
r"""
<details><summary>How the slogan is mended, once your counterexample stands</summary>
One hidden layer gives a convex region <strong>if the output unit joins its half-planes by AND</strong>. With OR it gives a union, which need not be convex. Two hidden layers are <em>sufficient</em> for unions of convex regions, not necessary.
</details>
"""

# %% [markdown]
r"""
A single hidden layer that is wide enough comes as close as you like to any continuous function on a bounded region; what depth buys is needing fewer units.
"""

# %% [markdown]
r"""
## 7 Does training find the fold?

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

That weights exist is one thing, that training finds them another. `train_interval(name)` trains a net with two hidden units on the interval task, from ten random starts, and returns for each run the share of points on the right side. There are gaps between the classes, so that no point lies on a border.

<details><summary>If you know the slides</summary>
The comment in the lecture's own notebook has gaps between the classes, its code has not.
</details>
"""

# %%
print("sigmoid:", train_interval("sigmoid"))

# %% [markdown]
r"""
A run has *solved* the task if its share is 1: with the sigmoid nine of the ten have, and one is stuck at 0.75. Before you run the others: which will find the fold more often, tanh or ReLU?
"""

# %% [markdown]
r"""
## Exercise 2.8. Ten runs

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Give `identity`, the best share that two hidden units *without* a bend could reach on this task with any weights (think; these ten runs need not get there), and which of "tanh" and "relu" `solved more` of ten runs (run it). (1 point, 5 minutes, ●○○ easy)

Example: the sigmoid solved nine.

<details><summary>Hint</summary>
Without a bend the net is one cut on the line. At which place does the cut get most points right?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "interval-experiment", "locked": false, "schema_version": 3, "solution": true}
interval = {"identity": None, "solved more": None}
### BEGIN SOLUTION
interval = {"identity": 0.75, "solved more": "tanh"}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "interval-experiment-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.interval_experiment.check(interval)

# %% [markdown]
r"""
<details><summary>What this does not mean, once your answers stand</summary>
It does not mean that tanh is the better activation. With two units, one badly placed ReLU is half of the network. With a hundred units a few dead ones do not matter, and then the slope of 1 counts more.
</details>
"""

# %% [markdown]
r"""
## 8 Output functions

Hidden activations are there to bend; an output function must fit the *answer*. Any number at all: **identity**. A probability for each of several things that may all be true: a **sigmoid** for each. Exactly one of several classes: **softmax**, which turns all scores together into probabilities that add up to 1 (Lab 04, *Turn scores into probabilities*).
"""

# %%
figures.show(figures.plot_cat_dog_cow())

# %% [markdown]
r"""
The same three scores, three readings. The sigmoids say: surely a cat, and quite possibly a cow as well. Softmax says: of the three it is most likely the cat. ReLU or tanh at the output would cut off answers that the task needs. Here are the questions.
"""

# %%
lab.choose_and_explain

# %% [markdown]
r"""
## Exercise 2.9. Choose and explain

Answer the six questions above, each with the key of one option, such as `"tanh"`. (2 points, 10 minutes, ●○○ easy)

Example: for a price that may go up or down, a key would be `"identity"`.

<details><summary>Hint</summary>
Which values may the answer take? Must they add up to 1?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "choose-and-explain", "locked": false, "schema_version": 3, "solution": true}
choices = {"a": None, "b": None, "c": None, "d": None, "e": None, "f": None}
### BEGIN SOLUTION
choices = {
    "a": "identity",
    "b": "softmax",
    "c": "sigmoid",
    "d": "negative",
    "e": "nothing",
    "f": "fold",
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "choose-and-explain-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.choose_and_explain.check(choices)

# %% [markdown]
r"""
## 9 What activations do in a network that learns

**Further:** worth nothing, and nothing else needs it.

Random nets were section 4. Now a network that learns: four hidden layers of 64 units, 3,000 photographs of garments (Fashion-MNIST) in ten classes, three epochs. Before you run it, write down: which activation learns least?
"""

# %%
guess = {"learns least": None}

# %%
runs = {name: train_garments(name, rate=0.5) for name in ("sigmoid", "tanh", "relu")}
figures.show(figures.plot_gradients_by_layer(runs))

# %% [markdown]
r"""
With sigmoids the network learns nothing: it is right on one in ten, as by chance. Each layer on the way back takes off six sevenths of the gradient, and little of it arrives at the first layer, before training and after. With tanh and ReLU the gradients begin within a factor of twenty of each other, and training evens them out.

ReLU has another trouble: a unit that is silent for **every** picture has the slope 0 everywhere, and its weights do not move. How many are there?
"""

# %% [markdown]
r"""
## Exercise 2.10. Count the dead

**Further:** worth nothing, and nothing else needs it.

Write `count_dead(activations)`. `activations` is a list of arrays (N, H), what each ReLU layer answered to N examples; H may differ from layer to layer. Return a list with one number a layer, first to last: how many of its units answered 0 to all examples. (0 points, 10 minutes, ●○○ easy)

Example: in [[0, 1, 0], [0, 0, 2]], two examples and three units, one unit is dead: the first.

<details><summary>Hint</summary>
Is a unit a row or a column?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "dead-units", "locked": false, "schema_version": 3, "solution": true}
def count_dead(activations):
    """Return for each layer how many units answered 0 to all examples."""
    ### BEGIN SOLUTION
    return [int((layer == 0).all(axis=0).sum()) for layer in activations]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dead-units-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.dead_units.check(count_dead)
### BEGIN HIDDEN TESTS
lab.dead_units.check_hidden(count_dead, seed=331)
### END HIDDEN TESTS

# %% [markdown]
r"""
Count with yours: at the start, after training, and after training with steps twice as long. Guess first: does training kill units, or wake them?
"""

# %%
if lab.dead_units.is_written(count_dead):
    by_rate = {rate: train_garments("relu", rate) for rate in (0.5, 1.0)}
    print("at the start:    ", count_dead(by_rate[0.5].start.activations))
    for rate, run in by_rate.items():
        dead = count_dead(run.trained.activations)
        print(f"after rate {rate}:   {dead}, {run.accuracy:.2f} right")

# %% [markdown]
r"""
<details><summary>What the three counts show, once yours have run</summary>
Both. A unit in a deep layer that is silent at the start need not stay so: its own weights stand still, but the layers before it move, and many such units wake up. Steps that are too long throw units onto the silent side, at times whole layers: a quarter of the last one and more is dead, little gets through, and the network is right far less often.
</details>
"""

# %% [markdown]
r"""
## 10 Recall and practice

Answer aloud, then open. The last two are from Lab 01.

<details><summary>How steep is the sigmoid at most, and where?</summary>
A quarter, at z = 0.
</details>

<details><summary>Saturated and dead: what is the difference?</summary>
Saturated: far out on a flat end of sigmoid or tanh, the slope is nearly 0. Dead: a ReLU whose sum is negative for every example, the slope is exactly 0.
</details>

<details><summary>Which exponent is safe in a computer, and why?</summary>
One that is never positive: e to its power is between 0 and 1.
</details>

<details><summary>When does one hidden layer of step units give a convex region?</summary>
When the output joins its half-planes by AND. With OR the region may have a gap or a dent.
</details>
"""

# %% [markdown]
r"""
<details><summary>From Lab 01: two linear layers in a row, $W_1$ and $W_2$. Which single weight does the same?</summary>
The product $W_2 W_1$, in this order; the bias is $W_2 b_1 + b_2$.
</details>

<details><summary>From Lab 01: a batch of 5 examples with 3 numbers each enters a layer of 4 units. Which shape has W, which the output?</summary>
W is (4, 3), the output (5, 4).
</details>
"""

# %% [markdown]
r"""
Practise until it is easy: `lab.sigmoid_by_hand.practice()`, all three topics.
"""

# %%
lab.sigmoid_by_hand.practice(3, topic="slope-bound")

# %% [markdown]
r"""
**In this lab you have**

- computed sigmoid, tanh and ReLU for any number, and seen where their slopes vanish;
- predicted what becomes of a gradient on its way through ten layers;
- set the weights of small networks by hand, and said which regions they can make.

**On your own** (not graded): fold the line with *three* ReLU units instead of two, by hand. Then write a net of step units that says yes inside a ring, between two squares, and count its layers. Next: Lab 03, *Send a gradient back through a computation*, where the slopes that multiply become an engine.
"""
