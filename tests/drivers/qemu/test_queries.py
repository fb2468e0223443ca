"""The query plan, followed against recorded and invented emulators."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from domcaps.drivers.qemu import questions
from domcaps.drivers.qemu.conversation import Command, Conversation, Exchange, key_of
from domcaps.drivers.qemu.launch import expansion, expansions, hyperv, opening_first, opening_second, spell
from domcaps.drivers.qemu.queries import (
    Profile,
    accelerator_of,
    due_second,
    learn,
    plan_first,
    plan_second,
    target_of,
    unasked,
)
from domcaps.errors import ProbeError
from tests.drivers.qemu.recordings import asked, drive, records, spoken

OF_OTHER_RELEASES = {
    "query-commands": "9.0 asks, later ones do not",
    'qom-list-properties {"typename":"generic-pc-machine"}': "since 10.7",
    'device-list-properties {"typename":"virtio-mem-ccw"}': "since 12.8 or shortly before",
    'device-list-properties {"typename":"amd-iommu"}': "as virtio-mem-ccw",
    'device-list-properties {"typename":"arm-smmuv3"}': "as virtio-mem-ccw",
    'device-list-properties {"typename":"scsi-block"}': "as virtio-mem-ccw",
    'device-list-properties {"typename":"scsi-generic"}': "as virtio-mem-ccw",
}
"""What `record` asks for the sake of some release, be it another than the recorded one's."""

DECIDING = {
    *questions.DECIDE,
    "query-sev-capabilities",
    "query-sgx-capabilities",
    "query-gic-capabilities",
    *(key_of("qom-list-properties", {"typename": name}) for name, _ in questions.DECIDING_OBJECTS),
}


def exact(conversation: Conversation) -> list[str]:
    return sorted(exchange.key for exchange in conversation)


@pytest.mark.parametrize("libvirt", ["9.0.0", "11.3.0"])
def test_to_record_is_to_ask_what_libvirt_asks(libvirt: str) -> None:
    violations = []
    for name, record in records(f"libvirt-{libvirt}-suite"):
        conversations = record.conversations()
        first = next(iter(conversations.values()))
        ours = set(asked(drive(plan_first(target_of(first), Profile.RECORD), first)))
        theirs = set(exact(first))
        violations += [f"{name}: we do not ask {key}" for key in theirs - ours]
        violations += [f"{name}: only we ask {key}" for key in ours - theirs - OF_OTHER_RELEASES.keys()]
        if len(conversations) > 1:
            second = asked(drive(plan_second(target_of(first), learn(first)), conversations["tcg"]))
            if sorted(second) != exact(conversations["tcg"]):
                violations.append(f"{name}: the second process is asked {second}")
    assert not violations, "\n".join(violations)


@pytest.mark.parametrize("libvirt", ["9.0.0", "11.3.0", "12.8.0"])
def test_no_question_is_ours_alone_for_any_real_emulator(libvirt: str) -> None:
    violations = [
        f"{name}: only we ask {key}"
        for name, record in records(f"libvirt-{libvirt}-[lh]*")
        for first in [next(iter(record.conversations().values()))]
        for key in set(asked(drive(plan_first(target_of(first), Profile.RECORD), first))) - set(exact(first))
        if key not in OF_OTHER_RELEASES
    ]
    assert not violations, "\n".join(violations)


@pytest.mark.parametrize("profile", Profile)
def test_nothing_is_asked_twice_and_a_plan_ends_soon(profile: Profile) -> None:
    violations = []
    for name, record in records("libvirt-*-suite"):
        first = next(iter(record.conversations().values()))
        batches = drive(plan_first("x86_64", profile), first)
        violations += [f"{name}: {key} {count} times" for key, count in Counter(asked(batches)).items() if count > 1]
        if len(batches) > 4:
            violations.append(f"{name}: {len(batches)} batches")
    assert not violations, "\n".join(violations)


def test_to_decide_is_to_ask_every_deciding_question_of_libvirt_in_one_batch_if_the_guess_is_right() -> None:
    violations = []
    for name, record in records("libvirt-*-suite"):
        first = next(iter(record.conversations().values()))
        batches = drive(plan_first(target_of(first)), first)
        ours = set(asked(batches))
        theirs = {key for key in exact(first) if key in DECIDING or key.startswith("query-cpu-model-expansion ")}
        violations += [f"{name}: {key}" for key in theirs - ours]
        late = [key for key in asked(batches[1:]) if '"type":"full"' not in key]  # promised by the schema alone
        violations += [f"{name}: late, {key}" for key in late]
    assert not violations, "\n".join(violations)


def test_a_second_process_started_at_once_is_asked_all_that_the_first_makes_due() -> None:
    violations = []
    for name, record in records("libvirt-*-suite"):
        conversations = record.conversations()
        if len(conversations) > 1:
            first = next(iter(conversations.values()))
            theirs = conversations["tcg"]
            ours = set(asked(drive(plan_second(target_of(first)), theirs)))
            violations += [f"{name}: {key}" for key in set(exact(theirs)) - ours]
    assert not violations, "\n".join(violations)


X86 = {
    "query_target": {"arch": "x86_64"},
    "qom_list_types": [{"name": "max-x86_64-cpu"}, {"name": "generic-pc-machine"}, {"name": "sgx-epc"}],
}


def with_answer(conversation: Conversation, question: tuple[str, dict[str, object]], result: object) -> Conversation:
    name, arguments = question
    raw = msgspec.Raw(msgspec.json.encode(result))
    return Conversation([*conversation, Exchange(execute=name, arguments=arguments, result=raw)])


def test_a_wrong_guess_loses_no_answer() -> None:
    keys = {key_of(name, arguments) for name, arguments in [*expansions("host", "x86_64"), hyperv("host")]}
    emulator = with_answer(spoken(**X86), expansion("static", "host"), {"model": {"name": "base", "props": {}}})
    for guess in ("aarch64", "sparc", "i386", "x86_64"):
        ours = set(asked(drive(plan_first(guess), emulator)))
        assert keys <= ours, guess
        assert "query-sgx-capabilities" in ours, guess
        assert 'qom-list-properties {"typename":"generic-pc-machine"}' in ours, guess


def test_an_x86_without_canonical_names_is_asked_in_full_for_the_model_it_returned() -> None:
    emulator = spoken(query_target={"arch": "i386"})
    returned: dict[str, object] = {"name": "base", "props": {"sse2": True, "family": 6, "vendor": "x"}}
    kinds: list[dict[str, object] | None] = [None, {"migratable": False}]
    for properties in kinds:
        emulator = with_answer(emulator, expansion("static", "host", properties), {"model": returned})
    last = drive(plan_first("i386"), emulator)[-1]
    assert last == [Command(execute="query-cpu-model-expansion", arguments={"type": "full", "model": returned})]


@pytest.mark.parametrize(
    ("enabled", "also_max"), [("tcg", True), ("kvm", False), (None, False)], ids=["tcg", "kvm", "not told"]
)
def test_the_cpu_max_is_asked_for_where_qemu_tells_that_nothing_but_tcg_is_on(
    enabled: str | None, also_max: bool
) -> None:
    told = {} if enabled is None else {"query_accelerators": {"enabled": enabled, "present": ["tcg"]}}
    ours = asked(drive(plan_first("s390x"), spoken(query_target={"arch": "s390x"}, **told)))
    assert (key_of(*expansion("static", "max")) in ours) == also_max
    assert key_of(*expansion("static", "host")) in ours


def schema(*, deprecated: bool) -> list[dict[str, object]]:
    promised, other = {"name": "deprecated-props", "type": "str"}, {"name": "model", "type": "str"}
    return [
        {"name": "query-cpu-model-expansion", "meta-type": "command", "arg-type": "1", "ret-type": "2"},
        {"name": "2", "meta-type": "object", "members": [promised if deprecated else other]},
        {"name": "3", "meta-type": "object", "members": [promised]},
        {"name": "str", "meta-type": "builtin", "json-type": "string"},
    ]


@pytest.mark.parametrize("deprecated", [True, False])
def test_deprecated_properties_are_asked_for_where_the_schema_promises_them(deprecated: bool) -> None:
    emulator = spoken(query_target={"arch": "s390x"}, query_qmp_schema=schema(deprecated=deprecated))
    ours = asked(drive(plan_first("s390x"), emulator))
    assert (key_of(*expansion("full", "host")) in ours) == deprecated


def test_a_plan_that_borrows_waits_for_the_schema_and_asks_itself_if_it_gets_none() -> None:
    emulator = spoken(**X86)
    lent = [Exchange(execute="query-qmp-schema", result=msgspec.Raw(b"[]"))]
    borrowed = drive(plan_first("x86_64", borrows=True), emulator, tuple(lent))
    assert borrowed[-1] == []
    assert "query-qmp-schema" not in asked(borrowed)
    refused = drive(plan_first("x86_64", borrows=True), emulator)
    assert refused[-2:] == [[], [Command(execute="query-qmp-schema")]]


def test_what_a_guessing_second_process_was_not_asked_is_found_afterwards() -> None:
    first = with_answer(spoken(**X86), ("qom-list-properties", {"typename": "max-x86_64-cpu"}), [])
    first = with_answer(first, expansion("static", "host"), {})
    second = with_answer(spoken(), expansion("static", "max"), {"model": {"name": "base"}})
    assert key_of(*expansion("full", "base")) in [c.key for c in unasked(due_second(learn(first), second), second)]


@pytest.mark.parametrize(
    ("results", "accelerator"),
    [
        ({"query_kvm": {"enabled": True, "present": True}}, "kvm"),
        ({"query_kvm": {"enabled": True, "present": False}}, None),
        ({"query_kvm": {"enabled": False, "present": True}}, None),
        ({"query_accelerators": {"enabled": "mshv", "present": []}, "query_kvm": {"enabled": False}}, "mshv"),
        ({"query_accelerators": {"enabled": "tcg", "present": ["kvm"]}}, "tcg"),
        ({}, None),
    ],
    ids=["KVM on", "KVM not built in", "KVM off", "MSHV on", "TCG alone", "not asked"],
)
def test_the_accelerator_is_what_qemu_says(results: dict[str, object], accelerator: str | None) -> None:
    assert accelerator_of(spoken(**results)) == accelerator


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("query_target", {"arch": 5}),
        ("query_target", []),
        ("query_accelerators", {"enabled": None}),
        ("qom_list_types", [{"nome": "x"}]),
        ("query_qmp_schema", {"deprecated-props": 1}),
    ],
)
def test_an_answer_of_another_shape_is_a_fault_that_names_the_command(name: str, result: object) -> None:
    emulator = spoken(**({"query_target": {"arch": "x86_64"}} | {name: result}))
    with pytest.raises(ProbeError, match=name.replace("_", "-")):
        drive(plan_first("x86_64"), emulator)


def test_the_openings_are_spelled_as_json_numbered_lines() -> None:
    for opening in (opening_first("x86_64"), opening_first("aarch64", borrows=True), opening_second("i386")):
        lines = spell(opening).splitlines()
        assert [msgspec.json.decode(line) for line in lines] == [
            {"execute": name, "id": number} | ({"arguments": arguments} if arguments else {})
            for number, (name, arguments) in enumerate(opening)
        ]
