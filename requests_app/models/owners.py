"""The pages of system owners: links to one task, questions about it, and how their files were read."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .cases import new_ref
from .gathering import Collection
from .people import User
from .register import System


class OwnerLink(models.Model):
    """A link by which the owner of a system answers one task. Only hashes of its secrets are kept."""

    ref = models.CharField(max_length=26, unique=True, default=new_ref)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="owner_links")
    mac = models.BinaryField(max_length=32, unique=True)
    code_mac = models.BinaryField(max_length=32, null=True, blank=True)
    """Hash of the code that goes another way, when one is asked for."""
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    email_enc = models.BinaryField()
    language = models.CharField(max_length=2, default="sv")
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection"],
                condition=Q(revoked_at__isnull=True, answered_at__isnull=True),
                name="ownerlink_one_living",
            )
        ]

    def __str__(self) -> str:
        return self.ref


class OwnerMessage(models.Model):
    """A question from the owner of a system about one task, and what the coordinator answered. Sealed with the dossier."""

    IN = "in"
    OUT = "out"

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="owner_messages")
    direction = models.CharField(max_length=3, choices=[(IN, IN), (OUT, OUT)])
    body_enc = models.BinaryField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.collection_id}/{self.pk}"


class UploadMapping(models.Model):
    """How the columns of a file from one system were read last time, so that the same shape is read alike again."""

    system = models.ForeignKey(System, models.CASCADE, related_name="upload_mappings")
    shape_sha = models.CharField(max_length=64)
    """Hash of the column names in their order."""
    mapping = models.JSONField()
    """Column name -> label, kind and category; names of columns, never values."""
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "shape_sha"], name="uploadmapping_once")]

    def __str__(self) -> str:
        return f"{self.system_id} {self.shape_sha[:8]}"
