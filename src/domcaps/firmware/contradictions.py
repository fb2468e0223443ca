"""What a guest's definition may not say at once about its firmware, and libvirt's words for it: rows only.

Rules: the order is about libvirt's; a row with a release holds since then, or until before then.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from domcaps.firmware.guest import GuestOs, Loader
from domcaps.firmware.rework import REWORKED
from domcaps.release import Release


class Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """One refusal that no descriptor can help."""

    holds: Callable[[GuestOs], bool]
    message: str
    """libvirt's sentence; `{format}` stands for the loader's format."""
    kind: str = ""
    """libvirt's class of the error; most of these have none."""
    since: Release | None = None
    until: Release | None = None

    def applies(self, asked: Release) -> bool:
        """Whether that release looks at it."""
        return (self.since is None or asked >= self.since) and (self.until is None or asked < self.until)

    def words(self, guest: GuestOs) -> str:
        """The message about that guest."""
        return self.message.replace("{format}", _loader(guest).format or "")


def _loader(guest: GuestOs) -> Loader:
    return guest.loader or Loader()


CONTRADICTIONS: tuple[Contradiction, ...] = (
    Contradiction(
        holds=lambda guest: guest.nvram is not None and guest.varstore is not None,
        message="Cannot have both <nvram> and <varstore>",
        kind="XML error",
    ),
    Contradiction(
        holds=lambda guest: (
            guest.firmware is not None
            and guest.features.get("enrolled-keys") is True
            and guest.features.get("secure-boot") is False
        ),
        message="firmware feature 'enrolled-keys' cannot be enabled when firmware feature 'secure-boot' is disabled",
    ),
    Contradiction(
        holds=lambda guest: guest.firmware is None and bool(guest.features),
        message="cannot use feature-based firmware autoselection when firmware autoselection is disabled",
    ),
    Contradiction(
        holds=lambda guest: guest.firmware is None and guest.loader is not None and guest.loader.path is None,
        message="no loader path specified and firmware auto selection disabled",
    ),
    Contradiction(
        holds=lambda guest: guest.loader_type == "rom" and _loader(guest).readonly is False,
        message="ROM loader type cannot be used as read/write",
        since=REWORKED,
    ),
    Contradiction(
        holds=lambda guest: guest.loader_type == "rom" and _loader(guest).format not in {None, "raw"},
        message="Invalid format '{format}' for ROM loader type",
        since=REWORKED,
    ),
    Contradiction(
        holds=lambda guest: guest.firmware is None and guest.loader_type == "rom" and _loader(guest).stateless is False,
        message="Only pflash loader type permits NVRAM",
        until=REWORKED,
    ),
    Contradiction(
        holds=lambda guest: guest.firmware == "bios" and _loader(guest).stateless is False,
        message="Only EFI firmware permits NVRAM",
        until=REWORKED,
    ),
    Contradiction(
        holds=lambda guest: guest.firmware == "bios" and guest.keeps_variables,
        message="Firmware type 'bios' does not support variable storage (NVRAM/varstore)",
    ),
    Contradiction(
        holds=lambda guest: guest.keeps_variables and _loader(guest).stateless is True,
        message="Variable storage (NVRAM/varstore) is not permitted when loader is stateless",
        since=REWORKED,
    ),
    Contradiction(
        holds=lambda guest: guest.keeps_variables and _loader(guest).stateless is True,
        message="NVRAM is not permitted when loader is stateless",
        until=REWORKED,
    ),
    Contradiction(
        holds=lambda guest: guest.keeps_variables and _loader(guest).readonly is False,
        message="Variable storage (NVRAM/varstore) is not permitted when loader is read/write",
        since=REWORKED,
    ),
)
