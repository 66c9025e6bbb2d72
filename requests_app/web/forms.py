"""What forms of the admin and the portal share: errors of services at the field, days and times in Sweden, files of sane size."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from requests_app.domain.deadlines import NO_TIME, STOCKHOLM

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_UPLOAD = 25 * 1024 * 1024


def add_service_error(form: forms.BaseForm, error: ValidationError, names: Mapping[str, str] | None = None) -> None:
    """Show what a service refused: at the field it names (``names`` maps the service's words to the form's), else above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        field = (names or {}).get(name, name)
        form.add_error(field if field in form.fields else None, errors)


class DayInput(forms.DateInput):
    """The browser's own day picker; it sends and is given ISO 8601."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """The browser's own time picker."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class DayField(forms.DateField):
    """A day in Sweden, written as 2026-11-25."""

    widget = DayInput
    default_error_messages = {"invalid": _("Write the date as YYYY-MM-DD, for example 2026-11-25.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d", "%Y%m%d"], **options)


class ClockField(forms.TimeField):
    """A time of day in Sweden."""

    widget = TimeInput
    default_error_messages = {"invalid": _("Write the time as HH:MM, for example 14:30.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%H:%M", "%H.%M", "%H:%M:%S"], **options)


def swedish_moment(day: date, clock: time | None) -> datetime:
    """The instant of a day and a time in Sweden; without a time: now when the day is today, else ``NO_TIME``."""
    if clock is None:
        now = timezone.now().astimezone(STOCKHOLM)
        clock = now.time().replace(tzinfo=None) if now.date() == day else NO_TIME
    return datetime.combine(day, clock, STOCKHOLM)


class UploadField(forms.FileField):
    """A file of at most 25 MB. What it holds is read by the service; here only that there is something of sane size."""

    default_error_messages = {
        "required": _("Choose a file."),
        "empty": _("The file is empty."),
        "max_length": _("The file's name is too long. Shorten it and choose the file again."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, **options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The file, or what is wrong with its size."""
        upload = super().clean(data, initial)
        if upload and upload.size > MAX_UPLOAD:
            megabytes = -(-upload.size // (1024 * 1024))
            raise ValidationError(
                _(
                    "We cannot take the file. It is %(size)d MB and the limit is 25 MB. Everything else you wrote is kept."
                ),
                params={"size": megabytes},
                code="too_large",
            )
        return upload
