"""The ways a request reaches us: logins by mail, representatives, messages, mailboxes, and what is held before there is a case."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from requests_app.domain.channels import Capacity, Dismissal, HeldKind, LinkPurpose, MailState, MessageChannel

from .cases import Case, CaseParty, codes, new_ref
from .gathering import StoredFile
from .people import User


class Throttle(models.Model):
    """How often something was tried in one window of time; the key is a hash, so that the table tells nothing about anybody."""

    scope = models.CharField(max_length=40)
    mac = models.BinaryField(max_length=32)
    window = models.BigIntegerField()
    """Number of the window since 1970: seconds divided by its length."""
    n = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "mac", "window"], name="throttle_once")]

    def __str__(self) -> str:
        return f"{self.scope} {self.window}"


class HeldFile(models.Model):
    """Sealed content that belongs to no case yet, under a key of its own: a mail, or what is attached to a draft."""

    ref = models.CharField(max_length=26, unique=True, default=new_ref)
    kind = models.CharField(max_length=8, choices=codes(HeldKind))
    owner = models.CharField(max_length=64, db_index=True)
    """What it is held for: the id of a draft, or the reference of a mail."""
    key_enc = models.BinaryField()
    path = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    name_enc = models.BinaryField()
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """When it goes by itself; empty while somebody has to decide about it."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.ref


class OneTimeLink(models.Model):
    """A link that was mailed to confirm an address. Only a hash of its secret is kept, and it opens once."""

    mac = models.BinaryField(max_length=32, unique=True)
    purpose = models.CharField(max_length=8, choices=codes(LinkPurpose))
    email_enc = models.BinaryField()
    email_mac = models.BinaryField(max_length=32, db_index=True)
    language = models.CharField(max_length=2, default="sv")
    next = models.CharField(max_length=200, blank=True)
    party = models.ForeignKey(CaseParty, models.CASCADE, null=True, blank=True, related_name="links")
    """Who is written to at the address once it is confirmed; empty for a login."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class Representation(models.Model):
    """On what footing somebody acts for the person of a case, and who looked at the proof (FB 6:11, 10-11; EDPB 01/2022, 80-81)."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="representation")
    capacity = models.CharField(max_length=14, choices=codes(Capacity))
    basis_enc = models.BinaryField(null=True, blank=True)
    """What the representative wrote about it; sealed with the dossier."""
    proofs = models.ManyToManyField(StoredFile, blank=True, related_name="+")
    """What was sent to show it, such as a power of attorney in several pictures."""
    confirmed = models.BooleanField(null=True, blank=True)
    """None until a member of staff has looked at it."""
    checked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    note_enc = models.BinaryField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed__isnull=True) | Q(checked_by__isnull=False, checked_at__isnull=False),
                name="representation_checked_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return self.capacity


class CaseMessage(models.Model):
    """One message between the person and us. A mail about it says only that there is one."""

    IN = "in"
    OUT = "out"

    ref = models.CharField(max_length=26, unique=True, default=new_ref)
    case = models.ForeignKey(Case, models.CASCADE, related_name="messages")
    direction = models.CharField(max_length=3, choices=[(IN, IN), (OUT, OUT)])
    channel = models.CharField(max_length=8, choices=codes(MessageChannel))
    body_enc = models.BinaryField()
    files = models.ManyToManyField(StoredFile, blank=True, related_name="messages")
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    idem_key = models.CharField(max_length=80, null=True, blank=True, unique=True)
    """What makes a second sending of the same message known."""
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["case", "at"], name="message_of_case"),
            models.Index(fields=["case"], name="message_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.ref


class MailSource(models.Model):
    """A mailbox and a folder in it from which mails are taken in; row and place in the queue in one."""

    key = models.SlugField(_("key"), unique=True, max_length=40)
    name = models.CharField(_("name"), max_length=80)
    host = models.CharField(_("server"), max_length=200)
    port = models.PositiveIntegerField(_("port"), default=993)
    security = models.CharField(
        _("encryption"),
        max_length=8,
        choices=[("tls", "TLS"), ("starttls", "STARTTLS"), ("none", _("None"))],
        default="tls",
    )
    user = models.CharField(_("user name"), max_length=200)
    secret_enc = models.BinaryField(null=True, blank=True)
    folder = models.CharField(_("folder"), max_length=200)
    done_folder = models.CharField(_("move taken mails to"), max_length=200, blank=True)
    """Empty: taken mails stay, marked with the keyword $Hemdsr."""
    active = models.BooleanField(_("active"), default=True)
    uidvalidity = models.BigIntegerField(null=True, blank=True)
    last_uid = models.BigIntegerField(default=0)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=20, blank=True)
    fault_since = models.DateTimeField(null=True, blank=True)
    tries = models.JSONField(default=dict, blank=True)
    """How often the mails that have not come in yet were tried, by UID."""

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class IncomingMail(models.Model):
    """One mail of a mailbox: a proposal until somebody accepts, joins or dismisses it. Its content is sealed under a key of its own."""

    ref = models.CharField(max_length=26, unique=True, default=new_ref)
    source = models.ForeignKey(MailSource, models.PROTECT, related_name="mails")
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField()
    message_id_mac = models.BinaryField(max_length=32, null=True, blank=True, db_index=True)
    content_mac = models.BinaryField(max_length=32, db_index=True)
    mac_key_id = models.CharField(max_length=16)
    size = models.PositiveBigIntegerField()
    received_at = models.DateTimeField()
    """When it reached the mailbox, by the server's own clock (INTERNALDATE)."""
    state = models.CharField(max_length=10, choices=codes(MailState), default=MailState.PROPOSED.value)
    broken = models.BooleanField(default=False)
    """It could not be taken in as others are: it is kept as it came, and nothing in it is read."""
    guess = models.JSONField(default=dict)
    """Guessed rights and language with the words they rest on; never a text of the mail."""
    seems = models.CharField(max_length=12, choices=codes(Dismissal), blank=True)
    """What it was recognised as, such as an automatic reply or a bounce."""
    raw = models.ForeignKey(HeldFile, models.SET_NULL, null=True, blank=True, related_name="+")
    case = models.ForeignKey(Case, models.CASCADE, null=True, blank=True, related_name="incoming_mails")
    suggested = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+")
    """The case its thread belongs to, by diary number or References."""
    reason = models.CharField(max_length=12, choices=codes(Dismissal), blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    marked_at = models.DateTimeField(null=True, blank=True)
    """When the mailbox was told (flag or move)."""
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mail")
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "uidvalidity", "uid"], name="incoming_once"),
            models.CheckConstraint(
                condition=Q(state=MailState.PROPOSED.value) | Q(decided_at__isnull=False), name="incoming_decided_at"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[MailState.ACCEPTED.value, MailState.JOINED.value]) | Q(case__isnull=False),
                name="incoming_has_its_case",
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at", "id"], name="incoming_proposed", condition=Q(state=MailState.PROPOSED.value)
            )
        ]

    def __str__(self) -> str:
        return self.ref
