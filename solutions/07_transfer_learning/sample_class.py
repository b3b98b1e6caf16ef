"""The sample class of lab 07: who hands in what, and what each must get for it. Holds answers: never handed out."""

from course_utils.grading.sample import (
    Sample,
    by_check,
    changed,
    delete_cell,
    nothing_for,
)
from course_utils.labs import transfer_learning
from course_utils.labs.transfer_learning import head_sizes, label_bug

EXTRACT = "extract-features"
FREEZING = "freezing"
SIZES = "head-sizes"
HEAD = "fit-head"
CURVE = "learning-curve"
BUG = "label-bug"
CHOICES = "when-it-helps"
AUGMENT = "augment"


# --- answers to the questions with numbers, for any student id


def own_answers(student: str, repair: str = "") -> dict[str, str]:
    """Work out the right answers to a student's own questions, by counting."""
    lab = transfer_learning.for_student(student)
    heads = lab.head_sizes.question
    counts = {letter: head_sizes.count_head(head) for letter, head in heads.items()}
    own, share = (
        counts[head_sizes.OWN],
        round(head_sizes.trained_share(heads[head_sizes.OWN]), 1),
    )
    places = label_bug.wrong_places(lab.label_bug.question)
    bug = {"wrong": len(places), "first": places[0], "last": places[-1]}
    return {
        SIZES: f"numbers = {counts | {'full': head_sizes.BODY + own, 'share': share}}",
        BUG: f"bug = {bug}\n\n{repair}",
    }


# --- other right ways

EXTRACT_BY_HAND = """def extract_features(model, X, layer, batch=64):
    caught, mode = {}, model.training
    def hook(module, inputs, output):
        caught["rows"] = output.detach().reshape(len(output), -1)
    rows = []
    for start in range(0, len(X), batch):
        handle = dict(model.named_modules())[layer].register_forward_hook(hook)
        with torch.inference_mode():
            model.eval()(X[start : start + batch])
        handle.remove()
        rows.append(caught["rows"].numpy().copy())
    model.train(mode)
    return np.concatenate(rows)
"""
FREEZE_FOR_GOOD = """def freeze(module):
    module.requires_grad_(False)
    for layer in module.modules():
        layer.train(False)
    return module


def trainable_parameters(model):
    return list(filter(lambda p: p.requires_grad, model.parameters()))
"""
HEAD_BY_DESCENT = """def fit_head(F_train, y_train, F_test):
    low = F_train.mean(dim=0, keepdim=True)
    wide = F_train.std(dim=0, keepdim=True) + 1e-6
    x, t = (F_train - low) / wide, (F_test - low) / wide
    K = len(set(y_train.tolist()))
    W = torch.zeros(x.shape[1], K, requires_grad=True)
    b = torch.zeros(K, requires_grad=True)
    for _ in range(300):
        loss = nn.functional.cross_entropy(x @ W + b, y_train)
        gW, gb = torch.autograd.grad(loss, [W, b])
        with torch.no_grad():
            W -= 0.1 * gW
            b -= 0.1 * gb
    return torch.softmax(t @ W + b, dim=1).detach().numpy()
"""
HEAD_BY_NEWTON = """def fit_head(F_train, y_train, F_test):
    centre, scale = F_train.mean(0), F_train.std(0)
    scale = scale.where(scale > 0, torch.tensor(1.0))
    x, t = [(F - centre) / scale for F in (F_train, F_test)]
    head = nn.Linear(x.shape[1], int(y_train.max()) + 1)
    nn.init.zeros_(head.weight)
    steps = torch.optim.LBFGS(head.parameters(), max_iter=40)
    def loss():
        steps.zero_grad()
        value = nn.functional.cross_entropy(head(x), y_train) + 0.01 * (head.weight**2).sum()
        value.backward()
        return value
    steps.step(loss)
    return head(t).softmax(1).detach().tolist()
"""
REPAIR_BY_FOLDER = """def repair_labels(labels, names):
    folders = np.array([name.split("/")[0] for name in names])
    return (folders == "mountain").astype(np.int64)
"""
REPAIR_IN_PLACE = """def repair_labels(labels, names):
    right = torch.tensor(labels)
    for i, name in enumerate(names):
        right[i] = int("mountain" in name)
    return right
"""
AUGMENT_BY_MASKS = """def augment(X, rng):
    out = X.copy()
    turn = rng.random(len(X)) < 0.5
    out[turn] = out[turn][..., ::-1]
    shifts = rng.integers(-2, 3, size=(len(X), 2))
    for picture, (down, right) in zip(out, shifts):
        picture[:] = np.roll(picture, (down, right), axis=(1, 2))
        if down > 0: picture[:, :down] = 0
        if down < 0: picture[:, down:] = 0
        if right > 0: picture[:, :, :right] = 0
        if right < 0: picture[:, :, right:] = 0
    return out
"""
AUGMENT_AS_LIST = """def augment(X, rng):
    pictures = []
    for x in X:
        big = np.pad(x, ((0, 0), (2, 2), (2, 2)), mode="reflect")
        i, j = rng.choice(5), rng.choice(5)
        cut = big[:, i : i + x.shape[1], j : j + x.shape[2]]
        pictures.append(np.flip(cut, axis=2) if rng.integers(2) else cut)
    return torch.tensor(np.stack(pictures))
"""


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id."""
    return [*_right_ways(model), *_wrong_ways(model), *_accidents(model)]


def _right_ways(model) -> list[Sample]:
    bela = {EXTRACT: EXTRACT_BY_HAND, HEAD: HEAD_BY_DESCENT, AUGMENT: AUGMENT_BY_MASKS}
    chen = {FREEZING: FREEZE_FOR_GOOD, HEAD: HEAD_BY_NEWTON, AUGMENT: AUGMENT_AS_LIST}
    done = (EXTRACT, FREEZING, SIZES, HEAD)
    repair = model[BUG][model[BUG].index("def repair_labels") :]
    return [
        Sample(
            "ada",
            "right, own numbers",
            model | own_answers("ada", repair),
            own_id="ada",
        ),
        Sample(
            "bela",
            "right, with arrays, loops of descent and masks",
            model | own_answers("bela", REPAIR_BY_FOLDER) | bela,
            own_id="bela",
        ),
        Sample(
            "chen",
            "right, with LBFGS, lists and tensors",
            model | own_answers("chen", REPAIR_IN_PLACE) | chen,
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

    test_statistics = changed(
        model[HEAD], "F_train.mean(0), F_train.std(0)", "F_test.mean(0), F_test.std(0)"
    )
    test_statistics = changed(
        test_statistics,
        "head((F_test - mean) / std)",
        "head((F_test - F_test.mean(0)) / std)",
    )
    repair = (
        "def repair_labels(labels, names):\n    return [1 - label for label in labels]"
    )
    fewer = "numbers = {'a': 50176, 'b': 1024, 'c': 2048, 'full': 33834, 'share': 8.0}"
    early = changed(model[CURVE], '"scratch reaches": "none"', '"scratch reaches": 25')
    return [
        student(
            "hugo",
            "leaves the network in train mode",
            {EXTRACT: changed(model[EXTRACT], "    model.eval()\n", "")},
            {EXTRACT: (0, ("TF1",))},
        ),
        student(
            "ines",
            "freezes the weights only",
            {FREEZING: changed(model[FREEZING], "    module.eval()\n", "")},
            {FREEZING: (1, ("TR7",))},
        ),
        student(
            "joan",
            "statistics of the test part",
            {HEAD: test_statistics},
            {HEAD: (0, ("TR6",))},
        ),
        student(
            "kira",
            "no biases, the old head",
            {SIZES: fewer},
            {SIZES: (0.6, ("PC1", "TH5"))},
        ),
        student(
            "lars", "reads the curve too early", {CURVE: early}, {CURVE: (3, ("TE3",))}
        ),
        student(
            "mina",
            "turns all labels over",
            {BUG: f"bug = {{'wrong': 113, 'first': 98, 'last': 112}}\n\n{repair}"},
            {BUG: (1, ("TB2", "TB1"))},
        ),
        student(
            "nils",
            "bikes upside down",
            {AUGMENT: changed(model[AUGMENT], "window[:, :, ::-1]", "window[:, ::-1]")},
            {AUGMENT: (0, ("TA1",))},
        ),
        student(
            "olga",
            "fine-tuning is always better",
            {
                CHOICES: changed(
                    model[CHOICES],
                    '"few": {"head first",',
                    '"few": {"tune all", "head first",',
                )
            },
            {CHOICES: (1.6, ("TM4",))},
        ),
    ]


def _accidents(model) -> list[Sample]:
    return [
        Sample(
            "yuri", "deleted a check cell", model, accident=delete_cell(f"{HEAD}-check")
        ),
    ]
