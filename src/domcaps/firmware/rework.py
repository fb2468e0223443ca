"""The releases in which libvirt's choice of firmware changed: rows only."""

from __future__ import annotations

from domcaps.release import release

REWORKED = release("12.0")
"""Since then files are compared with their links resolved, combined flash can be chosen, and the guest's words are
checked more strictly. Seen: 11.3 and 12.8 differ; libvirt's NEWS puts "improvements and fixes to firmware selection"
into 12.0."""

VARSTORE = release("12.1")
"""Since then `<varstore>` is read (libvirt's NEWS: the uefi-vars device)."""

CHECKS_FORMATS = release("9.2")
"""Since then image formats decide, and a path is compared for guests with `os/@firmware`, too. Seen: 9.0 and 11.3
differ; libvirt 9.2 moved the choice to the definition of a guest."""
