"""Making a run: from a faultless document to a row, with nothing computed yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction

from simulations.config.faults import check_text
from simulations.engine.rust_backend import ENGINE_VERSION
from simulations.models import (
    UNTITLED,
    AuditEntry,
    Document,
    PaymentFile,
    Run,
    ScenarioVersion,
    Sweep,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from simulations.config.schema import SimulationConfig

log = structlog.get_logger(__name__)

MOST_SEED = 2**63 - 1
# A day should play in about this many seconds when a person watches it.
WATCHED_DAY_SECONDS = 8


def watchable_speed(ticks_per_day: int) -> float:
    """Return ticks per second (1, 2 or 5 times a power of ten) at which a day plays in 5 to 12 seconds."""
    wanted = max(1.0, ticks_per_day / WATCHED_DAY_SECONDS)
    step = 1.0
    while step * 10 <= wanted:
        step *= 10
    return max(factor * step for factor in (1.0, 2.0, 5.0) if factor * step <= wanted)


def attached_file(sha256: str) -> Path | None:
    """Return where the payment file with this hash lies, None when there is none."""
    file = PaymentFile.objects.filter(pk=sha256).first()
    return Path(file.content.path) if file else None


def create_run(  # noqa: PLR0913  (a run has this many inputs)
    user: AbstractBaseUser,
    *,
    document: Document,
    version: ScenarioVersion | None = None,
    payment_file: PaymentFile | None = None,
    seed: int | None = None,
    liquidity_percent: int = 100,
    name: str = "",
    shared: bool = False,
    watched: bool = False,
) -> Run:
    """Make a run of a document for a person; it has not started.

    `seed` None takes the document's. `liquidity_percent` scales what banks start with (1..1000). `watched`
    sets a speed at which a person can follow the day; otherwise the run goes as fast as it can.
    Raises `config.faults.ScenarioRefused` with the document's faults.
    """
    config, payment_file = _accepted(document, payment_file)
    seed = config.seed if seed is None else seed
    with transaction.atomic():
        run = Run.objects.create(
            owner_id=user.pk,
            name=name or default_name(config.name or "", version, seed, liquidity_percent),
            shared=shared,
            document=document,
            version=version,
            payment_file=payment_file,
            seed=seed,
            liquidity_percent=liquidity_percent,
            **_facts_of(config, version),
            ticks_per_second=watchable_speed(config.ticks_per_day) if watched else None,
        )
        AuditEntry.objects.record(
            user, "run.created", run, document=document.sha256, seed=seed, liquidity_percent=liquidity_percent
        )
    log.info(
        "run.created",
        simulation_id=str(run.pk),
        ticks_per_day=run.ticks_per_day,
        num_agents=run.num_agents,
        seed=seed,
    )
    return run


def create_sweep(  # noqa: PLR0913  (a sweep has this many inputs)
    user: AbstractBaseUser,
    *,
    document: Document,
    count: int,
    version: ScenarioVersion | None = None,
    payment_file: PaymentFile | None = None,
    first_seed: int | None = None,
    liquidity_percent: int = 100,
    name: str = "",
    shared: bool = False,
) -> Sweep:
    """Make a sweep of a document over `count` seeds from `first_seed` on (None: the document's); it waits.

    Raises `config.faults.ScenarioRefused` with the document's faults, ValueError for seeds out of bounds.
    """
    config, payment_file = _accepted(document, payment_file)
    first_seed = config.seed if first_seed is None else first_seed
    if not 1 <= count <= Sweep.MOST_SEEDS:
        raise ValueError(f"a sweep has 1 to {Sweep.MOST_SEEDS:,} seeds")
    if not 0 <= first_seed <= MOST_SEED - count + 1:
        raise ValueError(f"seeds are from 0 to {MOST_SEED:,}")
    seeds = f"seeds {first_seed}–{first_seed + count - 1}"
    with transaction.atomic():
        sweep = Sweep.objects.create(
            owner_id=user.pk,
            name=name or _named(config.name or "", version, seeds, liquidity_percent),
            shared=shared,
            document=document,
            version=version,
            payment_file=payment_file,
            first_seed=first_seed,
            count=count,
            liquidity_percent=liquidity_percent,
            **_facts_of(config, version),
        )
        inputs = {"first_seed": first_seed, "count": count, "liquidity_percent": liquidity_percent}
        AuditEntry.objects.record(user, "sweep.created", sweep, document=document.sha256, **inputs)
    log.info("sweep.created", sweep=str(sweep.pk), seeds=count, ticks=sweep.ticks_total)
    return sweep


def _accepted(
    document: Document, payment_file: PaymentFile | None
) -> tuple[SimulationConfig, PaymentFile | None]:
    config = check_text(document.text, payments=attached_file).accepted()
    if payment_file is None and config.transactions_file is not None:
        payment_file = PaymentFile.objects.get(pk=config.transactions_file)
    return config, payment_file


def _facts_of(config: SimulationConfig, version: ScenarioVersion | None) -> dict[str, Any]:
    """Return what rows keep of a document, for lists."""
    return {
        "engine_version": ENGINE_VERSION,
        "scenario_name": version.scenario.name if version else (config.name or ""),
        "ticks_total": config.ticks_per_day * config.num_days,
        "ticks_per_day": config.ticks_per_day,
        "num_agents": len(config.agents),
        "currency_code": config.currency.code,
        "currency_decimals": config.currency.decimals,
        "day_start": config.day_start or "",
        "day_end": config.day_end or "",
        "start_date": config.start_date,
    }


def default_name(scenario: str, version: ScenarioVersion | None, seed: int, liquidity_percent: int) -> str:
    """Return `Scenario v3 · seed 7 · 80 %`."""
    return _named(scenario, version, f"seed {seed}", liquidity_percent)


def _named(scenario: str, version: ScenarioVersion | None, seeds: str, liquidity_percent: int) -> str:
    what = f"{version.scenario.name} v{version.number}" if version else (scenario or UNTITLED)
    return f"{what[:100]} · {seeds} · {liquidity_percent} %"
