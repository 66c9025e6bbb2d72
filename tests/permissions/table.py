"""The matrix: for each kind of address what it is for, who may, and what everybody else gets. The only place where it is said.

``no`` is what others get who are logged in to the same door: ``none`` (looks like not there) for all that belongs to a case,
``refused`` for pages of a work that is not theirs. Who is not logged in at that door is sent to its login.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.permissions.objects import Objects


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody of the matrix: a short name, and how docs/security.md names the column."""

    key: str
    title: str


ACTORS = (
    Actor("handler", "handler"),
    Actor("colleague", "coordinator of the team"),
    Actor("other_team", "coordinator of another team"),
    Actor("legal", "legal of the team"),
    Actor("legal_other", "legal of another team"),
    Actor("service", "customer service"),
    Actor("admin", "administrator"),
    Actor("superuser", "superuser"),
    Actor("owner", "system owner"),
    Actor("customer", "the customer"),
    Actor("other_customer", "another customer"),
    Actor("program", "a program with a token of the API"),
    Actor("nobody", "not logged in"),
)

HANDLER = frozenset({"handler"})
HANDLING = frozenset({"handler", "colleague"})
COORDINATORS = HANDLING | {"other_team"}
LEGAL = frozenset({"legal", "legal_other"})
STAFF = COORDINATORS | LEGAL | {"service", "admin", "superuser", "owner"}
CUSTOMER = frozenset({"customer"})
CUSTOMERS = frozenset({"customer", "other_customer"})
PROGRAM = frozenset({"program"})
EVERYBODY = STAFF | CUSTOMERS | PROGRAM | {"nobody"}
OVERSEEING = frozenset({"legal"})
ADMIN = frozenset({"admin"})
ADMINISTRATION = frozenset({"admin", "superuser"})
NOBODY: frozenset[str] = frozenset()
REPORT = "overview"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: the addresses (names of the resolver) behind one action on one object."""

    object: str
    action: str
    names: tuple[str, ...]
    may: frozenset[str]
    no: str = "none"
    door: str = "admin"
    """``admin``, ``portal``, ``api`` or ``open`` (no login is asked for)."""
    method: str = "get"
    args: Callable[[Objects], dict[str, Any]] = field(default=lambda objects: {})
    data: Callable[[Objects], dict[str, Any]] = field(default=lambda objects: {})
    query: str = ""
    may_be_none: bool = False
    """The address needs a choice made on the page before: without one also those who may get nothing."""


def _case(objects: Objects) -> dict[str, Any]:
    return {"ref": objects.case.ref}


def _data(objects: Objects) -> dict[str, Any]:
    return {"ref": objects.case.ref, "system": "fakturering", "category": "fakturor"}


def _admin(*names: str) -> tuple[str, ...]:
    return tuple(f"admin:{name}" for name in names)


def _case_pages(*names: str) -> tuple[str, ...]:
    return _admin(*(f"requests_app_case_{name}" for name in names))


def _portal(*names: str) -> tuple[str, ...]:
    return tuple(f"portal:{name}" for name in names)


CASE = (
    Entry("cases", "list", _case_pages("changelist"), COORDINATORS, no="refused"),
    Entry(
        "cases",
        "search those one works (who works none is led to the start page)",
        _case_pages("search"),
        STAFF,
        method="post",
    ),
    Entry("a case", "read, see how far it is", _case_pages("change", "progress"), HANDLING, args=_case),
    Entry("a case", "preview the answer", _case_pages("preview"), HANDLING, args=_case),
    Entry(
        "a case",
        "download or show a file",
        _case_pages("file", "pdf"),
        HANDLING,
        args=lambda objects: {"ref": objects.case.ref, "file_ref": objects.file.ref},
    ),
    Entry(
        "a case",
        "see a personal identity number in full",
        _case_pages("show"),
        HANDLING,
        method="post",
        args=lambda objects: {"ref": objects.case.ref, "pk": objects.identifier.pk},
    ),
    Entry(
        "an answer",
        "print it whole",
        _admin("delivery_bundle"),
        HANDLING,
        args=lambda objects: {"ref": objects.ready.ref, "right": "rectification"},
    ),
    Entry(
        "an answer",
        "see the password of the mailed PDF",
        _admin("delivery_secret"),
        HANDLING,
        method="post",
        args=lambda objects: {"ref": objects.case.ref, "pk": objects.mailed.pk},
    ),
    Entry("gathered data", "read", _case_pages("data"), HANDLING, args=_data),
    Entry("gathered data", "mask, undo, ask legal", _case_pages("mask", "refer"), HANDLING, method="post", args=_data),
    Entry("gathered data", "see masks that no longer fit", _case_pages("masks"), HANDLING, args=_case),
)
LEGALS = (
    Entry(
        "legal's desk",
        "see what waits",
        _admin("legal_desk", "approvals", "contact_checks", "breaches"),
        LEGAL,
        no="refused",
    ),
    Entry(
        "legal's desk",
        "read and answer one decision",
        _admin("approval_answer"),
        OVERSEEING,
        no="none, refused",
        args=lambda objects: {"ref": objects.asked.ref, "right": "rectification"},
    ),
    Entry(
        "legal's desk",
        "open a file that one decision withholds",
        _admin("approval_file"),
        OVERSEEING,
        no="none, refused",
        args=lambda objects: {"ref": objects.asked.ref, "right": "rectification", "file_ref": objects.file.ref},
        may_be_none=True,
    ),
    Entry(
        "legal's desk",
        "read and answer one question, with its records",
        _admin("referral"),
        OVERSEEING,
        no="none, refused",
        args=lambda objects: {"ref": objects.case.ref, "number": 1},
    ),
    Entry(
        "legal's desk",
        "judge an answer that went to the wrong person",
        _admin("breach"),
        OVERSEEING,
        no="none, refused",
        args=lambda objects: {"pk": objects.breach.pk},
    ),
    Entry("reports", "see overdue cases and figures", _admin("overdue", "reports"), LEGAL, no="refused"),
    Entry("reports", "read one", _admin("report"), LEGAL, no="refused", args=lambda objects: {"key": REPORT}),
    Entry(
        "reports",
        "see the diary numbers behind a figure",
        _admin("report_cases"),
        LEGAL,
        no="none, refused",
        args=lambda objects: {"key": REPORT},
        may_be_none=True,
    ),
    Entry(
        "reports",
        "download as XLSX, CSV or PDF",
        _admin("report_file"),
        LEGAL,
        no="refused",
        args=lambda objects: {"key": REPORT, "ending": "csv"},
    ),
)
PLACES = (
    Entry("the admin", "open the start page", _admin("index"), STAFF),
    Entry("the admin", "own settings, password", _admin("my", "password_change", "password_change_done"), STAFF),
    Entry("the admin", "texts of the pages", _admin("jsi18n"), STAFF),
    Entry("the admin", "log in, log out", _admin("login", "logout"), EVERYBODY, door="open"),
    Entry("calendar feed", "see one's addresses", _admin("my_calendar"), COORDINATORS),
    Entry("calendar feed", "make an address", _admin("my_calendar_make"), COORDINATORS, method="post"),
    Entry(
        "calendar feed",
        "let one's own address stop",
        _admin("my_calendar_revoke"),
        HANDLER,
        method="post",
        args=lambda objects: {"pk": objects.feed},
    ),
    Entry(
        "calendar feed",
        "read due dates by the secret address",
        ("calendar_feed",),
        EVERYBODY,
        door="open",
        args=lambda objects: {"token": objects.token},
    ),
    Entry(
        "a request",
        "register by hand",
        _admin("register_request", "register_receipt"),
        COORDINATORS | {"service"},
        no="refused",
    ),
    Entry(
        "a request",
        "have what was typed read back",
        _admin("register_read_back"),
        COORDINATORS | {"service"},
        no="refused",
        method="post",
    ),
    Entry(
        "choices about marketing",
        "note one that was said",
        _admin("marketing_note"),
        COORDINATORS | {"service"},
        no="refused",
    ),
    Entry(
        "choices about marketing",
        "see what a person has to do, tick it as done",
        _admin("marketing"),
        COORDINATORS,
        no="refused",
    ),
    Entry(
        "choices about marketing",
        "see what a person has to do, tick it as done",
        _admin("marketing_task"),
        COORDINATORS,
        no="refused",
        method="post",
        args=lambda objects: {"pk": objects.marketing},
    ),
    Entry("incoming mail", "see what waits", _admin("incoming"), COORDINATORS, no="refused"),
    Entry(
        "incoming mail",
        "read, download its files",
        _admin("incoming_mail"),
        COORDINATORS,
        no="refused",
        args=lambda objects: {"ref": objects.mail.ref},
    ),
    Entry(
        "incoming mail",
        "read, download its files",
        _admin("incoming_file"),
        COORDINATORS,
        no="refused",
        args=lambda objects: {"ref": objects.mail.ref, "part": "mejl"},
    ),
    Entry(
        "incoming mail",
        "open a case, add to one, put aside",
        _admin("incoming_act"),
        COORDINATORS,
        no="refused",
        method="post",
        args=lambda objects: {"ref": objects.mail.ref},
        data=lambda objects: {"do": "dismiss"},
    ),
    Entry(
        "the diary list",
        "read, download (names only of cases one works)",
        _admin("diary"),
        COORDINATORS | LEGAL,
        no="refused",
    ),
)
OWNERS = (
    Entry(
        "a system owner's task",
        "list those of one's own systems",
        _admin("owner_tasks"),
        frozenset({"owner"}),
        no="refused",
    ),
    Entry(
        "a system owner's task",
        "read and answer it, without the case",
        _admin("owner_task"),
        HANDLING | {"owner"},
        args=lambda objects: {"ref": objects.task.ref, "system": "fakturering"},
    ),
    Entry(
        "a system owner's task",
        "read and answer it, without the case",
        _admin("owner_page"),
        HANDLING | {"owner"},
        args=lambda objects: {"ref": objects.task.ref, "system": "fakturering", "page": "skriv"},
    ),
    Entry(
        "a system owner's task",
        "see case number, system and last day behind the mailed link",
        _portal("owner_open"),
        EVERYBODY,
        door="open",
        args=lambda objects: {"token": objects.owner_token},
    ),
    Entry(
        "a system owner's task",
        "read and answer it by the link's address, without having opened the link",
        _portal("owner_task"),
        NOBODY,
        door="open",
        args=lambda objects: {"ref": objects.owner_link},
    ),
    Entry(
        "a system owner's task",
        "read and answer it by the link's address, without having opened the link",
        _portal("owner_page"),
        NOBODY,
        door="open",
        args=lambda objects: {"ref": objects.owner_link, "page": "skriv"},
    ),
    Entry("a system owner's task", "be thanked", _portal("owner_done"), EVERYBODY, door="open"),
)
OPEN = (
    Entry("the service", "ask whether it lives", ("healthz",), EVERYBODY, door="open"),
    Entry("the language", "choose", ("set_language",), EVERYBODY, door="open", method="post"),
    Entry(
        "the portal",
        "read about it, log in",
        _portal("start", "login", "accessibility", "privacy", "email_login", "email_sent", "logged_out"),
        EVERYBODY,
        door="open",
    ),
    Entry(
        "the portal",
        "log in with eID, come back from there",
        _portal("eid", "eid_return"),
        EVERYBODY,
        door="open",
        args=lambda objects: {"key": "made-up"},
        may_be_none=True,
    ),
    Entry(
        "the portal",
        "log in, or confirm an address, with the link of a mail",
        _portal("email_link", "address_link"),
        EVERYBODY,
        door="open",
        args=lambda objects: {"secret": "made-up"},
        may_be_none=True,
    ),
    Entry("newsletters", "stop them by one's address", _portal("unsubscribe_typed"), EVERYBODY, door="open"),
    Entry(
        "newsletters",
        "stop them by the link that came with one",
        _portal("unsubscribe"),
        EVERYBODY,
        door="open",
        args=lambda objects: {"token": objects.unsubscribe},
    ),
    Entry("the portal", "log out", _portal("logout"), EVERYBODY, door="open", method="post"),
)
PORTAL = (
    Entry(
        "a request of one's own",
        "write, go on writing",
        _portal("what", "whom", "person", "details", "contact", "check"),
        CUSTOMERS,
        door="portal",
    ),
    Entry(
        "the portal", "choose about advertising to one's own addresses", _portal("marketing"), CUSTOMERS, door="portal"
    ),
    Entry(
        "a request of one's own", "throw the draft away", _portal("discard"), CUSTOMERS, door="portal", method="post"
    ),
    Entry(
        "the customer's request",
        "follow, take back",
        _portal("case", "receipt", "write", "withdraw", "address"),
        CUSTOMER,
        door="portal",
        args=_case,
    ),
    Entry(
        "the customer's request",
        "download the answer",
        _portal("file"),
        CUSTOMER,
        door="portal",
        args=lambda objects: {"ref": objects.case.ref, "file_ref": objects.file.ref},
    ),
    Entry(
        "the customer's request",
        "download what went with a message",
        _portal("message_file"),
        CUSTOMER,
        door="portal",
        args=lambda objects: {"ref": objects.case.ref, "file_ref": objects.file.ref},
    ),
)
API = (
    Entry("the API", "read its description", ("api:openapi",), EVERYBODY, door="open"),
    Entry("the API", "ask for a token by id and secret", ("api:token",), EVERYBODY, door="open", method="post"),
    Entry(
        "the API",
        "ask what has changed in what one filed",
        ("api:list_changes",),
        PROGRAM,
        no="refused",
        door="api",
    ),
    Entry(
        "the request of a person of its issuer",
        "file (over the API)",
        ("api:file_request",),
        PROGRAM,
        no="refused",
        door="api",
        method="post",
    ),
    Entry(
        "the request of a person of its issuer",
        "send a file for it (over the API)",
        ("api:upload",),
        PROGRAM,
        no="refused",
        door="api",
        method="post",
    ),
    Entry(
        "the request of a person of its issuer",
        "list (over the API)",
        ("api:list_requests",),
        PROGRAM,
        no="refused",
        door="api",
    ),
    Entry(
        "the request of a person of its issuer",
        "read, read messages (over the API)",
        ("api:read_request", "api:list_messages"),
        PROGRAM,
        no="refused",
        door="api",
        args=_case,
    ),
    Entry(
        "the request of a person of its issuer",
        "write, note what was read, take back (over the API)",
        ("api:write_message", "api:read_messages", "api:withdraw_request"),
        PROGRAM,
        no="refused",
        door="api",
        method="post",
        args=_case,
    ),
    Entry(
        "the request of a person of its issuer",
        "download the answer (over the API)",
        ("api:file",),
        PROGRAM,
        no="refused",
        door="api",
        args=lambda objects: {"ref": objects.case.ref, "file_ref": objects.file.ref},
    ),
)


# --- Models of the admin ------------------------------------------------------------------------------------------------------

_STATEMENTS = ("system", "processing", "recipient", "retentionrule")


@dataclass(frozen=True, slots=True)
class ModelRow:
    """Who may read, add, change and delete objects of these models."""

    object: str
    models: tuple[str, ...]
    view: frozenset[str]
    add: frozenset[str] = frozenset()
    change: frozenset[str] = frozenset()
    delete: frozenset[str] = frozenset()


MODELS = (
    ModelRow("the register", _STATEMENTS, LEGAL | ADMINISTRATION, ADMIN, LEGAL | ADMIN),
    ModelRow(
        "what is processed where",
        ("processingitem", "itemrecipient"),
        LEGAL | ADMINISTRATION,
        ADMIN,
        LEGAL | ADMIN,
        ADMIN,
    ),
    ModelRow("categories and search profiles", ("datacategory", "searchprofile"), LEGAL | ADMINISTRATION, ADMIN, ADMIN),
    ModelRow("the guideline", ("registerrow",), LEGAL | ADMINISTRATION),
    ModelRow("staff", ("user",), ADMINISTRATION, ADMINISTRATION, ADMINISTRATION),
    ModelRow("teams", ("team",), ADMINISTRATION, ADMIN, ADMIN),
    ModelRow("the policy", ("policy",), LEGAL | ADMINISTRATION, LEGAL | ADMINISTRATION),
    ModelRow("decisions on disposal", ("disposaldecision",), LEGAL | ADMINISTRATION, LEGAL),
    ModelRow("outgoing mail (no address, no content)", ("outgoingmail",), ADMIN),
)


def _model_entries() -> tuple[Entry, ...]:
    """A model's addresses, for each row of ``MODELS``."""
    found = []
    for row in MODELS:
        for verb, page, method, may in (
            ("read", "changelist", "get", row.view),
            ("read", "change", "get", row.view),
            ("add", "add", "get", row.add),
            ("change", "change", "post", row.change),
            ("delete", "delete", "get", row.delete),
        ):
            names = _admin(*(f"requests_app_{model}_{page}" for model in row.models))
            one = page in {"change", "delete"}
            found.append(
                Entry(
                    row.object,
                    verb,
                    names,
                    may,
                    no="refused",
                    method=method,
                    args=(lambda objects: {"object_id": "{pk}"}) if one else (lambda objects: {}),
                )
            )
    return tuple(found)


REGISTER = (
    Entry(
        "the register",
        "read the record of processing, download it",
        _admin("record", "record_systems"),
        LEGAL | ADMIN | COORDINATORS,
        no="refused",
    ),
    Entry(
        "the register",
        "see how the systems fare",
        _admin("system_health"),
        LEGAL | ADMIN | COORDINATORS,
        no="refused",
    ),
    Entry(
        "the register",
        "see how the systems fare",
        _admin("system_health_one"),
        LEGAL | ADMIN | COORDINATORS,
        no="refused",
        args=lambda objects: {"key": "arkiv"},
    ),
    Entry(
        "a system's connection",
        "switch it off and on",
        _admin("system_health_switch"),
        ADMINISTRATION,
        no="refused",
        method="post",
        args=lambda objects: {"key": "arkiv"},
    ),
    Entry(
        "the register",
        "read the record of processing, download it",
        _admin("record_file"),
        LEGAL | ADMIN | COORDINATORS,
        no="refused",
        args=lambda objects: {"ending": "xlsx"},
    ),
    Entry(
        "the register",
        "see what is to be confirmed, and the gaps",
        _admin("statements"),
        LEGAL | ADMIN,
        no="refused",
    ),
    Entry(
        "the register",
        "settle a gap of the guideline",
        _admin("gaps_close"),
        LEGAL,
        no="refused",
        method="post",
    ),
    Entry(
        "the register",
        "settle a gap of the guideline",
        _admin("gap_reopen"),
        LEGAL,
        no="refused",
        method="post",
        args=lambda objects: {"row": "GAP-01"},
    ),
    Entry(
        "a system's connection",
        "see and change it, try it",
        _admin("requests_app_system_connection"),
        ADMINISTRATION,
        no="refused",
        args=lambda objects: {"pk": objects.system},
    ),
    Entry(
        "a system's connection",
        "see and change it, try it",
        _admin("requests_app_system_test"),
        ADMINISTRATION,
        no="refused",
        method="post",
        args=lambda objects: {"pk": objects.system},
    ),
    Entry(
        "a system's connection",
        "see and change it, try it",
        _admin("requests_app_system_schema"),
        ADMINISTRATION,
        no="refused",
        args=lambda objects: {"kind": "rest"},
    ),
    Entry("mailboxes", "see, set up (no mail is shown)", _admin("mailboxes", "mailbox_new"), ADMIN, no="refused"),
    Entry(
        "mailboxes",
        "see, set up (no mail is shown)",
        _admin("mailbox"),
        ADMIN,
        no="refused",
        args=lambda objects: {"pk": objects.mail.source_id},
    ),
    Entry(
        "mailboxes",
        "try the connection",
        _admin("mailbox_test"),
        ADMIN,
        no="refused",
        method="post",
        args=lambda objects: {"pk": objects.mail.source_id},
    ),
    Entry("checklists", "read, change", _admin("checklists"), LEGAL | ADMIN, no="refused"),
    Entry(
        "checklists",
        "read, change",
        _admin("checklist"),
        LEGAL | ADMIN,
        no="refused",
        args=lambda objects: {"right": "access"},
    ),
    Entry("wording of the letters", "read, preview", _admin("letters"), LEGAL | ADMIN, no="refused"),
    Entry(
        "wording of the letters",
        "read, preview",
        _admin("letter", "letter_preview"),
        LEGAL | ADMIN,
        no="refused",
        args=lambda objects: {"key": "receipt", "lang": "sv"},
    ),
)
CLIENTS = (
    Entry("systems that use the API", "see, let in", _admin("api_clients", "api_client_new"), ADMIN, no="refused"),
    Entry(
        "systems that use the API",
        "change, stop",
        _admin("api_client"),
        ADMIN,
        no="refused",
        args=lambda objects: {"client_id": objects.client_id},
    ),
    Entry(
        "systems that use the API",
        "make a new secret (shown once)",
        _admin("api_client_secret"),
        ADMIN,
        no="refused",
        method="post",
        args=lambda objects: {"client_id": objects.client_id},
    ),
)
STAFF_PASSWORD = (
    Entry(
        "staff",
        "set a password",
        _admin("auth_user_password_change"),
        ADMINISTRATION,
        no="refused",
        args=lambda objects: {},
    ),
)
ENTRIES = (
    *PLACES,
    *CASE,
    *OWNERS,
    *LEGALS,
    *REGISTER,
    *_model_entries(),
    *CLIENTS,
    *STAFF_PASSWORD,
    *PORTAL,
    *API,
    *OPEN,
)
UNNAMED = {
    "admin:",  # catch-alls
    "admin:autocomplete",
    "admin:view_on_site",
    "admin:app_list",
    "admin:search",
    "api:api-root",
    "admin:requests_app_case_act",  # ``ACTION_ROWS``
}
"""Addresses that the framework brings along, and the one of the actions."""


@dataclass(frozen=True, slots=True)
class ActionRow:
    """Actions of the case page (``case_actions.ACTIONS``)."""

    action: str
    actions: tuple[str, ...]
    may: frozenset[str] = HANDLING
    object: str = "a case"


ACTION_ROWS = (
    ActionRow("assign, take over, protect, give HEM's number", ("assign", "take-over", "protect", "external-no")),
    ActionRow(
        "confirm identity, ask for completion, close without identity",
        ("identity", "ask-completion", "answer-completion", "close-unidentified"),
    ),
    ActionRow("see whether somebody may act for the person", ("authority", "no-authority")),
    ActionRow("write to the person, note messages as read", ("message", "messages-read")),
    ActionRow("extend", ("extend",)),
    ActionRow("add or drop a right, withdraw, reopen", ("add-right", "drop-right", "withdraw", "reopen")),
    ActionRow("link and join cases", ("link", "unlink", "join")),
    ActionRow("note, attach, tick a step", ("note", "attach", "check")),
    ActionRow(
        "track a request for public documents, hold", ("public-document", "answer-public-document", "hold", "lift-hold")
    ),
    ActionRow(
        "gather: search, upload, answer by hand, leave out, choose, decide what to search by",
        ("search", "upload", "nothing", "leave-out", "choose", "identifiers", "add-identifier"),
    ),
    ActionRow(
        "send a system's owner a link, revoke it, show its code, answer a question",
        ("owner-send", "owner-revoke", "owner-code", "owner-reply"),
    ),
    ActionRow("confirm or replace a statement of the register", ("confirm-statements", "replace-statement")),
    ActionRow("end the review, review again, preview", ("finish-review", "review-again", "preview")),
    ActionRow("search first, decide, decide again", ("search-first", "dry-run", "decide", "decide-again")),
    ActionRow(
        "report what was done, restrict, announce that a restriction ends",
        ("report", "retry-change", "restrict-meanwhile", "lift"),
    ),
    ActionRow("ask legal, take the question back", ("refer", "withdraw-question")),
    ActionRow("add paragraphs to a letter, make a document again", ("letter-note", "retry-document")),
    ActionRow("send an answer or a letter, send it again", ("dispatch", "notice", "send-again", "ask-portal")),
    ActionRow(
        "confirm or refuse an address, as the second person",
        ("contact-confirm", "contact-refuse"),
    ),
    ActionRow("note that an answer came back, give the password", ("came-back", "leave-it", "secret-given")),
    ActionRow("sent to the wrong person", ("wrong-person",)),
)
