"""The document of a driver that tells nothing, and libvirt's test driver, which is one."""

from __future__ import annotations

import pytest

from domcaps.derive import Request, SnapshotSource, derive
from domcaps.drivers.connection_uri import Driver
from domcaps.errors import RequestError
from domcaps.formats.xml_writer import to_xml
from domcaps.host.facts import HostFacts
from domcaps.release import Release
from domcaps.snapshot import Snapshot

SOURCE = SnapshotSource(Snapshot(host=HostFacts(arch="x86_64")), Driver.TEST)


def test_the_test_driver_has_a_host_of_its_own() -> None:
    caps = derive(SOURCE, Request())
    assert (caps.path, caps.domain, caps.machine, caps.arch, caps.os) == (None, "test", None, "i686", None)


def test_what_is_asked_for_is_printed() -> None:
    caps = derive(SOURCE, Request(emulator="/bin/x", virt_type="kvm", machine="m", arch="s390x"))
    assert (caps.path, caps.domain, caps.machine, caps.arch) == ("/bin/x", "kvm", "m", "s390x")


def test_what_libvirt_does_not_know_is_refused() -> None:
    with pytest.raises(RequestError, match="unknown virttype: nonesuch"):
        derive(SOURCE, Request(virt_type="nonesuch"))


def test_before_9_8_libvirts_test_driver_did_not_answer() -> None:
    with pytest.raises(RequestError, match="virConnectGetDomainCapabilities") as caught:
        derive(SOURCE, Request(libvirt=Release((9, 7, 0))))
    assert caught.value.kind == "this function is not supported by the connection driver"


def test_the_newest_release_says_no_more_than_it_must() -> None:
    lines = to_xml(derive(SOURCE, Request())).splitlines()
    assert lines[-6:] == [
        "  </devices>",
        "  <features>",
        "    <sev supported='no'/>",
        "    <sgx supported='no'/>",
        "  </features>",
        "</domainCapabilities>",
    ]
