"""Judging an exercise of several functions: each earns its own points, and the first that is wrong speaks."""

from collections.abc import Callable, Mapping

from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

Part = tuple[float, Callable[[], None]]  # points, and a look that raises CheckFailed or NotAttempted


def judge(parts: Mapping[str, Part]) -> Credit:
    """Look at each part, print how they stand in at most four lines, and return the points.

    Of several that are wrong the first whose wrong way is known speaks.

    Raises
    ------
    NotAttempted
        If no part has an answer.
    """
    failures: dict[str, CheckFailed] = {}
    right, missing = [], {}
    for name, (_, look) in parts.items():
        try:
            look()
            right.append(name)
        except NotAttempted as error:
            missing[name] = error
        except CheckFailed as error:
            failures[name] = error
    if len(missing) == len(parts):
        raise next(iter(missing.values()))
    points = sum(worth for worth, _ in parts.values())
    codes = tuple(dict.fromkeys(code for error in failures.values() for code in error.codes))
    print(_how_they_stand(right, list(missing), failures))
    return Credit(sum(parts[name][0] for name in right), points, codes)


def _how_they_stand(right: list[str], missing: list[str], failures: Mapping[str, CheckFailed]) -> str:
    if not missing and not failures:
        return "Correct."
    groups = (("Right", right), ("No answer yet", missing), ("Not yet", list(failures)))
    line = " ".join(f"{name}: {', '.join(parts)}." for name, parts in groups if parts)
    if not failures:
        return line
    told = min(failures.values(), key=lambda error: not error.codes).message  # the first with a code, or the first
    return f"{line.partition('Not yet')[0]}{told}" if len(failures) == 1 else f"{line}\n{_shortened(told)}"


def _shortened(message: str) -> str:
    """Leave out the line of values of a message of four lines, to make room for another."""
    lines = message.split("\n")
    return "\n".join(lines if len(lines) < 4 else [lines[0], *lines[-2:]])
