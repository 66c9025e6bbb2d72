"""The person's own choices about advertising: for addresses that are surely the person's, with effect at once."""

from __future__ import annotations

import pytest

from requests_app.domain.deadline_words import long_day
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import Case, MarketingChoice, MarketingTask, System
from requests_app.portal.session import Visitor
from requests_app.services import marketing, people
from requests_app.services.audit import WORKER, unit
from requests_app.services.keys import Vault
from requests_app.services.people import EMAIL_ISSUER
from tests.portal.world import Customer

pytestmark = pytest.mark.django_db
ADDRESS = "anna.lindqvist@example.se"


def by_link(monkeypatch: pytest.MonkeyPatch) -> Customer:
    """Somebody who logged in with a link to an address."""
    visitor = Visitor(issuer=EMAIL_ISSUER, subject=ADDRESS, name="", personnummer="", level="email")
    monkeypatch.setattr("requests_app.portal.session.visitor_of", lambda request: visitor)
    return Customer()


def test_a_choice_takes_effect_at_once_and_can_be_changed(world: object, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = by_link(monkeypatch)
    assert ADDRESS in customer.get("marketing").text
    page = customer.send(choice="withdrawn")
    assert marketing.is_suppressed(marketing.address(email=ADDRESS))
    assert f"You have said no to advertising to {ADDRESS}." in page.text
    assert "Gets no advertising." in page.text
    task = MarketingTask.objects.create(choice=MarketingChoice.objects.get(), system=System.objects.all()[0])
    page = customer.get("marketing")
    assert "Some of our systems must be changed by hand." in page.text and "Gets no advertising." not in page.text
    task.delete()
    customer.send(choice="given")
    assert not marketing.is_suppressed(marketing.address(email=ADDRESS))
    assert [choice.source for choice in MarketingChoice.objects.all()] == ["portal", "portal"]


def test_an_address_that_was_only_typed_is_not_shown(anna: Customer) -> None:
    anna.file("access", email=ADDRESS)
    page = anna.get("marketing")
    assert ADDRESS not in page.text and "/avregistrera/" in page.links


def test_an_address_that_was_confirmed_is_shown(anna: Customer) -> None:
    anna.file("access", email=ADDRESS)
    case = Case.objects.get()
    case.parties.get().identifiers.filter(kind="email").update(strength="strong")
    assert ADDRESS in anna.get("marketing").text


def test_an_address_of_a_case_that_was_ever_protected_is_not_shown(anna: Customer) -> None:
    anna.file("access", email=ADDRESS)
    case = Case.objects.get()
    case.parties.get().identifiers.filter(kind="email").update(strength="strong")
    with unit(WORKER) as work:
        work.event("case.protected", case, protected=True)
    assert ADDRESS not in anna.get("marketing").text


def test_an_address_of_somebody_represented_is_not_shown(anna: Customer) -> None:
    anna.file("access", email=ADDRESS)
    party = Case.objects.get().parties.get()
    party.identifiers.filter(kind="email").update(strength="strong")
    Case.objects.get().parties.create(role="representative", login_mac=party.login_mac)
    Case.objects.get().parties.filter(role="subject").update(login_mac=None)
    assert ADDRESS not in anna.get("marketing").text


def test_who_logged_in_with_a_link_sees_and_changes_that_address_alone(
    world: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, found = by_link(monkeypatch), "anna.gammal@example.se"
    customer.file("access", name="Anna")
    case = Case.objects.get()
    with unit(WORKER) as work:
        given = {"kind": IdentifierKind.EMAIL, "value": found, "source": "fakturering", "strong": True}
        people.add_identifier(work, case, case.parties.get(), Vault(case), **given)
    page = customer.get("marketing")
    assert ADDRESS in page.text and found not in page.text
    token = customer.page.forms[0].fields["csrfmiddlewaretoken"]
    fields = {"key": marketing.address(email=found).mac().hex(), "choice": "withdrawn", "csrfmiddlewaretoken": token}
    customer.post("/reklam/", fields)
    assert customer.response.status_code == 404 and not MarketingChoice.objects.exists()


def test_no_other_address_can_be_chosen_for(anna: Customer) -> None:
    fields = {"key": marketing.address(email=ADDRESS).mac().hex(), "choice": "given"}
    anna.get("start")
    token = anna.page.forms[0].fields["csrfmiddlewaretoken"]
    anna.post("/reklam/", {**fields, "csrfmiddlewaretoken": token})
    assert anna.response.status_code == 404 and not MarketingChoice.objects.exists()


def test_who_logged_in_with_a_link_gets_the_receipt_by_mail(world: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from requests_app.models import OutgoingMail
    from requests_app.services import mail_words

    customer = by_link(monkeypatch)
    page = customer.file("access", name="Anna")
    row = OutgoingMail.objects.get(kind="receipt")
    case = Case.objects.get()
    text = mail_words.text_of(row)
    assert case.diary_no in text.body and long_day(case.due_on, "en") in text.body and "Anna" not in text.body
    assert "to your e-mail address" in page.text
