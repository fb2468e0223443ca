"""Packing of family, model and stepping, and lists of steppings."""

from __future__ import annotations

import pytest

from domcaps.cpu.model import CpuSignature, Signature
from domcaps.cpu.signature import pack, parse_steppings, spell_steppings, unpack


@pytest.mark.parametrize(
    ("eax", "family", "model", "stepping"),
    [
        pytest.param(0x000506E3, 6, 94, 3, id="a Skylake: the model's high nibble is bits 16 to 19"),
        pytest.param(0x00A20F12, 25, 33, 2, id="a Zen 3: family 25 is 15 and an extended family of 10"),
        pytest.param(0x00000543, 5, 4, 3, id="a Pentium: nothing extended"),
    ],
)
def test_leaf_1_eax_is_read_and_written(eax: int, family: int, model: int, stepping: int) -> None:
    assert unpack(eax) == CpuSignature(family=family, model=model, stepping=stepping)
    assert pack(family=family, model=model, stepping=stepping) == eax


def test_a_register_of_zero_is_no_signature() -> None:
    assert unpack(pack(family=0, model=0, stepping=0)) is None


def test_what_does_not_fit_is_lost_as_in_the_register() -> None:
    assert unpack(pack(family=6, model=0x1A5, stepping=0x12)) == CpuSignature(family=6, model=0xA5, stepping=2)


@pytest.mark.parametrize(
    ("text", "mask"), [("0", 1), ("0-4", 0b11111), ("5-7", 0b11100000), ("10-11", 0xC00), ("0,2-3,15", 0x800D)]
)
def test_steppings_are_bits(text: str, mask: int) -> None:
    assert parse_steppings(text) == mask
    assert spell_steppings(mask) == text


@pytest.mark.parametrize("text", ["", "16", "4-2", "a", "1,", "-1", "0-16"])
def test_what_is_no_list_of_steppings_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a list of steppings"):
        parse_steppings(text)


@pytest.mark.parametrize(
    ("signatures", "matches"),
    [
        pytest.param([Signature(family=6, model=85)], True, id="no stepping means any"),
        pytest.param([Signature(family=6, model=85, steppings=0b1000)], True, id="its stepping"),
        pytest.param([Signature(family=6, model=85, steppings=0b0111)], False, id="other steppings"),
        pytest.param([Signature(family=6, model=84)], False, id="another model"),
        pytest.param([Signature(family=15, model=85)], False, id="another family"),
        pytest.param([Signature(family=6, model=1), Signature(family=6, model=85)], True, id="any one will do"),
        pytest.param([], False, id="a model without signatures"),
    ],
)
def test_a_cpu_matches_a_model_by_its_signatures(signatures: list[Signature], matches: bool) -> None:
    assert CpuSignature(family=6, model=85, stepping=3).matches(signatures) is matches
