"""Codes in words, in the language that is active. Faults say what happened, what it means for the case and what one can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext as _, gettext_lazy, ngettext, pgettext_lazy

from requests_app.connectors.base import Fault
from requests_app.domain.channels import Capacity
from requests_app.domain.deadline_words import format_day
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel, ContactBasis, Ground, IdentityMethod, Outcome, Right, Way
from requests_app.domain.states import CollectionOutcome, CollectionState, State
from requests_app.services.described_words import described_sentence
from requests_app.services.numbers import grouped, megabytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.models import Collection

STATES = {
    State.REGISTERED: gettext_lazy("Received"),
    State.IDENTIFYING: gettext_lazy("Identity"),
    State.GATHERING: gettext_lazy("Gathering"),
    State.REVIEW: gettext_lazy("Review"),
    State.DECIDING: gettext_lazy("Decision"),
    State.DISPATCHING: gettext_lazy("Dispatch"),
    State.CLOSED: gettext_lazy("Closed"),
}
RIGHTS = {
    Right.ACCESS: pgettext_lazy("right", "Access"),
    Right.RECTIFICATION: pgettext_lazy("right", "Rectification"),
    Right.ERASURE: pgettext_lazy("right", "Erasure"),
    Right.RESTRICTION: pgettext_lazy("right", "Restriction"),
    Right.PORTABILITY: pgettext_lazy("right", "Data portability"),
    Right.OBJECTION: pgettext_lazy("right", "Objection"),
    Right.CONSENT_WITHDRAWAL: pgettext_lazy("right", "Withdrawn marketing consent"),
}
OUTCOMES = {
    Outcome.GRANTED: gettext_lazy("Granted"),
    Outcome.PARTLY_GRANTED: gettext_lazy("Granted in part"),
    Outcome.REFUSED: gettext_lazy("Refused"),
    Outcome.WITHDRAWN: gettext_lazy("Withdrawn by the person"),
    Outcome.NOT_IDENTIFIED: gettext_lazy("Person not identified"),
    Outcome.NOTHING_FOUND: gettext_lazy("Nothing found about the person"),
    Outcome.OTHER_CONTROLLER: gettext_lazy("Another controller's matter"),
    Outcome.DECEASED: gettext_lazy("The person is deceased"),
    Outcome.NOT_NATURAL_PERSON: gettext_lazy("Not a natural person"),
    Outcome.JOINED: gettext_lazy("Answered in another case"),
}
GROUNDS = {
    Ground.MANIFESTLY_UNFOUNDED: gettext_lazy("The request is manifestly unfounded (Article 12(5))"),
    Ground.EXCESSIVE: gettext_lazy("The request is excessive (Article 12(5))"),
    Ground.RIGHTS_OF_OTHERS: gettext_lazy("Rights and freedoms of others (Article 15(4))"),
    Ground.FREE_EXPRESSION: gettext_lazy("Freedom of expression and information (Article 17(3)(a))"),
    Ground.LEGAL_OBLIGATION: gettext_lazy("The law requires us to keep the data (Article 17(3)(b))"),
    Ground.PUBLIC_HEALTH: gettext_lazy("Public health (Article 17(3)(c))"),
    Ground.ARCHIVING: gettext_lazy("Archiving in the public interest (Article 17(3)(d))"),
    Ground.LEGAL_CLAIMS: gettext_lazy("Legal claims (Article 17(3)(e))"),
    Ground.NO_ERASURE_GROUND: gettext_lazy("None of the grounds for erasure applies (Article 17(1))"),
    Ground.DATA_ACCURATE: gettext_lazy("The data is accurate (Article 16)"),
    Ground.NO_RESTRICTION_GROUND: gettext_lazy("None of the conditions for restriction is met (Article 18(1))"),
    Ground.NOT_PORTABLE: gettext_lazy("Not given by the person on consent or contract (Article 20(1))"),
    Ground.PORTABILITY_RIGHTS_OF_OTHERS: gettext_lazy("Rights and freedoms of others (Article 20(4))"),
    Ground.COMPELLING_GROUNDS: gettext_lazy("Compelling legitimate grounds or legal claims (Article 21(1))"),
    Ground.SECRECY: gettext_lazy("Secrecy (Chapter 5 Section 1 of the Data Protection Act)"),
    Ground.RUNNING_TEXT: gettext_lazy("Draft text or notes (Chapter 5 Section 2 of the Data Protection Act)"),
}
STANDING_RULES = {
    "staff_names": (
        gettext_lazy("Employees' names"),
        gettext_lazy(
            "Hides who at our company wrote, answered or did something in conversations, notes and logs, and employees' e-mail addresses."
        ),
    ),
    "third_party_contacts": (
        gettext_lazy("Other people's contact details"),
        gettext_lazy(
            "Hides e-mail addresses and telephone numbers that are not the person's. Names are only suggested."
        ),
    ),
}
"""What is masked in every case when legal has approved it: label, and what it hides."""
CHANNELS = {
    Channel.PORTAL: gettext_lazy("Mina sidor"),
    Channel.API: gettext_lazy("Mina sidor (system)"),
    Channel.EMAIL: gettext_lazy("E-mail"),
    Channel.POST: gettext_lazy("Post"),
    Channel.VISIT: gettext_lazy("Visit"),
    Channel.PHONE: gettext_lazy("Telephone"),
    Channel.CHAT: gettext_lazy("Chat"),
    Channel.SOCIAL_MEDIA: gettext_lazy("Social media"),
}
IDENTITY_METHODS = {
    IdentityMethod.EID: gettext_lazy("Login with eID"),
    IdentityMethod.EMAIL: gettext_lazy("Only that an e-mail address is read"),
    IdentityMethod.KNOWN_CONTACT: gettext_lazy("Answered through contact details we already had"),
    IdentityMethod.CALL_BACK: gettext_lazy("Called back on a number we already had"),
    IdentityMethod.ID_SHOWN: gettext_lazy("Identity document shown at a visit (no copy kept)"),
    IdentityMethod.SIGNATURE: gettext_lazy("Signature compared"),
    IdentityMethod.NOT_NEEDED: gettext_lazy("No reasonable doubt about who asked"),
    IdentityMethod.MANDATE: gettext_lazy("Somebody acts for the person, and may"),
}
CAPACITIES = {
    Capacity.PROXY: gettext_lazy("With a power of attorney"),
    Capacity.GUARDIAN: gettext_lazy("Has custody of the child"),
    Capacity.TRUSTEE: gettext_lazy("Trustee (god man)"),
    Capacity.ADMINISTRATOR: gettext_lazy("Administrator (förvaltare)"),
}
"""As what somebody acts for the person."""
PROOFS = {
    "document": gettext_lazy("A power of attorney, or a decision that appoints the representative"),
    "population": gettext_lazy("Custody, by the population register"),
    "authority": gettext_lazy("The chief guardian (överförmyndaren) has confirmed it"),
    "person": gettext_lazy("The person has confirmed it, through contact details we already had"),
}
"""By what it was seen that somebody may act for the person."""
IDENTIFIER_KINDS = {
    IdentifierKind.PERSONNUMMER: gettext_lazy("Personal identity number"),
    IdentifierKind.CUSTOMER_NO: gettext_lazy("Customer number"),
    IdentifierKind.EMAIL: gettext_lazy("E-mail address"),
    IdentifierKind.PHONE: gettext_lazy("Telephone number"),
    IdentifierKind.NAME: gettext_lazy("Name"),
}
WAYS = {
    Way.PORTAL: gettext_lazy("Download after login on Mina sidor"),
    Way.EMAIL: gettext_lazy("By e-mail as an encrypted PDF"),
    Way.POST: gettext_lazy("By post"),
    Way.VISIT: gettext_lazy("Handed over at a visit"),
}
CONTACT_BASES = {
    ContactBasis.LOGIN: gettext_lazy("The login that filed the request"),
    ContactBasis.HELD: gettext_lazy("Held by us before the request"),
    ContactBasis.POPULATION_REGISTER: gettext_lazy("From the population register"),
    ContactBasis.REQUEST: gettext_lazy("Stated in the request only"),
    ContactBasis.SHOWN: gettext_lazy("At a visit, identity document shown"),
}
SECRET_WAYS = {
    "phone": gettext_lazy("By telephone"),
    "sms": gettext_lazy("By text message"),
    "post": gettext_lazy("By post"),
    "visit": gettext_lazy("At a visit"),
}
RETURNED = {
    "bounced": gettext_lazy("The mail came back"),
    "post": gettext_lazy("The letter came back"),
    "not_fetched": gettext_lazy("Not fetched"),
}
BREACH_VERDICTS = {
    "reported": gettext_lazy("Reported to the supervisory authority"),
    "not_reported": gettext_lazy("Not reported: no risk to the person is likely"),
}
CHANGES = {
    "erase": pgettext_lazy("change", "Erasure"),
    "rectify": pgettext_lazy("change", "Rectification"),
}
"""What a worker can carry out in a system."""
ACTION_RESULTS = {
    "done": gettext_lazy("Done"),
    "partly": gettext_lazy("Done in part"),
    "kept": gettext_lazy("Not done, with a reason"),
    "nothing_found": gettext_lazy("Nothing found about the person"),
}
HOLDS = {
    "complaint": gettext_lazy("Complaint to the supervisory authority"),
    "court": gettext_lazy("Court case"),
    "other": pgettext_lazy("hold", "Another reason"),
}
"""What stops all destruction of a case's data, as a person decides it."""
HOLDING = {
    **HOLDS,
    "public_document": gettext_lazy("Open request for public documents"),
    "breach": gettext_lazy("Data breach that legal has not judged"),
}
"""All that stops it."""
PUBLIC_DOCUMENT_RESULTS = {
    "released": gettext_lazy("Released"),
    "partly": gettext_lazy("Released in part"),
    "refused": pgettext_lazy("public document", "Refused"),
    "withdrawn": pgettext_lazy("public document", "Taken back"),
}
REOPENING_REASONS = {
    "correction": gettext_lazy("The answer must be corrected"),
    "returned": gettext_lazy("The answer came back"),
    "complaint": gettext_lazy("The person or the authority has complained"),
    "identified": gettext_lazy("The person can be identified now"),
    "other": pgettext_lazy("reopening", "Another reason"),
}
DOCUMENTS = {
    "extract": gettext_lazy("Extract"),
    "preview": gettext_lazy("Preview of the extract"),
    "package": gettext_lazy("Data as files (ZIP)"),
    "encrypted": gettext_lazy("Encrypted PDF"),
    "upload": gettext_lazy("Uploaded answer"),
    "receipt": gettext_lazy("Confirmation of receipt"),
    "completion": gettext_lazy("Request for completion"),
    "extension": gettext_lazy("Notice of extension"),
    "answer": gettext_lazy("Covering letter"),
    "refusal": gettext_lazy("Refusal"),
    "erasure": gettext_lazy("Notice of erasure"),
    "rectification": gettext_lazy("Notice of rectification"),
    "not_identified": gettext_lazy("Closed without identity"),
    "recipient": gettext_lazy("Notice to a recipient"),
    "restriction": gettext_lazy("Notice of restriction"),
    "restriction_lifting": gettext_lazy("Warning that a restriction ends"),
    "objection": gettext_lazy("Answer to an objection"),
    "consent_withdrawal": gettext_lazy("Notice of withdrawn consent"),
    "portability": gettext_lazy("Covering letter of the portable copy"),
    "joined": gettext_lazy("Notice of a joint answer"),
    "withdrawn": gettext_lazy("Confirmation that the request was taken back"),
}
_COLLECTION = {
    CollectionOutcome.FOUND: gettext_lazy("Found"),
    CollectionOutcome.NOTHING: gettext_lazy("Nothing found"),
    CollectionOutcome.PARTIAL: gettext_lazy("Searched in part"),
    CollectionOutcome.SEVERAL: gettext_lazy("Several matches: choose who it is"),
    CollectionOutcome.NO_IDENTIFIER: gettext_lazy("Nothing confirmed to search by"),
    CollectionOutcome.MANUAL: gettext_lazy("Waiting for somebody to look in the system"),
    CollectionOutcome.FAILED: gettext_lazy("Failed"),
    CollectionOutcome.LEFT_OUT: gettext_lazy("Left out"),
}


def word(table: Mapping[Any, Any], code: str) -> str:
    """The word for a stored code; the code itself when a newer version wrote it."""
    for member, text in table.items():
        if str(getattr(member, "value", member)) == code:
            return str(text)
    return code


def right(code: str) -> str:
    """A right, as a heading."""
    return word(RIGHTS, code)


def state(code: str) -> str:
    """A state of a case."""
    return word(STATES, code)


def collection_outcome(code: str) -> str:
    """What the gathering from one system gave, in a word or two."""
    return word(_COLLECTION, code)


def identifier_source(source: str, system: str = "") -> str:
    """Where an identifier comes from; ``system`` is the name of the system when ``source`` is its key."""
    known = {"login": _("from the login"), "request": _("from the request"), "staff": _("entered by staff")}
    return known.get(source) or _("from %(system)s") % {"system": system or source}


def _retry_sentence(row: Collection) -> str:
    if row.state == CollectionState.PENDING.value:
        return _("We will try again at %(time)s. You can also upload the data yourself.") % {
            "time": date_format(localtime(row.not_before), "H:i")
        }
    return _("Try again later, upload the data yourself, or leave the system out with a reason.")


def change_fault(fault: str, params: Mapping[str, Any], *, system: str) -> str:
    """Why a change could not be carried out in a system, and what a person can do about it."""
    said = {
        "still_there": _(
            "%(system)s said yes, and the data are still there. Ask those who run it, and report here what was done. "
            "Your word then counts."
        ),
        "no_identifier": _(
            "There is nothing confirmed to tell %(system)s who it is about. Do it in the system, and report it here."
        ),
        "several": _(
            "Several people in %(system)s may be meant. See in the system who it is, do it there, and report it here."
        ),
    }.get(fault)
    return said % {"system": system} if said else fault_sentence(fault, params, system=system)


def connection_fault(fault: str, params: Mapping[str, Any], *, system: str = "") -> str:
    """The same to an administrator who tries a connection: what to look at, without a word about cases."""
    said = {
        "auth_refused": _("%(system)s does not accept the key. See that it is the right one and is written whole."),
        "forbidden": _(
            "%(system)s accepts the key but does not let it read this. Ask whoever runs it for the right to."
        ),
        "not_found": _("%(system)s has nothing at an address that was asked. See that address and paths are right."),
        "misconfigured": _("The setting %(setting)s is missing or wrong.") if "setting" in params else None,
        "secret_missing": _("A key is missing: enter it under Settings."),
        "wrong_type": _(
            "The answer from %(system)s does not have %(field)s as the description says. See below what it is called there, and what "
            "it holds."
        )
        if "field" in params
        else None,
    }.get(fault)
    if said is None or "file" in params or described_sentence(fault, params):  # that names what is wrong more closely
        return fault_sentence(fault, params, system=system)
    return said % {"system": system or _("The system"), **{key: str(value)[:60] for key, value in params.items()}}


def fault_sentence(fault: str, params: Mapping[str, Any], *, system: str = "", attempts: int = 0, kept: int = 0) -> str:
    """A fault in words: what happened and what it means."""
    system = system or _("The system")
    values = {
        "system": system,
        "attempts": attempts,
        "kept": kept,
        **{key: str(value)[:60] for key, value in params.items()},
    }
    sentence = {
        "unreachable": _("%(system)s cannot be reached."),
        "timeout": _("%(system)s did not answer in time."),
        "rate_limited": _("%(system)s asks us to wait, because it gets too many questions."),
        "server_error": _("%(system)s has a fault of its own and could not answer."),
        "cut_off": _("The answer from %(system)s was cut off."),
        "auth_refused": _(
            "%(system)s no longer accepts our key. The system administrator must change it. "
            "The case cannot be complete before that or before the data has been uploaded."
        ),
        "forbidden": _(
            "%(system)s accepts our key but does not let us read this. The system administrator must ask for the right."
        ),
        "not_found": _(
            "%(system)s has nothing at the address that is set. The system administrator must correct the settings."
        ),
        "unreadable": _("The answer from %(system)s could not be read."),
        "wrong_type": _("The answer from %(system)s has another form than agreed."),
        "endless_paging": _("%(system)s gives the same page again and again. The gathering was stopped."),
        "not_ready": _("%(system)s is putting the data together."),
        "several": _("Several people in %(system)s may be meant. Choose first whose data it is."),
        "too_late": _("%(system)s was to put the data together and has not done so in time."),
        "given_up": _(
            "%(system)s took our question on and has then cancelled it or failed with it. Ask those who run it why, and gather again."
        ),
        "by_hand": _(
            "%(system)s has put the data together, but not where we may fetch it. Fetch it there yourself and upload it here."
        ),
        "too_large": _("The answer from %(system)s is larger than the limit. The gathering was stopped."),
        "address_refused": _("%(system)s sent us on to an address that is not allowed. The gathering was stopped."),
        "misconfigured": _(
            "%(system)s is not set up: a setting is missing or wrong. The system administrator must correct it."
        ),
        "secret_missing": _("%(system)s is not set up: its key is missing. The system administrator must enter it."),
        "host_key": _(
            "The server of %(system)s shows another key than the one that is set. It may be another server. "
            "The system administrator must ask whoever runs it before the setting is changed."
        ),
        "changed": _(
            "The data in %(system)s was replaced while we read it. What we had read is dropped and read again."
        ),
        "stale": _("%(system)s has given no new export for too long. Whoever makes the exports must see why."),
    }.get(
        fault,
        _(
            "The gathering from %(system)s stopped on a fault we had not foreseen. The system administrator can see it in the log."
        ),
    )
    if fault == "unreadable" and "line" in params:
        sentence = _("The answer from %(system)s could not be read (line %(line)s).")
    if fault == "wrong_type" and "field" in params:
        sentence = _("The answer from %(system)s has another form than agreed (field %(field)s).")
    if "file" in params:
        sentence = _file_sentence(fault, params) or sentence
    if fault == "host_key" and "shown" in params:
        sentence += " " + _("The key it shows has the fingerprint %(shown)s.")
    if fault == "misconfigured" and "setting" in params:
        sentence = _(
            "%(system)s is not set up: the setting %(setting)s is missing or wrong. The system administrator must correct it."
        )
    sentence = described_sentence(fault, params) or sentence
    text = sentence % values
    if kept:
        text += " " + ngettext(
            "The %(kept)d record before the fault is kept.", "The %(kept)d records before the fault are kept.", kept
        ) % {"kept": kept}
    return text


def _file_sentence(fault: str, params: Mapping[str, Any]) -> str:
    """What is wrong with one file of a system that gives several; "" for what is said of all systems alike."""
    if fault == "unreadable" and "line" in params:
        return _("The file %(file)s of %(system)s could not be read (line %(line)s).")
    if fault == "wrong_type" and "field" in params:
        return _("The file %(file)s of %(system)s has another form than agreed (%(field)s).")
    if fault == "stale" and "day" in params:
        return _(
            "The file %(file)s of %(system)s is too old: it is from %(day)s. Whoever makes the exports must see why."
        )
    return {
        "not_found": _("There is no file %(file)s of %(system)s in the folder that is set."),
        "too_large": _("The file %(file)s of %(system)s is larger than the limit. The gathering was stopped."),
    }.get(fault, "")


def collection_sentence(row: Collection) -> str:
    """Where the gathering from one system stands, in words; ``row.system`` must be loaded."""
    system = str(row.system)
    if row.fault and row.state in {CollectionState.PENDING.value, CollectionState.FAILED.value}:
        said = fault_sentence(row.fault, row.fault_params, system=system, attempts=row.attempts, kept=row.records)
        if row.attempts > 1:
            said += " " + ngettext("%(n)d attempt has been made.", "%(n)d attempts have been made.", row.attempts) % {
                "n": row.attempts
            }
        return f"{said} {_retry_sentence(row)}"
    if row.state == CollectionState.PENDING.value:
        return _("Waiting for its turn")
    if row.state == CollectionState.RUNNING.value:
        return ngettext("Gathering: %(n)d record so far", "Gathering: %(n)d records so far", row.records) % {
            "n": row.records
        }
    if (
        row.outcome == CollectionOutcome.MANUAL.value
        and row.state == CollectionState.WAITING.value
        and row.system.off_at
    ):
        return _(
            "%(system)s is switched off since %(day)s: %(reason)s. It is searched when it is on again, or upload its data."
        ) % {
            "system": system,
            "day": format_day(localtime(row.system.off_at).date(), get_language() or "sv"),
            "reason": row.system.off_reason.rstrip("."),
        }
    if row.outcome == CollectionOutcome.PARTIAL.value and row.searched_from and row.searched_to:
        lang = get_language() or "sv"
        return _("Searched in part: %(first)s – %(last)s") % {
            "first": format_day(row.searched_from, lang),
            "last": format_day(row.searched_to, lang),
        }
    if row.outcome == CollectionOutcome.PARTIAL.value and row.searched_to:
        last = format_day(row.searched_to, get_language() or "sv")
        return _("Searched up to %(last)s: the newest export is from that day") % {"last": last}
    if row.outcome == CollectionOutcome.NO_IDENTIFIER.value and row.state == CollectionState.DONE.value:
        return _("Not searched: we have nothing confirmed to search by")
    return word(_COLLECTION, row.outcome)


def upload_fault_sentence(fault: Fault, params: Mapping[str, Any]) -> str:
    """Why an uploaded file was not taken."""
    if fault is Fault.TOO_LARGE:
        if "rows" in params:
            return _("We cannot take the file. It has more than %(rows)s rows. Everything else you wrote is kept.") % {
                "rows": grouped(int(params["rows"]))
            }
        if "size" not in params:
            return _(
                "We cannot take the file. It has more columns or cells than we can read. Divide it. Everything else you wrote is kept."
            )
        size = megabytes(int(params["size"]))
        return _(
            "We cannot take the file. It is %(size)s MB and the limit is 25 MB. Everything else you wrote is kept."
        ) % {"size": size}
    if fault is Fault.WRONG_TYPE and params.get("field") == "file":
        return _("We can take CSV, JSON and Excel files (XLSX). This is something else.")
    line = params.get("line")
    if line:
        return _("The file could not be read. The fault is on line %(line)s.") % {"line": line}
    return _("The file could not be read.")
