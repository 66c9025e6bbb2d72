"""The log in words: one sentence for each kind of event, in the language that is active."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, gettext as _, ngettext

from requests_app.domain.deadline_words import format_day
from requests_app.domain.states import CollectionOutcome
from requests_app.models import System, User
from requests_app.services import access, words
from requests_app.services.numbers import grouped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.models import Event
    from requests_app.services.audit import LogEntry

Facts = Mapping[str, Any]


def actor(ref: str) -> str:
    """Who did something, as the log keeps it: the name of a member of staff as it was then."""
    if ref.startswith("user:"):
        return ref.split(":", 2)[-1]
    return {"person": _("The person"), "worker": _("Automatic"), "system": _("Automatic")}.get(ref, ref)


class Names:
    """Names of systems, staff and other cases that events refer to, read once for a whole log and for who reads it."""

    def __init__(self, entries: Iterable[LogEntry], reader: User | None = None) -> None:
        people, systems, numbers = set(), set(), set()
        for entry in entries:
            facts = entry.open
            people |= {facts[key] for key in ("before", "after", "user") if isinstance(facts.get(key), int)}
            systems |= {facts["system"]} if "system" in facts else set()
            numbers |= {facts["other"]} if "other" in facts else set()
            systems |= set(facts.get("systems") or []) if isinstance(facts.get("systems"), list) else set()
        self._people = dict(User.objects.filter(pk__in=people).values_list("pk", "name")) if people else {}
        self._systems = (
            {system.key: str(system) for system in System.objects.filter(key__in=systems)} if systems else {}
        )

        seen = access.cases_visible_to(reader).filter(diary_no__in=numbers) if numbers and reader else None
        self._seen = set(seen.values_list("diary_no", flat=True)) if seen is not None else set()

    def case(self, number: Any) -> str:
        """The diary number of another case, for who may see that one."""
        return str(number) if number in self._seen else _("another case")

    def person(self, pk: Any) -> str:
        """A member of staff; nobody for None."""
        return self._people.get(pk, str(pk)) if pk is not None else _("nobody")

    def system(self, key: Any) -> str:
        """A system."""
        return self._systems.get(key, str(key))


def _day(value: Any) -> str:
    try:
        return format_day(date.fromisoformat(str(value)), get_language() or "sv")
    except ValueError:
        return str(value)


def _rights(codes: Iterable[str]) -> str:
    return ", ".join(words.right(code).lower() for code in codes)


def _in_sentence(text: str) -> str:
    """With a small first letter; a name further in keeps its capital."""
    return text[:1].lower() + text[1:]


def _ended(facts: Facts, names: Names) -> str:
    system, outcome = names.system(facts["system"]), facts["outcome"]
    if outcome == CollectionOutcome.FOUND.value or facts["records"]:
        found = ngettext("%(n)s record", "%(n)s records", facts["records"]) % {"n": grouped(facts["records"])}
        return _("%(system)s was searched: %(found)s") % {"system": system, "found": found}
    return _("%(system)s: %(outcome)s") % {"system": system, "outcome": words.collection_outcome(outcome).lower()}


def _faulted(facts: Facts, names: Names) -> str:
    said = words.fault_sentence(facts["fault"], {}, system=names.system(facts["system"]))
    return (
        said + " " + (_("It is tried again by itself.") if facts.get("retry_at") else _("A person has to look at it."))
    )


def _decided(facts: Facts, names: Names) -> str:
    said = _("Decision on %(right)s: %(outcome)s") % {
        "right": words.right(facts["right"]).lower(),
        "outcome": words.word(words.OUTCOMES, facts["outcome"]),
    }
    return f"{said} · {words.word(words.GROUNDS, facts['ground'])}" if facts.get("ground") else said


def _recalculated(facts: Facts, names: Names) -> str:
    if facts["statutory_before"] != facts["statutory_after"]:
        return _("Last day to answer moved from %(before)s to %(after)s") % {
            "before": _day(facts["statutory_before"]),
            "after": _day(facts["statutory_after"]),
        }
    return _("Last day with pauses moved from %(before)s to %(after)s") % {
        "before": _day(facts["before"]),
        "after": _day(facts["after"]),
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
        "day": _day(facts["due_statutory_on"]),
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


def _identifier(sentence: Callable[[], str]) -> Callable[[Facts, Names], str]:
    def said(facts: Facts, names: Names) -> str:
        kind = words.word(words.IDENTIFIER_KINDS, facts["kind"])
        source = facts.get("source", "")
        return sentence() % {"kind": kind, "source": words.identifier_source(source, names.system(source))}

    return said


def _approval(facts: Facts, names: Names) -> str:
    right = words.right(facts["right"]).lower()
    if facts["verdict"] == "approved":
        return _("The decision on %(right)s was approved") % {"right": right}
    return _("The decision on %(right)s was given back") % {"right": right}


_ASKED: dict[str, Callable[[], str]] = {
    "erase": lambda: _("Erasure asked for in %(system)s"),
    "rectify": lambda: _("Rectification asked for in %(system)s"),
    "restrict": lambda: _("Restriction asked for in %(system)s"),
    "object": lambda: _("A stop of what is objected to asked for in %(system)s"),
    "stop_marketing": lambda: _("A stop of direct marketing asked for in %(system)s"),
}
_DONE: dict[str, Callable[[], str]] = {
    "erase": lambda: _("Erasure in %(system)s: %(result)s"),
    "rectify": lambda: _("Rectification in %(system)s: %(result)s"),
    "restrict": lambda: _("Restriction in %(system)s: %(result)s"),
    "object": lambda: _("Stop of what is objected to in %(system)s: %(result)s"),
    "stop_marketing": lambda: _("Stop of direct marketing in %(system)s: %(result)s"),
}


def _action(facts: Facts, names: Names) -> str:
    values = {
        "system": names.system(facts["system"]),
        "result": words.word(words.ACTION_RESULTS, facts.get("result", "")).lower(),
    }
    return (_DONE if "result" in facts else _ASKED)[facts["verb"]]() % values


def _opened_to_second(facts: Facts, names: Names) -> str:
    said = _("The decision on %(right)s was opened for approval") % {"right": words.right(facts["right"]).lower()}
    items = facts["items"]
    if not items:
        return said
    return f"{said} · " + ngettext("%(n)d withheld item", "%(n)d withheld items", items) % {"n": items}


def _voided(facts: Facts, names: Names) -> str:
    return _("What was asked to be approved on %(right)s has changed: decide again") % {
        "right": words.right(facts["right"]).lower()
    }


def _referred(sentence: Callable[[], str]) -> Callable[[Facts, Names], str]:
    def said(facts: Facts, names: Names) -> str:
        items = facts["items"]
        if not items:
            return sentence()
        return f"{sentence()} · " + ngettext("%(n)d record", "%(n)d records", items) % {"n": items}

    return said


def _lifting(facts: Facts, names: Names) -> str:
    return _("The person is warned that the restriction in %(system)s is lifted from %(day)s") % {
        "system": names.system(facts["system"]),
        "day": _day(facts["from_on"]),
    }


def _other(facts: Facts, names: Names) -> dict[str, str]:
    return {"other": names.case(facts["other"])}


def _document(sentence: Callable[[], str]) -> Callable[[Facts, Names], str]:
    return lambda facts, names: sentence() % {"document": words.word(words.DOCUMENTS, facts["kind"])}


def _in_system(sentence: Callable[[], str]) -> Callable[[Facts, Names], str]:
    def said(facts: Facts, names: Names) -> str:
        return sentence() % {**facts, "system": names.system(facts["system"])}

    return said


def _started(facts: Facts, names: Names) -> str:
    return _("Gathering began, round %(round)d: %(systems)s") % {
        "round": facts["round"],
        "systems": ", ".join(names.system(key) for key in facts["systems"]),
    }


def _extended(facts: Facts, names: Names) -> str:
    if facts["notice_in_time"]:
        return _("The time was extended to %(day)s") % {"day": _day(facts["extended_due_on"])}
    return _("The notice of extension left too late: the time was not extended")


def _uploaded(facts: Facts, names: Names) -> str:
    found = ngettext("%(n)s record", "%(n)s records", facts["records"]) % {"n": grouped(facts["records"])}
    return _("Data from %(system)s was uploaded: %(found)s") % {"system": names.system(facts["system"]), "found": found}


def _chosen(facts: Facts, names: Names) -> str:
    return _("%(system)s: %(chosen)d of %(candidates)d found persons were chosen") % {
        "system": names.system(facts["system"]),
        "chosen": facts["chosen"],
        "candidates": facts["candidates"],
    }


def _laid(facts: Facts, names: Names) -> str:
    said = ngettext("%(n)s place was masked in %(system)s", "%(n)s places were masked in %(system)s", facts["count"])
    ground = words.word(words.GROUNDS, facts["ground"])
    return f"{said % {'n': grouped(facts['count']), 'system': names.system(facts['system'])}} · {ground}"


def _destroyed(facts: Facts, names: Names) -> str:
    said = {
        "gathered": _("The gathered data was destroyed (%(rule)s)"),
        "dossier": _("Answers, letters and notes were destroyed (%(rule)s)"),
        "metadata": _("The case was disposed of (%(rule)s)"),
    }[facts["covers"]]
    return said % {"rule": facts["rule"]}


def _unmasked(facts: Facts, names: Names) -> str:
    said = ngettext("%(n)s mask was undone in %(system)s", "%(n)s masks were undone in %(system)s", facts["count"])
    return said % {"n": grouped(facts["count"]), "system": names.system(facts["system"])}


def _standing(facts: Facts, names: Names) -> str:
    said = ngettext(
        "The standing rules were applied: %(n)s place was masked",
        "The standing rules were applied: %(n)s places were masked",
        facts["count"],
    )
    return said % {"n": grouped(facts["count"])}


def _standing_ended(facts: Facts, names: Names) -> str:
    said = ngettext(
        "Legal took a standing rule back: %(n)s place is not masked any more",
        "Legal took a standing rule back: %(n)s places are not masked any more",
        facts["count"],
    ) % {"n": grouped(facts["count"])}
    return f"{said}; {_('the data is to be reviewed again')}" if facts["reopened"] else said


def _confirmed(facts: Facts, names: Names) -> str:
    return _(
        "The review was ended with the word that nothing more is to be hidden (unanswered suggestions: %(suggested)s; "
        "categories not opened: %(unopened)s)"
    ) % {"suggested": grouped(facts["suggested"]), "unopened": grouped(facts["unopened"])}


SENTENCES: dict[str, Callable[[Facts, Names], str]] = {
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
        _("The person withdrew the request %(day)s") % {"day": _day(facts["said_on"])}
    ),
    "case.reopened": lambda facts, names: (
        _("The case was reopened: %(reason)s (%(rights)s)")
        % {"reason": words.word(words.REOPENING_REASONS, facts["reason"]).lower(), "rights": _rights(facts["rights"])}
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
        _("Added to the request: %(right)s") % {"right": _rights([facts["right"]])}
    ),
    "case.right_removed": lambda facts, names: (
        _("Removed, registered by mistake: %(right)s") % {"right": _rights([facts["right"]])}
    ),
    "case.right_withdrawn": lambda facts, names: (
        _("Taken back by the person: %(right)s") % {"right": _rights([facts["right"]])}
    ),
    "file.attached": lambda facts, names: _("A file was attached"),
    "hold.placed": lambda facts, names: (
        _("Nothing may be destroyed: %(kind)s") % {"kind": words.word(words.HOLDS, facts["kind"]).lower()}
    ),
    "hold.lifted": lambda facts, names: (
        _("The stop on destruction was lifted: %(kind)s") % {"kind": words.word(words.HOLDS, facts["kind"]).lower()}
    ),
    "public_document.asked": lambda facts, names: (
        _("Public documents were asked for %(day)s") % {"day": _day(facts["asked_on"])}
    ),
    "public_document.answered": lambda facts, names: (
        _("The request for public documents was answered: %(result)s")
        % {"result": words.word(words.PUBLIC_DOCUMENT_RESULTS, facts["result"]).lower()}
    ),
    "checklist.ticked": lambda facts, names: _("A step of the checklist was ticked"),
    "checklist.unticked": lambda facts, names: _("A tick in the checklist was taken back"),
    "checklist.changed": lambda facts, names: (
        _("Version %(version)s of the checklist for %(right)s was written")
        % {"version": facts["version"], "right": _rights([facts["right"]])}
    ),
    "feed.made": lambda facts, names: _("A calendar address was made"),
    "feed.revoked": lambda facts, names: _("A calendar address was revoked"),
    "case.viewed": lambda facts, names: _("The case was opened"),
    "clock.recalculated": _recalculated,
    "clock.paused": lambda facts, names: (
        _("Paused from %(day)s: completion was asked for") % {"day": _day(facts["asked_on"])}
    ),
    "clock.resumed": lambda facts, names: (
        ngettext("The pause ended %(day)s after %(n)d day", "The pause ended %(day)s after %(n)d days", facts["days"])
        % {"day": _day(facts["answered_on"]), "n": facts["days"]}
    ),
    "clock.extended": _extended,
    "clock.overdue_told": lambda facts, names: _("Handler and legal were told that the case is overdue"),
    "identity.confirmed": _identity,
    "identifier.added": _identifier(lambda: _("Detail to search by: %(kind)s, %(source)s")),
    "identifier.confirmed": _identifier(lambda: _("%(kind)s confirmed as the person's")),
    "identifier.rejected": _identifier(lambda: _("%(kind)s rejected: it is somebody else's")),
    "identifier.shown": _identifier(lambda: _("%(kind)s was shown in full")),
    "collection.started": _started,
    "collection.ended": _ended,
    "collection.faulted": _faulted,
    "collection.retried": _in_system(lambda: _("%(system)s is searched again")),
    "collection.uploaded": _uploaded,
    "collection.nothing_reported": _in_system(lambda: _("%(system)s: somebody looked and found nothing")),
    "collection.left_out": _in_system(lambda: _("%(system)s was left out")),
    "collection.chosen": _chosen,
    "data.viewed": _in_system(lambda: _("Gathered data from %(system)s was read (page %(page)s)")),
    "data.previewed": lambda facts, names: _("The preview of the extract was opened"),
    "review.confirmed": _confirmed,
    "mask.laid": _laid,
    "mask.undone": _unmasked,
    "standing.applied": _standing,
    "standing.withdrawn": _standing_ended,
    "retention.destroyed": _destroyed,
    "statement.replaced": lambda facts, names: _("The answer goes out without an unconfirmed statement"),
    "decision.made": _decided,
    "approval.asked": lambda facts, names: (
        _("Approval of the decision on %(right)s was asked for") % {"right": words.right(facts["right"]).lower()}
    ),
    "approval.viewed": _opened_to_second,
    "approval.answered": _approval,
    "approval.escalated": lambda facts, names: (
        _("Nobody had answered: the substitute was told that the decision on %(right)s waits for approval")
        % {"right": words.right(facts["right"]).lower()}
    ),
    "referral.escalated": lambda facts, names: _(
        "Nobody had answered: the substitute was told that a question to legal waits"
    ),
    "approval.voided": _voided,
    "referral.asked": _referred(lambda: _("A question was put to legal")),
    "referral.opened": _referred(lambda: _("Legal opened the question")),
    "referral.answered": lambda facts, names: _("Legal answered the question"),
    "referral.withdrawn": lambda facts, names: _("The question to legal was taken back"),
    "referral.noted": lambda facts, names: _("Legal's answer was noted"),
    "action.asked": _action,
    "action.done": _action,
    "restriction.lifting_announced": _lifting,
    "document.rendered": _document(lambda: _("%(document)s was made")),
    "document.failed": _document(lambda: _("%(document)s could not be made")),
    "letter.rewritten": _document(lambda: _("Own paragraphs were written in a letter: %(document)s")),
    "document.downloaded": _document(lambda: _("%(document)s was downloaded by staff")),
    "delivery.dispatched": lambda facts, names: (
        _("A document was sent: %(way)s") % {"way": _in_sentence(words.word(words.WAYS, facts["way"]))}
    ),
    "contact.asked": lambda facts, names: (
        _("A second person was asked to confirm the address: %(way)s")
        % {"way": _in_sentence(words.word(words.WAYS, facts["way"]))}
    ),
    "contact.answered": lambda facts, names: (
        _("The address was confirmed by a second person")
        if facts["confirmed"]
        else _("A second person did not confirm the address")
    ),
    "delivery.secret_shown": lambda facts, names: _("The password of a mailed answer was shown"),
    "delivery.secret_given": lambda facts, names: (
        _("The password was given to the person: %(way)s")
        % {"way": _in_sentence(words.word(words.SECRET_WAYS, facts["way"]))}
    ),
    "delivery.returned": lambda facts, names: (
        _("What was sent came back: %(why)s") % {"why": _in_sentence(words.word(words.RETURNED, facts["why"]))}
    ),
    "delivery.left_as_is": lambda facts, names: _("What had come back was left as it is"),
    "delivery.revoked": lambda facts, names: _("Access was taken back: sent to the wrong person"),
    "breach.noted": lambda facts, names: _("A personal data breach was noted, and legal was told"),
    "breach.judged": lambda facts, names: (
        _("Legal judged the breach: reported to the authority")
        if facts["verdict"] == "reported"
        else _("Legal judged the breach: not reported")
    ),
    "delivery.fetched": lambda facts, names: _("The person downloaded a document"),
    "portal.viewed": lambda facts, names: _("The person looked at the case"),
    "mail.sent": lambda facts, names: _("A mail was sent to the person"),
    "mail.failed": lambda facts, names: (
        _("A mail to the person could not be sent (%(fault)s)") % {"fault": facts["fault"]}
    ),
    "mail.bounced": lambda facts, names: (
        _("A mail to the person came back (%(status)s)") % {"status": facts["status"] or "–"}
    ),
    "mail.retried": lambda facts, names: _("A mail that could not be sent is tried again"),
    "register.loaded": lambda facts, names: _("The register was loaded"),
    "register.changed": lambda facts, names: _("The register was changed"),
    "register.statement_confirmed": lambda facts, names: _("A statement of the register was confirmed"),
    "system.configured": _in_system(lambda: _("The settings of %(system)s were changed")),
    "system.tested": _in_system(lambda: _("The connection to %(system)s was tested")),
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
    "diary.listed": lambda facts, names: _("The diary was listed"),
    "report.viewed": lambda facts, names: _("A report was opened"),
    "backup.made": lambda facts, names: _("A backup was made"),
    "backup.restored": lambda facts, names: _("A backup was restored"),
}


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
