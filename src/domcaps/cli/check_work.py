"""The work of `domcaps check`: every guest on every host, in several processes where that pays, with progress.

Rules kept here: guests are read once; a host that cannot be opened is a failure of its own and stops no other; only
recorded hosts are shared out to processes, this host is asked by this one.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from domcaps.analysis.findings import Report
from domcaps.analysis.guests.check import Against, check
from domcaps.analysis.guests.guest import Guest
from domcaps.analysis.guests.identity import Wanted
from domcaps.cli import check_inputs, options
from domcaps.errors import DomcapsError

if TYPE_CHECKING:
    import argparse

    from domcaps.cli.check_inputs import Inputs

WORTH_PROCESSES = 2000
"""Guests times hosts from which on starting processes costs less than it saves."""
SILENT = 1.0
"""Seconds of work without progress shown."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    reports: tuple[Report, ...]
    guests: dict[str, Guest]
    """By the name that reports use."""
    failures: tuple[str, ...]
    """What could not be answered, a sentence each."""


def reports_of(args: argparse.Namespace, inputs: Inputs) -> Done:
    """Every guest on every host.

    Raises:
        DomcapsError: the only host, or a guest's file, cannot be read.
    """
    if not inputs.hosts:
        return _live(args, inputs)
    guests = {guest.name: guest for guest in _read(inputs)}
    progress = Progress(len(inputs.hosts) * len(guests))
    failures: list[str] = []
    reports: list[Report] = []
    for found in _of_hosts(args, inputs, list(guests.values()), progress):
        if isinstance(found, str):
            failures.append(found)
        else:
            reports += found
    progress.end()
    return Done(reports=tuple(reports), guests=guests, failures=tuple(failures))


def _read(inputs: Inputs) -> Iterator[Guest]:
    for name in inputs.guests:
        yield check_inputs.read_guest(name, inputs)


def _live(args: argparse.Namespace, inputs: Inputs) -> Done:
    with options.open_live(args) as source:
        guests = {guest.name: guest for guest in _read(inputs)}
        request = options.request_of(args)
        wanted = Wanted(
            emulator=request.emulator, arch=request.arch, virt_type=request.virt_type, machine=request.machine
        )
        host = Against(source, release=request.libvirt, cpu_map=request.cpu_map, wanted=wanted)
        reports = tuple(check(guest, host, receive=args.receive) for guest in guests.values())
    return Done(reports=reports, guests=guests, failures=())


def _of_hosts(
    args: argparse.Namespace, inputs: Inputs, guests: Sequence[Guest], progress: Progress
) -> Iterator[list[Report] | str]:
    """What each host gives, in their order: its reports, or why there are none."""

    def of_host(name: str) -> list[Report] | str:
        try:
            host = check_inputs.open_recorded(name, inputs, args, options.request_of(args))
            return [check(guest, host, receive=args.receive) for guest in guests]
        except DomcapsError as error:
            return str(error)

    workers = min(len(inputs.hosts), _processors())
    if workers < 2 or len(inputs.hosts) * len(guests) < WORTH_PROCESSES:
        for name in inputs.hosts:
            yield of_host(name)
            progress.step(len(guests))
        return
    yield from _shared_out(inputs.hosts, of_host, workers, lambda: progress.step(len(guests)))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shared_out(
    names: Sequence[str], of_host: Callable[[str], list[Report] | str], workers: int, stepped: Callable[[], None]
) -> Iterator[list[Report] | str]:
    """As `_of_hosts`, by processes: each is a copy of this one, guests and all, and sends bytes back."""
    import multiprocessing  # noqa: PLC0415 - start-up: only many hosts need it

    context = multiprocessing.get_context("fork")
    global _work  # noqa: PLW0603 - what a forked process finds in its copy of this module

    def packed(name: str) -> bytes:
        return msgspec.msgpack.encode(of_host(name))

    _work = packed
    decoder = msgspec.msgpack.Decoder(list[Report] | str)
    with context.Pool(workers) as pool:
        for data in pool.imap(_worked, names):
            stepped()
            yield decoder.decode(data)


_work: Callable[[str], bytes] | None = None


def _worked(name: str) -> bytes:
    return _work(name) if _work is not None else b""


class Progress:
    """How far it is, on a terminal and only for work that takes time."""

    def __init__(self, whole: int) -> None:
        self.whole = whole
        self.done = 0
        self.begin = time.monotonic()
        self.shown = False

    def step(self, number: int) -> None:
        """Some more is done."""
        self.done += number
        if check_inputs.terminal(sys.stderr) and time.monotonic() - self.begin > SILENT:
            self.shown = True
            part = self.done * 30 // max(1, self.whole)
            sys.stderr.write(f"\rchecking [{'=' * part:<30}] {self.done}/{self.whole}")
            sys.stderr.flush()

    def end(self) -> None:
        """All is done: the line is cleared."""
        if self.shown:
            sys.stderr.write("\r\x1b[K")
