"""A guest's definition, libvirt's domain XML, as a tree that knows where everything stands.

Rules kept here:

- no document type declaration, hence no entities but XML's own and nothing fetched; depth and size are bounded;
- a text that is no guest gives a `Guest` with a `fault`, never an exception;
- positions are byte offsets into the text as UTF-8, so that a change can leave all else as it is.

expat and not lxml, as for documents: it tells where each element begins, which a change of the text needs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NoReturn

from domcaps.analysis.findings import Place

MOST_NODES = 200_000
"""Elements and attributes in one definition; a guest of 1,000 devices has some 10,000."""
MOST_LEVELS = 100
LARGEST = 16 * 1024 * 1024
"""Bytes in one definition."""

_ATTRIBUTE = re.compile(rb"""\s([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")
_TAG_END = re.compile(rb"""(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_ENCODING = re.compile(rb"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.:-]{0,40})["']""")
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_SPACE = b" \t\r\n"


class Node:
    """An element: name, attributes, children, text, and where it stands."""

    __slots__ = ("attributes", "children", "close", "name", "parent", "path", "pieces", "start")

    def __init__(self, name: str, attributes: dict[str, str], parent: Node | None, start: int) -> None:
        self.name = name
        self.attributes = attributes
        self.parent = parent
        self.start = start
        self.close = start
        """Where the end tag begins; meaningless for an empty element."""
        self.children: list[Node] = []
        self.pieces: list[str] = []
        self.path: str = name if parent is None or not parent.path else f"{parent.path}/{name}"
        if parent is None:
            self.path = ""
        """The names from below the root, joined by `/`."""

    @property
    def text(self) -> str:
        """The element's own text without the space around it."""
        return "".join(self.pieces).strip()

    def get(self, attribute: str) -> str | None:
        """The value of an attribute."""
        return self.attributes.get(attribute)

    def child(self, name: str) -> Node | None:
        """The first child of a name."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def all(self, name: str) -> Iterator[Node]:
        """The children of a name."""
        return (child for child in self.children if child.name == name)

    def value(self, child: str, attribute: str) -> str | None:
        """An attribute of the first child of a name."""
        found = self.child(child)
        return None if found is None else found.attributes.get(attribute)

    @property
    def xpath(self) -> str:
        """The XPath of this element from the root."""
        if self.parent is None:
            return f"/{self.name}"
        same = [child for child in self.parent.children if child.name == self.name]
        position = f"[{same.index(self) + 1}]" if len(same) > 1 else ""
        return f"{self.parent.xpath}/{self.name}{position}"


class Fault(Exception):  # noqa: N818 - it never leaves this module: a guest carries it as a value
    """Why a text is no guest, and on which line and column."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class Guest:
    """A definition that was read.

    Attributes:
        name: the file's name, or another one for messages.
        data: the text as UTF-8.
        encoding: what it is to be written in.
        root: `<domain>`; of a text that is no guest an empty one.
        fault: why it is no guest; `None` for one that is.
        at: path below `<domain>` to the elements there, in the text's order.
    """

    __slots__ = ("_lines", "at", "data", "encoding", "fault", "name", "root")

    def __init__(self, data: bytes, name: str = "", *, like: Guest | None = None) -> None:
        """Read a definition; what is wrong with it becomes its `fault`.

        Args:
            data: the text, in whatever encoding it declares.
            name: the file's, or another one for messages.
            like: the guest whose changed text this is: UTF-8, whatever it declares.
        """
        self.name = name
        self.data = b""
        self.encoding = "utf-8"
        self.root = Node("domain", {}, None, 0)
        self.fault: Fault | None = None
        self.at: dict[str, list[Node]] = {}
        self._lines: list[int] = []
        try:
            self.data, self.encoding = (data, like.encoding) if like is not None else _as_utf8(data)
            self.root, self.at = _Reader(self.data).read()
        except Fault as fault:
            self.fault = fault

    def all(self, path: str) -> list[Node]:
        """The elements of a path below `<domain>`."""
        return self.at.get(path) or []

    def first(self, path: str) -> Node | None:
        """The first element of a path below `<domain>`."""
        found = self.at.get(path)
        return found[0] if found else None

    @property
    def title(self) -> str:
        """The guest's own name."""
        named = self.first("name")
        return named.text if named is not None else ""

    def tag_end(self, node: Node) -> int:
        """Where the start tag of an element ends: behind its `>`."""
        found = _TAG_END.match(self.data, node.start)
        return found.end() if found else len(self.data)

    def is_empty(self, node: Node) -> bool:
        """Whether an element is written as `<name/>`."""
        return self.data[self.tag_end(node) - 2 : self.tag_end(node) - 1] == b"/"

    def end(self, node: Node) -> int:
        """Where an element ends: behind its end tag."""
        if self.is_empty(node):
            return self.tag_end(node)
        return self.data.find(b">", node.close) + 1

    def span(self, node: Node, attribute: str) -> tuple[int, int] | None:
        """Where the value of an attribute stands, without its quotes."""
        wanted = attribute.encode()
        for found in _ATTRIBUTE.finditer(self.data, node.start, self.tag_end(node)):
            if found[1] == wanted:
                return found.start(2) + 1, found.end(2) - 1
        return None

    def text_span(self, node: Node) -> tuple[int, int]:
        """Where an element's text stands, without the space around it; meaningful when it has no children."""
        start, end = self.tag_end(node), node.close
        while start < end and self.data[start] in _SPACE:
            start += 1
        while end > start and self.data[end - 1] in _SPACE:
            end -= 1
        return start, end

    def place(self, node: Node, attribute: str = "", *, text: bool = False) -> Place:
        """The place of an element, of the value of its attribute, or of its text."""
        span = self.span(node, attribute) if attribute else None
        if span is None and text and not node.children and node.text:
            span = self.text_span(node)
        start, end = span or (node.start, node.start + 1 + len(node.name.encode()))
        line, column = self.position(start)
        shown = self.data[start:end].split(b"\n", 1)[0].decode(errors="replace")
        xpath = f"{node.xpath}/@{attribute}" if attribute else node.xpath
        return Place(xpath=xpath, line=line, column=column, length=max(1, len(shown)))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1 and the column in characters, of a byte."""
        if not self._lines:
            self._lines = [0, *(found.end() for found in re.finditer(rb"\n", self.data))]
        line = bisect_right(self._lines, offset)
        start = self._lines[line - 1]
        return line, len(self.data[start:offset].decode(errors="replace")) + 1

    def line(self, number: int) -> str:
        """The text of a line, from 1."""
        lines = self.data.splitlines()
        return lines[number - 1].decode(errors="replace") if 0 < number <= len(lines) else ""


def _as_utf8(data: bytes) -> tuple[bytes, str]:
    if len(data) > LARGEST:
        raise Fault(f"larger than {LARGEST >> 20} MiB, which no definition of a guest is")
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:], "utf-8-sig"
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if not encoding:
        declared = _ENCODING.match(data[:400].lstrip())
        encoding = declared[1].decode("ascii").lower() if declared else "utf-8"
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise Fault(f"the text is not in the encoding '{encoding}'") from None
    return (data if encoding == "utf-8" else text.encode("utf-8", "replace")), encoding


class _Reader:
    """What expat calls."""

    def __init__(self, data: bytes) -> None:
        from xml.parsers import expat  # noqa: PLC0415 - start-up: only guests need it

        self.data = data
        self.expat = expat
        self.parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.finish
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = self.doctype
        self.open: list[Node] = []
        self.root: Node | None = None
        self.at: dict[str, list[Node]] = {}
        self.count = 0

    def read(self) -> tuple[Node, dict[str, list[Node]]]:
        try:
            self.parser.Parse(self.data, True)
        except self.expat.ExpatError as error:
            words = self.expat.ErrorString(error.code) or "unknown fault"
            raise Fault(f"not well-formed XML: {words}", error.lineno, error.offset + 1) from None
        if self.root is None:
            self.fail("there is no element")
        if self.root.name != "domain":
            self.fail(f"the root element is <{self.root.name}>; a guest's definition is <domain>")
        return self.root, self.at

    def fail(self, message: str) -> NoReturn:
        raise Fault(message, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1 + len(attributes)
        if self.count > MOST_NODES or len(self.open) >= MOST_LEVELS:
            self.fail("this holds more elements, or deeper ones, than any definition of a guest")
        parent = self.open[-1] if self.open else None
        node = Node(name, attributes, parent, self.parser.CurrentByteIndex)
        if parent is None:
            self.root = node
        else:
            parent.children.append(node)
            self.at.setdefault(node.path, []).append(node)
        self.open.append(node)

    def finish(self, _name: str) -> None:
        self.open.pop().close = self.parser.CurrentByteIndex

    def text(self, text: str) -> None:
        self.open[-1].pieces.append(text)

    def doctype(self, *_: object) -> None:
        self.fail("a document type declaration is not read: a definition of a guest has none")
