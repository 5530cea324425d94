"""Every refusal is JSON with a `detail` that says what to do; nothing a client sends ends in a 500."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

import pydantic
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.operation import Operation

from simulations import access
from simulations.config.faults import ScenarioRefused
from simulations.runs.lifecycle import WITHOUT_ENGINE, Conflict, possible
from simulations.runs.manager import Unrepeatable
from simulations.runs.ownership import Gone
from simulations.runs.sweeping import SweepConflict


class Refusal(Schema):
    """Why not, and what to do."""

    detail: str


class FaultFacts(Schema):
    """One fault of a document; `line` and `column` count from 1, 0 means no place in the text."""

    code: str
    path: str
    message: str
    found: str
    allowed: str
    line: int = 0
    column: int = 0
    severity: str


class FaultyDocument(Refusal):
    """A scenario or a parameter that cannot be used, with every fault."""

    faults: list[FaultFacts]


class WrongState(Refusal):
    """The state that forbids it, and what is possible in it."""

    status: str
    possible: list[str]


class TooMany(Exception):
    """Over quota: try again after so many seconds."""

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class TooLarge(Exception):
    """More bytes than a request may have."""


class Stale(Exception):
    """The scenario has moved on since the version the client started from."""

    def __init__(self, newest: int) -> None:
        super().__init__(f"Version {newest} was saved meanwhile. Read it, then save with base={newest}.")


def faults_of(error: ValidationError) -> list[dict[str, Any]]:
    """Return what is wrong with the parameters of a request, as faults."""
    return [
        {
            "code": item["type"],
            "path": ".".join(str(step) for step in item["loc"][1:]),
            "message": item["msg"],
            "found": "" if item["type"] == "missing" else str(item.get("input", ""))[:100],
            "allowed": "",
            "line": 0,
            "column": 0,
            "severity": "error",
        }
        for item in error.errors
    ]


def only_known(view: Callable[..., Any]) -> Callable[..., Any]:
    """Have an operation refuse query parameters it does not know, so that none is taken and ignored."""
    operation: Operation = view._ninja_operation  # type: ignore[attr-defined]
    known = {
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__
    }
    allowed = f"known are {', '.join(sorted(known))}" if known else "there are none here"

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **values: Any) -> Any:
        unknown = [
            {
                "type": "unknown",
                "loc": ("query", name),
                "msg": f"no such parameter; {allowed}",
                "input": value,
            }
            for name, value in request.GET.items()
            if name not in known
        ]
        if unknown:
            raise ValidationError(unknown)
        return view(request, *args, **values)

    return asked


def method_told(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Have an address say in JSON, too, which methods it takes."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        answer = view(request, *args, **values)
        if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return answer
        allow = answer["Allow"]
        detail = f"{request.method} is not possible here; possible: {allow}."
        return JsonResponse({"detail": detail}, status=answer.status_code, headers={"Allow": allow})

    return answered


def with_sight(request: HttpRequest, problem: Exception) -> Exception:
    """Return what to answer to a request that makes no sense: of a thing one may not see, only that."""
    match = request.resolver_match
    if isinstance(problem, HttpError) and isinstance(problem.__cause__, ValueError):
        problem = HttpError(problem.status_code, f"The body cannot be read as JSON: {problem.__cause__}.")
    if match is None or not _is_senseless(problem):
        return problem
    try:
        if "run_id" in match.kwargs:
            access.visible_run(request.user, match.kwargs["run_id"])
        if "sweep_id" in match.kwargs:
            access.visible_sweep(request.user, match.kwargs["sweep_id"])
        if "scenario_id" in match.kwargs:
            access.visible_scenario(request.user, match.kwargs["scenario_id"])
    except Http404 as hidden:
        return hidden
    return problem


def _is_senseless(problem: Exception) -> bool:
    """Whether a request was refused before anything asked what it is about."""
    if isinstance(problem, ValidationError):
        return all(item["loc"][0] != "path" for item in problem.errors)
    return isinstance(problem, HttpError) and problem.status_code == HTTPStatus.BAD_REQUEST


def install(api: NinjaAPI) -> None:
    """Give the API an answer for each way a request can be refused."""

    def answer(
        status: int,
        facts: Callable[[HttpRequest, Any], dict[str, Any]] = lambda _, problem: {},
        **headers: str,
    ) -> Callable[[HttpRequest, Any], HttpResponse]:
        def handler(request: HttpRequest, problem: Any) -> HttpResponse:
            detail = str(problem) or HTTPStatus(status).description or HTTPStatus(status).phrase
            response = api.create_response(
                request, {"detail": detail, **facts(request, problem)}, status=status
            )
            for name, value in headers.items():
                response[name.replace("_", "-")] = value
            return response

        return handler

    def unauthenticated(request: HttpRequest, _problem: Any) -> HttpResponse:
        detail = "Sign in, or send a personal token: Authorization: Bearer ps_…"
        response = api.create_response(request, {"detail": detail}, status=401)
        response["WWW-Authenticate"] = "Bearer"
        return response

    def invalid(request: HttpRequest, problem: Any) -> HttpResponse:
        if any(item["loc"][0] == "path" for item in problem.errors):
            return api.create_response(request, {"detail": "No such thing."}, status=404)
        faults = faults_of(problem)
        detail = "; ".join(f"{fault['path']}: {fault['message']}" for fault in faults)
        return api.create_response(request, {"detail": detail, "faults": faults}, status=400)

    def too_many(request: HttpRequest, problem: Any) -> HttpResponse:
        response = api.create_response(request, {"detail": str(problem)}, status=429)
        response["Retry-After"] = str(problem.seconds)
        return response

    def bug(request: HttpRequest, problem: Any) -> HttpResponse:
        # An answer of ours that does not fit its own description is a ValueError, but nobody's bad input.
        raise problem

    api.add_decorator(only_known)
    api.add_exception_handler(AuthenticationError, unauthenticated)
    api.add_exception_handler(ValidationError, invalid)
    api.add_exception_handler(TooMany, too_many)
    api.add_exception_handler(pydantic.ValidationError, bug)
    api.add_exception_handler(ScenarioRefused, answer(400, _document_faults))
    api.add_exception_handler(ValueError, answer(400, _engine_faults))
    api.add_exception_handler(PermissionDenied, answer(403))
    api.add_exception_handler(Http404, answer(404))
    for conflict in (Conflict, SweepConflict):
        api.add_exception_handler(conflict, answer(409, _what_is_possible))
    api.add_exception_handler(Unrepeatable, answer(409, _where_it_stands))
    api.add_exception_handler(Stale, answer(409))
    api.add_exception_handler(TooLarge, answer(413))
    api.add_exception_handler(RequestDataTooBig, answer(413))
    api.add_exception_handler(Gone, answer(503, Retry_After="1"))
    api.add_exception_handler(OperationalError, answer(503, Retry_After="1"))  # disk full, database locked


def _what_is_possible(_: HttpRequest, problem: Conflict | SweepConflict) -> dict[str, Any]:
    return {"status": problem.status, "possible": list(problem.possible)}


def _where_it_stands(request: HttpRequest, _: Unrepeatable) -> dict[str, Any]:
    match = request.resolver_match
    if match is None or "run_id" not in match.kwargs:
        return {}
    run = access.visible_run(request.user, match.kwargs["run_id"])
    return {"status": run.status, "possible": [verb for verb in possible(run) if verb in WITHOUT_ENGINE]}


def _engine_faults(_: HttpRequest, problem: ValueError) -> dict[str, Any]:
    return {"faults": getattr(problem, "faults", [])}


def _document_faults(_: HttpRequest, problem: ScenarioRefused) -> dict[str, Any]:
    count = len(problem.faults)
    return {
        "detail": f"The scenario has {count} fault{'s' if count != 1 else ''}.",
        "faults": [fault.as_dict() for fault in problem.faults],
    }
