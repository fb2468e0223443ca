"""`domcaps check --fix`: a guest with the nearest supported alternatives, and what that changes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from domcaps.analysis.guests.fix import Fixed, fix
from domcaps.analysis.guests.guest import Guest
from domcaps.cli import check, check_inputs, options
from domcaps.cli.talk import in_colour
from domcaps.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from domcaps.analysis.guests.check import Against
    from domcaps.cli.check_inputs import Inputs


def run_fix(args: argparse.Namespace, inputs: Inputs) -> int:
    """Write the guest, its change as a diff, and what is left; the original stays as it is.

    Raises:
        InputError: several guests and one output, or the output is a guest's own file.
    """
    guests = [check_inputs.read_guest(name, inputs) for name in inputs.guests]
    if not args.diff and len(guests) > 1:
        raise InputError("--fix writes one guest; --diff shows the changes of several")
    if args.output is not None and any(_is_same(args, name) for name in inputs.guests):
        raise InputError("that is the guest itself, which --fix never touches", source=str(args.output))
    if inputs.hosts:
        return _fix_all(args, guests, check.against_of(args, inputs))
    with options.open_live(args) as source:
        from domcaps.analysis.guests.check import Against  # noqa: PLC0415 - start-up: QEMU is under way by now

        request = options.request_of(args)
        return _fix_all(args, guests, [Against(source, release=request.libvirt, cpu_map=request.cpu_map)])


def _is_same(args: argparse.Namespace, name: str) -> bool:
    return name != "-" and args.output.exists() and args.output.samefile(name)


def _fix_all(args: argparse.Namespace, guests: Sequence[Guest], hosts: Sequence[Against]) -> int:
    worst = 0
    for guest in guests:
        if guest.fault is not None:
            raise InputError(str(guest.fault), source=guest.name, place=f"line {guest.fault.line}")
        fixed = fix(guest, hosts)
        _write(args, guest, fixed)
        worst = max(worst, check.status(fixed.reports))
    return worst


def _write(args: argparse.Namespace, guest: Guest, fixed: Fixed) -> None:
    stream = sys.stdout if args.diff else sys.stderr
    stream.writelines(_diff(guest, fixed, colour=in_colour(stream)))
    for finding in fixed.made:
        _say(f"{guest.name}:{finding.place.line}: {finding.message}; instead: {finding.alternative}")
    left = [f for report in fixed.reports for f in report.findings if f.severity == "unsupported"]
    for finding in dict.fromkeys(left):
        why = f" ({finding.reason})" if finding.reason else ""
        _say(f"{guest.name}:{finding.place.line}: still {finding.severity}: {finding.message}{why}")
    if args.diff:
        return
    if args.output is not None:
        args.output.write_bytes(fixed.data)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(fixed.data)
        sys.stdout.buffer.flush()


def _say(sentence: str) -> None:
    options.say(sentence)


def _diff(guest: Guest, fixed: Fixed, *, colour: bool) -> Iterator[str]:
    import difflib  # noqa: PLC0415 - start-up: only this needs it

    before = guest.data.decode(errors="replace").splitlines(keepends=True)
    after = Guest(fixed.data).data.decode(errors="replace").splitlines(keepends=True)
    codes = {"-": "\x1b[31m", "+": "\x1b[32m", "@": "\x1b[36m"}
    for line in difflib.unified_diff(before, after, guest.name, f"{guest.name} (fixed)"):
        text = line if line.endswith("\n") else f"{line}\n"
        code = codes.get(line[:1])
        yield f"{code}{text.rstrip(chr(10))}\x1b[0m\n" if colour and code else text
