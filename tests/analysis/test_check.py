"""What `check` finds, guest by guest: on Debian 12's QEMU, on documents alone, and on other drivers' hosts."""

from __future__ import annotations

import msgspec
import pytest

import domcaps
from domcaps.analysis.findings import Severity, Stage, Verdict
from domcaps.analysis.guests.check import Against, check
from domcaps.analysis.guests.guest import Guest
from domcaps.derive import SnapshotSource
from domcaps.release import release
from domcaps.schema.devices import Devices, Disk, Video
from domcaps.schema.document import DomainCapabilities, Vcpu
from domcaps.schema.features import Features, Flag
from domcaps.snapshot import read_snapshot
from tests.analysis.made_guests import (
    ARM,
    LINUX,
    RECORDED_ARM,
    UBUNTU,
    WINDOWS,
    codes,
    disk,
    guest,
    host,
    only,
)

CHARDEV = "<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>"


def documents(*machines: str) -> list[DomainCapabilities]:
    grounds = [host().settle(Guest(guest(machine=machine).encode()))[0] for machine in machines]
    return [ground.document for ground in grounds if ground is not None]


def about(**blocks: object) -> DomainCapabilities:
    """A document about kvm and q35 that states little."""
    return msgspec.convert({"domain": "kvm", "machine": "pc-q35-7.2", "arch": "x86_64", **blocks}, DomainCapabilities)


class TestWhatPeopleBring:
    def test_windows_on_q35_has_its_ide_disk_named_as_libvirts_choice(self) -> None:
        finding = only(check(WINDOWS, host()), "disk-bus-unsupported")
        assert (finding.asks, finding.chosen, finding.stage) == ("ide", True, Stage.DEFINE)
        assert finding.alternative == "bus='sata' in <target>"
        assert "i440fx" in finding.reason
        assert finding.place.xpath == "/domain/devices/disk/target"

    def test_enlightenments_that_are_off_are_not_asked_for(self) -> None:
        asked = {f.asks for f in check(WINDOWS, host()).findings if f.code == "hyperv-features-unsupported"}
        assert "evmcs" in asked
        assert "reset" not in asked

    def test_linux_with_virtiofs_and_vfio_is_told_of_shared_memory_and_vfio(self) -> None:
        report = check(LINUX, host())
        assert only(report, "filesystem-memory-not-shared").stage is Stage.DEFINE
        vfio = only(report, "hostdev-pci-backend-unsupported")
        assert (vfio.stage, vfio.chosen) == (Stage.START, True)
        assert "vfio" in vfio.remedy

    def test_an_emulator_of_another_distribution_gives_way_to_this_ones(self) -> None:
        finding = only(check(LINUX, host()), "emulator-missing")
        assert finding.alternative.startswith("/usr/bin/qemu-system-x86_64")
        assert "No such file" in finding.libvirt

    def test_an_arm_guest_on_a_host_without_its_emulator_is_told_to_install_it(self) -> None:
        report = check(ARM, host())
        assert report.verdict is Verdict.REFUSED
        assert only(report, "emulator-missing").remedy == "install QEMU for aarch64"

    def test_an_arm_guest_on_an_x86_host_is_told_of_kvm_machine_cpu_and_usb_at_once(self) -> None:
        arm = Against(SnapshotSource(read_snapshot(RECORDED_ARM.read_bytes())))
        report = check(ARM, arm)
        assert {"virt-type-unsupported", "machine-unsupported", "usb-controller-missing"} <= set(codes(report))
        assert only(report, "virt-type-unsupported").alternative == "type='qemu' in <domain>"
        assert only(report, "cpu-host-passthrough-unsupported").stage is Stage.START

    def test_a_machine_of_ubuntu_becomes_that_of_the_qemu_it_stood_for(self) -> None:
        finding = only(check(UBUNTU, host()), "machine-unsupported")
        assert finding.alternative == "machine='pc-q35-4.2' in <os><type>"
        assert finding.place.line == 6


@pytest.mark.parametrize(
    ("text", "code", "stage"),
    [
        (guest(disk("hda", "ide")), "disk-bus-unsupported", Stage.DEFINE),
        (guest(disk("xvda")), "disk-bus-unsupported", Stage.START),
        (guest(disk("sda", "scsi", device="lun", kind="file")), "disk-lun-source-unsuitable", Stage.DEFINE),
        (guest(disk("sda", "sata", device="lun")), "disk-lun-bus-unsuitable", Stage.DEFINE),
        (guest(disk("vda", device="cdrom")), "disk-cdrom-bus-unsuitable", Stage.DEFINE),
        (guest(disk("fda", "sata", device="floppy")), "disk-floppy-bus-unsuitable", Stage.DEFINE),
        (guest("<graphics type='rdp'/>"), "graphics-type-unsupported", Stage.DEFINE),
        (guest("<rng model='virtio'><backend model='nosuch'/></rng>"), "rng-backend-model-unsupported", Stage.DEFINE),
        (guest("<hostdev mode='capabilities' type='misc'/>"), "hostdev-mode-unsupported", Stage.DEFINE),
        (
            guest("<tpm model='tpm-spapr'><backend type='passthrough'/></tpm>"),
            "tpm-model-unsupported",
            Stage.DEFINE,
        ),
        (
            guest("<tpm model='tpm-crb'><backend type='emulator' version='1.2'/></tpm>"),
            "tpm-backend-version-unsuitable",
            Stage.DEFINE,
        ),
        (guest("<tpm model='tpm-crb'/>"), "tpm-backend-model-missing", Stage.DEFINE),
        (guest("<console type='nmdm'/>"), "console-type-unsupported", Stage.START),
        (guest("<serial type='nmdm'/>"), "console-type-unsupported", Stage.START),
        (guest(CHARDEV), "spice-graphics-missing", Stage.DEFINE),
        (guest("<panic model='s390'/>"), "panic-model-unsupported", Stage.DEFINE),
        (guest(features="<gic version='2'/>"), "gic-unsupported", Stage.DEFINE),
        (guest(features="<async-teardown enabled='yes'/>"), "async-teardown-unsupported", Stage.DEFINE),
        (guest(vcpu="100000"), "vcpu-max-exceeded", Stage.DEFINE),
        (guest(top="<launchSecurity type='tdx'/>"), "launch-security-sectype-unsupported", Stage.DEFINE),
        (guest(virt_type="xen"), "virt-type-unsupported", Stage.DEFINE),
        (guest(virt_type="nosuch"), "virt-type-unknown", Stage.DEFINE),
        (guest(arch="nosuch"), "arch-unknown", Stage.DEFINE),
        (guest(machine="nosuch"), "machine-unsupported", Stage.DEFINE),
        (guest(machine="microvm", devices=disk("vda")), "pci-missing", Stage.DEFINE),
        (guest("<redirdev bus='usb' type='tcp'/>", machine="isapc"), "usb-controller-missing", Stage.DEFINE),
    ],
    ids=lambda value: value if isinstance(value, str) and "<" not in value else None,
)
def test_what_cannot_be_had_is_named_with_its_stage(text: str, code: str, stage: Stage) -> None:
    found = [f for f in check(text, host()).findings if f.code == code and f.severity is Severity.UNSUPPORTED]
    assert [finding.stage for finding in found] == [stage], codes(check(text, host()))
    assert found[0].reason or found[0].libvirt


@pytest.mark.parametrize(
    "text",
    [
        guest(),
        guest(disk("vda") + disk("sda", "sata", device="cdrom")),
        guest(disk("sda", "sd")),
        guest("<channel type='tcp'><target type='virtio' name='a'/></channel>"),
        guest("<filesystem type='mount'><driver type='mtp'/></filesystem>"),
        guest("<hostdev mode='subsystem' type='scsi_host'/>"),
        guest(features="<async-teardown enabled='no'/><vmcoreinfo state='off'/>"),
        guest("<tpm model='tpm-tis'><backend type='emulator'/></tpm>"),
        guest("<graphics type='spice'/>" + CHARDEV),
        guest(top="<cpu><model>qemu64</model></cpu>", virt_type="qemu"),
        guest(machine="microvm", devices=disk("vda", inner="<address type='virtio-mmio'/>")),
    ],
    ids=[
        "a plain guest",
        "disks as q35 has them",
        "an SD card, which no document lists",
        "a channel that documents do not list",
        "a filesystem that no document lists",
        "vhost-scsi, which no document lists",
        "features that are off",
        "a TPM without a version",
        "SPICE with its channel",
        "a CPU model that nobody checks",
        "virtio on microvm by memory-mapped I/O",
    ],
)
def test_what_libvirt_accepts_is_not_called_unsupported(text: str) -> None:
    assert codes(check(text, host())) == []


def test_video_that_graphics_imply_is_judged_and_marked_as_chosen() -> None:
    little = about(devices=Devices(video=Video(supported=True, model_type=("virtio",))))
    finding = only(check(guest("<graphics type='vnc'/>"), little), "video-model-type-unsupported")
    assert (finding.asks, finding.chosen) == ("cirrus", True)
    assert finding.place.xpath == "/domain/devices/graphics"
    assert finding.alternative == "type='virtio' in <model>"


class TestDocumentsAlone:
    def test_what_a_document_does_not_state_is_unknown_and_never_unsupported(self) -> None:
        report = check(WINDOWS, about())
        assert codes(report) == []
        assert {f.severity for f in report.findings} <= {Severity.UNKNOWN, Severity.NOTE}

    def test_an_element_that_is_not_there_is_said_once(self) -> None:
        report = check(guest(features="<vmcoreinfo/><gic/>"), about(features=Features()))
        assert {f.code for f in report.findings} == {"vmcoreinfo-not-stated", "gic-not-stated"}

    def test_a_document_about_another_machine_cannot_tell(self) -> None:
        report = check(guest(machine="pc-q35-6.0"), documents("q35")[0])
        assert report.verdict is Verdict.UNKNOWN
        assert only(report, "machine-mismatch").offered == ("pc-q35-7.2",)

    def test_what_is_so_with_another_kind_of_machine_is_not_known_of_the_guest(self) -> None:
        report = check(guest(disk("hda"), machine="pc"), documents("q35")[0])
        assert report.verdict is Verdict.UNKNOWN
        assert only(report, "disk-bus-unknown").severity is Severity.UNKNOWN

    def test_another_version_of_the_machine_offers_the_same(self) -> None:
        report = check(guest(disk("hda"), machine="pc-q35-6.0"), documents("q35")[0])
        assert codes(report) == ["disk-bus-unsupported"]

    def test_an_alias_of_the_same_kind_counts_as_the_documents_machine(self) -> None:
        assert check(guest(machine="q35"), documents("q35")[0]).verdict is Verdict.RUNS

    def test_a_document_about_another_architecture_judges_nothing_else(self) -> None:
        report = check(guest(disk("hda"), arch="aarch64", machine="virt"), documents("q35")[0])
        assert {f.code for f in report.findings} == {"arch-mismatch", "machine-mismatch"}

    def test_of_several_documents_the_one_that_fits_is_taken(self) -> None:
        found = documents("q35", "pc")
        assert check(guest(disk("hda"), machine="pc"), found).verdict is Verdict.RUNS
        assert check(guest(disk("hda"), machine="q35"), found).verdict is Verdict.REFUSED

    def test_beyond_kvms_own_number_of_vcpus_it_is_the_start_that_fails(self) -> None:
        assert only(check(guest(vcpu="3"), about(vcpu=Vcpu(max=2))), "vcpu-max-exceeded").stage is Stage.START

    def test_a_flag_that_says_no_points_at_the_element_and_can_be_left_out(self) -> None:
        none = Features(genid=Flag(supported=False))
        finding = only(check(guest(top="<genid/>"), about(features=none)), "genid-unsupported")
        assert finding.place.xpath == "/domain/genid"
        assert finding.alternative == "leave <genid> out"


class TestReleases:
    def test_a_floppy_drive_is_refused_at_definition_only_by_newer_releases(self) -> None:
        gone = about(devices=Devices(disk=Disk(supported=True, disk_device=("disk",))))
        floppy = guest(disk("fda", device="floppy"))
        for which, stage in (("11.3", Stage.START), ("12.8", Stage.DEFINE)):
            report = check(floppy, Against(gone, release=release(which)))
            assert only(report, "disk-device-unsupported").stage is stage, which

    def test_an_element_that_a_release_does_not_know_is_refused_by_it(self) -> None:
        finding = only(check(guest(features="<ps2 state='off'/>"), host(release("9.0"))), "ps2-unsupported")
        assert finding.remedy == "libvirt 10.7.0 or newer"


class TestBadGuests:
    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"junk",
            b"<domain type='kvm'>",
            b"<domainCapabilities/>",
            b"<!DOCTYPE domain [<!ENTITY a 'b'>]><domain>&a;</domain>",
            b"\xff\xfe\x00",
            b"<domain>\xff</domain>",
            b"<?xml version='1.0' encoding='nosuch'?><domain/>",
            b"<domain>" + b"<a>" * 5000,
        ],
    )
    def test_what_is_no_definition_is_a_finding(self, text: bytes) -> None:
        report = check(text, host())
        assert [finding.code for finding in report.findings] == ["definition-unreadable"]
        assert report.verdict is Verdict.REFUSED

    def test_an_empty_definition_lacks_its_virt_type_and_nothing_breaks(self) -> None:
        assert codes(check(b"<domain/>", host())) == ["virt-type-missing"]


def test_the_api_offers_check() -> None:
    assert domcaps.check(guest(), documents("q35")[0])
    assert not domcaps.check(guest(disk("hda")), documents("q35")[0])


def test_findings_are_in_order_and_whole() -> None:
    findings = check(WINDOWS, host()).findings
    ranks = [(list(Severity).index(f.severity), f.stage is Stage.START) for f in findings]
    assert ranks == sorted(ranks)
    assert all(f.code and f.message and f.place.line and f.place.column and f.reason for f in findings)
