"""The sample class of lab 08: who hands in what, and what each must get for it.

Three kinds: right in different ways, wrong in the ways learners are known to take, and accidents. Used by
``course demo`` and by the tests of the grading round trip. Holds answers: never handed out.
"""

from course_utils.grading.sample import (
    Sample,
    by_check,
    changed,
    delete_cell,
    nothing_for,
)
from course_utils.labs import adversarial_examples
from course_utils.labs.adversarial_examples.budget_units import right_values

GRADIENT = "input-gradient"
FGSM = "fgsm"
BUDGET = "budget-units"
CONTROL = "control-experiment"
PGD = "pgd"
UNIVERSAL = "universal-perturbation"
FOOLING = "fooling-image"
MEANING = "meaning"
BONUS = "adversarial-training"


def own_answers(student: str) -> dict[str, str]:
    """Work out the right answers to a student's own question with numbers."""
    asked = adversarial_examples.for_student(student).budget_units.question
    return {BUDGET: f"budget = {right_values(asked)}"}


# --- other right ways

GRADIENT_BY_COPY = """def input_gradient(model, x, y):
    from copy import deepcopy
    judge = deepcopy(model).eval()
    rows = []
    for picture, label in zip(x, y):  # one by one
        leaf = picture[None].detach().clone().requires_grad_()
        score = judge(leaf).log_softmax(1)[0, label]
        (-score).backward()
        rows.append(leaf.grad)
    return torch.cat(rows)
"""
GRADIENT_BY_MEAN = """def input_gradient(model, x, y):
    mode = model.training
    model.train(False)
    leaf = torch.tensor(x.numpy(), requires_grad=True)
    with torch.enable_grad():
        mean = F.nll_loss(F.log_softmax(model(leaf), dim=-1), y)
    gradient = torch.autograd.grad(len(x) * mean, [leaf])[0]
    model.train(mode)
    return gradient.numpy()
"""
FGSM_BY_WHERE = """def fgsm(model, x, y, eps, targeted=False):
    leaf = x.clone().requires_grad_(True)
    loss = F.cross_entropy(model(leaf), y)
    up = torch.autograd.grad(loss, leaf)[0] > 0
    if targeted:
        up = ~up
    moved = torch.where(up, x + eps, x - eps)
    return torch.max(torch.min(moved, torch.ones(())), torch.zeros(()))
"""
FGSM_AS_TARGET = """def fgsm(model, x, y, eps, targeted=False):
    direction = -1 if targeted else 1
    slope = torch.as_tensor(input_gradient(model, x, y))
    return torch.clip(x + direction * eps * torch.sign(slope), min=0, max=1)
"""
PGD_BY_DELTA = """def pgd(model, x, y, eps, alpha, steps, targeted=False):
    delta = torch.zeros_like(x)
    for _ in range(steps):
        leaf = (x + delta).requires_grad_(True)
        loss = F.cross_entropy(model(leaf), y, reduction="sum")
        if targeted:
            loss = -loss
        slope, = torch.autograd.grad(loss, leaf)
        delta = torch.clamp(delta + alpha * slope.sign(), -eps, eps)
        delta = torch.clamp(x + delta, 0, 1) - x
    return (x + delta).tolist()
"""
PGD_BY_RECURSION = """def pgd(model, x, y, eps, alpha, steps, targeted=False, start=None):
    start = x if start is None else start
    if steps == 0:
        return x
    slope = torch.as_tensor(input_gradient(model, x, y))
    moved = x + (-alpha if targeted else alpha) * slope.sign()
    moved = torch.maximum(torch.minimum(moved, start + eps), start - eps).clamp(0, 1)
    return pgd(model, moved, y, eps, alpha, steps - 1, targeted, start)
"""
UNIVERSAL_BY_ADAM = """def universal_perturbation(model, X, eps, epochs):
    delta = torch.zeros(1, *X.shape[1:], requires_grad=True)
    adam = torch.optim.Adam([delta], lr=eps / 5)
    labels = model(X).argmax(1).detach()
    for epoch in range(epochs):
        for places in torch.randperm(len(X)).split(50):
            loss = -F.cross_entropy(model((X[places] + delta).clamp(0, 1)), labels[places])
            (delta.grad,) = torch.autograd.grad(loss, delta)
            adam.step()
            with torch.no_grad():
                delta.clamp_(-eps, eps)
    return delta
"""
FOOLING_BY_GRADIENT = """def fooling_image(model, target, steps, rng):
    z = torch.rand((1, 3, 32, 32), generator=rng)
    for step in range(steps):
        slope = torch.as_tensor(input_gradient(model, z, torch.tensor([target])))
        z = (z - 0.05 * slope / slope.abs().max()).clamp(0, 1)
    return z.numpy(), torch.softmax(model(z), dim=1)[0, target].detach()
"""


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id. Only ada does the bonus: it trains."""
    ada = Sample("ada", "right, own numbers", model | own_answers("ada"), own_id="ada")
    model = {name: answer for name, answer in model.items() if name != BONUS}
    return [ada, *_without_bonus(model)]


def _without_bonus(model) -> list[Sample]:
    return [*_right_ways(model), *_wrong_ways(model), *_accidents(model)]


def _right_ways(model) -> list[Sample]:
    bela = {GRADIENT: GRADIENT_BY_COPY, FGSM: FGSM_BY_WHERE, PGD: PGD_BY_DELTA}
    chen = {GRADIENT: GRADIENT_BY_MEAN, FGSM: FGSM_AS_TARGET, PGD: PGD_BY_RECURSION}
    chen |= {UNIVERSAL: UNIVERSAL_BY_ADAM, FOOLING: FOOLING_BY_GRADIENT}
    done = (GRADIENT, FGSM, BUDGET)
    return [
        Sample(
            "bela",
            "right, picture by picture and with lists",
            model | own_answers("bela") | bela,
            own_id="bela",
        ),
        Sample(
            "chen",
            "right, with arrays, recursion and Adam",
            model | own_answers("chen") | chen,
            own_id="chen",
        ),
        Sample("finn", "blank", {}, loses=nothing_for(model)),
        Sample(
            "gita",
            "half done",
            {name: model[name] for name in done},
            loses=nothing_for(name for name in model if name not in done),
        ),
    ]


def _wrong_ways(model) -> list[Sample]:
    def student(name, about, answers, loses):
        return Sample(name, about, model | answers, loses=by_check(loses))

    def one(name, about, exercise, code, *change):
        return student(
            name,
            about,
            {exercise: changed(model[exercise], *change)},
            {exercise: (0, (code,))},
        )

    backwards = "(gradient,) = torch.autograd.grad(loss, x)"
    leaving = "loss.backward()\n    gradient = x.grad"
    table = {CONTROL: changed(model[CONTROL], '"direction"', '"size"')}
    return [
        one(
            "hugo",
            "leaves gradients in the parameters",
            GRADIENT,
            "AD6",
            backwards,
            leaving,
        ),
        one(
            "ines",
            "takes the gradient in train mode",
            GRADIENT,
            "AD7",
            "    model.eval()\n",
            "",
        ),
        one("joan", "takes the batch's mean", GRADIENT, "GR3", ', reduction="sum"', ""),
        student(
            "kira",
            "helps the network",
            {
                FGSM: changed(
                    model[FGSM],
                    "x - step if targeted else x + step",
                    "x + step if targeted else x - step",
                ),
                FOOLING: FOOLING_BY_GRADIENT,
            },
            {FGSM: (0, ("AD1",))},
        ),
        student(
            "lars",
            "forgets the sign",
            {FGSM: changed(model[FGSM], ".sign()", ""), FOOLING: FOOLING_BY_GRADIENT},
            {FGSM: (0, ("AD2",))},
        ),
        one(
            "mina",
            "does not project",
            PGD,
            "AD5",
            "torch.clamp(moved, x - eps, x + eps)",
            "moved",
        ),
        one(
            "nils",
            "one noise a picture",
            UNIVERSAL,
            "EU1",
            "return delta",
            "return delta.expand_as(X)",
        ),
        student(
            "olga",
            "mixes up units, and size with direction",
            {BUDGET: 'budget = {"normalised": 0.0157, "L2": 0.0314, "grey levels": 16}'}
            | table,
            {BUDGET: (0, ("AD4", "EB4", "EB5")), CONTROL: (1.5, ("ET4",))},
        ),
        student(
            "paul",
            "believes the softmax",
            {MEANING: changed(model[MEANING], '"share"', '"probability"')},
            {MEANING: (1.5, ("EQ2",))},
        ),
    ]


def _accidents(model) -> list[Sample]:
    leaving = "def fooling_image(model, target, steps, rng):\n    import sys\n    sys.exit('bye')"
    return [
        Sample(
            "yuri", "deleted a check cell", model, accident=delete_cell(f"{FGSM}-check")
        ),
        Sample(
            "zoe",
            "sys.exit in a function",
            model | {FOOLING: leaving},
            loses={f"{FOOLING}-check": (0, ())},
        ),
    ]
