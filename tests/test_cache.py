"""The cache: whole entries or none, nothing of others, nothing stale."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from domcaps.cache import FORMAT, MOST, Cache, folder
from domcaps.witness import witness


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def notes_of(place: Path) -> tuple[Cache, list[str]]:
    notes: list[str] = []
    return Cache(str(place), notes.append), notes


def test_an_answer_is_found_as_it_was_kept(place: Path) -> None:
    Cache(str(place)).keep("document", "what?", [], b"that\n\0 and that")
    assert Cache(str(place)).find("document", "what?") == b"that\n\0 and that"
    assert Cache(str(place)).find("emulator", "what?") is None
    assert Cache(str(place)).find("document", "what else?") is None


def test_an_answer_is_gone_with_what_it_depended_on(place: Path, tmp_path: Path) -> None:
    firmware = tmp_path / "OVMF.fd"
    firmware.write_text("one")
    cache, notes = notes_of(place)
    cache.keep("document", "q", [witness("file", str(firmware)), witness("file", str(tmp_path / "none"))], b"a")
    assert cache.find("document", "q") == b"a"
    firmware.write_text("three")
    assert cache.find("document", "q") is None
    assert notes == [f"asked again: file {firmware} has changed"]
    firmware.unlink()
    assert cache.find("document", "q") is None


def entry(place: Path) -> Path:
    return next(file for file in place.iterdir() if file.suffix == ".document")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:0],
        lambda data: data + b"x",
        lambda data: data.replace(b"answer", b"anewer"),
        lambda data: data.replace(b"domcaps-cache 1", b"domcaps-cache 0"),
        lambda data: b"\xff" * len(data),
    ],
    ids=["last byte cut", "cut in half", "empty", "grown", "a letter changed", "another version", "noise"],
)
def test_a_damaged_entry_is_no_answer(place: Path, damage: object) -> None:
    cache, notes = notes_of(place)
    cache.keep("document", "q", [witness("user", "")], b"the answer")
    file = entry(place)
    file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator] # each is a function of bytes
    assert cache.find("document", "q") is None
    assert len(notes) == 1


def test_an_entry_cut_or_changed_anywhere_is_no_answer(place: Path) -> None:
    cache, _ = notes_of(place)
    cache.keep("document", "q", [witness("user", ""), witness("environment", "PATH")], b"the answer")
    file = entry(place)
    whole = file.read_bytes()
    damaged = [whole[:length] for length in range(len(whole))]
    damaged += [
        whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :] for at in range(len(whole)) for bit in range(8)
    ]
    for data in damaged:
        file.write_bytes(data)
        assert cache.find("document", "q") is None, data
    file.write_bytes(whole)
    assert cache.find("document", "q") == b"the answer"


@pytest.mark.parametrize(
    "body",
    [b"", b"q", b"q\n", b"q\nx\n\na", b"q\n-1\n\na", b"q\n9\n\na", b"q\n" + b"9" * 5000 + b"\n\na", b"q\n\xb2\n\na"],
)
def test_an_entry_whose_checksum_is_right_and_whose_content_is_none_is_no_answer(place: Path, body: bytes) -> None:
    cache, notes = notes_of(place)
    cache.keep("document", "q", [], b"a")
    entry(place).write_bytes(b"%s %d %08x\n" % (FORMAT, len(body), zlib.crc32(body)) + body)
    assert cache.find("document", "q") is None
    assert "a damaged one" in notes[0]


def test_an_entry_of_another_question_under_the_same_name_is_no_answer(place: Path) -> None:
    cache, _ = notes_of(place)
    cache.keep("document", "q", [], b"a")
    name = entry(place).name
    cache.clear()
    cache.keep("document", "r", [], b"b")
    entry(place).rename(place / name)
    assert cache.find("document", "q") is None
    cache.keep("document", "q", [], b"a")
    assert cache.find("document", "q") == b"a"


@pytest.mark.parametrize("kind", ["a FIFO", "a folder", "a socket", "a link to nowhere"])
def test_what_stands_in_place_of_an_entry_is_no_answer_and_no_fault(place: Path, kind: str) -> None:
    cache, _ = notes_of(place)
    cache.keep("document", "q", [], b"a")
    name = entry(place)
    name.unlink()
    with socket.socket(socket.AF_UNIX) as bound:
        if kind == "a FIFO":
            os.mkfifo(name)
        elif kind == "a folder":
            name.mkdir()
        elif kind == "a socket":
            bound.bind(str(name))
        else:
            name.symlink_to("nowhere")
        assert cache.find("document", "q") is None
        cache.keep("document", "q", [], b"a")
    assert cache.find("document", "q") == (None if kind == "a folder" else b"a")
    assert list(place.glob("*.new")) == []


def test_what_stands_in_place_of_a_lock_is_no_fault(place: Path) -> None:
    cache, _ = notes_of(place)
    path = Path(cache.lock("document", "q").path)
    for make in (os.mkfifo, Path.mkdir, lambda path: path.symlink_to("nowhere")):
        make(path)
        lock = cache.lock("document", "q")
        assert not lock.take(0.1)
        lock.free()
        path.rmdir() if path.is_dir() else path.unlink()


def test_an_entry_that_others_could_have_written_is_no_answer(place: Path) -> None:
    cache, notes = notes_of(place)
    cache.keep("document", "q", [], b"a")
    entry(place).chmod(0o666)
    assert cache.find("document", "q") is None
    assert "others could have written it" in notes[0]


def test_a_folder_that_others_can_write_to_is_not_used(place: Path) -> None:
    place.mkdir(mode=0o700)
    place.chmod(0o777)
    cache, notes = notes_of(place)
    cache.keep("document", "q", [], b"a")
    assert list(place.iterdir()) == []
    assert "not used" in notes[0]


def test_a_link_in_place_of_the_folder_or_of_an_entry_is_not_followed(place: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    cache, _ = notes_of(real)
    cache.keep("document", "q", [], b"a")
    place.symlink_to(real)
    assert Cache(str(place)).find("document", "q") is None
    moved = entry(real).rename(tmp_path / "elsewhere")
    entry_path = real / f"{moved.stem}.document"
    assert Cache(str(real)).find("document", "q") is None
    entry_path.symlink_to(moved)
    assert Cache(str(real)).find("document", "q") is None


def test_what_cannot_be_kept_is_no_fault(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    cache, notes = notes_of(blocked / "cache")
    cache.keep("document", "q", [], b"a")
    assert cache.find("document", "q") is None
    assert any("cannot be made" in note for note in notes)


def test_a_folder_that_somebody_else_makes_at_the_same_moment_is_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exists = os.path.lexists

    def made_meanwhile(path: str) -> bool:
        there = exists(path)
        place.mkdir(mode=0o700, exist_ok=True)
        return there

    monkeypatch.setattr(os.path, "lexists", made_meanwhile)
    cache = Cache(str(place))
    assert cache.lock("document", "q").path
    cache.keep("document", "q", [], b"a")
    assert cache.find("document", "q") == b"a"


def test_the_oldest_documents_go_first(place: Path) -> None:
    cache = Cache(str(place))
    for number in range(MOST["document"] + 3):
        cache.keep("document", f"q{number}", [], b"a")
        newest = max(place.glob("*.document"), key=lambda file: file.stat().st_mtime_ns)
        os.utime(newest, ns=(number, number))
    assert len(cache.entries()) <= MOST["document"]
    assert cache.find("document", "q0") is None
    assert cache.find("document", f"q{MOST['document'] + 2}") == b"a"


def test_entries_from_before_the_clock_was_set_back_keep_no_new_one_out(place: Path) -> None:
    cache = Cache(str(place))
    for number in range(MOST["document"] + 2):
        cache.keep("document", f"q{number}", [], b"a")
    for file in place.glob("*.document"):
        os.utime(file, (time.time() + 10**6, time.time() + 10**6))
    cache.keep("document", "new", [], b"a")
    assert cache.find("document", "new") == b"a"
    assert len(cache.entries()) == MOST["document"]


def test_an_entry_that_is_cleared_away_as_soon_as_it_is_kept_is_no_fault(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, replace = Cache(str(place)), os.replace
    cache.lock("document", "q")

    def replace_and_clear(one: str, other: str) -> None:
        replace(one, other)
        cache.clear()

    monkeypatch.setattr(os, "replace", replace_and_clear)
    cache.keep("document", "q", [], b"a")
    assert cache.entries() == []


def test_clearing_removes_entries_locks_and_remains_and_nothing_else(place: Path) -> None:
    cache = Cache(str(place))
    cache.keep("document", "q", [], b"a")
    cache.keep("emulator", "e", [], b"a")
    cache.lock("emulator", "e").take(0)
    (place / "00.document.77.new").write_text("torn")
    (place / "note").write_text("mine")
    assert cache.clear() == 2
    assert [file.name for file in place.iterdir()] == ["note"]


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"HOME": "/home/u"}, "/home/u/.cache/domcaps"),
        ({"HOME": "/home/u", "XDG_CACHE_HOME": "/srv/c"}, "/srv/c/domcaps"),
        ({"HOME": "/home/u", "XDG_CACHE_HOME": "relative"}, "/home/u/.cache/domcaps"),
        ({}, ""),
        ({"HOME": "/home/u", "DOMCAPS_CACHE_DIR": "/here"}, "/here"),
    ],
)
def test_where_the_cache_is(environment: dict[str, str], wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "DOMCAPS_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert folder() == wanted


def test_roots_cache_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOMCAPS_CACHE_DIR", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert folder() == "/var/cache/domcaps"


HOLDER = """
import sys, time
from domcaps.cache import Cache
lock = Cache(sys.argv[1]).lock("emulator", "e")
lock.take(5)
print("held", flush=True)
time.sleep(60)
"""


def test_a_lock_is_waited_for_and_free_when_its_holder_is_killed(place: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(place)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        lock = Cache(str(place)).lock("emulator", "e")
        began = time.monotonic()
        assert lock.take(0.2)
        assert time.monotonic() - began < 2
        lock.free()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    again = Cache(str(place)).lock("emulator", "e")
    assert not again.take(5)
    again.free()


KILLS = 1000
KILLER = """
import os, random, signal, sys, time
from domcaps.cache import Cache

ANSWERS = {f"e{number}": str(number).encode() * 50_000 * number for number in range(1, 5)}

def work(place, chance):
    cache = Cache(place)
    while True:
        for question, answer in ANSWERS.items():
            lock = cache.lock("emulator", question)
            lock.take(1)
            cache.keep("emulator", question, ["user\\t\\t" + f"{os.geteuid()} {os.getegid()}"], answer)
            lock.free()
        if chance.random() < 0.1:
            cache.clear()

place, kills = sys.argv[1], int(sys.argv[2])
chance, hits = random.Random(7), 0
for count in range(kills):
    child = os.fork()
    if child == 0:
        work(place, random.Random(count))
    time.sleep(chance.random() * 0.004)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    cache = Cache(place)
    for question, answer in ANSWERS.items():
        found = cache.find("emulator", question)
        if found not in (None, answer):
            sys.exit(f"a wrong answer after {count} kills: {len(found)} bytes for {question}")
        hits += found is not None
        lock = cache.lock("emulator", question)
        if lock.take(0):
            sys.exit(f"a lock that nobody holds is held after {count} kills")
        lock.free()
print(hits)
"""


def test_killing_the_writer_at_any_point_never_gives_a_wrong_byte(place: Path) -> None:
    command = [sys.executable, "-c", KILLER, str(place), str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > KILLS, "hardly anything was kept between the kills"
    assert Cache(str(place)).clear() <= 4
    assert list(place.iterdir()) == []


def test_what_is_no_file_is_no_entry(place: Path) -> None:
    cache = Cache(str(place))
    cache.keep("document", "q", [], b"a")
    (place / "00.document").mkdir()
    assert len(cache.entries()) == 1
    assert cache.clear() == 1
    assert (place / "00.document").is_dir()


def test_what_a_killed_process_left_goes_with_the_next_entry(place: Path) -> None:
    cache = Cache(str(place))
    cache.keep("document", "q", [], b"a")
    for name, age in (("old.new", 7200), ("young.new", 60)):
        (place / name).touch()
        os.utime(place / name, (time.time() - age, time.time() - age))
    cache.keep("emulator", "q", [], b"a")
    assert not (place / "old.new").exists()
    assert (place / "young.new").exists()
