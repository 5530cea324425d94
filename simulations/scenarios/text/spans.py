"""Changing one thing in a scenario text: only its span is written anew, every other byte stays.

Each verb takes a text and a path and returns the new text. The result is read again and compared with
the document that was meant; where the shape of the text does not allow the small change (an explicit
`? key`, say), the nearest enclosing node is written anew instead. So the result is right by check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from simulations.config.document import Unreadable, shared_document
from simulations.scenarios.text import emitting
from simulations.scenarios.text.parts import part_of
from simulations.scenarios.text.tree import Node, Path, Step, read_tree

BOM = "\ufeff"


class NoSuchPlace(LookupError):
    """The path leads nowhere in this text."""


class _CannotPatch(Exception):
    """The shape of the text does not allow a small change here."""


def set_value(text: str, path: Path, value: Any, order: Sequence[str] = ()) -> str:
    """Set the value at a path; keys on the way are made.

    A new key goes behind those of its mapping that stand before it in `order`, else to the end.
    """
    if (part := part_of(text, path)) is not None:
        whole = part.put(set_value(part.text, part.path, value, order))
        if whole is not None:
            return whole
    meant = _put(document_of(text), path, value)

    def patch(text: str, root: Node) -> str:
        depth = len(path)
        while root.at(path[:depth]) is None:
            depth -= 1
        node = _there(root, path[:depth])
        if depth == len(path):
            return _replace(text, root, path, value)
        rest = value
        for step in reversed(path[depth + 1 :]):
            rest = {step: rest}
        if node.kind == "mapping" and node.children:
            return _insert_pair(text, node, str(path[depth]), rest, order)
        return _replace(text, root, path[:depth], {path[depth]: rest})

    return _checked(text, meant, path, patch)


def add_item(text: str, path: Path, value: Any, at: int | None = None) -> str:
    """Put an item into the sequence at a path, before index `at` or at the end; made where it is absent."""
    return add_items(text, path, [value], at)


def add_items(text: str, path: Path, values: list[Any], at: int | None = None) -> str:
    """Put several items into the sequence at a path, as `add_item` does with one."""
    if (part := part_of(text, path)) is not None:
        whole = part.put(add_items(part.text, part.path, values, at))
        if whole is not None:
            return whole
    document = document_of(text)
    items = _value_at(document, path)
    if not values:
        return text
    if not isinstance(items, list) or not items:
        return set_value(text, path, values)
    place = len(items) if at is None else max(0, min(at, len(items)))
    meant = _put(document, path, [*items[:place], *values, *items[place:]])

    def patch(text: str, root: Node) -> str:
        node = _there(root, path)
        if node.flow:
            before = node.children[place - 1].end if place else node.children[0].start
            inline = ", ".join(map(emitting.flow, values))
            return _spliced(text, before, before, f", {inline}" if place else f"{inline}, ")
        pad = " " * node.column
        lines = [pad + line for value in values for line in _item_lines(node, value)]
        if place:
            return _insert_lines(text, node.children[place - 1], lines)
        return _spliced(text, node.start, node.start, _eol(text).join([lines[0].lstrip(), *lines[1:], pad]))

    return _checked(text, meant, (*path, place), patch)


def _item_lines(sequence: Node, value: Any) -> list[str]:
    """Return an item as lines in the style of its neighbours."""
    like_flow = any(child.kind == "mapping" and child.flow for child in sequence.children)
    if like_flow or not isinstance(value, dict):
        return [f"- {emitting.flow(value)}"]
    return emitting.block_item(value, 0)


def remove_item(text: str, path: Path) -> str:
    """Take out an item of a sequence, or a key with its value; comments around it stay."""
    return remove_items(text, [path])


def remove_items(text: str, paths: Sequence[Path]) -> str:
    """Take out several items or keys, of different collections that do not enclose one another."""
    if len(paths) == 1 and (part := part_of(text, paths[0][:-1])) is not None:
        whole = part.put(remove_items(part.text, [(*part.path, paths[0][-1])]))
        if whole is not None:
            return whole
    meant = document = document_of(text)
    if not all(paths):
        raise NoSuchPlace("The whole document cannot be removed.")
    for path in paths:
        if not _has(document, path):
            raise NoSuchPlace(f"There is nothing at {path}.")
    for path in sorted(paths, key=_last_first, reverse=True):
        holder, key = _value_at(meant, path[:-1]), path[-1]
        if isinstance(holder, dict):
            rest: Any = {each: value for each, value in holder.items() if each != _key(holder, key)}
        else:
            rest = [value for index, value in enumerate(holder) if index != key]
        meant = _put(meant, path[:-1], rest)

    def patch(text: str, root: Node) -> str:
        # From the end of the text to its start, so that the places of those to come still hold.
        for path in sorted(paths, key=lambda path: _there(root, path).start, reverse=True):
            text = _cut(text, root, path)
        return text

    return _checked(text, meant, paths[0] if len(paths) == 1 else (), patch)


def _last_first(path: Path) -> tuple[tuple[int, str], ...]:
    """Sort paths so that, backwards, a later item of a list comes before an earlier one."""
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)


def _cut(text: str, root: Node, path: Path) -> str:
    parent = _there(root, path[:-1])
    spans = _entries(parent)
    index = _index(parent, path[-1])
    if len(spans) == 1:
        return _replace(text, root, path[:-1], {} if parent.kind == "mapping" else [])
    if parent.flow:
        return _cut_flow(text, spans, index)
    return _cut_block(text, parent, spans, index)


def rename_key(text: str, path: Path, name: str) -> str:
    """Give a key another name; its value and place stay."""
    document = document_of(text)
    if not path or not _has(document, path):
        raise NoSuchPlace(f"There is nothing at {path}.")
    holder = _value_at(document, path[:-1])
    if not isinstance(holder, dict):
        raise NoSuchPlace("Only keys have names.")
    old = _key(holder, path[-1])
    renamed = {(name if key == old else key): value for key, value in holder.items()}
    meant = _put(document, path[:-1], renamed)

    def patch(text: str, root: Node) -> str:
        parent = _there(root, path[:-1])
        key = parent.pairs[_index(parent, path[-1])][0]
        return _spliced(text, key.start, key.end, emitting.scalar(name))

    return _checked(text, meant, path, patch)


def replace_scalars(text: str, changes: Mapping[tuple[int, int], str | int]) -> str:
    """Write values over the spans of scalars of this text, all at once; `changes` maps span to value."""
    offset = len(BOM) if text.startswith(BOM) else 0
    for (start, end), value in sorted(changes.items(), reverse=True):
        text = _spliced(text, start + offset, end + offset, emitting.scalar(value))
    return text


# The document that is meant


def document_of(text: str) -> Any:
    """Return what a text says, {} where it says nothing. It is shared: never change it in place."""
    try:
        return shared_document(text.removeprefix(BOM)).value
    except Unreadable as error:
        if error.code == "empty":
            return {}
        raise


@lru_cache(maxsize=4)
def _tree(text: str) -> Node | None:
    return read_tree(text)


def _key(holder: Any, step: Step) -> Any:
    """Return the key or index a step names; keys of a text may have been read as other than text."""
    if isinstance(holder, dict):
        return next((key for key in holder if str(key) == str(step)), step)
    return step


def _has(document: Any, path: Path) -> bool:
    for step in path:
        key = _key(document, step)
        if isinstance(document, dict):
            if key not in document:
                return False
        elif not (isinstance(document, list) and isinstance(key, int) and 0 <= key < len(document)):
            return False
        document = document[key]
    return True


def _value_at(document: Any, path: Path) -> Any:
    """Return the value at a path, None where there is none."""
    if not _has(document, path):
        return None
    for step in path:
        document = document[_key(document, step)]
    return document


def _put(document: Any, path: Path, value: Any) -> Any:
    """Return the document with a value set; what cannot hold a key becomes a mapping."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(document, list):
        if not (isinstance(step, int) and 0 <= step < len(document)):
            raise NoSuchPlace(f"The list has no item {step}.")
        return [_put(item, rest, value) if index == step else item for index, item in enumerate(document)]
    holder = dict(document) if isinstance(document, dict) else {}
    key = _key(holder, step)
    holder[key] = _put(holder.get(key), rest, value)
    return holder


def _same(one: Any, other: Any) -> bool:
    """Whether two documents are equal, kinds included: 1, 1.0 and true differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and (one == other or repr(one) == repr(other))  # nan is nan here


def _checked(text: str, meant: Any, path: Path, patch: Callable[[str, Node], str]) -> str:
    """Patch, read the result, and widen the change until it says what was meant."""
    lead, body = (BOM, text[len(BOM) :]) if text.startswith(BOM) else ("", text)
    root = _tree(body)
    if root is None:
        return lead + body + _eol(body).join([*emitting.block(meant, 0), ""])
    attempts: list[Callable[[], str]] = [partial(patch, body, root)]
    for depth in range(len(path) - 1, -1, -1):
        attempts.append(partial(_replace, body, root, path[:depth], _value_at(meant, path[:depth])))
    attempts.append(lambda: _eol(body).join([*emitting.block(meant, 0), ""]))
    for attempt in attempts:
        try:
            result = attempt()
            if _same(document_of(result), meant):
                return lead + result
        except (_CannotPatch, ValueError):
            continue
    raise Unreadable("change", "This change cannot be written into the text.")


# Patches


def _spliced(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def _eol(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_end(text: str, position: int) -> int:
    """Return where the line of a position ends, before its break."""
    while position < len(text) and text[position] not in "\r\n":
        position += 1
    return position


def _there(root: Node, path: Path) -> Node:
    node = root.at(path)
    if node is None:
        raise _CannotPatch
    return node


def _sign(text: str, start: int, end: int, sign: str) -> int:
    """Return where a sign stands between two nodes, outside comments, or -1."""
    position = start
    while position < end:
        if text[position] == "#":
            position = _line_end(text, position)
        elif text[position] == sign:
            return position
        else:
            position += 1
    return -1


def _replace(text: str, root: Node, path: Path, value: Any) -> str:
    """Write a value over the node at a path."""
    node = _there(root, path)
    if not path:
        lines = [emitting.flow(value)] if node.flow else emitting.block(value, 0)
        return _spliced(text, node.start, node.end, _eol(text).join(lines))
    parent = _there(root, path[:-1])
    inline = emitting.flow(value)
    start, after_sign = node.start, -1
    if parent.kind == "mapping":
        key = parent.pairs[_index(parent, path[-1])][0]
        after_sign = _sign(text, key.end, max(node.start, key.end), ":") + 1
    if len(inline) > emitting.WIDTH and parent.is_block and parent.kind == "mapping" and after_sign > 0:
        lines = emitting.block(value, parent.column + 2)
        if not text[after_sign:start].strip():
            start = after_sign
        return _spliced(text, start, max(node.end, start), _eol(text).join(["", *lines]))
    if node.is_empty:
        lead = ": " if parent.kind == "mapping" and not after_sign else " "
        tail = " " if node.end < len(text) and text[node.end] not in " \t\r\n,]}" else ""
        return _spliced(text, start, node.end, lead + inline + tail)
    if node.is_block and parent.is_block and node.column <= parent.column:
        inline = "  " + inline  # a value under its key needs more indentation than a list's dashes
    return _spliced(text, start, node.end, inline)


def _after(text: str, node: Node) -> int:
    """Return the end of the last line a node stands on."""
    leaf = node.leaf()
    if leaf.style in ("|", ">") and "+" in text[leaf.start : _line_end(text, leaf.start)]:
        raise _CannotPatch  # every line break that follows is part of such a scalar
    return _line_end(text, leaf.end)


def _insert_lines(text: str, behind: Node, lines: list[str]) -> str:
    place = _after(text, behind)
    eol = _eol(text)
    return _spliced(text, place, place, "".join(eol + line for line in lines))


def _insert_pair(text: str, mapping: Node, key: str, value: Any, order: Sequence[str]) -> str:
    """Write a new key with its value into a mapping that has some."""
    index = len(mapping.pairs) - 1
    if key in order:
        earlier = set(order[: order.index(key)])
        index = max((i for i, (name, _) in enumerate(mapping.pairs) if name.value in earlier), default=-1)
    if mapping.flow:
        pair = f"{emitting.scalar(key)}: {emitting.flow(value)}"
        place = mapping.pairs[index][1].end if index >= 0 else mapping.children[0].start
        return _spliced(text, place, place, f", {pair}" if index >= 0 else f"{pair}, ")
    pad = " " * mapping.column
    lines = emitting.block({key: value}, mapping.column)
    if index >= 0:
        return _insert_lines(text, mapping.pairs[index][1], lines)
    first = mapping.children[0].start
    return _spliced(text, first, first, _eol(text).join([lines[0].lstrip(), *lines[1:], pad]))


def _entries(parent: Node) -> list[tuple[int, int]]:
    """Return the spans of a collection's entries: items, or keys with their values."""
    if parent.kind == "mapping":
        return [(key.start, max(key.end, value.end)) for key, value in parent.pairs]
    return [(item.start, item.end) for item in parent.children]


def _index(parent: Node, step: Step) -> int:
    if parent.kind == "mapping":
        return next(i for i, (key, _) in enumerate(parent.pairs) if key.value == str(step))
    return int(step)


def _cut_flow(text: str, spans: list[tuple[int, int]], index: int) -> str:
    """Take an entry and one comma out of a flow collection of several."""
    last = index == len(spans) - 1
    start, end = (spans[index - 1][1], spans[index][1]) if last else (spans[index][0], spans[index + 1][0])
    gap = (start, spans[index][0]) if last else (spans[index][1], end)
    if "#" not in text[gap[0] : gap[1]]:
        return _spliced(text, start, end, "")
    comma = _sign(text, *gap, ",")
    first, second = sorted([(comma, comma + 1), spans[index]])
    return text[: first[0]] + text[first[1] : second[0]] + text[second[1] :]


def _cut_block(text: str, parent: Node, spans: list[tuple[int, int]], index: int) -> str:
    """Take an entry with its lines out of a block collection of several."""
    start = spans[index][0]
    if parent.kind == "sequence":
        start = _sign(text, spans[index - 1][1] if index else parent.start, start + 1, "-")
    node = parent.pairs[index][1] if parent.kind == "mapping" else parent.children[index]
    stop = max(_after(text, node), _line_end(text, spans[index][1]))
    line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    if not text[line_start:start].strip():
        if stop < len(text):
            stop += 2 if text.startswith("\r\n", stop) else 1
        return _spliced(text, line_start, stop, "")
    # It shares its line with the dash of its parent: what follows moves up, unless comments stand between.
    following = spans[index + 1][0] if index + 1 < len(spans) else stop
    if parent.kind == "sequence" and index + 1 < len(spans):
        following = _sign(text, spans[index][1], following + 1, "-")
    if "#" in text[stop:following]:
        following = stop
    return _spliced(text, start, following, "")
