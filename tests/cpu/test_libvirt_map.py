"""Reading a CPU map directory: what is taken, in which order, and whose fault a broken one is."""

from __future__ import annotations

from pathlib import Path

import pytest

from domcaps.cpu.libvirt_map import read_map
from domcaps.cpu.model import (
    ArmMap,
    ArmModel,
    ArmVendor,
    CpuidBit,
    CpuMap,
    Feature,
    Model,
    MsrBit,
    Ppc64Map,
    Ppc64Model,
    Pvr,
    Register,
    Signature,
    Vendor,
    X86Map,
)
from domcaps.errors import InputError
from tests.cpu.small import R12

FILES = {
    "index.xml": """<!-- generated --><cpus>
      <arch name='x86'>
        <include filename='x86.xml'/>
        <group name='Some'><include filename='x86_Late.xml'/></group>
        <group><include filename='not-there.xml'/></group>
      </arch>
      <arch name='ppc64'><include filename='ppc64.xml'/></arch>
      <arch name='arm'><include filename='arm.xml'/></arch>
      <arch name='alpha'><include filename='not-there.xml'/></arch>
    </cpus>""",
    "x86.xml": """<cpus>
      <model name='Base'>
        <check partial='compat'/><decode host='on' guest='off'/>
        <signature family='6' model='85' stepping='0-1,4'/><signature family='6' model='86'/>
        <vendor name='Intel'/><feature name='sse'/><feature name='no-x' removed='yes'/>
        <feature name='vmx' added='yes'/>
      </model>
      <feature name='vmx'><cpuid eax_in='0x1' ecx='0x20'/></feature>
      <feature name='sse' migratable='no'><alias name='xmm' source='linux'/><cpuid eax_in='0x7' ecx_in='0x1' edx='2'/>
      </feature>
      <feature name='no-x'><msr index='0x10a' edx='0x1' eax='0x0'/></feature>
      <vendor name='Intel' string='GenuineIntel'/>
    </cpus>""",
    "x86_Late.xml": """<cpus>
      <model name='Base-v1'><decode host='on' guest='on'/><model name='Base'/></model>
      <model name='Heir'><model name='Base'/><feature name='vmx'/></model>
    </cpus>""",
    "ppc64.xml": """<cpus><vendor name='IBM'/>
      <model name='POWER8'><vendor name='IBM'/><pvr value='0x004d0000' mask='0xffff0000'/></model></cpus>""",
    "arm.xml": """<cpus><vendor name='ARM' value='0x41'/><feature name='sve'/>
      <model name='a53'><vendor name='ARM'/><pvr value='0xd03'/></model></cpus>""",
}
VMX, SSE, NO_X = 1, 2, 4
SIGNATURES = (Signature(family=6, model=85, steppings=0b10011), Signature(family=6, model=86))


def write(folder: Path, **changed: str) -> Path:
    for name, text in (FILES | {f"{name}.xml": text for name, text in changed.items()}).items():
        (folder / name).write_text(text)
    return folder


def test_a_map_is_read_whole_and_in_its_order(tmp_path: Path) -> None:
    vmx = Feature(name="vmx", places=(CpuidBit(leaf=1, register=Register.ECX, bit=5),))
    sse = Feature(
        name="sse",
        places=(CpuidBit(leaf=7, subleaf=1, register=Register.EDX, bit=1),),
        migratable=False,
        aliases=(("linux", "xmm"),),
    )
    no_x = Feature(name="no-x", places=(MsrBit(index=0x10A, bit=32),))
    base = Model(
        name="Base",
        vendor="Intel",
        signatures=SIGNATURES,
        features=SSE,
        removed=("no-x",),
        guest=False,
        compat_check=True,
    )
    assert read_map(write(tmp_path), R12) == CpuMap(
        release=R12,
        x86=X86Map(
            vendors=(Vendor(name="Intel", string="GenuineIntel"),),
            features=(vmx, sse, no_x),
            models=(
                base,
                Model(name="Base-v1", ancestor="Base", own=False, vendor="Intel", signatures=SIGNATURES, features=SSE),
                Model(name="Heir", ancestor="Base", vendor="Intel", signatures=SIGNATURES, features=SSE | VMX),
            ),
        ),
        ppc64=Ppc64Map(
            vendors=("IBM",),
            models=(Ppc64Model(name="POWER8", vendor="IBM", pvrs=(Pvr(value=0x4D0000, mask=0xFFFF0000),)),),
        ),
        arm=ArmMap(
            vendors=(ArmVendor(name="ARM", value=0x41),),
            features=("sve",),
            models=(ArmModel(name="a53", vendor="ARM", part=0xD03),),
        ),
    )


def test_only_a_model_with_nothing_of_its_own_is_a_canonical_name(tmp_path: Path) -> None:
    assert read_map(write(tmp_path), R12).x86.canonical == {"Base": "Base-v1"}


def late(body: str) -> str:
    return f"<cpus>\n{body}\n</cpus>"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<model name='A'><model name='Heir'/></model>", "ancestor 'Heir' is not defined before this model"),
        ("<model name='A'><vendor name='AMD'/></model>", "unknown vendor 'AMD'"),
        ("<model name='A'><feature name='avx'/></model>", "unknown feature 'avx'"),
        ("<model name='Base'/>", "model 'Base' is defined twice"),
        ("<model/>", "<model> has no name"),
        ("<feature name='none'/>", "feature 'none' has no bit"),
        ("<feature name='n'><cpuid eax_in='one' ecx='1'/></feature>", "'one' of eax_in is not a number"),
        ("<feature name='n'><cpuid eax_in='-1' ecx='1'/></feature>", "'-1' of eax_in is not a number"),
        ("<feature name='n'><cpuid ecx='1'/></feature>", "<cpuid> has no eax_in"),
        (
            "<model name='A'><signature family='6' model='1' stepping='0-99'/></model>",
            "'0-99' is not a list of steppings from 0 to 15",
        ),
    ],
)
def test_a_fault_is_told_with_file_and_line(tmp_path: Path, body: str, message: str) -> None:
    path = write(tmp_path, x86_Late=late(body)) / "x86_Late.xml"
    with pytest.raises(InputError) as fault:
        read_map(tmp_path, R12)
    assert str(fault.value) == f"{path}, line 2: {message}"


@pytest.mark.parametrize("name", ["../x86.xml", "/etc/passwd", "a/b.xml"])
def test_no_file_outside_the_directory_is_read(tmp_path: Path, name: str) -> None:
    index = f"<cpus><arch name='x86'><include filename='{name}'/></arch></cpus>"
    with pytest.raises(InputError, match="is not the name of a file beside the index"):
        read_map(write(tmp_path, index=index), R12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<cpus>", "not XML"),
        ("<domain/>", "a CPU map starts with <cpus>, not <domain>"),
        ("<!DOCTYPE cpus [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><cpus>&e;</cpus>", "has no document type"),
        ("", "not XML"),
    ],
)
def test_a_file_that_is_no_map_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_map(write(tmp_path, arm=text), R12)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"index\.xml: cannot read the CPU map: No such file"):
        read_map(tmp_path, R12)


OLD = """<cpus>
  <arch name='x86'>
    <vendor name='Intel' string='GenuineIntel'/>
    <feature name='sse'><cpuid eax_in='0x1' edx='0x1'/></feature>
    <model name='Old'><vendor name='Intel'/><feature name='sse'/></model>
  </arch>
  <arch name='ppc64'><vendor name='IBM'/></arch>
</cpus>"""


def test_before_4_7_the_map_was_one_file(tmp_path: Path) -> None:
    file = tmp_path / "cpu_map.xml"
    file.write_text(OLD)
    for place in (tmp_path, file):
        found = read_map(place, R12)
        assert [(model.name, model.vendor, model.features) for model in found.x86.models] == [("Old", "Intel", 1)]
        assert found.ppc64.vendors == ("IBM",)


def test_an_index_beside_the_old_file_is_the_one_that_counts(tmp_path: Path) -> None:
    (write(tmp_path) / "cpu_map.xml").write_text(OLD)
    assert "Old" not in read_map(tmp_path, R12).x86.by_name


def test_a_folder_with_neither_is_no_map(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"index\.xml"):
        read_map(tmp_path, R12)
