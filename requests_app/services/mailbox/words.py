"""Codes of the mailbox in words: what a mail seems to be, why it was put aside, why a mailbox cannot be read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy, pgettext_lazy

from requests_app.domain.channels import Dismissal

DISMISSALS = {
    Dismissal.NOT_A_REQUEST: gettext_lazy("Not a request under the GDPR"),
    Dismissal.ELSEWHERE: gettext_lazy("Handled by another part of the organisation"),
    Dismissal.SPAM: gettext_lazy("Spam"),
    Dismissal.AUTOMATIC: gettext_lazy("Automatic mail"),
    Dismissal.BOUNCE: gettext_lazy("Report of undelivered mail"),
    Dismissal.DUPLICATE: gettext_lazy("The same mail is here already"),
}
"""Why a mail is no request, in the order a person is offered them."""
THREADS = {
    "references": gettext_lazy("It answers a mail that we sent in this case."),
    "subject": gettext_lazy("Its subject names the case."),
    "text": gettext_lazy("Its text names the case."),
}
FAULTS = {
    "unreachable": gettext_lazy(
        "The server cannot be reached. Check its name and port, and that nothing in between stops us."
    ),
    "tls": gettext_lazy(
        "No safe connection can be made: the server's certificate does not hold, or it does not offer encryption this way."
    ),
    "login": gettext_lazy(
        "The server does not accept user name and password. Many servers want a password made for this program alone."
    ),
    "no_secret": gettext_lazy("No password is set."),
    "folder": gettext_lazy("The folder is not there, or this user may not open it."),
    "done_folder": gettext_lazy(
        "The folder that taken mails are moved to is not there, or this user may not write in it."
    ),
    "refused": gettext_lazy("The server refused a usual question. Its log may say why."),
    "cut_off": gettext_lazy("The connection was cut off. It is tried again by itself."),
    "unreadable": gettext_lazy(
        "The server does not give out one of the mails. The others have been taken in. Look for it in the mailbox itself."
    ),
    "unexpected": gettext_lazy(
        "A mail in the folder cannot be taken in. Whoever runs the system sees more in its log."
    ),
    "storage": gettext_lazy("Mails cannot be kept: our own storage is full or not to be reached."),
}
SECURITY = {
    "tls": gettext_lazy("TLS from the start (usual, port 993)"),
    "starttls": gettext_lazy("STARTTLS (port 143)"),
    "none": pgettext_lazy("encryption", "None (only on the same machine)"),
}


def dismissal(code: str) -> str:
    """Why a mail was put aside."""
    return next((str(text) for member, text in DISMISSALS.items() if member.value == code), code)


def fault(code: str) -> str:
    """Why a mailbox cannot be read, as a sentence."""
    return str(FAULTS.get(code, code))
