"""The page that describes the API, written from the same OpenAPI document that scripts read."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI

ORDER = ("simulations", "sweeps", "scenarios", "server")


def docs(request: HttpRequest, api: NinjaAPI) -> HttpResponse:
    """Show every operation with its parameters and answers."""
    description = api.get_openapi_schema()
    schemas = description["components"]["schemas"]
    calls = [
        _call(method, path, operation, schemas)
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    ]
    calls.sort(key=lambda call: ORDER.index(call["tag"]))
    groups = [(tag, list(members)) for tag, members in groupby(calls, key=lambda call: call["tag"])]
    base = request.build_absolute_uri("/")
    context = {"groups": groups, "base": base.rstrip("/"), "page_name": "help"}
    return render(request, "simulations/api/docs.html", context)


def _call(
    method: str, path: str, operation: dict[str, Any], schemas: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    parameters = [
        {
            "name": each["name"],
            "kind": _kind(each["schema"]),
            "default": each["schema"].get("default"),
            "text": each["schema"].get("description", ""),
        }
        for each in operation.get("parameters", [])
        if each["in"] != "path"
    ]
    answers = [
        {"status": status, **_answer(answer, schemas)} for status, answer in operation["responses"].items()
    ]
    return {
        "id": operation["operationId"],
        "tag": operation["tags"][0],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "text": operation.get("description", "").replace("`", ""),
        "parameters": parameters,
        "body": operation.get("requestBody", {}).get("description", ""),
        "answers": [answer for answer in answers if answer["status"] < 300],
        "refusals": [answer["status"] for answer in answers if answer["status"] >= 300],
    }


def _kind(schema: dict[str, Any]) -> str:
    """Return the type of a value in words."""
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    kind = str(schema.get("format") or schema.get("type", "any"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"{kind}, {low} to {high}" if low is not None and high is not None else kind


def _answer(answer: dict[str, Any], schemas: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the name of an answer's shape, what it means, and its keys."""
    content = answer.get("content", {}).get("application/json", {}).get("schema", {})
    name = str(content.get("$ref", "")).rsplit("/", 1)[-1]
    schema = schemas.get(name, {})
    keys = [{"name": key, "kind": _kind(value)} for key, value in schema.get("properties", {}).items()]
    return {"name": name, "text": schema.get("description", ""), "keys": keys}
