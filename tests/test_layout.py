"""The rooms and the arrows between them, read from the sources."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("config", "directory_sync", "onboarding")

# Whoever is named left may not import what is named right.
FORBIDDEN = [
    ("directory_sync/graph", ("django", "directory_sync.models", "directory_sync.sync", "directory_sync.vault")),
    ("directory_sync/models", ("directory_sync.graph", "directory_sync.sync", "directory_sync.audience", "requests")),
    ("directory_sync/vault.py", ("directory_sync",)),
    (
        "directory_sync/sync",
        tuple(
            f"directory_sync.{room}"
            for room in ("admin", "audience", "connections", "diagnosis", "explain", "notify", "probe", "tasks")
        ),
    ),
    ("directory_sync/audience", ("directory_sync.admin", "directory_sync.probe", "directory_sync.notify")),
    ("directory_sync", ("onboarding", "demo", "tests")),
    ("onboarding", ("directory_sync.admin", "demo", "tests")),
    ("demo/tenant", ("directory_sync", "onboarding", "django", "config")),
]


def modules(room: str) -> list[Path]:
    path = ROOT / room
    return [path] if path.suffix else sorted(path.rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, relative ones spelled out."""
    package = file.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join((*package[: len(package) - node.level + 1], node.module or "")) if node.level else node.module
            )
            yield from (f"{base}.{alias.name}".replace("..", ".") for alias in node.names)


@pytest.mark.parametrize(("room", "others"), FORBIDDEN)
def test_arrows_run_one_way(room, others):
    found = modules(room)
    assert found
    wrong = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in found
        for name in imports(file)
        for other in others
        if name == other or name.startswith(other + ".")
    ]
    assert wrong == []


def test_relative_imports_are_seen():
    assert "directory_sync.graph.client.GraphClient" in set(imports(ROOT / "directory_sync/sync/perform.py"))


@pytest.mark.parametrize("room", [*PRODUCT, "demo"])
def test_no_file_is_too_long_to_hold_in_the_head(room):
    long = [
        file.name for file in modules(room) if "migrations" not in file.parts and file.read_text().count("\n") > 300
    ]
    assert long == []
