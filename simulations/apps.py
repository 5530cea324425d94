"""The Django application."""

import gc

from django.apps import AppConfig


class SimulationsConfig(AppConfig):
    """Scenarios, runs, results and their review."""

    name = "simulations"
    verbose_name = "Simulations"

    def ready(self) -> None:
        """Register the system checks, and the admin classes, which live in `review`."""
        from django.utils.module_loading import autodiscover_modules

        autodiscover_modules("checks", "review")
        gc.enable()
