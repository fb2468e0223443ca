"""What virtinst makes of a connection: run by the Python that has virtinst, in a process of its own; prints JSON.

virtinst_answers.py real URI             libvirt-python's own connection
virtinst_answers.py beside URI RELEASE   libvirt-python is loaded, the connection is domcaps'
virtinst_answers.py instead URI RELEASE  domcaps stands where libvirt-python would
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

VIRT_MANAGER = "/usr/share/virt-manager"
CPU_MAP = Path("/usr/share/libvirt/cpu_map")

QUESTIONS: list[tuple[str | None, str | None, str | None, str | None]] = [
    (None, None, None, None),
    (None, None, None, "qemu"),
    (None, "x86_64", "q35", "qemu"),
    (None, "i686", None, "qemu"),
    (None, "aarch64", "virt", "qemu"),
    (None, "armv7l", "virt", "qemu"),
    (None, "s390x", None, "qemu"),
    (None, "ppc64le", None, "qemu"),
    (None, "riscv64", "virt", "qemu"),
    ("/usr/bin/qemu-system-x86_64", "x86_64", "pc", "kvm"),
    (None, "x86_64", "nonesuch", None),
    ("/nonexistent", None, None, None),
]
"""Emulator, architecture, machine, virt type: some that are answered, some that are refused."""

GUESTS = [
    ("x86_64", "qemu", None),
    ("x86_64", None, None),
    ("x86_64", "qemu", "q35"),
    ("i686", "qemu", None),
    ("aarch64", "qemu", None),
    ("s390x", "qemu", None),
    ("ppc64", "qemu", None),
    ("riscv64", "qemu", None),
    ("nonesuch", None, None),
]
"""Architecture, virt type, machine of guests whose definition virtinst completes."""

TELLS = (
    "supports_uefi_loader",
    "supports_firmware_efi",
    "find_uefi_path_for_arch",
    "supports_safe_host_model",
    "supports_safe_host_passthrough",
    "get_cpu_models",
    "get_cpu_security_features",
    "supports_sev_launch_security",
    "supports_video_bochs",
    "supports_video_qxl",
    "supports_video_virtio",
    "supports_tpm_emulator",
    "supports_graphics_spice",
    "supports_filesystem_virtiofs",
    "supports_memorybacking_memfd",
)
"""What virtinst's DomainCapabilities decides by."""


def install(mode: str, release: str) -> None:
    """Put domcaps' connection where virtinst takes libvirt-python's from."""
    import domcaps.libvirt as ours  # noqa: PLC0415 - the real one is asked without domcaps
    from domcaps.cpu.libvirt_map import read_map  # noqa: PLC0415 - as above
    from domcaps.release import Release  # noqa: PLC0415 - as above

    cpu_map = read_map(CPU_MAP, Release.parse(release))

    def open_auth(uri: str, auth: object, flags: int = 0) -> object:
        del auth, flags
        return ours.connect(uri, libvirt=release, cpu_map=cpu_map)

    if mode == "instead":
        ours.openAuth = open_auth  # type: ignore[assignment] # with the release and the map of the real one
        sys.modules["libvirt"] = ours
    else:
        import libvirt  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - Debian's

        libvirt.openAuth = open_auth


def answers(uri: str) -> dict[str, Any]:
    """All that is compared."""
    from virtinst import DomainCapabilities, Guest, VirtinstConnection  # type: ignore[import-not-found,unused-ignore] # noqa: I001, PLC0415 - not before libvirt is chosen

    import libvirt  # noqa: PLC0415 - as above

    if hasattr(libvirt, "registerErrorHandler"):
        libvirt.registerErrorHandler(lambda *_: None, None)
    conn = VirtinstConnection(uri)
    conn.open(None, None)
    found: dict[str, Any] = {
        "connection": [
            conn.conn_version(),
            conn.getLibVersion(),
            conn.getType(),
            conn.support.conn_domain_capabilities(),
        ],
        "kinds": [
            [g.os_type, g.arch, g.emulator, sorted(d.hypervisor_type for d in g.domains)] for g in conn.caps.guests
        ],
        "host": conn.caps.host.cpu.arch,
    }
    for question in QUESTIONS:
        document = DomainCapabilities.build_from_params(conn, *question)
        told = {name: getattr(document, name)() for name in TELLS} if document.arch else {}
        found[f"document {question}"] = {"xml": document.get_xml(), **told}
    for arch, virt_type, machine in GUESTS:
        found[f"guest {arch} {virt_type} {machine}"] = guest_xml(Guest(conn), arch, virt_type, machine)
    return found


def guest_xml(guest: Any, arch: str, virt_type: str | None, machine: str | None) -> object:  # noqa: ANN401 - virtinst's
    """The definition that virtinst completes, and what it looked up on the way."""
    try:
        info = guest.conn.caps.guest_lookup(os_type="hvm", arch=arch, typ=virt_type, machine=machine)
    except ValueError as error:
        return str(error)
    guest.set_capabilities_defaults(info)
    guest.name, guest.uuid = "guest", "00000000-0000-0000-0000-000000000001"
    guest.os.machine = machine
    guest.memory, guest.vcpus = 1024 * 1024, 1
    guest.set_defaults(None)
    efi: object = None
    try:
        efi = (
            guest.get_uefi_path()
            if hasattr(guest, "get_uefi_path")
            else guest.lookup_domcaps().find_uefi_path_for_arch()
        )
    except (RuntimeError, ValueError) as error:
        efi = str(error)
    machines = [info.emulator, info.hypervisor_type, *sorted(info.machines)]
    return {"xml": guest.get_xml(), "uefi": efi, "machines": machines}


if __name__ == "__main__":
    sys.path.insert(0, VIRT_MANAGER)
    if sys.argv[1] != "real":
        install(sys.argv[1], sys.argv[3])
    json.dump(answers(sys.argv[2]), sys.stdout)
