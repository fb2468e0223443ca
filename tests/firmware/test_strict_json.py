"""What is JSON for which libvirt."""

from __future__ import annotations

import pytest

from domcaps.firmware.strict_json import NotJsonError, decode_json
from domcaps.release import NEWEST, release

OLD, DEBIAN_13, NEW = release("9.0"), release("11.3"), NEWEST


@pytest.mark.parametrize(
    "text",
    [
        "// why\n{}",
        "/* why */ {}",
        '{"a": 1,}',
        "{'a': 1}",
        "\ufeff{}",
        "{} {}",
        "{}x",
        " ",
        "",
        "\0{}",
        '{"a": 01}',
        '{"a": "\x01"}',
        '{"a"',
        "[" * 100_000,
    ],
    ids=[
        "a comment",
        "a longer comment",
        "a trailing comma",
        "single quotes",
        "a byte order mark",
        "a second value",
        "a rest",
        "a blank alone",
        "nothing",
        "a NUL at the beginning",
        "a leading zero",
        "a control character in a string",
        "cut short",
        "nested without end",
    ],
)
@pytest.mark.parametrize("asked", [OLD, DEBIAN_13, NEW], ids=str)
def test_no_release_reads(text: str, asked: object) -> None:
    with pytest.raises(NotJsonError):
        decode_json(text, asked)  # type: ignore[arg-type] # pytest's ids need no more than an object


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":\r\n1}\r\n', {"a": 1}),
        ('{"a": 1}\0 anything', {"a": 1}),
        ('{"a": "\\u00e9"}', {"a": "é"}),
        ("[]", []),
    ],
    ids=["carriage returns", "what follows a NUL is not looked at", "an escaped letter", "a list"],
)
def test_every_release_reads(text: str, value: object) -> None:
    assert [decode_json(text, asked) for asked in (OLD, DEBIAN_13, NEW)] == [value] * 3


def test_a_key_that_stands_twice_is_refused_by_yajl_and_the_last_holds_for_json_c() -> None:
    with pytest.raises(NotJsonError):
        decode_json('{"a": 1, "a": 2}', OLD)
    assert decode_json('{"a": 1, "a": 2}', NEW) == {"a": 2}


def test_nan_is_refused_by_yajl_and_read_by_json_c() -> None:
    with pytest.raises(NotJsonError):
        decode_json('{"a": NaN}', OLD)
    assert isinstance(decode_json('{"a": NaN}', NEW), dict)


def test_letters_beyond_ascii_are_refused_by_debian_13_only() -> None:
    text = '{"a": "é"}'
    assert decode_json(text, OLD) == decode_json(text, NEW) == {"a": "é"}
    with pytest.raises(NotJsonError):
        decode_json(text, DEBIAN_13)
