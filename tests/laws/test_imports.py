"""Imports point one way (design §7): cli → analysis, formats, probe, derive → drivers → schema, cpu → release, errors.

Read with `ast`, so imports inside functions and under `TYPE_CHECKING` count too: deferring one hides no dependency.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = "domcaps"
SOURCES = ROOT / "src" / PACKAGE

GROUND = {"errors", "release"}
SPECIFICATION = GROUND | {"schema", "cpu"}
EDGES = GROUND | {"lifeline", "host", "firmware"}
DRIVERS = SPECIFICATION | EDGES | {"drivers"}
LOOKING = {"witness", "depends", "cache", "early"}
SOURCES_OF_FACTS = DRIVERS | {"snapshot"}
ANSWERS = SOURCES_OF_FACTS | {"derive", "formats"}
LIVE = ANSWERS | LOOKING | {"live"}
EVERYTHING_BUT_THE_COMMAND_LINE = LIVE | {"analysis", "exports", "api", "libvirt"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "release": {"errors"},
    "schema": GROUND,
    "cpu": GROUND | {"schema"},
    "lifeline": set(),
    "host": GROUND | {"lifeline"},
    "firmware": EDGES | {"schema"},
    "drivers": SPECIFICATION | EDGES,
    "snapshot": DRIVERS,
    "witness": set(),
    "depends": {"witness"},
    "cache": {"witness"},
    "early": LOOKING | {"errors", "drivers"},
    "derive": SOURCES_OF_FACTS,
    "live": LIVE,
    "formats": SPECIFICATION,
    "analysis": ANSWERS,
    "exports": ANSWERS | {"analysis"},
    "api": LIVE,
    "libvirt": EVERYTHING_BUT_THE_COMMAND_LINE,
    "": EVERYTHING_BUT_THE_COMMAND_LINE,
    "cli": EVERYTHING_BUT_THE_COMMAND_LINE,
    "__main__": {"cli"},
}
"""Part of the package (`""` is domcaps/__init__.py, the API's face) → the other parts that it may import."""

VERSION = f"{PACKAGE}.__version__"
"""It stands in the face, where the build reads it; everybody may."""

PURE = {"errors", "release", "schema", "formats", "analysis", "derive", "exports"}
"""The parts that are functions of values (design §1): what they compute may not depend on the machine."""

WORLD = {
    "asyncio",
    "ctypes",
    "fcntl",
    "multiprocessing",
    "select",
    "selectors",
    "signal",
    "socket",
    "subprocess",
}
"""Modules of the standard library that touch the world."""

Import = tuple[Path, int, str]
"""File, line, and the imported module's or name's full name."""


def part_of(module: str) -> str:
    """`domcaps.drivers.qemu.facts` → `drivers`; the package itself → ``."""
    return module.partition(".")[2].partition(".")[0]


def module_of(path: Path) -> str:
    relative = path.relative_to(SOURCES.parent).with_suffix("")
    return ".".join(relative.parts[:-1] if relative.name == "__init__" else relative.parts)


def statements(tree: ast.AST, *, deferred: bool) -> Iterator[ast.AST]:
    """Every node of a module; without `deferred` only what runs when it is imported."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if deferred or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from statements(node, deferred=deferred)


def imports_of(path: Path, *, deferred: bool = True) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    for node in statements(tree, deferred=deferred):
        if isinstance(node, ast.Import):
            yield from ((path, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            prefix = ("." * node.level) + (node.module or "")
            yield from ((path, node.lineno, f"{prefix}.{alias.name}".strip()) for alias in node.names)


IMPORTS = [found for path in sorted(SOURCES.rglob("*.py")) for found in imports_of(path)]


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def target_part(imported: str) -> str | None:
    """The part of ours that an import names; `None` for somebody else's module, `""` for the package's face."""
    if imported.partition(".")[0] != PACKAGE or imported == VERSION:
        return None
    part = part_of(imported)
    return part if (SOURCES / part).is_dir() or (SOURCES / f"{part}.py").exists() else ""


def test_every_part_of_the_package_has_its_row_here() -> None:
    parts = {part_of(module_of(path)) for path in SOURCES.rglob("*.py")}
    assert sorted(parts - MAY_IMPORT.keys()) == [], "say in MAY_IMPORT what these may import, or move them"


def test_imports_point_one_way() -> None:
    violations = [
        f"{place(path, line)}: {mine or PACKAGE} imports {theirs or PACKAGE} ({imported})"
        for path, line, imported in IMPORTS
        if (theirs := target_part(imported)) is not None
        and (mine := part_of(module_of(path))) != theirs
        and theirs not in MAY_IMPORT.get(mine, set())
    ]
    assert not violations, "\n" + "\n".join(violations)


def test_imports_are_written_with_their_full_name() -> None:
    violations = [f"{place(path, line)}: {name}" for path, line, name in IMPORTS if name.startswith(".")]
    assert not violations, "\n" + "\n".join(violations)


def test_the_table_of_parts_has_no_circle() -> None:
    try:
        TopologicalSorter({part: may - {part} for part, may in MAY_IMPORT.items()}).prepare()
    except CycleError as error:
        pytest.fail(f"MAY_IMPORT is no direction: {error.args[1]}")


def test_modules_need_no_circle_to_be_imported() -> None:
    modules = {module_of(path) for path in SOURCES.rglob("*.py")}
    graph: dict[str, set[str]] = {module: set() for module in modules}
    at_once = [found for path in sorted(SOURCES.rglob("*.py")) for found in imports_of(path, deferred=False)]
    for path, _, imported in at_once:
        target = imported if imported in modules else imported.rpartition(".")[0]
        if target in modules and target != module_of(path) and target != PACKAGE:
            graph[module_of(path)].add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other in a circle: {' → '.join(error.args[1])}")


def test_pure_parts_do_not_touch_the_world() -> None:
    violations = [
        f"{place(path, line)}: {part_of(module_of(path))} imports {imported}"
        for path, line, imported in IMPORTS
        if part_of(module_of(path)) in PURE and imported.partition(".")[0] in WORLD
    ]
    assert not violations, "\n" + "\n".join(violations)
