"""Values as YAML: the little of it that the form writes."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

WIDTH = 100

# Plain where every YAML reader agrees that it is text, quoted otherwise.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./%+()-]*(?: [A-Za-z0-9_./%+()-]+)*")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def scalar(value: Any) -> str:
    """Return a scalar as it stands in a text: null, booleans, numbers, or text quoted where needed."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", quoted)


def _number(value: float) -> str:
    """Return a float in its shortest form, without an exponent where that is readable."""
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    short = repr(value)
    return format(Decimal(short), "f") if "e-" in short and abs(value) >= 1e-12 else short


def flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def _fits(value: Any, indent: int) -> bool:
    """Whether a value reads better on one line: a scalar, an empty or a small shallow collection."""
    if not isinstance(value, dict | list) or not value:
        return True
    items = value.values() if isinstance(value, dict) else value
    if any(isinstance(item, dict) for item in items):
        return False
    return len(flow(value)) + indent <= WIDTH


def block(value: Any, indent: int) -> list[str]:
    """Return a value as lines, each indented by at least `indent`; a scalar or empty one is one line."""
    pad = " " * indent
    lines: list[str] = []
    if isinstance(value, dict) and value:
        for key, item in value.items():
            if _fits(item, indent):
                lines.append(f"{pad}{scalar(key)}: {flow(item)}")
            else:
                lines.append(f"{pad}{scalar(key)}:")
                lines.extend(block(item, indent + 2))
        return lines
    if isinstance(value, list) and value:
        for item in value:
            lines.extend(block_item(item, indent))
        return lines
    return [pad + flow(value)]


def block_item(value: Any, indent: int) -> list[str]:
    """Return an item of a sequence as lines: `- ` and the value."""
    pad = " " * indent
    if isinstance(value, list) or not value:
        return [f"{pad}- {flow(value)}"]
    lines = block(value, indent + 2)
    return [f"{pad}- {lines[0].lstrip()}", *lines[1:]]
