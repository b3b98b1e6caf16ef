"""More submissions that a grader must survive, eight of a kind; all of them are tried in ``make thorough``."""

import gzip
import io
import zipfile

from attacks import BASE, CONV, MATRIX, POOL, add, as_bytes, changed, with_cell
from shortened import id_of, text_of

SYSCALL = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"

FAULTS = {
    "a clock that stands": (
        "import time\ntime.time = time.monotonic = time.perf_counter = lambda: 0.0\ntime.sleep = lambda s: None"
    ),
    "no environment": "import os\nos.environ.clear()\nos.umask(0o777)",
    "imports that fail": (
        "import sys\nclass No:\n    def find_spec(self, *a):\n        raise ImportError('no')\nsys.meta_path.insert(0, No())"
    ),
    "a folder that is gone": "import os\nos.mkdir('gone')\nos.chdir('gone')\nos.rmdir('../gone')",
    "a collector that raises": "import gc\ngc.callbacks.append(lambda *a: 1 / 0)\ngc.set_threshold(1)",
    "warnings that raise": "import warnings\nwarnings.simplefilter('error')\nimport numpy\nnumpy.seterr(all='raise')",
    "another formatter": (
        "ip = get_ipython()\nip.display_formatter.formatters.clear()\nip.events.register('pre_run_cell', lambda *a: 1 / 0)"
    ),
    "a future that nobody awaits": (
        "import asyncio\nasync def later():\n    await asyncio.sleep(1000)\nloop = asyncio.new_event_loop()\n"
        "asyncio.set_event_loop(loop)\nloop.create_task(later())\nawait asyncio.sleep(0)"
    ),
}
for name, source in FAULTS.items():
    add("fault", name, with_cell(source))
add("fault", "names that are all gone", with_cell("%reset -f"), loses=(CONV, POOL, MATRIX))  # numpy, too
add("fault", "an exit in a shell", with_cell("%%bash\nkill -9 $PPID"), loses=())

HOARDS = {
    "files in memory": (
        "import os\ntotal, files = 0, []\ntry:\n    while total < 3 << 29:\n        files.append(os.memfd_create('x'))\n"
        "        for _ in range(2):\n            total += os.write(files[-1], bytes(8 << 20))\n    print('FOUND', total)\n"
        "except OSError:\n    pass"
    ),
    "shared memory without a name": (
        "import mmap\ntotal, maps = 0, []\ntry:\n    while total < 3 << 29:\n        maps.append(mmap.mmap(-1, 16 << 20))\n"
        "        maps[-1].write(bytes(16 << 20))\n        total += 16 << 20\n    print('FOUND', total)\n"
        "except (OSError, MemoryError):\n    pass"
    ),
    "shared memory with a name": (
        "from multiprocessing.shared_memory import SharedMemory\nkept = []\ntry:\n    for n in range(200):\n"
        "        kept.append(SharedMemory(f'hoard{n}', create=True, size=16 << 20))\n        kept[-1].buf[:] = bytes(16 << 20)\n"
        "    print('FOUND')\nexcept OSError:\n    pass"
    ),
    "memory of System V": (
        SYSCALL + "import os\nif libc.shmget(0, 1 << 26, 0o1600) >= 0:\n    print('FOUND')\n"
        "if libc.msgget(0, 0o1600) >= 0 or libc.semget(0, 1, 0o1600) >= 0:\n    print('FOUND')"
    ),
    "full pipes": (
        "import os, fcntl\npipes = []\ntry:\n    while True:\n        pipes.append(os.pipe())\n"
        "        os.set_blocking(pipes[-1][1], False)\n        os.write(pipes[-1][1], bytes(1 << 20))\nexcept OSError:\n"
        "    for pair in pipes:\n        os.close(pair[0]), os.close(pair[1])"
    ),
    "folders in folders": (
        "import os\nhere = os.getcwd()\ntry:\n    for _ in range(3000):\n        os.mkdir('d')\n        os.chdir('d')\n"
        "except OSError:\n    pass\nos.chdir(here)"
    ),
    "a file that is mostly holes": (
        "try:\n    open('hole', 'wb').truncate(1 << 45)\nexcept OSError:\n    pass\n"
        "for n in range(200):\n    try:\n        open(f'hole{n}', 'wb').truncate(30 << 20)\n    except OSError:\n        pass"
    ),
    "children that compute": (
        "import os\nfor _ in range(8):\n    if os.fork() == 0:\n        while True:\n            pass"
    ),
}
for name, source in HOARDS.items():
    add("resource", name, with_cell(source), needs="namespaces")

NUMBERS = "x = __import__('platform').machine() == 'x86_64'\n"
WAYS_OUT = {
    "keys of the kernel": SYSCALL
    + NUMBERS
    + "if libc.syscall(248 if x else 217, b'user', b'a', b'b', 1, -4) > 0:\n    print('FOUND')",
    "a ring of requests": SYSCALL
    + "if libc.syscall(425, 8, ctypes.create_string_buffer(256)) >= 0:\n    print('FOUND')",
    "another processor's calls": (
        SYSCALL
        + "if libc.syscall(0x40000000 | 39) > 0:\n    print('FOUND')\nif libc.syscall(0x40000000 | 101, 16, 1) == 0:\n    print('FOUND')"
    ),
    "sockets of other families": (
        "import socket\nfor family in (socket.AF_PACKET, getattr(socket, 'AF_VSOCK', 40), getattr(socket, 'AF_ALG', 38), 17):\n"
        "    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):\n"
        "        try:\n            socket.socket(family, kind)\n            print('FOUND', family)\n        except OSError:\n            pass"
    ),
    "a device": (
        "import os\nfor path, number in (('zero', (1, 5)), ('mem', (1, 1)), ('disk', (8, 0))):\n    try:\n"
        "        os.mknod(path, 0o20600, os.makedev(*number))\n        open(path, 'rb').read(1)\n        print('FOUND', path)\n"
        "    except OSError:\n        pass"
    ),
    "a hard link": "import os\nos.link('{{course}}/gradebook.db', 'link')\nprint('FOUND', open('link').read())",
    "a higher rank": "import os\nos.setpriority(os.PRIO_PROCESS, 0, -10)\nprint('FOUND')",
    "the machine's switches": (
        "for path in ('/proc/sysrq-trigger', '/proc/sys/vm/drop_caches', '/sys/power/state', '/dev/kmsg', '/proc/1/oom_score_adj'):\n"
        "    try:\n        open(path, 'w').write('x')\n        print('FOUND', path)\n    except OSError:\n        pass"
    ),
}
for name, source in WAYS_OUT.items():
    add("escape", name, with_cell(source), needs="namespaces")


def zipped(data: bytes) -> bytes:
    """Return bytes as the only file of an archive."""
    room = io.BytesIO()
    with zipfile.ZipFile(room, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("work.ipynb", data)
    return room.getvalue()


def conflicting(data: bytes) -> bytes:
    """Return a file as Git leaves it after a conflict."""
    lines = data.decode().replace(", ", ",\n").split("\n")
    return "\n".join([*lines[:9], "<<<<<<< HEAD", lines[9], "=======", lines[9], ">>>>>>> mine", *lines[10:]]).encode()


UNREADABLE = {
    "an archive": zipped,
    "a packed file": gzip.compress,
    "Git's marks of a conflict": conflicting,
    "two notebooks in one": lambda data: data + data,
    "a comma too many": lambda data: data.rstrip()[:-1] + b",}",
    "a script": b"# %% [markdown]\n# # A title\n# %%\nx = 1\n",
    "UTF-7": lambda data: data.decode().encode("utf-7").replace(b"{", b"+AHs-"),
    "a bomb": lambda data: gzip.compress(bytes(50 << 20)),
}
for name, content in UNREADABLE.items():
    add("format", name, as_bytes(content), unreadable=True)


def of_colab(notebook: dict) -> None:
    """Write a notebook as Colab does."""
    notebook["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "accelerator": "GPU",
    }
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("id", None)
        cell["metadata"] |= {"id": f"c{number}", "colab": {"base_uri": "https://localhost:8080/"}, "outputId": "o"}
    notebook["nbformat_minor"] = 0


def of_an_editor(notebook: dict) -> None:
    """Write a notebook as VS Code does."""
    notebook["metadata"] = {"language_info": {"name": "python"}, "orig_nbformat": 4, "vscode": {"interpreter": {}}}
    for cell in notebook["cells"]:
        cell["metadata"] |= {"vscode": {"languageId": "python"}, "collapsed": False}
        cell["source"] = text_of(cell).splitlines(keepends=True)


READABLE = {
    "as Colab writes it": of_colab,
    "as an editor writes it": of_an_editor,
    "format 4.0 without outputs": lambda nb: (
        nb.update(nbformat_minor=0),
        [cell.pop(key, None) for cell in nb["cells"] for key in ("id", "outputs", "execution_count")],
    ),
    "format 4.5 without ids": lambda nb: (nb.update(nbformat_minor=5), [cell.pop("id", None) for cell in nb["cells"]]),
    "counts out of all order": lambda nb: [
        cell.update(execution_count=-(10**30)) for cell in nb["cells"] if cell["cell_type"] == "code"
    ],
    "pictures in code": lambda nb: [cell.update(attachments={"x": {"image/png": 3}}) for cell in nb["cells"]],
    "large outputs": lambda nb: nb["cells"][1].update(
        outputs=[{"output_type": "stream", "name": "stdout", "text": "x" * (8 << 20)}]
    ),
    "sheets of the old format beside the cells": lambda nb: nb.update(worksheets=[{"cells": [{"cell_type": "code"}]}]),
}
for name, change in READABLE.items():
    add("format", name, changed(change))
add(
    "format",
    "lines of an old Macintosh",
    changed(
        lambda nb: [
            cell.update(source=text_of(cell).replace("\n", "\r")) for cell in nb["cells"] if id_of(cell) in BASE
        ]
    ),
)
