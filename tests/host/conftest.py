"""A host of files under a temporary root, for tests that need none of this one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from domcaps.host.view import HostView

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Put a file under the root: `write("/proc/cpuinfo", "text")`; `mode=0o755` for a program."""

    def put(path: str, text: str = "", *, mode: int = 0o644) -> Path:
        file = tmp_path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    return put


@pytest.fixture
def view(tmp_path: Path) -> HostView:
    """A view of that root, as root, on x86_64."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    return HostView(root=str(tmp_path), env=env, euid=0, machine="x86_64", kernel="6.1 #1")
