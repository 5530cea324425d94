"""Making a run: from a faultless document to a row, with nothing computed yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from django.db import transaction

from simulations.config.faults import check_text
from simulations.engine.rust_backend import ENGINE_VERSION
from simulations.models import UNTITLED, AuditEntry, Document, PaymentFile, Run, ScenarioVersion

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

log = structlog.get_logger(__name__)

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
    config = check_text(document.text, payments=attached_file).accepted()
    if payment_file is None and config.transactions_file is not None:
        payment_file = PaymentFile.objects.get(pk=config.transactions_file)
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
            engine_version=ENGINE_VERSION,
            scenario_name=version.scenario.name if version else (config.name or ""),
            ticks_total=config.ticks_per_day * config.num_days,
            ticks_per_day=config.ticks_per_day,
            num_agents=len(config.agents),
            currency_code=config.currency.code,
            currency_decimals=config.currency.decimals,
            day_start=config.day_start or "",
            day_end=config.day_end or "",
            start_date=config.start_date,
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


def default_name(scenario: str, version: ScenarioVersion | None, seed: int, liquidity_percent: int) -> str:
    """Return `Scenario v3 · seed 7 · 80 %`."""
    what = f"{version.scenario.name} v{version.number}" if version else (scenario or UNTITLED)
    return f"{what[:110]} · seed {seed} · {liquidity_percent} %"
