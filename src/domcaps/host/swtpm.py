"""swtpm: whether it is there, and which TPM versions its answer means.

Rules, as libvirt has them: `swtpm`, `swtpm_setup` and `swtpm_ioctl` must all be in PATH, or there is no swtpm; the
versions are what `swtpm_setup --print-capabilities` (swtpm_setup(8)) writes to its standard output
(`domcaps.host.swtpm_question` asks it). A broken answer means *no version*, never an error.
"""

# Start-up: pathlib costs 3 ms, a quarter of a bare python3, and every command looks at the host.
# ruff: noqa: PTH116

from __future__ import annotations

import os

import msgspec

from domcaps.host.view import HostView

PROGRAMS = ("swtpm", "swtpm_setup", "swtpm_ioctl")

VERSIONS = {"tpm-1.2": "1.2", "tpm-2.0": "2.0"}
"""swtpm_setup's word for a version it can set up, to libvirt's, in libvirt's order."""


class Swtpm(msgspec.Struct, frozen=True, kw_only=True):
    """The three programs, as found in PATH."""

    setup: str
    """The host's path of `swtpm_setup`."""
    stamp: tuple[tuple[str, int], ...]
    """Path and modification time (ns) of each program: the same stamp, the same versions."""

    @property
    def key(self) -> str:
        """The stamp as one string, for a cache of the answer (libvirt keeps it by path and modification time, too)."""
        return " ".join(f"{path}@{changed}" for path, changed in self.stamp)


def find_swtpm(view: HostView) -> Swtpm | None:
    """The programs in PATH; `None` as soon as one is missing or cannot be executed."""
    stamp = []
    for program in PROGRAMS:
        path = view.which(program)
        if path is None:
            return None
        try:
            stamp.append((path, os.stat(view.path(path)).st_mtime_ns))
        except FileNotFoundError:
            return None
    return Swtpm(setup=stamp[1][0], stamp=tuple(stamp))


def versions_in(reply: bytes) -> tuple[str, ...]:
    """The TPM versions in the output of `swtpm_setup --print-capabilities`.

    An item of `features` that is no string ends the reading: what stood before it counts.
    """
    try:
        told = msgspec.json.decode(reply)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    features = told.get("features") if isinstance(told, dict) else None
    seen = set()
    for feature in features if isinstance(features, list) else ():
        if not isinstance(feature, str):
            break
        seen.add(feature)
    return tuple(version for feature, version in VERSIONS.items() if feature in seen)
