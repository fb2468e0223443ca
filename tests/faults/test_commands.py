"""The command line with emulators that misbehave, and many commands at once: real processes on both sides."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domcaps import __version__
from domcaps.cache import Cache
from domcaps.depends import emulator_question
from tests.faults.emulators import Traces, install
from tests.faults.test_emulator_faults import FAILING, HANGING

DOMCAPS = str(Path(sys.executable).with_name("domcaps"))
MANY = 100
KILLS = int(os.environ.get("DOMCAPS_KILLS", "20"))
"""How many commands are killed: `make kills` has a thousand."""
PATIENCE = 60.0
"""Seconds after which a command counts as hung, on however busy a machine."""
BEGUN: list[subprocess.Popen[str]] = []
"""The commands that are under way."""


@pytest.fixture(name="traces", autouse=True)
def _traces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """A cache and folders of the test's own; fails the test if a process, a socket or a file is left in them."""
    for name in ("tmp", "run"):
        (tmp_path / name).mkdir(mode=0o700)
    monkeypatch.setenv("DOMCAPS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    # A hundred commands compile domcaps once.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path.parent / "bytecode"))
    traces = Traces(tmp_path)
    yield traces
    for process in BEGUN:  # of a test that failed midway
        process.kill()
        process.communicate()
    BEGUN.clear()
    wait_until(lambda: not traces.left().get("processes"))
    left = {kind: value for kind, value in traces.left().items() if kind != "files"}
    files = [path for folder in ("tmp", "run") for path in (tmp_path / folder).rglob("*")]
    assert (left, files, list((tmp_path / "cache").glob("*.new"))) == ({}, [], [])


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def begin(*words: str) -> subprocess.Popen[str]:
    BEGUN.append(subprocess.Popen([DOMCAPS, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    return BEGUN[-1]


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    BEGUN.remove(process)
    return process.returncode, out, err


def run(*words: str) -> tuple[int, str, str]:
    return finish(begin(*words))


def starts(path: str) -> int:
    """How often an emulator was started that `install` has count."""
    count = Path(f"{path}.count")
    return len(count.read_text().splitlines()) if count.exists() else 0


def lock_of(path: str) -> str:
    return Cache().lock("emulator", emulator_question(__version__, path)).path


def waits_for(process: subprocess.Popen[str], path: str) -> bool:
    """Whether a process has a file open: of a lock, that it has it or waits for it."""
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            if str(link.readlink()) == path:
                return True
        except OSError:
            continue
    return False


def test_of_many_at_once_one_asks_and_all_have_its_answer(tmp_path: Path) -> None:
    path = install(tmp_path, "well_behaved", counted=True)
    status, once, _ = run("show", "--emulatorbin", path, "--no-cache")
    alone = starts(path)
    going = [begin("show", "--emulatorbin", path) for _ in range(MANY)]
    assert {finish(process) for process in going} == {(status, once, "")}
    assert (status, starts(path)) == (0, 2 * alone)


def test_killed_at_any_moment_no_command_leaves_anything_or_spoils_an_answer(tmp_path: Path) -> None:
    path = install(tmp_path, "well_behaved")
    wanted = run("show", "--emulatorbin", path)
    begun = time.monotonic()
    run("show", "--emulatorbin", path, "--no-cache")
    whole = time.monotonic() - begun
    chance = random.Random(5)  # noqa: S311 - any spread of moments will do
    signals = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE)
    for _ in range(KILLS):
        os.utime(path)  # what was kept holds no longer
        killed = begin("show", "--emulatorbin", path)
        time.sleep(chance.random() * whole)
        number = chance.choice(signals)
        killed.send_signal(number)
        status, out, _ = finish(killed)
        assert (status, out) == wanted[:2] or (status != 0 and wanted[1].startswith(out))
        if number in {signal.SIGKILL, signal.SIGTERM}:
            assert run("show", "--emulatorbin", path) == wanted
    for unfinished in (tmp_path / "cache").glob("*.new"):  # who is killed while it writes cannot tidy
        unfinished.unlink()


def test_those_who_wait_are_told_why_there_is_no_answer(tmp_path: Path) -> None:
    path = install(tmp_path, "well_behaved", counted=True)
    lock = Cache().lock("emulator", emulator_question(__version__, path))
    assert not lock.take(0)
    patient = [begin("show", "--emulatorbin", path, "--timeout", "59") for _ in range(4)]
    wait_until(lambda: all(waits_for(process, lock.path) for process in patient))
    lock.leave(f"the emulator {path} ended with status 5 before it could greet\0I give up", 59)
    lock.free()
    told = f"domcaps: the emulator {path} ended with status 5 before it could greet\n"
    assert {finish(process) for process in patient} == {(2, "", told)}
    assert starts(path) == 0
    assert run("show", "--emulatorbin", path)[0] == 0, "what was left for those who waited is for nobody else"


def test_those_with_more_patience_ask_again(tmp_path: Path) -> None:
    path = install(tmp_path, "well_behaved", counted=True)
    lock = Cache().lock("emulator", emulator_question(__version__, path))
    assert not lock.take(0)
    patient = begin("show", "--emulatorbin", path, "--timeout", "59")
    wait_until(lambda: waits_for(patient, lock.path))
    lock.leave(f"the emulator {path} did not greet within 1 s\0", 1)
    lock.free()
    assert finish(patient)[0] == 0
    assert starts(path) > 0


def test_one_who_asks_and_stands_still_holds_up_nobody_for_ever(tmp_path: Path) -> None:
    path = install(tmp_path, "greets_and_hangs", counted=True)
    standing = begin("show", "--emulatorbin", path, "--timeout", "1000")
    wait_until(lambda: starts(path) > 0)
    standing.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    status, _, said = run("show", "--emulatorbin", path, "--timeout", "2")
    assert (status, "did not answer qmp_capabilities within" in said) == (2, True)
    assert time.monotonic() - begun < PATIENCE / 2
    standing.kill()
    finish(standing)


def test_a_failure_is_one_sentence_with_the_emulators_words(tmp_path: Path) -> None:
    going = {}
    for behaviour in (*FAILING, *HANGING):
        (tmp_path / behaviour).mkdir()
        path = install(tmp_path / behaviour, behaviour)
        patience = "0.7" if behaviour in HANGING else "50"
        going[behaviour] = (path, begin("show", "--emulatorbin", path, "--timeout", patience))
    violations = []
    for behaviour, (path, process) in going.items():
        wanted = f"domcaps: the emulator {path} {(FAILING | HANGING)[behaviour]}"
        status, out, said = finish(process)
        timeless = re.sub(r"within [0-9.]+ s", "within 0.7 s", said)
        if (status, out, said.count("\n"), timeless.startswith(wanted)) != (2, "", 1, True):
            violations.append((behaviour, status, out, said))
    assert not violations


def test_emulators_that_fail_are_told_and_the_others_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = ("greets_and_hangs", "never_starts", "dies_midway", "leaves_a_daemon_and_dies", "complains_without_end")
    paths = {name: install(tmp_path, name, name=f"qemu-system-{name}") for name in ("well_behaved", *odd)}
    foreign = tmp_path / "qemu-system-foreign"
    foreign.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xf3\x00" + bytes(200))
    foreign.chmod(0o755)
    (tmp_path / "qemu-system-gone").symlink_to("nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    status, out, said = run("emulators", "--timeout", "3")
    assert (status, [line.split()[0] for line in out.splitlines()[1:]]) == (0, [paths["well_behaved"]])
    told = [line.removeprefix("domcaps: ").removeprefix("cannot start ") for line in said.splitlines()]
    wanted = [f"the emulator {path}" for path in (foreign, *(paths[name] for name in odd))]
    assert all(float(seconds) <= 3 for seconds in re.findall(r"within ([0-9.]+) s", said)), said
    assert sorted(line.replace(":", "").split(" ")[:3] for line in told) == sorted(line.split(" ") for line in wanted)


@pytest.mark.skipif(shutil.which("setsid") is None, reason="util-linux gives a command a terminal of its own")
def test_a_terminal_is_told_who_is_waited_for_and_ctrl_c_leaves_one_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("well_behaved", "hangs_before_the_greeting"):
        install(tmp_path, name, name=f"qemu-system-{name}")
    command = [str(shutil.which("setsid")), "--ctty", DOMCAPS, "emulators", "--no-cache", "--timeout", "1000"]
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm")
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    seen = b""
    try:
        while b"1 of 2 emulators asked, waiting for qemu-system-hangs_before_the_greeting" not in seen:
            assert select.select([terminal], [], [], PATIENCE)[0], seen
            seen += os.read(terminal, 4096)
        os.write(terminal, b"\x03")
        assert process.wait(PATIENCE) == 130
        rest = os.read(terminal, 4096)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
        os.close(theirs)
    assert rest.replace(b"^C", b"") == b"\r\x1b[Kdomcaps: interrupted\r\n"


def test_an_emulator_that_is_replaced_as_soon_as_it_runs_is_asked_again(tmp_path: Path) -> None:
    path = install(tmp_path, "replaces_itself", counted=True)
    first = run("show", "--emulatorbin", path)
    before = starts(path)
    second = run("show", "--emulatorbin", path)
    assert (first[0], second[0]) == (0, 0)
    assert starts(path) > before, "an answer of the old program was taken for the new one's"
    third = run("show", "--emulatorbin", path)
    assert third == second


@pytest.mark.skipif(not os.access("/dev/kvm", os.R_OK | os.W_OK), reason="this user has no KVM to miss")
def test_that_an_emulator_cannot_use_kvm_is_said_and_not_kept(tmp_path: Path) -> None:
    path = install(tmp_path, "has_no_kvm", counted=True)
    answers = []
    for _ in range(2):
        before = starts(path)
        answers.append(run("show", "--emulatorbin", path))
        assert starts(path) > before
    assert answers[0] == answers[1]
    status, out, said = answers[0]
    assert (status, "<domain>qemu</domain>" in out) == (0, True)
    assert said == f"domcaps: {path} could not use KVM, which is there; hardware virtualization cannot be used\n"


def test_what_of_the_cache_is_ignored_is_said_to_who_asks(tmp_path: Path) -> None:
    path = install(tmp_path, "well_behaved")
    words = ("show", "--emulatorbin", path)
    wanted = run(*words)
    assert run(*words, "-v") == (
        *wanted[:2],
        f"domcaps: nothing that it depends on has changed: as kept in {tmp_path}/cache\n",
    )
    document = next((tmp_path / "cache").glob("*.document"))
    for damage, said in (
        (lambda: document.chmod(0o666), "ignored: others could have written it"),
        (lambda: document.write_bytes(document.read_bytes()[:-1]), "not an entry of this cache, or a damaged one"),
        (lambda: document.write_bytes(b"domcaps-cache 0" + document.read_bytes()[15:]), "not an entry of this cache"),
        (lambda: os.utime(path), f"asked again: file {path} has changed"),
    ):
        damage()
        status, out, notes = run(*words, "-v")
        assert (status, out) == wanted[:2]
        assert said in notes
        assert run(*words) == wanted


def waiting(pipe: int) -> int:
    """How many bytes a pipe holds."""
    size: int = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, struct.pack("i", 0)))[0]
    return size


def test_a_signal_while_a_pipe_is_full_loses_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run("schema")[1]
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    reading, writing = os.pipe()
    room = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    with subprocess.Popen([DOMCAPS, "schema"], stdout=writing) as process:
        os.close(writing)
        wait_until(lambda: waiting(reading) == room)  # the rest waits in the same call
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGCONT)
        with os.fdopen(reading, "rb") as pipe:
            assert pipe.read().decode() == whole
    assert process.returncode == 0


def test_no_folder_for_temporary_files_and_no_home_are_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = install(tmp_path, "well_behaved")
    for name in ("TMPDIR", "HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "DOMCAPS_CACHE_DIR"):
        monkeypatch.setenv(name, "/proc/nowhere/at/all")
    assert run("show", "--emulatorbin", path)[0] == 0
    for name in ("TMPDIR", "HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("DOMCAPS_CACHE_DIR", "")
    assert run("show", "--emulatorbin", path)[0] == 0
    assert not (tmp_path / "cache").exists()
