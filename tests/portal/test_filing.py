"""Filing a request in the portal."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from requests_app.models import Case, CaseRight, Identifier
from requests_app.portal import demo, drafts
from requests_app.portal.choices import CHOICES
from requests_app.services import attachments, files, intake, people
from requests_app.services.keys import DOSSIER, Vault
from tests.portal.world import ANNA, CHARLIE, Customer

pytestmark = pytest.mark.django_db
CHECK = "/begaran/ny/kontrollera/"
ANNAS = demo.visitor(*ANNA)


def texts(case: Case) -> dict[str, str]:
    """What stands in the case about each right."""
    vault = Vault(case)
    return {right.right: intake.details_of(vault, right) for right in CaseRight.objects.filter(case=case)}


def test_a_request_becomes_a_case_with_number_and_last_day(anna: Customer) -> None:
    page = anna.file("access", email="anna.lindqvist@example.se", phone="070-174 06 05")
    case = Case.objects.get()
    assert anna.path == f"/begaran/{case.ref}/mottagen/"
    assert case.diary_no in page.text
    assert str(case.due_on.day) in page.text and str(case.due_on.year) in page.text
    assert (case.channel, case.profile, case.state, case.delivery_wish) == ("portal", "customer", "gathering", "portal")
    assert people.person_of(case).name == ANNA[0]
    assert case.identity.level == "demo"
    known = set(Identifier.objects.values_list("kind", "source", "strength"))
    assert known == {
        ("personnummer", "login", "strong"),
        ("email", "request", "weak"),
        ("phone", "request", "weak"),
    }


def test_several_things_at_once_each_keep_their_own_text(anna: Customer) -> None:
    anna.file(
        "access",
        "rectification",
        "erasure",
        access_about="The calls of last spring",
        rectify_what="My telephone number",
        rectify_right="070-174 06 05\nat home and at work",
        rectify_where="An invoice",
        erase_scope="some",
        erase_what="My old e-mail address",
        answer_language="en",
        delivery="post",
    )
    case = Case.objects.get()
    assert texts(case) == {
        "access": "The calls of last spring",
        "rectification": (
            "Wrong: My telephone number\n\nRight: 070-174 06 05\nat home and at work\n\nSeen: An invoice"
        ),
        "erasure": "My old e-mail address",
    }
    assert (case.language, case.delivery_wish) == ("en", "post")


def test_what_was_written_about_something_no_longer_wanted_is_not_sent(anna: Customer) -> None:
    anna.fill("access", "erasure", erase_scope="some", erase_what="My old address")
    anna.get("what", query="?andra")
    anna.send(rights=["access"])
    assert anna.path == CHECK
    anna.send()
    assert texts(Case.objects.get()) == {"access": ""}


def test_what_was_written_beside_a_choice_that_needs_no_words_is_shown_and_sent(anna: Customer) -> None:
    page = anna.fill("objection", object_to="marketing", object_why="You called on a Sunday")
    assert "You called on a Sunday" in page.text
    anna.send()
    sent = texts(Case.objects.get())
    assert sent["objection"] == "Advertising, and that I am analysed for it.\n\nYou called on a Sunday"


def test_everything_and_certain_information_at_once_is_asked_about_and_nothing_written_is_lost(anna: Customer) -> None:
    anna.choose("erasure")
    page = anna.send(erase_scope="all", erase_what="All but my invoices")
    assert "#id_erase_what" in page.links and "You chose everything, and also" in page.text
    assert page.main.fields["erase_what"] == "All but my invoices"
    anna.send(erase_scope="some")
    anna.send()
    anna.send()
    assert texts(Case.objects.get()) == {"erasure": "All but my invoices"}


def test_the_last_page_shows_all_that_was_typed(anna: Customer) -> None:
    typed = {
        name: f"Typed at {name}"
        for name in (
            *("access_about", "rectify_what", "rectify_right", "rectify_where", "erase_what", "restrict_what"),
            *("move_what", "move_to", "object_why", "basis", "person_name"),
        )
    } | {"person_email": "person@example.se", "person_phone": "070-174 06 05", "email": "own@example.se"}
    chosen = {"erase_scope": "some", "object_to": "else", "restrict_why": "claim", "capacity": "trustee"}
    page = anna.fill(*(right.value for right in CHOICES), whom="other", **typed, **chosen)
    assert anna.path == CHECK
    assert [text for text in typed.values() if text not in page.text] == []


@pytest.mark.parametrize("rights", [[], ["complaint"], ["access", "everything"]])
def test_nothing_or_something_unknown_is_told_at_the_choice(anna: Customer, rights: list[str]) -> None:
    anna.get("what")
    page = anna.send(rights=rights)
    assert anna.path == "/begaran/ny/"
    assert page.title.startswith("Error:")
    assert "#id_rights_0" in page.links and {"id_rights_0", "id_rights_error"} <= set(page.ids)


def test_each_missing_answer_is_told_at_its_field_and_the_others_stay(anna: Customer) -> None:
    anna.choose("rectification", "erasure")
    page = anna.send(rectify_where="An invoice", erase_scope="some")
    wrong = ["rectify_what", "rectify_right", "erase_what"]
    assert [link for link in page.links if link.startswith("#id_")] == [f"#id_{name}" for name in wrong]
    assert {f"id_{name}_error" for name in wrong} <= set(page.ids)
    assert page.main.fields["rectify_where"] == "An invoice"
    assert page.main.fields["erase_scope"] == "some"


@pytest.mark.parametrize(
    ("name", "value"), [("name", " "), ("email", "anna@"), ("phone", "12"), ("answer_language", "fi"), ("delivery", "")]
)
def test_a_contact_that_is_not_right_is_told_and_kept(anna: Customer, name: str, value: str) -> None:
    anna.choose("access")
    anna.send()
    page = anna.send(**{name: value})
    assert anna.path == "/begaran/ny/kontakt/"
    assert f"id_{name}_error" in page.ids
    assert page.main.fields.get(name, "").strip() == (value.strip() if name in {"name", "email", "phone"} else "")
    assert not Case.objects.exists()


def test_a_text_of_one_megabyte_is_told_and_nothing_of_it_lost(anna: Customer) -> None:
    text = "å" * 500_000  # two bytes each
    anna.choose("access")
    page = anna.send(access_about=text)
    assert "It has 500000 characters, and the limit is 18000." in page.text
    assert page.main.fields["access_about"] == text
    anna.send(access_about="å" * 18_000)
    assert anna.path == "/begaran/ny/kontakt/"


def test_three_texts_at_their_limits_are_taken(anna: Customer) -> None:
    long = "\r\n".join(["ö" * 58] * 100) + "ö" * 100  # 5,999 characters once a line end is one
    anna.file("rectification", rectify_what=long, rectify_right=long, rectify_where=long)
    assert len(texts(Case.objects.get())["rectification"]) > 17_900


def test_more_than_two_megabytes_get_a_page_in_words(anna: Customer) -> None:
    anna.client.raise_request_exception = False
    anna.choose("access")
    page = anna.send(access_about="å" * 1_100_000)
    assert anna.response.status_code == 413
    assert "The text is too long" in page.text
    page = anna.get("details")
    assert page.main.fields["draft"]  # the request is still there


def test_a_draft_outlives_a_lost_connection_and_the_back_button(anna: Customer) -> None:
    anna.fill("rectification", rectify_what="My name", rectify_right="Anna", email="anna@example.se")
    assert anna.get("details").main.fields["rectify_what"] == "My name"
    assert anna.get("contact").main.fields["email"] == "anna@example.se"
    assert "/begaran/ny/kontrollera/" in anna.get("start").links


def test_a_page_that_is_not_reached_yet_leads_to_the_one_that_is_missing(anna: Customer) -> None:
    anna.get("check")
    assert anna.path == "/begaran/ny/"
    anna.send(rights=["rectification"])
    anna.get("check")
    assert anna.path == "/begaran/ny/vem/"
    anna.send(whom="self")
    anna.get("check")
    assert anna.path == "/begaran/ny/uppgifter/"


def test_a_changed_answer_leads_back_to_the_check(anna: Customer) -> None:
    anna.fill("access", email="anna@example.se")
    anna.get("contact", query="?andra")
    page = anna.send(email="anna.lindqvist@example.se")
    assert anna.path == CHECK
    assert "anna.lindqvist@example.se" in page.text


def test_the_same_draft_sent_twice_is_one_case(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    page = anna.fill("access")
    fields = page.main.fields
    with monkeypatch.context() as patched:  # the second of two presses, which began before the first had ended
        patched.setattr(drafts, "drop_draft", lambda *_: None)
        anna.post(CHECK, fields)
        first = anna.path
        anna.post(CHECK, fields)
    assert anna.path == first
    drafts.drop_draft(ANNAS, drafts.draft_of(ANNAS))
    anna.post(CHECK, fields)  # a third one later, from the browser's history
    assert Case.objects.count() == 1
    assert anna.path == f"/begaran/{Case.objects.get().ref}/"
    assert "already been sent" in anna.page.text


def test_an_old_page_of_a_sent_request_changes_nothing(anna: Customer) -> None:
    page = anna.fill("access")
    fields = page.main.fields
    anna.send()
    anna.post("/begaran/ny/", {**fields, "rights": ["erasure"]})
    case = Case.objects.get()
    assert anna.path == f"/begaran/{case.ref}/"
    assert [right.right for right in case.rights.all()] == ["access"]


def test_the_next_request_starts_from_nothing(anna: Customer) -> None:
    anna.file("access")
    page = anna.get("what")
    assert page.main.fields["rights"] == []
    anna.file("access")
    assert Case.objects.count() == 2


def test_cancelling_forgets_what_was_written(anna: Customer) -> None:
    anna.fill("access", access_about="Something private")
    anna.press("/begaran/ny/avbryt/")
    assert anna.path == "/"
    anna.choose("access")
    assert anna.page.main.fields["access_about"] == ""


def test_what_intake_refuses_is_told_on_the_last_page(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    anna.fill("access")
    monkeypatch.setattr(intake, "MAX_TEXT", -1)
    page = anna.send()
    assert anna.path == CHECK
    assert "The request was not sent" in page.text and page.title.startswith("Error:")
    monkeypatch.undo()
    anna.send()
    assert Case.objects.count() == 1


def test_html_in_an_answer_is_shown_as_text(anna: Customer) -> None:
    page = anna.fill("access", access_about="<script>alert(1)</script>")
    assert "<script>alert(1)</script>" in page.text
    assert "<script" not in anna.response.content.decode()


def test_one_person_never_gets_anothers_draft(world: object) -> None:
    shared = Customer()
    shared.log_in(*ANNA)
    shared.fill("access", access_about="Something private")
    shared.log_in(*CHARLIE)  # somebody else at the same computer, without a logout between
    page = shared.get("start")
    assert "Something" not in page.text and "/begaran/ny/kontrollera/" not in page.links
    shared.log_in(*ANNA)
    assert "/begaran/ny/kontrollera/" in shared.get("start").links


def test_what_was_sent_with_the_request_stands_on_its_page(anna: Customer) -> None:
    anna.choose("rectification")
    sent = SimpleUploadedFile("faktura.pdf", b"%PDF-1.7 x")
    anna.send(rectify_what="Adressen", rectify_right="Storgatan 1", files=[sent])
    anna.send()
    anna.send()
    case = Case.objects.get()
    vault = Vault(case)
    files.store(case, vault, purpose=DOSSIER, kind=attachments.KIND, name="ett-mejl.pdf", data=b"%PDF-1.7 y")
    page = anna.get("case", case.ref)
    assert "Files you sent with the request" in page.text
    assert "faktura.pdf" in page.text and "ett-mejl.pdf" not in page.text
