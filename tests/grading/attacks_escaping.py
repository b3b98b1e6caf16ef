"""Escaping: submissions that want to reach the machine, the course, other people, or the network.

What they find, they print after the word FOUND; what they change, the test looks at. The words in double braces are
filled in by the test.
"""

from attacks import add, as_bytes, with_cell

READS = {
    "the gradebook": "print('FOUND', open('{{course}}/gradebook.db', 'rb').read()[:100])",
    "another student": "print('FOUND', open('{{course}}/submitted/anna/work.ipynb').read())",
    "the masters": "import glob\nfor path in glob.glob('{{course}}/**/*', recursive=True):\n    print('FOUND', path)",
    "the whole disk": (
        "import os\nfor folder, _, files in os.walk('/'):\n    if 'canary-of-the-course' in files:\n"
        "        print('FOUND', folder)"
    ),
    "a link to the course": "import os\nos.symlink('{{course}}', 'link')\nprint('FOUND', os.listdir('link'))",
    "the environment": (
        "import os, glob\nfor path in glob.glob('/proc/*/environ'):\n    try:\n        data = open(path, 'rb').read()\n"
        "    except OSError:\n        continue\n    if b'{{secret}}'[:9] + b'{{secret}}'[9:] in data:\n        print('FOUND', path)"
    ),
    "the roots of other processes": (
        "import glob, os\nfor path in glob.glob('/proc/[0-9]*/root') + glob.glob('/proc/[0-9]*/cwd'):\n    try:\n"
        "        if os.path.exists(path + '{{course}}/canary-of-the-course'):\n            print('FOUND', path)\n"
        "    except OSError:\n        pass"
    ),
    "inherited files": (
        "import os\nfor name in os.listdir('/proc/self/fd'):\n    try:\n        target = os.readlink('/proc/self/fd/' + name)\n"
        "    except OSError:\n        continue\n    if target.startswith('/') and not target.startswith('/dev'):\n"
        "        print('FOUND', target)"
    ),
    "a way up through an open folder": (
        "import os\nfor number in range(3, 300):\n    try:\n        print('FOUND', os.listdir(os.open('..', os.O_RDONLY, "
        "dir_fd=number)))\n    except OSError:\n        pass"
    ),
    "other processes": (
        "import os\nfor name in os.listdir('/proc'):\n    if name.isdigit():\n        try:\n"
        "            line = open(f'/proc/{name}/cmdline', 'rb').read()\n        except OSError:\n            continue\n"
        "        if b'/pytest\\0' in line or b'-m\\0pytest' in line:\n            print('FOUND', line)"
    ),
}
for name, source in READS.items():
    add("escape", name, with_cell(source), needs="namespaces")

WRITES = {
    "a file outside": "open('{{outside}}/written', 'w').write('x')",
    "a changed course": "open('{{course}}/gradebook.db', 'ab').write(b'x')",
    "a removed course": "import shutil\nshutil.rmtree('{{course}}', ignore_errors=True)",
    "a changed package": (
        "import course_utils, pathlib\nopen(pathlib.Path(course_utils.__file__).parent / 'written', 'w').write('x')"
    ),
    "writing where Python lies": "import sys, os\nopen(os.path.join(sys.prefix, 'written'), 'w').write('x')",
    "a link that is written through": "import os\nos.symlink('{{outside}}/written', 'link')\nopen('link', 'w').write('x')",
}
for name, source in WRITES.items():
    add("escape", name, with_cell(source))

REACHES = {
    "a connection": (
        "import socket\nfor host in ('127.0.0.1', '{{address}}', 'localhost'):\n    try:\n"
        "        socket.create_connection((host, {{port}}), 1).send(b'FOUND')\n    except OSError:\n        pass"
    ),
    "a datagram": "import socket\nsocket.socket(type=socket.SOCK_DGRAM).sendto(b'FOUND', ('127.0.0.1', {{udp}}))",
    "a socket by its path": (
        "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('{{outside}}/listening')\ns.send(b'FOUND')"
    ),
    "a socket without a path": (
        "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0{{abstract}}')\ns.send(b'FOUND')"
    ),
    "a name on the network": "import socket\nprint('FOUND', socket.gethostbyname('example.org'))",
    "a server of one's own": "import socket\ns = socket.create_server(('', 0))\nprint(s.getsockname())",
}
for name, source in REACHES.items():
    add("escape", name, with_cell(source), needs="namespaces")

POWERS = {
    "ending the parent": (
        "import os, signal\nfor pid in {os.getppid(), {{pid}}, *range(2, 400)} - {os.getpid()}:\n    try:\n"
        "        os.kill(pid, signal.SIGTERM)\n    except OSError:\n        pass"
    ),
    "tracing the parent": (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nfor pid in (os.getppid(), 1, {{pid}}):\n"
        "    if libc.ptrace(16, pid, 0, 0) == 0:\n        print('FOUND', pid)"
    ),
    "becoming the superuser": (
        "import os\nfor call in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.chroot('/')):\n"
        "    try:\n        call()\n        print('FOUND')\n    except OSError:\n        pass"
    ),
    "namespaces of one's own": (
        "import ctypes\nlibc = ctypes.CDLL(None)\nif libc.unshare(0x10000000 | 0x20000) == 0:\n    print('FOUND')"
    ),
    "a mount": (
        "import ctypes\nlibc = ctypes.CDLL(None)\nif libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None) == 0:\n"
        "    print('FOUND')"
    ),
    "more of everything": (
        "import resource\nfor name in ('RLIMIT_DATA', 'RLIMIT_NPROC', 'RLIMIT_CPU', 'RLIMIT_FSIZE'):\n    try:\n"
        "        resource.setrlimit(getattr(resource, name), (resource.RLIM_INFINITY,) * 2)\n        print('FOUND', name)\n"
        "    except (ValueError, OSError):\n        pass"
    ),
    "the kernel's settings": "open('/proc/sys/kernel/core_pattern', 'w').write('|/bin/sh')\nprint('FOUND')",
    "groups of one's own": "import os\nos.mkdir('/sys/fs/cgroup/pids/mine')\nprint('FOUND')",
}
for name, source in POWERS.items():
    add("escape", name, with_cell(source), needs="namespaces")

DAEMON = """import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(0.1)
    os._exit(0)
"""
add("escape", "a daemon", with_cell(DAEMON))
for name in ("../escaped", "/tmp/escaped-{{pid}}", "a/../../escaped", "./../escaped"):
    add("escape", f"a file called {name}", as_bytes(lambda notebook: notebook), files={name: b"x"}, needs="refused")
