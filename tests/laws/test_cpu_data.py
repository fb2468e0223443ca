"""Laws over the CPU data that domcaps brings along. Each reports every violation at once."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest

from domcaps.cpu.libvirt_map import read_map
from domcaps.cpu.model import CpuidBit, CpuMap
from domcaps.cpu.names import translations
from domcaps.cpu.shipped import WHOLE, load, releases
from domcaps.release import Release
from tests.conftest import ROOT

CPU_MAPS = ROOT.parent / "shared" / "cpu_map"

MAPS = pytest.mark.parametrize("cpu_map", [load(release) for release in releases()], ids=map(str, releases()))
RELEASES = pytest.mark.parametrize("release", WHOLE, ids=str)
BESIDE_MAPS = pytest.mark.skipif(not CPU_MAPS.is_dir(), reason=f"no CPU maps: {CPU_MAPS} is not there")

NOT_IN_ANY_MAP = {"kvm_pv_eoi", "kvm_pv_unhalt", "hv-vendor_id", "hv-emsr_bitmap", "hv-xmm_input"}
"""Names that are translated although no map has them: they may block a model, and blockers are shown."""


@MAPS
def test_the_stamp_is_the_file_s_release(cpu_map: CpuMap) -> None:
    assert cpu_map.release in releases()
    assert load(cpu_map.release) is cpu_map or load(cpu_map.release) == cpu_map


@MAPS
def test_names_are_given_once(cpu_map: CpuMap) -> None:
    names = {
        "features": [feature.name for feature in cpu_map.x86.features],
        "models": [model.name for model in cpu_map.x86.models],
        "vendors": [vendor.name for vendor in cpu_map.x86.vendors],
        "vendor strings": [vendor.string for vendor in cpu_map.x86.vendors],
        "POWER models": [model.name for model in cpu_map.ppc64.models],
        "POWER models but for case": [model.name.lower() for model in cpu_map.ppc64.models],
        "Arm models": [model.name for model in cpu_map.arm.models],
        "Arm features": list(cpu_map.arm.features),
    }
    assert {kind: [n for n, count in Counter(found).items() if count > 1] for kind, found in names.items()} == {
        kind: [] for kind in names
    }


@MAPS
def test_every_feature_is_one_bit_and_no_two_share_one(cpu_map: CpuMap) -> None:
    features = cpu_map.x86.features
    places = Counter(place for feature in features for place in feature.places)
    assert [feature.name for feature in features if len(feature.places) != 1] == []
    assert [place for place, count in places.items() if count > 1] == []


@MAPS
def test_every_bit_is_one_that_its_register_has(cpu_map: CpuMap) -> None:
    wrong = [
        feature.name
        for feature in cpu_map.x86.features
        for place in feature.places
        if not 0 <= place.bit < (32 if isinstance(place, CpuidBit) else 64)
    ]
    assert wrong == []


@MAPS
def test_vendor_strings_are_the_12_characters_of_cpuid(cpu_map: CpuMap) -> None:
    assert [vendor for vendor in cpu_map.x86.vendors if len(vendor.string.encode()) != 12] == []


@MAPS
def test_every_alias_means_one_feature_and_is_no_feature_itself(cpu_map: CpuMap) -> None:
    names = {feature.name for feature in cpu_map.x86.features}
    meant: dict[str, set[str]] = {}
    for feature in cpu_map.x86.features:
        for _, alias in feature.aliases:
            meant.setdefault(alias, set()).add(feature.name)
    assert {alias: found for alias, found in meant.items() if len(found) > 1 or alias in names} == {}


@MAPS
def test_every_vendor_of_a_model_resolves(cpu_map: CpuMap) -> None:
    x86 = {vendor.name for vendor in cpu_map.x86.vendors}
    arm = {vendor.name for vendor in cpu_map.arm.vendors}
    assert [model.name for model in cpu_map.x86.models if model.vendor is not None and model.vendor not in x86] == []
    assert [model.name for model in cpu_map.ppc64.models if model.vendor not in cpu_map.ppc64.vendors] == []
    assert [model.name for model in cpu_map.arm.models if model.vendor not in arm] == []


@MAPS
def test_features_that_left_a_model_resolve_and_are_not_part_of_it(cpu_map: CpuMap) -> None:
    bits = cpu_map.x86.bits
    wrong = [
        (model.name, name)
        for model in cpu_map.x86.models
        for name in model.removed
        if name not in bits or model.features & bits[name]
    ]
    assert wrong == []


@MAPS
def test_ancestors_stand_before_their_heirs(cpu_map: CpuMap) -> None:
    seen: set[str] = set()
    wrong = []
    for model in cpu_map.x86.models:
        if model.ancestor is not None and model.ancestor not in seen:
            wrong.append((model.name, model.ancestor))
        seen.add(model.name)
    assert wrong == []


@MAPS
def test_a_canonical_name_is_a_versioned_one_of_the_same_line_and_the_only_one(cpu_map: CpuMap) -> None:
    aliases = [model for model in cpu_map.x86.models if model.ancestor is not None and not model.own]
    assert [model.name for model in aliases if not re.search(r"-v\d+$", model.name)] == []
    assert [name for name, count in Counter(model.ancestor for model in aliases).items() if count > 1] == []
    lines = {model.name: cpu_map.x86.by_name[model.ancestor or ""] for model in aliases}
    differing = [
        name
        for name, ancestor in lines.items()
        if (alias := cpu_map.x86.by_name[name]).features != ancestor.features or alias.vendor != ancestor.vendor
    ]
    assert differing == []


@MAPS
def test_versioned_models_are_never_chosen_for_a_guest(cpu_map: CpuMap) -> None:
    assert [model.name for model in cpu_map.x86.models if re.search(r"-v\d+$", model.name) and model.guest] == []


@MAPS
def test_every_line_of_versioned_models_has_its_first(cpu_map: CpuMap) -> None:
    names = set(cpu_map.x86.by_name)
    stems = {name.rpartition("-v")[0] for name in names if re.search(r"-v\d+$", name)}
    assert sorted(stem for stem in stems if f"{stem}-v1" not in names) == []


@MAPS
def test_signatures_are_those_of_models_with_a_vendor(cpu_map: CpuMap) -> None:
    assert [model.name for model in cpu_map.x86.models if model.signatures and model.vendor is None] == []


@MAPS
def test_a_version_register_value_has_no_bit_outside_its_mask(cpu_map: CpuMap) -> None:
    assert [model.name for model in cpu_map.ppc64.models for pvr in model.pvrs if pvr.value & ~pvr.mask] == []


def test_every_translated_name_is_a_feature_or_known_to_be_none() -> None:
    newest = load(WHOLE[-1])
    names = translations(newest.release).values()
    assert sorted(name for name in names if name not in newest.x86.bits) == sorted(NOT_IN_ANY_MAP)


def test_no_translated_name_is_a_feature_under_qemu_s_name() -> None:
    wrong = [
        (str(release), name)
        for release in releases()
        for name in translations(release)
        if name in load(release).x86.bits
    ]
    assert wrong == []


LEFT = {
    "5.10.0": {"pconfig"},
    "6.10.0": {"monitor"},
    "7.1.0": {"intel-pt"},
    "10.4.0": {"mpx"},
    "11.3.0": {"vmx-ept-wb", "vmx-invvpid-single-context"},
}
"""What left models because no guest could have it by itself, and the data in which it is gone."""


def test_models_keep_their_features_from_release_to_release() -> None:
    wrong = []
    for older, newer in pairwise(releases()):
        before, after = load(older).x86, load(newer).x86
        for model in before.models:
            then, now = set(before.names(model.features)), set(after.names(after.by_name[model.name].features))
            gained = {name for name in now - then if name in before.bits}
            if (then - now - LEFT.get(str(newer), set())) or gained:
                wrong.append((str(newer), model.name, then ^ now))
    assert wrong == []


@BESIDE_MAPS
@RELEASES
def test_the_data_is_the_map_that_it_was_made_of(release: Release) -> None:
    assert load(release) == read_map(CPU_MAPS / str(release), release)


@BESIDE_MAPS
@RELEASES
def test_importing_again_changes_nothing(release: Release) -> None:
    tool = ROOT / "tools" / "import_cpu_map.py"
    command = [sys.executable, str(tool), str(CPU_MAPS / str(release)), "--release", str(release), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
