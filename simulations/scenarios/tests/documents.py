"""Random documents in random handwriting: block and flow, quotes, comments, line ends, scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

KEYS = st.sampled_from(["ident", "balance", "NO", "12", "a b", "agents", "ключ", "käse", "x:y", "😀", "# no"])
TEXTS = st.one_of(
    st.sampled_from(
        ["BANK_A", "no", "12", "1.5", "", " ", "it's", 'say "x"', "a: b", "- a", "# c", "été", "🏦", "~"]
    ),
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8),
)
SCALARS = st.one_of(st.integers(-(10**15), 10**15), st.booleans(), st.none(), st.just(0.25), TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


class Hand:
    """Writes a document as a person might; every choice is drawn, so that a failure shrinks."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw
        self.comments = 0
        self.eol: str = draw(st.sampled_from(["\n", "\n", "\r\n"]))

    def _chance(self, of: int = 2) -> bool:
        return bool(self.draw(st.integers(0, of - 1)) == 0)

    def remark(self) -> str:
        """Return a comment that no other equals."""
        self.comments += 1
        return f"# [été] {{one}}: 'x {self.comments}§"

    def _trailing(self) -> str:
        return f" {self.remark()}" if self._chance(4) else ""

    def document(self, value: dict[str, Any]) -> str:
        """Return the text of a document."""
        lines = [self.remark(), ""] if self._chance() else []
        if self._chance(4):
            lines.append(self.flow(value) + self._trailing())
        else:
            lines.extend(self.block(value, 0))
        if self._chance():
            lines.append(self.remark())
        return self.eol.join(lines) + (self.eol if self._chance() else "")

    def scalar(self, value: Any) -> str:
        """Return a scalar, text quoted one way or the other."""
        if not isinstance(value, str):
            return json.dumps(value)
        if value.isascii() and value.isalnum() and value.isupper() and self._chance():
            return value
        if value.isprintable() and self._chance():
            return "'" + value.replace("'", "''") + "'"
        escaped = (
            char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in value
        )
        return '"' + "".join(escaped) + '"'

    def flow(self, value: Any) -> str:
        """Return a value in flow style, now and then over several lines."""
        comma = ", " if self._chance() else f",{self._trailing()}{self.eol}      "
        space: str = self.draw(st.sampled_from(["", " "]))
        if isinstance(value, dict):
            pairs = [f"{self.scalar(key)}: {self.flow(item)}" for key, item in value.items()]
            return "{" + space + comma.join(pairs) + space + "}"
        if isinstance(value, list):
            return "[" + space + comma.join(map(self.flow, value)) + space + "]"
        return self.scalar(value)

    def block(self, value: Any, indent: int) -> list[str]:
        """Return the lines of a value in block style."""
        lines: list[str] = []
        pad = " " * indent
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if self._chance(5):
                lines.append(pad + self.remark())
            if self._chance(6):
                lines.append("")
            head = f"{pad}{self.scalar(key)}:" if isinstance(value, dict) else f"{pad}-"
            lines.extend(self._entry(head, item, indent, isinstance(value, dict)))
        return lines

    def _entry(self, head: str, item: Any, indent: int, keyed: bool) -> list[str]:
        comment = self._trailing()
        if item is None and self._chance():
            return [head + comment]
        if isinstance(item, str) and item.isascii() and item.isalnum() and self._chance(3):
            return [f"{head} |-{comment}", f"{' ' * indent}    {item}"]
        if not isinstance(item, dict | list) or not item or self._chance(3):
            return [f"{head} {self.flow(item)}{comment}"]
        if not keyed and self._chance():
            first, *rest = self.block(item, indent + 2)
            if first.strip() and not first.lstrip().startswith("#"):
                return [f"{head} {first.lstrip()}", *rest]
            return [head, first, *rest]
        step = 0 if keyed and isinstance(item, list) and self._chance() else 3
        return [head + comment, *self.block(item, indent + step)]


@st.composite
def texts(draw: Any) -> str:
    """Draw the text of a random document."""
    return Hand(draw).document(draw(DOCUMENTS))
