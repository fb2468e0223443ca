"""Which guests are native."""

from __future__ import annotations

import pytest

from domcaps.drivers.qemu.names import runs_natively


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
    assert runs_natively(host, emulator) is native
