"""What `domcaps check` is given: guests and hosts as files, told apart by what they hold."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from domcaps.cli import options
from domcaps.errors import InputError

if TYPE_CHECKING:
    import argparse

    from domcaps.analysis.guests.check import Against
    from domcaps.analysis.guests.guest import Guest
    from domcaps.derive import Request


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """Guests and hosts: file names, which are unique, and what was read of standard input."""

    guests: tuple[str, ...]
    hosts: tuple[str, ...]
    """Empty: this host."""
    piped: bytes | None = None


def sorted_out(args: argparse.Namespace) -> Inputs:
    """The files of a command line. What stands behind `--from` and is a guest's definition is a guest.

    Raises:
        InputError: there is no guest, or standard input is to be several things.
    """
    named = list(dict.fromkeys(args.guests))
    sources = list(dict.fromkeys(args.source or ()))
    if [*named, *sources].count("-") > 1:
        raise InputError("standard input can be one thing only")
    piped = options.read_input("-") if "-" in {*named, *sources} else None
    hosts: list[str] = []
    for name in sources:
        (named if _is_guest(name, piped) else hosts).append(name)
    if not named:
        raise InputError("no guest is named: give the files of their definitions, or - for standard input")
    return Inputs(guests=tuple(named), hosts=tuple(hosts), piped=piped)


def _is_guest(name: str, piped: bytes | None) -> bool:
    """Whether a file begins as a guest's definition does."""
    if name == "-":
        head = (piped or b"")[:4096]
    else:
        try:
            with open(name, "rb") as file:  # noqa: PTH123 - start-up: pathlib is not needed
                head = file.read(4096)
        except OSError:
            return False  # opening it as a host says what is the matter
    import re  # noqa: PLC0415 - start-up: --help is quick

    found = re.search(rb"<([A-Za-z][\w:.-]*)", re.sub(rb"<!--.*?-->", b"", head, flags=re.DOTALL))
    return found is not None and found[1] == b"domain" and not head.lstrip().startswith((b"{", b"["))


def read_guest(name: str, inputs: Inputs) -> Guest:
    """A guest's definition; raises InputError where the file cannot be read."""
    from domcaps.analysis.guests.guest import Guest  # noqa: PLC0415 - start-up: --help is quick

    data = inputs.piped if name == "-" and inputs.piped is not None else options.read_input(name)
    return Guest(data, "standard input" if name == "-" else name)


def open_recorded(name: str, inputs: Inputs, args: argparse.Namespace, request: Request) -> Against:
    """A host of a file: a snapshot, or documents.

    Raises:
        InputError: it is neither, or is damaged.
    """
    from domcaps.analysis.guests.check import Against  # noqa: PLC0415 - start-up: as above
    from domcaps.analysis.guests.identity import Wanted  # noqa: PLC0415 - as above
    from domcaps.derive import SnapshotSource  # noqa: PLC0415 - as above
    from domcaps.formats.read import read_documents  # noqa: PLC0415 - as above

    data = inputs.piped if name == "-" and inputs.piped is not None else options.read_input(name)
    called = "standard input" if name == "-" else name
    wanted = Wanted(emulator=request.emulator, arch=request.arch, virt_type=request.virt_type, machine=request.machine)
    snapshot = options.open_snapshot(called, data, args.host)
    if snapshot is not None:
        what = SnapshotSource(snapshot, options.driver_of(args))
        return Against(what, release=request.libvirt, cpu_map=request.cpu_map, name=called, wanted=wanted)
    documents = read_documents(data, called, notes=options.say)
    return Against(documents, release=request.libvirt, cpu_map=request.cpu_map, name=called, wanted=wanted)


def terminal(stream: object = None) -> bool:
    """Whether a stream is a terminal; standard output where none is given."""
    found = stream if stream is not None else sys.stdout
    return bool(getattr(found, "isatty", lambda: False)())
