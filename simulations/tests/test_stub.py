"""The hand-written stub says what the built core has: no more, no less."""

import ast
import inspect
from importlib import resources
from typing import Any

import payment_simulator_core_rs as core
import pytest

STUB = ast.parse((resources.files(core) / "__init__.pyi").read_text(encoding="utf-8"))
FUNCTIONS = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
CLASSES = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}
METHODS = {
    (cls.name, node.name): node
    for cls in CLASSES.values()
    for node in cls.body
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
}
PROPERTIES = {key for key, node in METHODS.items() if node.decorator_list and "property" in ast.unparse(node)}


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
    assert public(core) - {"payment_simulator_core_rs"} == {*FUNCTIONS, *CLASSES}
    for cls in CLASSES:
        own = public(getattr(core, cls)) - public(Exception)
        assert own == {name for owner, name in METHODS if owner == cls}
    assert isinstance(core.__version__, str)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_take_what_the_stub_says(name):
    assert built(getattr(core, name)) == stubbed(FUNCTIONS[name])


@pytest.mark.parametrize("key", METHODS.keys() - PROPERTIES, ids=".".join)
def test_methods_take_what_the_stub_says(key):
    cls, name = key
    assert built(getattr(getattr(core, cls), name)) == stubbed(METHODS[key])


@pytest.mark.parametrize(
    "node", [*FUNCTIONS.values(), *CLASSES.values(), *METHODS.values()], ids=lambda node: node.name
)
def test_everything_public_is_explained(node):
    assert ast.get_docstring(node)
