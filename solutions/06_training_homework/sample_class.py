"""The sample class of the clinic: who hands in what, and what each must get for it.

Three kinds: right in different ways, wrong in the ways learners are known to take, and an accident. Holds answers:
never handed out. The half page at the end is read by a person: only ada writes one.
"""

from course_utils.grading.sample import Sample, by_check, changed, nothing_for, truncate

STEPS, STOP, CLINIC, MEND, BLOCK = (
    "first-steps",
    "early-stopping",
    "clinic",
    "mending",
    "block",
)
REPORT = "report"
HALF_A_PAGE = (
    "A stayed high and jumped. A tenth of the rate cured it. "
    "A way around keeps what comes in."
)

# --- other right ways

BEST_SO_FAR = """def stop_early(losses, patience):
    best, place, waited = float("inf"), 0, 0
    for epoch in range(1, len(losses) + 1):
        waited += 1
        if losses[epoch - 1] < best:
            best, place, waited = losses[epoch - 1], epoch, 0
        if waited >= patience:
            break
    return [place, epoch]
"""
BY_HAND = """class Block(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, padding="same"),
        )
        self.change = None
        if in_channels != out_channels or stride > 1:
            self.change = nn.Conv2d(in_channels, out_channels, 1, stride)

    def forward(self, x):
        y = x if self.change is None else self.change(x)
        return torch.clamp(y + self.inner(x), min=0)
"""


def make_class(model: dict[str, str]) -> list[Sample]:
    """Return the class; ``model`` holds the master's answers by grade_id."""
    return [*_right_ways(model), *_wrong_ways(model), *_accidents(model)]


def _right_ways(model: dict[str, str]) -> list[Sample]:
    undone = (CLINIC, MEND, BLOCK)
    return [
        Sample("ada", "right, as the lesson says", model | {REPORT: HALF_A_PAGE}),
        Sample(
            "bela", "right, in other words", model | {STOP: BEST_SO_FAR, BLOCK: BY_HAND}
        ),
        Sample("finn", "blank", {}, loses=nothing_for(model)),
        Sample(
            "gita",
            "half done",
            {name: model[name] for name in (STEPS, STOP)},
            loses=nothing_for(undone),
        ),
    ]


def _wrong_ways(model: dict[str, str]) -> list[Sample]:
    def student(name, about, answers, loses):
        return Sample(name, about, model | answers, loses=by_check(loses))

    def slip(exercise, before, after):
        return {exercise: changed(model[exercise], before, after)}

    plain = slip(BLOCK, " + self.around(x)", "")
    return [
        student(
            "hugo",
            "takes a leak for a large rate",
            slip(CLINIC, '"A": "large rate"', '"A": "leak"'),
            {CLINIC: (3.6, ("CL10",))},
        ),
        student(
            "ines",
            "forgets the memory",
            slip(STEPS, "-2.4", "0.16"),
            {STEPS: (1.6, ("VW3",))},
        ),
        student(
            "joan",
            "keeps the last epoch",
            slip(STOP, "return best + 1, epoch + 1", "return epoch + 1, epoch + 1"),
            {STOP: (0, ("ES1",))},
        ),
        student(
            "kira",
            "does not forget gradients",
            slip(MEND, "            optimiser.zero_grad()\n", ""),
            {MEND: (1.6, ("MT2",))},
        ),
        student("lars", "a plain block", plain, {BLOCK: (0, ("RB1",))}),
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
