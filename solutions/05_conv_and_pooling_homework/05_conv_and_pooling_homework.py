# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
r"""
# Make a network of your own (homework to Lab 05)
"""

# %% [markdown]
r"""
**You will** join functions that you have written in Labs 03 to 05 to a network that learns to tell garments apart, with NumPy alone.

**You will learn** to

- build layers that know their way forwards and back;
- prove a whole network's gradient before you train it;
- write the loop that trains it, and report what came of it.

**You need** Labs 03, 04 and 05. Time: about 220 minutes, and 100 more for what is marked *Further*, best in two sittings. 12 points.
"""

# %%
import numpy as np

from course_utils import own
from course_utils.data import load_fashion
from course_utils.labs import conv_and_pooling_homework
from course_utils.labs.conv_and_pooling_homework import borrowed, figures
from course_utils.labs.conv_and_pooling_homework.unbroadcast import (
    tensors_and_torch,
)
from course_utils.runtime import seed_everything

seed_everything(0)

# %% [markdown]
r"""
Write your student id between the quotes, as your instructor knows it. In this homework the questions are the same for everybody; the network is your own.
"""

# %%
student_id = ""

# %% nbgrader={"grade": false, "grade_id": "lab", "locked": true, "schema_version": 3, "solution": false}
lab = conv_and_pooling_homework.for_student(student_id)
lab

# %% [markdown]
r"""
## 1 Your own functions

Three functions of earlier labs are all that the largest layers need. The cell below looks for them in your notebooks, tries each with the exercise that asked for it, and shows its text. The bonus of Lab 05, `conv2d_backward`, is among them; if you left it out then, write it now.
"""

# %%
own.collect(
    {
        "03_chain_rule": ["dense_backward"],
        "05_conv_and_pooling": ["conv2d", "conv2d_backward"],
    }
)

# %% [markdown]
r"""
You hand in one notebook, and grading sees no other one. So the text itself must stand here: copy it into the cell of Exercise 5.12.

**A part that you miss** you may take from PyTorch: `conv2d_backward = borrowed.conv2d_backward`. That part then earns nothing; all that you build on it works, and earns its own points. The cell below names all that can be borrowed.
"""

# %%
print(", ".join(borrowed.__all__))

# %% [markdown]
r"""
## Exercise 5.12. Carry them over

Below the first line, put `dense_backward(dY, X, W)`, `conv2d(x, weight, bias, stride=1)` and `conv2d_backward(grad_out, x, weight, stride=1)`, each of which returns what it did in its lab. Here nobody pads, so a `padding` may stay or go. Each of the three counts by itself. (1 point, 15 minutes, ●○○ easy)

Example: `conv2d_backward` returns the gradients by x, weight and bias, in this order.

<details><summary>Hint</summary>
Which helpers does your function call, and do they stand in this notebook, too?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "carried-parts", "locked": false, "schema_version": 3, "solution": true}
dense_backward, conv2d, conv2d_backward = None, None, None  # your functions go below


### BEGIN SOLUTION
def dense_backward(dY, X, W):
    return dY @ W, dY.T @ X, dY.sum(axis=0)


def conv2d(x, weight, bias, stride=1):
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], (2, 3))
    windows = windows[:, :, ::stride, ::stride]  # (N, C, OH, OW, FH, FW)
    out = np.tensordot(windows, weight, ([1, 4, 5], [1, 2, 3]))  # (N, OH, OW, K)
    return out.transpose(0, 3, 1, 2) + bias[:, None, None]


def conv2d_backward(grad_out, x, weight, stride=1):
    size, grad_x = weight.shape[2:], np.zeros(x.shape)
    windows = np.lib.stride_tricks.sliding_window_view(x, size, (2, 3))
    windows = windows[:, :, ::stride, ::stride]
    grad_weight = np.tensordot(grad_out, windows, ([0, 2, 3], [0, 2, 3]))
    for i, j in np.ndindex(grad_out.shape[2:]):
        rows = slice(i * stride, i * stride + size[0])
        columns = slice(j * stride, j * stride + size[1])
        add = np.tensordot(grad_out[:, :, i, j], weight, 1)  # (N, C, FH, FW)
        grad_x[:, :, rows, columns] += add
    return grad_x, grad_weight, grad_out.sum(axis=(0, 2, 3))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "carried-parts-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.carried_parts.check(dense_backward, conv2d, conv2d_backward)
### BEGIN HIDDEN TESTS
lab.carried_parts.check_hidden(dense_backward, conv2d, conv2d_backward, seed=5121)
### END HIDDEN TESTS

# %% [markdown]
r"""
## 2 The way back through a maximum

One way back is missing. Max pooling has no parameters, so only the gradient by its input is asked for. In a window with the numbers 3, 8, 1 and 5 the output is 8: it moves if the 8 moves, and does not move if the 3 does. What if two numbers are both 8? Then libraries choose one of them: the first, row by row.
"""

# %% [markdown]
r"""
## Exercise 5.13. Back through max pooling

Write `max_pool2d_backward(grad_out, x, kernel_size, stride=None)`. `grad_out` (N, C, OH, OW) is the gradient of a loss by the output; return the gradient by `x` (N, C, H, W). A stride of `None` means `kernel_size`. Of several largest numbers the first gets the gradient; numbers left over at the edge get 0. Windows side by side and windows that overlap count by themselves. (2 points, 25 minutes, ●●● hard)

Example: one window [[3, 8], [1, 5]] and `grad_out` [[2]] give [[0, 2], [0, 0]].

<details><summary>Hint</summary>
What does <code>np.argmax</code> say of a window, and how do you get from there to a row and a column?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "pooling-backward", "locked": false, "schema_version": 3, "solution": true}
def max_pool2d_backward(grad_out, x, kernel_size, stride=None):
    """Return the gradient by x, in its shape."""
    ### BEGIN SOLUTION
    stride = kernel_size if stride is None else stride
    grad_x = np.zeros(x.shape)
    N, C, _, _ = x.shape
    n, c = np.ogrid[:N, :C]  # (N, 1) and (1, C)
    for i, j in np.ndindex(grad_out.shape[2:]):
        top, left = i * stride, j * stride
        window = x[:, :, top : top + kernel_size, left : left + kernel_size]
        largest = window.reshape(N, C, -1).argmax(axis=2)  # (N, C)
        rows, columns = np.divmod(largest, kernel_size)
        grad_x[n, c, top + rows, left + columns] += grad_out[:, :, i, j]
    return grad_x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pooling-backward-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.pooling_backward.check(max_pool2d_backward)
### BEGIN HIDDEN TESTS
lab.pooling_backward.check_hidden(max_pool2d_backward, seed=5137)
### END HIDDEN TESTS

# %% [markdown]
r"""
## 3 Layers

A backward pass needs what the forward pass has seen. So a **layer** is an object that remembers: `forward(x)` keeps what it needs and returns the output; `backward(grad_out)` returns the gradient by x, and keeps the gradients of what the layer learns in `grads`, under the names that they have in `params`. Flattening learns nothing, and shows the form.
"""


# %%
class Layer:
    """What all layers have: settings, arrays that are learned, their gradients."""

    def __init__(self, kernel_size=None, stride=1, **params):
        self.kernel_size, self.stride = kernel_size, stride
        self.params, self.grads = params, {}


class Flatten(Layer):
    """Pictures (N, C, H, W) to rows (N, C*H*W)."""

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, grad_out):
        return grad_out.reshape(self.shape)


# %% [markdown]
r"""
## Exercise 5.14. A dense layer, and ReLU

Write both passes of `Dense`, made with `weight` (K, D) and `bias` (K,), for x (N, D); and of `ReLU`, for x of any shape, whose slope at 0 is 0. Backward belongs to the batch that went forward last, and changes no parameter. Each layer counts by itself. (1 point, 20 minutes, ●●○ medium)

Example: after `layer = Dense(weight=W, bias=b)`, a forward and a backward pass, `layer.grads` has the keys "weight" and "bias".

<details><summary>Hint</summary>
What does <code>dense_backward</code> want besides <code>grad_out</code>, and when has the layer seen it?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "dense-and-relu", "locked": false, "schema_version": 3, "solution": true}
class Dense(Layer):
    """A dense layer: params are weight (K, D) and bias (K,)."""

    def forward(self, x):
        ### BEGIN SOLUTION
        self.x = x
        return x @ self.params["weight"].T + self.params["bias"]
        ### END SOLUTION

    def backward(self, grad_out):
        ### BEGIN SOLUTION
        grads = dense_backward(grad_out, self.x, self.params["weight"])
        self.grads = {"weight": grads[1], "bias": grads[2]}
        return grads[0]
        ### END SOLUTION


class ReLU(Layer):
    """Lets positive numbers through."""

    def forward(self, x):
        ### BEGIN SOLUTION
        self.passes = x > 0
        return x * self.passes
        ### END SOLUTION

    def backward(self, grad_out):
        ### BEGIN SOLUTION
        return grad_out * self.passes
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dense-and-relu-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.dense_and_relu.check(Dense, ReLU)
### BEGIN HIDDEN TESTS
lab.dense_and_relu.check_hidden(Dense, ReLU, seed=5143)
### END HIDDEN TESTS

# %% [markdown]
r"""
## Exercise 5.15. A convolution, and max pooling

The same for `Conv2d`, made with a `stride`, `weight` (K, C, FH, FW) and `bias` (K,); and for `MaxPool2d`, whose windows lie side by side. Both take x (N, C, H, W), and use your functions or borrowed ones; a layer that calls PyTorch earns nothing. Each counts by itself. (1 point, 20 minutes, ●●○ medium)

Example: `MaxPool2d(2)` makes maps of 13×13 into 6×6.

<details><summary>Hint</summary>
What do these layers know from when they were made, and what only from the way forwards?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "conv-and-pool", "locked": false, "schema_version": 3, "solution": true}
class Conv2d(Layer):
    """Settings: stride; params: weight (K, C, FH, FW) and bias (K,)."""

    def forward(self, x):
        ### BEGIN SOLUTION
        self.x = x
        return conv2d(x, self.params["weight"], self.params["bias"], self.stride)
        ### END SOLUTION

    def backward(self, grad_out):
        ### BEGIN SOLUTION
        grads = conv2d_backward(grad_out, self.x, self.params["weight"], self.stride)
        self.grads = {"weight": grads[1], "bias": grads[2]}
        return grads[0]
        ### END SOLUTION


class MaxPool2d(Layer):
    def forward(self, x):
        ### BEGIN SOLUTION
        self.x, size = x, self.kernel_size
        windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))
        return windows[:, :, ::size, ::size].max(axis=(4, 5))
        ### END SOLUTION

    def backward(self, grad_out):
        ### BEGIN SOLUTION
        return max_pool2d_backward(grad_out, self.x, self.kernel_size)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "conv-and-pool-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.conv_and_pool.check(Conv2d, MaxPool2d)
### BEGIN HIDDEN TESTS
lab.conv_and_pool.check_hidden(Conv2d, MaxPool2d, seed=5159)
### END HIDDEN TESTS

# %% [markdown]
r"""
## 4 A network, and its proof

A network sends a batch through its layers, and a gradient back through them in reverse: what a layer returns from `backward` is what the layer before it wants. The first gradient comes from the loss. If the loss is a mean over N examples, its $1/N$ is in that gradient already, and no layer divides again.
"""

# %% [markdown]
r"""
## Exercise 5.16. Network and loss

Write `softmax_loss(scores, y)`: the mean cross-entropy of scores (N, K) with class numbers y (N,), and its gradient by the scores, for scores of any size. Lab 04 has both halves. Write `Network`: `forward(x)` and `backward(grad_out)`, which returns the gradient by x. Each of the two counts by itself. (1 point, 20 minutes, ●●○ medium)

Example: scores [[0, 0]] with the class 0 have the loss 0.6931 and the gradient [[−0.5, 0.5]].

<details><summary>Hint</summary>
What may be taken off all scores of a row without changing their softmax?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "network", "locked": false, "schema_version": 3, "solution": true}
def softmax_loss(scores, y):
    """Return the mean loss, and its gradient by the scores (N, K)."""
    ### BEGIN SOLUTION
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    one_hot = np.eye(scores.shape[1])[y]
    return -(log_p * one_hot).sum() / len(y), (np.exp(log_p) - one_hot) / len(y)
    ### END SOLUTION


class Network:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        ### BEGIN SOLUTION
        for layer in self.layers:
            x = layer.forward(x)
        return x
        ### END SOLUTION

    def backward(self, grad_out):
        ### BEGIN SOLUTION
        for layer in reversed(self.layers):
            grad_out = layer.backward(grad_out)
        return grad_out
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "network-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.network.check(softmax_loss, Network)
### BEGIN HIDDEN TESTS
lab.network.check_hidden(softmax_loss, Network, seed=5167)
### END HIDDEN TESTS

# %% [markdown]
r"""
Before it is trained, a network is proved. Lab 03 compared the gradient of one array with small steps; here every number of every parameter takes its turn, and all layers are behind the loss together. A fault in any of them shows. A network with a wrong gradient often learns, only worse: by its accuracy alone you would not know.
"""

# %% [markdown]
r"""
## Exercise 5.17. Prove the whole

Write `gradient_error(network, x, y)`. It lets `network` compute its gradients for the mean loss on x and y, and compares each parameter's gradient $g$ with $s$, the slopes by a small step up and down (central differences): $\max|g - s| \,/\, (\max|g| + \max|s|)$. It returns the largest of these, and leaves the network as it was. (1 point, 25 minutes, ●●● hard)

Example: below 1e-6 for a network that is right, above 1e-2 for one with a wrong bias gradient in a single layer.

<details><summary>Hint</summary>
Which loop reaches each number of <code>layer.params[name]</code>, and what must you do before the next one?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "gradient-check", "locked": false, "schema_version": 3, "solution": true}
def gradient_error(network, x, y):
    """Return the largest relative difference between gradients and slopes."""
    ### BEGIN SOLUTION
    network.backward(softmax_loss(network.forward(x), y)[1])
    errors = []
    for layer in network.layers:
        for name, array in layer.params.items():
            g, s = layer.grads[name], np.zeros(array.shape)
            for place in np.ndindex(array.shape):
                number = array[place]
                for way in (1e-5, -1e-5):
                    array[place] = number + way
                    s[place] += softmax_loss(network.forward(x), y)[0] / (2 * way)
                array[place] = number
            difference, size = np.abs(g - s).max(), np.abs(g).max() + np.abs(s).max()
            errors.append(difference / size)
    return max(errors)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gradient-check-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.gradient_check.check(gradient_error)
### BEGIN HIDDEN TESTS
lab.gradient_check.check_hidden(gradient_error, seed=5171)
### END HIDDEN TESTS

# %% [markdown]
r"""
Now yours. The network below is small, for each of its numbers costs two losses; yet every kind of layer is in it. The check above has tried your function on networks of its own, so what you read here is about *your* layers. An error above 1e-4? Take layers away until it is gone: the last one that you took is the culprit.
"""

# %%
if (
    lab.carried_parts.is_written(dense_backward, conv2d, conv2d_backward)
    and lab.pooling_backward.is_written(max_pool2d_backward)
    and lab.dense_and_relu.is_written(Dense, ReLU)
    and lab.conv_and_pool.is_written(Conv2d, MaxPool2d)
    and lab.network.is_written(softmax_loss, Network)
    and lab.gradient_check.is_written(gradient_error)
):
    rng = np.random.default_rng(1)
    kernels, last = rng.normal(size=(3, 1, 3, 3)), rng.normal(size=(4, 12))
    small = Network(
        [
            Conv2d(stride=2, weight=kernels, bias=np.zeros(3)),
            *(ReLU(), MaxPool2d(kernel_size=2), Flatten()),
            Dense(weight=last, bias=np.zeros(4)),
        ]
    )
    x, y = rng.normal(size=(5, 1, 11, 11)), np.array([0, 1, 2, 3, 0])
    print(f"largest relative difference: {gradient_error(small, x, y):.1e}")

# %% [markdown]
r"""
**A good place to stop.** Save the notebook. Next time, run all cells up to here and go on.
"""

# %% [markdown]
r"""
## 5 Training

Fashion-MNIST, as it ships with the course: real garments, ten classes, 28×28 pixels. You learn from 2,000 pictures and choose on 1,000 others, the **validation** pictures. The **test** pictures are for the last check alone. Pixels from 0 to 255 become numbers from −1 to 1.
"""


# %%
def standardised(pictures):
    return (pictures.images[..., 0][:, None] / 255 - 0.5) / 0.5  # (N, 1, 28, 28)


garments, _ = load_fashion()
train, validation = garments.at(range(2000)), garments.at(range(5000, 6000))
x_train, y_train = standardised(train), train.labels
x_validation, y_validation = standardised(validation), validation.labels
figures.show(figures.plot_garments(train))

# %% [markdown]
r"""
One **epoch** sends each example through once, in an order drawn anew, in batches; the last batch is smaller if need be. For each batch: scores, loss and its gradient, backward, a step.
"""

# %% [markdown]
r"""
## Exercise 5.18. A step, and the loop

Write `sgd_step(network, learning_rate)`, which moves every parameter of every layer by `learning_rate` against its gradient; and `fit(network, x, y, epochs, batch_size, learning_rate)`, which trains and returns a list: the mean loss of each epoch. Orders come from `np.random.permutation`. Each of the two counts by itself. (1 point, 25 minutes, ●●○ medium)

Example: 22 examples in batches of 5 are five steps an epoch, the last with 2 examples.

<details><summary>Hint</summary>
A step for each batch: where is <code>sgd_step</code> called, inside which loops?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "training-loop", "locked": false, "schema_version": 3, "solution": true}
def sgd_step(network, learning_rate):
    """Move all that is learned against its gradient."""
    ### BEGIN SOLUTION
    for layer in network.layers:
        for name in layer.params:
            layer.params[name] -= learning_rate * layer.grads[name]
    ### END SOLUTION


def fit(network, x, y, epochs, batch_size, learning_rate):
    """Train, and return the mean loss of each epoch."""
    ### BEGIN SOLUTION
    history = []
    for _ in range(epochs):
        order, losses = np.random.permutation(len(x)), []
        for start in range(0, len(x), batch_size):
            some = order[start : start + batch_size]
            loss, gradient = softmax_loss(network.forward(x[some]), y[some])
            network.backward(gradient)
            sgd_step(network, learning_rate)
            losses.append(loss)
        history.append(np.mean(losses))
    return history
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "training-loop-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.training_loop.check(sgd_step, fit)
### BEGIN HIDDEN TESTS
lab.training_loop.check_hidden(sgd_step, fit, seed=5183)
### END HIDDEN TESTS

# %% [markdown]
r"""
What is there to beat? A **linear model**: one dense layer on the flattened pixels, 7,850 parameters. Measured on the test pictures with 2,000 to learn from, three seeds each:

| network | epochs | learning rate | test pictures | CPU seconds |
|---|---|---|---|---|
| linear | 5 | 0.02 | 74 to 77 % | 0.1 |
| linear | 20 | 0.02 | 78 to 79 % | 0.3 |
| linear | 60 | 0.02 | 78 to 79 % | 1 |
| linear | 150 | 0.005 | 79 % | 2 |
| 16 kernels of 5×5, stride 2, pooling, dense | 8, then 4 | 0.1, then 0.02 | 81 to 82 % | 7 |
"""

# %% [markdown]
r"""
The gap is small because 2,000 pictures are few, and it is there for every seed. On 1,000 pictures one standard error is 1.3 points; but all networks are measured on the *same* pictures, so differences between them scatter less than that.

**Mind the clock:** when your notebook is graded, a cell is stopped after 30 seconds. Let no training take more than about 15 on your machine.
"""

# %% [markdown]
r"""
## Exercise 5.19. It learns

Make `network` of your layers, and train it with your loop: it takes standardised pictures and gives ten scores. On the test pictures, on which nobody may train or choose, it must reach **80 %**, which none of the linear models does. Its backward pass must be the slope of its loss. (1 point, 25 minutes, ●●○ medium)

Example: a convolution of 16 kernels, 5×5, stride 2, makes 16×12×12 numbers; pooling leaves 16×6×6.

<details><summary>Hint</summary>
With which spread must the weights of a layer be drawn, so that scores start near 1?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "garments", "locked": false, "schema_version": 3, "solution": true}
network, history = None, None
### BEGIN SOLUTION
np.random.seed(0)
network = Network(
    [
        Conv2d(
            stride=2,
            weight=np.random.normal(0, 0.28, (16, 1, 5, 5)),
            bias=np.zeros(16),
        ),
        *(ReLU(), MaxPool2d(kernel_size=2), Flatten()),
        Dense(weight=np.random.normal(0, 0.04, (10, 576)), bias=np.zeros(10)),
    ]
)
history = fit(network, x_train, y_train, 8, 16, 0.1)
history += fit(network, x_train, y_train, 4, 16, 0.02)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "garments-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.garments.check(network)

# %% [markdown]
r"""
What has it learned? The losses of your epochs, and the first kernels of your first layer, if it is a convolution. Lab 05 set kernels by hand; these began as drawn numbers, and training has moved them.
"""

# %%
if lab.garments.is_written(network) and lab.garments.is_written(history):
    figures.show(figures.plot_losses({"training": history}))
    right = network.forward(x_validation).argmax(axis=1) == y_validation
    print(f"{100 * right.mean():.1f} % of the validation pictures are right")

# %%
if lab.garments.is_written(network) and isinstance(network.layers[0], Conv2d):
    figures.show(figures.plot_first_kernels(network.layers[0].params["weight"]))

# %% [markdown]
r"""
## 6 Report

## Exercise 5.20. Half a page

Write half a page in the cell below: which of your parts was wrong at first, and what showed it (1 point); what you measured, on which pictures, against which baseline, with how much chance in it (1 point); which step of the way from pixels to gradients you would now explain to a friend, in your own words and without a formula (1 point). A person reads it. (3 points, 20 minutes, ●●○ medium)
"""

# %% [markdown] nbgrader={"grade": true, "grade_id": "report", "locked": false, "points": 3, "schema_version": 3, "solution": true}
r"""
*What was wrong.* My `Conv2d` forgot its stride on the way back. With a stride of 1, as I had tried it, nothing showed. The check of the whole network, which has a stride of 2, gave 0.8; it fell below 1e-9.

*What I measured.* 1,000 test pictures, three seeds: 81 to 82 % with 16 kernels, at most 79 % for a linear model on the same 2,000 pictures. One standard error is 1.3 points, so one run could be chance; the sign is the same for every seed.

*Explained.* A weight of a kernel is used at 144 places of each picture. Each place says how the loss would change if the weight were a little larger there. All places use the same weight, so all that they say is added up.
"""

# %% [markdown]
r"""
## Bonus. Steps with a memory

**Further:** worth nothing, and nothing else needs it.

Plain descent forgets each gradient. **Momentum** keeps a velocity: a part of the old one plus the new gradient; the step goes along it. **Adam** keeps two running means, of the gradient and of its square, and divides one by the root of the other: each number gets a step of its own size. **Weight decay** adds a multiple of the parameter to its gradient, so that what nobody needs shrinks.
"""

# %% [markdown]
r"""
Momentum $\mu$, rate $\eta$, decay $\lambda$, gradient $g$, which decay makes $g + \lambda w$ first:

$$v \leftarrow \mu v + g, \qquad w \leftarrow w - \eta v$$

Adam, in step $t$:

$$m \leftarrow \beta_1 m + (1-\beta_1) g, \qquad s \leftarrow \beta_2 s + (1-\beta_2) g^2$$

$$w \leftarrow w - \eta\, \frac{m / (1-\beta_1^t)}{\sqrt{s / (1-\beta_2^t)} + \varepsilon}$$
"""

# %% [markdown]
r"""
## Bonus. Your own optimisers

**Further:** worth nothing, and nothing else needs it.

Write `momentum_step` and `adam_step`, which return the new parameter as PyTorch's `SGD` and `Adam` would, to ten digits. `memory` is a dict of the parameter's own, empty before its first step. Momentum, Adam and weight decay each count by themselves. (0 points, 30 minutes, ●●● hard)

Example: the first step of Adam is about `rate` long for every number, whatever its gradient.

<details><summary>Hint</summary>
What does <code>memory.get("velocity", 0)</code> give before the first step?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "optimisers", "locked": false, "schema_version": 3, "solution": true}
def momentum_step(param, grad, memory, rate, momentum=0.9, weight_decay=0.0):
    """Return the parameter after a step; keep the velocity in memory."""
    ### BEGIN SOLUTION
    grad = grad + weight_decay * param
    memory["velocity"] = momentum * memory.get("velocity", 0.0) + grad
    return param - rate * memory["velocity"]
    ### END SOLUTION


def adam_step(
    param, grad, memory, rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0
):
    """Return the parameter after a step; keep both means, and t, in memory."""
    ### BEGIN SOLUTION
    grad = grad + weight_decay * param
    t = memory["t"] = memory.get("t", 0) + 1
    b1, b2 = betas
    m = memory["m"] = b1 * memory.get("m", 0.0) + (1 - b1) * grad
    s = memory["s"] = b2 * memory.get("s", 0.0) + (1 - b2) * grad**2
    return param - rate * (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + eps)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "optimisers-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.optimisers.check(momentum_step, adam_step)
### BEGIN HIDDEN TESTS
lab.optimisers.check_hidden(momentum_step, adam_step, seed=5197)
### END HIDDEN TESTS

# %% [markdown]
r"""
## Bonus. Dropout and batch normalisation

**Further:** worth nothing, and nothing else needs it.

Lab 05 looked at two layers from outside; here are both passes. **Dropout** multiplies each number by a factor that is drawn anew: 0 with probability p, else $1/(1-p)$. The way back multiplies by the same factors. **Batch normalisation** takes each feature of a batch x (N, D) by itself:

$$\hat x = \frac{x - \mu}{\sqrt{v + \varepsilon}}, \qquad y = \gamma \hat x + \beta, \qquad \mu = \frac1N \sum x, \qquad v = \frac1N \sum (x - \mu)^2$$
"""

# %% [markdown]
r"""
On the way back one number of x reaches every output of its feature, by three ways: itself, the mean, the variance. With $g$ for the gradient by $\hat x$, that is `grad_out * scale`, and means over the batch,

$$\frac{\partial L}{\partial x} = \frac{g - \overline{g} - \hat x\, \overline{g \hat x}}{\sqrt{v + \varepsilon}}$$

The two means are what the batch takes back. So gradients add up to 0 over the batch: no constant that is added to x changes anything.
"""

# %% [markdown]
r"""
## Bonus. Dropout, there and back

**Further:** worth nothing, and nothing else needs it.

Write `dropout(x, p, rng, training)`: it returns the output, and a `memory` for the way back, which is yours to choose. Chance comes from `rng.random`. With `training=False` it returns x as it is. `dropout_backward(grad_out, memory)` returns the gradient by x. Forwards, back and `training=False` each count by themselves. (0 points, 15 minutes, ●●○ medium)

Example: with p = 0.2 a number that stays is multiplied by 1.25.

<details><summary>Hint</summary>
Which array makes both ways the same multiplication?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "dropout-layer", "locked": false, "schema_version": 3, "solution": true}
def dropout(x, p, rng, training):
    """Return the output, and what the way back needs."""
    ### BEGIN SOLUTION
    factors = (rng.random(x.shape) >= p) / (1 - p) if training else np.ones(x.shape)
    return x * factors, factors
    ### END SOLUTION


def dropout_backward(grad_out, memory):
    """Return the gradient by x."""
    ### BEGIN SOLUTION
    return grad_out * memory
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dropout-layer-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.dropout_layer.check(dropout, dropout_backward)
### BEGIN HIDDEN TESTS
lab.dropout_layer.check_hidden(dropout, dropout_backward, seed=5201)
### END HIDDEN TESTS

# %% [markdown]
r"""
## Bonus. Batch normalisation, there and back

**Further:** worth nothing, and nothing else needs it.

Write `batch_norm(x, scale, shift, eps)`, as in training: it returns the output (N, D) and a `memory`. `batch_norm_backward(grad_out, memory)` returns the gradients by x, `scale` and `shift`, in this order. Each of the two counts by itself. (0 points, 30 minutes, ●●● hard)

Example: for scale 1 and shift 0 each feature of the output has the mean 0 and, but for eps, the variance 1.

<details><summary>Hint</summary>
In the formula for the gradient, which axis do the means run along, and what do they leave?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "batch-norm", "locked": false, "schema_version": 3, "solution": true}
def batch_norm(x, scale, shift, eps):
    """Return the normalised batch, and what the way back needs."""
    ### BEGIN SOLUTION
    root = np.sqrt(x.var(axis=0) + eps)
    hat = (x - x.mean(axis=0)) / root
    return scale * hat + shift, (hat, root, scale)
    ### END SOLUTION


def batch_norm_backward(grad_out, memory):
    """Return the gradients by x, scale and shift."""
    ### BEGIN SOLUTION
    hat, root, scale = memory
    g = grad_out * scale
    grad_x = (g - g.mean(axis=0) - hat * (g * hat).mean(axis=0)) / root
    return grad_x, (grad_out * hat).sum(axis=0), grad_out.sum(axis=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "batch-norm-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.batch_norm.check(batch_norm, batch_norm_backward)
### BEGIN HIDDEN TESTS
lab.batch_norm.check_hidden(batch_norm, batch_norm_backward, seed=5203)
### END HIDDEN TESTS

# %% [markdown]
r"""
Prove yours as you proved the network: move one number by a small step up and down, with a loss that is a sum of products.
"""

# %%
if lab.batch_norm.is_written(batch_norm, batch_norm_backward):
    rng = np.random.default_rng(2)
    x, g = rng.normal(size=(2, 6, 3))
    scale, shift = rng.normal(size=(2, 3))
    grad = batch_norm_backward(g, batch_norm(x, scale, shift, 1e-5)[1])[0]
    up, down = x.copy(), x.copy()
    up[4, 1] += 1e-5
    down[4, 1] -= 1e-5
    losses = [(batch_norm(one, scale, shift, 1e-5)[0] * g).sum() for one in (up, down)]
    print(f"your gradient {grad[4, 1]:.6f}, slope {(losses[0] - losses[1]) / 2e-5:.6f}")
    print(f"largest sum over the batch {abs(np.sum(grad, axis=0)).max():.1e}")

# %% [markdown]
r"""
## Bonus. An engine for arrays

**Further:** worth nothing, and nothing else needs it.

Layers know their way back as a whole. The engine of Lab 03 knew it for each operation, on single numbers. Here is one for arrays: each operation keeps its operands, and with each a *way* back: a function from the gradient `g` by its result to the gradient by that operand. The cell after it goes through all of them from the loss back.
"""


# %%
class Tensor:
    """An array that remembers what it was computed from."""

    def __init__(self, data, *ways):
        self.data, self.ways = np.asarray(data, dtype=float), ways
        self.grad = np.zeros_like(self.data)

    def __add__(self, other):
        ways = (self, lambda g: g), (other, lambda g: g)
        return Tensor(self.data + other.data, *ways)

    def __mul__(self, other):
        a, b = self.data, other.data
        ways = (self, lambda g: g * b), (other, lambda g: g * a)
        return Tensor(a * b, *ways)

    def __matmul__(self, other):
        a, b = self.data, other.data
        ways = (self, lambda g: g @ b.T), (other, lambda g: a.T @ g)
        return Tensor(a @ b, *ways)

    def tanh(self):
        out = np.tanh(self.data)
        return Tensor(out, (self, lambda g: g * (1 - out**2)))

    def sum(self):
        ones = np.ones_like(self.data)
        return Tensor(self.data.sum(), (self, lambda g: g * ones))


# %%
def backward(loss):
    """Give each array behind a loss its gradient."""
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for operand, _ in node.ways:
                visit(operand)
            order.append(node)

    visit(loss)
    loss.grad = np.ones_like(loss.data)
    for node in reversed(order):
        for operand, way in node.ways:
            operand.grad += unbroadcast(way(node.grad), operand.data.shape)


# %% [markdown]
r"""
One thing is new against single numbers. In `x @ weight + bias` with a batch of 32, NumPy **broadcasts**: it uses each number of the bias 32 times. The gradient that comes back has the shape of the result, (32, D); the bias needs one of its own shape, (D,). A number that was used at several places gets the sum of what they say. So behind every operation stands one function that undoes broadcasting, and that is yours.

NumPy compares shapes from the right. It puts axes of length 1 *in front* of the shorter one, then *stretches* an axis of length 1 to the length of the other's.
"""

# %% [markdown]
r"""
## Bonus. Undo broadcasting

**Further:** worth nothing, and nothing else needs it.

Write `unbroadcast(grad, shape)`: `grad` is the gradient by what came out of broadcasting; it returns the gradient by the operand, which has this `shape`. Where nothing was repeated, it returns `grad` as it is. (0 points, 15 minutes, ●●○ medium)

Example: for a bias of shape (3,) that was added to a batch (4, 3), each column of `grad` is summed up.

<details><summary>Hint</summary>
By how many axes is <code>grad</code> longer than <code>shape</code>, and where are they?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "unbroadcast", "locked": false, "schema_version": 3, "solution": true}
def unbroadcast(grad, shape):
    """Return the gradient by an operand of this shape."""
    ### BEGIN SOLUTION
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return grad.sum(axis=stretched, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "unbroadcast-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.unbroadcast.check(unbroadcast)
### BEGIN HIDDEN TESTS
lab.unbroadcast.check_hidden(unbroadcast, seed=5207)
### END HIDDEN TESTS

# %% [markdown]
r"""
Now the engine runs: a network of two layers, each with a bias, and a scale for each example. PyTorch computes the same from the same function; below is the largest difference for each array.
"""


# %%
def two_layers(x, w1, b1, w2, b2, scale):
    hidden = (x @ w1 + b1).tanh()
    scores = (hidden @ w2 + b2) * scale
    return (scores * scores).sum()


if lab.unbroadcast.is_written(unbroadcast):
    rng = np.random.default_rng(3)
    shapes = {
        "x": (6, 4),
        "w1": (4, 5),
        "b1": (5,),
        "w2": (5, 3),
        "b2": (3,),
    }
    shapes["scale"] = (6, 1)
    arrays = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    for name, apart in tensors_and_torch(two_layers, Tensor, backward, arrays).items():
        print(f"{name:6}{shapes[name]!s:8}{apart:.0e}")

# %% [markdown]
r"""
**In this lab you have**

- built layers that know their way forwards and back;
- proved a whole network's gradient before you trained it;
- written the loop that trains it, and reported what came of it.

**On your own** (not graded): put `momentum_step` in the place of plain descent in your loop. How many epochs does the same accuracy take? Make a `Layer` of your batch normalisation, put it between `Flatten` and `Dense`, and look again.
"""
