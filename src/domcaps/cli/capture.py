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

from domcaps.cli import talk
from domcaps.cli.parsing import file, seconds, word
from domcaps.errors import InputError, ProbeError

if TYPE_CHECKING:
    from domcaps.drivers.qemu.probe import Progress


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=file, required=True, help="where to; .gz compresses; - for stdout"
    )
    parser.add_argument(
        "--emulatorbin",
        "--emulator",
        metavar="PATH",
        type=word,
        action="append",
        help="only this emulator (repeatable)",
    )
    parser.add_argument("--small", action="store_true", help="only what decides a document, not all that libvirt asks")
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=seconds,
        default=120.0,
        help="for all emulators (120); none gets more than a quarter, or 30",
    )


def run(args: argparse.Namespace) -> int:
    """Ask every emulator, and write the snapshot whole or not at all."""
    from domcaps.drivers.qemu.probe import find_emulators, probe_emulators  # noqa: PLC0415 - start-up: --help is quick
    from domcaps.drivers.qemu.queries import Profile  # noqa: PLC0415 - as above
    from domcaps.drivers.qemu.questions import TIMEOUT  # noqa: PLC0415 - as above
    from domcaps.live import LiveSource, check_program  # noqa: PLC0415 - as above
    from domcaps.snapshot import Snapshot, without_home, write_snapshot  # noqa: PLC0415 - as above

    _check_target(args.output)
    paths = args.emulatorbin or find_emulators()
    for path in args.emulatorbin or ():
        check_program(path)
    with LiveSource() as source, progress_line(len(paths)) as progress:
        for note in source.seen.notes:
            talk.say(note)
        answers = probe_emulators(
            paths,
            source.seen.facts,
            profile=Profile.DECIDE if args.small else Profile.RECORD,
            timeout=args.timeout,
            each=max(args.timeout / 4, TIMEOUT),
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
    failed = [answer for answer in answers.values() if isinstance(answer, ProbeError)]
    if args.emulatorbin and failed:
        raise ProbeError(f"no snapshot was written: {failed[0]}", subject=failed[0].subject, said=failed[0].said)
    if not snapshot.emulators and source.driver == "qemu":
        raise ProbeError(f"no snapshot was written: {_none_answered(failed)}")
    for error in failed:
        talk.say(error)
    _write(args.output, write_snapshot(snapshot, compress=args.output.endswith(".gz")))
    return 0


def _none_answered(failed: list[ProbeError]) -> str:
    if not failed:
        return f"there is no qemu-system-* in PATH ({os.environ.get('PATH', 'not set')})"
    return str(failed[0]) if len(failed) == 1 else f"none of {len(failed)} emulators answers, such as: {failed[0]}"


@contextlib.contextmanager
def progress_line(total: int) -> Iterator[Progress | None]:
    """A line on a terminal that tells how far it is; nothing elsewhere."""
    if total < 2 or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    import shutil  # noqa: PLC0415 - start-up: only a terminal needs it

    def report(done: int, of: int, path: str) -> None:
        awaited = f", waiting for {path.rpartition('/')[2]}" if path else ""
        talk.write(f"\r\x1b[K{done} of {of} emulators asked{awaited}"[: shutil.get_terminal_size().columns + 3])

    try:
        yield report
    finally:
        talk.write("\r\x1b[K")


def _check_target(name: str) -> None:
    """Refuse what cannot be written before a minute is spent on it; a target that is there stays as it is.

    Raises:
        InputError: there is no such folder, it may not be written to, or the target is one itself.
    """
    if name == "-":
        return
    if Path(name).is_dir() or name.endswith("/"):
        raise InputError("cannot be written: it is a folder", source=talk.printable(name))
    folder = Path(name).parent
    if not folder.is_dir():
        raise InputError("cannot be written: there is no such folder", source=talk.printable(name))
    writable = Path(name) if Path(name).exists() and not Path(name).is_file() else folder
    if not os.access(writable, os.W_OK):
        raise InputError(f"cannot be written: no permission for {writable}", source=talk.printable(name))


def _write(name: str, data: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    Raises:
        InputError: it cannot be written; what was there before is untouched.
    """
    if name == "-":
        sys.stdout.buffer.write(data)
        return
    try:
        _write_file(Path(name), data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", source=talk.printable(name)) from None


def _write_file(target: Path, data: bytes) -> None:
    target = target.resolve()
    if target.exists() and not target.is_file():
        with target.open("wb") as device:
            device.write(data)
        return
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as beside:
            beside.write(data)
        umask = os.umask(0)
        os.umask(umask)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
