"""OpenStack traits: of values by hand, the names against os-traits, and whole documents against Nova's own code."""

from __future__ import annotations

import importlib
from types import ModuleType, SimpleNamespace

import pytest

from domcaps.cpu.shipped import load
from domcaps.exports.ask import of_documents
from domcaps.exports.openstack import as_text, traits
from domcaps.exports.subject import Subject
from domcaps.exports.tables import openstack as table
from domcaps.formats.read import read
from domcaps.formats.xml_writer import to_xml
from domcaps.release import NEWEST
from domcaps.schema.devices import Devices, Disk, Tpm
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.features import Features, Sev
from tests.exports.documents import documents_here

DECIDED_BY_DOCUMENTS = ("COMPUTE_STORAGE_BUS_", "COMPUTE_GRAPHICS_", "COMPUTE_SECURITY_", "COMPUTE_ARCH_")
"""Traits that Nova takes from domain capabilities alone."""


def traits_of(**parts: object) -> list[str]:
    return traits(Subject(documents=(DomainCapabilities(**parts),)))  # type: ignore[arg-type] # a test's shorthand


def test_a_listed_bus_is_a_trait_and_one_that_is_not_listed_is_none() -> None:
    assert traits_of(devices=Devices(disk=Disk(supported=True, bus=("ide", "nvme")))) == ["COMPUTE_STORAGE_BUS_IDE"]


def test_nothing_stated_gives_no_trait() -> None:
    assert traits_of() == []


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (("2.0",), ["COMPUTE_SECURITY_TPM_2_0"]),
        (None, ["COMPUTE_SECURITY_TPM_1_2", "COMPUTE_SECURITY_TPM_2_0"]),
        ((), []),
    ],
    ids=["a version that swtpm sets up", "a libvirt too old to list versions: both", "no version listed: none"],
)
def test_tpm_versions(versions: tuple[str, ...] | None, expected: list[str]) -> None:
    tpm = Tpm(supported=True, model=("tpm-crb",), backend_model=("emulator",), backend_version=versions)
    assert traits_of(devices=Devices(tpm=tpm)) == [*expected, "COMPUTE_SECURITY_TPM_CRB"]


def test_a_tpm_without_swtpm_gives_no_trait() -> None:
    assert traits_of(devices=Devices(tpm=Tpm(supported=True, model=("tpm-crb",), backend_model=("passthrough",)))) == []


@pytest.mark.parametrize(
    ("guests", "expected"),
    [(0, ["HW_CPU_X86_AMD_SEV"]), (5, ["HW_CPU_X86_AMD_SEV", "HW_CPU_X86_AMD_SEV_ES"])],
    ids=["no room for an SEV-ES guest", "room for five SEV-ES guests"],
)
def test_sev(guests: int, expected: list[str]) -> None:
    assert traits_of(features=Features(sev=Sev(supported=True, max_guests=10, max_es_guests=guests))) == expected


def test_cpu_features_by_libvirts_names() -> None:
    subject = Subject(documents=(DomainCapabilities(),), features=("avx2", "pclmuldq", "pclmulqdq", "vmx"))
    assert traits(subject) == ["HW_CPU_X86_AVX2", "HW_CPU_X86_CLMUL", "HW_CPU_X86_INTEL_VMX", "HW_CPU_X86_VMX"]


def test_architectures_of_guests_and_of_the_host() -> None:
    documents = (DomainCapabilities(arch="x86_64"), DomainCapabilities(arch="aarch64"), DomainCapabilities(arch="sh4"))
    assert traits(Subject(documents=documents, host_arch="x86_64")) == [
        "COMPUTE_ARCH_AARCH64",
        "COMPUTE_ARCH_X86_64",
        "HW_ARCH_X86_64",
    ]


def test_text_is_a_trait_a_line() -> None:
    assert as_text(["A", "B"]) == "A\nB\n"


def every_name() -> set[str]:
    names = {row.name for row in table.TRAITS} | set(table.COMPUTE_ARCHES.values())
    names |= {f"HW_ARCH_{arch.upper()}" for arch in table.HOST_ARCHES}
    return names | {name for names in table.CPU_FEATURES.values() for name in names}


def test_every_name_is_a_standard_trait() -> None:
    os_traits = pytest.importorskip("os_traits", reason="os-traits is not installed beside the tests")
    assert every_name() - set(os_traits.get_traits()) == set()


def nova(name: str) -> ModuleType:
    pytest.importorskip("nova", reason="Nova is not installed beside the tests (pip install nova)")
    return importlib.import_module(f"nova.{name}")


def test_cpu_features_are_novas_own_table() -> None:
    theirs = nova("virt.libvirt.utils").CPU_TRAITS_MAPPING
    as_tuples = {k: v if isinstance(v, tuple) else (v,) for k, v in theirs.items()}
    assert {k: sorted(v) for k, v in table.CPU_FEATURES.items()} == {k: sorted(v) for k, v in as_tuples.items()}


def test_what_nova_makes_of_the_same_documents() -> None:
    """Nova's own methods, on a driver whose host answers with one document at a time."""
    driver, config, conf = nova("virt.libvirt.driver"), nova("virt.libvirt.config"), nova("conf").CONF
    conf.set_override("swtpm_enabled", True, "libvirt")
    conf.set_override("virt_type", "kvm", "libvirt")
    decided = {name for name in every_name() if name.startswith(DECIDED_BY_DOCUMENTS)}
    violations = []
    for path in documents_here():
        document = read(path)
        caps = config.LibvirtConfigDomainCaps()
        caps.parse_str(to_xml(document))
        theirs = novas_traits(driver, caps, document) & decided
        ours = set(traits(of_documents((document,), load(NEWEST)))) & decided
        violations += [f"{path.parent.parent.name}/{path.name}: {name}" for name in sorted(ours ^ theirs)]
    assert not violations, "\n" + "\n".join(violations)


def novas_traits(driver: ModuleType, caps: object, document: DomainCapabilities) -> set[str]:
    host = importlib.import_module("nova.virt.libvirt.host")
    by_machine = {document.arch: {document.machine: caps}}
    capabilities = SimpleNamespace(host=SimpleNamespace(cpu=SimpleNamespace(arch=document.arch)))
    stub = SimpleNamespace(
        get_domain_capabilities=lambda: by_machine, get_capabilities=lambda: capabilities, _supports_secure_boot=None
    )
    for name in ("tpm_models", "tpm_versions", "supports_vtpm", "supports_secure_boot"):
        prop = getattr(host.Host, name)
        setattr(stub, name, prop.fget(stub))
    self = SimpleNamespace(_host=stub)
    found: dict[str, bool] = {}
    for name in ("_get_storage_bus_traits", "_get_video_model_traits", "_get_cpu_emulation_arch_traits"):
        found.update(getattr(driver.LibvirtDriver, name)(self))
    if stub.supports_vtpm:
        found.update(driver.LibvirtDriver._get_tpm_traits(self))  # noqa: SLF001 - it is what makes the traits
    found["COMPUTE_SECURITY_UEFI_SECURE_BOOT"] = stub.supports_secure_boot
    return {name for name, holds in found.items() if holds}
