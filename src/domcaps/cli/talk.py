"""What is said to the person at the terminal: on standard error, and never a reason to fail.

Nothing is imported that a warm call does not have anyway.
"""

from __future__ import annotations

import os
import sys


def say(message: object) -> None:
    """A sentence, with the program's name before it."""
    write(f"domcaps: {shown(str(message))}\n")


def shown(text: str) -> str:
    """Text in which somebody else's words may stand, with `?` for what a terminal would obey instead of showing it."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)


_said: set[str] = set()


def say_once(message: str) -> None:
    """A sentence that several parts may have to say."""
    if message not in _said:
        _said.add(message)
        say(message)


def write(text: str) -> None:
    """Text as it is; where standard error is closed or full, nobody is told."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        hush(2)


def hush(number: int) -> None:
    """Let a standard stream (1: output, 2: error) lead nowhere, so that what it still holds is no fault at the end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(nowhere, number)
        os.close(nowhere)
    except OSError:
        return


def in_colour(stream: object) -> bool:
    """Whether a stream is a terminal that shows colours to somebody who wants them (no-color.org)."""
    isatty = getattr(stream, "isatty", None)
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and isatty is not None and bool(isatty())


def printable(name: str) -> str:
    """A file's name as JSON and XML can hold it: bytes that are not UTF-8 are spelled out."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")
