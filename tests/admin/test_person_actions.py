"""What the coordinator does toward who asked: messages, and whether somebody may act for the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation

from requests_app.admin.actions_person import AuthorityForm
from requests_app.domain.channels import Capacity, MessageChannel
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel
from requests_app.models import Case, CaseMessage, IdentityCheck, Representation
from requests_app.services import attachments, identity, intake, messages, other_person
from requests_app.services.audit import PERSON, Actor
from requests_app.services.people import Contact, Login
from requests_app.services.representation import Acting
from tests.world import PERSONNUMMER

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World

URL = "admin:requests_app_case_act"


def filed() -> Case:
    """A request that somebody filed for another person."""
    request = intake.Request(
        channel=Channel.PORTAL,
        rights={"access": ""},
        received_at=timezone.now(),
        name="Anna Andersson",
        identifiers=((IdentifierKind.PERSONNUMMER, PERSONNUMMER, "request"),),
        login=Login("https://login.example.se", "charlie"),
        acting=Acting(capacity=Capacity.PROXY, name="Charlie Ek", contact=Contact()),
    )
    return intake.open_case(actor=PERSON, request=request).case


def test_it_shows_who_acts_and_sets_the_case_off_once_that_one_may(
    world: World, browse: Callable[[User], Client]
) -> None:
    case, browser = filed(), browse(world.karin)
    page = browser.get(reverse("admin:requests_app_case_change", args=[case.ref])).content.decode()
    assert "Charlie Ek" in page and reverse(URL, args=[case.ref, "authority"]) in page
    assert reverse(URL, args=[case.ref, "identity"]) not in page
    assert "Personen</span>" not in page
    with translation.override("sv"):
        assert translation.gettext("Is searched by once the authority is checked") in page
    refused = browser.post(reverse(URL, args=[case.ref, "authority"]), {"proof": "document", "note": ""})
    assert refused.status_code == 422
    done = browser.post(reverse(URL, args=[case.ref, "authority"]), {"proof": "document", "note": "Seen"})
    assert done.status_code == 302
    case.refresh_from_db()
    assert case.state != "registered" and case.representation.checked_by == world.karin


def test_a_file_sent_as_proof_and_beside_it_is_one_line_with_both_roles(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = filed()
    proof, _beside, _other = (
        attachments.attach(actor=Actor.staff(world.karin), case=case, name=name, data=b"%PDF-1.7 " + name.encode())
        for name in ("fullmakt.pdf", "fullmakt.pdf", "brev.pdf")
    )
    Representation.objects.get(case=case).proofs.add(proof)
    page = browse(world.karin).get(reverse("admin:requests_app_case_change", args=[case.ref]))
    shown = [(item["name"], item["proof"], item["beside"]) for item in page.context["attachments"]]
    assert shown == [("fullmakt.pdf", True, True), ("brev.pdf", False, False)]


@pytest.mark.parametrize(
    ("method", "level", "said"),
    [
        ("eid", "loa3", "Level of assurance 3"),
        ("eid", "http://id.elegnamnden.se/loa/1.0/loa3", "Level of assurance 3"),
        ("eid", "sbid", "Swedish BankID"),
        ("eid", "sebankid", "Swedish BankID"),
        ("eid", "urn:grn:authn:se:bankid", "Swedish BankID"),
        ("eid", "PLUS", "Freja eID, the level Plus"),
        ("eid", "xyz", "The eID's own level: xyz"),
        ("eid", "", ""),
        ("mandate", "document", "A power of attorney, or a decision that appoints the representative"),
        ("id_shown", "ID-kort", "ID-kort"),
    ],
)
def test_how_surely_it_is_known_who_asks_is_said_in_words(method: str, level: str, said: str) -> None:
    with translation.override("en"):
        assert identity.level_words(IdentityCheck(method=method, level=level)) == said


def test_the_word_about_another_name_is_asked_for_only_where_one_was_found() -> None:
    form = AuthorityForm({"proof": "document", "note": "Seen"})
    assert form.is_valid() and "same_person" not in [field.name for field in form.visible_fields()]
    form.add_error(None, ValidationError("Another name", code=other_person.CODE))
    assert "same_person" in [field.name for field in form.visible_fields()]


def test_it_reads_and_answers_messages_once(world: World, browse: Callable[[User], Client]) -> None:
    case, browser = filed(), browse(world.karin)
    messages.post(actor=PERSON, case=case, direction="in", channel=MessageChannel.PORTAL, text="Here is more")
    page = browser.get(reverse("admin:requests_app_case_change", args=[case.ref])).content.decode()
    assert "Here is more" in page
    for _twice in range(2):
        said = {"text": "Thank you", "key": "k1", "impersonal": "on"}
        assert browser.post(reverse(URL, args=[case.ref, "message"]), said).status_code == 302
    assert CaseMessage.objects.filter(case=case, direction="out").count() == 1
    assert messages.unread(case, "in") == 0


def test_nothing_about_the_person_is_written_to_who_has_not_shown_to_act(
    world: World, browse: Callable[[User], Client]
) -> None:
    case, browser = filed(), browse(world.karin)
    page = browser.get(reverse("admin:requests_app_case_change", args=[case.ref])).content.decode()
    assert "Skriv till Charlie Ek, som företräder personen" in page and 'name="impersonal"' in page
    refused = browser.post(reverse(URL, args=[case.ref, "message"]), {"text": "Your invoice 720", "key": "k1"})
    assert refused.status_code == 422 and "Your invoice 720" in refused.content.decode()
    assert not case.messages.exists()

    proof = {"proof": "document", "note": "Seen"}
    assert browser.post(reverse(URL, args=[case.ref, "authority"]), proof).status_code == 302
    page = browser.get(reverse("admin:requests_app_case_change", args=[case.ref])).content.decode()
    assert 'name="impersonal"' not in page
    sent = browser.post(reverse(URL, args=[case.ref, "message"]), {"text": "Your invoice 720", "key": "k1"})
    assert sent.status_code == 302 and case.messages.count() == 1
