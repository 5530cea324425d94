"""Keeping what a person wrote: drafts, versions, copies; and what happens when two wrote at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from simulations.config.document import Unreadable, parse_yaml
from simulations.config.faults import Checked
from simulations.models import UNTITLED, AuditEntry, Document, Draft, Scenario, ScenarioVersion
from simulations.scenarios.checking import check
from simulations.scenarios.text.spans import set_value

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NAME_MAX = 120


class Kept(Enum):
    """What came of an attempt to save."""

    SAVED = "saved"
    SAME = "same"
    FAULTY = "faulty"
    STALE = "stale"


@dataclass(frozen=True)
class Written:
    """What a person hands in: the text, the version it is based on (0 = none), and why it changed.

    `on_top` puts it on top of versions its author did not start from.
    """

    text: str
    base_number: int
    note: str = ""
    on_top: bool = False


@dataclass(frozen=True)
class Attempt:
    """The answer to an attempt to save; `version` is the newest one, saved just now or not."""

    kept: Kept
    version: ScenarioVersion | None
    checked: Checked


@dataclass(frozen=True)
class Opened:
    """What a person sees on opening a scenario: their draft, else the newest version."""

    text: str
    base: ScenarioVersion | None
    latest: ScenarioVersion | None
    draft: Draft | None

    @property
    def is_stale(self) -> bool:
        """Whether the draft was begun before the newest version."""
        return self.draft is not None and self.base != self.latest


def plain_lines(text: str) -> str:
    """Return a text as editors hold it: every line break is a line feed; no byte order mark, no NUL."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def _in_the_lines_of(text: str, pattern: str) -> str:
    """Return a text with the line breaks of another, so that an edit leaves those of the file alone."""
    return text.replace("\n", "\r\n") if "\r\n" in pattern else text


def open_text(user: User, scenario: Scenario) -> Opened:
    """Return what this person was last looking at."""
    latest = scenario.latest
    draft = Draft.objects.select_related("base").filter(user=user, scenario=scenario).first()
    if draft is not None:
        return Opened(draft.text, draft.base, latest, draft)
    return Opened(plain_lines(latest.document.text) if latest else "", latest, latest, None)


def keep_draft(user: User, scenario: Scenario, base_number: int, text: str) -> Draft | None:
    """Keep what was typed, faults and all; a text equal to its base version needs no draft."""
    base = scenario.versions.filter(number=base_number).select_related("document").first()
    mine = Draft.objects.filter(user=user, scenario=scenario)
    if base is not None and plain_lines(base.document.text) == text:
        mine.delete()
        return None
    draft, _ = Draft.objects.update_or_create(
        user=user, scenario=scenario, defaults={"base": base, "text": text}
    )
    return draft


def drop_draft(user: User, scenario: Scenario) -> None:
    """Forget what was typed."""
    Draft.objects.filter(user=user, scenario=scenario).delete()


def save(user: User, scenario: Scenario, written: Written) -> Attempt:
    """Make a version of a text if it is faultless, new, and based on the newest one.

    What is not saved is kept as a draft.
    """
    text = written.text
    checked = check(text)
    with transaction.atomic():
        # Savers of one scenario wait for one another here.
        scenario = Scenario.objects.select_for_update().get(pk=scenario.pk)
        latest = scenario.versions.select_related("document").first()
        if latest is not None and plain_lines(latest.document.text) == text:
            drop_draft(user, scenario)
            return Attempt(Kept.SAME, latest, checked)
        stale = latest is not None and latest.number != written.base_number and not written.on_top
        if checked.config is None or stale:
            keep_draft(user, scenario, written.base_number, text)
            return Attempt(Kept.FAULTY if checked.config is None else Kept.STALE, latest, checked)
        whole = _in_the_lines_of(text, latest.document.text if latest else "")
        version = add_version(user, scenario, whole, written.note)
        drop_draft(user, scenario)
    return Attempt(Kept.SAVED, version, checked)


def add_version(user: User, scenario: Scenario, text: str, note: str = "") -> ScenarioVersion:
    """Add a version of a text that is known to be faultless; the scenario takes the document's name."""
    latest = scenario.latest
    version = ScenarioVersion.objects.create(
        scenario=scenario,
        number=latest.number + 1 if latest else 1,
        document=Document.objects.of_text(text),
        note=note[:200],
        author=user,
    )
    scenario.name = name_in(text) or scenario.name
    scenario.save(update_fields=["name", "updated_at"])
    AuditEntry.objects.record(
        user, "scenario.saved", scenario, version=version.number, sha256=version.document_id
    )
    return version


def name_in(text: str) -> str:
    """Return the name a document gives itself, empty if it has none."""
    try:
        document = parse_yaml(text)
    except Unreadable:
        return ""
    name = document.get("name") if isinstance(document, dict) else None
    return name.strip()[:NAME_MAX] if isinstance(name, str) else ""


def create(user: User, text: str, name: str = "") -> Scenario:
    """Make a scenario of a text: with its first version if it is faultless, else with a draft to mend."""
    called = (name_in(text) or name or UNTITLED)[:NAME_MAX]
    # Checked first: a million payments take a second, and nobody can write while a transaction lasts.
    is_faultless = check(text).config is not None
    with transaction.atomic():
        scenario = Scenario.objects.create(owner=user, name=called)
        AuditEntry.objects.record(user, "scenario.created", scenario)
        if is_faultless:
            add_version(user, scenario, text)
        else:
            keep_draft(user, scenario, 0, plain_lines(text))
    return scenario


def duplicate(user: User, scenario: Scenario, number: int | None = None) -> Scenario | None:
    """Copy a version (the newest by default) into a scenario of this person's own; None if there is none."""
    versions = scenario.versions.select_related("document")
    version = versions.filter(number=number).first() if number else versions.first()
    return copy_text(user, scenario, version.document.text) if version else None


def copy_text(user: User, scenario: Scenario, text: str) -> Scenario:
    """Make a scenario of this person's own from a text begun in another one."""
    name = f"Copy of {name_in(text) or scenario.name}"[:NAME_MAX]
    try:
        renamed = set_value(text, ("name",), name, order=["name"])
    except ValueError:
        renamed = text  # a text that cannot be read is copied as it is
    copy = create(user, renamed, name)
    copy.description, copy.tags = scenario.description, scenario.tags
    copy.save(update_fields=["description", "tags"])
    return copy


def restore(user: User, scenario: Scenario, number: int) -> ScenarioVersion | None:
    """Make an old version the newest one, as a version of its own; None if there is no such version."""
    old = scenario.versions.select_related("document").filter(number=number).first()
    if old is None:
        return None
    with transaction.atomic():
        latest = scenario.latest
        if latest is not None and latest.document_id == old.document_id:
            return latest
        version = add_version(user, scenario, old.document.text, f"Version {number} restored")
        drop_draft(user, scenario)
    return version


def set_archived(user: User, scenario: Scenario, archived: bool) -> None:
    """Put a scenario away, or bring it back; its runs stay."""
    scenario.archived_at = timezone.now() if archived else None
    scenario.save(update_fields=["archived_at", "updated_at"])
    AuditEntry.objects.record(user, "scenario.archived" if archived else "scenario.unarchived", scenario)


def set_shared(user: User, scenario: Scenario, shared: bool) -> None:
    """Let everyone signed in read it, or nobody else; its runs are shared each by itself."""
    scenario.shared = shared
    scenario.save(update_fields=["shared", "updated_at"])
    AuditEntry.objects.record(user, "scenario.shared" if shared else "scenario.unshared", scenario)
