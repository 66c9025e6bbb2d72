"""How what was gathered becomes an answer and leaves: wording, masks, confirmed addresses, deliveries, and one that went astray."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from requests_app.domain.rights import ContactBasis, Ground, Way

from .cases import Case, codes
from .gathering import StoredFile
from .people import User
from .register import System


class LetterTemplate(models.Model):
    """One version of the wording of a letter in one language. Never changed, only followed by a next."""

    key = models.CharField(_("letter"), max_length=20)
    lang = models.CharField(_("language"), max_length=2, choices=[("sv", "Svenska"), ("en", "English")])
    version = models.PositiveIntegerField(_("version"))
    wording = models.JSONField(_("wording"))
    """Name of a passage -> its text, for the passages that differ from what we ship."""
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["key", "lang", "-version"]
        constraints = [models.UniqueConstraint(fields=["key", "lang", "version"], name="lettertemplate_version_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.lang} {self.version}"


class Mask(models.Model):
    """A part of the gathered data that is withheld. It is laid over what was gathered, which stays as it is."""

    CATEGORY = "category"
    RECORD = "record"
    VALUE = "value"
    SPAN = "span"

    case = models.ForeignKey(Case, models.CASCADE, related_name="masks")
    system = models.ForeignKey(System, models.PROTECT, related_name="+")
    category = models.CharField(max_length=60)
    scope = models.CharField(
        max_length=8, choices=[(CATEGORY, CATEGORY), (RECORD, RECORD), (VALUE, VALUE), (SPAN, SPAN)]
    )
    place_enc = models.BinaryField(null=True, blank=True)
    """``{"record", "path", "start", "end", "text"}`` as far as the scope needs, sealed with the gathered key."""
    record_mac = models.BinaryField(max_length=32, null=True, blank=True)
    """Hash of the record's key under the gathered key, by which a page finds the masks of its records. None for a whole category, and for
    masks from before it was kept."""
    ground = models.CharField(max_length=20, choices=codes(Ground))
    note_enc = models.BinaryField(null=True, blank=True)
    """Why, sealed with the dossier key."""
    rule = models.CharField(max_length=40, blank=True)
    """The standing rule that laid it; empty when a person chose it."""
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mask")
        verbose_name_plural = _("masks")
        ordering = ["case", "id"]
        indexes = [
            models.Index(fields=["case", "system", "category"], name="mask_laid", condition=Q(undone_at__isnull=True)),
            models.Index(
                fields=["case", "system", "category", "record_mac"],
                name="mask_record",
                condition=Q(undone_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.scope


class ContactConfirmation(models.Model):
    """A second person's word that an answer may leave this way to this address: one stated in the request only, or a protected person's."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="contact_confirmations")
    way = models.CharField(max_length=8, choices=codes(Way))
    contact_sha = models.CharField(max_length=64)
    """Hash of way and address: a changed address needs a new word."""
    contact_enc = models.BinaryField(null=True, blank=True)
    """The address as it was shown, sealed with the dossier key."""
    basis = models.CharField(max_length=20, choices=codes(ContactBasis))
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    confirmed = models.BooleanField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")), name="contact_by_another"
            ),
            models.UniqueConstraint(
                fields=["case", "way", "contact_sha"], condition=Q(confirmed__isnull=True), name="contact_asked_once"
            ),
        ]

    def __str__(self) -> str:
        return self.way


class Delivery(models.Model):
    """That a document left: which, how, by whom, when, and what the person did with it."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="deliveries")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="deliveries")
    way = models.CharField(max_length=8)
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    dispatched_at = models.DateTimeField(default=timezone.now)
    idem_key = models.CharField(max_length=80, unique=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    to_enc = models.BinaryField(null=True, blank=True)
    """The address it went to, sealed with the dossier key."""
    basis = models.CharField(max_length=20, choices=codes(ContactBasis), blank=True)
    """Where the address came from."""
    confirmation = models.ForeignKey(ContactConfirmation, models.PROTECT, null=True, blank=True, related_name="+")
    id_checked = models.CharField(max_length=40, blank=True)
    """At a visit: the kind of identity document that was checked, never its number."""
    secret_enc = models.BinaryField(null=True, blank=True)
    """The password of an encrypted PDF, sealed with the dossier key until it has been given."""
    secret_way = models.CharField(max_length=8, blank=True)
    """How the password was given: ``phone``, ``sms``, ``post``, ``visit``."""
    secret_given_at = models.DateTimeField(null=True, blank=True)
    secret_given_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    returned_at = models.DateTimeField(null=True, blank=True)
    """When it came back: a bounced mail, a returned letter, or an answer never fetched."""
    returned_why = models.CharField(max_length=12, blank=True)
    """``bounced``, ``post`` or ``not_fetched``."""
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["case", "-id"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")

    def __str__(self) -> str:
        return f"{self.way} {self.sha256[:8]}"


class Breach(models.Model):
    """An answer that reached the wrong person: 72 hours to tell the authority (Art. 33), from when it was noticed."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="breaches")
    delivery = models.OneToOneField(Delivery, models.PROTECT, related_name="breach")
    noticed_at = models.DateTimeField()
    report_by = models.DateTimeField()
    """72 hours after it was noticed."""
    what_enc = models.BinaryField()
    """What happened, sealed with the dossier key."""
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(
        max_length=12, choices=[("reported", "reported"), ("not_reported", "not_reported")], blank=True
    )
    """Legal's word: reported to the authority, or no risk to the person and therefore not."""
    person_told = models.BooleanField(null=True, blank=True)
    """Whether the person concerned has been told (Art. 34)."""
    verdict_enc = models.BinaryField(null=True, blank=True)
    verdict_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    verdict_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["report_by"]

    def __str__(self) -> str:
        return self.verdict or "open"
