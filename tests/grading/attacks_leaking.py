"""Leaking: submissions that want to carry hidden tests, hidden inputs or other people's work out in what they give back.

What they find, they give back with the word FOUND before it. No attack's own text holds what it looks for.
"""

import re
from collections.abc import Callable

from attacks import CONV, LATE, LESSON, MODEL, add, with_answers, with_cell, with_first_cell

from course_utils.cells import Region

HIDDEN = Region.HIDDEN_TESTS.pattern.search(LESSON.cells()[LESSON.check_of("conv2d")].source)[2].strip()
WORD = re.sub(r"[0-9]+\)$", "", HIDDEN)  # is looked for, with a digit behind it
HALVES = f"word = {WORD[:-3]!r}, {WORD[-3:]!r}\nword = ''.join(word)\n"
IS_THERE = "def is_there(text):\n    return any(after[:1].isdigit() for after in text.split(word)[1:])\n"
LOOK = {
    "hidden tests among objects": (
        "import gc\nfor one in gc.get_objects():\n    try:\n        texts = one.values() if isinstance(one, dict) else one if isinstance(one, (list, tuple)) else [one]\n"
        "        for text in list(texts):\n            if isinstance(text, str) and is_there(text):\n                print('FOUND', text)\n"
        "    except Exception:\n        pass"
    ),
    "hidden tests in memory": (
        "with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:\n    for line in maps:\n"
        "        (area, rights, *_), path = line.split(None, 5)[:5], line.split()[5:]\n"
        "        if 'rw' not in rights or path not in ([], ['[heap]'], ['[stack]']):\n            continue\n"
        "        low, high = (int(end, 16) for end in area.split('-'))\n"
        "        for start in range(low, high, 2**20):\n            try:\n                memory.seek(start)\n"
        "                data = memory.read(min(2**20 + 500, high - start))\n"
        "            except (OSError, ValueError, OverflowError):\n                continue\n"
        "            if word.encode() in data and is_there(data.decode('latin-1')):\n                print('FOUND', hex(start))\n"
    ),
    "hidden tests in the frames": (
        "import sys\nframe = sys._getframe()\nwhile frame:\n    for name, value in list(frame.f_locals.items()):\n"
        "        if isinstance(value, str) and is_there(value):\n            print('FOUND', value)\n    frame = frame.f_back"
    ),
    "hidden tests in the history": (
        "ip = get_ipython()\nfor one in (ip.user_ns, ip.user_global_ns, ip.history_manager.__dict__):\n"
        "    for name, value in list(one.items()):\n        if is_there(str(value)):\n            print('FOUND', name)"
    ),
    "hidden tests on the disk": (
        "import os\nfor top in ('/box', '/tmp', '/root', '/home', '/work', '/srv', '/var'):\n"
        "    for folder, below, files in os.walk(top):\n        below[:] = set(below) - {'site-packages', '.git', '__pycache__'}\n        for name in files:\n            try:\n"
        "                path = os.path.join(folder, name)\n                if os.path.getsize(path) < 10**6 and is_there(open(path, 'rb').read().decode('latin-1')):\n                    print('FOUND', path)\n"
        "            except OSError:\n                pass"
    ),
}
LOOKING = {name: f"{HALVES}{IS_THERE}{source}\nprint('looked everywhere')" for name, source in LOOK.items()}
for name, source in LOOKING.items():
    add("leak", name, with_cell(source), needs="namespaces")


def in_reach(source: str) -> Callable[[dict], bytes]:
    """Put a hidden test into a variable and a file, and behind it a cell that looks for it."""

    def make(notebook: dict) -> bytes:
        with_first_cell(f"kept = {HIDDEN!r}\nwith open('kept', 'w') as file:\n    file.write(kept)")(notebook)
        return with_cell(source)(notebook)

    return make


INNER = MODEL[CONV].replace("def conv2d(", "def inner_conv2d(")
SPY = INNER + "\n\nseen = []\ndef conv2d(x, weight, bias, stride=1, padding=0):\n"
CALL = "    return inner_conv2d(x, weight, bias, stride, padding)\n"
UNSEEN = "x.shape[0] == 3"  # no visible case has three pictures
INPUTS = {
    "inputs kept for a later cell": SPY + "    seen.append(x.shape)\n" + CALL,
    "inputs written to a file": SPY + "    open('seen', 'a').write(f'FOUND {x.shape}')\n" + CALL,
    "inputs written to /tmp": SPY + "    open('/tmp/seen', 'a').write(f'FOUND {x.shape}')\n" + CALL,
    "inputs printed": SPY + "    print('FOUND', x.shape)\n" + CALL,
    "inputs on stderr": SPY
    + "    import os, sys\n    sys.stderr.write('FOUND')\n    os.write(2, b'FOUND')\n    os.write(1, b'FOUND')\n"
    + CALL,
    "inputs shown": SPY + "    from IPython.display import display\n    display(f'FOUND {x.shape}')\n" + CALL,
    "inputs sent to the parent": SPY
    + "    import os, signal\n    open(f'/proc/{os.getppid()}/fd/1', 'w').write('FOUND')\n"
    + CALL,
}
for name, source in INPUTS.items():
    later = "import os\nprint('seen', len(seen))\nfor path in ('seen', '/tmp/seen'):\n    if os.path.exists(path):\n        print(open(path).read())"

    def make(notebook: dict, source: str = source, later: str = later) -> bytes:
        with_answers({CONV: source})(notebook)
        return with_cell(later, behind=LATE)(notebook)

    add("leak", name, make, needs="fork", loses=(CONV,) if "parent" in name else ())

CARRIED = {
    "inputs in an exception": f"    if {UNSEEN}:\n        raise ValueError(f'FOUND {{x.shape}} {{x.ravel()[:3]}}')\n",
    "inputs in the kind of an exception": f"    if {UNSEEN}:\n        raise type(f'FOUND{{x.shape[2]}}', (Exception,), {{}})(1)\n",
    "inputs in the kind of an answer": f"    if {UNSEEN}:\n        return type(f'FOUND{{x.shape[2]}}', (), {{}})()\n",
    "inputs in the name of an answer": f"    if {UNSEEN}:\n        f = lambda: 0\n        f.__name__ = f'FOUND{{x.shape[2]}}'\n        return f\n",
    "inputs in a text": f"    if {UNSEEN}:\n        return f'FOUND {{x.shape}}'\n",
    "inputs in a list of texts": f"    if {UNSEEN}:\n        return [f'FOUND {{x.shape}}']\n",
    "inputs in a message of ours": f"    if {UNSEEN}:\n        from course_utils.judging.protocol.verdicts import CheckFailed\n        raise CheckFailed(f'FOUND {{x.shape}}')\n",
    "inputs in work not done": f"    if {UNSEEN}:\n        raise NotImplementedError(f'FOUND {{x.shape}}')\n",
    "inputs in work not done by a message of ours": f"    if {UNSEEN}:\n        from course_utils.judging.protocol.verdicts import NotAttempted\n        raise NotAttempted(f'FOUND {{x.shape}}')\n",
    "inputs in a shortcut": f"    if {UNSEEN}:\n        from course_utils.judging.protocol.calling import Shortcut\n        raise Shortcut(f'FOUND {{x.shape}}')\n",
    "inputs in an exit": f"    if {UNSEEN}:\n        import sys\n        sys.exit(f'FOUND {{x.shape}}')\n",
    "inputs in a line of code": (
        f"    if {UNSEEN}:\n        exec(compile(f'raise ValueError()  # F' f'OUND {{x.shape}}', '<F' 'OUND>', 'exec'))\n"
    ),
}
for name, source in CARRIED.items():
    add("leak", name, with_answers({CONV: SPY + source + CALL}), loses=(CONV,))
add(
    "leak",
    "things left for the next student",
    with_cell(
        "import os\nfor folder in ('/tmp', '/dev/shm', '.', os.path.expanduser('~')):\n    try:\n        open(folder + '/left', 'w').write('FOUND')\n    except OSError:\n        pass"
    ),
)
add(
    "leak",
    "things left by the student before",
    with_cell(
        "import os\nfor folder in ('/tmp', '/dev/shm', '.', os.path.expanduser('~')):\n    if os.path.exists(folder + '/left'):\n        print('FOUND', open(folder + '/left').read())"
    ),
)
