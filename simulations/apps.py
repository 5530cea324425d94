"""The Django application."""

import gc
from importlib import import_module

from django.apps import AppConfig


class SimulationsConfig(AppConfig):
    """Scenarios, runs, results and their review."""

    name = "simulations"
    verbose_name = "Simulations"

    def ready(self) -> None:
        """Register system checks, admin classes, which live in `review`, and who hears of lost rights."""
        from django.utils.module_loading import autodiscover_modules

        autodiscover_modules("checks", "review")
        import_module("simulations.runs.rights")
        gc.enable()
