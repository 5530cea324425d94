"""A change in the form writes one span: what it means is checked, what it must not touch too."""

import copy
import os
import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from simulations.config.document import MAX_DEPTH, Unreadable, parse_yaml, read_document, shared_document
from simulations.scenarios.tests.documents import KEYS, VALUES, texts
from simulations.scenarios.text import parts
from simulations.scenarios.text.spans import (
    NoSuchPlace,
    add_item,
    remove_item,
    remove_items,
    rename_key,
    set_value,
)
from simulations.scenarios.text.tree import Node, Path, read_tree

THOROUGH = settings(
    max_examples=2000 if os.environ.get("SOAK") else 25,
    deadline=None,
    derandomize=not os.environ.get("SOAK"),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)

TWO_BANKS = """\
# A day for two
ticks_per_day: 100   # short
agents:
  - id: BANK_A       # the big one
    balance: 1000    # cents
  - {id: BANK_B, balance: 2000} # flow
# the end
"""


@pytest.fixture(scope="module", autouse=True, params=[parts.LONG, 0], ids=["whole", "by parts"])
def _long_texts(request):
    """Every change means and touches the same, whether the text is taken whole or by its parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "LONG", request.param)
        yield


def node_at(text: str, path=()) -> Node:
    """The node at a path of a text."""
    root = read_tree(text)
    assert root is not None
    node = root.at(path)
    assert node is not None
    return node


def places(text):
    """Every value's path in a text, but the root's."""
    return [(path, node) for path, node in node_at(text).walk() if path]


def draw_place(data, text, wanted=lambda node: True):
    fitting = [(path, node) for path, node in places(text) if wanted(node)]
    assume(fitting)
    return data.draw(st.sampled_from(fitting))


def remarks(text):
    """The comments of a random text, each with where it stands; no two are equal."""
    return {match.group(): match.start() for match in re.finditer(r"# \[été\][^§]*§", text)}


def look_up(document, path):
    for step in path:
        document = document[
            next(key for key in document if str(key) == step) if isinstance(step, str) else step
        ]
    return document


def write(document, path, value):
    document = copy.deepcopy(document)
    holder = look_up(document, path[:-1])
    step = path[-1]
    holder[next((key for key in holder if str(key) == step), step) if isinstance(holder, dict) else step] = (
        value
    )
    return document


def same_kind(one, other):
    """Equality that tells 1 from true."""
    return repr(one) == repr(other) or (one == other and isinstance(one, dict))


@THOROUGH
@given(texts(), VALUES, st.data())
def test_setting_a_value_means_what_it_says_and_touches_nothing_else(text, value, data) -> None:
    path, node = draw_place(data, text)
    result = set_value(text, path, value)
    assert same_kind(parse_yaml(result), write(parse_yaml(text), path, value))
    assert result.startswith(text[: node.start].rstrip(" ")), "bytes before the span stay"
    assert result.endswith(text[node.end :]), "bytes behind the span stay"


@THOROUGH
@given(texts(), KEYS, VALUES, st.data())
def test_a_new_key_is_only_added(text, key, value, data) -> None:
    path, node = draw_place(data, text, lambda node: node.kind == "mapping" and node.children)
    assume(node.child(key) is None)
    result = set_value(text, (*path, key), value)
    assert parse_yaml(result) == write(parse_yaml(text), (*path, key), value)
    assert_only_added(text, result)


@THOROUGH
@given(texts(), VALUES, st.data())
def test_a_new_item_is_only_added(text, value, data) -> None:
    path, node = draw_place(data, text, lambda node: node.kind == "sequence" and node.children)
    at = data.draw(st.integers(0, len(node.children)))
    result = add_item(text, path, value, at)
    meant = copy.deepcopy(parse_yaml(text))
    look_up(meant, path).insert(at, value)
    assert parse_yaml(result) == meant
    assert_only_added(text, result)


def assert_only_added(text, result):
    """The result is the text with one piece put in."""
    first = next((i for i, (old, new) in enumerate(zip(text, result, strict=False)) if old != new), len(text))
    assert any(result.endswith(text[cut:]) for cut in range(first, -1, -1) if text[:cut] == result[:cut])


@THOROUGH
@given(texts(), st.data())
def test_removing_takes_one_entry_and_no_comment_of_another(text, data) -> None:
    path, node = draw_place(data, text)
    result = remove_item(text, path)
    meant = copy.deepcopy(parse_yaml(text))
    holder = look_up(meant, path[:-1])
    del holder[next(key for key in holder if str(key) == path[-1]) if isinstance(holder, dict) else path[-1]]
    assert parse_yaml(result) == meant
    parent = node_at(text, path[:-1])
    if len(parent.children) > (2 if parent.kind == "mapping" else 1):
        line_end = min(text.find(end, node.end) % (len(text) + 1) for end in "\r\n")
        keys = parent.children[::2] if parent.kind == "mapping" else []
        start = next((key.start for key in keys if key.value == path[-1]), node.start)
        if parent.kind == "sequence" and not parent.flow:
            start = text.rindex("-", 0, start)  # a comment behind the dash is the item's own
        lost = [place for remark, place in remarks(text).items() if remark not in result]
        assert all(start <= place < line_end for place in lost)


@THOROUGH
@given(texts(), KEYS, st.data())
def test_renaming_changes_the_key_alone(text, name, data) -> None:
    path, _ = draw_place(data, text)
    parent = node_at(text, path[:-1])
    assume(parent.kind == "mapping" and parent.child(name) is None)
    result = rename_key(text, path, name)
    key = next(key for key, _ in parent.pairs if key.value == path[-1])
    assert result.startswith(text[: key.start])
    assert result.endswith(text[key.end :])
    assert look_up(parse_yaml(result), (*path[:-1], name)) == look_up(parse_yaml(text), path)


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("ticks_per_day",), 50, "ticks_per_day: 50   # short"),
        (("agents", 0, "balance"), 7, "    balance: 7    # cents"),
        (("agents", 1, "balance"), None, "  - {id: BANK_B, balance: null} # flow"),
        (("agents", 1, "credit_limit"), 5, "  - {id: BANK_B, balance: 2000, credit_limit: 5} # flow"),
        (("agents", 0, "credit_limit"), 5, "    credit_limit: 5"),
        (("agents", 0, "limits", "multilateral"), 5, "    limits: {multilateral: 5}"),
        (("agents", 0, "name"), "it's: mine", '    name: "it\'s: mine"'),
        (("seed",), 3, "seed: 3"),
    ],
)
def test_a_change_looks_as_a_person_would_write_it(path, value, line) -> None:
    result = set_value(TWO_BANKS, path, value)
    assert line in result.splitlines()
    assert [kept for kept in TWO_BANKS.splitlines() if kept not in result.splitlines()] in (
        [],
        [old for old in TWO_BANKS.splitlines() if old.split(":")[0].split("{")[0] in line][:1],
        ["  - {id: BANK_B, balance: 2000} # flow"],
    )


def test_a_key_stands_where_its_mapping_keeps_it() -> None:
    order = ["ticks_per_day", "num_days", "seed", "agents", "rails"]
    result = set_value(TWO_BANKS, ("num_days",), 2, order)
    assert result.splitlines()[1:4] == ["ticks_per_day: 100   # short", "num_days: 2", "agents:"]
    assert set_value(TWO_BANKS, ("ticks_per_day",), 5, order).startswith("# A day for two\nticks_per_day: 5 ")


def test_a_bank_is_added_in_the_hand_of_the_list() -> None:
    block = "agents:\n- id: A\n  balance: 1\nseed: 1\n"
    assert add_item(block, ("agents",), {"id": "B", "balance": 2}) == (
        "agents:\n- id: A\n  balance: 1\n- id: B\n  balance: 2\nseed: 1\n"
    )
    result = add_item(TWO_BANKS, ("agents",), {"id": "C", "balance": 2})
    assert result.splitlines()[-2:] == ["  - {id: C, balance: 2}", "# the end"]


def test_the_last_item_leaves_an_empty_list() -> None:
    assert remove_item("a:\n- 1  # one\nb: 2\n", ("a", 0)) == "a:\n  []  # one\nb: 2\n"


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    text = "\ufeffseed: 1\r\nagents:\r\n- {id: Ä}\r\n"
    assert set_value(text, ("seed",), 2) == text.replace("1", "2")
    assert add_item(text, ("agents",), {"id": "B"}) == text + "- {id: B}\r\n"


def test_an_explicit_key_is_written_anew_with_what_encloses_it() -> None:
    text = "x: 1 # kept\nm:\n  ? a\n  : 1\n  ? b\n  : 2\n"
    result = remove_item(text, ("m", "a"))
    assert parse_yaml(result) == {"x": 1, "m": {"b": 2}}
    assert result.startswith("x: 1 # kept\n")


def test_an_empty_text_becomes_a_document() -> None:
    assert set_value("", ("seed",), 1) == "seed: 1\n"
    assert parse_yaml(set_value("# only a comment\n", ("a", "b"), [1])) == {"a": {"b": [1]}}


def test_a_place_that_is_not_there_is_refused() -> None:
    with pytest.raises(NoSuchPlace):
        remove_item(TWO_BANKS, ("agents", 7))
    with pytest.raises(NoSuchPlace):
        set_value(TWO_BANKS, ("agents", 7, "id"), "C")
    with pytest.raises(NoSuchPlace):
        rename_key(TWO_BANKS, ("agents", 0), "x")


@pytest.mark.parametrize(
    "text", ["a: [", "a: &x 1", "a: *x", "--- a\n--- b", "[" * 100_000, "a: {" * 1000, "\x00"]
)
def test_what_the_form_cannot_read_is_said(text) -> None:
    with pytest.raises(Unreadable):
        read_tree(text)


def test_depth_is_bounded() -> None:
    assert read_tree("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None
    with pytest.raises(Unreadable):
        read_tree("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_many_entries_go_at_once_and_leave_the_rest() -> None:
    text = "a: {x: 1, y: 2} # one\nb:\n- p\n- q # two\n- r\nc:\n  x: 1\n  y: 2 # three\n"
    result = remove_items(text, [("a", "x"), ("b", 0), ("c", "x")])
    assert result == "a: {y: 2} # one\nb:\n- q # two\n- r\nc:\n  y: 2 # three\n"


MANY = """\
name: Many
agents:
  - {id: A, balance: 1}  # first

  # a word about B
  - id: B
    balance: 2
  - {id: C, balance: 3}
costs:
  split_fee: 7
initial_transactions:
- {sender: A, receiver: B, amount: 5, arrival_tick: 0}
- {sender: B, receiver: A, amount: 6, arrival_tick: 1}
# the end
"""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("agents", 0, "balance"), 10),
        (("agents", 1, "balance"), 20),
        (("agents", 1, "name"), "Second"),
        (("agents", 2), {"id": "D", "balance": 0}),
        (("costs", "split_fee"), 8),
        (("costs", "eod_penalty"), 9),
        (("initial_transactions", 1, "amount"), 60),
        (("agents", 1, "arrival_config", "rate_per_tick"), 2),
    ],
)
def test_what_is_remembered_of_a_changed_text_is_what_reading_it_says(path, value) -> None:
    shared_document(MANY)
    changed = set_value(MANY, path, value)
    assert shared_document(changed) == read_document(changed), "values and places"
    assert remove_item(changed, path[:2] + path[2:3] if len(path) > 2 else path) != changed


def test_lines_that_do_not_stand_alone_are_taken_with_what_holds_them() -> None:
    odd = "agents: [{id: A,\n  balance: 1}, {id: B,\n  balance: 2}]\ncosts: {split_fee: 1}\n"
    odd += "? rails\n: [{id: R}]\n"
    assert parse_yaml(set_value(odd, ("agents", 1, "balance"), 5))["agents"][1] == {"id": "B", "balance": 5}
    assert parse_yaml(set_value(odd, ("rails", 0, "id"), "X"))["rails"] == [{"id": "X"}]
    deep = "a:\n- " + "[" * (MAX_DEPTH - 2) + "]" * (MAX_DEPTH - 2) + "\n"
    inner: Path = ("a", *[0] * (MAX_DEPTH - 2))
    with pytest.raises(ValueError, match=r"levels of nesting|cannot be written"):
        set_value(deep, inner, [[]])
