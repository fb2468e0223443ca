"""The guest's firmware, against a host's descriptors and against a document alone."""

from __future__ import annotations

import msgspec
import pytest

from domcaps.analysis.findings import Stage
from domcaps.analysis.guests.check import Against, check
from domcaps.derive import SnapshotSource
from domcaps.firmware.facts import FirmwareFacts
from domcaps.release import NEWEST, release
from domcaps.schema.document import DomainCapabilities, FirmwareFeatures, Loader, Os
from domcaps.snapshot import read_snapshot
from tests.analysis.made_guests import RECORDED, codes, guest, only
from tests.firmware.made import text_of

EFI = "firmware='efi'"
ACPI = "<acpi/>"


def host(which: str = str(NEWEST)) -> Against:
    """The recorded host with one firmware: UEFI in flash for q35, without Secure Boot."""
    firmware = FirmwareFacts(descriptors={"/usr/share/qemu/firmware/50.json": text_of()}, images=("/code.fd",))
    snapshot = msgspec.structs.replace(read_snapshot(RECORDED.read_bytes()), firmware=firmware)
    return Against(SnapshotSource(snapshot), release=release(which))


DOCUMENT = DomainCapabilities(
    domain="kvm",
    machine="pc-q35-7.2",
    arch="x86_64",
    os=Os(
        supported=True,
        firmware=("efi",),
        firmware_features=FirmwareFeatures(supported=True, secure_boot=("no",), enrolled_keys=("no",)),
        loader=Loader(supported=True, value=("/code.fd",), secure=("no",)),
    ),
)

FEATURE = "<firmware><feature name='secure-boot' enabled='yes'/></firmware>"


@pytest.mark.parametrize("against", [host(), Against(DOCUMENT)], ids=["with facts", "by a document alone"])
@pytest.mark.parametrize(
    ("text", "code", "xpath"),
    [
        (guest(os_attributes="firmware='bios'"), "firmware-unsupported", "/domain/os/@firmware"),
        (
            guest(os_attributes=EFI, os=FEATURE, features=ACPI),
            "secure-boot-unsupported",
            "/domain/os/firmware/feature/@enabled",
        ),
        (
            guest(os_attributes=EFI, os="<loader secure='yes'/>", features=ACPI),
            "loader-secure-unsupported",
            "/domain/os/loader/@secure",
        ),
        (guest(os="<loader/>"), "firmware-refused", "/domain/os/loader"),
        (
            guest(os="<loader type='pflash' stateless='yes'>/code.fd</loader><nvram/>", features=ACPI),
            "firmware-refused",
            "/domain/os/loader/@stateless",
        ),
    ],
    ids=["BIOS", "Secure Boot", "a secure loader", "a loader without a path", "a store without variables"],
)
def test_what_cannot_be_had_is_named_at_its_place(against: Against, text: str, code: str, xpath: str) -> None:
    finding = only(check(text, against), code)
    assert (finding.place.xpath, finding.stage) == (xpath, Stage.DEFINE)


@pytest.mark.parametrize("against", [host(), Against(DOCUMENT)], ids=["with facts", "by a document alone"])
@pytest.mark.parametrize(
    "text",
    [
        guest(os_attributes=EFI, features=ACPI),
        guest(os="<loader readonly='yes' type='pflash'>/code.fd</loader>", features=ACPI),
        guest(os="<loader>/any/bios.bin</loader>"),
    ],
    ids=["UEFI of libvirt's choice", "UEFI by path", "a BIOS of one's own"],
)
def test_what_can_be_had_is_not_called_unsupported(against: Against, text: str) -> None:
    assert codes(check(text, against)) == []


def test_listed_is_not_enough_where_the_descriptors_are_known() -> None:
    text = guest(os_attributes=EFI, os="<loader format='qcow2'/>", features=ACPI)
    finding = only(check(text, host()), "firmware-unsuitable")
    assert finding.libvirt.startswith("operation failed: Unable to find 'efi' firmware")
    assert "50.json" in finding.reason
    assert finding.alternative == "leave format out of <loader>"


def test_before_9_2_firmware_is_chosen_when_the_guest_starts() -> None:
    text = guest(os_attributes="firmware='bios'")
    assert only(check(text, host("9.0")), "firmware-unsupported").stage is Stage.START


def test_uefi_without_acpi_is_refused_and_gets_it_by_the_fix() -> None:
    finding = only(check(guest(os_attributes=EFI), host()), "firmware-refused")
    assert "UEFI requires ACPI" in finding.libvirt
    assert finding.edits[0].text == "<acpi/>"


def test_an_image_that_is_not_known_is_a_note_because_libvirt_takes_any_path() -> None:
    finding = only(check(guest(os="<loader>/any/bios.bin</loader>"), Against(DOCUMENT)), "loader-unlisted")
    assert finding.severity == "note"


def test_a_guest_that_runs_elsewhere_has_its_firmware_already() -> None:
    report = check(guest(os_attributes="firmware='bios'"), host(), receive=True)
    assert codes(report) == []
