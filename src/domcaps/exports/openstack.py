"""The placement traits that OpenStack Nova's libvirt driver reports of a host.

Pure code; names and rows stand in `tables.openstack`, which also says what does not follow from these documents.
Nova takes CPU traits from the host's own CPU; here they are those of the expanded host-model, which a guest can get.
"""

from __future__ import annotations

from domcaps.exports.rows import names_held
from domcaps.exports.subject import Subject
from domcaps.exports.tables import openstack as table


def traits(subject: Subject) -> list[str]:
    """The traits, by name; a trait of any document counts."""
    found = set(names_held(table.TRAITS, subject.documents))
    for feature in subject.features:
        found.update(table.CPU_FEATURES.get(feature, ()))
    for document in subject.documents:
        if document.arch in table.COMPUTE_ARCHES:
            found.add(table.COMPUTE_ARCHES[document.arch])
    if subject.host_arch in table.HOST_ARCHES:
        found.add(f"HW_ARCH_{subject.host_arch.upper()}")
    return sorted(found)


def as_text(found: list[str]) -> str:
    """A trait a line."""
    return "".join(f"{name}\n" for name in found)
