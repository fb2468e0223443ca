"""Documents of libvirt's Xen and bhyve drivers, and the empty one: ../shared, beside the checkout; skipped without it.

What each was made for stands in ../shared/vectors-others/README.md. They are derived from snapshots by `domcaps show`,
but for the empty one: libvirt's tests make it of a virt type that no driver has.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from domcaps.drivers.bhyve.facts import BhyveHost
from domcaps.drivers.table import build
from domcaps.drivers.test.facts import NothingFacts
from domcaps.drivers.test.rules import NOTHING
from domcaps.drivers.xen.facts import XenHost
from domcaps.formats.xml_writer import to_xml
from domcaps.host.facts import HostFacts
from domcaps.release import release
from domcaps.schema.document import DomainCapabilities
from domcaps.snapshot import Snapshot, write_snapshot
from tests.commandline import ask
from tests.conftest import ROOT
from tests.differences import first_difference

EXPECTED = ROOT.parent / "shared" / "vectors-others" / "expected"

RELEASES = ("9.0.0", "11.3.0")

HOST = Snapshot(host=HostFacts(arch="x86_64"))

XEN = msgspec.structs.replace(HOST, xen=XenHost(firmware=("/usr/lib/xen/boot/hvmloader", "/usr/lib/xen/boot/ovmf.bin")))

IMAGES = ("/foo/bar", "/foo/baz")


def bhyve(*, boot_rom: bool, framebuffer: bool) -> Snapshot:
    host = BhyveHost(boot_rom=boot_rom, framebuffer=framebuffer, virtio_rnd=False, firmware=IMAGES)
    return msgspec.structs.replace(HOST, bhyve=host)


CASES: dict[str, tuple[Snapshot, list[str]]] = {
    "bhyve_basic.x86_64": (bhyve(boot_rom=False, framebuffer=False), []),
    "bhyve_uefi.x86_64": (bhyve(boot_rom=True, framebuffer=False), []),
    "bhyve_fbuf.x86_64": (bhyve(boot_rom=True, framebuffer=True), []),
    "libxl-xenpv": (XEN, ["--machine", "xenpv"]),
    "libxl-xenfv": (XEN, ["--machine", "xenfv"]),
}

pytestmark = pytest.mark.skipif(not EXPECTED.is_dir(), reason="no ../shared/vectors-others beside this checkout")


def expected(which: str, name: str) -> str:
    return (EXPECTED / f"libvirt-{which}_{name}.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize("which", RELEASES)
@pytest.mark.parametrize("name", CASES)
def test_documents_of_other_drivers_are_libvirts_bytes(name: str, which: str, tmp_path: Path) -> None:
    snapshot, options = CASES[name]
    path = tmp_path / "host.json"
    path.write_bytes(write_snapshot(snapshot, compress=False))
    answer = ask("show", "--from", str(path), "--libvirt", which, *options)
    assert answer.status == 0, answer.err
    assert not (found := first_difference(expected(which, name), answer.out)), found


@pytest.mark.parametrize("which", RELEASES)
def test_the_empty_document_is_libvirts_bytes(which: str) -> None:
    facts = NothingFacts(
        release=release(which), path="/bin/emulatorbin", virt_type="kvm", arch="x86_64", machine="my-machine-type"
    )
    found = to_xml(build(DomainCapabilities, NOTHING, facts))
    assert not (different := first_difference(expected(which, "empty"), found)), different


def test_every_document_there_has_its_case() -> None:
    names = {path.stem.partition("_")[2] for path in EXPECTED.glob("*.xml")}
    assert names == {*CASES, "empty"}
