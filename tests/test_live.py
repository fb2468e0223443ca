"""The live host as a source: whoever hands it an emulator under way has no longer to end it."""

from __future__ import annotations

import pytest

from domcaps.cache import Lock
from domcaps.early import Early
from domcaps.live import LiveSource


def test_an_emulator_under_way_ends_with_a_source_that_does_not_come_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("domcaps.live.begin_probe", interrupted)
    early = Early("/usr/bin/qemu-system-x86_64", ())
    early.lock = Lock("")
    with pytest.raises(KeyboardInterrupt):
        LiveSource(early=early)
    assert early.lock is None
