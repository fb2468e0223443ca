"""What is made from the code and committed says what the code says: reference, man pages, completions, guide, indexes.

When one of these fails: `make docs`, which runs the tools that these tests call.
"""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from domcaps.cli.main import VERBS
from domcaps.drivers.predicates import Predicate
from domcaps.drivers.qemu.rules.table import QEMU
from domcaps.drivers.table import Listed
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import all_paths
from tests.conftest import ROOT
from tools import completions, guide, manpages, reference
from tools.verbs import Verb, verbs

GROFF, BASH = shutil.which("groff") or "", shutil.which("bash") or ""
DECISIONS = ROOT / "docs/decisions"
SHELLS = {"domcaps.bash": "bash", "_domcaps": "zsh", "domcaps.fish": "fish"}


def test_the_reference_is_what_the_schema_and_the_rules_say() -> None:
    assert (ROOT / "docs/reference.md").read_text(encoding="utf-8") == reference.reference()


def test_every_predicate_of_a_rule_can_be_said() -> None:
    rules = [rule for row in QEMU.values() if isinstance(row, Listed) for rule in row.words.values()]
    rules += [row for row in QEMU.values() if isinstance(row, Predicate)]
    unsaid = {type(leaf).__name__ for rule in rules for leaf in reference.leaves(rule)}
    assert unsaid - {kind.__name__ for kind in reference.LEAVES} == set()


def test_the_reference_names_every_path_and_every_value() -> None:
    text = reference.reference()
    missing = [path for path, d in all_paths(DomainCapabilities) if d.name != "supported" and f"`{path}`" not in text]
    missing += [
        f"{path} {word}"
        for path, declaration in all_paths(DomainCapabilities)
        for word in declaration.words or ()
        if f"| `{word}` |" not in text
    ]
    assert not missing, "\n".join(missing)


def test_the_man_pages_are_what_the_options_say() -> None:
    assert manpages.stale(manpages.pages(), ROOT / "man") == []


def test_the_completions_are_what_the_options_say() -> None:
    assert manpages.stale(completions.completions(), ROOT / "completions") == []


def test_every_verb_has_an_example_and_every_option_a_help() -> None:
    def silent(verb: Verb) -> list[str]:
        own = [f"{verb.name} {option.names or option.dest}" for option in verb.options if not option.help]
        return own + [one for inner in verb.verbs for one in silent(inner)]

    found = verbs()
    assert {verb.name for verb in found} - set(manpages.EXAMPLES) == set()
    assert set(manpages.EXAMPLES) - {""} <= set(VERBS)
    assert [option for verb in found for option in silent(verb)] == []


@pytest.mark.skipif(not GROFF, reason="groff is not installed")
def test_groff_reads_every_page_without_a_word() -> None:
    for path in sorted((ROOT / "man").glob("*.1")):
        ran = subprocess.run([GROFF, "-man", "-Tutf8", "-ww", str(path)], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, ""), path.name
        assert "SEE ALSO" in re.sub(r"\x1b\[[0-9;]*m|.\x08", "", ran.stdout)


@pytest.mark.parametrize("file", SHELLS)
def test_the_shell_itself_reads_its_completion(file: str) -> None:
    shell = SHELLS[file]
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    ran = subprocess.run([shell, "-n", str(ROOT / "completions" / file)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


COMPLETED = [
    (["s"], ["show", "schema"]),
    (["export", ""], ["kubevirt", "openstack", "ovirt", "prometheus"]),
    (["export", "kubevirt", "--format", ""], ["text", "json", "yaml"]),
    (["show", "--format", "=", "j"], ["json"]),
    (["cpu", "base"], ["baseline"]),
    (["cpu", "baseline", "--mig"], ["--migratable"]),
    (["explain", "devices/rng/b"], ["devices/rng/backendModel"]),
    (["show", "--cpu-map", "docs/dec"], ["docs/decisions"]),
    (["nonsense", ""], []),
]


@pytest.mark.skipif(not BASH, reason="bash is not installed")
@pytest.mark.parametrize(("words", "expected"), COMPLETED, ids=[" ".join(words) for words, _ in COMPLETED])
def test_bash_completes(words: list[str], expected: list[str]) -> None:
    script = f"""
        source {ROOT}/completions/domcaps.bash
        compopt() {{ :; }}
        COMP_WORDS=(domcaps "$@"); COMP_CWORD=$#; _domcaps
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    ran = subprocess.run([BASH, "-c", script, "bash", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert ran.stdout.split() == expected


def test_the_guide_shows_what_the_commands_print() -> None:
    page = guide.FILE.read_text(encoding="utf-8")
    assert guide.refreshed(page) == page


def test_every_decision_is_in_the_index() -> None:
    rows = []
    for path in sorted(DECISIONS.glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        title, status = re.match(r"# \d+: (.+)", text), re.search(r"^Status: (.+)$", text, re.MULTILINE)
        assert title, path.name
        assert status, path.name
        rows.append(f"| [{path.name[:4]}]({path.name}) | {title[1]} | {status[1]} |")
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    assert [line for line in index.splitlines() if line.startswith("| [")] == rows
