"""The baseline of several CPUs: x86 by sets of features, s390x by QEMU."""

from __future__ import annotations

import msgspec
import pytest

from domcaps.cpu.baseline import BaselineOptions, baseline
from domcaps.cpu.losses import Loss, explain_baseline
from domcaps.cpu.model import FeaturePolicy, GuestCpu, Hypervisor, InputCpu, InputKind
from domcaps.errors import InputError, ProbeError, RequestError, UnsupportedError
from tests.cpu.small import PLACES, R9, R12, SMALL, definitions, expansion, policies, spelled

EVERYTHING = expansion(PLACES)
QEMU = Hypervisor(
    emulator="/usr/bin/qemu",
    virt_type="kvm",
    arch="x86_64",
    release=R12,
    cpu_map=SMALL,
    definitions=definitions(Tiny=(), Old=(), New=(), Other=()),
    expansion=EVERYTHING,
)
OLD, NEW, OTHER, TINY = (InputCpu(model=name) for name in ("Old", "New", "Other", "Tiny"))


def with_features(cpu: InputCpu, features: str) -> InputCpu:
    return msgspec.structs.replace(cpu, features=policies(features))


def listed(cpu: GuestCpu) -> str:
    return f"{cpu.model}: {spelled(cpu.features)}"


def of(*inputs: InputCpu, hypervisor: Hypervisor = QEMU, **options: bool) -> str:
    return listed(baseline(inputs, hypervisor, BaselineOptions(**options)))


def refusal(*inputs: InputCpu, hypervisor: Hypervisor = QEMU, **options: bool) -> str:
    with pytest.raises(RequestError) as error:
        baseline(inputs, hypervisor, BaselineOptions(**options))
    return f"{error.value.kind}: {error.value}"


def test_a_single_model_is_itself_less_what_left_it() -> None:
    assert of(OLD) == "Old: -gone"


def test_inputs_are_intersected_as_whole_sets() -> None:
    assert of(with_features(NEW, "-e +hle"), with_features(NEW, "-f +hle")) == "New: +hle -e -f"


@pytest.mark.parametrize(
    ("features", "found"),
    [
        pytest.param("+hle", "Other: +hle", id="require adds"),
        pytest.param("!hle", "Other: +hle", id="force adds"),
        pytest.param("?hle", "Other: ", id="optional is skipped"),
        pytest.param("-c", "Other: -c", id="disable removes"),
        pytest.param("^c", "Other: -c", id="forbid removes"),
    ],
)
def test_a_policy_adds_or_removes(features: str, found: str) -> None:
    assert of(with_features(OTHER, features)) == found


def test_a_host_s_features_are_added() -> None:
    cpu = InputCpu(kind=InputKind.HOST, arch="x86_64", model="Other", features=(FeaturePolicy(None, "hle"),))
    assert of(cpu) == "Other: +hle"


def test_what_the_emulator_does_not_know_is_left_out() -> None:
    known = msgspec.structs.replace(EVERYTHING, props={name: name == "a" for name in "abcdef"})
    hypervisor = msgspec.structs.replace(QEMU, expansion=known)
    assert of(with_features(NEW, "+hle"), hypervisor=hypervisor) == "New: "
    assert of(with_features(NEW, "+hle"), hypervisor=msgspec.structs.replace(QEMU, expansion=None)) == "New: +hle"


def test_what_the_emulator_says_cannot_be_migrated_is_left_out_on_demand() -> None:
    stays = msgspec.structs.replace(EVERYTHING, not_migratable=frozenset({"invtsc", "f"}), migratability_known=True)
    hypervisor = msgspec.structs.replace(QEMU, expansion=stays)
    assert of(with_features(NEW, "+invtsc"), hypervisor=hypervisor) == "New: +invtsc"
    assert of(with_features(NEW, "+invtsc"), hypervisor=hypervisor, migratable=True) == "New: -f"


def test_without_the_emulator_s_word_the_map_says_what_cannot_be_migrated() -> None:
    assert of(with_features(NEW, "+invtsc"), migratable=True) == "New: "


def test_the_emulator_s_word_on_migratability_goes_before_the_map_s_unless_the_host_is_ignored() -> None:
    known = msgspec.structs.replace(EVERYTHING, migratability_known=True)
    hypervisor = msgspec.structs.replace(QEMU, expansion=known)
    cpu = with_features(NEW, "+invtsc")
    assert of(cpu, cpu, hypervisor=hypervisor, migratable=True) == "New: +invtsc"
    assert of(cpu, cpu, hypervisor=hypervisor, migratable=True, ignore_host=True) == "New: "


def test_ignoring_the_host_takes_any_model_and_no_blockers() -> None:
    hypervisor = msgspec.structs.replace(QEMU, definitions=definitions(Old=("a",)), expansion=expansion("a"))
    assert of(NEW, NEW, hypervisor=hypervisor) == "Old: -a -b -c -gone"
    assert of(NEW, NEW, hypervisor=hypervisor, ignore_host=True) == "New: "


def test_features_lists_the_model_by_name() -> None:
    assert of(with_features(NEW, "-f +hle"), features=True) == "New: +a +b +c +d +e -f +hle"


@pytest.mark.parametrize(
    ("inputs", "vendor"),
    [
        pytest.param(["Intel", "Intel"], "Intel", id="every input says it"),
        pytest.param(["Intel", None], None, id="one does not say"),
        pytest.param([None, None], None, id="none says it, though the models have it"),
    ],
)
def test_the_vendor_is_shown_if_every_input_says_it(inputs: list[str | None], vendor: str | None) -> None:
    cpus = [msgspec.structs.replace(NEW, vendor=said) for said in inputs]
    assert baseline(cpus, QEMU, BaselineOptions()).vendor == vendor


@pytest.mark.parametrize(("bits", "limit"), [([48, 46], 46), ([48, None], None), ([None], None)])
def test_address_bits_are_the_smallest_if_every_input_has_them(bits: list[int | None], limit: int | None) -> None:
    cpus = [msgspec.structs.replace(NEW, max_phys_bits=said) for said in bits]
    assert baseline(cpus, QEMU, BaselineOptions()).max_phys_bits == limit
    old = msgspec.structs.replace(QEMU, release=R9)
    assert baseline(cpus, old, BaselineOptions()).max_phys_bits is None


INTEL_OTHER = msgspec.structs.replace(OTHER, vendor="Intel")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([OLD, InputCpu()], "invalid argument: no CPU model specified at index 1"),
        ([InputCpu(model="X"), InputCpu()], "invalid argument: no CPU model specified at index 1"),
        ([InputCpu(model="X")], "internal error: Unknown CPU model X"),
        ([with_features(OLD, "+x")], "internal error: Unknown CPU feature x"),
        ([msgspec.structs.replace(OLD, vendor="X")], "operation failed: Unknown CPU vendor X"),
        ([TINY, msgspec.structs.replace(TINY, vendor="X")], "operation failed: Unknown CPU vendor X"),
        (
            [TINY, INTEL_OTHER],
            "operation failed: CPU vendor AMD of model Other differs from vendor Intel",
        ),
        ([msgspec.structs.replace(TINY, vendor="Intel"), OTHER], "operation failed: CPU vendors do not match"),
        ([TINY, OLD, OTHER], "operation failed: CPU vendors do not match"),
        ([with_features(TINY, "-a"), NEW], "operation failed: CPUs are incompatible"),
        pytest.param(
            [msgspec.structs.replace(TINY, vendor="X"), InputCpu(model="Y")],
            "operation failed: Unknown CPU vendor X",
            id="inputs are judged one after the other",
        ),
    ],
)
def test_libvirt_s_refusals(inputs: list[InputCpu], message: str) -> None:
    assert refusal(*inputs) == message


def test_the_first_input_is_not_held_against_its_model_s_vendor() -> None:
    assert of(INTEL_OTHER) == "Tiny: +b +c +d"


def test_refusals_that_come_before_any_input_is_looked_at() -> None:
    bad = InputCpu()
    alone = "ignoring host is only allowed when computing baseline from multiple CPUs"
    assert refusal(bad, ignore_host=True) == f"Requested operation is not valid: {alone}"
    nothing = "QEMU '/usr/bin/qemu' does not support any CPU models for virttype 'kvm'"
    for found in (None, ()):
        empty = msgspec.structs.replace(QEMU, definitions=found)
        assert refusal(bad, hypervisor=empty) == f"Operation not supported: {nothing}"


def test_nothing_to_choose_from() -> None:
    none = msgspec.structs.replace(QEMU, definitions=definitions(host=()))
    assert refusal(OLD, hypervisor=none) == "internal error: Cannot find suitable CPU model for given data"


def test_other_architectures_have_no_baseline() -> None:
    arm = msgspec.structs.replace(QEMU, arch="aarch64")
    message = "computing baseline hypervisor CPU is not supported for arch aarch64"
    assert refusal(OLD, hypervisor=arm) == f"Operation not supported: {message}"


# Explained


def test_every_feature_lost_names_who_lacks_it_and_the_dearest_input_comes_first() -> None:
    inputs = [("alpha", NEW), ("beta", with_features(NEW, "-f")), ("gamma", with_features(OLD, "+hle"))]
    found = explain_baseline(inputs, QEMU, BaselineOptions())
    assert listed(found.cpu) == "Tiny: +b +c"
    assert [(loss.feature, loss.lacking) for loss in found.losses] == [
        ("d", ("gamma",)),
        ("e", ("gamma",)),
        ("f", ("beta", "gamma")),
        ("hle", ("alpha", "beta")),
    ]
    assert [(cost.label, cost.features) for cost in found.costs] == [
        ("gamma", ("d", "e")),
        ("alpha", ()),
        ("beta", ()),
    ]
    assert found.costs[0].without is not None
    assert listed(found.costs[0].without) == "New: -f"


def test_a_feature_that_only_the_emulator_blocks_is_lacked_by_no_input() -> None:
    hypervisor = msgspec.structs.replace(QEMU, definitions=definitions(New=("c",)))
    found = explain_baseline([("alpha", NEW), ("beta", NEW)], hypervisor, BaselineOptions())
    assert found.losses == (Loss(feature="c", lacking=()),)


def test_a_single_input_costs_nothing() -> None:
    assert explain_baseline([("alpha", NEW)], QEMU, BaselineOptions()).costs == ()


def test_others_without_a_baseline_are_no_cost() -> None:
    inputs = [("alpha", with_features(TINY, "-a +b")), ("beta", with_features(TINY, "+b"))]
    only = msgspec.structs.replace(QEMU, definitions=definitions(Old=(), New=()))
    lone = [("alpha", InputCpu(model="Other")), ("beta", InputCpu(model="Other", vendor="AMD"))]
    assert [cost.without is None for cost in explain_baseline(inputs, QEMU, BaselineOptions()).costs] == [False, False]
    with pytest.raises(InputError):
        explain_baseline(lone, only, BaselineOptions())


def test_only_x86_can_be_explained() -> None:
    with pytest.raises(UnsupportedError, match="s390x"):
        explain_baseline([("alpha", OLD)], msgspec.structs.replace(QEMU, arch="s390x"), BaselineOptions())


# s390x

S390 = msgspec.structs.replace(QEMU, arch="s390x", definitions=definitions(z14=(), z15=(), host=()))


class Qemu:
    """Answers every question with the same model, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, object]]] = []

    def __call__(self, execute: str, arguments: dict[str, object]) -> bytes:
        self.asked.append((execute, arguments))
        return b'{"model": {"name": "z14-base", "props": {"vx": true, "te": false, "aefsi": true}}}'


def test_s390x_is_asked_of_qemu_pair_by_pair() -> None:
    qemu = Qemu()
    inputs = [InputCpu(model="z14", features=policies("+vx !te -esop")), InputCpu(model="z15"), InputCpu(model="z15")]
    cpu = baseline(inputs, S390, BaselineOptions(), qemu)
    first = {"name": "z14", "props": {"vx": True, "te": True, "esop": False}}
    result = {"name": "z14-base", "props": {"vx": True, "aefsi": True}}
    assert qemu.asked == [
        ("query-cpu-model-baseline", {"modela": first, "modelb": {"name": "z15"}}),
        ("query-cpu-model-baseline", {"modela": result, "modelb": {"name": "z15"}}),
    ]
    bare = (FeaturePolicy(None, "vx"), FeaturePolicy(None, "aefsi"))
    assert cpu == GuestCpu(model="z14-base", fallback=None, features=bare)


@pytest.mark.parametrize(
    ("features", "kind", "order"), [(False, "static", ["vx", "aefsi"]), (True, "full", ["aefsi", "vx"])]
)
def test_a_single_s390x_cpu_is_expanded(features: bool, kind: str, order: list[str]) -> None:
    qemu = Qemu()
    cpu = baseline([InputCpu(model="z14")], S390, BaselineOptions(features=features), qemu)
    assert qemu.asked == [("query-cpu-model-expansion", {"type": kind, "model": {"name": "z14"}})]
    assert [feature.name for feature in cpu.features] == order


def test_s390x_refusals() -> None:
    with pytest.raises(RequestError, match="no CPU model specified at index 0"):
        baseline([InputCpu()], S390, BaselineOptions(), Qemu())
    with pytest.raises(RequestError, match="CPU model 'z99' not supported by hypervisor"):
        baseline([InputCpu(model="z99")], S390, BaselineOptions(), Qemu())
    with pytest.raises(ProbeError, match="only the emulator can tell"):
        baseline([InputCpu(model="z14")], S390, BaselineOptions())
    with pytest.raises(ProbeError, match="query-cpu-model-expansion is not a CPU model"):
        baseline([InputCpu(model="z14")], S390, BaselineOptions(), lambda _execute, _arguments: b"{}")
