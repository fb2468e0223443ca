"""/dev/kvm, played by a fake that answers ioctls as the kernel documents them."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from domcaps.host import kvm
from domcaps.host.facts import SevAsids
from domcaps.host.view import HostView, here

Write = Callable[..., Path]

GET_API_VERSION = 0xAE00
CHECK_EXTENSION = 0xAE03
GET_MSR_FEATURE_INDEX_LIST = 0xC004AE0A
GET_MSRS = 0xC008AE88
GET_SUPPORTED_CPUID = 0xC008AE05


class FakeKvm:
    """The kernel's side: what x86's headers make of the numbers, and what api.rst says of the answers."""

    def __init__(self) -> None:
        self.version = 12
        self.capabilities = {66: 1024, 153: 1}
        self.msrs: dict[int, int | None] = {0x10A: 0x400000000C000069}
        self.cpuid = [(0x8000001F, 0, 0, 0x1000F, 0x16F, 509, 451)]
        self.bare = 0
        self.refused = 0

    def ioctl(self, _file: int, request: int, argument: int | bytearray = 0, _mutate: bool = True) -> int:
        if request == self.bare | GET_API_VERSION:
            return self.version
        if request == self.bare | CHECK_EXTENSION and isinstance(argument, int):
            return self.capabilities.get(argument, 0)
        structures = {
            GET_MSR_FEATURE_INDEX_LIST: self._indices,
            GET_MSRS: self._values,
            GET_SUPPORTED_CPUID: self._leaves,
        }
        if request in structures and isinstance(argument, bytearray):
            return structures[request](argument)
        self.refused += 1
        raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))

    def _indices(self, buffer: bytearray) -> int:
        room = struct.unpack_from("=I", buffer)[0]
        struct.pack_into("=I", buffer, 0, len(self.msrs))
        if room < len(self.msrs):
            raise OSError(errno.E2BIG, os.strerror(errno.E2BIG))
        struct.pack_into(f"={len(self.msrs)}I", buffer, 4, *self.msrs)
        return 0

    def _values(self, buffer: bytearray) -> int:
        for at in range(struct.unpack_from("=I", buffer)[0]):
            value = self.msrs[struct.unpack_from("=I", buffer, 8 + 16 * at)[0]]
            if value is None:
                return at
            struct.pack_into("=Q", buffer, 16 + 16 * at, value)
        return int(struct.unpack_from("=I", buffer)[0])

    def _leaves(self, buffer: bytearray) -> int:
        struct.pack_into("=I", buffer, 0, len(self.cpuid))
        for at, leaf in enumerate(self.cpuid):
            struct.pack_into("=7I", buffer, 8 + 40 * at, *leaf)
        return 0


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, write: Write) -> FakeKvm:
    write("/dev/kvm")
    device = FakeKvm()
    monkeypatch.setattr("domcaps.host.kvm.fcntl.ioctl", device.ioctl)
    return device


def test_it_tells_vcpus_feature_msrs_and_that_there_is_no_tdx(fake: FakeKvm, view: HostView) -> None:
    answers = kvm.ask_kvm(view, "x86_64")
    assert fake.refused == 0
    assert answers == kvm.KvmAnswers(usable=True, max_vcpus=1024, tdx=False, msrs={"0x10a": "0x400000000c000069"})


@pytest.mark.parametrize(
    ("capabilities", "most"),
    [({66: 288, 9: 8}, 288), ({9: 8}, 8), ({}, 4)],
    ids=["the most", "else the recommended number", "else four"],
)
def test_the_most_vcpus(fake: FakeKvm, view: HostView, capabilities: dict[int, int], most: int) -> None:
    fake.capabilities = capabilities
    assert kvm.ask_kvm(view, "x86_64").max_vcpus == most


def test_bit_5_of_the_vm_types_is_tdx(fake: FakeKvm, view: HostView) -> None:
    fake.capabilities[235] = 1 << 5 | 1
    assert kvm.ask_kvm(view, "x86_64").tdx is True


def test_an_msr_that_kvm_cannot_read_is_passed_over_and_the_rest_is_read(fake: FakeKvm, view: HostView) -> None:
    fake.msrs = {0x10A: 1, 0x345: None, 0x48F: 2, 0x490: None, 0x491: None, 0xC0011029: 3}
    assert kvm.ask_kvm(view, "x86_64").msrs == {"0x10a": "0x1", "0x48f": "0x2", "0xc0011029": "0x3"}


def test_a_list_that_is_longer_than_the_room_is_asked_for_again(fake: FakeKvm, view: HostView) -> None:
    fake.msrs = dict.fromkeys(range(300), 7)
    assert len(kvm.ask_kvm(view, "x86_64").msrs or {}) == 300


def test_a_kernel_without_feature_msrs_leaves_them_unknown(fake: FakeKvm, view: HostView) -> None:
    fake.capabilities = {66: 1024}
    assert kvm.ask_kvm(view, "x86_64").msrs is None


def test_the_sev_leaf_is_the_hosts_own_and_only_asked_for_on_demand(fake: FakeKvm, view: HostView) -> None:
    assert kvm.ask_kvm(view, "x86_64").sev_asids is None
    assert kvm.ask_kvm(view, "x86_64", sev=True).sev_asids == SevAsids(max=509, min=451)
    fake.cpuid = []
    assert kvm.ask_kvm(view, "x86_64", sev=True).sev_asids == SevAsids(max=0, min=0)


def test_power_numbers_its_ioctls_differently_and_is_not_asked_about_x86(fake: FakeKvm, view: HostView) -> None:
    fake.bare = 0x20000000
    answers = kvm.ask_kvm(view, "ppc64le")
    assert answers == kvm.KvmAnswers(usable=True, max_vcpus=1024)


def test_another_version_of_the_interface_is_not_used(fake: FakeKvm, view: HostView) -> None:
    fake.version = 11
    answers = kvm.ask_kvm(view, "x86_64")
    assert (answers.usable, answers.said) == (False, "speaks version 11 of KVM's interface, not 12")


def test_without_the_device_kvm_is_not_usable_and_says_why(view: HostView) -> None:
    assert kvm.ask_kvm(view, "x86_64") == kvm.KvmAnswers(usable=False, said="No such file or directory")


def test_a_file_that_is_not_kvms_is_not_usable_and_says_why(view: HostView, write: Write) -> None:
    write("/dev/kvm", "a text")
    answers = kvm.ask_kvm(view, "x86_64")
    assert (answers.usable, answers.said) == (False, "is not KVM's device (Inappropriate ioctl for device)")


def test_a_user_who_may_only_read_it_learns_the_facts_but_cannot_use_it(
    fake: FakeKvm, view: HostView, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = os.open

    def read_only(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return really_open(path, flags, mode)

    monkeypatch.setattr("domcaps.host.kvm.os.open", read_only)
    answers = kvm.ask_kvm(view, "x86_64")
    assert fake.refused == 0
    assert (answers.usable, answers.said, answers.max_vcpus) == (False, "Permission denied", 1024)


@pytest.mark.skipif(not os.access("/dev/kvm", os.R_OK | os.W_OK), reason="no /dev/kvm that this user may use")
def test_the_real_device_answers() -> None:
    answers = kvm.ask_kvm(here(), os.uname().machine, sev=True)
    assert answers.usable
    assert answers.max_vcpus is not None
    assert answers.max_vcpus > 0
