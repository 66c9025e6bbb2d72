"""Acting for somebody else: the two people stay apart, and nothing begins before staff has seen that one may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from requests_app.documents.letters import letter_html
from requests_app.domain.rights import IdentityMethod, Outcome
from requests_app.models import Case, CaseParty, Collection, HeldFile, Identifier, IdentityCheck, Render, Representation
from requests_app.portal.session import Visitor
from requests_app.services import (
    access,
    cases,
    delivery,
    files,
    intake,
    letters,
    mandates,
    people,
    progress,
    representation,
)
from requests_app.services.audit import Actor
from requests_app.services.contacts import Way
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict
from requests_app.services.next_step import facts_of, next_step
from requests_app.services.people import EMAIL_ISSUER
from tests.portal.world import ANNA, Customer

if TYPE_CHECKING:
    from tests.services.fakes import World

pytestmark = pytest.mark.django_db
MOTHER = ("Märta Lindqvist", "189004299807")
PDF = b"%PDF-1.7 made up"


def filed(customer: Customer, *rights: str, **answers: str) -> Case:
    """A request that Anna files for her mother."""
    known = {
        "capacity": "proxy",
        "person_name": MOTHER[0],
        "person_number": MOTHER[1],
        "basis": "Fullmakt av den 3 november",
        "email": "anna.lindqvist@example.se",
    }
    customer.file(*(rights or ("access",)), whom="other", **(known | answers))
    return Case.objects.order_by("-pk")[0]


def test_the_two_people_stand_apart(anna: Customer) -> None:
    case = filed(anna)
    subject, other = (case.parties.get(role=role) for role in ("subject", "representative"))
    assert people.person_of(case).name == MOTHER[0]
    assert people.person_of(case).contact.email == ""
    assert subject.login_mac is None and other.login_mac is not None
    acting = representation.of(case, Vault(case))
    assert acting is not None
    assert (acting.name, acting.contact.email) == (ANNA[0], "anna.lindqvist@example.se")
    assert (acting.row.capacity, acting.basis) == ("proxy", "Fullmakt av den 3 november")


def test_nobody_acts_for_oneself(anna: Customer) -> None:
    anna.fill("access", whom="other", capacity="proxy", person_name=ANNA[0], person_number=ANNA[1])
    assert anna.path == "/begaran/ny/person/"
    assert "This is your own personal identity number" in anna.page.text


def test_the_two_do_not_have_the_same_address(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    same = "anna.lindqvist@example.se"
    anna.fill("access", whom="other", capacity="proxy", person_name=MOTHER[0], person_email=same.upper(), email=same)
    assert anna.path == "/begaran/ny/kontakt/" and "You gave this as the person's address." in anna.page.text
    visitor = Visitor(issuer=EMAIL_ISSUER, subject=same, name="", personnummer="", level="email")
    monkeypatch.setattr("requests_app.portal.session.visitor_of", lambda request: visitor)
    by_link = Customer()
    by_link.fill("access", whom="other", capacity="proxy", person_name=MOTHER[0], person_email=same)
    assert by_link.path == "/begaran/ny/person/" and "This is the address you logged in with." in by_link.page.text


def test_the_last_page_says_all_that_is_sent_about_acting(anna: Customer) -> None:
    anna.fill("access", whom="other", capacity="proxy", person_name=MOTHER[0], basis="Fullmakt av den 3 november")
    assert "Fullmakt av den 3 november" in anna.page.text


def test_the_page_of_contact_does_not_say_that_the_representatives_address_is_searched(anna: Customer) -> None:
    anna.choose("access", whom="other")
    anna.send(capacity="proxy", person_name=MOTHER[0])
    page = anna.send()
    assert anna.path == "/begaran/ny/kontakt/" and "help us find" not in page.text


def test_nothing_of_the_representative_is_searched(anna: Customer) -> None:
    case = filed(anna, phone="070-174 06 05")
    kinds = list(Identifier.objects.filter(party__case=case).values_list("party__role", "kind", "source"))
    assert kinds == [("subject", "personnummer", "request")]
    identifier = Identifier.objects.get(party__case=case)
    assert people.value_of(Vault(case), identifier) == MOTHER[1] != ANNA[1]


def test_nothing_begins_before_the_authority_is_seen(anna: Customer, world: World) -> None:
    case = filed(anna)
    assert case.state == "registered"
    assert not Collection.objects.exists() and not IdentityCheck.objects.exists()
    assert next_step(case, facts_of(case)).code == "check_authority"
    letter = letter_html(letters.letter_of(case, Vault(case), "receipt", "", {}))
    assert "Somebody else asked for you." in letter and ANNA[0] not in letter
    with pytest.raises(Exception, match="Check first"):
        cases.confirm_identity(actor=Actor.staff(world.user), case=case, method=IdentityMethod.CALL_BACK)
    mandates.answer(actor=Actor.staff(world.user), case=case, may=True, proof="document", note="Seen")
    case.refresh_from_db()
    assert case.state == "gathering" and case.identity.method == "mandate"
    assert [row.superseded for row in Render.objects.filter(case=case, kind="receipt").order_by("pk")] == [True, False]
    letter = letter_html(letters.letter_of(case, Vault(case), "receipt", "", {}))
    assert f"Dear {MOTHER[0]}," in letter and f"We send this letter to {ANNA[0]}, who acts for you." in letter
    assert f"{ANNA[0]} asked for you, and we have seen that {ANNA[0]} may act for you." in letter
    with pytest.raises(Conflict):
        mandates.answer(actor=Actor.staff(world.user), case=case, may=False, note="Changed my mind")


@pytest.mark.parametrize(("proof", "note"), [("", "Seen"), ("guess", "Seen"), ("document", " ")])
def test_how_it_was_seen_must_be_said(anna: Customer, world: World, proof: str, note: str) -> None:
    case = filed(anna)
    with pytest.raises(Exception, match=r"Choose|Write"):
        mandates.answer(actor=Actor.staff(world.user), case=case, may=True, proof=proof, note=note)
    assert Representation.objects.get().confirmed is None


def test_the_representative_follows_and_writes_and_fetches_nothing_yet(anna: Customer, world: World) -> None:
    case = filed(anna)
    file = files.store(case, Vault(case), purpose=DOSSIER, kind="extract", name="a.pdf", data=PDF)
    delivery.Delivery.objects.create(
        case=case, file=file, way=Way.PORTAL.value, sha256=file.sha256, by=world.user, idem_key="x"
    )
    page = anna.get("case", case.ref)
    assert "We look at whether you may act" in page.text and f"/begaran/{case.ref}/fil/{file.ref}" not in page.links
    anna.get("file", case.ref, file.ref)
    assert anna.response.status_code == 404
    mandates.answer(actor=Actor.staff(world.user), case=case, may=True, proof="document", note="Seen")
    assert f"/begaran/{case.ref}/fil/{file.ref}" in anna.get("case", case.ref).links
    assert anna.client.get(f"/begaran/{case.ref}/fil/{file.ref}").status_code == 200


def test_each_request_for_another_names_whom_it_is_about(anna: Customer) -> None:
    filed(anna, "access", "portability", "objection", object_to="marketing")
    filed(anna, person_name="Greta Ek", person_number="")
    anna.file("access")
    text = anna.get("start").text
    assert f"Find out what information you have about {MOTHER[0]}" in text
    assert f"Move the information about {MOTHER[0]} to somebody else" in text
    assert f"Object to how you use the information about {MOTHER[0]}" in text
    assert "Find out what information you have about Greta Ek" in text
    assert text.count("Find out what information you have about me") == 1


def test_the_pages_of_a_request_for_another_never_say_that_it_is_about_oneself(anna: Customer) -> None:
    check = anna.fill("access", "erasure", whom="other", capacity="proxy", person_name=MOTHER[0], erase_scope="all")
    assert f"have about {MOTHER[0]}" in check.text and "about me" not in check.text
    assert MOTHER[0] in anna.send().text
    case = Case.objects.get()
    page = anna.get("case", case.ref)
    assert f"You ask for {MOTHER[0]}." in page.text and "about me" not in page.text
    assert "We gather the information" in page.text and "your information" not in page.text
    assert f"have about {MOTHER[0]}" in anna.get("withdraw", case.ref).text


def test_outcomes_and_documents_for_another_are_not_worded_as_ones_own(anna: Customer) -> None:
    case = filed(anna, "access", "portability", "objection", object_to="marketing")
    theirs = [str(words) for words in progress.DOCUMENTS.values()]
    assert any("Your information" in words for words in theirs)
    objection = case.rights.get(right="objection")
    assert intake.details_of(Vault(case), objection) == "Advertising, and being analysed for it."
    assert not any("our information" in progress.document_words(case, kind) for kind in progress.DOCUMENTS)
    for outcome in (Outcome.GRANTED, Outcome.NOTHING_FOUND):
        for right in case.rights.all():
            right.outcome, right.dispatched_at = outcome.value, timezone.now()
            said = progress.outcome_words(case, right)
            assert said and "about you" not in said and "your information" not in said, said


def test_the_list_takes_as_many_queries_for_many_as_for_one(anna: Customer, world: World) -> None:
    refused = filed(anna)
    mandates.answer(actor=Actor.staff(world.user), case=refused, may=False, note="It covers something else")
    with CaptureQueriesContext(connection) as one:
        assert MOTHER[0] in anna.get("start").text
    for _ in range(2):
        other = filed(anna)
        mandates.answer(actor=Actor.staff(world.user), case=other, may=False, note="It covers something else")
    filed(anna)
    with CaptureQueriesContext(connection) as many:
        anna.get("start")
    assert len(many) == len(one)


def test_who_may_not_act_sees_only_that(anna: Customer, world: World) -> None:
    case = filed(anna)
    mandates.answer(actor=Actor.staff(world.user), case=case, may=False, note="It covers something else")
    page = anna.get("case", case.ref)
    assert "We could not see that you may act" in page.text and f"/begaran/{case.ref}/skriv/" not in page.links
    assert "Where your request stands" not in page.text and f"/begaran/{case.ref}/aterkalla/" not in page.links
    for closed in ("write", "withdraw", "receipt"):
        anna.get(closed, case.ref)
        assert anna.response.status_code == 404, closed
    letter = letter_html(letters.letter_of(case, Vault(case), "receipt", "", {}))
    assert "Do you still want us to go on?" in letter and "before we begin" not in letter
    case.refresh_from_db()
    assert case.closed_at is None and next_step(case, facts_of(case)).code == "ask_person"


def test_every_proof_is_kept_with_the_case(anna: Customer) -> None:
    anna.choose("access", whom="other")
    first, second = (SimpleUploadedFile(name, PDF + name.encode()) for name in ("fullmakt.pdf", "sida-2.pdf"))
    page = anna.send(capacity="guardian", person_name=MOTHER[0], files=[first, second], add="1")
    assert "fullmakt.pdf" in page.text and "sida-2.pdf" in page.text
    again, third = SimpleUploadedFile("fullmakt.pdf", PDF + b"fullmakt.pdf"), SimpleUploadedFile("beslut.pdf", PDF)
    anna.send(files=[again, third])
    anna.send()
    page = anna.send()
    names = ["fullmakt.pdf", "sida-2.pdf", "beslut.pdf"]
    assert all(page.text.count(name) == 1 for name in names) and "Not sent with the request" not in page.text
    anna.send()
    case = Case.objects.get()
    acting = representation.of(case, Vault(case))
    assert acting is not None
    assert [files.name_of(Vault(case), file) for file in acting.proofs] == names
    assert files.read(Vault(case), acting.proofs[2]) == PDF
    assert not HeldFile.objects.exists()


@pytest.mark.parametrize(
    ("capacity", "proven", "said"),
    [
        ("proxy", False, "You can send us proof as a message."),
        ("proxy", True, "We have got what you sent along."),
        ("guardian", False, "We check in the population register that you have custody of the child."),
    ],
)
def test_only_who_has_something_left_to_send_is_asked_for_it(
    anna: Customer, capacity: str, proven: bool, said: str
) -> None:
    case = filed(anna, capacity=capacity)
    if proven:
        sent = files.store(case, Vault(case), purpose=DOSSIER, kind="attachment", name="fullmakt.pdf", data=PDF)
        case.representation.proofs.add(sent)
    page = anna.get("receipt", case.ref).text
    assert said in page
    assert ("send us proof" in page) is (said.startswith("You can"))


def test_the_answer_may_be_laid_in_the_portal_only_for_who_may_act(anna: Customer, world: World) -> None:
    case = filed(anna)
    assert Way.PORTAL not in delivery.ways_for(case)
    mandates.answer(actor=Actor.staff(world.user), case=case, may=True, proof="person", note="Called")
    assert Way.PORTAL in delivery.ways_for(Case.objects.get(pk=case.pk))


def test_ones_own_request_and_one_for_another_are_not_the_same_persons(anna: Customer) -> None:
    other = filed(anna)
    anna.file("access")
    own = Case.objects.order_by("-pk")[0]
    assert own.pk != other.pk
    assert not Case.objects.filter(people.same_person(own)).exists()
    assert access.cases_of_login([bytes(CaseParty.objects.get(case=own).login_mac)]).count() == 2


def test_the_person_must_be_named(anna: Customer) -> None:
    anna.choose("access", whom="other")
    page = anna.send(person_name=" ", person_number="1")
    assert anna.path == "/begaran/ny/person/"
    assert {"id_capacity_error", "id_person_name_error", "id_person_number_error"} <= set(page.ids)
