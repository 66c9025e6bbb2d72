"""A finished draft as the request that intake takes: each right with one text, and who asks for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from requests_app.domain.channels import Capacity
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel, Right
from requests_app.portal.choices import CHOICES
from requests_app.portal.filing_forms import MARKETING, OTHER, REASONS, SOME, WIDE
from requests_app.services import draft_files, intake, register
from requests_app.services.people import Contact
from requests_app.services.representation import Acting

if TYPE_CHECKING:
    from requests_app.portal.drafts import Draft
    from requests_app.portal.session import Visitor

PROFILE = "customer"
"""Whose systems the portal offers to name: who comes from Mina sidor is a customer."""


def areas() -> list[tuple[str, str]]:
    """What the person may say matters most: the customer's systems, as the register names them in the language of the page."""
    return [(system.key, str(system)) for system in register.profile_systems(PROFILE)]


def acts(draft: Draft) -> bool:
    """Whether somebody acts for another person."""
    return draft.answers.get("whom") == OTHER


def about(draft: Draft) -> str:
    """The person somebody acts for, as that one wrote the name; empty for one's own request."""
    return str(draft.answers.get("person_name") or "").strip() if acts(draft) else ""


def _rectification(draft: Draft) -> list[tuple[str, str]]:
    answers = draft.answers
    return [
        (_("Wrong: %(text)s"), answers.get("rectify_what", "")),
        (_("Right: %(text)s"), answers.get("rectify_right", "")),
        (_("Seen: %(text)s"), answers.get("rectify_where", "")),
    ]


def _erasure(draft: Draft) -> list[tuple[str, str]]:
    scope = "" if draft.answers.get("erase_scope") == SOME else _("Everything that can be deleted.")
    return [("", scope), ("", draft.answers.get("erase_what", ""))]


def _restriction(draft: Draft) -> list[tuple[str, str]]:
    why = REASONS.get(draft.answers.get("restrict_why", ""), "")
    return [("", draft.answers.get("restrict_what", "")), (_("Why: %(text)s"), str(why))]


def _portability(draft: Draft) -> list[tuple[str, str]]:
    return [("", draft.answers.get("move_what", "")), (_("To be sent to: %(text)s"), draft.answers.get("move_to", ""))]


def _objection(draft: Draft) -> list[tuple[str, str]]:
    what = ""
    if against_marketing(draft):
        own, other = _("Advertising, and that I am analysed for it."), _("Advertising, and being analysed for it.")
        what = other if acts(draft) else own
    return [("", what), ("", draft.answers.get("object_why", ""))]


_PARTS = {
    Right.ACCESS: lambda draft: [("", draft.answers.get("access_about", ""))],
    Right.RECTIFICATION: _rectification,
    Right.ERASURE: _erasure,
    Right.RESTRICTION: _restriction,
    Right.PORTABILITY: _portability,
    Right.OBJECTION: _objection,
    Right.CONSENT_WITHDRAWAL: lambda draft: [],
}


def against_marketing(draft: Draft) -> bool:
    """Whether an objection is one to advertising."""
    return Right.OBJECTION.value in draft.answers["rights"] and draft.answers.get("object_to") == MARKETING


def texts_of(draft: Draft, lang: str) -> dict[str, str]:
    """Each chosen right with what the person wrote about it, as one text.

    What matters most is a wish that whoever handles the case reads: everything is searched all the same.
    """
    with translation.override(lang):
        names = dict(areas())
        chosen = [names[key] for key in draft.answers.get("areas") or [] if key in names]
        wish = [(_("Matters most: %(text)s"), ", ".join(chosen))]
        return {
            right.value: "\n\n".join(
                (label or "%(text)s") % {"text": text}
                for label, text in _PARTS[right](draft) + (wish if right in WIDE else [])
                if text
            )
            for right in CHOICES
            if right.value in draft.answers["rights"]
        }


def request_of(visitor: Visitor, draft: Draft) -> intake.Request:
    """The request as intake takes it. The number vouched for by the login is sure, what was typed is not.

    Who acts for another stays apart: nothing about that one is an identifier of the person.
    """
    answers = draft.answers
    own = Contact(email=visitor.subject if visitor.login.by_email else answers["email"], phone=answers["phone"])
    if acts(draft):
        name, contact = answers["person_name"], Contact(email=answers["person_email"], phone=answers["person_phone"])
        identifiers = [(IdentifierKind.PERSONNUMMER, answers["person_number"], "request")]
    else:
        name, contact = answers["name"], own
        identifiers = [
            (IdentifierKind.PERSONNUMMER, visitor.personnummer, "login"),
            (IdentifierKind.EMAIL, visitor.subject if visitor.login.by_email else "", "login"),
        ]
    identifiers += [
        (IdentifierKind.EMAIL, contact.email, "request"),
        (IdentifierKind.PHONE, contact.phone, "request"),
    ]
    return intake.Request(
        channel=Channel.PORTAL,
        rights=texts_of(draft, answers["answer_language"]),
        received_at=timezone.now(),
        name=name,
        contact=contact,
        identifiers=tuple(item for item in identifiers if item[1]),
        language=answers["answer_language"],
        profile=PROFILE,
        delivery_wish=answers["delivery"],
        external_key=draft.id,
        login=visitor.login,
        login_level=visitor.level,
        against_marketing=against_marketing(draft),
        files=draft_files.held(draft.id),
        acting=_acting(draft, own) if acts(draft) else None,
    )


def _acting(draft: Draft, contact: Contact) -> Acting:
    answers = draft.answers
    return Acting(
        capacity=Capacity(answers["capacity"]),
        name=answers["name"],
        contact=contact,
        basis=answers["basis"],
        proofs=draft_files.held(draft.proofs),
    )
