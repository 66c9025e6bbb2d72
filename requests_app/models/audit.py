"""The log: rows without foreign keys, append-only by triggers in the database, chained by keyed hashes."""

from __future__ import annotations

from django.db import models


class Event(models.Model):
    """One thing that happened. What it says stands in ``EventPayload``; here stands only its digest."""

    seq = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=40, db_index=True)
    schema_v = models.PositiveSmallIntegerField()
    case_ref = models.CharField(max_length=26, blank=True, db_index=True)
    actor_ref = models.CharField(max_length=80)
    """``user:<id>:<name>``, ``person``, ``worker`` or ``system``."""
    request_id = models.CharField(max_length=36, blank=True)
    at = models.DateTimeField()
    digest = models.BinaryField(max_length=32)
    """SHA-256 over the salt and the payload."""
    prev = models.BinaryField(max_length=32)
    mac = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["seq"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class EventPayload(models.Model):
    """What an event says. It may be deleted while the chain still verifies."""

    seq = models.BigIntegerField(primary_key=True)
    salt = models.BinaryField(max_length=16)
    open = models.JSONField()
    enc = models.BinaryField(null=True, blank=True)
    """Personal fields, sealed with the case's dossier key."""

    class Meta:
        ordering = ["seq"]
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.seq)


class ChainHead(models.Model):
    """The end of the chain: one row, locked last in a transaction."""

    seq = models.BigIntegerField(default=0)
    mac = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.seq)
