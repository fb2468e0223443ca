"""Reports for people: the line of the guest with a caret, why, and what to do instead; tables of many.

Pure: gives lines of pieces, each a text and a style; whoever prints them knows whether there is colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from domcaps.analysis.findings import Finding, Report, Severity, Stage, Verdict
from domcaps.analysis.guests.guest import Guest
from domcaps.analysis.guests.many import Matrix, Reason

WIDEST = 100
"""Characters of a line of the guest that are shown."""
MOST = 12
"""Values of a list that are shown."""
LONGEST = 240
"""Characters of a clause that are shown."""


class Style(StrEnum):
    """What a piece of a line is."""

    PLAIN = ""
    STRONG = "strong"
    BAD = "bad"
    DOUBTFUL = "doubtful"
    GOOD = "good"
    FAINT = "faint"


Line = list[tuple[str, Style]]

_STYLES = {
    Severity.UNSUPPORTED: Style.BAD,
    Severity.UNKNOWN: Style.DOUBTFUL,
    Severity.DEPRECATED: Style.DOUBTFUL,
    Severity.NOTE: Style.FAINT,
}
_STAGES = {Stage.DEFINE: "refused when it is defined", Stage.START: "fails when it is started"}
_MARKS = {
    Verdict.RUNS: ("runs", Style.GOOD),
    Verdict.FAILS: ("start", Style.BAD),
    Verdict.REFUSED: ("define", Style.BAD),
    Verdict.UNKNOWN: ("?", Style.DOUBTFUL),
}
_VERDICTS = {
    Verdict.RUNS: "nothing stands against it",
    Verdict.FAILS: "can be defined, and does not start",
    Verdict.REFUSED: "libvirt refuses it",
    Verdict.UNKNOWN: "cannot be told from this document",
}
_CODES = {
    Style.STRONG: "\x1b[1m",
    Style.BAD: "\x1b[1;31m",
    Style.DOUBTFUL: "\x1b[33m",
    Style.GOOD: "\x1b[32m",
    Style.FAINT: "\x1b[2m",
}


def painted(line: Line, *, colour: bool) -> str:
    """A line as text, coloured by ANSI escapes or not."""
    if not colour:
        return "".join(text for text, _ in line).rstrip()
    return "".join(f"{_CODES[style]}{text}\x1b[0m" if style in _CODES and text else text for text, style in line)


def report_lines(report: Report, guest: Guest) -> Iterator[Line]:
    """One guest on one host."""
    for finding in report.findings:
        yield from _finding(finding, guest, report)
    yield from _summary(report)


def _finding(finding: Finding, guest: Guest, report: Report) -> Iterator[Line]:
    place = finding.place
    stage = f" ({_STAGES[finding.stage]})" if finding.stage else ""
    yield [
        (f"{report.guest}:{place.line}:{place.column}: ", Style.STRONG),
        (f"{finding.severity}: ", _STYLES[finding.severity]),
        (f"{_short(finding.message)}{stage}", Style.PLAIN),
        (f" [{finding.code}]", Style.FAINT),
    ]
    in_short = finding.severity is Severity.NOTE or finding.code.endswith("-not-stated")
    if not in_short:
        yield from _source(finding, guest)
    rows = (
        ("why", finding.reason, Style.PLAIN),
        ("instead", finding.alternative, Style.GOOD),
        ("to have it", finding.remedy, Style.PLAIN),
        ("there is", _listed(finding.offered) if not in_short else "", Style.PLAIN),
        ("libvirt", f'"{_short(finding.libvirt)}"' if finding.libvirt and not in_short else "", Style.FAINT),
    )
    for name, text, style in rows:
        if text:
            yield [(f"  {name + ':':<12}", Style.FAINT), (_short(text), style)]
    if not in_short:
        yield []


def _source(finding: Finding, guest: Guest) -> Iterator[Line]:
    place = finding.place
    text = guest.line(place.line).replace("\t", " ")
    if not text:
        return
    cut = max(0, place.column - WIDEST // 2) if len(text) > WIDEST else 0
    shown = text[cut : cut + WIDEST]
    length = max(1, min(place.length, len(shown) - (place.column - 1 - cut)))
    number = f"{place.line:>6}"
    yield [(f"{number} | ", Style.FAINT), (_printable(shown), Style.PLAIN)]
    caret = " " * (place.column - 1 - cut) + "^" + "~" * (length - 1)
    yield [(f"{'':>6} | ", Style.FAINT), (caret, _STYLES[finding.severity])]


def _printable(text: str) -> str:
    """Without control characters, which could move a terminal's cursor."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _short(text: str) -> str:
    text = _printable(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rsplit(' ', 1)[0]} …"


def _listed(words: tuple[str, ...] | None) -> str:
    if words is None:
        return ""
    more = f" and {len(words) - MOST} more" if len(words) > MOST else ""
    return (", ".join(words[:MOST]) or "none") + more


def _summary(report: Report) -> Iterator[Line]:
    against = report.against
    about = " ".join(filter(None, [against.virt_type, against.arch, against.machine]))
    on = f" on {report.host}" if report.host else " on this host"
    counts = [
        f"{number} {severity}"
        for severity in Severity
        if (number := sum(finding.severity is severity for finding in report.findings))
    ]
    mark, style = _MARKS[report.verdict]
    del mark
    yield [
        (f"{report.guest}{on}", Style.STRONG),
        (f" ({about}): " if about else ": ", Style.PLAIN),
        (_VERDICTS[report.verdict], style),
        (f" ({', '.join(counts)})" if counts else "", Style.FAINT),
    ]


def matrix_lines(found: Matrix, width: int) -> Iterator[Line]:
    """Guests × hosts, then the reasons, then the hosts that can run all."""
    first = min(max((len(guest) for guest in found.guests), default=0), 40)
    columns = [max(6, len(host)) for host in found.hosts]
    names = list(found.hosts)
    if first + sum(column + 2 for column in columns) > width:
        names = [f"[{number}]" for number in range(1, len(names) + 1)]
        columns = [max(6, len(name)) for name in names]
        for name, host in zip(names, found.hosts, strict=True):
            yield [(f"{name:>5} {host}", Style.FAINT)]
        yield []
    per_row = max(1, (width - first) // (max(columns, default=6) + 2))
    for begin in range(0, len(names), per_row):
        yield from _table(found, names, columns, slice(begin, begin + per_row), first)
        yield []
    if found.reasons:
        yield [("What stands against them", Style.STRONG)]
        for reason in found.reasons:
            yield from _reason(reason, found)
        yield []
    if found.for_all:
        yield [(f"Every guest runs on: {', '.join(found.for_all)}", Style.GOOD)]
    else:
        yield [("No host runs every guest.", Style.BAD)]


def _table(found: Matrix, names: list[str], columns: list[int], part: slice, first: int) -> Iterator[Line]:
    head: Line = [(" " * first, Style.PLAIN)]
    head += [(f"  {name:<{column}}", Style.STRONG) for name, column in zip(names[part], columns[part], strict=True)]
    yield head
    for guest in found.guests:
        row: Line = [(f"{_cut(guest, first):<{first}}", Style.PLAIN)]
        for host, column in zip(found.hosts[part], columns[part], strict=True):
            verdict = found.verdicts[guest].get(host)
            mark, style = _MARKS[verdict] if verdict else ("error", Style.BAD)
            row.append((f"  {mark:<{column}}", style))
        yield row


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else f"…{name[-(width - 1) :]}"


def _reason(reason: Reason, found: Matrix) -> Iterator[Line]:
    finding = reason.finding
    word = _STAGES[finding.stage] if finding.stage else "cannot be told"
    yield [("  ", Style.PLAIN), (_short(finding.message), _STYLES[finding.severity]), (f" ({word})", Style.PLAIN)]
    yield _row("guests", _some(reason.guests, found.guests, "all"))
    yield _row("hosts", _some(reason.hosts, found.hosts, "all"))
    if len(reason.whys) == 1 and finding.reason:
        yield _row("why", _short(finding.reason))
    elif len(reason.whys) > 1:
        for why, hosts in list(reason.whys.items())[:MOST]:
            yield _row("why", f"{_short(why)} ({_listed(hosts)})")
    for name, text in (("instead", finding.alternative), ("to have it", finding.remedy)):
        if text:
            yield _row(name, _short(text))


def _row(name: str, text: str) -> Line:
    return [(f"    {name + ':':<12}", Style.FAINT), (text, Style.PLAIN)]


def _some(names: tuple[str, ...], among: tuple[str, ...], whole: str) -> str:
    return f"{whole} {len(among)}" if len(names) == len(among) > 1 else _listed(names)


def legend() -> Sequence[tuple[str, str]]:
    """The marks of the table and what they mean."""
    return [(mark, _VERDICTS[verdict]) for verdict, (mark, _) in _MARKS.items()]
