"""What staff wrote beside a choice goes when it has served; the choice itself stays as proof (Art. 5(1)(e), 7(1))."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import DateTimeField, Max
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from requests_app.models import MarketingChoice
from requests_app.services import policy, retention

BATCH = 500


def sweep() -> int:
    """Destroy the notes of choices that have been done everywhere for as long as the policy keeps gathered data; gives how many.

    The hash, what was chosen, when, how, by whom and the wording stay. Nothing goes while something holds the case it belongs to.
    """
    before = timezone.now() - timedelta(days=policy.current()[1].gathered_key_days)
    done = MarketingChoice.objects.filter(note_enc__isnull=False, email_enc=None, phone_enc=None)
    ended = Coalesce(Greatest(Max("tasks__ended_at"), "at"), "at", output_field=DateTimeField())
    due = done.annotate(ended=ended).filter(ended__lt=before).select_related("case").order_by("pk")
    gone = [choice.pk for choice in due[:BATCH] if choice.case is None or not retention.held(choice.case)]
    return MarketingChoice.objects.filter(pk__in=gone).update(note_enc=None)
