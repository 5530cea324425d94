"""A run as files: stored rows as Parquet and CSV, the scenario as it was run, measures as a table."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import get_args
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET

from simulations import access
from simulations.models import Run
from simulations.results import stored
from simulations.results.sending import remove, send_away, temporary_path
from simulations.results.tables import Table, definitions, table_of
from simulations.storage import Kind
from simulations.storage.exporting import Format, export, stored_rows
from simulations.storage.tables import write_table

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
    names = run.part_names(kind)
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
def run_measures(request: HttpRequest, run_id: UUID, form: str) -> HttpResponseBase:
    """Send the measures of a run, its days and its banks; `excel` is CSV with `;` and a decimal comma."""
    run = access.visible_run(request.user, run_id)
    if not stored.measures_of(run):
        raise Http404("Nothing is stored of this run yet.")
    return _table(table_of([run], whole=True), f"{file_name(run)}-measures", form)


@require_GET
def run_definitions(request: HttpRequest, run_id: UUID, form: str) -> HttpResponseBase:
    """Send what each measure of the file of measures means, its definition and its source."""
    run = access.visible_run(request.user, run_id)
    return _table(definitions(), f"{file_name(run)}-definitions", form)


def _table(table: Table, name: str, form: str) -> HttpResponseBase:
    if form in ("csv", "excel"):
        return measures_file(table, f"{name}.csv", form == "excel")
    if form != "parquet":
        raise Http404("There is no such export.")
    path = temporary_path(".parquet")
    try:
        write_table(table, path)
        return send_away(path, f"{name}.parquet", TYPES["parquet"][1])
    except BaseException:
        remove(path)
        raise


def measures_file(table: Table, name: str, excel: bool) -> HttpResponse:
    """Return a table as CSV, as the table has it; `excel`: with `;` and a decimal comma."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if excel else ",", lineterminator="\r\n")
    writer.writerow(table)
    writer.writerows([cell(value, excel) for value in row] for row in zip(*table.values(), strict=True))
    response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def cell(value: object, excel: bool) -> str:
    """Return one cell: never a formula, with a decimal comma where asked for."""
    if value is None:
        return ""
    if isinstance(value, (float, Decimal)):
        return str(value).replace(".", ",") if excel else str(value)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text


def file_name(run: Run) -> str:
    """Return a name that any file system takes."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", run.name).strip("-").lower()[:60]
    return f"{name or 'run'}-{str(run.pk)[:8]}"
