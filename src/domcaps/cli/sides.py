"""What `explain`, `diff` and `common` are given: documents, snapshots, or this host, each with all that is known of it.

`live` is this host. `-` is standard input where something is piped or redirected to it, and this host where it is a
terminal, closed, empty, or `/dev/null`, so that `diff before.json -` compares with the host at hand.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from typing import TYPE_CHECKING

import msgspec

from domcaps.cli import options
from domcaps.errors import InputError, RequestError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from domcaps.analysis.causes import Known
    from domcaps.derive import Source
    from domcaps.firmware.facts import FirmwareFacts
    from domcaps.host.identity import HostIdentity
    from domcaps.schema.document import DomainCapabilities
    from domcaps.snapshot import Snapshot

LIVE = "live"
THIS_HOST = "this host"
HELP = "a document, a snapshot, live (this host), or - (standard input; this host where nothing is piped)"


def known(name: str, args: argparse.Namespace) -> list[Known]:
    """What an operand stands for: one host, or the documents that a file holds.

    Args:
        name: the operand.
        args: with the options of `options.add_request` and `options.add_source`.

    Raises:
        DomcapsError: it cannot be read, or cannot be told.
    """
    if name == LIVE:
        return [this_host(args)]
    data = _piped() if name == "-" else options.read_input(name)
    if name == "-" and not data.strip():
        return [this_host(args)]
    label = options.named(name)
    snapshot = options.open_snapshot(label, data, args.host)
    return [_recorded(label, snapshot, args)] if snapshot is not None else _documents(label, data, args)


def this_host(args: argparse.Namespace) -> Known:
    """This host, or what `--from` puts in its place; raises as `known`."""
    if args.source:
        return only(known(args.source, _without_source(args)))
    with options.open_live(args) as source:
        notes = "; ".join(map(str, source.seen.notes))
        found = _derived(THIS_HOST, source, args, live=True)
        return msgspec.structs.replace(
            found, identity=source.report.identity, firmware=_firmware(found, source.firmware_facts), kvm_said=notes
        )


def only(found: list[Known]) -> Known:
    """The first of what a file holds; says so where that leaves something out."""
    if len(found) > 1:
        options.say(f"{found[0].label} holds {len(found)} documents that fit: the first is taken")
    return found[0]


def labelled(sides: list[Known]) -> Mapping[str, Known]:
    """The sides under labels that differ: the files' names without folders where these do."""
    short = [side.label.rpartition("/")[2] for side in sides]
    labels = short if len(set(short)) == len({side.label for side in sides}) else [side.label for side in sides]
    found: dict[str, Known] = {}
    for side, name in zip(sides, labels, strict=True):
        label, number = name, 1
        while label in found:
            number += 1
            label = f"{name} ({number})"
        found[label] = msgspec.structs.replace(side, label=label)
    return found


def without_word(reason: str, word: str) -> str:
    """A reason with a mark for the word that it is about, so that reasons for several words are told once."""
    return re.sub(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])", "\0", reason) if word else reason


def with_words(reason: str, words: list[str]) -> str:
    """A reason for several words: the word that it is about stands in it where that is the only one."""
    return reason.replace("\0", words[0] if len(words) == 1 else "…")


def _without_source(args: argparse.Namespace) -> argparse.Namespace:
    import argparse  # noqa: PLC0415 - start-up: argparse is loaded by now

    return argparse.Namespace(**{"said": [], **vars(args), "source": None})


def _piped() -> bytes:
    """Standard input, where it is a file or a pipe; nothing where it is neither."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):
        return b""
    return options.read_input("-") if stat.S_ISFIFO(mode) or stat.S_ISREG(mode) else b""


def _recorded(label: str, snapshot: Snapshot, args: argparse.Namespace) -> Known:
    from domcaps.derive import SnapshotSource  # noqa: PLC0415 - start-up: only snapshots need it

    try:
        found = _derived(label, SnapshotSource(snapshot, options.driver_of(args)), args, live=False)
    except RequestError as error:
        raise RequestError(f"{label}: {error}", kind=error.kind) from None
    identity: HostIdentity | None = snapshot.identity
    return msgspec.structs.replace(found, identity=identity, firmware=_firmware(found, snapshot.firmware))


def _derived(label: str, source: Source, args: argparse.Namespace, *, live: bool) -> Known:
    from domcaps.analysis.causes import Known  # noqa: PLC0415 - start-up: the emulator is under way by now
    from domcaps.derive import ruled  # noqa: PLC0415 - as above
    from domcaps.drivers.table import build  # noqa: PLC0415 - as above
    from domcaps.schema.document import DomainCapabilities  # noqa: PLC0415 - as above

    table, facts = ruled(source, options.request_of(args, live=live))
    return Known(label=label, document=build(DomainCapabilities, table, facts), ruled=(table, facts))


def _firmware(found: Known, firmware: FirmwareFacts) -> FirmwareFacts | None:
    return firmware if found.facts is not None else None


def _documents(label: str, data: bytes, args: argparse.Namespace) -> list[Known]:
    from domcaps.analysis.causes import Known  # noqa: PLC0415 - start-up: as above
    from domcaps.formats.read import read_documents  # noqa: PLC0415 - as above

    documents = _fitting(read_documents(data, label, notes=options.say), args, label)
    if args.libvirt:
        from domcaps.release import Release  # noqa: PLC0415 - as above
        from domcaps.schema.filter import as_of  # noqa: PLC0415 - as above

        documents = [as_of(document, Release.parse(args.libvirt)) for document in documents]
    return [Known(label=label, document=document) for document in documents]


def _fitting(documents: list[DomainCapabilities], args: argparse.Namespace, label: str) -> list[DomainCapabilities]:
    """Of several documents those that the options ask for, which a single one has to be."""
    if len(documents) == 1:
        return [options.fits(documents[0], args, label)]
    found = []
    for document in documents:
        try:
            found.append(options.fits(document, args, label))
        except RequestError:
            continue
    if not found:
        raise InputError(f"none of its {len(documents)} documents is about what is asked", source=label)
    return found
