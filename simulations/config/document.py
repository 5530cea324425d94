"""Scenario text as data, with the line and column of everything in it.

YAML is read with the 1.2 core schema on libyaml's event stream: `18:00` is text, `NO` is text, `1e6` is a
number, `010` is ten. Keys, and the values of keys that hold ids, keep the text as written, so that a bank may
be called 12 or NULL. Anchors, aliases, tags, duplicate keys and a second document are refused. JSON is YAML.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 32
MAX_NUMBER_LENGTH = 60
# A text of the largest size takes some 60 MB as nodes; one changed by the form shares most of them.
_KNOWN_MAX = 3

# Values of these keys are names: the text as written, whatever it would mean elsewhere.
TEXT_KEYS = frozenset(
    {
        *("id", "agent_id", "agent", "sender", "receiver", "rail", "payment", "name", "code"),
        *("transactions_file", "start_date", "timezone", "day_start", "day_end"),
    }
)
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{f"{sign}.{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")},
    **{f".{word}": float("nan") for word in ("nan", "NaN", "NAN")},
}
_known: dict[str, Node] = {}
_reading = threading.Lock()
# JSON writes characters beyond the basic plane as two escapes; YAML has one.
_SURROGATES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


class Unreadable(ValueError):
    """The text is not a document of the kind read here. `line` and `column` count from 1; 0 = unknown."""

    def __init__(self, code: str, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.code, self.message, self.line, self.column = code, message, line, column


@dataclass(slots=True)
class Node:
    """A value and where it stands (from 1). `keys` has the places of a mapping's keys."""

    value: Any
    line: int
    column: int
    children: dict[str, Node] | list[Node] = field(default_factory=list)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def child(self, step: str | int) -> Node | None:
        """Return the node one step down, if there is one."""
        if isinstance(self.children, dict):
            return self.children.get(str(step))
        if isinstance(step, int) and 0 <= step < len(self.children):
            return self.children[step]
        return None

    def place(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """Return line and column of a path: its key if it has one, else the nearest thing around it."""
        node, place = self, (self.line, self.column)
        for step in path:
            below = node.child(step)
            if below is None:
                break
            place = node.keys.get(str(step), (below.line, below.column))
            node = below
        return place


def read_document(text: str) -> Node:
    """Parse a scenario text (YAML or JSON, at most 2 MB) or raise `Unreadable`."""
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise Unreadable("not_text", "The text has characters that are not Unicode.") from None
    if size > MAX_BYTES:
        raise Unreadable("too_large", f"The document is {size:,} bytes long; at most {MAX_BYTES:,} are read.")
    try:
        return _Builder().build(text)
    except yaml.YAMLError as error:
        written_as_json = _SURROGATES.sub(_one_escape, text)
        if written_as_json == text:
            raise _unreadable(error) from None
    try:
        return _Builder().build(written_as_json)
    except yaml.YAMLError as error:
        raise _unreadable(error) from None


def shared_document(text: str) -> Node:
    """Return what `read_document` does, read once for all who ask in a row: never change it in place."""
    with _reading:
        known = _known.pop(text, None)
        if known is not None:
            _known[text] = known
    if known is None:
        known = read_document(text)
        remember_document(text, known)
    return known


def remember_document(text: str, root: Node) -> None:
    """Let `shared_document` know what a text says; a few texts are kept, the latest ones."""
    with _reading:
        _known[text] = root
        while len(_known) > _KNOWN_MAX:
            del _known[next(iter(_known))]


def parse_yaml(text: str) -> Any:
    """Parse a YAML or JSON text into plain dicts, lists, text, numbers, booleans and None.

    Raises `Unreadable` (a ValueError) with the line and column where the text stops making sense.
    """
    return read_document(text).value


class _Builder:
    """Builds the tree from events without recursion: depth and size are bounded by what it holds."""

    def __init__(self) -> None:
        self.stack: list[Node] = []
        self.pending: list[tuple[str, int, int] | None] = []
        self.root: Node | None = None

    def build(self, text: str) -> Node:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            self._take(event)
        if self.root is None:
            raise Unreadable("empty", "The document is empty.", 1, 1)
        return self.root

    def _take(self, event: Any) -> None:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable("anchor", "Anchors (&) and aliases (*) are not read.", line, column)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line, column)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            _refuse_tag(event, line, column)
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            node = Node({} if is_mapping else [], line, column, {} if is_mapping else [])
            self._place(node)
            self.stack.append(node)
            self.pending.append(None)
            if len(self.stack) > MAX_DEPTH:
                raise Unreadable("too_deep", f"More than {MAX_DEPTH} levels of nesting.", line, column)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()
            self.pending.pop()
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise Unreadable(
                "second_document", "One document a file; a second one begins here.", line, column
            )

    def _scalar(self, event: Any, line: int, column: int) -> None:
        _refuse_tag(event, line, column)
        text: str = event.value
        if self.stack and isinstance(self.stack[-1].children, dict) and self.pending[-1] is None:
            if text in self.stack[-1].children:
                raise Unreadable("duplicate_key", f"The key {shown(text)} is given twice.", line, column)
            self.pending[-1] = (text, line, column)
            return
        key = self.pending[-1] if self.pending else None
        is_name = key is not None and key[0] in TEXT_KEYS and text not in ("null", "~", "")
        is_quoted = event.style or event.tag
        self._place(Node(text if is_quoted or is_name else _plain(text, line, column), line, column))

    def _place(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        above = self.stack[-1]
        if isinstance(above.children, list):
            above.children.append(node)
            above.value.append(node.value)
            return
        key = self.pending[-1]
        if key is None:
            raise Unreadable("key", "A key must be a single word or text.", node.line, node.column)
        above.children[key[0]] = node
        above.keys[key[0]] = key[1:]
        above.value[key[0]] = node.value
        self.pending[-1] = None


def _plain(text: str, line: int, column: int) -> Any:
    """Resolve an unquoted scalar by the core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    is_int = _INT.fullmatch(text) is not None
    if not is_int and _FLOAT.fullmatch(text) is None:
        return text
    if len(text) > MAX_NUMBER_LENGTH:
        raise Unreadable("number", f"A number of {len(text)} characters is too long.", line, column)
    return int(text) if is_int else float(text)


def _refuse_tag(event: Any, line: int, column: int) -> None:
    if event.tag is not None and event.tag != "!":
        raise Unreadable("tag", f"Tags are not read: {shown(event.tag)}.", line, column)


def _one_escape(match: re.Match[str]) -> str:
    high, low = (int(part, 16) for part in match.groups())
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


def _unreadable(error: yaml.YAMLError) -> Unreadable:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    context = getattr(error, "context", None)
    message = f"{problem} {context}" if context else str(problem)
    if mark is None:
        return Unreadable("yaml", f"Not readable as YAML: {message}.")
    return Unreadable("yaml", f"Not readable as YAML: {message}.", mark.line + 1, mark.column + 1)


def shown(value: Any) -> str:
    """Return a value as it is quoted in a message: JSON-like, at most 60 characters."""
    text = {None: "null", True: "true", False: "false"}.get(value) if _is_word(value) else None
    if text is None:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)
