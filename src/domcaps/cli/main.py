"""The command `domcaps VERB`: finds the verb, runs it, and turns what goes wrong into one sentence.

Exit status, as diff and grep have it: 0 yes or done, 1 the answer is no, 2 could not answer. Data goes to standard
output, talk to standard error. Only the verb that is asked for is imported.
"""

from __future__ import annotations

import gc
import io
import os
import sys

from domcaps.cli import talk
from domcaps.errors import DomcapsError

TYPE_CHECKING = False  # start-up: importing typing for it costs as much as a bare interpreter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domcaps.early import Early

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


_OBJECTS = 100_000
"""Objects made between two collections: what imports make stays, and to look for rubbish in it takes 3 %."""

_OF_OUTPUT = ("ENOSPC", "EBADF", "EIO", "EFBIG", "EDQUOT")
"""Faults of writing; where no file is named, standard output was written to."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit status; faults are one sentence on standard error."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except DomcapsError as error:
        talk.say(error)
        return 2
    except BrokenPipeError:
        # Whoever read our output has seen enough: say nothing, and let the interpreter not say it either.
        talk.hush(1)
        return ENDED_BY_SIGPIPE
    except OSError as error:
        talk.say(_named(error))
        return 2
    except UnicodeEncodeError as error:
        talk.say(f"this cannot be written, for it is not UTF-8: {error.object[max(error.start - 20, 0) : error.end]!r}")
        return 2
    except MemoryError:
        talk.say("out of memory")
        return 2
    except KeyboardInterrupt:
        talk.say("interrupted")
        return INTERRUPTED


def _named(error: OSError) -> str:
    import errno  # noqa: PLC0415 - start-up: only a fault needs it

    where = error.filename
    if where is None and error.errno in {getattr(errno, name) for name in _OF_OUTPUT}:
        talk.hush(1)
        where = "standard output"
    what = error.strerror or str(error)
    return what if where is None else f"{where}: {what}"


def _dispatch(words: list[str]) -> int:
    verb = words[0] if words else "--help"
    if verb in {"-h", "--help", "help"}:
        print(usage(), flush=True)
        return 0
    if verb in {"-V", "--version", "version"}:
        from domcaps import __version__  # noqa: PLC0415 - start-up: only this needs it

        print(f"domcaps {__version__}", flush=True)
        return 0
    if verb.startswith("-"):
        raise DomcapsError(f"the verb comes first, then its options such as {verb}; see domcaps --help")
    if verb not in VERBS:
        raise DomcapsError(f"'{verb}' is not a verb of domcaps{_nearest(verb)}; see domcaps --help")
    if verb == "show":
        from domcaps.cli import warm  # noqa: PLC0415 - start-up: as above

        known = warm.find(words) if warm.can_keep(words) else None
        if known is not None:
            sys.stdout.flush()
            sys.stdout.buffer.write(known)
            sys.stdout.buffer.flush()
            return 0
    return _run(verb, words)


def _run(verb: str, words: list[str]) -> int:
    if verb != "show":
        return _parse_and_run(verb, words, None)
    from domcaps.cli import ahead  # noqa: PLC0415 - start-up: a warm call does not need it

    early = ahead.start(words)
    try:
        return _parse_and_run(verb, words, early)
    finally:
        if early is not None:
            early.end()


def _parse_and_run(verb: str, words: list[str], early: Early | None) -> int:
    from importlib import import_module  # noqa: PLC0415 - start-up: as above

    from domcaps.cli.parsing import Parser  # noqa: PLC0415 - as above

    module = import_module(f"domcaps.cli.{verb}")
    parser = Parser(
        prog=f"domcaps {verb}", description=VERBS[verb][0].upper() + VERBS[verb][1:] + ".", allow_abbrev=False
    )
    module.configure(parser)
    try:
        args = parser.parse_args(words[1:])
    except SystemExit as stop:
        sys.stdout.flush()
        return int(stop.code or 0)
    args.words, args.early = words, early
    status = int(module.run(args))
    sys.stdout.flush()
    return status


def _nearest(verb: str) -> str:
    import difflib  # noqa: PLC0415 - start-up: only a mistyped verb needs it

    near = difflib.get_close_matches(verb, VERBS, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def usage() -> str:
    """The help of the command itself, on one screen."""
    verbs = "\n".join(f"  {verb:<10} {what}" for verb, what in VERBS.items())
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
    gc.set_threshold(_OBJECTS)
    _mend_streams()
    try:
        status = main()
    except Exception as error:  # the edge: what nobody foresaw is one sentence, too
        if os.environ.get("DOMCAPS_DEBUG"):
            raise
        talk.say(f"a fault of domcaps itself: {_spelled(error)}; DOMCAPS_DEBUG=1 shows all of it")
        status = 2
    sys.exit(status)


def _spelled(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" ({trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno})" if trace is not None else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"


def _buffer_output() -> None:
    """Have what a full pipe does not take at once written again.

    With PYTHONUNBUFFERED a write goes to the kernel once, and what it leaves, as when a signal comes, is lost.
    """
    if isinstance(getattr(sys.stdout, "buffer", None), io.FileIO):
        plain = io.BufferedWriter(io.FileIO(1, "w", closefd=False))
        sys.stdout = io.TextIOWrapper(plain, encoding=sys.stdout.encoding, line_buffering=plain.isatty())


def _mend_streams() -> None:
    """Put something in the place of a standard stream that was closed, and let output be UTF-8 and any file's name.

    What is read of closed input or written to closed output fails, as it should; what is said to nobody is lost. No
    file or pipe of ours takes their numbers.
    """
    for number, name, mode, flags in (
        (0, "stdin", "r", os.O_WRONLY),
        (1, "stdout", "w", os.O_RDONLY),
        (2, "stderr", "w", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            file = os.open(os.devnull, flags)
            if file != number:
                os.dup2(file, number)
                os.close(file)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - a number
    _buffer_output()
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        if sys.stdout.isatty() and sys.stdout.encoding.lower() != "utf-8":
            reconfigure(errors="replace")
        else:
            reconfigure(encoding="utf-8", errors="surrogateescape")
