"""`--fix`: the nearest supported alternatives, made and judged anew; the original stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from domcaps.analysis.findings import Verdict
from domcaps.analysis.guests.check import check
from domcaps.analysis.guests.fix import fix
from domcaps.analysis.guests.guest import Guest
from domcaps.schema.devices import Channel, Devices, Disk, Graphics, Redirdev, Video
from domcaps.schema.document import DomainCapabilities
from tests.analysis.made_guests import ARM, LINUX, RECORDED, RECORDED_ARM, UBUNTU, WINDOWS, codes, disk, guest, host
from tests.commandline import ask

WITHOUT_SPICE = DomainCapabilities(
    domain="kvm",
    machine="pc-q35-7.2",
    arch="x86_64",
    devices=Devices(
        disk=Disk(supported=True, disk_device=("disk", "cdrom"), bus=("sata", "scsi", "virtio")),
        graphics=Graphics(supported=True, type=("vnc",)),
        video=Video(supported=True, model_type=("vga", "virtio")),
        channel=Channel(supported=True, type=("pty", "unix")),
        redirdev=Redirdev(supported=True, bus=("usb",)),
    ),
)


def fixed(text: str, document: DomainCapabilities = WITHOUT_SPICE) -> str:
    from domcaps.analysis.guests.check import Against  # noqa: PLC0415 - beside its only use

    return fix(Guest(text.encode()), [Against(document)]).data.decode()


def test_a_guest_of_spice_becomes_one_of_vnc_with_all_that_hangs_on_it() -> None:
    text = fixed(WINDOWS)
    assert "<graphics type='vnc' autoport='yes'>" in text
    assert "<model type='virtio' heads='1'/>" in text
    assert "<channel type='qemu-vdagent'>" in text
    assert "<target dev='hda' bus='sata'/>" in text
    for gone in ("spice'", "qxl", "redirdev", "compression", "<address type='drive'"):
        assert gone not in text


def test_all_else_stays_byte_for_byte() -> None:
    before, after = WINDOWS.splitlines(), fixed(WINDOWS).splitlines()
    assert [line for line in after if line not in before] == [
        "      <target dev='hda' bus='sata'/>",
        "    <channel type='qemu-vdagent'>",
        "    <graphics type='vnc' autoport='yes'>",
        "      <model type='virtio' heads='1'/>",
    ]


@pytest.mark.parametrize("text", [WINDOWS, LINUX, UBUNTU, guest(disk("fda", device="floppy"))])
def test_a_fix_leaves_nothing_that_it_could_still_mend(text: str) -> None:
    result = fix(Guest(text.encode()), [host()])
    again = fix(Guest(result.data), [host()])
    assert again.data == result.data
    assert not any(finding.edits for finding in again.reports[0].findings if finding.severity == "unsupported")


def test_what_has_no_alternative_is_left_and_said() -> None:
    result = fix(Guest(LINUX.encode()), [host()])
    assert codes(result.reports[0]) == ["hostdev-pci-backend-unsupported"]


def test_an_arm_guest_gets_machine_cpu_virt_type_and_usb_controller(tmp_path: Path) -> None:
    path = tmp_path / "arm.xml"
    path.write_text(ARM)
    answer = ask("check", str(path), "--from", str(RECORDED_ARM), "--fix")
    assert answer.status == 0
    for wanted in ("type='qemu'", "mode='maximum'", "model='qemu-xhci'"):
        assert wanted in answer.out
    assert "virt-2.1'" not in answer.out
    assert path.read_text() == ARM
    assert answer.err.startswith("---")


def test_the_output_goes_to_a_file_and_never_to_the_guest_itself(tmp_path: Path) -> None:
    path, other = tmp_path / "guest.xml", tmp_path / "fixed.xml"
    path.write_text(guest(disk("hda")))
    place = ["--from", str(RECORDED), "--fix", "-o"]
    assert ask("check", str(path), *place, str(other)).status == 0
    assert "bus='sata'" in other.read_text()
    refused = ask("check", str(path), *place, str(path))
    assert refused.status == 2
    assert "never touches" in refused.err
    assert path.read_text() == guest(disk("hda"))


def test_the_diff_alone_goes_to_standard_output(tmp_path: Path) -> None:
    path = tmp_path / "guest.xml"
    path.write_text(guest(disk("hda")))
    answer = ask("check", str(path), "--from", str(RECORDED), "--diff")
    assert answer.out.startswith(f"--- {path}\n+++ {path} (fixed)\n@@")
    assert "<domain" not in answer.out


def test_a_text_in_another_encoding_is_written_in_it() -> None:
    text = f"<?xml version='1.0' encoding='latin-1'?>\n{guest(disk('hda'))}".replace(
        "made", "m\N{LATIN SMALL LETTER E WITH ACUTE}"
    )
    data = fix(Guest(text.encode("latin-1")), [host()]).data
    assert "m\N{LATIN SMALL LETTER E WITH ACUTE}" in data.decode("latin-1")
    assert check(data, host()).verdict is Verdict.RUNS
