"""What else of a definition changes when a value does, so that libvirt takes the result: one function a place.

Each takes the case, the element that asks, and the new value, and gives the further edits.
"""

from __future__ import annotations

from domcaps.analysis.findings import Edit
from domcaps.analysis.guests.case import Case
from domcaps.analysis.guests.edits import remove, remove_attribute, set_attribute
from domcaps.analysis.guests.guest import Node

_OF_QXL = ("ram", "vram64", "vgamem")
_WITH_VRAM = frozenset({"vga", "qxl", "cirrus", "bochs", "vmvga", "xen"})


def disk_bus(case: Case, disk: Node, _bus: str) -> tuple[Edit, ...]:
    """The address belongs to the old bus, and so does a model."""
    edits = [remove(case.guest, address) for address in disk.all("address")]
    edits += remove_attribute(case.guest, disk, "model")
    return tuple(edits)


def video(case: Case, video: Node, model: str) -> tuple[Edit, ...]:
    """Memory sizes that only some cards have; more than one head only where there can be."""
    found = video.child("model")
    if found is None:
        return ()
    dropped = list(_OF_QXL)
    if model not in _WITH_VRAM:
        dropped.append("vram")
    if model not in {"virtio", "qxl"}:
        dropped.append("heads")
    edits = [edit for name in dropped for edit in remove_attribute(case.guest, found, name)]
    if model == "none":
        edits += [remove(case.guest, child) for child in video.children if child.name != "model"]
    return tuple(edits)


def graphics(case: Case, graphics: Node, kind: str) -> tuple[Edit, ...]:
    """What only SPICE has: settings of its own, its sound, and devices of its client."""
    if graphics.get("type") != "spice":
        return ()
    edits = [edit for name in ("tlsPort", "defaultMode") for edit in remove_attribute(case.guest, graphics, name)]
    edits += [remove(case.guest, child) for child in graphics.children if child.name != "listen"]
    if kind != "spice":
        spice = [audio for audio in case.guest.all("devices/audio") if audio.get("type") == "spice"]
        edits += [set_attribute(case.guest, audio, "type", "none") for audio in spice]
        clients = (*case.guest.all("devices/redirdev"), *case.guest.all("devices/smartcard"))
        edits += [remove(case.guest, device) for device in clients if device.get("type") == "spicevmc"]
    return tuple(edits)


def rng_backend(case: Case, rng: Node, kind: str) -> tuple[Edit, ...]:
    """Another source of entropy is written in another way."""
    backend = rng.child("backend")
    if backend is None:
        return ()
    edits = [remove(case.guest, child) for child in backend.children]
    edits += remove_attribute(case.guest, backend, "type")
    if kind == "random" and not case.guest.is_empty(backend):
        inner = case.guest.tag_end(backend)
        edits = [Edit(start=inner, end=backend.close, text="/dev/urandom"), *edits[len(backend.children) :]]
    return tuple(edits)


def filesystem(case: Case, filesystem: Node, _kind: str) -> tuple[Edit, ...]:
    """Attributes of the driver that was, and its binary."""
    edits = [remove(case.guest, child) for child in filesystem.children if child.name == "binary"]
    driver = filesystem.child("driver")
    if driver is not None:
        edits += [edit for name in ("queue", "format") for edit in remove_attribute(case.guest, driver, name)]
    return tuple(edits)


def panic(case: Case, panic: Node, _model: str) -> tuple[Edit, ...]:
    """Each model has another kind of address."""
    return tuple(remove(case.guest, address) for address in panic.all("address"))
