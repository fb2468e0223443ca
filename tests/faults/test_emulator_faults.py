"""Every way in which an emulator can fail us, with a real process each: one sentence, in bounded time, no trace."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from domcaps.drivers.qemu import launch
from domcaps.drivers.qemu.conversation import EmulatorRecord
from domcaps.drivers.qemu.probe import probe_emulator, probe_emulators
from domcaps.errors import ProbeError
from tests.faults.emulators import HOST, HOST_WITHOUT_KVM, Traces, install

SHORT = 0.7
"""Seconds for those that hang."""
AMPLE = 60.0
"""Seconds for those that fail by themselves: it is a failure to use them up."""

HANGING = {
    "hangs_before_the_greeting": "did not greet within 0.7 s",
    "greets_and_hangs": "did not answer qmp_capabilities within 0.7 s",
    "answers_half_a_line_and_hangs": "did not answer qmp_capabilities within 0.7 s",
    "answers_slowly": "did not answer qmp_capabilities within 0.7 s",
    "ignores_signals_and_hangs": "did not answer qmp_capabilities within 0.7 s",
    "stops_itself": "did not answer qmp_capabilities within 0.7 s",
    "is_a_fork_bomb": "did not greet within 0.7 s",
    "complains_without_end": "did not greet within 0.7 s; its last words: [31mcomplaint",
}
FAILING = {
    "never_starts": "ended with status 3 before it could greet; its last words: qemu: no light / qemu: no door",
    "answers_garbage": "sent what is not QMP: '\\\\xff\\\\xfe<html>",
    "greets_with_garbage": "sent what is not QMP: \"QEMU 7.2 monitor - type 'help'",
    "answers_before_greeting": 'did not greet as QMP does: \'{"return": {}, "id": 0}',
    "answers_half_a_line_and_dies": "ended with status 4 before it could answer qmp_capabilities; its last words: ink",
    "answers_with_an_unknown_id": "answered a question that was not open (id 4711)",
    "answers_with_a_word_as_id": 'sent what is not QMP: \'{"return": {}, "id": "zero"}',
    "answers_without_an_id": "answered none of the questions: Invalid JSON syntax",
    "answers_twice": "answered a question that was not open (id 0)",
    "answers_neither_yes_nor_no": "answered with neither a result nor an error",
    "refuses_the_handshake": "refused qmp_capabilities: no",
    "answers_of_a_wrong_shape": "gave an answer to qom-list-types that cannot be used: Expected `array`, got `object`",
    "does_not_say_what_it_emulates": "does not say what it emulates (query-target)",
    "answers_a_gigabyte": "sent a line of more than 67108864 bytes",
    "dies_midway": "ended with status 5 before it could answer query-kvm; its last words: qemu: I give up",
    "kills_itself_midway": "was killed by signal 11 before it could answer",
    "closes_its_monitor_and_stays": "closed its monitor before it could answer qmp_capabilities",
    "leaves_children_and_dies": "ended with status 6 before it could answer qmp_capabilities; its last words: orphans",
    "leaves_a_daemon_and_dies": "ended with status 6 before it could answer qmp_capabilities; its last words: daemons",
    "leaves_a_daemon_that_hides_and_dies": "ended with status 6 before it could answer qmp_capabilities; its last",
    "sends_events_without_end": "sent more than 134217728 bytes in all",
    "answers_everything_with_megabytes": "sent more than 134217728 bytes in all",
}
HARMLESS = (
    "well_behaved",
    "answers_out_of_order",
    "sends_events_in_between",
    "has_children_and_answers",
    "closes_its_output_and_answers",
    "fills_standard_error_and_answers",
)


@pytest.fixture
def traces(tmp_path: Path) -> Iterator[Traces]:
    """Fails the test if anything is left when it is over; a test that makes or removes files renews `before`."""
    found = Traces(tmp_path)
    yield found
    assert not found.left()


def fault_of(path: str, timeout: float = AMPLE) -> ProbeError:
    begun = time.monotonic()
    with pytest.raises(ProbeError) as caught:
        probe_emulator(path, HOST, timeout=timeout)
    spent = time.monotonic() - begun
    assert spent < (timeout + 2 if timeout == SHORT else timeout / 2), f"it took {spent:.1f} s to find out"
    assert caught.value.subject == path
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("behaviour", HANGING)
def test_a_silent_emulator_is_given_up_when_the_time_is_up(behaviour: str, tmp_path: Path, traces: Traces) -> None:
    path = install(tmp_path, behaviour)
    traces.before = traces.now()
    assert f"the emulator {path} {HANGING[behaviour]}" in str(fault_of(path, SHORT))


@pytest.mark.parametrize("behaviour", FAILING)
def test_a_failing_emulator_is_given_up_at_once(behaviour: str, tmp_path: Path, traces: Traces) -> None:
    path = install(tmp_path, behaviour)
    traces.before = traces.now()
    assert f"the emulator {path} {FAILING[behaviour]}" in str(fault_of(path))


def test_what_a_child_goes_on_to_say_has_an_end(tmp_path: Path, traces: Traces) -> None:
    path = install(tmp_path, "leaves_a_child_that_talks_and_dies")
    traces.before = traces.now()
    assert re.search(r"ended with status 8 before|sent more than 134217728 bytes", str(fault_of(path)))


@pytest.mark.parametrize("behaviour", HARMLESS)
def test_an_odd_but_sound_emulator_is_understood(behaviour: str, tmp_path: Path, traces: Traces) -> None:
    path = install(tmp_path, behaviour)
    traces.before = traces.now()
    record = probe_emulator(path, HOST, timeout=AMPLE)
    assert (record.arch, list(record.accelerators)) == ("x86_64", ["kvm", "tcg"])


@pytest.mark.parametrize("behaviour", ["has_no_sandbox_here", "does_in_the_sandbox_what_it_may_not"])
def test_an_emulator_that_fails_of_its_sandbox_is_asked_without(
    behaviour: str, tmp_path: Path, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = install(tmp_path, behaviour)
    traces.before = traces.now()
    monkeypatch.setattr(launch, "links_seccomp", lambda _: True)
    record = probe_emulator(path, HOST, timeout=AMPLE)
    assert (record.arch, list(record.accelerators)) == ("x86_64", ["kvm", "tcg"])


def test_an_emulator_that_fails_without_its_sandbox_too_is_given_up(
    tmp_path: Path, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = install(tmp_path, "dies_in_and_out_of_the_sandbox")
    traces.before = traces.now()
    monkeypatch.setattr(launch, "links_seccomp", lambda _: True)
    assert "nor without" in str(fault_of(path))


def test_the_last_words_stay_on_the_error_and_few_bytes_of_a_flood(tmp_path: Path, traces: Traces) -> None:
    path = install(tmp_path, "complains_without_end")
    traces.before = traces.now()
    said = fault_of(path, SHORT).said
    assert 1000 < len(said) <= 4096
    assert "\x1b" not in said


def test_a_gigabyte_is_never_held_in_memory(tmp_path: Path, traces: Traces) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = install(tmp_path, "answers_a_gigabyte")
    traces.before = traces.now()
    fault_of(path)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200 * 1024, f"{grown / 1024:.0f} MiB"


def write(path: Path, content: bytes, mode: int = 0o755) -> str:
    path.write_bytes(content)
    path.chmod(mode)
    return str(path)


UNSTARTABLE = {
    "a missing file": "No such file or directory",
    "a directory": "it is a directory",
    "a file that is not executable": "Permission denied",
    "a script without its first line": "Exec format error",
    "a script whose interpreter is missing": "its interpreter, is missing",
    "a program of another architecture": "Exec format error",
    "an empty file": "Exec format error",
}


def unstartable(kind: str, path: Path) -> str:
    foreign = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xf3\x00" + bytes(200)  # e_machine 243: RISC-V
    if kind == "a directory":
        path.mkdir()
    elif kind != "a missing file":
        content = {
            "a script without its first line": b"echo hello\n",
            "a script whose interpreter is missing": b"#!/does/not/exist\n",
            "a program of another architecture": foreign,
        }.get(kind, b"")
        write(path, content, 0o644 if "not executable" in kind else 0o755)
    return str(path)


@pytest.mark.parametrize("kind", UNSTARTABLE)
def test_what_cannot_be_started_is_told_with_the_reason(kind: str, tmp_path: Path, traces: Traces) -> None:
    path = unstartable(kind, tmp_path / "qemu-system-x86_64")
    traces.before = traces.now()
    message = str(fault_of(path))
    assert message.startswith(f"cannot start the emulator {path}: ")
    assert UNSTARTABLE[kind] in message


def test_a_script_that_is_no_emulator_is_told_with_its_words(tmp_path: Path, traces: Traces) -> None:
    path = write(tmp_path / "qemu-system-x86_64", b"#!/bin/sh\necho what is $1?\n")
    traces.before = traces.now()
    assert "ended with status 0 before it could greet; its last words: what is -S?" in str(fault_of(path))


def test_an_emulator_that_vanishes_between_two_calls_is_missing(tmp_path: Path, traces: Traces) -> None:
    path = install(tmp_path, "well_behaved")
    assert isinstance(probe_emulator(path, HOST, timeout=AMPLE), EmulatorRecord)
    Path(path).unlink()
    traces.before = traces.now()
    assert "No such file or directory" in str(fault_of(path))


def test_an_emulator_that_vanishes_between_its_two_processes_is_missing(tmp_path: Path, traces: Traces) -> None:
    path = install(tmp_path, "vanishes_while_it_answers", name="my-own-x86")
    foreign = HOST_WITHOUT_KVM  # so that the second process is not started at once
    with pytest.raises(ProbeError, match=r"cannot start the emulator .*: No such file or directory"):
        probe_emulator(path, foreign, timeout=AMPLE)
    traces.before["files"] = []


def test_without_descriptors_it_fails_as_long_as_there_are_too_few(tmp_path: Path, traces: Traces) -> None:
    path = install(tmp_path, "well_behaved")
    traces.before = traces.now()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = len(list(Path("/proc/self/fd").iterdir())) - 1
    outcomes = []
    try:
        for more in range(36):
            resource.setrlimit(resource.RLIMIT_NOFILE, (free + more, hard))
            try:
                probe_emulator(path, HOST, timeout=AMPLE)
                outcomes.append("enough")
            except ProbeError as error:
                outcomes.append(str(error))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert outcomes[0] == f"cannot start the emulator {path}: Too many open files"
    assert outcomes[-1] == "enough"
    assert outcomes == sorted(outcomes, key=lambda outcome: outcome == "enough"), "more descriptors, yet a failure"


def test_without_a_folder_for_temporary_files_nothing_is_missing(
    tmp_path: Path, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = install(tmp_path, "well_behaved")
    traces.before = traces.now()
    for name in ("TMPDIR", "TMP", "TEMP", "HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, "/does/not/exist")
    assert probe_emulator(path, HOST, timeout=AMPLE).arch == "x86_64"


def test_others_are_unaffected_by_one_that_fails_or_hangs(tmp_path: Path, traces: Traces) -> None:
    names = ("well_behaved", "hangs_before_the_greeting", "dies_midway", "answers_out_of_order", "never_starts")
    paths = {}
    for behaviour in names:
        (tmp_path / behaviour).mkdir()
        paths[install(tmp_path / behaviour, behaviour)] = behaviour
    traces.before = traces.now()
    outcome = probe_emulators(paths, HOST, timeout=3.0)
    assert {paths[path]: type(result).__name__ for path, result in outcome.items()} == {
        "well_behaved": "EmulatorRecord",
        "hangs_before_the_greeting": "ProbeError",
        "dies_midway": "ProbeError",
        "answers_out_of_order": "EmulatorRecord",
        "never_starts": "ProbeError",
    }
