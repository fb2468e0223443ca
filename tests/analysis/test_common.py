"""What holds on several hosts, word by word. The laws over recorded documents are in tests/laws/test_algebra.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from domcaps.analysis.causes import Known
from domcaps.analysis.common import RULES, common, mixed
from domcaps.analysis.diff import within
from domcaps.analysis.host_models import feature_names
from domcaps.analysis.losses import losses
from domcaps.cpu.shipped import load
from domcaps.formats.read import read
from domcaps.release import NEWEST
from domcaps.schema.cpu import HostModel
from domcaps.schema.declare import walk
from domcaps.schema.document import DomainCapabilities
from tests.commandline import ask

X86 = load(NEWEST).x86


def document(inside: str) -> DomainCapabilities:
    return read(f"<domainCapabilities>{inside}</domainCapabilities>")


def of(one: str, other: str) -> DomainCapabilities:
    return common(document(one), document(other))


def host_model(model: str, *required: str, disabled: tuple[str, ...] = (), vendor: str = "Intel") -> str:
    features = [f"<feature policy='require' name='{name}'/>" for name in required]
    features += [f"<feature policy='disable' name='{name}'/>" for name in disabled]
    return (
        f"<cpu><mode name='host-model' supported='yes'><model fallback='forbid'>{model}</model>"
        f"<vendor>{vendor}</vendor>{''.join(features)}</mode></cpu>"
    )


def model_of(found: DomainCapabilities) -> HostModel:
    if found.cpu is None or found.cpu.host_model is None:
        raise AssertionError(found)
    return found.cpu.host_model


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        pytest.param("yes", "yes", "<genid supported='yes'/>", id="yes and yes is yes"),
        pytest.param("yes", "no", "<genid supported='no'/>", id="one no is a no"),
        pytest.param("no", "", "<genid supported='no'/>", id="a no beside nothing stated is a no"),
        pytest.param("yes", "", "", id="a yes beside nothing stated is not stated"),
    ],
)
def test_yes_no_and_not_stated(one: str, other: str, both: str) -> None:
    assert of(genid(one), genid(other)) == document(f"<features>{both}</features>")


def genid(word: str) -> str:
    inside = f"<genid supported='{word}'/>" if word else ""
    return f"<features>{inside}</features>"


def disk(*buses: str) -> str:
    values = "".join(f"<value>{bus}</value>" for bus in buses)
    return f"<devices><disk supported='yes'><enum name='bus'>{values}</enum></disk></devices>"


def test_an_enum_keeps_what_both_list_in_the_order_of_the_schema() -> None:
    assert of(disk("virtio", "ide", "usb", "zbus", "abus"), disk("abus", "zbus", "usb", "virtio")) == document(
        disk("virtio", "usb", "abus", "zbus")
    )


def test_equal_enums_keep_an_order_of_their_own() -> None:
    assert of(disk("usb", "ide"), disk("usb", "ide")) == document(disk("usb", "ide"))


def test_an_enum_that_one_does_not_state_is_not_stated() -> None:
    found = of(disk("ide"), "<devices><disk supported='yes'/></devices>")
    assert found == document("<devices><disk supported='yes'/></devices>")


def test_of_numbers_the_smallest_counts_and_texts_must_agree() -> None:
    one = "<path>/a</path><domain>kvm</domain><arch>x86_64</arch><vcpu max='8'/>"
    other = "<path>/b</path><domain>kvm</domain><arch>x86_64</arch><vcpu max='16'/>"
    assert of(one, other) == document("<domain>kvm</domain><arch>x86_64</arch><vcpu max='8'/>")


def test_an_amount_of_sev_is_the_smallest_and_the_place_of_its_bit_must_agree() -> None:
    def sev(bit: int, guests: int) -> str:
        numbers = f"<cbitpos>{bit}</cbitpos><reducedPhysBits>1</reducedPhysBits><maxGuests>{guests}</maxGuests>"
        return f"<features><sev supported='yes'>{numbers}</sev></features>"

    found = of(sev(47, 509), sev(51, 15)).features
    assert found is not None
    assert found.sev is not None
    assert (found.sev.cbitpos, found.sev.reduced_phys_bits, found.sev.max_guests) == (None, 1, 15)


def custom(*models: str) -> str:
    return f"<cpu><mode name='custom' supported='yes'>{''.join(models)}</mode></cpu>"


def model(name: str, usable: str, *blockers: str, more: str = "") -> str:
    features = "".join(f"<feature name='{blocker}'/>" for blocker in blockers)
    after = f"<blockers model='{name}'>{features}</blockers>" if blockers else ""
    return f"<model usable='{usable}'{more} vendor='Intel'>{name}</model>{after}"


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        pytest.param(model("A", "yes"), model("A", "no", "x"), model("A", "no", "x"), id="no is worse than yes"),
        pytest.param(model("A", "unknown"), model("A", "yes"), model("A", "unknown"), id="unknown is worse than yes"),
        pytest.param(
            model("A", "unknown"), model("A", "no", "x"), model("A", "no", "x"), id="no is worse than unknown"
        ),
        pytest.param(
            model("A", "no", "z", "a"), model("A", "no", "b"), model("A", "no", "a", "b", "z"), id="blockers are united"
        ),
        pytest.param(
            model("A", "yes", more=" deprecated='yes'"),
            model("A", "yes"),
            model("A", "yes", more=" deprecated='yes'"),
            id="what one advises against is advised against",
        ),
        pytest.param(
            model("B", "yes") + model("A", "yes"), model("A", "yes"), model("A", "yes"), id="only what all have"
        ),
    ],
)
def test_cpu_models(one: str, other: str, both: str) -> None:
    assert of(custom(one), custom(other)) == document(custom(both))


def test_the_host_model_has_the_features_that_both_have() -> None:
    one = document(host_model("Skylake-Client", "ss", "hypervisor", disabled=("hle", "rtm")))
    other = document(host_model("Broadwell", "hypervisor", "ss", "vmx"))
    found = model_of(common(one, other))
    first, second = feature_names(model_of(one), X86), feature_names(model_of(other), X86)
    assert first is not None
    assert second is not None
    assert feature_names(found, X86) == first & second
    assert found.vendor == "Intel"


def test_host_models_that_agree_keep_their_name_whatever_model_is_nearer() -> None:
    same = host_model("Penryn", "avx512f", "avx2")
    smaller = common(document(same + "<vcpu max='1'/>"), document(same))
    assert model_of(smaller) == model_of(document(same))


def test_host_models_of_two_vendors_leave_the_mode_without_a_model() -> None:
    found = model_of(of(host_model("Penryn"), host_model("EPYC", vendor="AMD")))
    assert found.supported is True
    assert (found.model, found.vendor, found.feature) == (None, None, ())


def test_a_model_that_nobody_knows_is_combined_with_itself_by_what_it_lists() -> None:
    one = host_model("gen15a-base", "aefsi", "msa5", disabled=("vx",), vendor="IBM")
    other = host_model("gen15a-base", "aefsi", disabled=("msa5", "esop"), vendor="IBM")
    both = host_model("gen15a-base", "aefsi", disabled=("esop", "msa5", "vx"), vendor="IBM")
    listed = {feature.name: feature.policy for feature in model_of(of(one, other)).feature}
    assert listed == {feature.name: feature.policy for feature in model_of(document(both)).feature}
    assert model_of(of(one, host_model("gen16a-base", "aefsi", vendor="IBM"))).model is None


def test_the_model_that_describes_the_host_model_is_one_that_both_list() -> None:
    names = ("qemu64", "Westmere")
    models = custom(*(model(name, "yes") for name in names)).removesuffix("</cpu>").removeprefix("<cpu>")

    def whole(part: str) -> str:
        return part.replace("</cpu>", f"{models}</cpu>")

    found = model_of(of(whole(host_model("Skylake-Client")), whole(host_model("Broadwell"))))
    assert found.model is not None
    assert found.model.name in names


def test_what_the_schema_does_not_know_is_kept_where_both_have_it_alike() -> None:
    one = "<devices><new supported='yes'/><newer a='1'/></devices>"
    other = "<devices><newer a='2'/><new supported='yes'/></devices>"
    assert of(one, other) == document("<devices><new supported='yes'/></devices>")


def test_different_architectures_have_a_common_document_and_no_guest() -> None:
    both = {"a": document("<arch>x86_64</arch>"), "b": document("<arch>aarch64</arch>")}
    assert common(*both.values()).arch is None
    assert mixed(both) == (
        "no guest can run on all of these: they are for guests of different architectures, x86_64 (a), aarch64 (b)"
    )
    assert not mixed({"a": both["a"], "c": document("<vcpu max='1'/>")})


def test_a_loss_names_who_has_more_and_who_lacks_it() -> None:
    hosts = {
        "a": Known(label="a", document=document(disk("virtio", "sata") + "<vcpu max='8'/>")),
        "b": Known(label="b", document=document(disk("virtio") + "<vcpu max='16'/>")),
    }
    found = losses(hosts, common(*(host.document for host in hosts.values())))
    told = {loss.path: (loss.left, loss.having, tuple(lack.label for lack in loss.lacking)) for loss in found}
    assert told == {"vcpu/max": (8, {"b": 16}, ("a",)), "devices/disk/bus=sata": (False, {"a": True}, ("b",))}


def test_every_rule_names_a_field_of_the_schema() -> None:
    members = set()
    walk(DomainCapabilities, lambda block, declaration: members.add(getattr(block, declaration.field)))
    assert set(RULES) <= members


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    texts = [disk("virtio", "sata"), disk("virtio"), "<arch>aarch64</arch>"]
    for number, text in enumerate(texts):
        arch = "" if "<arch>" in text else "<arch>x86_64</arch>"
        whole = f"<domainCapabilities>{arch}{text}</domainCapabilities>"
        (tmp_path / f"{number}.xml").write_text(whole, encoding="utf-8")
    return (str(tmp_path / "0.xml"), str(tmp_path / "1.xml"), str(tmp_path / "2.xml"))


def test_the_command_prints_a_document(files: tuple[str, str, str]) -> None:
    answer = ask("common", files[0], files[1])
    assert answer.status == 0
    assert within(read(answer.out), read(Path(files[1]).read_bytes()))
    assert read(ask("common", files[0], files[1], "-f", "json").out) == read(answer.out)


def test_the_command_explains_what_is_lost(files: tuple[str, str, str]) -> None:
    answer = ask("common", files[0], files[1], "--explain")
    assert (answer.status, answer.out) == (0, "devices/disk\n  bus: sata\n    not on 1.xml\n")


def test_the_command_refuses_to_mix_architectures(files: tuple[str, str, str]) -> None:
    answer = ask("common", files[0], files[2])
    assert (answer.status, answer.out) == (2, "")
    assert "x86_64 (0.xml), aarch64 (2.xml)" in answer.err
