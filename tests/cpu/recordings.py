"""Recorded conversations and what libvirt printed for them, as the CPU engine's questions and answers.

This is the tests' own reading of snapshots (`../shared/vectors`): it must not lean on what it tests.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from domcaps.cpu.answers import read_definitions, read_expansion
from domcaps.cpu.arch import Family, family_of
from domcaps.cpu.custom import custom_models
from domcaps.cpu.decode import HostCpu, Question, host_model
from domcaps.cpu.flags import CpuFlags
from domcaps.cpu.model import CpuMap, CustomModel, Expansion, GuestCpu, Hypervisor
from domcaps.cpu.shipped import load
from domcaps.drivers.qemu.names import runs_natively
from domcaps.release import Release

Json = dict[str, Any]

EXPANSION = "query-cpu-model-expansion"


def key(execute: str, arguments: Json | None) -> str:
    return execute + json.dumps(arguments or {}, sort_keys=True)


@cache
def snapshot(path: Path) -> Json:
    found: Json = json.loads(gzip.decompress(path.read_bytes()))
    return found


class Process:
    """One recorded process, asked by command and arguments."""

    def __init__(self, exchanges: list[Json]) -> None:
        self.replies: dict[str, bytes | None] = {}
        for exchange in exchanges:
            reply = msgspec.json.encode(exchange["return"]) if "return" in exchange else None
            self.replies.setdefault(key(exchange["execute"], exchange.get("arguments")), reply)

    def ask(self, execute: str, arguments: Json | None = None) -> bytes | None:
        return self.replies.get(key(execute, arguments))

    def expand(self, kind: str, model: str, props: Json | None = None) -> bytes | None:
        named: Json = {"name": model} if props is None else {"name": model, "props": props}
        return self.ask(EXPANSION, {"type": kind, "model": named})

    def canonical_names(self) -> bool:
        listed = self.ask("qom-list-properties", {"typename": "max-x86_64-cpu"})
        return listed is not None and any(p["name"] == "unavailable-features" for p in json.loads(listed))

    def first(self, arch: str, model: str, *, canonical: bool, props: Json | None = None) -> bytes | None:
        """The expansion that decides, as libvirt asks for it."""
        family = family_of(arch)
        reply = self.expand("full" if family is Family.ARM else "static", model, props)
        if reply is None or family is not Family.X86 or canonical:
            return reply
        static = json.loads(reply)["model"]
        return self.expand("full", static["name"], static.get("props"))

    def expansion(self, arch: str, release: Release, *, canonical: bool) -> Expansion | None:
        for model in ("host", "max"):
            reply = self.first(arch, model, canonical=canonical)
            if reply is not None:
                return read_expansion(
                    reply,
                    arch=arch,
                    release=release,
                    unmigratable=self.first(arch, model, canonical=canonical, props={"migratable": False}),
                    full=self.expand("full", model),
                )
        return None


def question(found: Json, emulator: str, virt_type: str, release: Release, flags: list[str]) -> Question:
    """What a recorded host says of the CPU of an emulator and virt type."""
    named = [e for path, e in found["emulators"].items() if path.endswith(emulator.rpartition("/")[2])]
    recorded, host = named[0], found["host"]
    arch, accelerators = recorded["arch"], recorded["accelerators"]
    process = Process(accelerators["tcg" if virt_type == "qemu" else virt_type])
    canonical = Process(next(iter(accelerators.values()))).canonical_names()
    cpu_map = load(release)
    definitions = process.ask("query-cpu-definitions")
    msrs = host["kvm"].get("msrs")
    return Question(
        arch=arch,
        native=runs_natively(host["arch"], arch),
        cpu_map=cpu_map,
        release=release,
        definitions=(
            read_definitions(definitions, arch=arch, release=release, cpu_map=cpu_map) if definitions else None
        ),
        expansion=process.expansion(arch, release, canonical=canonical),
        canonical_names=canonical or family_of(arch) is not Family.X86,
        host=HostCpu(
            model=host["cpu"].get("model"),
            vendor=host["cpu"].get("vendor"),
            max_phys_bits=host["cpu"].get("physical_address_bits"),
            msrs={int(index, 16): int(value, 16) for index, value in msrs.items()} if msrs else None,
        ),
        accelerated=virt_type != "qemu",
        flags=CpuFlags(
            disable_deprecated="--disable-deprecated-features" in flags,
            supported="--supported-cpu-features" in flags,
            expand="--expand-cpu-features" in flags,
        ),
    )


def hypervisor(asked: Question, emulator: str, virt_type: str) -> Hypervisor:
    """Whom baseline and compare are asked of."""
    return Hypervisor(
        emulator=emulator,
        virt_type=virt_type,
        arch=asked.arch,
        release=asked.release,
        cpu_map=asked.cpu_map,
        definitions=asked.definitions,
        expansion=asked.expansion,
        host_model=host_model(asked).cpu,
    )


def modes(asked: Question, document_arch: str) -> str:
    """The host-model and custom modes of a document, as libvirt writes them."""
    cpu_map: CpuMap = asked.cpu_map
    models = custom_models(
        document_arch=document_arch, definitions=asked.definitions, cpu_map=cpu_map, release=asked.release
    )
    lines = [
        *mode("host-model", host_model_lines(host_model(asked).cpu)),
        *mode("custom", [line for model in models for line in custom_lines(model)]),
    ]
    return "\n".join([*lines, ""])


def mode(name: str, lines: list[str]) -> list[str]:
    opened = f"    <mode name='{name}' supported="
    return [f"{opened}'yes'>", *lines, "    </mode>"] if lines else [f"{opened}'no'/>"]


def host_model_lines(cpu: GuestCpu | None) -> list[str]:
    if cpu is None:
        return []
    lines = [f"      <model fallback='{cpu.fallback}'>{cpu.model}</model>"]
    if cpu.vendor is not None:
        lines.append(f"      <vendor>{cpu.vendor}</vendor>")
    if cpu.max_phys_bits is not None:
        lines.append(f"      <maxphysaddr mode='passthrough' limit='{cpu.max_phys_bits}'/>")
    return [*lines, *(f"      <feature policy='{f.policy}' name='{f.name}'/>" for f in cpu.features)]


def custom_lines(model: CustomModel) -> list[str]:
    deprecated = " deprecated='yes'" if model.deprecated else ""
    canonical = f" canonical='{model.canonical}'" if model.canonical else ""
    lines = [
        f"      <model usable='{model.usable}'{deprecated} vendor='{model.vendor}'{canonical}>{model.name}</model>"
    ]
    if model.blockers is not None:
        lines.append(f"      <blockers model='{model.name}'>")
        lines += (f"        <feature name='{name}'/>" for name in model.blockers)
        lines.append("      </blockers>")
    return lines
