"""`domcaps cpu baseline|compare|models|decode`: CPU models, as `virsh hypervisor-cpu-*` and offline."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from domcaps.cli import options, talk
from domcaps.cli.parsing import file, folder, word
from domcaps.errors import InputError, ProbeError, RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import msgspec

    from domcaps.cpu.losses import Explanation
    from domcaps.cpu.model import CpuMap, CustomModel, InputCpu, Usable
    from domcaps.derive import Source
    from domcaps.drivers.qemu.facts import QemuFacts
    from domcaps.release import Release

DECODES_LIKE = "11.3.0"
"""The release that `decode` imitates unless told otherwise: its order of features is that of the CPU map."""


_USABLE: dict[str, Usable] = {"yes": "yes", "no": "no"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's actions and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    baseline = actions.add_parser(
        "baseline", help="the CPU that guests can have on all of several hosts", allow_abbrev=False
    )
    baseline.add_argument("files", metavar="FILE", nargs="*", help="CPU definitions, documents, snapshots")
    baseline.add_argument("--file", dest="more", type=file, action="append", default=[], help=argparse.SUPPRESS)
    baseline.add_argument("--model", type=word, help="a CPU model in place of files")
    baseline.add_argument("--features", action="store_true", help="list the features of the model, too")
    baseline.add_argument("--migratable", action="store_true", help="leave out what keeps a guest from migrating")
    baseline.add_argument("--ignore-host", action="store_true", help="of the files alone, whatever this host can do")
    baseline.add_argument("--explain", action="store_true", help="say which host each lost feature is missing on")
    compare = actions.add_parser("compare", help="whether a CPU can be had on this host", allow_abbrev=False)
    compare.add_argument("files", metavar="FILE", nargs="*", help="a CPU definition, a document, a snapshot")
    compare.add_argument("--file", dest="more", type=file, action="append", default=[], help=argparse.SUPPRESS)
    compare.add_argument("--model", type=word, help="a CPU model in place of a file")
    compare.add_argument("--error", action="store_true", help="say why it is incompatible")
    models = actions.add_parser("models", help="CPU models that this host can run", allow_abbrev=False)
    models.add_argument("--all", action="store_true", help="those that it cannot run, too")
    models.add_argument(
        "-f", "--format", choices=("text", "json", "table"), default="text", help="names (default), json, or a table"
    )
    decode = actions.add_parser("decode", help="the CPU that libvirt makes of QEMU's expansion", allow_abbrev=False)
    decode.add_argument("file", metavar="REPLY.json", help="a reply to query-cpu-model-expansion")
    decode.add_argument(
        "--libvirt", metavar="X.Y.Z", type=word, default=DECODES_LIKE, help=f"as that release ({DECODES_LIKE})"
    )
    decode.add_argument("--cpu-map", metavar="DIR", type=folder, help="take CPU models from a libvirt CPU map")
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

        facts = _facts(args, _stand_in(args, source))
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


def _stand_in(args: argparse.Namespace, source: Source) -> Source:
    """The host as it is; one without any emulator cannot tell of CPUs, so that the first of the snapshots does."""
    from domcaps.live import LiveSource  # noqa: PLC0415 - start-up: as above

    if not isinstance(source, LiveSource) or source.early.path is not None or args.emulatorbin:
        return source
    from domcaps.derive import SnapshotSource  # noqa: PLC0415 - as above

    for name in (name for name in [*args.files, *args.more] if name != "-"):
        snapshot = options.open_snapshot(name, options.read_input(name), None)
        if snapshot is not None:
            options.note(args, f"this host has no emulator: its part is taken by {options.named(name)}")
            return SnapshotSource(snapshot)
    return source


def _labelled(found: list[tuple[str, InputCpu]]) -> list[tuple[str, InputCpu]]:
    """Names that tell the CPUs of one file apart, without folders where these do not tell files apart."""
    names = [name for name, _ in found]
    short = [name.rpartition("/")[2] for name in names]
    if len(set(short)) == len(set(names)):
        names = short
    seen: dict[str, int] = {}
    labelled = []
    for name, (_, cpu) in zip(names, found, strict=True):
        seen[name] = seen.get(name, 0) + 1
        labelled.append((f"{name} #{seen[name]}" if names.count(name) > 1 else name, cpu))
    return labelled


def _explain(explanation: Explanation) -> None:
    """What was lost, to whom, and who costs the most: on standard error, beside the definition."""
    by_hosts: dict[tuple[str, ...], list[str]] = {}
    for loss in explanation.losses:
        by_hosts.setdefault(loss.lacking, []).append(loss.feature)
    for hosts, features in by_hosts.items():
        lacking = ", ".join(hosts) or "the emulator: not known, blocked, or not migratable"
        talk.write(f"lacking on {lacking}: {' '.join(features)}\n")
    if not by_hosts:
        talk.write("nothing is lost\n")
    for cost in explanation.costs:
        if cost.features:
            model = f"{cost.without.model}, and " if cost.without is not None else ""
            back = f"{len(cost.features)} more features: {' '.join(cost.features)}"
            talk.write(f"without {cost.label}: {model}{back}\n")
        elif cost.without is None:
            talk.write(f"without {cost.label}: no baseline\n")


def _compare(args: argparse.Namespace) -> int:
    with options.open_source(args) as source:
        from domcaps.cpu.compare import Verdict, compare, complaint, sentence  # noqa: PLC0415 - start-up: as above
        from domcaps.derive import hypervisor  # noqa: PLC0415 - as above

        facts = _facts(args, source)
        (name, cpu), *more = _inputs(args, facts.release)
        if more:
            options.say(f"{len(more) + 1} CPUs are given: the first, of {name}, is compared")
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
    for given in names:
        data = options.read_input(given)
        name = options.named(given)
        snapshot = options.open_snapshot(name, data, None)
        if snapshot is not None:
            found.append((name, _host_model(args, snapshot, name)))
            continue
        definitions = find_definitions(_as_xml(data, name), name)
        bare = bare or any(definition.has_bare_feature for definition in definitions)
        found += [(name, definition.read()) for definition in definitions]
    warning = host_cpu_warning(which) if bare else None
    if warning:
        talk.write(f"{warning}\n")
    return found


def _as_xml(data: bytes, name: str) -> bytes:
    """XML as it is; documents in JSON as XML."""
    if data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in {b"{", b"["}:
        return data
    from domcaps.formats.read import read_documents  # noqa: PLC0415 - start-up: few are given as JSON
    from domcaps.formats.xml_writer import to_xml  # noqa: PLC0415 - as above

    return "".join(map(to_xml, read_documents(data, name, notes=options.say))).encode()


def _host_model(args: argparse.Namespace, snapshot: object, name: str) -> InputCpu:
    from domcaps.cpu.definition import as_input  # noqa: PLC0415 - start-up: as above
    from domcaps.derive import SnapshotSource, facts_for  # noqa: PLC0415 - as above
    from domcaps.snapshot import Snapshot  # noqa: PLC0415 - as above

    if not isinstance(snapshot, Snapshot):
        raise TypeError(snapshot)
    try:
        cpu = facts_for(SnapshotSource(snapshot), options.request_of(args, live=False)).cpu.host_model
    except RequestError as error:
        raise RequestError(f"{name}: {error}", kind=error.kind) from None
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
    known = _models_known(args)
    listed = [model for model in known if args.all or model.usable == "yes"]
    if args.format == "json":
        import msgspec  # noqa: PLC0415 - start-up: loaded by now

        print(msgspec.json.format(msgspec.json.encode([_shown(model) for model in listed]), indent=2).decode())
    elif args.format == "table":
        from domcaps.cli.model_table import lines_of  # noqa: PLC0415 - start-up: only this form needs it

        sys.stdout.writelines(f"{line}\n" for line in lines_of(listed))
    else:
        for model in listed:
            print(model.name)
    return 0


def _models_known(args: argparse.Namespace) -> Sequence[CustomModel]:
    """The models of this host or a snapshot, or those that a document lists."""
    if not args.source:
        with options.open_live(args) as source:
            return _facts(args, source).cpu.custom
    data = options.read_input(args.source)
    name = options.named(args.source)
    snapshot = options.open_snapshot(name, data, args.host)
    if snapshot is None:
        return _models_stated(data, name, args)
    from domcaps.derive import SnapshotSource  # noqa: PLC0415 - start-up: only snapshots need it

    return _facts(args, SnapshotSource(snapshot, options.driver_of(args))).cpu.custom


def _models_stated(data: bytes, name: str, args: argparse.Namespace) -> Sequence[CustomModel]:
    from domcaps.cpu.model import CustomModel  # noqa: PLC0415 - start-up: only documents need it
    from domcaps.formats.read import read_documents  # noqa: PLC0415 - as above

    first, *more = read_documents(data, name, notes=options.say)
    if more:
        options.say(f"{name} holds {len(more) + 1} documents: the first is taken")
    document = options.fits(first, args, name)
    custom = document.cpu.custom if document.cpu is not None else None
    if custom is None or not custom.model:
        raise InputError("the document lists no CPU models", source=name)
    return [
        CustomModel(
            name=model.name or "",
            usable=_USABLE.get(model.usable or "", "unknown"),
            deprecated=bool(model.deprecated),
            vendor=model.vendor or "unknown",
            canonical=model.canonical,
            blockers=model.blockers,
        )
        for model in custom.model
    ]


def _shown(model: CustomModel) -> dict[str, object]:
    return {
        "name": model.name,
        "usable": model.usable,
        "vendor": model.vendor,
        "deprecated": model.deprecated,
        **({"canonical": model.canonical} if model.canonical else {}),
        **({"blockers": list(model.blockers)} if model.blockers is not None else {}),
    }


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
