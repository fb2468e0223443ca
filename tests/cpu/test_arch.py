"""Architectures as the CPU engine groups them."""

from __future__ import annotations

from domcaps.cpu.arch import Family, family_of


def test_families_are_of_the_document_s_architecture() -> None:
    assert family_of("i686") is Family.X86
    assert family_of("armv7b") is Family.ARM
    assert family_of("sparc") is None
