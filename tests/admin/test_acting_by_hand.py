"""A letter or a mail from somebody who asks for another: entered by staff, it is worked as one filed through the portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from requests_app.admin.actions_delivery import dispatch_options
from requests_app.admin.desk import Desk
from requests_app.models import Case, Collection, Identifier, IdentityCheck, OutgoingMail, Representation
from requests_app.services import files, letters, mandates, people, representation
from requests_app.services.audit import Actor
from requests_app.services.keys import Vault
from requests_app.services.next_step import facts_of, next_step
from tests.admin.test_incoming import entered, taken, url
from tests.admin.test_registering import PAGE, sent
from tests.services.mailbox.mails import mail
from tests.world import PERSONNUMMER

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import IncomingMail, User
    from tests.world import World

PDF = b"%PDF-1.7 a power of attorney"
CHARLIE = {
    "capacity": "proxy",
    "acting_name": "Charlie Ek",
    "acting_email": "charlie@example.se",
    "acting_phone": "070-174 06 05",
    "acting_address": "Box 1\n302 43 Halmstad",
    "basis": "Fullmakt av den 3 november",
}


def by_letter(**changes: Any) -> dict[str, Any]:
    return sent(channel="post", personnummer=PERSONNUMMER, email="eva@example.se", **{**CHARLIE, **changes})


@pytest.fixture
def case(world: World, browse: Callable[[User], Client]) -> Case:
    """Registered by customer service from a letter, with the scanned power of attorney and the letter itself."""
    scans = {"proofs": SimpleUploadedFile("fullmakt.pdf", PDF), "files": SimpleUploadedFile("brev.pdf", PDF)}
    answer = browse(world.sven).post(PAGE, by_letter(**scans), follow=True)
    assert answer.context["represented"]
    return Case.objects.get()


def test_the_two_people_stand_apart_and_the_scan_is_the_proof(world: World, case: Case) -> None:
    acting = representation.of(case, Vault(case))
    assert acting is not None
    assert (acting.name, acting.row.capacity, acting.basis) == ("Charlie Ek", "proxy", "Fullmakt av den 3 november")
    assert (acting.contact.email, acting.contact.address) == ("charlie@example.se", "Box 1\n302 43 Halmstad")
    (proof,) = acting.proofs
    assert (files.name_of(Vault(case), proof), files.read(Vault(case), proof), proof.by) == (
        "fullmakt.pdf",
        PDF,
        world.sven,
    )
    assert case.files.filter(kind="attachment").count() == 2
    assert people.person_of(case).name == "Eva Ek"
    assert people.person_of(case).contact.email == "eva@example.se"
    roles = Identifier.objects.filter(party__case=case).values_list("party__role", "kind")
    assert sorted(roles) == [("subject", "email"), ("subject", "personnummer")]


def test_nothing_begins_and_nobody_is_told_before_the_authority_is_seen(world: World, case: Case) -> None:
    assert case.state == "registered" and next_step(case, facts_of(case)).code == "check_authority"
    assert not Collection.objects.exists() and not IdentityCheck.objects.exists()
    assert not OutgoingMail.objects.exclude(kind="notice").exists()
    mandates.answer(actor=Actor.staff(world.karin), case=case, may=True, proof="document", note="Seen")
    case.refresh_from_db()
    assert case.state == "gathering"


def test_the_answer_is_addressed_to_who_may_act(world: World, case: Case) -> None:
    before = letters.letter_of(case, Vault(case), "receipt", "", {})
    assert before.addressee == ("Eva Ek",)
    mandates.answer(actor=Actor.staff(world.karin), case=case, may=True, proof="document", note="Seen")
    case.refresh_from_db()
    after = letters.letter_of(case, Vault(case), "receipt", "", {})
    assert after.addressee == ("Charlie Ek", "för Eva Ek", "Box 1", "302 43 Halmstad")
    proposed = dispatch_options(Desk(world.karin, case), "")["initial"]
    assert (proposed["email"], proposed["post_address"]) == ("charlie@example.se", "Box 1\n302 43 Halmstad")


def test_the_case_page_shows_where_the_representative_is_reached(
    world: World, browse: Callable[[User], Client], case: Case
) -> None:
    page = browse(world.karin).get(f"/admin/requests_app/case/{case.ref}/").content.decode()
    assert "Charlie Ek" in page and "Box 1<br>302 43 Halmstad" in page and "fullmakt.pdf" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"capacity": ""}, "capacity"),
        ({"capacity": "friend"}, "capacity"),
        ({"acting_name": " "}, "acting_name"),
        ({"acting_email": "charlie"}, "acting_email"),
        ({"acting_phone": "1"}, "acting_phone"),
        ({"acting_email": " EVA@example.se"}, "email"),
        ({"proofs": SimpleUploadedFile("fullmakt.exe", PDF)}, "proofs"),
    ],
)
def test_what_is_missing_of_the_representative_is_said_at_the_field(
    world: World, browse: Callable[[User], Client], changes: dict[str, Any], field: str
) -> None:
    page = browse(world.sven).post(PAGE, by_letter(**changes))
    assert page.status_code == 422 and page.context["form"].errors[field]
    assert '<details class="dsr-fold" open>' in page.content.decode()
    assert not Case.objects.exists()


def test_the_question_is_folded_away_until_somebody_acts(world: World, browse: Callable[[User], Client]) -> None:
    page = browse(world.sven).get(PAGE).content.decode()
    fold = page[page.index("<details") : page.index("</details>")]
    assert " open" not in fold.partition(">")[0] and all(f'name="{name}"' in fold for name in CHARLIE)
    assert browse(world.sven).post(PAGE, sent()).status_code == 302
    assert not Representation.objects.exists()


@pytest.fixture
def row(world: World) -> IncomingMail:
    """A mail from Anna, with a power of attorney and another file."""
    made = mail()
    for name in ("fullmakt.pdf", "faktura.pdf"):
        made.add_attachment(PDF + name.encode(), maintype="application", subtype="pdf", filename=name)
    return taken(made.as_bytes())


MOTHER = {"capacity": "proxy", "person_name": "Märta Ek", "person_number": PERSONNUMMER, "person_customer_no": "4711"}


def test_a_mail_for_another_is_worked_as_that_ones_and_searched_by_nothing_of_who_wrote(
    world: World, browse: Callable[[User], Client], row: IncomingMail
) -> None:
    browse(world.karin).post(url(row, "svara/"), entered(row, **MOTHER, proofs=["0"]))
    case = Case.objects.get()
    acting = representation.of(case, Vault(case))
    assert acting is not None
    assert (acting.name, acting.contact.email) == ("Anna Andersson", "anna@example.se")
    assert [files.read(Vault(case), proof) for proof in acting.proofs] == [PDF + b"fullmakt.pdf"]
    assert case.files.filter(kind="attachment").count() == 3  # with the mail itself
    assert people.person_of(case).name == "Märta Ek" and people.person_of(case).contact.email == ""
    found = Identifier.objects.filter(party__case=case).values_list("party__role", "kind")
    assert sorted(found) == [("subject", "customer_no"), ("subject", "personnummer")]
    assert next_step(case, facts_of(case)).code == "check_authority"
    assert not Collection.objects.exists() and not OutgoingMail.objects.exclude(kind="notice").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"capacity": ""}, "capacity"),
        ({"person_name": ""}, "person_name"),
        ({"person_number": "19900118-9812"}, "person_number"),
        ({"person_email": "ANNA@example.se "}, "person_email"),
        ({"person_email": "märta"}, "person_email"),
        ({"proofs": ["7"]}, "proofs"),
    ],
)
def test_what_is_missing_of_the_other_person_is_said_at_the_field(
    world: World, browse: Callable[[User], Client], row: IncomingMail, changes: dict[str, Any], field: str
) -> None:
    page = browse(world.karin).post(url(row, "svara/"), entered(row, **{**MOTHER, **changes}))
    assert page.status_code == 422 and page.context["accept_form"].errors[field]
    assert "Märta Ek" in page.content.decode() or field == "person_name"
    assert page.context["accept_form"].acting_open
    assert not Case.objects.exists()
