"""Resources: submissions that use up what there is."""

from attacks import CONV, POOL, SIZES, add, as_bytes, changed, code, with_answers, with_cell

RESOURCES = {
    "a long list": "hoard = []\nwhile True:\n    hoard.append(' ' * 10**7)",
    "a large tensor": "import torch\nhoard = torch.ones(10**11)",
    "many small objects": "hoard = [[i] for i in range(10**9)]",
    "a fork bomb": "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
    "many processes": (
        "import os, time\nfor _ in range(10**6):\n    if os.fork() == 0:\n        time.sleep(1000)\n        os._exit(0)"
    ),
    "many threads": (
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()"
    ),
    "a full folder": "with open('big', 'wb') as file:\n    while True:\n        file.write(b'x' * 10**7)",
    "a full /tmp": (
        "import tempfile\nfile = open(tempfile.mktemp(), 'wb')\nwhile True:\n    file.write(b'x' * 10**7)\n    file.flush()"
    ),
    "many files": "i = 0\nwhile True:\n    open(f'file{i}', 'w').close()\n    i += 1",
    "much printed": "for _ in range(10**5):\n    print('x' * 1000)",
    "one long line": "print('x' * (3 * 10**8))",
    "many displays": "from IPython.display import display, HTML\nfor i in range(10**5):\n    display(HTML('<b>x</b>' * 100))",
    "one large display": "from IPython.display import display, HTML\ndisplay(HTML('x' * 10**8))",
    "many open files": "files = []\nwhile True:\n    files.append(open('/dev/null'))",
    "a slow representation": ("import time\nclass Slow:\n    def __repr__(self):\n        time.sleep(1000)\nSlow()"),
}
ALL_MEMORY = {"many threads"}  # they stay, with their stacks: no copy for a function's check has room beside them
for name, source in RESOURCES.items():
    add("resource", name, with_cell(source), loses=(CONV, POOL) if name in ALL_MEMORY else ())

HUGE = {
    "a long list as an answer": "sizes = [0] * 10**7",
    "a long text as an answer": "sizes = 'x' * (7 * 10**7)",
    "a large array as an answer": "import numpy as np\nsizes = np.zeros(10**7)",
    "a deep list as an answer": "sizes = []\nfor _ in range(10**5):\n    sizes = [sizes]",
    "a list that holds itself": "sizes = []\nsizes.append(sizes)",
    "keys that collide": "sizes = {i * (2**61 - 1): 0 for i in range(5 * 10**4)}",
    "an answer that never ends": (
        "class Endless(dict):\n    def items(self):\n        while True:\n            yield 'a', 1\nsizes = Endless(a=1)"
    ),
    "a number of many digits": "sizes = {'a': {'size': 10**100000, 'units': 10**100000}}",
}
for name, source in HUGE.items():
    add("resource", name, with_answers({SIZES: source}), loses=(SIZES,))
add("resource", "large files", as_bytes(lambda notebook: notebook), files={"large.bin": bytes(50 << 20)})
add("resource", "thousands of cells", changed(lambda nb: nb["cells"].extend(code("1 + 1") for _ in range(600))))
