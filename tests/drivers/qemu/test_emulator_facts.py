"""Answers of QEMU that are missing, refused or odd."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from domcaps.derive import Request, derive
from domcaps.drivers.qemu.conversation import EmulatorRecord, Exchange, QmpError
from domcaps.drivers.qemu.facts import EmulatorFacts
from domcaps.errors import DomcapsError, InputError, ProbeError
from domcaps.host.facts import KvmFacts
from domcaps.release import release
from tests.drivers.qemu.made import emulator, refused, said, source

X86 = "/usr/bin/qemu-system-x86_64"
MAX = {"name": "max"}
STATIC_MODEL = {"name": "base", "props": {"svm": True}}

ODD: tuple[object, ...] = (
    *(None, 0, "x", [], {}, [None], [{}], [{"name": None}], {"arch": "bogus"}, {"qemu": {}}, {"qemu": {"major": "9"}}),
    *({"model": None}, {"model": {}}, {"model": {"name": "x"}}, {"model": {"name": "x", "props": []}}),
    {"model": {"name": "x", "props": {"vendor": None, "family": 1.5, "hv-vendor-id": 7, "huge": 1 << 70, "list": []}}},
    [{"name": "max", "unavailable-features": None, "alias": None, "cpu-max": -1}],
)


def probed(*extra: Exchange, target: str = "x86_64") -> EmulatorRecord:
    return emulator(target, "kvm", "tcg", extra=extra)


def asked() -> tuple[Exchange, ...]:
    """Every question that a document may depend on, with some answer."""
    hv_passthrough = {"name": "host", "props": {"migratable": False, "hv-passthrough": True}}
    return (
        *probed().accelerators["kvm"],
        *(said(name, []) for name in ("query-tpm-models", "query-tpm-types", "query-gic-capabilities")),
        *(said(name, {}) for name in ("query-sev-capabilities", "query-sgx-capabilities", "query-accelerators")),
        said("query-commands", []),
        said("qom-list-properties", [], typename="generic-pc-machine"),
        said("query-cpu-model-expansion", {"model": {"name": "b", "props": {}}}, type="static", model={"name": "host"}),
        said("query-cpu-model-expansion", {"model": {"name": "b", "props": {}}}, type="full", model=hv_passthrough),
    )


@pytest.mark.parametrize("exchange", asked(), ids=lambda exchange: exchange.key[:60])
def test_whatever_one_answer_is_there_is_a_document_or_an_error_of_ours(exchange: Exchange) -> None:
    silence = Exchange(execute=exchange.execute, arguments=exchange.arguments)
    refusals = [
        msgspec.structs.replace(silence, error=QmpError(error_class=name))
        for name in ("CommandNotFound", "GenericError", "DeviceNotFound")
    ]
    odd = [msgspec.structs.replace(silence, result=msgspec.Raw(msgspec.json.encode(value))) for value in ODD]
    for answer in (silence, *refusals, *odd):
        host = source((X86, probed(answer, *asked())))
        for which, virt_type in itertools.product(("7.0", "9.0", "11.3", "12.8"), ("kvm", "qemu")):
            try:
                document = derive(host, Request(virt_type=virt_type, libvirt=release(which)))
            except DomcapsError:
                continue
            assert document.path == X86


@pytest.mark.parametrize(
    "command", ["query-version", "query-target", "qom-list-types", "query-machines", "query-command-line-options"]
)
def test_a_refusal_of_what_every_qemu_answers_ends_the_probe(command: str) -> None:
    with pytest.raises(ProbeError, match=f"Failed to probe capabilities for {X86}: .*'{command}': no"):
        derive(source((X86, probed(refused(command)))), Request())


@pytest.mark.parametrize("accelerators", [{}, {"xen": ()}], ids=["nothing", "an accelerator that libvirt does not use"])
def test_an_emulator_that_said_nothing_is_an_error(accelerators: dict[str, tuple[Exchange, ...]]) -> None:
    with pytest.raises(ProbeError, match=f"nothing that {X86} answered is recorded"):
        derive(source((X86, EmulatorRecord(arch="x86_64", accelerators=accelerators))), Request())


@pytest.mark.parametrize(
    ("version", "types", "virt_types"),
    [
        ((2, 9, 0), [], ("kvm", "qemu")),
        ((2, 11, 0), [], ("kvm",)),
        ((2, 11, 0), ["tcg-accel"], ("kvm", "qemu")),
    ],
    ids=["before 2.10 every QEMU has TCG", "built without TCG", "built with it"],
)
def test_tcg_beside_kvm(version: tuple[int, int, int], types: list[str], virt_types: tuple[str, ...]) -> None:
    numbers = dict(zip(("major", "minor", "micro"), version, strict=True))
    record = probed(
        said("query-version", {"qemu": numbers, "package": ""}),
        said("qom-list-types", [{"name": name} for name in types]),
    )
    assert EmulatorFacts(X86, record.conversations()).virt_types == virt_types


def test_without_a_schema_the_list_of_commands_tells() -> None:
    extra = (refused("query-qmp-schema", "CommandNotFound"), said("query-commands", [{"name": "query-vnc"}]))
    document = derive(source((X86, probed(*extra))), Request())
    graphics = document.get("devices/graphics/type")
    assert isinstance(graphics, tuple)
    assert {"vnc", "spice"} <= set(graphics)
    assert "dbus" not in graphics


def host_model(*full: Exchange) -> object:
    """The host-model of an x86 emulator without canonical names, whose second question is answered so."""
    models = said("query-cpu-definitions", [{"name": "qemu64"}])
    static = said("query-cpu-model-expansion", {"model": STATIC_MODEL}, type="static", model=MAX)
    return derive(source((X86, probed(*full, static, models))), Request(virt_type="qemu")).get("cpu/host-model/feature")


def test_a_model_that_is_not_spelled_canonically_is_asked_for_in_full() -> None:
    answer = {"model": {"name": "base", "props": {"vendor": "AuthenticAMD", "aes": True}}}
    full = said("query-cpu-model-expansion", answer, type="full", model=STATIC_MODEL)
    refusal = Exchange(
        execute="query-cpu-model-expansion", arguments={"type": "full", "model": STATIC_MODEL}, error=QmpError()
    )
    told, unknown, none = host_model(full), host_model(), host_model(refusal)
    assert isinstance(told, tuple)
    assert isinstance(unknown, tuple)
    assert "aes" in {feature.name for feature in told if feature.policy == "require"}
    assert "aes" not in {feature.name for feature in unknown if feature.policy == "require"}
    assert not none, "QEMU refused: nothing is known"


def test_an_msr_that_is_no_number_is_the_snapshots_fault() -> None:
    host = source((X86, probed()), kvm=KvmFacts(usable=True, msrs={"0x10a": "many"}))
    with pytest.raises(InputError, match=r"\$\.host\.kvm\.msrs: a feature MSR is not a number"):
        derive(host, Request())
