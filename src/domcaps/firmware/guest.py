"""What of a guest's definition decides about its firmware, as values (libvirt's "Domain XML format", operating system).

Rule: `None` is *not said*, which differs from yes and from no.
"""

from __future__ import annotations

import msgspec


class Loader(msgspec.Struct, frozen=True, kw_only=True):
    """`os/loader`."""

    path: str | None = None
    type: str | None = None
    """`rom` or `pflash`."""
    format: str | None = None
    readonly: bool | None = None
    secure: bool | None = None
    stateless: bool | None = None


class Nvram(msgspec.Struct, frozen=True, kw_only=True):
    """`os/nvram`."""

    template: str | None = None
    template_format: str | None = None
    format: str | None = None


class Varstore(msgspec.Struct, frozen=True, kw_only=True):
    """`os/varstore`."""

    template: str | None = None


class GuestOs(msgspec.Struct, frozen=True, kw_only=True):
    """The guest's `os`, and of `features`, `pm` and `launchSecurity` what plays into it."""

    firmware: str | None = None
    """`os/@firmware`: `bios` or `efi`."""
    features: dict[str, bool] = {}
    """`os/firmware/feature`: name (`secure-boot`, `enrolled-keys`) to `enabled`."""
    loader: Loader | None = None
    nvram: Nvram | None = None
    varstore: Varstore | None = None
    smm: bool | None = None
    """`features/smm/@state`."""
    acpi: bool = False
    """`features/acpi` is there."""
    suspend_to_mem: bool | None = None
    suspend_to_disk: bool | None = None
    launch_security: str | None = None
    """`launchSecurity/@type`: `sev`, `sev-snp`, `tdx`, …."""
    sev_es: bool = False
    """Bit 2 of `launchSecurity/policy`: the guest's registers are encrypted, too."""

    @property
    def loader_type(self) -> str | None:
        """The loader's type, with libvirt's default for a path of one's own."""
        if self.loader is None or self.loader.type is not None:
            return self.loader.type if self.loader else None
        return "rom" if self.loader.path is not None and self.firmware is None else None

    @property
    def keeps_variables(self) -> bool:
        """Whether the guest asks for a store of UEFI variables."""
        return self.nvram is not None or self.varstore is not None
