"""Edge: run a small program of the host and collect what it says, within a time limit.

Rules: standard input is empty, the words are the C locale's; the program has a process group of its own, which is
killed when the time is up, in any case before this returns, and by the kernel when we are gone: nothing stays behind.
"""

from __future__ import annotations

import contextlib
import os
import signal

import msgspec

from domcaps.errors import ProbeError
from domcaps.host.view import HostView
from domcaps.lifeline import bind_life

MOST_SAID = 1 << 20
"""Characters of output beyond which the rest does not matter."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a program said, and how it ended."""

    status: int
    out: str
    err: str


def ask_program(view: HostView, program: str, *arguments: str, timeout: float) -> Said:
    """Run the program at a path of the host; it may fail, its status tells.

    Raises:
        ProbeError: it cannot be started, or has not ended when the time (seconds) is up.
    """
    import subprocess  # noqa: PLC0415 - start-up: only hosts with Xen or bhyve run programs this way

    life, held = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603 - the program is one that the host's PATH gave
            [view.path(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**view.env, "LC_ALL": "C"},
            start_new_session=True,
            pass_fds=(life,),
        )
        bind_life(life, process.pid)
    except OSError as error:
        os.close(held)
        raise ProbeError(f"{program} cannot be started: {error.strerror}", subject=program) from None
    finally:
        os.close(life)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise ProbeError(f"{program} did not end within {timeout:g} seconds", subject=program) from None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # only the dead are in that group
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        os.close(held)
    return Said(status=process.returncode, out=out[:MOST_SAID], err=err[:MOST_SAID])
