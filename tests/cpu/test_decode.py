"""The host-model, by architecture, release and flag."""

from __future__ import annotations

import msgspec
import pytest

from domcaps.cpu.choose import CpuData
from domcaps.cpu.cpuid import encode_registers
from domcaps.cpu.decode import Decoded, HostCpu, Question, cpu_of, host_model
from domcaps.cpu.flags import CpuFlags
from domcaps.cpu.model import CpuMap, CpuSignature, Expansion, GuestCpu
from domcaps.release import Release, release
from tests.cpu.small import R9, R11, R12, SMALL, definitions, expansion, feature_set, spelled

INTEL = expansion("abf", vendor="GenuineIntel")


def ask(found: Expansion | None = INTEL, *, release: Release = R12, arch: str = "x86_64", **more: object) -> Decoded:
    question = Question(arch=arch, native=True, cpu_map=SMALL, release=release, expansion=found)
    return host_model(msgspec.structs.replace(question, **more))


def cpu(found: Expansion | None = INTEL, *, release: Release = R12, arch: str = "x86_64", **more: object) -> GuestCpu:
    decoded = ask(found, release=release, arch=arch, **more)
    assert decoded.cpu is not None, decoded.reason
    return decoded.cpu


def listed(found: Expansion | None = INTEL, *, release: Release = R12, arch: str = "x86_64", **more: object) -> str:
    decoded = ask(found, release=release, arch=arch, **more).cpu
    assert decoded is not None
    return f"{decoded.model}: {spelled(decoded.features)}"


def test_x86_is_the_nearest_model_and_the_difference() -> None:
    assert cpu(release=R11) == GuestCpu(model="Tiny", vendor="Intel", features=cpu(release=R11).features)
    assert listed(release=R11) == "Tiny: +b +f"


def test_features_are_in_map_order_until_they_are_by_name() -> None:
    found = expansion(["a", "b", "hle", "f", "e", "arch-capabilities"])
    assert listed(found, release=R11) == "Tiny: +b +e +f +hle +arch-capabilities"
    assert listed(found, release=R12) == "Tiny: +arch-capabilities +b +e +f +hle"


def test_the_hypervisor_s_models_and_their_blockers_take_part() -> None:
    assert listed(definitions=definitions(Other=(), Old=("a",)), release=R11) == "Old: +f -a -c -gone"


@pytest.mark.parametrize(
    ("found", "more", "reason"),
    [
        pytest.param(INTEL, {"native": False}, "another architecture", id="a guest of another architecture"),
        pytest.param(INTEL, {"definitions": ()}, "none of the hypervisor's models", id="a hypervisor without models"),
        pytest.param(None, {}, "neither the emulator nor", id="nobody who tells the CPU"),
        pytest.param(expansion("a", vendor="Intel"), {}, "a vendor that is none", id="a vendor of a wrong length"),
        pytest.param(INTEL, {"arch": "aarch64"}, "no host CPU models of aarch64", id="Arm"),
        pytest.param(INTEL, {"arch": "riscv64"}, "no host CPU models of riscv64", id="riscv64"),
        pytest.param(INTEL, {"arch": "loongarch64"}, "no host CPU models of loongarch64", id="loongarch64"),
        pytest.param(None, {"arch": "s390x"}, "does not tell", id="s390x without an answer"),
        pytest.param(None, {"arch": "ppc64"}, "is not known", id="ppc64 of which nobody looked at the host"),
    ],
)
def test_there_is_no_host_model_for(found: Expansion | None, more: dict[str, object], reason: str) -> None:
    question = Question(arch="x86_64", native=True, cpu_map=SMALL, release=R12, expansion=found)
    decoded = host_model(msgspec.structs.replace(question, **more))
    assert decoded.cpu is None
    assert reason in decoded.reason


@pytest.mark.parametrize(("asked", "model"), [(Release((8, 3, 0)), "New"), (Release((8, 4, 0)), "Tiny")])
def test_a_release_before_8_4_minds_disabled_features_no_more_than_others(asked: Release, model: str) -> None:
    # Tiny lists +b +c +d, New -e -f.
    names = {"Tiny": None, "New": None}
    assert cpu(expansion("abcd"), release=asked, definitions=definitions(**names)).model == model


@pytest.mark.parametrize(("asked", "said"), [("3.8", "Old: -gone"), ("3.9", "Old: -a -gone")])
def test_blockers_are_disabled_since_3_9(asked: str, said: str) -> None:
    assert listed(expansion("abc"), release=release(asked), definitions=definitions(Old=("a",))) == said


def test_an_unknown_vendor_of_12_characters_is_no_vendor() -> None:
    assert cpu(expansion("abcd", vendor="CyrixInstead")).vendor is None


def test_an_empty_expansion_is_still_a_cpu() -> None:
    assert listed(expansion("")) == "Tiny: -a"


def test_features_that_the_map_never_heard_of_are_left_out() -> None:
    assert listed(expansion(["a", "kvmclock", "x-new"], level=13, **{"model-id": "x"})) == "Tiny: "


@pytest.mark.parametrize(("release", "order"), [((12, 4, 0), "+f +arch"), ((12, 5, 0), "+arch +f")])
def test_features_are_by_name_since_12_5(release: tuple[int, int, int], order: str) -> None:
    names = listed(expansion(["a", "f", "arch-capabilities"]), release=Release(release))
    assert names.replace("-capabilities", "") == f"Tiny: {order}"


@pytest.mark.parametrize(
    ("release", "accelerated", "bits", "limit"),
    [
        (R9, True, 48, None),
        (Release((9, 2, 0)), True, 48, None),
        (Release((9, 3, 0)), True, 48, 48),
        (R11, True, 48, 48),
        (R12, True, 48, 48),
        (R12, False, 48, None),
        (R12, True, None, None),
        pytest.param(R12, True, 0, None, id="a kernel that does not tell"),
    ],
)
def test_address_bits_are_the_host_s(release: Release, accelerated: bool, bits: int | None, limit: int | None) -> None:
    host = HostCpu(max_phys_bits=bits)
    assert cpu(release=release, accelerated=accelerated, host=host).max_phys_bits == limit


def test_without_canonical_names_no_feature_of_an_msr_is_listed() -> None:
    found = expansion(["a", "b", "arch-capabilities", "no-x"])
    assert listed(found) == "Tiny: +arch-capabilities +b +no-x"
    assert listed(found, canonical_names=False, arch="i686") == "Tiny: +arch-capabilities +b"


@pytest.mark.parametrize(
    ("props", "signature"),
    [
        ({"family": 6, "model": 85, "stepping": 1}, CpuSignature(family=6, model=85, stepping=1)),
        ({"family": 25, "model": 1}, CpuSignature(family=25, model=1, stepping=0)),
        ({"family": 0, "model": 0}, None),
        ({}, None),
        ({"family": "6", "model": True}, None),
    ],
)
def test_the_signature_is_family_model_and_stepping(
    props: dict[str, bool | int | str], signature: CpuSignature | None
) -> None:
    found = cpu_of(expansion("a", **props), SMALL.x86)
    assert found is not None
    assert found.signature == signature


def test_a_signature_chooses_its_model() -> None:
    found = expansion("ab", vendor="GenuineIntel", family=6, model=85, stepping=1)
    assert listed(found) == "New: -c -d -e -f"


def test_the_choice_can_be_told() -> None:
    decoded = ask()
    assert decoded.chosen is not None
    assert decoded.problem is not None
    assert (decoded.chosen.model.name, decoded.chosen.score) == ("Tiny", 2)
    assert [fit.model.name for fit in decoded.problem.ranking()] == ["Tiny", "Old", "New"]


HOST = HostCpu(registers=encode_registers(SMALL.x86, CpuData(features=feature_set("abcd"), vendor="AMD")))


def test_without_the_emulator_s_answer_x86_is_the_host_s_registers() -> None:
    assert cpu(None, host=HOST) == GuestCpu(model="Other", fallback="allow", vendor="AMD")


def test_flags_come_in_libvirt_s_order() -> None:
    found = msgspec.structs.replace(expansion("abcd", vendor="AuthenticAMD"), deprecated=("no-x", "a"))
    host = HostCpu(msrs={0x10A: 1})
    flags = CpuFlags(disable_deprecated=True, supported=True, expand=True)
    assert listed(found, host=host) == "Other: "
    assert listed(found, host=host, flags=flags) == "Other: -a +arch-capabilities +b +c +d +no-x"
    assert listed(found, host=host, flags=CpuFlags(disable_deprecated=True)) == "Other: -a -no-x"
    assert listed(found, host=host, flags=CpuFlags(disable_deprecated=True), release=R11) == "Other: -no-x -a"


S390 = Expansion(model="gen15a-base", props={"vx": True, "te": False, "aefsi": True, "type": 1}, deprecated=("te",))


def test_s390x_is_qemu_s_own_word() -> None:
    assert listed(S390, arch="s390x", release=R11) == "gen15a-base: +vx -te +aefsi"
    assert listed(S390, arch="s390x", release=R12) == "gen15a-base: +aefsi -te +vx"
    assert cpu(S390, arch="s390x").vendor is None


@pytest.mark.parametrize(("asked", "fallback"), [("3.0", "allow"), ("3.1", "forbid")])
def test_s390x_forbids_a_fallback_since_3_1(asked: str, fallback: str) -> None:
    assert cpu(S390, arch="s390x", release=release(asked)).fallback == fallback


def test_s390x_is_complete_and_has_no_msrs() -> None:
    flags = CpuFlags(expand=True, supported=True)
    assert cpu(S390, arch="s390x", flags=flags, host=HostCpu(msrs={0x10A: 1})) == cpu(S390, arch="s390x")


POWER8 = HostCpu(model="POWER8", vendor="IBM")


def test_ppc64_is_the_host_s_model_if_the_hypervisor_has_it() -> None:
    expected = GuestCpu(model="POWER8", fallback="allow", vendor="IBM")
    assert cpu(None, arch="ppc64le", host=POWER8, definitions=definitions(POWER8=None)) == expected
    assert ask(None, arch="ppc64", host=POWER8, definitions=definitions(POWER9=None)).cpu is None


def test_a_version_register_tells_the_model(small: CpuMap) -> None:
    power8 = small.ppc64.model_of(0x004D0200)
    assert power8 is not None
    assert power8.name == "POWER8"
    assert small.ppc64.model_of(0x00820000) is None
