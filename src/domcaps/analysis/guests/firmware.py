"""The guest's firmware: what `<os>` asks for, and whether the host has firmware that fits all of it.

With facts, the choice is libvirt's own (`domcaps.firmware.choice`): listed is not enough, the whole must fit one
descriptor. With a document alone, what its lists say, and what contradicts itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from domcaps.analysis.findings import Edit, Finding, Severity, Stage
from domcaps.analysis.guests import edits
from domcaps.analysis.guests.case import Case
from domcaps.analysis.guests.guest import Guest, Node
from domcaps.firmware.choice import CHOSEN_AT_DEFINITION, Refusal, choose
from domcaps.firmware.contradictions import CONTRADICTIONS
from domcaps.firmware.guest import GuestOs, Loader, Nvram, Varstore
from domcaps.schema.document import FirmwareFeatures, Os
from domcaps.schema.document import Loader as LoaderBlock

_YES_NO = {"yes": True, "no": False}
_ON_OFF = {"on": True, "off": False}


def findings(case: Case) -> Iterator[Finding]:
    """All about the guest's firmware."""
    if case.guest.first("os") is None:
        return
    wanted = guest_os(case.guest)
    stated = list(_stated(case, wanted)) if not case.receive else []
    yield from stated
    if not stated and not case.receive:
        yield from _chosen(case, wanted) if case.ground.firmware is not None else _contradicted(case, wanted)
    yield from _image(case, wanted)


def guest_os(guest: Guest) -> GuestOs:
    """What of a definition decides about its firmware."""
    os_node, acpi, smm = guest.first("os"), guest.first("features/acpi"), guest.first("features/smm")
    security = guest.first("launchSecurity")
    policy = security.child("policy") if security is not None else None
    return GuestOs(
        firmware=os_node.get("firmware") if os_node is not None else None,
        features={
            name: feature.get("enabled") == "yes"
            for feature in guest.all("os/firmware/feature")
            if (name := feature.get("name"))
        },
        loader=_loader(guest.first("os/loader")),
        nvram=_nvram(guest.first("os/nvram")),
        varstore=_varstore(guest.first("os/varstore")),
        smm=_ON_OFF.get(smm.get("state") or "on") if smm is not None else None,
        acpi=acpi is not None,
        suspend_to_mem=_enabled(guest.first("pm/suspend-to-mem")),
        suspend_to_disk=_enabled(guest.first("pm/suspend-to-disk")),
        launch_security=security.get("type") if security is not None else None,
        sev_es=_bit(policy.text if policy is not None else "", 2),
    )


def _enabled(node: Node | None) -> bool | None:
    return _YES_NO.get(node.get("enabled") or "") if node is not None else None


def _bit(number: str, bit: int) -> bool:
    try:
        return bool(int(number, 0) >> bit & 1)
    except ValueError:
        return False


def _loader(node: Node | None) -> Loader | None:
    if node is None:
        return None
    return Loader(
        path=node.text or None,
        type=node.get("type"),
        format=node.get("format"),
        readonly=_YES_NO.get(node.get("readonly") or ""),
        secure=_YES_NO.get(node.get("secure") or ""),
        stateless=_YES_NO.get(node.get("stateless") or ""),
    )


def _nvram(node: Node | None) -> Nvram | None:
    if node is None:
        return None
    return Nvram(template=node.get("template"), template_format=node.get("templateFormat"), format=node.get("format"))


def _varstore(node: Node | None) -> Varstore | None:
    return Varstore(template=node.get("template")) if node is not None else None


def _stage(case: Case) -> Stage:
    return Stage.DEFINE if case.ground.release >= CHOSEN_AT_DEFINITION else Stage.START


def _unable(wanted: GuestOs) -> str:
    return f"Unable to find '{wanted.firmware}' firmware that is compatible with the current configuration"


def _stated(case: Case, wanted: GuestOs) -> Iterator[Finding]:
    """What the document's lists refuse, where libvirt is to choose the firmware."""
    document = case.ground.document.os
    node = case.guest.first("os")
    if document is None or node is None or wanted.firmware is None:
        return
    if document.firmware is not None and wanted.firmware not in document.firmware:
        yield _refused(case, wanted, node, "firmware", Os.firmware, "os/firmware", document.firmware)
        return
    listed = document.firmware_features
    offers = {
        "secure-boot": (FirmwareFeatures.secure_boot, "secureBoot", listed.secure_boot if listed is not None else None),
        "enrolled-keys": (
            FirmwareFeatures.enrolled_keys,
            "enrolledKeys",
            listed.enrolled_keys if listed is not None else None,
        ),
    }
    for feature in case.guest.all("os/firmware/feature"):
        member, name, words = offers.get(feature.get("name") or "", (None, "", None))
        if words is not None and feature.get("enabled") not in {None, *words}:
            path = f"os/firmwareFeatures/{name}"
            yield _refused(case, wanted, feature, "enabled", member, path, words)
    loader = case.guest.first("os/loader")
    secure = document.loader.secure if document.loader is not None else None
    if loader is not None and secure is not None and loader.get("secure") not in {None, *secure}:
        yield _refused(case, wanted, loader, "secure", LoaderBlock.secure, "os/loader/secure", secure)
    store = case.guest.first("os/varstore")
    if store is not None and document.varstore is not None and not document.varstore:
        yield _refused(case, wanted, store, "", Os.varstore, "os/varstore", None)


def _refused(  # noqa: PLR0913, PLR0917 - what a row of the document's lists has
    case: Case,
    wanted: GuestOs,
    node: Node,
    attribute: str,
    member: Hashable,
    path: str,
    words: tuple[str, ...] | None,
) -> Finding:
    asks = node.get(attribute) or "" if attribute else ""
    verdict = case.ground.why(member, asks or None)
    instead, changes = _without(case, node, attribute)
    what = f"{attribute}='{asks}' in <{node.name}>" if attribute else f"<{node.name}>"
    if attribute == "enabled":
        what = f"{node.get('name')} {'on' if asks == 'yes' else 'off'}"
    called = "a firmware of the kind" if attribute == "firmware" else "firmware with"
    return case.unsupported(
        f"{path.rpartition('/')[2].replace('secureBoot', 'secure-boot').replace('enrolledKeys', 'enrolled-keys')}"
        "-unsupported"
        if attribute != "secure"
        else "loader-secure-unsupported",
        f"there is no {called} {asks if attribute == 'firmware' else what} for {case.ground.arch} "
        f"{case.ground.machine} on this host",
        node,
        attribute,
        stage=_stage(case),
        path=path,
        asks=asks,
        offered=words,
        reason=verdict.reason if verdict else "the document does not list it",
        remedy=verdict.remedy if verdict else "",
        alternative=instead,
        libvirt=_unable(wanted),
        edits=changes,
    )


def _without(case: Case, node: Node, attribute: str) -> tuple[str, tuple[Edit, ...]]:
    """The demand taken back."""
    if attribute == "firmware":
        other = next(iter(case.ground.words("os/firmware") or ()), None)
        if node.get(attribute) == "bios":
            return "leave firmware out: the guest gets QEMU's own BIOS", tuple(
                edits.remove_attribute(case.guest, node, attribute)
            )
        return (f"firmware='{other}' in <os>", ()) if other else ("", ())
    if attribute == "secure":
        return "leave secure out", tuple(edits.remove_attribute(case.guest, node, attribute))
    return f"leave <{node.name}> out", (edits.remove(case.guest, node),)


def _chosen(case: Case, wanted: GuestOs) -> Iterator[Finding]:
    """The firmware that libvirt would choose, or its refusal."""
    ground = case.ground
    if ground.firmware is None:
        return
    found = choose(ground.firmware, wanted, arch=ground.arch, machine=ground.machine)
    if not isinstance(found, Refusal):
        return
    node, attribute, culprit = _culprit(case, found)
    passed = [f"{path.rpartition('/')[2]}: {reason}" for path, reason in found.passed_over]
    close = [reason for _, reason in found.passed_over if "it is not for" not in reason and "it is no " not in reason]
    reason = "; ".join(
        passed[:_SHOWN] if not close else [entry for entry in passed if entry.split(": ", 1)[1] in close]
    )
    yield case.unsupported(
        "firmware-unsuitable" if found.passed_over or "Unable" in found.message else "firmware-refused",
        _message(wanted, found),
        node,
        attribute,
        stage=_stage(case) if _is_of_choosing(case, wanted, found) else Stage.DEFINE,
        path="os/firmware",
        asks=wanted.firmware or "",
        offered=ground.words("os/firmware"),
        reason=reason or "the definition contradicts itself or its machine",
        alternative=culprit[0],
        libvirt=str(found),
        edits=culprit[1],
    )


def _is_of_choosing(case: Case, wanted: GuestOs, refusal: Refusal) -> bool:
    """Whether a refusal comes of the firmware that libvirt chooses; one of the definition itself never waits."""
    if any(row.applies(case.ground.release) and row.holds(wanted) for row in CONTRADICTIONS):
        return False
    own = wanted.firmware is None and "Secure boot" in refusal.message
    return not own and "requires ACPI" not in refusal.message and "requires UEFI" not in refusal.message


_SHOWN = 6
"""Descriptors that a reason names."""


def _message(wanted: GuestOs, refusal: Refusal) -> str:
    if "Unable" in refusal.message:
        return f"no {wanted.firmware} firmware of this host fits all that the guest asks for in <os>"
    return f"libvirt refuses this firmware configuration: {refusal.message}"


_POINTS = (
    ("varstore", "os/varstore", ""),
    ("stateless", "os/loader", "stateless"),
    ("enrolled-keys", "os/firmware/feature", "enabled"),
    ("feature-based", "os/firmware/feature", "name"),
    ("Secure boot", "os/loader", "secure"),
    ("no loader path", "os/loader", ""),
    ("ROM loader", "os/loader", "type"),
    ("Variable storage", "os/nvram", ""),
    ("variable storage", "os/nvram", ""),
    ("NVRAM", "os/nvram", ""),
    ("ACPI requires", "features/acpi", ""),
)
"""A word of libvirt's refusal to the place that it is about, the first that is there."""


def _culprit(case: Case, refusal: Refusal) -> tuple[Node, str, tuple[str, tuple[Edit, ...]]]:
    """Where to point, and the one change that would help, where there is one."""
    guest, ground = case.guest, case.ground
    os_node = guest.first("os") or guest.root
    if "Unable" not in refusal.message:
        for word, path, attribute in _POINTS:
            node = guest.first(path)
            if word in refusal.message and node is not None:
                return node, attribute if node.get(attribute) else "", _mended(case, refusal)
        return os_node, "firmware" if os_node.get("firmware") else "", _mended(case, refusal)
    for clause, change in _relaxations(guest):
        relaxed = Guest(edits.apply(guest.data, change), like=guest)
        if ground.firmware is None or relaxed.fault is not None:
            break
        if not isinstance(
            choose(ground.firmware, guest_os(relaxed), arch=ground.arch, machine=ground.machine), Refusal
        ):
            return os_node, "firmware", (clause, change)
    return os_node, "firmware", ("", ())


def _mended(case: Case, refusal: Refusal) -> tuple[str, tuple[Edit, ...]]:
    guest = case.guest
    features = guest.first("features")
    if refusal.message.startswith("UEFI requires ACPI"):
        if features is not None:
            return "<acpi/> in <features>", (edits.add_child(guest, features, "<acpi/>"),)
        devices = guest.first("devices")
        change = (edits.add_first(guest, devices, "<features><acpi/></features>"),) if devices is not None else ()
        return "<acpi/> in <features>", change
    if "SMM" in refusal.message and features is not None:
        smm = guest.first("features/smm")
        if smm is not None:
            return "state='on' in <smm>", (edits.set_attribute(guest, smm, "state", "on"),)
        return "<smm state='on'/> in <features>", (edits.add_child(guest, features, "<smm state='on'/>"),)
    acpi = guest.first("features/acpi")
    if refusal.message.startswith("ACPI requires") and acpi is not None:
        return "firmware='efi' in <os>; or leave <acpi> out", (edits.remove(guest, acpi),)
    return "", ()


def _relaxations(guest: Guest) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """Single demands of `<os>` taken back, the smallest first, then all of them."""
    loader, nvram = guest.first("os/loader"), guest.first("os/nvram")
    everything: list[Edit] = []
    single: list[tuple[str, tuple[Edit, ...]]] = []
    for node, names in (
        (loader, ("format", "stateless", "readonly", "secure", "type")),
        (nvram, ("templateFormat", "format", "template")),
    ):
        for name in names if node is not None else ():
            change = tuple(edits.remove_attribute(guest, node, name)) if node is not None else ()
            if change and node is not None:
                single.append((f"leave {name} out of <{node.name}>", change))
    smm = guest.first("features/smm")
    elements = [
        *guest.all("os/firmware/feature"),
        *(node for node in (loader, nvram, guest.first("os/varstore"), smm) if node is not None),
    ]
    for node in elements:
        named = f" name='{node.get('name')}'" if node.name == "feature" else ""
        single.append((f"leave <{node.name}{named}> out", (edits.remove(guest, node),)))
        everything.append(edits.remove(guest, node))
    yield from single
    if everything:
        yield "leave all demands on the firmware out: libvirt chooses", tuple(everything)


def _contradicted(case: Case, wanted: GuestOs) -> Iterator[Finding]:
    """Without facts: what no firmware could fulfil."""
    row = next((row for row in CONTRADICTIONS if row.applies(case.ground.release) and row.holds(wanted)), None)
    if row is None:
        return
    refusal = Refusal(kind=row.kind, message=row.words(wanted))
    node, attribute, (instead, changes) = _culprit(case, refusal)
    yield case.unsupported(
        "firmware-refused",
        _message(wanted, refusal),
        node,
        attribute,
        path="os/firmware",
        reason="the definition contradicts itself",
        alternative=instead,
        libvirt=str(refusal),
        edits=changes,
    )


def _image(case: Case, wanted: GuestOs) -> Iterator[Finding]:
    """A path of the guest's own: any is taken, and one that is not there is seen at start."""
    node = case.guest.first("os/loader")
    images = case.ground.words("os/loader/value")
    path = wanted.loader.path if wanted.loader else None
    if node is None or path is None or images is None or path in images:
        return
    yield case.finding(
        Severity.NOTE,
        "loader-unlisted",
        f"the firmware image {path} is not among those known on this host",
        node,
        text=True,
        path="os/loader/value",
        asks=path,
        offered=images,
        reason="libvirt takes any path; if there is no such file, the guest does not start",
        libvirt="could not load PC BIOS" if case.is_x86 else "",
    )
