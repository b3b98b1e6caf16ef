# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
r"""
# Slide a kernel over an image
"""

# %% [markdown]
r"""
**You will** build a convolution, a pooling layer and the rule for their sizes, and check each against PyTorch.

**You will learn** to

- compute a convolution by hand and say how large its output is, before you run it;
- count the parameters of a layer;
- tell what moves along when the picture moves, and what stays.

**You need** NumPy arrays and, from Lab 01, *Build a neuron, and a layer of them*, the dense layer. Time: about 150 minutes, and 170 more for what is marked *Further*, with a good place to stop after section 7.
"""

# %% [markdown]
r"""
| letter | meaning | in code |
|---|---|---|
| N | pictures in a batch | `N, C, H, W = x.shape` |
| C, K | input channels; kernels = output channels | `in_channels`, `out_channels` |
| H, W | height, width in pixels | `height`, `width` |
| F (FH, FW) | side of a kernel in pixels | `kernel_size` |
| S, P | stride, padding in pixels | `stride`, `padding` |

Books differ. Some write "filter" for kernel, some put the channels last. Here everything is in PyTorch's order: N, C, H, W.
"""

# %%
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_utils import predictions
from course_utils.data import load_photo
from course_utils.labs import conv_and_pooling
from course_utils.labs.conv_and_pooling import figures, widgets
from course_utils.labs.conv_and_pooling.convolve_by_hand import (
    FIGURE_IMAGE,
    FIGURE_KERNEL,
)
from course_utils.labs.conv_and_pooling.shift_behaviour import shift_layers
from course_utils.runtime import seed_everything
from course_utils.shapes import layer_weight_counts

seed_everything(0)

# %% [markdown]
r"""
**Your own numbers.** Write your student id between the quotes, as your instructor knows it. Some questions then use numbers of your own. With an empty id you get the numbers of the lesson.
"""

# %%
student_id = ""

# %% nbgrader={"grade": false, "grade_id": "lab", "locked": true, "schema_version": 3, "solution": false}
lab = conv_and_pooling.for_student(student_id)
lab

# %% [markdown]
r"""
## 1 Why not dense?

A dense layer connects every pixel with every unit. How many weights is that? Take a grey picture of 200×200 pixels and 500 hidden units: $200 \cdot 200 \cdot 500$ is **20 million** weights. With one bias a unit it is 20,000,500, and for a colour picture 60,000,500. Even a picture of 32×32 pixels in colour, stretched into 3,072 numbers, takes $10 \cdot 3072 = 30\,720$ weights for ten classes.
"""

# %%
# "meta": follow the shapes, compute nothing
dense = nn.Linear(200 * 200, 500, device="meta")
print(f"{sum(p.numel() for p in dense.parameters()):,}")

# %% [markdown]
r"""
Now a larger one: 640×480 pixels, three colours, 1,000 units. That makes 921,601,000 parameters, about 922 million, or 3.7 GB at four bytes each. The figure compares three layers that turn the same 3×32×32 picture into the same 6×28×28 numbers.
"""

# %%
counts = layer_weight_counts(
    in_channels=3, height=32, width=32, out_channels=6, kernel_size=5
)
figures.show(figures.plot_three_layers(counts))

# %% [markdown]
r"""
*Locally connected* means: each output unit looks at a small window only. *Convolution* adds one more idea: all windows share the same weights. Move the sliders. Which of the three numbers does not change when the picture grows?
"""

# %%
widgets.explore_parameters()

# %% [markdown]
r"""
Weights are one reason against dense layers for pictures. There are three more: so many weights need a great deal of data; `Flatten` forgets which pixels are neighbours; and a picture that moves by **one pixel** is, to a dense unit, another picture. See for yourself: this unit has learned one vertical bar by heart.
"""

# %%
bar = np.zeros((5, 5))
bar[:, 1] = 1
moved = np.roll(bar, 1, axis=1)
figures.show(figures.plot_moved_bar(bar, moved))

# %% [markdown]
r"""
The unit's answer, the sum of weights times pixels, falls from 5 to 0. It would have to learn the bar again for every place. A convolution learns it once and looks everywhere: that is the whole idea, and the rest of this lab is its arithmetic.
"""

# %% [markdown]
r"""
## 2 One dimension first

Take a row of eight cells and a kernel of three weights. Lay the kernel over the first three cells, multiply cell by weight, add. Move it one cell to the right, and again. The kernel (−1, 0, 1) answers where the row goes up.
"""

# %%
row = np.array([0, 0, 1, 1, 1, 0, 0, 0])
kernel = np.array([-1, 0, 1])
output = np.array([(row[i : i + 3] * kernel).sum() for i in range(6)])
print(output)

# %% [markdown]
r"""
Two numbers say "up" (1), two say "down" (−1), the others are silent. Eight cells went in, six numbers came out: a window of three finds six places. Here they are.
"""

# %%
figures.show(figures.plot_six_windows())

# %% [markdown]
r"""
## 3 Two dimensions, by hand

A picture has rows and columns, so the window slides right and then down. *Detecting* a feature means: the sum is large where the picture looks like the kernel. A *feature* is what the kernel looks for: an edge, a blob, a shape. Here are a 5×5 picture of zeros and ones and a 3×3 kernel that looks for a plus sign.
"""

# %%
rows = ["01100", "11001", "01110", "00111", "10011"]
image = np.array([[int(cell) for cell in row] for row in rows])
kernel = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
figures.show(figures.plot_first_window(image, kernel))

# %% [markdown]
r"""
The first output is 4. Four steps of the same film: the first window, the second, the last of the first row, the last of all. A row of the output takes three sums here, the whole output nine.
"""

# %%
figures.show(figures.plot_four_steps(image, kernel))

# %% [markdown]
r"""
Now step through it yourself, with the slider or the arrow keys. Before each step, say the sum aloud. Leave stride and padding as they are for now.
"""

# %%
widgets.explore_convolution(image, kernel)

# %% [markdown]
r"""
Another picture, from a well-known guide to convolution arithmetic. Its kernel is not made of zeros and ones, and its output has a 19 in row 1, column 2 (counting from 0).
"""

# %%
figure, figure_kernel = np.array(FIGURE_IMAGE), np.array(FIGURE_KERNEL)
figure_output = F.conv2d(
    torch.tensor(figure)[None, None], torch.tensor(figure_kernel)[None, None]
)[0, 0]
figures.show(figures.plot_another_picture(figure, figure_kernel, figure_output.numpy()))

# %% [markdown]
r"""
Here are the picture and the kernel for your first exercise.
"""

# %%
mine = lab.convolve_by_hand.question
figures.show(figures.plot_your_picture(mine.image, mine.kernel))

# %% [markdown]
r"""
## Exercise 5.1. Convolve by hand

Write down the 3×3 feature map of *your picture* and *your kernel* (on paper first, no code). Then explain the 19 of the figure above: give the nine products, window times kernel, that add up to it. (2 points, 10 minutes, ●○○ easy)

Example: in the first picture of this section the window of output (0, 0) gives the products 0 1 0, 1 1 0, 0 1 0 and the sum 4.

<details><summary>Hint</summary>
On which row and which column of the picture does the window start whose output is in row 1, column 2?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "convolve-by-hand", "locked": false, "schema_version": 3, "solution": true}
by_hand = {
    "feature map": [[None, None, None], [None, None, None], [None, None, None]],
    "products": [[None, None, None], [None, None, None], [None, None, None]],
}
### BEGIN SOLUTION
by_hand = {
    "feature map": [[4, 3, 4], [2, 4, 3], [2, 3, 4]],
    "products": [[0, 3, 2], [4, 4, 0], [0, 2, 4]],
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "convolve-by-hand-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.convolve_by_hand.check(by_hand)

# %% [markdown]
r"""
Stuck? `lab.convolve_by_hand.hint()` shows a hint, and the next one each time you run it. For more pictures of this kind, without end: `lab.convolve_by_hand.practice()`.
"""

# %%
question = lab.convolve_by_hand.practice(1)
question

# %% [markdown]
r"""
Type your answer, then Enter; `question.answer([[...], [...], [...]])` in a cell does the same. Without the 1, each call draws another question.
"""

# %% [markdown]
r"""
## 4 Convolution or correlation?

In mathematics a *convolution* turns the kernel by 180 degrees before it slides. Deep-learning libraries do not: what they call convolution is, strictly, *cross-correlation*. With the plus sign of section 3 nobody can tell, since it looks the same when it is turned. With the other kernel everybody can.
"""

# %%
turned = F.conv2d(
    torch.tensor(figure)[None, None],
    torch.tensor(figure_kernel[::-1, ::-1].copy())[None, None],
)[0, 0]
figures.show(figures.plot_turned_kernel(figure_output.numpy(), turned.numpy()))

# %% [markdown]
r"""
For a network it makes no difference: it learns its kernels, turned or not. For *your* code it does, as soon as you compare with a library. In this course, convolution means what PyTorch does: slide, multiply, add.
"""

# %% [markdown]
r"""
## 5 The size rule

How many numbers come out? Count the places where the window fits, in a row of 9 cells with a kernel of 3. With **stride** 1 the window moves one cell at a time and finds 7 places. With stride 2 it moves two cells at a time.
"""

# %%
figures.show(figures.plot_every_second_window())

# %% [markdown]
r"""
In two dimensions the same holds for rows and for columns. A 9×9 picture gives a 7×7 map with stride 1: 49 sums, not 7; seven is one row of it. With stride 2 it gives 4×4. A unit of the map is one number, so these maps have 49 and 16 *output units*. Now stride 3, on 8 cells.
"""

# %%
figures.show(figures.plot_unread_cells())

# %% [markdown]
r"""
One convention says of this: it does not fit, the kernel cannot be applied. Its rule $(N - F) / S + 1$ gives 2.67 here, and there are no two thirds of a window. PyTorch follows another: it takes the windows that fit and leaves the last cells unread. Two cells are *left over*.

<details><summary>If you know the slides</summary>
Theirs are 7 cells and a kernel of 3, which are questions of exercise 5.2 if your id is empty. One slide gives the sums of one row as if they were those of the map; another says that stride 3 "does not fit", which is the first convention.
</details>
"""

# %%
x = torch.zeros(1, 1, 8, 8)
print(nn.Conv2d(1, 1, kernel_size=3, stride=3)(x).shape)

# %% [markdown]
r"""
Both conventions have their use. Leaving cells out silently can hide a mistake; refusing is a nuisance when one pixel does not matter. You will write a function that can do either. First play: which settings leave cells over?
"""

# %%
widgets.explore_output_size(size=8, kernel_size=3, stride=3)

# %% [markdown]
r"""
## 6 Padding and stride

A 5×5 kernel takes four pixels off each axis. Two such layers turn 32 into 28 and 28 into 24, and the pixels at the border take part in fewer sums than those in the middle. **Zero padding** answers both: put a border of P zeros around the picture first, on *both* ends of each axis.
"""

# %%
figures.show(figures.plot_padded_row())

# %% [markdown]
r"""
With kernel 3, stride 1 and padding 1, nine cells give nine: the size stays. In general $P = (F - 1) / 2$ keeps the size, 1 for $F = 3$, 2 for $F = 5$, 3 for $F = 7$, on two conditions: **F is odd and the stride is 1**.

**Stride** is the opposite tool. It makes the map smaller, on purpose, and so gathers information from a wider part of the picture into fewer numbers.

<details><summary>If you know the slides</summary>
They leave out both conditions of the padding that keeps the size. And two words are misspelt there: it is <em>output</em>, and zeros are added <em>artificially</em>.
</details>
"""

# %%
figures.show(figures.plot_padded_step(image, kernel))

# %% [markdown]
r"""
Take a pencil. For a length N with padding P, the window's left edge starts on cell 0 and can move as long as the window's right edge stays inside. How far is that? How many steps of S cells fit into it? Steps are one thing, windows another: after 4 steps you stand on the 5th place.
"""

# %% [markdown]
r"""
These are your five questions. Each is a convolution on a square picture with one channel and one kernel.
"""

# %%
lab.output_sizes

# %% [markdown]
r"""
## Exercise 5.2. How large is the output?

For each of your five questions give the `size` of the feature map (its side, as PyTorch has it) and the number of output `units`. Only question d leaves cells over: say how many on each axis. (5 points, 15 minutes, ●○○ easy)

Example: 8 cells, kernel 2, stride 3, padding 0. The window starts on cells 0, 3 and 6, so the size is 3 and there are 9 units. The last window ends on the last cell: nothing is left over.

<details><summary>Hint</summary>
On which cells can the window's left edge stand? Count them.
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "output-sizes", "locked": false, "schema_version": 3, "solution": true}
sizes = {
    "a": {"size": None, "units": None},
    "b": {"size": None, "units": None},
    "c": {"size": None, "units": None},
    "d": {"size": None, "units": None, "leftover": None},
    "e": {"size": None, "units": None},
}
### BEGIN SOLUTION
sizes = {
    "a": {"size": 5, "units": 25},
    "b": {"size": 3, "units": 9},
    "c": {"size": 7, "units": 49},
    "d": {"size": 2, "units": 4, "leftover": 1},
    "e": {"size": 32, "units": 1024},
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "output-sizes-check", "locked": true, "points": 5, "schema_version": 3, "solution": false}
lab.output_sizes.check(sizes)

# %% [markdown]
r"""
The check looks at all five answers together. One answer alone often cannot tell a right method from a wrong one: 32 cells with kernel 5, stride 1 and padding 2 comes out right in four wrong ways. For more: `lab.output_sizes.practice()`.
"""

# %% [markdown]
r"""
## Exercise 5.3. Write the size rule

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Write `conv_output_size(size, kernel_size, stride=1, padding=0, strict=False)`, all in cells. It returns how many windows fit on one axis, as an `int`. If the kernel is longer than the padded axis it raises `ValueError`. With `strict=True` it also raises `ValueError` when cells are left over, and the message says how many. (2 points, 15 minutes, ●●○ medium)

Example: `conv_output_size(9, 3, stride=2)` is 4. `conv_output_size(8, 3, 3, strict=True)` raises an error such as "2 cells are left over".

<details><summary>Hint</summary>
Which operator divides and rounds down? Which one tells the rest?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "output-size-rule", "locked": false, "schema_version": 3, "solution": true}
def conv_output_size(size, kernel_size, stride=1, padding=0, strict=False):
    """Return how many windows fit on one axis, in cells."""
    ### BEGIN SOLUTION
    room = size + 2 * padding - kernel_size
    if room < 0:
        raise ValueError(
            f"a kernel of {kernel_size} does not fit on {size} cells, padding {padding}"
        )
    if strict and room % stride:
        raise ValueError(f"{room % stride} cells are left over")
    return room // stride + 1
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "output-size-rule-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.output_size_rule.check(conv_output_size)
### BEGIN HIDDEN TESTS
lab.output_size_rule.check_hidden(conv_output_size, seed=2711)
### END HIDDEN TESTS

# %% [markdown]
r"""
<details><summary>The rule as a formula, once yours is written</summary>

$$N_\text{out} = \left\lfloor \frac{N + 2P - F}{S} \right\rfloor + 1, \qquad \text{the cells left over are the rest of that division,}$$

on each axis by itself, heights as well as widths: `(size + 2 * padding - kernel_size) // stride + 1`.
</details>

<details><summary>If you know the slides</summary>
They write (N − F)/S + 1 and (W − F + 2P)/S + 1. Both leave out that the division rounds down, the first leaves out the padding, and the second names the width only.
</details>
"""

# %% [markdown]
r"""
## 7 Channels and counting

On a grey 7×7 picture a 3×3 kernel makes 25 numbers with 9 weights, 10 with its bias. In colour the kernel is 3×3×3: 27 weights, 28 with its bias. A colour picture has three numbers a pixel: it is a tensor of shape (3, H, W). A kernel always reaches through **all** channels. On a 3×32×32 picture a 5×5 kernel has 3 · 5 · 5 = 75 weights; one output number is one sum of 75 products, plus one bias. In a network an activation such as ReLU follows: $z = \text{relu}(w \cdot x + b)$, where x is the window.
"""

# %%
layer = nn.Conv2d(in_channels=3, out_channels=1, kernel_size=5)
picture = torch.rand(1, 3, 32, 32)
print("weight", tuple(layer.weight.shape), " bias", tuple(layer.bias.shape))
print("output", tuple(layer(picture).shape))

# %% [markdown]
r"""
One kernel makes one **feature map**: here 1×28×28. A second kernel makes a second map, six kernels make six: a "new picture" of 6×28×28. On a 28×28 picture in colour, four 5×5 kernels give 4×24×24. The channels of the input are summed away; the channels of the output are the kernels.
"""

# %%
# one map for each input channel
per_channel = torch.stack(
    [F.conv2d(picture[:, [c]], layer.weight[:, [c]]) for c in range(3)]
)
total = per_channel.sum(0) + layer.bias  # the bias is added once
print(torch.allclose(total, layer(picture), atol=1e-5))

# %% [markdown]
r"""
That is what "convolutions are computed for each channel and summed" means: three maps, one sum, **one** bias for each kernel. PyTorch keeps a layer's kernels as (C_out, C_in, F, F); other libraries have other orders.
"""

# %% [markdown]
r"""
| library | pictures | kernels |
|---|---|---|
| PyTorch (this course) | (N, C, H, W) | (C_out, C_in, FH, FW) |
| Keras | (N, H, W, C) | (FH, FW, C_in, C_out) |

Name the order whenever you write a shape down. A layer with 4 input channels and 6 kernels of 3×3 has $6 \cdot 4 \cdot 3 \cdot 3 = 216$ weights in either order, and 222 parameters with its biases.

<details><summary>If you know the slides</summary>
The first lecture's 3×3×3×5 and the second's (F, F, C_in, C_out) are the second row. A slide counts the weights of a layer; the parameters are more by its biases.
</details>
"""

# %% [markdown]
r"""
**Parameters and activations** are two different things. The kernels and biases are parameters: training changes them, and there are as many for a small picture as for a large one. The feature maps are activations: they come out when a batch goes in, and there are more of them for a larger picture.

The exercise below also asks for a 2×2 **pooling** layer (it keeps the largest of four neighbours; section 10) and for a **dense** layer that maps the same input to as many outputs as layer a.
"""

# %%
lab.parameter_counts

# %% [markdown]
r"""
## Exercise 5.4. Count the parameters

Give the number of parameters, biases included, of each layer in the list above. (3 points, 15 minutes, ●●○ medium)

Example: six 5×5 kernels on three channels have $6 \cdot (3 \cdot 5 \cdot 5 + 1) = 456$ parameters, the eight 3×3 kernels on six channels that follow them have 440.

<details><summary>Hint</summary>
How many numbers does one kernel hold? What does it add to its sum, once?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "parameter-counts", "locked": false, "schema_version": 3, "solution": true}
counts = {"a": None, "b": None, "c": None, "pooling": None, "dense": None}
### BEGIN SOLUTION
counts = {"a": 760, "b": 140, "c": 1510, "pooling": 0, "dense": 3072 * 10240 + 10240}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "parameter-counts-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.parameter_counts.check(counts)

# %% [markdown]
r"""
Kernels are small, and every window shares them: the picture may grow, a convolution's parameters stay. Those of the dense layer do not. For more: `lab.parameter_counts.practice()`.

**A good place to stop.** Save the notebook. Next time, run all cells up to here and go on.
"""

# %% [markdown]
r"""
## 8 Build conv2d

You can now compute by hand every number of a convolution. Time to let Python do it: pictures, channels, kernels, stride and padding, all in one function. Loops are fine. A window of picture `n` that starts on row `top` and column `left` is `x[n, :, top:top + FH, left:left + FW]`, with shape (C, FH, FW).
"""

# %%
x = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)  # (N, C, H, W)
window = x[0, :, 1:3, 2:5]  # rows 1 and 2, columns 2 to 4 of the first picture
print(window.shape)

# %% [markdown]
r"""
## Exercise 5.5. Build a convolution

Write `conv2d(x, weight, bias, stride=1, padding=0)` with NumPy only. Shapes: `x` (N, C, H, W), `weight` (K, C, FH, FW), `bias` (K,); it returns (N, K, OH, OW). `np.pad` and your `conv_output_size` may help; ready-made convolutions of PyTorch, NumPy or SciPy may not. Channels, biases, stride and padding are worth a point each. (4 points, 40 minutes, ●●● hard)

Example: a picture of ones, 1×1×3×3, with a kernel of ones, 1×1×2×2, and bias 1 gives 1×1×2×2 numbers, all 5.

<details><summary>Hint</summary>
Which window belongs to output (n, k, i, j) if the stride is 2? Where is its upper left corner?
</details>
"""

# %% [markdown]
r"""
In steps, or at once, as you like. The cell below your answer says which steps are right, and which comes next.

1. **One kernel.** For one picture, one channel and one kernel, an output is the sum of window times kernel, plus the bias. (15 minutes)
2. **Stride.** The window moves by `stride` cells; cells left over are not used. (5 minutes)
3. **Padding.** A border of `padding` zeros around the picture comes first. (5 minutes)
4. **Channels.** Any number of pictures, channels and kernels; a kernel sums over all channels, and has its own bias. (15 minutes)
"""


# %% nbgrader={"grade": false, "grade_id": "build-conv2d", "locked": false, "schema_version": 3, "solution": true}
def conv2d(x, weight, bias, stride=1, padding=0):
    """Slide K kernels over N pictures. Returns an array (N, K, OH, OW)."""
    ### BEGIN SOLUTION
    N, _, H, W = x.shape
    K, _, FH, FW = weight.shape
    OH = (H + 2 * padding - FH) // stride + 1
    OW = (W + 2 * padding - FW) // stride + 1
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    out = np.zeros((N, K, OH, OW))
    for i in range(OH):
        for j in range(OW):
            top, left = i * stride, j * stride
            window = x[
                :, None, :, top : top + FH, left : left + FW
            ]  # (N, 1, C, FH, FW)
            out[:, :, i, j] = (window * weight).sum(axis=(2, 3, 4)) + bias
    return out
    ### END SOLUTION


# %%
lab.build_conv2d.step(conv2d)  # after each step: what is right, and what comes next

# %% nbgrader={"grade": true, "grade_id": "build-conv2d-check", "locked": true, "points": 4, "schema_version": 3, "solution": false}
lab.build_conv2d.check(conv2d)
### BEGIN HIDDEN TESTS
lab.build_conv2d.check_hidden(conv2d, seed=5081)
### END HIDDEN TESTS

# %% [markdown]
r"""
The check looks at four parts: channels, biases, stride, padding. Each is tried without the others. Once your function is written, the viewer below shows *its* numbers; until then, the browser's own.
"""

# %%
my_conv2d = conv2d if lab.build_conv2d.is_written(conv2d) else None
widgets.explore_convolution(image, kernel, your_conv2d=my_conv2d)

# %% [markdown]
r"""
What are kernels good for, before anybody trains them? Two examples on a photograph. The first subtracts a pixel from its right neighbour's neighbour: it answers where brightness changes along a row. The second averages five pixels, the middle one and its four neighbours.
"""

# %%
photo = load_photo("camera", size=128)
right_minus_left = np.array([[0, 0, 0], [-1, 0, 1], [0, 0, 0]])
plus = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]) / 5
x = torch.tensor(photo)[None, None]
maps = [
    F.conv2d(x, torch.tensor(k, dtype=x.dtype)[None, None])[0, 0].numpy()
    for k in (right_minus_left, plus)
]

# %% [markdown]
r"""
A kernel for changes has weights that add up to 0: an even grey gives 0. A kernel for averages has weights that add up to 1: an even grey stays as it is.
"""

# %%
figures.show(figures.plot_blurred_photo(photo, maps[1]))
figures.show(figures.plot_upright_edges(maps[0]))

# %% [markdown]
r"""
## Exercise 5.6. Design four kernels

Give four 3×3 kernels, each as three rows of three numbers: `vertical edge` answers to a step from dark to light along a row and not to one down a column; `horizontal edge` the other way round; `blur` mixes a pixel with its neighbours and keeps an even grey; `main diagonal` answers most to a line from upper left to lower right. Any kernels with these properties count, but for the two above. (2 points, 10 minutes, ●●○ medium)

Example: [[0, 0, 0], [0, 1, 0], [0, 0, 0]] copies the picture, so it is none of the four.

<details><summary>Hint</summary>
What must the weights of an edge kernel add up to? And those of a blur?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "design-kernels", "locked": false, "schema_version": 3, "solution": true}
kernels = {
    "vertical edge": None,
    "horizontal edge": None,
    "blur": None,
    "main diagonal": None,
}
### BEGIN SOLUTION
kernels = {
    "vertical edge": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "horizontal edge": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "blur": [[1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9]],
    "main diagonal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "design-kernels-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.design_kernels.check(kernels)

# %% [markdown]
r"""
A trained network finds such kernels by itself in its first layer, because they are useful in all places of all pictures.
"""

# %% [markdown]
r"""
## 9 A dense layer in disguise

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

A convolution is linear: sums of products. So it is also a matrix that multiplies the flattened picture, and a dense layer is just that. What is special about *this* matrix? Send pictures with a single bright pixel through a convolution: each answer is one column of it.
"""

# %%
pixels = torch.eye(25).reshape(25, 1, 5, 5)  # 25 pictures, each with one bright pixel
nine = torch.arange(1.0, 10.0).reshape(1, 1, 3, 3)  # kernel with the weights 1 to 9
matrix = F.conv2d(pixels, nine).reshape(25, 9).T.numpy()
figures.show(figures.plot_nine_weights(matrix))

# %% [markdown]
r"""
The matrix has 225 entries. Only 81 are not zero (**local connection**), and among them are only 9 different numbers (**weight sharing**). A dense layer would have 225 independent weights. A locally connected one would have 81. The convolution has 9.
"""

# %% [markdown]
r"""
## Exercise 5.7. Write the matrix of a convolution

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Write `conv_as_matrix(kernel, height, width)` for stride 1 and no padding: an array of shape (OH · OW, H · W) such that `conv_as_matrix(kernel, H, W) @ picture.reshape(-1)` is the feature map, flattened. Pixels are numbered row by row, as `reshape(-1)` does. The weights may be any numbers, also negative ones and fractions. (2 points, 20 minutes, ●●● hard)

Example: the kernel [[5, 6]] on a picture of 1×3 pixels gives the matrix [[5, 6, 0], [0, 5, 6]].

<details><summary>Hint</summary>
Pixel (i, j) is number i · W + j of the flat picture. Which number has the pixel just below it?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "convolution-matrix", "locked": false, "schema_version": 3, "solution": true}
def conv_as_matrix(kernel, height, width):
    """Return the matrix (OH * OW, H * W) that does what the kernel does."""
    ### BEGIN SOLUTION
    FH, FW = kernel.shape
    OH, OW = height - FH + 1, width - FW + 1
    matrix = np.zeros((OH, OW, height, width))
    for i in range(OH):
        for j in range(OW):
            matrix[i, j, i : i + FH, j : j + FW] = kernel
    return matrix.reshape(OH * OW, height * width)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "convolution-matrix-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.convolution_matrix.check(conv_as_matrix)
### BEGIN HIDDEN TESTS
lab.convolution_matrix.check_hidden(conv_as_matrix, seed=913)
### END HIDDEN TESTS

# %% [markdown]
r"""
Remember this matrix. Its transpose comes back in section 12, under another name.
"""

# %% [markdown]
r"""
## 10 Pooling

Pooling makes maps smaller. A window slides over each map by itself, usually 2×2 with stride 2, and keeps the **largest** number (max-pooling) or the **average**. It has no parameters. Each map is pooled independently: six maps go in, six come out.
"""

# %%
numbers = torch.tensor([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])[
    None, None
]
largest, average = F.max_pool2d(numbers, 2), F.avg_pool2d(numbers, 2)
maps = [tensor[0, 0].numpy() for tensor in (numbers, largest, average)]
figures.show(figures.plot_pooled_blocks(*maps))

# %% [markdown]
r"""
Two habits of libraries matter when you build it. If no stride is given, it equals the window's side. And cells at the edge that do not fill a window are left out, as in section 5: a side of 13 becomes 6, so pooling does not quite "halve".
"""

# %%
print(F.max_pool2d(torch.zeros(1, 1, 13, 13), 2).shape)

# %% [markdown]
r"""
## Exercise 5.8. Build pooling

Write `pool2d(x, kernel_size, stride=None, mode="max")` with NumPy, and no ready-made pooling. `x` is (N, C, H, W), `mode` is "max" or "avg"; a stride of `None` means `kernel_size`. It returns (N, C, OH, OW); cells that do not fill a window are left out. (2 points, 15 minutes, ●●○ medium)

Example: the map in the figure, pooled with `kernel_size=2` and `mode="avg"`, gives [[3.25, 5.25], [2, 2]].

<details><summary>Hint</summary>
With which number does your maximum start, if all inputs may be negative?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "build-pool2d", "locked": false, "schema_version": 3, "solution": true}
def pool2d(x, kernel_size, stride=None, mode="max"):
    """Pool each map of x (N, C, H, W) by itself. Returns an array (N, C, OH, OW)."""
    ### BEGIN SOLUTION
    stride = kernel_size if stride is None else stride
    N, C, H, W = x.shape
    OH, OW = (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1
    reduce = np.max if mode == "max" else np.mean
    out = np.empty((N, C, OH, OW))
    for i in range(OH):
        for j in range(OW):
            top, left = i * stride, j * stride
            out[:, :, i, j] = reduce(
                x[:, :, top : top + kernel_size, left : left + kernel_size], axis=(2, 3)
            )
    return out
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "build-pool2d-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.build_pool2d.check(pool2d)
### BEGIN HIDDEN TESTS
lab.build_pool2d.check_hidden(pool2d, seed=664)
### END HIDDEN TESTS

# %% [markdown]
r"""
## 11 Shift in, shift out

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

One kernel looks for the same thing everywhere. So if the picture moves, the map moves along. This is **equivariance**. It is not the same as **invariance**, where the output stays exactly as it was. Prediction: when is the difference in the last panel zero?

<details><summary>If you know the slides</summary>
One of them says "invariance" of the convolution, and means equivariance.
</details>
"""

# %%
blob = np.zeros((7, 7))
blob[1:3, 1:4] = [[1, 2, 1], [0, 1, 0]]
blob_kernel = np.array([[0, 1, 0], [1, 2, 0], [0, 0, -1]])


def circular(picture):  # a border that wraps around, so that nothing falls off the edge
    padded = torch.tensor(np.pad(picture, 1, mode="wrap"))[None, None]
    return F.conv2d(padded, torch.tensor(blob_kernel, dtype=padded.dtype)[None, None])[
        0, 0
    ].numpy()


shifted = np.roll(blob, 2, axis=1)
figures.show(
    figures.plot_both_orders(
        blob, shifted, circular(shifted), np.roll(circular(blob), 2, axis=1)
    )
)

# %% [markdown]
r"""
With a border that wraps around, the two orders agree exactly. With zeros around the picture they agree except near the edge. Try both, and shapes of your own.
"""

# %%
widgets.explore_equivariance(blob, blob_kernel)

# %% [markdown]
r"""
Now a test of four layers: **a** convolution, **b** convolution + 2×2 max-pooling, **c** convolution + global average (the mean of each map), **d** dense. The picture is shifted by one pixel. "Stays" is how much the output changes; "moves along" is how far it is from the old output shifted by any whole number of cells.
"""

# %%
x = torch.randn(1, 1, 8, 8, dtype=torch.float64)
print("layer   stays   moves along")
for letter, layer in shift_layers().items():
    before, after = layer(x).detach(), layer(x.roll(1, dims=3)).detach()
    stays = (after - before).abs().max().item()
    moves = [
        (after - before.roll(step, dims=3)).abs().max().item()
        for step in range(1, before.shape[3])
    ]
    print(
        f"{letter}      {stays:6.2f}   {min(moves):6.2f}"
        if moves
        else f"{letter}      {stays:6.2f}        -"
    )

# %% [markdown]
r"""
A zero in the table is a property. Pooling gives neither in the strict sense. What it gives is *local* invariance, and only roughly: if the largest number of a block stays in its block, the output there stays too.

One more idea for the exercise. The **receptive field** is how many input pixels one output number can see along an axis. A 3×3 layer sees 3. A second one on top sees 3 numbers of the first, and each of these sees 3 pixels; but they overlap.
"""

# %% [markdown]
r"""
## Exercise 5.9. What moves along, what stays?

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Fill in: `equivariant` and `invariant`, the letters of the layers above, as sets; `receptive field` of three stacked 3×3 convolutions with stride 1, in pixels; `weights`, how many weights three such layers have and how many one 7×7 layer has, from C channels to C, without biases and in units of C²; `sharing`, what weight sharing takes for granted: **a** every pixel matters equally, **b** what is worth finding in one place is worth finding in another, **c** neighbouring pixels are equal. (2 points, 15 minutes, ●●○ medium)

Example: a single 5×5 layer has the receptive field 5 and the weights 25.

<details><summary>Hint</summary>
By how many pixels does a further 3×3 layer widen the view on each side?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "shift-behaviour", "locked": false, "schema_version": 3, "solution": true}
shifts = {
    "equivariant": None,
    "invariant": None,
    "receptive field": None,
    "weights": (None, None),
    "sharing": None,
}
### BEGIN SOLUTION
shifts = {
    "equivariant": {"a"},
    "invariant": {"c"},
    "receptive field": 7,
    "weights": (27, 49),
    "sharing": "b",
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "shift-behaviour-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.shift_behaviour.check(shifts)

# %% [markdown]
r"""
## 12 Going up: transposed convolution

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

Some networks must make a small map large again. A **transposed convolution** does that: every input cell stamps the whole kernel, scaled by its value, onto the output; stamps lie S cells apart; where they overlap they add. At the end P cells are *cropped* from each side. Its matrix is the transpose of the matrix of section 9.
"""

# %%
figures.show(figures.plot_nine_stamps())

# %% [markdown]
r"""
Two figures that are often shown side by side: (a), a convolution on 5×5 cells with $F = 3$, $S = 1$, $P = 0$; (b), a transposed convolution on 3×3 cells with $F = 3$, $S = 2$, $P = 1$. Going back is not unique: two different input sizes may have the same output size, because the leftover cells of section 5 leave no trace. `output_padding` adds the missing cells when you want the larger one.
"""

# %%
up_question = lab.transposed_sizes.question
print(up_question)
# an example with other numbers: kernel 4, stride 3, padding 1
small = torch.zeros(1, 1, 4, 4)
for extra in (0, 1, 2):
    layer = nn.ConvTranspose2d(
        1, 1, kernel_size=4, stride=3, padding=1, output_padding=extra
    )
    print("4 goes up to", layer(small).shape[3], "with output_padding", extra)

# %% [markdown]
r"""
## Exercise 5.10. Up and back again

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

For your question above (`size` is the input of the transposed convolution): its output `size`; `sizes back`, all sizes that the *forward* convolution with the same kernel, stride and padding maps to your input size; the `output padding` needed to reach the largest of them; and `is a pair`: is figure (b) above the transpose of figure (a), "yes" or "no"? (3 points, 15 minutes, ●●○ medium)

Example: in the printed lines, 4 goes up to 11, and 11, 12 and 13 all come back to 4.

<details><summary>Hint</summary>
On which cell does the last stamp start, and where does it end? How many cells are cropped?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "transposed-sizes", "locked": false, "schema_version": 3, "solution": true}
up = {"size": None, "sizes back": None, "output padding": None, "is a pair": None}
### BEGIN SOLUTION
up = {"size": 5, "sizes back": [5, 6], "output padding": 1, "is a pair": "no"}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "transposed-sizes-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.transposed_sizes.check(up)

# %% [markdown]
r"""
<details><summary>The two figures, once your answer stands</summary>
The transpose of figure (a) has stride 1 and padding 0, and figure (b) is the transpose of a convolution with stride 2 and padding 1. The lecture shows them side by side, but they are no pair.
</details>
"""

# %% [markdown]
r"""
For more: `lab.transposed_sizes.practice()`.
"""

# %% [markdown]
r"""
## 13 Two more layers: dropout and batch normalisation

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

**Dropout** silences each unit with probability p while training, so that no unit can rely on one other. To keep the mean it scales the units that stay. **Batch normalisation** takes each channel of a mini-batch, subtracts its mean, divides by its standard deviation, then applies a learned scale and shift. Both behave differently in training and afterwards: `layer.train()` and `layer.eval()` switch.
"""

# %%
seed_everything(0)
dropout = nn.Dropout(p=0.3)
ones = torch.ones(100, 100)
dropped = {"train": dropout.train()(ones).numpy(), "eval": dropout.eval()(ones).numpy()}
figures.show(figures.plot_dropped(dropped))

# %% [markdown]
r"""
Batch normalisation keeps two kinds of numbers. **Parameters** are changed by the optimiser. **Buffers** are not: the running mean and variance that `eval` mode uses, and a counter of batches.
"""

# %%
norm = nn.BatchNorm2d(4)
for name, tensor in norm.named_parameters():
    print("parameter", name, tuple(tensor.shape))
for name, tensor in norm.named_buffers():
    print("buffer   ", name, tuple(tensor.shape))

# %% [markdown]
r"""
## Exercise 5.11. Two modes

**Further:** leave this out on a first pass; it makes up for lost points. What is not marked does not need it.

For `nn.Dropout(p=0.5)` on a large input of ones: `mean in train`, `mean in eval` (both to within 0.1) and the `kept value`, what a unit that stays becomes. For `nn.BatchNorm2d(16)`: how many numbers are `parameters`, and how many `buffer numbers`. Predict first, then run it in a cell of your own. (1 point, 10 minutes, ●○○ easy)

Example: `nn.BatchNorm2d(4)` above has 8 parameters and 9 buffer numbers.

<details><summary>Hint</summary>
If half of the units are silent and the mean stays, what must happen to the others?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "dropout-batch-norm", "locked": false, "schema_version": 3, "solution": true}
modes = {
    "mean in train": None,
    "mean in eval": None,
    "kept value": None,
    "parameters": None,
    "buffer numbers": None,
}
### BEGIN SOLUTION
modes = {
    "mean in train": 1,
    "mean in eval": 1,
    "kept value": 2,
    "parameters": 32,
    "buffer numbers": 33,
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "dropout-batch-norm-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
lab.dropout_batch_norm.check(modes)

# %% [markdown]
r"""
## 14 Learn a kernel

**Further:** worth nothing, and nothing else needs it.

So far *you* chose the nine weights. A network finds its own, and it needs no more than you have seen by now: a picture before and after, and a loss that says how far the kernel of the moment is from making the one into the other. Here is such a pair. The kernel is hidden in the cell; do not look at it yet.
"""

# %%
photo = load_photo("camera")
photo = (photo - photo.mean()) / photo.std()  # (128, 128), mean 0
noise = np.random.default_rng(0).normal(size=photo.shape)
hidden = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])


def filtered(picture):
    """Return what the hidden kernel makes of a picture."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, hidden.shape)
    return (windows * hidden).sum(axis=(2, 3))


figures.show(figures.plot_before_and_after(photo, filtered(photo)))

# %% [markdown]
r"""
For weight (a, b), one error $e_{ij}$ = output − wanted changes by exactly the pixel that the weight meets there, $x_{i+a,\,j+b}$. So the gradient of the mean squared error is

$$\frac{\partial L}{\partial w_{ab}} = \frac{2}{\text{number of outputs}} \sum_{i,j} e_{ij}\, x_{i+a,\,j+b},$$

errors times the pixels that the weight met. That is a convolution again: the picture, with the errors as its kernel. In code: `(error[..., None, None] * windows).mean(axis=(0, 1))`, times 2.
"""

# %% [markdown]
r"""
## Bonus. Find the hidden kernel

**Further:** worth nothing, and nothing else needs it.

Write `learn_kernel(before, after, size, lr, steps)`. `before` is (H, W), `after` (OH, OW) what a hidden kernel of `size`×`size` made of it, stride 1, no padding, no bias. Start with zeros; take `steps` steps of `lr` down the gradient of the *mean* squared error; return the kernel. (0 points, 20 minutes, ●●○ medium)

Example: `learn_kernel(noise, filtered(noise), 3, 0.05, 100)` finds the hidden kernel to three decimals.

<details><summary>Hint</summary>
Which windows of <code>before</code> do you need in every step, and which numbers are new in every step?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "learn-kernel", "locked": false, "schema_version": 3, "solution": true}
def learn_kernel(before, after, size, lr, steps):
    """Return the kernel (size, size) after some steps of gradient descent from zeros."""
    ### BEGIN SOLUTION
    windows = np.lib.stride_tricks.sliding_window_view(before, (size, size))
    kernel = np.zeros((size, size))
    for _ in range(steps):
        error = (windows * kernel).sum(axis=(2, 3)) - after  # (OH, OW)
        gradient = 2 * (windows * error[..., None, None]).mean(axis=(0, 1))
        kernel = kernel - lr * gradient
    return kernel
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "learn-kernel-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.learn_kernel.check(learn_kernel)
### BEGIN HIDDEN TESTS
lab.learn_kernel.check_hidden(learn_kernel, seed=512)
### END HIDDEN TESTS

# %% [markdown]
r"""
The same kernel, hidden behind four pictures: a photograph, noise, an even grey, and noise in the first row that all rows repeat. **Predict**: how far off will the worst of the nine weights be after 100 steps, 0 if the kernel is found? Write four numbers in the place of None.
"""

# %%
my_guess = predictions.keep(
    {"noise": None, "photograph": None, "even grey": None, "rows alike": None}
)

# %%
if lab.learn_kernel.is_written(learn_kernel):
    befores = {
        "noise": noise,
        "photograph": photo,
        "even grey": np.ones(photo.shape),
        "rows alike": np.tile(noise[:1], (len(noise), 1)),
    }
    errors = {}
    for name, before in befores.items():
        wanted = filtered(before)
        kernel = np.asarray(learn_kernel(before, wanted, 3, 0.05, 100))
        windows = np.lib.stride_tricks.sliding_window_view(before, (3, 3))
        loss = (((windows * kernel).sum(axis=(2, 3)) - wanted) ** 2).mean()
        share = loss / max((wanted**2).mean(), 1e-12)
        errors[name] = abs(kernel - hidden).max()
        print(f"{name:12} share of the loss that is left: {share:.3f}")
    predictions.beside(my_guess, errors)

# %% [markdown]
r"""
On noise the kernel is found. On the photograph 97 % of the loss is gone, and weights are still wrong by up to 0.7: neighbouring pixels are nearly alike, so that kernels which differ a lot make nearly the same picture. (With 1,000 steps 0.2 remain.) On the last two the loss is exactly 0 and the kernel is wrong, and no number of steps will help: these pictures do not hold the answer. A loss of zero says that the *output* is right.
"""

# %%
lab.what_can_be_known

# %% [markdown]
r"""
## Bonus. What can be known?

**Further:** worth nothing, and nothing else needs it.

For the four pictures printed above: how many numbers about the kernel does the output tell, at most? One number is a weight, or a sum of weights, that does not follow from the others. (0 points, 10 minutes, ●●○ medium)

Example: two weights that always meet the same pixel tell one number, their sum.

<details><summary>Hint</summary>
Each window is an equation for the weights. Which equations repeat what others say?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "what-can-be-known", "locked": false, "schema_version": 3, "solution": true}
known = {"grey": None, "rows alike": None, "noise": None, "few windows": None}
### BEGIN SOLUTION
known = {"grey": 1, "rows alike": 3, "noise": 9, "few windows": 4}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "what-can-be-known-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.what_can_be_known.check(known)

# %% [markdown]
r"""
For more: `lab.what_can_be_known.practice()`. NumPy counts the same way: `np.linalg.matrix_rank(windows.reshape(-1, 9))`.
"""

# %% [markdown]
r"""
## 15 Recall and practice

Answer aloud, then open. Two are from earlier labs.

<details><summary>A 512×512 picture in colour, 100 kernels of 5×5, stride 7, padding 2: which output shape, how many parameters?</summary>
$(512 - 5 + 4) / 7$ is 73 steps exactly, so 74 places: 100×74×74, and $100 \cdot (75 + 1) = 7600$ parameters.
</details>

<details><summary>A kernel with ones on its main diagonal and zeros elsewhere, on the first 5×5 picture of section 3: which feature map?</summary>
[[2, 2, 1], [3, 3, 2], [0, 3, 3]]: 3 where the picture has a line that runs down to the right.
</details>

<details><summary>Why does a kernel on a colour picture have three layers of weights but one bias?</summary>
It makes one sum over all channels, and the bias is added to that sum.
</details>
"""

# %% [markdown]
r"""
<details><summary>What is the difference between equivariant and invariant?</summary>
Shift in, shift out; or shift in, nothing changes.
</details>

<details><summary>From Lab 01: which shape has the weight of a dense layer from 3 to 5 units in PyTorch?</summary>
(5, 3): outputs first. It computes x @ weight.T + bias.
</details>

<details><summary>From Lab 02: what does ReLU do to a negative input?</summary>
It gives 0, and its slope there is 0 too.
</details>
"""

# %% [markdown]
r"""
**To read**: the notes of Stanford's course CS231n on convolutional networks; chapter 9 of *Deep Learning* (Goodfellow, Bengio and Courville); PyTorch's pages on `nn.Conv2d` and `nn.ConvTranspose2d`, which print the size rules; and "A guide to convolution arithmetic for deep learning" (Dumoulin and Visin, 2016), whose figures are those of sections 3 and 12.

Practise until it is easy: `lab.output_sizes.practice()`, `lab.parameter_counts.practice()`, `lab.transposed_sizes.practice()`, `lab.convolve_by_hand.practice()`.
"""

# %%
lab.output_sizes.practice(12)

# %% [markdown]
r"""
## Bonus. The way back

**Further:** worth nothing here, but the homework to this lab needs it.

Write `conv2d_backward(grad_out, x, weight, stride=1, padding=0)`. `grad_out` (N, K, OH, OW) is the gradient of a loss by the output of `conv2d`; return the gradients by `x`, `weight` and `bias`, in this order and in their shapes. Before you run the check, write a gradient check of your own: move one weight by a tiny step and see how the loss moves. (0 points, 40 minutes, ●●● hard)

Example: the gradient by the bias is `grad_out.sum(axis=(0, 2, 3))`.

<details><summary>Hint</summary>
Walk through the same windows as <code>conv2d</code>. Where it multiplied x by weight, which two sums grow?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "conv2d-backward", "locked": false, "schema_version": 3, "solution": true}
def conv2d_backward(grad_out, x, weight, stride=1, padding=0):
    """Return the gradients by x, weight and bias, each in its shape."""
    ### BEGIN SOLUTION
    _, _, FH, FW = weight.shape
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    grad_padded, grad_weight = np.zeros(padded.shape), np.zeros(weight.shape)
    for i in range(grad_out.shape[2]):
        for j in range(grad_out.shape[3]):
            rows = slice(i * stride, i * stride + FH)
            columns = slice(j * stride, j * stride + FW)
            here = grad_out[:, :, i, j]  # (N, K)
            grad_padded[:, :, rows, columns] += np.einsum("nk,kcab->ncab", here, weight)
            grad_weight += np.einsum("nk,ncab->kcab", here, padded[:, :, rows, columns])
    H, W = x.shape[2:]
    grad_x = grad_padded[:, :, padding : padding + H, padding : padding + W]
    return grad_x, grad_weight, grad_out.sum(axis=(0, 2, 3))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "conv2d-backward-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.conv2d_backward.check(conv2d_backward)
### BEGIN HIDDEN TESTS
lab.conv2d_backward.check_hidden(conv2d_backward, seed=47)
### END HIDDEN TESTS

# %% [markdown]
r"""
**In this lab you have**

- computed a convolution by hand and said how large its output is, before running it;
- counted the parameters of layers;
- told what moves along when the picture moves, and what stays.

**On your own** (not graded): replace the photograph of section 8 by `load_photo("brick")` and find a kernel that shows the mortar only. Next: Lab 06, *Build and train a convolutional network*, where these layers become a network.
"""
