"""The `<os>` of every recorded document, and libvirt's verdict on every recorded guest's firmware."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from domcaps.firmware.choice import Choice, choose
from domcaps.firmware.descriptor import Interface
from domcaps.firmware.facts import FirmwareFacts
from domcaps.firmware.guest import GuestOs, Loader, Nvram, Varstore
from domcaps.firmware.match import FirmwareIndex
from domcaps.release import NEWEST, Release

SHARED = Path(__file__).resolve().parents[3] / "shared"
FOLDERS: list[Path | None] = [*sorted((SHARED / "vectors").glob("*/"))] or [None]
STORES = {"uefi-vars-x64", "uefi-vars-sysbus"}
YES_NO = {"yes": True, "on": True, "no": False, "off": False}


class Asked(msgspec.Struct, rename={"answer": "return"}):
    execute: str
    arguments: msgspec.Raw = msgspec.Raw()
    answer: msgspec.Raw = msgspec.Raw(b"[]")


class Emulator(msgspec.Struct):
    accelerators: dict[str, list[Asked]]


class Recorded(msgspec.Struct):
    firmware: FirmwareFacts
    emulators: dict[str, Emulator]


@cache
def snapshot(path: Path) -> Recorded:
    return msgspec.json.decode(gzip.decompress(path.read_bytes()), type=Recorded)


@cache
def index(path: Path, asked: str) -> FirmwareIndex:
    return FirmwareIndex(snapshot(path).firmware, Release.parse(asked))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name if folder else "no vectors")
def test_the_os_element_of_every_recorded_document_follows(folder: Path | None) -> None:
    if folder is None:
        pytest.skip(f"no recorded documents under {SHARED}")
    wrong = []
    for case in json.loads((folder / "cases.json").read_text()):
        if case.get("status"):
            continue
        path = folder / "snapshots" / f"{case['snapshot']}.json.gz"
        document = ET.parse(folder / case["expected"]).getroot()  # noqa: S314 - libvirt's own output
        machine = index(path, case["libvirt"]).machine(text(document, "arch"), text(document, "machine"))
        wanted = stated(document, images="os/loader/value" not in case.get("ignore", []))
        got = {
            "firmware": [
                word for kind, word in ((Interface.BIOS, "bios"), (Interface.UEFI, "efi")) if kind in machine.interfaces
            ],
            "secureBoot": sorted(machine.secure_boot, reverse=True),
            "enrolledKeys": sorted(machine.enrolled_keys, reverse=True),
            "secure": ["yes", "no"] if machine.secure else ["no"],
            "images": list(machine.images),
            "varstore": machine.has_uefi_vars and bool(STORES & types(snapshot(path), text(document, "path"))),
        }
        wrong += [
            f"{case['name']}: {key} {got[key]}, not {value}" for key, value in wanted.items() if got[key] != value
        ]
    assert wrong == []


def test_every_recorded_verdict_on_a_guests_firmware_is_ours() -> None:
    if not (SHARED / "guests").is_dir():
        pytest.skip(f"no recorded guests under {SHARED}")
    host = index(SHARED / "guests" / "snapshot.json.gz", str(NEWEST))
    wrong = []
    seen = {"chosen": 0, "refused": 0}
    for verdict in json.loads((SHARED / "guests" / "verdicts.json").read_text()):
        try:
            domain = ET.parse(SHARED / "guests" / verdict["guest"]).getroot()  # noqa: S314 - libvirt's test data
        except ET.ParseError:
            continue
        kind = domain.find("os/type")
        name = kind.get("machine", "") if kind is not None else ""
        result = choose(host, guest(domain), arch=verdict["arch"], machine={"q35": "pc-q35-11.1"}.get(name, name))
        said = verdict.get("message", "")
        about_firmware = any(word in said for word in ("firmware", "loader", "Secure boot"))
        if isinstance(result, Choice):
            seen["chosen"] += result.descriptor is not None
            if about_firmware:
                wrong.append(f"{verdict['guest']}: taken, and libvirt says {said}")
        else:
            seen["refused"] += 1
            if verdict["verdict"] == "accepted" or (about_firmware and str(result) != said):
                wrong.append(f"{verdict['guest']}: {result}, and libvirt says {said or 'nothing'}")
    assert wrong == []
    assert min(seen.values()) >= 10, seen


def text(document: ET.Element, name: str) -> str:
    return document.findtext(name) or ""


def stated(document: ET.Element, *, images: bool) -> dict[str, object]:
    def words(place: str) -> list[str]:
        return [value.text or "" for value in document.findall(f"{place}/value")]

    wanted: dict[str, object] = {
        "firmware": words("os/enum[@name='firmware']"),
        "secure": words("os/loader/enum[@name='secure']"),
    }
    if images:
        wanted["images"] = words("os/loader")
    if document.find("os/firmwareFeatures") is not None:
        wanted["secureBoot"] = words("os/firmwareFeatures/enum[@name='secureBoot']")
        wanted["enrolledKeys"] = words("os/firmwareFeatures/enum[@name='enrolledKeys']")
    if (varstore := document.find("os/varstore")) is not None:
        wanted["varstore"] = YES_NO[varstore.get("supported", "")]
    return wanted


def types(of: Recorded, emulator: str) -> set[str]:
    """The QOM types of an emulator; a replayed one stands in the snapshot under its real name."""
    found = of.emulators.get(emulator) or next(iter(of.emulators.values()))
    return {
        kind["name"]
        for conversation in found.accelerators.values()
        for exchange in conversation
        if exchange.execute == "qom-list-types" and not bytes(exchange.arguments)
        for kind in msgspec.json.decode(exchange.answer)
    }


def guest(domain: ET.Element) -> GuestOs:
    def attributes(place: str) -> dict[str, str] | None:
        element = domain.find(place)
        return None if element is None else {**element.attrib, "text": (element.text or "").strip()}

    def switch(place: str, name: str, default: str | None = None) -> bool | None:
        return YES_NO.get((attributes(place) or {}).get(name, default or "")) if attributes(place) is not None else None

    loader, nvram, varstore = (attributes(f"os/{name}") for name in ("loader", "nvram", "varstore"))
    security = attributes("launchSecurity") or {}
    return GuestOs(
        firmware=(attributes("os") or {}).get("firmware"),
        features={
            feature.get("name", ""): YES_NO[feature.get("enabled", "no")]
            for feature in domain.findall("os/firmware/feature")
        },
        loader=None
        if loader is None
        else Loader(
            path=loader["text"] or None,
            type=loader.get("type"),
            format=loader.get("format"),
            readonly=YES_NO.get(loader.get("readonly", "")),
            secure=YES_NO.get(loader.get("secure", "")),
            stateless=YES_NO.get(loader.get("stateless", "")),
        ),
        nvram=None
        if nvram is None
        else Nvram(
            template=nvram.get("template"), template_format=nvram.get("templateFormat"), format=nvram.get("format")
        ),
        varstore=None if varstore is None else Varstore(template=varstore.get("template")),
        smm=switch("features/smm", "state", "on"),
        acpi=domain.find("features/acpi") is not None,
        suspend_to_mem=switch("pm/suspend-to-mem", "enabled"),
        suspend_to_disk=switch("pm/suspend-to-disk", "enabled"),
        launch_security=security.get("type"),
        sev_es=bool(int(domain.findtext("launchSecurity/policy") or "0", 0) >> 2 & 1),
    )
