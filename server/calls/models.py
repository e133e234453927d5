"""A call of a source, as it is kept."""

from django.db import models


class Call(models.Model):
    """One call, or one that was not made since what it needs failed."""

    at = models.DateTimeField("time", db_index=True, help_text="When its request was answered")
    request_id = models.CharField(max_length=128, db_index=True)
    path = models.TextField(help_text="Path and query of the request")
    endpoint = models.CharField(max_length=128)
    source = models.CharField(max_length=128, db_index=True)
    outcome = models.CharField(max_length=32, db_index=True, help_text="fresh, stale, fallback, or how it failed")
    status = models.PositiveSmallIntegerField(db_index=True, help_text="HTTP status of the request's answer")
    attempts = models.PositiveSmallIntegerField()
    duration_ms = models.FloatField("ms", help_text="How long it took")
    detail = models.TextField(blank=True, help_text="Why it failed")

    class Meta:
        """How Django shows it."""

        ordering = ("-at", "-id")

    def __str__(self) -> str:
        """Name it by what a person looks for."""
        return f"{self.source}: {self.outcome}"
