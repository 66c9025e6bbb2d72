"""Mail that leaves: rows are the queue, as for gathering and documents. Nothing here names a person but a sealed address."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .answers import Delivery
from .cases import Case, new_ref
from .gathering import StoredFile
from .people import User


class OutgoingMail(models.Model):
    """One mail to one receiver: a member of staff (``user``), or a person whose address stands sealed (``to_enc``)."""

    PENDING = "pending"
    RUNNING = "running"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    STATES = [(PENDING, PENDING), (RUNNING, RUNNING), (SENT, SENT), (FAILED, FAILED), (BOUNCED, BOUNCED)]

    ref = models.CharField(max_length=26, unique=True, default=new_ref)
    kind = models.CharField(max_length=24)
    """``notice``, ``digest``, ``report``, ``answer``, ``letter``, ``login``."""
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    case = models.ForeignKey(Case, models.CASCADE, null=True, blank=True, related_name="mails")
    delivery = models.ForeignKey(Delivery, models.CASCADE, null=True, blank=True, related_name="mails")
    to_enc = models.BinaryField(null=True, blank=True)
    """The address, sealed with the case's dossier key; of a mail without a case the address and the link's secret, sealed by themselves."""
    language = models.CharField(max_length=2, default="sv")
    params = models.JSONField(default=dict, blank=True)
    """What the text is made of; never anything about a person but the diary number."""
    attachment = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=8, choices=STATES, default=PENDING)
    token = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=40, blank=True)
    message_id = models.CharField(max_length=120, unique=True)
    """The same at every attempt, so that a receiver sees that a mail sent twice is one."""
    idem_key = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mail")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, to_enc__isnull=True) | Q(user__isnull=True, to_enc__isnull=False),
                name="outgoingmail_one_receiver",
            )
        ]
        indexes = [
            models.Index(fields=["not_before", "id"], name="mail_due", condition=Q(state__in=["pending", "running"]))
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


class Bounce(models.Model):
    """A report that a mail could not be delivered (RFC 3464), each taken once."""

    sha256 = models.CharField(max_length=64, unique=True)
    mail = models.ForeignKey(OutgoingMail, models.CASCADE, null=True, blank=True, related_name="bounces")
    status = models.CharField(max_length=12, blank=True)
    """Enhanced status code (RFC 3463), such as ``5.1.1``."""
    action = models.CharField(max_length=12, blank=True)
    """``failed``, ``delayed``, ``delivered``, ``relayed`` or ``expanded``."""
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.status
