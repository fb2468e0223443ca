"""The verbs and their options, read from the argparse parsers: what the man pages and the completions are made of.

Only verbs that can be imported are there, as in `domcaps --help`. Nothing here depends on how a Python release formats
a usage line.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import msgspec

from domcaps.cli.main import VERBS

_NO_TITLE = frozenset({"options", "positional arguments", "optional arguments"})
"""What argparse itself calls the groups that a verb does not name."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """An option, or an operand (which has no names)."""

    names: tuple[str, ...]
    dest: str
    help: str
    value: str = ""
    """What its value is called; empty for a switch."""
    choices: tuple[str, ...] = ()
    group: str = ""
    required: bool = False
    many: bool = False

    @property
    def is_file(self) -> bool:
        """Whether its value is a file's name."""
        return any(part in self.value.upper() for part in ("FILE", "GUEST", "PATH", "SNAPSHOT")) or self.value in {
            "A",
            "B",
        }

    @property
    def is_folder(self) -> bool:
        """Whether its value is a folder's name."""
        return self.value.upper() in {"DIR", "FOLDER", "DIRECTORY"}


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """A verb, or a verb's own verb (`cpu baseline`)."""

    words: tuple[str, ...]
    summary: str
    options: tuple[Option, ...]
    verbs: tuple[Verb, ...] = ()

    @property
    def name(self) -> str:
        """`cpu baseline`."""
        return " ".join(self.words)


def verbs() -> tuple[Verb, ...]:
    """The verbs of the program, in the order of its help."""
    return tuple(_verb(name) for name in VERBS if find_spec(f"domcaps.cli.{name}") is not None)


def _verb(name: str) -> Verb:
    parser = argparse.ArgumentParser(prog=f"domcaps {name}", allow_abbrev=False)
    import_module(f"domcaps.cli.{name}").configure(parser)
    return _of_parser((name,), VERBS[name], parser)


def _of_parser(words: tuple[str, ...], summary: str, parser: argparse.ArgumentParser) -> Verb:
    options: list[Option] = []
    inner: list[Verb] = []
    for group in parser._action_groups:  # noqa: SLF001 - argparse has no public way to read a parser
        for action in group._group_actions:  # noqa: SLF001 - as above
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
                inner += _inner(words, action)
            elif action.help != argparse.SUPPRESS:
                options.append(_option(action, "" if group.title in _NO_TITLE else group.title or ""))
    return Verb(words=words, summary=summary, options=tuple(options), verbs=tuple(inner))


def _inner(words: tuple[str, ...], action: argparse._SubParsersAction[argparse.ArgumentParser]) -> Iterator[Verb]:
    helps = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001 - as above
    for name, parser in action.choices.items():
        yield _of_parser((*words, name), helps.get(name, ""), parser)


def _option(action: argparse.Action, group: str) -> Option:
    choices = tuple(str(choice) for choice in action.choices) if action.choices is not None else ()
    takes = action.nargs != 0
    metavar = action.metavar if isinstance(action.metavar, str) else None
    named = metavar or ("|".join(choices) if choices else action.dest.upper())
    if action.type is Path and not metavar:
        named = "FILE"
    text = (action.help or "") % {"default": action.default, "prog": "domcaps", "choices": ", ".join(choices)}
    return Option(
        names=tuple(action.option_strings),
        dest=action.dest,
        help="show the options" if isinstance(action, argparse._HelpAction) else text,  # noqa: SLF001 - as above
        value=named if takes else "",
        choices=choices,
        group=group,
        required=action.required if action.option_strings else action.nargs not in {"?", "*"},
        many=action.nargs in {"+", "*"} or isinstance(action, argparse._AppendAction),  # noqa: SLF001 - as above
    )
