"""oVirt's CPU flags."""

from __future__ import annotations

from domcaps.cpu.shipped import load
from domcaps.exports.ovirt import as_capabilities, as_text, flags
from domcaps.exports.subject import Subject
from domcaps.release import NEWEST
from domcaps.schema.cpu import Cpu, Custom, CustomModel, HostModel, HostModelName
from domcaps.schema.document import DomainCapabilities

X86 = load(NEWEST).x86


def test_features_then_the_models_that_are_surely_usable() -> None:
    models = tuple(
        CustomModel(name=name, usable=usable)
        for name, usable in (("Nehalem", "yes"), ("Conroe", "yes"), ("EPYC", "no"), ("z14", "unknown"))
    )
    document = DomainCapabilities(arch="x86_64", cpu=Cpu(custom=Custom(supported=True, model=models)))
    found = flags(Subject(documents=(document,), features=("avx", "aes")), X86)
    assert as_text(found) == "aes,avx,model_Conroe,model_Nehalem\n"


def test_a_feature_is_spelled_as_the_kernel_spells_it_too() -> None:
    subject = Subject(documents=(DomainCapabilities(arch="x86_64"),), features=("md-clear",))
    assert flags(subject, X86) == ["md-clear", "md_clear"]


def test_power_has_the_host_models_name_and_the_model_below_it() -> None:
    host = HostModel(supported=True, model=HostModelName(name="POWER9"))
    document = DomainCapabilities(arch="ppc64le", cpu=Cpu(host_model=host))
    assert flags(Subject(documents=(document,)), X86) == ["model_POWER8", "model_POWER9"]


def test_machines_come_along_in_json() -> None:
    subject = Subject(documents=(DomainCapabilities(machine="pc-q35-9.2"),))
    assert as_capabilities(["a", "b"], subject) == {"cpuFlags": "a,b", "emulatedMachines": ["pc-q35-9.2"]}
