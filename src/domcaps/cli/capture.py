"""`domcaps capture`: record this host in a snapshot."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from domcaps.errors import InputError, ProbeError

if TYPE_CHECKING:
    from domcaps.drivers.qemu.probe import Progress


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="where to; .gz compresses; - for stdout")
    parser.add_argument(
        "--emulatorbin", "--emulator", metavar="PATH", action="append", help="only this emulator (repeatable)"
    )
    parser.add_argument("--small", action="store_true", help="only what decides a document, not all that libvirt asks")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=120.0, help="for all emulators (120)")


def run(args: argparse.Namespace) -> int:
    """Ask every emulator, and write the snapshot whole or not at all."""
    from domcaps.drivers.qemu.probe import find_emulators, probe_emulators  # noqa: PLC0415 - start-up: --help is quick
    from domcaps.drivers.qemu.queries import Profile  # noqa: PLC0415 - as above
    from domcaps.live import LiveSource, check_program  # noqa: PLC0415 - as above
    from domcaps.snapshot import Snapshot, without_home, write_snapshot  # noqa: PLC0415 - as above

    paths = args.emulatorbin or find_emulators()
    for path in args.emulatorbin or ():
        check_program(path)
    with LiveSource() as source, progress_line(len(paths)) as progress:
        for note in source.seen.notes:
            _say(str(note))
        answers = probe_emulators(
            paths,
            source.seen.facts,
            profile=Profile.DECIDE if args.small else Profile.RECORD,
            timeout=args.timeout,
            progress=progress,
        )
        snapshot = Snapshot(
            host=source.host,
            identity=source.report.identity,
            firmware=without_home(source.firmware_facts, source.view.env.get("HOME", "")),
            emulators={path: answer for path, answer in answers.items() if not isinstance(answer, ProbeError)},
            xen=source.xen if source.driver == "xen" else None,
            bhyve=source.bhyve if source.driver == "bhyve" else None,
        )
    failed = [str(answer) for answer in answers.values() if isinstance(answer, ProbeError)]
    for message in failed:
        _say(message)
    if args.emulatorbin and failed:
        raise ProbeError("no snapshot was written: an emulator that was named does not answer")
    if not snapshot.emulators and source.driver == "qemu":
        _say("no emulator was recorded: there is no qemu-system-* in PATH that answers")
    _write(args.output, write_snapshot(snapshot, compress=args.output.endswith(".gz")))
    return 0


def _say(message: str) -> None:
    print(f"domcaps: {message}", file=sys.stderr)


@contextlib.contextmanager
def progress_line(total: int) -> Iterator[Progress | None]:
    """A line on a terminal that tells how far it is; nothing elsewhere."""
    if not sys.stderr.isatty() or total < 2:
        yield None
        return

    def report(done: int, of: int, path: str) -> None:
        name = path.rpartition("/")[2]
        sys.stderr.write(f"\r\x1b[K{done} of {of} emulators asked: {name}")
        sys.stderr.flush()

    try:
        yield report
    finally:
        sys.stderr.write("\r\x1b[K")


def _write(name: str, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    if name == "-":
        sys.stdout.buffer.write(data)
        return
    target = Path(name)
    if target.exists() and not target.is_file():
        with target.open("wb") as device:
            device.write(data)
        return
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", source=name) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
