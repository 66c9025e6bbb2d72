"""The log in words: what the owners of systems were asked and answered, and files that were refused."""

from __future__ import annotations

from django.utils.translation import gettext as _, ngettext

from requests_app.services.event_facts import Facts, Names, Sentence, day, in_system
from requests_app.services.numbers import grouped


def _asked(facts: Facts, names: Names) -> str:
    return _("The owner of %(system)s was sent a link that holds until %(day)s") % {
        "system": names.system(facts["system"]),
        "day": day(facts["expires_on"]),
    }


def _revoked(facts: Facts, names: Names) -> str:
    said = {
        "codes": _("The link to the owner of %(system)s was stopped: a wrong code was entered five times"),
        "replaced": _("The earlier link to the owner of %(system)s stopped holding"),
    }.get(facts["why"], _("The link to the owner of %(system)s was revoked"))
    return said % {"system": names.system(facts["system"])}


def _answered(facts: Facts, names: Names) -> str:
    found = ngettext("%(n)s record", "%(n)s records", facts["records"]) % {"n": grouped(facts["records"])}
    files = ngettext("%(n)d file", "%(n)d files", facts["files"]) % {"n": facts["files"]}
    return _("Answer for %(system)s: %(found)s, %(files)s") % {
        "system": names.system(facts["system"]),
        "found": found,
        "files": files,
    }


OWNER: dict[str, Sentence] = {
    "owner.asked": _asked,
    "owner.reminded": in_system(lambda: _("The owner of %(system)s was reminded (%(number)s)")),
    "owner.link_renewed": in_system(lambda: _("The owner of %(system)s asked for a new link and got one")),
    "owner.link_revoked": _revoked,
    "owner.link_opened": in_system(lambda: _("The link to the owner of %(system)s was opened")),
    "owner.code_shown": in_system(lambda: _("The code for the owner of %(system)s was shown")),
    "owner.code_wrong": in_system(
        lambda: _("A wrong code was entered at the link to the owner of %(system)s (attempt %(tries)s)")
    ),
    "owner.viewed": in_system(lambda: _("The question about %(system)s was read")),
    "owner.number_shown": in_system(lambda: _("The personal identity number was shown for the search in %(system)s")),
    "owner.asked_us": in_system(lambda: _("The owner of %(system)s asked a question")),
    "owner.replied": in_system(lambda: _("The question from the owner of %(system)s was answered")),
    "owner.not_theirs": in_system(lambda: _("The owner of %(system)s says that the question is somebody else's")),
    "owner.answered": _answered,
    "owner.escalated": in_system(lambda: _("The handler was told that the owner of %(system)s has not answered")),
    "file.infected": lambda facts, names: (
        _("A file with malware was refused: %(signature)s") % {"signature": facts["signature"]}
    ),
}
