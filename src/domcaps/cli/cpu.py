"""`domcaps cpu baseline|compare|models|decode`: CPU models, as `virsh hypervisor-cpu-*` and offline."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from domcaps.cli import options
from domcaps.errors import InputError, ProbeError

if TYPE_CHECKING:
    import msgspec

    from domcaps.cpu.losses import Explanation
    from domcaps.cpu.model import CpuMap, CustomModel, InputCpu
    from domcaps.derive import Source
    from domcaps.drivers.qemu.facts import QemuFacts
    from domcaps.release import Release

DECODES_LIKE = "11.3.0"
"""The release that `decode` imitates unless told otherwise: its order of features is that of the CPU map."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's actions and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    baseline = actions.add_parser(
        "baseline", help="the CPU that guests can have on all of several hosts", allow_abbrev=False
    )
    baseline.add_argument("files", metavar="FILE", nargs="*", help="CPU definitions, documents, snapshots")
    baseline.add_argument("--file", dest="more", action="append", default=[], help=argparse.SUPPRESS)
    baseline.add_argument("--model", help="a CPU model in place of files")
    baseline.add_argument("--features", action="store_true", help="list the features of the model, too")
    baseline.add_argument("--migratable", action="store_true", help="leave out what keeps a guest from migrating")
    baseline.add_argument("--ignore-host", action="store_true", help="of the files alone, whatever this host can do")
    baseline.add_argument("--explain", action="store_true", help="say which host each lost feature is missing on")
    compare = actions.add_parser("compare", help="whether a CPU can be had on this host", allow_abbrev=False)
    compare.add_argument("files", metavar="FILE", nargs="*", help="a CPU definition, a document, a snapshot")
    compare.add_argument("--file", dest="more", action="append", default=[], help=argparse.SUPPRESS)
    compare.add_argument("--model", help="a CPU model in place of a file")
    compare.add_argument("--error", action="store_true", help="say why it is incompatible")
    models = actions.add_parser("models", help="CPU models that this host can run", allow_abbrev=False)
    models.add_argument("--all", action="store_true", help="those that it cannot run, too")
    models.add_argument(
        "-f", "--format", choices=("text", "json", "table"), default="text", help="names (default), json, or a table"
    )
    decode = actions.add_parser("decode", help="the CPU that libvirt makes of QEMU's expansion", allow_abbrev=False)
    decode.add_argument("file", metavar="REPLY.json", help="a reply to query-cpu-model-expansion")
    decode.add_argument("--libvirt", metavar="X.Y.Z", default=DECODES_LIKE, help=f"as that release ({DECODES_LIKE})")
    decode.add_argument("--cpu-map", metavar="DIR", type=Path, help="take CPU models from a libvirt CPU map")
    for action in (baseline, compare, models):
        options.add_request(action)
        options.add_source(action)


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    return {"baseline": _baseline, "compare": _compare, "models": _models, "decode": _decode}[args.action](args)


def _facts(args: argparse.Namespace, source: Source) -> QemuFacts:
    from domcaps.derive import facts_for  # noqa: PLC0415 - start-up: QEMU is started first

    return facts_for(source, options.request_of(args))


def _baseline(args: argparse.Namespace) -> int:
    with options.open_source(args) as source:
        from domcaps.cpu.baseline import BaselineOptions, baseline  # noqa: PLC0415 - start-up: QEMU is started first
        from domcaps.cpu.definition import write_definition  # noqa: PLC0415 - as above
        from domcaps.derive import hypervisor  # noqa: PLC0415 - as above

        facts = _facts(args, source)
        found = _inputs(args, facts.release)
        asked = BaselineOptions(features=args.features, migratable=args.migratable, ignore_host=args.ignore_host)
        if args.explain:
            from domcaps.cpu.losses import explain_baseline  # noqa: PLC0415 - as above

            explanation = explain_baseline(_labelled(found), hypervisor(facts), asked)
            sys.stdout.write(write_definition(explanation.cpu))
            _explain(explanation)
        else:
            cpu = baseline([one for _, one in found], hypervisor(facts), asked, _asker(facts))
            sys.stdout.write(write_definition(cpu))
    return 0


def _labelled(found: list[tuple[str, InputCpu]]) -> list[tuple[str, InputCpu]]:
    """Names that tell the CPUs of one file apart."""
    names = [name for name, _ in found]
    seen: dict[str, int] = {}
    labelled = []
    for name, cpu in found:
        seen[name] = seen.get(name, 0) + 1
        labelled.append((f"{name} #{seen[name]}" if names.count(name) > 1 else name, cpu))
    return labelled


def _explain(explanation: Explanation) -> None:
    """What was lost, to whom, and who costs the most: on standard error, beside the definition."""
    for loss in explanation.losses:
        lacking = ", ".join(loss.lacking) or "the emulator: not known, blocked, or not migratable"
        print(f"{loss.feature}: lacking on {lacking}", file=sys.stderr)
    for cost in explanation.costs:
        if cost.features:
            model = f"{cost.without.model}, and " if cost.without is not None else ""
            back = f"{len(cost.features)} more features: {' '.join(cost.features)}"
            print(f"without {cost.label}: {model}{back}", file=sys.stderr)
        elif cost.without is None:
            print(f"without {cost.label}: no baseline", file=sys.stderr)


def _compare(args: argparse.Namespace) -> int:
    with options.open_source(args) as source:
        from domcaps.cpu.compare import Verdict, compare, complaint, sentence  # noqa: PLC0415 - start-up: as above
        from domcaps.derive import hypervisor  # noqa: PLC0415 - as above

        facts = _facts(args, source)
        (name, cpu), *_ = _inputs(args, facts.release)
        comparison = compare(cpu, hypervisor(facts), _asker(facts))
        if comparison.verdict is not Verdict.INCOMPATIBLE:
            print(sentence(comparison.verdict, name))
            return 0
        if args.error:
            options.say(f"Failed to compare hypervisor CPU with {name}: {complaint(comparison, facts.release)}")
        else:
            print(sentence(comparison.verdict, name))
    return 1


def _inputs(args: argparse.Namespace, which: Release) -> list[tuple[str, InputCpu]]:
    """The CPUs that were given, each with the name of where it came from."""
    from domcaps.cpu.definition import find_definitions, host_cpu_warning, of_model  # noqa: PLC0415 - start-up: as above

    names = [*args.files, *args.more]
    if bool(names) == bool(args.model):
        raise InputError("name either files or a --model" if names else "name a file, or a --model")
    if args.model:
        return [(args.model, of_model(args.model))]
    found: list[tuple[str, InputCpu]] = []
    bare = False
    for name in names:
        data = options.read_input(name)
        snapshot = options.open_snapshot(name, data, None)
        if snapshot is not None:
            found.append((name, _host_model(args, snapshot, name)))
            continue
        definitions = find_definitions(data, name)
        bare = bare or any(definition.has_bare_feature for definition in definitions)
        found += [(name, definition.read()) for definition in definitions]
    warning = host_cpu_warning(which) if bare else None
    if warning:
        print(warning, file=sys.stderr)
    return found


def _host_model(args: argparse.Namespace, snapshot: object, name: str) -> InputCpu:
    from domcaps.cpu.definition import as_input  # noqa: PLC0415 - start-up: as above
    from domcaps.derive import SnapshotSource  # noqa: PLC0415 - as above
    from domcaps.snapshot import Snapshot  # noqa: PLC0415 - as above

    if not isinstance(snapshot, Snapshot):
        raise TypeError(snapshot)
    cpu = _facts(args, SnapshotSource(snapshot)).cpu.host_model
    if cpu is None:
        raise InputError("the snapshot's host has no host-model", source=name)
    return as_input(cpu)


class _Recorded:
    """Finds the answers to questions about CPUs in a conversation."""

    def __init__(self, facts: QemuFacts) -> None:
        self._facts = facts

    def __call__(self, execute: str, arguments: dict[str, object], /) -> msgspec.Raw:
        import msgspec as _msgspec  # noqa: PLC0415 - start-up: loaded by now

        conversation = self._facts.emulator.of(self._facts.virt_type)
        exchange = conversation.find(execute, arguments) if conversation else None
        if exchange is None or isinstance(exchange.result, _msgspec.UnsetType):
            said = exchange.error.text if exchange is not None and exchange.error else "it was not asked"
            raise ProbeError(f"{self._facts.path} does not tell by {execute}: {said}", subject=self._facts.path)
        return exchange.result


def _asker(facts: QemuFacts) -> _Recorded:
    return _Recorded(facts)


def _models(args: argparse.Namespace) -> int:
    with options.open_source(args) as source:
        facts = _facts(args, source)
    listed = [model for model in facts.cpu.custom if args.all or model.usable == "yes"]
    if args.format == "json":
        import msgspec  # noqa: PLC0415 - start-up: loaded by now

        print(msgspec.json.format(msgspec.json.encode([_shown(model) for model in listed]), indent=2).decode())
    elif args.format == "table":
        _print_models(facts.cpu.custom if args.all else tuple(listed))
    else:
        for model in listed:
            print(model.name)
    return 0


def _shown(model: CustomModel) -> dict[str, object]:
    return {
        "name": model.name,
        "usable": model.usable,
        "vendor": model.vendor,
        "deprecated": model.deprecated,
        **({"canonical": model.canonical} if model.canonical else {}),
        **({"blockers": list(model.blockers)} if model.blockers is not None else {}),
    }


_WORDS = {"yes": "usable", "no": "blocked", "unknown": "unknown"}


def _print_models(models: tuple[CustomModel, ...]) -> None:
    """Which models are usable, and what blocks the rest, at a glance."""
    from rich.console import Console  # noqa: PLC0415 - start-up: only this form needs it
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("MODEL", "VENDOR", "", "BLOCKED BY"):
        table.add_column(heading, overflow="fold")
    for model in sorted(models, key=lambda model: list(_WORDS).index(model.usable)):
        style = {"yes": "green", "no": "dim"}.get(model.usable, "")
        state = _WORDS[model.usable] + (", deprecated" if model.deprecated else "")
        table.add_row(model.name, model.vendor, state, " ".join(model.blockers or ()), style=style)
    Console(highlight=False).print(table)


def _decode(args: argparse.Namespace) -> int:
    from domcaps.cpu.definition import write_definition  # noqa: PLC0415 - start-up: --help is quick
    from domcaps.cpu.reply import decode_reply  # noqa: PLC0415 - as above
    from domcaps.release import Release  # noqa: PLC0415 - as above

    which = Release.parse(args.libvirt)
    decoded = decode_reply(
        options.read_input(args.file), cpu_map=_cpu_map(args.cpu_map, which), release=which, source=args.file
    )
    if decoded.cpu is None:
        raise InputError(decoded.reason, source=args.file)
    sys.stdout.write(write_definition(decoded.cpu))
    return 0


def _cpu_map(directory: Path | None, which: Release) -> CpuMap:
    if directory is None:
        from domcaps.cpu.shipped import load  # noqa: PLC0415 - start-up: as above

        return load(which)
    from domcaps.cpu.libvirt_map import read_map  # noqa: PLC0415 - as above

    return read_map(directory, which)
