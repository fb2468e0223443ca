"""Which descriptor holds of several with one name, and in which order they are looked at."""

from __future__ import annotations

import pytest

from domcaps.firmware.folders import in_order

SHARE, ETC, USER = "/usr/share/qemu/firmware/", "/etc/qemu/firmware/", "/home/user/.config/qemu/firmware/"


@pytest.mark.parametrize(
    ("paths", "kept"),
    [
        ([SHARE + "50.json", ETC + "50.json"], [ETC + "50.json"]),
        ([USER + "50.json", ETC + "50.json", SHARE + "50.json"], [USER + "50.json"]),
        (
            [ETC + "40.json", SHARE + "50.json", ETC + "60.json"],
            [ETC + "40.json", SHARE + "50.json", ETC + "60.json"],
        ),
        (
            [SHARE + name for name in ("a", "_u", "Z", "9-x", "10-x", "é")],
            [SHARE + name for name in ("10-x", "9-x", "Z", "_u", "a", "é")],
        ),
        ([SHARE + "deep/50.json", SHARE + "50.json"], [SHARE + "deep/50.json"]),
        ([], []),
    ],
    ids=[
        "etc masks share, whatever their order in the snapshot",
        "a user's masks both",
        "the folder plays no part in the order",
        "the order is that of bytes",
        "any other folder is a user's",
        "nothing",
    ],
)
def test_order_and_masking(paths: list[str], kept: list[str]) -> None:
    assert in_order(paths) == kept
    assert in_order(reversed(paths)) == kept
