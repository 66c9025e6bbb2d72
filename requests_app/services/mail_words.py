"""What mails say, in the language that is active. A sentence for each kind of notice; the frame around it is in ``templates/mail``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext as _, gettext_lazy, ngettext, pgettext_lazy

from requests_app.domain.deadline_words import days_left_words, format_day, long_day
from requests_app.domain.deadlines import days_left
from requests_app.models import OutgoingMail, System, User
from requests_app.services import access, mail, mail_subjects, notices, policy, words
from requests_app.services.owners import links as owner_links

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.models import Notice

Params = Mapping[str, Any]

GROUPS = {
    notices.URGENT: pgettext_lazy("mail", "Urgent"),
    notices.DUE: gettext_lazy("To be answered soon"),
    notices.WAITING: gettext_lazy("Waits for you"),
    notices.FAULT: gettext_lazy("Has gone wrong"),
    notices.NEWS: pgettext_lazy("mail", "New"),
}
STATES = {
    OutgoingMail.PENDING: pgettext_lazy("mail", "Waits"),
    OutgoingMail.RUNNING: pgettext_lazy("mail", "Being sent"),
    OutgoingMail.SENT: pgettext_lazy("mail", "Sent"),
    OutgoingMail.FAILED: gettext_lazy("Could not be sent"),
    OutgoingMail.BOUNCED: gettext_lazy("Came back"),
}
KINDS = {
    mail.NOTICE: gettext_lazy("Notice to staff"),
    mail.DIGEST: gettext_lazy("Daily mail to staff"),
    mail.REPORT: gettext_lazy("Report to staff"),
    mail.ANSWER: gettext_lazy("Answer to the person"),
    mail.LETTER: gettext_lazy("Letter to the person"),
    mail.READY: gettext_lazy("Word that there is something to fetch"),
    mail.MESSAGE: gettext_lazy("Word that there is a message"),
    mail.RECEIPT: gettext_lazy("Word that the request was received"),
    mail.LOGIN: gettext_lazy("Link to log in with"),
    mail.ADDRESS: gettext_lazy("Link to confirm an e-mail address with"),
    mail.OWNER_TASK: gettext_lazy("Link to the owner of a system"),
    mail.OWNER_REPLY: gettext_lazy("Word of an answer to the owner of a system"),
}
REPLIES = {
    "message": gettext_lazy("The person has written in case %(no)s."),
    "completion": gettext_lazy("The person has sent what was missing in case %(no)s."),
    "withdrawal": gettext_lazy("The person has taken back the request, or a part of it, in case %(no)s."),
    "file": gettext_lazy("The person has sent a file in case %(no)s."),
}
"""``what`` of a ``person_replied``."""


@dataclass(frozen=True, slots=True)
class Text:
    """A mail's words."""

    subject: str
    body: str
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One notice in a mail: the sentence and where its link leads."""

    sentence: str
    url: str


def _language() -> str:
    return get_language() or "sv"


def _day(value: Any) -> str:
    return format_day(date.fromisoformat(str(value)), _language())


def _moment(value: Any) -> str:
    local = timezone.localtime(datetime.fromisoformat(str(value)))
    return f"{format_day(local.date(), _language())} {local:%H:%M}"


def _system(params: Params) -> str:
    found = System.objects.filter(key=params["system"]).first()
    return str(found or params["system"])


def _user(params: Params) -> str:
    found = User.objects.filter(pk=params["user"]).first()
    return str(found or "–")


def _due_soon(params: Params) -> str:
    left = days_left_words(days_left(date.fromisoformat(params["due_on"]), timezone.localdate()), _language())
    return _("Case %(no)s must be answered by %(day)s (%(left)s).") % {
        "no": params["no"],
        "day": _day(params["due_on"]),
        "left": left,
    }


def _overdue(params: Params) -> str:
    return _("Case %(no)s is overdue: it should have been answered by %(day)s.") % {
        "no": params["no"],
        "day": _day(params["due_on"]),
    }


def _breach(params: Params) -> str:
    return _(
        "An answer in case %(no)s has reached the wrong person. If it must be reported to the supervisory authority, "
        "that has to be done by %(moment)s (Article 33)."
    ) % {"no": params["no"], "moment": _moment(params["report_by"])}


def _answered(params: Params) -> str:
    if params["verdict"] == "approved":
        return _("Your decision in case %(no)s has been approved.") % params
    return _("Your decision in case %(no)s was given back: something should be changed.") % params


def _replied(params: Params) -> str:
    return str(REPLIES[params["what"]]) % params


def _with_system(sentence: Callable[[], str]) -> Callable[[Params], str]:
    return lambda params: sentence() % {**params, "system": _system(params)}


def _since(sentence: Callable[[], str]) -> Callable[[Params], str]:
    return lambda params: sentence() % {**params, "day": _day(params["asked_on"])}


def _key_expires(params: Params) -> str:
    day = date.fromisoformat(str(params["day"]))
    past = day < timezone.localdate()
    said = _("A key to %(system)s expired on %(day)s.") if past else _("A key to %(system)s expires on %(day)s.")
    return said % {"system": _system(params), "day": _day(params["day"])}


SENTENCES: dict[str, Callable[[Params], str]] = {
    "overdue": _overdue,
    "breach": _breach,
    "approval_escalated": _since(
        lambda: _("A decision in case %(no)s has waited for approval since %(day)s. You are asked as the substitute.")
    ),
    "referral_escalated": _since(
        lambda: _("A question in case %(no)s has waited for an answer since %(day)s. You are asked as the substitute.")
    ),
    "mail_waiting": _since(
        lambda: _(
            "A mail has waited since %(day)s for somebody to say what it is. It may be a request: ask the coordinators to look at it."
        )
    ),
    "due_soon": _due_soon,
    "approval_waiting": lambda params: _("A decision in case %(no)s waits for your approval.") % params,
    "approval_answered": _answered,
    "contact_asked": lambda params: _("An address in case %(no)s waits for a second person's word.") % params,
    "referral_asked": lambda params: _("A question in case %(no)s waits for your answer.") % params,
    "referral_answered": lambda params: _("Legal has answered your question in case %(no)s.") % params,
    "person_replied": _replied,
    "system_failed": _with_system(
        lambda: _("%(system)s could not be searched in case %(no)s. A person has to look at it.")
    ),
    "change_failed": _with_system(
        lambda: _("What was granted in case %(no)s could not be carried out in %(system)s. A person has to look at it.")
    ),
    "credentials_refused": _with_system(
        lambda: _("%(system)s does not accept our login. Look at the settings of the system.")
    ),
    "system_down": _with_system(
        lambda: _("%(system)s does not answer: two tries in a row failed. Cases that need its data wait.")
    ),
    "system_back": _with_system(lambda: _("%(system)s answers again.")),
    "key_expires": _key_expires,
    "document_failed": lambda params: (
        _("A document could not be made in case %(no)s: %(document)s.")
        % {**params, "document": words.word(words.DOCUMENTS, str(params["document"])).lower()}
    ),
    "mail_failed": lambda params: (
        _("A mail to the owner of a system could not be sent in case %(no)s.") % params
        if params.get("mail") in mail.TO_OWNER
        else _("A mail to the person could not be sent in case %(no)s.") % params
    ),
    "bounced": lambda params: (
        _("A mail to the owner of a system came back in case %(no)s.") % params
        if params.get("mail") in mail.TO_OWNER
        else _("A mail to the person came back in case %(no)s.") % params
    ),
    "returned": lambda params: _("A letter to the person came back in case %(no)s.") % params,
    "unmasked": lambda params: (
        _(
            "A standing rule has ended: data in case %(no)s is not masked any more. Review it again before it is handed out."
        )
        % params
    ),
    "marketing_failed": _with_system(
        lambda: _("%(system)s could not be told that somebody wants no more marketing. A person has to do it.")
    ),
    "marketing_waiting": lambda params: _("A choice about marketing waits for a person to carry it out."),
    "not_fetched": lambda params: _("The person has not fetched the answer in case %(no)s.") % params,
    "malware_found": lambda params: (
        _("A file with malware was refused in case %(no)s (%(signature)s).") % params
        if params["no"]
        else _("A file with malware was refused (%(signature)s).") % params
    ),
    "owner_codes": _with_system(
        lambda: _(
            "The link to the owner of %(system)s in case %(no)s has been stopped: a wrong code was entered five times."
        )
    ),
    "owner_silent": _with_system(
        lambda: _("The owner of %(system)s has not answered in case %(no)s. Call the owner, or answer yourself.")
    ),
    "owner_question": _with_system(lambda: _("The owner of %(system)s has asked something in case %(no)s.")),
    "owner_not_theirs": _with_system(
        lambda: _("The owner of %(system)s says in case %(no)s that the question is somebody else's.")
    ),
    "owner_answered": _with_system(lambda: _("The owner of %(system)s has answered in case %(no)s.")),
    "mailbox_failing": lambda params: (
        _("The mailbox %(mailbox)s could not be read for an hour. No mail is lost, but none comes in.") % params
    ),
    "new_mail": lambda params: (
        ngettext(
            "%(n)d mail has come in and waits for somebody to say what it is.",
            "%(n)d mails have come in and wait for somebody to say what they are.",
            params["n"],
        )
        % params
    ),
    "new_case": lambda params: _("A new request has come in: case %(no)s. Nobody handles it yet.") % params,
    "assigned": lambda params: _("Case %(no)s has been handed to you.") % params,
    "access_granted": lambda params: (
        _("%(name)s has been given access to case %(no)s alone, beside the team.") % {**params, "name": _user(params)}
    ),
    "unprotected": lambda params: (
        _("The protection of case %(no)s has been lifted. The whole team sees the case.") % params
    ),
}


def sentence(notice: Notice) -> str:
    """What the person is told, in one sentence."""
    return SENTENCES[notice.kind]({**notice.params, "no": notice.diary_no})


def link(path: str) -> str:
    """The absolute address of a page of ours."""
    return f"{settings.BASE_URL.rstrip('/')}{path}"


def lines(told: Iterable[Notice], user: User) -> list[tuple[str, list[Line]]]:
    """Notices under their headings, each with a link to where the reader can do something about it."""
    told = list(told)
    refs = {notice.case_ref for notice in told if notice.case_ref}
    open_to = set(access.cases_visible_to(user).filter(ref__in=refs).values_list("ref", flat=True))
    groups: dict[str, list[Line]] = {}
    for notice in told:
        kind = notices.KINDS[notice.kind]
        if kind.page:
            path = reverse(kind.page)
        elif notice.case_ref in open_to:
            path = reverse("admin:requests_app_case_change", args=[notice.case_ref])
        else:
            path = reverse(kind.otherwise)
        groups.setdefault(kind.group, []).append(Line(sentence(notice), link(path)))
    return [(str(GROUPS[group]), found) for group, found in groups.items()]


def text_of(row: OutgoingMail) -> Text:
    """The subject and text of a queued mail."""
    if row.user is not None:
        return _to_staff(row, row.user)
    if row.kind in mail.WITH_LINK:
        return _with_link(row)
    return _to_owner(row) if row.kind in mail.TO_OWNER else _to_person(row)


_LINKS: dict[str, tuple[str, Callable[[], str]]] = {
    mail.LOGIN: ("portal:email_link", lambda: _("Your link to log in")),
    mail.ADDRESS: ("portal:address_link", lambda: _("Confirm your e-mail address")),
}
"""Kind of mail with a link -> the page it opens, and the subject."""


def _with_link(row: OutgoingMail) -> Text:
    """The link and nothing else: nobody has shown to read the address yet."""
    _version, values = policy.current()
    sender = policy.sender(values, "en" if row.language == "en" else "sv")
    page, subject = _LINKS[row.kind]
    url = link(reverse(page, args=[mail.secret_of(row)]))
    return Text(subject(), _body(row, {"sender": sender, "url": url}), reply_to=sender.email)


def _to_staff(row: OutgoingMail, user: User) -> Text:
    context: dict[str, Any] = {"settings_url": link(reverse("admin:my"))}
    if row.kind == mail.REPORT:
        subject = _("Monthly report %(period)s") % {"period": row.params["period"]}
        context |= {"lines": row.params["lines"], "url": link(row.params["path"])}
        return Text(subject, _body(row, context))
    told = notices.of_mail(row)
    context["groups"] = lines(told, user)
    if row.kind == mail.DIGEST:
        subject = ngettext("%(n)d thing to look at", "%(n)d things to look at", len(told)) % {"n": len(told)}
        return Text(subject, _body(row, context))
    return Text(mail_subjects.subject_of(told[0]), _body(row, context))


def _to_person(row: OutgoingMail) -> Text:
    assert row.case is not None  # noqa: S101 - the table's own rule
    sender = policy.sender(policy.values_of(row.case.policy), "en" if row.language == "en" else "sv")
    portal_url = link(reverse("portal:case", args=[row.case.ref]))
    context = {**row.params, "diary_no": row.case.diary_no, "sender": sender, "portal_url": portal_url}
    if "due_on" in row.params:
        context["day"] = long_day(date.fromisoformat(str(row.params["due_on"])), _language())
    return Text(_("Case %(no)s") % {"no": row.case.diary_no}, _body(row, context), reply_to=sender.email)


def _to_owner(row: OutgoingMail) -> Text:
    """The mail with the link to a task: the diary number, the system and the last day, nothing of the person."""
    link_row = owner_links.by_ref(row.params["link"])
    case = link_row.collection.case
    sender = policy.sender(policy.values_of(case.policy), "en" if row.language == "en" else "sv")
    day_ = format_day(timezone.localdate(link_row.expires_at), _language())
    context = {
        **row.params,
        "diary_no": case.diary_no,
        "system": str(link_row.collection.system),
        "day": day_,
        "sender": sender,
        "code": link_row.code_mac is not None,
        "url": link(reverse("portal:owner_open", args=[owner_links.token_of(link_row)])),
    }
    subject = _("%(system)s, case %(no)s: answer by %(day)s") % {
        "system": link_row.collection.system,
        "no": case.diary_no,
        "day": day_,
    }
    return Text(subject, _body(row, context), reply_to=sender.email)


def _body(row: OutgoingMail, context: dict[str, Any]) -> str:
    return render_to_string(f"mail/{'en' if row.language == 'en' else 'sv'}/{row.kind}.txt", context).strip() + "\n"
