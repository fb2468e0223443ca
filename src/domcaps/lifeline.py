"""What ties a program that we started to our own life, and keeps from it what is none of its business.

Light on purpose: emulators are started before anything heavy is imported.
"""

from __future__ import annotations

import fcntl
import os
import resource
import sys

_SIGKILL = 9


def bind_life(descriptor: int, group: int) -> None:
    """Have the kernel kill a process group when no write end of the pipe `descriptor` reads from is left.

    The setting belongs to the open file, which the child keeps open; nobody ever writes to that pipe. Elsewhere than
    on Linux (and in sandboxes that imitate it without this) there is no such thing: there a program outlives us if we
    are killed with SIGKILL.
    """
    if sys.platform == "linux":
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETSIG, _SIGKILL)
            fcntl.fcntl(descriptor, fcntl.F_SETOWN, -group)
            fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)
        except OSError:
            return


def forbid_core_dump(pid: int) -> None:
    """Let a process of ours leave no core file, however it ends."""
    if sys.platform == "linux":
        try:
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        except (ProcessLookupError, PermissionError):
            return


def inheritable() -> list[int]:
    """Descriptors that we were started with, beyond the standard ones, and that a child of ours would get."""
    found = []
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]  # posix_spawn refuses to close what lies above it
    try:
        names = os.listdir("/proc/self/fd")  # noqa: PTH208 - start-up: pathlib is not imported before QEMU runs
    except OSError:
        return []
    for name in names:
        try:
            if 2 < int(name) < limit and os.get_inheritable(int(name)):
                found.append(int(name))
        except OSError:  # the descriptor of the listing itself
            continue
    return found
