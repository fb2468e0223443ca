"""`domcaps cache`: what is kept, and how to be rid of it."""

from __future__ import annotations

import argparse
import os

from domcaps.cache import Cache
from domcaps.cli import talk


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("action", choices=("info", "clear"), help="tell what is kept, or remove it all")
    parser.add_argument("-f", "--format", choices=("text", "json"), default="text", help="text (default) or json")


def run(args: argparse.Namespace) -> int:
    """Tell or clear: status 2 where the folder is not one to be trusted with either."""
    cache = Cache(notes=talk.say)
    if not cache.path:
        talk.say("there is no folder for a cache: neither XDG_CACHE_HOME nor HOME is set")
        return 2 if args.action == "clear" else _tell(cache, args.format)
    if not cache.usable and os.path.lexists(cache.path):
        return 2
    if args.action == "clear":
        count = cache.clear()
        print(f"{talk.printable(cache.path)}: {count} {'entry' if count == 1 else 'entries'} removed")
        return 0
    return _tell(cache, args.format)


def _tell(cache: Cache, form: str) -> int:
    entries = cache.entries()
    kinds = {kind: [size for name, size in entries if name.endswith(f".{kind}")] for kind in ("emulator", "document")}
    if form == "json":
        import json  # noqa: PLC0415 - start-up: only this format needs it

        told = {kind: {"entries": len(sizes), "bytes": sum(sizes)} for kind, sizes in kinds.items()}
        print(json.dumps({"folder": cache.path, **told}, indent=2))
        return 0
    print(cache.path or "no folder")
    for kind, sizes in kinds.items():
        print(f"  {kind}s: {len(sizes)} {'entry' if len(sizes) == 1 else 'entries'}, {sum(sizes) / 1024:.0f} KiB")
    return 0
