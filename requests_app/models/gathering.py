"""What is to be gathered, what was, and the keys that seal it. The rows are the only truth about what should run."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from requests_app.domain.records import Kind
from requests_app.domain.rights import ContactBasis, Ground, Way
from requests_app.domain.states import CollectionOutcome, CollectionState

from .cases import Case, codes
from .people import User
from .register import System, SystemVersion


class CaseKey(models.Model):
    """A data key of a case, wrapped by the master key. Without it what it sealed is gone, so this table has a backup of its own."""

    GATHERED = "gathered"
    DOSSIER = "dossier"

    case = models.ForeignKey(Case, models.CASCADE, related_name="keys")
    purpose = models.CharField(max_length=8, choices=[(GATHERED, GATHERED), (DOSSIER, DOSSIER)])
    wrapped = models.BinaryField(null=True)
    kek_id = models.CharField(max_length=16)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "purpose"], name="casekey_once"),
            models.CheckConstraint(
                condition=Q(wrapped__isnull=False) | Q(destroyed_at__isnull=False), name="casekey_gone_is_destroyed"
            ),
        ]

    def __str__(self) -> str:
        return self.purpose


class Collection(models.Model):
    """The gathering from one system in one round: row, queue and outcome in one."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="collections")
    system = models.ForeignKey(System, models.PROTECT, related_name="collections")
    system_version = models.ForeignKey(SystemVersion, models.PROTECT, null=True, related_name="+")
    round = models.PositiveSmallIntegerField()
    current = models.BooleanField(default=True)
    """Whether this is the system's newest round: what the case page shows and the answer is made of."""
    state = models.CharField(max_length=8, choices=codes(CollectionState), default=CollectionState.PENDING.value)
    outcome = models.CharField(max_length=14, choices=codes(CollectionOutcome), blank=True)
    token = models.UUIDField(null=True, blank=True)
    """Fencing: only who holds it may write."""
    attempts = models.PositiveIntegerField(default=0)
    """Failed attempts in a row; a page that was kept sets it back to zero."""
    runs = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    """When it was last handed to the broker, so that a sweep does not send it again while it waits there."""
    lease_until = models.DateTimeField(null=True, blank=True)
    cursor_enc = models.BinaryField(null=True, blank=True)
    next_seq = models.PositiveIntegerField(default=0)
    records = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    fault = models.CharField(max_length=20, blank=True)
    fault_params = models.JSONField(default=dict, blank=True)
    searched_by = models.JSONField(default=list, blank=True)
    """Kinds of identifiers, never their values."""
    searched_from = models.DateField(null=True, blank=True)
    searched_to = models.DateField(null=True, blank=True)
    reason_enc = models.BinaryField(null=True, blank=True)
    """Why it was left out, sealed with the dossier key."""
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("gathering")
        verbose_name_plural = _("gatherings")
        ordering = ["case", "system__position", "round"]
        constraints = [
            models.UniqueConstraint(fields=["case", "system", "round"], name="collection_once_a_round"),
            models.UniqueConstraint(
                fields=["case", "system"], condition=Q(current=True), name="collection_one_current"
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"], name="collection_pending", condition=Q(state=CollectionState.PENDING.value)
            ),
            models.Index(
                fields=["lease_until", "id"],
                name="collection_running",
                condition=Q(state=CollectionState.RUNNING.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.system_id}/{self.round}"


class Candidate(models.Model):
    """Somebody a system found who may be the person."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="candidates")
    n = models.PositiveSmallIntegerField()
    enc = models.BinaryField()
    chosen = models.BooleanField(null=True, blank=True)

    class Meta:
        ordering = ["collection", "n"]
        constraints = [models.UniqueConstraint(fields=["collection", "n"], name="candidate_once")]

    def __str__(self) -> str:
        return str(self.n)


class Batch(models.Model):
    """At most 1,000 records of one category, compressed and sealed with the gathered key."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="batches")
    token = models.UUIDField()
    category = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=codes(Kind))
    seq = models.PositiveIntegerField()
    n = models.PositiveIntegerField()
    first_on = models.DateField(null=True, blank=True)
    last_on = models.DateField(null=True, blank=True)
    blob = models.BinaryField()

    class Meta:
        ordering = ["collection", "category", "seq"]
        constraints = [models.UniqueConstraint(fields=["collection", "category", "seq"], name="batch_once")]

    def __str__(self) -> str:
        return f"{self.category} {self.seq}"


class Action(models.Model):
    """A change to carry out in one system, done by a person in that system."""

    ASKED = "asked"
    DONE = "done"
    RESULTS = [("done", "done"), ("partly", "partly"), ("kept", "kept"), ("nothing_found", "nothing_found")]

    case = models.ForeignKey(Case, models.CASCADE, related_name="actions")
    system = models.ForeignKey(System, models.PROTECT, related_name="actions")
    VERBS = [
        ("rectify", "rectify"),
        ("erase", "erase"),
        ("restrict", "restrict"),
        ("object", "object"),
        ("stop_marketing", "stop_marketing"),
    ]

    verb = models.CharField(max_length=16, choices=VERBS)
    target_key = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=6, choices=[(ASKED, ASKED), (DONE, DONE)], default=ASKED)
    result = models.CharField(max_length=14, choices=RESULTS, blank=True)
    note_enc = models.BinaryField(null=True, blank=True)
    """What was changed, or what is kept, why and until when; sealed with the dossier key and told in the letter."""
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["case", "system__position"]
        constraints = [models.UniqueConstraint(fields=["case", "system", "verb", "target_key"], name="action_once")]

    def __str__(self) -> str:
        return f"{self.verb} {self.system_id}"


class StoredFile(models.Model):
    """A sealed file in the storage of case files."""

    ref = models.CharField(max_length=26, unique=True)
    case = models.ForeignKey(Case, models.CASCADE, related_name="files")
    key_purpose = models.CharField(max_length=8)
    kind = models.CharField(max_length=20)
    """``extract``, ``package``, ``preview``, ``upload`` or the key of a letter."""
    right = models.CharField(max_length=20, blank=True)
    path = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    """Of the plain content."""
    name_enc = models.BinaryField()
    pages = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    """Who attached it; empty for what we made."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["case", "-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


class Render(models.Model):
    """A document to make: the row is the queue, as for collections."""

    EXTRACT = "extract"
    PREVIEW = "preview"

    case = models.ForeignKey(Case, models.CASCADE, related_name="renders")
    kind = models.CharField(max_length=20)
    """``preview``, ``extract`` or the key of a letter."""
    right = models.CharField(max_length=20, blank=True)
    """The right a letter answers; empty for what concerns the whole case."""
    target = models.CharField(max_length=60, blank=True)
    """Key of the recipient a notice under Art. 19 goes to; empty for letters to the person."""
    template = models.ForeignKey("LetterTemplate", models.PROTECT, null=True, blank=True, related_name="+")
    """The wording it was asked for with; empty for the wording we ship. A letter keeps what it used."""
    state = models.CharField(max_length=8, choices=codes(CollectionState), default=CollectionState.PENDING.value)
    token = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    """When it was last handed to the broker, so that a sweep does not send it again while it waits there."""
    lease_until = models.DateTimeField(null=True, blank=True)
    done_parts = models.PositiveIntegerField(default=0)
    total_parts = models.PositiveIntegerField(default=0)
    fault = models.CharField(max_length=40, blank=True)
    pdf = models.ForeignKey(StoredFile, models.SET_NULL, null=True, blank=True, related_name="+")
    package = models.ForeignKey(StoredFile, models.SET_NULL, null=True, blank=True, related_name="+")
    superseded = models.BooleanField(default=False)
    """A newer content was asked for; this one is never sent."""
    facts_enc = models.BinaryField(null=True, blank=True)
    """For a letter: what it says, sealed with the dossier key, so that a letter made later says what held when it was asked for."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["case", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind", "right", "target"],
                condition=Q(superseded=False, state__in=[CollectionState.PENDING.value, CollectionState.RUNNING.value]),
                name="render_one_waiting",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                name="render_due",
                condition=Q(state__in=[CollectionState.PENDING.value, CollectionState.RUNNING.value]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"


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
            models.Index(fields=["case", "system", "category"], name="mask_laid", condition=Q(undone_at__isnull=True))
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
