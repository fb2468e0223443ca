"""CPU definitions, `<cpu>` elements: reading those that somebody gives, and writing ours as libvirt writes them.

Read are, in document order, top-level `<cpu>`, the one of a domain, of a host's capabilities, and the host-model of
domain capabilities; a file may hold several documents, one after the other. A definition with an `arch` child is
that of a host, any other one is for a guest. The refusals and their words are libvirt's. The input is not trusted:
it is put inside an element of our own, where XML allows no document type and hence no entities.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from domcaps.cpu import since
from domcaps.cpu.model import Fallback, FeaturePolicy, GuestCpu, InputCpu, InputKind, Policy
from domcaps.errors import InputError, RequestError
from domcaps.release import Release

if TYPE_CHECKING:
    from lxml import etree

_DECLARATION = re.compile(rb"<\?xml\s[^>]*\?>")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PLACES = {
    "cpu": ".",
    "domain": "cpu",
    "capabilities": "host/cpu",
    "domainCapabilities": "cpu/mode[@name='host-model'][@supported='yes']",
}
_MODES = ("custom", "host-model", "host-passthrough", "maximum")
_MATCHES = ("minimum", "exact", "strict")
_XML_ERROR = "XML error"
_UNSUPPORTED = "unsupported configuration"
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """A `<cpu>` element, found but not yet read: baseline reads all of a file, compare only the first."""

    element: etree._Element

    @property
    def has_bare_feature(self) -> bool:
        """A feature has no policy, as in the definition of a host: virsh says `host_cpu_warning`."""
        return any(feature.get("policy") is None for feature in self.element.iterchildren("feature"))

    def read(self) -> InputCpu:
        """Read it.

        Raises:
            RequestError: libvirt refuses such a definition.
        """
        return _read(self.element)


def find_definitions(text: bytes, source: str) -> list[Definition]:
    """The CPU definitions in the documents of a file, in document order.

    Raises:
        InputError: the text is not XML, or has no CPU definition.
    """
    from lxml import etree  # noqa: PLC0415 - start-up: only definitions given as XML need it

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    inside = _DECLARATION.sub(b"", text.removeprefix(_BYTE_ORDER_MARK))
    try:
        root = etree.fromstring(b"<inputs>" + inside + b"</inputs>", parser)
    except etree.XMLSyntaxError as error:
        raise InputError(f"not XML: {error.msg}", source=source, place=f"line {error.lineno}") from error
    found = [
        element for document in root.iterchildren(*_PLACES) for element in document.findall(_PLACES[str(document.tag)])
    ]
    if not found:
        raise InputError(
            f"File '{source}' does not contain any <cpu> element or valid domain XML, host capabilities XML, "
            "or domain capabilities XML"
        )
    return [Definition(element=element) for element in found]


def of_model(name: str) -> InputCpu:
    """The definition that `--model` stands for: the bare model."""
    return InputCpu(model=name)


def as_input(cpu: GuestCpu) -> InputCpu:
    """A host-model as the input it would be when read from the document."""
    return InputCpu(
        model=cpu.model,
        fallback=cpu.fallback or "allow",
        vendor=cpu.vendor,
        features=cpu.features,
        max_phys_bits=cpu.max_phys_bits,
    )


def host_cpu_warning(release: Release) -> str | None:
    """What virsh prints on standard error of inputs with a `Definition.has_bare_feature`; it changes no result."""
    if release < since.HOST_CPU_ERROR:
        return None
    word = "warning" if release >= since.HOST_CPU_WARNING else "error"
    return f"{word}: using host CPU definition as input may provide incorrect results"


def _read(element: etree._Element) -> InputCpu:
    kind = InputKind.HOST if element.find("arch") is not None else InputKind.GUEST
    mode, match = "custom", "exact"
    if element.tag == "cpu":  # and not the <mode> of domain capabilities, whose attributes are others
        if kind is InputKind.HOST and element.get("mode") is not None:
            raise RequestError("Attribute mode is only allowed for guest CPU", kind=_UNSUPPORTED)
        mode = _word("mode", "cpu", element.get("mode", mode), _MODES)
        match = _word("match", "cpu", element.get("match", match), _MATCHES)
    model, vendor = _text(element, "model"), _text(element, "vendor")
    features = tuple(element.iterchildren("feature"))
    if model is None and kind is InputKind.HOST:
        raise RequestError("Missing CPU model name", kind=_XML_ERROR)
    if model is None and vendor is not None:
        raise RequestError("CPU vendor specified without CPU model", kind=_XML_ERROR)
    if model is None and features and mode == "custom":
        raise RequestError("Non-empty feature list specified without CPU model", kind=_XML_ERROR)
    return InputCpu(
        kind=kind,
        arch=_text(element, "arch"),
        mode=mode,
        match=match,
        model=model,
        fallback=_fallback(element),
        vendor=vendor,
        features=_features(features, kind),
        max_phys_bits=_limit(element),
    )


def _text(element: etree._Element, child: str) -> str | None:
    found = element.find(child)
    return None if found is None else "".join(map(str, found.itertext())) or None


def _word(attribute: str, tag: str, value: str, words: tuple[str, ...]) -> str:
    if value not in words:
        raise RequestError(f"Invalid value for attribute '{attribute}' in element '{tag}': '{value}'.", kind=_XML_ERROR)
    return value


def _fallback(element: etree._Element) -> Fallback:
    model = element.find("model")
    value = "allow" if model is None else model.get("fallback", "allow")
    return "forbid" if _word("fallback", "model", value, ("allow", "forbid")) == "forbid" else "allow"


def _features(elements: tuple[etree._Element, ...], kind: InputKind) -> tuple[FeaturePolicy, ...]:
    features: dict[str, FeaturePolicy] = {}
    for element in elements:
        name = element.get("name")
        if not name:
            raise RequestError("Invalid CPU feature name", kind=_XML_ERROR)
        policy = element.get("policy", Policy.REQUIRE)
        if policy not in tuple(Policy):
            raise RequestError("Invalid CPU feature policy", kind=_XML_ERROR)
        if name in features:
            raise RequestError(f"CPU feature '{name}' specified more than once", kind=_XML_ERROR)
        features[name] = FeaturePolicy(None if kind is InputKind.HOST else Policy(policy), name)
    return tuple(features.values())


def _limit(element: etree._Element) -> int | None:
    child = element.find("maxphysaddr")
    value = None if child is None else child.get("limit")
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        _word("limit", "maxphysaddr", value, ())
    return int(value)


def write_definition(cpu: GuestCpu) -> str:
    """A `<cpu>` element with its line end, as libvirt writes a baseline.

    A definition that says nothing of a fallback is the one of an s390x baseline, and has no attributes at all.
    """
    bare = cpu.fallback is None
    lines = ["<cpu>" if bare else "<cpu mode='custom' match='exact'>"]
    fallback = "" if bare else f" fallback='{cpu.fallback}'"
    lines.append(f"  <model{fallback}>{_escape(cpu.model)}</model>")
    if cpu.vendor is not None:
        lines.append(f"  <vendor>{_escape(cpu.vendor)}</vendor>")
    if cpu.max_phys_bits is not None:
        lines.append(f"  <maxphysaddr mode='passthrough' limit='{cpu.max_phys_bits}'/>")
    for feature in cpu.features:
        policy = "" if feature.policy is None else f" policy='{feature.policy}'"
        lines.append(f"  <feature{policy} name='{_escape(feature.name)}'/>")
    return "\n".join([*lines, "</cpu>", ""])


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)
