"""KubeVirt labels. The expectations for models are those of KubeVirt's own cpu_plugin_test.go."""

from __future__ import annotations

import json

import pytest
import yaml

from domcaps.errors import UnsupportedError
from domcaps.exports.kubevirt import as_patch, as_text, as_yaml, labels
from domcaps.exports.subject import Subject
from domcaps.schema.cpu import Cpu, CpuFeature, Custom, CustomModel, HostModel, HostModelName
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.features import Features, Hyperv, LaunchSecurity, Sev
from tests.commandline import ask
from tests.conftest import ROOT


def cpu(**custom: str) -> Cpu:
    host = HostModel(
        supported=True,
        model=HostModelName(fallback="allow", name="Skylake-Client-IBRS"),
        vendor="Intel",
        feature=(
            CpuFeature(policy="require", name="ds"),
            CpuFeature(policy="require", name="ss"),
            CpuFeature(policy="disable", name="mpx"),
        ),
    )
    models = tuple(CustomModel(name=name.replace("_", "-"), usable=usable) for name, usable in custom.items())
    return Cpu(host_model=host, custom=Custom(supported=True, model=models))


def names(found: dict[str, str], prefix: str) -> list[str]:
    return [name.removeprefix(prefix) for name in found if name.startswith(prefix)]


def labels_of(arch: str = "x86_64", **parts: object) -> dict[str, str]:
    return labels(Subject(documents=(DomainCapabilities(arch=arch, **parts),)))  # type: ignore[arg-type] # as above


def test_only_usable_models_that_are_not_obsolete_are_labelled() -> None:
    found = labels_of(cpu=cpu(Penryn="yes", Haswell="yes", Conroe="yes", qemu64_v1="yes", EPYC_IBPB="no"))
    assert names(found, "cpu-model.node.kubevirt.io/") == ["Haswell", "Penryn"]
    assert names(found, "cpu-model-migration.node.kubevirt.io/") == ["Haswell", "Penryn", "Skylake-Client-IBRS"]


def test_a_model_whose_usability_is_unknown_is_labelled() -> None:
    assert names(labels_of(cpu=cpu(Penryn="unknown")), "cpu-model.node.kubevirt.io/") == ["Penryn"]


def test_the_host_model_its_vendor_and_the_features_it_requires() -> None:
    found = labels_of(cpu=cpu())
    assert names(found, "host-model-cpu.node.kubevirt.io/") == ["Skylake-Client-IBRS"]
    assert names(found, "cpu-vendor.node.kubevirt.io/") == ["Intel"]
    assert names(found, "host-model-required-features.node.kubevirt.io/") == ["ds", "ss"]


def test_an_obsolete_host_model_is_said_to_be_and_not_offered_to_migration() -> None:
    host = HostModel(supported=True, model=HostModelName(name="qemu64"))
    found = labels_of(cpu=Cpu(host_model=host))
    assert found["node-labeller.kubevirt.io/obsolete-host-model"] == "true"
    assert names(found, "cpu-model-migration.node.kubevirt.io/") == []


def test_s390x_documents_name_no_vendor_and_the_label_does() -> None:
    host = HostModel(supported=True, model=HostModelName(name="z15.2-base"))
    assert "cpu-vendor.node.kubevirt.io/IBM" in labels_of("s390x", cpu=Cpu(host_model=host))


def test_an_arm_node_has_no_labels_of_its_cpu() -> None:
    assert labels_of("aarch64", cpu=cpu(Penryn="yes"), machine="virt-9.2") == {
        "machine-type.node.kubevirt.io/virt-9.2": "true"
    }


def test_an_architecture_without_kubevirt_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="ppc64le: it runs on x86_64, aarch64, s390x"):
        labels_of("ppc64le")


@pytest.mark.parametrize(
    ("guests", "sectypes", "expected"),
    [
        (0, (), {"kubevirt.io/sev": "true"}),
        (0, ("sev-snp",), {"kubevirt.io/sev": "true"}),
        (15, ("sev",), {"kubevirt.io/sev": "true", "kubevirt.io/sev-es": "true"}),
        (15, ("sev-snp",), {"kubevirt.io/sev": "true", "kubevirt.io/sev-es": "true", "kubevirt.io/sev-snp": ""}),
    ],
    ids=["SEV alone", "SNP without SEV-ES does not count", "SEV-ES", "SNP"],
)
def test_sev(guests: int, sectypes: tuple[str, ...], expected: dict[str, str]) -> None:
    features = Features(
        sev=Sev(supported=True, max_guests=15, max_es_guests=guests),
        launch_security=LaunchSecurity(supported=True, sectype=sectypes),
    )
    assert labels_of(features=features) == expected


def test_hyperv_labels_are_named_as_kvm_names_them() -> None:
    hyperv = Hyperv(supported=True, features=("vapic", "synic", "stimer"))
    assert names(labels_of(features=Features(hyperv=hyperv)), "hyperv.node.kubevirt.io/") == [
        "base",
        "synic",
        "synic2",
        "synictimer",
        "time",
    ]


def test_what_kubernetes_takes_for_no_label_is_left_out() -> None:
    machines = ("ok-1.2", "x" * 64, "-dash", "")
    found = labels(Subject(documents=(DomainCapabilities(arch="x86_64"),), machines=machines))
    assert names(found, "machine-type.node.kubevirt.io/") == ["ok-1.2"]


def test_the_forms_say_the_same() -> None:
    found = {"a/b": "true", "c/d": ""}
    assert as_text(found) == "a/b=true\nc/d=\n"
    assert yaml.safe_load(as_yaml(found)) == as_patch(found) == {"metadata": {"labels": found}}
    assert yaml.safe_load(as_yaml({})) == as_patch({})


def test_the_command_asks_about_the_machine_that_kubevirt_asks_about() -> None:
    snapshot = ROOT / "tests/data/libvirt-9.0.0_qemu-7.2.22_s390x/snapshot.json.gz"
    answer = ask("export", "kubevirt", "--from", str(snapshot), "--arch", "s390x", "-f", "json")
    assert answer.status == 0, answer.err
    assert "machine-type.node.kubevirt.io/s390-ccw-virtio-2.6" in json.loads(answer.out)["metadata"]["labels"]
