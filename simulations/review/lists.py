"""What every list of the review site has: facts that nobody edits, and their export as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils.html import strip_tags

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
else:

    class ModelAdmin(admin.ModelAdmin):
        """Django's, with the type argument that only the type checker knows."""

        def __class_getitem__(cls, _: type) -> type:
            return cls

    class TabularInline(admin.TabularInline):
        """Django's, with the type arguments that only the type checker knows."""

        def __class_getitem__(cls, _: type) -> type:
            return cls


M = TypeVar("M", bound=Model)
Parent = TypeVar("Parent", bound=Model)

# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """A file that returns what is written to it, for streaming."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def cell(value: object) -> str:
    """One cell as text: without markup, and never a formula."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    text = strip_tags(str(value))
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class FactsAdmin(ModelAdmin[M]):
    """A list one reads, searches and exports. Adding, changing and deleting is for the workbench."""

    list_per_page = 50
    show_full_result_count = False
    actions = ["export_csv"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list; for an impossible date all of it, as with other filters that make no sense."""
        try:
            return super().changelist_view(request, extra_context)
        except OverflowError:
            return HttpResponseRedirect(f"{request.path}?e=1")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is made here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nothing is changed here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nothing is deleted here."""
        return False

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[M]) -> StreamingHttpResponse:
        """Stream the columns of the list for the chosen rows."""
        columns = [str(name) for name in self.list_display if name != "action_checkbox"]
        name = self.model._meta.verbose_name_plural
        answer = StreamingHttpResponse(self._lines(queryset, columns), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer

    def _lines(self, queryset: QuerySet[M], columns: list[str]) -> Iterator[str]:
        writer = csv.writer(Echo())
        yield writer.writerow(label_for_field(name, self.model, self) for name in columns)
        for row in queryset.iterator(chunk_size=500):
            yield writer.writerow(cell(self._value(name, row)) for name in columns)

    def _value(self, name: str, row: M) -> Any:
        try:
            return lookup_field(name, row, self)[2]
        except FieldDoesNotExist:
            return None


class FactsInline(TabularInline[M, Parent]):
    """Rows of a thing, shown with it, never edited."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        """Nothing is made here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        """Nothing is changed here."""
        return False
