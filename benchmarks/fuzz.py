"""The long run over made-up input: `python benchmarks/fuzz.py [INPUTS [FIRST]]`, from the checkout's root.

Every reader gets so many inputs (100,000 unless told) and the table says how many it took, how many it refused, how
many raised what they must not, how many were over the second, and how long the slowest took. The memory is that of the
whole run. Status 1 when anything was wrong; the numbers that it names repeat an input for ever.
"""

from __future__ import annotations

import os
import resource
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.fuzz.readers import READERS, mutated, try_one

BOUND = 1.0
"""Seconds that an input may take."""


def main() -> int:
    """Run, and print the table."""
    inputs = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    os.nice(10)
    print("| reader | inputs | taken | refused | faults | over 1 s | slowest | in all |\n" + "|---" * 8 + "|")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wrong = sum(_run(name, inputs, first) for name in READERS)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"\nMemory grew by {grown / 1024:.0f} MiB.")
    return int(wrong > 0)


def _run(name: str, inputs: int, first: int) -> int:
    reader, corpus = READERS[name]
    taken = faults = over = 0
    slowest = 0.0
    begun = time.perf_counter()
    for number in range(first, first + inputs):
        data = mutated(corpus, number)
        start = time.process_time()
        try:
            taken += try_one(reader, data)
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            faults += 1
            if faults <= 3:
                print(f"{name}, input {number}: {data[:300]!r}\n{traceback.format_exc(limit=-3)}", file=sys.stderr)
        took = time.process_time() - start
        slowest = max(slowest, took)
        over += took > BOUND
    seconds = time.perf_counter() - begun
    refused = inputs - taken - faults
    print(
        f"| {name} | {inputs} | {taken} | {refused} | {faults} | {over} | {slowest * 1000:.0f} ms | {seconds:.0f} s |",
        flush=True,
    )
    return faults + over


if __name__ == "__main__":
    sys.exit(main())
