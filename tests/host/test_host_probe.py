"""A whole look at a host that consists of files."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from domcaps.host.facts import CpuFacts, HostFacts, KvmFacts, SevAsids
from domcaps.host.probe import Note, arch_of, begin_probe, probe_host
from domcaps.host.view import HostView

Write = Callable[..., Path]

AMD = "vendor_id : AuthenticAMD\nflags : fpu sev\naddress sizes : 48 bits physical\n"
INTEL = "vendor_id : GenuineIntel\nflags : fpu vmx\n"


def look(view: HostView) -> HostFacts:
    with begin_probe(view) as probe:
        return probe.finish().facts


def on(view: HostView, machine: str) -> HostView:
    return msgspec.structs.replace(view, machine=machine)


def test_an_empty_root_is_a_host_that_has_nothing(tmp_path: Path) -> None:
    facts = probe_host(tmp_path, env={"PATH": "/bin"}, euid=0, machine="arm64")
    nothing = KvmFacts(usable=False, secure_guest=False)
    assert facts == HostFacts(arch="aarch64", kvm=nothing, vfio=False, iommufd=False, swtpm=None, qemu_rdp=False)


def test_what_stood_in_the_way_is_a_note(view: HostView) -> None:
    with begin_probe(view) as probe:
        notes = probe.finish().notes
    assert notes == (Note(subject="/dev/kvm", said="No such file or directory"),)
    assert str(notes[0]) == "/dev/kvm: No such file or directory"


@pytest.mark.parametrize(
    ("kernel", "libvirt"),
    [("i386", "i686"), ("i586", "i686"), ("i686", "i686"), ("amd64", "x86_64"), ("arm64", "aarch64"), ("s390x",) * 2],
)
def test_the_kernels_name_of_a_machine_becomes_libvirts(kernel: str, libvirt: str) -> None:
    assert arch_of(kernel) == libvirt


@pytest.mark.parametrize(
    ("groups", "node", "vfio"),
    [(True, True, True), (True, False, False), (False, True, False), (None, True, False)],
    ids=["both", "no node", "no group", "no folder of groups"],
)
def test_vfio_needs_a_group_and_the_node(view: HostView, write: Write, groups: bool, node: bool, vfio: bool) -> None:
    if groups:
        write("/sys/kernel/iommu_groups/.hidden")
    elif groups is False:
        Path(view.path("/sys/kernel/iommu_groups")).mkdir(parents=True)
    if node:
        write("/dev/vfio/vfio")
    assert look(view).vfio is vfio


def test_iommufd_is_its_node(view: HostView, write: Write) -> None:
    write("/dev/iommu")
    assert look(view).iommufd is True


def test_the_rdp_helper_is_looked_for_under_its_configured_name(view: HostView, write: Write) -> None:
    write("/usr/bin/qemu-rdp", mode=0o755)
    assert look(view).qemu_rdp is True
    write("/etc/libvirt/qemu.conf", 'qemu_rdp = "other-rdp"\n')
    assert look(view).qemu_rdp is False


def test_a_cpu_without_the_sev_flag_has_no_sev_guests(view: HostView, write: Write) -> None:
    write("/proc/cpuinfo", INTEL)
    write("/dev/cpu/0/cpuid", "never read")
    assert look(view).cpu == CpuFacts(vendor="Intel", sev_asids=SevAsids(max=0, min=0))


def test_the_sev_numbers_are_ecx_and_edx_of_the_leaf(view: HostView, write: Write) -> None:
    write("/proc/cpuinfo", AMD)
    with write("/dev/cpu/0/cpuid").open("wb") as device:
        device.seek(0x8000001F)  # the kernel's device takes the leaf as the position
        device.write(struct.pack("=4I", 0x1000F, 0x16F, 509, 451))
    assert look(view).cpu == CpuFacts(vendor="AMD", physical_address_bits=48, sev_asids=SevAsids(max=509, min=451))


def test_the_sev_numbers_stay_unknown_where_nobody_tells_them(view: HostView, write: Write) -> None:
    write("/proc/cpuinfo", AMD)
    assert look(view).cpu.sev_asids is None


SEV = "/sys/module/kvm_amd/parameters/sev"
TDX = "/sys/module/kvm_intel/parameters/tdx"


@pytest.mark.parametrize(
    ("machine", "files", "secure"),
    [
        ("x86_64", {SEV: "Y\n", "/dev/sev": ""}, True),
        ("x86_64", {SEV: "1\n", "/dev/sev": ""}, True),
        ("x86_64", {SEV: "Y\n"}, False),
        ("x86_64", {SEV: "N\n", "/dev/sev": ""}, False),
        ("x86_64", {TDX: "Y\n"}, True),
        ("x86_64", {TDX: "N\n"}, False),
        ("aarch64", {SEV: "Y\n", "/dev/sev": "", TDX: "Y\n"}, False),
        ("s390x", {"/proc/cmdline": "root=/dev/x prot_virt=1\n", "/sys/firmware/uv/x": ""}, True),
        ("s390x", {"/proc/cmdline": "prot_virt=on quiet", "/sys/firmware/uv/x": ""}, True),
        ("s390x", {"/proc/cmdline": "prot_virt=0 prot_virt=1", "/sys/firmware/uv/x": ""}, False),
        ("s390x", {"/proc/cmdline": "noprot_virt=1", "/sys/firmware/uv/x": ""}, False),
        ("s390x", {"/proc/cmdline": "prot_virt=1"}, False),
        ("s390x", {"/proc/cmdline": "prot_virt=OFF", "/sys/firmware/uv/x": ""}, False),
    ],
    ids=[
        "SEV is on and has its device",
        "1 is on, too",
        "SEV without its device",
        "SEV is off",
        "TDX is on",
        "TDX is off",
        "an architecture without either",
        "s390 with an ultravisor and prot_virt",
        "on is on",
        "the first prot_virt decides",
        "another parameter",
        "no ultravisor",
        "OFF begins like On but is not",
    ],
)
def test_secure_guests(view: HostView, write: Write, machine: str, files: dict[str, str], secure: bool) -> None:
    for path, text in files.items():
        write(path, text)
    assert look(on(view, machine)).kvm.secure_guest is secure


@pytest.fixture
def swtpm(write: Write) -> Path:
    """A swtpm whose swtpm_setup counts its runs in the file that is returned."""
    write("/usr/bin/swtpm", mode=0o755)
    write("/usr/bin/swtpm_ioctl", mode=0o755)
    runs = write("/runs")
    answer = '{"features":["tpm-2.0"]}'
    write("/usr/bin/swtpm_setup", f"#!/bin/sh\necho run >> {runs}\necho '{answer}'\n", mode=0o755)
    return runs


def test_swtpm_setup_is_asked_beside_the_rest_and_collected_at_the_end(view: HostView, swtpm: Path) -> None:
    with begin_probe(view) as probe:
        assert probe.report.facts.swtpm is None
        assert probe.finish().facts.swtpm == ("2.0",)
        assert probe.finish().facts.swtpm == ("2.0",)
    assert swtpm.read_text() == "run\n"


def test_a_known_answer_saves_the_run(view: HostView, swtpm: Path) -> None:
    found = begin_probe(view)
    with found:
        report = found.finish()
    assert report.swtpm is not None
    known: dict[str, tuple[str, ...]] = {report.swtpm.key: ("1.2",), "another": ()}
    with begin_probe(view, known_swtpm=known) as probe:
        assert probe.finish().facts.swtpm == ("1.2",)
    assert swtpm.read_text() == "run\n"


def test_a_swtpm_that_sets_up_nothing_is_not_no_swtpm(view: HostView, swtpm: Path, write: Write) -> None:
    write("/usr/bin/swtpm_setup", "#!/bin/sh\nexit 1\n", mode=0o755)
    assert look(view).swtpm == ()
    assert swtpm.read_text() == ""


def test_the_identity_tells_two_kernels_cpus_and_nested_settings_apart(view: HostView, write: Write) -> None:
    write("/proc/cpuinfo", AMD + "microcode : 0x5\n")
    write("/sys/module/kvm_amd/parameters/nested", "1\n")

    def identity(of: HostView) -> object:
        with begin_probe(of) as probe:
            return probe.report.identity

    first = identity(view)
    assert first == identity(view)
    changed = [identity(msgspec.structs.replace(view, kernel="6.2 #1"))]
    for path, text in (
        ("/sys/module/kvm_amd/parameters/nested", "0\n"),
        ("/proc/cpuinfo", AMD + "microcode : 0x6\n"),
        ("/proc/cpuinfo", AMD + "microcode : 0x6\nmodel : 1\n"),
        ("/proc/cpuinfo", AMD.replace("fpu", "fpu vme") + "microcode : 0x6\nmodel : 1\n"),
    ):
        write(path, text)
        changed.append(identity(view))
    assert len({str(one) for one in (first, *changed)}) == 6
