"""Codes of the ways in: who may act for somebody, what becomes of a mail, how a choice about marketing was made."""

from __future__ import annotations

from enum import StrEnum


class Capacity(StrEnum):
    """As what somebody acts for the person."""

    PROXY = "proxy"  # ombud with a written power of attorney
    GUARDIAN = "guardian"  # vårdnadshavare, FB 6:11
    TRUSTEE = "trustee"  # god man, FB 11:4
    ADMINISTRATOR = "administrator"  # förvaltare, FB 11:7


class MessageChannel(StrEnum):
    """By which way a message between the person and us went."""

    PORTAL = "portal"
    MAIL = "mail"
    API = "api"


class Scope(StrEnum):
    """What a client of the API may do, as its tokens say it (RFC 6749, 3.3)."""

    FILE = "requests:file"
    READ = "requests:read"
    WRITE = "requests:write"  # messages, and taking a request back
    FILES = "files:read"


class HeldKind(StrEnum):
    """What sealed content outside a case is."""

    DRAFT = "draft"
    MAIL = "mail"


class LinkPurpose(StrEnum):
    """What a one-time link to an address is for."""

    LOGIN = "login"
    ADDRESS = "address"  # to confirm where a mail about a case may go


class MailState(StrEnum):
    """What became of a mail that was taken in."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    JOINED = "joined"
    DISMISSED = "dismissed"


class Dismissal(StrEnum):
    """Why a mail is no request, or what it was recognised as."""

    AUTOMATIC = "automatic"  # RFC 3834
    BOUNCE = "bounce"  # RFC 3464
    DUPLICATE = "duplicate"
    NOT_A_REQUEST = "not_request"
    SPAM = "spam"
    ELSEWHERE = "elsewhere"  # handled by another part of the organisation


class MarketingKind(StrEnum):
    """What was chosen about marketing."""

    WITHDRAWN = "withdrawn"
    GIVEN = "given"


class Exact(StrEnum):
    """How exactly it is known when something was said."""

    MOMENT = "moment"
    MINUTE = "minute"
    DAY = "day"  # at an unknown time of it


class ChoiceSource(StrEnum):
    """How a choice about marketing reached us."""

    LINK = "link"  # the page behind the link of a newsletter
    ONE_CLICK = "one_click"  # RFC 8058
    PORTAL = "portal"
    API = "api"
    PHONE = "phone"
    VISIT = "visit"
    LETTER = "letter"


class TaskState(StrEnum):
    """Where a durable task in a system stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # needs a person
