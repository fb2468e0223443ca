"""swtpm_setup asked and collected: whatever it does, nothing hangs and nothing stays behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from domcaps.host.swtpm import Swtpm, find_swtpm
from domcaps.host.swtpm_question import SwtpmQuestion
from domcaps.host.view import HostView, here

Write = Callable[..., Path]

BOTH = """echo '{"features":["tpm-1.2","tpm-2.0"]}'"""


@pytest.fixture
def program(view: HostView, write: Write) -> Callable[[str], tuple[Swtpm, HostView]]:
    """A swtpm_setup with that shell script, and the view to start it under."""

    def make(script: str) -> tuple[Swtpm, HostView]:
        write("/usr/bin/swtpm_setup", f"#!/bin/sh\n{script}\n", mode=0o755)
        return Swtpm(setup="/usr/bin/swtpm_setup", stamp=()), view

    return make


Program = Callable[[str], tuple[Swtpm, HostView]]


@pytest.mark.parametrize(
    ("script", "versions"),
    [
        (BOTH, ("1.2", "2.0")),
        (f'test "$*" = --print-capabilities && {BOTH}', ("1.2", "2.0")),
        (f"{BOTH}; echo noise >&2", ("1.2", "2.0")),
        (f'test -z "$(cat)" && {BOTH}', ("1.2", "2.0")),
        (f"{BOTH}; exit 3", ()),
        (f"{BOTH}; kill -9 $$", ()),
        (f"{BOTH} >&2", ()),
        ("exit 0", ()),
    ],
    ids=[
        "the answer",
        "the one argument",
        "standard error is not read",
        "standard input is empty",
        "a status other than 0 is no answer",
        "nor is a death",
        "nor are words on standard error",
        "nor is silence",
    ],
)
def test_answers(program: Program, script: str, versions: tuple[str, ...]) -> None:
    with SwtpmQuestion(*program(script)) as question:
        assert question.versions() == versions


def test_an_answer_longer_than_a_pipe_is_read_whole(program: Program) -> None:
    script = """printf '{"x":"'; head -c 300000 /dev/zero | tr '\\0' x; echo '","features":["tpm-2.0"]}'"""
    with SwtpmQuestion(*program(script)) as question:
        assert question.versions() == ("2.0",)


@pytest.mark.parametrize(
    "script",
    [
        "sleep 60",
        f"{BOTH}; sleep 60",
        f"{BOTH}; exec >&-; sleep 60",
        f"{BOTH}; sleep 60 & exit 0",
        "while :; do echo x; done",
    ],
    ids=[
        "it says nothing",
        "it answers and does not end",
        "it closes its output and does not end",
        "its child keeps the output open",
        "it never stops talking",
    ],
)
def test_a_program_that_hangs_is_no_answer_and_is_gone_with_its_children(
    program: Program, script: str, tmp_path: Path
) -> None:
    began = time.monotonic()
    with SwtpmQuestion(*program(f"echo $$ > {tmp_path}/pid; {script}"), timeout=0.3) as question:
        assert question.versions() == ()
    assert time.monotonic() - began < 3
    assert_group_is_gone(int((tmp_path / "pid").read_text()))


def test_a_question_that_nobody_waits_for_leaves_nothing(program: Program, tmp_path: Path) -> None:
    with SwtpmQuestion(*program(f"echo $$ > {tmp_path}/pid; sleep 60 & sleep 60")):
        wait_for(tmp_path / "pid")
    assert_group_is_gone(int((tmp_path / "pid").read_text()))


def test_a_child_left_behind_by_a_good_answer_is_ended(program: Program, tmp_path: Path) -> None:
    script = f"echo $$ > {tmp_path}/pid; sleep 60 >/dev/null 2>&1 & {BOTH}"
    with SwtpmQuestion(*program(script)) as question:
        assert question.versions() == ("1.2", "2.0")
    assert_group_is_gone(int((tmp_path / "pid").read_text()))


def test_a_program_that_cannot_be_started_is_no_answer(view: HostView, write: Write) -> None:
    write("/usr/bin/swtpm_setup", "#!/nowhere/sh\n", mode=0o755)
    open_before = len(list(Path("/dev/fd").iterdir()))
    question = SwtpmQuestion(Swtpm(setup="/usr/bin/swtpm_setup", stamp=()), view)
    assert question.versions() == ()
    question.close()
    assert len(list(Path("/dev/fd").iterdir())) == open_before


ASKING = """
import sys, time
from domcaps.host.swtpm import Swtpm
from domcaps.host.swtpm_question import SwtpmQuestion
from domcaps.host.view import here
question = SwtpmQuestion(Swtpm(setup=sys.argv[1], stamp=()), here())
print(flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills for us")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_goes_with_us_whatever_kills_us(number: signal.Signals, write: Write, tmp_path: Path) -> None:
    setup = write("/setup", f"#!/bin/sh\nsleep 60 & echo $$ > {tmp_path}/pid\nsleep 60\n", mode=0o755)
    with subprocess.Popen([sys.executable, "-c", ASKING, setup], stdout=subprocess.PIPE) as own:
        assert own.stdout is not None
        own.stdout.readline()
        wait_for(tmp_path / "pid")
        own.send_signal(number)
    assert_group_is_gone(int((tmp_path / "pid").read_text()))


def test_it_gets_nothing_of_ours_that_it_does_not_need(program: Program, tmp_path: Path) -> None:
    session = f"cut -d' ' -f6 /proc/$$/stat > {tmp_path}/session"
    swtpm, view = program(f"env > {tmp_path}/env; ls -l /proc/$$/fd > {tmp_path}/fd; {session}; {BOTH}")
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    with SwtpmQuestion(swtpm, msgspec.structs.replace(view, env={**view.env, "SECRET": "x", "HOME": "/h"})) as question:
        pid = question._pid  # noqa: SLF001 - nothing else tells it
        assert question.versions() == ("1.2", "2.0")
    os.close(reading)
    os.close(writing)
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert names - {"PWD", "_", "OLDPWD", "SHLVL"} == {"PATH", "HOME", "LC_ALL"}
    assert (tmp_path / "fd").read_text().count("pipe:") == 2, "its output, and what ties it to us"
    assert int((tmp_path / "session").read_text()) == pid


@pytest.mark.skipif(not shutil.which("swtpm_setup"), reason="no swtpm_setup is installed")
def test_the_real_swtpm_setup_tells_a_version() -> None:
    view = here()
    swtpm = find_swtpm(view)
    assert swtpm is not None
    with SwtpmQuestion(swtpm, view) as question:
        assert set(question.versions()) & {"1.2", "2.0"}


def wait_for(path: Path) -> None:
    until = time.monotonic() + 30
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < until
        time.sleep(0.005)


def assert_group_is_gone(group: int) -> None:
    """Every process of the group is dead; init may take a moment to collect the orphans."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        if all_zombies(group):
            return
        time.sleep(0.01)
    pytest.fail(f"process group {group} is still alive")


def all_zombies(group: int) -> bool:
    states = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            states.append(fields[0])
    return all(state == "Z" for state in states)
