"""Machine types: kinds, defaults, aliases."""

from __future__ import annotations

import pytest

from domcaps.drivers.qemu.machines import Machine, MachineKind, canonical, in_libvirts_order, is_old_s390_ccw
from domcaps.release import NEWEST, release


@pytest.mark.parametrize(
    ("kind", "machine", "arch", "holds"),
    [
        (MachineKind.I440FX, "pc-i440fx-7.2", "x86_64", True),
        (MachineKind.I440FX, "pc", "i686", True),
        (MachineKind.I440FX, "pc-1.3", "x86_64", True),
        (MachineKind.I440FX, "rhel6.6.0", "x86_64", True),
        (MachineKind.I440FX, "pc-i440fx-7.2", "aarch64", False),
        (MachineKind.I440FX, "pc-q35-7.2", "x86_64", False),
        (MachineKind.Q35, "pc-q35-7.2", "x86_64", True),
        (MachineKind.Q35, "Q35", "x86_64", False),
        (MachineKind.ARM_VIRT, "virt-9.2", "armv7l", True),
        (MachineKind.ARM_VIRT, "virt", "riscv64", False),
        (MachineKind.ARM_VIRT, "virtual", "aarch64", False),
        (MachineKind.PSERIES, "pseries-jammy", "ppc64le", True),
        (MachineKind.PSERIES, "powernv9", "ppc64", False),
        (MachineKind.BUILTIN_IDE, "malta", "mips64el", True),
        (MachineKind.BUILTIN_IDE, "isapc", "x86_64", False),
        (MachineKind.ISAPC, "isapc", "alpha", True),
        (MachineKind.S390_CCW, "s390-ccw-virtio-7.2", "s390x", True),
    ],
)
def test_kind(kind: MachineKind, machine: str, arch: str, holds: bool) -> None:
    assert kind.holds(machine, arch) is holds


def test_only_four_s390_machines_are_older_than_its_cpu_models() -> None:
    names = [f"s390-ccw-virtio-2.{minor}" for minor in range(1, 13)]
    assert [name for name in names if is_old_s390_ccw(name)] == names[3:7]


LISTED = (
    Machine(name="none"),
    Machine(name="isapc"),
    Machine(name="pc-i440fx-7.1", alias="pc"),
    Machine(name="microvm", is_default=True),
    Machine(name="pc-i440fx-7.2", alias="pc"),
)


def names(machines: tuple[Machine, ...]) -> list[str]:
    return [machine.name for machine in machines]


def test_the_preferred_machine_comes_first_and_none_is_no_machine() -> None:
    ordered = in_libvirts_order(LISTED, "x86_64", NEWEST)
    assert names(ordered) == ["pc-i440fx-7.2", "isapc", "pc-i440fx-7.1", "microvm"]


def test_without_a_preferred_machine_qemus_default_comes_first() -> None:
    assert names(in_libvirts_order(LISTED, "hppa", NEWEST))[0] == "microvm"
    assert names(in_libvirts_order((Machine(name="a"), Machine(name="b")), "hppa", NEWEST)) == ["a", "b"]


@pytest.mark.parametrize(("asked", "first"), [("4.6", "microvm"), ("4.7", "pc-i440fx-7.2")])
def test_qemus_default_was_libvirts_before_4_7(asked: str, first: str) -> None:
    assert names(in_libvirts_order(LISTED, "x86_64", release(asked)))[0] == first


@pytest.mark.parametrize(("asked", "first"), [("9.2", "integratorcp"), ("9.3", "virt-7.2")])
def test_arm_prefers_virt_since_9_3(asked: str, first: str) -> None:
    machines = (Machine(name="sbsa"), Machine(name="virt-7.2", alias="virt"), Machine(name="integratorcp"))
    assert names(in_libvirts_order(machines, "aarch64", release(asked)))[0] == first


def test_of_two_machines_with_one_alias_the_first_listed_is_taken() -> None:
    assert canonical(LISTED, "pc") == "pc-i440fx-7.1"
    assert canonical(LISTED, "isapc") == "isapc"
    assert canonical(LISTED, "nonsense") == "nonsense"
