"""What every exercise must satisfy: right, missing, odd, failing and known wrong answers, and what is said of them."""

import ast
import importlib
import re
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from harness import (
    BASES,
    ODD,
    ONLY,
    PACKAGES,
    WrongWay,
    called,
    cells_up_to_check,
    check_call,
    correct,
    every_exercise,
    exercise_of,
    exercises_by_lab,
    folder_of,
    is_code,
    is_dear,
    is_long,
    judged,
    package_of,
    parts_of,
    replaced,
    right_answers,
    run,
    worth_the_time,
)
from lesson import Lesson, master_of
from thorough import THOROUGH, one_in

from course_utils.cells import grade_id
from course_utils.grading.job import Limits
from course_utils.judging.answer import Verdict
from course_utils.judging.answer import heard as answers_told
from course_utils.judging.choices import ChoiceExercise, Sorting
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import known
from course_utils.judging.raised import RAISED
from course_utils.judging.slips import SLIPS
from course_utils.labs import names_of_wrong_ways
from course_utils.mistakes import Mistake
from course_utils.reference import FURTHER, entries_in

EXERCISES = every_exercise()
CODE = [one for one in EXERCISES if issubclass(one, Implementation)]
WRONG_WAYS = worth_the_time(
    [(package, way) for package in PACKAGES.values() for way in importlib.import_module(f"test_{package}").WRONG_WAYS]
)
MOST_LINES = 4
WIDE_LINE = 87  # letters of code that JupyterLab shows in a row of an output, 1,024 pixels wide
LONG_LINE = 30  # characters: shorter ones any two programs may share
SHORT_NUMBER = 2  # digits: shorter ones stand everywhere

QUICK_WAYS = 2  # of each exercise, in what is not slow


of_all_labs = pytest.mark.skipif(bool(ONLY), reason="COURSE_LABS leaves labs out")


def slow_if(condition: bool) -> tuple[pytest.MarkDecorator, ...]:
    return (pytest.mark.slow,) if condition else ()


def way_params(ways: list[tuple[str, WrongWay]]) -> Iterator:
    """Yield wrong ways; all but the first ones of each exercise are slow, which ``make test`` runs as well."""
    seen: Counter[str] = Counter()
    for number, (package, way) in enumerate(ways):
        exercise = f"{package}/{way.exercise}"
        seen[exercise] += 1
        marks = slow_if(is_long(exercise_of(package, way)) or seen[exercise] > QUICK_WAYS)
        yield pytest.param(package, way, id=f"{exercise}-{way.code or 'unknown'}-{number}", marks=marks)


exercise_by_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=called)
long_ones_are_slow = pytest.mark.parametrize(
    "exercise", [pytest.param(one, id=called(one), marks=slow_if(is_long(one))) for one in EXERCISES]
)
way_by_way = pytest.mark.parametrize(("package", "way"), list(way_params(WRONG_WAYS)))


# --- right and missing: those that are left out are judged, with the same answers, in the notebooks that nbval runs


@pytest.mark.parametrize("exercise", [one for one in EXERCISES if THOROUGH or not is_long(one)], ids=called)
def test_the_masters_answer_is_right(exercise):
    found = judged(exercise().check, *right_answers(exercise))
    assert (found.share, found.text.splitlines()[0]) == (1.0, correct(exercise))


@pytest.mark.slow
@pytest.mark.parametrize("exercise", [one for one in CODE if THOROUGH or not is_dear(one)], ids=called)
def test_the_masters_answer_is_right_in_hidden_cases_too(exercise):
    mine, answers = exercise(), right_answers(exercise)
    if mine.hidden_cases(5):
        found = judged(mine.check_hidden, *answers, seed=5)
        assert (found.share, found.text) == (1.0, correct(exercise))


@exercise_by_exercise
def test_no_answer_is_not_a_wrong_one(exercise):
    asked = check_call(cells_up_to_check(exercise)[1]).args
    found = judged(exercise().check, *[None for _ in asked])
    assert (found.missing, found.share) == (True, 0.0)


@long_ones_are_slow
def test_a_function_that_is_not_written_yet_is_not_a_wrong_answer(exercise):
    def stub(*_args, **_kwargs):
        raise NotImplementedError("replace this line with your code")

    answers = tuple(stub if is_code(answer) else None for answer in right_answers(exercise))
    assert judged(exercise().check, *answers).missing


# --- wrong


@long_ones_are_slow
def test_odd_answers_earn_nothing_and_are_told_in_four_lines(exercise):
    answers = right_answers(exercise)
    found = {
        (place, name): judged(exercise().check, *[odd if i == place else None for i in range(len(answers))])
        for place in range(len(answers))
        for name, odd in ODD.items()
    }
    assert {key: one for key, one in found.items() if one.share or len(one.text.splitlines()) > MOST_LINES} == {}


@long_ones_are_slow
def test_one_unreadable_part_is_one_wrong_part(exercise):
    answers = right_answers(exercise)
    if not any(map(parts_of, answers)) or len(exercise().judge(*answers)) == 1:
        return  # it has no parts that are data
    for place, answer in enumerate(answers):
        for key in parts_of(answer):
            for odd in (ODD["object without repr"], ODD["complex"], ODD["object equal to all"]):
                found = judged(exercise().check, *replaced(answers, place, answer | {key: odd}))
                if (called(exercise), key) not in BASES:
                    assert 0.0 < found.share < 1.0, f"{key!r}: {found}"
                assert len(found.text.splitlines()) <= MOST_LINES


@long_ones_are_slow
def test_a_raised_error_is_told_with_the_learners_own_line(exercise):
    answers = right_answers(exercise)
    source = "def broken(*args, **kwargs):\n    return 1 / 0  # my own line\n"
    names: dict = {}
    exec(compile(source, "<broken>", "exec"), names)
    for place, answer in enumerate(answers):
        if is_code(answer) and not isinstance(answer, type):
            found = judged(exercise().check, *replaced(answers, place, names["broken"]))
            assert found.share < 1.0
            assert "ZeroDivisionError" in found.text, found.text


# --- known wrong ways


@way_by_way
def test_a_known_wrong_way_gets_its_own_code_and_question_and_what_its_right_parts_are_worth(package, way):
    found = run(package, way)
    assert found.share == pytest.approx(way.share or 0.0)
    assert not found.missing
    assert 1 <= len(found.text.splitlines()) <= MOST_LINES
    assert set(found.codes) == {way.code, *way.also} - {""}
    if way.code:
        listed = (*exercise_of(package, way).misconceptions, *SLIPS, *RAISED)
        (mine,) = [one for one in listed if one.code == way.code]
        assert (way.says or mine.feedback) in found.text or asks_itself(package, way)
        assert mine.section in found.text


def asks_itself(package: str, way: WrongWay) -> bool:
    """Tell whether a wrong way is that of an option that asks a question of its own."""
    exercise = exercise_of(package, way)
    if not issubclass(exercise, ChoiceExercise):
        return False
    choices = [one for one in exercise.questions.values() if not isinstance(one, Sorting)]
    options = [option for choice in choices for option in choice.options.values()]
    asked = [one.feedback for one in options if one.feedback and one.way and one.way.code == way.code]
    return any(feedback in run(package, way).text for feedback in asked)


@exercise_by_exercise
def test_every_misconception_of_an_exercise_has_a_wrong_way(exercise):
    tried = {way.code for package, way in WRONG_WAYS if exercise_of(package, way) is exercise}
    separately = getattr(importlib.import_module(f"test_{package_of(exercise)}"), "SEPARATELY", {})
    assert {one.code for one in exercise.misconceptions} - tried == set(separately.get(exercise.id, ()))


@pytest.mark.slow
@exercise_by_exercise
def test_only_listed_misconceptions_are_recognised(exercise):
    listed = {one.code for one in exercise.misconceptions}
    mine = [(package, way) for package, way in WRONG_WAYS if exercise_of(package, way) is exercise]
    found = {code for package, way in mine for code in run(package, way).codes}
    assert found - listed - {one.code for one in (*SLIPS, *RAISED)} == set()


# --- steps

IN_STEPS = [one for one in EXERCISES if one.steps]
IN_STEPS_WRONG = [(package, way) for package, way in WRONG_WAYS if exercise_of(package, way).steps and not way.hidden]
LONG_WAYS = [(package, way) for package, way in IN_STEPS_WRONG if is_long(exercise_of(package, way))]
STEP_WAYS = one_in(2, [one for one in IN_STEPS_WRONG if one not in LONG_WAYS]) + one_in(
    3, LONG_WAYS
)  # the check tries them all
ITEM = re.compile(r"^(\d+)\. \*\*(.+?)\.\*\* (.+?) \((\d+) minutes?\)$", re.M)

step_by_step = pytest.mark.parametrize(
    "exercise", [pytest.param(one, id=called(one), marks=slow_if(is_long(one))) for one in IN_STEPS]
)


def told_by_step(exercise, *answers, number=None):
    """Return what a learner reads of the steps."""
    with answers_told() as told:
        assert exercise().step(*answers, number=number) is None
    (answer,) = told
    return answer


def standings(answer) -> list[str]:
    return [standing.name for _, standing in answer.parts]


def stubbed(exercise):
    """Return the answers of an untouched notebook."""

    def stub(*_args, **_kwargs):
        raise NotImplementedError("replace this line with your code")

    return [stub if is_code(answer) else None for answer in right_answers(exercise)]


@of_all_labs
def test_the_large_exercises_are_done_in_steps():
    assert {one.id for one in IN_STEPS} >= {"build-conv2d", "weights-by-hand", "first-run"}


@step_by_step
def test_the_masters_answer_is_right_in_every_step(exercise):
    answer = told_by_step(exercise, *right_answers(exercise))
    assert standings(answer) == ["RIGHT"] * len(exercise.steps)
    assert f"{len(exercise.steps)} of {len(exercise.steps)} steps." in answer.headline
    for number, step in enumerate(exercise.steps, 1):
        alone = told_by_step(exercise, *right_answers(exercise), number=number)
        following = exercise.steps[number].name if number < len(exercise.steps) else f"lab.{exercise.name()}.check"
        assert (alone.verdict, step.name in alone.text) == (Verdict.RIGHT, False)
        assert following in alone.text


@step_by_step
def test_steps_that_are_not_written_are_not_attempted_and_the_first_comes_next(exercise):
    for answers in (stubbed(exercise), [None for _ in right_answers(exercise)]):
        answer = told_by_step(exercise, *answers)
        assert (answer.verdict, set(standings(answer))) == (Verdict.MISSING, {"MISSING"})
        assert answer.lines == (f"Next, step 1, {exercise.steps[0].name}: {exercise.steps[0].task}",)
        assert told_by_step(exercise, *answers, number=2).verdict is Verdict.MISSING


@step_by_step
def test_odd_answers_are_no_step_and_raise_nothing(exercise):
    for odd in ODD.values():
        for place in range(len(right_answers(exercise))):
            answer = told_by_step(exercise, *replaced(tuple(stubbed(exercise)), place, odd))
            assert "RIGHT" not in standings(answer)
            assert len(answer.text.splitlines()) <= MOST_LINES + 1


@pytest.mark.parametrize(("package", "way"), list(way_params(STEP_WAYS)))
def test_a_known_wrong_way_stops_at_a_step_and_gets_the_same_diagnosis_there(package, way):
    exercise = exercise_of(package, way)
    answer = told_by_step(exercise, *way.answers())
    assert standings(answer).count("WRONG") <= 1
    place = next(i for i, one in enumerate(standings(answer)) if one != "RIGHT")
    if standings(answer)[place] == "MISSING":  # its wrong way is that this step was not added yet
        assert way.code in {one.code for one in exercise.steps[place].unbegun}
        assert f"Next, step {place + 1}, {exercise.steps[place].name}" in answer.text
        return
    assert " raised " in answer.text or set(answer.codes) == {way.code} - {""}
    alone = told_by_step(exercise, *way.answers(), number=place + 1)
    assert (alone.verdict, alone.lines) == (Verdict.WRONG, answer.lines)


def one_kernel(x, weight, bias, stride=1, padding=0):
    """The first step of conv2d, as one may write it: the first picture, channel and kernel."""
    x = np.pad(x[0, 0], padding)
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:])[::stride, ::stride]
    return ((windows * weight[0, 0]).sum(axis=(2, 3)) + bias[0])[None, None]


def xor_alone():
    return [([[1, 1], [1, 1]], [-0.5, -1.5]), ([[1, -1]], [-0.5])]


def lines_alone(vertices):
    """The third step of the triangle: lines on the edges, whichever side says yes, and any output."""
    edges = np.roll(vertices, -1, axis=0) - vertices
    normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1)
    return [(normals, -(normals * vertices).sum(axis=1)), (np.ones((1, 3)), [0])]


def unwritten(*_args):
    raise NotImplementedError("replace this line with your code")


GUESSED = {"first loss": None, "loss of guessing": 2.303, "chance": 0.1, "accuracy": None}
WAYS_THROUGH = [  # what a learner has, how many steps of it are right, and how the next one stands
    ("build-conv2d", (lambda x, weight, bias, stride=1, padding=0: one_kernel(x, weight, bias),), 1, "MISSING"),
    ("build-conv2d", (lambda x, weight, bias, stride=1, padding=0: one_kernel(x, weight, bias, stride),), 2, "MISSING"),
    ("build-conv2d", (one_kernel,), 3, "MISSING"),
    ("weights-by-hand", (xor_alone, unwritten), 2, "MISSING"),
    ("weights-by-hand", (xor_alone, lines_alone), 3, "WRONG"),
    ("first-run", (GUESSED, None), 1, "MISSING"),
    ("first-run", (GUESSED | {"first loss": 2.35}, None), 2, "MISSING"),
]


@of_all_labs
@pytest.mark.parametrize(("name", "answers", "right", "following"), WAYS_THROUGH)
def test_a_learner_is_led_from_step_to_step(name, answers, right, following):
    (exercise,) = [one for one in IN_STEPS if one.id == name]
    answer = told_by_step(exercise, *answers)
    assert standings(answer)[: right + 1] == [*["RIGHT"] * right, following]
    assert f"{right} of {len(exercise.steps)} steps." in answer.headline
    if following == "MISSING":
        assert answer.lines == (f"Next, step {right + 1}, {exercise.steps[right].name}: {exercise.steps[right].task}",)


@of_all_labs
def test_a_step_done_before_its_turn_is_right_and_one_behind_a_wrong_one_is_not_called_wrong():
    (exercise,) = [one for one in IN_STEPS if one.id == "weights-by-hand"]
    answer = told_by_step(exercise, unwritten, right_answers(exercise)[1])
    assert standings(answer) == ["MISSING", "MISSING", "RIGHT", "RIGHT", "RIGHT"]
    assert standings(told_by_step(exercise, lambda: 5, unwritten)) == ["WRONG", *["MISSING"] * 4]


@step_by_step
def test_the_prompt_numbers_the_steps_and_their_minutes_add_up(exercise):
    notebook = master_of(folder_of(exercise))
    place = [grade_id(cell) for cell in notebook.cells].index(exercise.id)
    prompt = notebook.cells[place - 1].source
    items = ITEM.findall(prompt)
    assert [int(number) for number, *_ in items] == list(range(1, len(exercise.steps) + 1))
    for step, (_, name, text, _) in zip(exercise.steps, items, strict=True):
        assert name == capital(step.name)
        assert text.startswith(capital(step.task))
    entry = entries_in(notebook.cells)[exercise.id]
    assert sum(int(minutes) for *_, minutes in items) == entry.minutes


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@exercise_by_exercise
def test_the_master_looks_at_steps_between_the_answer_and_its_check(exercise):
    cells, check = cells_up_to_check(exercise)
    behind = [cell.source for cell in cells[[grade_id(cell) for cell in cells].index(exercise.id) + 1 :]]
    given = ", ".join(map(ast.unparse, check_call(check).args))
    called_there = [source for source in behind if f"lab.{exercise.name()}.step({given})" in source]
    assert len(called_there) == bool(exercise.steps)


def test_an_exercise_without_steps_says_so():
    exercise = next(one for one in EXERCISES if not one.steps)
    with pytest.raises(Mistake, match="has no steps"):
        exercise().step(None)


@of_all_labs
@pytest.mark.parametrize("number", [0, 99, "two", True])
def test_a_step_that_there_is_not_is_refused(number):
    with pytest.raises(Mistake, match="there are steps 1 to"):
        IN_STEPS[0]().step(None, number=number)


@of_all_labs
def test_at_grading_no_step_is_looked_at(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with answers_told() as told:
        IN_STEPS[0]().step(print)
    assert told == []


# --- words


@exercise_by_exercise
def test_what_is_to_be_read_again_was_read_before(exercise):
    folder = folder_of(exercise)
    own = {one.section for one in exercise.misconceptions if one.section and not one.notebook}
    assert own - Lesson(folder).headings_before(f"{exercise.id}-check") == set()
    for one in exercise.misconceptions:
        if one.notebook:  # a homework sends its readers to its lab, and says so
            assert one.section in Lesson(folder.removesuffix("_homework")).headings()
            assert f"{one.section}” in {one.notebook}" in one.hint


@exercise_by_exercise
def test_the_core_sends_nobody_to_what_goes_further(exercise):
    cells = master_of(folder_of(exercise)).cells
    if entries_in(cells)[exercise.id].further:
        return
    marked = [cell.source for cell in cells if FURTHER.search(cell.source)]
    further = {re.sub(r"^[0-9]+ ", "", heading) for heading in re.findall(r"^## (.+)$", "\n".join(marked), re.M)}
    assert {one.section for one in exercise.misconceptions if not one.notebook} & further == set()


@long_ones_are_slow
def test_an_exercise_has_a_worked_twin_that_does_not_give_it_away(exercise):
    shown = exercise("").worked_example().markdown
    assert 4 <= len([line for line in shown.splitlines() if line.strip()]) <= 24
    for code in re.findall(r"```python\n(.*?)```", shown, re.DOTALL):
        compile(code, "<twin>", "exec")
        assert [line for line in code.splitlines() if len(line) > WIDE_LINE] == []
    model = Lesson(folder_of(exercise)).cells()[exercise.id].source
    taken = {line.strip() for line in model.splitlines() if len(line.strip()) > LONG_LINE}
    assert [line for line in shown.splitlines() if line.strip() in taken] == []
    told = {text.replace(",", "") for text in re.findall(r"(?<![\w.])-?\d[\d,]*\.?\d*(?!\w)", shown)}
    right = {str(number) for answer in right_answers(exercise) for number in numbers_in(answer)}
    assert {text for text in told & right if len(text.strip("-.")) > SHORT_NUMBER} == set()


def numbers_in(answer):
    """Yield the numbers of an answer that is data."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, list | tuple):
        for one in answer:
            yield from numbers_in(one)
    elif isinstance(answer, int | float):
        yield answer


@pytest.mark.thorough
@pytest.mark.slow
@exercise_by_exercise
def test_a_model_answer_takes_a_tenth_of_what_a_check_may_compute(exercise):
    answers, mine = right_answers(exercise), exercise()
    judged(mine.check, *answers)  # what is loaded once is loaded now
    before = time.process_time()
    judged(mine.check, *answers)
    if isinstance(mine, Implementation) and mine.hidden_cases(3):
        judged(mine.check_hidden, *answers, seed=3)
    assert time.process_time() - before < Limits().check_seconds / 10


@pytest.mark.parametrize(
    ("exercise", "topic"),
    [pytest.param(one, topic, id=f"{called(one)}-{topic.name}") for one in EXERCISES for topic in one.topics],
)
def test_the_way_to_a_practice_question_ends_in_its_answer(exercise, topic):
    for number in (1, 2, 3):
        question = topic.draw(number)
        steps = topic.steps(question)
        assert 2 <= len(steps) <= 6
        assert all(step.strip() for step in steps)
        right = topic.right(question)
        if isinstance(right, int):
            assert re.sub(r"[ ,]", "", f"{right}") in re.sub(r"[ ,]", "", steps[-1]), steps


@exercise_by_exercise
def test_feedback_and_hints_ask(exercise):
    silent = [text for text in (*(one.feedback for one in exercise.misconceptions),) if "?" not in text]
    assert silent == []


@exercise_by_exercise
def test_an_exercise_has_hints(exercise):
    assert exercise.hints


@exercise_by_exercise
def test_the_master_asks_checks_and_helps_in_one_grammar(exercise):
    text = Lesson(folder_of(exercise)).master.read_text(encoding="utf-8")
    assert f"lab.{exercise.name()}.check(" in text
    if issubclass(exercise, Implementation) and exercise().hidden_cases(1):
        assert f"lab.{exercise.name()}.check_hidden(" in text


@pytest.mark.parametrize("package", PACKAGES.values())
def test_what_is_said_to_take_long_is_there(package):
    tests = importlib.import_module(f"test_{package}")
    listed = {*getattr(tests, "LONG", ()), *getattr(tests, "DEAR", ()), *getattr(tests, "BUILT_UP", ())}
    assert listed <= {one.id for one in EXERCISES if package_of(one) == package}


def test_every_lab_has_its_exercises_and_every_check_its_exercise():
    for folder, exercises in exercises_by_lab().items():
        checks = {name.removesuffix("-check") for name in Lesson(folder).points()}
        assert checks == {exercise.id for exercise in exercises}, folder


def test_codes_look_like_codes():
    assert [one.code for one in known() if not re.fullmatch(r"[A-Z]{2,3}\d{1,3}", one.code)] == []


def test_reports_know_the_names_of_all_wrong_ways_without_importing_a_lab():
    told = names_of_wrong_ways()
    ours = [one for one in known() if not one.code.startswith("ZZ")]  # other tests' own
    assert {one.code: told.get(one.code) for one in ours} == {one.code: one.name for one in ours}
