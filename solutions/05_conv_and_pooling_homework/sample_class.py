"""The sample class of homework H5: who hands in what, and what each must get for it.

Three kinds: right in different ways, wrong in the ways learners are known to take, and an accident. Holds answers:
never handed out. The half page at the end is read by a person: only ada writes one.

Only ada trains, so that a class is graded in little time. The others solve for their last layer by least squares, on
features of kernels that stay as drawn.
"""

from course_utils.grading.sample import Sample, by_check, changed, nothing_for, truncate

CARRIED, POOLING, DENSE, CONV, NETWORK, CHECK, LOOP, GARMENTS, STEPS = (
    "carried-parts",
    "pooling-backward",
    "dense-and-relu",
    "conv-and-pool",
    "network",
    "gradient-check",
    "training-loop",
    "garments",
    "optimisers",
)
REPORT = "report"
HALF_A_PAGE = (
    "The gradient check showed a fault behind ReLU. "
    "81 % of the test pictures, a linear model 79 %."
)

SOLVED = """rng = np.random.default_rng(0)
kernels = Conv2d(weight=rng.normal(size=(32, 1, 5, 5)) / 5, bias=np.zeros(32))
front = Network([kernels, ReLU(), MaxPool2d(kernel_size=4), Flatten()])
more = garments.at(range(5000))
F = np.concatenate([front.forward(standardised(more.at(range(s, s + 500)))) for s in range(0, 5000, 500)])
F = np.concatenate([F, np.ones((5000, 1))], axis=1)
W = np.linalg.solve(F.T @ F + 100 * np.eye(F.shape[1]), F.T @ np.eye(10)[more.labels])
network = Network([front, Dense(weight=W[:-1].T.copy(), bias=W[-1].copy())])
network.layers = [*front.layers, network.layers[-1]]
history = [0.5]
"""

# --- other right ways

LOOPS = """def dense_backward(dY, X, W):
    return np.einsum("nk,kd->nd", dY, W), np.einsum("nk,nd->kd", dY, X), dY.sum(0)


def conv2d(x, weight, bias, stride=1, padding=0):
    FH, FW = weight.shape[2:]
    rows, columns = (x.shape[2] - FH) // stride + 1, (x.shape[3] - FW) // stride + 1
    out = np.zeros((len(x), len(weight), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i * stride : i * stride + FH, j * stride : j * stride + FW]
            out[:, :, i, j] = np.einsum("ncab,kcab->nk", window, weight) + bias
    return out


def conv2d_backward(grad_out, x, weight, stride=1, padding=0):
    grad_x, grad_weight = np.zeros(x.shape), np.zeros(weight.shape)
    FH, FW = weight.shape[2:]
    for i in range(grad_out.shape[2]):
        for j in range(grad_out.shape[3]):
            place = np.s_[:, :, i * stride : i * stride + FH, j * stride : j * stride + FW]
            here = grad_out[:, :, i, j]
            grad_x[place] += np.einsum("nk,kcab->ncab", here, weight)
            grad_weight += np.einsum("nk,ncab->kcab", here, x[place])
    return grad_x, grad_weight, grad_out.sum(axis=(0, 2, 3))
"""
POOL_LOOPS = """def max_pool2d_backward(grad_out, x, kernel_size, stride=None):
    step, grad_x = stride or kernel_size, np.zeros(x.shape)
    for n, c, i, j in np.ndindex(grad_out.shape):
        window = x[n, c, i * step : i * step + kernel_size, j * step : j * step + kernel_size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        grad_x[n, c, i * step + a, j * step + b] += grad_out[n, c, i, j]
    return grad_x
"""
BORROWS = (
    "dense_backward, conv2d = borrowed.dense_backward, borrowed.conv2d\n"
    "conv2d_backward = borrowed.conv2d_backward\n"
)
ONE = "\n\nconv2d_backward = borrowed.conv2d_backward\n"


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id."""
    quick = model | {GARMENTS: SOLVED}
    return [*_right_ways(model, quick), *_wrong_ways(quick), *_accidents(model)]


def _right_ways(model: dict[str, str], quick: dict[str, str]) -> list[Sample]:
    done = (CARRIED, POOLING, DENSE)
    return [
        Sample("ada", "right, as the lesson says", model | {REPORT: HALF_A_PAGE}),
        Sample(
            "bela",
            "right, with loops, kernels that are not trained",
            quick | {CARRIED: LOOPS, POOLING: POOL_LOOPS},
        ),
        Sample("finn", "blank", {}, loses=nothing_for(model)),
        Sample(
            "gita",
            "half done",
            {name: model[name] for name in done},
            loses=nothing_for(name for name in model if name not in done),
        ),
    ]


def _wrong_ways(quick: dict[str, str]) -> list[Sample]:
    def student(name, about, answers, loses):
        return Sample(name, about, quick | answers, loses=by_check(loses))

    def slip(exercise, before, after):
        return {exercise: changed(quick[exercise], before, after)}

    mask = "window == window.max(axis=(2, 3), keepdims=True)"
    every = changed(
        quick[POOLING],
        "grad_x[n, c, top + rows, left + columns] += grad_out[:, :, i, j]",
        "grad_x[:, :, top : top + kernel_size, left : left + kernel_size] += "
        f"({mask}) * grad_out[:, :, i, j][:, :, None, None]",
    )
    linear = (
        "layer = Dense(weight=rng.normal(size=(10, 784)) / 30, bias=np.zeros(10))\n"
        "network = Network([Flatten(), layer])\n"
        "history = fit(network, x_train, y_train, 5, 32, 0.02)\n"
    )
    linear = "rng = np.random.default_rng(0)\n" + linear
    return [
        student(
            "hugo",
            "borrows the functions of earlier labs",
            {CARRIED: BORROWS},
            {CARRIED: (0, ())},
        ),
        student(
            "ines", "all of the largest", {POOLING: every}, {POOLING: (0, ("PB3",))}
        ),
        student(
            "joan",
            "a gradient of the sum",
            slip(
                NETWORK, "(np.exp(log_p) - one_hot) / len(y)", "np.exp(log_p) - one_hot"
            ),
            {NETWORK: (1 / 2, ("NW1",)), CHECK: (0, ()), LOOP: (1 / 2, ())},
        ),
        student(
            "kira",
            "checks weights alone",
            slip(CHECK, "layer.params.items():", "list(layer.params.items())[:1]:"),
            {CHECK: (0, ("GC3",))},
        ),
        student(
            "lars",
            "the same order in each epoch",
            slip(LOOP, "np.random.permutation(len(x))", "np.arange(len(x))"),
            {LOOP: (1 / 2, ("FT4",))},
        ),
        student("mina", "a linear model", {GARMENTS: linear}, {GARMENTS: (0, ())}),
        student(
            "nils",
            "borrows the one function that is missing",
            {CARRIED: quick[CARRIED] + ONE},
            {CARRIED: (2 / 3, ())},
        ),
    ]


def _accidents(model: dict[str, str]) -> list[Sample]:
    return [
        Sample(
            "dora",
            "truncated file",
            model,
            accident=truncate,
            loses=nothing_for(model),
            zero_because="not a whole notebook",
        ),
    ]
