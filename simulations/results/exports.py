"""A run as files: stored rows as Parquet and CSV, the scenario as it was run, measures as a table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import get_args
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET

from simulations import access
from simulations.models import Run
from simulations.results import stored
from simulations.results.measures import MEASURES
from simulations.results.sending import remove, send_away, temporary_path
from simulations.storage import Kind
from simulations.storage.exporting import Format, export, stored_rows

TYPES: dict[Format, tuple[str, str]] = {
    "parquet": (".parquet", "application/vnd.apache.parquet"),
    "csv": (".csv", "text/csv; charset=utf-8"),
    "excel": (".csv", "text/csv; charset=utf-8"),
}
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@require_GET
def run_export(request: HttpRequest, run_id: UUID, kind: str, form: str) -> HttpResponseBase:
    """Send one kind of a run's rows as a file."""
    run = access.visible_run(request.user, run_id)
    for known in get_args(Kind):
        for each, (suffix, content_type) in TYPES.items():
            if (known, each) == (kind, form):
                return _rows(run, known, each, suffix, content_type)
    raise Http404("There is no such export.")


def _rows(run: Run, kind: Kind, form: Format, suffix: str, content_type: str) -> HttpResponseBase:
    names = stored.part_names(run, kind)
    if not names:
        raise Http404("Nothing is stored of this run yet.")
    path = temporary_path(suffix)
    try:
        export(stored_rows(run.pk, kind, names), path, form, stored.labels_of(run))
        return send_away(path, f"{file_name(run)}-{kind}{suffix}", content_type)
    except BaseException:
        remove(path)
        raise


@require_GET
def run_scenario(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Send the scenario text that was run, byte for byte."""
    run = access.visible_run(request.user, run_id)
    response = HttpResponse(run.document.text.encode(), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{run.document_id[:12]}.yaml"'
    return response


@require_GET
def run_measures(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Send the measures of a run as CSV; `?form=excel` for `;` and a decimal comma."""
    run = access.visible_run(request.user, run_id)
    return measures_file([run], f"{file_name(run)}-measures.csv", request.GET.get("form") == "excel")


def measures_file(runs: Iterable[Run], name: str, excel: bool) -> HttpResponse:
    """Return a row of measures for each run; money in minor units."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if excel else ",", lineterminator="\r\n")
    facts = ("run", "name", "scenario", "seed", "liquidity_percent", "status", "digest", "currency")
    writer.writerow([*facts, *(measure.key for measure in MEASURES)])
    for run in runs:
        values = stored.measures_of(run)
        given = (run.pk, run.name, run.scenario_name, run.seed, run.liquidity_percent, run.status)
        cells = [*given, run.digest, run.currency_code, *(measure.of(values) for measure in MEASURES)]
        writer.writerow([cell(value, excel) for value in cells])
    response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def cell(value: object, excel: bool) -> str:
    """Return one cell: never a formula, with a decimal comma where asked for."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(value).replace(".", ",") if excel else str(value)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text


def file_name(run: Run) -> str:
    """Return a name that any file system takes."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", run.name).strip("-").lower()[:60]
    return f"{name or 'run'}-{str(run.pk)[:8]}"
