"""QMP with emulators that are under way: several at once, one thread, one poll loop, no asyncio (docs/decisions/0002).

The rules it keeps (QEMU's docs/interop/qmp-spec):

- A batch is written as it comes, without waiting for an answer and without blocking: QEMU stops reading while it has
  eight requests queued, so reading and writing take turns as the kernel allows.
- A reply belongs to the question with its id, whatever the order; events are skipped; anything else is a fault.
- Everything is bounded: the time of a conversation, the length of a line. A fault ends this conversation, no other.
- A reply is taken apart as far as its id and its error; the rest stays the bytes that came.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterable, Iterator

import msgspec

from domcaps.drivers.qemu.conversation import Command, Exchange, QmpError
from domcaps.drivers.qemu.process import Process
from domcaps.drivers.qemu.queries import Plan
from domcaps.drivers.qemu.questions import HANDSHAKE
from domcaps.errors import ProbeError

LONGEST_LINE = 64 << 20
"""Bytes that one reply may have; the longest of real ones, the schema, has 0.25 MiB."""
MOST = 128 << 20
"""Bytes that all replies and events may have together; real ones come to 2 MiB."""
_PIECE = 1 << 18
_GLANCE = 0.25
"""Seconds between two looks at whether an emulator is still there; if it closed its monitor, a fiftieth of it."""
_STOOD_STILL = 1.0
"""Seconds by which a look is late only if we were stopped (Ctrl-Z): that time is not the emulator's."""
_FAREWELL = 0.5
"""Seconds that an emulator that closed its monitor gets to end, so that its own exit status can be told."""


class _Message(msgspec.Struct, rename={"result": "return", "greeting": "QMP"}):
    """A line from QEMU: a greeting, an event, or an answer."""

    id: int | msgspec.UnsetType = msgspec.UNSET
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: QmpError | None = None
    event: str | msgspec.UnsetType = msgspec.UNSET
    greeting: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decoder = msgspec.json.Decoder(_Message)


class Talk:
    """One emulator process and the conversation with it; the process is ended as soon as the talk is over.

    Attributes:
        process: the emulator.
        exchanges: what was asked and answered, batch by batch, in the order of asking.
        fault: why the talk ended early, if it did.
        over: nothing more will come, either way.
        idle: the plan waits for `lend`.
    """

    def __init__(  # noqa: PLR0913 - as many things decide how a talk goes
        self,
        process: Process,
        plan: Plan,
        *,
        opened: bool,
        deadline: float,
        longest: int = LONGEST_LINE,
        greeted: Callable[[Process], None] = lambda _: None,
    ) -> None:
        """Follow `plan` with `process` until `deadline` on `time.monotonic()`'s clock.

        `opened`: the plan's first batch was written when the process started. `greeted`: is called when it is an
        emulator that runs.
        """
        self.process = process
        self.exchanges: list[Exchange] = []
        self.fault: ProbeError | None = None
        self.over = False
        self.idle = False
        self._plan = plan
        self._deadline = deadline
        self._lines = _Lines(longest)
        self._greeted = False
        self._on_greeting = greeted
        self._closed: float | None = None
        self._silent = False
        self._look = 0.0
        self._first_id = 0
        self._batch: list[Command] = []
        self._answers: dict[int, Exchange] = {}
        self._unsent = memoryview(b"")
        self._ask(next(plan), write=not opened)

    def wants(self) -> list[tuple[int, int]]:
        """File descriptors and the poll(2) events that the talk waits for."""
        wanted = [] if self._silent else [(self.process.output, select.POLLIN)]
        if self._closed is None:
            wanted.append((self.process.monitor, select.POLLIN | (select.POLLOUT if self._unsent else 0)))
        return wanted

    def patience(self) -> float:
        """Seconds that may pass before the talk wants to `glance`."""
        due = self._look if self.idle else min(self._look, self._deadline)
        return max(0.0, due - time.monotonic())

    def ready(self, descriptor: int, events: int) -> None:
        """One of the descriptors is ready."""
        if self.over:
            return
        if descriptor == self.process.output:
            self._silent = not self.process.swallow()
            return
        if events & select.POLLOUT:
            self._write()
        if events & ~select.POLLOUT:
            self._read()

    def glance(self) -> None:
        """See to what no descriptor tells: the process is gone, or the time is up (not while it waits for `lend`)."""
        if self.over:
            return
        now = time.monotonic()
        if self._look and now - self._look > _STOOD_STILL:
            self._deadline += now - self._look
        self._look = now + (_GLANCE if self._closed is None else _GLANCE / 50)
        if now >= self._deadline and not self.idle:
            self._fail(f"did not {self._waiting_for()} within {round(self._deadline - self.process.started, 1):g} s")
        elif self.process.exited():
            self._read_rest()
            if not self.over:
                self._fail(f"{_how_it_ended(self.process.status)} before it could {self._waiting_for()}")
        elif self._closed is not None and now - self._closed > _FAREWELL:
            self._fail(f"closed its monitor before it could {self._waiting_for()}")

    def lend(self, exchanges: list[Exchange]) -> None:
        """Go on with what another process was asked for this one, too; nothing, if that came to nothing."""
        if self.idle and not self.over:
            self.idle = False
            try:
                self._go_on(exchanges)
            except ProbeError as error:
                self._fail(str(error))

    def end(self) -> None:
        """Stop here; whatever was answered stays."""
        self.over = True
        self._plan.close()
        self.process.end()

    def _fail(self, what: str) -> None:
        self.end()
        words = self.process.last_words()
        said = f"; its last words: {' / '.join(words.split(chr(10))[-3:])[-500:]}" if words else ""
        self.fault = ProbeError(f"the emulator {self.process.path} {what}{said}", subject=self.process.path, said=words)

    def _waiting_for(self) -> str:
        if not self._greeted:
            return "greet"
        missing = [c.execute for place, c in enumerate(self._batch) if place + self._first_id not in self._answers]
        return f"answer {missing[0]}" if missing else "be asked more"

    def _ask(self, batch: list[Command], *, write: bool) -> None:
        self._first_id += len(self._batch)
        self._batch = batch
        self._answers = {}
        self.idle = not batch
        if write:
            lines = (_spell(command, self._first_id + place) for place, command in enumerate(batch))
            self._unsent = memoryview(b"".join(lines))
            self._write()

    def _write(self) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self.process.monitor, self._unsent) :]
        except BlockingIOError:
            return
        except OSError:  # it hung up; what it still said, and that it did, is found by reading
            self._unsent = memoryview(b"")

    def _read(self) -> bool:
        """Take in a piece; False when there was none."""
        if self._closed is not None:
            return False
        try:
            piece = os.read(self.process.monitor, _PIECE)
        except BlockingIOError:
            return False
        except OSError:
            piece = b""
        if not piece:
            self._closed = time.monotonic()
            self._look = 0.0
            return False
        try:
            for line in self._lines.feed(piece):
                self._take(line)
                if self.over:
                    break
        except ProbeError as error:
            self._fail(str(error))
        return True

    def _read_rest(self) -> None:
        """What a process said before it ended may still lie in the socket, even all that was asked of it."""
        while self._read():
            if self.over:
                break

    def _take(self, line: bytes) -> None:
        try:
            message = _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise ProbeError(f"sent what is not QMP: {_excerpt(line)}") from None
        if not self._greeted:
            if message.greeting is msgspec.UNSET:
                raise ProbeError(f"did not greet as QMP does: {_excerpt(line)}")
            self._greeted = True
            self._on_greeting(self.process)
        elif message.event is msgspec.UNSET:
            self._answer(message, line)

    def _answer(self, message: _Message, line: bytes) -> None:
        if message.id is msgspec.UNSET:
            why = message.error.text if message.error else _excerpt(line)
            raise ProbeError(f"answered none of the questions: {why}")
        place = message.id - self._first_id
        if not 0 <= place < len(self._batch) or message.id in self._answers:
            raise ProbeError(f"answered a question that was not open (id {message.id})")
        if (message.result is msgspec.UNSET) == (message.error is None):
            raise ProbeError(f"answered with neither a result nor an error: {_excerpt(line)}")
        command = self._batch[place]
        if command.execute == HANDSHAKE and message.error:
            raise ProbeError(f"refused {HANDSHAKE}: {message.error.text}")
        self._answers[message.id] = Exchange(
            execute=command.execute, arguments=command.arguments, result=message.result, error=message.error
        )
        if len(self._answers) == len(self._batch):
            self._go_on([self._answers[number] for number in sorted(self._answers)])

    def _go_on(self, answers: list[Exchange]) -> None:
        self.exchanges += answers
        try:
            batch = self._plan.send(answers)
        except StopIteration:
            self.end()
        else:
            self._ask(batch, write=True)


class _Lines:
    """Bytes in pieces to lines, none longer than `longest`, all together no more than `MOST`."""

    __slots__ = ("_begun", "_left", "_length", "_longest")

    def __init__(self, longest: int) -> None:
        self._begun: list[bytes] = []
        self._length = 0
        self._longest = longest
        self._left = MOST

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The lines that `piece` completes; empty ones left out."""
        head, *rest = piece.split(b"\n")
        self._length += len(head)
        self._begun.append(head)
        if self._length > self._longest:
            raise ProbeError(f"sent a line of more than {self._longest} bytes")
        self._left -= len(piece)
        if self._left < 0:
            raise ProbeError(f"sent more than {MOST} bytes in all")
        for tail in rest:
            line = b"".join(self._begun)
            self._begun, self._length = [tail], len(tail)
            if line.strip():
                yield line


def pump(talks: Iterable[Talk]) -> None:
    """Wait until something happens to one of the talks, and see to it; returns after a quarter of a second at most."""
    going = [talk for talk in talks if not talk.over]
    if not going:
        return
    poll, owner = select.poll(), {}
    for talk in going:
        for descriptor, events in talk.wants():
            poll.register(descriptor, events)
            owner[descriptor] = talk
    happened = poll.poll(1000 * min(talk.patience() for talk in going))
    for descriptor, events in happened:
        owner[descriptor].ready(descriptor, events)
    for talk in going:
        if not talk.patience():
            talk.glance()


def run_all(talks: list[Talk]) -> None:
    """Go on until all talks are over; each then has its exchanges or its fault. Whatever happens, no process stays."""
    try:
        while not all(talk.over for talk in talks):
            pump(talks)
    finally:
        for talk in talks:
            talk.end()


def _spell(command: Command, number: int) -> bytes:
    question: dict[str, object] = {"execute": command.execute}
    if command.arguments:
        question["arguments"] = command.arguments
    return msgspec.json.encode({**question, "id": number}) + b"\n"


def _how_it_ended(status: int | None) -> str:
    if status is None:
        return "ended"
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"


def _excerpt(line: bytes) -> str:
    text = line[:60].decode("utf-8", "backslashreplace")
    return repr(text) + (" …" if len(line) > 60 else "")
