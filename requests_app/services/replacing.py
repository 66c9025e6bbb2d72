"""Whether a sending that came back was sent again. The later one's keys end with the number of the row that led the one it replaces."""

from __future__ import annotations

from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from requests_app.models import Delivery


def replaced() -> Exists:
    """Whether the sending a delivery belongs to was sent again after it had come back; on a queryset of deliveries."""
    ending = Concat(Value(":"), Cast(OuterRef("pk"), CharField()), output_field=CharField())
    again = Delivery.objects.filter(case=OuterRef("case"), idem_key__endswith=ending)
    together = Delivery.objects.filter(
        case=OuterRef("case"),
        way=OuterRef("way"),
        dispatched_at=OuterRef("dispatched_at"),
        file__right=OuterRef("file__right"),
    )
    return Exists(together.filter(Exists(again)))


def is_replaced(delivery: Delivery) -> bool:
    """The same of one delivery, as the database says now."""
    return Delivery.objects.filter(replaced(), pk=delivery.pk).exists()
