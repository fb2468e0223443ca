"""`domcaps schema`: the document's schema for other programs."""

from __future__ import annotations

import argparse
import sys

HELP = "the document's schema, as RELAX NG or JSON Schema"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--rng", action="store_true", help="RELAX NG for the XML (default)")
    group.add_argument("--json", action="store_true", help="JSON Schema (draft 2020-12) for the JSON")


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    if args.json:
        import msgspec  # noqa: PLC0415 - start-up: only the chosen schema is made

        from domcaps.formats.json_format import json_schema  # noqa: PLC0415 - as above

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n")
    else:
        from domcaps.formats.rng import relax_ng  # noqa: PLC0415 - as above

        sys.stdout.write(relax_ng())
    return 0
