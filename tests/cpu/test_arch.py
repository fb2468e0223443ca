"""Which guests are native, and which machines have CPU models."""

from __future__ import annotations

import pytest

from domcaps.cpu.arch import Family, family_of, has_cpu_models, is_native


@pytest.mark.parametrize(
    ("host", "emulator", "native"),
    [
        ("x86_64", "x86_64", True),
        ("x86_64", "i686", True),
        ("i686", "x86_64", False),
        ("aarch64", "armv7l", True),
        ("aarch64", "armv6l", False),
        ("ppc64le", "ppc64", True),
        ("ppc64", "ppc64le", True),
        ("riscv64", "riscv64", True),
        ("x86_64", "aarch64", False),
    ],
)
def test_native_guests(host: str, emulator: str, native: bool) -> None:
    assert is_native(host, emulator) is native


def test_families_are_of_the_document_s_architecture() -> None:
    assert family_of("i686") is Family.X86
    assert family_of("armv7b") is Family.ARM
    assert family_of("sparc") is None


@pytest.mark.parametrize(
    ("arch", "machine", "accelerated", "has"),
    [
        ("s390x", "s390-ccw-virtio-2.4", True, False),
        ("s390x", "s390-ccw-virtio-2.7", True, False),
        ("s390x", "s390-ccw-virtio-2.8", True, True),
        ("s390x", "s390-ccw-virtio-2.7", False, True),
        ("x86_64", "s390-ccw-virtio-2.7", True, True),
    ],
)
def test_old_s390_machines_have_no_models_under_kvm(arch: str, machine: str, accelerated: bool, has: bool) -> None:
    assert has_cpu_models(arch, machine, accelerated=accelerated) is has
