"""The record of processing in words, in the language in use: for its page and its files alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext as _, pgettext

from requests_app.domain.deadline_words import format_day
from requests_app.services.register.reach import Way
from requests_app.services.register.record import CONFIRMED, STATED

if TYPE_CHECKING:
    from datetime import datetime

    from requests_app.services.register.reach import Reach
    from requests_app.services.register.record import Activity, Controller, Line, Receiver, Standing


def day(value: datetime | None) -> str:
    """``tis 24 nov 2026``; nothing when there is no time."""
    return format_day(localtime(value).date(), get_language() or "sv") if value else ""


def standing(value: Standing) -> str:
    """How sure a statement is: who confirmed it and when, that the guideline says so, or that nobody has."""
    if value.code == CONFIRMED:
        return _("Confirmed by %(name)s %(day)s") % {"name": value.by or "–", "day": day(value.at)}
    return _("Stated in the guideline") if value.code == STATED else _("Assumption, not confirmed")


def marked(text: str, assumed: bool) -> str:
    """The text, with what it is in words when nobody has vouched for it."""
    return f"{text} ({pgettext('statement', 'assumption')})" if assumed else text


def category(name: str, special: bool) -> str:
    """A category; one that Art. 9 covers says so."""
    return _("%(category)s (special category, Article 9)") % {"category": name} if special else name


def receiver(value: Receiver) -> str:
    """``CGI Sverige, personuppgiftsbiträde som …, Sverige (antagande)``."""
    return marked(", ".join(part for part in (value.name, value.role, value.country) if part), value.assumed)


def transfers(activity: Activity) -> tuple[tuple[str, str, bool], ...]:
    """Each transfer outside the EU/EEA once: to whom and where, what protects it, and whether it is assumed."""
    found = {
        (", ".join(part for part in (to.name, to.country) if part), to.transfer, to.assumed): None
        for line in activity.lines
        for to in line.receivers
        if to.transfer
    }
    return tuple(found)


def subjects(activity: Activity) -> str:
    """Whose data it is; in plain words that it is not stated."""
    return ", ".join(activity.subjects) or _("Missing: no search profile holds the systems of this activity.")


def automated(activity: Activity) -> str:
    """Automated decisions and profiling, or that none is noted."""
    if activity.automated:
        return f"{_('Profiling')}: {activity.automated}" if activity.profiling else activity.automated
    return _("Profiling, not described") if activity.profiling else _("None noted")


def retention(line: Line) -> str:
    """How long, with the law it rests on."""
    return marked(f"{line.retention} ({line.law})" if line.law else line.retention, line.retention_assumed)


def system(line: Line) -> str:
    """The system's name; that it is out of use, that it is only assumed."""
    name = line.system if line.active else f"{line.system}, {_('not in use')}"
    return marked(name, line.system_assumed)


def controller_facts(controller: Controller) -> list[tuple[str, str, bool]]:
    """Label, text and whether it is missing: what Art. 30(1)(a) asks of the controller."""
    contact = ", ".join(part for part in (*controller.address, controller.email, controller.phone) if part)
    facts = [
        (_("Controller"), controller.name, False),
        (
            _("Organisation number"),
            controller.org_no or _("Missing: nobody has entered it in the policy."),
            not controller.org_no,
        ),
        (_("Contact"), f"{controller.unit}, {contact}" if controller.unit else contact, False),
        (
            _("Data protection officer"),
            controller.dpo or _("Missing: none is entered in the policy."),
            not controller.dpo,
        ),
    ]
    return facts + [
        (_("Other controller"), f"{name}: {', '.join(systems)}", False) for name, systems in controller.others
    ]


def way(value: Way) -> str:
    """How a system is reached."""
    return {
        Way.CONNECTOR: _("Automatic, by a connector"),
        Way.UNSET: _("A connector is chosen but not set up"),
        Way.BY_HAND: _("By hand, by the system's owner"),
        Way.OWNERLESS: _("By hand, no owner is noted"),
        Way.NOTHING: _("No way of gathering"),
    }[value]


def connector(reach: Reach) -> str:
    """The connector's name, where a program asks or should ask; that a person looks says the way itself."""
    return "" if reach.way in {Way.BY_HAND, Way.OWNERLESS} else reach.connector


def kind(code: str) -> str:
    """What sort of task it is."""
    return {
        "gap": _("Gap in the guideline"),
        "note": _("Remark on the guideline"),
        "silent": _("System of which nothing is confirmed"),
        "system": _("System"),
        "processing": _("Processing activity"),
        "retentionrule": _("Retention rule"),
        "recipient": _("Recipient"),
        "processingitem": _("Category in a system"),
        "itemrecipient": _("Recipient of a category"),
    }.get(code, code)


def tested(reach: Reach) -> str:
    """The last test of the connection."""
    if reach.tested_at is None:
        return ""
    values = {"day": day(reach.tested_at)}
    return _("Worked %(day)s") % values if reach.test_ok else _("Failed %(day)s") % values
