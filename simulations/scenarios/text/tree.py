"""Where everything stands in a YAML text: a tree of nodes with their spans, from the parser's events.

The tree is built without recursion and with a bound on depth, so no text can exhaust the stack.
Spans are code point offsets, end exclusive. The span of a block collection ends with its last leaf,
not, as libyaml's marks do, at the next token: comments that follow are outside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from simulations.config.document import MAX_DEPTH, Unreadable

Step = str | int
Path = tuple[Step, ...]


@dataclass(slots=True)
class Node:
    """A scalar, sequence or mapping; children of a mapping alternate between keys and values."""

    kind: str
    start: int
    end: int
    column: int
    line: int
    flow: bool = False
    style: str = ""
    value: str = ""
    children: list[Node] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether it takes no room: a null that nobody wrote."""
        return self.kind == "scalar" and self.start == self.end

    @property
    def is_block(self) -> bool:
        """Whether it is a collection told by indentation."""
        return self.kind != "scalar" and not self.flow

    @property
    def pairs(self) -> list[tuple[Node, Node]]:
        """Keys and values of a mapping, in the order of the text."""
        return list(zip(self.children[::2], self.children[1::2], strict=True))

    def leaf(self) -> Node:
        """The last node inside it, or itself where it is one piece."""
        node = self
        while node.is_block and node.children:
            node = node.children[-1]
        return node

    def child(self, step: Step) -> Node | None:
        """Return the item at an index or the value of a key, or None."""
        if self.kind == "sequence":
            inside = isinstance(step, int) and 0 <= step < len(self.children)
            return self.children[int(step)] if inside else None
        if self.kind == "mapping":
            return next((value for key, value in self.pairs if key.value == str(step)), None)
        return None

    def at(self, path: Path) -> Node | None:
        """Return the node a path leads to, or None."""
        node: Node | None = self
        for step in path:
            if node is None:
                return None
            node = node.child(step)
        return node

    def walk(self) -> Iterator[tuple[Path, Node]]:
        """Yield every value with its path, outer ones first."""
        stack: list[tuple[Path, Node]] = [((), self)]
        while stack:
            path, node = stack.pop()
            yield path, node
            if node.kind == "mapping":
                inner: list[tuple[Step, Node]] = [(key.value, value) for key, value in node.pairs]
            else:
                inner = list(enumerate(node.children))
            stack.extend(((*path, step), child) for step, child in reversed(inner))


def read_tree(text: str) -> Node | None:
    """Return the root of a YAML text, None for an empty one; raise Unreadable where it is not YAML."""
    try:
        return _built(yaml.parse(text, Loader=yaml.CSafeLoader), text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise Unreadable("yaml", f"Not readable as YAML: {error.problem}.", line, column) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise Unreadable("yaml", f"Not readable as YAML: {error}.") from error


def _built(events: Iterable[Any], text: str) -> Node | None:
    """Put the nodes of the events together."""
    root: Node | None = None
    stack: list[Node] = []
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            node = stack.pop()
            mark: Any = event.end_mark
            node.end = node.leaf().end if node.is_block and node.children else mark.index
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event, text)
            if stack:
                stack[-1].children.append(node)
            elif root is None:
                root = node
            else:
                raise Unreadable("second_document", "One document a file.", node.line + 1)
            if node.kind != "scalar":
                stack.append(node)
            if len(stack) > MAX_DEPTH:
                raise Unreadable("too_deep", f"More than {MAX_DEPTH} levels of nesting.", node.line + 1)
    return root


def _node(event: Any, text: str) -> Node:
    """Make the node of an event; the end of a collection is not known yet."""
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise Unreadable("anchor", "Anchors and aliases are not read.", event.start_mark.line + 1)
    start, end = event.start_mark.index, event.end_mark.index
    node = Node("scalar", start, end, event.start_mark.column, event.start_mark.line)
    if isinstance(event, yaml.ScalarEvent):
        node.style, node.value = event.style or "", event.value
        if node.style in ("|", ">"):
            # The mark stands after the line breaks; the breaks stay when the scalar is replaced.
            node.end = start + len(text[start:end].rstrip())
    else:
        node.kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
        node.flow = bool(event.flow_style)
    return node
