"""Choices about marketing, the systems they must take effect in, and who gets none."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from requests_app.domain.channels import ChoiceSource, Exact, MarketingKind, TaskState

from .cases import Case, codes, new_ref
from .people import User
from .register import System


class MarketingChoice(models.Model):
    """That somebody withdrew consent to marketing, or gave it: when, how and in which words (Art. 7(1), 7(3)). Never a case by itself."""

    ref = models.CharField(max_length=26, unique=True, default=new_ref)
    kind = models.CharField(max_length=10, choices=codes(MarketingKind))
    source = models.CharField(max_length=10, choices=codes(ChoiceSource))
    email_enc = models.BinaryField(null=True, blank=True)
    phone_enc = models.BinaryField(null=True, blank=True)
    mac = models.BinaryField(max_length=32, db_index=True)
    mac_key_id = models.CharField(max_length=16)
    wording = models.TextField(blank=True)
    """What the person was asked or shown; our words, never the person's."""
    note_enc = models.BinaryField(null=True, blank=True)
    chosen_at = models.DateTimeField()
    """When the person said it, which may be before it was written down; with ``exact``, the instant it counts from."""
    exact = models.CharField(max_length=6, choices=codes(Exact), default=Exact.MOMENT.value)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("marketing choice")
        verbose_name_plural = _("marketing choices")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.ref


class MarketingTask(models.Model):
    """One system that a choice must take effect in: state, lease, attempts and what the system answered."""

    choice = models.ForeignKey(MarketingChoice, models.CASCADE, related_name="tasks")
    system = models.ForeignKey(System, models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=codes(TaskState), default=TaskState.PENDING.value)
    token = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=20, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    """What the system answered: status, its own id and time; nothing about the person."""
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    """Who did it by hand, when the system could not be told."""
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["choice", "system__position"]
        constraints = [models.UniqueConstraint(fields=["choice", "system"], name="marketingtask_once")]
        indexes = [
            models.Index(
                fields=["not_before", "id"], name="marketingtask_open", condition=~Q(state=TaskState.DONE.value)
            )
        ]

    def __str__(self) -> str:
        return f"{self.choice_id}/{self.system_id}"


class Suppression(models.Model):
    """An address or number that gets no marketing. Only a keyed hash, so that it can outlive an erasure (Art. 21(3))."""

    kind = models.CharField(max_length=8, choices=[("email", "email"), ("phone", "phone")])
    mac = models.BinaryField(max_length=32)
    mac_key_id = models.CharField(max_length=16)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "mac"], name="suppression_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
