"""What the Xen driver is asked: defaults, refusals, and what follows from the machine."""

from __future__ import annotations

import pytest

from domcaps.derive import Request, SnapshotSource, derive
from domcaps.drivers.connection_uri import Driver
from domcaps.drivers.xen.facts import XenHost
from domcaps.errors import ProbeError, RequestError
from domcaps.host.facts import HostFacts
from domcaps.release import NEWEST, Release, release
from domcaps.schema.document import DomainCapabilities
from domcaps.snapshot import Snapshot

SOURCE = SnapshotSource(Snapshot(host=HostFacts(arch="x86_64"), xen=XenHost(version="4.17.5")))


def document(
    *, machine: str | None = None, virt_type: str | None = None, arch: str | None = None
) -> DomainCapabilities:
    return derive(SOURCE, Request(machine=machine, virt_type=virt_type, arch=arch))


def test_left_open_it_is_libvirts_choice() -> None:
    caps = document()
    assert (caps.path, caps.domain, caps.machine, caps.arch) == (
        "/usr/bin/qemu-system-x86_64",
        "xen",
        "xenpv",
        "x86_64",
    )


@pytest.mark.parametrize(("machine", "vcpus"), [("xenpv", 512), ("xenpvh", 512), ("xenfv", 128)])
def test_vcpus_are_libvirts_number(machine: str, vcpus: int) -> None:
    assert document(machine=machine).get("vcpu/max") == vcpus


def test_a_guest_in_a_hardware_container_has_nothing_said_of_host_devices() -> None:
    assert document(machine="xenpvh").supports("devices/hostdev") is None


def test_before_5_2_that_was_a_no_and_before_4_10_there_were_no_such_guests() -> None:
    assert derive(SOURCE, Request(machine="xenpvh", libvirt=release("5.1"))).supports("devices/hostdev") is False
    assert derive(SOURCE, Request(machine="xenpvh", libvirt=release("5.2"))).supports("devices/hostdev") is None
    assert derive(SOURCE, Request(machine="xenpvh", libvirt=release("4.10"))).machine == "xenpvh"
    with pytest.raises(RequestError, match=r"^Xen only supports 'xenpv' and 'xenfv' machines$"):
        derive(SOURCE, Request(machine="xenpvh", libvirt=release("4.9")))


def test_only_a_fully_virtualized_guest_has_firmware() -> None:
    assert [document(machine=name).supports("os/loader") for name in ("xenpv", "xenpvh", "xenfv")] == [
        False,
        False,
        True,
    ]


def test_firmware_that_nobody_looked_at_is_where_libvirt_names_it() -> None:
    images = ("/usr/lib/xen/boot/ovmf.bin", "/usr/lib/xen/boot/hvmloader")
    assert document(machine="xenfv").get("os/loader/value") == images


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"machine": "pc"}, "Xen only supports 'xenpv', 'xenpvh' and 'xenfv' machines"),
        ({"virt_type": "kvm"}, "unknown virttype: kvm"),
        ({"arch": "amd64"}, "unknown architecture: amd64"),
        ({"machine": "pc", "virt_type": "kvm", "arch": "amd64"}, "unknown virttype: kvm"),
    ],
    ids=["a machine of QEMU's", "another virt type", "no architecture of libvirt's", "the virt type first"],
)
def test_it_refuses_in_libvirts_words(asked: dict[str, str], refusal: str) -> None:
    with pytest.raises(RequestError, match=f"^{refusal}$") as caught:
        document(**asked)
    assert caught.value.kind == "invalid argument"


@pytest.mark.parametrize("which", [Release((5, 6, 0)), Release((7, 0, 0)), Release((9, 0, 0)), NEWEST])
def test_nothing_is_said_of_what_the_driver_never_fills_in(which: Release) -> None:
    caps = derive(SOURCE, Request(libvirt=which))
    silent = ("memoryBacking", "devices/rng", "devices/tpm", "devices/console", "features/hyperv", "features/backup")
    assert [path for path in silent if caps.supports(path) is not None] == []


def test_a_snapshot_of_another_host_has_no_xen() -> None:
    source = SnapshotSource(Snapshot(host=HostFacts(arch="x86_64")), Driver.XEN)
    with pytest.raises(ProbeError, match="no Xen host"):
        derive(source, Request())
