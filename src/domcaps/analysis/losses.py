"""What a document that holds on several hosts leaves out of each, and which hosts are in the way.

Pure code: the losses are the differences between the common document and each of the inputs (`domcaps.analysis.diff`).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from domcaps.analysis.causes import Known, lack_of
from domcaps.analysis.diff import Change, Severity, Value, diff
from domcaps.cpu.model import CpuMap
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import all_paths

_DESCRIBES = frozenset({"cpu/host-model/model/name", "cpu/host-model/vendor"})
"""What describes a host-model: not there where the hosts have none in common."""


class Lack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A host that offers no more than the common document."""

    label: str
    reason: str = ""
    """Why it does not, where its facts are known."""


class Loss(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that some host has and the common document has not."""

    section: str
    path: str
    left: Value = None
    """What is left of it."""
    having: dict[str, Value]
    """Label of each host that has more, to what it has."""
    lacking: tuple[Lack, ...] = ()
    """The hosts that have no more. None: every host has it, and no two alike."""


def losses(
    known: Mapping[str, Known], common: DomainCapabilities, *, cpu_map: CpuMap | None = None
) -> tuple[Loss, ...]:
    """What is lost of several hosts in the document that holds on all of them, in the order of the document.

    Args:
        known: label to host.
        common: the document that holds on all of them.
        cpu_map: as of `diff`.
    """
    found: dict[str, dict[str, Change]] = {}
    for label, host in known.items():
        for change in diff(common, host.document, cpu_map=cpu_map):
            if _is_more(change):
                found.setdefault(change.path, {})[label] = change
    order = {path: number for number, (path, _) in enumerate(all_paths(DomainCapabilities))}
    lost = [_loss(path, changes, known, cpu_map) for path, changes in found.items()]
    return tuple(sorted(lost, key=lambda loss: order.get(loss.section, -1)))


def _is_more(change: Change) -> bool:
    """Whether the host has there what the common document has not.

    Other words for the same CPU are not more, nor are fewer missing features of a model that is not usable.
    """
    if change.path.endswith("/blockers"):
        return False
    if change.path in _DESCRIBES and change.before is None:
        return True
    if change.severity is Severity.CHANGE:
        return change.after not in {None, False, "no"} and not change.section.startswith("cpu/")
    return change.severity is Severity.GAIN


def _loss(path: str, changes: dict[str, Change], known: Mapping[str, Known], cpu_map: CpuMap | None) -> Loss:
    first = next(iter(changes.values()))
    lacking = [label for label in known if label not in changes]
    return Loss(
        section=first.section,
        path=path,
        left=first.before,
        having={label: change.after for label, change in changes.items()},
        lacking=tuple(Lack(label=label, reason=lack_of(path, known[label], cpu_map)) for label in lacking),
    )
