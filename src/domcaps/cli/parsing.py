"""The parser of a verb's options: argparse, but what is wrong is one sentence, and operands may stand anywhere.

Rules kept here:

- a fault is an `InputError`, not a page of usage and the end of the process;
- operands and options may be mixed (`diff a --libvirt 9.0.0 b`), as in GNU's programs.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from domcaps.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 86400.0
"""Seconds beyond which nobody waits for an emulator."""


class Columns(argparse.HelpFormatter):
    """argparse's layout of a help, as wide as the terminal; argparse would import `shutil` to ask how wide that is."""

    def __init__(self, prog: str) -> None:
        """Lay out the help of a program of that name."""
        super().__init__(prog, width=_columns() - 2)


class Parser(argparse.ArgumentParser):
    """The options of one verb."""

    _mixes = False

    def __init__(self, **named: Any) -> None:  # noqa: ANN401 - as argparse has it
        """As argparse's."""
        super().__init__(**{"formatter_class": Columns, **named})

    def error(self, message: str) -> NoReturn:
        """Say what is wrong.

        Raises:
            InputError: always.
        """
        wanting = message.removeprefix("the following arguments are required: ")
        if wanting != message:
            message = f"{wanting} is missing" if "," not in wanting else f"{wanting} are missing"
        raise InputError(f"{message}; see {self.prog} --help")

    def print_help(self, file: Any = None) -> None:  # noqa: ANN401 - as argparse has it
        """Print the help; that it cannot be written is a fault here, which argparse passes over."""
        print(self.format_help(), end="", file=file, flush=True)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: ANN401 - as argparse has it
        """Parse, and refuse what is not known; a parser of verbs leaves that to theirs."""
        if self._mixes or self._subparsers is not None:
            return super().parse_known_args(args, namespace)
        self._mixes = True
        try:
            # Start-up: mixing costs argparse a millisecond and a half, before an emulator can be started.
            mixed = any(not action.option_strings for action in self._actions)
            parse = self.parse_known_intermixed_args if mixed else super().parse_known_args
            found, extra = parse(args, namespace)
        finally:
            self._mixes = False
        if extra:
            self._refuse(extra)
        return found, extra

    def _refuse(self, extra: Sequence[str]) -> NoReturn:
        given = next((word for word in extra if word.startswith("-") and word != "--"), "")
        if not given:
            self.error(f"there is no use for '{extra[-1]}' here")
        import difflib  # noqa: PLC0415 - start-up: only a mistyped option needs it

        name = given.partition("=")[0]
        near = difflib.get_close_matches(name, list(self._option_string_actions), n=1, cutoff=0.7)
        self.error(f"there is no option {name}{f' (did you mean {near[0]}?)' if near else ''}")


def word(text: str) -> str:
    """An option's value that is not empty, and text.

    Raises:
        argparse.ArgumentTypeError: it is empty, or not UTF-8.
    """
    if not text:
        raise argparse.ArgumentTypeError("Option argument is empty")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("not UTF-8") from None
    return text


def seconds(text: str) -> float:
    """A time to wait.

    Raises:
        argparse.ArgumentTypeError: it is no number, or not between 0 and a day.
    """
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 < number <= LONGEST:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds between 0 and {LONGEST:.0f}")
    return number


def file(text: str) -> str:
    """A file's name that is not empty.

    Raises:
        argparse.ArgumentTypeError: it is empty.
    """
    if not text:
        raise argparse.ArgumentTypeError("Option argument is empty")
    return text


def folder(text: str) -> Path:
    """A folder's name that is not empty; raises as `file`."""
    from pathlib import Path  # noqa: PLC0415 - start-up: few name a folder

    return Path(file(text))


def _columns() -> int:
    """The width of the terminal: COLUMNS, else what the terminal of standard output says, else 80 (as `shutil`)."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named):
        return int(named)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80
