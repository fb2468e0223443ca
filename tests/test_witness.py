"""Witnesses: each kind sees what changes, and sees nothing where there is nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from domcaps import depends
from domcaps.witness import KINDS, NOTHING, Watch, holds, see, witness


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_looking_never_fails(kind: str) -> None:
    assert isinstance(see(kind, "/nowhere/at all"), str)


def test_a_kind_that_nobody_knows_sees_nothing() -> None:
    assert see("future", "/etc") == NOTHING


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_line_holds_while_nothing_changes(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("x")
    for subject in (str(tmp_path), str(tmp_path / "a file"), str(tmp_path / "none"), "PATH", "sh"):
        line = witness(kind, subject)
        assert "\n" not in line
        assert holds(line)
        assert Watch([line]).holds()


Change = Callable[[Path], object]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("file", lambda path: path.write_text("longer")),
        ("file", lambda path: path.unlink()),
        ("file", lambda path: path.chmod(0o600)),
        ("text", lambda path: path.write_text("new")),
    ],
)
def test_a_change_of_a_file_is_seen(kind: str, change: Change, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    line = witness(kind, str(path))
    change(path)
    assert not holds(line)
    assert not Watch([line]).holds()


@pytest.mark.parametrize("kind", ["file", "there"])
def test_what_comes_where_nothing_was_is_seen(kind: str, tmp_path: Path) -> None:
    line = witness(kind, str(tmp_path / "new"))
    assert holds(line)
    (tmp_path / "new").mkdir()
    assert not holds(line)
    assert not Watch([line]).holds()


@pytest.mark.parametrize(
    "change",
    [
        lambda path: (path / "there").write_text("grown"),
        lambda path: (path / "there").chmod(0o600),
        lambda path: (path / "there").unlink(),
        lambda path: (path / "new").write_text(""),
        lambda path: path.rename(path.parent / "moved"),
    ],
    ids=["written", "mode", "gone", "new", "moved"],
)
def test_a_change_in_a_folder_is_seen(change: Change, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "there").write_text("")
    lines = depends.of_folder(str(folder))
    assert all(map(holds, lines))
    change(folder)
    assert not all(map(holds, lines))


def test_what_was_there_and_goes_is_seen(tmp_path: Path) -> None:
    image = tmp_path / "OVMF_CODE.fd"
    image.write_text("x")
    lines = [witness("there", str(image)), witness("file", str(tmp_path / "other"))]
    assert Watch(lines).holds()
    image.unlink()
    assert not Watch(lines).holds()


def test_the_first_entry_of_a_folder_of_the_kernel_s_is_seen(tmp_path: Path) -> None:
    line = witness("filled", str(tmp_path))
    (tmp_path / "0").mkdir()
    if tmp_path.stat().st_nlink < 3:
        pytest.skip("the test's folder is on a file system that does not count folders, as sysfs does")
    assert not holds(line)


def test_a_link_that_leads_elsewhere_is_seen(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "one")
    line = witness("link", str(link))
    link.unlink()
    link.symlink_to(tmp_path / "two")
    assert not holds(line)


def test_a_program_that_comes_earlier_in_path_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("early", "late"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/early:{tmp_path}/late")
    (tmp_path / "late/swtpm").write_text("#!/bin/sh\n")
    (tmp_path / "late/swtpm").chmod(0o755)
    lines = depends.of_programs(["swtpm", "other"])
    assert any(f"{tmp_path}/late/swtpm\t" in line for line in lines)
    (tmp_path / "early/swtpm").write_text("#!/bin/sh\n")
    assert not all(map(holds, lines))
    lines = depends.of_programs(["swtpm", "other"])
    (tmp_path / "early/swtpm").chmod(0o755)
    assert not all(map(holds, lines))
    (tmp_path / "early/swtpm").unlink()
    (tmp_path / "early/swtpm").symlink_to(tmp_path / "elsewhere")
    lines = depends.of_programs(["swtpm", "other"])
    (tmp_path / "elsewhere").write_text("#!/bin/sh\n")
    assert not all(map(holds, lines))


def test_the_clock_speed_of_the_cpu_is_no_change(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    text = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu MHz\t\t: {}\nmicrocode\t: 0x{}\n\nprocessor\t: 1\n"
    cpuinfo.write_text(text.format("2600.0", 1))
    line = witness("cpu", str(cpuinfo))
    cpuinfo.write_text(text.format("3100.5", 1))
    assert holds(line)
    cpuinfo.write_text(text.format("3100.5", 2))
    assert not holds(line)


def test_an_emulators_answers_depend_on_the_program(tmp_path: Path) -> None:
    emulator = tmp_path / "qemu-system-x86_64"
    emulator.write_text("old")
    emulator.chmod(0o755)
    lines = depends.of_emulator(str(emulator))
    assert all(map(holds, lines))
    emulator.write_text("upgraded")
    assert [line.split("\t")[:2] for line in lines if not holds(line)] == [["file", str(emulator)]]


@pytest.mark.skipif(not os.access("/dev/kvm", os.R_OK | os.W_OK), reason="this user has no KVM to lose")
def test_a_host_without_kvm_has_answers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with_kvm = depends.emulator_question("1", "/usr/bin/qemu")
    monkeypatch.setattr(os, "open", _refuse)
    assert depends.emulator_question("1", "/usr/bin/qemu") != with_kvm


def _refuse(*_: object) -> int:
    raise PermissionError(13, "Permission denied")


@pytest.fixture(name="installed")
def _installed(tmp_path: Path) -> Path:
    """An emulator with a module, in folders of its own."""
    for folder in ("bin", "lib/qemu", "lib64/qemu-kvm", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "accel-tcg-x86_64.so").write_text("one")
    for name in ("qemu-system-x86_64", "qemu-kvm"):
        (tmp_path / "bin" / name).write_text("program")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("program", "folder"),
    [("qemu-system-x86_64", "lib/qemu"), ("qemu-kvm", "lib64/qemu-kvm"), ("qemu-kvm", "elsewhere")],
)
@pytest.mark.parametrize(
    "change",
    [
        lambda module: module.write_text("two"),
        lambda module: module.unlink(),
        lambda module: module.with_suffix(".new").rename(module),
        lambda module: module.with_name("accel-qtest.so").write_text("new"),
    ],
    ids=["written over", "removed", "renamed over", "another added"],
)
def test_an_emulators_answers_depend_on_its_modules(
    installed: Path, program: str, folder: str, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    if folder == "elsewhere":
        monkeypatch.setenv("QEMU_MODULE_DIR", str(installed / folder))
    module = installed / folder / "accel-tcg-x86_64.so"
    module.with_suffix(".new").write_text("two")
    (installed / "link").symlink_to(installed / "bin" / program)
    for path in (installed / "bin" / program, installed / "link"):
        lines = depends.of_emulator(str(path))
        assert all(map(holds, lines))
    change(module)
    assert {line.split("\t")[0] for line in lines if not holds(line)} == {"file"}


@pytest.mark.parametrize("name", ["QEMU_MODULE_DIR", "LD_LIBRARY_PATH"])
def test_an_emulators_answers_depend_on_what_it_is_told_of_the_environment(
    name: str, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name, raising=False)
    lines = depends.of_emulator(str(installed / "bin/qemu-kvm"))
    monkeypatch.setenv(name, "/opt")
    assert [line for line in lines if not holds(line)] == [f"environment\t{name}\t{NOTHING}"]


def test_an_emulators_answers_depend_on_libraries_and_on_this_boot(installed: Path) -> None:
    looked_at = {tuple(line.split("\t")[:2]) for line in depends.of_emulator(str(installed / "bin/qemu-kvm"))}
    assert looked_at > {("file", "/etc/ld.so.cache"), ("text", "/proc/sys/kernel/random/boot_id")}


def test_a_device_that_may_no_longer_be_opened_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    line = witness("file", "/dev/null")
    assert holds(line)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert not holds(line)


def test_what_runs_and_is_gone_from_its_place_never_holds(installed: Path) -> None:
    path = str(installed / "bin/qemu-kvm")
    assert all(map(holds, depends.of_running(path)))
    assert not any(map(holds, depends.of_running(f"{path} (deleted)")))
