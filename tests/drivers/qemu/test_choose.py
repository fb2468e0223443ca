"""Which emulator is looked for, and what older releases of libvirt refuse otherwise."""

from __future__ import annotations

import pytest

from domcaps.derive import Request, derive, facts_for
from domcaps.drivers.qemu.names import emulator_names
from domcaps.errors import RequestError
from domcaps.release import release
from tests.drivers.qemu.made import emulator, said, source

LIBEXEC = "/usr/libexec/qemu-kvm"

X86 = ("/usr/bin/qemu-system-x86_64", emulator("x86_64", "kvm", "tcg"))
I386 = ("/usr/bin/qemu-system-i386", emulator("i386", "kvm", "tcg"))
TCG_ALONE = ("/usr/bin/qemu-system-aarch64", emulator("aarch64"))
MAC = ("/usr/bin/qemu-system-x86_64", emulator("x86_64", "hvf", "tcg"))


@pytest.mark.parametrize(
    ("host", "guest", "names"),
    [
        ("x86_64", "x86_64", ("qemu-system-x86_64", LIBEXEC)),
        ("x86_64", "i686", ("qemu-system-i386", "qemu-system-x86_64", LIBEXEC)),
        ("i686", "x86_64", ("qemu-system-x86_64",)),
        ("x86_64", "armv6l", ("qemu-system-arm",)),
        ("aarch64", "armv7l", ("qemu-system-aarch64", "qemu-system-arm", LIBEXEC)),
        ("x86_64", "ppc64le", ("qemu-system-ppc64le", "qemu-system-ppc64")),
        ("ppc64le", "ppc64le", ("qemu-system-ppc64le", "qemu-system-ppc64", LIBEXEC)),
        ("ppc64le", "ppc64", ("qemu-system-ppc64", LIBEXEC)),
        ("ppc64", "ppc64le", ("qemu-system-ppc64le", "qemu-system-ppc64", LIBEXEC)),
        ("s390x", "s390x", ("qemu-system-s390x", LIBEXEC)),
    ],
)
def test_emulators_looked_for(host: str, guest: str, names: tuple[str, ...]) -> None:
    assert emulator_names(host, guest) == names


def test_a_little_endian_power_host_uses_the_emulator_of_the_big_endian_one() -> None:
    host = source(("/usr/bin/qemu-system-ppc64", emulator("ppc64", "kvm", "tcg")), arch="ppc64le")
    facts = facts_for(host, Request())
    assert (facts.path, facts.target, facts.arch, facts.virt_type, facts.native) == (
        "/usr/bin/qemu-system-ppc64",
        "ppc64",
        "ppc64le",
        "kvm",
        True,
    )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("8.0", "KVM is not supported by '/usr/bin/qemu-system-aarch64' on this host"),
        ("8.1", "the accel 'kvm' is not supported by '/usr/bin/qemu-system-aarch64' on this host"),
    ],
)
def test_kvm_that_is_not_there_is_refused_in_the_words_of_the_release(asked: str, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        derive(source(TCG_ALONE), Request(arch="aarch64", virt_type="kvm", libvirt=release(asked)))
    assert str(caught.value) == message


def test_before_8_1_libvirt_minds_no_accelerator_but_kvm() -> None:
    asked = Request(arch="aarch64", virt_type="xen", libvirt=release("8.0"))
    assert derive(source(TCG_ALONE), asked).domain == "xen"


@pytest.mark.parametrize(
    ("request_", "domain", "arch"),
    [
        (Request(emulator=I386[0], libvirt=release("8.10")), "kvm", "x86_64"),
        (Request(virt_type="xen", libvirt=release("8.10")), "xen", "x86_64"),
    ],
    ids=["an architecture that the emulator does not serve", "a virt type that it does not have"],
)
def test_before_9_0_libvirt_does_not_check_everything(request_: Request, domain: str, arch: str) -> None:
    document = derive(source(X86, I386), request_)
    assert (document.domain, document.arch) == (domain, arch)
    with pytest.raises(RequestError, match="does not support"):
        derive(
            source(X86, I386),
            Request(emulator=request_.emulator, virt_type=request_.virt_type, libvirt=release("9.0")),
        )


def test_hvf_came_with_8_1() -> None:
    assert derive(source(MAC), Request(libvirt=release("8.1"))).domain == "hvf"
    assert derive(source(MAC), Request(libvirt=release("8.0"))).domain == "qemu"
    with pytest.raises(RequestError, match="unknown virttype: hvf"):
        derive(source(MAC), Request(virt_type="hvf", libvirt=release("8.0")))


def test_hyperv_is_an_accelerator_since_11_10() -> None:
    host = source(("/usr/bin/qemu-system-x86_64", emulator("x86_64", "mshv", "tcg")))
    assert derive(host, Request()).domain == "hyperv"
    assert derive(host, Request(libvirt=release("11.9"))).domain == "qemu"


def test_machines_of_kvm_and_of_tcg_are_two_lists() -> None:
    record = emulator("x86_64", "kvm", "tcg", extra=())
    only = said("query-machines", [{"name": "only-tcg", "is-default": True, "cpu-max": 7}])
    record.accelerators["tcg"] = (only, *record.accelerators["tcg"])
    host = source(("/usr/bin/qemu-system-x86_64", record))
    document = derive(host, Request(virt_type="qemu"))
    assert (document.machine, document.vcpu and document.vcpu.max) == ("only-tcg", 7)
    assert derive(host, Request()).machine == "pc-i440fx-9.9"
    with pytest.raises(RequestError, match="the machine 'only-tcg' is not supported"):
        derive(host, Request(machine="only-tcg"))


def test_of_an_alias_that_two_machines_share_the_first_is_taken() -> None:
    machines = [
        {"name": "powernv8", "alias": "powernv", "cpu-max": 2048},
        {"name": "powernv9", "alias": "powernv", "cpu-max": 4096},
    ]
    record = emulator("ppc64", extra=(said("query-machines", machines),))
    host = source(("/usr/bin/qemu-system-ppc64", record))
    assert derive(host, Request(arch="ppc64", machine="powernv")).machine == "powernv8"


@pytest.mark.parametrize(
    ("machines", "machine"), [([], None), ([{"name": "none", "cpu-max": 1}], None)], ids=["none", "the one called none"]
)
def test_an_emulator_without_machines_has_a_document_without_machine(machines: list[object], machine: str) -> None:
    record = emulator("x86_64", extra=(said("query-machines", machines),))
    document = derive(source(("/usr/bin/qemu-system-x86_64", record)), Request())
    assert (document.machine, document.vcpu) == (machine, None)


def test_a_machine_that_tells_no_number_of_cpus_has_no_vcpu_element() -> None:
    machines = said("query-machines", [{"name": "pc-i440fx-9.9", "alias": "pc", "cpu-max": 0}])
    record = emulator("x86_64", "kvm", "tcg", extra=(machines,))
    assert derive(source(("/usr/bin/qemu-system-x86_64", record)), Request()).vcpu is None
