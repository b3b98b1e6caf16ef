# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
r"""
# Send a gradient back through a computation
"""

# %% [markdown]
r"""
**You will** build an engine that finds the slope of any computation by each of its inputs, and train a small network with it.

**You will learn** to

- multiply slopes that lie in a row and add those that lie side by side;
- check any gradient with two evaluations of the function;
- send gradients back in the right order, for numbers, for layers and in PyTorch.

**You need** NumPy arrays, Lab 01's dense layer and Lab 02's activations. Time: about 140 minutes, and 50 more for what is marked *Further*, with a good place to stop after section 5.
"""

# %% [markdown]
r"""
| letter | meaning | in code |
|---|---|---|
| N, D | examples in a batch; features of each | `X` (N, D) |
| H, K | hidden units; outputs | `W1` (H, D), `W2` (K, H) |
| ∂L/∂x | slope of the loss L by x: how fast L grows when x grows | `x.grad`, `dX` |
| ε | step of a numerical slope | `eps` |

Weights are kept as PyTorch keeps them, outputs first: $Y = X W^\top + b$. A *gradient* is nothing but slopes, one for each number that can be turned.
"""

# %%
import math

import numpy as np
import torch

from course_utils.labs import chain_rule
from course_utils.labs.chain_rule import figures, widgets
from course_utils.labs.chain_rule.programs import SEVEN_NODES, program
from course_utils.labs.chain_rule.train_with_values import torch_training, training_task
from course_utils.runtime import seed_everything

seed_everything(0)

# %% [markdown]
r"""
**Your own numbers.** Write your student id between the quotes, as your instructor knows it. Some questions then use numbers of your own. With an empty id you get the numbers of the lesson.
"""

# %%
student_id = ""

# %% nbgrader={"grade": false, "grade_id": "lab", "locked": true, "schema_version": 3, "solution": false}
lab = chain_rule.for_student(student_id)
lab

# %% [markdown]
r"""
## 1 Slopes in series

A network turns inputs and weights into a loss: the **forward pass**. To learn, it has to know for every weight how the loss answers to it. The **backward pass** finds out, for all weights in one go. It is made of one rule, and you know it from school. Predict first: $f(t) = t^2$ and $g(f) = f^2 + 3f$. At $t = 2$, by how much does g move when t moves by 0.01?
"""


# %%
def f(t):
    return t**2


def g(f):
    return f**2 + 3 * f


t0 = 2.0
f0, f1 = f(t0), f(t0 + 0.01)
g0, g1 = g(f0), g(f1)
figures.show(figures.plot_three_moves((t0, t0 + 0.01), (f0, f1), (g0, g1)))

# %% [markdown]
r"""
A move of t becomes about 4 times as long in f, and that about 11 times as long in g: 44 times in all. The smaller the move, the closer the factors come to the slopes. This is the **chain rule**: slopes in series are multiplied,

$$\frac{d}{dt}\, g(f(t)) = \frac{dg}{df} \cdot \frac{df}{dt}.$$

What the formula does not show is *where*: $df/dt = 2t$ is taken at $t = 2$, $dg/df = 2f + 3$ at $f(2) = 4$.
"""

# %%
df_dt = 2 * t0
dg_df_at_t = 2 * t0 + 3  # tempting: the outer slope at t
dg_df_at_f = 2 * f(t0) + 3  # the outer slope where g is: at f(t)
print("at t:", dg_df_at_t * df_dt, "  at f(t):", dg_df_at_f * df_dt)
print("measured:", (g(f(t0 + 1e-6)) - g(f(t0))) / 1e-6)

# %% [markdown]
r"""
The measured slope takes sides: g never sees t, it sees f(t).
"""

# %% [markdown]
r"""
## 2 Slopes in parallel

Often an input reaches the output along several paths. Here x goes into f1, f2 and f3, and g takes all three. At each arrow stands by how much its head grows when its tail grows by 1.
"""

# %%
paths = program("f1 = 5 * x; f2 = x ** 2; f3 = x + 1; g = f1 * f3 + f2 ** 2", x=2)
figures.show(figures.plot_three_paths(paths))

# %% [markdown]
r"""
Move x by a little. Along the upper path $5 \cdot 3 = 15$ times as much reaches g, along the middle $4 \cdot 8 = 32$, along the lower $1 \cdot 10 = 10$. All three arrive, so g moves 57 times as far: slopes in series are multiplied, paths in parallel are **added**,

$$\frac{dg}{dx} = \sum_{i=1}^{3} \frac{\partial g}{\partial f_i} \cdot \frac{d f_i}{dx}.$$

The index *i* runs over the paths. On the left stands d, not ∂: with one variable x it is the total slope.

<details><summary>If you know the slides</summary>
One leaves out the index <em>i</em>, and so hides what is summed over. It also writes ∂ on the left.
</details>
"""

# %%
x = torch.tensor(2.0, requires_grad=True)
f1, f2, f3 = 5 * x, x**2, x + 1
(f1 * f3 + f2**2).backward()
print("PyTorch:", x.grad.item())

# %% [markdown]
r"""
Here are your two questions.
"""

# %%
lab.chain_slopes

# %% [markdown]
r"""
## Exercise 3.1. Slopes by hand

Work out both slopes on paper: `series`, the slope of g(f(t)) by t at t0, and `parallel`, the slope of g by x at x0. They are whole numbers. (2 points, 10 minutes, ●○○ easy)

Example: for $f(t) = t^2$ and $g(f) = f^2 + 3f$ at $t = 2$ the slope is $4 \cdot 11 = 44$; for the three paths in the figure it is $15 + 32 + 10 = 57$.

<details><summary>Hint</summary>
Which number does g get as its input? Write the values of f (or of f1, f2, f3) down before any slope.
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "chain-slopes", "locked": false, "schema_version": 3, "solution": true}
slopes = {"series": None, "parallel": None}
### BEGIN SOLUTION
slopes = {"series": 50, "parallel": 46}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "chain-slopes-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.chain_slopes.check(slopes)

# %% [markdown]
r"""
Stuck? `lab.chain_slopes.hint()` shows a hint, and the next one each time you run it. For more: `lab.chain_slopes.practice()`, with two topics to choose from at its top.
"""

# %%
question = lab.chain_slopes.practice(1, topic="slopes-in-parallel")
question

# %% [markdown]
r"""
Type your answer, then Enter; `question.answer(...)` in a cell does the same. Without the 1, each call draws another question.
"""

# %% [markdown]
r"""
## 3 Trust but verify

Gradients worked out by hand are often wrong, and a network with a wrong gradient may still learn a little, so nobody notices. There is a test that needs no calculus: move the input by a small ε and see how far the function moves. Looking to one side, or to both:

$$\frac{f(x+\varepsilon) - f(x)}{\varepsilon} \qquad\text{or}\qquad \frac{f(x+\varepsilon) - f(x-\varepsilon)}{2\varepsilon}.$$

Which is better, and which ε? Predict: the smaller the better? The test case is tanh at 0.7, with the slope $1 - \tanh^2$.
"""

# %%
steps = 10.0 ** np.arange(-12, 0)
slope = 1 - math.tanh(0.7) ** 2
ahead = [(math.tanh(0.7 + e) - math.tanh(0.7)) / e - slope for e in steps]
both = [(math.tanh(0.7 + e) - math.tanh(0.7 - e)) / (2 * e) - slope for e in steps]
figures.show(figures.plot_two_errors(steps, ahead, both))

# %% [markdown]
r"""
Both curves are a U. On the right the function bends within the step: the one-sided error shrinks like $\varepsilon$, the two-sided like $\varepsilon^2$, a hundred times for each step of ten. On the left, rounding: two nearly equal numbers are subtracted, and the noise that is left is divided by a tiny ε. The two-sided curve is lowest near **ε = 1e-5**.
"""

# %%
for e in (1e-3, 1e-5, 1e-7):
    error = (math.tanh(0.7 + e) - math.tanh(0.7 - e)) / (2 * e) - slope
    print(f"step {e:.0e}: error {abs(error):.0e}")

# %% [markdown]
r"""
One trap remains. ReLU has a corner at 0. If $x - \varepsilon$ and $x + \varepsilon$ lie on both sides of it, the difference mixes two slopes, and a right backward pass looks wrong.
"""


# %%
def relu(x):
    return max(x, 0.0)


for x0 in (0.5, 4e-6, -0.5):
    measured = (relu(x0 + 1e-5) - relu(x0 - 1e-5)) / 2e-5
    print(f"at {x0}: measured {measured:.2f}, slope {float(x0 > 0)}")

# %% [markdown]
r"""
At 4e-6 the slope is 1, and the difference says 0.70. If a check fails for one number out of many, look how close to a corner it is before you look for a mistake.
"""

# %% [markdown]
r"""
## Exercise 3.2. A gradient without calculus

Write `numerical_gradient(f, x, eps=1e-5)`. `f` takes an array like `x` and returns a float; `x` may have any shape, may hold whole numbers and may be a part of a larger array, as `big[:, ::2]` is. Return the two-sided slope of f by each number of x, moved by eps, in the shape of x. Afterwards x must be as it was. (2 points, 15 minutes, ●●○ medium)

Example: for `f = lambda x: (x**2).sum()` and `x = np.array([[1, 2], [3, 4]])` it returns [[2, 4], [6, 8]] up to rounding.

<details><summary>Hint</summary>
<code>np.ndindex(x.shape)</code> visits every place of an array of any shape. What has to happen to a number before you move the next one?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "numerical-gradient", "locked": false, "schema_version": 3, "solution": true}
def numerical_gradient(f, x, eps=1e-5):
    """Return the slope of f by each number of x, an array of the shape of x."""
    ### BEGIN SOLUTION
    x = np.array(x, dtype=float)  # a copy that can hold x + eps
    grad = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        kept = x[place]
        x[place] = kept + eps
        above = f(x)
        x[place] = kept - eps
        below = f(x)
        x[place] = kept
        grad[place] = (above - below) / (2 * eps)
    return grad
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "numerical-gradient-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.numerical_gradient.check(numerical_gradient)
### BEGIN HIDDEN TESTS
lab.numerical_gradient.check_hidden(numerical_gradient, seed=3313)
### END HIDDEN TESTS

# %% [markdown]
r"""
From here on you can check any gradient in this course, at the price of two evaluations for each number. For a network with a million weights that is two million forward passes for one step. The rest of this lab does it in one.
"""

# %% [markdown]
r"""
## 4 An engine in 60 lines

The way back is called **backpropagation**, a case of *automatic differentiation*. Break a computation into single steps; each step is so simple that its slope is known. Forwards, remember for each result what it was made from and with which slope. Backwards, start at the loss with 1, multiply along the arrows, add where arrows come together. Here is a network of one hidden unit with its loss.
"""

# %%
unit = program("z = w * x; a = z.tanh(); y = v * a; L = (y - 1) ** 2", w=0.5, x=2, v=-1)
figures.show(figures.plot_one_unit(unit))

# %% [markdown]
r"""
Read it from right to left. Blue-grey numbers were computed forwards, orange ones come back. L has the gradient 1, since L moves as far as L. The gradient of y is $1 \cdot (-3.52)$, that of a is $-3.52 \cdot (-1)$, and so on down to w. No number is computed twice.

Such a picture is a **directed acyclic graph**: arrows have a direction, and no path leads back to where it began.

<details><summary>If you know the slides</summary>
They spell it "acyclical".
</details>
"""

# %% [markdown]
r"""
Your engine is a class `Value`: a number that remembers. First a gift. `-a`, `a - b`, `a / b` and numbers on the left, as in `3 * a`, follow from `+`, `*` and `**`. This class says how; yours inherits from it. (The cell is locked: it is part of the exercise.)
"""


# %% nbgrader={"grade": false, "grade_id": "arithmetic", "locked": true, "schema_version": 3, "solution": false}
class Arithmetic:
    """What follows from a + b, a * b and a ** k."""

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * other**-1

    def __radd__(self, other):  # 3 + a: Python asks a
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return -self + other

    def __rtruediv__(self, other):
        return self**-1 * other


# %% [markdown]
r"""
## Exercise 3.3. Build an engine

Four steps, 5 points, about 50 minutes. **Step 1: values that remember.** Complete `__add__` and `__mul__`. Each returns a *new* `Value` with the result, its `parents` (the values it was made from) and its `slopes` (of the result by each parent, in the same order), both as tuples or lists. Its `grad` is 0 until you go backward. `other` may be a plain number: make it a `Value` first. (1 point, 10 minutes, ●○○ easy)

Example: for `a = Value(2)` and `b = Value(5)`, `(a * b).data` is 10.0 and `(a * b).parents` is `(a, b)`; `(a + b).slopes` is `(1.0, 1.0)`.

<details><summary>Hint</summary>
In $a \cdot b$, by how much does the product grow if a grows by 1 and b stays?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "value-class", "locked": false, "schema_version": 3, "solution": true}
class Value(Arithmetic):
    """A number that remembers what it was made from. Gradients add up in grad."""

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = float(data), 0.0
        self.parents, self.slopes = parents, slopes

    def __repr__(self):
        return f"Value({self.data:g}, grad {self.grad:g})"

    def __add__(self, other):
        ### BEGIN SOLUTION
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))
        ### END SOLUTION

    def __mul__(self, other):
        ### BEGIN SOLUTION
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "value-class-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.value_class.check(Value)
### BEGIN HIDDEN TESTS
lab.value_class.check_hidden(Value, seed=1871)
### END HIDDEN TESTS

# %% [markdown]
r"""
## 5 Why order matters: the diamond

Now back. This is the graph you will test with: c and d are both used twice, so that paths part and come together again, like the sides of a diamond.
"""

# %%
figures.show(figures.plot_diamond(SEVEN_NODES))

# %% [markdown]
r"""
A tempting way: every value hands its gradient to its parents at once, and they hand on what they have. From y to e, from e to c, and c passes on to a and b, and only later comes f with *its* contribution to c. Follow c in this order, with the numbers in the figure.
"""

# %%
c_grad = 1.0 * 1.0  # from e
a_grad = 1.0 * c_grad  # c passes on what it has: too early
c_grad += 1.0 * -8.0  # from f; c is complete only now
a_late = 1.0 * c_grad  # what c should have passed on to a
print("passed on:", a_grad, "  should have been:", a_late)

# %% [markdown]
r"""
c passed on 1 where −7 was due. Passing on a second time does not help: then the first part is counted twice. The rule is simple: **a value is asked only after all its users have answered.** An order that keeps this rule is called topological. It can be written down before any gradient is computed.
"""

# %% [markdown]
r"""
### Exercise 3.3. Step 2: the order of going back

Write the method `backward_order(self)`: a list of all values behind `self` and no others, `self` first, each value once and *after* everything that was made from it. It must cope with 5,000 steps in a row. (1 point, 15 minutes, ●●○ medium)

Example: for `y = a + b` it is `[y, a, b]` or `[y, b, a]`. For `y = a + a` it is `[y, a]`.

<details><summary>Hint</summary>
Python stops a function that calls itself about a thousand deep. Which list of your own could hold what is still to do? And when is a value finished: when you meet it, or when all its parents are?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "backward-order", "locked": false, "schema_version": 3, "solution": true}
def backward_order(self):
    """Return all values behind self, each after everything that was made from it."""
    ### BEGIN SOLUTION
    finished, met, todo = [], set(), [(self, False)]
    while todo:
        value, parents_are_finished = todo.pop()
        if parents_are_finished:
            finished.append(value)
        elif id(value) not in met:
            met.add(id(value))
            todo.append((value, True))  # comes back when its parents are finished
            todo.extend((parent, False) for parent in value.parents)
    return finished[::-1]
    ### END SOLUTION


Value.backward_order = backward_order  # a method is a function that a class holds

# %% nbgrader={"grade": true, "grade_id": "backward-order-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.backward_order.check(Value)
### BEGIN HIDDEN TESTS
lab.backward_order.check_hidden(Value, seed=4409)
### END HIDDEN TESTS

# %% [markdown]
r"""
The last line hangs the function onto the class, so that every `Value` has it. If you run the cell of step 1 again, the class is new: run the later cells again as well.

Now walk back. The boxes are asked in the order of **your** `backward_order`; a box that is asked too early gets a ≠. Say before each step who gets what.
"""

# %%
my_Value = Value if lab.backward_order.is_written(backward_order) else None
widgets.explore_graph(SEVEN_NODES, your_Value=my_Value)

# %% [markdown]
r"""
### Exercise 3.3. Step 3: backward

Write the method `backward(self)`. It **adds** to the `grad` of every value behind `self` (and of `self`) the slope of `self` by it. As in PyTorch, a second call adds the same slopes once more: every value, `self` too, then has twice its gradient. The check runs seven programs; each counts by itself, the diamond twice. (2 points, 15 minutes, ●●● hard)

Example: with `a = Value(3)`, `y = a + a`, `y.backward()` gives `a.grad` 2.0 and `y.grad` 1.0; after a second `y.backward()` they are 4.0 and 2.0.

<details><summary>Hint</summary>
Which gradient do you know before you start? Where do you keep what has come back <em>in this call</em>, apart from what was in grad before?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "value-backward", "locked": false, "schema_version": 3, "solution": true}
def backward(self):
    """Add the slope of self by each value behind it to that value's grad."""
    ### BEGIN SOLUTION
    order = self.backward_order()
    arrived = {id(value): 0.0 for value in order}
    arrived[id(self)] = 1.0
    for value in order:
        value.grad += arrived[id(value)]
        for parent, slope in zip(value.parents, value.slopes, strict=True):
            arrived[id(parent)] += slope * arrived[id(value)]
    ### END SOLUTION


Value.backward = backward

# %% nbgrader={"grade": true, "grade_id": "value-backward-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.value_backward.check(Value)
### BEGIN HIDDEN TESTS
lab.value_backward.check_hidden(Value, seed=2237)
### END HIDDEN TESTS

# %% [markdown]
r"""
### Exercise 3.3. Step 4: functions

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Write `power(self, k)` for a number k, `exp`, `tanh` and `relu`. Each returns a new `Value` with one parent and its slope, or is put together from operations that you have. At 0 itself the slope of relu is 0, as in PyTorch. The last lines make them methods; `**` is `__pow__`. Powers, quotients and each of the three functions count by themselves. (1 point, 10 minutes, ●●○ medium)

Example: `Value(3) ** 2` is 9 with the slope 6. `Value(0).tanh()` is 0 with the slope 1.

<details><summary>Hint</summary>
The slope of tanh is $1 - \tanh^2$, that of exp is exp itself. Which number have you computed already when you need it?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "value-functions", "locked": false, "schema_version": 3, "solution": true}
def power(self, k):
    """Return self to the power of the number k."""
    ### BEGIN SOLUTION
    return Value(self.data**k, (self,), (k * self.data ** (k - 1),))
    ### END SOLUTION


def exp(self):
    ### BEGIN SOLUTION
    out = math.exp(self.data)
    return Value(out, (self,), (out,))
    ### END SOLUTION


def tanh(self):
    ### BEGIN SOLUTION
    out = math.tanh(self.data)
    return Value(out, (self,), (1 - out**2,))
    ### END SOLUTION


def relu(self):
    ### BEGIN SOLUTION
    return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))
    ### END SOLUTION


Value.__pow__, Value.exp, Value.tanh, Value.relu = power, exp, tanh, relu

# %% nbgrader={"grade": true, "grade_id": "value-functions-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.value_functions.check(Value)
### BEGIN HIDDEN TESTS
lab.value_functions.check_hidden(Value, seed=5641)
### END HIDDEN TESTS

# %% [markdown]
r"""
That is the engine. No later lab needs it: they use PyTorch's. If you are stuck after three hints (`lab.value_backward.hint()` and its neighbours), `Value = lab.value_backward.rescue()` in a cell of your own gives you values whose gradients PyTorch computes. Sections 6 to 8 go on with them. They show nothing of the answer, and they earn no points in exercises 3.3 and 3.4.
"""

# %% [markdown]
r"""
## Exercise 3.4. Three more functions

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Add `sin`, `log` (to the base e) and `sigmoid`, $1 / (1 + e^{-z})$, in the same way. With them your engine can differentiate the curve $e^{-x^2 - 2x - \sin x}$; the check compares its slope with PyTorch's at several places. Each function counts by itself, and so does the curve. (2 points, 10 minutes, ●●○ medium)

Example: `Value(0).sin()` is 0 with the slope 1; `Value(2).log()` has the slope 0.5.

<details><summary>Hint</summary>
Which of the three slopes wants the input, and which one is shortest when written with the output?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "more-functions", "locked": false, "schema_version": 3, "solution": true}
def sin(self):
    ### BEGIN SOLUTION
    return Value(math.sin(self.data), (self,), (math.cos(self.data),))
    ### END SOLUTION


def log(self):
    ### BEGIN SOLUTION
    return Value(math.log(self.data), (self,), (1 / self.data,))
    ### END SOLUTION


def sigmoid(self):
    ### BEGIN SOLUTION
    out = 1 / (1 + math.exp(-self.data))
    return Value(out, (self,), (out * (1 - out),))
    ### END SOLUTION


Value.sin, Value.log, Value.sigmoid = sin, log, sigmoid

# %% nbgrader={"grade": true, "grade_id": "more-functions-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.more_functions.check(Value)
### BEGIN HIDDEN TESTS
lab.more_functions.check_hidden(Value, seed=733)
### END HIDDEN TESTS

# %% [markdown]
r"""
## 6 From scalars to matrices

An engine of single numbers is slow: a layer of 1,000 by 1,000 has a million products. Libraries keep whole arrays in their boxes. A dense layer is one box, $Y = X W^\top + b$, and its backward pass gets dY, the gradient of the loss by Y, and returns the gradients by X, W and b.
"""

# %%
X = np.array([[1.0, 2, 0], [3, 0, -1]])  # (N, D) = (2, 3)
W = np.array([[1.0, 0, 2], [0, 1, -1]])  # (K, D) = (2, 3)
dY = np.array([[1.0, 0], [2, -1]])  # (N, K) = (2, 2)
figures.show(figures.plot_dense_arrays(X, W, X @ W.T, dY))

# %% [markdown]
r"""
Take one weight, $W_{02} = 2$ (`W[0, 2]`). $Y_{n0}$ holds the product $X_{n2} W_{02}$, once for **every** example n. So this weight reaches the loss along N parallel paths, and along each the slope is $dY_{n0}\, X_{n2}$:

$$\frac{\partial L}{\partial W_{kd}} = \sum_{n} dY_{nk}\, X_{nd}.$$

Here it is $1 \cdot 0 + 2 \cdot (-1) = -2$. A sum over a shared index is a matrix product. Which one, and which array turned over? The shapes tell: **a gradient has the shape of its variable.**
"""

# %%
weight = torch.tensor(W, requires_grad=True)
Y = torch.tensor(X) @ weight.T
Y.backward(torch.tensor(dY))
print(weight.grad[0, 2].item(), "in an array of shape", tuple(weight.grad.shape))

# %% [markdown]
r"""
The others are found in the same way. $b_k$ is added to $Y_{nk}$ for every n, again N paths. $X_{nd}$ reaches $Y_{nk}$ for every output k.

Here dY comes from the loss behind the layer. If that loss is a mean over the batch, its $1/N$ is in dY already; a layer does not divide again.
"""

# %% [markdown]
r"""
## Exercise 3.5. Backwards through a dense layer

Write `dense_backward(dY, X, W)`. It returns `dX` (N, D), `dW` (K, D) and `db` (K,), in this order, for $Y = X W^\top + b$. Write `relu_backward(dA, Z)` for $A = \text{relu}(Z)$: it returns dZ; where Z is 0 the slope is 0. No loops are needed. Each of the four gradients counts by itself. (3 points, 20 minutes, ●●● hard)

Example: for the arrays in the figure dW[0] is [7, 2, −2] and db is [3, −1]. For `dA = [5, 5]` and `Z = [−1, 2]` it is [0, 5].

<details><summary>Hint</summary>
Which products of two of dY, X and W (turned over if need be) have the shape that you want? Over which axis is b shared?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "dense-backward", "locked": false, "schema_version": 3, "solution": true}
def dense_backward(dY, X, W):
    """Return the gradients by X (N, D), W (K, D) and b (K,); dY is (N, K)."""
    ### BEGIN SOLUTION
    return dY @ W, dY.T @ X, dY.sum(axis=0)
    ### END SOLUTION


def relu_backward(dA, Z):
    """Return the gradient by Z, in its shape."""
    ### BEGIN SOLUTION
    return dA * (Z > 0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dense-backward-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.dense_backward.check(dense_backward, relu_backward)
### BEGIN HIDDEN TESTS
lab.dense_backward.check_hidden(dense_backward, relu_backward, seed=9157)
### END HIDDEN TESTS

# %% [markdown]
r"""
Check it yourself, too, with the tool of section 3. Any loss will do if you know its dY; for $L = \sum Y^2$ it is $2 Y$:

```python
loss = lambda W: ((X @ W.T) ** 2).sum()
dX, dW, db = dense_backward(2 * X @ W.T, X, W)
print(np.abs(dW - numerical_gradient(loss, W)).max())
```
"""

# %% [markdown]
r"""
Now two layers in a row, for a whole batch, and a loss behind Y. In code the names are `Z1`, `W1` and so on. Your sizes are below.

$$Z_1 = X W_1^\top + b_1, \qquad A_1 = \text{relu}(Z_1), \qquad Y = A_1 W_2^\top + b_2$$
"""

# %%
lab.gradient_shapes

# %% [markdown]
r"""
## Exercise 3.6. The shapes of all gradients

Fill in the shape of each gradient, as a tuple, in the order in which they are computed: `dY` is the gradient of the loss by Y, `dW2` that by W2, and so on. (2 points, 10 minutes, ●○○ easy)

Example: for N = 2 examples with D = 3 features dX is (2, 3), and the gradient of a bias of 4 units is (4,).

<details><summary>Hint</summary>
How many numbers can you turn in b1? Does that depend on the batch?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "gradient-shapes", "locked": false, "schema_version": 3, "solution": true}
shapes = {
    "dY": None,
    "dW2": None,
    "db2": None,
    "dA1": None,
    "dZ1": None,
    "dW1": None,
    "db1": None,
    "dX": None,
}
### BEGIN SOLUTION
shapes = {
    "dY": (32, 3),
    "dW2": (3, 8),
    "db2": (3,),
    "dA1": (32, 8),
    "dZ1": (32, 8),
    "dW1": (8, 5),
    "db1": (8,),
    "dX": (32, 5),
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "gradient-shapes-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.gradient_shapes.check(shapes)

# %% [markdown]
r"""
For more: `lab.gradient_shapes.practice()`. The rule saves more time than any other in this course: where a gradient has another shape than its variable, it is wrong.
"""

# %% [markdown]
r"""
## 7 The same thing in PyTorch

A tensor with `requires_grad=True` is a `Value` with an array in it. PyTorch records the graph, `backward()` walks it in topological order, and gradients **add up** in `.grad`, as in your engine.
"""

# %%
w = torch.tensor(3.0, requires_grad=True)
for call in (1, 2, 3):
    (w**2).backward()
    print(f"after call {call}: w.grad = {w.grad.item()}")
w.grad = None  # or optimizer.zero_grad()
(w**2).backward()
print("after zeroing and one call:", w.grad.item())

# %% [markdown]
r"""
The slope of $w^2$ at 3 is 6. Without zeroing it grows to 12 and 18. Adding up is what makes values that are used twice come out right, and it lets you spread a large batch over several calls. The price: **you** have to set gradients to zero before each step.
"""

# %%
with torch.no_grad():
    quiet = w**2
print("recorded:", (w**2).requires_grad, "  under no_grad:", quiet.requires_grad)
y = w**2
print("detached:", y.detach().requires_grad, "  same number:", y.detach().item())

# %% [markdown]
r"""
Recording has a price: every intermediate array stays in memory until the way back is done. `torch.no_grad()` records nothing while its block runs; use it for predictions and for the update of the weights. `y.detach()` gives one result without its history: gradients do not flow through it. Neither changes any number, and neither switches layers to their `eval` mode.
"""

# %%
x = torch.randn(500, 500, requires_grad=True)
y = x
saved = 0
for _ in range(20):
    y = y.tanh()
    saved += y.numel() * y.element_size()  # tanh keeps its output for the way back
print(f"kept for the way back: {saved / 1e6:.0f} MB; under no_grad: nothing")

# %% [markdown]
r"""
## 8 Train with your own engine

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Enough parts for a network: two inputs, eight hidden tanh units, one output, 33 numbers in all. It learns to tell two half moons of 20 points apart. The same lines run on your values and on PyTorch's tensors; here PyTorch's gradients at the start, to compare yours with.
"""

# %% nbgrader={"grade": false, "grade_id": "small-network", "locked": true, "schema_version": 3, "solution": false}
task = training_task()
rows = [
    (x1, x2, target)
    for (x1, x2), target in zip(task.points.tolist(), task.targets.tolist())
]


def network(numbers, x1, x2):
    """Return the output for one point; numbers are 33 values or tensors."""
    units = [numbers[2 * i] * x1 + numbers[2 * i + 1] * x2 for i in range(8)]
    hidden = [(z + b).tanh() for z, b in zip(units, numbers[16:24])]
    return sum((v * h for v, h in zip(numbers[24:32], hidden)), numbers[32])


def mean_square(numbers):
    """Return the mean of the squared errors over all 40 points."""
    errors = [(network(numbers, x1, x2) - target) ** 2 for x1, x2, target in rows]
    return sum(errors[1:], errors[0]) * (1 / len(errors))


# %% nbgrader={"grade": false, "grade_id": "torch-gradients", "locked": true, "schema_version": 3, "solution": false}
tensors = [
    torch.tensor(number, dtype=torch.float64, requires_grad=True)
    for number in task.start.tolist()
]
loss = mean_square(tensors)
loss.backward()
from_torch = [tensor.grad.item() for tensor in tensors]
print(f"loss {loss.item():.3f}, first gradients", np.round(from_torch[:3], 3))

# %% [markdown]
r"""
One step of training: set the gradients to zero, compute the loss, go backward, and move every number **against** its gradient, by learning rate times gradient.
"""

# %% [markdown]
r"""
## Exercise 3.7. Sixty steps

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Train with your `Value`: start from `Value(number)` for each of `task.start`, 60 steps with learning rate 0.2 on `mean_square`. Give the list of `losses`, numbers as they are, without rounding, one for each step, before the move; the last must be below 0.15. Give the largest relative `difference` of the gradients, |yours − PyTorch's| / |PyTorch's|, in the first step; it must be below 1e-6. (1 point, 10 minutes, ●○○ easy; it runs for some seconds)

Example: the first loss is the one printed above.

<details><summary>Hint</summary>
Which attribute moves a number, data or grad? In which of the four parts of a step does grad have to be 0?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "train-with-values", "locked": false, "schema_version": 3, "solution": true}
training = {"losses": None, "difference": None}
### BEGIN SOLUTION
numbers, losses, gaps = [Value(number) for number in task.start.tolist()], [], []
for step in range(60):
    for number in numbers:
        number.grad = 0.0
    loss = mean_square(numbers)
    loss.backward()
    losses.append(loss.data)
    if step == 0:
        gaps = [abs(n.grad - g) / abs(g) for n, g in zip(numbers, from_torch)]
    for number in numbers:
        number.data -= 0.2 * number.grad
training = {"losses": losses, "difference": max(gaps)}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "train-with-values-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.train_with_values.check(training)

# %% [markdown]
r"""
What would have happened without setting the gradients to zero? PyTorch ran the same training both ways.
"""

# %%
figures.show(
    figures.plot_with_and_without_zeroing(torch_training(), torch_training(zero=False))
)

# %% [markdown]
r"""
Each step then moves by the sum of all gradients so far. It overshoots, turns and overshoots again, like a ball that keeps rolling. Nothing raises an error: the loss is all you see of it.
"""

# %% [markdown]
r"""
Last, four questions on all of this.
"""

# %%
lab.autograd_questions

# %% [markdown]
r"""
## Exercise 3.8. Four questions on gradients

For each question above give the key of the option that is right, as text. (3 points, 10 minutes, ●●○ medium)

Example: `"corner": "rounding"` chooses the option with the key `'rounding'`; whether that is right is for you to say.

<details><summary>Hint</summary>
Section 7 ran what the first two questions ask about. For the snippets: what does <code>w.grad</code> hold at the end of each, and what is <code>w</code>?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "autograd-questions", "locked": false, "schema_version": 3, "solution": true}
choices = {"no recording": None, "no zeroing": None, "corner": None, "snippet": None}
### BEGIN SOLUTION
choices = {
    "no recording": "memory",
    "no zeroing": "sum",
    "corner": "kink",
    "snippet": "b",
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "autograd-questions-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.autograd_questions.check(choices)

# %% [markdown]
r"""
## 9 One number, used many times

**Further:** worth nothing, and nothing else needs it.

Put arrays into the boxes of your engine, and one thing is new. In `X @ W.T + b` with four examples NumPy **broadcasts**: b has three numbers, and each of them is used four times. Forwards that costs nothing. On the way back it is section 2 again: four paths lead from each bias to the loss, and their slopes *add up*.
"""

# %%
scores, b = torch.zeros(4, 3), torch.tensor([10.0, 20, 30], requires_grad=True)
shifted = scores + b  # (4, 3)
shifted.backward(torch.tensor([[1.0, 0, 2]] * 4))
print("what comes back has the shape", tuple(shifted.shape))
print("b gets", b.grad.tolist(), "of shape", tuple(b.grad.shape))

# %% [markdown]
r"""
An engine that forgets the sum hands (4, 3) to a variable of shape (3,). Does that fail? Look at the step of descent:
"""

# %%
bias, arrived = np.array([10.0, 20, 30]), np.array([[1.0, 0, 2]] * 4)
bias = bias - 0.1 * arrived
print(bias.shape)

# %% [markdown]
r"""
No error. From now on each of the four examples has biases of its own, and the next batch of five will complain about something else. So behind every operation of an engine for arrays stands a function that undoes broadcasting. It has to know over **which axes** to sum. NumPy lays two shapes on each other flush right. It puts axes of length 1 *in front* of the shorter one, then *stretches* an axis of length 1 to the length of the other's. Your pairs:
"""

# %%
lab.summed_axes

# %% [markdown]
r"""
## Bonus. Which axes are summed?

**Further:** worth nothing, and nothing else needs it.

For each pair above: an operand was broadcast, and the gradient by the *result* has come back. Over which axes of it do you sum for the gradient by the operand? Give a tuple of the gradient's axes, counted from 0. (0 points, 10 minutes, ●●○ medium)

Example: for an operand (3,) and a gradient (4, 3) it is (0,), as in the cell above.

<details><summary>Hint</summary>
Along which axes does the same number of the operand stand again and again?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "summed-axes", "locked": false, "schema_version": 3, "solution": true}
axes = {"a": None, "b": None, "c": None, "d": None, "e": None}
### BEGIN SOLUTION
axes = {"a": (0, 1), "b": (1,), "c": (0, 2), "d": (0, 1), "e": (0,)}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "summed-axes-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.summed_axes.check(axes)

# %% [markdown]
r"""
Would you like to build it? `05_conv_and_pooling_homework` ends with a `Tensor`, an engine like yours with arrays in its boxes, and asks for the one function that is missing: `unbroadcast(grad, shape)`. With it the engine gives what PyTorch gives, but for rounding.
"""

# %% [markdown]
r"""
## 10 Recall and practice

Answer aloud, then open. Two are from earlier labs.

<details><summary>y = a · a + a. How many paths lead from a to y, and what is the slope at a = 3?</summary>
Three: twice through the product, once directly. $3 + 3 + 1 = 7$.
</details>

<details><summary>Why is the two-sided difference better, and why not with ε = 1e-12?</summary>
Its error shrinks like $\varepsilon^2$ instead of $\varepsilon$. At 1e-12 rounding is larger than what is measured.
</details>

<details><summary>When may a value be asked on the way back?</summary>
When everything that was made from it has answered.
</details>

<details><summary>db has the shape (K,), dY has (N, K). What happened to N?</summary>
It was summed over: b takes part in every example's output.
</details>
"""

# %% [markdown]
r"""
<details><summary>From Lab 01: which shape has the weight of a dense layer from 3 to 5 units in PyTorch?</summary>
(5, 3): outputs first.
</details>

<details><summary>From Lab 02: what is the largest slope of the sigmoid, and what does that do to ten layers of them?</summary>
0.25, at 0. Slopes in series are multiplied: at most $0.25^{10}$, about a millionth.
</details>
"""

# %% [markdown]
r"""
Practise until it is easy: `lab.chain_slopes.practice()` with its two topics, `lab.gradient_shapes.practice()`.
"""

# %%
lab.gradient_shapes.practice(12)

# %% [markdown]
r"""
**In this lab you have**

- multiplied slopes that lie in a row and added those that lie side by side;
- checked gradients with two evaluations of the function;
- sent gradients back in the right order, for numbers, for layers and in PyTorch.

**On your own** (not graded): give `Value` a method `log1p` or `softplus` and check it with `numerical_gradient`; walk through a graph of your own with `widgets.explore_graph(program("b = a * a; y = b + a", a=2), your_Value=Value)`; train on points of your own with ReLU in place of tanh. Next: Lab 04, *Turn scores into probabilities*, where the loss becomes a log-loss.
"""
