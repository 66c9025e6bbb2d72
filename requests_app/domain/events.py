"""Every kind of event the log can hold, with the fields of each; a field marked personal is sealed and goes when the case's key goes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event: ``open`` fields stand readable in the log, ``personal`` ones are sealed with the case's dossier key."""

    code: str
    open: frozenset[str] = field(default_factory=frozenset)
    personal: frozenset[str] = field(default_factory=frozenset)
    version: int = 1


def _kind(code: str, *open_fields: str, personal: tuple[str, ...] = ()) -> EventKind:
    return EventKind(code, frozenset(open_fields), frozenset(personal))


KINDS: dict[str, EventKind] = {
    kind.code: kind
    for kind in (
        # the case
        _kind("case.opened", "rights", "channel", "received_on", "due_on", "due_statutory_on", "team", "profile"),
        _kind("case.moved", "move", "before", "after"),
        _kind("case.assigned", "before", "after"),
        _kind("case.external_no_set", "before", "after"),
        _kind("case.protected", "protected", personal=("reason",)),
        _kind("case.access_granted", "user", "permission"),
        _kind("case.noted", "note", personal=("text",)),
        _kind("case.closed", "closed_as"),
        _kind("case.withdrawn", "said_on", personal=("said",)),
        _kind("case.reopened", "reason", "rights", personal=("note",)),
        _kind("case.linked", "other", "kind"),
        _kind("case.unlinked", "other"),
        _kind("case.joined", "other"),
        _kind("case.joined_by", "other", "rights"),
        _kind("case.right_added", "right"),
        _kind("case.right_removed", "right", personal=("reason",)),
        _kind("case.right_withdrawn", "right", personal=("reason",)),
        _kind("file.attached", "file", "sha256", "size"),
        _kind("representation.stated", "capacity", "files"),
        _kind("representation.checked", "capacity", "confirmed", "method", personal=("note",)),
        _kind("representation.same_person", "at"),
        _kind("hold.placed", "kind"),
        _kind("hold.lifted", "kind"),
        _kind("public_document.asked", "asked_on"),
        _kind("public_document.answered", "result", "answered_on"),
        _kind("checklist.ticked", "right", "step", "version"),
        _kind("checklist.unticked", "right", "step", "version"),
        _kind("case.viewed", "page"),
        _kind("clock.recalculated", "before", "after", "statutory_before", "statutory_after", "policy"),
        _kind("clock.paused", "asked_on", "reason"),
        _kind("clock.resumed", "answered_on", "days"),
        _kind("clock.extended", "extended_due_on", "notice_in_time"),
        _kind("clock.overdue_told", "due_statutory_on", "users"),
        # the person
        _kind("identity.confirmed", "method", "level"),
        _kind("identifier.added", "kind", "source", "strength"),
        _kind("identifier.confirmed", "kind", "source"),
        _kind("identifier.rejected", "kind", "source"),
        _kind("identifier.shown", "kind"),
        _kind("person.looked_up", "kind", "found"),
        # gathering
        _kind("collection.started", "systems", "round"),
        _kind("collection.ended", "system", "round", "outcome", "records", "attempts"),
        _kind("collection.faulted", "system", "round", "fault", "attempts", "retry_at"),
        _kind("collection.retried", "system", "round"),
        _kind("collection.uploaded", "system", "round", "records", "sha256"),
        _kind("collection.nothing_reported", "system", "round"),
        _kind("collection.left_out", "system", "round", personal=("reason",)),
        _kind("collection.chosen", "system", "round", "chosen", "candidates"),
        _kind("data.viewed", "system", "category", "page"),
        _kind("data.previewed", "render"),
        _kind("review.confirmed", "suggested", "unopened"),
        _kind("mask.laid", "system", "category", "scope", "count", "ground", "rule", personal=("note",)),
        _kind("standing.applied", "rules", "count", "mark"),
        _kind("standing.withdrawn", "rules", "count", "reopened"),
        _kind("mask.undone", "system", "category", "scope", "count", "rule"),
        # the owner of a system, who answers by a link or in the admin
        _kind("owner.asked", "system", "round", "expires_on", personal=("address",)),
        _kind("owner.reminded", "system", "round", "number"),
        _kind("owner.link_renewed", "system", "round"),
        _kind("owner.link_revoked", "system", "round", "why"),
        _kind("owner.link_opened", "system", "round"),
        _kind("owner.code_shown", "system", "round"),
        _kind("owner.code_wrong", "system", "round", "tries"),
        _kind("owner.viewed", "system", "round"),
        _kind("owner.number_shown", "system", "round"),
        _kind("owner.asked_us", "system", "round"),
        _kind("owner.replied", "system", "round"),
        _kind("owner.not_theirs", "system", "round"),
        _kind("owner.answered", "system", "round", "files", "records"),
        _kind("owner.escalated", "system", "round", "users"),
        _kind("file.infected", "door", "sha256", "signature"),
        # the answer
        _kind("statement.replaced", "statement", personal=("reason",)),
        _kind("decision.made", "right", "number", "outcome", "ground", personal=("reasons",)),
        _kind("decision.reopened", "right", "number"),
        _kind("approval.asked", "right", "decision"),
        _kind("approval.viewed", "right", "decision", "items"),
        _kind("approval.escalated", "right", "decision", "users"),
        _kind("referral.escalated", "users"),
        _kind("approval.answered", "right", "decision", "verdict", personal=("note",)),
        _kind("approval.voided", "right", "decision"),
        _kind("referral.asked", "referral", "items", personal=("question",)),
        _kind("referral.opened", "referral", "items"),
        _kind("referral.answered", "referral", personal=("answer",)),
        _kind("referral.withdrawn", "referral"),
        _kind("referral.noted", "referral"),
        _kind("action.asked", "system", "verb"),
        _kind("action.previewed", "system", "verb"),
        _kind("action.handed", "system", "verb"),
        _kind("action.told", "system", "verb", "status"),
        _kind("action.failed", "system", "verb", "fault"),
        _kind("action.done", "system", "verb", "result", personal=("note",)),
        _kind("restriction.lifting_announced", "system", "from_on", personal=("reasons",)),
        _kind("document.rendered", "kind", "file", "sha256", "pages"),
        _kind("document.failed", "kind", "fault"),
        _kind("letter.rewritten", "kind", "right", "paragraphs"),
        _kind("document.downloaded", "kind", "file", "by"),
        _kind("address.asked"),
        _kind("address.confirmed"),
        _kind("contact.asked", "way", "basis", personal=("address",)),
        _kind("contact.answered", "way", "confirmed"),
        _kind("delivery.dispatched", "way", "file", "sha256", "basis", personal=("address",)),
        _kind("delivery.secret_shown", "delivery"),
        _kind("delivery.secret_given", "delivery", "way", "basis"),
        _kind("delivery.returned", "why", "way"),
        _kind("delivery.left_as_is", "why", "way"),
        _kind("delivery.revoked", "way", "documents"),
        _kind("breach.noted", "noticed_at", "report_by", personal=("what",)),
        _kind("breach.judged", "verdict", "person_told", personal=("reasons",)),
        _kind("delivery.fetched", "file", "sha256"),
        _kind("message.posted", "direction", "channel", "message", "files"),
        _kind("message.read", "direction", "count"),
        _kind("message.file_fetched", "file", "sha256"),
        _kind("portal.viewed"),
        _kind("retention.destroyed", "covers", "rule"),
        _kind("mail.sent", "kind", "mail", "to"),
        _kind("mail.failed", "kind", "mail", "to", "fault"),
        _kind("mail.bounced", "kind", "mail", "to", "status"),
        _kind("mail.retried", "kind", "mail"),
        # mail that comes in
        _kind("incoming.taken", "mail", "mailbox", "seems"),
        _kind("incoming.viewed", "mail"),
        _kind("incoming.downloaded", "mail", "part"),
        _kind("incoming.accepted", "mail", "arrived_at", "changed", personal=("reason",)),
        _kind("incoming.joined", "mail", "message", "foreign"),
        _kind("incoming.left_out", "mail", "n"),
        _kind("incoming.dismissed", "mail", "reason", "automatic"),
        _kind("incoming.restored", "mail"),
        _kind("mailbox.configured", "mailbox", "fields"),
        _kind("mailbox.tested", "mailbox", "ok", "fault"),
        # marketing, which is no case
        _kind("marketing.chosen", "choice", "kind", "source", "systems"),
        _kind("marketing.done", "choice", "system", "status"),
        _kind("marketing.failed", "choice", "system", "fault"),
        _kind("marketing.retried", "choice", "system"),
        _kind("marketing.listed", "rows"),
        # the installation
        _kind("erasures.reapplied", "system", "since", "found", "erased", "failed"),
        _kind("retention.decided", "covers", "reference", "decided_on", "keep_months"),
        _kind("register.loaded", "rows", "systems", "processings"),
        _kind("register.changed", "object", "key", "fields"),
        _kind("register.statement_confirmed", "statement"),
        _kind("register.gap_closed", "row"),
        _kind("register.gap_reopened", "row"),
        _kind("register.exported", "format", "version"),
        _kind("system.configured", "system", "version", "secrets"),
        _kind("system.expiry_set", "system", "secrets"),
        _kind("system.switched_off", "system"),
        _kind("system.switched_on", "system", "searched"),
        _kind("system.tested", "system", "ok", "fault"),
        _kind("system.tried", "system", "connector", "kinds"),
        _kind("checklist.changed", "right", "version"),
        _kind("client.created", "client", "scopes"),
        _kind("client.changed", "client", "fields", "scopes", "active"),
        _kind("client.secret_changed", "client", "at_once"),
        _kind("feed.made", "feed", "team"),
        _kind("feed.revoked", "feed"),
        _kind("policy.changed", "version", "keys"),
        _kind("letter.wording_changed", "key", "lang", "version"),
        _kind("user.role_changed", "user", "before", "after"),
        _kind("login.succeeded", "door"),
        _kind("login.failed", "door"),
        _kind("login.refused", "provider", "reason"),
        _kind("diary.listed", "first", "last", "rows", "named"),
        _kind("report.viewed", "report", "period", "format"),
        _kind("backup.made", "sha256"),
        _kind("backup.restored", "sha256", "keys_destroyed_again"),
    )
}


def check_fields(code: str, fields: frozenset[str]) -> EventKind:
    """The kind with this code; raises ``ValueError`` when it is unknown or carries a field it has not declared."""
    kind = KINDS.get(code)
    if kind is None:
        raise ValueError(f"unknown kind of event: {code}")
    undeclared = fields - kind.open - kind.personal
    if undeclared:
        raise ValueError(f"{code} does not declare {', '.join(sorted(undeclared))}")
    return kind
