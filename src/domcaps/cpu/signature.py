"""Family, model and stepping of x86 CPUs: packed as CPUID has them, and as lists of steppings.

Pure code (Intel SDM volume 2, CPUID leaf 1; AMD APM volume 3, appendix E.3.2).
"""

from __future__ import annotations

import re

from domcaps.cpu.model import CpuSignature

_HIGHEST_STEPPING = 15
_STEPPINGS = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?", re.ASCII)


def pack(*, family: int, model: int, stepping: int) -> int:
    """CPUID leaf 1 EAX of a family, model and stepping; bits that do not fit are lost, as in the register."""
    base, extended = (family, 0) if family <= 15 else (15, family - 15)
    return (
        (stepping & 0xF) | (model & 0xF) << 4 | (base & 0xF) << 8 | (model >> 4 & 0xF) << 16 | (extended & 0xFF) << 20
    )


def unpack(eax: int) -> CpuSignature | None:
    """The signature in CPUID leaf 1 EAX, `None` when the register says nothing."""
    if not eax:
        return None
    return CpuSignature(
        family=(eax >> 8 & 0xF) + (eax >> 20 & 0xFF),
        model=(eax >> 4 & 0xF) | (eax >> 12 & 0xF0),
        stepping=eax & 0xF,
    )


def parse_steppings(text: str) -> int:
    """Steppings such as `0-4,7` as a set of bits.

    Raises:
        ValueError: the text is no such list.
    """
    mask = 0
    for part in text.split(","):
        match = _STEPPINGS.fullmatch(part)
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not low <= high <= _HIGHEST_STEPPING:
            raise ValueError(f"'{text}' is not a list of steppings from 0 to {_HIGHEST_STEPPING}")
        mask |= (2 << high) - (1 << low)
    return mask


def spell_steppings(mask: int) -> str:
    """The shortest list that `parse_steppings` reads as this set."""
    parts = []
    low = 0
    while mask >> low:
        if not mask >> low & 1:
            low += 1
            continue
        high = low
        while mask >> high + 1 & 1:
            high += 1
        parts.append(f"{low}-{high}" if high > low else str(low))
        low = high + 1
    return ",".join(parts)
