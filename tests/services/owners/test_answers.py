"""What owners answer with: files read as they confirm, typed lines, other files, nothing, or somebody else's name."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING
from unittest.mock import ANY

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from openpyxl import Workbook

from requests_app.domain.rights import IdentityMethod
from requests_app.models import Case, Event, HeldFile, IdentityCheck, Notice, OwnerLink, OwnerMessage, UploadMapping
from requests_app.services import gathering, review
from requests_app.services.audit import Actor, log_of
from requests_app.services.batches import records_of
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict
from requests_app.services.owners import answers, asking, drafts, links, mapping, messages, reminders, tasks
from requests_app.services.owners.mapping import DATE, HIDDEN, SHOWN, Column, Mapping
from tests.services.owners.owner_world import CSV, asked, owned, row_of, send_mails, waiting_case

if TYPE_CHECKING:
    from pathlib import Path

    from requests_app.domain.records import Record
    from tests.world import World

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 skannat avtal"
OWNER = asking.OWNER


@pytest.fixture
def case(world: World) -> Case:
    """Both systems wait; one owner has opened the link."""
    owned(world)
    made = waiting_case(world)
    asking.open_link(link=asked(made))
    return made


def put(case: Case, name: str, data: bytes) -> None:
    drafts.add_file(actor=OWNER, row=row_of(case), name=name, data=data)


def send(case: Case, **maps: Mapping) -> int:
    row = row_of(case)
    return answers.send(actor=OWNER, row=row, link=links.living(row), maps=maps)


def test_a_table_with_too_many_columns_is_refused_in_words(case: Case) -> None:
    with pytest.raises(ValidationError) as refused:
        put(case, "bred.csv", b"a;" * 2_000)
    assert "kolumner" in refused.value.message_dict["file"][0] and drafts.files_of(row_of(case)) == []


def kept(case: Case) -> dict[str, list[Record]]:
    """Category -> the records the answer became."""
    found: dict[str, list[Record]] = {}
    for record in records_of(row_of(case), Vault(case)):
        found.setdefault(record.category, []).append(record)
    return found


def sheet(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_an_old_export_a_scan_and_typed_lines_become_one_answer(world: World, case: Case) -> None:
    put(case, "C:\\export\\fakturor.csv", CSV)
    put(case, "avtal.pdf", PDF)
    drafts.keep_lines(row=row_of(case), lines=[("Kund sedan", "2019"), ("", ""), ("Kund sedan", "igen 2021")])

    assert send(case) == 4

    found = kept(case)
    assert sorted(found) == ["enclosed", "fakturering-kategori", "typed"]
    first = found["fakturering-kategori"][0]
    assert dict(first.fields) == {"Fakturadatum": "2024-01-31", "Belopp": "199,50", "Intern ref": "åäö-1"}
    assert first.occurred_at is not None
    assert timezone.localtime(first.occurred_at).date().isoformat() == "2024-01-31"
    assert dict(found["typed"][0].fields) == {"Kund sedan": "2019", "Kund sedan (2)": "igen 2021"}
    assert found["enclosed"][0].fields["name"] == "avtal.pdf"
    assert case.files.filter(kind="upload").count() == 2
    row = row_of(case)
    assert (row.state, row.outcome, row.records) == ("done", "found", 4)
    assert HeldFile.objects.count() == 0
    assert [notice.user for notice in Notice.objects.filter(kind="owner_answered")] == [world.karin]
    labels = {item.spec.key: item.spec.label_sv for item in review.categories_of(row)}
    assert labels["fakturering-kategori"] == "Kontaktuppgifter"


def test_what_was_confirmed_is_remembered_for_files_of_the_same_columns(world: World, case: Case) -> None:
    put(case, "a.csv", CSV)
    (item,) = drafts.files_of(row_of(case))
    columns = (
        Column("Fakturadatum", "Datum", DATE),
        Column("Belopp", "Att betala", SHOWN),
        Column("Intern_ref", "Intern_ref", SHOWN),
        Column("Tom", "Tom", HIDDEN),
    )
    send(case, **{item.ref: Mapping(columns, "upload")})
    read = {"Datum": "2024-01-31", "Att betala": "199,50", "Intern_ref": "åäö-1"}
    assert dict(kept(case)["upload"][0].fields) == read

    other = waiting_case(world, "Bo Ek", "bo@example.se")
    row = row_of(other)
    again = mapping.propose(row.system, drafts.read_table("b.csv", CSV)[0] or [])
    assert again.known
    assert again.columns == columns

    gathering.upload(actor=Actor.staff(world.karin), case=other, row=row, name="b.csv", data=CSV)
    assert dict(kept(other)["upload"][0].fields) == read
    assert "199,50" not in str(UploadMapping.objects.values_list("mapping", flat=True))


def test_a_column_that_holds_something_stays_out_for_no_owner(case: Case) -> None:
    put(case, "a.csv", CSV)
    (item,) = drafts.files_of(row_of(case))
    names = ["Fakturadatum", "Belopp", "Intern_ref", "Tom"]
    send(case, **{item.ref: Mapping(tuple(Column(name, name, HIDDEN) for name in names), "upload")})
    assert dict(kept(case)["upload"][0].fields) == {name: ANY for name in names[:3]}

    # nor does one that was left out before such columns had to go along
    held = UploadMapping.objects.get()
    held.mapping["columns"]["Belopp"]["use"] = HIDDEN
    held.save()
    records = drafts.read_table("b.csv", CSV)[0] or []
    assert [column.use for column in mapping.propose(row_of(case).system, records).columns] == [SHOWN] * 3 + [HIDDEN]
    assert "Belopp" in mapping.remembered(row_of(case).system, records)[0].fields


def test_another_systems_mapping_is_not_used(world: World, case: Case) -> None:
    put(case, "a.csv", CSV)
    send(case)
    other = row_of(case, "arkiv")

    assert not mapping.propose(other.system, drafts.read_table("a.csv", CSV)[0] or []).known


def test_a_mapping_that_cannot_be_used_is_refused_and_nothing_is_lost(case: Case) -> None:
    put(case, "a.csv", CSV)
    (item,) = drafts.files_of(row_of(case))
    names = ["Fakturadatum", "Belopp", "Intern_ref", "Tom"]
    wrong = [
        Mapping(tuple(Column(name, "Samma") for name in names)),
        Mapping(tuple(Column(name, "") for name in names)),
        Mapping(tuple(Column(name, name, DATE) for name in names)),
        Mapping(tuple(Column(name, name, "???") for name in names)),
        Mapping(tuple(Column(name, name) for name in names), "arkiv-kategori"),
    ]

    for made in wrong:
        with pytest.raises(ValidationError):
            send(case, **{item.ref: made})

    assert row_of(case).state == "waiting"
    assert len(drafts.files_of(row_of(case))) == 1
    assert not UploadMapping.objects.exists()


@pytest.mark.parametrize(
    ("name", "data", "records"),
    [
        ("a.xlsx", sheet(["Namn", "Antal"], ["Åsa", 3]), 1),
        ("a.json", b'[{"namn": "\xc3\x85sa"}, {"namn": "Bo"}]', 2),
        ("gammal.txt", "Namn\tOrt\r\nÅsa\tVäxjö\r\n".encode("cp1252"), 1),
    ],
)
def test_structured_files_are_read_into_records(case: Case, name: str, data: bytes, records: int) -> None:
    put(case, name, data)
    (item,) = drafts.files_of(row_of(case))
    assert item.records is not None
    assert len(item.records) == records


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", PDF),
        ("a.eml", b"From: a@example.se\r\n\r\nHej"),
        ("a.txt", "Hej, här är en anteckning.\n".encode()),
        ("rutnat.csv", b"a;b\n1;2;3\n"),
        ("tom.csv", b"a;b\n"),
    ],
)
def test_other_files_go_along_as_they_are(case: Case, name: str, data: bytes) -> None:
    put(case, name, data)
    (item,) = drafts.files_of(row_of(case))
    assert item.records is None
    assert send(case) == 1
    assert kept(case)["enclosed"][0].fields["name"] == name


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.exe", b"MZ"),
        ("a.pdf", b"MZ\x90"),
        ("a.xlsx", b"PK\x03\x04 nonsense"),
        ("a.json", b"{oops"),
        ("a.csv", b"\x00\x01\x02"),
        ("a.pdf", b""),
        ("stor.pdf", b"%PDF-" + b"x" * (25 * 1024 * 1024)),
    ],
)
def test_files_that_are_not_what_they_say_are_refused_by_name(case: Case, name: str, data: bytes) -> None:
    if name == "a.json":
        put(case, name, data)  # no table, but harmless text
        assert drafts.files_of(row_of(case))[0].records is None
        return
    with pytest.raises(ValidationError) as caught:
        put(case, name, data)
    assert caught.value.messages[0].startswith(f"{name}: ")
    assert drafts.names_of(row_of(case)) == []


def test_the_draft_is_sealed_and_one_file_can_be_taken_out(case: Case, var: Path) -> None:
    put(case, "hemlig-kund.csv", CSV)
    put(case, "avtal.pdf", PDF)
    drafts.keep_lines(row=row_of(case), lines=[("Adress", "Storgatan 1")])

    on_disk = b"".join(path.read_bytes() for path in (var / "case_files").rglob("*") if path.is_file())
    rows = b"".join(bytes(held.name_enc) + bytes(held.key_enc) for held in HeldFile.objects.all())
    for secret in (b"Belopp", b"Storgatan", b"skannat", b"hemlig-kund"):
        assert secret not in on_disk + rows

    ref, name, _size = drafts.names_of(row_of(case))[0]
    assert name == "hemlig-kund.csv"
    drafts.remove_file(row=row_of(case, "arkiv"), ref=ref)
    assert len(drafts.names_of(row_of(case))) == 2, "another task's draft is not reached"
    drafts.remove_file(row=row_of(case), ref=ref)
    assert [name for _ref, name, _size in drafts.names_of(row_of(case))] == ["avtal.pdf"]


def test_a_draft_goes_when_its_task_is_over_and_stays_while_it_is_not(world: World, case: Case) -> None:
    put(case, "a.csv", CSV)
    assert drafts.sweep() == 0
    Case.objects.filter(pk=case.pk).update(state="closed", closed_at=timezone.now(), closed_as="withdrawn")

    reminders.tick()

    assert not HeldFile.objects.exists()


def test_half_a_line_is_refused(case: Case) -> None:
    for line in (("Adress", ""), ("", "Storgatan 1"), ("x" * 121, "y")):
        with pytest.raises(ValidationError):
            drafts.keep_lines(row=row_of(case), lines=[line])


def test_nothing_to_send_is_said(case: Case) -> None:
    with pytest.raises(ValidationError):
        send(case)


def test_nothing_found_ends_the_task(case: Case) -> None:
    row = row_of(case)
    put(case, "a.csv", CSV)
    with pytest.raises(ValidationError):
        answers.nothing(actor=OWNER, row=row, link=links.living(row))
    assert HeldFile.objects.count() == 1, "what was put into the answer is not thrown away by itself"

    drafts.drop(row)
    answers.nothing(actor=OWNER, row=row, link=links.living(row))

    assert (row_of(case).state, row_of(case).outcome) == ("done", "nothing")
    assert HeldFile.objects.count() == 0
    link = OwnerLink.objects.get(collection=row)
    assert links.status_of(links.by_ref(link.ref)) is links.Status.ANSWERED


def test_not_theirs_goes_back_to_the_coordinator_with_the_words(world: World, case: Case) -> None:
    row = row_of(case)
    with pytest.raises(ValidationError):
        answers.not_theirs(actor=OWNER, row=row, link=links.living(row), text="  ")
    put(case, "a.csv", CSV)
    with pytest.raises(ValidationError):
        answers.not_theirs(actor=OWNER, row=row, link=links.living(row), text="Fråga ekonomi.")
    assert drafts.begun(row), "what was put into the answer is not thrown away by itself"
    drafts.drop(row)

    answers.not_theirs(actor=OWNER, row=row, link=links.living(row), text="Fråga ekonomi.")

    assert row_of(case).state == "waiting"
    assert [item.text for item in messages.of(row, Vault(case))] == ["Fråga ekonomi."]
    assert [notice.user for notice in Notice.objects.filter(kind="owner_not_theirs")] == [world.karin]
    assert asking.ask_waiting() == 0
    with pytest.raises(Conflict):
        answers.nothing(actor=OWNER, row=row, link=OwnerLink.objects.get(collection=row))


def test_when_the_last_system_has_answered_the_case_goes_on(case: Case) -> None:
    row = row_of(case)
    answers.nothing(actor=OWNER, row=row, link=links.living(row))
    gathering.leave_out(
        actor=Actor.staff(Case.objects.get(pk=case.pk).handler), case=case, row=row_of(case, "arkiv"), reason="Tomt."
    )

    case.refresh_from_db()
    assert case.state == "review"


@pytest.mark.parametrize("how", ["revoked", "expired", "other_task", "nobody"])
def test_only_a_link_that_holds_answers(world: World, case: Case, how: str) -> None:
    row, link = row_of(case), links.living(row_of(case))
    assert link is not None
    put(case, "a.csv", CSV)
    if how == "revoked":
        OwnerLink.objects.update(revoked_at=timezone.now())
    elif how == "expired":
        OwnerLink.objects.update(expires_at=timezone.now())
    elif how == "other_task":
        other = waiting_case(world, "Bo Ek", "bo@example.se")
        link = asked(other)
        OwnerLink.objects.filter(pk=link.pk).update(revoked_at=timezone.now())
    used = None if how == "nobody" else link

    for act in (
        lambda: answers.send(actor=OWNER, row=row, link=used, maps={}),
        lambda: answers.nothing(actor=OWNER, row=row, link=used),
        lambda: answers.not_theirs(actor=OWNER, row=row, link=used, text="Nej"),
    ):
        with pytest.raises(Conflict):
            act()
    assert row_of(case).state == "waiting"


def test_a_question_is_answered_and_the_mail_says_only_that(world: World, case: Case) -> None:
    row = row_of(case)
    send_mails()
    messages.ask(actor=OWNER, row=row, link=links.living(row), text="Gäller det Åsa på Storgatan?")
    assert [notice.user for notice in Notice.objects.filter(kind="owner_question")] == [world.karin]

    messages.reply(actor=Actor.staff(world.karin), case=case, row=row, text="Ja, Åsa på Storgatan 1.")

    assert [(item.ours, item.read) for item in messages.of(row, Vault(case))] == [(False, True), (True, False)]
    (text,) = send_mails()
    assert "Åsa" not in text
    assert "Storgatan" not in text
    assert "svarat" in text
    stored = b"".join(bytes(item.body_enc) for item in OwnerMessage.objects.all())
    assert b"Storgatan" not in stored
    assert "Storgatan" not in str([(entry.open, entry.personal) for entry in log_of(case)])


def test_a_name_that_only_a_mailbox_says_is_not_passed_on(world: World, case: Case) -> None:
    IdentityCheck.objects.filter(case=case).update(method=IdentityMethod.EMAIL.value)
    case.parties.get().identifiers.filter(kind="email").update(strength="strong")
    shown = tasks.question(row_of(case), Vault(case))
    assert (shown.name, shown.born, shown.mailbox) == ("", None, True)
    assert [value for _kind, value in shown.details] == ["asa@example.se"]


def test_the_question_shows_the_least_the_system_needs(world: World, case: Case) -> None:
    row = row_of(case)
    shown = tasks.question(row, Vault(case))
    assert (shown.name, shown.born) == ("Åsa Öberg", date(1990, 1, 18)), "a name alone finds namesakes"
    assert not shown.number
    assert "9811" not in str(shown)
    assert shown.categories == ["Kontaktuppgifter"]
    assert shown.details == [], "an address that nobody has confirmed is not the person's yet"
    with pytest.raises(Conflict):
        tasks.show_number(actor=OWNER, row=row, vault=Vault(case))

    number = case.parties.get().identifiers.filter(kind="personnummer")
    number.update(rejected_at=timezone.now())
    assert tasks.question(row_of(case), Vault(case)).born is None, "somebody else's number"
    number.update(rejected_at=None)

    owned(world, needs_personnummer=True)
    row = row_of(case)
    assert tasks.question(row, Vault(case)).number
    assert tasks.show_number(actor=OWNER, row=row, vault=Vault(case)) == "19900118-9811"
    assert Event.objects.filter(kind="owner.number_shown", case_ref=case.ref).count() == 1
