"""The CPU flags that oVirt's host agent (vdsm) reports to the engine.

Pure code. vdsm joins the flags of the host's /proc/cpuinfo, the required features of the host-model, and the usable
models. A document knows no /proc/cpuinfo: in its place stand the features of the expanded host-model, in libvirt's
spelling and, where the CPU map knows another, in the kernel's. What a guest cannot get is therefore not among them.
"""

from __future__ import annotations

from domcaps.cpu.model import X86Map
from domcaps.exports.subject import Subject, custom_models, host_model, model_name
from domcaps.exports.tables import ovirt as table


def flags(subject: Subject, x86: X86Map) -> list[str]:
    """The features by name, then the models by name, each once.

    Args:
        subject: the host.
        x86: the map whose aliases tell the kernel's spelling.
    """
    features = set(subject.features)
    for feature in x86.features:
        if feature.name in features:
            features.update(name for source, name in feature.aliases if source == "linux")
    return [*sorted(features), *sorted(f"{table.MODEL}{name}" for name in _models(subject))]


def _models(subject: Subject) -> set[str]:
    document = subject.document
    if document.arch not in table.HOST_MODEL_ARCHES:
        return {model.name for model in custom_models(document) if model.name and model.usable == "yes"}
    host = host_model(document)
    name = model_name(host) if host else None
    found = {name} if name else set()
    return found | {table.ALSO[name] for name in found if name in table.ALSO}


def as_text(found: list[str]) -> str:
    """The value of `cpuFlags`: separated by commas."""
    return ",".join(found) + "\n"


def as_capabilities(found: list[str], subject: Subject) -> dict[str, object]:
    """The keys of vdsm's `getCapabilities` that these documents tell."""
    machines = subject.machines or ((subject.document.machine,) if subject.document.machine else ())
    return {"cpuFlags": ",".join(found), "emulatedMachines": list(machines)}
