"""Fixtures of the live tests: the daemon, and one capture of this host.

Without what they need (root, libvirtd, emulators) the tests skip and say why; `DOMCAPS_LIVE=required`, as CI sets it
where it installed all of it, turns such a skip into a failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NoReturn

import pytest

from tests.live.libvirtd import Libvirtd, version, why_not
from tests.live.ours import Snapshots, program
from tests.live.questions import Oracle, emulators, host_arch

CAPTURE_SECONDS = 300


def unavailable(reason: str) -> NoReturn:
    """Skip, or fail where the live tests are required."""
    if os.environ.get("DOMCAPS_LIVE") == "required":
        pytest.fail(f"DOMCAPS_LIVE=required, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    if reason := why_not():
        unavailable(reason)
    if not emulators():
        unavailable("there is no qemu-system-* in PATH")
    with Libvirtd() as daemon:
        yield Oracle(daemon, version(), host_arch())


@pytest.fixture(scope="session")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Snapshots:
    path = tmp_path_factory.mktemp("capture") / "host.json"
    answer = program("capture", "-o", str(path), timeout=CAPTURE_SECONDS)
    assert answer.status == 0, answer.err
    return Snapshots(path)
