"""Writes the shell completions, completions/domcaps.bash, _domcaps (zsh) and domcaps.fish, from the verbs' own parsers.

    python -m tools.completions            write them
    python -m tools.completions --check    status 1 when one is not what would be written

Words are completed from the options' choices, from WORDS, or from files; a verb's own verbs (`cpu baseline`) too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import all_paths
from tools.manpages import stale, write
from tools.verbs import Option, Verb, verbs

FOLDER = Path(__file__).resolve().parent.parent / "completions"

MADE = "Made by tools/completions.py from the program's own options; do not edit."

WORDS: dict[str, tuple[str, ...]] = {
    "virttype": ("kvm", "qemu", "xen", "bhyve", "hvf", "hyperv"),
    "connect": ("qemu:///system", "xen:///system", "bhyve:///system", "test:///default"),
    "arch": ("x86_64", "i686", "aarch64", "armv7l", "ppc64", "ppc64le", "riscv64", "s390x"),
}
"""An option's dest and the words that are usual there; others are taken as well."""

SCHEMA_PATHS = ("path", "paths")
"""Operands, by dest, that are paths of the document."""


def words_of(option: Option) -> tuple[str, ...]:
    """The words that can stand for an option's value."""
    if option.choices:
        return option.choices
    if not option.names and option.dest in SCHEMA_PATHS:
        return tuple(dict.fromkeys(path for path, _ in all_paths(DomainCapabilities)))
    return WORDS.get(option.dest, ())


def flat(found: tuple[Verb, ...]) -> Iterator[Verb]:
    """The verbs and theirs."""
    for verb in found:
        yield verb
        yield from flat(verb.verbs)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# bash

_BASH = """# {made}
# shellcheck shell=bash

_domcaps() {{
    local current previous verb key
    current=${{COMP_WORDS[COMP_CWORD]}}
    previous=${{COMP_WORDS[COMP_CWORD - 1]}}
    COMPREPLY=()
    # bash takes --option=value apart at the =
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W {verbs} -- "$current")
        return
    fi
    verb=${{COMP_WORDS[1]}}
    case $verb in
{inner}    esac
    key="$verb $previous"
    case $key in
{values}    esac
    case $verb in
{options}    esac
}}

complete -o nosort -F _domcaps domcaps
"""


def bash(found: tuple[Verb, ...]) -> str:
    """The completion for bash (4.4 or newer)."""
    inner = "".join(_bash_inner(verb) for verb in found if verb.verbs)
    lines = [line for verb in flat(found) for option in verb.options for line in _bash_value(verb, option)]
    values = "".join(f"    {line}\n" for line in lines)
    options = "".join(_bash_options(verb) for verb in flat(found) if not verb.verbs)
    everything = _quoted(" ".join(["--help", "--version", *(verb.name for verb in found)]))
    return _BASH.format(made=MADE, verbs=everything, inner=inner, values=values, options=options)


def _bash_inner(verb: Verb) -> str:
    names = _quoted(" ".join(inner.words[-1] for inner in verb.verbs))
    return (
        f"    {verb.name})\n"
        "        if ((COMP_CWORD == 2)); then\n"
        f'            mapfile -t COMPREPLY < <(compgen -W {names} -- "$current")\n'
        "            return\n"
        "        fi\n"
        '        verb="$verb ${COMP_WORDS[2]}"\n'
        "        ;;\n"
    )


def _bash_value(verb: Verb, option: Option) -> Iterator[str]:
    if not option.names or not option.value:
        return
    pattern = " | ".join(f"'{verb.name} {name}'" for name in option.names)
    words = words_of(option)
    if words:
        reply = f'mapfile -t COMPREPLY < <(compgen -W {_quoted(" ".join(words))} -- "$current"); return'
    elif option.is_folder:
        reply = 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return'
    elif option.is_file:
        reply = 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return'
    else:
        reply = "return"
    yield f"{pattern}) {reply} ;;"


def _bash_options(verb: Verb) -> str:
    names = _quoted(" ".join(name for option in verb.options for name in option.names))
    operands = [option for option in verb.options if not option.names]
    words = [word for option in operands for word in words_of(option)]
    lines = [
        f"    '{verb.name}')",
        f'        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W {names} -- "$current"); return; fi',
    ]
    if words:
        lines.append(f'        mapfile -t COMPREPLY < <(compgen -W {_quoted(" ".join(words))} -- "$current")')
    elif any(option.is_file for option in operands):
        lines.append('        compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current")')
    return "\n".join([*lines, "        ;;\n"])


# zsh

_ZSH = """#compdef domcaps
# {made}

_domcaps() {{
    local context state line
    local -a verbs
    verbs=(
{verbs}    )
    _arguments -C '(- *)--help[the verbs]' '(- *)--version[the version]' \\
        '1:verb:->verb' '*::argument:->argument' && return
    case $state in
        verb) _describe -t verbs verb verbs ;;
        argument)
            case $line[1] in
{cases}            esac
            ;;
    esac
}}

_domcaps "$@"
"""


def zsh(found: tuple[Verb, ...]) -> str:
    """The completion for zsh."""
    listed = "".join(f"        {_quoted(f'{verb.name}:{verb.summary}')}\n" for verb in found)
    cases = "".join(_zsh_case(verb, 16) for verb in found)
    return _ZSH.format(made=MADE, verbs=listed, cases=cases)


def _zsh_case(verb: Verb, indent: int) -> str:
    space = " " * indent
    if not verb.verbs:
        specs = " \\\n".join(f"{space}        {_zsh_spec(option)}" for option in verb.options)
        return f"{space}{verb.words[-1]})\n{space}    _arguments \\\n{specs}\n{space}    ;;\n"
    inner = " ".join(_quoted(f"{one.words[-1]}:{one.summary}") for one in verb.verbs)
    cases = "".join(_zsh_case(one, indent + 8) for one in verb.verbs)
    return (
        f"{space}{verb.words[-1]})\n"
        f"{space}    verbs=({inner})\n"
        f"{space}    _arguments -C '1:verb:->inner' '*::argument:->rest' && return\n"
        f"{space}    case $state in\n"
        f"{space}        inner) _describe -t verbs verb verbs ;;\n"
        f"{space}        rest) case $line[1] in\n{cases}{space}        esac ;;\n"
        f"{space}    esac\n{space}    ;;\n"
    )


def _zsh_spec(option: Option) -> str:
    text = option.help.replace("[", "(").replace("]", ")").replace(":", "\\:")
    action = _zsh_action(option)
    if not option.names:
        return _quoted(f"{'*' if option.many else ''}:{option.value.lower()}:{action}")
    value = f":{option.value}:{action}" if option.value else ""
    if len(option.names) == 1:
        return _quoted(f"{option.names[0]}[{text}]{value}")
    return f"'({' '.join(option.names)})'{{{','.join(option.names)}}}{_quoted(f'[{text}]{value}')}"


def _zsh_action(option: Option) -> str:
    words = words_of(option)
    if words:
        return "(" + " ".join(word.replace(":", "\\:") for word in words) + ")"
    if option.is_folder:
        return "_files -/"
    return "_files" if option.is_file else " "


# fish

_NO_VERB = "not __fish_seen_subcommand_from $verbs"


def fish(found: tuple[Verb, ...]) -> str:
    """The completion for fish (3.0 or newer)."""
    lines = [f"# {MADE}", "", f"set -l verbs {' '.join(verb.name for verb in found)}", "complete -c domcaps -f"]
    lines.append(f'complete -c domcaps -n "{_NO_VERB}" -l help -d "the verbs"')
    lines.append(f'complete -c domcaps -n "{_NO_VERB}" -l version -d "the version"')
    lines += [f'complete -c domcaps -n "{_NO_VERB}" -a {verb.name} -d {_quoted(verb.summary)}' for verb in found]
    for verb in flat(found):
        lines += ["", *_fish_verb(verb)]
    return "\n".join(lines) + "\n"


def _fish_verb(verb: Verb) -> Iterator[str]:
    condition = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in verb.words)
    if verb.verbs:
        inner = " ".join(one.words[-1] for one in verb.verbs)
        for one in verb.verbs:
            where = f"{condition}; and not __fish_seen_subcommand_from {inner}"
            yield f'complete -c domcaps -n "{where}" -a {one.words[-1]} -d {_quoted(one.summary)}'
        return
    for option in verb.options:
        start = f'complete -c domcaps -n "{condition}"'
        names = "".join(f" -l {n[2:]}" if n.startswith("--") else f" -s {n[1:]}" for n in option.names)
        words = words_of(option)
        if words:
            value = f" -x -a {_quoted(' '.join(words))}" if option.names else f" -a {_quoted(' '.join(words))}"
        elif option.is_folder:
            value = " -x -a '(__fish_complete_directories)'"
        elif option.is_file:
            value = " -r -F" if option.names else " -F"
        else:
            value = " -x" if option.value else ""
        if option.names or value:
            yield f"{start}{names}{value} -d {_quoted(option.help)}"


def completions() -> dict[str, str]:
    """Every file by its name."""
    found = verbs()
    return {"domcaps.bash": bash(found), "_domcaps": zsh(found), "domcaps.fish": fish(found)}


def main() -> int:
    """Write the files, or compare them."""
    made = completions()
    if "--check" in sys.argv[1:]:
        wrong = stale(made, FOLDER)
        print("\n".join(f"out of date: completions/{name}" for name in wrong) or "completions/ is as it should be")
        return int(bool(wrong))
    FOLDER.mkdir(exist_ok=True)
    write(made, FOLDER)
    print(f"{FOLDER}: {', '.join(made)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
