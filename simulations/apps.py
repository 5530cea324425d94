"""The Django application."""

from django.apps import AppConfig


class SimulationsConfig(AppConfig):
    """Scenarios, runs, results and their review."""

    name = "simulations"
    verbose_name = "Simulations"

    def ready(self) -> None:
        """Register the admin classes; they live in `review`, not in an `admin.py` of their own."""
        from django.utils.module_loading import autodiscover_modules

        autodiscover_modules("review")
