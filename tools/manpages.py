"""Writes man/domcaps.1 and man/domcaps-VERB.1 from the verbs' own parsers, in man(7).

python -m tools.manpages            write the pages, and remove those of verbs that are gone
python -m tools.manpages --check    status 1 when one is not what would be written
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from domcaps import __version__
from tools.verbs import Option, Verb, verbs

FOLDER = Path(__file__).resolve().parent.parent / "man"

INTRODUCTION = (
    "domcaps tells what the hypervisors of a host can do, as libvirt's domain capabilities document, without libvirt: "
    "it asks the emulator and the host itself. It answers for this host, for a snapshot that was taken of another one "
    "(domcaps capture), or for anyone's document. It starts no guest and changes nothing on the host."
)

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "": (
        ("domcaps show", "what this host can do"),
        ("domcaps capture -o host.json.gz", "record it, to answer from it anywhere"),
        ("domcaps check guest.xml --from host.json.gz", "will this guest run there?"),
    ),
    "show": (
        ("domcaps show --machine q35", "the document of the newest q35 machine"),
        ("domcaps show --libvirt 9.0.0 --cpu-map /usr/share/libvirt/cpu_map", "as libvirt 9.0.0 with its own CPU map"),
        ("domcaps show --xpath '//devices/disk' --wrap", "only a part"),
        ("domcaps show --from host.json.gz -f text", "of a recorded host, for reading"),
    ),
    "emulators": (("domcaps emulators --machines", "every machine type of every emulator in PATH"),),
    "capture": (("domcaps capture -o host.json.gz", "all that is needed to answer for this host elsewhere"),),
    "explain": (("domcaps explain devices/tpm --from host.json.gz", "why there is, or is no, TPM"),),
    "check": (("domcaps check guest.xml --from host.json.gz", "what of a guest that host cannot do"),),
    "diff": (("domcaps diff before.json.gz after.json.gz", "what an upgrade changed"),),
    "common": (("domcaps common a.json.gz b.json.gz c.json.gz", "what holds on all three hosts"),),
    "cpu": (("domcaps cpu baseline a.xml b.xml --from a.json.gz", "a CPU that guests can have on both"),),
    "export": (
        ("domcaps export kubevirt -f yaml | kubectl patch node NODE --patch-file /dev/stdin", "label a node"),
        ("domcaps export openstack --from host.json.gz", "the traits of a recorded host"),
        ("domcaps export prometheus > /var/lib/node_exporter/domcaps.prom", "for the textfile collector"),
    ),
    "cache": (("domcaps cache info", "where it is, and what it holds"),),
    "validate": (("domcaps validate caps.xml --libvirt 9.0.0", "is it a document, and one of libvirt 9.0.0?"),),
    "schema": (("domcaps schema --rng > domcaps.rng", "for any RELAX NG validator"),),
}
"""Verb → commands and what they are for; the empty one is the program's own page."""

STATUS = (
    ("0", "yes, or done"),
    ("1", "the answer is no: unsupported, differs, incompatible"),
    ("2", "could not answer"),
)

FILES_AND_ENVIRONMENT = (
    ("NO_COLOR", "no colour, also on a terminal"),
    ("XDG_CACHE_HOME", "where emulators' answers are kept, below domcaps/"),
)


def escaped(text: str) -> str:
    """A text as roff takes it literally."""
    safe = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace("'", "\\(aq")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe


def page_name(verb: Verb) -> str:
    """The page of a verb: domcaps-show."""
    return f"domcaps-{verb.words[0]}"


def overview(found: tuple[Verb, ...]) -> str:
    """The page of the program itself."""
    lines = [*_top("domcaps", "what a hypervisor host can do, without libvirt"), ".SH SYNOPSIS"]
    lines += [".B domcaps", ".I VERB", ".RI [ OPTION ...]", ".SH DESCRIPTION", escaped(INTRODUCTION), ".SH VERBS"]
    for verb in found:
        lines += [".TP", f".BR {escaped(page_name(verb))} (1)", escaped(f"{verb.summary}.")]
    lines += [".SH OPTIONS"]
    for name, text in (("--help", "the verbs; after a verb, its options"), ("--version", "the version")):
        lines += [".TP", f".B {escaped(name)}", escaped(text)]
    lines += [*_status(), ".SH ENVIRONMENT"]
    for name, text in FILES_AND_ENVIRONMENT:
        lines += [".TP", f".B {name}", escaped(text)]
    lines += [*_examples(""), *_see_also([page_name(verb) for verb in found] + ["virsh"])]
    return "\n".join(lines) + "\n"


def page(verb: Verb, others: list[str]) -> str:
    """The page of a verb."""
    lines = [*_top(page_name(verb), verb.summary), ".SH SYNOPSIS"]
    shown = verb.verbs or (verb,)
    for number, one in enumerate(shown):
        lines += [*([".br"] if number else []), *_synopsis(one)]
    lines += [".SH DESCRIPTION", escaped(f"{verb.summary[0].upper()}{verb.summary[1:]}.")]
    for one in shown:
        if verb.verbs:
            lines += [f".SH {escaped(one.name.upper())}", escaped(f"{one.summary[:1].upper()}{one.summary[1:]}.")]
        lines += _options(one, heading=".SS" if verb.verbs else ".SH")
    lines += [*_status(), *_examples(verb.words[0]), *_see_also(["domcaps", *others])]
    return "\n".join(lines) + "\n"


def _top(name: str, summary: str) -> list[str]:
    title = name.upper().replace("-", "\\-")
    return [
        ".\\\" Made by tools/manpages.py from the program's own options; do not edit.",
        f'.TH {title} 1 "" "domcaps {__version__}" "domcaps"',
        ".SH NAME",
        f"{escaped(name)} \\- {escaped(summary)}",
    ]


def _synopsis(verb: Verb) -> Iterator[str]:
    yield f".B domcaps {escaped(verb.name)}"
    if any(option.names for option in verb.options):
        yield ".RI [ OPTION ...]"
    for option in verb.options:
        if not option.names:
            value = f"\\fI{escaped(option.value)}\\fR{' ...' if option.many else ''}"
            yield value if option.required else f"[{value}]"


def _options(verb: Verb, heading: str) -> Iterator[str]:
    for (group, named), members in groupby(verb.options, key=lambda option: (option.group, bool(option.names))):
        listed = list(members)
        title = group[:1].upper() + group[1:] if group else ("Options" if named else "Operands")
        yield f"{heading} {escaped(title.upper() if heading == '.SH' else title)}"
        for option in listed:
            yield from (".TP", _spelled(option), escaped(_sentence(option.help)))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "…")) else f"{text}."


def _spelled(option: Option) -> str:
    value = f"\\fI{escaped(option.value)}\\fR" if option.value else ""
    if not option.names:
        return value
    names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in option.names)
    return f"{names} {value}".rstrip()


def _status() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for number, text in STATUS:
        yield from (".TP", f".B {number}", escaped(f"{text}."))


def _examples(verb: str) -> Iterator[str]:
    if verb in EXAMPLES:
        yield ".SH EXAMPLES"
        for command, text in EXAMPLES[verb]:
            yield from (".TP", f".B {escaped(command)}", escaped(f"{text}."))


def _see_also(names: list[str]) -> list[str]:
    entries = [f".BR {escaped(name)} (1){',' if number < len(names) else ''}" for number, name in enumerate(names, 1)]
    return [".SH SEE ALSO", *entries]


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    found = verbs()
    names = [page_name(verb) for verb in found]
    made = {"domcaps.1": overview(found)}
    made |= {f"{page_name(verb)}.1": page(verb, [n for n in names if n != page_name(verb)]) for verb in found}
    return made


def stale(made: dict[str, str], folder: Path) -> list[str]:
    """Files of a folder that are missing, different, or nobody's."""
    there = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    return sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))


def write(made: dict[str, str], folder: Path) -> None:
    """Make a folder hold these files and no others."""
    for name in stale(made, folder):
        path = folder / name
        if name not in made:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[name], encoding="utf-8")


def main() -> int:
    """Write the pages, or compare them."""
    made = pages()
    if "--check" in sys.argv[1:]:
        wrong = stale(made, FOLDER)
        print("\n".join(f"out of date: man/{name}" for name in wrong) or "man/ is as it should be")
        return int(bool(wrong))
    write(made, FOLDER)
    print(f"{FOLDER}: {len(made)} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
