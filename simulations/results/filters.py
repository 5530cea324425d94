"""What the history can be filtered by; every filter is part of the address."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q

from simulations.models import Run, Scenario
from simulations.results.catalogue import IN_COLUMNS

if TYPE_CHECKING:
    from django.db.models import Exists, OuterRef, QuerySet

DECIMALS = range(7)
BOUND_MOST = Decimal(10) ** 15
IN_ORDER = [(measure.column, measure.label) for measure in IN_COLUMNS]
UNITS = {measure.column: measure.unit for measure in IN_COLUMNS}


def day(label: str, lookup: str) -> Any:
    """Return a filter by the day a run was made."""
    widget = forms.DateInput(attrs={"type": "date"})
    return django_filters.DateFilter("created_at", f"date__{lookup}", label=label, widget=widget)


def bound(label: str, method: str) -> Any:
    """Return a filter by a bound of the chosen measure."""
    widget = forms.NumberInput(attrs={"step": "any", "class": "num"})
    return django_filters.NumberFilter(
        label=label, method=method, widget=widget, min_value=-BOUND_MOST, max_value=BOUND_MOST
    )


# Shown at once; the others unfold.
FIRST = ("q", "scenario", "status", "owner")


class HistoryFilter(django_filters.FilterSet):  # type: ignore[misc]  # has no types
    """Filters of the history. `person` is who looks: they choose among what they may see."""

    q = django_filters.CharFilter(
        label="Search", method="search", widget=forms.TextInput(attrs={"type": "search"}), max_length=100
    )
    scenario = django_filters.ModelChoiceFilter(
        "version__scenario", queryset=Scenario.objects.none(), label="Scenario", empty_label="Any"
    )
    status = django_filters.ChoiceFilter(label="Status", choices=Run.Status.choices, empty_label="Any")
    owner = django_filters.ModelChoiceFilter(
        "owner", queryset=User.objects.none(), to_field_name="username", label="Owner", empty_label="Any"
    )
    review = django_filters.ChoiceFilter(label="Review", choices=Run.Review.choices, empty_label="Any")
    since = day("From", "gte")
    until = day("To", "lte")
    tag = django_filters.CharFilter(label="Tag", method="tagged", max_length=30)
    starred = django_filters.BooleanFilter(label="Starred", widget=forms.CheckboxInput, method="only_starred")
    measure = django_filters.ChoiceFilter(
        label="Measure", choices=IN_ORDER, empty_label="None", method="unfiltered"
    )
    least = bound("At least", "at_least")
    most = bound("At most", "at_most")

    class Meta:
        model = Run
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        theirs = Run.objects.visible_to(person).order_by().filter(owner=OuterRef("pk"))
        self.filters["owner"].queryset = User.objects.filter(Exists(theirs)).order_by("username")
        scenarios = Scenario.objects.visible_to(person).current()
        self.filters["scenario"].queryset = scenarios.order_by("name").only("name")

    def parts(self) -> tuple[list[forms.BoundField], list[forms.BoundField], bool]:
        """Return the fields shown at once, the further ones, and whether one of those is used."""
        first = [self.form[name] for name in FIRST]
        more = [field for field in self.form if field.name not in FIRST]
        return first, more, any(self.data.get(field.name) for field in more)

    def search(self, queryset: QuerySet[Run], _name: str, value: str) -> QuerySet[Run]:
        """Find text in the name, the scenario's name or the notes; digits also the seed."""
        found = Q(name__icontains=value) | Q(scenario_name__icontains=value) | Q(notes__icontains=value)
        if value.isdecimal() and len(value) < 19:
            found |= Q(seed=int(value))
        return queryset.filter(found)

    def tagged(self, queryset: QuerySet[Run], _name: str, value: str) -> QuerySet[Run]:
        """Runs with a tag; tags are a JSON list, whose text quotes each."""
        quoted = value.strip().lower().replace("\\", "").replace('"', "")
        return queryset.filter(tags__icontains=f'"{quoted}"')

    def only_starred(self, queryset: QuerySet[Run], _name: str, value: bool) -> QuerySet[Run]:
        """Starred ones, if asked for."""
        return queryset.filter(starred=True) if value else queryset

    def unfiltered(self, queryset: QuerySet[Run], _name: str, _value: str) -> QuerySet[Run]:
        """Choosing a measure does nothing without a bound."""
        return queryset

    def at_least(self, queryset: QuerySet[Run], _name: str, value: Decimal) -> QuerySet[Run]:
        """Runs whose chosen measure is `value` or more."""
        return self._bounded(queryset, "gte", value)

    def at_most(self, queryset: QuerySet[Run], _name: str, value: Decimal) -> QuerySet[Run]:
        """Runs whose chosen measure is `value` or less."""
        return self._bounded(queryset, "lte", value)

    def _bounded(self, queryset: QuerySet[Run], lookup: str, value: Decimal) -> QuerySet[Run]:
        """Compare with a value as people read it: money in currency units, shares in percent."""
        column = self.form.cleaned_data.get("measure")
        if not column:
            return queryset
        if UNITS[column] == "share":
            return queryset.filter(**{f"{column}__{lookup}": float(value) / 100})
        if UNITS[column] != "money":
            return queryset.filter(**{f"{column}__{lookup}": float(value)})
        fits = Q()
        for decimals in DECIMALS:
            cents = value.scaleb(decimals)
            fits |= Q(currency_decimals=decimals, **{f"{column}__{lookup}": int(cents)})
        return queryset.filter(fits)
