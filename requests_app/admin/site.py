"""What the admin's frame shows: navigation and the badge of a demo installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest


def environment_badge(request: HttpRequest) -> list[Any] | None:
    """Say that this is a demo, so that nobody takes made-up people for customers."""
    return [_("Demo"), "warning"] if settings.DEMO else None


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side menu, by what the person may do."""
    return []
