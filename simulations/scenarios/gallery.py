"""The gallery: examples that come with the workbench, their cards, and their place in the database.

`simulations/examples/<slug>/` holds scenario.yaml, README.md (front matter: title, question, order, numbers)
and expected.json, written by `manage.py refresh_examples` and held to the engine by a test.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from simulations.config.document import parse_yaml
from simulations.config.inputs import prepare
from simulations.engine.rust_backend import ENGINE_VERSION, RustBackend
from simulations.models import Document, Scenario, ScenarioVersion
from simulations.templatetags import figures

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
# What expected.json keeps of the metrics.
KEPT = (
    *("arrived_count", "arrived_value", "settled_count", "settled_value", "settlement_rate_value"),
    *("average_delay", "rho", "queue_length_max", "queue_value_max", "stuck_ticks", "shares"),
    *("liquidity_used_total", "ub_total", "lb_total", "turnover", "costs"),
)


@dataclass(frozen=True)
class Example:
    """One folder of examples, read."""

    slug: str
    title: str
    question: str
    order: int
    numbers: tuple[str, ...]
    text: str
    expected: dict[str, Any]

    @property
    def sha256(self) -> str:
        """Hash of the scenario text, by which documents are found."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    @functools.cached_property
    def figures(self) -> tuple[tuple[str, str], ...]:
        """What its card shows of the run: pairs of label and figure."""
        currency, metrics = parse_yaml(self.text).get("currency", {}), self.expected["metrics"]
        return tuple((NUMBERS[key][0], NUMBERS[key][1](metrics, currency)) for key in self.numbers)


@dataclass(frozen=True)
class Card:
    """An example as the start page shows it; `numbers` are pairs of label and figure."""

    slug: str
    title: str
    question: str
    numbers: tuple[tuple[str, str], ...]
    scenario: Scenario


def _saving_share(metrics: dict[str, Any]) -> str:
    shares = metrics["shares"]
    return figures.percent(shares["bilateral"] + shares["multilateral"])


# Measures that a card may show: label, and how to write it from metrics and currency.
NUMBERS: dict[str, tuple[str, Callable[[dict[str, Any], dict[str, Any]], str]]] = {
    "arrived_count": ("payments", lambda m, _: figures.count(m["arrived_count"])),
    "settled_value": ("settled", lambda m, c: figures.money(m["settled_value"], c)),
    "settlement_rate_value": ("settled by value", lambda m, _: figures.percent(m["settlement_rate_value"])),
    "average_delay": ("average delay", lambda m, _: f"{figures.decimal(m['average_delay'], 1)} ticks"),
    "rho": ("delay indicator", lambda m, _: figures.decimal(m["rho"], 3)),
    "queue_length_max": ("longest queue", lambda m, _: figures.count(m["queue_length_max"])),
    "stuck_ticks": ("stuck ticks", lambda m, _: figures.count(m["stuck_ticks"])),
    "saving_share": ("settled by offsetting", lambda m, _: _saving_share(m)),
    "turnover": ("turnover", lambda m, _: f"{figures.decimal(m['turnover'], 1)} ×"),
    "liquidity_used_total": ("liquidity used", lambda m, c: figures.money(m["liquidity_used_total"], c)),
    "cost": ("cost", lambda m, c: figures.money(sum(m["costs"].values()), c)),
}


@functools.cache
def examples() -> tuple[Example, ...]:
    """Return all examples in the order of their cards."""
    found = [_read(readme.parent) for readme in EXAMPLES.glob("*/README.md")]
    return tuple(sorted(found, key=lambda example: example.order))


def _read(folder: Path) -> Example:
    _, front, _ = (folder / "README.md").read_text("utf-8").split("---\n", 2)
    said = parse_yaml(front)
    expected = folder / "expected.json"
    return Example(
        slug=folder.name,
        title=said["title"],
        question=said["question"],
        order=said["order"],
        numbers=tuple(said["numbers"]),
        text=(folder / "scenario.yaml").read_text("utf-8"),
        expected=json.loads(expected.read_text("utf-8")) if expected.exists() else {},
    )


def play(example: Example) -> dict[str, Any]:
    """Run an example to its end and return what expected.json should say."""
    given = prepare(example.text, seed=None)
    backend = RustBackend(given.config, given.payments)
    while not backend.advance(1_000_000)["finished"]:
        backend.drain()
    metrics = backend.metrics()
    return {
        "engine_version": ENGINE_VERSION,
        "digest": backend.digest(),
        "metrics": {key: metrics[key] for key in KEPT},
    }


def sync_gallery() -> None:
    """Bring the gallery's scenarios in the database up to date with the examples; cheap when they are."""
    kept = {scenario.gallery: scenario for scenario in Scenario.objects.gallery()}
    for example in examples():
        scenario = kept.pop(example.slug, None)
        if scenario is None or not _is_current(scenario, example):
            _keep(scenario, example)
    for scenario in kept.values():
        if scenario.archived_at is None:
            scenario.archived_at = timezone.now()
            scenario.save(update_fields=["archived_at"])


def _is_current(scenario: Scenario, example: Example) -> bool:
    latest = scenario.latest
    said = (scenario.name, scenario.description, scenario.gallery_order, scenario.archived_at)
    return (
        latest is not None
        and latest.document_id == example.sha256
        and said == (example.title, example.question, example.order, None)
    )


@transaction.atomic
def _keep(scenario: Scenario | None, example: Example) -> None:
    scenario = scenario or Scenario(gallery=example.slug, shared=True)
    scenario.name, scenario.description = example.title, example.question
    scenario.gallery_order, scenario.archived_at = example.order, None
    scenario.save()
    latest = scenario.latest
    document = Document.objects.of_text(example.text)
    if latest is None or latest.document_id != document.pk:
        number = latest.number + 1 if latest else 1
        ScenarioVersion.objects.create(scenario=scenario, number=number, document=document)


def cards() -> list[Card]:
    """Return the cards of the gallery in their order; empty before `sync_gallery` has run."""
    kept = {scenario.gallery: scenario for scenario in Scenario.objects.gallery().current()}
    return [
        Card(example.slug, example.title, example.question, example.figures, kept[example.slug])
        for example in examples()
        if example.slug in kept
    ]
