"""The checks of lab 08: right by any way counts, a stub is not attempted, nothing right is told, nothing leaks."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lesson import Lesson
from test_misconceptions_08 import SOURCES, build, judge, pictures

from course_utils.checks import CheckFailed, Credit, NotAttempted
from course_utils.checks import adversarial_examples as check
from course_utils.checks.adversarial_examples import attacks, networks, noises
from course_utils.data import load_shapes
from course_utils.models import load_trained
from course_utils.training import accuracy
from course_utils.variants import adversarial_examples as questions

lesson = Lesson("08_adversarial_examples")
NAMES = list(SOURCES)
QUICK = ["input_gradient", "fgsm", "pgd"]
FORMS = {
    "list": lambda tensor: tensor.tolist(),
    "tuple": lambda tensor: tuple(tensor.tolist()),
    "numpy": lambda tensor: tensor.numpy(),
    "float32": lambda tensor: tensor.float(),
    "view": lambda tensor: torch.stack([tensor, tensor], dim=-1)[..., 0],
    "fortran": lambda tensor: np.asfortranarray(tensor.numpy()),
    "with a past": lambda tensor: tensor.clone().requires_grad_() * 1,
}


def wrapped(name: str, change):
    """Return the right function with its answer changed."""
    function = build(name)
    return lambda *args, **options: change(function(*args, **options))


def stub(*args, **kwargs):
    raise NotImplementedError


# --- right by any way


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("hidden", [None, 8])
def test_the_form_of_a_right_answer_does_not_matter(name, form, hidden):
    assert judge(name, wrapped(name, form), hidden) is None


def test_a_loop_over_pictures_is_right():
    one = build("input_gradient")
    rows = lambda model, x, y: torch.cat([one(model, x[i : i + 1], y[i : i + 1]) for i in range(len(x))])  # noqa: E731
    assert check.input_gradient(rows) is None


def test_a_quarter_of_the_batch_at_a_time_is_right():
    one = build("fgsm")

    def parts(model, x, y, eps, targeted=False):
        return np.concatenate([one(model, x[i::4], y[i::4], eps, targeted) for i in range(4) if i < len(x)])[
            np.argsort(np.concatenate([np.arange(len(x))[i::4] for i in range(4)]), kind="stable")
        ]

    assert check.fgsm(parts) is None


def test_checks_work_where_gradients_are_switched_off():
    with torch.no_grad():
        assert check.input_gradient(lambda *args: torch.enable_grad()(build("input_gradient"))(*args)) is None


def test_a_right_answer_prints_one_word(capsys):
    check.fgsm(build("fgsm"))
    assert capsys.readouterr().out == "Correct.\n"


def test_noise_on_stderr_costs_nothing(capsys):
    def noisy(*args, **options):
        import sys

        print("50 %", file=sys.stderr)
        return build("fgsm")(*args, **options)

    check.fgsm(noisy)
    assert capsys.readouterr().err == ""


def test_the_master_is_right():
    names = lesson.imports()
    for grade_id in ("input-gradient", "fgsm", "pgd"):
        names |= vars(lesson.answers(grade_id, **names))
    for name in QUICK:
        assert judge(name, names[name]) is None


# --- no attempt, wrong kinds


@pytest.mark.parametrize("name", NAMES)
def test_a_stub_is_not_attempted(name):
    with pytest.raises(NotAttempted):
        judge(name, stub)


OTHER_KINDS = {"None": None, "text": "text", "list": [], "dict": {}, "object": object(), "nan": float("nan")}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "adversarial_training"])
@pytest.mark.parametrize("answer", OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_an_answer_of_another_kind_is_refused(name, answer):
    with pytest.raises(CheckFailed):
        judge(name, lambda *args, **options: answer)


@pytest.mark.parametrize("name", NAMES)
def test_an_exception_is_told_in_a_sentence(name):
    def broken(*args, **options):
        raise KeyError("weights")

    with pytest.raises(CheckFailed, match="raised KeyError"):
        judge(name, broken)


def test_a_function_that_calls_a_stub_is_told_which():
    def input_gradient(model, x, y):
        raise NotImplementedError("replace this line with your code")

    def fgsm(model, x, y, eps, targeted=False):
        return x + eps * input_gradient(model, x, y).sign()

    with pytest.raises(NotAttempted, match="write input_gradient, which fgsm calls, run its cell"):
        check.fgsm(fgsm)
    with pytest.raises(NotAttempted, match="write input_gradient, run its cell"):
        check.input_gradient(input_gradient)


def test_weights_that_cannot_be_trained_any_more_are_refused():
    def frozen(model, x, y):
        gradient = build("input_gradient")(model, x, y)
        model.requires_grad_(False)
        return gradient

    with pytest.raises(CheckFailed, match="requires_grad of the parameters is not as it was"):
        check.input_gradient(frozen)


def test_a_fooling_image_that_does_not_count_its_steps_is_refused():
    def always_sixty(model, target, steps, rng):
        return build("fooling_image")(model, target, 60, rng)

    with pytest.raises(CheckFailed, match="with 1 step it returns the same picture"):
        judge("fooling_image", always_sixty)


def test_a_fooling_image_may_stop_when_it_is_sure():
    one_step = build("fooling_image")

    def stops(model, target, steps, rng):
        picture, confidence = one_step(model, target, 0, rng)
        for _ in range(steps):
            leaf = picture.clone().requires_grad_(True)
            F.cross_entropy(model(leaf), torch.tensor([target])).backward()
            picture = (picture - 0.02 * leaf.grad.sign()).clamp(0, 1)
            confidence = model(picture).softmax(1)[0, target]
            if confidence > 0.995:
                break
        return picture.numpy(), confidence

    assert judge("fooling_image", stops) is None


def test_the_fooling_picture_must_be_one_picture():
    with pytest.raises(CheckFailed, match="has the shape"):
        judge("fooling_image", wrapped("fooling_image", lambda pair: (pair[0][0], pair[1])))


def test_a_model_that_is_not_trained_in_place_is_told():
    with pytest.raises(CheckFailed, match="is it trained in place"):
        judge("adversarial_training", lambda model, *rest: model)


def test_a_defence_that_hardly_moves_is_asked_for_its_steps():
    def timid(model, x, y, eps, epochs):
        with torch.no_grad():
            model.head.bias.add_(1e-4)

    with pytest.raises(CheckFailed, match=r"still falls for fgsm(?s:.)*are the steps large enough") as failure:
        judge("adversarial_training", timid)
    assert len(failure.value.message.splitlines()) == 3


def test_weights_of_zero_fool_nobody():
    with pytest.raises(CheckFailed, match="too few pictures"):
        judge("universal_perturbation", lambda model, X, eps, epochs: torch.zeros_like(X[:1]))


# --- hidden cases say nothing


@pytest.mark.parametrize("name", QUICK)
def test_a_hidden_case_tells_no_numbers(name):
    with pytest.raises(CheckFailed) as failure:
        judge(name, wrapped(name, lambda tensor: tensor * 0 + 0.123), hidden=3)
    assert "a case drawn at grading" in failure.value.message
    assert not re.search(r"[0-9]", failure.value.message)


def test_a_hidden_noise_tells_no_rates():
    with pytest.raises(CheckFailed) as failure:
        judge("universal_perturbation", lambda model, X, eps, epochs: torch.zeros_like(X[:1]), hidden=3)
    assert not re.search(r"[0-9]\.[0-9]", failure.value.message)


@pytest.mark.parametrize("name", QUICK)
def test_hidden_cases_are_other_cases(name):
    seen = getattr(attacks, {"input_gradient": "GRADIENT_CASES"}.get(name, f"{name.upper()}_CASES"))
    later = getattr(attacks, {"input_gradient": "HIDDEN_GRADIENT_CASES"}.get(name, f"HIDDEN_{name.upper()}_CASES"))
    assert not set(map(str, seen)) & set(map(str, later))


# --- nothing wrong is accepted


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(QUICK), size=st.sampled_from([0.01, 0.1, 1.0]))
def test_a_perturbed_answer_is_refused(seed, name, size):
    generator = torch.Generator().manual_seed(seed)

    def perturbed(tensor):
        place = int(torch.randint(tensor.numel(), (), generator=generator))
        noise = torch.zeros(tensor.numel(), dtype=tensor.dtype)
        noise[place] = size
        return tensor + noise.reshape(tensor.shape)

    with pytest.raises(CheckFailed):
        judge(name, wrapped(name, perturbed))


@settings(max_examples=30, deadline=None)
@given(part=st.sampled_from(["normalised", "L2", "grey levels"]), factor=st.floats(0.05, 20))
def test_a_budget_counts_within_a_hundredth(part, factor):
    assume(abs(abs(factor - 1) - 0.01) > 1e-9)  # on the border itself rounding decides
    question = questions.budget("ada")
    answers = questions.right_values(question)
    answers[part] *= factor
    earned = float(check.budget_units(answers, question))
    assert (earned == 2) == (abs(factor - 1) < 0.01)


@settings(max_examples=30, deadline=None)
@given(form=st.sampled_from([float, np.float32, np.float64, torch.tensor, np.array]), digits=st.integers(3, 8))
def test_a_right_budget_counts_in_any_form(form, digits):
    right = {
        key: form(float(f"{value:.{digits}g}")) for key, value in questions.right_values(questions.budget()).items()
    }
    assert float(check.budget_units(right, questions.budget())) == 2


# --- sets of answers


@pytest.mark.parametrize("grade_id", ["budget-units", "control-experiment", "meaning"])
def test_an_untouched_set_is_not_attempted(grade_id):
    stubs = {
        "budget-units": lambda: check.budget_units(
            dict.fromkeys(["normalised", "L2", "grey levels"]), questions.budget()
        ),
        "control-experiment": lambda: check.control_experiment(
            {"clean": None, "fgsm": [None] * 4, "random": [None] * 4, "conclusion": None}, load_trained(), few()
        ),
        "meaning": lambda: check.meaning(dict.fromkeys(check.MEANING)),
    }
    with pytest.raises(NotAttempted):
        stubs[grade_id]()


def few():
    return load_shapes(1, 40)[1]


def test_the_master_earns_all_points_of_its_sets():
    budget, table, meaning = (lesson.solution(name) for name in ("budget-units", "control-experiment", "meaning"))
    credits = [
        check.budget_units(budget, questions.budget()),
        check.control_experiment(table, load_trained(), load_shapes(1, 500)[1]),
        check.meaning(meaning),
    ]
    assert credits == [Credit(2, 2)] * 3


def test_a_part_of_the_table_earns_a_part():
    right = noises_table()
    answers = {"clean": right["clean"][0], "fgsm": right["fgsm"], "random": None, "conclusion": None}
    assert float(check.control_experiment(answers, load_trained(), few())) == 1


def noises_table():
    from course_utils.checks.adversarial_examples import experiments

    return experiments.measure(load_trained(), few())


@pytest.mark.parametrize(
    ("part", "answer", "words"),
    [
        ("fgsm", [0.1, 0.2], "a list of 4 numbers"),
        ("clean", "high", "a number"),
        ("conclusion", "b", "should be one of"),
        ("conclusion", 3, "should be one of"),
    ],
)
def test_an_unreadable_table_is_told(part, answer, words):
    answers = {"clean": None, "fgsm": None, "random": None, "conclusion": None} | {part: answer}
    with pytest.raises(CheckFailed, match=words):
        check.control_experiment(answers, load_trained(), few())


@pytest.mark.parametrize("student", ["", "ada", "bela", "finn"])
def test_a_wrong_budget_is_never_told_the_right_numbers(student, capsys):
    question = questions.budget(student)
    check.budget_units({"normalised": 1.11, "L2": 99.5, "grey levels": 1000}, question)
    told = set(re.findall(r"[0-9.]+", capsys.readouterr().out))
    assert (
        not {f"{value:.{digits}g}" for value in questions.right_values(question).values() for digits in (2, 3, 4)}
        & told
    )


# --- the networks and numbers behind the checks


def test_the_network_is_rebuilt_bit_by_bit():
    model, (x, _) = load_trained(), few().tensors()
    with torch.no_grad():
        assert torch.equal(networks.rebuild(networks.weights_of(model))(x), model(x))


def test_making_networks_leaves_the_global_generator_alone():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    networks.make(networks.Recipe(1, norm=True))
    networks.rebuild(networks.weights_of(load_trained()))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("recipe", [networks.Recipe(5), networks.Recipe(6, norm=True)])
def test_autograd_agrees_with_finite_differences(recipe):
    model, case = networks.make(recipe), attacks.Case("", recipe, 2)
    x, y = attacks.pictures(case, 1)
    gradient, step = networks.slope(model, x, y), 1e-5
    for place in ((0, 0, 0, 0), (1, 2, 3, 4)):
        up, down = x.clone(), x.clone()
        up[place] += step
        down[place] -= step
        rise = (networks.loss_sum(model(up), y) - networks.loss_sum(model(down), y)) / (2 * step)
        assert float(rise.detach()) == pytest.approx(float(gradient[place]), rel=1e-4, abs=1e-7)


def test_many_steps_are_never_weaker_than_one():
    case = attacks.Case("", networks.Recipe(7), 12, (8 / 255, 2 / 255, 10))
    model, (x, y) = networks.make(case.recipe), attacks.pictures(case, 0)
    many, one = attacks.many_steps(case, x, y), attacks.one_step(case._replace(numbers=(8 / 255,)), x, y)
    losses = [float(networks.loss_sum(model(z), y)) for z in (x, one, many)]
    assert losses == sorted(losses)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_lessons_numbers_hold_on_fresh_pictures(seed):
    """FGSM with 8/255 leaves about a fifth right, random signs nearly all."""
    model, (x, y) = load_trained(), load_shapes(1, 200, seed=30 + seed)[1].tensors()
    attacked = (x + 8 / 255 * networks.slope(model, x, y).sign()).clamp(0, 1)
    noisy = (x + 8 / 255 * torch.randn(x.shape, generator=torch.Generator().manual_seed(seed)).sign()).clamp(0, 1)
    clean, hit, control = (accuracy(model, z, y) for z in (x, attacked, noisy))
    assert (clean > 0.88, hit < 0.35, abs(control - clean) < 0.05) == (True, True, True)


def test_random_signs_fool_few():
    x = pictures()[1].tensors()[0]
    assert noises.control_rate(networks.rebuild(networks.weights_of(load_trained())), x, 16 / 255) < 0.08


def test_the_worked_example_of_the_lesson():
    pixel = torch.tensor([[0.5]], requires_grad=True)
    loss = F.cross_entropy(torch.cat([torch.zeros(1, 1), 3 * pixel], dim=1), torch.tensor([1]))
    assert float(torch.autograd.grad(loss, pixel)[0]) == pytest.approx(-3 * (1 - 1 / (1 + np.exp(-1.5))), abs=1e-6)
