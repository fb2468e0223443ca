"""`domcaps validate`: whether files are well-formed documents, and of which releases."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from domcaps.cli import options, talk
from domcaps.cli.parsing import file, word

if TYPE_CHECKING:
    from domcaps.analysis.validate import Report

HELP = "whether a file is a well-formed document, and of which releases"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument(
        "files", metavar="FILE", nargs="+", type=file, help="documents in XML or JSON, - for standard input"
    )
    parser.add_argument(
        "--libvirt", metavar="X.Y.Z", type=word, help="name the first thing that is too young for this release"
    )
    parser.add_argument("-f", "--format", choices=("text", "json"), default="text", help="text (default) or json")


def run(args: argparse.Namespace) -> int:
    """Print what is to be said of each document: 0 all are fine, 1 one has an error, 2 one cannot be read."""
    from domcaps.analysis.validate import validate  # noqa: PLC0415 - start-up: after the options are understood
    from domcaps.errors import InputError  # noqa: PLC0415 - as above
    from domcaps.release import Release  # noqa: PLC0415 - as above

    libvirt = Release.parse(args.libvirt) if args.libvirt else None
    status = 0
    reports: list[Report] = []
    for name in args.files:
        try:
            reports += validate(options.read_input(name), options.named(name), libvirt=libvirt, notes=talk.say)
        except InputError as fault:
            talk.say(fault)
            status = 2
    if args.format == "json":
        import msgspec  # noqa: PLC0415 - as above

        print(msgspec.json.format(msgspec.json.encode(reports), indent=2).decode())
    else:
        for report in reports:
            _print(report)
    return status or int(not all(report.is_fine for report in reports))


def _print(report: Report) -> None:
    where = f"{report.source}:{report.line}"
    because = f" (has {', '.join(report.because)})" if report.because else ""
    before = f", older than {report.before}" if report.before else ""
    print(talk.shown(f"{where}: libvirt {report.oldest} or newer{because}{before}"))
    for finding in report.findings:
        at = f"{report.source}:{finding.line}:{finding.column}" if finding.line else f"{report.source}: {finding.path}"
        print(talk.shown(f"{at}: {finding.severity}: {finding.message}"))
