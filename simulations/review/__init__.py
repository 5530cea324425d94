"""Review: Django's admin over runs, scenarios, tokens and the audit log. Nothing here edits a result."""

from simulations.review import log as _log  # noqa: F401  (registers its admin classes)
from simulations.review import runs as _runs  # noqa: F401
from simulations.review import scenarios as _scenarios  # noqa: F401
from simulations.review import sweeps as _sweeps  # noqa: F401
