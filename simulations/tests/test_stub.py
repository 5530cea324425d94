"""The hand-written stub says what the built core has: no more, no less."""

import ast
import inspect
from importlib import resources
from typing import Any

import payment_simulator_core_rs as core
import pytest

STUB = ast.parse((resources.files(core) / "__init__.pyi").read_text(encoding="utf-8"))
FUNCTIONS = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
(ORCHESTRATOR,) = (node for node in STUB.body if isinstance(node, ast.ClassDef))
METHODS = {node.name: node for node in ORCHESTRATOR.body if isinstance(node, ast.FunctionDef)}


def public(thing: Any) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def stubbed(node: ast.FunctionDef) -> list[tuple[str, bool]]:
    """Return the parameters of a function of the stub: name, and whether it may be left out."""
    given = node.args.args
    required = len(given) - len(node.args.defaults)
    return [(parameter.arg, index >= required) for index, parameter in enumerate(given)]


def built(function: Any) -> list[tuple[str, bool]]:
    """Return the parameters of a function of the core, likewise."""
    parameters = inspect.signature(function).parameters.values()
    return [(parameter.name, parameter.default is not inspect.Parameter.empty) for parameter in parameters]


def test_the_package_says_that_it_is_typed():
    assert (resources.files(core) / "py.typed").is_file()


def test_the_stub_has_the_names_of_the_core():
    assert public(core) - {"payment_simulator_core_rs"} == {*FUNCTIONS, ORCHESTRATOR.name}
    assert public(core.Orchestrator) == set(METHODS)
    assert isinstance(core.__version__, str)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_take_what_the_stub_says(name):
    assert built(getattr(core, name)) == stubbed(FUNCTIONS[name])


@pytest.mark.parametrize("name", METHODS)
def test_methods_take_what_the_stub_says(name):
    assert built(getattr(core.Orchestrator, name)) == stubbed(METHODS[name])


@pytest.mark.parametrize(
    "node", [*FUNCTIONS.values(), ORCHESTRATOR, *METHODS.values()], ids=lambda node: node.name
)
def test_everything_public_is_explained(node):
    assert ast.get_docstring(node)
