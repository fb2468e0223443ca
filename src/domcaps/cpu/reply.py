"""A recorded reply of QEMU about a CPU, decoded on its own: what `domcaps cpu decode` answers.

Pure code over the text of a file: the reply to `query-cpu-model-expansion`, perhaps followed by the one to
`query-cpu-definitions`. Without the latter any model of the map may be chosen.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from domcaps.cpu.answers import read_definitions, read_expansion
from domcaps.cpu.decode import Decoded, cpu_of, nearest, problem_of
from domcaps.cpu.model import CpuDefinition, CpuMap, Expansion
from domcaps.errors import InputError, ProbeError
from domcaps.release import Release

_ARCH = "x86_64"


def decode_reply(text: bytes, *, cpu_map: CpuMap, release: Release, source: str = "") -> Decoded:
    """The guest CPU that libvirt makes of an x86 expansion: features in map order, no physical address bits.

    Raises:
        InputError: the text holds no expansion of a CPU model, or none that a model of the map could describe.
    """
    expansion: Expansion | None = None
    definitions: tuple[CpuDefinition, ...] | None = None
    try:
        for value in _replies(text, source):
            if isinstance(value, dict) and "model" in value and expansion is None:
                expansion = read_expansion(msgspec.json.encode(value), arch=_ARCH, release=release)
            elif isinstance(value, list) and definitions is None:
                definitions = read_definitions(msgspec.json.encode(value), arch=_ARCH, release=release, cpu_map=cpu_map)
    except ProbeError as error:
        raise InputError(str(error), source=source) from error
    if expansion is None:
        raise InputError("there is no reply to query-cpu-model-expansion in it", source=source)
    cpu = cpu_of(expansion, cpu_map.x86)
    if cpu is None:
        raise InputError("the vendor is not the 12 characters of CPUID leaf 0", source=source, place="$.vendor")
    decoded = nearest(problem_of(cpu_map.x86, cpu, definitions, release), "the reply")
    if decoded.cpu is None:
        raise InputError("no CPU model of the map fits", source=source)
    return decoded


def _replies(text: bytes, source: str) -> Iterator[object]:
    """The values in the text, one after the other, out of the `return` they come in."""
    import json  # noqa: PLC0415 - start-up: only this reads several JSON values out of one text

    decoder = json.JSONDecoder()
    try:
        rest = text.decode()
        at = len(rest) - len(rest.lstrip())
        while at < len(rest):
            value, at = decoder.raw_decode(rest, at)
            at += len(rest[at:]) - len(rest[at:].lstrip())
            yield value.get("return", value) if isinstance(value, dict) else value
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8", source=source, place=f"byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", source=source, place=f"line {error.lineno}") from error
    except RecursionError as error:
        raise InputError("nested too deep for a reply", source=source) from error
