"""Systems that file and follow requests over the API."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .cases import Case
from .people import User


class ApiClient(models.Model):
    """A system that may file and follow requests over the API, such as the back end of Mina sidor."""

    client_id = models.CharField(_("client id"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    secret_mac = models.BinaryField(max_length=32)
    old_secret_mac = models.BinaryField(max_length=32, null=True, blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    """Until when the secret before the last change still opens, so that the client can be changed over."""
    scopes = models.JSONField(_("scopes"), default=list)
    issuer = models.CharField(_("issuer of the logins it speaks for"), max_length=200)
    per_minute = models.PositiveIntegerField(_("requests per minute"), default=120)
    active = models.BooleanField(_("active"), default=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """An access token of a client: only its hash is kept, and it is short-lived (RFC 6749, 4.4)."""

    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="tokens")
    mac = models.BinaryField(max_length=32, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.client_id} {self.pk}"


class IdemKey(models.Model):
    """What a client sent under an idempotency key and what it was answered; another body under the same key is refused."""

    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="idem_keys")
    mac = models.BinaryField(max_length=32)
    operation = models.CharField(max_length=40)
    body_sha = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    """The status that was answered; 0 while the first request is being handled."""
    case = models.ForeignKey(Case, models.CASCADE, null=True, blank=True, related_name="+")
    result_ref = models.CharField(max_length=26, blank=True)
    """Reference of what the request made, when that is not the case itself."""
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "mac"], name="idemkey_once")]

    def __str__(self) -> str:
        return f"{self.client_id} {self.pk}"
