"""From a small emulator of our own making to a document: what was asked for, what is refused, what follows."""

from __future__ import annotations

import pytest

from domcaps.derive import Request, derive, facts_for
from domcaps.errors import DomcapsError, ProbeError, RequestError
from domcaps.release import release
from tests.drivers.qemu.made import TYPES, emulator, refused, said, source

X86 = ("/usr/bin/qemu-system-x86_64", emulator("x86_64", "kvm", "tcg"))
ARM = ("/usr/bin/qemu-system-aarch64", emulator("aarch64"))
I386 = ("/usr/bin/qemu-system-i386", emulator("i386", "kvm", "tcg"))
PPC64 = ("/usr/bin/qemu-system-ppc64", emulator("ppc64"))
HPPA = ("/usr/bin/qemu-system-hppa", emulator("hppa"))
HOST = source(X86, ARM, I386, PPC64, HPPA)


def test_everything_left_open_is_libvirts_choice() -> None:
    document = derive(HOST, Request())
    assert (document.path, document.domain, document.machine, document.arch) == (
        "/usr/bin/qemu-system-x86_64",
        "kvm",
        "pc-i440fx-9.9",
        "x86_64",
    )


@pytest.mark.parametrize(
    ("request_", "path", "domain", "machine", "arch"),
    [
        (Request(machine="q35"), X86[0], "kvm", "pc-q35-9.9", "x86_64"),
        (Request(virt_type="qemu"), X86[0], "qemu", "pc-i440fx-9.9", "x86_64"),
        (Request(virt_type="none"), X86[0], "kvm", "pc-i440fx-9.9", "x86_64"),
        (Request(arch="i686"), I386[0], "kvm", "pc-i440fx-9.9", "i686"),
        (Request(arch="aarch64"), ARM[0], "qemu", "pc-i440fx-9.9", "aarch64"),
        (Request(emulator=X86[0], arch="i686"), X86[0], "kvm", "pc-i440fx-9.9", "i686"),
        (Request(emulator=ARM[0], arch="armv7l"), ARM[0], "qemu", "pc-i440fx-9.9", "armv7l"),
        (Request(arch="ppc64le"), PPC64[0], "qemu", "pc-i440fx-9.9", "ppc64le"),
    ],
)
def test_what_is_asked_for_is_what_the_document_is_about(
    request_: Request, path: str, domain: str, machine: str, arch: str
) -> None:
    document = derive(HOST, request_)
    assert (document.path, document.domain, document.machine, document.arch) == (path, domain, machine, arch)


@pytest.mark.parametrize(
    ("request_", "kind", "message"),
    [
        (Request(virt_type="kvn"), "invalid argument", "unknown virttype: kvn"),
        (Request(arch="amd64"), "invalid argument", "unknown architecture: amd64"),
        (
            Request(arch="loongarch64", libvirt=release("10.1")),
            "invalid argument",
            "unknown architecture: loongarch64",
        ),
        (
            Request(arch="s390x"),
            "unsupported configuration",
            "unable to find any emulator to serve 's390x' architecture",
        ),
        (
            Request(emulator=ARM[0]),
            "invalid argument",
            "architecture from emulator 'aarch64' doesn't match given architecture 'x86_64'",
        ),
        (
            Request(arch="aarch64", virt_type="kvm"),
            "invalid argument",
            "the accel 'kvm' is not supported by '/usr/bin/qemu-system-aarch64' on this host",
        ),
        (
            Request(arch="aarch64", virt_type="xen"),
            "invalid argument",
            "the accel 'tcg' is not supported by '/usr/bin/qemu-system-aarch64' on this host",
        ),
        (
            Request(arch="aarch64", virt_type="hyperv"),
            "invalid argument",
            "the accel 'mshv' is not supported by '/usr/bin/qemu-system-aarch64' on this host",
        ),
        (
            Request(arch="aarch64", virt_type="hyperv", libvirt=release("11.9")),
            "invalid argument",
            "the accel 'tcg' is not supported by '/usr/bin/qemu-system-aarch64' on this host",
        ),
        (
            Request(machine="virt"),
            "invalid argument",
            "the machine 'virt' is not supported by emulator '/usr/bin/qemu-system-x86_64'",
        ),
        (
            Request(machine="none"),
            "invalid argument",
            "the machine 'none' is not supported by emulator '/usr/bin/qemu-system-x86_64'",
        ),
        (
            Request(emulator=I386[0]),
            "invalid argument",
            "Emulator '/usr/bin/qemu-system-i386' does not support arch 'x86_64'",
        ),
        (
            Request(virt_type="xen"),
            "invalid argument",
            "Emulator '/usr/bin/qemu-system-x86_64' does not support virt type 'xen'",
        ),
        (
            Request(emulator=HPPA[0]),
            "internal error",
            "Failed to probe capabilities for /usr/bin/qemu-system-hppa: internal error: Unknown QEMU arch hppa",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_in_libvirts_words(request_: Request, kind: str, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        derive(HOST, request_)
    assert (caught.value.kind, str(caught.value)) == (kind, message)


def test_a_qemu_older_than_the_release_takes_is_refused() -> None:
    old = emulator(extra=(said("query-version", {"qemu": {"major": 5, "minor": 1, "micro": 0}, "package": ""}),))
    host = source(("/usr/bin/qemu-system-x86_64", old))
    assert derive(host, Request(libvirt=release("10.5"))).path
    with pytest.raises(RequestError, match=r"QEMU version >= 7.2.0 is required, but 5.1.0 found"):
        derive(host, Request())


def test_a_snapshot_of_one_emulator_answers_for_it_at_any_place() -> None:
    alone = source(X86)
    assert (
        derive(alone, Request(emulator="/opt/qemu/bin/qemu-system-x86_64")).path == "/opt/qemu/bin/qemu-system-x86_64"
    )
    for elsewhere, host in (
        ("/opt/qemu/bin/qemu-system-i386", alone),
        ("/opt/qemu/bin/qemu-system-x86_64", HOST),
        ("qemu-system-x86_64", alone),
    ):
        with pytest.raises(ProbeError, match=f"Cannot check QEMU binary {elsewhere}: No such file"):
            derive(host, Request(emulator=elsewhere))


@pytest.mark.parametrize(
    ("request_", "most"),
    [(Request(), 255), (Request(machine="q35"), 1024), (Request(machine="q35", virt_type="qemu"), 4096)],
    ids=["the machine's number", "KVM's, where it is less", "KVM has no say under TCG"],
)
def test_vcpus(request_: Request, most: int) -> None:
    document = derive(HOST, request_)
    assert document.vcpu is not None
    assert document.vcpu.max == most


def test_a_question_that_was_never_asked_is_unknown_and_written_as_no() -> None:
    facts = facts_for(HOST, Request())
    assert facts.emulator.gic is None
    assert facts.emulator.has_property("generic-pc-machine", "i8042", abstract=True) is None
    document = derive(HOST, Request())
    assert document.features is not None
    assert document.features.ps2 is not None
    assert document.features.ps2.supported is False


def test_sev_that_qemu_refuses_takes_its_objects_along() -> None:
    types = said("qom-list-types", [{"name": name} for name in (*TYPES, "sev-guest", "sev-snp-guest")])
    with_sev = emulator("x86_64", "kvm", "tcg", extra=(types, refused("query-sev-capabilities")))
    document = derive(source((X86[0], with_sev)), Request())
    assert document.features is not None
    assert (document.features.sev, document.features.launch_security) is not None
    assert document.features.launch_security is not None
    assert document.features.launch_security.supported is False
    numbers = said("query-sev-capabilities", {"cbitpos": 51, "reduced-phys-bits": 1, "pdh": "", "cert-chain": ""})
    with_sev = emulator("x86_64", "kvm", "tcg", extra=(types, numbers))
    document = derive(source((X86[0], with_sev)), Request())
    assert document.features is not None
    assert document.features.sev is not None
    assert (document.features.sev.supported, document.features.sev.cbitpos) == (True, 51)
    assert document.features.launch_security is not None
    assert document.features.launch_security.sectype == ("sev", "sev-snp")


def test_an_answer_of_the_wrong_shape_names_the_command() -> None:
    broken = emulator(extra=(said("query-machines", {"machines": []}),))
    with pytest.raises(DomcapsError, match=r"qemu-system-x86_64, query-machines: QEMU's answer cannot be used"):
        derive(source((X86[0], broken)), Request())
