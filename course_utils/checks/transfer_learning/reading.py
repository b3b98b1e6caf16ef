"""Checks of what is read off an experiment and off a list of labels."""

from course_utils.checks.sets import mark, what_was_given
from course_utils.judging.answers import as_array, as_dict, is_missing, kind, plain
from course_utils.judging.protocol.calling import call, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit
from course_utils.variants import transfer_learning as questions
from course_utils.variants.transfer_learning import Folders

WAYS = ("pixels", "random", "frozen", "fine-tuned", "scratch")
NUMBERS = (5, 10, 25, 100)  # pictures a class
CHANCE = 1 / 2
PARTS = ("table", "scratch reaches", "random beats pixels", "gain at 5")
NONE = "none"

# --- the learning curve


@quiet()
def learning_curve(results: dict) -> Credit:
    """Check a table of accuracies, and three readings of it. 4 points.

    The table is judged by what must show in any run of the experiment, the readings by the learner's own table.

    Parameters
    ----------
    results
        ``{"table": {way: {n: accuracy from 0 to 1}}, "scratch reaches": n or "none", "random beats pixels": at how
        many of the four n, "gain at 5": points}``.
    """
    answers = as_dict(results, PARTS, "results")
    given = {part: None if is_missing(answers[part]) else answers[part] for part in PARTS}
    table = None if given["table"] is None else _read_table(given["table"])
    if table is None:
        if any(value is not None for value in given.values()):
            raise CheckFailed("Paste the printed table under results['table'] first: the answers are read off it.")
        return mark(dict.fromkeys(PARTS), 4)
    codes, note = _look_at_table(table)
    marks, found = {"table": not note}, {"table": codes}
    for part, look in (("scratch reaches", _reaches), ("random beats pixels", _beats), ("gain at 5", _gain)):
        marks[part], found[part] = (None, []) if given[part] is None else look(given[part], table)
    first = note or what_was_given({part: marks[part] for part in PARTS[1:]}, given)
    return mark(marks, 4, [code for part in PARTS for code in found[part]], first)


def _read_table(answer) -> dict[str, dict[int, float]]:
    rows = as_dict(answer, WAYS, "results['table']")
    table = {}
    for way, row in rows.items():
        row = as_dict(row, NUMBERS, f"results['table'][{way!r}]")
        table[way] = {number: plain(value) for number, value in row.items()}
        if None in table[way].values():
            missing = next(number for number, value in table[way].items() if value is None)
            raise CheckFailed(f"results['table'][{way!r}] has no number for n = {missing}. Paste the whole table.")
    return table


def _look_at_table(table: dict) -> tuple[list[str], str]:
    """Return codes and a sentence on what no run of this experiment gives; "" where all is plausible."""
    every = [value for row in table.values() for value in row.values()]
    if not all(0 <= value <= 100 for value in every):
        return [], "table: an accuracy lies between 0 and 1."
    if max(every) > 1:
        return ["TE1"], "table: an accuracy lies between 0 and 1."
    few, many = NUMBERS[0], NUMBERS[-1]
    frozen, tuned, scratch = table["frozen"], table["fine-tuned"], table["scratch"]
    poor = [way for way in ("pixels", "random", "scratch") if table[way][few] > frozen[few]]
    if poor:
        return ["TE2"], f"table: at n = {few} {poor[0]} is above frozen."
    if frozen[few] < CHANCE + 0.08 or frozen[many] < CHANCE + 0.25:
        return [], "table: the frozen row is too low. Which network and which layer did its features come from?"
    if max(table["pixels"].values()) > CHANCE + 0.2 or abs(scratch[few] - CHANCE) > 0.15:
        return [], "table: pixels and scratch cannot tell the classes apart so well. Were the test pictures new ones?"
    if scratch[many] < scratch[few] + 0.03 or max(abs(tuned[n] - frozen[n]) for n in NUMBERS) > 0.2:
        return [], "table: scratch should rise from n = 5 to 100, and fine-tuned stay near frozen. Paste it once more."
    return [], ""


def _reaches(answer, table: dict) -> tuple[bool, list[str]]:
    goal, scratch = table["frozen"][NUMBERS[0]], table["scratch"]
    right = next((number for number in NUMBERS if scratch[number] >= goal), NONE)
    given = answer.strip().lower() if type(answer) is str else plain(answer)
    if given == right:
        return True, []
    if given in NUMBERS and scratch[given] < goal:
        return False, ["TE3"]
    return False, ["TE4"] if right != NONE and given in (NONE, *NUMBERS) else []


def _beats(answer, table: dict) -> tuple[bool, list[str]]:
    return plain(answer) == sum(table["random"][n] > table["pixels"][n] for n in NUMBERS), []


def _gain(answer, table: dict) -> tuple[bool, list[str]]:
    given = plain(answer)
    right = 100 * (table["frozen"][NUMBERS[0]] - table["scratch"][NUMBERS[0]])
    if given is None:
        return False, []
    if abs(given - right) <= 0.11 or given == round(right):
        return True, []
    if abs(given + right) <= 0.5:
        return False, ["TE5"]
    return False, ["TE6"] if abs(100 * abs(given) - right) <= 0.5 else []


# --- labels in the wrong order


@quiet()
def swapped_labels(answers: dict, repair_labels, question: Folders) -> Credit:
    """Check how many labels are wrong and where, and a function that repairs them. 2 points.

    Parameters
    ----------
    answers
        ``{"wrong": how many, "first": number of the first picture with a wrong label, "last": of the last one}``.
    repair_labels
        The student's function ``(labels, names) -> labels``.
    question
        From :func:`course_utils.variants.transfer_learning.folders`.
    """
    places = questions.wrong_places(question)
    right = {"wrong": len(places), "first": places[0], "last": places[-1]}
    answers = as_dict(answers, right, "bug")
    given = {part: None if answers[part] is None else plain(answers[part]) for part in right}
    for part, value in given.items():
        if answers[part] is not None and value is None:
            raise CheckFailed(f"bug[{part!r}] should be a number, not {kind(answers[part])}.")
    marks: dict = {part: None if given[part] is None else given[part] == right[part] for part in right}
    codes = _count_codes(given, marks, right, question)
    marks["repair_labels"], code, note = _look_at_repair(
        repair_labels, question, attempted=any(value is not None for value in given.values())
    )
    note = what_was_given({part: marks[part] for part in right}, given, "{:g}".format) or note
    return mark(marks, 2, [*codes, *([code] if code else [])], note)


def _count_codes(given: dict, marks: dict, right: dict, question: Folders) -> list[str]:
    codes = []
    if marks["wrong"] is False:
        ways = questions.bug_ways(question)
        codes += [code.split(":")[0] for code, way in ways.items() if way == given["wrong"]][:1]
    if any(marks[part] is False and abs(given[part] - right[part]) == 1 for part in ("first", "last")):
        codes.append("TB4")
    return [code for code in dict.fromkeys(codes) if code != "TB1"] + (["TB5"] if given["wrong"] == 0 else [])


def repair_cases(question: Folders) -> list[tuple[list[int], list[str], list[int]]]:
    """Return labels as they came, names, and right labels: in the order of the slip, other counts, other order."""
    cases = [
        (questions.swapped_labels(q), questions.file_names(q), questions.right_labels(q))
        for q in (question, Folders(question.second, question.first), Folders(9, 4), Folders(6, 6))
    ]
    labels, names, right = cases[2]
    order = [5, 0, 12, 3, 9, 1, 11, 7, 2, 10, 4, 8, 6]
    return [*cases, ([labels[i] for i in order], [names[i] for i in order], [right[i] for i in order])]


def _look_at_repair(function, question: Folders, *, attempted: bool) -> tuple[bool | None, str, str]:
    for labels, names, right in repair_cases(question):
        try:
            answer = call(function, "repair_labels", list(labels), list(names))
        except NotImplementedError:
            if not attempted:
                raise
            return None, "", ""
        except CheckFailed as error:
            return False, "", error.message.split("\n")[0]
        try:
            given = as_array(answer, "What repair_labels returns").reshape(-1).tolist()
        except CheckFailed as error:
            return False, "", error.message
        if given != right:
            case = f"{len(labels)} pictures, {labels.count(0)} of them labelled 0"
            return False, _repair_code(given, labels, right), f"repair_labels: not yet right ({case})."
    return True, "", ""


def _repair_code(given: list, labels: list[int], right: list[int]) -> str:
    if given == [1 - label for label in labels] or given == [1 - label for label in right]:
        return "TB1"
    if given == labels:
        return "TB5"
    return "TB6" if given == sorted(right) else ""
