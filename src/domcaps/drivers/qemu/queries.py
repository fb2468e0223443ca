"""The query plan: which questions are due, given the answers so far.

Pure. A plan is a generator that yields batches of commands and is sent each batch's exchanges. Its first batch is the
opening (`launch`), which guesses; every further one is what the answers make due and nobody asked yet, until nothing
is. So a wrong guess cannot lose an answer, and whatever depends on no answer goes out at once.

The answers suffice to imitate every libvirt from 5.6 to 12.9. Where two releases ask differently, both are asked: a
process without hardware accelerator is asked for the CPU `host` (all releases, if QEMU lacks `query-accelerators`) and,
if QEMU has `query-accelerators`, for `max` (libvirt 11.10 and later).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from enum import StrEnum
from typing import TypeVar

import msgspec

from domcaps.drivers.qemu import questions
from domcaps.drivers.qemu.conversation import Command, Conversation, Exchange
from domcaps.drivers.qemu.launch import (
    Question,
    expansion,
    hyperv,
    opening_first,
    opening_second,
    opening_to_record,
)
from domcaps.drivers.qemu.qmp_schema import QmpSchema
from domcaps.errors import ProbeError

Plan = Generator[list[Command], list[Exchange], None]
"""Yields what to ask, is sent what was answered, in the order of asking; ends when all is known.

An empty batch asks for what the other process was asked for both (`questions.SHARED`), or for nothing if that failed.
"""
_Due = Callable[[Conversation], Iterator[Question]]


class Profile(StrEnum):
    """How much is asked."""

    DECIDE = "decide"
    """What decides a value of some document."""
    RECORD = "record"
    """All that libvirt asks in some release, in its words and under its conditions."""


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """What the first process tells about the questions to the second."""

    target: str
    """QEMU's word: `x86_64`, `i386`, `arm`."""
    canonical: bool
    """x86: `max-x86_64-cpu` has `unavailable-features`; then one `static` expansion says it all."""
    deprecated: bool
    """The schema promises `deprecated-props` in an expansion."""
    definitions: bool
    """There is `query-cpu-definitions`."""
    expands: bool
    """There is `query-cpu-model-expansion`."""


def plan_first(target: str, profile: Profile = Profile.DECIDE, *, borrows: bool = False) -> Plan:
    """The plan for the first process of an emulator whose target was guessed to be `target`.

    `borrows`: a second process was started at once, and is asked the `questions.SHARED` for both.

    Raises:
        ProbeError: an answer is not of the shape that QEMU's schema promises.
    """
    if profile is Profile.RECORD:
        return _until_nothing_is_due(opening_to_record(), due_to_record)
    return _until_nothing_is_due(opening_first(target, borrows=borrows), due_to_decide, borrows=borrows)


def plan_second(target: str, learnt: Learnt | None = None) -> Plan:
    """The plan for the second process (TCG alone): exact if the first's answers are known, else by guess."""
    if learnt is not None:
        opening = list(due_second(learnt, Conversation(())))
        return _until_nothing_is_due(opening, lambda answers: due_second(learnt, answers))
    guess = Learnt(target=target, canonical=target != "i386", deprecated=False, definitions=True, expands=True)
    return _until_nothing_is_due(opening_second(target), lambda answers: due_second(guess, answers))


def due_to_decide(answers: Conversation) -> Iterator[Question]:
    """What the first process has to be asked beyond its opening, by what it answered so far."""
    learnt, types = learn(answers), _types(answers)
    for name in questions.SHARED:
        yield (name, {})
    yield from _when_type("qom-list-properties", questions.DECIDING_OBJECTS, types)
    yield from _commands_when_type(learnt.target, types)
    yield from _first_expansions(learnt, answers)


def due_to_record(answers: Conversation) -> Iterator[Question]:
    """As `due_to_decide`: all that libvirt would ask."""
    learnt, types = learn(answers), _types(answers)
    for name in ("query-accelerators", "query-cpu-definitions"):
        if _in_schema(answers, name):
            yield (name, {})
    models = answers.find("query-tpm-models")
    if models is not None and models.error is None:
        yield ("query-tpm-types", {})
    yield from _when_type("device-list-properties", questions.RECORDED_DEVICES, types)
    yield from _when_type("qom-list-properties", questions.RECORDED_OBJECTS, types)
    for machine in _canonical_machines(answers):
        yield ("qom-list-properties", {"typename": f"{machine}-machine"})
    yield from _commands_when_type(learnt.target, types)
    if _in_schema(answers, "query-cpu-model-expansion"):
        yield from _first_expansions(learnt, answers)


def due_second(learnt: Learnt, answers: Conversation) -> Iterator[Question]:
    """All that the second process has to be asked."""
    yield (questions.HANDSHAKE, {})
    if learnt.definitions:
        yield ("query-cpu-definitions", {})
    yield ("query-machines", {})
    if learnt.expands:
        yield from _expansions("max", learnt, answers)


def unasked(due: Iterator[Question], answers: Conversation) -> list[Command]:
    """Those of `due` that `answers` has no exchange for, each once."""
    commands = [Command(execute=name, arguments=given) for name, given in due if answers.find(name, given) is None]
    return list({command.key: command for command in commands}.values())


def learn(answers: Conversation) -> Learnt:
    """What the first process' answers say about what else to ask.

    Raises:
        ProbeError: an answer is not of the shape that QEMU's schema promises.
    """
    target = target_of(answers)
    return Learnt(
        target=target,
        canonical=_has_property(answers, "max-x86_64-cpu", "unavailable-features"),
        deprecated=_in_schema(answers, "query-cpu-model-expansion/ret-type/deprecated-props"),
        definitions=_exists(answers.find("query-cpu-definitions")),
        expands=_exists(answers.find(*expansion(_kind(target), "host"))),
    )


def target_of(answers: Conversation) -> str:
    """QEMU's word for what it emulates.

    Raises:
        ProbeError: it did not say.
    """
    reply = _read(answers.find("query-target"), _Target)
    if reply is None:
        raise ProbeError("does not say what it emulates (query-target)")
    return reply.arch


def accelerator_of(answers: Conversation) -> str | None:
    """The accelerator that is on, as `query-accelerators` calls it (`kvm`, `mshv`, `hvf`, `tcg`, …).

    `None`: not known, because QEMU has no such command, and KVM is off.
    """
    accelerators = _read(answers.find("query-accelerators"), _Accelerators)
    if accelerators is not None:
        return accelerators.enabled
    kvm = _read(answers.find("query-kvm"), _Kvm)
    return "kvm" if kvm is not None and kvm.enabled and kvm.present else None


def kvm_failed(answers: Conversation) -> bool:
    """Whether QEMU has KVM, was to use it, and could not."""
    kvm = _read(answers.find("query-kvm"), _Kvm)
    return kvm is not None and kvm.present and not kvm.enabled


def has_type(answers: Conversation, name: str) -> bool:
    """Whether `qom-list-types` lists `name`."""
    return name in _types(answers)


def _until_nothing_is_due(opening: list[Question], due: _Due, *, borrows: bool = False) -> Plan:
    answered: list[Exchange] = []
    batch = [Command(execute=name, arguments=given) for name, given in opening]
    while batch:
        answered += yield batch
        batch = unasked(due(answers := Conversation(answered)), answers)
        if borrows:
            batch = [command for command in batch if command.execute not in questions.SHARED]
            if not batch:
                borrows = False
                answered += yield []
                batch = unasked(due(answers := Conversation(answered)), answers)


def _when_type(
    command: str, rows: tuple[tuple[str, tuple[str, ...]], ...], types: frozenset[str]
) -> Iterator[Question]:
    for name, needed in rows:
        if not needed or not types.isdisjoint(needed):
            yield (command, {"typename": name})


def _commands_when_type(target: str, types: frozenset[str]) -> Iterator[Question]:
    if target in questions.ARM_TARGETS:
        yield ("query-gic-capabilities", {})
    for command, needed in questions.WHEN_TYPE:
        if not types.isdisjoint(needed):
            yield (command, {})


def _first_expansions(learnt: Learnt, answers: Conversation) -> Iterator[Question]:
    yield from _expansions("host", learnt, answers)
    if learnt.target in questions.X86_TARGETS or learnt.target in questions.ARM_TARGETS:
        yield hyperv("host")
    if accelerator_of(answers) == "tcg":
        yield from _expansions("max", learnt, answers)


def _expansions(model: str, learnt: Learnt, answers: Conversation) -> Iterator[Question]:
    plain = expansion(_kind(learnt.target), model)
    yield plain
    if learnt.target in questions.X86_TARGETS and _read(answers.find(*plain), _Expanded) is not None:
        unmigratable = expansion(_kind(learnt.target), model, {"migratable": False})
        yield unmigratable
        if not learnt.canonical:
            yield from _again_in_full((plain, unmigratable), answers)
    if learnt.deprecated:
        yield expansion("full", model)


def _again_in_full(asked: tuple[Question, ...], answers: Conversation) -> Iterator[Question]:
    """The model that each reply names, back to QEMU: an x86 without canonical names says all of them only then."""
    for question in asked:
        reply = _read(answers.find(*question), _Expanded)
        if reply is not None:
            yield ("query-cpu-model-expansion", {"type": "full", "model": reply.model})


def _kind(target: str) -> str:
    return "full" if target in questions.ARM_TARGETS else "static"


class _Target(msgspec.Struct):
    arch: str


class _Accelerators(msgspec.Struct):
    enabled: str


class _Kvm(msgspec.Struct):
    enabled: bool = False
    present: bool = False


class _Expanded(msgspec.Struct):
    model: dict[str, object]


class _Named(msgspec.Struct):
    name: str


class _Machine(msgspec.Struct):
    name: str
    alias: str = ""


_T = TypeVar("_T")


def _read(exchange: Exchange | None, shape: type[_T]) -> _T | None:
    """The answer in that shape; `None` if QEMU was not asked or refused."""
    if exchange is None or isinstance(exchange.result, msgspec.UnsetType):
        return None
    try:
        return msgspec.json.decode(exchange.result, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProbeError(f"gave an answer to {exchange.execute} that cannot be used: {error}") from error


def _exists(exchange: Exchange | None) -> bool:
    return exchange is not None and (exchange.error is None or exchange.error.error_class != "CommandNotFound")


def _types(answers: Conversation) -> frozenset[str]:
    return frozenset(entry.name for entry in _read(answers.find("qom-list-types"), list[_Named]) or ())


def _has_property(answers: Conversation, name: str, wanted: str) -> bool:
    listed = _read(answers.find("qom-list-properties", {"typename": name}), list[_Named]) or ()
    return any(entry.name == wanted for entry in listed)


def _canonical_machines(answers: Conversation) -> Iterator[str]:
    machines = _read(answers.find("query-machines"), list[_Machine]) or ()
    for wanted in questions.RECORDED_MACHINES:
        for machine in machines:
            if wanted in {machine.alias, machine.name}:
                yield machine.name
                break


def _in_schema(answers: Conversation, path: str) -> bool:
    exchange = answers.find("query-qmp-schema")
    if exchange is None or isinstance(exchange.result, msgspec.UnsetType):
        return False
    if path.rpartition("/")[2].encode() not in bytes(exchange.result):
        return False  # most paths that are not there show so without parsing
    try:
        return QmpSchema(exchange.result).holds(path)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProbeError(f"gave an answer to query-qmp-schema that cannot be used: {error}") from error
