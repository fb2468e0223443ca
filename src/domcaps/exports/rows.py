"""What a row of an export's table is: a name in another project, and where in the document it follows from.

A row is a yes, a no, or says nothing, exactly as `Block.supports` does of its path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from domcaps.schema.document import DomainCapabilities


class Source(msgspec.Struct, frozen=True):
    """Where a table's names were read: a project, its file, and the release or commit of it."""

    project: str
    file: str
    version: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A name that holds where the document lists a value, or says yes, or states a number above another."""

    name: str
    path: str
    """As `Block.supports` takes it."""
    value: str | None = None
    """The listed value; `None`: the path itself says yes."""
    above: int | None = None
    """The number at the path is greater than this."""
    needs: tuple[tuple[str, str | None], ...] = ()
    """Paths and values that must be a yes as well."""
    unstated: bool = False
    """The answer where the document does not state the path."""
    source: Source

    def holds(self, document: DomainCapabilities) -> bool:
        """Whether the document gives this name."""
        if not all(document.supports(path, value) for path, value in self.needs):
            return False
        if self.above is not None:
            number = document.get(self.path)
            return isinstance(number, int) and number > self.above
        answer = document.supports(self.path, self.value)
        return self.unstated if answer is None else answer


def names_held(rows: Iterable[Row], documents: Iterable[DomainCapabilities]) -> list[str]:
    """The names that any of the documents gives, in the order of the rows, each once."""
    asked = tuple(documents)
    return list(dict.fromkeys(row.name for row in rows if any(row.holds(document) for document in asked)))


Names = Mapping[str, tuple[str, ...]]
"""A CPU feature, in libvirt's spelling, and the other project's names for it."""
