"""Conversations with the fake emulator that go beyond one batch, and several at once."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from domcaps.drivers.qemu.conversation import Command, Exchange
from domcaps.drivers.qemu.process import Process
from domcaps.drivers.qemu.queries import Plan
from domcaps.drivers.qemu.session import Talk, pump, run_all
from tests.faults.emulators import Traces, install

HANDSHAKE = Command(execute="qmp_capabilities")
VERSION = Command(execute="query-version")


def batches(*wanted: list[Command]) -> Plan:
    for batch in wanted:  # noqa: UP028 - `yield from` would not take what is sent
        yield batch


def talk(path: str, plan: Plan, *, seconds: float = 10, longest: int = 1 << 20) -> Talk:
    return Talk(Process(path, "kvm:tcg"), plan, opened=False, deadline=time.monotonic() + seconds, longest=longest)


def test_batches_are_asked_one_after_the_other_and_answers_stay_bytes(tmp_path: Path) -> None:
    path = install(tmp_path, "well_behaved")
    version = Command(execute="query-version")
    going = talk(path, batches([HANDSHAKE, version], [Command(execute="nonsense", arguments={"a": 1})]))
    run_all([going])
    assert going.fault is None
    first, second, third = going.exchanges
    assert (first.execute, second.execute, third.execute) == ("qmp_capabilities", "query-version", "nonsense")
    assert bytes(second.result).startswith(b'{"qemu": {"major"')  # type: ignore[arg-type] # it was answered
    assert third.arguments == {"a": 1}
    assert third.error is not None
    assert third.error.error_class == "CommandNotFound"


def test_a_batch_larger_than_any_buffer_does_not_lock_up_either_side(tmp_path: Path) -> None:
    path = install(tmp_path, "well_behaved")
    many = [Command(execute="nonsense", arguments={"blow": "up" * 1000, "number": n}) for n in range(1000)]
    going = talk(path, batches([HANDSHAKE, *many]))
    run_all([going])
    assert going.fault is None
    assert [exchange.arguments["number"] for exchange in going.exchanges[1:]] == list(range(1000))


def test_answers_in_any_order_are_matched_by_id(tmp_path: Path) -> None:
    path = install(tmp_path, "answers_out_of_order")
    named = [Command(execute=name) for name in ("query-target", "query-version", "x", "query-machines")]
    going = talk(path, batches([HANDSHAKE, *named]))
    run_all([going])
    assert [bool(exchange.error) for exchange in going.exchanges] == [False, False, False, True, False]
    assert msgspec.json.decode(going.exchanges[1].result) == {"arch": "x86_64"}  # type: ignore[arg-type] # answered


def test_talks_are_independent_of_each_other(tmp_path: Path) -> None:
    behaviours = ("dies_midway", "well_behaved", "hangs_before_the_greeting", "answers_garbage", "well_behaved")
    paths = [install(tmp_path, behaviour, f"{n}") for n, behaviour in enumerate(behaviours)]
    traces = Traces(tmp_path)
    wanted = [HANDSHAKE, *(Command(execute="query-version"),) * 5]
    talks = [talk(path, batches(wanted), seconds=1.5) for path in paths]
    run_all(talks)
    assert [talk.fault is None for talk in talks] == [False, True, False, False, True]
    assert not traces.left()


def test_the_end_of_one_is_seen_while_another_floods_us(tmp_path: Path) -> None:
    flooding = talk(install(tmp_path, "complains_without_end", "1"), batches([HANDSHAKE]), seconds=10)
    dying = talk(install(tmp_path, "leaves_children_and_dies", "2"), batches([HANDSHAKE]), seconds=10)
    begun = time.monotonic()
    while not dying.over:
        pump([flooding, dying])
    spent = time.monotonic() - begun
    flooding.end()
    assert "ended with status 6" in str(dying.fault)
    assert spent < 3


def test_a_line_may_not_be_longer_than_the_limit(tmp_path: Path) -> None:
    path = install(tmp_path, "answers_a_gigabyte")
    going = talk(path, batches([HANDSHAKE]), longest=1000)
    run_all([going])
    assert "sent a line of more than 1000 bytes" in str(going.fault)


def test_what_is_interrupted_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = install(tmp_path, "greets_and_hangs")
    traces = Traces(tmp_path)
    going = [talk(path, batches([HANDSHAKE])), talk(path, batches([HANDSHAKE]))]

    def interrupt(_talk: Talk) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Talk, "glance", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_all(going)
    assert not traces.left()


def test_a_plan_that_waits_goes_on_with_what_it_is_lent(tmp_path: Path) -> None:
    path = install(tmp_path, "well_behaved")
    lent = Exchange(execute="query-qmp-schema", result=msgspec.Raw(b"[]"))
    seen: list[list[Exchange]] = []

    def plan() -> Plan:
        yield [HANDSHAKE]
        seen.append((yield []))
        seen.append((yield [Command(execute="query-version")]))

    waiting = talk(path, plan())
    while not waiting.idle:
        waiting.ready(waiting.process.monitor, 1)
    waiting.lend([lent])
    run_all([waiting])
    assert seen[0] == [lent]
    assert [exchange.execute for exchange in waiting.exchanges] == [
        "qmp_capabilities",
        "query-qmp-schema",
        "query-version",
    ]


def test_the_time_that_we_were_stopped_is_not_the_emulators(tmp_path: Path) -> None:
    going = talk(install(tmp_path, "well_behaved"), batches([HANDSHAKE], [VERSION], [VERSION]), seconds=3)
    pump([going])
    time.sleep(4)  # as if by Ctrl-Z and fg
    run_all([going])
    assert going.fault is None
