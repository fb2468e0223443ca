#!/usr/bin/env python3
"""Write domcaps' own CPU data from the CPU map of a libvirt release.

    import_cpu_map.py MAPDIR --release X.Y.Z [--check] [-o FILE]

MAPDIR is what libvirt installs as /usr/share/libvirt/cpu_map. Without -o the file goes to its place in the package.
--check writes nothing and fails if the file there is not what would be written. What is written is facts (names,
bits, numbers) in our own layout, laid out so that a change of the map is a small, readable diff.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from domcaps.cpu.libvirt_map import read_map
from domcaps.cpu.model import ArmMap, CpuMap, Feature, Model, MsrBit, Ppc64Map, Signature, X86Map
from domcaps.cpu.shipped import DATA, ModelRow, decode_data
from domcaps.cpu.signature import spell_steppings
from domcaps.release import Release

WIDTH = 118


def main() -> int:
    """Run the tool; 1 when --check finds another file than would be written."""
    parser = argparse.ArgumentParser(description="Write domcaps' own CPU data from a libvirt CPU map.")
    parser.add_argument("mapdir", type=Path)
    parser.add_argument("--release", required=True, type=Release.parse)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("-o", "--output", type=Path)
    args = parser.parse_args()
    target = args.output or DATA / f"libvirt-{args.release}.json"
    cpu_map = read_map(args.mapdir, args.release)
    text = spell(cpu_map)
    if decode_data(text.encode()) != cpu_map:
        sys.exit(f"{args.mapdir}: the data format cannot hold this map")
    if args.check:
        return int(target.read_text() != text)
    target.write_text(text)
    print(f"{target}: {len(cpu_map.x86.features)} features, {len(cpu_map.x86.models)} models of x86")
    return 0


def spell(cpu_map: CpuMap) -> str:
    """The text of the data file of a map."""
    rows = {
        "source": f"CPU map of libvirt {cpu_map.release}",
        "release": str(cpu_map.release),
        "x86": x86_rows(cpu_map.x86),
        "ppc64": ppc64_rows(cpu_map.ppc64),
        "arm": arm_rows(cpu_map.arm),
    }
    return layout(rows) + "\n"


def x86_rows(x86: X86Map) -> dict[str, object]:
    """The x86 part."""
    return {
        "vendors": {vendor.name: vendor.string for vendor in x86.vendors},
        "not_migratable": [feature.name for feature in x86.features if not feature.migratable],
        "aliases": {feature.name: feature.aliases for feature in x86.features if feature.aliases},
        "features": registers(x86.features),
        "models": {model.name: msgspec.to_builtins(row) for model, row in model_rows(x86)},
    }


def registers(features: Iterable[Feature]) -> dict[str, dict[str, int]]:
    """Register to the features told there, and their bits."""
    found: dict[str, dict[str, int]] = {}
    for feature in features:
        (place,) = feature.places
        if isinstance(place, MsrBit):
            register = f"msr {place.index:#x}"
        else:
            subleaf = f" {place.subleaf:#x}" if place.subleaf else ""
            register = f"cpuid {place.leaf:#x}{subleaf} {place.register}"
        found.setdefault(register, {})[feature.name] = place.bit
    return found


def model_rows(x86: X86Map) -> Iterable[tuple[Model, ModelRow]]:
    """Each model as its row: with an ancestor what it adds, otherwise the difference from the nearest earlier one."""
    earlier: list[Model] = []
    for model in x86.models:
        ancestor = next((other for other in earlier if other.name == model.ancestor), None)
        like = None if ancestor is not None else nearest(model, earlier)
        start = like.features if like is not None else 0
        if ancestor is not None:
            start = ancestor.features & ~x86.mask(ancestor.removed)
        yield (
            model,
            ModelRow(
                ancestor=model.ancestor,
                own=model.own if model.own != (ancestor is None) else None,
                vendor=model.vendor if ancestor is None or model.vendor != ancestor.vendor else None,
                signatures=(
                    [spell_signature(signature) for signature in model.signatures]
                    if ancestor is None or model.signatures != ancestor.signatures
                    else []
                ),
                compat_check=model.compat_check,
                host=model.host,
                guest=model.guest,
                like=like.name if like is not None else None,
                plus=x86.names(model.features & ~start),
                minus=x86.names(start & ~model.features),
                removed=list(model.removed),
                added=list(model.added),
            ),
        )
        earlier.append(model)


def nearest(model: Model, earlier: Sequence[Model]) -> Model | None:
    """The earlier model with the smallest difference, the latest of several; `None`: writing all is shorter."""
    best, distance = None, model.features.bit_count()
    for other in earlier:
        if other.own and (model.features ^ other.features).bit_count() <= distance:
            best, distance = other, (model.features ^ other.features).bit_count()
    return best


def spell_signature(signature: Signature) -> str:
    """As `domcaps.cpu.shipped.read_signature` reads it."""
    text = f"family {signature.family} model {signature.model}"
    return text if signature.steppings is None else f"{text} stepping {spell_steppings(signature.steppings)}"


def ppc64_rows(ppc64: Ppc64Map) -> dict[str, object]:
    """The ppc64 part."""
    models = {
        model.name: {"vendor": model.vendor, "pvrs": [[f"{p.value:#010x}", f"{p.mask:#010x}"] for p in model.pvrs]}
        for model in ppc64.models
    }
    return {"vendors": list(ppc64.vendors), "models": models}


def arm_rows(arm: ArmMap) -> dict[str, object]:
    """The Arm part."""
    return {
        "vendors": {vendor.name: f"{vendor.value:#x}" for vendor in arm.vendors},
        "features": list(arm.features),
        "models": {
            model.name: {"vendor": model.vendor, "part": f"{model.part:#x}" if model.part is not None else None}
            for model in arm.models
        },
    }


def layout(value: object, indent: int = 0) -> str:
    """JSON with what fits on a line on one line, objects of objects and numbers a line each, long lists filled."""
    line = json.dumps(value)
    if isinstance(value, Mapping):
        if len(line) + indent < WIDTH and not any(isinstance(v, Mapping | int) for v in value.values()):
            return line
        rows = (f"{' ' * (indent + 1)}{json.dumps(k)}: {layout(v, indent + 1)}" for k, v in value.items())
        return "{\n" + ",\n".join(rows) + f"\n{' ' * indent}}}"
    if isinstance(value, list) and len(line) + indent + 20 > WIDTH:
        return fill([json.dumps(item) for item in value], indent + 1) + f"\n{' ' * indent}]"
    return line


def fill(words: Sequence[str], indent: int) -> str:
    """The start of a list, its words filled into lines."""
    lines = ["["]
    line = " " * indent
    for i, word in enumerate(words):
        piece = word if i == len(words) - 1 else f"{word},"
        if line.strip() and len(line) + len(piece) + 1 > WIDTH:
            lines.append(line)
            line = " " * indent
        line += piece if not line.strip() else f" {piece}"
    return "\n".join([*lines, line])


if __name__ == "__main__":
    sys.exit(main())
