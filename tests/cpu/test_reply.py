"""A recorded reply, decoded on its own."""

from __future__ import annotations

import pytest

from domcaps.cpu.model import CpuMap
from domcaps.cpu.reply import decode_reply
from domcaps.errors import InputError
from tests.cpu.small import R12, spelled

EXPANSION = '{"return": {"model": {"name": "base", "props": {"a": true, "b": true, "vendor": "GenuineIntel"}}}}'
DEFINITIONS = '{"return": [{"name": "Old", "unavailable-features": ["c"]}], "id": "libvirt-2"}'


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        pytest.param(EXPANSION, "Tiny: +b", id="an expansion: any model of the map"),
        pytest.param(f"{EXPANSION}\n\n{DEFINITIONS}\n", "Old: -c -gone", id="definitions after it: only these"),
        pytest.param(EXPANSION[len('{"return": ') : -1], "Tiny: +b", id="without the envelope"),
    ],
)
def test_a_reply_is_decoded(small: CpuMap, text: str, listed: str) -> None:
    cpu = decode_reply(text.encode(), cpu_map=small, release=R12).cpu
    assert cpu is not None
    assert f"{cpu.model}: {spelled(cpu.features)}" == listed
    assert (cpu.vendor, cpu.fallback, cpu.max_phys_bits) == ("Intel", "forbid", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "no reply to query-cpu-model-expansion"),
        (DEFINITIONS.encode(), "no reply to query-cpu-model-expansion"),
        (b"{\n]", "line 2: not JSON"),
        (b"\xff", "byte 0: not UTF-8"),
        (b"[" * 100_000, "nested too deep|not JSON"),
        (b'{"return": {"model": {"name": "base"}}}', "has no CPU properties"),
        (b'{"model": {"name": "base", "props": {"vendor": "x"}}}', "not the 12 characters"),
        (b'{"model": {"name": "base", "props": {}}} []', "no CPU model of the map fits"),
        (b'{"model": {"name": "base", "props": {}}} [1]', "not a list of CPU models"),
    ],
)
def test_what_cannot_be_decoded_is_the_input_s_fault(small: CpuMap, text: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as fault:
        decode_reply(text, cpu_map=small, release=R12, source="reply.json")
    assert fault.value.source == "reply.json"
