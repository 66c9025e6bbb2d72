"""The log in words: one sentence for each kind of event, in the language that is active."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from requests_app.services import words
from requests_app.services.event_facts import Facts, Names, Sentence, in_system
from requests_app.services.event_words_answer import ANSWER
from requests_app.services.event_words_case import CASE
from requests_app.services.event_words_data import DATA
from requests_app.services.event_words_incoming import INCOMING
from requests_app.services.event_words_marketing import MARKETING
from requests_app.services.event_words_owner import OWNER

if TYPE_CHECKING:
    from requests_app.models import Event
    from requests_app.services.audit import LogEntry


def actor(ref: str, *, acting: bool = False) -> str:
    """Who did something, as the log keeps it: the name of a member of staff, or of a system, as it was then.

    ``acting``: somebody acts for the person of the case, whose login is then that one's.
    """
    if ref.startswith(("user:", "client:")):
        return ref.split(":", 2)[-1]
    return {
        "person": _("The representative") if acting else _("The person"),
        "owner": _("The system's owner"),
        "worker": _("Automatic"),
        "system": _("Automatic"),
    }.get(ref, ref)


KEEPING: dict[str, Sentence] = {
    "client.created": lambda facts, names: _("A system was let in to the API"),
    "client.changed": lambda facts, names: _("What a system may do over the API was changed"),
    "client.secret_changed": lambda facts, names: _("A system was given a new secret for the API"),
    "person.looked_up": lambda facts, names: (
        _("A person was looked up in the customer system, by: %(kind)s")
        % {"kind": words.word(words.IDENTIFIER_KINDS, facts["kind"])}
    ),
    "feed.made": lambda facts, names: _("A calendar address was made"),
    "feed.revoked": lambda facts, names: _("A calendar address was revoked"),
    "erasures.reapplied": lambda facts, names: (
        _("Erasures in %(system)s were done again after a restored backup: %(n)d")
        % {"system": names.system(facts["system"]), "n": facts["erased"]}
    ),
    "register.loaded": lambda facts, names: _("The register was loaded"),
    "register.changed": lambda facts, names: _("The register was changed"),
    "register.statement_confirmed": lambda facts, names: _("A statement of the register was confirmed"),
    "register.gap_closed": lambda facts, names: (
        _("A gap or remark of the guideline was settled: %(row)s") % {"row": facts["row"]}
    ),
    "register.gap_reopened": lambda facts, names: (
        _("A gap or remark of the guideline was opened again: %(row)s") % {"row": facts["row"]}
    ),
    "register.exported": lambda facts, names: (
        _("The record of processing was downloaded (%(format)s, version %(version)s)")
        % {"format": facts["format"], "version": facts["version"]}
    ),
    "system.configured": in_system(lambda: _("The settings of %(system)s were changed")),
    "system.expiry_set": in_system(lambda: _("It was noted until when the keys of %(system)s hold")),
    "system.switched_off": in_system(lambda: _("%(system)s was switched off")),
    "system.switched_on": in_system(lambda: _("%(system)s was switched on again")),
    "system.tested": in_system(lambda: _("The connection to %(system)s was tested")),
    "system.tried": in_system(lambda: _("%(system)s was tried with a test person")),
    "retention.decided": lambda facts, names: (
        _("A decision on disposal was entered: %(reference)s") % {"reference": facts["reference"]}
    ),
    "policy.changed": lambda facts, names: _("Policy version %(version)s was written") % {"version": facts["version"]},
    "letter.wording_changed": lambda facts, names: (
        _("New wording, version %(version)s: %(letter)s (%(lang)s)")
        % {**facts, "letter": words.word(words.DOCUMENTS, facts["key"])}
    ),
    "user.role_changed": lambda facts, names: (
        _("The access of %(name)s was changed") % {"name": names.person(facts["user"])}
    ),
    "login.succeeded": lambda facts, names: _("Login"),
    "login.failed": lambda facts, names: _("Failed login"),
    "login.refused": lambda facts, names: (
        _("A login with %(provider)s was not let in (%(reason)s)")
        % {"provider": facts["provider"], "reason": facts["reason"]}
    ),
    "diary.listed": lambda facts, names: _("The diary was listed"),
    "report.viewed": lambda facts, names: _("A report was opened"),
    "backup.made": lambda facts, names: _("A backup was made"),
    "backup.restored": lambda facts, names: _("A backup was restored"),
}
"""The register, staff and the running of it all."""
SENTENCES: dict[str, Sentence] = {**CASE, **DATA, **OWNER, **ANSWER, **INCOMING, **MARKETING, **KEEPING}


def sentence(event: Event, facts: Facts, names: Names) -> str:
    """What happened, in words. An event whose payload is gone, or of a newer version, says at least its kind."""
    try:
        return SENTENCES[event.kind](facts, names)
    except (KeyError, TypeError, ValueError):
        return _("%(kind)s (the details are no longer there)") % {"kind": event.kind}


def personal_lines(entry: LogEntry) -> list[str]:
    """What an event holds of free text, for those who see the case."""
    lines: list[str] = []
    for name, value in entry.personal.items():
        if isinstance(value, Mapping):
            lines += [str(item) for item in value.values() if item]
        elif value and name != "text":
            lines.append(str(value))
    return lines


__all__ = ["SENTENCES", "Names", "actor", "personal_lines", "sentence"]
