"""Put on PYTHONPATH, this keeps a Python process, and every kernel it starts, off the network, and its start short.

Python imports ``sitecustomize`` before anything else. Where COURSE_OFFLINE is set, a socket connects to this
machine only: a lesson that would download something fails, at a developer's desk as in a class without a network.
"""

import ipaddress
import os
import socket
import sys


class NetworkBlocked(OSError):
    """The tests run offline."""


def is_here(family: int, address) -> bool:
    """Tell whether an address is on this machine. A name other than localhost is not looked up."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = address[0]
    try:
        return host in ("", "localhost") or ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


def block() -> None:
    """Let sockets connect to this machine only."""

    def guarded(name):
        original = getattr(socket.socket, name)

        def method(self, *arguments):
            if not is_here(self.family, arguments[-1]):
                raise NetworkBlocked(f"the tests run offline, and something wants to reach {arguments[-1]!r}")
            return original(self, *arguments)

        return method

    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, guarded(name))
    look_up = socket.getaddrinfo

    def getaddrinfo(host, *arguments, **options):
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name != socket.gethostname() and not is_here(socket.AF_INET, (name,)):
            raise NetworkBlocked(f"the tests run offline, and something looks for {name!r}")
        return look_up(host, *arguments, **options)

    socket.getaddrinfo = getaddrinfo


if os.environ.get("COURSE_OFFLINE"):
    block()
    sys.modules.setdefault("rfc3987_syntax", None)  # as course.leave_out_a_grammar does: two seconds a process
