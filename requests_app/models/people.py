"""Staff, teams and the policy they work by. A customer is never a User."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Staff are known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A member of staff; without a password nobody can log in with one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Being superuser opens the register and the staff list, never a case."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(
        _("language"), max_length=2, choices=[("sv", "Svenska"), ("en", "English")], default="sv"
    )
    notify = models.CharField(
        _("mail about work"),
        max_length=6,
        choices=[("each", _("One mail for each event")), ("daily", _("One mail a day"))],
        default="each",
    )
    is_staff = models.BooleanField(_("may log in to the admin"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("since"), default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name, as the admin shows who is logged in."""
        return self.name

    def get_short_name(self) -> str:
        """The name, as the admin greets with."""
        return self.name


class Team(models.Model):
    """The people a case is open to. guardian permissions on the team open all its cases that are not protected."""

    key = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    approver = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who approves"),
        help_text=_(
            "Legal's first pair of eyes for the team. Empty: everybody of legal who oversees the team is told."
        ),
    )
    substitute = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("substitute"),
        help_text=_("Is told when an approval has waited three working days, or when the first one asked for it."),
    )

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]
        permissions = [
            ("work_team", "Work the cases of the team"),
            ("oversee_team", "See when the cases of the team are due"),
        ]

    def __str__(self) -> str:
        return self.name


class Policy(models.Model):
    """One version of what law and business leave open: eves, pauses, sender, court text. Never changed, only followed by a next."""

    version = models.PositiveIntegerField(_("version"), unique=True)
    valid_from = models.DateTimeField(_("valid from"), default=timezone.now)
    values = models.JSONField(_("values"))
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("entered by"))
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.version}"


class Notice(models.Model):
    """Something one person was told once, however often the job runs."""

    kind = models.CharField(max_length=40)
    subject_key = models.CharField(max_length=80)
    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    told_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    diary_no = models.CharField(max_length=20, blank=True)
    """The only thing a mail says about the case."""
    case_ref = models.CharField(max_length=26, blank=True)
    params = models.JSONField(default=dict, blank=True)
    """What the sentence needs beside it (a system's key, a number of days); never anything about the person."""
    mail = models.ForeignKey("OutgoingMail", models.SET_NULL, null=True, blank=True, related_name="notices")
    """The mail that told it; empty while none has been written."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject_key", "user"], name="notice_told_once")]
        indexes = [models.Index(fields=["user", "id"], name="notice_unmailed", condition=models.Q(mail__isnull=True))]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_key}"


class CalendarFeed(models.Model):
    """A secret address that a calendar program reads due dates from. Only its hash is kept; a new one takes the old one's place."""

    user = models.ForeignKey(User, models.CASCADE, related_name="calendar_feeds", verbose_name=_("whose"))
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("cases of the team")
    )
    """Empty: the cases the person handles."""
    token_sha = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d}"
