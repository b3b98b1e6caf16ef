"""The sample class of lab 06: who hands in what, and what each must get for it.

Three kinds: right in different ways, wrong in the ways learners are known to take, and an accident. Holds answers:
never handed out.
"""

from course_utils.grading.sample import Sample, by_check, changed, nothing_for, truncate
from course_utils.judging.misconceptions import Misconception
from course_utils.labs import lab7_cnn
from course_utils.labs.lab7_cnn.keras_network import keras_counts, keras_trace
from course_utils.labs.lab7_cnn.networks import LAB7, SZ8, sides
from course_utils.labs.lab7_cnn.parameter_counts import PC1, parameters, tensors
from course_utils.labs.lab7_cnn.residual_block import block_parameters
from course_utils.labs.lab7_cnn.shape_trace import DS2, trace, trace_ways

SHAPES, COUNTS, CNN, LARGER, MEND = (
    "shape-trace",
    "parameter-counts",
    "build-cnn",
    "larger-pictures",
    "mend-the-network",
)
LOOP, EVALUATE, RUN, AGAIN = (
    "train-one-epoch",
    "evaluate",
    "first-run",
    "reproducible-run",
)
KERAS, PARAMS, VGG, BLOCK, DEPTH = (
    "keras-network",
    "count-params",
    "not-vgg",
    "residual-block",
    "depth",
)

# a trained network that comes with the course, so that a whole class need not train; it takes pixels from 0 to 1
QUICK_RUN = """class Back(nn.Module):
    def forward(self, x):
        return x / 2 + 0.5

network, history = nn.Sequential(Back(), load_trained("shapes")), None
pixels, labels = load_shapes(10, 1000).test.tensors()
with torch.no_grad():
    share = (network(2 * pixels - 1).argmax(1) == labels).float().mean()
first_run = {"first loss": torch.tensor(2.31), "loss of guessing": 2.303, "chance": 1 / 10, "accuracy": share}
"""


# --- answers to the questions with numbers, for any student id


def own_answers(student: str) -> dict[str, str]:
    """Work out the right answers to a student's own questions, by counting."""
    lab = lab7_cnn.for_student(student)
    network, keras, side = (
        lab.shape_trace.question,
        lab.keras_network.question,
        lab.larger_pictures.question,
    )
    blocks = {
        name: block_parameters(block)
        for name, block in lab.residual_block.question.items()
    }
    counts = keras_counts(keras)
    counts |= {"share of dense1": round(100 * counts["dense1"] / counts["total"], 1)}
    features = 16 * sides(side, (5, 5))[-1] ** 2
    return {
        SHAPES: f"shapes = {trace(network)}",
        COUNTS: f"parameters = {parameters(network)}\ntensors = {later_tensors(network)}",
        LARGER: larger(features, "passes", 75),
        KERAS: f"keras_shapes = {keras_trace(keras)}\nkeras_counts = {counts}",
        BLOCK: f"residual = {blocks | {'needs 1x1': {'b', 'c', 'd'}}}",
    }


def later_tensors(network) -> dict:
    """Return the shapes of the tensors that are asked for."""
    return {
        name: shape
        for name, shape in tensors(network).items()
        if not name.startswith("conv1")
    }


def larger(features: float, word: str, another: int) -> str:
    """Write the cell of the larger pictures."""
    return (
        f"larger = {{'features': {features}, 'batch of 4': 'raises', 'batch of 25': '{word}', "
        f"'rows for 25': {features * 25 / 400:g}, 'another batch': {another}}}"
    )


def wrong_trace(way: Misconception) -> str:
    """Write the cell of the shapes as a wrong way gives them, for the lectures' network."""
    return f"shapes = {trace_ways(LAB7)[way]}"


def wrong_counts(way: Misconception) -> str:
    """Write the cell of the counts as a wrong way gives them, with the right tensors."""
    return f"parameters = {parameters(LAB7, way)}\ntensors = {later_tensors(LAB7)}"


# --- other right ways

CNN_IN_PIECES = """class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2))
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        for number, (before, after) in enumerate([(400, 120), (120, 84), (84, 10)], 1):
            setattr(self, f"fc{number}", nn.Linear(before, after))

    def forward(self, x):
        x = self.features(self.conv2(self.features(self.conv1(x)))).reshape(x.shape[0], -1)
        return self.fc3(self.fc2(self.fc1(x).clamp(min=0)).clamp(min=0))
"""
CNN_FUNCTIONAL = """class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc3, self.fc2, self.fc1 = nn.Linear(84, 10), nn.Linear(120, 84), nn.Linear(400, 120)
        self.conv2, self.conv1 = nn.Conv2d(6, 16, (5, 5)), nn.Conv2d(3, 6, (5, 5))

    def forward(self, x):
        x = torch.relu(F.max_pool2d(self.conv1(x), 2))
        x = torch.relu(F.max_pool2d(self.conv2(x), 2))
        return self.fc3(self.fc2(self.fc1(torch.flatten(x, 1)).relu()).relu())
"""
MEND_ADAPTIVE = """class CNN64(nn.Module):
    def __init__(self):
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(5), nn.Flatten(), nn.Linear(400, 10))

    def forward(self, x):
        return self.head(self.maps(x))
"""
LOOP_BY_SAMPLES = """def train_one_epoch(model, loader, optimiser, loss_fn):
    losses = []
    for x, y in loader:
        model.train()
        loss = loss_fn(model(x), y)
        model.zero_grad()
        loss.backward()
        optimiser.step()
        losses += [loss.item()] * len(y)
    return np.mean(losses)
"""
EVALUATE_AT_ONCE = """def evaluate(model, loader, n_classes):
    before = model.training
    model.train(False)
    with torch.inference_mode():
        pairs = [(y, model(x).argmax(1)) for x, y in loader]
    model.train(before)
    true, predicted = (torch.cat(parts) for parts in zip(*pairs))
    counts = torch.bincount(true * n_classes + predicted, minlength=n_classes**2)
    confusion = counts.reshape(n_classes, n_classes).numpy()
    with np.errstate(invalid="ignore"):
        per_class = np.diag(confusion) / confusion.sum(1)
    return dict(accuracy=np.trace(confusion) / confusion.sum(), per_class=list(per_class), confusion=confusion.tolist())
"""
PARAMS_WITH_TORCH = """def count_params(config, in_channels=3, size=224, padding=1):
    head = config.index("flatten")
    with torch.device("meta"):
        layers = []
        for entry in config[:head]:
            layers.append(nn.MaxPool2d(2) if entry == "pool" else nn.LazyConv2d(entry, 3, padding=padding))
        layers += [nn.Flatten(), *(nn.LazyLinear(width) for width in config[head + 1 :])]
        model = nn.Sequential(*layers)
        model(torch.empty(1, in_channels, size, size))
    return sum(parameter.numel() for parameter in model.parameters())
"""
RUN_WITH_STATE = """def reproducible_run(seed):
    torch.manual_seed(seed)
    model = small_network()
    optimiser = torch.optim.Adam(model.parameters())
    for x, y in list(DataLoader(toy, 16, shuffle=True)) + list(DataLoader(toy, 16, shuffle=True)):
        loss = F.cross_entropy(model(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.state_dict()
"""


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id."""
    quick = model | {RUN: QUICK_RUN}
    return [*_right_ways(model, quick), *_wrong_ways(quick), *_accidents(quick)]


def _right_ways(model, quick) -> list[Sample]:
    bela = {
        CNN: CNN_IN_PIECES,
        MEND: MEND_ADAPTIVE,
        LOOP: LOOP_BY_SAMPLES,
        EVALUATE: EVALUATE_AT_ONCE,
    }
    chen = {
        CNN: CNN_FUNCTIONAL,
        PARAMS: PARAMS_WITH_TORCH,
        AGAIN: model[AGAIN].split("def reproducible_run")[0] + RUN_WITH_STATE,
    }
    half = (SHAPES, COUNTS, CNN, LARGER, MEND)
    undone = nothing_for(name for name in model if name not in half)
    return [
        Sample(
            "ada",
            "right, own numbers, trains for itself",
            model | own_answers("ada"),
            own_id="ada",
        ),
        Sample(
            "bela",
            "right, in other words",
            quick | own_answers("bela") | bela,
            own_id="bela",
        ),
        Sample(
            "chen",
            "right, with PyTorch's own tools",
            quick | own_answers("chen") | chen,
            own_id="chen",
        ),
        Sample("finn", "blank", {}, loses=nothing_for(model)),
        Sample("gita", "half done", {name: model[name] for name in half}, loses=undone),
    ]


def _wrong_ways(model) -> list[Sample]:
    def student(name, about, answers, loses):
        return Sample(name, about, model | answers, loses=by_check(loses))

    forward = "        return self.fc3(x)  # (N, 10)"
    no_zero = changed(model[LOOP], "        optimiser.zero_grad()\n", "")
    batch_means = changed(model[LOOP], "loss.item() * len(labels)", "loss.item()")
    batch_means = changed(batch_means, "count += len(labels)", "count += 1")
    listing = "vgg = {'conv share': 10.6, 'first dense share': 74.3, 'features in the listing': 25088, "
    listing += "'first dense in the listing': 102764544, 'reason': 'padding'}"
    eager = {
        DEPTH: "choices = {'deeper': 'always', 'residual': 'output', 'costs': 'dense conv', 'kernels': 'edges'}"
    }
    plain = {
        BLOCK: "residual = {'basic': 73728, 'down': 229376, 'needs 1x1': {'b', 'd'}}"
    }
    return [
        student(
            "hugo",
            "loses the batch",
            {SHAPES: wrong_trace(DS2)},
            {SHAPES: (0, ("DS2",))},
        ),
        student(
            "ines",
            "keeps the size",
            {SHAPES: wrong_trace(SZ8)},
            {SHAPES: (0.75, ("SZ8",))},
        ),
        student(
            "joan", "no biases", {COUNTS: wrong_counts(PC1)}, {COUNTS: (1.2, ("PC1",))}
        ),
        student(
            "kira",
            "softmax, and view(-1, 400) believed",
            {
                CNN: changed(
                    model[CNN],
                    forward,
                    forward.replace("self.fc3(x)", "self.fc3(x).softmax(1)"),
                ),
                LARGER: larger(2704, "raises", 30),
            },
            {CNN: (0, ("PR5",)), LARGER: (0.6, ("KC5",))},
        ),
        student("lars", "no zero_grad", {LOOP: no_zero}, {LOOP: (0, ("TR1",))}),
        student(
            "mina", "mean of batch means", {LOOP: batch_means}, {LOOP: (0, ("TR5",))}
        ),
        student(
            "nils",
            "confusion turned over; never seeds",
            {
                EVALUATE: changed(
                    model[EVALUATE], "confusion[t, p]", "confusion[p, t]"
                ),
                AGAIN: changed(model[AGAIN], "    torch.manual_seed(seed)\n", ""),
            },
            {EVALUATE: (1.5, ("KE1",)), AGAIN: (0, ("KF11",))},
        ),
        student(
            "olga",
            "one cell a map, VGG's own number, no norms, depth for its own sake",
            {
                PARAMS: changed(model[PARAMS], "inputs * size * size", "inputs"),
                VGG: listing,
            }
            | plain
            | eager,
            {
                PARAMS: (0, ("KG2",)),
                VGG: (0.6, ("KG9",)),
                BLOCK: (0, ("KG6", "KG8")),
                DEPTH: (1, ("KH1", "KH2")),
            },
        ),
    ]


def _accidents(model) -> list[Sample]:
    no_points = nothing_for(model)
    return [
        Sample(
            "dora",
            "truncated file",
            model,
            accident=truncate,
            loses=no_points,
            zero_because="not a whole notebook",
        ),
    ]
