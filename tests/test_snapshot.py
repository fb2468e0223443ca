"""Snapshots: read, written, damaged; recordings of libvirt's test suite."""

from __future__ import annotations

import gzip
import json

import pytest

from domcaps.drivers.qemu.conversation import EmulatorRecord, Exchange, QmpError
from domcaps.errors import InputError
from domcaps.firmware.facts import FirmwareFacts
from domcaps.host.facts import HostFacts
from domcaps.snapshot import Snapshot, read_replies, read_snapshot, without_home, write_snapshot

HOST = {"arch": "x86_64"}
PLAIN: dict[str, object] = {"format": "domcaps-snapshot", "version": 1, "host": HOST}


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def test_a_snapshot_reads_as_it_was_written() -> None:
    record = EmulatorRecord(
        arch="x86_64",
        accelerators={
            "tcg": (
                Exchange(execute="query-target", result=raw('{"arch": "x86_64"}')),
                Exchange(execute="query-sgx-capabilities", error=QmpError(text="no SGX")),
            )
        },
    )
    snapshot = Snapshot(host=HostFacts(arch="x86_64", swtpm=()), emulators={"/usr/bin/qemu": record})
    for compress in (False, True):
        again = read_snapshot(write_snapshot(snapshot, compress=compress))
        assert again.host == snapshot.host
        conversation = again.emulators["/usr/bin/qemu"].conversations()["tcg"]
        refused = conversation.find("query-sgx-capabilities")
        assert refused is not None
        assert refused.error == QmpError(text="no SGX")
        assert conversation.find("query-version") is None


def raw(text: str):  # type: ignore[no-untyped-def] # noqa: ANN201 - msgspec.Raw, a reply's bytes
    import msgspec  # noqa: PLC0415 - only here

    return msgspec.Raw(text.encode())


def test_the_same_snapshot_is_the_same_bytes() -> None:
    snapshot = Snapshot(host=HostFacts(arch="x86_64"))
    assert write_snapshot(snapshot, compress=True) == write_snapshot(snapshot, compress=True)


def test_keys_of_a_later_version_are_kept() -> None:
    origin = encoded({**PLAIN, "later": [1], "host": {**HOST, "colour": "blue", "cpu": {"cores": 4}}})
    again = json.loads(write_snapshot(read_snapshot(origin), compress=False, origin=origin))
    assert again["later"] == [1]
    assert again["host"]["colour"] == "blue"
    assert again["host"]["cpu"]["cores"] == 4
    assert again["host"]["arch"] == "x86_64"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a snapshot"),
        (b"{", "not a snapshot"),
        (encoded([]), "not a usable snapshot: Expected `object`"),
        (encoded({**PLAIN, "format": "other"}), r"\$.format: not a snapshot: its format is 'other'"),
        (encoded({**PLAIN, "version": 2}), r"\$.version: a snapshot of version 2; this domcaps reads version 1"),
        (encoded({**PLAIN, "host": {"arch": 7}}), r"\$.host.arch: not a usable snapshot: Expected `str`, got `int`"),
        (encoded({"format": "domcaps-snapshot"}), "missing required field `host`"),
        (encoded({**PLAIN, "emulators": {"/q": {"arch": "x"}}}), "missing required field `accelerators`"),
        (b"\x1f\x8bnonsense", "the compressed data is damaged"),
        (gzip.compress(encoded(PLAIN))[:-12], "the file is cut off"),
        (gzip.compress(b"x"), "not a snapshot"),
        (encoded(PLAIN).replace(b"x86_64", b"\xff\xfe"), "not a snapshot"),
        (b"[" * 100_000, "not a"),
    ],
    ids=[
        "nothing",
        "a brace",
        "a list",
        "another format",
        "another version",
        "a number for a name",
        "no host",
        "no conversations",
        "noise after a gzip mark",
        "cut compressed data",
        "a letter, compressed",
        "not UTF-8",
        "deep nesting",
    ],
)
def test_what_is_no_snapshot_is_one_sentence_with_a_place(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_snapshot(data, "h.json")
    assert str(caught.value).startswith("h.json")
    assert "\n" not in str(caught.value)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domcaps.snapshot.MAX_SIZE", 1024 * 1024)
    with pytest.raises(InputError, match="unpacks to more than 1 MiB"):
        read_snapshot(gzip.compress(b" " * 2 * 1024 * 1024))


def test_a_users_name_is_in_no_path() -> None:
    firmware = FirmwareFacts(
        descriptors={"/home/u/.config/qemu/firmware/1.json": "{}", "/home/user2/x": "", "/etc/qemu/firmware/2": ""},
        images=(),
    )
    kept = list(without_home(firmware, "/home/u").descriptors)
    assert kept == ["~/.config/qemu/firmware/1.json", "/home/user2/x", "/etc/qemu/firmware/2"]
    assert without_home(firmware, "") == firmware


def replies(*pieces: object) -> bytes:
    return "\n\n".join(json.dumps(piece, indent=2) for piece in pieces).encode()


HELLO = {"execute": "qmp_capabilities", "id": "libvirt-1"}
DONE: dict[str, object] = {"return": {}, "id": "libvirt-1"}
TARGET = ({"execute": "query-target", "id": "2"}, {"return": {"arch": "s390x"}, "id": "2"})
KVM = ({"execute": "query-kvm", "id": "3"}, {"return": {"enabled": True, "present": True}, "id": "3"})
BARE = Snapshot(host=HostFacts(arch="s390x"))


def test_a_recording_of_two_processes_is_one_of_kvm_and_one_of_tcg() -> None:
    data = replies(HELLO, DONE, *TARGET, *KVM, HELLO, DONE)
    record = read_replies(data, BARE).emulators["/usr/bin/qemu-system-s390x"]
    assert (record.arch, list(record.accelerators)) == ("s390x", ["kvm", "tcg"])


def test_a_recording_of_one_process_is_of_what_it_says_is_on() -> None:
    assert list(recorded(HELLO, DONE, *TARGET, *KVM).accelerators) == ["kvm"]
    assert list(recorded(HELLO, DONE, *TARGET).accelerators) == ["tcg"]


def recorded(*pieces: object) -> EmulatorRecord:
    return read_replies(replies(*pieces), BARE).emulators["/usr/bin/qemu-system-s390x"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "do not pair up"),
        (replies(HELLO), "do not pair up"),
        (replies(HELLO, DONE)[:-5], "r.replies, line 6: the recording ends within an object"),
        (replies(TARGET[0], TARGET[1]), "object 1: a recording begins with qmp_capabilities"),
        (replies(HELLO, DONE, {"no": 1}, DONE), "object 3: not a recording"),
        (b"nonsense\n\nmore nonsense\n", "ends within an object"),
    ],
)
def test_what_is_no_recording_is_one_sentence_with_a_place(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_replies(data, BARE, "r.replies")
