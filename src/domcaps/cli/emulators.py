"""`domcaps emulators`: what can be shown."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from domcaps.cli import options, talk
from domcaps.cli.parsing import word
from domcaps.errors import InputError, ProbeError, RequestError

if TYPE_CHECKING:
    from domcaps.drivers.qemu.facts import EmulatorFacts
    from domcaps.release import Release


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    options.add_source(parser)
    parser.add_argument("-f", "--format", choices=("text", "json"), default="text", help="text (default) or json")
    parser.add_argument("--libvirt", metavar="X.Y.Z", type=word, help="as that release of libvirt sees them")
    parser.add_argument("--machines", action="store_true", help="list every machine type, not only the default")


def run(args: argparse.Namespace) -> int:
    """Print a table of emulators, or all there is to tell as JSON."""
    from domcaps.release import NEWEST, Release  # noqa: PLC0415 - start-up: --help is quick

    which = Release.parse(args.libvirt) if args.libvirt else NEWEST
    found, failed = _recorded(args) if args.source else _live(args)
    rows = []
    unserved = []
    for path, emulator in found.items():
        try:
            rows.append(_row(path, emulator, which))
        except RequestError as error:
            failed[path] = str(error)
            unserved.append(path)
    for path in [path for path in failed if path not in unserved]:
        talk.say(failed[path] if path in failed[path] else f"{path}: {failed[path]}")
    if unserved:
        names = ", ".join(path.rpartition("/")[2] for path in unserved)
        talk.say(f"libvirt {which} does not know the target of {names}")
    if args.format == "json":
        import json  # noqa: PLC0415 - start-up: only this format needs it

        print(json.dumps({"emulators": rows, "failed": failed}, indent=2))
    elif not rows:
        where = talk.printable(args.source) if args.source else f"PATH ({os.environ.get('PATH', 'not set')})"
        talk.say(f"no emulators: there is no qemu-system-* in {where} that answers")
    else:
        _print_table(rows, machines=args.machines)
    return 0 if rows else 1


def _recorded(args: argparse.Namespace) -> tuple[dict[str, EmulatorFacts], dict[str, str]]:
    from domcaps.drivers.qemu.facts import EmulatorFacts  # noqa: PLC0415 - start-up: as above

    snapshot = options.open_snapshot(options.named(args.source), options.read_input(args.source), args.host)
    if snapshot is None:
        raise InputError("this is no snapshot, and only snapshots tell of emulators", source=options.named(args.source))
    return {path: EmulatorFacts(path, record.conversations()) for path, record in snapshot.emulators.items()}, {}


def _live(args: argparse.Namespace) -> tuple[dict[str, EmulatorFacts], dict[str, str]]:
    from domcaps.cache import Cache  # noqa: PLC0415 - start-up: as above
    from domcaps.cli.capture import progress_line  # noqa: PLC0415 - as above
    from domcaps.drivers.qemu.facts import EmulatorFacts  # noqa: PLC0415 - as above
    from domcaps.drivers.qemu.probe import find_emulators  # noqa: PLC0415 - as above
    from domcaps.live import LiveSource  # noqa: PLC0415 - as above

    if options.driver_of(args) not in {None, "qemu"}:
        raise InputError(f"{args.connect}: only QEMU has emulators to list")
    paths = find_emulators()
    cache = None if args.no_cache else Cache(notes=talk.say_once if args.verbose else None)
    with LiveSource(timeout=args.timeout, cache=cache) as source, progress_line(len(paths)) as progress:
        for note in source.seen.notes:
            talk.say(f"{note}; hardware virtualization cannot be used")
        answers = source.emulators(paths, progress=progress)
    failed = {path: str(answer) for path, answer in answers.items() if isinstance(answer, ProbeError)}
    found = {
        path: EmulatorFacts(path, answer.conversations())
        for path, answer in answers.items()
        if not isinstance(answer, ProbeError)
    }
    return found, failed


def _row(path: str, emulator: EmulatorFacts, which: Release) -> dict[str, object]:
    from domcaps.drivers.qemu.choose import arches_served, target_of  # noqa: PLC0415 - start-up: as above

    target = target_of(emulator, which)
    return {
        "path": path,
        "version": ".".join(map(str, emulator.version)) if emulator.version else None,
        "arches": list(arches_served(target)),
        "virtTypes": list(emulator.virt_types),
        "machines": {
            virt_type: [
                {
                    "name": machine.name,
                    **({"alias": machine.alias} if machine.alias else {}),
                    **({"default": True} if number == 0 else {}),
                    **({"deprecated": True} if machine.deprecated else {}),
                    **({"maxVcpus": machine.cpu_max} if machine.cpu_max else {}),
                }
                for number, machine in enumerate(emulator.machines_listed(virt_type, target, which))
            ]
            for virt_type in emulator.virt_types
        },
    }


def _print_table(rows: list[dict[str, object]], *, machines: bool) -> None:
    lines = [("EMULATOR", "VERSION", "ARCHES", "VIRT TYPES", "MACHINES" if machines else "DEFAULT MACHINE")]
    for row in rows:
        lists = row["machines"]
        types = row["virtTypes"]
        arches = row["arches"]
        if not isinstance(lists, Mapping) or not isinstance(types, list) or not isinstance(arches, list):
            raise TypeError(row)
        listed = lists[types[0]]
        names = [f"{m['name']} ({m['alias']})" if "alias" in m else m["name"] for m in listed]
        shown = names if machines else names[:1]
        first = shown[0] if shown else "-"
        lines.append((str(row["path"]), str(row["version"]), ",".join(arches), ",".join(types), first))
        lines += [("", "", "", "", name) for name in shown[1:]]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
