"""The case, its rights, its clock and the people it is about."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from ulid import ULID

from requests_app.domain.rights import Channel, Ground, IdentityMethod, Outcome, Right
from requests_app.domain.states import State

from .people import Policy, Team, User


def new_ref() -> str:
    """A reference that sorts by time and tells nothing."""
    return str(ULID())


def codes(enum: type) -> list[tuple[str, str]]:
    """Choices of plain strings, so that no enum member reaches a migration."""
    return [(member.value, member.value) for member in enum]  # type: ignore[attr-defined]


class DiarySeries(models.Model):
    """The last running number of a year."""

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Case(models.Model):
    """A request and everything that is done to answer it."""

    ref = models.CharField(max_length=26, unique=True, default=new_ref, editable=False)
    diary_no = models.CharField(_("diary number"), max_length=20, unique=True)
    external_no = models.CharField(_("HEM's diary number"), max_length=40, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="cases", verbose_name=_("team"))
    handler = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("handler")
    )
    state = models.CharField(_("state"), max_length=12, choices=codes(State), default=State.REGISTERED.value)
    closed_as = models.CharField(_("closed as"), max_length=20, choices=codes(Outcome), blank=True)
    channel = models.CharField(_("channel"), max_length=12, choices=codes(Channel))
    profile = models.CharField(_("search profile"), max_length=40)
    language = models.CharField(
        _("language of the answer"), max_length=2, choices=[("sv", "Svenska"), ("en", "English")], default="sv"
    )
    delivery_wish = models.CharField(_("wished delivery"), max_length=12, default="portal")
    received_at = models.DateTimeField(_("received"))
    received_on = models.DateField(_("received on"))
    due_on = models.DateField(_("due, with pauses"))
    due_statutory_on = models.DateField(_("due by law"))
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+", verbose_name=_("policy"))
    client = models.ForeignKey("ApiClient", models.PROTECT, null=True, blank=True, related_name="+")
    """The system that filed it over the API."""
    protected = models.BooleanField(_("protected"), default=False)
    round = models.PositiveSmallIntegerField(_("round of gathering"), default=0)
    dispatched_at = models.DateTimeField(_("dispatched"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    created_at = models.DateTimeField(_("registered"), default=timezone.now)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["due_statutory_on", "id"]
        permissions = [
            ("register_case", "Register a request by hand"),
            ("work_case", "Work one case"),
            ("view_reports", "See reports and overdue cases"),
            ("approve_decision", "Approve what needs four eyes"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=State.CLOSED.value, closed_at__isnull=False)
                | (~Q(state=State.CLOSED.value) & Q(closed_at__isnull=True)),
                name="case_closed_has_time",
            ),
            models.CheckConstraint(condition=Q(received_on__lte=F("due_statutory_on")), name="case_due_after_received"),
        ]
        indexes = [
            models.Index(fields=["due_statutory_on", "id"], name="case_open_due", condition=Q(closed_at__isnull=True)),
            models.Index(
                fields=["team", "due_statutory_on", "id"],
                name="case_open_team_due",
                condition=Q(closed_at__isnull=True),
            ),
            models.Index(fields=["-received_at", "id"], name="case_received"),
            models.Index(fields=["received_on", "id"], name="case_received_on"),
        ]

    def __str__(self) -> str:
        return self.diary_no


class CaseUserObjectPermission(UserObjectPermissionBase):
    """One person's access to one case, beside the team's."""

    content_object = models.ForeignKey(Case, models.CASCADE)


class CaseGroupObjectPermission(GroupObjectPermissionBase):
    """A group's access to one case, beside the team's."""

    content_object = models.ForeignKey(Case, models.CASCADE)


class CaseRight(models.Model):
    """One right of a request; each has its own outcome."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="rights")
    right = models.CharField(max_length=20, choices=codes(Right))
    outcome = models.CharField(max_length=20, choices=codes(Outcome), blank=True)
    details_enc = models.BinaryField(null=True, blank=True)
    """Sealed text: what the person wrote about this right."""
    checklist = models.ForeignKey("Checklist", models.PROTECT, null=True, blank=True, related_name="+")
    """The version of the procedure's steps this right is worked by; cases keep what they began with."""
    dispatched_at = models.DateTimeField(null=True, blank=True)
    """Each right's answer leaves by itself; "answered" means dispatched."""

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "right"], name="caseright_once")]

    def __str__(self) -> str:
        return self.right


class CasePause(models.Model):
    """A time during which the person was asked to complete the request."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="pauses")
    reason = models.CharField(max_length=20, default="identity")
    asked_on = models.DateField()
    answered_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["asked_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(answered_on__isnull=True), name="casepause_one_open"),
            models.CheckConstraint(
                condition=Q(answered_on__isnull=True) | Q(answered_on__gte=F("asked_on")), name="casepause_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_on} - {self.answered_on or ''}"


class CaseExtension(models.Model):
    """The one extension by two further months, in force once its notice has been dispatched (Art. 12(3))."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="extension")
    decided_on = models.DateField()
    notice_sent_at = models.DateTimeField(null=True, blank=True)
    extended_due_on = models.DateField()
    reasons_enc = models.BinaryField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.extended_due_on)


class CaseParty(models.Model):
    """The person, or who acts for the person. Name and contact stand sealed with the dossier key."""

    SUBJECT = "subject"
    REPRESENTATIVE = "representative"

    case = models.ForeignKey(Case, models.CASCADE, related_name="parties")
    role = models.CharField(
        max_length=14, choices=[(SUBJECT, SUBJECT), (REPRESENTATIVE, REPRESENTATIVE)], default=SUBJECT
    )
    name_enc = models.BinaryField(null=True, blank=True)
    contact_enc = models.BinaryField(null=True, blank=True)
    login_mac = models.BinaryField(null=True, blank=True, db_index=True, max_length=32)
    """Keyed hash of (issuer, subject) of the login that filed it; what opens the case in the portal."""
    mail_enc = models.BinaryField(null=True, blank=True)
    """Where that login has shown by a link that word of the case reaches it; sealed with the dossier key.

    It came with the request: nothing opens by it that an address held before would open."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "role"], name="caseparty_role_once")]

    def __str__(self) -> str:
        return f"{self.role}"


class Identifier(models.Model):
    """Something the person can be found by: sealed value, keyed hash for look-up. Usable once strong or confirmed, until rejected."""

    STRONG = "strong"
    WEAK = "weak"

    party = models.ForeignKey(CaseParty, models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=16)
    value_enc = models.BinaryField(null=True, blank=True)
    """Sealed with the gathered key; a personnummer's is emptied when the case closes and only the hash stays."""
    mac = models.BinaryField(max_length=32)
    mac_key_id = models.CharField(max_length=16)
    source = models.CharField(max_length=40)
    """``login``, ``request``, ``staff`` or the key of the system that gave it."""
    strength = models.CharField(max_length=6, choices=[(STRONG, STRONG), (WEAK, WEAK)])
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    rejected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["party", "kind", "mac"], name="identifier_once")]
        indexes = [models.Index(fields=["kind", "mac"], name="identifier_lookup")]

    def __str__(self) -> str:
        return self.kind

    @property
    def usable(self) -> bool:
        """Whether a system may be searched by it."""
        return self.rejected_at is None and (self.strength == self.STRONG or self.confirmed_at is not None)

    @property
    def waiting(self) -> bool:
        """Whether it waits for the coordinator's click."""
        return self.rejected_at is None and self.strength == self.WEAK and self.confirmed_at is None


class NameToken(models.Model):
    """A keyed hash of one word of a name, for search."""

    party = models.ForeignKey(CaseParty, models.CASCADE, related_name="name_tokens")
    mac = models.BinaryField(max_length=32, db_index=True)
    mac_key_id = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "mac"], name="nametoken_once")]

    def __str__(self) -> str:
        return "name token"


class IdentityCheck(models.Model):
    """How and by whom it was made sure who asked. Never a copy of an identity document."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="identity")
    method = models.CharField(max_length=16, choices=codes(IdentityMethod))
    level = models.CharField(max_length=40, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.method


class CaseNote(models.Model):
    """A note in the case, sealed with the dossier key."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="notes")
    text_enc = models.BinaryField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"


class IntakeItem(models.Model):
    """What came in by a channel, so that the same thing twice gives one case."""

    channel = models.CharField(max_length=12, choices=codes(Channel))
    external_key = models.CharField(max_length=120)
    body_sha = models.CharField(max_length=64)
    case = models.ForeignKey(Case, models.CASCADE, null=True, blank=True, related_name="intake_items")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "external_key"], name="intake_once")]

    def __str__(self) -> str:
        return self.channel


class Decision(models.Model):
    """A decision on one right. A new one is written when a decision is changed."""

    case_right = models.ForeignKey(CaseRight, models.CASCADE, related_name="decisions")
    n = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=20, choices=codes(Outcome))
    ground = models.CharField(max_length=20, choices=codes(Ground), blank=True)
    reasons_enc = models.BinaryField(null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["case_right", "n"]
        constraints = [models.UniqueConstraint(fields=["case_right", "n"], name="decision_number_once")]

    def __str__(self) -> str:
        return self.outcome


class Approval(models.Model):
    """The second pair of eyes on a decision; never the eyes that asked."""

    decision = models.OneToOneField(Decision, models.CASCADE, related_name="approval")
    content_sha = models.CharField(max_length=64)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=8, choices=[("approved", "approved"), ("returned", "returned")], blank=True)
    note_enc = models.BinaryField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    """When the substitute was told, since nobody had answered."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")), name="approval_by_another"
            ),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True, verdict="") | (Q(answered_by__isnull=False) & ~Q(verdict="")),
                name="approval_answer_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.verdict or "asked"


class StatementReplacement(models.Model):
    """Why one case's answer goes out without an unconfirmed statement of the register."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="statement_replacements")
    statement = models.CharField(max_length=120)
    reason_enc = models.BinaryField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "statement"], name="statement_replaced_once")]

    def __str__(self) -> str:
        return self.statement
