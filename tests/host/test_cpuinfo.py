"""The first CPU of /proc/cpuinfo."""

from __future__ import annotations

import pytest

from domcaps.host.cpuinfo import read_cpuinfo

EPYC = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 23
model\t\t: 49
model name\t: AMD EPYC 7502 32-Core Processor
stepping\t: 0
microcode\t: 0x830107a
flags\t\t: fpu sme sev sev_es
address sizes\t: 43 bits physical, 48 bits virtual

processor\t: 1
vendor_id\t: GenuineIntel
microcode\t: 0x1
address sizes\t: 46 bits physical, 48 bits virtual
"""

POWER = """processor\t: 0
cpu\t\t: POWER9 (architected), altivec supported
clock\t\t: 2200.000000MHz
revision\t: 2.3 (pvr 004e 1203)
"""

LOONGARCH = """system type\t\t: generic-loongson-machine

processor\t\t: 0
CPU Family\t\t: Loongson-64bit
Address Sizes\t\t: 48 bits physical, 48 bits virtual
"""


def test_the_first_cpu_speaks_for_all_of_an_x86_host() -> None:
    cpu = read_cpuinfo(EPYC, "x86_64")
    assert (cpu.vendor, cpu.physical_address_bits, cpu.microcode) == ("AMD", 43, 0x830107A)
    assert cpu.flags == "fpu sme sev sev_es"
    assert cpu.signature == "AuthenticAMD, AMD EPYC 7502 32-Core Processor, 23, 49, 0"


def test_powers_model_is_the_name_in_its_version_register_and_its_vendor_ibm() -> None:
    cpu = read_cpuinfo(POWER, "ppc64le")
    assert (cpu.model, cpu.vendor, cpu.physical_address_bits, cpu.flags) == ("POWER9", "IBM", None, None)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("cpu : POWER8E (raw), altivec supported", "POWER8"),
        ("cpu : POWER8NVL (raw)", "POWER8"),
        ("cpu : Power11 (architected), altivec supported", "POWER11"),
        ("cpu : PPC970FX, altivec supported", None),
        ("", None),
    ],
    ids=["an E stays a POWER8", "an NVL stays a POWER8", "newer kernels write it small", "a G5 is none", "nothing"],
)
def test_variants_of_a_power_processor(text: str, model: str | None) -> None:
    cpu = read_cpuinfo(text, "ppc64")
    assert (cpu.model, cpu.vendor) == (model, "IBM" if model else None)


def test_loongarch_tells_the_width_with_capitals_in_its_second_block() -> None:
    assert read_cpuinfo(LOONGARCH, "loongarch64").physical_address_bits == 48


@pytest.mark.parametrize(
    ("line", "arch", "bits"),
    [
        ("address sizes : 48 bits physical", "aarch64", None),
        ("address sizes : many", "x86_64", None),
        ("address sizes :", "x86_64", None),
        ("address sizes : 0x30 bits", "x86_64", 48),
        ("Address Sizes : 36 bits physical", "i686", 36),
    ],
    ids=[
        "an architecture that is not asked",
        "no number",
        "nothing after the colon",
        "a hexadecimal number",
        "any case of the letters",
    ],
)
def test_physical_address_bits(line: str, arch: str, bits: int | None) -> None:
    assert read_cpuinfo(line + "\n", arch).physical_address_bits == bits


def test_an_unknown_vendor_and_an_empty_file_are_not_known() -> None:
    assert read_cpuinfo("vendor_id : CentaurHauls\n", "x86_64").vendor is None
    nothing = read_cpuinfo("", "x86_64")
    assert (nothing.vendor, nothing.model, nothing.flags, nothing.microcode, nothing.signature) == (
        None,
        None,
        None,
        0,
        "",
    )
