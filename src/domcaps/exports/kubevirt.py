"""The labels that KubeVirt's node labeller gives a node, from the documents that it asks libvirt for.

Pure code; names and rows stand in `tables.kubevirt`, which also says what does not follow from these documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from domcaps.errors import UnsupportedError
from domcaps.exports.rows import names_held
from domcaps.exports.subject import Subject, custom_models, host_model, model_name, required
from domcaps.exports.tables import kubevirt as table

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
"""What Kubernetes takes as the part of a label after the slash ("Labels and Selectors", syntax)."""

_TRUE = "true"


def labels(subject: Subject) -> dict[str, str]:
    """The labels of a node, by name. What Kubernetes would not take as a label is left out.

    Raises:
        UnsupportedError: KubeVirt does not run on the architecture.
    """
    document = subject.document
    arch = table.ARCHES.get(document.arch or "")
    if arch is None:
        known = ", ".join(table.ARCHES)
        raise UnsupportedError(f"KubeVirt labels no nodes of {document.arch}: it runs on {known}")
    found = dict.fromkeys(names_held((*table.PROTECTION, *table.HYPERV), [document]), _TRUE)
    if table.SEV_SNP.holds(document) and "kubevirt.io/sev-es" in found:
        found[table.SEV_SNP.name] = ""
    machines = subject.machines or ((document.machine,) if document.machine else ())
    found |= _prefixed(table.MACHINE, machines)
    if arch.cpu:
        found |= _cpu(subject, arch.vendor)
    return dict(sorted((name, value) for name, value in found.items() if _NAME.fullmatch(name.rpartition("/")[2])))


def _cpu(subject: Subject, default_vendor: str) -> dict[str, str]:
    usable = [name for name in _usable(subject) if name not in table.OBSOLETE]
    found = _prefixed(table.CPU_FEATURE, subject.features)
    found |= _prefixed(table.CPU_MODEL, usable) | _prefixed(table.CPU_MODEL_MIGRATION, usable)
    host = host_model(subject.document)
    name = model_name(host) if host else None
    if host is None or name is None:
        return found
    found |= _prefixed(table.HOST_MODEL, [name])
    found |= _prefixed(table.HOST_MODEL_FEATURE, required(subject.document))
    vendor = host.vendor or default_vendor
    found |= _prefixed(table.CPU_VENDOR, [vendor] if vendor else [])
    obsolete = name in table.OBSOLETE
    return found | ({table.OBSOLETE_HOST_MODEL: _TRUE} if obsolete else _prefixed(table.CPU_MODEL_MIGRATION, [name]))


def _usable(subject: Subject) -> Iterator[str]:
    """The named models that are not unusable: one of which that is unknown is labelled too."""
    for model in custom_models(subject.document):
        if model.name and model.usable not in {None, "", "no"}:
            yield model.name


def _prefixed(prefix: str, names: Iterable[str]) -> dict[str, str]:
    return {prefix + name: _TRUE for name in names}


def as_text(found: dict[str, str]) -> str:
    """A label a line, as `kubectl label node NAME` takes them."""
    return "".join(f"{name}={value}\n" for name, value in found.items())


def as_patch(found: dict[str, str]) -> dict[str, object]:
    """A merge patch of a node, for `kubectl patch node NAME --patch-file`."""
    return {"metadata": {"labels": found}}


def as_yaml(found: dict[str, str]) -> str:
    """The patch as YAML, every scalar quoted: `true` is a text here."""
    rows = "".join(f'    "{name}": "{value}"\n' for name, value in found.items())
    return f"metadata:\n  labels:\n{rows}" if found else "metadata:\n  labels: {}\n"
