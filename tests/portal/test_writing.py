"""Messages both ways, and files that go with them and with a request."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from requests_app.domain.channels import MessageChannel
from requests_app.models import Case, CaseMessage, Event, HeldFile, Notice, Representation, StoredFile
from requests_app.services import draft_files, files, messages
from requests_app.services.audit import Actor
from requests_app.services.keys import DOSSIER, Vault
from tests.portal.test_session import age
from tests.portal.world import ANNA, CHARLIE, Customer

if TYPE_CHECKING:
    from requests_app.models import User
    from tests.services.fakes import World

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 made up"


def filed(customer: Customer) -> Case:
    """A case of Anna's."""
    customer.file("access")
    return Case.objects.order_by("-pk")[0]


def pdf(name: str = "faktura.pdf") -> SimpleUploadedFile:
    """A file that is what its name says."""
    return SimpleUploadedFile(name, PDF)


def test_what_the_person_writes_reaches_the_case_once(anna: Customer) -> None:
    case = filed(anna)
    fields = anna.get("write", case.ref).main.fields
    page = anna.send(text="My old address was Storgatan 1")
    assert "Your message is sent." in page.text and "Storgatan 1" in page.text
    anna.post(f"/begaran/{case.ref}/skriv/", {**fields, "text": "My old address was Storgatan 1"})
    assert CaseMessage.objects.count() == 1
    assert Notice.objects.filter(kind="person_replied", case_ref=case.ref).count() <= 1
    assert anna.get("write", case.ref).main.fields["text"] == ""


def test_what_was_added_before_sending_again_is_not_lost(anna: Customer) -> None:
    case = filed(anna)
    fields = anna.get("write", case.ref).main.fields
    anna.send(text="My old address was Storgatan 1")
    anna.post(f"/begaran/{case.ref}/skriv/", {**fields, "text": "My old address was Storgatan 1. And my name is Anna."})
    assert CaseMessage.objects.count() == 2
    assert "And my name is Anna." in anna.get("case", case.ref).text


def test_what_we_write_is_read_on_the_page_and_noted(anna: Customer, world: World) -> None:
    case = filed(anna)
    messages.post(
        actor=Actor.staff(world.user),
        case=case,
        direction=messages.OUT,
        channel=MessageChannel.PORTAL,
        text="Which address?",
    )
    assert "Which address?" in anna.get("case", case.ref).text
    assert CaseMessage.objects.get().read_at is not None
    anna.get("case", case.ref)
    assert Event.objects.filter(kind="message.read", case_ref=case.ref).count() == 1


def test_nobody_writes_in_anothers_case(anna: Customer) -> None:
    case = filed(anna)
    charlie = Customer(enforce_csrf_checks=False)
    charlie.log_in(*CHARLIE)
    charlie.get("write", case.ref)
    assert charlie.response.status_code == 404
    charlie.post(f"/begaran/{case.ref}/skriv/", {"text": "Hello", "files": pdf()})
    assert charlie.response.status_code == 404
    assert not CaseMessage.objects.exists() and not HeldFile.objects.exists()


def test_a_message_written_for_too_long_is_there_after_the_login(anna: Customer) -> None:
    case = filed(anna)
    anna.get("write", case.ref)
    age(31 * 60)
    anna.send(text="Written during a long lunch")
    assert anna.path == "/logga-in/"
    anna.send(person_name=ANNA[0], personnummer=ANNA[1])
    assert anna.page.main.fields["text"] == "Written during a long lunch"
    assert not CaseMessage.objects.exists()


def test_an_empty_or_too_long_message_is_told_at_its_field(anna: Customer) -> None:
    case = filed(anna)
    for text in (" ", "å" * 18_001):
        anna.get("write", case.ref)
        page = anna.send(text=text)
        assert "id_text_error" in page.ids and "#id_text" in page.links
        assert page.main.fields["text"].strip() == text.strip()


def test_files_go_with_a_message(anna: Customer) -> None:
    case = filed(anna)
    anna.get("write", case.ref)
    page = anna.send(text="", files=[pdf("a.pdf"), pdf("b.pdf")])
    assert "id_text_error" in page.ids and "a.pdf" in page.text and "b.pdf" in page.text
    anna.send(text="Here they are")
    attached = CaseMessage.objects.get().files.all()
    assert sorted(files.name_of(Vault(case), file) for file in attached) == ["a.pdf", "b.pdf"]
    assert not HeldFile.objects.exists()


def test_a_refused_file_says_nothing_of_what_is_not_filled_in_yet(anna: Customer) -> None:
    case = filed(anna)
    anna.choose("rectification", "erasure")
    pages = [anna.send(add="1", files=SimpleUploadedFile("program.exe", b"MZ"), rectify_what="My name")]
    assert pages[0].main.fields["rectify_what"] == "My name"
    anna.get("write", case.ref)
    pages.append(anna.send(add="1", files=SimpleUploadedFile("program.exe", b"MZ")))
    for page in pages:
        assert [link for link in page.links if link.startswith("#id_")] == ["#id_files"]
        assert [found for found in page.ids if found.endswith("_error")] == ["id_files_error"]
    anna.get("details")
    assert "id_rectify_right_error" in anna.send().ids


def test_files_go_with_a_request_and_are_named_before_it_is_sent(anna: Customer) -> None:
    anna.choose("access")
    anna.send(add="1", files=[pdf("a.pdf"), pdf("b.pdf")])
    assert anna.path == "/begaran/ny/uppgifter/" and "b.pdf" in anna.page.text
    unwanted = next(value for name, value in anna.page.main.buttons if name == "remove")
    anna.send(remove=unwanted)
    assert "a.pdf" not in anna.page.text and "b.pdf" in anna.page.text
    anna.send()
    page = anna.send()
    assert anna.path == "/begaran/ny/kontrollera/" and "b.pdf" in page.text
    anna.send()
    case = Case.objects.get()
    stored = StoredFile.objects.get(case=case, kind="attachment")
    assert files.read(Vault(case), stored) == PDF
    assert not HeldFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "data"), [("a.exe", b"MZ"), ("a.pdf", b"<html>"), ("a.pdf", b""), ("a.txt", b"a\x00b")]
)
def test_a_file_that_is_not_what_it_says_is_told_and_not_kept(anna: Customer, name: str, data: bytes) -> None:
    anna.choose("access")
    page = anna.send(access_about="Kept", files=SimpleUploadedFile(name, data))
    assert anna.path == "/begaran/ny/uppgifter/"
    assert "id_files_error" in page.ids and "#id_files" in page.links and page.title.startswith("Error:")
    assert page.main.fields["access_about"] == "Kept"
    assert draft_files.attached(page.main.fields["draft"]) == []


def test_more_than_ten_files_are_not_taken(anna: Customer) -> None:
    anna.choose("access")
    page = anna.send(add="1", files=[pdf(f"{n}.pdf") for n in range(11)])
    assert "You can send ten files" in page.text
    assert len(draft_files.attached(page.main.fields["draft"])) == 10


def test_throwing_a_draft_away_takes_its_files(anna: Customer) -> None:
    anna.choose("access")
    anna.send(files=pdf())
    assert HeldFile.objects.count() == 2
    anna.press("/begaran/ny/avbryt/")
    assert not HeldFile.objects.exists()


def test_files_live_as_long_as_the_draft(anna: Customer) -> None:
    anna.choose("access")
    anna.send(files=pdf())
    HeldFile.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    anna.send()
    assert all(held.expires_at > timezone.now() + timedelta(days=6) for held in HeldFile.objects.all())


def told(case: Case, user: User, name: str) -> StoredFile:
    """A file that staff sends with a message."""
    file = files.store(case, Vault(case), purpose=DOSSIER, kind="attachment", name=name, data=PDF)
    who = {"actor": Actor.staff(user), "direction": messages.OUT, "channel": MessageChannel.PORTAL}
    messages.post(case=case, text="Here it is", files=(file,), impersonal=True, **who)
    return file


def test_files_of_messages_are_fetched_from_the_conversation(anna: Customer, world: World) -> None:
    case = filed(anna)
    ours = told(case, world.user, "svar.pdf")
    anna.get("write", case.ref)
    page = anna.send(text="See this", files=pdf())
    own = StoredFile.objects.get(case=case, messages__direction="in")
    for file, name in ((ours, "svar.pdf"), (own, "faktura.pdf")):
        address = f"/begaran/{case.ref}/meddelande/{file.ref}"
        assert address in page.links and name in page.text
        answer = anna.client.get(address)
        assert b"".join(answer.streaming_content) == PDF
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer["X-Content-Type-Options"] == "nosniff" and answer["Cache-Control"] == "private, no-store"
    fetched = Event.objects.filter(kind="message.file_fetched", case_ref=case.ref, actor_ref="person")
    assert fetched.count() == 2
    kept = files.store(case, Vault(case), purpose=DOSSIER, kind="attachment", name="intern.pdf", data=PDF)
    assert anna.client.get(f"/begaran/{case.ref}/meddelande/{kept.ref}").status_code == 404
    charlie = Customer()
    charlie.log_in(*CHARLIE)
    assert charlie.client.get(f"/begaran/{case.ref}/meddelande/{ours.ref}").status_code == 404
    assert fetched.count() == 2


def test_who_acts_fetches_what_we_sent_once_that_one_may(anna: Customer, world: World) -> None:
    anna.file("access", whom="other", capacity="proxy", person_name="Märta Lindqvist")
    case = Case.objects.get()
    ours = told(case, world.user, "svar.pdf")
    anna.get("write", case.ref)
    anna.send(text="See this", files=pdf())
    own = StoredFile.objects.get(case=case, messages__direction="in")

    def fetched() -> list[int]:
        return [anna.client.get(f"/begaran/{case.ref}/meddelande/{file.ref}").status_code for file in (ours, own)]

    page = anna.get("case", case.ref)
    assert f"/begaran/{case.ref}/meddelande/{ours.ref}" not in page.links and "svar.pdf" in page.text
    assert fetched() == [404, 200]
    Representation.objects.update(confirmed=True, checked_by=world.user, checked_at=timezone.now())
    assert fetched() == [200, 200]
    Representation.objects.update(confirmed=False)
    assert fetched() == [404, 404]
