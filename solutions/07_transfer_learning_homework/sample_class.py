"""The sample class of homework H7: who hands in what, and what each must get for it.

Three kinds: right in different ways, wrong in the ways learners are known to take, and accidents. Holds answers:
never handed out. The half page at the end is read by a person: only ada writes one.
"""

from course_utils.grading.sample import (
    Sample,
    by_check,
    changed,
    delete_cell,
    nothing_for,
    truncate,
)

SPLIT, BASELINE, CHOOSE = "split-by-scene", "frozen-baseline", "choose"
IMPROVEMENT, TABLE, REPORT = "improvement", "results-table", "report"

HALF_A_PAGE = (
    "I split 24 scenes, 18 to learn from. "
    "The baseline guesses in the wild; smaller, darker pictures mend that."
)

# --- other right ways

SPLIT_BY_COUNTING = """import random

def split_by_scene(scenes, labels, share=0.25, seed=0):
    dice = random.Random(seed)
    kind = dict(zip(scenes, labels))
    where = {}
    for label in set(labels):
        names = [scene for scene in sorted(kind) if kind[scene] == label]
        few = int(share * len(names))
        few = 1 if few == 0 else few
        dice.shuffle(names)
        for place, scene in enumerate(names):
            where[scene] = place < few
    both = [], []
    for i, scene in enumerate(scenes):
        both[where[scene]].append(i)
    return both
"""
SPLIT_WITH_ARRAYS = """def split_by_scene(scenes, labels, share=0.25, seed=0):
    scenes, labels = np.array(scenes), np.array(labels)
    chance = np.random.default_rng(seed)
    test = np.zeros(len(scenes), dtype=bool)
    for label in np.unique(labels):
        names = chance.permutation(np.unique(scenes[labels == label]))
        held = max(1, min(len(names) - 1, int(np.ceil(share * len(names)))))
        test |= np.isin(scenes, names[:held])
    return np.flatnonzero(~test), torch.from_numpy(np.flatnonzero(test))
"""
BASELINE_BY_DESCENT = """def features(X):
    with torch.inference_mode():
        return torch.cat([source[:-1](part) for part in X.split(64)]).numpy().astype(np.float64)


def frozen_baseline(X_train, y_train, X_test):
    a, b, y = features(X_train), features(X_test), y_train.numpy()
    low, wide = a.mean(axis=0), a.std(axis=0) + 1e-6
    a, b, hot = (a - low) / wide, (b - low) / wide, np.eye(y.max() + 1)[y]
    W = np.zeros((a.shape[1], hot.shape[1]))
    for _ in range(200):
        z = np.exp(a @ W - (a @ W).max(axis=1, keepdims=True))
        W -= 0.1 * a.T @ (z / z.sum(axis=1, keepdims=True) - hot) / len(a)
    z = np.exp(b @ W - (b @ W).max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)
"""
BASELINE_WITH_A_HOOK = """def frozen_baseline(X_train, y_train, X_test):
    caught = []
    handle = source.flatten.register_forward_hook(lambda module, inputs, output: caught.append(output.detach()))
    source(X_train)
    source(X_test)
    handle.remove()
    middle, scale = caught[0].mean(0), caught[0].std(0)
    scale[scale == 0] = 1
    x, t = [(F - middle) / scale for F in caught]
    head = nn.Linear(1024, len(y_train.unique()))
    nn.init.zeros_(head.weight)
    steps = torch.optim.LBFGS(head.parameters(), max_iter=40)
    def loss():
        steps.zero_grad()
        value = nn.functional.cross_entropy(head(x), y_train) + 0.01 * (head.weight**2).sum()
        value.backward()
        return value
    steps.step(loss)
    return head(t).softmax(1).detach()
"""
CHOOSE_WITH_A_TABLE = """def choose(ways, learn, validation, test):
    X, y = validation
    table = []
    for name, way in ways.items():
        guesses = np.asarray(way(learn[0], learn[1], X)).argmax(axis=1)
        table.append((float(np.mean(guesses == y.numpy())), name))
    name = sorted(table)[-1][1]
    guesses = ways[name](*learn, test[0]).argmax(1)
    return [name, torch.tensor(sum(guesses == test[1]) / len(test[1]))]
"""
LIGHT = """def improved(X_train, y_train, X_test):
    turned = X_train.flip(3)
    return frozen_baseline(
        torch.cat([X_train, 0.8 * turned, 0.6 * X_train, 0.7 * turned]), y_train.repeat(4), X_test
    )
"""
LIGHT_TO_THE_SAME_MEAN = """def improved(X_train, y_train, X_test):
    def level(X):
        mean, spread = X.mean(dim=(1, 2, 3), keepdim=True), X.std(dim=(1, 2, 3), keepdim=True)
        return 0.2 * (X - mean) / (spread + 1e-3) + 0.55
    small = nn.functional.pad(nn.functional.interpolate(X_train, size=26), (3, 3, 3, 3), mode="replicate")
    both = torch.cat([X_train, small, X_train.flip(3), small.flip(3)])
    return frozen_baseline(level(both), torch.cat([y_train] * 4), level(X_test))
"""
MEASURED = """results = {}
for name, method in (("baseline", frozen_baseline), ("improved", improved)):
    inside, outside = by_scene(catalogue)
    row = dict(zip(("catalogue", "wild"), accuracy(method, inside, outside, wild)))
    results[name] = row | {"n": len(inside)}
"""

# --- wrong ways

BY_PHOTO = """def split_by_scene(scenes, labels, share=0.25, seed=0):
    mixed = np.random.default_rng(seed).permutation(len(scenes)).tolist()
    cut = round(share * len(mixed))
    return mixed[cut:], mixed[:cut]
"""
BY_THE_TEST = """def choose(ways, learn, validation, test):
    reached = {name: float((way(*learn, test[0]).argmax(1) == test[1]).double().mean()) for name, way in ways.items()}
    best = max(reached, key=reached.get)
    return best, reached[best]
"""
ENDLESS = """def choose(ways, learn, validation, test):
    while True:
        pass
"""


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id."""
    return [*_right_ways(model), *_wrong_ways(model), *_accidents(model)]


def _right_ways(model) -> list[Sample]:
    bela = {
        SPLIT: SPLIT_BY_COUNTING,
        BASELINE: BASELINE_BY_DESCENT,
        IMPROVEMENT: LIGHT,
        TABLE: MEASURED,
    }
    chen = {
        SPLIT: SPLIT_WITH_ARRAYS,
        BASELINE: BASELINE_WITH_A_HOOK,
        CHOOSE: CHOOSE_WITH_A_TABLE,
    }
    chen |= {IMPROVEMENT: LIGHT_TO_THE_SAME_MEAN, TABLE: MEASURED}
    done = (SPLIT, BASELINE)
    return [
        Sample("ada", "right, as the lesson says", model | {REPORT: HALF_A_PAGE}),
        Sample("bela", "right, with dicts, NumPy and less light", model | bela),
        Sample(
            "chen", "right, with arrays, a hook and pictures of one brightness", chen
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
        return Sample(
            name, about, model | {TABLE: MEASURED} | answers, loses=by_check(loses)
        )

    leak = changed(
        model[BASELINE],
        "F_train.mean(0), F_train.std(0)",
        "F_both.mean(0), F_both.std(0)",
    )
    leak = changed(
        leak,
        "    mean, std",
        "    F_both = torch.cat([F_train, F_test])\n    mean, std",
    )
    pixels = changed(
        model[BASELINE],
        "source[:-1](X_train), source[:-1](X_test)",
        "X_train.flatten(1), X_test.flatten(1)",
    )
    unseeded = changed(
        model[SPLIT], "np.random.default_rng(seed)", "np.random.default_rng(0)"
    )
    same = "def improved(X_train, y_train, X_test):\n    return frozen_baseline(X_train, y_train, X_test)\n"
    return [
        student("hugo", "splits by photo", {SPLIT: BY_PHOTO}, {SPLIT: (0, ("TS1",))}),
        student(
            "ines",
            "statistics of both parts, in all that rests on them",
            {BASELINE: leak},
            {BASELINE: (0, ("TR6",)), IMPROVEMENT: (0, ("TR6",))},
        ),
        student(
            "joan",
            "chooses on the test part",
            {CHOOSE: BY_THE_TEST},
            {CHOOSE: (0, ("TP1",))},
        ),
        student(
            "kira",
            "per cent, and all pictures counted",
            {
                TABLE: MEASURED
                + 'results["improved"]["wild"] *= 100\nresults["baseline"]["n"] = len(catalogue)\n'
            },
            {TABLE: (4 / 3, ("TG3", "KE6"))},
        ),
        student(
            "lars",
            "a table of other numbers",
            {
                TABLE: MEASURED
                + 'results["baseline"]["catalogue"], results["improved"]["wild"] = 0.99, 0.95\n'
            },
            {TABLE: (4 / 3, ("KF4",))},
        ),
        student(
            "mina",
            "improves nothing",
            {IMPROVEMENT: same},
            {IMPROVEMENT: (0, ("TI1",))},
        ),
        student(
            "nils",
            "the same split for every seed",
            {SPLIT: unseeded},
            {SPLIT: (0, ("KF7",))},
        ),
        student(
            "olga",
            "a head on pixels",
            {BASELINE: pixels},
            {BASELINE: (0, ("TW1",)), IMPROVEMENT: (0, ())},
        ),
        student(
            "pavo",
            "rows exchanged",
            {
                TABLE: MEASURED
                + 'results = {"baseline": results["improved"], "improved": results["baseline"]}\n'
            },
            {TABLE: (2 / 3, ("TG1",))},
        ),
    ]


def _accidents(model) -> list[Sample]:
    no_points = nothing_for(model)
    return [
        Sample(
            "yuri",
            "deleted a check cell",
            model,
            accident=delete_cell(f"{BASELINE}-check"),
        ),
        Sample(
            "amir",
            "endless loop",
            model | {CHOOSE: ENDLESS},
            loses={f"{CHOOSE}-check": (0, ())},
        ),
        Sample(
            "dora",
            "truncated file",
            model,
            accident=truncate,
            loses=no_points,
            zero_because="not a whole notebook",
        ),
    ]
