from __future__ import annotations

import pytest

from domcaps.errors import InputError
from domcaps.formats.read import read
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import all_paths
from tests.formats.sample import SAMPLE

CAPS = read(SAMPLE)


@pytest.mark.parametrize(
    ("path", "value", "answer"),
    [
        ("devices/disk/bus", "virtio", True),
        ("devices/disk/bus", "sata", False),
        ("devices/disk/model", "virtio", None),
        ("devices/disk/bus", None, True),
        ("devices/hostdev/pciBackend", None, False),
        ("devices/hostdev/pciBackend", "vfio", False),
        ("devices/tpm", None, False),
        ("devices/tpm/model", "tpm-tis", False),
        ("devices/rng", None, None),
        ("devices/rng/model", "virtio", None),
        ("cpu", None, True),
        ("cpu/maximum", None, False),
        ("cpu/host-model/model", "EPYC-Milan", True),
        ("cpu/host-model/model", "EPYC", False),
        ("cpu/host-model/feature", "x2apic", True),
        ("cpu/host-model/feature", "svm", False),
        ("cpu/host-model/feature", "aes", None),
        ("cpu/host-model/feature", "require", None),
        ("cpu/host-model/feature", None, True),
        ("os/loader/value", "/usr/share/OVMF/OVMF_CODE_4M.fd", True),
        ("os/loader/value", "/opt/mine.fd", None),
        ("os/loader/type", "flash", False),
        ("cpu/custom/model", "qemu64", True),
        ("cpu/custom/model", "Skylake-Server-v5", False),
        ("cpu/custom/model", "EPYC", None),
        ("cpu/custom/model", "486", False),
        ("iothread", None, True),
        ("features/sgx/flc", None, False),
        ("features/sgx/sgx1", None, True),
        ("features/sev/cpu0Id", None, None),
        ("features/s390-pv", None, None),
        ("vcpu/max", "4096", True),
        ("vcpu/@max", "1", False),
        ("domain", None, True),
        ("/domain/", "kvm", True),
    ],
)
def test_an_answer_is_yes_no_or_not_stated(path: str, value: str | None, answer: bool | None) -> None:
    assert CAPS.supports(path, value) is answer


def test_a_no_beats_what_stands_inside() -> None:
    caps = read(SAMPLE.replace("<disk supported='yes'>", "<disk supported='no'>"))
    assert caps.supports("devices/disk/bus", "virtio") is False
    assert caps.get("devices/disk/bus") == ("virtio",)


def test_a_block_that_does_not_say_is_not_stated() -> None:
    caps = read("<domainCapabilities><features><sev><cbitpos>47</cbitpos></sev></features></domainCapabilities>")
    assert caps.supports("features/sev") is None
    assert caps.supports("features/sev/cbitpos") is True


def test_a_part_is_asked_like_the_whole() -> None:
    assert CAPS.devices is not None
    assert CAPS.devices.supports("disk/bus", "virtio") is True
    assert CAPS.devices.get("disk/bus") == ("virtio",)


def test_what_stands_at_a_path() -> None:
    assert CAPS.get("vcpu/max") == 4096
    assert CAPS.get("cpu/custom/model/usable") == ("yes", "no", "unknown")
    assert CAPS.get("devices/rng/model") is None


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("devices/disk/buss", "'devices/disk/bus'"),
        ("bus", "'devices/disk/bus'"),
        ("features/s390pv", "'features/s390-pv'"),
        ("domain/x", ""),
        ("", ""),
    ],
)
def test_a_path_that_the_schema_does_not_have_names_the_nearest(path: str, nearest: str) -> None:
    for ask in (CAPS.supports, CAPS.get):
        with pytest.raises(InputError, match=f"there is no '{path}'.*{nearest}"):
            ask(path)


def test_all_that_is_stated_is_found_at_its_path() -> None:
    stated = list(CAPS.paths())
    assert [path for path, _, _ in stated][:5] == ["path", "domain", "machine", "arch", "vcpu"]
    assert all(CAPS.get(path) == value for path, _, value in stated)
    assert list(DomainCapabilities().paths()) == []


def test_every_path_of_the_schema_is_unique_and_answers_for_an_empty_document() -> None:
    known = [path for path, _ in all_paths(DomainCapabilities)]
    assert len(known) == len(set(known))
    assert {DomainCapabilities().supports(path) for path in known} == {None}


def test_a_block_is_true_when_it_says_yes_or_cannot_say() -> None:
    assert CAPS.devices
    assert CAPS.cpu
    assert CAPS.vcpu
    assert CAPS.iothreads
    assert CAPS.cpu.custom
    assert not CAPS.cpu.maximum
    assert not read("<domainCapabilities><features><sev/></features></domainCapabilities>").get("features/sev")
