"""Faults: what happens to honest people, mostly."""

import json

from attacks import CONV, LESSON, POOL, add, changed, place, with_answers, with_cell

FAULTS = {
    "an endless loop": "while True:\n    pass",
    "a loop that cannot be interrupted": (
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
    ),
    "a loop without its alarm": (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.setitimer(signal.ITIMER_REAL, 0)\n"
        "while True:\n    pass"
    ),
    "a loop in C": "sum(range(10**13))",
    "sys.exit": "import sys\nsys.exit(1)",
    "exit()": "exit()",
    "os._exit": "import os\nos._exit(0)",
    "a segfault": "import ctypes\nctypes.string_at(0)",
    "an abort": "import os\nos.abort()",
    "ending oneself": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "ending everybody": "import os, signal\nos.kill(-1, signal.SIGKILL)",
    "stopping oneself": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "warnings and chatter": (
        "import warnings, sys, logging\nwarnings.warn('careful')\nprint('x' * 1000)\nprint('y', file=sys.stderr)\n"
        "logging.warning('once more')"
    ),
    "input": "name = input('who are you?')",
    "another working directory": "import os\nos.chdir('/')",
    "a shell command": "!ls -la\n%time 1 + 1\n%matplotlib inline",
    "a shell cell": "%%bash\necho hello\nexit 3",
    "a thread that goes on": (
        "import threading, time\ndef spin():\n    while True:\n        time.sleep(0.001)\n"
        "for _ in range(5):\n    threading.Thread(target=spin, daemon=True).start()"
    ),
    "endless recursion": ("import sys\nsys.setrecursionlimit(10**9)\ndef f(n):\n    return f(n + 1) + 1\nf(0)"),
    "closing all files": "import os\nos.closerange(0, 1000)",
    "closing stdout": "import sys\nsys.stdout.close()\nsys.stderr.close()",
    "other defaults": (
        "import numpy as np, torch\ntorch.set_default_dtype(torch.float64)\nnp.seterr(all='raise')\n"
        "torch.set_grad_enabled(False)\ntorch.manual_seed(99)\nnp.random.seed(99)"
    ),
    "an error": "1 / 0",
    "no Python": "def broken(:\n    what is this",
    "handlers for all signals": (
        "import signal\nfor number in range(1, 32):\n    try:\n        signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError):\n        pass"
    ),
    "a tracer": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)",
    "an exit hook": "import atexit, time\natexit.register(time.sleep, 1000)",
    "children of one's own": (
        "import subprocess, sys\nfor _ in range(3):\n    subprocess.Popen(['sleep', '1000'], start_new_session=True)"
    ),
}
for name, source in FAULTS.items():
    add("fault", name, with_cell(source))


def _copied(notebook: dict) -> None:
    index = place(notebook, POOL)
    copy = json.loads(json.dumps(notebook["cells"][index]))
    notebook["cells"][index]["source"] = "def pool2d(x, kernel_size, stride=None, mode='max'):\n    return None"
    notebook["cells"].insert(index + 1, copy)


def _moved(notebook: dict) -> None:
    cell = notebook["cells"].pop(place(notebook, LESSON.check_of("pool2d")))
    notebook["cells"].insert(5, cell)


add("fault", "a copied cell", changed(_copied))
add("fault", "a check that was moved", changed(_moved))
add(
    "fault",
    "an answer that does not stop",
    with_answers({CONV: "def conv2d(x, weight, bias, stride=1, padding=0):\n    while True:\n        pass"}),
    loses=(CONV,),
)
add(
    "fault",
    "an answer that ends the process",
    with_answers({CONV: "def conv2d(*a, **k):\n    import os\n    os._exit(0)"}),
    loses=(CONV,),
)
