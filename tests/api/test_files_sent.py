"""Files sent over the API, and requests for somebody else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from requests_app.domain.channels import MessageChannel
from requests_app.models import Case, Event, HeldFile, StoredFile
from requests_app.services import attachments, files, held_files, mandates, messages, people, representation
from requests_app.services.audit import Actor
from requests_app.services.keys import DOSSIER, Vault
from tests.api.conftest import ANNA, CHARLIE, Caller, body, make_caller

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.world import World

PDF = b"%PDF-1.7 fullmakt"


def send(caller: Caller, name: str = "fullmakt.pdf", data: bytes = PDF, subject: str = ANNA) -> HttpResponse:
    headers = {"authorization": f"Bearer {caller.token}", "accept-language": "en", "x-subject": subject}
    return caller.http.post("/api/v1/files", {"file": SimpleUploadedFile(name, data)}, headers=headers)


def acting(**more: Any) -> dict[str, Any]:
    return {"capacity": "proxy", "name": "Bo Lindqvist", "email": "bo@example.se", "basis": "Hon är min mor.", **more}


def test_a_file_goes_along_with_a_request_however_often_it_is_sent(caller: Caller) -> None:
    first, again = send(caller), send(caller)
    assert first.status_code == 201 and first.json() == again.json()
    held = HeldFile.objects.get()
    assert PDF not in files.storage().open(held.path).read() and held_files.read(held) == PDF
    sent = [caller.post("/requests", body(files=[held.ref]), key="key-00001") for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 201] and sent[0].content == sent[1].content
    stored = StoredFile.objects.get(kind=attachments.KIND)
    case, vault = Case.objects.get(), Vault(Case.objects.get())
    assert (stored.case, files.name_of(vault, stored)) == (case, "fullmakt.pdf")
    assert files.open_file(vault, stored).read() == PDF and not HeldFile.objects.exists()
    used = caller.file(files=[held.ref])
    assert used.status_code == 422 and used.json()["errors"][0]["field"] == "files"


def test_a_file_goes_along_with_a_message(caller: Caller) -> None:
    ref = caller.file().json()["ref"]
    sent = caller.post(f"/requests/{ref}/messages", {"text": "Här är den.", "files": [send(caller).json()["ref"]]})
    assert sent.status_code == 201
    (message,) = messages.messages_of(Case.objects.get())
    assert [file.kind for file in message.files] == [attachments.KIND]
    (listed,) = caller.get(f"/requests/{ref}/messages").json()["items"]
    assert listed["files"] == sent.json()["files"]
    (file,) = listed["files"]
    assert (file["name"], file["media_type"], file["size"]) == ("fullmakt.pdf", "application/pdf", len(PDF))
    path = file["url"].removeprefix("/api/v1")
    got = caller.get(path)
    assert b"".join(got.streaming_content) == PDF and got["Content-Disposition"].startswith("attachment")
    assert caller.get(path, **{"if-none-match": got["ETag"]}).status_code == 304
    assert Event.objects.filter(kind="message.file_fetched").count() == 1
    assert caller.get(path, subject=CHARLIE).status_code == 404
    assert caller.get(path.replace(ref, caller.file(subject=CHARLIE).json()["ref"]), subject=CHARLIE).status_code == 404


def test_who_is_not_yet_seen_to_act_gets_what_was_sent_by_that_one_alone(caller: Caller, world: World) -> None:
    ref = caller.file(acting=acting()).json()["ref"]
    case = Case.objects.get(ref=ref)
    vault = Vault(case)
    ours = files.store(case, vault, purpose=DOSSIER, kind=attachments.KIND, name="svar.pdf", data=PDF)
    karin = Actor.staff(world.karin)
    messages.post(
        actor=karin,
        case=case,
        direction=messages.OUT,
        channel=MessageChannel.PORTAL,
        text="Hej",
        files=(ours,),
        impersonal=True,
    )
    caller.post(f"/requests/{ref}/messages", {"text": "Här är den.", "files": [send(caller).json()["ref"]]})
    said = caller.get(f"/requests/{ref}/messages").json()["items"]
    assert [[file["name"] for file in item["files"]] for item in said] == [[], ["fullmakt.pdf"]]
    assert caller.get(f"/requests/{ref}/files/{ours.ref}").status_code == 404


def test_nobody_uses_a_file_of_another_person_or_client_or_one_that_is_too_old(caller: Caller, world: World) -> None:
    ref = send(caller).json()["ref"]
    other = make_caller(world)
    assert caller.file(subject=CHARLIE, files=[ref]).status_code == 422
    assert other.file(files=[ref]).status_code == 422
    HeldFile.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert caller.file(files=[ref]).status_code == 422 and not Case.objects.exists()


@pytest.mark.parametrize(("name", "data"), [("a.exe", b"MZ"), ("a.pdf", b"no pdf"), ("a.pdf", b"")])
def test_what_the_portal_does_not_take_is_refused_here_too(caller: Caller, name: str, data: bytes) -> None:
    refused = send(caller, name, data)
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert refused.json()["errors"][0]["field"] == "file" and not HeldFile.objects.exists()


def test_a_file_needs_one_of_two_scopes_and_a_form_of_sane_size(caller: Caller, world: World) -> None:
    assert send(make_caller(world, scopes=["requests:write"])).status_code == 201
    assert send(make_caller(world, scopes=["requests:read"])).status_code == 403
    assert caller.post("/files", {"file": "x"}).status_code == 415
    (missing,) = caller.post("/files").json()["errors"]
    assert (missing["in"], missing["field"], missing["code"]) == ("body", "file", "missing")
    large = send(caller, data=PDF + b"x" * (26 * 1024 * 1024))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")


def test_so_many_files_may_wait_and_no_more(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests_app.services.api_files.MAX_WAITING", 1)
    assert send(caller).status_code == 201 and send(caller, "annan.pdf").status_code == 422
    assert send(caller, subject=CHARLIE).status_code == 201


def test_somebody_files_for_another_and_the_two_stay_apart(caller: Caller) -> None:
    proof = send(caller).json()["ref"]
    answer = caller.file(
        identifiers={"personnummer": "198504032387", "customer_no": "K-10023"}, acting=acting(proofs=[proof])
    )
    assert answer.status_code == 201, answer.content
    case = Case.objects.get()
    vault = Vault(case)
    found = representation.of(case, vault)
    assert found is not None and (found.row.capacity, found.name, found.basis) == (
        "proxy",
        "Bo Lindqvist",
        "Hon är min mor.",
    )
    assert len(found.proofs) == 1 and found.contact.email == "bo@example.se"
    party = people.subject_of(case)
    assert people.person_of(case, vault).name == "Anna Lindqvist" and not party.login_mac
    assert {item.kind: item.source for item in party.identifiers.all()} == {
        "personnummer": "request",
        "customer_no": "request",
        "email": "request",
    }
    assert representation.waits(case) and case.state == "registered" and not case.collections.exists()


def test_who_may_not_act_is_told_so_and_sees_nothing_else(caller: Caller, world: World) -> None:
    ref = caller.file(acting=acting()).json()["ref"]
    assert caller.get(f"/requests/{ref}").status_code == 200
    seen = caller.get("/changes").json()["cursor"]
    karin = Actor.staff(world.karin)
    mandates.answer(actor=karin, case=Case.objects.get(), may=False, note="Fullmakten gäller inte detta.")
    said = caller.get(f"/requests/{ref}").json()
    assert (said["ref"], said["status"]["code"], said["rights"], said["due_on"]) == (ref, "not_authorised", [], None)
    assert "may act for the person" in said["status"]["text"]
    (listed,) = caller.get("/requests").json()["items"]
    assert (listed["status"]["code"], listed["rights"]) == ("not_authorised", [])
    (change,) = caller.get(f"/changes?after={seen}").json()["items"]
    assert (change["ref"], change["status"]["code"]) == (ref, "not_authorised")
    assert caller.post(f"/requests/{ref}/messages", {"text": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"capacity": "friend"}, "acting.capacity"),
        ({"name": " "}, "acting.name"),
        ({"email": "nobody"}, "acting.email"),
        ({"phone": "x"}, "acting.phone"),
        ({"email": "Anna@example.se"}, "acting.email"),
        ({"proofs": ["0" * 26]}, "acting.proofs"),
    ],
)
def test_what_is_wrong_with_who_acts_is_said_at_its_field(caller: Caller, change: dict[str, Any], field: str) -> None:
    refused = caller.file(acting=acting(**change))
    assert refused.status_code == 422 and [item["field"] for item in refused.json()["errors"]] == [field]
    assert not Case.objects.exists()
