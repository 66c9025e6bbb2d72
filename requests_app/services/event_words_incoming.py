"""The log in words: mail that came in, and the mailboxes it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _, ngettext

from requests_app.services.mailbox import words

if TYPE_CHECKING:
    from requests_app.services.event_facts import Facts, Names, Sentence


def _dismissed(facts: Facts, names: Names) -> str:
    reason = words.dismissal(facts["reason"])
    if facts["automatic"]:
        return _("An incoming mail was put aside by itself: %(reason)s") % {"reason": reason}
    return _("An incoming mail was put aside: %(reason)s") % {"reason": reason}


INCOMING: dict[str, Sentence] = {
    "incoming.taken": lambda facts, names: _("A mail was taken in from the mailbox"),
    "incoming.viewed": lambda facts, names: _("An incoming mail was opened"),
    "incoming.downloaded": lambda facts, names: _("A file of an incoming mail was downloaded"),
    "incoming.accepted": lambda facts, names: (
        _("The request came by mail; the day it reached us was changed")
        if facts["changed"]
        else _("The request came by mail")
    ),
    "incoming.joined": lambda facts, names: (
        _("A mail from an address that is not the case's was added. The person does not see it")
        if facts.get("foreign")  # mails that were added earlier do not say it
        else _("A mail from the person was added to the case")
    ),
    "incoming.left_out": lambda facts, names: (
        ngettext(
            "%(n)d file of the mail was left out: our check found malware in it",
            "%(n)d files of the mail were left out: our check found malware in them",
            facts["n"],
        )
        % {"n": facts["n"]}
    ),
    "incoming.dismissed": _dismissed,
    "incoming.restored": lambda facts, names: _("An incoming mail that had been put aside was taken back"),
    "mailbox.configured": lambda facts, names: (
        _("The settings of the mailbox %(mailbox)s were changed") % {"mailbox": facts["mailbox"]}
    ),
    "mailbox.tested": lambda facts, names: (
        _("The connection to the mailbox %(mailbox)s was tested") % {"mailbox": facts["mailbox"]}
    ),
}
