"""Following over the API: a person's own requests, messages and released files, and nobody else's."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from requests_app.domain.channels import MessageChannel
from requests_app.models import Case, CasePause, Delivery, Event
from requests_app.services import files, keys, messages, rendering
from requests_app.services.audit import Actor
from requests_app.services.keys import DOSSIER, Vault
from tests.api.conftest import ANNA, CHARLIE, Caller, make_caller
from tests.world import open_case

if TYPE_CHECKING:
    from requests_app.models import StoredFile
    from tests.world import World


@pytest.fixture
def case(caller: Caller) -> Case:
    caller.file({"access": "Chatten", "erasure": ""})
    return Case.objects.get()


def released(world: World, case: Case, data: bytes = b"%PDF-1.7 x", way: str = "portal") -> StoredFile:
    """A file that has left."""
    stored = files.store(case, Vault(case), purpose=DOSSIER, kind="extract", name="svar.pdf", data=data, pages=2)
    key = f"{stored.ref}:{way}"
    stored.deliveries.create(case=case, way=way, sha256=stored.sha256, by=world.karin, idem_key=key)
    return stored


def test_the_list_has_the_persons_requests_page_by_page(caller: Caller) -> None:
    for _ in range(3):
        caller.file()
    caller.file(subject=CHARLIE)
    first = caller.get("/requests?limit=2")
    page = first.json()
    refs = sorted(Case.objects.order_by("-pk").values_list("ref", flat=True)[1:], reverse=True)
    assert [item["ref"] for item in page["items"]] == refs[:2] and page["next"] == refs[1]
    following = first["Link"].partition(">")[0].strip("<")
    last = caller.get(following.removeprefix("/api/v1"))
    assert [item["ref"] for item in last.json()["items"]] == refs[2:]
    assert last.json()["next"] is None and not last.has_header("Link")


def test_a_request_is_told_in_plain_words_of_the_language_asked_for(caller: Caller, case: Case) -> None:
    swedish, english = (caller.get(f"/requests/{case.ref}", **{"accept-language": lang}) for lang in ("sv", "en"))
    assert english.json()["status"] == {"code": "gathering", "text": "We gather your information"}
    assert swedish.json()["status"]["text"] == "Vi samlar in dina uppgifter"
    assert swedish["ETag"] != english["ETag"]
    said = english.json()
    assert said["due_on"] == case.due_on.isoformat() and said["moved"] == [] and said["closed_on"] is None
    assert [(right["right"], right["text"], right["outcome"]) for right in said["rights"]] == [
        ("access", "Chatten", ""),
        ("erasure", "", ""),
    ]
    assert "outcome" not in str(said["status"]) and "198504032387" not in english.content.decode()


def test_why_the_last_day_moved_is_told(caller: Caller, case: Case) -> None:
    received = date(2026, 11, 2)
    Case.objects.filter(pk=case.pk).update(received_on=received, due_on=date(2026, 12, 9))
    CasePause.objects.create(case=case, asked_on=received, answered_on=received + timedelta(days=7))
    assert any("We waited" in line for line in caller.get(f"/requests/{case.ref}").json()["moved"])


def test_an_outcome_is_told_once_the_answer_has_left(caller: Caller, case: Case) -> None:
    case.rights.filter(right="erasure").update(outcome="granted")
    assert caller.get(f"/requests/{case.ref}").json()["rights"][1]["outcome"] == ""
    case.rights.filter(right="erasure").update(dispatched_at=timezone.now())
    right = caller.get(f"/requests/{case.ref}").json()["rights"][1]
    assert (right["outcome"], right["outcome_text"]) == ("granted", "We have deleted the information.")


def test_what_is_anothers_looks_like_what_is_not_there(caller: Caller, case: Case, world: World) -> None:
    stored = released(world, case)
    other_issuer = make_caller(world, issuer="https://other.example.se")
    nowhere = "0" * 26
    for asking, subject, ref in ((caller, CHARLIE, case.ref), (other_issuer, ANNA, case.ref), (caller, ANNA, nowhere)):
        answers = [
            asking.get(f"/requests/{ref}", subject),
            asking.get(f"/requests/{ref}/messages", subject),
            asking.post(f"/requests/{ref}/messages", {"text": "x"}, subject),
            asking.post(f"/requests/{ref}/messages/read", None, subject),
            asking.post(f"/requests/{ref}/withdrawal", None, subject),
            asking.get(f"/requests/{ref}/files/{stored.ref}", subject),
        ]
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not_found")}
    assert caller.get("/requests", CHARLIE).json()["items"] == []
    case.refresh_from_db()
    assert case.closed_at is None and not case.messages.exists()


def test_what_the_person_filed_elsewhere_with_the_same_login_is_there_and_what_staff_registered_is_not(
    caller: Caller, world: World
) -> None:
    mine = open_case(world, login=ANNA)
    from requests_app.services.people import Login
    from tests.api.conftest import ISSUER

    mine.parties.update(login_mac=Login(ISSUER, ANNA).mac())
    open_case(world, personnummer="19850403-2387")
    assert [item["ref"] for item in caller.get("/requests").json()["items"]] == [mine.ref]


def test_a_request_is_taken_back_once_and_not_when_it_has_been_answered(caller: Caller, case: Case) -> None:
    first, second = (caller.post(f"/requests/{case.ref}/withdrawal") for _ in range(2))
    assert [answer.json()["status"]["code"] for answer in (first, second)] == ["withdrawn", "withdrawn"]
    case.refresh_from_db()
    assert case.closed_as == "withdrawn"
    assert Event.objects.get(kind="case.withdrawn").actor_ref.startswith("client:")
    Case.objects.filter(pk=case.pk).update(closed_as="granted", dispatched_at=timezone.now())
    refused = caller.post(f"/requests/{case.ref}/withdrawal")
    assert (refused.status_code, refused.json()["code"]) == (409, "closed")


def test_messages_go_both_ways_and_are_read(caller: Caller, case: Case, world: World) -> None:
    sent = [caller.post(f"/requests/{case.ref}/messages", {"text": "När?"}, key="message-1") for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 201] and sent[0].content == sent[1].content
    karin = Actor.staff(world.karin)
    messages.post(actor=karin, case=case, direction="out", channel=MessageChannel.PORTAL, text="Snart.")
    assert caller.get(f"/requests/{case.ref}").json()["unread_messages"] == 1
    said = caller.get(f"/requests/{case.ref}/messages")
    assert [(one["direction"], one["text"]) for one in said.json()["items"]] == [("in", "När?"), ("out", "Snart.")]
    assert "Karin" not in said.content.decode()
    assert [caller.post(f"/requests/{case.ref}/messages/read").json() for _ in range(2)] == [{"read": 1}, {"read": 0}]
    assert caller.post(f"/requests/{case.ref}/messages", {"text": " "}).json()["errors"][0]["field"] == "text"
    keys.destroy(case, DOSSIER)
    assert caller.post(f"/requests/{case.ref}/messages", {"text": "x"}).status_code == 410


def test_a_released_file_is_fetched_with_its_hash_and_logged(caller: Caller, case: Case, world: World) -> None:
    data = b"%PDF-1.7 " + b"x" * 3_000_000
    stored = released(world, case, data)
    listed = caller.get(f"/requests/{case.ref}").json()["files"][0]
    assert (listed["sha256"], listed["size"], listed["media_type"]) == (stored.sha256, len(data), "application/pdf")
    answer = caller.get(listed["url"].removeprefix("/api/v1"))
    assert b"".join(answer.streaming_content) == data
    assert answer["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"' and answer["Repr-Digest"].startswith("sha-256=:")
    assert answer["Content-Disposition"].startswith("attachment") and answer["Cache-Control"] == "private, no-store"
    fetched = Event.objects.get(kind="delivery.fetched", case_ref=case.ref)
    assert fetched.actor_ref.startswith("client:") and Delivery.objects.get(file=stored).fetched_at is not None
    again = caller.get(listed["url"].removeprefix("/api/v1"), **{"if-none-match": answer["ETag"]})
    assert again.status_code == 304 and Event.objects.filter(kind="delivery.fetched").count() == 1


def test_what_was_not_released_or_is_taken_back_or_erased_is_not_fetched(
    caller: Caller, case: Case, world: World
) -> None:
    posted, revoked, fine = (released(world, case, way=way) for way in ("post", "portal", "portal"))
    Delivery.objects.filter(file=revoked).update(revoked_at=timezone.now())
    for stored in (posted, revoked):
        assert caller.get(f"/requests/{case.ref}/files/{stored.ref}").status_code == 404
    keys.destroy(case, DOSSIER)
    erased = caller.get(f"/requests/{case.ref}/files/{fine.ref}")
    assert (erased.status_code, erased.json()["code"]) == (410, "gone")


def test_nothing_of_a_protected_case_is_handed_out_before_a_second_persons_word(
    caller: Caller, case: Case, world: World
) -> None:
    stored = released(world, case)
    Case.objects.filter(pk=case.pk).update(protected=True)
    assert caller.get(f"/requests/{case.ref}").json()["files"] == []
    assert caller.get(f"/requests/{case.ref}/files/{stored.ref}").status_code == 404


def test_the_confirmation_of_receipt_can_be_fetched(caller: Caller, case: Case) -> None:
    rendering.run(case.renders.get(kind="receipt").pk)
    (listed,) = caller.get(f"/requests/{case.ref}").json()["files"]
    answer = caller.get(listed["url"].removeprefix("/api/v1"))
    assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == listed["sha256"]
    assert listed["label"] == "Confirmation that we have received your request"
