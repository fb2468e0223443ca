"""Every error that domcaps raises, by whose problem it is.

One root, three families: the host's or the emulator's (`ProbeError`), the input's (`InputError`), ours
(`UnsupportedError`). The text of an error is one sentence for a person; the parts it was made of stay on it as
attributes for a program.
"""

from __future__ import annotations


class DomcapsError(Exception):
    """The root: catch this to catch whatever domcaps raises on purpose."""


class ProbeError(DomcapsError):
    """The host or an emulator did not answer, or answered what cannot be used.

    Attributes:
        subject: what was asked: an emulator's path, `/dev/kvm`, a program; empty when no single thing failed.
        said: the last words of it (an emulator's standard error, an error reply), empty when it said nothing.
    """

    def __init__(self, message: str, *, subject: str = "", said: str = "") -> None:
        super().__init__(message)
        self.subject = subject
        self.said = said


class InputError(DomcapsError):
    """What was given (a document, a snapshot, a guest, an argument) cannot be used.

    Attributes:
        source: the file's name, `-` for standard input, empty when the input has no name.
        place: where in it: `line 12`, `$.host.cpu`; empty when the whole is meant.
    """

    def __init__(self, message: str, *, source: str = "", place: str = "") -> None:
        where = ", ".join(part for part in (source, place) if part)
        super().__init__(f"{where}: {message}" if where else message)
        self.source = source
        self.place = place


class RequestError(InputError):
    """No emulator here serves the question (arch, virt type, machine), and libvirt refuses it in the same words.

    Attributes:
        kind: libvirt's class of the refusal (`invalid argument`, `unsupported configuration`, …), or empty.
    """

    def __init__(self, message: str, *, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class UnsupportedError(DomcapsError):
    """What was asked is known, and domcaps does not do it (yet)."""
