"""`domcaps export`: what schedulers and monitors are fed with."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from domcaps.cli import options

if TYPE_CHECKING:
    from domcaps.cpu.model import CpuMap
    from domcaps.derive import Source
    from domcaps.exports.subject import Subject

HELP = "node labels, placement traits, CPU flags or metrics for other programs"

FORMATS = {
    "kubevirt": ("text", "json", "yaml"),
    "openstack": ("text", "json"),
    "ovirt": ("text", "json"),
    "prometheus": ("text",),
}
"""Each target and its forms, the first of which is the default."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("target", choices=tuple(FORMATS), help="the program that reads it")
    options.add_request(parser)
    options.add_source(parser)
    group = parser.add_argument_group("how")
    group.add_argument(
        "-f", "--format", choices=("text", "json", "yaml"), default="text", help="text (default), json, yaml"
    )


def run(args: argparse.Namespace) -> int:
    """Print the export."""
    if args.format not in FORMATS[args.target]:
        from domcaps.errors import InputError  # noqa: PLC0415 - start-up: QEMU is to be started first

        raise InputError(f"an export for {args.target} is written as {' or '.join(FORMATS[args.target])}")
    subject, cpu_map = _subject(args)
    sys.stdout.write(_written(args.target, args.format, subject, cpu_map))
    return 0


def _subject(args: argparse.Namespace) -> tuple[Subject, CpuMap]:
    if not args.source:
        with options.open_live(args) as source:
            return _asked(source, args)
    data = options.read_input(args.source)
    snapshot = options.open_snapshot(options.named(args.source), data, args.host)
    if snapshot is None:
        return _of_documents(data, args)
    from domcaps.derive import SnapshotSource  # noqa: PLC0415 - start-up: only snapshots need it

    return _asked(SnapshotSource(snapshot, options.driver_of(args)), args)


def _asked(source: Source, args: argparse.Namespace) -> tuple[Subject, CpuMap]:
    from domcaps.exports.ask import ask, map_of  # noqa: PLC0415 - start-up: QEMU has been started by now

    request = options.request_of(args)
    return ask(source, request, args.target), map_of(request)


def _of_documents(data: bytes, args: argparse.Namespace) -> tuple[Subject, CpuMap]:
    from domcaps.exports.ask import map_of, of_documents  # noqa: PLC0415 - start-up: as above
    from domcaps.formats.read import read_documents  # noqa: PLC0415 - as above

    found = read_documents(data, options.named(args.source), notes=options.say)
    documents = tuple(options.fits(document, args, options.named(args.source)) for document in found)
    cpu_map = map_of(options.request_of(args))
    return of_documents(documents, cpu_map), cpu_map


def _written(target: str, form: str, subject: Subject, cpu_map: CpuMap) -> str:
    if target == "prometheus":
        from domcaps.exports.prometheus import metrics  # noqa: PLC0415 - start-up: only the chosen target is loaded

        return metrics(subject, cpu_map)
    if target == "kubevirt":
        from domcaps.exports import kubevirt  # noqa: PLC0415 - as above

        labels = kubevirt.labels(subject)
        if form == "yaml":
            return kubevirt.as_yaml(labels)
        return _json(kubevirt.as_patch(labels)) if form == "json" else kubevirt.as_text(labels)
    if target == "openstack":
        from domcaps.exports import openstack  # noqa: PLC0415 - as above

        traits = openstack.traits(subject)
        return _json(traits) if form == "json" else openstack.as_text(traits)
    from domcaps.exports import ovirt  # noqa: PLC0415 - as above

    flags = ovirt.flags(subject, cpu_map.x86)
    return _json(ovirt.as_capabilities(flags, subject)) if form == "json" else ovirt.as_text(flags)


def _json(value: object) -> str:
    import msgspec  # noqa: PLC0415 - start-up: only this form needs it

    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
