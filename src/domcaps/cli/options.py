"""The options that verbs share, spelled as virsh spells them, and what they open.

Where virsh's own commands differ (`--emulatorbin` here, `--emulator` there) both spellings work.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from domcaps.cli import talk
from domcaps.cli.parsing import file, folder, seconds, word
from domcaps.errors import InputError, RequestError, UnsupportedError

if TYPE_CHECKING:
    import argparse
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import BinaryIO

    from domcaps.derive import Request, Source
    from domcaps.drivers.connection_uri import Driver
    from domcaps.live import LiveSource
    from domcaps.release import Release
    from domcaps.schema.document import DomainCapabilities
    from domcaps.snapshot import Snapshot

FLAGS_SINCE = {
    "--disable-deprecated-features": "11.0.0",
    "--expand-cpu-features": "12.2.0",
    "--supported-cpu-features": "12.5.0",
}
"""Options that change the host-model, and the release whose virsh first had each."""

_PIECE = 1024 * 1024
INSTALLED_MAP = "/usr/share/libvirt/cpu_map"
"""The CPU map of the libvirt that is installed here."""


def add_request(parser: argparse.ArgumentParser) -> None:
    """The options that say which document: emulator, architecture, machine, virt type, release."""
    group = parser.add_argument_group("which document (default: libvirt's own choice)")
    group.add_argument("--virttype", metavar="TYPE", type=word, help="kvm, qemu, …")
    group.add_argument("--emulatorbin", "--emulator", metavar="PATH", type=word, help="the emulator")
    group.add_argument("--arch", metavar="ARCH", type=word, help="the guest's architecture, in libvirt's words")
    group.add_argument("--machine", metavar="NAME", type=word, help="the machine type, or an alias of it")
    group.add_argument("--libvirt", metavar="X.Y.Z", type=word, help="write what that release of libvirt writes")
    group.add_argument("--cpu-map", metavar="DIR", type=folder, help="take CPU models from a libvirt CPU map")
    group.add_argument(
        "--disable-deprecated-features", action="store_true", help="off in host-model: what QEMU deprecates"
    )
    group.add_argument(
        "--expand-cpu-features", action="store_true", help="list the features of host-model's model, too"
    )
    group.add_argument("--supported-cpu-features", action="store_true", help="add to host-model what the host supports")


def add_source(parser: argparse.ArgumentParser) -> None:
    """The options that say where the facts come from."""
    from domcaps.drivers.qemu.questions import TIMEOUT  # noqa: PLC0415 - start-up: only a parser needs it

    group = parser.add_argument_group("where from (default: this host)")
    group.add_argument(
        "-c", "--connect", metavar="URI", type=word, help="the driver: qemu:///system, xen:///system, bhyve:///system"
    )
    group.add_argument(
        "--from",
        dest="source",
        metavar="FILE",
        type=file,
        help="a snapshot, a document, or (with --host) a .replies recording",
    )
    group.add_argument("--host", metavar="FILE", type=file, help="a snapshot whose host a .replies recording ran on")
    group.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=TIMEOUT, help=f"for an emulator to answer ({TIMEOUT:g})"
    )
    group.add_argument("--no-cache", action="store_true", help="ask the emulator again, and keep nothing")
    group.add_argument(
        "-v", "--verbose", action="store_true", help="say what is done, and what of the cache is ignored"
    )


def request_of(args: argparse.Namespace, *, live: bool | None = None) -> Request:
    """What the options ask for.

    Args:
        args: with the options of `add_request` and `add_source`.
        live: it is asked of this host, so that an installed libvirt's CPU map is the natural one; `None`: it is if the
            host has been opened.

    Raises:
        InputError: a release that is none, or a CPU map that cannot be read.
    """
    from domcaps.cpu.flags import CpuFlags  # noqa: PLC0415 - start-up: the emulator is started before this
    from domcaps.derive import Request  # noqa: PLC0415 - as above
    from domcaps.release import NEWEST, Release  # noqa: PLC0415 - as above

    which = release_of(args) or NEWEST
    for option, since in FLAGS_SINCE.items():
        if getattr(args, option.removeprefix("--").replace("-", "_")) and which < Release.parse(since):
            raise InputError(f"{option} came with libvirt {since}: {which} does not know it")
    if which > NEWEST:
        note(args, f"libvirt {which} is newer than what is known: this is as {NEWEST} writes it")
    cpu_map = None
    directory = map_of(args) if live or (live is None and getattr(args, "live", False)) else args.cpu_map
    if directory:
        from domcaps.cpu.libvirt_map import read_map  # noqa: PLC0415 - start-up: only this needs lxml

        if directory != args.cpu_map:
            note(args, f"CPU models are those of the libvirt {which} that is installed here: {directory}")
        cpu_map = read_map(directory, which)
    return Request(
        emulator=args.emulatorbin,
        arch=args.arch,
        machine=args.machine,
        virt_type=args.virttype,
        libvirt=which,
        cpu_map=cpu_map,
        flags=CpuFlags(
            disable_deprecated=args.disable_deprecated_features,
            expand=args.expand_cpu_features,
            supported=args.supported_cpu_features,
        ),
    )


def release_of(args: argparse.Namespace) -> Release | None:
    """The release that `--libvirt` names; `None` without it.

    Raises:
        InputError: it is none, or one that has no domain capabilities yet.
    """
    from domcaps.release import FIRST, Release  # noqa: PLC0415 - start-up: few name a release

    which = Release.parse(args.libvirt) if args.libvirt else None
    if which is not None and which < FIRST:
        raise InputError(f"libvirt {which} has no domain capabilities: they came with {FIRST}")
    return which


def map_of(args: argparse.Namespace) -> Path | None:
    """The CPU map to read for this host: the one that is named, or that of the libvirt that `--libvirt` names."""
    if args.cpu_map or not args.libvirt:
        found: Path | None = args.cpu_map
        return found
    from domcaps.cli.installed import installed_release  # noqa: PLC0415 - start-up: few name a release
    from domcaps.release import Release  # noqa: PLC0415 - as above

    same = installed_release() == tuple(Release.parse(args.libvirt))
    installed = folder(INSTALLED_MAP)
    return installed if same and (installed / "index.xml").exists() else None


def read_input(name: str | Path) -> bytes:
    """The bytes of a file, or of standard input for `-`; where it is packed by gzip, of what is in it.

    Raises:
        InputError: it cannot be read, or is larger than anything that domcaps reads.
    """
    try:
        if str(name) == "-":
            return _read(sys.stdin.buffer, "standard input")
        with open(name, "rb") as opened:  # noqa: PTH123 - start-up: no pathlib here
            return _read(opened, named(name))
    except OSError as error:
        raise InputError(error.strerror or str(error), source=named(name)) from None


def named(name: str | Path) -> str:
    """What a file is called in what we write."""
    return "standard input" if str(name) == "-" else talk.printable(str(name))


def _read(source: BinaryIO, name: str) -> bytes:
    from io import BytesIO  # noqa: PLC0415 - start-up: QEMU goes first

    from domcaps.snapshot import GZIP_MAGIC, MAX_SIZE, unpacked  # noqa: PLC0415 - as above

    read = BytesIO()  # which grows without a second copy
    while read.tell() <= MAX_SIZE and (piece := source.read(_PIECE)):
        read.write(piece)
    if read.tell() > MAX_SIZE:
        raise InputError(f"larger than {MAX_SIZE >> 20} MiB", source=name)
    data = read.getvalue()
    return unpacked(data, name) if data.startswith(GZIP_MAGIC) else data


def open_snapshot(name: str | Path, data: bytes, host: str | None) -> Snapshot | None:
    """The snapshot that a file is (or a `.replies` recording on a host); `None` when it is neither.

    Raises:
        InputError: it is one, and damaged.
    """
    from domcaps.snapshot import is_snapshot, read_replies, read_snapshot  # noqa: PLC0415 - start-up: QEMU goes first

    name = named(name)
    if host is not None:
        return read_replies(data, read_snapshot(read_input(host), named(host)), str(name))
    if is_snapshot(data):
        return read_snapshot(data, str(name))
    if data[:4096].lstrip().startswith(b"{") and b'"execute"' in data[:4096]:
        raise InputError("a .replies recording needs --host FILE, a snapshot of the host it ran on", source=str(name))
    return None


def open_source(args: argparse.Namespace) -> AbstractContextManager[Source]:
    """The host that the options name; for a live one its emulator is started before anything else is imported.

    Raises:
        InputError: the file is no snapshot.
    """
    if args.source:
        from contextlib import nullcontext  # noqa: PLC0415 - start-up: QEMU goes first

        from domcaps.derive import SnapshotSource  # noqa: PLC0415 - as above

        snapshot = open_snapshot(named(args.source), read_input(args.source), args.host)
        if snapshot is None:
            raise InputError(
                "this is no snapshot, and a document alone does not tell enough here", source=named(args.source)
            )
        return nullcontext(SnapshotSource(snapshot, driver_of(args)))
    return open_live(args)


def driver_of(args: argparse.Namespace) -> Driver | None:
    """The driver that `--connect` names; `None`: the host's usual one.

    Raises:
        RequestError: it is no URI of libvirt's, or UnsupportedError, of another host's.
    """
    if not getattr(args, "connect", None):
        return None
    from domcaps.drivers.connection_uri import read_uri  # noqa: PLC0415 - start-up: only few need it

    uri = read_uri(args.connect)
    if uri.snapshot:
        raise InputError(f"{args.connect}: a snapshot is named by --from")
    return uri.driver


def open_live(args: argparse.Namespace) -> LiveSource:
    """This host, its emulator under way."""
    if args.host:
        raise InputError("--host goes with --from, for a .replies recording")
    from domcaps.cache import Cache  # noqa: PLC0415 - start-up: only live hosts need it
    from domcaps.early import Early, start  # noqa: PLC0415 - as above

    cache = None if args.no_cache else Cache(notes=talk.say_once if args.verbose else None)
    driver = driver_of(args)
    early: Early | None = getattr(args, "early", None)
    if driver not in {None, "qemu"}:
        early = Early(None, ())
    elif early is None or early.asked != (args.emulatorbin, args.arch):
        early = start(args.emulatorbin, args.arch, cache=cache, timeout=args.timeout)
    try:
        from domcaps.live import LiveSource  # noqa: PLC0415 - start-up: QEMU has been started by now

        source = LiveSource(timeout=args.timeout, cache=cache, driver=driver, early=early)
    except BaseException:
        early.end()
        raise
    args.live = True
    source.notes = lambda sentence: note(args, sentence)
    if source.driver == "qemu":
        for unseen in source.seen.notes:
            note(args, f"{unseen}; hardware virtualization cannot be used")
    return source


def note(args: argparse.Namespace, sentence: str) -> None:
    """Say once what a person should know of an answer, and remember that it was said."""
    said = vars(args).setdefault("said", [])
    if sentence not in said:
        said.append(sentence)
        say(sentence)


def say(message: object) -> None:
    """A sentence for the person at the terminal."""
    talk.say(message)


def fits(document: DomainCapabilities, args: argparse.Namespace, source: str) -> DomainCapabilities:
    """A document as it stands, if it is about what the options ask for.

    Raises:
        RequestError: it is about something else, which a document alone cannot tell.
        UnsupportedError: an option that only facts can serve.
    """
    asked = {"path": args.emulatorbin, "arch": args.arch, "machine": args.machine, "domain": args.virttype}
    for name, value in asked.items():
        has = getattr(document, name)
        if value and has != value:
            raise RequestError(
                f"{source}: the document is about {name} '{has}', not '{value}'; a snapshot can tell more"
            )
    if args.disable_deprecated_features or args.expand_cpu_features or args.supported_cpu_features:
        raise UnsupportedError(f"{source}: a document alone cannot tell other CPU features; a snapshot can")
    return document
