"""QMP conversations as values: what was asked and what came back.

A conversation is replayed by command and arguments, never by position. A command that was never asked is *unknown*
(`Conversation.find` gives `None`), which differs from one that QEMU refused (an exchange with an `error`).
Replies stay the bytes that QEMU sent until somebody reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One question to QEMU: a QMP command and its arguments (QEMU's docs/interop/qmp-spec)."""

    execute: str
    arguments: dict[str, object] = {}

    @property
    def key(self) -> str:
        """What a replay finds the answer by: the command, and its arguments spelled one way."""
        return key_of(self.execute, self.arguments)


class QmpError(msgspec.Struct, frozen=True, kw_only=True, rename={"error_class": "class", "text": "desc"}):
    """QEMU's refusal: the `error` member of a reply."""

    error_class: str = "GenericError"
    text: str = ""


class Exchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"result": "return"}):
    """A question and its answer: exactly one of `result` (JSON as QEMU sent it) and `error`."""

    execute: str
    arguments: dict[str, object] = {}
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: QmpError | None = None

    @property
    def key(self) -> str:
        """As `Command.key`."""
        return key_of(self.execute, self.arguments)


class Conversation:
    """The exchanges of one emulator process, found by what was asked; of repeated questions the first answer holds."""

    __slots__ = ("_by_key", "exchanges")

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self.exchanges = tuple(exchanges)
        self._by_key: dict[str, Exchange] = {}
        for exchange in self.exchanges:
            self._by_key.setdefault(exchange.key, exchange)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    def find(self, execute: str, arguments: dict[str, object] | None = None) -> Exchange | None:
        """The exchange of that question, or `None` when it was never asked."""
        return self._by_key.get(key_of(execute, arguments or {}))


class EmulatorRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that an emulator answered: what a snapshot holds of it (design §4)."""

    arch: str
    """libvirt's name of what it emulates; QEMU's own word for a target that libvirt does not know."""
    accelerators: dict[str, tuple[Exchange, ...]]
    """By virtualization: `kvm` (`hvf`, `mshv`) where that is on, from the first process; `tcg`."""

    def conversations(self) -> dict[str, Conversation]:
        """The conversations, ready to be searched."""
        return {name: Conversation(exchanges) for name, exchanges in self.accelerators.items()}


def key_of(execute: str, arguments: dict[str, object]) -> str:
    """A command and its arguments as one string, whatever the order of the arguments' keys."""
    return f"{execute} {msgspec.json.encode(arguments, order='sorted').decode()}" if arguments else execute
