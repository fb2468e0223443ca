"""What an answer depended on, written down so that a later call can see whether it still holds.

A witness is a line: what was looked at, and what was seen. `see` looks again; an answer is good as long as every line
of it is seen as before. Nothing but the standard library's core is imported: a warm call does little else.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False  # start-up: importing typing for it costs as much as a bare interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Look = tuple[Callable[[str], str], str, str]

NOTHING = "-"
"""What is seen where there is nothing to see."""

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked for when the environment has no PATH."""

_CPU_LINES = (
    "vendor_id",
    "cpu family",
    "model",
    "stepping",
    "microcode",
    "flags",
    "address sizes",
    "cpu\t",
    "revision",
)
_KVM_CHECK_EXTENSION = 0xAE03
_KVM_CAP_MAX_VCPUS = 66
_REGULAR = 3
"""Blanks in what `_file` says of anything but a device."""


def see(kind: str, subject: str) -> str:
    """Look at one thing; never fails, and what cannot be seen is seen so.

    Args:
        kind: a key of `KINDS`.
        subject: a path, or what else the kind looks at.
    """
    look = KINDS.get(kind)
    return NOTHING if look is None else look(subject)


def witness(kind: str, subject: str) -> str:
    """A line of what is seen now."""
    return f"{kind}\t{subject}\t{see(kind, subject)}"


def holds(line: str) -> bool:
    """Whether what a line says is still seen."""
    look, subject, seen = _look(line)
    return look(subject) == seen


class Watch:
    """Lines taken apart, for a process that looks again and again: `holds()` is `all(map(holds, lines))`, and faster.

    Most lines are files that are there or are not: nothing stands between one system call for them and the next.
    """

    __slots__ = ("_files", "_others", "_there")

    def __init__(self, lines: Iterable[str]) -> None:
        files, there, others = [], [], []
        for line in dict.fromkeys(lines):
            look, subject, seen = _look(line)
            if look is _nothing or look is _there:
                there.append((subject, seen == str(True)))
            elif look is _file and seen.count(" ") == _REGULAR:
                device, inode, size, changed = map(int, seen.split())
                files.append((subject, changed, inode, size, device))
            else:
                others.append((look, subject, seen))
        self._files, self._there, self._others = tuple(files), tuple(there), tuple(others)

    def holds(self) -> bool:
        """Whether all is still seen as it was."""
        look, access, exists = os.stat, os.access, os.F_OK
        try:
            for path, changed, inode, size, device in self._files:
                found = look(path)
                if found.st_ctime_ns != changed or found.st_ino != inode:
                    return False
                if found.st_size != size or found.st_dev != device:
                    return False
        except OSError:
            return False
        for path, there in self._there:
            if access(path, exists) != there:
                return False
        for see_again, subject, seen in self._others:  # noqa: SIM110 - as above: no generator between the looks
            if see_again(subject) != seen:
                return False
        return True


def _look(line: str) -> Look:
    kind, _, rest = line.partition("\t")
    subject, _, seen = rest.partition("\t")
    if seen == NOTHING and kind == "file":
        return _nothing, subject, seen
    return KINDS.get(kind, _unknown), subject, seen


def _unknown(_: str) -> str:
    return NOTHING


def _line(text: str) -> str:
    """Text as part of a witness."""
    return text.replace("\n", "\\n").replace("\t", " ")


def _file(path: str) -> str:
    """A file's or a folder's identity: device, inode, size, and the time of change, which every change renews."""
    try:
        found = os.stat(path)  # noqa: PTH116 - start-up: no pathlib here
    except OSError:
        return NOTHING
    if stat.S_ISCHR(found.st_mode):
        return f"{found.st_rdev} {found.st_mode} {found.st_uid} {found.st_gid} {os.access(path, os.R_OK | os.W_OK)}"
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_ctime_ns}"


def _nothing(path: str) -> str:
    """As `_file`, for a path where nothing was: what raises no exception costs half as much."""
    return "something" if os.access(path, os.F_OK) else NOTHING


def _there(path: str) -> str:
    """Whether there is anything."""
    return str(os.access(path, os.F_OK))


def _inode(path: str) -> str:
    """The number of a folder of /sys/module, which a module that is loaded again gets anew."""
    return str(os.stat(path).st_ino) if os.access(path, os.F_OK) else NOTHING  # noqa: PTH116 - as above


def _filled(path: str) -> str:
    """Whether a folder of /sys has folders in it, which its count of links tells."""
    try:
        return str(os.stat(path).st_nlink > 2)  # noqa: PTH116 - as above
    except OSError:
        return NOTHING


def _text(path: str) -> str:
    """The first 4 KiB of a file."""
    return _line(_read(path))


def _read(path: str) -> str:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return NOTHING
    try:
        return os.read(file, 4096).decode("utf-8", "replace").strip()
    except OSError:
        return NOTHING
    finally:
        os.close(file)


def _cpu(path: str) -> str:
    """What /proc/cpuinfo says of the first CPU, less what changes from one moment to the next."""
    first = _read(path).partition("\n\n")[0]
    return _line(";".join(line for line in first.split("\n") if line.startswith(_CPU_LINES)))


def _kvm(path: str) -> str:
    """Whether the device can be opened, and how many vCPUs it allows."""
    try:
        device = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        return str(error.errno)
    try:
        import fcntl  # noqa: PLC0415 - only here, and only where there is KVM

        return f"open {fcntl.ioctl(device, _KVM_CHECK_EXTENSION, _KVM_CAP_MAX_VCPUS)}"
    except OSError as error:
        return str(error.errno)
    finally:
        os.close(device)


def search_folders() -> list[str]:
    """The folders of PATH that count: relative ones are passed over."""
    named = os.environ.get("PATH", PATH).split(":")
    return list(dict.fromkeys(folder.rstrip("/") for folder in named if folder.startswith("/")))


def find_program(name: str) -> str | None:
    """The path of a program in PATH, or of one at an absolute path."""
    for folder in [""] if name.startswith("/") else search_folders():
        path = f"{folder}/{name}" if folder or not name.startswith("/") else name
        if is_program(path):
            return path
    return None


def is_program(path: str) -> bool:
    """Whether that is a regular file that this user may execute."""
    return os.access(path, os.X_OK) and os.path.isfile(path)  # noqa: PTH113 - start-up: no pathlib here


def _link(path: str) -> str:
    """Where a path leads in the end."""
    return _line(os.path.realpath(path))


def _kernel(_: str) -> str:
    system = os.uname()
    return f"{system.release} {system.version} {system.machine}"


def _user(_: str) -> str:
    return f"{os.geteuid()} {os.getegid()}"


def _environment(name: str) -> str:
    return _line(os.environ.get(name, NOTHING))


def _here(_: str) -> str:
    """The folder that we stand in, which may be gone."""
    try:
        return _line(os.getcwd())  # noqa: PTH109 - start-up: no pathlib here
    except OSError:
        return NOTHING


KINDS = {
    "file": _file,
    "there": _there,
    "inode": _inode,
    "filled": _filled,
    "text": _text,
    "cpu": _cpu,
    "kvm": _kvm,
    "link": _link,
    "kernel": _kernel,
    "user": _user,
    "environment": _environment,
    "here": _here,
}
"""Ways to look, by the word that stands in a line."""
