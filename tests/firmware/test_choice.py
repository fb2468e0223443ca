"""Which firmware a guest gets, and libvirt's words when it gets none."""

from __future__ import annotations

from typing import Any

import pytest

from domcaps.firmware.choice import Choice, Refusal, choose
from domcaps.firmware.facts import FirmwareFacts
from domcaps.firmware.guest import GuestOs, Loader, Nvram, Varstore
from domcaps.firmware.match import FirmwareIndex
from domcaps.release import NEWEST, Release, release
from tests.firmware.made import flash, text_of

OLD, MIDDLE = release("9.0"), release("11.3")
Q35 = "pc-q35-11.1"

SECURE = ["secure-boot", "requires-smm"]
ROM = {"device": "memory", "filename": "/rom.fd"}
STORE = ROM | {"uefi-vars": {"template": "/store.json"}}


def host(*descriptors: dict[str, Any], asked: Release = NEWEST, **facts: Any) -> FirmwareIndex:  # noqa: ANN401 - any field
    """A host with these descriptors, in this order: `{"code": …}` for flash, `mapping` for anything else."""
    texts = {}
    for at, members in enumerate(descriptors):
        code = members.pop("code", "/code.fd")
        texts[f"/etc/qemu/firmware/{10 + at}"] = text_of(**({"mapping": flash(code)} | members))
    return FirmwareIndex(FirmwareFacts(descriptors=texts, images=(), **facts), asked)


def efi(**members: Any) -> GuestOs:  # noqa: ANN401 - any field
    every: dict[str, Any] = {"firmware": "efi", "acpi": True} | members
    return GuestOs(**every)


def on_q35(index: FirmwareIndex, guest: GuestOs) -> Choice | Refusal:
    return choose(index, guest, arch="x86_64", machine=Q35)


def image(result: Choice | Refusal) -> str | None:
    """The image that was chosen; `None` when the guest is refused."""
    return result.path if isinstance(result, Choice) else None


CONTRADICTIONS: list[tuple[str, GuestOs, str]] = [
    ("two stores", efi(nvram=Nvram(), varstore=Varstore()), "XML error: Cannot have both <nvram> and <varstore>"),
    (
        "keys without Secure Boot",
        efi(features={"enrolled-keys": True, "secure-boot": False}),
        "firmware feature 'enrolled-keys' cannot be enabled when firmware feature 'secure-boot' is disabled",
    ),
    (
        "features without a firmware",
        GuestOs(features={"secure-boot": True}),
        "cannot use feature-based firmware autoselection when firmware autoselection is disabled",
    ),
    (
        "a loader without a path",
        GuestOs(loader=Loader(type="pflash")),
        "no loader path specified and firmware auto selection disabled",
    ),
    (
        "a ROM that is written",
        GuestOs(loader=Loader(path="/x", readonly=False)),
        "ROM loader type cannot be used as read/write",
    ),
    (
        "a ROM in another format",
        efi(loader=Loader(type="rom", format="qcow2")),
        "Invalid format 'qcow2' for ROM loader type",
    ),
    (
        "a BIOS with variables",
        GuestOs(firmware="bios", nvram=Nvram()),
        "Firmware type 'bios' does not support variable storage (NVRAM/varstore)",
    ),
    (
        "variables of a stateless loader",
        efi(nvram=Nvram(), loader=Loader(stateless=True)),
        "Variable storage (NVRAM/varstore) is not permitted when loader is stateless",
    ),
    (
        "variables beside a writable loader",
        efi(varstore=Varstore(), loader=Loader(readonly=False)),
        "Variable storage (NVRAM/varstore) is not permitted when loader is read/write",
    ),
]


@pytest.mark.parametrize(
    ("guest", "message"), [row[1:] for row in CONTRADICTIONS], ids=[row[0] for row in CONTRADICTIONS]
)
def test_a_definition_that_contradicts_itself(guest: GuestOs, message: str) -> None:
    result = on_q35(host({}), guest)
    assert isinstance(result, Refusal)
    assert str(result) == message


@pytest.mark.parametrize(
    ("guest", "message"),
    [
        (GuestOs(loader=Loader(path="/x", stateless=False)), "Only pflash loader type permits NVRAM"),
        (GuestOs(firmware="bios", loader=Loader(stateless=False)), "Only EFI firmware permits NVRAM"),
        (efi(nvram=Nvram(), loader=Loader(stateless=True)), "NVRAM is not permitted when loader is stateless"),
    ],
    ids=["a ROM that keeps state", "a BIOS that keeps state", "variables of a stateless loader"],
)
def test_11_3_says_it_in_other_words(guest: GuestOs, message: str) -> None:
    assert str(on_q35(host({}, asked=MIDDLE), guest)) == message


def test_11_3_takes_a_rom_in_any_format_and_does_not_read_varstore() -> None:
    rom = GuestOs(loader=Loader(path="/x", format="qcow2", readonly=False))
    assert image(on_q35(host(asked=MIDDLE), rom)) == "/x"
    assert image(on_q35(host({}, asked=MIDDLE), efi(nvram=Nvram(), varstore=Varstore()))) == "/code.fd"


def test_nothing_is_chosen_for_a_guest_that_asks_for_nothing() -> None:
    assert on_q35(host({}), GuestOs(acpi=True)) == Choice()


def test_the_first_that_fits_is_chosen_and_the_others_say_why_not() -> None:
    index = host({"interface_types": ["bios"]}, {"features": SECURE}, {"code": "/plain.fd"}, {"code": "/later.fd"})
    result = on_q35(index, efi(features={"secure-boot": False}))
    assert isinstance(result, Choice)
    assert (result.path, result.template, result.type, result.readonly) == (
        "/plain.fd",
        "/plain.fd.vars",
        "pflash",
        True,
    )
    assert [reason for _, reason in result.passed_over] == ["it is no uefi firmware", "it has secure-boot"]


def test_a_firmware_that_needs_smm_makes_the_loader_secure() -> None:
    result = on_q35(host({"features": SECURE}), efi())
    assert isinstance(result, Choice)
    assert result.secure is True


@pytest.mark.parametrize("kind", ["efi", "bios"])
def test_when_none_fits_the_guest_is_refused(kind: str) -> None:
    result = on_q35(host({"interface_types": ["uboot"]}), GuestOs(firmware=kind, acpi=True))
    words = f"operation failed: Unable to find '{kind}' firmware that is compatible with the current configuration"
    assert isinstance(result, Refusal)
    assert str(result) == words
    assert len(result.passed_over) == 1


Row = tuple[str, dict[str, Any], GuestOs, bool]
REQUIREMENTS: list[Row] = [
    ("efi wants uefi", {"interface_types": ["bios"]}, efi(), False),
    ("bios wants bios", {"interface_types": ["bios"]}, GuestOs(firmware="bios"), True),
    ("another path", {}, efi(loader=Loader(path="/other.fd")), False),
    ("the same path", {}, efi(loader=Loader(path="/code.fd")), True),
    ("another template", {}, efi(nvram=Nvram(template="/other")), False),
    ("the same template", {}, efi(nvram=Nvram(template="/code.fd.vars")), True),
    ("another template of the store", {"mapping": STORE}, efi(varstore=Varstore(template="/x")), False),
    ("the same template of the store", {"mapping": STORE}, efi(varstore=Varstore(template="/store.json")), True),
    ("another machine", {"targets": [{"architecture": "x86_64", "machines": ["pc-i440fx-*"]}]}, efi(), False),
    ("another architecture", {"targets": [{"architecture": "i386", "machines": ["*"]}]}, efi(), False),
    ("sleep without S3", {}, efi(suspend_to_mem=True), False),
    ("sleep with S3", {"features": ["acpi-s3"]}, efi(suspend_to_mem=True), True),
    ("no sleep without S3", {}, efi(suspend_to_mem=False), True),
    ("hibernation without S4", {"features": ["acpi-s3"]}, efi(suspend_to_disk=True), False),
    ("Secure Boot wanted and absent", {}, efi(features={"secure-boot": True}), False),
    ("Secure Boot wanted and there", {"features": SECURE}, efi(features={"secure-boot": True}), True),
    (
        "enrolled keys unwanted and there",
        {"features": ["enrolled-keys"]},
        efi(features={"enrolled-keys": False}),
        False,
    ),
    ("SMM needed and off", {"features": SECURE}, efi(smm=False), False),
    ("SMM needed, the loader not secure", {"features": SECURE}, efi(loader=Loader(secure=False)), False),
    ("no SMM, the loader secure", {}, efi(loader=Loader(secure=True)), False),
    ("SMM needed, the loader secure", {"features": SECURE}, efi(loader=Loader(secure=True)), True),
    ("flash for a ROM", {}, efi(loader=Loader(type="rom")), False),
    ("flash for a store", {}, efi(varstore=Varstore()), False),
    ("split for stateless", {}, efi(loader=Loader(stateless=True)), False),
    ("stateless for stateless", {"mapping": flash("/s", mode="stateless")}, efi(loader=Loader(stateless=True)), True),
    ("stateless for a state", {"mapping": flash("/s", mode="stateless")}, efi(loader=Loader(stateless=False)), False),
    ("split for a state", {}, efi(loader=Loader(stateless=False)), True),
    ("split for writing", {}, efi(loader=Loader(readonly=False)), False),
    ("combined for writing", {"mapping": flash("/c", mode="combined")}, efi(loader=Loader(readonly=False)), True),
    ("combined for reading", {"mapping": flash("/c", mode="combined")}, efi(loader=Loader(readonly=True)), False),
    ("combined with variables", {"mapping": flash("/c", mode="combined")}, efi(nvram=Nvram()), False),
    ("another format", {}, efi(loader=Loader(format="qcow2")), False),
    (
        "a format libvirt does not take",
        {"mapping": flash("/c", executable={"filename": "/c", "format": "vmdk"})},
        efi(),
        False,
    ),
    ("another format of the template", {}, efi(nvram=Nvram(template_format="qcow2")), False),
    ("another format of the variables", {}, efi(nvram=Nvram(format="qcow2")), False),
    ("that beside a loader", {}, efi(nvram=Nvram(format="qcow2"), loader=Loader()), True),
    ("memory for flash", {"mapping": ROM}, efi(loader=Loader(type="pflash")), False),
    ("memory for writing", {"mapping": ROM}, efi(loader=Loader(readonly=False)), False),
    ("memory with nvram", {"mapping": ROM}, efi(nvram=Nvram()), False),
    ("memory without a store for a store", {"mapping": ROM}, efi(varstore=Varstore()), False),
    ("memory with a store for a store", {"mapping": STORE}, efi(varstore=Varstore()), True),
    ("memory without a store for a state", {"mapping": ROM}, efi(loader=Loader(stateless=False)), False),
    ("memory without a store for stateless", {"mapping": ROM}, efi(loader=Loader(stateless=True)), True),
    ("memory with a store for stateless", {"mapping": STORE}, efi(loader=Loader(stateless=True)), False),
    ("memory whatever the format", {"mapping": ROM}, efi(loader=Loader(format="qcow2")), True),
    ("SEV without amd-sev", {}, efi(launch_security="sev"), False),
    ("SEV with amd-sev", {"features": ["amd-sev"]}, efi(launch_security="sev"), True),
    ("SEV-ES without amd-sev-es", {"features": ["amd-sev"]}, efi(launch_security="sev", sev_es=True), False),
    ("SNP without amd-sev-snp", {"features": ["amd-sev"]}, efi(launch_security="sev-snp"), False),
    ("TDX with intel-tdx", {"features": ["intel-tdx"]}, efi(launch_security="tdx"), True),
    ("amd-sev for anybody", {"features": ["amd-sev"], "mapping": ROM}, efi(), True),
]


@pytest.mark.parametrize(
    ("firmware", "guest", "fits"), [row[1:] for row in REQUIREMENTS], ids=[row[0] for row in REQUIREMENTS]
)
def test_what_a_descriptor_must_fulfil(firmware: dict[str, Any], guest: GuestOs, fits: bool) -> None:
    result = on_q35(host(dict(firmware)), guest)
    assert (isinstance(result, Choice), image(result) is not None) == (fits, fits), result


OTHERWISE_IN_11_3: list[Row] = [
    ("combined for writing", {"mapping": flash("/c", mode="combined")}, efi(loader=Loader(readonly=False)), False),
    ("combined for anybody", {"mapping": flash("/c", mode="combined")}, efi(), False),
    ("stateless for anybody", {"mapping": flash("/s", mode="stateless")}, efi(), False),
    ("memory with nvram", {"mapping": ROM}, efi(nvram=Nvram()), True),
    ("memory for a state", {"mapping": ROM}, efi(loader=Loader(stateless=False)), True),
    ("another format of the template", {}, efi(nvram=Nvram(template_format="qcow2")), True),
    (
        "the format of the variables stands for the loader's",
        {"mapping": flash("/c", executable={"filename": "/c", "format": "qcow2"})},
        efi(nvram=Nvram(format="qcow2")),
        True,
    ),
]


@pytest.mark.parametrize(
    ("firmware", "guest", "fits"), [row[1:] for row in OTHERWISE_IN_11_3], ids=[row[0] for row in OTHERWISE_IN_11_3]
)
def test_what_11_3_judges_otherwise(firmware: dict[str, Any], guest: GuestOs, fits: bool) -> None:
    assert isinstance(on_q35(host(dict(firmware), asked=MIDDLE), guest), Choice) is fits
    assert isinstance(on_q35(host(dict(firmware)), guest), Choice) is not fits


def test_links_are_resolved_since_12_0() -> None:
    guest = efi(loader=Loader(path="/link.fd"))
    links = {"/link.fd": "/code.fd"}
    assert image(on_q35(host({}, links=links), guest)) == "/code.fd"
    assert image(on_q35(host({}, links=links, asked=MIDDLE), guest)) is None


def test_9_0_compares_the_path_only_of_guests_without_autoselection() -> None:
    index = host({}, asked=OLD)
    assert image(on_q35(index, efi(loader=Loader(path="/other.fd")))) == "/code.fd"
    own = GuestOs(loader=Loader(path="/other.fd", type="pflash"), acpi=True)
    assert on_q35(index, own) == Choice(
        path="/other.fd",
        type="pflash",
        format="raw",
        passed_over=(("/etc/qemu/firmware/10", "its image is /code.fd, not /other.fd"),),
    )


@pytest.mark.parametrize(
    ("firmware", "guest"),
    [
        ({"features": SECURE}, efi(smm=False)),
        ({"mapping": flash("/c", executable={"filename": "/c", "format": "qcow2"})}, efi()),
        ({"mapping": flash("/c", nvram_template={"filename": "/v", "format": "qcow2"})}, efi()),
    ],
    ids=["SMM is off", "code that is not raw", "a template that is not raw"],
)
def test_9_0_chooses_first_and_complains_then(firmware: dict[str, Any], guest: GuestOs) -> None:
    result = on_q35(host(firmware, {"code": "/good.fd"}, asked=OLD), guest)
    assert isinstance(result, Refusal)
    assert "/etc/qemu/firmware/10" in result.message


def test_images_of_ones_own_are_taken_as_they_are() -> None:
    own = Loader(path="/own.fd", type="pflash", readonly=True)
    result = on_q35(host({}), GuestOs(loader=own, acpi=True))
    assert isinstance(result, Choice)
    assert (result.descriptor, result.path, result.format, result.nvram) == (None, "/own.fd", "raw", True)


def test_a_known_image_of_ones_own_gets_its_template() -> None:
    result = on_q35(host({}), GuestOs(loader=Loader(path="/code.fd", type="pflash"), acpi=True))
    assert isinstance(result, Choice)
    assert (result.template, result.readonly) == ("/code.fd.vars", True)


def test_read_only_flash_of_ones_own_brings_an_nvram_that_excludes_a_varstore() -> None:
    own = Loader(path="/own.fd", type="pflash", readonly=True)
    result = on_q35(host({}), GuestOs(loader=own, varstore=Varstore(), acpi=True))
    assert isinstance(result, Refusal)
    assert result.message == "Only one of NVRAM/varstore can be used"


ANY = [{"architecture": name, "machines": ["*"]} for name in ("x86_64", "i386", "aarch64")]


@pytest.mark.parametrize(
    ("arch", "machine", "guest", "message"),
    [
        ("x86_64", "pc-i440fx-11.1", efi(), "Secure boot is supported with q35 machine types only"),
        ("i686", Q35, efi(), "Secure boot is supported for x86_64 architecture only"),
        ("x86_64", Q35, efi(acpi=False), "UEFI requires ACPI on this architecture"),
        (
            "x86_64",
            Q35,
            GuestOs(loader=Loader(path="/own", type="pflash", secure=True), acpi=True),
            "Secure boot requires SMM feature enabled",
        ),
        ("aarch64", "virt-9.1", GuestOs(acpi=True), "ACPI requires UEFI on this architecture"),
    ],
    ids=["q35 only", "x86_64 only", "x86 UEFI needs ACPI", "SMM must be on", "ARM's ACPI needs UEFI"],
)
def test_what_the_firmware_needs_of_the_guest(arch: str, machine: str, guest: GuestOs, message: str) -> None:
    result = choose(host({"features": SECURE, "targets": ANY}), guest, arch=arch, machine=machine)
    assert isinstance(result, Refusal)
    assert str(result) == f"unsupported configuration: {message}"


def test_what_is_needed_is_enough() -> None:
    own = GuestOs(loader=Loader(path="/own", type="pflash", secure=True), smm=True, acpi=True)
    assert image(on_q35(host(), own)) == "/own"
    arm = choose(host({"targets": ANY}), efi(), arch="aarch64", machine="virt-9.1")
    assert image(arm) == "/code.fd"
    assert choose(host(), GuestOs(), arch="aarch64", machine="virt-9.1") == Choice()
