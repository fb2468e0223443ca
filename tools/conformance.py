"""Writes docs/conformance.md: what of the real thing our answers were compared with, counted by doing it.

    python -m tools.conformance         run everything that is here (../shared too, where it is), write the page

The counts are those of the day it was run on; the page says which day. What is not covered is found by walking the
schema against the same documents, and what no walk can find is in NOT_COVERED.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from domcaps import __version__
from domcaps.formats.read import read
from domcaps.schema.declare import Kind
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import all_paths
from tests.commandline import Case, cases_of
from tests.conftest import ROOT
from tests.test_vectors import (
    CONTRADICTED,
    CPU_ANSWERS,
    CPU_MAPS,
    CPU_REPLIES,
    DECODED_WITH,
    DOCUMENTS,
    SHARED,
    Batch,
    cpu_fault,
    document_fault,
)

FILE = ROOT / "docs/conformance.md"
RECORDINGS = sorted((ROOT / "tests/data").glob("*/cases.json"))

HEAD = """# Conformance: what is compared with the real thing, and what is not

Made by `python -m tools.conformance` on {date}, with domcaps {version}; do not edit. A case matches when every byte
does, unless the row says otherwise. `../shared` is beside the checkout and not part of it.
"""

LIVE = """## What is compared on a live host

`make live` asks a real libvirt daemon and domcaps the same questions: every emulator in PATH, as `kvm` and as `qemu`,
with every machine that it lists ([docs/testing.md](testing.md)). Its counts depend on the host and are not here.

It agreed on an AMD host with KVM, in November 2026: Debian 12 (libvirt 9.0.0, QEMU 7.2.22, Python 3.11), Debian 13
(11.3.0, 10.0.13, Python 3.13), and Debian 13 with what its backports had (12.9.0, 11.1.3).
"""

NOT_COVERED = (
    "Other releases were compared once, with documents of libvirt's test suite (1.3.5 to 8.5, 9.8 to 10.7).",
    "In 2.3 to 3.1 an x86 host-model was the host's CPU as libvirt read it; here it is as QEMU tells it.",
    "macOS (hvf) is known from recordings alone, Windows (mshv) from none.",
    "KVM on other hosts than x86_64 is known from recordings alone.",
    "libvirt's drivers for LXC, VirtualBox, VMware, Hyper-V, OpenVZ and Virtuozzo are not imitated.",
    "CPU data is of 2.3 to 8.5, 8.10, 9.0, 9.8, 9.10, 10.4 to 10.7, 11.3, 12.8; else a neighbour's, or `--cpu-map`.",
)
"""What no count shows."""


def main() -> int:
    """Run, and write the page."""
    FILE.write_text(page(time.strftime("%Y-%m-%d")), encoding="utf-8")
    print(FILE)
    return 0


def page(date: str) -> str:
    """The whole page."""
    parts = [HEAD.format(date=date, version=__version__), documents(), cpus(), guests(), schema(), LIVE, limits()]
    return "\n".join(part for part in parts if part)


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)]) + "\n"


def matches(batches: Iterable[Batch], fault: Callable[[Path, Case], str]) -> tuple[int, int]:
    """How many cases match, and how many there are."""
    found = [not fault(folder, case) for folder, cases in batches for case in cases]
    return sum(found), len(found)


def documents() -> str:
    """Documents: of the recorded hosts in ../shared, and of our own."""
    by_folder: dict[str, list[Batch]] = {}
    apart: dict[str, list[Batch]] = {}
    for name, batch in DOCUMENTS.items():
        (apart if name in CONTRADICTED else by_folder).setdefault(batch[0].name, []).append(batch)
    rows = [(f"../shared/vectors/{folder}", *matches(them, document_fault)) for folder, them in by_folder.items()]
    own: list[Batch] = [(path.parent, cases_of(path)) for path in RECORDINGS]
    rows.append(("tests/data, our own recordings", *matches(own, own_fault)))
    left_out = sum(len(cases) for them in apart.values() for _, cases in them)
    text = "## Documents\n\n" + table(("recorded hosts", "documents that match", "of"), rows)
    if left_out:
        text += (
            f"\nNot counted are {left_out} cases of {len(CONTRADICTED)} snapshots that hold another recording's facts "
            "(tests/test_vectors.py, `CONTRADICTED`).\n"
        )
    return text


def own_fault(folder: Path, case: Case) -> str:
    """`document_fault` for our own recordings, whose snapshot stands beside their cases."""
    from tests.commandline import ask, show_arguments  # noqa: PLC0415 - used here alone
    from tests.differences import first_difference  # noqa: PLC0415 - as above

    answer = ask(*show_arguments(case, folder / f"{case['snapshot']}.json.gz", Path("/nonexistent")))
    if answer.status or case.get("status"):
        return "" if answer.status == case.get("status", 0) else answer.err
    return first_difference((folder / str(case["expected"])).read_text(encoding="utf-8"), answer.out)


def cpus() -> str:
    """Answers of `domcaps cpu`."""
    if not CPU_ANSWERS:
        return ""
    rows = [(name.partition(": ")[2], *matches([batch], cpu_fault)) for name, batch in sorted(CPU_ANSWERS.items())]
    decoded = sum(not decode_fault(reply) for reply in CPU_REPLIES)
    rows.append((f"decode, with the CPU map of {DECODED_WITH}", decoded, len(CPU_REPLIES)))
    return "## CPUs\n\n" + table(("`domcaps cpu`: output and exit status", "match", "of"), rows)


def decode_fault(reply: Path) -> str:
    """What is wrong with our decoding of a recorded CPU."""
    from tests.commandline import ask  # noqa: PLC0415 - used here alone
    from tests.differences import first_difference  # noqa: PLC0415 - as above

    answer = ask("cpu", "decode", str(reply), "--cpu-map", str(CPU_MAPS / DECODED_WITH))
    return answer.err or first_difference(reply.with_suffix(".xml").read_text(encoding="utf-8"), answer.out)


def guests() -> str:
    """Guests: what tools/guest_verdicts.py counts."""
    program, folder = ROOT / "tools/guest_verdicts.py", SHARED / "guests"
    if not program.exists() or not (folder / "verdicts.json").exists():
        return ""
    command = [sys.executable, str(program), str(folder)]
    ran = subprocess.run(  # noqa: S603 - a program of our own
        command, capture_output=True, text=True, check=False, timeout=600, env={**os.environ}
    )
    said = ran.stdout.strip()
    if not said:
        return ""
    return f"## Guests\n\n`domcaps check` on definitions that a real libvirt took or refused:\n\n```text\n{said}\n```\n"


def recorded() -> Iterator[Path]:
    """Every document that a real libvirt wrote."""
    yield from sorted((SHARED / "vectors").glob("*/expected/*.xml"))
    yield from sorted((SHARED / "vectors-others").glob("expected/*.xml"))
    yield from sorted((ROOT / "tests/data").glob("*/expected/*.xml"))


def schema() -> str:
    """Which parts of the schema the recorded documents show."""
    stated: set[str] = set()
    listed: set[tuple[str, str]] = set()
    count = 0
    for path in recorded():
        count += 1
        for where, declaration, value in read(path).paths():
            stated.add(where)
            if declaration.kind is Kind.ENUM and isinstance(value, tuple):
                listed.update((where, str(word)) for word in value)
    enums = {path: d for path, d in all_paths(DomainCapabilities) if d.kind is Kind.ENUM}
    values = [(path, str(word)) for path, d in enums.items() for word in d.words or ()]
    plain = [path for path, d in all_paths(DomainCapabilities) if "/section/" not in path and not in_items(path)]
    unseen = [path for path in plain if path not in stated]
    rows = [
        ("elements, attributes and enums", len(plain), len(plain) - len(unseen)),
        ("values of enums", len(values), sum(value in listed for value in values)),
    ]
    missing = Counter(path for path, word in values if (path, word) not in listed)
    lists = [
        (f"`{path}`", ", ".join(f"`{w}`" for p, w in values if p == path and (p, w) not in listed)) for path in missing
    ]
    text = f"## The schema\n\n{count} documents that real libvirt releases wrote are here.\n\n"
    text += table(("", "declared", "seen in one of them"), rows)
    if unseen:
        text += f"\nNever seen: {', '.join(f'`{path}`' for path in unseen)}.\n"
    return text + "\nValues that none of them lists:\n\n" + table(("enum", "values"), lists)


def in_items(path: str) -> bool:
    """Whether a path is below one that stands there any number of times: `paths` gives those as one value."""
    above = path.rsplit("/", 1)[0]
    return any(above == other and d.kind is Kind.ITEMS for other, d in all_paths(DomainCapabilities))


def limits() -> str:
    """What no count shows."""
    return "## Not covered\n\n" + "".join(f"- {line}\n" for line in NOT_COVERED)


if __name__ == "__main__":
    sys.exit(main())
