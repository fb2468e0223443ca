"""Where a host is looked at: the root folder, the environment and the user, all of which tests may choose.

Rules: every path of the host is written as the host spells it (`/dev/kvm`) and becomes a real one only through
`HostView.path`. What is missing or may not be read is `None`; nothing here raises for it. A symbolic link with an
absolute target leaves a root other than `/`: such a root is for tests and for trees without such links.
"""

# Start-up: pathlib costs 3 ms, a quarter of a bare python3, and every command looks at the host.
# ruff: noqa: PTH110, PTH116

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

import msgspec

DAEMON_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked for when the environment has no PATH: what a libvirt daemon usually has."""


class HostView(msgspec.Struct, frozen=True, kw_only=True):
    """One place to look at a host from."""

    root: str = "/"
    env: Mapping[str, str]
    euid: int
    machine: str
    """`uname -m`."""
    kernel: str
    """`uname -r` and `uname -v` with a blank between them."""

    def path(self, path: str) -> str:
        """The real path of a host's path; a relative one counts from the root."""
        return path if self.root == "/" and path.startswith("/") else f"{self.root.rstrip('/')}/{path.lstrip('/')}"

    def exists(self, path: str) -> bool:
        """Whether there is anything at that path, of whatever kind."""
        return os.path.exists(self.path(path))

    def read(self, path: str, limit: int = 16384) -> str | None:
        """The first `limit` bytes of a small file as text; `None` when it is missing or may not be read."""
        try:
            file = os.open(self.path(path), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            data = read_up_to(file, limit)
        except OSError:
            return None
        finally:
            os.close(file)
        return data.decode("utf-8", "replace")

    def which(self, name: str) -> str | None:
        """The host's path of a program: the first regular, executable file of that name in PATH.

        Relative entries of PATH are passed over: the folder that somebody happens to stand in never decides.
        """
        for folder in self.env.get("PATH", DAEMON_PATH).split(":"):
            if folder.startswith("/") and self.runnable(found := f"{folder.rstrip('/')}/{name}"):
                return found
        return None

    def runnable(self, path: str) -> bool:
        """Whether that path is a regular file that this user may execute."""
        real = self.path(path)
        try:
            regular = stat.S_ISREG(os.stat(real).st_mode)
        except OSError:
            return False
        return regular and os.access(real, os.X_OK)


def here(
    root: str | os.PathLike[str] = "/",
    *,
    env: Mapping[str, str] | None = None,
    euid: int | None = None,
    machine: str | None = None,
) -> HostView:
    """The view of this process, with whatever is given in place of what the process has."""
    system = os.uname()
    return HostView(
        root=os.fspath(root),
        env=dict(os.environ) if env is None else env,
        euid=os.geteuid() if euid is None else euid,
        machine=system.machine if machine is None else machine,
        kernel=f"{system.release} {system.version}",
    )


def read_up_to(file: int, limit: int) -> bytes:
    """The next bytes of an open file until its end, at most `limit`.

    Raises:
        OSError: the kernel refuses to read it.
    """
    parts = []
    while limit > 0 and (part := os.read(file, limit)):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)
