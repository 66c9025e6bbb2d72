"""The subject of a mail to staff about one thing: the diary number with what has happened, or what there is to do where no case is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy, ngettext, pgettext

if TYPE_CHECKING:
    from requests_app.models import Notice


def subject_of(notice: Notice) -> str:
    """One line that says nothing about the person."""
    if notice.kind == "new_mail":
        n = notice.params["n"]
        return ngettext("%(n)d new mail to look at", "%(n)d new mails to look at", n) % {"n": n}
    if not notice.diary_no and notice.kind in _WITHOUT_CASE:
        return str(_WITHOUT_CASE[notice.kind])
    said = _REPLIES.get(notice.params.get("what", "")) if notice.kind == "person_replied" else None
    about = notice.diary_no or pgettext("mail subject", "About a system")
    return f"{about}: {said or SUBJECTS[notice.kind]}"


_WITHOUT_CASE = {
    "marketing_waiting": gettext_lazy("Carry out a choice about marketing"),
    "marketing_failed": gettext_lazy("Stop marketing by hand: a system could not be told"),
    "mail_waiting": gettext_lazy("Look at a mail that has waited"),
}
"""What is to be done about something that belongs to no case."""
_REPLIES = {
    "completion": gettext_lazy("the person has sent what was missing"),
    "withdrawal": gettext_lazy("the person takes back the request or a part of it"),
    "file": gettext_lazy("the person has sent a file"),
}
"""``what`` of a ``person_replied`` that is no message."""
SUBJECTS = {
    "overdue": gettext_lazy("overdue"),
    "breach": gettext_lazy("sent to the wrong person"),
    "approval_escalated": gettext_lazy("approval still waits"),
    "referral_escalated": gettext_lazy("question still waits"),
    "mail_waiting": gettext_lazy("a mail nobody has looked at"),
    "due_soon": gettext_lazy("to be answered soon"),
    "approval_waiting": gettext_lazy("approval waits for you"),
    "approval_answered": gettext_lazy("approval answered"),
    "contact_asked": gettext_lazy("an address to confirm"),
    "referral_asked": gettext_lazy("question to you"),
    "referral_answered": gettext_lazy("legal has answered"),
    "person_replied": gettext_lazy("the person has written"),
    "system_failed": gettext_lazy("a system could not be searched"),
    "change_failed": gettext_lazy("a change could not be carried out"),
    "credentials_refused": gettext_lazy("the login is not accepted"),
    "system_down": gettext_lazy("a system does not answer"),
    "system_back": gettext_lazy("a system answers again"),
    "key_expires": gettext_lazy("a key to a system expires"),
    "document_failed": gettext_lazy("a document could not be made"),
    "mail_failed": gettext_lazy("a mail could not be sent"),
    "bounced": gettext_lazy("a mail came back"),
    "returned": gettext_lazy("a letter came back"),
    "not_fetched": gettext_lazy("the answer is not fetched"),
    "unmasked": gettext_lazy("a standing rule has ended"),
    "malware_found": gettext_lazy("a file with malware"),
    "owner_codes": gettext_lazy("a link has been stopped"),
    "owner_silent": gettext_lazy("a system's owner has not answered"),
    "owner_question": gettext_lazy("a question from a system's owner"),
    "owner_not_theirs": gettext_lazy("a system's owner points elsewhere"),
    "owner_answered": gettext_lazy("a system's owner has answered"),
    "mailbox_failing": gettext_lazy("a mailbox cannot be read"),
    "new_mail": gettext_lazy("mail has come in"),
    "marketing_failed": gettext_lazy("marketing could not be stopped"),
    "marketing_waiting": gettext_lazy("a choice about marketing to carry out"),
    "new_case": gettext_lazy("new request"),
    "assigned": gettext_lazy("handed to you"),
    "access_granted": gettext_lazy("access given"),
    "unprotected": gettext_lazy("protection lifted"),
}
"""What stands after the diary number."""
