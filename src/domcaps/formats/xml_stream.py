"""Documents in a stream of bytes: one or several, alone, or with other text around them.

Rules kept here:

- bytes are UTF-8, or what a byte order mark or the XML declaration at their very begin says, of a short list; one that
  says UTF-16 in plain ASCII is wrong;
- a document is what stands between `<domainCapabilities>` and its end tag; comments and CDATA hide neither;
- all else is skipped, and said; a document type declaration before a document is refused;
- two misprints of the specification's own examples are read, and said: the end tag without its slash
  (`<domainCapabilities>` once more with no element after it), and an end tag without its `>`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn

import msgspec

from domcaps.errors import InputError
from domcaps.schema.document import ROOT

Notes = Callable[[str], object]
"""Takes a sentence about something that a person should know and that is no error."""

LARGEST = 16 * 1024 * 1024
"""Bytes in one input, all of it ASCII as libvirt's documents are."""
LARGEST_WIDE = 8 * 1024 * 1024
"""Bytes in an input of another script, whose characters take up to four times the memory."""
LARGEST_DOCUMENT = 1024 * 1024
"""Characters in one document; the largest that libvirt is known to have written has 0.2 million."""
MOST_DOCUMENTS = 10_000
"""Documents in one input."""
_SHOWN = 60
_BREAK = "\n"

_START, _END = f"<{ROOT}", f"</{ROOT}"
_HIDDEN = {"<!--": "-->", "<![CDATA[": "]]>"}
_MARKS = (rf"<{ROOT}(?=[\s/>])", rf"</{ROOT}[ \t\r\n]*+>", r"<!(?:DOCTYPE|ENTITY)\b")
_DECLARED = re.compile(rb"\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z][\w.:-]{0,40})[\"']")
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,200}\?>")
_ROOT_NAME = re.compile(r"<([A-Za-z_][\w:.-]{0,60})(?=[\s/>])")
_UNFINISHED = re.compile(r"</([A-Za-z_][\w.-]{0,100})(?=[ \t]*\r?\n)")
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_ENCODINGS = re.compile(
    r"utf-?8|us-ascii|ascii|latin-?1|iso-?8859-\d{1,2}|windows-125\d|utf-?16(?:le|be)?", re.IGNORECASE
)


_WIDE = re.compile(r"utf-?16", re.IGNORECASE)


class Fragment(msgspec.Struct, frozen=True, kw_only=True):
    """Where a document stands in a text."""

    start: int
    end: int
    line: int
    """The line, from 1, on which it begins."""
    text: str
    """The document, with misprints mended."""


def decode(data: bytes, source: str = "") -> str:
    """The text of an input.

    Raises:
        InputError: it is too large, packed, holds a NUL, or is not in its encoding.
    """
    if data.startswith(b"\x1f\x8b"):
        raise InputError("this is packed by gzip: only the command line unpacks it", source=source)
    limit = LARGEST if len(data) <= LARGEST_WIDE or data.isascii() else LARGEST_WIDE
    if len(data) > limit:
        raise InputError(f"this is larger than {limit >> 20} MiB, which no document is", source=source)
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "")
    if not encoding:
        declared = _DECLARED.match(data[:400])
        encoding = declared[1].decode() if declared else "utf-8"
        if not _ENCODINGS.fullmatch(encoding):
            raise InputError(f"the encoding '{encoding}' is not read; UTF-8 is", source=source, place="line 1")
        if _WIDE.match(encoding):  # which the declaration itself is not in: somebody encoded the file anew, and left it
            encoding = "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        message = f"the bytes here are not {encoding.upper()}"
        raise InputError(message, source=source, place=f"line {line}") from None
    except LookupError:
        raise InputError(f"the encoding '{encoding}' is unknown", source=source, place="line 1") from None
    nul = text.find("\0")
    if nul >= 0:
        raise InputError("a NUL stands here", source=source, place=f"line {text.count(_BREAK, 0, nul) + 1}")
    return text


def _marks(hidden: Iterable[str]) -> Callable[[str, int], re.Match[str] | None]:
    return re.compile("|".join([*_MARKS, *map(re.escape, hidden)])).search


class Stream:
    """The documents of a text, one after another."""

    def __init__(self, text: str, source: str = "", notes: Notes | None = None) -> None:
        self.text = text
        self.source = source
        self.notes = notes
        self.position = 0
        """Everything before this is read or skipped, and said."""
        self.marks = 0
        """How much was found in the documents so far, as the reader of documents counts it."""
        self._hidden = dict(_HIDDEN)
        self._mark = _marks(self._hidden)
        self._counted = (0, 1)

    def line(self, position: int) -> int:
        """The number of the line, from 1, on which a position lies."""
        counted, line = self._counted
        if position < counted:
            line -= self.text.count(_BREAK, position, counted)
        else:
            line += self.text.count(_BREAK, counted, position)
        self._counted = (position, line)
        return line

    def fail(self, message: str, position: int) -> NoReturn:
        """Raise the error that something is wrong at a position."""
        raise InputError(message, source=self.source, place=f"line {self.line(position)}")

    def note(self, message: str, position: int, end: int | None = None) -> None:
        """Say something about some lines."""
        if self.notes is None:
            return
        first = self.line(position)
        last = first if end is None else self.line(end)
        lines = f"line {first}" if first == last else f"lines {first} to {last}"
        where = f"{self.source}, {lines}" if self.source else lines
        self.notes(f"{where}: {message}")

    def fragments(self, read_fast: Callable[[int], int | None]) -> Iterator[Fragment]:
        """The documents' places.

        Args:
            read_fast: is offered the position where each document begins, and gives the position after it when it has
                read the document itself; that document is then not given here.

        Raises:
            InputError: a document is not finished, or a document type declaration stands before one, or there is none.
        """
        found = 0
        while (start := self._begin()) is not None:
            found += 1
            if found > MOST_DOCUMENTS:
                self.fail(f"there are more than {MOST_DOCUMENTS} documents", start)
            self._skipped(start)
            after = read_fast(start)
            if after is None:
                fragment = self._fragment(start)
                after = fragment.end
                yield fragment
            self.position = after
        if not found:
            self._fail_without()
        self._skipped(len(self.text))

    def _marks(self, position: int) -> Iterator[re.Match[str]]:
        """The marks from a position on that no comment or CDATA section hides."""
        text = self.text
        while found := self._mark(text, position):
            position = found.end()
            end = self._hidden.get(found[0])
            if end is None:
                yield found
                continue
            closed = text.find(end, position)
            if closed >= 0:
                position = closed + len(end)
            else:  # never closed from here on: no comment, and not to be looked for again
                del self._hidden[found[0]]
                self._mark = _marks(self._hidden)

    def _begin(self) -> int | None:
        """Where the next document begins."""
        declared = None
        for mark in self._marks(self.position):
            if mark[0] == _START:
                if declared is not None:
                    message = "a document type declaration is not read: a domain capabilities document has none"
                    self.fail(message, declared)
                return mark.start()
            if mark[0].startswith("<!"):
                declared = mark.start()
        return None

    def _fragment(self, start: int) -> Fragment:
        """The document that begins at a position."""
        text = self.text
        closed = text.find(">", start, start + LARGEST_DOCUMENT)
        if closed > 0 and text[closed - 1] == "/" and "<" not in text[start + 1 : closed]:
            return self._cut(start, closed + 1)
        for mark in self._marks(start + len(_START)):
            if mark[0].startswith(_END):
                return self._cut(start, mark.end())
            if mark[0] == _START:
                line = self.line(start)
                if not self._is_misprint(mark.end()):
                    self.fail(f"{_START}> of line {line} is not closed before the next one begins", mark.start())
                self.note(f"{_START}> is taken for {_END}>", mark.start())
                return self._cut(start, mark.start(), mark.end() + 1)
        line = self.line(start)
        return self.fail(f"the text ends inside {_START}> of line {line}", len(text))

    def _cut(self, start: int, end: int, after: int | None = None) -> Fragment:
        """The document between two positions; with `after`, something that ends there stands for its end tag."""
        if end - start > LARGEST_DOCUMENT:
            self.fail(f"a document of more than {LARGEST_DOCUMENT >> 20} MiB begins here, which none is", start)
        text = self.text[start:end] if after is None else f"{self.text[start:end]}{_END}>"
        return Fragment(start=start, end=after or end, line=self.line(start), text=text)

    def _is_misprint(self, position: int) -> bool:
        """Whether a second start tag stands where an end tag should: nothing of a document follows it."""
        text = self.text
        if text[position : position + 1] != ">":
            return False
        rest = text[position + 1 : position + 400].lstrip()
        return not rest.startswith(("...", "<")) or rest.startswith(_START)

    def mended(self, fragment: Fragment) -> str | None:
        """The document with a `>` at the end tags that lack it; `None` when none does."""
        text = _UNFINISHED.sub(r"</\1>", fragment.text)
        if text == fragment.text:
            return None
        for found in _UNFINISHED.finditer(fragment.text):
            self.note(f"</{found[1]} lacks its '>'", fragment.start + found.start())
        return text

    def _skipped(self, end: int) -> None:
        """Say what of the text between the documents is neither blank nor a comment nor an XML declaration."""
        if self.notes is None:
            return
        between = self.text[self.position : end]
        rest = _DECLARATION.sub(_blank, _uncommented(between)).strip("\ufeff \t\r\n")
        if rest:
            start = self.position + len(between) - len(between.lstrip())
            last = self.position + len(between.rstrip())
            line = rest.splitlines()[0].strip()
            shown = line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
            self.note(f"skipped what is no document: {shown}", start, max(start, last - 1))

    def _fail_without(self) -> NoReturn:
        text = self.text
        if not text.strip("\ufeff \t\r\n"):
            raise InputError(f"this is empty, where a {_START}> document should be", source=self.source)
        root = _ROOT_NAME.search(_uncommented(text[:100_000]))
        if root is None:
            self.fail(f"this is not XML: there is no {_START}> document in it", 0)
        kind = _KINDS.get(root[1].lower(), "")
        self.fail(f"this is <{root[1]}>{kind}, and holds no {_START}> document", root.start())


_KINDS = {
    "domain": ", a guest's definition",
    "capabilities": ", the host's capabilities",
    "html": ", a web page",
    "cpu": ", a CPU's definition",
}


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _uncommented(text: str) -> str:
    """The text with spaces for its comments, so that positions stay."""
    parts = []
    position = 0
    while (start := text.find("<!--", position)) >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            break
        parts += [text[position:start], " " * (end + 3 - start)]
        position = end + 3
    parts.append(text[position:])
    return "".join(parts)
