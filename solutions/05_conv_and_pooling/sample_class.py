"""The sample class of lab 05: who hands in what, and what each must get for it.

Three kinds: right in different ways, wrong in the ways learners are known to take, and accidents. Used by
``course demo`` and by the tests of the grading round trip. Holds answers: never handed out.
"""

from course_utils.grading.sample import (
    Sample,
    add_cell,
    by_check,
    changed,
    copy_cell,
    delete_cell,
    nothing_for,
    truncate,
)
from course_utils.judging.counting import count_by_cells
from course_utils.judging.misconceptions import wrong_answers
from course_utils.labs import conv_and_pooling
from course_utils.labs.conv_and_pooling.convolve_by_hand import flip, slide_by_loops
from course_utils.labs.conv_and_pooling.transposed_sizes import (
    count_stamped,
    sizes_back,
)
from course_utils.labs.conv_and_pooling.windows import (
    SIZE_WAYS,
    count_leftover,
    count_windows,
)

BY_HAND = "convolve-by-hand"
SIZES = "output-sizes"
RULE = "output-size-rule"
COUNTS = "parameter-counts"
CONV = "build-conv2d"
KERNELS = "design-kernels"
MATRIX = "convolution-matrix"
POOL = "build-pool2d"
SHIFTS = "shift-behaviour"
UP = "transposed-sizes"
MODES = "dropout-batch-norm"

PRODUCTS = [[0, 3, 2], [4, 4, 0], [0, 2, 4]]


# --- answers to the questions with numbers, for any student id


def own_answers(student: str) -> dict[str, str]:
    """Work out the right answers to a student's own questions, by counting."""
    lab = conv_and_pooling.for_student(student)
    hand, up = lab.convolve_by_hand.question, lab.transposed_sizes.question
    counting = lab.parameter_counts.question
    inputs, outputs = (
        channels * counting.image_size**2
        for channels in (
            counting.layers["a"].in_channels,
            counting.layers["a"].out_channels,
        )
    )
    counts = {
        letter: count_by_cells(layer) for letter, layer in counting.layers.items()
    }
    size, back = count_stamped(up), sizes_back(up)
    return {
        BY_HAND: by_hand(slide_by_loops(hand.image, hand.kernel)),
        SIZES: sizes(
            {
                letter: count_windows(q)
                for letter, q in conv_and_pooling.for_student(
                    student
                ).output_sizes.question.items()
            },
            student,
        ),
        COUNTS: f"counts = {counts | {'pooling': 0, 'dense': inputs * outputs + outputs}}",
        UP: up_answer(size=size, back=back, padding=max(back) - size, pair="no"),
    }


def by_hand(feature_map, products=PRODUCTS) -> str:
    """Write the cell of the convolution by hand."""
    return f"by_hand = {{'feature map': {[list(row) for row in feature_map]}, 'products': {products}}}"


def sizes(values: dict, student: str = "") -> str:
    """Write the cell of the five output sizes; units and leftover follow from the sizes and the"""
    asked = conv_and_pooling.for_student(student).output_sizes.question
    rows = {
        letter: {"size": value, "units": value**2} for letter, value in values.items()
    }
    rows["d"]["leftover"] = count_leftover(asked["d"])
    return f"sizes = {rows}"


def up_answer(*, size, back, padding, pair) -> str:
    """Write the cell of the transposed convolution."""
    return f"up = {{'size': {size}, 'sizes back': {back}, 'output padding': {padding}, 'is a pair': '{pair}'}}"


def wrong_sizes(code: str) -> str:
    """Write the cell of the five output sizes as a wrong way gives them, for the lectures' numbers."""
    asked = conv_and_pooling.for_student().output_sizes.question
    given = {
        letter: next(
            given
            for way, given in wrong_answers(SIZE_WAYS, question).items()
            if way.code == code
        )
        for letter, question in asked.items()
    }
    right = {letter: count_windows(question) for letter, question in asked.items()}
    return sizes(
        {
            letter: right[letter] if value is None else value
            for letter, value in given.items()
        }
    )


def rule(expression: str) -> str:
    """Write a size rule that ends in an expression; it raises where it should."""
    return f"""def conv_output_size(size, kernel_size, stride=1, padding=0, strict=False):
    room = size + 2 * padding - kernel_size
    if room < 0 or (strict and room % stride):
        raise ValueError(f"{{room % stride}} cells are left over")
    return {expression}
"""


# --- other right ways

CONV_BY_WINDOWS = """def conv2d(x, weight, bias, stride=1, padding=0):
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]  # (N, C, OH, OW, FH, FW)
    out = np.einsum("ncijab,kcab->nkij", windows, weight) + bias[:, None, None]
    return out.astype(np.float32)
"""
POOL_BY_WINDOWS = """def pool2d(x, kernel_size, stride=None, mode="max"):
    step = stride or kernel_size
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel_size, kernel_size), axis=(2, 3))
    windows = windows[:, :, ::step, ::step]
    return windows.max(axis=(4, 5)) if mode == "max" else windows.mean(axis=(4, 5))
"""
CONV_BY_COLUMNS = """def conv2d(x, weight, bias, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    (N, C, H, W), (K, _, FH, FW) = x.shape, weight.shape
    tops, lefts = range(0, H - FH + 1, stride), range(0, W - FW + 1, stride)
    columns = np.stack([x[:, :, t : t + FH, l : l + FW].reshape(N, -1) for t in tops for l in lefts], axis=2)
    out = weight.reshape(K, -1) @ columns + bias.reshape(K, 1)  # (N, K, OH * OW)
    return torch.tensor(out).reshape(N, K, len(tops), len(lefts))
"""
MATRIX_BY_PIXELS = """def conv_as_matrix(kernel, height, width):
    rows = []
    for i in range(height - kernel.shape[0] + 1):
        for j in range(width - kernel.shape[1] + 1):
            blank = np.zeros((height, width))
            blank[i : i + kernel.shape[0], j : j + kernel.shape[1]] = kernel
            rows.append(blank.ravel())
    return rows
"""
RULE_BY_COUNTING = """def conv_output_size(size, kernel_size, stride=1, padding=0, strict=False):
    starts = np.arange(0, size + 2 * padding - kernel_size + 1, stride)
    if len(starts) == 0:
        raise ValueError("the kernel is too long")
    rest = size + 2 * padding - kernel_size - starts[-1]
    if strict and rest:
        raise ValueError(f"left over: {rest}")
    return np.int64(len(starts))
"""
CONV_BY_LOOPS = """def conv2d(x, weight, bias, stride=1, padding=0):
    N, C, H, W = x.shape
    K, _, FH, FW = weight.shape
    OH, OW = conv_output_size(H, FH, stride, padding), conv_output_size(W, FW, stride, padding)
    def pixel(n, c, i, j):
        return float(x[n, c, i, j]) if 0 <= i < H and 0 <= j < W else 0.0
    def one(n, k, i, j):
        cells = [(c, a, b) for c in range(C) for a in range(FH) for b in range(FW)]
        top, left = i * stride - padding, j * stride - padding
        return float(bias[k]) + sum(pixel(n, c, top + a, left + b) * float(weight[k, c, a, b]) for c, a, b in cells)
    return [[[[one(n, k, i, j) for j in range(OW)] for i in range(OH)] for k in range(K)] for n in range(N)]
"""
OTHER_KERNELS = """kernels = {
    "vertical edge": np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]),
    "horizontal edge": [[0, -3, 0], [0, 0, 0], [0, 3, 0]],
    "blur": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16,
    "main diagonal": [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]],
}"""
EXCHANGED_KERNELS = """kernels = {
    "vertical edge": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "horizontal edge": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "blur": [[0.0, 0.25, 0.0], [0.25, 0.0, 0.25], [0.0, 0.25, 0.0]],
    "main diagonal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
}"""

EXCHANGED_SHIFTS = (
    'shifts = {"equivariant": {"c"}, "invariant": "a", "receptive field": 7, '
    '"weights": [27, 49], "sharing": "b"}'
)
UNSCALED_MODES = """modes = {
    "mean in train": 0.5, "mean in eval": 1, "kept value": 2, "parameters": 32, "buffer numbers": 33
}"""


# --- wrong ways with arrays: the model answer with one thing changed


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id."""
    return [*_right_ways(model), *_wrong_ways(model), *_accidents(model)]


def _right_ways(model) -> list[Sample]:
    bela = {
        CONV: CONV_BY_WINDOWS,
        POOL: POOL_BY_WINDOWS,
        RULE: rule("int(room / stride + 1)"),
        KERNELS: OTHER_KERNELS,
    }
    chen = {CONV: CONV_BY_COLUMNS, MATRIX: MATRIX_BY_PIXELS, RULE: RULE_BY_COUNTING}
    done = (BY_HAND, SIZES, RULE, COUNTS)
    undone = nothing_for(name for name in model if name not in done)
    return [
        Sample(
            "ada",
            "right, with loops, own numbers",
            model | own_answers("ada"),
            own_id="ada",
        ),
        Sample(
            "bela",
            "right, with sliding windows and float32",
            model | own_answers("bela") | bela,
            own_id="bela",
        ),
        Sample(
            "chen",
            "right, as matrix products, a tensor and lists",
            model | own_answers("chen") | chen,
            own_id="chen",
        ),
        Sample(
            "dana",
            "right, in plain Python",
            model | own_answers("dana") | {CONV: CONV_BY_LOOPS},
            own_id="dana",
        ),
        Sample("finn", "blank", {}, loses=nothing_for(model)),
        Sample("gita", "half done", {name: model[name] for name in done}, loses=undone),
    ]


def _wrong_ways(model) -> list[Sample]:
    def student(name, about, answers, loses, own_id=""):
        return Sample(
            name, about, model | answers, own_id=own_id, loses=by_check(loses)
        )

    def sizes_and_rule(name, about, code, points, expression):
        answers = {SIZES: wrong_sizes(code), RULE: rule(expression)}
        return student(
            name, about, answers, {SIZES: (points, (code,)), RULE: (0, (code,))}
        )

    def conv(name, about, code, points, before, after):
        return student(
            name,
            about,
            {CONV: changed(model[CONV], before, after)},
            {CONV: (points, (code,))},
        )

    hand = conv_and_pooling.for_student("nils").convolve_by_hand.question
    flipped = slide_by_loops(hand.image, flip(hand.kernel))
    nils = model | own_answers("nils") | {BY_HAND: by_hand(flipped)}
    nils |= {
        CONV: changed(
            model[CONV], "(window * weight)", "(window * weight[:, :, ::-1, ::-1])"
        )
    }
    window = "top, left = i * stride, j * stride"
    no_biases = (
        "counts = {'a': 750, 'b': 135, 'c': 1500, 'pooling': 0, 'dense': 3072 * 10240}"
    )
    one_channel = "counts = {'a': 260, 'b': 50, 'c': 260, 'pooling': 4, 'dense': 3072 * 10240 + 10240}"
    forward = {UP: up_answer(size=2, back=[5], padding=1, pair="yes")}
    return [
        sizes_and_rule("hugo", "counts steps", "SZ1", 0, "room // stride"),
        sizes_and_rule(
            "ines", "pads one side", "SZ2", 3, "(room - padding) // stride + 1"
        ),
        sizes_and_rule("joan", "ignores the stride", "SZ3", 3, "room + 1"),
        sizes_and_rule("kira", "rounds up", "SZ4", 4, "-(-room // stride) + 1"),
        sizes_and_rule(
            "lars",
            "ignores the padding",
            "SZ6",
            3,
            "max(0, size - kernel_size) // stride + 1",
        ),
        sizes_and_rule("mina", "leaves a fraction", "SZ9", 4, "room / stride + 1"),
        student(
            "nils",
            "turns the kernel",
            nils,
            {BY_HAND: (1, ("CV1",)), CONV: (0, ("CV1",))},
            own_id="nils",
        ),
        conv("olga", "forgets the bias", "CV3", 3, " + bias", ""),
        conv(
            "paul",
            "uses the first channel only",
            "CV2",
            0,
            "(window * weight)",
            "(window * weight)[:, :, :1]",
        ),
        conv("qian", "moves the window by one", "CV4", 3, window, "top, left = i, j"),
        conv(
            "rosa",
            "pads with the edge",
            "CV5",
            3,
            "(padding, padding)))",
            "(padding, padding)), mode='edge')",
        ),
        student(
            "sven",
            "starts the maximum at 0",
            {
                POOL: changed(
                    POOL_BY_WINDOWS,
                    "windows.max(axis=(4, 5))",
                    "windows.max(axis=(4, 5), initial=0)",
                )
            },
            {POOL: (0, ("CV6",))},
        ),
        student(
            "tara",
            "forgets the biases",
            {COUNTS: no_biases},
            {COUNTS: (0.6, ("PC1", "PC11"))},
        ),
        student(
            "umar",
            "forgets the input channels",
            {COUNTS: one_channel},
            {COUNTS: (0.6, ("PC3", "PC9"))},
        ),
        student(
            "vera",
            "transposes the matrix, goes down instead of up",
            {MATRIX: changed(model[MATRIX], "height * width)", "height * width).T")}
            | forward,
            {MATRIX: (0, ("MX1",)), UP: (0.75, ("TC1", "TC6", "TC7"))},
        ),
        student(
            "wang",
            "exchanges edges, equivariance and invariance; does not scale in dropout",
            {
                KERNELS: EXCHANGED_KERNELS,
                SHIFTS: EXCHANGED_SHIFTS,
                MODES: UNSCALED_MODES,
            },
            {KERNELS: (1, ("KD1",)), SHIFTS: (1.2, ("SH1",)), MODES: (0.8, ("DB1",))},
        ),
    ]


def _accidents(model) -> list[Sample]:
    endless = {
        POOL: "def pool2d(x, kernel_size, stride=None, mode='max'):\n    while True:\n        pass"
    }
    leaving = {
        POOL: "def pool2d(x, kernel_size, stride=None, mode='max'):\n    import sys\n    sys.exit('bye')"
    }
    noisy = "def conv2d(x, weight, bias, stride=1, padding=0):\n    import sys, warnings\n    warnings.warn('slow')\n"
    noisy += "    print('working ...')\n    print('50 %', file=sys.stderr)\n"
    body = model[CONV].split('"""\n', 1)[1]
    no_pool = {f"{POOL}-check": (0, ())}
    no_points = nothing_for(model)
    blank = "def pool2d(x, kernel_size, stride=None, mode='max'):\n    raise NotImplementedError()"
    return [
        Sample(
            "xena", "copied a solution cell", model, accident=copy_cell(POOL, blank)
        ),
        Sample(
            "yuri", "deleted a check cell", model, accident=delete_cell(f"{POOL}-check")
        ),
        Sample(
            "zoe",
            "renamed the notebook",
            model,
            file_name="my lab five (final)",
            note="renamed",
        ),
        Sample("amir", "endless loop", model | endless, loses=no_pool),
        Sample(
            "bert",
            "sys.exit, in a function and in a cell",
            model | leaving,
            accident=add_cell(f"{KERNELS}-check", "import sys\nsys.exit()"),
            loses=no_pool,
        ),
        Sample("cleo", "warnings and prints", model | {CONV: noisy + body}),
        Sample(
            "dora",
            "truncated file",
            model,
            accident=truncate,
            loses=no_points,
            zero_because="not a whole notebook",
        ),
        Sample(
            "erik",
            "a classmate's numbers",
            model | own_answers("ada"),
            own_id="ada",
            note="that student's numbers",
        ),
    ]
