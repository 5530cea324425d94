"""A part of a long text that can be changed by itself, because it is a document by itself.

An item of a list under the root (`agents[3]`), or an entry of the root (`costs`), stands on lines of its own.
What a YAML parser makes of those lines depends on nothing before them but the indentation, and what follows
depends on nothing in them as long as they are one complete entry of that indentation. So they are read and
changed alone, and the rest of what the text says is known already: a megabyte takes a second to read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulations.config.document import (
    MAX_DEPTH,
    Node,
    Unreadable,
    read_document,
    remember_document,
    shared_document,
)
from simulations.scenarios.text.tree import Path

# Shorter texts are read whole in a few milliseconds.
LONG = 20_000
# Beside the line feed these end a line for YAML; texts with them are read whole.
_OTHER_BREAKS = "\r\x85\u2028\u2029\ufeff"


@dataclass(frozen=True)
class Part:
    """Lines `start`..`end` (offsets, end exclusive) of a text; `path` leads to what is meant inside them.

    `place` is the way to the part from the root: a key, or a key and an index.
    """

    whole: str
    start: int
    end: int
    first_line: int
    place: Path
    path: Path

    @property
    def text(self) -> str:
        """The lines."""
        return self.whole[self.start : self.end]

    def put(self, changed: str) -> str | None:
        """Return the whole text with these lines changed, None if they are no longer a part by themselves.

        What the new text says is remembered, where no line below has moved.
        """
        entry = _entry(changed, self.place)
        if entry is None or not self._fits(changed, entry):
            return None
        new = self.whole[: self.start] + changed + self.whole[self.end :]
        if changed.count("\n") == self.text.count("\n"):
            root = shared_document(self.whole)
            remember_document(new, _with(root, self.place, _moved(entry, self.first_line - 1)))
        return new

    def _fits(self, changed: str, entry: Node) -> bool:
        """Whether changed lines begin and end as these do, and stay within the depth of a document."""
        ends_alike = changed.endswith("\n") == self.text.endswith("\n")
        return ends_alike and _indent(changed) == _indent(self.text) and _depth(entry) < MAX_DEPTH - 1


def part_of(text: str, path: Path) -> Part | None:
    """Return the part of a long text that holds a path, None where it has to be taken whole."""
    if len(text) < LONG or len(path) < 2 or any(sign in text for sign in _OTHER_BREAKS):
        return None
    try:
        root = shared_document(text)
    except Unreadable:
        return None
    for place in (path[:2], path[:1]):
        lines = _lines(root, place)
        if lines is None:
            continue
        start, end = _offset(text, lines[0]), _offset(text, lines[1])
        is_all = (start, end) == (0, len(text))
        if not is_all and _entry(text[start:end], place) is not None:
            inside: Path = (0, *path[2:]) if len(place) == 2 else path
            return Part(text, start, end, lines[0], place, inside)
    return None


def _lines(root: Node, place: Path) -> tuple[int, int] | None:
    """Return the first line of a part and the line after its last (0 = the end), None if it shares them."""
    if not isinstance(root.children, dict) or place[0] not in root.children:
        return None
    keys = sorted(root.keys.values())
    at = keys.index(root.keys[str(place[0])])
    end = keys[at + 1][0] if at + 1 < len(keys) else 0
    first = keys[at][0]
    if len(place) == 2:
        items, index = root.children[str(place[0])].children, place[1]
        if not isinstance(items, list) or not isinstance(index, int) or not 0 <= index < len(items):
            return None
        first = items[index].line
        end = items[index + 1].line if index + 1 < len(items) else end
        if index == 0 and first == keys[at][0]:
            return None
    return (first, end) if end == 0 or first < end else None


def _offset(text: str, line: int) -> int:
    """Return where a line (from 1) begins; 0 = where the text ends."""
    if line == 0:
        return len(text)
    offset = 0
    for _ in range(line - 1):
        offset = text.index("\n", offset) + 1
    return offset


def _entry(lines: str, place: Path) -> Node | None:
    """Return the one entry that some lines are, None if they are not that."""
    try:
        alone = read_document(lines)
    except Unreadable:
        return None
    if len(place) == 2:
        is_one = (
            isinstance(alone.children, list)
            and len(alone.children) == 1
            and lines.lstrip(" ").startswith("- ")
        )
        return alone.children[0] if is_one and isinstance(alone.children, list) else None
    if not isinstance(alone.children, dict) or list(alone.children) != [place[0]]:
        return None
    return alone


def _indent(lines: str) -> int:
    """Return how far the first line that says something is indented."""
    first = next(
        (line for line in lines.split("\n") if line.strip() and not line.lstrip().startswith("#")), ""
    )
    return len(first) - len(first.lstrip(" "))


def _depth(node: Node) -> int:
    below = node.children.values() if isinstance(node.children, dict) else node.children
    return 1 + max(map(_depth, below), default=0)


def _moved(node: Node, lines: int) -> Node:
    """Return a node some lines further down."""
    children: dict[str, Node] | list[Node]
    if isinstance(node.children, dict):
        children = {key: _moved(child, lines) for key, child in node.children.items()}
    else:
        children = [_moved(child, lines) for child in node.children]
    keys = {key: (line + lines, column) for key, (line, column) in node.keys.items()}
    return replace(node, line=node.line + lines, children=children, keys=keys)


def _with(root: Node, place: Path, entry: Node) -> Node:
    """Return a root with one part replaced; all else is shared with it."""
    key = str(place[0])
    if len(place) == 1:
        child, at = entry.child(key), entry.keys[key]
    else:
        child, at = _with_item(root.child(key), int(place[1]), entry), root.keys[key]
    if child is None or not isinstance(root.children, dict):
        raise LookupError(f"{key} is no entry of this text")
    return replace(
        root,
        value={**root.value, key: child.value},
        children={**root.children, key: child},
        keys={**root.keys, key: at},
    )


def _with_item(holder: Node | None, index: int, item: Node) -> Node:
    if holder is None or not isinstance(holder.children, list):
        raise LookupError("no list")
    return replace(
        holder,
        value=[*holder.value[:index], item.value, *holder.value[index + 1 :]],
        children=[*holder.children[:index], item, *holder.children[index + 1 :]],
    )
