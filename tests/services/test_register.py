"""Loading the register, what of it may be printed, and who vouches for it."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import translation

from requests_app.models import (
    Event,
    EventPayload,
    ItemRecipient,
    Processing,
    ProcessingItem,
    Recipient,
    RegisterRow,
    RetentionRule,
    SearchProfile,
    System,
    SystemVersion,
    User,
)
from requests_app.services import register
from requests_app.services.audit import SYSTEM, Actor
from requests_app.services.register.loading import DATA
from requests_app.services.staff import set_access

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from requests_app.models.register import Statement

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(db: None) -> None:
    """The register as it is shipped."""
    register.load(actor=SYSTEM)


@pytest.fixture
def legal(loaded: None) -> Actor:
    """A member of staff who may vouch for the register."""
    return staff("lena@hem.example", "legal")


def staff(email: str, role: str) -> Actor:
    user = User.objects.create_user(email, name=email.partition("@")[0])
    set_access(actor=SYSTEM, user=user, roles=[role], works=[], oversees=[])
    return Actor.staff(user)


def systems(*keys: str) -> list[System]:
    return list(System.objects.filter(key__in=keys))


def confirm_all(actor: Actor, chosen: Iterable[System]) -> None:
    waiting = [statement.key for statement in register.unconfirmed_for(chosen) if statement.confirmable]
    register.confirm_many(actor=actor, keys=waiting)


def payloads(kind: str) -> list[dict[str, Any]]:
    seqs = Event.objects.filter(kind=kind).values_list("seq", flat=True)
    return [payload.open for payload in EventPayload.objects.filter(seq__in=seqs).order_by("seq")]


def printed(lang: str = "sv") -> str:
    """Everything of the register that an answer about all systems would say."""
    return repr(register.facts_for(System.objects.all(), lang))  # type: ignore[arg-type]


# --- Loading -----------------------------------------------------------------------------------------------------------


def test_it_loads_every_row_as_it_stands_in_the_inventory(loaded: None) -> None:
    with (DATA / "register.csv").open(encoding="utf-8", newline="") as lines:
        wanted = [(row["id"], row["seed_quote"], row["assumption_or_gap"]) for row in csv.DictReader(lines)]
    assert len(wanted) == 184
    assert list(RegisterRow.objects.values_list("row_id", "quote", "gap")) == wanted


def test_every_system_has_a_way_of_gathering(loaded: None) -> None:
    assert System.objects.filter(versions__isnull=True).count() == 0
    assert set(SystemVersion.objects.values_list("n", flat=True)) == {1}
    assert register.current_version(System.objects.get(key="chatt")).connector == "chat"
    assert register.current_version(System.objects.get(key="rekrytering")).connector == "manual"


def test_loading_again_changes_nothing_and_says_nothing(loaded: None) -> None:
    events = Event.objects.count()
    again = register.load(actor=SYSTEM)
    assert (again.added, again.updated, again.kept) == (0, 0, [])
    assert Event.objects.count() == events
    assert [(event["rows"], event["systems"]) for event in payloads("register.loaded")] == [(184, 25)]


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """The data files as a later release might have them: other words everywhere."""
    folder = tmp_path / "hem"
    shutil.copytree(DATA, folder)
    for name, field in (("retention", "text_sv"), ("processings", "purpose_sv"), ("systems", "about_sv")):
        entries = json.loads((folder / f"{name}.json").read_text("utf-8"))
        for entry in entries:
            entry[field] += " Ny lydelse."
        (folder / f"{name}.json").write_text(json.dumps(entries), "utf-8")
    return folder


def test_a_later_release_updates_what_nobody_has_touched(loaded: None, next_release: Path) -> None:
    result = register.load(actor=SYSTEM, data=next_release)
    assert result.added == 0 and result.kept == []
    assert RetentionRule.objects.exclude(text_sv__endswith=" Ny lydelse.").count() == 0


def test_what_staff_changed_or_confirmed_survives_loading(legal: Actor, next_release: Path) -> None:
    RetentionRule.objects.filter(key="chatt").update(text_sv="Ett år.")
    confirmed = Processing.objects.get(key="klagomal")
    register.confirm(actor=legal, key=confirmed.statement_key)
    result = register.load(actor=SYSTEM, data=next_release)
    assert set(result.kept) == {"retentionrule:chatt", "processing:klagomal"}
    assert RetentionRule.objects.get(key="chatt").text_sv == "Ett år."
    confirmed.refresh_from_db()
    assert confirmed.purpose_sv == "Hantera klagomål och reklamationer" and confirmed.printable


def test_what_staff_removed_does_not_come_back_nor_does_what_hung_on_it(loaded: None) -> None:
    Processing.objects.get(key="kopmonster").delete()
    SearchProfile.objects.get(key="customer").systems.remove(System.objects.get(key="fakturering"))
    result = register.load(actor=SYSTEM)
    assert result.added == result.updated == 0
    assert "processing:kopmonster" in result.kept
    assert not ProcessingItem.objects.filter(system__key="analys_kop").exists()
    assert "fakturering" not in [system.key for system in register.profile_systems("customer")]


def test_a_system_that_staff_made_is_left_alone_and_given_the_manual_way(loaded: None) -> None:
    System.objects.create(key="parkering", name_sv="Parkering", name_en="Parking")
    register.load(actor=SYSTEM)
    assert register.current_version(System.objects.get(key="parkering")).connector == "manual"


def test_a_profile_proposes_its_active_systems_in_order(loaded: None) -> None:
    System.objects.filter(key="mitt_hem").update(active=False)
    proposed = [system.key for system in register.profile_systems("customer")]
    assert proposed[:5] == ["mina_sidor", "chatt", "nyhetsbrev", "fakturering", "epost_diarium"]
    assert "mitt_hem" not in proposed
    assert register.profile_systems("nobody") == []


# --- What may be printed -----------------------------------------------------------------------------------------------


def test_before_anybody_confirms_only_what_the_guideline_states_is_printed(loaded: None) -> None:
    facts = register.facts_for(System.objects.all(), "sv")
    assert {fact.purpose for fact in facts} <= set(
        Processing.objects.filter(assumption=False).values_list("purpose_sv", flat=True)
    )
    answer = printed()
    for model, stem in ((RetentionRule, "text_sv"), (Recipient, "name_sv")):
        for text in model.objects.filter(assumption=True).values_list(stem, flat=True):
            assert text not in answer


@pytest.mark.parametrize("hidden", ["system", "processing", "retention_rule", "item"])
def test_one_unconfirmed_statement_keeps_its_item_from_the_answer(legal: Actor, hidden: str) -> None:
    chosen = systems("nyhetsbrev")
    confirm_all(legal, chosen)
    item = ProcessingItem.objects.get(system__key="nyhetsbrev", processing__key="utskick_uppfoljning")
    assert item.processing.purpose_sv in printed()
    statement: Statement = item if hidden == "item" else getattr(item, hidden)
    type(statement).objects.filter(pk=statement.pk).update(assumption=True, confirmed_at=None)
    assert item.processing.purpose_sv not in printed()
    assert statement.statement_key in {found.key for found in register.unconfirmed_for(chosen)}


@pytest.mark.parametrize("hidden", ["link", "recipient"])
def test_a_recipient_prints_only_when_both_it_and_its_link_are_confirmed(legal: Actor, hidden: str) -> None:
    chosen = systems("chatt")
    confirm_all(legal, chosen)
    assert "Imbox Sweden" in printed()
    links = ItemRecipient.objects.filter(recipient__key="imbox")
    rows: Any = links if hidden == "link" else Recipient.objects.filter(key="imbox")
    rows.update(confirmed_at=None)
    facts = register.facts_for(chosen, "sv")
    assert facts and "Imbox Sweden" not in repr(facts)


def test_two_systems_give_different_facts(legal: Actor) -> None:
    confirm_all(legal, systems("chatt", "nyhetsbrev"))
    chat, newsletter = (register.facts_for(systems(key), "sv") for key in ("chatt", "nyhetsbrev"))
    assert {fact.system_key for fact in chat} == {"chatt"}
    for part in ("purpose", "legal_basis", "recipients"):
        assert not {repr(getattr(fact, part)) for fact in chat} & {repr(getattr(fact, part)) for fact in newsletter}, (
            part
        )
    assert {category for fact in chat for category in fact.categories} != {
        category for fact in newsletter for category in fact.categories
    }


def test_facts_are_in_the_language_of_the_answer_whatever_staff_read(legal: Actor) -> None:
    chosen = systems("chatt")
    confirm_all(legal, chosen)
    with translation.override("sv"):
        english = register.facts_for(chosen, "en")
    with translation.override("en"):
        swedish = register.facts_for(chosen, "sv")
    assert "To answer your questions and handle your matter" in {fact.purpose for fact in english}
    assert "Svara på dina frågor och hantera ditt ärende" in {fact.purpose for fact in swedish}
    assert "personuppgiftsbiträde som levererar chatten" in repr(swedish)
    assert "processor that supplies the chat" in repr(english)


def test_profiling_and_a_transfer_to_the_united_states_are_told(legal: Actor) -> None:
    chosen = systems("mina_sidor", "nyhetsbrev")
    confirm_all(legal, chosen)
    facts = register.facts_for(chosen, "sv")
    [patterns] = [fact for fact in facts if fact.purpose.startswith("Analysera köpmönster")]
    assert "profilering" in patterns.profiling and patterns.automated_decision == ""
    [mailing] = {recipient for fact in facts if fact.system_key == "nyhetsbrev" for recipient in fact.recipients}
    assert mailing.third_country and mailing.country == "USA" and "Data Privacy Framework" in mailing.safeguard
    [near] = {recipient for fact in facts for recipient in fact.recipients if recipient.name == "Consid AB"}
    assert not near.third_country and near.country == ""


def test_every_searched_system_with_nothing_to_say_is_reported(legal: Actor) -> None:
    bare = System.objects.create(key="bare", name_sv="Kal", name_en="Bare", assumption=False)
    [found] = register.unconfirmed_for([bare])
    assert found.key == f"system:{bare.pk}:facts" and not found.confirmable
    with pytest.raises(ValidationError):
        register.confirm(actor=legal, key=found.key)
    chosen = systems("loggar")
    assert f"{chosen[0].statement_key}:facts" in {statement.key for statement in register.unconfirmed_for(chosen)}
    confirm_all(legal, chosen)
    assert register.unconfirmed_for(chosen) == []
    assert register.facts_for(chosen, "sv")


def test_an_unconfirmed_statement_is_listed_once_with_its_systems_and_its_gap(legal: Actor) -> None:
    found = {statement.key: statement for statement in register.unconfirmed_for(systems("mina_sidor", "mitt_hem"))}
    cgi = found[Recipient.objects.get(key="cgi").statement_key]
    assert cgi.system == "Mina sidor, Mitt HEM"
    assert "CGI Sverige" in cgi.text and "PRO-04" in cgi.rows
    assert "är ett antagande" in cgi.gap


def test_facts_take_as_many_queries_for_many_systems_as_for_one(legal: Actor, django_assert_num_queries: Any) -> None:
    everything = list(System.objects.all())
    for chosen in (everything[:1], everything):
        with django_assert_num_queries(3):
            register.facts_for(chosen, "sv")


# --- Vouching ----------------------------------------------------------------------------------------------------------


def test_confirming_says_who_and_is_logged_once(legal: Actor) -> None:
    key = Processing.objects.get(key="klagomal").statement_key
    register.confirm(actor=legal, key=key)
    register.confirm(actor=legal, key=key)
    statement = Processing.objects.get(key="klagomal")
    assert statement.confirmed_by == legal.user and statement.printable
    assert payloads("register.statement_confirmed") == [{"statement": key}]


@pytest.mark.parametrize("role", ["coordinator", "customer_service"])
def test_nobody_else_may_vouch(loaded: None, role: str) -> None:
    statement = Processing.objects.get(key="klagomal")
    for actor in (staff("someone@hem.example", role), SYSTEM):
        with pytest.raises(PermissionDenied):
            register.confirm(actor=actor, key=statement.statement_key)
        with pytest.raises(PermissionDenied):
            register.correct(actor=actor, key=statement.statement_key, fields={"purpose_sv": "x"})
    statement.refresh_from_db()
    assert statement.confirmed_at is None


@pytest.mark.parametrize("key", ["", "processing", "processing:0", "user:1", "processing:1 or 1", "processing:²"])
def test_a_statement_that_is_not_there_is_refused_in_words(legal: Actor, key: str) -> None:
    with pytest.raises(ValidationError):
        register.confirm(actor=legal, key=key)


def test_many_are_confirmed_all_or_none(legal: Actor) -> None:
    key = Processing.objects.get(key="klagomal").statement_key
    with pytest.raises(ValidationError):
        register.confirm_many(actor=legal, keys=[key, "processing:0"])
    assert Processing.objects.get(key="klagomal").confirmed_at is None
    assert payloads("register.statement_confirmed") == []


def test_correcting_puts_it_right_and_vouches_for_it(legal: Actor) -> None:
    recipient = Recipient.objects.get(key="kreditupplysare")
    fields = {"name_sv": "Påhittade Kreditupplysningen AB", "name_en": "Påhittade Kreditupplysningen AB"}
    register.correct(actor=legal, key=recipient.statement_key, fields=fields)
    recipient.refresh_from_db()
    assert recipient.printable and recipient.name_en == "Påhittade Kreditupplysningen AB"
    assert payloads("register.changed") == [
        {"object": "recipient", "key": recipient.statement_key, "fields": ["name_en", "name_sv"]}
    ]


def test_a_correction_that_cannot_be_is_refused_whole(legal: Actor) -> None:
    recipient = Recipient.objects.get(key="kreditupplysare")
    for fields in ({"name_sv": ""}, {"role": "friend"}, {"key": "other"}, {"confirmed_by": None}):
        with pytest.raises(ValidationError) as raised:
            register.correct(actor=legal, key=recipient.statement_key, fields=fields)
        assert set(raised.value.message_dict) == set(fields)
    recipient.refresh_from_db()
    assert recipient.confirmed_at is None and payloads("register.changed") == []
