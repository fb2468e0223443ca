"""`domcaps.connect`: libvirt-python's names over recorded hosts."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

import domcaps
import domcaps.libvirt as face
from domcaps.drivers.bhyve.facts import BhyveHost
from domcaps.drivers.xen.facts import XenHost
from domcaps.errors import DomcapsError, InputError, ProbeError, RequestError, UnsupportedError
from domcaps.host.facts import HostFacts
from domcaps.libvirt.connection import Connection
from domcaps.libvirt.errors import CODE_OF_KIND, from_domcaps
from domcaps.snapshot import Snapshot, read_snapshot, write_snapshot
from tests.commandline import cases_of
from tests.conftest import ROOT
from tests.drivers.qemu.made import emulator, source

RECORDED = ROOT / "tests" / "data" / "libvirt-9.0.0_qemu-7.2.22_x86_64"
SNAPSHOT = RECORDED / "snapshot.json.gz"
LIBVIRT = "9.0.0"

QEMU64 = "<cpu mode='custom' match='exact'><model fallback='forbid'>qemu64</model></cpu>"
UNFIT = "<cpu mode='custom' match='exact'><model fallback='forbid'>EPYC-Milan</model></cpu>"

HOST = Snapshot(host=HostFacts(arch="x86_64"))
KINDS = ("xen-3.0-x86_64", "hvm-3.0-x86_32", "hvm-3.0-x86_32p", "hvm-3.0-x86_64")
XEN = msgspec.structs.replace(HOST, xen=XenHost(version="4.17.5", capabilities=KINDS))
BHYVE = msgspec.structs.replace(HOST, bhyve=BhyveHost())


@pytest.fixture
def conn() -> Connection:
    return face.connect(f"snapshot://{SNAPSHOT}", libvirt=LIBVIRT)


@pytest.fixture(params=[XEN, BHYVE], ids=["Xen", "bhyve"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Connection:
    return face.connect(f"snapshot://{recorded(request.param, tmp_path)}")


def recorded(snapshot: Snapshot, folder: Path) -> Path:
    path = folder / "host.json"
    path.write_bytes(write_snapshot(snapshot, compress=False))
    return path


def code(name: str) -> int:
    return int(getattr(face, name))


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=str(case["name"])) for case in cases_of(RECORDED / "cases.json")]
)
def test_documents_are_libvirts(case: dict[str, object], conn: Connection) -> None:
    emulator, arch, machine, virt_type = (
        None if case.get(key) is None else str(case[key]) for key in ("emulator", "arch", "machine", "virt_type")
    )
    if case.get("status"):
        with pytest.raises(face.libvirtError):
            conn.getDomainCapabilities(emulator, arch, machine, virt_type)
        return
    expected = (RECORDED / str(case["expected"])).read_text(encoding="utf-8")
    assert conn.getDomainCapabilities(emulator, arch, machine, virt_type) == expected


def test_the_connection_tells_what_it_is(conn: Connection) -> None:
    assert (conn.getType(), conn.getVersion(), conn.getLibVersion(), conn.isAlive()) == ("QEMU", 7002022, 9000000, 1)


def test_a_snapshots_uri_names_its_driver_and_opens_it_again(conn: Connection) -> None:
    assert conn.getURI() == f"qemu:///system?snapshot={SNAPSHOT}"
    again = face.connect(conn.getURI(), libvirt=LIBVIRT)
    assert again.getDomainCapabilities() == conn.getDomainCapabilities()


def test_the_package_offers_it() -> None:
    assert domcaps.connect(f"snapshot://{SNAPSHOT}").getType() == "QEMU"


REFUSALS = {
    "an unknown virt type": (
        [None, None, None, "nonesuch"],
        "VIR_ERR_INVALID_ARG",
        "invalid argument: unknown virttype: nonesuch",
    ),
    "an empty virt type": ([None, None, None, ""], "VIR_ERR_INVALID_ARG", "invalid argument: unknown virttype: "),
    "an empty architecture": ([None, ""], "VIR_ERR_INVALID_ARG", "invalid argument: unknown architecture: "),
    "an architecture without an emulator": (
        [None, "ia64"],
        "VIR_ERR_CONFIG_UNSUPPORTED",
        "unsupported configuration: unable to find any emulator to serve 'ia64' architecture",
    ),
    "an emulator that is not there": (
        ["/nonexistent"],
        "VIR_ERR_SYSTEM_ERROR",
        "Cannot check QEMU binary /nonexistent: No such file or directory",
    ),
    "a flag that the release does not have": (
        [None, None, None, None, 1],
        "VIR_ERR_INVALID_ARG",
        "unsupported flags (0x1) in function qemuConnectGetDomainCapabilities",
    ),
}


@pytest.mark.parametrize(("asked", "name", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refusals_are_libvirts(asked: list[object], name: str, message: str, conn: Connection) -> None:
    with pytest.raises(face.libvirtError) as caught:
        conn.getDomainCapabilities(*asked)  # type: ignore[arg-type] # as an untyped caller would
    error = caught.value
    assert (error.get_error_message(), str(error)) == (message, message)
    assert (error.get_error_code(), error.get_error_domain(), error.get_error_level()) == (
        code(name),
        code("VIR_FROM_QEMU"),
        code("VIR_ERR_ERROR"),
    )
    assert isinstance(error, DomcapsError)


def test_a_newer_release_has_newer_flags() -> None:
    conn = face.connect(f"snapshot://{SNAPSHOT}")
    assert conn.getDomainCapabilities(flags=7).startswith("<domainCapabilities>")


def test_a_cpu_is_compared(conn: Connection) -> None:
    compare = conn.compareHypervisorCPU
    assert compare(None, None, None, "qemu", QEMU64) == code("VIR_CPU_COMPARE_SUPERSET")
    assert compare(None, None, None, "qemu", UNFIT) == code("VIR_CPU_COMPARE_INCOMPATIBLE")
    with pytest.raises(face.libvirtError, match=r"does not provide required features: .*vme") as caught:
        compare(None, None, None, "qemu", UNFIT, code("VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE"))
    assert caught.value.get_error_code() == code("VIR_ERR_CPU_INCOMPATIBLE")


def test_a_baseline_is_a_definition(conn: Connection) -> None:
    assert "<model fallback='forbid'>qemu64</model>" in conn.baselineHypervisorCPU(None, None, None, "qemu", [QEMU64])
    expanded = conn.baselineHypervisorCPU(
        None, None, None, "qemu", [QEMU64], code("VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES")
    )
    assert "<feature policy='require' name='sse2'/>" in expanded


BAD_CPUS = {
    "no list": (None, "VIR_ERR_INVALID_ARG", "VIR_FROM_DOMAIN", "must not be NULL"),
    "an empty list": ([], "VIR_ERR_INVALID_ARG", "VIR_FROM_DOMAIN", "must not be NULL"),
    "no XML": (["cpu"], "VIR_ERR_XML_DETAIL", "VIR_FROM_CPU", r"^\(CPU_definition\):1: "),
    "another element": (["<domain/>"], "VIR_ERR_XML_ERROR", "VIR_FROM_CPU", "expected 'cpu' element"),
    "no model": ([QEMU64, "<cpu/>"], "VIR_ERR_INVALID_ARG", "VIR_FROM_CPU", "no CPU model specified at index 1"),
    "an unknown model": (
        ["<cpu><model>X</model></cpu>"],
        "VIR_ERR_INTERNAL_ERROR",
        "VIR_FROM_CPU",
        "Unknown CPU model X",
    ),
}


@pytest.mark.parametrize(("cpus", "name", "domain", "message"), BAD_CPUS.values(), ids=BAD_CPUS.keys())
def test_a_bad_cpu_is_refused(cpus: list[str] | None, name: str, domain: str, message: str, conn: Connection) -> None:
    with pytest.raises(face.libvirtError, match=message) as caught:
        conn.baselineHypervisorCPU(None, None, None, "qemu", cpus)
    assert (caught.value.get_error_code(), caught.value.get_error_domain()) == (code(name), code(domain))


def test_cpu_models_are_those_of_the_map(conn: Connection) -> None:
    assert "qemu64" in conn.getCPUModelNames("x86_64")
    assert conn.getCPUModelNames("aarch64") == []
    for arch, name in (("nonesuch", "VIR_ERR_INVALID_ARG"), ("ia64", "VIR_ERR_NO_SUPPORT")):
        with pytest.raises(face.libvirtError) as caught:
            conn.getCPUModelNames(arch)
        assert caught.value.get_error_code() == code(name)


@pytest.mark.parametrize(("libvirt", "place"), [("10.7.0", r"\(CPU_definition\):1: "), ("11.3.0", "at line 1: ")])
def test_a_fault_of_xml_is_placed_as_the_release_places_it(libvirt: str, place: str) -> None:
    with pytest.raises(face.libvirtError, match=f"^{place}"):
        face.connect(f"snapshot://{SNAPSHOT}", libvirt=libvirt).baselineHypervisorCPU(None, None, None, "qemu", ["cpu"])


@pytest.mark.parametrize(("libvirt", "known"), [("9.8.0", False), ("9.9.0", True)])
def test_guests_have_the_features_of_the_release(libvirt: str, known: bool) -> None:
    text = face.connect(f"snapshot://{SNAPSHOT}", libvirt=libvirt).getCapabilities()
    assert ("<externalSnapshot/>" in text) is known


def test_capabilities_list_guests_by_architecture(conn: Connection) -> None:
    text = conn.getCapabilities()
    assert "<arch name='x86_64'>\n      <wordsize>64</wordsize>\n      <emulator>/usr/bin/qemu-system-x86_64<" in text
    assert "<machine canonical='pc-i440fx-7.2' maxCpus='255'>pc</machine>" in text


@pytest.mark.parametrize(("libvirt", "known"), [("10.1.0", False), ("10.2.0", True)])
def test_a_loongarch_guest_may_have_acpi_since_libvirt_says_so(libvirt: str, known: bool, tmp_path: Path) -> None:
    host = source(("/usr/bin/qemu-system-loongarch64", emulator("loongarch64"))).snapshot
    text = face.connect(f"snapshot://{recorded(host, tmp_path)}", libvirt=libvirt).getCapabilities()
    assert ("<acpi default='on' toggle='yes'/>" in text) is known


def test_an_emulator_stands_for_the_architecture_of_its_name(tmp_path: Path) -> None:
    """QEMU 11's qemu-system-mipsel says that it is `mips`; libvirt lists it as mipsel all the same."""
    host = source(("/usr/bin/qemu-system-mipsel", emulator("mips"))).snapshot
    text = face.connect(f"snapshot://{recorded(host, tmp_path)}").getCapabilities()
    assert "<arch name='mipsel'>\n      <wordsize>32</wordsize>\n      <emulator>/usr/bin/qemu-system-mipsel<" in text


def test_a_xen_host_has_a_guest_for_each_of_its_kinds(tmp_path: Path) -> None:
    conn = face.connect(f"snapshot://{recorded(XEN, tmp_path)}")
    lines = [line.strip() for line in conn.getCapabilities().splitlines()]
    kinds = [line for line in lines if line.startswith(("<os_type", "<arch name", "<machine", "<loader", "<pae"))]
    assert kinds == [
        "<os_type>xen</os_type>",
        "<arch name='x86_64'>",
        "<machine maxCpus='512'>xenpv</machine>",
        "<os_type>hvm</os_type>",
        "<arch name='i686'>",
        "<loader>/usr/lib/xen/boot/hvmloader</loader>",
        "<machine maxCpus='128'>xenfv</machine>",
        "<os_type>hvm</os_type>",
        "<arch name='x86_64'>",
        "<loader>/usr/lib/xen/boot/hvmloader</loader>",
        "<machine maxCpus='128'>xenfv</machine>",
        "<os_type>xenpvh</os_type>",
        "<arch name='x86_64'>",
        "<machine maxCpus='512'>xenpvh</machine>",
    ]
    assert (conn.getType(), conn.getVersion()) == ("Xen", 4017000)


def test_other_drivers_answer_for_documents(other: Connection) -> None:
    assert other.getDomainCapabilities().startswith("<domainCapabilities>\n  <path>/usr/")
    assert other.getURI().startswith(("xen:///system?", "bhyve:///system?"))
    assert "<os_type>hvm</os_type>" in other.getCapabilities()


def test_other_drivers_have_no_cpu_questions(other: Connection) -> None:
    with pytest.raises(face.libvirtError, match="virConnectBaselineHypervisorCPU") as caught:
        other.baselineHypervisorCPU(None, None, None, None, [QEMU64])
    assert caught.value.get_error_code() == code("VIR_ERR_NO_SUPPORT")


def test_the_test_driver_answers_without_a_host() -> None:
    conn = face.connect("test:///default")
    assert (conn.getType(), conn.getVersion(), conn.getURI()) == ("TEST", 2, "test:///default")
    assert "<domain>test</domain>" in conn.getDomainCapabilities()
    assert "<domain type='test'/>" in conn.getCapabilities()


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("nonesuch:///system", "VIR_ERR_NO_CONNECT"),
        ("qemu", "VIR_ERR_NO_CONNECT"),
        ("qemu:///nonesuch", "VIR_ERR_INTERNAL_ERROR"),
        ("qemu+ssh://elsewhere/system", "VIR_ERR_NO_SUPPORT"),
        ("lxc:///system", "VIR_ERR_NO_SUPPORT"),
        ("snapshot:///nonexistent", "VIR_ERR_INVALID_ARG"),
    ],
    ids=["no driver", "no URI", "no path of QEMU's", "another host", "a driver without the call", "no such file"],
)
def test_what_cannot_be_opened_is_an_error_of_libvirts(uri: str, name: str) -> None:
    with pytest.raises(face.libvirtError) as caught:
        face.open(uri)
    assert caught.value.get_error_code() == code(name)


def test_the_environment_names_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", "test:///default")
    assert face.openAuth(None, [[], None, None], 0).getType() == face.openReadOnly().getType() == "TEST"


def test_a_closed_connection_answers_no_more(conn: Connection) -> None:
    with conn:
        pass
    assert conn.isAlive() == 0
    with pytest.raises(face.libvirtError) as caught:
        conn.getDomainCapabilities()
    assert caught.value.get_error_code() == code("VIR_ERR_INVALID_CONN")


def test_what_libvirt_has_besides_is_not_supported_and_what_it_lacks_is_not_there(conn: Connection) -> None:
    with pytest.raises(face.libvirtError, match="not supported by the connection driver: lookupByName") as caught:
        conn.lookupByName("guest")
    assert caught.value.get_error_code() == code("VIR_ERR_NO_SUPPORT")
    with pytest.raises(AttributeError, match="nonesuch"):
        conn.nonesuch()


def test_constants_are_attributes_of_the_face() -> None:
    assert (face.VIR_ERR_NO_SUPPORT, face.VIR_CONNECT_BASELINE_CPU_MIGRATABLE, face.VIR_CRED_EXTERNAL) == (3, 2, 9)
    assert "VIR_ERR_NO_SUPPORT" in dir(face)
    with pytest.raises(AttributeError, match="VIR_NONESUCH"):
        face.VIR_NONESUCH  # noqa: B018 - looking is the test


class TheirError(Exception):
    """libvirt-python's error, as a program that loaded it would catch it."""


class TheirConnection:
    """libvirt-python's connection."""

    def lookupByName(self, name: str) -> str:  # noqa: N802 - libvirt-python's name
        return name


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("libvirt")
    module.libvirtError = TheirError  # type: ignore[attr-defined] # a module of the test's own
    module.virConnect = TheirConnection  # type: ignore[attr-defined] # as above
    monkeypatch.setitem(sys.modules, "libvirt", module)


@pytest.mark.usefixtures("loaded")
def test_beside_libvirt_python_it_is_also_of_its_classes() -> None:
    conn: object = face.connect(f"snapshot://{SNAPSHOT}")
    assert isinstance(conn, TheirConnection)
    assert isinstance(conn, Connection)
    with pytest.raises(TheirError) as caught:
        conn.getDomainCapabilities("/nonexistent")
    assert isinstance(caught.value, face.libvirtError)
    with pytest.raises(TheirError, match="lookupByName"):
        conn.lookupByName("guest")


@pytest.mark.parametrize("kind", CODE_OF_KIND)
def test_a_refusals_kind_is_said_once(kind: str) -> None:
    message = str(from_domcaps(RequestError("no", kind=kind), "VIR_FROM_QEMU"))
    assert message.count(kind) == 1
    assert str(from_domcaps(RequestError(message, kind=kind), "VIR_FROM_QEMU")) == message


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ProbeError("it did not answer"), "VIR_ERR_INTERNAL_ERROR"),
        (ProbeError("/x: Permission denied"), "VIR_ERR_SYSTEM_ERROR"),
        (UnsupportedError("not done"), "VIR_ERR_NO_SUPPORT"),
        (InputError("not a snapshot"), "VIR_ERR_INVALID_ARG"),
        (DomcapsError("something"), "VIR_ERR_INTERNAL_ERROR"),
    ],
)
def test_every_error_of_ours_has_a_code(error: DomcapsError, name: str) -> None:
    assert from_domcaps(error, "VIR_FROM_NONE").get_error_code() == code(name)


def test_under_mshv_the_virt_type_is_hyperv(tmp_path: Path) -> None:
    snapshot = read_snapshot(SNAPSHOT.read_bytes())
    (path, record), *_ = snapshot.emulators.items()
    spoken = {"mshv": record.accelerators["kvm"], "tcg": record.accelerators["tcg"]}
    under = msgspec.structs.replace(snapshot, emulators={path: msgspec.structs.replace(record, accelerators=spoken)})
    conn = face.connect(f"snapshot://{recorded(under, tmp_path)}", libvirt="11.10.0")
    caps = domcaps.read(conn.getDomainCapabilities().encode())
    assert (caps.domain, caps.supports("cpu/host-passthrough")) == ("hyperv", True)
    with pytest.raises(face.libvirtError, match="does not support virt type 'kvm'"):
        conn.getDomainCapabilities(None, None, None, "kvm")
