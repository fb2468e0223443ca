"""What the same QEMU on the same host is for one release of libvirt and for another."""

from __future__ import annotations

import pytest

from domcaps.derive import Request, SnapshotSource, derive
from domcaps.drivers.qemu.conversation import Exchange
from domcaps.host.facts import CpuFacts, KvmFacts, SevAsids
from domcaps.release import release
from domcaps.schema.features import Sev
from tests.drivers.qemu.made import command, emulator, on, refused, said, source, types

S390 = "/usr/bin/qemu-system-s390x"


BLOCKDEV = [
    command("human-monitor-command", features=["savevm-monitor-nodes"]),
    command("blockdev-add", **{"arg-type": "1"}),
    {"name": "1", "meta-type": "object", "members": [], "variants": [{"case": "file", "type": "2"}]},
    {"name": "2", "meta-type": "object", "members": [], "features": ["dynamic-auto-read-only"]},
]


def test_a_models_vendor_and_deprecation_wait_for_their_releases() -> None:
    models = said("query-cpu-definitions", [{"name": "486", "unavailable-features": [], "deprecated": True}])
    record = emulator("x86_64", "kvm", "tcg", extra=(models,))
    seen = {}
    for asked in ("7.0", "7.1", "8.8", "8.9"):
        model = on(record, asked).get("cpu/custom/model")
        assert isinstance(model, tuple)
        seen[asked] = (model[0].deprecated, model[0].vendor)
    assert seen == {"7.0": (None, None), "7.1": (True, None), "8.8": (True, None), "8.9": (True, "unknown")}


@pytest.mark.parametrize(
    ("asked", "schema", "says"),
    [("8.6", [], False), ("8.6", BLOCKDEV, True), ("5.10", BLOCKDEV, True), ("8.7", [], True)],
)
def test_a_backing_chain_is_taken_as_written_with_blockdev(
    asked: str, schema: list[dict[str, object]], says: bool
) -> None:
    record = emulator(extra=(said("query-qmp-schema", schema),))
    assert on(record, asked).supports("features/backingStoreInput") is says


def test_memory_in_a_file_is_taken_for_granted_since_9_0() -> None:
    seen = {
        asked: on(emulator(), asked).supports("memoryBacking/sourceType", "file") for asked in ("7.6", "8.10", "9.0")
    }
    assert seen == {"7.6": False, "8.10": False, "9.0": True}
    assert on(emulator(extra=(types("memory-backend-file"),)), "7.6").supports("memoryBacking/sourceType", "file")


@pytest.mark.parametrize("device", ["virtio-blk-pci", "virtio-net-pci", "virtio-scsi-pci", "virtio-balloon-pci"])
def test_a_device_that_can_leave_out_legacy_virtio_makes_models_before_9_0(device: str) -> None:
    properties = said("device-list-properties", [{"name": "disable-legacy"}], typename=device)
    record = emulator(extra=(types(device), properties))
    assert on(record, "8.10").supports("devices/disk/model", "virtio-transitional") is True
    assert on(record, "9.0").supports("devices/disk/model", "virtio-transitional") is False


@pytest.mark.parametrize(("asked", "says"), [("6.0", True), ("6.1", False), ("12.8", False)])
def test_an_s390_machine_older_than_cpu_models_has_none_since_6_1(asked: str, says: bool) -> None:
    machines = said("query-machines", [{"name": "s390-ccw-virtio-2.7", "cpu-max": 248, "is-default": True}])
    record = emulator("s390x", "kvm", "tcg", extra=(machines,))
    assert on(record, asked, S390, "s390x").supports("cpu/custom") is says


TDX_KVM = KvmFacts(usable=True, max_vcpus=1024, secure_guest=True, tdx=True)
INTEL = CpuFacts(vendor="Intel")


@pytest.mark.parametrize(
    ("asked", "kvm", "says"),
    [
        ("11.8", TDX_KVM, None),
        ("11.9", TDX_KVM, True),
        ("11.9", KvmFacts(usable=True, secure_guest=False), None),
        ("12.0", TDX_KVM, True),
        ("12.0", KvmFacts(usable=True, secure_guest=False), False),
    ],
)
def test_tdx_is_stated_whenever_it_is_there_and_a_no_since_12_0(asked: str, kvm: KvmFacts, says: bool | None) -> None:
    record = emulator("x86_64", "kvm", "tcg", extra=(types("tdx-guest"),))
    assert on(record, asked, kvm=kvm, cpu=INTEL).supports("features/tdx") is says


def test_tdx_as_launch_security_needs_kvms_word_since_11_10() -> None:
    record = emulator("x86_64", "kvm", "tcg", extra=(types("tdx-guest"),))
    without = KvmFacts(usable=True, secure_guest=False, tdx=False)
    seen = {
        asked: on(record, asked, kvm=without, cpu=INTEL).supports("features/launchSecurity/sectype", "tdx")
        for asked in ("11.9", "11.10")
    }
    assert seen == {"11.9": True, "11.10": False}


def expanded(props: dict[str, object]) -> Exchange:
    model = {"name": "host", "props": {"migratable": False, "hv-passthrough": True}}
    answer = {"model": {"name": "host", "props": props}}
    return said("query-cpu-model-expansion", answer, type="full", model=model)


def test_an_enlightenment_that_is_too_young_for_the_release_states_nothing() -> None:
    record = emulator("x86_64", "kvm", "tcg", extra=(expanded({"hv-emsr-bitmap": True}),))
    assert on(record, "10.6").get("features/hyperv") is None
    assert on(record, "10.7").get("features/hyperv/features") == ("emsr_bitmap",)


def test_enlightenments_of_odd_types_have_no_defaults() -> None:
    record = emulator(
        "x86_64", "kvm", "tcg", extra=(expanded({"hv-spinlocks": True, "hv-vendor-id": "", "hv-relaxed": 0}),)
    )
    document = on(record, "12.8")
    assert document.get("features/hyperv/features") == ("spinlocks", "vendor_id")
    assert document.get("features/hyperv/defaults") is None


TPM_TYPES = ("tpm-tis-device", "tpm-spapr", "tpm-emulator", "tpm-passthrough")


def tpm(asked: str, *extra: Exchange) -> tuple[object, object]:
    document = on(emulator(extra=extra), asked, swtpm=("2.0",))
    return document.get("devices/tpm/model"), document.get("devices/tpm/backendModel")


def test_where_tpms_were_not_asked_for_the_types_tell_as_newer_releases_have_it() -> None:
    told = (("tpm-tis", "tpm-spapr"), ("passthrough", "emulator", "external"))
    assert tpm("11.8", types(*TPM_TYPES)) == tpm("11.9", types(*TPM_TYPES)) == told


def test_where_tpms_were_asked_for_the_answer_holds_before_11_9() -> None:
    asked = (types(*TPM_TYPES[2:]), said("query-tpm-models", []), said("query-tpm-types", ["emulator"]))
    assert tpm("11.8", *asked) == (None, None)
    crb = (said("query-tpm-models", ["tpm-crb"]), refused("query-tpm-types", "CommandNotFound"))
    assert tpm("11.8", *crb) == (("tpm-crb",), ())


def test_swtpm_without_versions_is_not_no_swtpm() -> None:
    record = emulator(extra=(types("tpm-tis", "tpm-emulator"),))
    for swtpm, backends, versions in (
        ((), ("emulator", "external"), None),
        (None, (), None),
        (("1.2",), None, ("1.2",)),
    ):
        document = on(record, "12.8", swtpm=swtpm)
        assert backends is None or document.get("devices/tpm/backendModel") == backends
        assert document.get("devices/tpm/backendVersion") == versions


def test_gic_needs_arms_virt_and_an_entry_for_the_virt_type() -> None:
    gic = said(
        "query-gic-capabilities",
        [{"version": 3, "kernel": True, "emulated": True}, {"version": 2, "kernel": False, "emulated": True}],
    )
    machines = said(
        "query-machines",
        [{"name": "virt-9.2", "alias": "virt", "cpu-max": 512}, {"name": "sbsa-ref", "cpu-max": 512}],
    )
    arm = ("/usr/bin/qemu-system-aarch64", emulator("aarch64", "kvm", "tcg", extra=(gic, machines)))
    host = source(arm, arch="aarch64")

    def versions(request: Request) -> object:
        return derive(host, request).get("features/gic/version")

    assert versions(Request()) == ("3",)
    assert versions(Request(virt_type="qemu")) == ("2", "3")
    assert versions(Request(machine="sbsa-ref")) is None
    assert versions(Request(arch="armv7l")) == ("3",)


def power(cpu: CpuFacts) -> SnapshotSource:
    models = said("query-cpu-definitions", [{"name": "power9", "typename": "power9-powerpc64-cpu"}])
    record = emulator("ppc64", "kvm", "tcg", extra=(models,))
    return source(("/usr/bin/qemu-system-ppc64", record), arch="ppc64le", cpu=cpu)


def test_a_power_hosts_model_and_its_vendor() -> None:
    model = derive(power(CpuFacts(model="POWER9", vendor="IBM")), Request()).get("cpu/host-model")
    assert model is not None
    assert (model.model.fallback, model.model.name, model.vendor) == ("allow", "POWER9", "IBM")  # type: ignore[attr-defined]
    assert derive(power(CpuFacts()), Request()).supports("cpu/host-model") is False, "a model that nobody knows"


def test_without_qemus_word_an_x86_hosts_named_model_is_its_host_model() -> None:
    models = said("query-cpu-definitions", [{"name": "Broadwell"}])
    record = emulator("x86_64", "kvm", "tcg", extra=(models,))
    document = on(record, "12.8", cpu=CpuFacts(model="Broadwell"))
    model = document.get("cpu/host-model/model")
    assert model is not None
    assert (model.fallback, model.name) == ("allow", "Broadwell")  # type: ignore[attr-defined]
    assert document.get("cpu/host-model/vendor") == "Intel"
    nearest = on(record, "12.8", cpu=CpuFacts(model="Haswell")).get("cpu/host-model")
    assert nearest is not None
    assert nearest.model.name == "Broadwell"  # type: ignore[attr-defined]
    assert ("disable", "adx") in {(feature.policy, feature.name) for feature in nearest.feature}  # type: ignore[attr-defined]
    assert on(record, "12.8", cpu=CpuFacts(model="no such")).supports("cpu/host-model") is False


def test_no_named_model_is_near_where_the_hypervisor_has_none_of_the_vendor() -> None:
    record = emulator("x86_64", "kvm", "tcg", extra=(said("query-cpu-definitions", [{"name": "EPYC"}]),))
    assert on(record, "12.8", cpu=CpuFacts(model="Haswell")).supports("cpu/host-model") is False


@pytest.mark.parametrize(
    ("machine", "target", "ide", "floppy"),
    [
        ("g3beige", "ppc", True, True),
        ("malta", "mips64el", True, True),
        ("sun4u", "sparc64", True, True),
        ("pseries-9.2", "ppc64", False, False),
        ("isapc", "x86_64", False, True),
        ("microvm", "x86_64", False, True),
        ("xenfv", "x86_64", False, True),
        ("pc-q35-9.2", "x86_64", False, True),
        ("pc-i440fx-9.2", "x86_64", True, True),
        ("virt", "riscv64", False, True),
        ("virt", "loongarch64", False, True),
        ("SS-5", "sparc", False, True),
        ("s390-ccw-virtio", "s390x", False, True),
    ],
)
def test_what_a_board_brings(machine: str, target: str, ide: bool, floppy: bool) -> None:
    record = emulator(target, extra=(said("query-machines", [{"name": machine, "cpu-max": 1}]), types("isa-fdc")))
    host = source((f"/usr/bin/qemu-system-{target}", record))
    for asked in ("11.3", "12.8"):
        bus = derive(host, Request(arch=target, libvirt=release(asked))).get("devices/disk/bus")
        assert isinstance(bus, tuple)
        assert ("ide" in bus, "fdc" in bus) == (ide, floppy), asked


def test_floppies_need_a_controller_since_11_4() -> None:
    seen = {asked: on(emulator(), asked).supports("devices/disk/diskDevice", "floppy") for asked in ("11.3", "11.4")}
    assert seen == {"11.3": True, "11.4": False}


@pytest.mark.parametrize(
    ("asked", "target", "secure", "says"),
    [
        ("7.5", "s390x", True, None),
        ("7.6", "s390x", True, True),
        ("12.8", "s390x", False, False),
        ("11.3", "x86_64", True, None),
        ("12.8", "x86_64", True, False),
    ],
)
def test_s390_pv(asked: str, target: str, secure: bool, says: bool | None) -> None:
    properties = said("qom-list-properties", [{"name": "confidential-guest-support"}], typename="none-machine")
    record = emulator(target, "kvm", "tcg", extra=(types("s390-pv-guest"), properties))
    kvm = KvmFacts(usable=True, secure_guest=secure)
    document = on(record, asked, f"/usr/bin/qemu-system-{target}", target, kvm=kvm)
    assert document.supports("features/s390-pv") is says


def test_sgx_counts_its_sections_where_qemu_gives_no_size() -> None:
    sections = [{"node": 0, "size": 1024 * 1024 + 1}, {"node": 1, "size": 2048}]
    answer: dict[str, object] = {"sgx": True, "flc": True, "sgx1": True, "sgx2": False, "sections": sections}
    sgx = on(emulator(extra=(types("sgx-epc"), said("query-sgx-capabilities", answer))), "12.8").get("features/sgx")
    assert sgx is not None
    assert sgx.section_size.size == 1026  # type: ignore[attr-defined]
    assert [section.size for section in sgx.sections.section] == [1024, 2]  # type: ignore[attr-defined]
    answer |= {"sections": [], "section-size": 4096}
    sgx = on(emulator(extra=(types("sgx-epc"), said("query-sgx-capabilities", answer))), "12.8").get("features/sgx")
    assert sgx is not None
    assert (sgx.section_size.size, sgx.sections) == (4, None)  # type: ignore[attr-defined]
    del answer["sections"]
    old = emulator(extra=(types("sgx-epc"), said("query-sgx-capabilities", answer)))
    assert on(old, "12.8").supports("features/sgx") is False


@pytest.mark.parametrize(
    ("asids", "guests"), [((509, 451), (59, 450)), ((0, 0), (0, 0)), ((15, 0), (0, 0)), ((509, 510), (0, 509))]
)
def test_sev_guests(asids: tuple[int, int], guests: tuple[int, int]) -> None:
    numbers = said("query-sev-capabilities", {"cbitpos": 47, "reduced-phys-bits": 1})
    record = emulator("x86_64", "kvm", "tcg", extra=(types("sev-guest"), numbers))
    cpu = CpuFacts(vendor="AMD", sev_asids=SevAsids(max=asids[0], min=asids[1]))
    sev = on(record, "12.8", cpu=cpu).get("features/sev")
    assert sev == Sev(
        supported=True, cbitpos=47, reduced_phys_bits=1, max_guests=guests[0], max_es_guests=guests[1], cpu0_id=None
    )
