"""swtpm's programs, and what the answer of swtpm_setup means."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from domcaps.host.swtpm import PROGRAMS, find_swtpm, versions_in
from domcaps.host.view import HostView

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("reply", "versions"),
    [
        (b'{"type":"swtpm_setup","features":["tpm-1.2","tpm-2.0","cmdarg-keyfile-fd"]}', ("1.2", "2.0")),
        (b'{"features":["tpm-2.0","tpm-1.2"]}', ("1.2", "2.0")),
        (b'{"features":["cmdarg-keyfile-fd"]}', ()),
        (b'{"features":["tpm-2.0",3]}', ("2.0",)),
        (b'{"features":[3,"tpm-2.0"]}', ()),
        (b'{"features":["tpm-1.2",null,"tpm-2.0"]}', ("1.2",)),
        (b'{"features":"tpm-2.0"}', ()),
        (b'{"features":{"tpm-2.0":1}}', ()),
        (b'{"type":"swtpm_setup"}', ()),
        (b'["tpm-2.0"]', ()),
        (b'{"features":["tpm-2.0"]', ()),
        (b"\xff\xfe", ()),
        (b"", ()),
        (b"[" * 100000, ()),
    ],
    ids=[
        "both, as swtpm 0.7 and 0.10 answer",
        "the order is libvirt's",
        "a swtpm too old to tell",
        "what stood before an item that is no string counts",
        "what stands behind it does not",
        "null ends the reading, too",
        "features is no list but a string",
        "features is no list but an object",
        "no features",
        "no object",
        "JSON that is cut short",
        "no text",
        "nothing",
        "nested without end",
    ],
)
def test_versions(reply: bytes, versions: tuple[str, ...]) -> None:
    assert versions_in(reply) == versions


@pytest.mark.parametrize("missing", PROGRAMS, ids=lambda name: f"without {name} there is no swtpm")
def test_all_three_programs_are_needed(view: HostView, write: Write, missing: str) -> None:
    for program in PROGRAMS:
        write(f"/usr/bin/{program}", mode=0o644 if program == missing else 0o755)
    assert find_swtpm(view) is None


def test_the_key_changes_with_each_program_and_only_with_them(view: HostView, write: Write) -> None:
    files = [write(f"/usr/bin/{program}", mode=0o755) for program in PROGRAMS]
    for file in files:
        os.utime(file, ns=(0, 10))
    first = find_swtpm(view)
    assert first is not None
    assert first.setup == "/usr/bin/swtpm_setup"
    keys = {first.key}
    for file in files:
        os.utime(file, ns=(0, 11))
        changed = find_swtpm(view)
        assert changed is not None
        keys.add(changed.key)
    write("/usr/sbin/swtpm_setup", mode=0o755)
    moved = find_swtpm(view)
    assert moved is not None
    keys.add(moved.key)
    assert len(keys) == 5
    assert find_swtpm(view) == moved
