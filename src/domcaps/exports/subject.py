"""What an export is made of: documents of one host, and the CPU features that its guests can have.

Pure code. A document lists of its host-model only how it differs from a named model; the other projects want the whole
list, so the model's own features are filled in from a CPU map, under libvirt's names.
"""

from __future__ import annotations

import msgspec

from domcaps.cpu.flags import expand
from domcaps.cpu.model import CpuMap, FeaturePolicy, GuestCpu, Policy
from domcaps.schema.cpu import CustomModel, HostModel
from domcaps.schema.document import DomainCapabilities

_X86 = frozenset({"i686", "x86_64"})
_POLICIES = frozenset(Policy)


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A host, as far as an export asks about it."""

    documents: tuple[DomainCapabilities, ...]
    """At least one: the first is the host's, others are of other machines or architectures of it."""
    features: tuple[str, ...] = ()
    """The features that a guest with the host's model has, in libvirt's spelling, by name."""
    machines: tuple[str, ...] = ()
    """The machine types and their aliases; empty where only a document is there to tell."""
    host_arch: str | None = None
    """The host's own architecture; `None` where only a document is there to tell."""

    @property
    def document(self) -> DomainCapabilities:
        """The host's document."""
        return self.documents[0]


def host_model(document: DomainCapabilities) -> HostModel | None:
    """The host-model of a document, if it says yes to one."""
    found = document.cpu.host_model if document.cpu is not None else None
    return found if found and model_name(found) else None


def model_name(host: HostModel) -> str | None:
    """The named model nearest to the host."""
    return host.model.name if host.model is not None else None


def custom_models(document: DomainCapabilities) -> tuple[CustomModel, ...]:
    """The models that a guest can name, if the document says yes to that."""
    found = document.cpu.custom if document.cpu is not None else None
    return found.model if found else ()


def required(document: DomainCapabilities) -> tuple[str, ...]:
    """The features that the host-model lists as required, in the document's order."""
    found = host_model(document)
    return tuple(f.name for f in found.feature if f.policy == Policy.REQUIRE and f.name) if found else ()


def guest_features(document: DomainCapabilities, cpu_map: CpuMap) -> tuple[str, ...]:
    """All features that a guest with the host-model has, by name.

    Args:
        document: the document whose host-model it is.
        cpu_map: the models of the libvirt release that wrote it; only x86 needs one.

    Returns:
        What the model brings and what is required on top of it, less what is disabled; nothing where the document has
        no host-model.
    """
    found = host_model(document)
    name = model_name(found) if found else None
    if found is None or name is None:
        return ()
    if document.arch not in _X86:
        return tuple(sorted(set(required(document))))
    listed = tuple(
        FeaturePolicy(Policy(feature.policy), feature.name)
        for feature in found.feature
        if feature.name and feature.policy in _POLICIES
    )
    whole = expand(GuestCpu(model=name, features=listed), cpu_map.x86)
    return tuple(feature.name for feature in whole.features if feature.policy is Policy.REQUIRE)
