"""A small emulator of our own that misbehaves on request: `fake_emulator.py BEHAVIOUR QEMU-ARGUMENTS…`.

It takes its monitor as QEMU does (a chardev in the configuration on standard input), greets, answers a handful of
commands and refuses the others. A behaviour is a function below; what one needs from another is in its name alone.
Started with `python -I -S`, and it imports little, because the tests start it a hundred times.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator

GREETING: dict[str, object] = {
    "QMP": {"version": {"qemu": {"major": 9, "minor": 9, "micro": 9}, "package": "fake"}, "capabilities": []}
}
EVENT: dict[str, object] = {"event": "NICE_WEATHER", "data": {"id": 3}, "timestamp": {"seconds": 1, "microseconds": 2}}
ANSWERS: dict[str, object] = {
    "qmp_capabilities": {},
    "query-version": {"qemu": {"major": 9, "minor": 9, "micro": 9}, "package": "fake"},
    "query-target": {"arch": "x86_64"},
    "query-qmp-schema": [{"name": "query-version", "meta-type": "command", "arg-type": "0", "ret-type": "1"}],
    "qom-list-types": [{"name": "tcg-accel"}],
    "query-machines": [],
    "query-cpu-definitions": [],
    "query-command-line-options": [],
}
MIB = 1 << 20


class Monitor:
    """The emulator's end."""

    def __init__(self) -> None:
        config = sys.stdin.read()
        if "fd = " not in config:
            die(1, f'{sys.argv[0]}: -mon chardev=mon,mode=control: chardev "mon" not found')
        self.descriptor = int(config.partition('fd = "')[2].partition('"')[0])
        self.rest = b""

    def questions(self) -> Iterator[dict[str, object]]:
        while True:
            line, end, rest = self.rest.partition(b"\n")
            if end:
                self.rest = rest
                yield json.loads(line)
            elif piece := os.read(self.descriptor, 1 << 16):
                self.rest += piece
            else:
                return

    def raw(self, data: bytes) -> None:
        while data:
            data = data[os.write(self.descriptor, data) :]

    def send(self, message: dict[str, object]) -> None:
        self.raw(json.dumps(message).encode() + b"\r\n")

    def greet(self) -> None:
        self.send(GREETING)

    def serve(self, reply: Callable[[dict[str, object]], object] | None = None) -> None:
        """Greet, and answer until the other end closes."""
        self.greet()
        for question in self.questions():
            self.send(answer(question))
            if reply is not None:
                reply(question)


def answer(question: dict[str, object]) -> dict[str, object]:
    name = str(question["execute"])
    accelerated = "kvm" in accelerators()
    answers = ANSWERS | {"query-kvm": {"enabled": accelerated, "present": True}}
    if name in answers:
        return {"return": answers[name], "id": question["id"]}
    refusal = {"class": "CommandNotFound", "desc": f"The command {name} has not been found"}
    return {"error": refusal, "id": question["id"]}


def accelerators() -> list[str]:
    return sys.argv[sys.argv.index("-machine") + 1].partition("accel=")[2].split(":")


def die(status: int, *words: str) -> None:
    for word in words:
        os.write(2, f"{word}\n".encode())
    os._exit(status)


def sleep_for_ever() -> None:
    while True:
        time.sleep(60)


def says(data: bytes) -> None:
    monitor = Monitor()
    monitor.greet()
    monitor.raw(data)
    sleep_for_ever()


def talk(monitor: Monitor) -> None:
    while True:
        monitor.raw((json.dumps(EVENT).encode() + b"\r\n") * 10_000)


def well_behaved() -> None:
    Monitor().serve()


def never_starts() -> None:
    die(3, "qemu: no light", "qemu: no door")


def hangs_before_the_greeting() -> None:
    Monitor()
    sleep_for_ever()


def greets_and_hangs() -> None:
    says(b"")


def answers_garbage() -> None:
    says(b"\xff\xfe<html>\x00 not JSON\n")


def greets_with_garbage() -> None:
    Monitor().raw(b"QEMU 7.2 monitor - type 'help' for more information\r\n(qemu) \r\n")
    sleep_for_ever()


def answers_before_greeting() -> None:
    Monitor().send({"return": {}, "id": 0})
    sleep_for_ever()


def answers_half_a_line_and_hangs() -> None:
    says(b'{"return": {"qemu"')


def answers_half_a_line_and_dies() -> None:
    monitor = Monitor()
    monitor.raw(json.dumps(GREETING).encode() + b'\n{"return": {"qemu"')
    die(4, "ink")


def answers_with_an_unknown_id() -> None:
    says(json.dumps({"return": {}, "id": 4711}).encode() + b"\r\n")


def answers_with_a_word_as_id() -> None:
    says(json.dumps({"return": {}, "id": "zero"}).encode() + b"\r\n")


def answers_without_an_id() -> None:
    says(json.dumps({"error": {"class": "GenericError", "desc": "Invalid JSON syntax"}}).encode() + b"\r\n")


def answers_twice() -> None:
    monitor = Monitor()
    monitor.serve(lambda question: monitor.send(answer(question)))


def answers_neither_yes_nor_no() -> None:
    says(json.dumps({"id": 0}).encode() + b"\r\n")


def refuses_the_handshake() -> None:
    says(json.dumps({"error": {"class": "GenericError", "desc": "no"}, "id": 0}).encode() + b"\r\n")


def answers_of_a_wrong_shape() -> None:
    ANSWERS["qom-list-types"] = {"name": "not a list"}
    Monitor().serve()


def does_not_say_what_it_emulates() -> None:
    del ANSWERS["query-target"]
    Monitor().serve()


def answers_out_of_order() -> None:
    monitor = Monitor()
    monitor.greet()
    held: list[dict[str, object]] = []
    for question in monitor.questions():
        held.append(answer(question))
        if b"\n" not in monitor.rest:
            for late in reversed(held):
                monitor.send(late)
            held.clear()


def sends_events_in_between() -> None:
    monitor = Monitor()
    monitor.serve(lambda _: monitor.send(EVENT))


def answers_a_gigabyte() -> None:
    monitor = Monitor()
    monitor.greet()
    monitor.raw(b'{"id": 1, "return": "')
    for _ in range(1024):
        monitor.raw(b"x" * MIB)
    sleep_for_ever()


def answers_slowly() -> None:
    monitor = Monitor()
    monitor.greet()
    for byte in json.dumps({"return": {}, "id": 0}):
        monitor.raw(byte.encode())
        time.sleep(1)


def dies_midway() -> None:
    monitor = Monitor()
    monitor.greet()
    for count, question in enumerate(monitor.questions()):
        if count == 3:
            die(5, "qemu: I give up")
        monitor.send(answer(question))


def kills_itself_midway() -> None:
    Monitor().serve(lambda question: os.kill(os.getpid(), 11) if question["id"] == 2 else None)


def closes_its_monitor_and_stays() -> None:
    monitor = Monitor()
    monitor.greet()
    os.close(monitor.descriptor)
    sleep_for_ever()


def ignores_signals_and_hangs() -> None:
    import signal  # noqa: PLC0415 - start-up: only this one needs it

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    greets_and_hangs()


def leaves_children_and_dies() -> None:
    monitor = Monitor()
    monitor.greet()
    if os.fork() == 0:
        sleep_for_ever()  # with the monitor still open
    die(6, "orphans")


def leaves_a_daemon_and_dies() -> None:
    monitor = Monitor()
    monitor.greet()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            sleep_for_ever()
        os._exit(0)
    os.wait()
    die(6, "daemons")


def leaves_a_daemon_that_hides_and_dies() -> None:
    monitor = Monitor()
    monitor.greet()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 1000)
            os.chdir("/")
            sleep_for_ever()
        os._exit(0)
    os.wait()
    die(6, "hidden")


def leaves_a_child_that_talks_and_dies() -> None:
    monitor = Monitor()
    monitor.greet()
    if os.fork() == 0:
        talk(monitor)
    die(8, "talk")


def sends_events_without_end() -> None:
    monitor = Monitor()
    monitor.serve(lambda _: talk(monitor))


def answers_everything_with_megabytes() -> None:
    ANSWERS["query-version"] = ANSWERS["query-machines"] = ANSWERS["query-cpu-definitions"] = ["x" * 50 * MIB]
    Monitor().serve()


def stops_itself() -> None:
    import signal  # noqa: PLC0415 - start-up: only this one needs it

    Monitor().greet()
    os.kill(os.getpid(), signal.SIGSTOP)


def is_a_fork_bomb() -> None:
    for _ in range(6):
        os.fork()
    if os.fork() == 0:
        os.setsid()
    sleep_for_ever()


def has_children_and_answers() -> None:
    monitor = Monitor()
    if os.fork() == 0:
        sleep_for_ever()
    monitor.serve()


def fills_standard_error_and_answers() -> None:
    monitor = Monitor()
    for _ in range(1024):
        os.write(2, b"complaint " * (MIB // 10))
    monitor.serve()


def complains_without_end() -> None:
    while True:
        os.write(2, b"\x1b[31mcomplaint\x07\n" * 1000)


def closes_its_output_and_answers() -> None:
    os.close(1)
    os.close(2)
    Monitor().serve()


def vanishes_while_it_answers() -> None:
    path = os.environ["FAKE_PATH"]
    if os.path.exists(path):  # noqa: PTH110 - start-up: the fake is started often
        os.unlink(path)  # noqa: PTH108 - as above
    Monitor().serve()


def replaces_itself() -> None:
    path = os.environ["FAKE_PATH"]
    if not os.path.exists(f"{path}.replaced"):  # noqa: PTH110 - start-up: the fake is started often
        with open(path, "rb") as old, open(f"{path}.{os.getpid()}", "wb") as new:  # noqa: PTH123 - as above
            new.write(old.read())
        os.chmod(new.name, 0o700)  # noqa: PTH101 - as above
        os.rename(new.name, path)  # noqa: PTH104 - as above
        open(f"{path}.replaced", "wb").close()  # noqa: PTH123 - as above
    well_behaved()


def has_no_sandbox_here() -> None:
    if "-sandbox" in sys.argv:
        die(1, "qemu: failed to install seccomp syscall filter in the kernel")
    Monitor().serve()


def does_in_the_sandbox_what_it_may_not() -> None:
    if "-sandbox" in sys.argv:
        os.kill(os.getpid(), 31)
    Monitor().serve()


def dies_in_and_out_of_the_sandbox() -> None:
    die(1, "qemu: no sandbox today" if "-sandbox" in sys.argv else "qemu: nor without")


def fails_with_tcg_alone() -> None:
    if "kvm" not in accelerators():
        die(7, "qemu: no tcg today")
    Monitor().serve()


def hangs_with_tcg_alone() -> None:
    if "kvm" not in accelerators():
        sleep_for_ever()
    Monitor().serve()


def was_built_without_tcg() -> None:
    if "kvm" not in accelerators():
        die(1, "qemu: invalid accelerator tcg")
    ANSWERS["qom-list-types"] = [{"name": "kvm-accel"}]
    Monitor().serve()


def has_no_kvm() -> None:
    sys.argv[sys.argv.index("-machine") + 1] = "none,accel=tcg"
    Monitor().serve()


if __name__ == "__main__":
    globals()[sys.argv.pop(1)]()
