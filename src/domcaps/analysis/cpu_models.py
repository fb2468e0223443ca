"""Which CPU model comes nearest to one that a host cannot run, and how to do with the one that it lacks."""

from __future__ import annotations

from domcaps.analysis.findings import Edit
from domcaps.analysis.guests import edits
from domcaps.analysis.guests.case import Case
from domcaps.analysis.guests.ground import Ground
from domcaps.analysis.guests.guest import Node

FEW = 4
"""Features that a guest may rather do without than get another model."""
ALIKE = 0.75
"""The part of a model's features that another one must have to be called near."""


def nearest(ground: Ground, model: str, *, current: bool = False) -> str | None:
    """The usable model that shares most features with another one, and among those has least besides.

    Args:
        ground: the document.
        model: the model that cannot be had, or should not.
        current: only models that are not deprecated.
    """
    by_name = ground.cpu_map.x86.by_name
    wanted = by_name.get(model)
    if wanted is None:
        return None
    best: tuple[int, int, int, str] | None = None
    for name, listed in ground.models.items():
        known = by_name.get(name)
        if known is None or listed.usable != "yes" or name == model or (current and listed.deprecated):
            continue
        shared = (known.features & wanted.features).bit_count()
        more = (known.features & ~wanted.features).bit_count()
        score = (shared - more, int(known.vendor == wanted.vendor), -len(name), name)
        if best is None or score > best:
            best = score
    if best is None or (by_name[best[3]].features & wanted.features).bit_count() < ALIKE * wanted.features.bit_count():
        return None
    return best[3]


def without(
    case: Case, cpu: Node, model_node: Node | None, model: str, blockers: tuple[str, ...] | None
) -> tuple[str, tuple[Edit, ...]]:
    """How a guest can do without features that the host lacks: a clause, and the edits."""
    near = nearest(case.ground, model) if case.is_x86 else None
    if blockers and len(blockers) <= FEW:
        lines = [f"<feature policy='disable' name='{name}'/>" for name in blockers]
        listed = [cpu_feature for cpu_feature in cpu.all("feature") if cpu_feature.get("name") in blockers]
        clause = f"the same model with {', '.join(f'{name} disabled' for name in blockers)}"
        if near:
            clause += f"; or the model {near}"
        if listed:
            changes = tuple(edits.set_attribute(case.guest, feature, "policy", "disable") for feature in listed)
            return clause, changes
        return clause, (edits.add_child(case.guest, cpu, _joined(case, cpu, lines)),)
    if near and model_node is not None:
        return f"{near} in <cpu><model>", (edits.set_text(case.guest, model_node, near),)
    if case.ground.host_model is not None and model_node is not None:
        return "mode='host-model' in <cpu>: what this host has", as_host_model(case, cpu)
    return "", ()


def as_host_model(case: Case, cpu: Node) -> tuple[Edit, ...]:
    """The edits that turn a `<cpu>` into one of mode host-model; features that it names stay."""
    changes = [edits.set_attribute(case.guest, cpu, "mode", "host-model")]
    changes += [edit for name in ("match", "migratable") for edit in edits.remove_attribute(case.guest, cpu, name)]
    changes += [edits.remove(case.guest, child) for child in cpu.children if child.name in {"model", "vendor"}]
    return tuple(changes)


def _joined(case: Case, cpu: Node, lines: list[str]) -> str:
    """Several elements, each on a line of its own where the others are."""
    if not cpu.children:
        return "".join(lines)
    first = cpu.children[-1].start
    begin = case.guest.data.rfind(b"\n", 0, first) + 1
    indent = case.guest.data[begin:first].decode()
    return f"\n{indent}".join(lines) if not indent.strip() else "".join(lines)
