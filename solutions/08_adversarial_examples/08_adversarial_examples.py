# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
r"""
# Fool a network, and defend it
"""

# %% [markdown]
r"""
**You will** change pictures so little that you hardly see it, and so that a network sees something else; then harden the network.

**You will learn** to

- take the gradient of a loss by the pixels, and attack with it inside an honest budget;
- separate what an attack does from what noise does, with a control;
- say what a high confidence means, and what it does not.

**You need** gradients (Lab 03), cross-entropy (Lab 04) and a convolutional network (Lab 06). Time: about 150 minutes, and 90 more for what is marked *Further*.
"""

# %% [markdown]
r"""
| letter | meaning | in code |
|---|---|---|
| N, C, H, W | pictures, channels, height, width | `x.shape` |
| x, y | pictures with pixels from 0 to 1; labels | `x`, `y` |
| ε | budget: how far each pixel may move | `eps`, for example `8 / 255` |
| α | length of one step | `alpha` |
| δ | the change itself, x′ − x | `delta` |

The networks of this lab normalise pixels *inside*, in their first layer. So a budget is always in units of pixels.
"""

# %%
import torch
import torch.nn.functional as F
from IPython.display import display

from course_utils import predictions
from course_utils.data import DataUnavailable, load_photos, load_shapes
from course_utils.labs import adversarial_examples
from course_utils.labs.adversarial_examples import figures, widgets
from course_utils.labs.adversarial_examples.challenge import rehearse, save_defence
from course_utils.models import load_mobilenet, load_trained, make_small_cnn
from course_utils.runtime import is_grading, seed_everything
from course_utils.training import accuracy, fit

seed_everything(0)

# %% [markdown]
r"""
**Your own numbers.** Write your student id between the quotes, as your instructor knows it. Some questions then use numbers of your own. With an empty id you get the numbers of the lesson.
"""

# %%
student_id = ""

# %% nbgrader={"grade": false, "grade_id": "lab", "locked": true, "schema_version": 3, "solution": false}
lab = adversarial_examples.for_student(student_id)
lab

# %% [markdown]
r"""
## 1 Cat or dog?

Is this a cat or a dog? Here is Chelsea, a cat, and what MobileNetV2 says about her: a network trained on a million photographs. If its weights are not on this machine, a sentence says how to get them; everything that is graded works without.
"""

# %%
try:
    photo_network = load_mobilenet()
except DataUnavailable as missing:
    photo_network = None
    print(missing)
side = 64 if is_grading() else 224  # pixels
cat = load_photos(("cat",), size=side).tensors()[0]  # (1, 3, 224, 224)


def look(picture, most=3):
    """Print what the photo network sees in a picture, if the network is here."""
    if photo_network is not None:
        probabilities = photo_network(picture).softmax(1)[0].detach()
        for value, place in zip(*probabilities.topk(most)):
            print(f"{value:.2f}  {photo_network.classes[place]}")


# %%
figures.show(figures.plot_cat(cat))
look(cat)

# %% [markdown]
r"""
Egyptian cat, says the network, and it is quite sure. **Predict**: by how many of 255 grey levels must the pixels move before it says *golden retriever*? By 100, by 30, by 10, by 2? Would you still see a cat? Write your guess down. In section 5 your own code will answer.
"""

# %% [markdown]
r"""
## 2 Gradients of pixels

We begin with a network that is quick to attack: three convolutions on drawn shapes of 32×32 pixels. It has been trained already, on pictures like these.
"""

# %%
train, test = load_shapes(200 if is_grading() else 3000, 500)
network = load_trained("shapes")
x, y = test.tensors()  # (500, 3, 32, 32) from 0 to 1, and (500,)
print(f"{accuracy(network, x, y):.2f} of the test pictures are recognised")
figures.show(figures.plot_shapes(test))

# %% [markdown]
r"""
In training, the loss L is a function of the *weights*, and the gradient says how to change them so that L falls. But L depends on the pixels as well. The same chain rule, carried one layer further, gives

$$\frac{\partial L}{\partial x},$$

one number for each pixel and colour: how much does the loss grow if this number grows a little?
"""

# %% [markdown]
r"""
A worked example, small enough for paper. One "pixel" $x = 0.5$, the score of class 1 is $z = 3x$ (`z = 3 * x`), that of class 0 is 0, and the label is 1. Then

$$L = \ln(1 + e^{-3x}), \qquad \frac{\partial L}{\partial x} = -3\,(1 - p) \quad\text{with } p = \sigma(1.5) = 0.82.$$
"""

# %%
pixel = torch.tensor([[0.5]], requires_grad=True)
scores = torch.cat([torch.zeros(1, 1), 3 * pixel], dim=1)  # (1, 2)
loss = F.cross_entropy(scores, torch.tensor([1]))
print(torch.autograd.grad(loss, pixel))

# %% [markdown]
r"""
−0.55: a darker pixel means a larger loss. `torch.autograd.grad(loss, pixel)` *returns* the gradient, in a tuple. `loss.backward()` would also store gradients in every parameter of a model; the next training step would then add to them.
"""

# %% [markdown]
r"""
## Exercise 8.1. The gradient by the input

Write `input_gradient(model, x, y)`: for each picture, the gradient of *its own* cross-entropy by its pixels, in the shape of x (N, C, H, W). Take it in eval mode, whatever mode the model comes in. Leave everything as it was: x, the model's mode, the parameters' `grad`. (3 points, 15 minutes, ●●○ medium)

Example: for two pictures in one batch you get the same two gradients as for each alone.

<details><summary>Hint</summary>
If the loss is the batch's mean, by what is each picture's gradient divided? Which <code>reduction</code> avoids that?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "input-gradient", "locked": false, "schema_version": 3, "solution": true}
def input_gradient(model, x, y):
    """Return the gradient of each picture's loss by its pixels, (N, C, H, W)."""
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    x = x.detach().clone().requires_grad_(True)
    loss = F.cross_entropy(model(x), y, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, x)
    model.train(was_training)
    return gradient
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "input-gradient-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.input_gradient.check(input_gradient)
### BEGIN HIDDEN TESTS
lab.input_gradient.check_hidden(input_gradient, seed=811)
### END HIDDEN TESTS

# %% [markdown]
r"""
Yours will not run yet? After the last hint, `input_gradient = lab.input_gradient.rescue()` in a cell of your own lends you one for the cells that follow. It earns nothing here.
"""

# %% [markdown]
r"""
Stuck? `lab.input_gradient.hint()` shows a hint, and the next one each time you run it. What does a gradient of pixels look like? Here is one: where it is grey, nothing changes; where it has colour, the loss grows if that colour grows.
"""

# %%
place = 19  # a star
star, star_label = x[place : place + 1], y[place : place + 1]
if lab.input_gradient.is_written(input_gradient):
    gradient = torch.as_tensor(input_gradient(network, star, star_label))
    figures.show(figures.plot_gradient(star, gradient))

# %% [markdown]
r"""
Most of it lies on and around the star; near the border a change counts less. But it is no second star: what moves the loss looks like grain to us.
"""

# %% [markdown]
r"""
## 3 One step, and its control

How should we use the gradient, if every pixel may move by at most ε? The loss grows along it. For a small step it grows most if *each* pixel moves as far as it may, up or down as the gradient's sign says. This is the **fast gradient sign method** (FGSM, Goodfellow and others, 2015):

$$x' = \mathrm{clamp}\big(x + \epsilon \cdot \mathrm{sign}(\partial L/\partial x),\ 0,\ 1\big).$$

A sign of a tensor is `gradient.sign()`, a clamp `pictures.clamp(0, 1)`.
"""

# %% [markdown]
r"""
By hand: x = 0.50, 0.99, 0.02, gradient 0.3, 2.0, −0.001, ε = 0.03. The signs are +, +, −, so x moves to 0.53, 1.02 and −0.01; the clamp makes it 0.53, 1 and 0. The third pixel moves as far as the first, although its gradient is 300 times smaller.

With a **target**, y is the class that the network *should* see. Then its loss should become smaller.
"""

# %% [markdown]
r"""
## Exercise 8.2. One step

Write `fgsm(model, x, y, eps, targeted=False)`. It returns the pictures after one step of `eps` along the signs, with pixels from 0 to 1, for any `eps`; x stays as it is. With `targeted=True` the step makes the loss of y smaller. You may call your `input_gradient`. (3 points, 10 minutes, ●○○ easy)

Example: with `eps=0` it returns x itself.

<details><summary>Hint</summary>
What may happen to a pixel that is almost white already?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "fgsm", "locked": false, "schema_version": 3, "solution": true}
def fgsm(model, x, y, eps, targeted=False):
    """Return x after one step of eps along the signs of the gradient, (N, C, H, W)."""
    ### BEGIN SOLUTION
    step = eps * input_gradient(model, x, y).sign()
    return (x - step if targeted else x + step).clamp(0, 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fgsm-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.fgsm.check(fgsm)
### BEGIN HIDDEN TESTS
lab.fgsm.check_hidden(fgsm, seed=822)
### END HIDDEN TESTS

# %% [markdown]
r"""
Yours will not run yet? After the last hint, `fgsm = lab.fgsm.rescue()` in a cell of your own lends you one for the cells that follow. It earns nothing here.
"""

# %% [markdown]
r"""
Does it work because the gradient is clever, or because any noise would? An experiment needs a **control**: noise of exactly the same size, in which only the direction is missing. Random signs, each pixel up or down by ε, are such noise.
"""

# %%
if lab.fgsm.is_written(fgsm):
    eps = 8 / 255
    twins = {
        "your fgsm": fgsm(network, star, star_label, eps),
        "random signs": (star + eps * torch.randn(star.shape).sign()).clamp(0, 1),
    }
    figures.show(figures.plot_twins(star, twins, network, test.classes))

# %% [markdown]
r"""
Both twins look like the star. The amplified differences are equally strong. One fools the network, the other does not. Move the budget: at how many grey levels does the class change? And for the random twin?
"""

# %%
if lab.fgsm.is_written(fgsm):
    display(
        widgets.explore_attack(
            network, star, star_label, test.classes, fgsm=fgsm, level=4
        )
    )

# %% [markdown]
r"""
With four grey levels the network sees another class. The random twin stays a star up to the end of the slider. To us both look alike: a star with some grain.
"""

# %% [markdown]
r"""
A photograph has fifty times as many pixels to push. Does the photo network still see the same cat after your `fgsm` with a single grey level, 1/255? Its three best guesses:
"""

# %%
if photo_network is not None and lab.fgsm.is_written(fgsm):
    cat_label = torch.tensor([photo_network.classes.index("Egyptian cat")])
    look(fgsm(photo_network, cat, cat_label, 1 / 255))

# %% [markdown]
r"""
The breed has changed; it is a cat still. One step is coarse. Section 5 will take smaller ones.
"""

# %% [markdown]
r"""
## 4 Budgets in honest units

"ε = 0.06" says nothing before we know the units. **Pixels** run from 0 to 1 here, or from 0 to 255 in a file. Many networks **normalise**: $\tilde x = (x - \text{mean}) / \text{std}$, in code `(x - mean) / std`. A difference of two pictures is then divided by std, and the mean drops out. A budget in normalised units looks larger for the same picture.
"""

# %% [markdown]
r"""
Sizes of a whole change δ come in two kinds. **L∞** is the largest change of any number: the ε of this lab. **L2** is the length $\sqrt{\sum \delta^2}$ over all numbers of the picture, in code `(delta**2).sum().sqrt()`.

Example: 4/255 on a grey picture of 10×10 pixels, std 0.2: 4 grey levels, 0.0157 in pixels, 0.0784 in normalised units, and L2 at most $\sqrt{100 \cdot 0.0157^2} = 0.157$.
"""

# %%
budget_question = lab.budget_units.question
print(budget_question)  # height and width of a colour picture, in pixels

# %% [markdown]
r"""
## Exercise 8.3. Convert a budget

Your question is printed above: an attack of `levels`/255 on colour pictures, and a network that normalises with mean 0.5 and `std`. Give ε in `normalised` units; the largest possible `L2` size of the change, in pixel units; and the most `grey levels` (of 0 to 255) by which a number in a file may differ from the original. Three digits are enough. (2 points, 10 minutes, ●○○ easy)

<details><summary>Hint</summary>
What becomes of (a − mean)/std − (b − mean)/std? And how many numbers has a colour picture?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "budget-units", "locked": false, "schema_version": 3, "solution": true}
budget = {"normalised": None, "L2": None, "grey levels": None}
### BEGIN SOLUTION
budget = {"normalised": 0.0627, "L2": 1.739, "grey levels": 8}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "budget-units-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.budget_units.check(budget)

# %% [markdown]
r"""
For more: `lab.budget_units.practice()`, with two topics to choose from at its top.
"""

# %%
question = lab.budget_units.practice(3)
question

# %% [markdown]
r"""
Now the experiment, on all 500 test pictures and in honest units. **Predict** what is left of the clean 0.95 at 8/255, in each column: two shares from 0 to 1 in the place of None.
"""

# %%
my_guess = predictions.keep({"fgsm": None, "random signs": None})

# %% [markdown]
r"""
Now the run: four budgets, an attack and its control.
"""

# %%
signs = torch.randn(x.shape, generator=torch.Generator().manual_seed(1)).sign()
print(f"clean      {accuracy(network, x, y):.3f}")
if lab.fgsm.is_written(fgsm):
    print("budget     fgsm    random signs")
    for level in (1, 2, 4, 8):
        attacked = fgsm(network, x, y, level / 255)
        noisy = (x + level / 255 * signs).clamp(0, 1)
        rates = [accuracy(network, changed, y) for changed in (attacked, noisy)]
        print(f"{level}/255      {rates[0]:.3f}   {rates[1]:.3f}")
    predictions.beside(my_guess, {"fgsm": rates[0], "random signs": rates[1]})

# %%
lab.control_experiment

# %% [markdown]
r"""
## Exercise 8.4. The experiment and its control

Copy the table: the `clean` accuracy, and the four accuracies under `fgsm` and under `random` signs, for 1, 2, 4 and 8 of 255. Then the key of your `conclusion`, from the sheet above. (2 points, 10 minutes, ●○○ easy)

Example: a row looks like [0.91, 0.82, 0.73, 0.64].

<details><summary>Hint</summary>
Which row shows what the size of the noise does by itself?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "control-experiment", "locked": false, "schema_version": 3, "solution": true}
control = {
    "clean": None,
    "fgsm": [None, None, None, None],
    "random": [None, None, None, None],
    "conclusion": None,
}
### BEGIN SOLUTION
control = {
    "clean": 0.950,
    "fgsm": [0.858, 0.736, 0.466, 0.192],
    "random": [0.950, 0.948, 0.950, 0.946],
    "conclusion": "direction",
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "control-experiment-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.control_experiment.check(control)

# %% [markdown]
r"""
## 5 Many steps

One large step trusts the gradient at one place. But the loss is no plane: after a short way the gradient points elsewhere. The figure looks at the loss around the star, in two directions: along the attack's signs, and along random ones.
"""

# %%
reach, ticks = 12, torch.linspace(-1, 1, 25)
if lab.input_gradient.is_written(input_gradient):
    along = torch.as_tensor(input_gradient(network, star, star_label)).sign()
    other = torch.randn(star.shape, generator=torch.Generator().manual_seed(1)).sign()
    grid = [star + reach / 255 * (a * along + b * other) for b in ticks for a in ticks]
    scores = network(torch.cat(grid)).detach()
    losses = F.cross_entropy(scores, star_label.expand(len(grid)), reduction="none")
    figures.show(figures.plot_loss_around(losses.reshape(len(ticks), -1), reach))

# %% [markdown]
r"""
To the right the loss rises, and not evenly; up and down hardly anything happens. In a space of 3,072 dimensions nearly *all* directions are like up and down. That is why random noise is harmless.
"""

# %% [markdown]
r"""
**Projected gradient descent** (PGD, Madry and others, 2018) takes many small steps α and looks at the gradient anew after each. Steps add up, so that after each step the picture is brought back into its budget, the box of ±ε around the *original*, and into the range of pixels:

$$x_{t+1} = \mathrm{clamp}_{[0,1]}\big(\mathrm{clamp}_{[x-\epsilon,\ x+\epsilon]}(x_t + \alpha \cdot \mathrm{sign}\,\partial L/\partial x_t)\big).$$
"""

# %% [markdown]
r"""
By hand: x = 0.50, ε = 0.03, α = 0.02, signs +, +, −. The pixel goes to 0.52; to 0.54, which is brought back to 0.53; to 0.51.

## Exercise 8.5. Many steps

Write `pgd(model, x, y, eps, alpha, steps, targeted=False)`. It starts at x itself and takes `steps` steps of `alpha`, each along the signs where it then stands. After each step no pixel is further than `eps` from x, or outside 0 to 1. (3 points, 15 minutes, ●●○ medium)

Example: with `steps=1` and `alpha=eps` it equals `fgsm`.

<details><summary>Hint</summary>
Which picture stays fixed in the loop, and which one moves? Around which do you clamp?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "pgd", "locked": false, "schema_version": 3, "solution": true}
def pgd(model, x, y, eps, alpha, steps, targeted=False):
    """Return x after many small steps inside the budget, (N, C, H, W)."""
    ### BEGIN SOLUTION
    moved = x
    for _ in range(steps):
        step = alpha * input_gradient(model, moved, y).sign()
        moved = moved - step if targeted else moved + step
        moved = torch.clamp(moved, x - eps, x + eps).clamp(0, 1)
    return moved
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pgd-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.pgd.check(pgd)
### BEGIN HIDDEN TESTS
lab.pgd.check_hidden(pgd, seed=855)
### END HIDDEN TESTS

# %% [markdown]
r"""
Yours will not run yet? After the last hint, `pgd = lab.pgd.rescue()` in a cell of your own lends you one for the cells that follow. It earns nothing here.
"""

# %% [markdown]
r"""
Is it stronger than one step? The same budget of 4/255, on the first 200 test pictures.
"""

# %%
if lab.are_written(fgsm=fgsm, pgd=pgd):
    few, few_labels = x[:200], y[:200]
    one = fgsm(network, few, few_labels, 4 / 255)
    ten = torch.as_tensor(pgd(network, few, few_labels, 4 / 255, 1 / 255, 10))
    print(f"fgsm          {accuracy(network, one, few_labels):.2f}")
    print(f"pgd, 10 steps {accuracy(network, ten, few_labels):.2f}")

# %% [markdown]
r"""
Ten careful steps beat a large one. So an accuracy "under attack" is only as good as the attack: a defence that was tested with FGSM alone has not been tested. And now the answer to section 1: **cat or dog?** Budget 2/255, target *golden retriever*, ten steps.
"""

# %%
if photo_network is not None and lab.pgd.is_written(pgd):
    dog = torch.tensor([photo_network.classes.index("golden retriever")])
    changed = pgd(photo_network, cat, dog, 2 / 255, 0.5 / 255, 10, targeted=True)
    cat_or_dog = torch.as_tensor(changed)
    figures.show(figures.plot_cat_or_dog(cat, cat_or_dog))
    look(cat_or_dog)

# %% [markdown]
r"""
Two grey levels of 255, and the network is certain of a dog. What was your guess? The change is not a dog's outline: amplified, it is coloured grain. A target need not be near: try `"toaster"`.
"""

# %% [markdown]
r"""
## 6 One noise for all

So far each picture got a noise of its own, made with the network at hand. There is something stranger: **one** noise δ, made once, that fools the network on most pictures (Moosavi-Dezfooli and others, 2017). It is called a *universal perturbation*.

How to find it? Walk through training pictures in batches. All pictures of a batch carry the same δ; the gradient by δ is then the sum over the batch. Step along its sign; keep δ in its budget.
"""

# %% [markdown]
r"""
What counts is the **fooling rate**: the share of pictures whose *predicted* label changes when δ is added. Labels are not needed: the network's own prediction for the clean picture serves as y. And δ must be judged on pictures that it was not made from, beside a control: random signs of the same size. At 16/255 random signs fool about 3 of 100.
"""

# %% [markdown]
r"""
## Exercise 8.6. One noise for all

Write `universal_perturbation(model, X, eps, epochs)`. X is (N, C, H, W); return one noise (1, C, H, W), no number larger than `eps`. It must fool at least three times as many *unseen* pictures as random signs do. Walk `epochs` times through X; batches of about 50 and steps of eps/4 do well. The check brings a model, pictures and budgets of its own. (3 points, 20 minutes, ●●● hard)

Example: the check calls it with 200 pictures, `eps=16/255` and `epochs=6`; then a quarter to a good half of the unseen pictures can be fooled.

<details><summary>Hint</summary>
If every picture of a batch has δ in it, what is the gradient of the summed loss by δ, given each picture's own gradient?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "universal-perturbation", "locked": false, "schema_version": 3, "solution": true}
def universal_perturbation(model, X, eps, epochs):
    """Return one noise for all pictures, (1, C, H, W), each number from -eps to eps."""
    ### BEGIN SOLUTION
    delta = torch.zeros_like(X[:1])
    with torch.no_grad():
        labels = model(X).argmax(1)
    for _ in range(epochs):
        for batch, label in zip(X.split(50), labels.split(50)):
            gradient = input_gradient(model, (batch + delta).clamp(0, 1), label)
            delta = delta + eps / 4 * gradient.sum(0, keepdim=True).sign()
            delta = delta.clamp(-eps, eps)
    return delta
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "universal-perturbation-check", "locked": true, "points": 3, "schema_version": 3, "solution": false}
lab.universal_perturbation.check(universal_perturbation)
### BEGIN HIDDEN TESTS
lab.universal_perturbation.check_hidden(universal_perturbation, seed=66)
### END HIDDEN TESTS

# %% [markdown]
r"""
What does a noise for all look like? Here it is, amplified, with four test pictures that it fools and what the network sees in them.
"""

# %%
X = train.tensors()[0][:200]
if lab.universal_perturbation.is_written(universal_perturbation):
    delta = universal_perturbation(network, X, 16 / 255, 6)[:1]  # (1, 3, 32, 32)
    carrying = (x[:100] + delta).clamp(0, 1)
    before, seen = network(x[:100]).argmax(1), network(carrying).argmax(1)
    places = (before != seen).nonzero().flatten()[:4]
    titles = [
        f"{test.classes[before[k]]}: sees {test.classes[seen[k]]}" for k in places
    ]
    print(f"{(before != seen).sum()} of {len(seen)} test pictures are fooled")
    figures.show(figures.plot_one_noise(delta, carrying[places], titles))

# %% [markdown]
r"""
The noise is no grain: it has bars and stripes, the things that some of the ten classes are made of. The network cannot help seeing them; we look through them at the shape.
"""

# %% [markdown]
r"""
## 7 Confident about nothing

The other way round: start from noise, and walk until the network is certain of a class. Nguyen and others (2015) called such pictures *fooling images*: high confidence for something unrecognisable. No budget is needed, since there is no original; the range of pixels holds.
"""

# %% [markdown]
r"""
## Exercise 8.7. A fooling image

Write `fooling_image(model, target, steps, rng)`. `rng` is a `torch.Generator`; start from `torch.rand` with it, 3×32×32. Return two things: the picture (1, 3, 32, 32), pixels from 0 to 1, and the model's probability of `target`, a number. With 60 steps it must reach 0.99 for at least 8 of the 10 classes, on `network` and on others of its kind. (2 points, 15 minutes, ●●○ medium)

Example: `fooling_image(network, 5, 0, rng)` returns plain noise and a probability near nothing.

<details><summary>Hint</summary>
Which of your functions makes the loss of a class smaller, if you pass the class you want?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "fooling-image", "locked": false, "schema_version": 3, "solution": true}
def fooling_image(model, target, steps, rng):
    """Return a picture (1, 3, 32, 32) made from noise, and the model's confidence in target."""
    ### BEGIN SOLUTION
    picture, label = torch.rand(1, 3, 32, 32, generator=rng), torch.tensor([target])
    for _ in range(steps):
        picture = fgsm(model, picture, label, 0.02, targeted=True)
    with torch.no_grad():
        confidence = model(picture).softmax(1)[0, target]
    return picture, float(confidence)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fooling-image-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.fooling_image.check(fooling_image)
### BEGIN HIDDEN TESTS
lab.fooling_image.check_hidden(fooling_image, seed=877)
### END HIDDEN TESTS

# %% [markdown]
r"""
A gallery: one fooling image for each class, with the network's confidence. Which of them would you have named?
"""

# %%
rng = torch.Generator().manual_seed(0)
if lab.fooling_image.is_written(fooling_image):
    gallery = [fooling_image(network, target, 60, rng) for target in range(10)]
    titles = [
        f"{name} {confidence:.3f}"
        for name, (_, confidence) in zip(test.classes, gallery)
    ]
    figures.show(figures.plot_gallery([picture for picture, _ in gallery], titles))

# %% [markdown]
r"""
Softmax shares out 1 among ten classes, whatever the picture is. It has no way to say "none of these". A confidence of 0.999 says that one score is far above the others: a statement about scores, not about the world.
"""

# %% [markdown]
r"""
## 8 Do attacks transfer?

The attacker used the network's gradient. Is a network safe if nobody can look inside? We train a second one, of another build, on other weights, and show it the pictures that were made against the first. (Half a minute at most.)
"""


# %%
def another_network():
    """Make a network of another build: larger kernels, batch normalisation."""
    channels, layers = (3, 16, 32, 64), [torch.nn.BatchNorm2d(3)]
    for before, after in zip(channels, channels[1:]):
        layers += [
            torch.nn.Conv2d(before, after, 5, stride=2, padding=2),
            torch.nn.BatchNorm2d(after),
            torch.nn.ReLU(),
        ]
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(1024, 10))


seed_everything(1)
second = another_network()
X, Y = train.tensors()
print(fit(second, X, Y, epochs=1 if is_grading() else 4, learning_rate=3e-3))
second = second.eval()

# %%
if lab.fgsm.is_written(fgsm):
    print("8/255 against       first network   second network")
    for name, changed in {
        "nobody (clean)": x,
        "the first": fgsm(network, x, y, 8 / 255),
        "the second": fgsm(second, x, y, 8 / 255),
        "random signs": (x + 8 / 255 * signs).clamp(0, 1),
    }.items():
        rates = [accuracy(model, changed, y) for model in (network, second)]
        print(f"{name:15}     {rates[0]:.2f}            {rates[1]:.2f}")

# %% [markdown]
r"""
Read along the rows. An attack works best on the network that it was made for. But part of it **transfers**: the other network, too, falls below its clean accuracy, and below what random signs do. So hiding the weights helps, and is no defence by itself.
"""

# %% [markdown]
r"""
## 9 A defence and its price

The best-known defence is blunt: **adversarial training**. Attack each batch with the network as it is now, and train on the attacked pictures with their true labels. A batch then costs one more gradient. Here is one short epoch of it, on a copy of the network.
"""

# %%
if lab.fgsm.is_written(fgsm):
    defended = load_trained("shapes")
    adam = torch.optim.Adam(defended.parameters(), lr=3e-3)
    order = torch.randperm(len(X), generator=torch.Generator().manual_seed(0))
    for places in order.split(64):
        attacked = fgsm(defended, X[places], Y[places], 8 / 255)
        loss = F.cross_entropy(defended(attacked), Y[places])
        adam.zero_grad()
        loss.backward()
        adam.step()
    print(f"clean, plain:    {accuracy(network, x, y):.2f}")
    print(f"clean, defended: {accuracy(defended, x, y):.2f}")

# %%
levels = [0, 2, 4, 8, 16]
few, few_labels = x[:100], y[:100]
if lab.are_written(fgsm=fgsm, pgd=pgd):

    def five_steps(model, x, y, eps):
        """Attack in five steps of a third of the budget."""
        return pgd(model, x, y, eps, eps / 3, 5)

    curves, attacks = {}, {"fgsm": fgsm, "pgd": five_steps}
    for name, model in {"plain": network, "defended": defended}.items():
        for attack, make in attacks.items():
            curves[f"{name}, {attack}"] = row = []
            for level in levels:
                attacked = torch.as_tensor(make(model, few, few_labels, level / 255))
                row.append(accuracy(model, attacked, few_labels))
    figures.show(figures.plot_accuracy_over_budget(levels, curves))

# %% [markdown]
r"""
Three things to read. At 8/255 the defended network is right about twice as often. On clean pictures (the printed line, and the left end) it loses some: that is the price, beside the longer training. Far to the right both are lost, under PGD earlier than under FGSM. The defence moves the limit; it does not take it away.
"""

# %% [markdown]
r"""
## 10 What do you see?

To end with, a picture: a vase, or two faces? Nothing in it changes when you switch. What you see is made by you, from a picture that allows two readings.
"""

# %%
figures.show(figures.plot_vase())

# %% [markdown]
r"""
Are people fooled like networks? Elsayed and others (2018) showed people pictures for about 70 milliseconds. Changes that were made to fool many networks also misled these hurried people, somewhat more often than control changes did. The budgets were larger than ours, and people who take their time still see the true class. So the study shows that a *brief* look shares something with a network. It does not show that we see as networks do.
"""

# %% [markdown]
r"""
**Use it responsibly.** Attacks like these concern real systems: road signs, face recognition, filters. Test systems that are yours, or that you are allowed to test; tell the owner what you found before you tell others; publish defences along with attacks. And say, with every accuracy, against which attack and at which budget it was measured.
"""

# %%
lab.meaning

# %% [markdown]
r"""
## Exercise 8.8. What it all means

Answer the four questions above with their keys; `honest test` takes a set, such as {"seen", "free"}. (2 points, 10 minutes, ●○○ easy)

<details><summary>Hint</summary>
For each option: which figure or table of this lab would contradict it?
</details>
"""

# %% nbgrader={"grade": false, "grade_id": "meaning", "locked": false, "schema_version": 3, "solution": true}
meaning = {
    "control": None,
    "confidence": None,
    "humans": None,
    "honest test": None,
}
### BEGIN SOLUTION
meaning = {
    "control": "gradient",
    "confidence": "share",
    "humans": "brief",
    "honest test": {"unseen", "price"},
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "meaning-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
lab.meaning.check(meaning)

# %% [markdown]
r"""
## 11 How much is left?

**Further:** worth nothing, and nothing else needs it.

Section 9 measured its defence with the attack that it was trained on, and with one that takes five steps. An attacker is not bound to either: more steps, another start, and for each picture whichever attack works. So what is left of an accuracy is the share of pictures that are recognised under *every* attack that was tried. Each further attack can only lower it.
"""

# %% [markdown]
r"""
## Exercise 8.9. What is left

**Further:** worth nothing, and nothing else needs it.

Write `accuracy_left(model, attacked, y)`. `attacked` (A, N, C, H, W) holds the same N pictures under A attacks, `y` (N,) their labels. Return the share of pictures, from 0 to 1, that the model recognises under all A attacks. (0 points, 10 minutes, ●●○ medium)

Example: attack A fools the first of four pictures, attack B the second; each leaves 0.75, together they leave 0.5.

<details><summary>Hint</summary>
Write down for each attack and each picture whether it is recognised. What must a column hold?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "accuracy-left", "locked": false, "schema_version": 3, "solution": true}
def accuracy_left(model, attacked, y):
    """Return the share of pictures that are recognised under every attack."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        recognised = torch.stack([model(one).argmax(1) == y for one in attacked])
    return float(recognised.all(0).double().mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "accuracy-left-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.accuracy_left.check(accuracy_left)
### BEGIN HIDDEN TESTS
lab.accuracy_left.check_hidden(accuracy_left, seed=899)
### END HIDDEN TESTS

# %% [markdown]
r"""
For more: `lab.accuracy_left.practice()`. Now the defended network of section 9, under one attack after the other, with the budget that it was trained for. **Predict**: how much of its accuracy under FGSM, which is near 0.4, is left after all of them?
"""

# %%
guess_left = predictions.keep({"left after all": None})

# %%
if lab.are_written(fgsm=fgsm, pgd=pgd, accuracy_left=accuracy_left):
    eps, tried = 8 / 255, []
    start = (few + eps * (2 * torch.rand(few.shape) - 1)).clamp(0, 1)
    attacks = {
        "nobody (clean)": lambda: few,
        "fgsm": lambda: fgsm(defended, few, few_labels, eps),
        "pgd, 5 steps": lambda: pgd(defended, few, few_labels, eps, eps / 3, 5),
        "pgd, 20 steps": lambda: pgd(defended, few, few_labels, eps, eps / 8, 20),
        "fgsm, other start": lambda: fgsm(defended, start, few_labels, eps / 2),
    }
    print("8/255 by             alone   left after all so far")
    for name, make in attacks.items():
        tried.append(torch.as_tensor(make()))
        alone = accuracy(defended, tried[-1], few_labels)
        left = accuracy_left(defended, torch.stack(tried), few_labels)
        print(f"{name:20} {alone:.2f}    {left:.2f}")
    predictions.beside(guess_left, {"left after all": left})

# %% [markdown]
r"""
Of what the network keeps under the attack that it was trained on, a third or more goes when the attacker walks twenty small steps. A weak attack, as in the last row, takes nothing more. "It keeps 0.39 at 8/255" would have been true of FGSM, and a wrong thing to promise.
"""

# %% [markdown]
r"""
Worse: a number may say nothing at all. Here is a "defence" that needs no training. All scores are multiplied by 1000. The largest stays the largest, so that each answer stays what it was. Now attack it with its own gradients, and then with those of the network before the multiplication.
"""

# %%
if lab.are_written(input_gradient=input_gradient, fgsm=fgsm):
    blinded = load_trained("shapes")
    with torch.no_grad():
        for parameter in blinded.head.parameters():
            parameter.mul_(1000)
    own = torch.as_tensor(input_gradient(blinded, few, few_labels))
    print(f"{(own == 0).double().mean():.2f} of its gradient's numbers are exactly 0")
    for name, source in {"its own": blinded, "the plain network's": network}.items():
        changed = torch.as_tensor(fgsm(source, few, few_labels, 8 / 255))
        print(
            f"fgsm by {name} gradients: {accuracy(blinded, changed, few_labels):.2f} right"
        )

# %% [markdown]
r"""
Nothing was defended: the attacker was blinded. With scores that far apart softmax gives exactly 1 to the winner, the loss is exactly 0, and so is its gradient; a sign of 0 is 0. Whoever divides by 1000 first, or borrows the gradients of another network, finds the old weakness. Athalye, Carlini and Wagner (2018) found that seven of nine published defences blinded gradients in one way or another; they broke six of them wholly and one in part. So a defence is measured by someone who knows it and wants it to fail.
"""

# %% [markdown]
r"""
## 12 A patch, not a grain

**Further:** worth nothing, and nothing else needs it.

Every attack so far changed all pixels a little. A sticker changes *some* pixels as much as it likes, and whoever prints it does not know which picture it will lie in, nor where. Brown and others (2017) learned such a **patch** for photographs. Ours has 10×10 of 32×32 pixels, a tenth of the picture. `paste` lays it into each picture with its upper left corner at that picture's (row, column).
"""


# %%
def paste(x, patch, corners):
    """Return x (N, 3, H, W) with a patch (3, S, S) in each picture, at its corner."""
    changed, side = x.clone(), patch.shape[-1]
    for n, (row, column) in enumerate(corners):
        changed[n, :, row : row + side, column : column + side] = patch
    return changed


# %% [markdown]
r"""
## Exercise 8.10. A step for the patch

**Further:** worth nothing, and nothing else needs it.

Write `patch_step(model, x, patch, corners, target, lr)`. Paste the patch (3, S, S) into the pictures x (N, 3, H, W), one of the `corners` for each. Return the patch after *one* step of `lr` along signs, so that the pictures' summed cross-entropy for the class `target` becomes smaller; pixels from 0 to 1. x and `patch` stay as they are. `paste` is yours to call; autograd looks through it. (0 points, 15 minutes, ●●○ medium)

Example: with `lr=0` it returns the patch itself.

<details><summary>Hint</summary>
The pictures share the patch. Of which tensor do you ask the gradient, and when does it have to be pasted?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "patch-step", "locked": false, "schema_version": 3, "solution": true}
def patch_step(model, x, patch, corners, target, lr):
    """Return the patch (3, S, S) after one step towards its target."""
    ### BEGIN SOLUTION
    leaf = patch.detach().clone().requires_grad_(True)
    labels = torch.full((len(x),), target)
    loss = F.cross_entropy(model(paste(x, leaf, corners)), labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, leaf)
    return (patch - lr * gradient.sign()).clamp(0, 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "patch-step-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.patch_step.check(patch_step)
### BEGIN HIDDEN TESTS
lab.patch_step.check_hidden(patch_step, seed=810)
### END HIDDEN TESTS

# %% [markdown]
r"""
Your step, forty times, makes a patch. We shall make two for the class *dots*: one that always lies in the middle while it is learned, and one whose corners are drawn anew each time.
"""


# %%
def anywhere(number):
    """Draw corners for a patch of 10 in pictures of 32 pixels."""
    return torch.randint(0, 32 - 10 + 1, (number, 2), generator=chance).tolist()


def middle(number):
    """Return the corner that puts such a patch into the middle, for each picture."""
    return [(11, 11)] * number


def learn_patch(step, target, corners, rounds=4, pictures=500):
    """Learn a patch on pictures of the training set, a step at a time."""
    patch = torch.rand(3, 10, 10, generator=chance)
    for _ in range(rounds):
        for batch in X[:pictures].split(50):
            patch = step(network, batch, patch, corners(len(batch)), target, 0.05)
            patch = torch.as_tensor(patch)
    return patch


# %%
chance = torch.Generator().manual_seed(0)
dots = test.classes.index("dots")
patches = {"random": torch.rand(3, 10, 10, generator=chance)}
patches["cut from dots"] = X[dots == Y][0][:, 11:21, 11:21]
if lab.patch_step.is_written(patch_step):
    patches["learned in the middle"] = learn_patch(patch_step, dots, middle)
    patches["learned anywhere"] = learn_patch(patch_step, dots, anywhere)

# %% [markdown]
r"""
How many test pictures that hold *no* dots become dots? Two controls stand beside them: a patch of noise, and a true piece of a picture of dots. **Predict** the shares of those that lie *anywhere*.
"""

# %%
guess_patches = predictions.keep(dict.fromkeys(patches))

# %%
bare = x[y != dots][: 25 if is_grading() else 450]
rates = {}
print("become dots, patch lies     in the middle   anywhere")
for name, patch in patches.items():
    changed = [paste(bare, patch, place(len(bare))) for place in (middle, anywhere)]
    rates[name] = [
        float((network(one).argmax(1) == dots).double().mean()) for one in changed
    ]
    print(f"{name:30} {rates[name][0]:.2f}          {rates[name][1]:.2f}")
predictions.beside(guess_patches, {name: both[1] for name, both in rates.items()})

# %% [markdown]
r"""
What do the four patches look like, and a picture that carries the last of them?
"""

# %%
figures.show(figures.plot_patches(patches, paste(bare[:3], patch, anywhere(3))))

# %% [markdown]
r"""
Noise turns none, and a true piece of dots turns next to none: it is not dots that the patch shows, it is what this network *takes* for dots, denser than any picture of them. The patch that only ever lay in the middle turns everything there, and a quarter elsewhere; the one that moved while it learned turns four to six in ten, wherever it lies. Whoever tests a defence against stickers in one place has tested that place.
"""

# %% [markdown]
r"""
Not every class can be printed: for *disc*, whose mark is one large outline, the same forty steps turn about one picture in six. A tenth of a picture has room for a texture, not for a shape. (Try it: `learn_patch(patch_step, 0, anywhere)`.)
"""

# %% [markdown]
r"""
## 13 Pictures that maximise an inner unit

**Further:** worth nothing, and nothing else needs it.

Section 7 walked until a *class* was certain. But classes are only the last units of many. What does one inside want to see? Ask it in the same way: start from noise, and walk up its answer (Erhan and others, 2009). Such pictures are in every talk on networks, under the name of **feature visualisation**. Here they stand beside controls.
"""

# %% [markdown]
r"""
A network of layers in a row can be cut: `network[:9]` is its first nine, up to `relu3`, and makes 64 maps of 8×8. A **unit** is one of the 64 channels here. Its answer to a picture is the mean of its map.
"""

# %%
body = network[:9]
maps = body(x).detach()  # (500, 64, 8, 8)
answers = maps.mean((2, 3))  # (500, 64)
alive = (answers > 0).double().mean(0) > 0.1
print(f"{tuple(maps.shape)}; {alive.sum()} of 64 units answer to a tenth or more")

# %% [markdown]
r"""
Behind a ReLU some units are silent: they answer 0 to nearly everything, and where they do, so is their gradient. Mind them in your step.
"""

# %% [markdown]
r"""
## Exercise 8.11. A step up

**Further:** worth nothing, and nothing else needs it.

Write `unit_step(body, x, channel, lr)`. `body` turns pictures x (N, 3, H, W) into maps (N, C, H', W'). Return the pictures after one step that makes the mean of the map `channel` larger, for each picture by itself: `lr` times its gradient *divided by its length* (L2), pixels from 0 to 1. Where the gradient is 0, the picture stays as it is. Leave x and the weights, their `grad` too, as they were. (0 points, 15 minutes, ●●○ medium)

Example: for a gradient of length 4 and `lr=2` it is halved, then added.

<details><summary>Hint</summary>
The length belongs to a whole picture. Over which axes do you sum its squares?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "unit-step", "locked": false, "schema_version": 3, "solution": true}
def unit_step(body, x, channel, lr):
    """Return x after one step up the mean of a channel, (N, 3, H, W)."""
    ### BEGIN SOLUTION
    leaf = x.detach().clone().requires_grad_(True)
    answer = body(leaf)[:, channel].mean((1, 2)).sum()
    (gradient,) = torch.autograd.grad(answer, leaf)
    length = gradient.square().sum((1, 2, 3), keepdim=True).sqrt()
    length[length == 0] = 1
    return (x + lr * gradient / length).clamp(0, 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "unit-step-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.unit_step.check(unit_step)
### BEGIN HIDDEN TESTS
lab.unit_step.check_hidden(unit_step, seed=811)
### END HIDDEN TESTS

# %% [markdown]
r"""
Twenty-five steps from noise, for the first six units that are not silent. **Control one**: a second noise, and what both pictures share. **Control two**: a network of the same build that has learned nothing. **Control three**: of the real pictures, the one that the unit answers to most. Before you run it, predict: how many times as strong will the answer be as to the best of 500 real pictures?
"""

# %%
guess_times = predictions.keep({"times as strong": None})

# %%
noise_seed = torch.Generator().manual_seed(0)
start = 0.5 + 0.1 * torch.randn(2, 3, 32, 32, generator=noise_seed)
fresh = make_small_cnn(10, seed=0).eval()
units = alive.nonzero().flatten().tolist()[:6]
if lab.unit_step.is_written(unit_step):

    def climb(body, unit, x, steps, lr=1.0):
        """Walk up a unit's answer from the pictures x."""
        for _ in range(steps):
            x = torch.as_tensor(unit_step(body, x, unit, lr))
        return x

    made = torch.stack([climb(body, unit, start, 25) for unit in units])
    untaught = torch.cat([climb(fresh[:9], unit, start[:1], 25) for unit in units])

# %% [markdown]
r"""
One unit a column, from the two noises and with the two controls below them:
"""

# %%
if lab.unit_step.is_written(unit_step):
    rows = {
        "one noise": made[:, 0],
        "another": made[:, 1],
        "untaught": untaught,
        "best of 500": x[answers.argmax(0)[units]],
    }
    figures.show(figures.plot_units(rows, [f"unit {unit}" for unit in units]))

# %% [markdown]
r"""
Two things may be said. The trained network's units have bars, upright, level or slanted, for both noises; what differs between the two rows is chance. And the untaught network's pictures are grain, so the bars *have been learned*. (A picture that stayed grey: that unit is silent at this noise, and without a gradient nobody climbs.) Now the numbers.
"""

# %%
strongest = y[answers.topk(9, dim=0).indices]  # (9, 64)
kinds = strongest.mode(0).values  # of each unit the class that it answers to most
if lab.unit_step.is_written(unit_step):
    times = []
    print("unit   best real picture   made from noise   its nine strongest")
    for unit, both in zip(units, made):
        most = float(answers[:, unit].max())
        reached = float(body(both)[:, unit].detach().mean())
        times.append(reached / most)
        of_kind = int((strongest[:, unit] == kinds[unit]).sum())
        found = f"{of_kind} are {test.classes[kinds[unit]]}"
        print(f"{unit:4} {most:12.1f} {reached:18.1f}           {found}")
    predictions.beside(guess_times, {"times as strong": sum(times) / len(times)})

# %% [markdown]
r"""
From about twice to five times what any real picture reaches. So these pictures lie far from all that the network will ever see: they show what *can* move a unit, not what *does*. For that the nine strongest real pictures are the better witnesses. Borowski and others (2021) found the same with people: after real examples they foretold a unit's answers better than after such pictures.
"""

# %% [markdown]
r"""
Is unit 0, whose nine strongest are all upright stripes, "the detector of upright stripes"? Then the network should miss it. Set its map to 0, go on behind the cut, and count again; the same for three others, each with the class that it answers to most.
"""

# %%
before = network[9:](maps).argmax(1) == y
print("unit   class         right   without it   answers to")
for unit in units[:4]:
    silenced = maps.clone()
    silenced[:, unit] = 0
    after = network[9:](silenced).argmax(1) == y
    those = y == kinds[unit]
    shares = [float(one[those].double().mean()) for one in (before, after)]
    row = f"{unit:4}   {test.classes[kinds[unit]]:12}{shares[0]:7.2f}{shares[1]:13.2f}"
    some = float((answers[:, unit] > 0).double().mean())
    print(f"{row}       {100 * some:.0f} % of all pictures")

# %% [markdown]
r"""
Hardly anything is missing: no single unit holds the stripes, and each of these answers to nearly every picture, only more or less. "This unit detects stripes" says three things: it answers most to stripes (true here), it answers to nothing else (false), the network needs it for them (false). A picture from noise is evidence for none of the last two.
"""

# %% [markdown]
r"""
The same for a network of a million photographs, in small: three units behind the fifth block of MobileNetV2, and the same units in one with random weights.
"""

# %%
if photo_network is not None and lab.unit_step.is_written(unit_step):
    photo_net = photo_network.network
    nets = {"trained": photo_net, "untaught": type(photo_net)().eval()}
    small = 0.5 + 0.1 * torch.randn(1, 3, 40, 40, generator=noise_seed)
    three = range(1, 4)
    rows = {}
    for name, net in nets.items():
        cut = torch.nn.Sequential(photo_network.standardise, net.features[:5])
        rows[name] = torch.cat([climb(cut, unit, small, 12, 3.0) for unit in three])
    figures.show(figures.plot_photo_units(rows, [f"unit {unit}" for unit in three]))

# %% [markdown]
r"""
Coloured weave against grain: again something that was learned, and again nothing that has a name. Geirhos and others (2023) went further: they built networks whose units show any picture they liked, and do something else on real ones.
"""

# %% [markdown]
r"""
## 14 Recall, and the course in review

Answer aloud, then open.

<details><summary>Why does FGSM take the sign, and not the gradient itself?</summary>
Each pixel may move by ε, however small its gradient is; the loss grows most if all of them do.
</details>

<details><summary>A budget of 0.03 in a network that divides by 0.25: how much behind the normalisation?</summary>
0.03 / 0.25 = 0.12. The mean plays no part.
</details>

<details><summary>What does a control of random signs rule out?</summary>
That the size of the noise explains the errors.
</details>

<details><summary>From Lab 03: where does backward() put its results?</summary>
Into .grad of the leaves, and it adds to what is there.
</details>

<details><summary>From Lab 06: what do train() and eval() change?</summary>
Dropout and batch normalisation; in train mode a picture's output depends on chance and on its batch.
</details>
"""

# %% [markdown]
r"""
Practise until it is easy: `lab.budget_units.practice()`, both topics.

The course in eight lines: a neuron weighs and adds (01); a bent function between layers makes them worth stacking (02); the chain rule finds every slope (03); softmax and cross-entropy turn scores into something to learn from (04); convolution uses the same weights everywhere (05); a network learns from small pictures (06); its features serve other tasks (07); and what it has learned is not what we see (08).
"""

# %% [markdown]
r"""
## Bonus. Defend it yourself

**Further:** worth nothing, and nothing else needs it.

Write `adversarial_training(model, x, y, eps, epochs)`, which trains `model` in place. Use half of the loss on clean pictures and half on pictures attacked with `eps`. The check runs it for two epochs, on 800 pictures at 8/255, and prints clean and attacked accuracy before and after. Does the mixture pay less for its defence than section 9 did? (0 points, 20 minutes, ●●● hard)

Example: with Adam at 3e-3 and batches of 64, two epochs take about three seconds.

<details><summary>Hint</summary>
In which order do you make the attacked pictures and set the gradients to zero?
</details>
"""


# %% nbgrader={"grade": false, "grade_id": "adversarial-training", "locked": false, "schema_version": 3, "solution": true}
def adversarial_training(model, x, y, eps, epochs):
    """Train model in place on clean and attacked pictures, half and half."""
    ### BEGIN SOLUTION
    adam = torch.optim.Adam(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(epochs):
        for places in torch.randperm(len(x)).split(64):
            images, labels = x[places], y[places]
            attacked = fgsm(model, images, labels, eps)
            loss = F.cross_entropy(model(images), labels)
            loss = loss + F.cross_entropy(model(attacked), labels)
            adam.zero_grad()
            loss.backward()
            adam.step()
    model.eval()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adversarial-training-check", "locked": true, "points": 0, "schema_version": 3, "solution": false}
lab.adversarial_training.check(adversarial_training)

# %% [markdown]
r"""
## The class against itself

**Further:** a challenge, and no points. If your instructor runs it, every learner's attack meets other learners' defences, on pictures that nobody has seen. You may hand in an attack, a defence, or both.

**The attack** is a function of this name, with these four arguments. It gets the network that it attacks, pictures (N, 3, 32, 32) and their labels, and returns attacked pictures: no pixel more than `eps` from where it was, none below 0 or above 1. It may compute for 6 seconds for 100 pictures. Random signs stand there now; who leaves them does not take part.
"""


# %%
def attack(network, pictures, labels, eps):
    """Return attacked pictures, each pixel at most eps from where it was."""
    signs = torch.randn_like(pictures).sign()
    return (pictures + eps * signs).clamp(0, 1)


print(rehearse(attack, network, x[:100], y[:100]))

# %% [markdown]
r"""
**The defence** is a network of the same build with other weights: `load_trained("shapes")`, trained on in your way, for example `adversarial_training` above with an attack that has more steps. Put it in the place of `None`; its weights are then written into `defence.npz` beside this notebook, and `course submit` makes a second file to hand in.
"""

# %%
my_defence = None
print(save_defence(my_defence))

# %% [markdown]
r"""
Before you hand in a defence: does it withstand an attack that it was *not* trained on? And one whose loss is the gap between two scores, not the cross-entropy? A network that only makes gradients small is no harder to fool; it is harder to fool by its gradient.
"""

# %% [markdown]
r"""
**In this lab you have**

- taken gradients of a loss by the pixels, and attacked with them inside a budget;
- separated what an attack does from what noise does, with a control;
- said what a high confidence means, and what it does not.

**On your own** (not graded): attack a photograph of yours with `load_photo_classes`, save it as PNG and as JPEG, and see which one still fools the network. Read "Explaining and harnessing adversarial examples" (Goodfellow, Shlens and Szegedy, 2015). This was the last lab: the figures are yours to break.
"""
