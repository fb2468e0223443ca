"""We are killed, at any moment, in any way: the emulators go with us."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.emulators import install, processes

AHEAD = "from domcaps.drivers.qemu.launch import ahead; import sys, time; held = ahead(sys.argv[1], kvm_usable=True)"
WAITING = f"{AHEAD}; time.sleep(60)"
PROBING = """
import sys
from domcaps.drivers.qemu.probe import probe_emulator
from domcaps.host.facts import HostFacts, KvmFacts
probe_emulator(sys.argv[1], HostFacts(arch="x86_64", kvm=KvmFacts(usable=True)))
"""
BEFORE_IT_IS_BOUND = f"""
import os
from domcaps.drivers.qemu import process
process.bind_life = lambda descriptor, pid: os.kill(os.getpid(), {int(signal.SIGKILL)})
{AHEAD}
"""


def start(code: str, path: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, path], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def wait_until(there: bool, word: str) -> list[str]:
    """Until there are emulators with that word in their arguments, or none; what there is then."""
    until = time.monotonic() + 30
    while time.monotonic() < until and bool(emulators(word)) != there:
        time.sleep(0.005)
    return emulators(word)


def emulators(word: str) -> list[str]:
    return [line for line in processes(word) if "-machine" in line]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize("behaviour", ["greets_and_hangs", "ignores_signals_and_hangs", "has_children_and_answers"])
def test_emulators_go_with_us_whatever_kills_us(behaviour: str, number: signal.Signals, tmp_path: Path) -> None:
    path = install(tmp_path, behaviour)
    code = WAITING if behaviour == "has_children_and_answers" else PROBING
    with start(code, path) as own:
        assert wait_until(True, path), "the emulator did not start"
        own.send_signal(number)
        assert own.wait(30) == -number
    assert wait_until(False, path) == []


def test_emulators_go_with_us_whenever_we_are_killed(tmp_path: Path) -> None:
    path = install(tmp_path, "greets_and_hangs")
    for step in range(40):
        with start(WAITING, path) as own:
            time.sleep(0.008 + step * 0.0008)
            own.kill()
    assert wait_until(False, path) == []


def test_an_emulator_that_is_not_bound_to_our_life_yet_refuses_to_start(tmp_path: Path) -> None:
    path = install(tmp_path, "well_behaved")
    with start(BEFORE_IT_IS_BOUND, path) as own:
        assert own.wait(30) == -signal.SIGKILL
    assert wait_until(False, path) == []


@pytest.mark.live
def test_a_real_emulator_that_is_not_bound_to_our_life_yet_refuses_to_start(tmp_path: Path) -> None:
    real = Path("/usr/bin/qemu-system-x86_64")
    if not real.exists():
        pytest.skip(f"there is no {real}")
    path = tmp_path / "qemu-system-x86_64"
    path.symlink_to(real)
    for code in (BEFORE_IT_IS_BOUND, f"{AHEAD}; import os; os.kill(os.getpid(), {int(signal.SIGKILL)})"):
        with start(code, str(path)) as own:
            assert own.wait(30) == -signal.SIGKILL
        assert wait_until(False, str(path)) == []


def test_a_keyboard_interrupt_leaves_nothing_behind_and_goes_on(tmp_path: Path) -> None:
    path = install(tmp_path, "greets_and_hangs")
    caught = f"""
import os, sys
try:
    {PROBING.strip().replace(chr(10), chr(10) + "    ")}
except KeyboardInterrupt:
    left = open(f"/proc/self/task/{{os.getpid()}}/children").read().split(), os.listdir("/proc/self/fd")
    sys.exit(0 if len(left[0]) == 0 and len(left[1]) <= {len(list(Path("/proc/self/fd").iterdir()))} else 1)
"""
    with start(caught, path) as own:
        assert wait_until(True, path)
        time.sleep(0.1)
        own.send_signal(signal.SIGINT)
        assert own.wait(30) == 0
    assert emulators(path) == []
