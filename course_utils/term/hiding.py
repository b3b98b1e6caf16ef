"""Taking names, numbers and addresses of a class out of texts; saying what was found and what could not be judged."""

import builtins
import hashlib
import hmac
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from course_utils.term.roster import Person

ADDRESS = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}")
HOME = re.compile(r"((?:/home/|/Users/|[A-Z]:\\+Users\\+))([^/\\\s\"':]+)")
SHARED_HOMES = {"Shared", "Public", "jovyan", "runner"}
SHORTEST = 3  # characters: what is shorter stands everywhere
NOBODY = "somebody"
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ø": "oe"})
WORD = re.compile(r"[^\W\d_]+")


@dataclass
class Found:
    """What was found in a class's texts.

    Parameters
    ----------
    replaced
        How often, by kind: "ids", "names", "addresses", "home folders".
    unsure
        Words that may be somebody's name and were left, and where.
    """

    replaced: Counter[str] = field(default_factory=Counter)
    unsure: dict[str, list[str]] = field(default_factory=dict)


def pseudonym(key: bytes, student: str) -> str:
    """Return what a student is called in a copy: the same for the same key, and nothing to guess the id from."""
    return "p" + hmac.new(key, student.encode(), hashlib.sha256).hexdigest()[:10]


class Hider:
    """Puts pseudonyms in the place of all that says who somebody is.

    Parameters
    ----------
    people
        The class, by id.
    key
        Of the pseudonyms.
    known_words
        Words of the lessons, in small letters. A single name that is also one of these (Adam, Max) is left where it
        stands alone, and reported: nobody can tell which is meant.
    """

    def __init__(self, people: Mapping[str, Person], key: bytes, known_words: Iterable[str] = ()) -> None:
        self.names = {student: pseudonym(key, student) for student in people}
        self.found = Found()
        ordinary = {*known_words, *map(str.casefold, keyword.kwlist), *map(str.casefold, dir(builtins))}
        self.who: dict[str, tuple[str, str]] = {}  # in small letters: kind and pseudonym
        unsure: set[str] = set()
        for student, person in people.items():
            for kind, word in [(kind, way) for kind, said in _words(person) for way in spellings(said)]:
                plain = word.casefold()
                if len(plain) < SHORTEST:
                    continue
                if plain in ordinary:
                    unsure.add(plain)
                else:
                    self.who.setdefault(plain, (kind, self.names[student]))
        self.pattern = _pattern(self.who)
        self.unsure = _pattern(unsure - set(self.who))
        long = {word for word in self.who if len(word) > SHORTEST and any(sign.isalpha() for sign in word)}
        self.glued = _pattern(long, whole=False)

    def __call__(self, text: str, where: str = "") -> str:
        """Return a text in which nobody is named; ``where`` is for the report."""
        text = ADDRESS.sub(self._address, unicodedata.normalize("NFC", text))
        if self.pattern:
            text = self.pattern.sub(self._person, text)
        text = HOME.sub(self._home, text)
        for pattern in filter(None, (self.unsure, self.glued)):
            for match in pattern.finditer(text):
                places = self.found.unsure.setdefault(match[0], [])
                places += [where] if where not in places else []
        return text

    def _address(self, match: re.Match[str]) -> str:
        self.found.replaced["addresses"] += 1
        return self.who.get(match[0].casefold(), ("", NOBODY))[1]

    def _person(self, match: re.Match[str]) -> str:
        kind, name = self.who[" ".join(match[0].casefold().split())]
        self.found.replaced[kind] += 1
        return name

    def _home(self, match: re.Match[str]) -> str:
        if match[2] in SHARED_HOMES or match[2] in self.names.values():
            return match[0]
        self.found.replaced["home folders"] += 1
        return match[1] + NOBODY


def _words(person: Person) -> Iterable[tuple[str, str]]:
    """Yield all that says who somebody is, with its kind."""
    for value in (person.student_id, person.login, person.sis_id, person.canvas_id):
        yield "ids", value
    yield "addresses", person.email
    first, last = " ".join(person.first_name.split()), " ".join(person.last_name.split())
    if first and last:
        for joint in (" ", "", "_", ".", "-", ", "):
            yield "names", f"{first}{joint}{last}"
            yield "names", f"{last}{joint}{first}"
    for name in (first, last, *first.split(), *last.split()):
        yield "names", name


def spellings(word: str) -> list[str]:
    """Return a word as it is, without accents, and with two letters for an umlaut: Jörg, Jorg, Joerg."""
    word = unicodedata.normalize("NFC", word)
    bare = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
    return list(dict.fromkeys((word, bare, word.translate(UMLAUTS))))


def _pattern(words: Iterable[str], *, whole: bool = True) -> re.Pattern[str] | None:
    """Return a pattern of words, the longest first; an underscore, unlike a letter, ends a word."""
    ordered = sorted(filter(None, words), key=lambda word: (-len(word), word))
    if not ordered:
        return None
    either = "|".join(r"\s+".join(map(re.escape, word.split())) for word in ordered)
    return re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])" if whole else either, re.I)


def words_of(text: str) -> set[str]:
    """Return the words of a text, in small letters."""
    return {word.casefold() for word in WORD.findall(text)}
