"""Saved scenarios over HTTP: the same documents and versions as in the editor."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max
from ninja import Router, Schema, Status
from ninja.errors import HttpError

from simulations import access
from simulations.api.bodies import SCENARIO_BODY, scenario_text
from simulations.api.refusals import FaultFacts, FaultyDocument, Refusal, Stale
from simulations.api.who import Asked
from simulations.config.faults import Checked, ScenarioRefused, check_text
from simulations.config.schema import SimulationConfig
from simulations.models import Scenario, ScenarioVersion
from simulations.runs.creation import attached_file
from simulations.scenarios import keeping

router = Router(tags=["scenarios"])
NOT_YOURS: dict[int, type[Schema]] = {401: Refusal, 403: Refusal, 404: Refusal}
FAULTY: dict[int, type[Schema]] = {400: FaultyDocument, 413: Refusal}


class ScenarioFacts(Schema):
    """A scenario of one's own, shared, or from the gallery (without an owner)."""

    id: UUID
    name: str
    description: str
    tags: list[str]
    owner: str | None
    shared: bool
    version: int | None
    updated_at: datetime


class WholeScenario(ScenarioFacts):
    """A scenario with the text of its newest version."""

    sha256: str | None
    text: str | None


class VersionFacts(Schema):
    """A saved version."""

    number: int
    sha256: str
    note: str
    author: str | None
    created_at: datetime

    @staticmethod
    def resolve_sha256(version: ScenarioVersion) -> str:
        """Return the hash of its text."""
        return version.document_id

    @staticmethod
    def resolve_author(version: ScenarioVersion) -> str | None:
        """Return the author's name."""
        return version.author.get_username() if version.author else None


class WholeVersion(VersionFacts):
    """A version with its text."""

    text: str

    @staticmethod
    def resolve_text(version: ScenarioVersion) -> str:
        """Return the document's text."""
        return version.document.text


class Scenarios(Schema):
    """All scenarios one may see, the newest change first."""

    scenarios: list[ScenarioFacts]


class Versions(Schema):
    """The newest first."""

    versions: list[VersionFacts]


class Saved(Schema):
    """The scenario and its newest version."""

    id: UUID
    version: int


class Verdict(Schema):
    """Whether a document can be run, and what is wrong or odd about it."""

    valid: bool
    faults: list[FaultFacts]
    warnings: list[FaultFacts]


@router.get("", response={200: Scenarios, 401: Refusal}, summary="Saved scenarios")
def list_scenarios(request: Asked) -> dict[str, Any]:
    """Return your own scenarios and those shared with you; archived ones are left out."""
    visible = Scenario.objects.visible_to(request.user).current().select_related("owner")
    newest = dict(visible.annotate(newest=Max("versions__number")).values_list("pk", "newest"))
    return {"scenarios": [_facts(each, newest[each.pk]) for each in visible]}


@router.post(
    "",
    response={201: Saved, **FAULTY, 401: Refusal},
    openapi_extra=SCENARIO_BODY,
    summary="Save a new scenario",
)
def make_scenario(request: Asked) -> Status[dict[str, Any]]:
    """Save the scenario in the body as version 1 of a new one; it takes the document's name."""
    text = scenario_text(request)
    _checked(text).accepted()
    scenario = keeping.create(request.user, text)
    return Status(201, {"id": scenario.pk, "version": 1})


@router.post(
    "/validate",
    response={200: Verdict, 401: Refusal, 413: Refusal},
    openapi_extra=SCENARIO_BODY,
    summary="Check a scenario",
)
def validate(request: Asked) -> dict[str, Any]:
    """Return every fault and warning of the scenario in the body; nothing is saved."""
    try:
        checked = _checked(scenario_text(request))
    except ScenarioRefused as refused:
        checked = Checked(None, refused.faults)
    return {
        "valid": checked.config is not None,
        "faults": [fault.as_dict() for fault in checked.faults],
        "warnings": [fault.as_dict() for fault in checked.warnings],
    }


@router.get("/{scenario_id}", response={200: WholeScenario, **NOT_YOURS}, summary="A scenario")
def get_scenario(request: Asked, scenario_id: UUID) -> dict[str, Any]:
    """Return a scenario and the text of its newest version."""
    scenario = access.visible_scenario(request.user, scenario_id)
    latest = scenario.versions.select_related("document").first()
    return {
        **_facts(scenario, latest.number if latest else None),
        "sha256": latest.document_id if latest else None,
        "text": latest.document.text if latest else None,
    }


@router.put(
    "/{scenario_id}",
    response={200: Saved, **FAULTY, **NOT_YOURS, 409: Refusal},
    openapi_extra=SCENARIO_BODY,
    summary="Save a new version",
)
def put_scenario(
    request: Asked, scenario_id: UUID, base: int | None = None, note: str = ""
) -> dict[str, Any]:
    """Save the scenario in the body as the next version; a text equal to the newest makes none.

    With `base`, the version you started from, a version saved by somebody else meanwhile is a conflict (409).
    Without, yours goes on top; older versions always stay.
    """
    scenario = access.owned_scenario(request.user, scenario_id)
    text = keeping.plain_lines(scenario_text(request))
    _checked(text).accepted()
    latest = scenario.latest
    number = latest.number if latest else 0
    if base is not None and base != number:
        raise Stale(number)
    written = keeping.Written(text, number, note, on_top=base is None)
    attempt = keeping.save(request.user, scenario, written)
    if attempt.kept is keeping.Kept.STALE or attempt.version is None:
        raise Stale(attempt.version.number if attempt.version else 0)
    return {"id": scenario.pk, "version": attempt.version.number}


@router.get("/{scenario_id}/versions", response={200: Versions, **NOT_YOURS}, summary="Its versions")
def list_versions(request: Asked, scenario_id: UUID) -> dict[str, Any]:
    """Return all versions without their texts."""
    return {"versions": access.visible_scenario(request.user, scenario_id).versions.select_related("author")}


@router.get(
    "/{scenario_id}/versions/{number}", response={200: WholeVersion, **NOT_YOURS}, summary="A version"
)
def get_version(request: Asked, scenario_id: UUID, number: int) -> ScenarioVersion:
    """Return a version with its text."""
    versions = access.visible_scenario(request.user, scenario_id).versions
    version = versions.select_related("author", "document").filter(number=number).first()
    if version is None:
        raise HttpError(404, "No such version.")
    return version


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file."""
    return SimulationConfig.json_schema()


def _facts(scenario: Scenario, version: int | None) -> dict[str, Any]:
    names = ("id", "name", "description", "tags", "shared", "updated_at")
    owner = scenario.owner.get_username() if scenario.owner else None
    return {**{name: getattr(scenario, name) for name in names}, "owner": owner, "version": version}


def _checked(text: str) -> Checked:
    return check_text(text, payments=attached_file)
