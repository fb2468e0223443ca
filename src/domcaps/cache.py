"""The cache: answers of emulators, and documents, each good only as long as what it depended on is seen unchanged.

An entry is a file: a line with format, length and checksum; the question; witnesses (`domcaps.witness`); the answer.
Rules kept here:

- an entry is whole or ignored: it is written beside and renamed, and its checksum is looked at;
- a folder or a file that is not this user's alone is ignored, with a note;
- a lock that a dead process held is free: the kernel lets go of it;
- no fault of the cache is ever a fault of the command.

Nothing heavy is imported: a warm `domcaps show` is this module, `witness`, and the answer's bytes.
"""

from __future__ import annotations

import os
import stat
import sys
import zlib

from domcaps.witness import holds

TYPE_CHECKING = False  # start-up: importing typing for it costs as much as a bare interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Notes = Callable[[str], None]

FORMAT = b"domcaps-cache 1"
SYSTEM_FOLDER = "/var/cache/domcaps"
"""Where root's cache is."""
MOST = {"document": 256, "emulator": 128}
"""Entries kept of each kind; the oldest go first."""
_STALE = 3600
"""Seconds after which nobody writes a file any more that was begun and not finished."""
MAX_ENTRY = 64 * 1024 * 1024
_LONGEST_WORDS = 1 << 16


def folder() -> str:
    """The cache's folder: root's under /var/cache, anybody else's below their own cache folder; empty: none."""
    named = os.environ.get("DOMCAPS_CACHE_DIR")
    if named is not None:
        return named
    if sys.platform != "darwin" and os.geteuid() == 0:
        return SYSTEM_FOLDER
    home = os.environ.get("HOME", "")
    if sys.platform == "darwin":
        return f"{home}/Library/Caches/domcaps" if home else ""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if base.startswith("/"):
        return f"{base}/domcaps"
    return f"{home}/.cache/domcaps" if home.startswith("/") else ""


class Cache:
    """One folder of entries."""

    __slots__ = ("_hopeless", "_usable", "notes", "path")

    def __init__(self, path: str | None = None, notes: Notes | None = None) -> None:
        self.path = folder() if path is None else path
        self.notes = notes
        self._usable: bool | None = None
        self._hopeless = False

    def find(self, kind: str, question: str) -> bytes | None:
        """The answer to a question, if there is one and all that it depended on is as it was.

        Args:
            kind: `document` or `emulator`.
            question: all that was asked, as text.
        """
        data = self._read(self._file(kind, question))
        entry = _opened(data) if data is not None else None
        if entry is None:
            if data is not None:
                self._note(f"{self._file(kind, question)}: ignored: not an entry of this cache, or a damaged one")
            return None
        asked, lines, answer = entry
        if asked != question.encode("utf-8", "surrogateescape"):
            return None
        for line in lines:
            if not holds(line):
                self._note(f"asked again: {' '.join(line.split(chr(9))[:2])} has changed")
                return None
        return answer

    def keep(self, kind: str, question: str, depends: Iterable[str], answer: bytes) -> None:
        """Keep an answer with the witnesses of what it depends on."""
        if not self._prepared():
            return
        asked = question.encode("utf-8", "surrogateescape")
        lines = "\n".join(depends).encode("utf-8", "surrogateescape")
        if b"\n" in asked or len(answer) > MAX_ENTRY:
            return
        body = b"\n".join((asked, b"%d" % len(lines), lines, answer))
        target = self._file(kind, question)
        beside = f"{target}.{os.getpid()}.{os.urandom(4).hex()}.new"  # containers that share a home share numbers, too
        try:
            file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                _write_all(file, b"%s %d %08x\n" % (FORMAT, len(body), zlib.crc32(body)) + body)
            finally:
                os.close(file)
            os.replace(beside, target)  # noqa: PTH105 - start-up: no pathlib here
        except OSError as error:
            self._note(f"{target}: not kept: {error.strerror}")
            _remove(beside)
            return
        self._prune(kind, target.rpartition("/")[2])

    def lock(self, kind: str, question: str) -> Lock:
        """A lock for the one who is to find the answer; others wait for it and then look again."""
        return Lock(f"{self._file(kind, question)}.lock" if self._prepared() else "")

    @property
    def usable(self) -> bool:
        """Whether there is such a folder, and it is this user's alone to write."""
        return self._trusted()

    def entries(self) -> list[tuple[str, int]]:
        """Names and sizes in bytes of all entries."""
        return sorted((name, found.st_size) for name, found in self._files((".document", ".emulator")))

    def clear(self) -> int:
        """Remove every entry, and what a killed process left; how many entries there were."""
        if not self.usable:
            return 0
        count = len(self.entries())
        for name, _ in self._files((".document", ".emulator", ".lock", ".new")):
            _remove(f"{self.path}/{name}")
        return count - len(self.entries())

    def _file(self, kind: str, question: str) -> str:
        asked = question.encode("utf-8", "surrogateescape")
        return f"{self.path}/{zlib.crc32(asked):08x}{zlib.adler32(asked):08x}.{kind}"

    def _read(self, path: str) -> bytes | None:
        if not self._trusted():
            return None
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
                self._note(f"{path}: ignored: others could have written it")
                return None
            if found.st_size > MAX_ENTRY + 1024 * 1024:
                return None
            return _read_all(file, found.st_size)
        except OSError:
            return None
        finally:
            os.close(file)

    def _trusted(self) -> bool:
        """The folder is there and this user's alone to write."""
        if self._usable is None:
            self._usable = False
            try:
                found = os.lstat(self.path) if self.path else None
            except OSError:
                return self._usable
            if found is not None:
                own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
                self._usable = own
                if not own:
                    self._note(f"{self.path}: not used: it is not a folder that this user alone can write to")
        return self._usable

    def _prepared(self) -> bool:
        if self._trusted():
            return True
        if not self.path or self._hopeless or os.path.lexists(self.path):
            return False
        try:
            os.makedirs(self.path, mode=0o700, exist_ok=True)  # noqa: PTH103 - start-up: no pathlib here
        except OSError as error:
            self._note(f"{self.path}: cannot be made: {error.strerror}")
            self._hopeless = True
            return False
        self._usable = None
        return self._trusted()

    def _prune(self, kind: str, newest: str) -> None:
        """Remove the oldest entries of a kind, and what killed processes left; `newest` was written just now.

        Its time is the clock's: what is younger was written before the clock was set back, and counts as old.
        """
        files = dict(self._files((f".{kind}", ".new")))
        if newest not in files:  # somebody else clears the cache
            return
        now = files.pop(newest).st_mtime_ns
        ages = {name: abs(now - found.st_mtime_ns) for name, found in files.items()}
        entries = sorted((age, name) for name, age in ages.items() if name.endswith(f".{kind}"))
        for _, name in entries[MOST[kind] - 1 :]:
            _remove(f"{self.path}/{name}")
        for name, age in ages.items():
            if name.endswith(".new") and age > _STALE * 10**9:
                _remove(f"{self.path}/{name}")

    def _files(self, endings: tuple[str, ...]) -> list[tuple[str, os.stat_result]]:
        try:
            names = [name for name in os.listdir(self.path) if name.endswith(endings)]  # noqa: PTH208 - as in `_remove`
        except OSError:
            return []
        found = []
        for name in names:
            try:
                state = os.lstat(f"{self.path}/{name}")
            except OSError:  # others write and remove at the same time
                continue
            if stat.S_ISREG(state.st_mode):
                found.append((name, state))
        return found

    def _note(self, message: str) -> None:
        if self.notes is not None:
            self.notes(message)


class Lock:
    """An exclusive lock that ends with the process that holds it. Without a path it is always free.

    Who holds it and finds no answer may leave word for those who wait, so that they need not fail one after the other.
    """

    __slots__ = ("_file", "_since", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = -1
        self._since = 0.0

    def take(self, timeout: float) -> bool:
        """Wait for the lock; whether somebody else held it meanwhile (so that it pays to look again).

        After `timeout` seconds it is not waited for any longer: a doubled effort is no wrong answer.
        """
        if not self.path:
            return False
        import fcntl  # noqa: PLC0415 - start-up: a warm call takes no lock
        import time  # noqa: PLC0415 - as above

        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            return False
        self._since = time.monotonic()
        waited, end = False, self._since + timeout
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                waited = True
                if time.monotonic() > end:
                    return True
                time.sleep(0.005)
            else:
                return waited

    def leave(self, words: str, patience: float) -> None:
        """Tell those who wait why there is no answer; empty: nothing.

        Args:
            words: why.
            patience: seconds after which it was given up: who has more should try again.
        """
        import time  # noqa: PLC0415 - as in `take`

        said = f"{time.monotonic()} {patience} {words}" if words else ""
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, said.encode("utf-8", "replace"), 0)
        except OSError:  # no lock, or a full disk
            return

    def left(self, patience: float) -> str:
        """What was left while we waited, by somebody who was as patient as we are; else empty."""
        try:
            when, theirs, words = os.pread(self._file, _LONGEST_WORDS, 0).decode().split(" ", 2)
            return words if float(when) >= self._since and float(theirs) >= patience else ""
        except (OSError, ValueError):
            return ""

    def free(self) -> None:
        """Let go of it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _opened(data: bytes) -> tuple[bytes, list[str], bytes] | None:
    """Question, witnesses and answer of an entry; `None` when it is damaged."""
    head, _, body = data.partition(b"\n")
    words = head.split(b" ")
    if b" ".join(words[:2]) != FORMAT or words[2:] != [b"%d" % len(body), b"%08x" % zlib.crc32(body)]:
        return None
    asked, _, rest = body.partition(b"\n")
    size, _, rest = rest.partition(b"\n")
    length = int(size) if size.isdigit() and len(size) < 10 else len(rest)
    if length >= len(rest):
        return None
    lines = rest[:length].decode("utf-8", "surrogateescape").split("\n") if length else []
    return asked, lines, rest[length + 1 :]


def _read_all(file: int, size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.read(file, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _remove(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 - start-up: no pathlib here
    except OSError:
        return
