"""What learners are called on a page for all: two words and a number, the same each time, and nobody's to guess."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from pathlib import Path

from course_utils import files

KEY = ".challenge-key"  # of pseudonyms and of hidden pictures; it stays in the course
COLOURS = "amber azure black blue bronze brown copper coral crimson golden green grey indigo ivory jade ochre"
ANIMALS = (
    "adder badger beaver bison crane curlew dipper dunlin egret falcon ferret finch gannet godwit hare heron hoopoe "
    "ibex jackdaw kestrel kite lapwing lark linnet lynx magpie marten merlin mole newt osprey otter owl petrel pike "
    "plover puffin quail raven redstart robin salmon shrew siskin snipe sparrow stoat stork swift teal tern thrush "
    "toad trout turnstone viper vole wagtail weasel whimbrel wigeon wolf wren"
)
NUMBERS = 100


def key_of(root: Path) -> bytes:
    """Return the course's key for challenges; make one if there is none."""
    path = root / KEY
    if not path.is_file():
        files.write(path, secrets.token_hex(32) + "\n", durably=True, mode=0o600)
    return path.read_text(encoding="utf-8").strip().encode()


def drawn(key: bytes, *words: str) -> int:
    """Return a number below 2³¹ that nobody knows without the key: the same for the same words."""
    told = hmac.new(key, "\0".join(words).encode(), hashlib.sha256).digest()
    return int.from_bytes(told[:8], "big") % (1 << 31)


def _one_of(words: list[str], number: int) -> str:
    return words[number % len(words)]


def pseudonyms(key: bytes, students: Iterable[str]) -> dict[str, str]:
    """Return what each student is called. Where two would be called the same the later ids get a further number."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for student in sorted(students):
        colour, animal = (_one_of(words.split(), drawn(key, words, student)) for words in (COLOURS, ANIMALS))
        name = f"{colour}-{animal}-{drawn(key, 'number', student) % NUMBERS:02}"
        again = 2
        while name in taken:
            name, again = f"{name.rsplit('/', 1)[0]}/{again}", again + 1
        taken.add(name)
        found[student] = name
    return found
