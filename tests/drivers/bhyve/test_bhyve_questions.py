"""What the bhyve driver is asked: defaults, refusals, and what newer libvirt adds."""

from __future__ import annotations

import pytest

from domcaps.derive import Request, SnapshotSource, derive
from domcaps.drivers.bhyve.facts import BhyveHost
from domcaps.errors import RequestError
from domcaps.host.facts import HostFacts
from domcaps.release import Release
from domcaps.snapshot import Snapshot


def source(arch: str = "x86_64", host: BhyveHost | None = None) -> SnapshotSource:
    return SnapshotSource(Snapshot(host=HostFacts(arch=arch), bhyve=host or BhyveHost()))


def test_left_open_it_is_libvirts_choice_and_no_machine() -> None:
    caps = derive(source(), Request())
    assert (caps.path, caps.domain, caps.machine, caps.arch, caps.vcpu) == (
        "/usr/sbin/bhyve",
        "bhyve",
        None,
        "x86_64",
        None,
    )


def test_a_machine_is_printed_as_it_was_given() -> None:
    assert derive(source(), Request(machine="whatever")).machine == "whatever"


@pytest.mark.parametrize(
    ("which", "host", "model"),
    [
        ("11.3.0", BhyveHost(virtio_rnd=True), ("virtio",)),
        ("11.2.0", BhyveHost(virtio_rnd=True), None),
        ("11.3.0", BhyveHost(virtio_rnd=False), None),
        ("11.3.0", BhyveHost(), None),
    ],
    ids=["bhyve has it", "an older libvirt", "bhyve lacks it", "nobody asked"],
)
def test_the_random_number_generator_is_there_or_nothing_is_said(
    which: str, host: BhyveHost, model: tuple[str, ...] | None
) -> None:
    caps = derive(source(host=host), Request(libvirt=Release.parse(which)))
    assert caps.get("devices/rng/model") == model


def test_a_device_that_nobody_asked_for_is_a_no_in_the_document() -> None:
    caps = derive(source(), Request())
    assert [caps.supports(path) for path in ("os/loader", "devices/graphics", "devices/video")] == [False] * 3


@pytest.mark.parametrize(
    ("host", "asked", "refusal", "kind"),
    [
        ("x86_64", Request(virt_type="kvm"), "unknown virttype: kvm", "invalid argument"),
        ("x86_64", Request(arch="arm64"), "unknown architecture: arm64", "invalid argument"),
        (
            "aarch64",
            Request(),
            "unsupported architecture: aarch64",
            "this function is not supported by the connection driver",
        ),
    ],
    ids=["another virt type", "no architecture of libvirt's", "a host that is no PC"],
)
def test_it_refuses_in_libvirts_words(host: str, asked: Request, refusal: str, kind: str) -> None:
    with pytest.raises(RequestError, match=f"^{refusal}$") as caught:
        derive(source(host), asked)
    assert caught.value.kind == kind
