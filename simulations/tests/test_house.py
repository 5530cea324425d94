"""The arrows of the house: who may import what. Plain reading of the source, no tool."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "simulations"
CAPABILITIES = {"home", "scenarios", "runs", "results", "review", "api"}
SHARED = {"config", "engine", "models", "access", "storage", "templatetags"}
# Beyond the shared floor: the gallery's cards, and the verbs of live runs and kept scenarios.
ALSO = {
    "home": {"runs.manager", "scenarios.gallery"},
    "api": {
        *("runs.manager", "runs.creation", "runs.lifecycle", "runs.ownership", "runs.sweeping"),
        "scenarios.keeping",
    },
    "models": {"models"},
    "engine": {"engine"},
    "config": {"config", "engine", "duck"},
}


def source_files() -> list[Path]:
    """Every Python file of the application that is not a test or a migration."""
    return [
        path
        for path in sorted(APP.rglob("*.py"))
        if not {"tests", "migrations"} & set(path.relative_to(APP).parts) and path.name != "conftest.py"
    ]


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names a file imports, `from a import b` as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> Iterator[str]:
    """Yield what a file imports from `simulations`, without that word."""
    yield from (
        name.removeprefix("simulations.") for name in imports(path) if name.startswith("simulations.")
    )


@pytest.mark.parametrize("path", source_files(), ids=lambda path: str(path.relative_to(APP)))
def test_a_file_imports_only_what_its_room_may(path: Path) -> None:
    room = path.relative_to(APP).parts[0].removesuffix(".py")
    for name in imports(path):
        if name.split(".")[0] == "payment_simulator_core_rs":
            assert room == "engine", f"{path}: only simulations.engine imports the Rust core"
    for name in ours(path):
        target = name.split(".")[0]
        if room in CAPABILITIES:
            allowed = SHARED | {room}
        elif room in {"models", "engine", "config"}:
            allowed = {room}
        else:
            continue
        extra = ALSO.get(room, set())
        fits = target in allowed or target in extra or any(name.startswith(other) for other in extra)
        assert fits, f"{path}: {room} may not import simulations.{name}"


def test_no_coroutine_can_hold_an_engine() -> None:
    for path in source_files():
        text = path.read_text("utf-8")
        if path.name == "consumers.py" or "async def" in text:
            assert not any(name.startswith("engine") for name in ours(path)), f"{path} imports the engine"


def test_the_core_knows_no_python_and_no_clock() -> None:
    for path in (ROOT / "core_rs/src/engine").rglob("*.rs"):
        text = path.read_text("utf-8")
        for word in ("pyo3", "std::time", "std::fs", "std::thread", "std::net", "HashMap", "HashSet"):
            assert word not in text, f"{path} names {word}"


def test_no_room_is_a_junk_drawer() -> None:
    words = {"utils", "helpers", "common", "services", "misc"}
    assert not [path for path in source_files() if path.stem in words]
