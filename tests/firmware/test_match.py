"""What a document's `<os>` follows from: the cases put before three real daemons."""

from __future__ import annotations

from typing import Any

import pytest

from domcaps.errors import RequestError
from domcaps.firmware.facts import KNOWN_IMAGES, FirmwareFacts
from domcaps.firmware.match import FirmwareIndex, MachineFirmware, firmware_for
from domcaps.release import NEWEST, Release, release
from tests.firmware.made import flash, text_of

OLD, MIDDLE = release("9.0"), release("11.3")
ALL = (OLD, MIDDLE, NEWEST)
SHARE, ETC = "/usr/share/qemu/firmware", "/etc/qemu/firmware"
KNOWN = (KNOWN_IMAGES[0], KNOWN_IMAGES[2])
SECURE = ["secure-boot", "requires-smm"]


def facts(*texts: str, images: tuple[str, ...] = ("/code.fd", *KNOWN), **more: Any) -> FirmwareFacts:  # noqa: ANN401 - any field
    descriptors = {f"{SHARE}/{50 + at}.json": text for at, text in enumerate(texts)}
    return FirmwareFacts(descriptors=descriptors, images=images, **more)


def q35(of: FirmwareFacts, asked: Release = NEWEST) -> MachineFirmware:
    return firmware_for(of, arch="x86_64", machine="pc-q35-11.1", release=asked)


def words(found: MachineFirmware) -> tuple[list[str], list[str], list[str], bool]:
    """Interfaces, secureBoot, enrolledKeys and secure."""
    return sorted(found.interfaces), sorted(found.secure_boot), sorted(found.enrolled_keys), found.secure


def test_without_descriptors_the_known_images_that_exist_are_listed_and_nothing_else() -> None:
    found = q35(facts())
    assert found == MachineFirmware(images=KNOWN)
    assert words(found) == ([], [], [], False)
    assert not found.has_uefi_vars


def test_the_list_of_known_images_grew() -> None:
    every = FirmwareFacts(images=KNOWN_IMAGES)
    ovmf, secboot, aavmf, aavmf32 = KNOWN_IMAGES
    assert {asked: q35(every, release(asked)).images for asked in ("1.2.9", "1.2.13", "2.2", "3.6")} == {
        "1.2.9": (ovmf,),
        "1.2.13": (ovmf, aavmf),
        "2.2": (ovmf, secboot, aavmf),
        "3.6": (ovmf, secboot, aavmf, aavmf32),
    }


@pytest.mark.parametrize(("asked", "spoilt"), [("7.3", True), ("7.4", False), ("7.5", False)])
def test_sev_es_spoilt_a_descriptor_until_unknown_features_were_skipped(asked: str, *, spoilt: bool) -> None:
    of = facts(text_of(features=["amd-sev-es"]))
    if spoilt:
        with pytest.raises(RequestError, match="amd-sev-es"):
            q35(of, release(asked))
    else:
        assert q35(of, release(asked)).interfaces == {"uefi"}


def test_a_missing_image_is_not_listed_but_its_firmware_counts() -> None:
    found = q35(facts(text_of(features=SECURE), images=KNOWN))
    assert words(found) == (["uefi"], ["yes"], ["no"], True)
    assert found.images == ()


@pytest.mark.parametrize("interfaces", [[], ["openfirmware"], ["uboot"]], ids=str)
def test_an_image_of_no_interface_that_a_document_knows_is_still_listed(interfaces: list[str]) -> None:
    features = ["secure-boot", "enrolled-keys", "requires-smm"]
    found = q35(facts(text_of(interface_types=interfaces, features=features)))
    assert words(found) == (interfaces, ["yes"], ["yes"], True)
    assert found.images == ("/code.fd",)


@pytest.mark.parametrize(
    ("features", "secure", "secure_boot"),
    [(["requires-smm"], True, "no"), (["secure-boot"], False, "yes")],
    ids=["SMM alone makes the loader secure", "Secure Boot alone does not"],
)
def test_secure_follows_smm_and_not_secure_boot(features: list[str], secure: bool, secure_boot: str) -> None:
    found = q35(facts(text_of(features=features)))
    assert words(found) == (["uefi"], [secure_boot], ["no"], secure)


def test_some_have_it_and_some_lack_it() -> None:
    found = q35(facts(text_of(features=SECURE), text_of(features=[*SECURE, "enrolled-keys"]), text_of()))
    assert words(found) == (["uefi"], ["no", "yes"], ["no", "yes"], True)


def test_images_stand_in_the_order_of_the_descriptors_each_once() -> None:
    texts = [text_of(mapping=flash(code)) for code in ("/b.fd", "/a.fd", "/b.fd")]
    of = facts(*texts, images=("/a.fd", "/b.fd"))
    assert q35(of).images == ("/b.fd", "/a.fd")


def test_before_5_8_the_images_are_the_configured_ones_as_often_as_they_stand_there() -> None:
    configured = ("/a.fd:/v.fd", "/b.fd", "/a.fd")
    of = FirmwareFacts(descriptors={}, images=("/a.fd", "/b.fd"), nvram=configured)
    assert q35(of, release("5.7")).images == ("/a.fd", "/b.fd", "/a.fd")
    assert q35(of, release("5.8")).images == ("/a.fd", "/b.fd")
    described = facts(text_of(mapping=flash("/a.fd")), images=("/a.fd", *KNOWN))
    assert [q35(described, release(asked)).images for asked in ("5.7", "5.8")] == [KNOWN, ("/a.fd",)]


def test_brackets_of_a_glob_are_special_before_6_0() -> None:
    of = facts(text_of(targets=[{"architecture": "x86_64", "machines": ["pc-[qi]*-11.1"]}]))
    assert [bool(q35(of, release(asked)).matches) for asked in ("5.10", "6.0")] == [True, False]


@pytest.mark.parametrize("strange", ["no-such-feature", 7, ["secure-boot"], "host-uefi-vars"])
def test_a_feature_that_is_not_known_spoils_the_request_before_7_4(strange: object) -> None:
    of = facts(text_of(features=[strange]))
    assert q35(of, release("7.4")).matches
    with pytest.raises(RequestError, match="unknown feature "):
        q35(of, release("7.3"))


@pytest.mark.parametrize(
    ("arch", "machine"),
    [("x86_64", "pc-i440fx-11.1"), ("x86_64", "q35"), ("i686", "pc-q35-11.1"), ("sparc", "SS-5"), ("x86_64", None)],
    ids=["another machine", "an alias", "another architecture", "none that has any", "no machine"],
)
def test_what_no_descriptor_serves_has_the_known_images(arch: str, machine: str | None) -> None:
    found = firmware_for(facts(text_of()), arch=arch, machine=machine, release=NEWEST)
    assert (found.matches, found.images) == ((), KNOWN)


def test_a_kernel_alone_leaves_the_known_images() -> None:
    of = facts(text_of(mapping={"device": "kernel", "filename": "/code.fd"}))
    old, middle, new = (q35(of, asked) for asked in ALL)
    assert [found.images for found in (old, middle, new)] == [KNOWN] * 3
    assert [set(found.interfaces) for found in (old, middle, new)] == [{"uefi"}, {"uefi"}, set()]


def test_uefi_vars_are_for_a_varstore_in_12_8() -> None:
    rom = {"device": "memory", "filename": "/code.fd", "uefi-vars": {"template": "/v"}}
    of = facts(text_of(mapping=rom, features=["host-uefi-vars"]))
    assert [q35(of, asked).has_uefi_vars for asked in ALL] == [False, False, True]
    without = facts(text_of(mapping={"device": "memory", "filename": "/code.fd"}, features=["host-uefi-vars"]))
    assert not q35(without).has_uefi_vars


def test_an_empty_file_masks_and_one_of_a_blank_is_broken() -> None:
    descriptors = {f"{SHARE}/50.json": text_of(), f"{ETC}/50.json": ""}
    masked = q35(FirmwareFacts(descriptors=descriptors, images=("/code.fd", *KNOWN)))
    assert (masked.matches, masked.images, masked.skipped) == ((), KNOWN, ())
    blank = q35(FirmwareFacts(descriptors=descriptors | {f"{ETC}/50.json": " "}, images=("/code.fd",)))
    assert [fault.path for fault in blank.skipped] == [f"{ETC}/50.json"]
    assert blank.matches == ()


def test_a_session_daemon_sees_three_folders() -> None:
    user = "/home/user/.config/qemu/firmware"
    layout = {
        f"{SHARE}/50": "/A",
        f"{SHARE}/60": "/B",
        f"{ETC}/60": "/C",
        f"{ETC}/70": "/D",
        f"{user}/50": None,
        f"{user}/55": "/F",
        f"{user}/70": "/E",
    }
    descriptors = {path: "" if code is None else text_of(mapping=flash(code)) for path, code in layout.items()}
    found = q35(FirmwareFacts(descriptors=descriptors, images=("/A", "/B", "/C", "/D", "/E", "/F")))
    assert found.images == ("/F", "/C", "/E")


def test_a_broken_file_beside_a_good_one_is_skipped_since_10_0() -> None:
    of = facts(text_of(), "{broken")
    for asked in (MIDDLE, NEWEST):
        found = q35(of, asked)
        assert found.images == ("/code.fd",)
        assert [fault.message for fault in found.skipped] == [f"unable to parse json file '{SHARE}/51.json'"]


def test_a_broken_file_fails_every_request_of_9_0_even_for_another_machine() -> None:
    of = facts(text_of(), "{broken", "{broken, too")
    with pytest.raises(RequestError, match=f"^unable to parse json file '{SHARE}/51.json'$") as caught:
        firmware_for(of, arch="sparc", machine="SS-5", release=OLD)
    assert caught.value.kind == "internal error"


def test_a_broken_file_that_is_masked_fails_nothing() -> None:
    of = FirmwareFacts(descriptors={f"{SHARE}/50": "{broken", f"{ETC}/50": text_of()}, images=("/code.fd",))
    assert q35(of, OLD).images == ("/code.fd",)


def test_an_unreadable_file_masks_and_counts_as_broken() -> None:
    complaint = f"Failed to open file '{ETC}/50.json': Permission denied"
    of = facts(text_of(), unreadable={f"{ETC}/50.json": complaint})
    found = q35(of)
    assert (found.matches, [fault.message for fault in found.skipped]) == ((), [complaint])
    with pytest.raises(RequestError, match="Failed to open file") as caught:
        q35(of, OLD)
    assert caught.value.kind == ""


def test_configured_images_replace_the_known_ones_only_where_there_is_no_descriptor_file() -> None:
    own = ("/own.fd", "/gone.fd")
    images = ("/own.fd", "/code.fd", *KNOWN)
    assert q35(facts(images=images, nvram=own)).images == ("/own.fd",)
    assert q35(facts(text_of(), images=images, nvram=own)).images == ("/code.fd",)
    for other in (text_of(targets=[]), "{broken"):
        assert q35(facts(other, images=images, nvram=own)).images == ()


def test_releases_before_5_2_read_no_descriptor() -> None:
    assert q35(facts(text_of(), "{broken"), release("5.1")) == MachineFirmware(images=KNOWN)


def test_an_index_serves_many_machines() -> None:
    index = FirmwareIndex(facts(text_of()), NEWEST)
    assert len(index.descriptors) == 1
    assert [len(index.machine("x86_64", machine).matches) for machine in ("pc-q35-1", "pc-1", None)] == [1, 0, 0]
