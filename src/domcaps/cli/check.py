"""`domcaps check`: what of guests' definitions a host cannot do, and what it could instead."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from domcaps.cli import check_inputs, options
from domcaps.cli.talk import in_colour
from domcaps.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from domcaps.analysis.findings import Report
    from domcaps.analysis.guests.check import Against
    from domcaps.analysis.guests.guest import Guest
    from domcaps.cli.check_inputs import Inputs

_WIDTH = 100
_UNREADABLE = "definition-unreadable"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("guests", metavar="GUEST.xml", nargs="*", help="libvirt's domain XML, - is standard input")
    options.add_request(parser)
    options.add_source(parser)
    _take_several(parser)
    group = parser.add_argument_group("how")
    group.add_argument("-f", "--format", choices=("text", "json", "sarif"), default="text", help="text is the default")
    group.add_argument(
        "--receive", action="store_true", help="the guest runs elsewhere: judge its live XML by what it uses"
    )
    group.add_argument("--fix", action="store_true", help="write the guest with the nearest supported alternatives")
    group.add_argument("-o", "--output", metavar="FILE", type=Path, help="with --fix: write there, not to stdout")
    group.add_argument("--diff", action="store_true", help="write what --fix would change, and nothing else")


def _take_several(parser: argparse.ArgumentParser) -> None:
    """Let `--from` name several hosts, and be given several times: it takes the place of the one that verbs share."""
    parser.conflict_handler = "resolve"
    group = parser.add_argument_group("which hosts (default: this one)")
    group.add_argument(
        "--from",
        dest="source",
        metavar="FILE",
        nargs="+",
        action="extend",
        help="snapshots or documents; several give a table of guests and hosts",
    )


def run(args: argparse.Namespace) -> int:
    """Check, and print what was found: status 0 all fine, 1 something unsupported, 2 could not answer."""
    inputs = check_inputs.sorted_out(args)
    if args.receive and (args.fix or args.diff):
        raise InputError("--receive is about a guest that runs, which --fix cannot change")
    if args.fix or args.diff:
        from domcaps.cli.check_fixing import run_fix  # noqa: PLC0415 - start-up: only this needs it

        return run_fix(args, inputs)
    if args.output is not None:
        raise InputError("-o goes with --fix")
    from domcaps.cli.check_work import reports_of  # noqa: PLC0415 - start-up: --help is quick

    done = reports_of(args, inputs)
    for failure in done.failures:
        options.say(failure)
    _print(args, done.reports, done.guests)
    return status(done.reports, failed=bool(done.failures))


def status(reports: Iterable[Report], *, failed: bool = False) -> int:
    """The exit status of some reports."""
    from domcaps.analysis.findings import Verdict  # noqa: PLC0415 - start-up: as above

    found = list(reports)
    if failed or any(finding.code == _UNREADABLE for report in found for finding in report.findings):
        return 2
    verdicts = {report.verdict for report in found}
    if verdicts & {Verdict.REFUSED, Verdict.FAILS}:
        return 1
    return 2 if Verdict.UNKNOWN in verdicts else 0


def _print(args: argparse.Namespace, reports: Sequence[Report], guests: dict[str, Guest]) -> None:
    if args.format == "json":
        _print_json(reports)
    elif args.format == "sarif":
        from domcaps import __version__  # noqa: PLC0415 - start-up: only this format needs it
        from domcaps.analysis.guests.report_sarif import sarif  # noqa: PLC0415 - as above

        _dump(sarif(reports, guests, __version__))
    else:
        for line in lines_of(reports, guests):
            print(line)


def _print_json(reports: Sequence[Report]) -> None:
    from domcaps.analysis.guests.many import matrix  # noqa: PLC0415 - start-up: as above

    table = matrix(reports)
    _dump({"reports": reports, "runs_all": table.for_all})


def _dump(value: object) -> None:
    import msgspec  # noqa: PLC0415 - start-up: as above

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def lines_of(reports: Sequence[Report], guests: dict[str, Guest]) -> Iterable[str]:
    """Reports for people: each with its findings, or, of several hosts, a table and the reasons."""
    from domcaps.analysis.guests.many import matrix, shortened  # noqa: PLC0415 - start-up: as above
    from domcaps.analysis.guests.report_text import legend, matrix_lines, painted, report_lines  # noqa: PLC0415 - as above

    colour = in_colour(sys.stdout)
    if len({report.host for report in reports}) <= 1:
        for report in reports:
            yield from (painted(line, colour=colour) for line in report_lines(report, guests[report.guest]))
        return
    import shutil  # noqa: PLC0415 - start-up: only tables need it

    width = shutil.get_terminal_size((_WIDTH, 24)).columns
    yield "; ".join(f"{mark}: {meaning}" for mark, meaning in legend())
    yield ""
    found = matrix_lines(matrix(shortened(reports)), width)
    yield from (painted(line, colour=colour) for line in found)


def against_of(args: argparse.Namespace, inputs: Inputs) -> Sequence[Against]:
    """The recorded hosts of a command line; raises as `open_recorded`."""
    request = options.request_of(args)
    return [check_inputs.open_recorded(name, inputs, args, request) for name in inputs.hosts]
