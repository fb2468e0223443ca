"""The emulator that a plain `show` asks about, started before its command line is parsed.

To import argparse and build the parser takes a good part of what QEMU needs to greet. So the words are looked at first:
where all are options of the tables below, the emulator is found and started, and the parser comes while it starts. What
the parser makes of the words counts: an emulator that it does not ask about is ended.
"""

from __future__ import annotations

TYPE_CHECKING = False  # start-up: importing typing for it costs as much as a bare interpreter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domcaps.early import Early

WHICH = {"--emulatorbin": 0, "--emulator": 0, "--arch": 1}
"""The options that say which emulator, and what they say: its path, the guest's architecture."""

WITH_A_VALUE = frozenset({"--virttype", "--machine", "--libvirt", "--cpu-map", "-f", "--format"})
"""Other options that are followed by a value."""

FLAGS = frozenset({"--no-cache", "--disable-deprecated-features", "--expand-cpu-features", "--supported-cpu-features"})


def asked(words: Sequence[str]) -> tuple[str | None, str | None] | None:
    """The emulator's path and the guest's architecture that a `show` names; `None`: it takes a parser to tell."""
    named: list[str | None] = [None, None]
    rest = iter(words[1:])
    for word in rest:
        name, equals, value = word.partition("=")
        if name in WHICH or name in WITH_A_VALUE:
            value = value if equals else next(rest, "")
            if not value or (value.startswith("-") and not equals):
                return None
            if name in WHICH:
                named[WHICH[name]] = value
        elif word not in FLAGS:
            return None
    return named[0], named[1]


def start(words: Sequence[str]) -> Early | None:
    """What those words ask about, under way or from the cache."""
    which = asked(words)
    if which is None:
        return None
    from domcaps.cache import Cache  # noqa: PLC0415 - start-up: only here
    from domcaps.drivers.qemu.questions import TIMEOUT  # noqa: PLC0415 - as above
    from domcaps.early import start as begin  # noqa: PLC0415 - as above

    return begin(*which, cache=None if "--no-cache" in words else Cache(), timeout=TIMEOUT)
