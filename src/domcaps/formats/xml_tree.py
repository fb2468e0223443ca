"""XML text as a small tree with lines and columns, read by expat.

Rules kept here:

- no document type declaration, hence no entities but XML's own five, no default attributes, nothing fetched;
- depth and number of elements are bounded, so that time and memory are;
- text, comments and processing instructions stay where they stood;
- a fault is an `InputError` with its line and one sentence.

expat and not lxml, because it counts columns, can be stopped at any element, and costs a command no start-up.
"""

from __future__ import annotations

from typing import NoReturn

from domcaps.errors import InputError

MOST_NODES = 50_000
"""Elements and attributes in one document; the largest that libvirt is known to have written has some 9,000."""
MOST_LEVELS = 200
"""Elements inside one another; libvirt uses six."""
_DOCTYPE = "a document type declaration is not read: a domain capabilities document has none"


class Remark(str):
    """A comment or a processing instruction, as it is spelled in XML."""

    __slots__ = ()


class Element:
    """One element: its name, its attributes in order, and what stands in it in order."""

    __slots__ = ("attributes", "children", "column", "line", "name")

    def __init__(self, name: str, attributes: dict[str, str], line: int, column: int) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element | str] = []
        self.line = line
        self.column = column


class _Builder:
    """What expat calls; afterwards `root` is the tree."""

    def __init__(self, size: int, source: str, line: int, column: int) -> None:
        from xml.parsers import expat  # noqa: PLC0415 - start-up: a document in libvirt's own layout needs no parser

        self.faults = expat.errors
        self.explain = expat.ErrorString
        self.error = expat.ExpatError
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.buffer_size = 4 * size + 1  # every text in one piece: putting pieces together takes quadratic time
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.CommentHandler = self.comment
        parser.ProcessingInstructionHandler = self.instruction
        parser.StartDoctypeDeclHandler = self.doctype
        self.source = source
        self.line = line - 1
        self.column = column
        self.nodes = 0
        self.root: Element | None = None
        self.open: list[Element] = []

    def fail(self, message: str, line: int) -> NoReturn:
        raise InputError(message, source=self.source, place=f"line {line + self.line}")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        parser = self.parser
        line = parser.CurrentLineNumber
        self.nodes += 1 + len(attributes)
        if self.nodes > MOST_NODES:
            self.fail(f"this holds more than {MOST_NODES} elements and attributes, which no document does", line)
        if len(self.open) >= MOST_LEVELS:
            self.fail(f"elements stand more than {MOST_LEVELS} deep, which no document does", line)
        first = self.column if line == 1 else 0
        element = Element(name, attributes, line + self.line, parser.CurrentColumnNumber + 1 + first)
        if self.open:
            self.open[-1].children.append(element)
        elif self.root is None:
            self.root = element
        self.open.append(element)

    def end(self, _name: str) -> None:
        self.open.pop()

    def text(self, text: str) -> None:
        children = self.open[-1].children
        if children and type(children[-1]) is str:
            children[-1] += text
        else:
            children.append(text)

    def comment(self, text: str) -> None:
        if self.open:
            self.open[-1].children.append(Remark(f"<!--{text}-->"))

    def instruction(self, target: str, text: str) -> None:
        if self.open:
            self.open[-1].children.append(Remark(f"<?{target} {text}?>" if text else f"<?{target}?>"))

    def doctype(self, *_: object) -> None:
        self.fail(_DOCTYPE, self.parser.CurrentLineNumber)


def parse(text: str, *, source: str = "", line: int = 1, column: int = 0) -> Element:
    """Read one element and what stands in it.

    Args:
        text: XML, without an XML declaration.
        source: the input's name, for errors.
        line: the line of the input at which the text begins.
        column: how many characters stand before it on that line.

    Raises:
        InputError: it is not well-formed, declares a document type, or goes beyond the bounds of this module.
    """
    builder = _Builder(len(text), source, line, column)
    try:
        builder.parser.Parse(text, True)
    except builder.error as fault:
        builder.fail(_sentence(builder, fault.code), fault.lineno)
    except UnicodeEncodeError as fault:
        builder.fail("a character here is half of a pair", text.count("\n", 0, fault.start) + 1)
    if builder.root is None:
        builder.fail("there is no element", 1)
    return builder.root


def _sentence(builder: _Builder, code: int) -> str:
    """What is wrong, with the element that is open where that helps."""
    said = builder.explain(code) or "unknown fault"
    faults = builder.faults
    if said in {faults.XML_ERROR_TAG_MISMATCH, faults.XML_ERROR_NO_ELEMENTS, faults.XML_ERROR_UNCLOSED_TOKEN}:
        if builder.open:
            inner = builder.open[-1]
            return f"not well-formed XML: <{inner.name}> of line {inner.line} is not closed"
        said = "it ends too early"
    if said == faults.XML_ERROR_UNDEFINED_ENTITY:
        said = "an entity that XML itself does not define"
    return f"not well-formed XML: {said}"
