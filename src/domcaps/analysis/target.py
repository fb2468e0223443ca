"""What a path of `explain` names: a block, an enum, a value, a CPU model or a feature.

A path is the schema's own (`domcaps.schema.paths`), with `=VALUE` for one value of it. Where only one thing can be
meant, the value may stand as a last part: `devices/tpm/tpm-crb`, `cpu/custom/EPYC`, `cpu/host-model/avx2`.
"""

from __future__ import annotations

import msgspec

from domcaps.cpu.model import CpuMap
from domcaps.errors import InputError
from domcaps.release import FIRST, Release
from domcaps.schema.cpu import CpuFeature, CustomModel
from domcaps.schema.declare import Block, Declaration, Kind, Word
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import find

_MANY = 8
"""Values beyond which a message does not list them all."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about."""

    way: tuple[Declaration, ...]
    """The declarations from the document down."""
    value: str | None = None

    @property
    def last(self) -> Declaration:
        """The declaration that is named."""
        return self.way[-1]

    @property
    def base(self) -> str:
        """The path without the value."""
        return "/".join(declaration.spelling for declaration in self.way)

    @property
    def path(self) -> str:
        """The path as it is written everywhere: a CPU model stands below its mode."""
        if self.value is None:
            return self.base
        if self.is_model:
            return f"{self.base.rpartition('/')[0]}/{self.value}"
        return f"{self.base}={self.value}"

    @property
    def is_model(self) -> bool:
        """Whether it is a CPU model by name, or the list of them."""
        return self.last.block is CustomModel

    @property
    def is_feature(self) -> bool:
        """Whether it is a feature of the host-model, or the list of them."""
        return self.last.block is CpuFeature

    @property
    def word(self) -> Word | None:
        """The declared word that the value is, if it is one."""
        words = self.last.words
        return next((word for word in words or () if word.value == self.value), None)

    @property
    def since(self) -> Release:
        """The release that first printed it."""
        releases = [declaration.since for declaration in self.way]
        return max([*releases, self.word.since if self.word is not None else FIRST])

    @property
    def until(self) -> Release | None:
        """The first release that no longer prints it."""
        releases = [declaration.until for declaration in self.way]
        return min(filter(None, [*releases, self.word.until if self.word is not None else None]), default=None)

    @property
    def places(self) -> tuple[str, ...]:
        """What it governs in a guest's definition, as XPaths; of a block also what stands in it."""
        place = self.last.place
        found = [place] if place else []
        if self.value is not None:
            return tuple(_valued(place, self) for place in found)
        if self.last.block is not None and not found:
            found = [d.place for d in self.last.block.declarations.values() if d.place]
        elif self.last.block is not None and not (self.is_model or self.is_feature):
            found += [d.place for d in self.last.block.declarations.values() if d.place]
        return tuple(dict.fromkeys(f"/domain/{place}" for place in found))


def _valued(place: str, target: Target) -> str:
    if "/*" in place:
        return f"/domain/{place.replace('*', target.value or '')}"
    if target.is_feature:
        return f"/domain/{place}[@name='{target.value}']"
    if target.is_model or not place.rpartition("/")[2].startswith("@"):
        return f"/domain/{place}[text()='{target.value}']"
    element, _, attribute = place.rpartition("/")
    return f"/domain/{element}[{attribute}='{target.value}']" if element else f"/domain[{attribute}='{target.value}']"


def resolve(path: str, document: DomainCapabilities, cpu_map: CpuMap) -> Target:
    """What a path names.

    Args:
        path: as above.
        document: the document that is asked, whose own words are words too.
        cpu_map: whose models and features are names too.

    Raises:
        InputError: nothing has that name; the nearest that has is in the message.
    """
    base, given, value = path.strip().strip("/").partition("=")
    if given:
        return _checked(Target(way=find(DomainCapabilities, base), value=value), document, cpu_map)
    try:
        return Target(way=find(DomainCapabilities, base))
    except InputError:
        parent, _, last = base.rpartition("/")
        if not parent or not last:
            raise
        try:
            way = find(DomainCapabilities, parent)
        except InputError:
            way = ()
        if not way:
            raise
        found = _below(way, last, document, cpu_map)
        if found is None:
            raise
        return found


def _below(way: tuple[Declaration, ...], name: str, document: DomainCapabilities, cpu_map: CpuMap) -> Target | None:
    """The one thing in a block, or in a list, that has a name."""
    block = way[-1].block
    if block is None:
        target = Target(way=way, value=name)
        return _checked(target, document, cpu_map) if way[-1].kind in {Kind.ENUM, Kind.VALUES} else None
    inside = block.declarations.values()
    named = [d for d in inside if d.block in {CustomModel, CpuFeature}]
    if named:
        return _checked(Target(way=(*way, named[0]), value=name), document, cpu_map)
    found = [Target(way=(*way, d), value=name) for d in inside if name in _words(Target(way=(*way, d)), document)]
    if len(found) > 1:
        raise InputError(f"'{name}' can be {' or '.join(target.path for target in found)}")
    return found[0] if found else None


def _checked(target: Target, document: DomainCapabilities, cpu_map: CpuMap) -> Target:
    """The target, if its value is one that somebody knows."""
    known: list[str] | None = None
    if target.is_model:
        known, kind = [*_models(cpu_map), *_listed(target, document)], "CPU model"
    elif target.is_feature:
        known, kind = [*cpu_map.x86.bits, *_listed(target, document)], "CPU feature"
    elif target.last.kind is Kind.ENUM:
        known, kind = _words(target, document), f"value of {target.base}"
    if known is None or target.value in known:
        return target
    raise InputError(f"there is no {kind} '{target.value}'{_nearest(target.value or '', known)}")


def _models(cpu_map: CpuMap) -> list[str]:
    return [*cpu_map.x86.by_name, *cpu_map.ppc64.by_name, *(model.name for model in cpu_map.arm.models)]


def _words(target: Target, document: DomainCapabilities) -> list[str]:
    if target.last.kind is not Kind.ENUM:
        return []
    return list(dict.fromkeys([*(word.value for word in target.last.words or ()), *_listed(target, document)]))


def _listed(target: Target, document: DomainCapabilities) -> list[str]:
    found = standing(document, target.way)
    items = found if isinstance(found, tuple) else ()
    return [str(getattr(item, "name", "")) if isinstance(item, Block) else str(item) for item in items]


def standing(document: DomainCapabilities, way: tuple[Declaration, ...]) -> object:
    """What stands at the end of a way; `None` where a block on it is not there."""
    value: object = document
    for declaration in way:
        value = getattr(value, declaration.field) if isinstance(value, Block) else None
    return value


def _nearest(name: str, known: list[str]) -> str:
    import difflib  # noqa: PLC0415 - start-up: only a mistake needs it

    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; there are {', '.join(known)}" if 0 < len(known) <= _MANY else ""
