"""The sizes and names of design §8: functions of at most 50 lines, code files of at most 400, no junk-drawer modules.

Tables (rows only) may have any length; each one that does stands in TABLES with its reason.
"""

from __future__ import annotations

import ast
from pathlib import Path

from tests.conftest import ROOT

FUNCTION_LINES = 50
FILE_LINES = 400

FOLDERS = ("src", "tests", "tools", "benchmarks")

TABLES: dict[str, str] = {}
"""Path → why this file may be longer than FILE_LINES: it holds rows only."""

FORBIDDEN_NAMES = {"base", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
"""A name must say what is in the file."""

FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def test_functions_have_at_most_50_lines() -> None:
    violations = [
        f"{name(path)}:{node.lineno}: {node.name} has {length} lines"
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]
    assert not violations, "\n" + "\n".join(violations)


def test_code_files_have_at_most_400_lines() -> None:
    violations = [
        f"{name(path)} has {length} lines"
        for path in FILES
        if name(path) not in TABLES and (length := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES
    ]
    assert not violations, "\n" + "\n".join(violations)


def test_every_exempt_table_exists_is_long_and_has_a_reason() -> None:
    violations = [
        table
        for table, reason in TABLES.items()
        if not reason
        or not (ROOT / table).exists()
        or len((ROOT / table).read_text(encoding="utf-8").splitlines()) <= FILE_LINES
    ]
    assert not violations, f"no longer needed in TABLES: {violations}"


def test_exempt_tables_hold_rows_not_code() -> None:
    violations = [
        f"{table}:{node.lineno}: {type(node).__name__} in a table"
        for table in TABLES
        if (ROOT / table).exists()
        for node in ast.walk(tree(ROOT / table))
        if isinstance(node, ast.For | ast.While | ast.If | ast.Try | ast.With)
    ]
    assert not violations, "\n" + "\n".join(violations)


def test_no_module_is_a_junk_drawer() -> None:
    violations = [
        name(path) for path in FILES if FORBIDDEN_NAMES & {path.stem, *path.relative_to(ROOT).with_suffix("").parts}
    ]
    assert not violations, "\n" + "\n".join(violations)


def test_sources_do_not_assert() -> None:
    violations = [
        f"{name(path)}:{node.lineno}"
        for path in FILES
        if name(path).startswith("src/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assert)
    ]
    assert not violations, "\n" + "\n".join(violations)
