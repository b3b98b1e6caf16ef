"""The sample class of homework H6: who hands in what, and what each must get for it.

Three kinds: right in different ways, wrong in the ways learners are known to take, and an accident. Holds answers:
never handed out. The half page at the end is read by a person: only ada writes one.

Only ada trains, so that a class is graded in little time. The others solve for their last layer by least squares.
"""

from course_utils.grading.sample import Sample, by_check, nothing_for, truncate

DENSE, CONV, ABLATION, REPORT = (
    "dense-baseline",
    "beat-the-baseline",
    "ablation",
    "report",
)

HALF_A_PAGE = (
    "I built a dense network and a convolutional one. "
    "The second is some points better, more than chance moves it."
)

SOLVE = '''def solve(*front):
    """Return a network whose last layer is fitted by least squares; the layers before it stay as drawn."""
    front = nn.Sequential(*front)
    pictures, labels = train.tensors()
    with torch.no_grad():
        x = front((pictures - 0.5) / 0.5)
        x = torch.cat([x, torch.ones(len(x), 1)], 1).double()
        gram = x.T @ x + 100 * torch.eye(x.shape[1], dtype=torch.float64)
        weights = torch.linalg.solve(gram, x.T @ F.one_hot(labels, 10).double()).float()
        last = nn.Linear(x.shape[1] - 1, 10)
        last.weight.copy_(weights[:-1].T)
        last.bias.copy_(weights[-1])
    return nn.Sequential(front, last)


def hidden(width, *extra):
    torch.manual_seed(0)
    return solve(nn.Flatten(), nn.Linear(784, width), *extra, nn.ReLU())


'''
CONVOLVE = "nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten()"
QUICK = {
    DENSE: SOLVE + "baseline = hidden(800)\n",
    CONV: f"torch.manual_seed(0)\nconvnet = solve({CONVOLVE})\n",
    ABLATION: "with_layer, without_layer = hidden(100, nn.Dropout(0.2)), hidden(100)\n"
    'table = {"layer": "dropout", "accuracy with": accuracy(with_layer, make_loader(validation))}\n'
    'table["accuracy without"] = accuracy(without_layer, make_loader(validation))\n',
}

# --- other right ways

AS_CLASS = """class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside = hidden(800)

    def forward(self, x):
        return self.inside(x.reshape(len(x), 1, 28, 28)).log_softmax(1)

baseline = Dense()
"""
FUNCTIONAL = """class Mine(nn.Module):
    def __init__(self, other):
        super().__init__()
        front, last = other
        self.kernels, self.shift = front[0].weight, front[0].bias
        self.weight, self.bias = last.weight, last.bias

    def forward(self, x):
        x = F.max_pool2d(F.relu(F.conv2d(x, self.kernels, self.shift)), 4)
        return F.linear(x.flatten(1), self.weight, self.bias)

"""
NORMED = """with_layer, without_layer = hidden(100, nn.BatchNorm1d(100, momentum=None)), hidden(100)
table = {"layer": " Batch Norm ", "accuracy with": round(accuracy(with_layer, make_loader(validation)), 3)}
table["accuracy without"] = torch.tensor(accuracy(without_layer, make_loader(validation)))
"""


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id."""
    return [*_right_ways(model), *_wrong_ways(), *_accidents()]


def _right_ways(model) -> list[Sample]:
    trained = {
        DENSE: SOLVE + model[DENSE],
        CONV: model[CONV],
        ABLATION: model[ABLATION],
        REPORT: HALF_A_PAGE,
    }
    undone = nothing_for((CONV, ABLATION))
    return [
        Sample("ada", "right, trains for herself", QUICK | trained),
        Sample("bela", "right, by least squares", QUICK),
        Sample(
            "chen",
            "right, in classes, batch norm",
            QUICK
            | {
                DENSE: SOLVE + AS_CLASS,
                CONV: QUICK[CONV] + FUNCTIONAL + "convnet = Mine(convnet)\n",
                ABLATION: NORMED,
            },
        ),
        Sample("finn", "blank", {}, loses=nothing_for(QUICK)),
        Sample("gita", "half done", {DENSE: QUICK[DENSE]}, loses=undone),
    ]


def _wrong_ways() -> list[Sample]:
    def student(name, about, answers, loses):
        return Sample(name, about, QUICK | answers, loses=by_check(loses))

    def table(line):
        return {ABLATION: QUICK[ABLATION] + line}

    linear = {DENSE: SOLVE + "baseline = solve(nn.Flatten())\n"}
    large = {
        CONV: f"convnet = nn.Sequential(solve({CONVOLVE}), nn.Linear(10, 10))\nconvnet.spare = nn.Linear(400, 250)\n"
    }
    behind = {
        CONV: "torch.manual_seed(0)\nconvnet = solve(nn.Conv2d(1, 4, 1), nn.MaxPool2d(2), nn.Flatten())\n"
    }
    swapped = table("with_layer, without_layer = without_layer, with_layer\n")
    return [
        student("hugo", "softmax regression", linear, {DENSE: (0, ()), CONV: (4, ())}),
        student(
            "ines",
            "a convolution in the baseline, so little is beaten",
            {DENSE: f"{SOLVE}baseline = solve({CONVOLVE})\n"},
            {DENSE: (0, ()), CONV: (0, ())},
        ),
        student("joan", "dense behind a convolution of 1×1", behind, {CONV: (0, ())}),
        student("kira", "too many parameters", large, {CONV: (0, ())}),
        student(
            "lars",
            "percent",
            table('table["accuracy with"] *= 100\n'),
            {ABLATION: (4 / 3, ("KE6",))},
        ),
        student(
            "mina",
            "a table of other networks",
            table('table["accuracy with"] = 0.95\ntable["accuracy without"] = 0.5\n'),
            {ABLATION: (2 / 3, ("KF4",))},
        ),
        student(
            "nils", "the layer in the other network", swapped, {ABLATION: (0, ("KF4",))}
        ),
        student(
            "olga",
            "ablates pooling",
            table('table["layer"] = "pooling"\n'),
            {ABLATION: (4 / 3, ())},
        ),
    ]


def _accidents() -> list[Sample]:
    no_points = nothing_for(QUICK)
    return [
        Sample(
            "dora",
            "truncated file",
            QUICK,
            accident=truncate,
            loses=no_points,
            zero_because="not a whole notebook",
        ),
    ]
