"""Where two documents differ first, said so that a person finds the place: the section, both lines, how many follow."""

from __future__ import annotations

import difflib
import re

from lxml import etree

_ELEMENT = re.compile(r"( *)<([\w-]+)(?:[^>]*?\bname='([^']*)')?")
_LINES_SHOWN = 5


def section(text: str, line: int) -> str:
    """The path of elements around a line of an indented document, as `domainCapabilities/devices/disk/enum[bus]`."""
    path: dict[int, str] = {}
    for row in text.splitlines()[: line + 1]:
        if match := _ELEMENT.match(row):
            depth = len(match[1])
            path = {level: name for level, name in path.items() if level < depth}
            path[depth] = match[2] + (f"[{match[3]}]" if match[3] else "")
    return "/".join(path.values())


def first_difference(want: str, got: str) -> str:
    """An empty string for equal texts, else the first differing section with the lines of both, and what follows."""
    if want == got:
        return ""
    wanted, gotten = want.splitlines(), got.splitlines()
    matcher = difflib.SequenceMatcher(None, wanted, gotten, autojunk=False)
    places = [code[1:] for code in matcher.get_opcodes() if code[0] != "equal"]
    if not places:
        return "the lines are equal, the line ends are not"
    start, end, our_start, our_end = places[0]
    where = section(want, min(start, len(wanted) - 1)) or "the whole"
    rows = [
        f"first of {len(places)} difference(s), in {where}, line {start + 1}:",
        *_some("-", wanted[start:end]),
        *_some("+", gotten[our_start:our_end]),
    ]
    return "\n".join(rows)


def _some(mark: str, lines: list[str]) -> list[str]:
    shown = [f"  {mark} {line}" for line in lines[:_LINES_SHOWN]]
    left = len(lines) - len(shown)
    return [*shown, f"  {mark} … and {left} more"] if left else shown


def without(text: str, places: list[str]) -> str:
    """The document without the elements at those places (`os/loader/value`, below the root), indented anew."""
    if not places:
        return text
    root = etree.fromstring(text.encode())
    for place in places:
        for element in root.findall(place):
            if (parent := element.getparent()) is not None:
                parent.remove(element)
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")
