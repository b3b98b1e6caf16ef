"""Answers that are unusually alike: whatever names they have, and only where the class writes otherwise."""

from course_utils.term import report_page, report_text
from course_utils.term.class_report import report_of
from course_utils.term.roster import Person
from course_utils.term.sheets import Answered, Sheet
from course_utils.term.similar import pairs_of, tokens

OWN = '''\
def windows(image, kernel):
    """The lesson's docstring."""
    height, width = image.shape
    size = kernel.shape[0]
    rows = []
    for top in range(height - size + 1):
        row = [(image[top:top + size, left:left + size] * kernel).sum() for left in range(width - size + 1)]
        rows.append(row)
    return np.array(rows)
'''
COPIED = (
    OWN.replace("height", "h")
    .replace("width", "w")
    .replace("rows", "out")
    .replace("\n    size", "\n\n    # k\n    size")
)
WAYS = "sum", "mean", "max", "min"
OTHERS = [
    f'''\
def windows(image, kernel):
    """The lesson's docstring."""
    result = {"np.zeros" if number % 2 else "np.empty"}((image.shape[0] - {number}, image.shape[1] - {number}))
    {"while" if number % 3 else "if"} result.size > {number * 7}:
        result = result{"[:-1]" * number} {"+-*/@"[number % 5]} kernel.{WAYS[number % 4]}()
        {"print(result)" * (number % 2) or "pass"}
    return result.{"copy" if number % 2 else "clip"}({number}{", 4" * number})
'''
    for number in range(8)
]


def sheet(student: str, answer: str, kind: str = "check", verdict: str = "right") -> Sheet:
    return Sheet(student, student * 2, 1, 2, {"windows-check": Answered(kind, 1, 2, verdict, [], answer)})


def a_class(*answers: str, **how) -> list[Sheet]:
    return [sheet(f"s{number}", answer, **how) for number, answer in enumerate([*answers, *OTHERS])]


def test_a_copy_with_other_names_and_comments_is_found():
    (pair,) = pairs_of(a_class(OWN, COPIED))
    assert pair.students == ("s0", "s1")
    (both,) = pair.exercises
    assert (both.exercise, both.close) == ("windows-check", 1)
    assert both.usual < 0.7
    assert both.texts == (OWN, COPIED)


NUMBERS = "shapes = " + str({name: (7 * place, place + 3) for place, name in enumerate("abcdefghij")})


def test_right_numbers_are_no_question_and_the_same_wrong_ones_are():
    def answered(verdict: str) -> list[Sheet]:
        return [sheet(f"t{number}", NUMBERS, verdict=verdict) for number in range(2)]

    assert pairs_of([*a_class(), *answered("right")]) == []
    (pair,) = pairs_of([*a_class(), *answered("wrong")])
    assert pair.students == ("t0", "t1")


def test_what_the_whole_class_writes_is_not_unusual():
    assert pairs_of([sheet(f"s{number}", OWN) for number in range(12)]) == []


def test_a_short_answer_a_small_class_and_an_empty_cell_say_nothing():
    short = "def double(x):\n    return 2 * x"
    assert pairs_of(a_class(short, short)) == []
    assert pairs_of([sheet("a", OWN), sheet("b", OWN), *a_class()[:5]]) == []
    assert pairs_of(a_class(OWN, COPIED, verdict="not attempted")) == []


def test_essays_are_compared_by_their_words():
    essay = " ".join(f"word{number}" for number in range(30))
    texts = [" ".join(f"other{number}{place}" for number in range(30)) for place in range(8)]
    sheets = [sheet(f"s{number}", text, "essay", "") for number, text in enumerate([essay, essay.upper(), *texts])]
    assert [pair.students for pair in pairs_of(sheets)] == [("s0", "s1")]


def test_tokens_of_what_is_no_program():
    assert tokens("def f(:\n  'x") == ["def", "f(:", "'x"]
    assert tokens("a.size + b.size") == tokens("x.size + y.size") != tokens("a.size + a.size")


def test_the_report_asks_and_shows_both_texts_without_names():
    sheets = a_class(OWN.replace("# k", "# by Zoe Zett"), COPIED.replace("# k", "# thanks to Zoe Zett"))
    people = {one.student: Person(one.student) for one in sheets} | {"s0": Person("s0", "Zett", "Zoe")}
    report = report_of("05", sheets, people)
    (one,) = report.alike
    assert one.names == []
    assert "Zett" not in str(report)
    assert "thanks to … …" in one.exercises[0].texts[0] + one.exercises[0].texts[1]
    page = report_page.page_of([report])
    assert "A question to ask, and no verdict" in page
    assert page.count("np.array(") == 2
    lines = report_text.lines_of(report)
    assert "Unusually alike, a question to ask and no verdict (both texts: --html):" in lines
    assert max(map(len, lines)) <= 80
    assert "s0 (Zett, Zoe)" in " ".join(report_text.lines_of(report_of("05", sheets, people, names=True)))
