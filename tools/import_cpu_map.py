#!/usr/bin/env python3
"""Write domcaps' own CPU data from the CPU maps of libvirt releases.

    import_cpu_map.py MAPDIR --release X.Y.Z [--check] [-o FILE]
    import_cpu_map.py --changes MAPDIRS [--check]

MAPDIR is what libvirt installs as /usr/share/libvirt/cpu_map (before 4.7: a folder with its cpu_map.xml). Without -o
the file goes to its place in the package. MAPDIRS has a folder a release, named X.Y.Z: of those that are not in the
package whole, what differs from a neighbour is written to changes.json.
--check writes nothing and fails if the file there is not what would be written. What is written is facts (names,
bits, numbers) in our own layout, laid out so that a change of the map is a small, readable diff.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from domcaps.cpu.changes import changes_between
from domcaps.cpu.libvirt_map import read_map
from domcaps.cpu.model import ArmMap, CpuMap, Feature, Model, MsrBit, Ppc64Map, Signature, X86Map
from domcaps.cpu.shipped import (
    CHANGES,
    DATA,
    WHOLE,
    DataFile,
    MapChanges,
    ModelRow,
    decode_data,
    map_of,
    places_of,
    with_changes,
)
from domcaps.cpu.signature import spell_steppings
from domcaps.release import Release

WIDTH = 118


def main() -> int:
    """Run the tool; 1 when --check finds another file than would be written."""
    parser = argparse.ArgumentParser(description="Write domcaps' own CPU data from libvirt CPU maps.")
    parser.add_argument("mapdir", type=Path)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--release", type=Release.parse, help="MAPDIR is the map of this release")
    kind.add_argument("--changes", action="store_true", help="MAPDIR has a map a release, in folders X.Y.Z")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("-o", "--output", type=Path)
    args = parser.parse_args()
    if args.changes:
        return written(args.output or Path(CHANGES), spell_changes(read_maps(args.mapdir)), check=args.check)
    cpu_map = read_map(args.mapdir, args.release)
    text = spell(cpu_map)
    if decode_data(text.encode()) != cpu_map:
        sys.exit(f"{args.mapdir}: the data format cannot hold this map")
    return written(args.output or Path(DATA) / f"libvirt-{args.release}.json", text, check=args.check)


def written(target: Path, text: str, *, check: bool) -> int:
    """Write the file, or tell whether that would change it."""
    if check:
        return int(target.read_text() != text)
    target.write_text(text)
    print(f"{target}: {len(text)} bytes")
    return 0


def read_maps(directory: Path) -> list[CpuMap]:
    """The maps of every release in a directory, oldest first."""
    found = sorted(Release.parse(folder.name) for folder in directory.iterdir())
    return [read_map(directory / str(release), release) for release in found]


def spell_changes(maps: Sequence[CpuMap]) -> str:
    """The text of the file of differences of these maps, oldest first, the whole ones among them.

    A map that differs from the one before it in nothing but its release is left out. Between two whole ones the older
    maps start from the older neighbour and the newer ones from the newer one, split where that is shortest.
    """
    told = [one for i, one in enumerate(maps) if one.release in WHOLE or i == 0 or not alike(maps[i - 1], one)]
    rows = [data_of(one) for one in told]
    whole = [i for i, one in enumerate(told) if one.release in WHOLE]
    bases: dict[int, int] = {i: i + 1 for i in range(whole[0])} | {i: i - 1 for i in range(whole[-1] + 1, len(told))}
    for low, high in pairwise(whole):
        bases |= shortest(rows, low, high)
    changes = {told[i].release: difference(rows[base], rows[i]) for i, base in sorted(bases.items())}
    for i, base in bases.items():
        release = told[i].release
        if map_of(with_changes(rows[base], release, changes[release])) != told[i]:
            sys.exit(f"{release}: the data format cannot hold this map")
    releases = {str(release): without_nothing(msgspec.to_builtins(one)) for release, one in changes.items()}
    return layout({"source": "CPU maps of these libvirt releases", "releases": releases}) + "\n"


def without_nothing(row: dict[str, object]) -> dict[str, object]:
    """The row less the parts in which nothing changed."""
    return {name: value for name, value in row.items() if value != {}}


def alike(older: CpuMap, newer: CpuMap) -> bool:
    """Whether two maps have the same facts."""
    return msgspec.structs.replace(older, release=newer.release) == newer


def shortest(rows: Sequence[DataFile], low: int, high: int) -> dict[int, int]:
    """The bases of the maps between two whole ones that make the least text."""
    between = range(low + 1, high)
    splits = ({i: i - 1 if i < split else i + 1 for i in between} for split in range(low + 1, high + 1))
    return min(
        splits,
        key=lambda bases: sum(len(msgspec.json.encode(difference(rows[base], rows[i]))) for i, base in bases.items()),
    )


def difference(base: DataFile, data: DataFile) -> MapChanges:
    """The data as its difference from the base."""
    return MapChanges(
        base=base.release,
        vendors=changes_between(base.x86.vendors, data.x86.vendors),
        features=changes_between(places_of(base.x86.features), places_of(data.x86.features)),
        not_migratable=other_list(base.x86.not_migratable, data.x86.not_migratable),
        aliases=changes_between(base.x86.aliases, data.x86.aliases),
        models=changes_between(base.x86.models, data.x86.models),
        ppc64_vendors=other_list(base.ppc64.vendors, data.ppc64.vendors),
        ppc64=changes_between(base.ppc64.models, data.ppc64.models),
        arm_vendors=changes_between(base.arm.vendors, data.arm.vendors),
        arm_features=other_list(base.arm.features, data.arm.features),
        arm=changes_between(base.arm.models, data.arm.models),
    )


def other_list(base: list[str], data: list[str]) -> list[str] | None:
    """A list that differs from the base's."""
    return None if base == data else data


def data_of(cpu_map: CpuMap) -> DataFile:
    """The rows of a whole map."""
    return msgspec.json.decode(spell(cpu_map).encode(), type=DataFile)


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
