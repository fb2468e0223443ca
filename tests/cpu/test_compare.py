"""Whether a host can give a guest a CPU: by features, by blockers, and by QEMU on s390x."""

from __future__ import annotations

import msgspec
import pytest

from domcaps.cpu.compare import Comparison, Verdict, compare, complaint, sentence
from domcaps.cpu.model import FeaturePolicy, GuestCpu, Hypervisor, InputCpu, InputKind
from domcaps.errors import ProbeError, RequestError
from tests.cpu.small import R9, R11, R12, SMALL, definitions, policies

HOST_MODEL = GuestCpu(model="New", vendor="Intel", features=policies("-f +hle"))
"""The host has a b c d e hle."""

QEMU = Hypervisor(
    emulator="/usr/bin/qemu",
    virt_type="kvm",
    arch="x86_64",
    release=R12,
    cpu_map=SMALL,
    definitions=definitions(New=("f",), Old=("c", "x", "c"), Other=(), Tiny=None),
    host_model=HOST_MODEL,
)
IDENTICAL, SUPERSET, INCOMPATIBLE = Verdict
LACKS = "incompatible: Host CPU does not provide required features: "


def cpu(features: str = "", model: str | None = "New", **more: str) -> InputCpu:
    return msgspec.structs.replace(InputCpu(model=model, features=policies(features)), **more)


def host(model: str, *features: str, arch: str = "x86_64") -> InputCpu:
    named = tuple(FeaturePolicy(None, name) for name in features)
    return InputCpu(kind=InputKind.HOST, arch=arch, model=model, features=named)


def verdict(definition: InputCpu, hypervisor: Hypervisor = QEMU) -> str:
    found = compare(definition, hypervisor)
    return found.verdict if found.reason is None else f"{found.verdict}: {found.reason}"


@pytest.mark.parametrize(
    ("definition", "answer"),
    [
        pytest.param(cpu("-f +hle"), "identical", id="the same set, spelled alike"),
        pytest.param(cpu("+b +c +d +e +hle", "Tiny"), "identical", id="the same set, spelled otherwise"),
        pytest.param(cpu("-f"), "superset", id="the host has more"),
        pytest.param(cpu("-f", match="minimum"), "superset", id="and may"),
        pytest.param(
            cpu("-f", match="strict"),
            "incompatible: Host CPU does not strictly match guest CPU: Extra features: hle",
            id="unless the match is strict",
        ),
        pytest.param(cpu("-f !hle", match="strict"), "identical", id="what is forced is no extra"),
        pytest.param(cpu("-f ?hle"), "identical", id="nor is what is optional"),
        pytest.param(cpu("-f -hle"), "identical", id="nor is what is disabled"),
        pytest.param(cpu(), f"{LACKS}f", id="the host lacks a feature of the model"),
        pytest.param(cpu("+rtm +gone"), f"{LACKS}f, rtm, gone", id="names come in map order"),
        pytest.param(cpu("?f !rtm"), "superset", id="what is optional or forced need not be there"),
        pytest.param(
            cpu("-f ^hle ^a"),
            "incompatible: Host CPU provides forbidden features: a, hle",
            id="it has the forbidden",
        ),
        pytest.param(cpu("-f ^rtm +hle"), "identical", id="it has not the forbidden"),
        pytest.param(
            cpu(vendor="AMD"),
            "incompatible: host CPU vendor does not match required CPU vendor AMD",
            id="another vendor",
        ),
        pytest.param(cpu("-f", vendor="Intel"), "superset", id="the same vendor"),
        pytest.param(cpu("", None, mode="host-passthrough"), "superset", id="no model asks for nothing"),
        pytest.param(host("Old", "d", "e", "hle"), "identical", id="a host's features are required"),
        pytest.param(host("Old", "f"), f"{LACKS}f", id="and may lack"),
        pytest.param(
            host("POWER8", arch="ppc64"),
            "incompatible: CPU arch ppc64 does not match host arch",
            id="another arch",
        ),
    ],
)
def test_by_features(definition: InputCpu, answer: str) -> None:
    assert verdict(definition, msgspec.structs.replace(QEMU, release=R9)) == answer


@pytest.mark.parametrize(
    ("definition", "answer"),
    [
        pytest.param(cpu("", "Other"), "superset", id="usable and nothing asked on top"),
        pytest.param(cpu("-a -rtm", "Other"), "superset", id="usable and only less asked"),
        pytest.param(cpu("", "Other", vendor="Cyrix"), "superset", id="usable, whatever the vendor"),
        pytest.param(host("Other", "rtm"), "superset", id="entries of a host's definition are not looked at"),
        pytest.param(cpu("+rtm +e +gone", "Other"), f"{LACKS}rtm, gone", id="required on top, in the input's order"),
        pytest.param(cpu("+hle +e", "Other"), "superset", id="required on top, and the host-model has it expanded"),
        pytest.param(cpu("!rtm ?gone", "Other"), "superset", id="only what is required counts"),
        pytest.param(cpu("", "Old"), f"{LACKS}c, x, c", id="blocked: QEMU's order, repeated as it says"),
        pytest.param(cpu("-c +rtm", "Old"), f"{LACKS}x, rtm", id="blockers that are disabled do not block"),
        pytest.param(cpu("-c -x", "Old"), "superset", id="all blockers disabled"),
        pytest.param(cpu("", "Tiny"), "superset", id="usability unknown, and nothing known to block"),
        pytest.param(cpu("-f +hle"), "identical", id="a model of the old way is compared by features"),
    ],
)
def test_by_blockers(definition: InputCpu, answer: str) -> None:
    assert verdict(definition) == answer
    assert verdict(definition, msgspec.structs.replace(QEMU, release=R11)) == answer


def test_a_model_that_qemu_does_not_have_is_compared_by_features() -> None:
    hypervisor = msgspec.structs.replace(QEMU, definitions=definitions(Other=()))
    assert verdict(cpu("", "Old"), hypervisor) == "superset"
    assert verdict(cpu("", "Old"), msgspec.structs.replace(QEMU, definitions=None)) == "superset"


def refusal(definition: InputCpu, hypervisor: Hypervisor = QEMU) -> str:
    with pytest.raises(RequestError) as error:
        compare(definition, hypervisor)
    return f"{error.value.kind}: {error.value}"


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (cpu("", "Nonesuch"), "internal error: Unknown CPU model Nonesuch"),
        (cpu("+nonesuch"), "internal error: Unknown CPU feature nonesuch"),
        (cpu("+a", "max"), "invalid argument: unknown CPU model max"),
    ],
)
def test_unknown_names_are_refused(definition: InputCpu, message: str) -> None:
    known = msgspec.structs.replace(QEMU, definitions=(QEMU.definitions or ()) + definitions(max=()))
    assert refusal(definition, known) == message


@pytest.mark.parametrize("found", [None, GuestCpu(model="New", fallback="allow")], ids=["none", "not QEMU's word"])
def test_there_must_be_a_host_model_that_qemu_told(found: GuestCpu | None) -> None:
    message = "QEMU '/usr/bin/qemu' does not support reporting CPU model for virttype 'kvm'"
    hypervisor = msgspec.structs.replace(QEMU, host_model=found)
    assert refusal(cpu(), hypervisor) == f"Operation not supported: {message}"


def test_other_architectures_cannot_be_compared() -> None:
    message = "comparing with the hypervisor CPU is not supported for arch ppc64"
    hypervisor = msgspec.structs.replace(QEMU, arch="ppc64")
    assert refusal(cpu(), hypervisor) == f"Operation not supported: {message}"


S390 = msgspec.structs.replace(QEMU, arch="s390x", host_model=GuestCpu(model="z15", features=policies("+vx -te")))


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("identical", IDENTICAL),
        ("superset", SUPERSET),
        ("subset", INCOMPATIBLE),
        ("incompatible", INCOMPATIBLE),
    ],
)
def test_s390x_is_qemu_s_word(word: str, verdict: Verdict) -> None:
    asked: list[tuple[str, dict[str, object]]] = []

    def qemu(execute: str, arguments: dict[str, object]) -> bytes:
        asked.append((execute, arguments))
        return msgspec.json.encode({"result": word, "responsible-properties": []})

    assert compare(cpu("+te -vx", "z14"), S390, qemu) == Comparison(verdict=verdict)
    assert asked == [
        (
            "query-cpu-model-comparison",
            {
                "modela": {"name": "z15", "props": {"vx": True, "te": False}},
                "modelb": {"name": "z14", "props": {"te": True, "vx": False}},
            },
        )
    ]


@pytest.mark.parametrize(("mode", "model"), [("host-passthrough", "host"), ("maximum", "max")])
def test_s390x_modes_stand_for_models(mode: str, model: str) -> None:
    asked: list[object] = []

    def qemu(_execute: str, arguments: dict[str, object]) -> bytes:
        asked.append(arguments["modelb"])
        return b'{"result": "identical"}'

    compare(cpu("", None, mode=mode), S390, qemu)
    assert asked == [{"name": model}]


def test_s390x_refusals() -> None:
    with pytest.raises(RequestError, match="cpu parameter is missing a model name"):
        compare(cpu("", None), S390, lambda _execute, _arguments: b"{}")
    with pytest.raises(ProbeError, match="only the emulator can compare"):
        compare(cpu(), S390)
    with pytest.raises(ProbeError, match="has no result"):
        compare(cpu(), S390, lambda _execute, _arguments: b"{}")


def test_verdicts_are_told_as_virsh_tells_them() -> None:
    assert sentence(IDENTICAL, "F") == "CPU described in F is identical to the CPU provided by hypervisor on the host"
    assert sentence(SUPERSET, "F") == "The CPU provided by hypervisor on the host is a superset of CPU described in F"
    assert sentence(INCOMPATIBLE, "F").startswith("CPU described in F is incompatible with")


@pytest.mark.parametrize(
    ("reason", "text9", "text12"),
    [
        ("x", "the CPU is incompatible with host CPU: x", "the CPU is incompatible with host CPU: x"),
        (None, "An error occurred, but the cause is unknown", "the CPU is incompatible with host CPU"),
    ],
)
def test_an_incompatible_cpu_is_complained_of(reason: str | None, text9: str, text12: str) -> None:
    found = Comparison(verdict=INCOMPATIBLE, reason=reason)
    assert [complaint(found, R9), complaint(found, R12)] == [text9, text12]
