"""`domcaps common`: the document that holds on all of several hosts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from domcaps.cli import options, sides
from domcaps.cli.parsing import file
from domcaps.errors import InputError

if TYPE_CHECKING:
    from domcaps.analysis.causes import Known
    from domcaps.analysis.losses import Loss
    from domcaps.schema.document import DomainCapabilities

_MODELS = {"None": "not on all", "no": "not usable on all"}
"""What is left of a CPU model, in words."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's options."""
    parser.add_argument("hosts", metavar="FILE", nargs="+", type=file, help=sides.HELP)
    options.add_request(parser)
    options.add_source(parser)
    parser.add_argument(
        "-f", "--format", choices=("xml", "json", "yaml", "text"), help="xml (default), json, yaml, text"
    )
    parser.add_argument(
        "--explain", action="store_true", help="what is lost, and which hosts lack it, as text (default) or json"
    )


def run(args: argparse.Namespace) -> int:
    """Print the document, or with `--explain` what it leaves out."""
    if args.explain and args.format not in {None, "text", "json"}:
        raise InputError("--explain is text or json")
    hosts = sides.labelled([side for name in args.hosts for side in sides.known(name, args)])
    from domcaps.analysis.common import common, mixed  # noqa: PLC0415 - start-up: QEMU has answered by now

    documents = {label: host.document for label, host in hosts.items()}
    no_guest = mixed(documents)
    if no_guest:
        raise InputError(no_guest)
    cpu_map = options.request_of(args).cpu_map
    found = common(*documents.values(), cpu_map=cpu_map)
    if not args.explain:
        from domcaps.formats import forms  # noqa: PLC0415 - as above

        sys.stdout.write(forms.write(found, args.format or "xml", None, terminal=sys.stdout.isatty()))
        return 0
    from domcaps.analysis.losses import losses  # noqa: PLC0415 - as above

    lost = losses(hosts, found, cpu_map=cpu_map)
    if args.format == "json":
        sys.stdout.write(_as_json(found, hosts, lost))
    else:
        sys.stdout.writelines(f"{line}\n" for line in text_of(hosts, lost))
    return 0


def _as_json(found: DomainCapabilities, hosts: Mapping[str, Known], lost: tuple[Loss, ...]) -> str:
    import msgspec  # noqa: PLC0415 - start-up: only this format needs it

    whole = {"hosts": list(hosts), "common": found, "lost": lost}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"


def text_of(hosts: Mapping[str, Known], lost: tuple[Loss, ...]) -> Iterator[str]:
    """What is lost, section by section; values that the same hosts lack for the same reason on one line."""
    if not lost:
        yield "nothing is lost: they all offer the same"
        return
    groups: dict[str, dict[tuple[str, tuple[str, ...]], list[str]]] = {}
    for loss in lost:
        name, word = _split(loss)
        of = groups.setdefault(loss.section, {})
        lines = tuple(sides.without_word(line, word) for line in _lacking(loss, hosts))
        of.setdefault((name, lines), []).extend([word] if word else [])
    for section, of in groups.items():
        yield section or "the document itself"
        for (name, lacking), words in of.items():
            yield f"  {name}: {', '.join(words)}" if words else f"  {name}"
            yield from (f"    {sides.with_words(line, words)}" for line in lacking)


def _split(loss: Loss) -> tuple[str, str]:
    """What several losses have in common, and what each of them names."""
    name = loss.path.removeprefix(loss.section).strip("/") if loss.section else loss.path
    listed, given, word = name.partition("=")
    if given:
        return listed, word
    if loss.section == "cpu/custom" and name:
        return _MODELS.get(str(loss.left), "not known to be usable on all"), name
    if isinstance(loss.left, int) and not isinstance(loss.left, bool):
        return f"{name}: {loss.left} on all", ""
    return name or "all of it", ""


def _lacking(loss: Loss, hosts: Mapping[str, Known]) -> Iterator[str]:
    if not loss.lacking:
        values = ", ".join(f"{label}: {value}" for label, value in loss.having.items())
        yield f"they differ: {values}"
    elif len(loss.having) > 1 or len(hosts) > 2:
        yield f"on {', '.join(loss.having)}"
    for lack in loss.lacking:
        yield f"not on {lack.label}{f': {lack.reason}' if lack.reason else ''}"
