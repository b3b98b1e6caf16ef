"""Numbers of the system calls that are made, or refused, by number: the C library has no name for some of them.

Linux gave the calls since 2019 (424 and above) one number everywhere; the older ones differ from processor to
processor. The two processors that course machines have are written out. On any other, the sandboxes that need a
number do not work, and say so.
"""

import errno
import os
import platform
import struct

EVERYWHERE = {
    "io_uring_setup": 425,
    "open_tree": 428,
    "open_tree_attr": 467,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "clone3": 435,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
    "memfd_secret": 447,
    "fchmodat2": 452,
    "setxattrat": 463,
    "removexattrat": 466,
    "file_setattr": 469,
}

# name: number on x86_64, number on aarch64; None where there is no such call
OLDER = {
    "socket": (41, 198),
    "shmget": (29, 194),
    "clone": (56, 220),
    "semget": (64, 190),
    "msgget": (68, 186),
    "fcntl": (72, 25),
    "flock": (73, 32),
    "truncate": (76, 45),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "ptrace": (101, 117),
    "syslog": (103, 116),
    "capget": (125, 90),
    "capset": (126, 91),
    "utime": (132, None),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "acct": (163, 89),
    "inotify_add_watch": (254, 27),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "mount": (165, 40),
    "umount2": (166, 39),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "quotactl": (179, 60),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "sched_setaffinity": (203, 122),
    "utimes": (235, None),
    "mq_open": (240, 180),
    "kexec_load": (246, 104),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "ioprio_set": (251, 30),
    "fchownat": (260, 54),
    "futimesat": (261, None),
    "fchmodat": (268, 53),
    "unshare": (272, 97),
    "utimensat": (280, 88),
    "perf_event_open": (298, 241),
    "prlimit64": (302, 261),
    "open_by_handle_at": (304, 265),
    "setns": (308, 268),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "finit_module": (313, 273),
    "sched_setattr": (314, 274),
    "memfd_create": (319, 279),
    "kexec_file_load": (320, 294),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
}
COLUMNS = {"x86_64": 0, "aarch64": 1}


def processor() -> str:
    """Return "x86_64" or "aarch64"; raise OSError on any other processor, and in a 32-bit Python."""
    name = platform.machine()
    if name not in COLUMNS or struct.calcsize("P") != 8:
        raise OSError(errno.ENOSYS, f"the numbers of the system calls are not known on {name}", os.uname().sysname)
    return name


def known(name: str) -> int:
    """Return the number of a call that this processor must have."""
    found = number(name)
    assert found is not None, name
    return found


def number(name: str) -> int | None:
    """Return the number of a call on this processor; None if this processor has no such call."""
    column = COLUMNS[processor()]
    return EVERYWHERE[name] if name in EVERYWHERE else OLDER[name][column]
