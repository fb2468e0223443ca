"""`swtpm_setup --print-capabilities`, asked in two steps because it takes 15 ms and more.

Rules: `SwtpmQuestion` starts the program, `versions()` waits for it; whatever goes wrong means *no version*, never an
error. The program runs in a session of its own, without terminal, with next to nothing of our environment; its group is
killed when the time is up, before the question is left, and by the kernel when we are gone, so that nothing stays.
"""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from domcaps.host.swtpm import Swtpm, versions_in
from domcaps.host.view import DAEMON_PATH, HostView
from domcaps.lifeline import bind_life, forbid_core_dump, inheritable

TIMEOUT = 5.0
"""Seconds that swtpm_setup has before it counts as broken."""

MOST_BYTES = 1 << 20

_KEPT = ("PATH", "LD_LIBRARY_PATH", "HOME", "XDG_CONFIG_HOME")
"""What swtpm_setup gets of our environment: where its programs, libraries and settings are."""


class SwtpmQuestion:
    """`swtpm_setup --print-capabilities` under way. Use as a context, or call `versions` or `close`."""

    __slots__ = ("_deadline", "_lifeline", "_output", "_pid")

    def __init__(self, swtpm: Swtpm, view: HostView, *, timeout: float = TIMEOUT) -> None:
        """Start the program; that it cannot be started is the answer *no version*."""
        self._deadline = time.monotonic() + timeout
        self._pid = 0
        self._output, write = os.pipe()
        life, self._lifeline = os.pipe()
        try:
            self._pid = _spawn(view.path(swtpm.setup), view, write, life)
            bind_life(life, self._pid)
            forbid_core_dump(self._pid)
        except OSError:
            self._pid = 0
        except BaseException:
            self.close()
            raise
        finally:
            os.close(write)
            os.close(life)

    def versions(self) -> tuple[str, ...]:
        """Wait for the answer, at most until the timeout since the start.

        Returns:
            `1.2`, `2.0`, both or neither; neither also when the program failed or took too long.
        """
        try:
            reply = self._read()
            return versions_in(reply) if reply is not None and self._succeeded() else ()
        finally:
            self.close()

    def close(self) -> None:
        """Kill what is left of the program and its children, and forget the question. Harmless when done already."""
        for descriptor in (self._output, self._lifeline):
            if descriptor >= 0:
                os.close(descriptor)
        self._output = self._lifeline = -1
        if self._pid:
            with suppress(ProcessLookupError, PermissionError):  # only the dead are in that group
                os.killpg(self._pid, signal.SIGKILL)  # before the wait: until then the number can mean no one else
            with suppress(ChildProcessError):  # SIGCHLD is ignored: the kernel has collected it
                os.waitpid(self._pid, 0)
            self._pid = 0

    def _read(self) -> bytes | None:
        """All of the standard output; `None` when there is no process, no end in time or too much of it."""
        parts: list[bytes] = []
        size = 0
        ready = select.poll()
        ready.register(self._output, select.POLLIN)
        while self._pid and size <= MOST_BYTES and ready.poll(self._milliseconds_left()):
            part = os.read(self._output, 65536)
            if not part:
                return b"".join(parts)
            parts.append(part)
            size += len(part)
        return None

    def _succeeded(self) -> bool:
        """Whether the program ends in time with status 0. It is looked at, not yet reaped."""
        pause = 0.0005
        try:
            while (ended := os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is None:
                if not self._milliseconds_left():
                    return False
                time.sleep(pause)
                pause = min(pause * 2, 0.02)
        except ChildProcessError:  # this process ignores SIGCHLD, so nobody knows the status: the output must do
            self._pid = 0
            return True
        return ended.si_code == os.CLD_EXITED and ended.si_status == 0

    def _milliseconds_left(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _spawn(program: str, view: HostView, output: int, life: int) -> int:
    nothing, place = os.devnull, max(output, life, 2) + 1
    foreign = [number for number in inheritable() if number != place]
    return os.posix_spawn(
        program,
        (program, "--print-capabilities"),
        {"PATH": DAEMON_PATH, **{name: view.env[name] for name in _KEPT if name in view.env}, "LC_ALL": "C"},
        file_actions=(
            (os.POSIX_SPAWN_DUP2, life, place),
            (os.POSIX_SPAWN_DUP2, output, 1),
            (os.POSIX_SPAWN_OPEN, 0, nothing, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, nothing, os.O_WRONLY, 0),
            *((os.POSIX_SPAWN_CLOSE, number) for number in foreign),
        ),
        setsid=True,
        setsigmask=(),
        setsigdef=(signal.SIGINT, signal.SIGPIPE),
    )
