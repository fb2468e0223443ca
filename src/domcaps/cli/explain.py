"""`domcaps explain`: why a value is there or not, and what would change it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from domcaps.cli import options

if TYPE_CHECKING:
    from domcaps.analysis.explain import Entry, Explanation
    from domcaps.analysis.explain_cpu import Candidate, NamedModel, NearestModel
    from domcaps.drivers.table import Judged

_MARKS = {True: "yes", False: "no", None: "?"}
_OFFERED = {True: "offered", False: "not offered", None: "not stated"}
_WIDTH = 50
_PARTS = 12
"""Parts of a rule beyond which those that do not hold are only counted."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument(
        "path",
        metavar="PATH",
        help="in the document: devices/tpm/model, devices/disk/bus=sata, cpu/custom/EPYC, cpu/host-model, vcpu/max",
    )
    options.add_request(parser)
    options.add_source(parser)
    parser.add_argument("-f", "--format", choices=("text", "json"), default="text", help="text (default) or json")


def run(args: argparse.Namespace) -> int:
    """Print the explanation: status 0 for what is offered, 1 for what is not, 2 where nothing says."""
    from domcaps.cli import sides  # noqa: PLC0415 - start-up: --help is quick

    side = sides.this_host(args)
    from domcaps.analysis.explain import explain  # noqa: PLC0415 - start-up: QEMU has answered by now

    request = options.request_of(args)
    found = explain(args.path, side.document, side.ruled, cpu_map=request.cpu_map, kvm_said=side.kvm_said)
    if args.format == "json":
        import msgspec  # noqa: PLC0415 - start-up: only this format needs it

        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        sys.stdout.writelines(f"{line}\n" for line in text_of(found))
    return {True: 0, False: 1, None: 2}[found.offered]


def text_of(found: Explanation) -> Iterator[str]:
    """The explanation for a person, line by line."""
    value = f": {_spelled(found.value)}" if isinstance(found.value, int | str) and not found.model else ""
    yield f"{found.path}: {_OFFERED[found.offered]}{value}"
    about = " ".join(filter(None, [found.about.arch, found.about.machine, found.about.virt_type]))
    rows = [
        ("for", f"{about}, {found.about.path}" if found.about.path else about),
        ("means", found.meaning),
        ("why", found.reason),
        ("to have it", found.remedy),
        *(("note", note) for note in found.notes),
        ("since", _life(found)),
        *(("guest", place) for place in found.places),
    ]
    yield from (f"  {name:<10} {text}" for name, text in rows if text)
    if found.model is not None:
        yield from _model(found.model)
    if found.nearest is not None:
        yield from _nearest(found.nearest)
    if _has_more_to_say(found):
        yield "  rule"
        for step in found.steps:
            yield from _rule(step.rule, "    ", f"{step.path}: ")
    if found.entries:
        yield from _entries(found.entries)
    elif isinstance(found.value, tuple):
        yield from (f"    {value}" for value in found.value)


def _has_more_to_say(found: Explanation) -> bool:
    """Whether the rule tells more than its reason and the values below do."""
    if not found.steps or found.model is not None:
        return False
    last = found.steps[-1].rule
    listed = any(entry.path.startswith(f"{found.path}=") for entry in found.entries)
    return len(found.steps) > 1 or (bool(last.parts) and not listed)


def _spelled(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _life(found: Explanation) -> str:
    since = f"libvirt {found.since}" if found.since else "the first libvirt that has such documents"
    return f"{since}, until before {found.until}" if found.until else since


def _rule(rule: Judged, indent: str, name: str = "") -> Iterator[str]:
    """A condition, and below it its parts."""
    mark = _MARKS[rule.verdict.holds]
    if not rule.parts or rule.kind == "Not":
        yield f"{indent}{mark:<3} {name}{rule.verdict.reason}"
        return
    yield f"{indent}{mark:<3} {name}{rule.condition[:1].lower()}{rule.condition[1:]}"
    parts = rule.parts
    if len(parts) > _PARTS:
        parts = tuple(part for part in parts if part.verdict.holds)
    for part in parts:
        yield from _rule(part, f"{indent}    ")
    if len(parts) < len(rule.parts):
        yield f"{indent}    … and {len(rule.parts) - len(parts)} that do not hold"


def _entries(entries: tuple[Entry, ...]) -> Iterator[str]:
    width = min(_WIDTH, max(len(entry.path) for entry in entries))
    yield "  values"
    for entry in entries:
        needs = f"; to have it: {entry.remedy}" if entry.remedy else ""
        value = "" if entry.value is None else f" = {_spelled(entry.value)}"
        since = f" (libvirt {entry.since})" if entry.since and not entry.reason else ""
        yield f"    {_MARKS[entry.offered]:<3} {entry.path + value:<{width}}  {entry.reason}{needs}{since}".rstrip()


def _model(model: NamedModel) -> Iterator[str]:
    rows = [
        ("vendor", model.vendor or ""),
        ("stands for", model.canonical),
        ("deprecated", "the hypervisor advises against it" if model.deprecated else ""),
        ("usable instead", ", ".join(model.instead)),
    ]
    yield from (f"  {name}: {text}" for name, text in rows if text)
    if model.blockers:
        yield "  features missing"
        width = max(len(blocker.name) for blocker in model.blockers)
        for blocker in model.blockers:
            yield f"    {blocker.name:<{width}}  {blocker.told_by}".rstrip()


def _nearest(nearest: NearestModel) -> Iterator[str]:
    if nearest.chosen is None:
        return
    yield f"  chosen: {_candidate(nearest.chosen)}"
    for other in nearest.others:
        yield f"  then:   {_candidate(other)}"
    for name, reason in nearest.passed:
        yield f"  passed over: {name}, {reason}"


def _candidate(model: Candidate) -> str:
    alike = "; has the CPU's own family and model" if model.signature else ""
    return f"{model.name}, score {model.score}: {model.required} more features, {model.disabled} fewer{alike}"
