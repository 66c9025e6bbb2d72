"""The log in words: the case as a whole, its clock, and who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _, ngettext

from requests_app.services import words
from requests_app.services.event_facts import Facts, Names, Sentence, day, rights_in

if TYPE_CHECKING:
    from collections.abc import Callable


def _recalculated(facts: Facts, names: Names) -> str:
    if facts["statutory_before"] != facts["statutory_after"]:
        return _("Last day to answer moved from %(before)s to %(after)s") % {
            "before": day(facts["statutory_before"]),
            "after": day(facts["statutory_after"]),
        }
    return _("Last day with pauses moved from %(before)s to %(after)s") % {
        "before": day(facts["before"]),
        "after": day(facts["after"]),
    }


def _moved(facts: Facts, names: Names) -> str:
    return _("Step: %(before)s → %(after)s") % {
        "before": words.state(facts["before"]),
        "after": words.state(facts["after"]),
    }


def _opened(facts: Facts, names: Names) -> str:
    rights = ", ".join(words.right(right).lower() for right in facts["rights"])
    return _("The request was registered: %(rights)s. Channel: %(channel)s. Last day to answer: %(day)s.") % {
        "rights": rights,
        "channel": words.word(words.CHANNELS, facts["channel"]),
        "day": day(facts["due_statutory_on"]),
    }


def _assigned(facts: Facts, names: Names) -> str:
    if facts["after"] is None:
        return _("The case was put back: nobody handles it")
    return _("%(name)s handles the case") % {"name": names.person(facts["after"])}


def _external_no(facts: Facts, names: Names) -> str:
    return _("HEM's diary number: %(number)s") % {"number": facts["after"] or _("removed")}


def _protected(facts: Facts, names: Names) -> str:
    return (
        _("The case was protected: the team no longer sees it")
        if facts["protected"]
        else _("The protection was lifted: the team sees the case again")
    )


def _identity(facts: Facts, names: Names) -> str:
    return _("Identity confirmed: %(method)s") % {"method": words.word(words.IDENTITY_METHODS, facts["method"])}


def _identifier(sentence: Callable[[], str]) -> Sentence:
    def said(facts: Facts, names: Names) -> str:
        kind = words.word(words.IDENTIFIER_KINDS, facts["kind"])
        source = facts.get("source", "")
        return sentence() % {"kind": kind, "source": words.identifier_source(source, names.system(source))}

    return said


def _other(facts: Facts, names: Names) -> dict[str, str]:
    return {"other": names.case(facts["other"])}


def _extended(facts: Facts, names: Names) -> str:
    if facts["notice_in_time"]:
        return _("The time was extended to %(day)s") % {"day": day(facts["extended_due_on"])}
    return _("The notice of extension left too late: the time was not extended")


CASE: dict[str, Sentence] = {
    "case.opened": _opened,
    "case.moved": _moved,
    "case.assigned": _assigned,
    "case.external_no_set": _external_no,
    "case.protected": _protected,
    "case.access_granted": lambda facts, names: (
        _("%(name)s was given access to the case") % {"name": names.person(facts["user"])}
    ),
    "case.noted": lambda facts, names: _("A note was written"),
    "case.closed": lambda facts, names: (
        _("The case was closed: %(outcome)s") % {"outcome": words.word(words.OUTCOMES, facts["closed_as"])}
    ),
    "case.withdrawn": lambda facts, names: (
        _("The person withdrew the request %(day)s") % {"day": day(facts["said_on"])}
    ),
    "case.reopened": lambda facts, names: (
        _("The case was reopened: %(reason)s (%(rights)s)")
        % {"reason": words.word(words.REOPENING_REASONS, facts["reason"]).lower(), "rights": rights_in(facts["rights"])}
    ),
    "case.linked": lambda facts, names: (
        _("Linked as the same request to %(other)s") % _other(facts, names)
        if facts["kind"] == "duplicate"
        else _("Linked as related to %(other)s") % _other(facts, names)
    ),
    "case.unlinked": lambda facts, names: _("The link to %(other)s was taken away") % _other(facts, names),
    "case.joined": lambda facts, names: _("The request is answered in %(other)s") % _other(facts, names),
    "case.joined_by": lambda facts, names: _("The request in %(other)s is answered here") % _other(facts, names),
    "case.right_added": lambda facts, names: (
        _("Added to the request: %(right)s") % {"right": rights_in([facts["right"]])}
    ),
    "case.right_removed": lambda facts, names: (
        _("Removed, registered by mistake: %(right)s") % {"right": rights_in([facts["right"]])}
    ),
    "case.right_withdrawn": lambda facts, names: (
        _("Taken back by the person: %(right)s") % {"right": rights_in([facts["right"]])}
    ),
    "representation.stated": lambda facts, names: _("Somebody acts for the person: the authority is to be checked"),
    "representation.checked": lambda facts, names: (
        _("Who acts for the person may do so") if facts["confirmed"] else _("Who acts for the person may not do so")
    ),
    "representation.same_person": lambda facts, names: _(
        "Somebody looked into that a system has another name than the case, and went on"
    ),
    "file.attached": lambda facts, names: _("A file was attached"),
    "hold.placed": lambda facts, names: (
        _("Nothing may be destroyed: %(kind)s") % {"kind": words.word(words.HOLDS, facts["kind"]).lower()}
    ),
    "hold.lifted": lambda facts, names: (
        _("The stop on destruction was lifted: %(kind)s") % {"kind": words.word(words.HOLDS, facts["kind"]).lower()}
    ),
    "public_document.asked": lambda facts, names: (
        _("Public documents were asked for %(day)s") % {"day": day(facts["asked_on"])}
    ),
    "public_document.answered": lambda facts, names: (
        _("The request for public documents was answered: %(result)s")
        % {"result": words.word(words.PUBLIC_DOCUMENT_RESULTS, facts["result"]).lower()}
    ),
    "checklist.ticked": lambda facts, names: _("A step of the checklist was ticked"),
    "checklist.unticked": lambda facts, names: _("A tick in the checklist was taken back"),
    "checklist.changed": lambda facts, names: (
        _("Version %(version)s of the checklist for %(right)s was written")
        % {"version": facts["version"], "right": rights_in([facts["right"]])}
    ),
    "case.viewed": lambda facts, names: _("The case was opened"),
    "clock.recalculated": _recalculated,
    "clock.paused": lambda facts, names: (
        _("Paused from %(day)s: completion was asked for") % {"day": day(facts["asked_on"])}
    ),
    "clock.resumed": lambda facts, names: (
        ngettext("The pause ended %(day)s after %(n)d day", "The pause ended %(day)s after %(n)d days", facts["days"])
        % {"day": day(facts["answered_on"]), "n": facts["days"]}
    ),
    "clock.extended": _extended,
    "clock.overdue_told": lambda facts, names: _("Handler and legal were told that the case is overdue"),
    "identity.confirmed": _identity,
    "identifier.added": _identifier(lambda: _("Detail to search by: %(kind)s, %(source)s")),
    "identifier.confirmed": _identifier(lambda: _("%(kind)s confirmed as the person's")),
    "identifier.rejected": _identifier(lambda: _("%(kind)s rejected: it is somebody else's")),
    "identifier.shown": _identifier(lambda: _("%(kind)s was shown in full")),
}
