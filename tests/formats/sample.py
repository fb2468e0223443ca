"""A document of our own with one of every kind of thing in it, in libvirt's layout, and where recorded ones are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

SAMPLE = """\
<domainCapabilities>
  <path>/usr/bin/qemu-system-x86_64</path>
  <domain>kvm</domain>
  <machine>pc-q35-10.0</machine>
  <arch>x86_64</arch>
  <vcpu max='4096'/>
  <iothreads supported='yes'/>
  <os supported='yes'>
    <enum name='firmware'>
      <value>efi</value>
    </enum>
    <loader supported='yes'>
      <value>/usr/share/OVMF/OVMF_CODE_4M.fd</value>
      <value>/usr/share/OVMF/OVMF_CODE_4M.secboot.fd</value>
      <enum name='type'>
        <value>rom</value>
        <value>pflash</value>
      </enum>
    </loader>
  </os>
  <cpu>
    <mode name='host-passthrough' supported='yes'>
      <enum name='hostPassthroughMigratable'>
        <value>on</value>
        <value>off</value>
      </enum>
    </mode>
    <mode name='maximum' supported='no'/>
    <mode name='host-model' supported='yes'>
      <model fallback='forbid'>EPYC-Milan</model>
      <vendor>AMD</vendor>
      <maxphysaddr mode='passthrough' limit='48'/>
      <feature policy='require' name='x2apic'/>
      <feature policy='disable' name='svm'/>
    </mode>
    <mode name='custom' supported='yes'>
      <model usable='yes' deprecated='yes' vendor='unknown' canonical='qemu64-v1'>qemu64</model>
      <model usable='no' vendor='Intel'>Skylake-Server-v5</model>
      <blockers model='Skylake-Server-v5'>
        <feature name='avx512f'/>
        <feature name='pku'/>
      </blockers>
      <model usable='unknown' vendor='AMD'>EPYC</model>
    </mode>
  </cpu>
  <devices>
    <disk supported='yes'>
      <enum name='diskDevice'>
        <value>disk</value>
        <value>lun</value>
      </enum>
      <enum name='bus'>
        <value>virtio</value>
      </enum>
    </disk>
    <hostdev supported='yes'>
      <enum name='pciBackend'/>
    </hostdev>
    <tpm supported='no'/>
  </devices>
  <features>
    <gic supported='no'/>
    <sev supported='yes'>
      <cbitpos>51</cbitpos>
      <reducedPhysBits>1</reducedPhysBits>
      <maxGuests>59</maxGuests>
      <maxESGuests>450</maxESGuests>
    </sev>
    <sgx supported='yes'>
      <flc>no</flc>
      <sgx1>yes</sgx1>
      <sgx2>no</sgx2>
      <section_size unit='KiB'>524288</section_size>
      <sections>
        <section node='0' size='262144' unit='KiB'/>
        <section node='1' size='262144' unit='KiB'/>
      </sections>
    </sgx>
    <hyperv supported='yes'>
      <enum name='features'>
        <value>relaxed</value>
      </enum>
      <defaults>
        <spinlocks>4095</spinlocks>
        <stimer_direct>on</stimer_direct>
        <vendor_id>Linux KVM Hv</vendor_id>
      </defaults>
    </hyperv>
  </features>
</domainCapabilities>
"""

SHARED = ROOT.parent / "shared"
needs_vectors = pytest.mark.skipif(
    not (SHARED / "vectors").is_dir(), reason="no ../shared/vectors beside this checkout"
)
LIBVIRTS_RNG = Path("/usr/share/libvirt/schemas/domaincaps.rng")
needs_libvirts_rng = pytest.mark.skipif(not LIBVIRTS_RNG.is_file(), reason="libvirt's schemas are not installed")


@cache
def recorded() -> dict[str, str]:
    """The documents that real libvirt releases wrote, by file name."""
    files = [*SHARED.glob("vectors/*/expected/*.xml"), *SHARED.glob("vectors-others/expected/*.xml")]
    return {file.name: text for file in sorted(files) if (text := file.read_text())}
