"""What QEMU on a host was for libvirt before 8.5, where libvirt's history tells the release that changed it."""

from __future__ import annotations

import pytest

from domcaps.derive import Request, derive
from domcaps.drivers.qemu.conversation import EmulatorRecord
from domcaps.release import release
from tests.drivers.qemu.made import X86, command, emulator, on, said, source, types


def aged(major: int, minor: int, *commands: str) -> EmulatorRecord:
    """A QEMU of a version, whose schema has these commands and no variants of display options."""
    version = said("query-version", {"qemu": {"major": major, "minor": minor, "micro": 0}, "package": ""})
    schema = said("query-qmp-schema", [command(name) for name in ("query-vnc", *commands)])
    return emulator(extra=(version, schema))


TELLING = "query-display-options"


@pytest.mark.parametrize(
    ("record", "asked", "offered"),
    [
        (aged(2, 9), "6.9", ("sdl", "vnc", "spice")),
        (aged(2, 9), "6.10", ("sdl", "vnc", "spice")),
        (aged(2, 10), "6.10", ("sdl", "vnc", "spice", "egl-headless")),
        (aged(2, 9), "7.3", ("sdl", "vnc", "spice")),
        (aged(9, 0, TELLING), "7.3", ("sdl", "vnc", "spice", "egl-headless")),
        (aged(9, 0, TELLING), "7.4", ("sdl", "vnc", "spice", "egl-headless")),
        (aged(9, 0, TELLING), "7.5", ("vnc", "spice")),
        (aged(2, 11), "7.5", ("sdl", "vnc", "spice", "egl-headless")),
    ],
)
def test_displays_that_qemu_does_not_tell_go_by_its_age(
    record: EmulatorRecord, asked: str, offered: tuple[str, ...]
) -> None:
    assert on(record, asked).get("devices/graphics/type") == offered


def test_an_unknown_version_leaves_a_display_that_goes_by_it_unlisted() -> None:
    record = EmulatorRecord(
        arch="x86_64",
        accelerators={"tcg": (said("query-target", {"arch": "x86_64"}), said("query-machines", []))},
    )
    assert on(record, "6.10").get("devices/graphics/type") == ("sdl",)


@pytest.mark.parametrize(("asked", "machine", "vcpus"), [("5.9", "pc-1", 7), ("5.10", "pc-2", 5)])
def test_plain_emulation_has_machines_of_its_own_since_5_10(asked: str, machine: str, vcpus: int) -> None:
    record = emulator("x86_64", "kvm", "tcg")
    own = {
        name: (said("query-machines", [{"name": f"pc-{number}", "alias": "pc", "cpu-max": cpus}]), *exchanges)
        for (name, exchanges), number, cpus in zip(record.accelerators.items(), (1, 2), (7, 5), strict=True)
    }
    two = EmulatorRecord(arch="x86_64", accelerators=own)
    document = derive(source((X86, two)), Request(libvirt=release(asked), virt_type="qemu"))
    assert (document.machine, document.get("vcpu/max")) == (machine, vcpus)


@pytest.mark.parametrize(("asked", "vcpus"), [("1.3.5", 4096), ("2.0", 1024)])
def test_kvms_limit_of_virtual_cpus_counts_since_2_0(asked: str, vcpus: int) -> None:
    record = emulator("x86_64", "kvm", "tcg")
    request = Request(libvirt=release(asked), machine="q35", virt_type="kvm")
    assert derive(source((X86, record)), request).get("vcpu/max") == vcpus


@pytest.mark.parametrize(
    ("asked", "arch", "types"),
    [
        ("1.2.10", "x86_64", ("rom", "pflash")),
        ("1.2.10", "aarch64", ("rom",)),
        ("1.2.11", "aarch64", ("rom", "pflash")),
    ],
)
def test_flash_was_for_x86_64_alone_before_1_2_11(asked: str, arch: str, types: tuple[str, ...]) -> None:
    document = on(emulator(arch), asked, f"/usr/bin/qemu-system-{arch}", arch)
    assert document.get("os/loader/type") == types


@pytest.mark.parametrize(("asked", "says"), [("2.3", True), ("2.4", False)])
def test_qxl_was_taken_for_granted_before_2_4(asked: str, *, says: bool) -> None:
    assert on(emulator(), asked).supports("devices/video/modelType", "qxl") is says


@pytest.mark.parametrize(("asked", "says"), [("3.2", True), ("3.3", False)])
def test_every_machine_had_ide_before_3_3(asked: str, *, says: bool) -> None:
    document = derive(source((X86, emulator())), Request(libvirt=release(asked), machine="q35", virt_type="qemu"))
    assert document.supports("devices/disk/bus", "ide") is says


@pytest.mark.parametrize(("asked", "says"), [("1.2.18", True), ("1.2.19", False)])
def test_pseries_had_floppies_before_1_2_19(asked: str, *, says: bool) -> None:
    machines = said("query-machines", [{"name": "pseries-9.9", "alias": "pseries", "is-default": True, "cpu-max": 8}])
    document = on(emulator("ppc64", extra=(machines,)), asked, "/usr/bin/qemu-system-ppc64", "ppc64")
    assert document.supports("devices/disk/bus", "fdc") is says


def asked_twice(version: tuple[int, int], *properties: str) -> EmulatorRecord:
    """A QEMU of a version whose CPU has `invtsc` where it need not be migrated."""
    major, minor = version
    answer = {"vendor": "AuthenticAMD", "family": 6, "model": 6, "stepping": 3}
    model = {"name": "host", "props": {"migratable": False}}
    return emulator(
        "x86_64",
        "kvm",
        "tcg",
        extra=(
            said("query-version", {"qemu": {"major": major, "minor": minor, "micro": 0}, "package": ""}),
            types("max-x86_64-cpu"),
            said(
                "qom-list-properties",
                [{"name": name} for name in ("unavailable-features", *properties)],
                typename="max-x86_64-cpu",
            ),
            said("query-cpu-definitions", [{"name": "qemu64"}]),
            said(
                "query-cpu-model-expansion",
                {"model": {"name": "base", "props": {**answer, "invtsc": False}}},
                type="static",
                model={"name": "host"},
            ),
            said(
                "query-cpu-model-expansion",
                {"model": {"name": "base", "props": {**answer, "invtsc": True}}},
                type="static",
                model=model,
            ),
        ),
    )


@pytest.mark.parametrize(
    ("asked", "record", "says"),
    [
        ("6.4", asked_twice((5, 0)), True),
        ("6.5", asked_twice((5, 0)), False),
        ("6.5", asked_twice((5, 0), "migratable"), True),
        ("6.5", asked_twice((2, 11)), True),
        ("8.2", asked_twice((5, 0)), False),
        ("8.3", asked_twice((5, 0)), True),
    ],
)
def test_what_cannot_be_migrated_was_asked_where_qemu_says_that_it_understands(
    asked: str, record: EmulatorRecord, *, says: bool
) -> None:
    features = on(record, asked).get("cpu/host-model/feature")
    assert isinstance(features, tuple)
    assert ("invtsc" in {feature.name for feature in features if feature.policy == "require"}) is says
