"""The table of benchmarks (design §10): ratios, each side of a ratio measured in turn with the other in one run.

    python -m benchmarks.run [--runs N] [--json FILE] [--only WORD]

What cannot be measured here (no emulator, no libvirt) is a row that says so. Figures are medians; the machine may be
noisy, so the ratio counts and not the time. Prints Markdown; `--json` (.bench/latest.json) keeps all figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.in_process import answers, documents
from benchmarks.measure import ROOT, Row
from benchmarks.oracle import against_libvirt
from benchmarks.processes import cold, emulators, queries, warm

PARTS: tuple[Callable[[int], Iterator[Row]], ...] = (
    cold,
    warm,
    documents,
    against_libvirt,
    answers,
    emulators,
    queries,
)
MARKS = {True: "met", False: "**not met**", None: ""}


def main() -> None:
    """Measure, print, keep."""
    ask = argparse.ArgumentParser(description="The table of benchmarks.")
    ask.add_argument("--runs", type=int, default=9, help="counted runs of each whole process (9)")
    ask.add_argument("--json", type=Path, default=ROOT / ".bench" / "latest.json", help="where all figures go")
    names = ", ".join(part.__name__ for part in PARTS)
    ask.add_argument("--only", default="", metavar="WORD", help=f"only the parts whose name has this word: {names}")
    args = ask.parse_args()
    rows: list[Row] = []
    print("| what | measured | at most | |\n|---|---|---|---|", flush=True)
    for part in PARTS:
        if args.only in part.__name__:
            for row in part(args.runs):
                rows.append(row)
                print(f"| {row.what} | {row.measured} | {row.at_most} | {MARKS[row.met]} |", flush=True)
    machine = {"processors": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps({"on": machine, "rows": [row._asdict() for row in rows]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
