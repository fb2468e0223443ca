"""A connection with libvirt-python's method names, argument orders and answers.

Rules: nothing is connected to; each call looks at the host as it is now (or at the snapshot), and the emulators'
answers come from the cache as long as they hold. Methods that are not about capabilities raise libvirt's "not
supported". Names are libvirt-python's, not ours.
"""
# ruff: noqa: N802, N803 - the names of methods and arguments are libvirt-python's

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Self

import msgspec

from domcaps.cpu.flags import CpuFlags
from domcaps.cpu.model import CpuMap
from domcaps.derive import Request, SnapshotSource, Source, derive
from domcaps.drivers.connection_uri import NAMES, ConnectionUri, Driver
from domcaps.drivers.question import INVALID
from domcaps.errors import DomcapsError, RequestError
from domcaps.formats.xml_writer import to_xml
from domcaps.libvirt.constants import ANSWERS, FLAGS, METHODS_NOT_SERVED
from domcaps.libvirt.errors import from_domcaps, libvirtError, refusal
from domcaps.release import Release, release

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from domcaps.cpu.baseline import BaselineOptions
    from domcaps.cpu.definition import Definition
    from domcaps.snapshot import Snapshot

FROM = {
    Driver.QEMU: "VIR_FROM_QEMU",
    Driver.XEN: "VIR_FROM_LIBXL",
    Driver.BHYVE: "VIR_FROM_BHYVE",
    Driver.TEST: "VIR_FROM_TEST",
}
"""The part of libvirt that a driver's errors come from."""

TYPES = {**NAMES, Driver.BHYVE: "BHYVE"}
"""What `getType` says."""

FLAGS_SINCE = {
    "VIR_CONNECT_GET_DOMAIN_CAPABILITIES_DISABLE_DEPRECATED_FEATURES": release("11.0"),
    "VIR_CONNECT_GET_DOMAIN_CAPABILITIES_EXPAND_CPU_FEATURES": release("12.2"),
    "VIR_CONNECT_GET_DOMAIN_CAPABILITIES_SUPPORTED_CPU_FEATURES": release("12.5"),
    "VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES": release("4.4"),
    "VIR_CONNECT_BASELINE_CPU_MIGRATABLE": release("4.4"),
    "VIR_CONNECT_BASELINE_CPU_IGNORE_HOST": release("11.6"),
    "VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE": release("4.4"),
}
"""The flags that are taken, and the libvirt release that brought each. Validating XML against a schema is not among
them."""

NAMELESS_XML = release("11.0")
"""Since when a fault of XML that is no file names the line alone: chosen (10.7.0's source names the text, 11.3.0 does
not)."""

_DOCUMENT = "VIR_CONNECT_GET_DOMAIN_CAPABILITIES_"
_BASELINE = "VIR_CONNECT_BASELINE_CPU_"
_COMPARE = "VIR_CONNECT_COMPARE_CPU_"


class Connection:
    """What `connect` gives: libvirt-python's `virConnect`, as far as it tells capabilities."""

    _o = None  # libvirt-python's handle of its own connection: there is none

    def __init__(
        self, uri: ConnectionUri, *, libvirt: Release, cpu_map: CpuMap | None = None, snapshot: Snapshot | None = None
    ) -> None:
        """Answer as a libvirt release would, from a snapshot or, without one, for this host."""
        self._uri = uri
        self._release = libvirt
        self._cpu_map = cpu_map
        self._recorded = SnapshotSource(snapshot, uri.driver) if snapshot is not None else None
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getattr__(self, name: str) -> Callable[..., object]:
        """What libvirt-python has and domcaps does not do is refused when it is called."""
        if name in METHODS_NOT_SERVED:
            return not_served(name).__get__(self)  # type: ignore[no-any-return] # a bound function
        raise AttributeError(name)

    def getDomainCapabilities(
        self,
        emulatorbin: str | None = None,
        arch: str | None = None,
        machine: str | None = None,
        virttype: str | None = None,
        flags: int = 0,
    ) -> str:
        """The domain capabilities document; raises libvirtError."""
        with self._answering() as source:
            if source.driver is not Driver.QEMU and flags:
                raise _unsupported(flags, FROM[source.driver], "ConnectGetDomainCapabilities")
            wanted = self._flags(flags, _DOCUMENT, "qemuConnectGetDomainCapabilities")
            cpu_flags = CpuFlags(
                disable_deprecated="DISABLE_DEPRECATED_FEATURES" in wanted,
                expand="EXPAND_CPU_FEATURES" in wanted,
                supported="SUPPORTED_CPU_FEATURES" in wanted,
            )
            request = self._request(emulatorbin, arch, machine, virttype)
            document = derive(source, msgspec.structs.replace(request, flags=cpu_flags))
            return to_xml(document, self._release)

    def getCapabilities(self) -> str:
        """The host's capabilities document, as far as `domcaps.libvirt.capabilities` goes; raises libvirtError."""
        from domcaps.libvirt.host import capabilities_of  # noqa: PLC0415 - start-up: only this call needs it

        with self._answering() as source:
            return capabilities_of(source, self._request(None, None, None, None))

    def baselineHypervisorCPU(  # noqa: PLR0913, PLR0917 - libvirt-python's arguments
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        xmlCPUs: Sequence[str] | None,
        flags: int = 0,
    ) -> str:
        """The `<cpu>` that a guest can have wherever these CPUs are; raises libvirtError."""
        from domcaps.cpu.baseline import BaselineOptions, baseline  # noqa: PLC0415 - as above
        from domcaps.cpu.definition import write_definition  # noqa: PLC0415 - as above
        from domcaps.libvirt.hypervisor import hypervisor_for  # noqa: PLC0415 - start-up: only CPU calls need it

        self._only_qemu("virConnectBaselineHypervisorCPU")
        if not xmlCPUs:
            message = "xmlCPUs in virConnectBaselineHypervisorCPU must not be NULL"
            raise refusal("VIR_ERR_INVALID_ARG", "VIR_FROM_DOMAIN", message)
        with self._answering() as source:
            wanted = self._flags(flags, _BASELINE, "qemuConnectBaselineHypervisorCPU")
            options: BaselineOptions = BaselineOptions(
                features="EXPAND_FEATURES" in wanted,
                migratable="MIGRATABLE" in wanted,
                ignore_host="IGNORE_HOST" in wanted,
            )
            hypervisor, ask = hypervisor_for(source, self._request(emulator, arch, machine, virttype))
            with _cpu_questions():
                inputs = [_definition(xml, self._release).read() for xml in xmlCPUs]
                return write_definition(baseline(inputs, hypervisor, options, ask))

    def compareHypervisorCPU(  # noqa: PLR0913, PLR0917 - libvirt-python's arguments
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        xmlCPU: str | None,
        flags: int = 0,
    ) -> int:
        """What the host's CPU is to this one: one of `VIR_CPU_COMPARE_*`; raises libvirtError."""
        from domcaps.cpu.compare import Verdict, compare, complaint  # noqa: PLC0415 - as above
        from domcaps.libvirt.hypervisor import hypervisor_for  # noqa: PLC0415 - start-up: only CPU calls need it

        self._only_qemu("virConnectCompareHypervisorCPU")
        if xmlCPU is None:
            message = "xmlCPU in virConnectCompareHypervisorCPU must not be NULL"
            raise refusal("VIR_ERR_INVALID_ARG", "VIR_FROM_DOMAIN", message)
        with self._answering() as source:
            wanted = self._flags(flags, _COMPARE, "qemuConnectCompareHypervisorCPU")
            hypervisor, ask = hypervisor_for(source, self._request(emulator, arch, machine, virttype))
            with _cpu_questions():
                found = compare(_definition(xmlCPU, self._release).read(), hypervisor, ask)
            if found.verdict is Verdict.INCOMPATIBLE and "FAIL_INCOMPATIBLE" in wanted:
                raise refusal("VIR_ERR_CPU_INCOMPATIBLE", "VIR_FROM_CPU", complaint(found, self._release))
            return ANSWERS[f"VIR_CPU_COMPARE_{found.verdict.upper()}"]

    def getCPUModelNames(self, arch: str, flags: int = 0) -> list[str]:
        """The CPU models that libvirt knows for an architecture; raises libvirtError."""
        from domcaps.libvirt.hypervisor import model_names  # noqa: PLC0415 - start-up: only CPU calls need it

        self._only_qemu("virConnectGetCPUModelNames")
        with self._answering():
            if flags:
                raise _unsupported(flags, "VIR_FROM_QEMU", "qemuConnectGetCPUModelNames")
            with _cpu_questions():
                return model_names(arch, self._release, self._cpu_map)

    def getType(self) -> str:
        """The driver's name: `QEMU`, `Xen`, `BHYVE` or `TEST`."""
        self._check_open()
        return TYPES[self._uri.driver]

    def getVersion(self) -> int:
        """The hypervisor's version, major * 1000000 + minor * 1000 + micro; raises libvirtError."""
        from domcaps.libvirt.host import version_of  # noqa: PLC0415 - start-up: only this call needs it

        with self._answering() as source:
            return version_of(source)

    def getLibVersion(self) -> int:
        """The libvirt release whose answers these are, as a number."""
        self._check_open()
        return version_number(self._release)

    def getHostname(self) -> str:
        """This host's name; `localhost` for a snapshot, which never has a name in it."""
        self._check_open()
        if self._recorded is not None:
            return "localhost"
        import socket  # noqa: PLC0415 - start-up: only this call needs it

        return socket.gethostname()

    def getURI(self) -> str:
        """The URI that opens this connection again."""
        self._check_open()
        return str(self._uri)

    def isAlive(self) -> int:
        """1 until it is closed."""
        return int(self._open)

    def isSecure(self) -> int:
        """1: nothing leaves this process."""
        self._check_open()
        return 1

    def isEncrypted(self) -> int:
        """0: there is nothing to encrypt."""
        self._check_open()
        return 0

    def setKeepAlive(self, interval: int, count: int) -> int:  # noqa: ARG002 - libvirt-python's arguments
        """1: nobody is there to answer, so none is asked for."""
        self._check_open()
        return 1

    def registerCloseCallback(self, cb: Callable[..., object], opaque: object) -> int:  # noqa: ARG002 - libvirt-python's
        """0; a connection that is none never breaks, so it is never called."""
        self._check_open()
        return 0

    def unregisterCloseCallback(self) -> int:
        """0."""
        self._check_open()
        return 0

    def close(self) -> int:
        """0; closed twice is closed."""
        self._open = False
        return 0

    def c_pointer(self) -> int:
        """0: there is no connection in C."""
        return 0

    @contextmanager
    def _answering(self) -> Iterator[Source]:
        """The host as it is now; what goes wrong meanwhile is raised as libvirt-python raises it."""
        self._check_open()
        domain = FROM[self._uri.driver]
        try:
            with self._source() as source:
                yield source
        except libvirtError:
            raise
        except DomcapsError as error:
            raise from_domcaps(error, domain) from error

    def _source(self) -> AbstractContextManager[Source]:
        if self._recorded is not None:
            return nullcontext(self._recorded)
        from domcaps.cache import Cache  # noqa: PLC0415 - start-up: snapshots need neither
        from domcaps.live import LiveSource  # noqa: PLC0415 - as above

        return LiveSource(cache=Cache(), driver=self._uri.driver)

    def _request(self, emulator: str | None, arch: str | None, machine: str | None, virt_type: str | None) -> Request:
        if virt_type == "":
            raise RequestError("unknown virttype: ", kind=INVALID)
        if arch == "":
            raise RequestError("unknown architecture: ", kind=INVALID)
        return Request(
            emulator=emulator,
            arch=arch,
            machine=machine,
            virt_type=virt_type,
            libvirt=self._release,
            cpu_map=self._cpu_map,
        )

    def _flags(self, flags: int, prefix: str, function: str) -> set[str]:
        """The names, without their prefix, of the flags that are set, all of which the release must have."""
        known = {
            name: FLAGS[name]
            for name, since in FLAGS_SINCE.items()
            if name.startswith(prefix) and since <= self._release
        }
        left = flags & ~sum(known.values())
        if left:
            raise _unsupported(left, "VIR_FROM_QEMU", function)
        return {name.removeprefix(prefix) for name, bit in known.items() if flags & bit}

    def _only_qemu(self, function: str) -> None:
        self._check_open()
        if self._uri.driver is not Driver.QEMU:
            message = f"this function is not supported by the connection driver: {function}"
            raise refusal("VIR_ERR_NO_SUPPORT", "VIR_FROM_DOMAIN", message)

    def _check_open(self) -> None:
        if not self._open:
            raise refusal(
                "VIR_ERR_INVALID_CONN", "VIR_FROM_DOMAIN", "invalid connection pointer in a closed connection"
            )


@contextmanager
def _cpu_questions() -> Iterator[None]:
    """What libvirt's CPU code refuses comes from there; that a driver has no such call comes from the driver."""
    try:
        yield
    except RequestError as error:
        of_driver = error.kind in {INVALID, "Operation not supported"} and "arch" in str(error)
        raise from_domcaps(error, "VIR_FROM_QEMU" if of_driver else "VIR_FROM_CPU") from error


def not_served(name: str) -> Callable[..., object]:
    """A method that refuses, as libvirt does what a driver does not have."""

    def refuse(self: Connection, *_arguments: object, **_named: object) -> object:
        del self
        message = f"this function is not supported by the connection driver: {name}"
        raise refusal("VIR_ERR_NO_SUPPORT", "VIR_FROM_DOMAIN", message)

    refuse.__name__ = name
    return refuse


def version_number(version: tuple[int, int, int]) -> int:
    """A version as libvirt writes it in a number."""
    major, minor, micro = version
    return major * 1000000 + minor * 1000 + micro


def _unsupported(flags: int, domain: str, function: str) -> libvirtError:
    return refusal("VIR_ERR_INVALID_ARG", domain, f"unsupported flags (0x{flags:x}) in function {function}")


def _definition(xml: str, which: Release) -> Definition:
    """The `<cpu>` element of a text, which must be nothing else."""
    from lxml import etree  # noqa: PLC0415 - start-up: only definitions given as XML need it

    from domcaps.cpu.definition import Definition  # noqa: PLC0415 - as above

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(xml.encode(), parser)
    except etree.XMLSyntaxError as error:
        what = error.msg.partition(", line ")[0]
        where = "at line " if which >= NAMELESS_XML else "(CPU_definition):"
        raise refusal("VIR_ERR_XML_DETAIL", "VIR_FROM_CPU", f"{where}{error.lineno}: {what}") from error
    if root.tag != "cpu":
        message = "XML error: XML does not contain expected 'cpu' element"
        raise refusal("VIR_ERR_XML_ERROR", "VIR_FROM_CPU", message)
    return Definition(element=root)
