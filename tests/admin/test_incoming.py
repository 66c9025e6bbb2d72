"""Mail that came in, as a coordinator works it: read, taken as a case, added to one, put aside, taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.timezone import localtime

from requests_app.models import Case, CaseMessage, Event, HeldFile, IncomingMail, MailSource
from requests_app.services import held_files
from requests_app.services.audit import log_of
from requests_app.services.mailbox import taking
from requests_app.services.mailbox.imap import Fetched
from tests.services.mailbox.mails import mail
from tests.world import World, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User

LIST = "/admin/post/"
ARRIVED = timezone.now() - timedelta(days=3)


def taken(content: bytes, uid: int = 1) -> IncomingMail:
    source, _made = MailSource.objects.get_or_create(
        key="info", defaults={"name": "Info", "host": "127.0.0.1", "user": "info", "folder": "Dataskydd"}
    )
    return taking.take(source, 1, Fetched(uid, content, len(content), ARRIVED, False), lambda uid: None)


@pytest.fixture
def row(world: World) -> IncomingMail:
    """A mail with a file, that asks for two things."""
    made = mail()
    made.add_alternative("<p>Hej <img src='https://spion.example/x'><script>alert(1)</script></p>", subtype="html")
    made.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="../fullmakt.pdf")
    return taken(made.as_bytes())


def url(row: IncomingMail, tail: str = "") -> str:
    return f"{LIST}{row.ref}/{tail}"


def entered(row: IncomingMail, **changes: object) -> dict[str, object]:
    local = localtime(row.received_at)
    usual = {
        "rights": ["access"],
        "details": "Vilka uppgifter har ni?",
        "name": "Anna Andersson",
        "email": "anna@example.se",
        "received_on": f"{local:%Y-%m-%d}",
        "received_time": f"{local:%H:%M}",
        "reason": "",
        "profile": "customer",
        "language": "sv",
        "team": "kund",
        "handle": "on",
        **changes,
    }
    return {"do": "accept", **{f"accept-{name}": value for name, value in usual.items()}}


def test_it_lists_what_waits_with_the_last_day_and_explains_when_no_mailbox_is_set_up(
    world: World, browse: Callable[[User], Client], row: IncomingMail
) -> None:
    page = browse(world.karin).get(LIST)
    (item,) = page.context["waiting"]
    assert item["title"].startswith("Anna Andersson – Mina uppgifter")
    assert item["last"] > timezone.localdate()
    assert "No mailbox" not in page.content.decode()
    MailSource.objects.update(active=False)
    assert page.context["set_up"] is True
    assert browse(world.karin).get(LIST).context["set_up"] is False


def test_a_mail_is_shown_with_its_reasons_and_nothing_in_it_is_loaded(
    world: World, browse: Callable[[User], Client], row: IncomingMail
) -> None:
    page = browse(world.karin).get(url(row))
    text = page.content.decode()
    assert "radera" in text
    assert "vilka uppgifter … om mig" in text
    assert "spion.example" not in text
    assert "alert(1)" not in text
    form = page.context["accept_form"]
    assert form.initial["rights"] == ["access", "erasure"]
    assert (form.initial["name"], form.initial["email"]) == ("Anna Andersson", "anna@example.se")
    assert Event.objects.filter(kind="incoming.viewed").count() == 1


def test_its_files_are_downloads_under_clean_names(
    world: World, browse: Callable[[User], Client], row: IncomingMail
) -> None:
    karin = browse(world.karin)
    part = karin.get(url(row, "fil/0/"))
    assert b"".join(part.streaming_content) == b"%PDF-1.7"
    assert part["Content-Disposition"] == 'attachment; filename="fullmakt.pdf"'
    assert "sandbox" in part["Content-Security-Policy"]
    whole = karin.get(url(row, "fil/mejl/"))
    assert b"".join(whole.streaming_content) == held_files.read(row.raw)  # type: ignore[arg-type]
    assert [karin.get(url(row, f"fil/{tail}/")).status_code for tail in ("9", "x", "-1")] == [404, 404, 404]
    assert Event.objects.filter(kind="incoming.downloaded").count() == 2


def test_it_is_taken_as_a_case_once_with_its_day_and_its_files(
    world: World, browse: Callable[[User], Client], row: IncomingMail
) -> None:
    karin = browse(world.karin)
    response = karin.post(url(row, "svara/"), entered(row, rights=["access", "erasure"]))
    case = Case.objects.get()
    assert response["Location"] == f"/admin/requests_app/case/{case.ref}/"
    assert (case.channel, case.received_at, case.handler) == ("email", row.received_at, world.karin)
    assert case.files.filter(kind="attachment").count() == 2
    assert not HeldFile.objects.exists()
    row.refresh_from_db()
    assert (row.state, row.case, row.by, row.raw) == ("accepted", case, world.karin, None)
    (said,) = [entry.open for entry in log_of(case) if entry.event.kind == "incoming.accepted"]
    assert said["changed"] is False
    page = karin.get(f"/admin/requests_app/case/{case.ref}/").content.decode()
    assert page.count("<blockquote") == 1 and "Personen skrev samma sak som ovan." in page
    karin.post(url(row, "svara/"), entered(row))
    assert Case.objects.count() == 1


def test_another_day_needs_a_reason_and_is_never_later(
    world: World, browse: Callable[[User], Client], row: IncomingMail
) -> None:
    karin = browse(world.karin)
    earlier = f"{localtime(row.received_at) - timedelta(days=2):%Y-%m-%d}"
    refused = karin.post(url(row, "svara/"), entered(row, received_on=earlier))
    assert refused.status_code == 422
    assert "reason" in refused.context["accept_form"].errors
    later = f"{localtime(row.received_at) + timedelta(days=1):%Y-%m-%d}"
    refused = karin.post(url(row, "svara/"), entered(row, received_on=later, reason="Fel klocka"))
    assert "received_on" in refused.context["accept_form"].errors
    karin.post(url(row, "svara/"), entered(row, received_on=earlier, reason="Kom först till kundtjänst"))
    case = Case.objects.get()
    assert f"{case.received_on}" == earlier
    (said,) = [entry for entry in log_of(case) if entry.event.kind == "incoming.accepted"]
    assert said.open["changed"] is True
    assert said.personal == {"reason": "Kom först till kundtjänst"}


def test_it_is_added_to_a_case_one_works_as_a_message_and_to_no_other(
    world: World, browse: Callable[[User], Client], row: IncomingMail
) -> None:
    mine, theirs = open_case(world), open_case(world, team="hr")
    karin = browse(world.karin)
    for number in (theirs.diary_no, "DSR-1999-0001", ""):
        refused = karin.post(url(row, "svara/"), {"do": "join", "join-number": number})
        assert refused.status_code == 422
        assert "number" in refused.context["join_form"].errors
    karin.post(url(row, "svara/"), {"do": "join", "join-number": mine.diary_no.lower()})
    message = CaseMessage.objects.get()
    assert (message.case, message.direction, message.channel, message.at) == (mine, "in", "mail", row.received_at)
    assert message.files.count() == 2
    assert b"uppgifter" not in bytes(message.body_enc)
    row.refresh_from_db()
    assert (row.state, row.case, row.raw) == ("joined", mine, None)


def test_a_suggested_case_that_is_not_ones_own_is_not_named(world: World, browse: Callable[[User], Client]) -> None:
    mine, theirs = open_case(world), open_case(world, team="hr")
    karin = browse(world.karin)
    own = taken(mail(subject=mine.diary_no).as_bytes(), 1)
    other = taken(mail("Hej", subject=f"Re: {theirs.diary_no}").as_bytes(), 2)
    page = karin.get(url(own))
    assert (page.context["case"], page.context["join_form"].initial["number"]) == (mine, mine.diary_no)
    page = karin.get(url(other))
    assert page.context["case"] is None
    assert theirs.ref not in page.content.decode()


def test_the_number_in_a_strangers_mail_is_not_filled_in_and_the_person_of_the_case_is_said(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = open_case(world, name="Lars-Olof Bengtsson")
    stranger = taken(mail(subject=case.diary_no, sender="Sven <sven@example.se>").as_bytes())
    page = browse(world.karin).get(url(stranger))
    assert page.context["join_form"].initial == {}
    assert page.context["foreign"] is True
    assert "Lars-Olof Bengtsson" in page.content.decode()


def test_what_is_put_aside_can_be_taken_back_while_its_content_is_there(
    world: World, browse: Callable[[User], Client], row: IncomingMail
) -> None:
    karin = browse(world.karin)
    assert karin.post(url(row, "svara/"), {"do": "dismiss", "dismiss-reason": "weather"}).status_code == 422
    karin.post(url(row, "svara/"), {"do": "dismiss", "dismiss-reason": "spam"})
    page = karin.get(LIST)
    assert page.context["waiting"] == []
    (item,) = page.context["aside"]
    assert item["mail"] == row
    karin.post(url(row, "svara/"), {"do": "restore"})
    row.refresh_from_db()
    assert (row.state, row.reason, row.by, row.decided_at) == ("proposed", "", None, None)
    karin.post(url(row, "svara/"), {"do": "dismiss", "dismiss-reason": "not_request"})
    HeldFile.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    held_files.sweep()
    karin.post(url(row, "svara/"), {"do": "restore"})
    row.refresh_from_db()
    assert (row.state, row.reason, row.raw) == ("dismissed", "not_request", None)
    assert row.content_mac
    assert karin.get(url(row)).status_code == 200


@pytest.mark.parametrize("do", ["accept", "join", "dismiss"])
def test_two_who_deal_with_it_at_once_do_not_undo_each_other(
    world: World, browse: Callable[[User], Client], row: IncomingMail, do: str
) -> None:
    other = open_case(world)
    karin = browse(world.karin)
    karin.post(url(row, "svara/"), {"do": "dismiss", "dismiss-reason": "spam"})
    said = {
        **entered(row),
        "do": do,
        "join-number": other.diary_no,
        "dismiss-reason": "elsewhere",
    }
    karin.post(url(row, "svara/"), said)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("dismissed", "spam")
    assert Case.objects.count() == 1


def test_a_mail_that_could_not_be_read_is_shown_in_words_with_the_mail_to_download(
    world: World, browse: Callable[[User], Client], settings: Any
) -> None:
    source = taken(mail().as_bytes()).source
    fetched = Fetched(2, b"Subject: Giftigt\n\nhej", 20, ARRIVED, False, True)
    row = taking.keep_unread(source, 1, fetched, lambda uid: None)
    karin = browse(world.karin)
    assert len(karin.get(LIST).context["waiting"]) == 2
    page = karin.get(url(row))
    assert "Giftigt" not in page.content.decode()
    assert page.context["mail"].broken
    assert page.context["short"] is True
    assert 'id="guess"' not in page.content.decode()  # nothing was read, so nothing is said about it
    assert url(row, "fil/mejl/") in page.content.decode()
    settings.CLAMD = ("127.0.0.1", 9)
    refused = karin.get(url(row, "fil/mejl/"))
    assert refused["Location"] == url(row)
    settings.CLAMD = None
    assert b"".join(karin.get(url(row, "fil/mejl/")).streaming_content) == b"Subject: Giftigt\n\nhej"
    karin.post(url(row, "svara/"), entered(row))
    assert Case.objects.get().files.filter(kind="attachment").count() == 1


def test_the_list_asks_the_database_as_often_however_many_mails_there_are(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = open_case(world)
    karin = browse(world.karin)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page = karin.get(LIST)
        assert all(item["case"] == case for item in page.context["waiting"])
        return len(queries)

    for uid in (1, 2):
        taken(mail(f"Hej {uid}", subject=case.diary_no).as_bytes(), uid)
    asked()
    few = asked()
    for uid in range(3, 9):
        taken(mail(f"Hej {uid}", subject=case.diary_no).as_bytes(), uid)
    assert asked() == few


def test_the_start_page_counts_what_waits(world: World, browse: Callable[[User], Client], row: IncomingMail) -> None:
    page = browse(world.karin).get("/admin/")
    assert page.context["figures"].mails == 1
    open_case(world)
    page = browse(world.karin).get("/admin/")
    assert page.context["figures"].mails == 1
    assert f'href="{LIST}"' in page.content.decode()
