"""What is to be gathered, what was, and the keys that seal it. The rows are the only truth about what should run."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from requests_app.domain.channels import TaskState
from requests_app.domain.records import Kind
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
    waits_for_room = models.BooleanField(default=False)
    """It is due, and its system bears no more gatherings at once for now."""
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
    """A change to carry out in one system: by a person in that system, or by a worker where the system can be told (``work``)."""

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
    work = models.CharField(max_length=8, choices=codes(TaskState), blank=True)
    """Where a worker stands with it; empty where a person does it."""
    token = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    """When a worker went to tell the system; from then on it cannot be taken back."""
    told_at = models.DateTimeField(null=True, blank=True)
    """When the system said yes; what it said is ``evidence``. Then it is read back until nothing is left."""
    fault = models.CharField(max_length=20, blank=True)
    fault_params = models.JSONField(default=dict, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    """What the system answered: status, its own ids and times; nothing about the person."""

    class Meta:
        ordering = ["case", "system__position"]
        constraints = [models.UniqueConstraint(fields=["case", "system", "verb", "target_key"], name="action_once")]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                name="action_at_work",
                condition=models.Q(work__in=[TaskState.PENDING.value, TaskState.RUNNING.value]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.system_id}"


class ErasureLog(models.Model):
    """That somebody was erased in a system, by a keyed hash of what they are known by there, so that it can be done again after a
    backup of the system was restored. It outlives the case and refers to nothing."""

    system = models.CharField(max_length=40)
    kind = models.CharField(max_length=16)
    mac = models.BinaryField(max_length=32)
    mac_key_id = models.CharField(max_length=16)
    case_ref = models.CharField(max_length=26)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["system", "kind", "mac", "case_ref"], name="erasurelog_once"),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.at:%Y-%m-%d}"


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
