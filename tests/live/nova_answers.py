"""What Nova's configuration classes read out of capabilities: run by a Python that has Nova; prints JSON.

nova_answers.py given DOCUMENTS   a JSON list: a domain capabilities document, a capabilities document
nova_answers.py asked RELEASE     both asked of domcaps' connection, as Nova's host class asks for them
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CPU_MAP = Path("/usr/share/libvirt/cpu_map")
PLAIN = (str, int, bool, float, type(None))


def asked(release: str) -> list[str]:
    """The documents of this host's TCG, and its capabilities."""
    import domcaps.libvirt as libvirt  # noqa: PLC0415, PLR0402 - as a program that was written for libvirt-python says it
    from domcaps.cpu.libvirt_map import read_map  # noqa: PLC0415 - only this mode needs domcaps
    from domcaps.release import Release  # noqa: PLC0415 - as above

    conn = libvirt.connect("qemu:///system", libvirt=release, cpu_map=read_map(CPU_MAP, Release.parse(release)))
    return [conn.getDomainCapabilities(None, None, None, "qemu", 0), conn.getCapabilities()]


def plain(value: Any) -> object:  # noqa: ANN401 - Nova's objects
    """An object of Nova's as JSON: its attributes, all the way down."""
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, dict):
        return {str(key): plain(member) for key, member in sorted(value.items(), key=lambda item: str(item[0]))}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    if isinstance(value, set | frozenset):
        return sorted(json.dumps(plain(member), sort_keys=True) for member in value)
    if not hasattr(value, "__dict__"):  # the attributes of an element
        return sorted(value.items())
    return {name: plain(member) for name, member in sorted(vars(value).items())}


def answers(documents: list[str]) -> dict[str, object]:
    """What Nova has in hand after parsing."""
    from nova.virt.libvirt import config  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - Nova's Python

    domain_capabilities = config.LibvirtConfigDomainCaps()
    domain_capabilities.parse_str(documents[0])
    capabilities = config.LibvirtConfigCaps()
    capabilities.parse_str(documents[1])
    found: dict[str, object] = {f"domain {name}": plain(value) for name, value in vars(domain_capabilities).items()}
    for guest in capabilities.guests:
        found[f"guest {guest.ostype} {guest.arch}"] = plain(guest)
    return {**found, "host arch": capabilities.host.cpu.arch}


if __name__ == "__main__":
    given = json.loads(sys.argv[2]) if sys.argv[1] == "given" else asked(sys.argv[2])
    json.dump(answers(given), sys.stdout)
