"""What the desk keeps beside a case and its answer: steps of the procedure, links, what holds a case, other tracks, questions to legal."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from requests_app.domain.rights import Outcome, Right

from .cases import Case, CaseRight, codes
from .people import User


class Checklist(models.Model):
    """One version of the steps of the procedure for a right. Never changed, only followed by a next."""

    right = models.CharField(_("right"), max_length=20, choices=codes(Right))
    version = models.PositiveIntegerField(_("version"))
    steps = models.JSONField(_("steps"))
    """``[{"key", "sv", "en"}]`` in order; a step keeps its key from version to version."""
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("checklist")
        verbose_name_plural = _("checklists")
        ordering = ["right", "-version"]
        constraints = [models.UniqueConstraint(fields=["right", "version"], name="checklist_version_once")]

    def __str__(self) -> str:
        return f"{self.right} {self.version}"


class CheckedStep(models.Model):
    """A step of the procedure that somebody has ticked in a case."""

    case_right = models.ForeignKey(CaseRight, models.CASCADE, related_name="checked_steps")
    step = models.CharField(max_length=40)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["case_right", "step"], name="checkedstep_once")]

    def __str__(self) -> str:
        return self.step


class CaseLink(models.Model):
    """Two cases that belong together: the same request twice, or one that follows the other. ``case`` is the later one."""

    DUPLICATE = "duplicate"
    RELATED = "related"

    case = models.ForeignKey(Case, models.CASCADE, related_name="links")
    other = models.ForeignKey(Case, models.CASCADE, related_name="linked_from")
    kind = models.CharField(max_length=10, choices=[(DUPLICATE, DUPLICATE), (RELATED, RELATED)])
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "other"], name="caselink_once"),
            models.CheckConstraint(condition=~Q(case=F("other")), name="caselink_two_cases"),
        ]

    def __str__(self) -> str:
        return self.kind


class CaseHold(models.Model):
    """What stops all destruction of the case's data while it lasts: a complaint, a court case, something else."""

    KINDS = [("complaint", "complaint"), ("court", "court"), ("other", "other")]

    case = models.ForeignKey(Case, models.CASCADE, related_name="holds")
    kind = models.CharField(max_length=10, choices=KINDS)
    """``complaint``: to the supervisory authority."""
    reason_enc = models.BinaryField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.kind


class PublicDocumentRequest(models.Model):
    """A request for allmän handling beside the case: a track of its own (TF 2 kap. 15-16 §§), and a hold while it is open."""

    RESULTS = [("released", "released"), ("partly", "partly"), ("refused", "refused"), ("withdrawn", "withdrawn")]

    case = models.ForeignKey(Case, models.CASCADE, related_name="public_document_requests")
    asked_on = models.DateField()
    what_enc = models.BinaryField()
    """Which documents, sealed with the dossier key. Who asks is not asked for (TF 2 kap. 18 §)."""
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    result = models.CharField(max_length=10, choices=RESULTS, blank=True)
    answered_on = models.DateField(null=True, blank=True)
    answer_enc = models.BinaryField(null=True, blank=True)
    """What was decided, with the provision of secrecy when something was refused."""
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-asked_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(result="", answered_on__isnull=True) | (~Q(result="") & Q(answered_on__isnull=False)),
                name="publicdocument_answer_whole",
            )
        ]

    def __str__(self) -> str:
        return self.result or "open"


class CaseReopening(models.Model):
    """That a closed case was taken up again, and why."""

    REASONS = [
        ("correction", "correction"),
        ("returned", "returned"),
        ("complaint", "complaint"),
        ("identified", "identified"),
        ("other", "other"),
    ]

    case = models.ForeignKey(Case, models.CASCADE, related_name="reopenings")
    reason = models.CharField(max_length=12, choices=REASONS)
    note_enc = models.BinaryField()
    closed_at = models.DateTimeField()
    """When it had been closed."""
    closed_as = models.CharField(max_length=20, choices=codes(Outcome), blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.reason


class Referral(models.Model):
    """A question to legal about a case, with exactly the records it is about."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="referrals")
    question_enc = models.BinaryField()
    items_enc = models.BinaryField(null=True, blank=True)
    """``[{"system", "category", "record"}]``, sealed with the gathered key: what legal may read, nothing beside it."""
    items = models.PositiveSmallIntegerField(default=0)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answer_enc = models.BinaryField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    """When who asked needed it no more: took it back unanswered, or noted the answer."""
    escalated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked_at", "id"]
        indexes = [
            models.Index(
                fields=["asked_at"],
                name="referral_open",
                condition=Q(answered_at__isnull=True, withdrawn_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return "answered" if self.answered_at else "asked"


class DisposalDecision(models.Model):
    """A decision on disposal (gallringsbeslut, arkivlagen 10 §): what of closed cases may be destroyed, how long after.

    The newest for a class governs.
    """

    CLASSES = [
        ("dossier", _("Answers, letters and what was written in cases")),
        ("metadata", _("The cases themselves")),
    ]

    covers = models.CharField(_("what may be destroyed"), max_length=8, choices=CLASSES)
    reference = models.CharField(_("reference of the decision"), max_length=80)
    decided_on = models.DateField(_("decided on"))
    keep_months = models.PositiveSmallIntegerField(
        _("kept after closing (months)"),
        null=True,
        blank=True,
        help_text=_("Empty: nothing more is destroyed from now on."),
    )
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("entered by"))
    at = models.DateTimeField(_("entered"), default=timezone.now)

    class Meta:
        verbose_name = _("decision on disposal")
        verbose_name_plural = _("decisions on disposal")
        ordering = ["covers", "-id"]
        default_permissions = ("add", "view")

    def __str__(self) -> str:
        return self.reference
