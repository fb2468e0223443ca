"""A real libvirt daemon, started by hand, private and harmless: the oracle of the live tests.

It is the system daemon (`qemu:///system`, the one that people ask), run without systemd and without touching the
system's own libvirt:

- its own mount namespace: /etc/libvirt, /var/lib/libvirt, /var/cache/libvirt, /var/log/libvirt and /run are a
  temporary directory's, so no file of the system changes and its cache starts empty. /etc/qemu and /usr/share
  stay the system's: firmware descriptors and the CPU map are those of the host;
- its own network namespace: it can make no bridge and no firewall rule;
- its own PID namespace: when the daemon ends, or this object is closed or killed, so does everything that it started.

Process 1 of that namespace is a shell and not libvirtd: emulators that libvirt starts for probing detach themselves, so
process 1 has to reap them; libvirtd does not, and waits 40 s for each.

`user = "root"` lets emulators open a /dev/kvm that only root may open. What the documents say does not depend on it.
A session daemon (`qemu:///session`) would need no namespaces, but it also reads ~/.config/qemu/firmware and sees no
other user's rights, so it is not what `virsh domcapabilities` prints for most people.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_INSIDE = """
set -e
state=$1
mount -t tmpfs -o mode=755 domcaps /run
mkdir /run/libvirt
for pair in etc:/etc/libvirt lib:/var/lib/libvirt cache:/var/cache/libvirt log:/var/log/libvirt; do
    mkdir -p "${pair#*:}"
    mount --bind "$state/${pair%%:*}" "${pair#*:}"
done
libvirtd --timeout "$2" &
wait $!
"""
"""What process 1 of the namespaces runs: $1 the state directory, $2 libvirtd's idle time-out in seconds."""

_QEMU_CONF = 'user = "root"\ngroup = "root"\nsecurity_driver = "none"\n'

_IDLE_SECONDS = 120
"""The daemon ends by itself after so long without a client: the last resort when this process dies unasked."""

_START_SECONDS = 20
_ANSWER_SECONDS = 120

CPU_MAP = Path("/usr/share/libvirt/cpu_map")
"""The installed libvirt's CPU models and features."""

END_OF_FILE = "End of file while reading data"
"""What virsh says when the daemon died of the question (facts: 9.0.0 and 11.3.0 do, of some emulators)."""


class LibvirtdError(Exception):
    """The daemon did not start or did not answer; the text has the last words of its log."""


def why_not() -> str:
    """Why no daemon can be started here, as a sentence; empty when one can."""
    if sys.platform != "linux":
        return "libvirtd's namespaces need Linux"
    if os.geteuid() != 0:
        return "starting a private libvirtd needs root"
    missing = [name for name in ("libvirtd", "virsh", "unshare", "mount") if not shutil.which(name)]
    if missing:
        return f"not in PATH: {', '.join(missing)} (Debian: libvirt-daemon-system, libvirt-clients)"
    tried = subprocess.run(
        [*_namespaces(), "true"], capture_output=True, text=True, check=False, timeout=_START_SECONDS
    )
    return f"no namespaces here: {tried.stderr.strip()}" if tried.returncode else ""


def version() -> str:
    """The installed daemon's release, as `9.0.0`."""
    command = [shutil.which("libvirtd") or "libvirtd", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_START_SECONDS)
    return done.stdout.split()[-1]


class Libvirtd:
    """The daemon, from `with` to the end of its block.

    Attributes:
        state: its directory: `etc`, `lib`, `cache`, `log`, `sock` and `libvirtd.log`.
        deaths: how often it died of a question and was started again.
    """

    def __init__(self, state: Path | None = None) -> None:
        """Prepare a daemon whose files are in `state` (kept afterwards) or in a directory of its own (removed)."""
        self._kept = state is not None
        self.state = state.absolute() if state else Path(tempfile.mkdtemp(prefix="domcaps-libvirtd-"))
        self.deaths = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        """What `virsh -c` takes."""
        return f"qemu+unix:///system?socket={self._socket}"

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        if not self._kept:
            shutil.rmtree(self.state, ignore_errors=True)

    def virsh(self, *arguments: str, timeout: float = _ANSWER_SECONDS) -> subprocess.CompletedProcess[str]:
        """Ask: standard output, standard error and the exit status of `virsh ARGUMENTS`.

        A daemon that died of the question is started again, and counted in `deaths`; the answer then says END_OF_FILE.
        """
        self._revive()
        command = ["virsh", "-c", self.uri, *arguments]
        environment = {**os.environ, "LC_ALL": "C"}
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            self._revive(grace=0.5 if END_OF_FILE in done.stderr else 0.0)
        return done

    def restart(self, *, empty_cache: bool = True) -> None:
        """Stop and start again; with an empty cache the next answers are cold ones."""
        self._stop()
        if empty_cache:
            shutil.rmtree(self.state / "cache", ignore_errors=True)
        self._start()

    @property
    def log(self) -> str:
        """What the daemon has said so far."""
        path = self.state / "libvirtd.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def _socket(self) -> Path:
        return self.state / "sock" / "libvirt-sock"

    def _start(self) -> None:
        for name in ("etc", "lib", "cache", "log", "sock"):
            (self.state / name).mkdir(parents=True, exist_ok=True)
        (self.state / "etc" / "qemu.conf").write_text(_QEMU_CONF)
        (self.state / "etc" / "libvirtd.conf").write_text(
            f'unix_sock_dir = "{self.state}/sock"\nauth_unix_ro = "none"\nauth_unix_rw = "none"\n'
            'log_level = 3\nlog_outputs = "3:stderr"\n'
        )
        self._socket.unlink(missing_ok=True)
        command = [*_namespaces(), "sh", "-c", _INSIDE, "sh", str(self.state), str(_IDLE_SECONDS)]
        with (self.state / "libvirtd.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_SECONDS
        while not self._socket.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._stop()
                raise LibvirtdError(f"libvirtd did not start:\n{self.log[-2000:]}")
            time.sleep(0.02)

    def _stop(self) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)  # unshare --kill-child: takes its namespace's processes along
        self._process.wait(timeout=_START_SECONDS)
        self._process = None

    def _revive(self, grace: float = 0.0) -> None:
        if self._process is None:
            raise LibvirtdError("libvirtd was not started: use `with Libvirtd() as daemon`")
        try:
            self._process.wait(timeout=grace)
        except subprocess.TimeoutExpired:
            return
        self.deaths += 1
        self._stop()
        self._start()


def _namespaces() -> list[str]:
    return ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
