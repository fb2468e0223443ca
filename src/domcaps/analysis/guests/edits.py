"""Changes of a guest's text, as small as can be: all that they do not name stays byte for byte.

Rules kept here: an edit replaces bytes of the text it was made for; edits of one text that touch each other are not
applied together, the later one waits for the next round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domcaps.analysis.findings import Edit
from domcaps.analysis.guests.guest import Guest, Node

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


def set_attribute(guest: Guest, node: Node, attribute: str, value: str) -> Edit:
    """Give an attribute a value, in place or as the element's last one."""
    escaped = value.translate(_ESCAPES)
    span = guest.span(node, attribute)
    if span:
        return Edit(start=span[0], end=span[1], text=escaped)
    at = guest.tag_end(node) - (2 if guest.is_empty(node) else 1)
    while guest.data[at - 1 : at].isspace():
        at -= 1
    return Edit(start=at, end=at, text=f" {attribute}='{escaped}'")


def set_text(guest: Guest, node: Node, value: str) -> Edit:
    """Give an element without children a text."""
    escaped = value.translate(_ESCAPES)
    if guest.is_empty(node):
        return _filled(guest, node, escaped)
    start, end = guest.text_span(node)
    return Edit(start=start, end=end, text=escaped)


def remove_attribute(guest: Guest, node: Node, attribute: str) -> Iterable[Edit]:
    """Take an attribute away, with the space before it; nothing where it is not there."""
    span = guest.span(node, attribute)
    if span is None:
        return ()
    start = guest.data.rfind(attribute.encode(), node.start, span[0])
    while guest.data[start - 1 : start].isspace():
        start -= 1
    return (Edit(start=start, end=span[1] + 1, text=""),)


def remove(guest: Guest, node: Node) -> Edit:
    """Take an element away, with its line where it has that to itself."""
    start, end = node.start, guest.end(node)
    before, after = start, end
    while guest.data[before - 1 : before] in {b" ", b"\t"}:
        before -= 1
    while guest.data[after : after + 1] in {b" ", b"\t", b"\r"}:
        after += 1
    if guest.data[before - 1 : before] == b"\n" and guest.data[after : after + 1] == b"\n":
        return Edit(start=before, end=after + 1, text="")
    return Edit(start=start, end=end, text="")


def add_child(guest: Guest, node: Node, xml: str) -> Edit:
    """Put an element into another one, last, on a line of its own where the others have theirs."""
    if guest.is_empty(node):
        outer = _indent(guest, node.start)
        inner = f"\n{outer}  {xml}\n{outer}" if outer is not None else xml
        return _filled(guest, node, inner)
    at = node.close
    while guest.data[at - 1 : at] in {b" ", b"\t"}:
        at -= 1
    if guest.data[at - 1 : at] != b"\n":
        return Edit(start=node.close, end=node.close, text=xml)
    indent = _indent(guest, node.children[-1].start) if node.children else None
    if indent is None:
        indent = (_indent(guest, node.start) or "") + "  "
    return Edit(start=at, end=at, text=f"{indent}{xml}\n")


def add_first(guest: Guest, node: Node, xml: str) -> Edit:
    """Put an element right before another one, on a line of its own where that has one."""
    indent = _indent(guest, node.start)
    return Edit(start=node.start, end=node.start, text=xml if indent is None else f"{xml}\n{indent}")


def set_below(guest: Guest, node: Node, steps: Sequence[str], attribute: str, value: str) -> Edit:
    """Give an attribute of an element, some steps below another one, a value; what is missing on the way is made."""
    for position, step in enumerate(steps):
        found = node.child(step)
        if found is None:
            names = steps[position:]
            xml = f"<{names[-1]} {attribute}='{value.translate(_ESCAPES)}'/>"
            for name in reversed(names[:-1]):
                xml = f"<{name}>{xml}</{name}>"
            return add_child(guest, node, xml)
        node = found
    return set_attribute(guest, node, attribute, value)


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """A text with its edits made, each once; of two that touch each other only the first."""
    pieces: list[bytes] = []
    done = 0
    last = -1
    for edit in sorted(set(edits)):
        if edit.start < done or (edit.start == last and edit.start == edit.end):
            continue
        pieces += (data[done : edit.start], edit.text.encode())
        done = edit.end
        last = edit.start
    pieces.append(data[done:])
    return b"".join(pieces)


def _filled(guest: Guest, node: Node, inner: str) -> Edit:
    """`<name/>` as an element with something in it."""
    end = guest.tag_end(node)
    start = end - 2
    while guest.data[start - 1 : start].isspace():
        start -= 1
    return Edit(start=start, end=end, text=f">{inner}</{node.name}>")


def _indent(guest: Guest, offset: int) -> str | None:
    """The space before a byte, if nothing else stands before it on its line."""
    before = offset
    while guest.data[before - 1 : before] in {b" ", b"\t"} and before:
        before -= 1
    if before and guest.data[before - 1 : before] != b"\n":
        return None
    return guest.data[before:offset].decode()
