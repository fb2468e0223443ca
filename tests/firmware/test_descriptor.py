"""One descriptor, as 9.0, 11.3 and 12.8 understand it: the tables of the three real daemons' answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domcaps.firmware.descriptor import Descriptor, Fault, Feature, FlashMode, Image, Target, read_descriptor
from domcaps.release import NEWEST, Release, release
from tests.firmware.made import flash, text_of

OLD, MIDDLE = release("9.0"), release("11.3")
ALL = (OLD, MIDDLE, NEWEST)
PATH = "/etc/qemu/firmware/50.json"
MEMORY = {"device": "memory", "filename": "/rom.fd"}


def read(text: str, asked: Release = NEWEST) -> Descriptor:
    found = read_descriptor(PATH, text, asked)
    assert isinstance(found, Descriptor), found
    return found


def test_everything_of_a_split_flash() -> None:
    found = read(text_of(features=["secure-boot", "no-such-feature", 7, "requires-smm"]))
    assert (found.code, found.code_format, found.mode) == ("/code.fd", "raw", FlashMode.SPLIT)
    assert found.template == Image(path="/code.fd.vars", format="raw")
    assert found.features == {Feature.SECURE_BOOT, Feature.REQUIRES_SMM}
    assert found.targets == (Target(arch="x86_64", machines=("pc-q35-*",)),)


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("no interfaces", {"interface_types": ...}, "failed to get interface-types from '{}'"),
    ("interfaces that are no list", {"interface_types": "uefi"}, "failed to get interface-types from '{}'"),
    ("an interface nobody knows", {"interface_types": ["uefi", "UEFI"]}, "unknown interface type: 'UEFI'"),
    ("no mapping", {"mapping": ...}, "missing mapping in '{}'"),
    ("a mapping that is no object", {"mapping": []}, "missing mapping in '{}'"),
    ("no device", {"mapping": {}}, "missing device type in '{}'"),
    ("a device nobody knows", {"mapping": {"device": "igvm", "filename": "/x"}}, "unknown device type in '{}'"),
    ("an unknown flash mode", {"mapping": flash("/c", mode="x")}, "Firmware flash mode value 'x' unexpected"),
    ("a flash mode that is no string", {"mapping": flash("/c", mode=None)}, "Firmware flash mode value was malformed"),
    ("flash without code", {"mapping": flash("/c", executable=...)}, "missing 'executable' in '{}'"),
    ("code without a name", {"mapping": flash("/c", executable={"format": "raw"})}, "missing 'filename' in '{}'"),
    ("code without a format", {"mapping": flash("/c", executable={"filename": "/c"})}, "missing 'format' in '{}'"),
    ("split flash without template", {"mapping": flash("/c", nvram_template=...)}, "missing 'nvram-template' in '{}'"),
    ("no targets", {"targets": ...}, "failed to get targets from '{}'"),
    ("a target without architecture", {"targets": [{"machines": []}]}, "missing 'architecture' in '{}'"),
    ("a target that is no object", {"targets": [7]}, "missing 'architecture' in '{}'"),
    ("a target without machines", {"targets": [{"architecture": "i386"}]}, "missing 'machines' in '{}'"),
    ("no features", {"features": ...}, "failed to get features from '{}'"),
    ("features that are null", {"features": None}, "failed to get features from '{}'"),
]


@pytest.mark.parametrize("asked", ALL, ids=str)
@pytest.mark.parametrize(("members", "message"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_fault_has_libvirts_words(members: dict[str, Any], message: str, asked: Release) -> None:
    assert read_descriptor(PATH, text_of(**members), asked) == Fault(path=PATH, message=message.format(PATH))


@pytest.mark.parametrize("arch", ["amd64", "avr", "hppa", "hexagon", "or1k", "vax", "I386", ""])
def test_one_architecture_that_libvirt_does_not_know_spoils_the_file(arch: str) -> None:
    good = {"architecture": "x86_64", "machines": ["*"]}
    text = text_of(targets=[good, {"architecture": arch, "machines": ["*"]}])
    assert read_descriptor(PATH, text, NEWEST) == Fault(path=PATH, message=f"unknown architecture '{arch}'")


@pytest.mark.parametrize(
    ("told", "arch"),
    [("i386", "i686"), ("i686", "i686"), ("arm", "armv7l"), ("armv7l", "armv7l"), ("ppc64le", "ppc64le")],
)
def test_an_architecture_may_have_qemus_name_or_libvirts(told: str, arch: str) -> None:
    assert read(text_of(targets=[{"architecture": told, "machines": ["*"]}])).serves(arch, "any")


def test_loongarch_is_known_since_10_2() -> None:
    text = text_of(targets=[{"architecture": "loongarch64", "machines": ["virt"]}])
    assert isinstance(read_descriptor(PATH, text, release("10.1")), Fault)
    assert read(text, release("10.2")).serves("loongarch64", "virt")


VALID: list[tuple[str, dict[str, Any]]] = [
    ("no interface", {"interface_types": []}),
    ("no target", {"targets": []}),
    ("no machine", {"targets": [{"architecture": "x86_64", "machines": []}]}),
    ("no description", {"description": ...}),
    ("stateless flash without template", {"mapping": flash("/c", mode="stateless", nvram_template=...)}),
    ("combined flash with a broken template", {"mapping": flash("/c", mode="combined", nvram_template=7)}),
    ("a format nobody knows", {"mapping": flash("/c", executable={"filename": "/c", "format": "odd"})}),
    ("uefi-vars of flash", {"mapping": flash("/c", uefi_vars=7)}),
]


@pytest.mark.parametrize("asked", ALL, ids=str)
@pytest.mark.parametrize("members", [row[1] for row in VALID], ids=[row[0] for row in VALID])
def test_still_valid(members: dict[str, Any], asked: Release) -> None:
    read(text_of(**members), asked)


def valid_for(text: str) -> list[bool]:
    return [isinstance(read_descriptor(PATH, text, asked), Descriptor) for asked in ALL]


def test_a_kernel_is_known_until_the_rework_and_names_no_image() -> None:
    text = text_of(mapping={"device": "kernel", "filename": "/kernel"})
    assert valid_for(text) == [True, True, False]
    assert read(text, OLD).code is None


def test_memory_without_a_file_was_tolerated_by_9_0() -> None:
    text = text_of(mapping={"device": "memory"})
    assert valid_for(text) == [True, False, False]
    assert read(text, OLD).code is None


@pytest.mark.parametrize(
    ("store", "valid"),
    [({"template": "/v"}, True), (None, False), ({}, False), ({"template": 7}, False), ("/v", False)],
    ids=["with a template", "null", "without a template", "a template that is no string", "no object"],
)
def test_uefi_vars_are_read_since_12_1(store: object, valid: bool) -> None:
    text = text_of(mapping=MEMORY | {"uefi-vars": store})
    assert valid_for(text) == [True, True, valid]
    assert read(text, MIDDLE).uefi_vars is None
    if valid:
        assert read(text).uefi_vars == "/v"


def test_the_flash_mode_is_read_since_8_1() -> None:
    text = text_of(mapping=flash("/c", mode="stateless", nvram_template=...))
    assert isinstance(read_descriptor(PATH, text, release("8.0")), Fault)
    assert read(text, release("8.1")).mode is FlashMode.STATELESS


def test_features_are_read_since_their_release() -> None:
    text = text_of(features=["amd-sev-es", "amd-sev-snp", "intel-tdx", "host-uefi-vars"])
    found = [len(read(text, asked).features) for asked in ALL]
    assert found == [1, 2, 4]


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", '"x"', json.dumps([{"interface-types": []}])],
    ids=["nothing", "null", "a list", "a string", "a list of objects"],
)
def test_what_is_no_object_is_no_descriptor(text: str) -> None:
    assert [isinstance(read_descriptor(PATH, text, asked), Fault) for asked in ALL] == [True] * 3


@pytest.mark.parametrize(
    ("glob", "machine", "match"),
    [
        ("pc-q35-*", "pc-q35-11.1", True),
        ("pc-q35-*", "pc-q35-", True),
        ("pc-q35-*", "q35", False),
        ("pc-q35-*", "xpc-q35-1", False),
        ("*", "", True),
        ("", "", True),
        ("", "virt", False),
        ("virt-?.?", "virt-9.1", True),
        ("virt-?.?", "virt-10.1", False),
        ("*q35*", "pc-q35-9", True),
        ("*-*-*1", "pc-q35-11.1", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-b-b-d", False),
        ("pc-[iq]*", "pc-i440fx", False),
        ("pc-[iq]*", "pc-[iq]x", True),
        ("pc.q35", "pc-q35", False),
        ("Virt", "virt", False),
        ("*" * 30 + "x", "a" * 200, False),
    ],
)
def test_globs(glob: str, machine: str, match: bool) -> None:
    found = read(text_of(targets=[{"architecture": "x86_64", "machines": [7, glob]}]))
    assert found.serves("x86_64", machine) is match
    assert not found.serves("i686", machine)
