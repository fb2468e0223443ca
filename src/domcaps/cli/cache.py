"""`domcaps cache`: what is kept, and how to be rid of it."""

from __future__ import annotations

import argparse
import sys

from domcaps.cache import Cache


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("action", choices=("info", "clear"), help="tell what is kept, or remove it all")
    parser.add_argument("-f", "--format", choices=("text", "json"), default="text", help="text (default) or json")


def run(args: argparse.Namespace) -> int:
    """Tell or clear."""
    cache = Cache(notes=lambda note: print(f"domcaps: {note}", file=sys.stderr))
    if args.action == "clear":
        count = cache.clear()
        print(f"{cache.path}: {count} entries removed")
        return 0
    entries = cache.entries()
    kinds = {kind: [size for name, size in entries if name.endswith(f".{kind}")] for kind in ("emulator", "document")}
    if args.format == "json":
        import json  # noqa: PLC0415 - start-up: only this format needs it

        told = {kind: {"entries": len(sizes), "bytes": sum(sizes)} for kind, sizes in kinds.items()}
        print(json.dumps({"folder": cache.path, **told}, indent=2))
        return 0
    print(cache.path or "no folder for a cache: neither XDG_CACHE_HOME nor HOME is set")
    for kind, sizes in kinds.items():
        print(f"  {kind}s: {len(sizes)} entries, {sum(sizes) / 1024:.0f} KiB")
    return 0
