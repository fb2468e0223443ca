"""How an emulator process is started: with what, and with what not."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domcaps.drivers.qemu.process import Process, links_seccomp


def script(folder: Path, *lines: str) -> str:
    path = folder / "qemu-system-x86_64"
    path.write_text("\n".join(("#!/bin/sh", *lines)), encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def words_of(path: str, *, sandbox: bool = False) -> list[str]:
    """What a script prints before it ends."""
    process = Process(path, "kvm:tcg", sandbox=sandbox)
    until = time.monotonic() + 5
    while not process.exited() and time.monotonic() < until:
        time.sleep(0.001)
    process.end()
    return process.last_words().splitlines()


def test_it_is_started_as_libvirt_does_with_the_monitor_for_a_chardev(tmp_path: Path) -> None:
    path = script(tmp_path, 'echo "$@"', "cat")
    arguments, *configuration = words_of(path)
    assert arguments == (
        "-S -no-user-config -nodefaults -nographic -readconfig /dev/stdin -mon chardev=mon,mode=control"
        " -machine none,accel=kvm:tcg"
    )
    assert [line.strip() for line in configuration[:2]] == ['[chardev "mon"]', 'backend = "socket"']
    assert words_of(path, sandbox=True)[0].endswith(
        " -machine none,accel=kvm:tcg -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
    )


def test_its_environment_is_reduced_to_what_finds_programs_libraries_and_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SECRET", "HOME", "LANG", "PYTHONPATH", "QEMU_MODULE_DIR"):
        monkeypatch.setenv(name, "/somewhere")
    names = {line.partition("=")[0] for line in words_of(script(tmp_path, "env"))}
    assert names - {"PWD", "_", "OLDPWD", "SHLVL"} - {"LD_LIBRARY_PATH"} == {
        "PATH",
        "LC_ALL",
        "QEMU_MODULE_DIR",
        "DOMCAPS_PROBE",
    }


@contextmanager
def inherited() -> Iterator[int]:
    """A descriptor of ours that any child would get."""
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


def test_it_gets_no_descriptor_but_its_own(tmp_path: Path) -> None:
    path = script(tmp_path, "for fd in /proc/$$/fd/*; do readlink $fd; done")
    with inherited():
        found = words_of(path)
    kinds = sorted(line.partition(":")[0] for line in found if not line.startswith("/"))
    assert kinds == ["pipe", "pipe", "pipe", "pipe", "socket"], found  # input, output twice, lifeline; monitor
    assert all(line == path for line in found if line.startswith("/")), "the script itself, read by the shell"


def test_it_leads_a_session_of_its_own_dumps_no_core_and_heeds_signals(tmp_path: Path) -> None:
    path = script(tmp_path, "echo $$; cut -d' ' -f6 /proc/$$/stat; sleep 0.05; ulimit -c; grep SigIgn: /proc/$$/status")
    number, session, core, ignored = words_of(path)
    assert (number, core) == (session, "0")
    assert not int(ignored.partition(":")[2], 16) & 1 << (signal.SIGPIPE - 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_it_tells_what_a_script_runs(tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    for name in ("one", "two"):
        shutil.copy(Path(sleep).resolve(), tmp_path / name)
    path = script(tmp_path, f"{tmp_path}/one 60 & exec {tmp_path}/two 60")
    process = Process(path, "tcg")
    try:
        until = time.monotonic() + 30
        while process.others() != [f"{tmp_path}/two", f"{tmp_path}/one"]:
            assert time.monotonic() < until, process.others()
        (tmp_path / "two").unlink()
        assert process.others() == [f"{tmp_path}/two (deleted)", f"{tmp_path}/one"]
    finally:
        process.end()
    assert process.others() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_program_that_is_no_script_runs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(sys.executable)
    process = Process(str(tmp_path / "link"), "tcg")
    others = process.others()
    process.end()
    assert others == []


def test_the_end_may_be_called_again_and_says_how_it_ended(tmp_path: Path) -> None:
    process = Process(script(tmp_path, "exit 7"), "tcg")
    while not process.exited():
        time.sleep(0.001)
    process.end()
    process.end()
    assert (process.status, process.monitor, process.output) == (7, -1, -1)


def test_last_words_have_no_control_characters(tmp_path: Path) -> None:
    assert words_of(script(tmp_path, r"printf 'a\033[1mb\r\n\000c\377\n'")) == ["a [1mb", "c\ufffd"]


def test_standard_descriptors_may_be_closed_in_us(tmp_path: Path) -> None:
    """A daemon may have closed 0, 1 and 2: ours then take these numbers."""
    path = script(tmp_path, "cat; echo done")
    code = f"""
import os, sys
from domcaps.drivers.qemu.process import Process
keep = os.dup(1); os.set_inheritable(keep, False)
os.close(0); os.close(1); os.close(2)
p = Process({path!r}, "tcg")
while not p.exited(): pass
p.end()
os.write(keep, p.last_words().encode())
"""
    reading, writing = os.pipe()
    pid = os.posix_spawn(
        sys.executable, [sys.executable, "-c", code], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1)]
    )
    os.close(writing)
    os.waitpid(pid, 0)
    words = os.read(reading, 1000).decode()
    os.close(reading)
    assert words.startswith('[chardev "mon"]')
    assert words.endswith("done")


@pytest.mark.parametrize(
    "content",
    [b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF\x02\x01" + b"\xff" * 4090, b"\x7fELF\x01\x01" + bytes(100)],
    ids=["empty", "a script", "cut off", "nonsense", "32 bits"],
)
def test_what_is_no_program_has_no_sandbox(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "emulator"
    path.write_bytes(content)
    assert not links_seccomp(str(path))


@pytest.mark.live
def test_a_sandbox_is_found_where_the_loader_finds_one() -> None:
    import subprocess  # noqa: PLC0415 - only this test needs it

    programs = sorted(Path("/usr/bin").glob("qemu-system-*"))
    if not programs:
        pytest.skip("there is no emulator")
    violations = []
    for program in programs:
        needed = subprocess.run(["/usr/bin/ldd", program], capture_output=True, text=True, check=False).stdout
        # ldd lists what libraries need, too: only a program with neither is sure to have none
        if links_seccomp(str(program)) and "libseccomp" not in needed:
            violations.append(program)
    assert not violations
    assert any(links_seccomp(str(program)) for program in programs)
