"""One guest on one ground: what every part of the check is given, and how it puts a finding together."""

from __future__ import annotations

from typing import TypedDict, Unpack

from domcaps.analysis.findings import Edit, Finding, Severity, Stage
from domcaps.analysis.guests.ground import Ground
from domcaps.analysis.guests.guest import Guest, Node
from domcaps.host.arch import X86


class Details(TypedDict, total=False):
    """What a finding may say beyond what is the matter and where."""

    stage: Stage | None
    path: str
    asks: str
    chosen: bool
    offered: tuple[str, ...] | None
    reason: str
    remedy: str
    since: str
    alternative: str
    libvirt: str
    edits: tuple[Edit, ...]


class Case:
    """A guest and the ground that it is judged on.

    Attributes:
        guest: the definition.
        ground: the document and its facts.
        receive: the guest runs elsewhere and is to come here: only what it uses counts, and nothing is chosen anew.
    """

    __slots__ = ("ground", "guest", "receive")

    def __init__(self, guest: Guest, ground: Ground, *, receive: bool = False) -> None:
        self.guest = guest
        self.ground = ground
        self.receive = receive

    @property
    def is_x86(self) -> bool:
        """Whether the guest is of an x86 architecture."""
        return self.ground.arch in X86

    def said(self, template: str, value: str = "") -> str:
        """libvirt's words with what they name filled in."""
        if not self.ground.is_qemu:
            return ""  # other drivers have other words
        if "{" not in template:
            return template
        ground = self.ground
        return (
            template.replace("{value}", value)
            .replace("{arch}", ground.arch)
            .replace("{machine}", ground.machine)
            .replace("{emulator}", ground.emulator)
            .replace("{virt_type}", ground.virt_type)
        )

    def unsupported(
        self,
        code: str,
        message: str,
        node: Node,
        attribute: str = "",
        *,
        text: bool = False,
        **details: Unpack[Details],
    ) -> Finding:
        """A finding that the guest cannot be had as it is; at definition unless `stage` says otherwise."""
        details.setdefault("stage", Stage.DEFINE)
        return self.finding(Severity.UNSUPPORTED, code, message, node, attribute, text=text, **details)

    def finding(  # noqa: PLR0913 - as above
        self,
        severity: Severity,
        code: str,
        message: str,
        node: Node,
        attribute: str = "",
        *,
        text: bool = False,
        **details: Unpack[Details],
    ) -> Finding:
        """A finding of any severity."""
        place = self.guest.place(node, attribute, text=text)
        return Finding(code=code, severity=severity, message=message, place=place, **details)
