"""The Art. 30 register: systems, what is processed in them, for whom, how long; and how each is gathered from."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy as _

from .people import User


class Bilingual:
    """``name`` (or another text) in the language in use."""

    def in_language(self, stem: str) -> str:
        """The field ``<stem>_en`` in English, else ``<stem>_sv``; the other language when one is empty."""
        first, second = ("en", "sv") if (get_language() or "sv").startswith("en") else ("sv", "en")
        return str(getattr(self, f"{stem}_{first}") or getattr(self, f"{stem}_{second}"))


class Statement(models.Model):
    """Something the register says. What is only assumed prints in no answer until a person has confirmed it."""

    assumption = models.BooleanField(_("assumption"), default=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("confirmed by")
    )
    rows = models.JSONField(_("rows of the guideline"), default=list, blank=True)
    """Ids of the rows of the guideline's inventory it rests on."""

    class Meta:
        abstract = True

    @property
    def printable(self) -> bool:
        """Whether it may stand in an answer."""
        return not self.assumption or self.confirmed_at is not None

    @property
    def statement_key(self) -> str:
        """What a case refers to it by."""
        return f"{self._meta.model_name}:{self.pk}"


class RegisterRow(models.Model):
    """One row of the inventory of HEM's guideline, with its quote."""

    row_id = models.CharField(_("row"), max_length=12, unique=True)
    kind = models.CharField(_("kind"), max_length=20, db_index=True)
    name_sv = models.CharField(_("name"), max_length=200)
    section = models.CharField(_("section"), max_length=120)
    quote = models.TextField(_("quote"), blank=True)
    data = models.JSONField(_("facts"), default=dict)
    gap = models.TextField(_("assumption or gap"), blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("row of the guideline")
        verbose_name_plural = _("rows of the guideline")
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.row_id} {self.name_sv}"

    @property
    def gap_text(self) -> str:
        """The assumption or gap in the language in use."""
        lang = "en" if (get_language() or "sv").startswith("en") else "sv"
        return str(self.data.get(f"gap_{lang}") or self.gap)


class System(Bilingual, Statement):
    """A system that holds personal data."""

    key = models.SlugField(_("key"), unique=True, max_length=40)
    name_sv = models.CharField(_("name in Swedish"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120)
    about_sv = models.TextField(_("what it is, in Swedish"), blank=True)
    about_en = models.TextField(_("what it is, in English"), blank=True)
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="owned_systems", verbose_name=_("owner")
    )
    owner_name = models.CharField(_("owner's name or role"), max_length=120, blank=True)
    owner_email = models.EmailField(_("owner's e-mail address"), blank=True)
    """Where the link to a task goes when the owner does not log in here."""
    owner_phone = models.CharField(_("owner's telephone number"), max_length=40, blank=True)
    owner_code = models.BooleanField(_("the link needs a code that is given by telephone"), default=False)
    controller = models.CharField(_("controller"), max_length=120, default="Halmstads Energi och Miljö AB")
    needs_personnummer = models.BooleanField(_("is searched by personnummer"), default=False)
    needs_cookie = models.BooleanField(_("cannot be searched without a cookie id (Art. 11)"), default=False)
    active = models.BooleanField(_("active"), default=True)
    position = models.PositiveIntegerField(_("order"), default=0)
    at_once = models.PositiveSmallIntegerField(
        _("gatherings at once"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "How many cases may be searched in it at the same moment, over all workers. Empty: as many as there are."
        ),
    )
    off_at = models.DateTimeField(_("switched off"), null=True, blank=True, editable=False)
    """Since when no program asks it; a person looks in it meanwhile."""
    off_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", editable=False)
    off_reason = models.CharField(max_length=200, blank=True, editable=False)
    next_check_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When its connection is tried next, without anybody's data."""
    down_since = models.DateTimeField(null=True, blank=True, editable=False)
    """When the tries began to fail, once that has been told."""

    class Meta:
        verbose_name = _("system")
        verbose_name_plural = _("systems")
        ordering = ["position", "key"]

    def __str__(self) -> str:
        return self.in_language("name")


class SystemVersion(models.Model):
    """One immutable version of how a system is gathered from; every collection says which it used."""

    system = models.ForeignKey(System, models.PROTECT, related_name="versions")
    n = models.PositiveIntegerField()
    connector = models.CharField(_("connector"), max_length=40)
    settings = models.JSONField(_("settings"), default=dict)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["system", "-n"]
        constraints = [models.UniqueConstraint(fields=["system", "n"], name="systemversion_number_once")]

    def __str__(self) -> str:
        return f"{self.system_id} v{self.n}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only ever inserted."""
        if self.pk is not None:
            raise PermissionDenied("a version of a system is never changed")
        super().save(*args, **kwargs)


class SystemSecret(models.Model):
    """A secret of a system's connector, sealed; never shown again."""

    system = models.ForeignKey(System, models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=40)
    enc = models.BinaryField()
    set_at = models.DateTimeField(default=timezone.now)
    expires_on = models.DateField(null=True, blank=True)
    """The last day it holds: entered, or read from a certificate."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "name"], name="systemsecret_once")]

    def __str__(self) -> str:
        return self.name


class SystemPace(models.Model):
    """When the next request to a system that is asked at a pace may be made; shared by all workers."""

    system = models.OneToOneField(System, models.CASCADE, primary_key=True, related_name="pace")
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.system_id} {self.free_at:%H:%M:%S}"


class SystemCheck(models.Model):
    """One try of a system's connection, without a person's data."""

    system = models.ForeignKey(System, models.CASCADE, related_name="checks")
    at = models.DateTimeField(default=timezone.now)
    ok = models.BooleanField()
    fault = models.CharField(max_length=40, blank=True)
    params = models.JSONField(default=dict, blank=True)
    """What the sentence of the fault is filled in with; never a value, an address or a secret."""
    milliseconds = models.PositiveIntegerField()
    scheduled = models.BooleanField(default=True)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["at"], name="systemcheck_at")]

    def __str__(self) -> str:
        return f"{self.system_id} {self.at:%Y-%m-%d %H:%M}"


class SearchProfile(Bilingual, models.Model):
    """What kind of person asks, which proposes the systems to search."""

    key = models.SlugField(_("key"), unique=True, max_length=40)
    name_sv = models.CharField(_("name in Swedish"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80)
    systems = models.ManyToManyField(System, related_name="profiles", verbose_name=_("systems"))
    position = models.PositiveIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("search profile")
        verbose_name_plural = _("search profiles")
        ordering = ["position", "key"]

    def __str__(self) -> str:
        return self.in_language("name")


class DataCategory(Bilingual, models.Model):
    """A category of personal data as the register names it."""

    key = models.SlugField(_("key"), unique=True, max_length=60)
    name_sv = models.CharField(_("name in Swedish"), max_length=160)
    name_en = models.CharField(_("name in English"), max_length=160)
    special = models.BooleanField(_("special category (Art. 9)"), default=False)
    rows = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("category of personal data")
        verbose_name_plural = _("categories of personal data")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.in_language("name")


class RetentionRule(Bilingual, Statement):
    """How long something is kept, as a period or as criteria one can apply (Art. 15(1)(d))."""

    key = models.SlugField(_("key"), unique=True, max_length=60)
    text_sv = models.TextField(_("text in Swedish"))
    text_en = models.TextField(_("text in English"))
    law = models.CharField(_("law"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.in_language("text")


class Recipient(Bilingual, Statement):
    """Who gets personal data: a processor, another controller, a joint one (Art. 15(1)(c), C-154/21: by name)."""

    ROLES = [
        ("processor", _("processor")),
        ("controller", _("independent controller")),
        ("joint", _("joint controller")),
        ("public", _("the public")),
    ]

    key = models.SlugField(_("key"), unique=True, max_length=60)
    name_sv = models.CharField(_("name in Swedish"), max_length=160)
    name_en = models.CharField(_("name in English"), max_length=160)
    role = models.CharField(_("role"), max_length=10, choices=ROLES)
    does_sv = models.CharField(_("what for, in Swedish"), max_length=200, blank=True)
    does_en = models.CharField(_("what for, in English"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.in_language("name")


class Processing(Bilingual, Statement):
    """A processing activity: one purpose with its legal basis."""

    key = models.SlugField(_("key"), unique=True, max_length=60)
    purpose_sv = models.TextField(_("purpose in Swedish"))
    purpose_en = models.TextField(_("purpose in English"))
    legal_basis = models.CharField(_("legal basis (code)"), max_length=40)
    legal_basis_sv = models.CharField(_("legal basis in Swedish"), max_length=300)
    legal_basis_en = models.CharField(_("legal basis in English"), max_length=300)
    profiling = models.BooleanField(_("profiling"), default=False)
    automated_sv = models.TextField(_("automated decisions and profiling, in Swedish"), blank=True)
    automated_en = models.TextField(_("automated decisions and profiling, in English"), blank=True)
    marketing = models.BooleanField(_("marketing"), default=False)

    class Meta:
        verbose_name = _("processing activity")
        verbose_name_plural = _("processing activities")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.in_language("purpose")


class ProcessingItem(Bilingual, Statement):
    """One link of the map: a category, in a system, for a processing, with its source and how long it is kept."""

    processing = models.ForeignKey(
        Processing, models.CASCADE, related_name="items", verbose_name=_("processing activity")
    )
    system = models.ForeignKey(System, models.CASCADE, related_name="items", verbose_name=_("system"))
    category = models.ForeignKey(DataCategory, models.PROTECT, related_name="items", verbose_name=_("category"))
    retention_rule = models.ForeignKey(RetentionRule, models.PROTECT, related_name="items", verbose_name=_("kept"))
    source_sv = models.CharField(_("source in Swedish"), max_length=200)
    source_en = models.CharField(_("source in English"), max_length=200)

    class Meta:
        verbose_name = _("item of processing")
        verbose_name_plural = _("items of processing")
        ordering = ["system", "processing", "category"]
        constraints = [models.UniqueConstraint(fields=["processing", "system", "category"], name="processingitem_once")]

    def __str__(self) -> str:
        return f"{self.system} · {self.category} · {self.processing}"


class ItemRecipient(Bilingual, Statement):
    """That a recipient gets an item, and what protects it when that means a transfer outside the EU/EEA (Art. 15(2))."""

    item = models.ForeignKey(ProcessingItem, models.CASCADE, related_name="recipients", verbose_name=_("item"))
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="items", verbose_name=_("recipient"))
    transfer_sv = models.CharField(_("transfer outside the EU/EEA, in Swedish"), max_length=300, blank=True)
    transfer_en = models.CharField(_("transfer outside the EU/EEA, in English"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("recipient of an item")
        verbose_name_plural = _("recipients of items")
        ordering = ["item", "recipient"]
        constraints = [models.UniqueConstraint(fields=["item", "recipient"], name="itemrecipient_once")]

    def __str__(self) -> str:
        return f"{self.recipient} · {self.item}"


class LoadedFact(models.Model):
    """What the register's data files last wrote at one place, so that loading them again never undoes what staff changed."""

    place = models.CharField(max_length=200, unique=True)
    """Model and key, such as ``processing:nyhetsbrev``."""
    digest = models.CharField(max_length=64)
    """SHA-256 of the values as they were loaded; other values there now mean that somebody changed them."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.place
