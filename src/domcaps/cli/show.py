"""`domcaps show`: the domain capabilities document."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from domcaps.cli import options, warm
from domcaps.cli.parsing import word

if TYPE_CHECKING:
    from domcaps.release import Release
    from domcaps.schema.document import DomainCapabilities

FORMATS = ("xml", "json", "yaml", "text")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    options.add_request(parser)
    options.add_source(parser)
    group = parser.add_argument_group("how")
    group.add_argument("-f", "--format", choices=FORMATS, default="xml", help="xml (default), json, yaml, text")
    group.add_argument("--xpath", metavar="EXPR", type=word, help="only the nodes that an XPath expression finds")
    group.add_argument("--wrap", action="store_true", help="with --xpath: the nodes in one element")


def run(args: argparse.Namespace) -> int:
    """Print the document."""
    if args.wrap and args.xpath is None:
        from domcaps.errors import InputError  # noqa: PLC0415 - start-up: QEMU is to be started first

        raise InputError("--wrap goes with --xpath")
    if args.xpath is not None and args.format != "xml":
        from domcaps.errors import InputError  # noqa: PLC0415 - as above

        raise InputError(f"--xpath prints XML, and goes with no --format {args.format}")
    if not args.source and args.xpath is None:
        sys.stdout.write(_show_live(args))
        return 0
    documents = documents_of(args)
    which = options.release_of(args)
    if args.xpath is not None:
        return _print_xpath(documents, args, which)
    for document in documents:
        if args.format == "yaml" and len(documents) > 1:
            sys.stdout.write("---\n")  # without it, all of them are one mapping
        sys.stdout.write(_formatted(document, args.format, which))
    return 0


def documents_of(args: argparse.Namespace) -> Sequence[DomainCapabilities]:
    """The documents that the options ask for: one, or those that a file holds.

    Raises:
        DomcapsError: it cannot be told.
    """
    if not args.source:
        with options.open_live(args) as source:
            from domcaps.derive import derive  # noqa: PLC0415 - start-up: QEMU has been started by now

            return [derive(source, options.request_of(args))]
    data = options.read_input(args.source)
    snapshot = options.open_snapshot(options.named(args.source), data, args.host)
    if snapshot is not None:
        from domcaps.derive import SnapshotSource, derive  # noqa: PLC0415 - start-up: only snapshots need it

        recorded = SnapshotSource(snapshot, options.driver_of(args))
        recorded.notes = options.say
        return [derive(recorded, options.request_of(args))]
    from domcaps.formats.read import read_documents  # noqa: PLC0415 - start-up: only documents need it

    found = read_documents(data, options.named(args.source), notes=options.say)
    return [options.fits(document, args, options.named(args.source)) for document in found]


def _show_live(args: argparse.Namespace) -> str:
    """The document of this host, written; kept for the next time if nothing changed while it was made."""
    with options.open_live(args) as source:
        keeps = source.early.path is not None and warm.can_keep(args.words)
        before = warm.depends(source, args) if keeps else []
        from domcaps.derive import derive  # noqa: PLC0415 - start-up: QEMU has been started by now

        text = _formatted(derive(source, options.request_of(args)), args.format, None)
        if keeps and source.unchanged and before == warm.depends(source, args):
            notes = "".join(f"domcaps: {note}\n" for note in args.said) if "said" in args else ""
            warm.keep(args.words, warm.with_rest(before, source), notes, text)
        return text


def _formatted(document: DomainCapabilities, form: str, which: Release | None) -> str:
    if form == "xml":
        from domcaps.formats.xml_writer import to_xml  # noqa: PLC0415 - start-up: only the chosen format is loaded

        return to_xml(document, which)
    from domcaps.formats import forms  # noqa: PLC0415 - as above

    return forms.write(document, form, which, terminal=sys.stdout.isatty())


def _print_xpath(documents: Sequence[DomainCapabilities], args: argparse.Namespace, which: Release | None) -> int:
    from domcaps.formats.xml_writer import to_xml  # noqa: PLC0415 - start-up: as above
    from domcaps.formats.xpath import select  # noqa: PLC0415 - as above

    status = 1
    for document in documents:
        found = select(to_xml(document, which), args.xpath, wrap=args.wrap)
        if found:
            sys.stdout.write(found)
            status = 0
    return status
