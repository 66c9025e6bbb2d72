"""Whether a delivery that came back was sent again. The later one's key ends with the number of the one it took the place of."""

from __future__ import annotations

from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from requests_app.models import Delivery


def replaced() -> Exists:
    """Whether a delivery was sent again after it had come back; on a queryset of deliveries."""
    ending = Concat(Value(":"), Cast(OuterRef("pk"), CharField()), output_field=CharField())
    return Exists(Delivery.objects.filter(case=OuterRef("case"), idem_key__endswith=ending))


def is_replaced(delivery: Delivery) -> bool:
    """The same of one delivery, as the database says now."""
    return Delivery.objects.filter(replaced(), pk=delivery.pk).exists()
