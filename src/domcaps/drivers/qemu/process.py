"""An emulator process of ours: started with next to no rights, watched, and certain to end.

The rules it keeps:

- Nothing in the file system. The monitor is one end of a socket pair that the emulator inherits; the option that
  names it comes over standard input (`-readconfig /dev/stdin`).
- Certain to end, with its whole group, even if we are killed with SIGKILL at any moment: the kernel sends SIGKILL to
  the group when the write end of a pipe that only we hold is closed (`F_SETSIG`, fcntl(2), Linux). The configuration
  is sent after that is arranged; an emulator that never gets it refuses to start for want of its monitor's chardev.
  When we end it ourselves, what left its group is found by its environment and killed, too.
- No terminal, no signals of ours, no environment but what finds libraries and modules, no core dump, none of our file
  descriptors but its own; where the program is linked with libseccomp, in QEMU's sandbox.
- What it prints is read and thrown away, but for the last `TAIL` bytes.

Light on purpose: it starts emulators before anything heavy is imported (no `socket`, `subprocess`, `msgspec`).
"""

from __future__ import annotations

import errno
import os
import select
import sys
import time
from _socket import socketpair  # `socket` builds enums for 7 ms before the emulator could start

from domcaps.errors import ProbeError
from domcaps.lifeline import bind_life, forbid_core_dump, inheritable

TAIL = 4096
"""Bytes of its output that are kept: QEMU's complaints are a line or two."""
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "QEMU_MODULE_DIR", "DYLD_LIBRARY_PATH")
_MARK = "DOMCAPS_PROBE"
"""Environment variable that its descendants can be known by."""
_SIGKILL = 9
_SIGPIPE = 13
_REAP_SECONDS = 5.0
_MOST_CHILDREN = 64
_PAUSES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Seconds between two looks for what is to be gone."""
_ARGUMENTS = (
    "-S",
    "-no-user-config",
    "-nodefaults",
    "-nographic",
    "-readconfig",
    "/dev/stdin",
    "-mon",
    "chardev=mon,mode=control",
)
_SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
"""All that QEMU's sandbox can forbid, as libvirt forbids it to guests: above all to start programs."""


class Process:
    """One running emulator: its monitor, its output, its end.

    Attributes:
        path: the program, as it was given.
        monitor: file descriptor of our end of the monitor, non-blocking; -1 when ended.
        output: file descriptor of its standard output and error together, non-blocking; -1 when ended.
        started: `time.monotonic()` of its start.
        sandboxed: it was asked to run in QEMU's sandbox.
    """

    __slots__ = ("_lifeline", "_mark", "_pid", "_tail", "monitor", "output", "path", "sandboxed", "started", "status")

    def __init__(self, path: str, accelerators: str, *, opening: bytes = b"", sandbox: bool = False) -> None:
        """Start `path` for `accelerators` (`kvm:tcg`) and write `opening`, what the monitor is asked first.

        Raises:
            ProbeError: the program cannot be started.
        """
        self.path = path
        self.sandboxed = sandbox
        self.started = time.monotonic()
        self.monitor = self.output = self._lifeline = self._pid = -1
        self.status: int | None = None
        self._tail = b""
        self._mark = ""
        confined = ("-sandbox", _SANDBOX) if sandbox else ()
        arguments = (path, *_ARGUMENTS, "-machine", f"none,accel={accelerators}", *confined)
        try:
            self._start(arguments)
            self._say(opening)
        except OSError as error:
            self.end()
            raise ProbeError(_why_not_started(path, error), subject=path) from error
        except BaseException:
            self.end()
            raise

    def _start(self, arguments: tuple[str, ...]) -> None:
        theirs: list[int] = []
        try:
            ours, other = socketpair()
            self.monitor = ours.detach()
            theirs.append(other.detach())
            reading, self._lifeline = os.pipe()
            theirs.append(reading)
            reading, configuration = os.pipe()
            theirs += (reading, configuration)
            self.output, writing = os.pipe()
            theirs.append(writing)
            os.set_blocking(self.monitor, False)
            os.set_blocking(self.output, False)
            self._mark = f"{os.getpid()}-{os.fstat(self._lifeline).st_ino}"
            number = max(self.monitor, self._lifeline, self.output, *theirs) + 1
            self._pid = os.posix_spawn(
                arguments[0],
                arguments,
                {**_environment(), _MARK: self._mark},
                file_actions=_descriptors(number, (theirs[0], theirs[1], theirs[2], writing)),
                setsid=True,
                setsigmask=(),
                setsigdef=(_SIGPIPE,),
            )
            bind_life(theirs[1], self._pid)
            forbid_core_dump(self._pid)
            _write_all(configuration, f'[chardev "mon"]\n  backend = "socket"\n  fd = "{number}"\n'.encode())
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    def _say(self, opening: bytes) -> None:
        if opening:
            _write_all(self.monitor, opening)

    def __del__(self) -> None:
        """For an interrupt between a start and the `try` that would end it."""
        self.end()

    def exited(self) -> bool:
        """Whether the process itself is gone (others of its group may live); its end stays to be called."""
        if self._pid < 0:
            return True
        if not hasattr(os, "waitid"):  # macOS before Python 3.13: it cannot be told without reaping it
            return self._reaped()
        try:
            state = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        if state is None:
            return False
        code = state.si_status
        self.status = code if state.si_code == os.CLD_EXITED else -code
        return True

    def _reaped(self) -> bool:
        try:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid:
            self.status = os.waitstatus_to_exitcode(status)
        return bool(pid)

    def others(self) -> list[str]:
        """The programs that it and its children run now, but for the one that was started: a script's.

        Only Linux tells; the path of one that was removed has ` (deleted)` at its end.
        """
        own, found, pids = os.path.realpath(self.path), dict[str, None](), [self._pid]
        for pid in pids:
            if len(pids) > _MOST_CHILDREN:
                break
            try:
                found[os.readlink(f"/proc/{pid}/exe")] = None  # noqa: PTH115 - start-up: no pathlib before QEMU runs
                with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:  # noqa: PTH123 - as in `links_seccomp`
                    pids += map(int, file.read().split())
            except OSError:
                continue
        return [path for path in found if path != own]

    def swallow(self) -> bool:
        """Read a piece of its output, keep the end of it; False when there is no more for now or ever."""
        try:
            piece = os.read(self.output, 1 << 16)
        except OSError:
            return False
        self._tail = (self._tail + piece)[-TAIL:]
        return bool(piece)

    def last_words(self) -> str:
        """The end of what it printed, as text without control characters."""
        text = self._tail.decode("utf-8", "replace")
        lines = ("".join(char if char.isprintable() else " " for char in line).strip() for line in text.split("\n"))
        return "\n".join(line for line in lines if line)

    def end(self) -> None:
        """Kill its group, reap and close; may be called at any time, and again.

        With SIGKILL: at `-S` and without a machine the emulator holds nothing that a farewell (`quit`) would save.
        """
        self.exited()
        if self._pid > 0:
            _kill_if_there(-self._pid)
        for _ in range(8):  # what is still in the pipe, and no more: a child that escaped may write for ever
            if self.output < 0 or not self.swallow():
                break
        pid, self._pid = self._pid, -1
        if pid > 0:
            _reap(pid)
        if pid > 0 and sys.platform == "linux":
            _hunt(self._lifeline, f"{_MARK}={self._mark}".encode(), closely=not self.sandboxed)
        for descriptor in (self.monitor, self.output, self._lifeline):
            if descriptor >= 0:
                os.close(descriptor)
        self.monitor = self.output = self._lifeline = -1


def links_seccomp(path: str) -> bool:
    """Whether the program is linked with libseccomp, that is, whether this QEMU has `-sandbox`.

    Reads the ELF headers and the dynamic section of a 64-bit program only (System V gABI, chapters 4 and 5); any other
    file, or none: no.
    """
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - start-up: pathlib is not imported before QEMU runs
            head = file.read(4096)
            if head[:5] != b"\x7fELF\x02":
                return False
            return any(name == b"libseccomp.so" for name in _needed(file.fileno(), head, len("libseccomp.so")))
    except (OSError, ValueError):
        return False


def _needed(descriptor: int, head: bytes, length: int) -> list[bytes]:
    """The first `length` bytes of the name of each library that the dynamic section calls for (DT_NEEDED)."""

    def word(data: bytes, at: int, size: int = 8) -> int:
        return int.from_bytes(data[at : at + size], "little" if head[5] == 1 else "big")

    start, size, count = word(head, 32), word(head, 54, 2), word(head, 56, 2)
    headers = [head[at : at + size] for at in range(start, start + size * count, size)]
    loads = [(word(header, 16), word(header, 8), word(header, 32)) for header in headers if word(header, 0, 4) == 1]
    dynamic = b""
    for header in headers:
        if word(header, 0, 4) == 2:
            dynamic = os.pread(descriptor, min(word(header, 32), 1 << 16), word(header, 8))
    tags = [(word(dynamic, at), word(dynamic, at + 8)) for at in range(0, len(dynamic) - 15, 16)]
    table = dict(tags).get(5, 0)
    for address, offset, extent in loads:
        if address <= table < address + extent:
            begin = table - address + offset
            return [os.pread(descriptor, length, begin + value) for tag, value in tags if tag == 1]
    return []


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C"}


def _descriptors(number: int, given: tuple[int, int, int, int]) -> list[tuple[int, ...]]:
    """What posix_spawn does to the child's descriptors; `given`: monitor, lifeline, standard input, output.

    `number` lies above all of ours, so that no step overwrites what a later one reads, even when our own standard
    descriptors were closed. The monitor becomes `number`, the lifeline the next.
    """
    copy, close = os.POSIX_SPAWN_DUP2, os.POSIX_SPAWN_CLOSE
    actions: list[tuple[int, ...]] = [(copy, source, number + place) for place, source in enumerate(given)]
    actions += [(copy, number + 2, 0), (copy, number + 3, 1), (copy, number + 3, 2)]
    actions += [(close, number + 2), (close, number + 3)]
    actions += [(close, inherited) for inherited in inheritable() if not number <= inherited < number + 4]
    return actions


def _write_all(descriptor: int, data: bytes) -> None:
    """Write what fits into a fresh pipe or socket; who is gone already shows as gone when its monitor is read."""
    try:
        written = os.write(descriptor, data)
    except (BrokenPipeError, ConnectionResetError):
        return
    if written < len(data):
        raise BlockingIOError(f"only {written} of {len(data)} bytes fit")


def _reap(pid: int) -> None:
    """Wait for a killed process; one that the kernel cannot end yet (a hung disk) is left to init after a while."""
    pause, until = 0.0002, time.monotonic() + _REAP_SECONDS
    while time.monotonic() < until:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return
        except ChildProcessError:
            return
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def _hunt(lifeline: int, mark: bytes, *, closely: bool) -> None:
    """Kill what left the group: while anything inherited the pipe's other end, poll(2) reports no error on ours.

    `closely`: look for what closed that end, too, as daemons do; QEMU in its sandbox has no children.
    """
    poll = select.poll()
    poll.register(lifeline, 0)
    for pause in _PAUSES:
        if poll.poll(1000 * pause):
            break
        if pause > 0.002:  # those of the group need a moment to be gone
            _kill_marked(mark)
    for pause in _PAUSES if closely else ():  # one may have had a child while we looked, and it takes a moment to die
        if not _kill_marked(mark):
            break
        time.sleep(pause)


def _kill_marked(mark: bytes) -> bool:
    """Kill who has the mark in its environment; whether there was any."""
    found = _marked(mark)
    for pid in found:
        _kill_if_there(pid)
    return bool(found)


def _kill_if_there(pid: int) -> None:
    """SIGKILL to a process, or to the group of a negative number."""
    try:
        os.kill(pid, _SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _marked(mark: bytes) -> list[int]:
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - as in `others`
        try:
            with open(f"/proc/{name}/environ", "rb") as file:  # noqa: PTH123 - as in `links_seccomp`
                if name.isdigit() and mark in file.read(1 << 16).split(b"\0"):
                    found.append(int(name))
        except OSError:
            continue
    return found


def _why_not_started(path: str, error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.errno == errno.EBADF:  # the child's descriptors would be numbered above the limit
        reason = os.strerror(errno.EMFILE)
    if os.path.isdir(path):  # noqa: PTH112 - start-up: pathlib is not imported before QEMU runs
        reason = "it is a directory"
    elif isinstance(error, FileNotFoundError) and os.path.exists(path):  # noqa: PTH110 - as above
        reason = f"{reason} (a program that it needs itself, its interpreter, is missing)"
    return f"cannot start the emulator {path}: {reason}"
