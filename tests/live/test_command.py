"""The command on this host, as people use and interrupt it: one probe for many, nothing stale, nothing left behind.

Needs an emulator of the host's own kind; what hides a part of the host needs root, for a mount namespace of its own.
"""

from __future__ import annotations

import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domcaps.depends import module_folders
from domcaps.drivers.qemu.launch import libvirt_arch
from domcaps.drivers.qemu.names import emulator_names
from domcaps.witness import find_program
from tests.live.conftest import unavailable

pytestmark = pytest.mark.live

DOMCAPS = str(Path(sys.executable).with_name("domcaps"))
MANY = 20
FOREVER = str(10**6 + os.getpid())
"""Seconds that a process of ours sleeps, and that it can be known by."""
FIRMWARE = Path("/usr/share/qemu/firmware")


@pytest.fixture(name="emulator", scope="module")
def _emulator() -> str:
    arch = libvirt_arch(os.uname().machine)
    found = next((path for path in map(find_program, emulator_names(arch, arch)) if path), None)
    return found or unavailable(f"there is no emulator for {arch} in PATH")


@pytest.fixture(name="counted")
def _counted(emulator: str, tmp_path: Path) -> Path:
    """The emulator behind a script that writes a line for each process of it."""
    script = tmp_path / "counted"
    script.write_text(f'#!/bin/sh\necho started >> {tmp_path}/count\nexec {shlex.quote(emulator)} "$@"\n')
    script.chmod(0o755)
    return script


@pytest.fixture(name="hanging")
def _hanging(tmp_path: Path) -> Path:
    """An emulator that never says a word, and has a child that does not either."""
    script = tmp_path / "hanging"
    script.write_text(f"#!/bin/sh\nsleep {FOREVER} & sleep {FOREVER}\n")
    script.chmod(0o755)
    return script


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DOMCAPS_CACHE_DIR", str(tmp_path / "cache"))
    yield
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".new")]  # noqa: PTH208 - names are wanted


def starts(counted: Path) -> int:
    return len((counted.parent / "count").read_text().splitlines())


def show(*words: str) -> str:
    done = subprocess.run([DOMCAPS, "show", *words], capture_output=True, text=True, check=True)
    return done.stdout


def in_namespace(script: str) -> str:
    """What a script prints that may hide parts of the host from itself."""
    if os.geteuid() != 0:
        unavailable("hiding parts of the host needs root")
    command = ["unshare", "--mount", "/bin/sh", "-ec", f'domcaps() {{ {DOMCAPS} "$@"; }}\n{script}']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unshare" in done.stderr:
        unavailable(f"no mount namespace can be had: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_of_many_at_once_one_asks_and_all_have_its_answer(counted: Path) -> None:
    once = show("--emulatorbin", str(counted), "--no-cache")
    alone = starts(counted)
    command = [DOMCAPS, "show", "--emulatorbin", str(counted)]
    going = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(MANY)]
    answers = [(*process.communicate(), process.returncode) for process in going]
    assert {(out, status) for out, _, status in answers} == {(once, 0)}
    assert starts(counted) == 2 * alone


def test_another_program_at_the_same_place_is_asked_anew(counted: Path) -> None:
    show("--emulatorbin", str(counted))
    before = starts(counted)
    show("--emulatorbin", str(counted))
    assert starts(counted) == before
    os.utime(counted)
    show("--emulatorbin", str(counted))
    assert starts(counted) == 2 * before


def test_what_a_script_runs_counts_as_the_emulator(
    emulator: str, counted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "real"
    shutil.copy(emulator, real)
    counted.write_text(counted.read_text().replace(shlex.quote(emulator), shlex.quote(str(real))))
    monkeypatch.setenv("QEMU_MODULE_DIR", module_folders(emulator)[0])
    first = show("--emulatorbin", str(counted))
    before = starts(counted)
    assert show("--emulatorbin", str(counted)) == first
    assert starts(counted) == before
    shutil.copy(emulator, tmp_path / "new")
    (tmp_path / "new").rename(real)
    assert show("--emulatorbin", str(counted)) == first
    assert starts(counted) == 2 * before


def test_firmware_that_went_shows_at_once_in_a_warm_call(emulator: str, tmp_path: Path) -> None:
    if not FIRMWARE.is_dir() or not list(FIRMWARE.glob("*.json")):
        unavailable("there are no firmware descriptors")
    del emulator
    empty = tmp_path / "empty"
    empty.mkdir()
    shown = "domcaps show > /dev/null; domcaps show | sed -n '/<os /,/<loader/p'"
    before, after = in_namespace(f"{shown}\nmount --bind {empty} {FIRMWARE}\necho\n{shown}").split("\n\n")
    assert "<value>efi</value>" in before
    assert "<value>efi</value>" not in after


def test_a_broken_descriptor_is_said_every_time(emulator: str, tmp_path: Path) -> None:
    if not FIRMWARE.is_dir():
        unavailable("there are no firmware descriptors")
    del emulator
    (tmp_path / "00-broken.json").write_text('{"a')
    script = f"mount --bind {tmp_path} {FIRMWARE}\nfor i in 1 2; do domcaps show 2>&1 >/dev/null; done"
    first, second = in_namespace(script).splitlines()
    assert first == second
    assert first.startswith("domcaps: a broken firmware descriptor is passed over: ")
    assert "00-broken.json" in first


def test_kvm_that_is_not_kvm_is_said_and_nothing_of_it_is_kept(emulator: str) -> None:
    if not Path("/dev/kvm").exists():
        unavailable("there is no /dev/kvm")
    del emulator
    path = "domcaps show 2>&1 | grep -e '^domcaps' -e '<domain>'"
    script = f"{path}\nmount --bind /dev/null /dev/kvm\n{path}\n{path}\numount /dev/kvm\n{path}"
    lines = in_namespace(script).splitlines()
    assert lines[0] == lines[-1]
    assert lines[1:3] == lines[3:5]
    assert lines[1].startswith("domcaps: /dev/kvm: is not KVM's device")
    assert lines[2] == "  <domain>qemu</domain>"


_SEARCH = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *_SEARCH)
"""A user who may do nothing but read, so that this Python is found even where it lies in root's home."""


def test_a_user_who_may_not_use_kvm_is_answered_from_the_cache(counted: Path, tmp_path: Path) -> None:
    runs = (
        subprocess.run([*NOBODY, "env", DOMCAPS, "--version"], capture_output=True, check=False)
        if os.geteuid() == 0
        else None
    )
    if runs is None or runs.returncode != 0:
        pytest.skip("nobody can be nobody here, or run this Python")  # which no package mends
    counted.write_text(counted.read_text().replace(str(tmp_path), "/mnt"))
    (tmp_path / "count").touch()
    (tmp_path / "count").chmod(0o666)
    script = f"""
        mount --bind {tmp_path} /mnt
        chmod 777 /mnt
        if [ -e /dev/kvm ]; then cp -a /dev/kvm /mnt/kvm && chmod 600 /mnt/kvm && mount --bind /mnt/kvm /dev/kvm; fi
        ask() {{
            {shlex.join(NOBODY)} env HOME=/mnt DOMCAPS_CACHE_DIR=/mnt/theirs \\
                {DOMCAPS} show --emulatorbin /mnt/counted 2>/dev/null
        }}
        ask | cksum; wc -l < /mnt/count; ask | cksum; wc -l < /mnt/count
    """
    first, once, second, twice = in_namespace(script).splitlines()
    assert (first, once) == (second, twice)
    assert int(once) > 0


@pytest.mark.parametrize(
    ("mount", "said"),
    [("mount -t tmpfs -o size=64k none", "No space left on device"), ("mount -t tmpfs -o ro none", "cannot be made: ")],
    ids=["full", "read-only"],
)
def test_a_disk_that_takes_nothing_is_no_fault_of_the_answer(
    mount: str, said: str, emulator: str, tmp_path: Path
) -> None:
    del emulator
    script = f"""
        domcaps show --no-cache | cksum
        {mount} {tmp_path}
        export DOMCAPS_CACHE_DIR={tmp_path}/cache TMPDIR={tmp_path}
        domcaps show | cksum; domcaps show -v 2>&1 >/dev/null | grep -c '{said}'
        find {tmp_path} -type f -not -name '*.lock'
    """
    wanted, found, count, *left = in_namespace(script).splitlines()
    assert (found, left) == (wanted, [])
    assert int(count) > 0


def test_without_folders_for_temporary_and_for_runtime_files_all_goes_as_ever(emulator: str, tmp_path: Path) -> None:
    del emulator
    script = f"""
        domcaps show --no-cache | cksum
        for folder in /run /var/tmp /dev/shm; do mount -t tmpfs -o ro,mode=000 none $folder; done
        export TMPDIR=/nowhere XDG_RUNTIME_DIR=/nowhere
        domcaps show --no-cache | cksum
        case {shlex.quote(DOMCAPS)}:{sys.prefix}:{Path(__file__)} in
            */tmp/*) ;;
            *) mount -t tmpfs -o ro,mode=000 none /tmp; domcaps show --no-cache | cksum ;;
        esac
    """
    assert len(set(in_namespace(script).splitlines())) == 1
    assert tmp_path.exists()


@pytest.mark.parametrize("end", ["Ctrl-C", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_an_interrupted_probe_leaves_nothing(end: str, hanging: Path) -> None:
    words = [DOMCAPS, "show", "--emulatorbin", str(hanging)]
    process, terminal = pty.fork()
    if process == 0:
        os.execv(DOMCAPS, words)  # noqa: S606 - what is tested
    try:
        wait_until(lambda: len(sleepers()) > 1)
        # What is not QEMU forks without waiting for its configuration: the group is safe once that has been sent.
        time.sleep(0.5)
        if end == "Ctrl-C":
            os.write(terminal, b"\x03")
        else:
            os.kill(process, getattr(signal, end))
        _, status = os.waitpid(process, 0)
    finally:
        os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == (130 if end == "Ctrl-C" else -getattr(signal, end))
    wait_until(lambda: not sleepers())


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def sleepers() -> list[str]:
    """The processes of our hanging emulator that live."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if FOREVER.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(folder.name)
        except OSError:
            continue
    return found


def test_the_installed_librarys_release_takes_its_cpu_map(emulator: str) -> None:
    from domcaps.cli.installed import installed_release  # noqa: PLC0415 - what is compared with

    release = installed_release()
    if release is None or not Path("/usr/share/libvirt/cpu_map/index.xml").exists():
        unavailable("no libvirt is installed, or no CPU map of it")
    del emulator
    named = ".".join(map(str, release))
    command = [DOMCAPS, "show", "--libvirt", named]
    done = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(2)]
    for answer in done:
        assert f"libvirt {named} that is installed here: /usr/share/libvirt/cpu_map\n" in answer.stderr
        assert answer.stdout == show("--libvirt", named, "--cpu-map", "/usr/share/libvirt/cpu_map")
