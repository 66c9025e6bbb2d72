"""The log in words: decisions, what is carried out, documents and how they left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _, ngettext

from requests_app.services import mail, words
from requests_app.services.event_facts import Facts, Names, Sentence, day, in_sentence

if TYPE_CHECKING:
    from collections.abc import Callable


def _decided(facts: Facts, names: Names) -> str:
    said = _("Decision on %(right)s: %(outcome)s") % {
        "right": words.right(facts["right"]).lower(),
        "outcome": words.word(words.OUTCOMES, facts["outcome"]),
    }
    return f"{said} · {words.word(words.GROUNDS, facts['ground'])}" if facts.get("ground") else said


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


_HANDED = {
    "action.previewed": lambda: _("%(change)s: it was counted what %(system)s holds, as a dry run"),
    "action.handed": lambda: _("%(change)s: %(system)s is told by itself"),
    "action.told": lambda: _("%(change)s: %(system)s said yes"),
    "action.failed": lambda: _("%(change)s: %(system)s could not be told, or did not do it"),
}


def _carried_out(kind: str) -> Callable[[Facts, Names], str]:
    """What a worker has come to with a change."""

    def said(facts: Facts, names: Names) -> str:
        change = words.word(words.CHANGES, facts["verb"])
        if facts.get("status") == "by_hand":
            return _("%(change)s in %(system)s is reported, and is read back") % {
                "change": change,
                "system": names.system(facts["system"]),
            }
        return _HANDED[kind]() % {"change": change, "system": names.system(facts["system"])}

    return said


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


def _reopened(facts: Facts, names: Names) -> str:
    return _("The decision on %(right)s is open again: the person objects to direct marketing too") % {
        "right": words.right(facts["right"]).lower()
    }


def _voided(facts: Facts, names: Names) -> str:
    return _("What was asked to be approved on %(right)s has changed: decide again") % {
        "right": words.right(facts["right"]).lower()
    }


def _referred(sentence: Callable[[], str]) -> Sentence:
    def said(facts: Facts, names: Names) -> str:
        items = facts["items"]
        if not items:
            return sentence()
        return f"{sentence()} · " + ngettext("%(n)d record", "%(n)d records", items) % {"n": items}

    return said


def _lifting(facts: Facts, names: Names) -> str:
    return _("The person is warned that the restriction in %(system)s is lifted from %(day)s") % {
        "system": names.system(facts["system"]),
        "day": day(facts["from_on"]),
    }


def _document(sentence: Callable[[], str]) -> Sentence:
    return lambda facts, names: sentence() % {"document": words.word(words.DOCUMENTS, facts["kind"])}


_SENT: dict[str, Callable[[], str]] = {
    "person": lambda: _("A mail was sent to the person"),
    "representative": lambda: _("A mail was sent to the representative"),
    "owner": lambda: _("A mail was sent to the owner of a system"),
    "staff": lambda: _("A mail was sent to a member of staff"),
    "": lambda: _("A mail was sent"),
}
_FAILED: dict[str, Callable[[], str]] = {
    "person": lambda: _("A mail to the person could not be sent (%(fault)s)"),
    "representative": lambda: _("A mail to the representative could not be sent (%(fault)s)"),
    "owner": lambda: _("A mail to the owner of a system could not be sent (%(fault)s)"),
    "staff": lambda: _("A mail to a member of staff could not be sent (%(fault)s)"),
    "": lambda: _("A mail could not be sent (%(fault)s)"),
}
_BOUNCED: dict[str, Callable[[], str]] = {
    "person": lambda: _("A mail to the person came back (%(status)s)"),
    "representative": lambda: _("A mail to the representative came back (%(status)s)"),
    "owner": lambda: _("A mail to the owner of a system came back (%(status)s)"),
    "staff": lambda: _("A mail to a member of staff came back (%(status)s)"),
    "": lambda: _("A mail came back (%(status)s)"),
}


def _receiver(facts: Facts) -> str:
    """Whom a mail went to; of an older event that does not say, only what its kind tells."""
    if facts.get("to") in _SENT:
        return str(facts["to"])
    kind = facts.get("kind")
    return "owner" if kind in mail.TO_OWNER else "staff" if kind in mail.TO_STAFF else ""


ANSWER: dict[str, Sentence] = {
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
    "decision.reopened": _reopened,
    "referral.asked": _referred(lambda: _("A question was put to legal")),
    "referral.opened": _referred(lambda: _("Legal opened the question")),
    "referral.answered": lambda facts, names: _("Legal answered the question"),
    "referral.withdrawn": lambda facts, names: _("The question to legal was taken back"),
    "referral.noted": lambda facts, names: _("Legal's answer was noted"),
    "action.asked": _action,
    "action.done": _action,
    "action.previewed": _carried_out("action.previewed"),
    "action.handed": _carried_out("action.handed"),
    "action.told": _carried_out("action.told"),
    "action.failed": _carried_out("action.failed"),
    "restriction.lifting_announced": _lifting,
    "document.rendered": _document(lambda: _("%(document)s was made")),
    "document.failed": _document(lambda: _("%(document)s could not be made")),
    "letter.rewritten": _document(lambda: _("Own paragraphs were written in a letter: %(document)s")),
    "document.downloaded": _document(lambda: _("%(document)s was downloaded by staff")),
    "delivery.dispatched": lambda facts, names: (
        _("A document was sent: %(way)s") % {"way": in_sentence(words.word(words.WAYS, facts["way"]))}
    ),
    "address.asked": lambda facts, names: _("A link was mailed to an e-mail address, to confirm it"),
    "address.confirmed": lambda facts, names: _(
        "The e-mail address was confirmed by the link: word of the case is mailed there"
    ),
    "contact.asked": lambda facts, names: (
        _("A second person was asked to confirm the address: %(way)s")
        % {"way": in_sentence(words.word(words.WAYS, facts["way"]))}
    ),
    "contact.answered": lambda facts, names: (
        _("The address was confirmed by a second person")
        if facts["confirmed"]
        else _("A second person did not confirm the address")
    ),
    "delivery.secret_shown": lambda facts, names: _("The password of a mailed answer was shown"),
    "delivery.secret_given": lambda facts, names: (
        _("The password was given to the person: %(way)s")
        % {"way": in_sentence(words.word(words.SECRET_WAYS, facts["way"]))}
    ),
    "delivery.returned": lambda facts, names: (
        _("What was sent came back: %(why)s") % {"why": in_sentence(words.word(words.RETURNED, facts["why"]))}
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
    "message.posted": lambda facts, names: (
        _("The person wrote a message") if facts["direction"] == "in" else _("A message was written to the person")
    ),
    "message.read": lambda facts, names: (
        _("A message from the person was read") if facts["direction"] == "in" else _("The person read a message")
    ),
    "message.file_fetched": lambda facts, names: _("The person downloaded a file from a message"),
    "portal.viewed": lambda facts, names: _("The person looked at the case"),
    "mail.sent": lambda facts, names: _SENT[_receiver(facts)](),
    "mail.failed": lambda facts, names: _FAILED[_receiver(facts)]() % {"fault": facts["fault"]},
    "mail.bounced": lambda facts, names: _BOUNCED[_receiver(facts)]() % {"status": facts["status"] or "–"},
    "mail.retried": lambda facts, names: _("A mail that could not be sent is tried again"),
}
