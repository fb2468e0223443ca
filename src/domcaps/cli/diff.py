"""`domcaps diff`: what two documents or hosts differ in."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from domcaps.cli import options, sides, talk
from domcaps.cli.parsing import file

if TYPE_CHECKING:
    from domcaps.analysis.causes import Cause, Known
    from domcaps.analysis.diff import Change, Value

_MARKS = {"loss": "-", "gain": "+", "change": "~"}
_COLOURS = {"-": "\x1b[31m", "+": "\x1b[32m", "~": "\x1b[33m"}
_LONG = 60
"""Characters of a value beyond which it is not shown whole."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("before", metavar="A", type=file, help=sides.HELP)
    parser.add_argument("after", metavar="B", nargs="?", type=file, default=None, help="as A; without it, this host")
    options.add_request(parser)
    options.add_source(parser)
    parser.add_argument("-f", "--format", choices=("text", "json"), default="text", help="text (default) or json")


def run(args: argparse.Namespace) -> int:
    """Print the differences: status 0 where there are none, 1 where there are."""
    a = sides.only(sides.known(args.before, args))
    b = sides.this_host(args) if args.after is None else sides.only(sides.known(args.after, args))
    from domcaps.analysis.causes import causes, reasoned  # noqa: PLC0415 - start-up: QEMU has answered by now
    from domcaps.analysis.diff import diff  # noqa: PLC0415 - as above

    cpu_map = options.request_of(args).cpu_map
    changes = reasoned(diff(a.document, b.document, cpu_map=cpu_map), a, b, cpu_map)
    because = causes(a, b)
    if args.format == "json":
        import msgspec  # noqa: PLC0415 - start-up: only this format needs it

        whole = {"before": a.label, "after": b.label, "changes": changes, "causes": because}
        print(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode())
    elif changes:
        colour = talk.in_colour(sys.stdout)
        sys.stdout.writelines(f"{_coloured(line, colour)}\n" for line in text_of(a, b, changes, because))
    return 1 if changes else 0


def _coloured(line: str, colour: bool) -> str:
    mark = line.strip()[:1]
    return f"{_COLOURS[mark]}{line}\x1b[0m" if colour and mark in _COLOURS and line.startswith("  ") else line


def text_of(a: Known, b: Known, changes: tuple[Change, ...], because: tuple[Cause, ...]) -> Iterator[str]:
    """The differences for a person: the sides, why they differ, and the document's sections one by one."""
    yield f"--- {_described(a)}"
    yield f"+++ {_described(b)}"
    if because:
        yield "the hosts"
        yield from (f"  {cause.fact}: {_cause(cause)}" for cause in because)
    for section, of in groupby(changes, key=lambda change: change.section):
        yield section or "the document itself"
        yield from (f"  {line}" for line in _section(section, tuple(of)))
    counts = {word: sum(change.severity == word for change in changes) for word in _MARKS}
    words = {"loss": ("loss", "losses"), "gain": ("gain", "gains"), "change": ("other change", "other changes")}
    told = [f"{number} {words[word][number != 1]}" for word, number in counts.items() if number]
    yield f"{', '.join(told)} for guests"


def _described(side: Known) -> str:
    document = side.document
    about = " ".join(filter(None, [document.arch, document.machine, document.domain]))
    return f"{side.label} ({about})" if about else side.label


def _cause(cause: Cause) -> str:
    before, after = cause.before, cause.after
    if isinstance(before, str) and isinstance(after, str) and len(before) + len(after) > 2 * _LONG:
        gone = [word for word in before.split() if word not in after.split()]
        come = [word for word in after.split() if word not in before.split()]
        return " ".join([*(f"-{word}" for word in gone), *(f"+{word}" for word in come)]) or "in another order"
    return f"{_spelled(before)} → {_spelled(after)}"


def _spelled(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not stated" if value is None else str(value)


def _section(section: str, changes: tuple[Change, ...]) -> Iterator[str]:
    """One line a list: of words that came or went, of models by what became of their usability."""
    for (name, mark, what, reason), of in _gathered(section, changes).items():
        yield f"{mark} {name}{what}: {', '.join(of)}" if of else f"{mark} {name}{what}"
        if reason:
            yield f"    {'before: ' if mark == '+' else ''}{sides.with_words(reason, of)}"


def _gathered(section: str, changes: Iterable[Change]) -> dict[tuple[str, str, str, str], list[str]]:
    """What can be said in one line: the same list, what became of it, and for the same reason."""
    lines: dict[tuple[str, str, str, str], list[str]] = {}
    for change in changes:
        name = change.path.removeprefix(section).strip("/") if section else change.path
        mark = _MARKS[change.severity]
        listed, given, word = name.partition("=")
        became = f"{_spelled(change.before)} → {_spelled(change.after)}"
        if given and isinstance(change.before, bool | None) and isinstance(change.after, bool | None):
            lines.setdefault((listed, mark, "", sides.without_word(change.reason, word)), []).append(word)
        elif section == "cpu/custom" and name and "/" not in name:
            lines.setdefault(("", mark, f"usable {became}", ""), []).append(name)
        elif section == "cpu/custom" and name.endswith("/blockers"):
            lines.setdefault(("", mark, f"missing features{_set_change(change)}", ""), []).append(
                name.rpartition("/")[0]
            )
        else:
            lines.setdefault((name or section, mark, f": {became}", change.reason), [])
    return lines


def _set_change(change: Change) -> str:
    before = change.before if isinstance(change.before, tuple) else ()
    after = change.after if isinstance(change.after, tuple) else ()
    parts = [
        *(f"+{word}" for word in after if word not in before),
        *(f"-{word}" for word in before if word not in after),
    ]
    return f" {' '.join(parts) or 'in another order'}"
