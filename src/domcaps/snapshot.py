"""Snapshots: all that was learned about a host, in one file, enough to derive every document again anywhere.

The format is JSON, plain or gzip-compressed (design §4). Rules: keys that this version does not know are kept and
written again; nothing personal (host name, serial numbers, users' names) is ever put in. libvirt's own recordings
(`.replies`) are read as the conversations of one emulator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from domcaps.drivers.bhyve.facts import BhyveHost
from domcaps.drivers.connection_uri import Driver
from domcaps.drivers.qemu.conversation import Conversation, EmulatorRecord, Exchange, QmpError
from domcaps.drivers.xen.facts import XenHost
from domcaps.errors import InputError
from domcaps.firmware.facts import FirmwareFacts
from domcaps.host.facts import HostFacts
from domcaps.host.identity import HostIdentity

FORMAT = "domcaps-snapshot"
VERSION = 1

GZIP_MAGIC = b"\x1f\x8b"
MAX_SIZE = 64 * 1024 * 1024
"""Bytes beyond which no file is read, packed or not: a snapshot of thirty emulators has some 10 MB."""
_PIECE = 1024 * 1024


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A host, its firmware and its emulators."""

    format: str = FORMAT
    version: int = VERSION
    host: HostFacts
    identity: HostIdentity | None = None
    """What tells one state of the host from another; `None` in snapshots that others made."""
    firmware: FirmwareFacts = FirmwareFacts(descriptors={}, images=())
    emulators: dict[str, EmulatorRecord] = {}
    xen: XenHost | None = None
    """A Xen host, as the domain that rules the others sees it."""
    bhyve: BhyveHost | None = None
    """A bhyve host."""

    @property
    def usual_driver(self) -> Driver:
        """The driver that libvirt would take on that host when no connection is named."""
        if self.xen is not None:
            return Driver.XEN
        return Driver.BHYVE if self.bhyve is not None and not self.emulators else Driver.QEMU


class _Head(msgspec.Struct, frozen=True):
    """What every snapshot has, and no document."""

    host: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def is_snapshot(data: bytes) -> bool:
    """Whether data says that it is a snapshot, tells of a host without saying so, or is compressed."""
    if data.startswith(GZIP_MAGIC):
        return True
    if data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
        return False
    if f'"{FORMAT}"'.encode() in data:
        return True
    try:
        return msgspec.json.decode(data, type=_Head).host is not msgspec.UNSET
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def read_snapshot(data: bytes, source: str = "") -> Snapshot:
    """Read a snapshot, plain or compressed.

    Args:
        data: the file's bytes.
        source: its name, for messages.

    Raises:
        InputError: it is none, or is damaged; the message says where.
    """
    text = unpacked(data, source) if data.startswith(GZIP_MAGIC) else data
    try:
        snapshot = msgspec.json.decode(text, type=Snapshot)
    except msgspec.ValidationError as error:
        message, place = _place(str(error))
        raise InputError(f"not a usable snapshot: {message}", source=source, place=place) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not a snapshot: {error}", source=source) from None
    if snapshot.format != FORMAT:
        raise InputError(f"not a snapshot: its format is '{snapshot.format}'", source=source, place="$.format")
    if snapshot.version != VERSION:
        message = f"a snapshot of version {snapshot.version}; this domcaps reads version {VERSION}"
        raise InputError(message, source=source, place="$.version")
    return snapshot


def without_home(firmware: FirmwareFacts, home: str) -> FirmwareFacts:
    """The same firmware with the user's folder of descriptors as `~`: the path of a home is a person's name."""
    if not home or home == "/":
        return firmware

    def anonymous(path: str) -> str:
        return f"~{path.removeprefix(home)}" if path.startswith(f"{home}/") else path

    return msgspec.structs.replace(
        firmware,
        descriptors={anonymous(path): text for path, text in firmware.descriptors.items()},
        unreadable={anonymous(path): said for path, said in firmware.unreadable.items()},
    )


def write_snapshot(snapshot: Snapshot, *, compress: bool, origin: bytes = b"") -> bytes:
    """A snapshot as a file's bytes: the same ones for the same snapshot.

    Args:
        snapshot: what to write.
        compress: by gzip, without a time stamp.
        origin: the bytes that it was read from, whose keys beyond this version are kept.
    """
    text = msgspec.json.encode(snapshot)
    if origin:
        kept = msgspec.json.decode(unpacked(origin) if origin.startswith(GZIP_MAGIC) else origin)
        text = msgspec.json.encode(_over(kept, msgspec.json.decode(text)))
    text = msgspec.json.format(text, indent=1) + b"\n" if not compress else text + b"\n"
    if not compress:
        return text
    import gzip  # noqa: PLC0415 - start-up: only compressed snapshots need it

    return gzip.compress(text, 9, mtime=0)


def _over(kept: object, new: object) -> object:
    if isinstance(kept, dict) and isinstance(new, dict):
        return {**kept, **{key: _over(kept.get(key), value) for key, value in new.items()}}
    return new


def unpacked(data: bytes, source: str = "") -> bytes:
    """What gzip has packed.

    Raises:
        InputError: it is damaged, cut off, or larger than any snapshot.
    """
    import io  # noqa: PLC0415 - start-up: only compressed files need it
    import zlib  # noqa: PLC0415 - as above

    unpacker, text = zlib.decompressobj(wbits=31), io.BytesIO()  # in pieces: all at once takes twice the memory
    try:
        while data and not unpacker.eof and text.tell() <= MAX_SIZE:
            text.write(unpacker.decompress(data, _PIECE))
            data = unpacker.unconsumed_tail
    except zlib.error as error:
        raise InputError(f"the compressed data is damaged: {error}", source=source) from None
    if text.tell() > MAX_SIZE:
        raise InputError(f"unpacks to more than {MAX_SIZE // 1024 // 1024} MiB: not a snapshot", source=source)
    if not unpacker.eof:
        raise InputError("the compressed data ends before its end: the file is cut off", source=source)
    return text.getvalue()


def _place(message: str) -> tuple[str, str]:
    """A msgspec message taken apart: what is wrong, and where."""
    match = re.fullmatch(r"(.*) - at `(.*)`", message)
    return (match[1], match[2]) if match else (message, "")


class _Reply(msgspec.Struct, frozen=True, rename={"result": "return"}):
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: QmpError | None = None


class _Question(msgspec.Struct, frozen=True):
    execute: str
    arguments: dict[str, object] = {}


def read_replies(data: bytes, host: Snapshot, source: str = "") -> Snapshot:
    """Read a recording of libvirt's test suite: a command, its reply, and so on, a blank line between.

    A second `qmp_capabilities` begins the conversation of the process that has TCG alone.

    Args:
        data: the file's bytes.
        host: a snapshot whose host and firmware hold; its emulators are not looked at.
        source: the file's name, for messages.

    Raises:
        InputError: it is no such recording; the message names the object at fault.
    """
    conversations: list[list[Exchange]] = []
    pieces = list(_objects(data, source))
    if not pieces or len(pieces) % 2:
        raise InputError("not a recording: commands and replies do not pair up", source=source)
    for number in range(0, len(pieces), 2):
        place = f"object {number + 1}"
        try:
            question = msgspec.json.decode(pieces[number], type=_Question)
            place = f"object {number + 2}"
            reply = msgspec.json.decode(pieces[number + 1], type=_Reply)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InputError(f"not a recording: {error}", source=source, place=place) from None
        if question.execute == "qmp_capabilities":
            conversations.append([])
        if not conversations:
            raise InputError("a recording begins with qmp_capabilities", source=source, place="object 1")
        exchange = Exchange(
            execute=question.execute, arguments=question.arguments, result=reply.result, error=reply.error
        )
        conversations[-1].append(exchange)
    return msgspec.structs.replace(host, emulators=_recorded(conversations))


def _recorded(conversations: list[list[Exchange]]) -> dict[str, EmulatorRecord]:
    first = Conversation(conversations[0])
    arch = _answer(first, "query-target").get("arch", "unknown")
    kvm = _answer(first, "query-kvm")
    on = kvm.get("enabled") is True and kvm.get("present") is True
    names = ("kvm", "tcg") if len(conversations) > 1 or on else ("tcg",)
    accelerators = {name: tuple(part) for name, part in zip(names, conversations, strict=False)}
    return {f"/usr/bin/qemu-system-{arch}": EmulatorRecord(arch=str(arch), accelerators=accelerators)}


def _answer(conversation: Conversation, command: str) -> dict[str, object]:
    """An answer that is an object; empty where there is none, or none of that shape."""
    exchange = conversation.find(command)
    if exchange is None or exchange.result is msgspec.UNSET:
        return {}
    try:
        return msgspec.json.decode(exchange.result, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _objects(data: bytes, source: str) -> Iterator[bytes]:
    """The top-level objects of a stream: each ends with `}` at the start of a line, or is one line."""
    lines: list[bytes] = []
    first = 0
    for number, line in enumerate(data.splitlines(), start=1):
        stripped = line.strip()
        if not lines:
            if not stripped:
                continue
            first = number
        lines.append(line)
        if line.startswith(b"}") or (len(lines) == 1 and stripped.startswith(b"{") and stripped.endswith(b"}")):
            yield b"\n".join(lines)
            lines = []
    if lines:
        raise InputError("the recording ends within an object", source=source, place=f"line {first}")
