"""What a connection answers to calls of libvirt-python: run in a process of its own; prints JSON, a row a call.

libvirt_python_answers.py real URI            libvirt-python's own connection, by the Python that has it
libvirt_python_answers.py ours URI RELEASE    domcaps' connection, by any
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CPU_MAP = Path("/usr/share/libvirt/cpu_map")

QEMU64 = "<cpu mode='custom'><model>qemu64</model></cpu>"
NEWER = "<cpu><model>EPYC-Milan</model></cpu>"
WITH_FEATURES = (
    "<cpu mode='custom' match='exact'><model>Westmere</model><feature policy='require' name='pcid'/>"
    "<feature policy='disable' name='aes'/></cpu>"
)
HOSTS = "<cpu><arch>x86_64</arch><model>Penryn</model><vendor>Intel</vendor><feature name='vmx'/></cpu>"

Q = "qemu"
DOCUMENTS: list[list[object]] = [
    [],
    [None, None, None, Q],
    [None, None, None, Q, 0],
    [None, None, None, "bogus"],
    [None, "bogus"],
    [None, "ia64"],
    ["/nonexistent"],
    ["/etc/passwd"],
    [None, None, "bogus", Q],
    [None, None, None, "hvf"],
    [None, None, None, "xen"],
    ["/usr/bin/qemu-system-aarch64"],
    ["/usr/bin/qemu-system-aarch64", "aarch64", "virt", Q],
    ["/usr/bin/qemu-system-x86_64", "i686", "q35", Q],
    [None, None, None, None, 1 << 20],
    [None, None, None, ""],
    [None, ""],
]
BASELINES: list[list[object]] = [
    [None, None, None, Q, [QEMU64], 0],
    [None, None, None, Q, [QEMU64], 1],
    [None, None, None, Q, [QEMU64], 2],
    [None, None, None, Q, [QEMU64, WITH_FEATURES], 0],
    [None, None, None, Q, [QEMU64, "<cpu/>"], 0],
    [None, None, None, Q, [HOSTS], 0],
    [None, None, None, Q, ["text"], 0],
    [None, None, None, Q, ["<domain/>"], 0],
    [None, None, None, Q, [], 0],
    [None, None, None, Q, None, 0],
    [None, None, None, Q, ["<cpu><model>Nonesuch</model></cpu>"], 0],
    [None, None, None, Q, [QEMU64], 1 << 20],
    [None, "ppc64", None, Q, [QEMU64], 0],
    [None, "ia64", None, Q, [QEMU64], 0],
]
COMPARISONS: list[list[object]] = [
    [None, None, None, Q, QEMU64, 0],
    [None, None, None, Q, QEMU64, 1],
    [None, None, None, Q, NEWER, 0],
    [None, None, None, Q, NEWER, 1],
    [None, None, None, Q, WITH_FEATURES, 0],
    [None, None, None, Q, HOSTS, 0],
    [None, None, None, Q, "text", 0],
    [None, None, None, Q, "<domain/>", 0],
    [None, None, None, Q, "", 0],
    [None, None, None, Q, None, 0],
    [None, None, None, Q, QEMU64, 1 << 20],
    [None, "aarch64", None, Q, QEMU64, 0],
]
CALLS: dict[str, list[list[object]]] = {
    "getDomainCapabilities": DOCUMENTS,
    "baselineHypervisorCPU": BASELINES,
    "compareHypervisorCPU": COMPARISONS,
    "getCPUModelNames": [["x86_64"], ["i686"], ["ppc64"], ["aarch64"], ["s390x"], ["riscv64"], ["ia64"], ["bogus"]],
    "getType": [[]],
    "getVersion": [[]],
    "getLibVersion": [[]],
    "getHostname": [[]],
    "isAlive": [[]],
    "isSecure": [[]],
    "isEncrypted": [[]],
}


def opened(mode: str, uri: str, release: str) -> tuple[Any, type[Exception]]:
    """The connection, and the error that it raises."""
    if mode == "real":
        import libvirt  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - ours is asked without it

        libvirt.registerErrorHandler(lambda *_: None, None)
        return libvirt.open(uri), libvirt.libvirtError
    import domcaps.libvirt as ours  # noqa: PLC0415 - the real one is asked without domcaps
    from domcaps.cpu.libvirt_map import read_map  # noqa: PLC0415 - as above
    from domcaps.release import Release  # noqa: PLC0415 - as above

    return ours.connect(uri, libvirt=release, cpu_map=read_map(CPU_MAP, Release.parse(release))), ours.libvirtError


def answer(conn: Any, error: type[Exception], name: str, given: list[object]) -> object:  # noqa: ANN401 - either's
    """What a call gives, or the parts of its error; of a message about XML the first line."""
    try:
        return getattr(conn, name)(*given)
    except error as caught:
        parts: Any = caught
        message = parts.get_error_message().splitlines()[0]
        return [parts.get_error_code(), parts.get_error_domain(), parts.get_error_level(), message]


def guests(conn: Any) -> object:  # noqa: ANN401 - either's
    """The kinds of guests in the capabilities document: all of each but the order of machines behind the first."""
    from xml.etree import ElementTree as ET  # noqa: PLC0415 - the document is libvirt's or ours

    root = ET.fromstring(conn.getCapabilities())  # noqa: S314 - as above
    found = {}
    for guest in root.iter("guest"):
        arch = guest.find("arch")
        machines = [(m.text, sorted(m.items())) for m in guest.iterfind("arch/machine")]
        found[f"{guest.findtext('os_type')} {arch.get('name') if arch is not None else ''}"] = [
            [guest.findtext(f"arch/{name}") for name in ("wordsize", "emulator")],
            [domain.get("type") for domain in guest.iterfind("arch/domain")],
            [[child.tag, sorted(child.items())] for child in guest.iterfind("features/*")],
            machines[:1],
            sorted(machines),
        ]
    return found


if __name__ == "__main__":
    connection, raised = opened(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "")
    rows = [
        [f"{name}{tuple(given)}", answer(connection, raised, name, given)]
        for name, asked in CALLS.items()
        for given in asked
    ]
    json.dump([*rows, ["guests of getCapabilities", guests(connection)]], sys.stdout)
