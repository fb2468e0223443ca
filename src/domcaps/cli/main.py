"""The command `domcaps VERB`: finds the verb, runs it, and turns what goes wrong into one sentence.

Exit status, as diff and grep have it: 0 yes or done, 1 the answer is no, 2 could not answer. Data goes to standard
output, talk to standard error. Only the verb that is asked for is imported.
"""

from __future__ import annotations

import os
import sys

from domcaps.errors import DomcapsError

TYPE_CHECKING = False  # start-up: importing typing for it costs as much as a bare interpreter

if TYPE_CHECKING:
    from collections.abc import Sequence

VERBS = {
    "show": "the domain capabilities document of this host, a snapshot, or a file",
    "emulators": "what can be shown: emulators, architectures, virt types, machines",
    "capture": "record this host in a snapshot, to answer from it anywhere",
    "explain": "why a value is there or not, and what would change it",
    "check": "what of a guest's definition this host cannot do, and what it could instead",
    "diff": "what two documents or hosts differ in",
    "common": "the document that holds on all of several hosts",
    "cache": "what is kept of emulators' answers and documents, and how to be rid of it",
    "cpu": "baseline, compare, models, decode: CPU models across hosts",
    "export": "node labels, placement traits, CPU flags, metrics: for KubeVirt, OpenStack, oVirt, Prometheus",
    "validate": "whether a file is a well-formed document, and of which releases",
    "schema": "the document's schema, as RELAX NG or JSON Schema",
}
"""Each verb and what it does, in the order of the help."""

INTERRUPTED = 130
"""The status of a program that Ctrl-C ended, as shells have it."""
ENDED_BY_SIGPIPE = 141
"""The status of a program whose reader went away, as shells have it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit status; faults are one sentence on standard error."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except DomcapsError as error:
        print(f"domcaps: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read our output has seen enough: say nothing, and let the interpreter not say it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ENDED_BY_SIGPIPE
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        print(f"domcaps: {named}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("domcaps: interrupted", file=sys.stderr)
        return INTERRUPTED


def _dispatch(words: list[str]) -> int:
    verb = words[0] if words else "--help"
    if verb in {"-h", "--help", "help"}:
        print(usage())
        return 0
    if verb in {"-V", "--version", "version"}:
        from domcaps import __version__  # noqa: PLC0415 - start-up: only this needs it

        print(f"domcaps {__version__}")
        return 0
    if verb not in VERBS or not _is_there(verb):
        raise DomcapsError(f"'{verb}' is not a verb of domcaps{_nearest(verb)}; see domcaps --help")
    if verb == "show":
        from domcaps.cli import warm  # noqa: PLC0415 - start-up: as above

        known = warm.find(words) if warm.can_keep(words) else None
        if known is not None:
            sys.stdout.flush()
            sys.stdout.buffer.write(known)
            sys.stdout.buffer.flush()
            return 0
    import argparse  # noqa: PLC0415 - start-up: as above
    from importlib import import_module  # noqa: PLC0415 - as above

    module = import_module(f"domcaps.cli.{verb}")
    parser = argparse.ArgumentParser(
        prog=f"domcaps {verb}", description=VERBS[verb][0].upper() + VERBS[verb][1:] + ".", allow_abbrev=False
    )
    module.configure(parser)
    try:
        args = parser.parse_args(words[1:])
    except SystemExit as stop:
        return int(stop.code or 0)
    args.words = words
    status = int(module.run(args))
    sys.stdout.flush()
    return status


def _is_there(verb: str) -> bool:
    from importlib.util import find_spec  # noqa: PLC0415 - start-up: as above

    return find_spec(f"domcaps.cli.{verb}") is not None


def _nearest(verb: str) -> str:
    import difflib  # noqa: PLC0415 - start-up: only a mistyped verb needs it

    near = difflib.get_close_matches(verb, VERBS, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def usage() -> str:
    """The help of the command itself, on one screen."""
    verbs = "\n".join(f"  {verb:<10} {what}" for verb, what in VERBS.items() if _is_there(verb))
    return (
        "usage: domcaps VERB [OPTION…]\n\n"
        "What a hypervisor host can do, as libvirt's domain capabilities document, without libvirt.\n\n"
        f"verbs:\n{verbs}\n\n"
        "'domcaps VERB --help' tells a verb's options. Every verb takes --from FILE to answer from a snapshot or a\n"
        "document instead of this host, and '-' for standard input. Exit status: 0 yes or done, 1 the answer is no,\n"
        "2 could not answer."
    )


def run() -> None:
    """The entry point of the program `domcaps`."""
    sys.exit(main())
