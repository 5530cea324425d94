"""The JSON API under /api/, and its description."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Schema, Status
from ninja.errors import HttpError, ValidationError, ValidationErrorContext
from ninja.operation import Operation
from prometheus_client import CONTENT_TYPE_LATEST

from simulations.api import (
    health,
    history,
    records,
    refusals,
    scenarios,
    server_figures,
    simulations,
    steering,
    sweeps,
)
from simulations.api.bodies import StrictParser
from simulations.api.docs import docs
from simulations.api.who import Asked, Session, Token


class Api(NinjaAPI):
    """Operations are called by their function's name."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the name that generated clients give the call."""
        return operation.view_func.__name__

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Answer a refusal; whose thing it is comes before what is wrong with the request."""
        return super().on_exception(request, refusals.with_sight(request, exc))

    def validation_error_from_error_contexts(
        self, contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        """Keep what was found: it was the client's, so there is no harm in saying it."""
        error = super().validation_error_from_error_contexts(contexts)
        found = [item for each in contexts for item in each.pydantic_validation_error.errors()]
        for item, whole in zip(error.errors, found, strict=True):
            item["input"] = whole["input"]
        return error


api = Api(
    title="Payment Simulator",
    version="1.0.0",
    description="Make, step and steer simulations, and read what came of them. Money is integer cents.",
    auth=[Token(), Session()],
    parser=StrictParser(),
    docs_url=None,
    openapi_url=None,
)
refusals.install(api)
api.add_router("/simulations", simulations.router)
api.add_router("/simulations", records.router)
api.add_router("/simulations", steering.router)
api.add_router("/runs", history.router)
api.add_router("/sweeps", sweeps.router)
api.add_router("/scenarios", scenarios.router)


class Health(Schema):
    """`ok` or `failed`, whole and by part."""

    status: str
    database: str
    channel_layer: str
    engine: str


@api.get(
    "/health",
    auth=None,
    response={200: Health, 503: Health},
    tags=["server"],
    summary="Health",
    url_name="health",
)
def get_health(request: HttpRequest) -> Status[dict[str, str]]:
    """Say whether the server can do its work. Open to everyone."""
    found = health.report()
    return Status(200 if found["status"] == "ok" else 503, found)


@api.get(
    "/metrics",
    response={200: str, 401: refusals.Refusal, 403: refusals.Refusal},
    tags=["server"],
    summary="Figures of the server (Prometheus' text format)",
)
def get_server_figures(request: Asked) -> HttpResponse:
    """Return figures of the process that answers: memory, processor time, runs. For staff."""
    if not request.user.is_staff:
        raise HttpError(403, "Only staff may see figures of the server.")
    return HttpResponse(server_figures.text(), content_type=CONTENT_TYPE_LATEST)


@api.get(
    "/schema.json",
    response={200: dict[str, Any], 401: refusals.Refusal},
    tags=["scenarios"],
    summary="The scenario file's schema",
)
def get_schema(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON Schema of a scenario file, for editors and scripts."""
    return scenarios.schema()


@api.get("/openapi.json", include_in_schema=False, url_name="openapi-json")
def get_openapi(request: HttpRequest) -> HttpResponse:
    """Return the description of this API (OpenAPI 3.1)."""
    return JsonResponse(api.get_openapi_schema())


@csrf_exempt  # there is nothing to protect, and the refusal would be a page
@login_not_required
def nothing_here(request: HttpRequest, rest: str) -> JsonResponse:
    """Say in JSON, too, that there is no such address."""
    return JsonResponse({"detail": "No such address. The API is described at /api/docs."}, status=404)


def open_to_tokens(patterns: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Let requests without a session through to the API, which asks by itself who they are."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = login_not_required(refusals.method_told(pattern.callback))
    return patterns


operations, application, namespace = api.urls
urlpatterns = [
    path("docs", docs, {"api": api}, name="api_docs"),
    path("", (open_to_tokens(operations), application, namespace)),
    path("<path:rest>", nothing_here, name="api_nothing"),
]
