"""Rows: fields, QuerySet verbs and constraints. Verbs over several models live with their capability."""

from simulations.models.account import ApiToken, FirstLink, Preference
from simulations.models.artifact import Artifact
from simulations.models.audit import AuditEntry
from simulations.models.run import Intervention, Process, Run
from simulations.models.scenario import (
    UNTITLED,
    Document,
    Draft,
    FileImport,
    PaymentFile,
    Scenario,
    ScenarioVersion,
)
from simulations.models.sweep import Sweep

__all__ = [
    "UNTITLED",
    "ApiToken",
    "Artifact",
    "AuditEntry",
    "Document",
    "Draft",
    "FileImport",
    "FirstLink",
    "Intervention",
    "PaymentFile",
    "Preference",
    "Process",
    "Run",
    "Scenario",
    "ScenarioVersion",
    "Sweep",
]
