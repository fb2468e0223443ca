"""The guest's CPU: by its mode, by its model, and feature by feature."""

from __future__ import annotations

import pytest

from domcaps.analysis.findings import Report, Severity, Stage
from domcaps.analysis.guests.check import Against, check
from domcaps.schema.cpu import Cpu, CpuFeature, Custom, CustomModel, HostModel, HostModelName, HostPassthrough, Maximum
from domcaps.schema.document import DomainCapabilities
from tests.analysis.made_guests import codes, guest, only

CPU = Cpu(
    host_passthrough=HostPassthrough(supported=True),
    maximum=Maximum(supported=False),
    host_model=HostModel(
        supported=True,
        model=HostModelName(fallback="forbid", name="Skylake-Client-noTSX-IBRS"),
        vendor="Intel",
        feature=(
            CpuFeature(policy="require", name="vmx"),
            CpuFeature(policy="disable", name="aes"),
        ),
    ),
    custom=Custom(
        supported=True,
        model=(
            CustomModel(name="Skylake-Client", usable="no", vendor="Intel", blockers=("aes", "hle", "rtm")),
            CustomModel(name="Haswell-noTSX", usable="yes", vendor="Intel"),
            CustomModel(name="Haswell-IBRS", usable="yes", vendor="Intel", deprecated=True),
        ),
    ),
)


def judged(cpu: str, virt_type: str = "kvm", *, receive: bool = False) -> Report:
    document = DomainCapabilities(domain=virt_type, machine="pc-q35-7.2", arch="x86_64", cpu=CPU)
    return check(guest(top=cpu, virt_type=virt_type), Against(document), receive=receive)


@pytest.mark.parametrize(
    ("cpu", "code", "stage"),
    [
        ("<cpu mode='maximum'/>", "cpu-maximum-unsupported", Stage.DEFINE),
        ("<cpu><model>Skylake-Client</model></cpu>", "cpu-model-unusable", Stage.START),
        ("<cpu><model>Nosuch</model></cpu>", "cpu-model-unsupported", Stage.START),
        ("<cpu><model fallback='forbid'>cpu64-rhel6</model></cpu>", "cpu-model-unsupported", Stage.START),
        (
            "<cpu mode='host-model'><feature name='amx-bf16' policy='require'/></cpu>",
            "cpu-feature-missing",
            Stage.START,
        ),
        ("<cpu mode='host-model'><feature name='vmx' policy='forbid'/></cpu>", "cpu-feature-forbidden", Stage.START),
        ("<cpu mode='host-model'><feature name='nosuch'/></cpu>", "cpu-feature-unknown", Stage.START),
    ],
)
def test_what_the_host_cannot_give_is_named(cpu: str, code: str, stage: Stage) -> None:
    finding = only(judged(cpu), code)
    assert (finding.severity, finding.stage) == (Severity.UNSUPPORTED, stage)


@pytest.mark.parametrize(
    "cpu",
    [
        "<cpu mode='host-passthrough'/>",
        "<cpu mode='host-model'/>",
        "<cpu><topology sockets='1' cores='1' threads='1'/></cpu>",
        "<cpu><model>Haswell-noTSX</model></cpu>",
        "<cpu check='none'><model>Skylake-Client</model></cpu>",
        "<cpu><model fallback='allow'>cpu64-rhel6</model></cpu>",
        "<cpu mode='host-model'><feature name='vmx' policy='require'/><feature name='aes' policy='forbid'/></cpu>",
        (
            "<cpu><model>Skylake-Client</model><feature name='aes' policy='disable'/>"
            "<feature name='hle' policy='disable'/><feature name='rtm' policy='disable'/></cpu>"
        ),
    ],
)
def test_what_the_host_can_give_is_not_called_unsupported(cpu: str) -> None:
    assert codes(judged(cpu)) == []


def test_the_reason_names_the_features_and_the_alternative_does_without_them() -> None:
    finding = only(judged("<cpu>\n  <model>Skylake-Client</model>\n</cpu>"), "cpu-model-unusable")
    assert "aes" in finding.reason
    assert "hle disabled" in finding.alternative
    assert "<feature policy='disable' name='rtm'/>" in finding.edits[0].text


def test_without_a_check_a_model_that_lacks_features_is_a_note() -> None:
    finding = only(judged("<cpu><model>Skylake-Client</model></cpu>", "qemu"), "cpu-model-incomplete")
    assert finding.severity is Severity.NOTE


def test_a_deprecated_model_is_advised_against() -> None:
    finding = only(judged("<cpu><model>Haswell-IBRS</model></cpu>"), "cpu-model-deprecated")
    assert finding.severity is Severity.DEPRECATED


class TestRunningGuests:
    LIVE = "<cpu mode='custom' match='exact' check='full'><model fallback='forbid'>{}</model>{}</cpu>"

    def test_the_model_counts_as_its_features(self) -> None:
        report = judged(self.LIVE.format("Skylake-Client", ""), receive=True)
        assert "aes" in only(report, "cpu-features-missing").message

    def test_features_that_the_guest_does_not_have_do_not_matter(self) -> None:
        off = "".join(f"<feature policy='disable' name='{name}'/>" for name in ("aes", "hle", "rtm"))
        assert codes(judged(self.LIVE.format("Skylake-Client", off), receive=True)) == []

    def test_a_cpu_that_is_its_hosts_cannot_be_judged(self) -> None:
        report = judged("<cpu mode='host-passthrough'/>", receive=True)
        assert only(report, "cpu-host-passthrough-unknown").severity is Severity.UNKNOWN

    def test_a_running_guest_has_no_alternatives(self) -> None:
        report = judged(self.LIVE.format("Skylake-Client", ""), receive=True)
        assert [finding.alternative or finding.edits for finding in report.findings if finding.alternative] == []

    def test_what_libvirt_would_choose_was_chosen_long_ago(self) -> None:
        document = DomainCapabilities(domain="kvm", machine="pc-q35-7.2", arch="x86_64", cpu=CPU)
        assert codes(check(guest("<panic/>"), document, receive=True)) == []
