"""Documents of this host that were shown before, and still hold: the shortest way from a command line to its answer.

Nothing heavy is imported before it is known that there is no such document.
"""

from __future__ import annotations

from domcaps import __version__
from domcaps.cache import Cache
from domcaps.cli import talk
from domcaps.depends import document_question
from domcaps.witness import see, witness

TYPE_CHECKING = False  # start-up: importing typing for it costs as much as a bare interpreter

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from domcaps.live import LiveSource

_OF_THE_MOMENT = (
    "--from",
    "--no-cache",
    "--xpath",
    "--wrap",
    "--host",
    "-h",
    "--help",
    "-c",
    "--connect",
)
"""Options with which nothing is kept: they name other sources."""

_WORDY = {"-v", "--verbose"}

_FORMS_OF_THE_MOMENT = {"text", "-ftext", "--format=text"}
"""The form for eyes depends on the terminal."""


def can_keep(words: Sequence[str]) -> bool:
    """Whether a command line's answer is one to keep."""
    return not any(
        word in _FORMS_OF_THE_MOMENT or word.partition("=")[0] in _OF_THE_MOMENT or "\n" in word for word in words
    )


def find(words: Sequence[str]) -> bytes | None:
    """The answer to a command line, if it was kept and still holds; its notes are said again."""
    cache = _cache(words)
    kept = cache.find("document", _question(words))
    if kept is None:
        return None
    if cache.notes is not None:
        cache.notes(f"nothing that it depends on has changed: as kept in {cache.path}")
    notes, _, answer = kept.partition(b"\0")
    if notes:
        talk.write(notes.decode("utf-8", "replace"))
    return answer


def depends(source: LiveSource, args: argparse.Namespace) -> list[str]:
    """Witnesses of what can change while an answer is made."""
    from domcaps.cli.options import map_of  # noqa: PLC0415 - start-up: a warm call does not need it
    from domcaps.depends import of_boot, of_live, of_modules  # noqa: PLC0415 - as above

    cpu_map = map_of(args)
    folders = [*source.descriptor_folders, *([str(cpu_map.resolve())] if cpu_map else [])]
    lines = [of_boot(), *of_live(source.early.looked_for, folders, source.early.path)]
    lines += of_modules(source.early.path) if source.early.path else []
    if not args.libvirt or args.cpu_map:
        return lines
    from domcaps.cli.installed import libraries  # noqa: PLC0415 - as above

    return lines + [witness("link", path) for path in libraries()]


def with_rest(before: Iterable[str], source: LiveSource) -> list[str]:
    """Those witnesses, and the ones of what is known only afterwards."""
    from domcaps.depends import of_images, of_program  # noqa: PLC0415 - start-up: as above

    return [*before, *source.running, *of_images(source.images), *of_program()]


def keep(words: Sequence[str], depends: Iterable[str], notes: str, answer: str) -> None:
    """Keep an answer with all that it depends on."""
    data = notes.encode("utf-8", "replace") + b"\0" + answer.encode("utf-8", "surrogateescape")
    _cache(words).keep("document", _question(words), depends, data)


def _cache(words: Sequence[str]) -> Cache:
    return Cache(notes=None if _WORDY.isdisjoint(words) else talk.say_once)


def _question(words: Sequence[str]) -> str:
    # A relative path means another file in another folder, and this option alone may have one.
    named = any(word.startswith("--cpu-map") for word in words)
    said = [word for word in words if word not in _WORDY]
    return document_question(__version__, [see("here", "") if named else "", *said])
