"""Stored parts of a run: Parquet files under DATA_DIR/runs/<id>/, and the rows that make them count."""

from django.db import models

from simulations.models.run import Run


class Artifact(models.Model):
    """One file of a run. A file without its row does not exist for readers."""

    class Kind(models.TextChoices):
        """What the file holds."""

        EVENTS = "events"
        SERIES = "series"
        PAYMENTS = "payments"
        BALANCES = "balances"  # each bank's at `to_tick`, where a part of events ends
        CHECKPOINT = "checkpoint"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="artifacts")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    part = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    rows = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    from_tick = models.PositiveIntegerField()
    to_tick = models.PositiveIntegerField()
    # A provisional part holds the latest ticks and is replaced at the next storing; others never change.
    provisional = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["run", "kind", "part"]
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "part"], name="artifact_part_is_unique")
        ]

    def __str__(self) -> str:
        return self.name
