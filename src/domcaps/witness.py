"""What an answer depended on, written down so that a later call can see whether it still holds.

A witness is a line: what was looked at, and what was seen. `see` looks again; an answer is good as long as every line
of it is seen as before. Nothing but the standard library's core is imported: a warm call does little else.
"""

from __future__ import annotations

import os
import stat
import sys

NOTHING = "-"
"""What is seen where there is nothing to see."""

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


def see(kind: str, subject: str) -> str:
    """Look at one thing; never fails, and what cannot be seen is seen so.

    Args:
        kind: a key of `KINDS`.
        subject: a path, or what else the kind looks at.
    """
    look = KINDS.get(kind)
    return NOTHING if look is None else look(subject).replace("\n", "\\n").replace("\t", " ")


def witness(kind: str, subject: str) -> str:
    """A line of what is seen now."""
    return f"{kind}\t{subject}\t{see(kind, subject)}"


def holds(line: str) -> bool:
    """Whether what a line says is still seen."""
    kind, _, rest = line.partition("\t")
    subject, _, seen = rest.partition("\t")
    return see(kind, subject) == seen


def _file(path: str) -> str:
    """A file's identity: device, inode, size, times of change, mode and owner."""
    try:
        found = os.stat(path)  # noqa: PTH116 - start-up: no pathlib here
    except OSError:
        return NOTHING
    if stat.S_ISCHR(found.st_mode):
        return f"{found.st_rdev} {found.st_mode} {found.st_uid} {found.st_gid}"
    return (
        f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} "
        f"{found.st_mode} {found.st_uid}"
    )


def _folder(path: str) -> str:
    """The names in a folder."""
    try:
        return "/".join(sorted(os.listdir(path)))  # noqa: PTH208 - start-up: no pathlib here
    except OSError:
        return NOTHING


def _filled(path: str) -> str:
    """Whether a folder has any entry."""
    try:
        with os.scandir(path) as entries:
            return str(next(entries, None) is not None)
    except OSError:
        return NOTHING


def _files(path: str) -> str:
    """A folder's own identity, and that of every file in it."""
    names = _folder(path)
    return names if names == NOTHING else ";".join(f"{name} {_file(f'{path}/{name}')}" for name in names.split("/"))


def _text(path: str) -> str:
    """The first 4 KiB of a file."""
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
    first = _text(path).partition("\n\n")[0]
    return ";".join(line for line in first.split("\n") if line.startswith(_CPU_LINES))


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


def find_program(name: str) -> str | None:
    """The path of a program in PATH (relative folders are passed over), or of one at an absolute path."""
    folders = [""] if name.startswith("/") else os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").split(":")
    for folder in folders:
        path = f"{folder.rstrip('/')}/{name}" if folder else name
        if path.startswith("/") and os.access(path, os.X_OK) and os.path.isfile(path):  # noqa: PTH113 - as above
            return path
    return None


def _which(name: str) -> str:
    """The path of a program in PATH, and its identity."""
    path = find_program(name)
    return NOTHING if path is None else f"{path} {_file(path)}"


def _link(path: str) -> str:
    """Where a path leads in the end."""
    return os.path.realpath(path)


def _program(path: str) -> str:
    """A program: where its path leads, its identity, and whether it may be run."""
    return f"{os.path.realpath(path)} {_file(path)} {os.access(path, os.X_OK)}"


def _kernel(_: str) -> str:
    system = os.uname()
    return f"{system.release} {system.version} {system.machine}"


def _user(_: str) -> str:
    return f"{os.geteuid()} {os.getegid()}"


def _environment(name: str) -> str:
    return os.environ.get(name, NOTHING)


def _python(_: str) -> str:
    return f"{sys.version} {sys.prefix}"


def _here(_: str) -> str:
    """The folder that we stand in, which may be gone."""
    try:
        return os.getcwd()  # noqa: PTH109 - start-up: no pathlib here
    except OSError:
        return NOTHING


KINDS = {
    "file": _file,
    "folder": _folder,
    "filled": _filled,
    "files": _files,
    "text": _text,
    "cpu": _cpu,
    "kvm": _kvm,
    "which": _which,
    "link": _link,
    "program": _program,
    "kernel": _kernel,
    "user": _user,
    "environment": _environment,
    "python": _python,
    "here": _here,
}
"""Ways to look, by the word that stands in a line."""
