"""What is done on the case page with documents that leave: send, confirm an address, send again, note what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext as _

from requests_app.admin import delivery_forms as forms
from requests_app.admin.case_forms import NothingForm
from requests_app.admin.doing import CaseAction, Doing
from requests_app.domain.rights import Way
from requests_app.models import CaseExtension, ContactConfirmation, Delivery, Render
from requests_app.services import (
    breaches,
    clock,
    contacts,
    delivery,
    encrypted_pdf,
    rendering,
    representation,
    returned,
    sending,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.admin.desk import Desk
    from requests_app.models import Case


def _number(key: str) -> int:
    return int(key) if key.isdecimal() and len(key) < 18 else 0


def delivery_of(desk: Desk, key: str) -> Delivery:
    """The row that leads a sending of the case; 404 when there is none."""
    found = Delivery.objects.filter(case=desk.case, pk=_number(key)).select_related("case", "file").first()
    if found is None or sending.lead_of(found).pk != found.pk:
        raise Http404
    return found


def _leave(do: Doing, send: Callable[[Way, delivery.Where], None], *, recipient: bool = False) -> str:
    """Send, or ask for the second person's word that is missing. What was wrong is said at this form's own fields."""
    form = cast("forms.DispatchForm", do.form)
    way, where = form.chosen, form.where()
    try:
        route = contacts.recipient_route if recipient else contacts.route
        to = route(do.desk.case, way=way, **where)
        if contacts.missing(do.desk.case, to):
            contacts.ask(**do.who, to=to)
            return _("Nothing has left. A colleague or legal must confirm the address first; after that you can send.")
        send(way, where)
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            names = form.names()
            raise ValidationError({names.get(name, name): said for name, said in error.error_dict.items()}) from None
        raise
    return ""


def _dispatch(do: Doing) -> str:
    asked = _leave(do, lambda way, where: delivery.dispatch(**do.who, right=do.key, way=way, **where))
    if asked:
        return asked
    do.desk.case.refresh_from_db(fields=["closed_at"])
    said = _("The answer is sent and the case is closed.") if do.desk.case.closed_at else _("The answer is sent.")
    return f"{said} {_password(do)}".strip()


def _password(do: Doing) -> str:
    if do.data["way"] != Way.EMAIL.value:
        return ""
    return _("Give the person the password in another way: it stands with what is sent.")


def _notice(do: Doing) -> str:
    kind, _dot, target = do.key.partition(".")
    asked = _leave(
        do,
        lambda way, where: delivery.dispatch_notice(**do.who, kind=kind, target=target, way=way, **where),
        recipient=kind == delivery.RECIPIENT,
    )
    said = _("The letter is noted as sent.")
    if kind == "extension" and not asked:
        said = _extended(do.desk.case) or said
    return asked or f"{said} {_password(do)}".strip()


def _extended(case: Case) -> str:
    """That the notice of extension left too late, when it did."""
    extension = CaseExtension.objects.filter(case=case, notice_sent_at__isnull=False).first()
    if extension is None or clock.extension_holds(case, extension):
        return ""
    return _(
        "The time is not extended: the notice left after the first month. It is noted as too late, and the last day stays."
    )


def _send_again(do: Doing) -> str:
    found = delivery_of(do.desk, do.key)
    recipient = any(item.file.kind == delivery.RECIPIENT for item in sending.rows_of(found).select_related("file"))
    asked = _leave(
        do,
        lambda way, where: delivery.send_again(actor=do.desk.actor, delivery=found, way=way, **where),
        recipient=recipient,
    )
    return asked or f"{_('It is sent again.')} {_password(do)}".strip()


def _ask_for_portal(do: Doing) -> str:
    delivery.ask_for_portal(**do.who)
    return _("A colleague or legal is asked to confirm Mina sidor. After that the person can fetch what lies there.")


def _answer_contact(confirmed: bool) -> Callable[[Doing], str]:
    def answered(do: Doing) -> str:
        asked = ContactConfirmation.objects.filter(case=do.desk.case, pk=_number(do.key)).select_related("case").first()
        if asked is None:
            raise Http404
        contacts.answer(actor=do.desk.actor, confirmation=asked, confirmed=confirmed)
        return _("The address is confirmed. It can be used now.") if confirmed else _("The address is not confirmed.")

    return answered


def _came_back(do: Doing) -> str:
    returned.by_post(actor=do.desk.actor, delivery=delivery_of(do.desk, do.key))
    return _("Noted: the letter came back. Send it another way.")


def _leave_it(do: Doing) -> str:
    returned.leave(actor=do.desk.actor, delivery=delivery_of(do.desk, do.key))
    return _("It is left as it is.")


def _wrong_person(do: Doing) -> str:
    form = cast("forms.WrongPersonForm", do.form)
    found = delivery_of(do.desk, do.key)
    breaches.note(actor=do.desk.actor, delivery=found, noticed_at=form.noticed_at(), what=do.data["what"])
    return _("Access is taken back and legal has been told. The 72 hours run from when it was noticed.")


def _secret_given(do: Doing) -> str:
    form = cast("forms.SecretGivenForm", do.form)
    found = delivery_of(do.desk, do.key)
    encrypted_pdf.given(actor=do.desk.actor, delivery=found, way=do.data["secret_way"], basis=form.basis())
    return _("Noted. The password is erased here.")


def render_of(desk: Desk, key: str) -> Render:
    """A document of the case; 404 when there is none."""
    found = Render.objects.filter(case=desk.case, pk=_number(key)).first()
    if found is None:
        raise Http404
    return found


def _letter_note(do: Doing) -> str:
    rendering.rewrite(**do.who, render=render_of(do.desk, do.key), note=do.data["note"])
    return _("The letter is being made with your paragraphs.")


def dispatch_options(desk: Desk, key: str) -> dict[str, Any]:
    """The ways, and what is proposed: what a second person has been asked about last, else the person's wish and details.

    Answers to who may act for the person go to that one's own.
    """
    case, ways = desk.case, desk.ways
    known = contacts.proposals(case, desk.vault)
    email = next((item.value for item in known if item.kind == "email"), "")
    initial = {
        "way": case.delivery_wish if case.delivery_wish in {way.value for way in ways} else "",
        "email": email,
        "post_address": desk.person.contact.address,
    }
    acting = representation.of(case, desk.vault)
    if acting is not None and acting.row.confirmed:
        own = {"email": acting.contact.email, "post_address": acting.contact.address}
        initial |= {name: value for name, value in own.items() if value}
    asked = case.contact_confirmations.exclude(confirmed=False).first()
    if asked is not None:
        address = contacts.address_of(desk.vault, asked)
        initial |= {"way": asked.way, **_address_fields(asked, address)}
    return {"ways": ways, "initial": {name: value for name, value in initial.items() if value}}


def _address_fields(asked: ContactConfirmation, address: str) -> dict[str, str]:
    if asked.way == Way.EMAIL.value:
        return {"email": address}
    return {"post_address": address, "post_basis": asked.basis} if asked.way == Way.POST.value else {}


def _notice_options(desk: Desk, key: str) -> dict[str, Any]:
    if key.startswith(f"{delivery.RECIPIENT}."):
        return {"ways": (Way.EMAIL, Way.POST)}
    return dispatch_options(desk, key)


def _note_options(desk: Desk, key: str) -> dict[str, Any]:
    return {"initial": {"note": "\n\n".join(rendering.note_of(desk.vault, render_of(desk, key)))}}


ACTIONS: dict[str, CaseAction] = {
    "dispatch": CaseAction(forms.DispatchForm, _dispatch, "documents", dispatch_options),
    "notice": CaseAction(forms.DispatchForm, _notice, "letters", _notice_options),
    "send-again": CaseAction(forms.DispatchForm, _send_again, "sent", dispatch_options),
    "letter-note": CaseAction(forms.LetterNoteForm, _letter_note, "documents", _note_options),
    "ask-portal": CaseAction(NothingForm, _ask_for_portal, "documents"),
    "contact-confirm": CaseAction(NothingForm, _answer_contact(True), "documents"),
    "contact-refuse": CaseAction(NothingForm, _answer_contact(False), "documents"),
    "came-back": CaseAction(NothingForm, _came_back, "sent"),
    "leave-it": CaseAction(NothingForm, _leave_it, "sent"),
    "wrong-person": CaseAction(forms.WrongPersonForm, _wrong_person, "sent"),
    "secret-given": CaseAction(forms.SecretGivenForm, _secret_given, "sent"),
}
"""What can be done, by the word in the address."""
