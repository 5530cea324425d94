"""Reading text: the YAML 1.2 core schema, what is refused, and where things stand."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulations.config.document import Unreadable, parse_yaml, read_document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18:00", "18:00"),
        ("08:30:15", "08:30:15"),
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("1e6", 1_000_000.0),
        ("1E-3", 0.001),
        (".5", 0.5),
        ("5.", 5.0),
        ("010", 10),
        ("0o14", "0o14"),
        ("1_000", "1_000"),
        ("+7", 7),
        ("-7", -7),
        ("-", "-"),
        ("1.2.3", "1.2.3"),
        ("2026-01-05", "2026-01-05"),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ('"12"', "12"),
        ("'true'", "true"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_a_plain_scalar_means_what_the_core_schema_says(text, value):
    if text == "-":
        text = "'-'"
    assert parse_yaml(f"x: {text}") == {"x": value}
    assert type(parse_yaml(f"x: {text}")["x"]) is type(value)


@pytest.mark.parametrize("name", ["NO", "ON", "12", "012", "1E6", "NULL", "TRUE", "0X1F"])
def test_a_bank_may_be_called_anything(name):
    assert parse_yaml(f"agents: [{{id: {name}}}]") == {"agents": [{"id": name}]}
    assert parse_yaml(f"weights: {{{name}: 1}}") == {"weights": {name: 1}}


@pytest.mark.parametrize("empty", ["null", "~", ""])
def test_a_name_left_out_is_absent(empty):
    assert parse_yaml(f"id: {empty}") == {"id": None}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "empty", 1),
        ("# nothing\n", "empty", 1),
        ("a: &x 1\nb: 2", "anchor", 1),
        ("a: 1\nb: *x", "anchor", 2),
        ("a: &x [1]", "anchor", 1),
        ("a: 1\nb: 2\na: 3", "duplicate_key", 3),
        ('{"a": 1, "a": 2}', "duplicate_key", 1),
        ("a: !!python/object:os.system x", "tag", 1),
        ("a: !!int 5", "tag", 1),
        ("--- 1\n--- 2\n", "second_document", 2),
        ("? {a: b}\n: c", "key", 1),
        ("? [a]\n: c", "key", 1),
        ("[" * 5000, "too_deep", 1),
        ("- " * 40 + "x", "too_deep", 1),
        ("a: " + "9" * 70, "number", 1),
        ("a: [1", "yaml", 2),
        ("a: 1\n\tb: 2", "yaml", 2),
        ("a: b: c", "yaml", 1),
        ("a\x00b", "yaml", 0),
        ("\ud800", "not_text", 0),
        ("x" * (2 * 1024 * 1024 + 1), "too_large", 0),
    ],
)
def test_what_is_no_document_is_refused_with_its_line(text, code, line):
    with pytest.raises(Unreadable) as refused:
        parse_yaml(text)
    assert (refused.value.code, refused.value.line) == (code, line)


def test_json_is_read_as_it_is_written():
    text = '{"a": 1,\n\t"b": [true, null, "\\/x"], "c": "\\ud83d\\ude00", "id": 12}'
    assert parse_yaml(text) == {"a": 1, "b": [True, None, "/x"], "c": "\U0001f600", "id": "12"}


def test_every_value_has_its_place():
    root = read_document("a: 1\nlist:\n  - {x: 1, y: 2}\n  - x: 3\n")
    assert root.place(()) == (1, 1)
    assert root.place(("list", 0, "y")) == (3, 12)
    assert root.place(("list", 1, "x")) == (4, 5)
    assert root.place(("list", 1, "missing")) == (4, 5)
    assert root.place(("list", 7)) == (2, 1)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_text_is_a_value_or_unreadable(text):
    try:
        parse_yaml(text)
    except Unreadable as refused:
        assert refused.message


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=200)
@given(TREES)
def test_json_comes_back_unchanged(tree):
    import json

    assert parse_yaml(json.dumps(tree)) == tree
    assert parse_yaml(json.dumps(tree, ensure_ascii=False, indent=1)) == tree
